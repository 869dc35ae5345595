/*
 * Batch frames, writer and reader side by side. Layout: wire/frame.h and proto/ccr_wire.proto.
 */
#include <inttypes.h>
#include <stdalign.h>
#include <string.h>

#include "ccr/digest.h"
#include "ccr_wire.pb-c.h"
#include "wire/arena.h"
#include "wire/frame.h"

static const struct ccr_slice NO_PREFIX = {NULL, 0};

static Ccr__V1__BatchHeader to_message(const struct ccr_wire_header *h)
{
    Ccr__V1__BatchHeader m = CCR__V1__BATCH_HEADER__INIT;
    m.version = h->version;
    m.codec = (Ccr__V1__Codec)h->codec;
    m.from_seq_no = h->from_seq_no;
    m.ops = h->ops;
    m.raw_bytes = h->raw_bytes;
    m.packed_bytes = h->packed_bytes;
    m.checksum = h->checksum;
    m.prefix_bytes = h->prefix_bytes;
    m.origin = h->origin;
    m.global_checkpoint = h->state.global_checkpoint;
    m.max_seq_no_of_updates = h->state.max_seq_no_of_updates;
    m.mapping_version = h->state.mapping_version;
    m.settings_version = h->state.settings_version;
    m.aliases_version = h->state.aliases_version;
    return m;
}

static size_t name_len(const char *name)
{
    const char *end = memchr(name, 0, CCR_WIRE_NAME_MAX - 1);
    return end != NULL ? (size_t)(end - name) : CCR_WIRE_NAME_MAX - 1;
}

uint64_t ccr_wire_origin(const char *history_uuid, const char *shard)
{
    const struct ccr_digest_key key = {0, 0};
    char text[2 * CCR_WIRE_NAME_MAX] = {0};
    uint64_t hash[2];
    size_t history_len = name_len(history_uuid);
    size_t shard_len = name_len(shard);
    if (history_len == 0) {
        return 0;
    }
    memcpy(text, history_uuid, history_len);
    memcpy(text + history_len + 1, shard, shard_len);
    ccr_siphash128(hash, key, text, history_len + shard_len + 2);
    return hash[0] != 0 ? hash[0] : 1;
}

size_t ccr_wire_bound(size_t raw_len)
{
    size_t zstd = ccr_codec_bound(CCR_CODEC_ZSTD, raw_len);
    size_t lz4 = ccr_codec_bound(CCR_CODEC_LZ4, raw_len);
    return CCR_WIRE_PREAMBLE + CCR_WIRE_HEADER_MAX + (zstd > lz4 ? zstd : lz4);
}

/* What the leader says of itself goes into sums and differences, of an empty frame too. */
static struct ccr_status state_check(const struct ccr_leader_state *s, enum ccr_code code, struct ccr_err *err)
{
    if (s->global_checkpoint < CCR_SEQ_NO_UNASSIGNED || s->global_checkpoint > CCR_SEQ_NO_MAX) {
        return ccr_err_set(err, code, "global_checkpoint %" PRId64 " is not in [%d, %" PRId64 "]", s->global_checkpoint,
                           CCR_SEQ_NO_UNASSIGNED, CCR_SEQ_NO_MAX);
    }
    if (s->max_seq_no_of_updates < CCR_SEQ_NO_UNASSIGNED || s->max_seq_no_of_updates > CCR_SEQ_NO_MAX) {
        return ccr_err_set(err, code, "max_seq_no_of_updates %" PRId64 " is not in [%d, %" PRId64 "]",
                           s->max_seq_no_of_updates, CCR_SEQ_NO_UNASSIGNED, CCR_SEQ_NO_MAX);
    }
    return ccr_status_of(CCR_OK);
}

/* What operations must be to the leader's state and to their plain bytes; from_seq_no and ops are within their limits. */
static struct ccr_status operations_check(const struct ccr_wire_header *h, size_t raw_bytes, enum ccr_code code,
                                          struct ccr_err *err)
{
    if (h->ops > 0 && ccr_wire_last_seq_no(h) > h->state.global_checkpoint) {
        return ccr_err_set(err, code, "operations up to %" PRId64 " go beyond the global checkpoint %" PRId64,
                           ccr_wire_last_seq_no(h), h->state.global_checkpoint);
    }
    uint64_t least = (uint64_t)h->ops * (CCR_OPS_RECORD_OVERHEAD + CCR_OP_BYTES_MIN);
    if (raw_bytes < least || (h->ops == 0 && raw_bytes > 0)) {
        return ccr_err_set(err, code, "%" PRIu32 " operations in %zu plain bytes", h->ops, raw_bytes);
    }
    return ccr_status_of(CCR_OK);
}

static struct ccr_status encode_check(const struct ccr_wire_header *h, struct ccr_slice plain, size_t cap,
                                      struct ccr_err *err)
{
    CCR_TRY(ccri_frame_limit("raw_bytes", plain.len, CCR_WIRE_RAW_MAX, err));
    CCR_TRY(ccri_frame_limit("ops", h->ops, CCR_WIRE_OPS_MAX, err));
    if (h->from_seq_no < 0 || h->from_seq_no > INT64_MAX - h->ops) {
        return ccr_err_set(err, CCR_ARG, "from_seq_no %" PRId64 " with %" PRIu32 " operations", h->from_seq_no, h->ops);
    }
    CCR_TRY(state_check(&h->state, CCR_ARG, err));
    CCR_TRY(operations_check(h, plain.len, CCR_ARG, err));
    if (cap < ccr_wire_bound(plain.len)) {
        return ccr_err_set(err, CCR_NOBUF, "a frame of %zu plain bytes needs room for %zu, not %zu", plain.len,
                           ccr_wire_bound(plain.len), cap);
    }
    return ccr_status_of(CCR_OK);
}

/*
 * The header stands before the packed bytes and tells their length, so its own length is guessed. Of a long batch it is
 * measured with the plain length: that varint is mostly as long, and then nothing has to be moved. Measuring takes as
 * long as writing it, though, which next to LZ4 on one document is a twelfth of everything; so short ones are moved.
 */
#define HEADER_GUESS 64u
#define MOVED_MAX    4096u

static size_t header_guess(const Ccr__V1__BatchHeader *m)
{
    return m->raw_bytes <= MOVED_MAX ? HEADER_GUESS : ccr__v1__batch_header__get_packed_size(m);
}

struct ccr_status ccr_wire_encode(struct ccr_workspace *ws, struct ccr_wire_header *h, int level,
                                  struct ccr_slice prefix, struct ccr_slice plain, uint8_t *dst, size_t cap,
                                  size_t *len, struct ccr_err *err)
{
    *len = 0;
    CCR_TRY(encode_check(h, plain, cap, err));
    struct ccr_wire_header out = *h;
    out.version = CCR_WIRE_VERSION;
    out.raw_bytes = (uint32_t)plain.len;
    out.packed_bytes = (uint32_t)plain.len;
    out.prefix_bytes = (uint32_t)prefix.len;
    if (plain.len == 0) {
        out.codec = CCR_CODEC_NONE;
    }

    Ccr__V1__BatchHeader m = to_message(&out);
    uint8_t *packed_at = dst + CCR_WIRE_PREAMBLE + header_guess(&m);
    size_t packed = plain.len;
    if (out.codec != CCR_CODEC_NONE) {
        size_t room = (size_t)(dst + cap - packed_at);
        CCR_TRY(ccr_codec_pack(ws, out.codec, level, prefix, plain, packed_at, room, &packed, err));
    }
    if (packed >= plain.len) {
        out.codec = CCR_CODEC_NONE;
        packed = plain.len;
    }
    if (out.codec == CCR_CODEC_NONE) {
        out.prefix_bytes = 0;
    }
    out.packed_bytes = (uint32_t)packed;

    m = to_message(&out);
    uint8_t header[CCR_WIRE_HEADER_MAX]; /* 14 numbers of at most 11 bytes */
    size_t header_len = ccr__v1__batch_header__pack(&m, header);
    uint8_t *want_at = dst + CCR_WIRE_PREAMBLE + header_len;
    if (out.codec != CCR_CODEC_NONE) {
        if (want_at != packed_at) {
            memmove(want_at, packed_at, packed);
        }
    } else if (plain.len > 0) {
        memcpy(want_at, plain.data, plain.len);
    }
    memcpy(dst + CCR_WIRE_PREAMBLE, header, header_len);
    ccri_frame_seal(dst, CCRI_MAGIC_BATCH, header_len);
    *h = out;
    *len = CCR_WIRE_PREAMBLE + header_len + packed;
    return ccr_status_of(CCR_OK);
}

/* What the fields must be to each other, whatever the packed bytes hold. */
static struct ccr_status header_check(const struct ccr_wire_header *h, struct ccr_err *err)
{
    CCR_TRY(ccri_frame_limit("raw_bytes", h->raw_bytes, CCR_WIRE_RAW_MAX, err));
    CCR_TRY(ccri_frame_limit("ops", h->ops, CCR_WIRE_OPS_MAX, err));
    CCR_TRY(ccri_frame_limit("prefix_bytes", h->prefix_bytes, CCR_CODEC_PREFIX_MAX, err));
    if ((unsigned)h->codec > CCR_CODEC_ZSTD) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "unknown codec %d, known are 0 to %d", (int)h->codec, CCR_CODEC_ZSTD);
    }
    if (h->from_seq_no < 0 || h->from_seq_no > INT64_MAX - h->ops) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "from_seq_no %" PRId64 " with %" PRIu32 " operations", h->from_seq_no,
                           h->ops);
    }
    CCR_TRY(state_check(&h->state, CCR_CORRUPT_WIRE, err));
    CCR_TRY(operations_check(h, h->raw_bytes, CCR_CORRUPT_WIRE, err));
    if (h->codec == CCR_CODEC_NONE && (h->packed_bytes != h->raw_bytes || h->prefix_bytes != 0)) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE,
                           "an unpacked frame of %" PRIu32 " plain bytes says %" PRIu32
                           " packed and a prefix of %" PRIu32,
                           h->raw_bytes, h->packed_bytes, h->prefix_bytes);
    }
    return ccr_status_of(CCR_OK);
}

static void from_message(struct ccr_wire_header *h, const Ccr__V1__BatchHeader *m)
{
    *h = (struct ccr_wire_header){
        .version = m->version,
        .codec = (enum ccr_codec_id)m->codec,
        .from_seq_no = m->from_seq_no,
        .ops = m->ops,
        .raw_bytes = m->raw_bytes,
        .packed_bytes = m->packed_bytes,
        .checksum = m->checksum,
        .prefix_bytes = m->prefix_bytes,
        .origin = m->origin,
        .state = {.global_checkpoint = m->global_checkpoint,
                  .max_seq_no_of_updates = m->max_seq_no_of_updates,
                  .mapping_version = m->mapping_version,
                  .settings_version = m->settings_version,
                  .aliases_version = m->aliases_version},
    };
}

struct ccr_status ccr_wire_decode(struct ccr_wire_header *h, struct ccr_slice frame, struct ccr_slice *packed,
                                  struct ccr_err *err)
{
    struct ccr_slice header;
    CCR_TRY(ccri_frame_split(frame, CCRI_MAGIC_BATCH, &header, packed, err));
    alignas(max_align_t) uint8_t memory[CCRI_HEADER_ARENA];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__BatchHeader *m = ccr__v1__batch_header__unpack(&arena.allocator, header.len, header.data);
    if (m == NULL) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "the batch header of %zu bytes is no message", header.len);
    }
    CCR_TRY(ccri_frame_version(m->version, err));
    from_message(h, m);
    CCR_TRY(header_check(h, err));
    return ccri_frame_length(*packed, h->packed_bytes, CCR_WIRE_PREAMBLE + header.len, err);
}

struct ccr_status ccr_wire_unpack(struct ccr_workspace *ws, const struct ccr_wire_header *h, struct ccr_slice packed,
                                  struct ccr_slice prefix, uint8_t *dst, struct ccr_err *err)
{
    if (h->prefix_bytes == 0) {
        prefix = NO_PREFIX;
    }
    if (prefix.len != h->prefix_bytes) {
        return ccr_err_set(err, CCR_PREFIX,
                           "the frame from %" PRId64 " needs a prefix of %" PRIu32 " bytes, held are %zu",
                           h->from_seq_no, h->prefix_bytes, prefix.len);
    }
    struct ccr_status s = ccr_codec_unpack(ws, h->codec, prefix, packed, dst, h->raw_bytes, err);
    if (!ccr_ok(s)) {
        return ccr_err_wrap(err, s, "batch from %" PRId64, h->from_seq_no);
    }
    struct ccr_ops_digest digest;
    ccr_ops_digest_init(&digest);
    s = ccr_ops_verify(&digest, ccr_slice_of(dst, h->raw_bytes), h->from_seq_no, err);
    if (!ccr_ok(s)) {
        return ccr_err_wrap(err, s, "batch from %" PRId64, h->from_seq_no);
    }
    if (digest.ops != h->ops) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE,
                           "batch from %" PRId64 " holds %" PRIu32 " operations, the header says %" PRIu32,
                           h->from_seq_no, digest.ops, h->ops);
    }
    if (digest.checksum != h->checksum) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE,
                           "checksum of the batch from %" PRId64 ": expected 0x%08" PRIx32 ", got 0x%08" PRIx32,
                           h->from_seq_no, h->checksum, digest.checksum);
    }
    return ccr_status_of(CCR_OK);
}
