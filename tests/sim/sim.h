/*
 * A leader shard, a network, a follower shard and a user in one process and one thread, with virtual time and one seed.
 * What is simulated is the world around the core; the core itself is the real one: the follower machine, the frames,
 * the codecs, the tail and the leader's reader work on real bytes.
 *
 *   sim_main.c    arguments, seeds, what is printed
 *   sim_world.c   virtual time, randomness, the log
 *   sim_log.c     the leader's operations, as bytes, and the translog files of its copies
 *   sim_leader.c  the leader shard: writes, global checkpoint, copies, failover, parked requests, retention lease
 *   sim_net.c     what happens to a message on the way
 *   sim_pump.c    what Java does with effects and events
 *   sim_session.c the way through the session table, which half of the seeds take
 *   sim_index.c   the follower shard: applies, persists, loses, refuses
 *   sim_user.c    chaos: who breaks what, when; starts, stops, configures
 *   sim_check.c   what must hold, at every step and at the end
 *
 * A run has two phases. In the first everything may go wrong, each kind of fault in only some of the seeds (a fault
 * that is always there hides others). In the second all is healed, and the follower must converge and then be quiet.
 */
#ifndef CCR_SIM_H
#define CCR_SIM_H

#include <stdio.h>

#include "ccr/follower.h"
#include "ccr/leader.h"

#define SIM_HISTORY    "sim-history-uuid-0001"
#define SIM_OPS_MAX    4096
#define SIM_COPIES     2
#define SIM_BATCHES    ((int)CCR_FOLLOWER_BATCHES_MAX)
#define SIM_FETCHES    64 /* in flight, those of gone sessions and given up ones included */
#define SIM_PARKED     64
#define SIM_TRACE_KEEP 400

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

uint64_t sim_random(struct sim *s);
uint32_t sim_below(struct sim *s, uint32_t n);
int64_t sim_between(struct sim *s, int64_t min, int64_t max); /* both inclusive */
bool sim_chance(struct sim *s, uint32_t per_mille);

void sim_log(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The run is over; the first reason stays. */
void sim_fail(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- sim_log.c */

struct sim_op {
    int64_t term;
    uint8_t *body;
    uint32_t len;
    uint64_t needs_mapping;
};

struct sim_file;
struct sim_files; /* the translog folder of one copy, in memory */

uint32_t sim_op_make(struct sim *s, struct sim_op *op, int64_t seq_no, int64_t term, uint32_t source_len);
struct sim_files *sim_files_new(void);
void sim_files_free(struct sim_files *f);
struct ccr_dir sim_files_dir(struct sim_files *f);
void sim_files_append(struct sim_files *f, int64_t seq_no, const struct sim_op *op);
void sim_files_sync(struct sim_files *f, int64_t global_checkpoint);
void sim_files_roll(struct sim_files *f, int64_t term, int64_t global_checkpoint);
void sim_files_trim(struct sim_files *f, int64_t below_seq_no); /* deletes generations that only hold lower ones */
void sim_files_rollback(struct sim_files *f, int64_t above_seq_no,
                        int64_t term); /* trimmedAboveSeqNo, new generation */

/* ---- sim_leader.c */

struct sim_copy {
    struct sim_files *files;
    struct ccr_dir dir;
    struct ccr_leader *reader;
    int64_t known_checkpoint; /* of the global checkpoint; a replica's lags */
    int64_t has;              /* last operation in its files */
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
    struct sim_op ops[SIM_OPS_MAX];
    int64_t count;
    int64_t global_checkpoint; /* the true one: on all copies, never rolled back */
    int64_t term;
    int primary;
    struct sim_copy copies[SIM_COPIES];
    struct sim_parked parked[SIM_PARKED];
    uint64_t mapping, settings, aliases;
    int64_t lucene_from; /* soft deletes below are merged away */
    bool has_lease;
    int64_t lease_retaining;
    int64_t closed_until_ms, forbidden_until_ms, overloaded_until_ms;
    struct ccr_workspace *ws;
    uint64_t by_translog, by_lucene;
};

void sim_leader_init(struct sim *s);
void sim_leader_fini(struct sim *s);
void sim_leader_write(struct sim *s, int ops);
void sim_leader_acknowledge(struct sim *s, bool all);
void sim_leader_failover(struct sim *s);
void sim_leader_forget(struct sim *s); /* trims translog and merges soft deletes away, as far as the lease allows */
void sim_leader_read(struct sim *s, struct sim_event *e);
void sim_leader_renew(struct sim *s, struct sim_event *e);

/* ---- sim_net.c */

enum sim_cut { SIM_LINKED, SIM_REFUSED, SIM_BLACK_HOLE };

struct sim_net {
    enum sim_cut cut;
    uint32_t lose, refuse, duplicate, corrupt, lie, slow; /* per mille of messages */
    int64_t delay_max_ms;
    bool replicas_only; /* who does not wait is served by a replica, always */
    uint32_t corrupted; /* answers damaged or about something else, applies that found their bytes unreadable */
};

void sim_net_request(struct sim *s, struct sim_event *e); /* e->run happens at the leader, or never */
void sim_net_answer(struct sim *s, struct sim_event *e);  /* e->run happens at the follower, or never */
void sim_net_fail(struct sim *s, uint64_t epoch, uint64_t id, enum ccr_error_class error); /* a fetch's error answer */

/* ---- sim_pump.c */

struct sim_batch {
    bool used;
    uint64_t id;
    int64_t first, last;
    uint8_t *plain;
    size_t len;
    uint64_t mapping, settings;
    bool applying;
};

struct sim_fetch {
    bool used;
    uint64_t id;
    struct ccr_read_request request;
    uint8_t *prefix;
};

struct sim_pump {
    bool running, done, stopping;
    uint64_t epoch;
    struct ccr_follower *follower; /* NULL in a seed that goes through the session table */
    int64_t handle;
    struct ccr_follower_config config;
    struct ccr_effects effects;
    struct ccr_tail tail;
    struct ccr_workspace *ws;
    uint8_t *answer; /* plain bytes of the FETCHED being stepped */
    struct ccr_wire_header answer_header;
    struct ccr_slice answer_frame; /* what came, for the session to unpack */
    struct sim_batch batches[SIM_BATCHES];
    struct sim_fetch fetches[SIM_FETCHES];
    int64_t deadline_ms;
    uint64_t tick_no;
    int sync_outstanding;
    int64_t lease_sent_ms;
    bool lease_outstanding;
    struct ccr_follower_status status;
    uint64_t bytes_bound; /* the largest any configuration of this session allowed */
    uint32_t fetches_bound, applies_bound;
    uint64_t steps;
};

void sim_pump_start(struct sim *s);
void sim_pump_kill(struct sim *s); /* the node is gone; the session with it */
void sim_pump_event(struct sim *s, struct ccr_event event);
void sim_pump_answer(struct sim *s, struct sim_event *e); /* a frame came */
void sim_pump_failed(struct sim *s, struct sim_event *e); /* an error came */
struct sim_batch *sim_pump_batch(struct sim *s, uint64_t id);
struct ccr_follower_config sim_config(struct sim *s);

/* ---- sim_session.c */

void sim_session_init(struct sim *s);
void sim_session_fini(struct sim *s);
struct ccr_status sim_session_open(struct sim *s, struct ccr_err *err);
void sim_session_close(struct sim *s);
/* Effects, status and, when one came, the batch's plain bytes are in s->pump afterwards. */
struct ccr_status sim_session_step(struct sim *s, const struct ccr_event *e, struct ccr_slice frame,
                                   struct ccr_err *err);

/* ---- sim_index.c */

struct sim_index {
    bool has[SIM_OPS_MAX];
    int64_t local_checkpoint;
    int64_t persisted; /* the synced global checkpoint */
    uint64_t mapping, settings, aliases;
    int64_t blocked_until_ms;
    uint64_t refused_mappings;
};

void sim_index_apply(struct sim *s, const struct ccr_effect *effect);
void sim_index_sync_metadata(struct sim *s, const struct ccr_effect *effect);
void sim_index_persist(struct sim *s);
void sim_index_crash(struct sim *s); /* what is not persisted is lost */
void sim_index_bootstrap(struct sim *s);

/* ---- sim_user.c */

/* Per mille, drawn for the whole run; 0 switches a fault off. */
struct sim_faults {
    uint32_t apply_fails, apply_slow, sync_fails, lease_fails, read_fails, hasty;
    uint32_t cuts, failovers, forgets, restarts, crashes, stops, configures, lease_losses, hand_mappings, thieves;
};

void sim_user_init(struct sim *s);
void sim_user_heal(struct sim *s);

/* ---- sim_check.c */

void sim_check_step(struct sim *s);
void sim_check_effect(struct sim *s, const struct ccr_effect *e);
void sim_check_operation(struct sim *s, const struct ccr_op *op);
bool sim_check_converged(struct sim *s, char *why, size_t cap);
void sim_check_quiet(struct sim *s);

struct sim_rate {
    int64_t second;
    uint64_t effects, operations;
};

/* ---- the world */

struct sim {
    uint64_t seed;
    uint64_t random;
    int64_t now_ms;
    int64_t chaos_end_ms;
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

    bool by_session;
    struct ccr_runtime *runtime;
    uint8_t *call_in, *call_out;
    size_t call_in_cap, call_out_cap;

    struct ccr_budget budget;
    uint64_t stolen; /* what the node's other shards hold of it */

    struct sim_leader leader;
    struct sim_net net;
    struct sim_pump pump;
    struct sim_index index;
    struct sim_faults faults;
    struct sim_rate rate;

    uint64_t steps, sessions, bootstraps, failed_sessions, idle_effects;
    bool over;         /* the last stop */
    bool history_lost; /* the lease was lost: the leader may have thrown away what is needed */
};

/* Runs one seed; what it failed of is in s->reason. The caller frees with sim_fini. */
void sim_run(struct sim *s);
void sim_fini(struct sim *s);

#endif
