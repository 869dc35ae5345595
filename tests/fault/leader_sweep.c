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

/* The operations of a scenario, as the follower unpacked them: without a fault, and this time. */
static uint8_t expected[1 << 20];
static uint8_t got[1 << 20];
static size_t expected_len;
static size_t got_len;

static struct ccr_status read_more(struct leader_rig *rig)
{
    CCR_TRY(leader_rig_read(rig));
    cr_assert_leq(got_len + rig->h.raw_bytes, sizeof got);
    memcpy(got + got_len, rig->plain, rig->h.raw_bytes);
    got_len += rig->h.raw_bytes;
    return ccr_status_of(CCR_OK);
}

/* A batch, and a small one with a prefix. Begins at 0 whatever was read before. */
static struct ccr_status scenario(struct leader_rig *rig)
{
    got_len = 0;
    ccr_tail_clear(&rig->tail);
    rig->r.from_seq_no = 0;
    rig->r.prefix_bytes = 0;
    rig->r.codec = CCR_CODEC_ZSTD;
    rig->r.max_ops = 60;
    CCR_TRY(read_more(rig));
    rig->r.codec = CCR_CODEC_LZ4;
    rig->r.max_ops = 3;
    return read_more(rig);
}

static void assert_same(const struct leader_rig *rig)
{
    cr_assert_eq(rig->r.from_seq_no, 63);
    cr_assert_eq(got_len, expected_len);
    cr_assert_arr_eq(got, expected, got_len);
}

/* A leader that just failed keeps no part of the failed batch: what follows is right to the byte. */
static void assert_recovers(struct leader_rig *rig)
{
    struct ccr_status s = scenario(rig);

    cr_assert(ccr_ok(s), "%s: %s", ccr_status_name(s), rig->err.text);
    assert_same(rig);
}

/* What must come out of it, from a leader that nothing happens to. */
static void learn(struct leader_rig *rig)
{
    assert_ok(scenario(rig));
    cr_assert_gt(got_len, 63 * CCR_OP_BYTES_MIN);
    memcpy(expected, got, got_len);
    expected_len = got_len;
}

CCR_TEST(leaderSweep, everyAllocation)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);
    size_t before;
    size_t total;

    folder(rig);
    before = heap->requests;
    learn(rig);
    total = heap->requests - before;
    leader_rig_free(rig);
    size_t silent = 0;
    for (size_t n = 0; n < total; n++) {
        struct ccr_status s;

        rig = leader_rig_new(heap, 1);
        folder(rig);
        heap->fail_at = heap->requests + n;
        s = scenario(rig);
        /* The tail of a batch that cannot be kept costs compression only. */
        cr_assert(ccr_is(s, CCR_NOMEM) || ccr_ok(s), "allocation %zu: %s", n, ccr_status_name(s));
        if (ccr_ok(s)) {
            assert_same(rig);
            silent++;
        }
        heap->fail_at = SIZE_MAX;
        assert_recovers(rig);
        leader_rig_free(rig);
        cr_assert_eq(heap->live_bytes, 0, "allocation %zu", n);
    }
    cr_assert_eq(silent, 2, "of %zu refusals %zu passed in silence: the tail of either batch may, and no other", total,
                 silent);
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

struct access {
    size_t at;
    bool is_open;
};

static void note(struct forge *f, size_t call, const char *name, void *ctx)
{
    struct access *a = ctx;

    (void)f;
    a->is_open = call == a->at ? name != NULL : a->is_open;
}

/* A failing disk is never taken for damage: damage would have the shard copied anew. */
static void expect(const struct leader_rig *rig, enum forge_fault fault, bool is_open, struct ccr_status s, size_t n)
{
    if (fault == FORGE_ENOENT && is_open) {
        cr_assert(ccr_is(s, CCR_GONE), "access %zu: %s: %s", n, ccr_status_name(s), rig->err.text);
    } else if (fault == FORGE_SHORT && !is_open) { /* a torn checkpoint is whole the second time */
        cr_assert(ccr_ok(s) || ccr_is(s, CCR_CORRUPT_TLOG), "access %zu: %s: %s", n, ccr_status_name(s), rig->err.text);
        if (ccr_ok(s)) {
            assert_same(rig);
        }
    } else {
        cr_assert(ccr_is(s, CCR_IO), "access %zu: %s: %s", n, ccr_status_name(s), rig->err.text);
        cr_assert_eq(rig->err.os_error, 5);
    }
}

static void every_access(struct heap *heap, enum forge_fault fault)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);
    size_t total;

    folder(rig);
    learn(rig);
    total = rig->f.calls;
    leader_rig_free(rig);
    for (size_t n = 0; n < total; n++) {
        struct ccr_status s;

        rig = leader_rig_new(heap, 1);
        folder(rig);
        struct access access = {.at = n};
        rig->f.fault = fault;
        rig->f.fault_at = n;
        rig->f.before = note;
        rig->f.before_ctx = &access;
        s = scenario(rig);
        expect(rig, fault, access.is_open, s, n);
        rig->f.fault_at = SIZE_MAX;
        rig->f.before = NULL;
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
