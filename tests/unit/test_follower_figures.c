/* What people see of a follower: how far behind in operations, bytes and time, how fast, and what went wrong last. */
#include "follower_rig.h"

static struct ccr_follower_figures figures(const struct rig *r, int64_t now)
{
    struct ccr_follower_figures g;
    ccr_follower_figures(r->f, now, &g);
    return g;
}

Test(follower_figures, nothing_is_known_before_the_first_answer)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    cr_assert_eq(figures(r, 0).lag_ms, -1);
    rig_start(r, 0);
    cr_assert_eq(figures(r, 9000).lag_ms, -1);
    cr_assert_eq(figures(r, 9000).heard_ms, INT64_MIN);
    cr_assert_eq(figures(r, 9000).applied_ms, INT64_MIN);
    cr_assert_eq(figures(r, 9000).last_error, CCR_ERROR_NONE);
    rig_free(r);
}

Test(follower_figures, a_parked_fetch_means_no_lag_however_long)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_at_head(r, 9);
    cr_assert_eq(figures(r, 1000).lag_ms, 0);
    cr_assert_eq(figures(r, 50000).lag_ms, 0);
    cr_assert_eq(figures(r, 50000).lag_operations, 0);
    cr_assert_eq(figures(r, 50000).lag_bytes, 0);
    rig_free(r);
}

Test(follower_figures, what_came_while_parked_counts_from_its_arrival)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->now = 30000;
    r->leader.global_checkpoint = 12;
    rig_fetched(r, id, 10, 3, 900);
    uint64_t batch = rig_nth(r, CCR_EFFECT_APPLY, 0)->id;
    cr_assert_eq(figures(r, 30040).lag_ms, 40);
    cr_assert_eq(figures(r, 30040).lag_operations, 3);
    cr_assert_eq(figures(r, 30040).lag_bytes, 900, "they are here: no estimate");
    r->now = 30050;
    rig_applied(r, batch, 12);
    cr_assert_eq(figures(r, 30060).lag_ms, 0);
    cr_assert_eq(figures(r, 30060).lag_operations, 0);
    cr_assert_eq(figures(r, 30060).heard_ms, 30000);
    cr_assert_eq(figures(r, 30060).applied_ms, 30050);
    rig_free(r);
}

Test(follower_figures, an_outage_while_idle_counts_from_the_broken_connection)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->now = 40000;
    rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_UNREACHABLE);
    cr_assert_eq(figures(r, 47000).lag_ms, 7000);
    rig_next(r);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, rig_nth(r, CCR_EFFECT_FETCH, 0)->id, CCR_ERROR_UNREACHABLE);
    cr_assert_eq(figures(r, 60000).lag_ms, 20000, "the tries of an outage prove nothing");
    rig_free(r);
}

Test(follower_figures, an_outage_that_begins_with_silence_counts_from_the_last_word)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->now = 40000;
    rig_step(r, (struct ccr_event){
                    .kind = CCR_EVENT_FETCH_FAILED, .id = id, .error = CCR_ERROR_UNREACHABLE, .silent_ms = 13000});
    cr_assert_eq(figures(r, 40000).lag_ms, 13000);
    cr_assert_eq(figures(r, 47000).lag_ms, 20000);
    rig_free(r);
}

Test(follower_figures, an_old_word_does_not_take_back_a_newer_one)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    int64_t heard = r->now;
    r->now += 1000;
    rig_step(r, (struct ccr_event){
                    .kind = CCR_EVENT_FETCH_FAILED, .id = id, .error = CCR_ERROR_UNREACHABLE, .silent_ms = 5000});
    cr_assert_eq(figures(r, r->now).lag_ms, r->now - heard);
    rig_free(r);
}

Test(follower_figures, an_answer_that_never_came_proves_nothing)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_at_head(r, 9);
    int64_t sent = r->now;
    rig_tick(r, sent + r->config.poll_timeout_ms + CCRI_ANSWER_TIMEOUT_MS);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_UNREACHABLE);
    cr_assert_eq(figures(r, r->now).lag_ms, r->now - sent);
    rig_free(r);
}

Test(follower_figures, under_load_it_is_the_age_of_the_newest_answer_that_is_applied)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99);
    cr_assert_eq(figures(r, 1500).lag_ms, 500, "at least: nobody knows how old the first ones are");
    uint64_t poll = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    r->now = 2000;
    r->leader.global_checkpoint = 199;
    rig_fetched(r, poll, 100, 100, 100000);
    r->now = 2010;
    rig_applied(r, 1, 99);
    cr_assert_eq(figures(r, 2020).lag_ms, 20, "the poll was open until 2000: all up to then is here");
    cr_assert_eq(figures(r, 2020).lag_operations, 100);
    rig_free(r);
}

Test(follower_figures, what_is_not_here_yet_is_estimated_by_the_average)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 1099);
    struct ccr_follower_figures g = figures(r, 1000);
    cr_assert_eq(g.lag_operations, 1100);
    cr_assert_eq(g.lag_bytes, 100000 + 1000 * 1001, "100 000 are here, 1000 operations of 1001 are not: %llu",
                 (unsigned long long)g.lag_bytes);
    rig_free(r);
}

Test(follower_figures, a_leader_that_boasts_makes_no_figure_wrap)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, CCR_SEQ_NO_MAX);
    struct ccr_follower_figures g = figures(r, 1000);
    cr_assert_eq(g.lag_operations, (uint64_t)CCR_SEQ_NO_MAX + 1);
    cr_assert_eq(g.lag_bytes, CCR_FOLLOWER_LAG_BYTES_MAX, "1000 bytes each are more than is ever told: %llu",
                 (unsigned long long)g.lag_bytes);
    cr_assert_lt(2000 * g.lag_bytes, (uint64_t)INT64_MAX, "nor does a sum over shards");
    rig_free(r);
}

Test(follower_figures, a_claim_is_not_taken_back_and_hinders_nobody)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->now = 2000;
    r->leader.global_checkpoint = CCR_SEQ_NO_MAX;
    rig_fetched(r, id, 10, 0, 0);
    cr_assert_eq(figures(r, 2000).lag_operations, (uint64_t)CCR_SEQ_NO_MAX - 9);
    const struct ccr_effect *next = rig_nth(r, CCR_EFFECT_FETCH, 0);
    cr_assert_eq(next->request.from_seq_no, 10);
    cr_assert_gt(next->request.wait_ms, 0, "an empty answer is not followed by a storm");
    r->now = 2500;
    r->leader.global_checkpoint = 10;
    rig_fetched(r, next->id, 10, 1, 100);
    rig_applied(r, rig_nth(r, CCR_EFFECT_APPLY, 0)->id, 10);
    cr_assert_eq(rig_status(r).applied_seq_no, 10);
    cr_assert_eq(rig_nth(r, CCR_EFFECT_FETCH, 0)->request.from_seq_no, 11);
    cr_assert_eq(figures(r, 2500).lag_operations, (uint64_t)CCR_SEQ_NO_MAX - 10);
    rig_free(r);
}

Test(follower_figures, many_answers_before_one_apply_thin_the_marks_out)
{
    struct ccr_follower_config c = rig_config();
    c.applies_max = 1;
    struct rig *r = rig_new(&c, UINT64_MAX);
    rig_probed(r, 0);
    int64_t next = 100;
    for (int i = 0; i < 200; i++) {
        struct ccr_wire_header h = {.from_seq_no = 0, .state.global_checkpoint = next++};
        struct ccri_piece p = {.first_seq_no = 0};
        r->f->now_ms += 10;
        ccri_figures_heard(r->f, &p, &h);
        cr_assert_leq(r->f->figures.marks_count, CCRI_MARKS_MAX);
    }
    for (size_t i = 1; i < r->f->figures.marks_count; i++) {
        cr_assert_gt(r->f->figures.marks[i].seq_no, r->f->figures.marks[i - 1].seq_no);
        cr_assert_gt(r->f->figures.marks[i].at_ms, r->f->figures.marks[i - 1].at_ms);
    }
    rig_free(r);
}

Test(follower_figures, rates_cover_the_last_seconds)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99);
    rig_applied(r, 1, 99);
    struct ccr_follower_figures g = figures(r, 1000);
    cr_assert_float_eq(g.operations_per_second, 100.0, 0.001, "a beginner's second: %f", g.operations_per_second);
    g = figures(r, 6000);
    cr_assert_float_eq(g.operations_per_second, 20.0, 0.001);
    cr_assert_float_eq(g.raw_bytes_per_second, 20000.0, 0.001);
    cr_assert_float_eq(g.packed_bytes_per_second, 4000.0, 0.001);
    cr_assert_float_eq(figures(r, 11000).operations_per_second, 0.0, 0.001);
    rig_free(r);
}

Test(follower_figures, the_last_error_stays_when_it_is_over)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->now = 5000;
    rig_fail(r, CCR_EVENT_FETCH_FAILED, id, CCR_ERROR_UNREACHABLE);
    rig_next(r);
    rig_fail(r, CCR_EVENT_FETCH_FAILED, rig_nth(r, CCR_EFFECT_FETCH, 0)->id, CCR_ERROR_FORBIDDEN);
    int64_t when = r->now;
    rig_next(r);
    rig_fetched(r, rig_nth(r, CCR_EFFECT_FETCH, 0)->id, 10, 0, 0);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_NONE);
    struct ccr_follower_figures g = figures(r, r->now);
    cr_assert_eq(g.last_error, CCR_ERROR_FORBIDDEN);
    cr_assert_eq(g.last_error_ms, when);
    cr_assert_eq(g.last_error_attempts, 1, "of the outage before it, none is its own");
    rig_free(r);
}

Test(follower_figures, a_time_that_is_none_is_harmless)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_at_head(r, 9);
    cr_assert_geq(figures(r, INT64_MIN).lag_ms, 0);
    cr_assert_geq(figures(r, INT64_MAX).lag_ms, 0);
    rig_free(r);
}
