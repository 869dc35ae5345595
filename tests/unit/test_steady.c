/*
 * What a document costs in allocations once both sides run: none, from the leader's growing file through its session, the
 * frame and the follower's session to the applied checkpoint, with the prefix that both sides keep. What is counted is all
 * that the core asks of its allocator, zstd's and LZ4's contexts included; protobuf-c's messages live on the stack.
 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"
#include "forge.h"
#include "heap.h"

#define WARM   60
#define ROUNDS 240

static const struct ccr_slice NONE = {NULL, 0};

struct path {
    struct forge f; /* the leader's translog, written to `folder` after every round */
    char folder[64];
    struct ccr_runtime *rt;
    struct caller c;
    int64_t leader, follower;
    int64_t next;                      /* first seq_no that is not written yet */
    Ccr__V1__FollowerEffects *effects; /* of the last event, with the pending fetch */
    uint8_t frame[CALL_ROOM];
};

static void take_effects(struct path *p)
{
    struct ccr_slice bytes = caller_envelope(&p->c);
    if (p->effects != NULL) {
        ccr__v1__follower_effects__free_unpacked(p->effects, NULL);
    }
    p->effects = ccr__v1__follower_effects__unpack(NULL, bytes.len, bytes.data);
    cr_assert_not_null(p->effects);
    cr_assert_str_eq(p->effects->refused, "");
}

static Ccr__V1__FollowerEffect *effect_of(const struct path *p, Ccr__V1__EffectKind kind)
{
    for (size_t i = 0; i < p->effects->n_effects; i++) {
        if (p->effects->effects[i]->kind == kind) {
            return p->effects->effects[i];
        }
    }
    return NULL;
}

static void event(struct path *p, Ccr__V1__FollowerEvent e, struct ccr_slice payload)
{
    e.now_ms = p->next;
    struct ccr_status s = caller_call(&p->c, p->follower, CCR_METHOD_FOLLOWER_EVENT, &e.base, payload);
    cr_assert(ccr_ok(s), "%s: %s", ccr_status_name(s), p->c.err.text);
    take_effects(p);
}

static struct path *path_new(struct heap *heap, Ccr__V1__Codec codec)
{
    static struct path p;
    Ccr__V1__LeaderOpen leader = CCR__V1__LEADER_OPEN__INIT;
    Ccr__V1__FollowerConfig follower = follower_config();
    Ccr__V1__FollowerEvent start = CCR__V1__FOLLOWER_EVENT__INIT;
    memset(&p, 0, sizeof p);
    snprintf(p.folder, sizeof p.folder, "/tmp/ccr-steady-XXXXXX");
    cr_assert_not_null(mkdtemp(p.folder));
    forge_init(&p.f, 1);
    cr_assert_eq(forge_save(&p.f, p.folder), 0);
    assert_ok(runtime_of(&p.rt, &heap->alloc, 4, 1));
    p.c = caller_new(p.rt);
    leader.translog_path = p.folder;
    leader.history_uuid = follower.history_uuid;
    leader.shard = follower.leader_shard;
    follower.codec = codec;
    assert_ok(open_with(p.rt, CCR_KIND_LEADER, &leader.base, &p.leader, &p.c.err));
    assert_ok(open_with(p.rt, CCR_KIND_FOLLOWER, &follower.base, &p.follower, &p.c.err));
    start.kind = CCR__V1__EVENT_KIND__EVENT_START;
    start.mapping_version = start.settings_version = start.aliases_version = 1;
    event(&p, start, NONE);
    return &p;
}

static void path_free(struct path *p)
{
    char name[128];
    ccr__v1__follower_effects__free_unpacked(p->effects, NULL);
    caller_free(&p->c);
    ccr_runtime_free(p->rt);
    forge_fini(&p->f);
    snprintf(name, sizeof name, "%s/translog-1.tlog", p->folder);
    cr_assert_eq(unlink(name), 0);
    snprintf(name, sizeof name, "%s/translog.ckp", p->folder);
    cr_assert_eq(unlink(name), 0);
    cr_assert_eq(rmdir(p->folder), 0);
}

/* The leader writes `ops` operations, the follower's pending fetch gets them, and its engine takes them. */
static void round_of(struct path *p, int64_t ops)
{
    forge_fill(&p->f, p->next, p->next + ops - 1, 300);
    forge_sync(&p->f);
    cr_assert_eq(forge_save(&p->f, p->folder), 0);
    p->next += ops;

    Ccr__V1__FollowerEffect *fetch = effect_of(p, CCR__V1__EFFECT_KIND__EFFECT_FETCH);
    cr_assert_not_null(fetch);
    Ccr__V1__LeaderRead read = CCR__V1__LEADER_READ__INIT;
    Ccr__V1__LeaderState state = CCR__V1__LEADER_STATE__INIT;
    state.global_checkpoint = state.max_seq_no_of_updates = p->next - 1;
    state.mapping_version = state.settings_version = state.aliases_version = 1;
    read.request = fetch->request;
    read.state = &state;
    struct ccr_status s = caller_call(&p->c, p->leader, CCR_METHOD_LEADER_READ, &read.base, NONE);
    cr_assert(ccr_ok(s), "%s: %s", ccr_status_name(s), p->c.err.text);
    struct ccr_slice frame = caller_payload(&p->c);
    memcpy(p->frame, frame.data, frame.len);

    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    e.kind = CCR__V1__EVENT_KIND__EVENT_FETCHED;
    e.id = fetch->id;
    event(p, e, ccr_slice_of(p->frame, frame.len));
    Ccr__V1__FollowerEffect *apply = effect_of(p, CCR__V1__EFFECT_KIND__EFFECT_APPLY);
    cr_assert(apply != NULL && apply->last_seq_no == p->next - 1);
    e.kind = CCR__V1__EVENT_KIND__EVENT_APPLIED;
    e.id = apply->id;
    e.checkpoint = p->next - 1;
    cr_assert_null(effect_of(p, CCR__V1__EFFECT_KIND__EFFECT_FETCH), "small batches are paced");
    event(p, e, NONE);
}

static uint64_t prefix_hits(struct path *p)
{
    assert_ok(caller_call(&p->c, p->leader, CCR_METHOD_LEADER_STATS, NULL, NONE));
    struct ccr_slice bytes = caller_envelope(&p->c);
    Ccr__V1__LeaderStats *m = ccr__v1__leader_stats__unpack(NULL, bytes.len, bytes.data);
    uint64_t hits = m->prefix_hits;
    ccr__v1__leader_stats__free_unpacked(m, NULL);
    return hits;
}

static void travels(struct heap *heap, Ccr__V1__Codec codec)
{
    static const int64_t ops[] = {1, 40, 2, 1, 7};
    struct path *p = path_new(heap, codec);
    size_t before = 0;
    round_of(p, 50); /* zstd makes its context just as large as the longest batch so far wants it */
    for (size_t i = 0; i < WARM + ROUNDS; i++) {
        before = i == WARM ? heap->requests : before;
        round_of(p, ops[i % (sizeof ops / sizeof *ops)]);
    }
    cr_assert_eq(heap->requests, before, "%zu allocations in %d rounds", heap->requests - before, ROUNDS);
    cr_assert_gt(prefix_hits(p), ROUNDS * 3 / 4);
    /* The counter sees the path: a batch longer than any before it needs longer buffers. */
    round_of(p, 95);
    cr_assert_gt(heap->requests, before);
    path_free(p);
}

CCR_TEST(steady, aDocumentPackedByZstdAllocatesNothing)
{
    travels(heap, CCR__V1__CODEC__CODEC_ZSTD);
}

CCR_TEST(steady, aDocumentPackedByLz4AllocatesNothing)
{
    travels(heap, CCR__V1__CODEC__CODEC_LZ4);
}
