/*
 * Handles: generation << 32 | index + 1. A handle is a number to look up, never an address; what does not match is
 * CLOSED.
 */
#include <inttypes.h>

#include "session/session_private.h"

struct ccr_status ccri_table_init(struct ccri_table *t, const struct ccr_alloc *alloc, uint32_t size)
{
    t->slots = ccr_alloc_zero(alloc, size * sizeof *t->slots);
    if (t->slots == NULL || pthread_mutex_init(&t->lock, NULL) != 0) {
        ccr_alloc_put(alloc, t->slots);
        t->slots = NULL;
        return ccr_status_of(CCR_NOMEM);
    }
    for (uint32_t i = 0; i < size; i++) {
        t->slots[i].generation = 1;
        t->slots[i].next_free = i + 1;
    }
    t->size = size;
    t->first_free = 0;
    return ccr_status_of(CCR_OK);
}

void ccri_table_fini(struct ccri_table *t, const struct ccr_alloc *alloc)
{
    if (t->slots != NULL) {
        (void)pthread_mutex_destroy(&t->lock);
        ccr_alloc_put(alloc, t->slots);
        t->slots = NULL;
    }
}

static int64_t handle_of(const struct ccri_table *t, const struct ccri_slot *slot)
{
    return (int64_t)slot->generation << 32 | (slot - t->slots + 1);
}

/* The open slot of a handle, NULL when there is none. Under the lock. */
static struct ccri_slot *slot_of(struct ccri_table *t, int64_t handle)
{
    int64_t index = (handle & UINT32_MAX) - 1;
    if (handle <= 0 || index < 0 || index >= (int64_t)t->size) {
        return NULL;
    }
    struct ccri_slot *slot = &t->slots[index];
    return slot->open && !slot->closing && handle_of(t, slot) == handle ? slot : NULL;
}

struct ccr_status ccri_table_reserve(struct ccri_table *t, enum ccr_session_kind kind, struct ccri_slot **slot,
                                     int64_t *handle, struct ccr_err *err)
{
    (void)pthread_mutex_lock(&t->lock);
    struct ccri_slot *s = t->first_free < t->size ? &t->slots[t->first_free] : NULL;
    if (s != NULL) {
        t->first_free = s->next_free;
        s->kind = kind;
        s->open = true;
        s->busy = true;
        s->closing = false;
        *handle = handle_of(t, s);
    }
    (void)pthread_mutex_unlock(&t->lock);
    *slot = s;
    if (s == NULL) {
        return ccr_err_set(err, CCR_LIMIT, "all %" PRIu32 " sessions of this node are open", t->size);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_table_enter(struct ccri_table *t, int64_t handle, struct ccri_slot **slot, struct ccr_err *err)
{
    (void)pthread_mutex_lock(&t->lock);
    struct ccri_slot *s = slot_of(t, handle);
    bool busy = s != NULL && s->busy;
    if (s != NULL && !busy) {
        s->busy = true;
    }
    (void)pthread_mutex_unlock(&t->lock);
    *slot = s;
    if (s == NULL) {
        return ccr_err_set(err, CCR_CLOSED, "no open session has the handle 0x%" PRIx64, (uint64_t)handle);
    }
    if (busy) {
        return ccr_err_set(err, CCR_BUSY, "session 0x%" PRIx64 " is in use by another thread", (uint64_t)handle);
    }
    return ccr_status_of(CCR_OK);
}

bool ccri_table_leave(struct ccri_table *t, struct ccri_slot *slot)
{
    (void)pthread_mutex_lock(&t->lock);
    bool closing = slot->closing;
    if (!closing) {
        slot->busy = false;
    }
    (void)pthread_mutex_unlock(&t->lock);
    return closing;
}

struct ccr_status ccri_table_close(struct ccri_table *t, int64_t handle, struct ccri_slot **slot)
{
    (void)pthread_mutex_lock(&t->lock);
    struct ccri_slot *s = slot_of(t, handle);
    *slot = s != NULL && !s->busy ? s : NULL;
    if (s != NULL) {
        s->closing = true;
        s->busy = true;
    }
    (void)pthread_mutex_unlock(&t->lock);
    return ccr_status_of(s != NULL ? CCR_OK : CCR_CLOSED);
}

void ccri_table_free(struct ccri_table *t, struct ccri_slot *slot)
{
    (void)pthread_mutex_lock(&t->lock);
    slot->open = false;
    slot->busy = false;
    slot->closing = false;
    slot->generation = slot->generation == INT32_MAX ? 1 : slot->generation + 1;
    slot->next_free = t->first_free;
    t->first_free = (uint32_t)(slot - t->slots);
    (void)pthread_mutex_unlock(&t->lock);
}
