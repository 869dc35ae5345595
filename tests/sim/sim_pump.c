/*
 * What Java does on the follower: one event at a time into the machine, its effects carried out, a timer at its
 * deadline, the plain bytes of batches kept by id until they are applied or dropped. Frames are unpacked here with the
 * real codec, with the bytes the request named as its prefix.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

struct ccr_follower_config sim_config(struct sim *s)
{
    struct ccr_follower_config c = {
        .fetches_max = 1 + sim_below(s, 5),
        .applies_max = 1 + sim_below(s, 4),
        .batch_bytes_max = (64u << 10) << sim_below(s, 2),
        .batch_ops_max = 16 + sim_below(s, 300),
        .poll_bytes = 4096u << sim_below(s, 5),
        .poll_timeout_ms = 100 + sim_below(s, 20000),
        .backoff_min_ms = 1 + sim_below(s, 100),
        .backoff_max_ms = 200 + sim_below(s, 5000),
        .lease_interval_ms = 100 + sim_below(s, 10000),
        .prefix_bytes_max = sim_chance(s, 700) ? 4096 : 0,
        .codec = (enum ccr_codec_id)sim_below(s, 3),
        .level = 1,
        .seed = sim_random(s),
    };
    strcpy(c.history_uuid, SIM_HISTORY);
    return c;
}

/* ---- batches and fetches */

struct sim_batch *sim_pump_batch(struct sim *s, uint64_t id)
{
    for (int i = 0; i < SIM_BATCHES; i++) {
        if (s->pump.batches[i].used && s->pump.batches[i].id == id) {
            return &s->pump.batches[i];
        }
    }
    return NULL;
}

static void forget_batch(struct sim *s, uint64_t id)
{
    struct sim_batch *b = sim_pump_batch(s, id);
    if (b == NULL) {
        sim_fail(s, "batch %llu is not held", (unsigned long long)id);
        return;
    }
    free(b->plain);
    b->used = false;
}

static void keep_batch(struct sim *s, uint64_t id, const struct ccr_wire_header *h, uint8_t *plain)
{
    for (int i = 0; i < SIM_BATCHES; i++) {
        struct sim_batch *b = &s->pump.batches[i];
        if (!b->used) {
            *b = (struct sim_batch){.used = true,
                                    .id = id,
                                    .first = h->from_seq_no,
                                    .last = ccr_wire_last_seq_no(h),
                                    .plain = plain,
                                    .len = h->raw_bytes,
                                    .mapping = h->state.mapping_version,
                                    .settings = h->state.settings_version};
            return;
        }
    }
    free(plain);
    sim_fail(s, "more than %d batches are held", SIM_BATCHES);
}

static struct sim_fetch *find_fetch(struct sim *s, uint64_t id)
{
    for (int i = 0; i < SIM_FETCHES; i++) {
        if (s->pump.fetches[i].used && s->pump.fetches[i].id == id) {
            return &s->pump.fetches[i];
        }
    }
    return NULL;
}

static void forget_fetch(struct sim_fetch *f)
{
    free(f->prefix);
    *f = (struct sim_fetch){0};
}

/* Slots of fetches that the machine gave up are reused, the oldest first. */
static struct sim_fetch *new_fetch(struct sim *s)
{
    struct sim_fetch *oldest = &s->pump.fetches[0];
    for (int i = 0; i < SIM_FETCHES; i++) {
        struct sim_fetch *f = &s->pump.fetches[i];
        if (!f->used) {
            return f;
        }
        oldest = f->id < oldest->id ? f : oldest;
    }
    forget_fetch(oldest);
    return oldest;
}

/* ---- effects */

static void fetch(struct sim *s, const struct ccr_effect *e)
{
    struct sim_fetch *f = new_fetch(s);
    f->used = true;
    f->id = e->id;
    f->request = e->request;
    if (!s->by_session) {
        ccr_tail_name(&s->pump.tail, &f->request);
    }
    if (!s->by_session && f->request.prefix_bytes > 0) {
        f->prefix = malloc(f->request.prefix_bytes);
        memcpy(f->prefix, s->pump.tail.bytes.data, f->request.prefix_bytes);
    }
    struct sim_event message = {.epoch = s->pump.epoch, .id = e->id, .request = f->request};
    sim_net_request(s, &message);
}

static void renew_lease(struct sim *s, const struct ccr_effect *e)
{
    s->pump.lease_outstanding = true;
    s->pump.lease_sent_ms = s->now_ms;
    if (s->net.cut != SIM_LINKED || sim_chance(s, s->net.lose)) {
        return; /* lost without a word */
    }
    struct sim_event *arrives = sim_at(s, 1 + sim_below(s, 10), sim_leader_renew);
    arrives->epoch = s->pump.epoch;
    arrives->seq_no = e->retaining_seq_no;
}

static void carry_out(struct sim *s, const struct ccr_effect *e)
{
    sim_check_effect(s, e);
    switch (e->kind) {
    case CCR_EFFECT_FETCH:
        fetch(s, e);
        break;
    case CCR_EFFECT_APPLY:
        sim_index_apply(s, e);
        break;
    case CCR_EFFECT_DROP:
        forget_batch(s, e->id);
        break;
    case CCR_EFFECT_SYNC_METADATA:
        s->pump.sync_outstanding++;
        sim_index_sync_metadata(s, e);
        break;
    case CCR_EFFECT_RENEW_LEASE:
        renew_lease(s, e);
        break;
    case CCR_EFFECT_DONE:
        s->pump.done = true;
        break;
    case CCR_EFFECT_REPORT:
    case CCR_EFFECT_NONE:
        break;
    }
}

/* ---- steps */

static void tick(struct sim *s, struct sim_event *e)
{
    if (e->epoch == s->pump.epoch && s->pump.running && e->id == s->pump.tick_no) {
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_TICK});
    }
}

static void set_timer(struct sim *s, int64_t deadline_ms)
{
    if (deadline_ms == INT64_MAX || deadline_ms == s->pump.deadline_ms) {
        s->pump.deadline_ms = deadline_ms;
        s->pump.tick_no += deadline_ms == INT64_MAX;
        return;
    }
    s->pump.deadline_ms = deadline_ms;
    struct sim_event *e = sim_at(s, deadline_ms - s->now_ms, tick);
    e->epoch = s->pump.epoch;
    e->id = ++s->pump.tick_no;
}

/* The machine says whether it wants what came; before its effects are carried out, for APPLY may be among them. */
static void keep_answer(struct sim *s, const struct ccr_event *event)
{
    struct sim_pump *p = &s->pump;
    const struct ccr_wire_header *h = &p->answer_header;
    uint8_t *plain = p->answer;
    p->answer = NULL;
    if (p->effects.received_batch_id == 0) {
        free(plain);
        return;
    }
    if (p->effects.received_batch_id != event->id || plain == NULL) {
        sim_fail(s, "batch %llu was not sent", (unsigned long long)p->effects.received_batch_id);
        free(plain);
        return;
    }
    if (!s->by_session && !ccr_ok(ccr_tail_keep(&p->tail, ccr_slice_of(plain, h->raw_bytes), h->from_seq_no))) {
        sim_fail(s, "the tail refuses a batch");
    }
    s->rate.operations += h->ops;
    keep_batch(s, event->id, h, plain);
}

static struct ccr_status step(struct sim *s, const struct ccr_event *event, struct ccr_err *err)
{
    struct sim_pump *p = &s->pump;
    if (s->by_session) {
        return sim_session_step(s, event, p->answer_frame, err);
    }
    struct ccr_status st = ccr_follower_step(p->follower, event, &p->effects, err);
    ccr_follower_status(p->follower, &p->status);
    return st;
}

static void finish(struct sim *s);

void sim_pump_event(struct sim *s, struct ccr_event event)
{
    struct sim_pump *p = &s->pump;
    if (!p->running || s->failed) {
        return;
    }
    struct ccr_err err;
    event.now_ms = s->now_ms;
    struct ccr_status st = step(s, &event, &err);
    p->steps++;
    if (!ccr_ok(st)) {
        sim_fail(s, "step %d: %s: %s", (int)event.kind, ccr_status_name(st), err.text);
        return;
    }
    if (event.kind == CCR_EVENT_APPLIED) {
        forget_batch(s, event.id);
    }
    if (event.kind == CCR_EVENT_FETCHED) {
        keep_answer(s, &event);
    }
    for (size_t i = 0; i < p->effects.count && !s->failed; i++) {
        carry_out(s, &p->effects.items[i]); /* never steps the machine itself: what follows is an event of its own */
    }
    set_timer(s, p->effects.next_deadline_ms);
    sim_check_step(s);
    if (p->done) {
        finish(s);
    }
}

/* ---- answers */

static struct ccr_status unpack(struct sim *s, const struct sim_event *e, const struct sim_fetch *f,
                                struct ccr_wire_header *h, uint8_t **plain)
{
    struct ccr_err err = {0};
    struct ccr_slice packed;
    struct ccr_slice frame = ccr_slice_of(e->bytes, e->len);
    CCR_TRY(ccr_wire_decode(h, frame, &packed, &err));
    *plain = malloc(h->raw_bytes + 1u);
    struct ccr_slice prefix = ccr_slice_of(f->prefix, h->prefix_bytes > 0 ? f->request.prefix_bytes : 0);
    return ccr_wire_unpack(s->pump.ws, h, packed, prefix, *plain, &err);
}

/* Unpacks for a machine that is stepped directly. False: the answer is damaged, and the machine has been told. */
static bool open_answer(struct sim *s, const struct sim_event *e, struct sim_fetch *f)
{
    struct sim_pump *p = &s->pump;
    if (!ccr_ok(unpack(s, e, f, &p->answer_header, &p->answer))) {
        free(p->answer);
        p->answer = NULL;
        ccr_tail_clear(&p->tail);
        sim_log(s, "pump finds fetch %llu damaged", (unsigned long long)e->id);
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_FETCH_FAILED, .id = e->id, .error = CCR_ERROR_CORRUPT});
        return false;
    }
    if (sim_chance(s, s->net.lie)) {
        s->net.corrupted++;
        p->answer_header.from_seq_no += sim_chance(s, 500) ? 1 : -1; /* an answer to another question */
    }
    return true;
}

void sim_pump_answer(struct sim *s, struct sim_event *e)
{
    struct sim_pump *p = &s->pump;
    if (e->epoch != p->epoch || !p->running) {
        return;
    }
    struct sim_fetch *f = find_fetch(s, e->id); /* none: the second of two answers, which must not matter */
    bool good = true;
    p->answer_header = (struct ccr_wire_header){0};
    p->answer_frame = ccr_slice_of(e->bytes, e->len);
    if (f != NULL && !s->by_session) {
        good = open_answer(s, e, f);
    }
    if (good) {
        const struct ccr_wire_header *h = &p->answer_header;
        sim_log(s, "pump has fetch %llu: %u ops from %lld, checkpoint %lld", (unsigned long long)e->id, h->ops,
                (long long)h->from_seq_no, (long long)h->state.global_checkpoint);
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_FETCHED, .id = e->id, .header = h});
    }
    if (p->running && (f = find_fetch(s, e->id)) != NULL) {
        forget_fetch(f);
    }
    p->answer_frame = ccr_slice_of(NULL, 0);
}

void sim_pump_failed(struct sim *s, struct sim_event *e)
{
    if (e->epoch != s->pump.epoch || !s->pump.running) {
        return;
    }
    struct sim_fetch *f = find_fetch(s, e->id);
    if (f != NULL) {
        forget_fetch(f);
    }
    sim_log(s, "pump: fetch %llu failed, class %d", (unsigned long long)e->id, (int)e->error);
    sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_FETCH_FAILED, .id = e->id, .error = e->error});
}

/* ---- sessions */

void sim_pump_kill(struct sim *s)
{
    struct sim_pump *p = &s->pump;
    if (!p->running) {
        return;
    }
    for (int i = 0; i < SIM_BATCHES; i++) {
        if (p->batches[i].used) {
            free(p->batches[i].plain);
            p->batches[i].used = false;
        }
    }
    for (int i = 0; i < SIM_FETCHES; i++) {
        forget_fetch(&p->fetches[i]);
    }
    free(p->answer);
    if (s->by_session) {
        sim_session_close(s);
    }
    ccr_follower_free(p->follower);
    ccr_tail_fini(&p->tail);
    ccr_workspace_free(p->ws);
    p->running = false;
    p->epoch++;
    if (atomic_load(&s->budget.taken) != s->stolen) {
        sim_fail(s, "the session kept %llu bytes of credit",
                 (unsigned long long)(atomic_load(&s->budget.taken) - s->stolen));
    }
}

static void restart(struct sim *s, struct sim_event *e)
{
    (void)e;
    sim_pump_start(s);
}

/* DONE: nothing may be in flight; then, some time later, whatever follows on the state. */
static void finish(struct sim *s)
{
    enum ccr_follower_state state = s->pump.status.state;
    for (int i = 0; i < SIM_BATCHES; i++) {
        if (s->pump.batches[i].used) {
            sim_fail(s, "DONE while batch %llu is held", (unsigned long long)s->pump.batches[i].id);
        }
    }
    sim_log(s, "session ends: %s", ccr_follower_state_name(state));
    sim_pump_kill(s);
    if (state == CCR_FOLLOWER_BOOTSTRAP_NEEDED && !s->pump.stopping) {
        s->bootstraps++;
        sim_index_bootstrap(s);
    }
    s->failed_sessions += state == CCR_FOLLOWER_FAILED;
    if (!s->over) {
        sim_at(s, sim_between(s, 1, 2000), restart);
    }
}

void sim_pump_start(struct sim *s)
{
    struct sim_pump *p = &s->pump;
    struct ccr_err err;
    if (p->running) {
        return;
    }
    uint64_t epoch = p->epoch;
    struct ccr_follower_config config = sim_config(s);
    *p = (struct sim_pump){.running = true, .epoch = epoch, .config = config, .deadline_ms = INT64_MAX};
    p->bytes_bound = (uint64_t)(config.fetches_max + config.applies_max) * config.batch_bytes_max;
    p->fetches_bound = config.fetches_max;
    p->applies_bound = config.applies_max;
    ccr_tail_init(&p->tail, ccr_alloc_system(), config.prefix_bytes_max);
    struct ccr_status st = s->by_session
                               ? sim_session_open(s, &err)
                               : ccr_follower_new(&p->follower, ccr_alloc_system(), &p->config, &s->budget, &err);
    if (!ccr_ok(st) || !ccr_ok(ccr_workspace_new(&p->ws, ccr_alloc_system()))) {
        sim_fail(s, "no session: %s", err.text);
        return;
    }
    s->sessions++;
    sim_log(s, "session starts at %lld, persisted %lld", (long long)s->index.local_checkpoint + 1,
            (long long)s->index.persisted);
    sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_START,
                                         .next_seq_no = s->index.local_checkpoint + 1,
                                         .checkpoint = s->index.persisted,
                                         .mapping_version = s->index.mapping,
                                         .settings_version = s->index.settings,
                                         .aliases_version = s->index.aliases});
}
