/*
 * From operation to operation. A walk reads only where an operation begins, ends and what its seq_no is; bodies are
 * checked by CRC when they are copied. What is not CRC-checked yet is only a hint, and bounded by what the checkpoint
 * says.
 */
#include "tlog/tlog_private.h"

struct record {
    uint64_t offset;
    uint32_t body_length;
    int64_t seq_no;
    int64_t term;
};

static struct ccr_status bad_size(struct ccr_err *err, const struct tlog_generation *g, uint64_t offset, uint32_t size)
{
    uint64_t left = g->end - offset;
    uint64_t most = left < 4 ? 0 : left - 4;
    struct ccr_status status;

    if (most > CCR_OP_BYTES_MAX + 4u) {
        most = CCR_OP_BYTES_MAX + 4u;
    }
    status =
        ccr_err_set(err, CCR_CORRUPT_TLOG,
                    "translog-%" PRIu64 ".tlog at %" PRIu64 ": operation of size %" PRIu32 ", expected %u to %" PRIu64,
                    g->number, offset, size, CCR_OP_BYTES_MIN + 4u, most);
    return ccri_tlog_at(err, status, g->number, offset);
}

/* body: the first bytes of a body; ids: the 16 bytes with seq_no and term. */
static struct ccr_status check_record(const struct tlog_generation *g, struct record *r, uint8_t type,
                                      const uint8_t *ids, struct ccr_err *err)
{
    struct ccr_status status;

    r->seq_no = (int64_t)ccr_get_u64be(ids);
    r->term = (int64_t)ccr_get_u64be(ids + 8);
    if (type != CCR_OP_INDEX && type != CCR_OP_DELETE && type != CCR_OP_NO_OP) {
        status =
            ccr_err_set(err, CCR_CORRUPT_TLOG, "translog-%" PRIu64 ".tlog at %" PRIu64 ": operation of unknown type %u",
                        g->number, r->offset, type);
        return ccri_tlog_at(err, status, g->number, r->offset);
    }
    if (r->seq_no < g->min_seq_no || r->seq_no > g->max_seq_no || r->seq_no < 0) {
        status = ccr_err_set(err, CCR_CORRUPT_TLOG,
                             "translog-%" PRIu64 ".tlog at %" PRIu64 ": seq_no %" PRId64
                             ", its checkpoint says %" PRId64 " to %" PRId64,
                             g->number, r->offset, r->seq_no, g->min_seq_no, g->max_seq_no);
        return ccri_tlog_at(err, status, g->number, r->offset);
    }
    if (r->term < 0 || r->term > g->term) {
        status = ccr_err_set(err, CCR_CORRUPT_TLOG,
                             "translog-%" PRIu64 ".tlog at %" PRIu64 ": primary term %" PRId64
                             ", the file's header says at most %" PRId64,
                             g->number, r->offset, r->term, g->term);
        return ccri_tlog_at(err, status, g->number, r->offset);
    }
    return ccr_status_of(CCR_OK);
}

/* Where seq_no and term stand in a body: at the front of a no-op, at the end of the others. */
static uint32_t ids_at(uint8_t type, uint32_t body_length)
{
    return type == CCR_OP_NO_OP ? 1 : body_length - 16;
}

/*
 * The record at r->offset. have: bytes of the file from there that are at `bytes`. AGAIN: it is not all there, read
 * more. What is longer than the scratch buffer is looked at in pieces.
 */
static struct ccr_status look(struct ccr_tlog *t, struct tlog_generation *g, struct record *r, const uint8_t *bytes,
                              size_t have, struct ccr_err *err)
{
    uint64_t left = g->end - r->offset;
    uint32_t size;
    uint32_t ids;
    uint8_t tail[16];

    if (left < 4) {
        return bad_size(err, g, r->offset, 0);
    }
    if (have < 5) {
        return ccr_status_of(CCR_AGAIN);
    }
    size = ccr_get_u32be(bytes);
    if (size < CCR_OP_BYTES_MIN + 4u || size > CCR_OP_BYTES_MAX + 4u || size > left - 4) {
        return bad_size(err, g, r->offset, size);
    }
    r->body_length = size - 4;
    ids = ids_at(bytes[4], r->body_length);
    if (have >= (size_t)ids + 20) {
        return check_record(g, r, bytes[4], bytes + 4 + ids, err);
    }
    if (have < SCRATCH_BYTES) {
        return ccr_status_of(CCR_AGAIN);
    }
    CCR_TRY(ccri_tlog_read(t, g, r->offset + 4 + ids, tail, sizeof tail, err));
    return check_record(g, r, bytes[4], tail, err);
}

static void coarsen(struct tlog_open *o)
{
    uint32_t to = 0;

    for (uint32_t i = 0; i < o->blocks; i += 2) {
        struct tlog_block b = o->block[i];

        if (i + 1 < o->blocks) {
            const struct tlog_block *n = &o->block[i + 1];

            b.min_seq_no = n->min_seq_no < b.min_seq_no ? n->min_seq_no : b.min_seq_no;
            b.max_seq_no = n->max_seq_no > b.max_seq_no ? n->max_seq_no : b.max_seq_no;
        }
        o->block[to++] = b;
    }
    o->blocks = to;
    o->block_bytes *= 2;
}

static void index_record(struct tlog_open *o, const struct record *r)
{
    struct tlog_block *b = o->blocks > 0 ? &o->block[o->blocks - 1] : NULL;

    if (b != NULL && r->offset - b->offset >= o->block_bytes && o->blocks == CCR_TLOG_BLOCKS_MAX) {
        coarsen(o);
        b = &o->block[o->blocks - 1];
    }
    if (b == NULL || r->offset - b->offset >= o->block_bytes) {
        o->block[o->blocks++] = (struct tlog_block){r->offset, r->seq_no, r->seq_no};
        return;
    }
    b->min_seq_no = r->seq_no < b->min_seq_no ? r->seq_no : b->min_seq_no;
    b->max_seq_no = r->seq_no > b->max_seq_no ? r->seq_no : b->max_seq_no;
}

/* One chunk from *offset on; *offset ends behind the last whole record. index: they are new. */
static struct ccr_status walk_chunk(struct ccr_tlog *t, struct tlog_generation *g, uint64_t *offset, uint64_t until,
                                    bool index, struct ccr_err *err)
{
    uint64_t start = *offset;
    uint64_t left = until - start;
    size_t have = left < SCRATCH_BYTES ? (size_t)left : SCRATCH_BYTES;

    CCR_TRY(ccri_tlog_scratch(t, err));
    CCR_TRY(ccri_tlog_read(t, g, start, t->scratch, have, err));
    while (*offset < until && *offset - start < have) {
        struct record r = {.offset = *offset};
        size_t at = (size_t)(*offset - start);
        /* A record that begins the chunk may be longer than it; any other is met again at the front of the next. */
        struct ccr_status status = look(t, g, &r, t->scratch + at, have - at, err);

        if (ccr_is(status, CCR_AGAIN) && at > 0) {
            break;
        }
        if (ccr_is(status, CCR_AGAIN)) { /* less than a whole record up to `until`: a block ends on a boundary */
            return bad_size(err, g, r.offset, have < 4 ? 0 : ccr_get_u32be(t->scratch));
        }
        CCR_TRY(status);
        if (index) {
            index_record(t->open[g->open], &r);
            g->ops_walked++;
        }
        ccri_tlog_places_put(t, g, r.seq_no, r.offset, r.body_length);
        *offset += (uint64_t)r.body_length + OP_OVERHEAD;
    }
    t->walked_bytes += *offset - start;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_tlog_extend(struct ccr_tlog *t, struct tlog_generation *g, struct ccr_err *err)
{
    struct ccr_status status = walk_chunk(t, g, &g->walked, g->end, true, err);

    if (ccr_ok(status) && g->walked == g->end && g->ops_walked != g->ops) {
        status = ccr_err_set(err, CCR_CORRUPT_TLOG,
                             "translog-%" PRIu64 ".tlog holds %" PRIu32 " operations, its checkpoint says %" PRIu32,
                             g->number, g->ops_walked, g->ops);
        return ccri_tlog_at(err, status, g->number, g->end);
    }
    return status;
}

struct ccr_status ccri_tlog_walk_block(struct ccr_tlog *t, struct tlog_generation *g, uint32_t block,
                                       struct ccr_err *err)
{
    struct tlog_open *o = t->open[g->open];
    uint64_t offset = o->block[block].offset;
    uint64_t until = block + 1 < o->blocks ? o->block[block + 1].offset : g->walked;

    while (offset < until) {
        CCR_TRY(walk_chunk(t, g, &offset, until, false, err));
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_tlog_crc_wrong(struct ccr_err *err, const struct tlog_generation *g, uint64_t offset,
                                      uint32_t got, uint32_t expected)
{
    struct ccr_status status =
        ccr_err_set(err, CCR_CORRUPT_TLOG,
                    "translog-%" PRIu64 ".tlog at %" PRIu64 ": CRC-32 is 0x%08" PRIX32 ", the file says 0x%08" PRIX32,
                    g->number, offset, got, expected);

    return ccri_tlog_at(err, status, g->number, offset);
}

/* The CRC of one body, read in pieces that fit the scratch buffer. */
static struct ccr_status check_body(struct ccr_tlog *t, struct tlog_generation *g, const struct record *r,
                                    struct ccr_err *err)
{
    uint64_t offset = r->offset + 4;
    uint32_t left = r->body_length;
    uint32_t crc = 0;
    uint8_t expected[4];

    while (left > 0) {
        uint32_t n = left < SCRATCH_BYTES ? left : SCRATCH_BYTES;

        CCR_TRY(ccri_tlog_read(t, g, offset, t->scratch, n, err));
        crc = ccr_crc32(crc, t->scratch, n);
        offset += n;
        left -= n;
    }
    CCR_TRY(ccri_tlog_read(t, g, offset, expected, sizeof expected, err));
    t->checked_bytes += r->body_length;
    if (crc != ccr_get_u32be(expected)) {
        return ccri_tlog_crc_wrong(err, g, r->offset, crc, ccr_get_u32be(expected));
    }
    return ccr_status_of(CCR_OK);
}

/* The CRCs of one chunk; *offset ends behind the last record checked. */
static struct ccr_status check_chunk(struct ccr_tlog *t, struct tlog_generation *g, uint64_t *offset,
                                     struct ccr_err *err)
{
    uint64_t start = *offset;
    size_t have = g->end - start < SCRATCH_BYTES ? (size_t)(g->end - start) : SCRATCH_BYTES;

    CCR_TRY(ccri_tlog_read(t, g, start, t->scratch, have, err));
    while (*offset - start < have) {
        size_t at = (size_t)(*offset - start);
        struct record r = {.offset = *offset};
        uint32_t size;

        if (have - at < 4) {
            return at > 0 && have == SCRATCH_BYTES ? ccr_status_of(CCR_OK) : bad_size(err, g, *offset, 0);
        }
        size = ccr_get_u32be(t->scratch + at);
        if (size < CCR_OP_BYTES_MIN + 4u || size > CCR_OP_BYTES_MAX + 4u || size > g->end - *offset - 4) {
            return bad_size(err, g, *offset, size);
        }
        r.body_length = size - 4;
        if (size <= have - at - 4) {
            const uint8_t *body = t->scratch + at + 4;
            uint32_t crc = ccr_crc32(0, body, r.body_length);

            t->checked_bytes += r.body_length;
            if (crc != ccr_get_u32be(body + r.body_length)) {
                return ccri_tlog_crc_wrong(err, g, *offset, crc, ccr_get_u32be(body + r.body_length));
            }
        } else if (at > 0) {
            return ccr_status_of(CCR_OK);
        } else {
            CCR_TRY(check_body(t, g, &r, err));
        }
        *offset += (uint64_t)size + 4;
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_tlog_check(struct ccr_tlog *t, struct tlog_generation *g, struct ccr_err *err)
{
    uint64_t offset = g->checked > g->header_length ? g->checked : g->header_length;

    CCR_TRY(ccri_tlog_scratch(t, err));
    while (offset < g->end) {
        CCR_TRY(check_chunk(t, g, &offset, err));
        g->checked = offset;
    }
    return ccr_status_of(CCR_OK);
}
