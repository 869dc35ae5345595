/*
 * The frame of a call, both ways:
 *
 *   offset 0   u32le envelope length n, 0 .. CCR_CALL_ENVELOPE_MAX
 *   offset 4   u32le payload position p, from the frame's first byte; p >= 12 + n unless the payload is empty
 *   offset 8   u32le payload length
 *   offset 12  envelope (protobuf)
 *   offset p   payload
 *
 * An answer puts its payload at a fixed place behind the most room its envelope can take, so that operations are
 * unpacked right where Java reads them.
 */
#ifndef CCRI_CALL_FRAME_H
#define CCRI_CALL_FRAME_H

#include <protobuf-c/protobuf-c.h>

#include "ccr/session.h"
#include "ccr/wire.h"

/* Memory for unpacking one envelope: the longest is LeaderOpen with a path of PATH_MAX bytes. */
#define CCRI_ENVELOPE_ARENA (12u << 10)

struct ccri_call {
    struct ccr_slice envelope;
    struct ccr_slice payload;
};

struct ccri_answer {
    uint8_t *out;
    size_t cap;
    size_t needed; /* with NOBUF: the capacity that will do */
    size_t envelope_len;
    size_t payload_pos;
    size_t payload_len;
};

/* Borrows from the frame. ARG, LIMIT. */
struct ccr_status ccri_call_split(struct ccri_call *call, const uint8_t *in, size_t in_len,
                                  struct ccr_err *err) CCR_MUST_USE;

/* Room for an envelope of at most envelope_max and a payload of payload_len bytes: NOBUF sets needed. */
struct ccr_status ccri_answer_room(struct ccri_answer *a, size_t envelope_max, size_t payload_len,
                                   struct ccr_err *err) CCR_MUST_USE;

/* After ccri_answer_room: where the payload goes, and the room there. */
static inline uint8_t *ccri_answer_payload(const struct ccri_answer *a)
{
    return a->out + a->payload_pos;
}

static inline size_t ccri_answer_left(const struct ccri_answer *a)
{
    return a->cap - a->payload_pos;
}

/* NOBUF that asks for a payload of payload_len. */
struct ccr_status ccri_answer_grow(struct ccri_answer *a, size_t payload_len, struct ccr_err *err) CCR_MUST_USE;

/* Appends a message to the envelope; within the room that was asked for. BROKEN when it does not fit. */
struct ccr_status ccri_answer_put(struct ccri_answer *a, const ProtobufCMessage *m, struct ccr_err *err) CCR_MUST_USE;

/* Appends one message as an element of a repeated field. */
struct ccr_status ccri_answer_put_field(struct ccri_answer *a, uint32_t field, const ProtobufCMessage *m,
                                        struct ccr_err *err) CCR_MUST_USE;

/* Writes the preamble and answers the frame's length. */
size_t ccri_answer_end(struct ccri_answer *a);

#endif
