/*
 * Through the sessions, as Java calls them: bytes that an idle shard holds on either side, allocations per call once the
 * first calls are over.
 */
#include <stdlib.h>

#include "bench.h"
#include "calls.h"
#include "heap.h"

#define SHARDS 200
#define CALLS  1000
#define FIRST  20 /* where the golden translog begins */

static const struct ccr_slice NONE = {NULL, 0};

static struct ccr_slice follower_event(struct caller *c, int64_t handle, Ccr__V1__FollowerEvent *e,
                                       struct ccr_slice payload)
{
    if (!ccr_ok(caller_call(c, handle, CCR_METHOD_FOLLOWER_EVENT, &e->base, payload))) {
        bench_die("follower event", c->err.text);
    }
    return caller_envelope(c);
}

/* What to do with the first effect of this kind; 0 when there is none. */
static uint64_t effect_id(struct ccr_slice answer, Ccr__V1__EffectKind kind)
{
    uint64_t id = 0;
    Ccr__V1__FollowerEffects *m = ccr__v1__follower_effects__unpack(NULL, answer.len, answer.data);
    for (size_t i = 0; i < m->n_effects && id == 0; i++) {
        id = m->effects[i]->kind == kind ? m->effects[i]->id : 0;
    }
    ccr__v1__follower_effects__free_unpacked(m, NULL);
    return id;
}

/* One live batch into a shard: answer, apply. The batch is self-contained, as from a leader that knows no prefix. */
static uint64_t feed(struct caller *c, struct ccr_workspace *ws, int64_t handle, uint64_t fetch, int64_t *next)
{
    struct plain_ops p = plain_new(*next);
    plain_log(&p, 20);
    *next = p.next_seq_no;
    struct frame f = frame_of(ws, &p, CCR_CODEC_ZSTD, NONE);
    Ccr__V1__FollowerEvent fetched = CCR__V1__FOLLOWER_EVENT__INIT;
    fetched.kind = CCR__V1__EVENT_KIND__EVENT_FETCHED;
    fetched.id = fetch;
    fetched.now_ms = *next;
    struct ccr_slice answer = follower_event(c, handle, &fetched, frame_slice(&f));
    uint64_t after = effect_id(answer, CCR__V1__EFFECT_KIND__EFFECT_FETCH);
    Ccr__V1__FollowerEvent applied = CCR__V1__FOLLOWER_EVENT__INIT;
    applied.kind = CCR__V1__EVENT_KIND__EVENT_APPLIED;
    applied.id = effect_id(answer, CCR__V1__EFFECT_KIND__EFFECT_APPLY);
    applied.checkpoint = *next - 1;
    applied.now_ms = *next;
    answer = follower_event(c, handle, &applied, NONE);
    frame_free(&f);
    plain_free(&p);
    return after != 0 ? after : effect_id(answer, CCR__V1__EFFECT_KIND__EFFECT_FETCH);
}

static void followers(void)
{
    struct heap heap;
    struct ccr_runtime *rt;
    struct ccr_workspace *ws;
    static uint64_t fetch[SHARDS];
    static int64_t handle[SHARDS], next[SHARDS];
    heap_init(&heap);
    if (!ccr_ok(runtime_of(&rt, &heap.alloc, SHARDS + 8, 1)) || !ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        bench_die("runtime", "not made");
    }
    struct caller c = caller_new(rt);
    size_t empty = heap.live_bytes;
    for (size_t i = 0; i < SHARDS; i++) {
        Ccr__V1__FollowerConfig config = follower_config();
        Ccr__V1__FollowerEvent start = CCR__V1__FOLLOWER_EVENT__INIT;
        start.kind = CCR__V1__EVENT_KIND__EVENT_START;
        start.mapping_version = start.settings_version = start.aliases_version = 1;
        if (!ccr_ok(open_with(rt, CCR_KIND_FOLLOWER, &config.base, &handle[i], &c.err))) {
            bench_die("open", c.err.text);
        }
        fetch[i] = effect_id(follower_event(&c, handle[i], &start, NONE), CCR__V1__EFFECT_KIND__EFFECT_FETCH);
        for (int k = 0; k < 5; k++) {
            fetch[i] = feed(&c, ws, handle[i], fetch[i], &next[i]);
        }
    }
    bench_at_most("idle shard on the follower", (double)(heap.live_bytes - empty) / SHARDS / 1024, "KB", 32);
    size_t before = heap.requests;
    for (int k = 0; k < CALLS; k++) {
        fetch[0] = feed(&c, ws, handle[0], fetch[0], &next[0]);
    }
    bench_at_most("allocations of the core a live batch, follower", (double)(heap.requests - before) / CALLS, "", 0);
    caller_free(&c);
    ccr_workspace_free(ws);
    ccr_runtime_free(rt);
}

static void leaders(void)
{
    struct heap heap;
    struct ccr_runtime *rt;
    int64_t handle = 0;
    char path[] = CCR_TESTS_DIR "/golden/tlog-3.6.0/first-term", history[] = "history";
    heap_init(&heap);
    if (!ccr_ok(runtime_of(&rt, &heap.alloc, SHARDS + 8, 1))) {
        bench_die("runtime", "not made");
    }
    struct caller c = caller_new(rt);
    Ccr__V1__LeaderOpen open = CCR__V1__LEADER_OPEN__INIT;
    open.translog_path = path;
    open.history_uuid = history;
    Ccr__V1__ReadRequest request = CCR__V1__READ_REQUEST__INIT;
    Ccr__V1__LeaderState state = CCR__V1__LEADER_STATE__INIT;
    Ccr__V1__LeaderRead read = CCR__V1__LEADER_READ__INIT;
    request.version = 1;
    request.from_seq_no = FIRST;
    request.last_seq_no = -1;
    request.max_bytes = 64u << 10;
    request.max_ops = 10;
    request.codec = CCR__V1__CODEC__CODEC_ZSTD;
    request.level = 1;
    state.global_checkpoint = state.max_seq_no_of_updates = 60;
    read.request = &request;
    read.state = &state;
    size_t used = 0;
    for (size_t i = 0; i < SHARDS; i++) {
        size_t before = heap.live_bytes;
        if (!ccr_ok(open_with(rt, CCR_KIND_LEADER, &open.base, &handle, &c.err)) ||
            !ccr_ok(caller_call(&c, handle, CCR_METHOD_LEADER_READ, &read.base, NONE))) {
            bench_die("leader", c.err.text);
        }
        request.from_seq_no = 61; /* a long poll that ends empty: now the shard is idle */
        if (!ccr_ok(caller_call(&c, handle, CCR_METHOD_LEADER_READ, &read.base, NONE))) {
            bench_die("empty read", c.err.text);
        }
        request.from_seq_no = FIRST;
        used += i == 0 ? 0 : heap.live_bytes - before; /* the first one makes the shared workspace */
    }
    bench_at_most("idle shard on the leader", (double)used / (SHARDS - 1) / 1024, "KB", 32);
    size_t before = 0;
    for (int k = 0; k <= CALLS; k++) {
        before = k == 1 ? heap.requests : before; /* the first one wakes the shard */
        if (!ccr_ok(caller_call(&c, handle, CCR_METHOD_LEADER_READ, &read.base, NONE))) {
            bench_die("read", c.err.text);
        }
    }
    bench_at_most("allocations of the core a read, leader", (double)(heap.requests - before) / CALLS, "", 0);
    caller_free(&c);
    ccr_runtime_free(rt);
}

void bench_memory(const struct bench_options *o)
{
    (void)o;
    bench_section("memory");
    followers();
    leaders();
}
