/*
 * One story through the one door, from the leader's files to the follower's engine and back for every other kind of
 * session, with every allocation failing once. Whatever fails: the status says so, every handle can still be closed, the
 * same call then succeeds, what is applied in the end is what the leader's files hold, and at the end nothing lives.
 */
#include "calls.h"
#include "heap.h"

#define FIRST 20 /* golden/tlog-3.6.0/first-term begins with this seq_no */

static const struct ccr_slice NONE = {NULL, 0};

struct story {
    struct heap *heap;
    struct ccr_runtime *rt;
    struct caller c;
    int64_t leader, follower, codec, digest, verify, judge;
    uint8_t frame[64 << 10];
    size_t frame_len;
    size_t refused;        /* calls that said NOMEM, and frames that there was no memory for */
    const char *chapter;   /* what is being told, */
    const char *failed_in; /* and was when the allocation failed */
    int64_t applied;
    uint32_t applied_crc; /* of all plain operations in their order */
    Ccr__V1__FollowerEffects *effects;
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
    if (s->failed_in == NULL && s->heap->requests > s->heap->fail_at) {
        s->failed_in = s->chapter;
    }
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
    s->chapter = "open";
    leader.translog_path = folder;
    leader.history_uuid = follower.history_uuid;
    leader.shard = follower.leader_shard;
    digest.width = 16;
    digest.buckets = 8;
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
    open_one(s, CCR_KIND_JUDGE, NULL, &s->judge);
}

static void keep_frame(struct story *s)
{
    struct ccr_slice frame = caller_payload(&s->c);
    cr_assert_leq(frame.len, sizeof s->frame);
    memcpy(s->frame, frame.data, frame.len);
    s->frame_len = frame.len;
}

/* The leader's answer, its global checkpoint at `checkpoint`; with operations it is LEADER_PACK. */
static void read_leader(struct story *s, Ccr__V1__ReadRequest *request, int64_t checkpoint, struct ccr_slice plain)
{
    Ccr__V1__LeaderRead m = CCR__V1__LEADER_READ__INIT;
    Ccr__V1__LeaderState state = CCR__V1__LEADER_STATE__INIT;
    state.global_checkpoint = checkpoint;
    state.mapping_version = state.settings_version = state.aliases_version = 1;
    m.request = request;
    m.state = &state;
    call(s, s->leader, plain.len > 0 ? CCR_METHOD_LEADER_PACK : CCR_METHOD_LEADER_READ, &m.base, plain);
    keep_frame(s);
}

/* Operations as if from Lucene, and what the leader has counted. */
static void pack_on_leader(struct story *s)
{
    Ccr__V1__ReadRequest request = CCR__V1__READ_REQUEST__INIT;
    struct plain_ops p = plain_new(FIRST);
    plain_log(&p, 20);
    request.version = 1;
    request.from_seq_no = FIRST;
    request.last_seq_no = -1;
    request.max_bytes = 1 << 20;
    request.max_ops = 100;
    request.codec = CCR__V1__CODEC__CODEC_LZ4;
    request.level = 1;
    s->chapter = "leader packs";
    read_leader(s, &request, FIRST + 19, plain_slice(&p));
    plain_free(&p);
    s->chapter = "leader counts";
    call(s, s->leader, CCR_METHOD_LEADER_STATS, NULL, NONE);
    struct ccr_slice bytes = caller_envelope(&s->c);
    Ccr__V1__LeaderStats *m = ccr__v1__leader_stats__unpack(NULL, bytes.len, bytes.data);
    cr_assert_eq(m->operations_lucene, 20);
    /* Without a refused tail, on either side, the second batch was packed against the first. */
    cr_assert(m->prefix_hits == 1 || s->failed_in != NULL, "%lu prefixes", (unsigned long)m->prefix_hits);
    ccr__v1__leader_stats__free_unpacked(m, NULL);
}

/* ---- the follower */

static void step(struct story *s, const Ccr__V1__FollowerEvent *e, struct ccr_slice frame)
{
    call(s, s->follower, CCR_METHOD_FOLLOWER_EVENT, &e->base, frame);
    struct ccr_slice bytes = caller_envelope(&s->c);
    ccr__v1__follower_effects__free_unpacked(s->effects, NULL);
    s->effects = ccr__v1__follower_effects__unpack(NULL, bytes.len, bytes.data);
}

static Ccr__V1__FollowerEffect *effect_of(const struct story *s, Ccr__V1__EffectKind kind)
{
    for (size_t i = 0; i < s->effects->n_effects; i++) {
        if (s->effects->effects[i]->kind == kind) {
            return s->effects->effects[i];
        }
    }
    return NULL;
}

/* Until a batch is here. A frame that there was no memory for is a fetch that failed: the machine asks again. */
static void receive(struct story *s, Ccr__V1__FollowerEvent *e, int64_t checkpoint)
{
    for (int tries = 0; s->effects->received_batch_id == 0; tries++) {
        cr_assert_lt(tries, 5);
        Ccr__V1__FollowerEffect *fetch = effect_of(s, CCR__V1__EFFECT_KIND__EFFECT_FETCH);
        ccr__v1__follower_event__init(e);
        e->now_ms = fetch != NULL ? 1000 : s->effects->next_deadline_ms;
        if (fetch == NULL) {
            step(s, e, NONE);
            continue;
        }
        s->chapter = fetch->request->prefix_bytes > 0 ? "leader reads against a prefix" : "leader reads";
        read_leader(s, fetch->request, checkpoint, NONE);
        s->chapter =
            fetch->request->prefix_bytes > 0 ? "follower takes a batch with a prefix" : "follower takes a batch";
        e->kind = CCR__V1__EVENT_KIND__EVENT_FETCHED;
        e->id = fetch->id;
        step(s, e, ccr_slice_of(s->frame, s->frame_len));
        if (s->effects->received_batch_id == 0) {
            cr_assert_eq(s->effects->error, CCR__V1__ERROR_CLASS__ERROR_OVERLOADED, "%s", s->effects->refused);
            s->refused++;
        }
    }
}

static void apply(struct story *s, Ccr__V1__FollowerEvent *e)
{
    struct ccr_slice plain = caller_payload(&s->c);
    Ccr__V1__FollowerEffect *apply = effect_of(s, CCR__V1__EFFECT_KIND__EFFECT_APPLY);
    cr_assert(apply != NULL && apply->first_seq_no == s->applied + 1);
    s->applied = apply->last_seq_no;
    s->applied_crc = ccr_crc32(s->applied_crc, plain.data, plain.len);
    ccr__v1__follower_event__init(e);
    e->kind = CCR__V1__EVENT_KIND__EVENT_APPLIED;
    e->now_ms = s->effects->next_deadline_ms < 100000 ? s->effects->next_deadline_ms : 1000;
    e->id = apply->id;
    e->checkpoint = s->applied;
    s->chapter = "follower has applied";
    step(s, e, NONE);
}

/* START, two batches, of which the second is packed against the first, other limits, the status. */
static void follow(struct story *s)
{
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    Ccr__V1__FollowerConfig config = follower_config();
    e.kind = CCR__V1__EVENT_KIND__EVENT_START;
    e.now_ms = 1000;
    e.next_seq_no = FIRST;
    e.mapping_version = e.settings_version = e.aliases_version = 1;
    s->applied = FIRST - 1;
    s->applied_crc = 0;
    s->chapter = "follower starts";
    step(s, &e, NONE);
    receive(s, &e, FIRST + 40);
    apply(s, &e);
    receive(s, &e, FIRST + 43);
    apply(s, &e);
    cr_assert_eq(s->applied, FIRST + 43);
    ccr__v1__follower_event__init(&e);
    e.kind = CCR__V1__EVENT_KIND__EVENT_CONFIGURE;
    e.now_ms = 200000;
    config.fetches_max = 1;
    e.config = &config;
    s->chapter = "follower is configured";
    step(s, &e, NONE);
    s->chapter = "follower's status";
    call(s, s->follower, CCR_METHOD_FOLLOWER_STATUS, NULL, NONE);
    ccr__v1__follower_effects__free_unpacked(s->effects, NULL);
    s->effects = NULL;
}

static void pack_and_unpack(struct story *s, Ccr__V1__Codec codec)
{
    Ccr__V1__ChunkPack chunk = CCR__V1__CHUNK_PACK__INIT;
    Ccr__V1__BatchPack batch = CCR__V1__BATCH_PACK__INIT;
    struct plain_ops p = plain_new(0);
    plain_log(&p, 20);
    s->chapter = "codec and digest";
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

/* One document is missing on the follower: from START over questions and answers to the report. */
static void compare(struct story *s)
{
    Ccr__V1__VerifyEvent e = CCR__V1__VERIFY_EVENT__INIT;
    Ccr__V1__DigestSums sums = CCR__V1__DIGEST_SUMS__INIT;
    uint64_t low[1] = {0}, high[1] = {0};
    uint32_t documents[1] = {0};
    size_t reported = 0;
    bool done = false;
    sums.n_low = sums.n_high = sums.n_documents = 1;
    sums.low = low;
    sums.high = high;
    sums.documents = documents;
    e.kind = CCR__V1__VERIFY_EVENT_KIND__VERIFY_START;
    s->chapter = "comparison";
    for (int steps = 0; !done; steps++) {
        cr_assert_lt(steps, 40);
        call(s, s->verify, CCR_METHOD_VERIFY_EVENT, &e.base, NONE);
        struct ccr_slice bytes = caller_envelope(&s->c);
        Ccr__V1__VerifyEffects *m = ccr__v1__verify_effects__unpack(NULL, bytes.len, bytes.data);
        cr_assert_str_eq(m->refused, "");
        reported += m->n_report;
        done = m->state == CCR__V1__VERIFY_STATE__COMPARISON_COMPLETE;
        ccr__v1__verify_event__init(&e);
        e.now_ms = m->next_deadline_ms;
        if (m->question != CCR__V1__VERIFY_QUESTION__QUESTION_NONE) {
            e.kind = CCR__V1__VERIFY_EVENT_KIND__VERIFY_SUMS;
            e.now_ms = 0;
            e.id = m->id;
            low[0] = documents[0] = m->question == CCR__V1__VERIFY_QUESTION__QUESTION_LEADER;
            e.sums = m->first_seq_no > 0 ? NULL : &sums;
        }
        ccr__v1__verify_effects__free_unpacked(m, NULL);
    }
    cr_assert_eq(reported, 1);
}

static void judge(struct story *s)
{
    Ccr__V1__PauseFacts pause = CCR__V1__PAUSE_FACTS__INIT;
    Ccr__V1__DiskFacts disk = CCR__V1__DISK_FACTS__INIT;
    disk.free_bytes = 1;
    disk.total_bytes = 100;
    disk.free_bytes_min = 2;
    s->chapter = "judge";
    call(s, s->judge, CCR_METHOD_JUDGE_PAUSE, &pause.base, NONE);
    call(s, s->judge, CCR_METHOD_JUDGE_DISK, &disk.base, NONE);
}

static size_t tell(struct story *s)
{
    open_all(s);
    follow(s);
    pack_on_leader(s);
    pack_and_unpack(s, CCR__V1__CODEC__CODEC_ZSTD);
    pack_and_unpack(s, CCR__V1__CODEC__CODEC_LZ4);
    compare(s);
    judge(s);
    const int64_t handles[] = {s->leader, s->follower, s->codec, s->digest, s->verify, s->judge};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
        assert_ok(ccr_session_close(s->rt, handles[i]));
        assert_status(ccr_session_close(s->rt, handles[i]), CCR_CLOSED);
    }
    ccr_runtime_free(s->rt);
    caller_free(&s->c);
    cr_assert_eq(s->heap->live_bytes, 0, "refusal %zu", s->heap->fail_at);
    return s->heap->requests;
}

/* Where one refusal each is told to nobody: that of a tail's memory, which costs compression only. */
static const char *const silent[] = {
    "leader reads", "follower takes a batch", "leader reads against a prefix", "follower takes a batch with a prefix",
    "leader packs",
};

CCR_TEST(sessionSweep, everyAllocation)
{
    struct story *s = story_new(heap);
    size_t total = tell(s);
    uint32_t crc = s->applied_crc;
    size_t quiet = 0;

    cr_assert_gt(total, 25);
    for (size_t n = 0; n < total; n++) {
        s = story_new(heap);
        heap->requests = 0;
        heap->fail_at = n;
        (void)tell(s);
        cr_assert_eq(s->applied_crc, crc, "refusal %zu changes what is applied", n);
        cr_assert_leq(s->refused, 1);
        cr_assert(s->failed_in != NULL);
        if (s->refused == 0) {
            cr_assert(quiet < sizeof silent / sizeof *silent && strcmp(silent[quiet], s->failed_in) == 0,
                      "refusal %zu of %zu, while %s, is told to nobody", n, total, s->failed_in);
            quiet++;
        }
    }
    cr_assert_eq(quiet, sizeof silent / sizeof *silent);
}
