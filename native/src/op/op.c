/* Parsing of one operation body. Layouts: ccr/op.h. */
#include "ccr/op.h"

#include <inttypes.h>

#define INDEX_FORMAT  11u
#define DELETE_FORMAT 7u

/* StreamInput.readString: a vint counts UTF-16 units, each written in one to three bytes. */
static void skip_string(struct ccr_cursor *c)
{
    uint32_t units = ccr_cursor_vint(c);

    while (units > 0 && !c->failed) {
        uint8_t lead;

        /* Ids and routings are mostly ASCII: eight bytes at a time while no byte has its high bit set. */
        while (units >= 8 && ccr_cursor_left(c) >= 8 && ((ccr_get_u64le(c->at)) & UINT64_C(0x8080808080808080)) == 0) {
            c->at += 8;
            units -= 8;
        }
        if (units == 0) {
            break;
        }
        lead = ccr_cursor_u8(c);
        units--;
        if (lead < 0x80) {
            continue;
        }
        if ((lead & 0xE0u) == 0xC0u) {
            (void)ccr_cursor_take(c, 1);
        } else if ((lead & 0xF0u) == 0xE0u) {
            (void)ccr_cursor_take(c, 2);
        } else {
            c->failed = true;
        }
    }
}

static struct ccr_status bad_format(struct ccr_err *err, const char *type, uint32_t got, uint32_t expected)
{
    return ccr_err_set(err, CCR_CORRUPT_TLOG, "%s operation of format %" PRIu32 ", expected %" PRIu32, type, got,
                       expected);
}

static struct ccr_status parse_index(struct ccr_op *op, struct ccr_cursor *c, struct ccr_err *err)
{
    uint32_t format = ccr_cursor_vint(c);
    uint8_t has_routing;

    if (!c->failed && format != INDEX_FORMAT) {
        return bad_format(err, "index", format, INDEX_FORMAT);
    }
    skip_string(c);
    (void)ccr_cursor_take(c, ccr_cursor_vint(c));
    has_routing = ccr_cursor_u8(c);
    if (has_routing > 1) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "index operation with routing flag %u, expected 0 or 1", has_routing);
    }
    if (has_routing == 1) {
        skip_string(c);
    }
    (void)ccr_cursor_take(c, 16); /* version, auto id timestamp */
    op->seq_no = (int64_t)ccr_cursor_u64be(c);
    op->term = (int64_t)ccr_cursor_u64be(c);
    return ccr_status_of(CCR_OK);
}

static struct ccr_status parse_delete(struct ccr_op *op, struct ccr_cursor *c, struct ccr_err *err)
{
    uint32_t format = ccr_cursor_vint(c);

    if (!c->failed && format != DELETE_FORMAT) {
        return bad_format(err, "delete", format, DELETE_FORMAT);
    }
    skip_string(c);
    (void)ccr_cursor_take(c, 8); /* version */
    op->seq_no = (int64_t)ccr_cursor_u64be(c);
    op->term = (int64_t)ccr_cursor_u64be(c);
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccr_op_parse(struct ccr_op *op, struct ccr_slice body, struct ccr_err *err)
{
    struct ccr_cursor c = ccr_cursor_of(body);
    uint8_t type;

    if (body.len < CCR_OP_BYTES_MIN || body.len > CCR_OP_BYTES_MAX) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "operation of %zu bytes, expected %u to %u", body.len,
                           CCR_OP_BYTES_MIN, CCR_OP_BYTES_MAX);
    }
    type = ccr_cursor_u8(&c);
    switch (type) {
    case CCR_OP_INDEX:
        CCR_TRY(parse_index(op, &c, err));
        break;
    case CCR_OP_DELETE:
        CCR_TRY(parse_delete(op, &c, err));
        break;
    case CCR_OP_NO_OP:
        op->seq_no = (int64_t)ccr_cursor_u64be(&c);
        op->term = (int64_t)ccr_cursor_u64be(&c);
        skip_string(&c);
        break;
    default:
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "operation of unknown type %u", type);
    }
    if (c.failed || ccr_cursor_left(&c) != 0) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "operation of type %u: its fields do not fit its %zu bytes", type,
                           body.len);
    }
    if (op->seq_no < 0 || op->term < 0) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG,
                           "operation with seq_no %" PRId64 " and primary term %" PRId64 ", expected none below 0",
                           op->seq_no, op->term);
    }
    op->type = (enum ccr_op_type)type;
    op->body = body;
    return ccr_status_of(CCR_OK);
}
