// What no caller may do to the functions for keys from elsewhere and for leaks.
#include "refused.h"

// Everything that a call can write to.
static struct {
    keycask_issued issued[2];
    keycask_outcome outcomes[2];
    keycask_import_report report;
    keycask_imports_info imports[2];
    keycask_leaks leaks;
    char text[2 * KEYCASK_TOKEN_MAX];
    size_t len;
    size_t count;
} out;

static unsigned char as_it_was[sizeof out];

static void fill(void) {
    memset(&out, 0xA5, sizeof out);
    out.issued[0].struct_size = sizeof out.issued[0];
    out.report.struct_size = sizeof out.report;
    out.imports[0].struct_size = sizeof out.imports[0];
    out.leaks.struct_size = sizeof out.leaks;
    memcpy(as_it_was, &out, sizeof out);
}

static scene at;
static size_t called;

static int64_t empty(void *context, char *buffer, size_t cap) {
    (void)context, (void)buffer, (void)cap;
    called++;
    return 0;
}

static int64_t broken(void *context, char *buffer, size_t cap) {
    (void)context, (void)buffer, (void)cap;
    return INT64_MIN;
}

static int64_t endless(void *context, char *buffer, size_t cap) {
    (void)context, (void)buffer, (void)cap;
    return INT64_MAX;
}

static int32_t found(void *context, const keycask_leak *leak) {
    (void)context, (void)leak;
    called++;
    return 0;
}

static void issuing(keycask_spec spec) {
    const keycask_store *s = at.store;
    const keycask_actor *by = &at.by;
    keycask_spec two[2] = {spec, spec};
    char *t = out.text;
    const size_t cap = sizeof out.text;
#define ISSUE(specs, count, by, issued, text, cap)                                    \
    keycask_issue_many(s, specs, count, by, issued, text, cap, NULL)
    REFUSED(BAD, keycask_issue_many(NULL, two, 2, by, out.issued, t, cap, NULL));
    REFUSED(BAD, ISSUE(NULL, 2, by, out.issued, t, cap));
    REFUSED(BAD, ISSUE(two, 0, by, out.issued, t, cap));
    REFUSED(BAD, ISSUE(two, KEYCASK_MANY_MAX + 1, by, out.issued, t, cap));
    REFUSED(BAD, ISSUE(two, HUGE, by, out.issued, t, cap));
    REFUSED(BAD, ISSUE(two, 2, NULL, out.issued, t, cap));
    REFUSED(BAD, ISSUE(two, 2, by, NULL, t, cap));
    REFUSED(BAD, ISSUE(two, 2, by, out.issued, NULL, cap));
    REFUSED(BAD, ISSUE(two, 2, by, out.issued, t, HUGE));
    REFUSED(ERR_SPACE, ISSUE(two, 2, by, out.issued, t, cap - 1));
    REFUSED(ERR_SPACE, ISSUE(two, 2, by, out.issued, NULL, 0));
    two[1].kind.data = NULL, two[1].kind.len = 0;
    REFUSED(BAD, ISSUE(two, 2, by, out.issued, t, cap));
    two[1] = spec, two[1].flags = 1;
    REFUSED(BAD, ISSUE(two, 2, by, out.issued, t, cap));
    two[1] = spec, two[1].struct_size = 64; // all have the size of the first
    REFUSED(BAD, ISSUE(two, 2, by, out.issued, t, cap));
    two[1] = spec, two[1].realm = 999;
    REFUSED(ERR_NOT_FOUND, ISSUE(two, 2, by, out.issued, t, cap));
    two[1] = spec, two[1].owner = text("nobody");
    REFUSED(ERR_NOT_FOUND, ISSUE(two, 2, by, out.issued, t, cap));
}

static void importing(keycask_spec spec) {
    const keycask_store *s = at.store;
    const keycask_actor *by = &at.by;
    keycask_actor named = at.by;
    keycask_import_spec key = KEYCASK_IMPORT_SPEC_INIT, as_set;
    named.operation = text("once");
    key.spec = &spec;
    key.token = text("of-another-system");
    as_set = key;
#define IMPORT(keys, count, rules, by, outcomes)                                      \
    keycask_import(s, keys, count, rules, by, outcomes, NULL, NULL, NULL)
    REFUSED(BAD, keycask_import(NULL, &key, 1, 0, by, out.outcomes, NULL, NULL, NULL));
    REFUSED(BAD, IMPORT(NULL, 1, 0, by, out.outcomes));
    REFUSED(BAD, IMPORT(&key, 0, 0, by, out.outcomes));
    REFUSED(BAD, IMPORT(&key, HUGE, 0, by, out.outcomes));
    REFUSED(BAD, IMPORT(&key, 1, 16, by, out.outcomes));
    REFUSED(BAD, IMPORT(&key, 1, 0, NULL, out.outcomes));
    REFUSED(BAD, IMPORT(&key, 1, 0, &named, out.outcomes));
    REFUSED(BAD, IMPORT(&key, 1, 0, by, NULL));
    key.spec = NULL;
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key = as_set, key.state = 0;
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key = as_set, key.state = 4;
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key = as_set, key.issued_ms = 0;
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key = as_set, key.issued_ms = 4000000000000; // to come
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key = as_set, key.token = text("abc");
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key = as_set, key.token.data = NULL;
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key = as_set, key.digest = text("00");
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key = as_set, key.lead = text("1|");
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key = as_set, key.token.data = NULL, key.token.len = 0;
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key.digest = text("00");
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key.scheme = text("md5");
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes));
    key.scheme = text("sha256");
    REFUSED(BAD, IMPORT(&key, 1, 0, by, out.outcomes)); // too short for one
    {
        keycask_spec unknown = spec;
        unknown.realm = 999;
        key = as_set, key.spec = &unknown;
        EVERY_SIZE(keycask_import_spec, 104, key, IMPORT(sized, 1, 0, by, out.outcomes));
    }
    REFUSED(BAD, keycask_imports(NULL, at.realm, out.imports, 2, &out.count, NULL, 0, NULL));
    REFUSED(BAD, keycask_imports(s, at.realm, NULL, 2, &out.count, NULL, 0, NULL));
    REFUSED(BAD, keycask_imports(s, at.realm, out.imports, 0, &out.count, NULL, 0, NULL));
    REFUSED(BAD, keycask_imports(s, at.realm, out.imports, 2, NULL, NULL, 0, NULL));
    REFUSED(BAD, keycask_imports(s, at.realm, out.imports, 2, &out.count, NULL, 9, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_imports(s, 0, out.imports, 2, &out.count, NULL, 0, NULL));
}

static void lines(void) {
    const keycask_store *s = at.store;
    const keycask_actor *by = &at.by;
    keycask_lines all = KEYCASK_LINES_INIT;
    all.realm = at.realm;
#define LINES(lines, read, rules, by, report)                                         \
    keycask_import_lines(s, lines, read, rules, by, NULL, NULL, report, NULL)
    REFUSED(BAD, keycask_import_lines(NULL, &all, empty, 0, by, NULL, NULL, &out.report, NULL));
    REFUSED(BAD, LINES(NULL, empty, 0, by, &out.report));
    REFUSED(BAD, LINES(&all, NULL, 0, by, &out.report));
    REFUSED(BAD, LINES(&all, empty, 32, by, &out.report));
    REFUSED(BAD, LINES(&all, empty, 0, NULL, &out.report));
    REFUSED(BAD, LINES(&all, empty, 0, by, NULL));
    all.zero = 1;
    REFUSED(BAD, LINES(&all, empty, 0, by, &out.report));
    all.zero = 0, all.kind.len = 1;
    REFUSED(BAD, LINES(&all, empty, 0, by, &out.report));
    all.kind.len = 0, all.scheme = text("bcrypt");
    REFUSED(BAD, LINES(&all, empty, 0, by, &out.report));
    all.scheme.data = NULL, all.scheme.len = 0, all.realm = 999;
    REFUSED(ERR_NOT_FOUND, LINES(&all, empty, 0, by, &out.report));
    EVERY_SIZE(keycask_lines, 40, all, LINES(sized, empty, 0, by, &out.report));
    CHECK(called == 0); // what is refused is not begun
    all.realm = at.realm;
    REFUSED(ERR_IO, LINES(&all, broken, 0, by, &out.report));
    REFUSED(ERR_IO, LINES(&all, endless, 0, by, &out.report));
}

static void leaking(void) {
    const keycask_store *s = at.store;
    REFUSED(BAD, keycask_leaked(NULL, empty, found, NULL, &out.leaks, NULL));
    REFUSED(BAD, keycask_leaked(s, NULL, found, NULL, &out.leaks, NULL));
    REFUSED(BAD, keycask_leaked(s, empty, NULL, NULL, &out.leaks, NULL));
    REFUSED(BAD, keycask_leaked(s, empty, found, NULL, NULL, NULL));
    REFUSED(ERR_IO, keycask_leaked(s, broken, found, NULL, &out.leaks, NULL));
    REFUSED(ERR_IO, keycask_leaked(s, endless, found, NULL, &out.leaks, NULL));
    REFUSED(BAD, keycask_leaked_alerts(NULL, empty, found, NULL, &out.leaks, NULL));
    REFUSED(BAD, keycask_leaked_alerts(s, NULL, found, NULL, &out.leaks, NULL));
    REFUSED(BAD, keycask_leaked_alerts(s, empty, NULL, NULL, &out.leaks, NULL));
    REFUSED(BAD, keycask_leaked_alerts(s, empty, found, NULL, NULL, NULL));
    CHECK(called == 0);
    REFUSED(BAD, keycask_leaked_alerts(s, empty, found, NULL, &out.leaks, NULL)); // no JSON
    REFUSED(ERR_IO, keycask_leaked_alerts(s, broken, found, NULL, &out.leaks, NULL));
    fill();
    out.leaks.struct_size = 5000;
    RETURNS(ERR_ARGUMENT, keycask_leaked(s, empty, found, NULL, &out.leaks, NULL));
    REFUSED(BAD, keycask_rules(NULL, 0, KEYCASK_GITHUB, out.text, 99, &out.len, NULL));
    REFUSED(BAD, keycask_rules(s, 0, 0, out.text, 99, &out.len, NULL));
    REFUSED(BAD, keycask_rules(s, 0, 4, out.text, 99, &out.len, NULL));
    REFUSED(BAD, keycask_rules(s, 0, KEYCASK_GITHUB, NULL, 99, &out.len, NULL));
    REFUSED(BAD, keycask_rules(s, 0, KEYCASK_GITHUB, out.text, HUGE, &out.len, NULL));
    REFUSED(BAD, keycask_rules(s, 0, KEYCASK_GITHUB, out.text, 99, NULL, NULL));
    REFUSED(ERR_NOT_FOUND, keycask_rules(s, 999, KEYCASK_GITHUB, out.text, 99, &out.len, NULL));
    REFUSED_WITH(ERR_SPACE, len,
                 keycask_rules(s, 0, KEYCASK_GITHUB, out.text, 9, &out.len, NULL));
}

int main(int argc, char **argv) {
    keycask_spec spec;
    CHECK(argc == 2);
    at = scene_create(argv[1]);
    spec = scene_spec(&at);
    issuing(spec);
    importing(spec);
    lines();
    leaking();
    RETURNS(OK, keycask_check(at.store, NULL));
    RETURNS(OK, keycask_close(at.store));
    return 0;
}
