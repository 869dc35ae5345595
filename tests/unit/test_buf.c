#include "heap.h"

#include "ccr/buf.h"

#include <string.h>

CCR_TEST(buf, growsAndKeepsContent)
{
    struct ccr_buf b;
    uint32_t sum = 0;

    ccr_buf_init(&b, &heap->alloc, 1 << 20);
    for (uint32_t i = 0; i < 10000; i++) {
        assert_ok(ccr_buf_put(&b, &i, sizeof i));
    }
    cr_assert_eq(b.len, 40000);
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t v;

        memcpy(&v, b.data + 4 * i, sizeof v);
        sum += v != i;
    }
    cr_assert_eq(sum, 0);
    ccr_buf_fini(&b);
    ccr_buf_fini(&b);
}

CCR_TEST(buf, refusesPastItsMaximum)
{
    struct ccr_buf b;

    ccr_buf_init(&b, &heap->alloc, 300);
    assert_ok(ccr_buf_reserve(&b, 300));
    b.len = 299;
    assert_ok(ccr_buf_put(&b, "x", 1));
    assert_status(ccr_buf_reserve(&b, 1), CCR_LIMIT);
    assert_status(ccr_buf_reserve(&b, SIZE_MAX), CCR_LIMIT);
    cr_assert_leq(heap->largest, 300);
    ccr_buf_fini(&b);
}

CCR_TEST(buf, refusedMemoryKeepsContent)
{
    struct ccr_buf b;

    ccr_buf_init(&b, &heap->alloc, 1 << 20);
    assert_ok(ccr_buf_put(&b, "abc", 3));
    heap->fail_at = heap->requests;
    assert_status(ccr_buf_reserve(&b, 5000), CCR_NOMEM);
    cr_assert_eq(memcmp(b.data, "abc", 3), 0);
    assert_ok(ccr_buf_reserve(&b, 5000));
    ccr_buf_fini(&b);
}

CCR_TEST(buf, shrinkGivesMemoryBack)
{
    struct ccr_buf b;

    ccr_buf_init(&b, &heap->alloc, 1 << 20);
    assert_ok(ccr_buf_reserve(&b, 100000));
    ccr_buf_shrink(&b, 1000);
    cr_assert_eq(heap->live_bytes, 1000);
    assert_ok(ccr_buf_put(&b, "abc", 3));
    heap->fail_at = heap->requests;
    ccr_buf_shrink(&b, 10); /* refused: stays as it is */
    cr_assert_eq(b.cap, 1000);
    ccr_buf_shrink(&b, 0);
    cr_assert_eq(heap->live_bytes, 0);
    ccr_buf_fini(&b);
}

CCR_TEST(cursor, readsAndStopsAtTheEnd)
{
    const uint8_t bytes[] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 9};
    struct ccr_cursor c = ccr_cursor_of(ccr_slice_of(bytes, sizeof bytes));

    (void)heap;
    cr_assert_eq(ccr_cursor_u8(&c), 1);
    cr_assert_eq(ccr_cursor_u32be(&c), 2);
    cr_assert_eq(ccr_cursor_u64be(&c), 3);
    cr_assert_eq(ccr_cursor_left(&c), 1);
    cr_assert_eq(ccr_cursor_u32be(&c), 0);
    cr_assert(c.failed);
    cr_assert_eq(ccr_cursor_u8(&c), 0, "a failed cursor stays failed");
    cr_assert_eq(ccr_cursor_take(&c, 0).len, 0);
}

CCR_TEST(cursor, vintsOfEveryLength)
{
    const struct {
        uint8_t bytes[6];
        size_t len;
        uint32_t value;
        bool failed;
    } cases[] = {
        {{0x00}, 1, 0, false},
        {{0x7F}, 1, 127, false},
        {{0x80, 0x01}, 2, 128, false},
        {{0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, 5, UINT32_MAX, false},
        {{0xFF, 0xFF, 0xFF, 0xFF, 0x1F}, 5, 0, true},
        {{0xFF, 0xFF, 0xFF, 0xFF, 0x8F, 0x01}, 6, 0, true},
        {{0x80}, 1, 0, true},
    };

    (void)heap;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ccr_cursor c = ccr_cursor_of(ccr_slice_of(cases[i].bytes, cases[i].len));

        cr_assert_eq(ccr_cursor_vint(&c), cases[i].value, "case %zu", i);
        cr_assert_eq(c.failed, cases[i].failed, "case %zu", i);
    }
}

CCR_TEST(cursor, takeIsNotFooledByHugeLengths)
{
    struct ccr_cursor c = ccr_cursor_of(ccr_slice_of("abc", 3));

    (void)heap;
    cr_assert_eq(ccr_cursor_take(&c, SIZE_MAX).len, 0);
    cr_assert(c.failed);
}
