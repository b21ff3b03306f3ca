// From open to a refused token.
//
//     cc quickstart.c -lkeycask && ./a.out new.keycask
#include <keycask.h>
#include <stdio.h>
#include <string.h>

#define TEXT(literal) literal, sizeof(literal) - 1

static const char PROFILE[] =
    "realm = 'acme'\n"
    "[[kind]]\nname = 'live'\nprefix = 'acme_live_'\nbody = 32\n"
    "[[scope]]\nname = 'read'\n";

int main(int argc, char **argv) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_actor by = KEYCASK_ACTOR_INIT;
    keycask_owner_change owner = KEYCASK_OWNER_CHANGE_INIT;
    keycask_spec spec = KEYCASK_SPEC_INIT;
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    keycask_error error = KEYCASK_ERROR_INIT;
    keycask_store *store = NULL;
    keycask_status status;
    char token[KEYCASK_TOKEN_MAX];
    size_t token_len;
    uint64_t key;

    if (argc != 2 || keycask_create(argv[1], strlen(argv[1]), &options, &store, &error)) goto fail;
    by.name = (keycask_text){TEXT("quickstart")};
    if (keycask_realm_apply(store, TEXT("acme.toml"), TEXT(PROFILE), &by, &spec.realm, &error) ||
        keycask_owner_set(store, spec.realm, TEXT("user-7"), &owner, &by, &error) ||
        keycask_scopes_named(store, spec.realm, TEXT("read"), &spec.scopes, &error)) goto fail;
    spec.kind = (keycask_text){TEXT("live")};
    spec.owner = (keycask_text){TEXT("user-7")};
    if (keycask_issue(store, &spec, &by, token, sizeof token, &token_len, &key, &error)) goto fail;
    printf("%.*s is seen here and never again\n", (int)token_len, token);

    request.scopes = spec.scopes; // what the request needs
    status = keycask_verify(store, spec.realm, token, token_len, &request, &grant, NULL);
    printf("with the scope read: %s\n", keycask_status_name(status));
    if (keycask_revoke(store, grant.key, &by, &error)) goto fail;
    status = keycask_verify(store, spec.realm, token, token_len, &request, &grant, NULL);
    printf("after it was revoked: %s\n", keycask_status_name(status));
    return keycask_close(store) == KEYCASK_OK ? 0 : 1;
fail:
    fprintf(stderr, "%.*s\n", (int)error.message_len, error.message);
    (void)keycask_close(store);
    return 1;
}
