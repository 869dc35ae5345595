/*
 * The leader's reading of a translog on a real file system: find, CRC, copy and frame without compression, so that the
 * figure is the reader's own. Then the cost of one small request at the end of a large generation.
 *
 * bench_leader FOLDER [megabytes]      FOLDER is an empty folder to write the files to
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ccr/leader.h"
#include "forge.h"

#define SOURCE_BYTES     430
#define GENERATION_BYTES (64u << 20)
#define ROUNDS           5

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Neighbours swapped now and then, as concurrent writers do. */
static int64_t fill(struct forge *f, size_t bytes)
{
    int64_t next = 0;
    size_t written = 0;

    while (written < bytes) {
        size_t before = forge_current(f)->log->len;

        for (int64_t i = 0; i < 8; i++) {
            forge_index(f, next + (i ^ (next / 8 % 3 == 0 ? 3 : 0)), 1, SOURCE_BYTES);
        }
        next += 8;
        written += forge_current(f)->log->len - before;
        if (forge_current(f)->log->len > GENERATION_BYTES) {
            forge_roll(f, 1);
        }
    }
    forge_sync(f);
    return next - 1;
}

static void die(const char *what, struct ccr_status s, const struct ccr_err *err)
{
    printf("%s: %s %s\n", what, ccr_status_name(s), err->text);
    exit(1);
}

static void sequential(const struct ccr_dir *dir, struct ccr_workspace *ws, int64_t last, uint32_t max_bytes)
{
    size_t cap = ccr_wire_bound(max_bytes + 65536);
    uint8_t *dst = malloc(cap);
    double best = 1e9;
    double bytes = 0;
    struct ccr_leader_counts counts = {0};

    for (int round = 0; round < ROUNDS; round++) {
        struct ccr_leader *l;
        struct ccr_err err;
        struct ccr_leader_state state = {.global_checkpoint = last, .max_seq_no_of_updates = last};
        struct ccr_read_request r = {
            .version = 1, .last_seq_no = -1, .max_bytes = max_bytes, .max_ops = 10000, .codec = CCR_CODEC_NONE};
        double start = now_s();

        if (!ccr_ok(ccr_leader_new(&l, ccr_alloc_system(), dir, "h", &err))) {
            exit(1);
        }
        bytes = 0;
        while (r.from_seq_no <= last) {
            struct ccr_wire_header h;
            size_t len;
            struct ccr_status s = ccr_leader_read(l, ws, &r, &state, dst, cap, &len, &h, &err);

            if (!ccr_ok(s)) {
                die("read", s, &err);
            }
            r.from_seq_no += h.ops;
            bytes += h.raw_bytes;
        }
        best = now_s() - start < best ? now_s() - start : best;
        ccr_leader_counts(l, &counts);
        ccr_leader_free(l);
    }
    printf("sequential, %4u KB a batch: %.2f GB/s, %.0f ns an operation\n", max_bytes >> 10, bytes / best / 1e9,
           best / (double)counts.operations * 1e9);
    free(dst);
}

static void small_requests(const struct ccr_dir *dir, struct ccr_workspace *ws, int64_t last, int64_t first,
                           uint32_t ops)
{
    size_t cap = ccr_wire_bound(1 << 20);
    uint8_t *dst = malloc(cap);
    struct ccr_leader *l;
    struct ccr_err err;
    struct ccr_leader_state state = {.global_checkpoint = last};
    struct ccr_read_request r = {
        .version = 1, .last_seq_no = -1, .max_bytes = 1 << 20, .max_ops = ops, .codec = CCR_CODEC_NONE};
    int n = 0;
    double start = 0;

    if (!ccr_ok(ccr_leader_new(&l, ccr_alloc_system(), dir, "h", &err))) {
        exit(1);
    }
    for (r.from_seq_no = first; r.from_seq_no <= last; n++) {
        struct ccr_wire_header h;
        size_t len;
        struct ccr_status s = ccr_leader_read(l, ws, &r, &state, dst, cap, &len, &h, &err);

        if (!ccr_ok(s)) {
            die("read", s, &err);
        }
        if (n == 0) {
            start = now_s();
        }
        r.from_seq_no += h.ops;
    }
    printf("%4u operations a request: %.1f us each, %zu bytes of memory\n", ops, (now_s() - start) / (n - 1) * 1e6,
           ccr_leader_memory(l));
    ccr_leader_free(l);
    free(dst);
}

int main(int argc, char **argv)
{
    static struct forge f;
    size_t mb = argc > 2 ? strtoul(argv[2], NULL, 10) : 256;
    struct ccr_dir dir;
    struct ccr_err err;
    struct ccr_workspace *ws;

    if (argc < 2) {
        puts("bench_leader FOLDER [megabytes]");
        return 2;
    }
    forge_init(&f, 1);
    int64_t last = fill(&f, mb << 20);
    if (forge_save(&f, argv[1]) != 0) {
        puts("cannot write the files");
        return 1;
    }
    forge_fini(&f);
    if (!ccr_ok(ccr_dir_open(&dir, ccr_alloc_system(), argv[1], &err)) ||
        !ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        return 1;
    }
    for (uint32_t kb = 64; kb <= 8192; kb *= 4) {
        sequential(&dir, ws, last, kb << 10);
    }
    small_requests(&dir, ws, last, last - 20000, 1);
    small_requests(&dir, ws, last, last - 50000, 100);
    ccr_workspace_free(ws);
    ccr_dir_close(&dir);
    return 0;
}
