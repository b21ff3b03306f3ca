// Threads that verify, issue, revoke and list at once, on one handle.
#include <pthread.h>

#include "check.h"

enum { VERIFIERS = 3, ISSUERS = 2, ROUNDS = 8 };

static scene stage;
static char token[KEYCASK_TOKEN_MAX];
static size_t token_len;
static int stop;

static void *verifies(void *unused) {
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    long granted = 0;
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        RETURNS(OK, keycask_verify(stage.store, stage.realm, token, token_len, &request, &grant,
                                   NULL));
        granted++;
    }
    CHECK(granted > 0);
    return NULL;
}

static void *issues(void *unused) {
    keycask_request request = KEYCASK_REQUEST_INIT;
    int round;
    (void)unused;
    for (round = 0; round < ROUNDS; round++) {
        char mine[KEYCASK_TOKEN_MAX];
        uint64_t key;
        size_t len = scene_issue(&stage, mine, &key);
        RETURNS(OK, keycask_verify(stage.store, stage.realm, mine, len, &request, NULL, NULL));
        RETURNS(OK, keycask_revoke(stage.store, key, &stage.by, NULL));
        // What was acknowledged is enforced, in every thread.
        RETURNS(DENY_REVOKED,
                keycask_verify(stage.store, stage.realm, mine, len, &request, NULL, NULL));
    }
    return NULL;
}

static void *closes(void *store) {
    keycask_status status = keycask_close(store);
    CHECK(status == KEYCASK_OK || status == KEYCASK_ERR_CLOSED);
    return status == KEYCASK_OK ? store : NULL;
}

int main(int argc, char **argv) {
    pthread_t verifiers[VERIFIERS], issuers[ISSUERS];
    keycask_request request = KEYCASK_REQUEST_INIT;
    uint64_t key;
    int i, closed = 0;
    CHECK(argc == 2);
    stage = scene_create(argv[1]);
    token_len = scene_issue(&stage, token, &key);
    for (i = 0; i < VERIFIERS; i++) CHECK(!pthread_create(&verifiers[i], NULL, verifies, NULL));
    for (i = 0; i < ISSUERS; i++) CHECK(!pthread_create(&issuers[i], NULL, issues, NULL));
    for (i = 0; i < ISSUERS; i++) CHECK(!pthread_join(issuers[i], NULL));
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (i = 0; i < VERIFIERS; i++) CHECK(!pthread_join(verifiers[i], NULL));

    // Of threads that close at once, one does; calls after it are refused.
    for (i = 0; i < VERIFIERS; i++) {
        CHECK(!pthread_create(&verifiers[i], NULL, closes, stage.store));
    }
    for (i = 0; i < VERIFIERS; i++) {
        void *by_this;
        CHECK(!pthread_join(verifiers[i], &by_this));
        closed += by_this != NULL;
    }
    CHECK(closed == 1);
    RETURNS(ERR_CLOSED,
            keycask_verify(stage.store, stage.realm, token, token_len, &request, NULL, NULL));
    return 0;
}
