/*
 * What an error means: one table, and the doors that close for a while.
 *
 * A class says what went wrong and never what to do; the row says what to do, by the place where it happened.
 * Everything that a person or the other cluster can cure is retried for ever, visibly: a replication that pauses for
 * good because of a hiccup is upstream's third worst pain. Only three things end a session: operations that nobody has
 * any more or that belong to another history (bootstrap again), a leader index that was deleted, and what we do not
 * understand where operations are at stake. A lease or a metadata sync that fails in a way we do not understand is
 * retried all the same: operations still flow, and if the history really goes away, the fetch will say so; but a lease
 * no longer than lease_patience_ms, since it expires meanwhile. Who wants a replication to stop as
 * soon as somebody would have to do something sets fail_on_wait.
 *
 * A door is what fetches, applies, metadata and lease have in common. After a failure it is closed until its back-off
 * has passed; then it lets one try through, a probe; when the probe is good, everything goes on. A link that breaks
 * fails all fetches in flight, and that is one failure, not four: tries that were begun before the failure (number
 * below the mark) do not count again. Any good answer opens the door at once, also one that was asked for before the
 * failure: the other side evidently answers.
 */
#include "follower/follower_private.h"

#define ROW(error, fetch, apply, metadata, lease)                                                                      \
    [CCR_ERROR_##error] = {CCRI_##fetch, CCRI_##apply, CCRI_##metadata, CCRI_##lease}

#define ERROR_CLASSES (CCR_ERROR_FATAL + 1)

static const uint8_t policies[ERROR_CLASSES][CCRI_SOURCES] = {
    /*  class            fetch        apply        metadata     lease */
    ROW(NONE, RETRY, RETRY, RETRY, RETRY), /* a failure without a class is a hiccup */
    ROW(UNREACHABLE, RETRY_SHORT, RETRY_SHORT, RETRY_SHORT, RETRY_SHORT),
    ROW(TRANSIENT, RETRY, RETRY, RETRY, RETRY),
    ROW(OVERLOADED, SHRINK, SHRINK, RETRY, RETRY),
    ROW(MAPPING, RETRY, RESYNC, RETRY, RETRY),
    ROW(BLOCKED, RETRY, RETRY, RETRY, RETRY),
    ROW(LEADER_CLOSED, RETRY, RETRY, RETRY, RETRY),
    ROW(LEADER_MISSING, FAIL, FAIL, FAIL, FAIL),
    ROW(FORBIDDEN, RETRY, RETRY, RETRY, RETRY),
    ROW(HISTORY_GONE, BOOTSTRAP, BOOTSTRAP, BOOTSTRAP, BOOTSTRAP),
    ROW(HISTORY_CHANGED, BOOTSTRAP, BOOTSTRAP, BOOTSTRAP, BOOTSTRAP),
    ROW(CORRUPT, REFETCH, REFETCH, RETRY, RETRY),
    ROW(FATAL, FAIL, FAIL, RETRY, RETRY),
};

/* What goes away when a person has done something: opened the leader index, granted the permission, lifted the block. */
static bool waits_for_a_person(enum ccr_error_class error)
{
    return error == CCR_ERROR_LEADER_CLOSED || error == CCR_ERROR_FORBIDDEN || error == CCR_ERROR_BLOCKED;
}

enum ccri_policy ccri_policy_of(const struct ccr_follower *f, enum ccr_error_class error, enum ccri_source source)
{
    if (f->config.fail_on_wait && waits_for_a_person(error)) {
        return CCRI_FAIL;
    }
    return (enum ccri_policy)policies[error][source];
}

bool ccri_ends(struct ccr_follower *f, enum ccri_policy policy, enum ccr_error_class error, struct ccr_effects *out)
{
    if (policy != CCRI_BOOTSTRAP && policy != CCRI_FAIL) {
        return false;
    }
    ccri_drain(f, out, policy == CCRI_FAIL ? CCR_FOLLOWER_FAILED : CCR_FOLLOWER_BOOTSTRAP_NEEDED, error, 1);
    return true;
}

/* splitmix64: any seed is good, also 0 */
static uint64_t random_next(struct ccr_follower *f)
{
    uint64_t z = (f->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t ccri_backoff_ms(struct ccr_follower *f, enum ccr_error_class error, uint32_t attempts)
{
    if (error == CCR_ERROR_CORRUPT) {
        if (attempts <= 1) {
            return 0; /* damage on the way is gone at the next try */
        }
        attempts--;
    }
    uint64_t cap = f->config.backoff_max_ms;
    if (error == CCR_ERROR_UNREACHABLE && cap > CCRI_UNREACHABLE_CAP_MS) {
        cap = CCRI_UNREACHABLE_CAP_MS;
    }
    uint32_t doublings = attempts - 1 < 32 ? attempts - 1 : 32;
    uint64_t delay = (uint64_t)f->config.backoff_min_ms << doublings;
    if (delay > cap) {
        delay = cap;
    }
    /* Between half and all of it: shards that failed together do not come back together. */
    uint64_t half = delay / 2;
    return (int64_t)(half + random_next(f) % (delay - half + 1));
}

bool ccri_door_trip(struct ccr_follower *f, struct ccri_door *d, enum ccr_error_class error, uint64_t try_no,
                    uint64_t next_no)
{
    if (d->error != CCR_ERROR_NONE && try_no < d->mark) {
        return false;
    }
    if (d->error == CCR_ERROR_NONE) {
        d->attempts = 0;
        d->since_ms = f->now_ms;
    } else if (d->error == CCR_ERROR_UNREACHABLE && error != CCR_ERROR_UNREACHABLE) {
        /* The other side speaks again. What it says, mostly that its shards are not open yet, is a wait of its own: with
         * the tries of the whole outage behind it, the first delay would be the longest. */
        d->attempts = 0;
    }
    d->error = error == CCR_ERROR_NONE ? CCR_ERROR_TRANSIENT : error;
    d->attempts += d->attempts < UINT32_MAX;
    d->mark = next_no;
    ccri_figures_error(f, d->error, d->attempts);
    d->retry_at_ms = ccri_after(f, ccri_backoff_ms(f, d->error, d->attempts));
    return true;
}

void ccri_door_reset(struct ccri_door *d)
{
    d->error = CCR_ERROR_NONE;
    d->attempts = 0;
}

/* The applies' door has nothing to do with the leader. A metadata sync that failed on the way is TRANSIENT. */
void ccri_leader_back(struct ccr_follower *f)
{
    struct ccri_door *doors[] = {&f->fetch, &f->metadata, &f->lease};
    for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++) {
        struct ccri_door *d = doors[i];
        bool waits = d->error == CCR_ERROR_UNREACHABLE || d->error == CCR_ERROR_TRANSIENT;
        if (waits && d->retry_at_ms > f->now_ms) {
            d->retry_at_ms = f->now_ms;
            if (d == &f->lease && !f->lease_outstanding) {
                f->lease_at_ms = f->now_ms;
            }
        }
    }
}

bool ccri_door_is_closed(const struct ccr_follower *f, const struct ccri_door *d)
{
    return d->error != CCR_ERROR_NONE && f->now_ms < d->retry_at_ms;
}

/* The first batch whose mapping was refused again after a sync. Once is ordinary: that is how dynamic mappings arrive.
 */
static const struct ccri_piece *stuck_on_mapping(const struct ccr_follower *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct ccri_piece *p = &f->pieces[i];
        if (p->mapping_failures >= 2 && (p->state == CCRI_WAITING || p->state == CCRI_APPLYING)) {
            return p;
        }
    }
    return NULL;
}

enum ccr_error_class ccri_error_now(const struct ccr_follower *f, uint32_t *attempts, int64_t *since_ms)
{
    const struct ccri_door *doors[] = {&f->fetch, &f->apply, &f->metadata, &f->lease};
    if (!ccri_states[f->state].asks) {
        *attempts = 0;
        *since_ms = f->final_error == CCR_ERROR_NONE ? 0 : f->final_since_ms;
        return f->final_error;
    }
    for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++) {
        if (doors[i]->error != CCR_ERROR_NONE) {
            *attempts = doors[i]->attempts;
            *since_ms = doors[i]->since_ms;
            return doors[i]->error;
        }
        const struct ccri_piece *stuck = doors[i] == &f->apply ? stuck_on_mapping(f) : NULL;
        if (stuck != NULL) {
            *attempts = stuck->mapping_failures;
            *since_ms = stuck->mapping_since_ms;
            return CCR_ERROR_MAPPING;
        }
    }
    *attempts = 0;
    *since_ms = 0;
    return CCR_ERROR_NONE;
}

bool ccri_backs_off(const struct ccr_follower *f)
{
    return f->fetch.error != CCR_ERROR_NONE || f->apply.error != CCR_ERROR_NONE ||
           f->metadata.error != CCR_ERROR_NONE || stuck_on_mapping(f) != NULL;
}
