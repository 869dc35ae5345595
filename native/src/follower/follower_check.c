/*
 * What must hold after every step, checked in release builds too: the cost is one walk over a handful of pieces, and a
 * machine that went wrong stops instead of losing or inventing operations.
 *
 * Also the limits of a configuration, which every other check builds on.
 */
#include "follower/follower_private.h"

#include <string.h>

/* ---- invariants: each function answers the name of the first that does not hold, or NULL */

struct sums {
    size_t asked, applying, parked, received;
    uint64_t bytes_asked, bytes_held, credits;
    bool unapplied;
};

static const char *check_piece(const struct ccr_follower *f, const struct ccri_piece *p, int64_t after)
{
    if (p->first_seq_no <= after || p->last_seq_no < p->first_seq_no) {
        return "pieces are sorted and disjoint, above what is applied";
    }
    if (p->id == 0 || p->id >= f->next_id) {
        return "ids are given out once, in order";
    }
    if (p->state == CCRI_ASKED) {
        if (p->raw_bytes != 0) {
            return "nothing is held before it came";
        }
        if (p->wait_ms > 0 && p->credit != 0) {
            return "a parked fetch holds no budget";
        }
        return p->deadline_ms > f->now_ms ? NULL : "a fetch in flight has a deadline ahead";
    }
    if (p->last_seq_no > f->leader_checkpoint) {
        return "nothing is received beyond the leader's global checkpoint";
    }
    if (p->state == CCRI_APPLIED && (p->credit != 0 || p->raw_bytes != 0)) {
        return "what is applied holds nothing";
    }
    return NULL;
}

static const char *check_belt(const struct ccr_follower *f, struct sums *s)
{
    if (f->count > CCRI_PIECES_MAX) {
        return "the belt is within its bounds";
    }
    int64_t after = f->applied_seq_no;
    for (size_t i = 0; i < f->count; i++) {
        const struct ccri_piece *p = &f->pieces[i];
        const char *wrong = check_piece(f, p, after);
        if (wrong != NULL) {
            return wrong;
        }
        after = p->last_seq_no;
        s->asked += p->state == CCRI_ASKED;
        s->parked += p->state == CCRI_ASKED && p->wait_ms > 0;
        s->applying += p->state == CCRI_APPLYING;
        s->received += p->state == CCRI_WAITING || p->state == CCRI_APPLYING;
        s->bytes_asked += p->state == CCRI_ASKED ? p->max_bytes : 0;
        s->bytes_held += p->raw_bytes;
        s->credits += p->credit;
    }
    if (f->count > 0 && f->pieces[0].state == CCRI_APPLIED && f->pieces[0].first_seq_no == f->applied_seq_no + 1) {
        return "applied moves with its front";
    }
    return NULL;
}

static const char *check_sums(const struct ccr_follower *f, const struct sums *s)
{
    if (s->asked != f->asked || s->applying != f->applying || s->bytes_asked != f->bytes_asked ||
        s->bytes_held != f->bytes_held || s->credits != f->credits) {
        return "counters are the sums over the belt";
    }
    if (s->asked > f->asked_ceiling || s->asked > CCR_FOLLOWER_FETCHES_MAX) {
        return "at most fetches_max fetches are in flight";
    }
    if (s->applying > f->applying_ceiling || s->applying > CCR_FOLLOWER_APPLIES_MAX) {
        return "at most applies_max applies are in flight";
    }
    if (s->parked > 1) {
        return "at most one fetch is parked";
    }
    if (s->received > CCR_FOLLOWER_BATCHES_MAX) {
        return "at most CCR_FOLLOWER_BATCHES_MAX batches wait to be applied";
    }
    return NULL;
}

static const char *check_state(const struct ccr_follower *f, const struct sums *s)
{
    if (ccri_states[f->state].asks) {
        if (f->deadline_ms == CCRI_NEVER) {
            return "whoever follows has a deadline";
        }
        if ((f->state == CCR_FOLLOWER_BACKING_OFF) != ccri_backs_off(f)) {
            return "backing off means that an error is waited out";
        }
        if (s->asked == 0 && f->hold == CCRI_HOLD_NONE) {
            return "a fetch is in flight, or there is a reason why not";
        }
        bool needs_piece = f->hold == CCRI_HOLD_WINDOW || f->hold == CCRI_HOLD_BYTES || f->hold == CCRI_HOLD_PACED;
        return s->asked == 0 && needs_piece && s->received == 0 ? "what holds fetches back is going to end" : NULL;
    }
    if (f->deadline_ms != CCRI_NEVER) {
        return "whoever does not follow waits for no clock";
    }
    if (s->asked > 0 || s->received != s->applying) {
        return "draining leaves applies only";
    }
    return ccri_states[f->state].is_terminal && f->count > 0 ? "the end leaves nothing" : NULL;
}

const char *ccri_wrong(const struct ccr_follower *f)
{
    struct sums s = {0};
    const char *wrong = f->broken;
    wrong = wrong != NULL ? wrong : check_belt(f, &s);
    wrong = wrong != NULL ? wrong : check_sums(f, &s);
    wrong = wrong != NULL ? wrong : check_state(f, &s);
    if (wrong == NULL && f->leased_seq_no > f->applied_seq_no + 1) {
        wrong = "the lease releases only what is applied";
    }
    return wrong;
}

struct ccr_status ccr_follower_check(const struct ccr_follower *f, struct ccr_err *err)
{
    const char *wrong = ccri_wrong(f);
    return wrong == NULL ? ccr_status_of(CCR_OK) : ccr_err_set(err, CCR_BROKEN, "follower: does not hold: %s", wrong);
}

/* ---- limits of a configuration */

static struct ccr_status within(const char *name, uint64_t value, uint64_t min, uint64_t max, struct ccr_err *err)
{
    if (value >= min && value <= max) {
        return ccr_status_of(CCR_OK);
    }
    return ccr_err_set(err, CCR_ARG, "%s is %llu, not in [%llu, %llu]", name, (unsigned long long)value,
                       (unsigned long long)min, (unsigned long long)max);
}

static struct ccr_status check_codec(const struct ccr_follower_config *c, struct ccr_err *err)
{
    int min = 0;
    int max = 0;
    switch (c->codec) {
    case CCR_CODEC_NONE:
        return ccr_status_of(CCR_OK);
    case CCR_CODEC_LZ4:
        min = CCR_CODEC_LZ4_LEVEL_MIN;
        max = CCR_CODEC_LZ4_LEVEL_MAX;
        break;
    case CCR_CODEC_ZSTD:
        min = CCR_CODEC_ZSTD_LEVEL_MIN;
        max = CCR_CODEC_ZSTD_LEVEL_MAX;
        break;
    default:
        return ccr_err_set(err, CCR_ARG, "codec %d is not known", (int)c->codec);
    }
    if (c->level < min || c->level > max) {
        return ccr_err_set(err, CCR_ARG, "level is %d, not in [%d, %d]", c->level, min, max);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_follower_config_check(const struct ccr_follower_config *c, struct ccr_err *err)
{
    if (memchr(c->history_uuid, 0, sizeof(c->history_uuid)) == NULL) {
        return ccr_err_set(err, CCR_ARG, "history_uuid is longer than %zu", sizeof(c->history_uuid) - 1);
    }
    if (memchr(c->leader_shard, 0, sizeof(c->leader_shard)) == NULL) {
        return ccr_err_set(err, CCR_ARG, "leader_shard is longer than %zu", sizeof(c->leader_shard) - 1);
    }
    CCR_TRY(within("fetches_max", c->fetches_max, 1, CCR_FOLLOWER_FETCHES_MAX, err));
    CCR_TRY(within("applies_max", c->applies_max, 1, CCR_FOLLOWER_APPLIES_MAX, err));
    CCR_TRY(within("batch_bytes_max", c->batch_bytes_max, 64u << 10, 64u << 20, err));
    CCR_TRY(within("batch_ops_max", c->batch_ops_max, 16, CCR_WIRE_OPS_MAX, err));
    CCR_TRY(within("poll_bytes", c->poll_bytes, 4u << 10, c->batch_bytes_max, err));
    CCR_TRY(within("poll_timeout_ms", c->poll_timeout_ms, 100, 600000, err));
    CCR_TRY(within("backoff_max_ms", c->backoff_max_ms, 1, 600000, err));
    CCR_TRY(within("backoff_min_ms", c->backoff_min_ms, 1, c->backoff_max_ms, err));
    CCR_TRY(within("lease_interval_ms", c->lease_interval_ms, 100, 3600000, err));
    CCR_TRY(within("poll_interval_ms", c->poll_interval_ms, 0, CCRI_EMPTY_CAP_MS, err));
    CCR_TRY(within("lease_patience_ms", c->lease_patience_ms, 0, 43200000, err));
    CCR_TRY(within("prefix_bytes_max", c->prefix_bytes_max, 0, CCR_TAIL_BYTES_MAX, err));
    return check_codec(c, err);
}
