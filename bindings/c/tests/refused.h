// What no caller may do: a status, and nothing written. A program has `out`, a struct of everything
// that its calls can write to, `as_it_was` of the same size, and `fill`, which sets both.
#ifndef REFUSED_H
#define REFUSED_H

#include "check.h"

// `call` returns `want`, and has written nothing.
#define REFUSED(want, call)                                                           \
    do {                                                                              \
        fill();                                                                       \
        RETURNS(want, call);                                                          \
        CHECK(!memcmp(as_it_was, &out, sizeof out));                                  \
    } while (0)

// `call` returns `want`, and has written `field`, a length, alone.
#define REFUSED_WITH(want, field, call)                                               \
    do {                                                                              \
        fill();                                                                       \
        RETURNS(want, call);                                                          \
        CHECK((out.field) > 0 && (out.field) < 100000);                               \
        memset(&out.field, 0xA5, sizeof out.field);                                   \
        CHECK(!memcmp(as_it_was, &out, sizeof out));                                  \
    } while (0)

#define BAD ERR_ARGUMENT
#define HUGE ((size_t)-1)

#endif
