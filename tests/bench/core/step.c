/*
 * What the follower's machine costs: live batches (answer, apply, next request) and a backlog with several fetches in
 * flight, without network, codec or engine. And that it never allocates.
 */
#include <stdlib.h>

#include "bench.h"
#include "ccr/follower.h"
#include "heap.h"

#define ROUNDS  100000
#define PENDING 64

struct machine {
    struct ccr_follower *f;
    struct ccr_effects out;
    struct ccr_effect fetches[PENDING];
    uint64_t applies[PENDING];
    size_t fetches_asked, applies_asked, fetches_done, applies_done, steps;
    int64_t now;
    int64_t lead; /* how far ahead of the follower the leader stays */
    uint32_t ops; /* a batch */
};

static void step(struct machine *m, struct ccr_event e)
{
    struct ccr_err err;
    e.now_ms = m->now;
    if (!ccr_ok(ccr_follower_step(m->f, &e, &m->out, &err))) {
        bench_die("step", err.text);
    }
    m->steps++;
    for (size_t i = 0; i < m->out.count; i++) {
        if (m->out.items[i].kind == CCR_EFFECT_FETCH) {
            m->fetches[m->fetches_asked++ % PENDING] = m->out.items[i];
        } else if (m->out.items[i].kind == CCR_EFFECT_APPLY) {
            m->applies[m->applies_asked++ % PENDING] = m->out.items[i].id;
        }
    }
}

static void one_batch(void *ctx)
{
    struct machine *m = ctx;
    const struct ccr_effect e = m->fetches[m->fetches_done++ % PENDING];
    struct ccr_wire_header h = {.from_seq_no = e.request.from_seq_no,
                                .ops = m->ops,
                                .raw_bytes = m->ops * 400,
                                .state.global_checkpoint = e.request.from_seq_no + m->ops - 1 + m->lead};
    m->now++;
    step(m, (struct ccr_event){.kind = CCR_EVENT_FETCHED, .id = e.id, .header = &h});
    while (m->applies_done < m->applies_asked) {
        step(m, (struct ccr_event){.kind = CCR_EVENT_APPLIED, .id = m->applies[m->applies_done++ % PENDING]});
    }
}

static void run(const struct bench_options *o, const char *what, uint32_t ops, int64_t lead)
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
    static struct machine m;
    struct heap heap;
    struct ccr_err err;
    char name[96];
    double took;
    heap_init(&heap);
    m = (struct machine){.ops = ops, .lead = lead};
    if (!ccr_ok(ccr_follower_new(&m.f, &heap.alloc, &c, NULL, &err))) {
        bench_die("follower", err.text);
    }
    step(&m, (struct ccr_event){.kind = CCR_EVENT_START});
    size_t before = heap.requests;
    uint32_t calls = (uint32_t)(ROUNDS * o->scale) + 1;
    bench_turns((const bench_work[]){one_batch}, 1, &m, calls, &took);
    double steps_a_batch = (double)m.steps / ((double)calls * BENCH_TURNS);
    snprintf(name, sizeof name, "%s: a step", what);
    bench_at_most(name, took / steps_a_batch * 1e9, "ns", 100);
    snprintf(name, sizeof name, "%s: an operation", what);
    if (ops == 1) {
        bench_row(name, took * 1e9, "ns");
    } else {
        bench_at_most(name, took / ops * 1e9, "ns", 100);
    }
    snprintf(name, sizeof name, "%s: allocations", what);
    bench_at_most(name, (double)(heap.requests - before), "", 0);
    ccr_follower_free(m.f);
}

void bench_step(const struct bench_options *o)
{
    bench_section("follower machine");
    run(o, "live, single documents", 1, 0);
    run(o, "live, 10 a batch", 10, 0);
    run(o, "live, 100 a batch", 100, 0);
    run(o, "backlog, 1000 a batch", 1000, 1000000);
}
