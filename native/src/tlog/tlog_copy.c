/*
 * Copying a run of operations that was found: read in stretches of the file, put in order, checked where they land.
 */
#include "tlog/tlog_private.h"

#include <string.h>

/* How far ahead a stretch looks for operations that stand before the one at hand: concurrent writers' disorder. */
#define LOOK_AHEAD 32u

/* A stretch of one generation in the scratch buffer. */
struct stretch {
    uint64_t generation;
    uint64_t from;
    uint64_t until;
};

static bool holds(const struct stretch *s, uint64_t generation, const struct tlog_place *p)
{
    return s->generation == generation && p->offset >= s->from && p->offset + p->body_length + OP_OVERHEAD <= s->until;
}

/* Loads a stretch that begins at or before the operation and is not longer than what is still wanted. */
static struct ccr_status load(struct ccr_tlog *t, struct tlog_generation *g, struct stretch *s,
                              const struct tlog_place *p, uint64_t wanted, struct ccr_err *err)
{
    uint64_t from = p->offset;
    uint64_t len = (uint64_t)p->body_length + OP_OVERHEAD;

    for (int64_t i = 1; i <= LOOK_AHEAD; i++) {
        const struct tlog_place *n = ccri_tlog_places_get(t, p->seq_no + i);

        if (n != NULL && n->generation == p->generation && n->offset < from &&
            p->offset - n->offset + len <= SCRATCH_BYTES) {
            from = n->offset;
        }
    }
    len += p->offset - from;
    len = len < wanted ? wanted : len;
    len = len > SCRATCH_BYTES ? SCRATCH_BYTES : len;
    len = len > g->end - from ? g->end - from : len;
    *s = (struct stretch){0};
    CCR_TRY(ccri_tlog_read(t, g, from, t->scratch, (size_t)len, err));
    *s = (struct stretch){g->number, from, from + len};
    return ccr_status_of(CCR_OK);
}

/* Checks a copied body against the file's size and CRC and against what was looked for. */
static struct ccr_status accept(struct ccr_tlog *t, const struct tlog_generation *g, const struct tlog_place *p,
                                const uint8_t *body, uint32_t size, uint32_t expected, struct ccr_ops_digest *digest,
                                struct ccr_err *err)
{
    uint32_t crc = ccr_crc32(0, body, p->body_length);
    struct ccr_op op;
    struct ccr_status status;

    t->checked_bytes += p->body_length;
    if (crc != expected || size != p->body_length + 4) {
        return ccri_tlog_crc_wrong(err, g, p->offset, crc, expected);
    }
    status = ccr_op_parse(&op, ccr_slice_of(body, p->body_length), err);
    if (ccr_ok(status) && (op.seq_no != p->seq_no || op.term > g->term)) {
        status = ccr_err_set(err, CCR_CORRUPT_TLOG,
                             "seq_no %" PRId64 " of primary term %" PRId64 ", expected %" PRId64 " of at most %" PRId64,
                             op.seq_no, op.term, p->seq_no, g->term);
    }
    if (!ccr_ok(status)) {
        ccr_err_wrap(err, status, "translog-%" PRIu64 ".tlog at %" PRIu64, g->number, p->offset);
        return ccri_tlog_at(err, status, g->number, p->offset);
    }
    ccr_ops_digest_add(digest, op.seq_no, p->body_length, crc);
    return status;
}

/* One that does not fit the scratch buffer goes straight to where it belongs. */
static struct ccr_status copy_large(struct ccr_tlog *t, struct tlog_generation *g, const struct tlog_place *p,
                                    uint8_t *to, struct ccr_ops_digest *digest, struct ccr_err *err)
{
    uint8_t size[4];
    uint8_t crc[4];

    CCR_TRY(ccri_tlog_read(t, g, p->offset, size, sizeof size, err));
    CCR_TRY(ccri_tlog_read(t, g, p->offset + 4, to, p->body_length, err));
    CCR_TRY(ccri_tlog_read(t, g, p->offset + 4 + p->body_length, crc, sizeof crc, err));
    return accept(t, g, p, to, ccr_get_u32be(size), ccr_get_u32be(crc), digest, err);
}

static struct ccr_status copy_run(struct ccr_tlog *t, const struct ccr_tlog_run *run, struct ccr_buf *plain,
                                  struct ccr_ops_digest *digest, struct ccr_err *err)
{
    struct stretch stretch = {0};
    uint64_t left = run->bytes + run->ops * (uint64_t)(OP_OVERHEAD - CCR_OPS_RECORD_OVERHEAD);

    for (uint32_t i = 0; i < run->ops; i++) {
        const struct tlog_place *p = ccri_tlog_places_get(t, run->first_seq_no + i);
        struct tlog_generation *g = p == NULL ? NULL : ccri_tlog_place_generation(t, p);
        uint8_t *to = plain->data + plain->len;

        if (g == NULL) {
            return ccr_err_set(err, CCR_GONE, "seq_no %" PRId64 " vanished", run->first_seq_no + i);
        }
        if (plain->cap - plain->len < (size_t)p->body_length + CCR_OPS_RECORD_OVERHEAD) {
            return ccr_err_set(err, CCR_BROKEN, "a run is longer than it was found to be");
        }
        if (g->open == NOT_OPEN) {
            CCR_TRY(ccri_tlog_open(t, g, err));
        }
        ccr_put_u32be(to, p->body_length);
        if (p->body_length > SCRATCH_BYTES - OP_OVERHEAD) {
            CCR_TRY(copy_large(t, g, p, to + CCR_OPS_RECORD_OVERHEAD, digest, err));
        } else {
            const uint8_t *from;

            if (!holds(&stretch, g->number, p)) {
                CCR_TRY(load(t, g, &stretch, p, left, err));
            }
            from = t->scratch + (p->offset - stretch.from);
            memcpy(to + CCR_OPS_RECORD_OVERHEAD, from + 4, p->body_length);
            CCR_TRY(accept(t, g, p, to + CCR_OPS_RECORD_OVERHEAD, ccr_get_u32be(from),
                           ccr_get_u32be(from + 4 + p->body_length), digest, err));
        }
        plain->len += (size_t)p->body_length + CCR_OPS_RECORD_OVERHEAD;
        left -= (uint64_t)p->body_length + OP_OVERHEAD;
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_tlog_copy(struct ccr_tlog *t, const struct ccr_tlog_run *run, struct ccr_buf *plain,
                                struct ccr_ops_digest *digest, struct ccr_err *err)
{
    struct ccr_status status;

    if (run->bytes > SIZE_MAX) {
        return ccr_err_set(err, CCR_LIMIT, "operations of %" PRIu64 " bytes", run->bytes);
    }
    status = ccr_buf_reserve(plain, (size_t)run->bytes);
    if (!ccr_ok(status)) {
        return ccr_err_set(err, (enum ccr_code)status.code, "no room for operations of %" PRIu64 " bytes", run->bytes);
    }
    CCR_TRY(ccri_tlog_scratch(t, err));
    status = copy_run(t, run, plain, digest, err);
    if (ccr_is(status, CCR_CORRUPT_TLOG) || ccr_is(status, CCR_IO) || ccr_is(status, CCR_VERSION) ||
        ccr_is(status, CCR_GONE)) {
        ccr_tlog_reset(t);
    }
    return status;
}
