// Random calls of every function, on several threads: program STORE CALLS SEED THREADS.
//
// What a call is given is here, what is demanded of it in judge.c.
#include "random.h"

#include <inttypes.h>
#include <pthread.h>
#include <unistd.h>

enum { STORES = 3 };

_Thread_local chance *mine;
static char directory[400];

// Those that are open: all threads use all.
static keycask_store *stores[STORES];
static keycask_store *closed;

static const char PROFILE[] =
    "realm = 'acme'\n"
    "[[kind]]\nname = 'live'\nprefix = 'acme_live_'\nbody = 32\nenvironment = 'production'\n"
    "[[kind]]\nname = 'shown'\nprefix = 'acme_shown_'\nbody = 32\nreveal = true\n"
    "[[scope]]\nname = 'read'\ntitle = 'Read'\ntier = 'low'\nmethods = ['GET']\n"
    "[[scope]]\nname = 'write'\nimplies = ['read']\n"
    "[[set]]\nname = 'all'\nscopes = ['read', 'write']\n"
    "[[plan]]\nname = 'small'\nactive = 1000\nrates = ['1000 per 1m', '5000 per 1h, burst 50']\n"
    "[policy]\ndefault_grace = '1h'\nusage = true\nretain = '1h'\n";

static const char *const TEXTS[] = {
    "", "acme", "live", "shown", "read", "write", "read write", "all", "small", "o", "user-7",
    "acme.toml", "GET", "Authorization", "Bearer acme_live_0", "10.0.0.0/8", "2001:db8::/32 10.0.0.1",
    "1000 per day", "never", "{\"a\": [1, 2]}", "operation-1", "key_0123456789ABC", "sha256",
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", "key_issued key_revoked",
    "acme_live_t9JQ10cDjddmslzv9mRKYqaDS5ZU1Kuz08aSwX", "b\xc3\xb6" "b", "\xff\xfe", "a\nb", " ",
    "{\"owner\": \"o\", \"token\": \"a-token-of-another-system\"}\n", PROFILE,
};

static const uint64_t NUMBERS[] = {
    0, 1, 2, 3, 7, 8, 16, 60000, 1700000000000, UINT16_MAX, INT32_MAX, UINT32_MAX, INT64_MAX,
    KEYCASK_NEVER, KEYCASK_NOW, KEYCASK_DEFAULT, KEYCASK_AFTER, KEYCASK_KEEP, KEYCASK_AT_ONCE,
    KEYCASK_NONE, UINT64_MAX, (uint64_t)INT64_MIN,
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

uint64_t roll(uint64_t sides) {
    // SplitMix64: Steele, Lea and Flood, OOPSLA 2014.
    uint64_t z = mine->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % sides;
}

void *take(size_t len) {
    taken *it;
    if (mine->taken_len == TAKEN_MAX) DIE("more is taken for one call than was thought");
    it = &mine->taken[mine->taken_len++];
    memset(it, 0, sizeof *it);
    it->len = len;
    it->at = malloc(len ? len : 1);
    if (!it->at) DIE("no memory for %zu bytes", len);
    some_bytes(it->at, len);
    return it->at;
}

void some_bytes(void *to, size_t len) {
    char *bytes = to;
    size_t at, some = !roll(3) ? 0 : len < 64 ? len : 64;
    for (at = 0; at < some; at += 8) {
        uint64_t word = roll(UINT64_MAX);
        memcpy(bytes + at, &word, some - at < 8 ? some - at : 8);
    }
    memset(bytes + some, 0, len - some);
}

void *some_size(const void *it, size_t size, size_t count) {
    const uint32_t sizes[] = {0,
                              1,
                              4,
                              8,
                              (uint32_t)size - 8,
                              (uint32_t)size - 1,
                              (uint32_t)size + 8,
                              (uint32_t)size + 1,
                              4096,
                              4097,
                              UINT32_MAX};
    uint32_t says = sizes[roll(LENGTH(sizes))];
    // The largest that is not refused for its size alone is 4096.
    size_t room = says < 4 ? 4 : says > 4096 ? size : says;
    char *made = take(room * count);
    if (roll(2)) memset(made, 0, room * count);
    memcpy(made, it, room * count < size ? room * count : size);
    memcpy(made, &says, 4);
    return made;
}

size_t some_count(void) { return roll(8) ? roll(4) : roll(20); }

uint64_t some_number(void) { return roll(2) ? roll(4) : NUMBERS[roll(LENGTH(NUMBERS))]; }
uint64_t some_zero(void) { return roll(40) ? 0 : some_number(); }
uint64_t some_key(void) { return roll(12) ? mine->keys[roll(KEPT)] : some_number(); }
uint64_t some_realm(void) { return roll(12) ? 1 : some_number(); }
uint64_t some_kinds(void) { return roll(4) ? KEYCASK_ANY_KIND : some_number(); }
uint64_t some_cost(void) { return roll(4) ? 1 : some_number(); }
uint64_t some_limit(void) { return roll(100); }
uint64_t some_bits(void) { return roll(12) ? roll(9) : some_number(); }

uint64_t some_address_len(void) {
    return !roll(8) ? some_number() : roll(2) ? 4 : roll(2) * 16;
}

uint64_t some_time(void) {
    return roll(3) ? (uint64_t)KEYCASK_NONE + roll(7) : some_number();
}

void *some_numbers(size_t size, size_t count, uint64_t (*some)(void)) {
    char *made;
    size_t at;
    if (!roll(24)) return NULL;
    made = take(size * count);
    for (at = 0; at < count; at++) {
        uint64_t number = some();
        memcpy(made + at * size, &number, size);
    }
    return made;
}

// No memory, and a length that no memory is needed for, or is refused; or memory, and a length
// that none has.
static const char *no_text(size_t *len) {
    if (!roll(8)) {
        *len = SIZE_MAX - roll(PTRDIFF_MAX);
        return take(1);
    }
    *len = roll(3) ? 0 : roll(2) ? 1 : SIZE_MAX;
    return NULL;
}

// This one, or with a byte of it that is another, or one that is long.
static const char *text_like(const char *from, size_t *len) {
    char *made;
    if (!roll(24)) return no_text(len);
    if (!roll(200)) {
        *len = roll(9000);
        return memset(take(*len), 'a', *len);
    }
    made = take(*len);
    memcpy(made, from, *len);
    if (*len && !roll(10)) made[roll(*len)] = (char)roll(256);
    return made;
}

const char *some_path(size_t *len) {
    char made[500];
    char *copy;
    size_t begin;
    if (!roll(24)) return no_text(len);
    // What chance makes of a path stays in the directory.
    begin = (size_t)snprintf(made, sizeof made, "%s/", directory);
    *len = begin + (size_t)snprintf(made + begin, sizeof made - begin, "%" PRIu64, roll(8));
    if (!roll(8)) made[begin] = (char)roll(256);
    if (!roll(16)) *len = begin;
    copy = take(*len);
    memcpy(copy, made, *len);
    return copy;
}

const char *some_text(size_t *len) {
    const char *from = TEXTS[roll(LENGTH(TEXTS))];
    if (!roll(10)) return some_token(len);
    *len = strlen(from);
    return text_like(from, len);
}

const char *some_profile(size_t *len) {
    if (!roll(4)) return some_text(len);
    *len = strlen(PROFILE);
    return text_like(PROFILE, len);
}

const char *some_token(size_t *len) {
    size_t token = roll(KEPT);
    if (!roll(4)) {
        const char *from = TEXTS[roll(LENGTH(TEXTS))];
        *len = strlen(from);
        return text_like(from, len);
    }
    *len = mine->token_lens[token];
    return text_like(mine->tokens[token], len);
}

const uint8_t *some_secret(size_t *len) {
    *len = roll(4) ? KEYCASK_SECRET_LEN : roll(70);
    return roll(24) ? memset(take(*len), 7, *len) : NULL;
}

char *some_room(size_t *cap) {
    static const size_t caps[] = {0, 1, 16, 17, 64, 166, 167, 512};
    // Most texts have room in the second, all in the last.
    *cap = roll(2) ? caps[roll(LENGTH(caps))] : roll(20) ? 2048 : roll(2) ? 8320 : ROOM_MAX;
    return *cap && roll(24) ? take(*cap) : NULL;
}

uint8_t *give_uint8_t(size_t count) { return roll(24) ? take(count) : NULL; }

keycask_text fill_keycask_text(void) {
    keycask_text it;
    it.data = some_text(&it.len);
    return it;
}

keycask_options fill_keycask_options(void) {
    static const keycask_options plain = KEYCASK_OPTIONS_INIT;
    keycask_options it = plain;
    if (!roll(3)) it.flags = (uint32_t)roll(4);
    if (!roll(3)) it.pepper = some_secret(&it.pepper_len);
    if (!roll(3)) it.previous_pepper = some_secret(&it.previous_pepper_len);
    if (!roll(3)) it.sealing_key = some_secret(&it.sealing_key_len);
    if (!roll(3)) it.clock_ms = (int64_t)some_time();
    if (!roll(3)) it.cache_bytes = roll(1 << 24);
    if (!roll(3)) it.log_len = roll(1000);
    if (!roll(9)) it.min_seq = some_number();
    if (!roll(3)) it.lease_max = roll(1000);
    if (!roll(3)) it.decisions = (uint32_t)some_number();
    if (!roll(3)) it.progress = some_progress();
    if (!roll(20)) it.zero = 1;
    return it;
}

static void progress(void *context, uint32_t step, uint64_t done, uint64_t total) {
    (void)context;
    if (step == 0 || done > total) DIE("step %u: %" PRIu64 " of %" PRIu64, step, done, total);
}

static void refused(void *context, uint64_t number, int32_t status, const keycask_error *why) {
    (void)context;
    (void)number;
    if (status >= 0 || !why || why->message_len > KEYCASK_MESSAGE_MAX) DIE("refused as %d", status);
}

static int64_t reads(void *context, char *buffer, size_t cap) {
    size_t len;
    const char *from = some_token(&len);
    (void)context;
    // It keeps its own promises: no text is longer than memory.
    if (!from || len > PTRDIFF_MAX || !roll(4)) return roll(8) ? 0 : -1;
    if (!roll(30)) return (int64_t)cap + 1;
    len = len < cap ? len : cap;
    memcpy(buffer, from, len);
    return (int64_t)len;
}

static int32_t found(void *context, const keycask_leak *leak) {
    (void)context;
    if (leak->struct_size != sizeof *leak) DIE("a leak of %u bytes", leak->struct_size);
    return roll(9) ? 0 : (int32_t)roll(3);
}

keycask_progress some_progress(void) { return roll(2) ? progress : NULL; }
keycask_refused some_refused(void) { return roll(8) ? refused : NULL; }
keycask_read some_read(void) { return roll(12) ? reads : NULL; }
keycask_found some_found(void) { return roll(8) ? found : NULL; }

const keycask_store *some_store(void) {
    if (!roll(200)) return NULL;
    if (!roll(100)) return closed;
    return roll(6) ? stores[roll(STORES)] : mine->own;
}

// What others may call at the same time is not closed: a program promises that.
keycask_store *some_store_to_close(void) {
    if (!roll(8)) return NULL;
    return roll(4) ? closed : mine->own;
}

keycask_store **some_place(void) { return roll(24) ? take(sizeof(keycask_store *)) : NULL; }

static void close_own(void) {
    if (mine->own_is_open && keycask_close(mine->own) != KEYCASK_OK) DIE("a store is not closed");
    mine->own_is_open = 0;
}

void keep_store(keycask_store *store) {
    close_own();
    mine->own = store;
    mine->own_is_open = 1;
}

void keep_token(const char *token, const size_t *len) {
    size_t at = roll(KEPT);
    if (!token || !len) return;
    if (*len > KEYCASK_TOKEN_MAX) DIE("a token of %zu bytes", *len);
    memcpy(mine->tokens[at], token, *len);
    mine->token_lens[at] = *len;
}

void keep_key(const uint64_t *key) {
    if (key) mine->keys[roll(KEPT)] = *key;
}

static void let_go(void) {
    while (mine->taken_len) free(mine->taken[--mine->taken_len].at);
    mine->watched_len = 0;
}

// A store with something in it.
static keycask_store *begin(const char *at) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_owner_change owner = KEYCASK_OWNER_CHANGE_INIT;
    keycask_actor by = KEYCASK_ACTOR_INIT;
    keycask_store *store = NULL;
    uint16_t realm;
    options.decisions = 2;
    if (keycask_create(at, strlen(at), &options, &store, NULL) != KEYCASK_OK) DIE("%s: no store", at);
    if (keycask_realm_apply(store, "p", 1, PROFILE, strlen(PROFILE), &by, &realm, NULL) ||
        keycask_owner_set(store, realm, "o", 1, &owner, &by, NULL))
        DIE("no realm or owner");
    return store;
}

// Keys that are granted, to begin with.
static void keep_some(void) {
    keycask_spec spec = KEYCASK_SPEC_INIT;
    keycask_actor by = KEYCASK_ACTOR_INIT;
    char token[KEYCASK_TOKEN_MAX];
    size_t at, len;
    uint64_t key;
    spec.realm = 1;
    spec.kind.data = "live";
    spec.kind.len = 4;
    spec.owner.data = "o";
    spec.owner.len = 1;
    for (at = 0; at < KEPT; at++) {
        if (keycask_issue(stores[roll(STORES)], &spec, &by, token, sizeof token, &len, &key, NULL))
            DIE("no key");
        keep_token(token, &len);
        keep_key(&key);
    }
}

typedef struct {
    uint64_t seed;
    uint64_t calls;
    uint64_t good;
} work;

static void *run(void *argument) {
    work *of = argument;
    char own[420];
    mine = calloc(1, sizeof *mine);
    if (!mine) DIE("no memory");
    mine->state = of->seed;
    snprintf(own, sizeof own, "%s/own-%" PRIu64, directory, of->seed);
    keep_store(begin(own));
    keep_some();
    while (mine->calls < of->calls) {
        const random_call *call = &random_calls[roll(random_calls_len)];
        if (roll(call->one_in)) continue;
        call->make();
        let_go();
    }
    close_own();
    of->good = mine->good;
    free(mine);
    return NULL;
}

int main(int argc, char **argv) {
    uint64_t calls, good = 0;
    unsigned long threads, at;
    work works[16];
    pthread_t running[16];
    char *slash;
    if (argc != 5 || strlen(argv[1]) >= sizeof directory - 20) return 2;
    strcpy(directory, argv[1]);
    calls = strtoull(argv[2], NULL, 10);
    threads = strtoul(argv[4], NULL, 10);
    if (threads < 1 || threads > 16) return 2;
    for (at = 0; at < STORES + 1; at++) {
        char name[420];
        snprintf(name, sizeof name, "%s-%lu", argv[1], at);
        if (at < STORES) stores[at] = begin(name);
        else closed = begin(name);
    }
    if (keycask_close(closed) != KEYCASK_OK) DIE("a store is not closed");
    slash = strrchr(directory, '/');
    if (slash) *slash = 0;
    for (at = 0; at < threads; at++) {
        works[at].seed = strtoull(argv[3], NULL, 10) * 16 + at;
        works[at].calls = calls / threads;
        if (pthread_create(&running[at], NULL, run, &works[at])) DIE("no thread");
    }
    for (at = 0; at < threads; at++) {
        pthread_join(running[at], NULL);
        good += works[at].good;
    }
    for (at = 0; at < STORES; at++)
        if (keycask_close(stores[at]) != KEYCASK_OK) DIE("a store is not closed");
    printf("random: calls: %" PRIu64 ", %" PRIu64 " of them done\n", calls, good);
    // Else most of it was refused at the door.
    if (good < calls / 20) DIE("only %" PRIu64 " of %" PRIu64 " calls did anything", good, calls);
    return 0;
}
