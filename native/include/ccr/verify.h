/*
 * Compares one follower shard with its leader shard, on live indices: the rules, without I/O. Events and the time go in,
 * at most one question to a shard at a time comes out. A pure state machine: no clock, thread or callback.
 *
 * What is compared are the live documents: their bytes, by the digests of ccr/digest.h, under the sequence number of the
 * operation that made them what they are. Each comparison asks the follower first, then the leader. Then:
 *
 *   C = checkpoint of the follower when it answered; it knows every operation up to C, and only such that the leader knew
 *       before it was asked. So, in a range that ends at or below C,
 *   1. a document that the leader alone has at s is missing on the follower: had a later operation replaced it there, the
 *      leader would know that operation, too;
 *   2. a document that the follower alone has at s was changed on the leader by an operation above C that the follower has
 *      not got yet, which is no difference, or it is wrong. The leader is asked for the newest operation on that document,
 *      deletions included: its history above C is kept by the follower's retention lease.
 *
 * Wide ranges may be answered as they were at C, as far as a shard still knows: under load most of them are equal then, and
 * a close look is seldom needed. A close look is always answered with what is there now, for the reasoning above.
 *
 * So nobody has to stop writing, and a paused follower can be compared as well. What differs is narrowed down from ranges
 * of 16 384 sequence numbers to 256 to single ones, looked at again after a while at a newer checkpoint, and reported only
 * when it still differs then. Nothing is kept in either cluster between two questions: a comparison that ends early is
 * resumed at next_seq_no.
 *
 * Operations that arrive during the comparison are compared, too: it goes on to the follower's newer checkpoint a few
 * times, and then ends.
 */
#ifndef CCR_VERIFY_H
#define CCR_VERIFY_H

#include "ccr/alloc.h"
#include "ccr/digest.h"
#include "ccr/follower.h" /* enum ccr_error_class */

#define CCR_VERIFY_WIDTH       256u /* sequence numbers of a bucket, and of a close look */
#define CCR_VERIFY_BUCKETS     64u
#define CCR_VERIFY_LAPS        3          /* times it goes on to a newer checkpoint */
#define CCR_VERIFY_SETTLE_MS   250        /* before a second look */
#define CCR_VERIFY_BYTES_LEAST (2u << 20) /* what a question counts for at least: each may refresh a shard */
#define CCR_VERIFY_TRIES_MAX   12         /* of one question, over about half a minute */

struct ccr_verify_config {
    int64_t next_seq_no;       /* where to begin; 0, or what an earlier comparison ended with; at most CCR_SEQ_NO_MAX */
    uint32_t bytes_max;        /* a question is answered up to where so many bytes were read; 64 KiB to 1 GiB */
    uint64_t bytes_per_second; /* of both sides' answers together; at least 64 KiB */
    uint32_t differences_max;  /* ends after at least so many; 1 to 1 000 000 */
};

enum ccr_verify_event_kind {
    CCR_VERIFY_TICK,
    CCR_VERIFY_START,
    CCR_VERIFY_SUMS,      /* answer to an ASK */
    CCR_VERIFY_EXPLAINED, /* answer to an EXPLAIN */
    CCR_VERIFY_FAILED,    /* either has failed with `error` */
    CCR_VERIFY_STOP
};

struct ccr_verify_event {
    enum ccr_verify_event_kind kind;
    int64_t now_ms; /* monotonic */
    uint64_t id;    /* of the question */
    enum ccr_error_class error;
    int64_t checkpoint; /* SUMS: every operation up to it was in what was read */
    int64_t max_seq_no; /* SUMS: no operation above it was */
    int64_t
        last_seq_no; /* SUMS: the answer covers first_seq_no up to this one; one less than first: the checkpoint is below */
    uint64_t bytes; /* SUMS: that were read; more than bytes_max by one document at most */
    uint32_t sums_count;
    const struct ccr_digest_sum *sums;
    uint32_t newest_count;
    const int64_t
        *newest; /* EXPLAINED: in the order of the question; CCR_SEQ_NO_NONE when there is no such operation */
};

enum ccr_verify_question { CCR_VERIFY_NOTHING, CCR_VERIFY_ASK_FOLLOWER, CCR_VERIFY_ASK_LEADER, CCR_VERIFY_EXPLAIN };

enum ccr_verify_difference {
    CCR_VERIFY_EQUAL,
    CCR_VERIFY_MISSING_ON_FOLLOWER,
    CCR_VERIFY_MISSING_ON_LEADER,
    CCR_VERIFY_DIFFERENT
};

enum ccr_verify_state {
    CCR_VERIFY_NEW,
    CCR_VERIFY_RUNNING,
    CCR_VERIFY_COMPLETE, /* compared up to `checkpoint` */
    CCR_VERIFY_ENOUGH,   /* ended by differences_max */
    CCR_VERIFY_STOPPED,
    CCR_VERIFY_GIVEN_UP /* by `error` */
};

/* What a step asks for. Valid until the next step. */
struct ccr_verify_effects {
    enum ccr_verify_question question;
    uint64_t id;
    int64_t first_seq_no; /* ASK: digests of width from here up to last_seq_no */
    int64_t last_seq_no;
    uint32_t width;
    uint32_t bytes_max;
    int64_t known_seq_no; /* ASK_LEADER: read with every operation up to this one */
    uint32_t explain_count;
    const int64_t *explain; /* EXPLAIN: sequence numbers of documents in the follower's last answer */
    uint32_t report_count;
    const int64_t *report; /* differences, final, with their kinds */
    const uint8_t *report_kinds;
    int64_t next_deadline_ms; /* TICK then at the latest; INT64_MAX for never */
};

struct ccr_verify_progress {
    enum ccr_verify_state state;
    enum ccr_error_class error;
    uint32_t attempts;   /* failed tries of the question that is open */
    int64_t next_seq_no; /* everything below has been compared */
    int64_t checkpoint;  /* compared up to here when complete; CCR_SEQ_NO_NONE before the first answer */
    uint64_t documents;  /* of the follower, compared */
    uint64_t bytes;      /* read on both sides */
    uint64_t moved;      /* documents that had changed on the leader while they were compared */
    uint64_t differences;
};

struct ccr_verify;

/* ARG names the value that is out of its range. */
struct ccr_status ccr_verify_new(struct ccr_verify **out, const struct ccr_alloc *alloc,
                                 const struct ccr_verify_config *config, struct ccr_err *err) CCR_MUST_USE;
void ccr_verify_free(struct ccr_verify *v);

/*
 * Takes an event. An answer to a question that is not open is read over. CORRUPT_WIRE: the answer contradicts its
 * question; then the comparison has given up. ARG: a clock so far off that no deadline can be reckoned from it; nothing
 * happened.
 */
struct ccr_status ccr_verify_step(struct ccr_verify *v, const struct ccr_verify_event *e, struct ccr_verify_effects *fx,
                                  struct ccr_err *err) CCR_MUST_USE;

void ccr_verify_progress(const struct ccr_verify *v, struct ccr_verify_progress *progress);

#endif
