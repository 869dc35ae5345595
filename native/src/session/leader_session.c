/*
 * Sessions of kind LEADER: the folder of one shard copy's translog and the reader of it.
 */
#include <stdalign.h>
#include <string.h>

#include "session/messages.h"
#include "session/session_private.h"
#include "wire/arena.h"

struct ccri_leader_session {
    const struct ccr_alloc *alloc;
    struct ccr_dir dir;
    struct ccr_leader *leader;
};

struct ccr_status ccri_leader_session_open(struct ccri_leader_session **out, const struct ccr_alloc *alloc,
                                           const void *msg, size_t len, struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[CCRI_ENVELOPE_ARENA];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__LeaderOpen *m = ccr__v1__leader_open__unpack(&arena.allocator, len, msg);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the message of %zu bytes is no LeaderOpen", len);
    }
    struct ccri_leader_session *s = ccr_alloc_zero(alloc, sizeof *s);
    if (s == NULL) {
        return ccr_err_set(err, CCR_NOMEM, "no memory for a leader session");
    }
    s->alloc = alloc;
    struct ccr_status status = ccr_dir_open(&s->dir, alloc, m->translog_path, err);
    if (!ccr_ok(status)) {
        ccr_alloc_put(alloc, s);
        return status;
    }
    status = ccr_leader_new(&s->leader, alloc, &s->dir, m->history_uuid, m->shard, err);
    if (!ccr_ok(status)) {
        ccr_dir_close(&s->dir);
        ccr_alloc_put(alloc, s);
        return status;
    }
    *out = s;
    return status;
}

void ccri_leader_session_free(struct ccri_leader_session *s)
{
    if (s == NULL) {
        return;
    }
    ccr_leader_free(s->leader); /* closes its files, so the folder goes last */
    ccr_dir_close(&s->dir);
    ccr_alloc_put(s->alloc, s);
}

static struct ccr_status stats(const struct ccri_leader_session *s, struct ccri_answer *out, struct ccr_err *err)
{
    struct ccr_leader_counts c;
    ccr_leader_counts(s->leader, &c);
    Ccr__V1__LeaderStats m = CCR__V1__LEADER_STATS__INIT;
    m.reads = c.reads;
    m.operations = c.operations;
    m.raw_bytes = c.raw_bytes;
    m.packed_bytes = c.packed_bytes;
    m.scanned_bytes = c.scanned_bytes;
    m.gone = c.gone;
    m.prefix_hits = c.prefix_hits;
    m.prefix_misses = c.prefix_misses;
    m.operations_lucene = c.operations_lucene;
    CCR_TRY(ccri_answer_room(out, ccr__v1__leader_stats__get_packed_size(&m), 0, err));
    return ccri_answer_put(out, &m.base, err);
}

static struct ccr_status read_ops(struct ccri_leader_session *s, struct ccr_workspace *ws, bool lucene,
                                  const struct ccri_call *in, struct ccri_answer *out, struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[4096];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__LeaderRead *m = ccr__v1__leader_read__unpack(&arena.allocator, in->envelope.len, in->envelope.data);
    if (m == NULL || m->request == NULL || m->state == NULL) {
        return ccr_err_set(err, CCR_ARG, "the envelope of %zu bytes is no LeaderRead", in->envelope.len);
    }
    struct ccr_read_request request;
    CCR_TRY(ccri_request_of(&request, m->request, err));
    const struct ccr_leader_state state = {
        .global_checkpoint = m->state->global_checkpoint,
        .max_seq_no_of_updates = m->state->max_seq_no_of_updates,
        .mapping_version = m->state->mapping_version,
        .settings_version = m->state->settings_version,
        .aliases_version = m->state->aliases_version,
    };
    CCR_TRY(ccri_answer_room(out, CCRI_SUMMARY_MAX, 0, err));
    struct ccr_wire_header h;
    size_t len = 0;
    uint8_t *dst = ccri_answer_payload(out);
    size_t cap = ccri_answer_left(out);
    struct ccr_status status =
        lucene ? ccr_leader_pack(s->leader, ws, &request, &state, in->payload, dst, cap, &len, &h, err)
               : ccr_leader_read(s->leader, ws, &request, &state, dst, cap, &len, &h, err);
    if (ccr_is(status, CCR_NOBUF)) {
        return ccri_answer_grow(out, len, err);
    }
    CCR_TRY(status);
    Ccr__V1__BatchSummary summary;
    ccri_summary_message(&summary, &h);
    out->payload_len = len;
    return ccri_answer_put(out, &summary.base, err);
}

struct ccr_status ccri_leader_session_call(struct ccri_leader_session *s, struct ccr_runtime *rt,
                                           enum ccr_method method, const struct ccri_call *in, struct ccri_answer *out,
                                           struct ccr_err *err)
{
    if (method == CCR_METHOD_LEADER_STATS) {
        return stats(s, out, err);
    }
    if (method != CCR_METHOD_LEADER_READ && method != CCR_METHOD_LEADER_PACK) {
        return ccr_err_set(err, CCR_ARG, "method %d is not one of a leader session", (int)method);
    }
    struct ccr_workspace *ws;
    CCR_TRY(ccri_workspaces_take(&rt->workspaces, rt->alloc, &ws, err));
    struct ccr_status status = read_ops(s, ws, method == CCR_METHOD_LEADER_PACK, in, out, err);
    ccri_workspaces_give(&rt->workspaces, ws);
    return status;
}
