/*
 * The runtime, and the one way in: look the handle up, take the frame apart, hand the call to its kind, put the answer
 * together.
 */
#include <inttypes.h>
#include <stdalign.h>

#include "session/messages.h"
#include "session/session_private.h"
#include "wire/arena.h"

#define SESSIONS_DEFAULT       8192u /* 1000 shards a node is OpenSearch's default; two roles, several followers, slack */
#define SESSIONS_MAX           65536u
#define WORKSPACES_DEFAULT     16u
#define WORKSPACES_MAX         256u
#define FOLLOWER_BYTES_DEFAULT (128u << 20)

static struct ccr_status config_read(struct ccr_runtime *rt, const Ccr__V1__RuntimeConfig *m, struct ccr_err *err)
{
    uint32_t sessions = m->sessions_max == 0 ? SESSIONS_DEFAULT : m->sessions_max;
    uint32_t workspaces = m->workspaces_max == 0 ? WORKSPACES_DEFAULT : m->workspaces_max;
    if (sessions > SESSIONS_MAX) {
        return ccr_err_set(err, CCR_ARG, "sessions_max %" PRIu32 " is more than %u", sessions, SESSIONS_MAX);
    }
    if (workspaces > WORKSPACES_MAX) {
        return ccr_err_set(err, CCR_ARG, "workspaces_max %" PRIu32 " is more than %u", workspaces, WORKSPACES_MAX);
    }
    ccr_budget_init(&rt->budget, m->follower_bytes_max == 0 ? FOLLOWER_BYTES_DEFAULT : m->follower_bytes_max);
    if (!ccr_ok(ccri_table_init(&rt->table, rt->alloc, sessions)) ||
        !ccr_ok(ccri_workspaces_init(&rt->workspaces, rt->alloc, workspaces))) {
        return ccr_err_set(err, CCR_NOMEM, "no memory for %" PRIu32 " sessions", sessions);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_runtime_new(struct ccr_runtime **out, const struct ccr_alloc *alloc, const void *config,
                                  size_t config_len, struct ccr_err *err)
{
    *out = NULL;
    alignas(max_align_t) uint8_t memory[1024];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__RuntimeConfig *m = ccr__v1__runtime_config__unpack(&arena.allocator, config_len, config);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the message of %zu bytes is no RuntimeConfig", config_len);
    }
    struct ccr_runtime *rt = ccr_alloc_zero(alloc, sizeof *rt);
    if (rt == NULL) {
        return ccr_err_set(err, CCR_NOMEM, "no memory for the runtime");
    }
    rt->alloc = alloc;
    struct ccr_status s = config_read(rt, m, err);
    if (!ccr_ok(s)) {
        ccr_runtime_free(rt);
        return s;
    }
    *out = rt;
    return s;
}

static void session_free(struct ccr_runtime *rt, struct ccri_slot *slot)
{
    if (slot->kind == CCR_KIND_LEADER) {
        ccri_leader_session_free(slot->as.leader);
        slot->as.leader = NULL;
    } else if (slot->kind == CCR_KIND_FOLLOWER) {
        ccri_follower_session_free(slot->as.follower);
        slot->as.follower = NULL;
    } else if (slot->kind == CCR_KIND_DIGEST) {
        ccri_digest_session_free(slot->as.digest);
        slot->as.digest = NULL;
    } else if (slot->kind == CCR_KIND_VERIFY) {
        ccri_verify_session_free(slot->as.verify);
        slot->as.verify = NULL;
    }
    ccri_table_free(&rt->table, slot);
}

void ccr_runtime_free(struct ccr_runtime *rt)
{
    if (rt == NULL) {
        return;
    }
    for (uint32_t i = 0; rt->table.slots != NULL && i < rt->table.size; i++) {
        if (rt->table.slots[i].open) {
            session_free(rt, &rt->table.slots[i]);
        }
    }
    ccri_table_fini(&rt->table, rt->alloc);
    ccri_workspaces_fini(&rt->workspaces, rt->alloc);
    ccr_alloc_put(rt->alloc, rt);
}

struct ccr_status ccr_session_open(struct ccr_runtime *rt, enum ccr_session_kind kind, const void *open_msg,
                                   size_t open_len, int64_t *handle, struct ccr_err *err)
{
    *handle = 0;
    if (kind < CCR_KIND_LEADER || kind > CCR_KIND_JUDGE) {
        return ccr_err_set(err, CCR_ARG, "unknown session kind %d", (int)kind);
    }
    if (open_len > CCR_CALL_ENVELOPE_MAX) {
        return ccr_err_set(err, CCR_LIMIT, "message is %zu bytes, the maximum is %u", open_len, CCR_CALL_ENVELOPE_MAX);
    }
    struct ccri_slot *slot;
    int64_t opened;
    CCR_TRY(ccri_table_reserve(&rt->table, kind, &slot, &opened, err));
    struct ccr_status s = ccr_status_of(CCR_OK);
    if (kind == CCR_KIND_LEADER) {
        s = ccri_leader_session_open(&slot->as.leader, rt->alloc, open_msg, open_len, err);
    } else if (kind == CCR_KIND_FOLLOWER) {
        s = ccri_follower_session_open(&slot->as.follower, rt->alloc, &rt->budget, open_msg, open_len, err);
    } else if (kind == CCR_KIND_DIGEST) {
        s = ccri_digest_session_open(&slot->as.digest, rt->alloc, open_msg, open_len, err);
    } else if (kind == CCR_KIND_VERIFY) {
        s = ccri_verify_session_open(&slot->as.verify, rt->alloc, open_msg, open_len, err);
    }
    if (!ccr_ok(s)) {
        ccri_table_free(&rt->table, slot);
        return s;
    }
    if (ccri_table_leave(&rt->table, slot)) {
        session_free(rt, slot); /* somebody guessed the handle and closed it; then it is closed */
    }
    *handle = opened;
    return s;
}

static struct ccr_status dispatch(struct ccr_runtime *rt, struct ccri_slot *slot, enum ccr_method method,
                                  const struct ccri_call *in, struct ccri_answer *out, struct ccr_err *err)
{
    switch (slot->kind) {
    case CCR_KIND_LEADER:
        return ccri_leader_session_call(slot->as.leader, rt, method, in, out, err);
    case CCR_KIND_FOLLOWER:
        return ccri_follower_session_call(slot->as.follower, rt, method, in, out, err);
    case CCR_KIND_CODEC:
        return ccri_codec_session_call(rt, method, in, out, err);
    case CCR_KIND_DIGEST:
        return ccri_digest_session_call(slot->as.digest, method, in, out, err);
    case CCR_KIND_VERIFY:
        return ccri_verify_session_call(slot->as.verify, method, in, out, err);
    case CCR_KIND_JUDGE:
        return ccri_judge_session_call(method, in, out, err);
    }
    return ccr_err_set(err, CCR_BROKEN, "a session of kind %d", (int)slot->kind);
}

struct ccr_status ccr_session_call(struct ccr_runtime *rt, int64_t handle, enum ccr_method method, const uint8_t *in,
                                   size_t in_len, uint8_t *out, size_t out_cap, size_t *out_len, struct ccr_err *err)
{
    *out_len = 0;
    struct ccri_call call;
    CCR_TRY(ccri_call_split(&call, in, in_len, err));
    if (out == NULL && out_cap > 0) {
        return ccr_err_set(err, CCR_ARG, "no out buffer");
    }
    /* The frame counts in 32 bits. */
    struct ccri_answer answer = {.out = out, .cap = out_cap > UINT32_MAX ? UINT32_MAX : out_cap};
    struct ccri_slot *slot;
    CCR_TRY(ccri_table_enter(&rt->table, handle, &slot, err));
    struct ccr_status s = ccri_answer_room(&answer, 0, 0, err); /* the preamble at least */
    if (ccr_ok(s)) {
        s = dispatch(rt, slot, method, &call, &answer, err);
    }
    if (ccri_table_leave(&rt->table, slot)) {
        session_free(rt, slot);
    }
    if (ccr_ok(s)) {
        *out_len = ccri_answer_end(&answer);
    } else if (ccr_is(s, CCR_NOBUF)) {
        *out_len = answer.needed;
    }
    return s;
}

struct ccr_status ccr_session_close(struct ccr_runtime *rt, int64_t handle)
{
    struct ccri_slot *slot;
    CCR_TRY(ccri_table_close(&rt->table, handle, &slot));
    if (slot != NULL) {
        session_free(rt, slot);
    }
    return ccr_status_of(CCR_OK);
}
