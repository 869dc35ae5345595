/* Reads of a leader with every allocation and every file access failing once; the same request then succeeds. */
#include "leader_rig.h"

static void folder(struct leader_rig *rig)
{
    forge_fill(&rig->f, 0, 49, 300);
    forge_roll(&rig->f, 1);
    forge_fill(&rig->f, 50, 99, 300);
    forge_sync(&rig->f);
    rig->state.global_checkpoint = 99;
}

/* A batch, and a small one with a prefix. Begins at 0 whatever was read before. */
static struct ccr_status scenario(struct leader_rig *rig)
{
    ccr_tail_clear(&rig->tail);
    rig->r.from_seq_no = 0;
    rig->r.prefix_bytes = 0;
    rig->r.codec = CCR_CODEC_ZSTD;
    rig->r.max_ops = 60;
    CCR_TRY(leader_rig_read(rig));
    rig->r.codec = CCR_CODEC_LZ4;
    rig->r.max_ops = 3;
    return leader_rig_read(rig);
}

/* A leader that just failed keeps no part of the failed batch: what follows is right to the byte. */
static void assert_recovers(struct leader_rig *rig)
{
    struct ccr_status s = scenario(rig);

    cr_assert(ccr_ok(s), "%s: %s", ccr_status_name(s), rig->err.text);
    cr_assert_eq(rig->r.from_seq_no, 63);
}

CCR_TEST(leaderSweep, everyAllocation)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);
    size_t before;
    size_t total;

    folder(rig);
    before = heap->requests;
    assert_ok(scenario(rig));
    total = heap->requests - before;
    leader_rig_free(rig);
    for (size_t n = 0; n < total; n++) {
        struct ccr_status s;

        rig = leader_rig_new(heap, 1);
        folder(rig);
        heap->fail_at = heap->requests + n;
        s = scenario(rig);
        /* Memory for a prefix that cannot be had costs compression only. */
        cr_assert(ccr_is(s, CCR_NOMEM) || ccr_ok(s), "allocation %zu: %s", n, ccr_status_name(s));
        heap->fail_at = SIZE_MAX;
        assert_recovers(rig);
        leader_rig_free(rig);
        cr_assert_eq(heap->live_bytes, 0, "allocation %zu", n);
    }
}

CCR_TEST(leaderSweep, newFailsCleanly)
{
    struct forge f;
    struct ccr_dir dir;
    struct ccr_leader *l;
    struct ccr_err err;

    forge_init(&f, 1);
    dir = forge_dir(&f);
    for (size_t n = 0; n < 2; n++) {
        heap->fail_at = heap->requests + n;
        assert_status(ccr_leader_new(&l, &heap->alloc, &dir, "h", "index/0", &err), CCR_NOMEM);
        cr_assert_eq(heap->live_bytes, 0);
    }
    ccr_leader_free(NULL);
    forge_fini(&f);
}

static void every_access(struct heap *heap, enum forge_fault fault)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);
    size_t total;

    folder(rig);
    assert_ok(scenario(rig));
    total = rig->f.calls;
    leader_rig_free(rig);
    for (size_t n = 0; n < total; n++) {
        struct ccr_status s;

        rig = leader_rig_new(heap, 1);
        folder(rig);
        rig->f.fault = fault;
        rig->f.fault_at = n;
        s = scenario(rig);
        cr_assert(ccr_ok(s) || ccr_is(s, CCR_IO) || ccr_is(s, fault == FORGE_ENOENT ? CCR_GONE : CCR_CORRUPT_TLOG),
                  "access %zu: %s: %s", n, ccr_status_name(s), rig->err.text);
        rig->f.fault_at = SIZE_MAX;
        if (fault == FORGE_ENOENT) { /* a generation found missing stays forgotten; another session sees it */
            ccr_leader_free(rig->l);
            assert_ok(ccr_leader_new(&rig->l, &heap->alloc, &rig->dir, "history", "index/0", &rig->err));
        }
        assert_recovers(rig);
        leader_rig_free(rig);
        cr_assert_eq(heap->live_bytes, 0, "access %zu", n);
    }
}

CCR_TEST(leaderSweep, everyAccessFails)
{
    every_access(heap, FORGE_EIO);
}

CCR_TEST(leaderSweep, everyAccessIsShort)
{
    every_access(heap, FORGE_SHORT);
}

CCR_TEST(leaderSweep, everyFileVanishesBeforeItIsOpened)
{
    every_access(heap, FORGE_ENOENT);
}
