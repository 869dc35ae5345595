/*
 * Packing and unpacking of one block with zstd, LZ4 or nothing.
 */
#include <string.h>

#include "codec/workspace.h"

/*
 * The first byte of a zstd frame as we write it: no single segment, content size, checksum or dictionary id. Another
 * one is foreign; refusing it also keeps skippable frames and those of zstd before 0.8, told by their first byte, from
 * the library.
 */
#define ZSTD_DESCRIPTOR_OURS 0u
#define ZSTD_HEADER_OURS     2u /* that and the window's size */
#define ZSTD_BLOCK_HEADER    3u /* last, kind in two bits, size */
#define ZSTD_BLOCK_RLE       1u

size_t ccr_codec_bound(enum ccr_codec_id id, size_t len)
{
    if (len > CCR_CODEC_BLOCK_MAX) {
        return 0;
    }
    switch (id) {
    case CCR_CODEC_NONE:
        return len == 0 ? 1 : len;
    case CCR_CODEC_LZ4:
        return (size_t)LZ4_COMPRESSBOUND((unsigned)len);
    case CCR_CODEC_ZSTD:
        return ZSTD_compressBound(len);
    }
    return 0;
}

static struct ccr_status pack_check(enum ccr_codec_id id, int level, struct ccr_slice prefix, struct ccr_slice src,
                                    size_t cap, struct ccr_err *err)
{
    if ((unsigned)id > CCR_CODEC_ZSTD) {
        return ccr_err_set(err, CCR_ARG, "unknown codec %d, known are 0 to %d", (int)id, CCR_CODEC_ZSTD);
    }
    int min = id == CCR_CODEC_ZSTD ? CCR_CODEC_ZSTD_LEVEL_MIN : CCR_CODEC_LZ4_LEVEL_MIN;
    int max = id == CCR_CODEC_ZSTD ? CCR_CODEC_ZSTD_LEVEL_MAX : CCR_CODEC_LZ4_LEVEL_MAX;
    if (id != CCR_CODEC_NONE && (level < min || level > max)) {
        return ccr_err_set(err, CCR_ARG, "level %d is not in [%d, %d]", level, min, max);
    }
    if (prefix.len > CCR_CODEC_PREFIX_MAX) {
        return ccr_err_set(err, CCR_ARG, "a prefix of %zu bytes is longer than %u", prefix.len, CCR_CODEC_PREFIX_MAX);
    }
    size_t bound = ccr_codec_bound(id, src.len);
    if (bound == 0) {
        return ccr_err_set(err, CCR_ARG, "a block of %zu bytes is longer than %u", src.len, CCR_CODEC_BLOCK_MAX);
    }
    if (cap < bound) {
        return ccr_err_set(err, CCR_NOBUF, "packing %zu bytes needs room for %zu, not %zu", src.len, bound, cap);
    }
    return ccr_status_of(CCR_OK);
}

static struct ccr_status zstd_pack(struct ccr_workspace *ws, int level, struct ccr_slice prefix, struct ccr_slice src,
                                   uint8_t *dst, size_t cap, size_t *packed, struct ccr_err *err)
{
    CCR_TRY(ccri_workspace_cctx(ws, level, err));
    /* A prefix serves one block; naming none forgets one that a failed block left behind. */
    size_t rc = ZSTD_CCtx_refPrefix(ws->cctx, prefix.data, prefix.len);
    if (!ZSTD_isError(rc)) {
        rc = ZSTD_compress2(ws->cctx, dst, cap, src.data, src.len);
    }
    if (ZSTD_isError(rc)) {
        (void)ZSTD_CCtx_reset(ws->cctx, ZSTD_reset_session_only);
        bool memory = ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation;
        return ccr_err_set(err, memory ? CCR_NOMEM : CCR_BROKEN, "zstd cannot pack %zu bytes at level %d: %s", src.len,
                           level, ZSTD_getErrorName(rc));
    }
    *packed = rc;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status lz4_pack(struct ccr_workspace *ws, int level, struct ccr_slice prefix, struct ccr_slice src,
                                  uint8_t *dst, size_t cap, size_t *packed, struct ccr_err *err)
{
    CCR_TRY(ccri_workspace_lz4(ws, err));
    const char *from = (const char *)src.data;
    int room = cap > INT32_MAX ? INT32_MAX : (int)cap;
    int len;
    if (prefix.len == 0) {
        len = LZ4_compress_fast_extState_fastReset(ws->lz4, from, (char *)dst, (int)src.len, room, level);
    } else {
        (void)LZ4_loadDict(ws->lz4, (const char *)prefix.data, (int)prefix.len);
        len = LZ4_compress_fast_continue(ws->lz4, from, (char *)dst, (int)src.len, room, level);
        /* Forgets the prefix, whose memory is not ours; the table is cleaned by the next block when it has to be. */
        LZ4_resetStream_fast(ws->lz4);
    }
    if (len <= 0) {
        (void)LZ4_initStream(ws->lz4, sizeof *ws->lz4);
        return ccr_err_set(err, CCR_BROKEN, "LZ4 cannot pack %zu bytes into %zu", src.len, cap);
    }
    *packed = (size_t)len;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_codec_pack(struct ccr_workspace *ws, enum ccr_codec_id id, int level, struct ccr_slice prefix,
                                 struct ccr_slice src, uint8_t *dst, size_t cap, size_t *packed, struct ccr_err *err)
{
    *packed = 0;
    CCR_TRY(pack_check(id, level, prefix, src, cap, err));
    if (id == CCR_CODEC_ZSTD) {
        return zstd_pack(ws, level, prefix, src, dst, cap, packed, err);
    }
    if (id == CCR_CODEC_LZ4) {
        return lz4_pack(ws, level, prefix, src, dst, cap, packed, err);
    }
    if (src.len > 0) {
        memcpy(dst, src.data, src.len);
    }
    *packed = src.len;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status damaged(struct ccr_err *err, const char *codec, size_t plain_len, const char *why)
{
    return ccr_err_set(err, CCR_CORRUPT_WIRE, "%s block does not unpack to %zu bytes: %s", codec, plain_len, why);
}

/*
 * ZSTD_DCtx_refPrefix would allocate a dictionary object for every block. ZSTD_decompress_usingDict does not, and takes
 * a dictionary as plain content unless it begins with the magic number of trained ones.
 */
static size_t zstd_decompress(ZSTD_DCtx *dctx, struct ccr_slice prefix, struct ccr_slice src, uint8_t *dst, size_t len)
{
    if (prefix.len >= 4 && ccr_get_u32le(prefix.data) == ZSTD_MAGIC_DICTIONARY) {
        size_t rc = ZSTD_DCtx_refPrefix(dctx, prefix.data, prefix.len);
        return ZSTD_isError(rc) ? rc : ZSTD_decompressDCtx(dctx, dst, len, src.data, src.len);
    }
    return ZSTD_decompress_usingDict(dctx, dst, len, src.data, src.len, prefix.data, prefix.len);
}

/*
 * Whether the bytes are one frame and nothing else. The library takes several in a row, and version 1.5.4 reads up to
 * three bytes behind the last one to see whether there is another.
 */
static bool is_one_frame(struct ccr_slice src)
{
    struct ccr_cursor c = ccr_cursor_of(src);
    bool last = false;
    bool ours = ccr_cursor_u8(&c) == ZSTD_DESCRIPTOR_OURS;
    (void)ccr_cursor_take(&c, ZSTD_HEADER_OURS - 1);
    while (ours && !last && !c.failed) {
        struct ccr_slice head = ccr_cursor_take(&c, ZSTD_BLOCK_HEADER);
        uint32_t block =
            c.failed ? 0 : (uint32_t)head.data[0] | (uint32_t)head.data[1] << 8 | (uint32_t)head.data[2] << 16;
        last = (block & 1u) != 0;
        (void)ccr_cursor_take(&c, (block >> 1 & 3u) == ZSTD_BLOCK_RLE ? 1 : block >> 3);
    }
    return ours && !c.failed && ccr_cursor_left(&c) == 0;
}

static struct ccr_status zstd_unpack(struct ccr_workspace *ws, struct ccr_slice prefix, struct ccr_slice src,
                                     uint8_t *dst, size_t plain_len, struct ccr_err *err)
{
    if (!is_one_frame(src)) {
        return damaged(err, "zstd", plain_len, "not one frame of this plugin");
    }
    CCR_TRY(ccri_workspace_dctx(ws, err));
    size_t rc = zstd_decompress(ws->dctx, prefix, src, dst, plain_len);
    if (ZSTD_isError(rc)) {
        (void)ZSTD_DCtx_reset(ws->dctx, ZSTD_reset_session_only);
        if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation) {
            return ccr_err_set(err, CCR_NOMEM, "no memory to unpack %zu bytes", plain_len);
        }
        return damaged(err, "zstd", plain_len, ZSTD_getErrorName(rc));
    }
    if (rc != plain_len) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "zstd block unpacks to %zu bytes, not %zu", rc, plain_len);
    }
    return ccr_status_of(CCR_OK);
}

static struct ccr_status lz4_unpack(struct ccr_slice prefix, struct ccr_slice src, uint8_t *dst, size_t plain_len,
                                    struct ccr_err *err)
{
    if (src.len > INT32_MAX || plain_len > INT32_MAX) {
        return damaged(err, "LZ4", plain_len, "too long");
    }
    int len = LZ4_decompress_safe_usingDict((const char *)src.data, (char *)dst, (int)src.len, (int)plain_len,
                                            (const char *)prefix.data, (int)prefix.len);
    if (len < 0) {
        return damaged(err, "LZ4", plain_len, "malformed");
    }
    if ((size_t)len != plain_len) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "LZ4 block unpacks to %d bytes, not %zu", len, plain_len);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_codec_unpack(struct ccr_workspace *ws, enum ccr_codec_id id, struct ccr_slice prefix,
                                   struct ccr_slice src, uint8_t *dst, size_t plain_len, struct ccr_err *err)
{
    if (prefix.len > CCR_CODEC_PREFIX_MAX) {
        return ccr_err_set(err, CCR_ARG, "a prefix of %zu bytes is longer than %u", prefix.len, CCR_CODEC_PREFIX_MAX);
    }
    uint8_t nothing;
    uint8_t *to = plain_len == 0 ? &nothing : dst; /* the libraries want a place even for nothing */
    switch (id) {
    case CCR_CODEC_ZSTD:
        return zstd_unpack(ws, prefix, src, to, plain_len, err);
    case CCR_CODEC_LZ4:
        return lz4_unpack(prefix, src, to, plain_len, err);
    case CCR_CODEC_NONE:
        if (src.len != plain_len) {
            return ccr_err_set(err, CCR_CORRUPT_WIRE, "plain block holds %zu bytes, not %zu", src.len, plain_len);
        }
        if (plain_len > 0) {
            memcpy(dst, src.data, plain_len);
        }
        return ccr_status_of(CCR_OK);
    }
    return ccr_err_set(err, CCR_CORRUPT_WIRE, "unknown codec %d, known are 0 to %d", (int)id, CCR_CODEC_ZSTD);
}
