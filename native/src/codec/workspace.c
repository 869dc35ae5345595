/*
 * Workspaces: contexts that are made at first use, through the caller's allocator, and used again for ever after.
 */
#include "codec/workspace.h"

#define WORKSPACE_KEEP (4u << 20)

/* Blocks of up to 8 MB look back everywhere; a longer one would make contexts that no pool of them should hold. */
#define WINDOW_LOG_MAX 23

struct ccr_status ccr_workspace_new(struct ccr_workspace **out, const struct ccr_alloc *alloc)
{
    *out = NULL;
    struct ccr_workspace *ws = ccr_alloc_zero(alloc, sizeof *ws);
    if (ws == NULL) {
        return ccr_status_of(CCR_NOMEM);
    }
    ws->alloc = alloc;
    ws->cctx_level = CCRI_LEVEL_UNSET;
    ccr_buf_init(&ws->plain, alloc, CCR_CODEC_BLOCK_MAX);
    ccr_buf_init(&ws->prefix, alloc, CCR_CODEC_PREFIX_MAX);
    *out = ws;
    return ccr_status_of(CCR_OK);
}

void ccr_workspace_free(struct ccr_workspace *ws)
{
    if (ws == NULL) {
        return;
    }
    ZSTD_freeCCtx(ws->cctx);
    ZSTD_freeDCtx(ws->dctx);
    ccr_alloc_put(ws->alloc, ws->lz4);
    ccr_buf_fini(&ws->plain);
    ccr_buf_fini(&ws->prefix);
    ccr_alloc_put(ws->alloc, ws);
}

struct ccr_buf *ccr_workspace_plain(struct ccr_workspace *ws)
{
    ws->plain.len = 0;
    return &ws->plain;
}

struct ccr_buf *ccr_workspace_prefix(struct ccr_workspace *ws)
{
    ws->prefix.len = 0;
    return &ws->prefix;
}

void ccr_workspace_trim(struct ccr_workspace *ws)
{
    ccr_buf_shrink(&ws->plain, WORKSPACE_KEEP);
    ccr_buf_shrink(&ws->prefix, WORKSPACE_KEEP);
}

static ZSTD_customMem zstd_memory(const struct ccr_alloc *alloc)
{
    return (ZSTD_customMem){alloc->alloc, alloc->release, alloc->ctx};
}

static struct ccr_status nomem(struct ccr_err *err, const char *what)
{
    return ccr_err_set(err, CCR_NOMEM, "no memory for a %s context", what);
}

/*
 * No magic, content size, checksum or dictionary id in the packed bytes: the frame's header says all of that, and on a
 * batch of one document those 5 to 9 bytes are 7 % of what travels.
 */
static size_t cctx_set_up(ZSTD_CCtx *cctx)
{
    const struct {
        ZSTD_cParameter name;
        int value;
    } settings[] = {
        {ZSTD_c_format, ZSTD_f_zstd1_magicless},
        {ZSTD_c_contentSizeFlag, 0},
        {ZSTD_c_checksumFlag, 0},
        {ZSTD_c_dictIDFlag, 0},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        size_t rc = ZSTD_CCtx_setParameter(cctx, settings[i].name, settings[i].value);
        if (ZSTD_isError(rc)) {
            return rc;
        }
    }
    return 0;
}

struct ccr_status ccri_workspace_cctx(struct ccr_workspace *ws, int level, struct ccr_err *err)
{
    if (ws->cctx == NULL) {
        ZSTD_CCtx *cctx = ZSTD_createCCtx_advanced(zstd_memory(ws->alloc));
        if (cctx == NULL || ZSTD_isError(cctx_set_up(cctx))) {
            ZSTD_freeCCtx(cctx);
            return nomem(err, "zstd compression");
        }
        ws->cctx = cctx;
        ws->cctx_level = CCRI_LEVEL_UNSET;
    }
    if (ws->cctx_level != level) {
        /* A window of 0 is the level's own; only the highest levels have one that is too long. */
        int window = ZSTD_getCParams(level, CCR_CODEC_BLOCK_MAX, 0).windowLog > WINDOW_LOG_MAX ? WINDOW_LOG_MAX : 0;
        if (ZSTD_isError(ZSTD_CCtx_setParameter(ws->cctx, ZSTD_c_compressionLevel, level)) ||
            ZSTD_isError(ZSTD_CCtx_setParameter(ws->cctx, ZSTD_c_windowLog, window))) {
            return ccr_err_set(err, CCR_ARG, "zstd refuses level %d", level);
        }
        ws->cctx_level = level;
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_workspace_dctx(struct ccr_workspace *ws, struct ccr_err *err)
{
    if (ws->dctx != NULL) {
        return ccr_status_of(CCR_OK);
    }
    ZSTD_DCtx *dctx = ZSTD_createDCtx_advanced(zstd_memory(ws->alloc));
    if (dctx == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(dctx, ZSTD_d_format, ZSTD_f_zstd1_magicless)) ||
        ZSTD_isError(ZSTD_DCtx_setParameter(dctx, ZSTD_d_windowLogMax, WINDOW_LOG_MAX + 1))) {
        ZSTD_freeDCtx(dctx);
        return nomem(err, "zstd decompression");
    }
    ws->dctx = dctx;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_workspace_lz4(struct ccr_workspace *ws, struct ccr_err *err)
{
    if (ws->lz4 == NULL) {
        void *stream = ccr_alloc_get(ws->alloc, sizeof(LZ4_stream_t));
        if (stream == NULL) {
            return nomem(err, "LZ4");
        }
        ws->lz4 = LZ4_initStream(stream, sizeof(LZ4_stream_t));
    }
    return ccr_status_of(CCR_OK);
}
