// The words of a script: memory, lines, references, times. See tests/systems/README.md.
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>

// Where the script is, for messages.
extern const char *script_file;
extern int script_line;

// Ends the program with where the script is and what is wrong with it or with the store.
_Noreturn void fail(const char *format, ...);

// Memory that is given back all at once, at the end.
void *keep(size_t size);
char *keep_text(const char *begin, size_t len);
void keep_nothing(void);

// A key that was issued, under the name that the script gives it.
typedef struct {
    char *name;
    char *token;
    char *prefix;
    char *last_four;
    char id_text[18];
    uint64_t id;
} known;

known *known_named(const char *name); // NULL if there is none
known *known_new(const char *name);

// `name=value`, or `value` alone with a `name` of NULL. Values are not replaced yet.
typedef struct {
    char *name;
    char *value;
} word;

typedef struct {
    word at[32];
    int count;
} words;

words split(const char *line);

// The text with its references replaced; with `escapes` also \s, \t, \\ and \xHH. It may hold
// any bytes but zero.
char *replaced(const char *text, int escapes);

// Milliseconds.
int64_t span(const char *text);
int64_t instant(const char *text, int64_t now);

#endif
