// A fork while a store is opened, or its file is written anew: the child keeps no lock, though it
// lives on when its parent has ended without a word.
#define _POSIX_C_SOURCE 200809L
#include "orphan.h"

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
    orphan_fork(at->told);
}

// Opens the store and forks at `step`, for which its file is written anew if it is no opening's.
static void forks_at(const scene *of, uint32_t step, int told) {
    int compacts = step != KEYCASK_STEP_OPEN;
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
}

int main(int argc, char **argv) {
    scene stage;
    CHECK(argc == 2);
    stage = scene_create(argv[1]);
    RETURNS(OK, keycask_close(stage.store));
    orphan_keeps_no_lock(&stage, forks_at, KEYCASK_STEP_OPEN);
    orphan_keeps_no_lock(&stage, forks_at, KEYCASK_STEP_COPY);
    orphan_keeps_no_lock(&stage, forks_at, KEYCASK_STEP_CHECK);
    return 0;
}
