/*
 * What the fuzz targets share: decisions drawn from the input, and a way to say what did not hold.
 *
 * A target is a file fuzz_NAME.c. With clang it is linked with libFuzzer; in every other build with replay_main.c, which
 * runs corpus/NAME through it. A target that has a structure to keep offers LLVMFuzzerCustomMutator: it lets the fuzzer
 * change the bytes and then puts right what only a writer could (checksums, lengths), so that the change is looked at
 * and not the broken seal. It leaves one change in eight unsealed.
 */
#ifndef CCR_TESTS_FUZZ_H
#define CCR_TESTS_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ccr/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max); /* libFuzzer's, or replay_main.c's */

/* A property. What follows the condition is a format and its values. */
#define HOLDS(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s: ", __FILE__, __LINE__, #condition);                             \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Reads forward; past the end everything is 0. */
struct draw {
    const uint8_t *at;
    const uint8_t *end;
};

static inline struct draw draw_of(const uint8_t *data, size_t size)
{
    return (struct draw){data, data + size};
}

static inline size_t draw_left(const struct draw *d)
{
    return (size_t)(d->end - d->at);
}

static inline uint8_t draw_u8(struct draw *d)
{
    return d->at < d->end ? *d->at++ : 0;
}

static inline uint32_t draw_u16(struct draw *d)
{
    uint32_t low = draw_u8(d);
    return low | (uint32_t)draw_u8(d) << 8;
}

static inline uint32_t draw_u32(struct draw *d)
{
    uint32_t low = draw_u16(d);
    return low | draw_u16(d) << 16;
}

static inline uint64_t draw_u64(struct draw *d)
{
    uint64_t low = draw_u32(d);
    return low | (uint64_t)draw_u32(d) << 32;
}

/* A number as programs meet them: small, next to an edge of its type, or anything. */
static inline uint64_t draw_number(struct draw *d)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     INT32_MAX,
                                     (uint64_t)INT32_MAX + 1,
                                     UINT32_MAX,
                                     (uint64_t)UINT32_MAX + 1,
                                     INT64_MAX / 2,
                                     INT64_MAX - 1,
                                     INT64_MAX,
                                     (uint64_t)INT64_MAX + 1,
                                     UINT64_MAX - 1,
                                     UINT64_MAX};
    uint8_t how = draw_u8(d);

    if (how < 0xC0) {
        return how;
    }
    if (how < 0xD0) {
        return edges[how % (sizeof edges / sizeof *edges)];
    }
    return how < 0xF0 ? draw_u16(d) : draw_u64(d);
}

static inline struct ccr_slice draw_bytes(struct draw *d, size_t len)
{
    len = len < draw_left(d) ? len : draw_left(d);
    d->at += len;
    return ccr_slice_of(d->at - len, len);
}

/* xorshift: for crafting, where the seed is all there is. */
static inline uint32_t fuzz_next(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

static inline uint32_t fuzz_seed(unsigned seed)
{
    return seed * 2654435761u | 1u;
}

/* Exactly these bytes on the heap, so that a sanitizer sees a read past them. */
static inline uint8_t *fuzz_copy(struct ccr_slice s)
{
    uint8_t *copy = malloc(s.len > 0 ? s.len : 1);

    if (copy == NULL) {
        abort();
    }
    if (s.len > 0) {
        memcpy(copy, s.data, s.len);
    }
    return copy;
}

#endif
