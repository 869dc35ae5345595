/*
 * Figures for people: how far behind, how fast, what went wrong last. Nothing here decides anything.
 *
 * Lag in time. The operations carry no time that both clusters agree on, so the follower's own clock is used: each answer
 * leaves a mark "at this moment the leader had everything up to n". The newest mark that is applied says how old the
 * follower's picture is. A parked fetch is a mark that renews itself: as long as it is out, the leader has nothing new;
 * when it is answered, or its failure is told, that held until this moment; when it failed because the leader had fallen
 * silent, until its last word. One that was never answered proves nothing.
 * An answer that did not wait may come from a replica that hears of the checkpoint a little later than its primary; a lag
 * can be too small by that little.
 *
 * When all marks are taken every other one goes: the answer is then an older mark, a lag too large rather than too small.
 */
#include "follower/follower_private.h"

#include <string.h>

void ccri_figures_init(struct ccr_follower *f)
{
    f->figures.heard_ms = INT64_MIN;
    f->figures.applied_ms = INT64_MIN;
    for (size_t i = 0; i < CCR_FOLLOWER_RATE_SECONDS; i++) {
        f->figures.seconds[i].second = INT64_MIN;
    }
}

void ccri_figures_started(struct ccr_follower *f)
{
    f->figures.began_ms = f->now_ms;
}

/* ---- marks */

/* Index of the newest mark that is applied; marks_count when there is none. */
static size_t newest_applied(const struct ccr_follower *f)
{
    const struct ccri_figures *g = &f->figures;
    for (size_t i = g->marks_count; i-- > 0;) {
        if (g->marks[i].seq_no <= f->applied_seq_no) {
            return i;
        }
    }
    return g->marks_count;
}

/* Older ones than the newest that is applied are of no use any more. */
static void forget_marks(struct ccr_follower *f)
{
    struct ccri_figures *g = &f->figures;
    size_t first = newest_applied(f);
    if (first > 0 && first < g->marks_count) {
        memmove(g->marks, g->marks + first, (g->marks_count - first) * sizeof(g->marks[0]));
        g->marks_count -= first;
    }
}

static void thin_out(struct ccri_figures *g)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->marks_count; i += 2) {
        g->marks[kept++] = g->marks[i];
    }
    g->marks_count = kept;
}

static void mark(struct ccr_follower *f, int64_t seq_no, int64_t at_ms)
{
    struct ccri_figures *g = &f->figures;
    forget_marks(f);
    struct ccri_mark *last = g->marks_count > 0 ? &g->marks[g->marks_count - 1] : NULL;
    if (last != NULL && (seq_no < last->seq_no || at_ms < last->at_ms)) {
        return; /* a copy that has not heard yet, or older news */
    }
    if (last != NULL && seq_no == last->seq_no) {
        last->at_ms = at_ms;
        return;
    }
    if (g->marks_count == CCRI_MARKS_MAX) {
        thin_out(g);
    }
    g->marks[g->marks_count++] = (struct ccri_mark){seq_no, at_ms};
}

/* A parked fetch that is out: everything below it was here when it was sent, and nothing has come since. */
static bool listens(const struct ccr_follower *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct ccri_piece *p = &f->pieces[i];
        if (p->state == CCRI_ASKED && p->wait_ms > 0) {
            return f->applied_seq_no + 1 >= p->first_seq_no && f->fetch.error == CCR_ERROR_NONE;
        }
    }
    return false;
}

static int64_t lag_ms(const struct ccr_follower *f, int64_t now_ms)
{
    const struct ccri_figures *g = &f->figures;
    if (g->marks_count == 0) {
        return -1;
    }
    if (ccri_states[f->state].asks && listens(f)) {
        return 0;
    }
    size_t at = newest_applied(f);
    return now_ms - g->marks[at < g->marks_count ? at : 0].at_ms;
}

/* ---- rates */

static struct ccri_second *this_second(struct ccr_follower *f)
{
    int64_t second = f->now_ms / 1000;
    int64_t slot = second % CCR_FOLLOWER_RATE_SECONDS;
    struct ccri_second *s = &f->figures.seconds[slot < 0 ? slot + CCR_FOLLOWER_RATE_SECONDS : slot];
    if (s->second != second) {
        *s = (struct ccri_second){.second = second};
    }
    return s;
}

static void rates(const struct ccr_follower *f, int64_t now_ms, struct ccr_follower_figures *out)
{
    int64_t second = now_ms / 1000;
    struct ccri_second sum = {0};
    for (size_t i = 0; i < CCR_FOLLOWER_RATE_SECONDS; i++) {
        const struct ccri_second *s = &f->figures.seconds[i];
        if (s->second > second - CCR_FOLLOWER_RATE_SECONDS && s->second <= second) {
            sum.operations += s->operations;
            sum.raw_bytes += s->raw_bytes;
            sum.packed_bytes += s->packed_bytes;
        }
    }
    int64_t window_ms = now_ms - (second - CCR_FOLLOWER_RATE_SECONDS + 1) * 1000;
    int64_t lived_ms = now_ms - f->figures.began_ms;
    window_ms = lived_ms < window_ms ? lived_ms : window_ms;
    double seconds = (double)(window_ms < 1000 ? 1000 : window_ms) / 1000.0;
    out->operations_per_second = (double)sum.operations / seconds;
    out->raw_bytes_per_second = (double)sum.raw_bytes / seconds;
    out->packed_bytes_per_second = (double)sum.packed_bytes / seconds;
}

/* ---- events */

void ccri_figures_heard(struct ccr_follower *f, const struct ccri_piece *p, const struct ccr_wire_header *h)
{
    f->figures.heard_ms = f->now_ms;
    if (p->wait_ms > 0) {
        mark(f, p->first_seq_no - 1, f->now_ms);
    }
    mark(f, h->state.global_checkpoint, f->now_ms);
    struct ccri_second *s = this_second(f);
    s->raw_bytes += h->raw_bytes;
    s->packed_bytes += h->packed_bytes;
}

void ccri_figures_lost(struct ccr_follower *f, const struct ccri_piece *p, int64_t silent_ms)
{
    bool told = f->now_ms < p->deadline_ms;
    if (told && p->wait_ms > 0 && f->fetch.error == CCR_ERROR_NONE) {
        mark(f, p->first_seq_no - 1, f->now_ms - silent_ms);
    }
}

void ccri_figures_applied(struct ccr_follower *f, uint64_t operations)
{
    f->figures.applied_ms = f->now_ms;
    this_second(f)->operations += operations;
}

void ccri_figures_error(struct ccr_follower *f, enum ccr_error_class error, uint32_t attempts)
{
    f->figures.last_error = error;
    f->figures.last_error_ms = f->now_ms;
    f->figures.last_error_attempts = attempts;
}

/* ---- the answer */

static uint64_t missing_bytes(const struct ccr_follower *f, uint64_t missing)
{
    uint64_t here = 0;
    for (size_t i = 0; i < f->count; i++) {
        const struct ccri_piece *p = &f->pieces[i];
        here += p->state == CCRI_ASKED ? 0 : (uint64_t)(p->last_seq_no - p->first_seq_no) + 1;
    }
    uint64_t there = missing > here ? missing - here : 0;
    if (f->op_bytes > 0 && there > (CCR_FOLLOWER_LAG_BYTES_MAX - f->bytes_held) / f->op_bytes) {
        return CCR_FOLLOWER_LAG_BYTES_MAX; /* the leader may claim anything */
    }
    return f->bytes_held + there * f->op_bytes;
}

void ccr_follower_figures(const struct ccr_follower *f, int64_t now_ms, struct ccr_follower_figures *out)
{
    int64_t now = now_ms > f->now_ms ? now_ms : f->now_ms;
    now = now > CCRI_TIME_MAX ? CCRI_TIME_MAX : now < -CCRI_TIME_MAX ? -CCRI_TIME_MAX : now;
    uint64_t missing =
        f->leader_checkpoint > f->applied_seq_no ? (uint64_t)(f->leader_checkpoint - f->applied_seq_no) : 0;
    *out = (struct ccr_follower_figures){
        .lag_ms = lag_ms(f, now),
        .lag_operations = missing,
        .lag_bytes = missing_bytes(f, missing),
        .heard_ms = f->figures.heard_ms,
        .applied_ms = f->figures.applied_ms,
        .last_error_ms = f->figures.last_error_ms,
        .last_error = f->figures.last_error,
        .last_error_attempts = f->figures.last_error_attempts,
    };
    rates(f, now, out);
}
