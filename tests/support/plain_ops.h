/*
 * Makes plain operations as a leader would send them: u32be body length, translog operation body, gapless.
 */
#ifndef CCR_TESTS_PLAIN_OPS_H
#define CCR_TESTS_PLAIN_OPS_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ccr/op.h"

struct plain_ops {
    uint8_t *data;
    size_t len;
    size_t cap;
    int64_t first_seq_no;
    int64_t next_seq_no;
};

static inline void plain_put(struct plain_ops *p, const void *data, size_t len)
{
    if (p->len + len > p->cap) {
        p->cap = (p->len + len) * 2;
        p->data = realloc(p->data, p->cap);
    }
    memcpy(p->data + p->len, data, len);
    p->len += len;
}

static inline void plain_u8(struct plain_ops *p, unsigned v)
{
    uint8_t b = (uint8_t)v;
    plain_put(p, &b, 1);
}

static inline void plain_vint(struct plain_ops *p, uint32_t v)
{
    for (; v >= 0x80; v >>= 7) {
        plain_u8(p, (v & 0x7f) | 0x80);
    }
    plain_u8(p, v);
}

static inline void plain_i64(struct plain_ops *p, int64_t v)
{
    uint8_t b[8];
    ccr_put_u32be(b, (uint32_t)((uint64_t)v >> 32));
    ccr_put_u32be(b + 4, (uint32_t)v);
    plain_put(p, b, sizeof b);
}

static inline struct plain_ops plain_new(int64_t first_seq_no)
{
    return (struct plain_ops){.first_seq_no = first_seq_no, .next_seq_no = first_seq_no};
}

/* One INDEX operation with this source. */
static inline void plain_index(struct plain_ops *p, const void *source, size_t len)
{
    char id[32];
    int id_len = snprintf(id, sizeof id, "doc-%" PRId64, p->next_seq_no);
    size_t at = p->len;
    plain_put(p, "\0\0\0\0", 4);
    plain_u8(p, CCR_OP_INDEX);
    plain_vint(p, 11);
    plain_vint(p, (uint32_t)id_len);
    plain_put(p, id, (size_t)id_len);
    plain_vint(p, (uint32_t)len);
    plain_put(p, source, len);
    plain_u8(p, 0);
    plain_i64(p, 1);
    plain_i64(p, -1);
    plain_i64(p, p->next_seq_no++);
    plain_i64(p, 1);
    ccr_put_u32be(p->data + at, (uint32_t)(p->len - at - 4));
}

/* One NO_OP operation; the reason is ASCII. */
static inline void plain_no_op(struct plain_ops *p, int64_t term, const char *reason)
{
    size_t len = strlen(reason), at = p->len;
    plain_put(p, "\0\0\0\0", 4);
    plain_u8(p, CCR_OP_NO_OP);
    plain_i64(p, p->next_seq_no++);
    plain_i64(p, term);
    plain_vint(p, (uint32_t)len);
    plain_put(p, reason, len);
    ccr_put_u32be(p->data + at, (uint32_t)(p->len - at - 4));
}

/* A JSON log document of about 350 bytes, of which a third is unlike the one before. */
static inline size_t plain_document(char *out, size_t cap, uint64_t n)
{
    static const char *const paths[] = {"/api/v1/orders", "/api/v1/customers", "/static/app.js", "/health", "/login"};
    static const char *const agents[] = {"Mozilla/5.0 (X11; Linux x86_64)", "curl/7.88.1", "Go-http-client/2.0"};
    uint64_t r = (n + 1) * UINT64_C(0x9E3779B97F4A7C15);
    r ^= r >> 29;
    r *= UINT64_C(0xBF58476D1CE4E5B9);
    r ^= r >> 32;
    int len =
        snprintf(out, cap,
                 "{\"@timestamp\":\"2026-03-14T%02u:%02u:%02u.%03uZ\",\"host\":\"web-%02u.example.org\",\"client\":"
                 "\"10.%u.%u.%u\",\"method\":\"GET\",\"path\":\"%s/%" PRIu64 "\",\"status\":%u,\"bytes\":%u,"
                 "\"took_ms\":%u,\"agent\":\"%s\",\"trace\":\"%016" PRIx64 "\",\"message\":\"request served from cache "
                 "tier with no retries\",\"labels\":{\"region\":\"eu-central\",\"shard\":%u}}",
                 (unsigned)(n / 3600000 % 24), (unsigned)(n / 60000 % 60), (unsigned)(n / 1000 % 60),
                 (unsigned)(n % 1000), (unsigned)(r % 40), (unsigned)(r >> 8 & 255), (unsigned)(r >> 16 & 255),
                 (unsigned)(r >> 24 & 255), paths[r % 5], r % 100000, r % 7 ? 200u : 404u, (unsigned)(r >> 40 & 0xffff),
                 (unsigned)(r >> 20 & 0x3ff), agents[r % 3], r, (unsigned)(r % 5));
    return len < 0 ? 0 : (size_t)len;
}

static inline void plain_log(struct plain_ops *p, size_t ops)
{
    char document[1024];
    for (size_t i = 0; i < ops; i++) {
        plain_index(p, document, plain_document(document, sizeof document, (uint64_t)p->next_seq_no));
    }
}

static inline struct ccr_slice plain_slice(const struct plain_ops *p)
{
    return ccr_slice_of(p->data, p->len);
}

static inline uint32_t plain_count(const struct plain_ops *p)
{
    return (uint32_t)(p->next_seq_no - p->first_seq_no);
}

static inline uint32_t plain_checksum(const struct plain_ops *p)
{
    struct ccr_ops_digest d;
    return ccr_ok(ccr_ops_verify(&d, plain_slice(p), p->first_seq_no, NULL)) ? d.checksum : 0;
}

static inline void plain_free(struct plain_ops *p)
{
    free(p->data);
    *p = (struct plain_ops){0};
}

#endif
