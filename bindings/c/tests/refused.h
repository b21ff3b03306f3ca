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

// The first `size` bytes of `value`, zeros after its end, with nothing readable beyond.
static inline void *cut(const void *value, size_t known, size_t size) {
    uint32_t says = (uint32_t)size;
    char *made = (char *)calloc(1, size < sizeof says ? sizeof says : size);
    CHECK(made);
    memcpy(made, value, size < known ? size : known);
    memcpy(made, &says, sizeof says);
    return made;
}

// `call`, which is given `sized`, a `type` as `value` but of every size in turn, refuses all that no
// version has: the size that it was published with, `first`, on machines with pointers of 64 bits,
// its present one, and larger ones with zeros at the end are all it takes.
#define EVERY_SIZE(type, first, value, call)                                          \
    do {                                                                              \
        const size_t known_ = sizeof(type);                                           \
        size_t size_;                                                                 \
        for (size_ = 0; size_ <= known_ + 16; size_++) {                              \
            type *sized = (type *)cut(&(value), known_, size_);                       \
            int is_one_ = size_ >= known_ || (sizeof(void *) == 8 && size_ == (first)); \
            if (!is_one_) REFUSED(BAD, call);                                         \
            if (is_one_) CHECK((call) != KEYCASK_ERR_ARGUMENT);                       \
            if (size_ > known_) {                                                     \
                ((char *)sized)[size_ - 1] = 1;                                       \
                REFUSED(BAD, call);                                                   \
            }                                                                         \
            free(sized);                                                              \
        }                                                                             \
    } while (0)

// `call`, which writes to `sized`, a `type` of every size in turn, refuses all that no version has:
// the size that it was published with, `first`, on machines with pointers of 64 bits, its present
// one, and larger ones are all it takes. No byte is there beyond its size.
#define EVERY_RESULT(type, first, call)                                               \
    do {                                                                              \
        const type zero_ = {0};                                                       \
        const size_t known_ = sizeof(type);                                           \
        size_t size_;                                                                 \
        for (size_ = 0; size_ <= known_ + 16; size_++) {                              \
            type *sized = (type *)cut(&zero_, known_, size_);                         \
            int is_one_ = size_ >= known_ || (sizeof(void *) == 8 && size_ == (first)); \
            if (!is_one_) REFUSED(BAD, call);                                         \
            if (is_one_) RETURNS(OK, call);                                           \
            CHECK(sized->struct_size == size_);                                       \
            free(sized);                                                              \
        }                                                                             \
    } while (0)

#define BAD ERR_ARGUMENT
#define HUGE ((size_t)-1)

#endif
