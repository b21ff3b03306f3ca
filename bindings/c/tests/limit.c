// A fork of a process whose limit of descriptors was lowered below the store's: the child keeps no
// lock, though it lives on when its parent has ended without a word.
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static keycask_options options = KEYCASK_OPTIONS_INIT;

// Opens the store and forks, with a number below the limit left to open /dev/null by, or none.
static void holds_the_store(const scene *of, int can_open, int told) {
    keycask_store *store = NULL;
    struct rlimit most;
    int low = open("/dev/null", O_RDONLY), high = open("/dev/null", O_RDONLY), probe;
    CHECK(low >= 0 && high > low);
    RETURNS(OK, keycask_open(of->path, strlen(of->path), &options, &store, NULL));
    if (can_open) CHECK(!close(low));
    CHECK(!getrlimit(RLIMIT_NOFILE, &most));
    most.rlim_cur = (rlim_t)high;
    CHECK(!setrlimit(RLIMIT_NOFILE, &most));
    probe = open("/dev/null", O_RDONLY);
    CHECK(can_open ? probe == low && !close(probe) : probe < 0);
    if (fork() == 0) {
        pid_t self = getpid();
        alarm(60);
        CHECK(write(told, &self, sizeof self) == sizeof self);
        pause(); // holds on to what it inherited
        _exit(0);
    }
    kill(getpid(), SIGKILL); // nothing is unlocked
}

static void lock_goes_with_the_parent(const scene *of, int can_open) {
    int told[2], status;
    keycask_store *store = NULL;
    pid_t child;
    CHECK(!pipe(told));
    child = fork();
    CHECK(child >= 0);
    if (child == 0) holds_the_store(of, can_open, told[1]);
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
    lock_goes_with_the_parent(&stage, 0);
    lock_goes_with_the_parent(&stage, 1);
    return 0;
}
