/*
 * The allocator every module is given. Tests fail the n-th allocation through it and count what is left at the end.
 * Objects keep the pointer: the allocator outlives everything allocated from it. ccr_alloc_system() is thread-safe.
 */
#ifndef CCR_ALLOC_H
#define CCR_ALLOC_H

#include <stddef.h>

struct ccr_alloc {
    void *(*alloc)(void *ctx, size_t size);             /* NULL when refused; size > 0 */
    void *(*resize)(void *ctx, void *ptr, size_t size); /* as realloc; ptr stays valid when NULL comes back */
    void (*release)(void *ctx, void *ptr);              /* NULL is legal */
    void *ctx;
};

/* malloc, realloc, free. Static, never freed. */
const struct ccr_alloc *ccr_alloc_system(void);

void *ccr_alloc_get(const struct ccr_alloc *a, size_t size);
void *ccr_alloc_zero(const struct ccr_alloc *a, size_t size); /* filled with zeros */
void ccr_alloc_put(const struct ccr_alloc *a, void *ptr);

#endif
