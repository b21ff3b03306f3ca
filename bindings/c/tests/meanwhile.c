// A fork while a store is opened, or its file is written anew: the child keeps no lock, though it
// lives on when its parent has ended without a word.
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

// What is told of a step. At its beginning it forks, once.
typedef struct {
    uint32_t step;
    int told;
    int forked;
} forking;

static void forks(void *context, uint32_t step, uint64_t done, uint64_t total) {
    forking *at = context;
    (void)total;
    if (step != at->step || done > 0 || at->forked) return;
    at->forked = 1;
    if (fork() == 0) {
        pid_t self = getpid();
        alarm(60);
        CHECK(write(at->told, &self, sizeof self) == sizeof self);
        pause(); // holds on to what it inherited
        _exit(0);
    }
}

// Opens the store, has its file written anew if it is to be, and ends; forks at `step`.
static void ends_after(const scene *of, uint32_t step, int compacts, int told) {
    forking at;
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_store *store = NULL;
    at.step = step;
    at.told = told;
    at.forked = compacts; // not while it is opened
    options.progress = forks;
    options.progress_context = &at;
    RETURNS(OK, keycask_open(of->path, strlen(of->path), &options, &store, NULL));
    if (compacts) {
        at.forked = 0;
        RETURNS(OK, keycask_compact(store, NULL, NULL, NULL));
    }
    CHECK(at.forked);
    kill(getpid(), SIGKILL); // nothing is unlocked
}

static void lock_goes_with_the_parent(const scene *of, uint32_t step, int compacts) {
    int told[2], status;
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_store *store = NULL;
    pid_t child;
    CHECK(!pipe(told));
    child = fork();
    CHECK(child >= 0);
    if (child == 0) ends_after(of, step, compacts, told[1]);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    CHECK(read(told[0], &child, sizeof child) == sizeof child);
    RETURNS(OK, keycask_open(of->path, strlen(of->path), &options, &store, NULL));
    CHECK(!kill(child, SIGKILL));
    RETURNS(OK, keycask_close(store));
    close(told[0]);
    close(told[1]);
}

int main(int argc, char **argv) {
    scene stage;
    CHECK(argc == 2);
    stage = scene_create(argv[1]);
    RETURNS(OK, keycask_close(stage.store));
    lock_goes_with_the_parent(&stage, KEYCASK_STEP_OPEN, 0);
    lock_goes_with_the_parent(&stage, KEYCASK_STEP_COPY, 1);
    lock_goes_with_the_parent(&stage, KEYCASK_STEP_CHECK, 1);
    return 0;
}
