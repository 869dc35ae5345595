/*
 * Bootstrap chunk frames: any bytes, packed when it pays, with the CRC-32 of the plain ones.
 */
#include <inttypes.h>
#include <stdalign.h>
#include <string.h>

#include "ccr_wire.pb-c.h"
#include "wire/arena.h"
#include "wire/frame.h"

static const struct ccr_slice NO_PREFIX = {NULL, 0};

size_t ccr_chunk_bound(size_t raw_len)
{
    return raw_len > CCR_CHUNK_RAW_MAX ? 0 : ccr_wire_bound(raw_len);
}

struct ccr_status ccr_chunk_encode(struct ccr_workspace *ws, enum ccr_codec_id codec, int level, struct ccr_slice plain,
                                   uint8_t *dst, size_t cap, size_t *len, struct ccr_err *err)
{
    *len = 0;
    CCR_TRY(ccri_frame_limit("raw_bytes", plain.len, CCR_CHUNK_RAW_MAX, err));
    if (cap < ccr_chunk_bound(plain.len)) {
        return ccr_err_set(err, CCR_NOBUF, "a chunk of %zu bytes needs room for %zu, not %zu", plain.len,
                           ccr_chunk_bound(plain.len), cap);
    }
    Ccr__V1__ChunkHeader m = CCR__V1__CHUNK_HEADER__INIT;
    m.version = CCR_WIRE_VERSION;
    m.codec = (Ccr__V1__Codec)codec;
    m.raw_bytes = (uint32_t)plain.len;
    m.packed_bytes = (uint32_t)plain.len;
    m.checksum = ccr_crc32(0, plain.data, plain.len);
    uint8_t *packed_at = dst + CCR_WIRE_PREAMBLE + ccr__v1__chunk_header__get_packed_size(&m);
    size_t packed = plain.len;
    if (codec != CCR_CODEC_NONE && plain.len > 0) {
        size_t room = (size_t)(dst + cap - packed_at);
        CCR_TRY(ccr_codec_pack(ws, codec, level, NO_PREFIX, plain, packed_at, room, &packed, err));
    }
    if (packed >= plain.len) {
        m.codec = CCR__V1__CODEC__CODEC_NONE;
        packed = plain.len;
    }
    m.packed_bytes = (uint32_t)packed;
    size_t header_len = ccr__v1__chunk_header__get_packed_size(&m);
    uint8_t *want_at = dst + CCR_WIRE_PREAMBLE + header_len;
    if (m.codec != CCR__V1__CODEC__CODEC_NONE) {
        if (want_at != packed_at) {
            memmove(want_at, packed_at, packed);
        }
    } else if (plain.len > 0) {
        memcpy(want_at, plain.data, plain.len);
    }
    (void)ccr__v1__chunk_header__pack(&m, dst + CCR_WIRE_PREAMBLE);
    ccri_frame_seal(dst, CCRI_MAGIC_CHUNK, header_len);
    *len = CCR_WIRE_PREAMBLE + header_len + packed;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status chunk_header(Ccr__V1__ChunkHeader *h, struct ccr_slice frame, struct ccr_slice *packed,
                                      struct ccr_err *err)
{
    struct ccr_slice header;
    CCR_TRY(ccri_frame_split(frame, CCRI_MAGIC_CHUNK, &header, packed, err));
    alignas(max_align_t) uint8_t memory[CCRI_HEADER_ARENA];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__ChunkHeader *m = ccr__v1__chunk_header__unpack(&arena.allocator, header.len, header.data);
    if (m == NULL) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "the chunk header of %zu bytes is no message", header.len);
    }
    CCR_TRY(ccri_frame_version(m->version, err));
    CCR_TRY(ccri_frame_limit("raw_bytes", m->raw_bytes, CCR_CHUNK_RAW_MAX, err));
    CCR_TRY(ccri_frame_length(*packed, m->packed_bytes, CCR_WIRE_PREAMBLE + header.len, err));
    *h = *m;
    h->base.n_unknown_fields = 0; /* they lie in the arena, which ends here */
    h->base.unknown_fields = NULL;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_chunk_decode(struct ccr_workspace *ws, struct ccr_slice frame, uint8_t *dst, size_t cap,
                                   size_t *raw_len, struct ccr_err *err)
{
    *raw_len = 0;
    Ccr__V1__ChunkHeader h;
    struct ccr_slice packed;
    CCR_TRY(chunk_header(&h, frame, &packed, err));
    *raw_len = h.raw_bytes;
    if (h.raw_bytes > cap) {
        return ccr_err_set(err, CCR_NOBUF, "the chunk unpacks to %" PRIu32 " bytes, there is room for %zu", h.raw_bytes,
                           cap);
    }
    CCR_TRY(ccr_codec_unpack(ws, (enum ccr_codec_id)h.codec, NO_PREFIX, packed, dst, h.raw_bytes, err));
    uint32_t checksum = ccr_crc32(0, dst, h.raw_bytes);
    if (checksum != h.checksum) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "checksum of the chunk: expected 0x%08" PRIx32 ", got 0x%08" PRIx32,
                           h.checksum, checksum);
    }
    return ccr_status_of(CCR_OK);
}
