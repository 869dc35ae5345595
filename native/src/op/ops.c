/* Plain operations: their digest, and the walk that verifies them. */
#include "ccr/op.h"

#include <inttypes.h>

void ccr_ops_digest_init(struct ccr_ops_digest *d)
{
    *d = (struct ccr_ops_digest){.first_seq_no = CCR_SEQ_NO_NONE, .last_seq_no = CCR_SEQ_NO_NONE};
}

void ccr_ops_digest_add(struct ccr_ops_digest *d, int64_t seq_no, uint32_t body_len, uint32_t body_crc)
{
    uint8_t record[8];

    ccr_put_u32be(record, body_len);
    ccr_put_u32be(record + 4, body_crc);
    d->checksum = ccr_crc32(d->checksum, record, sizeof record);
    if (d->ops == 0) {
        d->first_seq_no = seq_no;
    }
    d->last_seq_no = seq_no;
    d->ops++;
}

static struct ccr_status at(struct ccr_err *err, struct ccr_status status, size_t offset)
{
    if (err != NULL) {
        err->offset = offset;
    }
    return status;
}

struct ccr_status ccr_ops_verify(struct ccr_ops_digest *d, struct ccr_slice plain, int64_t first_seq_no,
                                 struct ccr_err *err)
{
    struct ccr_cursor c = ccr_cursor_of(plain);
    int64_t expected = first_seq_no;

    ccr_ops_digest_init(d);
    while (ccr_cursor_left(&c) > 0) {
        size_t offset = plain.len - ccr_cursor_left(&c);
        uint32_t len = ccr_cursor_u32be(&c);
        struct ccr_slice body = ccr_cursor_take(&c, len);
        struct ccr_op op;
        struct ccr_status status;

        if (c.failed) {
            status = ccr_err_set(err, CCR_CORRUPT_WIRE, "operation at %zu does not fit the %zu plain bytes", offset,
                                 plain.len);
            return at(err, status, offset);
        }
        if (!ccr_ok(ccr_op_parse(&op, body, err))) {
            status = ccr_err_wrap(err, ccr_status_of(CCR_CORRUPT_WIRE), "operation at %zu", offset);
            return at(err, status, offset);
        }
        if (op.seq_no != expected) {
            status = ccr_err_set(err, CCR_CORRUPT_WIRE, "operation at %zu: expected seq_no %" PRId64 ", got %" PRId64,
                                 offset, expected, op.seq_no);
            return at(err, status, offset);
        }
        ccr_ops_digest_add(d, op.seq_no, len, ccr_crc32(0, body.data, body.len));
        if (op.seq_no == INT64_MAX) {
            if (ccr_cursor_left(&c) > 0) {
                status = ccr_err_set(err, CCR_CORRUPT_WIRE, "operation after the last possible seq_no");
                return at(err, status, offset);
            }
            break;
        }
        expected++;
    }
    return ccr_status_of(CCR_OK);
}
