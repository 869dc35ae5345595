/* Reading the fixed places of an operation: everything else is passed on untouched. */
#include "ccr/op.h"

#include <inttypes.h>

enum { INDEX_FORMAT = 11, DELETE_FORMAT = 7 };

/* A string of StreamOutput: vint number of UTF-16 units, then 1 to 3 bytes for each. */
static void skip_string(struct ccr_cursor *c)
{
    uint32_t units = ccr_cursor_vint(c);
    for (uint32_t i = 0; i < units && !c->failed; i++) {
        uint8_t b = ccr_cursor_u8(c);
        if (b >= 0xe0) {
            (void)ccr_cursor_take(c, 2);
        } else if (b >= 0xc0) {
            (void)ccr_cursor_take(c, 1);
        }
    }
}

static void skip_index(struct ccr_cursor *c, bool *known)
{
    *known = ccr_cursor_vint(c) == INDEX_FORMAT;
    skip_string(c);
    (void)ccr_cursor_take(c, ccr_cursor_vint(c));
    if (ccr_cursor_u8(c) != 0) {
        skip_string(c);
    }
    (void)ccr_cursor_take(c, 16);
}

static void skip_delete(struct ccr_cursor *c, bool *known)
{
    *known = ccr_cursor_vint(c) == DELETE_FORMAT;
    skip_string(c);
    (void)ccr_cursor_take(c, 8);
}

struct ccr_status ccr_op_parse(struct ccr_op *op, struct ccr_slice body, struct ccr_err *err)
{
    struct ccr_cursor c = ccr_cursor_of(body);
    bool known = true;
    uint8_t type = ccr_cursor_u8(&c);
    switch (type) {
    case CCR_OP_INDEX:
        skip_index(&c, &known);
        break;
    case CCR_OP_DELETE:
        skip_delete(&c, &known);
        break;
    case CCR_OP_NO_OP:
        break;
    default:
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "operation type expected 2, 3 or 4, got %u", type);
    }
    int64_t seq_no = (int64_t)ccr_cursor_u64be(&c);
    int64_t term = (int64_t)ccr_cursor_u64be(&c);
    if (type == CCR_OP_NO_OP) {
        skip_string(&c);
    }
    if (!known) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "operation of type %u has a format this build does not read", type);
    }
    if (c.failed || ccr_cursor_left(&c) != 0) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "operation of type %u does not fit its %zu bytes", type, body.len);
    }
    if (seq_no < 0 || term < 0) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "operation has seq_no %" PRId64 " and term %" PRId64, seq_no, term);
    }
    *op = (struct ccr_op){.type = (enum ccr_op_type)type, .seq_no = seq_no, .term = term, .body = body};
    return ccr_status_of(CCR_OK);
}
