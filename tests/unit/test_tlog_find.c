/* Finding and copying runs of a translog that does not change meanwhile. */
#include "tlog_rig.h"

CCR_TEST(tlogFind, everyRunOfASmallTranslog)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_fill(&rig->f, 0, 20, 50);
    forge_roll(&rig->f, 1);
    forge_fill(&rig->f, 21, 40, 50);
    forge_sync(&rig->f);
    for (int64_t first = 0; first <= 40; first++) {
        for (int64_t last = first; last <= 40; last++) {
            assert_read(rig, first, last, last - first + 1);
        }
    }
    rig_free(rig);
}

CCR_TEST(tlogFind, disorderOfConcurrentWriters)
{
    static const int64_t order[] = {3, 0, 1, 7, 2, 4, 6, 5, 12, 9, 8, 10, 11};
    struct tlog_rig *rig = rig_new(heap, 1);

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        forge_index(&rig->f, order[i], 1, 30000); /* further apart than a chunk */
    }
    forge_sync(&rig->f);
    assert_read(rig, 0, 12, 13);
    assert_read(rig, 5, 9, 5);
    rig_free(rig);
}

/* Going back to operations that stand behind later ones, in a block that begins with a higher seq_no. */
CCR_TEST(tlogFind, disorderAtTheFrontOfABlockIsFoundAgain)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    for (int64_t n = 0; n < 1200; n += 6) { /* 5 3 1 0 2 4 11 9 7 ... */
        for (int64_t i = 5; i > 0; i -= 2) {
            forge_index(&rig->f, n + i, 1, 1000);
        }
        for (int64_t i = 0; i < 6; i += 2) {
            forge_index(&rig->f, n + i, 1, 1000);
        }
    }
    forge_sync(&rig->f);
    for (int64_t n = 0; n < 1200; n += 100) { /* in small runs, so that the table of places stays small */
        assert_read(rig, n, n + 99, 100);
    }
    for (int64_t n = 1199; n >= 0; n--) {
        assert_read(rig, n, n, 1);
    }
    rig_free(rig);
}

/* A file that changes between finding and copying, with every CRC right. */
CCR_TEST(tlogFind, anotherOperationAtThePlaceIsDamage)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_no_op(&rig->f, 0, 1);
    forge_no_op(&rig->f, 1, 1);
    forge_sync(&rig->f);
    struct forge_file *log = forge_current(&rig->f)->log;
    size_t len = (log->len - FORGE_HEADER) / 2;
    assert_ok(ccr_tlog_refresh(rig->t, &rig->err));
    rig->run = (struct ccr_tlog_run){.first_seq_no = 0, .last_seq_no = 0, .bytes_max = ANY_BYTES, .ops_max = 1};
    assert_ok(ccr_tlog_find(rig->t, &rig->run, &rig->err));
    memcpy(log->data + FORGE_HEADER, log->data + FORGE_HEADER + len, len);
    ccr_ops_digest_init(&rig->digest);
    assert_status(ccr_tlog_copy(rig->t, &rig->run, &rig->plain, &rig->digest, &rig->err), CCR_CORRUPT_TLOG);
    cr_assert_str_eq(rig->err.text, "translog-1.tlog at 55: seq_no 1 of primary term 1, expected 0 of at most 1");
    rig_free(rig);
}

CCR_TEST(tlogFind, boundsOfBytesAndOperations)
{
    struct tlog_rig *rig = rig_new(heap, 1);
    uint64_t three;

    forge_fill(&rig->f, 0, 30, 100);
    forge_sync(&rig->f);
    assert_read(rig, 4, 6, 3);
    three = rig->run.bytes;
    assert_ok(rig_read(rig, 4, 30, three, ANY_OPS));
    cr_assert_eq(rig->run.ops, 3);
    assert_ok(rig_read(rig, 4, 30, three - 1, ANY_OPS));
    cr_assert_eq(rig->run.ops, 2);
    assert_ok(rig_read(rig, 4, 30, 1, ANY_OPS));
    cr_assert_eq(rig->run.ops, 1, "one may pass alone");
    assert_ok(rig_read(rig, 4, 30, ANY_BYTES, 5));
    cr_assert_eq(rig->run.ops, 5);
    assert_status(rig_read(rig, 4, 3, ANY_BYTES, 5), CCR_ARG);
    assert_status(rig_read(rig, 4, 5, ANY_BYTES, 0), CCR_ARG);
    assert_status(rig_read(rig, -1, 5, ANY_BYTES, 1), CCR_ARG);
    assert_status(rig_read(rig, INT64_MIN, INT64_MAX, ANY_BYTES, 1), CCR_ARG); /* no number is as far apart */
    rig_free(rig);
}

CCR_TEST(tlogFind, operationsLongerThanTheBuffers)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_index(&rig->f, 0, 1, 100);
    forge_index(&rig->f, 1, 1, 20u << 20);
    forge_index(&rig->f, 3, 1, 100);
    forge_index(&rig->f, 2, 1, 300000);
    forge_no_op(&rig->f, 4, 1);
    for (size_t len = (64u << 10) - 70; len < (64u << 10) + 10; len++) {
        forge_index(&rig->f, (int64_t)(5 + len - (64u << 10) + 70), 1, len); /* around the chunk's length */
    }
    forge_sync(&rig->f);
    assert_read(rig, 0, 84, 85);
    assert_read(rig, 1, 1, 1);
    cr_assert_lt(heap->largest, (21u << 20) + (6u << 20), "nothing larger than the answer itself");
    rig_free(rig);
}

CCR_TEST(tlogFind, aHoleEndsTheRunAndIsGoneWhenFirst)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_fill(&rig->f, 0, 9, 50);
    forge_fill(&rig->f, 11, 20, 50);
    forge_sync(&rig->f);
    assert_read(rig, 5, 20, 5);
    assert_status(rig_read(rig, 10, 20, ANY_BYTES, ANY_OPS), CCR_GONE);
    assert_text(rig->err, "does not hold seq_no 10");
    assert_read(rig, 11, 20, 10);
    assert_status(rig_read(rig, 21, 25, ANY_BYTES, ANY_OPS), CCR_AGAIN);
    assert_text(rig->err, "seq_no 21 is not written yet, the newest is 20");
    rig_free(rig);
}

CCR_TEST(tlogFind, emptyTranslogHasNothingYet)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    assert_status(rig_read(rig, 0, 5, ANY_BYTES, ANY_OPS), CCR_AGAIN);
    forge_roll(&rig->f, 2);
    assert_status(rig_read(rig, 0, 5, ANY_BYTES, ANY_OPS), CCR_AGAIN);
    rig_free(rig);
}

CCR_TEST(tlogFind, duplicateSeqNoNewerTermWins)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_fill(&rig->f, 0, 20, 50);
    forge_sync(&rig->f);
    assert_read(rig, 0, 20, 21); /* the older ones are remembered */
    forge_roll(&rig->f, 2);
    forge_index(&rig->f, 16, 2, 70);
    forge_index(&rig->f, 15, 2, 70);
    forge_fill(&rig->f, 21, 25, 50);
    forge_sync(&rig->f);
    assert_read(rig, 10, 25, 16);
    for (uint32_t i = 0; i < 16; i++) {
        int64_t expected = i == 5 || i == 6 || i >= 11 ? 2 : 1;

        cr_assert_eq(rig_term(rig, i), expected, "seq_no %u", 10 + i);
    }
    ccr_tlog_reset(rig->t);
    assert_read(rig, 15, 15, 1);
    cr_assert_eq(rig_term(rig, 0), 2);
    rig_free(rig);
}

CCR_TEST(tlogFind, laterOfOneGenerationWins)
{
    struct tlog_rig *rig = rig_new(heap, 2);

    forge_index(&rig->f, 0, 1, 50);
    forge_index(&rig->f, 1, 1, 50);
    forge_index(&rig->f, 0, 2, 50);
    forge_sync(&rig->f);
    assert_read(rig, 0, 1, 2);
    cr_assert_eq(rig_term(rig, 0), 2);
    rig_free(rig);
}

CCR_TEST(tlogFind, trimmedAboveHidesOps)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_fill(&rig->f, 0, 20, 50);
    forge_sync(&rig->f);
    assert_read(rig, 0, 20, 21);
    forge_roll(&rig->f, 2);
    forge_sync(&rig->f);
    assert_read(rig, 0, 20, 21);
    forge_trim(&rig->f, 2, 14); /* the checkpoint of generation 1 changes, nothing else does */
    assert_read(rig, 0, 20, 15);
    assert_status(rig_read(rig, 15, 20, ANY_BYTES, ANY_OPS), CCR_GONE);
    forge_fill(&rig->f, 15, 18, 50);
    forge_sync(&rig->f);
    assert_read(rig, 10, 20, 9);
    cr_assert_eq(rig_term(rig, 5), 2);
    ccr_tlog_reset(rig->t);
    assert_read(rig, 10, 20, 9);
    rig_free(rig);
}

CCR_TEST(tlogFind, manyGenerationsAreBounded)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    for (int64_t i = 0; i < 140; i++) {
        forge_fill(&rig->f, 10 * i, 10 * i + 9, 50);
        forge_roll(&rig->f, 1);
    }
    forge_sync(&rig->f);
    assert_read(rig, 200, 1399, 1200);
    cr_assert_leq(rig->f.open_files_peak, CCR_TLOG_OPEN_MAX + 1, "%zu files", rig->f.open_files_peak);
    assert_status(rig_read(rig, 0, 1399, ANY_BYTES, ANY_OPS), CCR_GONE); /* past CCR_TLOG_GENERATIONS_MAX */
    ccr_tlog_rest(rig->t);
    cr_assert_leq(rig->f.open_files, 1);
    cr_assert_leq(ccr_tlog_memory(rig->t), 20u << 10, "%zu bytes", ccr_tlog_memory(rig->t));
    assert_read(rig, 1390, 1399, 10);
    rig_free(rig);
}

CCR_TEST(tlogFind, bytesAreWalkedOnceInOrder)
{
    struct tlog_rig *rig = rig_new(heap, 1);
    size_t file;
    int64_t next = 0;

    forge_fill(&rig->f, 0, 59999, 200);
    forge_sync(&rig->f);
    file = forge_current(&rig->f)->log->len;
    while (next < 60000) {
        assert_ok(rig_read(rig, next, 59999, 256u << 10, 10000));
        next += rig->run.ops;
    }
    cr_assert_leq(ccr_tlog_walked_bytes(rig->t), file + file / 4, "walked %lu of %zu",
                  (unsigned long)ccr_tlog_walked_bytes(rig->t), file);
    cr_assert_leq(ccr_tlog_checked_bytes(rig->t), file);
    rig_free(rig);
}

CCR_TEST(tlogFind, farBackInALongGenerationReadsLittle)
{
    struct tlog_rig *rig = rig_new(heap, 1);
    size_t file;
    uint64_t before;

    forge_fill(&rig->f, 0, 99999, 200);
    forge_sync(&rig->f);
    file = forge_current(&rig->f)->log->len;
    assert_read(rig, 99999, 99999, 1);
    for (int64_t first = 1000; first < 99000; first += 7001) {
        before = ccr_tlog_walked_bytes(rig->t);
        assert_ok(rig_read(rig, first, 99999, ANY_BYTES, 10));
        cr_assert_leq(ccr_tlog_walked_bytes(rig->t) - before, file / 10);
    }
    rig_free(rig);
}

CCR_TEST(tlogFind, steadyStateAllocatesNothing)
{
    struct tlog_rig *rig = rig_new(heap, 1);
    size_t before = 0;

    for (int64_t i = 0; i < 300; i++) {
        forge_fill(&rig->f, 50 * i, 50 * i + 49, 300);
        forge_sync(&rig->f);
        if (i == 10) {
            before = heap->requests;
        }
        assert_read(rig, 50 * i, 50 * i + 49, 50);
    }
    cr_assert_eq(heap->requests, before, "%zu allocations", heap->requests - before);
    rig_free(rig);
}

/* Found by fuzz_tlog_folder: the copy met later was longer than the room that was reckoned for the first. */
CCR_TEST(tlogFind, aSecondCopyOfAnotherLength)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_index(&rig->f, 0, 1, 10);
    forge_index(&rig->f, 5, 1, 70000); /* the rest is not walked before it is searched */
    forge_index(&rig->f, 0, 1, 500);
    forge_index(&rig->f, 1, 1, 10);
    forge_sync(&rig->f);
    assert_read(rig, 0, 1, 2);
    cr_assert_gt(rig->plain.len, 500, "the one written last");
    rig_free(rig);
}
