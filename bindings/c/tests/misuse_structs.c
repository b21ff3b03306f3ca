// What no caller may do with structs, and what a message says of their fields.
#include "outputs.h"

static scene at;
static keycask_options options = KEYCASK_OPTIONS_INIT;
static keycask_request request = KEYCASK_REQUEST_INIT;
static keycask_spec spec;
static keycask_actor by;

// Each size that a struct can have: too small, too large, and larger with something in it.
static void struct_sizes(void) {
    struct {
        keycask_request known;
        uint64_t later;
    } newer = {request, 0};
    uint32_t wrong[] = {0, 1, 4, 7, 4097, 0x7FFFFFFF, 0xFFFFFFFF};
    size_t i;
    char token[KEYCASK_TOKEN_MAX];
    uint64_t key;
    size_t len = scene_issue(&at, token, &key);
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        keycask_request r = request;
        keycask_grant g = KEYCASK_GRANT_INIT;
        r.struct_size = wrong[i];
        REFUSED(BAD, keycask_verify(at.store, at.realm, token, len, &r, &out.grant, NULL));
        g.struct_size = wrong[i];
        RETURNS(ERR_ARGUMENT, keycask_verify(at.store, at.realm, token, len, &request, &g, NULL));
        CHECK(g.key == 0);
    }
    // A newer program: what it does not use is no matter, what it uses is refused.
    newer.known.struct_size = sizeof newer;
    RETURNS(OK, keycask_verify(at.store, at.realm, token, len, &newer.known, NULL, NULL));
    newer.later = 1;
    RETURNS(ERR_ARGUMENT, keycask_verify(at.store, at.realm, token, len, &newer.known, NULL, NULL));
    // No version had a grant of its key and no more.
    fill();
    out.grant.struct_size = 16;
    RETURNS(ERR_ARGUMENT, keycask_verify(at.store, at.realm, token, len, &request, &out.grant, NULL));
    CHECK(out.grant.struct_size == 16 && out.grant.key == 0xA5A5A5A5A5A5A5A5);
    // A struct may stand anywhere.
    {
        char bytes[sizeof(keycask_request) + 1];
        memcpy(bytes + 1, &request, sizeof request);
        RETURNS(OK, keycask_verify(at.store, at.realm, token, len,
                                   (const keycask_request *)(void *)(bytes + 1), NULL, NULL));
    }
}

// Every struct that goes in: what is beyond its size is not read, and no field of it is cut in half or
// left out by mistake. Each call is one that ends in something else than ARGUMENT.
static void every_size(void) {
    const keycask_store *s = at.store;
    const uint16_t r = at.realm;
    const size_t cap = sizeof out.text;
    keycask_options o = options;
    keycask_patterns patterns = KEYCASK_PATTERNS_INIT;
    keycask_owner_change owner = KEYCASK_OWNER_CHANGE_INIT;
    keycask_spec unknown = spec;
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    keycask_filter filter = KEYCASK_FILTER_INIT;
    keycask_cursor from = KEYCASK_CURSOR_INIT;
    keycask_key_change change = KEYCASK_KEY_CHANGE_INIT;
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_audit_filter entries = KEYCASK_AUDIT_FILTER_INIT;
    keycask_feed_cursor since = KEYCASK_FEED_CURSOR_INIT;
    unknown.realm = 999;
    EVERY_SIZE(keycask_options, 144, options,
               keycask_open(at.path, strlen(at.path), sized, &out.store, NULL));
    EVERY_SIZE(keycask_patterns, 32, patterns,
               (o.patterns = sized, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL)));
    EVERY_SIZE(keycask_actor, 56, by, keycask_suspend(s, 0, sized, NULL));
    EVERY_SIZE(keycask_owner_change, 56, owner,
               keycask_owner_set(s, 999, TEXT("o"), sized, &by, NULL));
    EVERY_SIZE(keycask_spec, 152, unknown,
               keycask_issue(s, sized, &by, out.text, cap, &out.len, &out.key, NULL));
    EVERY_SIZE(keycask_request, 64, request,
               keycask_verify(s, r, TEXT("x"), sized, &out.grant, &out.denial));
    EVERY_SIZE(keycask_http, 56, http,
               keycask_present(s, r, sized, &request, &out.answer, out.text, cap, &out.len,
                               &out.grant, &out.denial));
    EVERY_SIZE(keycask_grant, 96, grant,
               keycask_describe(s, sized, &out.description, out.text, cap, NULL));
    EVERY_SIZE(keycask_filter, 120, filter, keycask_count(s, sized, &out.total, NULL));
    EVERY_SIZE(keycask_cursor, 72, from,
               keycask_list(s, &filter, sized, out.keys, 2, &out.count, &out.cursor, out.text, cap,
                            NULL));
    EVERY_SIZE(keycask_key_change, 112, change, keycask_update(s, 0, sized, &by, NULL));
    EVERY_SIZE(keycask_rotation, 32, rotation,
               keycask_rotate(s, 0, sized, &by, out.text, cap, &out.len, &out.next, NULL));
    EVERY_SIZE(keycask_audit_filter, 112, entries,
               keycask_audit(s, sized, 0, out.entries, 2, &out.count, &out.page, out.text, cap,
                             NULL));
    EVERY_SIZE(keycask_feed_cursor, 32, since,
               keycask_changes(s, sized, out.changes, 4, &out.count, &out.reached, NULL));
}

// Every struct of results that has grown.
static void every_size_of_results(void) {
    const keycask_store *s = at.store;
    EVERY_RESULT(keycask_stats_info, 72, keycask_stats(s, sized, NULL));
    EVERY_RESULT(keycask_decision, 64, keycask_decisions(s, sized, 1, &out.count, NULL, NULL));
}

// A message names what was wrong; one without a size is refused before anything is done.
static void messages(void) {
    keycask_error error = KEYCASK_ERROR_INIT;
    static const char want[] = "acme.toml";
    RETURNS(ERR_PROFILE,
            keycask_realm_apply(at.store, TEXT("acme.toml"), TEXT("realm = 3"), &by, NULL, &error));
    CHECK(error.message_len > sizeof want && !memcmp(error.message, want, sizeof want - 1));
    memset(&error, 0, sizeof error);
    RETURNS(ERR_ARGUMENT, keycask_realm_apply(at.store, TEXT("acme.toml"), TEXT("realm = 'b'"), &by,
                                              NULL, &error));
    RETURNS(ERR_NOT_FOUND, keycask_realm(at.store, TEXT("b"), &out.realm, NULL));
    CHECK(error.message_len == 0);
}

// `call`, which tells `error`, is refused, and says `want`.
#define SAYS(want, call)                                                              \
    do {                                                                              \
        keycask_error error = KEYCASK_ERROR_INIT;                                     \
        RETURNS(ERR_ARGUMENT, call);                                                  \
        if (error.message_len < sizeof(want) - 1 ||                                   \
            memcmp(error.message, want, sizeof(want) - 1)) {                          \
            fprintf(stderr, "%.*s\n", (int)error.message_len, error.message);         \
            CHECK(!"it says " want);                                                  \
        }                                                                             \
    } while (0)

// Of several secrets, times and names, the message says which one cannot be, and what it is. One that
// is as long as a token is not repeated.
static void names_of_what_is_wrong(uint64_t key) {
    const keycask_store *s = at.store;
    const size_t len = strlen(at.path);
    keycask_options o = options;
    keycask_filter filter = KEYCASK_FILTER_INIT;
    keycask_audit_filter entries = KEYCASK_AUDIT_FILTER_INIT;
    keycask_spec made = spec;
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    uint8_t secret[KEYCASK_SECRET_LEN] = {0};
    char *t = out.text;
#define OPEN_SAYS(want) SAYS(want, keycask_open(at.path, len, &o, &out.store, &error))
    o.pepper = secret, o.pepper_len = 31;
    OPEN_SAYS("pepper: 31 bytes; 32 ");
    o.pepper = NULL;
    OPEN_SAYS("pepper: it is NULL, and its length is 31");
    o.pepper_len = 0, o.previous_pepper = secret, o.previous_pepper_len = 33;
    OPEN_SAYS("previous_pepper: 33 bytes; 32 ");
    o = options, o.sealing_key = secret;
    OPEN_SAYS("sealing_key: 0 bytes; 32 ");
    o = options, o.clock_ms = -5;
    OPEN_SAYS("clock_ms: -5 ms is no time ");
    SAYS("pepper: 31 bytes; 32 ", keycask_rotate_pepper(s, secret, 31, &by, &error));
    SAYS("old: 31 bytes; 32 ", keycask_change_sealing_key(s, secret, 31, &by, NULL, &error));
#define COUNT_SAYS(want) SAYS(want, keycask_count(s, &filter, &out.total, &error))
    filter.issued_from_ms = 0;
    COUNT_SAYS("issued_from_ms: 0 ms is no time ");
    filter.issued_from_ms = KEYCASK_NONE, filter.issued_before_ms = KEYCASK_NOW;
    COUNT_SAYS("issued_before_ms: 9223372036854775806 ms is no time ");
    filter.issued_before_ms = KEYCASK_NONE, filter.expiring_ms = -1;
    COUNT_SAYS("expiring_ms: -1 ms is no span ");
    filter.expiring_ms = KEYCASK_NONE, filter.idle_ms = 0;
    COUNT_SAYS("idle_ms: 0 ms is no span ");
    filter.idle_ms = KEYCASK_NONE, filter.due_ms = 0;
    COUNT_SAYS("due_ms: 0 ms is no span ");
#define AUDIT_SAYS(want)                                                              \
    SAYS(want, keycask_audit(s, &entries, 0, out.entries, 2, &out.count, &out.page, t, \
                             sizeof out.text, &error))
    entries.from_ms = -1;
    AUDIT_SAYS("from_ms: -1 ms is no time ");
    entries.from_ms = KEYCASK_NONE, entries.until_ms = 0;
    AUDIT_SAYS("until_ms: 0 ms is no time ");
    entries.until_ms = KEYCASK_NONE, entries.events = text("key_issued key_lost");
    AUDIT_SAYS("event \"key_lost\": ");
    entries.events = text("acme_live_00000000000000000000000000000000");
    AUDIT_SAYS("event of 42 bytes: ");
#define ISSUE_SAYS(want)                                                              \
    SAYS(want, keycask_issue(s, &made, &by, t, sizeof out.text, &out.len, &out.key, &error))
    made.end_ms = 0;
    ISSUE_SAYS("end_ms: 0 ms is no time ");
    made.end_ms = KEYCASK_AFTER;
    ISSUE_SAYS("life_ms: 0 ms is no span ");
    made = spec, made.start_ms = 0;
    ISSUE_SAYS("start_ms: 0 ms is no time ");
    rotation.grace_ms = 0;
    SAYS("grace_ms: 0 ms is no span ", keycask_rotate(s, key, &rotation, &by, t, sizeof out.text,
                                                      &out.len, &out.next, &error));
    SAYS("bound: 0 ms is no time ",
         keycask_audit_trim(s, KEYCASK_TRIM_BEFORE, 0, &by, NULL, NULL, &error));
}

int main(int argc, char **argv) {
    char token[KEYCASK_TOKEN_MAX];
    uint64_t key;
    CHECK(argc == 2);
    at = scene_create(argv[1]);
    by = at.by;
    spec = scene_spec(&at);
    scene_issue(&at, token, &key);
    struct_sizes();
    every_size();
    every_size_of_results();
    messages();
    names_of_what_is_wrong(key);
    // Nothing of all this has changed a thing.
    RETURNS(OK, keycask_check(at.store, NULL));
    RETURNS(OK, keycask_close(at.store));
    return 0;
}
