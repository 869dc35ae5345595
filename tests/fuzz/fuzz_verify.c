/*
 * The comparison of two shards under any answers: such as fit the question, of any content, and such as do not. It asks
 * one thing at a time, within its limits, goes forward only, ends, and stays ended.
 */
#include "ccr/verify.h"
#include "fuzz.h"

#define STEPS_MAX 300

struct rig {
    struct draw d;
    struct ccr_verify *v;
    struct ccr_verify_effects fx; /* the question that is open, if any */
    struct ccr_verify_progress before;
    struct ccr_err err;
    int64_t now_ms;
    uint64_t last_id;
    uint64_t reported;
    struct ccr_digest_sum sums[CCR_DIGEST_BUCKETS_MAX + 1];
    int64_t newest[CCR_VERIFY_WIDTH + 1];
};

static bool ended(const struct ccr_verify_progress *p)
{
    return p->state > CCR_VERIFY_RUNNING;
}

/* An answer to the question that is open; how: what about it is as it should not be. */
static void answer(struct rig *r, struct ccr_verify_event *e, uint8_t how)
{
    const struct ccr_verify_effects *q = &r->fx;
    e->id = q->id;
    if (q->question == CCR_VERIFY_EXPLAIN) {
        e->kind = CCR_VERIFY_EXPLAINED;
        e->newest_count = q->explain_count + (how == 0xFF);
        for (uint32_t i = 0; i < e->newest_count; i++) {
            r->newest[i] = how % 3 == 0 ? CCR_SEQ_NO_NONE : (int64_t)draw_u16(&r->d);
        }
        e->newest = r->newest;
        return;
    }
    if (q->question == CCR_VERIFY_NOTHING) {
        e->id = draw_number(&r->d);
        return;
    }
    e->kind = CCR_VERIFY_SUMS;
    e->last_seq_no = how % 4 == 0 ? q->first_seq_no - 1 + draw_u8(&r->d) : q->last_seq_no;
    e->last_seq_no = e->last_seq_no > q->last_seq_no ? q->last_seq_no : e->last_seq_no;
    e->checkpoint = e->last_seq_no + draw_u8(&r->d) % 64;
    e->max_seq_no = e->checkpoint + draw_u8(&r->d) % 4;
    e->bytes = draw_u16(&r->d);
    uint64_t buckets = ((uint64_t)(e->last_seq_no - q->first_seq_no) + q->width) / q->width;
    HOLDS(buckets <= CCR_DIGEST_BUCKETS_MAX, "%llu buckets", (unsigned long long)buckets);
    e->sums_count = (uint32_t)buckets;
    for (uint32_t i = 0; i < e->sums_count; i++) {
        uint8_t content = how % 8 == 1 ? draw_u8(&r->d) % 3 : 1;
        r->sums[i] = (struct ccr_digest_sum){content, content, content % 2};
    }
    e->sums = r->sums;
    if (how >= 0xF0) {
        e->last_seq_no = how % 2 ? (int64_t)draw_number(&r->d) : e->last_seq_no;
        e->checkpoint = how % 3 ? (int64_t)draw_number(&r->d) : e->checkpoint;
        e->max_seq_no = how % 5 ? (int64_t)draw_number(&r->d) : e->max_seq_no;
        e->sums_count += how == 0xFE;
    }
}

static void see(struct rig *r, const struct ccr_verify_effects *fx)
{
    struct ccr_verify_progress p;
    ccr_verify_progress(r->v, &p);
    HOLDS(!ended(&r->before) || (p.state == r->before.state && fx->question == CCR_VERIFY_NOTHING), "state %d, then %d",
          (int)r->before.state, (int)p.state);
    HOLDS(p.next_seq_no >= r->before.next_seq_no, "back to %lld", (long long)p.next_seq_no);
    HOLDS(ended(&p) || p.state == CCR_VERIFY_NEW || fx->next_deadline_ms > r->now_ms, "deadline %lld",
          (long long)fx->next_deadline_ms);
    r->reported += fx->report_count;
    HOLDS(r->reported == p.differences, "%llu reported, %llu counted", (unsigned long long)r->reported,
          (unsigned long long)p.differences);
    for (uint32_t i = 0; i < fx->report_count; i++) {
        HOLDS(fx->report_kinds[i] >= CCR_VERIFY_MISSING_ON_FOLLOWER && fx->report_kinds[i] <= CCR_VERIFY_DIFFERENT,
              "kind %d", fx->report_kinds[i]);
    }
    if (fx->question == CCR_VERIFY_ASK_FOLLOWER || fx->question == CCR_VERIFY_ASK_LEADER) {
        HOLDS(fx->first_seq_no >= 0 && fx->first_seq_no <= fx->last_seq_no && fx->width > 0, "from %lld",
              (long long)fx->first_seq_no);
    }
    if (fx->question != CCR_VERIFY_NOTHING) {
        HOLDS(fx->id > r->last_id && fx->explain_count <= CCR_VERIFY_WIDTH, "question %llu",
              (unsigned long long)fx->id);
        r->last_id = fx->id;
        r->fx = *fx;
    }
    r->before = p;
}

static void one_event(struct rig *r)
{
    struct ccr_verify_effects fx;
    struct ccr_verify_event e = {.kind = (enum ccr_verify_event_kind)(draw_u8(&r->d) % 16)};
    uint8_t how = draw_u8(&r->d);
    r->now_ms += how % 4 == 0 ? draw_u16(&r->d) : 0;
    e.now_ms = r->now_ms;
    e.error = (enum ccr_error_class)(how % 14);
    if (e.kind == CCR_VERIFY_SUMS || e.kind == CCR_VERIFY_EXPLAINED || e.kind > CCR_VERIFY_STOP) {
        e.kind = e.kind == 15 ? e.kind : CCR_VERIFY_SUMS;
        answer(r, &e, how);
    }
    if (e.kind == CCR_VERIFY_FAILED) {
        e.id = r->fx.id;
    }
    if (e.kind == CCR_VERIFY_STOP && how % 8 != 0) {
        e.kind = CCR_VERIFY_TICK;
    }
    bool open = r->fx.question != CCR_VERIFY_NOTHING && e.id == r->fx.id;
    struct ccr_status s = ccr_verify_step(r->v, &e, &fx, &r->err);
    HOLDS(ccr_ok(s) || ccr_is(s, CCR_ARG) || ccr_is(s, CCR_CORRUPT_WIRE), "%s", r->err.text);
    if (!ccr_is(s, CCR_ARG)) {
        if (open) {
            r->fx.question = CCR_VERIFY_NOTHING; /* answered, and what it asks next comes with this step or later */
        }
        see(r, &fx);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig r;
    r.d = draw_of(data, size);
    r.now_ms = 1000;
    r.last_id = r.reported = 0;
    r.fx = (struct ccr_verify_effects){.question = CCR_VERIFY_NOTHING};
    struct ccr_verify_config config = {.next_seq_no = (int64_t)draw_number(&r.d), .bytes_max = 1u << 20};
    config.bytes_per_second = 1u << 16 << draw_u8(&r.d) % 16;
    config.differences_max = 1 + draw_u8(&r.d);
    if (!ccr_ok(ccr_verify_new(&r.v, ccr_alloc_system(), &config, &r.err))) {
        return 0;
    }
    ccr_verify_progress(r.v, &r.before);
    for (int i = 0; i < STEPS_MAX && draw_left(&r.d) > 0; i++) {
        one_event(&r);
    }
    ccr_verify_free(r.v);
    return 0;
}
