// Texts that are too long, each in memory of its own, so that a sanitizer sees each byte that is read
// beyond. Of a token that is longer than any may be, no byte is read behind where the longest ends,
// whatever its length is said to be; of each other text, none behind its own end.
#include <stdint.h>

#include "check.h"

// Longest token of the realm, and of another system; and what is far above all limits.
enum { ACME_MAX = sizeof "acme_shown_" - 1 + 32, IMPORTED_MAX = KEYCASK_IMPORTED_TOKEN_MAX, LONG = 1 << 20 };

static scene stage;
static keycask_request request = KEYCASK_REQUEST_INIT;

// Text that begins with `begin` and has `len` bytes, in memory for as many.
static char *exactly(const char *begin, size_t len) {
    char *made = malloc(len);
    CHECK(made && strlen(begin) <= len);
    memset(made, 'a', len);
    memcpy(made, begin, strlen(begin));
    return made;
}

// Every way in for a token refuses this one, which is said to be as long as `len`.
static void is_no_token(const char *token, size_t len) {
    keycask_text tokens[2];
    int32_t statuses[2];
    keycask_denial denial = KEYCASK_DENIAL_INIT;
    keycask_explanation explanation = KEYCASK_EXPLANATION_INIT;
    static keycask_check_info checks[KEYCASK_CHECKS_MAX] = {KEYCASK_CHECK_INFO_INIT};
    static char texts[KEYCASK_EXPLANATION_TEXT_MAX];
    size_t count;
    RETURNS(DENY_MALFORMED, keycask_verify(stage.store, stage.realm, token, len, &request, NULL,
                                           &denial));
    tokens[0].data = tokens[1].data = token;
    tokens[0].len = tokens[1].len = len;
    RETURNS(DENY_MALFORMED, keycask_verify_many(stage.store, stage.realm, tokens, 2, &request,
                                                statuses, NULL, NULL));
    CHECK(statuses[0] == KEYCASK_DENY_MALFORMED && statuses[1] == KEYCASK_DENY_MALFORMED);
    RETURNS(DENY_MALFORMED, keycask_revoke_presented(stage.store, stage.realm, token, len,
                                                     TEXT("found"), NULL, NULL));
    RETURNS(OK, keycask_explain(stage.store, stage.realm, token, len, NULL, 0, &request, &explanation,
                                checks, KEYCASK_CHECKS_MAX, &count, texts, sizeof texts, NULL));
    CHECK(count > 0 && checks[0].passed == KEYCASK_REFUSED && explanation.key == 0);
}

// The longest token may have `max` bytes. Of one that is longer the first 32 are read, by which
// its kind is told, and there are no more.
static void a_token_is_measured_first(size_t max) {
    const char *const begins[] = {"", "acme_live_", "acme_shown_", "acme_livf_"};
    size_t at, number;
    for (at = 0; at < sizeof begins / sizeof *begins; at++) {
        const size_t lens[] = {max + 1, max + 2, 4096, LONG, UINT32_MAX, PTRDIFF_MAX};
        char *token = exactly(begins[at], 32);
        for (number = 0; number < sizeof lens / sizeof *lens; number++) {
            is_no_token(token, lens[number]);
        }
        free(token);
    }
}

static void import_one(void) {
    keycask_spec spec = scene_spec(&stage);
    keycask_import_spec key = KEYCASK_IMPORT_SPEC_INIT;
    keycask_outcome outcome;
    key.spec = &spec;
    key.token = text("atokenof2019");
    RETURNS(OK, keycask_import(stage.store, &key, 1, 0, &stage.by, &outcome, NULL, NULL, NULL));
    RETURNS(OK, keycask_verify(stage.store, stage.realm, TEXT("atokenof2019"), &request, NULL, NULL));
}

static void name_of(const char *name, size_t len) {
    uint16_t realm;
    keycask_scopes scopes;
    keycask_owner_change change = KEYCASK_OWNER_CHANGE_INIT;
    keycask_owner_info info = KEYCASK_OWNER_INFO_INIT;
    uint64_t key;
    RETURNS(ERR_NOT_FOUND, keycask_realm(stage.store, name, len, &realm, NULL));
    RETURNS(ERR_NOT_FOUND, keycask_scopes_named(stage.store, stage.realm, name, len, &scopes, NULL));
    RETURNS(ERR_NOT_FOUND, keycask_owner(stage.store, stage.realm, name, len, &info, NULL, 0, NULL));
    RETURNS(ERR_ARGUMENT, keycask_owner_set(stage.store, stage.realm, name, len, &change, &stage.by,
                                            NULL));
    RETURNS(ERR_ARGUMENT, keycask_key_id_parse(name, len, &key, NULL));
}

static void spec_of(const char *bytes, size_t len) {
    const keycask_text too_long = {bytes, len};
    keycask_spec specs[6] = {KEYCASK_SPEC_INIT, KEYCASK_SPEC_INIT, KEYCASK_SPEC_INIT,
                             KEYCASK_SPEC_INIT, KEYCASK_SPEC_INIT, KEYCASK_SPEC_INIT};
    keycask_actor by = stage.by;
    char token[KEYCASK_TOKEN_MAX];
    size_t at, token_len;
    uint64_t key;
    for (at = 0; at < 6; at++) {
        specs[at].realm = stage.realm;
        specs[at].kind = text("live");
        specs[at].owner = text("o");
    }
    specs[0].kind = specs[1].owner = specs[2].name = too_long;
    specs[3].metadata = specs[4].networks = specs[5].quota = too_long;
    for (at = 0; at < 6; at++) {
        keycask_status status = keycask_issue(stage.store, &specs[at], &stage.by, token, sizeof token,
                                              &token_len, &key, NULL);
        CHECK(status == (at < 1 ? KEYCASK_ERR_NOT_FOUND : KEYCASK_ERR_ARGUMENT));
    }
    specs[0].kind = text("live");
    by.name = too_long;
    RETURNS(ERR_ARGUMENT, keycask_issue(stage.store, specs, &by, token, sizeof token, &token_len,
                                        &key, NULL));
    by.name = stage.by.name;
    by.reason = too_long;
    RETURNS(ERR_ARGUMENT, keycask_issue(stage.store, specs, &by, token, sizeof token, &token_len,
                                        &key, NULL));
}

static void request_of(const char *bytes, size_t len) {
    const keycask_text too_long = {bytes, len};
    keycask_header headers[2];
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_answer answer = KEYCASK_ANSWER_INIT;
    static char texts[32768];
    size_t text_len;
    char *bearer = exactly("Bearer ", len);
    http.method = text("GET");
    http.headers = headers;
    http.headers_len = 1;
    headers[0].name = text("Authorization");
    headers[0].value.data = bearer;
    headers[0].value.len = len;
    RETURNS(DENY_MALFORMED, keycask_present(stage.store, stage.realm, &http, &request, &answer, texts,
                                            sizeof texts, &text_len, NULL, NULL));
    headers[0].value = too_long;
    RETURNS(DENY_WRONG_SCHEME, keycask_present(stage.store, stage.realm, &http, &request, &answer,
                                               texts, sizeof texts, &text_len, NULL, NULL));
    headers[0].name = too_long;
    RETURNS(DENY_MISSING, keycask_present(stage.store, stage.realm, &http, &request, &answer, texts,
                                          sizeof texts, &text_len, NULL, NULL));
    free(bearer);
}

static void profile_of(const char *bytes, size_t len) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_store *store;
    uint16_t realm;
    RETURNS(ERR_PROFILE, keycask_realm_apply(stage.store, TEXT("acme.toml"), bytes, len, &stage.by,
                                             &realm, NULL));
    RETURNS(ERR_ARGUMENT, keycask_realm_apply(stage.store, bytes, len, TEXT(ACME), &stage.by, &realm,
                                              NULL));
    CHECK(keycask_open(bytes, len, &options, &store, NULL) < 0);
}

static void every_text(size_t len, void (*takes)(const char *, size_t)) {
    char *bytes = exactly("", len);
    takes(bytes, len);
    free(bytes);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    stage = scene_create(argv[1]);
    every_text(KEYCASK_OWNER_MAX + 1, name_of);
    every_text(LONG, name_of);
    every_text(4097, spec_of);
    every_text(LONG, spec_of);
    every_text(KEYCASK_TOKEN_MAX + 1, request_of);
    every_text(LONG, request_of);
    every_text(4097, profile_of);
    every_text(LONG, profile_of);
    a_token_is_measured_first(ACME_MAX);
    import_one();
    a_token_is_measured_first(IMPORTED_MAX);
    RETURNS(OK, keycask_close(stage.store));
    return 0;
}
