// Random calls of every function, on several threads: program STORE CALLS SEED THREADS. With `evenly`
// behind that each is called as often as any other; with names behind this, those alone. Or the calls
// that a file chooses: program STORE INPUT.
#include "random.h"

#include <inttypes.h>
#include <pthread.h>
#include <unistd.h>

// After so many calls a thread is calm: it makes fewer that take time.
enum { THREADS_MAX = 16, CALLS_MAX = 200, CALM_AFTER = 10000 };

// One of the stores is renewed after so many calls: at first, and by a thread that is calm.
static const uint64_t RENEWED_AFTER[] = {200, 5000};

typedef struct {
    uint64_t seed;
    uint64_t calls;
    int is_even;
    uint64_t good;
    uint64_t made[CALLS_MAX];
    uint64_t done[CALLS_MAX];
} work;

// Those that alone are called; none are all.
static char **named;

static int is_called(size_t number) {
    char **name = named;
    while (*name && strcmp(*name, random_calls[number].name)) name++;
    return !*named || *name;
}

static void *run(void *argument) {
    work *of = argument;
    uint64_t renewed = 0, next = 0;
    mine = calloc(1, sizeof *mine);
    if (!mine) DIE("no memory");
    mine->state = of->seed;
    for (mine->store = 0; mine->store <= STORES; mine->store++) renew(of->seed);
    while (mine->calls < of->calls) {
        size_t number = roll(random_calls_len);
        int is_calm = !of->is_even && mine->calls >= CALM_AFTER;
        uint64_t one_in = of->is_even ? 1 : random_calls[number].one_in[is_calm];
        if (mine->calls == next) {
            next += RENEWED_AFTER[is_calm];
            // The thread's own is closed more often than others are changed.
            mine->store = renewed % 2 ? STORES : renewed / 2 % STORES;
            renewed++;
            renew(of->seed);
        }
        if (!is_called(number) || (one_in > 1 && roll(one_in))) continue;
        mine->store = roll(STORES + 1);
        make_call(number);
        of->made[number]++;
        of->done[number] += mine->status == KEYCASK_OK;
    }
    close_own();
    of->good = mine->good;
    free(mine);
    return NULL;
}

// How many calls of each function were made, and how many of them did something. What is demanded of
// that is in amounts.rs: of many runs together.
static void tell_amounts(const work *works, unsigned long threads) {
    size_t number;
    for (number = 0; number < random_calls_len; number++) {
        uint64_t made = 0, done = 0;
        unsigned long at;
        for (at = 0; at < threads; at++) {
            made += works[at].made[number];
            done += works[at].done[number];
        }
        printf("random: of %s: %" PRIu64 " of %" PRIu64 " done\n", random_calls[number].name, done,
               made);
    }
}

// Plays what is in a file. The store is not made: others are, beside it.
static int play(char *store, const char *from) {
    static uint8_t input[1 << 20];
    FILE *file = fopen(from, "rb");
    char *slash = strrchr(store, '/');
    size_t len;
    if (!file || !slash) return 2;
    len = fread(input, 1, sizeof input, file);
    fclose(file);
    *slash = 0;
    keycask_play(store, input, len);
    return 0;
}

int main(int argc, char **argv) {
    uint64_t calls, good = 0;
    unsigned long threads, at;
    static work works[THREADS_MAX];
    pthread_t running[THREADS_MAX];
    char *slash;
    if (argc == 3) return play(argv[1], argv[2]);
    if (argc < 5 || strlen(argv[1]) >= sizeof directory - 20) return 2;
    strcpy(directory, argv[1]);
    calls = strtoull(argv[2], NULL, 10);
    named = argv + (argc > 5 ? 6 : 5);
    threads = strtoul(argv[4], NULL, 10);
    if (threads < 1 || threads > THREADS_MAX || random_calls_len > CALLS_MAX) return 2;
    for (at = 0; at < STORES + 1; at++) {
        char name[420];
        snprintf(name, sizeof name, "%s-%lu", argv[1], at);
        if (at < STORES) stores[at] = begin(name, 0);
        else closed = begin(name, 0);
    }
    if (keycask_close(closed) != KEYCASK_OK) DIE("a store is not closed");
    slash = strrchr(directory, '/');
    if (slash) *slash = 0;
    // A text that is taken for a path names what is there, too.
    if (chdir(directory)) DIE("%s: no directory", directory);
    for (at = 0; at < threads; at++) {
        works[at].seed = strtoull(argv[3], NULL, 10) * 16 + at;
        works[at].calls = calls / threads;
        works[at].is_even = argc > 5 && !strcmp(argv[5], "evenly");
        if (pthread_create(&running[at], NULL, run, &works[at])) DIE("no thread");
    }
    for (at = 0; at < threads; at++) {
        pthread_join(running[at], NULL);
        good += works[at].good;
    }
    for (at = 0; at < STORES; at++)
        if (keycask_close(stores[at]) != KEYCASK_OK) DIE("a store is not closed");
    printf("random: calls: %" PRIu64 ", %" PRIu64 " of them done\n", calls, good);
    tell_amounts(works, threads);
    return 0;
}
