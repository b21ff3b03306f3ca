// Loads and unloads the library by itself, as bindings do: `load STORE LIBRARY`.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

typedef uint32_t (*abi)(void);
typedef keycask_status (*create)(const char *, size_t, const keycask_options *, keycask_store **,
                                 keycask_error *);
typedef keycask_status (*stats)(const keycask_store *, keycask_stats_info *, keycask_error *);
typedef keycask_status (*closing)(keycask_store *);

static void *library;

// ISO C has no way from an object's address to a function's; POSIX has.
static void find(const char *name, void *to) {
    void *found = dlsym(library, name);
    CHECK(found);
    memcpy(to, &found, sizeof found);
}

// A thread that used the library ends after it was unloaded.
static void *asks(void *store) {
    keycask_stats_info info = KEYCASK_STATS_INFO_INIT;
    stats ask;
    find("keycask_stats", &ask);
    CHECK(ask(store, &info, NULL) == KEYCASK_OK);
    return NULL;
}

int main(int argc, char **argv) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    int round, status;
    CHECK(argc == 3);
    for (round = 0; round < 3; round++) {
        keycask_store *store = NULL;
        pthread_t thread;
        pid_t child;
        char path[600];
        abi number;
        create make;
        closing end;
        library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
        CHECK(library);
        find("keycask_abi", &number);
        find("keycask_create", &make);
        find("keycask_close", &end);
        CHECK(number() == KEYCASK_ABI);
        snprintf(path, sizeof path, "%s%d", argv[1], round);
        CHECK(make(path, strlen(path), &options, &store, NULL) == KEYCASK_OK);
        CHECK(!pthread_create(&thread, NULL, asks, store));
        CHECK(!pthread_join(thread, NULL));
        CHECK(end(store) == KEYCASK_OK);
        CHECK(!dlclose(library));
        // The handler of forks is still where the system knows it.
        child = fork();
        if (child == 0) _exit(0);
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status));
    }
    return 0;
}
