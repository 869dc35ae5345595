/*
 * What Java does on the follower: one event at a time into the session, its effects carried out, a timer at its
 * deadline, the plain bytes of batches kept by id until they are applied or dropped.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

static const struct ccr_slice NO_FRAME = {NULL, 0};

int64_t sim_clock(const struct sim *s)
{
    return s->now_ms + s->clock_off_ms;
}

struct ccr_follower_config sim_config(struct sim *s)
{
    struct ccr_follower_config c = {
        .fetches_max = 1 + sim_below(s, SIM_PUMP, 5),
        .applies_max = 1 + sim_below(s, SIM_PUMP, 4),
        .batch_bytes_max = (64u << 10) << sim_below(s, SIM_PUMP, 2),
        .batch_ops_max = 16 + sim_below(s, SIM_PUMP, sim_chance(s, SIM_PUMP, 300) ? 4000 : 300),
        .poll_bytes = 4096u << sim_below(s, SIM_PUMP, 5),
        .poll_timeout_ms = 100 + sim_below(s, SIM_PUMP, 20000),
        .backoff_min_ms = 1 + sim_below(s, SIM_PUMP, 100),
        .backoff_max_ms = 200 + sim_below(s, SIM_PUMP, 5000),
        .lease_interval_ms = 100 + sim_below(s, SIM_PUMP, 10000),
        .poll_interval_ms = sim_chance(s, SIM_PUMP, 300) ? 20 + sim_below(s, SIM_PUMP, 981) : 0,
        .lease_patience_ms = sim_chance(s, SIM_PUMP, 300) ? sim_below(s, SIM_PUMP, 43200001) : 0,
        .prefix_bytes_max = sim_chance(s, SIM_PUMP, 700) ? 4096 : 0,
        .codec = (enum ccr_codec_id)sim_below(s, SIM_PUMP, 3),
        .level = 1,
        .seed = sim_random(s, SIM_PUMP),
        .in_order = sim_chance(s, SIM_PUMP, 200),
    };
    snprintf(c.history_uuid, sizeof(c.history_uuid), "sim-history-uuid-%05llu", (unsigned long long)s->index.history);
    snprintf(c.leader_shard, sizeof(c.leader_shard), "%s", SIM_SHARD);
    return c;
}

/* ---- batches */

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
    const struct sim_asked *asked = &s->pump.asked[id % SIM_ASKED];
    if (asked->id != id) {
        sim_fail(s, "batch %llu was not asked for of late", (unsigned long long)id);
    }
    for (int i = 0; i < SIM_BATCHES; i++) {
        struct sim_batch *b = &s->pump.batches[i];
        if (!b->used) {
            *b = (struct sim_batch){.used = true,
                                    .id = id,
                                    .first = h->from_seq_no,
                                    .last = ccr_wire_last_seq_no(h),
                                    .history = s->pump.answer_history,
                                    .plain = plain,
                                    .len = h->raw_bytes,
                                    .mapping = h->state.mapping_version,
                                    .settings = h->state.settings_version,
                                    .max_bytes = asked->max_bytes,
                                    .credited = asked->credited};
            return;
        }
    }
    free(plain);
    sim_fail(s, "more than %d batches are held", SIM_BATCHES);
}

/* ---- effects */

static void fetch(struct sim *s, const struct ccr_effect *e)
{
    s->pump.asked[e->id % SIM_ASKED] = (struct sim_asked){
        e->id, e->request.max_bytes, e->request.wait_ms == 0 && e->request.max_bytes > s->pump.config.poll_bytes};
    struct sim_event message = {.epoch = s->pump.epoch, .id = e->id, .request = e->request};
    sim_net_request(s, &message);
}

static void renew_lease(struct sim *s, const struct ccr_effect *e)
{
    s->pump.lease_outstanding = true;
    s->pump.lease_sent_ms = s->pump.told_ms;
    if (sim_net_swallows(s, true) || s->net.cut == SIM_CUT_REFUSED) {
        return; /* lost without a word */
    }
    struct sim_event *arrives = sim_at(s, 1 + sim_below(s, SIM_NET, 10), sim_leader_renew);
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
        s->pump.deadline_ms = INT64_MAX;
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_TICK}, NO_FRAME);
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
    struct sim_event *e = sim_at(s, deadline_ms > sim_clock(s) ? deadline_ms - sim_clock(s) : 0, tick);
    e->epoch = s->pump.epoch;
    e->id = ++s->pump.tick_no;
}

/* The machine says whether it wants what came; before its effects are carried out, for APPLY may be among them. */
static void keep_answer(struct sim *s, const struct ccr_event *event, struct ccr_slice frame)
{
    struct sim_pump *p = &s->pump;
    uint8_t *plain = p->answer;
    p->answer = NULL;
    if (p->effects.received_batch_id == 0) {
        return;
    }
    struct ccr_wire_header sent;
    struct ccr_slice packed;
    if (p->effects.received_batch_id != event->id || !ccr_ok(ccr_wire_decode(&sent, frame, &packed, NULL))) {
        sim_fail(s, "batch %llu was not sent", (unsigned long long)p->effects.received_batch_id);
        free(plain);
        return;
    }
    p->answer_header.state = sent.state;
    s->rate.operations += p->answer_header.ops;
    keep_batch(s, event->id, &p->answer_header, plain);
}

static void finish(struct sim *s);

void sim_pump_event(struct sim *s, struct ccr_event event, struct ccr_slice frame)
{
    struct sim_pump *p = &s->pump;
    if (!p->running || s->failed) {
        return;
    }
    struct ccr_err err = {0};
    event.now_ms = sim_clock(s);
    if (event.now_ms > p->told_ms) {
        p->told_ms = event.now_ms;
    }
    struct ccr_status st = sim_follower_step(s, &event, frame, &err);
    p->steps++;
    if (!ccr_ok(st)) {
        sim_fail(s, "step %d: %s: %s", (int)event.kind, ccr_status_name(st), err.text);
        return;
    }
    if (event.kind == CCR_EVENT_APPLIED) {
        forget_batch(s, event.id);
    }
    if (event.kind == CCR_EVENT_FETCHED) {
        keep_answer(s, &event, frame);
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

void sim_pump_answer(struct sim *s, struct sim_event *e)
{
    struct sim_pump *p = &s->pump;
    if (e->epoch != p->epoch || !p->running) {
        return;
    }
    p->answer_history = e->history;
    sim_log(s, "pump has an answer to fetch %llu", (unsigned long long)e->id);
    sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_FETCHED, .id = e->id}, ccr_slice_of(e->bytes, e->len));
}

void sim_pump_failed(struct sim *s, struct sim_event *e)
{
    if (e->epoch != s->pump.epoch || !s->pump.running) {
        return;
    }
    sim_log(s, "pump: fetch %llu failed, class %d", (unsigned long long)e->id, (int)e->error);
    sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_FETCH_FAILED, .id = e->id, .error = e->error}, NO_FRAME);
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
    free(p->answer);
    p->answer = NULL;
    sim_session_close(s, s->runtime, p->session);
    p->running = false;
    p->epoch++;
    if (sim_budget_taken(s) != s->stolen) {
        sim_fail(s, "the session kept %llu bytes of credit", (unsigned long long)(sim_budget_taken(s) - s->stolen));
    }
}

static void restart(struct sim *s, struct sim_event *e)
{
    (void)e;
    sim_pump_start(s);
}

/* What follows on the state, before the next session starts. */
static void go_on(struct sim *s, enum ccr_follower_state state)
{
    if (s->pump.stopping && s->pump.forgets) { /* _stop and later _start: the copy is made anew */
        s->stops++;
        sim_index_bootstrap(s);
    } else if (state == CCR_FOLLOWER_BOOTSTRAP_NEEDED && !s->pump.stopping) {
        s->bootstraps++;
        sim_index_bootstrap(s);
    }
    s->failed_sessions += state == CCR_FOLLOWER_FAILED;
}

/* DONE: nothing may be in flight; then, some time later, the next session. */
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
    go_on(s, state);
    if (!s->over) {
        int64_t pause_max = s->pump.stopping ? 15000 : 2000;
        sim_at(s, sim_between(s, SIM_USER, 1, s->healed ? 2000 : pause_max), restart);
    }
}

void sim_pump_start(struct sim *s)
{
    struct sim_pump *p = &s->pump;
    struct ccr_err err = {0};
    if (p->running || s->over) {
        return;
    }
    uint64_t epoch = p->epoch;
    struct ccr_follower_config config = sim_config(s);
    *p = (struct sim_pump){
        .running = true, .epoch = epoch, .config = config, .deadline_ms = INT64_MAX, .told_ms = INT64_MIN};
    p->bytes_bound = (uint64_t)(config.fetches_max + config.applies_max) * config.batch_bytes_max;
    p->fetches_bound = config.fetches_max;
    p->applies_bound = config.applies_max;
    if (!ccr_ok(sim_follower_open(s, &err))) {
        sim_fail(s, "no session: %s", err.text);
        return;
    }
    s->sessions++;
    s->compared = -1;
    sim_log(s, "session starts at %lld, persisted %lld", (long long)s->index.local_checkpoint + 1,
            (long long)s->index.persisted);
    sim_pump_event(s,
                   (struct ccr_event){.kind = CCR_EVENT_START,
                                      .next_seq_no = s->index.local_checkpoint + 1,
                                      .checkpoint = s->index.persisted,
                                      .mapping_version = s->index.mapping,
                                      .settings_version = s->index.settings,
                                      .aliases_version = s->index.aliases},
                   NO_FRAME);
}
