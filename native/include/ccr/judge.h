/*
 * Rules of a node that belong to no session: how long the leader keeps the history of a paused replication, and whether
 * a disk of the follower may take more operations. Facts go in, a verdict comes out: no state, no clock, no memory, so
 * any thread may ask.
 *
 * A paused replication has no task and so no state machine that renews its retention lease. Each node does it for the
 * follower primaries it holds, once in a lease renewal interval: LOOK, and then what the verdict says. The leader keeps the history
 * until the pause has lasted too long or until it is too much; then the lease is left to expire. A lease that is gone is
 * never added again here: what it held back may be gone as well.
 *
 * Core of OpenSearch forbids writing to the indices of a disk beyond the flood stage of its watermarks, but not to
 * followers, which it finds blocked for writing already: their operations would fill the disk to the last byte. So a
 * batch is refused there, and the follower's state machine waits as for any other block.
 */
#ifndef CCR_JUDGE_H
#define CCR_JUDGE_H

#include <stdbool.h>

#include "ccr/follower.h" /* enum ccr_error_class */

#define CCR_DISK_GOOD_FOR_MS 1000 /* a guess between a full disk within a look and a system call for each batch */

enum ccr_pause_stage {
    CCR_PAUSE_LOOK,     /* nothing was asked yet: paused_ms, paused_ms_max */
    CCR_PAUSE_MEASURED, /* the leader shard was asked: leader_bytes, leader_max_seq_no, retaining_seq_no, kept_bytes_max */
    CCR_PAUSE_REFUSED /* the leader could not be asked or did not renew, for `error` */
};

struct ccr_pause {
    enum ccr_pause_stage stage;
    enum ccr_error_class cause; /* why it is paused; NONE: a person wanted it */
    int64_t paused_ms;          /* may be negative: clocks differ */
    int64_t paused_ms_max;
    uint64_t leader_bytes;     /* of the leader shard's files */
    int64_t leader_max_seq_no; /* its newest operation, -1 for none */
    int64_t retaining_seq_no;  /* the first operation that is missing on the follower */
    uint64_t kept_bytes_max;
    enum ccr_error_class error;
};

enum ccr_pause_verdict {
    CCR_PAUSE_NOTHING, /* until the next look */
    CCR_PAUSE_MEASURE, /* ask the leader, come back with MEASURED or REFUSED */
    CCR_PAUSE_RENEW,   /* from retaining_seq_no on, come back with REFUSED if it fails */
    CCR_PAUSE_TOO_OLD, /* these two: leave the lease to expire, and say so */
    CCR_PAUSE_TOO_MUCH,
    CCR_PAUSE_HISTORY_GONE, /* these two: it cannot be resumed as it is; note `error` as its cause */
    CCR_PAUSE_LEADER_MISSING
};

enum ccr_pause_verdict ccr_pause_judge(const struct ccr_pause *p);

struct ccr_disk {
    uint64_t free_bytes;
    uint64_t total_bytes; /* 0: the disk could not be asked, it counts as good */
    uint64_t free_bytes_min;
    double free_percent_min; /* either watermark may be 0: not set */
};

/* Whether it is beyond the flood stage. The verdict holds for CCR_DISK_GOOD_FOR_MS. */
bool ccr_disk_is_full(const struct ccr_disk *d);

#endif
