/* The rules that belong to no session, as functions and through their messages. */
#include "calls.h"
#include "ccr/judge.h"
#include "heap.h"

static const struct ccr_slice NONE = {NULL, 0};

/* A pause of a tenth of what is allowed; half of the leader's 1000 bytes are missing, and so much may be. */
static struct ccr_pause pause_at(enum ccr_pause_stage stage)
{
    return (struct ccr_pause){.stage = stage,
                              .paused_ms = 100,
                              .paused_ms_max = 1000,
                              .leader_bytes = 1000,
                              .leader_max_seq_no = 99,
                              .retaining_seq_no = 50,
                              .kept_bytes_max = 500};
}

CCR_TEST(judge, a_pause_keeps_its_history_up_to_an_age)
{
    (void)heap;
    struct ccr_pause p = pause_at(CCR_PAUSE_LOOK);
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_MEASURE);
    p.paused_ms = 1000;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_MEASURE, "the age itself is allowed");
    p.paused_ms = 1001;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_TOO_OLD);
    p.paused_ms_max = 0;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_TOO_OLD, "zero keeps nothing");
    p.paused_ms = -5000;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_MEASURE, "paused by a clock that is ahead");
}

CCR_TEST(judge, a_pause_keeps_its_history_up_to_an_amount)
{
    (void)heap;
    struct ccr_pause p = pause_at(CCR_PAUSE_MEASURED);
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_RENEW, "500 bytes are allowed");
    p.retaining_seq_no = 49;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_TOO_MUCH, "510 are not");
    p.kept_bytes_max = 510;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_RENEW);
    p.kept_bytes_max = 0;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_TOO_MUCH);
    p.retaining_seq_no = 100;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_RENEW, "nothing is missing, so nothing is kept");
    p.retaining_seq_no = 200;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_RENEW, "ahead of what the leader says");
    p.retaining_seq_no = 0;
    p.leader_max_seq_no = -1;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_RENEW, "an empty leader");
}

CCR_TEST(judge, numbers_at_their_ends_do_not_overflow)
{
    (void)heap;
    struct ccr_pause p = pause_at(CCR_PAUSE_MEASURED);
    p.leader_max_seq_no = INT64_MAX;
    p.leader_bytes = UINT64_MAX;
    p.retaining_seq_no = INT64_MIN;
    p.kept_bytes_max = INT64_MAX;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_TOO_MUCH);
    p.retaining_seq_no = INT64_MAX;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_RENEW);
}

CCR_TEST(judge, a_refused_renewal_is_tried_again_unless_the_history_is_lost)
{
    (void)heap;
    for (int error = CCR_ERROR_NONE; error <= CCR_ERROR_FATAL; error++) {
        struct ccr_pause p = pause_at(CCR_PAUSE_REFUSED);
        p.error = (enum ccr_error_class)error;
        enum ccr_pause_verdict expected = CCR_PAUSE_NOTHING;
        if (error == CCR_ERROR_LEADER_MISSING) {
            expected = CCR_PAUSE_LEADER_MISSING;
        } else if (error == CCR_ERROR_HISTORY_GONE || error == CCR_ERROR_HISTORY_CHANGED) {
            expected = CCR_PAUSE_HISTORY_GONE;
        }
        cr_assert_eq(ccr_pause_judge(&p), expected, "error %d", error);
    }
}

CCR_TEST(judge, what_is_lost_already_is_left_alone)
{
    (void)heap;
    static const enum ccr_error_class lost[] = {CCR_ERROR_HISTORY_GONE, CCR_ERROR_HISTORY_CHANGED,
                                                CCR_ERROR_LEADER_MISSING};
    for (size_t i = 0; i < 3; i++) {
        for (int stage = CCR_PAUSE_LOOK; stage <= CCR_PAUSE_REFUSED; stage++) {
            struct ccr_pause p = pause_at((enum ccr_pause_stage)stage);
            p.cause = lost[i];
            p.error = CCR_ERROR_LEADER_MISSING;
            cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_NOTHING);
        }
    }
    struct ccr_pause p = pause_at(CCR_PAUSE_LOOK);
    p.cause = CCR_ERROR_FORBIDDEN;
    cr_assert_eq(ccr_pause_judge(&p), CCR_PAUSE_MEASURE, "any other cause keeps its history");
}

CCR_TEST(judge, a_disk_is_full_beyond_either_watermark)
{
    (void)heap;
    struct ccr_disk d = {.free_bytes = 50, .total_bytes = 1000, .free_percent_min = 5.0};
    cr_assert(!ccr_disk_is_full(&d), "exactly at the watermark");
    d.free_bytes = 49;
    cr_assert(ccr_disk_is_full(&d));
    d.free_percent_min = 0;
    cr_assert(!ccr_disk_is_full(&d));
    d.free_bytes_min = 49;
    cr_assert(!ccr_disk_is_full(&d), "exactly at the watermark");
    d.free_bytes_min = 50;
    cr_assert(ccr_disk_is_full(&d));
    d.total_bytes = 0;
    cr_assert(!ccr_disk_is_full(&d), "a disk that could not be asked");
}

CCR_TEST(judge, its_verdicts_come_through_messages)
{
    struct ccr_runtime *rt;
    int64_t judge;
    assert_ok(runtime_of(&rt, &heap->alloc, 4, 1));
    struct caller c = caller_new(rt);
    assert_ok(open_with(rt, CCR_KIND_JUDGE, NULL, &judge, NULL));

    Ccr__V1__PauseFacts pause = CCR__V1__PAUSE_FACTS__INIT;
    pause.stage = CCR__V1__PAUSE_STAGE__PAUSE_MEASURED;
    pause.leader_bytes = 1000;
    pause.leader_max_seq_no = 99;
    pause.retaining_seq_no = 49;
    pause.kept_bytes_max = 509;
    assert_ok(caller_call(&c, judge, CCR_METHOD_JUDGE_PAUSE, &pause.base, NONE));
    struct ccr_slice bytes = caller_envelope(&c);
    Ccr__V1__PauseJudgement *verdict = ccr__v1__pause_judgement__unpack(NULL, bytes.len, bytes.data);
    cr_assert_eq(verdict->verdict, CCR__V1__PAUSE_VERDICT__VERDICT_TOO_MUCH);
    ccr__v1__pause_judgement__free_unpacked(verdict, NULL);
    pause.stage = (Ccr__V1__PauseStage)7;
    assert_status(caller_call(&c, judge, CCR_METHOD_JUDGE_PAUSE, &pause.base, NONE), CCR_ARG);

    Ccr__V1__DiskFacts disk = CCR__V1__DISK_FACTS__INIT;
    disk.free_bytes = 1;
    disk.total_bytes = 100;
    disk.free_percent_min = 2.5;
    assert_ok(caller_call(&c, judge, CCR_METHOD_JUDGE_DISK, &disk.base, NONE));
    bytes = caller_envelope(&c);
    Ccr__V1__DiskJudgement *judgement = ccr__v1__disk_judgement__unpack(NULL, bytes.len, bytes.data);
    cr_assert(judgement->full && judgement->good_for_ms == CCR_DISK_GOOD_FOR_MS);
    ccr__v1__disk_judgement__free_unpacked(judgement, NULL);

    assert_ok(ccr_session_close(rt, judge));
    caller_free(&c);
    ccr_runtime_free(rt);
    cr_assert_eq(heap->live_bytes, 0);
}
