// What no caller may do to the functions on a store, its realms and its trail.
#include "outputs.h"

static scene at;
static keycask_options options = KEYCASK_OPTIONS_INIT;
static keycask_actor by;

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

int main(int argc, char **argv) {
    char token[KEYCASK_TOKEN_MAX];
    uint64_t key;
    CHECK(argc == 2);
    at = scene_create(argv[1]);
    by = at.by;
    scene_issue(&at, token, &key);
    open_and_create();
    realms();
    scopes_and_kinds();
    profile();
    owners();
    audit();
    following();
    tending();
    // Nothing of all this has changed a thing.
    RETURNS(OK, keycask_check(at.store, NULL));
    RETURNS(OK, keycask_close(at.store));
    REFUSED(ERR_CLOSED, keycask_stats(at.store, &out.stats, NULL));
    return 0;
}
