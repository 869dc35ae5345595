/*
 * Finding the gapless front of a range.
 *
 * Generations are visited from old to new, in each the blocks that may hold a wanted sequence number and then what was
 * not scanned yet. A visited block is read whole into the staging buffer and walked once; a later find replaces an
 * earlier one, so the newest generation wins. Visiting ends when the front is full; newer generations that may hold a
 * replacement for an operation of that front (after a failover of the leader) are then visited too.
 */
#include "tlog/tlog_private.h"

#include <inttypes.h>
#include <string.h>

enum { SCAN_BYTES = 128 << 10, SIZE_WORD = 4, CRC_WORD = 4, ATTEMPTS = 3 };

struct collect {
    struct ccr_tlog *t;
    const struct ccr_tlog_window *w;
    int64_t last; /* wanted: [w->from, last] */
    struct ccr_buf *staging;
    struct ccr_tlog_ref *refs;
    uint32_t room; /* number of refs */
    uint32_t front;
    uint64_t front_bytes;
    bool found; /* the walk just done found something wanted */
    struct ccr_err *err;
};

static bool front_is_full(struct collect *k)
{
    while (k->front < k->room && k->refs[k->front].len > 0) {
        uint64_t bytes = k->front_bytes + k->refs[k->front].len + CCR_OPS_RECORD_OVERHEAD;
        if (k->front > 0 && bytes > k->w->max_bytes) {
            return true;
        }
        k->front_bytes = bytes;
        k->front++;
    }
    return k->front == k->room;
}

static struct ccr_status damaged(struct collect *k, const struct ccri_tlog_gen *g, uint64_t offset, const char *what,
                                 int64_t got)
{
    struct ccr_status s =
        ccr_err_set(k->err, CCR_CORRUPT_TLOG, "translog-%" PRIu64 ".tlog at offset %" PRIu64 ": %s, got %" PRId64,
                    g->generation, offset, what, got);
    if (k->err != NULL) {
        k->err->generation = g->generation;
        k->err->offset = offset;
    }
    return s;
}

/* seq_no and term end the body of an INDEX and a DELETE and begin that of a NO_OP. */
static int64_t seq_no_of(const uint8_t *body, uint32_t len)
{
    return (int64_t)ccr_get_u64be(body[0] == CCR_OP_NO_OP ? body + 1 : body + len - 16);
}

static void note(struct collect *k, const struct ccri_tlog_gen *g, int64_t seq_no, uint64_t at, uint64_t offset,
                 uint32_t len)
{
    if (seq_no < k->w->from || seq_no > k->last ||
        (g->trimmed_above != CCR_SEQ_NO_UNASSIGNED && seq_no > g->trimmed_above)) {
        return;
    }
    k->refs[seq_no - k->w->from] = (struct ccr_tlog_ref){.at = at,
                                                         .offset = offset,
                                                         .generation = g->generation,
                                                         .len = len,
                                                         .crc = ccr_get_u32be(k->staging->data + at + len)};
    k->found = true;
}

/* Walks the staged bytes [at, staging end) that begin at `offset` of the file. *used: bytes of whole operations. */
static struct ccr_status walk(struct collect *k, struct ccri_tlog_gen *g, uint64_t at, uint64_t offset, bool index,
                              uint64_t *used)
{
    uint64_t start = at;
    k->found = false;
    while (k->staging->len - at >= SIZE_WORD) {
        uint32_t size = ccr_get_u32be(k->staging->data + at);
        uint64_t left = g->limit - offset;
        if (size < CCR_OP_BYTES_MIN + CRC_WORD || size > CCR_OP_BYTES_MAX + CRC_WORD ||
            left < SIZE_WORD + (uint64_t)size) {
            return damaged(k, g, offset, "operation size does not fit", size);
        }
        if (k->staging->len - at < SIZE_WORD + (uint64_t)size) {
            break;
        }
        uint32_t len = size - CRC_WORD;
        int64_t seq_no = seq_no_of(k->staging->data + at + SIZE_WORD, len);
        if (seq_no < g->min_seq_no || seq_no > g->max_seq_no) {
            return damaged(k, g, offset, "seq_no is not within the checkpoint's", seq_no);
        }
        note(k, g, seq_no, at + SIZE_WORD, offset, len);
        if (index) {
            ccri_tlog_index_add(g->index, offset, seq_no);
        }
        at += SIZE_WORD + (uint64_t)size;
        offset += SIZE_WORD + (uint64_t)size;
    }
    *used = at - start;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status stage(struct collect *k, const struct ccri_tlog_gen *g, uint64_t offset, uint64_t len)
{
    size_t got = 0;
    struct ccr_status s = ccr_buf_reserve(k->staging, len);
    if (!ccr_ok(s)) {
        return ccr_err_set(k->err, (enum ccr_code)s.code, "no room for %" PRIu64 " bytes of translog", len);
    }
    CCR_TRY(k->t->dir->read(k->t->dir->ctx, g->file, k->staging->data + k->staging->len, len, offset, &got, k->err));
    if (got != len) {
        return damaged(k, g, offset + got, "file ends before its checkpoint", (int64_t)(offset + len));
    }
    k->staging->len += len;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status visit_block(struct collect *k, struct ccri_tlog_gen *g, uint32_t i)
{
    uint64_t offset = g->index->blocks[i].offset;
    uint64_t end = i + 1 < g->index->count ? g->index->blocks[i + 1].offset : g->scanned;
    uint64_t at = k->staging->len;
    uint64_t used = 0;
    CCR_TRY(stage(k, g, offset, end - offset));
    CCR_TRY(walk(k, g, at, offset, false, &used));
    if (!k->found) {
        k->staging->len = at;
    }
    return ccr_status_of(CCR_OK);
}

/* Reads on where the index ends. An operation longer than a scan step is read as a whole. */
static struct ccr_status visit_new(struct collect *k, struct ccri_tlog_gen *g)
{
    uint64_t at = k->staging->len;
    uint64_t used = 0;
    uint64_t step = g->limit - g->scanned < SCAN_BYTES ? g->limit - g->scanned : SCAN_BYTES;
    CCR_TRY(stage(k, g, g->scanned, step));
    CCR_TRY(walk(k, g, at, g->scanned, true, &used));
    if (used == 0) {
        if (step < SIZE_WORD) {
            return damaged(k, g, g->scanned, "operation size is cut off", (int64_t)step);
        }
        uint64_t whole = SIZE_WORD + (uint64_t)ccr_get_u32be(k->staging->data + at);
        k->staging->len = at;
        CCR_TRY(stage(k, g, g->scanned, whole));
        CCR_TRY(walk(k, g, at, g->scanned, true, &used));
    }
    k->staging->len = k->found ? at + used : at;
    g->scanned += used;
    k->t->scanned_bytes += used;
    return ccr_status_of(CCR_OK);
}

/* until_full: stop as soon as the front needs nothing more. */
static struct ccr_status visit(struct collect *k, struct ccri_tlog_gen *g, bool until_full)
{
    CCR_TRY(ccri_tlog_use(k->t, g, k->err));
    for (uint32_t i = 0; i < g->index->count; i++) {
        const struct ccri_tlog_block *b = &g->index->blocks[i];
        if (b->max_seq_no < k->w->from || b->min_seq_no > k->last) {
            continue;
        }
        CCR_TRY(visit_block(k, g, i));
        if (until_full && front_is_full(k)) {
            return ccr_status_of(CCR_OK);
        }
    }
    while (g->scanned < g->limit) {
        CCR_TRY(visit_new(k, g));
        if (until_full && front_is_full(k)) {
            return ccr_status_of(CCR_OK);
        }
    }
    return ccr_status_of(CCR_OK);
}

static bool may_hold(const struct ccri_tlog_gen *g, int64_t from, int64_t last)
{
    return g->max_seq_no >= from && g->min_seq_no <= last && g->max_seq_no >= 0;
}

static struct ccr_status visit_all(struct collect *k)
{
    size_t n = ccri_tlog_count(k->t);
    size_t i = 0;
    bool full = false;
    for (; i < n && !full; i++) {
        struct ccri_tlog_gen *g = ccri_tlog_at(k->t, i);
        if (may_hold(g, k->w->from, k->last)) {
            CCR_TRY(visit(k, g, true));
            full = front_is_full(k);
        }
    }
    k->last = k->front == 0 ? k->last : k->w->from + (int64_t)k->front - 1;
    for (; i < n; i++) {
        struct ccri_tlog_gen *g = ccri_tlog_at(k->t, i);
        if (may_hold(g, k->w->from, k->last)) {
            CCR_TRY(visit(k, g, false));
        }
    }
    return ccr_status_of(CCR_OK);
}

static struct ccr_status prepare(struct collect *k, struct ccr_buf *refs)
{
    uint64_t wanted = (uint64_t)(k->w->last - k->w->from) + 1;
    k->room = (uint32_t)(wanted < k->w->max_ops ? wanted : k->w->max_ops);
    k->last = k->w->from + (int64_t)k->room - 1;
    k->staging->len = 0;
    refs->len = 0;
    struct ccr_status s = ccr_buf_reserve(refs, (size_t)k->room * sizeof *k->refs);
    if (!ccr_ok(s)) {
        return ccr_err_set(k->err, (enum ccr_code)s.code, "no memory for %" PRIu32 " operations", k->room);
    }
    refs->len = (size_t)k->room * sizeof *k->refs;
    memset(refs->data, 0, refs->len);
    k->refs = (struct ccr_tlog_ref *)(void *)refs->data;
    k->front = 0;
    k->front_bytes = 0;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_tlog_collect(struct ccr_tlog *t, const struct ccr_tlog_window *w, struct ccr_buf *staging,
                                   struct ccr_buf *refs, uint32_t *count, struct ccr_err *err)
{
    struct collect k = {.t = t, .w = w, .staging = staging, .err = err};
    *count = 0;
    if (w->from < 0 || w->last < w->from || w->max_ops == 0) {
        return ccr_err_set(err, CCR_ARG, "window [%" PRId64 ", %" PRId64 "] of %" PRIu32 " operations is empty",
                           w->from, w->last, w->max_ops);
    }
    struct ccr_status s = ccr_status_of(CCR_AGAIN);
    for (int i = 0; i < ATTEMPTS; i++) {
        CCR_TRY(prepare(&k, refs));
        CCR_TRY(ccri_tlog_refresh(t, err));
        s = visit_all(&k);
        if (!ccr_is(s, CCR_GONE)) {
            break;
        }
    }
    ccri_tlog_rest(t);
    if (ccr_is(s, CCR_GONE)) {
        return ccr_err_set(err, CCR_AGAIN, "generations were deleted under %d attempts", ATTEMPTS);
    }
    CCR_TRY(s);
    k.front = 0;
    k.front_bytes = 0;
    (void)front_is_full(&k);
    if (k.front == 0) {
        return ccr_err_set(err, CCR_GONE, "operation %" PRId64 " is in no translog generation", w->from);
    }
    *count = k.front;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_tlog_copy(const struct ccr_tlog_ref *ref, int64_t seq_no, const struct ccr_buf *staging,
                                struct ccr_buf *plain, struct ccr_ops_digest *digest, struct ccr_err *err)
{
    struct ccr_op op;
    struct ccr_status s = ccr_buf_reserve(plain, (size_t)ref->len + CCR_OPS_RECORD_OVERHEAD);
    if (!ccr_ok(s)) {
        return ccr_err_set(err, (enum ccr_code)s.code, "no room for an operation of %" PRIu32 " bytes", ref->len);
    }
    uint8_t *to = plain->data + plain->len;
    ccr_put_u32be(to, ref->len);
    memcpy(to + CCR_OPS_RECORD_OVERHEAD, staging->data + ref->at, ref->len);
    uint32_t crc = ccr_crc32(0, to + CCR_OPS_RECORD_OVERHEAD, ref->len);
    if (crc != ref->crc) {
        s = ccr_err_set(err, CCR_CORRUPT_TLOG,
                        "translog-%" PRIu64 ".tlog at offset %" PRIu64 ": operation CRC expected %08" PRIx32
                        ", got %08" PRIx32,
                        ref->generation, ref->offset, ref->crc, crc);
    } else {
        s = ccr_op_parse(&op, ccr_slice_of(to + CCR_OPS_RECORD_OVERHEAD, ref->len), err);
    }
    if (ccr_ok(s) && op.seq_no != seq_no) {
        s = ccr_err_set(err, CCR_CORRUPT_TLOG, "seq_no expected %" PRId64 ", got %" PRId64, seq_no, op.seq_no);
    }
    if (!ccr_ok(s)) {
        if (err != NULL) {
            err->generation = ref->generation;
            err->offset = ref->offset;
        }
        return s;
    }
    plain->len += (size_t)ref->len + CCR_OPS_RECORD_OVERHEAD;
    ccr_ops_digest_add(digest, seq_no, ref->len, crc);
    return ccr_status_of(CCR_OK);
}
