/*
 * zstd, LZ4 or nothing, each with an optional prefix: bytes both sides hold that come just before the content.
 *
 * A workspace owns what compression needs (contexts, a plain buffer) and serves one call at a time; the runtime keeps a
 * small pool of them, so an idle shard holds none. Contexts are reset after an error by the codec itself.
 */
#ifndef CCR_CODEC_H
#define CCR_CODEC_H

#include "ccr/op.h"

enum ccr_codec_id { CCR_CODEC_NONE = 0, CCR_CODEC_LZ4 = 1, CCR_CODEC_ZSTD = 2 };

#define CCR_CODEC_BLOCK_MAX      (CCR_OP_BYTES_MAX + CCR_OPS_RECORD_OVERHEAD) /* one oversized operation */
#define CCR_CODEC_PREFIX_MAX     (64u << 10) /* LZ4 can look back 64 KB, and more does not pay (ADR 0009) */
#define CCR_CODEC_ZSTD_LEVEL_MIN (-7)
#define CCR_CODEC_ZSTD_LEVEL_MAX 19
#define CCR_CODEC_LZ4_LEVEL_MIN  1 /* acceleration */
#define CCR_CODEC_LZ4_LEVEL_MAX  65537

struct ccr_workspace; /* opaque */

/* NOMEM. Contexts are created at first use. */
struct ccr_status ccr_workspace_new(struct ccr_workspace **out, const struct ccr_alloc *alloc) CCR_MUST_USE;
void ccr_workspace_free(struct ccr_workspace *ws); /* NULL is legal */

/* Scratch for plain bytes; empty at each call's start. Grown past 4 MB it is shrunk by ccr_workspace_trim. */
struct ccr_buf *ccr_workspace_plain(struct ccr_workspace *ws);
struct ccr_buf *ccr_workspace_prefix(struct ccr_workspace *ws);
void ccr_workspace_trim(struct ccr_workspace *ws);

/* Largest possible packed length; 0 when len is beyond CCR_CODEC_BLOCK_MAX. */
size_t ccr_codec_bound(enum ccr_codec_id id, size_t len);

/*
 * Packs src into dst. prefix.len may be 0. *packed is the length written.
 * ARG: unknown codec, level out of range, prefix too long. NOBUF: cap < bound. NOMEM.
 */
struct ccr_status ccr_codec_pack(struct ccr_workspace *ws, enum ccr_codec_id id, int level, struct ccr_slice prefix,
                                 struct ccr_slice src, uint8_t *dst, size_t cap, size_t *packed,
                                 struct ccr_err *err) CCR_MUST_USE;

/*
 * Unpacks exactly plain_len bytes. src is hostile. CORRUPT_WIRE: damaged, or unpacks to another length. NOMEM.
 */
struct ccr_status ccr_codec_unpack(struct ccr_workspace *ws, enum ccr_codec_id id, struct ccr_slice prefix,
                                   struct ccr_slice src, uint8_t *dst, size_t plain_len,
                                   struct ccr_err *err) CCR_MUST_USE;

#endif
