/*
 * Batch frames from a hostile leader: the first byte says how much of the prefix is held, the rest is the frame. A
 * straightforward decoder of the same bytes takes and refuses the same frames and finds the same operations.
 */
#include <zstd.h>

#include "frames.h"
#include "fuzz.h"
#include "reference.h"
#include "wire/frame.h"

#define UNPACK_MAX (1u << 18)
#define HELD_OPS   8

static struct ccr_workspace *ws;
static struct plain_ops held; /* what the follower holds: seq_no 0 to HELD_OPS - 1 */

static void set_up(void)
{
    if (ws == NULL) {
        held = plain_new(0);
        plain_log(&held, HELD_OPS);
        if (!ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
            abort();
        }
    }
}

/* ---- the straightforward decoder */

enum verdict { REFUSED, ACCEPTED, NO_OPINION };

struct decoded {
    uint64_t field[16];
    uint8_t *plain;
    size_t len;
};

enum { VERSION = 1, CODEC, FROM, OPS, RAW, PACKED, CHECKSUM, PREFIX, GLOBAL_CHECKPOINT, UPDATES, ORIGIN = 14 };

static bool header_is_sound(const uint64_t *h, size_t packed)
{
    uint64_t ops = (uint32_t)h[OPS], raw = (uint32_t)h[RAW], prefix = (uint32_t)h[PREFIX];
    if ((uint32_t)h[VERSION] != 1 || (uint32_t)h[CODEC] > 2 || ops > 1 << 20 || raw > (1u << 30) + 4 ||
        prefix > 65536) {
        return false;
    }
    if (h[FROM] > INT64_MAX - ops || (ops > 0 && (int64_t)(h[FROM] + ops - 1) > (int64_t)h[GLOBAL_CHECKPOINT])) {
        return false;
    }
    for (int i = GLOBAL_CHECKPOINT; i <= UPDATES; i++) {
        if ((int64_t)h[i] < -2 || (int64_t)h[i] >= INT64_C(1) << 52) {
            return false;
        }
    }
    if (raw < ops * 21 || (ops == 0 && raw > 0) || packed != (uint32_t)h[PACKED]) {
        return false;
    }
    return (uint32_t)h[CODEC] != 0 || (packed == raw && prefix == 0);
}

static bool unpack_zstd(struct decoded *d, struct ccr_slice packed, struct ccr_slice prefix)
{
    static ZSTD_DCtx *dctx;
    uint8_t *with_magic = malloc(packed.len + 4);
    if (dctx == NULL) {
        dctx = ZSTD_createDCtx();
    }
    ccr_put_u32le(with_magic, ZSTD_MAGICNUMBER);
    memcpy(with_magic + 4, packed.data, packed.len);
    (void)ZSTD_DCtx_reset(dctx, ZSTD_reset_session_only);
    (void)ZSTD_DCtx_refPrefix(dctx, prefix.data, prefix.len);
    size_t n = ZSTD_decompressDCtx(dctx, d->plain, d->len, with_magic, packed.len + 4);
    bool alone = ZSTD_findFrameCompressedSize(with_magic, packed.len + 4) == packed.len + 4;
    free(with_magic);
    return alone && !ZSTD_isError(n) && n == d->len;
}

static enum verdict unpack(struct decoded *d, struct ccr_slice packed, struct ccr_slice prefix)
{
    size_t len = 0;
    bool sound, odd;
    switch (d->field[CODEC]) {
    case CCR_CODEC_NONE:
        memcpy(d->plain, packed.data, packed.len);
        return ACCEPTED;
    case CCR_CODEC_LZ4: /* the library is stricter about how a block ends, and laxer about a distance of 0 */
        sound = reference_lz4(packed.data, packed.len, prefix.data, prefix.len, d->plain, d->len, &len, &odd);
        d->len = odd ? 0 : d->len;
        return odd || (sound && len == d->len) ? NO_OPINION : REFUSED;
    default:
        return packed.len > 0 && packed.data[0] == 0 && unpack_zstd(d, packed, prefix) ? ACCEPTED : REFUSED;
    }
}

/* d->plain is the caller's to free. */
static enum verdict decode(struct decoded *d, struct ccr_slice frame, struct ccr_slice prefix)
{
    uint8_t sealed[516];
    unsigned unknown;
    d->plain = NULL;
    if (frame.len < 12 || ccr_get_u32le(frame.data) != 0x42524343) {
        return REFUSED;
    }
    size_t header = ccr_get_u32le(frame.data + 4);
    if (header > 512 || header > frame.len - 12) {
        return REFUSED;
    }
    memcpy(sealed, frame.data + 4, 4);
    memcpy(sealed + 4, frame.data + 12, header);
    if (reference_crc32(sealed, 4 + header) != ccr_get_u32le(frame.data + 8) ||
        !reference_message(d->field, &unknown, "00000050000001", frame.data + 12, header)) {
        return REFUSED;
    }
    if (unknown > 0) {
        return NO_OPINION; /* how many of them is a matter of memory */
    }
    struct ccr_slice packed = ccr_slice_of(frame.data + 12 + header, frame.len - 12 - header);
    if (!header_is_sound(d->field, packed.len)) {
        return REFUSED;
    }
    d->field[CODEC] = (uint32_t)d->field[CODEC];
    d->len = (uint32_t)d->field[RAW];
    uint32_t ops, checksum, prefix_bytes = (uint32_t)d->field[PREFIX];
    if (d->len > UNPACK_MAX) {
        return NO_OPINION;
    }
    if (prefix_bytes != 0 && prefix_bytes != prefix.len) {
        return REFUSED;
    }
    d->plain = malloc(d->len + 1);
    enum verdict v = unpack(d, packed, prefix_bytes == 0 ? ccr_slice_of(NULL, 0) : prefix);
    if (v != REFUSED && (d->len > 0 || d->field[OPS] == 0) &&
        (!reference_ops(d->plain, d->len, (int64_t)d->field[FROM], &ops, &checksum) || ops != (uint32_t)d->field[OPS] ||
         checksum != (uint32_t)d->field[CHECKSUM])) {
        return REFUSED;
    }
    return v;
}

/* ---- the target */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ccr_wire_header h;
    struct ccr_slice packed;
    struct ccr_err err = {.text = ""};
    struct decoded d;
    if (size == 0) {
        return 0;
    }
    set_up();
    struct ccr_slice frame = ccr_slice_of(data + 1, size - 1);
    struct ccr_slice prefix = ccr_slice_of(held.data, data[0] % 4 == 0 ? held.len : data[0] * 8u);
    enum verdict v = decode(&d, frame, prefix);
    struct ccr_status s = ccr_wire_decode(&h, frame, &packed, &err);
    if (ccr_ok(s) && h.raw_bytes <= UNPACK_MAX) {
        uint8_t *dst = malloc(h.raw_bytes + (h.raw_bytes == 0));
        s = ccr_wire_unpack(ws, &h, packed, prefix, dst, &err);
        if (ccr_ok(s) && d.plain != NULL && d.len > 0) {
            HOLDS(h.raw_bytes == d.len && memcmp(dst, d.plain, d.len) == 0, "%u other bytes", h.raw_bytes);
            HOLDS(h.from_seq_no == (int64_t)d.field[FROM] && h.ops == (uint32_t)d.field[OPS] &&
                      h.state.global_checkpoint == (int64_t)d.field[GLOBAL_CHECKPOINT] && h.origin == d.field[ORIGIN] &&
                      h.state.mapping_version == d.field[11] && h.state.aliases_version == d.field[13],
                  "another header from %lld", (long long)h.from_seq_no);
        }
        free(dst);
    }
    HOLDS(v == NO_OPINION || ccr_ok(s) == (v == ACCEPTED), "%s: %s", ccr_status_name(s), err.text);
    HOLDS(ccr_ok(s) || ccr_is(s, CCR_CORRUPT_WIRE) || ccr_is(s, CCR_LIMIT) || ccr_is(s, CCR_VERSION) ||
              ccr_is(s, CCR_PREFIX),
          "%s: %s", ccr_status_name(s), err.text);
    free(d.plain);
    return 0;
}

/* ---- what only a leader could put right */

static size_t craft(uint8_t *data, size_t max, uint32_t *x)
{
    struct plain_ops p = plain_new(HELD_OPS);
    plain_log(&p, fuzz_next(x) % 3);
    plain_no_op(&p, 1, fuzz_next(x) % 2 ? "" : "filling gaps");
    enum ccr_codec_id codec = (enum ccr_codec_id)(fuzz_next(x) % 3);
    struct ccr_slice prefix = fuzz_next(x) % 2 ? plain_slice(&held) : ccr_slice_of(NULL, 0);
    struct frame f = frame_of(ws, &p, codec, codec == CCR_CODEC_NONE ? ccr_slice_of(NULL, 0) : prefix);
    size_t len = f.len + 1 <= max ? f.len + 1 : 0;
    if (len > 0) {
        data[0] = 0;
        memcpy(data + 1, f.data, f.len);
    }
    frame_free(&f);
    plain_free(&p);
    return len;
}

static void change_field(Ccr__V1__BatchHeader *m, uint32_t *x)
{
    static const uint64_t edges[] = {0, 1, 2, 3, 20, 21, 22, 1u << 16, 1u << 20, 1u << 30, UINT32_MAX, INT64_MAX};
    uint64_t v = fuzz_next(x) % 2 ? fuzz_next(x) % 64 : edges[fuzz_next(x) % (sizeof edges / sizeof *edges)];
    switch (fuzz_next(x) % 10) {
    case 0:
        m->version = (uint32_t)v;
        break;
    case 1:
        m->codec = (Ccr__V1__Codec)v;
        break;
    case 2:
        m->from_seq_no = (int64_t)v;
        break;
    case 3:
        m->ops = (uint32_t)v;
        break;
    case 4:
        m->raw_bytes = (uint32_t)v;
        break;
    case 5:
        m->packed_bytes = (uint32_t)v;
        break;
    case 6:
        m->prefix_bytes = (uint32_t)v;
        break;
    case 7:
        m->global_checkpoint = (int64_t)v;
        break;
    case 8:
        m->origin = v;
        break;
    default:
        m->mapping_version = v;
        break;
    }
}

/* Other operations under a header that fits them. */
static void fit(Ccr__V1__BatchHeader *m, struct ccr_slice packed)
{
    struct ccr_ops_digest digest;
    m->packed_bytes = (uint32_t)packed.len;
    if (m->codec == CCR__V1__CODEC__CODEC_NONE) {
        m->raw_bytes = m->packed_bytes;
        (void)!ccr_ok(ccr_ops_verify(&digest, packed, m->from_seq_no, NULL));
        m->checksum = digest.checksum;
        m->ops = digest.ops;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint8_t header[1024];
    uint32_t x = fuzz_seed(seed);
    set_up();
    uint32_t how = fuzz_next(&x) % 16;
    if (size < 13 || how == 0) {
        size_t len = craft(data, max, &x);
        return len > 0 ? len : LLVMFuzzerMutate(data, size, max);
    }
    size_t header_len = ccr_get_u32le(data + 5);
    if (how < 3 || header_len > 512 || header_len > size - 13) {
        return LLVMFuzzerMutate(data, size, max);
    }
    Ccr__V1__BatchHeader *m = ccr__v1__batch_header__unpack(NULL, header_len, data + 13);
    if (m == NULL) {
        return LLVMFuzzerMutate(data, size, max);
    }
    uint8_t *packed = malloc(max + 64);
    size_t packed_len = size - 13 - header_len;
    memcpy(packed, data + 13 + header_len, packed_len);
    if (how < 8) {
        change_field(m, &x);
    } else {
        packed_len = LLVMFuzzerMutate(packed, packed_len, max > 600 ? max - 600 : packed_len);
        fit(m, ccr_slice_of(packed, packed_len));
    }
    size_t new_len = ccr__v1__batch_header__get_packed_size(m);
    if (new_len <= 512 && 13 + new_len + packed_len <= max) {
        (void)ccr__v1__batch_header__pack(m, header);
        memcpy(data + 13, header, new_len);
        memcpy(data + 13 + new_len, packed, packed_len);
        ccri_frame_seal(data + 1, CCRI_MAGIC_BATCH, new_len);
        size = 13 + new_len + packed_len;
    }
    free(packed);
    ccr__v1__batch_header__free_unpacked(m, NULL);
    return size;
}
