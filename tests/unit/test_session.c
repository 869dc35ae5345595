/* Handles, frames and the calls that depend on nothing else. */
#include <pthread.h>
#include <sched.h>

#include "calls.h"
#include "heap.h"
#include "session/session_private.h"

static const struct ccr_slice NONE = {NULL, 0};

struct rig {
    struct ccr_runtime *rt;
    struct caller c;
    int64_t codec;
};

static struct rig rig_new(const struct ccr_alloc *alloc, uint32_t sessions)
{
    struct rig r;
    assert_ok(runtime_of(&r.rt, alloc, sessions, 1));
    r.c = caller_new(r.rt);
    assert_ok(open_with(r.rt, CCR_KIND_CODEC, NULL, &r.codec, NULL));
    return r;
}

static void rig_free(struct rig *r)
{
    caller_free(&r->c);
    ccr_runtime_free(r->rt);
}

static void says(const struct rig *r, const char *text)
{
    cr_assert_str_eq(r->c.err.text, text);
}

CCR_TEST(session, a_closed_handle_is_stale_for_ever)
{
    struct rig r = rig_new(&heap->alloc, 4);
    int64_t old = r.codec;
    assert_ok(ccr_session_close(r.rt, old));
    assert_status(ccr_session_close(r.rt, old), CCR_CLOSED);
    assert_status(caller_call(&r.c, old, CCR_METHOD_ECHO, NULL, NONE), CCR_CLOSED);
    for (int i = 0; i < 100; i++) { /* the same slot again, never the same handle */
        int64_t handle;
        assert_ok(open_with(r.rt, CCR_KIND_CODEC, NULL, &handle, NULL));
        cr_assert_neq(handle, old);
        assert_status(caller_call(&r.c, old, CCR_METHOD_ECHO, NULL, NONE), CCR_CLOSED);
        assert_ok(caller_call(&r.c, handle, CCR_METHOD_ECHO, NULL, NONE));
        assert_ok(ccr_session_close(r.rt, handle));
    }
    assert_status(ccr_session_close(r.rt, old), CCR_CLOSED);
    rig_free(&r);
}

CCR_TEST(session, a_forged_handle_is_closed)
{
    struct rig r = rig_new(&heap->alloc, 4);
    const int64_t forged[] = {0,           -1,
                              1,           2,
                              INT64_MAX,   INT64_MIN,
                              r.codec + 1, r.codec - 1,
                              r.codec + 4, r.codec + (1LL << 32),
                              -r.codec,    (int64_t)(uintptr_t)&r};
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        assert_status(caller_call(&r.c, forged[i], CCR_METHOD_ECHO, NULL, NONE), CCR_CLOSED);
        assert_status(ccr_session_close(r.rt, forged[i]), CCR_CLOSED);
    }
    assert_status(caller_call(&r.c, 0x7777, CCR_METHOD_ECHO, NULL, NONE), CCR_CLOSED);
    says(&r, "no open session has the handle 0x7777");
    rig_free(&r);
}

CCR_TEST(session, a_full_table_says_so_and_room_is_reused)
{
    struct rig r = rig_new(&heap->alloc, 3);
    int64_t a, b, c;
    assert_ok(open_with(r.rt, CCR_KIND_CODEC, NULL, &a, NULL));
    assert_ok(open_with(r.rt, CCR_KIND_CODEC, NULL, &b, NULL));
    assert_status(open_with(r.rt, CCR_KIND_CODEC, NULL, &c, &r.c.err), CCR_LIMIT);
    says(&r, "all 3 sessions of this node are open");
    cr_assert_eq(c, 0);
    assert_ok(ccr_session_close(r.rt, a));
    assert_ok(open_with(r.rt, CCR_KIND_CODEC, NULL, &c, NULL));
    rig_free(&r);
}

/* A thread whose call waits for the one workspace, which the test holds. */
struct busy_call {
    struct rig *r;
    struct caller c;
    struct ccr_status got;
    pthread_t thread;
    struct ccr_workspace *held;
};

static void *busy_main(void *arg)
{
    struct busy_call *b = arg;
    Ccr__V1__ChunkPack m = CCR__V1__CHUNK_PACK__INIT;
    do {
        b->got = caller_call(&b->c, b->r->codec, CCR_METHOD_PACK_CHUNK, &m.base, ccr_slice_of("hello", 5));
    } while (ccr_is(b->got, CCR_BUSY));
    return NULL;
}

static void busy_begin(struct busy_call *b, struct rig *r)
{
    b->r = r;
    b->c = caller_new(r->rt);
    assert_ok(ccri_workspaces_take(&r->rt->workspaces, r->rt->alloc, &b->held, NULL));
    cr_assert_eq(pthread_create(&b->thread, NULL, busy_main, b), 0);
    while (!ccr_is(caller_call(&r->c, r->codec, CCR_METHOD_ECHO, NULL, NONE), CCR_BUSY)) {
        sched_yield();
    }
}

static void busy_end(struct busy_call *b)
{
    ccri_workspaces_give(&b->r->rt->workspaces, b->held);
    pthread_join(b->thread, NULL);
    assert_ok(b->got);
    caller_free(&b->c);
}

CCR_TEST(session, a_second_thread_is_told_busy)
{
    struct rig r = rig_new(&heap->alloc, 4);
    struct busy_call b;
    busy_begin(&b, &r);
    assert_status(caller_call(&r.c, r.codec, CCR_METHOD_ECHO, NULL, NONE), CCR_BUSY);
    cr_assert(strstr(r.c.err.text, "is in use by another thread") != NULL, "%s", r.c.err.text);
    busy_end(&b);
    assert_ok(caller_call(&r.c, r.codec, CCR_METHOD_ECHO, NULL, NONE));
    rig_free(&r);
}

CCR_TEST(session, closing_during_a_call_lets_it_end)
{
    struct rig r = rig_new(&heap->alloc, 1);
    struct busy_call b;
    int64_t other;
    busy_begin(&b, &r);
    assert_ok(ccr_session_close(r.rt, r.codec));
    assert_status(ccr_session_close(r.rt, r.codec), CCR_CLOSED);
    assert_status(caller_call(&r.c, r.codec, CCR_METHOD_ECHO, NULL, NONE), CCR_CLOSED);
    assert_status(open_with(r.rt, CCR_KIND_CODEC, NULL, &other, NULL), CCR_LIMIT); /* the slot is not free yet */
    busy_end(&b);
    assert_ok(open_with(r.rt, CCR_KIND_CODEC, NULL, &other, NULL));
    rig_free(&r);
}

CCR_TEST(session, damaged_call_frames_are_refused)
{
    struct rig r = rig_new(&heap->alloc, 4);
    assert_ok(caller_call(&r.c, r.codec, CCR_METHOD_ECHO, NULL, ccr_slice_of("payload", 7)));
    const struct {
        uint32_t envelope, pos, payload;
        size_t len;
        enum ccr_code code;
        const char *text;
    } cases[] = {
        {0, 12, 7, 11, CCR_ARG, "a call of 11 bytes is shorter than its preamble of 12"},
        {65537, 12, 0, 19, CCR_LIMIT, "envelope is 65537 bytes, the maximum is 65536"},
        {UINT32_MAX, 12, 0, 19, CCR_LIMIT, "envelope is 4294967295 bytes, the maximum is 65536"},
        {8, 20, 0, 19, CCR_ARG, "envelope of 8 bytes in a call of 19"},
        {0, 12, 8, 19, CCR_ARG, "payload of 8 bytes at 12 in a call of 19 with an envelope of 0"},
        {0, 11, 7, 19, CCR_ARG, "payload of 7 bytes at 11 in a call of 19 with an envelope of 0"},
        {4, 12, 7, 19, CCR_ARG, "payload of 7 bytes at 12 in a call of 19 with an envelope of 4"},
        {0, UINT32_MAX, UINT32_MAX, 19, CCR_ARG,
         "payload of 4294967295 bytes at 4294967295 in a call of 19 with an envelope of 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ccr_put_u32le(r.c.in, cases[i].envelope);
        ccr_put_u32le(r.c.in + 4, cases[i].pos);
        ccr_put_u32le(r.c.in + 8, cases[i].payload);
        r.c.in_len = cases[i].len;
        struct ccr_status s = caller_again(&r.c, r.codec, CCR_METHOD_ECHO);
        cr_assert(ccr_is(s, cases[i].code), "case %zu: %s", i, ccr_status_name(s));
        says(&r, cases[i].text);
    }
    rig_free(&r);
}

CCR_TEST(session, a_foreign_method_or_message_is_an_argument_error)
{
    struct rig r = rig_new(&heap->alloc, 5);
    int64_t follower, leader, judge;
    Ccr__V1__FollowerConfig config = follower_config();
    assert_ok(open_with(r.rt, CCR_KIND_JUDGE, NULL, &judge, NULL));
    assert_ok(open_with(r.rt, CCR_KIND_FOLLOWER, &config.base, &follower, NULL));
    Ccr__V1__LeaderOpen open;
    ccr__v1__leader_open__init(&open);
    static char path[] = "/tmp", history[] = "h";
    open.translog_path = path;
    open.history_uuid = history;
    assert_ok(open_with(r.rt, CCR_KIND_LEADER, &open.base, &leader, &r.c.err));
    assert_status(caller_call(&r.c, follower, CCR_METHOD_ECHO, NULL, NONE), CCR_ARG);
    says(&r, "method 10 is not one of a follower session");
    assert_status(caller_call(&r.c, leader, CCR_METHOD_FOLLOWER_STATUS, NULL, NONE), CCR_ARG);
    says(&r, "method 5 is not one of a leader session");
    assert_status(caller_call(&r.c, judge, CCR_METHOD_ECHO, NULL, NONE), CCR_ARG);
    says(&r, "method 10 is not one of a judge session");
    assert_status(caller_call(&r.c, r.codec, (enum ccr_method)99, NULL, NONE), CCR_ARG);
    says(&r, "method 99 is not one of a codec session");

    uint8_t garbage[64];
    memset(garbage, 0xff, sizeof garbage);
    static const enum ccr_method methods[] = {CCR_METHOD_LEADER_READ, CCR_METHOD_LEADER_PACK, CCR_METHOD_FOLLOWER_EVENT,
                                              CCR_METHOD_PACK_CHUNK,  CCR_METHOD_PACK_BATCH,  CCR_METHOD_JUDGE_PAUSE,
                                              CCR_METHOD_JUDGE_DISK};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        int64_t handle = i < 2 ? leader : i == 2 ? follower : i < 5 ? r.codec : judge;
        ccr_put_u32le(r.c.in, sizeof garbage);
        ccr_put_u32le(r.c.in + 4, 0);
        ccr_put_u32le(r.c.in + 8, 0);
        memcpy(r.c.in + 12, garbage, sizeof garbage);
        r.c.in_len = 12 + sizeof garbage;
        assert_status(caller_again(&r.c, handle, methods[i]), CCR_ARG);
        cr_assert(strstr(r.c.err.text, "the envelope of 64 bytes is no ") != NULL, "%s", r.c.err.text);
    }
    assert_status(ccr_session_open(r.rt, CCR_KIND_FOLLOWER, garbage, sizeof garbage, &follower, &r.c.err), CCR_ARG);
    says(&r, "the message of 64 bytes is no FollowerConfig");
    assert_status(ccr_session_open(r.rt, CCR_KIND_LEADER, garbage, sizeof garbage, &follower, &r.c.err), CCR_ARG);
    assert_status(ccr_session_open(r.rt, (enum ccr_session_kind)9, garbage, 0, &follower, &r.c.err), CCR_ARG);
    assert_status(ccr_session_open(r.rt, CCR_KIND_LEADER, garbage, 65537, &follower, &r.c.err), CCR_LIMIT);
    rig_free(&r);
}

CCR_TEST(session, echo_brings_any_envelope_and_payload_back)
{
    struct rig r = rig_new(&heap->alloc, 4);
    for (size_t i = 0; i < 500; i++) {
        size_t envelope = i * 7919 % 5000, payload = i * 104729 % 100000, pos = 12 + envelope + i % 9;
        ccr_put_u32le(r.c.in, (uint32_t)envelope);
        ccr_put_u32le(r.c.in + 4, (uint32_t)pos);
        ccr_put_u32le(r.c.in + 8, (uint32_t)payload);
        for (size_t k = 12; k < pos + payload; k++) {
            r.c.in[k] = (uint8_t)(k * (i + 1));
        }
        r.c.in_len = pos + payload;
        r.c.out_cap = 0;
        assert_status(caller_again(&r.c, r.codec, CCR_METHOD_ECHO), CCR_NOBUF);
        r.c.out_cap = r.c.out_len; /* the preamble first, then all of it */
        while (ccr_is(caller_again(&r.c, r.codec, CCR_METHOD_ECHO), CCR_NOBUF)) {
            cr_assert_gt(r.c.out_len, r.c.out_cap);
            r.c.out_cap = r.c.out_len;
        }
        cr_assert_eq(caller_envelope(&r.c).len, envelope);
        cr_assert_arr_eq(caller_envelope(&r.c).data, r.c.in + 12, envelope);
        cr_assert_eq(caller_payload(&r.c).len, payload);
        cr_assert_arr_eq(caller_payload(&r.c).data, r.c.in + pos, payload);
    }
    rig_free(&r);
}

/* Calls with too little room first, then with just what was asked for. */
static void after_nobuf(struct rig *r, enum ccr_method method)
{
    r->c.out_cap = 12;
    int tries = 0;
    struct ccr_status s;
    while (ccr_is(s = caller_again(&r->c, r->codec, method), CCR_NOBUF)) {
        cr_assert_lt(tries++, 3);
        cr_assert_gt(r->c.out_len, r->c.out_cap);
        r->c.out_cap = r->c.out_len;
    }
    cr_assert(ccr_ok(s), "%s", r->c.err.text);
    r->c.out_cap = CALL_ROOM;
}

CCR_TEST(session, chunks_are_packed_and_unpacked_after_nobuf)
{
    struct rig r = rig_new(&heap->alloc, 4);
    uint8_t plain[50000];
    for (size_t i = 0; i < sizeof plain; i++) {
        plain[i] = (uint8_t)(i / 100);
    }
    for (int codec = CCR_CODEC_NONE; codec <= CCR_CODEC_ZSTD; codec++) {
        Ccr__V1__ChunkPack m = CCR__V1__CHUNK_PACK__INIT;
        m.codec = (Ccr__V1__Codec)codec;
        m.level = 1;
        assert_ok(caller_call(&r.c, r.codec, CCR_METHOD_PACK_CHUNK, &m.base, ccr_slice_of(plain, sizeof plain)));
        after_nobuf(&r, CCR_METHOD_PACK_CHUNK);
        struct ccr_slice packed = caller_payload(&r.c);
        uint8_t *frame = malloc(packed.len);
        memcpy(frame, packed.data, packed.len);
        assert_ok(caller_call(&r.c, r.codec, CCR_METHOD_UNPACK_CHUNK, NULL, ccr_slice_of(frame, packed.len)));
        after_nobuf(&r, CCR_METHOD_UNPACK_CHUNK);
        cr_assert_eq(caller_payload(&r.c).len, sizeof plain);
        cr_assert_arr_eq(caller_payload(&r.c).data, plain, sizeof plain);
        free(frame);
    }
    rig_free(&r);
}

CCR_TEST(session, batches_are_packed_and_unpacked_after_nobuf)
{
    struct rig r = rig_new(&heap->alloc, 4);
    struct plain_ops p = plain_new(77);
    plain_log(&p, 200);
    Ccr__V1__BatchPack m = CCR__V1__BATCH_PACK__INIT;
    m.codec = CCR__V1__CODEC__CODEC_LZ4;
    m.level = 1;
    m.from_seq_no = 77;
    m.max_seq_no_of_updates = 80;
    assert_ok(caller_call(&r.c, r.codec, CCR_METHOD_PACK_BATCH, &m.base, plain_slice(&p)));
    after_nobuf(&r, CCR_METHOD_PACK_BATCH);
    struct frame f = {malloc(caller_payload(&r.c).len), caller_payload(&r.c).len};
    memcpy(f.data, caller_payload(&r.c).data, f.len);
    assert_ok(caller_call(&r.c, r.codec, CCR_METHOD_UNPACK_BATCH, NULL, frame_slice(&f)));
    after_nobuf(&r, CCR_METHOD_UNPACK_BATCH);
    Ccr__V1__BatchSummary *s =
        ccr__v1__batch_summary__unpack(NULL, caller_envelope(&r.c).len, caller_envelope(&r.c).data);
    cr_assert_eq(s->ops, 200);
    cr_assert_eq(s->from_seq_no, 77);
    cr_assert_eq(s->last_seq_no, 276);
    cr_assert_eq(s->max_seq_no_of_updates, 80);
    cr_assert_eq(s->prefix_bytes, 0);
    cr_assert_eq(s->raw_bytes, p.len);
    ccr__v1__batch_summary__free_unpacked(s, NULL);
    cr_assert_eq(caller_payload(&r.c).len, p.len);
    cr_assert_arr_eq(caller_payload(&r.c).data, p.data, p.len);

    m.from_seq_no = 78; /* what Java hands over is checked as well */
    assert_status(caller_call(&r.c, r.codec, CCR_METHOD_PACK_BATCH, &m.base, plain_slice(&p)), CCR_CORRUPT_WIRE);
    f.data[0] ^= 1;
    assert_status(caller_call(&r.c, r.codec, CCR_METHOD_UNPACK_BATCH, NULL, frame_slice(&f)), CCR_CORRUPT_WIRE);
    frame_free(&f);
    plain_free(&p);
    rig_free(&r);
}

CCR_TEST(session, an_empty_batch_packs)
{
    struct rig r = rig_new(&heap->alloc, 4);
    Ccr__V1__BatchPack m = CCR__V1__BATCH_PACK__INIT;
    assert_ok(caller_call(&r.c, r.codec, CCR_METHOD_PACK_BATCH, &m.base, NONE));
    uint8_t frame[64];
    struct ccr_slice payload = caller_payload(&r.c);
    cr_assert_leq(payload.len, sizeof frame);
    memcpy(frame, payload.data, payload.len);
    assert_ok(caller_call(&r.c, r.codec, CCR_METHOD_UNPACK_BATCH, NULL, ccr_slice_of(frame, payload.len)));
    cr_assert_eq(caller_payload(&r.c).len, 0);
    rig_free(&r);
}

/* Found by fuzz_call: the checkpoint of the batch was reckoned before anybody looked at where it begins. */
CCR_TEST(session, a_batch_that_begins_nowhere_is_refused)
{
    struct rig r = rig_new(&heap->alloc, 4);
    Ccr__V1__BatchPack m = CCR__V1__BATCH_PACK__INIT;
    const int64_t from[] = {INT64_MIN, -1, CCR_SEQ_NO_MAX - (1 << 20) + 1, INT64_MAX};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        m.from_seq_no = from[i];
        assert_status(caller_call(&r.c, r.codec, CCR_METHOD_PACK_BATCH, &m.base, NONE), CCR_ARG);
        assert_text(r.c.err, "is not in [0, 4503599626321919]");
    }
    rig_free(&r);
}

CCR_TEST(session, runtime_config_out_of_range_is_refused)
{
    struct ccr_runtime *rt;
    Ccr__V1__RuntimeConfig m = CCR__V1__RUNTIME_CONFIG__INIT;
    uint8_t bytes[64];
    struct ccr_err err;
    m.sessions_max = 65537;
    size_t len = ccr__v1__runtime_config__pack(&m, bytes);
    assert_status(ccr_runtime_new(&rt, &heap->alloc, bytes, len, &err), CCR_ARG);
    cr_assert_str_eq(err.text, "sessions_max 65537 is more than 65536");
    m.sessions_max = 1;
    m.workspaces_max = 257;
    len = ccr__v1__runtime_config__pack(&m, bytes);
    assert_status(ccr_runtime_new(&rt, &heap->alloc, bytes, len, &err), CCR_ARG);
    cr_assert_str_eq(err.text, "workspaces_max 257 is more than 256");
    memset(bytes, 0xff, sizeof bytes);
    assert_status(ccr_runtime_new(&rt, &heap->alloc, bytes, sizeof bytes, &err), CCR_ARG);
    assert_ok(ccr_runtime_new(&rt, &heap->alloc, NULL, 0, &err));
    ccr_runtime_free(rt);
    ccr_runtime_free(NULL);
}

/* Starts a follower and answers its probe with a leader at 10 000; the bytes of its next fetches that need credit. */
static uint64_t asked_on_credit(struct rig *r, const Ccr__V1__FollowerConfig *config, const struct frame *f)
{
    int64_t handle;
    assert_ok(open_with(r->rt, CCR_KIND_FOLLOWER, &config->base, &handle, &r->c.err));
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    e.kind = CCR__V1__EVENT_KIND__EVENT_START;
    e.now_ms = 1000;
    uint64_t asked = 0;
    for (int i = 0; i < 2; i++) {
        assert_ok(caller_call(&r->c, handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, i == 0 ? NONE : frame_slice(f)));
        struct ccr_slice answer = caller_envelope(&r->c);
        Ccr__V1__FollowerEffects *m = ccr__v1__follower_effects__unpack(NULL, answer.len, answer.data);
        cr_assert_not_null(m);
        size_t fetches = 0;
        for (size_t n = 0; n < m->n_effects; n++) {
            if (m->effects[n]->kind == CCR__V1__EFFECT_KIND__EFFECT_FETCH) {
                uint32_t bytes = m->effects[n]->request->max_bytes;
                asked += bytes > config->poll_bytes ? bytes : 0;
                e.id = m->effects[n]->id;
                fetches++;
            }
        }
        cr_assert_gt(fetches, 0, "without credit it asks for less, and never for nothing");
        e.kind = CCR__V1__EVENT_KIND__EVENT_FETCHED;
        ccr__v1__follower_effects__free_unpacked(m, NULL);
    }
    return asked;
}

CCR_TEST(session, the_memory_limit_is_for_all_followers_together)
{
    Ccr__V1__RuntimeConfig limits = CCR__V1__RUNTIME_CONFIG__INIT;
    Ccr__V1__FollowerConfig config = follower_config();
    uint8_t bytes[64];
    struct rig r = {0};
    limits.sessions_max = 8;
    limits.workspaces_max = 1;
    limits.follower_bytes_max = 3 * (uint64_t)config.batch_bytes_max;
    assert_ok(ccr_runtime_new(&r.rt, &heap->alloc, bytes, ccr__v1__runtime_config__pack(&limits, bytes), NULL));
    r.c = caller_new(r.rt);
    struct plain_ops p = plain_new(0);
    plain_log(&p, 20);
    Ccr__V1__BatchHeader m = frame_header(&p);
    m.global_checkpoint = 10000;
    struct frame f = frame_with(&m, plain_slice(&p));
    uint64_t asked = 0;
    for (int i = 0; i < 5; i++) {
        asked += asked_on_credit(&r, &config, &f);
    }
    cr_assert_eq(asked, limits.follower_bytes_max, "five shards, two fetches each: three of ten have room");
    cr_assert_eq(atomic_load(&r.rt->budget.taken), asked);
    frame_free(&f);
    plain_free(&p);
    rig_free(&r);
}

CCR_TEST(session, every_refused_allocation_of_an_open_is_nomem)
{
    Ccr__V1__FollowerConfig config = follower_config();
    bool done = false;
    for (size_t n = 0; !done; n++) {
        cr_assert_lt(n, 50);
        heap->requests = 0;
        heap->fail_at = n;
        heap->fail_all_after = 1;
        struct ccr_runtime *rt;
        int64_t handle;
        struct ccr_status s = runtime_of(&rt, &heap->alloc, 4, 2);
        if (ccr_ok(s)) {
            s = open_with(rt, CCR_KIND_FOLLOWER, &config.base, &handle, NULL);
            done = ccr_ok(s);
        }
        cr_assert(done || ccr_is(s, CCR_NOMEM), "allocation %zu: %s", n, ccr_status_name(s));
        ccr_runtime_free(rt);
        cr_assert_eq(heap->live_bytes, 0);
    }
    heap->fail_at = SIZE_MAX;
}

Test(session, an_error_packs_and_reads_back)
{
    struct ccr_err err = {.generation = 12, .offset = 99, .os_error = 5};
    uint8_t out[512];
    (void)ccr_err_set(&err, CCR_CORRUPT_TLOG, "bad \xff byte");
    err.generation = 12;
    err.offset = 99;
    size_t len = ccr_err_pack(&err, out, sizeof out);
    Ccr__V1__ErrorDetail *m = ccr__v1__error_detail__unpack(NULL, len, out);
    cr_assert_str_eq(m->text, "bad ? byte");
    cr_assert_eq(m->code, CCR_CORRUPT_TLOG);
    cr_assert_eq(m->generation, 12);
    cr_assert_eq(m->offset, 99);
    ccr__v1__error_detail__free_unpacked(m, NULL);
    cr_assert_eq(ccr_err_pack(&err, out, 5), 0);
}
