// What a fork does to a store: nothing, whatever the child does.
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static keycask_options options = KEYCASK_OPTIONS_INIT;
static keycask_request request = KEYCASK_REQUEST_INIT;

// Runs `as_child` in a child and waits for its end.
static void in_child(void (*as_child)(const scene *), const scene *of) {
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        as_child(of);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int64_t nothing(void *context, char *buffer, size_t cap) {
    (void)context, (void)buffer, (void)cap;
    return 0;
}

static int32_t never(void *context, const keycask_leak *leak) {
    (void)context, (void)leak;
    CHECK(0);
    return 1;
}

// Whose process it is comes before what a call is given, however wrong that is.
static void uses_wrongly(const scene *of) {
    RETURNS(ERR_FORKED, keycask_realm_apply(of->store, NULL, 0, NULL, 0, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_realm_compare(of->store, NULL, 0, NULL, 0, NULL, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_realm_name(of->store, 0, NULL, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_realm_names(of->store, 0, 0, NULL, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_scopes_named(of->store, 0, NULL, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_scopes_text(of->store, 0, of->read, NULL, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_scope(of->store, 0, NULL, 0, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_set(of->store, 0, NULL, 0, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_kind(of->store, 0, NULL, 0, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_kinds_named(of->store, 0, NULL, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_kind_name(of->store, 0, 0, NULL, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_plan(of->store, 0, NULL, 0, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_policy(of->store, 0, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_owner(of->store, 0, NULL, 0, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_owners(of->store, 0, NULL, 0, NULL, 0, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_verify_many(of->store, 0, NULL, 1, NULL, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_present(of->store, 0, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_explain(of->store, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_key(of->store, 0, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_suspend(of->store, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_resume(of->store, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_revoke_many(of->store, NULL, 1, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_update(of->store, 0, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_rotate(of->store, 0, NULL, NULL, NULL, 0, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_reveal(of->store, 0, NULL, NULL, 0, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_change_sealing_key(of->store, NULL, 1, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_audit_export(of->store, NULL, 0, 0, NULL, 0, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_audit_trim(of->store, 0, 0, NULL, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_sweep(of->store, 0, NULL, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_reset_clock(of->store, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_import(of->store, NULL, 1, 0, NULL, NULL, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_import_lines(of->store, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_leaked_alerts(of->store, NULL, NULL, NULL, NULL, NULL));
}

// Every call on the inherited handle is refused; closing it does nothing.
static void uses(const scene *of) {
    char token[KEYCASK_TOKEN_MAX];
    char buffer[KEYCASK_KEY_TEXT_MAX];
    static const uint8_t secret[KEYCASK_SECRET_LEN] = {1};
    static const char beside[] = "/nowhere/at/all";
    keycask_anchor_text anchor;
    keycask_backup_info backup = KEYCASK_BACKUP_INFO_INIT;
    keycask_operation_info operation = KEYCASK_OPERATION_INFO_INIT;
    keycask_pepper_info pepper = KEYCASK_PEPPER_INFO_INIT;
    keycask_issued issued = KEYCASK_ISSUED_INIT;
    keycask_imports_info imports = KEYCASK_IMPORTS_INFO_INIT;
    keycask_leaks leaks = KEYCASK_LEAKS_INIT;
    keycask_error error = KEYCASK_ERROR_INIT;
    keycask_spec spec = scene_spec(of);
    keycask_owner_change owner = KEYCASK_OWNER_CHANGE_INIT;
    keycask_key_info keys[4] = {KEYCASK_KEY_INFO_INIT};
    keycask_filter filter = KEYCASK_FILTER_INIT;
    keycask_stats_info stats = KEYCASK_STATS_INFO_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    keycask_description description = KEYCASK_DESCRIPTION_INIT;
    size_t len, count;
    keycask_cursor from = KEYCASK_CURSOR_INIT, next = KEYCASK_CURSOR_INIT;
    keycask_audit_filter entries = KEYCASK_AUDIT_FILTER_INIT;
    keycask_audit_entry entry = KEYCASK_AUDIT_ENTRY_INIT;
    keycask_audit_page page = KEYCASK_AUDIT_PAGE_INIT;
    keycask_audit_span span = KEYCASK_AUDIT_SPAN_INIT;
    keycask_feed_cursor since = KEYCASK_FEED_CURSOR_INIT, reached = KEYCASK_FEED_CURSOR_INIT;
    keycask_changed changed = KEYCASK_CHANGED_INIT;
    keycask_decision decision = KEYCASK_DECISION_INIT;
    keycask_counts counts = KEYCASK_COUNTS_INIT;
    keycask_kind_count by_kind = KEYCASK_KIND_COUNT_INIT;
    keycask_finding found = KEYCASK_FINDING_INIT;
    uint64_t key;
    uint16_t realm;
    RETURNS(ERR_FORKED, keycask_verify(of->store, of->realm, TEXT("acme_live_x"), &request, NULL,
                                       NULL));
    RETURNS(ERR_FORKED, keycask_issue(of->store, &spec, &of->by, token, sizeof token, &len, &key,
                                      &error));
    CHECK(error.message_len > 0);
    RETURNS(ERR_FORKED, keycask_owner_set(of->store, of->realm, TEXT("p"), &owner, &of->by, NULL));
    RETURNS(ERR_FORKED, keycask_revoke(of->store, 1, &of->by, NULL));
    RETURNS(ERR_FORKED, keycask_realm(of->store, TEXT("acme"), &realm, NULL));
    RETURNS(ERR_FORKED, keycask_realms(of->store, &realm, 1, &count, NULL));
    RETURNS(ERR_FORKED, keycask_describe(of->store, &grant, &description, buffer, sizeof buffer,
                                         NULL));
    RETURNS(ERR_FORKED, keycask_list(of->store, &filter, &from, keys, 4, &count, &next, buffer,
                                     sizeof buffer, NULL));
    RETURNS(ERR_FORKED, keycask_count(of->store, &filter, &key, NULL));
    RETURNS(ERR_FORKED, keycask_count_by_kind(of->store, &by_kind, 1, &count, NULL));
    RETURNS(ERR_FORKED, keycask_revoke_presented(of->store, of->realm, TEXT("acme_live_x"), NULL, 0,
                                                 NULL, NULL));
    filter.realm = of->realm;
    RETURNS(ERR_FORKED, keycask_dry_run(of->store, KEYCASK_END_REVOKE, &filter, &key, NULL, 0,
                                        NULL));
    RETURNS(ERR_FORKED, keycask_end_many(of->store, KEYCASK_END_REVOKE, &filter, &of->by, NULL,
                                         NULL));
    RETURNS(ERR_FORKED, keycask_audit(of->store, &entries, 0, &entry, 1, &count, &page, buffer,
                                      sizeof buffer, NULL));
    RETURNS(ERR_FORKED, keycask_audit_check(of->store, &span, NULL));
    RETURNS(ERR_FORKED, keycask_feed(of->store, &since, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_changes(of->store, &since, &changed, 1, &count, &reached, NULL));
    RETURNS(ERR_FORKED, keycask_decisions(of->store, &decision, 1, &count, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_decision_counts(of->store, &counts, NULL));
    RETURNS(ERR_FORKED, keycask_audit_decisions(of->store, &of->by, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_findings(of->store, &found, 1, &count, NULL, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_tell_findings(of->store, &of->by, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_owner_id(of->store, 0, &realm, buffer, sizeof buffer, &len, NULL));
    RETURNS(ERR_FORKED, keycask_set_clock(of->store, 1767603600000, NULL));
    RETURNS(ERR_FORKED, keycask_stats(of->store, &stats, NULL));
    RETURNS(ERR_FORKED, keycask_check(of->store, NULL));
    RETURNS(ERR_FORKED, keycask_flush(of->store, NULL));
    RETURNS(ERR_FORKED, keycask_sweep_all(of->store, &of->by, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_compact(of->store, NULL, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_anchor(of->store, &anchor, NULL));
    RETURNS(ERR_FORKED, keycask_backup(of->store, beside, strlen(beside), &backup, NULL));
    RETURNS(ERR_FORKED, keycask_confirm_restore(of->store, &of->by, NULL));
    RETURNS(ERR_FORKED, keycask_operation(of->store, TEXT("x"), &operation, NULL));
    RETURNS(ERR_FORKED, keycask_pepper(of->store, &pepper, NULL));
    RETURNS(ERR_FORKED, keycask_rotate_pepper(of->store, secret, sizeof secret, &of->by, NULL));
    RETURNS(ERR_FORKED, keycask_retire_pepper(of->store, &of->by, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_rehash(of->store, NULL, NULL));
    RETURNS(ERR_FORKED, keycask_issue_many(of->store, &spec, 1, &of->by, &issued, token,
                                           sizeof token, NULL));
    RETURNS(ERR_FORKED, keycask_imports(of->store, of->realm, &imports, 1, &count, NULL, 0, NULL));
    RETURNS(ERR_FORKED, keycask_leaked(of->store, nothing, never, NULL, &leaks, NULL));
    RETURNS(ERR_FORKED, keycask_rules(of->store, 0, KEYCASK_GITHUB, buffer, sizeof buffer, &len,
                                      NULL));
    uses_wrongly(of);
    RETURNS(OK, keycask_close(of->store));
    RETURNS(ERR_CLOSED, keycask_close(of->store));
}

// A child may open the file anew, for reading beside its parent; to write, the parent has it.
static void opens(const scene *of) {
    keycask_options reading = options;
    keycask_store *store = NULL;
    reading.flags = KEYCASK_READ_ONLY;
    RETURNS(ERR_LOCKED, keycask_open(of->path, strlen(of->path), &options, &store, NULL));
    RETURNS(OK, keycask_open(of->path, strlen(of->path), &reading, &store, NULL));
    RETURNS(OK, keycask_close(store));
}

// No descriptor of the child is the store's file: else the child would keep the lock.
static void holds_nothing(const scene *of) {
    struct stat file, other;
    int descriptor;
    CHECK(!stat(of->path, &file));
    for (descriptor = 0; descriptor < 256; descriptor++) {
        if (!fstat(descriptor, &other)) {
            CHECK(file.st_ino != other.st_ino || file.st_dev != other.st_dev);
        }
    }
}

static void forks_again(const scene *of) {
    in_child(uses, of);
    in_child(holds_nothing, of);
}

enum { BELOW = 64 }; // the store's descriptors are, and those that they are moved to are not

static int writer;

static void writes_everywhere(const scene *of) {
    int descriptor;
    (void)of;
    for (descriptor = STDERR_FILENO + 1; descriptor < BELOW; descriptor++) {
        CHECK(write(descriptor, "x", 1) == 1);
    }
}

// Numbers that a child uses anew are its own, and those of its children.
static void uses_numbers_anew(const scene *of) {
    char told[2 * BELOW];
    int ends[2], reader, descriptor;
    CHECK(!pipe(ends));
    reader = fcntl(ends[0], F_DUPFD, BELOW);
    writer = fcntl(ends[1], F_DUPFD, BELOW);
    CHECK(reader >= BELOW && writer >= BELOW);
    for (descriptor = STDERR_FILENO + 1; descriptor < BELOW; descriptor++) {
        CHECK(dup2(writer, descriptor) == descriptor);
    }
    in_child(writes_everywhere, of);
    writes_everywhere(of);
    CHECK(read(reader, told, sizeof told) == 2 * (BELOW - STDERR_FILENO - 1));
}

static void exits(const scene *of) {
    (void)of;
    exit(0); // with all that runs at an end
}

// The parent writes on, closes, and the file is whole.
static void parent_is_unharmed(scene *of) {
    char token[KEYCASK_TOKEN_MAX];
    uint64_t key;
    size_t len = scene_issue(of, token, &key);
    RETURNS(OK, keycask_verify(of->store, of->realm, token, len, &request, NULL, NULL));
    RETURNS(OK, keycask_check(of->store, NULL));
    RETURNS(OK, keycask_close(of->store));
    RETURNS(OK, keycask_open(of->path, strlen(of->path), &options, &of->store, NULL));
    RETURNS(OK, keycask_verify(of->store, of->realm, token, len, &request, NULL, NULL));
    RETURNS(OK, keycask_check(of->store, NULL));
}

// The lock goes with the parent, though a child lives on.
static void lock_goes_with_its_process(scene *of) {
    int told[2], status;
    pid_t child;
    CHECK(!pipe(told));
    RETURNS(OK, keycask_close(of->store));
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        RETURNS(OK, keycask_open(of->path, strlen(of->path), &options, &of->store, NULL));
        if (fork() == 0) {
            pid_t self = getpid();
            alarm(60);
            CHECK(write(told[1], &self, sizeof self) == sizeof self);
            pause(); // holds on to what it inherited
            _exit(0);
        }
        kill(getpid(), SIGKILL);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    CHECK(read(told[0], &child, sizeof child) == sizeof child);
    RETURNS(OK, keycask_open(of->path, strlen(of->path), &options, &of->store, NULL));
    CHECK(!kill(child, SIGKILL));
    close(told[0]);
    close(told[1]);
}

enum { ISSUED = 100 };

typedef char tokens[ISSUED][KEYCASK_TOKEN_MAX];

// Issues keys of a new store, which is this process's alone.
static void issues_of_its_own(const scene *of, const char *name, tokens out) {
    char path[sizeof of->path + 10];
    scene own;
    uint64_t key;
    int at;
    CHECK(snprintf(path, sizeof path, "%s.%s", of->path, name) < (int)sizeof own.path);
    own = scene_create(path);
    memset(out, 0, sizeof(tokens));
    for (at = 0; at < ISSUED; at++) scene_issue(&own, out[at], &key);
    RETURNS(OK, keycask_close(own.store));
}

// A parent and its child draw what a token is made of from no state that both have. Ids of keys are
// not compared: 22 bits of them are drawn, and chance makes two alike.
static void no_token_is_made_twice(const scene *of) {
    static tokens mine, others;
    int told[2], status, at, other;
    size_t len = 0;
    pid_t child;
    uint64_t key;
    scene_issue(of, mine[0], &key);
    CHECK(!pipe(told));
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        issues_of_its_own(of, "child", mine);
        while (len < sizeof mine) {
            ssize_t some = write(told[1], (const char *)mine + len, sizeof mine - len);
            CHECK(some > 0);
            len += (size_t)some;
        }
        _exit(0);
    }
    CHECK(!close(told[1]));
    issues_of_its_own(of, "parent", mine);
    while (len < sizeof others) {
        ssize_t some = read(told[0], (char *)others + len, sizeof others - len);
        CHECK(some > 0);
        len += (size_t)some;
    }
    CHECK(!close(told[0]));
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (at = 0; at < ISSUED; at++) {
        CHECK(mine[at][0] && others[at][0]);
        for (other = 0; other < ISSUED; other++) CHECK(strcmp(mine[at], others[other]));
    }
}

static const scene *issuer;
static int stop;

static void *issues(void *unused) {
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        char token[KEYCASK_TOKEN_MAX];
        uint64_t key;
        scene_issue(issuer, token, &key);
    }
    return NULL;
}

// A child comes to be while other threads are in the middle of writing. None of them is in it, so
// what they hold is held for ever there.
static void forks_amid_writes(scene *of) {
    pthread_t threads[2];
    int i;
    issuer = of;
    for (i = 0; i < 2; i++) CHECK(!pthread_create(&threads[i], NULL, issues, NULL));
    for (i = 0; i < 20; i++) in_child(i % 2 ? uses : holds_nothing, of);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (i = 0; i < 2; i++) CHECK(!pthread_join(threads[i], NULL));
}

int main(int argc, char **argv) {
    void (*const children[])(const scene *) = {
        uses, opens, holds_nothing, forks_again, uses_numbers_anew, exits,
    };
    scene stage;
    size_t i;
    CHECK(argc == 2);
    stage = scene_create(argv[1]);
    no_token_is_made_twice(&stage);
    for (i = 0; i < sizeof children / sizeof *children; i++) {
        in_child(children[i], &stage);
        parent_is_unharmed(&stage);
    }
    forks_amid_writes(&stage);
    parent_is_unharmed(&stage);
    lock_goes_with_its_process(&stage);
    parent_is_unharmed(&stage);
    RETURNS(OK, keycask_close(stage.store));
    return 0;
}
