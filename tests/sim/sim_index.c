/*
 * The follower shard. It takes operations in any order, skips those it has, refuses those whose mapping it lacks, is
 * slow, is blocked for a while, persists now and then, and loses on a crash what it has not persisted.
 */
#include "sim.h"

#include <string.h>

/* Walks a batch; each operation is compared with what the leader has. A refused one ends the walk: what came before it
 * stays applied, as in an engine. */
static enum ccr_error_class take(struct sim *s, const struct sim_batch *b)
{
    size_t at = 0;
    for (int64_t n = b->first; n <= b->last; n++) {
        uint32_t len = ccr_get_u32be(b->plain + at);
        struct ccr_op op;
        struct ccr_err err;
        if (!ccr_ok(ccr_op_parse(&op, ccr_slice_of(b->plain + at + 4, len), &err)) || op.seq_no != n) {
            sim_fail(s, "operation %lld does not parse: %s", (long long)n, err.text);
            return CCR_ERROR_FATAL;
        }
        at += 4 + len;
        sim_check_operation(s, &op);
        if (s->failed) {
            return CCR_ERROR_FATAL;
        }
        if (s->leader.ops[n].needs_mapping > s->index.mapping) {
            s->index.refused_mappings++;
            return CCR_ERROR_MAPPING;
        }
        s->index.has[n] = true;
    }
    return CCR_ERROR_NONE;
}

static void applied(struct sim *s, struct sim_event *e)
{
    struct sim_index *x = &s->index;
    if (e->epoch != s->pump.epoch || !s->pump.running) {
        return;
    }
    struct sim_batch *b = sim_pump_batch(s, e->id);
    if (b == NULL) {
        sim_fail(s, "batch %llu is applied and not held", (unsigned long long)e->id);
        return;
    }
    enum ccr_error_class error = e->error;
    if (s->now_ms < x->blocked_until_ms) {
        error = CCR_ERROR_BLOCKED;
    }
    if (error == CCR_ERROR_NONE) {
        error = take(s, b);
    }
    while (x->local_checkpoint + 1 < SIM_OPS_MAX && x->has[x->local_checkpoint + 1]) {
        x->local_checkpoint++;
    }
    b->applying = false;
    sim_log(s, "index: batch %llu [%lld, %lld] class %d, local checkpoint %lld", (unsigned long long)e->id,
            (long long)b->first, (long long)b->last, (int)error, (long long)x->local_checkpoint);
    if (error == CCR_ERROR_NONE && sim_chance(s, 500)) {
        sim_index_persist(s);
    }
    sim_pump_event(s, (struct ccr_event){.kind = error == CCR_ERROR_NONE ? CCR_EVENT_APPLIED : CCR_EVENT_APPLY_FAILED,
                                         .id = e->id,
                                         .error = error,
                                         .checkpoint = x->persisted});
}

void sim_index_apply(struct sim *s, const struct ccr_effect *effect)
{
    static const enum ccr_error_class failures[] = {CCR_ERROR_OVERLOADED, CCR_ERROR_TRANSIENT, CCR_ERROR_BLOCKED,
                                                    CCR_ERROR_UNREACHABLE, CCR_ERROR_CORRUPT};
    struct sim_batch *b = sim_pump_batch(s, effect->id);
    if (b == NULL || b->applying || b->first != effect->first_seq_no || b->last != effect->last_seq_no) {
        sim_fail(s, "APPLY of batch %llu, which is not held, applied already or another",
                 (unsigned long long)effect->id);
        return;
    }
    b->applying = true;
    bool slow = sim_chance(s, s->faults.apply_slow);
    struct sim_event *e = sim_at(s, slow ? sim_between(s, 100, 3000) : sim_between(s, 1, 8), applied);
    e->epoch = s->pump.epoch;
    e->id = effect->id;
    if (sim_chance(s, s->faults.apply_fails)) {
        e->error = failures[sim_below(s, 5)];
        if (e->error == CCR_ERROR_CORRUPT && !sim_chance(s, 200)) {
            e->error = CCR_ERROR_TRANSIENT;
        }
        s->net.corrupted += e->error == CCR_ERROR_CORRUPT;
    }
}

static void synced(struct sim *s, struct sim_event *e)
{
    struct sim_index *x = &s->index;
    if (e->epoch != s->pump.epoch || !s->pump.running) {
        return;
    }
    s->pump.sync_outstanding = 0;
    if (e->error != CCR_ERROR_NONE) {
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_METADATA_FAILED, .error = e->error});
        return;
    }
    x->mapping = e->state.mapping_version;
    x->settings = e->state.settings_version;
    x->aliases = e->state.aliases_version;
    sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_METADATA_SYNCED,
                                         .mapping_version = x->mapping,
                                         .settings_version = x->settings,
                                         .aliases_version = x->aliases});
}

void sim_index_sync_metadata(struct sim *s, const struct ccr_effect *effect)
{
    struct sim_leader *l = &s->leader;
    if (effect->mapping_version > l->mapping || effect->settings_version > l->settings ||
        effect->aliases_version > l->aliases) {
        sim_fail(s, "metadata is asked for that the leader has not got");
        return;
    }
    if (sim_chance(s, s->net.lose)) {
        return;
    }
    struct sim_event *e = sim_at(s, sim_between(s, 5, 200), synced);
    e->epoch = s->pump.epoch;
    /* read from the leader at the beginning, in place here at the end */
    e->state.mapping_version = l->mapping;
    e->state.settings_version = l->settings;
    e->state.aliases_version = l->aliases;
    if (s->net.cut != SIM_LINKED) {
        e->error = CCR_ERROR_UNREACHABLE;
    } else if (sim_chance(s, s->faults.sync_fails)) {
        e->error = sim_chance(s, 500) ? CCR_ERROR_FATAL : CCR_ERROR_TRANSIENT;
    }
}

void sim_index_persist(struct sim *s)
{
    s->index.persisted = sim_between(s, s->index.persisted, s->index.local_checkpoint);
}

void sim_index_crash(struct sim *s)
{
    struct sim_index *x = &s->index;
    for (int64_t n = x->persisted + 1; n < SIM_OPS_MAX; n++) {
        x->has[n] = x->has[n] && sim_chance(s, 200); /* some were written to disk all the same */
    }
    x->local_checkpoint = x->persisted;
    while (x->local_checkpoint + 1 < SIM_OPS_MAX && x->has[x->local_checkpoint + 1]) {
        x->local_checkpoint++;
    }
    sim_log(s, "index crashes and comes back at %lld, persisted %lld", (long long)x->local_checkpoint,
            (long long)x->persisted);
}

/* A copy of the leader's files at its global checkpoint, with a lease taken before. */
void sim_index_bootstrap(struct sim *s)
{
    struct sim_index *x = &s->index;
    struct sim_leader *l = &s->leader;
    memset(x->has, 0, sizeof(x->has));
    for (int64_t n = 0; n <= l->global_checkpoint; n++) {
        x->has[n] = true;
    }
    x->local_checkpoint = x->persisted = l->global_checkpoint;
    x->mapping = l->mapping;
    x->settings = l->settings;
    x->aliases = l->aliases;
    l->has_lease = true;
    l->lease_retaining = l->global_checkpoint + 1;
    sim_log(s, "index is bootstrapped up to %lld", (long long)l->global_checkpoint);
}
