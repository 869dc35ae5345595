/*
 * What a workspace is made of. Only the codec module looks inside.
 */
#ifndef CCRI_WORKSPACE_H
#define CCRI_WORKSPACE_H

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>
#define LZ4_STATIC_LINKING_ONLY
#include <lz4.h>

#include "ccr/codec.h"

#define CCRI_LEVEL_UNSET INT32_MIN

struct ccr_workspace {
    const struct ccr_alloc *alloc;
    ZSTD_CCtx *cctx;
    ZSTD_DCtx *dctx;
    LZ4_stream_t *lz4;
    int cctx_level; /* the level cctx is set to */
    struct ccr_buf plain;
    struct ccr_buf prefix;
};

struct ccr_status ccri_workspace_cctx(struct ccr_workspace *ws, int level, struct ccr_err *err) CCR_MUST_USE;
struct ccr_status ccri_workspace_dctx(struct ccr_workspace *ws, struct ccr_err *err) CCR_MUST_USE;
struct ccr_status ccri_workspace_lz4(struct ccr_workspace *ws, struct ccr_err *err) CCR_MUST_USE;

#endif
