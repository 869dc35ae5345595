/*
 * What a step of the follower machine costs: a loop of live batches (answer, apply, next request) and of a backlog with
 * several fetches in flight, without network, codec or engine.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <time.h>

#include "ccr/follower.h"

#define ROUNDS  300000
#define PENDING 64

static struct ccr_effects out;
static struct ccr_effect fetches[PENDING];
static uint64_t applies[PENDING];
static size_t fetch_count, apply_count, steps;

static void step(struct ccr_follower *f, struct ccr_event e)
{
    struct ccr_err err;
    struct ccr_status s = ccr_follower_step(f, &e, &out, &err);
    if (!ccr_ok(s)) {
        printf("step: %s\n", err.text);
    }
    steps++;
    for (size_t i = 0; i < out.count; i++) {
        if (out.items[i].kind == CCR_EFFECT_FETCH) {
            fetches[fetch_count++ % PENDING] = out.items[i];
        } else if (out.items[i].kind == CCR_EFFECT_APPLY) {
            applies[apply_count++ % PENDING] = out.items[i].id;
        }
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ops operations a batch; lead: how far ahead of the follower the leader stays */
static void run(const char *name, uint32_t ops, int64_t lead)
{
    struct ccr_follower_config c = {.fetches_max = 4,
                                    .applies_max = 2,
                                    .batch_bytes_max = 4u << 20,
                                    .batch_ops_max = ops < 16 ? 16 : ops,
                                    .poll_bytes = 256u << 10,
                                    .poll_timeout_ms = 60000,
                                    .backoff_min_ms = 50,
                                    .backoff_max_ms = 10000,
                                    .lease_interval_ms = 30000};
    struct ccr_follower *f;
    struct ccr_budget budget;
    ccr_budget_init(&budget, UINT64_MAX);
    if (!ccr_ok(ccr_follower_new(&f, ccr_alloc_system(), &c, &budget, NULL))) {
        return;
    }
    fetch_count = apply_count = steps = 0;
    size_t fetched = 0;
    size_t applied = 0;
    int64_t operations = 0;
    double begin = seconds();
    step(f, (struct ccr_event){.kind = CCR_EVENT_START});
    for (int64_t now = 1; now < ROUNDS; now++) {
        const struct ccr_effect e = fetches[fetched++ % PENDING];
        struct ccr_wire_header h = {.from_seq_no = e.request.from_seq_no,
                                    .ops = ops,
                                    .raw_bytes = ops * 400,
                                    .state.global_checkpoint = e.request.from_seq_no + ops - 1 + lead};
        step(f, (struct ccr_event){.kind = CCR_EVENT_FETCHED, .now_ms = now, .id = e.id, .header = &h});
        operations += ops;
        while (applied < apply_count) {
            step(f, (struct ccr_event){.kind = CCR_EVENT_APPLIED, .now_ms = now, .id = applies[applied++ % PENDING]});
        }
    }
    double took = seconds() - begin;
    printf("%-28s %9zu steps, %6.0f ns a step, %8.2f ns an operation\n", name, steps, took * 1e9 / (double)steps,
           took * 1e9 / (double)operations);
    ccr_follower_free(f);
}

int main(void)
{
    printf("machine of one shard: %u bytes of effects a step at most\n", (unsigned)sizeof(out));
    run("live, single documents", 1, 0);
    run("live, 100 a batch", 100, 0);
    run("backlog, 1000 a batch", 1000, 1000000);
    return 0;
}
