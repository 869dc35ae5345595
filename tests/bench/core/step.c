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

struct fetch {
    uint64_t id;
    int64_t from_seq_no;
};

struct machine {
    struct ccr_follower *f;
    struct ccr_effects out;
    struct fetch fetches[PENDING];
    uint64_t applies[PENDING];
    size_t fetches_asked, applies_asked, fetches_done, applies_done, steps;
    int64_t now;
    int64_t lead; /* how far ahead of the follower the leader stays */
    uint32_t ops; /* a batch */
    struct plain_ops document;
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
        const struct ccr_effect *made = &m->out.items[i];
        if (made->kind == CCR_EFFECT_FETCH) {
            m->fetches[m->fetches_asked++ % PENDING] = (struct fetch){made->id, made->request.from_seq_no};
        } else if (made->kind == CCR_EFFECT_APPLY) {
            m->applies[m->applies_asked++ % PENDING] = made->id;
        }
    }
}

static void one_batch(void *ctx)
{
    struct machine *m = ctx;
    const struct fetch asked = m->fetches[m->fetches_done++ % PENDING];
    struct ccr_wire_header h = {.from_seq_no = asked.from_seq_no,
                                .ops = m->ops,
                                .raw_bytes = m->ops * 400,
                                .state.global_checkpoint = asked.from_seq_no + m->ops - 1 + m->lead};
    m->now++;
    step(m, (struct ccr_event){.kind = CCR_EVENT_FETCHED, .id = asked.id, .header = &h});
    while (m->applies_done < m->applies_asked) {
        step(m, (struct ccr_event){.kind = CCR_EVENT_APPLIED, .id = m->applies[m->applies_done++ % PENDING]});
    }
}

/* What every operation costs without the machine: its CRC and a look at its fields. */
static void verify_one(void *ctx)
{
    struct machine *m = ctx;
    struct ccr_ops_digest d;
    if (!ccr_ok(ccr_ops_verify(&d, plain_slice(&m->document), m->document.first_seq_no, NULL))) {
        bench_die("operation", "is not one");
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
    double took[2];
    heap_init(&heap);
    m = (struct machine){.ops = ops, .lead = lead, .document = bench_operations(BENCH_LOG, 1, 1)};
    if (!ccr_ok(ccr_follower_new(&m.f, &heap.alloc, &c, NULL, &err))) {
        bench_die("follower", err.text);
    }
    step(&m, (struct ccr_event){.kind = CCR_EVENT_START});
    size_t before = heap.requests;
    uint32_t calls = (uint32_t)(ROUNDS * o->scale) + 1;
    bench_turns((const bench_work[]){one_batch, verify_one}, 2, &m, calls, took);
    double steps_a_batch = (double)m.steps / ((double)calls * BENCH_TURNS);
    snprintf(name, sizeof name, "%s: a step", what);
    bench_at_most(name, took[0] / steps_a_batch * 1e9, "ns", 100);
    snprintf(name, sizeof name, "%s: all steps for an operation", what);
    bench_put((struct bench_figure){.name = name,
                                    .value = took[0] / ops * 1e9,
                                    .unit = "ns",
                                    .bare = took[1] * 1e9,
                                    .way = BENCH_AT_MOST,
                                    .bound = 100});
    snprintf(name, sizeof name, "%s: allocations", what);
    bench_at_most(name, (double)(heap.requests - before), "", 0);
    ccr_follower_free(m.f);
    plain_free(&m.document);
}

void bench_step(const struct bench_options *o)
{
    bench_section("follower machine; bare: verifying one log line");
    run(o, "live, single documents", 1, 0);
    run(o, "live, 10 a batch", 10, 0);
    run(o, "live, 100 a batch", 100, 0);
    run(o, "backlog, 1000 a batch", 1000, 1000000);
    run(o, "backlog, 10000 a batch", 10000, 10000000);
}
