/* The shared byte budget: one compare-and-swap a take. */
#include "ccr/budget.h"

void ccr_budget_init(struct ccr_budget *b, uint64_t max)
{
    atomic_init(&b->taken, 0);
    atomic_init(&b->max, max);
}

bool ccr_budget_take(struct ccr_budget *b, uint64_t bytes)
{
    uint64_t max = atomic_load_explicit(&b->max, memory_order_relaxed);
    uint64_t taken = atomic_load_explicit(&b->taken, memory_order_relaxed);

    do {
        /* The maximum can be lowered below what is taken while the node runs. */
        if (taken > max || bytes > max - taken) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&b->taken, &taken, taken + bytes, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

void ccr_budget_give(struct ccr_budget *b, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&b->taken, bytes, memory_order_relaxed);
}
