#include "heap.h"

#include "ccr/budget.h"

CCR_TEST(budget, takesAllOrNothing)
{
    struct ccr_budget b;

    (void)heap;
    ccr_budget_init(&b, 100);
    cr_assert(ccr_budget_take(&b, 60));
    cr_assert(!ccr_budget_take(&b, 41));
    cr_assert(ccr_budget_take(&b, 40));
    cr_assert(!ccr_budget_take(&b, 1));
    ccr_budget_give(&b, 100);
    cr_assert(ccr_budget_take(&b, 100));
    cr_assert(!ccr_budget_take(&b, UINT64_MAX), "no overflow");
}

CCR_TEST(budget, loweredMaximumRefusesUntilEnoughCameBack)
{
    struct ccr_budget b;

    (void)heap;
    ccr_budget_init(&b, 100);
    cr_assert(ccr_budget_take(&b, 80));
    atomic_store(&b.max, 50);
    cr_assert(!ccr_budget_take(&b, 1));
    ccr_budget_give(&b, 40);
    cr_assert(ccr_budget_take(&b, 10));
}
