/*
 * Inside of the follower machine: what its files share. Nobody else includes this, apart from its tests.
 *
 * The belt. Everything between what is applied and what is asked for stands in one short array of pieces, sorted and
 * disjoint: a piece is a span that was asked for, a batch that waits, a batch that is being applied, or a batch that is
 * applied and waits for those before it. A hole between two pieces is by definition what must be fetched next, so
 * nothing else remembers ranges: a failed fetch takes its piece away, a short answer shortens its piece, and the hole
 * is there.
 *
 *     applied |##APPLYING##|##WAITING##|      |..ASKED..|##APPLIED##|..ASKED, open end......
 *             ^ applied_seq_no + 1       hole: asked for next, the front one first
 */
#ifndef CCRI_FOLLOWER_PRIVATE_H
#define CCRI_FOLLOWER_PRIVATE_H

#include "follower/follower_states.h"

#define CCRI_NEVER      INT64_MAX
#define CCRI_TIME_MAX   (INT64_MAX / 2) /* clocks outside of +-this are refused, so that deadlines cannot overflow */
#define CCRI_OPEN_END   INT64_MAX       /* last_seq_no of a piece without an upper end */
#define CCRI_PIECES_MAX (CCR_FOLLOWER_BATCHES_MAX + CCR_FOLLOWER_FETCHES_MAX)

/* An answer comes within the leader's own wait plus this: longer than any timeout of the transport below us, which
 * would have told us; it only catches answers that nobody will ever send. */
#define CCRI_ANSWER_TIMEOUT_MS 60000
/* A sync asks the leader for its mapping and waits for a cluster state update on the follower: 2 x 60 s, their
 * defaults. */
#define CCRI_METADATA_TIMEOUT_MS  120000
#define CCRI_LEASE_TIMEOUT_MIN_MS 5000
#define CCRI_LEASE_TIMEOUT_MAX_MS 120000
/* A leader that came back is caught within a second: the longest sleep after UNREACHABLE. */
#define CCRI_UNREACHABLE_CAP_MS 500
/* Below this an answer counts as small and the next one waits for its apply: about what compresses as well as big ones
 * (ADR 0009), and far below what makes a round trip to the leader the bottleneck. */
#define CCRI_PACE_BYTES 32768
/* A batch of so many operations and no more, alone on the belt, is a trickle and not a load. */
#define CCRI_TRICKLE_OPS_MAX 8
/* The same front damaged this many times in a row is not the network any more. */
#define CCRI_DAMAGES_MAX 5u
/* Marks of how far the leader was when; thinned out when they are all taken. */
#define CCRI_MARKS_MAX 32u
/* A leader that answers parked fetches at once with nothing is asked at most this seldom. */
#define CCRI_EMPTY_CAP_MS 1000
/* ... and at most this often, whatever poll_interval_ms says. */
#define CCRI_POLL_PAUSE_MIN_MS 10

enum ccri_piece_state { CCRI_ASKED, CCRI_WAITING, CCRI_APPLYING, CCRI_APPLIED };

struct ccri_piece {
    uint64_t id; /* of the fetch, and then of its batch */
    int64_t first_seq_no;
    int64_t last_seq_no; /* inclusive; CCRI_OPEN_END */
    enum ccri_piece_state state;
    /* ASKED */
    uint32_t max_bytes;
    uint32_t wait_ms; /* > 0: parked on the leader */
    int64_t sent_ms;
    int64_t deadline_ms;
    /* credit of the node-wide budget: taken at the ask, given back when the bytes are gone */
    uint64_t credit;
    /* WAITING, APPLYING */
    uint32_t raw_bytes;
    uint64_t apply_no; /* of the last try */
    int64_t max_seq_no_of_updates;
    uint64_t mapping_version;
    uint64_t settings_version;
    /* its mapping was refused by the follower's engine */
    uint32_t mapping_failures;
    uint64_t sync_no; /* applies again when the sync of this number, or a later one, is done */
    int64_t sync_at_ms;
    int64_t mapping_since_ms;
};

/* What every kind of try shares: closed after a failure, open again after its back-off for one try, and then for all.
 */
struct ccri_door {
    enum ccr_error_class error; /* NONE: open */
    uint32_t attempts;          /* consecutive failed tries */
    int64_t since_ms;
    int64_t retry_at_ms;
    uint64_t mark; /* tries numbered below were under way at the failure and count as the same one */
};

/* Why no fetch is in flight; the check demands a reason. */
enum ccri_hold {
    CCRI_HOLD_NONE,
    CCRI_HOLD_BACKOFF, /* the door is closed */
    CCRI_HOLD_PACED,   /* a small batch is being applied */
    CCRI_HOLD_WINDOW,  /* too many pieces */
    CCRI_HOLD_BYTES,   /* too many bytes wait to be applied */
    CCRI_HOLD_EMPTY    /* the leader answers parked fetches too early */
};

struct ccri_versions {
    uint64_t mapping;
    uint64_t settings;
    uint64_t aliases;
};

/* At at_ms the leader had everything up to seq_no and, as far as it told, nothing above. */
struct ccri_mark {
    int64_t seq_no;
    int64_t at_ms;
};

/* What happened in one second of now_ms. */
struct ccri_second {
    int64_t second;
    uint64_t operations;
    uint64_t raw_bytes;
    uint64_t packed_bytes;
};

/* For people only: no decision is made by it (follower_figures.c). */
struct ccri_figures {
    int64_t began_ms;
    int64_t heard_ms;
    int64_t applied_ms;
    int64_t last_error_ms;
    enum ccr_error_class last_error;
    uint32_t last_error_attempts;
    size_t marks_count;
    struct ccri_mark marks[CCRI_MARKS_MAX]; /* ascending in both */
    struct ccri_second seconds[CCR_FOLLOWER_RATE_SECONDS];
};

struct ccr_follower {
    const struct ccr_alloc *alloc;
    struct ccr_budget *budget;
    struct ccr_follower_config config;
    uint64_t origin;    /* what every answer must name; 0 while the history is unknown */
    const char *broken; /* name of the invariant that did not hold; latched */
    uint64_t random;

    int64_t now_ms;
    int64_t deadline_ms;
    enum ccr_follower_state state;
    enum ccr_follower_state drain_to;
    enum ccr_error_class final_error;
    int64_t state_since_ms;
    int64_t final_since_ms;
    enum ccr_follower_state reported_state;
    enum ccr_error_class reported_error;

    /* the belt */
    int64_t applied_seq_no;
    size_t count;
    size_t asked;
    size_t applying;
    uint64_t bytes_asked; /* sum of max_bytes in flight */
    uint64_t bytes_held;  /* plain bytes received and not yet applied */
    uint64_t credits;
    size_t asked_ceiling; /* after CONFIGURE lowered a limit: what is still allowed to be in flight */
    size_t applying_ceiling;

    /* fetching */
    bool leader_known;
    int64_t leader_checkpoint; /* highest ever heard; for people */
    int64_t target;            /* an immediate answer is believed to exist up to here */
    uint64_t next_id;
    uint32_t batch_bytes; /* halved by OVERLOADED, recovers */
    uint32_t op_bytes;    /* moving average of plain bytes per operation; 0: not known */
    uint64_t paced_id;
    uint32_t empty_early;
    int64_t park_at_ms;
    int64_t damage_seq_no;
    uint32_t damages;
    enum ccri_hold hold;
    struct ccri_door fetch;

    /* applying */
    uint64_t next_apply_no;
    struct ccri_door apply;

    /* metadata */
    struct ccri_versions in_place;
    struct ccri_versions wanted;
    struct ccri_versions syncing;
    bool sync_outstanding;
    int64_t sync_deadline_ms;
    uint64_t sync_no;   /* of the last one begun */
    uint64_t sync_done; /* of the last one that ended well */
    struct ccri_door metadata;

    /* lease */
    int64_t checkpoint; /* synced global checkpoint of the follower shard */
    int64_t leased_seq_no;
    bool lease_outstanding;
    int64_t lease_deadline_ms;
    int64_t lease_at_ms;
    struct ccri_door lease;

    uint64_t operations_fetched;
    uint64_t operations_applied;
    uint64_t raw_bytes;
    uint64_t packed_bytes;
    uint64_t fetches;
    uint64_t fetches_failed;
    uint64_t applies_failed;
    uint64_t fetches_throttled;
    struct ccri_figures figures;

    struct ccri_piece pieces[CCRI_PIECES_MAX];
};

_Static_assert(sizeof(struct ccr_follower) <= 16384, "a thousand shards of a node take 16 MB at most");

/* ---- follower.c */

/* Latches; the first reason stays. */
void ccri_broken(struct ccr_follower *f, const char *invariant);
void ccri_move(struct ccr_follower *f, enum ccr_follower_state to);
/* A zeroed effect at the end of out. Never NULL: past the end it latches and answers the last one. */
struct ccr_effect *ccri_emit(struct ccr_follower *f, struct ccr_effects *out, enum ccr_effect_kind kind);
/* "Call me at t": called by whoever declines to act because it is too early. */
void ccri_wake(struct ccr_follower *f, int64_t at_ms);
/* now + ms */
int64_t ccri_after(const struct ccr_follower *f, int64_t ms);
/* No fetch any more; what waits is dropped; what is being applied ends; then `to`. attempts: that failed with the error. */
void ccri_drain(struct ccr_follower *f, struct ccr_effects *out, enum ccr_follower_state to, enum ccr_error_class error,
                uint32_t attempts);

/* ---- follower_check.c */

/* The invariant that does not hold; NULL when all do. */
const char *ccri_wrong(const struct ccr_follower *f);

/* ---- follower_belt.c */

struct ccri_piece *ccri_belt_find(struct ccr_follower *f, uint64_t id, enum ccri_piece_state state);
/* Inserts an ASKED piece before pieces[at]. Moves pieces: pointers to them are stale afterwards. */
struct ccri_piece *ccri_belt_ask(struct ccr_follower *f, size_t at, int64_t first, int64_t last, uint32_t max_bytes,
                                 uint64_t credit);
/* Takes a piece off, whatever its state, and gives its credit back. */
void ccri_belt_remove(struct ccr_follower *f, struct ccri_piece *p);
void ccri_belt_received(struct ccr_follower *f, struct ccri_piece *p, int64_t last, uint32_t raw_bytes);
void ccri_belt_applying(struct ccr_follower *f, struct ccri_piece *p);
void ccri_belt_waiting(struct ccr_follower *f, struct ccri_piece *p); /* back from APPLYING */
void ccri_belt_applied(struct ccr_follower *f,
                       struct ccri_piece *p); /* advances applied_seq_no when it was the front */
int64_t ccri_belt_received_seq_no(const struct ccr_follower *f);

/* ---- follower_backoff.c */

enum ccri_source { CCRI_FROM_FETCH, CCRI_FROM_APPLY, CCRI_FROM_METADATA, CCRI_FROM_LEASE };
#define CCRI_SOURCES 4u

enum ccri_policy {
    CCRI_RETRY,       /* for ever, capped exponential back-off */
    CCRI_RETRY_SHORT, /* the same with a cap of CCRI_UNREACHABLE_CAP_MS */
    CCRI_SHRINK,      /* RETRY, with smaller batches */
    CCRI_RESYNC,      /* bring metadata into line, then again */
    CCRI_REFETCH,     /* forget the bytes and fetch them again at once; give up after CCRI_DAMAGES_MAX */
    CCRI_BOOTSTRAP,   /* drain, then BOOTSTRAP_NEEDED */
    CCRI_FAIL         /* drain, then FAILED */
};

enum ccri_policy ccri_policy_of(const struct ccr_follower *f, enum ccr_error_class error, enum ccri_source source);
/* Drains when the policy is to end; false: the policy is to try again, and that is the caller's. */
bool ccri_ends(struct ccr_follower *f, enum ccri_policy policy, enum ccr_error_class error, struct ccr_effects *out);
/* With jitter; attempts >= 1. */
int64_t ccri_backoff_ms(struct ccr_follower *f, enum ccr_error_class error, uint32_t attempts);
/* Closes the door. False: the try was under way at an earlier failure and adds nothing to it. */
bool ccri_door_trip(struct ccr_follower *f, struct ccri_door *d, enum ccr_error_class error, uint64_t try_no,
                    uint64_t next_no);
void ccri_door_reset(struct ccri_door *d);
bool ccri_door_is_closed(const struct ccr_follower *f, const struct ccri_door *d);
/* The leader can be reached again: what waits for that is due now. */
void ccri_leader_back(struct ccr_follower *f);
/* The error people see, its attempts and its beginning; NONE when all is well. */
enum ccr_error_class ccri_error_now(const struct ccr_follower *f, uint32_t *attempts, int64_t *since_ms);
/* An error that holds operations up, not only the lease. */
bool ccri_backs_off(const struct ccr_follower *f);

/* ---- follower_fetch.c */

void ccri_fetch_answered(struct ccr_follower *f, const struct ccr_event *event, struct ccr_effects *out);
void ccri_fetch_failed(struct ccr_follower *f, uint64_t id, enum ccr_error_class error, int64_t silent_ms,
                       struct ccr_effects *out);
void ccri_fetch_expire(struct ccr_follower *f, struct ccr_effects *out);
void ccri_fetch_schedule(struct ccr_follower *f, struct ccr_effects *out);
void ccri_fetch_damaged(struct ccr_follower *f, int64_t first, uint64_t id, struct ccr_effects *out);
void ccri_fetch_shrink(struct ccr_follower *f);
uint64_t ccri_fetch_bytes_max(const struct ccr_follower *f);
size_t ccri_fetch_window(const struct ccr_follower *f);

/* ---- follower_apply.c */

/* Gives up a batch that is held. */
void ccri_apply_drop(struct ccr_follower *f, struct ccr_effects *out, struct ccri_piece *p);
void ccri_apply_done(struct ccr_follower *f, const struct ccr_event *event);
void ccri_apply_failed(struct ccr_follower *f, const struct ccr_event *event, struct ccr_effects *out);
void ccri_apply_schedule(struct ccr_follower *f, struct ccr_effects *out);

/* ---- follower_metadata.c */

/* True when the leader has a higher version of something than was known. */
bool ccri_metadata_heard(struct ccr_follower *f, const struct ccr_leader_state *leader);
void ccri_metadata_done(struct ccr_follower *f, const struct ccr_event *event);
void ccri_metadata_failed(struct ccr_follower *f, enum ccr_error_class error, struct ccr_effects *out);
void ccri_metadata_expire(struct ccr_follower *f, struct ccr_effects *out);
void ccri_metadata_schedule(struct ccr_follower *f, struct ccr_effects *out);
bool ccri_metadata_suffices(const struct ccr_follower *f, const struct ccri_piece *p);

/* ---- follower_figures.c */

void ccri_figures_init(struct ccr_follower *f);
void ccri_figures_started(struct ccr_follower *f);
/* An answer to a piece that was asked for, before the belt knows of it. */
void ccri_figures_heard(struct ccr_follower *f, const struct ccri_piece *p, const struct ccr_wire_header *h);
/* A failure of a piece that was asked for. silent_ms: how long before now the leader was heard last. */
void ccri_figures_lost(struct ccr_follower *f, const struct ccri_piece *p, int64_t silent_ms);
/* Applied operations, once the books say so. */
void ccri_figures_applied(struct ccr_follower *f, uint64_t operations);
void ccri_figures_error(struct ccr_follower *f, enum ccr_error_class error, uint32_t attempts);

/* ---- follower_lease.c */

void ccri_lease_done(struct ccr_follower *f);
void ccri_lease_failed(struct ccr_follower *f, enum ccr_error_class error, struct ccr_effects *out);
void ccri_lease_expire(struct ccr_follower *f, struct ccr_effects *out);
void ccri_lease_schedule(struct ccr_follower *f, struct ccr_effects *out);

#endif
