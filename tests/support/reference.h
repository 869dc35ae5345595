/*
 * A second decoder of every format, written for nothing but being obviously right: one field after another, no tricks,
 * nothing of the core's own code. Fuzz targets compare the core with it. true: the bytes are sound.
 */
#ifndef CCR_TESTS_REFERENCE_H
#define CCR_TESTS_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t reference_crc32(const uint8_t *data, size_t len);

struct reference_op {
    int type;
    int64_t seq_no;
    int64_t term;
};

bool reference_op(struct reference_op *out, const uint8_t *body, size_t len);

/* Plain operations from first_seq_no on. *checksum as BatchHeader.checksum. */
bool reference_ops(const uint8_t *plain, size_t len, int64_t first_seq_no, uint32_t *ops, uint32_t *checksum);

struct reference_header {
    char uuid[65];
    int64_t term;
    size_t length;
};

bool reference_header(struct reference_header *out, const uint8_t *bytes, size_t len);

struct reference_checkpoint {
    uint64_t offset;
    uint32_t ops;
    uint64_t generation;
    int64_t min_seq_no;
    int64_t max_seq_no;
    int64_t global_checkpoint;
    uint64_t min_generation;
    int64_t trimmed_above;
};

bool reference_checkpoint(struct reference_checkpoint *out, const uint8_t *bytes, size_t len);

/*
 * An LZ4 block whose matches may reach into `prefix`. *len: bytes written to out, which has room for cap. *odd: it was
 * refused for a match at distance 0, which the library lets pass to take whatever stands there.
 */
bool reference_lz4(const uint8_t *in, size_t in_len, const uint8_t *prefix, size_t prefix_len, uint8_t *out, size_t cap,
                   size_t *len, bool *odd);

/*
 * A protobuf message of varints and fixed32s: the last value of each field. types: the wire type of field 1, 2 ... as a
 * digit, at most 15. false: no message of that kind.
 */
bool reference_message(uint64_t fields[16], unsigned *unknown, const char *types, const uint8_t *bytes, size_t len);

#endif
