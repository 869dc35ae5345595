/*
 * Sessions of kind JUDGE: they hold nothing, each call brings its facts.
 */
#include <stdalign.h>

#include "ccr/judge.h"
#include "session/messages.h"
#include "session/session_private.h"
#include "wire/arena.h"

#define ARENA 512u /* flat messages without text */

static struct ccr_status answer(struct ccri_answer *out, const ProtobufCMessage *m, struct ccr_err *err)
{
    CCR_TRY(ccri_answer_room(out, protobuf_c_message_get_packed_size(m), 0, err));
    return ccri_answer_put(out, m, err);
}

static struct ccr_status judge_pause(const struct ccri_call *in, struct ccri_answer *out, struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[ARENA];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__PauseFacts *m = ccr__v1__pause_facts__unpack(&arena.allocator, in->envelope.len, in->envelope.data);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the envelope of %zu bytes is no PauseFacts", in->envelope.len);
    }
    if (m->stage < CCR__V1__PAUSE_STAGE__PAUSE_LOOK || m->stage > CCR__V1__PAUSE_STAGE__PAUSE_REFUSED) {
        return ccr_err_set(err, CCR_ARG, "unknown stage %d of a pause", (int)m->stage);
    }
    const struct ccr_pause facts = {
        .stage = (enum ccr_pause_stage)m->stage,
        .cause = (enum ccr_error_class)m->cause,
        .paused_ms = m->paused_ms,
        .paused_ms_max = m->paused_ms_max,
        .leader_bytes = m->leader_bytes,
        .leader_max_seq_no = m->leader_max_seq_no,
        .retaining_seq_no = m->retaining_seq_no,
        .kept_bytes_max = m->kept_bytes_max,
        .error = (enum ccr_error_class)m->error,
    };
    Ccr__V1__PauseJudgement judgement = CCR__V1__PAUSE_JUDGEMENT__INIT;
    judgement.verdict = (Ccr__V1__PauseVerdict)ccr_pause_judge(&facts);
    return answer(out, &judgement.base, err);
}

static struct ccr_status judge_disk(const struct ccri_call *in, struct ccri_answer *out, struct ccr_err *err)
{
    alignas(max_align_t) uint8_t memory[ARENA];
    struct ccri_arena arena;
    ccri_arena_init(&arena, memory, sizeof memory);
    const Ccr__V1__DiskFacts *m = ccr__v1__disk_facts__unpack(&arena.allocator, in->envelope.len, in->envelope.data);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "the envelope of %zu bytes is no DiskFacts", in->envelope.len);
    }
    const struct ccr_disk facts = {
        .free_bytes = m->free_bytes,
        .total_bytes = m->total_bytes,
        .free_bytes_min = m->free_bytes_min,
        .free_percent_min = m->free_percent_min,
    };
    Ccr__V1__DiskJudgement judgement = CCR__V1__DISK_JUDGEMENT__INIT;
    judgement.full = ccr_disk_is_full(&facts);
    judgement.good_for_ms = CCR_DISK_GOOD_FOR_MS;
    return answer(out, &judgement.base, err);
}

struct ccr_status ccri_judge_session_call(enum ccr_method method, const struct ccri_call *in, struct ccri_answer *out,
                                          struct ccr_err *err)
{
    if (method == CCR_METHOD_JUDGE_PAUSE) {
        return judge_pause(in, out, err);
    }
    if (method == CCR_METHOD_JUDGE_DISK) {
        return judge_disk(in, out, err);
    }
    return ccr_err_set(err, CCR_ARG, "method %d is not one of a judge session", (int)method);
}
