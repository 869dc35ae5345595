/*
 * Frames: what travels from leader to follower. Layout and field meaning: proto/ccr_wire.proto.
 *
 *   u32le "CCRB" | u32le header length | u32le CRC-32 | BatchHeader (protobuf) | packed operations
 *
 * The CRC-32 is that of the length and the header, so that no field of it is believed after damage on the way.
 *
 * Encoder and decoder borrow all buffers. The decoder's input is hostile: nothing is allocated or written by a length
 * that was not checked against a maximum and against the bytes that are there.
 */
#ifndef CCR_WIRE_H
#define CCR_WIRE_H

#include "ccr/codec.h"
#include "ccr/op.h"

#define CCR_WIRE_VERSION    1u
#define CCR_WIRE_HEADER_MAX 512u
#define CCR_WIRE_PREAMBLE   12u
#define CCR_WIRE_RAW_MAX    CCR_CODEC_BLOCK_MAX /* one oversized operation may travel alone */
#define CCR_WIRE_OPS_MAX    (1u << 20)

/* A follower's wish; the C twin of ReadRequest. */
struct ccr_read_request {
    uint32_t version;
    int64_t from_seq_no;
    int64_t last_seq_no; /* -1: up to the global checkpoint */
    uint32_t max_bytes;
    uint32_t max_ops;
    uint32_t wait_ms;
    enum ccr_codec_id codec;
    int level;
    int64_t prefix_first_seq_no;
    int64_t prefix_last_seq_no;
    uint32_t prefix_bytes;
    uint32_t prefix_checksum;
    char history_uuid[64];
    uint64_t
        mapping_version; /* heard of by the follower: a request that waits ends when one is outdated; 0, 0, 0: not */
    uint64_t settings_version;
    uint64_t aliases_version;
};

/* ARG with the field's name, value and range. */
struct ccr_status ccr_read_request_check(const struct ccr_read_request *r, struct ccr_err *err) CCR_MUST_USE;

/* What the leader's node knows of the shard when it answers; the C twin of LeaderState. */
struct ccr_leader_state {
    int64_t global_checkpoint; /* this and the next: CCR_SEQ_NO_UNASSIGNED to CCR_SEQ_NO_MAX, a frame says no other */
    int64_t max_seq_no_of_updates;
    uint64_t mapping_version;
    uint64_t settings_version;
    uint64_t aliases_version;
};

/* The C twin of BatchHeader. */
struct ccr_wire_header {
    uint32_t version;
    enum ccr_codec_id codec;
    int64_t from_seq_no;
    uint32_t ops;
    uint32_t raw_bytes;
    uint32_t packed_bytes;
    uint32_t checksum;
    uint32_t prefix_bytes;
    uint64_t origin;
    struct ccr_leader_state state;
};

/*
 * Names a history of a shard in eight bytes: SipHash-2-4 of both texts, NULs included, with key 0; never 0. It tells
 * histories apart, it proves nothing: who knows both texts can make it. 0, which names none, when the history is empty.
 * Texts of CCR_WIRE_NAME_MAX bytes or more are cut there.
 */
#define CCR_WIRE_NAME_MAX 64u
uint64_t ccr_wire_origin(const char *history_uuid, const char *shard);

/* last seq_no of a batch; from_seq_no - 1 when it is empty */
static inline int64_t ccr_wire_last_seq_no(const struct ccr_wire_header *h)
{
    return h->from_seq_no + (int64_t)h->ops - 1;
}

/* A frame of raw_len plain bytes never needs more than this, whatever the codec. */
size_t ccr_wire_bound(size_t raw_len);

/*
 * Writes a frame of `plain` into dst. h->{codec, from_seq_no, ops, checksum, origin, state} are given; the rest is filled in. When
 * packing does not make it smaller, the codec becomes NONE. NOBUF when cap < ccr_wire_bound(plain.len); ARG: numbers that decode would refuse. NOMEM.
 */
struct ccr_status ccr_wire_encode(struct ccr_workspace *ws, struct ccr_wire_header *h, int level,
                                  struct ccr_slice prefix, struct ccr_slice plain, uint8_t *dst, size_t cap,
                                  size_t *len, struct ccr_err *err) CCR_MUST_USE;

/*
 * Reads and checks the header; *packed borrows the frame's packed bytes.
 * CORRUPT_WIRE (magic, lengths, trailing bytes, numbers that cannot be a shard's), VERSION (both versions in the text), LIMIT (field and maximum).
 */
struct ccr_status ccr_wire_decode(struct ccr_wire_header *h, struct ccr_slice frame, struct ccr_slice *packed,
                                  struct ccr_err *err) CCR_MUST_USE;

/*
 * Unpacks into dst (h->raw_bytes of room) and verifies checksum, count and order of the operations.
 * A frame that needs no prefix ignores the one given. PREFIX: h->prefix_bytes is not prefix.len. CORRUPT_WIRE otherwise.
 */
struct ccr_status ccr_wire_unpack(struct ccr_workspace *ws, const struct ccr_wire_header *h, struct ccr_slice packed,
                                  struct ccr_slice prefix, uint8_t *dst, struct ccr_err *err) CCR_MUST_USE;

/*
 * Bootstrap chunks: u32le "CCRC" | u32le header length | u32le CRC-32 | ChunkHeader | packed bytes.
 * Plain length <= CCR_CHUNK_RAW_MAX.
 */
#define CCR_CHUNK_RAW_MAX (64u << 20)

size_t ccr_chunk_bound(size_t raw_len);
struct ccr_status ccr_chunk_encode(struct ccr_workspace *ws, enum ccr_codec_id codec, int level, struct ccr_slice plain,
                                   uint8_t *dst, size_t cap, size_t *len, struct ccr_err *err) CCR_MUST_USE;
/* *raw_len is the plain length; NOBUF when it is more than cap (dst may then be NULL). */
struct ccr_status ccr_chunk_decode(struct ccr_workspace *ws, struct ccr_slice frame, uint8_t *dst, size_t cap,
                                   size_t *raw_len, struct ccr_err *err) CCR_MUST_USE;

/*
 * The last few KB of plain operations a follower holds, to be named as the prefix of its next request.
 * Holds whole operations, gapless; empty when cleared.
 */
#define CCR_TAIL_BYTES_MAX (16u << 10)

struct ccr_tail {
    struct ccr_buf bytes;
    struct ccr_ops_digest digest;
    size_t want; /* bytes to keep, <= CCR_TAIL_BYTES_MAX */
};

void ccr_tail_init(struct ccr_tail *t, const struct ccr_alloc *alloc, size_t want);
void ccr_tail_fini(struct ccr_tail *t);
void ccr_tail_clear(struct ccr_tail *t);

/* Appends verified plain operations first..; what does not follow on the tail's last operation replaces it. NOMEM. */
struct ccr_status ccr_tail_keep(struct ccr_tail *t, struct ccr_slice plain, int64_t first_seq_no) CCR_MUST_USE;

/* Names the tail as r's prefix when its last operation is r->from_seq_no - 1; clears r's prefix otherwise. */
void ccr_tail_name(const struct ccr_tail *t, struct ccr_read_request *r);

#endif
