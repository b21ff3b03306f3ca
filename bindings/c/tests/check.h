// What the programs of this directory share: a check that ends the program, a store in a
// directory of its own, and short names for texts.
#ifndef CHECK_H
#define CHECK_H

#include <keycask.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) literal, sizeof(literal) - 1

// Ends the program unless `condition` holds.
#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);   \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

// Ends the program unless `call` returns `want`, a status without KEYCASK_.
#define RETURNS(want, call)                                                           \
    do {                                                                              \
        keycask_status got = (call);                                                  \
        if (got != KEYCASK_##want) {                                                  \
            fprintf(stderr, "%s:%d: %s, not " #want ": %s\n", __FILE__, __LINE__,     \
                    keycask_status_name(got), #call);                                 \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

static const char ACME[] =
    "realm = 'acme'\n"
    "[[kind]]\nname = 'live'\nprefix = 'acme_live_'\nbody = 32\nenvironment = 'production'\n"
    "[[kind]]\nname = 'shown'\nprefix = 'acme_shown_'\nbody = 32\nreveal = true\n"
    "[[scope]]\nname = 'read'\ntitle = 'Read'\ntier = 'low'\n"
    "[[scope]]\nname = 'write'\nimplies = ['read']\n"
    "[[set]]\nname = 'all'\nscopes = ['read', 'write']\n"
    "[[plan]]\nname = 'small'\nactive = 1000\nrates = ['1000000 per 1m']\n"
    "[policy]\ndefault_grace = '1h'\n";

static keycask_text text(const char *zero_terminated) {
    keycask_text made;
    made.data = zero_terminated;
    made.len = strlen(zero_terminated);
    return made;
}

static inline int is_text(keycask_text made, const char *zero_terminated) {
    size_t len = strlen(zero_terminated);
    return made.len == len && (len == 0 || !memcmp(made.data, zero_terminated, len));
}

// A store with the realm acme and the owner o. `path` is where it is to be.
typedef struct {
    keycask_store *store;
    uint16_t realm;
    keycask_actor by;
    keycask_scopes read;
    char path[512];
} scene;

static inline scene scene_create_with(const char *path, const keycask_options *options) {
    scene made;
    keycask_owner_change owner = KEYCASK_OWNER_CHANGE_INIT;
    keycask_actor by = KEYCASK_ACTOR_INIT;
    memset(&made, 0, sizeof made);
    by.name = text("tester");
    made.by = by;
    CHECK(strlen(path) < sizeof made.path);
    strcpy(made.path, path);
    RETURNS(OK, keycask_create(path, strlen(path), options, &made.store, NULL));
    RETURNS(OK, keycask_realm_apply(made.store, TEXT("acme.toml"), TEXT(ACME), &by, &made.realm,
                                    NULL));
    RETURNS(OK, keycask_owner_set(made.store, made.realm, TEXT("o"), &owner, &by, NULL));
    RETURNS(OK, keycask_scopes_named(made.store, made.realm, TEXT("read"), &made.read, NULL));
    return made;
}

static inline scene scene_create(const char *path) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    return scene_create_with(path, &options);
}

// What a key of the scene's owner is issued with.
static inline keycask_spec scene_spec(const scene *of) {
    keycask_spec spec = KEYCASK_SPEC_INIT;
    spec.realm = of->realm;
    spec.kind = text("live");
    spec.owner = text("o");
    return spec;
}

// Issues such a key with the scope read; its token goes to `token`, its length is returned.
static inline size_t scene_issue(const scene *of, char token[KEYCASK_TOKEN_MAX], uint64_t *key) {
    keycask_spec spec = scene_spec(of);
    size_t len = 0;
    spec.scopes = of->read;
    RETURNS(OK, keycask_issue(of->store, &spec, &of->by, token, KEYCASK_TOKEN_MAX, &len, key,
                              NULL));
    return len;
}

#endif
