/*
 * Digests of documents over ranges of sequence numbers, to find out whether two copies hold the same.
 *
 * A range is cut into buckets of `width` sequence numbers. The digest of a bucket is the sum, modulo 2^128, of a keyed
 * 128-bit hash (SipHash-2-4-128) of each document in it. A sum does not depend on the order, so a shard may read its
 * documents in the order in which they lie on disk, and documents come in pieces of any size. The key is drawn anew for
 * each comparison: nobody can prepare documents whose sums collide.
 *
 * A document is given as the translog operation that would index it, with what may differ between the clusters (primary
 * term, automatic id timestamp) set to a constant by the caller.
 */
#ifndef CCR_DIGEST_H
#define CCR_DIGEST_H

#include "ccr/op.h"

#define CCR_DIGEST_BUCKETS_MAX 256u
#define CCR_DIGEST_WIDTH_MAX   (1u << 20)

struct ccr_digest_key {
    uint64_t low;
    uint64_t high;
};

struct ccr_digest_sum {
    uint64_t low;
    uint64_t high;
    uint32_t documents;
};

struct ccr_digest {
    struct ccr_digest_key key;
    int64_t first_seq_no;
    uint32_t width;
    uint32_t buckets;
    uint64_t bytes; /* of the documents added */
    struct ccr_digest_sum sums[CCR_DIGEST_BUCKETS_MAX];
};

/* ARG: no bucket, too many, too wide, or sequence numbers that are negative or past the last possible one. */
struct ccr_status ccr_digest_init(struct ccr_digest *d, struct ccr_digest_key key, int64_t first_seq_no, uint32_t width,
                                  uint32_t buckets, struct ccr_err *err) CCR_MUST_USE;

/*
 * Adds documents: u32be body length, body; in any order. CORRUPT_WIRE for bytes that are no INDEX operations, ARG for one
 * outside the range; then what stood before it has been added and the digest is of no use.
 */
struct ccr_status ccr_digest_add(struct ccr_digest *d, struct ccr_slice plain, struct ccr_err *err) CCR_MUST_USE;

static inline bool ccr_digest_sum_same(const struct ccr_digest_sum *a, const struct ccr_digest_sum *b)
{
    return a->low == b->low && a->high == b->high && a->documents == b->documents;
}

/* SipHash-2-4 with 128 bits of output: out[0] is the first half of the published byte order, little-endian. */
void ccr_siphash128(uint64_t out[2], struct ccr_digest_key key, const void *data, size_t len);

#endif
