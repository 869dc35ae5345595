/* From new to free: starting, stopping, draining, refusing malformed events, and breaking. */
#include "follower_rig.h"

static struct ccr_event start_event(int64_t now)
{
    return (struct ccr_event){.kind = CCR_EVENT_START, .now_ms = now, .next_seq_no = 0};
}

Test(follower_life, before_start_there_is_nothing_to_do)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_tick(r, 5000);
    cr_assert_eq(r->out.count, 0);
    cr_assert_eq(r->out.next_deadline_ms, NO_DEADLINE);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_NEW);
    cr_assert_eq(rig_status(r).leader_checkpoint, CCR_SEQ_NO_NONE);
    rig_free(r);
}

Test(follower_life, stop_before_start)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_STOP});
    cr_assert_eq(rig_count(r, CCR_EFFECT_DONE), 1);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_STOPPED);
    rig_free(r);
}

Test(follower_life, stop_while_parked_does_not_wait_for_the_leader)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_STOP});
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_STOPPED);
    cr_assert_eq(r->out.count, 2);
    cr_assert_eq(r->out.items[0].kind, CCR_EFFECT_REPORT);
    cr_assert_eq(r->out.items[1].kind, CCR_EFFECT_DONE);
    cr_assert_eq(r->out.next_deadline_ms, NO_DEADLINE);
    rig_fetched(r, id, 10, 1, 100);
    cr_assert_eq(r->out.count, 0);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_STOP});
    cr_assert_eq(r->out.count, 0, "DONE comes once");
    rig_free(r);
}

/* Two batches being applied, the others waiting, fetches out. */
static void busy(struct rig *r, uint64_t ids[4])
{
    rig_probed(r, 99999);
    struct ccr_effect e[4];
    for (size_t i = 0; i < 4; i++) {
        e[i] = *rig_nth(r, CCR_EFFECT_FETCH, i);
        ids[i] = e[i].id;
    }
    for (size_t i = 0; i < 3; i++) {
        rig_fetched(r, ids[i], e[i].request.from_seq_no, 10, 10000);
    }
}

Test(follower_life, stop_drops_what_waits_and_lets_applies_end)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t ids[4];
    busy(r, ids);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_STOP});
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_DRAINING);
    cr_assert_eq(rig_count(r, CCR_EFFECT_DROP), 2);
    cr_assert_eq(rig_count(r, CCR_EFFECT_DONE), 0);
    cr_assert_eq(rig_status(r).fetches_in_flight, 0);
    cr_assert_eq(r->out.next_deadline_ms, NO_DEADLINE);
    rig_fetched(r, ids[3], 0, 0, 0);
    cr_assert_eq(r->out.count, 0);
    rig_applied(r, 1, 99);
    cr_assert_eq(r->out.count, 0);
    rig_fail(r, CCR_EVENT_APPLY_FAILED, ids[0], CCR_ERROR_BLOCKED);
    cr_assert_eq(r->out.count, 3);
    cr_assert_eq(r->out.items[0].kind, CCR_EFFECT_DROP);
    cr_assert_eq(r->out.items[2].kind, CCR_EFFECT_DONE);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_STOPPED);
    cr_assert_eq(rig_status(r).applied_seq_no, 99);
    cr_assert_eq(atomic_load(&r->budget.taken), 0);
    rig_free(r);
}

Test(follower_life, lost_history_drains_first)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t ids[4];
    busy(r, ids);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, ids[3], CCR_ERROR_HISTORY_GONE);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_DRAINING);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_HISTORY_GONE);
    rig_applied(r, 1, 99);
    rig_applied(r, ids[0], 99);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BOOTSTRAP_NEEDED);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_HISTORY_GONE);
    cr_assert_eq(rig_count(r, CCR_EFFECT_DONE), 1);
    rig_free(r);
}

Test(follower_life, stop_overrides_a_drain_to_something_else)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t ids[4];
    busy(r, ids);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, ids[3], CCR_ERROR_HISTORY_GONE);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_STOP});
    rig_fail(r, CCR_EVENT_APPLY_FAILED, 1, CCR_ERROR_FATAL);
    rig_applied(r, ids[0], 99);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_STOPPED);
    rig_free(r);
}

Test(follower_life, free_in_the_middle_gives_credits_back)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t ids[4];
    busy(r, ids);
    cr_assert_gt(atomic_load(&r->budget.taken), 0);
    rig_free(r);
    ccr_follower_free(NULL);
}

Test(follower_life, malformed_events_change_nothing)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    struct ccr_follower_config other = r->config;
    strcpy(other.history_uuid, "another");
    struct ccr_follower_config bad = r->config;
    bad.fetches_max = 0;
    const struct ccr_event events[] = {
        {.kind = (enum ccr_event_kind)13, .now_ms = 1},
        {.kind = (enum ccr_event_kind) - 1, .now_ms = 1},
        {.kind = CCR_EVENT_FETCH_FAILED, .now_ms = 1, .error = (enum ccr_error_class)13},
        {.kind = CCR_EVENT_START, .now_ms = 1, .next_seq_no = -1},
        {.kind = CCR_EVENT_START, .now_ms = 1, .next_seq_no = INT64_MAX},
        {.kind = CCR_EVENT_TICK, .now_ms = INT64_MAX},
        {.kind = CCR_EVENT_TICK, .now_ms = INT64_MIN},
        {.kind = CCR_EVENT_FETCHED, .now_ms = 1},
        {.kind = CCR_EVENT_CONFIGURE, .now_ms = 1},
        {.kind = CCR_EVENT_CONFIGURE, .now_ms = 1, .config = &other},
        {.kind = CCR_EVENT_CONFIGURE, .now_ms = 1, .config = &bad},
    };
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        cr_assert(ccr_is(ccr_follower_step(r->f, &events[i], &r->out, &r->err), CCR_ARG), "event %zu", i);
        cr_assert_eq(r->out.count, 0);
        cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_NEW);
    }
    rig_start(r, 0);
    struct ccr_event twice = start_event(r->now);
    cr_assert(ccr_is(ccr_follower_step(r->f, &twice, &r->out, &r->err), CCR_ARG));
    rig_tick(r, r->now);
    rig_free(r);
}

Test(follower_life, a_history_may_become_known)
{
    struct ccr_follower_config c = rig_config();
    c.history_uuid[0] = 0;
    struct rig *r = rig_new(&c, UINT64_MAX);
    rig_start(r, 0);
    cr_assert_str_eq(rig_nth(r, CCR_EFFECT_FETCH, 0)->request.history_uuid, "");
    strcpy(c.history_uuid, HISTORY);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    c.history_uuid[0] = 0;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    r->leader.global_checkpoint = -1;
    r->origin = ccr_wire_origin(HISTORY, SHARD);
    rig_fetched(r, 1, 0, 0, 0);
    cr_assert_str_eq(rig_nth(r, CCR_EFFECT_FETCH, 0)->request.history_uuid, HISTORY);
    rig_free(r);
}

Test(follower_life, a_clock_that_goes_back_stands_still)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_at_head(r, 9);
    int64_t deadline = r->out.next_deadline_ms;
    r->now = 3;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_TICK});
    cr_assert_eq(r->out.next_deadline_ms, deadline);
    cr_assert_eq(r->out.count, 0);
    rig_free(r);
}

Test(follower_life, negative_clocks_are_clocks)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    r->now = -CCRI_TIME_MAX;
    rig_at_head(r, 9);
    cr_assert_lt(r->out.next_deadline_ms, 0);
    rig_next(r);
    rig_free(r);
}

Test(follower_life, a_broken_invariant_latches)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->f->asked++;
    struct ccr_event tick = {.kind = CCR_EVENT_TICK, .now_ms = r->now};
    cr_assert(ccr_is(ccr_follower_check(r->f, &r->err), CCR_BROKEN));
    for (int i = 0; i < 2; i++) {
        cr_assert(ccr_is(ccr_follower_step(r->f, &tick, &r->out, &r->err), CCR_BROKEN));
        cr_assert_str_eq(r->err.text, "follower: does not hold: counters are the sums over the belt");
        cr_assert_eq(r->out.count, 0);
        cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BROKEN);
    }
    r->f->asked--; /* healing it does not bring the machine back */
    struct ccr_event failed = {.kind = CCR_EVENT_FETCH_FAILED, .now_ms = r->now, .id = id};
    cr_assert(ccr_is(ccr_follower_step(r->f, &failed, &r->out, NULL), CCR_BROKEN));
    rig_free(r);
}

Test(follower_life, every_invariant_can_fail)
{
    struct {
        const char *name;
        size_t offset;
        int64_t value;
    } pokes[] = {
        {"applied moves past the belt", offsetof(struct ccr_follower, applied_seq_no), 100000},
        {"held bytes", offsetof(struct ccr_follower, bytes_held), 1},
        {"credits", offsetof(struct ccr_follower, credits), 1},
        {"lease", offsetof(struct ccr_follower, leased_seq_no), 5000},
        {"leader checkpoint", offsetof(struct ccr_follower, leader_checkpoint), 3},
        {"ids", offsetof(struct ccr_follower, next_id), 1},
        {"deadline", offsetof(struct ccr_follower, deadline_ms), INT64_MAX},
        {"belt bounds", offsetof(struct ccr_follower, count), 1000},
        {"ceiling", offsetof(struct ccr_follower, asked_ceiling), 0},
        {"back-off without an error", offsetof(struct ccr_follower, state), CCR_FOLLOWER_BACKING_OFF},
        {"stopped with work", offsetof(struct ccr_follower, state), CCR_FOLLOWER_STOPPED},
    };
    for (size_t i = 0; i < sizeof(pokes) / sizeof(pokes[0]); i++) {
        struct rig *r = rig_new(NULL, UINT64_MAX);
        uint64_t ids[4];
        busy(r, ids);
        static struct ccr_follower saved;
        saved = *r->f;
        memcpy((char *)r->f + pokes[i].offset, &pokes[i].value,
               pokes[i].offset == offsetof(struct ccr_follower, state) ? 4 : 8);
        cr_assert(ccr_is(ccr_follower_check(r->f, &r->err), CCR_BROKEN), "%s", pokes[i].name);
        *r->f = saved;
        cr_assert(ccr_ok(ccr_follower_check(r->f, &r->err)));
        rig_free(r);
    }
}

static void *refuse(void *ctx, size_t size)
{
    (void)ctx;
    (void)size;
    return NULL;
}

Test(follower_life, memory_is_bounded_and_may_be_refused)
{
    cr_assert_leq(sizeof(struct ccr_follower), 16384);
    struct ccr_alloc none = *ccr_alloc_system();
    none.alloc = refuse;
    struct ccr_follower_config c = rig_config();
    struct ccr_follower *f;
    cr_assert(ccr_is(ccr_follower_new(&f, &none, &c, NULL, NULL), CCR_NOMEM));
    cr_assert_null(f);
}

Test(follower_life, without_a_budget_there_is_no_limit)
{
    struct ccr_follower_config c = rig_config();
    struct ccr_follower *f;
    cr_assert(ccr_ok(ccr_follower_new(&f, ccr_alloc_system(), &c, NULL, NULL)));
    static struct ccr_effects out;
    struct ccr_event e = start_event(0);
    cr_assert(ccr_ok(ccr_follower_step(f, &e, &out, NULL)));
    struct ccr_wire_header h = {
        .origin = ccr_wire_origin(HISTORY, SHARD), .ops = 10, .raw_bytes = 100000, .state.global_checkpoint = 100000};
    e = (struct ccr_event){.kind = CCR_EVENT_FETCHED, .id = 1, .header = &h};
    cr_assert(ccr_ok(ccr_follower_step(f, &e, &out, NULL)));
    cr_assert_gt(out.count, 4);
    ccr_follower_free(f);
}

Test(follower_life, limits_of_the_configuration)
{
    struct {
        const char *text;
        size_t offset;
        uint32_t value;
    } cases[] = {
        {"fetches_max is 0, not in [1, 16]", offsetof(struct ccr_follower_config, fetches_max), 0},
        {"fetches_max is 17, not in [1, 16]", offsetof(struct ccr_follower_config, fetches_max), 17},
        {"applies_max is 17, not in [1, 16]", offsetof(struct ccr_follower_config, applies_max), 17},
        {"batch_bytes_max is 65535, not in [65536, 67108864]", offsetof(struct ccr_follower_config, batch_bytes_max),
         65535},
        {"batch_ops_max is 15, not in [16, 1048576]", offsetof(struct ccr_follower_config, batch_ops_max), 15},
        {"poll_bytes is 1048577, not in [4096, 1048576]", offsetof(struct ccr_follower_config, poll_bytes), 1048577},
        {"poll_timeout_ms is 99, not in [100, 600000]", offsetof(struct ccr_follower_config, poll_timeout_ms), 99},
        {"backoff_min_ms is 10001, not in [1, 10000]", offsetof(struct ccr_follower_config, backoff_min_ms), 10001},
        {"backoff_max_ms is 600001, not in [1, 600000]", offsetof(struct ccr_follower_config, backoff_max_ms), 600001},
        {"lease_interval_ms is 99, not in [100, 3600000]", offsetof(struct ccr_follower_config, lease_interval_ms), 99},
        {"poll_interval_ms is 1001, not in [0, 1000]", offsetof(struct ccr_follower_config, poll_interval_ms), 1001},
        {"lease_patience_ms is 43200001, not in [0, 43200000]", offsetof(struct ccr_follower_config, lease_patience_ms),
         43200001},
        {"prefix_bytes_max is 16385, not in [0, 16384]", offsetof(struct ccr_follower_config, prefix_bytes_max), 16385},
        {"codec 3 is not known", offsetof(struct ccr_follower_config, codec), 3},
        {"level is 20, not in [-7, 19]", offsetof(struct ccr_follower_config, level), 20},
    };
    struct ccr_err err;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ccr_follower_config c = rig_config();
        memcpy((char *)&c + cases[i].offset, &cases[i].value, 4);
        cr_assert(ccr_is(ccr_follower_config_check(&c, &err), CCR_ARG));
        cr_assert_str_eq(err.text, cases[i].text);
    }
    struct ccr_follower_config c = rig_config();
    memset(c.history_uuid, 'x', sizeof(c.history_uuid));
    cr_assert(ccr_is(ccr_follower_config_check(&c, &err), CCR_ARG));
}
