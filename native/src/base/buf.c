/* Growable bytes with a stated maximum. */
#include "ccr/buf.h"

#include <string.h>

#define FIRST_CAPACITY 256u

void ccr_buf_init(struct ccr_buf *b, const struct ccr_alloc *alloc, size_t max)
{
    *b = (struct ccr_buf){.alloc = alloc, .max = max};
}

void ccr_buf_fini(struct ccr_buf *b)
{
    if (b->data != NULL) {
        ccr_alloc_put(b->alloc, b->data);
    }
    *b = (struct ccr_buf){.alloc = b->alloc, .max = b->max};
}

struct ccr_status ccr_buf_reserve(struct ccr_buf *b, size_t more)
{
    size_t need;
    size_t cap;
    uint8_t *data;

    if (more <= b->cap - b->len) {
        return ccr_status_of(CCR_OK);
    }
    if (more > b->max - b->len) {
        return ccr_status_of(CCR_LIMIT);
    }
    need = b->len + more;
    /* Growing by half keeps the copies linear without holding twice what is needed. */
    cap = b->cap + b->cap / 2;
    if (cap < FIRST_CAPACITY) {
        cap = FIRST_CAPACITY;
    }
    if (cap < need) {
        cap = need;
    }
    if (cap > b->max) {
        cap = b->max;
    }
    data = b->data == NULL ? b->alloc->alloc(b->alloc->ctx, cap) : b->alloc->resize(b->alloc->ctx, b->data, cap);
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
    if (data != NULL) { /* a refused shrink leaves the larger block, which is still right */
        b->data = data;
        b->cap = keep;
    }
}
