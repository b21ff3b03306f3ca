// What was done and decided: the audit trail, the feed, decisions, their counts, and findings.
#include "check.h"

static const int64_t START = 1767603600000; // 2026-01-05T09:00:00Z

static scene at;
static char room[64 * 1024];
static keycask_request request = KEYCASK_REQUEST_INIT;

// How many entries there are by `filter`, read a few at a time.
static size_t entries(const keycask_audit_filter *filter, size_t most, size_t cap) {
    keycask_audit_page page = KEYCASK_AUDIT_PAGE_INIT;
    keycask_audit_entry read[8] = {KEYCASK_AUDIT_ENTRY_INIT};
    size_t count, total = 0, i;
    uint64_t last = 0;
    do {
        RETURNS(OK, keycask_audit(at.store, filter, page.reached, read, most, &count, &page, room,
                                  cap, NULL));
        for (i = 0; i < count; i++) {
            CHECK(read[i].number > last && read[i].number <= page.reached);
            last = read[i].number;
        }
        total += count;
    } while (page.more);
    return total;
}

static void audit(uint64_t key) {
    keycask_audit_filter none = KEYCASK_AUDIT_FILTER_INIT, filter = none;
    keycask_audit_page page = KEYCASK_AUDIT_PAGE_INIT;
    keycask_audit_entry entry = KEYCASK_AUDIT_ENTRY_INIT;
    keycask_audit_span span = KEYCASK_AUDIT_SPAN_INIT;
    keycask_actor by = at.by;
    size_t count, len;
    uint64_t gone;
    uint32_t more;
    by.reason = text("it leaked"), by.operation = text("ticket-7");
    RETURNS(OK, keycask_revoke(at.store, key, &by, NULL));
    // Realm, owner, three keys, and the end of one.
    CHECK(entries(&none, 8, sizeof room) == 6 && entries(&none, 2, sizeof room) == 6);
    // Room for the largest one, of which it is told how much that is.
    RETURNS(ERR_SPACE, keycask_audit(at.store, &none, 0, &entry, 1, &count, &page, room, 9, NULL));
    CHECK(entries(&none, 8, count) == 6);
    filter.events = text("key_revoked realm_applied");
    CHECK(entries(&filter, 8, sizeof room) == 2);
    filter = none, filter.key = key;
    CHECK(entries(&filter, 8, sizeof room) == 2);
    filter = none, filter.realm = text("acme"), filter.owner = text("o");
    CHECK(entries(&filter, 8, sizeof room) == 5);
    filter.actor = text("nobody");
    CHECK(entries(&filter, 8, sizeof room) == 0);
    filter = none, filter.from_ms = START + 1;
    CHECK(entries(&filter, 8, sizeof room) == 0);
    filter.from_ms = KEYCASK_NONE, filter.until_ms = START + 1;
    CHECK(entries(&filter, 8, sizeof room) == 6);
    filter = none, filter.operation = text("ticket-7");
    RETURNS(OK, keycask_audit(at.store, &filter, 0, &entry, 1, &count, &page, room, sizeof room,
                              NULL));
    CHECK(count == 1 && entry.number == 6 && entry.key == key && entry.at_ms == START);
    CHECK(is_text(entry.event, "key_revoked") && is_text(entry.actor, "tester"));
    CHECK(is_text(entry.reason, "it leaked") && is_text(entry.operation, "ticket-7"));
    CHECK(is_text(entry.realm, "acme") && is_text(entry.owner, "o"));
    CHECK(is_text(entry.before, "{\"state\":\"active\"}"));
    CHECK(is_text(entry.after, "{\"state\":\"revoked\"}"));
    CHECK(page.reached == 6 && !page.more && page.first == 1);
    RETURNS(OK, keycask_audit_export(at.store, &filter, 0, KEYCASK_JSON, room, sizeof room, &len,
                                     &page, NULL));
    CHECK(len > 100 && room[len - 1] == '\n' && !memcmp(room, "{\"schema_version\":1,", 20));
    CHECK(page.reached == 6);
    RETURNS(OK, keycask_audit_export(at.store, &none, 0, KEYCASK_OCSF, room, 3000, &len, &page,
                                     NULL));
    CHECK(page.more && page.reached >= 1 && page.reached < 6 && room[len - 1] == '\n');
    CHECK(!memcmp(room, "{\"activity_id\":", 15));
    RETURNS(OK, keycask_audit_check(at.store, &span, NULL));
    CHECK(span.first == 1 && span.last == 6 && span.entries == 6);
    RETURNS(OK, keycask_audit_trim(at.store, KEYCASK_TRIM_KEEP, 4, &at.by, &gone, &more, NULL));
    CHECK(gone == 2 && !more);
    RETURNS(OK, keycask_audit_trim(at.store, KEYCASK_TRIM_THROUGH, 2, &at.by, &gone, NULL, NULL));
    CHECK(gone == 0);
    RETURNS(OK, keycask_audit_trim(at.store, KEYCASK_TRIM_BEFORE, (uint64_t)START, &at.by, NULL,
                                   &more, NULL));
    RETURNS(OK, keycask_audit_check(at.store, &span, NULL));
    CHECK(span.first == 3 && span.last == 7 && span.entries == 5);
    RETURNS(OK, keycask_audit(at.store, &none, 0, &entry, 1, &count, &page, room, sizeof room,
                              NULL));
    CHECK(page.first == 3 && page.more && entry.number == 3);
}

static void feed(void) {
    keycask_feed_cursor oldest = KEYCASK_FEED_CURSOR_INIT, newest = KEYCASK_FEED_CURSOR_INIT;
    keycask_feed_cursor reached = KEYCASK_FEED_CURSOR_INIT, since;
    keycask_changed changes[2] = {KEYCASK_CHANGED_INIT};
    keycask_error error = KEYCASK_ERROR_INIT;
    keycask_key_info info = KEYCASK_KEY_INFO_INIT;
    size_t count, total = 0, len, i;
    int keys = 0, owners = 0, realms = 0;
    uint16_t realm;
    RETURNS(OK, keycask_feed(at.store, &oldest, &newest, NULL));
    CHECK(newest.seq > oldest.seq);
    CHECK(!memcmp(newest.store_id, oldest.store_id, sizeof newest.store_id));
    since = oldest;
    do {
        RETURNS(OK, keycask_changes(at.store, &since, changes, 2, &count, &reached, NULL));
        since = reached;
        for (i = 0; i < count; i++) {
            CHECK(changes[i].seq > oldest.seq && changes[i].seq <= newest.seq);
            switch (changes[i].what) {
            case KEYCASK_CHANGED_KEY:
                RETURNS(OK, keycask_key(at.store, changes[i].number, &info, NULL, 0, NULL));
                keys++;
                break;
            case KEYCASK_CHANGED_OWNER:
                RETURNS(OK, keycask_owner_id(at.store, (uint32_t)changes[i].number, &realm, room,
                                             KEYCASK_OWNER_MAX, &len, NULL));
                CHECK(realm == at.realm && len == 1 && room[0] == 'o');
                owners++;
                break;
            case KEYCASK_CHANGED_REALM:
                CHECK(changes[i].number == at.realm);
                realms++;
                break;
            default:
                CHECK(!"another change");
            }
        }
        total += count;
    } while (reached.seq != newest.seq);
    CHECK(total == 6 && keys == 4 && owners == 1 && realms == 1);
    RETURNS(OK, keycask_changes(at.store, &newest, changes, 2, &count, &reached, NULL));
    CHECK(count == 0 && reached.seq == newest.seq);
    // A cursor that this store cannot go on from.
    newest.seq++;
    RETURNS(ERR_GONE, keycask_changes(at.store, &newest, changes, 2, &count, &reached, &error));
    CHECK(!memcmp(error.message, "ahead: ", 7));
    oldest.store_id[5] ^= 1;
    RETURNS(ERR_GONE, keycask_changes(at.store, &oldest, changes, 2, &count, &reached, &error));
    CHECK(!memcmp(error.message, "other_store: ", 13));
}

static void decided(const char *token, size_t len, uint64_t key) {
    static const unsigned char near_by[4] = {192, 0, 2, 7}, elsewhere[4] = {198, 51, 100, 1};
    keycask_request writes;
    keycask_decision made[8] = {KEYCASK_DECISION_INIT};
    keycask_counts before = KEYCASK_COUNTS_INIT, counts = KEYCASK_COUNTS_INIT;
    keycask_finding found[4] = {KEYCASK_FINDING_INIT};
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_answer answer = KEYCASK_ANSWER_INIT;
    size_t count, text_len;
    uint64_t lost = 1, told;
    int i;
    RETURNS(OK, keycask_decision_counts(at.store, &before, NULL));
    memcpy(request.address, near_by, 4);
    request.address_len = 4;
    writes = request;
    RETURNS(OK, keycask_scopes_named(at.store, at.realm, TEXT("write"), &writes.scopes, NULL));
    RETURNS(OK, keycask_verify(at.store, at.realm, token, len, &request, NULL, NULL));
    for (i = 0; i < 3; i++) {
        RETURNS(DENY_SCOPE,
                keycask_verify(at.store, at.realm, token, len, &writes, NULL, NULL));
    }
    memcpy(request.address, elsewhere, 4);
    request.scopes = at.read;
    RETURNS(OK, keycask_verify(at.store, at.realm, token, len, &request, NULL, NULL));
    http.method = text("GET");
    RETURNS(DENY_MISSING, keycask_present(at.store, at.realm, &http, &request, &answer, room,
                                          sizeof room, &text_len, NULL, NULL));
    RETURNS(OK, keycask_decision_counts(at.store, &counts, NULL));
    CHECK(counts.granted == before.granted + 2 && counts.scope == before.scope + 3);
    CHECK(counts.unpresented == before.unpresented + 1 && counts.revoked == before.revoked);
    // Grants are kept too, as one of one is.
    RETURNS(OK, keycask_decisions(at.store, made, 8, &count, &lost, NULL));
    CHECK(count == 6 && lost == 0);
    CHECK(made[0].outcome == KEYCASK_OK && made[0].key == key && made[0].at_ms == START);
    CHECK(made[0].realm == at.realm && made[0].address_len == 4);
    CHECK(!memcmp(made[0].address, near_by, 4));
    CHECK(made[0].needed.low == 0 && made[0].missing.low == 0);
    CHECK(made[1].outcome == KEYCASK_DENY_SCOPE && made[1].missing.low == writes.scopes.low);
    CHECK(made[1].needed.low == 0);
    CHECK(at.read.low != 0 && made[4].needed.low == at.read.low && made[4].missing.low == 0);
    CHECK(made[5].outcome == KEYCASK_DENY_UNPRESENTED && made[5].key == 0);
    RETURNS(OK, keycask_decisions(at.store, made, 8, &count, NULL, NULL)); // they are given once
    CHECK(count == 0);
    RETURNS(ERR_SPACE, keycask_findings(at.store, found, 1, &count, NULL, room, sizeof room, NULL));
    CHECK(count == 2);
    RETURNS(OK, keycask_findings(at.store, found, 4, &count, &lost, room,
                                 count * KEYCASK_FINDING_TEXT_MAX, NULL));
    CHECK(count == 2 && lost == 0);
    for (i = 0; i < 2; i++) {
        CHECK(found[i].key == key && found[i].realm == at.realm);
        CHECK(is_text(found[i].realm_name, "acme") && is_text(found[i].owner, "o"));
        CHECK(found[i].first_ms == START && found[i].last_ms == START);
        if (found[i].pattern == KEYCASK_PATTERN_NEW_NETWORK) {
            CHECK(is_text(found[i].network, "198.51.100.0/24") && found[i].count == 1);
        } else {
            CHECK(found[i].pattern == KEYCASK_PATTERN_SCOPE_DENIALS && found[i].count == 1);
            CHECK(found[i].missing.low == writes.scopes.low);
        }
    }
    CHECK(found[0].pattern != found[1].pattern);
    RETURNS(OK, keycask_tell_findings(at.store, &at.by, &told, NULL));
    CHECK(told == 2);
    RETURNS(OK, keycask_tell_findings(at.store, &at.by, &told, NULL));
    CHECK(told == 0);
    RETURNS(OK, keycask_verify(at.store, at.realm, token, len, &request, NULL, NULL));
    RETURNS(OK, keycask_audit_decisions(at.store, &at.by, &told, NULL));
    CHECK(told == 1);
}

int main(int argc, char **argv) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_patterns patterns = KEYCASK_PATTERNS_INIT;
    keycask_stats_info none = KEYCASK_STATS_INFO_INIT, stats = none;
    char tokens[3][KEYCASK_TOKEN_MAX];
    uint64_t keys[3];
    size_t len = 0;
    int i;
    CHECK(argc == 2);
    options.clock_ms = START;
    options.decisions = 1;
    options.patterns = &patterns;
    patterns.scope_denials = 3, patterns.within_ms = 60 * 1000;
    at = scene_create_with(argv[1], &options);
    for (i = 0; i < 3; i++) len = scene_issue(&at, tokens[i], &keys[i]);
    audit(keys[0]);
    feed();
    decided(tokens[1], len, keys[1]);
    RETURNS(OK, keycask_stats(at.store, &stats, NULL));
    CHECK(stats.keys == 3 && stats.owners == 1 && stats.realms == 1 && stats.flags == 0);
    CHECK(stats.log_commits == stats.seq && stats.audit_last == stats.audit_entries + 2);
    CHECK(stats.index_bytes > 0 && stats.index_huge_bytes <= stats.index_bytes);
    // A program of the first version is given what it had.
    stats = none, stats.struct_size = offsetof(keycask_stats_info, log_commits);
    RETURNS(OK, keycask_stats(at.store, &stats, NULL));
    CHECK(stats.keys == 3 && stats.log_commits == 0 && stats.audit_last == 0);
    RETURNS(OK, keycask_check(at.store, NULL));
    RETURNS(OK, keycask_close(at.store));
    return 0;
}
