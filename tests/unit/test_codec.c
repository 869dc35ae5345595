/* Packing and unpacking of blocks. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <sys/mman.h>
#include <unistd.h>

#include "ccr/wire.h"
#include "heap.h"
#include "plain_ops.h"

static const struct ccr_slice NONE = {NULL, 0};

static void fill(uint8_t *p, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245u + 12345u;
        p[i] = i % 64 < 48 ? (uint8_t) "the leader keeps an operation as it is for the follower"[i % 48]
                           : (uint8_t)(seed >> 16);
    }
}

static size_t round_trip(struct ccr_workspace *ws, enum ccr_codec_id id, int level, struct ccr_slice prefix,
                         struct ccr_slice src)
{
    struct ccr_err err = {0};
    size_t cap = ccr_codec_bound(id, src.len);
    uint8_t *packed = malloc(cap);
    uint8_t *back = malloc(src.len + 1);
    size_t len;
    struct ccr_status s = ccr_codec_pack(ws, id, level, prefix, src, packed, cap, &len, &err);
    cr_assert(ccr_ok(s), "codec %d level %d, %zu bytes: %s", (int)id, level, src.len, err.text);
    s = ccr_codec_unpack(ws, id, prefix, ccr_slice_of(packed, len), back, src.len, &err);
    cr_assert(ccr_ok(s), "codec %d level %d, %zu bytes: %s", (int)id, level, src.len, err.text);
    cr_assert_arr_eq(back, src.data, src.len);
    free(packed);
    free(back);
    return len;
}

CCR_TEST(codec, every_codec_level_size_and_prefix_comes_back)
{
    static const size_t sizes[] = {0, 1, 7, 100, 4096, 100000};
    static const size_t prefixes[] = {0, 1, 7, 8, 4096, CCR_CODEC_PREFIX_MAX};
    static const int levels[3][4] = {
        {0, 0, 0, 0}, {1, 2, 100, CCR_CODEC_LZ4_LEVEL_MAX}, {CCR_CODEC_ZSTD_LEVEL_MIN, 0, 1, 3}};
    uint8_t *bytes = malloc(CCR_CODEC_PREFIX_MAX + 100000);
    fill(bytes, CCR_CODEC_PREFIX_MAX + 100000, 1);
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    for (int id = CCR_CODEC_NONE; id <= CCR_CODEC_ZSTD; id++) {
        for (size_t i = 0; i < 6; i++) {
            for (size_t k = 0; k < 6; k++) {
                struct ccr_slice prefix = ccr_slice_of(bytes + CCR_CODEC_PREFIX_MAX - prefixes[k], prefixes[k]);
                for (size_t l = 0; l < 4; l++) {
                    round_trip(ws, (enum ccr_codec_id)id, levels[id][l], prefix,
                               ccr_slice_of(bytes + CCR_CODEC_PREFIX_MAX, sizes[i]));
                }
            }
        }
    }
    round_trip(ws, CCR_CODEC_ZSTD, CCR_CODEC_ZSTD_LEVEL_MAX, NONE, ccr_slice_of(bytes, 100000));
    ccr_workspace_free(ws);
    free(bytes);
}

CCR_TEST(codec, a_prefix_makes_one_document_much_smaller)
{
    struct plain_ops before = plain_new(0);
    plain_log(&before, 30);
    struct plain_ops one = plain_new(30);
    plain_log(&one, 1);
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    for (int id = CCR_CODEC_LZ4; id <= CCR_CODEC_ZSTD; id++) {
        struct ccr_slice prefix = ccr_slice_of(before.data + before.len - 4096, 4096);
        size_t alone = round_trip(ws, (enum ccr_codec_id)id, 1, NONE, plain_slice(&one));
        size_t helped = round_trip(ws, (enum ccr_codec_id)id, 1, prefix, plain_slice(&one));
        cr_assert_lt(helped * 2, alone, "codec %d: %zu without, %zu with a prefix", id, alone, helped);
    }
    ccr_workspace_free(ws);
    plain_free(&before);
    plain_free(&one);
}

CCR_TEST(codec, a_warm_workspace_allocates_nothing)
{
    uint8_t bytes[8192];
    fill(bytes, sizeof bytes, 2);
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    size_t requests = 0;
    for (int i = 0; i < 20; i++) {
        if (i == 2) {
            requests = heap->requests;
        }
        for (int id = CCR_CODEC_NONE; id <= CCR_CODEC_ZSTD; id++) {
            round_trip(ws, (enum ccr_codec_id)id, 1, ccr_slice_of(bytes, 4096), ccr_slice_of(bytes + 4096, 4096));
            round_trip(ws, (enum ccr_codec_id)id, 1, NONE, ccr_slice_of(bytes, 8192));
        }
    }
    cr_assert_eq(heap->requests, requests);
    ccr_workspace_free(ws);
}

CCR_TEST(codec, a_prefix_that_looks_like_a_trained_dictionary_is_plain_content)
{
    uint8_t bytes[1024];
    fill(bytes, sizeof bytes, 3);
    ccr_put_u32le(bytes, 0xEC30A437u);
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    round_trip(ws, CCR_CODEC_ZSTD, 1, ccr_slice_of(bytes, 512), ccr_slice_of(bytes + 512, 512));
    ccr_workspace_free(ws);
}

CCR_TEST(codec, what_is_out_of_range_is_named)
{
    struct ccr_workspace *ws;
    struct ccr_err err;
    uint8_t src[64] = {0}, dst[256];
    size_t len;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    struct ccr_slice s = ccr_slice_of(src, sizeof src);
    assert_status(ccr_codec_pack(ws, (enum ccr_codec_id)3, 1, NONE, s, dst, sizeof dst, &len, &err), CCR_ARG);
    cr_assert_str_eq(err.text, "unknown codec 3, known are 0 to 2");
    assert_status(ccr_codec_pack(ws, CCR_CODEC_ZSTD, 20, NONE, s, dst, sizeof dst, &len, &err), CCR_ARG);
    cr_assert_str_eq(err.text, "level 20 is not in [-7, 19]");
    assert_status(ccr_codec_pack(ws, CCR_CODEC_LZ4, 0, NONE, s, dst, sizeof dst, &len, &err), CCR_ARG);
    cr_assert_str_eq(err.text, "level 0 is not in [1, 65537]");
    struct ccr_slice prefix = ccr_slice_of(src, CCR_CODEC_PREFIX_MAX + 1);
    assert_status(ccr_codec_pack(ws, CCR_CODEC_LZ4, 1, prefix, s, dst, sizeof dst, &len, &err), CCR_ARG);
    cr_assert_str_eq(err.text, "a prefix of 65537 bytes is longer than 65536");
    assert_status(ccr_codec_unpack(ws, CCR_CODEC_LZ4, prefix, s, dst, sizeof dst, &err), CCR_ARG);
    assert_status(ccr_codec_pack(ws, CCR_CODEC_ZSTD, 1, NONE, s, dst, 64, &len, &err), CCR_NOBUF);
    cr_assert_eq(ccr_codec_bound(CCR_CODEC_ZSTD, (size_t)CCR_WIRE_RAW_MAX + 1), 0);
    cr_assert_eq(ccr_codec_bound((enum ccr_codec_id)9, 1), 0);
    ccr_workspace_free(ws);
}

CCR_TEST(codec, after_damage_the_workspace_still_works)
{
    uint8_t bytes[4096], packed[8192], back[4096];
    fill(bytes, sizeof bytes, 4);
    struct ccr_workspace *ws;
    struct ccr_err err;
    size_t len;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    for (int id = CCR_CODEC_LZ4; id <= CCR_CODEC_ZSTD; id++) {
        enum ccr_codec_id codec = (enum ccr_codec_id)id;
        struct ccr_slice prefix = ccr_slice_of(bytes, 1024);
        struct ccr_slice src = ccr_slice_of(bytes + 1024, 3072);
        assert_ok(ccr_codec_pack(ws, codec, 1, prefix, src, packed, sizeof packed, &len, &err));
        for (size_t cut = 0; cut < len; cut += 5) {
            struct ccr_slice part = ccr_slice_of(packed, cut);
            assert_status(ccr_codec_unpack(ws, codec, prefix, part, back, 3072, &err), CCR_CORRUPT_WIRE);
        }
        assert_status(ccr_codec_unpack(ws, codec, prefix, ccr_slice_of(packed, len), back, 3071, &err),
                      CCR_CORRUPT_WIRE);
        assert_status(ccr_codec_unpack(ws, codec, prefix, ccr_slice_of(packed, len), back, 4096, &err),
                      CCR_CORRUPT_WIRE);
        assert_ok(ccr_codec_unpack(ws, codec, prefix, ccr_slice_of(packed, len), back, 3072, &err));
        cr_assert_arr_eq(back, src.data, 3072);
    }
    ccr_workspace_free(ws);
}

/* zstd 1.5.4 looks for another frame behind the first and reads up to three bytes beyond the end for it. Here that is
 * memory nobody has. */
CCR_TEST(codec, nothing_is_read_behind_the_packed_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(memory, MAP_FAILED);
    cr_assert_eq(mprotect(memory + page, page, PROT_NONE), 0);
    uint8_t plain[300];
    uint8_t packed[1024];
    uint8_t back[600];
    size_t len;
    struct ccr_err err = {0};
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    fill(plain, sizeof plain, 4);
    assert_ok(ccr_codec_pack(ws, CCR_CODEC_ZSTD, 1, NONE, ccr_slice_of(plain, sizeof plain), packed, sizeof packed,
                             &len, &err));
    memcpy(packed + len, packed, len); /* a second frame of the same */
    for (size_t n = 1; n <= 2 * len; n++) {
        uint8_t *at = memory + page - n;
        memcpy(at, packed, n);
        struct ccr_status s = ccr_codec_unpack(ws, CCR_CODEC_ZSTD, NONE, ccr_slice_of(at, n), back, sizeof plain, &err);
        cr_assert_eq(ccr_ok(s), n == len, "%zu of %zu bytes: %s", n, len, ccr_status_name(s));
    }
    struct ccr_slice two = ccr_slice_of(packed, 2 * len);
    assert_status(ccr_codec_unpack(ws, CCR_CODEC_ZSTD, NONE, two, back, 2 * sizeof plain, &err), CCR_CORRUPT_WIRE);
    ccr_workspace_free(ws);
    (void)munmap(memory, 2 * page);
}

CCR_TEST(codec, every_refused_allocation_is_nomem)
{
    uint8_t bytes[4096], packed[8192], back[4096];
    fill(bytes, sizeof bytes, 5);
    bool done = false;
    for (size_t n = 0; !done; n++) {
        cr_assert_lt(n, 100, "it never came through");
        heap->requests = 0;
        heap->fail_at = n;
        heap->fail_all_after = 1;
        struct ccr_workspace *ws;
        struct ccr_err err;
        size_t len = 0;
        struct ccr_status s = ccr_workspace_new(&ws, &heap->alloc);
        for (int id = CCR_CODEC_LZ4; id <= CCR_CODEC_ZSTD && ccr_ok(s); id++) {
            struct ccr_slice src = ccr_slice_of(bytes, sizeof bytes);
            s = ccr_codec_pack(ws, (enum ccr_codec_id)id, 1, NONE, src, packed, sizeof packed, &len, &err);
            if (ccr_ok(s)) {
                s = ccr_codec_unpack(ws, (enum ccr_codec_id)id, NONE, ccr_slice_of(packed, len), back, sizeof back,
                                     &err);
            }
        }
        done = ccr_ok(s);
        cr_assert(done || ccr_is(s, CCR_NOMEM), "refused allocation %zu: %s", n, ccr_status_name(s));
        ccr_workspace_free(ws);
        cr_assert_eq(heap->live_bytes, 0);
    }
    heap->fail_at = SIZE_MAX;
}

CCR_TEST(codec, scratch_buffers_begin_empty_and_are_trimmed)
{
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    struct ccr_buf *plain = ccr_workspace_plain(ws);
    assert_ok(ccr_buf_reserve(plain, 8u << 20));
    plain->len = 5;
    cr_assert_eq(ccr_workspace_plain(ws)->len, 0);
    cr_assert_eq(ccr_workspace_prefix(ws)->len, 0);
    ccr_workspace_trim(ws);
    cr_assert_leq(heap->live_bytes, (4u << 20) + 4096);
    ccr_workspace_free(ws);
}
