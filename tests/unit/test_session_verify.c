/* Sessions of kind DIGEST and VERIFY, through messages and frames as Java uses them. */
#include "calls.h"
#include "ccr/digest.h"
#include "ccr/verify.h"
#include "heap.h"

static const struct ccr_slice NONE = {NULL, 0};

struct rig {
    struct ccr_runtime *rt;
    struct caller c;
    int64_t handle;
};

static struct rig rig_new(const struct ccr_alloc *alloc)
{
    struct rig r = {0};
    assert_ok(runtime_of(&r.rt, alloc, 8, 1));
    r.c = caller_new(r.rt);
    return r;
}

static void rig_free(struct rig *r)
{
    caller_free(&r->c);
    ccr_runtime_free(r->rt);
}

static struct ccr_status digest_open(struct rig *r, uint32_t width, uint32_t buckets)
{
    Ccr__V1__DigestOpen m = CCR__V1__DIGEST_OPEN__INIT;
    m.key_low = 1;
    m.key_high = 2;
    m.width = width;
    m.buckets = buckets;
    return open_with(r->rt, CCR_KIND_DIGEST, &m.base, &r->handle, &r->c.err);
}

static struct ccr_status verify_open(struct rig *r, uint32_t differences_max)
{
    Ccr__V1__VerifyConfig m = CCR__V1__VERIFY_CONFIG__INIT;
    m.bytes_max = 1 << 20;
    m.bytes_per_second = 1 << 30;
    m.differences_max = differences_max;
    return open_with(r->rt, CCR_KIND_VERIFY, &m.base, &r->handle, &r->c.err);
}

static Ccr__V1__DigestSums *sums_of(struct rig *r)
{
    assert_ok(caller_call(&r->c, r->handle, CCR_METHOD_DIGEST_SUMS, NULL, NONE));
    struct ccr_slice envelope = caller_envelope(&r->c);
    return ccr__v1__digest_sums__unpack(NULL, envelope.len, envelope.data);
}

static Ccr__V1__VerifyEffects *event(struct rig *r, const Ccr__V1__VerifyEvent *e)
{
    assert_ok(caller_call(&r->c, r->handle, CCR_METHOD_VERIFY_EVENT, &e->base, NONE));
    struct ccr_slice envelope = caller_envelope(&r->c);
    return ccr__v1__verify_effects__unpack(NULL, envelope.len, envelope.data);
}

CCR_TEST(session_verify, digests_come_back_bucket_by_bucket)
{
    struct rig r = rig_new(&heap->alloc);
    struct plain_ops p = plain_new(0);
    struct ccr_digest d;
    plain_log(&p, 256);
    assert_ok(ccr_digest_init(&d, (struct ccr_digest_key){1, 2}, 0, 1, 256, NULL));
    assert_ok(ccr_digest_add(&d, plain_slice(&p), NULL));
    assert_ok(digest_open(&r, 1, 256));
    assert_ok(caller_call(&r.c, r.handle, CCR_METHOD_DIGEST_ADD, NULL, plain_slice(&p)));
    Ccr__V1__DigestSums *m = sums_of(&r);
    cr_assert(m->n_low == 256 && m->n_high == 256 && m->n_documents == 256);
    for (int i = 0; i < 256; i++) {
        cr_assert(m->low[i] == d.sums[i].low && m->high[i] == d.sums[i].high && m->documents[i] == 1);
    }
    cr_assert_eq(m->bytes, d.bytes);
    ccr__v1__digest_sums__free_unpacked(m, NULL);
    plain_free(&p);
    rig_free(&r);
}

CCR_TEST(session_verify, wrong_opens_and_methods_are_refused)
{
    struct rig r = rig_new(&heap->alloc);
    assert_status(digest_open(&r, 1, 257), CCR_ARG);
    assert_text(r.c.err, "257 buckets");
    assert_status(verify_open(&r, 0), CCR_ARG);
    assert_text(r.c.err, "differences_max 0");
    assert_status(ccr_session_open(r.rt, CCR_KIND_DIGEST, "\xff", 1, &r.handle, &r.c.err), CCR_ARG);
    assert_status(ccr_session_open(r.rt, CCR_KIND_VERIFY, "\xff", 1, &r.handle, &r.c.err), CCR_ARG);
    assert_status(ccr_session_open(r.rt, (enum ccr_session_kind)7, NULL, 0, &r.handle, &r.c.err), CCR_ARG);
    assert_ok(digest_open(&r, 1, 1));
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_ECHO, NULL, NONE), CCR_ARG);
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_DIGEST_ADD, NULL, ccr_slice_of("abc", 3)), CCR_CORRUPT_WIRE);
    assert_ok(verify_open(&r, 1));
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_DIGEST_SUMS, NULL, NONE), CCR_ARG);
    assert_ok(ccr_session_close(r.rt, r.handle));
    rig_free(&r);
}

CCR_TEST(session_verify, one_missing_document_from_question_to_report)
{
    struct rig r = rig_new(&heap->alloc);
    assert_ok(verify_open(&r, 10));
    Ccr__V1__VerifyEvent e = CCR__V1__VERIFY_EVENT__INIT;
    Ccr__V1__DigestSums sums = CCR__V1__DIGEST_SUMS__INIT;
    uint64_t low[1] = {0}, high[1] = {0};
    uint32_t documents[1] = {0};
    sums.n_low = sums.n_high = sums.n_documents = 1;
    sums.low = low;
    sums.high = high;
    sums.documents = documents;
    e.kind = CCR__V1__VERIFY_EVENT_KIND__VERIFY_START;
    int reported = 0;
    for (int steps = 0; steps < 40; steps++) {
        Ccr__V1__VerifyEffects *fx = event(&r, &e);
        cr_assert_str_eq(fx->refused, "");
        reported += (int)fx->n_report;
        if (fx->n_report > 0) {
            cr_assert(fx->report[0] == 0 && fx->n_report_kinds == 1 &&
                      fx->report_kinds[0] == CCR__V1__VERIFY_DIFFERENCE__DIFFERENCE_MISSING_ON_FOLLOWER);
        }
        bool leader = fx->question == CCR__V1__VERIFY_QUESTION__QUESTION_LEADER;
        bool done = fx->state == CCR__V1__VERIFY_STATE__COMPARISON_COMPLETE;
        ccr__v1__verify_event__init(&e);
        e.now_ms = fx->next_deadline_ms;
        if (fx->question != CCR__V1__VERIFY_QUESTION__QUESTION_NONE) {
            e.kind = CCR__V1__VERIFY_EVENT_KIND__VERIFY_SUMS;
            e.now_ms = 0;
            e.id = fx->id;
            e.last_seq_no = fx->first_seq_no > 0 ? 0 : fx->first_seq_no;
            low[0] = documents[0] = leader;
            e.sums = fx->first_seq_no > 0 ? NULL : &sums;
        }
        ccr__v1__verify_effects__free_unpacked(fx, NULL);
        if (done) {
            cr_assert_eq(reported, 1);
            rig_free(&r);
            return;
        }
    }
    cr_assert_fail("it does not end");
}

CCR_TEST(session_verify, an_answer_that_contradicts_its_question_is_told)
{
    struct rig r = rig_new(&heap->alloc);
    assert_ok(verify_open(&r, 10));
    Ccr__V1__VerifyEvent e = CCR__V1__VERIFY_EVENT__INIT;
    e.kind = CCR__V1__VERIFY_EVENT_KIND__VERIFY_START;
    Ccr__V1__VerifyEffects *fx = event(&r, &e);
    e.kind = CCR__V1__VERIFY_EVENT_KIND__VERIFY_SUMS;
    e.id = fx->id;
    e.checkpoint = 5;
    e.last_seq_no = 5;
    ccr__v1__verify_effects__free_unpacked(fx, NULL);
    fx = event(&r, &e);
    cr_assert_str_eq(fx->refused, "0 digests for 0 to 5, expected 1");
    cr_assert_eq(fx->state, CCR__V1__VERIFY_STATE__COMPARISON_GIVEN_UP);
    ccr__v1__verify_effects__free_unpacked(fx, NULL);
    rig_free(&r);
}

CCR_TEST(session_verify, events_that_are_refused_leave_the_session_as_it_was)
{
    struct rig r = rig_new(&heap->alloc);
    assert_ok(verify_open(&r, 10));
    Ccr__V1__VerifyEvent e = CCR__V1__VERIFY_EVENT__INIT;
    Ccr__V1__DigestSums sums = CCR__V1__DIGEST_SUMS__INIT;
    uint64_t low[1] = {0};
    e.kind = (Ccr__V1__VerifyEventKind)6;
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_VERIFY_EVENT, &e.base, NONE), CCR_ARG);
    e.kind = CCR__V1__VERIFY_EVENT_KIND__VERIFY_START;
    e.error = (Ccr__V1__ErrorClass)99;
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_VERIFY_EVENT, &e.base, NONE), CCR_ARG);
    e.error = 0;
    e.sums = &sums;
    sums.n_low = 1;
    sums.low = low;
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_VERIFY_EVENT, &e.base, NONE), CCR_ARG);
    assert_text(r.c.err, "digests of 1, 0 and 0 parts");
    e.sums = NULL;
    r.c.out_cap = 64;
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_VERIFY_EVENT, &e.base, NONE), CCR_NOBUF);
    r.c.out_cap = CALL_ROOM;
    Ccr__V1__VerifyEffects *fx = event(&r, &e);
    cr_assert_eq(fx->question, CCR__V1__VERIFY_QUESTION__QUESTION_FOLLOWER);
    cr_assert(fx->first_seq_no == 0 && fx->last_seq_no == 16383 && fx->width == 256);
    ccr__v1__verify_effects__free_unpacked(fx, NULL);
    rig_free(&r);
}
