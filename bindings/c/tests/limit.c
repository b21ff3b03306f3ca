// A fork of a process whose limit of descriptors was lowered below the store's: the child keeps no
// lock, though it lives on when its parent has ended without a word.
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <sys/resource.h>

#include "orphan.h"

static keycask_options options = KEYCASK_OPTIONS_INIT;

// Opens the store and forks, with a number below the limit left to open /dev/null by, or none.
static void holds_the_store(const scene *of, uint32_t can_open, int told) {
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
    orphan_fork(told);
}

int main(int argc, char **argv) {
    scene stage;
    CHECK(argc == 2);
    stage = scene_create(argv[1]);
    RETURNS(OK, keycask_close(stage.store));
    orphan_keeps_no_lock(&stage, holds_the_store, 0);
    orphan_keeps_no_lock(&stage, holds_the_store, 1);
    return 0;
}
