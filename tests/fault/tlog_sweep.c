/*
 * The same reads again and again, each time with another allocation or file access failing. Whatever fails: the status
 * says so, nothing leaks, nothing stays open, and the next read succeeds.
 */
#include "tlog_rig.h"

static void folder(struct tlog_rig *rig)
{
    forge_fill(&rig->f, 0, 39, 300);
    forge_roll(&rig->f, 1);
    forge_fill(&rig->f, 40, 79, 300);
    forge_index(&rig->f, 80, 1, 200000);
    forge_roll(&rig->f, 2);
    forge_fill(&rig->f, 75, 99, 300); /* copies of a newer term */
    forge_sync(&rig->f);
}

static struct ccr_status scenario(struct tlog_rig *rig)
{
    CCR_TRY(rig_read(rig, 0, 99, 20000, ANY_OPS));
    CCR_TRY(rig_read(rig, 30, 99, ANY_BYTES, ANY_OPS));
    ccr_tlog_rest(rig->t);
    return rig_read(rig, 70, 99, ANY_BYTES, ANY_OPS);
}

/* What the last read of the scenario must bring, from a folder that nothing happens to. */
static uint8_t expected[1 << 20];
static size_t expected_len;

static void learn(struct tlog_rig *rig)
{
    assert_ok(scenario(rig));
    cr_assert_eq(rig->run.ops, 30);
    cr_assert_leq(rig->plain.len, sizeof expected);
    memcpy(expected, rig->plain.data, rig->plain.len);
    expected_len = rig->plain.len;
}

static void assert_same(const struct tlog_rig *rig)
{
    cr_assert_eq(rig->plain.len, expected_len);
    cr_assert_arr_eq(rig->plain.data, expected, expected_len);
}

CCR_TEST(tlogSweep, everyAllocation)
{
    size_t total;
    struct tlog_rig *rig = rig_new(heap, 1);

    folder(rig);
    total = heap->requests;
    learn(rig);
    total = heap->requests - total;
    rig_free(rig);
    cr_assert_gt(total, 5);
    for (size_t n = 0; n < total; n++) {
        rig = rig_new(heap, 1);
        folder(rig);
        heap->fail_at = heap->requests + n;
        assert_status(scenario(rig), CCR_NOMEM);
        heap->fail_at = SIZE_MAX;
        assert_ok(scenario(rig));
        assert_same(rig);
        rig_free(rig);
        cr_assert_eq(heap->live_bytes, 0, "allocation %zu", n);
    }
}

static void every_access(struct heap *heap, enum forge_fault fault)
{
    size_t total;
    struct tlog_rig *rig = rig_new(heap, 1);

    folder(rig);
    learn(rig);
    total = rig->f.calls;
    rig_free(rig);
    cr_assert_gt(total, 20);
    for (size_t n = 0; n < total; n++) {
        struct ccr_status s;

        rig = rig_new(heap, 1);
        folder(rig);
        rig->f.fault = fault;
        rig->f.fault_at = n;
        s = scenario(rig);
        switch (fault) {
        case FORGE_EIO:
            cr_assert(ccr_is(s, CCR_IO), "access %zu: %s: %s", n, ccr_status_name(s), rig->err.text);
            cr_assert_eq(rig->err.os_error, 5);
            break;
        case FORGE_SHORT: /* half of what is there: damage, or a torn checkpoint that is whole the second time */
            cr_assert(ccr_ok(s) || ccr_is(s, CCR_CORRUPT_TLOG) || ccr_is(s, CCR_IO), "access %zu: %s: %s", n,
                      ccr_status_name(s), rig->err.text);
            break;
        default: /* a file that vanished: served from others, or by Lucene */
            cr_assert(ccr_ok(s) || ccr_is(s, CCR_GONE) || ccr_is(s, CCR_IO), "access %zu: %s: %s", n,
                      ccr_status_name(s), rig->err.text);
            break;
        }
        if (ccr_ok(s)) {
            assert_same(rig);
        }
        rig->f.fault_at = SIZE_MAX;
        ccr_tlog_reset(rig->t); /* a generation that vanished stays forgotten while its reader lives */
        s = scenario(rig);
        cr_assert(ccr_ok(s), "after access %zu: %s: %s", n, ccr_status_name(s), rig->err.text);
        assert_same(rig);
        rig_free(rig);
        cr_assert_eq(heap->live_bytes, 0, "access %zu", n);
    }
}

CCR_TEST(tlogSweep, everyAccessFails)
{
    every_access(heap, FORGE_EIO);
}

CCR_TEST(tlogSweep, everyAccessIsShort)
{
    every_access(heap, FORGE_SHORT);
}

CCR_TEST(tlogSweep, everyFileVanishesBeforeItIsOpened)
{
    every_access(heap, FORGE_ENOENT);
}

/* ---- the folder changes at one moment of the read */

struct change {
    size_t at;
    bool done;
    size_t cut; /* length of the file that was cut short */
    void (*make)(struct forge *f, struct change *c);
};

static void before(struct forge *f, size_t call, const char *name, void *ctx)
{
    struct change *c = ctx;

    (void)name;
    if (call == c->at) {
        c->make(f, c);
        c->done = true;
    }
}

/* True while there was such a call. */
static bool change_at(struct heap *heap, size_t at, void (*make)(struct forge *, struct change *), bool may_be_damage)
{
    struct tlog_rig *rig = rig_new(heap, 1);
    struct change c = {.at = at, .make = make};
    struct ccr_status s;

    folder(rig);
    rig->f.before = before;
    rig->f.before_ctx = &c;
    s = scenario(rig);
    rig->f.before = NULL;
    cr_assert(ccr_ok(s) || (may_be_damage && ccr_is(s, CCR_CORRUPT_TLOG)), "call %zu: %s: %s", at, ccr_status_name(s),
              rig->err.text);
    if (ccr_is(s, CCR_CORRUPT_TLOG)) {
        assert_text(rig->err, "translog-2.tlog");
        cr_assert_eq(rig->err.generation, 2);
    }
    if (c.cut > 0) {
        forge_file(&rig->f, "translog-2.tlog")->len = c.cut;
    }
    s = scenario(rig);
    cr_assert(ccr_ok(s), "after call %zu: %s: %s", at, ccr_status_name(s), rig->err.text);
    if (c.done) {
        assert_same(rig);
    }
    rig_free(rig);
    cr_assert_eq(heap->live_bytes, 0, "call %zu", at);
    return c.done;
}

static void every_moment(struct heap *heap, void (*make)(struct forge *, struct change *), bool may_be_damage)
{
    size_t n = 0;
    struct tlog_rig *rig = rig_new(heap, 1);
    struct change c = {0};

    folder(rig);
    make(&rig->f, &c);
    if (c.cut > 0) {
        forge_file(&rig->f, "translog-2.tlog")->len = c.cut;
    }
    learn(rig); /* what the folder holds after the change */
    rig_free(rig);
    while (change_at(heap, n, make, may_be_damage)) {
        n++;
    }
    cr_assert_gt(n, 20);
}

static void rotate(struct forge *f, struct change *c)
{
    (void)c;
    forge_roll(f, 2);
    forge_fill(f, 100, 120, 300);
    forge_roll(f, 2);
    forge_sync(f);
}

CCR_TEST(tlogSweep, rotatedAtEveryMoment)
{
    every_moment(heap, rotate, false);
}

/* A primary of a newer term: what is above 99 is trimmed, and some operations come again under its term. */
static void fail_over(struct forge *f, struct change *c)
{
    (void)c;
    forge_fill(f, 100, 110, 300);
    forge_roll(f, 3);
    forge_trim(f, 3, 99);
    forge_fill(f, 95, 105, 300);
    forge_sync(f);
}

CCR_TEST(tlogSweep, failedOverAtEveryMoment)
{
    every_moment(heap, fail_over, false);
}

static void truncate_log(struct forge *f, struct change *c)
{
    struct forge_file *log = forge_file(f, "translog-2.tlog");

    c->cut = log->len;
    log->len /= 2;
}

CCR_TEST(tlogSweep, truncatedAtEveryMoment)
{
    every_moment(heap, truncate_log, true);
}
