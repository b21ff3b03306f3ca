// What random calls choose by, and what judges them.
#ifndef RANDOM_H
#define RANDOM_H

#include <keycask.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNUSED __attribute__((unused))

typedef struct {
    const char *name;
    void (*make)(void);
    // It is made once where what takes no time is made so often: at first, and by a thread that is calm.
    uint64_t one_in[2];
} random_call;

extern const random_call random_calls[];
extern const size_t random_calls_len;

// Ends the program with a finding.
#define DIE(...)                                                                      \
    do {                                                                              \
        fprintf(stderr, "random: found: " __VA_ARGS__);                               \
        fprintf(stderr, "\n");                                                        \
        exit(1);                                                                      \
    } while (0)

enum { STORES = 3, TAKEN_MAX = 512, KEPT = 8, ROOM_MAX = 40000, WATCHED_MAX = 1 << 20 };

// When a result is written beside OK. What is written on a failure is not written on OK.
enum { ON_DENIAL = 1, ON_SPACE = 2, ON_FAILURE = 4 };

typedef struct {
    void *at;
    size_t len;
    // What was in it before the call, if it is watched, and when it is written.
    void *before;
    int when;
} taken;

// What one thread has.
typedef struct {
    uint64_t state;
    // What chooses instead of chance, if there is such: the bytes of an input that are left.
    const uint8_t *input, *input_end;
    taken taken[TAKEN_MAX];
    size_t taken_len;
    // What was in those that are watched.
    char watched[WATCHED_MAX];
    size_t watched_len;
    // The store that this call is about: one of those that all use, or the last, its own.
    size_t store;
    // Whether this call may be given what cannot be. Half of them are not, so that they do something.
    int is_wild;
    // Of each store.
    char tokens[STORES + 1][KEPT][KEYCASK_IMPORTED_TOKEN_MAX];
    size_t token_lens[STORES + 1][KEPT];
    uint64_t keys[STORES + 1][KEPT];
    keycask_cursor cursors[STORES + 1];
    keycask_feed_cursor feed_cursors[STORES + 1];
    // A store that no other thread uses, so that it may be closed between two calls.
    keycask_store *own;
    int own_is_open;
    // Whether what this call reads is an alert, and then how often it asked for more of it.
    int alerts;
    uint64_t calls;
    uint64_t good;
    // What the last call returned.
    keycask_status status;
} chance;

extern _Thread_local chance *mine;

enum { DIRECTORY_MAX = 400 };

// Where stores and other files are.
extern char directory[DIRECTORY_MAX];

// Those that are open, which all threads use, and one that is closed.
extern keycask_store *stores[STORES];
extern keycask_store *closed;

// The clock of the stores that are moved by hand, in milliseconds.
#define CLOCK 1800000000000

// The profile of the realm that each store has.
extern const char PROFILE[];

// A new store.
keycask_store *begin(const char *at, int64_t clock_ms);

// Makes good what chance took away: the realm is as it was, its owner is there and not suspended, and
// there are keys of it. A store that cannot be written to stays as it is; one of the thread's own that
// was closed is made anew, under a name of this seed's.
void renew(uint64_t seed);

// Closes the thread's own store, if that is open.
void close_own(void);

// Makes the calls that an input chooses, on a store of their own in a directory that has nothing in it:
// each byte decides something.
size_t keycask_play(const char *in, const uint8_t *input, size_t len);

// Makes a call of this function, on the store that was chosen.
void make_call(size_t number);

// A number below `sides`, which is not 0.
uint64_t roll(uint64_t sides);

// Whether something odd is chosen: once in `sides`, if this call may be given such.
int odd(uint64_t sides);

// Whether a field gets something that it need not have.
int some_field(void);

// Memory of exactly this length, which lasts until after the call.
void *take(size_t len);

// A struct of `count` that says that it has another size, in as much memory as it says.
void *some_size(const void *it, size_t size, size_t count);

// Memory for `count` results of so many bytes, which begin with that if they are sized.
void *some_places(size_t size, int is_sized, size_t count);

// How many of something: few. How many places for results: as many as most need.
size_t some_count(void);
size_t some_places_len(void);

// Numbers, most of them of those that such a thing may be.
uint64_t some_number(void);
uint64_t some_zero(void);
uint64_t some_key(void);
uint64_t some_realm(void);
uint64_t some_kinds(void);
uint64_t some_cost(void);
uint64_t some_limit(void);
uint64_t some_address_len(void);
uint64_t some_bits(void);
uint64_t some_scopes(void);
uint64_t some_time(void);
uint64_t some_clock(void);

// An array of numbers that `some` chooses, of so many bytes each.
void *some_numbers(size_t size, size_t count, uint64_t (*some)(void));

void some_bytes(void *to, size_t len);

// Texts for what has this name, a secret, room for a text: all with its length.
const char *some_text(const char *name, size_t *len);
keycask_text some_keycask_text(const char *name);
const uint8_t *some_secret(size_t *len);
char *some_room(size_t *cap);
uint8_t *give_uint8_t(size_t count);

keycask_text fill_keycask_text(void);
keycask_options fill_keycask_options(void);
keycask_cursor fill_keycask_cursor(void);
keycask_feed_cursor fill_keycask_feed_cursor(void);

// Functions that the library calls.
keycask_progress some_progress(void);
keycask_refused some_refused(void);
keycask_read some_read(void);
keycask_found some_found(void);

// An open store, seldom a closed one or NULL; one that may be closed; a place for a new one.
const keycask_store *some_store(void);
keycask_store *some_store_to_close(void);
keycask_store **some_place(void);

// What a call gave is used by later ones.
void keep_store(keycask_store *store);
void keep_token(const char *token, const size_t *len);
void keep_key(const uint64_t *key);
void keep_cursor(const keycask_cursor *cursor);
void keep_feed_cursor(const keycask_feed_cursor *cursor);

// What is written to here is judged by when it may be.
void watch(const void *result, int when);

void before_call(void);
void after_call(const char *name, int denies, keycask_status status);

// What is judged of these calls beside that.
void after_close(keycask_store *store, keycask_status status);
void after_decision(keycask_status status, const keycask_denial *denial);
void after_decisions(keycask_status status, size_t count, const int32_t *statuses,
                     const keycask_grant *grants, const keycask_denial *denials);

#endif
