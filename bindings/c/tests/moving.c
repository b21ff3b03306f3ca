// Keys that come from elsewhere, many at once, and tokens that went where they should not be.
#include "check.h"

static scene stage;
static keycask_request request = KEYCASK_REQUEST_INIT;

// A text that is given in pieces of a few bytes, and what was told meanwhile.
typedef struct {
    const char *text;
    size_t len;
    size_t piece;
    int fails_at_end;
    uint64_t lines[16];
    int32_t statuses[16];
    size_t refused;
    keycask_leak leaks[8];
    char texts[8][128];
    size_t found;
    size_t stop_after;
} source;

static int64_t gives(void *context, char *buffer, size_t cap) {
    source *from = context;
    size_t len = from->len < from->piece ? from->len : from->piece;
    CHECK(cap > 0);
    if (len > cap) len = cap;
    if (!len) return from->fails_at_end ? -1 : 0;
    memcpy(buffer, from->text, len);
    from->text += len;
    from->len -= len;
    return (int64_t)len;
}

static int64_t lies(void *context, char *buffer, size_t cap) {
    (void)context, (void)buffer;
    return (int64_t)cap + 1;
}

static void refuses(void *context, uint64_t number, int32_t status, const keycask_error *why) {
    source *from = context;
    CHECK(from->refused < 16 && status < 0 && why->message_len > 0);
    CHECK(why->struct_size == sizeof *why);
    from->lines[from->refused] = number;
    from->statuses[from->refused++] = status;
}

static int32_t finds(void *context, const keycask_leak *leak) {
    source *from = context;
    CHECK(from->found < 8 && leak->struct_size == sizeof *leak);
    from->leaks[from->found] = *leak;
    // The texts last until this returns.
    snprintf(from->texts[from->found], 128, "%.*s|%.*s", (int)leak->hint.len, leak->hint.data,
             (int)leak->alert_url.len, leak->alert_url.data);
    return ++from->found == from->stop_after;
}

static source of(const char *zero_terminated, size_t piece) {
    source from;
    memset(&from, 0, sizeof from);
    from.text = zero_terminated;
    from.len = strlen(zero_terminated);
    from.piece = piece;
    return from;
}

static keycask_status asked(const char *token, size_t len, keycask_grant *grant) {
    return keycask_verify(stage.store, stage.realm, token, len, &request, grant, NULL);
}

static keycask_spec wanted(const char *owner) {
    keycask_spec spec = KEYCASK_SPEC_INIT;
    spec.realm = stage.realm;
    spec.kind = text("live");
    spec.owner = text(owner);
    spec.scopes = stage.read;
    return spec;
}

// All of them or none; asked for again, none of the tokens is that of a key that lives.
static void issues_many(void) {
    enum { MANY = 3 };
    static char tokens[MANY * KEYCASK_TOKEN_MAX], again[MANY * KEYCASK_TOKEN_MAX];
    keycask_issued issued[MANY] = {KEYCASK_ISSUED_INIT};
    keycask_actor by = stage.by;
    keycask_error error = KEYCASK_ERROR_INIT;
    keycask_spec specs[MANY];
    keycask_grant grant = KEYCASK_GRANT_INIT;
    size_t i;
    for (i = 0; i < MANY; i++) specs[i] = wanted("o");
    by.operation = text("first of the month");
    specs[2].owner = text("nobody");
    RETURNS(ERR_NOT_FOUND, keycask_issue_many(stage.store, specs, MANY, &by, issued, tokens,
                                              sizeof tokens, &error));
    CHECK(!memcmp(error.message, "spec 2: ", 8));
    specs[2].owner = text("o");
    // The place is told whoever refuses the spec.
    specs[1].scopes.high = 1;
    RETURNS(ERR_ARGUMENT, keycask_issue_many(stage.store, specs, MANY, &by, issued, tokens,
                                             sizeof tokens, &error));
    CHECK(!memcmp(error.message, "spec 1: scopes: ", 16));
    specs[1].scopes.high = 0;
    // No length is written where the message says nothing of one.
    RETURNS(ERR_SPACE, keycask_issue_many(stage.store, specs, MANY, &by, issued, tokens, 1, &error));
    CHECK(!strstr(error.message, "written"));
    RETURNS(OK, keycask_issue_many(stage.store, specs, MANY, &by, issued, tokens, sizeof tokens,
                                   NULL));
    for (i = 0; i < MANY; i++) {
        RETURNS(OK, asked(issued[i].token.data, issued[i].token.len, &grant));
        CHECK(grant.key == issued[i].key);
    }
    RETURNS(OK, keycask_issue_many(stage.store, specs, MANY, &by, issued, again, sizeof again,
                                   NULL));
    for (i = 0; i < MANY; i++) {
        RETURNS(OK, asked(issued[i].token.data, issued[i].token.len, NULL));
        RETURNS(DENY_REVOKED, asked(tokens + i * issued[i].token.len, issued[i].token.len, NULL));
    }
}

// Nothing is asked of nothing.
static void none_is_no_mistake(void) {
    RETURNS(OK, keycask_revoke_many(stage.store, NULL, 0, &stage.by, NULL));
    RETURNS(OK, keycask_verify_many(stage.store, stage.realm, NULL, 0, &request, NULL, NULL, NULL));
}

// A key comes with its token or with a digest of it, and its holder keeps the token.
static void imports(void) {
    static char texts[KEYCASK_IMPORTS_TEXT_MAX];
    keycask_spec own = wanted("o"), other = wanted("new");
    keycask_import_spec keys[2] = {KEYCASK_IMPORT_SPEC_INIT, KEYCASK_IMPORT_SPEC_INIT};
    keycask_outcome outcomes[2];
    keycask_imports_info rows[KEYCASK_IMPORTS_MAX] = {KEYCASK_IMPORTS_INFO_INIT};
    keycask_error error = KEYCASK_ERROR_INIT;
    source from = of("", 1);
    size_t count = 0;
    keys[0].spec = &own;
    keys[0].token = text("a token of 2019");
    keys[0].token.data = "atokenof2019";
    keys[0].token.len = 12;
    keys[1].spec = &other;
    keys[1].digest = text("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    keys[1].scheme = text("sha256");
    keys[1].last_four = text("ello");
    RETURNS(ERR_NOT_FOUND, keycask_import(stage.store, keys, 2, 0, &stage.by, outcomes, refuses,
                                          &from, &error));
    CHECK(!memcmp(error.message, "import 1: ", 10));
    RETURNS(OK, keycask_import(stage.store, keys, 2, KEYCASK_IMPORT_DRY_RUN, &stage.by, outcomes, refuses,
                               &from, NULL));
    CHECK(from.refused == 1 && from.lines[0] == 1);
    CHECK(from.statuses[0] == KEYCASK_ERR_NOT_FOUND && outcomes[1].status == from.statuses[0]);
    CHECK(outcomes[0].status == KEYCASK_OK && outcomes[0].key && !outcomes[1].key);
    RETURNS(DENY_MALFORMED, asked("atokenof2019", 12, NULL));
    RETURNS(OK, keycask_import(stage.store, keys, 2, KEYCASK_IMPORT_SKIP_REFUSED, &stage.by, outcomes,
                               NULL, NULL, NULL));
    CHECK(outcomes[0].key && !outcomes[0].known && outcomes[1].status == KEYCASK_ERR_NOT_FOUND);
    RETURNS(OK, keycask_import(stage.store, keys, 2, KEYCASK_IMPORT_MAKE_OWNERS, &stage.by, outcomes,
                               refuses, &from, NULL));
    CHECK(outcomes[0].known == 1 && outcomes[1].known == 0 && from.refused == 1);
    RETURNS(OK, keycask_imports(stage.store, stage.realm, rows, KEYCASK_IMPORTS_MAX, &count, texts,
                                sizeof texts, NULL));
    CHECK(count == 2 && rows[0].scheme.len == 0 && rows[0].keys == 1 && rows[1].keys == 1);
    CHECK(rows[1].scheme.len == 6 && !memcmp(rows[1].scheme.data, "sha256", 6));
    RETURNS(OK, asked("atokenof2019", 12, NULL));
    RETURNS(OK, asked("hello", 5, NULL));
    RETURNS(OK, keycask_rehash(stage.store, NULL, NULL));
    RETURNS(OK, keycask_imports(stage.store, stage.realm, rows, KEYCASK_IMPORTS_MAX, &count, NULL,
                                0, NULL));
    CHECK(count == 1 && rows[0].keys == 2);
}

// A key that cannot be is left out whoever refuses it, and told of by its place.
static void imports_leave_out_what_cannot_be(void) {
    enum { MANY = 11 };
    static const int32_t want[MANY] = {0,
                                       KEYCASK_ERR_ARGUMENT,
                                       KEYCASK_ERR_ARGUMENT,
                                       KEYCASK_ERR_ARGUMENT,
                                       KEYCASK_ERR_ARGUMENT,
                                       KEYCASK_ERR_ARGUMENT,
                                       KEYCASK_ERR_NOT_FOUND,
                                       KEYCASK_ERR_ARGUMENT,
                                       KEYCASK_ERR_NOT_FOUND,
                                       KEYCASK_ERR_ARGUMENT,
                                       0};
    static char names[MANY][32];
    keycask_import_spec keys[MANY], other = KEYCASK_IMPORT_SPEC_INIT;
    keycask_spec good = wanted("o"), scoped = good, elsewhere = good, nobodys = wanted("nobody");
    keycask_outcome outcomes[MANY];
    keycask_error error = KEYCASK_ERROR_INIT;
    source from = of("", 1);
    size_t i, told = 0;
    scoped.scopes.high = 1;
    elsewhere.realm = 999;
    for (i = 0; i < MANY; i++) {
        keys[i] = other;
        keys[i].spec = &good;
        snprintf(names[i], sizeof names[i], "left-in-or-out-%d", (int)i);
        keys[i].token = text(names[i]);
    }
    keys[1].token = text("abc");
    keys[2].token.data = NULL, keys[2].token.len = 0;
    keys[3] = keys[2], keys[3].scheme = text("sha256"), keys[3].digest = text("00");
    keys[4] = keys[3], keys[4].scheme = text("md5");
    keys[5].state = 4;
    keys[6].spec = &elsewhere;
    keys[7].spec = &scoped;
    keys[8].spec = &nobodys;
    keys[9].issued_ms = 0;
    RETURNS(ERR_ARGUMENT, keycask_import(stage.store, keys, MANY, 0, &stage.by, outcomes, refuses,
                                         &from, &error));
    CHECK(!memcmp(error.message, "import 1: ", 10) && from.refused == 0);
    RETURNS(DENY_UNKNOWN, asked(names[0], strlen(names[0]), NULL));
    // The first that is refused, not the first that can be told without the store.
    RETURNS(ERR_NOT_FOUND, keycask_import(stage.store, keys + 8, 3, 0, &stage.by, outcomes, refuses,
                                          &from, &error));
    CHECK(!memcmp(error.message, "import 0: ", 10) && from.refused == 0);
    RETURNS(OK, keycask_import(stage.store, keys, MANY, KEYCASK_IMPORT_SKIP_REFUSED, &stage.by,
                               outcomes, refuses, &from, NULL));
    for (i = 0; i < MANY; i++) {
        CHECK(outcomes[i].status == want[i] && !outcomes[i].key == !!want[i]);
        if (!want[i]) continue;
        CHECK(from.lines[told] == i && from.statuses[told] == want[i]);
        told++;
    }
    CHECK(from.refused == told && told == MANY - 2);
    RETURNS(OK, asked(names[0], strlen(names[0]), NULL));
    RETURNS(OK, asked(names[MANY - 1], strlen(names[MANY - 1]), NULL));
}

// Once room for a token that is issued was enough to be told to the trail, and not to be given one that
// was imported.
static void shows_no_token_that_has_no_room(void) {
    char longest[KEYCASK_IMPORTED_TOKEN_MAX], again[KEYCASK_IMPORTED_TOKEN_MAX];
    keycask_spec spec = wanted("o");
    keycask_import_spec key = KEYCASK_IMPORT_SPEC_INIT;
    keycask_outcome outcome;
    keycask_audit_span before = KEYCASK_AUDIT_SPAN_INIT, after = KEYCASK_AUDIT_SPAN_INIT;
    size_t cap, len = 0;
    memset(longest, '~', sizeof longest);
    spec.kind = text("shown");
    key.spec = &spec;
    key.token.data = longest, key.token.len = sizeof longest;
    RETURNS(OK, keycask_import(stage.store, &key, 1, 0, &stage.by, &outcome, NULL, NULL, NULL));
    RETURNS(OK, keycask_audit_check(stage.store, &before, NULL));
    for (cap = KEYCASK_TOKEN_MAX; cap < sizeof again; cap += sizeof again - KEYCASK_TOKEN_MAX - 1) {
        RETURNS(ERR_SPACE, keycask_reveal(stage.store, outcome.key, &stage.by, again, cap, &len, NULL));
        CHECK(len == sizeof again);
        RETURNS(OK, keycask_audit_check(stage.store, &after, NULL));
        CHECK(after.last == before.last);
    }
    RETURNS(OK, keycask_reveal(stage.store, outcome.key, &stage.by, again, sizeof again, &len, NULL));
    CHECK(len == sizeof longest && !memcmp(again, longest, len));
    RETURNS(OK, keycask_audit_check(stage.store, &after, NULL));
    CHECK(after.last == before.last + 1);
}

// A table of another system, line by line.
static void imports_lines(void) {
    static const char lines[] =
        "{\"owner\": \"o\", \"token\": \"one-of-theirs\"}\n"
        "\n"
        "{\"owner\": \"o\", \"tokn\": \"misspelled\"}\n"
        "{\"owner\": \"o\", \"digest\":"
        " \"486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7\"}";
    keycask_lines all = KEYCASK_LINES_INIT;
    keycask_import_report report = KEYCASK_IMPORT_REPORT_INIT;
    keycask_error error = KEYCASK_ERROR_INIT;
    source from = of(lines, 7);
    all.realm = stage.realm;
    all.kind = text("live");
    all.scheme = text("sha256");
    RETURNS(ERR_ARGUMENT, keycask_import_lines(stage.store, &all, gives, 0, &stage.by, refuses,
                                               &from, &report, &error));
    CHECK(from.refused == 1 && from.lines[0] == 3 && report.lines == 0);
    CHECK(!memcmp(error.message, "line 3: ", 8));
    RETURNS(DENY_UNKNOWN, asked("world", 5, NULL));
    from = of(lines, 7);
    RETURNS(OK, keycask_import_lines(stage.store, &all, gives, KEYCASK_IMPORT_SKIP_REFUSED, &stage.by,
                                     refuses, &from, &report, NULL));
    CHECK(report.lines == 3 && report.imported == 2 && report.refused == 1 && report.known == 0);
    RETURNS(OK, asked("world", 5, NULL));
    RETURNS(OK, asked("one-of-theirs", 13, NULL));
    from = of(lines, 1000);
    RETURNS(OK, keycask_import_lines(stage.store, &all, gives, KEYCASK_IMPORT_SKIP_REFUSED, &stage.by,
                                     NULL, &from, &report, NULL));
    CHECK(report.known == 2 && report.imported == 0);
    from = of(lines, 9);
    from.fails_at_end = 1;
    RETURNS(ERR_IO, keycask_import_lines(stage.store, &all, gives, KEYCASK_IMPORT_SKIP_REFUSED, &stage.by,
                                         NULL, &from, &report, NULL));
    RETURNS(ERR_IO, keycask_import_lines(stage.store, &all, lies, KEYCASK_IMPORT_SKIP_REFUSED, &stage.by,
                                         NULL, &from, &report, NULL));
}

// A token is found wherever it stands, however the text comes, and its key is ended.
static void finds_leaks(void) {
    char token[KEYCASK_TOKEN_MAX], log[512], message[1024];
    keycask_leaks leaks = KEYCASK_LEAKS_INIT;
    source from;
    uint64_t key, keys[8];
    size_t piece, i, count = 0, len = scene_issue(&stage, token, &key);
    snprintf(log, sizeof log, "first line\nAuthorization: Bearer %.*s\nacme_live_%s\n", (int)len,
             token, "0123456789012345678901234567890");
    for (piece = 1; piece < 600; piece += 83) {
        from = of(log, piece);
        RETURNS(OK, keycask_leaked(stage.store, gives, finds, &from, &leaks, NULL));
        CHECK(leaks.bytes == strlen(log) && leaks.found == from.found && leaks.keys == 1);
        CHECK(from.found >= 1 && from.leaks[0].key == key && from.leaks[0].status == KEYCASK_OK);
        CHECK(from.leaks[0].line == 2 && from.leaks[0].column == 23 && from.leaks[0].offset == 33);
        CHECK(from.leaks[0].flags == KEYCASK_TO_REVOKE && from.leaks[0].realm == stage.realm);
        CHECK(from.leaks[0].alert == 0 && !strncmp(from.texts[0], "acme_live_...", 13));
    }
    from.stop_after = 1, from.text = log, from.len = strlen(log), from.found = 0;
    RETURNS(ERR_CONFLICT, keycask_leaked(stage.store, gives, finds, &from, &leaks, NULL));
    CHECK(from.found == 1);
    from = of(log, 10);
    from.fails_at_end = 1;
    RETURNS(ERR_IO, keycask_leaked(stage.store, gives, finds, &from, &leaks, NULL));

    snprintf(message, sizeof message,
             "[{\"token\": \"nothing\", \"url\": \"u1\"}, {\"token\": \"%.*s\", \"type\": \"acme\","
             " \"url\": \"https://example.com/2\", \"source\": \"content\"}]",
             (int)len, token);
    from = of(message, 50);
    RETURNS(OK, keycask_leaked_alerts(stage.store, gives, finds, &from, &leaks, NULL));
    CHECK(from.found == 1 && from.leaks[0].alert == 2 && from.leaks[0].alert_kind.len == 4);
    CHECK(strstr(from.texts[0], "|https://example.com/2"));
    for (i = 0; i < from.found; i++) {
        if (from.leaks[i].flags & KEYCASK_TO_REVOKE) keys[count++] = from.leaks[i].key;
    }
    RETURNS(OK, keycask_revoke_many(stage.store, keys, count, &stage.by, NULL));
    RETURNS(DENY_REVOKED, asked(token, len, NULL));
    from = of(message, 50);
    RETURNS(OK, keycask_leaked_alerts(stage.store, gives, finds, &from, &leaks, NULL));
    CHECK(leaks.keys == 0 && from.leaks[0].flags == 0);
    CHECK(from.leaks[0].status == KEYCASK_DENY_REVOKED);
    from = of("{\"action\": \"created\"}", 50);
    RETURNS(ERR_ARGUMENT, keycask_leaked_alerts(stage.store, gives, finds, &from, &leaks, NULL));
}

// Other scanners are told what to look for.
static void gives_rules(void) {
    static char rules[8192];
    keycask_error error = KEYCASK_ERROR_INIT;
    size_t len = 0;
    const uint32_t formats[] = {KEYCASK_GITLEAKS, KEYCASK_TRUFFLEHOG, KEYCASK_GITHUB};
    size_t i;
    for (i = 0; i < 3; i++) {
        RETURNS(OK, keycask_rules(stage.store, i ? stage.realm : 0, formats[i], rules,
                                  sizeof rules - 1, &len, NULL));
        rules[len] = 0;
        CHECK(strstr(rules, "acme_live_") && strstr(rules, "acme_shown_"));
    }
    RETURNS(ERR_SPACE, keycask_rules(stage.store, 0, KEYCASK_GITHUB, rules, 1, &len, &error));
    CHECK(len > 100 && strstr(error.message, "was written is enough"));
}

int main(int argc, char **argv) {
    static const uint8_t sealing_key[KEYCASK_SECRET_LEN] = {0x53};
    keycask_options options = KEYCASK_OPTIONS_INIT;
    CHECK(argc == 2);
    options.sealing_key = sealing_key, options.sealing_key_len = sizeof sealing_key;
    stage = scene_create_with(argv[1], &options);
    issues_many();
    none_is_no_mistake();
    imports();
    imports_leave_out_what_cannot_be();
    shows_no_token_that_has_no_room();
    imports_lines();
    finds_leaks();
    gives_rules();
    RETURNS(OK, keycask_check(stage.store, NULL));
    RETURNS(OK, keycask_close(stage.store));
    return 0;
}
