// What no caller may do to the functions on keys: a status, and nothing written.
#include "outputs.h"

static scene at;
static keycask_request request = KEYCASK_REQUEST_INIT;
static keycask_spec spec;
static keycask_actor by;

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

int main(int argc, char **argv) {
    char token[KEYCASK_TOKEN_MAX];
    uint64_t key;
    CHECK(argc == 2);
    at = scene_create(argv[1]);
    by = at.by;
    spec = scene_spec(&at);
    scene_issue(&at, token, &key);
    issue();
    verify();
    present();
    asking(key);
    life(key);
    // Nothing of all this has changed a thing.
    RETURNS(OK, keycask_check(at.store, NULL));
    RETURNS(OK, keycask_close(at.store));
    return 0;
}
