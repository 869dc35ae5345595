/*
 * Frames for tests: good ones by the encoder, and any header around any packed bytes for damage.
 */
#ifndef CCR_TESTS_FRAMES_H
#define CCR_TESTS_FRAMES_H

#include "ccr/wire.h"
#include "ccr_wire.pb-c.h"
#include "plain_ops.h"

/* What the frames here are of, and what follower_config() of calls.h waits for. */
#define FRAME_HISTORY "qzMkNbTUTZqtGqMEb2m9wg"
#define FRAME_SHARD   "hK1qv2vFQvq5mYkE2l9e3Q/0"

struct frame {
    uint8_t *data;
    size_t len;
};

static inline struct ccr_slice frame_slice(const struct frame *f)
{
    return ccr_slice_of(f->data, f->len);
}

static inline void frame_free(struct frame *f)
{
    free(f->data);
    *f = (struct frame){0};
}

/* A batch of p by the encoder; aborts the test program on failure. */
static inline struct frame frame_of(struct ccr_workspace *ws, const struct plain_ops *p, enum ccr_codec_id codec,
                                    struct ccr_slice prefix)
{
    struct ccr_wire_header h = {.codec = codec, .from_seq_no = p->first_seq_no, .ops = plain_count(p)};
    h.checksum = plain_checksum(p);
    h.origin = ccr_wire_origin(FRAME_HISTORY, FRAME_SHARD);
    h.state = (struct ccr_leader_state){p->next_seq_no - 1, p->next_seq_no - 1, 1, 1, 1};
    size_t cap = ccr_wire_bound(p->len);
    struct frame f = {malloc(cap), 0};
    struct ccr_err err;
    if (!ccr_ok(ccr_wire_encode(ws, &h, 1, prefix, plain_slice(p), f.data, cap, &f.len, &err))) {
        fprintf(stderr, "frame_of: %s\n", err.text);
        abort();
    }
    return f;
}

/* A header that says just what a frame of `packed` plain bytes should say; tests change one field. */
static inline Ccr__V1__BatchHeader frame_header(const struct plain_ops *p)
{
    Ccr__V1__BatchHeader m = CCR__V1__BATCH_HEADER__INIT;
    m.version = CCR_WIRE_VERSION;
    m.from_seq_no = p->first_seq_no;
    m.ops = plain_count(p);
    m.raw_bytes = (uint32_t)p->len;
    m.packed_bytes = (uint32_t)p->len;
    m.checksum = plain_checksum(p);
    m.origin = ccr_wire_origin(FRAME_HISTORY, FRAME_SHARD);
    m.global_checkpoint = p->next_seq_no - 1;
    return m;
}

static inline struct frame frame_raw(const uint8_t *header, size_t header_len, struct ccr_slice packed)
{
    struct frame f = {NULL, CCR_WIRE_PREAMBLE + header_len + packed.len};
    f.data = malloc(f.len + 1);
    ccr_put_u32le(f.data, 0x42524343u);
    ccr_put_u32le(f.data + 4, (uint32_t)header_len);
    ccr_put_u32le(f.data + 8, ccr_crc32(ccr_crc32(0, f.data + 4, 4), header, header_len));
    memcpy(f.data + CCR_WIRE_PREAMBLE, header, header_len);
    if (packed.len > 0) {
        memcpy(f.data + CCR_WIRE_PREAMBLE + header_len, packed.data, packed.len);
    }
    return f;
}

static inline struct frame frame_with(const Ccr__V1__BatchHeader *m, struct ccr_slice packed)
{
    uint8_t header[1024];
    size_t len = ccr__v1__batch_header__pack(m, header);
    return frame_raw(header, len, packed);
}

#endif
