/*
 * Who breaks what, when. Every kind of fault is a small clockwork of its own that runs through the first phase; which
 * of them run at all is drawn per seed. Writing goes in bursts, trickles and pauses.
 */
#include "sim.h"

static bool in_chaos(const struct sim *s)
{
    return !s->healed;
}

/* ---- writing */

static void acknowledge(struct sim *s, struct sim_event *e)
{
    (void)e;
    sim_leader_acknowledge(s, sim_chance(s, 500));
}

static void write(struct sim *s, struct sim_event *e)
{
    if (!in_chaos(s)) {
        return;
    }
    uint32_t mood = (uint32_t)e->id;
    if (sim_chance(s, 30)) {
        mood = sim_below(s, 4);
    }
    static const int ops_max[] = {1, 3, 120, 20};
    static const int64_t pause_max[] = {400, 20, 300, 8000};
    sim_leader_write(s, 1 + (int)sim_below(s, (uint32_t)ops_max[mood]));
    sim_at(s, sim_between(s, 0, 4), acknowledge);
    sim_at(s, sim_between(s, 1, pause_max[mood]), write)->id = mood;
}

/* What keeps a quiet leader's copies equal: the background sync of the global checkpoint. */
static void background_sync(struct sim *s, struct sim_event *e)
{
    (void)e;
    sim_leader_acknowledge(s, true);
    sim_at(s, s->healed ? 1000 : sim_between(s, 2000, 30000), background_sync);
}

static void change_metadata(struct sim *s, struct sim_event *e)
{
    (void)e;
    if (!in_chaos(s)) {
        return;
    }
    uint32_t kind = sim_below(s, 4);
    s->leader.mapping += kind < 2;
    s->leader.settings += kind == 2;
    s->leader.aliases += kind == 3;
    sim_at(s, sim_between(s, 500, 8000), change_metadata);
}

/* ---- breaking: each clockwork acts with its own probability, once a virtual second or so */

static void link_back(struct sim *s, struct sim_event *e)
{
    (void)e;
    s->net.cut = SIM_LINKED;
    sim_log(s, "net is back");
}

static void break_link(struct sim *s)
{
    if (s->net.cut == SIM_LINKED) {
        s->net.cut = sim_chance(s, 700) ? SIM_REFUSED : SIM_BLACK_HOLE;
        sim_log(s, "net is cut: %s", s->net.cut == SIM_REFUSED ? "refused" : "black hole");
        sim_at(s, sim_between(s, 50, 15000), link_back);
    }
}

static void node_back(struct sim *s, struct sim_event *e)
{
    (void)e;
    sim_pump_start(s);
}

static void take_node_down(struct sim *s, bool crash)
{
    if (s->pump.running) {
        sim_log(s, "follower node goes down");
        sim_pump_kill(s);
        if (crash) {
            sim_index_crash(s);
        }
        sim_at(s, sim_between(s, 1, 5000), node_back);
    }
}

static void stop(struct sim *s)
{
    if (s->pump.running && !s->pump.stopping) {
        sim_log(s, "user stops");
        s->pump.stopping = true;
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_STOP});
    }
}

static void configure(struct sim *s)
{
    struct sim_pump *p = &s->pump;
    if (!p->running) {
        return;
    }
    p->config = sim_config(s);
    uint64_t bytes = (uint64_t)(p->config.fetches_max + p->config.applies_max) * p->config.batch_bytes_max;
    p->bytes_bound = bytes > p->bytes_bound ? bytes : p->bytes_bound;
    p->fetches_bound = p->config.fetches_max > p->fetches_bound ? p->config.fetches_max : p->fetches_bound;
    p->applies_bound = p->config.applies_max > p->applies_bound ? p->config.applies_max : p->applies_bound;
    sim_log(s, "user configures");
    sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &p->config});
}

static void refuse_for_a_while(struct sim *s)
{
    int64_t until = s->now_ms + sim_between(s, 100, 6000);
    switch (sim_below(s, 4)) {
    case 0:
        s->leader.closed_until_ms = until;
        break;
    case 1:
        s->leader.forbidden_until_ms = until;
        break;
    case 2:
        s->leader.overloaded_until_ms = until;
        break;
    default:
        s->index.blocked_until_ms = until;
        break;
    }
    sim_log(s, "somebody refuses until %lld", (long long)until);
}

static void nobody_refuses(struct sim *s)
{
    s->leader.closed_until_ms = s->leader.forbidden_until_ms = s->leader.overloaded_until_ms = INT64_MIN;
    s->index.blocked_until_ms = INT64_MIN;
}

/* The node's other shards take a share of the budget, and give it back. */
static void steal(struct sim *s)
{
    uint64_t bytes = sim_below(s, 600000);
    if (s->stolen > 0) {
        ccr_budget_give(&s->budget, s->stolen);
        s->stolen = 0;
    } else if (ccr_budget_take(&s->budget, bytes)) {
        s->stolen = bytes;
    }
}

static void mischief(struct sim *s, struct sim_event *e)
{
    (void)e;
    if (!in_chaos(s)) {
        return;
    }
    const struct sim_faults *f = &s->faults;
    if (sim_chance(s, f->cuts)) {
        break_link(s);
    }
    if (sim_chance(s, f->failovers)) {
        sim_leader_failover(s);
    }
    if (sim_chance(s, f->forgets)) {
        sim_leader_forget(s);
    }
    if (sim_chance(s, f->restarts)) {
        take_node_down(s, false);
    }
    if (sim_chance(s, f->crashes)) {
        take_node_down(s, true);
    }
    if (sim_chance(s, f->stops)) {
        stop(s);
    }
    if (sim_chance(s, f->configures)) {
        configure(s);
    }
    if (sim_chance(s, f->read_fails)) {
        refuse_for_a_while(s);
    }
    if (sim_chance(s, f->lease_losses)) {
        s->leader.has_lease = false;
        s->history_lost = true;
        sim_log(s, "lease expires");
    }
    if (sim_chance(s, f->hand_mappings) && s->index.mapping > 1) {
        s->index.mapping--; /* somebody's hand: the machine cannot know */
        sim_log(s, "mapping of the follower goes back by hand");
    }
    if (sim_chance(s, f->thieves)) {
        steal(s);
    }
    if (sim_chance(s, 100) && s->pump.running) {
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_TICK}); /* a timer that fires too early */
    }
    sim_at(s, sim_between(s, 200, 1800), mischief);
}

/* ---- the beginning and the end of chaos */

static uint32_t maybe(struct sim *s, uint32_t most)
{
    return sim_chance(s, 500) ? 1 + sim_below(s, most) : 0;
}

void sim_user_init(struct sim *s)
{
    s->faults = (struct sim_faults){
        .apply_fails = maybe(s, 150),
        .apply_slow = maybe(s, 150),
        .sync_fails = maybe(s, 500),
        .lease_fails = maybe(s, 300),
        .read_fails = maybe(s, 100),
        .hasty = sim_chance(s, 100) ? 1000 : 0,
        .cuts = maybe(s, 100),
        .failovers = maybe(s, 100),
        .forgets = maybe(s, 200),
        .restarts = maybe(s, 60),
        .crashes = maybe(s, 60),
        .stops = maybe(s, 40),
        .configures = maybe(s, 150),
        .lease_losses = sim_chance(s, 100) ? 20 : 0,
        .hand_mappings = maybe(s, 100),
        .thieves = maybe(s, 300),
    };
    s->net = (struct sim_net){
        .lose = maybe(s, 30),
        .refuse = maybe(s, 60),
        .duplicate = maybe(s, 100),
        .corrupt = sim_chance(s, 20) ? 700 : maybe(s, 60),
        .lie = maybe(s, 20),
        .slow = maybe(s, 60),
        .replicas_only = sim_chance(s, 200),
        .delay_max_ms = 1 + (int64_t)sim_below(s, sim_chance(s, 300) ? 200 : 10),
    };
    s->leader.has_lease = true;
    nobody_refuses(s);
    sim_at(s, 1, write)->id = sim_below(s, 4);
    sim_at(s, 1, background_sync);
    sim_at(s, 1, change_metadata);
    sim_at(s, 1, mischief);
    sim_at(s, sim_between(s, 1, 1000), node_back);
}

void sim_user_heal(struct sim *s)
{
    s->healed = true;
    s->faults = (struct sim_faults){0};
    s->net = (struct sim_net){.delay_max_ms = s->net.delay_max_ms, .corrupted = s->net.corrupted};
    nobody_refuses(s);
    if (s->stolen > 0) {
        steal(s);
    }
    if (!s->leader.has_lease && s->index.local_checkpoint + 1 >= s->leader.lucene_from) {
        s->history_lost = true;
    }
    sim_leader_acknowledge(s, true);
    if (!s->pump.running) {
        sim_at(s, 6000, node_back); /* unless the one that is under way comes first */
    }
    sim_log(s, "all is healed: %lld operations", (long long)s->leader.count);
}
