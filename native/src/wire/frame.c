/*
 * Frames up to their header. The bytes are hostile: a length is compared with its maximum, then with what is there.
 */
#include <inttypes.h>

#include "wire/frame.h"

static struct ccr_status at(struct ccr_err *err, struct ccr_status s, size_t offset)
{
    if (err != NULL) {
        err->offset = offset;
    }
    return s;
}

struct ccr_status ccri_frame_limit(const char *field, uint64_t value, uint64_t max, struct ccr_err *err)
{
    if (value > max) {
        return ccr_err_set(err, CCR_LIMIT, "%s is %" PRIu64 ", the maximum is %" PRIu64, field, value, max);
    }
    return ccr_status_of(CCR_OK);
}

static uint32_t header_crc(const uint8_t *frame, size_t header_len)
{
    return ccr_crc32(ccr_crc32(0, frame + 4, 4), frame + CCR_WIRE_PREAMBLE, header_len);
}

void ccri_frame_seal(uint8_t *dst, uint32_t magic, size_t header_len)
{
    ccr_put_u32le(dst, magic);
    ccr_put_u32le(dst + 4, (uint32_t)header_len);
    ccr_put_u32le(dst + 8, header_crc(dst, header_len));
}

struct ccr_status ccri_frame_split(struct ccr_slice frame, uint32_t magic, struct ccr_slice *header,
                                   struct ccr_slice *packed, struct ccr_err *err)
{
    if (frame.len < CCR_WIRE_PREAMBLE) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "a frame of %zu bytes is shorter than its preamble of %u", frame.len,
                           CCR_WIRE_PREAMBLE);
    }
    uint32_t got = ccr_get_u32le(frame.data);
    if (got != magic) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "frame magic at offset 0: expected 0x%08" PRIx32 ", got 0x%08" PRIx32,
                           magic, got);
    }
    uint32_t len = ccr_get_u32le(frame.data + 4);
    struct ccr_status s = ccri_frame_limit("header length", len, CCR_WIRE_HEADER_MAX, err);
    if (!ccr_ok(s)) {
        return at(err, s, 4);
    }
    size_t left = frame.len - CCR_WIRE_PREAMBLE;
    if (len > left) {
        s = ccr_err_set(err, CCR_CORRUPT_WIRE, "frame ends at offset %zu inside its header of %" PRIu32 " bytes",
                        frame.len, len);
        return at(err, s, frame.len);
    }
    uint32_t said = ccr_get_u32le(frame.data + 8);
    uint32_t is = header_crc(frame.data, len);
    if (said != is) {
        s = ccr_err_set(err, CCR_CORRUPT_WIRE,
                        "checksum of the frame's header at offset 8: expected 0x%08" PRIx32 ", got 0x%08" PRIx32, said,
                        is);
        return at(err, s, 8);
    }
    *header = ccr_slice_of(frame.data + CCR_WIRE_PREAMBLE, len);
    *packed = ccr_slice_of(frame.data + CCR_WIRE_PREAMBLE + len, left - len);
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_frame_version(uint32_t version, struct ccr_err *err)
{
    if (version > CCR_WIRE_VERSION) {
        return ccr_err_set(err, CCR_VERSION, "frame version %" PRIu32 " is newer than %u, the newest this node reads",
                           version, CCR_WIRE_VERSION);
    }
    if (version == 0) {
        return ccr_err_set(err, CCR_CORRUPT_WIRE, "frame version 0: the header holds none");
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_frame_length(struct ccr_slice packed, uint32_t said, size_t offset, struct ccr_err *err)
{
    if (packed.len != said) {
        struct ccr_status s =
            ccr_err_set(err, CCR_CORRUPT_WIRE, "%zu packed bytes at offset %zu, the header says %" PRIu32, packed.len,
                        offset, said);
        return at(err, s, offset);
    }
    return ccr_status_of(CCR_OK);
}
