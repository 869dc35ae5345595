/*
 * How a copy of the leader answers a request, as Java does it: refuse, park until the global checkpoint comes, read the
 * translog, and what that has not got from Lucene.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

/* ---- parking */

static void answer_parked(struct sim *s, struct sim_parked *p)
{
    struct sim_event *e = sim_at(s, 0, sim_leader_read);
    e->epoch = p->epoch;
    e->id = p->id;
    e->copy = p->copy;
    e->request = p->request;
    p->used = false;
}

void sim_leader_hear(struct sim *s, int copy, int64_t checkpoint)
{
    struct sim_leader *l = &s->leader;
    if (l->copies[copy].known_checkpoint < checkpoint) {
        l->copies[copy].known_checkpoint = checkpoint;
    }
    for (int i = 0; i < SIM_PARKED; i++) {
        struct sim_parked *p = &l->parked[i];
        if (p->used && p->copy == copy && l->copies[copy].known_checkpoint >= p->request.from_seq_no) {
            answer_parked(s, p);
        }
    }
}

void sim_leader_drop_parked(struct sim *s, int copy)
{
    struct sim_leader *l = &s->leader;
    for (int i = 0; i < SIM_PARKED; i++) {
        if (l->parked[i].used && l->parked[i].copy == copy) {
            l->parked[i].used = false;
            if (sim_chance(s, SIM_LEADER, 800)) {
                sim_net_fail(s, l->parked[i].epoch, l->parked[i].id, CCR_ERROR_UNREACHABLE);
            }
        }
    }
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

/* The follower has heard of other metadata than there is now. */
static bool is_outdated(const struct sim_leader *l, const struct ccr_read_request *q)
{
    bool names = q->mapping_version > 0 || q->settings_version > 0 || q->aliases_version > 0;
    return names &&
           (q->mapping_version < l->mapping || q->settings_version < l->settings || q->aliases_version < l->aliases);
}

void sim_leader_news(struct sim *s)
{
    struct sim_leader *l = &s->leader;
    for (int i = 0; i < SIM_PARKED; i++) {
        if (l->parked[i].used && is_outdated(l, &l->parked[i].request)) {
            answer_parked(s, &l->parked[i]);
        }
    }
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

/* NONE: the frame lies in *frame, borrowed. */
static enum ccr_error_class read_frame(struct sim *s, struct sim_event *e, struct ccr_slice *frame)
{
    struct sim_leader *l = &s->leader;
    struct sim_copy *c = &l->copies[e->copy];
    struct ccr_leader_state state = {.global_checkpoint = c->known_checkpoint,
                                     .max_seq_no_of_updates = l->count - 1,
                                     .mapping_version = l->mapping,
                                     .settings_version = l->settings,
                                     .aliases_version = l->aliases};
    struct ccr_err err = {0};
    struct ccr_status st = sim_copy_read(s, c, &e->request, &state, NULL, frame, &err);
    l->by_translog += ccr_ok(st);
    if (ccr_is(st, CCR_GONE) || (ccr_is(st, CCR_CORRUPT_TLOG) && c->rotten)) {
        size_t len;
        uint8_t *plain = read_lucene(s, &e->request, c->known_checkpoint, &len);
        if (plain == NULL) {
            return CCR_ERROR_HISTORY_GONE;
        }
        struct ccr_slice ops = ccr_slice_of(plain, len);
        st = sim_copy_read(s, c, &e->request, &state, &ops, frame, &err);
        free(plain);
        l->by_lucene++;
    }
    if (ccr_is(st, CCR_HISTORY)) {
        return CCR_ERROR_HISTORY_CHANGED;
    }
    if (ccr_is(st, CCR_IO) && s->faults[SIM_LEADER_IO] > 0) {
        return CCR_ERROR_TRANSIENT;
    }
    if (!ccr_ok(st)) {
        sim_fail(s, "leader: %s: %s", ccr_status_name(st), err.text);
        return CCR_ERROR_FATAL;
    }
    return CCR_ERROR_NONE;
}

void sim_leader_read(struct sim *s, struct sim_event *e)
{
    struct sim_leader *l = &s->leader;
    bool hasty = sim_fault(s, SIM_HASTY);
    bool fails = sim_fault(s, SIM_READ_FAILS);
    enum ccr_error_class error = fails ? CCR_ERROR_TRANSIENT : CCR_ERROR_NONE;
    if (s->now_ms < l->refuses_until_ms) {
        error = l->refuses_with;
    }
    if (error == CCR_ERROR_NONE && e->request.wait_ms > 0 && !hasty && !is_outdated(l, &e->request) &&
        l->copies[e->copy].known_checkpoint < e->request.from_seq_no) {
        park(s, e);
        return;
    }
    struct ccr_slice frame = ccr_slice_of(NULL, 0);
    error = error != CCR_ERROR_NONE ? error : read_frame(s, e, &frame);
    if (error != CCR_ERROR_NONE) {
        sim_net_fail(s, e->epoch, e->id, error);
        return;
    }
    struct sim_event *answer = sim_at(s, 0, sim_net_answer);
    answer->epoch = e->epoch;
    answer->id = e->id;
    answer->history = l->history;
    answer->bytes = malloc(frame.len + 1);
    memcpy(answer->bytes, frame.data, frame.len);
    answer->len = frame.len;
}
