/*
 * The bump allocator behind protobuf-c.
 */
#include <stdalign.h>

#include "wire/arena.h"

static void *arena_alloc(void *ctx, size_t size)
{
    struct ccri_arena *a = ctx;
    const size_t align = alignof(max_align_t);
    size_t pad = (align - (uintptr_t)a->at % align) % align;
    size_t left = (size_t)(a->end - a->at);
    if (pad > left || size > left - pad) {
        return NULL;
    }
    uint8_t *p = a->at + pad;
    a->at = p + size;
    return p;
}

static void arena_free(void *ctx, void *ptr)
{
    (void)ctx;
    (void)ptr;
}

void ccri_arena_init(struct ccri_arena *a, void *memory, size_t len)
{
    a->allocator = (ProtobufCAllocator){arena_alloc, arena_free, a};
    a->at = memory;
    a->end = a->at + len;
}
