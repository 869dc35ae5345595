#include "heap.h"

#include "ccr/op.h"
#include "forge.h"

#include <string.h>

/* id "Aß€😀" as OpenSearch writes it: UTF-16 units, the surrogates as three bytes each. */
#define ODD_ID                                                                                                         \
    "\x05"                                                                                                             \
    "A"                                                                                                                \
    "\xC3\x9F"                                                                                                         \
    "\xE2\x82\xAC"                                                                                                     \
    "\xED\xA0\xBD"                                                                                                     \
    "\xED\xB8\x80"

static struct ccr_status parse(struct ccr_op *op, const void *body, size_t len, struct ccr_err *err)
{
    return ccr_op_parse(op, ccr_slice_of(body, len), err);
}

CCR_TEST(op, parsesEachType)
{
    struct forge f;
    const struct forge_file *log;
    size_t at = FORGE_HEADER;
    struct ccr_err err;

    (void)heap;
    forge_init(&f, 4);
    forge_index(&f, 5, 4, 100);
    forge_delete(&f, 6, 3);
    forge_no_op(&f, 7, 2);
    log = forge_current(&f)->log;
    for (int i = 0; i < 3; i++) {
        uint32_t len = ccr_get_u32be(log->data + at) - 4;
        struct ccr_op op;

        assert_ok(parse(&op, log->data + at + 4, len, &err));
        cr_assert_eq(op.seq_no, 5 + i);
        cr_assert_eq(op.term, 4 - i);
        cr_assert_eq((int)op.type, 2 + i);
        cr_assert_eq(op.body.len, len);
        at += len + 8;
    }
    forge_fini(&f);
}

CCR_TEST(op, everyTruncationAndExtensionIsRefused)
{
    uint8_t body[512];
    struct ccr_op op;
    struct ccr_err err;

    (void)heap;
    for (int64_t seq_no = 5; seq_no < 7; seq_no++) { /* 5 has a routing */
        size_t len = forge_index_body(body, sizeof body, seq_no, 1, 60);

        assert_ok(parse(&op, body, len, &err));
        for (size_t cut = 0; cut < len; cut++) {
            cr_assert(!ccr_ok(parse(&op, body, cut, &err)), "cut to %zu of %zu", cut, len);
        }
        body[len] = 0;
        assert_status(parse(&op, body, len + 1, &err), CCR_CORRUPT_TLOG);
    }
}

CCR_TEST(op, stringsAreCountedInUtf16Units)
{
    uint8_t body[128] = {CCR_OP_DELETE, 7};
    size_t id = sizeof ODD_ID - 1;
    struct ccr_op op;
    struct ccr_err err;

    (void)heap;
    memcpy(body + 2, ODD_ID, id);
    body[2 + id + 15] = 9; /* seq_no after 8 bytes of version */
    body[2 + id + 23] = 1;
    assert_ok(parse(&op, body, 2 + id + 24, &err));
    cr_assert(op.seq_no == 9 && op.term == 1);
    body[2] = 4; /* one unit less: the rest does not fit */
    assert_status(parse(&op, body, 2 + id + 24, &err), CCR_CORRUPT_TLOG);
    body[2] = 5;
    body[4] = 0xFF; /* no lead byte */
    assert_status(parse(&op, body, 2 + id + 24, &err), CCR_CORRUPT_TLOG);
}

CCR_TEST(op, unknownTypesFormatsAndNegativeNumbersAreNamed)
{
    uint8_t body[512];
    size_t len = forge_index_body(body, sizeof body, 6, 1, 60);
    struct ccr_op op;
    struct ccr_err err;

    (void)heap;
    body[0] = 9;
    assert_status(parse(&op, body, len, &err), CCR_CORRUPT_TLOG);
    assert_text(err, "unknown type 9");
    body[0] = CCR_OP_INDEX;
    body[1] = 12;
    assert_status(parse(&op, body, len, &err), CCR_CORRUPT_TLOG);
    assert_text(err, "format 12, expected 11");
    body[1] = 11;
    body[len - 16] = 0x80;
    assert_status(parse(&op, body, len, &err), CCR_CORRUPT_TLOG);
    assert_text(err, "expected none below 0");
}

CCR_TEST(op, sourceLengthPastTheBodyIsRefused)
{
    uint8_t body[64] = {CCR_OP_INDEX, 11, 1, 'a', 0xFF, 0xFF, 0xFF, 0xFF, 0x0F};
    struct ccr_op op;
    struct ccr_err err;

    (void)heap;
    assert_status(parse(&op, body, sizeof body, &err), CCR_CORRUPT_TLOG);
    assert_text(err, "do not fit");
}

CCR_TEST(crc, isThatOfJava)
{
    uint32_t whole = ccr_crc32(0, "123456789", 9);

    (void)heap;
    cr_assert_eq(whole, 0xCBF43926u);
    cr_assert_eq(ccr_crc32(ccr_crc32(0, "1234", 4), "56789", 5), whole);
    cr_assert_eq(ccr_crc32(whole, NULL, 0), whole);
}

static size_t plain_of(uint8_t *to, size_t cap, int64_t first, int n)
{
    size_t len = 0;

    for (int i = 0; i < n; i++) {
        size_t body = forge_index_body(to + len + 4, cap - len - 4, first + i, 1, 40);

        ccr_put_u32be(to + len, (uint32_t)body);
        len += body + 4;
    }
    return len;
}

CCR_TEST(ops, digestOfVerifyIsThatOfAdding)
{
    uint8_t plain[4096];
    size_t len = plain_of(plain, sizeof plain, 100, 5);
    struct ccr_ops_digest verified;
    struct ccr_ops_digest added;
    struct ccr_err err;
    size_t at = 0;

    (void)heap;
    assert_ok(ccr_ops_verify(&verified, ccr_slice_of(plain, len), 100, &err));
    cr_assert(verified.ops == 5 && verified.first_seq_no == 100 && verified.last_seq_no == 104);
    ccr_ops_digest_init(&added);
    for (int64_t s = 100; s < 105; s++) {
        uint32_t body = ccr_get_u32be(plain + at);

        ccr_ops_digest_add(&added, s, body, ccr_crc32(0, plain + at + 4, body));
        at += body + 4;
    }
    cr_assert_eq(added.checksum, verified.checksum);
    assert_ok(ccr_ops_verify(&verified, ccr_slice_of(NULL, 0), 7, &err));
    cr_assert(verified.ops == 0 && verified.last_seq_no == CCR_SEQ_NO_NONE);
}

CCR_TEST(ops, verifyNamesOffsetExpectedAndGot)
{
    uint8_t plain[4096];
    size_t len = plain_of(plain, sizeof plain, 100, 5);
    size_t second = 4 + ccr_get_u32be(plain);
    struct ccr_ops_digest d;
    struct ccr_err err;

    (void)heap;
    assert_status(ccr_ops_verify(&d, ccr_slice_of(plain, len), 99, &err), CCR_CORRUPT_WIRE);
    assert_text(err, "expected seq_no 99, got 100");
    assert_status(ccr_ops_verify(&d, ccr_slice_of(plain, len - 1), 100, &err), CCR_CORRUPT_WIRE);
    assert_text(err, "does not fit");
    plain[second + 4] = 77;
    assert_status(ccr_ops_verify(&d, ccr_slice_of(plain, len), 100, &err), CCR_CORRUPT_WIRE);
    cr_assert_eq(err.offset, second);
    ccr_put_u32be(plain + second, UINT32_MAX);
    assert_status(ccr_ops_verify(&d, ccr_slice_of(plain, len), 100, &err), CCR_CORRUPT_WIRE);
}

CCR_TEST(ops, nothingFollowsOnTheLastSeqNoThereIs)
{
    uint8_t plain[4096];
    size_t len = plain_of(plain, sizeof plain, INT64_MAX, 1);
    struct ccr_ops_digest d;
    struct ccr_err err;

    (void)heap;
    assert_ok(ccr_ops_verify(&d, ccr_slice_of(plain, len), INT64_MAX, &err));
    cr_assert_eq(d.last_seq_no, INT64_MAX);
    memcpy(plain + len, plain, len);
    assert_status(ccr_ops_verify(&d, ccr_slice_of(plain, 2 * len), INT64_MAX, &err), CCR_CORRUPT_WIRE);
    cr_assert_str_eq(err.text, "operation after the last possible seq_no");
    cr_assert_eq(err.offset, 0, "the last one there can be");
}
