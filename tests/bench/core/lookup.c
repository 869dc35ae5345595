/*
 * Finding an operation by its sequence number in a large translog: the first time, when its generation has to be scanned,
 * and afterwards; and small requests one after another, as a follower that keeps up makes them.
 */
#include <stdlib.h>

#include "bench.h"
#include "ccr/leader.h"

#define COLD 5
#define WARM 2000

#define STRETCH (64u << 10) /* as the core reads */

struct finding {
    struct ccr_dir dir;
    struct ccr_workspace *ws;
    struct ccr_leader *l;
    int64_t last;
    uint8_t *dst;
    size_t cap;
    uint64_t random;
    double read_s;       /* to read STRETCH bytes at a random place of a generation */
    double generation_s; /* to read a whole generation */
};

static int64_t somewhere(struct finding *t)
{
    t->random = t->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (int64_t)((t->random >> 20) % (uint64_t)t->last);
}

static uint32_t read_at(struct finding *t, int64_t from, uint32_t ops)
{
    struct ccr_leader_state state = {.global_checkpoint = t->last, .max_seq_no_of_updates = t->last};
    struct ccr_read_request r = {.version = 1,
                                 .from_seq_no = from,
                                 .last_seq_no = -1,
                                 .max_bytes = 1u << 20,
                                 .max_ops = ops,
                                 .codec = CCR_CODEC_NONE};
    struct ccr_wire_header h;
    struct ccr_err err;
    size_t len;
    if (!ccr_ok(ccr_leader_read(t->l, t->ws, &r, &state, t->dst, t->cap, &len, &h, &err))) {
        bench_die("read", err.text);
    }
    return h.ops;
}

static void begin(struct finding *t)
{
    struct ccr_err err;
    if (!ccr_ok(ccr_leader_new(&t->l, ccr_alloc_system(), &t->dir, "h", "index/0", &err))) {
        bench_die("leader", err.text);
    }
}

/* The first generation, a whole one, read with the system's calls alone: in order, then anywhere. */
static void bare_reads(struct finding *t)
{
    static uint8_t stretch[STRETCH];
    const char *name = "translog-1.tlog";
    struct ccr_err err;
    uint64_t size = 0;
    size_t got;
    int file;
    if (!ccr_ok(t->dir.open(t->dir.ctx, name, &file, &err)) || !ccr_ok(t->dir.size(t->dir.ctx, file, &size, &err))) {
        bench_die(name, err.text);
    }
    for (int turn = 0; turn < 2; turn++) { /* the first one brings it into memory */
        double start = bench_now_s();
        for (uint64_t at = 0; at < size; at += STRETCH) {
            if (!ccr_ok(t->dir.read(t->dir.ctx, file, stretch, STRETCH, at, &got, &err))) {
                bench_die(name, err.text);
            }
        }
        t->generation_s = bench_now_s() - start;
    }
    double start = bench_now_s();
    for (int i = 0; i < WARM; i++) {
        uint64_t at = (uint64_t)somewhere(t) % (size - STRETCH);
        if (!ccr_ok(t->dir.read(t->dir.ctx, file, stretch, STRETCH, at, &got, &err))) {
            bench_die(name, err.text);
        }
    }
    t->read_s = (bench_now_s() - start) / WARM;
    t->dir.close(t->dir.ctx, file);
}

static void cold(struct finding *t)
{
    double worst = 0, sum = 0;
    for (int i = 0; i < COLD; i++) {
        begin(t);
        double start = bench_now_s();
        (void)read_at(t, somewhere(t), 1);
        double took = bench_now_s() - start;
        sum += took;
        worst = took > worst ? took : worst;
        ccr_leader_free(t->l);
    }
    bench_against("first request at any place, mean", sum / COLD * 1e3, "ms", t->generation_s * 1e3);
    bench_against("first request at any place, worst", worst * 1e3, "ms", t->generation_s * 1e3);
}

static void warm(struct finding *t)
{
    struct ccr_leader_counts before, after;
    begin(t);
    for (int i = 0; i < WARM; i++) {
        (void)read_at(t, somewhere(t), 1);
    }
    ccr_leader_counts(t->l, &before);
    double start = bench_now_s();
    for (int i = 0; i < WARM; i++) {
        (void)read_at(t, somewhere(t), 1);
    }
    double took = bench_now_s() - start;
    ccr_leader_counts(t->l, &after);
    bench_against("any place, once every generation is known", took / WARM * 1e6, "us", t->read_s * 1e6);
    bench_row("bytes looked at for it", (double)(after.scanned_bytes - before.scanned_bytes) / WARM, "B");
    bench_row("memory of this leader shard", (double)ccr_leader_memory(t->l) / 1024, "KB");
    ccr_leader_free(t->l);
}

static void following(struct finding *t, uint32_t ops)
{
    char name[96];
    uint32_t requests = 0;
    begin(t);
    int64_t from = t->last - 20000;
    from += read_at(t, from, ops);
    double start = bench_now_s();
    for (; from <= t->last; requests++) {
        from += read_at(t, from, ops);
    }
    snprintf(name, sizeof name, "the next %u operations, one request after another", ops);
    bench_against(name, (bench_now_s() - start) / requests * 1e6, "us", t->read_s * 1e6);
    ccr_leader_free(t->l);
}

void bench_lookup(const struct bench_options *o)
{
    struct finding t = {.random = 7};
    struct ccr_err err;
    static char title[96]; /* lives as long as the rows */
    snprintf(title, sizeof title, "lookup in a translog of %u MB; bare: read all of a generation, read 64 KB of it",
             o->megabytes);
    bench_section(title);
    t.last = bench_write_translog(o->folder, (size_t)o->megabytes << 20, BENCH_LOG_SOURCE, false);
    t.cap = ccr_wire_bound(2u << 20);
    t.dst = malloc(t.cap);
    if (!ccr_ok(ccr_dir_open(&t.dir, ccr_alloc_system(), o->folder, &err)) ||
        !ccr_ok(ccr_workspace_new(&t.ws, ccr_alloc_system()))) {
        bench_die(o->folder, err.text);
    }
    bare_reads(&t);
    cold(&t);
    warm(&t);
    following(&t, 1);
    following(&t, 100);
    ccr_workspace_free(t.ws);
    ccr_dir_close(&t.dir);
    free(t.dst);
}
