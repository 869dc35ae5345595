/*
 * Threads that call the same leader and follower sessions while others close them and open new ones in their place: a
 * close during a call leaves the object to the call's end. A plain program, as ThreadSanitizer and Criterion exclude each
 * other. Ends with 0 when every status was a legal one, every kind of race happened and all memory came back.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "calls.h"

#define CALLERS 4
#define CLOSERS 2
#define ROUNDS  3000
#define SHARED  4  /* two leaders, two followers */
#define FIRST   20 /* where golden/tlog-3.6.0/first-term begins */
#define LAPS    50 /* until every kind of race has happened: on a busy machine threads may run one after the other */

static struct ccr_runtime *rt;
static _Atomic int64_t handles[SHARED];
static _Atomic int64_t live;
static _Atomic int bad;
static _Atomic unsigned done[4];

/* ---- memory, counted */

static void *counted_resize(void *ctx, void *ptr, size_t size)
{
    (void)ctx;
    atomic_fetch_add(&live, ptr == NULL);
    return realloc(ptr, size);
}

static void *counted_alloc(void *ctx, size_t size)
{
    return counted_resize(ctx, NULL, size);
}

static void counted_release(void *ctx, void *ptr)
{
    (void)ctx;
    atomic_fetch_sub(&live, ptr != NULL);
    free(ptr);
}

static const struct ccr_alloc COUNTED = {counted_alloc, counted_resize, counted_release, NULL};

/* ---- calls */

static void expect(struct ccr_status s, const struct ccr_err *err)
{
    bool legal = ccr_ok(s) || ccr_is(s, CCR_BUSY) || ccr_is(s, CCR_CLOSED) || ccr_is(s, CCR_LIMIT);
    atomic_fetch_add(&done[ccr_ok(s) ? 0 : ccr_is(s, CCR_BUSY) ? 1 : ccr_is(s, CCR_CLOSED) ? 2 : 3], 1);
    if (!legal) {
        fprintf(stderr, "%s: %s\n", ccr_status_name(s), err->text);
        atomic_store(&bad, 1);
    }
}

static struct ccr_status open_one(struct caller *c, int at, int64_t *handle)
{
    if (at >= SHARED / 2) {
        Ccr__V1__FollowerConfig config = follower_config();
        return open_with(rt, CCR_KIND_FOLLOWER, &config.base, handle, &c->err);
    }
    char path[] = CCR_TESTS_DIR "/golden/tlog-3.6.0/first-term";
    char history[] = "history";
    Ccr__V1__LeaderOpen m = CCR__V1__LEADER_OPEN__INIT;
    m.translog_path = path;
    m.history_uuid = history;
    return open_with(rt, CCR_KIND_LEADER, &m.base, handle, &c->err);
}

static void read_leader(struct caller *c, int64_t handle, unsigned what)
{
    Ccr__V1__ReadRequest request = CCR__V1__READ_REQUEST__INIT;
    Ccr__V1__LeaderState state = CCR__V1__LEADER_STATE__INIT;
    Ccr__V1__LeaderRead read = CCR__V1__LEADER_READ__INIT;
    request.version = 1;
    request.from_seq_no = FIRST + what % 20;
    request.last_seq_no = -1;
    request.max_bytes = 2000;
    request.max_ops = 100;
    request.codec = what & 1 ? CCR__V1__CODEC__CODEC_ZSTD : CCR__V1__CODEC__CODEC_LZ4;
    request.level = 1;
    state.global_checkpoint = state.max_seq_no_of_updates = FIRST + 40;
    read.request = &request;
    read.state = &state;
    expect(what % 5 == 0 ? caller_call(c, handle, CCR_METHOD_LEADER_STATS, NULL, ccr_slice_of(NULL, 0))
                         : caller_call(c, handle, CCR_METHOD_LEADER_READ, &read.base, ccr_slice_of(NULL, 0)),
           &c->err);
}

static void step_follower(struct caller *c, int64_t handle, unsigned what, int64_t now_ms)
{
    static const Ccr__V1__EventKind kinds[] = {CCR__V1__EVENT_KIND__EVENT_TICK, CCR__V1__EVENT_KIND__EVENT_FETCH_FAILED,
                                               CCR__V1__EVENT_KIND__EVENT_LEASE_RENEWED,
                                               CCR__V1__EVENT_KIND__EVENT_METADATA_FAILED};
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    e.kind = kinds[what & 3];
    e.id = what >> 2 & 7;
    e.error = CCR__V1__ERROR_CLASS__ERROR_TRANSIENT;
    e.now_ms = now_ms;
    expect(what % 5 == 0 ? caller_call(c, handle, CCR_METHOD_FOLLOWER_STATUS, NULL, ccr_slice_of(NULL, 0))
                         : caller_call(c, handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, ccr_slice_of(NULL, 0)),
           &c->err);
}

static void *call_all(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg * 2654435761u;
    struct caller c = caller_new(rt);
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1664525u + 1013904223u;
        int at = (int)(seed >> 24 & (SHARED - 1));
        if (at >= SHARED / 2) {
            step_follower(&c, atomic_load(&handles[at]), seed >> 8, 1000 + i);
        } else {
            read_leader(&c, atomic_load(&handles[at]), seed >> 8);
        }
    }
    caller_free(&c);
    return NULL;
}

/* Closes, often while a call runs, and puts another session there; closing twice is told. */
static void *close_all(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg * 2246822519u;
    struct caller c = caller_new(rt);
    for (int i = 0; i < ROUNDS / 4; i++) {
        seed = seed * 1664525u + 1013904223u;
        int at = (int)(seed >> 24 & (SHARED - 1));
        int64_t handle = atomic_load(&handles[at]);
        int64_t fresh;
        expect(ccr_session_close(rt, handle), &c.err);
        struct ccr_status s = open_one(&c, at, &fresh);
        expect(s, &c.err);
        if (!ccr_ok(s)) {
            continue; /* closed ones whose calls still run take their slots */
        }
        if (at >= SHARED / 2) {
            Ccr__V1__FollowerEvent start = CCR__V1__FOLLOWER_EVENT__INIT;
            start.kind = CCR__V1__EVENT_KIND__EVENT_START;
            start.now_ms = 1000;
            expect(caller_call(&c, fresh, CCR_METHOD_FOLLOWER_EVENT, &start.base, ccr_slice_of(NULL, 0)), &c.err);
        }
        expect(ccr_session_close(rt, atomic_exchange(&handles[at], fresh)), &c.err);
    }
    caller_free(&c);
    return NULL;
}

static bool race(void)
{
    pthread_t threads[CALLERS + CLOSERS];
    for (uintptr_t i = 0; i < CALLERS + CLOSERS; i++) {
        if (pthread_create(&threads[i], NULL, i < CALLERS ? call_all : close_all, (void *)(i + 1)) != 0) {
            return false;
        }
    }
    for (int i = 0; i < CALLERS + CLOSERS; i++) {
        pthread_join(threads[i], NULL);
    }
    return true;
}

int main(void)
{
    struct caller c;
    if (!ccr_ok(runtime_of(&rt, &COUNTED, SHARED + CLOSERS, 2))) {
        return 1;
    }
    c = caller_new(rt);
    for (int i = 0; i < SHARED; i++) {
        int64_t handle = 0;
        expect(open_one(&c, i, &handle), &c.err);
        atomic_store(&handles[i], handle);
    }
    caller_free(&c);
    for (int lap = 0; lap < LAPS && (done[0] == 0 || done[1] == 0 || done[2] == 0); lap++) {
        if (!race()) {
            return 1;
        }
    }
    ccr_runtime_free(rt);
    printf("ok %u, busy %u, closed %u, full %u; %lld pieces of memory are left\n", done[0], done[1], done[2], done[3],
           (long long)live);
    return atomic_load(&bad) || done[0] == 0 || done[1] == 0 || done[2] == 0 || live != 0;
}
