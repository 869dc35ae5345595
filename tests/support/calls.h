/*
 * Calls into the session layer as Java makes them: a frame in, a frame out.
 */
#ifndef CCR_TESTS_CALLS_H
#define CCR_TESTS_CALLS_H

#include "ccr/session.h"
#include "ccr_core.pb-c.h"
#include "frames.h"

#define CALL_ROOM (1u << 20)

struct caller {
    struct ccr_runtime *rt;
    struct ccr_err err;
    uint8_t *in;
    size_t in_len;
    uint8_t *out;
    size_t out_cap; /* what the call is told; CALL_ROOM at most */
    size_t out_len;
};

static inline struct caller caller_new(struct ccr_runtime *rt)
{
    return (struct caller){.rt = rt, .in = malloc(CALL_ROOM), .out = malloc(CALL_ROOM), .out_cap = CALL_ROOM};
}

static inline void caller_free(struct caller *c)
{
    free(c->in);
    free(c->out);
}

static inline struct ccr_status caller_again(struct caller *c, int64_t handle, enum ccr_method method)
{
    memset(&c->err, 0, sizeof c->err);
    struct ccr_status s =
        ccr_session_call(c->rt, handle, method, c->in, c->in_len, c->out, c->out_cap, &c->out_len, &c->err);
    if (ccr_ok(s) &&
        (c->out_len > c->out_cap || (uint64_t)ccr_get_u32le(c->out + 4) + ccr_get_u32le(c->out + 8) > c->out_len ||
         (uint64_t)CCR_CALL_PREAMBLE + ccr_get_u32le(c->out) > c->out_len)) {
        fputs("an answer that is no call frame\n", stderr);
        abort();
    }
    return s;
}

static inline struct ccr_status caller_call(struct caller *c, int64_t handle, enum ccr_method method,
                                            const ProtobufCMessage *envelope, struct ccr_slice payload)
{
    size_t len = envelope == NULL ? 0 : protobuf_c_message_pack(envelope, c->in + CCR_CALL_PREAMBLE);
    size_t pos = CCR_CALL_PREAMBLE + len;
    ccr_put_u32le(c->in, (uint32_t)len);
    ccr_put_u32le(c->in + 4, (uint32_t)pos);
    ccr_put_u32le(c->in + 8, (uint32_t)payload.len);
    if (payload.len > 0) {
        memcpy(c->in + pos, payload.data, payload.len);
    }
    c->in_len = pos + payload.len;
    return caller_again(c, handle, method);
}

static inline struct ccr_slice caller_envelope(const struct caller *c)
{
    return ccr_slice_of(c->out + CCR_CALL_PREAMBLE, ccr_get_u32le(c->out));
}

static inline struct ccr_slice caller_payload(const struct caller *c)
{
    return ccr_slice_of(c->out + ccr_get_u32le(c->out + 4), ccr_get_u32le(c->out + 8));
}

static inline struct ccr_status runtime_of(struct ccr_runtime **rt, const struct ccr_alloc *alloc, uint32_t sessions,
                                           uint32_t workspaces)
{
    Ccr__V1__RuntimeConfig m = CCR__V1__RUNTIME_CONFIG__INIT;
    uint8_t bytes[64];
    m.sessions_max = sessions;
    m.workspaces_max = workspaces;
    return ccr_runtime_new(rt, alloc, bytes, ccr__v1__runtime_config__pack(&m, bytes), NULL);
}

static inline Ccr__V1__FollowerConfig follower_config(void)
{
    Ccr__V1__FollowerConfig m = CCR__V1__FOLLOWER_CONFIG__INIT;
    static char history[] = "qzMkNbTUTZqtGqMEb2m9wg", shard[] = "hK1qv2vFQvq5mYkE2l9e3Q/0";
    m.history_uuid = history;
    m.leader_shard = shard;
    m.fetches_max = 2;
    m.applies_max = 2;
    m.batch_bytes_max = 1 << 20;
    m.batch_ops_max = 10000;
    m.poll_bytes = 64 << 10;
    m.poll_timeout_ms = 60000;
    m.backoff_min_ms = 50;
    m.backoff_max_ms = 10000;
    m.lease_interval_ms = 30000;
    m.prefix_bytes_max = 4096;
    m.codec = CCR__V1__CODEC__CODEC_ZSTD;
    m.level = 1;
    m.seed = 7;
    return m;
}

static inline struct ccr_status open_with(struct ccr_runtime *rt, enum ccr_session_kind kind, const ProtobufCMessage *m,
                                          int64_t *handle, struct ccr_err *err)
{
    uint8_t bytes[8192];
    size_t len = m == NULL ? 0 : protobuf_c_message_pack(m, bytes);
    return ccr_session_open(rt, kind, bytes, len, handle, err);
}

#endif
