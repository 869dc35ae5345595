/* Batch frames: what goes in comes out, and the limits of requests. */
#include "frames.h"
#include "heap.h"

static const struct ccr_slice NONE = {NULL, 0};

static void comes_back(struct ccr_workspace *ws, const struct plain_ops *p, const struct frame *f,
                       struct ccr_slice prefix)
{
    struct ccr_wire_header h;
    struct ccr_slice packed;
    struct ccr_err err = {0};
    assert_ok(ccr_wire_decode(&h, frame_slice(f), &packed, &err));
    cr_assert_eq(h.raw_bytes, p->len);
    cr_assert_eq(h.from_seq_no, p->first_seq_no);
    cr_assert_eq(ccr_wire_last_seq_no(&h), p->next_seq_no - 1);
    uint8_t *back = malloc(p->len + 1);
    struct ccr_status s = ccr_wire_unpack(ws, &h, packed, prefix, back, &err);
    cr_assert(ccr_ok(s), "%s", err.text);
    cr_assert_arr_eq(back, p->data, p->len);
    free(back);
}

CCR_TEST(wire, batches_of_every_codec_come_back_with_and_without_prefix)
{
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    struct plain_ops before = plain_new(1000);
    plain_log(&before, 40);
    static const size_t counts[] = {1, 2, 50, 3000};
    for (int codec = CCR_CODEC_NONE; codec <= CCR_CODEC_ZSTD; codec++) {
        for (size_t i = 0; i < 4; i++) {
            struct plain_ops p = plain_new(1040);
            plain_log(&p, counts[i]);
            struct frame f = frame_of(ws, &p, (enum ccr_codec_id)codec, NONE);
            comes_back(ws, &p, &f, NONE);
            frame_free(&f);
            f = frame_of(ws, &p, (enum ccr_codec_id)codec, plain_slice(&before));
            comes_back(ws, &p, &f, plain_slice(&before));
            frame_free(&f);
            plain_free(&p);
        }
    }
    plain_free(&before);
    ccr_workspace_free(ws);
}

/* Short batches are packed behind a guessed length of the header, long ones behind a measured one. */
CCR_TEST(wire, a_header_of_the_longest_numbers_fits_before_batches_of_any_length)
{
    struct ccr_workspace *ws;
    struct ccr_err err = {0};
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    for (size_t source = 4000; source <= 4064; source++) { /* 4096 plain bytes and their neighbours */
        char document[4064];
        struct plain_ops p = plain_new(CCR_SEQ_NO_MAX - 1);
        memset(document, source % 2 == 0 ? '{' : (int)(source % 251), source);
        plain_index(&p, document, source);
        for (int codec = CCR_CODEC_NONE; codec <= CCR_CODEC_ZSTD; codec++) {
            struct ccr_wire_header h = {
                .codec = (enum ccr_codec_id)codec,
                .from_seq_no = p.first_seq_no,
                .ops = 1,
                .checksum = plain_checksum(&p),
                .origin = UINT64_MAX,
                .state = {CCR_SEQ_NO_MAX, CCR_SEQ_NO_UNASSIGNED, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
            size_t cap = ccr_wire_bound(p.len);
            struct frame f = {malloc(cap), 0};
            assert_ok(ccr_wire_encode(ws, &h, 1, NONE, plain_slice(&p), f.data, cap, &f.len, &err));
            cr_assert_eq(h.codec == CCR_CODEC_NONE, codec == CCR_CODEC_NONE);
            comes_back(ws, &p, &f, NONE);
            frame_free(&f);
        }
        plain_free(&p);
    }
    ccr_workspace_free(ws);
}

CCR_TEST(wire, an_empty_frame_carries_the_leaders_state)
{
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    struct ccr_wire_header h = {.codec = CCR_CODEC_ZSTD,
                                .from_seq_no = 7,
                                .origin = 0xFEDCBA9876543210,
                                .state = {6, -1, 11, 12, 13}},
                           got;
    uint8_t out[1024];
    size_t len;
    struct ccr_slice packed;
    cr_assert_leq(ccr_wire_bound(0), sizeof out);
    assert_ok(ccr_wire_encode(ws, &h, 1, NONE, NONE, out, sizeof out, &len, NULL));
    cr_assert_leq(len, 48, "an idle poll answers %zu bytes", len);
    assert_ok(ccr_wire_decode(&got, ccr_slice_of(out, len), &packed, NULL));
    cr_assert_eq(got.ops, 0);
    cr_assert_eq(got.from_seq_no, 7);
    cr_assert_eq(got.origin, 0xFEDCBA9876543210);
    cr_assert_eq(ccr_wire_last_seq_no(&got), 6);
    cr_assert_eq(got.state.global_checkpoint, 6);
    cr_assert_eq(got.state.max_seq_no_of_updates, -1);
    cr_assert_eq(got.state.mapping_version, 11);
    cr_assert_eq(got.state.settings_version, 12);
    cr_assert_eq(got.state.aliases_version, 13);
    uint8_t nothing;
    assert_ok(ccr_wire_unpack(ws, &got, packed, NONE, &nothing, NULL));
    ccr_workspace_free(ws);
}

Test(wire, an_origin_tells_histories_and_shards_apart)
{
    static const char *const texts[] = {"h", "i", "hi", "qzMkNbTUTZqtGqMEb2m9wg", "qzMkNbTUTZqtGqMEb2m9wh"};
    uint64_t seen[32];
    size_t n = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
            seen[n++] = ccr_wire_origin(texts[i], texts[j]);
        }
        seen[n++] = ccr_wire_origin(texts[i], "");
    }
    for (size_t i = 0; i < n; i++) {
        cr_assert_neq(seen[i], 0);
        for (size_t j = 0; j < i; j++) {
            cr_assert_neq(seen[i], seen[j], "%zu and %zu", i, j);
        }
    }
    cr_assert_eq(ccr_wire_origin("", "index/0"), 0, "no history is named");
    /* What both sides of a link must agree on for ever; an independent SipHash says the same. */
    cr_assert_eq(ccr_wire_origin("qzMkNbTUTZqtGqMEb2m9wg", "hK1qv2vFQvq5mYkE2l9e3Q/0"), 0xc54e356c91f84fec);
    char endless[2 * CCR_WIRE_NAME_MAX];
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = 0;
    cr_assert_neq(ccr_wire_origin(endless, endless), 0, "texts that are too long do not overflow");
}

CCR_TEST(wire, what_does_not_pack_travels_plain)
{
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    struct plain_ops p = plain_new(0x000e1d2c3b4a5968); /* no byte of it twice, so there is nothing to gain */
    plain_no_op(&p, 0x0102030405060708, "abcdefghijklmnopqrstuvwxyz0123456789");
    struct frame f = frame_of(ws, &p, CCR_CODEC_LZ4, NONE);
    struct ccr_wire_header h;
    struct ccr_slice packed;
    assert_ok(ccr_wire_decode(&h, frame_slice(&f), &packed, NULL));
    comes_back(ws, &p, &f, NONE);
    cr_assert_eq(h.codec, CCR_CODEC_NONE);
    cr_assert_eq(h.prefix_bytes, 0);
    cr_assert_eq(h.packed_bytes, p.len);
    cr_assert_leq(f.len, p.len + 72);
    frame_free(&f);
    plain_free(&p);
    ccr_workspace_free(ws);
}

CCR_TEST(wire, a_small_out_buffer_is_nobuf_and_the_bound_is_enough)
{
    struct ccr_workspace *ws;
    struct ccr_err err;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    struct plain_ops p = plain_new(0);
    plain_log(&p, 3);
    struct ccr_wire_header h = {
        .codec = CCR_CODEC_LZ4, .ops = 3, .checksum = plain_checksum(&p), .state = {2, 2, 1, 1, 1}};
    size_t bound = ccr_wire_bound(p.len), len;
    uint8_t *out = malloc(bound);
    assert_status(ccr_wire_encode(ws, &h, 1, NONE, plain_slice(&p), out, bound - 1, &len, &err), CCR_NOBUF);
    assert_ok(ccr_wire_encode(ws, &h, 1, NONE, plain_slice(&p), out, bound, &len, &err));
    h.ops = 0;
    assert_status(ccr_wire_encode(ws, &h, 1, NONE, plain_slice(&p), out, bound, &len, &err), CCR_ARG);
    h.ops = CCR_WIRE_OPS_MAX + 1;
    assert_status(ccr_wire_encode(ws, &h, 1, NONE, plain_slice(&p), out, bound, &len, &err), CCR_LIMIT);
    cr_assert_str_eq(err.text, "ops is 1048577, the maximum is 1048576");
    /* What nobody could decode. */
    h.ops = 3;
    h.state.global_checkpoint = 1;
    assert_status(ccr_wire_encode(ws, &h, 1, NONE, plain_slice(&p), out, bound, &len, &err), CCR_ARG);
    cr_assert_str_eq(err.text, "operations up to 2 go beyond the global checkpoint 1");
    h.state.global_checkpoint = 1000;
    h.ops = 400;
    assert_status(ccr_wire_encode(ws, &h, 1, NONE, plain_slice(&p), out, bound, &len, &err), CCR_ARG);
    free(out);
    plain_free(&p);
    ccr_workspace_free(ws);
}

CCR_TEST(wire, fields_of_a_newer_minor_version_are_passed_over)
{
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    struct plain_ops p = plain_new(3);
    plain_log(&p, 2);
    Ccr__V1__BatchHeader m = frame_header(&p);
    uint8_t header[512];
    size_t len = ccr__v1__batch_header__pack(&m, header);
    memcpy(header + len, "\xa0\x06\x01\xaa\x06\x03xyz", 9); /* field 100 = 1, field 101 = "xyz" */
    struct frame f = frame_raw(header, len + 9, plain_slice(&p));
    comes_back(ws, &p, &f, NONE);
    frame_free(&f);
    plain_free(&p);
    ccr_workspace_free(ws);
}

CCR_TEST(wire, packing_and_unpacking_allocates_nothing_once_warm)
{
    struct ccr_workspace *ws;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    struct plain_ops p = plain_new(3);
    plain_log(&p, 100);
    size_t requests = 0;
    for (int i = 0; i < 10; i++) {
        struct frame f = frame_of(ws, &p, CCR_CODEC_ZSTD, NONE);
        comes_back(ws, &p, &f, NONE);
        frame_free(&f);
        if (i == 0) {
            requests = heap->requests;
        }
    }
    cr_assert_eq(heap->requests, requests);
    plain_free(&p);
    ccr_workspace_free(ws);
}

static struct ccr_read_request good_request(void)
{
    return (struct ccr_read_request){.version = 1,
                                     .from_seq_no = 100,
                                     .last_seq_no = -1,
                                     .max_bytes = 1 << 20,
                                     .max_ops = 1000,
                                     .codec = CCR_CODEC_ZSTD,
                                     .level = 1,
                                     .prefix_first_seq_no = 90,
                                     .prefix_last_seq_no = 99,
                                     .prefix_bytes = 4096};
}

#define REFUSED(field, value, code, message)                                                                           \
    do {                                                                                                               \
        struct ccr_read_request r_ = good_request();                                                                   \
        struct ccr_err err_ = {0};                                                                                     \
        r_.field = value;                                                                                              \
        assert_status(ccr_read_request_check(&r_, &err_), code);                                                       \
        cr_assert_str_eq(err_.text, message);                                                                          \
    } while (0)

Test(wire, a_request_out_of_range_is_refused_by_name)
{
    struct ccr_read_request good = good_request();
    assert_ok(ccr_read_request_check(&good, NULL));
    REFUSED(version, 0, CCR_ARG, "version 0 is not in [1, 1]");
    REFUSED(version, 2, CCR_VERSION, "request version 2 is newer than 1, the newest this node answers");
    REFUSED(from_seq_no, -1, CCR_ARG, "from_seq_no -1 is not in [0, 9223372036853727231]");
    REFUSED(last_seq_no, 99, CCR_ARG, "last_seq_no 99 is not in [100, 9223372036854775807]");
    REFUSED(last_seq_no, -2, CCR_ARG, "last_seq_no -2 is not in [100, 9223372036854775807]");
    REFUSED(max_bytes, 0, CCR_ARG, "max_bytes 0 is not in [1, 1073741828]");
    REFUSED(max_ops, 0, CCR_ARG, "max_ops 0 is not in [1, 1048576]");
    REFUSED(wait_ms, 600001, CCR_ARG, "wait_ms 600001 is not in [0, 600000]");
    REFUSED(codec, (enum ccr_codec_id)7, CCR_ARG, "codec 7 is not in [0, 2]");
    REFUSED(level, 20, CCR_ARG, "level 20 is not in [-7, 19]");
    REFUSED(prefix_bytes, 65537, CCR_ARG, "prefix_bytes 65537 is not in [0, 65536]");
    REFUSED(prefix_last_seq_no, 100, CCR_ARG, "prefix_last_seq_no 100 is not in [0, 99]");
    REFUSED(prefix_first_seq_no, 100, CCR_ARG, "prefix_first_seq_no 100 is not in [0, 99]");
    struct ccr_read_request r = good;
    struct ccr_err err;
    memset(r.history_uuid, 'x', sizeof r.history_uuid);
    assert_status(ccr_read_request_check(&r, &err), CCR_ARG);
    cr_assert_str_eq(err.text, "history_uuid is longer than 63 bytes");
}
