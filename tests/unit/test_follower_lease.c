/* The retention lease: when, how much, and what its failures mean. */
#include "follower_rig.h"

#define LEASE CCR_EFFECT_RENEW_LEASE

static void renewed(struct rig *r)
{
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEASE_RENEWED});
}

Test(follower_lease, right_after_start_from_the_synced_checkpoint)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_START, .next_seq_no = 100, .checkpoint = 80});
    cr_assert_eq(rig_nth(r, LEASE, 0)->retaining_seq_no, 81);
    rig_free(r);
}

Test(follower_lease, every_interval_also_while_idle)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_at_head(r, 9);
    for (int i = 1; i <= 3; i++) {
        rig_next(r);
        cr_assert_eq(r->now, 1000 + i * (int64_t)r->config.lease_interval_ms);
        cr_assert_eq(rig_nth(r, LEASE, 0)->retaining_seq_no, 10);
        renewed(r);
    }
    rig_free(r);
}

Test(follower_lease, follows_the_synced_checkpoint_and_never_passes_what_is_applied)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->leader.global_checkpoint = 20;
    rig_fetched(r, id, 10, 11, 100);
    rig_applied(r, id, 15);
    rig_next(r);
    cr_assert_eq(rig_nth(r, LEASE, 0)->retaining_seq_no, 16);
    renewed(r);
    id = r->f->pieces[0].id;
    r->leader.global_checkpoint = 21;
    rig_fetched(r, id, 21, 1, 100);
    rig_applied(r, id, 99);
    rig_next(r);
    cr_assert_eq(rig_nth(r, LEASE, 0)->retaining_seq_no, 22);
    rig_free(r);
}

Test(follower_lease, a_checkpoint_that_goes_back_releases_no_less)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->leader.global_checkpoint = 10;
    rig_fetched(r, id, 10, 1, 100);
    rig_applied(r, id, -2);
    rig_next(r);
    cr_assert_eq(rig_nth(r, LEASE, 0)->retaining_seq_no, 10);
    rig_free(r);
}

Test(follower_lease, while_fetches_back_off)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    int renewals = 0;
    while (r->now < 100000) {
        rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_TRANSIENT);
        while (rig_count(r, CCR_EFFECT_FETCH) == 0) {
            rig_next(r);
            if (rig_count(r, LEASE) > 0) {
                renewals++;
                if (rig_count(r, CCR_EFFECT_FETCH) == 0) {
                    renewed(r);
                }
            }
        }
        id = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    }
    cr_assert_eq(renewals, 3);
    rig_free(r);
}

Test(follower_lease, a_lost_answer_is_given_up_and_never_doubled)
{
    struct ccr_follower_config c = rig_config();
    c.lease_interval_ms = 10000;
    struct rig *r = rig_new(&c, UINT64_MAX);
    rig_start(r, 0);
    rig_fetched(r, 1, 0, 0, 0);
    rig_tick(r, 1000 + 29999);
    cr_assert_eq(r->out.count, 0);
    rig_tick(r, 1000 + 30000);
    cr_assert_eq(rig_count(r, LEASE), 0);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_UNREACHABLE);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FOLLOWING, "operations still flow");
    rig_next(r);
    cr_assert_eq(rig_count(r, LEASE), 1);
    renewed(r);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_NONE);
    rig_free(r);
}

Test(follower_lease, failures_are_retried_unless_the_history_is_lost)
{
    const enum ccr_error_class retried[] = {CCR_ERROR_UNREACHABLE, CCR_ERROR_TRANSIENT, CCR_ERROR_FORBIDDEN,
                                            CCR_ERROR_FATAL,       CCR_ERROR_CORRUPT,   CCR_ERROR_LEADER_CLOSED};
    for (size_t i = 0; i < sizeof(retried) / sizeof(retried[0]); i++) {
        struct rig *r = rig_new(NULL, UINT64_MAX);
        rig_start(r, 0);
        rig_fail(r, CCR_EVENT_LEASE_FAILED, 0, retried[i]);
        cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FOLLOWING);
        cr_assert_eq(rig_status(r).error, retried[i]);
        if (rig_count(r, LEASE) == 0) {
            rig_next(r);
        }
        cr_assert_eq(rig_count(r, LEASE), 1);
        rig_free(r);
    }
    const enum ccr_error_class lost[] = {CCR_ERROR_HISTORY_GONE, CCR_ERROR_HISTORY_CHANGED};
    for (size_t i = 0; i < 2; i++) {
        struct rig *r = rig_new(NULL, UINT64_MAX);
        rig_start(r, 0);
        rig_fail(r, CCR_EVENT_LEASE_FAILED, 0, lost[i]);
        cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BOOTSTRAP_NEEDED);
        cr_assert_eq(rig_status(r).error, lost[i]);
        rig_free(r);
    }
}

Test(follower_lease, a_refusal_that_nobody_understands_has_a_limit)
{
    struct ccr_follower_config c = rig_config();
    c.lease_patience_ms = 60000;
    struct rig *r = rig_new(&c, UINT64_MAX);
    rig_start(r, 0);
    int64_t first = r->now;
    rig_fail(r, CCR_EVENT_LEASE_FAILED, 0, CCR_ERROR_FATAL);
    uint32_t tries = 1;
    while (rig_status(r).state == CCR_FOLLOWER_FOLLOWING) {
        while (rig_count(r, LEASE) == 0) {
            rig_next(r);
        }
        cr_assert_leq(r->now - first, 60000 + (int64_t)c.backoff_max_ms);
        rig_fail(r, CCR_EVENT_LEASE_FAILED, 0, CCR_ERROR_FATAL);
        tries++;
    }
    cr_assert_geq(r->now - first, 60000);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_FATAL);
    struct ccr_follower_figures g;
    ccr_follower_figures(r->f, r->now, &g);
    cr_assert_eq(g.last_error_attempts, tries);
    rig_free(r);
}

Test(follower_lease, what_goes_away_by_itself_has_no_limit)
{
    const enum ccr_error_class passing[] = {CCR_ERROR_UNREACHABLE, CCR_ERROR_FORBIDDEN, CCR_ERROR_LEADER_CLOSED};
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
        struct ccr_follower_config c = rig_config();
        c.lease_patience_ms = 1000;
        struct rig *r = rig_new(&c, UINT64_MAX);
        rig_start(r, 0);
        for (int tries = 0; tries < 50; tries++) {
            rig_fail(r, CCR_EVENT_LEASE_FAILED, 0, passing[i]);
            while (rig_count(r, LEASE) == 0) {
                rig_next(r);
            }
        }
        cr_assert(rig_status(r).state == CCR_FOLLOWER_FOLLOWING || rig_status(r).state == CCR_FOLLOWER_BACKING_OFF);
        rig_free(r);
    }
}

Test(follower_lease, a_shorter_interval_takes_effect_at_once)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_at_head(r, 9);
    struct ccr_follower_config c = r->config;
    c.lease_interval_ms = 1000;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    rig_next(r);
    cr_assert_eq(r->now, 2000);
    cr_assert_eq(rig_count(r, LEASE), 1);
    rig_free(r);
}
