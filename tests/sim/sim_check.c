/*
 * What must hold. At every step: the machine's own invariants, its books against ours, nothing applied that the leader
 * has not got, nothing missing or other below what is reported, the lease not beyond what is safe, no storm of effects. At
 * the end: everything is there, nobody is busy, no memory is left.
 */
#include "sim.h"

#include <inttypes.h>
#include <string.h>

static void check_books(struct sim *s)
{
    const struct ccr_follower_status *st = &s->pump.status;
    const struct sim_pump *p = &s->pump;
    uint64_t held = 0, bounded = 0, credited = 0;
    uint32_t applying = 0;
    for (int i = 0; i < SIM_BATCHES; i++) {
        const struct sim_batch *b = &p->batches[i];
        uint64_t asked_for = !b->used ? 0 : b->len < b->max_bytes ? b->len : b->max_bytes;
        held += b->used ? b->len : 0;
        bounded += asked_for;
        credited += b->credited ? asked_for : 0;
        applying += b->used && b->applying;
        for (int k = 0; k < i && b->used; k++) {
            const struct sim_batch *c = &p->batches[k];
            if (c->used && b->first <= c->last && c->first <= b->last) {
                sim_fail(s, "batches %" PRIu64 " and %" PRIu64 " overlap", b->id, c->id);
            }
        }
    }
    if (held != st->bytes_held) {
        sim_fail(s, "%" PRIu64 " bytes are held, the machine counts %" PRIu64, held, st->bytes_held);
    }
    /* What a single operation is longer than what was asked for, nobody could know. */
    if (bounded > p->bytes_bound) {
        sim_fail(s, "%" PRIu64 " of the bytes held were asked for, the bound is %" PRIu64, bounded, p->bytes_bound);
    }
    if (credited + s->stolen > sim_budget_taken(s)) {
        sim_fail(s, "%" PRIu64 " bytes are held on credit, %" PRIu64 " are taken from the budget", credited,
                 sim_budget_taken(s) - s->stolen);
    }
    if (applying != st->applies_in_flight || applying > p->applies_bound) {
        sim_fail(s, "%u applies are in flight, the machine counts %u of at most %u", applying, st->applies_in_flight,
                 p->applies_bound);
    }
    if (sim_budget_taken(s) > sim_budget_max(s)) {
        sim_fail(s, "%" PRIu64 " bytes of a budget of %" PRIu64 " are taken", sim_budget_taken(s), sim_budget_max(s));
    }
    if (st->fetches_in_flight > p->fetches_bound) {
        sim_fail(s, "%u fetches are in flight of at most %u", st->fetches_in_flight, p->fetches_bound);
    }
}

static void check_rate(struct sim *s)
{
    struct sim_rate *r = &s->rate;
    if (r->second != s->now_ms / 1000) {
        *r = (struct sim_rate){.second = s->now_ms / 1000, .corrupted = s->net.corrupted};
    }
    r->effects += s->pump.effects.count;
    /*
     * A round trip takes 2 ms here, an apply 1: whoever does nothing useful faster than this is spinning. What was damaged on
     * its way had to be asked for, and has to be again; that is told once, and once that it is over.
     */
    uint64_t damaged = s->net.corrupted - r->corrupted;
    if (r->effects > 120 + 8 * r->operations + 3 * damaged) {
        sim_fail(s, "%" PRIu64 " effects in a second for %" PRIu64 " operations", r->effects, r->operations);
    }
}

/* Below what is reported as applied there is every operation, and it is the leader's. */
static void check_content(struct sim *s)
{
    const struct sim_index *x = &s->index;
    const struct sim_leader *l = &s->leader;
    int64_t applied = s->pump.status.applied_seq_no;
    if (applied > x->local_checkpoint) {
        sim_fail(s, "applied is said to be %" PRId64 ", the index has up to %" PRId64, applied, x->local_checkpoint);
        return;
    }
    for (int64_t n = s->compared + 1; n <= applied && x->history == l->history; n++) {
        if (!x->has[n] || n > l->global_checkpoint || x->term[n] != l->ops[n].term || x->crc[n] != l->ops[n].crc) {
            sim_fail(s, "operation %" PRId64 " is said to be applied, and is %s", n,
                     x->has[n] ? "not the leader's" : "not there");
            return;
        }
    }
    s->compared = applied;
}

/* What the leader may throw away is never needed again, whatever is lost here. */
static void check_lease(struct sim *s)
{
    const struct sim_index *x = &s->index;
    if (s->leader.has_lease && x->history == s->leader.history && s->leader.lease_retaining > x->persisted + 1) {
        sim_fail(s, "the lease retains from %" PRId64 ", only %" PRId64 " would survive a crash",
                 s->leader.lease_retaining, x->persisted);
    }
}

void sim_check_step(struct sim *s)
{
    struct sim_pump *p = &s->pump;
    const struct ccr_follower_status *st = &p->status;
    if (s->failed) {
        return;
    }
    check_content(s);
    check_lease(s);
    uint64_t behind =
        st->leader_checkpoint > st->applied_seq_no ? (uint64_t)(st->leader_checkpoint - st->applied_seq_no) : 0;
    if (p->lag_operations != behind || p->lag_ms < -1 || (behind > 0 && p->lag_ms < 0)) {
        sim_fail(s, "%" PRIu64 " operations and %" PRId64 " ms of lag are told, %" PRIu64 " operations are missing",
                 p->lag_operations, p->lag_ms, behind);
    }
    if (st->applied_seq_no > st->received_seq_no) {
        sim_fail(s, "applied is beyond received");
    }
    if (st->error == CCR_ERROR_CORRUPT && s->net.corrupted == 0) {
        sim_fail(s, "damage is seen where there was none");
    }
    bool follows = st->state == CCR_FOLLOWER_FOLLOWING || st->state == CCR_FOLLOWER_BACKING_OFF;
    if (follows && p->effects.next_deadline_ms <= sim_clock(s)) {
        sim_fail(s, "the deadline %" PRId64 " is not ahead", p->effects.next_deadline_ms);
    }
    if (follows && p->effects.next_deadline_ms == INT64_MAX) {
        sim_fail(s, "follows without a deadline");
    }
    check_books(s);
    check_rate(s);
}

void sim_check_effect(struct sim *s, const struct ccr_effect *e)
{
    struct sim_pump *p = &s->pump;
    struct ccr_err err;
    switch (e->kind) {
    case CCR_EFFECT_FETCH:
        sim_log(s, "FETCH %" PRIu64 " [%" PRId64 ", %" PRId64 "] bytes %u wait %u", e->id, e->request.from_seq_no,
                e->request.last_seq_no, e->request.max_bytes, e->request.wait_ms);
        if (!ccr_ok(ccr_read_request_check(&e->request, &err))) {
            sim_fail(s, "the request is malformed: %s", err.text);
        }
        break;
    case CCR_EFFECT_APPLY: {
        const struct sim_batch *b = sim_pump_batch(s, e->id);
        sim_log(s, "APPLY %" PRIu64 " [%" PRId64 ", %" PRId64 "]", e->id, e->first_seq_no, e->last_seq_no);
        if (p->config.in_order && e->first_seq_no != p->status.applied_seq_no + 1) {
            sim_fail(s, "batch %" PRIu64 " is applied out of order, applied is %" PRId64, e->id,
                     p->status.applied_seq_no);
        }
        /* by hand the mapping may have gone back; what the machine was told has not */
        if (b != NULL && b->settings > s->index.settings) {
            sim_fail(s, "batch %" PRIu64 " is applied before its settings are in place", e->id);
        }
        if (b != NULL && s->faults[SIM_HAND_MAPPING] == 0 && b->mapping > s->index.mapping) {
            sim_fail(s, "batch %" PRIu64 " is applied before its mapping is in place", e->id);
        }
        break;
    }
    case CCR_EFFECT_RENEW_LEASE:
        sim_log(s, "RENEW_LEASE %" PRId64, e->retaining_seq_no);
        if (e->retaining_seq_no > s->index.persisted + 1) {
            sim_fail(s, "the lease releases %" PRId64 ", only %" PRId64 " would survive a crash",
                     e->retaining_seq_no - 1, s->index.persisted);
        }
        if (e->retaining_seq_no > p->status.applied_seq_no + 1) {
            sim_fail(s, "the lease releases %" PRId64 ", applied is %" PRId64, e->retaining_seq_no - 1,
                     p->status.applied_seq_no);
        }
        if (p->lease_outstanding && p->told_ms < p->lease_sent_ms + 5000) {
            sim_fail(s, "a lease renewal is doubled");
        }
        break;
    case CCR_EFFECT_SYNC_METADATA:
        sim_log(s, "SYNC_METADATA %" PRIu64 " %" PRIu64 " %" PRIu64, e->mapping_version, e->settings_version,
                e->aliases_version);
        break;
    default:
        sim_log(s, "%s%s",
                e->kind == CCR_EFFECT_REPORT ? "REPORT "
                : e->kind == CCR_EFFECT_DONE ? "DONE"
                                             : "DROP",
                e->kind == CCR_EFFECT_REPORT ? ccr_follower_state_name(p->status.state) : "");
        break;
    }
}

void sim_check_operation(struct sim *s, const struct sim_batch *b, const struct ccr_op *op)
{
    const struct sim_leader *l = &s->leader;
    if (b->history != l->history) {
        return; /* read before the restore; the copy is going to be made anew */
    }
    if (op->seq_no > l->global_checkpoint) {
        sim_fail(s, "operation %" PRId64 " is applied, the global checkpoint is %" PRId64, op->seq_no,
                 l->global_checkpoint);
        return;
    }
    const struct sim_op *want = &l->ops[op->seq_no];
    if (want->term != op->term || want->len != op->body.len || memcmp(want->body, op->body.data, want->len) != 0) {
        sim_fail(s, "operation %" PRId64 " of term %" PRId64 " is not the leader's, of term %" PRId64, op->seq_no,
                 op->term, want->term);
    }
}

bool sim_check_converged(struct sim *s, char *why, size_t cap)
{
    const struct ccr_follower_status *st = &s->pump.status;
    if (!s->pump.running) {
        snprintf(why, cap, "no session");
        return false;
    }
    if (s->index.history != s->leader.history) {
        snprintf(why, cap, "the copy is of another history");
        return false;
    }
    if (s->index.local_checkpoint != s->leader.count - 1 || st->applied_seq_no != s->leader.count - 1) {
        snprintf(why, cap, "applied %" PRId64 ", index %" PRId64 ", leader %" PRId64, st->applied_seq_no,
                 s->index.local_checkpoint, s->leader.count - 1);
        return false;
    }
    if (st->state != CCR_FOLLOWER_FOLLOWING || st->error != CCR_ERROR_NONE) {
        snprintf(why, cap, "state %s, error %d", ccr_follower_state_name(st->state), (int)st->error);
        return false;
    }
    if (st->fetches_in_flight != 1 || st->applies_in_flight != 0 || st->bytes_held != 0 || sim_budget_taken(s) != 0) {
        snprintf(why, cap, "%u fetches, %u applies, %" PRIu64 " bytes, %" PRIu64 " of the budget",
                 st->fetches_in_flight, st->applies_in_flight, st->bytes_held, sim_budget_taken(s));
        return false;
    }
    if (s->pump.lag_ms != 0 || s->pump.lag_operations != 0) {
        snprintf(why, cap, "a lag of %" PRId64 " ms and %" PRIu64 " operations", s->pump.lag_ms,
                 s->pump.lag_operations);
        return false;
    }
    if (!s->leader.has_lease) {
        snprintf(why, cap, "the lease is lost and nobody has noticed");
        return false;
    }
    return true;
}

void sim_check_quiet(struct sim *s)
{
    /* Idle: a poll and a renewal per interval, nothing else. */
    const struct ccr_follower_config *c = &s->pump.config;
    uint64_t allowed = 16 + SIM_IDLE_MS / c->poll_timeout_ms + SIM_IDLE_MS / c->lease_interval_ms;
    if (s->idle_effects > allowed) {
        sim_fail(s, "%" PRIu64 " effects in two idle minutes, %" PRIu64 " are enough", s->idle_effects, allowed);
    }
}
