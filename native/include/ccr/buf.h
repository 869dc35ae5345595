/*
 * Bytes. `ccr_slice` never owns; `ccr_buf` owns and has a stated maximum; `ccr_cursor` reads a slice with bounds checks.
 * A pointer into a ccr_buf is valid until the next call that may grow it.
 */
#ifndef CCR_BUF_H
#define CCR_BUF_H

#include "ccr/alloc.h"
#include "ccr/status.h"

struct ccr_slice {
    const uint8_t *data;
    size_t len;
};

static inline struct ccr_slice ccr_slice_of(const void *data, size_t len)
{
    return (struct ccr_slice){(const uint8_t *)data, len};
}

struct ccr_buf {
    const struct ccr_alloc *alloc;
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max; /* never grows past this */
};

void ccr_buf_init(struct ccr_buf *b, const struct ccr_alloc *alloc, size_t max);
void ccr_buf_fini(struct ccr_buf *b); /* legal on a zeroed and on an already finished buffer */

/* Makes room for `more` bytes after len. NOMEM, or LIMIT past max; the content stays. */
struct ccr_status ccr_buf_reserve(struct ccr_buf *b, size_t more) CCR_MUST_USE;
struct ccr_status ccr_buf_put(struct ccr_buf *b, const void *data, size_t len) CCR_MUST_USE;

/* Gives memory above `keep` bytes back and sets len to 0. */
void ccr_buf_shrink(struct ccr_buf *b, size_t keep);

static inline struct ccr_slice ccr_buf_slice(const struct ccr_buf *b)
{
    return (struct ccr_slice){b->data, b->len};
}

/* Fixed-width integers at any alignment. */
static inline uint32_t ccr_get_u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint32_t ccr_get_u32le(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | (uint32_t)p[0];
}

static inline uint64_t ccr_get_u64be(const uint8_t *p)
{
    return (uint64_t)ccr_get_u32be(p) << 32 | ccr_get_u32be(p + 4);
}

static inline uint64_t ccr_get_u64le(const uint8_t *p)
{
    return (uint64_t)ccr_get_u32le(p + 4) << 32 | ccr_get_u32le(p);
}

static inline void ccr_put_u32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void ccr_put_u32le(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

/* Reads forward. The first read past the end sets `failed`; later reads give zeros, so one check at the end is enough. */
struct ccr_cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct ccr_cursor ccr_cursor_of(struct ccr_slice s)
{
    /* Nothing may stand nowhere, and C allows no sum with a null pointer, not even of 0. */
    return (struct ccr_cursor){s.data, s.len == 0 ? s.data : s.data + s.len, false};
}

static inline size_t ccr_cursor_left(const struct ccr_cursor *c)
{
    return (size_t)(c->end - c->at);
}

uint8_t ccr_cursor_u8(struct ccr_cursor *c);
uint32_t ccr_cursor_u32be(struct ccr_cursor *c);
uint64_t ccr_cursor_u64be(struct ccr_cursor *c);
uint32_t ccr_cursor_vint(struct ccr_cursor *c); /* OpenSearch StreamOutput.writeVInt: 7 bits a byte, at most 5 bytes */
struct ccr_slice ccr_cursor_take(struct ccr_cursor *c, size_t len);

#endif
