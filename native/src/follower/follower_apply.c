/*
 * Handing batches to the follower's engine.
 *
 * A batch may be applied as soon as it is here: the engine orders by sequence number and skips what it has, as it does
 * for a replica, and the batch's max_seq_no_of_updates tells it which inserts cannot be updates. So batches go front
 * first, up to applies_max at once, and one that waits (for metadata, for a hole before it) does not hold up those
 * behind it. What is reported as applied, and what the lease releases, is the contiguous front only.
 *
 * Not so with in_order, for an index whose replicas copy segments. There the engine leaves an operation out of Lucene
 * when a later one on the same document came first (IndexingStrategyPlanner.planOperationAsNonPrimary), and a replica
 * that recovers by Lucene's history would wait for ever for what is not in it.
 *
 * A batch whose apply failed keeps its bytes and its id and is applied again: redelivery is harmless. While the apply
 * door is not open, one batch at a time is tried, the front-most: a blocked index is asked once per back-off, however
 * many batches wait. Two failures are not the door's: a mapping that is behind concerns one batch only (it waits for a
 * metadata sync begun after its failure), and bytes the engine cannot read are dropped and fetched again.
 *
 * Operations that trickle in are given a max_seq_no_of_updates that covers them, as if each could be an update. The
 * engine looks such a document's id up and enters it in its version map; an insert that it may take on trust it leaves
 * out, and the first real-time get after that has to refresh the shard: 10 to 40 ms for the reader, for a lookup saved
 * of a few microseconds. A higher limit is always right, only slower, so a load of any size keeps the leader's own.
 *
 * Applies have no timeout. The write path always answers, and a batch that is given up while it is still being applied
 * could be applied twice at once.
 */
#include "follower/follower_private.h"

static void grow(struct ccr_follower *f)
{
    /* Sixteen good batches to come back from the bottom: slowly, or an overloaded node is overloaded again at once. */
    uint64_t bytes = (uint64_t)f->batch_bytes + f->config.batch_bytes_max / 16;
    f->batch_bytes = bytes < f->config.batch_bytes_max ? (uint32_t)bytes : f->config.batch_bytes_max;
}

void ccri_apply_done(struct ccr_follower *f, const struct ccr_event *event)
{
    struct ccri_piece *p = ccri_belt_find(f, event->id, CCRI_APPLYING);
    if (p == NULL) {
        return;
    }
    uint64_t operations = (uint64_t)(p->last_seq_no - p->first_seq_no) + 1;
    f->operations_applied += operations;
    if (f->checkpoint < event->checkpoint) {
        f->checkpoint = event->checkpoint;
    }
    ccri_door_reset(&f->apply);
    grow(f);
    ccri_belt_applied(f, p);
    ccri_figures_applied(f, operations);
}

void ccri_apply_drop(struct ccr_follower *f, struct ccr_effects *out, struct ccri_piece *p)
{
    ccri_emit(f, out, CCR_EFFECT_DROP)->id = p->id;
    ccri_belt_remove(f, p);
}

static void wait_for_mapping(struct ccr_follower *f, struct ccri_piece *p)
{
    if (p->mapping_failures == 0) {
        p->mapping_since_ms = f->now_ms;
    }
    p->mapping_failures += p->mapping_failures < UINT32_MAX;
    p->sync_no = f->sync_no + 1; /* one that begins after this failure: the one under way may have read too early */
    p->sync_at_ms = f->now_ms;
    if (p->mapping_failures >= 2) {
        p->sync_at_ms = ccri_after(f, ccri_backoff_ms(f, CCR_ERROR_MAPPING, p->mapping_failures - 1));
    }
    ccri_belt_waiting(f, p);
}

void ccri_apply_failed(struct ccr_follower *f, const struct ccr_event *event, struct ccr_effects *out)
{
    struct ccri_piece *p = ccri_belt_find(f, event->id, CCRI_APPLYING);
    if (p == NULL) {
        return;
    }
    f->applies_failed++;
    if (f->state == CCR_FOLLOWER_DRAINING) {
        ccri_apply_drop(f, out, p);
        return;
    }
    int64_t first = p->first_seq_no;
    uint64_t apply_no = p->apply_no;
    enum ccri_policy policy = ccri_policy_of(f, event->error, CCRI_FROM_APPLY);
    if (policy == CCRI_RESYNC) {
        wait_for_mapping(f, p);
        return;
    }
    ccri_belt_waiting(f, p);
    if (ccri_ends(f, policy, event->error, out)) {
        return;
    }
    if (policy == CCRI_REFETCH) {
        ccri_apply_drop(f, out, p);
        ccri_fetch_damaged(f, first, f->next_id, out);
        return;
    }
    bool counts = ccri_door_trip(f, &f->apply, event->error, apply_no, f->next_apply_no);
    if (counts && policy == CCRI_SHRINK) {
        ccri_fetch_shrink(f);
    }
}

/* Behind a door that is not open: whether the one try it lets through is under way. */
static bool probe_is_out(const struct ccr_follower *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->pieces[i].state == CCRI_APPLYING && f->pieces[i].apply_no >= f->apply.mark) {
            return true;
        }
    }
    return false;
}

/* A few operations, and nothing else is here. */
static bool trickles(const struct ccr_follower *f, const struct ccri_piece *p)
{
    return p->last_seq_no - p->first_seq_no < CCRI_TRICKLE_OPS_MAX && f->bytes_held == p->raw_bytes;
}

static void apply(struct ccr_follower *f, struct ccr_effects *out, struct ccri_piece *p)
{
    bool covered = trickles(f, p) && p->max_seq_no_of_updates < p->last_seq_no;
    p->apply_no = f->next_apply_no++;
    ccri_belt_applying(f, p);
    struct ccr_effect *e = ccri_emit(f, out, CCR_EFFECT_APPLY);
    e->id = p->id;
    e->first_seq_no = p->first_seq_no;
    e->last_seq_no = p->last_seq_no;
    e->max_seq_no_of_updates = covered ? p->last_seq_no : p->max_seq_no_of_updates;
}

void ccri_apply_schedule(struct ccr_follower *f, struct ccr_effects *out)
{
    bool probing = f->apply.error != CCR_ERROR_NONE;
    if (probing && probe_is_out(f)) {
        return;
    }
    for (size_t i = 0; i < f->count && f->applying < f->config.applies_max; i++) {
        struct ccri_piece *p = &f->pieces[i];
        if (f->config.in_order && p->first_seq_no != f->applied_seq_no + 1) {
            return;
        }
        if (p->state != CCRI_WAITING || !ccri_metadata_suffices(f, p)) {
            continue;
        }
        if (ccri_door_is_closed(f, &f->apply)) {
            ccri_wake(f, f->apply.retry_at_ms);
            return;
        }
        apply(f, out, p);
        if (probing) {
            return;
        }
    }
}
