/*
 * The way between the clusters. A message arrives late, twice, damaged or not at all; a connection may be refused,
 * which is known at once, or swallow everything, which only a timeout tells. Delays are drawn per message, so order is
 * not kept.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

static int64_t delay(struct sim *s)
{
    int64_t ms = sim_between(s, 1, s->net.delay_max_ms);
    return sim_chance(s, s->net.slow) ? ms + sim_between(s, 100, 5000) : ms;
}

static void refused(struct sim *s, uint64_t epoch, uint64_t id)
{
    struct sim_event *e = sim_at(s, sim_between(s, 1, 5), sim_pump_failed);
    e->epoch = epoch;
    e->id = id;
    e->error = CCR_ERROR_UNREACHABLE;
}

void sim_net_request(struct sim *s, struct sim_event *e)
{
    bool swallowed = s->net.cut == SIM_BLACK_HOLE || sim_chance(s, s->net.lose);
    if (s->net.cut == SIM_REFUSED || sim_chance(s, s->net.refuse)) {
        refused(s, e->epoch, e->id);
        return;
    }
    if (swallowed) {
        sim_log(s, "net swallows fetch %llu", (unsigned long long)e->id);
        return;
    }
    struct sim_event *arrives = sim_at(s, delay(s), sim_leader_read);
    arrives->epoch = e->epoch;
    arrives->id = e->id;
    arrives->request = e->request;
    /* Who waits asks the primary, which hears of the global checkpoint first; who does not, any copy. */
    int other = s->net.replicas_only ? 1 - s->leader.primary : (int)sim_below(s, SIM_COPIES);
    arrives->copy = e->request.wait_ms > 0 ? s->leader.primary : other;
}

static void flip_a_byte(struct sim *s, struct sim_event *e)
{
    uint32_t at = sim_below(s, (uint32_t)e->len);
    e->bytes[at] ^= (uint8_t)(1 + sim_below(s, 255));
}

static void deliver(struct sim *s, const struct sim_event *e)
{
    struct sim_event *arrives = sim_at(s, delay(s), sim_pump_answer);
    arrives->epoch = e->epoch;
    arrives->id = e->id;
    arrives->len = e->len;
    arrives->bytes = malloc(e->len + 1);
    memcpy(arrives->bytes, e->bytes, e->len);
    if (e->len > 0 && sim_chance(s, s->net.corrupt)) {
        uint32_t kind = sim_below(s, 3);
        s->net.corrupted++;
        if (kind == 0) {
            arrives->len = sim_below(s, (uint32_t)e->len); /* cut short */
        } else {
            flip_a_byte(s, arrives);
        }
        sim_log(s, "net damages the answer to fetch %llu", (unsigned long long)e->id);
    }
}

void sim_net_answer(struct sim *s, struct sim_event *e)
{
    if (s->net.cut == SIM_REFUSED) {
        refused(s, e->epoch, e->id); /* the connection broke under it */
        return;
    }
    if (s->net.cut == SIM_BLACK_HOLE || sim_chance(s, s->net.lose)) {
        sim_log(s, "net swallows the answer to fetch %llu", (unsigned long long)e->id);
        return;
    }
    deliver(s, e);
    if (sim_chance(s, s->net.duplicate)) {
        deliver(s, e);
    }
}

void sim_net_fail(struct sim *s, uint64_t epoch, uint64_t id, enum ccr_error_class error)
{
    if (s->net.cut == SIM_BLACK_HOLE || sim_chance(s, s->net.lose)) {
        return;
    }
    struct sim_event *e = sim_at(s, delay(s), sim_pump_failed);
    e->epoch = epoch;
    e->id = id;
    e->error = s->net.cut == SIM_REFUSED ? CCR_ERROR_UNREACHABLE : error;
}
