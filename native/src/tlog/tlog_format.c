/* Header and checkpoint: bytes to values. Layouts: ccr/tlog.h. */
#include "tlog/tlog_private.h"

#include <string.h>

#define CODEC_MAGIC    0x3FD76C17u
#define FOOTER         UINT64_C(0xC02893E800000000) /* magic, and 0 for CRC-32 */
#define HEADER_CODEC   "translog"
#define HEADER_VERSION 3u
#define CKP_CODEC      "ckp"
#define CKP_VERSION    4u
#define CKP_VERSION_BE 3u
#define CKP_FOOTER     16u
#define CKP_READS      4

/* Lucene's CodecUtil.writeHeader: magic, vint-counted name, version. */
static struct ccr_status codec_header(struct ccr_cursor *c, const char *codec, uint32_t *version, struct ccr_err *err)
{
    size_t len = strlen(codec);
    uint32_t magic = ccr_cursor_u32be(c);
    struct ccr_slice name;

    if (!c->failed && magic != CODEC_MAGIC) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "%s: magic 0x%08" PRIX32 ", expected 0x%08X", codec, magic,
                           CODEC_MAGIC);
    }
    name = ccr_cursor_take(c, ccr_cursor_vint(c));
    if (!c->failed && (name.len != len || memcmp(name.data, codec, len) != 0)) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "%s: another codec's name", codec);
    }
    *version = ccr_cursor_u32be(c);
    if (c->failed) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "%s: truncated in its codec header", codec);
    }
    return ccr_status_of(CCR_OK);
}

static uint64_t field(struct ccr_cursor *c, bool big_endian)
{
    struct ccr_slice s = ccr_cursor_take(c, 8);

    if (c->failed) {
        return 0;
    }
    return big_endian ? ccr_get_u64be(s.data) : ccr_get_u64le(s.data);
}

static struct ccr_status checkpoint_limits(const struct ccr_tlog_checkpoint *c, struct ccr_err *err)
{
    bool none = c->min_seq_no == CCR_SEQ_NO_NONE && c->max_seq_no == CCR_SEQ_NO_NONE;

    if (c->generation == 0 || c->generation > INT64_MAX || c->min_generation > c->generation) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "checkpoint of generation %" PRIu64 " with smallest %" PRIu64,
                           c->generation, c->min_generation);
    }
    if (c->offset > CCR_TLOG_FILE_MAX || c->ops > INT32_MAX) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "checkpoint with offset %" PRIu64 " and %" PRIu32 " operations",
                           c->offset, c->ops);
    }
    if (none ? c->ops != 0 : (c->min_seq_no < 0 || c->min_seq_no > c->max_seq_no || c->ops == 0)) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG,
                           "checkpoint with seq_no %" PRId64 " to %" PRId64 " and %" PRIu32 " operations",
                           c->min_seq_no, c->max_seq_no, c->ops);
    }
    if (c->trimmed_above < CCR_TLOG_NOT_TRIMMED) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "checkpoint trimmed above %" PRId64, c->trimmed_above);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_tlog_checkpoint_parse(struct ccr_tlog_checkpoint *out, struct ccr_slice bytes,
                                            struct ccr_err *err)
{
    struct ccr_cursor c = ccr_cursor_of(bytes);
    uint32_t version;
    uint32_t crc;
    uint64_t footer;
    uint64_t stored;
    struct ccr_slice ops;
    bool big;

    CCR_TRY(codec_header(&c, CKP_CODEC, &version, err));
    if (ccr_cursor_left(&c) < CKP_FOOTER) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "checkpoint of %zu bytes, expected %u", bytes.len,
                           CCR_TLOG_CHECKPOINT_BYTES);
    }
    footer = ccr_get_u64be(bytes.data + bytes.len - CKP_FOOTER);
    if (footer != FOOTER) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG,
                           "checkpoint of %zu bytes: footer 0x%016" PRIX64 ", expected 0x%016" PRIX64, bytes.len,
                           footer, FOOTER);
    }
    crc = ccr_crc32(0, bytes.data, bytes.len - 8);
    stored = ccr_get_u64be(bytes.data + bytes.len - 8);
    if (stored != crc) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG,
                           "checkpoint of %zu bytes: CRC-32 is 0x%08" PRIX32 ", the file says 0x%08" PRIX64, bytes.len,
                           crc, stored);
    }
    if (version != CKP_VERSION && version != CKP_VERSION_BE) {
        return ccr_err_set(err, CCR_VERSION, "checkpoint of version %" PRIu32 ", this build reads %u and %u", version,
                           CKP_VERSION_BE, CKP_VERSION);
    }
    if (bytes.len != CCR_TLOG_CHECKPOINT_BYTES) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "checkpoint of %zu bytes, expected %u", bytes.len,
                           CCR_TLOG_CHECKPOINT_BYTES);
    }
    big = version == CKP_VERSION_BE;
    out->offset = field(&c, big);
    ops = ccr_cursor_take(&c, 4);
    out->ops = big ? ccr_get_u32be(ops.data) : ccr_get_u32le(ops.data);
    out->generation = field(&c, big);
    out->min_seq_no = (int64_t)field(&c, big);
    out->max_seq_no = (int64_t)field(&c, big);
    out->global_checkpoint = (int64_t)field(&c, big);
    out->min_generation = field(&c, big);
    out->trimmed_above = (int64_t)field(&c, big);
    return checkpoint_limits(out, err);
}

static struct ccr_status read_some(const struct ccr_dir *dir, const char *name, uint8_t *bytes, size_t cap, size_t *got,
                                   struct ccr_err *err)
{
    struct ccr_status status;
    int file;

    CCR_TRY(dir->open(dir->ctx, name, &file, err));
    status = dir->read(dir->ctx, file, bytes, cap, 0, got, err);
    dir->close(dir->ctx, file);
    return status;
}

struct ccr_status ccr_tlog_checkpoint_read(struct ccr_tlog_checkpoint *out, const struct ccr_dir *dir, const char *name,
                                           struct ccr_err *err)
{
    uint8_t bytes[512]; /* the engine promises to stay below, so that a sector write is atomic */
    uint8_t before[sizeof bytes];
    size_t len_before = SIZE_MAX;

    for (int i = 0; i < CKP_READS; i++) {
        struct ccr_status status;
        size_t len = 0;

        CCR_TRY(read_some(dir, name, bytes, sizeof bytes, &len, err));
        status = ccr_tlog_checkpoint_parse(out, ccr_slice_of(bytes, len), err);
        if (!ccr_is(status, CCR_CORRUPT_TLOG)) {
            return ccr_ok(status) ? status : ccr_err_wrap(err, status, "%s", name);
        }
        /*
     * The engine rewrites the file in place, so a reader can see half of it. Damage stays; a torn read does not.
     */
        if (len == len_before && memcmp(bytes, before, len) == 0) {
            return ccr_err_wrap(err, status, "%s", name);
        }
        memcpy(before, bytes, len);
        len_before = len;
    }
    return ccr_err_set(err, CCR_AGAIN, "%s changes each time it is read", name);
}

struct ccr_status ccr_tlog_header_parse(struct ccr_tlog_header *out, struct ccr_slice bytes, struct ccr_err *err)
{
    struct ccr_cursor c = ccr_cursor_of(bytes);
    struct ccr_slice uuid;
    uint32_t version;
    uint32_t uuid_len;
    uint32_t crc;
    uint32_t expected;

    CCR_TRY(codec_header(&c, HEADER_CODEC, &version, err));
    if (version != HEADER_VERSION) {
        return ccr_err_set(err, CCR_VERSION, "translog of version %" PRIu32 ", this build reads %u", version,
                           HEADER_VERSION);
    }
    uuid_len = ccr_cursor_u32be(&c);
    if (!c.failed && (uuid_len == 0 || uuid_len > CCR_TLOG_UUID_MAX)) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "translog uuid of %" PRIu32 " bytes, expected 1 to %u", uuid_len,
                           CCR_TLOG_UUID_MAX);
    }
    uuid = ccr_cursor_take(&c, uuid_len);
    out->term = (int64_t)ccr_cursor_u64be(&c);
    out->length = (uint32_t)(bytes.len - ccr_cursor_left(&c)) + 4;
    crc = ccr_crc32(0, bytes.data, c.failed ? 0 : out->length - 4);
    expected = ccr_cursor_u32be(&c);
    if (c.failed) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "translog header truncated: the file has %zu bytes", bytes.len);
    }
    if (crc != expected) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG,
                           "translog header's CRC-32 is 0x%08" PRIX32 ", the file says 0x%08" PRIX32, crc, expected);
    }
    if (out->term < 0) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "translog header with primary term %" PRId64, out->term);
    }
    memcpy(out->uuid, uuid.data, uuid_len);
    out->uuid[uuid_len] = '\0';
    return ccr_status_of(CCR_OK);
}
