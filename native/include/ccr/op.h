/*
 * One operation of a translog, as OpenSearch 3.6.0 writes it (Translog.Operation.writeOperation): a type byte and a body.
 *
 *   INDEX (2)   vint format (11), string id, bytes source, optional string routing, i64 version, i64 auto id timestamp,
 *               i64 seq_no, i64 primary term
 *   DELETE (3)  vint format (7), string id, i64 version, i64 seq_no, i64 primary term
 *   NO_OP (4)   i64 seq_no, i64 primary term, string reason
 *
 * vint and strings are those of StreamOutput; i64 is big-endian. The core reads seq_no and term and passes the bytes on
 * untouched: a document is never re-encoded. Sequence numbers are inclusive everywhere in OpenSearch and here.
 */
#ifndef CCR_OP_H
#define CCR_OP_H

#include "ccr/buf.h"

#define CCR_SEQ_NO_NONE       (-1) /* SequenceNumbers.NO_OPS_PERFORMED */
#define CCR_SEQ_NO_UNASSIGNED (-2) /* SequenceNumbers.UNASSIGNED_SEQ_NO */
/*
 * The highest sequence number that is believed: at a million operations a second a shard gets there in 140 years. The sum
 * over two thousand shards still fits into 63 bits, and a double holds each exactly.
 */
#define CCR_SEQ_NO_MAX   ((INT64_C(1) << 52) - 1)
#define CCR_OP_BYTES_MAX (1u << 30) /* longest body accepted; http.max_content_length is 100 MB by default */
#define CCR_OP_BYTES_MIN 17u        /* the smallest body: a NO_OP with an empty reason */

enum ccr_op_type { CCR_OP_INDEX = 2, CCR_OP_DELETE = 3, CCR_OP_NO_OP = 4 };

struct ccr_op {
    enum ccr_op_type type;
    int64_t seq_no;
    int64_t term;
    struct ccr_slice body; /* type byte and all, without size and CRC */
};

/*
 * Parses a body whose CRC has been checked, borrowing its bytes.
 * CORRUPT_TLOG: unknown type, unknown format, a length that does not fit the body, seq_no < 0 or term < 0.
 */
struct ccr_status ccr_op_parse(struct ccr_op *op, struct ccr_slice body, struct ccr_err *err) CCR_MUST_USE;

/* CRC-32 (ISO-HDLC, that of java.util.zip.CRC32). Start with 0; feed the result back to continue. */
uint32_t ccr_crc32(uint32_t crc, const void *data, size_t len);

/*
 * Plain operations, the unpacked content of a batch: u32be body length, body; ascending seq_no without a gap.
 * Their checksum is the CRC-32 over (u32be body length, u32be body CRC-32) of each: made of the very CRCs that stand in
 * the leader's file, so what the follower verifies is what the leader's engine wrote.
 */
#define CCR_OPS_RECORD_OVERHEAD 4u

struct ccr_ops_digest {
    uint32_t checksum;
    uint32_t ops;
    int64_t first_seq_no; /* CCR_SEQ_NO_NONE when there is none */
    int64_t last_seq_no;
};

void ccr_ops_digest_init(struct ccr_ops_digest *d);

/* Adds one operation whose body CRC is known. */
void ccr_ops_digest_add(struct ccr_ops_digest *d, int64_t seq_no, uint32_t body_len, uint32_t body_crc);

/*
 * Walks plain operations, computing every CRC, and checks that they are gapless from first_seq_no.
 * CORRUPT_WIRE names offset, expected and got.
 */
struct ccr_status ccr_ops_verify(struct ccr_ops_digest *d, struct ccr_slice plain, int64_t first_seq_no,
                                 struct ccr_err *err) CCR_MUST_USE;

#endif
