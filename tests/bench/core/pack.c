/*
 * Packing and unpacking whole frames, with all checks, beside the bare libraries on the same blocks. Several blocks of a
 * kind take turns: one that comes again and again is learnt by the branch predictor, and packs in half the time.
 */
#include <lz4.h>
#include <stdlib.h>
#include <zstd.h>

#include "bench.h"
#include "ccr/wire.h"

struct block {
    enum ccr_codec_id codec;
    int level;
    struct plain_ops before; /* the prefix is the end of it */
    struct plain_ops ops;
    uint32_t checksum;
    struct ccr_slice prefix;
    uint8_t *out;
    size_t cap;
    size_t packed;
    uint8_t *frame;
    size_t frame_len;
    uint8_t *back;
};

#define BLOCKS_MAX   16u
#define BLOCKS_BYTES (4u << 20) /* of all blocks of a kind together, where one is not longer */

struct blocks {
    struct block block[BLOCKS_MAX];
    size_t count;
    size_t at;
};

static ZSTD_CCtx *zc;
static ZSTD_DCtx *zd;
static LZ4_stream_t lz4_state;
static struct ccr_workspace *ws;

static struct block *next(void *ctx)
{
    struct blocks *all = ctx;
    return &all->block[all->at++ % all->count];
}

static void raw_pack(void *ctx)
{
    struct block *b = next(ctx);
    if (b->codec == CCR_CODEC_ZSTD) {
        ZSTD_CCtx_setParameter(zc, ZSTD_c_compressionLevel, b->level);
        if (b->prefix.len > 0) {
            ZSTD_CCtx_refPrefix(zc, b->prefix.data, b->prefix.len);
        }
        b->packed = ZSTD_compress2(zc, b->out, b->cap, b->ops.data, b->ops.len);
    } else if (b->prefix.len > 0) {
        LZ4_loadDict(&lz4_state, (const char *)b->prefix.data, (int)b->prefix.len);
        b->packed = (size_t)LZ4_compress_fast_continue(&lz4_state, (const char *)b->ops.data, (char *)b->out,
                                                       (int)b->ops.len, (int)b->cap, b->level);
    } else {
        b->packed = (size_t)LZ4_compress_fast_extState(&lz4_state, (const char *)b->ops.data, (char *)b->out,
                                                       (int)b->ops.len, (int)b->cap, b->level);
    }
}

static void raw_unpack(void *ctx)
{
    struct block *b = next(ctx);
    size_t got;
    if (b->codec == CCR_CODEC_ZSTD) {
        got = ZSTD_decompress_usingDict(zd, b->back, b->ops.len, b->out, b->packed, b->prefix.data, b->prefix.len);
    } else {
        got = (size_t)LZ4_decompress_safe_usingDict((const char *)b->out, (char *)b->back, (int)b->packed,
                                                    (int)b->ops.len, (const char *)b->prefix.data, (int)b->prefix.len);
    }
    if (got != b->ops.len) {
        bench_die("the bare library", "did not give back what it was given");
    }
}

static void pack(struct block *b)
{
    struct ccr_err err;
    struct ccr_wire_header h = {.codec = b->codec,
                                .from_seq_no = b->ops.first_seq_no,
                                .ops = plain_count(&b->ops),
                                .checksum = b->checksum,
                                .state.global_checkpoint = b->ops.next_seq_no - 1};
    if (!ccr_ok(ccr_wire_encode(ws, &h, b->level, b->prefix, plain_slice(&b->ops), b->frame, b->cap, &b->frame_len,
                                &err))) {
        bench_die("encode", err.text);
    }
}

static void our_pack(void *ctx)
{
    pack(next(ctx));
}

static void our_unpack(void *ctx)
{
    struct block *b = next(ctx);
    struct ccr_wire_header h;
    struct ccr_slice packed;
    struct ccr_err err;
    if (!ccr_ok(ccr_wire_decode(&h, ccr_slice_of(b->frame, b->frame_len), &packed, &err)) ||
        !ccr_ok(ccr_wire_unpack(ws, &h, packed, b->prefix, b->back, &err))) {
        bench_die("decode", err.text);
    }
}

static double plain_of(const struct blocks *all)
{
    double sum = 0;
    for (size_t i = 0; i < all->count; i++) {
        sum += (double)all->block[i].ops.len;
    }
    return sum;
}

static double framed_of(const struct blocks *all)
{
    double sum = 0;
    for (size_t i = 0; i < all->count; i++) {
        sum += (double)all->block[i].frame_len;
    }
    return sum;
}

/* Every block as often as the others. */
static void take_turns(const struct bench_options *o, const bench_work *work, size_t n, struct blocks *all,
                       double *best)
{
    bench_turns(work, n, all, bench_calls(o, (size_t)plain_of(all)) * (uint32_t)all->count, best);
}

static void measure(const struct bench_options *o, struct blocks *all, const char *what)
{
    static const bench_work work[] = {raw_pack, our_pack, raw_unpack, our_unpack};
    const char *codec = all->block[0].codec == CCR_CODEC_ZSTD ? "zstd" : "lz4";
    double best[4], plain = plain_of(all);
    char name[96];
    double mb = plain / (double)all->count / 1e6;
    take_turns(o, work, 4, all, best);
    snprintf(name, sizeof name, "%s, %s: pack against bare %s", codec, what, codec);
    bench_at_least(name, best[0] / best[1], "x", 0.9);
    snprintf(name, sizeof name, "%s, %s: pack", codec, what);
    bench_against(name, mb / best[1], "MB/s", mb / best[0]);
    snprintf(name, sizeof name, "%s, %s: unpack, verify", codec, what);
    bench_put((struct bench_figure){.name = name,
                                    .value = mb / best[3],
                                    .unit = "MB/s",
                                    .bare = mb / best[2],
                                    .way = BENCH_AT_LEAST,
                                    .bound = 1000});
    snprintf(name, sizeof name, "%s, %s: plain to frame", codec, what);
    bench_row(name, plain / framed_of(all), "x");
}

struct subject {
    enum bench_kind kind;
    size_t bytes;
    size_t prefix;
    const char *name;
};

static struct block block_new(enum ccr_codec_id codec, int level, enum bench_kind kind, int64_t first_seq_no,
                              size_t bytes, size_t prefix)
{
    struct plain_ops before = bench_operations(kind, first_seq_no, prefix == 0 ? 1 : prefix);
    struct block b = {.codec = codec, .level = level, .ops = bench_operations(kind, before.next_seq_no, bytes)};
    b.checksum = plain_checksum(&b.ops);
    b.before = before;
    b.prefix = ccr_slice_of(before.data + before.len - prefix, prefix);
    b.cap = ccr_wire_bound(b.ops.len);
    b.out = malloc(b.cap);
    b.frame = malloc(b.cap);
    b.back = malloc(b.ops.len);
    return b;
}

static void block_free(struct block *b)
{
    plain_free(&b->ops);
    plain_free(&b->before);
    free(b->out);
    free(b->frame);
    free(b->back);
}

/* Blocks of so many bytes from different places; a huge one stays alone. */
static void blocks_new(struct blocks *all, enum ccr_codec_id codec, int level, enum bench_kind kind, size_t bytes,
                       size_t prefix)
{
    int64_t next_seq_no = 1;
    size_t plain = 0;
    *all = (struct blocks){0};
    while (all->count == 0 || (all->count < BLOCKS_MAX && plain < BLOCKS_BYTES && kind != BENCH_HUGE)) {
        struct block *b = &all->block[all->count++];
        *b = block_new(codec, level, kind, next_seq_no, bytes, prefix);
        next_seq_no = b->ops.next_seq_no;
        plain += b->ops.len;
    }
}

static void blocks_free(struct blocks *all)
{
    for (size_t i = 0; i < all->count; i++) {
        block_free(&all->block[i]);
    }
}

static void levels(const struct bench_options *o, enum bench_kind kind)
{
    static const int zstd_levels[] = {-1, 1, 2, 3, 6};
    static const size_t sizes[] = {1, 16u << 10, 256u << 10};
    bench_section("levels, zstd, prefix 4 KB");
    for (size_t i = 0; i < sizeof zstd_levels / sizeof *zstd_levels; i++) {
        for (size_t k = 0; k < 3; k++) {
            static struct blocks all;
            char name[96];
            double took;
            blocks_new(&all, CCR_CODEC_ZSTD, zstd_levels[i], kind, sizes[k], 4096);
            take_turns(o, (const bench_work[]){our_pack}, 1, &all, &took);
            double plain = plain_of(&all);
            snprintf(name, sizeof name, "level %d, %.0f bytes: pack", zstd_levels[i], plain / (double)all.count);
            bench_row(name, took * 1e6, "us");
            snprintf(name, sizeof name, "level %d, %.0f bytes: plain to frame", zstd_levels[i],
                     plain / (double)all.count);
            bench_row(name, plain / framed_of(&all), "x");
            blocks_free(&all);
        }
    }
}

/* What travels: one document that was just written, some that came together, a bulk, the most a follower asks for at once. */
static const struct subject subjects[] = {
    {BENCH_LOG, 1, 4096, "one log line, prefix 4 KB"},
    {BENCH_LOG, 16u << 10, 4096, "16 KB of log, prefix 4 KB"},
    {BENCH_LOG, 64u << 10, 0, "64 KB of log"},
    {BENCH_LOG, 256u << 10, 0, "256 KB of log"},
    {BENCH_LOG, 8u << 20, 0, "8 MB of log"},
    {BENCH_SMALL, 1, 4096, "one metric of 60 B, prefix 4 KB"},
    {BENCH_SMALL, 16u << 10, 4096, "16 KB of metrics, prefix 4 KB"},
    {BENCH_SMALL, 256u << 10, 0, "256 KB of metrics"},
    {BENCH_SMALL, 8u << 20, 0, "8 MB of metrics"},
    {BENCH_LARGE, 1, 0, "one document of 100 KB"},
    {BENCH_LARGE, 1u << 20, 0, "1 MB of 100 KB documents"},
    {BENCH_LARGE, 8u << 20, 0, "8 MB of 100 KB documents"},
    {BENCH_HUGE, 1, 0, "one document of 8 MB"},
};

static void measure_subject(const struct bench_options *o, enum ccr_codec_id codec, const struct subject *s)
{
    static struct blocks all;
    enum bench_kind kind = s->kind == BENCH_LOG && o->translog != NULL ? BENCH_REAL : s->kind;
    blocks_new(&all, codec, 1, kind, s->bytes, s->prefix);
    measure(o, &all, s->name);
    blocks_free(&all);
}

void bench_pack(const struct bench_options *o)
{
    zc = ZSTD_createCCtx();
    zd = ZSTD_createDCtx();
    LZ4_initStream(&lz4_state, sizeof lz4_state);
    if (!ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        bench_die("workspace", "no memory");
    }
    bench_section("pack");
    for (int codec = CCR_CODEC_LZ4; codec <= CCR_CODEC_ZSTD; codec++) {
        for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
            measure_subject(o, (enum ccr_codec_id)codec, &subjects[i]);
        }
    }
    levels(o, o->translog != NULL ? BENCH_REAL : BENCH_LOG);
    ccr_workspace_free(ws);
    ZSTD_freeCCtx(zc);
    ZSTD_freeDCtx(zd);
}
