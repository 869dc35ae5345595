/*
 * The fixed parts of a translog: generation header and checkpoint.
 *
 * Header (TranslogHeader):  u32be 0x3fd76c17, vint 8, "translog", u32be version 3, u32be uuid length, uuid, i64be term,
 *                           u32be CRC-32 of all before it
 * Checkpoint (Checkpoint, Lucene codec): u32be 0x3fd76c17, vint 3, "ckp", u32be version 4; then little-endian:
 *   12 u64 offset | 20 u32 ops | 24 u64 generation | 32 i64 min_seq_no | 40 i64 max_seq_no | 48 i64 global checkpoint |
 *   56 u64 min generation | 64 i64 trimmed above; footer big-endian: 72 u32 ~magic | 76 u32 0 | 80 u64 CRC-32 of 0..79
 */
#include "ccr/tlog.h"

#include <inttypes.h>
#include <string.h>

enum { CODEC_MAGIC = 0x3fd76c17, HEADER_VERSION = 3, CHECKPOINT_VERSION = 4, OLDEST_LITTLE_ENDIAN = 4 };

static struct ccr_status damaged(struct ccr_err *err, size_t offset, const char *what, uint64_t expected, uint64_t got)
{
    struct ccr_status s = ccr_err_set(err, CCR_CORRUPT_TLOG, "%s at offset %zu: expected %" PRIu64 ", got %" PRIu64,
                                      what, offset, expected, got);
    if (err != NULL) {
        err->offset = offset;
    }
    return s;
}

static struct ccr_status codec_header(struct ccr_cursor *c, const char *name, uint32_t version, struct ccr_err *err)
{
    uint32_t magic = ccr_cursor_u32be(c);
    if (magic != CODEC_MAGIC) {
        return damaged(err, 0, "magic", CODEC_MAGIC, magic);
    }
    uint32_t len = ccr_cursor_vint(c);
    struct ccr_slice got = ccr_cursor_take(c, len == strlen(name) ? len : 0);
    if (got.len == 0 || memcmp(got.data, name, got.len) != 0) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "codec name is not [%s]", name);
    }
    uint32_t found = ccr_cursor_u32be(c);
    if (c->failed) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "codec header of [%s] is truncated", name);
    }
    if (found != version) {
        return ccr_err_set(err, found > version ? CCR_VERSION : CCR_CORRUPT_TLOG,
                           "version of [%s]: this build reads %" PRIu32 ", the file has %" PRIu32, name, version,
                           found);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_tlog_header_parse(struct ccr_tlog_header *h, struct ccr_slice bytes, struct ccr_err *err)
{
    struct ccr_cursor c = ccr_cursor_of(bytes);
    CCR_TRY(codec_header(&c, "translog", HEADER_VERSION, err));
    uint32_t uuid_len = ccr_cursor_u32be(&c);
    if (c.failed || uuid_len == 0 || uuid_len >= CCR_TLOG_UUID_MAX) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "uuid length expected 1 to %u, got %" PRIu32, CCR_TLOG_UUID_MAX - 1,
                           uuid_len);
    }
    struct ccr_slice uuid = ccr_cursor_take(&c, uuid_len);
    int64_t term = (int64_t)ccr_cursor_u64be(&c);
    size_t covered = (size_t)(c.at - bytes.data);
    uint32_t crc = ccr_cursor_u32be(&c);
    if (c.failed) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "header is truncated after %zu bytes", bytes.len);
    }
    uint32_t expected = ccr_crc32(0, bytes.data, covered);
    if (crc != expected) {
        return damaged(err, covered, "header CRC", expected, crc);
    }
    if (term < 0) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "primary term %" PRId64 " is negative", term);
    }
    memset(h->uuid, 0, sizeof h->uuid);
    memcpy(h->uuid, uuid.data, uuid.len);
    h->term = term;
    h->length = (uint32_t)(c.at - bytes.data);
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_tlog_checkpoint_parse(struct ccr_tlog_checkpoint *c, struct ccr_slice bytes, struct ccr_err *err)
{
    if (bytes.len != CCR_TLOG_CHECKPOINT_BYTES) {
        return damaged(err, 0, "checkpoint length", CCR_TLOG_CHECKPOINT_BYTES, bytes.len);
    }
    const uint8_t *p = bytes.data;
    uint32_t crc = ccr_crc32(0, p, 80);
    if (ccr_get_u64be(p + 80) != crc) {
        return damaged(err, 80, "checkpoint CRC", crc, ccr_get_u64be(p + 80));
    }
    struct ccr_cursor head = ccr_cursor_of(bytes);
    CCR_TRY(codec_header(&head, "ckp", CHECKPOINT_VERSION, err));
    if (ccr_get_u32be(p + 72) != (uint32_t)~CODEC_MAGIC || ccr_get_u32be(p + 76) != 0) {
        return damaged(err, 72, "footer magic", (uint32_t)~CODEC_MAGIC, ccr_get_u32be(p + 72));
    }
    *c = (struct ccr_tlog_checkpoint){
        .offset = ccr_get_u64le(p + 12),
        .ops = ccr_get_u32le(p + 20),
        .generation = ccr_get_u64le(p + 24),
        .min_seq_no = (int64_t)ccr_get_u64le(p + 32),
        .max_seq_no = (int64_t)ccr_get_u64le(p + 40),
        .global_checkpoint = (int64_t)ccr_get_u64le(p + 48),
        .min_generation = ccr_get_u64le(p + 56),
        .trimmed_above = (int64_t)ccr_get_u64le(p + 64),
    };
    if (c->min_generation > c->generation || c->generation - c->min_generation >= CCR_TLOG_GENERATIONS_MAX) {
        return damaged(err, 56, "oldest generation", c->generation, c->min_generation);
    }
    if (c->min_seq_no > c->max_seq_no || c->offset > (uint64_t)INT64_MAX) {
        return damaged(err, 32, "smallest seq_no", (uint64_t)c->max_seq_no, (uint64_t)c->min_seq_no);
    }
    return ccr_status_of(CCR_OK);
}
