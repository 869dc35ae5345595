/*
 * Decompression with hostile sizes and prefixes. The input: u8 codec, u24 claimed plain length, u16 length of the prefix,
 * prefix, packed bytes. Nothing is written past the claim; what unpacks, packs and unpacks to itself; a failed block
 * leaves the workspace good for the next one.
 */
#include "ccr/codec.h"
#include "fuzz.h"
#include "reference.h"

#define PLAIN_MAX (1u << 18)
#define HEAD      6

static struct ccr_workspace *ws;

static void set_up(void)
{
    if (ws == NULL && !ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        abort();
    }
}

static void again(enum ccr_codec_id codec, struct ccr_slice prefix, struct ccr_slice plain)
{
    size_t cap = ccr_codec_bound(codec, plain.len), packed;
    uint8_t *dst = malloc(cap), *back = malloc(plain.len + 1);
    struct ccr_err err;
    HOLDS(ccr_ok(ccr_codec_pack(ws, codec, 1, prefix, plain, dst, cap, &packed, &err)), "%s", err.text);
    uint8_t *exact = fuzz_copy(ccr_slice_of(dst, packed));
    struct ccr_status s = ccr_codec_unpack(ws, codec, prefix, ccr_slice_of(exact, packed), back, plain.len, &err);
    HOLDS(ccr_ok(s) && memcmp(back, plain.data, plain.len) == 0, "%s", err.text);
    free(exact);
    free(dst);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t hello[] = "hello hello hello hello hello";
    struct draw d = draw_of(data, size);
    struct ccr_err err = {.text = ""};
    set_up();
    enum ccr_codec_id codec = (enum ccr_codec_id)(draw_u8(&d) % 4);
    uint32_t plain_len = draw_u8(&d);
    plain_len |= draw_u16(&d) << 8;
    plain_len = plain_len > PLAIN_MAX ? plain_len % 4096 : plain_len;
    uint32_t prefix_len = draw_u16(&d);
    struct ccr_slice prefix = draw_bytes(&d, prefix_len);
    struct ccr_slice packed = draw_bytes(&d, SIZE_MAX);
    uint8_t *dst = malloc(plain_len + (plain_len == 0));
    struct ccr_status s = ccr_codec_unpack(ws, codec, prefix, packed, dst, plain_len, &err);
    HOLDS(ccr_ok(s) || ccr_is(s, CCR_CORRUPT_WIRE), "%s: %s", ccr_status_name(s), err.text);
    if (ccr_ok(s) && codec == CCR_CODEC_LZ4) {
        uint8_t *mine = malloc(plain_len + 1);
        size_t len;
        bool odd, same = reference_lz4(packed.data, packed.len, prefix.data, prefix.len, mine, plain_len, &len, &odd) &&
                         len == plain_len && memcmp(mine, dst, len) == 0;
        HOLDS(same || odd, "LZ4 of %zu bytes unpacks to others", packed.len);
        free(mine);
    }
    if (ccr_ok(s)) {
        again(codec, prefix, ccr_slice_of(dst, plain_len));
    }
    free(dst);
    again(codec == CCR_CODEC_LZ4 ? CCR_CODEC_LZ4 : CCR_CODEC_ZSTD, ccr_slice_of(NULL, 0),
          ccr_slice_of(hello, sizeof hello));
    return 0;
}

static size_t craft(uint8_t *data, size_t max, uint32_t *x)
{
    uint8_t plain[300], prefix[100], packed[1024];
    size_t len = 0, plain_len = fuzz_next(x) % sizeof plain, prefix_len = fuzz_next(x) % sizeof prefix;
    enum ccr_codec_id codec = (enum ccr_codec_id)(1 + fuzz_next(x) % 2);
    for (size_t i = 0; i < sizeof plain; i++) {
        plain[i] = fuzz_next(x) % 5 == 0 ? (uint8_t)fuzz_next(x) : (uint8_t) "{\"status\":200,\"path\":\"/\"} "[i % 26];
        prefix[i % sizeof prefix] = plain[i];
    }
    if (!ccr_ok(ccr_codec_pack(ws, codec, 1, ccr_slice_of(prefix, prefix_len), ccr_slice_of(plain, plain_len), packed,
                               sizeof packed, &len, NULL)) ||
        HEAD + prefix_len + len > max) {
        return 0;
    }
    data[0] = (uint8_t)codec;
    data[1] = (uint8_t)plain_len;
    data[2] = (uint8_t)(plain_len >> 8);
    data[3] = 0;
    data[4] = (uint8_t)prefix_len;
    data[5] = 0;
    memcpy(data + HEAD, prefix, prefix_len);
    memcpy(data + HEAD + prefix_len, packed, len);
    return HEAD + prefix_len + len;
}

/* Blocks as a leader packs them, with anything changed. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint32_t x = fuzz_seed(seed);
    set_up();
    if (size < HEAD || fuzz_next(&x) % 64 == 0) {
        size_t len = craft(data, max, &x);
        return len > 0 ? len : LLVMFuzzerMutate(data, size, max);
    }
    return LLVMFuzzerMutate(data, size, max);
}
