// The stores that random calls are made on, which chance leaves without what most calls need: they are
// given it again and again.
#include "random.h"

#include <inttypes.h>
#include <unistd.h>

// How stores are opened that are not by chance.
static keycask_options sound_options(int64_t clock_ms) {
    static const char sealing_key[] = "\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7";
    keycask_options options = KEYCASK_OPTIONS_INIT;
    options.decisions = 2;
    options.sealing_key = (const uint8_t *)sealing_key;
    options.sealing_key_len = KEYCASK_SECRET_LEN;
    options.clock_ms = clock_ms;
    return options;
}

keycask_store *begin(const char *at, int64_t clock_ms) {
    keycask_options options = sound_options(clock_ms);
    keycask_store *store = NULL;
    if (keycask_create(at, strlen(at), &options, &store, NULL) != KEYCASK_OK) DIE("%s: no store", at);
    return store;
}

// The realm as it was, its owner, who is there and not suspended, and keys of it.
static void provide(const keycask_store *store) {
    keycask_owner_change owner = KEYCASK_OWNER_CHANGE_INIT;
    keycask_actor by = KEYCASK_ACTOR_INIT;
    keycask_spec spec = KEYCASK_SPEC_INIT;
    char token[KEYCASK_TOKEN_MAX];
    size_t at, len;
    uint64_t key;
    owner.flags = KEYCASK_SET_RESUMED;
    if (keycask_realm_apply(store, "p", 1, PROFILE, strlen(PROFILE), &by, &spec.realm, NULL) ||
        keycask_owner_set(store, spec.realm, "o", 1, &owner, &by, NULL))
        return;
    spec.owner.data = "o";
    spec.owner.len = 1;
    spec.scopes.low = 3;
    for (at = 0; at < 4; at++) {
        spec.kind.data = at % 2 ? "live" : "shown";
        spec.kind.len = strlen(spec.kind.data);
        if (keycask_issue(store, &spec, &by, token, sizeof token, &len, &key, NULL)) return;
        keep_token(token, &len);
        keep_key(&key);
    }
}

// The thread's own store, restored from a backup, and waiting for its confirmation.
static void restore_own(const char *path) {
    keycask_options options = sound_options(CLOCK);
    keycask_backup_info info = KEYCASK_BACKUP_INFO_INIT;
    keycask_restoring restoring = KEYCASK_RESTORING_INIT;
    keycask_restored restored = KEYCASK_RESTORED_INIT;
    keycask_actor by = KEYCASK_ACTOR_INIT;
    keycask_store *store = NULL;
    char backup[440];
    size_t path_len = strlen(path), len = (size_t)snprintf(backup, sizeof backup, "%s-backup", path);
    unlink(backup);
    if (keycask_backup(mine->own, backup, len, &info, NULL) != KEYCASK_OK) DIE("no backup");
    close_own();
    unlink(path);
    if (keycask_restore(backup, len, path, path_len, &options, &restoring, &by, &restored, NULL) ||
        keycask_open(path, path_len, &options, &store, NULL))
        DIE("a store is not restored");
    keep_store(store);
}

// A store of this thread's own, if it has none that is open, or chance wants another. Some were
// restored; to some a second pepper came before there were keys, so that the first can be retired.
static void begin_own(uint64_t seed) {
    uint8_t pepper[KEYCASK_SECRET_LEN];
    keycask_actor by = KEYCASK_ACTOR_INIT;
    uint64_t how = roll(5);
    char path[420];
    memset(pepper, 7, sizeof pepper);
    snprintf(path, sizeof path, "%s/own-%" PRIu64, directory, seed);
    if (mine->own_is_open && roll(2)) return;
    close_own();
    unlink(path);
    keep_store(begin(path, CLOCK));
    if (how > 2 && keycask_rotate_pepper(mine->own, pepper, sizeof pepper, &by, NULL) != KEYCASK_OK)
        DIE("a pepper is not rotated");
    provide(mine->own);
    if (how == 1 || how == 2) restore_own(path);
}

void renew(uint64_t seed) {
    if (mine->store == STORES) begin_own(seed);
    provide(mine->store < STORES ? stores[mine->store] : mine->own);
}
