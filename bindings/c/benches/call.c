// The calls of call.rs as a program in C makes them.
#include <keycask.h>
#include <stdlib.h>

enum { BATCH = 64 };

struct bench {
    keycask_store *store;
    keycask_text *texts;
    keycask_request request;
    uint16_t realm;
};

// Opens the store at `path` to be read, for `count` tokens of `len` bytes each, which stand one
// after another in `tokens`. NULL if it cannot.
struct bench *bench_begin(const char *path, size_t path_len, const char *tokens, size_t len,
                          size_t count) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_request request = KEYCASK_REQUEST_INIT;
    struct bench *bench = malloc(sizeof *bench);
    if (!bench || !(bench->texts = malloc(count * sizeof *bench->texts))) return NULL;
    for (size_t i = 0; i < count; i++) {
        bench->texts[i].data = tokens + i * len;
        bench->texts[i].len = len;
    }
    options.flags = KEYCASK_READ_ONLY;
    bench->request = request;
    if (keycask_open(path, path_len, &options, &bench->store, NULL) ||
        keycask_realm(bench->store, "bench", 5, &bench->realm, NULL) ||
        keycask_scopes_named(bench->store, bench->realm, "read", 4, &bench->request.scopes, NULL)) {
        return NULL;
    }
    return bench;
}

// How many of the `count` tokens from number `at` on are granted, asked for one at a time.
size_t bench_each(const struct bench *bench, size_t at, size_t count) {
    keycask_grant grant = KEYCASK_GRANT_INIT;
    size_t granted = 0;
    for (const keycask_text *text = bench->texts + at; count--; text++) {
        granted += keycask_verify(bench->store, bench->realm, text->data, text->len,
                                  &bench->request, &grant, NULL) == KEYCASK_OK;
    }
    return granted;
}

// The same, BATCH at a time, which divides `count`.
size_t bench_batches(const struct bench *bench, size_t at, size_t count) {
    keycask_grant grants[BATCH] = {KEYCASK_GRANT_INIT};
    int32_t statuses[BATCH];
    size_t granted = 0;
    for (const keycask_text *text = bench->texts + at; count; text += BATCH, count -= BATCH) {
        if (keycask_verify_many(bench->store, bench->realm, text, BATCH, &bench->request, statuses,
                                grants, NULL) == KEYCASK_OK) {
            granted += BATCH;
        }
    }
    return granted;
}
