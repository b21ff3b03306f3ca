// Runs a script of tests/systems through the C ABI: `script STORE ROOT FILE`.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"
#include "words.h"

enum { LINES = 64, ROWS = 64 };

// One step: a command and the lines that belong to it.
typedef struct {
    int line;
    char *command;
    char *head[LINES];
    int heads;
    char *answer[LINES]; // what stands after `<`, and after it a space if there is one
    int answers;
    char *named; // the answer of this name
    char *rows[ROWS];
    int row_lines[ROWS];
    int wanted_rows;
    char *error;
    char *reason;
} step;

// What came of a step.
static struct {
    keycask_status status;
    keycask_error error;
    row rows[ROWS];
    int count;
    char reason[64];
    int http_status;
    char *headers;
    char *body;
} came;

static struct {
    char *name;
    step lines;
} answers[64];
static int answers_len = 0;

static const char *path, *root;
static keycask_store *store = NULL;
static uint16_t realm = 0;
static int64_t now = 0;
static char text_room[KEYCASK_EXPLANATION_TEXT_MAX];

static keycask_text as_text(const char *zero_terminated) {
    keycask_text made;
    made.data = zero_terminated;
    made.len = strlen(zero_terminated);
    return made;
}

// The words of the command that are not used up.
static words args;
static int bare = 1; // number 0 is the verb

static char *take(const char *name) {
    int i;
    for (i = 1; i < args.count; i++) {
        if (args.at[i].name && !strcmp(args.at[i].name, name)) {
            args.at[i].name = keep_text("", 0);
            return replaced(args.at[i].value, 0);
        }
    }
    return NULL;
}

static char *required(const char *name) {
    char *value = take(name);
    if (!value) fail("want %s=", name);
    return value;
}

static char *next_bare(void) {
    if (bare >= args.count || args.at[bare].name) fail("want one word more");
    return replaced(args.at[bare++].value, 0);
}

static void no_more(void) {
    int i;
    for (i = bare; i < args.count; i++) {
        if (!args.at[i].name || args.at[i].name[0]) fail("%s has no meaning", args.at[i].value);
    }
}

// Whether the call was done; if not, the step is over.
static int done(keycask_status status) {
    came.status = status;
    return status == KEYCASK_OK;
}

static keycask_actor actor(void) {
    keycask_actor by = KEYCASK_ACTOR_INIT;
    char *name = take("by"), *reason = take("because");
    by.name = as_text(name ? name : "script");
    if (reason) by.reason = as_text(reason);
    return by;
}

// The scopes of a list like a,b.
static int scopes(const char *list, keycask_scopes *to) {
    char *spaced = keep_text(list, strlen(list)), *at;
    for (at = spaced; *at; at++) {
        if (*at == ',') *at = ' ';
    }
    return done(keycask_scopes_named(store, realm, spaced, strlen(spaced), to, &came.error));
}

static void open_store(int create) {
    static uint8_t pepper[KEYCASK_SECRET_LEN], sealing[KEYCASK_SECRET_LEN];
    keycask_options options = KEYCASK_OPTIONS_INIT;
    memset(pepper, 0x50, sizeof pepper);
    memset(sealing, 0x53, sizeof sealing);
    options.pepper = pepper;
    options.pepper_len = sizeof pepper;
    options.sealing_key = sealing;
    options.sealing_key_len = sizeof sealing;
    options.clock_ms = now;
    done((create ? keycask_create : keycask_open)(path, strlen(path), &options, &store,
                                                  &came.error));
}

static void set_clock(int64_t to) {
    now = to;
    if (store && keycask_set_clock(store, now, NULL)) fail("the clock cannot be set");
}

static uint64_t named(void) {
    const char *name = next_bare();
    const known *found = known_named(name);
    if (!found) fail("no key was issued as %s", name);
    return found->id;
}

// Puts the key into the result.
static row *show(uint64_t key) {
    static keycask_key_info info = KEYCASK_KEY_INFO_INIT;
    row *to = &came.rows[0];
    if (!done(keycask_key(store, key, &info, text_room, sizeof text_room, &came.error))) return to;
    row_of_key(to, &info);
    came.count = 1;
    return to;
}

// Keeps a new key under its name, and shows it.
static void issued(const char *name, uint64_t key, const char *token, size_t token_len) {
    known *made = known_new(name);
    row *shown = show(key);
    int i;
    made->id = key;
    made->token = keep_text(token, token_len);
    if (keycask_key_id_text(key, made->id_text, 17, NULL)) fail("no text of a key id");
    row_number(shown, "length", token_len);
    for (i = 0; i < shown->count; i++) {
        const field *at = &shown->fields[i];
        if (!strcmp(at->name, "prefix")) made->prefix = keep_text(at->text, strlen(at->text));
        if (!strcmp(at->name, "last_four")) made->last_four = keep_text(at->text, 4);
    }
}

static void do_profile(void) {
    const char *file = next_bare();
    char *whole = keep(strlen(root) + strlen(file) + 2), *toml = keep(1 << 16);
    keycask_actor by = actor();
    FILE *from;
    size_t len;
    sprintf(whole, "%s/%s", root, file);
    from = fopen(whole, "rb");
    if (!from) fail("%s cannot be read", whole);
    len = fread(toml, 1, 1 << 16, from);
    fclose(from);
    done(keycask_realm_apply(store, file, strlen(file), toml, len, &by, &realm, &came.error));
}

static void do_scope(void) {
    const char *name = next_bare();
    keycask_scope_info info = KEYCASK_SCOPE_INFO_INIT;
    row *to = &came.rows[0];
    if (!done(keycask_scope(store, realm, name, strlen(name), &info, text_room, sizeof text_room,
                            &came.error))) {
        return;
    }
    row_optional(to, "title", info.title);
    row_optional(to, "tier", info.tier);
    row_list(to, "implies", info.implies);
    came.count = 1;
}

static void do_owner(void) {
    const char *id = next_bare();
    char *plan = take("plan"), *direct = take("direct"), *group = take("group");
    char *suspended = take("suspended");
    char names[2][KEYCASK_SCOPES_TEXT_MAX];
    keycask_text lists[2] = {{names[0], 0}, {names[1], 0}};
    keycask_owner_change change = KEYCASK_OWNER_CHANGE_INIT;
    keycask_owner_info info = KEYCASK_OWNER_INFO_INIT;
    keycask_actor by = actor();
    row *to = &came.rows[0];
    if (plan) change.plan = as_text(plan);
    if (direct && !scopes(direct, &change.direct)) return;
    if (group && !scopes(group, &change.group)) return;
    if (direct) change.flags |= KEYCASK_SET_DIRECT;
    if (group) change.flags |= KEYCASK_SET_GROUP;
    if (suspended) {
        change.flags |= strcmp(suspended, "true") ? KEYCASK_SET_RESUMED : KEYCASK_SET_SUSPENDED;
    }
    if (!done(keycask_owner_set(store, realm, id, strlen(id), &change, &by, &came.error)) ||
        !done(keycask_owner(store, realm, id, strlen(id), &info, text_room, sizeof text_room,
                            &came.error)) ||
        !done(keycask_scopes_text(store, realm, info.direct, names[0], sizeof names[0],
                                  &lists[0].len, &came.error)) ||
        !done(keycask_scopes_text(store, realm, info.group, names[1], sizeof names[1],
                                  &lists[1].len, &came.error))) {
        return;
    }
    row_optional(to, "plan", info.plan);
    row_list(to, "direct", lists[0]);
    row_list(to, "group", lists[1]);
    row_flag(to, "suspended", (info.flags & KEYCASK_OWNER_SUSPENDED) != 0);
    came.count = 1;
}

static void ends(int64_t *end_ms, int64_t *life_ms) {
    char *end = take("end"), *life = take("life");
    if (end) *end_ms = instant(end, now);
    if (life) {
        *end_ms = KEYCASK_AFTER;
        *life_ms = span(life);
    }
}

static void do_issue(void) {
    const char *name = next_bare();
    char *list = take("scopes"), *set = take("set"), *people = take("name");
    char *metadata = take("metadata"), *start = take("start"), *times = take("times");
    char token[KEYCASK_TOKEN_MAX];
    keycask_spec spec = KEYCASK_SPEC_INIT;
    keycask_actor by = actor();
    size_t len;
    uint64_t key;
    long left = times ? strtol(times, NULL, 10) : 1;
    spec.realm = realm;
    spec.kind = as_text(required("kind"));
    spec.owner = as_text(required("owner"));
    if (list && !scopes(list, &spec.scopes)) return;
    if (set) {
        keycask_set_info of_set = KEYCASK_SET_INFO_INIT;
        if (!done(keycask_set(store, realm, set, strlen(set), &of_set, NULL, 0, &came.error))) {
            return;
        }
        spec.scopes.low |= of_set.scopes.low;
        spec.scopes.high |= of_set.scopes.high;
    }
    if (people) spec.name = as_text(people);
    if (metadata) spec.metadata = as_text(metadata);
    if (start) spec.start_ms = instant(start, now);
    ends(&spec.end_ms, &spec.life_ms);
    for (; left > 0; left--) {
        if (!done(keycask_issue(store, &spec, &by, token, sizeof token, &len, &key,
                                &came.error))) {
            return;
        }
        came.rows[0].count = 0;
        issued(name, key, token, len);
    }
}

static void do_rotate(int regenerate) {
    uint64_t key = named(), successor;
    char *as = required("as"), *grace = take("grace");
    char token[KEYCASK_TOKEN_MAX];
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_actor by = actor();
    size_t len;
    if (grace) rotation.grace_ms = span(grace) ? span(grace) : KEYCASK_AT_ONCE;
    if (regenerate) rotation.grace_ms = KEYCASK_AT_ONCE;
    ends(&rotation.end_ms, &rotation.life_ms);
    if (done(keycask_rotate(store, key, &rotation, &by, token, sizeof token, &len, &successor,
                            &came.error))) {
        issued(as, successor, token, len);
    }
}

static void do_state(keycask_status (*how)(const keycask_store *, uint64_t,
                                           const keycask_actor *, keycask_error *)) {
    uint64_t key = named();
    keycask_actor by = actor();
    if (done(how(store, key, &by, &came.error))) show(key);
}

static void do_update(void) {
    uint64_t key = named();
    char *name = take("name"), *metadata = take("metadata"), *end = take("end");
    char *list = take("scopes");
    keycask_key_change change = KEYCASK_KEY_CHANGE_INIT;
    keycask_actor by = actor();
    if (name) change.name = as_text(name);
    if (metadata) change.metadata = as_text(metadata);
    if (end) change.end_ms = instant(end, now);
    if (list) {
        if (!scopes(list, &change.scopes)) return;
        change.flags = KEYCASK_SET_SCOPES;
    }
    if (done(keycask_update(store, key, &change, &by, &came.error))) show(key);
}

static void do_list(void) {
    char *owner = take("owner"), *state = take("state");
    keycask_filter filter = KEYCASK_FILTER_INIT;
    keycask_cursor after = KEYCASK_CURSOR_INIT, next = KEYCASK_CURSOR_INIT;
    keycask_key_info page[3] = {KEYCASK_KEY_INFO_INIT};
    size_t count, i;
    filter.realm = realm;
    if (owner) filter.owner = as_text(owner);
    if (state) {
        filter.state = *state == 'a' ? KEYCASK_ACTIVE
                     : *state == 's' ? KEYCASK_SUSPENDED : KEYCASK_REVOKED;
    }
    do {
        if (!done(keycask_list(store, &filter, &after, page, 3, &count, &next, text_room,
                               sizeof text_room, &came.error))) {
            return;
        }
        after = next;
        for (i = 0; i < count; i++) {
            if (came.count == ROWS) fail("too many keys");
            row_of_key(&came.rows[came.count++], &page[i]);
        }
    } while (after.len);
}

static void do_reveal(void) {
    uint64_t key = named();
    char token[KEYCASK_IMPORTED_TOKEN_MAX];
    keycask_actor by = actor();
    size_t len;
    if (done(keycask_reveal(store, key, &by, token, sizeof token, &len, &came.error))) {
        row_text(&came.rows[0], "token", keep_text(token, len));
        came.count = 1;
    }
}

// What a request needs and which kinds are accepted.
static int asked(keycask_request *request) {
    char *needs = take("needs"), *kinds = take("kinds"), *at;
    if (needs && !scopes(needs, &request->scopes)) return 0;
    for (at = kinds; at && *at; at++) {
        if (*at == ',') *at = ' ';
    }
    return !kinds || done(keycask_kinds_named(store, realm, kinds, strlen(kinds), &request->kinds,
                                              &came.error));
}

static void list_of(row *to, const char *name, keycask_scopes of) {
    char names[KEYCASK_SCOPES_TEXT_MAX];
    keycask_text list = {names, 0};
    if (keycask_scopes_text(store, realm, of, names, sizeof names, &list.len, NULL)) {
        fail("no names of scopes");
    }
    row_list(to, name, list);
}

static void do_explain(void) {
    static const char *const verdicts[] = {"refused", "passed", "unreached"};
    const char *token = next_bare();
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_explanation found = KEYCASK_EXPLANATION_INIT;
    keycask_check_info checks[KEYCASK_CHECKS_MAX] = {KEYCASK_CHECK_INFO_INIT};
    row *to = &came.rows[0];
    size_t count, i;
    if (!asked(&request) ||
        !done(keycask_explain(store, realm, token, strlen(token), NULL, 0, &request, &found,
                              checks, KEYCASK_CHECKS_MAX, &count, text_room, sizeof text_room,
                              &came.error))) {
        return;
    }
    if (found.refused_at < count) row_copy(to, "refused_by", checks[found.refused_at].name);
    else row_text(to, "refused_by", "none");
    row_key_id(to, "key", found.key);
    list_of(to, "required", found.required);
    list_of(to, "present", found.present);
    list_of(to, "missing", found.missing);
    for (i = 0; i < count; i++) {
        row_text(to, keep_text(checks[i].name.data, checks[i].name.len),
                 verdicts[checks[i].passed]);
    }
    came.count = 1;
}

static void granted(const keycask_grant *grant) {
    keycask_description is = KEYCASK_DESCRIPTION_INIT;
    row *to = &came.rows[0];
    if (keycask_describe(store, grant, &is, text_room, sizeof text_room, NULL)) {
        fail("a grant cannot be described");
    }
    to->count = 0;
    to->key = grant->key;
    row_key_id(to, "key", grant->key);
    row_copy(to, "owner", is.owner);
    row_optional(to, "plan", is.plan);
    row_copy(to, "kind", is.kind);
    row_copy(to, "environment", is.environment);
    row_copy(to, "prefix", is.prefix);
    row_list(to, "scopes", is.scopes);
    row_instant(to, "end", grant->end_ms);
    row_flag(to, "in_grace", (grant->flags & KEYCASK_IN_GRACE) != 0);
    if (grant->rate.limit) {
        row_number(to, "limit", grant->rate.limit);
        row_number(to, "remaining", grant->rate.remaining);
        row_instant(to, "reset", grant->rate.reset_ms);
    }
    came.count = 1;
}

static void do_request(const step *of) {
    static const char *const malformed[] = {"", " prefix", " length", " character", " checksum"};
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_header headers[LINES];
    char *id, *times, *every, *line;
    long round, rounds;
    int i;
    if (!asked(&request)) return;
    id = take("id"), times = take("times"), every = take("every");
    rounds = times ? strtol(times, NULL, 10) : 1;
    line = replaced(of->head[0], 1);
    http.method.data = line;
    http.method.len = strcspn(line, " ");
    http.request_id = as_text(id ? id : "req_0");
    http.headers = headers;
    http.headers_len = (size_t)of->heads - 1;
    for (i = 1; i < of->heads; i++) {
        char *colon;
        line = replaced(of->head[i], 1);
        colon = strchr(line, ':');
        if (!colon) fail("a header has no colon");
        headers[i - 1].name.data = line;
        headers[i - 1].name.len = (size_t)(colon - line);
        headers[i - 1].value = as_text(colon + 1);
    }
    for (round = 0; round < rounds; round++) {
        keycask_grant grant = KEYCASK_GRANT_INIT;
        keycask_denial denial = KEYCASK_DENIAL_INIT;
        keycask_answer answer = KEYCASK_ANSWER_INIT;
        char before[sizeof came.reason];
        size_t len;
        keycask_status status;
        if (round && every) set_clock(now + span(every));
        strcpy(before, came.reason);
        status = keycask_present(store, realm, &http, &request, &answer, text_room,
                                 sizeof text_room, &len, &grant, &denial);
        if (status < 0) fail("present: %s", keycask_status_name(status));
        came.http_status = (int)answer.http_status;
        came.headers = keep_text(answer.headers.data, answer.headers.len);
        came.body = keep_text(answer.body.data, answer.body.len);
        came.reason[0] = 0;
        if (status == KEYCASK_OK) granted(&grant);
        else sprintf(came.reason, "%s%s", keycask_status_name(status), malformed[denial.detail]);
        if (round && strcmp(before, came.reason) != 0) {
            fail("round %ld: \"%s\" after \"%s\"", round + 1, came.reason, before);
        }
    }
}

static void perform(const step *of) {
    const char *verb = args.at[0].value;
    if (!strcmp(verb, "clock")) set_clock(instant(next_bare(), now));
    else if (!strcmp(verb, "system")) required("title"), open_store(1);
    else if (!strcmp(verb, "reopen")) {
        if (done(keycask_close(store))) open_store(0);
    } else if (!strcmp(verb, "profile")) do_profile();
    else if (!strcmp(verb, "scope")) do_scope();
    else if (!strcmp(verb, "owner")) do_owner();
    else if (!strcmp(verb, "issue")) do_issue();
    else if (!strcmp(verb, "rotate")) do_rotate(0);
    else if (!strcmp(verb, "regenerate")) do_rotate(1);
    else if (!strcmp(verb, "suspend")) do_state(keycask_suspend);
    else if (!strcmp(verb, "resume")) do_state(keycask_resume);
    else if (!strcmp(verb, "revoke")) do_state(keycask_revoke);
    else if (!strcmp(verb, "update")) do_update();
    else if (!strcmp(verb, "show")) show(named());
    else if (!strcmp(verb, "list")) do_list();
    else if (!strcmp(verb, "reveal")) do_reveal();
    else if (!strcmp(verb, "explain")) do_explain();
    else if (!strcmp(verb, "request")) do_request(of);
    else if (!strcmp(verb, "answer")) {
        answers[answers_len].name = next_bare();
        answers[answers_len++].lines = *of;
    } else fail("no verb is called %s", verb);
    if (came.status == KEYCASK_OK) no_more();
}

// How often the answer has the header line `name: value`, or with a NULL the name.
static int header_count(const char *name, size_t name_len, const char *value) {
    const char *line = came.headers;
    int count = 0;
    while (*line) {
        const char *end = strstr(line, "\r\n");
        size_t i, same = 0;
        for (i = 0; i < name_len; i++) {
            same += tolower((unsigned char)line[i]) == tolower((unsigned char)name[i]);
        }
        if (same == name_len && line[name_len] == ':') {
            const char *got = line + name_len + 2;
            size_t len = (size_t)(end - got);
            count += !value || (strlen(value) == len && !memcmp(got, value, len));
        }
        line = end + 2;
    }
    return count;
}

static void compare_answer(const step *of) {
    const char *body = "";
    int i, ended = 0;
    if (came.http_status != atoi(of->answer[0])) {
        fail("wanted < %s, got < %d", of->answer[0], came.http_status);
    }
    for (i = 1; i < of->answers; i++) {
        const char *line = of->answer[i], *colon = strstr(line, ": ");
        if (ended) {
            body = line;
        } else if (!*line) {
            ended = 1;
        } else if (*line == '!') {
            if (header_count(line + 1, strlen(line + 1), NULL)) fail("wanted < %s", line);
        } else {
            size_t len = colon ? (size_t)(colon - line) : 0;
            if (!colon || header_count(line, len, NULL) != 1 ||
                header_count(line, len, colon + 2) != 1) {
                fail("wanted < %s, got\n%s", line, came.headers);
            }
        }
    }
    if (strcmp(body, came.body) != 0) fail("wanted the body\n  %s\ngot\n  %s", body, came.body);
}

static void compare_error(const step *of) {
    size_t len = strcspn(of->error, " ");
    const char *quoted = of->error[len] ? of->error + len + 1 : "";
    char *kind = keep_text(of->error, len), *want = keep_text(quoted + 1, strlen(quoted) - 1);
    char *message = keep_text(came.error.message, came.error.message_len);
    want[strlen(want) - 1] = 0; // the quote at its end
    if (strcmp(kind, keycask_status_name(came.status)) != 0 || !strstr(message, want)) {
        fail("wanted %s '%s', got %s: %s", kind, want, keycask_status_name(came.status), message);
    }
}

static void compare(const step *of) {
    const char *verb = args.at[0].value;
    int i;
    if (of->error) {
        compare_error(of);
        return;
    }
    if (came.status != KEYCASK_OK) {
        fail("%s: %.*s", keycask_status_name(came.status), (int)came.error.message_len,
             came.error.message);
    }
    if (strcmp(of->reason ? of->reason : "", came.reason) != 0) {
        fail("wanted ? %s, got ? %s", of->reason ? of->reason : "(granted)", came.reason);
    }
    if (!strcmp(verb, "request")) {
        const step *written = of;
        for (i = 0; of->named && i < answers_len; i++) {
            if (!strcmp(answers[i].name, of->named)) written = &answers[i].lines;
        }
        if (of->named && written == of) fail("no answer is called %s", of->named);
        if (!written->answers) fail("a request without an answer");
        compare_answer(written);
    }
    if (!strcmp(verb, "list")) {
        if (came.count != of->wanted_rows) fail("wanted %d keys, got %d", of->wanted_rows,
                                                came.count);
    }
    for (i = 0; i < of->wanted_rows; i++) {
        words wanted = split(of->rows[i]);
        int is_list = !strcmp(verb, "list"), first = is_list;
        script_line = of->row_lines[i];
        if (!came.count) fail("there is no result");
        if (is_list) {
            const known *key = known_named(wanted.at[0].value);
            if (!key || key->id != came.rows[i].key) fail("wanted %s", wanted.at[0].value);
        }
        row_compare(&came.rows[is_list ? i : 0], &wanted, first, now);
    }
}

static int steps = 0;

static void run(step *of) {
    int after = script_line;
    if (!of->command) return;
    script_line = of->line;
    memset(&came, 0, sizeof came);
    came.error.struct_size = sizeof came.error;
    args = split(of->command);
    bare = 1;
    perform(of);
    compare(of);
    memset(of, 0, sizeof *of);
    script_line = after;
    steps++;
}

// Adds one line to the step; a command runs the one before it first.
static void take_line(step *to, char *line) {
    char *rest = strlen(line) > 1 ? line + 2 : line + strlen(line);
    if (!*line || !strcmp(line, "#") || !strncmp(line, "# ", 2)) return;
    if (!strncmp(line, "## ", 3)) {
        run(to);
    } else if (*line >= 'a' && *line <= 'z') {
        run(to);
        to->line = script_line;
        to->command = line;
    } else if (!to->command) {
        fail("no command stands before this");
    } else if (!strncmp(line, "> ", 2) && to->heads < LINES) {
        to->head[to->heads++] = rest;
    } else if (!strncmp(line, "<< ", 3)) {
        to->named = line + 3;
    } else if (*line == '<' && to->answers < LINES) {
        to->answer[to->answers++] = rest;
    } else if (!strncmp(line, "= ", 2) && to->wanted_rows < ROWS) {
        to->row_lines[to->wanted_rows] = script_line;
        to->rows[to->wanted_rows++] = rest;
    } else if (!strncmp(line, "! ", 2)) {
        to->error = rest;
    } else if (!strncmp(line, "? ", 2)) {
        to->reason = rest;
    } else {
        fail("no line begins so");
    }
}

int main(int argc, char **argv) {
    static step current;
    char line[8192];
    FILE *from;
    if (argc != 4) fail("want STORE ROOT FILE");
    path = argv[1], root = argv[2], script_file = argv[3];
    from = fopen(script_file, "r");
    if (!from) fail("it cannot be read");
    while (fgets(line, sizeof line, from)) {
        script_line++;
        line[strcspn(line, "\n")] = 0;
        take_line(&current, keep_text(line, strlen(line)));
    }
    fclose(from);
    run(&current);
    if (keycask_check(store, NULL)) fail("the file is not whole");
    if (keycask_close(store)) fail("the store cannot be closed");
    printf("%s: %d steps\n", script_file, steps);
    keep_nothing();
    return 0;
}
