/*
 * A forged translog and a reader of it. What is read is checked as a follower would check it.
 */
#ifndef CCR_TESTS_TLOG_RIG_H
#define CCR_TESTS_TLOG_RIG_H

#include <string.h>

#include "ccr/tlog.h"
#include "forge.h"
#include "heap.h"

#define ANY_BYTES (UINT64_C(1) << 30)
#define ANY_OPS   100000u

struct tlog_rig {
    struct forge f;
    struct ccr_dir dir;
    struct ccr_tlog *t;
    struct ccr_buf plain;
    struct ccr_tlog_run run;
    struct ccr_ops_digest digest;
    struct ccr_err err;
};

static inline struct tlog_rig *rig_new(struct heap *heap, int64_t term)
{
    static struct tlog_rig rig; /* a test is a process of its own */

    forge_init(&rig.f, term);
    rig.dir = forge_dir(&rig.f);
    assert_ok(ccr_tlog_new(&rig.t, &heap->alloc, &rig.dir));
    ccr_buf_init(&rig.plain, &heap->alloc, 1u << 30);
    return &rig;
}

static inline void rig_free(struct tlog_rig *rig)
{
    ccr_tlog_free(rig->t);
    ccr_buf_fini(&rig->plain);
    cr_assert_eq(rig->f.open_files, 0, "%zu files are still open", rig->f.open_files);
    forge_fini(&rig->f);
}

/* Refreshes, finds and copies. What comes out is checked as a follower would. */
static inline struct ccr_status rig_read(struct tlog_rig *rig, int64_t first, int64_t last, uint64_t bytes,
                                         uint32_t ops)
{
    struct ccr_ops_digest check;

    memset(&rig->err, 0, sizeof rig->err);
    rig->run = (struct ccr_tlog_run){.first_seq_no = first, .last_seq_no = last, .bytes_max = bytes, .ops_max = ops};
    rig->plain.len = 0;
    ccr_ops_digest_init(&rig->digest);
    CCR_TRY(ccr_tlog_refresh(rig->t, &rig->err));
    CCR_TRY(ccr_tlog_find(rig->t, &rig->run, &rig->err));
    CCR_TRY(ccr_tlog_copy(rig->t, &rig->run, &rig->plain, &rig->digest, &rig->err));
    assert_ok(ccr_ops_verify(&check, ccr_buf_slice(&rig->plain), first, &rig->err));
    cr_assert_eq(check.checksum, rig->digest.checksum);
    cr_assert_eq(check.ops, rig->run.ops);
    cr_assert_eq(rig->plain.len, rig->run.bytes);
    return ccr_status_of(CCR_OK);
}

/* Primary term of the i-th operation read. */
static inline int64_t rig_term(const struct tlog_rig *rig, uint32_t i)
{
    struct ccr_cursor c = ccr_cursor_of(ccr_buf_slice(&rig->plain));
    struct ccr_op op = {0};

    for (uint32_t n = 0; n <= i; n++) {
        assert_ok(ccr_op_parse(&op, ccr_cursor_take(&c, ccr_cursor_u32be(&c)), NULL));
    }
    return op.term;
}

#define assert_read(rig, first, last, expected)                                                                        \
    do {                                                                                                               \
        struct ccr_status got_ = rig_read(rig, first, last, ANY_BYTES, ANY_OPS);                                       \
        cr_assert(ccr_ok(got_), "got %s: %s", ccr_status_name(got_), (rig)->err.text);                                 \
        cr_assert_eq((rig)->run.ops, (expected), "%u operations, expected %u", (rig)->run.ops, (unsigned)(expected));  \
    } while (0)

#endif
