/* Digests of documents: the hash against its published vectors, the sums, and what is refused. */
#include "ccr/digest.h"

#include "heap.h"
#include "plain_ops.h"

static const struct ccr_digest_key KEY = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

CCR_TEST(digest, hash_of_the_published_vectors)
{
    (void)heap;
    static const uint8_t expected[][16] = {
        {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93},
        {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45},
        {0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a, 0xff, 0xe4},
    };
    uint8_t input[3];
    for (uint8_t len = 0; len < 3; len++) {
        uint64_t out[2];
        input[len] = len;
        ccr_siphash128(out, KEY, input, len);
        cr_assert_eq(out[0], ccr_get_u64le(expected[len]), "length %u", len);
        cr_assert_eq(out[1], ccr_get_u64le(expected[len] + 8), "length %u", len);
    }
}

CCR_TEST(digest, hash_depends_on_every_byte_and_on_the_length)
{
    (void)heap;
    uint8_t input[64] = {0};
    uint64_t zeros[2], out[2];
    for (size_t len = 1; len <= sizeof input; len++) {
        ccr_siphash128(zeros, KEY, input, len);
        ccr_siphash128(out, KEY, input, len - 1);
        cr_assert(zeros[0] != out[0] && zeros[1] != out[1]);
        for (size_t i = 0; i < len; i++) {
            input[i] = 1;
            ccr_siphash128(out, KEY, input, len);
            cr_assert(zeros[0] != out[0] && zeros[1] != out[1], "byte %zu of %zu", i, len);
            input[i] = 0;
        }
    }
}

static struct plain_ops documents(int64_t first, int count)
{
    struct plain_ops p = plain_new(first);
    plain_log(&p, (size_t)count);
    return p;
}

static struct ccr_digest digest_of(struct ccr_slice plain, int64_t first, uint32_t width, uint32_t buckets)
{
    struct ccr_digest d;
    struct ccr_err err;
    assert_ok(ccr_digest_init(&d, KEY, first, width, buckets, &err));
    assert_ok(ccr_digest_add(&d, plain, &err));
    return d;
}

CCR_TEST(digest, order_and_pieces_do_not_matter)
{
    (void)heap;
    struct plain_ops p = documents(100, 60), tail = documents(130, 30), head = documents(100, 30);
    struct ccr_digest whole = digest_of(plain_slice(&p), 100, 10, 6);
    struct ccr_digest pieces = digest_of(plain_slice(&tail), 100, 10, 6);
    assert_ok(ccr_digest_add(&pieces, plain_slice(&head), NULL));
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(whole.sums[i].documents, 10);
        cr_assert(ccr_digest_sum_same(&whole.sums[i], &pieces.sums[i]));
        cr_assert(i == 0 || !ccr_digest_sum_same(&whole.sums[i], &whole.sums[i - 1]));
    }
    cr_assert_eq(whole.bytes, pieces.bytes);
    plain_free(&p);
    plain_free(&tail);
    plain_free(&head);
}

CCR_TEST(digest, a_bucket_is_the_sum_of_its_parts)
{
    (void)heap;
    struct plain_ops p = documents(0, 64);
    struct ccr_digest one = digest_of(plain_slice(&p), 0, 64, 1);
    struct ccr_digest each = digest_of(plain_slice(&p), 0, 1, 64);
    struct ccr_digest_sum sum = {0};
    for (int i = 0; i < 64; i++) {
        uint64_t low = sum.low + each.sums[i].low;
        sum.high += each.sums[i].high + (low < sum.low);
        sum.low = low;
        sum.documents += each.sums[i].documents;
    }
    cr_assert(ccr_digest_sum_same(&sum, &one.sums[0]));
    plain_free(&p);
}

CCR_TEST(digest, one_changed_byte_changes_its_bucket_alone)
{
    (void)heap;
    struct plain_ops p = documents(0, 40);
    struct ccr_digest before = digest_of(plain_slice(&p), 0, 10, 4);
    p.data[p.len - 40] ^= 1; /* inside the last document's source */
    struct ccr_digest after = digest_of(plain_slice(&p), 0, 10, 4);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(ccr_digest_sum_same(&before.sums[i], &after.sums[i]), i != 3);
    }
    plain_free(&p);
}

CCR_TEST(digest, another_key_gives_another_digest)
{
    (void)heap;
    struct plain_ops p = documents(0, 1);
    struct ccr_digest a = digest_of(plain_slice(&p), 0, 1, 1), b;
    assert_ok(ccr_digest_init(&b, (struct ccr_digest_key){KEY.low + 1, KEY.high}, 0, 1, 1, NULL));
    assert_ok(ccr_digest_add(&b, plain_slice(&p), NULL));
    cr_assert(!ccr_digest_sum_same(&a.sums[0], &b.sums[0]));
    plain_free(&p);
}

CCR_TEST(digest, ranges_that_are_refused)
{
    (void)heap;
    struct ccr_digest d;
    struct ccr_err err;
    assert_status(ccr_digest_init(&d, KEY, 0, 1, 0, &err), CCR_ARG);
    assert_status(ccr_digest_init(&d, KEY, 0, 1, 257, &err), CCR_ARG);
    assert_text(err, "257 buckets, expected 1 to 256");
    assert_status(ccr_digest_init(&d, KEY, 0, 0, 1, &err), CCR_ARG);
    assert_status(ccr_digest_init(&d, KEY, 0, CCR_DIGEST_WIDTH_MAX + 1, 1, &err), CCR_ARG);
    assert_status(ccr_digest_init(&d, KEY, -1, 1, 1, &err), CCR_ARG);
    assert_status(ccr_digest_init(&d, KEY, INT64_MAX, 1, 1, &err), CCR_ARG);
    assert_text(err, "a range that begins with seq_no 9223372036854775807");
}

CCR_TEST(digest, documents_that_are_refused)
{
    (void)heap;
    struct ccr_digest d;
    struct ccr_err err;
    struct plain_ops p = documents(5, 2), no_op = plain_new(5);
    plain_no_op(&no_op, 1, "filling gaps");
    assert_ok(ccr_digest_init(&d, KEY, 5, 1, 1, NULL));
    assert_status(ccr_digest_add(&d, plain_slice(&p), &err), CCR_ARG);
    assert_text(err, "has seq_no 6, outside the range from 5");
    assert_ok(ccr_digest_init(&d, KEY, 6, 1, 1, NULL));
    assert_status(ccr_digest_add(&d, plain_slice(&p), &err), CCR_ARG);
    assert_status(ccr_digest_add(&d, plain_slice(&no_op), &err), CCR_CORRUPT_WIRE);
    assert_text(err, "is no document");
    assert_status(ccr_digest_add(&d, ccr_slice_of(p.data, p.len - 1), &err), CCR_ARG);
    assert_ok(ccr_digest_init(&d, KEY, 5, 1, 2, NULL));
    assert_status(ccr_digest_add(&d, ccr_slice_of(p.data, p.len - 1), &err), CCR_CORRUPT_WIRE);
    assert_text(err, "does not fit");
    assert_status(ccr_digest_add(&d, ccr_slice_of("\0\0\0\2xy", 6), &err), CCR_CORRUPT_WIRE);
    assert_text(err, "document at 0: ");
    plain_free(&p);
    plain_free(&no_op);
}
