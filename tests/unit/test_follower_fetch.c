/* What is asked of the leader: probe, spans, holes, parking, pacing, credits, bounds, damage. */
#include "follower_rig.h"

#define FETCH CCR_EFFECT_FETCH

Test(follower_fetch, start_probes_small_and_without_wait)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_start(r, 42);
    cr_assert_eq(r->out.count, 3);
    const struct ccr_effect *e = rig_nth(r, FETCH, 0);
    cr_assert_eq(e->request.from_seq_no, 42);
    cr_assert_eq(e->request.last_seq_no, -1);
    cr_assert_eq(e->request.max_bytes, r->config.poll_bytes);
    cr_assert_eq(e->request.wait_ms, 0);
    cr_assert_eq(e->request.version, CCR_WIRE_VERSION);
    cr_assert_eq(e->request.codec, CCR_CODEC_ZSTD);
    cr_assert_str_eq(e->request.history_uuid, HISTORY);
    cr_assert_eq(rig_nth(r, CCR_EFFECT_RENEW_LEASE, 0)->retaining_seq_no, 42);
    cr_assert_eq(rig_count(r, CCR_EFFECT_REPORT), 1);
    cr_assert_eq(atomic_load(&r->budget.taken), 0);
    rig_free(r);
}

Test(follower_fetch, nothing_left_parks_exactly_one)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_start(r, 10);
    r->leader.global_checkpoint = 9;
    rig_fetched(r, 1, 10, 0, 0);
    cr_assert_eq(r->out.count, 1);
    const struct ccr_effect *e = rig_nth(r, FETCH, 0);
    cr_assert_eq(e->request.from_seq_no, 10);
    cr_assert_eq(e->request.last_seq_no, -1);
    cr_assert_eq(e->request.wait_ms, r->config.poll_timeout_ms);
    cr_assert_eq(e->request.max_bytes, r->config.poll_bytes);
    cr_assert_eq(r->out.received_batch_id, 0);
    cr_assert_eq(atomic_load(&r->budget.taken), 0, "a parked fetch holds no budget");
    cr_assert_eq(rig_status(r).leader_checkpoint, 9);
    rig_free(r);
}

Test(follower_fetch, empty_answer_after_the_poll_timeout_parks_again)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    for (int i = 0; i < 5; i++) {
        r->now += r->config.poll_timeout_ms;
        rig_fetched(r, id, 10, 0, 0);
        cr_assert_eq(rig_count(r, FETCH), 1);
        id = rig_nth(r, FETCH, 0)->id;
    }
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FOLLOWING);
    rig_free(r);
}

Test(follower_fetch, a_leader_that_holds_no_polls_is_asked_every_poll_interval)
{
    struct ccr_follower_config c = rig_config();
    c.poll_interval_ms = 250;
    struct rig *r = rig_new(&c, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    rig_fetched(r, id, 10, 0, 0); /* the first one may be an accident */
    id = rig_nth(r, FETCH, 0)->id;
    for (int i = 0; i < 8; i++) {
        int64_t answered = r->now;
        rig_fetched(r, id, 10, 0, 0);
        cr_assert_eq(rig_count(r, FETCH), 0);
        rig_next(r);
        cr_assert_eq(r->now, answered + 250);
        id = rig_nth(r, FETCH, 0)->id;
    }
    rig_free(r);
}

Test(follower_fetch, a_backlog_is_fetched_in_disjoint_spans)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99999);
    cr_assert_eq(r->out.received_batch_id, 1);
    cr_assert_eq(rig_count(r, FETCH), 4);
    int64_t from = 100;
    for (size_t i = 0; i < 4; i++) {
        const struct ccr_read_request *q = &rig_nth(r, FETCH, i)->request;
        cr_assert_eq(q->from_seq_no, from);
        int64_t ops = q->last_seq_no - q->from_seq_no + 1;
        cr_assert(ops > 800 && ops < 1049, "%lld operations of 1001 bytes for 1 MiB", (long long)ops);
        cr_assert_eq(q->max_bytes, r->config.batch_bytes_max);
        cr_assert_eq(q->wait_ms, 0);
        from = q->last_seq_no + 1;
    }
    cr_assert_eq(atomic_load(&r->budget.taken), 4u * r->config.batch_bytes_max);
    rig_free(r);
}

Test(follower_fetch, the_last_span_is_open)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 1399);
    cr_assert_eq(rig_count(r, FETCH), 2);
    cr_assert_neq(rig_nth(r, FETCH, 0)->request.last_seq_no, -1);
    cr_assert_eq(rig_nth(r, FETCH, 1)->request.last_seq_no, -1);
    cr_assert_eq(rig_nth(r, FETCH, 1)->request.wait_ms, 0);
    rig_free(r);
}

Test(follower_fetch, a_batch_cut_by_bytes_leaves_a_hole_that_goes_next)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99999);
    const struct ccr_effect first = *rig_nth(r, FETCH, 0);
    const struct ccr_effect second = *rig_nth(r, FETCH, 1);
    rig_fetched(r, first.id, 100, 300, 1000000);
    cr_assert_eq(rig_count(r, FETCH), 1);
    const struct ccr_read_request *q = &rig_nth(r, FETCH, 0)->request;
    cr_assert_eq(q->from_seq_no, 400);
    cr_assert_leq(q->last_seq_no, second.request.from_seq_no - 1);
    cr_assert_eq(rig_status(r).received_seq_no, 399);
    rig_free(r);
}

Test(follower_fetch, spans_follow_the_size_of_operations)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_start(r, 0);
    r->leader.global_checkpoint = 1000000;
    rig_fetched(r, 1, 0, 4, 4 * 20000);
    const struct ccr_read_request *q = &rig_nth(r, FETCH, 0)->request;
    int64_t ops = q->last_seq_no - q->from_seq_no + 1;
    cr_assert(ops >= 40 && ops <= 52, "%lld operations of 20 kB for 1 MiB", (long long)ops);
    rig_free(r);
}

Test(follower_fetch, operations_per_batch_are_bounded)
{
    struct ccr_follower_config c = rig_config();
    c.batch_ops_max = 50;
    struct rig *r = rig_new(&c, UINT64_MAX);
    rig_probed(r, 99999);
    const struct ccr_read_request *q = &rig_nth(r, FETCH, 0)->request;
    cr_assert_eq(q->max_ops, 50);
    cr_assert_eq(q->last_seq_no, 149);
    rig_free(r);
}

Test(follower_fetch, a_small_answer_is_applied_before_the_next_is_asked_for)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->leader.global_checkpoint = 10;
    rig_fetched(r, id, 10, 1, 500);
    cr_assert_eq(r->out.count, 1);
    cr_assert_eq(rig_nth(r, CCR_EFFECT_APPLY, 0)->id, id);
    rig_applied(r, id, 10);
    cr_assert_eq(r->out.count, 1);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 11);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.wait_ms, r->config.poll_timeout_ms);
    rig_free(r);
}

Test(follower_fetch, a_large_answer_is_applied_while_the_next_is_asked_for)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->leader.global_checkpoint = 109;
    rig_fetched(r, id, 10, 100, CCRI_PACE_BYTES);
    cr_assert_eq(rig_count(r, CCR_EFFECT_APPLY), 1);
    cr_assert_eq(rig_count(r, FETCH), 1);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 110);
    rig_free(r);
}

Test(follower_fetch, a_few_known_operations_wait_for_the_small_apply_too)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->leader.global_checkpoint = 12;
    rig_fetched(r, id, 10, 1, 500);
    cr_assert_eq(rig_count(r, FETCH), 0);
    rig_applied(r, id, 10);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 11);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.wait_ms, 0);
    rig_free(r);
}

Test(follower_fetch, a_refused_budget_means_one_small_fetch)
{
    struct rig *r = rig_new(NULL, 1024 * KIB + 1);
    cr_assert(ccr_budget_take(&r->budget, 1000 * KIB)); /* somebody else's */
    rig_probed(r, 99999);
    cr_assert_eq(rig_count(r, FETCH), 1);
    const struct ccr_effect e = *rig_nth(r, FETCH, 0);
    cr_assert_eq(e.request.max_bytes, r->config.poll_bytes);
    cr_assert_eq(e.request.wait_ms, 0);
    cr_assert_eq(rig_status(r).fetches_throttled, 1);

    ccr_budget_give(&r->budget, 1000 * KIB);
    rig_applied(r, 1, 99);
    cr_assert_eq(rig_count(r, FETCH), 1, "the budget has room for one");
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.max_bytes, r->config.batch_bytes_max);
    rig_free(r);
}

Test(follower_fetch, credit_shrinks_to_what_came_and_returns_with_the_apply)
{
    struct rig *r = rig_new(NULL, 64u << 20);
    struct ccr_follower_config c = r->config;
    rig_probed(r, 1000);
    cr_assert_eq(atomic_load(&r->budget.taken), c.batch_bytes_max);
    uint64_t id = rig_nth(r, FETCH, 0)->id;
    rig_fetched(r, id, 100, 901, 500000);
    cr_assert_eq(atomic_load(&r->budget.taken), 500000);
    rig_applied(r, 1, 99);
    rig_applied(r, id, 1000);
    cr_assert_eq(atomic_load(&r->budget.taken), 0);
    cr_assert_eq(rig_status(r).applied_seq_no, 1000);
    rig_free(r);
}

Test(follower_fetch, one_oversized_operation_is_taken)
{
    struct rig *r = rig_new(NULL, 64u << 20);
    rig_probed(r, 99999);
    const struct ccr_effect e = *rig_nth(r, FETCH, 0);
    rig_fetched(r, e.id, 100, 1, 20u << 20);
    cr_assert_eq(r->out.received_batch_id, e.id);
    cr_assert_eq(atomic_load(&r->budget.taken), (20u << 20) + 3u * r->config.batch_bytes_max);
    cr_assert_eq(rig_count(r, FETCH), 0, "20 MiB are held: no further fetch");
    rig_applied(r, e.id, 99);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 101);
    rig_free(r);
}

Test(follower_fetch, slow_applies_stop_the_fetches)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 9999999);
    uint64_t ids[64];
    int64_t from[64];
    uint32_t ops[64];
    size_t head = 0;
    size_t tail = 0;
    for (;;) {
        for (size_t i = 0; i < rig_count(r, FETCH); i++) {
            const struct ccr_effect *e = rig_nth(r, FETCH, i);
            ids[tail] = e->id;
            from[tail] = e->request.from_seq_no;
            ops[tail++] = (uint32_t)(e->request.last_seq_no - e->request.from_seq_no + 1);
        }
        if (head == tail) {
            break;
        }
        cr_assert_lt(tail, 60, "fetches never stopped");
        rig_fetched(r, ids[head], from[head], ops[head], ops[head] * 1000);
        head++;
    }
    struct ccr_follower_status s = rig_status(r);
    cr_assert_eq(s.fetches_in_flight, 0);
    cr_assert_eq(s.applies_in_flight, 2);
    cr_assert_leq(s.bytes_held, (4u + 2u) * r->config.batch_bytes_max);
    cr_assert_gt(s.bytes_held, 4u * r->config.batch_bytes_max);
    rig_applied(r, 1, 99);
    rig_applied(r, ids[0], 99);
    cr_assert_eq(rig_count(r, FETCH), 1, "room for one again");
    rig_free(r);
}

Test(follower_fetch, a_replica_that_knows_less_is_not_asked_in_a_loop)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 500);
    uint64_t id = rig_nth(r, FETCH, 0)->id;
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.wait_ms, 0);
    r->leader.global_checkpoint = 99;
    rig_fetched(r, id, 100, 0, 0);
    cr_assert_eq(rig_count(r, FETCH), 1);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.wait_ms, r->config.poll_timeout_ms, "parked: goes to the primary");
    cr_assert_eq(rig_status(r).leader_checkpoint, 500);
    rig_free(r);
}

Test(follower_fetch, a_leader_that_never_waits_is_asked_ever_more_seldom)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    size_t asked = 0;
    int64_t end = r->now + 10000;
    while (r->now < end) {
        rig_fetched(r, id, 10, 0, 0);
        asked++;
        if (rig_count(r, FETCH) == 0) {
            rig_next(r);
        }
        id = rig_nth(r, FETCH, 0)->id;
    }
    cr_assert_leq(asked, 20, "%zu requests in 10 s", asked);
    r->leader.global_checkpoint = 10;
    rig_fetched(r, id, 10, 1, 100);
    rig_applied(r, id, 10);
    cr_assert_eq(rig_count(r, FETCH), 1, "operations make good for it");
    rig_free(r);
}

Test(follower_fetch, a_failed_fetch_only_requeues_its_span)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99999);
    const struct ccr_effect second = *rig_nth(r, FETCH, 1);
    const struct ccr_effect third = *rig_nth(r, FETCH, 2);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, second.id, CCR_ERROR_TRANSIENT);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BACKING_OFF);
    cr_assert_eq(rig_status(r).fetches_in_flight, 3);
    cr_assert_eq(rig_count(r, FETCH), 0);
    rig_fetched(r, third.id, third.request.from_seq_no, 10, 10000);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FOLLOWING, "the others answer: all is well");
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, second.request.from_seq_no, "front first");
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.last_seq_no, third.request.from_seq_no - 1);
    rig_free(r);
}

Test(follower_fetch, after_an_error_one_probe_then_the_pipeline)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99999);
    uint64_t ids[4];
    for (size_t i = 0; i < 4; i++) {
        ids[i] = rig_nth(r, FETCH, i)->id;
    }
    for (size_t i = 0; i < 4; i++) {
        rig_fail(r, CCR_EVENT_FETCH_FAILED, ids[i], CCR_ERROR_UNREACHABLE);
    }
    cr_assert_eq(rig_status(r).attempts, 1, "a broken link is one failure");
    rig_next(r);
    cr_assert_eq(rig_count(r, FETCH), 1);
    const struct ccr_effect probe = *rig_nth(r, FETCH, 0);
    cr_assert_eq(probe.request.from_seq_no, 100);
    cr_assert_eq(probe.request.max_bytes, r->config.poll_bytes);
    cr_assert_eq(probe.request.wait_ms, 0);
    rig_fetched(r, probe.id, 100, 64, 64000);
    cr_assert_eq(rig_count(r, FETCH), 4);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_NONE);
    rig_free(r);
}

Test(follower_fetch, two_holes_and_still_one_probe)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99999);
    const struct ccr_effect first = *rig_nth(r, FETCH, 0);
    const struct ccr_effect third = *rig_nth(r, FETCH, 2);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, first.id, CCR_ERROR_TRANSIENT);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, third.id, CCR_ERROR_TRANSIENT);
    rig_next(r);
    cr_assert_eq(rig_count(r, FETCH), 1);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, first.request.from_seq_no);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEASE_RENEWED});
    cr_assert_eq(rig_count(r, FETCH), 0);
    rig_free(r);
}

Test(follower_fetch, an_answer_that_never_comes_is_given_up)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    int64_t sent = r->now;
    while (rig_status(r).error == CCR_ERROR_NONE) {
        rig_next(r);
        if (rig_count(r, CCR_EFFECT_RENEW_LEASE) > 0) {
            rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEASE_RENEWED});
        }
    }
    cr_assert_eq(r->now, sent + r->config.poll_timeout_ms + CCRI_ANSWER_TIMEOUT_MS);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_UNREACHABLE);
    r->leader.global_checkpoint = 10;
    rig_fetched(r, id, 10, 1, 100);
    cr_assert_eq(r->out.count, 0, "a late answer means nothing");
    cr_assert_eq(r->out.received_batch_id, 0);
    rig_free(r);
}

Test(follower_fetch, answers_to_something_else_are_damage)
{
    struct {
        const char *name;
        int64_t from;
        uint32_t ops;
        int64_t checkpoint;
    } cases[] = {
        {"begins later", 101, 10, 99999},      {"begins earlier", 99, 10, 99999},
        {"beyond the span", 100, 5000, 99999}, {"beyond its own checkpoint", 100, 10, 105},
        {"empty, elsewhere", 7, 0, 99999},     {"more than a frame may hold", 100, CCR_WIRE_OPS_MAX + 1, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig *r = rig_new(NULL, UINT64_MAX);
        rig_probed(r, 99999);
        uint64_t id = rig_nth(r, FETCH, 0)->id;
        r->leader.global_checkpoint = cases[i].checkpoint;
        rig_fetched(r, id, cases[i].from, cases[i].ops, cases[i].ops * 100);
        cr_assert_eq(r->out.received_batch_id, 0, "%s", cases[i].name);
        cr_assert_eq(rig_status(r).error, CCR_ERROR_CORRUPT, "%s", cases[i].name);
        cr_assert_eq(rig_count(r, FETCH), 1, "%s: asked again at once", cases[i].name);
        cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 100);
        rig_free(r);
    }
}

Test(follower_fetch, an_answer_keeps_to_the_bytes_asked_for_unless_it_is_one_operation)
{
    const struct {
        uint32_t ops, more;
        enum ccr_error_class error;
    } cases[] = {{10, 0, CCR_ERROR_NONE}, {10, 1, CCR_ERROR_CORRUPT}, {1, 1u << 29, CCR_ERROR_NONE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig *r = rig_new(NULL, UINT64_MAX);
        rig_probed(r, 99999);
        const struct ccr_effect e = *rig_nth(r, FETCH, 0);
        rig_fetched(r, e.id, 100, cases[i].ops, e.request.max_bytes + cases[i].more);
        cr_assert_eq(rig_status(r).error, cases[i].error, "case %zu", i);
        cr_assert_eq(r->out.received_batch_id, cases[i].error == CCR_ERROR_NONE ? e.id : 0, "case %zu", i);
        rig_free(r);
    }
}

Test(follower_fetch, the_fifth_damage_of_one_front_fails)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 200);
    rig_applied(r, 1, 99);
    for (int i = 1; i <= 4; i++) {
        uint64_t id = r->f->pieces[0].id;
        rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_CORRUPT);
        cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BACKING_OFF);
        if (i > 1) {
            cr_assert_eq(rig_count(r, FETCH), 0, "only the first is asked again at once");
            rig_next(r);
        }
        cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 100);
    }
    rig_fail(r, CCR_EVENT_FETCH_FAILED, r->f->pieces[0].id, CCR_ERROR_CORRUPT);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FAILED);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_CORRUPT);
    cr_assert_eq(rig_count(r, CCR_EFFECT_DONE), 1);
    cr_assert_eq(r->f->figures.last_error_attempts, 5);
    rig_free(r);
}

Test(follower_fetch, damage_that_heals_is_forgotten)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    for (int64_t n = 10; n < 40; n++) {
        for (int i = 0; i < 4; i++) {
            rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_CORRUPT);
            if (rig_count(r, FETCH) == 0) {
                rig_next(r);
            }
            id = rig_nth(r, FETCH, 0)->id;
        }
        r->leader.global_checkpoint = n;
        rig_fetched(r, id, n, 1, 100);
        rig_applied(r, id, n);
        id = rig_nth(r, FETCH, 0)->id;
    }
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FOLLOWING);
    rig_free(r);
}

Test(follower_fetch, a_hole_below_a_parked_fetch_takes_its_only_slot)
{
    struct ccr_follower_config c = rig_config();
    c.fetches_max = 1;
    struct rig *r = rig_new(&c, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->leader.global_checkpoint = 109;
    rig_fetched(r, id, 10, 100, CCRI_PACE_BYTES); /* large: the next one is parked while it is applied */
    uint64_t parked = rig_nth(r, FETCH, 0)->id;
    rig_fail(r, CCR_EVENT_APPLY_FAILED, id, CCR_ERROR_CORRUPT);
    cr_assert_eq(rig_nth(r, CCR_EFFECT_DROP, 0)->id, id);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 10);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.last_seq_no, 109);
    uint64_t again = rig_nth(r, FETCH, 0)->id;
    rig_fetched(r, parked, 110, 0, 0);
    cr_assert_eq(r->out.count, 0);
    rig_fetched(r, again, 10, 100, CCRI_PACE_BYTES);
    cr_assert_eq(rig_nth(r, CCR_EFFECT_APPLY, 0)->id, again);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 110);
    rig_free(r);
}

Test(follower_fetch, a_full_belt_fills_the_front_hole_only)
{
    struct ccr_follower_config c = rig_config();
    c.fetches_max = 2;
    c.applies_max = 1;
    struct rig *r = rig_new(&c, UINT64_MAX);
    rig_probed(r, 99999);
    rig_applied(r, 1, 99);
    uint64_t front = r->f->pieces[0].id;
    for (int i = 0; i < 10; i++) { /* tiny answers behind a front that does not come */
        size_t n = r->f->count;
        for (size_t k = 1; k < n; k++) {
            struct ccri_piece *p = &r->f->pieces[k];
            if (p->state == CCRI_ASKED) {
                rig_fetched(r, p->id, p->first_seq_no, 1, 600);
                break;
            }
        }
    }
    cr_assert_leq(r->f->count, ccri_fetch_window(r->f));
    cr_assert_eq(rig_status(r).fetches_in_flight, 1, "only the front");
    rig_fail(r, CCR_EVENT_FETCH_FAILED, front, CCR_ERROR_CORRUPT);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 100, "and it may always be asked for");
    rig_free(r);
}

Test(follower_fetch, configure_takes_effect_at_once)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99999);
    uint64_t id = rig_nth(r, FETCH, 0)->id;
    struct ccr_follower_config c = r->config;
    c.fetches_max = 2;
    c.batch_bytes_max = 256 * KIB;
    c.codec = CCR_CODEC_LZ4;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    cr_assert_eq(rig_status(r).fetches_in_flight, 4);
    rig_fetched(r, id, 100, 10, 10000);
    cr_assert_eq(rig_count(r, FETCH), 0, "three are still more than two");
    c.fetches_max = 8;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    cr_assert_eq(rig_count(r, FETCH), 0, "3.1 MB in flight are more than ten batches of 256 KiB allow");
    c.batch_bytes_max = 512 * KIB;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    cr_assert_gt(rig_count(r, FETCH), 0);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.codec, CCR_CODEC_LZ4);
    rig_free(r);
}

/* Found by fuzz_follower: the deadline was that of a parked fetch that the same step had given up. */
Test(follower_fetch, a_fetch_that_makes_way_leaves_no_deadline)
{
    struct ccr_follower_config c = rig_config();
    c.fetches_max = 1;
    c.poll_timeout_ms = 100;
    c.lease_interval_ms = 3600000;
    struct rig *r = rig_new(&c, UINT64_MAX);
    rig_start(r, 0);
    r->leader.global_checkpoint = 9;
    rig_fetched(r, 1, 0, 10, 100000);
    cr_assert_eq(rig_nth(r, CCR_EFFECT_FETCH, 0)->request.from_seq_no, 10, "parked");
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEASE_RENEWED});
    rig_tick(r, r->now + 500);
    rig_fail(r, CCR_EVENT_APPLY_FAILED, 1, CCR_ERROR_CORRUPT); /* rig_step sees a TICK move the deadline */
    while (rig_count(r, CCR_EFFECT_FETCH) == 0) {
        rig_next(r);
    }
    cr_assert_eq(rig_nth(r, CCR_EFFECT_FETCH, 0)->request.from_seq_no, 0, "instead of the parked one");
    rig_free(r);
}

/* Whoever calls the machine without a session in between is told the same. */
static void assert_foreign(struct rig *r, uint64_t id)
{
    struct ccr_wire_header h = {.origin = r->origin, .from_seq_no = 0, .ops = 1, .raw_bytes = 30, .state = r->leader};
    cr_assert(ccr_is(ccr_follower_expects(r->f, id, &h, &r->err), CCR_HISTORY), "%s", r->err.text);
    rig_fetched(r, id, 0, 1, 30);
    cr_assert_eq(r->out.received_batch_id, 0);
    cr_assert_eq(rig_count(r, CCR_EFFECT_APPLY), 0);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BOOTSTRAP_NEEDED);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_HISTORY_CHANGED);
}

Test(follower_fetch, an_answer_of_another_history_ends_the_session)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_start(r, 0);
    r->leader.global_checkpoint = 9;
    r->origin ^= 1;
    assert_foreign(r, 1);
    rig_free(r);
}

Test(follower_fetch, a_history_that_became_known_is_insisted_on)
{
    struct ccr_follower_config c = rig_config();
    c.history_uuid[0] = 0;
    struct rig *r = rig_new(&c, UINT64_MAX);
    rig_start(r, 0);
    r->leader.global_checkpoint = 9;
    r->origin = 4711;
    struct ccr_wire_header h = {.origin = r->origin, .state = r->leader};
    cr_assert(ccr_ok(ccr_follower_expects(r->f, 1, &h, &r->err)), "not known yet: any will do: %s", r->err.text);
    strcpy(c.history_uuid, HISTORY);
    strcpy(c.leader_shard, "another/0"); /* this does not change any more */
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    h.origin = ccr_wire_origin(HISTORY, SHARD);
    cr_assert(ccr_ok(ccr_follower_expects(r->f, 1, &h, &r->err)), "%s", r->err.text);
    assert_foreign(r, 1);
    rig_free(r);
}
