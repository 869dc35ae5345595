/*
 * The follower side of one shard as a pure state machine: events and a monotonic now_ms go in, effects and the next
 * deadline come out. No socket, thread, clock, callback or payload inside. The session layer unpacks frames and keeps the
 * tail; the machine owns the ranges, the credits, the long poll, the back-off and what an error class means.
 *
 * States (follower_states.c holds the table and the drawing):
 *   NEW -> FOLLOWING <-> BACKING_OFF; FOLLOWING | BACKING_OFF -> DRAINING -> STOPPED | BOOTSTRAP_NEEDED | FAILED;
 *   anything -> BROKEN when an invariant does not hold.
 * Invariants (ccr_follower_check): applied <= received <= requested; in-flight spans disjoint; at most fetches_max fetches
 * and applies_max applies; bytes held within grant; lease <= applied + 1; a deadline is set whenever something is awaited.
 */
#ifndef CCR_FOLLOWER_H
#define CCR_FOLLOWER_H

#include "ccr/budget.h"
#include "ccr/wire.h"

#define CCR_FOLLOWER_FETCHES_MAX 16u
#define CCR_FOLLOWER_APPLIES_MAX 16u
#define CCR_FOLLOWER_BATCHES_MAX 64u /* received and not yet applied */
#define CCR_FOLLOWER_EFFECTS_MAX 128u

/* The numbers are those of the protobuf enums FollowerState, ErrorClass, EventKind, EffectKind (proto/ccr_core.proto). */
enum ccr_follower_state {
    CCR_FOLLOWER_NEW,
    CCR_FOLLOWER_FOLLOWING,
    CCR_FOLLOWER_BACKING_OFF,
    CCR_FOLLOWER_DRAINING,
    CCR_FOLLOWER_STOPPED,
    CCR_FOLLOWER_BOOTSTRAP_NEEDED,
    CCR_FOLLOWER_FAILED,
    CCR_FOLLOWER_BROKEN
};

enum ccr_error_class {
    CCR_ERROR_NONE,
    CCR_ERROR_UNREACHABLE,
    CCR_ERROR_TRANSIENT,
    CCR_ERROR_OVERLOADED,
    CCR_ERROR_MAPPING,
    CCR_ERROR_BLOCKED,
    CCR_ERROR_LEADER_CLOSED,
    CCR_ERROR_LEADER_MISSING,
    CCR_ERROR_FORBIDDEN,
    CCR_ERROR_HISTORY_GONE,
    CCR_ERROR_HISTORY_CHANGED,
    CCR_ERROR_CORRUPT,
    CCR_ERROR_FATAL
};

enum ccr_event_kind {
    CCR_EVENT_TICK,
    CCR_EVENT_START,
    CCR_EVENT_FETCHED,
    CCR_EVENT_FETCH_FAILED,
    CCR_EVENT_APPLIED,
    CCR_EVENT_APPLY_FAILED,
    CCR_EVENT_METADATA_SYNCED,
    CCR_EVENT_METADATA_FAILED,
    CCR_EVENT_LEASE_RENEWED,
    CCR_EVENT_LEASE_FAILED,
    CCR_EVENT_CONFIGURE,
    CCR_EVENT_STOP,
    CCR_EVENT_LEADER_BACK /* it can be reached again: what waits for that goes at once */
};

enum ccr_effect_kind {
    CCR_EFFECT_NONE,
    CCR_EFFECT_FETCH,
    CCR_EFFECT_APPLY,
    CCR_EFFECT_DROP,
    CCR_EFFECT_SYNC_METADATA,
    CCR_EFFECT_RENEW_LEASE,
    CCR_EFFECT_REPORT,
    CCR_EFFECT_DONE
};

/* Every field has its limit in ccr_follower_config_check. */
struct ccr_follower_config {
    char history_uuid[64];
    char leader_shard[64];      /* with the history what answers have to name (ccr_wire_origin) */
    uint32_t fetches_max;       /* 1 .. CCR_FOLLOWER_FETCHES_MAX */
    uint32_t applies_max;       /* 1 .. CCR_FOLLOWER_APPLIES_MAX */
    uint32_t batch_bytes_max;   /* 64 KiB .. 64 MiB, plain bytes a fetch may ask for when the budget grants it */
    uint32_t batch_ops_max;     /* 16 .. CCR_WIRE_OPS_MAX */
    uint32_t poll_bytes;        /* 4 KiB .. batch_bytes_max, what a fetch may ask for without asking the budget */
    uint32_t poll_timeout_ms;   /* 100 .. 600 000 */
    uint32_t backoff_min_ms;    /* 1 .. backoff_max_ms */
    uint32_t backoff_max_ms;    /* .. 600 000 */
    uint32_t lease_interval_ms; /* 100 .. 3 600 000 */
    uint32_t
        poll_interval_ms; /* 0 .. 1000, between polls that a leader answers at once with nothing, at least 10; 0: grows to 1000 */
    uint32_t lease_patience_ms; /* 0 .. 43 200 000, how long renewals may be refused for no known reason; 0: for ever */
    uint32_t prefix_bytes_max;  /* 0 .. CCR_TAIL_BYTES_MAX */
    enum ccr_codec_id codec;
    int level;
    uint64_t seed;
    bool fail_on_wait; /* what waits for a person on the other side or here fails at once */
    bool in_order;     /* a batch is applied after all before it, so one at a time, whatever applies_max says */
};

struct ccr_status ccr_follower_config_check(const struct ccr_follower_config *c, struct ccr_err *err) CCR_MUST_USE;

struct ccr_event {
    enum ccr_event_kind kind;
    int64_t now_ms;
    uint64_t id; /* fetch or batch */
    enum ccr_error_class error;
    int64_t next_seq_no;      /* START */
    int64_t checkpoint;       /* START, APPLIED: synced global checkpoint of the follower shard */
    uint64_t mapping_version; /* START, METADATA_SYNCED: versions in place on the follower */
    uint64_t settings_version;
    uint64_t aliases_version;
    int64_t silent_ms; /* FETCH_FAILED: how long nothing had come from the leader; 0: the failure is told at once */
    const struct ccr_wire_header *header;     /* FETCHED: of a frame that was verified; borrowed for the call */
    const struct ccr_follower_config *config; /* CONFIGURE; borrowed for the call; history_uuid may only become known,
                                                 leader_shard stays as it was */
};

struct ccr_effect {
    enum ccr_effect_kind kind;
    uint64_t id;
    struct ccr_read_request request; /* FETCH; without its prefix, which the session names from its tail */
    int64_t first_seq_no;            /* APPLY */
    int64_t last_seq_no;
    int64_t max_seq_no_of_updates;
    uint64_t mapping_version; /* SYNC_METADATA */
    uint64_t settings_version;
    uint64_t aliases_version;
    bool look_again; /* SYNC_METADATA: what is in place has not sufficed; compare anew, whatever is remembered */
    int64_t retaining_seq_no; /* RENEW_LEASE */
};

struct ccr_effects {
    size_t count;
    int64_t next_deadline_ms;   /* INT64_MAX for never */
    uint64_t received_batch_id; /* FETCHED with operations that are wanted: the id Java keeps the bytes under; else 0 */
    struct ccr_effect items[CCR_FOLLOWER_EFFECTS_MAX];
};

struct ccr_follower_status {
    enum ccr_follower_state state;
    enum ccr_error_class error;
    uint32_t attempts;
    int64_t error_since_ms;
    int64_t state_since_ms;
    int64_t leader_checkpoint;
    int64_t received_seq_no;
    int64_t applied_seq_no;
    uint64_t operations_fetched;
    uint64_t operations_applied;
    uint64_t raw_bytes;
    uint64_t packed_bytes;
    uint64_t fetches;
    uint64_t fetches_failed;
    uint64_t applies_failed;
    uint64_t fetches_throttled; /* asked for little for want of budget, or refused by an overloaded leader */
    uint32_t fetches_in_flight;
    uint32_t applies_in_flight;
    uint64_t bytes_held;
};

/* lag_bytes never tells more. */
#define CCR_FOLLOWER_LAG_BYTES_MAX (UINT64_C(1) << 52)

/*
 * What people want to know beside the status, as of now_ms.
 *
 * lag_ms answers "how old is what the follower shows": everything that the leader had so long ago is applied here. 0 while
 * nothing is missing and the leader is being listened to; it grows through an outage. -1 before the first answer. Before
 * the first batch is applied it is at least the truth, otherwise at most one trip from leader to follower less than it.
 */
struct ccr_follower_figures {
    int64_t lag_ms;
    uint64_t lag_operations;      /* by the highest checkpoint the leader ever claimed; at most CCR_SEQ_NO_MAX + 1 */
    uint64_t lag_bytes;           /* plain; what is not here yet is estimated by the average operation */
    double operations_per_second; /* applied; this and the next two over the last CCR_FOLLOWER_RATE_SECONDS */
    double raw_bytes_per_second;
    double packed_bytes_per_second;
    int64_t heard_ms;   /* last answer of the leader, INT64_MIN for none; this and the next two on the caller's clock */
    int64_t applied_ms; /* last batch applied, INT64_MIN for none */
    int64_t last_error_ms;
    enum ccr_error_class last_error; /* NONE: there was none; stays when it is over */
    uint32_t last_error_attempts;
};

#define CCR_FOLLOWER_RATE_SECONDS 10

struct ccr_follower; /* opaque */

/* budget is shared by all followers of the node and outlives them; NULL means no limit. NOMEM, ARG. */
struct ccr_status ccr_follower_new(struct ccr_follower **out, const struct ccr_alloc *alloc,
                                   const struct ccr_follower_config *config, struct ccr_budget *budget,
                                   struct ccr_err *err) CCR_MUST_USE;
void ccr_follower_free(struct ccr_follower *f); /* gives its credits back */

/*
 * One event in, effects out. Never allocates. Events that come late (an id that is not in flight, anything after a
 * terminal state) are ordinary and have no effect. ARG: a malformed event; nothing changed. BROKEN: an invariant did not
 * hold; every later step answers BROKEN.
 */
struct ccr_status ccr_follower_step(struct ccr_follower *f, const struct ccr_event *event, struct ccr_effects *out,
                                    struct ccr_err *err) CCR_MUST_USE;

/*
 * Whether a frame is an answer to the fetch `id`, asked before it is unpacked: how much room it claims is the other side's
 * word. HISTORY: it names another origin than this shard's. CORRUPT_WIRE: it begins elsewhere, or holds more operations or
 * bytes than were asked for; one operation alone may be longer. AGAIN: nobody waits for that fetch any more.
 */
struct ccr_status ccr_follower_expects(struct ccr_follower *f, uint64_t id, const struct ccr_wire_header *header,
                                       struct ccr_err *err) CCR_MUST_USE;

void ccr_follower_status(const struct ccr_follower *f, struct ccr_follower_status *out);

/* A now_ms before the last event's counts as that one. */
void ccr_follower_figures(const struct ccr_follower *f, int64_t now_ms, struct ccr_follower_figures *out);

/* BROKEN with the name of the invariant that does not hold. Runs after every step, in release builds too. */
struct ccr_status ccr_follower_check(const struct ccr_follower *f, struct ccr_err *err) CCR_MUST_USE;

const char *ccr_follower_state_name(enum ccr_follower_state s);

#endif
