/* A leader over a forged translog, and the follower's half: unpacks what it answers and checks it. */
#ifndef CCR_TESTS_LEADER_RIG_H
#define CCR_TESTS_LEADER_RIG_H

#include <string.h>

#include "ccr/leader.h"
#include "forge.h"
#include "heap.h"

#define LEADER_CAP (8u << 20)

struct leader_rig {
    struct forge f;
    struct ccr_dir dir;
    struct ccr_leader *l;
    struct ccr_workspace *ws;
    struct ccr_workspace *follower_ws;
    struct ccr_read_request r;
    struct ccr_leader_state state;
    struct ccr_wire_header h;
    struct ccr_tail tail; /* what the follower holds */
    struct ccr_err err;
    uint8_t *dst;
    size_t cap;
    size_t len;
    uint8_t *plain; /* of the last answer, h.raw_bytes long */
};

static inline struct leader_rig *leader_rig_new(struct heap *heap, int64_t term)
{
    static struct leader_rig rig;

    memset(&rig, 0, sizeof rig);
    forge_init(&rig.f, term);
    rig.dir = forge_dir(&rig.f);
    rig.cap = LEADER_CAP;
    rig.dst = malloc(LEADER_CAP);
    rig.plain = malloc(LEADER_CAP);
    rig.r = (struct ccr_read_request){
        .version = 1, .last_seq_no = -1, .max_bytes = 1 << 20, .max_ops = 10000, .codec = CCR_CODEC_LZ4, .level = 1};
    rig.state = (struct ccr_leader_state){-1, 5, 6, 7, 8};
    ccr_tail_init(&rig.tail, ccr_alloc_system(), CCR_TAIL_BYTES_MAX / 2);
    assert_ok(ccr_workspace_new(&rig.ws, &heap->alloc));
    assert_ok(ccr_workspace_new(&rig.follower_ws, ccr_alloc_system()));
    assert_ok(ccr_leader_new(&rig.l, &heap->alloc, &rig.dir, "history", "index/0", &rig.err));
    return &rig;
}

static inline void leader_rig_free(struct leader_rig *rig)
{
    ccr_leader_free(rig->l);
    ccr_workspace_free(rig->ws);
    ccr_workspace_free(rig->follower_ws);
    ccr_tail_fini(&rig->tail);
    cr_assert_eq(rig->f.open_files, 0);
    forge_fini(&rig->f);
    free(rig->dst);
    free(rig->plain);
}

/* Unpacks and verifies the frame at dst, keeps its tail and asks for what comes next. */
static inline void leader_rig_take(struct leader_rig *rig)
{
    struct ccr_wire_header h;
    struct ccr_slice packed;
    struct ccr_slice prefix = ccr_slice_of(NULL, 0);

    assert_ok(ccr_wire_decode(&h, ccr_slice_of(rig->dst, rig->len), &packed, &rig->err));
    if (h.prefix_bytes > 0) {
        prefix = ccr_slice_of(rig->tail.bytes.data + rig->tail.bytes.len - h.prefix_bytes, h.prefix_bytes);
    }
    assert_ok(ccr_wire_unpack(rig->follower_ws, &h, packed, prefix, rig->plain, &rig->err));
    cr_assert_eq(h.from_seq_no, rig->r.from_seq_no);
    cr_assert_eq(h.ops, rig->h.ops);
    cr_assert_eq(h.state.global_checkpoint, rig->state.global_checkpoint);
    cr_assert_eq(h.state.max_seq_no_of_updates, rig->state.max_seq_no_of_updates);
    if (h.ops > 0) {
        assert_ok(ccr_tail_keep(&rig->tail, ccr_slice_of(rig->plain, h.raw_bytes), h.from_seq_no));
    }
    rig->r.from_seq_no += h.ops;
    ccr_tail_name(&rig->tail, &rig->r);
}

static inline struct ccr_status leader_rig_read(struct leader_rig *rig)
{
    memset(&rig->err, 0, sizeof rig->err);
    CCR_TRY(ccr_leader_read(rig->l, rig->ws, &rig->r, &rig->state, rig->dst, rig->cap, &rig->len, &rig->h, &rig->err));
    leader_rig_take(rig);
    return ccr_status_of(CCR_OK);
}

/* One read, expecting this number of operations. */
#define assert_leader(rig, expected)                                                                                   \
    do {                                                                                                               \
        struct ccr_status got_ = leader_rig_read(rig);                                                                 \
        cr_assert(ccr_ok(got_), "got %s: %s", ccr_status_name(got_), (rig)->err.text);                                 \
        cr_assert_eq((rig)->h.ops, (uint32_t)(expected), "%u operations", (rig)->h.ops);                               \
    } while (0)

#endif
