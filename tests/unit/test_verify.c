/*
 * The comparison against two simulated shards that change between any two questions: a leader that writes, a follower
 * that applies the same operations some time later. What was not damaged must never be reported, what was damaged and
 * stays so must always be.
 */
#include "ccr/verify.h"

#include <inttypes.h>
#include <string.h>

#include "heap.h"

#define IDS     96
#define DAMAGED 8 /* the ids below this one are written once, in the beginning, so that their damage stays */
#define OPS     200000

struct document {
    int64_t seq_no; /* of the newest operation on it, -1 for none */
    bool live;
    uint32_t content;
};

struct operation {
    uint8_t id;
    bool deletes;
    uint32_t content;
};

struct world {
    uint64_t random;
    struct operation log[OPS];
    int64_t written; /* operations of the leader */
    int64_t applied; /* of them on the follower */
    struct document leader[IDS];
    struct document follower[IDS];
    int busy;    /* operations between two questions, at most */
    bool steady; /* at least one, and the follower has it at once */
    struct ccr_verify *verify;
    struct ccr_verify_effects fx;
    struct ccr_digest_sum sums[CCR_DIGEST_BUCKETS_MAX];
    int64_t newest[CCR_VERIFY_WIDTH];
    int64_t asked_last; /* the follower's last answer: seq_no of each document then */
    struct document answered[IDS];
    int64_t now_ms;
    int questions;
    uint8_t kinds[IDS]; /* what was reported, by id */
    int reports_of_none;
};

static uint64_t draw(struct world *w, uint64_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random % below;
}

static void apply(struct document *to, const struct operation *o, int64_t seq_no)
{
    to[o->id] = (struct document){seq_no, !o->deletes, o->content};
}

static void write_op(struct world *w, uint8_t id, bool deletes)
{
    if (w->written < OPS) {
        w->log[w->written] = (struct operation){id, deletes, (uint32_t)draw(w, UINT32_MAX)};
        apply(w->leader, &w->log[w->written], w->written);
        w->written++;
    }
}

static void follow_up_to(struct world *w, int64_t until)
{
    for (; w->applied < until; w->applied++) {
        apply(w->follower, &w->log[w->applied], w->applied);
    }
}

/* Something happens on both sides. */
static void live(struct world *w)
{
    for (uint64_t n = w->busy == 0 ? 0 : draw(w, (uint64_t)w->busy); n > 0; n--) {
        write_op(w, (uint8_t)(DAMAGED + draw(w, IDS - DAMAGED)), draw(w, 4) == 0);
    }
    if (w->steady) {
        write_op(w, DAMAGED, false);
        follow_up_to(w, w->written);
    }
    follow_up_to(w, w->applied + (int64_t)draw(w, (uint64_t)(w->written - w->applied) + 1));
}

static struct world *world_new(uint64_t seed, int busy, int64_t ops)
{
    struct world *w = calloc(1, sizeof *w);
    w->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    w->busy = busy;
    for (int i = 0; i < IDS; i++) {
        w->leader[i].seq_no = w->follower[i].seq_no = -1;
    }
    for (uint8_t i = 0; i < DAMAGED; i++) {
        write_op(w, i, false);
    }
    while (w->written < ops) {
        write_op(w, (uint8_t)(DAMAGED + draw(w, IDS - DAMAGED)), draw(w, 4) == 0);
    }
    follow_up_to(w, w->written);
    return w;
}

static void begin(struct world *w, const struct ccr_alloc *alloc, uint32_t differences_max, int64_t next_seq_no)
{
    const struct ccr_verify_config config = {next_seq_no, 1 << 20, UINT64_C(1) << 30, differences_max};
    struct ccr_err err;
    assert_ok(ccr_verify_new(&w->verify, alloc, &config, &err));
}

static void end(struct world *w)
{
    ccr_verify_free(w->verify);
    w->verify = NULL;
}

static void sum(struct world *w, const struct document *docs, int64_t first, int64_t last, uint32_t width)
{
    memset(w->sums, 0, sizeof w->sums);
    for (int i = 0; i < IDS; i++) {
        if (docs[i].live && docs[i].seq_no >= first && docs[i].seq_no <= last) {
            struct ccr_digest_sum *s = &w->sums[(docs[i].seq_no - first) / width];
            const uint64_t bytes[] = {docs[i].content, (uint64_t)docs[i].seq_no, (uint64_t)i};
            uint64_t hash[2];
            ccr_siphash128(hash, (struct ccr_digest_key){1, 2}, bytes, sizeof bytes);
            s->low += hash[0];
            s->high += hash[1];
            s->documents++;
        }
    }
}

static struct ccr_verify_event answer(struct world *w)
{
    bool follower = w->fx.question == CCR_VERIFY_ASK_FOLLOWER;
    struct ccr_verify_event e = {.id = w->fx.id, .now_ms = w->now_ms};
    if (w->fx.question == CCR_VERIFY_EXPLAIN) {
        e.kind = CCR_VERIFY_EXPLAINED;
        e.newest_count = w->fx.explain_count;
        e.newest = w->newest;
        for (uint32_t i = 0; i < e.newest_count; i++) {
            w->newest[i] = CCR_SEQ_NO_NONE;
            for (int id = 0; id < IDS; id++) {
                if (w->answered[id].seq_no == w->fx.explain[i]) {
                    w->newest[i] = w->leader[id].seq_no;
                }
            }
        }
        return e;
    }
    e.kind = CCR_VERIFY_SUMS;
    e.checkpoint = (follower ? w->applied : w->written) - 1;
    e.max_seq_no = e.checkpoint;
    e.last_seq_no = w->fx.last_seq_no;
    if (follower) {
        memcpy(w->answered, w->follower, sizeof w->answered);
        e.last_seq_no = e.last_seq_no < e.checkpoint ? e.last_seq_no : e.checkpoint;
    }
    if (e.last_seq_no >= w->fx.first_seq_no && draw(w, 3) == 0) { /* enough bytes */
        e.last_seq_no = w->fx.first_seq_no + (int64_t)draw(w, (uint64_t)(e.last_seq_no - w->fx.first_seq_no) + 1);
    }
    if (e.last_seq_no < w->fx.first_seq_no) {
        e.last_seq_no = w->fx.first_seq_no - 1;
        return e;
    }
    sum(w, follower ? w->follower : w->leader, w->fx.first_seq_no, e.last_seq_no, w->fx.width);
    e.sums = w->sums;
    e.sums_count = (uint32_t)((e.last_seq_no - w->fx.first_seq_no) / w->fx.width + 1);
    e.bytes = e.sums_count;
    return e;
}

static struct ccr_verify_event tick(const struct world *w)
{
    return (struct ccr_verify_event){.kind = CCR_VERIFY_TICK, .now_ms = w->now_ms};
}

static struct ccr_verify_event failure(const struct world *w, enum ccr_error_class error)
{
    return (struct ccr_verify_event){.kind = CCR_VERIFY_FAILED, .now_ms = w->now_ms, .id = w->fx.id, .error = error};
}

static void note(struct world *w)
{
    for (uint32_t i = 0; i < w->fx.report_count; i++) {
        bool known = false;
        for (int id = 0; id < IDS; id++) {
            if (w->fx.report[i] == w->answered[id].seq_no || w->fx.report[i] == w->leader[id].seq_no) {
                w->kinds[id] = w->fx.report_kinds[i];
                known = true;
            }
        }
        w->reports_of_none += !known;
    }
}

static struct ccr_verify_progress progress(const struct world *w)
{
    struct ccr_verify_progress p;
    ccr_verify_progress(w->verify, &p);
    return p;
}

/* Runs until the end; some answers get lost. */
static struct ccr_verify_progress run(struct world *w, int loss)
{
    struct ccr_verify_event e = {.kind = CCR_VERIFY_START, .now_ms = w->now_ms};
    struct ccr_err err;
    for (;;) {
        assert_ok(ccr_verify_step(w->verify, &e, &w->fx, &err));
        note(w);
        if (progress(w).state != CCR_VERIFY_RUNNING) {
            return progress(w);
        }
        live(w);
        if (w->fx.question == CCR_VERIFY_NOTHING) {
            cr_assert_neq(w->fx.next_deadline_ms, INT64_MAX, "it waits for nothing");
            w->now_ms = w->fx.next_deadline_ms;
            e = tick(w);
            continue;
        }
        cr_assert_lt(++w->questions, 100000, "it does not end");
        if (loss > 0 && draw(w, (uint64_t)loss) == 0) {
            e = failure(w, CCR_ERROR_TRANSIENT);
        } else {
            e = answer(w);
        }
    }
}

CCR_TEST(verify, equal_at_rest)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world *w = world_new(seed, 0, 40000);
        begin(w, &heap->alloc, 10, 0);
        struct ccr_verify_progress p = run(w, 0);
        cr_assert_eq(p.state, CCR_VERIFY_COMPLETE);
        cr_assert_eq(p.differences, 0);
        cr_assert_eq(p.next_seq_no, 40000);
        int alive = 0;
        for (int i = 0; i < IDS; i++) {
            alive += w->leader[i].live;
        }
        cr_assert_eq(p.documents, (uint64_t)alive, "seed %" PRIu64, seed);
        end(w);
        free(w);
    }
}

CCR_TEST(verify, ends_though_the_load_does_not)
{
    struct world *w = world_new(2, 4, 500);
    w->steady = true;
    begin(w, &heap->alloc, 10, 0);
    cr_assert_eq(run(w, 0).state, CCR_VERIFY_COMPLETE);
    cr_assert_lt(w->written, 5000);
    end(w);
    free(w);
}

CCR_TEST(verify, an_empty_shard_is_equal)
{
    struct world *w = world_new(1, 0, 0);
    w->applied = w->written = 0;
    begin(w, &heap->alloc, 10, 0);
    struct ccr_verify_progress p = run(w, 0);
    cr_assert_eq(p.state, CCR_VERIFY_COMPLETE);
    cr_assert_eq(w->questions, 1);
    end(w);
    free(w);
}

CCR_TEST(verify, nothing_is_reported_under_load)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct world *w = world_new(seed, 1 + (int)(seed % 7) * 60, 500 + (int64_t)(seed % 5) * 9000);
        begin(w, &heap->alloc, 10, 0);
        struct ccr_verify_progress p = run(w, seed % 3 == 0 ? 20 : 0);
        cr_assert_eq(p.state, CCR_VERIFY_COMPLETE, "seed %" PRIu64, seed);
        cr_assert_eq(p.differences, 0, "seed %" PRIu64 ": %" PRIu64 " differences", seed, p.differences);
        end(w);
        free(w);
    }
}

CCR_TEST(verify, a_paused_follower_is_compared_with_a_leader_that_went_on)
{
    struct world *w = world_new(5, 0, 20000);
    for (int i = 0; i < 5000; i++) {
        write_op(w, (uint8_t)(DAMAGED + draw(w, IDS - DAMAGED)), draw(w, 4) == 0);
    }
    int64_t written = w->written;
    begin(w, &heap->alloc, 10, 0);
    w->written = w->applied; /* live() lets the follower stand still */
    struct ccr_verify_event e = {.kind = CCR_VERIFY_START};
    struct ccr_err err;
    for (;;) {
        assert_ok(ccr_verify_step(w->verify, &e, &w->fx, &err));
        if (progress(w).state != CCR_VERIFY_RUNNING) {
            break;
        }
        w->written = w->fx.question == CCR_VERIFY_ASK_FOLLOWER ? w->applied : written;
        w->now_ms = w->fx.question == CCR_VERIFY_NOTHING ? w->fx.next_deadline_ms : w->now_ms;
        e = w->fx.question == CCR_VERIFY_NOTHING ? tick(w) : answer(w);
    }
    struct ccr_verify_progress p = progress(w);
    cr_assert_eq(p.state, CCR_VERIFY_COMPLETE);
    cr_assert_eq(p.differences, 0);
    cr_assert_gt(p.moved, 0);
    cr_assert_eq(p.checkpoint, 19999);
    end(w);
    free(w);
}

/* Damage of three kinds on the follower; what each id must be reported as. */
static void damage(struct world *w)
{
    w->follower[0].live = false;
    w->follower[1].content ^= 1;
    w->follower[2].live = false;
    w->follower[3].content ^= 0x80000000u;
    /* 4: deleted on the leader, which the follower has missed; then other operations follow */
    write_op(w, 4, true);
    struct document stale = w->follower[4];
    follow_up_to(w, w->written);
    w->follower[4] = stale;
}

static void damage_found(const struct world *w, uint64_t seed)
{
    static const uint8_t expected[DAMAGED] = {CCR_VERIFY_MISSING_ON_FOLLOWER, CCR_VERIFY_DIFFERENT,
                                              CCR_VERIFY_MISSING_ON_FOLLOWER, CCR_VERIFY_DIFFERENT,
                                              CCR_VERIFY_MISSING_ON_LEADER};
    for (int id = 0; id < DAMAGED; id++) {
        cr_assert_eq(w->kinds[id], expected[id], "seed %" PRIu64 ", id %d: reported %d", seed, id, w->kinds[id]);
    }
}

CCR_TEST(verify, every_damage_is_reported_and_nothing_else)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct world *w = world_new(seed, (int)(seed % 5) * 40, 300 + (int64_t)(seed % 4) * 20000);
        damage(w);
        begin(w, &heap->alloc, 100, 0);
        struct ccr_verify_progress p = run(w, seed % 3 == 0 ? 15 : 0);
        cr_assert_eq(p.state, CCR_VERIFY_COMPLETE, "seed %" PRIu64, seed);
        cr_assert_eq(p.differences, 5, "seed %" PRIu64 ": %" PRIu64, seed, p.differences);
        cr_assert_eq(w->reports_of_none, 0);
        damage_found(w, seed);
        end(w);
        free(w);
    }
}

CCR_TEST(verify, ends_with_enough_differences_and_is_resumed)
{
    struct world *w = world_new(3, 0, 70000);
    for (int id = DAMAGED; id < IDS; id++) {
        w->follower[id].content ^= 1;
    }
    int alive = 0;
    for (int i = DAMAGED; i < IDS; i++) {
        alive += w->leader[i].live;
    }
    uint64_t found = 0;
    int64_t next = 0;
    for (int runs = 0; runs < 200; runs++) {
        begin(w, &heap->alloc, 3, next);
        struct ccr_verify_progress p = run(w, 0);
        end(w);
        found += p.differences;
        cr_assert_geq(p.next_seq_no, next);
        next = p.next_seq_no;
        if (p.state == CCR_VERIFY_COMPLETE) {
            cr_assert_eq(found, (uint64_t)alive, "%" PRIu64 " of %d", found, alive);
            cr_assert_eq(next, 70000);
            free(w);
            return;
        }
        cr_assert_eq(p.state, CCR_VERIFY_ENOUGH);
        cr_assert_geq(p.differences, 3);
    }
    cr_assert_fail("it does not come to an end");
}

CCR_TEST(verify, waits_as_the_rate_demands)
{
    struct world *w = world_new(4, 0, 100000);
    const struct ccr_verify_config config = {0, 1 << 20, 1 << 20, 10};
    assert_ok(ccr_verify_new(&w->verify, &heap->alloc, &config, NULL));
    struct ccr_verify_progress p = run(w, 0);
    cr_assert_eq(p.state, CCR_VERIFY_COMPLETE);
    /* Every question counts for at least 2 MB, at 1 MB a second; nobody waits after the last ones. */
    cr_assert_geq(w->now_ms, (int64_t)(w->questions - 2) * 2000);
    end(w);
    free(w);
}

CCR_TEST(verify, gives_up_after_many_failures_and_at_once_on_a_hopeless_one)
{
    struct world *w = world_new(6, 0, 100);
    for (int hopeless = 0; hopeless < 2; hopeless++) {
        enum ccr_error_class error = hopeless ? CCR_ERROR_FORBIDDEN : CCR_ERROR_UNREACHABLE;
        struct ccr_verify_event e = {.kind = CCR_VERIFY_START};
        int tries = 0;
        begin(w, &heap->alloc, 1, 7);
        while (progress(w).state <= CCR_VERIFY_RUNNING) {
            assert_ok(ccr_verify_step(w->verify, &e, &w->fx, NULL));
            if (w->fx.question != CCR_VERIFY_NOTHING) {
                tries++;
                e = failure(w, error);
            } else if (w->fx.next_deadline_ms < INT64_MAX) {
                w->now_ms = w->fx.next_deadline_ms;
                e = tick(w);
            }
        }
        cr_assert_eq(progress(w).state, CCR_VERIFY_GIVEN_UP);
        cr_assert_eq(progress(w).error, error);
        cr_assert_eq(progress(w).next_seq_no, 7);
        cr_assert_eq(tries, hopeless ? 1 : CCR_VERIFY_TRIES_MAX);
        end(w);
    }
    free(w);
}

CCR_TEST(verify, stops_when_told_and_reads_over_late_answers)
{
    struct world *w = world_new(7, 0, 100);
    struct ccr_verify_event e = {.kind = CCR_VERIFY_START};
    begin(w, &heap->alloc, 1, 0);
    assert_ok(ccr_verify_step(w->verify, &e, &w->fx, NULL));
    struct ccr_verify_event late = answer(w);
    late.id += 7;
    assert_ok(ccr_verify_step(w->verify, &late, &w->fx, NULL));
    cr_assert_eq(w->fx.question, CCR_VERIFY_NOTHING);
    late.id -= 7;
    e.kind = CCR_VERIFY_STOP;
    assert_ok(ccr_verify_step(w->verify, &e, &w->fx, NULL));
    cr_assert_eq(progress(w).state, CCR_VERIFY_STOPPED);
    assert_ok(ccr_verify_step(w->verify, &late, &w->fx, NULL));
    cr_assert_eq(progress(w).state, CCR_VERIFY_STOPPED);
    cr_assert_eq(w->fx.question, CCR_VERIFY_NOTHING);
    end(w);
    free(w);
}

CCR_TEST(verify, an_answer_that_contradicts_its_question_is_refused)
{
    struct world *w = world_new(8, 0, 1000);
    for (int damage = 0; damage < 7; damage++) {
        struct ccr_verify_event e = {.kind = CCR_VERIFY_START};
        struct ccr_err err;
        begin(w, &heap->alloc, 1, 0);
        assert_ok(ccr_verify_step(w->verify, &e, &w->fx, NULL));
        do {
            e = answer(w);
        } while (e.last_seq_no < 600);
        e.sums_count += damage == 0;
        e.sums_count = damage == 1 ? 0 : e.sums_count;
        e.last_seq_no = damage == 2 ? INT64_MAX : e.last_seq_no;
        e.last_seq_no = damage == 3 ? -2 : e.last_seq_no;
        e.checkpoint = damage == 4 ? e.last_seq_no - 1 : e.checkpoint;
        e.kind = damage == 5 ? CCR_VERIFY_EXPLAINED : e.kind;
        /* What was read is waited for at bytes_per_second: a lie of that size would make the next question wait for weeks. */
        e.bytes = damage == 6 ? w->fx.bytes_max + (uint64_t)CCR_OP_BYTES_MAX + 1 : e.bytes;
        assert_status(ccr_verify_step(w->verify, &e, &w->fx, &err), CCR_CORRUPT_WIRE);
        cr_assert_eq(progress(w).state, CCR_VERIFY_GIVEN_UP);
        cr_assert_eq(progress(w).error, CCR_ERROR_CORRUPT);
        end(w);
    }
    free(w);
}

CCR_TEST(verify, the_largest_answer_is_taken)
{
    struct world *w = world_new(8, 0, 1000);
    struct ccr_verify_event e = {.kind = CCR_VERIFY_START};
    begin(w, &heap->alloc, 1, 0);
    assert_ok(ccr_verify_step(w->verify, &e, &w->fx, NULL));
    e = answer(w);
    e.bytes = w->fx.bytes_max + (uint64_t)CCR_OP_BYTES_MAX; /* one document beyond the bytes asked for */
    assert_ok(ccr_verify_step(w->verify, &e, &w->fx, NULL));
    cr_assert_eq(progress(w).state, CCR_VERIFY_RUNNING);
    end(w);
    free(w);
}

CCR_TEST(verify, a_clock_from_which_no_deadline_can_be_reckoned_is_refused)
{
    struct world *w = world_new(9, 0, 100);
    struct ccr_err err;
    begin(w, &heap->alloc, 1, 0);
    for (int i = 0; i < 2; i++) {
        struct ccr_verify_event e = {.kind = CCR_VERIFY_START, .now_ms = i == 0 ? INT64_MAX : INT64_MIN};
        assert_status(ccr_verify_step(w->verify, &e, &w->fx, &err), CCR_ARG);
        cr_assert_eq(progress(w).state, CCR_VERIFY_NEW, "nothing happened");
        cr_assert_eq(w->fx.question, CCR_VERIFY_NOTHING);
    }
    end(w);
    free(w);
}

CCR_TEST(verify, configs_that_are_refused)
{
    const struct ccr_verify_config good = {0, 1 << 20, 1 << 20, 10};
    struct ccr_verify_config bad[6];
    struct ccr_verify *v;
    for (int i = 0; i < 6; i++) {
        bad[i] = good;
    }
    bad[0].next_seq_no = -1;
    bad[1].next_seq_no = INT64_MAX;
    bad[2].bytes_max = 0;
    bad[3].bytes_per_second = 0;
    bad[4].differences_max = 0;
    bad[5].differences_max = 1000001;
    for (int i = 0; i < 6; i++) {
        assert_status(ccr_verify_new(&v, &heap->alloc, &bad[i], NULL), CCR_ARG);
        cr_assert_null(v);
    }
    heap->fail_at = 0;
    assert_status(ccr_verify_new(&v, &heap->alloc, &good, NULL), CCR_NOMEM);
}
