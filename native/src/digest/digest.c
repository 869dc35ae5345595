/* Sums of document hashes, bucket by bucket. */
#include "ccr/digest.h"

#include <inttypes.h>

struct ccr_status ccr_digest_init(struct ccr_digest *d, struct ccr_digest_key key, int64_t first_seq_no, uint32_t width,
                                  uint32_t buckets, struct ccr_err *err)
{
    if (buckets == 0 || buckets > CCR_DIGEST_BUCKETS_MAX) {
        return ccr_err_set(err, CCR_ARG, "%" PRIu32 " buckets, expected 1 to %u", buckets, CCR_DIGEST_BUCKETS_MAX);
    }
    if (width == 0 || width > CCR_DIGEST_WIDTH_MAX) {
        return ccr_err_set(err, CCR_ARG, "buckets of width %" PRIu32 ", expected 1 to %u", width, CCR_DIGEST_WIDTH_MAX);
    }
    if (first_seq_no < 0 || first_seq_no > INT64_MAX - (int64_t)width * buckets) {
        return ccr_err_set(err, CCR_ARG, "a range that begins with seq_no %" PRId64, first_seq_no);
    }
    *d = (struct ccr_digest){.key = key, .first_seq_no = first_seq_no, .width = width, .buckets = buckets};
    return ccr_status_of(CCR_OK);
}

static void sum_add(struct ccr_digest_sum *sum, const uint64_t hash[2])
{
    uint64_t low = sum->low + hash[0];

    sum->high += hash[1] + (low < sum->low);
    sum->low = low;
    sum->documents++;
}

struct ccr_status ccr_digest_add(struct ccr_digest *d, struct ccr_slice plain, struct ccr_err *err)
{
    struct ccr_cursor c = ccr_cursor_of(plain);

    while (ccr_cursor_left(&c) > 0) {
        size_t offset = plain.len - ccr_cursor_left(&c);
        struct ccr_slice body = ccr_cursor_take(&c, ccr_cursor_u32be(&c));
        uint64_t hash[2];
        struct ccr_op op;

        if (c.failed) {
            return ccr_err_set(err, CCR_CORRUPT_WIRE, "document at %zu does not fit the %zu bytes", offset, plain.len);
        }
        if (!ccr_ok(ccr_op_parse(&op, body, err))) {
            return ccr_err_wrap(err, ccr_status_of(CCR_CORRUPT_WIRE), "document at %zu", offset);
        }
        if (op.type != CCR_OP_INDEX) {
            return ccr_err_set(err, CCR_CORRUPT_WIRE, "operation of type %d at %zu is no document", (int)op.type,
                               offset);
        }
        if (op.seq_no < d->first_seq_no || op.seq_no - d->first_seq_no >= (int64_t)d->width * d->buckets) {
            return ccr_err_set(err, CCR_ARG, "document at %zu has seq_no %" PRId64 ", outside the range from %" PRId64,
                               offset, op.seq_no, d->first_seq_no);
        }
        ccr_siphash128(hash, d->key, body.data, body.len);
        sum_add(&d->sums[(op.seq_no - d->first_seq_no) / d->width], hash);
        d->bytes += body.len;
    }
    return ccr_status_of(CCR_OK);
}
