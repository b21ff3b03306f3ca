// What programs share in which a child that was forked lives on when its parent has been killed. They
// define _POSIX_C_SOURCE first.
#ifndef ORPHAN_H
#define ORPHAN_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

// Forks a child that holds on to what it inherits, and has it say who it is.
static inline void orphan_fork(int told) {
    if (fork() == 0) {
        pid_t self = getpid();
        alarm(60);
        CHECK(write(told, &self, sizeof self) == sizeof self);
        pause();
        _exit(0);
    }
}

// Opens the store and forks, somehow, with orphan_fork(); the process is killed when it returns.
typedef void orphan_opening(const scene *of, uint32_t how, int told);

// Has a process do that, and opens the store while its child lives.
static inline void orphan_keeps_no_lock(const scene *of, orphan_opening *opens, uint32_t how) {
    int told[2], status;
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_store *store = NULL;
    pid_t child;
    CHECK(!pipe(told));
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        opens(of, how, told[1]);
        kill(getpid(), SIGKILL); // nothing is unlocked
    }
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    CHECK(read(told[0], &child, sizeof child) == sizeof child);
    RETURNS(OK, keycask_open(of->path, strlen(of->path), &options, &store, NULL));
    CHECK(!kill(child, SIGKILL));
    RETURNS(OK, keycask_close(store));
    close(told[0]);
    close(told[1]);
}

#endif
