/*
 * The comparison, one question at a time:
 *
 *   RANGE_FOLLOWER -> RANGE_LEADER -> same ---------------------------------> next range, or the end
 *                                  -> buckets differ -> for each of them:
 *        LOOK_FOLLOWER -> LOOK_LEADER -> [EXPLAIN] -> same -----------------> next bucket
 *              ^                                   -> differs, first look --+
 *              +------------ after a while --------------------------------+
 *                                                  -> differs again --------> reported, next bucket
 *
 * Why two answers that were given at different times can be compared at all is told in ccr/verify.h.
 */
#include "ccr/verify.h"

#include <inttypes.h>
#include <string.h>

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS   5000
#define BYTES_MAX_LEAST  (64u << 10)
#define DIFFERENCES_MOST 1000000u
#define CLOCK_MAX        (INT64_MAX / 2) /* beyond it deadlines could overflow */

enum step { RANGE_FOLLOWER, RANGE_LEADER, LOOK_FOLLOWER, LOOK_LEADER, EXPLAIN };

struct ccr_verify {
    const struct ccr_alloc *alloc;
    struct ccr_verify_config config;
    struct ccr_verify_progress progress;
    enum step step;
    bool asked; /* a question is open */
    uint64_t id;
    int64_t now_ms;
    int64_t asked_ms;
    int64_t next_ask_ms;
    int64_t target; /* end of this lap; CCR_SEQ_NO_NONE: the next answer tells */
    int laps_left;
    int64_t known; /* of the follower's last answer: no operation above it was read */

    int64_t range_first;
    int64_t range_last;
    uint64_t differing; /* buckets of the range that are to be looked at, by bit */

    int64_t look_first;
    int64_t look_last;
    int64_t look_end; /* of the bucket */
    bool second;
    uint8_t kinds[CCR_VERIFY_WIDTH];       /* of this look */
    uint8_t kinds_first[CCR_VERIFY_WIDTH]; /* of the first one */

    struct ccr_digest_sum sums[CCR_DIGEST_BUCKETS_MAX]; /* of the follower's last answer */
    int64_t list[CCR_VERIFY_WIDTH];                     /* what is to be explained, or reported */
    uint8_t list_kinds[CCR_VERIFY_WIDTH];
    uint32_t list_count;
};

static struct ccr_status config_check(const struct ccr_verify_config *c, struct ccr_err *err)
{
    if (c->next_seq_no < 0 || c->next_seq_no > CCR_SEQ_NO_MAX) {
        return ccr_err_set(err, CCR_ARG, "next_seq_no %" PRId64 " is not one of a shard", c->next_seq_no);
    }
    if (c->bytes_max < BYTES_MAX_LEAST || c->bytes_max > CCR_OP_BYTES_MAX) {
        return ccr_err_set(err, CCR_ARG, "bytes_max %" PRIu32 ", expected %u to %u", c->bytes_max, BYTES_MAX_LEAST,
                           CCR_OP_BYTES_MAX);
    }
    if (c->bytes_per_second < BYTES_MAX_LEAST) {
        return ccr_err_set(err, CCR_ARG, "bytes_per_second %" PRIu64 " is less than %u", c->bytes_per_second,
                           BYTES_MAX_LEAST);
    }
    if (c->differences_max == 0 || c->differences_max > DIFFERENCES_MOST) {
        return ccr_err_set(err, CCR_ARG, "differences_max %" PRIu32 ", expected 1 to %u", c->differences_max,
                           DIFFERENCES_MOST);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_verify_new(struct ccr_verify **out, const struct ccr_alloc *alloc,
                                 const struct ccr_verify_config *config, struct ccr_err *err)
{
    *out = NULL;
    CCR_TRY(config_check(config, err));
    struct ccr_verify *v = ccr_alloc_zero(alloc, sizeof *v);
    if (v == NULL) {
        return ccr_err_set(err, CCR_NOMEM, "no memory for a comparison");
    }
    v->alloc = alloc;
    v->config = *config;
    v->progress.next_seq_no = config->next_seq_no;
    v->progress.checkpoint = CCR_SEQ_NO_NONE;
    v->target = CCR_SEQ_NO_NONE;
    v->laps_left = CCR_VERIFY_LAPS;
    v->range_first = config->next_seq_no;
    v->range_last = config->next_seq_no + CCR_VERIFY_WIDTH * CCR_VERIFY_BUCKETS - 1;
    *out = v;
    return ccr_status_of(CCR_OK);
}

void ccr_verify_free(struct ccr_verify *v)
{
    if (v != NULL) {
        ccr_alloc_put(v->alloc, v);
    }
}

void ccr_verify_progress(const struct ccr_verify *v, struct ccr_verify_progress *progress)
{
    *progress = v->progress;
}

static void range_begin(struct ccr_verify *v, int64_t first)
{
    v->progress.next_seq_no = first;
    v->range_first = first;
    v->range_last = first + CCR_VERIFY_WIDTH * CCR_VERIFY_BUCKETS - 1;
    v->step = RANGE_FOLLOWER;
}

static void range_next(struct ccr_verify *v)
{
    range_begin(v, v->range_last + 1);
    if (v->range_first <= v->target) {
        return;
    }
    if (v->laps_left == 0) {
        v->progress.state = CCR_VERIFY_COMPLETE;
        return;
    }
    v->laps_left--;
    v->target = CCR_SEQ_NO_NONE;
}

static void look_begin(struct ccr_verify *v, int64_t first)
{
    v->look_first = first;
    v->look_last = v->look_end;
    v->second = false;
    v->step = LOOK_FOLLOWER;
}

/* The first bucket of the range that differs and was not looked at yet; the next range when there is none. */
static void bucket_next(struct ccr_verify *v)
{
    for (uint32_t i = 0; i < CCR_VERIFY_BUCKETS; i++) {
        if ((v->differing >> i & 1) != 0) {
            int64_t first = v->range_first + (int64_t)i * CCR_VERIFY_WIDTH;
            int64_t end = first + CCR_VERIFY_WIDTH - 1;
            v->differing &= ~(UINT64_C(1) << i);
            v->look_end = end < v->range_last ? end : v->range_last;
            look_begin(v, first);
            return;
        }
    }
    range_next(v);
}

static void range_follower(struct ccr_verify *v, const struct ccr_verify_event *e)
{
    v->progress.checkpoint = e->checkpoint;
    v->known = e->max_seq_no;
    if (e->last_seq_no < v->range_first) {
        v->progress.state = CCR_VERIFY_COMPLETE;
        return;
    }
    if (v->target == CCR_SEQ_NO_NONE) {
        v->target = e->checkpoint;
    }
    v->range_last = e->last_seq_no;
    memcpy(v->sums, e->sums, e->sums_count * sizeof *e->sums);
    v->step = RANGE_LEADER;
}

static void range_leader(struct ccr_verify *v, const struct ccr_verify_event *e)
{
    if (e->last_seq_no < v->range_last) {
        /* The leader had more to read: the same again, up to where it came. */
        v->range_last = e->last_seq_no;
        v->step = RANGE_FOLLOWER;
        return;
    }
    v->differing = 0;
    for (uint32_t i = 0; i < e->sums_count; i++) {
        v->progress.documents += v->sums[i].documents;
        if (!ccr_digest_sum_same(&v->sums[i], &e->sums[i])) {
            v->differing |= UINT64_C(1) << i;
        }
    }
    bucket_next(v);
}

static struct ccr_status look_follower(struct ccr_verify *v, const struct ccr_verify_event *e, struct ccr_err *err)
{
    v->progress.checkpoint = e->checkpoint;
    v->known = e->max_seq_no;
    if (e->last_seq_no < v->look_first) {
        return ccr_err_set(err, CCR_AGAIN, "the follower is behind %" PRId64 " after it was there", v->look_first);
    }
    v->look_last = e->last_seq_no;
    memcpy(v->sums, e->sums, e->sums_count * sizeof *e->sums);
    v->step = LOOK_LEADER;
    return ccr_status_of(CCR_OK);
}

static void report(struct ccr_verify *v, struct ccr_verify_effects *fx)
{
    v->list_count = 0;
    for (uint32_t i = 0; i <= (uint64_t)(v->look_last - v->look_first); i++) {
        if (v->kinds[i] != CCR_VERIFY_EQUAL && v->kinds_first[i] != CCR_VERIFY_EQUAL) {
            v->list_kinds[v->list_count] = v->kinds[i];
            v->list[v->list_count++] = v->look_first + i;
        }
    }
    v->progress.differences += v->list_count;
    fx->report_count = v->list_count;
    fx->report = v->list;
    fx->report_kinds = v->list_kinds;
}

static void look_end(struct ccr_verify *v, struct ccr_verify_effects *fx)
{
    bool differs = false;
    for (uint32_t i = 0; i <= (uint64_t)(v->look_last - v->look_first); i++) {
        differs = differs || v->kinds[i] != CCR_VERIFY_EQUAL;
    }
    if (differs && !v->second) {
        memcpy(v->kinds_first, v->kinds, sizeof v->kinds);
        v->second = true;
        v->next_ask_ms = v->now_ms + CCR_VERIFY_SETTLE_MS;
        v->step = LOOK_FOLLOWER;
        return;
    }
    if (differs) {
        report(v, fx);
    }
    v->progress.next_seq_no = v->look_last + 1; /* what lies before is equal, or has been reported */
    if (v->progress.differences >= v->config.differences_max) {
        v->progress.state = CCR_VERIFY_ENOUGH;
    } else if (v->look_last < v->look_end) {
        look_begin(v, v->look_last + 1);
    } else {
        bucket_next(v);
    }
}

static void look_leader(struct ccr_verify *v, const struct ccr_verify_event *e, struct ccr_verify_effects *fx)
{
    v->look_last = e->last_seq_no;
    v->list_count = 0;
    memset(v->kinds, CCR_VERIFY_EQUAL, sizeof v->kinds);
    for (uint32_t i = 0; i < e->sums_count; i++) {
        if (ccr_digest_sum_same(&v->sums[i], &e->sums[i])) {
            continue;
        }
        if (v->sums[i].documents == 0) {
            v->kinds[i] = CCR_VERIFY_MISSING_ON_FOLLOWER;
        } else if (e->sums[i].documents == 0) {
            v->kinds[i] = CCR_VERIFY_MISSING_ON_LEADER;
            v->list[v->list_count++] = v->look_first + i;
        } else {
            v->kinds[i] = CCR_VERIFY_DIFFERENT;
        }
    }
    if (v->list_count > 0) {
        v->step = EXPLAIN;
    } else {
        look_end(v, fx);
    }
}

static void explained(struct ccr_verify *v, const struct ccr_verify_event *e, struct ccr_verify_effects *fx)
{
    for (uint32_t i = 0; i < e->newest_count; i++) {
        if (e->newest[i] > v->progress.checkpoint) {
            v->kinds[v->list[i] - v->look_first] = CCR_VERIFY_EQUAL;
            v->progress.moved += !v->second; /* once, however often it is looked at */
        }
    }
    look_end(v, fx);
}

/* What an answer must be, given its question. */
static struct ccr_status answer_check(const struct ccr_verify *v, const struct ccr_verify_event *e, struct ccr_err *err)
{
    if ((e->kind == CCR_VERIFY_EXPLAINED) != (v->step == EXPLAIN)) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "the answer is not one to question %" PRIu64, e->id);
    }
    if (e->bytes > (uint64_t)v->config.bytes_max + CCR_OP_BYTES_MAX) { /* the last document may be one too many */
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "%" PRIu64 " bytes were read, asked for %" PRIu32, e->bytes,
                           v->config.bytes_max);
    }
    if (v->step == EXPLAIN) {
        return e->newest_count == v->list_count
                   ? ccr_status_of(CCR_OK)
                   : ccr_err_set(err, CCR_CORRUPT_WIRE, "%" PRIu32 " documents explained, %" PRIu32 " were asked for",
                                 e->newest_count, v->list_count);
    }
    bool follower = v->step == RANGE_FOLLOWER || v->step == LOOK_FOLLOWER;
    bool range = v->step == RANGE_FOLLOWER || v->step == RANGE_LEADER;
    int64_t first = range ? v->range_first : v->look_first;
    int64_t last = range ? v->range_last : v->look_last;
    int64_t width = range ? CCR_VERIFY_WIDTH : 1;
    int64_t least = follower ? first - 1 : first;
    if (e->last_seq_no < least || e->last_seq_no > last || e->last_seq_no > CCR_SEQ_NO_MAX ||
        (follower && e->last_seq_no >= first && e->last_seq_no > e->checkpoint)) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE,
                           "the answer ends at %" PRId64 ", asked for %" PRId64 " to %" PRId64
                           " at checkpoint %" PRId64,
                           e->last_seq_no, first, last, e->checkpoint);
    }
    int64_t sums = (e->last_seq_no - first + width) / width;
    if (e->sums_count != sums) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE,
                           "%" PRIu32 " digests for %" PRId64 " to %" PRId64 ", expected %" PRId64, e->sums_count,
                           first, e->last_seq_no, sums);
    }
    return ccr_status_of(CCR_OK);
}

static bool hopeless(enum ccr_error_class error)
{
    switch (error) {
    case CCR_ERROR_LEADER_CLOSED:
    case CCR_ERROR_LEADER_MISSING:
    case CCR_ERROR_FORBIDDEN:
    case CCR_ERROR_HISTORY_GONE:
    case CCR_ERROR_HISTORY_CHANGED:
    case CCR_ERROR_FATAL:
        return true;
    default:
        return false;
    }
}

static void failed(struct ccr_verify *v, enum ccr_error_class error)
{
    v->progress.error = error;
    v->progress.attempts++;
    if (hopeless(error) || v->progress.attempts >= CCR_VERIFY_TRIES_MAX) {
        v->progress.state = CCR_VERIFY_GIVEN_UP;
        return;
    }
    int64_t pause = BACKOFF_FIRST_MS << (v->progress.attempts - 1);
    v->next_ask_ms = v->now_ms + (pause < BACKOFF_MAX_MS ? pause : BACKOFF_MAX_MS);
    if (v->step == LOOK_LEADER || v->step == EXPLAIN) {
        v->step = LOOK_FOLLOWER; /* after a pause the follower's answer is an old one */
    } else if (v->step == RANGE_LEADER) {
        v->step = RANGE_FOLLOWER;
    }
}

static struct ccr_status answered(struct ccr_verify *v, const struct ccr_verify_event *e, struct ccr_verify_effects *fx,
                                  struct ccr_err *err)
{
    struct ccr_status s = answer_check(v, e, err);
    if (!ccr_ok(s)) {
        v->progress.state = CCR_VERIFY_GIVEN_UP;
        v->progress.error = CCR_ERROR_CORRUPT;
        return s;
    }
    uint64_t cost = e->bytes < CCR_VERIFY_BYTES_LEAST ? CCR_VERIFY_BYTES_LEAST : e->bytes;
    v->next_ask_ms = v->asked_ms + (int64_t)(cost * 1000 / v->config.bytes_per_second);
    v->progress.bytes += e->bytes;
    switch (v->step) {
    case RANGE_FOLLOWER:
        range_follower(v, e);
        break;
    case RANGE_LEADER:
        range_leader(v, e);
        break;
    case LOOK_FOLLOWER:
        if (!ccr_ok(look_follower(v, e, err))) {
            failed(v, CCR_ERROR_TRANSIENT);
            return ccr_status_of(CCR_OK);
        }
        break;
    case LOOK_LEADER:
        look_leader(v, e, fx);
        break;
    case EXPLAIN:
        explained(v, e, fx);
        break;
    }
    v->progress.attempts = 0;
    v->progress.error = CCR_ERROR_NONE;
    return ccr_status_of(CCR_OK);
}

static void ask(struct ccr_verify *v, struct ccr_verify_effects *fx)
{
    bool range = v->step == RANGE_FOLLOWER || v->step == RANGE_LEADER;
    bool follower = v->step == RANGE_FOLLOWER || v->step == LOOK_FOLLOWER;

    /* The leader's answer belongs to the follower's: only a pair of questions waits for its turn. */
    if (follower && v->now_ms < v->next_ask_ms) {
        fx->next_deadline_ms = v->next_ask_ms;
        return;
    }
    v->asked = true;
    v->asked_ms = v->now_ms > v->next_ask_ms ? v->now_ms : v->next_ask_ms;
    fx->id = ++v->id;
    fx->first_seq_no = range ? v->range_first : v->look_first;
    fx->last_seq_no = range ? v->range_last : v->look_last;
    fx->width = range ? CCR_VERIFY_WIDTH : 1;
    fx->bytes_max = v->config.bytes_max;
    fx->known_seq_no = v->known;
    fx->question = follower ? CCR_VERIFY_ASK_FOLLOWER : CCR_VERIFY_ASK_LEADER;
    if (v->step == EXPLAIN) {
        fx->question = CCR_VERIFY_EXPLAIN;
        fx->explain = v->list;
        fx->explain_count = v->list_count;
    }
}

struct ccr_status ccr_verify_step(struct ccr_verify *v, const struct ccr_verify_event *e, struct ccr_verify_effects *fx,
                                  struct ccr_err *err)
{
    struct ccr_status s = ccr_status_of(CCR_OK);
    bool ours = v->asked && e->id == v->id && v->progress.state == CCR_VERIFY_RUNNING;

    *fx = (struct ccr_verify_effects){.next_deadline_ms = INT64_MAX};
    if (e->now_ms < -CLOCK_MAX || e->now_ms > CLOCK_MAX) {
        return ccr_err_set(err, CCR_ARG, "now_ms %" PRId64 " is no time", e->now_ms);
    }
    v->now_ms = e->now_ms > v->now_ms ? e->now_ms : v->now_ms;
    switch (e->kind) {
    case CCR_VERIFY_START:
        if (v->progress.state == CCR_VERIFY_NEW) {
            v->progress.state = CCR_VERIFY_RUNNING;
        }
        break;
    case CCR_VERIFY_STOP:
        if (v->progress.state <= CCR_VERIFY_RUNNING) {
            v->progress.state = CCR_VERIFY_STOPPED;
        }
        break;
    case CCR_VERIFY_SUMS:
    case CCR_VERIFY_EXPLAINED:
        if (ours) {
            v->asked = false;
            s = answered(v, e, fx, err);
        }
        break;
    case CCR_VERIFY_FAILED:
        if (ours) {
            v->asked = false;
            failed(v, e->error);
        }
        break;
    case CCR_VERIFY_TICK:
        break;
    }
    if (v->progress.state == CCR_VERIFY_RUNNING && !v->asked) {
        ask(v, fx);
    }
    return s;
}
