// What random calls choose by, and what judges them.
#ifndef RANDOM_H
#define RANDOM_H

#include <keycask.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define UNUSED __attribute__((unused))

typedef struct {
    const char *name;
    void (*make)(void);
    // It is made once where what takes no time is made so often.
    uint64_t one_in;
} random_call;

extern const random_call random_calls[];
extern const size_t random_calls_len;

#ifdef PLANTED
// A library with a mistake.
keycask_status planted_realm_name(const keycask_store *store, uint16_t realm, char *text,
                                  size_t text_cap, size_t *text_len, keycask_error *error);
#ifndef RANDOM_C
#define keycask_realm_name planted_realm_name
#endif
#endif

// A number below `sides`, which is not 0.
uint64_t roll(uint64_t sides);

// Memory of exactly this length, which lasts until after the call.
void *take(size_t len);

// A struct of `count` that says that it has another size, in as much memory as it says.
void *some_size(const void *it, size_t size, size_t count);

// How many of something: few.
size_t some_count(void);

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
uint64_t some_time(void);

// An array of numbers that `some` chooses, of so many bytes each.
void *some_numbers(size_t size, size_t count, uint64_t (*some)(void));

void some_bytes(void *to, size_t len);

// Texts, a secret, room for a text: all with its length.
const char *some_text(size_t *len);
const char *some_path(size_t *len);
const char *some_profile(size_t *len);
const char *some_token(size_t *len);
const uint8_t *some_secret(size_t *len);
char *some_room(size_t *cap);
uint8_t *give_uint8_t(size_t count);

keycask_text fill_keycask_text(void);
keycask_options fill_keycask_options(void);

// Functions that the library calls.
keycask_progress some_progress(void);
keycask_refused some_refused(void);
keycask_read some_read(void);
keycask_found some_found(void);

// An open store, seldom a closed one or NULL; a place for a new one.
const keycask_store *some_store(void);
keycask_store **some_place(void);

// What a call gave is used by later ones.
void keep_store(keycask_store *store);
void keep_token(const char *token, const size_t *len);
void keep_key(const uint64_t *key);

// What is written to here is judged: on a failure nothing, to an error nothing else.
void watch(const void *result);
void watch_error(const keycask_error *error);

void before_call(void);
void after_call(const char *name, keycask_status status);

#endif
