/*
 * The leader shard: a primary and a replica. Writes go to the primary and, later or not at all, to the replica; the
 * global checkpoint is what both have. A replica hears of it one acknowledgement late, as in OpenSearch.
 *
 * Failover rolls back what only the old primary had: those sequence numbers are written anew, with other bytes and a
 * higher term. Nothing at or below the global checkpoint ever changes, so any other byte on the follower is a fault. Only
 * a restore from a snapshot changes more, and with it the history's name.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

void sim_leader_history(const struct sim *s, char uuid[64])
{
    snprintf(uuid, 64, "sim-history-uuid-%05llu", (unsigned long long)s->leader.history);
}

static void open_copy(struct sim *s, struct sim_copy *c)
{
    struct ccr_err err;
    if (!ccr_ok(sim_copy_open(s, c, &err))) {
        sim_fail(s, "leader: %s", err.text);
    }
}

void sim_leader_init(struct sim *s)
{
    static const int64_t most[] = {60, 100, 150, 200, 300, 500, 1000, SIM_OPS_MAX};
    struct sim_leader *l = &s->leader;
    l->global_checkpoint = -1;
    l->term = 1;
    l->history = 1;
    l->mapping = l->settings = l->aliases = 1;
    l->refuses_until_ms = INT64_MIN;
    l->ops_max = most[sim_below(s, SIM_SETUP, 8)];
    if (s->choice.ops_max > 0 && s->choice.ops_max < l->ops_max) {
        l->ops_max = s->choice.ops_max;
    }
    for (int i = 0; i < SIM_COPIES; i++) {
        struct sim_copy *c = &l->copies[i];
        c->files = sim_files_new(s, 1);
        c->known_checkpoint = -1;
        c->has = -1;
        open_copy(s, c);
    }
}

void sim_leader_fini(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    for (int i = 0; i < SIM_COPIES; i++) {
        sim_session_close(s, l->runtime, l->copies[i].session);
        sim_files_free(l->copies[i].files);
    }
    for (int64_t i = 0; i < l->count; i++) {
        free(l->ops[i].body);
    }
}

/* ---- writing */

static uint32_t source_len(struct sim *s)
{
    uint32_t kind = sim_below(s, SIM_WRITER, 1000);
    if (kind == 0) {
        return 40000 + sim_below(s, SIM_WRITER, 160000); /* beyond what a batch may hold */
    }
    return kind < 40 ? 1000 + sim_below(s, SIM_WRITER, 6000) : 20 + sim_below(s, SIM_WRITER, 300);
}

/*
 * Everything up to `last` gets into the files of a copy: in order, or as several threads write, in any order within a
 * window, and a new generation may begin in the middle of it.
 */
static void append_up_to(struct sim *s, struct sim_copy *c, int64_t last)
{
    while (c->has < last) {
        int64_t order[8];
        int64_t left = last - c->has;
        int64_t most = left < 8 ? left : 8;
        int64_t window = most > 1 && sim_fault(s, SIM_DISORDER) ? sim_between(s, SIM_DISORDER, 2, most) : 1;
        for (int64_t i = 0; i < window; i++) {
            int64_t at = window > 1 ? sim_between(s, SIM_DISORDER, 0, i) : 0;
            order[i] = order[at];
            order[at] = c->has + 1 + i;
        }
        for (int64_t i = 0; i < window; i++) {
            if (i > 0 && sim_chance(s, SIM_DISORDER, 10)) {
                sim_files_roll(c->files, s->leader.term, c->known_checkpoint);
            }
            sim_files_append(c->files, order[i], &s->leader.ops[order[i]]);
        }
        c->has += window;
    }
}

void sim_leader_write(struct sim *s, int ops)
{
    struct sim_leader *l = &s->leader;
    for (int i = 0; i < ops && l->count < l->ops_max; i++) {
        struct sim_op *op = &l->ops[l->count];
        op->needs_mapping = l->mapping;
        sim_op_make(s, op, l->count, l->term, source_len(s));
        l->count++;
    }
    append_up_to(s, &l->copies[l->primary], l->count - 1);
}

/* The replica gets some of what it lacks, or all of it; then everybody hears of it, the replica a step late. */
void sim_leader_acknowledge(struct sim *s, bool all)
{
    struct sim_leader *l = &s->leader;
    int replica = 1 - l->primary;
    int64_t has = all ? l->count - 1 : sim_between(s, SIM_LEADER, l->copies[replica].has, l->count - 1);
    append_up_to(s, &l->copies[replica], has);
    int64_t before = l->global_checkpoint;
    /* Only what is synced on a copy counts for the global checkpoint. */
    sim_files_sync(l->copies[l->primary].files, before);
    sim_files_sync(l->copies[replica].files, l->copies[replica].known_checkpoint);
    l->global_checkpoint = all || has < before ? has : sim_between(s, SIM_LEADER, before, has);
    sim_leader_hear(s, l->primary, l->global_checkpoint);
    sim_leader_hear(s, replica, all ? l->global_checkpoint : before);
}

/* ---- what happens to it */

static void forget_ops(struct sim_leader *l, int64_t keep)
{
    for (int64_t n = keep; n < l->count; n++) {
        free(l->ops[n].body);
    }
    l->count = keep;
}

static void late_trim(struct sim *s, struct sim_event *e)
{
    if (e->history == s->leader.history) {
        sim_files_trim_above(s->leader.copies[e->copy].files, e->seq_no, (int64_t)e->id);
        sim_log(s, "leader: copy %d trims above %lld what is below term %lld", e->copy, (long long)e->seq_no,
                (long long)e->id);
    }
}

void sim_leader_failover(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    int old = l->primary;
    int64_t keeps = l->copies[1 - old].has;
    sim_leader_drop_parked(s, old);
    forget_ops(l, keeps + 1);
    l->term++;
    l->primary = 1 - old;
    sim_files_roll(l->copies[l->primary].files, l->term, l->copies[l->primary].known_checkpoint);

    /* The old one comes back as a replica: rolled back to the global checkpoint, brought up again by the new primary.
     * What it had beyond is still in its files, until the end of the resync tells it to trim. */
    sim_files_rollback(l->copies[old].files, l->global_checkpoint, l->term);
    if (sim_fault(s, SIM_LATE_TRIM)) {
        struct sim_event *e = sim_at(s, sim_between(s, SIM_LATE_TRIM, 1, 4000), late_trim);
        e->copy = old;
        e->seq_no = l->global_checkpoint;
        e->id = (uint64_t)l->term;
        e->history = l->history;
    } else {
        sim_files_trim_above(l->copies[old].files, l->global_checkpoint, l->term);
    }
    for (int64_t n = l->global_checkpoint + 1; n < l->count; n++) {
        sim_files_append(l->copies[old].files, n, &l->ops[n]);
    }
    l->copies[old].has = l->count - 1;
    sim_log(s, "leader fails over to copy %d, term %lld, keeps %lld, global checkpoint %lld", l->primary,
            (long long)l->term, (long long)keeps, (long long)l->global_checkpoint);
}

static void reopen(struct sim *s, int64_t away_ms)
{
    struct sim_leader *l = &s->leader;
    for (int i = 0; i < SIM_COPIES; i++) {
        sim_leader_drop_parked(s, i);
        sim_session_close(s, l->runtime, l->copies[i].session);
        open_copy(s, &l->copies[i]);
    }
    l->refuses_until_ms = s->now_ms + away_ms;
    l->refuses_with = CCR_ERROR_UNREACHABLE;
}

/* All of its nodes at once: readers are new, and the checkpoint known is the one that was synced last. */
void sim_leader_restart(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    l->term++;
    for (int i = 0; i < SIM_COPIES; i++) {
        struct sim_copy *c = &l->copies[i];
        c->known_checkpoint = sim_between(s, SIM_LEADER_RESTART, -1, c->known_checkpoint);
        sim_files_roll(c->files, l->term, c->known_checkpoint);
    }
    reopen(s, sim_between(s, SIM_LEADER_RESTART, 10, 4000));
    sim_log(s, "leader restarts, term %lld", (long long)l->term);
}

/* From a snapshot: an earlier state, a new history, an empty translog, no lease; what follows is written anew. */
void sim_leader_restore(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    int64_t keep = sim_between(s, SIM_RESTORE, -1, l->global_checkpoint);
    forget_ops(l, keep + 1);
    l->history++;
    l->term = 1 + (int64_t)sim_below(s, SIM_RESTORE, 3);
    l->global_checkpoint = keep;
    l->lucene_from = keep + 1;
    l->has_lease = false;
    s->history_lost = true;
    for (int i = 0; i < SIM_COPIES; i++) {
        struct sim_copy *c = &l->copies[i];
        struct sim_files *before = c->files;
        c->known_checkpoint = c->has = keep;
        c->rotten = false;
        c->files = sim_files_new(s, l->term);
        sim_leader_drop_parked(s, i);
        sim_session_close(s, l->runtime, c->session);
        sim_files_free(before);
        open_copy(s, c);
    }
    l->refuses_until_ms = s->now_ms + sim_between(s, SIM_RESTORE, 10, 4000);
    l->refuses_with = sim_below(s, SIM_RESTORE, 2) == 0 ? CCR_ERROR_UNREACHABLE : CCR_ERROR_LEADER_CLOSED;
    sim_log(s, "leader is restored up to %lld, history %llu, term %lld", (long long)keep,
            (unsigned long long)l->history, (long long)l->term);
}

void sim_leader_roll(struct sim *s)
{
    int i = (int)sim_below(s, SIM_ROLL, SIM_COPIES);
    struct sim_copy *c = &s->leader.copies[i];
    sim_files_roll(c->files, s->leader.term, c->known_checkpoint);
    sim_log(s, "leader: copy %d rolls", i);
}

static int64_t needed(const struct sim_leader *l)
{
    return l->has_lease ? l->lease_retaining : l->global_checkpoint + 1;
}

void sim_leader_flush(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    for (int i = 0; i < SIM_COPIES; i++) {
        sim_files_roll(l->copies[i].files, l->term, l->copies[i].known_checkpoint);
        /* A translog may be pruned although the lease needs it (its size is bounded); Lucene then still has it. */
        bool full = sim_chance(s, SIM_FLUSH, 300);
        sim_files_trim(l->copies[i].files, full ? l->global_checkpoint + 1 : needed(l));
    }
    sim_log(s, "leader flushes and trims below %lld", (long long)needed(l));
}

void sim_leader_merge(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    if (l->lucene_from < needed(l)) {
        l->lucene_from = needed(l);
    }
    sim_log(s, "leader merges away what is below %lld", (long long)l->lucene_from);
}

void sim_leader_rot(struct sim *s)
{
    int i = (int)sim_below(s, SIM_ROT, SIM_COPIES);
    s->leader.copies[i].rotten = true;
    sim_files_rot(s->leader.copies[i].files, sim_random(s, SIM_ROT));
    sim_log(s, "leader: a bit flips in the translog of copy %d", i);
}

/* ---- the lease */

static void renewed(struct sim *s, struct sim_event *e)
{
    if (e->epoch != s->pump.epoch) {
        return;
    }
    s->pump.lease_outstanding = false;
    enum ccr_event_kind kind = e->error == CCR_ERROR_NONE ? CCR_EVENT_LEASE_RENEWED : CCR_EVENT_LEASE_FAILED;
    sim_pump_event(s, (struct ccr_event){.kind = kind, .error = e->error}, ccr_slice_of(NULL, 0));
}

void sim_leader_renew(struct sim *s, struct sim_event *e)
{
    struct sim_leader *l = &s->leader;
    if (e->epoch < s->index.epoch) {
        return;
    }
    bool swallowed = sim_net_swallows(s, false);
    bool fails = sim_fault(s, SIM_LEASE_FAILS);
    enum ccr_error_class error = CCR_ERROR_NONE;
    if (s->now_ms < l->refuses_until_ms) {
        error = l->refuses_with;
    } else if (!l->has_lease) {
        error = CCR_ERROR_HISTORY_GONE;
    } else if (fails) {
        error = CCR_ERROR_TRANSIENT;
    } else if (l->lease_retaining < e->seq_no) {
        l->lease_retaining = e->seq_no; /* an older renewal that arrives late changes nothing */
    }
    if (swallowed) {
        return;
    }
    struct sim_event *answer = sim_at(s, 1 + sim_below(s, SIM_LEADER, 20), renewed);
    answer->epoch = e->epoch;
    answer->error = error;
}
