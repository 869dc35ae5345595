/*
 * Sessions of kind FOLLOWER: unpacks what the leader sent, keeps the tail for the next request's prefix, and carries
 * events to the state machine and effects back.
 *
 * The prefix a request names must still be here when its answer comes, while other answers overtake it. So naming moves
 * the tail into a pin under the request's id, and the answer moves it back. A request that is given up leaves its pin
 * behind; the oldest makes way when all are taken, which costs no more than the prefix of one batch.
 */
#include <stdalign.h>
#include <string.h>

#include "session/messages.h"
#include "session/session_private.h"
#include "wire/arena.h"

/* 128 effects of at most 250 bytes, then a summary, the refusal's text and five numbers. */
#define EFFECT_MAX   256u
#define EFFECTS_ROOM (CCR_FOLLOWER_EFFECTS_MAX * EFFECT_MAX + 1024u)

struct pin {
    bool taken;
    uint64_t fetch_id;
    struct ccr_tail tail;
};

struct ccri_follower_session {
    const struct ccr_alloc *alloc;
    struct ccr_follower *follower;
    struct ccr_tail tail;
    struct pin pins[CCR_FOLLOWER_FETCHES_MAX];
};

struct ccr_status ccri_follower_session_open(struct ccri_follower_session **out, const struct ccr_alloc *alloc,
                                             struct ccr_budget *budget, const void *msg, size_t len,
                                             struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[4096];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__FollowerConfig *m = ccr__v1__follower_config__unpack(&arena.allocator, len, msg);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the message of %zu bytes is no FollowerConfig", len);
    }
    struct ccr_follower_config config;
    CCR_TRY(ccri_config_of(&config, m, err));
    struct ccri_follower_session *s = ccr_alloc_zero(alloc, sizeof *s);
    if (s == NULL) {
        return ccr_err_set(err, CCR_NOMEM, "no memory for a follower session");
    }
    s->alloc = alloc;
    ccr_tail_init(&s->tail, alloc, config.prefix_bytes_max);
    struct ccr_status status = ccr_follower_new(&s->follower, alloc, &config, budget, err);
    if (!ccr_ok(status)) {
        ccri_follower_session_free(s);
        return status;
    }
    *out = s;
    return status;
}

void ccri_follower_session_free(struct ccri_follower_session *s)
{
    if (s == NULL) {
        return;
    }
    if (s->follower != NULL) {
        ccr_follower_free(s->follower);
    }
    for (size_t i = 0; i < CCR_FOLLOWER_FETCHES_MAX; i++) {
        if (s->pins[i].taken) {
            ccr_tail_fini(&s->pins[i].tail);
        }
    }
    ccr_tail_fini(&s->tail);
    ccr_alloc_put(s->alloc, s);
}

/* ---- pins */

static struct pin *pin_of(struct ccri_follower_session *s, uint64_t fetch_id)
{
    for (size_t i = 0; i < CCR_FOLLOWER_FETCHES_MAX; i++) {
        if (s->pins[i].taken && s->pins[i].fetch_id == fetch_id) {
            return &s->pins[i];
        }
    }
    return NULL;
}

/* A free pin, or the oldest one emptied: ids rise. */
static struct pin *pin_room(struct ccri_follower_session *s)
{
    struct pin *oldest = &s->pins[0];
    for (size_t i = 0; i < CCR_FOLLOWER_FETCHES_MAX; i++) {
        if (!s->pins[i].taken) {
            return &s->pins[i];
        }
        if (s->pins[i].fetch_id < oldest->fetch_id) {
            oldest = &s->pins[i];
        }
    }
    ccr_tail_fini(&oldest->tail);
    oldest->taken = false;
    return oldest;
}

/* Names the tail in a request and moves it under the request's id. */
static void pin_name(struct ccri_follower_session *s, uint64_t fetch_id, struct ccr_read_request *r)
{
    ccr_tail_name(&s->tail, r);
    if (r->prefix_bytes == 0) {
        return;
    }
    size_t want = s->tail.want;
    struct pin *pin = pin_room(s);
    pin->taken = true;
    pin->fetch_id = fetch_id;
    pin->tail = s->tail;
    ccr_tail_init(&s->tail, s->alloc, want);
}

/* Answered: what was pinned becomes the tail again, unless the tail is further on. */
static void pin_release(struct ccri_follower_session *s, struct pin *pin)
{
    if (pin == NULL) {
        return;
    }
    struct ccr_tail loser = pin->tail;
    if (s->tail.digest.ops == 0 || s->tail.digest.last_seq_no < pin->tail.digest.last_seq_no) {
        size_t want = s->tail.want;
        loser = s->tail;
        s->tail = pin->tail;
        s->tail.want = want;
    }
    ccr_tail_fini(&loser);
    pin->taken = false;
}

static void tail_forget(struct ccri_follower_session *s, struct pin *pin)
{
    if (pin != NULL) {
        ccr_tail_fini(&pin->tail);
        pin->taken = false;
    }
    ccr_tail_clear(&s->tail);
}

/* ---- events */

struct received {
    struct ccr_wire_header header;
    bool held; /* the answer's payload holds the plain operations of header */
    char refused[CCR_ERR_TEXT_MAX];
};

static struct ccr_status event_of(struct ccr_event *e, struct ccr_follower_config *config,
                                  const Ccr__V1__FollowerEvent *m, struct ccr_err *err)
{
    if ((unsigned)m->kind > CCR_EVENT_LEADER_BACK || (unsigned)m->error > CCR_ERROR_FATAL) {
        return ccr_err_set(err, CCR_ARG, "event kind %d with error %d", (int)m->kind, (int)m->error);
    }
    *e = (struct ccr_event){
        .kind = (enum ccr_event_kind)m->kind,
        .now_ms = m->now_ms,
        .id = m->id,
        .error = (enum ccr_error_class)m->error,
        .next_seq_no = m->next_seq_no,
        .checkpoint = m->checkpoint,
        .mapping_version = m->mapping_version,
        .settings_version = m->settings_version,
        .aliases_version = m->aliases_version,
        .silent_ms = m->silent_ms,
    };
    if (e->kind == CCR_EVENT_CONFIGURE) {
        if (m->config == NULL) {
            return ccr_err_set(err, CCR_ARG, "a CONFIGURE event without its config");
        }
        CCR_TRY(ccri_config_of(config, m->config, err));
        e->config = config;
    }
    return ccr_status_of(CCR_OK);
}

/* A frame that cannot be used is for the machine a fetch that failed; it decides how often to try again. */
static void refuse(struct received *r, struct ccr_event *e, struct ccr_status s, const struct ccr_err *err)
{
    e->kind = CCR_EVENT_FETCH_FAILED;
    e->error = ccr_is(s, CCR_NOMEM)     ? CCR_ERROR_OVERLOADED
               : ccr_is(s, CCR_HISTORY) ? CCR_ERROR_HISTORY_CHANGED
                                        : CCR_ERROR_CORRUPT;
    e->header = NULL;
    memcpy(r->refused, err->text, sizeof r->refused);
    r->refused[sizeof r->refused - 1] = 0;
    for (char *p = r->refused; *p != 0; p++) {
        *p = (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x7f ? *p : '?';
    }
}

static struct ccr_status unpack(struct ccr_runtime *rt, const struct pin *pin, const struct ccr_wire_header *h,
                                struct ccr_slice packed, uint8_t *dst, struct ccr_err *err)
{
    struct ccr_slice prefix = pin != NULL ? ccr_buf_slice(&pin->tail.bytes) : ccr_slice_of(NULL, 0);
    struct ccr_workspace *ws;
    CCR_TRY(ccri_workspaces_take(&rt->workspaces, rt->alloc, &ws, err));
    struct ccr_status s = ccr_wire_unpack(ws, h, packed, prefix, dst, err);
    ccri_workspaces_give(&rt->workspaces, ws);
    return s;
}

/* Unpacks a FETCHED event's frame into the answer, or turns the event into a failed fetch. NOBUF: nothing happened. */
static struct ccr_status receive(struct ccri_follower_session *s, struct ccr_runtime *rt, struct ccr_event *e,
                                 struct received *r, struct ccr_slice frame, struct ccri_answer *out,
                                 struct ccr_err *err)
{
    struct ccr_err local = {0};
    struct ccr_slice packed;
    struct pin *pin = pin_of(s, e->id);
    struct ccr_status status = ccr_wire_decode(&r->header, frame, &packed, &local);
    if (ccr_ok(status)) {
        status = ccr_follower_expects(s->follower, e->id, &r->header, &local);
    }
    if (ccr_is(status, CCR_AGAIN)) { /* too late: the machine counts it, nobody reads it */
        e->header = &r->header;
        return ccri_answer_room(out, EFFECTS_ROOM, 0, err);
    }
    if (ccr_ok(status)) {
        CCR_TRY(ccri_answer_room(out, EFFECTS_ROOM, r->header.raw_bytes, err));
        status = unpack(rt, pin, &r->header, packed, ccri_answer_payload(out), &local);
    } else {
        CCR_TRY(ccri_answer_room(out, EFFECTS_ROOM, 0, err));
    }
    if (!ccr_ok(status)) {
        refuse(r, e, status, &local);
        if (!ccr_is(status, CCR_NOMEM)) {
            tail_forget(s, pin); /* what both sides think they hold may be what does not match */
        }
        return ccr_status_of(CCR_OK);
    }
    e->header = &r->header;
    r->held = r->header.ops > 0;
    return ccr_status_of(CCR_OK);
}

/* ---- effects */

static struct ccr_status put_effect(struct ccri_answer *out, struct ccr_effect *e, struct ccr_err *err)
{
    Ccr__V1__ReadRequest request;
    Ccr__V1__FollowerEffect m = CCR__V1__FOLLOWER_EFFECT__INIT;
    m.kind = (Ccr__V1__EffectKind)e->kind;
    m.id = e->id;
    if (e->kind == CCR_EFFECT_FETCH) {
        ccri_request_message(&request, &e->request);
        m.request = &request;
    }
    m.first_seq_no = e->first_seq_no;
    m.last_seq_no = e->last_seq_no;
    m.max_seq_no_of_updates = e->max_seq_no_of_updates;
    m.mapping_version = e->mapping_version;
    m.settings_version = e->settings_version;
    m.aliases_version = e->aliases_version;
    m.retaining_seq_no = e->retaining_seq_no;
    m.look_again = e->look_again;
    return ccri_answer_put_field(out, 1, &m.base, err);
}

/* The effects one by one, then the rest of the message: protobuf joins what stands in a row. */
static struct ccr_status put_effects(struct ccri_follower_session *s, struct ccr_effects *effects, struct received *r,
                                     struct ccri_answer *out, struct ccr_err *err)
{
    for (size_t i = 0; i < effects->count; i++) {
        if (effects->items[i].kind == CCR_EFFECT_FETCH) {
            pin_name(s, effects->items[i].id, &effects->items[i].request);
        }
        CCR_TRY(put_effect(out, &effects->items[i], err));
    }
    struct ccr_follower_status status;
    ccr_follower_status(s->follower, &status);
    Ccr__V1__FollowerEffects m;
    ccr__v1__follower_effects__init(&m);
    Ccr__V1__BatchSummary summary;
    m.next_deadline_ms = effects->next_deadline_ms;
    m.state = (Ccr__V1__FollowerState)status.state;
    m.error = (Ccr__V1__ErrorClass)status.error;
    m.refused = r->refused;
    if (r->held && effects->received_batch_id != 0) {
        ccri_summary_message(&summary, &r->header);
        m.received_batch_id = effects->received_batch_id;
        m.received = &summary;
        out->payload_len = r->header.raw_bytes;
    }
    return ccri_answer_put(out, &m.base, err);
}

/* After the machine took the event: pins and tail follow. */
static void settle(struct ccri_follower_session *s, const struct ccr_event *e, const struct received *r,
                   uint64_t batch_id, const uint8_t *plain)
{
    if (e->config != NULL) {
        s->tail.want = e->config->prefix_bytes_max;
        return;
    }
    if (e->kind != CCR_EVENT_FETCHED && e->kind != CCR_EVENT_FETCH_FAILED) {
        return;
    }
    pin_release(s, pin_of(s, e->id));
    if (!r->held || batch_id == 0) {
        return;
    }
    if (s->tail.digest.ops == 0 || ccr_wire_last_seq_no(&r->header) > s->tail.digest.last_seq_no) {
        /* No memory for a tail means no prefix, nothing else. */
        (void)!ccr_ok(ccr_tail_keep(&s->tail, ccr_slice_of(plain, r->header.raw_bytes), r->header.from_seq_no));
    }
}

static struct ccr_status event(struct ccri_follower_session *s, struct ccr_runtime *rt, const struct ccri_call *in,
                               struct ccri_answer *out, struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[4096];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__FollowerEvent *m =
        ccr__v1__follower_event__unpack(&arena.allocator, in->envelope.len, in->envelope.data);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the envelope of %zu bytes is no FollowerEvent", in->envelope.len);
    }
    struct ccr_event e;
    struct ccr_follower_config config;
    CCR_TRY(event_of(&e, &config, m, err));

    struct received r;
    r.held = false;
    r.refused[0] = 0;
    if (e.kind == CCR_EVENT_FETCHED) {
        CCR_TRY(receive(s, rt, &e, &r, in->payload, out, err));
    } else {
        CCR_TRY(ccri_answer_room(out, EFFECTS_ROOM, 0, err));
    }
    struct ccr_effects effects;
    CCR_TRY(ccr_follower_step(s->follower, &e, &effects, err));
    settle(s, &e, &r, effects.received_batch_id, ccri_answer_payload(out));
    return put_effects(s, &effects, &r, out, err);
}

/* The envelope may be left out: then the figures are those of the last event. */
static struct ccr_status status_of(const struct ccri_follower_session *s, const struct ccri_call *in,
                                   struct ccri_answer *out, struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[256];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__FollowerLook *look =
        ccr__v1__follower_look__unpack(&arena.allocator, in->envelope.len, in->envelope.data);
    if (look == NULL) {
        return ccr_err_set(err, CCR_ARG, "the envelope of %zu bytes is no FollowerLook", in->envelope.len);
    }
    struct ccr_follower_status st;
    struct ccr_follower_figures figures;
    ccr_follower_status(s->follower, &st);
    ccr_follower_figures(s->follower, look->now_ms, &figures);
    Ccr__V1__FollowerStatus m = CCR__V1__FOLLOWER_STATUS__INIT;
    m.state = (Ccr__V1__FollowerState)st.state;
    m.error = (Ccr__V1__ErrorClass)st.error;
    m.attempts = st.attempts;
    m.error_since_ms = st.error_since_ms;
    m.leader_checkpoint = st.leader_checkpoint;
    m.received_seq_no = st.received_seq_no;
    m.applied_seq_no = st.applied_seq_no;
    m.operations_fetched = st.operations_fetched;
    m.operations_applied = st.operations_applied;
    m.raw_bytes = st.raw_bytes;
    m.packed_bytes = st.packed_bytes;
    m.fetches = st.fetches;
    m.fetches_failed = st.fetches_failed;
    m.applies_failed = st.applies_failed;
    m.fetches_throttled = st.fetches_throttled;
    m.fetches_in_flight = st.fetches_in_flight;
    m.applies_in_flight = st.applies_in_flight;
    m.bytes_held = st.bytes_held;
    m.state_since_ms = st.state_since_ms;
    m.lag_ms = figures.lag_ms;
    m.lag_operations = figures.lag_operations;
    m.lag_bytes = figures.lag_bytes;
    m.operations_per_second = figures.operations_per_second;
    m.raw_bytes_per_second = figures.raw_bytes_per_second;
    m.packed_bytes_per_second = figures.packed_bytes_per_second;
    m.heard_ms = figures.heard_ms;
    m.applied_ms = figures.applied_ms;
    m.last_error = (Ccr__V1__ErrorClass)figures.last_error;
    m.last_error_ms = figures.last_error_ms;
    m.last_error_attempts = figures.last_error_attempts;
    CCR_TRY(ccri_answer_room(out, ccr__v1__follower_status__get_packed_size(&m), 0, err));
    return ccri_answer_put(out, &m.base, err);
}

struct ccr_status ccri_follower_session_call(struct ccri_follower_session *s, struct ccr_runtime *rt,
                                             enum ccr_method method, const struct ccri_call *in,
                                             struct ccri_answer *out, struct ccr_err *err)
{
    if (method == CCR_METHOD_FOLLOWER_EVENT) {
        return event(s, rt, in, out, err);
    }
    if (method == CCR_METHOD_FOLLOWER_STATUS) {
        return status_of(s, in, out, err);
    }
    return ccr_err_set(err, CCR_ARG, "method %d is not one of a follower session", (int)method);
}
