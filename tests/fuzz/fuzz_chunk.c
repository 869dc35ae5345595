/*
 * Bootstrap chunks from a hostile leader: the input is the frame. Whatever comes out has the checksum that the header
 * names, and packs and unpacks to itself.
 */
#include "ccr/wire.h"
#include "ccr_wire.pb-c.h"
#include "fuzz.h"
#include "reference.h"
#include "wire/frame.h"

#define UNPACK_MAX (1u << 18)

static struct ccr_workspace *ws;

static void set_up(void)
{
    if (ws == NULL && !ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        abort();
    }
}

static void again(struct ccr_slice plain, enum ccr_codec_id codec)
{
    size_t cap = ccr_chunk_bound(plain.len), len, back_len;
    uint8_t *frame = malloc(cap), *back = malloc(plain.len + 1);
    struct ccr_err err;
    HOLDS(ccr_ok(ccr_chunk_encode(ws, codec, 1, plain, frame, cap, &len, &err)), "%s", err.text);
    HOLDS(ccr_ok(ccr_chunk_decode(ws, ccr_slice_of(frame, len), back, plain.len, &back_len, &err)), "%s", err.text);
    HOLDS(back_len == plain.len && memcmp(back, plain.data, plain.len) == 0, "%zu bytes", back_len);
    free(frame);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ccr_err err = {.text = ""};
    struct ccr_slice frame = ccr_slice_of(data, size);
    size_t raw_len = 0, told = 0;
    set_up();
    /* First without room, as Java asks; a claim of nothing needs none. */
    struct ccr_status s = ccr_chunk_decode(ws, frame, NULL, 0, &raw_len, &err);
    HOLDS(ccr_ok(s) == (ccr_ok(s) && raw_len == 0), "%zu bytes into no room", raw_len);
    HOLDS(raw_len <= CCR_CHUNK_RAW_MAX, "%zu bytes", raw_len);
    if (!ccr_is(s, CCR_NOBUF) || raw_len > UNPACK_MAX) {
        HOLDS(ccr_ok(s) || ccr_is(s, CCR_NOBUF) || ccr_is(s, CCR_CORRUPT_WIRE) || ccr_is(s, CCR_LIMIT) ||
                  ccr_is(s, CCR_VERSION),
              "%s: %s", ccr_status_name(s), err.text);
        return 0;
    }
    uint8_t *dst = malloc(raw_len);
    s = ccr_chunk_decode(ws, frame, dst, raw_len, &told, &err);
    HOLDS(ccr_ok(s) || ccr_is(s, CCR_CORRUPT_WIRE), "%s: %s", ccr_status_name(s), err.text);
    if (ccr_ok(s)) {
        uint64_t field[16];
        unsigned unknown;
        size_t header = ccr_get_u32le(data + 4);
        HOLDS(told == raw_len && reference_message(field, &unknown, "00005", data + 12, header), "%zu", told);
        HOLDS((uint32_t)field[5] == reference_crc32(dst, raw_len), "checksum 0x%08x", (unsigned)field[5]);
        again(ccr_slice_of(dst, raw_len), (enum ccr_codec_id)(size % 3));
    }
    free(dst);
    return 0;
}

/* ---- what only a leader could put right */

static size_t craft(uint8_t *data, size_t max, uint32_t *x)
{
    uint8_t plain[400];
    uint8_t frame[2048];
    size_t len, plain_len = fuzz_next(x) % sizeof plain;
    for (size_t i = 0; i < plain_len; i++) {
        plain[i] = fuzz_next(x) % 4 == 0 ? (uint8_t)fuzz_next(x) : (uint8_t) "segment_N si cfs "[i % 17];
    }
    if (!ccr_ok(ccr_chunk_encode(ws, (enum ccr_codec_id)(fuzz_next(x) % 3), 1, ccr_slice_of(plain, plain_len), frame,
                                 sizeof frame, &len, NULL)) ||
        len > max) {
        return 0;
    }
    memcpy(data, frame, len);
    return len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint32_t x = fuzz_seed(seed);
    set_up();
    uint32_t how = fuzz_next(&x) % 16;
    size_t header_len = size < 12 ? SIZE_MAX : ccr_get_u32le(data + 4);
    if (how == 0 || size < 12) {
        size_t len = craft(data, max, &x);
        return len > 0 ? len : LLVMFuzzerMutate(data, size, max);
    }
    if (how < 3 || header_len > 128 || header_len > size - 12) {
        return LLVMFuzzerMutate(data, size, max);
    }
    Ccr__V1__ChunkHeader *m = ccr__v1__chunk_header__unpack(NULL, header_len, data + 12);
    if (m == NULL) {
        return LLVMFuzzerMutate(data, size, max);
    }
    uint8_t *packed = malloc(max + 64);
    size_t packed_len = size - 12 - header_len;
    memcpy(packed, data + 12 + header_len, packed_len);
    if (how < 7) {
        uint32_t *field[] = {&m->version, &m->raw_bytes, &m->packed_bytes, &m->checksum, (uint32_t *)&m->codec};
        *field[fuzz_next(&x) % 5] = fuzz_next(&x) % 2 ? fuzz_next(&x) % 600 : fuzz_next(&x) << fuzz_next(&x) % 32;
    } else {
        packed_len = LLVMFuzzerMutate(packed, packed_len, max > 200 ? max - 200 : packed_len);
        m->packed_bytes = (uint32_t)packed_len;
    }
    if (m->codec == CCR__V1__CODEC__CODEC_NONE && fuzz_next(&x) % 2) {
        m->raw_bytes = (uint32_t)packed_len;
        m->checksum = ccr_crc32(0, packed, packed_len);
    }
    size_t new_len = ccr__v1__chunk_header__get_packed_size(m);
    if (new_len <= 128 && 12 + new_len + packed_len <= max) {
        (void)ccr__v1__chunk_header__pack(m, data + 12);
        memcpy(data + 12 + new_len, packed, packed_len);
        ccri_frame_seal(data, CCRI_MAGIC_CHUNK, new_len);
        size = 12 + new_len + packed_len;
    }
    free(packed);
    ccr__v1__chunk_header__free_unpacked(m, NULL);
    return size;
}
