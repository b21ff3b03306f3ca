// Deciding about a token takes nothing from the heap, whatever the outcome.
#define _GNU_SOURCE
#include "check.h"

// glibc's own, behind the names that this program takes over for all libraries.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static long taken = 0;

void *malloc(size_t size) {
    taken++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    taken++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    taken++;
    return __libc_realloc(old, size);
}

int posix_memalign(void **to, size_t alignment, size_t size) {
    taken++;
    *to = __libc_memalign(alignment, size);
    return *to ? 0 : 12;
}

int main(int argc, char **argv) {
    keycask_request request = KEYCASK_REQUEST_INIT, writes = KEYCASK_REQUEST_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT, grants[3] = {KEYCASK_GRANT_INIT};
    keycask_denial denial = KEYCASK_DENIAL_INIT, denials[3] = {KEYCASK_DENIAL_INIT};
    keycask_text tokens[3];
    int32_t statuses[3];
    char good[KEYCASK_TOKEN_MAX], revoked[KEYCASK_TOKEN_MAX];
    uint64_t key;
    size_t len;
    long before;
    int round;
    scene stage;
    CHECK(argc == 2);
    before = taken;
    stage = scene_create(argv[1]);
    CHECK(taken > before); // what the library takes is counted
    len = scene_issue(&stage, revoked, &key);
    RETURNS(OK, keycask_revoke(stage.store, key, &stage.by, NULL));
    len = scene_issue(&stage, good, &key);
    RETURNS(OK, keycask_scopes_named(stage.store, stage.realm, TEXT("write"), &writes.scopes,
                                     NULL));
    tokens[0].data = good;
    tokens[0].len = len;
    tokens[1].data = revoked;
    tokens[1].len = len;
    tokens[2] = text("acme_live_x");
    for (round = 0; round < 1000; round++) {
        if (round == 1) before = taken; // the first of a thread may set things up
        RETURNS(OK, keycask_verify(stage.store, stage.realm, good, len, &request, &grant,
                                   &denial));
        RETURNS(DENY_SCOPE, keycask_verify(stage.store, stage.realm, good, len, &writes, &grant,
                                           &denial));
        RETURNS(DENY_REVOKED, keycask_verify(stage.store, stage.realm, revoked, len, &request,
                                             &grant, &denial));
        RETURNS(DENY_MALFORMED, keycask_verify(stage.store, stage.realm, TEXT("acme_live_x"),
                                               &request, &grant, &denial));
        RETURNS(DENY_REVOKED, keycask_verify_many(stage.store, stage.realm, tokens, 3, &request,
                                                   statuses, grants, denials));
    }
    CHECK(taken == before);
    CHECK(statuses[0] == 0 && statuses[1] == KEYCASK_DENY_REVOKED &&
          statuses[2] == KEYCASK_DENY_MALFORMED && grants[0].key == key);
    RETURNS(OK, keycask_close(stage.store));
    return 0;
}
