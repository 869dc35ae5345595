/*
 * A leader shard, a network, a follower shard and a user in one process and one thread, with virtual time and one seed.
 * What is simulated is the world around the core; the core is the real one, on both sides behind its session table, with
 * protobuf messages and call frames, exactly as Java goes. README.md tells the rest.
 *
 *   sim_main.c    arguments, seeds, what is printed
 *   sim_shrink.c  a seed that fails, made smaller
 *   sim_world.c   virtual time, randomness, memory, the log
 *   sim_log.c     the leader's operations, as bytes, and the translog folders of its copies
 *   sim_leader.c  the leader shard: writes, global checkpoint, copies, failover, restore, parked requests, the lease
 *   sim_read.c    how a copy of the leader answers a request
 *   sim_net.c     what happens to a message on the way
 *   sim_pump.c    what Java does with effects and events
 *   sim_session.c calls into the core
 *   sim_index.c   the follower shard: applies, persists, loses, refuses
 *   sim_user.c    chaos: who breaks what, when; starts, stops, configures
 *   sim_check.c   what must hold, at every step and at the end
 *
 * A run has two phases. In the first everything may go wrong, each kind of fault in only some of the seeds (a fault that
 * is always there hides others). In the second all is healed, and the follower must converge and then be quiet.
 */
#ifndef CCR_SIM_H
#define CCR_SIM_H

#include <stdio.h>

#include "ccr/follower.h"
#include "ccr/session.h"
#include "ccr/wire.h"

#define SIM_OPS_MAX    4096
#define SIM_COPIES     2
#define SIM_PAST       256
#define SIM_SHARD      "sim-index-uuid/0"
#define SIM_BATCHES    ((int)CCR_FOLLOWER_BATCHES_MAX)
#define SIM_PARKED     64
#define SIM_ASKED      256
#define SIM_TRACE_KEEP 400
#define SIM_IDLE_MS    120000

/* fault, its name, of a thousand seeds how many have it, how often at most (per mille of chances) */
#define SIM_FAULT_MAP(X)                                                                                               \
    /* each message between the clusters */                                                                            \
    X(LOSE, "loss", 400, 60)                                                                                           \
    X(REFUSE, "refused-connection", 400, 80)                                                                           \
    X(DUPLICATE, "duplication", 500, 100)                                                                              \
    X(CORRUPT, "corruption", 450, 80)                                                                                  \
    X(STORM, "corruption-storm", 20, 700)                                                                              \
    X(MISDELIVER, "misdelivery", 400, 40)                                                                              \
    X(SLOW, "slow-peer", 500, 60)                                                                                      \
    X(FAR, "far-away", 300, 1000)                                                                                      \
    X(REPLICAS, "replicas-only", 200, 1000)                                                                            \
    /* the connection, about once a second */                                                                          \
    X(CUT, "partition", 300, 120)                                                                                      \
    X(BLACK_HOLE, "black-hole", 200, 80)                                                                               \
    X(CUT_REQUESTS, "one-way-there", 200, 80)                                                                          \
    X(CUT_ANSWERS, "one-way-back", 200, 80)                                                                            \
    /* the leader */                                                                                                   \
    X(DISORDER, "concurrent-writers", 500, 600)                                                                        \
    X(FAILOVER, "failover", 500, 200)                                                                                  \
    X(LATE_TRIM, "late-trim", 500, 1000)                                                                               \
    X(ROLL, "roll", 400, 200)                                                                                          \
    X(FLUSH, "flush-and-trim", 500, 200)                                                                               \
    X(MERGE, "merge", 400, 150)                                                                                        \
    X(LEADER_RESTART, "leader-restart", 400, 100)                                                                      \
    X(RESTORE, "restore", 60, 40)                                                                                      \
    X(ROT, "translog-rot", 60, 60)                                                                                     \
    X(RACE, "flush-while-reading", 300, 50)                                                                            \
    X(LEADER_IO, "leader-io-error", 200, 30)                                                                           \
    X(READ_FAILS, "read-fails", 400, 60)                                                                               \
    X(LEADER_REFUSES, "leader-refuses", 300, 100)                                                                      \
    X(HASTY, "hasty-leader", 100, 1000)                                                                                \
    X(LEASE_FAILS, "lease-fails", 500, 300)                                                                            \
    X(LEASE_LOST, "lease-lost", 100, 40)                                                                               \
    /* the follower */                                                                                                 \
    X(APPLY_FAILS, "apply-fails", 500, 150)                                                                            \
    X(APPLY_SLOW, "apply-slow", 500, 200)                                                                              \
    X(BLOCKED, "index-blocked", 300, 120)                                                                              \
    X(DISK_FULL, "disk-full", 300, 100)                                                                                \
    X(SYNC_FAILS, "sync-fails", 500, 500)                                                                              \
    X(HAND_MAPPING, "mapping-by-hand", 500, 100)                                                                       \
    X(THIEF, "other-shards-take-budget", 500, 300)                                                                     \
    X(RESTART, "follower-restart", 500, 100)                                                                           \
    X(CRASH, "follower-crash", 500, 100)                                                                               \
    X(CLOCK_AHEAD, "clock-jumps-ahead", 250, 60)                                                                       \
    X(CLOCK_BACK, "clock-jumps-back", 250, 60)                                                                         \
    X(EARLY_TICK, "early-timer", 800, 100)                                                                             \
    /* the user */                                                                                                     \
    X(PAUSE, "pause-and-resume", 400, 100)                                                                             \
    X(STOP, "stop-and-start-anew", 200, 60)                                                                            \
    X(CONFIGURE, "configure", 500, 150)

enum sim_fault {
#define X(fault, name, seeds, most) SIM_##fault,
    SIM_FAULT_MAP(X)
#undef X
        SIM_FAULTS
};

/* Randomness of its own for each part and each fault, so that leaving out one does not change what the others do. */
enum sim_stream { SIM_SETUP = SIM_FAULTS, SIM_WRITER, SIM_LEADER, SIM_NET, SIM_PUMP, SIM_INDEX, SIM_USER, SIM_STREAMS };

struct sim;

/* ---- sim_world.c */

struct sim_event {
    int64_t at_ms;
    uint64_t order;
    void (*run)(struct sim *s, struct sim_event *e);
    uint64_t epoch; /* of the follower session it belongs to */
    uint64_t id;
    int64_t seq_no;
    int copy;
    uint64_t history; /* of the leader when it answered */
    enum ccr_error_class error;
    struct ccr_read_request request;
    struct ccr_leader_state state;
    uint8_t *bytes; /* owned */
    size_t len;
};

/* A new event of `run` at now + delay, to be filled in by the caller. */
struct sim_event *sim_at(struct sim *s, int64_t delay_ms, void (*run)(struct sim *, struct sim_event *));
/* Runs the next event; false when there is none or the run failed. */
bool sim_advance(struct sim *s);

uint64_t sim_random(struct sim *s, int stream);
uint32_t sim_below(struct sim *s, int stream, uint32_t n);
int64_t sim_between(struct sim *s, int stream, int64_t min, int64_t max); /* both inclusive */
bool sim_chance(struct sim *s, int stream, uint32_t per_mille);
/* Whether it happens now; never after healing. */
bool sim_fault(struct sim *s, enum sim_fault fault);

/* The core's memory, counted. */
struct sim_memory {
    struct ccr_alloc alloc;
    int64_t live;
};
void sim_memory_init(struct sim_memory *m);

void sim_log(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The run is over; the first reason stays. */
void sim_fail(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- sim_log.c */

struct sim_op {
    int64_t term;
    uint8_t *body;
    uint32_t len;
    uint32_t crc;
    uint64_t needs_mapping;
};

struct sim_file;
struct sim_files; /* the translog folder of one copy, in memory */

void sim_op_make(struct sim *s, struct sim_op *op, int64_t seq_no, int64_t term, uint32_t source_len);
struct sim_files *sim_files_new(struct sim *s, int64_t term);
void sim_files_free(struct sim_files *f);
/* What a leader session opens instead of a folder of the file system. */
void sim_files_path(const struct sim_files *f, char *path, size_t cap);
void sim_files_append(struct sim_files *f, int64_t seq_no, const struct sim_op *op);
void sim_files_sync(struct sim_files *f, int64_t global_checkpoint);
void sim_files_roll(struct sim_files *f, int64_t term, int64_t global_checkpoint);
void sim_files_trim(struct sim_files *f, int64_t below_seq_no); /* deletes generations that only hold lower ones */
void sim_files_rot(struct sim_files *f, uint64_t random);       /* a bit of an operation flips */
/* A replica under a new primary: a new generation; then, maybe later, trimmedAboveSeqNo in those of lower terms. */
void sim_files_rollback(struct sim_files *f, int64_t above_seq_no, int64_t term);
void sim_files_trim_above(struct sim_files *f, int64_t above_seq_no, int64_t below_term);

/* ---- sim_leader.c */

struct sim_copy {
    struct sim_files *files;
    int64_t session;
    int64_t known_checkpoint; /* of the global checkpoint; a replica's lags */
    int64_t has;              /* last operation in its files */
    bool rotten;
};

struct sim_parked {
    bool used;
    int copy;
    uint64_t epoch;
    uint64_t id;
    int64_t until_ms;
    struct ccr_read_request request;
};

struct sim_leader {
    struct ccr_runtime *runtime;
    struct sim_op ops[SIM_OPS_MAX];
    int64_t count, ops_max;
    int64_t global_checkpoint; /* the true one: on all copies, rolled back by a restore only */
    int64_t term;
    uint64_t history;
    int primary;
    struct sim_copy copies[SIM_COPIES];
    struct sim_parked parked[SIM_PARKED];
    uint64_t mapping, settings, aliases;
    int64_t lucene_from; /* soft deletes below are merged away */
    bool has_lease;
    int64_t lease_retaining;
    int64_t refuses_until_ms;
    enum ccr_error_class refuses_with;
    uint64_t by_translog, by_lucene;
};

void sim_leader_init(struct sim *s);
void sim_leader_fini(struct sim *s);
void sim_leader_history(const struct sim *s, char uuid[64]);
void sim_leader_write(struct sim *s, int ops);
void sim_leader_acknowledge(struct sim *s, bool all);
void sim_leader_failover(struct sim *s);
void sim_leader_restart(struct sim *s);
void sim_leader_restore(struct sim *s);
void sim_leader_roll(struct sim *s);
void sim_leader_flush(struct sim *s); /* trims the translog as far as the lease allows, sometimes further */
void sim_leader_merge(struct sim *s); /* the same with soft deletes, never further */
void sim_leader_rot(struct sim *s);
void sim_leader_renew(struct sim *s, struct sim_event *e);

/* ---- sim_read.c */

void sim_leader_read(struct sim *s, struct sim_event *e);
void sim_leader_hear(struct sim *s, int copy, int64_t checkpoint); /* answers who waited for it */
void sim_leader_news(struct sim *s);                               /* of metadata: answers who waits without knowing */
void sim_leader_drop_parked(struct sim *s, int copy);              /* the copy is gone, and who waits on it hears so */

/* ---- sim_net.c */

enum sim_cut { SIM_LINKED, SIM_CUT_REFUSED, SIM_CUT_BOTH, SIM_CUT_THERE, SIM_CUT_BACK };

struct sim_net {
    enum sim_cut cut;
    uint64_t cut_no;
    int64_t delay_max_ms;
    uint32_t corrupted; /* answers damaged or about something else, applies that found their bytes unreadable */
    struct sim_frame {
        uint8_t *bytes;
        size_t len;
        uint64_t history;
    } past[SIM_PAST]; /* frames that went over the line */
    size_t next_past;
};

void sim_net_request(struct sim *s, struct sim_event *e); /* e->run happens at the leader, or never */
void sim_net_answer(struct sim *s, struct sim_event *e);  /* e->run happens at the follower, or never */
void sim_net_fail(struct sim *s, uint64_t epoch, uint64_t id, enum ccr_error_class error); /* a fetch's error answer */
void sim_net_fini(struct sim *s);
bool sim_net_swallows(struct sim *s, bool request);

/* ---- sim_pump.c */

struct sim_batch {
    bool used;
    uint64_t id;
    int64_t first, last;
    uint64_t history;
    uint8_t *plain;
    size_t len;
    uint64_t mapping, settings;
    uint32_t max_bytes; /* what was asked for; a single longer operation may come all the same */
    bool credited;      /* asked for more than goes without the node's budget */
    bool applying;
};

struct sim_asked {
    uint64_t id;
    uint32_t max_bytes;
    bool credited;
};

struct sim_pump {
    bool running, done, stopping, forgets;
    uint64_t epoch;
    int64_t session;
    struct ccr_follower_config config;
    struct ccr_effects effects;
    uint8_t *answer; /* plain bytes of the FETCHED being stepped, and what is known of them */
    struct ccr_wire_header answer_header;
    uint64_t answer_history;
    struct sim_batch batches[SIM_BATCHES];
    struct sim_asked asked[SIM_ASKED]; /* the last ones, by id */
    int64_t deadline_ms;
    uint64_t tick_no;
    int64_t told_ms; /* the latest time the session was told: as for the session, a clock that goes back stands still */
    int64_t lease_sent_ms;
    bool lease_outstanding;
    struct ccr_follower_status status;
    int64_t lag_ms;
    uint64_t lag_operations;
    uint64_t bytes_bound; /* the largest any configuration of this session allowed */
    uint32_t fetches_bound, applies_bound;
    uint64_t steps;
};

void sim_pump_start(struct sim *s);
void sim_pump_kill(struct sim *s); /* the node is gone; the session with it */
void sim_pump_event(struct sim *s, struct ccr_event event, struct ccr_slice frame);
void sim_pump_answer(struct sim *s, struct sim_event *e); /* a frame came */
void sim_pump_failed(struct sim *s, struct sim_event *e); /* an error came */
struct sim_batch *sim_pump_batch(struct sim *s, uint64_t id);
struct ccr_follower_config sim_config(struct sim *s);
int64_t sim_clock(const struct sim *s); /* what the follower's node takes for the time */

/* ---- sim_session.c */

void sim_session_init(struct sim *s);
void sim_session_fini(struct sim *s);
struct ccr_status sim_follower_open(struct sim *s, struct ccr_err *err);
/* Effects, status and, when one came, the batch's plain bytes are in s->pump afterwards. */
struct ccr_status sim_follower_step(struct sim *s, const struct ccr_event *e, struct ccr_slice frame,
                                    struct ccr_err *err);
void sim_session_close(struct sim *s, struct ccr_runtime *rt, int64_t session);
struct ccr_status sim_copy_open(struct sim *s, struct sim_copy *c, struct ccr_err *err);
/* LEADER_READ, or LEADER_PACK when there are plain operations. *frame is borrowed until the next call. */
struct ccr_status sim_copy_read(struct sim *s, struct sim_copy *c, const struct ccr_read_request *q,
                                const struct ccr_leader_state *state, const struct ccr_slice *plain,
                                struct ccr_slice *frame, struct ccr_err *err);
uint64_t sim_budget_taken(const struct sim *s);
uint64_t sim_budget_max(const struct sim *s);
void sim_budget_steal(struct sim *s, uint64_t bytes);
void sim_budget_return(struct sim *s);

/* ---- sim_index.c */

struct sim_index {
    bool has[SIM_OPS_MAX];
    uint32_t crc[SIM_OPS_MAX]; /* of the body that was applied, */
    int64_t term[SIM_OPS_MAX]; /* and its term */
    uint64_t history;          /* the leader's, of which it is a copy */
    uint64_t epoch;            /* sessions before this one belonged to an earlier copy, with a lease of its own */
    int64_t local_checkpoint;
    int64_t persisted; /* the synced global checkpoint */
    uint64_t mapping, settings, aliases;
    int64_t blocked_until_ms, full_until_ms;
    uint64_t refused_mappings;
};

void sim_index_apply(struct sim *s, const struct ccr_effect *effect);
void sim_index_sync_metadata(struct sim *s, const struct ccr_effect *effect);
void sim_index_crash(struct sim *s); /* what is not persisted is lost */
void sim_index_bootstrap(struct sim *s);

/* ---- sim_user.c */

extern const char *const sim_fault_names[SIM_FAULTS];
void sim_user_init(struct sim *s);
void sim_user_heal(struct sim *s);

/* ---- sim_check.c */

void sim_check_step(struct sim *s);
void sim_check_effect(struct sim *s, const struct ccr_effect *e);
void sim_check_operation(struct sim *s, const struct sim_batch *b, const struct ccr_op *op);
bool sim_check_converged(struct sim *s, char *why, size_t cap);
void sim_check_quiet(struct sim *s);

struct sim_rate {
    int64_t second;
    uint64_t effects, operations;
    uint32_t corrupted; /* of the network's, when the second began */
};

/* ---- the world */

/* What a run is made of: the same choice gives the same run. */
struct sim_choice {
    uint64_t seed;
    bool without[SIM_FAULTS];
    int64_t chaos_ms; /* 0: as the seed says */
    int64_t calm_ms;  /* faults begin only after this much of it */
    int64_t ops_max;  /* 0: as the seed says */
};

struct sim {
    struct sim_choice choice;
    uint64_t streams[SIM_STREAMS];
    uint32_t faults[SIM_FAULTS]; /* per mille */
    uint64_t happened[SIM_FAULTS];
    int64_t begin_ms, now_ms;
    int64_t clock_off_ms;
    bool healed;
    bool failed;
    char reason[512];

    struct sim_event **queue;
    size_t queue_len, queue_cap;
    uint64_t order;

    bool trace; /* print as it happens */
    bool keep;  /* keep the last lines */
    char (*kept)[200];
    size_t kept_count;

    struct sim_memory memory;
    struct ccr_runtime *runtime; /* of the follower's node */
    uint8_t *call_in, *call_out;
    size_t call_in_cap, call_out_cap;
    uint64_t stolen; /* what the node's other shards hold of the budget */

    struct sim_leader leader;
    struct sim_net net;
    struct sim_pump pump;
    struct sim_index index;
    struct sim_rate rate;
    int64_t compared; /* operations of the index up to here were compared with the leader's */

    uint64_t steps, sessions, bootstraps, stops, failed_sessions, idle_effects;
    bool over;         /* the last stop */
    bool history_lost; /* the lease was lost or the history is another: a bootstrap is right */
};

/* ---- sim_main.c */

bool sim_fails(const struct sim_choice *c);

/* ---- sim_shrink.c */

/* The smallest choice found that fails, for whatever reason; at most `runs` runs. */
struct sim_choice sim_shrink(const struct sim_choice *failing, int64_t failed_after_ms, int runs);
void sim_choice_print(const struct sim_choice *c);

#endif
