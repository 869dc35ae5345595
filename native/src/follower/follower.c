/*
 * The follower of one shard, from outside: make it, step it, ask it, free it.
 *
 * A life. START names the next sequence number the follower needs; a probe goes to the leader and the lease is renewed.
 * The probe's answer tells how far the leader is: fetches go out, several at once, batches come back, are applied, and
 * when nothing is left one fetch stays parked on the leader until something new is written. Metadata that is behind is
 * asked for once and batches that need it wait. Errors close doors for a while (follower_backoff.c). STOP, or an error
 * that waiting does not cure, drains: nothing new is asked, what waits is dropped, what is being applied ends; then
 * DONE is the last effect. Fetches, a sync and a lease renewal that are under way at that time are not waited for:
 * their answers come late and mean nothing. That is why stopping works at once while the leader is gone.
 *
 * A step has three parts and no exceptions to them:
 *   1. the event changes the books (belt, doors, versions), and emits nothing but DROP;
 *   2. what has become due by now_ms is treated like the event it replaces (answers that never came);
 *   3. whatever may be done now is done: sync, apply, fetch, renew. Who declines because it is too early says when to
 * be called again, so the deadline is exact, and a TICK before it finds nothing to do. Part 3 does not know which event
 * came: a state that is right stays right, however it was reached.
 */
#include "follower/follower_private.h"

#include <string.h>

void ccri_broken(struct ccr_follower *f, const char *invariant)
{
    if (f->broken == NULL) {
        f->broken = invariant;
        f->state = CCR_FOLLOWER_BROKEN;
        f->state_since_ms = f->now_ms;
    }
}

void ccri_move(struct ccr_follower *f, enum ccr_follower_state to)
{
    if (f->state == to) {
        return;
    }
    if (!ccri_state_may_become(f->state, to)) {
        ccri_broken(f, "state moves along the table");
        return;
    }
    f->state = to;
    f->state_since_ms = f->now_ms;
}

struct ccr_effect *ccri_emit(struct ccr_follower *f, struct ccr_effects *out, enum ccr_effect_kind kind)
{
    if (out->count == CCR_FOLLOWER_EFFECTS_MAX) {
        ccri_broken(f, "effects of a step fit");
        out->count--;
    }
    struct ccr_effect *e = &out->items[out->count++];
    memset(e, 0, sizeof(*e));
    e->kind = kind;
    return e;
}

int64_t ccri_after(const struct ccr_follower *f, int64_t ms)
{
    return f->now_ms + ms; /* cannot overflow: both are bounded (CCRI_TIME_MAX, configuration) */
}

void ccri_wake(struct ccr_follower *f, int64_t at_ms)
{
    if (at_ms <= f->now_ms) {
        ccri_broken(f, "deadlines lie ahead");
    }
    if (at_ms < f->deadline_ms) {
        f->deadline_ms = at_ms;
    }
}

void ccri_drain(struct ccr_follower *f, struct ccr_effects *out, enum ccr_follower_state to, enum ccr_error_class error,
                uint32_t attempts)
{
    if (f->state == CCR_FOLLOWER_DRAINING) {
        if (to == CCR_FOLLOWER_STOPPED) {
            f->drain_to = to; /* the user's word is the last one */
        }
        return;
    }
    ccri_move(f, CCR_FOLLOWER_DRAINING);
    f->drain_to = to;
    f->final_error = error;
    f->final_since_ms = f->now_ms;
    if (error != CCR_ERROR_NONE) {
        ccri_figures_error(f, error, attempts);
    }
    for (size_t i = f->count; i-- > 0;) {
        struct ccri_piece *p = &f->pieces[i];
        if (p->state == CCRI_WAITING) {
            ccri_apply_drop(f, out, p);
        } else if (p->state == CCRI_ASKED) {
            ccri_belt_remove(f, p);
        }
    }
    f->sync_outstanding = false;
    f->lease_outstanding = false;
}

/* ---- events */

static struct ccr_status start(struct ccr_follower *f, const struct ccr_event *event, struct ccr_err *err)
{
    if (f->state != CCR_FOLLOWER_NEW) {
        return ccr_err_set(err, CCR_ARG, "START came twice");
    }
    f->applied_seq_no = event->next_seq_no - 1;
    f->checkpoint = event->checkpoint < f->applied_seq_no ? event->checkpoint : f->applied_seq_no;
    f->target = f->applied_seq_no;
    f->in_place = (struct ccri_versions){event->mapping_version, event->settings_version, event->aliases_version};
    f->lease_at_ms = f->now_ms;
    f->park_at_ms = f->now_ms;
    ccri_figures_started(f);
    ccri_move(f, CCR_FOLLOWER_FOLLOWING);
    return ccr_status_of(CCR_OK);
}

static void cap_door(struct ccr_follower *f, struct ccri_door *d)
{
    int64_t latest = ccri_after(f, f->config.backoff_max_ms);
    if (d->retry_at_ms > latest) {
        d->retry_at_ms = latest;
    }
}

static void configure(struct ccr_follower *f, const struct ccr_follower_config *config)
{
    bool was_full = f->batch_bytes == f->config.batch_bytes_max;
    struct ccr_follower_config before = f->config;
    f->config = *config;
    if (config->history_uuid[0] == 0) { /* a history may become known, never unknown or another */
        memcpy(f->config.history_uuid, before.history_uuid, sizeof(before.history_uuid));
    }
    memcpy(f->config.leader_shard, before.leader_shard, sizeof(before.leader_shard));
    f->origin = ccr_wire_origin(f->config.history_uuid, f->config.leader_shard);
    if (was_full || f->batch_bytes > config->batch_bytes_max) {
        f->batch_bytes = config->batch_bytes_max;
    }
    if (f->batch_bytes < config->poll_bytes) {
        f->batch_bytes = config->poll_bytes;
    }
    cap_door(f, &f->fetch);
    cap_door(f, &f->apply);
    cap_door(f, &f->metadata);
    int64_t renew_at = ccri_after(f, config->lease_interval_ms);
    if (f->lease_at_ms > renew_at) {
        f->lease_at_ms = renew_at;
    }
}

static struct ccr_status check_event(const struct ccr_follower *f, const struct ccr_event *event, struct ccr_err *err)
{
    if ((unsigned)event->kind > CCR_EVENT_LEADER_BACK) {
        return ccr_err_set(err, CCR_ARG, "event kind %d is not known", (int)event->kind);
    }
    if ((unsigned)event->error > CCR_ERROR_FATAL) {
        return ccr_err_set(err, CCR_ARG, "error class %d is not known", (int)event->error);
    }
    if (event->now_ms < -CCRI_TIME_MAX || event->now_ms > CCRI_TIME_MAX) {
        return ccr_err_set(err, CCR_ARG, "now_ms %lld is no time", (long long)event->now_ms);
    }
    if (event->silent_ms < 0 || event->silent_ms > CCRI_TIME_MAX) {
        return ccr_err_set(err, CCR_ARG, "silent_ms %lld is no span of time", (long long)event->silent_ms);
    }
    if (event->kind == CCR_EVENT_START && (event->next_seq_no < 0 || event->next_seq_no > CCR_SEQ_NO_MAX)) {
        return ccr_err_set(err, CCR_ARG, "next_seq_no %lld is not in [0, 2^52)", (long long)event->next_seq_no);
    }
    if (event->kind == CCR_EVENT_FETCHED && event->header == NULL) {
        return ccr_err_set(err, CCR_ARG, "FETCHED without a header");
    }
    if (event->kind == CCR_EVENT_CONFIGURE) {
        if (event->config == NULL) {
            return ccr_err_set(err, CCR_ARG, "CONFIGURE without a config");
        }
        CCR_TRY(ccr_follower_config_check(event->config, err));
        const char *uuid = event->config->history_uuid;
        if (uuid[0] != 0 && f->config.history_uuid[0] != 0 && strcmp(uuid, f->config.history_uuid) != 0) {
            return ccr_err_set(err, CCR_ARG, "history_uuid is %s for as long as this session lives",
                               f->config.history_uuid);
        }
    }
    return ccr_status_of(CCR_OK);
}

static void stop(struct ccr_follower *f, struct ccr_effects *out)
{
    if (f->state == CCR_FOLLOWER_NEW) {
        ccri_move(f, CCR_FOLLOWER_STOPPED);
        ccri_emit(f, out, CCR_EFFECT_REPORT);
        ccri_emit(f, out, CCR_EFFECT_DONE);
        f->reported_state = f->state;
        return;
    }
    ccri_drain(f, out, CCR_FOLLOWER_STOPPED, CCR_ERROR_NONE, 0);
}

/* Part 1 of a step. */
static struct ccr_status take_event(struct ccr_follower *f, const struct ccr_event *event, struct ccr_effects *out,
                                    struct ccr_err *err)
{
    bool active = ccri_states[f->state].asks;
    switch (event->kind) {
    case CCR_EVENT_TICK:
        break;
    case CCR_EVENT_START:
        return start(f, event, err);
    case CCR_EVENT_FETCHED:
        ccri_fetch_answered(f, event, out);
        break;
    case CCR_EVENT_FETCH_FAILED:
        ccri_fetch_failed(f, event->id, event->error, event->silent_ms, out);
        break;
    case CCR_EVENT_APPLIED:
        ccri_apply_done(f, event);
        break;
    case CCR_EVENT_APPLY_FAILED:
        ccri_apply_failed(f, event, out);
        break;
    case CCR_EVENT_METADATA_SYNCED:
        ccri_metadata_done(f, event);
        break;
    case CCR_EVENT_METADATA_FAILED:
        ccri_metadata_failed(f, event->error, out);
        break;
    case CCR_EVENT_LEASE_RENEWED:
        ccri_lease_done(f);
        break;
    case CCR_EVENT_LEASE_FAILED:
        ccri_lease_failed(f, event->error, out);
        break;
    case CCR_EVENT_CONFIGURE:
        configure(f, event->config);
        break;
    case CCR_EVENT_STOP:
        if (active || f->state == CCR_FOLLOWER_NEW || f->state == CCR_FOLLOWER_DRAINING) {
            stop(f, out);
        }
        break;
    case CCR_EVENT_LEADER_BACK:
        ccri_leader_back(f);
        break;
    }
    return ccr_status_of(CCR_OK);
}

/* Part 2. Each of them may drain; the next then finds nothing left to expire. */
static void expire(struct ccr_follower *f, struct ccr_effects *out)
{
    if (ccri_states[f->state].asks) {
        ccri_fetch_expire(f, out);
        ccri_metadata_expire(f, out);
        ccri_lease_expire(f, out);
    }
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Part 3. Metadata first: what was just brought into line lets batches go; applies next: their bytes may go soon. */
static void act(struct ccr_follower *f, struct ccr_effects *out)
{
    f->deadline_ms = CCRI_NEVER;
    if (ccri_states[f->state].asks) {
        ccri_metadata_schedule(f, out);
        ccri_apply_schedule(f, out);
        ccri_fetch_schedule(f, out);
        ccri_lease_schedule(f, out);
        ccri_move(f, ccri_backs_off(f) ? CCR_FOLLOWER_BACKING_OFF : CCR_FOLLOWER_FOLLOWING);
    }
    bool done = f->state == CCR_FOLLOWER_DRAINING && f->applying == 0;
    if (done) {
        while (f->count > 0) {
            ccri_belt_remove(f, &f->pieces[f->count - 1]); /* applied, but behind a hole that stays */
        }
        ccri_move(f, f->drain_to);
    }
    uint32_t attempts;
    int64_t since_ms;
    enum ccr_error_class error = ccri_error_now(f, &attempts, &since_ms);
    if (f->state != f->reported_state || error != f->reported_error) {
        ccri_emit(f, out, CCR_EFFECT_REPORT);
        f->reported_state = f->state;
        f->reported_error = error;
    }
    if (done) {
        ccri_emit(f, out, CCR_EFFECT_DONE);
    }
    /* CONFIGURE does not call back what is in flight: the ceilings come down as it lands. */
    f->asked_ceiling = max_size(f->config.fetches_max, min_size(f->asked_ceiling, f->asked));
    f->applying_ceiling = max_size(f->config.applies_max, min_size(f->applying_ceiling, f->applying));
}

struct ccr_status ccr_follower_step(struct ccr_follower *f, const struct ccr_event *event, struct ccr_effects *out,
                                    struct ccr_err *err)
{
    out->count = 0;
    out->received_batch_id = 0;
    out->next_deadline_ms = CCRI_NEVER;
    if (f->broken != NULL) {
        return ccr_err_set(err, CCR_BROKEN, "follower: does not hold: %s", f->broken);
    }
    CCR_TRY(check_event(f, event, err));
    if (event->now_ms > f->now_ms) {
        f->now_ms = event->now_ms; /* a clock that goes back stands still here */
    }
    CCR_TRY(take_event(f, event, out, err));
    expire(f, out);
    act(f, out);
    out->next_deadline_ms = f->deadline_ms;

    const char *wrong = ccri_wrong(f);
    if (wrong == NULL) {
        return ccr_status_of(CCR_OK);
    }
    ccri_broken(f, wrong);
    out->count = 0;
    out->received_batch_id = 0;
    out->next_deadline_ms = CCRI_NEVER;
    return ccr_err_set(err, CCR_BROKEN, "follower: does not hold: %s", f->broken);
}

/* ---- the rest of the surface */

struct ccr_status ccr_follower_new(struct ccr_follower **out, const struct ccr_alloc *alloc,
                                   const struct ccr_follower_config *config, struct ccr_budget *budget,
                                   struct ccr_err *err)
{
    *out = NULL;
    CCR_TRY(ccr_follower_config_check(config, err));
    struct ccr_follower *f = ccr_alloc_zero(alloc, sizeof(*f));
    if (f == NULL) {
        return ccr_err_set(err, CCR_NOMEM, "follower: %zu bytes refused", sizeof(*f));
    }
    f->alloc = alloc;
    f->budget = budget;
    f->config = *config;
    f->origin = ccr_wire_origin(config->history_uuid, config->leader_shard);
    f->random = config->seed;
    f->now_ms = INT64_MIN;
    f->state_since_ms = 0;
    f->deadline_ms = CCRI_NEVER;
    f->applied_seq_no = CCR_SEQ_NO_NONE;
    f->leader_checkpoint = CCR_SEQ_NO_NONE;
    f->target = CCR_SEQ_NO_NONE;
    f->checkpoint = CCR_SEQ_NO_NONE;
    f->next_id = 1;
    f->next_apply_no = 1;
    f->batch_bytes = config->batch_bytes_max;
    f->asked_ceiling = config->fetches_max;
    f->applying_ceiling = config->applies_max;
    ccri_figures_init(f);
    *out = f;
    return ccr_status_of(CCR_OK);
}

void ccr_follower_free(struct ccr_follower *f)
{
    if (f == NULL) {
        return;
    }
    if (f->budget != NULL && f->credits > 0) {
        ccr_budget_give(f->budget, f->credits);
    }
    ccr_alloc_put(f->alloc, f);
}

void ccr_follower_status(const struct ccr_follower *f, struct ccr_follower_status *out)
{
    *out = (struct ccr_follower_status){
        .state = f->state,
        .state_since_ms = f->state_since_ms,
        .leader_checkpoint = f->leader_checkpoint,
        .received_seq_no = ccri_belt_received_seq_no(f),
        .applied_seq_no = f->applied_seq_no,
        .operations_fetched = f->operations_fetched,
        .operations_applied = f->operations_applied,
        .raw_bytes = f->raw_bytes,
        .packed_bytes = f->packed_bytes,
        .fetches = f->fetches,
        .fetches_failed = f->fetches_failed,
        .applies_failed = f->applies_failed,
        .fetches_throttled = f->fetches_throttled,
        .fetches_in_flight = (uint32_t)f->asked,
        .applies_in_flight = (uint32_t)f->applying,
        .bytes_held = f->bytes_held,
    };
    out->error = ccri_error_now(f, &out->attempts, &out->error_since_ms);
}
