/*
 * Translog header, checkpoint and operation body, each by itself: the first byte chooses. The reference decoder takes and
 * refuses just what the core does, and reads the same values.
 */
#include "ccr/tlog.h"
#include "fuzz.h"
#include "reference.h"

#define CODEC_MAGIC  0x3FD76C17u
#define FOOTER_MAGIC 0xC02893E8u

enum kind { HEADER, CHECKPOINT, OPERATION, KINDS };

static void try_header(struct ccr_slice s)
{
    struct ccr_tlog_header h;
    struct reference_header r = {.term = 0};
    struct ccr_err err;
    bool core = ccr_ok(ccr_tlog_header_parse(&h, s, &err));

    HOLDS(core == reference_header(&r, s.data, s.len), "core %d: %s", core, core ? "" : err.text);
    if (core) {
        HOLDS(h.term == r.term && h.length == r.length && strcmp(h.uuid, r.uuid) == 0, "term %lld", (long long)h.term);
    }
}

static void try_checkpoint(struct ccr_slice s)
{
    struct ccr_tlog_checkpoint c;
    struct reference_checkpoint r = {.ops = 0};
    struct ccr_err err;
    bool core = ccr_ok(ccr_tlog_checkpoint_parse(&c, s, &err));

    HOLDS(core == reference_checkpoint(&r, s.data, s.len), "core %d: %s", core, core ? "" : err.text);
    if (core) {
        HOLDS(c.offset == r.offset && c.ops == r.ops && c.generation == r.generation && c.min_seq_no == r.min_seq_no &&
                  c.max_seq_no == r.max_seq_no && c.global_checkpoint == r.global_checkpoint &&
                  c.min_generation == r.min_generation && c.trimmed_above == r.trimmed_above,
              "generation %llu", (unsigned long long)c.generation);
    }
}

static void try_operation(struct ccr_slice s)
{
    struct ccr_op op;
    struct reference_op r = {.type = 0};
    struct ccr_err err;
    bool core = ccr_ok(ccr_op_parse(&op, s, &err));

    HOLDS(core == reference_op(&r, s.data, s.len), "core %d: %s", core, core ? "" : err.text);
    if (core) {
        HOLDS((int)op.type == r.type && op.seq_no == r.seq_no && op.term == r.term && op.body.data == s.data &&
                  op.body.len == s.len,
              "seq_no %lld", (long long)op.seq_no);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct ccr_slice s = ccr_slice_of(data + 1, size - 1);
    switch (data[0] % KINDS) {
    case HEADER:
        try_header(s);
        break;
    case CHECKPOINT:
        try_checkpoint(s);
        break;
    default:
        try_operation(s);
        break;
    }
    return 0;
}

/* ---- what only a writer could put right */

static void seal_header(uint8_t *at, size_t len)
{
    if (len < 25) {
        return;
    }
    uint32_t uuid_len = ccr_get_u32be(at + 17);
    if (uuid_len <= 64 && len >= 33 + (size_t)uuid_len) {
        ccr_put_u32be(at, CODEC_MAGIC);
        ccr_put_u32be(at + 29 + uuid_len, ccr_crc32(0, at, 29 + uuid_len));
    }
}

static void seal_checkpoint(uint8_t *at, size_t len)
{
    if (len < 28) {
        return;
    }
    ccr_put_u32be(at, CODEC_MAGIC);
    ccr_put_u32be(at + len - 16, FOOTER_MAGIC);
    ccr_put_u32be(at + len - 12, 0);
    ccr_put_u32be(at + len - 8, 0);
    ccr_put_u32be(at + len - 4, ccr_crc32(0, at, len - 8));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint32_t x = fuzz_seed(seed);
    size = LLVMFuzzerMutate(data, size, max);
    if (size == 0 || fuzz_next(&x) % 8 == 0) {
        return size;
    }
    if (data[0] % KINDS == HEADER) {
        seal_header(data + 1, size - 1);
    } else if (data[0] % KINDS == CHECKPOINT) {
        if (size > 89 && fuzz_next(&x) % 4 != 0) {
            size = 89;
        }
        seal_checkpoint(data + 1, size - 1);
    }
    return size;
}
