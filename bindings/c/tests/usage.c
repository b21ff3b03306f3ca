// From where, how often and how recently a key is used, and what comes of it.
#include "check.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

static const int64_t START = 1767603600000; // 2026-01-05T09:00:00Z

static scene at;
static keycask_request request = KEYCASK_REQUEST_INIT;
static keycask_grant grant = KEYCASK_GRANT_INIT;
static keycask_denial denial = KEYCASK_DENIAL_INIT;
static char token[KEYCASK_TOKEN_MAX];
static size_t len;
static char room[KEYCASK_KEY_TEXT_MAX];

static uint64_t issued(const keycask_spec *spec) {
    uint64_t key = 0;
    RETURNS(OK, keycask_issue(at.store, spec, &at.by, token, sizeof token, &len, &key, NULL));
    return key;
}

static void update(uint64_t key, const keycask_key_change *change) {
    RETURNS(OK, keycask_update(at.store, key, change, &at.by, NULL));
}

static keycask_key_info shown(uint64_t key) {
    keycask_key_info info = KEYCASK_KEY_INFO_INIT;
    RETURNS(OK, keycask_key(at.store, key, &info, room, sizeof room, NULL));
    return info;
}

static keycask_status verified(void) {
    return keycask_verify(at.store, at.realm, token, len, &request, &grant, &denial);
}

static void from(const unsigned char *address, uint32_t address_len) {
    memcpy(request.address, address, address_len);
    request.address_len = address_len;
}

static void networks(void) {
    static const unsigned char inside[4] = {10, 1, 2, 3}, outside[4] = {11, 1, 2, 3};
    static const unsigned char mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 9, 9, 9};
    static const unsigned char six[16] = {0x20, 0x01, 0x0D, 0xB8, 1};
    keycask_key_change change = KEYCASK_KEY_CHANGE_INIT;
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_answer answer = KEYCASK_ANSWER_INIT;
    keycask_header header = {{NULL, 0}, {NULL, 0}};
    char bearer[KEYCASK_TOKEN_MAX + 8] = "Bearer ", answered[4096];
    size_t answered_len;
    keycask_spec spec = scene_spec(&at);
    uint64_t key = 0;
    for (int blank = 0; blank < 2; blank++) { // no list of none opens a key
        spec.networks = text(blank ? " " : "");
        RETURNS(ERR_ARGUMENT, keycask_issue(at.store, &spec, &at.by, token, sizeof token, &len,
                                            &key, NULL));
    }
    spec.networks = text("2001:db8::/32 10.0.0.0/8");
    key = issued(&spec);
    CHECK(is_text(shown(key).networks, "10.0.0.0/8 2001:db8::/32"));
    RETURNS(DENY_NETWORK, verified()); // from nowhere
    CHECK(denial.key == key);
    from(outside, 4);
    RETURNS(DENY_NETWORK, verified());
    from(inside, 4);
    RETURNS(OK, verified());
    from(mapped, 16);
    RETURNS(OK, verified());
    from(six, 16);
    RETURNS(OK, verified());
    // A request that is presented comes from somewhere, too.
    memcpy(bearer + 7, token, len);
    http.method = text("GET");
    header.name = text("Authorization");
    header.value.data = bearer;
    header.value.len = len + 7;
    http.headers = &header;
    http.headers_len = 1;
    RETURNS(OK, keycask_present(at.store, at.realm, &http, &request, &answer, answered,
                                sizeof answered, &answered_len, &grant, &denial));
    from(outside, 4);
    RETURNS(DENY_NETWORK,
            keycask_present(at.store, at.realm, &http, &request, &answer, answered,
                            sizeof answered, &answered_len, &grant, &denial));
    change.networks = text("11.0.0.0/8");
    update(key, &change);
    RETURNS(OK, verified());
    for (int blank = 0; blank < 2; blank++) { // nor opens it again, but the flag alone
        keycask_error error = KEYCASK_ERROR_INIT;
        change.networks = text(blank ? " " : "");
        RETURNS(ERR_ARGUMENT, keycask_update(at.store, key, &change, &at.by, &error));
        CHECK(error.message_len > 9 && !memcmp(error.message, "networks:", 9));
        RETURNS(DENY_NETWORK, (from(outside, 4), request.address[0] = 12, verified()));
    }
    memset(&change.networks, 0, sizeof change.networks), change.flags = KEYCASK_ANY_NETWORK;
    update(key, &change);
    request.address_len = 0;
    RETURNS(OK, verified());
    CHECK(shown(key).networks.len == 0);
}

// What a client sends is decided about, whatever its bytes are. Once a head that is not UTF-8 was a
// failure, which a server answers with 500.
static void heads_of_any_bytes(void) {
    static const char QUOTES[] =
        "realm = 'quotes'\n[[kind]]\nname = 'live'\nprefix = 'q_'\nbody = 32\n"
        "[answers.unauthorized]\nbody = '\"{method} {request_id}\"'\n";
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_answer answer = KEYCASK_ANSWER_INIT;
    keycask_header headers[2] = {{{NULL, 0}, {NULL, 0}}, {{NULL, 0}, {NULL, 0}}};
    char answered[4096];
    size_t answered_len;
    uint16_t realm;
    RETURNS(OK, keycask_realm_apply(at.store, TEXT("quotes.toml"), TEXT(QUOTES), &at.by, &realm, NULL));
    http.method = text("G\xFF"), http.request_id = text("r\xC3-1");
    http.headers = headers, http.headers_len = 2;
    headers[0].name = text("Author\xFFization"), headers[0].value = text("Bearer \xFF");
    headers[1].name = text("Authorization"), headers[1].value = text("Bearer \xFF");
    RETURNS(DENY_NOT_ASCII, keycask_present(at.store, realm, &http, &request, &answer, answered,
                                            sizeof answered, &answered_len, NULL, NULL));
    CHECK(is_text(answer.body, "\"G\xEF\xBF\xBD r\xEF\xBF\xBD-1\""));
    http.headers_len = 1;
    RETURNS(DENY_MISSING, keycask_present(at.store, realm, &http, &request, &answer, answered,
                                          sizeof answered, &answered_len, NULL, NULL));
}

// As many networks as a key can have, each as long as one can be, have room.
static void longest(void) {
    enum { EACH = 43 };
    static const char wide[] = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:";
    char list[KEYCASK_NETWORKS_MAX * (EACH + 1) + 1];
    keycask_spec spec = scene_spec(&at);
    keycask_key_info info;
    int i, used = 0;
    for (i = 0; i < KEYCASK_NETWORKS_MAX; i++) {
        used += sprintf(list + used, "%s%04x/128 ", wide, (unsigned)(0xF000 + i));
    }
    spec.networks.data = list, spec.networks.len = (size_t)used;
    info = shown(issued(&spec));
    CHECK(info.networks.len == (size_t)used - 1);
    CHECK(!memcmp(info.networks.data, list, info.networks.len));
}

static void idle(void) {
    keycask_key_change change = KEYCASK_KEY_CHANGE_INIT;
    keycask_spec spec = scene_spec(&at);
    keycask_key_info info;
    uint64_t key;
    spec.idle_ms = HOUR;
    key = issued(&spec);
    info = shown(key);
    CHECK(info.idle_ms == HOUR && info.idle_at_ms >= START + HOUR);
    CHECK(info.last_used_ms == KEYCASK_NONE);
    RETURNS(OK, keycask_set_clock(at.store, START + 50 * MINUTE, NULL));
    RETURNS(OK, verified());
    info = shown(key);
    CHECK(info.last_used_ms > START + 48 * MINUTE && info.last_used_ms <= START + 50 * MINUTE);
    CHECK(info.idle_at_ms >= info.last_used_ms + HOUR);
    CHECK(info.idle_at_ms <= START + 112 * MINUTE);
    RETURNS(OK, keycask_set_clock(at.store, START + 115 * MINUTE, NULL));
    RETURNS(DENY_IDLE, verified());
    change.idle_ms = 2 * HOUR; // from now on
    update(key, &change);
    RETURNS(OK, verified());
    change.idle_ms = KEYCASK_DEFAULT; // the realm has none
    update(key, &change);
    CHECK(shown(key).idle_ms == KEYCASK_NONE && shown(key).idle_at_ms == KEYCASK_NONE);
}

static void quota(void) {
    keycask_key_change change = KEYCASK_KEY_CHANGE_INIT;
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_spec spec = scene_spec(&at);
    keycask_key_info info;
    uint64_t key, successor;
    spec.quota = text("10 per day");
    key = issued(&spec);
    request.cost = 4;
    RETURNS(OK, verified());
    CHECK(grant.credits.limit == 10 && grant.credits.remaining == 6);
    CHECK(grant.credits.reset_ms == START + 15 * (int64_t)HOUR); // midnight
    RETURNS(OK, verified());
    RETURNS(DENY_QUOTA_EXHAUSTED, verified());
    CHECK(denial.key == key && denial.credits.limit == 10 && denial.credits.remaining == 2);
    CHECK(denial.retry_ms > 0 && denial.retry_ms <= 15 * (int64_t)HOUR);
    CHECK(denial.rate.limit == 0);
    request.cost = 11; // more than there ever is
    RETURNS(DENY_QUOTA_EXHAUSTED, verified());
    CHECK(denial.retry_ms == KEYCASK_NEVER);
    request.cost = KEYCASK_FREE;
    RETURNS(OK, verified());
    request.cost = 1;
    info = shown(key);
    CHECK(is_text(info.quota, "10 per day") && info.credits.limit == 10);
    CHECK(info.credits.remaining == 2 && info.credits.reset_ms == grant.credits.reset_ms);
    change.flags = KEYCASK_ADD_CREDITS, change.credits = 100;
    update(key, &change);
    CHECK(shown(key).credits.remaining == 102);
    change.flags = KEYCASK_TAKE_CREDITS, change.credits = 1000;
    update(key, &change);
    RETURNS(DENY_QUOTA_EXHAUSTED, verified());
    change.flags = KEYCASK_SET_CREDITS, change.credits = 3;
    update(key, &change);
    // A rotation shares them.
    RETURNS(OK, keycask_rotate(at.store, key, &rotation, &at.by, token, sizeof token, &len,
                               &successor, NULL));
    RETURNS(OK, verified());
    CHECK(grant.key == successor && grant.credits.remaining == 2);
    change.flags = 0, change.credits = 0, change.quota = text("5");
    update(successor, &change);
    RETURNS(OK, verified());
    CHECK(grant.credits.limit == 5 && grant.credits.remaining == 4);
    CHECK(grant.credits.reset_ms == KEYCASK_NEVER);
    change.quota = text("");
    RETURNS(ERR_ARGUMENT, keycask_update(at.store, successor, &change, &at.by, NULL));
    memset(&change.quota, 0, sizeof change.quota), change.flags = KEYCASK_NO_QUOTA;
    update(successor, &change);
    RETURNS(OK, verified());
    CHECK(grant.credits.limit == 0);
}

// Many tokens at once come to what each comes to alone.
static void batch(void) {
    enum { MANY = 150 };
    static char tokens[3][KEYCASK_TOKEN_MAX];
    static keycask_text texts[MANY];
    static keycask_grant grants[MANY];
    static keycask_denial denials[MANY];
    int32_t statuses[MANY];
    keycask_spec spec = scene_spec(&at);
    uint64_t keys[3];
    int i;
    for (i = 0; i < 3; i++) {
        spec.quota = text(i == 1 ? "1" : "1000");
        keys[i] = issued(&spec);
        memcpy(tokens[i], token, len);
    }
    RETURNS(OK, keycask_revoke(at.store, keys[2], &at.by, NULL));
    for (i = 0; i < MANY; i++) {
        texts[i].data = tokens[i % 3];
        texts[i].len = len;
    }
    grants[0].struct_size = sizeof grants[0];
    denials[0].struct_size = sizeof denials[0];
    RETURNS(DENY_REVOKED, keycask_verify_many(at.store, at.realm, texts, MANY, &request, statuses,
                                               grants, denials));
    for (i = 0; i < MANY; i++) {
        switch (i % 3) {
        case 0:
            CHECK(statuses[i] == KEYCASK_OK && grants[i].key == keys[0] && denials[i].key == 0);
            CHECK(grants[i].credits.remaining == (uint64_t)(999 - i / 3));
            break;
        case 1:
            if (i == 1) {
                CHECK(statuses[i] == KEYCASK_OK && grants[i].credits.remaining == 0);
                break;
            }
            CHECK(statuses[i] == KEYCASK_DENY_QUOTA_EXHAUSTED && grants[i].key == 0);
            CHECK(denials[i].key == keys[1] && denials[i].retry_ms == KEYCASK_NEVER);
            CHECK(denials[i].credits.limit == 1 && denials[i].credits.remaining == 0);
            break;
        default:
            CHECK(statuses[i] == KEYCASK_DENY_REVOKED && denials[i].key == keys[2]);
            CHECK(denials[i].credits.limit == 0 && grants[i].key == 0);
        }
    }
}

int main(int argc, char **argv) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    CHECK(argc == 2);
    options.clock_ms = START;
    at = scene_create_with(argv[1], &options);
    networks();
    heads_of_any_bytes();
    longest();
    quota();
    batch();
    idle();
    RETURNS(OK, keycask_check(at.store, NULL));
    RETURNS(OK, keycask_close(at.store));
    return 0;
}
