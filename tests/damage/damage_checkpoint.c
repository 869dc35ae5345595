/*
 * One test for each way a checkpoint can be damaged or contradict itself, each with the exact words and place of its
 * refusal, met as a leader meets it. The folder: generation 1 with seq_no 0 to 19, generation 2 with 20 to 39; the damage
 * is in translog.ckp unless its name says otherwise, under a right checksum where that is not the damage.
 */
#include <stdio.h>

#include "tlog_rig.h"

#define OFFSET         12u
#define OPS            20u
#define GENERATION     24u
#define MIN_SEQ_NO     32u
#define MAX_SEQ_NO     40u
#define MIN_GENERATION 56u
#define TRIMMED_ABOVE  64u

static struct tlog_rig *folder(struct heap *heap)
{
    struct tlog_rig *rig = rig_new(heap, 1);

    forge_fill(&rig->f, 0, 19, 50);
    forge_roll(&rig->f, 1);
    forge_fill(&rig->f, 20, 39, 50);
    forge_sync(&rig->f);
    return rig;
}

static void put(struct forge_file *ckp, size_t at, uint64_t value)
{
    ccr_put_u32le(ckp->data + at, (uint32_t)value);
    ccr_put_u32le(ckp->data + at + 4, (uint32_t)(value >> 32));
}

static void refused(struct tlog_rig *rig, enum ccr_code code, uint64_t generation, const char *text)
{
    for (int twice = 0; twice < 2; twice++) {
        struct ccr_status s = rig_read(rig, 0, 39, ANY_BYTES, ANY_OPS);

        cr_assert(ccr_is(s, code), "got %s: %s", ccr_status_name(s), rig->err.text);
        cr_assert_str_eq(rig->err.text, text);
        cr_assert_eq(rig->err.generation, generation);
    }
}

/* The change is undone by writing the checkpoint again, and the folder reads as before. */
#define DAMAGE(name, change, code, text)                                                                               \
    CCR_TEST(damageCheckpoint, name)                                                                                   \
    {                                                                                                                  \
        struct tlog_rig *rig = folder(heap);                                                                           \
        struct forge_file *ckp = rig->f.ckp;                                                                           \
        change;                                                                                                        \
        refused(rig, code, 0, "translog.ckp: " text);                                                                  \
        forge_sync(&rig->f);                                                                                           \
        assert_read(rig, 0, 39, 40);                                                                                   \
        rig_free(rig);                                                                                                 \
    }

#define FIELD(name, at, value, text) DAMAGE(name, put(ckp, at, value); forge_seal_ckp(ckp), CCR_CORRUPT_TLOG, text)

DAMAGE(magicOfAnotherFormat, ckp->data[0] = 0, CCR_CORRUPT_TLOG, "ckp: magic 0x00D76C17, expected 0x3FD76C17")
DAMAGE(codecOfAnotherName, ckp->data[5] = 'x', CCR_CORRUPT_TLOG, "ckp: another codec's name")
DAMAGE(versionNewer, ckp->data[11] = 5;
       forge_seal_ckp(ckp), CCR_VERSION, "checkpoint of version 5, this build reads 3 and 4")
DAMAGE(empty, ckp->len = 0, CCR_CORRUPT_TLOG, "ckp: truncated in its codec header")
DAMAGE(cutInItsFooter, ckp->len = 20, CCR_CORRUPT_TLOG, "checkpoint of 20 bytes, expected 88")
DAMAGE(tooLong, forge_put(ckp, "\0\0\0\0\0\0\0\0", 8); memmove(ckp->data + 80, ckp->data + 72, 16);
       forge_seal_ckp(ckp), CCR_CORRUPT_TLOG, "checkpoint of 96 bytes, expected 88")
FIELD(generationNone, GENERATION, 0, "checkpoint of generation 0 with smallest 1")
FIELD(generationHuge, GENERATION, UINT64_C(1) << 63, "checkpoint of generation 9223372036854775808 with smallest 1")
FIELD(smallestGenerationAhead, MIN_GENERATION, 3, "checkpoint of generation 2 with smallest 3")
FIELD(offsetHuge, OFFSET, UINT64_C(1) << 41, "checkpoint with offset 2199023255552 and 20 operations")
FIELD(seqNosReversed, MIN_SEQ_NO, 40, "checkpoint with seq_no 40 to 39 and 20 operations")
FIELD(seqNoNegative, MIN_SEQ_NO, UINT64_MAX - 1, "checkpoint with seq_no -2 to 39 and 20 operations")
FIELD(trimmedBelowEverything, TRIMMED_ABOVE, UINT64_MAX - 2, "checkpoint trimmed above -3")
DAMAGE(seqNosWithoutOperations, ccr_put_u32le(ckp->data + OPS, 0);
       forge_seal_ckp(ckp), CCR_CORRUPT_TLOG, "checkpoint with seq_no 20 to 39 and 0 operations")
DAMAGE(operationsWithoutSeqNos, put(ckp, MIN_SEQ_NO, UINT64_MAX); put(ckp, MAX_SEQ_NO, UINT64_MAX);
       forge_seal_ckp(ckp), CCR_CORRUPT_TLOG, "checkpoint with seq_no -1 to -1 and 20 operations")
DAMAGE(operationsNegative, ccr_put_u32le(ckp->data + OPS, UINT32_MAX);
       forge_seal_ckp(ckp), CCR_CORRUPT_TLOG, "checkpoint with offset 1727 and 4294967295 operations")

CCR_TEST(damageCheckpoint, ofAClosedGeneration)
{
    struct tlog_rig *rig = folder(heap);
    struct forge_file *ckp = forge_file(&rig->f, "translog-1.ckp");

    put(ckp, TRIMMED_ABOVE, UINT64_MAX - 2);
    forge_seal_ckp(ckp);
    refused(rig, CCR_CORRUPT_TLOG, 1, "translog-1.ckp: checkpoint trimmed above -3");
    rig_free(rig);
}

CCR_TEST(damageCheckpoint, goesBack)
{
    struct tlog_rig *rig = folder(heap);
    char text[128];

    assert_read(rig, 0, 39, 40);
    ccr_put_u32le(rig->f.ckp->data + OPS, 19);
    forge_seal_ckp(rig->f.ckp);
    struct ccr_status s = rig_read(rig, 0, 39, ANY_BYTES, ANY_OPS);
    cr_assert(ccr_is(s, CCR_CORRUPT_TLOG), "got %s: %s", ccr_status_name(s), rig->err.text);
    size_t end = forge_current(&rig->f)->log->len;
    (void)snprintf(text, sizeof text, "checkpoint of generation 2 went back from %zu to %zu", end, end);
    cr_assert_str_eq(rig->err.text, text);
    cr_assert_eq(rig->err.generation, 2);
    forge_sync(&rig->f);
    assert_read(rig, 0, 39, 40);
    rig_free(rig);
}
