/*
 * Inside of the session module: the runtime and its table (table.c), the workspaces (workspaces.c), one file for each
 * kind of session, and the call frame (call_frame.c).
 *
 * A slot is FREE, or OPEN with three marks under the table's lock: busy (a call runs), closing (to be freed when it
 * ends). Only the thread that set busy touches the object; so the object itself needs no lock.
 */
#ifndef CCRI_SESSION_PRIVATE_H
#define CCRI_SESSION_PRIVATE_H

#include <pthread.h>

#include "ccr/budget.h"
#include "ccr/follower.h"
#include "ccr/leader.h"
#include "ccr/session.h"
#include "session/call_frame.h"

struct ccri_leader_session;
struct ccri_follower_session;
struct ccri_digest_session;
struct ccri_verify_session;

struct ccri_slot {
    uint32_t generation; /* 1 .. INT32_MAX, another one after every close */
    uint32_t next_free;  /* index, or the table's size at the end of the list */
    enum ccr_session_kind kind;
    bool open;
    bool busy;
    bool closing;
    union {
        struct ccri_leader_session *leader;
        struct ccri_follower_session *follower;
        struct ccri_digest_session *digest;
        struct ccri_verify_session *verify;
    } as;
};

struct ccri_table {
    pthread_mutex_t lock;
    struct ccri_slot *slots;
    uint32_t size;
    uint32_t first_free; /* reused last in, first out */
};

struct ccri_workspaces {
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct ccr_workspace **idle; /* room for `max`; last in, first out, so that few are warm */
    uint32_t idle_count;
    uint32_t made;
    uint32_t max;
};

struct ccr_runtime {
    const struct ccr_alloc *alloc;
    struct ccri_table table;
    struct ccri_workspaces workspaces;
    struct ccr_budget budget; /* bytes that followers fetched and did not apply yet */
};

/* ---- table.c */
struct ccr_status ccri_table_init(struct ccri_table *t, const struct ccr_alloc *alloc, uint32_t size) CCR_MUST_USE;
void ccri_table_fini(struct ccri_table *t, const struct ccr_alloc *alloc);

/* A busy slot and its handle. LIMIT when every slot is taken. */
struct ccr_status ccri_table_reserve(struct ccri_table *t, enum ccr_session_kind kind, struct ccri_slot **slot,
                                     int64_t *handle, struct ccr_err *err) CCR_MUST_USE;

/* The slot of a handle, now busy. CLOSED, BUSY. */
struct ccr_status ccri_table_enter(struct ccri_table *t, int64_t handle, struct ccri_slot **slot,
                                   struct ccr_err *err) CCR_MUST_USE;

/* Ends a call. True: the session was closed meanwhile; the caller frees its object and calls ccri_table_free. */
bool ccri_table_leave(struct ccri_table *t, struct ccri_slot *slot) CCR_MUST_USE;

/* Marks for closing. *slot is the slot to free now, NULL when a call runs and will do it. CLOSED. */
struct ccr_status ccri_table_close(struct ccri_table *t, int64_t handle, struct ccri_slot **slot) CCR_MUST_USE;

/* Gives a busy slot back, whose object is gone; its handle is stale from here on. */
void ccri_table_free(struct ccri_table *t, struct ccri_slot *slot);

/* ---- workspaces.c */
struct ccr_status ccri_workspaces_init(struct ccri_workspaces *p, const struct ccr_alloc *alloc,
                                       uint32_t max) CCR_MUST_USE;
void ccri_workspaces_fini(struct ccri_workspaces *p, const struct ccr_alloc *alloc);

/* Waits when all are in use. NOMEM when a new one cannot be made. */
struct ccr_status ccri_workspaces_take(struct ccri_workspaces *p, const struct ccr_alloc *alloc,
                                       struct ccr_workspace **ws, struct ccr_err *err) CCR_MUST_USE;
void ccri_workspaces_give(struct ccri_workspaces *p, struct ccr_workspace *ws);

/* ---- one file for each kind: open, free, call */
struct ccr_status ccri_leader_session_open(struct ccri_leader_session **out, const struct ccr_alloc *alloc,
                                           const void *msg, size_t len, struct ccr_err *err) CCR_MUST_USE;
void ccri_leader_session_free(struct ccri_leader_session *s);
struct ccr_status ccri_leader_session_call(struct ccri_leader_session *s, struct ccr_runtime *rt,
                                           enum ccr_method method, const struct ccri_call *in, struct ccri_answer *out,
                                           struct ccr_err *err) CCR_MUST_USE;

struct ccr_status ccri_follower_session_open(struct ccri_follower_session **out, const struct ccr_alloc *alloc,
                                             struct ccr_budget *budget, const void *msg, size_t len,
                                             struct ccr_err *err) CCR_MUST_USE;
void ccri_follower_session_free(struct ccri_follower_session *s);
struct ccr_status ccri_follower_session_call(struct ccri_follower_session *s, struct ccr_runtime *rt,
                                             enum ccr_method method, const struct ccri_call *in,
                                             struct ccri_answer *out, struct ccr_err *err) CCR_MUST_USE;

struct ccr_status ccri_digest_session_open(struct ccri_digest_session **out, const struct ccr_alloc *alloc,
                                           const void *msg, size_t len, struct ccr_err *err) CCR_MUST_USE;
void ccri_digest_session_free(struct ccri_digest_session *s);
struct ccr_status ccri_digest_session_call(struct ccri_digest_session *s, enum ccr_method method,
                                           const struct ccri_call *in, struct ccri_answer *out,
                                           struct ccr_err *err) CCR_MUST_USE;

struct ccr_status ccri_verify_session_open(struct ccri_verify_session **out, const struct ccr_alloc *alloc,
                                           const void *msg, size_t len, struct ccr_err *err) CCR_MUST_USE;
void ccri_verify_session_free(struct ccri_verify_session *s);
struct ccr_status ccri_verify_session_call(struct ccri_verify_session *s, enum ccr_method method,
                                           const struct ccri_call *in, struct ccri_answer *out,
                                           struct ccr_err *err) CCR_MUST_USE;

/* These two hold nothing between calls. */
struct ccr_status ccri_codec_session_call(struct ccr_runtime *rt, enum ccr_method method, const struct ccri_call *in,
                                          struct ccri_answer *out, struct ccr_err *err) CCR_MUST_USE;
struct ccr_status ccri_judge_session_call(enum ccr_method method, const struct ccri_call *in, struct ccri_answer *out,
                                          struct ccr_err *err) CCR_MUST_USE;

#endif
