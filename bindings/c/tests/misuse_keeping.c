// What no caller may do to the functions that keep a store: a status, and nothing written.
#include "refused.h"

// Everything that a call can write to.
static struct {
    keycask_store *store;
    keycask_anchor_text anchor;
    keycask_backup_info backup;
    keycask_restored restored;
    keycask_pepper_info pepper;
    keycask_operation_info operation;
    uint64_t before;
    uint64_t after;
    uint64_t count;
} out;

static unsigned char as_it_was[sizeof out];

static void fill(void) {
    memset(&out, 0xA5, sizeof out);
    out.backup.struct_size = sizeof out.backup;
    out.restored.struct_size = sizeof out.restored;
    out.pepper.struct_size = sizeof out.pepper;
    out.operation.struct_size = sizeof out.operation;
    memcpy(as_it_was, &out, sizeof out);
}

static scene at;
static keycask_options options = KEYCASK_OPTIONS_INIT;

static void hear(void *context, uint32_t step, uint64_t done, uint64_t total) {
    (void)context, (void)step, (void)done, (void)total;
}

#define OPEN(options) keycask_open(at.path, strlen(at.path), options, &out.store, NULL)

static void opening(void) {
    static const uint8_t secret[KEYCASK_SECRET_LEN] = {1};
    keycask_import_secret other[2];
    keycask_options o = options;
    memset(other, 0, sizeof other);
    o.progress_context = &o;
    REFUSED(BAD, OPEN(&o));
    o = options, o.previous_pepper = secret, o.previous_pepper_len = 33;
    REFUSED(BAD, OPEN(&o));
    o = options, o.previous_pepper_len = KEYCASK_SECRET_LEN;
    REFUSED(BAD, OPEN(&o));
    o = options, o.import_secrets_len = 1;
    REFUSED(BAD, OPEN(&o));
    o = options, o.import_secrets = other, o.import_secrets_len = HUGE;
    REFUSED(BAD, OPEN(&o));
    o.import_secrets_len = KEYCASK_IMPORT_SECRETS_MAX + 1;
    REFUSED(BAD, OPEN(&o));
    o.import_secrets_len = 1;
    other[0].secret_len = 1;
    REFUSED(BAD, OPEN(&o));
    other[0].secret = secret, other[0].name.len = 3;
    REFUSED(BAD, OPEN(&o));
    other[0].name = text("\xFF");
    REFUSED(BAD, OPEN(&o));
    o = options, o.min_seq = 1;
    REFUSED(BAD, keycask_create(TEXT("/tmp/not-made"), &o, &out.store, NULL));
    // All is as it was: a store that others have is refused for that alone.
    o = options, o.progress = hear;
    REFUSED(ERR_LOCKED, OPEN(&o));
}

static void copying(void) {
    const keycask_store *s = at.store;
    REFUSED(BAD, keycask_anchor(NULL, &out.anchor, NULL));
    REFUSED(BAD, keycask_anchor(s, NULL, NULL));
    REFUSED(BAD, keycask_backup(NULL, TEXT("x"), &out.backup, NULL));
    REFUSED(BAD, keycask_backup(s, NULL, 0, &out.backup, NULL));
    REFUSED(BAD, keycask_backup(s, NULL, 3, &out.backup, NULL));
    REFUSED(BAD, keycask_backup(s, "x", HUGE, &out.backup, NULL));
    REFUSED(BAD, keycask_backup(s, TEXT("a\0b"), &out.backup, NULL));
    REFUSED(BAD, keycask_backup(s, TEXT("/tmp/not-made"), NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_backup(s, TEXT("/nowhere/at/all"), &out.backup, NULL));
    REFUSED(ERR_CONFLICT, keycask_backup(s, at.path, strlen(at.path), &out.backup, NULL));
    fill();
    out.backup.struct_size = 3;
    RETURNS(ERR_ARGUMENT, keycask_backup(s, TEXT("/tmp/not-made"), &out.backup, NULL));
}

static void restoring(void) {
    keycask_restoring from = KEYCASK_RESTORING_INIT;
    keycask_actor nobody = KEYCASK_ACTOR_INIT;
    const keycask_actor *by = &at.by;
    nobody.zero = 1;
#define RESTORE(backup, path, options, from, by, out)                                 \
    keycask_restore(backup, path, options, from, by, out, NULL)
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), NULL, &from, by, &out.restored));
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), &options, NULL, by, &out.restored));
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), &options, &from, NULL, &out.restored));
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), &options, &from, &nobody, &out.restored));
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), &options, &from, by, NULL));
    REFUSED(BAD, keycask_restore(NULL, 1, TEXT("y"), &options, &from, by, &out.restored, NULL));
    REFUSED(BAD, keycask_restore(TEXT("x"), "y", HUGE, &options, &from, by, &out.restored, NULL));
    REFUSED(BAD, RESTORE(TEXT(""), TEXT("y"), &options, &from, by, &out.restored));
    REFUSED(ERR_NOT_FOUND,
            RESTORE(TEXT("/nowhere/x"), TEXT("y"), &options, &from, by, &out.restored));
    from.zero = 1;
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), &options, &from, by, &out.restored));
    from.zero = 0, from.anchor = text("7");
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), &options, &from, by, &out.restored));
    from.anchor.data = NULL;
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), &options, &from, by, &out.restored));
    from.anchor.len = 0, from.denials_of = text("");
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), &options, &from, by, &out.restored));
    from.denials_of.data = NULL, from.denials_of.len = 1;
    REFUSED(BAD, RESTORE(TEXT("x"), TEXT("y"), &options, &from, by, &out.restored));
    from.denials_of.len = 0;
    EVERY_SIZE(keycask_restoring, 40, from,
               RESTORE(TEXT("/nowhere/x"), TEXT("y"), &options, sized, by, &out.restored));
    REFUSED(BAD, keycask_confirm_restore(NULL, by, NULL));
    REFUSED(BAD, keycask_confirm_restore(at.store, NULL, NULL));
    REFUSED(ERR_CONFLICT, keycask_confirm_restore(at.store, by, NULL));
}

static void tending(void) {
    const keycask_store *s = at.store;
    static const uint8_t secret[KEYCASK_SECRET_LEN] = {1};
    keycask_actor named = at.by;
    char long_id[200];
    memset(long_id, 'x', sizeof long_id);
    named.operation = text("once");
    REFUSED(BAD, keycask_sweep_all(NULL, &at.by, &out.count, NULL));
    REFUSED(BAD, keycask_sweep_all(s, NULL, &out.count, NULL));
    REFUSED(BAD, keycask_sweep_all(s, &named, &out.count, NULL));
    REFUSED(BAD, keycask_compact(NULL, &out.before, &out.after, NULL));
    REFUSED(BAD, keycask_pepper(NULL, &out.pepper, NULL));
    REFUSED(BAD, keycask_pepper(s, NULL, NULL));
    REFUSED(BAD, keycask_rotate_pepper(NULL, secret, sizeof secret, &at.by, NULL));
    REFUSED(BAD, keycask_rotate_pepper(s, NULL, 0, &at.by, NULL));
    REFUSED(BAD, keycask_rotate_pepper(s, NULL, sizeof secret, &at.by, NULL));
    REFUSED(BAD, keycask_rotate_pepper(s, secret, 31, &at.by, NULL));
    REFUSED(BAD, keycask_rotate_pepper(s, secret, HUGE, &at.by, NULL));
    REFUSED(BAD, keycask_rotate_pepper(s, secret, sizeof secret, NULL, NULL));
    REFUSED(BAD, keycask_rotate_pepper(s, secret, sizeof secret, &named, NULL));
    REFUSED(BAD, keycask_retire_pepper(NULL, &at.by, &out.count, NULL));
    REFUSED(BAD, keycask_retire_pepper(s, NULL, &out.count, NULL));
    REFUSED(BAD, keycask_retire_pepper(s, &named, &out.count, NULL));
    REFUSED(ERR_CONFLICT, keycask_retire_pepper(s, &at.by, &out.count, NULL));
    REFUSED(BAD, keycask_rehash(NULL, &out.count, NULL));
    REFUSED(BAD, keycask_operation(NULL, TEXT("x"), &out.operation, NULL));
    REFUSED(BAD, keycask_operation(s, NULL, 1, &out.operation, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_operation(s, NULL, 0, &out.operation, NULL));
    REFUSED(BAD, keycask_operation(s, TEXT("\xFF"), &out.operation, NULL));
    REFUSED(BAD, keycask_operation(s, long_id, sizeof long_id, &out.operation, NULL));
    REFUSED(BAD, keycask_operation(s, "x", HUGE, &out.operation, NULL));
    REFUSED(BAD, keycask_operation(s, TEXT("x"), NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_operation(s, TEXT("x"), &out.operation, NULL));
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    at = scene_create(argv[1]);
    opening();
    copying();
    restoring();
    tending();
    RETURNS(OK, keycask_check(at.store, NULL));
    RETURNS(OK, keycask_close(at.store));
    return 0;
}
