/* Growing buffers and bounds-checked reading. */
#include "ccr/buf.h"

#include <string.h>

void ccr_buf_init(struct ccr_buf *b, const struct ccr_alloc *alloc, size_t max)
{
    *b = (struct ccr_buf){.alloc = alloc, .max = max};
}

void ccr_buf_fini(struct ccr_buf *b)
{
    if (b->data != NULL) {
        ccr_alloc_put(b->alloc, b->data);
    }
    b->data = NULL;
    b->len = 0;
    b->cap = 0;
}

struct ccr_status ccr_buf_reserve(struct ccr_buf *b, size_t more)
{
    if (more <= b->cap - b->len) {
        return ccr_status_of(CCR_OK);
    }
    if (more > b->max || b->len > b->max - more) {
        return ccr_status_of(CCR_LIMIT);
    }
    size_t want = b->len + more;
    /* Half as much again keeps appends linear; never past the stated maximum. */
    size_t cap = want <= b->max - want / 2 ? want + want / 2 : b->max;
    if (cap < 64 && b->max >= 64) {
        cap = 64;
    }
    uint8_t *data = b->data == NULL ? ccr_alloc_get(b->alloc, cap) : b->alloc->resize(b->alloc->ctx, b->data, cap);
    if (data == NULL) {
        return ccr_status_of(CCR_NOMEM);
    }
    b->data = data;
    b->cap = cap;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_buf_put(struct ccr_buf *b, const void *data, size_t len)
{
    CCR_TRY(ccr_buf_reserve(b, len));
    if (len > 0) {
        memcpy(b->data + b->len, data, len);
        b->len += len;
    }
    return ccr_status_of(CCR_OK);
}

void ccr_buf_shrink(struct ccr_buf *b, size_t keep)
{
    b->len = 0;
    if (b->cap <= keep) {
        return;
    }
    if (keep == 0) {
        ccr_buf_fini(b);
        return;
    }
    uint8_t *data = b->alloc->resize(b->alloc->ctx, b->data, keep);
    if (data != NULL) {
        b->data = data;
        b->cap = keep;
    }
}

static const uint8_t *take(struct ccr_cursor *c, size_t len)
{
    if (c->failed || ccr_cursor_left(c) < len) {
        c->failed = true;
        return NULL;
    }
    const uint8_t *p = c->at;
    c->at += len;
    return p;
}

uint8_t ccr_cursor_u8(struct ccr_cursor *c)
{
    const uint8_t *p = take(c, 1);
    return p == NULL ? 0 : *p;
}

uint32_t ccr_cursor_u32be(struct ccr_cursor *c)
{
    const uint8_t *p = take(c, 4);
    return p == NULL ? 0 : ccr_get_u32be(p);
}

uint64_t ccr_cursor_u64be(struct ccr_cursor *c)
{
    const uint8_t *p = take(c, 8);
    return p == NULL ? 0 : ccr_get_u64be(p);
}

uint32_t ccr_cursor_vint(struct ccr_cursor *c)
{
    uint32_t v = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t b = ccr_cursor_u8(c);
        if (c->failed) {
            return 0;
        }
        if (shift == 28 && (b & 0xf0) != 0) {
            break;
        }
        v |= (uint32_t)(b & 0x7f) << shift;
        if ((b & 0x80) == 0) {
            return v;
        }
    }
    c->failed = true;
    return 0;
}

struct ccr_slice ccr_cursor_take(struct ccr_cursor *c, size_t len)
{
    const uint8_t *p = take(c, len);
    return p == NULL ? ccr_slice_of(c->end, 0) : ccr_slice_of(p, len);
}
