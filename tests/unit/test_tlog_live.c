/* A translog that is written, rolled, trimmed and deleted between and under the reads. */
#include "tlog_rig.h"

#include <stdio.h>

CCR_TEST(tlogLive, writerAppendsWhileReading)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    for (int64_t i = 0; i < 500; i++) {
        forge_index(&rig->f, 2 * i, 1, 500);
        forge_sync(&rig->f);
        forge_index(&rig->f, 2 * i + 1, 1, 500); /* in the file, not in the checkpoint */
        assert_read(rig, i, 2 * i + 1, i + 1);
    }
    rig_free(rig);
}

static void append_and_roll(struct forge *f, size_t call, const char *name, void *ctx)
{
    int64_t *next = ctx;

    (void)name;
    if (call % 3 == 0) {
        forge_fill(f, *next, *next + 4, 100);
        *next += 5;
        forge_sync(f);
    }
    if (call % 7 == 0 && f->generations < 100) {
        forge_roll(f, 1);
    }
}

CCR_TEST(tlogLive, rolledWhileReading)
{
    struct tlog_rig *rig = rig_new(heap, 1);
    int64_t next = 0;
    int64_t read = 0;

    rig->f.before = append_and_roll;
    rig->f.before_ctx = &next;
    for (int i = 0; i < 60; i++) {
        struct ccr_status s = rig_read(rig, read, INT32_MAX, 4000, 50);

        cr_assert(ccr_ok(s) || ccr_is(s, CCR_AGAIN), "%s: %s", ccr_status_name(s), rig->err.text);
        read += ccr_ok(s) ? rig->run.ops : 0;
    }
    cr_assert_gt(read, 500);
    rig_free(rig);
}

CCR_TEST(tlogLive, rolledWithoutGap)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    for (int64_t i = 0; i < 40; i++) {
        forge_fill(&rig->f, 10 * i, 10 * i + 9, 60);
        forge_sync(&rig->f);
        assert_read(rig, i == 0 ? 0 : 10 * i - 5, 10 * i + 9, i == 0 ? 10 : 15);
        if (i % 3 == 0) {
            forge_roll(&rig->f, 1);
        }
        if (i % 7 == 6) {
            forge_roll(&rig->f, 1); /* twice between two reads */
            forge_roll(&rig->f, 1);
        }
    }
    assert_read(rig, 0, 399, 400);
    rig_free(rig);
}

CCR_TEST(tlogLive, deletedWhileReading)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_fill(&rig->f, 0, 49, 100);
    forge_roll(&rig->f, 1);
    forge_fill(&rig->f, 50, 99, 100);
    forge_sync(&rig->f);
    assert_ok(rig_read(rig, 0, 99, ANY_BYTES, 10));
    forge_drop_below(&rig->f, 2);
    assert_read(rig, 10, 99, 90); /* open: still readable */
    ccr_tlog_rest(rig->t);
    assert_status(rig_read(rig, 10, 99, ANY_BYTES, ANY_OPS), CCR_GONE);
    assert_read(rig, 50, 99, 50);
    rig_free(rig);
}

static void delete_first(struct forge *f, size_t call, const char *name, void *ctx)
{
    size_t *at = ctx;

    (void)name;
    if (call == *at) {
        forge_drop_below(f, f->generation[0].number + 1);
    }
}

CCR_TEST(tlogLive, deletedAtEveryMomentOfARead)
{
    for (size_t at = 0; at < 40; at++) {
        struct tlog_rig *rig = rig_new(heap, 1);
        struct ccr_status s;

        for (int64_t g = 0; g < 3; g++) {
            forge_fill(&rig->f, 10 * g, 10 * g + 9, 100);
            forge_roll(&rig->f, 1);
        }
        forge_fill(&rig->f, 30, 39, 100);
        forge_sync(&rig->f);
        rig->f.before = delete_first;
        rig->f.before_ctx = &at;
        s = rig_read(rig, 5, 39, ANY_BYTES, ANY_OPS);
        cr_assert((ccr_ok(s) && rig->run.ops == 35) || ccr_is(s, CCR_GONE), "call %zu: %s: %s", at, ccr_status_name(s),
                  rig->err.text);
        rig->f.before = NULL;
        assert_read(rig, 10, 39, 30);
        rig_free(rig);
    }
}

static void tear(struct forge *f, size_t call, const char *name, void *ctx)
{
    int *times = ctx;

    (void)call;
    if (name == NULL && *times > 0) { /* before a read: the second half is of another moment */
        (*times)--;
        f->ckp->data[50] = (uint8_t)(*times + 1);
    } else if (name == NULL) {
        forge_sync(f);
    }
}

CCR_TEST(tlogLive, tornCheckpointIsReadAgain)
{
    struct tlog_rig *rig = rig_new(heap, 1);
    int times = 1;

    forge_fill(&rig->f, 0, 9, 50);
    forge_sync(&rig->f);
    rig->f.before = tear;
    rig->f.before_ctx = &times;
    assert_read(rig, 0, 9, 10);
    times = 100;
    assert_status(rig_read(rig, 0, 9, ANY_BYTES, ANY_OPS), CCR_AGAIN);
    assert_text(rig->err, "translog.ckp changes each time it is read");
    times = 0;
    assert_read(rig, 0, 9, 10);
    rig_free(rig);
}

CCR_TEST(tlogLive, madeAnewWithAnotherUuid)
{
    struct tlog_rig *rig = rig_new(heap, 3);

    forge_fill(&rig->f, 0, 99, 50);
    forge_roll(&rig->f, 3);
    forge_fill(&rig->f, 100, 110, 50);
    forge_sync(&rig->f);
    assert_read(rig, 0, 110, 111);
    ccr_tlog_rest(rig->t);
    for (size_t i = 0; i < rig->f.generations; i++) { /* the shard was recovered into an empty translog */
        char name[40];

        (void)snprintf(name, sizeof name, "translog-%zu.tlog", i + 1);
        forge_unlink(&rig->f, name);
        (void)snprintf(name, sizeof name, "translog-%zu.ckp", i + 1);
        forge_unlink(&rig->f, name);
    }
    rig->f.generations = 0;
    struct forge fresh;
    forge_init(&fresh, 4);
    fresh.generation[0].log->data[30] ^= 1; /* a letter of the uuid */
    ccr_put_u32be(fresh.generation[0].log->data + fresh.generation[0].log->len - 4,
                  ccr_crc32(0, fresh.generation[0].log->data, fresh.generation[0].log->len - 4));
    rig->f.generation[rig->f.generations++] = fresh.generation[0];
    fresh.generations = 0;
    forge_fini(&fresh);
    forge_fill(&rig->f, 111, 120, 50);
    forge_sync(&rig->f);
    assert_read(rig, 111, 120, 10);
    assert_status(rig_read(rig, 100, 120, ANY_BYTES, ANY_OPS), CCR_GONE);
    rig_free(rig);
}
