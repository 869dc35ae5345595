/*
 * How small batches get small: independent frames, a prefix of the operations before, a dictionary trained on earlier ones.
 * The dictionary is digested once, which is the best it can be; a prefix is taken in anew with each batch.
 */
#include <stdlib.h>
#include <zdict.h>
#include <zstd.h>

#include "bench.h"
#include "ccr/codec.h"

#define SAMPLES        4000u
#define BATCHES        32 /* a figure is the mean of so many different batches */
#define PREFIX_LARGEST (64u << 10)

struct batches {
    struct ccr_slice batch[BATCHES];
    size_t prefix; /* bytes before each */
    size_t packed; /* of all batches of a round */
    ZSTD_CDict *dictionary;
};

static ZSTD_CCtx *zc;
static struct ccr_workspace *ws;
static uint8_t *out;
static size_t out_cap;

static void with_prefix(void *ctx)
{
    struct batches *b = ctx;
    b->packed = 0;
    for (size_t i = 0; i < BATCHES; i++) {
        size_t len;
        struct ccr_err err;
        struct ccr_slice prefix = ccr_slice_of(b->batch[i].data - b->prefix, b->prefix);
        if (!ccr_ok(ccr_codec_pack(ws, CCR_CODEC_ZSTD, 1, prefix, b->batch[i], out, out_cap, &len, &err))) {
            bench_die("pack", err.text);
        }
        b->packed += len;
    }
}

static void with_dictionary(void *ctx)
{
    struct batches *b = ctx;
    b->packed = 0;
    for (size_t i = 0; i < BATCHES; i++) {
        b->packed += ZSTD_compress_usingCDict(zc, out, out_cap, b->batch[i].data, b->batch[i].len, b->dictionary);
    }
}

static ZSTD_CDict *train(const struct plain_ops *earlier, size_t bytes)
{
    size_t sizes[SAMPLES], at = 0;
    unsigned n = 0;
    while (n < SAMPLES && at < earlier->len) {
        sizes[n] = 4u + ccr_get_u32be(earlier->data + at);
        at += sizes[n++];
    }
    void *content = malloc(bytes);
    size_t len = ZDICT_trainFromBuffer(content, bytes, earlier->data, sizes, n);
    if (ZDICT_isError(len)) {
        bench_die("train", ZDICT_getErrorName(len));
    }
    ZSTD_CDict *d = ZSTD_createCDict(content, len, 1);
    free(content);
    return d;
}

/* *independent: seconds of the first way, beside which the others are shown. */
static void show(const struct bench_options *o, struct batches *b, size_t bytes, const char *what, bench_work work,
                 double *independent)
{
    char name[96];
    double took;
    size_t plain = 0;
    for (size_t i = 0; i < BATCHES; i++) {
        plain += b->batch[i].len;
    }
    bench_turns(&work, 1, b, bench_calls(o, plain), &took);
    *independent = *independent == 0 ? took : *independent;
    snprintf(name, sizeof name, "%zu bytes, %s: time", bytes, what);
    bench_against(name, took / BATCHES * 1e6, "us", *independent / BATCHES * 1e6);
    snprintf(name, sizeof name, "%zu bytes, %s: ratio", bytes, what);
    bench_row(name, (double)plain / (double)b->packed, "x");
}

/* Batches of whole operations, about `bytes` each, from all over the later operations. */
static void choose(struct batches *b, const struct plain_ops *ops, size_t bytes)
{
    size_t at = 0, step = (ops->len - PREFIX_LARGEST - bytes * 2 - 8192) / BATCHES;
    for (size_t i = 0; i < BATCHES; i++) {
        while (at < PREFIX_LARGEST + i * step) {
            at += 4u + ccr_get_u32be(ops->data + at);
        }
        size_t end = at;
        do {
            end += 4u + ccr_get_u32be(ops->data + end);
        } while (end - at < bytes);
        b->batch[i] = ccr_slice_of(ops->data + at, end - at);
    }
}

static void show_all(const struct bench_options *o, const struct plain_ops *later, size_t bytes,
                     ZSTD_CDict *const dictionaries[2])
{
    static const size_t prefixes[] = {0, 1u << 10, 4u << 10, 8u << 10, 16u << 10, 64u << 10};
    struct batches b = {0};
    char what[40];
    double independent = 0;
    choose(&b, later, bytes);
    for (size_t k = 0; k < sizeof prefixes / sizeof *prefixes; k++) {
        b.prefix = prefixes[k];
        if (prefixes[k] == 0) {
            snprintf(what, sizeof what, "independent");
        } else {
            snprintf(what, sizeof what, "prefix %zu KB", prefixes[k] >> 10);
        }
        show(o, &b, bytes, what, with_prefix, &independent);
    }
    for (size_t k = 0; k < 2; k++) {
        b.dictionary = dictionaries[k];
        show(o, &b, bytes, k == 0 ? "dictionary 16 KB" : "dictionary 110 KB", with_dictionary, &independent);
    }
}

/* Half of the operations are what a dictionary was trained on, the batches come from the other half. */
static void one_kind(const struct bench_options *o, enum bench_kind kind, const size_t *sizes, size_t count)
{
    struct plain_ops all = bench_operations(kind, 1, 16u << 20);
    size_t half = 0;
    while (half < all.len / 2) {
        half += 4u + ccr_get_u32be(all.data + half);
    }
    const struct plain_ops earlier = {.data = all.data, .len = half};
    const struct plain_ops later = {.data = all.data + half, .len = all.len - half};
    ZSTD_CDict *dictionaries[] = {train(&earlier, 16u << 10), train(&earlier, 110u << 10)};
    for (size_t i = 0; i < count; i++) {
        show_all(o, &later, sizes[i], dictionaries);
    }
    ZSTD_freeCDict(dictionaries[0]);
    ZSTD_freeCDict(dictionaries[1]);
    plain_free(&all);
}

void bench_prefix(const struct bench_options *o)
{
    static const size_t sizes[] = {1, 4u << 10, 16u << 10, 64u << 10, 256u << 10};
    static const size_t sizes_large[] = {1, 256u << 10}; /* 1: one document */
    zc = ZSTD_createCCtx();
    out_cap = ccr_codec_bound(CCR_CODEC_ZSTD, 1u << 20);
    out = malloc(out_cap);
    if (!ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        bench_die("workspace", "no memory");
    }
    bench_section("log lines, zstd level 1; bare: independent");
    one_kind(o, o->translog != NULL ? BENCH_REAL : BENCH_LOG, sizes, sizeof sizes / sizeof *sizes);
    bench_section("metrics of 60 B, zstd level 1; bare: independent");
    one_kind(o, BENCH_SMALL, sizes, sizeof sizes / sizeof *sizes);
    bench_section("documents of 100 KB, zstd level 1; bare: independent");
    one_kind(o, BENCH_LARGE, sizes_large, sizeof sizes_large / sizeof *sizes_large);
    ccr_workspace_free(ws);
    ZSTD_freeCCtx(zc);
    free(out);
}
