/*
 * Calls of any kind with any frame: the first byte chooses the session, the second the method, the third the room.
 */
#include <stdlib.h>

#include "ccr/session.h"
#include "ccr_core.pb-c.h"

#define ROOM (256u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ccr_runtime *rt;
static int64_t handles[2];

/* A fresh follower for every input, so that one input is one story. */
static int64_t follower(void)
{
    Ccr__V1__FollowerConfig m = CCR__V1__FOLLOWER_CONFIG__INIT;
    static char history[] = "history";
    uint8_t bytes[256];
    int64_t handle = 0;
    m.history_uuid = history;
    m.fetches_max = m.applies_max = 2;
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
    if (!ccr_ok(
            ccr_session_open(rt, CCR_KIND_FOLLOWER, bytes, ccr__v1__follower_config__pack(&m, bytes), &handle, NULL))) {
        abort();
    }
    return handle;
}

static int64_t digest(void)
{
    Ccr__V1__DigestOpen m = CCR__V1__DIGEST_OPEN__INIT;
    uint8_t bytes[64];
    int64_t handle = 0;
    m.width = 4;
    m.buckets = 16;
    if (!ccr_ok(ccr_session_open(rt, CCR_KIND_DIGEST, bytes, ccr__v1__digest_open__pack(&m, bytes), &handle, NULL))) {
        abort();
    }
    return handle;
}

static int64_t verify(void)
{
    Ccr__V1__VerifyConfig m = CCR__V1__VERIFY_CONFIG__INIT;
    uint8_t bytes[64];
    int64_t handle = 0;
    m.bytes_max = 1 << 20;
    m.bytes_per_second = 1 << 30;
    m.differences_max = 4;
    if (!ccr_ok(ccr_session_open(rt, CCR_KIND_VERIFY, bytes, ccr__v1__verify_config__pack(&m, bytes), &handle, NULL))) {
        abort();
    }
    return handle;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[ROOM];
    struct ccr_err err;
    size_t len;
    if (rt == NULL) {
        if (!ccr_ok(ccr_runtime_new(&rt, ccr_alloc_system(), NULL, 0, &err)) ||
            !ccr_ok(ccr_session_open(rt, CCR_KIND_CODEC, NULL, 0, &handles[0], &err))) {
            abort();
        }
    }
    if (size < 3) {
        return 0;
    }
    int64_t mine = data[0] == 3 ? digest() : data[0] == 4 ? verify() : follower();
    int64_t handle = data[0] % 3 == 0 ? handles[0] : data[0] % 3 == 1 ? mine : (int64_t)data[0];
    handle = data[0] == 3 ? mine : handle;
    size_t cap = data[2] % 4 == 0 ? data[2] : ROOM;
    /* Events come in rows: the rest is cut into frames by a u16le length before each. */
    const uint8_t *at = data + 3;
    size_t left = size - 3;
    while (left > 2) {
        size_t n = (size_t)at[0] | (size_t)at[1] << 8;
        n = n > left - 2 ? left - 2 : n;
        struct ccr_status s =
            ccr_session_call(rt, handle, (enum ccr_method)(data[1] % 24), at + 2, n, out, cap, &len, &err);
        if (ccr_ok(s) && (len > cap || len < CCR_CALL_PREAMBLE)) {
            abort();
        }
        at += 2 + n;
        left -= 2 + n;
    }
    (void)!ccr_ok(ccr_session_close(rt, mine));
    return 0;
}
