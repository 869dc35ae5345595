/*
 * One test for each kind of damage: the exact error, where it is, and that the reader works again once it is repaired.
 * The folder: generation 1 with seq_no 0 to 19, generation 2 with 20 to 39, index operations all of one length.
 */
#include "tlog_rig.h"

#include <inttypes.h>
#include <stdio.h>

#include "reference.h"

#define SOURCE 90u

static struct tlog_rig *folder(struct heap *heap)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    for (int64_t i = 0; i < 40; i++) {
        if (i == 20) {
            forge_roll(&rig->f, 1);
        }
        forge_index(&rig->f, i, 1, SOURCE);
    }
    forge_sync(&rig->f);
    return rig;
}

static struct forge_file *log_of(struct tlog_rig *rig, uint64_t generation)
{
    char name[40];

    (void)snprintf(name, sizeof name, "translog-%d.tlog", (int)generation);
    return forge_file(&rig->f, name);
}

/* Offset of the n-th operation of a file. */
static size_t op_at(const struct forge_file *log, int n)
{
    size_t at = FORGE_HEADER;

    while (n-- > 0) {
        at += 4 + ccr_get_u32be(log->data + at);
    }
    return at;
}

/* The whole message: what, generation, offset, expected, got. */
static void assert_says(const struct tlog_rig *rig, const char *text)
{
    cr_assert_str_eq(rig->err.text, text, "got \"%s\"", rig->err.text);
}

/* What is said of an operation whose bytes are not those of its CRC-32, by a CRC of another make. */
static const char *crc_wrong(struct tlog_rig *rig, uint64_t generation, size_t at)
{
    static char text[128];
    const struct forge_file *log = log_of(rig, generation);
    uint32_t body = ccr_get_u32be(log->data + at) - 4;

    (void)snprintf(text, sizeof text, "translog-%d.tlog at %zu: CRC-32 is 0x%08" PRIX32 ", the file says 0x%08" PRIX32,
                   (int)generation, at, reference_crc32(log->data + at + 4, body),
                   ccr_get_u32be(log->data + at + 4 + body));
    return text;
}

static void assert_damage(struct tlog_rig *rig, uint64_t generation, uint64_t offset, const char *text)
{
    for (int twice = 0; twice < 2; twice++) { /* what was learned before the damage was met must not hide it */
        struct ccr_status s = rig_read(rig, 0, 39, ANY_BYTES, ANY_OPS);

        cr_assert(ccr_is(s, CCR_CORRUPT_TLOG), "got %s: %s", ccr_status_name(s), rig->err.text);
        cr_assert_eq(rig->err.generation, generation, "generation %lu: %s", (unsigned long)rig->err.generation,
                     rig->err.text);
        cr_assert_eq(rig->err.offset, offset, "offset %lu: %s", (unsigned long)rig->err.offset, rig->err.text);
        assert_says(rig, text);
    }
}

CCR_TEST(damage, headerTruncated)
{
    struct tlog_rig *rig = folder(heap);

    log_of(rig, 2)->len = 40;
    assert_damage(rig, 2, 0, "translog-2.tlog: translog header truncated: the file has 40 bytes");
    rig_free(rig);
}

CCR_TEST(damage, headerOfAnotherFormat)
{
    struct tlog_rig *rig = folder(heap);

    log_of(rig, 1)->data[0] = 0;
    assert_damage(rig, 1, 0, "translog-1.tlog: translog: magic 0x00D76C17, expected 0x3FD76C17");
    log_of(rig, 1)->data[0] = 0x3F;
    assert_read(rig, 0, 39, 40);
    rig_free(rig);
}

CCR_TEST(damage, headerCrcWrong)
{
    struct tlog_rig *rig = folder(heap);

    log_of(rig, 1)->data[FORGE_HEADER - 5] ^= 1; /* the term */
    assert_damage(rig, 1, 0, "translog-1.tlog: translog header's CRC-32 is 0x8568C2E0, the file says 0xF26FF276");
    rig_free(rig);
}

CCR_TEST(damage, headerUuidLengthHuge)
{
    struct tlog_rig *rig = folder(heap);

    ccr_put_u32be(log_of(rig, 1)->data + 17, 0x7FFFFFFF);
    assert_damage(rig, 1, 0, "translog-1.tlog: translog uuid of 2147483647 bytes, expected 1 to 64");
    cr_assert_lt(heap->largest, 1u << 20);
    rig_free(rig);
}

CCR_TEST(damage, uuidForeign)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *log = log_of(rig, 2);

    log->data[21] = 'X';
    ccr_put_u32be(log->data + FORGE_HEADER - 4, ccr_crc32(0, log->data, FORGE_HEADER - 4));
    assert_damage(rig, 2, 0, "translog-2.tlog: uuid Xorge-uuid-0123456789a, expected forge-uuid-0123456789a");
    rig_free(rig);
}

CCR_TEST(damage, opSizeTooSmall)
{
    struct tlog_rig *rig = folder(heap);
    size_t at = op_at(log_of(rig, 1), 5);

    ccr_put_u32be(log_of(rig, 1)->data + at, 20);
    assert_damage(rig, 1, at, "translog-1.tlog at 763: operation of size 20, expected 21 to 2130");
    rig_free(rig);
}

CCR_TEST(damage, opSizePastEof)
{
    struct tlog_rig *rig = folder(heap);
    size_t at = op_at(log_of(rig, 1), 19);

    log_of(rig, 1)->data[at + 3]++;
    assert_damage(rig, 1, at, "translog-1.tlog at 2756: operation of size 138, expected 21 to 137");
    rig_free(rig);
}

CCR_TEST(damage, opSizeHuge)
{
    struct tlog_rig *rig = folder(heap);
    size_t at = op_at(log_of(rig, 2), 0);

    ccr_put_u32be(log_of(rig, 2)->data + at, UINT32_MAX);
    assert_damage(rig, 2, at, "translog-2.tlog at 55: operation of size 4294967295, expected 21 to 2848");
    cr_assert_lt(heap->largest, 1u << 20, "nothing is allocated by a length that was not checked");
    rig_free(rig);
}

CCR_TEST(damage, opSizeSplitsAnOperation)
{
    struct tlog_rig *rig = folder(heap);
    size_t at = op_at(log_of(rig, 1), 3);

    log_of(rig, 1)->data[at + 3]--;
    assert_damage(rig, 1, at, "translog-1.tlog at 483: seq_no -72057594037927936, its checkpoint says 0 to 19");
    rig_free(rig);
}

CCR_TEST(damage, opCrcWrong)
{
    struct tlog_rig *rig = folder(heap);
    size_t at = op_at(log_of(rig, 1), 7);

    log_of(rig, 1)->data[at + 40] ^= 1;
    assert_damage(rig, 1, at, crc_wrong(rig, 1, at));
    log_of(rig, 1)->data[at + 40] ^= 1;
    assert_read(rig, 0, 39, 40);
    rig_free(rig);
}

CCR_TEST(damage, opStoredCrcWrong)
{
    struct tlog_rig *rig = folder(heap);
    size_t at = op_at(log_of(rig, 2), 3);

    log_of(rig, 2)->data[op_at(log_of(rig, 2), 4) - 1] ^= 1;
    assert_damage(rig, 2, at, crc_wrong(rig, 2, at));
    rig_free(rig);
}

CCR_TEST(damage, opSeqNoFlippedIsDamageAndNoHole)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *log = log_of(rig, 1);

    log->data[op_at(log, 1) - 4 - 16 + 7] = 9; /* the first operation claims to be 9 */
    assert_damage(rig, 1, FORGE_HEADER, crc_wrong(rig, 1, FORGE_HEADER));
    rig_free(rig);
}

CCR_TEST(damage, opSeqNoOutsideTheCheckpoint)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *log = log_of(rig, 1);

    log->data[op_at(log, 5) - 4 - 16] = 0x40;
    assert_damage(rig, 1, op_at(log, 4),
                  "translog-1.tlog at 623: seq_no 4611686018427387908, its checkpoint says 0 to 19");
    rig_free(rig);
}

CCR_TEST(damage, opTypeUnknown)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *log = log_of(rig, 1);

    log->data[op_at(log, 2) + 4] = 7;
    assert_damage(rig, 1, op_at(log, 2), "translog-1.tlog at 343: operation of unknown type 7");
    rig_free(rig);
}

CCR_TEST(damage, opTermNewerThanItsFile)
{
    struct tlog_rig *rig = rig_new(heap, 3);

    forge_index(&rig->f, 0, 4, SOURCE);
    forge_sync(&rig->f);
    assert_status(rig_read(rig, 0, 0, ANY_BYTES, ANY_OPS), CCR_CORRUPT_TLOG);
    assert_says(rig, "translog-1.tlog at 55: primary term 4, the file's header says at most 3");
    rig_free(rig);
}

CCR_TEST(damage, opBodyMalformedWithARightCrc)
{
    struct tlog_rig *rig = rig_new(heap, 3);
    uint8_t body[256];
    size_t len = forge_index_body(body, sizeof body, 1, 3, SOURCE);

    forge_index(&rig->f, 0, 3, SOURCE);
    body[2] = 120; /* the id's length */
    forge_body(&rig->f, 1, body, len);
    forge_sync(&rig->f);
    assert_read(rig, 0, 0, 1);
    assert_status(rig_read(rig, 0, 1, ANY_BYTES, ANY_OPS), CCR_CORRUPT_TLOG);
    assert_says(rig, "translog-1.tlog at 203: operation of type 2: its fields do not fit its 132 bytes");
    rig_free(rig);
}

CCR_TEST(damage, checkpointNewerThanFile)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *log = log_of(rig, 2);

    log->len = op_at(log, 10);
    assert_damage(rig, 2, log->len, "translog-2.tlog ends at 1481, its checkpoint says 2907");
    rig_free(rig);
}

CCR_TEST(damage, checkpointBelowTheHeader)
{
    struct tlog_rig *rig = folder(heap);

    ccr_put_u32le(rig->f.ckp->data + 12, 30);
    forge_seal_ckp(rig->f.ckp);
    assert_damage(rig, 2, 30, "translog-2.tlog: header of 55 bytes, its checkpoint ends at 30");
    rig_free(rig);
}

CCR_TEST(damage, checkpointCountsOtherOperations)
{
    struct tlog_rig *rig = folder(heap);

    ccr_put_u32le(rig->f.ckp->data + 20, 21);
    forge_seal_ckp(rig->f.ckp);
    assert_damage(rig, 2, log_of(rig, 2)->len, "translog-2.tlog holds 20 operations, its checkpoint says 21");
    rig_free(rig);
}

CCR_TEST(damage, checkpointTruncated)
{
    struct tlog_rig *rig = folder(heap);

    rig->f.ckp->len = 60;
    assert_damage(rig, 0, 0,
                  "translog.ckp: checkpoint of 60 bytes: footer 0x00000000FFFFFFFF, expected 0xC02893E800000000");
    rig_free(rig);
}

CCR_TEST(damage, checkpointCrcWrong)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *ckp = forge_file(&rig->f, "translog-1.ckp");

    ckp->data[15] ^= 1;
    assert_damage(rig, 1, 0, "translog-1.ckp: checkpoint of 88 bytes: CRC-32 is 0x129D7EE9, the file says 0x92772C0F");
    rig_free(rig);
}

CCR_TEST(damage, checkpointOfAnotherGeneration)
{
    struct tlog_rig *rig = folder(heap);

    forge_write_ckp(&rig->f, forge_current(&rig->f), forge_file(&rig->f, "translog-1.ckp"));
    assert_damage(rig, 1, 0, "translog-1.ckp is of generation 2");
    rig_free(rig);
}

CCR_TEST(damage, checkpointMissing)
{
    struct tlog_rig *rig = folder(heap);

    forge_unlink(&rig->f, "translog.ckp");
    assert_status(rig_read(rig, 0, 39, ANY_BYTES, ANY_OPS), CCR_GONE);
    assert_says(rig, "no file translog.ckp");
    rig->f.ckp = NULL;
    rig_free(rig);
}

CCR_TEST(damage, generationMissing)
{
    struct tlog_rig *rig = folder(heap);

    forge_unlink(&rig->f, "translog-1.tlog");
    assert_status(rig_read(rig, 0, 39, ANY_BYTES, ANY_OPS), CCR_GONE);
    assert_read(rig, 20, 39, 20);
    rig_free(rig);
}

CCR_TEST(damage, generationMissingHidesAllOlder)
{
    struct tlog_rig *rig = folder(heap);

    forge_roll(&rig->f, 2);
    forge_fill(&rig->f, 40, 49, 30);
    forge_sync(&rig->f);
    forge_unlink(&rig->f, "translog-2.ckp"); /* it may have held newer copies of what generation 1 holds */
    assert_status(rig_read(rig, 0, 19, ANY_BYTES, ANY_OPS), CCR_GONE);
    assert_read(rig, 40, 49, 10);
    rig_free(rig);
}

CCR_TEST(damage, tailZeroed)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *log = log_of(rig, 2);
    size_t at = op_at(log, 12);

    memset(log->data + at, 0, log->len - at);
    assert_damage(rig, 2, at, "translog-2.tlog at 1771: operation of size 0, expected 21 to 1132");
    rig_free(rig);
}

CCR_TEST(damage, zerosBehindTheCheckpointAreNotRead)
{
    struct tlog_rig *rig = folder(heap);
    static const uint8_t zeros[4096];

    forge_put(log_of(rig, 2), zeros, sizeof zeros);
    assert_read(rig, 0, 39, 40);
    rig_free(rig);
}

CCR_TEST(damage, everyByteOfAGeneration)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *log = log_of(rig, 1);

    for (size_t i = 0; i < log->len; i++) {
        struct ccr_status s;

        log->data[i] ^= 0x04;
        s = rig_read(rig, 0, 39, ANY_BYTES, ANY_OPS);
        if (ccr_ok(s)) { /* a seq_no that became another: the batch ends before it, and the next one sees the damage */
            cr_assert_lt(rig->run.ops, 40);
            s = rig_read(rig, rig->run.ops, 39, ANY_BYTES, ANY_OPS);
        }
        cr_assert(ccr_is(s, CCR_CORRUPT_TLOG) || ccr_is(s, CCR_VERSION), "byte %zu: %s", i, ccr_status_name(s));
        log->data[i] ^= 0x04;
    }
    assert_read(rig, 0, 39, 40);
    rig_free(rig);
}

/* Longer than what is loaded at once: its CRC is reckoned in pieces when a hole makes the reader look for damage. */
static struct tlog_rig *folder_with_a_hole(struct heap *heap, size_t source_len)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_index(&rig->f, 0, 1, SOURCE);
    forge_index(&rig->f, 5, 1, source_len);
    forge_index(&rig->f, 6, 1, SOURCE);
    forge_sync(&rig->f);
    return rig;
}

CCR_TEST(damage, aHoleAroundALongOperationIsAHole)
{
    struct tlog_rig *rig = folder_with_a_hole(heap, 300000);

    assert_status(rig_read(rig, 3, 6, ANY_BYTES, ANY_OPS), CCR_GONE);
    cr_assert_str_eq(rig->err.text, "the translog does not hold seq_no 3");
    assert_read(rig, 5, 6, 2);
    rig_free(rig);
}

CCR_TEST(damage, opOfManyPiecesWithItsCrcWrong)
{
    struct tlog_rig *rig = folder_with_a_hole(heap, 300000);
    struct forge_file *log = log_of(rig, 1);
    size_t at = op_at(log, 1);

    log->data[at + 200000] ^= 1;
    for (int64_t from = 3; from <= 5; from += 2) { /* looked for behind a hole, and read */
        assert_status(rig_read(rig, from, 6, ANY_BYTES, ANY_OPS), CCR_CORRUPT_TLOG);
        cr_assert_eq(rig->err.generation, 1);
        cr_assert_eq(rig->err.offset, at);
        assert_says(rig, crc_wrong(rig, 1, at));
    }
    rig_free(rig);
}

CCR_TEST(damage, aHoleBeforeATailOfAFewBytes)
{
    struct tlog_rig *rig = folder_with_a_hole(heap, SOURCE);
    struct forge_file *log = log_of(rig, 1);
    size_t end = log->len;

    forge_put(log, "\0\0", 2);
    ccr_put_u32le(rig->f.ckp->data + 12, (uint32_t)log->len);
    forge_seal_ckp(rig->f.ckp);
    assert_status(rig_read(rig, 3, 6, ANY_BYTES, ANY_OPS), CCR_CORRUPT_TLOG);
    cr_assert_eq(rig->err.offset, end, "%s", rig->err.text);
    assert_says(rig, "translog-1.tlog at 491: operation of size 0, expected 21 to 0");
    rig_free(rig);
}

/* Found by clang-tidy: the number of no generation was taken for "none known yet". */
CCR_TEST(damage, checkpointOfGenerationZero)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *ckp = forge_file(&rig->f, "translog.ckp");

    memset(ckp->data + 24, 0, 8); /* generation */
    memset(ckp->data + 56, 0, 8); /* smallest generation */
    memset(ckp->data + 80, 0, 4);
    ccr_put_u32be(ckp->data + 84, ccr_crc32(0, ckp->data, 80));

    struct ccr_status s = rig_read(rig, 0, 39, ANY_BYTES, ANY_OPS);
    cr_assert(ccr_is(s, CCR_CORRUPT_TLOG), "a generation 0 was read: %s", ccr_status_name(s));
    assert_says(rig, "translog.ckp: checkpoint of generation 0 with smallest 0");
    rig_free(rig);
}
