/*
 * Wrote the frames of this folder, once, with the first build of wire version 1: make_frames FOLDER. Not to be run again for
 * them; a new wire version gets a folder of its own.
 */
#include "frames.h"

static const struct ccr_slice NO_PREFIX = {NULL, 0};

static void write_file(const char *folder, const char *name, struct ccr_slice bytes)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes.data, 1, bytes.len, f) != bytes.len || fclose(f) != 0) {
        fprintf(stderr, "%s: cannot be written\n", path);
        exit(1);
    }
}

static void batch(struct ccr_workspace *ws, const char *folder, const char *name, const struct plain_ops *p,
                  enum ccr_codec_id codec, struct ccr_slice prefix)
{
    struct frame f = frame_of(ws, p, codec, prefix);
    write_file(folder, name, frame_slice(&f));
    frame_free(&f);
}

static void chunk(struct ccr_workspace *ws, const char *folder, const char *name, struct ccr_slice plain,
                  enum ccr_codec_id codec)
{
    size_t cap = ccr_chunk_bound(plain.len), len;
    uint8_t *dst = malloc(cap);
    if (!ccr_ok(ccr_chunk_encode(ws, codec, 1, plain, dst, cap, &len, NULL))) {
        exit(1);
    }
    write_file(folder, name, ccr_slice_of(dst, len));
    free(dst);
}

int main(int argc, char **argv)
{
    struct ccr_workspace *ws;
    if (argc != 2 || !ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        return 2;
    }
    struct plain_ops before = plain_new(1000), p, none;
    plain_log(&before, 8);
    p = plain_new(before.next_seq_no);
    none = plain_new(before.next_seq_no);
    plain_log(&p, 6);
    plain_no_op(&p, 3, "filling gaps");
    plain_index(&p, "", 0);
    write_file(argv[1], "prefix.plain", plain_slice(&before));
    write_file(argv[1], "batch.plain", plain_slice(&p));
    batch(ws, argv[1], "batch-none", &p, CCR_CODEC_NONE, NO_PREFIX);
    batch(ws, argv[1], "batch-lz4", &p, CCR_CODEC_LZ4, NO_PREFIX);
    batch(ws, argv[1], "batch-zstd", &p, CCR_CODEC_ZSTD, NO_PREFIX);
    batch(ws, argv[1], "batch-lz4-prefix", &p, CCR_CODEC_LZ4, plain_slice(&before));
    batch(ws, argv[1], "batch-zstd-prefix", &p, CCR_CODEC_ZSTD, plain_slice(&before));
    batch(ws, argv[1], "batch-empty", &none, CCR_CODEC_ZSTD, NO_PREFIX);
    chunk(ws, argv[1], "chunk-none", plain_slice(&p), CCR_CODEC_NONE);
    chunk(ws, argv[1], "chunk-lz4", plain_slice(&p), CCR_CODEC_LZ4);
    chunk(ws, argv[1], "chunk-zstd", plain_slice(&p), CCR_CODEC_ZSTD);
    ccr_workspace_free(ws);
    plain_free(&before);
    plain_free(&p);
    return 0;
}
