// What a random call is given: of what its thread has, as chance or an input chooses. What is
// demanded of it is in judge.c.
#include "random.h"

#include <inttypes.h>
#include <unistd.h>

_Thread_local chance *mine;
char directory[DIRECTORY_MAX];
keycask_store *stores[STORES];
keycask_store *closed;

const char PROFILE[] =
    "realm = 'acme'\n"
    "[[kind]]\nname = 'live'\nprefix = 'acme_live_'\nbody = 32\nenvironment = 'production'\n"
    "[[kind]]\nname = 'shown'\nprefix = 'acme_shown_'\nbody = 32\nreveal = true\n"
    "[[scope]]\nname = 'read'\ntitle = 'Read'\ntier = 'low'\nmethods = ['GET']\n"
    "[[scope]]\nname = 'write'\nimplies = ['read']\n"
    "[[set]]\nname = 'all'\nscopes = ['read', 'write']\n"
    "[[plan]]\nname = 'small'\nactive = 1000\nrates = ['1000 per 1m', '5000 per 1h, burst 50']\n"
    "[policy]\ndefault_grace = '1h'\nusage = true\nsuspend = true\nretain = '1h'\n";

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

enum { TEXTS_MAX = 8 };

// What is sound for what has such a name; else it is any text.
static const struct {
    const char *name;
    const char *texts[TEXTS_MAX];
} NAMED[] = {
    {"active_of", {"o"}},
    {"default_plan", {"small"}},
    {"header", {"Authorization", "authorization", "Authorization", "Accept"}},
    {"hint", {"ello"}},
    {"id", {"o", "o", "o", "user-7", "operation-1"}},
    {"kind", {"live", "live", "shown"}},
    {"last_four", {"ello"}},
    {"metadata", {"{\"a\": [1, 2]}", "null"}},
    {"method", {"GET", "POST"}},
    {"name", {"acme", "live", "read", "all", "small"}},
    {"names", {"read", "write", "read write", ""}},
    {"networks", {"10.0.0.0/8", "2001:db8::/32 10.0.0.1"}},
    {"owner", {"o", "o", "o", "user-7"}},
    {"plan", {"small"}},
    {"quota", {"1000 per day", "10"}},
    {"reason", {"acme", ""}},
    {"scheme", {"sha256"}},
    {"source", {"acme.toml"}},
    {"text", {"key_0123456789ABC"}},
    {"toml", {PROFILE}},
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

// The next bytes of an input, or none when it ends: as many as so many sides need.
static uint64_t next_bytes(uint64_t sides) {
    size_t len = sides <= 256 ? 1 : sides <= 65536 ? 2 : 8;
    uint64_t number = 0;
    while (len-- && mine->input < mine->input_end) number = number << 8 | *mine->input++;
    return number % sides;
}

uint64_t roll(uint64_t sides) {
    if (mine->input) return next_bytes(sides);
    // SplitMix64: Steele, Lea and Flood, OOPSLA 2014.
    uint64_t z = mine->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % sides;
}

int odd(uint64_t sides) { return mine->is_wild && !roll(sides); }

int some_field(void) { return mine->is_wild ? roll(4) != 0 : !roll(12); }

void *take(size_t len) {
    taken *it;
    if (mine->taken_len == TAKEN_MAX) DIE("more is taken for one call than was thought");
    it = &mine->taken[mine->taken_len++];
    memset(it, 0, sizeof *it);
    it->len = len;
    it->at = malloc(len ? len : 1);
    if (!it->at) DIE("no memory for %zu bytes", len);
    memset(it->at, (int)roll(256), len);
    return it->at;
}

void *some_places(size_t size, int is_sized, size_t count) {
    uint32_t says = (uint32_t)size;
    char *made;
    if (count == 0 || odd(24)) return NULL;
    made = take(count * size);
    if (is_sized && odd(12)) return some_size(made, size, count);
    if (is_sized) memcpy(made, &says, sizeof says);
    return made;
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

size_t some_places_len(void) { return odd(2) ? some_count() : 32; }

size_t some_count(void) { return roll(8) ? roll(4) : roll(20); }

uint64_t some_clock(void) { return odd(4) ? some_time() : CLOCK + roll(3600000); }
uint64_t some_number(void) { return roll(2) ? roll(4) : NUMBERS[roll(LENGTH(NUMBERS))]; }
uint64_t some_zero(void) { return odd(40) ? some_number() : 0; }
uint64_t some_realm(void) { return odd(12) ? some_number() : 1; }
uint64_t some_kinds(void) { return odd(4) ? some_number() : KEYCASK_ANY_KIND; }
uint64_t some_cost(void) { return odd(4) ? some_number() : 1; }
uint64_t some_scopes(void) { return odd(4) ? some_number() : roll(4); }

uint64_t some_key(void) {
    return odd(12) ? some_number() : mine->keys[mine->store][roll(KEPT)];
}

uint64_t some_limit(void) { return roll(100); }
uint64_t some_bits(void) { return odd(12) ? some_number() : roll(mine->is_wild ? 9 : 3); }

uint64_t some_address_len(void) {
    return !roll(8) ? some_number() : roll(2) ? 4 : roll(2) * 16;
}

uint64_t some_time(void) {
    return roll(3) ? (uint64_t)KEYCASK_NONE + roll(7) : some_number();
}

void *some_numbers(size_t size, size_t count, uint64_t (*some)(void)) {
    char *made;
    size_t at;
    if (odd(24)) return NULL;
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
    if (odd(24)) return no_text(len);
    if (odd(200)) {
        *len = roll(9000);
        return memset(take(*len), 'a', *len);
    }
    made = take(*len);
    memcpy(made, from, *len);
    if (*len && odd(10)) made[roll(*len)] = (char)roll(256);
    // What is taken for a path, though it was none, stays in the directory.
    if (*len && *from != '/' && *made == '/') *made = '.';
    return made;
}

static const char *any_text(size_t *len) {
    const char *from = TEXTS[roll(LENGTH(TEXTS))];
    *len = strlen(from);
    return text_like(from, len);
}

static const char *some_path(size_t *len, int is_free) {
    char made[500];
    char *copy;
    size_t begin;
    if (odd(24)) return no_text(len);
    // What chance makes of a path stays in the directory.
    begin = (size_t)snprintf(made, sizeof made, "%s/", directory);
    *len = begin + (size_t)snprintf(made + begin, sizeof made - begin, "%" PRIu64, roll(8));
    if (odd(8)) made[begin] = (char)roll(256);
    if (odd(16)) *len = begin;
    // What is made at a path is at most eight files, so that others have to leave.
    made[*len] = 0;
    if (is_free) unlink(made);
    copy = take(*len);
    memcpy(copy, made, *len);
    return copy;
}

static const char *some_token(size_t *len) {
    size_t token = roll(KEPT);
    if (odd(4)) return any_text(len);
    *len = mine->token_lens[mine->store][token];
    return text_like(mine->tokens[mine->store][token], len);
}

// What a header may hold: a token behind its scheme.
static const char *some_value(size_t *len) {
    char made[8 + KEYCASK_IMPORTED_TOKEN_MAX] = "Bearer ";
    size_t token = roll(KEPT);
    *len = mine->token_lens[mine->store][token];
    memcpy(made + 7, mine->tokens[mine->store][token], *len);
    *len += 7;
    return text_like(made, len);
}

const char *some_text(const char *name, size_t *len) {
    const char *const *texts = NULL;
    size_t at;
    if (odd(8)) return roll(4) ? any_text(len) : some_token(len);
    if (!strcmp(name, "path")) return some_path(len, !roll(4));
    if (!strcmp(name, "backup")) return some_path(len, 0);
    if (!strcmp(name, "token")) return some_token(len);
    if (!strcmp(name, "value")) return some_value(len);
    for (at = 0; at < LENGTH(NAMED); at++)
        if (!strcmp(name, NAMED[at].name)) texts = NAMED[at].texts;
    if (!texts) return any_text(len);
    for (at = 0; at < TEXTS_MAX && texts[at]; at++) {}
    at = roll(at);
    *len = strlen(texts[at]);
    return text_like(texts[at], len);
}

keycask_text some_keycask_text(const char *name) {
    keycask_text it;
    it.data = some_text(name, &it.len);
    return it;
}

const uint8_t *some_secret(size_t *len) {
    *len = odd(4) ? roll(70) : KEYCASK_SECRET_LEN;
    return odd(24) ? NULL : memset(take(*len), 7, *len);
}

char *some_room(size_t *cap) {
    static const size_t caps[] = {0, 1, 16, 17, 64, 166, 167, 512};
    // Most texts have room in the second, all in the last.
    *cap = odd(2) ? caps[roll(LENGTH(caps))] : roll(20) ? 2048 : roll(2) ? 8320 : ROOM_MAX;
    return *cap && !odd(24) ? take(*cap) : NULL;
}

uint8_t *give_uint8_t(size_t count) { return odd(24) ? NULL : take(count); }

// Arrays of texts are of tokens.
keycask_text fill_keycask_text(void) { return some_keycask_text("token"); }

keycask_options fill_keycask_options(void) {
    static const keycask_options plain = KEYCASK_OPTIONS_INIT;
    keycask_options it = plain;
    if (odd(3)) it.flags = (uint32_t)roll(4);
    if (!roll(3)) it.pepper = some_secret(&it.pepper_len);
    if (odd(3)) it.previous_pepper = some_secret(&it.previous_pepper_len);
    if (!roll(3)) it.sealing_key = some_secret(&it.sealing_key_len);
    if (odd(3)) it.clock_ms = (int64_t)some_time();
    if (!roll(3)) it.cache_bytes = roll(1 << 24);
    if (odd(3)) it.log_len = roll(1000);
    if (odd(9)) it.min_seq = some_number();
    if (odd(3)) it.lease_max = roll(1000);
    if (odd(3)) it.decisions = (uint32_t)some_number();
    if (!roll(3)) it.progress = some_progress();
    if (odd(20)) it.zero = 1;
    return it;
}

keycask_cursor fill_keycask_cursor(void) {
    static const keycask_cursor begin = KEYCASK_CURSOR_INIT;
    keycask_cursor it = roll(2) ? begin : mine->cursors[mine->store];
    it.struct_size = sizeof it;
    if (odd(8)) it.text[roll(sizeof it.text)] = (char)roll(256);
    return it;
}

keycask_feed_cursor fill_keycask_feed_cursor(void) {
    keycask_feed_cursor it = mine->feed_cursors[mine->store];
    it.struct_size = sizeof it;
    if (odd(8)) some_bytes(&it, sizeof it);
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
    static const char alert[] = "{\"token\": \"acme_live_0\", \"type\": \"live\", \"url\": \"https://a\"}";
    size_t len = sizeof alert - 1;
    const char *from;
    (void)context;
    if (mine->alerts && len <= cap) {
        if (mine->alerts++ > 1) return 0;
        memcpy(buffer, alert, len);
        return (int64_t)len;
    }
    from = some_text("token", &len);
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
keycask_read some_read(void) {
    mine->alerts = roll(12) < 4;
    return roll(12) ? reads : NULL;
}
keycask_found some_found(void) { return roll(8) ? found : NULL; }

const keycask_store *some_store(void) {
    if (odd(100)) return NULL;
    if (odd(50)) return closed;
    return mine->store < STORES ? stores[mine->store] : mine->own;
}

// What others may call at the same time is not closed: a program promises that.
keycask_store *some_store_to_close(void) {
    if (!roll(8)) return NULL;
    return roll(4) ? closed : mine->own;
}

keycask_store **some_place(void) { return odd(24) ? NULL : take(sizeof(keycask_store *)); }

void close_own(void) {
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
    if (*len > KEYCASK_IMPORTED_TOKEN_MAX) DIE("a token of %zu bytes", *len);
    memcpy(mine->tokens[mine->store][at], token, *len);
    mine->token_lens[mine->store][at] = *len;
}

void keep_key(const uint64_t *key) {
    if (key) mine->keys[mine->store][roll(KEPT)] = *key;
}

void keep_cursor(const keycask_cursor *cursor) {
    if (cursor) mine->cursors[mine->store] = *cursor;
}

void keep_feed_cursor(const keycask_feed_cursor *cursor) {
    if (cursor) mine->feed_cursors[mine->store] = *cursor;
}

static void let_go(void) {
    while (mine->taken_len) free(mine->taken[--mine->taken_len].at);
    mine->watched_len = 0;
}

void make_call(size_t number) {
    mine->is_wild = (int)roll(2);
    random_calls[number].make();
    let_go();
}
