/*
 * The leader shard: a primary and a replica. Writes go to the primary and, later or not at all, to the replica; the
 * global checkpoint is what both have. A replica hears of it one acknowledgement late, as in OpenSearch.
 *
 * Failover rolls back what only the old primary had: those sequence numbers are written anew, with other bytes and a
 * higher term. Nothing at or below the global checkpoint ever changes, so any other byte on the follower is a fault.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_ROOM (8u << 10) /* a first guess that is often too small, so that NOBUF is ordinary */

void sim_leader_init(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    struct ccr_err err;
    l->global_checkpoint = -1;
    l->term = 1;
    l->mapping = l->settings = l->aliases = 1;
    for (int i = 0; i < SIM_COPIES; i++) {
        struct sim_copy *c = &l->copies[i];
        c->files = sim_files_new();
        c->dir = sim_files_dir(c->files);
        c->known_checkpoint = -1;
        c->has = -1;
        if (!ccr_ok(ccr_leader_new(&c->reader, ccr_alloc_system(), &c->dir, SIM_HISTORY, &err))) {
            sim_fail(s, "leader: %s", err.text);
        }
    }
    if (!ccr_ok(ccr_workspace_new(&l->ws, ccr_alloc_system()))) {
        sim_fail(s, "leader: no workspace");
    }
}

void sim_leader_fini(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    for (int i = 0; i < SIM_COPIES; i++) {
        ccr_leader_free(l->copies[i].reader);
        sim_files_free(l->copies[i].files);
    }
    for (int64_t i = 0; i < l->count; i++) {
        free(l->ops[i].body);
    }
    ccr_workspace_free(l->ws);
}

/* ---- writing */

static uint32_t source_len(struct sim *s)
{
    uint32_t kind = sim_below(s, 400);
    if (kind == 0) {
        return 40000 + sim_below(s, 160000); /* beyond what a batch may hold */
    }
    return kind < 20 ? 1000 + sim_below(s, 6000) : 20 + sim_below(s, 300);
}

void sim_leader_write(struct sim *s, int ops)
{
    struct sim_leader *l = &s->leader;
    for (int i = 0; i < ops && l->count < SIM_OPS_MAX; i++) {
        struct sim_op *op = &l->ops[l->count];
        op->needs_mapping = l->mapping;
        sim_op_make(s, op, l->count, l->term, source_len(s));
        sim_files_append(l->copies[l->primary].files, l->count, op);
        l->copies[l->primary].has = l->count;
        l->count++;
    }
}

static void hear(struct sim *s, int copy, int64_t checkpoint)
{
    struct sim_leader *l = &s->leader;
    if (l->copies[copy].known_checkpoint < checkpoint) {
        l->copies[copy].known_checkpoint = checkpoint;
    }
    for (int i = 0; i < SIM_PARKED; i++) {
        struct sim_parked *p = &l->parked[i];
        if (p->used && p->copy == copy && l->copies[copy].known_checkpoint >= p->request.from_seq_no) {
            struct sim_event *e = sim_at(s, 0, sim_leader_read);
            e->epoch = p->epoch;
            e->id = p->id;
            e->copy = copy;
            e->request = p->request;
            p->used = false;
        }
    }
}

/* The replica gets some of what it lacks, or all of it; then everybody hears of it, the replica a step late. */
void sim_leader_acknowledge(struct sim *s, bool all)
{
    struct sim_leader *l = &s->leader;
    int replica = 1 - l->primary;
    int64_t has = all ? l->count - 1 : sim_between(s, l->copies[replica].has, l->count - 1);
    for (int64_t n = l->copies[replica].has + 1; n <= has; n++) {
        sim_files_append(l->copies[replica].files, n, &l->ops[n]);
    }
    l->copies[replica].has = has;
    int64_t before = l->global_checkpoint;
    l->global_checkpoint = all || has < before ? has : sim_between(s, before, has);
    hear(s, l->primary, l->global_checkpoint);
    hear(s, replica, all ? l->global_checkpoint : before);
    if (sim_chance(s, 300)) {
        sim_files_sync(l->copies[l->primary].files, l->global_checkpoint);
        sim_files_sync(l->copies[replica].files, l->copies[replica].known_checkpoint);
    }
}

void sim_leader_failover(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    int old = l->primary;
    int64_t keeps = l->copies[1 - old].has;
    for (int i = 0; i < SIM_PARKED; i++) {
        if (l->parked[i].used && l->parked[i].copy == old) {
            l->parked[i].used = false;
            if (sim_chance(s, 800)) {
                sim_net_fail(s, l->parked[i].epoch, l->parked[i].id, CCR_ERROR_UNREACHABLE);
            }
        }
    }
    for (int64_t n = keeps + 1; n < l->count; n++) {
        free(l->ops[n].body);
    }
    l->count = keeps + 1;
    l->term++;
    l->primary = 1 - old;
    sim_files_roll(l->copies[l->primary].files, l->term, l->copies[l->primary].known_checkpoint);

    /* The old one comes back as a replica: rolled back to the global checkpoint, brought up again by the new primary.
     */
    sim_files_rollback(l->copies[old].files, l->global_checkpoint, l->term);
    for (int64_t n = l->global_checkpoint + 1; n < l->count; n++) {
        sim_files_append(l->copies[old].files, n, &l->ops[n]);
    }
    l->copies[old].has = l->count - 1;
    sim_log(s, "leader fails over to copy %d, term %lld, keeps %lld, global checkpoint %lld", l->primary,
            (long long)l->term, (long long)keeps, (long long)l->global_checkpoint);
}

void sim_leader_forget(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    int64_t needed = l->has_lease ? l->lease_retaining : l->global_checkpoint + 1;
    for (int i = 0; i < SIM_COPIES; i++) {
        sim_files_roll(l->copies[i].files, l->term, l->copies[i].known_checkpoint);
        /* A translog may be pruned although the lease needs it (its size is bounded); Lucene then still has it. */
        sim_files_trim(l->copies[i].files, sim_chance(s, 300) ? l->global_checkpoint + 1 : needed);
    }
    if (l->lucene_from < needed) {
        l->lucene_from = needed;
    }
    sim_log(s, "leader forgets below %lld", (long long)needed);
}

/* ---- reading */

/* Lucene's changes snapshot: [from, last] as plain operations, bounded like the translog's. NULL: merged away. */
static uint8_t *read_lucene(struct sim *s, const struct ccr_read_request *q, int64_t checkpoint, size_t *len)
{
    struct sim_leader *l = &s->leader;
    int64_t last = q->last_seq_no >= 0 && q->last_seq_no < checkpoint ? q->last_seq_no : checkpoint;
    if (q->from_seq_no < l->lucene_from) {
        return NULL;
    }
    size_t cap = 0;
    int64_t until = q->from_seq_no;
    for (; until <= last && until - q->from_seq_no < q->max_ops; until++) {
        size_t more = CCR_OPS_RECORD_OVERHEAD + l->ops[until].len;
        if (cap > 0 && cap + more > q->max_bytes) {
            break;
        }
        cap += more;
    }
    uint8_t *plain = malloc(cap + 1);
    *len = 0;
    for (int64_t n = q->from_seq_no; n < until; n++) {
        ccr_put_u32be(plain + *len, l->ops[n].len);
        memcpy(plain + *len + 4, l->ops[n].body, l->ops[n].len);
        *len += 4 + l->ops[n].len;
    }
    return plain;
}

/* As Java does it: the translog, and Lucene when that has not got it. The class of what went wrong, or NONE. */
static enum ccr_error_class read_frame(struct sim *s, struct sim_event *e, uint8_t **frame, size_t *len)
{
    struct sim_leader *l = &s->leader;
    struct sim_copy *c = &l->copies[e->copy];
    struct ccr_leader_state state = {.global_checkpoint = c->known_checkpoint,
                                     .max_seq_no_of_updates = l->count - 1,
                                     .mapping_version = l->mapping,
                                     .settings_version = l->settings,
                                     .aliases_version = l->aliases};
    struct ccr_wire_header header;
    struct ccr_err err = {0};
    size_t cap = FRAME_ROOM;
    *frame = malloc(cap);
    struct ccr_status st = ccr_leader_read(c->reader, l->ws, &e->request, &state, *frame, cap, len, &header, &err);
    if (ccr_is(st, CCR_NOBUF)) {
        *frame = realloc(*frame, cap = *len);
        st = ccr_leader_read(c->reader, l->ws, &e->request, &state, *frame, cap, len, &header, &err);
    }
    l->by_translog += ccr_ok(st);
    if (ccr_is(st, CCR_GONE)) {
        size_t plain_len;
        uint8_t *plain = read_lucene(s, &e->request, c->known_checkpoint, &plain_len);
        if (plain == NULL) {
            return CCR_ERROR_HISTORY_GONE;
        }
        struct ccr_slice ops = ccr_slice_of(plain, plain_len);
        st = ccr_leader_pack(c->reader, l->ws, &e->request, &state, ops, *frame, cap, len, &header, &err);
        if (ccr_is(st, CCR_NOBUF)) {
            *frame = realloc(*frame, cap = *len);
            st = ccr_leader_pack(c->reader, l->ws, &e->request, &state, ops, *frame, cap, len, &header, &err);
        }
        free(plain);
        l->by_lucene++;
    }
    if (!ccr_ok(st)) {
        sim_fail(s, "leader: %s: %s", ccr_status_name(st), err.text);
        return CCR_ERROR_FATAL;
    }
    return CCR_ERROR_NONE;
}

static enum ccr_error_class refusal(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    if (s->now_ms < l->closed_until_ms) {
        return CCR_ERROR_LEADER_CLOSED;
    }
    if (s->now_ms < l->forbidden_until_ms) {
        return CCR_ERROR_FORBIDDEN;
    }
    if (s->now_ms < l->overloaded_until_ms) {
        return CCR_ERROR_OVERLOADED;
    }
    return sim_chance(s, s->faults.read_fails) ? CCR_ERROR_TRANSIENT : CCR_ERROR_NONE;
}

static void park_ends(struct sim *s, struct sim_event *e)
{
    for (int i = 0; i < SIM_PARKED; i++) {
        struct sim_parked *p = &s->leader.parked[i];
        if (p->used && p->id == e->id && p->epoch == e->epoch && p->until_ms <= s->now_ms) {
            p->used = false;
            e->request.wait_ms = 0;
            e->copy = p->copy;
            sim_leader_read(s, e);
            return;
        }
    }
}

static void park(struct sim *s, struct sim_event *e)
{
    for (int i = 0; i < SIM_PARKED; i++) {
        struct sim_parked *p = &s->leader.parked[i];
        if (!p->used) {
            *p = (struct sim_parked){.used = true,
                                     .copy = e->copy,
                                     .epoch = e->epoch,
                                     .id = e->id,
                                     .until_ms = s->now_ms + e->request.wait_ms,
                                     .request = e->request};
            struct sim_event *end = sim_at(s, e->request.wait_ms, park_ends);
            end->epoch = e->epoch;
            end->id = e->id;
            end->request = e->request;
            return;
        }
    }
    sim_net_fail(s, e->epoch, e->id, CCR_ERROR_OVERLOADED);
}

void sim_leader_read(struct sim *s, struct sim_event *e)
{
    struct sim_leader *l = &s->leader;
    enum ccr_error_class error = refusal(s);
    if (error == CCR_ERROR_NONE && e->request.wait_ms > 0 && !sim_chance(s, s->faults.hasty) &&
        l->copies[e->copy].known_checkpoint < e->request.from_seq_no) {
        park(s, e);
        return;
    }
    uint8_t *frame = NULL;
    size_t len = 0;
    error = error != CCR_ERROR_NONE ? error : read_frame(s, e, &frame, &len);
    if (error != CCR_ERROR_NONE) {
        free(frame);
        sim_net_fail(s, e->epoch, e->id, error);
        return;
    }
    struct sim_event *answer = sim_at(s, 0, sim_net_answer);
    answer->epoch = e->epoch;
    answer->id = e->id;
    answer->bytes = frame;
    answer->len = len;
}

/* ---- the lease */

static void renewed(struct sim *s, struct sim_event *e)
{
    if (e->epoch != s->pump.epoch) {
        return;
    }
    s->pump.lease_outstanding = false;
    sim_pump_event(
        s, (struct ccr_event){.kind = e->error == CCR_ERROR_NONE ? CCR_EVENT_LEASE_RENEWED : CCR_EVENT_LEASE_FAILED,
                              .error = e->error});
}

void sim_leader_renew(struct sim *s, struct sim_event *e)
{
    struct sim_leader *l = &s->leader;
    struct sim_event *answer = sim_at(s, 1 + sim_below(s, 20), renewed);
    answer->epoch = e->epoch;
    if (!l->has_lease) {
        answer->error = CCR_ERROR_HISTORY_GONE;
    } else if (sim_chance(s, s->faults.lease_fails)) {
        answer->error = CCR_ERROR_TRANSIENT;
    } else if (l->lease_retaining < e->seq_no) {
        l->lease_retaining = e->seq_no; /* an older renewal that arrives late changes nothing */
    }
}
