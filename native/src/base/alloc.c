/* The system allocator, and the calls every module allocates through. */
#include "ccr/alloc.h"

#include <stdlib.h>
#include <string.h>

static void *system_alloc(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size);
}

static void *system_resize(void *ctx, void *ptr, size_t size)
{
    (void)ctx;
    return realloc(ptr, size);
}

static void system_release(void *ctx, void *ptr)
{
    (void)ctx;
    free(ptr);
}

static const struct ccr_alloc SYSTEM = {system_alloc, system_resize, system_release, NULL};

const struct ccr_alloc *ccr_alloc_system(void)
{
    return &SYSTEM;
}

void *ccr_alloc_get(const struct ccr_alloc *a, size_t size)
{
    return a->alloc(a->ctx, size);
}

void *ccr_alloc_zero(const struct ccr_alloc *a, size_t size)
{
    void *ptr = a->alloc(a->ctx, size);

    if (ptr != NULL) {
        memset(ptr, 0, size);
    }
    return ptr;
}

void ccr_alloc_put(const struct ccr_alloc *a, void *ptr)
{
    a->release(a->ctx, ptr);
}
