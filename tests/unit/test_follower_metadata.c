/*
 * Metadata of the leader without operations: a parked fetch names what is known, and its answer brings what is new.
 */
#include "follower_rig.h"

Test(follower_metadata, a_parked_fetch_names_the_versions_heard_of)
{
    struct rig *r = rig_new(NULL, 64 * 1024 * KIB);
    r->leader.mapping_version = 3;
    r->leader.settings_version = 5;
    r->leader.aliases_version = 7;
    rig_start(r, 10);
    const struct ccr_effect *probe = rig_nth(r, CCR_EFFECT_FETCH, 0);
    cr_assert_eq(probe->request.mapping_version, 0, "nothing was heard yet");
    r->leader.global_checkpoint = 9;
    rig_fetched(r, probe->id, 10, 0, 0);
    const struct ccr_effect *parked = rig_nth(r, CCR_EFFECT_FETCH, 0);
    cr_assert_gt(parked->request.wait_ms, 0);
    cr_assert_eq(parked->request.mapping_version, 3);
    cr_assert_eq(parked->request.settings_version, 5);
    cr_assert_eq(parked->request.aliases_version, 7);
    cr_assert_eq(rig_count(r, CCR_EFFECT_SYNC_METADATA), 1);
    rig_free(r);
}

Test(follower_metadata, an_alias_alone_is_synced_and_the_next_poll_goes_out_at_once)
{
    struct rig *r = rig_new(NULL, 64 * 1024 * KIB);
    uint64_t id = rig_at_head(r, 99);
    for (int i = 0; i < 20; i++) {
        r->now++;
        r->leader.aliases_version++;
        rig_fetched(r, id, 100, 0, 0);
        cr_assert_eq(rig_count(r, CCR_EFFECT_SYNC_METADATA), 1);
        cr_assert_eq(rig_nth(r, CCR_EFFECT_SYNC_METADATA, 0)->aliases_version, r->leader.aliases_version);
        const struct ccr_effect *parked = rig_nth(r, CCR_EFFECT_FETCH, 0);
        cr_assert_gt(parked->request.wait_ms, 0, "news is no reason to slow down");
        cr_assert_eq(parked->request.aliases_version, r->leader.aliases_version);
        id = parked->id;
        rig_synced(r, 1, 1, r->leader.aliases_version);
    }
    rig_free(r);
}

Test(follower_metadata, news_while_a_sync_is_out_is_synced_after_it)
{
    struct rig *r = rig_new(NULL, 64 * 1024 * KIB);
    uint64_t id = rig_at_head(r, 99);
    r->leader.settings_version = 2;
    rig_fetched(r, id, 100, 0, 0);
    cr_assert_eq(rig_nth(r, CCR_EFFECT_SYNC_METADATA, 0)->settings_version, 2);
    id = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    r->leader.mapping_version = 2;
    rig_fetched(r, id, 100, 0, 0);
    cr_assert_eq(rig_count(r, CCR_EFFECT_SYNC_METADATA), 0, "one at a time");
    rig_synced(r, 1, 2, 1);
    cr_assert_eq(rig_nth(r, CCR_EFFECT_SYNC_METADATA, 0)->mapping_version, 2);
    rig_free(r);
}

Test(follower_metadata, operations_wait_for_their_mapping_and_not_for_aliases)
{
    struct rig *r = rig_new(NULL, 64 * 1024 * KIB);
    uint64_t id = rig_at_head(r, 99);
    r->leader.global_checkpoint = 109;
    r->leader.aliases_version = 9;
    rig_fetched(r, id, 100, 10, 1000);
    cr_assert_eq(rig_count(r, CCR_EFFECT_APPLY), 1);
    cr_assert_eq(rig_count(r, CCR_EFFECT_SYNC_METADATA), 1);
    uint64_t batch = r->out.received_batch_id;
    rig_synced(r, 1, 1, 9);
    rig_applied(r, batch, 109);
    id = rig_nth(r, CCR_EFFECT_FETCH, 0)->id;
    r->leader.global_checkpoint = 119;
    r->leader.mapping_version = 2;
    rig_fetched(r, id, 110, 10, 1000);
    cr_assert_eq(rig_count(r, CCR_EFFECT_APPLY), 0);
    rig_synced(r, 2, 1, 9);
    cr_assert_eq(rig_count(r, CCR_EFFECT_APPLY), 1);
    rig_free(r);
}
