/* The table of policies, the delays, and every class where it can happen. */
#include "follower_rig.h"

Test(follower_backoff, delays_double_up_to_the_cap_with_jitter)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    for (uint32_t attempts = 1; attempts < 70; attempts++) {
        int64_t full = attempts > 8 ? 10000 : (int64_t)50 << (attempts - 1);
        full = full > 10000 ? 10000 : full;
        int64_t min = INT64_MAX;
        int64_t max = 0;
        for (int i = 0; i < 300; i++) {
            int64_t ms = ccri_backoff_ms(r->f, CCR_ERROR_TRANSIENT, attempts);
            min = ms < min ? ms : min;
            max = ms > max ? ms : max;
        }
        cr_assert(min >= full / 2 && max <= full, "attempt %u: %lld..%lld", attempts, (long long)min, (long long)max);
        cr_assert_gt(max - min, full / 4, "jitter spreads");
        cr_assert_leq(ccri_backoff_ms(r->f, CCR_ERROR_UNREACHABLE, attempts), CCRI_UNREACHABLE_CAP_MS);
    }
    cr_assert_eq(ccri_backoff_ms(r->f, CCR_ERROR_CORRUPT, 1), 0);
    cr_assert_gt(ccri_backoff_ms(r->f, CCR_ERROR_CORRUPT, 2), 0);
    rig_free(r);
}

Test(follower_backoff, seeds_differ)
{
    struct ccr_follower_config c = rig_config();
    struct rig *a = rig_new(&c, UINT64_MAX);
    c.seed = 8;
    struct rig *b = rig_new(&c, UINT64_MAX);
    int same = 0;
    for (int i = 0; i < 100; i++) {
        same += ccri_backoff_ms(a->f, CCR_ERROR_TRANSIENT, 9) == ccri_backoff_ms(b->f, CCR_ERROR_TRANSIENT, 9);
    }
    cr_assert_lt(same, 10);
    rig_free(a);
    rig_free(b);
}

/* What becomes of a failed fetch, by class. */
static const struct {
    enum ccr_error_class error;
    enum ccr_follower_state state;
} fetch_rows[] = {
    {CCR_ERROR_NONE, CCR_FOLLOWER_BACKING_OFF},
    {CCR_ERROR_UNREACHABLE, CCR_FOLLOWER_BACKING_OFF},
    {CCR_ERROR_TRANSIENT, CCR_FOLLOWER_BACKING_OFF},
    {CCR_ERROR_OVERLOADED, CCR_FOLLOWER_BACKING_OFF},
    {CCR_ERROR_MAPPING, CCR_FOLLOWER_BACKING_OFF},
    {CCR_ERROR_BLOCKED, CCR_FOLLOWER_BACKING_OFF},
    {CCR_ERROR_LEADER_CLOSED, CCR_FOLLOWER_BACKING_OFF},
    {CCR_ERROR_LEADER_MISSING, CCR_FOLLOWER_FAILED},
    {CCR_ERROR_FORBIDDEN, CCR_FOLLOWER_BACKING_OFF},
    {CCR_ERROR_HISTORY_GONE, CCR_FOLLOWER_BOOTSTRAP_NEEDED},
    {CCR_ERROR_HISTORY_CHANGED, CCR_FOLLOWER_BOOTSTRAP_NEEDED},
    {CCR_ERROR_CORRUPT, CCR_FOLLOWER_BACKING_OFF},
    {CCR_ERROR_FATAL, CCR_FOLLOWER_FAILED},
};

Test(follower_backoff, every_class_of_a_failed_fetch)
{
    for (size_t i = 0; i < sizeof(fetch_rows) / sizeof(fetch_rows[0]); i++) {
        struct rig *r = rig_new(NULL, UINT64_MAX);
        uint64_t id = rig_at_head(r, 9);
        rig_fail(r, CCR_EVENT_FETCH_FAILED, id, fetch_rows[i].error);
        struct ccr_follower_status s = rig_status(r);
        cr_assert_eq(s.state, fetch_rows[i].state, "class %d", (int)fetch_rows[i].error);
        cr_assert_eq(s.error, i == 0 ? CCR_ERROR_TRANSIENT : fetch_rows[i].error);
        cr_assert_eq(rig_count(r, CCR_EFFECT_REPORT), 1);
        cr_assert_eq(rig_count(r, CCR_EFFECT_DONE), s.state != CCR_FOLLOWER_BACKING_OFF);
        cr_assert_eq(s.error_since_ms, r->now);
        rig_free(r);
    }
}

Test(follower_backoff, retries_never_end)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    int64_t since = r->now;
    for (uint32_t i = 1; i <= 500; i++) {
        rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_LEADER_CLOSED);
        cr_assert_eq(rig_status(r).attempts, i);
        cr_assert_eq(rig_status(r).error_since_ms, since);
        cr_assert_eq(rig_count(r, CCR_EFFECT_REPORT), i == 1, "only changes are reported");
        while (rig_count(r, CCR_EFFECT_FETCH) == 0) {
            rig_next(r);
            if (rig_count(r, CCR_EFFECT_RENEW_LEASE) > 0 && rig_count(r, CCR_EFFECT_FETCH) == 0) {
                rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEASE_RENEWED});
            }
        }
        id = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    }
    rig_fetched(r, id, 10, 0, 0);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FOLLOWING);
    cr_assert_eq(rig_status(r).attempts, 0);
    rig_free(r);
}

Test(follower_backoff, a_leader_that_returns_is_caught_within_a_second)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    int64_t cut = r->now;
    while (r->now < cut + 60000) {
        rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_UNREACHABLE);
        int64_t failed = r->now;
        while (rig_count(r, CCR_EFFECT_FETCH) == 0) {
            rig_next(r);
            if (rig_count(r, CCR_EFFECT_RENEW_LEASE) > 0 && rig_count(r, CCR_EFFECT_FETCH) == 0) {
                rig_fail(r, CCR_EVENT_LEASE_FAILED, 0, CCR_ERROR_UNREACHABLE);
            }
        }
        cr_assert_leq(r->now - failed, 500);
        id = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    }
    rig_free(r);
}

/* A leader that was away for long answers first that its shards are not open yet. */
Test(follower_backoff, a_new_error_after_an_outage_begins_with_short_delays)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    for (int i = 0; i < 40; i++) {
        rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_UNREACHABLE);
        while (rig_count(r, CCR_EFFECT_FETCH) == 0) {
            rig_next(r);
        }
        id = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    }
    rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_TRANSIENT);
    int64_t failed = r->now;
    while (rig_count(r, CCR_EFFECT_FETCH) == 0) {
        rig_next(r);
    }
    cr_assert_leq(r->now - failed, (int64_t)r->config.backoff_min_ms);
    rig_free(r);
}

Test(follower_backoff, overloaded_halves_down_to_the_poll_size_once_per_wave)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 9999999);
    uint64_t ids[4];
    for (size_t i = 0; i < 4; i++) {
        ids[i] = rig_nth(r, CCR_EFFECT_FETCH, i)->id;
    }
    for (size_t i = 0; i < 4; i++) {
        rig_fail(r, CCR_EVENT_FETCH_FAILED, ids[i], CCR_ERROR_OVERLOADED);
    }
    cr_assert_eq(r->f->batch_bytes, r->config.batch_bytes_max / 2);
    cr_assert_eq(rig_status(r).fetches_throttled, 4, "the leader's refusals are seen, too");
    for (int i = 0; i < 10; i++) {
        while (rig_count(r, CCR_EFFECT_FETCH) == 0) {
            rig_next(r);
        }
        rig_fail(r, CCR_EVENT_FETCH_FAILED, rig_nth(r, CCR_EFFECT_FETCH, 0)->id, CCR_ERROR_OVERLOADED);
    }
    cr_assert_eq(r->f->batch_bytes, r->config.poll_bytes);
    rig_free(r);
}

Test(follower_backoff, no_poll_interval_is_a_tight_circle)
{
    struct ccr_follower_config c = rig_config();
    c.poll_interval_ms = 1;
    struct rig *r = rig_new(&c, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    rig_fetched(r, id, 10, 0, 0);
    id = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    int64_t answered = r->now;
    rig_fetched(r, id, 10, 0, 0);
    rig_next(r);
    cr_assert_eq(r->now, answered + 10);
    cr_assert_eq(rig_count(r, CCR_EFFECT_FETCH), 1);
    rig_free(r);
}

Test(follower_backoff, the_first_of_several_errors_is_shown_until_each_is_gone)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->leader.global_checkpoint = 109;
    rig_fetched(r, id, 10, 100, CCRI_PACE_BYTES);
    uint64_t poll = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    rig_fail(r, CCR_EVENT_APPLY_FAILED, id, CCR_ERROR_BLOCKED);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_BLOCKED);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, poll, CCR_ERROR_FORBIDDEN);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_FORBIDDEN);
    rig_next(r);
    cr_assert_eq(rig_count(r, CCR_EFFECT_APPLY) + rig_count(r, CCR_EFFECT_FETCH), 1);
    if (rig_count(r, CCR_EFFECT_FETCH) == 0) {
        rig_next(r);
    }
    rig_fetched(r, rig_nth(r, CCR_EFFECT_FETCH, 0)->id, 110, 0, 0);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_BLOCKED);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BACKING_OFF);
    rig_free(r);
}

Test(follower_backoff, who_wants_it_is_not_kept_waiting_for_a_person)
{
    static const enum ccr_error_class waiting[] = {CCR_ERROR_LEADER_CLOSED, CCR_ERROR_FORBIDDEN, CCR_ERROR_BLOCKED};
    for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++) {
        for (int fail = 0; fail <= 1; fail++) {
            struct ccr_follower_config c = rig_config();
            c.fail_on_wait = fail;
            struct rig *r = rig_new(&c, UINT64_MAX);
            uint64_t id = rig_at_head(r, 9);
            rig_fail(r, CCR_EVENT_FETCH_FAILED, id, waiting[i]);
            struct ccr_follower_status s = rig_status(r);
            cr_assert_eq(s.state, fail ? CCR_FOLLOWER_FAILED : CCR_FOLLOWER_BACKING_OFF);
            cr_assert_eq(s.error, waiting[i]);
            rig_free(r);
        }
    }
    struct ccr_follower_config c = rig_config();
    c.fail_on_wait = true;
    struct rig *r = rig_new(&c, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_UNREACHABLE);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BACKING_OFF, "a lost connection is nobody's to mend here");
    rig_free(r);
}

/* Tries of a long outage are far apart; its end must not wait for the next. */
Test(follower_backoff, a_leader_that_is_back_is_asked_at_once)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEADER_BACK});
    cr_assert_eq(r->out.count, 0, "it was never away");
    for (int i = 0; i < 9; i++) {
        rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_UNREACHABLE);
        while (rig_count(r, CCR_EFFECT_FETCH) == 0) {
            rig_next(r);
        }
        id = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    }
    rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_UNREACHABLE);
    cr_assert_eq(rig_count(r, CCR_EFFECT_FETCH), 0);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEADER_BACK});
    cr_assert_eq(rig_count(r, CCR_EFFECT_FETCH), 1);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_UNREACHABLE, "until it has answered");
    rig_fetched(r, rig_nth(r, CCR_EFFECT_FETCH, 0)->id, 10, 0, 0);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FOLLOWING);
    rig_free(r);
}

Test(follower_backoff, a_leader_that_is_back_is_asked_for_metadata_and_lease_too)
{
    uint64_t id;
    struct rig *r = rig_one_batch(&id, 2, 1, 1);
    cr_assert_eq(rig_count(r, CCR_EFFECT_SYNC_METADATA), 1);
    for (int i = 0; i < 9; i++) {
        rig_fail(r, CCR_EVENT_METADATA_FAILED, 0, CCR_ERROR_TRANSIENT);
        while (rig_count(r, CCR_EFFECT_SYNC_METADATA) == 0) {
            rig_next(r);
        }
    }
    rig_fail(r, CCR_EVENT_METADATA_FAILED, 0, CCR_ERROR_TRANSIENT);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEADER_BACK});
    cr_assert_eq(rig_count(r, CCR_EFFECT_SYNC_METADATA), 1);
    rig_synced(r, 2, 1, 1);
    while (rig_count(r, CCR_EFFECT_RENEW_LEASE) == 0) {
        rig_next(r);
    }
    for (int i = 0; i < 9; i++) {
        rig_fail(r, CCR_EVENT_LEASE_FAILED, 0, CCR_ERROR_UNREACHABLE);
        while (rig_count(r, CCR_EFFECT_RENEW_LEASE) == 0) {
            rig_next(r);
        }
    }
    rig_fail(r, CCR_EVENT_LEASE_FAILED, 0, CCR_ERROR_UNREACHABLE);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEADER_BACK});
    cr_assert_eq(rig_count(r, CCR_EFFECT_RENEW_LEASE), 1);
    rig_free(r);
}

/* A person's doing is not the network's. */
Test(follower_backoff, a_leader_that_is_back_ends_no_other_wait)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_LEADER_CLOSED);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEADER_BACK});
    cr_assert_eq(r->out.count, 0);
    rig_free(r);
}
