/*
 * Asking the leader: which operations, how many bytes, when, and how many requests at once.
 *
 * Only the belt knows what is missing (follower_private.h). A walk from the front finds the holes; each is one of
 * three:
 *
 *   probe     Nothing is known of the leader yet, or the last try failed. One small request (poll_bytes, no wait) whose
 *             answer tells at once whether all is well and how much there is.
 *   catch up  The leader is known to have operations there. Up to fetches_max spans at once, sized so that by the
 * average operation seen an answer just fits its bytes; each takes batch_bytes from the node-wide budget. When the
 *             budget refuses, one request of poll_bytes goes without asking it: a shard is slow then, never stuck. The
 *             span that reaches the end of what is known is left open, so that it brings along what was written since.
 *             An answer cut by its bytes leaves a hole in the middle, and the walk begins at the front: it goes next.
 *   park      Nothing is known to be left. Exactly one request stays on the leader, up to poll_timeout_ms, and the
 * first new operation answers it. It holds no budget, so a thousand idle shards cost nothing.
 *
 * `target` is how far an immediate answer is believed to exist. It is not the leader's checkpoint: requests that do not
 * wait may be served by any copy, and a replica hears of the global checkpoint later than its primary. An empty answer
 * therefore lowers the belief to what was asked, and the next request for it is parked, which goes to the primary. Were
 * it asked again without a wait, both sides would spin until the replica hears more.
 *
 * Pacing. A small answer is applied before the next one is asked for: single documents then gather on the leader for
 * one apply's time and travel together, at no lag, since an apply is what they would wait for anyhow. Larger batches
 * are fetched while the one before is applied.
 *
 * Two bounds keep memory flat when applying is slow: the bytes held and asked for (fetches_max + applies_max batches)
 * and the number of pieces. Once the belt has its window of pieces, only the front hole is filled. That cannot lock up:
 * what is added at the front follows on what is applied, so it leaves the belt as it is applied, however full the rest
 * is. When batches are applied in order the bytes could: has_room.
 *
 * Duplicates do not arise: spans in flight are disjoint, an answer is known by the id of its request, and an id that
 * was given up (timeout, drain) is not known any more. An answer that is not about what was asked is damage.
 */
#include "follower/follower_private.h"

#include <inttypes.h>
#include <string.h>

uint64_t ccri_fetch_bytes_max(const struct ccr_follower *f)
{
    return (uint64_t)(f->config.fetches_max + f->config.applies_max) * f->config.batch_bytes_max;
}

size_t ccri_fetch_window(const struct ccr_follower *f)
{
    return f->config.fetches_max + 2u * f->config.applies_max; /* at most 48, below CCR_FOLLOWER_BATCHES_MAX */
}

void ccri_fetch_shrink(struct ccr_follower *f)
{
    f->batch_bytes /= 2;
    if (f->batch_bytes < f->config.poll_bytes) {
        f->batch_bytes = f->config.poll_bytes;
    }
}

/* ---- answers */

/* Why an answer is not one to what was asked; NULL when it is. */
static const char *answer_wrong(const struct ccri_piece *p, const struct ccr_wire_header *h)
{
    if (h->from_seq_no != p->first_seq_no) {
        return "begins elsewhere";
    }
    if (h->ops == 0) {
        return NULL;
    }
    if (h->ops > CCR_WIRE_OPS_MAX) {
        return "more operations than a frame may hold";
    }
    if (ccr_wire_last_seq_no(h) > p->last_seq_no) {
        return "beyond what was asked";
    }
    if (ccr_wire_last_seq_no(h) > h->state.global_checkpoint) {
        return "beyond the leader's global checkpoint";
    }
    if (h->ops > 1 && h->raw_bytes > p->max_bytes) {
        return "more bytes than were asked for";
    }
    return NULL;
}

/*
 * Before a leader that does not hold polls is asked again: as often as is wished, else more and more seldom. Never in a
 * tight circle: a wish for 1 ms would cost both sides a core and show nothing sooner that anybody could see.
 */
static int64_t pause_ms(const struct ccr_follower *f)
{
    if (f->config.poll_interval_ms > 0) {
        return f->config.poll_interval_ms > CCRI_POLL_PAUSE_MIN_MS ? (int64_t)f->config.poll_interval_ms
                                                                   : CCRI_POLL_PAUSE_MIN_MS;
    }
    uint32_t doublings = f->empty_early - 2 < 16 ? f->empty_early - 2 : 16;
    uint64_t delay = (uint64_t)f->config.backoff_min_ms << doublings;
    return delay < CCRI_EMPTY_CAP_MS ? (int64_t)delay : CCRI_EMPTY_CAP_MS;
}

/* An answer of another history, or of another shard, means something else by the same sequence numbers. */
static bool is_foreign(const struct ccr_follower *f, const struct ccr_wire_header *h)
{
    return f->origin != 0 && h->origin != f->origin;
}

struct ccr_status ccr_follower_expects(struct ccr_follower *f, uint64_t id, const struct ccr_wire_header *header,
                                       struct ccr_err *err)
{
    const struct ccri_piece *p = ccri_belt_find(f, id, CCRI_ASKED);
    if (p == NULL) {
        return ccr_err_set(err, CCR_AGAIN, "fetch %" PRIu64 " is not waited for", id);
    }
    if (is_foreign(f, header)) {
        return ccr_err_set(
            err, CCR_HISTORY,
            "answer from %" PRId64 " names origin 0x%016" PRIx64 ", that of history %s of shard %s is 0x%016" PRIx64,
            header->from_seq_no, header->origin, f->config.history_uuid, f->config.leader_shard, f->origin);
    }
    const char *wrong = answer_wrong(p, header);
    if (wrong != NULL) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE,
                           "answer with %" PRIu32 " operations from %" PRId64 " in %" PRIu32
                           " bytes: %s; asked were %" PRIu32 " bytes from %" PRId64 " to %" PRId64,
                           header->ops, header->from_seq_no, header->raw_bytes, wrong, p->max_bytes, p->first_seq_no,
                           p->last_seq_no);
    }
    return ccr_status_of(CCR_OK);
}

/* `news`: the answer came early because the leader's metadata changed, and that is worth an answer. */
static void answer_empty(struct ccr_follower *f, struct ccri_piece *p, bool news)
{
    if (f->target > p->first_seq_no - 1) {
        f->target = p->first_seq_no - 1;
    }
    bool early = !news && f->now_ms < p->sent_ms + p->wait_ms / 2 && f->now_ms < p->sent_ms + CCRI_EMPTY_CAP_MS;
    if (p->wait_ms > 0) {
        f->empty_early = early ? f->empty_early + 1 : 0;
    }
    if (early && f->empty_early > 1) {
        f->park_at_ms = ccri_after(f, pause_ms(f));
    }
    ccri_belt_remove(f, p);
}

static void answer_operations(struct ccr_follower *f, struct ccri_piece *p, const struct ccr_wire_header *h,
                              struct ccr_effects *out)
{
    f->empty_early = 0;
    f->park_at_ms = f->now_ms;
    if (f->target < h->state.global_checkpoint) {
        f->target = h->state.global_checkpoint;
    }
    uint32_t op_bytes = h->raw_bytes / h->ops + 1;
    f->op_bytes = f->op_bytes == 0 ? op_bytes : (uint32_t)((7u * (uint64_t)f->op_bytes + op_bytes + 7) / 8);
    f->operations_fetched += h->ops;
    f->raw_bytes += h->raw_bytes;
    f->paced_id = h->raw_bytes < CCRI_PACE_BYTES ? p->id : 0;
    p->max_seq_no_of_updates = h->state.max_seq_no_of_updates;
    p->mapping_version = h->state.mapping_version;
    p->settings_version = h->state.settings_version;
    ccri_belt_received(f, p, ccr_wire_last_seq_no(h), h->raw_bytes);
    out->received_batch_id = p->id;
}

void ccri_fetch_answered(struct ccr_follower *f, const struct ccr_event *event, struct ccr_effects *out)
{
    struct ccri_piece *p = ccri_belt_find(f, event->id, CCRI_ASKED);
    const struct ccr_wire_header *h = event->header;
    if (p == NULL) {
        return;
    }
    if (is_foreign(f, h)) {
        ccri_fetch_failed(f, event->id, CCR_ERROR_HISTORY_CHANGED, 0, out);
        return;
    }
    if (answer_wrong(p, h) != NULL) {
        ccri_fetch_failed(f, event->id, CCR_ERROR_CORRUPT, 0, out);
        return;
    }
    ccri_figures_heard(f, p, h);
    ccri_door_reset(&f->fetch);
    f->leader_known = true;
    f->packed_bytes += h->packed_bytes;
    if (f->leader_checkpoint < h->state.global_checkpoint) {
        f->leader_checkpoint = h->state.global_checkpoint;
    }
    bool news = ccri_metadata_heard(f, &h->state);
    if (h->ops == 0) {
        answer_empty(f, p, news);
    } else {
        answer_operations(f, p, h, out);
    }
}

/* ---- failures */

/*
 * Counts damage of the lowest front that is damaged and not yet applied. Damage elsewhere on the belt is fetched again
 * like any failure; it becomes the front when it lasts.
 */
void ccri_fetch_damaged(struct ccr_follower *f, int64_t first, uint64_t id, struct ccr_effects *out)
{
    if (f->damages > 0 && first == f->damage_seq_no) {
        f->damages++;
    } else if (f->damages == 0 || first < f->damage_seq_no || f->applied_seq_no >= f->damage_seq_no) {
        f->damage_seq_no = first;
        f->damages = 1;
    }
    if (f->damages >= CCRI_DAMAGES_MAX) {
        ccri_drain(f, out, CCR_FOLLOWER_FAILED, CCR_ERROR_CORRUPT, f->damages);
        return;
    }
    ccri_door_trip(f, &f->fetch, CCR_ERROR_CORRUPT, id, f->next_id);
}

void ccri_fetch_failed(struct ccr_follower *f, uint64_t id, enum ccr_error_class error, int64_t silent_ms,
                       struct ccr_effects *out)
{
    struct ccri_piece *p = ccri_belt_find(f, id, CCRI_ASKED);
    if (p == NULL) {
        return;
    }
    int64_t first = p->first_seq_no;
    ccri_figures_lost(f, p, silent_ms);
    ccri_belt_remove(f, p);
    f->fetches_failed++;
    enum ccri_policy policy = ccri_policy_of(f, error, CCRI_FROM_FETCH);
    if (ccri_ends(f, policy, error, out)) {
        return;
    }
    if (policy == CCRI_REFETCH) {
        ccri_fetch_damaged(f, first, id, out);
        return;
    }
    bool counts = ccri_door_trip(f, &f->fetch, error, id, f->next_id);
    if (policy == CCRI_SHRINK) {
        f->fetches_throttled++;
        if (counts) {
            ccri_fetch_shrink(f);
        }
    }
}

void ccri_fetch_expire(struct ccr_follower *f, struct ccr_effects *out)
{
    for (size_t i = 0; i < f->count;) {
        struct ccri_piece *p = &f->pieces[i];
        if (p->state == CCRI_ASKED && p->deadline_ms <= f->now_ms) {
            ccri_fetch_failed(f, p->id, CCR_ERROR_UNREACHABLE, 0, out); /* takes the piece away */
        } else {
            i++;
        }
    }
}

/* ---- requests */

/* A hole: where it is on the belt and what is missing. */
struct hole {
    size_t at;
    int64_t first;
    int64_t last;  /* CCRI_OPEN_END after the last piece */
    bool is_front; /* everything below is received */
};

static void send(struct ccr_follower *f, struct ccr_effects *out, const struct hole *hole, int64_t last,
                 uint32_t max_bytes, uint64_t credit, uint32_t wait_ms)
{
    struct ccri_piece *p = ccri_belt_ask(f, hole->at, hole->first, last, max_bytes, credit);
    p->wait_ms = wait_ms;
    p->deadline_ms = ccri_after(f, (int64_t)wait_ms + CCRI_ANSWER_TIMEOUT_MS);

    struct ccr_effect *e = ccri_emit(f, out, CCR_EFFECT_FETCH);
    e->id = p->id;
    e->request.version = CCR_WIRE_VERSION;
    e->request.from_seq_no = hole->first;
    e->request.last_seq_no = last == CCRI_OPEN_END ? -1 : last;
    e->request.max_bytes = max_bytes;
    e->request.max_ops = f->config.batch_ops_max;
    e->request.wait_ms = wait_ms;
    e->request.codec = f->config.codec;
    e->request.level = f->config.level;
    memcpy(e->request.history_uuid, f->config.history_uuid, sizeof(e->request.history_uuid));
    e->request.mapping_version = f->wanted.mapping;
    e->request.settings_version = f->wanted.settings;
    e->request.aliases_version = f->wanted.aliases;
    f->fetches++;
}

static bool hold(struct ccr_follower *f, enum ccri_hold why)
{
    f->hold = why;
    return false;
}

static struct ccri_piece *parked_piece(struct ccr_follower *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->pieces[i].state == CCRI_ASKED && f->pieces[i].wait_ms > 0) {
            return &f->pieces[i];
        }
    }
    return NULL;
}

/* A free request, if need be the parked one's: it may wait a minute while a hole below it must be filled now. */
static bool slot_is_free(struct ccr_follower *f, const struct hole *hole)
{
    if (f->asked < f->config.fetches_max) {
        return true;
    }
    struct ccri_piece *parked = parked_piece(f);
    if (parked == NULL || parked->first_seq_no < hole->first) {
        return false;
    }
    ccri_belt_remove(f, parked);
    return f->asked < f->config.fetches_max;
}

static bool bytes_fit(const struct ccr_follower *f, uint32_t bytes)
{
    return f->bytes_held + f->bytes_asked + bytes <= ccri_fetch_bytes_max(f);
}

/*
 * Whether so many bytes may be asked for. In order, what waits behind the front hole leaves only after it has come: so
 * when that is all there is to wait for, the rearmost makes way, to be fetched again.
 */
static bool has_room(struct ccr_follower *f, struct ccr_effects *out, const struct hole *hole, uint32_t bytes)
{
    size_t parked = parked_piece(f) != NULL;
    bool stuck = f->config.in_order && hole->at == 0 && f->asked == parked;
    for (size_t i = f->count; stuck && i > 0 && !bytes_fit(f, bytes); i--) {
        if (f->pieces[i - 1].state == CCRI_WAITING) {
            ccri_apply_drop(f, out, &f->pieces[i - 1]);
        }
    }
    return bytes_fit(f, bytes);
}

/* While the batch of the last small answer is being applied. */
static bool is_paced(struct ccr_follower *f)
{
    return f->paced_id != 0 && ccri_belt_find(f, f->paced_id, CCRI_APPLYING) != NULL;
}

static bool probe_is_out(const struct ccr_follower *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct ccri_piece *p = &f->pieces[i];
        if (p->state == CCRI_ASKED && (f->fetch.error == CCR_ERROR_NONE || p->id >= f->fetch.mark)) {
            return true;
        }
    }
    return false;
}

static bool ask_probe(struct ccr_follower *f, struct ccr_effects *out, const struct hole *hole)
{
    if (probe_is_out(f)) {
        return false;
    }
    if (!has_room(f, out, hole, f->config.poll_bytes)) {
        return hold(f, CCRI_HOLD_BYTES);
    }
    if (!slot_is_free(f, hole)) {
        return false;
    }
    send(f, out, hole, hole->last, f->config.poll_bytes, 0, 0);
    return false; /* one probe at a time */
}

static bool ask_parked(struct ccr_follower *f, struct ccr_effects *out, const struct hole *hole)
{
    if (f->asked > 0) {
        return false; /* an answer that is on its way brings news */
    }
    if (is_paced(f)) {
        return hold(f, CCRI_HOLD_PACED);
    }
    if (f->now_ms < f->park_at_ms) {
        ccri_wake(f, f->park_at_ms);
        return hold(f, CCRI_HOLD_EMPTY);
    }
    if (!bytes_fit(f, f->config.poll_bytes)) {
        return hold(f, CCRI_HOLD_BYTES);
    }
    send(f, out, hole, hole->last, f->config.poll_bytes, 0, f->config.poll_timeout_ms);
    return false;
}

/* Where a fetch of so many bytes ends: in the hole, or open when it reaches the end of what is known. */
static int64_t span_last(const struct ccr_follower *f, const struct hole *hole, uint32_t bytes)
{
    int64_t end = hole->last == CCRI_OPEN_END ? f->target : hole->last;
    uint64_t ops = f->op_bytes == 0 ? f->config.batch_ops_max : (uint64_t)bytes * 7 / 8 / f->op_bytes;
    if (ops < 1) {
        ops = 1;
    }
    if (ops > f->config.batch_ops_max) {
        ops = f->config.batch_ops_max;
    }
    /* No slivers: a rest of less than a quarter is asked for along with this one. */
    uint64_t left = (uint64_t)(end - hole->first) + 1;
    return left <= ops + ops / 4 ? hole->last : hole->first + (int64_t)ops - 1;
}

static bool ask_catch_up(struct ccr_follower *f, struct ccr_effects *out, const struct hole *hole)
{
    uint64_t left = (uint64_t)(f->target - hole->first) + 1;
    if (left < CCRI_PACE_BYTES && left * f->op_bytes < CCRI_PACE_BYTES && is_paced(f)) {
        return f->asked == 0 ? hold(f, CCRI_HOLD_PACED) : false;
    }
    bool parked = parked_piece(f) != NULL;
    if (!has_room(f, out, hole, f->batch_bytes)) {
        return f->asked == 0 ? hold(f, CCRI_HOLD_BYTES) : false;
    }
    if (!slot_is_free(f, hole)) {
        return false;
    }
    if (f->budget == NULL || ccr_budget_take(f->budget, f->batch_bytes)) {
        send(f, out, hole, span_last(f, hole, f->batch_bytes), f->batch_bytes, f->budget == NULL ? 0 : f->batch_bytes,
             0);
        return true;
    }
    if (f->asked > (parked ? 1u : 0u)) {
        return false;
    }
    f->fetches_throttled++;
    send(f, out, hole, span_last(f, hole, f->config.poll_bytes), f->config.poll_bytes, 0, 0);
    return true;
}

/* True when a fetch was sent and the walk goes on. */
static bool ask_hole(struct ccr_follower *f, struct ccr_effects *out, const struct hole *hole)
{
    if (f->count >= (hole->is_front ? CCR_FOLLOWER_BATCHES_MAX : ccri_fetch_window(f))) {
        return f->asked == 0 ? hold(f, CCRI_HOLD_WINDOW) : false;
    }
    if (!f->leader_known || f->fetch.error != CCR_ERROR_NONE) {
        return ask_probe(f, out, hole);
    }
    return hole->first <= f->target ? ask_catch_up(f, out, hole) : ask_parked(f, out, hole);
}

static void fill_holes(struct ccr_follower *f, struct ccr_effects *out)
{
    struct hole hole = {.at = 0, .first = f->applied_seq_no + 1, .is_front = true};
    for (;;) {
        while (hole.at < f->count && f->pieces[hole.at].first_seq_no == hole.first) {
            if (f->pieces[hole.at].last_seq_no == CCRI_OPEN_END) {
                return;
            }
            hole.is_front = hole.is_front && f->pieces[hole.at].state != CCRI_ASKED;
            hole.first = f->pieces[hole.at].last_seq_no + 1;
            hole.at++;
        }
        hole.last = hole.at < f->count ? f->pieces[hole.at].first_seq_no - 1 : CCRI_OPEN_END;
        if (!ask_hole(f, out, &hole)) {
            return;
        }
    }
}

void ccri_fetch_schedule(struct ccr_follower *f, struct ccr_effects *out)
{
    f->hold = CCRI_HOLD_NONE;
    if (ccri_door_is_closed(f, &f->fetch)) {
        ccri_wake(f, f->fetch.retry_at_ms);
        f->hold = CCRI_HOLD_BACKOFF;
    } else {
        fill_holes(f, out);
    }
    /* Now, and not before: to fill a hole the parked fetch may have been given up, and its deadline with it. */
    for (size_t i = 0; i < f->count; i++) {
        if (f->pieces[i].state == CCRI_ASKED) {
            ccri_wake(f, f->pieces[i].deadline_ms);
        }
    }
}
