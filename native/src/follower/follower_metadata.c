/*
 * Metadata travels with the operations: every answer carries the versions of the leader's settings, mapping and aliases
 * that are sufficient for its operations, read after the checkpoint that chose them.
 *
 * The highest versions heard are wanted on the follower. One sync at a time asks for them (Java brings settings, then
 * mapping, then aliases into line and de-duplicates over the shards of an index). A batch waits while the mapping or
 * the settings in place are older than its own; aliases hold nobody up.
 *
 * Versions are a promise, the engine has the last word: a batch refused for its mapping asks for a sync of its own, for
 * the same versions again if need be, because somebody may have changed the follower's mapping by hand.
 */
#include "follower/follower_private.h"

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool covers(const struct ccri_versions *have, const struct ccri_versions *want)
{
    return have->mapping >= want->mapping && have->settings >= want->settings && have->aliases >= want->aliases;
}

bool ccri_metadata_heard(struct ccr_follower *f, const struct ccr_leader_state *leader)
{
    struct ccri_versions before = f->wanted;
    f->wanted.mapping = max_u64(f->wanted.mapping, leader->mapping_version);
    f->wanted.settings = max_u64(f->wanted.settings, leader->settings_version);
    f->wanted.aliases = max_u64(f->wanted.aliases, leader->aliases_version);
    return !covers(&before, &f->wanted);
}

bool ccri_metadata_suffices(const struct ccr_follower *f, const struct ccri_piece *p)
{
    return p->mapping_version <= f->in_place.mapping && p->settings_version <= f->in_place.settings &&
           p->sync_no <= f->sync_done;
}

static void failed(struct ccr_follower *f, enum ccr_error_class error, struct ccr_effects *out)
{
    f->sync_outstanding = false;
    if (!ccri_ends(f, ccri_policy_of(f, error, CCRI_FROM_METADATA), error, out)) {
        ccri_door_trip(f, &f->metadata, error, UINT64_MAX, 0);
    }
}

void ccri_metadata_done(struct ccr_follower *f, const struct ccr_event *event)
{
    if (!f->sync_outstanding) {
        return;
    }
    f->sync_outstanding = false;
    f->in_place.mapping = max_u64(f->in_place.mapping, event->mapping_version);
    f->in_place.settings = max_u64(f->in_place.settings, event->settings_version);
    f->in_place.aliases = max_u64(f->in_place.aliases, event->aliases_version);
    if (!covers(&f->in_place, &f->syncing)) {
        /* Done, but short of what was asked: asking again at once would go round without end. */
        ccri_door_trip(f, &f->metadata, CCR_ERROR_TRANSIENT, UINT64_MAX, 0);
        return;
    }
    f->sync_done = f->sync_no;
    ccri_door_reset(&f->metadata);
}

void ccri_metadata_failed(struct ccr_follower *f, enum ccr_error_class error, struct ccr_effects *out)
{
    if (f->sync_outstanding) {
        failed(f, error, out);
    }
}

void ccri_metadata_expire(struct ccr_follower *f, struct ccr_effects *out)
{
    if (f->sync_outstanding && f->sync_deadline_ms <= f->now_ms) {
        failed(f, CCR_ERROR_TRANSIENT, out);
    }
}

/* When the first batch that was refused for its mapping may ask for its sync. */
static int64_t forced_at_ms(const struct ccr_follower *f)
{
    int64_t at = CCRI_NEVER;
    for (size_t i = 0; i < f->count; i++) {
        const struct ccri_piece *p = &f->pieces[i];
        if (p->state == CCRI_WAITING && p->sync_no > f->sync_done && p->sync_at_ms < at) {
            at = p->sync_at_ms;
        }
    }
    return at;
}

void ccri_metadata_schedule(struct ccr_follower *f, struct ccr_effects *out)
{
    if (f->sync_outstanding) {
        ccri_wake(f, f->sync_deadline_ms);
        return;
    }
    int64_t due = covers(&f->in_place, &f->wanted) ? forced_at_ms(f) : f->now_ms;
    if (due == CCRI_NEVER) {
        return;
    }
    if (f->metadata.error != CCR_ERROR_NONE && due < f->metadata.retry_at_ms) {
        due = f->metadata.retry_at_ms;
    }
    if (f->now_ms < due) {
        ccri_wake(f, due);
        return;
    }
    bool again = forced_at_ms(f) != CCRI_NEVER;
    f->sync_no++;
    f->sync_outstanding = true;
    f->sync_deadline_ms = ccri_after(f, CCRI_METADATA_TIMEOUT_MS);
    f->syncing.mapping = max_u64(f->wanted.mapping, f->in_place.mapping);
    f->syncing.settings = max_u64(f->wanted.settings, f->in_place.settings);
    f->syncing.aliases = max_u64(f->wanted.aliases, f->in_place.aliases);
    ccri_wake(f, f->sync_deadline_ms);

    struct ccr_effect *e = ccri_emit(f, out, CCR_EFFECT_SYNC_METADATA);
    e->mapping_version = f->syncing.mapping;
    e->settings_version = f->syncing.settings;
    e->aliases_version = f->syncing.aliases;
    e->look_again = again;
}
