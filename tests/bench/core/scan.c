/*
 * Reading: the checksum and the leader's scan (find, CRC, copy) beside what the memory gives. zlib's checksum stands for
 * the one that every Debian has.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "bench.h"
#include "ccr/leader.h"

#define BLOCK (64u << 20) /* beyond the caches, as a translog is */

struct memory {
    uint8_t *from;
    uint8_t *to;
    uint32_t sum;
};

static void copy(void *ctx)
{
    struct memory *m = ctx;
    memcpy(m->to, m->from, BLOCK);
}

static void checksum_ours(void *ctx)
{
    struct memory *m = ctx;
    m->sum += ccr_crc32(0, m->from, BLOCK);
}

static void checksum_zlib(void *ctx)
{
    struct memory *m = ctx;
    m->sum += (uint32_t)crc32(0, m->from, BLOCK);
}

static void checksum_short(void *ctx)
{
    struct memory *m = ctx;
    for (size_t at = 0; at + 512 <= BLOCK; at += 512) {
        m->sum += ccr_crc32(0, m->from + at, 512);
    }
}

struct reading {
    const struct ccr_dir *dir;
    struct ccr_workspace *ws;
    uint8_t *dst;
    size_t cap;
    int64_t last;
    uint32_t max_bytes;
    uint64_t bytes;
};

/* A leader that begins anew and reads all there is. */
static void read_all(void *ctx)
{
    struct reading *t = ctx;
    struct ccr_leader *l;
    struct ccr_err err;
    struct ccr_leader_state state = {.global_checkpoint = t->last, .max_seq_no_of_updates = t->last};
    struct ccr_read_request r = {
        .version = 1, .last_seq_no = -1, .max_bytes = t->max_bytes, .max_ops = 100000, .codec = CCR_CODEC_NONE};
    if (!ccr_ok(ccr_leader_new(&l, ccr_alloc_system(), t->dir, "h", "index/0", &err))) {
        bench_die("leader", err.text);
    }
    for (t->bytes = 0; r.from_seq_no <= t->last;) {
        struct ccr_wire_header h;
        size_t len;
        if (!ccr_ok(ccr_leader_read(l, t->ws, &r, &state, t->dst, t->cap, &len, &h, &err))) {
            bench_die("read", err.text);
        }
        r.from_seq_no += h.ops;
        t->bytes += h.raw_bytes;
    }
    ccr_leader_free(l);
}

struct documents {
    const char *name;
    size_t bytes;
    size_t translog_bytes;
};

static void leader_scan(const struct bench_options *o, const struct documents *d, double copy_speed)
{
    struct ccr_dir dir;
    struct ccr_err err;
    struct reading t = {.dir = &dir};
    char folder[600];
    snprintf(folder, sizeof folder, "%s/%zu", o->folder, d->bytes);
    if (mkdir(folder, 0700) != 0) {
        bench_die(folder, "cannot be made");
    }
    t.last = bench_write_translog(folder, d->translog_bytes, d->bytes, true);
    if (!ccr_ok(ccr_dir_open(&dir, ccr_alloc_system(), folder, &err)) ||
        !ccr_ok(ccr_workspace_new(&t.ws, ccr_alloc_system()))) {
        bench_die(folder, err.text);
    }
    t.cap = ccr_wire_bound(9u << 20);
    t.dst = malloc(t.cap);
    for (uint32_t kb = 256; kb <= 4096; kb *= 4) {
        char name[96];
        double took;
        t.max_bytes = kb << 10;
        bench_turns((const bench_work[]){read_all}, 1, &t, 1, &took);
        snprintf(name, sizeof name, "leader: find, CRC, copy; %s, %u KB a batch", d->name, kb);
        bench_put((struct bench_figure){.name = name,
                                        .value = (double)t.bytes / took / 1e9,
                                        .unit = "GB/s",
                                        .bare = copy_speed,
                                        .way = BENCH_AT_LEAST,
                                        .bound = 0.4 * copy_speed < 2 ? 0.4 * copy_speed : 2});
    }
    free(t.dst);
    ccr_workspace_free(t.ws);
    ccr_dir_close(&dir);
}

void bench_scan(const struct bench_options *o)
{
    static const struct documents documents[] = {
        {"log lines", BENCH_LOG_SOURCE, 256u << 20}, {"60 B", 60, 64u << 20}, {"100 KB", 100u << 10, 256u << 20}};
    static const bench_work work[] = {copy, checksum_ours, checksum_zlib, checksum_short};
    struct memory m = {malloc(BLOCK), malloc(BLOCK), 0};
    double best[4];
    for (size_t i = 0; i < BLOCK; i++) {
        m.from[i] = (uint8_t)(i * 31 + (i >> 9));
    }
    bench_section("scan; bare: memcpy of 64 MB");
    bench_turns(work, 4, &m, 1, best);
    double copy_speed = BLOCK / best[0] / 1e9;
    bench_row("memcpy of 64 MB", copy_speed, "GB/s");
    for (size_t i = 1; i < 4; i++) {
        static const char *const names[] = {"libdeflate", "zlib", "libdeflate, 512 bytes a call"};
        char name[96];
        snprintf(name, sizeof name, "CRC-32 of 64 MB, %s", names[i - 1]);
        bench_against(name, BLOCK / best[i] / 1e9, "GB/s", copy_speed);
    }
    free(m.from);
    free(m.to);
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        leader_scan(o, &documents[i], copy_speed);
    }
}
