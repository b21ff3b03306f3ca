// Finding keys, page by page, and ending many.
#include "check.h"

enum { KEYS = 23, HOUR = 3600 * 1000 };

static const int64_t START = 1767603600000; // 2026-01-05T09:00:00Z

static scene at;
static uint64_t keys[KEYS];
static char tokens[KEYS][KEYCASK_TOKEN_MAX];
static size_t token_len;
static char room[4 * KEYCASK_KEY_TEXT_MAX];

// All keys that the filter selects, `page` at most at a time, with `cap` bytes for texts; how
// many calls that takes is returned.
static int listed(const keycask_filter *filter, size_t page, size_t cap, uint64_t *found,
                  size_t *total) {
    keycask_cursor after = KEYCASK_CURSOR_INIT, next = KEYCASK_CURSOR_INIT;
    keycask_key_info infos[KEYS + 1] = {KEYCASK_KEY_INFO_INIT};
    int calls = 0;
    *total = 0;
    do {
        size_t count, i;
        RETURNS(OK, keycask_list(at.store, filter, &after, infos, page, &count, &next, room, cap,
                                 NULL));
        for (i = 0; i < count; i++) {
            CHECK(*total < KEYS);
            CHECK(infos[i].owner.data >= room && infos[i].owner.data < room + cap);
            CHECK(is_text(infos[i].owner, "o"));
            found[(*total)++] = infos[i].key;
        }
        after = next;
        calls++;
    } while (after.len);
    return calls;
}

static uint64_t counted(const keycask_filter *filter) {
    uint64_t count;
    RETURNS(OK, keycask_count(at.store, filter, &count, NULL));
    return count;
}

static void pages(void) {
    keycask_filter filter = KEYCASK_FILTER_INIT;
    uint64_t found[KEYS];
    size_t total, i;
    CHECK(listed(&filter, KEYS, sizeof room, found, &total) == 1 && total == KEYS);
    CHECK(!memcmp(found, keys, sizeof keys));
    CHECK(listed(&filter, 5, sizeof room, found, &total) == 5 && total == KEYS);
    CHECK(!memcmp(found, keys, sizeof keys));
    // Room for the texts of few keys makes pages short, and loses none.
    CHECK(listed(&filter, KEYS, 70, found, &total) > 5 && total == KEYS);
    CHECK(!memcmp(found, keys, sizeof keys));
    // By end: the later it was issued, the earlier these end.
    filter.order = KEYCASK_BY_END;
    CHECK(listed(&filter, 4, 400, found, &total) >= 6 && total == KEYS);
    for (i = 0; i < KEYS; i++) CHECK(found[i] == keys[KEYS - 1 - i]);
}

static void conditions(void) {
    keycask_filter none = KEYCASK_FILTER_INIT, filter = none;
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_key_info info = KEYCASK_KEY_INFO_INIT;
    char hint[64], token[KEYCASK_TOKEN_MAX];
    uint64_t successor;
    size_t len;
    CHECK(counted(&none) == KEYS);
    filter.realm = at.realm, filter.owner = text("o"), filter.kind = text("live");
    CHECK(counted(&filter) == KEYS);
    filter.kind = text("shown");
    CHECK(counted(&filter) == 0);
    filter = none, filter.state = KEYCASK_REVOKED;
    CHECK(counted(&filter) == 0);
    filter = none, filter.issued_from_ms = START + 3;
    CHECK(counted(&filter) == KEYS - 3);
    filter.issued_before_ms = START + 5;
    CHECK(counted(&filter) == 2);
    filter = none, filter.expiring_ms = 3 * HOUR;
    CHECK(counted(&filter) == 3);
    filter = none, filter.flags = KEYCASK_ONLY_UNEXPIRED;
    CHECK(counted(&filter) == KEYS);
    filter.flags = KEYCASK_ONLY_EXPIRED;
    CHECK(counted(&filter) == 0);
    filter = none, filter.due_ms = 5;
    CHECK(counted(&filter) == KEYS - 5);
    filter.due_ms = KEYCASK_DEFAULT; // the realm advises nothing
    CHECK(counted(&filter) == 0);
    RETURNS(OK, keycask_key(at.store, keys[7], &info, room, sizeof room, NULL));
    len = (size_t)sprintf(hint, "%.*s...%.*s", (int)info.prefix.len, info.prefix.data,
                          (int)info.last_four.len, info.last_four.data);
    filter = none, filter.hint.data = hint, filter.hint.len = len;
    CHECK(counted(&filter) >= 1);
    RETURNS(OK, keycask_rotate(at.store, keys[0], &rotation, &at.by, token, sizeof token, &len,
                               &successor, NULL));
    filter = none, filter.flags = KEYCASK_ONLY_IN_GRACE;
    CHECK(counted(&filter) == 1);
    filter = none, filter.lineage = successor;
    CHECK(counted(&filter) == 2);
}

static void ending(void) {
    keycask_filter filter = KEYCASK_FILTER_INIT, active = KEYCASK_FILTER_INIT;
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_actor by = at.by;
    keycask_key_info info = KEYCASK_KEY_INFO_INIT;
    uint64_t count, first[KEYCASK_DRY_RUN_MAX + 2], key;
    char token[KEYCASK_TOKEN_MAX];
    scene other;
    int i;
    // The grace of the one that was rotated.
    filter.realm = at.realm;
    RETURNS(OK, keycask_end_many(at.store, KEYCASK_END_GRACE, &filter, &by, &count, NULL));
    CHECK(count == 1);
    RETURNS(OK, keycask_key(at.store, keys[0], &info, room, sizeof room, NULL));
    CHECK(info.state == KEYCASK_REVOKED && info.cause == KEYCASK_CAUSE_ROTATED);
    RETURNS(OK, keycask_revoke_many(at.store, keys + 1, 2, &by, NULL));
    RETURNS(DENY_REVOKED,
            keycask_verify(at.store, at.realm, tokens[2], token_len, &request, NULL, NULL));
    RETURNS(OK, keycask_revoke_presented(at.store, at.realm, tokens[3], token_len,
                                         TEXT("it was in a log"), &key, NULL));
    CHECK(key == keys[3]);
    RETURNS(OK, keycask_key(at.store, key, &info, room, sizeof room, NULL));
    CHECK(info.state == KEYCASK_REVOKED && is_text(info.reason, "it was in a log"));
    // A token of another store is nobody's here.
    sprintf(room, "%s.2", at.path);
    other = scene_create(room);
    token_len = scene_issue(&other, token, &key);
    RETURNS(OK, keycask_close(other.store));
    RETURNS(DENY_UNKNOWN,
            keycask_revoke_presented(at.store, at.realm, token, token_len, NULL, 0, &key, NULL));
    // What would be done, and then it is.
    active.realm = at.realm, active.state = KEYCASK_ACTIVE;
    filter.issued_before_ms = START + KEYS;
    RETURNS(OK, keycask_dry_run(at.store, KEYCASK_END_REVOKE, &filter, &count, first,
                                KEYCASK_DRY_RUN_MAX + 2, NULL));
    CHECK(count == KEYS - 3 && first[0] == keys[4] && first[9] == keys[13]);
    CHECK(first[10] == 0 && first[11] == 0);
    CHECK(counted(&active) == KEYS - 3);
    by.operation = text("end of the trial");
    for (i = 0; i < 2; i++) { // asked for again, it is not done twice
        RETURNS(OK, keycask_end_many(at.store, KEYCASK_END_REVOKE, &filter, &by, &count, NULL));
        CHECK(count == KEYS - 3 && counted(&active) == 0);
    }
    RETURNS(DENY_REVOKED,
            keycask_verify(at.store, at.realm, tokens[22], token_len, &request, NULL, NULL));
}

// Keys of each kind, by state, after all that were there have been revoked.
static void by_kind(keycask_spec *spec) {
    keycask_kind_count counts[3] = {KEYCASK_KIND_COUNT_INIT};
    const char *names[2] = {"live", "shown"};
    char token[KEYCASK_TOKEN_MAX];
    uint64_t made[5];
    size_t count, len, i;
    for (i = 0; i < 5; i++) {
        spec->life_ms = i < 2 ? HOUR : 5 * (int64_t)HOUR;
        RETURNS(OK, keycask_issue(at.store, spec, &at.by, token, sizeof token, &len, &made[i],
                                  NULL));
    }
    RETURNS(OK, keycask_suspend(at.store, made[0], &at.by, NULL));
    RETURNS(OK, keycask_suspend(at.store, made[2], &at.by, NULL));
    RETURNS(OK, keycask_set_clock(at.store, START + 2 * (int64_t)HOUR, NULL));
    RETURNS(ERR_SPACE, keycask_count_by_kind(at.store, counts, 1, &count, NULL));
    CHECK(count == 2 && counts[0].active == 0);
    RETURNS(OK, keycask_count_by_kind(at.store, counts, 3, &count, NULL));
    CHECK(count == 2);
    for (i = 0; i < count; i++) {
        CHECK(counts[i].realm == at.realm);
        RETURNS(OK, keycask_kind_name(at.store, counts[i].realm, counts[i].kind, room,
                                      KEYCASK_NAME_MAX, &len, NULL));
        CHECK(len == strlen(names[i]) && !memcmp(room, names[i], len));
    }
    CHECK(counts[0].active == 3 && counts[0].suspended == 2);
    CHECK(counts[0].revoked == KEYS + 1 && counts[0].expired == 2);
    CHECK(!counts[1].active && !counts[1].suspended && !counts[1].revoked && !counts[1].expired);
}

int main(int argc, char **argv) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_spec spec;
    int i;
    CHECK(argc == 2);
    options.clock_ms = START;
    at = scene_create_with(argv[1], &options);
    spec = scene_spec(&at);
    spec.end_ms = KEYCASK_AFTER;
    for (i = 0; i < KEYS; i++) {
        RETURNS(OK, keycask_set_clock(at.store, START + i, NULL));
        spec.life_ms = (KEYS - i) * (int64_t)HOUR - i;
        RETURNS(OK, keycask_issue(at.store, &spec, &at.by, tokens[i], KEYCASK_TOKEN_MAX,
                                  &token_len, &keys[i], NULL));
    }
    pages();
    conditions();
    ending();
    by_kind(&spec);
    RETURNS(OK, keycask_check(at.store, NULL));
    RETURNS(OK, keycask_close(at.store));
    return 0;
}
