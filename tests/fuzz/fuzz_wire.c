/*
 * Frames from a hostile leader, and their content: the first byte chooses batch or chunk and the length of the prefix held.
 */
#include <stdlib.h>

#include "ccr/wire.h"

#define UNPACK_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ccr_workspace *ws;
    static uint8_t held[4096];
    struct ccr_err err;
    if (size == 0 || (ws == NULL && !ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system())))) {
        return 0;
    }
    struct ccr_slice frame = ccr_slice_of(data + 1, size - 1);
    if (data[0] & 1) {
        size_t raw_len;
        struct ccr_status s = ccr_chunk_decode(ws, frame, NULL, 0, &raw_len, &err);
        if (ccr_is(s, CCR_NOBUF) && raw_len <= UNPACK_MAX) {
            uint8_t *dst = malloc(raw_len);
            (void)!ccr_ok(ccr_chunk_decode(ws, frame, dst, raw_len, &raw_len, &err));
            free(dst);
        }
        return 0;
    }
    struct ccr_wire_header h;
    struct ccr_slice packed;
    if (ccr_ok(ccr_wire_decode(&h, frame, &packed, &err)) && h.raw_bytes <= UNPACK_MAX) {
        uint8_t *dst = malloc(h.raw_bytes + (h.raw_bytes == 0));
        struct ccr_slice prefix = ccr_slice_of(held, h.prefix_bytes <= sizeof held ? h.prefix_bytes : 0);
        (void)!ccr_ok(ccr_wire_unpack(ws, &h, packed, prefix, dst, &err));
        free(dst);
    }
    return 0;
}
