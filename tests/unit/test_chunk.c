/* Bootstrap chunk frames. */
#include "frames.h"
#include "heap.h"

static struct ccr_workspace *ws;

static struct frame chunk_of(enum ccr_codec_id codec, struct ccr_slice plain)
{
    size_t cap = ccr_chunk_bound(plain.len);
    struct frame f = {malloc(cap), 0};
    assert_ok(ccr_chunk_encode(ws, codec, 1, plain, f.data, cap, &f.len, NULL));
    return f;
}

CCR_TEST(chunk, any_bytes_come_back)
{
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    static const size_t sizes[] = {0, 1, 100, 65536, 1 << 20};
    uint8_t *bytes = malloc(1 << 20), *back = malloc(1 << 20);
    for (size_t i = 0; i < 1 << 20; i++) {
        bytes[i] = (uint8_t)(i % 251 * (i >> 12));
    }
    for (int codec = CCR_CODEC_NONE; codec <= CCR_CODEC_ZSTD; codec++) {
        for (size_t i = 0; i < 5; i++) {
            struct frame f = chunk_of((enum ccr_codec_id)codec, ccr_slice_of(bytes, sizes[i]));
            size_t len;
            assert_ok(ccr_chunk_decode(ws, frame_slice(&f), back, 1 << 20, &len, NULL));
            cr_assert_eq(len, sizes[i]);
            cr_assert_arr_eq(back, bytes, len);
            if (codec != CCR_CODEC_NONE && sizes[i] > 60000) {
                cr_assert_lt(f.len, sizes[i] / 2);
            }
            frame_free(&f);
        }
    }
    free(bytes);
    free(back);
    ccr_workspace_free(ws);
}

CCR_TEST(chunk, noise_travels_plain)
{
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    uint8_t noise[4096], back[4096];
    unsigned x = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        x = x * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(x >> 24);
    }
    struct frame f = chunk_of(CCR_CODEC_ZSTD, ccr_slice_of(noise, sizeof noise));
    cr_assert_leq(f.len, sizeof noise + 32);
    size_t len;
    assert_ok(ccr_chunk_decode(ws, frame_slice(&f), back, sizeof back, &len, NULL));
    cr_assert_arr_eq(back, noise, sizeof noise);
    frame_free(&f);
    ccr_workspace_free(ws);
}

CCR_TEST(chunk, too_small_a_buffer_is_told_the_length)
{
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    uint8_t plain[1000] = {1};
    struct frame f = chunk_of(CCR_CODEC_LZ4, ccr_slice_of(plain, sizeof plain));
    size_t len = 0;
    assert_status(ccr_chunk_decode(ws, frame_slice(&f), NULL, 0, &len, NULL), CCR_NOBUF);
    cr_assert_eq(len, sizeof plain);
    frame_free(&f);
    ccr_workspace_free(ws);
}

CCR_TEST(chunk, longer_than_the_maximum_is_refused)
{
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    uint8_t out[64];
    struct ccr_err err;
    size_t len;
    struct ccr_slice plain = ccr_slice_of(out, (size_t)CCR_CHUNK_RAW_MAX + 1);
    cr_assert_eq(ccr_chunk_bound(plain.len), 0);
    assert_status(ccr_chunk_encode(ws, CCR_CODEC_LZ4, 1, plain, out, sizeof out, &len, &err), CCR_LIMIT);
    cr_assert_str_eq(err.text, "raw_bytes is 67108865, the maximum is 67108864");
    ccr_workspace_free(ws);
}

CCR_TEST(chunk, every_flipped_bit_is_noticed)
{
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    uint8_t plain[600], back[600];
    for (size_t i = 0; i < sizeof plain; i++) {
        plain[i] = (uint8_t)(i % 37 + i / 100);
    }
    for (int codec = CCR_CODEC_NONE; codec <= CCR_CODEC_ZSTD; codec++) {
        struct frame f = chunk_of((enum ccr_codec_id)codec, ccr_slice_of(plain, sizeof plain));
        for (size_t bit = 0; bit < f.len * 8; bit++) {
            f.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            size_t len;
            struct ccr_status s = ccr_chunk_decode(ws, frame_slice(&f), back, sizeof back, &len, NULL);
            cr_assert(!ccr_ok(s) || (len == sizeof plain && memcmp(back, plain, len) == 0), "bit %zu", bit);
            f.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        frame_free(&f);
    }
    ccr_workspace_free(ws);
}
