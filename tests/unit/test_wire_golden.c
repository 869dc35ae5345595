/* Frames that wire version 1 wrote, read by this build; see tests/golden/frames-1/README.md. */
#include "frames.h"
#include "heap.h"

#define FIRST 1008

static struct ccr_slice file(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/golden/frames-1/%s", CCR_TESTS_DIR, name);
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "no %s", path);
    uint8_t *bytes = malloc(1u << 16);
    size_t len = fread(bytes, 1, 1u << 16, f);
    (void)fclose(f);
    return ccr_slice_of(bytes, len);
}

static void forget(struct ccr_slice s)
{
    free((void *)(uintptr_t)s.data);
}

static void read_batch(struct heap *heap, const char *name, enum ccr_codec_id codec, bool needs_prefix)
{
    struct ccr_workspace *ws;
    struct ccr_wire_header h;
    struct ccr_slice frame = file(name), plain = file("batch.plain"), prefix = file("prefix.plain"), packed;
    struct ccr_err err;
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    struct ccr_status s = ccr_wire_decode(&h, frame, &packed, &err);
    cr_assert(ccr_ok(s), "%s: %s", name, err.text);
    cr_assert_eq(h.version, 1);
    cr_assert_eq(h.codec, codec);
    cr_assert_eq(h.from_seq_no, FIRST);
    cr_assert_eq(h.ops, 8);
    cr_assert_eq(h.raw_bytes, plain.len);
    cr_assert_eq(h.prefix_bytes, needs_prefix ? prefix.len : 0);
    cr_assert_eq(h.state.global_checkpoint, FIRST + 7);
    cr_assert_eq(h.state.max_seq_no_of_updates, FIRST + 7);
    cr_assert_eq(h.state.mapping_version, 1);
    cr_assert_eq(h.origin, ccr_wire_origin(FRAME_HISTORY, FRAME_SHARD));
    uint8_t *dst = malloc(h.raw_bytes);
    s = ccr_wire_unpack(ws, &h, packed, prefix, dst, &err);
    cr_assert(ccr_ok(s), "%s: %s", name, err.text);
    cr_assert_arr_eq(dst, plain.data, plain.len);
    free(dst);
    forget(frame);
    forget(plain);
    forget(prefix);
    ccr_workspace_free(ws);
}

CCR_TEST(wireGolden, batchesOfEveryCodec)
{
    read_batch(heap, "batch-none", CCR_CODEC_NONE, false);
    read_batch(heap, "batch-lz4", CCR_CODEC_LZ4, false);
    read_batch(heap, "batch-zstd", CCR_CODEC_ZSTD, false);
}

CCR_TEST(wireGolden, batchesWithAPrefix)
{
    read_batch(heap, "batch-lz4-prefix", CCR_CODEC_LZ4, true);
    read_batch(heap, "batch-zstd-prefix", CCR_CODEC_ZSTD, true);
}

Test(wireGolden, emptyBatch)
{
    struct ccr_wire_header h;
    struct ccr_slice frame = file("batch-empty"), packed;
    assert_ok(ccr_wire_decode(&h, frame, &packed, NULL));
    cr_assert_eq(h.from_seq_no, FIRST);
    cr_assert_eq(h.ops, 0);
    cr_assert_eq(h.state.global_checkpoint, FIRST - 1);
    cr_assert_eq(h.origin, ccr_wire_origin(FRAME_HISTORY, FRAME_SHARD));
    forget(frame);
}

CCR_TEST(wireGolden, chunksOfEveryCodec)
{
    static const char *const names[] = {"chunk-none", "chunk-lz4", "chunk-zstd"};
    struct ccr_workspace *ws;
    struct ccr_slice plain = file("batch.plain");
    uint8_t *dst = malloc(plain.len);
    assert_ok(ccr_workspace_new(&ws, &heap->alloc));
    for (size_t i = 0; i < 3; i++) {
        struct ccr_slice frame = file(names[i]);
        struct ccr_err err;
        size_t len;
        memset(dst, 0, plain.len);
        struct ccr_status s = ccr_chunk_decode(ws, frame, dst, plain.len, &len, &err);
        cr_assert(ccr_ok(s), "%s: %s", names[i], err.text);
        cr_assert_eq(len, plain.len);
        cr_assert_arr_eq(dst, plain.data, plain.len);
        forget(frame);
    }
    free(dst);
    forget(plain);
    ccr_workspace_free(ws);
}
