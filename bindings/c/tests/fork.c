// What a fork does to a store: nothing, whatever the child does.
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
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

// Every call on the inherited handle is refused; closing it does nothing.
static void uses(const scene *of) {
    char token[KEYCASK_TOKEN_MAX];
    char buffer[KEYCASK_KEY_TEXT_MAX];
    keycask_error error = KEYCASK_ERROR_INIT;
    keycask_spec spec = KEYCASK_SPEC_INIT;
    keycask_owner_change owner = KEYCASK_OWNER_CHANGE_INIT;
    keycask_key_info keys[4] = {KEYCASK_KEY_INFO_INIT};
    keycask_filter filter = KEYCASK_FILTER_INIT;
    keycask_stats_info stats = KEYCASK_STATS_INFO_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    keycask_description description = KEYCASK_DESCRIPTION_INIT;
    size_t len, count;
    uint64_t key, next;
    uint16_t realm;
    spec.realm = of->realm;
    spec.kind = text("live");
    spec.owner = text("o");
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
    RETURNS(ERR_FORKED, keycask_list(of->store, &filter, keys, 4, &count, &next, buffer,
                                     sizeof buffer, NULL));
    RETURNS(ERR_FORKED, keycask_stats(of->store, &stats, NULL));
    RETURNS(ERR_FORKED, keycask_check(of->store, NULL));
    RETURNS(ERR_FORKED, keycask_flush(of->store, NULL));
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

int main(int argc, char **argv) {
    void (*const children[])(const scene *) = {uses, opens, holds_nothing, forks_again, exits};
    scene stage;
    size_t i;
    CHECK(argc == 2);
    stage = scene_create(argv[1]);
    for (i = 0; i < sizeof children / sizeof *children; i++) {
        in_child(children[i], &stage);
        parent_is_unharmed(&stage);
    }
    lock_goes_with_its_process(&stage);
    parent_is_unharmed(&stage);
    RETURNS(OK, keycask_close(stage.store));
    return 0;
}
