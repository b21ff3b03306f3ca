#include "words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <keycask.h>

const char *script_file = "";
int script_line = 0;

void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", script_file, script_line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

typedef struct block {
    struct block *before;
} block;

static block *blocks = NULL;

void *keep(size_t size) {
    block *made = calloc(1, sizeof *made + size);
    if (!made) fail("no memory");
    made->before = blocks;
    blocks = made;
    return made + 1;
}

char *keep_text(const char *begin, size_t len) {
    char *made = keep(len + 1);
    if (len) memcpy(made, begin, len);
    return made;
}

void keep_nothing(void) {
    while (blocks) {
        block *before = blocks->before;
        free(blocks);
        blocks = before;
    }
}

static known table[512];
static int table_len = 0;

known *known_named(const char *name) {
    int i;
    for (i = 0; i < table_len; i++) {
        if (!strcmp(table[i].name, name)) return &table[i];
    }
    return NULL;
}

known *known_new(const char *name) {
    known *found = known_named(name);
    if (found) return found;
    if (table_len == (int)(sizeof table / sizeof *table)) fail("too many keys");
    found = &table[table_len++];
    found->name = keep_text(name, strlen(name));
    return found;
}

words split(const char *line) {
    words made;
    made.count = 0;
    for (;;) {
        size_t end, name;
        word *next;
        line += strspn(line, " ");
        if (!*line) return made;
        if (made.count == (int)(sizeof made.at / sizeof *made.at)) fail("too many words");
        next = &made.at[made.count++];
        end = strcspn(line, " ");
        name = strcspn(line, " =");
        if (line[name] != '=') {
            next->name = NULL;
            next->value = keep_text(line, end);
            line += end;
            continue;
        }
        next->name = keep_text(line, name);
        line += name + 1;
        if (*line == '\'' || *line == '"') {
            const char *close = strchr(line + 1, *line);
            if (!close) fail("%s: a quote is not closed", next->name);
            next->value = keep_text(line + 1, (size_t)(close - line - 1));
            line = close + 1;
            if (*line && *line != ' ') fail("%s: no space after the quote", next->name);
        } else {
            end = strcspn(line, " ");
            next->value = keep_text(line, end);
            line += end;
        }
    }
}

static size_t name_len(const char *text) {
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

// The token after the change `what@by`.
static char *changed(char *token, const known *of, const char *what, const char *by) {
    size_t len = strlen(token);
    if (!strcmp(what, "flip") || !strcmp(what, "dash")) {
        long place = strtol(by, NULL, 10);
        size_t at = place < 0 ? len - (size_t)-place : (size_t)place - 1;
        if (place == 0 || at >= len) fail("%s@%s: there is no such place", what, by);
        token[at] = *what == 'd' ? '-' : token[at] == 'A' ? 'B' : 'A';
        return token;
    }
    if (!strcmp(what, "cut")) {
        size_t cut = (size_t)strtoul(by, NULL, 10);
        if (cut > len) fail("cut@%s: too much", by);
        token[len - cut] = 0;
        return token;
    }
    if (!strcmp(what, "add")) {
        char *made = keep(len + strlen(by) + 1);
        strcpy(made, token);
        return strcat(made, by);
    }
    if (!strcmp(what, "prefix")) {
        size_t prefix = strlen(of->prefix);
        char *made = keep(len + strlen(by) + 1);
        if (strncmp(token, of->prefix, prefix) != 0) fail("prefix@%s: it has another", by);
        strcpy(made, by);
        return strcat(made, token + prefix);
    }
    fail("no change is called %s", what);
}

// What the reference at `*at`, after its $, stands for; `*at` is then after it.
static char *reference(const char **at) {
    size_t len = name_len(*at);
    char *name = keep_text(*at, len), *token;
    const known *of = known_named(name);
    if (!of) fail("no key was issued as %s", name);
    *at += len;
    if (**at == '.') {
        char *field, *hint;
        len = name_len(*at + 1);
        field = keep_text(*at + 1, len);
        *at += 1 + len;
        if (!strcmp(field, "id")) return keep_text(of->id_text, 17);
        if (!strcmp(field, "prefix")) return of->prefix;
        if (!strcmp(field, "last_four")) return of->last_four;
        if (strcmp(field, "hint") != 0) fail("a key has no %s", field);
        hint = keep(strlen(of->prefix) + 8);
        sprintf(hint, "%s...%s", of->prefix, of->last_four);
        return hint;
    }
    token = keep_text(of->token, strlen(of->token));
    while (**at == ':') {
        char *what, *by;
        len = name_len(*at + 1);
        what = keep_text(*at + 1, len);
        *at += 1 + len;
        if (**at != '@') fail("%s: want an @", what);
        for (len = 1; isalnum((unsigned char)(*at)[len]) || strchr("_-", (*at)[len]); len++) {
            if (!(*at)[len]) break;
        }
        by = keep_text(*at + 1, len - 1);
        *at += len;
        token = changed(token, of, what, by);
    }
    return token;
}

char *replaced(const char *text, int escapes) {
    char *made = keep(strlen(text) + 4096), *to = made;
    while (*text) {
        if (*text == '$') {
            const char *value;
            text++;
            value = reference(&text);
            strcpy(to, value);
            to += strlen(value);
        } else if (escapes && *text == '\\') {
            unsigned byte;
            switch (text[1]) {
            case 's': *to++ = ' '; text += 2; break;
            case 't': *to++ = '\t'; text += 2; break;
            case '\\': *to++ = '\\'; text += 2; break;
            case 'x':
                if (sscanf(text + 2, "%2x", &byte) != 1) fail("want two digits after \\x");
                *to++ = (char)byte;
                text += 4;
                break;
            default: fail("no escape is \\%c", text[1]);
            }
        } else {
            *to++ = *text++;
        }
        if (to - made > (long)strlen(text) + 4000 && *text) fail("too long a text");
    }
    *to = 0;
    return made;
}

int64_t span(const char *text) {
    char *unit;
    int64_t count = strtoll(text, &unit, 10);
    if (unit == text || *text == '-' || *text == '+') fail("%s: not a span", text);
    if (!strcmp(unit, "ms")) return count;
    if (!strcmp(unit, "s")) return count * 1000;
    if (!strcmp(unit, "m")) return count * 60000;
    if (!strcmp(unit, "h")) return count * 3600000;
    if (!strcmp(unit, "d")) return count * 86400000;
    fail("%s: not a span", text);
}

// Days from 1970-01-01 to a day of the Gregorian calendar: years begin in March here, so that
// a leap day is the last of its year.
static int64_t days(int year, int month, int day) {
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

int64_t instant(const char *text, int64_t now) {
    int year, month, day, hour, minute, second, len = 0;
    int64_t seconds, ms = 0;
    if (!strcmp(text, "now")) return now;
    if (!strcmp(text, "never")) return KEYCASK_NEVER;
    if (!strcmp(text, "none")) return KEYCASK_NONE;
    if (*text == '+') return now + span(text + 1);
    if (*text == '-') return now - span(text + 1);
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
               &len) != 6) {
        fail("%s: not an instant", text);
    }
    if (text[len] == '.') ms = strtol(text + len + 1, NULL, 10);
    seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return seconds * 1000 + ms;
}
