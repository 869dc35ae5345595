/*
 * The follower shard. It takes operations in any order, skips those it has, refuses those whose mapping it lacks, is
 * slow, is blocked or out of disk for a while, persists now and then, and loses on a crash what it has not persisted.
 */
#include "sim.h"

#include <string.h>

static const struct ccr_slice NO_FRAME = {NULL, 0};

static void take_one(struct sim *s, const struct ccr_op *op)
{
    struct sim_index *x = &s->index;
    uint32_t crc = ccr_crc32(0, op->body.data, op->body.len);
    if (x->has[op->seq_no] && (x->term[op->seq_no] != op->term || x->crc[op->seq_no] != crc)) {
        sim_fail(s, "operation %lld is applied twice, with term %lld and with term %lld", (long long)op->seq_no,
                 (long long)x->term[op->seq_no], (long long)op->term);
    }
    x->has[op->seq_no] = true;
    x->term[op->seq_no] = op->term;
    x->crc[op->seq_no] = crc;
}

/* Walks a batch; each operation is compared with what the leader has. A refused one ends the walk: what came before it
 * stays applied, as in an engine. */
static enum ccr_error_class take(struct sim *s, const struct sim_batch *b, int64_t last)
{
    size_t at = 0;
    for (int64_t n = b->first; n <= last; n++) {
        uint32_t len = ccr_get_u32be(b->plain + at);
        struct ccr_op op;
        struct ccr_err err;
        if (!ccr_ok(ccr_op_parse(&op, ccr_slice_of(b->plain + at + 4, len), &err)) || op.seq_no != n) {
            sim_fail(s, "operation %lld does not parse: %s", (long long)n, err.text);
            return CCR_ERROR_FATAL;
        }
        at += 4 + len;
        sim_check_operation(s, b, &op);
        if (s->failed) {
            return CCR_ERROR_FATAL;
        }
        if (b->history == s->leader.history && s->leader.ops[n].needs_mapping > s->index.mapping) {
            s->index.refused_mappings++;
            return CCR_ERROR_MAPPING;
        }
        take_one(s, &op);
    }
    return CCR_ERROR_NONE;
}

static void persist(struct sim *s)
{
    struct sim_index *x = &s->index;
    if (s->now_ms >= x->full_until_ms) {
        x->persisted = sim_between(s, SIM_INDEX, x->persisted, x->local_checkpoint);
    }
}

/* What the engine says of a batch. */
static enum ccr_error_class outcome(struct sim *s, const struct sim_batch *b, enum ccr_error_class error)
{
    struct sim_index *x = &s->index;
    if (s->now_ms < x->full_until_ms) { /* some of it may still have found room */
        take(s, b, sim_between(s, SIM_DISK_FULL, b->first - 1, b->last));
        return sim_chance(s, SIM_DISK_FULL, 700) ? CCR_ERROR_BLOCKED : CCR_ERROR_OVERLOADED;
    }
    if (s->now_ms < x->blocked_until_ms) {
        return CCR_ERROR_BLOCKED;
    }
    return error != CCR_ERROR_NONE ? error : take(s, b, b->last);
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
    enum ccr_error_class error = outcome(s, b, e->error);
    while (x->local_checkpoint + 1 < SIM_OPS_MAX && x->has[x->local_checkpoint + 1]) {
        x->local_checkpoint++;
    }
    b->applying = false;
    sim_log(s, "index: batch %llu [%lld, %lld] class %d, local checkpoint %lld", (unsigned long long)e->id,
            (long long)b->first, (long long)b->last, (int)error, (long long)x->local_checkpoint);
    if (error == CCR_ERROR_NONE && sim_chance(s, SIM_INDEX, 500)) {
        persist(s);
    }
    sim_pump_event(s,
                   (struct ccr_event){.kind = error == CCR_ERROR_NONE ? CCR_EVENT_APPLIED : CCR_EVENT_APPLY_FAILED,
                                      .id = e->id,
                                      .error = error,
                                      .checkpoint = x->persisted},
                   NO_FRAME);
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
    int64_t ms = sim_between(s, SIM_INDEX, 1, 8);
    ms = sim_fault(s, SIM_APPLY_SLOW) ? sim_between(s, SIM_APPLY_SLOW, 100, 3000) : ms;
    struct sim_event *e = sim_at(s, ms, applied);
    e->epoch = s->pump.epoch;
    e->id = effect->id;
    if (sim_fault(s, SIM_APPLY_FAILS)) {
        e->error = failures[sim_below(s, SIM_APPLY_FAILS, 5)];
        if (e->error == CCR_ERROR_CORRUPT && !sim_chance(s, SIM_APPLY_FAILS, 200)) {
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
    if (e->error != CCR_ERROR_NONE) {
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_METADATA_FAILED, .error = e->error}, NO_FRAME);
        return;
    }
    x->mapping = e->state.mapping_version;
    x->settings = e->state.settings_version;
    x->aliases = e->state.aliases_version;
    sim_pump_event(s,
                   (struct ccr_event){.kind = CCR_EVENT_METADATA_SYNCED,
                                      .mapping_version = x->mapping,
                                      .settings_version = x->settings,
                                      .aliases_version = x->aliases},
                   NO_FRAME);
}

void sim_index_sync_metadata(struct sim *s, const struct ccr_effect *effect)
{
    struct sim_leader *l = &s->leader;
    bool swallowed = sim_net_swallows(s, true) && s->net.cut == SIM_LINKED;
    bool fails = sim_fault(s, SIM_SYNC_FAILS);
    if (effect->mapping_version > l->mapping || effect->settings_version > l->settings ||
        effect->aliases_version > l->aliases) {
        sim_fail(s, "metadata is asked for that the leader has not got");
        return;
    }
    if (swallowed) {
        return;
    }
    struct sim_event *e = sim_at(s, sim_between(s, SIM_INDEX, 5, 200), synced);
    e->epoch = s->pump.epoch;
    /* read from the leader at the beginning, in place here at the end */
    e->state.mapping_version = l->mapping;
    e->state.settings_version = l->settings;
    e->state.aliases_version = l->aliases;
    if (s->net.cut != SIM_LINKED || s->now_ms < l->refuses_until_ms) {
        e->error = CCR_ERROR_UNREACHABLE;
    } else if (fails) {
        e->error = sim_chance(s, SIM_SYNC_FAILS, 500) ? CCR_ERROR_FATAL : CCR_ERROR_TRANSIENT;
    }
}

void sim_index_crash(struct sim *s)
{
    struct sim_index *x = &s->index;
    for (int64_t n = x->persisted + 1; n < SIM_OPS_MAX; n++) {
        x->has[n] = x->has[n] && sim_chance(s, SIM_CRASH, 200); /* some were written to disk all the same */
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
        x->term[n] = l->ops[n].term;
        x->crc[n] = l->ops[n].crc;
    }
    x->local_checkpoint = x->persisted = l->global_checkpoint;
    x->history = l->history;
    x->epoch = s->pump.epoch;
    x->mapping = l->mapping;
    x->settings = l->settings;
    x->aliases = l->aliases;
    l->has_lease = true;
    l->lease_retaining = l->global_checkpoint + 1;
    sim_log(s, "index is bootstrapped up to %lld", (long long)l->global_checkpoint);
}
