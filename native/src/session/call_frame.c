/*
 * Taking a call's frame apart and putting its answer together.
 */
#include <inttypes.h>

#include "session/call_frame.h"

struct ccr_status ccri_call_split(struct ccri_call *call, const uint8_t *in, size_t in_len, struct ccr_err *err)
{
    if (in == NULL || in_len < CCR_CALL_PREAMBLE) {
        return ccr_err_set(err, CCR_ARG, "a call of %zu bytes is shorter than its preamble of %u", in_len,
                           CCR_CALL_PREAMBLE);
    }
    uint64_t envelope = ccr_get_u32le(in);
    uint64_t pos = ccr_get_u32le(in + 4);
    uint64_t payload = ccr_get_u32le(in + 8);
    if (envelope > CCR_CALL_ENVELOPE_MAX) {
        return ccr_err_set(err, CCR_LIMIT, "envelope is %" PRIu64 " bytes, the maximum is %u", envelope,
                           CCR_CALL_ENVELOPE_MAX);
    }
    if (CCR_CALL_PREAMBLE + envelope > in_len) {
        return ccr_err_set(err, CCR_ARG, "envelope of %" PRIu64 " bytes in a call of %zu", envelope, in_len);
    }
    if (payload > 0 && (pos < CCR_CALL_PREAMBLE + envelope || pos + payload > in_len)) {
        return ccr_err_set(err, CCR_ARG,
                           "payload of %" PRIu64 " bytes at %" PRIu64 " in a call of %zu with an envelope of %" PRIu64,
                           payload, pos, in_len, envelope);
    }
    call->envelope = ccr_slice_of(in + CCR_CALL_PREAMBLE, (size_t)envelope);
    call->payload = payload > 0 ? ccr_slice_of(in + pos, (size_t)payload) : ccr_slice_of(in, 0);
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_answer_room(struct ccri_answer *a, size_t envelope_max, size_t payload_len, struct ccr_err *err)
{
    a->envelope_len = 0;
    a->payload_len = 0;
    a->payload_pos = (CCR_CALL_PREAMBLE + envelope_max + 3) & ~(size_t)3;
    if (a->payload_pos > a->cap || payload_len > ccri_answer_left(a)) {
        return ccri_answer_grow(a, payload_len, err);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_answer_grow(struct ccri_answer *a, size_t payload_len, struct ccr_err *err)
{
    a->needed = a->payload_pos + payload_len;
    return ccr_err_set(err, CCR_NOBUF, "the answer needs %zu bytes, there is room for %zu", a->needed, a->cap);
}

static struct ccr_status put_room(const struct ccri_answer *a, size_t len, struct ccr_err *err)
{
    size_t taken = CCR_CALL_PREAMBLE + a->envelope_len;
    if (len > a->payload_pos - taken) {
        return ccr_err_set(err, CCR_BROKEN, "an answer of %zu bytes is longer than was reckoned",
                           a->envelope_len + len);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_answer_put(struct ccri_answer *a, const ProtobufCMessage *m, struct ccr_err *err)
{
    CCR_TRY(put_room(a, protobuf_c_message_get_packed_size(m), err));
    a->envelope_len += protobuf_c_message_pack(m, a->out + CCR_CALL_PREAMBLE + a->envelope_len);
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_answer_put_field(struct ccri_answer *a, uint32_t field, const ProtobufCMessage *m,
                                        struct ccr_err *err)
{
    size_t len = protobuf_c_message_get_packed_size(m);
    CCR_TRY(put_room(a, len + 1 + 5, err));
    uint8_t *at = a->out + CCR_CALL_PREAMBLE + a->envelope_len;
    size_t head = 0;
    at[head++] = (uint8_t)(field << 3 | 2); /* length-delimited; field numbers below 16 take one byte */
    for (size_t left = len;; left >>= 7) {
        if (left < 0x80) {
            at[head++] = (uint8_t)left;
            break;
        }
        at[head++] = (uint8_t)(left | 0x80);
    }
    a->envelope_len += head + protobuf_c_message_pack(m, at + head);
    return ccr_status_of(CCR_OK);
}

size_t ccri_answer_end(struct ccri_answer *a)
{
    if (a->payload_len == 0) {
        a->payload_pos = CCR_CALL_PREAMBLE + a->envelope_len; /* so that it lies within the frame */
    }
    ccr_put_u32le(a->out, (uint32_t)a->envelope_len);
    ccr_put_u32le(a->out + 4, (uint32_t)a->payload_pos);
    ccr_put_u32le(a->out + 8, (uint32_t)a->payload_len);
    return a->payload_pos + a->payload_len;
}
