/*
 * Finding a gapless run. The engine writes operations nearly, not quite, in order of seq_no, and after a change of the
 * primary the same seq_no may stand in two generations.
 *
 * The run is followed through the table of places. What is missing there is searched: the blocks of each generation
 * whose range holds it, then the bytes not walked yet, from the oldest generation on, so that a batch that is read in
 * order walks every byte once. Two operations of one seq_no can differ only when their generations' primary terms do:
 * then the newer generation is walked for the whole run as well.
 */
#include "tlog/tlog_private.h"

static bool spans(const struct tlog_generation *g, int64_t first, int64_t last)
{
    return g->ops > 0 && g->min_seq_no <= last && g->max_seq_no >= first && !ccri_tlog_hides(g, first);
}

/*
 * Opens a generation; one that vanished is dropped with all older ones, and `vanished` says that the search begins
 * anew.
 */
static struct ccr_status open_or_drop(struct ccr_tlog *t, struct tlog_generation *g, struct ccr_err *err)
{
    uint64_t number = g->number;
    struct ccr_status status = ccri_tlog_open(t, g, err);

    if (ccr_is(status, CCR_GONE)) {
        ccri_tlog_drop_to(t, number);
        t->vanished = true;
        return ccr_status_of(CCR_AGAIN);
    }
    return status;
}

/* OK when it was found in this generation, GONE when it is not there. */
static struct ccr_status search_one(struct ccr_tlog *t, struct tlog_generation *g, int64_t seq_no, struct ccr_err *err)
{
    CCR_TRY(open_or_drop(t, g, err));
    for (uint32_t i = t->open[g->open]->blocks; i-- > 0;) {
        const struct tlog_block *b = &t->open[g->open]->block[i];

        if (b->min_seq_no <= seq_no && seq_no <= b->max_seq_no) {
            CCR_TRY(ccri_tlog_walk_block(t, g, i, err));
            if (ccri_tlog_places_get(t, seq_no) != NULL) {
                return ccr_status_of(CCR_OK);
            }
        }
    }
    while (g->walked < g->end) {
        CCR_TRY(ccri_tlog_extend(t, g, err));
        if (ccri_tlog_places_get(t, seq_no) != NULL) {
            return ccr_status_of(CCR_OK);
        }
    }
    return ccr_status_of(CCR_GONE);
}

static struct ccr_status search(struct ccr_tlog *t, int64_t seq_no, struct ccr_err *err)
{
    for (uint32_t i = 0; i < t->generations; i++) {
        struct ccr_status status;

        if (!spans(&t->generation[i], seq_no, seq_no)) {
            continue;
        }
        status = search_one(t, &t->generation[i], seq_no, err);
        if (!ccr_is(status, CCR_GONE)) {
            return status;
        }
    }
    return ccr_status_of(CCR_GONE);
}

/* Extends the run over the places that are known, up to its limits. true: it is full. */
static bool follow_places(const struct ccr_tlog *t, struct ccr_tlog_run *run, uint32_t ops_max, uint64_t *oldest)
{
    while (run->ops < ops_max) {
        const struct tlog_place *p = ccri_tlog_places_get(t, run->first_seq_no + run->ops);
        uint64_t bytes;

        if (p == NULL) {
            return false;
        }
        bytes = run->bytes + p->body_length + CCR_OPS_RECORD_OVERHEAD;
        if (run->ops > 0 && bytes > run->bytes_max) {
            return true;
        }
        run->bytes = bytes;
        run->ops++;
        if (ccri_tlog_place_generation(t, p)->number < *oldest) {
            *oldest = ccri_tlog_place_generation(t, p)->number;
        }
    }
    return true;
}

/* Everything of one generation that lies in the run, into the table. */
static struct ccr_status overlay_one(struct ccr_tlog *t, struct tlog_generation *g, int64_t first, int64_t last,
                                     struct ccr_err *err)
{
    for (uint32_t i = 0; i < t->open[g->open]->blocks; i++) {
        const struct tlog_block *b = &t->open[g->open]->block[i];

        if (b->min_seq_no <= last && b->max_seq_no >= first) {
            CCR_TRY(ccri_tlog_walk_block(t, g, i, err));
        }
    }
    while (g->walked < g->end) {
        CCR_TRY(ccri_tlog_extend(t, g, err));
    }
    return ccr_status_of(CCR_OK);
}

/*
 * Lets newer generations of a higher primary term have their say, and looks whether generations of a lower term than
 * the current one were trimmed meanwhile. *changed: the run must be followed again from its front.
 */
static struct ccr_status overlay(struct ccr_tlog *t, const struct ccr_tlog_run *run, uint64_t oldest, bool *changed,
                                 struct ccr_err *err)
{
    int64_t last = run->first_seq_no + run->ops - 1;
    struct tlog_generation *from = ccri_tlog_generation(t, oldest);
    struct tlog_generation *current = &t->generation[t->generations - 1];
    int64_t oldest_term;

    *changed = false;
    if (from == NULL || from == current) {
        return ccr_status_of(CCR_OK);
    }
    if (from->term < 0) {
        CCR_TRY(open_or_drop(t, from, err));
    }
    if (current->term < 0) {
        CCR_TRY(open_or_drop(t, current, err));
    }
    oldest_term = from->term;
    if (oldest_term == current->term) {
        return ccr_status_of(CCR_OK); /* terms only grow, so all between have the same */
    }
    for (struct tlog_generation *g = from; g < current; g++) {
        if (spans(g, run->first_seq_no, last) && g->term < current->term) {
            int64_t trimmed = g->trimmed_above;
            struct ccr_status status = ccri_tlog_reload(t, g, err);

            if (ccr_is(status, CCR_AGAIN)) {
                return ccr_err_wrap(err, ccr_status_of(CCR_IO), "unreadable now"); /* AGAIN means something else here */
            }
            CCR_TRY(status);
            *changed = *changed || trimmed != g->trimmed_above;
        }
    }
    for (struct tlog_generation *g = from + 1; g <= current; g++) {
        if (spans(g, run->first_seq_no, last)) {
            CCR_TRY(open_or_drop(t, g, err));
            if (g->term > oldest_term) {
                CCR_TRY(overlay_one(t, g, run->first_seq_no, last, err));
                *changed = true;
            }
        }
    }
    return ccr_status_of(CCR_OK);
}

/* first_seq_no is nowhere: not written yet, damaged, or gone. */
static struct ccr_status missing(struct ccr_tlog *t, int64_t seq_no, struct ccr_err *err)
{
    int64_t newest = -1;

    for (uint32_t i = 0; i < t->generations; i++) {
        struct tlog_generation *g = &t->generation[i];

        newest = g->max_seq_no > newest ? g->max_seq_no : newest;
        if (spans(g, seq_no, seq_no)) {
            CCR_TRY(open_or_drop(t, g, err));
            CCR_TRY(ccri_tlog_check(t, g, err));
        }
    }
    if (seq_no > newest) {
        return ccr_err_set(err, CCR_AGAIN, "seq_no %" PRId64 " is not written yet, the newest is %" PRId64, seq_no,
                           newest);
    }
    return ccr_err_set(err, CCR_GONE, "the translog does not hold seq_no %" PRId64, seq_no);
}

/* One attempt. AGAIN with t->vanished: begin anew. */
static struct ccr_status find(struct ccr_tlog *t, struct ccr_tlog_run *run, uint32_t ops_max, struct ccr_err *err)
{
    int64_t settled = run->first_seq_no - 1; /* newer generations had their say up to here */

    for (;;) {
        uint64_t oldest = UINT64_MAX;
        bool changed = true;

        run->ops = 0;
        run->bytes = 0;
        t->resized = false;
        while (!follow_places(t, run, ops_max, &oldest)) {
            struct ccr_status status = search(t, run->first_seq_no + run->ops, err);

            if (ccr_is(status, CCR_GONE) && run->ops > 0) {
                break; /* a hole ends the run */
            }
            if (ccr_is(status, CCR_GONE)) {
                return missing(t, run->first_seq_no, err);
            }
            CCR_TRY(status);
        }
        if (t->resized) {
            continue;
        }
        if (run->first_seq_no + run->ops - 1 <= settled) {
            return ccr_status_of(CCR_OK);
        }
        settled = run->first_seq_no + run->ops - 1;
        CCR_TRY(overlay(t, run, oldest, &changed, err));
        if (!changed) {
            return ccr_status_of(CCR_OK);
        }
    }
}

struct ccr_status ccr_tlog_find(struct ccr_tlog *t, struct ccr_tlog_run *run, struct ccr_err *err)
{
    uint64_t span;
    uint64_t ops_max = run->ops_max;
    struct ccr_status status;

    if (run->first_seq_no < 0 || run->last_seq_no < run->first_seq_no || run->ops_max == 0) {
        return ccr_err_set(err, CCR_ARG, "run of %" PRIu32 " operations from %" PRId64 " to %" PRId64, run->ops_max,
                           run->first_seq_no, run->last_seq_no);
    }
    span = (uint64_t)(run->last_seq_no - run->first_seq_no);
    ops_max = span < ops_max ? span + 1 : ops_max;
    ops_max = run->bytes_max / CCR_OP_BYTES_MIN < ops_max ? run->bytes_max / CCR_OP_BYTES_MIN + 1 : ops_max;
    ops_max = ops_max > CCR_TLOG_WINDOW_OPS_MAX ? CCR_TLOG_WINDOW_OPS_MAX : ops_max;
    /* Twice as many places as wanted: the walk goes past the run's end, and the next run finds those there. */
    status = ccri_tlog_places_reserve(t, 2 * ops_max);
    if (!ccr_ok(status)) {
        return ccr_err_set(err, CCR_NOMEM, "no memory to find %" PRIu64 " operations", ops_max);
    }
    t->base = run->first_seq_no;
    for (uint32_t tries = 0; tries <= CCR_TLOG_GENERATIONS_MAX; tries++) {
        t->vanished = false;
        if (t->generations == 0) {
            return ccr_err_set(err, CCR_GONE, "the translog has no readable generation");
        }
        status = find(t, run, (uint32_t)ops_max, err);
        if (!t->vanished) {
            break;
        }
    }
    if (ccr_is(status, CCR_CORRUPT_TLOG) || ccr_is(status, CCR_IO) || ccr_is(status, CCR_VERSION)) {
        ccr_tlog_reset(t);
    }
    return status;
}
