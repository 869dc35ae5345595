/*
 * The follower's state machine under any row of events: answers to what it asked and to what it never asked, failures of
 * every class, clocks that jump, other configurations. After each step its invariants hold, its effects make sense to
 * somebody who only sees events and effects, and a TICK with nothing due does nothing.
 */
#include "ccr/follower.h"
#include "fuzz.h"

#define TRACKED_MAX 128u
#define STEPS_MAX   400

struct batch {
    uint64_t id;
    int64_t first;
    int64_t last;
    bool applying;
};

struct rig {
    struct draw d;
    struct ccr_budget budget;
    struct ccr_follower *f;
    struct ccr_follower_config config;
    struct ccr_effects out;
    struct ccr_err err;
    int64_t now;
    bool started;
    bool done;
    uint64_t last_id;
    int64_t applied; /* everything at or below was applied, by what was seen from outside */
    struct ccr_effect asked[TRACKED_MAX];
    size_t asked_count;
    struct batch held[TRACKED_MAX];
    size_t held_count;
    struct batch ahead[TRACKED_MAX]; /* applied, with something missing before it */
    size_t ahead_count;
};

static struct ccr_follower_config any_config(struct draw *d, bool valid)
{
    struct ccr_follower_config c = {.backoff_min_ms = 1, .level = 1};
    c.fetches_max = 1 + draw_u8(d) % 16;
    c.applies_max = 1 + draw_u8(d) % 16;
    c.batch_bytes_max = (64u << 10) << draw_u8(d) % 11;
    c.batch_ops_max = 16u << draw_u8(d) % 17;
    c.poll_bytes = (4u << 10) << draw_u8(d) % 5;
    c.poll_timeout_ms = 100 + draw_u16(d);
    c.backoff_min_ms += draw_u8(d);
    c.backoff_max_ms = 256 + draw_u16(d);
    c.lease_interval_ms = 100 + draw_u16(d);
    c.prefix_bytes_max = draw_u8(d) * 64u;
    c.codec = (enum ccr_codec_id)(draw_u8(d) % 3);
    c.seed = draw_u8(d);
    if (draw_u8(d) % 2 == 0) {
        memcpy(c.history_uuid, "history", 8);
    }
    if (!valid) {
        switch (draw_u8(d) % 6) {
        case 0:
            c.fetches_max = (uint32_t)draw_number(d);
            break;
        case 1:
            c.applies_max = (uint32_t)draw_number(d);
            break;
        case 2:
            c.backoff_min_ms = (uint32_t)draw_number(d);
            break;
        case 3:
            c.poll_bytes = (uint32_t)draw_number(d);
            break;
        case 4:
            c.level = (int)draw_number(d);
            break;
        default:
            memset(c.history_uuid, 'x', sizeof c.history_uuid - draw_u8(d) % 2);
            break;
        }
    }
    return c;
}

/* ---- what can be known from outside */

static void advance(struct rig *r)
{
    for (size_t i = 0; i < r->ahead_count;) {
        if (r->ahead[i].first == r->applied + 1) {
            r->applied = r->ahead[i].last;
            r->ahead[i] = r->ahead[--r->ahead_count];
            i = 0;
        } else {
            i++;
        }
    }
}

static struct batch *held_of(struct rig *r, uint64_t id)
{
    for (size_t i = 0; i < r->held_count; i++) {
        if (r->held[i].id == id) {
            return &r->held[i];
        }
    }
    return NULL;
}

static void see_fetch(struct rig *r, const struct ccr_effect *e)
{
    struct ccr_status s = ccr_read_request_check(&e->request, &r->err);
    HOLDS(ccr_ok(s), "%s", r->err.text);
    HOLDS(e->id > r->last_id, "id %llu", (unsigned long long)e->id);
    HOLDS(e->request.from_seq_no > r->applied, "asks for what is applied: %lld", (long long)e->request.from_seq_no);
    r->last_id = e->id;
    if (r->asked_count == TRACKED_MAX) { /* the oldest was given up long ago */
        memmove(r->asked, r->asked + 1, --r->asked_count * sizeof r->asked[0]);
    }
    r->asked[r->asked_count++] = *e;
}

static void see_effect(struct rig *r, const struct ccr_effect *e)
{
    struct batch *b = held_of(r, e->id);
    HOLDS(!r->done, "effect %d after DONE", (int)e->kind);
    switch (e->kind) {
    case CCR_EFFECT_FETCH:
        see_fetch(r, e);
        break;
    case CCR_EFFECT_APPLY:
        HOLDS(b != NULL && !b->applying, "batch %llu", (unsigned long long)e->id);
        HOLDS(b->first == e->first_seq_no && b->last == e->last_seq_no, "batch %llu", (unsigned long long)e->id);
        b->applying = true;
        break;
    case CCR_EFFECT_DROP:
        HOLDS(b != NULL && !b->applying, "batch %llu", (unsigned long long)e->id);
        *b = r->held[--r->held_count];
        break;
    case CCR_EFFECT_RENEW_LEASE:
        HOLDS(e->retaining_seq_no <= r->applied + 1, "lease %lld", (long long)e->retaining_seq_no);
        break;
    case CCR_EFFECT_DONE:
        r->done = true;
        break;
    default:
        break;
    }
}

/* What the event itself changed, before the effects are looked at. */
static void see_event(struct rig *r, const struct ccr_event *e)
{
    if (r->out.received_batch_id != 0) {
        HOLDS(e->kind == CCR_EVENT_FETCHED && r->out.received_batch_id == e->id && r->held_count < TRACKED_MAX, "%llu",
              (unsigned long long)e->id);
        r->held[r->held_count++] =
            (struct batch){e->id, e->header->from_seq_no, ccr_wire_last_seq_no(e->header), false};
    }
    struct batch *b = held_of(r, e->id);
    if (b == NULL || !b->applying) {
        return;
    }
    if (e->kind == CCR_EVENT_APPLIED) {
        HOLDS(r->ahead_count < TRACKED_MAX, "%zu applied ahead", r->ahead_count);
        r->ahead[r->ahead_count++] = *b;
        *b = r->held[--r->held_count];
        advance(r);
    } else if (e->kind == CCR_EVENT_APPLY_FAILED) {
        b->applying = false;
    }
}

/* False: the event was refused, and nothing changed. */
static bool step(struct rig *r, struct ccr_event *e)
{
    static struct ccr_effects idle;
    struct ccr_follower_status st;
    struct ccr_follower_figures g;
    e->now_ms = r->now;
    struct ccr_status s = ccr_follower_step(r->f, e, &r->out, &r->err);
    HOLDS(ccr_ok(s) || ccr_is(s, CCR_ARG), "%s", r->err.text);
    if (!ccr_ok(s)) {
        return false;
    }
    see_event(r, e);
    for (size_t i = 0; i < r->out.count; i++) {
        see_effect(r, &r->out.items[i]);
    }
    HOLDS(ccr_ok(ccr_follower_check(r->f, &r->err)), "%s", r->err.text);
    ccr_follower_status(r->f, &st);
    HOLDS((!r->started && e->kind != CCR_EVENT_START) || st.applied_seq_no == r->applied, "applied %lld, seen %lld",
          (long long)st.applied_seq_no, (long long)r->applied);
    HOLDS(st.received_seq_no >= st.applied_seq_no, "received %lld", (long long)st.received_seq_no);
    ccr_follower_figures(r->f, r->now, &g);
    HOLDS(g.lag_operations <= (uint64_t)CCR_SEQ_NO_MAX + 1 && g.lag_bytes <= CCR_FOLLOWER_LAG_BYTES_MAX,
          "a lag of %llu operations, %llu bytes", (unsigned long long)g.lag_operations,
          (unsigned long long)g.lag_bytes);
    HOLDS(r->out.next_deadline_ms > r->now, "deadline %lld", (long long)r->out.next_deadline_ms);
    struct ccr_event tick = {.kind = CCR_EVENT_TICK, .now_ms = r->now};
    HOLDS(ccr_ok(ccr_follower_step(r->f, &tick, &idle, &r->err)), "%s", r->err.text);
    HOLDS(idle.count == 0 && idle.next_deadline_ms == r->out.next_deadline_ms,
          "an idle TICK: %zu effects, deadline %lld", idle.count, (long long)idle.next_deadline_ms);
    return true;
}

/* ---- events */

static void pass_time(struct rig *r)
{
    uint8_t how = draw_u8(&r->d);
    int64_t later = r->now;
    if (how < 96) {
        return;
    }
    if (how < 176 && r->out.next_deadline_ms != INT64_MAX) {
        later = r->out.next_deadline_ms - (how < 112);
    } else if (how < 240) {
        later = r->now + (int64_t)draw_u16(&r->d);
    } else {
        later = (int64_t)(draw_number(&r->d) >> 2);
    }
    r->now = later > r->now ? later : r->now;
}

/* An answer, mostly to the request it is for. */
static void answer(struct rig *r, struct ccr_event *e, struct ccr_wire_header *h)
{
    uint8_t which = draw_u8(&r->d);
    uint8_t how = draw_u8(&r->d);
    *h = (struct ccr_wire_header){.version = 1, .codec = CCR_CODEC_ZSTD, .state = {.mapping_version = how % 5}};
    h->state.settings_version = how % 3;
    h->state.aliases_version = how % 7;
    h->origin = how == 0xEF ? 1 : ccr_wire_origin("history", "");
    if (r->asked_count == 0 || which == 0xFF) {
        e->id = draw_number(&r->d);
        h->from_seq_no = (int64_t)(draw_number(&r->d) >> 1);
        h->ops = (uint32_t)draw_number(&r->d);
        h->raw_bytes = (uint32_t)draw_number(&r->d);
        h->state.global_checkpoint = (int64_t)draw_number(&r->d);
    } else {
        const struct ccr_effect *a = &r->asked[which % r->asked_count];
        const struct ccr_read_request *q = &a->request;
        uint64_t most = q->last_seq_no < 0 ? q->max_ops : (uint64_t)(q->last_seq_no - q->from_seq_no) + 1;
        e->id = a->id;
        h->from_seq_no = q->from_seq_no;
        h->ops = how % 4 == 0 ? 0 : (uint32_t)(1 + draw_u16(&r->d) % most);
        h->raw_bytes = h->ops == 0 ? 0 : h->ops * 21 + draw_u16(&r->d);
        h->state.global_checkpoint =
            q->from_seq_no - 1 + h->ops + (how % 16 == 5 ? -1 : (int64_t)draw_number(&r->d) / 4);
        if (how >= 0xF0) { /* one thing about it is not what was asked */
            h->from_seq_no += how % 3 - 1;
            h->ops += how % 5 == 1 ? (uint32_t)most : 0;
            h->raw_bytes += how % 7 == 1 ? q->max_bytes : 0;
        }
    }
    /* ccr_wire_decode lets no such header through */
    if (h->from_seq_no < 0 || h->from_seq_no > INT64_MAX - h->ops) {
        h->from_seq_no = 0;
    }
    if (h->state.global_checkpoint < CCR_SEQ_NO_UNASSIGNED || h->state.global_checkpoint > CCR_SEQ_NO_MAX) {
        h->state.global_checkpoint = how % 2 == 0 ? CCR_SEQ_NO_MAX : CCR_SEQ_NO_UNASSIGNED;
    }
    h->packed_bytes = h->raw_bytes / 3;
    e->header = h;
}

static uint64_t some_batch(struct rig *r)
{
    uint8_t which = draw_u8(&r->d);
    return r->held_count == 0 || which >= 0xF0 ? draw_number(&r->d) : r->held[which % r->held_count].id;
}

static void begin(struct rig *r, struct ccr_event *e)
{
    e->next_seq_no = (int64_t)draw_number(&r->d);
    e->checkpoint = (int64_t)draw_number(&r->d);
    e->mapping_version = draw_u8(&r->d) % 4;
    if (!r->started && e->next_seq_no >= 0 && e->next_seq_no <= CCR_SEQ_NO_MAX) {
        r->applied = e->next_seq_no - 1;
    }
}

static void one_event(struct rig *r)
{
    struct ccr_wire_header h;
    struct ccr_event e = {.kind = (enum ccr_event_kind)(draw_u8(&r->d) % 16)};
    int64_t applied = r->applied;
    pass_time(r);
    e.error = (enum ccr_error_class)(draw_u8(&r->d) % 14);
    switch (e.kind) {
    case CCR_EVENT_START:
        begin(r, &e);
        break;
    case CCR_EVENT_FETCHED:
        answer(r, &e, &h);
        break;
    case CCR_EVENT_FETCH_FAILED:
        answer(r, &e, &h);
        e.header = NULL;
        break;
    case CCR_EVENT_APPLIED:
    case CCR_EVENT_APPLY_FAILED:
        e.id = some_batch(r);
        e.checkpoint = (int64_t)draw_number(&r->d);
        break;
    case CCR_EVENT_METADATA_SYNCED:
        e.mapping_version = draw_u8(&r->d) % 8;
        e.settings_version = draw_u8(&r->d) % 8;
        e.aliases_version = draw_u8(&r->d) % 8;
        break;
    case CCR_EVENT_CONFIGURE:
        r->config = any_config(&r->d, draw_u8(&r->d) % 4 != 0);
        e.config = &r->config;
        break;
    default:
        break;
    }
    if (step(r, &e)) {
        r->started = r->started || e.kind == CCR_EVENT_START;
    } else {
        r->applied = applied;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig r; /* large, and zeroed by hand: only the counts matter */
    r.d = draw_of(data, size);
    r.asked_count = r.held_count = r.ahead_count = 0;
    r.started = r.done = false;
    r.last_id = 0;
    r.applied = -1;
    r.now = 1000;
    r.out.next_deadline_ms = INT64_MAX;
    r.config = any_config(&r.d, true);
    uint8_t room = draw_u8(&r.d);
    ccr_budget_init(&r.budget, room < 0x80 ? UINT64_MAX : (uint64_t)room << 12);
    if (!ccr_ok(ccr_follower_new(&r.f, ccr_alloc_system(), &r.config, &r.budget, &r.err))) {
        return 0;
    }
    for (int i = 0; i < STEPS_MAX && draw_left(&r.d) > 0; i++) {
        one_event(&r);
    }
    ccr_follower_free(r.f);
    HOLDS(atomic_load(&r.budget.taken) == 0, "%llu credits did not come back",
          (unsigned long long)atomic_load(&r.budget.taken));
    return 0;
}
