/*
 * What batch frames and chunk frames have in common: preamble | header | packed bytes to the end.
 *
 *   offset 0   magic, "CCRB" or "CCRC"
 *   offset 4   header length n, 1 .. CCR_WIRE_HEADER_MAX
 *   offset 8   CRC-32 of the four bytes at offset 4 and of the header
 *   offset 12  header (protobuf)
 *   offset 12+n packed bytes, exactly as many as the header says
 *
 * The header has a checksum of its own: that of the operations covers neither versions nor checkpoints, and a flipped bit
 * there would be believed.
 */
#ifndef CCRI_FRAME_H
#define CCRI_FRAME_H

#include "ccr/wire.h"

#define CCRI_MAGIC_BATCH 0x42524343u /* "CCRB" */
#define CCRI_MAGIC_CHUNK 0x43524343u /* "CCRC" */

/* Memory for unpacking a header: the struct, and the fields a newer minor version may have added. */
#define CCRI_HEADER_ARENA 4096u

/* Writes the preamble before a header that stands at dst + CCR_WIRE_PREAMBLE already. */
void ccri_frame_seal(uint8_t *dst, uint32_t magic, size_t header_len);

/* Splits a frame and verifies the header's checksum without looking into it. CORRUPT_WIRE, LIMIT. */
struct ccr_status ccri_frame_split(struct ccr_slice frame, uint32_t magic, struct ccr_slice *header,
                                   struct ccr_slice *packed, struct ccr_err *err) CCR_MUST_USE;

/* CORRUPT_WIRE for 0, VERSION for a newer one. */
struct ccr_status ccri_frame_version(uint32_t version, struct ccr_err *err) CCR_MUST_USE;

/* LIMIT with the field's name, its value and its maximum. */
struct ccr_status ccri_frame_limit(const char *field, uint64_t value, uint64_t max, struct ccr_err *err) CCR_MUST_USE;

/* CORRUPT_WIRE at `offset` unless the frame holds as many packed bytes as its header says. */
struct ccr_status ccri_frame_length(struct ccr_slice packed, uint32_t said, size_t offset,
                                    struct ccr_err *err) CCR_MUST_USE;

#endif
