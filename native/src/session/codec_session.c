/*
 * Sessions of kind CODEC: packing that depends on nothing but the call.
 */
#include <inttypes.h>
#include <stdalign.h>
#include <string.h>

#include "session/messages.h"
#include "session/session_private.h"
#include "wire/arena.h"

static const struct ccr_slice NO_PREFIX = {NULL, 0};

static struct ccr_status summarise(struct ccri_answer *out, const struct ccr_wire_header *h, size_t payload_len,
                                   struct ccr_err *err)
{
    Ccr__V1__BatchSummary m;
    ccri_summary_message(&m, h);
    out->payload_len = payload_len;
    return ccri_answer_put(out, &m.base, err);
}

static struct ccr_status pack_chunk(struct ccr_workspace *ws, const struct ccri_call *in, struct ccri_answer *out,
                                    struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[512];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__ChunkPack *m = ccr__v1__chunk_pack__unpack(&arena.allocator, in->envelope.len, in->envelope.data);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the envelope of %zu bytes is no ChunkPack", in->envelope.len);
    }
    size_t bound = ccr_chunk_bound(in->payload.len);
    if (bound == 0) {
        return ccr_err_set(err, CCR_LIMIT, "a chunk of %zu bytes, the maximum is %u", in->payload.len,
                           CCR_CHUNK_RAW_MAX);
    }
    CCR_TRY(ccri_answer_room(out, 0, bound, err));
    return ccr_chunk_encode(ws, (enum ccr_codec_id)m->codec, m->level, in->payload, ccri_answer_payload(out),
                            ccri_answer_left(out), &out->payload_len, err);
}

static struct ccr_status unpack_chunk(struct ccr_workspace *ws, const struct ccri_call *in, struct ccri_answer *out,
                                      struct ccr_err *err)
{
    CCR_TRY(ccri_answer_room(out, 0, 0, err));
    size_t raw_len = 0;
    struct ccr_status s =
        ccr_chunk_decode(ws, in->payload, ccri_answer_payload(out), ccri_answer_left(out), &raw_len, err);
    if (ccr_is(s, CCR_NOBUF)) {
        return ccri_answer_grow(out, raw_len, err);
    }
    out->payload_len = raw_len;
    return s;
}

static struct ccr_status pack_batch(struct ccr_workspace *ws, const struct ccri_call *in, struct ccri_answer *out,
                                    struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[512];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__BatchPack *m = ccr__v1__batch_pack__unpack(&arena.allocator, in->envelope.len, in->envelope.data);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the envelope of %zu bytes is no BatchPack", in->envelope.len);
    }
    if (in->payload.len > CCR_WIRE_RAW_MAX) {
        return ccr_err_set(err, CCR_LIMIT, "a batch of %zu bytes, the maximum is %u", in->payload.len,
                           CCR_WIRE_RAW_MAX);
    }
    if (m->from_seq_no < 0 || m->from_seq_no > CCR_SEQ_NO_MAX - CCR_WIRE_OPS_MAX) {
        return ccr_err_set(err, CCR_ARG, "from_seq_no %" PRId64 " is not in [0, %" PRId64 "]", m->from_seq_no,
                           CCR_SEQ_NO_MAX - CCR_WIRE_OPS_MAX);
    }
    CCR_TRY(ccri_answer_room(out, CCRI_SUMMARY_MAX, ccr_wire_bound(in->payload.len), err));
    struct ccr_ops_digest digest;
    ccr_ops_digest_init(&digest);
    CCR_TRY(ccr_ops_verify(&digest, in->payload, m->from_seq_no, err));
    struct ccr_wire_header h = {
        .codec = (enum ccr_codec_id)m->codec,
        .from_seq_no = m->from_seq_no,
        .ops = digest.ops,
        .checksum = digest.checksum,
        .state = {.global_checkpoint = m->from_seq_no + digest.ops - 1,
                  .max_seq_no_of_updates = m->max_seq_no_of_updates},
    };
    size_t len;
    CCR_TRY(ccr_wire_encode(ws, &h, m->level, NO_PREFIX, in->payload, ccri_answer_payload(out), ccri_answer_left(out),
                            &len, err));
    return summarise(out, &h, len, err);
}

static struct ccr_status unpack_batch(struct ccr_workspace *ws, const struct ccri_call *in, struct ccri_answer *out,
                                      struct ccr_err *err)
{
    struct ccr_wire_header h;
    struct ccr_slice packed;
    CCR_TRY(ccr_wire_decode(&h, in->payload, &packed, err));
    CCR_TRY(ccri_answer_room(out, CCRI_SUMMARY_MAX, h.raw_bytes, err));
    CCR_TRY(ccr_wire_unpack(ws, &h, packed, NO_PREFIX, ccri_answer_payload(out), err));
    return summarise(out, &h, h.raw_bytes, err);
}

static struct ccr_status echo(const struct ccri_call *in, struct ccri_answer *out, struct ccr_err *err)
{
    CCR_TRY(ccri_answer_room(out, in->envelope.len, in->payload.len, err));
    if (in->envelope.len > 0) {
        memcpy(out->out + CCR_CALL_PREAMBLE, in->envelope.data, in->envelope.len);
    }
    if (in->payload.len > 0) {
        memcpy(ccri_answer_payload(out), in->payload.data, in->payload.len);
    }
    out->envelope_len = in->envelope.len;
    out->payload_len = in->payload.len;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_codec_session_call(struct ccr_runtime *rt, enum ccr_method method, const struct ccri_call *in,
                                          struct ccri_answer *out, struct ccr_err *err)
{
    if (method == CCR_METHOD_ECHO) {
        return echo(in, out, err);
    }
    struct ccr_workspace *ws;
    CCR_TRY(ccri_workspaces_take(&rt->workspaces, rt->alloc, &ws, err));
    struct ccr_status s;
    switch (method) {
    case CCR_METHOD_PACK_CHUNK:
        s = pack_chunk(ws, in, out, err);
        break;
    case CCR_METHOD_UNPACK_CHUNK:
        s = unpack_chunk(ws, in, out, err);
        break;
    case CCR_METHOD_PACK_BATCH:
        s = pack_batch(ws, in, out, err);
        break;
    case CCR_METHOD_UNPACK_BATCH:
        s = unpack_batch(ws, in, out, err);
        break;
    default:
        s = ccr_err_set(err, CCR_ARG, "method %d is not one of a codec session", (int)method);
        break;
    }
    ccri_workspaces_give(&rt->workspaces, ws);
    return s;
}
