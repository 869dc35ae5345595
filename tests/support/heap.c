/* The counting and failing allocator. A size stands before each block, so that the live bytes are exact. */
#include "heap.h"

#include <stdint.h>
#include <stdlib.h>

#define PREFIX 16u /* keeps the alignment of malloc */

static int refused(struct heap *h, size_t size)
{
    size_t n = h->requests++;

    if (size > h->largest) {
        h->largest = size;
    }
    return n == h->fail_at || (h->fail_all_after && n > h->fail_at);
}

static void grew(struct heap *h, size_t size)
{
    h->live_bytes += size;
    if (h->live_bytes > h->peak_bytes) {
        h->peak_bytes = h->live_bytes;
    }
}

static void *heap_alloc(void *ctx, size_t size)
{
    struct heap *h = ctx;
    char *block;

    if (refused(h, size)) {
        return NULL;
    }
    block = malloc(size + PREFIX);
    if (block == NULL) {
        return NULL;
    }
    *(size_t *)(void *)block = size;
    h->live_blocks++;
    grew(h, size);
    return block + PREFIX;
}

static void *heap_resize(void *ctx, void *ptr, size_t size)
{
    struct heap *h = ctx;
    char *block;
    size_t old;

    if (ptr == NULL) {
        return heap_alloc(ctx, size);
    }
    if (refused(h, size)) {
        return NULL;
    }
    block = (char *)ptr - PREFIX;
    old = *(size_t *)(void *)block;
    block = realloc(block, size + PREFIX);
    if (block == NULL) {
        return NULL;
    }
    *(size_t *)(void *)block = size;
    h->live_bytes -= old;
    grew(h, size);
    return block + PREFIX;
}

static void heap_release(void *ctx, void *ptr)
{
    struct heap *h = ctx;
    char *block;

    if (ptr == NULL) {
        return;
    }
    block = (char *)ptr - PREFIX;
    h->live_bytes -= *(size_t *)(void *)block;
    h->live_blocks--;
    free(block);
}

void heap_init(struct heap *h)
{
    *h = (struct heap){.alloc = {heap_alloc, heap_resize, heap_release, h}, .fail_at = SIZE_MAX};
}
