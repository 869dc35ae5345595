/*
 * A bounded number of bytes shared by many sessions of a node. Lock-free; give back exactly what was taken.
 */
#ifndef CCR_BUDGET_H
#define CCR_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ccr_budget {
    _Atomic uint64_t taken;
    _Atomic uint64_t max;
};

void ccr_budget_init(struct ccr_budget *b, uint64_t max);
bool ccr_budget_take(struct ccr_budget *b, uint64_t bytes); /* all or nothing */
void ccr_budget_give(struct ccr_budget *b, uint64_t bytes);

#endif
