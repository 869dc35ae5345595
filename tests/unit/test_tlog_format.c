#include "tlog_rig.h"

static void put_i64le(uint8_t *at, int64_t v)
{
    ccr_put_u32le(at, (uint32_t)(uint64_t)v);
    ccr_put_u32le(at + 4, (uint32_t)((uint64_t)v >> 32));
}

/* Byte offsets of the fields. */
enum {
    CKP_OFFSET = 12,
    CKP_OPS = 20,
    CKP_GENERATION = 24,
    CKP_MIN = 32,
    CKP_MAX = 40,
    CKP_MIN_GEN = 56,
    CKP_TRIM = 64
};

static struct ccr_status parse(struct forge_file *file, struct ccr_tlog_checkpoint *c, struct ccr_err *err)
{
    return ccr_tlog_checkpoint_parse(c, ccr_slice_of(file->data, file->len), err);
}

static void checkpoint_of_version(uint32_t version)
{
    struct forge f;
    struct ccr_tlog_checkpoint c;
    struct ccr_err err;

    forge_init(&f, 3);
    f.ckp_version = version;
    f.global_checkpoint = 41;
    forge_fill(&f, 10, 50, 80);
    forge_roll(&f, 3);
    f.min_generation = 2;
    forge_fill(&f, 51, 60, 80);
    forge_sync(&f);
    cr_assert_eq(f.ckp->len, CCR_TLOG_CHECKPOINT_BYTES);
    assert_ok(parse(f.ckp, &c, &err));
    cr_assert_eq(c.offset, forge_current(&f)->log->len);
    cr_assert(c.ops == 10 && c.generation == 2 && c.min_generation == 2);
    cr_assert(c.min_seq_no == 51 && c.max_seq_no == 60 && c.global_checkpoint == 41 && c.trimmed_above == -2);
    forge_fini(&f);
}

CCR_TEST(tlogFormat, checkpointOfVersion4IsLittleEndian)
{
    (void)heap;
    checkpoint_of_version(4);
}

CCR_TEST(tlogFormat, checkpointOfVersion3IsBigEndian)
{
    (void)heap;
    checkpoint_of_version(3);
}

CCR_TEST(tlogFormat, everyFlippedByteOfACheckpointIsSeen)
{
    struct forge f;
    struct ccr_tlog_checkpoint c;
    struct ccr_err err;

    (void)heap;
    forge_init(&f, 3);
    forge_fill(&f, 0, 9, 80);
    forge_sync(&f);
    for (size_t i = 0; i < f.ckp->len; i++) {
        f.ckp->data[i] ^= 0x10;
        assert_status(parse(f.ckp, &c, &err), CCR_CORRUPT_TLOG);
        f.ckp->data[i] ^= 0x10;
    }
    for (size_t len = 0; len < f.ckp->len; len++) {
        assert_status(ccr_tlog_checkpoint_parse(&c, ccr_slice_of(f.ckp->data, len), &err), CCR_CORRUPT_TLOG);
    }
    assert_ok(parse(f.ckp, &c, &err));
    forge_fini(&f);
}

CCR_TEST(tlogFormat, newerCheckpointVersionNamesBoth)
{
    struct forge f;
    struct ccr_tlog_checkpoint c;
    struct ccr_err err;

    (void)heap;
    forge_init(&f, 3);
    ccr_put_u32be(f.ckp->data + 8, 5);
    forge_seal_ckp(f.ckp);
    assert_status(parse(f.ckp, &c, &err), CCR_VERSION);
    assert_text(err, "version 5, this build reads 3 and 4");
    forge_fini(&f);
}

CCR_TEST(tlogFormat, contradictionsWithARightCrcAreSeen)
{
    const struct {
        size_t at;
        int64_t value;
    } cases[] = {
        {CKP_GENERATION, 0}, {CKP_GENERATION, -1},    {CKP_MIN_GEN, 2}, {CKP_MIN_GEN, -1}, {CKP_MIN, 10}, {CKP_MIN, -1},
        {CKP_MIN, -5},       {CKP_OFFSET, 1LL << 50}, {CKP_OFFSET, -1}, {CKP_TRIM, -3},    {CKP_MAX, -1},
    };

    (void)heap;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct forge f;
        struct ccr_tlog_checkpoint c;
        struct ccr_err err;

        forge_init(&f, 3);
        forge_fill(&f, 0, 9, 80);
        forge_sync(&f);
        put_i64le(f.ckp->data + cases[i].at, cases[i].value);
        forge_seal_ckp(f.ckp);
        cr_assert(ccr_is(parse(f.ckp, &c, &err), CCR_CORRUPT_TLOG), "case %zu", i);
        ccr_put_u32le(f.ckp->data + CKP_OPS, 0);
        forge_fini(&f);
    }
}

CCR_TEST(tlogFormat, header)
{
    struct forge f;
    struct ccr_tlog_header h;
    struct ccr_err err;
    const struct forge_file *log;

    (void)heap;
    forge_init(&f, 9);
    log = forge_current(&f)->log;
    assert_ok(ccr_tlog_header_parse(&h, ccr_slice_of(log->data, log->len), &err));
    cr_assert_eq(h.length, log->len);
    cr_assert_eq(h.term, 9);
    cr_assert_str_eq(h.uuid, FORGE_UUID);
    for (size_t len = 0; len < log->len; len++) {
        assert_status(ccr_tlog_header_parse(&h, ccr_slice_of(log->data, len), &err), CCR_CORRUPT_TLOG);
    }
    for (size_t i = 0; i < log->len; i++) {
        log->data[i] ^= 0x40;
        cr_assert(!ccr_ok(ccr_tlog_header_parse(&h, ccr_slice_of(log->data, log->len), &err)), "byte %zu", i);
        log->data[i] ^= 0x40;
    }
    ccr_put_u32be(log->data + 13, 4);
    assert_status(ccr_tlog_header_parse(&h, ccr_slice_of(log->data, log->len), &err), CCR_VERSION);
    assert_text(err, "version 4, this build reads 3");
    forge_fini(&f);
}
