/*
 * One story through the one door, from the leader's files to the follower's engine and back for every other kind of
 * session, with every allocation failing once. Whatever fails: the status says so, every handle can still be closed, the
 * same call then succeeds, and at the end nothing lives.
 */
#include "calls.h"
#include "heap.h"

#define FIRST 20 /* golden/tlog-3.6.0/first-term begins with this seq_no */

static const struct ccr_slice NONE = {NULL, 0};

struct story {
    struct heap *heap;
    struct ccr_runtime *rt;
    struct caller c;
    int64_t leader, follower, codec, digest, verify;
    uint8_t frame[64 << 10];
    size_t frame_len;
    size_t refused; /* calls that said NOMEM */
};

static struct story *story_new(struct heap *heap)
{
    static struct story s;
    memset(&s, 0, sizeof s);
    s.heap = heap;
    return &s;
}

/* Again with memory, when it was memory that was missing: what failed left nothing behind. */
static bool again(struct story *s, struct ccr_status status)
{
    cr_assert(ccr_ok(status) || ccr_is(status, CCR_NOMEM), "%s: %s", ccr_status_name(status), s->c.err.text);
    if (ccr_ok(status)) {
        return false;
    }
    cr_assert_eq(s->heap->fail_at + 1, s->heap->requests, "NOMEM without a refusal");
    s->refused++;
    return true;
}

static void open_one(struct story *s, enum ccr_session_kind kind, const ProtobufCMessage *m, int64_t *handle)
{
    while (again(s, open_with(s->rt, kind, m, handle, &s->c.err))) {
        cr_assert_eq(*handle, 0);
    }
}

static void call(struct story *s, int64_t handle, enum ccr_method method, const ProtobufCMessage *m,
                 struct ccr_slice in)
{
    while (again(s, caller_call(&s->c, handle, method, m, in))) {
    }
}

static void open_all(struct story *s)
{
    static char folder[] = CCR_TESTS_DIR "/golden/tlog-3.6.0/first-term";
    Ccr__V1__LeaderOpen leader = CCR__V1__LEADER_OPEN__INIT;
    Ccr__V1__FollowerConfig follower = follower_config();
    Ccr__V1__DigestOpen digest = CCR__V1__DIGEST_OPEN__INIT;
    Ccr__V1__VerifyConfig verify = CCR__V1__VERIFY_CONFIG__INIT;
    leader.translog_path = folder;
    leader.history_uuid = follower.history_uuid;
    leader.shard = follower.leader_shard;
    digest.width = 16;
    digest.buckets = 8;
    verify.next_seq_no = 1;
    verify.bytes_max = 1 << 20;
    verify.bytes_per_second = 1 << 20;
    verify.differences_max = 10;
    while (again(s, runtime_of(&s->rt, &s->heap->alloc, 8, 2))) {
    }
    s->c = caller_new(s->rt);
    open_one(s, CCR_KIND_LEADER, &leader.base, &s->leader);
    open_one(s, CCR_KIND_FOLLOWER, &follower.base, &s->follower);
    open_one(s, CCR_KIND_CODEC, NULL, &s->codec);
    open_one(s, CCR_KIND_DIGEST, &digest.base, &s->digest);
    open_one(s, CCR_KIND_VERIFY, &verify.base, &s->verify);
}

static void read_leader(struct story *s, Ccr__V1__Codec codec)
{
    Ccr__V1__LeaderRead m = CCR__V1__LEADER_READ__INIT;
    Ccr__V1__ReadRequest request = CCR__V1__READ_REQUEST__INIT;
    Ccr__V1__LeaderState state = CCR__V1__LEADER_STATE__INIT;
    request.version = 1;
    request.from_seq_no = FIRST;
    request.last_seq_no = -1;
    request.max_bytes = 4000;
    request.max_ops = 100;
    request.codec = codec;
    request.level = 1;
    state.global_checkpoint = FIRST + 50;
    state.mapping_version = state.settings_version = state.aliases_version = 1;
    m.request = &request;
    m.state = &state;
    call(s, s->leader, CCR_METHOD_LEADER_READ, &m.base, NONE);
    struct ccr_slice frame = caller_payload(&s->c);
    cr_assert_leq(frame.len, sizeof s->frame);
    memcpy(s->frame, frame.data, frame.len);
    s->frame_len = frame.len;
}

/* START, then the frame. A frame that there was no memory for is a fetch that failed: the machine asks again. */
static void follow(struct story *s)
{
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    e.kind = CCR__V1__EVENT_KIND__EVENT_START;
    e.now_ms = 1000;
    e.next_seq_no = FIRST;
    e.mapping_version = e.settings_version = e.aliases_version = 1;
    call(s, s->follower, CCR_METHOD_FOLLOWER_EVENT, &e.base, NONE);
    uint64_t received = 0;
    for (int tries = 0; received == 0; tries++) {
        cr_assert_lt(tries, 5);
        struct ccr_slice bytes = caller_envelope(&s->c);
        Ccr__V1__FollowerEffects *m = ccr__v1__follower_effects__unpack(NULL, bytes.len, bytes.data);
        uint64_t id = 0;
        for (size_t i = 0; i < m->n_effects; i++) {
            id = m->effects[i]->kind == CCR__V1__EFFECT_KIND__EFFECT_FETCH ? m->effects[i]->id : id;
        }
        e.kind = id != 0 ? CCR__V1__EVENT_KIND__EVENT_FETCHED : CCR__V1__EVENT_KIND__EVENT_TICK;
        e.id = id;
        e.now_ms = id != 0 ? e.now_ms : m->next_deadline_ms;
        ccr__v1__follower_effects__free_unpacked(m, NULL);
        call(s, s->follower, CCR_METHOD_FOLLOWER_EVENT, &e.base, id != 0 ? ccr_slice_of(s->frame, s->frame_len) : NONE);
        bytes = caller_envelope(&s->c);
        m = ccr__v1__follower_effects__unpack(NULL, bytes.len, bytes.data);
        received = m->received_batch_id;
        if (id != 0 && received == 0) {
            cr_assert_eq(m->error, CCR__V1__ERROR_CLASS__ERROR_OVERLOADED, "%s", m->refused);
            s->refused++;
        }
        ccr__v1__follower_effects__free_unpacked(m, NULL);
    }
    call(s, s->follower, CCR_METHOD_FOLLOWER_STATUS, NULL, NONE);
}

static void pack_and_unpack(struct story *s, Ccr__V1__Codec codec)
{
    Ccr__V1__ChunkPack chunk = CCR__V1__CHUNK_PACK__INIT;
    Ccr__V1__BatchPack batch = CCR__V1__BATCH_PACK__INIT;
    struct plain_ops p = plain_new(0);
    plain_log(&p, 20);
    chunk.codec = batch.codec = codec;
    chunk.level = batch.level = 1;
    call(s, s->codec, CCR_METHOD_PACK_CHUNK, &chunk.base, plain_slice(&p));
    struct ccr_slice frame = caller_payload(&s->c);
    memcpy(s->frame, frame.data, frame.len);
    call(s, s->codec, CCR_METHOD_UNPACK_CHUNK, NULL, ccr_slice_of(s->frame, frame.len));
    cr_assert_arr_eq(caller_payload(&s->c).data, p.data, p.len);
    call(s, s->codec, CCR_METHOD_PACK_BATCH, &batch.base, plain_slice(&p));
    frame = caller_payload(&s->c);
    memcpy(s->frame, frame.data, frame.len);
    call(s, s->codec, CCR_METHOD_UNPACK_BATCH, NULL, ccr_slice_of(s->frame, frame.len));
    cr_assert_arr_eq(caller_payload(&s->c).data, p.data, p.len);
    call(s, s->digest, CCR_METHOD_DIGEST_ADD, NULL, plain_slice(&p));
    call(s, s->digest, CCR_METHOD_DIGEST_SUMS, NULL, NONE);
    plain_free(&p);
}

static void compare(struct story *s)
{
    Ccr__V1__VerifyEvent e = CCR__V1__VERIFY_EVENT__INIT;
    e.kind = CCR__V1__VERIFY_EVENT_KIND__VERIFY_START;
    e.now_ms = 1000;
    e.checkpoint = 100;
    e.max_seq_no = 100;
    call(s, s->verify, CCR_METHOD_VERIFY_EVENT, &e.base, NONE);
}

static size_t tell(struct story *s)
{
    open_all(s);
    read_leader(s, CCR__V1__CODEC__CODEC_ZSTD);
    follow(s);
    read_leader(s, CCR__V1__CODEC__CODEC_LZ4);
    pack_and_unpack(s, CCR__V1__CODEC__CODEC_ZSTD);
    pack_and_unpack(s, CCR__V1__CODEC__CODEC_LZ4);
    compare(s);
    const int64_t handles[] = {s->leader, s->follower, s->codec, s->digest, s->verify};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
        assert_ok(ccr_session_close(s->rt, handles[i]));
        assert_status(ccr_session_close(s->rt, handles[i]), CCR_CLOSED);
    }
    ccr_runtime_free(s->rt);
    caller_free(&s->c);
    cr_assert_eq(s->heap->live_bytes, 0, "refusal %zu", s->heap->fail_at);
    return s->heap->requests;
}

CCR_TEST(sessionSweep, everyAllocation)
{
    size_t total = tell(story_new(heap));

    cr_assert_gt(total, 25);
    size_t told = 0;
    for (size_t n = 0; n < total; n++) {
        struct story *s = story_new(heap);
        heap->requests = 0;
        heap->fail_at = n;
        (void)tell(s);
        told += s->refused;
        cr_assert_leq(s->refused, 1);
    }
    /* Every refusal is told, but for the memory of a prefix, which costs compression only. */
    cr_assert_geq(told + 3, total, "%zu of %zu", told, total);
}
