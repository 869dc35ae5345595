/* The tail a follower keeps for the prefix of its next request. */
#include "heap.h"
#include "plain_ops.h"

#include "ccr/wire.h"

static struct ccr_read_request named(const struct ccr_tail *t, int64_t from)
{
    struct ccr_read_request r = {.from_seq_no = from, .prefix_bytes = 77, .prefix_checksum = 77};
    ccr_tail_name(t, &r);
    return r;
}

/* The tail is exactly the last operations of p, and says so. */
static void holds_end_of(const struct ccr_tail *t, const struct plain_ops *p)
{
    cr_assert_leq(t->bytes.len, p->len);
    cr_assert_arr_eq(t->bytes.data, p->data + p->len - t->bytes.len, t->bytes.len);
    struct ccr_ops_digest d;
    assert_ok(ccr_ops_verify(&d, ccr_buf_slice(&t->bytes), t->digest.first_seq_no, NULL));
    cr_assert_eq(d.checksum, t->digest.checksum);
    cr_assert_eq(t->digest.last_seq_no, p->next_seq_no - 1);
    struct ccr_read_request r = named(t, p->next_seq_no);
    cr_assert_eq(r.prefix_bytes, t->bytes.len);
    cr_assert_eq(r.prefix_checksum, d.checksum);
    cr_assert_eq(r.prefix_first_seq_no, t->digest.first_seq_no);
    cr_assert_eq(r.prefix_last_seq_no, p->next_seq_no - 1);
}

CCR_TEST(tail, grows_by_single_operations_and_drops_whole_ones_from_its_front)
{
    struct ccr_tail t;
    ccr_tail_init(&t, &heap->alloc, 4096);
    struct plain_ops p = plain_new(50);
    for (int i = 0; i < 60; i++) {
        size_t at = p.len;
        plain_log(&p, 1);
        assert_ok(ccr_tail_keep(&t, ccr_slice_of(p.data + at, p.len - at), p.next_seq_no - 1));
        holds_end_of(&t, &p);
        cr_assert_leq(t.bytes.len, 4096);
        cr_assert(i < 12 || t.bytes.len > 3500, "only %zu bytes kept", t.bytes.len);
    }
    ccr_tail_fini(&t);
    plain_free(&p);
}

CCR_TEST(tail, keeps_the_end_of_a_long_batch)
{
    struct ccr_tail t;
    ccr_tail_init(&t, &heap->alloc, 4096);
    struct plain_ops p = plain_new(0);
    plain_log(&p, 1000);
    assert_ok(ccr_tail_keep(&t, plain_slice(&p), 0));
    holds_end_of(&t, &p);
    cr_assert_gt(t.bytes.len, 3500);
    ccr_tail_fini(&t);
    plain_free(&p);
}

CCR_TEST(tail, what_does_not_follow_replaces_it)
{
    struct ccr_tail t;
    ccr_tail_init(&t, &heap->alloc, 8192);
    struct plain_ops a = plain_new(0), b = plain_new(10);
    plain_log(&a, 3);
    plain_log(&b, 2);
    assert_ok(ccr_tail_keep(&t, plain_slice(&a), 0));
    assert_ok(ccr_tail_keep(&t, plain_slice(&b), 10));
    holds_end_of(&t, &b);
    cr_assert_eq(t.bytes.len, b.len);
    cr_assert_eq(named(&t, 13).prefix_bytes, 0);
    cr_assert_eq(named(&t, 3).prefix_bytes, 0);
    assert_ok(ccr_tail_keep(&t, ccr_slice_of(NULL, 0), 12));
    holds_end_of(&t, &b);
    ccr_tail_clear(&t);
    cr_assert_eq(named(&t, 12).prefix_bytes, 0);
    cr_assert_eq(named(&t, 12).prefix_checksum, 0);
    ccr_tail_fini(&t);
    plain_free(&a);
    plain_free(&b);
}

CCR_TEST(tail, one_long_operation_is_kept_up_to_the_maximum_only)
{
    struct ccr_tail t;
    ccr_tail_init(&t, &heap->alloc, 4096);
    uint8_t *source = calloc(1, 40000);
    struct plain_ops a = plain_new(0), b = plain_new(1);
    plain_index(&a, source, 9000);
    plain_index(&b, source, 40000);
    assert_ok(ccr_tail_keep(&t, plain_slice(&a), 0));
    holds_end_of(&t, &a);
    assert_ok(ccr_tail_keep(&t, plain_slice(&b), 1));
    cr_assert_eq(t.digest.ops, 0);
    cr_assert_eq(named(&t, 2).prefix_bytes, 0);
    ccr_tail_fini(&t);
    free(source);
    plain_free(&a);
    plain_free(&b);
}

CCR_TEST(tail, wanting_nothing_keeps_nothing)
{
    struct ccr_tail t;
    ccr_tail_init(&t, &heap->alloc, 0);
    struct plain_ops p = plain_new(0);
    plain_log(&p, 3);
    assert_ok(ccr_tail_keep(&t, plain_slice(&p), 0));
    cr_assert_eq(named(&t, 3).prefix_bytes, 0);
    cr_assert_eq(heap->requests, 0);
    ccr_tail_fini(&t);
    plain_free(&p);
}

CCR_TEST(tail, refused_memory_leaves_an_empty_tail)
{
    struct ccr_tail t;
    ccr_tail_init(&t, &heap->alloc, 4096);
    struct plain_ops p = plain_new(0);
    plain_log(&p, 3);
    heap->fail_at = 0;
    assert_status(ccr_tail_keep(&t, plain_slice(&p), 0), CCR_NOMEM);
    cr_assert_eq(named(&t, 3).prefix_bytes, 0);
    heap->fail_at = SIZE_MAX;
    assert_ok(ccr_tail_keep(&t, plain_slice(&p), 0));
    holds_end_of(&t, &p);
    ccr_tail_fini(&t);
    plain_free(&p);
}
