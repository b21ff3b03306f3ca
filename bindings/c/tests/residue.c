// What is left of tokens in the memory of a process that wiped its own, in its file, in a backup,
// and in what it is told.
//
// The process makes each kind of call some times and looks through all of its own memory. It knows
// the tokens under a mask, so that it does not find what it looks for in its own hands. It prints what
// kinds of calls left tokens by a mistake, and where, a line each. With a second argument it makes
// some mistakes of its own.
#include "check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

// How many tokens there are at most, and the part of each that no other has. Over the 16 bytes before
// it an allocator writes when it takes the buffer of a token back.
#define TOKENS 8192
#define FROM 16
#define PART 16
#define MASK 0xA5

// Calls between two looks: what each other call leaves, half of the looks see at least, even if the
// next call writes over it.
#define CALLS 3
// Looks at a kind of call. One that left something is looked at MORE times, to tell chance from a
// mistake: what leaves something by a mistake does it MISTAKEN times at least.
#define LOOKS 4
#define MORE 16
#define MISTAKEN 4

enum { MEMORY, STACK, PLACES };

static unsigned char parts[TOKENS][PART];
// The number of the last token whose part begins with two bytes, under the mask, and of the one
// before it; -1 if there is none.
static int begins[1 << 16], before[TOKENS];
static unsigned char seen[TOKENS][PLACES];
static int known = 0;
static unsigned char window[1 << 20];

// Where the program has tokens of its own. All of it is wiped after each call.
static char token[KEYCASK_TOKEN_MAX], other[KEYCASK_IMPORTED_TOKEN_MAX], tokens[3 * KEYCASK_TOKEN_MAX];
static char line[8192];

static scene here, elsewhere;

static int begin_of(const unsigned char *masked) { return masked[0] << 8 | masked[1]; }

static void learn(const char *of) {
    CHECK(known < TOKENS);
    for (int at = 0; at < PART; at++) parts[known][at] = (unsigned char)of[FROM + at] ^ MASK;
    before[known] = begins[begin_of(parts[known])];
    begins[begin_of(parts[known])] = known;
    known++;
}

static void wipe(void *memory, size_t len) {
    volatile unsigned char *byte = memory;
    while (len--) *byte++ = 0;
}

// Calls back for each token of which a part stands in the window, and wipes that: what was read is not
// to be found a second time, where it was read to.
static void find(size_t len, void (*found)(int token, int place), int place) {
    static const unsigned char zeros[4096];
    for (size_t at = 0; at + PART <= len; at++) {
        if (at % sizeof zeros == 0 && at + sizeof zeros + PART <= len &&
            !memcmp(window + at, zeros, sizeof zeros)) {
            at += sizeof zeros - 1;
            continue;
        }
        int of = begins[(window[at] ^ MASK) << 8 | (window[at + 1] ^ MASK)];
        for (; of >= 0; of = before[of]) {
            int same = 0;
            while (same < PART && (window[at + same] ^ MASK) == parts[of][same]) same++;
            if (same == PART) found(of, place);
        }
    }
    wipe(window, len);
}

// Looks at what can be read from a descriptor between two places.
static void look_at(int from, uint64_t at, uint64_t end, void (*found)(int, int), int place) {
    while (at < end) {
        size_t most = end - at < sizeof window ? (size_t)(end - at) : sizeof window;
        ssize_t len = pread(from, window, most, (off_t)at);
        if (len <= 0) break;
        find((size_t)len, found, place);
        // A part may lie across the end.
        at += (size_t)len > PART && (uint64_t)len < end - at ? (uint64_t)len - PART : (uint64_t)len;
    }
}

// The number of tokens before the last call, and of places where there are tokens that were not there
// before. On the stack those of the last call may be.
static int last;
static int is_left[PLACES];

static void found_in_memory(int of, int place) {
    if (!seen[of][place] && (place == MEMORY || of < last)) is_left[place] = 1;
    seen[of][place] = 1;
}

static void look(void) {
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    char row[512], rights[5];
    uint64_t start, end, stack = (uint64_t)(uintptr_t)&row;
    CHECK(maps && memory >= 0);
    memset(is_left, 0, sizeof is_left);
    while (fgets(row, sizeof row, maps)) {
        CHECK(sscanf(row, "%" SCNx64 "-%" SCNx64 " %4s", &start, &end, rights) == 3);
        if (rights[0] == 'r' && rights[1] == 'w') {
            look_at(memory, start, end, found_in_memory,
                    start <= stack && stack < end ? STACK : MEMORY);
        }
    }
    fclose(maps);
    close(memory);
}

// What the program is told is as good as a log: whether calls of the kind at hand left a token there.
static int is_told;

static void found_in_words(int of, int place) {
    (void)of, (void)place;
    is_told = 1;
}

static void told(const char *words, size_t len) {
    CHECK(len <= sizeof window);
    memcpy(window, words, len);
    find(len, found_in_words, 0);
}

static void told_error(const keycask_error *error) {
    CHECK(error->message_len > 0);
    told(error->message, error->message_len);
}

// A key whose number goes to `key`, which may be NULL.
static size_t issue(const scene *of, const char *kind, char *to, uint64_t *key) {
    keycask_spec spec = KEYCASK_SPEC_INIT;
    uint64_t number;
    size_t len;
    spec.realm = of->realm, spec.kind = text(kind), spec.owner = text("o"), spec.scopes = of->read;
    RETURNS(OK, keycask_issue(of->store, &spec, &of->by, to, KEYCASK_TOKEN_MAX, &len,
                              key ? key : &number, NULL));
    learn(to);
    return len;
}

static keycask_status verify(const char *of, size_t len) {
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    keycask_denial denial = KEYCASK_DENIAL_INIT;
    return keycask_verify(here.store, here.realm, of, len, &request, &grant, &denial);
}

static void issues(void) { issue(&here, "live", token, NULL); }

static void issues_sealed(void) { issue(&here, "shown", token, NULL); }

static void issues_many(void) {
    keycask_issued issued[3] = {KEYCASK_ISSUED_INIT};
    keycask_spec specs[3];
    for (int i = 0; i < 3; i++) {
        keycask_spec spec = KEYCASK_SPEC_INIT;
        spec.realm = here.realm, spec.owner = text("o"), spec.scopes = here.read;
        spec.kind = text(i == 1 ? "shown" : "live");
        specs[i] = spec;
    }
    RETURNS(OK, keycask_issue_many(here.store, specs, 3, &here.by, issued, tokens, sizeof tokens,
                                   NULL));
    for (int i = 0; i < 3; i++) learn(issued[i].token.data);
}

static void verifies(void) { RETURNS(OK, verify(token, issue(&here, "live", token, NULL))); }

static void verifies_what_is_cut_short(void) {
    RETURNS(DENY_MALFORMED, verify(token, issue(&here, "live", token, NULL) - 1));
}

static void verifies_what_is_nobodys(void) {
    RETURNS(DENY_UNKNOWN, verify(token, issue(&elsewhere, "live", token, NULL)));
}

static void verifies_what_is_revoked(void) {
    uint64_t key;
    size_t len = issue(&here, "live", token, &key);
    RETURNS(OK, keycask_revoke(here.store, key, &here.by, NULL));
    RETURNS(DENY_REVOKED, verify(token, len));
}

static void verifies_many(void) {
    enum { MANY = 9 };
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_text texts[MANY];
    int32_t statuses[MANY];
    size_t len = issue(&here, "live", token, NULL), len_other = issue(&elsewhere, "live", other, NULL);
    for (int i = 0; i < MANY; i++) {
        texts[i].data = i % 2 ? other : token;
        texts[i].len = i % 2 ? len_other : len;
    }
    CHECK(keycask_verify_many(here.store, here.realm, texts, MANY, &request, statuses, NULL, NULL) >=
          0);
    CHECK(statuses[0] == KEYCASK_OK && statuses[1] == KEYCASK_DENY_UNKNOWN);
}

static void explains(void) {
    static char words[KEYCASK_EXPLANATION_TEXT_MAX];
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_explanation out = KEYCASK_EXPLANATION_INIT;
    keycask_check_info checks[KEYCASK_CHECKS_MAX] = {KEYCASK_CHECK_INFO_INIT};
    size_t count = 0, len = issue(&here, "live", token, NULL);
    RETURNS(OK, keycask_explain(here.store, here.realm, token, len, NULL, 0, &request, &out, checks,
                                KEYCASK_CHECKS_MAX, &count, words, sizeof words, NULL));
    CHECK(count > 0);
    told(words, sizeof words);
}

// Presents `headers` fields with the token.
static keycask_status presents_in(size_t headers) {
    static char words[32768];
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_answer answer = KEYCASK_ANSWER_INIT;
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_header fields[2];
    size_t len = issue(&here, "live", token, NULL), words_len = 0;
    memcpy(line, "Bearer ", 7);
    memcpy(line + 7, token, len);
    memset(fields, 0, sizeof fields);
    for (int i = 0; i < 2; i++) {
        fields[i].name = text("Authorization");
        fields[i].value.data = line, fields[i].value.len = 7 + len;
    }
    http.method = text("GET"), http.headers = fields, http.headers_len = headers;
    keycask_status status = keycask_present(here.store, here.realm, &http, &request, &answer, words,
                                            sizeof words, &words_len, NULL, NULL);
    told(words, words_len);
    return status;
}

static void presents(void) { RETURNS(OK, presents_in(1)); }

static void presents_twice(void) { CHECK(presents_in(2) > 0); }

static void reveals(void) {
    uint64_t key;
    size_t len = issue(&here, "shown", token, &key);
    RETURNS(OK, keycask_reveal(here.store, key, &here.by, other, sizeof other, &len, NULL));
    RETURNS(OK, verify(other, len));
}

static void reveals_none(void) {
    keycask_error error = KEYCASK_ERROR_INIT;
    uint64_t key;
    size_t len = issue(&here, "live", token, &key);
    RETURNS(ERR_CONFLICT, keycask_reveal(here.store, key, &here.by, other, sizeof other, &len, &error));
    told_error(&error);
}

static void rotates(void) {
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    uint64_t key, successor;
    size_t len = issue(&here, "shown", token, &key);
    RETURNS(OK, keycask_rotate(here.store, key, &rotation, &here.by, other, sizeof other, &len,
                               &successor, NULL));
    learn(other);
    RETURNS(OK, verify(other, len));
}

static void revokes_what_is_presented(void) {
    uint64_t key;
    size_t len = issue(&here, "live", token, &key);
    RETURNS(OK, keycask_revoke_presented(here.store, here.realm, token, len, TEXT("leaked"), &key,
                                         NULL));
}

static void imports(void) {
    keycask_spec spec = scene_spec(&here);
    keycask_import_spec key = KEYCASK_IMPORT_SPEC_INIT;
    keycask_error error = KEYCASK_ERROR_INIT;
    keycask_outcome outcome;
    size_t len = issue(&elsewhere, "live", token, NULL);
    key.spec = &spec, key.token.data = token, key.token.len = len;
    RETURNS(OK, keycask_import(here.store, &key, 1, 0, &here.by, &outcome, NULL, NULL, NULL));
    RETURNS(OK, verify(token, len));
    spec.owner = text("nobody");
    RETURNS(ERR_CONFLICT, keycask_import(here.store, &key, 1, 0, &here.by, &outcome, NULL, NULL,
                                          &error));
    told_error(&error);
}

// A text that is given at once.
typedef struct {
    const char *text;
    size_t len;
} source;

static int64_t gives(void *context, char *buffer, size_t cap) {
    source *from = context;
    size_t len = from->len < cap ? from->len : cap;
    memcpy(buffer, from->text, len);
    from->text += len, from->len -= len;
    return (int64_t)len;
}

static void refuses(void *context, uint64_t number, int32_t status, const keycask_error *why) {
    (void)context, (void)number, (void)status;
    told_error(why);
}

static int32_t finds(void *context, const keycask_leak *leak) {
    (void)context;
    told(leak->hint.data, leak->hint.len);
    return 0;
}

// Makes a line of a token of another store's.
static source line_of(const char *end) {
    source made = {line, 0};
    size_t len = issue(&elsewhere, "live", token, NULL);
    made.len = (size_t)snprintf(line, sizeof line, "{\"owner\": \"o\", \"token\": \"%.*s\"%s}\n",
                                (int)len, token, end);
    return made;
}

static void imports_line(const char *end, uint64_t imported) {
    keycask_lines all = KEYCASK_LINES_INIT;
    keycask_import_report report = KEYCASK_IMPORT_REPORT_INIT;
    source from = line_of(end);
    all.realm = here.realm, all.kind = text("live");
    RETURNS(OK, keycask_import_lines(here.store, &all, gives, KEYCASK_IMPORT_SKIP_REFUSED, &here.by,
                                     refuses, &from, &report, NULL));
    CHECK(report.imported == imported && report.imported + report.refused == 1);
}

static void imports_lines(void) { imports_line("", 1); }

static void imports_lines_that_are_refused(void) { imports_line(", \"tokan\": 1", 0); }

static void finds_leaks(void) {
    keycask_leaks leaks = KEYCASK_LEAKS_INIT;
    source from = {token, issue(&here, "live", token, NULL)};
    RETURNS(OK, keycask_leaked(here.store, gives, finds, &from, &leaks, NULL));
    CHECK(leaks.found == 1);
}

static void finds_leaks_in_alerts(void) {
    keycask_leaks leaks = KEYCASK_LEAKS_INIT;
    source from = line_of("");
    RETURNS(OK, keycask_leaked_alerts(here.store, gives, finds, &from, &leaks, NULL));
    CHECK(leaks.found == 1);
}

typedef struct {
    const char *name;
    void (*call)(void);
} kind_of_call;

static const kind_of_call kinds[] = {
    {"issue", issues},
    {"issue, sealed", issues_sealed},
    {"issue_many", issues_many},
    {"verify, granted", verifies},
    {"verify, cut short", verifies_what_is_cut_short},
    {"verify, unknown", verifies_what_is_nobodys},
    {"verify, revoked", verifies_what_is_revoked},
    {"verify_many", verifies_many},
    {"explain", explains},
    {"present", presents},
    {"present, refused", presents_twice},
    {"reveal", reveals},
    {"reveal, refused", reveals_none},
    {"rotate", rotates},
    {"revoke_presented", revokes_what_is_presented},
    {"import", imports},
    {"import of a line", imports_lines},
    {"import of a line, refused", imports_lines_that_are_refused},
    {"leaked", finds_leaks},
    {"leaked_alerts", finds_leaks_in_alerts},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

// Leaves a token somewhere before the calls of some kinds, of most before every other call. `stack` is
// in the frame of who calls.
static void plant(const char *kind, int call, volatile char stack[KEYCASK_TOKEN_MAX]) {
    if (!strcmp(kind, "present")) {
        issue(&here, "live", token, NULL);
        for (size_t at = 0; at < sizeof token; at++) stack[at] = token[at];
    }
    if (call % 2) return;
    if (!strcmp(kind, "explain")) {
        char *copy = malloc(sizeof token);
        CHECK(copy);
        issue(&here, "live", token, NULL);
        memcpy(copy, token, sizeof token);
    }
    if (!strcmp(kind, "reveal")) {
        keycask_key_change named = KEYCASK_KEY_CHANGE_INIT;
        uint64_t key;
        named.name.len = issue(&here, "live", token, &key);
        named.name.data = token;
        RETURNS(OK, keycask_update(here.store, key, &named, &here.by, NULL));
    }
    if (!strcmp(kind, "leaked")) {
        issue(&here, "live", token, NULL);
        told(token, sizeof token);
    }
}

// Which kind of call a token was made for, and which left one in the file that is looked at.
static int kind_of[TOKENS];
static int is_in_file[KINDS];

static void found_in_file(int of, int place) {
    (void)place;
    is_in_file[kind_of[of]] = 1;
}

static void judge_file(const char *path, const char *name) {
    int file = open(path, O_RDONLY);
    CHECK(file >= 0);
    memset(is_in_file, 0, sizeof is_in_file);
    look_at(file, 0, UINT64_MAX, found_in_file, 0);
    close(file);
    for (int kind = 0; kind < KINDS; kind++) {
        if (is_in_file[kind]) printf("%s: %s\n", kinds[kind].name, name);
    }
}

static int calls = 0;

// Makes calls of a kind and looks, some times. Adds up how often it left tokens in which place.
static void make(int kind, int looks, int is_planted, int times[PLACES]) {
    volatile char stack[KEYCASK_TOKEN_MAX];
    memset(times, 0, sizeof(int) * PLACES);
    while (looks--) {
        for (int i = 0; i < CALLS; i++, calls++) {
            int from = known;
            if (is_planted) plant(kinds[kind].name, calls, stack);
            last = known;
            kinds[kind].call();
            wipe(token, sizeof token), wipe(other, sizeof other);
            wipe(tokens, sizeof tokens), wipe(line, sizeof line);
            for (; from < known; from++) kind_of[from] = kind;
        }
        look();
        for (size_t at = 0; at < sizeof stack; at++) stack[at] = 0;
        for (int place = 0; place < PLACES; place++) times[place] += is_left[place];
    }
}

int main(int argc, char **argv) {
    static const char *names[PLACES] = {"memory", "stack"};
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_backup_info info = KEYCASK_BACKUP_INFO_INIT;
    unsigned char secret[32];
    char path[600];
    int times[PLACES];
    CHECK(argc == 2 || argc == 3);
    memset(begins, -1, sizeof begins);
    memset(secret, 9, sizeof secret);
    options.sealing_key = secret, options.sealing_key_len = sizeof secret;
    here = scene_create_with(argv[1], &options);
    snprintf(path, sizeof path, "%s.elsewhere", argv[1]);
    elsewhere = scene_create_with(path, &options);
    for (int kind = 0; kind < KINDS; kind++) {
        is_told = 0;
        make(kind, LOOKS, argc == 3, times);
        if (times[MEMORY] + times[STACK]) make(kind, MORE, argc == 3, times);
        for (int place = 0; place < PLACES; place++) {
            if (times[place] >= MISTAKEN) printf("%s: %s\n", kinds[kind].name, names[place]);
        }
        if (is_told) printf("%s: log\n", kinds[kind].name);
    }
    judge_file(argv[1], "file");
    snprintf(path, sizeof path, "%s.backup", argv[1]);
    RETURNS(OK, keycask_backup(here.store, path, strlen(path), &info, NULL));
    judge_file(path, "backup");
    RETURNS(OK, keycask_close(elsewhere.store));
    RETURNS(OK, keycask_close(here.store));
    printf("residue: %d calls of %d kinds\n", calls, KINDS);
    return 0;
}
