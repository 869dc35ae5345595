/*
 * Sessions of kind DIGEST: digests of the documents of one range, added in pieces.
 */
#include <stdalign.h>

#include "ccr/digest.h"
#include "session/messages.h"
#include "session/session_private.h"
#include "wire/arena.h"

struct ccri_digest_session {
    const struct ccr_alloc *alloc;
    struct ccr_digest digest;
};

struct ccr_status ccri_digest_session_open(struct ccri_digest_session **out, const struct ccr_alloc *alloc,
                                           const void *msg, size_t len, struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[512];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__DigestOpen *m = ccr__v1__digest_open__unpack(&arena.allocator, len, msg);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the message of %zu bytes is no DigestOpen", len);
    }
    struct ccri_digest_session *s = ccr_alloc_zero(alloc, sizeof *s);
    if (s == NULL) {
        return ccr_err_set(err, CCR_NOMEM, "no memory for a digest session");
    }
    s->alloc = alloc;
    const struct ccr_digest_key key = {m->key_low, m->key_high};
    struct ccr_status status = ccr_digest_init(&s->digest, key, m->first_seq_no, m->width, m->buckets, err);
    if (!ccr_ok(status)) {
        ccri_digest_session_free(s);
        return status;
    }
    *out = s;
    return status;
}

void ccri_digest_session_free(struct ccri_digest_session *s)
{
    if (s != NULL) {
        ccr_alloc_put(s->alloc, s);
    }
}

static struct ccr_status sums(const struct ccri_digest_session *s, struct ccri_answer *out, struct ccr_err *err)
{
    uint64_t low[CCR_DIGEST_BUCKETS_MAX], high[CCR_DIGEST_BUCKETS_MAX];
    uint32_t documents[CCR_DIGEST_BUCKETS_MAX];
    Ccr__V1__DigestSums m = CCR__V1__DIGEST_SUMS__INIT;

    for (uint32_t i = 0; i < s->digest.buckets; i++) {
        low[i] = s->digest.sums[i].low;
        high[i] = s->digest.sums[i].high;
        documents[i] = s->digest.sums[i].documents;
    }
    m.n_low = m.n_high = m.n_documents = s->digest.buckets;
    m.low = low;
    m.high = high;
    m.documents = documents;
    m.bytes = s->digest.bytes;
    CCR_TRY(ccri_answer_room(out, ccr__v1__digest_sums__get_packed_size(&m), 0, err));
    return ccri_answer_put(out, &m.base, err);
}

struct ccr_status ccri_digest_session_call(struct ccri_digest_session *s, enum ccr_method method,
                                           const struct ccri_call *in, struct ccri_answer *out, struct ccr_err *err)
{
    if (method == CCR_METHOD_DIGEST_SUMS) {
        return sums(s, out, err);
    }
    if (method != CCR_METHOD_DIGEST_ADD) {
        return ccr_err_set(err, CCR_ARG, "method %d is not one of a digest session", (int)method);
    }
    CCR_TRY(ccri_answer_room(out, 0, 0, err));
    return ccr_digest_add(&s->digest, in->payload, err);
}
