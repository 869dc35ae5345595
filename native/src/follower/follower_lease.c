/*
 * The retention lease on the leader: what keeps the operations we have not applied yet from being thrown away there.
 *
 * Renewed right after START and then every lease_interval_ms, also while idle and while everything else backs off: a
 * lease that is only renewed by work expires on a quiet index. It retains from the follower shard's synced global
 * checkpoint + 1 and never more than what is applied + 1: what is on disk on every copy of the follower survives any
 * restart there, and only that may be released on the leader.
 *
 * At most one renewal is outstanding. An answer that got lost is given up after three intervals (but neither sooner
 * than 5 s, when a slow leader may still be at it, nor later than 2 min). Answers carry no id: one that comes after it
 * was given up is taken for that of the next, which is harmless, as a renewal never releases less than the one before.
 */
#include "follower/follower_private.h"

static int64_t answer_timeout_ms(const struct ccr_follower *f)
{
    int64_t ms = 3 * (int64_t)f->config.lease_interval_ms;
    if (ms < CCRI_LEASE_TIMEOUT_MIN_MS) {
        return CCRI_LEASE_TIMEOUT_MIN_MS;
    }
    return ms > CCRI_LEASE_TIMEOUT_MAX_MS ? CCRI_LEASE_TIMEOUT_MAX_MS : ms;
}

void ccri_lease_done(struct ccr_follower *f)
{
    if (!f->lease_outstanding) {
        return;
    }
    f->lease_outstanding = false;
    ccri_door_reset(&f->lease);
}

/* Refused again and again, and nobody knows why: the lease runs out while all looks well. */
static bool out_of_patience(const struct ccr_follower *f)
{
    return f->lease.error == CCR_ERROR_FATAL && f->config.lease_patience_ms > 0 &&
           f->now_ms - f->lease.since_ms >= (int64_t)f->config.lease_patience_ms;
}

static void failed(struct ccr_follower *f, enum ccr_error_class error, struct ccr_effects *out)
{
    f->lease_outstanding = false;
    if (ccri_ends(f, ccri_policy_of(f, error, CCRI_FROM_LEASE), error, out)) {
        return;
    }
    ccri_door_trip(f, &f->lease, error, UINT64_MAX, 0);
    f->lease_at_ms = f->lease.retry_at_ms;
    if (out_of_patience(f)) {
        ccri_drain(f, out, CCR_FOLLOWER_FAILED, error, f->lease.attempts);
    }
}

void ccri_lease_failed(struct ccr_follower *f, enum ccr_error_class error, struct ccr_effects *out)
{
    if (f->lease_outstanding) {
        failed(f, error, out);
    }
}

void ccri_lease_expire(struct ccr_follower *f, struct ccr_effects *out)
{
    if (f->lease_outstanding && f->lease_deadline_ms <= f->now_ms) {
        failed(f, CCR_ERROR_UNREACHABLE, out);
    }
}

void ccri_lease_schedule(struct ccr_follower *f, struct ccr_effects *out)
{
    if (f->lease_outstanding) {
        ccri_wake(f, f->lease_deadline_ms);
        return;
    }
    if (f->now_ms < f->lease_at_ms) {
        ccri_wake(f, f->lease_at_ms);
        return;
    }
    int64_t safe = f->checkpoint < f->applied_seq_no ? f->checkpoint : f->applied_seq_no;
    if (f->leased_seq_no < safe + 1) {
        f->leased_seq_no = safe + 1;
    }
    f->lease_outstanding = true;
    f->lease_deadline_ms = ccri_after(f, answer_timeout_ms(f));
    f->lease_at_ms = ccri_after(f, f->config.lease_interval_ms);
    ccri_wake(f, f->lease_deadline_ms);
    ccri_emit(f, out, CCR_EFFECT_RENEW_LEASE)->retaining_seq_no = f->leased_seq_no;
}
