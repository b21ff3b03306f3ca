// The life of a store's file: progress, backup, restore, what time ends, another pepper.
#include "check.h"

static const int64_t DAY = 86400000;
static const int64_t START = 1767603600000; // 2026-01-05
static const uint8_t first_pepper[KEYCASK_SECRET_LEN] = {1};
static const uint8_t second_pepper[KEYCASK_SECRET_LEN] = {2};

static scene stage;
static keycask_options options = KEYCASK_OPTIONS_INIT;
static keycask_request request = KEYCASK_REQUEST_INIT;
static char token[KEYCASK_TOKEN_MAX], lost[KEYCASK_TOKEN_MAX];
static size_t token_len, lost_len;
static uint64_t key, lost_key;

// How often each step was told of, and that it is told of in order.
static struct {
    uint64_t told[KEYCASK_STEP_OTHER + 1];
    uint32_t step;
    uint64_t done;
} heard;

static void hear(void *context, uint32_t step, uint64_t done, uint64_t total) {
    CHECK(context == &heard);
    CHECK(step >= KEYCASK_STEP_READ && step < KEYCASK_STEP_OTHER);
    CHECK(done <= total);
    CHECK(step != heard.step || done == 0 || done >= heard.done);
    heard.told[step]++;
    heard.step = step;
    heard.done = done;
}

static const char *beside(const char *ending) {
    static char path[600];
    snprintf(path, sizeof path, "%s.%s", stage.path, ending);
    return path;
}

static keycask_status opened(const char *path, keycask_store **store) {
    return keycask_open(path, strlen(path), &options, store, NULL);
}

static keycask_status asked(const keycask_store *store, const char *what, size_t len) {
    return keycask_verify(store, stage.realm, what, len, &request, NULL, NULL);
}

static uint64_t seq_of(const keycask_store *store) {
    keycask_stats_info stats = KEYCASK_STATS_INFO_INIT;
    RETURNS(OK, keycask_stats(store, &stats, NULL));
    return stats.seq;
}

// A store that tells of progress and has a pepper and a clock of its own.
static void creates(const char *path) {
    static const uint8_t salt[] = {7, 7, 7};
    static keycask_import_secret secrets[1];
    keycask_owner_change owner = KEYCASK_OWNER_CHANGE_INIT;
    secrets[0].name = text("salt");
    secrets[0].secret = salt;
    secrets[0].secret_len = sizeof salt;
    options.import_secrets = secrets;
    options.import_secrets_len = 1;
    options.pepper = first_pepper;
    options.pepper_len = sizeof first_pepper;
    options.clock_ms = START;
    options.lease_max = 10;
    options.progress = hear;
    options.progress_context = &heard;
    stage.by = (keycask_actor)KEYCASK_ACTOR_INIT;
    stage.by.name = text("tester");
    strcpy(stage.path, path);
    RETURNS(OK, keycask_create(path, strlen(path), &options, &stage.store, NULL));
    CHECK(heard.told[KEYCASK_STEP_OPEN] >= 2);
    RETURNS(OK, keycask_realm_apply(stage.store, TEXT("acme.toml"), TEXT(ACME), &stage.by,
                                    &stage.realm, NULL));
    RETURNS(OK, keycask_owner_set(stage.store, stage.realm, TEXT("o"), &owner, &stage.by, NULL));
    RETURNS(OK, keycask_scopes_named(stage.store, stage.realm, TEXT("read"), &stage.read, NULL));
    token_len = scene_issue(&stage, token, &key);
    lost_len = scene_issue(&stage, lost, &lost_key);
}

// A backup is whole, and is read and not written.
static void backs_up(void) {
    keycask_backup_info made = KEYCASK_BACKUP_INFO_INIT;
    keycask_anchor_text now;
    keycask_store *copy = NULL;
    const char *path = beside("backup");
    uint64_t seq = seq_of(stage.store);
    RETURNS(OK, keycask_anchor(stage.store, &now, NULL));
    CHECK(strtoull(now.text, NULL, 10) == seq && now.text[now.len - 33] == ':');
    RETURNS(OK, keycask_backup(stage.store, path, strlen(path), &made, NULL));
    CHECK(made.keys == 2 && made.bytes > 0);
    CHECK(made.anchor.len == now.len && !memcmp(made.anchor.text, now.text, now.len));
    CHECK(heard.told[KEYCASK_STEP_COPY] >= 2 && heard.told[KEYCASK_STEP_CHECK] >= 2);
    RETURNS(ERR_CONFLICT, keycask_backup(stage.store, path, strlen(path), &made, NULL));
    RETURNS(ERR_READ_ONLY, opened(path, &copy));
    options.flags = KEYCASK_READ_ONLY;
    RETURNS(OK, opened(path, &copy));
    RETURNS(OK, asked(copy, lost, lost_len));
    RETURNS(ERR_READ_ONLY, keycask_revoke(copy, key, &stage.by, NULL));
    RETURNS(OK, keycask_close(copy));
    options.flags = 0;
}

static keycask_status restored(const char *ending, const keycask_restoring *from,
                               keycask_restored *out, keycask_store **store) {
    char backup[600];
    const char *path;
    keycask_status status;
    strcpy(backup, beside("backup"));
    path = beside(ending);
    status = keycask_restore(backup, strlen(backup), path, strlen(path), &options, from, &stage.by,
                             out, NULL);
    return status == KEYCASK_OK ? opened(path, store) : status;
}

// A restored store says what it may lack, and takes no changes until that is confirmed.
static void restores(void) {
    keycask_restoring from = KEYCASK_RESTORING_INIT;
    keycask_restored out = KEYCASK_RESTORED_INIT;
    keycask_stats_info stats = KEYCASK_STATS_INFO_INIT;
    keycask_anchor_text last;
    keycask_store *other = NULL;
    uint64_t before = seq_of(stage.store);
    char bad[] = "5:00000000000000000000000000000000:00000000000000000000000000000000";
    RETURNS(OK, keycask_revoke(stage.store, lost_key, &stage.by, NULL));
    RETURNS(OK, keycask_anchor(stage.store, &last, NULL));
    RETURNS(ERR_CONFLICT, restored("backup", &from, &out, &other)); // it is there
    from.anchor = text(bad);
    RETURNS(ERR_CONFLICT, restored("new", &from, &out, &other)); // of another store
    bad[0] = '+';
    RETURNS(ERR_ARGUMENT, restored("new", &from, &out, &other));
    from.anchor.data = last.text, from.anchor.len = last.len;
    RETURNS(OK, restored("new", &from, &out, &other));
    CHECK(out.flags == KEYCASK_MISSING_KNOWN && out.missing == seq_of(stage.store) - before);
    CHECK(out.keys == 2 && out.bytes > 0 && out.denied == 0 && out.unreadable == 0);
    CHECK(out.last_change_ms == START && out.last_entry > 0);
    CHECK(strtoull(out.backup.text, NULL, 10) == before);
    RETURNS(OK, keycask_stats(other, &stats, NULL));
    CHECK(!memcmp(stats.store_id, out.store_id, sizeof out.store_id));
    RETURNS(OK, asked(other, lost, lost_len)); // which is why it waits
    RETURNS(ERR_UNCONFIRMED, keycask_revoke(other, lost_key, &stage.by, NULL));
    RETURNS(OK, keycask_confirm_restore(other, &stage.by, NULL));
    RETURNS(ERR_CONFLICT, keycask_confirm_restore(other, &stage.by, NULL));
    RETURNS(OK, keycask_revoke(other, lost_key, &stage.by, NULL));
    RETURNS(OK, keycask_check(other, NULL));
    RETURNS(OK, keycask_close(other));

    // The original, if it is still there, tells what was revoked.
    RETURNS(OK, keycask_close(stage.store));
    from.anchor = text("");
    from.anchor.data = NULL;
    from.denials_of = text(stage.path);
    RETURNS(OK, restored("newer", &from, &out, &other));
    CHECK(out.denied == 1 && out.denied_owners == 0 && out.flags == KEYCASK_MISSING_KNOWN);
    RETURNS(DENY_REVOKED, asked(other, lost, lost_len));
    RETURNS(OK, asked(other, token, token_len));
    RETURNS(OK, keycask_close(other));
    from.denials_of.data = NULL, from.denials_of.len = 0;
    RETURNS(OK, restored("blind", &from, &out, &other));
    CHECK(out.flags == 0 && out.missing == 0);
    RETURNS(OK, keycask_close(other));
    RETURNS(OK, opened(stage.path, &stage.store));
}

// A file that is older than one that was seen is refused.
static void knows_an_old_file(void) {
    uint64_t seq = seq_of(stage.store);
    keycask_store *none = NULL;
    RETURNS(OK, keycask_close(stage.store));
    options.min_seq = seq + 1000;
    RETURNS(ERR_ROLLED_BACK, opened(stage.path, &none));
    options.min_seq = seq;
    RETURNS(OK, opened(stage.path, &stage.store));
    options.min_seq = 0;
}

// What time has ended is taken out, and the file is as short as it can be.
static void sweeps(void) {
    uint64_t before = 0, after = 0, swept = 9;
    RETURNS(OK, keycask_sweep_all(stage.store, &stage.by, &swept, NULL));
    CHECK(swept == 0);
    RETURNS(OK, keycask_set_clock(stage.store, START + 400 * DAY, NULL));
    RETURNS(OK, keycask_sweep_all(stage.store, &stage.by, &swept, NULL));
    CHECK(swept == 1); // the one that was revoked
    RETURNS(DENY_UNKNOWN, asked(stage.store, lost, lost_len));
    CHECK(heard.told[KEYCASK_STEP_SWEEP] >= 2);
    RETURNS(OK, keycask_compact(stage.store, &before, &after, NULL));
    CHECK(after > 0 && after <= before);
    RETURNS(OK, keycask_compact(stage.store, NULL, NULL, NULL));
    RETURNS(OK, asked(stage.store, token, token_len));
    RETURNS(OK, keycask_check(stage.store, NULL));
}

// Keys come over to another pepper as they are used; what is left on the old one goes with it.
static void rotates_the_pepper(void) {
    keycask_pepper_info pepper = KEYCASK_PEPPER_INFO_INIT;
    keycask_store *none = NULL;
    uint64_t count = 9;
    lost_len = scene_issue(&stage, lost, &lost_key);
    RETURNS(ERR_CONFLICT, keycask_retire_pepper(stage.store, &stage.by, NULL, NULL));
    RETURNS(OK, keycask_pepper(stage.store, &pepper, NULL));
    CHECK(pepper.flags == KEYCASK_PEPPERED && pepper.generation == 1 && pepper.previous == 0);
    RETURNS(OK, keycask_rotate_pepper(stage.store, second_pepper, sizeof second_pepper, &stage.by,
                                      NULL));
    RETURNS(ERR_CONFLICT, keycask_rotate_pepper(stage.store, first_pepper, sizeof first_pepper,
                                                &stage.by, NULL));
    RETURNS(OK, asked(stage.store, token, token_len));
    RETURNS(OK, keycask_rehash(stage.store, &count, NULL));
    CHECK(count == 1);
    RETURNS(OK, keycask_pepper(stage.store, &pepper, NULL));
    CHECK(pepper.generation == 2 && pepper.previous == 1 && pepper.left == 1);
    RETURNS(OK, keycask_close(stage.store));
    options.pepper = second_pepper;
    RETURNS(ERR_PEPPER, opened(stage.path, &none));
    options.previous_pepper = first_pepper;
    options.previous_pepper_len = sizeof first_pepper;
    options.clock_ms = START + 400 * DAY;
    RETURNS(OK, opened(stage.path, &stage.store));
    RETURNS(OK, keycask_retire_pepper(stage.store, &stage.by, &count, NULL));
    CHECK(count == 1);
    RETURNS(DENY_UNKNOWN, asked(stage.store, lost, lost_len));
    RETURNS(OK, asked(stage.store, token, token_len));
    RETURNS(OK, keycask_close(stage.store));
    options.previous_pepper = NULL;
    options.previous_pepper_len = 0;
    RETURNS(OK, opened(stage.path, &stage.store));
    RETURNS(OK, asked(stage.store, token, token_len));
}

// An operation is done once; whoever asks again for a key gets one whose token was not lost.
static void does_once(void) {
    keycask_operation_info done = KEYCASK_OPERATION_INFO_INIT;
    keycask_spec spec = scene_spec(&stage);
    keycask_actor by = stage.by;
    uint64_t once = 0, again = 0;
    by.operation = text("order 7");
    RETURNS(ERR_NOT_FOUND, keycask_operation(stage.store, TEXT("order 7"), &done, NULL));
    RETURNS(OK, keycask_issue(stage.store, &spec, &by, lost, sizeof lost, &lost_len, &once, NULL));
    RETURNS(OK, keycask_operation(stage.store, TEXT("order 7"), &done, NULL));
    CHECK(done.key == once && done.seq == seq_of(stage.store));
    CHECK(done.at_ms == START + 400 * DAY);
    RETURNS(OK, keycask_issue(stage.store, &spec, &by, token, sizeof token, &token_len, &again,
                              NULL));
    CHECK(once != again);
    RETURNS(DENY_REVOKED, asked(stage.store, lost, lost_len));
    RETURNS(OK, asked(stage.store, token, token_len));
    RETURNS(ERR_CONFLICT, keycask_revoke(stage.store, again, &by, NULL));
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    creates(argv[1]);
    backs_up();
    restores();
    knows_an_old_file();
    sweeps();
    rotates_the_pepper();
    does_once();
    RETURNS(OK, keycask_check(stage.store, NULL));
    RETURNS(OK, keycask_close(stage.store));
    return 0;
}
