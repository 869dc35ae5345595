/*
 * Who breaks what, when. Every kind of fault is a small clockwork of its own that runs through the first phase; which
 * of them run at all is drawn per seed. Writing goes in bursts, trickles and pauses.
 */
#include "sim.h"

static const struct ccr_slice NO_FRAME = {NULL, 0};

const char *const sim_fault_names[SIM_FAULTS] = {
#define X(fault, name, seeds, most) [SIM_##fault] = name,
    SIM_FAULT_MAP(X)
#undef X
};

static bool in_chaos(const struct sim *s)
{
    return !s->healed;
}

/* ---- writing */

static void acknowledge(struct sim *s, struct sim_event *e)
{
    (void)e;
    sim_leader_acknowledge(s, sim_chance(s, SIM_WRITER, 500));
}

static void write(struct sim *s, struct sim_event *e)
{
    if (!in_chaos(s)) {
        return;
    }
    uint32_t mood = (uint32_t)e->id;
    if (sim_chance(s, SIM_WRITER, 30)) {
        mood = sim_below(s, SIM_WRITER, 4);
    }
    static const int ops_max[] = {1, 3, 40, 10};
    static const int64_t pause_max[] = {400, 20, 300, 8000};
    sim_leader_write(s, 1 + (int)sim_below(s, SIM_WRITER, (uint32_t)ops_max[mood]));
    sim_at(s, sim_between(s, SIM_WRITER, 0, 4), acknowledge);
    int64_t pause = s->leader.count < s->leader.ops_max ? pause_max[mood] : 20000;
    sim_at(s, sim_between(s, SIM_WRITER, 1, pause), write)->id = mood;
}

/* What keeps a quiet leader's copies equal: the background sync of the global checkpoint. */
static void background_sync(struct sim *s, struct sim_event *e)
{
    (void)e;
    sim_leader_acknowledge(s, true);
    sim_at(s, s->healed ? 10000 : sim_between(s, SIM_LEADER, 2000, 30000), background_sync);
}

static void change_metadata(struct sim *s, struct sim_event *e)
{
    (void)e;
    if (!in_chaos(s)) {
        return;
    }
    uint32_t kind = sim_below(s, SIM_WRITER, 4);
    s->leader.mapping += kind < 2;
    s->leader.settings += kind == 2;
    s->leader.aliases += kind == 3;
    sim_leader_news(s);
    sim_at(s, sim_between(s, SIM_WRITER, 500, 8000), change_metadata);
}

/* ---- breaking: each clockwork acts with its own probability, once a virtual second or so */

static void link_back(struct sim *s, struct sim_event *e)
{
    if (e->id == s->net.cut_no) {
        s->net.cut = SIM_LINKED;
        sim_log(s, "net is back");
    }
}

static void break_link(struct sim *s, enum sim_fault fault, enum sim_cut cut)
{
    static const char *const what[] = {"", "refused", "black hole", "nothing goes there", "nothing comes back"};
    if (sim_fault(s, fault)) {
        s->net.cut = cut;
        sim_log(s, "net is cut: %s", what[cut]);
        sim_at(s, sim_between(s, (int)fault, 50, 15000), link_back)->id = ++s->net.cut_no;
    }
}

static void node_back(struct sim *s, struct sim_event *e)
{
    (void)e;
    sim_pump_start(s);
}

static void take_node_down(struct sim *s, enum sim_fault how)
{
    if (sim_fault(s, how) && s->pump.running) {
        sim_log(s, "follower node goes down");
        sim_pump_kill(s);
        if (how == SIM_CRASH) {
            sim_index_crash(s);
        }
        sim_at(s, sim_between(s, (int)how, 1, 5000), node_back);
    }
}

static void stop(struct sim *s, enum sim_fault how)
{
    if (sim_fault(s, how) && s->pump.running && !s->pump.stopping) {
        sim_log(s, how == SIM_PAUSE ? "user pauses" : "user stops, and will start anew");
        s->pump.stopping = true;
        s->pump.forgets = how == SIM_STOP;
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_STOP}, NO_FRAME);
    }
}

static void configure(struct sim *s)
{
    struct sim_pump *p = &s->pump;
    if (!sim_fault(s, SIM_CONFIGURE) || !p->running) {
        return;
    }
    char history[64];
    struct ccr_follower_config before = p->config;
    p->config = sim_config(s);
    snprintf(history, sizeof(history), "%s", before.history_uuid);
    snprintf(p->config.history_uuid, sizeof(p->config.history_uuid), "%s", history);
    uint64_t bytes = (uint64_t)(p->config.fetches_max + p->config.applies_max) * p->config.batch_bytes_max;
    p->bytes_bound = bytes > p->bytes_bound ? bytes : p->bytes_bound;
    p->fetches_bound = p->config.fetches_max > p->fetches_bound ? p->config.fetches_max : p->fetches_bound;
    p->applies_bound = p->config.applies_max > p->applies_bound ? p->config.applies_max : p->applies_bound;
    sim_log(s, "user configures");
    sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &p->config}, NO_FRAME);
}

static void refuse_for_a_while(struct sim *s)
{
    static const enum ccr_error_class classes[] = {CCR_ERROR_LEADER_CLOSED, CCR_ERROR_FORBIDDEN, CCR_ERROR_OVERLOADED};
    struct sim_leader *l = &s->leader;
    if (sim_fault(s, SIM_LEADER_REFUSES)) {
        l->refuses_until_ms = s->now_ms + sim_between(s, SIM_LEADER_REFUSES, 100, 6000);
        l->refuses_with = classes[sim_below(s, SIM_LEADER_REFUSES, 3)];
        sim_log(s, "leader refuses with class %d until %lld", (int)l->refuses_with,
                (long long)(l->refuses_until_ms - s->begin_ms));
    }
}

static void trouble_index(struct sim *s)
{
    struct sim_index *x = &s->index;
    if (sim_fault(s, SIM_BLOCKED)) {
        x->blocked_until_ms = s->now_ms + sim_between(s, SIM_BLOCKED, 100, 6000);
        sim_log(s, "index is blocked until %lld", (long long)(x->blocked_until_ms - s->begin_ms));
    }
    if (sim_fault(s, SIM_DISK_FULL)) {
        x->full_until_ms = s->now_ms + sim_between(s, SIM_DISK_FULL, 100, 9000);
        sim_log(s, "follower's disk is full until %lld", (long long)(x->full_until_ms - s->begin_ms));
    }
    if (sim_fault(s, SIM_HAND_MAPPING) && x->mapping > 1) {
        x->mapping--; /* somebody's hand: the machine cannot know */
        sim_log(s, "mapping of the follower goes back by hand");
    }
}

/* The node's other shards take a share of the budget, and give it back. */
static void steal(struct sim *s)
{
    if (!sim_fault(s, SIM_THIEF)) {
        return;
    }
    if (s->stolen > 0) {
        sim_budget_return(s);
    } else {
        sim_budget_steal(s, sim_below(s, SIM_THIEF, 600000));
    }
}

static void turn_clock(struct sim *s)
{
    int64_t by = 0;
    if (sim_fault(s, SIM_CLOCK_AHEAD)) {
        by = sim_between(s, SIM_CLOCK_AHEAD, 10, sim_chance(s, SIM_CLOCK_AHEAD, 200) ? 3600000 : 60000);
    }
    if (sim_fault(s, SIM_CLOCK_BACK)) {
        by = -sim_between(s, SIM_CLOCK_BACK, 10, 20000);
    }
    if (by != 0) {
        s->clock_off_ms += by;
        sim_log(s, "follower's clock jumps by %lld ms", (long long)by);
    }
}

static void trouble_leader(struct sim *s)
{
    static void (*const does[])(struct sim *) = {sim_leader_failover, sim_leader_roll,    sim_leader_flush,
                                                 sim_leader_merge,    sim_leader_restart, sim_leader_restore,
                                                 sim_leader_rot};
    static const enum sim_fault faults[] = {SIM_FAILOVER,       SIM_ROLL,    SIM_FLUSH, SIM_MERGE,
                                            SIM_LEADER_RESTART, SIM_RESTORE, SIM_ROT};
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        if (sim_fault(s, faults[i])) {
            does[i](s);
        }
    }
    if (sim_fault(s, SIM_LEASE_LOST)) {
        s->leader.has_lease = false;
        s->history_lost = true;
        sim_log(s, "lease expires");
    }
}

static void mischief(struct sim *s, struct sim_event *e)
{
    (void)e;
    if (!in_chaos(s)) {
        return;
    }
    break_link(s, SIM_CUT, SIM_CUT_REFUSED);
    break_link(s, SIM_BLACK_HOLE, SIM_CUT_BOTH);
    break_link(s, SIM_CUT_REQUESTS, SIM_CUT_THERE);
    break_link(s, SIM_CUT_ANSWERS, SIM_CUT_BACK);
    trouble_leader(s);
    refuse_for_a_while(s);
    trouble_index(s);
    turn_clock(s);
    steal(s);
    take_node_down(s, SIM_RESTART);
    take_node_down(s, SIM_CRASH);
    stop(s, SIM_PAUSE);
    stop(s, SIM_STOP);
    configure(s);
    if (sim_fault(s, SIM_EARLY_TICK) && s->pump.running) {
        /* Java thinks that the leader is back, rightly or not. */
        enum ccr_event_kind kind = sim_clock(s) % 2 == 0 ? CCR_EVENT_TICK : CCR_EVENT_LEADER_BACK;
        sim_pump_event(s, (struct ccr_event){.kind = kind}, NO_FRAME);
    }
    sim_at(s, sim_between(s, SIM_USER, 100, 1500), mischief);
}

/* ---- the beginning and the end of chaos */

void sim_user_init(struct sim *s)
{
    static const struct {
        uint32_t seeds, most;
    } faults[SIM_FAULTS] = {
#define X(fault, name, seeds_, most_) [SIM_##fault] = {seeds_, most_},
        SIM_FAULT_MAP(X)
#undef X
    };
    for (int i = 0; i < SIM_FAULTS; i++) {
        bool has = sim_chance(s, SIM_SETUP, faults[i].seeds);
        /* What may always happen does always; what is rare has its rate drawn. */
        uint32_t rate = faults[i].most == 1000 ? 1000 : 1 + sim_below(s, SIM_SETUP, faults[i].most);
        s->faults[i] = has && !s->choice.without[i] ? rate : 0;
    }
    s->net.delay_max_ms = 1 + (int64_t)sim_below(s, SIM_SETUP, 10);
    s->leader.has_lease = true;
    s->index.blocked_until_ms = s->index.full_until_ms = INT64_MIN;
    sim_at(s, 1, write)->id = sim_below(s, SIM_SETUP, 4);
    sim_at(s, 1, background_sync);
    sim_at(s, 1, change_metadata);
    sim_at(s, 1, mischief);
    sim_at(s, sim_between(s, SIM_SETUP, 1, 1000), node_back);
}

void sim_user_heal(struct sim *s)
{
    s->healed = true;
    s->net.cut = SIM_LINKED;
    s->leader.refuses_until_ms = INT64_MIN;
    s->index.blocked_until_ms = s->index.full_until_ms = INT64_MIN;
    sim_budget_return(s);
    sim_leader_acknowledge(s, true);
    if (!s->pump.running) {
        sim_at(s, 6000, node_back); /* unless the one that is under way comes first */
    }
    sim_log(s, "all is healed: %lld operations", (long long)s->leader.count);
}
