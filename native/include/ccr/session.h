/*
 * The door for guests: handles instead of pointers, one message in and one message out. The JNI file includes only this.
 *
 * Call frame, both directions: u32le envelope length | u32le payload position | u32le payload length | envelope
 * (protobuf, proto/ccr_core.proto) ... payload. Positions count from the frame's first byte. Envelopes are at most
 * CCR_CALL_ENVELOPE_MAX bytes. An in-frame is read only during the call.
 *
 * Threads: every function may be called from any thread. A handle serves one call at a time: a second one gets BUSY.
 * close waits for nobody: a close during a call marks the session, and the call's end frees it.
 */
#ifndef CCR_SESSION_H
#define CCR_SESSION_H

#include "ccr/alloc.h"
#include "ccr/status.h"

#define CCR_CALL_ENVELOPE_MAX (64u << 10)
#define CCR_CALL_PREAMBLE     12u
#define CCR_MESSAGES_HASH     0x8114c830u /* of proto/; jni-shim/generate.py checks it and --update sets it */

enum ccr_session_kind {
    CCR_KIND_LEADER = 1,
    CCR_KIND_FOLLOWER = 2,
    CCR_KIND_CODEC = 3,
    CCR_KIND_DIGEST = 4,
    CCR_KIND_VERIFY = 5,
    CCR_KIND_JUDGE = 6
};

/* method, name, session kind, request -> answer. Java's NativeMethod is generated from this list. 11 to 17 are free. */
#define CCR_METHOD_MAP(X)                                                                                              \
    X(1, LEADER_READ, LEADER, "LeaderRead -> BatchSummary + frame")                                                    \
    X(2, LEADER_PACK, LEADER, "LeaderRead + plain operations -> BatchSummary + frame")                                 \
    X(3, LEADER_STATS, LEADER, "- -> LeaderStats")                                                                     \
    X(4, FOLLOWER_EVENT, FOLLOWER, "FollowerEvent [+ frame] -> FollowerEffects [+ plain operations]")                  \
    X(5, FOLLOWER_STATUS, FOLLOWER, "FollowerLook -> FollowerStatus")                                                  \
    X(6, PACK_CHUNK, CODEC, "ChunkPack + plain bytes -> - + chunk frame")                                              \
    X(7, UNPACK_CHUNK, CODEC, "- + chunk frame -> - + plain bytes")                                                    \
    X(8, PACK_BATCH, CODEC, "BatchPack + plain operations -> BatchSummary + frame")                                    \
    X(9, UNPACK_BATCH, CODEC, "- + frame -> BatchSummary + plain operations")                                          \
    X(10, ECHO, CODEC, "any + any -> the same envelope and payload")                                                   \
    X(18, JUDGE_PAUSE, JUDGE, "PauseFacts -> PauseJudgement")                                                          \
    X(19, JUDGE_DISK, JUDGE, "DiskFacts -> DiskJudgement")                                                             \
    X(20, DIGEST_ADD, DIGEST, "- + documents -> -")                                                                    \
    X(21, DIGEST_SUMS, DIGEST, "- -> DigestSums")                                                                      \
    X(22, VERIFY_EVENT, VERIFY, "VerifyEvent -> VerifyEffects")

enum ccr_method {
#define X(id, name, kind, text) CCR_METHOD_##name = id,
    CCR_METHOD_MAP(X)
#undef X
};

struct ccr_runtime; /* opaque: session table, workspaces, budget; one per process */

/* config: a RuntimeConfig message. ARG, NOMEM. */
struct ccr_status ccr_runtime_new(struct ccr_runtime **out, const struct ccr_alloc *alloc, const void *config,
                                  size_t config_len, struct ccr_err *err) CCR_MUST_USE;
/* Frees everything; no call may be running. NULL is legal. */
void ccr_runtime_free(struct ccr_runtime *rt);

/* open_msg: LeaderOpen, FollowerConfig, DigestOpen, VerifyConfig, or nothing for CODEC and JUDGE. *handle > 0. ARG, LIMIT (table full), IO, NOMEM. */
struct ccr_status ccr_session_open(struct ccr_runtime *rt, enum ccr_session_kind kind, const void *open_msg,
                                   size_t open_len, int64_t *handle, struct ccr_err *err) CCR_MUST_USE;

/*
 * out must not overlap in. *out_len: length of the answer frame; on NOBUF the needed capacity (the event was not
 * consumed). Any other status than OK leaves out undefined. ARG, LIMIT: no call frame, or a method of another kind. CLOSED:
 * no such session. BUSY. Everything else is the method's: what the functions behind it answer.
 */
struct ccr_status ccr_session_call(struct ccr_runtime *rt, int64_t handle, enum ccr_method method, const uint8_t *in,
                                   size_t in_len, uint8_t *out, size_t out_cap, size_t *out_len,
                                   struct ccr_err *err) CCR_MUST_USE;

/* CLOSED when there is no such session. */
struct ccr_status ccr_session_close(struct ccr_runtime *rt, int64_t handle) CCR_MUST_USE;

/* Packs err as an ErrorDetail message; returns its length, 0 when it does not fit. */
size_t ccr_err_pack(const struct ccr_err *err, uint8_t *out, size_t cap);

/* Changes with the call frame, the methods, the statuses or a message: Java refuses a library that answers another. */
uint32_t ccr_abi(void);

#endif
