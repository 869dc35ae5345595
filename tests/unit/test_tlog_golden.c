/* Folders that a real node wrote, against what OpenSearch's own reader lists; see tests/golden/tlog-3.6.0/README.md. */
#include "heap.h"

#include "ccr/tlog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(struct ccr_slice plain, const char *folder)
{
    char path[512];
    char line[128];
    struct ccr_cursor c = ccr_cursor_of(plain);
    int ops = 0;
    FILE *expected;

    (void)snprintf(path, sizeof path, "%s/expected.txt", folder);
    expected = fopen(path, "r");
    cr_assert_not_null(expected, "no %s", path);
    while (fgets(line, sizeof line, expected) != NULL) {
        char got[128];
        struct ccr_op op;
        uint32_t len = ccr_cursor_u32be(&c);
        struct ccr_slice body = ccr_cursor_take(&c, len);

        assert_ok(ccr_op_parse(&op, body, NULL));
        (void)snprintf(got, sizeof got, "%" PRId64 " %d %" PRId64 " %" PRIu32 " %" PRIx32 "\n", op.seq_no, (int)op.type,
                       op.term, len, ccr_crc32(0, body.data, body.len));
        cr_assert_str_eq(got, line);
        ops++;
    }
    (void)fclose(expected);
    cr_assert_eq(ccr_cursor_left(&c), 0);
    return ops;
}

static void read_folder(struct heap *heap, const char *name, int64_t first, int64_t last)
{
    char folder[512];
    struct ccr_dir dir;
    struct ccr_tlog *t;
    struct ccr_err err;
    struct ccr_buf plain;
    struct ccr_ops_digest digest;
    struct ccr_tlog_run run = {
        .first_seq_no = first, .last_seq_no = last + 100, .bytes_max = 1 << 20, .ops_max = 10000};

    (void)snprintf(folder, sizeof folder, "%s/golden/tlog-3.6.0/%s", CCR_TESTS_DIR, name);
    assert_ok(ccr_dir_open(&dir, &heap->alloc, folder, &err));
    assert_ok(ccr_tlog_new(&t, &heap->alloc, &dir));
    ccr_buf_init(&plain, &heap->alloc, 1 << 20);
    ccr_ops_digest_init(&digest);
    assert_ok(ccr_tlog_refresh(t, &err));
    assert_ok(ccr_tlog_find(t, &run, &err));
    assert_ok(ccr_tlog_copy(t, &run, &plain, &digest, &err));
    cr_assert_eq(run.ops, last - first + 1);
    cr_assert_eq(compare(ccr_buf_slice(&plain), folder), (int)run.ops);
    if (first > 0) {
        run.first_seq_no = first - 1;
        assert_status(ccr_tlog_find(t, &run, &err), CCR_GONE);
    }
    ccr_tlog_free(t);
    ccr_buf_fini(&plain);
    ccr_dir_close(&dir);
}

CCR_TEST(tlogGolden, firstTerm)
{
    read_folder(heap, "first-term", 20, 104);
}

CCR_TEST(tlogGolden, secondTermAfterACrash)
{
    read_folder(heap, "second-term", 105, 152);
}

CCR_TEST(tlogGolden, afterFailover)
{
    read_folder(heap, "after-failover", 0, 103);
}

CCR_TEST(tlogGolden, trimmedWhenTheOldPrimaryCameBack)
{
    read_folder(heap, "trimmed", 43, 103);
}
