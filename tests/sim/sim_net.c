/*
 * The way between the clusters. A message arrives late, twice, damaged, under another's name or not at all; a connection
 * may be refused, which is known at once, or swallow what goes one way or both, which only a timeout tells. Delays are
 * drawn per message, so order is not kept.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

static int64_t delay(struct sim *s)
{
    int64_t ms = sim_between(s, SIM_NET, 1, s->net.delay_max_ms);
    ms += sim_fault(s, SIM_FAR) ? s->net.delay_max_ms * 20 : 0;
    return sim_fault(s, SIM_SLOW) ? ms + sim_between(s, SIM_SLOW, 100, 5000) : ms;
}

static void refused(struct sim *s, uint64_t epoch, uint64_t id)
{
    struct sim_event *e = sim_at(s, sim_between(s, SIM_NET, 1, 5), sim_pump_failed);
    e->epoch = epoch;
    e->id = id;
    e->error = CCR_ERROR_UNREACHABLE;
}

bool sim_net_swallows(struct sim *s, bool request)
{
    bool cut = s->net.cut == SIM_CUT_BOTH || s->net.cut == (request ? SIM_CUT_THERE : SIM_CUT_BACK);
    return sim_fault(s, SIM_LOSE) || cut;
}

void sim_net_request(struct sim *s, struct sim_event *e)
{
    bool swallowed = sim_net_swallows(s, true);
    if (s->net.cut == SIM_CUT_REFUSED || sim_fault(s, SIM_REFUSE)) {
        refused(s, e->epoch, e->id);
        return;
    }
    if (swallowed) {
        sim_log(s, "net swallows fetch %llu", (unsigned long long)e->id);
        return;
    }
    int copies = sim_fault(s, SIM_DUPLICATE) ? 2 : 1;
    for (int i = 0; i < copies; i++) {
        struct sim_event *arrives = sim_at(s, delay(s), sim_leader_read);
        arrives->epoch = e->epoch;
        arrives->id = e->id;
        arrives->request = e->request;
        /* Who waits asks the primary, which hears of the global checkpoint first; who does not, any copy. */
        int any = (int)sim_below(s, SIM_NET, SIM_COPIES);
        int other = sim_fault(s, SIM_REPLICAS) ? 1 - s->leader.primary : any;
        arrives->copy = e->request.wait_ms > 0 ? s->leader.primary : other;
    }
}

static void damage(struct sim *s, struct sim_event *e)
{
    s->net.corrupted++;
    if (sim_below(s, SIM_CORRUPT, 3) == 0) {
        e->len = sim_below(s, SIM_CORRUPT, (uint32_t)e->len); /* cut short */
    } else {
        e->bytes[sim_below(s, SIM_CORRUPT, (uint32_t)e->len)] ^= (uint8_t)(1 + sim_below(s, SIM_CORRUPT, 255));
    }
    sim_log(s, "net damages the answer to fetch %llu", (unsigned long long)e->id);
}

static int64_t first_seq_no(const uint8_t *bytes, size_t len)
{
    struct ccr_wire_header h;
    struct ccr_slice packed;
    return ccr_ok(ccr_wire_decode(&h, ccr_slice_of(bytes, len), &packed, NULL)) ? h.from_seq_no : -1;
}

/* A frame of another history that begins alike: nothing but its origin tells that it is wrong. NULL: none was seen. */
static const struct sim_frame *foreign(const struct sim *s, const struct sim_event *e)
{
    int64_t from = first_seq_no(e->bytes, e->len);
    for (size_t i = 0; i < SIM_PAST; i++) {
        const struct sim_frame *f = &s->net.past[i];
        if (f->bytes != NULL && f->history != e->history && first_seq_no(f->bytes, f->len) == from) {
            return f;
        }
    }
    return NULL;
}

/* Another frame than the one that belongs to it: one that was sent before, perhaps to an earlier session. */
static void misdeliver(struct sim *s, struct sim_event *e)
{
    const struct sim_frame *other = &s->net.past[sim_below(s, SIM_MISDELIVER, SIM_PAST)];
    const struct sim_frame *worse = foreign(s, e);
    if (worse != NULL && (other->bytes == NULL || sim_chance(s, SIM_MISDELIVER, 900))) {
        other = worse;
    }
    if (other->bytes == NULL) {
        return;
    }
    s->net.corrupted++;
    free(e->bytes);
    e->len = other->len;
    e->history = other->history;
    e->bytes = malloc(e->len + 1);
    memcpy(e->bytes, other->bytes, e->len);
    sim_log(s, "net delivers another answer for fetch %llu", (unsigned long long)e->id);
}

/* A frame that would be believed but for its origin is a rare chance, and mostly taken. */
static bool misdelivers(struct sim *s, const struct sim_event *e)
{
    bool fault = sim_fault(s, SIM_MISDELIVER);
    bool calm = s->healed || s->now_ms < s->begin_ms + s->choice.calm_ms;
    return fault ||
           (!calm && s->faults[SIM_MISDELIVER] > 0 && foreign(s, e) != NULL && sim_chance(s, SIM_MISDELIVER, 500));
}

static void deliver(struct sim *s, const struct sim_event *e)
{
    struct sim_event *arrives = sim_at(s, delay(s), sim_pump_answer);
    arrives->epoch = e->epoch;
    arrives->id = e->id;
    arrives->history = e->history;
    arrives->len = e->len;
    arrives->bytes = malloc(e->len + 1);
    memcpy(arrives->bytes, e->bytes, e->len);
    bool corrupt = sim_fault(s, SIM_CORRUPT);
    if (sim_fault(s, SIM_STORM) || corrupt) {
        damage(s, arrives);
    } else if (misdelivers(s, arrives)) {
        misdeliver(s, arrives);
    }
}

void sim_net_answer(struct sim *s, struct sim_event *e)
{
    bool swallowed = sim_net_swallows(s, false);
    if (s->net.cut == SIM_CUT_REFUSED) {
        refused(s, e->epoch, e->id); /* the connection broke under it */
        return;
    }
    if (swallowed) {
        sim_log(s, "net swallows the answer to fetch %llu", (unsigned long long)e->id);
        return;
    }
    deliver(s, e);
    if (sim_fault(s, SIM_DUPLICATE)) {
        deliver(s, e);
    }
    struct sim_frame *past = &s->net.past[s->net.next_past++ % SIM_PAST];
    free(past->bytes);
    *past = (struct sim_frame){e->bytes, e->len, e->history};
    e->bytes = NULL;
}

void sim_net_fail(struct sim *s, uint64_t epoch, uint64_t id, enum ccr_error_class error)
{
    if (sim_net_swallows(s, false)) {
        return;
    }
    struct sim_event *e = sim_at(s, delay(s), sim_pump_failed);
    e->epoch = epoch;
    e->id = id;
    e->error = s->net.cut == SIM_CUT_REFUSED ? CCR_ERROR_UNREACHABLE : error;
}

void sim_net_fini(struct sim *s)
{
    for (size_t i = 0; i < SIM_PAST; i++) {
        free(s->net.past[i].bytes);
    }
}
