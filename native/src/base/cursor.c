/* Bounds-checked reading of a slice. After the first failure a cursor stands at its end and gives zeros. */
#include "ccr/buf.h"

static bool has(struct ccr_cursor *c, size_t len)
{
    if (c->failed || len > ccr_cursor_left(c)) {
        c->failed = true;
        c->at = c->end;
        return false;
    }
    return true;
}

uint8_t ccr_cursor_u8(struct ccr_cursor *c)
{
    return has(c, 1) ? *c->at++ : 0;
}

uint32_t ccr_cursor_u32be(struct ccr_cursor *c)
{
    if (!has(c, 4)) {
        return 0;
    }
    c->at += 4;
    return ccr_get_u32be(c->at - 4);
}

uint64_t ccr_cursor_u64be(struct ccr_cursor *c)
{
    if (!has(c, 8)) {
        return 0;
    }
    c->at += 8;
    return ccr_get_u64be(c->at - 8);
}

uint32_t ccr_cursor_vint(struct ccr_cursor *c)
{
    uint32_t value = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte = ccr_cursor_u8(c);

        if (shift == 28 && (byte & 0xF0u) != 0) {
            break; /* more than 32 bits, or a sixth byte */
        }
        value |= (uint32_t)(byte & 0x7Fu) << shift;
        if ((byte & 0x80u) == 0) {
            return c->failed ? 0 : value;
        }
    }
    c->failed = true;
    c->at = c->end;
    return 0;
}

struct ccr_slice ccr_cursor_take(struct ccr_cursor *c, size_t len)
{
    if (!has(c, len)) {
        return ccr_slice_of(NULL, 0);
    }
    c->at += len;
    return ccr_slice_of(c->at - len, len);
}
