#include "leader_rig.h"

#include <stdlib.h>

static struct ccr_leader_counts counts_of(const struct leader_rig *rig)
{
    struct ccr_leader_counts c;

    ccr_leader_counts(rig->l, &c);
    return c;
}

CCR_TEST(leader, readsUpToTheGlobalCheckpointOnly)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);

    forge_fill(&rig->f, 0, 99, 200);
    forge_sync(&rig->f);
    rig->state.global_checkpoint = 59;
    assert_leader(rig, 60);
    assert_leader(rig, 0);
    cr_assert_eq(rig->r.from_seq_no, 60);
    rig->state.global_checkpoint = 99;
    rig->r.last_seq_no = 69;
    assert_leader(rig, 10);
    rig->r.last_seq_no = -1;
    assert_leader(rig, 30);
    cr_assert_eq(counts_of(rig).reads, 4);
    cr_assert_eq(counts_of(rig).operations, 100);
    leader_rig_free(rig);
}

CCR_TEST(leader, anEmptyAnswerTouchesNoFile)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);
    size_t calls;

    rig->r.from_seq_no = 10;
    rig->state.global_checkpoint = 9;
    calls = rig->f.calls;
    assert_leader(rig, 0);
    cr_assert_eq(rig->f.calls, calls);
    leader_rig_free(rig);
}

CCR_TEST(leader, boundsBatchesAndLetsOneLongOperationPass)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);

    for (int64_t i = 0; i < 30; i++) {
        forge_index(&rig->f, i, 1, i == 15 ? 3u << 20 : 1000);
    }
    forge_sync(&rig->f);
    rig->state.global_checkpoint = 29;
    rig->r.max_bytes = 5500;
    assert_leader(rig, 5);
    rig->r.max_ops = 3;
    assert_leader(rig, 3);
    rig->r.max_ops = 1000;
    assert_leader(rig, 5);
    assert_leader(rig, 2);
    assert_leader(rig, 1);
    cr_assert_gt(rig->h.raw_bytes, 3u << 20);
    assert_leader(rig, 5);
    leader_rig_free(rig);
}

CCR_TEST(leader, prefixOfTheFollowersTailIsUsed)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);
    uint32_t alone;

    for (int64_t i = 0; i < 200; i++) {
        forge_index(&rig->f, i, 1, 400);
    }
    forge_sync(&rig->f);
    for (int64_t i = 0; i < 100; i++) { /* one document a batch */
        rig->state.global_checkpoint = i;
        assert_leader(rig, 1);
        cr_assert_eq(rig->h.prefix_bytes > 0, i > 0);
    }
    cr_assert_eq(counts_of(rig).prefix_hits, 99);
    alone = rig->h.packed_bytes;

    /* Another copy of the leader has never seen this follower: it reads the prefix from its files. */
    ccr_leader_free(rig->l);
    assert_ok(ccr_leader_new(&rig->l, &heap->alloc, &rig->dir, "history", "index/0", &rig->err));
    rig->state.global_checkpoint = 100;
    assert_leader(rig, 1);
    cr_assert_gt(rig->h.prefix_bytes, 0);
    cr_assert_leq(rig->h.packed_bytes, alone + 20);
    cr_assert_eq(counts_of(rig).prefix_hits, 1);
    leader_rig_free(rig);
}

CCR_TEST(leader, prefixThatDiffersIsNotUsed)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);

    forge_fill(&rig->f, 0, 99, 200);
    forge_sync(&rig->f);
    rig->state.global_checkpoint = 49;
    assert_leader(rig, 50);
    rig->state.global_checkpoint = 60;
    rig->r.prefix_checksum ^= 1;
    assert_leader(rig, 11);
    cr_assert_eq(rig->h.prefix_bytes, 0);
    rig->state.global_checkpoint = 70;
    rig->r.prefix_bytes--;
    assert_leader(rig, 10);
    cr_assert_eq(rig->h.prefix_bytes, 0);
    cr_assert_eq(counts_of(rig).prefix_misses, 2);
    leader_rig_free(rig);
}

CCR_TEST(leader, whatTheTranslogHasNotIsGone)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);

    forge_fill(&rig->f, 0, 9, 50);
    forge_roll(&rig->f, 1);
    forge_fill(&rig->f, 10, 19, 50);
    forge_fill(&rig->f, 21, 29, 50);
    forge_drop_below(&rig->f, 2);
    rig->state.global_checkpoint = 35;
    rig->r.from_seq_no = 5;
    assert_status(leader_rig_read(rig), CCR_GONE);
    rig->r.from_seq_no = 10;
    assert_leader(rig, 10);
    assert_status(leader_rig_read(rig), CCR_GONE); /* the hole at 20 */
    rig->r.from_seq_no = 21;
    assert_leader(rig, 9);
    assert_status(leader_rig_read(rig), CCR_GONE); /* below the global checkpoint, and not written here */
    cr_assert_eq(counts_of(rig).gone, 3);
    leader_rig_free(rig);
}

CCR_TEST(leader, noTranslogAtAllIsGone)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);

    forge_unlink(&rig->f, "translog.ckp");
    rig->state.global_checkpoint = 3;
    assert_status(leader_rig_read(rig), CCR_GONE);
    leader_rig_free(rig);
}

CCR_TEST(leader, historyIsCompared)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);

    forge_fill(&rig->f, 0, 9, 50);
    forge_sync(&rig->f);
    rig->state.global_checkpoint = 9;
    strcpy(rig->r.history_uuid, "another");
    assert_status(leader_rig_read(rig), CCR_HISTORY);
    assert_text(rig->err, "another");
    strcpy(rig->r.history_uuid, "history");
    assert_leader(rig, 10);
    leader_rig_free(rig);
}

CCR_TEST(leader, tooSmallABufferChangesNothing)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);
    struct ccr_leader_counts before;

    forge_fill(&rig->f, 0, 99, 200);
    forge_sync(&rig->f);
    rig->state.global_checkpoint = 99;
    rig->cap = 100;
    before = counts_of(rig);
    assert_status(leader_rig_read(rig), CCR_NOBUF);
    cr_assert_eq(counts_of(rig).reads, before.reads);
    cr_assert_eq(counts_of(rig).operations, before.operations);
    rig->cap = rig->len;
    assert_leader(rig, 100);
    rig->cap = 1;
    assert_status(leader_rig_read(rig), CCR_NOBUF);
    rig->cap = rig->len;
    assert_leader(rig, 0);
    leader_rig_free(rig);
}

CCR_TEST(leader, everyCodecAndManyGenerations)
{
    static const enum ccr_codec_id codecs[] = {CCR_CODEC_NONE, CCR_CODEC_LZ4, CCR_CODEC_ZSTD};
    struct leader_rig *rig = leader_rig_new(heap, 1);
    int n = 0;

    for (int64_t i = 0; i < 3000; i += 100) {
        forge_fill(&rig->f, i, i + 99, 300);
        if (i % 400 == 0) {
            forge_roll(&rig->f, 1 + i / 1000);
        }
    }
    forge_sync(&rig->f);
    rig->state.global_checkpoint = 2999;
    rig->r.max_bytes = 20000;
    while (rig->r.from_seq_no < 3000) {
        rig->r.codec = codecs[n++ % 3];
        rig->r.level = 1;
        assert_ok(leader_rig_read(rig));
        cr_assert_gt(rig->h.ops, 0);
    }
    cr_assert_eq(counts_of(rig).operations, 3000);
    cr_assert_eq(counts_of(rig).operations_lucene, 0);
    leader_rig_free(rig);
}

CCR_TEST(leader, packsWhatLuceneGave)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);
    uint8_t *plain;
    size_t len;
    struct ccr_status s;

    forge_fill(&rig->f, 0, 49, 200);
    forge_sync(&rig->f);
    rig->state.global_checkpoint = 49;
    assert_leader(rig, 50);
    len = rig->h.raw_bytes;
    plain = malloc(len);
    memcpy(plain, rig->plain, len);

#define PACK(bytes)                                                                                                    \
    ccr_leader_pack(rig->l, rig->ws, &rig->r, &rig->state, ccr_slice_of(plain, bytes), rig->dst, rig->cap, &rig->len,  \
                    &rig->h, &rig->err)
    rig->r.from_seq_no = 0;
    rig->r.prefix_bytes = 0;
    assert_ok(PACK(len));
    leader_rig_take(rig);
    rig->r.prefix_bytes = 0;
    cr_assert(rig->h.ops == 50 && memcmp(plain, rig->plain, len) == 0);
    cr_assert_eq(counts_of(rig).operations_lucene, 50);

    rig->r.from_seq_no = 0;
    rig->r.max_ops = 7;
    assert_ok(PACK(len));
    cr_assert_eq(rig->h.ops, 7, "bounded the same way");
    rig->r.max_ops = 1000;
    rig->r.max_bytes = 10;
    assert_ok(PACK(len));
    cr_assert_eq(rig->h.ops, 1);
    rig->r.max_bytes = 1 << 20;

    rig->r.from_seq_no = 1;
    s = PACK(len);
    assert_status(s, CCR_ARG);
    assert_text(rig->err, "expected seq_no 1, got 0");
    rig->r.from_seq_no = 0;
    s = PACK(len - 1);
    assert_status(s, CCR_ARG);
    rig->state.global_checkpoint = 48;
    s = PACK(len);
    assert_status(s, CCR_ARG);
    assert_text(rig->err, "at most 48");
    free(plain);
    leader_rig_free(rig);
}

CCR_TEST(leader, anIdleShardIsSmall)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);

    for (int64_t i = 0; i < 100; i++) {
        forge_fill(&rig->f, 300 * i, 300 * i + 299, 300);
        forge_roll(&rig->f, 1);
    }
    forge_sync(&rig->f);
    rig->state.global_checkpoint = 29999;
    while (rig->r.from_seq_no < 30000) {
        assert_ok(leader_rig_read(rig));
    }
    assert_leader(rig, 0);
    cr_assert_leq(ccr_leader_memory(rig->l), 32u << 10, "%zu bytes", ccr_leader_memory(rig->l));
    cr_assert_leq(rig->f.open_files, 1);
    leader_rig_free(rig);
}

CCR_TEST(leader, malformedRequestsAreRefused)
{
    struct leader_rig *rig = leader_rig_new(heap, 1);

    rig->r.from_seq_no = -1;
    assert_status(leader_rig_read(rig), CCR_ARG);
    rig->r.from_seq_no = 0;
    rig->r.max_ops = 0;
    assert_status(leader_rig_read(rig), CCR_ARG);
    rig->r.max_ops = 1;
    rig->r.version = 2;
    assert_status(leader_rig_read(rig), CCR_VERSION);
    leader_rig_free(rig);
}
