/*
 * The allocator of the tests: counts what lives and fails the n-th request. CCR_TEST runs its body with a fresh one
 * named `heap` and asserts inside the test that nothing lives at its end, since Criterion ignores what a leak checker
 * says.
 */
#ifndef CCR_TESTS_HEAP_H
#define CCR_TESTS_HEAP_H

#include <criterion/criterion.h>

#include "ccr/alloc.h"

struct heap {
    struct ccr_alloc alloc;
    size_t live_bytes;
    size_t live_blocks;
    size_t peak_bytes;
    size_t requests;    /* alloc and resize, granted or not */
    size_t fail_at;     /* the request with this number (from 0) fails; SIZE_MAX for none */
    size_t largest;     /* the longest request ever made */
    int fail_all_after; /* every later one fails too */
};

void heap_init(struct heap *h);

#define CCR_TEST(suite, name)                                                                                          \
    static void suite##_##name##_body(struct heap *heap);                                                              \
    Test(suite, name)                                                                                                  \
    {                                                                                                                  \
        struct heap heap;                                                                                              \
        heap_init(&heap);                                                                                              \
        suite##_##name##_body(&heap);                                                                                  \
        cr_assert_eq(heap.live_bytes, 0, "%zu bytes in %zu blocks live at the end", heap.live_bytes,                   \
                     heap.live_blocks);                                                                                \
    }                                                                                                                  \
    static void suite##_##name##_body(struct heap *heap)

/* Asserts a status and, for an error, a part of its text. */
#define assert_ok(expr)                                                                                                \
    do {                                                                                                               \
        struct ccr_status got_ = (expr);                                                                               \
        cr_assert(ccr_ok(got_), "%s: got %s", #expr, ccr_status_name(got_));                                           \
    } while (0)
#define assert_status(expr, expected)                                                                                  \
    do {                                                                                                               \
        struct ccr_status got_ = (expr);                                                                               \
        cr_assert(ccr_is(got_, expected), "%s: expected %s, got %s", #expr, #expected, ccr_status_name(got_));         \
    } while (0)
#define assert_text(err, part)                                                                                         \
    cr_assert(strstr((err).text, (part)) != NULL, "expected \"%s\" in \"%s\"", (part), (err).text)

#endif
