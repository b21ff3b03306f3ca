// A realm as its profile describes it: all that a page about keys has to show.
#include "check.h"

static const char RICH[] =
    "realm = 'rich'\ntitle = 'Rich & Co'\n"
    "[[kind]]\nname = 'live'\nprefix = 'r_live_'\nbody = 32\nenvironment = 'production'\n"
    "active = 5\n"
    "[[kind]]\nname = 'mine'\nprefix = 'r_mine_'\nbody = 32\nchecksum = 'none'\n"
    "rights = 'owner'\nreveal = true\n"
    "[[scope]]\nname = 'read'\ntitle = 'Read it'\ntier = 'low'\nmethods = ['GET', 'HEAD']\n"
    "[[scope]]\nname = 'write'\nimplies = ['read']\nmethods = ['*']\n"
    "[[set]]\nname = 'all'\ntitle = 'Everything'\nscopes = ['read', 'write']\n"
    "[[plan]]\nname = 'free'\ntitle = 'For free'\nactive = 3\nquota = '1000 per month'\n"
    "rates = ['300 per 1m, burst 50', '5000 per 1h']\nkinds = { live = 2, mine = 1 }\n"
    "[[plan]]\nname = 'pro'\n"
    "[policy]\ndefault_plan = 'free'\nlongest_life = '90d'\ndefault_grace = '1h'\n"
    "rotate_after = '30d'\nsuspend = false\nbuckets = 'owner'\nusage = true\nidle = '7d'\n"
    "retain = '2d'\n";

// The realm of the scene, without the scope read.
static const char NARROW[] =
    "realm = 'acme'\n"
    "[[kind]]\nname = 'live'\nprefix = 'acme_live_'\nbody = 32\nenvironment = 'production'\n"
    "[[kind]]\nname = 'shown'\nprefix = 'acme_shown_'\nbody = 32\nreveal = true\n"
    "[[scope]]\nname = 'write'\n";

#define DAY 86400000LL

static keycask_store *store;
static uint16_t realm;
static char room[KEYCASK_KEY_TEXT_MAX];

static int named(uint32_t what, const char *want) {
    size_t len;
    keycask_text names = {room, 0};
    RETURNS(OK, keycask_realm_names(store, realm, what, room, KEYCASK_SCOPES_TEXT_MAX, &len, NULL));
    names.len = len;
    return is_text(names, want);
}

int main(int argc, char **argv) {
    scene stage;
    keycask_kind_info kind = KEYCASK_KIND_INFO_INIT;
    keycask_scope_info scope = KEYCASK_SCOPE_INFO_INIT;
    keycask_set_info set = KEYCASK_SET_INFO_INIT;
    keycask_plan_info plan = KEYCASK_PLAN_INFO_INIT;
    keycask_policy_info policy = KEYCASK_POLICY_INFO_INIT;
    keycask_scopes read_write;
    keycask_key_info info = KEYCASK_KEY_INFO_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    keycask_description description = KEYCASK_DESCRIPTION_INIT;
    char token[KEYCASK_TOKEN_MAX];
    uint64_t key;
    uint16_t realms[2];
    uint64_t both;
    size_t count;
    CHECK(argc == 2);
    stage = scene_create(argv[1]);
    store = stage.store;
    RETURNS(OK, keycask_realm_apply(store, TEXT("rich.toml"), TEXT(RICH), &stage.by, &realm, NULL));
    RETURNS(OK, keycask_realms(store, realms, 2, &count, NULL));
    CHECK(count == 2 && realms[0] == stage.realm && realms[1] == realm);
    CHECK(named(KEYCASK_KINDS, "live mine") && named(KEYCASK_SCOPES, "read write"));
    CHECK(named(KEYCASK_SETS, "all") && named(KEYCASK_PLANS, "free pro"));
    RETURNS(OK, keycask_scopes_named(store, realm, TEXT("read write"), &read_write, NULL));
    RETURNS(OK, keycask_kinds_named(store, realm, TEXT("live mine"), &both, NULL));

    RETURNS(OK, keycask_kind(store, realm, TEXT("live"), &kind, room, KEYCASK_KIND_TEXT_MAX, NULL));
    CHECK(is_text(kind.name, "live") && is_text(kind.prefix, "r_live_"));
    CHECK(is_text(kind.environment, "production") && kind.flags == 0 && kind.active == 5);
    CHECK(kind.rights == KEYCASK_RIGHTS_KEY && kind.token_len == 7 + 32 + 6);
    both &= ~kind.kinds;
    RETURNS(OK, keycask_kind(store, realm, TEXT("mine"), &kind, room, KEYCASK_KIND_TEXT_MAX, NULL));
    CHECK(kind.rights == KEYCASK_RIGHTS_OWNER && kind.flags == KEYCASK_REVEALABLE);
    CHECK(kind.kinds == both && kind.active == KEYCASK_UNLIMITED && kind.token_len == 7 + 32);
    CHECK(kind.environment.len == 0);
    RETURNS(OK, keycask_kind_name(store, realm, kind.kind, room, sizeof room, &count, NULL));
    CHECK(count == 4 && !memcmp(room, "mine", 4));

    RETURNS(OK, keycask_scope(store, realm, TEXT("read"), &scope, room, sizeof room, NULL));
    CHECK(is_text(scope.title, "Read it") && is_text(scope.tier, "low"));
    CHECK(is_text(scope.methods, "GET HEAD") && scope.implies.len == 0);
    RETURNS(OK, keycask_scope(store, realm, TEXT("write"), &scope, room, sizeof room, NULL));
    CHECK(is_text(scope.implies, "read") && is_text(scope.methods, "*"));
    CHECK(scope.expanded.low == read_write.low && scope.scopes.low != read_write.low);
    RETURNS(OK, keycask_set(store, realm, TEXT("all"), &set, room, KEYCASK_SET_TEXT_MAX, NULL));
    CHECK(is_text(set.title, "Everything") && set.scopes.low == read_write.low);

    RETURNS(OK, keycask_plan(store, realm, TEXT("free"), &plan, room, KEYCASK_PLAN_TEXT_MAX, NULL));
    CHECK(is_text(plan.name, "free") && is_text(plan.title, "For free") && plan.active == 3);
    CHECK(is_text(plan.quota, "1000 per month") && is_text(plan.active_of, "live 2 mine 1"));
    CHECK(plan.windows_len == 2 && plan.windows[0].limit == 300 && plan.windows[0].burst == 50);
    CHECK(plan.windows[0].period_ms == 60000 && plan.windows[1].burst == 5000);
    CHECK(plan.windows[2].limit == 0);
    RETURNS(OK, keycask_plan(store, realm, TEXT("pro"), &plan, NULL, 0, NULL));
    CHECK(plan.active == KEYCASK_UNLIMITED && plan.windows_len == 0 && plan.name.len == 0);

    RETURNS(OK, keycask_policy(store, realm, &policy, room, KEYCASK_POLICY_TEXT_MAX, NULL));
    CHECK(is_text(policy.title, "Rich & Co") && is_text(policy.default_plan, "free"));
    CHECK(policy.flags == (KEYCASK_KEEPS_USAGE | KEYCASK_SHARES_RATES));
    CHECK(policy.longest_life_ms == 90 * DAY && policy.default_life_ms == 90 * DAY);
    CHECK(policy.default_grace_ms == 3600000 && policy.longest_grace_ms == 30 * DAY);
    CHECK(policy.rotate_after_ms == 30 * DAY && policy.idle_ms == 7 * DAY);
    CHECK(policy.retain_ms == 2 * DAY);
    RETURNS(OK, keycask_policy(store, stage.realm, &policy, room, sizeof room, NULL));
    CHECK(is_text(policy.title, "acme") && policy.flags == KEYCASK_SUSPENDS);
    CHECK(policy.longest_life_ms == KEYCASK_NEVER && policy.rotate_after_ms == KEYCASK_NONE);
    CHECK(policy.idle_ms == KEYCASK_NONE && policy.default_plan.len == 0);

    // What a revoked key was granted stays told, as names and as bits.
    scene_issue(&stage, token, &key);
    RETURNS(OK, keycask_revoke(store, key, &stage.by, NULL));
    RETURNS(OK, keycask_realm_apply(store, TEXT("acme.toml"), TEXT(NARROW), &stage.by, NULL, NULL));
    RETURNS(OK, keycask_key(store, key, &info, room, sizeof room, NULL));
    CHECK(is_text(info.scope_names, "read"));
    CHECK(info.scopes.low == stage.read.low && info.scopes.high == 0);
    // Texts may be left out wherever there are any.
    grant.owner = 1, grant.realm = stage.realm, grant.kind = 1;
    RETURNS(OK, keycask_describe(store, &grant, &description, NULL, 0, NULL));
    CHECK(description.realm.len == 0);
    RETURNS(OK, keycask_close(store));
    return 0;
}
