/*
 * A run that fails, made smaller: less chaos, a later begin of it, fewer operations, fewer kinds of fault. Whatever still
 * fails is kept, also when it fails of something else: a smaller failure is the better one to look at first. Each part
 * and each fault has randomness of its own, so what is left behaves much as before.
 */
#include "sim.h"

struct search {
    struct sim_choice best;
    int runs;
};

static bool try(struct search *h, const struct sim_choice *c)
{
    if (h->runs == 0) {
        return false;
    }
    h->runs--;
    if (!sim_fails(c)) {
        return false;
    }
    h->best = *c;
    return true;
}

/* The smallest value in (low, high] that fails, found as if smaller ones never did when one does not. */
static int64_t least(struct search *h, int64_t *field, struct sim_choice *c, int64_t low, int64_t high)
{
    while (high - low > 1 + high / 50 && h->runs > 0) {
        *field = low + (high - low) / 2;
        if (try(h, c)) {
            high = *field;
        } else {
            low = *field;
        }
    }
    return high;
}

static bool drop_faults(struct search *h)
{
    bool dropped = false;
    for (int i = 0; i < SIM_FAULTS; i++) {
        struct sim_choice c = h->best;
        if (!c.without[i]) {
            c.without[i] = true;
            dropped = try(h, &c) || dropped;
        }
    }
    return dropped;
}

static void shorten(struct search *h)
{
    struct sim_choice c = h->best;
    least(h, &c.chaos_ms, &c, 0, c.chaos_ms);
    c = h->best;
    least(h, &c.ops_max, &c, 0, c.ops_max);
    /* The latest begin: as calm_ms grows, what is left of the chaos shrinks. */
    for (int64_t step = h->best.chaos_ms / 2; step > 20; step /= 2) {
        c = h->best;
        c.calm_ms += step;
        if (c.calm_ms < c.chaos_ms) {
            try(h, &c);
        }
    }
}

struct sim_choice sim_shrink(const struct sim_choice *failing, int64_t failed_after_ms, int runs)
{
    struct search h = {.best = *failing, .runs = runs};
    struct sim_choice c = *failing;
    c.ops_max = c.ops_max > 0 ? c.ops_max : SIM_OPS_MAX;
    c.chaos_ms = c.chaos_ms > 0 ? c.chaos_ms : 40000;
    c.chaos_ms = failed_after_ms + 1 < c.chaos_ms ? failed_after_ms + 1 : c.chaos_ms;
    if (!try(&h, &c)) {
        return h.best;
    }
    while (drop_faults(&h)) {
        shorten(&h);
    }
    shorten(&h);
    return h.best;
}

void sim_choice_print(const struct sim_choice *c)
{
    printf("--seed %llu --trace", (unsigned long long)c->seed);
    if (c->chaos_ms > 0) {
        printf(" --chaos %lld", (long long)c->chaos_ms);
    }
    if (c->calm_ms > 0) {
        printf(" --calm %lld", (long long)c->calm_ms);
    }
    if (c->ops_max > 0) {
        printf(" --ops %lld", (long long)c->ops_max);
    }
    printf(" --only none");
    for (int i = 0; i < SIM_FAULTS; i++) {
        if (!c->without[i]) {
            printf(" --only %s", sim_fault_names[i]);
        }
    }
    putchar('\n');
}
