/* One test for each way a frame can be damaged, each with the exact words of its refusal. */
#include "frames.h"
#include "heap.h"

static const struct ccr_slice NONE = {NULL, 0};

struct rig {
    struct ccr_workspace *ws;
    struct plain_ops p;
    Ccr__V1__BatchHeader m;
    struct ccr_err err;
};

static struct rig rig_new(const struct ccr_alloc *alloc)
{
    struct rig r = {.p = plain_new(20)};
    assert_ok(ccr_workspace_new(&r.ws, alloc));
    plain_log(&r.p, 4);
    r.m = frame_header(&r.p);
    return r;
}

static void rig_free(struct rig *r)
{
    ccr_workspace_free(r->ws);
    plain_free(&r->p);
}

static struct ccr_status decode_and_unpack(struct rig *r, struct ccr_slice frame, struct ccr_slice prefix)
{
    struct ccr_wire_header h;
    struct ccr_slice packed;
    CCR_TRY(ccr_wire_decode(&h, frame, &packed, &r->err));
    uint8_t *dst = malloc(h.raw_bytes + 1u);
    struct ccr_status s = ccr_wire_unpack(r->ws, &h, packed, prefix, dst, &r->err);
    free(dst);
    return s;
}

static void refused(struct rig *r, struct ccr_slice frame, enum ccr_code code, const char *text)
{
    struct ccr_status s = decode_and_unpack(r, frame, NONE);
    cr_assert(ccr_is(s, code), "expected %s, got %s: %s", ccr_status_name(ccr_status_of(code)), ccr_status_name(s),
              r->err.text);
    cr_assert_str_eq(r->err.text, text);
}

/* A frame whose header is good but for one field. */
#define DAMAGE(name, change, code, text)                                                                               \
    CCR_TEST(damage_wire, name)                                                                                        \
    {                                                                                                                  \
        struct rig r = rig_new(&heap->alloc);                                                                          \
        change;                                                                                                        \
        struct frame f = frame_with(&r.m, plain_slice(&r.p));                                                          \
        refused(&r, frame_slice(&f), code, text);                                                                      \
        frame_free(&f);                                                                                                \
        rig_free(&r);                                                                                                  \
    }

DAMAGE(version_none, r.m.version = 0, CCR_CORRUPT_WIRE, "frame version 0: the header holds none")
DAMAGE(version_newer, r.m.version = 2, CCR_VERSION, "frame version 2 is newer than 1, the newest this node reads")
DAMAGE(codec_unknown, r.m.codec = (Ccr__V1__Codec)3, CCR_CORRUPT_WIRE, "unknown codec 3, known are 0 to 2")
DAMAGE(codec_negative, r.m.codec = (Ccr__V1__Codec)-1, CCR_CORRUPT_WIRE, "unknown codec -1, known are 0 to 2")
DAMAGE(raw_bytes_beyond_maximum, r.m.raw_bytes = 1073741829, CCR_LIMIT,
       "raw_bytes is 1073741829, the maximum is 1073741828")
DAMAGE(ops_beyond_maximum, r.m.ops = 1048577, CCR_LIMIT, "ops is 1048577, the maximum is 1048576")
DAMAGE(prefix_beyond_maximum, r.m.prefix_bytes = 65537, CCR_LIMIT, "prefix_bytes is 65537, the maximum is 65536")
DAMAGE(from_negative, r.m.from_seq_no = -1, CCR_CORRUPT_WIRE, "from_seq_no -1 with 4 operations")
DAMAGE(from_overflows, r.m.from_seq_no = INT64_MAX - 2, CCR_CORRUPT_WIRE,
       "from_seq_no 9223372036854775805 with 4 operations")
DAMAGE(beyond_global_checkpoint, r.m.global_checkpoint = 22, CCR_CORRUPT_WIRE,
       "operations up to 23 go beyond the global checkpoint 22")
DAMAGE(checkpoint_beyond_maximum, r.m.global_checkpoint = INT64_C(1) << 52, CCR_CORRUPT_WIRE,
       "global_checkpoint 4503599627370496 is not in [-2, 4503599627370495]")
DAMAGE(checkpoint_below_minimum, r.m.global_checkpoint = -3, CCR_CORRUPT_WIRE,
       "global_checkpoint -3 is not in [-2, 4503599627370495]")
DAMAGE(updates_beyond_maximum, r.m.max_seq_no_of_updates = INT64_MAX, CCR_CORRUPT_WIRE,
       "max_seq_no_of_updates 9223372036854775807 is not in [-2, 4503599627370495]")
DAMAGE(updates_below_minimum, r.m.max_seq_no_of_updates = INT64_MIN, CCR_CORRUPT_WIRE,
       "max_seq_no_of_updates -9223372036854775808 is not in [-2, 4503599627370495]")
DAMAGE(ops_without_room, r.m.ops = 1000;
       r.m.global_checkpoint = 5000, CCR_CORRUPT_WIRE, "1000 operations in 1557 plain bytes")
DAMAGE(bytes_without_ops, r.m.ops = 0, CCR_CORRUPT_WIRE, "0 operations in 1557 plain bytes")
DAMAGE(plain_with_packed_length, r.m.packed_bytes = 5, CCR_CORRUPT_WIRE,
       "an unpacked frame of 1557 plain bytes says 5 packed and a prefix of 0")
DAMAGE(plain_with_prefix, r.m.prefix_bytes = 9, CCR_CORRUPT_WIRE,
       "an unpacked frame of 1557 plain bytes says 1557 packed and a prefix of 9")
DAMAGE(trailing_bytes, plain_put(&r.p, "xyz", 3), CCR_CORRUPT_WIRE,
       "1560 packed bytes at offset 40, the header says 1557")
DAMAGE(truncated, r.p.len -= 1, CCR_CORRUPT_WIRE, "1556 packed bytes at offset 40, the header says 1557")
DAMAGE(count_of_operations, r.m.ops = 3, CCR_CORRUPT_WIRE, "batch from 20 holds 4 operations, the header says 3")
DAMAGE(order_of_operations, r.m.from_seq_no = 19, CCR_CORRUPT_WIRE,
       "batch from 19: operation at 0: expected seq_no 19, got 20")
DAMAGE(not_zstd, r.m.codec = CCR__V1__CODEC__CODEC_ZSTD, CCR_CORRUPT_WIRE,
       "batch from 20: zstd block does not unpack to 1557 bytes: not one frame of this plugin")
DAMAGE(not_lz4, r.m.codec = CCR__V1__CODEC__CODEC_LZ4, CCR_CORRUPT_WIRE,
       "batch from 20: LZ4 block does not unpack to 1557 bytes: malformed")
DAMAGE(prefix_not_held, r.m.codec = CCR__V1__CODEC__CODEC_LZ4;
       r.m.prefix_bytes = 100, CCR_PREFIX, "the frame from 20 needs a prefix of 100 bytes, held are 0")

CCR_TEST(damage_wire, checksum)
{
    struct rig r = rig_new(&heap->alloc);
    char text[128];
    snprintf(text, sizeof text, "checksum of the batch from 20: expected 0x12345678, got 0x%08" PRIx32, r.m.checksum);
    r.m.checksum = 0x12345678;
    struct frame f = frame_with(&r.m, plain_slice(&r.p));
    refused(&r, frame_slice(&f), CCR_CORRUPT_WIRE, text);
    frame_free(&f);
    rig_free(&r);
}

CCR_TEST(damage_wire, preamble)
{
    struct rig r = rig_new(&heap->alloc);
    uint8_t bytes[600] = "CCRB\x02\x00\x00\x00\x00\x00\x00\x00";
    refused(&r, ccr_slice_of(bytes, 0), CCR_CORRUPT_WIRE, "a frame of 0 bytes is shorter than its preamble of 12");
    refused(&r, ccr_slice_of(bytes, 11), CCR_CORRUPT_WIRE, "a frame of 11 bytes is shorter than its preamble of 12");
    refused(&r, ccr_slice_of(bytes, 12), CCR_CORRUPT_WIRE, "frame ends at offset 12 inside its header of 2 bytes");
    cr_assert_eq(r.err.offset, 12);
    bytes[5] = 3;
    refused(&r, ccr_slice_of(bytes, 600), CCR_LIMIT, "header length is 770, the maximum is 512");
    cr_assert_eq(r.err.offset, 4);
    ccr_put_u32le(bytes + 4, UINT32_MAX);
    refused(&r, ccr_slice_of(bytes, 600), CCR_LIMIT, "header length is 4294967295, the maximum is 512");
    bytes[3] = 'C';
    refused(&r, ccr_slice_of(bytes, 600), CCR_CORRUPT_WIRE,
            "frame magic at offset 0: expected 0x42524343, got 0x43524343");
    rig_free(&r);
}

/* Found by review: of a frame without operations nobody looked at the checkpoint, and a lag overflowed. */
CCR_TEST(damage_wire, checkpoint_of_an_empty_frame)
{
    struct rig r = rig_new(&heap->alloc);
    r.p.len = 0;
    r.m.ops = r.m.raw_bytes = r.m.packed_bytes = r.m.checksum = 0;
    r.m.global_checkpoint = INT64_MAX;
    struct frame f = frame_with(&r.m, plain_slice(&r.p));
    refused(&r, frame_slice(&f), CCR_CORRUPT_WIRE,
            "global_checkpoint 9223372036854775807 is not in [-2, 4503599627370495]");
    frame_free(&f);
    r.m.global_checkpoint = CCR_SEQ_NO_MAX;
    r.m.max_seq_no_of_updates = CCR_SEQ_NO_UNASSIGNED;
    f = frame_with(&r.m, plain_slice(&r.p));
    struct ccr_status s = decode_and_unpack(&r, frame_slice(&f), NONE);
    cr_assert(ccr_ok(s), "the greatest that is believed: %s", r.err.text);
    frame_free(&f);
    rig_free(&r);
}

/* Versions and checkpoints are covered by nothing else: every bit of the header and of its length counts. */
CCR_TEST(damage_wire, every_bit_of_the_header)
{
    struct rig r = rig_new(&heap->alloc);
    struct frame f = frame_with(&r.m, plain_slice(&r.p));
    uint32_t header = ccr_get_u32le(f.data + 4);
    for (uint32_t bit = 32; bit < (CCR_WIRE_PREAMBLE + header) * 8; bit++) {
        f.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct ccr_status s = decode_and_unpack(&r, frame_slice(&f), NONE);
        cr_assert(ccr_is(s, CCR_CORRUPT_WIRE) || ccr_is(s, CCR_LIMIT), "bit %u was believed: %s", bit,
                  ccr_status_name(s));
        f.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    f.data[CCR_WIRE_PREAMBLE + 1] ^= 1;
    char text[128];
    uint32_t said = ccr_get_u32le(f.data + 8);
    uint32_t is = ccr_crc32(ccr_crc32(0, f.data + 4, 4), f.data + CCR_WIRE_PREAMBLE, header);
    snprintf(text, sizeof text,
             "checksum of the frame's header at offset 8: expected 0x%08" PRIx32 ", got 0x%08" PRIx32, said, is);
    refused(&r, frame_slice(&f), CCR_CORRUPT_WIRE, text);
    cr_assert_eq(r.err.offset, 8);
    frame_free(&f);
    rig_free(&r);
}

CCR_TEST(damage_wire, header_is_no_message)
{
    struct rig r = rig_new(&heap->alloc);
    uint8_t header[512];
    memset(header, 0xff, sizeof header);
    struct frame f = frame_raw(header, 20, NONE);
    refused(&r, frame_slice(&f), CCR_CORRUPT_WIRE, "the batch header of 20 bytes is no message");
    frame_free(&f);
    f = frame_raw(header, 0, NONE);
    refused(&r, frame_slice(&f), CCR_CORRUPT_WIRE, "frame version 0: the header holds none");
    frame_free(&f);
    rig_free(&r);
}

/* 256 unknown fields would make the reader hold 10 KB: the arena says no. */
CCR_TEST(damage_wire, header_of_nothing_but_unknown_fields)
{
    struct rig r = rig_new(&heap->alloc);
    uint8_t header[512];
    for (size_t i = 0; i < sizeof header; i += 2) {
        header[i] = 15 << 3;
        header[i + 1] = 1;
    }
    struct frame f = frame_raw(header, sizeof header, NONE);
    refused(&r, frame_slice(&f), CCR_CORRUPT_WIRE, "the batch header of 512 bytes is no message");
    cr_assert_lt(heap->largest, 1024);
    frame_free(&f);
    rig_free(&r);
}

/* A frame of 60 bytes that claims a gigabyte: nothing is allocated by that claim, and zeros do not unpack to it. */
CCR_TEST(damage_wire, bomb)
{
    struct rig r = rig_new(&heap->alloc);
    r.m.codec = CCR__V1__CODEC__CODEC_ZSTD;
    r.m.raw_bytes = CCR_WIRE_RAW_MAX;
    r.m.packed_bytes = 4;
    struct frame f = frame_with(&r.m, ccr_slice_of("\0\0\0\0", 4));
    struct ccr_wire_header h;
    struct ccr_slice packed;
    assert_ok(ccr_wire_decode(&h, frame_slice(&f), &packed, &r.err));
    cr_assert_lt(heap->largest, 4096);
    frame_free(&f);
    rig_free(&r);
}

CCR_TEST(damage_wire, another_prefix_of_the_same_length)
{
    struct rig r = rig_new(&heap->alloc);
    struct plain_ops before = plain_new(0);
    plain_log(&before, 20);
    for (int codec = CCR_CODEC_LZ4; codec <= CCR_CODEC_ZSTD; codec++) {
        struct frame f = frame_of(r.ws, &r.p, (enum ccr_codec_id)codec, plain_slice(&before));
        assert_ok(decode_and_unpack(&r, frame_slice(&f), plain_slice(&before)));
        uint8_t *other = malloc(before.len);
        for (size_t i = 0; i < before.len; i++) {
            other[i] = (uint8_t)(before.data[i] + 1);
        }
        assert_status(decode_and_unpack(&r, frame_slice(&f), ccr_slice_of(other, before.len)), CCR_CORRUPT_WIRE);
        assert_status(decode_and_unpack(&r, frame_slice(&f), ccr_slice_of(before.data, before.len - 1)), CCR_PREFIX);
        free(other);
        frame_free(&f);
    }
    plain_free(&before);
    rig_free(&r);
}

/* Whatever bit is flipped: refused, or the very operations with another field that no checksum covers. */
CCR_TEST(damage_wire, every_flipped_bit)
{
    struct rig r = rig_new(&heap->alloc);
    for (int codec = CCR_CODEC_NONE; codec <= CCR_CODEC_ZSTD; codec++) {
        struct frame f = frame_of(r.ws, &r.p, (enum ccr_codec_id)codec, NONE);
        for (size_t bit = 0; bit < f.len * 8; bit++) {
            f.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            struct ccr_wire_header h;
            struct ccr_slice packed;
            struct ccr_status s = ccr_wire_decode(&h, frame_slice(&f), &packed, &r.err);
            if (ccr_ok(s) && h.raw_bytes <= 1 << 20) {
                uint8_t *dst = malloc(h.raw_bytes + 1u);
                s = ccr_wire_unpack(r.ws, &h, packed, NONE, dst, &r.err);
                cr_assert(!ccr_ok(s) || h.ops == 0 || (h.raw_bytes == r.p.len && memcmp(dst, r.p.data, r.p.len) == 0),
                          "codec %d bit %zu", codec, bit);
                free(dst);
            }
            f.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        frame_free(&f);
    }
    rig_free(&r);
}

CCR_TEST(damage_wire, cut_anywhere)
{
    struct rig r = rig_new(&heap->alloc);
    struct frame f = frame_of(r.ws, &r.p, CCR_CODEC_ZSTD, NONE);
    for (size_t len = 0; len < f.len; len++) {
        uint8_t *exact = malloc(len + (len == 0)); /* so that a sanitizer sees a read past the cut */
        memcpy(exact, f.data, len);
        cr_assert(!ccr_ok(decode_and_unpack(&r, ccr_slice_of(exact, len), NONE)), "cut at %zu", len);
        free(exact);
    }
    frame_free(&f);
    rig_free(&r);
}

CCR_TEST(damage_wire, frame_of_the_other_kind)
{
    struct rig r = rig_new(&heap->alloc);
    uint8_t out[4096], back[64];
    size_t len;
    assert_ok(ccr_chunk_encode(r.ws, CCR_CODEC_LZ4, 1, ccr_slice_of("hello", 5), out, sizeof out, &len, &r.err));
    refused(&r, ccr_slice_of(out, len), CCR_CORRUPT_WIRE,
            "frame magic at offset 0: expected 0x42524343, got 0x43524343");
    struct frame f = frame_of(r.ws, &r.p, CCR_CODEC_ZSTD, NONE);
    assert_status(ccr_chunk_decode(r.ws, frame_slice(&f), back, sizeof back, &len, &r.err), CCR_CORRUPT_WIRE);
    cr_assert_str_eq(r.err.text, "frame magic at offset 0: expected 0x43524343, got 0x42524343");
    frame_free(&f);
    rig_free(&r);
}

/* A chunk of five plain bytes whose header is good but for one field. */
#define CHUNK(name, change, code, words)                                                                               \
    CCR_TEST(damage_wire, chunk_##name)                                                                                \
    {                                                                                                                  \
        struct rig r = rig_new(&heap->alloc);                                                                          \
        Ccr__V1__ChunkHeader m = CCR__V1__CHUNK_HEADER__INIT;                                                          \
        uint8_t header[64];                                                                                            \
        m.version = 1;                                                                                                 \
        m.raw_bytes = m.packed_bytes = 5;                                                                              \
        m.checksum = 0x3610a686;                                                                                       \
        change;                                                                                                        \
        chunk_refused(&r, header, ccr__v1__chunk_header__pack(&m, header), code, words);                               \
        rig_free(&r);                                                                                                  \
    }

static void chunk_refused(struct rig *r, const uint8_t *header, size_t header_len, enum ccr_code code, const char *text)
{
    struct frame f = frame_raw(header, header_len, ccr_slice_of("hello", 5));
    uint8_t back[64];
    size_t len;
    f.data[3] = 'C';
    struct ccr_status s = ccr_chunk_decode(r->ws, frame_slice(&f), back, sizeof back, &len, &r->err);
    cr_assert(ccr_is(s, code), "got %s: %s", ccr_status_name(s), r->err.text);
    cr_assert_str_eq(r->err.text, text, "got \"%s\"", r->err.text);
    frame_free(&f);
}

CHUNK(checksum, m.checksum = 1, CCR_CORRUPT_WIRE, "checksum of the chunk: expected 0x00000001, got 0x3610a686")
CHUNK(version_none, m.version = 0, CCR_CORRUPT_WIRE, "frame version 0: the header holds none")
CHUNK(version_newer, m.version = 9, CCR_VERSION, "frame version 9 is newer than 1, the newest this node reads")
CHUNK(packed_length, m.packed_bytes = 6, CCR_CORRUPT_WIRE, "5 packed bytes at offset 23, the header says 6")
CHUNK(plain_length, m.raw_bytes = 4, CCR_CORRUPT_WIRE, "plain block holds 5 bytes, not 4")
CHUNK(raw_bytes_beyond_maximum, m.raw_bytes = 67108865, CCR_LIMIT, "raw_bytes is 67108865, the maximum is 67108864")
CHUNK(raw_bytes_beyond_room, m.raw_bytes = 65, CCR_NOBUF, "the chunk unpacks to 65 bytes, there is room for 64")
CHUNK(codec_unknown, m.codec = (Ccr__V1__Codec)3, CCR_CORRUPT_WIRE, "unknown codec 3, known are 0 to 2")
CHUNK(codec_negative, m.codec = (Ccr__V1__Codec)-1, CCR_CORRUPT_WIRE, "unknown codec -1, known are 0 to 2")
CHUNK(not_zstd, m.codec = CCR__V1__CODEC__CODEC_ZSTD, CCR_CORRUPT_WIRE,
      "zstd block does not unpack to 5 bytes: not one frame of this plugin")
CHUNK(not_lz4, m.codec = CCR__V1__CODEC__CODEC_LZ4, CCR_CORRUPT_WIRE, "LZ4 block does not unpack to 5 bytes: malformed")

CCR_TEST(damage_wire, chunk_header_is_no_message)
{
    struct rig r = rig_new(&heap->alloc);
    chunk_refused(&r, (const uint8_t *)"\xff\xff\xff", 3, CCR_CORRUPT_WIRE,
                  "the chunk header of 3 bytes is no message");
    rig_free(&r);
}
