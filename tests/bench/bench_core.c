/*
 * The core's packing against the bare libraries, on the same blocks in one run. Prints ratios: encode / raw compress,
 * and unpack with all checks beside bare decompress.
 *
 *   bench_core [repetitions]
 */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include <lz4.h>
#include <zstd.h>

#include "ccr/wire.h"
#include "plain_ops.h"

#define ROUNDS 7

static ZSTD_CCtx *zc;
static ZSTD_DCtx *zd;
static LZ4_stream_t lz4_state;
static struct ccr_workspace *ws;

struct block {
    enum ccr_codec_id codec;
    struct plain_ops ops;
    uint32_t checksum;
    struct ccr_slice prefix;
    int64_t from;
    uint8_t *out;
    size_t cap;
    size_t packed;
    uint8_t *frame;
    size_t frame_len;
    uint8_t *back;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void raw_pack(struct block *b)
{
    if (b->codec == CCR_CODEC_ZSTD) {
        ZSTD_CCtx_setParameter(zc, ZSTD_c_compressionLevel, 1);
        if (b->prefix.len > 0) {
            ZSTD_CCtx_refPrefix(zc, b->prefix.data, b->prefix.len);
        }
        b->packed = ZSTD_compress2(zc, b->out, b->cap, b->ops.data, b->ops.len);
    } else {
        if (b->prefix.len > 0) {
            LZ4_loadDict(&lz4_state, (const char *)b->prefix.data, (int)b->prefix.len);
            b->packed = (size_t)LZ4_compress_fast_continue(&lz4_state, (const char *)b->ops.data, (char *)b->out,
                                                           (int)b->ops.len, (int)b->cap, 1);
        } else {
            b->packed = (size_t)LZ4_compress_fast_extState(&lz4_state, (const char *)b->ops.data, (char *)b->out,
                                                           (int)b->ops.len, (int)b->cap, 1);
        }
    }
}

static void raw_unpack(struct block *b)
{
    size_t got;
    if (b->codec == CCR_CODEC_ZSTD) {
        got = ZSTD_decompress_usingDict(zd, b->back, b->ops.len, b->out, b->packed, b->prefix.data, b->prefix.len);
    } else {
        got = (size_t)LZ4_decompress_safe_usingDict((const char *)b->out, (char *)b->back, (int)b->packed,
                                                    (int)b->ops.len, (const char *)b->prefix.data, (int)b->prefix.len);
    }
    if (got != b->ops.len) {
        puts("the bare library failed");
        exit(1);
    }
}

static void ours_pack(struct block *b)
{
    struct ccr_wire_header h = {
        .codec = b->codec, .from_seq_no = b->from, .ops = plain_count(&b->ops), .checksum = b->checksum};
    h.state.global_checkpoint = b->ops.next_seq_no - 1;
    struct ccr_err err;
    if (!ccr_ok(ccr_wire_encode(ws, &h, 1, b->prefix, plain_slice(&b->ops), b->frame, b->cap, &b->frame_len, &err))) {
        puts(err.text);
        exit(1);
    }
}

static void ours_unpack(struct block *b)
{
    struct ccr_wire_header h;
    struct ccr_slice packed;
    struct ccr_err err;
    if (!ccr_ok(ccr_wire_decode(&h, ccr_slice_of(b->frame, b->frame_len), &packed, &err)) ||
        !ccr_ok(ccr_wire_unpack(ws, &h, packed, b->prefix, b->back, &err))) {
        puts(err.text);
        exit(1);
    }
}

static double once(void (*work)(struct block *), struct block *b, int n)
{
    double begin = now_s();
    for (int i = 0; i < n; i++) {
        work(b);
    }
    return (now_s() - begin) / n;
}

static void measure(struct block *b, int n)
{
    void (*const work[4])(struct block *) = {raw_pack, ours_pack, raw_unpack, ours_unpack};
    double best[4] = {1e9, 1e9, 1e9, 1e9};
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < 4; k++) { /* in turns, so that a slow moment of the machine meets all */
            double t = once(work[k], b, n);
            best[k] = t < best[k] ? t : best[k];
        }
    }
    double mb = (double)b->ops.len / 1e6;
    printf("%-4s %8zu B  prefix %5zu  pack %8.2f us  %6.0f MB/s (raw %6.0f)  ratio %.3f | unpack %8.2f us  %6.0f MB/s "
           "(raw "
           "%6.0f) | %6zu B frame (raw %6zu)\n",
           b->codec == CCR_CODEC_ZSTD ? "zstd" : "lz4", b->ops.len, b->prefix.len, best[1] * 1e6, mb / best[1],
           mb / best[0], best[0] / best[1], best[3] * 1e6, mb / best[3], mb / best[2], b->frame_len, b->packed);
}

static void scan_speed(struct block *b, int n)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now_s();
        for (int i = 0; i < n; i++) {
            (void)plain_checksum(&b->ops);
        }
        double t = (now_s() - begin) / n;
        best = t < best ? t : best;
    }
    printf("verify %zu B: %.0f MB/s\n", b->ops.len, (double)b->ops.len / 1e6 / best);
}

int main(int argc, char **argv)
{
    double scale = argc > 1 ? atof(argv[1]) : 1.0;
    zc = ZSTD_createCCtx();
    zd = ZSTD_createDCtx();
    LZ4_initStream(&lz4_state, sizeof lz4_state);
    if (!ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        return 1;
    }
    static const size_t counts[] = {1, 3, 40, 160, 640, 2600};
    static const size_t prefixes[] = {0, 4096, 16384};
    struct plain_ops before = plain_new(0);
    plain_log(&before, 200);
    for (int codec = CCR_CODEC_LZ4; codec <= CCR_CODEC_ZSTD; codec++) {
        for (size_t p = 0; p < 3; p++) {
            for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
                struct block b = {.codec = (enum ccr_codec_id)codec, .ops = plain_new(before.next_seq_no)};
                plain_log(&b.ops, counts[i]);
                b.from = before.next_seq_no;
                b.checksum = plain_checksum(&b.ops);
                b.prefix = ccr_slice_of(before.data + before.len - prefixes[p], prefixes[p]);
                b.cap = ccr_wire_bound(b.ops.len);
                b.out = malloc(b.cap);
                b.frame = malloc(b.cap);
                b.back = malloc(b.ops.len);
                int n = (int)(scale * 2e7 / (double)(b.ops.len + 2000)) + 1;
                measure(&b, n);
                if (p == 0 && i == 5) {
                    scan_speed(&b, n);
                }
                free(b.out);
                free(b.frame);
                free(b.back);
                plain_free(&b.ops);
            }
        }
    }
    plain_free(&before);
    ccr_workspace_free(ws);
    ZSTD_freeCCtx(zc);
    ZSTD_freeDCtx(zd);
    return 0;
}
