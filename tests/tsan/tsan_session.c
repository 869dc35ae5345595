/*
 * Threads against the session table: calls, closes, opens and stale handles at once. A plain program, since ThreadSanitizer
 * and Criterion exclude each other. Ends with 0 when every status was a legal one and everything was freed.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "calls.h"

#define THREADS 6
#define ROUNDS  400
#define SHARED  4

static struct ccr_runtime *rt;
static _Atomic int64_t handles[SHARED];
static _Atomic int bad;
static _Atomic unsigned done[8];

static void expect(struct ccr_status s, const struct ccr_err *err)
{
    if (ccr_ok(s)) {
        atomic_fetch_add(&done[0], 1);
    } else if (ccr_is(s, CCR_BUSY)) {
        atomic_fetch_add(&done[1], 1);
    } else if (ccr_is(s, CCR_CLOSED)) {
        atomic_fetch_add(&done[2], 1);
    } else if (ccr_is(s, CCR_LIMIT)) {
        atomic_fetch_add(&done[3], 1);
    } else {
        fprintf(stderr, "%s: %s\n", ccr_status_name(s), err->text);
        atomic_store(&bad, 1);
    }
}

static void use(struct caller *c, int64_t handle, unsigned what, const struct plain_ops *p)
{
    Ccr__V1__ChunkPack chunk = CCR__V1__CHUNK_PACK__INIT;
    Ccr__V1__BatchPack batch = CCR__V1__BATCH_PACK__INIT;
    chunk.codec = batch.codec = what & 1 ? CCR__V1__CODEC__CODEC_ZSTD : CCR__V1__CODEC__CODEC_LZ4;
    chunk.level = batch.level = 1;
    struct ccr_slice bytes = plain_slice(p);
    if (what % 3 == 0) {
        expect(caller_call(c, handle, CCR_METHOD_PACK_CHUNK, &chunk.base, bytes), &c->err);
    } else if (what % 3 == 1) {
        expect(caller_call(c, handle, CCR_METHOD_PACK_BATCH, &batch.base, bytes), &c->err);
    } else {
        expect(caller_call(c, handle, CCR_METHOD_ECHO, NULL, bytes), &c->err);
    }
}

static void *worker(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg * 2654435761u;
    struct caller c = caller_new(rt);
    struct plain_ops p = plain_new(0);
    plain_log(&p, 20);
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned at = seed >> 24 & (SHARED - 1);
        int64_t handle = atomic_load(&handles[at]);
        if ((seed >> 16) % 8 == 0) {
            struct ccr_err err = {0};
            int64_t fresh;
            expect(ccr_session_close(rt, handle), &err);
            struct ccr_status s = open_with(rt, CCR_KIND_CODEC, NULL, &fresh, &err);
            expect(s, &err);
            if (ccr_ok(s)) {
                int64_t old = atomic_exchange(&handles[at], fresh);
                expect(ccr_session_close(rt, old), &err);
            }
        } else {
            use(&c, handle, seed >> 12, &p);
        }
    }
    plain_free(&p);
    caller_free(&c);
    return NULL;
}

/* Followers share the budget: each thread has its own session, and looks at those of others. */
static void *follower_worker(void *arg)
{
    (void)arg;
    struct caller c = caller_new(rt);
    Ccr__V1__FollowerConfig config = follower_config();
    for (int i = 0; i < ROUNDS / 8; i++) {
        int64_t handle;
        struct ccr_status s = open_with(rt, CCR_KIND_FOLLOWER, &config.base, &handle, &c.err);
        expect(s, &c.err);
        if (!ccr_ok(s)) {
            continue;
        }
        Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
        e.kind = CCR__V1__EVENT_KIND__EVENT_START;
        e.now_ms = 1000;
        expect(caller_call(&c, handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, ccr_slice_of(NULL, 0)), &c.err);
        expect(caller_call(&c, handle, CCR_METHOD_FOLLOWER_STATUS, NULL, ccr_slice_of(NULL, 0)), &c.err);
        expect(caller_call(&c, atomic_load(&handles[i % SHARED]), CCR_METHOD_ECHO, NULL, ccr_slice_of(NULL, 0)),
               &c.err);
        expect(ccr_session_close(rt, handle), &c.err);
    }
    caller_free(&c);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    if (!ccr_ok(runtime_of(&rt, ccr_alloc_system(), SHARED + 4, 2))) {
        return 1;
    }
    for (int i = 0; i < SHARED; i++) {
        int64_t handle;
        expect(open_with(rt, CCR_KIND_CODEC, NULL, &handle, NULL), NULL);
        atomic_store(&handles[i], handle);
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, i < 4 ? worker : follower_worker, (void *)(i + 1)) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ccr_runtime_free(rt);
    printf("ok %u, busy %u, closed %u, full %u\n", done[0], done[1], done[2], done[3]);
    return atomic_load(&bad) || done[0] == 0;
}
