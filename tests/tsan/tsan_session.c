/*
 * Threads against the session table: calls, closes, opens and stale handles at once. A plain program, since ThreadSanitizer
 * and Criterion exclude each other. Ends with 0 when every status was a legal one and everything was freed.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "calls.h"
#include "session/session_private.h"

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

static _Atomic unsigned received;

static uint64_t first_fetch(const struct caller *c)
{
    struct ccr_slice bytes = caller_envelope(c);
    Ccr__V1__FollowerEffects *m = ccr__v1__follower_effects__unpack(NULL, bytes.len, bytes.data);
    uint64_t id = 0;
    if (m == NULL) {
        atomic_store(&bad, 1);
        return 0;
    }
    for (size_t i = 0; i < m->n_effects && id == 0; i++) {
        id = m->effects[i]->kind == CCR__V1__EFFECT_KIND__EFFECT_FETCH ? m->effects[i]->id : 0;
    }
    atomic_fetch_add(&received, m->received_batch_id != 0);
    ccr__v1__follower_effects__free_unpacked(m, NULL);
    return id;
}

/* From START to a batch held: the leader has much more, so what is asked for next is on credit of the node's budget. */
static void follow(struct caller *c, int64_t handle, const struct frame *f)
{
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    e.kind = CCR__V1__EVENT_KIND__EVENT_START;
    e.now_ms = 1000;
    struct ccr_status s = caller_call(c, handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, ccr_slice_of(NULL, 0));
    expect(s, &c->err);
    if (!ccr_ok(s)) {
        return;
    }
    e.kind = CCR__V1__EVENT_KIND__EVENT_FETCHED;
    e.id = first_fetch(c);
    s = caller_call(c, handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, frame_slice(f));
    expect(s, &c->err);
    if (ccr_ok(s) && (first_fetch(c) == 0 || atomic_load(&rt->budget.taken) == 0)) {
        fputs("a leader that has more is asked for nothing, or not on credit\n", stderr);
        atomic_store(&bad, 1);
    }
    expect(caller_call(c, handle, CCR_METHOD_FOLLOWER_STATUS, NULL, ccr_slice_of(NULL, 0)), &c->err);
}

/* A batch of 20 small operations of a leader at 10 000. */
static struct frame first_batch(void)
{
    Ccr__V1__FollowerConfig config = follower_config();
    struct plain_ops p = plain_new(0);
    plain_log(&p, 20);
    Ccr__V1__BatchHeader m = frame_header(&p);
    m.origin = ccr_wire_origin(config.history_uuid, config.leader_shard);
    m.global_checkpoint = 10000;
    struct frame f = frame_with(&m, plain_slice(&p));
    plain_free(&p);
    return f;
}

/* A session of a digest, a comparison or a judge, and a call into it. */
static void short_life(struct caller *c, unsigned what)
{
    Ccr__V1__DigestOpen digest = CCR__V1__DIGEST_OPEN__INIT;
    Ccr__V1__VerifyConfig verify = CCR__V1__VERIFY_CONFIG__INIT;
    Ccr__V1__VerifyEvent event = CCR__V1__VERIFY_EVENT__INIT;
    Ccr__V1__DiskFacts disk = CCR__V1__DISK_FACTS__INIT;
    const struct {
        enum ccr_session_kind kind;
        const ProtobufCMessage *open;
        enum ccr_method method;
        const ProtobufCMessage *call;
    } lives[] = {{CCR_KIND_DIGEST, &digest.base, CCR_METHOD_DIGEST_SUMS, NULL},
                 {CCR_KIND_VERIFY, &verify.base, CCR_METHOD_VERIFY_EVENT, &event.base},
                 {CCR_KIND_JUDGE, NULL, CCR_METHOD_JUDGE_DISK, &disk.base}};
    int64_t handle;
    digest.width = digest.buckets = 1;
    verify.bytes_max = 1 << 20;
    verify.differences_max = 1;
    verify.bytes_per_second = 1 << 20;
    event.kind = CCR__V1__VERIFY_EVENT_KIND__VERIFY_START;
    what %= 3;
    struct ccr_status s = open_with(rt, lives[what].kind, lives[what].open, &handle, &c->err);
    expect(s, &c->err);
    if (ccr_ok(s)) {
        expect(caller_call(c, handle, lives[what].method, lives[what].call, ccr_slice_of(NULL, 0)), &c->err);
        expect(ccr_session_close(rt, handle), &c->err);
    }
}

/*
 * Followers share the node's budget: each thread has a session of its own, holds credit in it and closes it with the
 * credit still out; in between it calls into what others open and close.
 */
static void *follower_worker(void *arg)
{
    struct caller c = caller_new(rt);
    Ccr__V1__FollowerConfig config = follower_config();
    struct frame f = first_batch();
    for (unsigned i = 0; i < ROUNDS / 8; i++) {
        int64_t handle;
        struct ccr_status s = open_with(rt, CCR_KIND_FOLLOWER, &config.base, &handle, &c.err);
        expect(s, &c.err);
        if (!ccr_ok(s)) {
            continue;
        }
        follow(&c, handle, &f);
        expect(caller_call(&c, atomic_load(&handles[i % SHARED]), CCR_METHOD_ECHO, NULL, ccr_slice_of(NULL, 0)),
               &c.err);
        expect(ccr_session_close(rt, handle), &c.err);
        short_life(&c, i + (unsigned)(uintptr_t)arg);
    }
    frame_free(&f);
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
    if (atomic_load(&rt->budget.taken) != 0) {
        fputs("credit did not come back\n", stderr);
        return 1;
    }
    ccr_runtime_free(rt);
    printf("ok %u, busy %u, closed %u, full %u, batches %u\n", done[0], done[1], done[2], done[3], received);
    return atomic_load(&bad) || done[0] == 0 || received == 0;
}
