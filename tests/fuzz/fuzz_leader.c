/*
 * A leader asked for anything: requests of any content over one folder, in any order, and operations "from Lucene" of any
 * bytes. What it answers unpacks, keeps the request's limits and holds just the operations of that folder.
 */
#include "ccr/leader.h"
#include "forge.h"
#include "fuzz.h"

#define OPS       120
#define LEN       40u
#define CAP       (64u << 10)
#define READS_MAX 8

struct rig {
    struct draw d;
    struct forge f;
    struct ccr_leader *l;
    struct ccr_workspace *ws;
    struct ccr_wire_header h;
    struct ccr_tail tail; /* the follower's, of which it names the prefix */
    struct ccr_err err;
    size_t len;
};

static uint8_t dst[CAP], plain[CAP];

static int64_t term_of(int64_t seq_no)
{
    return 1 + seq_no / 50;
}

static void folder(struct rig *r)
{
    forge_init(&r->f, term_of(0));
    for (int64_t i = 0; i < OPS; i++) {
        if (i % 25 == 24) {
            forge_roll(&r->f, term_of(i + 1));
        }
        forge_index(&r->f, i, term_of(i), LEN);
    }
    forge_sync(&r->f);
}

static struct ccr_read_request any_request(struct rig *r)
{
    struct draw *d = &r->d;
    uint8_t how = draw_u8(d);
    struct ccr_read_request q = {.version = 1, .last_seq_no = -1, .level = 1};
    q.from_seq_no = draw_u8(d) % (OPS + 4);
    q.max_bytes = 1 + draw_u16(d);
    q.max_ops = 1 + draw_u8(d);
    q.codec = (enum ccr_codec_id)(how % 3);
    if (how & 4) {
        q.last_seq_no = q.from_seq_no + draw_u8(d);
    }
    if (how & 8) {
        q.from_seq_no = r->tail.digest.last_seq_no + 1;
        q.last_seq_no = -1;
        ccr_tail_name(&r->tail, &q);
    }
    if (how & 16) {
        q.prefix_last_seq_no = (int64_t)draw_number(d);
        q.prefix_first_seq_no = (int64_t)((uint64_t)q.prefix_last_seq_no - draw_u8(d));
        q.prefix_bytes = (uint32_t)draw_number(d);
        q.prefix_checksum = draw_u32(d);
    }
    if (how >= 0xE0) {
        uint64_t v = draw_number(d);
        switch (how % 8) {
        case 0:
            q.version = (uint32_t)v;
            break;
        case 1:
            q.from_seq_no = (int64_t)v;
            break;
        case 2:
            q.max_ops = (uint32_t)v;
            break;
        case 3:
            q.max_bytes = (uint32_t)v;
            break;
        case 4:
            q.codec = (enum ccr_codec_id)v;
            break;
        case 5:
            q.level = (int)v;
            break;
        case 6:
            memset(q.history_uuid, 'x', sizeof q.history_uuid - v % 2);
            break;
        default:
            q.last_seq_no = (int64_t)v;
            break;
        }
    }
    return q;
}

static void expect_answer(struct rig *r, const struct ccr_read_request *q, const struct ccr_leader_state *state,
                          bool from_folder)
{
    uint8_t body[512];
    struct ccr_wire_header h;
    struct ccr_slice packed;
    struct ccr_slice prefix = ccr_slice_of(NULL, 0);
    HOLDS(ccr_ok(ccr_wire_decode(&h, ccr_slice_of(dst, r->len), &packed, &r->err)), "%s", r->err.text);
    if (h.prefix_bytes > 0) {
        HOLDS(h.prefix_bytes == q->prefix_bytes, "%u bytes", h.prefix_bytes);
        if (h.prefix_bytes > r->tail.bytes.len || q->prefix_last_seq_no != r->tail.digest.last_seq_no) {
            return; /* a prefix that the fuzzer named and this follower does not hold */
        }
        prefix = ccr_slice_of(r->tail.bytes.data + r->tail.bytes.len - h.prefix_bytes, h.prefix_bytes);
    }
    HOLDS(ccr_ok(ccr_wire_unpack(r->ws, &h, packed, prefix, plain, &r->err)), "%s", r->err.text);
    HOLDS(h.from_seq_no == q->from_seq_no && h.ops <= q->max_ops && (h.ops <= 1 || h.raw_bytes <= q->max_bytes), "%u",
          h.ops);
    HOLDS(h.ops == 0 || ccr_wire_last_seq_no(&h) <= state->global_checkpoint, "%u operations", h.ops);
    HOLDS(h.ops == 0 || q->last_seq_no < 0 || ccr_wire_last_seq_no(&h) <= q->last_seq_no, "%u operations", h.ops);
    size_t at = 0;
    for (uint32_t i = 0; from_folder && i < h.ops; i++) {
        int64_t seq_no = h.from_seq_no + i;
        size_t len = forge_index_body(body, sizeof body, seq_no, term_of(seq_no), LEN);
        HOLDS(ccr_get_u32be(plain + at) == len && memcmp(plain + at + 4, body, len) == 0, "seq_no %lld",
              (long long)seq_no);
        at += 4 + len;
    }
    if (h.ops > 0) {
        HOLDS(ccr_ok(ccr_tail_keep(&r->tail, ccr_slice_of(plain, h.raw_bytes), h.from_seq_no)), "%u bytes",
              h.raw_bytes);
    }
}

static void one_request(struct rig *r)
{
    struct ccr_read_request q = any_request(r);
    uint8_t how = draw_u8(&r->d);
    struct ccr_leader_state state = {.global_checkpoint = how % 4 == 0 ? OPS - 1 : draw_u8(&r->d) % OPS};
    size_t cap = how >= 0xF0 ? draw_u16(&r->d) % CAP : CAP;
    struct ccr_status s;
    r->err.text[0] = '\0';
    if (how % 8 == 7) {
        struct ccr_slice lucene = draw_bytes(&r->d, draw_u8(&r->d));
        s = ccr_leader_pack(r->l, r->ws, &q, &state, lucene, dst, cap, &r->len, &r->h, &r->err);
    } else {
        s = ccr_leader_read(r->l, r->ws, &q, &state, dst, cap, &r->len, &r->h, &r->err);
    }
    if (ccr_ok(s)) {
        expect_answer(r, &q, &state, how % 8 != 7);
    } else {
        HOLDS(ccr_is(s, CCR_ARG) || ccr_is(s, CCR_VERSION) || ccr_is(s, CCR_HISTORY) ||
                  (ccr_is(s, CCR_NOBUF) && r->len > cap),
              "%s: %s", ccr_status_name(s), r->err.text);
        HOLDS(r->err.text[0] != '\0', "%s without a word", ccr_status_name(s));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig r;
    static struct ccr_dir dir;
    if (r.ws == NULL) {
        folder(&r);
        dir = forge_dir(&r.f);
        if (!ccr_ok(ccr_workspace_new(&r.ws, ccr_alloc_system()))) {
            abort();
        }
    }
    r.d = draw_of(data, size);
    if (!ccr_ok(ccr_leader_new(&r.l, ccr_alloc_system(), &dir, "history", "index/0", &r.err))) {
        abort();
    }
    ccr_tail_init(&r.tail, ccr_alloc_system(), 1 + draw_u8(&r.d) * 8u);
    for (int i = 0; i < READS_MAX && draw_left(&r.d) > 0; i++) {
        one_request(&r);
    }
    ccr_tail_fini(&r.tail);
    ccr_leader_free(r.l);
    HOLDS(r.f.open_files == 0, "%zu files are open", r.f.open_files);
    return 0;
}
