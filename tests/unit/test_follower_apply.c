/* Handing batches on: order, parallelism, metadata first, and what a failed apply does. */
#include "follower_rig.h"

#define FETCH CCR_EFFECT_FETCH
#define APPLY CCR_EFFECT_APPLY
#define SYNC  CCR_EFFECT_SYNC_METADATA

/* Probe applied (0..99), then batches of 10 operations, as many as there are fetches; answers them all. */
static void rig_batches(struct rig *r, uint64_t ids[4])
{
    rig_probed(r, 99999);
    struct ccr_effect e[4];
    for (size_t i = 0; i < 4; i++) {
        e[i] = *rig_nth(r, FETCH, i);
        ids[i] = e[i].id;
    }
    rig_applied(r, 1, 99);
    for (size_t i = 0; i < 4; i++) {
        rig_fetched(r, ids[i], e[i].request.from_seq_no, 10, 10000);
    }
}

Test(follower_apply, front_first_and_no_more_than_allowed)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99999);
    const struct ccr_effect a = *rig_nth(r, APPLY, 0);
    cr_assert_eq(a.id, 1);
    cr_assert_eq(a.first_seq_no, 0);
    cr_assert_eq(a.last_seq_no, 99);
    struct ccr_effect f2 = *rig_nth(r, FETCH, 1);
    struct ccr_effect f3 = *rig_nth(r, FETCH, 2);
    r->leader.max_seq_no_of_updates = 77;
    rig_fetched(r, f3.id, f3.request.from_seq_no, 10, 10000);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, f3.id, "out of order: the engine orders by seq_no");
    cr_assert_eq(rig_nth(r, APPLY, 0)->max_seq_no_of_updates, 77);
    rig_fetched(r, f2.id, f2.request.from_seq_no, 10, 10000);
    cr_assert_eq(rig_count(r, APPLY), 0, "two are in flight");
    rig_applied(r, f3.id, -1);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, f2.id);
    cr_assert_eq(rig_status(r).applied_seq_no, -1);
    rig_applied(r, 1, 99);
    cr_assert_eq(rig_status(r).applied_seq_no, 99, "contiguous only");
    cr_assert_eq(rig_status(r).operations_applied, 110);
    rig_free(r);
}

/* What the engine is told of updates when a batch of so many operations is the only one. */
static int64_t covered_by(uint32_t operations, int64_t leaders)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_start(r, 100);
    r->leader.max_seq_no_of_updates = leaders;
    r->leader.global_checkpoint = 99 + operations;
    rig_fetched(r, rig_nth(r, FETCH, 0)->id, 100, operations, 400 * operations);
    int64_t told = rig_nth(r, APPLY, 0)->max_seq_no_of_updates;
    rig_free(r);
    return told;
}

Test(follower_apply, a_trickle_is_looked_up_so_that_readers_need_no_refresh)
{
    cr_assert_eq(covered_by(1, -1), 100);
    cr_assert_eq(covered_by(CCRI_TRICKLE_OPS_MAX, 7), 99 + CCRI_TRICKLE_OPS_MAX);
    cr_assert_eq(covered_by(CCRI_TRICKLE_OPS_MAX + 1, 7), 7, "a load keeps the leader's");
    cr_assert_eq(covered_by(1, 500), 500, "never below the leader's");
}

Test(follower_apply, a_few_operations_beside_a_load_are_no_trickle)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99999);
    struct ccr_effect next = *rig_nth(r, FETCH, 0);
    r->leader.max_seq_no_of_updates = 77;
    rig_fetched(r, next.id, next.request.from_seq_no, 1, 400);
    cr_assert_eq(rig_nth(r, APPLY, 0)->max_seq_no_of_updates, 77);
    rig_free(r);
}

Test(follower_apply, configure_takes_effect_at_once)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t ids[4];
    rig_batches(r, ids);
    cr_assert_eq(rig_status(r).applies_in_flight, 2);
    struct ccr_follower_config c = r->config;
    c.applies_max = 3;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, ids[2]);
    c.applies_max = 1;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    rig_applied(r, ids[0], 109);
    rig_applied(r, ids[1], 119);
    cr_assert_eq(rig_count(r, APPLY), 0, "one is in flight and that is enough now");
    rig_applied(r, ids[2], 129);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, ids[3]);
    rig_free(r);
}

Test(follower_apply, in_order_a_batch_waits_for_all_before_it)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    struct ccr_follower_config c = r->config;
    c.in_order = true;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    rig_probed(r, 99999);
    struct ccr_effect f1 = *rig_nth(r, FETCH, 0);
    struct ccr_effect f2 = *rig_nth(r, FETCH, 1);
    rig_fetched(r, f2.id, f2.request.from_seq_no, 10, 10000);
    rig_applied(r, 1, 99);
    cr_assert_eq(rig_count(r, APPLY), 0, "the first of the two is not here");
    rig_fetched(r, f1.id, f1.request.from_seq_no, (uint32_t)(f2.request.from_seq_no - f1.request.from_seq_no), 10000);
    cr_assert_eq(rig_count(r, APPLY), 1, "one, though two might be applied at once");
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, f1.id);
    rig_applied(r, f1.id, f2.request.from_seq_no - 1);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, f2.id);
    rig_free(r);
}

Test(follower_apply, in_order_a_failure_lets_nothing_pass)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t ids[4];
    rig_batches(r, ids);
    struct ccr_follower_config c = r->config;
    c.in_order = true;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_CONFIGURE, .config = &c});
    rig_applied(r, ids[1], 99);
    cr_assert_eq(rig_count(r, APPLY), 0, "what is before is still under way");
    rig_fail(r, CCR_EVENT_APPLY_FAILED, ids[0], CCR_ERROR_MAPPING);
    cr_assert_eq(rig_count(r, APPLY), 0, "and waits for its mapping now");
    rig_synced(r, 1, 1, 1);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, ids[0]);
    cr_assert_eq(rig_count(r, APPLY), 1, "the others are behind it");
    rig_free(r);
}

/* Found by the simulator, seed 4111135: what waited for its turn left no room for the one whose turn it was. */
Test(follower_apply, in_order_the_rearmost_makes_way_for_the_front)
{
    struct ccr_follower_config c = rig_config();
    c.in_order = true;
    struct rig *r = rig_new(&c, UINT64_MAX);
    rig_probed(r, 99999);
    uint64_t ids[4];
    int64_t from[4];
    for (size_t i = 0; i < 4; i++) {
        ids[i] = rig_nth(r, FETCH, i)->id;
        from[i] = rig_nth(r, FETCH, i)->request.from_seq_no;
    }
    rig_applied(r, 1, 99);
    for (size_t i = 1; i < 4; i++) { /* one long operation each */
        rig_fetched(r, ids[i], from[i], 1, (c.fetches_max + c.applies_max) * c.batch_bytes_max / 3);
    }
    while (rig_status(r).fetches_in_flight > 0) {
        for (size_t i = 0; i < r->f->count; i++) {
            if (r->f->pieces[i].state == CCRI_ASKED) {
                rig_fail(r, CCR_EVENT_FETCH_FAILED, r->f->pieces[i].id, CCR_ERROR_TRANSIENT);
                break;
            }
        }
    }
    rig_next(r);
    cr_assert_eq(rig_nth(r, CCR_EFFECT_DROP, 0)->id, ids[3]);
    cr_assert_eq(rig_count(r, CCR_EFFECT_DROP), 1);
    cr_assert_eq(rig_nth(r, FETCH, 0)->request.from_seq_no, 100);
    rig_free(r);
}

Test(follower_apply, a_batch_waits_for_the_mapping_and_others_go_on)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 99999);
    struct ccr_effect f1 = *rig_nth(r, FETCH, 0);
    struct ccr_effect f2 = *rig_nth(r, FETCH, 1);
    struct ccr_effect f3 = *rig_nth(r, FETCH, 2);
    rig_applied(r, 1, 99);
    r->leader.mapping_version = 3;
    rig_fetched(r, f1.id, 100, 10, 10000);
    cr_assert_eq(rig_count(r, APPLY), 0);
    cr_assert_eq(rig_nth(r, SYNC, 0)->mapping_version, 3);
    cr_assert(!rig_nth(r, SYNC, 0)->look_again);
    r->leader.mapping_version = 5;
    rig_fetched(r, f2.id, f2.request.from_seq_no, 10, 10000);
    cr_assert_eq(rig_count(r, SYNC), 0, "one at a time");
    r->leader.mapping_version = 1;
    rig_fetched(r, f3.id, f3.request.from_seq_no, 10, 10000);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, f3.id, "what needs no newer mapping goes on");
    rig_synced(r, 3, 1, 1);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, f1.id);
    cr_assert_eq(rig_nth(r, SYNC, 0)->mapping_version, 5, "the highest seen, asked for next");
    rig_applied(r, f3.id, 99);
    cr_assert_eq(rig_count(r, APPLY), 0);
    rig_synced(r, 6, 1, 1);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, f2.id);
    rig_free(r);
}

Test(follower_apply, newer_settings_hold_operations_and_newer_aliases_do_not)
{
    uint64_t id;
    struct rig *r = rig_one_batch(&id, 1, 1, 2);
    cr_assert_eq(rig_nth(r, SYNC, 0)->aliases_version, 2);
    cr_assert_eq(rig_count(r, APPLY), 1);
    rig_synced(r, 1, 1, 2);
    rig_applied(r, id, 10);
    id = rig_nth(r, FETCH, 0)->id;
    r->leader.settings_version = 4;
    r->leader.global_checkpoint = 11;
    rig_fetched(r, id, 11, 1, 100);
    cr_assert_eq(rig_nth(r, SYNC, 0)->settings_version, 4);
    cr_assert_eq(rig_count(r, APPLY), 0);
    rig_synced(r, 1, 4, 2);
    cr_assert_eq(rig_count(r, APPLY), 1);
    rig_free(r);
}

Test(follower_apply, an_empty_answer_brings_metadata_too)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->now += 60000;
    r->leader.mapping_version = 2;
    rig_fetched(r, id, 10, 0, 0);
    cr_assert_eq(rig_nth(r, SYNC, 0)->mapping_version, 2);
    rig_free(r);
}

Test(follower_apply, a_failed_sync_backs_off_visibly_and_goes_on)
{
    uint64_t id;
    struct rig *r = rig_one_batch(&id, 2, 1, 1);
    cr_assert_eq(rig_count(r, FETCH), 1, "fetching goes on while the batch waits");
    int64_t slept = 0;
    for (int i = 1; i <= 12; i++) {
        rig_fail(r, CCR_EVENT_METADATA_FAILED, 0, CCR_ERROR_FATAL);
        cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BACKING_OFF);
        cr_assert_eq(rig_status(r).error, CCR_ERROR_FATAL);
        cr_assert_eq(rig_status(r).attempts, i);
        int64_t since = r->now;
        rig_next(r);
        while (rig_count(r, SYNC) == 0) {
            if (rig_count(r, CCR_EFFECT_RENEW_LEASE) > 0) {
                rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEASE_RENEWED});
            }
            rig_next(r);
        }
        slept = r->now - since;
    }
    cr_assert(slept >= 5000 && slept <= 10000);
    rig_synced(r, 2, 1, 1);
    cr_assert_eq(rig_count(r, APPLY), 1);
    cr_assert_eq(rig_status(r).error, CCR_ERROR_NONE);
    rig_free(r);
}

Test(follower_apply, a_sync_that_falls_short_is_a_failed_one)
{
    uint64_t id;
    struct rig *r = rig_one_batch(&id, 5, 1, 1);
    rig_synced(r, 4, 1, 1);
    cr_assert_eq(rig_count(r, SYNC), 0, "not at once again");
    cr_assert_eq(rig_status(r).error, CCR_ERROR_TRANSIENT);
    rig_next(r);
    cr_assert_eq(rig_count(r, SYNC), 1);
    rig_free(r);
}

Test(follower_apply, a_sync_that_is_never_answered_is_given_up)
{
    uint64_t id;
    struct rig *r = rig_one_batch(&id, 5, 1, 1);
    rig_tick(r, r->now + CCRI_METADATA_TIMEOUT_MS - 1);
    cr_assert_eq(r->f->metadata.error, CCR_ERROR_NONE);
    rig_tick(r, r->now + 1);
    cr_assert_eq(r->f->metadata.error, CCR_ERROR_TRANSIENT);
    rig_free(r);
}

Test(follower_apply, a_refused_mapping_syncs_and_applies_the_same_batch_again)
{
    uint64_t id;
    struct rig *r = rig_one_batch(&id, 1, 1, 1);
    rig_fail(r, CCR_EVENT_APPLY_FAILED, id, CCR_ERROR_MAPPING);
    cr_assert_eq(rig_nth(r, SYNC, 0)->mapping_version, 1, "the same versions again");
    cr_assert(rig_nth(r, SYNC, 0)->look_again, "what is remembered has not sufficed");
    cr_assert_eq(rig_status(r).error, CCR_ERROR_NONE, "once is ordinary");
    rig_synced(r, 1, 1, 1);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, id);
    int64_t before = r->now;
    rig_fail(r, CCR_EVENT_APPLY_FAILED, id, CCR_ERROR_MAPPING);
    cr_assert_eq(rig_count(r, SYNC), 0, "twice backs off");
    cr_assert_eq(rig_status(r).error, CCR_ERROR_MAPPING);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BACKING_OFF);
    rig_next(r);
    cr_assert_eq(rig_count(r, SYNC), 1);
    cr_assert(r->now - before >= 25 && r->now - before <= 50);
    rig_synced(r, 1, 1, 1);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, id);
    rig_applied(r, id, 10);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FOLLOWING);
    rig_free(r);
}

Test(follower_apply, a_sync_begun_before_the_refusal_does_not_count)
{
    uint64_t id;
    struct rig *r = rig_one_batch(&id, 1, 1, 2);
    cr_assert_eq(rig_count(r, SYNC), 1);
    rig_fail(r, CCR_EVENT_APPLY_FAILED, id, CCR_ERROR_MAPPING);
    cr_assert_eq(rig_count(r, SYNC), 0);
    rig_synced(r, 1, 1, 2);
    cr_assert_eq(rig_count(r, APPLY), 0);
    cr_assert_eq(rig_count(r, SYNC), 1);
    rig_synced(r, 1, 1, 2);
    cr_assert_eq(rig_count(r, APPLY), 1);
    rig_free(r);
}

Test(follower_apply, a_blocked_index_is_asked_once_per_back_off)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t ids[4];
    rig_batches(r, ids);
    rig_fail(r, CCR_EVENT_APPLY_FAILED, ids[0], CCR_ERROR_BLOCKED);
    rig_fail(r, CCR_EVENT_APPLY_FAILED, ids[1], CCR_ERROR_BLOCKED);
    cr_assert_eq(rig_count(r, APPLY), 0);
    cr_assert_eq(rig_status(r).attempts, 1, "both were in flight together");
    for (int i = 2; i < 6; i++) {
        rig_next(r);
        cr_assert_eq(rig_count(r, APPLY), 1);
        cr_assert_eq(rig_nth(r, APPLY, 0)->id, ids[0], "the front-most");
        rig_fail(r, CCR_EVENT_APPLY_FAILED, ids[0], CCR_ERROR_BLOCKED);
        cr_assert_eq(rig_status(r).attempts, i);
        cr_assert_eq(rig_status(r).error, CCR_ERROR_BLOCKED);
    }
    rig_next(r);
    rig_applied(r, ids[0], 109);
    cr_assert_eq(rig_count(r, APPLY), 2, "all is well: two at once");
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_FOLLOWING);
    rig_free(r);
}

Test(follower_apply, applies_go_on_while_fetches_back_off)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t ids[4];
    rig_batches(r, ids);
    uint64_t asked = 0;
    for (size_t i = 0; i < r->f->count; i++) {
        asked = r->f->pieces[i].state == CCRI_ASKED ? r->f->pieces[i].id : asked;
    }
    rig_fail(r, CCR_EVENT_FETCH_FAILED, asked, CCR_ERROR_UNREACHABLE);
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BACKING_OFF);
    rig_applied(r, ids[0], 109);
    cr_assert_eq(rig_nth(r, APPLY, 0)->id, ids[2]);
    rig_free(r);
}

Test(follower_apply, unreadable_bytes_are_dropped_and_fetched_again)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    r->leader.global_checkpoint = 10;
    for (int i = 1; i <= 5; i++) {
        if (i > 1) {
            if (rig_count(r, FETCH) == 0) {
                rig_next(r);
            }
            id = rig_nth(r, FETCH, 0)->id;
        }
        rig_fetched(r, id, 10, 1, 100);
        rig_fail(r, CCR_EVENT_APPLY_FAILED, id, CCR_ERROR_CORRUPT);
        cr_assert_eq(rig_nth(r, CCR_EFFECT_DROP, 0)->id, id);
        cr_assert_eq(rig_status(r).state, i < 5 ? CCR_FOLLOWER_BACKING_OFF : CCR_FOLLOWER_FAILED);
    }
    rig_free(r);
}

Test(follower_apply, an_overloaded_follower_gets_smaller_batches_for_a_while)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_probed(r, 9999999);
    rig_fail(r, CCR_EVENT_APPLY_FAILED, 1, CCR_ERROR_OVERLOADED);
    cr_assert_eq(r->f->batch_bytes, r->config.batch_bytes_max / 2);
    rig_next(r);
    rig_applied(r, 1, 99);
    cr_assert_eq(r->f->batch_bytes, r->config.batch_bytes_max / 2 + r->config.batch_bytes_max / 16);
    rig_free(r);
}

Test(follower_apply, late_and_foreign_answers_mean_nothing)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    uint64_t id = rig_at_head(r, 9);
    rig_applied(r, id, 10); /* in flight as a fetch, not as an apply */
    cr_assert_eq(r->out.count, 0);
    rig_applied(r, 4711, 10);
    cr_assert_eq(r->out.count, 0);
    rig_synced(r, 9, 9, 9);
    cr_assert_eq(r->out.count, 0);
    r->leader.global_checkpoint = 10;
    rig_fetched(r, id, 10, 1, 100);
    rig_fetched(r, id, 10, 1, 100);
    cr_assert_eq(r->out.count, 0, "the same answer twice");
    cr_assert_eq(r->out.received_batch_id, 0);
    rig_applied(r, id, 10);
    rig_applied(r, id, 10);
    cr_assert_eq(r->out.count, 0);
    rig_free(r);
}
