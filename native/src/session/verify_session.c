/*
 * Sessions of kind VERIFY: the comparison of one shard, between messages and ccr/verify.h.
 */
#include <inttypes.h>
#include <stdalign.h>
#include <string.h>

#include "ccr/verify.h"
#include "session/messages.h"
#include "session/session_private.h"
#include "wire/arena.h"

/* The most bytes VerifyEffects takes: 2 lists of CCR_VERIFY_WIDTH numbers of at most 10 bytes, one of kinds, the rest. */
#define EFFECTS_MAX (CCR_VERIFY_WIDTH * 21u + 512u)

struct ccri_verify_session {
    const struct ccr_alloc *alloc;
    struct ccr_verify *verify;
    struct ccr_digest_sum sums[CCR_DIGEST_BUCKETS_MAX]; /* of the event that is being taken */
    char refused[CCR_ERR_TEXT_MAX];
};

struct ccr_status ccri_verify_session_open(struct ccri_verify_session **out, const struct ccr_alloc *alloc,
                                           const void *msg, size_t len, struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[512];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__VerifyConfig *m = ccr__v1__verify_config__unpack(&arena.allocator, len, msg);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the message of %zu bytes is no VerifyConfig", len);
    }
    struct ccri_verify_session *s = ccr_alloc_zero(alloc, sizeof *s);
    if (s == NULL) {
        return ccr_err_set(err, CCR_NOMEM, "no memory for a verify session");
    }
    s->alloc = alloc;
    const struct ccr_verify_config config = {
        .next_seq_no = m->next_seq_no,
        .bytes_max = m->bytes_max,
        .bytes_per_second = m->bytes_per_second,
        .differences_max = m->differences_max,
    };
    struct ccr_status status = ccr_verify_new(&s->verify, alloc, &config, err);
    if (!ccr_ok(status)) {
        ccri_verify_session_free(s);
        return status;
    }
    *out = s;
    return status;
}

void ccri_verify_session_free(struct ccri_verify_session *s)
{
    if (s != NULL) {
        ccr_verify_free(s->verify);
        ccr_alloc_put(s->alloc, s);
    }
}

static struct ccr_status event_of(struct ccri_verify_session *s, struct ccr_verify_event *e,
                                  const Ccr__V1__VerifyEvent *m, struct ccr_err *err)
{
    *e = (struct ccr_verify_event){
        .kind = (enum ccr_verify_event_kind)m->kind,
        .now_ms = m->now_ms,
        .id = m->id,
        .error = (enum ccr_error_class)m->error,
        .checkpoint = m->checkpoint,
        .max_seq_no = m->max_seq_no,
        .last_seq_no = m->last_seq_no,
        .newest_count = (uint32_t)m->n_newest,
        .newest = m->newest,
    };
    if ((unsigned)m->kind > CCR_VERIFY_STOP) {
        return ccr_err_set(err, CCR_ARG, "event of unknown kind %d", (int)m->kind);
    }
    if ((unsigned)m->error > CCR_ERROR_FATAL) {
        return ccr_err_set(err, CCR_ARG, "event with unknown error class %d", (int)m->error);
    }
    const Ccr__V1__DigestSums *sums = m->sums;
    if (sums == NULL) {
        return ccr_status_of(CCR_OK);
    }
    if (sums->n_low != sums->n_high || sums->n_low != sums->n_documents || sums->n_low > CCR_DIGEST_BUCKETS_MAX) {
        return ccr_err_set(err, CCR_ARG, "digests of %zu, %zu and %zu parts, expected the same number, at most %u",
                           sums->n_low, sums->n_high, sums->n_documents, CCR_DIGEST_BUCKETS_MAX);
    }
    for (size_t i = 0; i < sums->n_low; i++) {
        s->sums[i] = (struct ccr_digest_sum){sums->low[i], sums->high[i], sums->documents[i]};
    }
    e->sums = s->sums;
    e->sums_count = (uint32_t)sums->n_low;
    e->bytes = sums->bytes;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status answer(struct ccri_verify_session *s, const struct ccr_verify_effects *fx,
                                struct ccri_answer *out, struct ccr_err *err)
{
    struct ccr_verify_progress p;
    int64_t explain[CCR_VERIFY_WIDTH], report[CCR_VERIFY_WIDTH];
    Ccr__V1__VerifyDifference kinds[CCR_VERIFY_WIDTH];
    Ccr__V1__VerifyEffects m = CCR__V1__VERIFY_EFFECTS__INIT;

    ccr_verify_progress(s->verify, &p);
    for (uint32_t i = 0; i < fx->explain_count; i++) {
        explain[i] = fx->explain[i];
    }
    for (uint32_t i = 0; i < fx->report_count; i++) {
        report[i] = fx->report[i];
        kinds[i] = (Ccr__V1__VerifyDifference)fx->report_kinds[i];
    }
    m.question = (Ccr__V1__VerifyQuestion)fx->question;
    m.id = fx->id;
    m.first_seq_no = fx->first_seq_no;
    m.last_seq_no = fx->last_seq_no;
    m.width = fx->width;
    m.bytes_max = fx->bytes_max;
    m.known_seq_no = fx->known_seq_no;
    m.n_explain = fx->explain_count;
    m.explain = explain;
    m.n_report = m.n_report_kinds = fx->report_count;
    m.report = report;
    m.report_kinds = kinds;
    m.next_deadline_ms = fx->next_deadline_ms;
    m.state = (Ccr__V1__VerifyState)p.state;
    m.error = (Ccr__V1__ErrorClass)p.error;
    m.attempts = p.attempts;
    m.next_seq_no = p.next_seq_no;
    m.checkpoint = p.checkpoint;
    m.documents = p.documents;
    m.bytes = p.bytes;
    m.moved = p.moved;
    m.differences = p.differences;
    m.refused = s->refused;
    return ccri_answer_put(out, &m.base, err);
}

struct ccr_status ccri_verify_session_call(struct ccri_verify_session *s, enum ccr_method method,
                                           const struct ccri_call *in, struct ccri_answer *out, struct ccr_err *err)
{
    if (method != CCR_METHOD_VERIFY_EVENT) {
        return ccr_err_set(err, CCR_ARG, "method %d is not one of a verify session", (int)method);
    }
    alignas(max_align_t) uint8_t memory[CCRI_ENVELOPE_ARENA];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__VerifyEvent *m =
        ccr__v1__verify_event__unpack(&arena.allocator, in->envelope.len, in->envelope.data);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the envelope of %zu bytes is no VerifyEvent", in->envelope.len);
    }
    struct ccr_verify_event event;
    struct ccr_verify_effects fx;
    struct ccr_err why = {0};
    CCR_TRY(event_of(s, &event, m, err));
    CCR_TRY(ccri_answer_room(out, EFFECTS_MAX, 0, err)); /* before the event counts: NOBUF must leave it as it was */
    s->refused[0] = 0;
    struct ccr_status status = ccr_verify_step(s->verify, &event, &fx, &why);
    if (ccr_is(status, CCR_CORRUPT_WIRE)) {
        memcpy(s->refused, why.text, sizeof s->refused); /* ASCII: the machine's own words and numbers */
    } else if (!ccr_ok(status)) {
        if (err != NULL) {
            *err = why;
        }
        return status;
    }
    return answer(s, &fx, out, err);
}
