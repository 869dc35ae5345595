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

CCR_TEST(tlogSweep, everyAllocation)
{
    size_t total;
    struct tlog_rig *rig = rig_new(heap, 1);

    folder(rig);
    total = heap->requests;
    assert_ok(scenario(rig));
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
        cr_assert_eq(rig->run.ops, 30);
        rig_free(rig);
        cr_assert_eq(heap->live_bytes, 0, "allocation %zu", n);
    }
}

static void every_access(struct heap *heap, enum forge_fault fault)
{
    size_t total;
    struct tlog_rig *rig = rig_new(heap, 1);

    folder(rig);
    assert_ok(scenario(rig));
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
        rig->f.fault_at = SIZE_MAX;
        ccr_tlog_reset(rig->t); /* a generation that vanished stays forgotten while its reader lives */
        s = scenario(rig);
        cr_assert(ccr_ok(s), "after access %zu: %s: %s", n, ccr_status_name(s), rig->err.text);
        cr_assert_eq(rig->run.ops, 30);
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
