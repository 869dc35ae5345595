/* All-or-nothing bytes shared by the sessions of a node. */
#include "ccr/budget.h"

void ccr_budget_init(struct ccr_budget *b, uint64_t max)
{
    atomic_init(&b->taken, 0);
    atomic_init(&b->max, max);
}

bool ccr_budget_take(struct ccr_budget *b, uint64_t bytes)
{
    uint64_t max = atomic_load(&b->max);
    uint64_t taken = atomic_load(&b->taken);
    do {
        if (bytes > max || taken > max - bytes) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&b->taken, &taken, taken + bytes));
    return true;
}

void ccr_budget_give(struct ccr_budget *b, uint64_t bytes)
{
    atomic_fetch_sub(&b->taken, bytes);
}
