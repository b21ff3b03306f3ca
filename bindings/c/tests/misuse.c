// What no caller may do, done to every function: a status, and nothing written.
#include "refused.h"

// Everything that a call can write to.
static struct {
    keycask_store *store;
    keycask_grant grant;
    keycask_grant grants[2];
    keycask_denial denial;
    keycask_denial denials[2];
    keycask_answer answer;
    keycask_description description;
    keycask_explanation explanation;
    keycask_check_info checks[KEYCASK_CHECKS_MAX];
    keycask_finding findings[2];
    keycask_decision decisions[2];
    keycask_counts counts;
    keycask_key_info key_info;
    keycask_key_info keys[2];
    keycask_cursor cursor;
    keycask_kind_count kind_counts[2];
    keycask_owner_info owner;
    keycask_owner_info owners[2];
    keycask_scope_info scope;
    keycask_set_info set;
    keycask_kind_info kind;
    keycask_plan_info plan;
    keycask_policy_info policy;
    keycask_audit_entry entries[2];
    keycask_audit_page page;
    keycask_audit_span span;
    keycask_feed_cursor reached;
    keycask_changed changes[4];
    keycask_stats_info stats;
    keycask_scopes scopes;
    char text[KEYCASK_EXPLANATION_TEXT_MAX];
    size_t len;
    size_t count;
    uint64_t key;
    uint64_t next;
    uint64_t total;
    uint64_t first[2];
    uint64_t kinds;
    int64_t now;
    uint32_t more;
    uint16_t realm;
    int32_t statuses[2];
} out;

static unsigned char as_it_was[sizeof out];

static void sizes(void) {
    out.grant.struct_size = sizeof out.grant;
    out.grants[0].struct_size = sizeof out.grant;
    out.denial.struct_size = sizeof out.denial;
    out.denials[0].struct_size = sizeof out.denial;
    out.answer.struct_size = sizeof out.answer;
    out.description.struct_size = sizeof out.description;
    out.explanation.struct_size = sizeof out.explanation;
    out.checks[0].struct_size = sizeof out.checks[0];
    out.key_info.struct_size = sizeof out.key_info;
    out.keys[0].struct_size = sizeof out.key_info;
    out.cursor.struct_size = sizeof out.cursor;
    out.kind_counts[0].struct_size = sizeof out.kind_counts[0];
    out.owner.struct_size = sizeof out.owner;
    out.owners[0].struct_size = sizeof out.owner;
    out.scope.struct_size = sizeof out.scope;
    out.set.struct_size = sizeof out.set;
    out.kind.struct_size = sizeof out.kind;
    out.plan.struct_size = sizeof out.plan;
    out.policy.struct_size = sizeof out.policy;
    out.entries[0].struct_size = sizeof out.entries[0];
    out.page.struct_size = sizeof out.page;
    out.span.struct_size = sizeof out.span;
    out.reached.struct_size = sizeof out.reached;
    out.findings[0].struct_size = sizeof out.findings[0];
    out.decisions[0].struct_size = sizeof out.decisions[0];
    out.counts.struct_size = sizeof out.counts;
    out.changes[0].struct_size = sizeof out.changes[0];
    out.stats.struct_size = sizeof out.stats;
}

static void fill(void) {
    memset(&out, 0xA5, sizeof out);
    sizes();
    memcpy(as_it_was, &out, sizeof out);
}

static scene at;
static keycask_options options = KEYCASK_OPTIONS_INIT;
static keycask_request request = KEYCASK_REQUEST_INIT;
static keycask_spec spec = KEYCASK_SPEC_INIT;
static keycask_actor by = KEYCASK_ACTOR_INIT;

static void open_and_create(void) {
    keycask_options o = options;
    keycask_patterns patterns = KEYCASK_PATTERNS_INIT;
    uint8_t secret[KEYCASK_SECRET_LEN] = {0};
    REFUSED(BAD, keycask_open(NULL, 5, &o, &out.store, NULL));
    REFUSED(BAD, keycask_open(NULL, 0, &o, &out.store, NULL));
    REFUSED(BAD, keycask_open("x", HUGE, &o, &out.store, NULL));
    REFUSED(BAD, keycask_open("a\0b", 3, &o, &out.store, NULL));
    REFUSED(BAD, keycask_open("x", 1, NULL, &out.store, NULL));
    REFUSED(BAD, keycask_open("x", 1, &o, NULL, NULL));
    REFUSED(BAD, keycask_create("x", 1, &o, NULL, NULL));
    REFUSED(BAD, keycask_create("x", 1, NULL, &out.store, NULL));
    REFUSED(BAD, keycask_create(NULL, 1, &o, &out.store, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_open(TEXT("/nowhere/at/all"), &o, &out.store, NULL));
    REFUSED(ERR_CONFLICT, keycask_create(at.path, strlen(at.path), &o, &out.store, NULL));
    REFUSED(ERR_LOCKED, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    o.flags = 2;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    o.flags = KEYCASK_READ_ONLY;
    REFUSED(BAD, keycask_create(TEXT("/tmp/not-made"), &o, &out.store, NULL));
    o.flags = 0;
    o.pepper = secret;
    o.pepper_len = 31;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    o.pepper = NULL;
    o.pepper_len = 32;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    o = options;
    o.sealing_key = secret;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    o = options;
    o.clock_ms = -5;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    o = options, o.zero = 1;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    o = options, o.patterns = &patterns, patterns.idle_ms = 0;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    patterns.idle_ms = KEYCASK_DEFAULT, patterns.late_ms = -1;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    patterns.late_ms = KEYCASK_DEFAULT, patterns.within_ms = 1000;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    patterns.struct_size = 5;
    REFUSED(BAD, keycask_open(at.path, strlen(at.path), &o, &out.store, NULL));
    RETURNS(OK, keycask_close(NULL));
}

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

static void realms(void) {
    const keycask_store *s = at.store;
    REFUSED(BAD, keycask_realm_apply(NULL, TEXT("x"), TEXT(ACME), &by, &out.realm, NULL));
    REFUSED(BAD, keycask_realm_apply(s, NULL, 1, TEXT(ACME), &by, &out.realm, NULL));
    REFUSED(BAD, keycask_realm_apply(s, TEXT("x"), NULL, 7, &by, &out.realm, NULL));
    REFUSED(BAD, keycask_realm_apply(s, "x", HUGE, TEXT(ACME), &by, &out.realm, NULL));
    REFUSED(BAD, keycask_realm_apply(s, TEXT("x"), ACME, HUGE, &by, &out.realm, NULL));
    REFUSED(BAD, keycask_realm_apply(s, TEXT("x"), TEXT(ACME), NULL, &out.realm, NULL));
    REFUSED(BAD, keycask_realm_apply(s, TEXT("x"), TEXT("\xFF"), &by, &out.realm, NULL));
    REFUSED(ERR_PROFILE, keycask_realm_apply(s, TEXT("x"), TEXT("r"), &by, &out.realm, NULL));
    REFUSED(BAD, keycask_realm_compare(NULL, TEXT("x"), TEXT(ACME), out.text, 99, &out.len, NULL));
    REFUSED(BAD, keycask_realm_compare(s, TEXT("x"), TEXT(ACME), NULL, 99, &out.len, NULL));
    REFUSED(BAD, keycask_realm_compare(s, TEXT("x"), TEXT(ACME), out.text, HUGE, &out.len, NULL));
    REFUSED(BAD, keycask_realm_compare(s, TEXT("x"), TEXT(ACME), out.text, 99, NULL, NULL));
    REFUSED_WITH(ERR_SPACE, len,
                 keycask_realm_compare(s, TEXT("x"), TEXT(ACME), out.text, 3, &out.len, NULL));
    REFUSED(BAD, keycask_realm(NULL, TEXT("acme"), &out.realm, NULL));
    REFUSED(BAD, keycask_realm(s, NULL, 4, &out.realm, NULL));
    REFUSED(BAD, keycask_realm(s, TEXT("acme"), NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_realm(s, TEXT("acme2"), &out.realm, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_realm(s, NULL, 0, &out.realm, NULL));
    REFUSED(BAD, keycask_realm_name(NULL, at.realm, out.text, 64, &out.len, NULL));
    REFUSED(BAD, keycask_realm_name(s, at.realm, NULL, 64, &out.len, NULL));
    REFUSED(BAD, keycask_realm_name(s, at.realm, out.text, 64, NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_realm_name(s, 0, out.text, 64, &out.len, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_realm_name(s, 65535, out.text, 64, &out.len, NULL));
    REFUSED_WITH(ERR_SPACE, len, keycask_realm_name(s, at.realm, out.text, 3, &out.len, NULL));
    REFUSED(BAD, keycask_realms(NULL, &out.realm, 1, &out.count, NULL));
    REFUSED(BAD, keycask_realms(s, NULL, 1, &out.count, NULL));
    REFUSED(BAD, keycask_realms(s, &out.realm, HUGE, &out.count, NULL));
    REFUSED(BAD, keycask_realms(s, &out.realm, 1, NULL, NULL));
    REFUSED_WITH(ERR_SPACE, count, keycask_realms(s, NULL, 0, &out.count, NULL));
}

static void scopes_and_kinds(void) {
    const keycask_store *s = at.store;
    keycask_scopes none = {0, 0};
    char *t = out.text;
    REFUSED(BAD, keycask_scopes_named(NULL, at.realm, TEXT("read"), &out.scopes, NULL));
    REFUSED(BAD, keycask_scopes_named(s, at.realm, NULL, 4, &out.scopes, NULL));
    REFUSED(BAD, keycask_scopes_named(s, at.realm, TEXT("read"), NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_scopes_named(s, 0, TEXT("read"), &out.scopes, NULL));
    REFUSED(ERR_NOT_FOUND,
            keycask_scopes_named(s, at.realm, TEXT("read raed"), &out.scopes, NULL));
    REFUSED(BAD, keycask_scopes_text(NULL, at.realm, none, t, 99, &out.len, NULL));
    REFUSED(BAD, keycask_scopes_text(s, at.realm, none, NULL, 99, &out.len, NULL));
    REFUSED(BAD, keycask_scopes_text(s, at.realm, none, t, 99, NULL, NULL));
    REFUSED_WITH(ERR_SPACE, len, keycask_scopes_text(s, at.realm, at.read, t, 3, &out.len, NULL));
    REFUSED(BAD, keycask_scope(NULL, at.realm, TEXT("read"), &out.scope, t, 512, NULL));
    REFUSED(BAD, keycask_scope(s, at.realm, NULL, 3, &out.scope, t, 512, NULL));
    REFUSED(BAD, keycask_scope(s, at.realm, TEXT("read"), NULL, t, 512, NULL));
    REFUSED(BAD, keycask_scope(s, at.realm, TEXT("read"), &out.scope, NULL, 512, NULL));
    REFUSED(ERR_SPACE, keycask_scope(s, at.realm, TEXT("read"), &out.scope, t, 5, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_scope(s, at.realm, TEXT("r"), &out.scope, t, 512, NULL));
    REFUSED(BAD, keycask_kinds_named(NULL, at.realm, TEXT("live"), &out.kinds, NULL));
    REFUSED(BAD, keycask_kinds_named(s, at.realm, NULL, 4, &out.kinds, NULL));
    REFUSED(BAD, keycask_kinds_named(s, at.realm, TEXT("live"), NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_kinds_named(s, at.realm, TEXT("live x"), &out.kinds, NULL));
    REFUSED(BAD, keycask_kind_name(NULL, at.realm, 1, t, 64, &out.len, NULL));
    REFUSED(BAD, keycask_kind_name(s, at.realm, 1, NULL, 64, &out.len, NULL));
    REFUSED(BAD, keycask_kind_name(s, at.realm, 1, t, 64, NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_kind_name(s, at.realm, 999, t, 64, &out.len, NULL));
    REFUSED_WITH(ERR_SPACE, len, keycask_kind_name(s, at.realm, 1, t, 1, &out.len, NULL));
}

static void profile(void) {
    const keycask_store *s = at.store;
    const uint16_t r = at.realm;
    char *t = out.text;
    REFUSED(BAD, keycask_realm_names(NULL, r, KEYCASK_KINDS, t, 512, &out.len, NULL));
    REFUSED(BAD, keycask_realm_names(s, r, 0, t, 512, &out.len, NULL));
    REFUSED(BAD, keycask_realm_names(s, r, 5, t, 512, &out.len, NULL));
    REFUSED(BAD, keycask_realm_names(s, r, KEYCASK_KINDS, NULL, 512, &out.len, NULL));
    REFUSED(BAD, keycask_realm_names(s, r, KEYCASK_KINDS, t, HUGE, &out.len, NULL));
    REFUSED(BAD, keycask_realm_names(s, r, KEYCASK_KINDS, t, 512, NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_realm_names(s, 0, KEYCASK_KINDS, t, 512, &out.len, NULL));
    REFUSED_WITH(ERR_SPACE, len, keycask_realm_names(s, r, KEYCASK_KINDS, t, 5, &out.len, NULL));
    REFUSED(BAD, keycask_set(NULL, r, TEXT("all"), &out.set, t, 512, NULL));
    REFUSED(BAD, keycask_set(s, r, NULL, 3, &out.set, t, 512, NULL));
    REFUSED(BAD, keycask_set(s, r, TEXT("all"), NULL, t, 512, NULL));
    REFUSED(BAD, keycask_set(s, r, TEXT("all"), &out.set, NULL, 512, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_set(s, 0, TEXT("all"), &out.set, t, 512, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_set(s, r, TEXT("al"), &out.set, t, 512, NULL));
    REFUSED(ERR_SPACE, keycask_set(s, r, TEXT("all"), &out.set, t, 2, NULL));
    REFUSED(BAD, keycask_kind(NULL, r, TEXT("live"), &out.kind, t, 512, NULL));
    REFUSED(BAD, keycask_kind(s, r, NULL, 4, &out.kind, t, 512, NULL));
    REFUSED(BAD, keycask_kind(s, r, TEXT("live"), NULL, t, 512, NULL));
    REFUSED(BAD, keycask_kind(s, r, TEXT("live"), &out.kind, t, HUGE, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_kind(s, r, TEXT("dead"), &out.kind, t, 512, NULL));
    REFUSED(ERR_SPACE, keycask_kind(s, r, TEXT("live"), &out.kind, t, 9, NULL));
    REFUSED(BAD, keycask_plan(NULL, r, TEXT("small"), &out.plan, t, 512, NULL));
    REFUSED(BAD, keycask_plan(s, r, NULL, 5, &out.plan, t, 512, NULL));
    REFUSED(BAD, keycask_plan(s, r, TEXT("small"), NULL, t, 512, NULL));
    REFUSED(BAD, keycask_plan(s, r, TEXT("small"), &out.plan, NULL, 512, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_plan(s, r, TEXT("huge"), &out.plan, t, 512, NULL));
    REFUSED(ERR_SPACE, keycask_plan(s, r, TEXT("small"), &out.plan, t, 3, NULL));
    REFUSED(BAD, keycask_policy(NULL, r, &out.policy, t, 512, NULL));
    REFUSED(BAD, keycask_policy(s, r, NULL, t, 512, NULL));
    REFUSED(BAD, keycask_policy(s, r, &out.policy, NULL, 512, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_policy(s, 9, &out.policy, t, 512, NULL));
    REFUSED(ERR_SPACE, keycask_policy(s, r, &out.policy, t, 2, NULL));
}

static void owners(void) {
    const keycask_store *s = at.store;
    keycask_owner_change change = KEYCASK_OWNER_CHANGE_INIT;
    char long_id[KEYCASK_OWNER_MAX + 1];
    char *t = out.text;
    memset(long_id, 'x', sizeof long_id);
    REFUSED(BAD, keycask_owner_set(NULL, at.realm, TEXT("p"), &change, &by, NULL));
    REFUSED(BAD, keycask_owner_set(s, at.realm, NULL, 1, &change, &by, NULL));
    REFUSED(BAD, keycask_owner_set(s, at.realm, NULL, 0, &change, &by, NULL));
    REFUSED(BAD, keycask_owner_set(s, at.realm, long_id, sizeof long_id, &change, &by, NULL));
    REFUSED(BAD, keycask_owner_set(s, at.realm, TEXT("a\nb"), &change, &by, NULL));
    REFUSED(BAD, keycask_owner_set(s, at.realm, TEXT("p"), NULL, &by, NULL));
    REFUSED(BAD, keycask_owner_set(s, at.realm, TEXT("p"), &change, NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_owner_set(s, 0, TEXT("p"), &change, &by, NULL));
    change.flags = 16;
    REFUSED(BAD, keycask_owner_set(s, at.realm, TEXT("p"), &change, &by, NULL));
    change.flags = KEYCASK_SET_SUSPENDED | KEYCASK_SET_RESUMED;
    REFUSED(BAD, keycask_owner_set(s, at.realm, TEXT("p"), &change, &by, NULL));
    change.flags = KEYCASK_SET_DIRECT;
    change.direct.high = 1;
    REFUSED(BAD, keycask_owner_set(s, at.realm, TEXT("p"), &change, &by, NULL));
    // A set whose flag was forgotten is not left out in silence.
    change.flags = KEYCASK_SET_GROUP, change.direct = at.read;
    REFUSED(BAD, keycask_owner_set(s, at.realm, TEXT("p"), &change, &by, NULL));
    change.flags = KEYCASK_SET_DIRECT, change.group = at.read;
    REFUSED(BAD, keycask_owner_set(s, at.realm, TEXT("p"), &change, &by, NULL));
    memset(&change.direct, 0, sizeof change.direct);
    memset(&change.group, 0, sizeof change.group);
    change.flags = 0;
    change.plan = text("huge");
    REFUSED(ERR_NOT_FOUND, keycask_owner_set(s, at.realm, TEXT("p"), &change, &by, NULL));
    change.plan.data = NULL;
    REFUSED(BAD, keycask_owner_set(s, at.realm, TEXT("p"), &change, &by, NULL));
    REFUSED(BAD, keycask_owner(NULL, at.realm, TEXT("o"), &out.owner, t, 512, NULL));
    REFUSED(BAD, keycask_owner(s, at.realm, NULL, 1, &out.owner, t, 512, NULL));
    REFUSED(BAD, keycask_owner(s, at.realm, TEXT("o"), NULL, t, 512, NULL));
    REFUSED(BAD, keycask_owner(s, at.realm, TEXT("o"), &out.owner, NULL, 512, NULL));
    REFUSED(ERR_SPACE, keycask_owner(s, at.realm, TEXT("o"), &out.owner, t, 0, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_owner(s, at.realm, TEXT("p"), &out.owner, t, 512, NULL));
    REFUSED(BAD, keycask_owners(NULL, at.realm, NULL, 0, out.owners, 2, &out.count, t, 99, NULL));
    REFUSED(BAD, keycask_owners(s, at.realm, NULL, 1, out.owners, 2, &out.count, t, 99, NULL));
    REFUSED(BAD, keycask_owners(s, at.realm, NULL, 0, NULL, 2, &out.count, t, 99, NULL));
    REFUSED(BAD, keycask_owners(s, at.realm, NULL, 0, out.owners, 0, &out.count, t, 99, NULL));
    REFUSED(BAD, keycask_owners(s, at.realm, NULL, 0, out.owners, HUGE, &out.count, t, 99, NULL));
    REFUSED(BAD, keycask_owners(s, at.realm, NULL, 0, out.owners, 2, NULL, t, 99, NULL));
    REFUSED(BAD, keycask_owners(s, at.realm, NULL, 0, out.owners, 2, &out.count, NULL, 9, NULL));
    REFUSED(ERR_SPACE,
            keycask_owners(s, at.realm, NULL, 0, out.owners, 2, &out.count, t, 0, NULL));
}

#define ISSUE(spec, cap)                                                              \
    keycask_issue(at.store, spec, &by, out.text, cap, &out.len, &out.key, NULL)

static void issue(void) {
    keycask_spec p = spec;
    const size_t cap = KEYCASK_TOKEN_MAX;
    REFUSED(BAD, keycask_issue(NULL, &p, &by, out.text, cap, &out.len, &out.key, NULL));
    REFUSED(BAD, ISSUE(NULL, cap));
    REFUSED(BAD, keycask_issue(at.store, &p, NULL, out.text, cap, &out.len, &out.key, NULL));
    REFUSED(BAD, keycask_issue(at.store, &p, &by, NULL, cap, &out.len, &out.key, NULL));
    REFUSED(BAD, keycask_issue(at.store, &p, &by, out.text, HUGE, &out.len, &out.key, NULL));
    REFUSED(BAD, keycask_issue(at.store, &p, &by, out.text, cap, NULL, &out.key, NULL));
    REFUSED(BAD, keycask_issue(at.store, &p, &by, out.text, cap, &out.len, NULL, NULL));
    REFUSED_WITH(ERR_SPACE, len, ISSUE(&p, cap - 1));
    REFUSED_WITH(ERR_SPACE, len,
                 keycask_issue(at.store, &p, &by, NULL, 0, &out.len, &out.key, NULL));
    p.realm = 0;
    REFUSED(ERR_NOT_FOUND, ISSUE(&p, cap));
    p = spec, p.flags = 1;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.kind.data = NULL, p.kind.len = 0;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.kind = text("dead");
    REFUSED(ERR_NOT_FOUND, ISSUE(&p, cap));
    p = spec, p.owner.len = HUGE;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.owner = text("nobody");
    REFUSED(ERR_NOT_FOUND, ISSUE(&p, cap));
    p = spec, p.scopes.high = UINT64_MAX;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.metadata = text("{not json");
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.name = text("two\nlines");
    REFUSED(BAD, ISSUE(&p, cap));
    // An end that was forgotten is an error, and not for ever.
    p = spec, p.end_ms = 0;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.end_ms = KEYCASK_AFTER;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.life_ms = 1000;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.end_ms = KEYCASK_KEEP;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.end_ms = 1;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.end_ms = -1;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.start_ms = 0;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.start_ms = KEYCASK_NEVER;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.networks = text("10.0.0.0/8 nowhere");
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.networks.len = 3;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.idle_ms = 0; // forgotten, and not as the realm has it
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.idle_ms = 59 * 60 * 1000;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.idle_ms = KEYCASK_NEVER;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.quota = text("many");
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.quota.data = NULL, p.quota.len = 1;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.quota = text("");
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.quota = text("1"), p.flags = KEYCASK_NO_QUOTA;
    REFUSED(BAD, ISSUE(&p, cap));
    p = spec, p.flags = KEYCASK_ANY_NETWORK; // of a change alone
    REFUSED(BAD, ISSUE(&p, cap));
}

static void verify(void) {
    const keycask_store *s = at.store;
    keycask_request r = request;
    keycask_text tokens[2];
    tokens[0] = tokens[1] = text("acme_live_no");
    REFUSED(BAD, keycask_verify(NULL, at.realm, TEXT("t"), &r, &out.grant, &out.denial));
    REFUSED(BAD, keycask_verify(s, at.realm, NULL, 1, &r, &out.grant, &out.denial));
    REFUSED(BAD, keycask_verify(s, at.realm, "t", HUGE, &r, &out.grant, &out.denial));
    REFUSED(BAD, keycask_verify(s, at.realm, TEXT("t"), NULL, &out.grant, &out.denial));
    REFUSED(ERR_NOT_FOUND, keycask_verify(s, 0, TEXT("t"), &r, &out.grant, &out.denial));
    REFUSED(ERR_NOT_FOUND, keycask_verify(s, 9, TEXT("t"), &r, &out.grant, &out.denial));
    REFUSED(DENY_MALFORMED, keycask_verify(s, at.realm, NULL, 0, &r, &out.grant, NULL));
    r.cost = 0;
    REFUSED(BAD, keycask_verify(s, at.realm, TEXT("t"), &r, &out.grant, &out.denial));
    r = request, r.kinds = 0;
    REFUSED(BAD, keycask_verify(s, at.realm, TEXT("t"), &r, &out.grant, &out.denial));
    r = request, r.now_ms = 0;
    REFUSED(BAD, keycask_verify(s, at.realm, TEXT("t"), &r, &out.grant, &out.denial));
    r = request, r.now_ms = KEYCASK_NEVER;
    REFUSED(BAD, keycask_verify(s, at.realm, TEXT("t"), &r, &out.grant, &out.denial));
    r = request, r.address_len = 5;
    REFUSED(BAD, keycask_verify(s, at.realm, TEXT("t"), &r, &out.grant, &out.denial));
    r = request, r.address_len = UINT32_MAX;
    REFUSED(BAD, keycask_verify(s, at.realm, TEXT("t"), &r, &out.grant, &out.denial));
    r = request, r.zero = 1;
    REFUSED(BAD, keycask_verify(s, at.realm, TEXT("t"), &r, &out.grant, &out.denial));
    r = request;
#define BATCH(store, realm, tokens, count, request, statuses)                          \
    keycask_verify_many(store, realm, tokens, count, request, statuses, out.grants, out.denials)
    REFUSED(BAD, BATCH(NULL, at.realm, tokens, 2, &r, out.statuses));
    REFUSED(BAD, BATCH(s, at.realm, NULL, 2, &r, out.statuses));
    REFUSED(BAD, BATCH(s, at.realm, tokens, HUGE, &r, out.statuses));
    REFUSED(BAD, BATCH(s, at.realm, tokens, 2, NULL, out.statuses));
    REFUSED(BAD, BATCH(s, at.realm, tokens, 2, &r, NULL));
    REFUSED(ERR_NOT_FOUND, BATCH(s, 0, tokens, 2, &r, out.statuses));
    REFUSED(ERR_NOT_FOUND, keycask_verify_many(s, 0, NULL, 0, &r, NULL, NULL, NULL));
    tokens[1].len = HUGE;
    REFUSED(BAD, BATCH(s, at.realm, tokens, 2, &r, out.statuses));
    RETURNS(OK, keycask_verify_many(s, at.realm, NULL, 0, &r, NULL, NULL, NULL));
    {
        keycask_grant g = KEYCASK_GRANT_INIT;
        keycask_denial d = KEYCASK_DENIAL_INIT;
        g.struct_size = d.struct_size = 3;
        tokens[1] = tokens[0];
        REFUSED(BAD, keycask_verify_many(s, at.realm, tokens, 2, &r, out.statuses, &g, NULL));
        REFUSED(BAD, keycask_verify_many(s, at.realm, tokens, 2, &r, out.statuses, NULL, &d));
    }
}

#define PRESENT(store, http, answer, text, cap, len)                                  \
    keycask_present(store, at.realm, http, &request, answer, text, cap, len, &out.grant,          \
                    &out.denial)

static void present(void) {
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_header header = {{NULL, 0}, {NULL, 0}};
    const keycask_store *s = at.store;
    http.method = text("GET");
    REFUSED(BAD, PRESENT(NULL, &http, &out.answer, out.text, sizeof out.text, &out.len));
    REFUSED(BAD, PRESENT(s, NULL, &out.answer, out.text, sizeof out.text, &out.len));
    REFUSED(BAD, PRESENT(s, &http, NULL, out.text, sizeof out.text, &out.len));
    REFUSED(BAD, PRESENT(s, &http, &out.answer, NULL, sizeof out.text, &out.len));
    REFUSED(BAD, PRESENT(s, &http, &out.answer, out.text, HUGE, &out.len));
    REFUSED(BAD, PRESENT(s, &http, &out.answer, out.text, sizeof out.text, NULL));
    REFUSED(BAD, keycask_present(s, at.realm, &http, NULL, &out.answer, out.text, 99, &out.len,
                                 NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_present(s, 0, &http, &request, &out.answer, out.text, 9999,
                                           &out.len, NULL, NULL));
    REFUSED_WITH(ERR_SPACE, len, PRESENT(s, &http, &out.answer, out.text, 10, &out.len));
    REFUSED_WITH(ERR_SPACE, len, PRESENT(s, &http, &out.answer, NULL, 0, &out.len));
    http.headers_len = 1;
    REFUSED(BAD, PRESENT(s, &http, &out.answer, out.text, sizeof out.text, &out.len));
    http.headers = &header;
    http.headers_len = KEYCASK_HEADERS_MAX + 1;
    REFUSED(BAD, PRESENT(s, &http, &out.answer, out.text, sizeof out.text, &out.len));
    http.headers_len = 1;
    header.name.len = 4;
    REFUSED(BAD, PRESENT(s, &http, &out.answer, out.text, sizeof out.text, &out.len));
    header.name = text("Authorization");
    header.value.len = HUGE;
    REFUSED(BAD, PRESENT(s, &http, &out.answer, out.text, sizeof out.text, &out.len));
    http.headers_len = 0;
    http.zero = 1;
    REFUSED(BAD, PRESENT(s, &http, &out.answer, out.text, sizeof out.text, &out.len));
}

// Every condition that cannot be.
static void filters(keycask_filter filter) {
    keycask_filter f = filter;
#define COUNT(want)                                                                   \
    do {                                                                              \
        REFUSED(want, keycask_count(at.store, &f, &out.total, NULL));                 \
        f = filter;                                                                   \
    } while (0)
    f.state = 4; COUNT(BAD);
    f.order = 2; COUNT(BAD);
    f.zero = 1; COUNT(BAD);
    f.zero_too = 1; COUNT(BAD);
    f.flags = 16; COUNT(BAD);
    f.flags = KEYCASK_ONLY_EXPIRED | KEYCASK_ONLY_UNEXPIRED; COUNT(BAD);
    f.flags = KEYCASK_ONLY_IN_GRACE | KEYCASK_ONLY_EXPIRED; COUNT(BAD);
    f.flags = KEYCASK_ONLY_NEVER_USED; COUNT(BAD); // the realm keeps no usage
    f.idle_ms = 1000; COUNT(BAD);
    f.realm = 0, f.owner = text("o"); COUNT(BAD);
    f.realm = 0, f.kind = text("live"); COUNT(BAD);
    f.realm = 999; COUNT(ERR_NOT_FOUND);
    f.owner = text("nobody"); COUNT(ERR_NOT_FOUND);
    f.kind = text("dead"); COUNT(ERR_NOT_FOUND);
    f.kind.len = HUGE, f.kind.data = "x"; COUNT(BAD);
    f.owner.len = 2; COUNT(BAD);
    f.hint.len = 2; COUNT(BAD);
    f.hint = text("no hint"); COUNT(BAD);
    // What was forgotten is no condition that was left out.
    f.issued_from_ms = 0; COUNT(BAD);
    f.issued_before_ms = 0; COUNT(BAD);
    f.expiring_ms = 0; COUNT(BAD);
    f.due_ms = 0; COUNT(BAD);
    f.idle_ms = 0; COUNT(BAD);
    f.issued_from_ms = KEYCASK_NEVER; COUNT(BAD);
    f.issued_before_ms = -1; COUNT(BAD);
    f.expiring_ms = KEYCASK_DEFAULT; COUNT(BAD);
    f.due_ms = KEYCASK_NEVER; COUNT(BAD);
    f.issued_from_ms = 2000, f.issued_before_ms = 1000; COUNT(BAD);
}

static void asking(uint64_t key) {
    const keycask_store *s = at.store;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    keycask_filter filter = KEYCASK_FILTER_INIT;
    keycask_cursor from = KEYCASK_CURSOR_INIT;
    const size_t cap = sizeof out.text;
    char *t = out.text;
    grant.owner = 1, grant.kind = 1;
    REFUSED(BAD, keycask_describe(NULL, &grant, &out.description, t, cap, NULL));
    REFUSED(BAD, keycask_describe(s, NULL, &out.description, t, cap, NULL));
    REFUSED(BAD, keycask_describe(s, &grant, NULL, t, cap, NULL));
    REFUSED(BAD, keycask_describe(s, &grant, &out.description, NULL, cap, NULL));
    REFUSED(ERR_SPACE, keycask_describe(s, &grant, &out.description, t, 5, NULL));
    grant.flags = 2;
    REFUSED(BAD, keycask_describe(s, &grant, &out.description, t, cap, NULL));
    grant.flags = 0, grant.owner = 77777;
    REFUSED(ERR_NOT_FOUND, keycask_describe(s, &grant, &out.description, t, cap, NULL));
#define EXPLAIN(store, token, len, request, to, checks, n, count, text, cap)          \
    keycask_explain(store, at.realm, token, len, NULL, 0, request, to, checks, n, count, text, cap, NULL)
    REFUSED(BAD, EXPLAIN(NULL, "t", 1, &request, &out.explanation, out.checks, 32, &out.count,
                         t, cap));
    REFUSED(BAD, EXPLAIN(s, NULL, 1, &request, &out.explanation, out.checks, 32, &out.count, t,
                         cap));
    REFUSED(BAD, EXPLAIN(s, "t", 1, NULL, &out.explanation, out.checks, 32, &out.count, t, cap));
    REFUSED(BAD, EXPLAIN(s, "t", 1, &request, NULL, out.checks, 32, &out.count, t, cap));
    REFUSED(BAD, EXPLAIN(s, "t", 1, &request, &out.explanation, NULL, 32, &out.count, t, cap));
    REFUSED(BAD, EXPLAIN(s, "t", 1, &request, &out.explanation, out.checks, 0, &out.count, t,
                         cap));
    REFUSED(BAD, EXPLAIN(s, "t", 1, &request, &out.explanation, out.checks, 32, NULL, t, cap));
    REFUSED(BAD, EXPLAIN(s, "t", 1, &request, &out.explanation, out.checks, 32, &out.count,
                         NULL, cap));
    REFUSED(ERR_SPACE, EXPLAIN(s, "t", 1, &request, &out.explanation, out.checks, 2, &out.count,
                               t, cap));
    REFUSED(ERR_SPACE, EXPLAIN(s, "t", 1, &request, &out.explanation, out.checks, 32,
                               &out.count, t, 20));
    REFUSED(BAD, keycask_key(NULL, key, &out.key_info, t, cap, NULL));
    REFUSED(BAD, keycask_key(s, key, NULL, t, cap, NULL));
    REFUSED(BAD, keycask_key(s, key, &out.key_info, NULL, cap, NULL));
    REFUSED(ERR_SPACE, keycask_key(s, key, &out.key_info, t, 3, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_key(s, 0, &out.key_info, t, cap, NULL));
    REFUSED(BAD, keycask_key_id_text(key, NULL, 17, NULL));
    REFUSED(ERR_SPACE, keycask_key_id_text(key, t, 16, NULL));
    REFUSED(BAD, keycask_key_id_parse(NULL, 17, &out.key, NULL));
    REFUSED(BAD, keycask_key_id_parse(TEXT("key_0000000000000"), NULL, NULL));
    REFUSED(BAD, keycask_key_id_parse(TEXT("KEY_0000000000000"), &out.key, NULL));
#define LIST(filter, after, keys, n, count, next, text, cap)                          \
    keycask_list(s, filter, after, keys, n, count, next, text, cap, NULL)
    REFUSED(BAD, keycask_list(NULL, &filter, &from, out.keys, 2, &out.count, &out.cursor, t, cap,
                              NULL));
    REFUSED(BAD, LIST(NULL, &from, out.keys, 2, &out.count, &out.cursor, t, cap));
    REFUSED(BAD, LIST(&filter, NULL, out.keys, 2, &out.count, &out.cursor, t, cap));
    REFUSED(BAD, LIST(&filter, &from, NULL, 2, &out.count, &out.cursor, t, cap));
    REFUSED(BAD, LIST(&filter, &from, out.keys, 0, &out.count, &out.cursor, t, cap));
    REFUSED(BAD, LIST(&filter, &from, out.keys, HUGE / 8, &out.count, &out.cursor, t, cap));
    REFUSED(BAD, LIST(&filter, &from, out.keys, 2, NULL, &out.cursor, t, cap));
    REFUSED(BAD, LIST(&filter, &from, out.keys, 2, &out.count, NULL, t, cap));
    REFUSED(BAD, LIST(&filter, &from, out.keys, 2, &out.count, &out.cursor, NULL, cap));
    REFUSED(ERR_SPACE, LIST(&filter, &from, out.keys, 2, &out.count, &out.cursor, t, 3));
    from.len = KEYCASK_CURSOR_MAX + 1;
    REFUSED(BAD, LIST(&filter, &from, out.keys, 2, &out.count, &out.cursor, t, cap));
    from.len = 3, memcpy(from.text, "\xFFx!", 3);
    REFUSED(BAD, LIST(&filter, &from, out.keys, 2, &out.count, &out.cursor, t, cap));
    memcpy(from.text, "key", 3);
    REFUSED(BAD, LIST(&filter, &from, out.keys, 2, &out.count, &out.cursor, t, cap));
    // The text of a key id is a cursor, but not in a list by end.
    RETURNS(OK, keycask_key_id_text(key, from.text, KEYCASK_KEY_ID_LEN, NULL));
    from.len = KEYCASK_KEY_ID_LEN, filter.order = KEYCASK_BY_END;
    REFUSED(BAD, LIST(&filter, &from, out.keys, 2, &out.count, &out.cursor, t, cap));
    from.len = 0, filter.order = KEYCASK_BY_KEY;
    REFUSED(BAD, keycask_count(NULL, &filter, &out.total, NULL));
    REFUSED(BAD, keycask_count(s, NULL, &out.total, NULL));
    REFUSED(BAD, keycask_count(s, &filter, NULL, NULL));
    REFUSED(BAD, keycask_count_by_kind(NULL, out.kind_counts, 2, &out.count, NULL));
    REFUSED(BAD, keycask_count_by_kind(s, NULL, 2, &out.count, NULL));
    REFUSED(BAD, keycask_count_by_kind(s, out.kind_counts, 0, &out.count, NULL));
    REFUSED(BAD, keycask_count_by_kind(s, out.kind_counts, HUGE, &out.count, NULL));
    REFUSED(BAD, keycask_count_by_kind(s, out.kind_counts, 2, NULL, NULL));
    REFUSED_WITH(ERR_SPACE, count, keycask_count_by_kind(s, out.kind_counts, 1, &out.count, NULL));
    REFUSED(BAD, keycask_dry_run(NULL, KEYCASK_END_REVOKE, &filter, &out.total, NULL, 0, NULL));
    REFUSED(BAD, keycask_dry_run(s, KEYCASK_END_REVOKE, NULL, &out.total, NULL, 0, NULL));
    REFUSED(BAD, keycask_dry_run(s, KEYCASK_END_REVOKE, &filter, NULL, NULL, 0, NULL));
    // Without a condition it would be every key of the store.
    REFUSED(BAD, keycask_dry_run(s, KEYCASK_END_REVOKE, &filter, &out.total, NULL, 0, NULL));
    REFUSED(BAD, keycask_end_many(s, KEYCASK_END_REVOKE, &filter, &by, &out.total, NULL));
    filter.realm = at.realm;
    REFUSED(BAD, keycask_dry_run(s, 0, &filter, &out.total, out.first, 2, NULL));
    REFUSED(BAD, keycask_dry_run(s, 3, &filter, &out.total, out.first, 2, NULL));
    REFUSED(BAD, keycask_dry_run(s, KEYCASK_END_REVOKE, &filter, &out.total, NULL, 2, NULL));
    REFUSED(BAD, keycask_dry_run(s, KEYCASK_END_REVOKE, &filter, &out.total, out.first, HUGE,
                                 NULL));
    REFUSED(BAD, keycask_end_many(NULL, KEYCASK_END_REVOKE, &filter, &by, &out.total, NULL));
    REFUSED(BAD, keycask_end_many(s, 0, &filter, &by, &out.total, NULL));
    REFUSED(BAD, keycask_end_many(s, KEYCASK_END_REVOKE, NULL, &by, &out.total, NULL));
    REFUSED(BAD, keycask_end_many(s, KEYCASK_END_REVOKE, &filter, NULL, &out.total, NULL));
    filters(filter);
    REFUSED(BAD, keycask_revoke_many(NULL, &key, 1, &by, NULL));
    REFUSED(BAD, keycask_revoke_many(s, NULL, 1, &by, NULL));
    REFUSED(BAD, keycask_revoke_many(s, &key, KEYCASK_MANY_MAX + 1, &by, NULL));
    REFUSED(BAD, keycask_revoke_many(s, &key, HUGE, &by, NULL));
    REFUSED(BAD, keycask_revoke_many(s, &key, 1, NULL, NULL));
    {
        uint64_t one_is_not_there[2] = {0, 1};
        one_is_not_there[0] = key;
        REFUSED(ERR_NOT_FOUND, keycask_revoke_many(s, one_is_not_there, 2, &by, NULL));
    }
#define PRESENTED(store, realm, token, len, why, why_len)                             \
    keycask_revoke_presented(store, realm, token, len, why, why_len, &out.key, NULL)
    REFUSED(BAD, PRESENTED(NULL, at.realm, "t", 1, NULL, 0));
    REFUSED(BAD, PRESENTED(s, at.realm, NULL, 1, NULL, 0));
    REFUSED(BAD, PRESENTED(s, at.realm, "t", HUGE, NULL, 0));
    REFUSED(BAD, PRESENTED(s, at.realm, "t", 1, NULL, 1));
    REFUSED(ERR_NOT_FOUND, PRESENTED(s, 0, "t", 1, NULL, 0));
    REFUSED(DENY_MALFORMED, PRESENTED(s, at.realm, "t", 1, NULL, 0));
    REFUSED(BAD, keycask_stats(NULL, &out.stats, NULL));
    REFUSED(BAD, keycask_stats(s, NULL, NULL));
}

static void audit(void) {
    const keycask_store *s = at.store;
    keycask_audit_filter filter = KEYCASK_AUDIT_FILTER_INIT, f = filter;
    const size_t cap = sizeof out.text;
    char *t = out.text;
#define AUDIT(filter, entries, n, count, page, text, cap)                             \
    keycask_audit(s, filter, 0, entries, n, count, page, text, cap, NULL)
    REFUSED(BAD, keycask_audit(NULL, &f, 0, out.entries, 2, &out.count, &out.page, t, cap, NULL));
    REFUSED(BAD, AUDIT(NULL, out.entries, 2, &out.count, &out.page, t, cap));
    REFUSED(BAD, AUDIT(&f, NULL, 2, &out.count, &out.page, t, cap));
    REFUSED(BAD, AUDIT(&f, out.entries, 0, &out.count, &out.page, t, cap));
    REFUSED(BAD, AUDIT(&f, out.entries, HUGE, &out.count, &out.page, t, cap));
    REFUSED(BAD, AUDIT(&f, out.entries, 2, NULL, &out.page, t, cap));
    REFUSED(BAD, AUDIT(&f, out.entries, 2, &out.count, NULL, t, cap));
    REFUSED(BAD, AUDIT(&f, out.entries, 2, &out.count, &out.page, NULL, cap));
    REFUSED_WITH(ERR_SPACE, count, AUDIT(&f, out.entries, 2, &out.count, &out.page, t, 3));
#define ENTRIES(want)                                                                 \
    do {                                                                              \
        REFUSED(want, AUDIT(&f, out.entries, 2, &out.count, &out.page, t, cap));      \
        f = filter;                                                                   \
    } while (0)
    f.zero = 1; ENTRIES(BAD);
    f.realm.len = 1; ENTRIES(BAD);
    f.owner = text("\xFF"); ENTRIES(BAD);
    f.actor = text("x"), f.actor.len = HUGE; ENTRIES(BAD);
    f.operation.len = 1; ENTRIES(BAD);
    f.events = text("key_revoked key_vanished"); ENTRIES(BAD);
    f.events = text(" "); ENTRIES(BAD);
    f.from_ms = 0; ENTRIES(BAD); // forgotten, and not left out
    f.until_ms = 0; ENTRIES(BAD);
    f.from_ms = KEYCASK_NOW; ENTRIES(BAD);
#define EXPORT(filter, format, text, cap, len, page)                                  \
    keycask_audit_export(s, filter, 0, format, text, cap, len, page, NULL)
    REFUSED(BAD, keycask_audit_export(NULL, &f, 0, KEYCASK_JSON, t, cap, &out.len, &out.page,
                                      NULL));
    REFUSED(BAD, EXPORT(NULL, KEYCASK_JSON, t, cap, &out.len, &out.page));
    REFUSED(BAD, EXPORT(&f, 0, t, cap, &out.len, &out.page));
    REFUSED(BAD, EXPORT(&f, 3, t, cap, &out.len, &out.page));
    REFUSED(BAD, EXPORT(&f, KEYCASK_OCSF, NULL, cap, &out.len, &out.page));
    REFUSED(BAD, EXPORT(&f, KEYCASK_OCSF, t, HUGE, &out.len, &out.page));
    REFUSED(BAD, EXPORT(&f, KEYCASK_OCSF, t, cap, NULL, &out.page));
    REFUSED(BAD, EXPORT(&f, KEYCASK_OCSF, t, cap, &out.len, NULL));
    REFUSED_WITH(ERR_SPACE, len, EXPORT(&f, KEYCASK_OCSF, t, 9, &out.len, &out.page));
    REFUSED_WITH(ERR_SPACE, len, EXPORT(&f, KEYCASK_JSON, NULL, 0, &out.len, &out.page));
    REFUSED(BAD, keycask_audit_check(NULL, &out.span, NULL));
    REFUSED(BAD, keycask_audit_check(s, NULL, NULL));
#define TRIM(store, what, bound, by)                                                  \
    keycask_audit_trim(store, what, bound, by, &out.total, &out.more, NULL)
    REFUSED(BAD, TRIM(NULL, KEYCASK_TRIM_KEEP, 1000, &by));
    REFUSED(BAD, TRIM(s, 0, 1000, &by));
    REFUSED(BAD, TRIM(s, 4, 1000, &by));
    REFUSED(BAD, TRIM(s, KEYCASK_TRIM_BEFORE, 0, &by));
    REFUSED(BAD, TRIM(s, KEYCASK_TRIM_BEFORE, UINT64_MAX, &by));
    REFUSED(BAD, TRIM(s, KEYCASK_TRIM_KEEP, 1000, NULL));
}

static void following(void) {
    const keycask_store *s = at.store;
    keycask_feed_cursor since = KEYCASK_FEED_CURSOR_INIT;
    const size_t cap = sizeof out.text;
    REFUSED(BAD, keycask_feed(NULL, &out.reached, NULL, NULL));
    {
        keycask_feed_cursor small = since;
        small.struct_size = 7;
        REFUSED(BAD, keycask_feed(s, &small, &out.reached, NULL));
    }
    RETURNS(OK, keycask_feed(s, NULL, NULL, NULL));
    RETURNS(OK, keycask_feed(s, &since, NULL, NULL));
#define CHANGES(since, changes, n, count, reached)                                    \
    keycask_changes(s, since, changes, n, count, reached, NULL)
    REFUSED(BAD, keycask_changes(NULL, &since, out.changes, 4, &out.count, &out.reached, NULL));
    REFUSED(BAD, CHANGES(NULL, out.changes, 4, &out.count, &out.reached));
    REFUSED(BAD, CHANGES(&since, NULL, 4, &out.count, &out.reached));
    REFUSED(BAD, CHANGES(&since, out.changes, 0, &out.count, &out.reached));
    REFUSED(BAD, CHANGES(&since, out.changes, HUGE, &out.count, &out.reached));
    REFUSED(BAD, CHANGES(&since, out.changes, 4, NULL, &out.reached));
    REFUSED(BAD, CHANGES(&since, out.changes, 4, &out.count, NULL));
    since.zero = 1;
    REFUSED(BAD, CHANGES(&since, out.changes, 4, &out.count, &out.reached));
    since.zero = 0, since.seq = 1u << 30;
    REFUSED(ERR_GONE, CHANGES(&since, out.changes, 4, &out.count, &out.reached));
    since.seq = 1, since.store_id[0] ^= 1;
    REFUSED(ERR_GONE, CHANGES(&since, out.changes, 4, &out.count, &out.reached));
    REFUSED(BAD, keycask_decisions(NULL, out.decisions, 2, &out.count, &out.total, NULL));
    REFUSED(BAD, keycask_decisions(s, NULL, 2, &out.count, &out.total, NULL));
    REFUSED(BAD, keycask_decisions(s, out.decisions, 0, &out.count, &out.total, NULL));
    REFUSED(BAD, keycask_decisions(s, out.decisions, HUGE, &out.count, &out.total, NULL));
    REFUSED(BAD, keycask_decisions(s, out.decisions, 2, NULL, &out.total, NULL));
    REFUSED(BAD, keycask_audit_decisions(NULL, &by, &out.total, NULL));
    REFUSED(BAD, keycask_audit_decisions(s, NULL, &out.total, NULL));
    REFUSED(BAD, keycask_decision_counts(NULL, &out.counts, NULL));
    REFUSED(BAD, keycask_decision_counts(s, NULL, NULL));
    REFUSED(BAD, keycask_findings(NULL, out.findings, 2, &out.count, &out.total, out.text, cap,
                                  NULL));
    REFUSED(BAD, keycask_findings(s, NULL, 2, &out.count, &out.total, out.text, cap, NULL));
    REFUSED(BAD, keycask_findings(s, out.findings, 0, &out.count, &out.total, out.text, cap,
                                  NULL));
    REFUSED(BAD, keycask_findings(s, out.findings, 2, NULL, &out.total, out.text, cap, NULL));
    REFUSED(BAD, keycask_findings(s, out.findings, 2, &out.count, &out.total, NULL, cap, NULL));
    REFUSED(BAD, keycask_tell_findings(NULL, &by, &out.total, NULL));
    REFUSED(BAD, keycask_tell_findings(s, NULL, &out.total, NULL));
    REFUSED(BAD, keycask_owner_id(NULL, 0, &out.realm, out.text, 128, &out.len, NULL));
    REFUSED(BAD, keycask_owner_id(s, 0, &out.realm, NULL, 128, &out.len, NULL));
    REFUSED(BAD, keycask_owner_id(s, 0, &out.realm, out.text, HUGE, &out.len, NULL));
    REFUSED(BAD, keycask_owner_id(s, 0, &out.realm, out.text, 128, NULL, NULL));
    REFUSED(ERR_NOT_FOUND,
            keycask_owner_id(s, 77777, &out.realm, out.text, 128, &out.len, NULL));
}

static void life(uint64_t key) {
    const keycask_store *s = at.store;
    keycask_key_change change = KEYCASK_KEY_CHANGE_INIT;
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    uint8_t secret[KEYCASK_SECRET_LEN] = {0};
    const size_t cap = KEYCASK_TOKEN_MAX, any = KEYCASK_IMPORTED_TOKEN_MAX;
    char *t = out.text;
    REFUSED(BAD, keycask_suspend(NULL, key, &by, NULL));
    REFUSED(BAD, keycask_suspend(s, key, NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_suspend(s, 0, &by, NULL));
    REFUSED(BAD, keycask_resume(NULL, key, &by, NULL));
    REFUSED(BAD, keycask_resume(s, key, NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_resume(s, 0, &by, NULL));
    REFUSED(BAD, keycask_revoke(NULL, key, &by, NULL));
    REFUSED(BAD, keycask_revoke(s, key, NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_revoke(s, 0, &by, NULL));
    REFUSED(BAD, keycask_update(NULL, key, &change, &by, NULL));
    REFUSED(BAD, keycask_update(s, key, NULL, &by, NULL));
    REFUSED(BAD, keycask_update(s, key, &change, NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_update(s, 0, &change, &by, NULL));
    change.flags = 64;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.flags = KEYCASK_SET_CREDITS | KEYCASK_ADD_CREDITS;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.flags = KEYCASK_ADD_CREDITS, change.credits = 1; // it has no quota
    REFUSED(ERR_CONFLICT, keycask_update(s, key, &change, &by, NULL));
    change.flags = 0;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.credits = 0, change.idle_ms = 0;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.idle_ms = KEYCASK_NEVER;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.idle_ms = KEYCASK_KEEP, change.networks = text(" ");
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.networks = text("10.0.0.0/8"), change.flags = KEYCASK_ANY_NETWORK;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.networks.data = NULL, change.networks.len = 0, change.flags = 0;
    change.quota = text("0");
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.quota = text("1"), change.flags = KEYCASK_NO_QUOTA;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.quota.data = NULL, change.quota.len = 0;
    change.flags = KEYCASK_SET_SCOPES, change.scopes.high = 2;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.flags = 0, change.scopes = at.read; // its flag was forgotten
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.scopes.low = 0, change.end_ms = 0;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.end_ms = KEYCASK_DEFAULT;
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
    change.end_ms = KEYCASK_KEEP, change.metadata = text("[");
    REFUSED(BAD, keycask_update(s, key, &change, &by, NULL));
#define ROTATE(key, rotation, token, cap, len, next)                                  \
    keycask_rotate(s, key, rotation, &by, token, cap, len, next, NULL)
    REFUSED(BAD, keycask_rotate(NULL, key, &rotation, &by, t, cap, &out.len, &out.next, NULL));
    REFUSED(BAD, keycask_rotate(s, key, &rotation, NULL, t, cap, &out.len, &out.next, NULL));
    REFUSED(BAD, ROTATE(key, NULL, t, cap, &out.len, &out.next));
    REFUSED(BAD, ROTATE(key, &rotation, NULL, cap, &out.len, &out.next));
    REFUSED(BAD, ROTATE(key, &rotation, t, cap, NULL, &out.next));
    REFUSED(BAD, ROTATE(key, &rotation, t, cap, &out.len, NULL));
    REFUSED_WITH(ERR_SPACE, len, ROTATE(key, &rotation, t, cap - 1, &out.len, &out.next));
    REFUSED(ERR_NOT_FOUND, ROTATE(0, &rotation, t, cap, &out.len, &out.next));
    rotation.grace_ms = 0; // forgotten, and not at once
    REFUSED(BAD, ROTATE(key, &rotation, t, cap, &out.len, &out.next));
    rotation.grace_ms = KEYCASK_NEVER;
    REFUSED(BAD, ROTATE(key, &rotation, t, cap, &out.len, &out.next));
    rotation.grace_ms = KEYCASK_DEFAULT, rotation.end_ms = 0;
    REFUSED(BAD, ROTATE(key, &rotation, t, cap, &out.len, &out.next));
    rotation.end_ms = KEYCASK_DEFAULT, rotation.zero = 1;
    REFUSED(BAD, ROTATE(key, &rotation, t, cap, &out.len, &out.next));
    REFUSED(BAD, keycask_reveal(NULL, key, &by, t, any, &out.len, NULL));
    REFUSED(BAD, keycask_reveal(s, key, NULL, t, any, &out.len, NULL));
    REFUSED(BAD, keycask_reveal(s, key, &by, NULL, any, &out.len, NULL));
    REFUSED(BAD, keycask_reveal(s, key, &by, t, any, NULL, NULL));
    REFUSED_WITH(ERR_SPACE, len, keycask_reveal(s, key, &by, t, any - 1, &out.len, NULL));
    REFUSED(ERR_CONFLICT, keycask_reveal(s, key, &by, t, any, &out.len, NULL));
    REFUSED(BAD, keycask_change_sealing_key(NULL, secret, 32, &by, &out.total, NULL));
    REFUSED(BAD, keycask_change_sealing_key(s, NULL, 0, &by, &out.total, NULL));
    REFUSED(BAD, keycask_change_sealing_key(s, NULL, 32, &by, &out.total, NULL));
    REFUSED(BAD, keycask_change_sealing_key(s, secret, 31, &by, &out.total, NULL));
    REFUSED(BAD, keycask_change_sealing_key(s, secret, 32, NULL, &out.total, NULL));
}

static void tending(void) {
    const keycask_store *s = at.store;
    keycask_actor who = by;
    char long_reason[300];
    REFUSED(BAD, keycask_check(NULL, NULL));
    REFUSED(BAD, keycask_flush(NULL, NULL));
    REFUSED(BAD, keycask_sweep(NULL, 1, &by, &out.total, &out.more, NULL));
    REFUSED(BAD, keycask_sweep(s, 0, &by, &out.total, &out.more, NULL));
    REFUSED(BAD, keycask_sweep(s, HUGE, &by, &out.total, &out.more, NULL));
    REFUSED(BAD, keycask_sweep(s, 1, NULL, &out.total, &out.more, NULL));
    REFUSED(BAD, keycask_reset_clock(NULL, &by, &out.now, NULL));
    REFUSED(BAD, keycask_reset_clock(s, NULL, &out.now, NULL));
    REFUSED(BAD, keycask_set_clock(NULL, 1, NULL));
    REFUSED(BAD, keycask_set_clock(s, 0, NULL));
    REFUSED(BAD, keycask_set_clock(s, 1767603600000, NULL)); // the machine's clock
    who.zero = 1;
    REFUSED(BAD, keycask_reset_clock(s, &who, &out.now, NULL));
    who = by, who.reason.len = 3;
    REFUSED(BAD, keycask_reset_clock(s, &who, &out.now, NULL));
    memset(long_reason, 'x', sizeof long_reason);
    who.reason.data = long_reason, who.reason.len = sizeof long_reason;
    REFUSED(BAD, keycask_reset_clock(s, &who, &out.now, NULL));
    CHECK(!strcmp(keycask_status_name(INT32_MAX), "denied"));
    CHECK(!strcmp(keycask_status_name(INT32_MIN), "failed"));
    CHECK(strlen(keycask_version()) > 0);
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

int main(int argc, char **argv) {
    char token[KEYCASK_TOKEN_MAX];
    uint64_t key;
    CHECK(argc == 2);
    at = scene_create(argv[1]);
    by = at.by;
    spec.realm = at.realm;
    spec.kind = text("live");
    spec.owner = text("o");
    scene_issue(&at, token, &key);
    open_and_create();
    struct_sizes();
    every_size();
    every_size_of_results();
    realms();
    scopes_and_kinds();
    profile();
    owners();
    issue();
    verify();
    present();
    asking(key);
    audit();
    following();
    life(key);
    tending();
    messages();
    names_of_what_is_wrong(key);
    // Nothing of all this has changed a thing.
    RETURNS(OK, keycask_check(at.store, NULL));
    RETURNS(OK, keycask_close(at.store));
    REFUSED(ERR_CLOSED, keycask_stats(at.store, &out.stats, NULL));
    return 0;
}
