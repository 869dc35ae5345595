/*
 * Properties of what this side writes: any operations, packed with any codec, level and prefix, come back to the byte;
 * with another prefix or a byte missing they do not; the tail kept of them is their end. The input decides about sizes,
 * kinds and content.
 */
#include "ccr/session.h"
#include "frames.h"
#include "fuzz.h"

#define OPS_MAX 40

static struct ccr_workspace *ws;

static struct plain_ops some_operations(struct draw *d, int64_t first_seq_no)
{
    struct plain_ops p = plain_new(first_seq_no);
    for (uint8_t n = draw_u8(d) % OPS_MAX; n > 0; n--) {
        uint8_t kind = draw_u8(d);
        if (kind < 40) {
            plain_no_op(&p, kind, kind % 2 ? "" : "filling gaps");
        } else if (kind < 80) {
            plain_log(&p, kind % 4);
        } else if (kind < 100) {
            struct ccr_slice piece = draw_bytes(d, 1 + kind % 16);
            uint8_t *source = calloc(1, 4000); /* a little input makes a long document */
            for (size_t i = 0; i < 4000 && piece.len > 0; i++) {
                source[i] = (uint8_t)(piece.data[i % piece.len] + i / 200);
            }
            plain_index(&p, source, 4000u * kind / 100);
            free(source);
        } else {
            struct ccr_slice source = draw_bytes(d, draw_u8(d));
            plain_index(&p, source.len > 0 ? source.data : (const uint8_t *)"", source.len);
        }
    }
    return p;
}

static int any_level(struct draw *d, enum ccr_codec_id codec)
{
    uint8_t level = draw_u8(d);
    return codec == CCR_CODEC_LZ4 ? 1 + level * 257 : level % 8 == 7 ? level % 12 : level % 11 - 7;
}

static void tail_is_the_end(const struct plain_ops *before, const struct plain_ops *p, size_t want)
{
    struct ccr_tail t;
    struct ccr_read_request r = {.from_seq_no = p->next_seq_no};
    ccr_tail_init(&t, ccr_alloc_system(), want);
    HOLDS(ccr_ok(ccr_tail_keep(&t, plain_slice(before), before->first_seq_no)), "%zu bytes", before->len);
    HOLDS(ccr_ok(ccr_tail_keep(&t, plain_slice(p), p->first_seq_no)), "%zu bytes", p->len);
    ccr_tail_name(&t, &r);
    HOLDS(r.prefix_bytes <= CCR_TAIL_BYTES_MAX, "%u bytes", r.prefix_bytes);
    if (r.prefix_bytes > 0) {
        struct ccr_ops_digest digest;
        size_t len = t.bytes.len, mine = len < p->len ? len : p->len;
        HOLDS(len == r.prefix_bytes && r.prefix_last_seq_no == p->next_seq_no - 1, "%zu", len);
        HOLDS(mine == 0 || memcmp(t.bytes.data + len - mine, p->data + p->len - mine, mine) == 0, "%zu", len);
        HOLDS(mine == len || memcmp(t.bytes.data, before->data + before->len - (len - mine), len - mine) == 0, "%zu",
              len);
        HOLDS(ccr_ok(ccr_ops_verify(&digest, ccr_buf_slice(&t.bytes), r.prefix_first_seq_no, NULL)) &&
                  digest.checksum == r.prefix_checksum,
              "%zu", len);
    }
    ccr_tail_fini(&t);
}

static struct ccr_status unpack(const uint8_t *frame, size_t len, struct ccr_slice prefix, const struct plain_ops *p)
{
    struct ccr_wire_header h;
    struct ccr_slice packed;
    struct ccr_err err;
    uint8_t *exact = fuzz_copy(ccr_slice_of(frame, len));
    struct ccr_status s = ccr_wire_decode(&h, ccr_slice_of(exact, len), &packed, &err);
    if (ccr_ok(s)) {
        uint8_t *dst = malloc(h.raw_bytes + (h.raw_bytes == 0));
        s = ccr_wire_unpack(ws, &h, packed, prefix, dst, &err);
        HOLDS(!ccr_ok(s) || (h.raw_bytes == p->len && h.ops == plain_count(p) &&
                             (p->len == 0 || memcmp(dst, p->data, p->len) == 0)),
              "%u operations", h.ops);
        free(dst);
    }
    free(exact);
    return s;
}

static void frame_comes_back(struct draw *d, const struct plain_ops *before, const struct plain_ops *p)
{
    struct ccr_err err;
    enum ccr_codec_id codec = (enum ccr_codec_id)(draw_u8(d) % 3);
    struct ccr_wire_header h = {.codec = codec, .from_seq_no = p->first_seq_no, .ops = plain_count(p)};
    struct ccr_slice prefix = ccr_slice_of(before->data, draw_u8(d) % 2 && codec != CCR_CODEC_NONE ? before->len : 0);
    size_t cap = ccr_wire_bound(p->len), len;
    uint8_t *dst = malloc(cap);
    prefix.len = prefix.len > CCR_CODEC_PREFIX_MAX ? CCR_CODEC_PREFIX_MAX : prefix.len;
    h.checksum = plain_checksum(p);
    h.state.global_checkpoint = p->next_seq_no - 1;
    h.state.max_seq_no_of_updates = (int64_t)(draw_number(d) >> 13);
    h.state.mapping_version = draw_number(d);
    h.state.settings_version = draw_number(d);
    struct ccr_leader_state state = h.state;
    HOLDS(ccr_is(ccr_wire_encode(ws, &h, 1, prefix, plain_slice(p), dst, cap - 1, &len, &err), CCR_NOBUF), "%zu", cap);
    struct ccr_status s = ccr_wire_encode(ws, &h, any_level(d, codec), prefix, plain_slice(p), dst, cap, &len, &err);
    HOLDS(ccr_ok(s) && len <= cap, "%s", err.text);
    HOLDS(memcmp(&h.state, &state, sizeof state) == 0, "the leader's state");
    HOLDS(ccr_ok(unpack(dst, len, prefix, p)), "%zu bytes", len);
    if (h.prefix_bytes > 0) {
        HOLDS(ccr_is(unpack(dst, len, ccr_slice_of(prefix.data, prefix.len - 1), p), CCR_PREFIX), "%zu", prefix.len);
    }
    HOLDS(!ccr_ok(unpack(dst, len - 1, prefix, p)), "a byte is missing");
    size_t at = draw_u16(d) % len;
    dst[at] ^= (uint8_t)(1u << at % 8);
    (void)!ccr_ok(unpack(dst, len, prefix, p)); /* whatever is taken is what was packed: unpack looks */
    free(dst);
}

static void error_comes_back(struct draw *d)
{
    uint8_t out[512];
    struct ccr_err err = {.generation = draw_number(d)};
    err.offset = draw_number(d);
    err.os_error = (int32_t)draw_number(d);
    struct ccr_slice text = draw_bytes(d, draw_u8(d));
    memcpy(err.text, text.data, text.len);
    size_t cap = draw_u16(d) % sizeof out, len = ccr_err_pack(&err, out, cap);
    HOLDS(len <= cap, "%zu", len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct draw d = draw_of(data, size);
    if (size == 0) {
        return 0;
    }
    if (ws == NULL && !ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
        abort();
    }
    struct plain_ops before = some_operations(&d, (int64_t)(draw_number(&d) >> 13));
    struct plain_ops p = some_operations(&d, before.next_seq_no);
    if (before.len > 0 && p.len > 0) {
        tail_is_the_end(&before, &p, draw_u16(&d) % (CCR_TAIL_BYTES_MAX + 100));
    }
    frame_comes_back(&d, &before, &p);
    error_comes_back(&d);
    plain_free(&before);
    plain_free(&p);
    return 0;
}
