/* Follower sessions: frames in, effects out, and the prefix that both sides must agree on. */
#include "calls.h"
#include "heap.h"

static const struct ccr_slice NONE = {NULL, 0};

struct rig {
    struct ccr_runtime *rt;
    struct caller c;
    struct ccr_workspace *ws; /* the leader's */
    int64_t handle;
    int64_t now;
    struct plain_ops log; /* everything the leader has, from 0 */
    size_t at[4096];      /* offset of each operation in log */
    Ccr__V1__FollowerEffects *effects;
};

static struct rig *rig_new(const struct ccr_alloc *alloc, uint32_t prefix_bytes_max)
{
    struct rig *r = calloc(1, sizeof *r);
    assert_ok(runtime_of(&r->rt, alloc, 4, 1));
    r->c = caller_new(r->rt);
    assert_ok(ccr_workspace_new(&r->ws, ccr_alloc_system()));
    Ccr__V1__FollowerConfig config = follower_config();
    config.prefix_bytes_max = prefix_bytes_max;
    assert_ok(open_with(r->rt, CCR_KIND_FOLLOWER, &config.base, &r->handle, &r->c.err));
    r->now = 1000;
    r->log = plain_new(0);
    return r;
}

static void rig_free(struct rig *r)
{
    if (r->effects != NULL) {
        ccr__v1__follower_effects__free_unpacked(r->effects, NULL);
    }
    caller_free(&r->c);
    ccr_workspace_free(r->ws);
    ccr_runtime_free(r->rt);
    plain_free(&r->log);
    free(r);
}

static void write_ops(struct rig *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        r->at[r->log.next_seq_no] = r->log.len;
        plain_log(&r->log, 1);
    }
    r->at[r->log.next_seq_no] = r->log.len;
}

/* Operations [first, until) of the log, borrowed. */
static struct plain_ops part(struct rig *r, int64_t first, int64_t until)
{
    return (struct plain_ops){r->log.data + r->at[first], r->at[until] - r->at[first], 0, first, until};
}

static void take_effects(struct rig *r)
{
    if (r->effects != NULL) {
        ccr__v1__follower_effects__free_unpacked(r->effects, NULL);
    }
    struct ccr_slice e = caller_envelope(&r->c);
    r->effects = ccr__v1__follower_effects__unpack(NULL, e.len, e.data);
    cr_assert_not_null(r->effects);
}

static void event(struct rig *r, Ccr__V1__FollowerEvent *e, struct ccr_slice payload)
{
    e->now_ms = r->now;
    struct ccr_status s = caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT, &e->base, payload);
    cr_assert(ccr_ok(s), "%s: %s", ccr_status_name(s), r->c.err.text);
    take_effects(r);
}

static Ccr__V1__FollowerEffect *effect(struct rig *r, Ccr__V1__EffectKind kind)
{
    for (size_t i = 0; i < r->effects->n_effects; i++) {
        if (r->effects->effects[i]->kind == kind) {
            return r->effects->effects[i];
        }
    }
    return NULL;
}

static Ccr__V1__FollowerEffect *fetch(struct rig *r)
{
    Ccr__V1__FollowerEffect *e = effect(r, CCR__V1__EFFECT_KIND__EFFECT_FETCH);
    cr_assert_not_null(e, "no FETCH among %zu effects", r->effects->n_effects);
    return e;
}

static void start(struct rig *r)
{
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    e.kind = CCR__V1__EVENT_KIND__EVENT_START;
    e.mapping_version = e.settings_version = e.aliases_version = 1;
    event(r, &e, NONE);
}

static void tick(struct rig *r)
{
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    r->now = r->effects->next_deadline_ms;
    event(r, &e, NONE);
}

/* The leader's answer to a request: everything it has from there, packed against the prefix it named. */
static struct frame answer(struct rig *r, const Ccr__V1__ReadRequest *q)
{
    struct ccr_slice prefix = NONE;
    if (q->prefix_bytes > 0) {
        struct plain_ops held = part(r, q->prefix_first_seq_no, q->prefix_last_seq_no + 1);
        cr_assert_eq(held.len, q->prefix_bytes);
        cr_assert_eq(plain_checksum(&held), q->prefix_checksum);
        cr_assert_eq(q->prefix_last_seq_no, q->from_seq_no - 1);
        prefix = plain_slice(&held);
    }
    struct plain_ops p = part(r, q->from_seq_no, r->log.next_seq_no);
    return frame_of(r->ws, &p, CCR_CODEC_ZSTD, prefix);
}

static Ccr__V1__FollowerEvent fetched(uint64_t id)
{
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    e.kind = CCR__V1__EVENT_KIND__EVENT_FETCHED;
    e.id = id;
    return e;
}

/* Answers the fetch and checks what the follower made of it; applies it, so that the next fetch comes. */
static void round_trip(struct rig *r)
{
    Ccr__V1__FollowerEffect *f = fetch(r);
    int64_t from = f->request->from_seq_no;
    struct frame frame = answer(r, f->request);
    Ccr__V1__FollowerEvent e = fetched(f->id);
    event(r, &e, frame_slice(&frame));
    struct plain_ops sent = part(r, from, r->log.next_seq_no);
    struct ccr_slice got = caller_payload(&r->c);
    cr_assert_eq(got.len, sent.len);
    cr_assert_arr_eq(got.data, sent.data, sent.len);
    cr_assert_eq(r->effects->received->ops, plain_count(&sent));
    cr_assert_eq(r->effects->received->from_seq_no, from);
    cr_assert_neq(r->effects->received_batch_id, 0);
    Ccr__V1__FollowerEffect *apply = effect(r, CCR__V1__EFFECT_KIND__EFFECT_APPLY);
    cr_assert_not_null(apply);
    cr_assert_eq(apply->id, r->effects->received_batch_id);
    cr_assert_eq(apply->last_seq_no, r->log.next_seq_no - 1);
    frame_free(&frame);
}

static void applied(struct rig *r)
{
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    e.kind = CCR__V1__EVENT_KIND__EVENT_APPLIED;
    e.id = effect(r, CCR__V1__EFFECT_KIND__EFFECT_APPLY)->id;
    e.checkpoint = r->log.next_seq_no - 1;
    event(r, &e, NONE);
}

/* A fetch may come with the answer or only after it was applied. */
static void receive_and_apply(struct rig *r)
{
    round_trip(r);
    if (effect(r, CCR__V1__EFFECT_KIND__EFFECT_FETCH) == NULL) {
        applied(r);
    }
}

CCR_TEST(session_follower, operations_arrive_and_the_next_request_names_them_as_prefix)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    cr_assert_eq(fetch(r)->request->prefix_bytes, 0);
    cr_assert_eq(fetch(r)->request->from_seq_no, 0);
    cr_assert_str_eq(fetch(r)->request->history_uuid, "qzMkNbTUTZqtGqMEb2m9wg");
    for (int i = 0; i < 30; i++) {
        write_ops(r, 1 + (size_t)(i % 5) * 10);
        receive_and_apply(r);
        cr_assert_gt(fetch(r)->request->prefix_bytes, i == 0 ? 300 : 3500);
        cr_assert_leq(fetch(r)->request->prefix_bytes, 4096);
    }
    rig_free(r);
}

/* Operations [first, until) as an answer of a leader whose global checkpoint is the end of the log. */
static struct frame partial(struct rig *r, const Ccr__V1__ReadRequest *q, int64_t until)
{
    struct plain_ops p = part(r, q->from_seq_no, until);
    struct ccr_slice prefix = NONE;
    if (q->prefix_bytes > 0) {
        struct plain_ops held = part(r, q->prefix_first_seq_no, q->prefix_last_seq_no + 1);
        prefix = plain_slice(&held);
    }
    struct ccr_wire_header h = {.codec = CCR_CODEC_ZSTD, .from_seq_no = p.first_seq_no, .ops = plain_count(&p)};
    h.checksum = plain_checksum(&p);
    h.origin = ccr_wire_origin(FRAME_HISTORY, FRAME_SHARD);
    h.state = (struct ccr_leader_state){r->log.next_seq_no - 1, r->log.next_seq_no - 1, 1, 1, 1};
    size_t cap = ccr_wire_bound(p.len);
    struct frame f = {malloc(cap), 0};
    assert_ok(ccr_wire_encode(r->ws, &h, 1, prefix, plain_slice(&p), f.data, cap, &f.len, &r->c.err));
    cr_assert_eq(h.prefix_bytes, q->prefix_bytes);
    return f;
}

CCR_TEST(session_follower, an_answer_that_was_overtaken_still_finds_its_prefix)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 4000);
    struct frame probe = partial(r, fetch(r)->request, 100);
    Ccr__V1__FollowerEvent e = fetched(fetch(r)->id);
    event(r, &e, frame_slice(&probe));
    Ccr__V1__FollowerEffect *two[2] = {NULL, NULL};
    size_t n = 0;
    for (size_t i = 0; i < r->effects->n_effects; i++) {
        if (r->effects->effects[i]->kind == CCR__V1__EFFECT_KIND__EFFECT_FETCH && n < 2) {
            two[n++] = r->effects->effects[i];
        }
    }
    cr_assert_eq(n, 2, "the leader is 3900 operations ahead: %zu fetches", n);
    cr_assert_gt(two[0]->request->prefix_bytes, 3500);
    cr_assert_eq(two[1]->request->prefix_bytes, 0);
    struct frame first = partial(r, two[0]->request, two[0]->request->from_seq_no + 200);
    struct frame second = partial(r, two[1]->request, two[1]->request->from_seq_no + 200);
    uint64_t first_id = two[0]->id;
    int64_t first_from = two[0]->request->from_seq_no;
    e = fetched(two[1]->id);
    event(r, &e, frame_slice(&second));
    cr_assert_str_eq(r->effects->refused, "");
    e = fetched(first_id);
    event(r, &e, frame_slice(&first));
    cr_assert_str_eq(r->effects->refused, "");
    cr_assert_eq(r->effects->received->from_seq_no, first_from);
    cr_assert_eq(r->effects->received->ops, 200);
    frame_free(&probe);
    frame_free(&first);
    frame_free(&second);
    rig_free(r);
}

CCR_TEST(session_follower, a_late_answer_does_not_take_the_tail_back)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 4000);
    struct frame probe = partial(r, fetch(r)->request, 100);
    Ccr__V1__FollowerEvent e = fetched(fetch(r)->id);
    event(r, &e, frame_slice(&probe));
    Ccr__V1__FollowerEffect *two[2] = {NULL, NULL};
    for (size_t i = 0; i < r->effects->n_effects; i++) {
        if (r->effects->effects[i]->kind == CCR__V1__EFFECT_KIND__EFFECT_FETCH) {
            two[two[0] != NULL] = r->effects->effects[i];
        }
    }
    cr_assert_not_null(two[1]);
    struct frame first = partial(r, two[0]->request, two[1]->request->from_seq_no);
    struct frame second = partial(r, two[1]->request, 4000);
    uint64_t first_id = two[0]->id;
    e = fetched(two[1]->id);
    event(r, &e, frame_slice(&second));
    e = fetched(first_id);
    event(r, &e, frame_slice(&first));
    cr_assert_eq(fetch(r)->request->from_seq_no, 4000);
    cr_assert_eq(fetch(r)->request->prefix_last_seq_no, 3999);
    cr_assert_gt(fetch(r)->request->prefix_bytes, 3500);
    frame_free(&probe);
    frame_free(&first);
    frame_free(&second);
    rig_free(r);
}

CCR_TEST(session_follower, an_empty_answer_keeps_the_prefix)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 20);
    receive_and_apply(r);
    uint32_t before = fetch(r)->request->prefix_bytes;
    struct plain_ops none = {NULL, 0, 0, 20, 20};
    struct frame frame = frame_of(r->ws, &none, CCR_CODEC_ZSTD, NONE);
    Ccr__V1__FollowerEvent e = fetched(fetch(r)->id);
    event(r, &e, frame_slice(&frame));
    cr_assert_eq(r->effects->received_batch_id, 0);
    cr_assert_null(r->effects->received);
    cr_assert_eq(caller_payload(&r->c).len, 0);
    cr_assert_eq(fetch(r)->request->prefix_bytes, before);
    frame_free(&frame);
    rig_free(r);
}

CCR_TEST(session_follower, without_wanting_a_prefix_none_is_named)
{
    struct rig *r = rig_new(&heap->alloc, 0);
    start(r);
    write_ops(r, 20);
    receive_and_apply(r);
    cr_assert_eq(fetch(r)->request->prefix_bytes, 0);
    rig_free(r);
}

CCR_TEST(session_follower, nobuf_does_not_consume_the_event)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 150);
    Ccr__V1__FollowerEffect *f = fetch(r);
    struct frame frame = answer(r, f->request);
    Ccr__V1__FollowerEvent e = fetched(f->id);
    e.now_ms = r->now;
    r->c.out_cap = 40000;
    for (int i = 0; i < 3; i++) {
        assert_status(caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, frame_slice(&frame)),
                      CCR_NOBUF);
        cr_assert_gt(r->c.out_len, r->log.len);
        cr_assert_leq(r->c.out_len, r->log.len + 40000);
    }
    r->c.out_cap = r->c.out_len;
    assert_ok(caller_again(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT));
    take_effects(r);
    cr_assert_neq(r->effects->received_batch_id, 0);
    cr_assert_eq(caller_payload(&r->c).len, r->log.len);
    frame_free(&frame);
    rig_free(r);
}

/* What is refused, why, and that the machine asks again, without the prefix that may be at fault. */
static void refused_then_good(struct rig *r, struct frame *frame, const char *why)
{
    Ccr__V1__FollowerEvent e = fetched(fetch(r)->id);
    event(r, &e, frame_slice(frame));
    cr_assert_eq(r->effects->received_batch_id, 0);
    cr_assert_eq(caller_payload(&r->c).len, 0);
    cr_assert_str_eq(r->effects->refused, why);
    cr_assert_eq(r->effects->error, CCR__V1__ERROR_CLASS__ERROR_CORRUPT);
    cr_assert_eq(r->effects->state, CCR__V1__FOLLOWER_STATE__STATE_BACKING_OFF);
    while (effect(r, CCR__V1__EFFECT_KIND__EFFECT_FETCH) == NULL) {
        tick(r);
    }
    cr_assert_eq(fetch(r)->request->prefix_bytes, 0);
    round_trip(r);
    cr_assert_str_eq(r->effects->refused, "");
    cr_assert_eq(r->effects->error, CCR__V1__ERROR_CLASS__ERROR_NONE);
}

CCR_TEST(session_follower, a_damaged_frame_is_a_failed_fetch)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 30);
    receive_and_apply(r);
    write_ops(r, 5);
    struct frame frame = answer(r, fetch(r)->request);
    frame.data[0] ^= 0x20;
    refused_then_good(r, &frame, "frame magic at offset 0: expected 0x42524343, got 0x42524363");
    frame_free(&frame);
    rig_free(r);
}

CCR_TEST(session_follower, a_prefix_that_is_not_held_is_a_failed_fetch)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 30);
    struct plain_ops p = part(r, 0, 30);
    struct frame frame = frame_of(r->ws, &p, CCR_CODEC_ZSTD, ccr_slice_of(r->log.data, 500));
    refused_then_good(r, &frame, "the frame from 0 needs a prefix of 500 bytes, held are 0");
    frame_free(&frame);
    rig_free(r);
}

CCR_TEST(session_follower, refused_memory_is_overload_and_passes)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 30);
    struct frame frame = answer(r, fetch(r)->request);
    heap->fail_at = heap->requests;
    heap->fail_all_after = 1;
    Ccr__V1__FollowerEvent e = fetched(fetch(r)->id);
    event(r, &e, frame_slice(&frame));
    cr_assert_eq(r->effects->error, CCR__V1__ERROR_CLASS__ERROR_OVERLOADED);
    cr_assert_str_eq(r->effects->refused, "no memory for a compression workspace");
    heap->fail_at = SIZE_MAX;
    while (effect(r, CCR__V1__EFFECT_KIND__EFFECT_FETCH) == NULL) {
        tick(r);
    }
    receive_and_apply(r);
    frame_free(&frame);
    rig_free(r);
}

CCR_TEST(session_follower, a_late_answer_brings_nothing)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 3);
    struct frame frame = answer(r, fetch(r)->request);
    Ccr__V1__FollowerEvent e = fetched(fetch(r)->id + 1000);
    event(r, &e, frame_slice(&frame));
    cr_assert_eq(r->effects->received_batch_id, 0);
    cr_assert_eq(caller_payload(&r->c).len, 0);
    frame_free(&frame);
    rig_free(r);
}

CCR_TEST(session_follower, malformed_events_change_nothing)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    Ccr__V1__FollowerEvent e = CCR__V1__FOLLOWER_EVENT__INIT;
    e.kind = (Ccr__V1__EventKind)13;
    assert_status(caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, NONE), CCR_ARG);
    cr_assert_str_eq(r->c.err.text, "event kind 13 with error 0");
    e.kind = CCR__V1__EVENT_KIND__EVENT_CONFIGURE;
    assert_status(caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, NONE), CCR_ARG);
    cr_assert_str_eq(r->c.err.text, "a CONFIGURE event without its config");
    e.kind = CCR__V1__EVENT_KIND__EVENT_FETCH_FAILED;
    e.error = (Ccr__V1__ErrorClass)13;
    assert_status(caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, NONE), CCR_ARG);
    write_ops(r, 3);
    round_trip(r); /* the first fetch is still the one in flight */
    rig_free(r);
}

CCR_TEST(session_follower, status_and_new_config)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 40);
    receive_and_apply(r);
    assert_ok(caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_STATUS, NULL, NONE));
    struct ccr_slice e = caller_envelope(&r->c);
    Ccr__V1__FollowerStatus *s = ccr__v1__follower_status__unpack(NULL, e.len, e.data);
    cr_assert_eq(s->state, CCR__V1__FOLLOWER_STATE__STATE_FOLLOWING);
    cr_assert_eq(s->operations_fetched, 40);
    cr_assert_eq(s->received_seq_no, 39);
    cr_assert_eq(s->leader_checkpoint, 39);
    cr_assert_eq(s->raw_bytes, r->log.len);
    cr_assert_eq(s->fetches_in_flight, 1);
    ccr__v1__follower_status__free_unpacked(s, NULL);

    Ccr__V1__FollowerConfig config = follower_config();
    config.fetches_max = 0;
    Ccr__V1__FollowerEvent configure = CCR__V1__FOLLOWER_EVENT__INIT;
    configure.kind = CCR__V1__EVENT_KIND__EVENT_CONFIGURE;
    configure.config = &config;
    configure.now_ms = r->now;
    assert_status(caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT, &configure.base, NONE), CCR_ARG);
    assert_status(open_with(r->rt, CCR_KIND_FOLLOWER, &config.base, &(int64_t){0}, &r->c.err), CCR_ARG);
    config.fetches_max = 2;
    static char long_uuid[] = "0123456789012345678901234567890123456789012345678901234567890123";
    config.history_uuid = long_uuid;
    assert_status(caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT, &configure.base, NONE), CCR_ARG);
    cr_assert_str_eq(r->c.err.text, "history_uuid of 64 bytes is longer than 63");
    config.history_uuid = follower_config().history_uuid;
    config.leader_shard = long_uuid;
    assert_status(caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT, &configure.base, NONE), CCR_ARG);
    cr_assert_str_eq(r->c.err.text, "leader_shard of 64 bytes is longer than 63");
    rig_free(r);
}

/* The same sequence numbers of another history, or of another shard: nothing of it is taken, and it is called by its name. */
static void foreign(const struct ccr_alloc *alloc, const char *history, const char *shard)
{
    struct rig *r = rig_new(alloc, 4096);
    start(r);
    write_ops(r, 10);
    struct plain_ops p = part(r, 0, 10);
    Ccr__V1__BatchHeader m = frame_header(&p);
    m.origin = ccr_wire_origin(history, shard);
    struct frame f = frame_with(&m, plain_slice(&p));
    Ccr__V1__FollowerEvent e = fetched(fetch(r)->id);
    event(r, &e, frame_slice(&f));
    cr_assert_eq(r->effects->error, CCR__V1__ERROR_CLASS__ERROR_HISTORY_CHANGED, "%d", r->effects->error);
    cr_assert_eq(r->effects->state, CCR__V1__FOLLOWER_STATE__STATE_BOOTSTRAP_NEEDED);
    cr_assert_eq(r->effects->received_batch_id, 0);
    cr_assert_null(r->effects->received);
    cr_assert_null(effect(r, CCR__V1__EFFECT_KIND__EFFECT_APPLY));
    cr_assert_eq(caller_payload(&r->c).len, 0);
    cr_assert(strstr(r->effects->refused, "names origin") != NULL, "%s", r->effects->refused);
    cr_assert(strstr(r->effects->refused, FRAME_SHARD) != NULL, "%s", r->effects->refused);
    frame_free(&f);
    rig_free(r);
}

CCR_TEST(session_follower, a_frame_of_another_history_is_not_unpacked)
{
    foreign(&heap->alloc, "another", FRAME_SHARD);
}

CCR_TEST(session_follower, a_frame_of_another_shard_is_not_unpacked)
{
    foreign(&heap->alloc, FRAME_HISTORY, "hK1qv2vFQvq5mYkE2l9e3Q/1");
}

CCR_TEST(session_follower, a_frame_of_no_history_is_not_unpacked)
{
    foreign(&heap->alloc, "", FRAME_SHARD);
}

/* A thousand idle followers hold little: no workspace, a tail of the bytes wanted, the machine. */
CCR_TEST(session_follower, an_idle_session_is_small)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    start(r);
    write_ops(r, 100);
    receive_and_apply(r);
    size_t with = heap->live_bytes;
    assert_ok(ccr_session_close(r->rt, r->handle));
    cr_assert_leq(with - heap->live_bytes, 32u << 10, "%zu bytes", with - heap->live_bytes);
    rig_free(r);
}

/* A claim is not believed beyond what was asked for: no room is asked of Java, and nothing is unpacked. */
CCR_TEST(session_follower, a_claim_beyond_what_was_asked_for_is_refused)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    write_ops(r, 3);
    start(r);
    Ccr__V1__FollowerEffect *f = fetch(r);
    uint32_t asked = f->request->max_bytes;
    uint64_t id = f->id;
    struct plain_ops p = part(r, 0, 3);
    Ccr__V1__BatchHeader m = frame_header(&p);
    m.codec = CCR__V1__CODEC__CODEC_ZSTD;
    m.raw_bytes = CCR_WIRE_RAW_MAX;
    m.packed_bytes = 4;
    struct frame frame = frame_with(&m, ccr_slice_of("\0\0\0\0", 4));
    Ccr__V1__FollowerEvent e = fetched(id);
    event(r, &e, frame_slice(&frame));
    char why[256];
    snprintf(
        why, sizeof why,
        "answer with 3 operations from 0 in %u bytes: more bytes than were asked for; asked were %u bytes from 0 to "
        "9223372036854775807",
        CCR_WIRE_RAW_MAX, asked);
    cr_assert_str_eq(r->effects->refused, why);
    cr_assert_eq(r->effects->error, CCR__V1__ERROR_CLASS__ERROR_CORRUPT);
    cr_assert_eq(r->effects->received_batch_id, 0);
    cr_assert_lt(heap->largest, 1u << 20);
    frame_free(&frame);
    rig_free(r);
}

/* One operation alone may be longer than what was asked for, so its room is asked for. */
CCR_TEST(session_follower, a_claim_of_one_long_operation_asks_for_room)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    write_ops(r, 1);
    start(r);
    struct plain_ops p = part(r, 0, 1);
    Ccr__V1__BatchHeader m = frame_header(&p);
    m.codec = CCR__V1__CODEC__CODEC_ZSTD;
    m.raw_bytes = 100u << 20;
    m.packed_bytes = 4;
    struct frame frame = frame_with(&m, ccr_slice_of("\0\0\0\0", 4));
    Ccr__V1__FollowerEvent e = fetched(fetch(r)->id);
    e.now_ms = r->now;
    struct ccr_status s = caller_call(&r->c, r->handle, CCR_METHOD_FOLLOWER_EVENT, &e.base, frame_slice(&frame));
    cr_assert(ccr_is(s, CCR_NOBUF), "%s", ccr_status_name(s));
    cr_assert_gt(r->c.out_len, 100u << 20);
    frame_free(&frame);
    rig_free(r);
}

CCR_TEST(session_follower, an_answer_that_nobody_waits_for_is_not_unpacked)
{
    struct rig *r = rig_new(&heap->alloc, 4096);
    write_ops(r, 3);
    start(r);
    struct plain_ops p = part(r, 0, 3);
    Ccr__V1__BatchHeader m = frame_header(&p);
    m.codec = CCR__V1__CODEC__CODEC_ZSTD;
    m.raw_bytes = CCR_WIRE_RAW_MAX;
    m.packed_bytes = 4;
    struct frame frame = frame_with(&m, ccr_slice_of("\0\0\0\0", 4));
    Ccr__V1__FollowerEvent e = fetched(4711);
    event(r, &e, frame_slice(&frame));
    cr_assert_str_eq(r->effects->refused, "");
    cr_assert_eq(r->effects->error, CCR__V1__ERROR_CLASS__ERROR_NONE);
    cr_assert_eq(caller_payload(&r->c).len, 0);
    frame_free(&frame);
    rig_free(r);
}
