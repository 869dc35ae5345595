/*
 * Operations to measure with. Made ones are deterministic and look like what they are named for: log lines of 0.3 to 1 KB,
 * metrics of 60 bytes, documents of 100 KB, one of 8 MB. Real ones come from a translog folder and take the place of the
 * log lines.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "ccr/leader.h"
#include "forge.h"

#define LARGE_BYTES (100u << 10)
#define HUGE_BYTES  (8u << 20)
#define LOAD_MAX    (64u << 20)
#define LOAD_LEAST  (64u << 10) /* room for a prefix, and for operations behind it */

#define GENERATION_BYTES (64u << 20) /* index.translog.generation_threshold_size */

static struct plain_ops real;

static uint64_t mix(uint64_t n)
{
    n = (n + 1) * UINT64_C(0x9E3779B97F4A7C15);
    n ^= n >> 29;
    n *= UINT64_C(0xBF58476D1CE4E5B9);
    return n ^ n >> 32;
}

/* A log line of 0.3 to 1 KB: plain_document, and a message of words for the rest. */
static size_t log_line(char *out, size_t cap, uint64_t n)
{
    static const char *const words[] = {"request",  "connection", "timeout", "upstream", "retry", "user",     "session",
                                        "database", "slow",       "query",   "cache",    "miss",  "accepted", "closed"};
    size_t len = plain_document(out, cap, n) - 1; /* without the last brace */
    size_t want = len + mix(n) % 650;
    len += (size_t)snprintf(out + len, cap - len, ",\"detail\":\"");
    for (uint64_t k = 0; len < want; k++) {
        len += (size_t)snprintf(out + len, cap - len, "%s=%u ", words[mix(n * 97 + k) % 14],
                                (unsigned)(mix(n + k) % 10000));
    }
    return len + (size_t)snprintf(out + len, cap - len, "\"}");
}

static size_t metric(char *out, size_t cap, uint64_t n)
{
    return (size_t)snprintf(out, cap, "{\"t\":%u,\"host\":\"web-%02u\",\"name\":\"cpu.user\",\"v\":%u.%02u}",
                            (unsigned)(1773446400 + n / 40), (unsigned)(n % 40), (unsigned)(mix(n) % 100),
                            (unsigned)(mix(n) >> 20) % 100);
}

/* An array of log lines. */
static size_t array_of_lines(char *out, size_t bytes, uint64_t n)
{
    size_t len = (size_t)snprintf(out, bytes, "{\"lines\":[");
    for (uint64_t k = 0; len + 2048 < bytes; k++) {
        len += log_line(out + len, 2048, n * 100000 + k);
        out[len++] = ',';
    }
    memcpy(out + len - 1, "]}", 2);
    return len + 1;
}

static size_t after_real(size_t at)
{
    return at + 4u + ccr_get_u32be(real.data + at);
}

static struct plain_ops slice_of_real(int64_t first_seq_no, size_t bytes)
{
    size_t begin = 0;
    int64_t first = real.first_seq_no;
    while (begin < real.len && first < first_seq_no) {
        begin = after_real(begin);
        first++;
    }
    if (real.len - begin < bytes) { /* too little is left: from the front again */
        begin = 0;
        first = real.first_seq_no;
    }
    struct plain_ops p = plain_new(first);
    size_t end = begin;
    while (end < real.len && end - begin < bytes) {
        end = after_real(end);
        p.next_seq_no++;
    }
    if (end == begin) {
        bench_die("the translog", "holds too few operations");
    }
    plain_put(&p, real.data + begin, end - begin);
    return p;
}

struct plain_ops bench_operations(enum bench_kind kind, int64_t first_seq_no, size_t bytes)
{
    if (kind == BENCH_REAL) {
        return slice_of_real(first_seq_no, bytes);
    }
    size_t cap = kind == BENCH_HUGE ? HUGE_BYTES : (kind == BENCH_LARGE ? LARGE_BYTES : 4096);
    char *document = malloc(cap);
    struct plain_ops p = plain_new(first_seq_no);
    do {
        uint64_t n = (uint64_t)p.next_seq_no;
        size_t len = kind == BENCH_LOG     ? log_line(document, cap, n)
                     : kind == BENCH_SMALL ? metric(document, cap, n)
                                           : array_of_lines(document, cap, n);
        plain_index(&p, document, len);
    } while (p.len < bytes);
    free(document);
    return p;
}

void bench_load_translog(const char *folder)
{
    struct ccr_dir dir;
    struct ccr_err err;
    struct ccr_leader *l;
    struct ccr_workspace *ws;
    if (!ccr_ok(ccr_dir_open(&dir, ccr_alloc_system(), folder, &err)) ||
        !ccr_ok(ccr_leader_new(&l, ccr_alloc_system(), &dir, "", "", &err)) ||
        !ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        bench_die(folder, err.text);
    }
    size_t cap = ccr_wire_bound(LOAD_MAX + (1u << 20));
    uint8_t *frame = malloc(cap);
    struct ccr_leader_state state = {.global_checkpoint = INT64_MAX / 2};
    struct ccr_read_request r = {.version = 1, .last_seq_no = -1, .max_bytes = LOAD_MAX, .max_ops = CCR_WIRE_OPS_MAX};
    struct ccr_wire_header h;
    size_t len;
    struct ccr_status s = ccr_leader_read(l, ws, &r, &state, frame, cap, &len, &h, &err);
    if (!ccr_ok(s) || h.ops == 0) {
        bench_die(folder, ccr_ok(s) ? "holds no operation from sequence number 0 on" : err.text);
    }
    real = plain_new(h.from_seq_no);
    plain_put(&real, frame + len - h.raw_bytes, h.raw_bytes);
    real.next_seq_no = h.from_seq_no + h.ops;
    if (real.len < LOAD_LEAST) {
        bench_die(folder, "holds less than 64 KB of operations");
    }
    free(frame);
    ccr_workspace_free(ws);
    ccr_leader_free(l);
    ccr_dir_close(&dir);
}

int64_t bench_write_translog(const char *folder, size_t bytes, size_t source_bytes, bool swapped)
{
    static struct forge f;
    int64_t next = 0;
    forge_init(&f, 1);
    for (size_t written = 0; written < bytes;) {
        size_t before = forge_current(&f)->log->len;
        for (int64_t i = 0; i < 8; i++) {
            forge_index(&f, next + (i ^ (swapped && next / 8 % 3 == 0 ? 3 : 0)), 1, source_bytes);
        }
        next += 8;
        written += forge_current(&f)->log->len - before;
        if (forge_current(&f)->log->len > GENERATION_BYTES) {
            forge_roll(&f, 1);
        }
    }
    forge_sync(&f);
    if (forge_save(&f, folder) != 0) {
        bench_die(folder, "cannot be written");
    }
    forge_fini(&f);
    return next - 1;
}
