// The fields of a result, by the names under which scripts ask for them.
#ifndef ROW_H
#define ROW_H

#include <keycask.h>

#include "words.h"

typedef struct {
    const char *name;
    const char *text; // NULL for an instant
    int64_t at_ms;
} field;

typedef struct {
    uint64_t key; // 0 if it is about none
    field fields[64];
    int count;
} row;

void row_text(row *to, const char *name, const char *text);
void row_list(row *to, const char *name, keycask_text spaced); // "a b" becomes "a,b"
void row_copy(row *to, const char *name, keycask_text text);
void row_optional(row *to, const char *name, keycask_text text); // empty becomes "none"
void row_flag(row *to, const char *name, int flag);
void row_number(row *to, const char *name, uint64_t number);
void row_key_id(row *to, const char *name, uint64_t key);
void row_instant(row *to, const char *name, int64_t at_ms);

// A key's fields.
void row_of_key(row *to, const keycask_key_info *key);

// Fails unless `from` has what the words from number `first` on say.
void row_compare(const row *from, const words *wanted, int first, int64_t now);

#endif
