/* The checksum of a batch, made of the CRCs in the leader's file (docs/adr/0003). */
#include "ccr/op.h"

#include <inttypes.h>
#include <libdeflate.h>

uint32_t ccr_crc32(uint32_t crc, const void *data, size_t len)
{
    return libdeflate_crc32(crc, data, len);
}

void ccr_ops_digest_init(struct ccr_ops_digest *d)
{
    *d = (struct ccr_ops_digest){.first_seq_no = CCR_SEQ_NO_NONE, .last_seq_no = CCR_SEQ_NO_NONE};
}

void ccr_ops_digest_add(struct ccr_ops_digest *d, int64_t seq_no, uint32_t body_len, uint32_t body_crc)
{
    uint8_t pair[8];
    ccr_put_u32be(pair, body_len);
    ccr_put_u32be(pair + 4, body_crc);
    d->checksum = ccr_crc32(d->checksum, pair, sizeof pair);
    if (d->ops == 0) {
        d->first_seq_no = seq_no;
    }
    d->last_seq_no = seq_no;
    d->ops++;
}

static struct ccr_status at(struct ccr_err *err, struct ccr_status s, size_t offset)
{
    if (err != NULL) {
        err->offset = offset;
    }
    return s;
}

struct ccr_status ccr_ops_verify(struct ccr_ops_digest *d, struct ccr_slice plain, int64_t first_seq_no,
                                 struct ccr_err *err)
{
    ccr_ops_digest_init(d);
    struct ccr_cursor c = ccr_cursor_of(plain);
    while (ccr_cursor_left(&c) > 0) {
        size_t offset = (size_t)(c.at - plain.data);
        uint32_t len = ccr_cursor_u32be(&c);
        if (c.failed || len < CCR_OP_BYTES_MIN || len > CCR_OP_BYTES_MAX || len > ccr_cursor_left(&c)) {
            return at(err,
                      ccr_err_set(err, CCR_CORRUPT_WIRE,
                                  "operation at offset %zu: length expected %u to %zu, got %" PRIu32, offset,
                                  CCR_OP_BYTES_MIN, ccr_cursor_left(&c), len),
                      offset);
        }
        struct ccr_slice body = ccr_cursor_take(&c, len);
        struct ccr_op op;
        if (!ccr_ok(ccr_op_parse(&op, body, err))) {
            return at(err, ccr_err_wrap(err, ccr_status_of(CCR_CORRUPT_WIRE), "operation at offset %zu", offset),
                      offset);
        }
        int64_t want = first_seq_no + (int64_t)d->ops;
        if (op.seq_no != want) {
            return at(err,
                      ccr_err_set(err, CCR_CORRUPT_WIRE,
                                  "operation at offset %zu: seq_no expected %" PRId64 ", got %" PRId64, offset, want,
                                  op.seq_no),
                      offset);
        }
        ccr_ops_digest_add(d, op.seq_no, len, ccr_crc32(0, body.data, body.len));
    }
    return ccr_status_of(CCR_OK);
}
