/* Leader sessions over a translog folder that a real node wrote (golden/). */
#include "calls.h"
#include "heap.h"

static const struct ccr_slice NONE = {NULL, 0};

#define FIRST 20 /* golden/tlog-3.6.0/first-term begins with this seq_no */

struct rig {
    struct ccr_runtime *rt;
    struct caller c;
    int64_t handle;
    Ccr__V1__ReadRequest request;
    Ccr__V1__LeaderState state;
    Ccr__V1__LeaderRead read;
};

static struct ccr_status open_leader(struct ccr_runtime *rt, const char *path, int64_t *handle, struct ccr_err *err)
{
    Ccr__V1__LeaderOpen m;
    char copy[512], history[] = "history", shard[] = "index/3";
    ccr__v1__leader_open__init(&m);
    snprintf(copy, sizeof copy, "%s", path);
    m.translog_path = copy;
    m.history_uuid = history;
    m.shard = shard;
    return open_with(rt, CCR_KIND_LEADER, &m.base, handle, err);
}

static void rig_init(struct rig *r, const struct ccr_alloc *alloc)
{
    assert_ok(runtime_of(&r->rt, alloc, 4, 1));
    r->c = caller_new(r->rt);
    assert_ok(open_leader(r->rt, CCR_TESTS_DIR "/golden/tlog-3.6.0/first-term", &r->handle, &r->c.err));
    ccr__v1__read_request__init(&r->request);
    r->request.version = 1;
    r->request.from_seq_no = FIRST;
    r->request.last_seq_no = -1;
    r->request.max_bytes = 2000;
    r->request.max_ops = 100;
    r->request.codec = CCR__V1__CODEC__CODEC_ZSTD;
    r->request.level = 1;
    r->state = (Ccr__V1__LeaderState)CCR__V1__LEADER_STATE__INIT;
    r->state.global_checkpoint = FIRST + 40;
    r->state.max_seq_no_of_updates = FIRST + 40;
    r->state.mapping_version = 3;
    r->read = (Ccr__V1__LeaderRead)CCR__V1__LEADER_READ__INIT;
    r->read.request = &r->request;
    r->read.state = &r->state;
}

static void rig_fini(struct rig *r)
{
    caller_free(&r->c);
    ccr_runtime_free(r->rt);
}

CCR_TEST(session_leader, a_read_fits_after_nobuf_and_is_counted_once)
{
    struct rig r;
    rig_init(&r, &heap->alloc);
    struct ccr_status s = caller_call(&r.c, r.handle, CCR_METHOD_LEADER_READ, &r.read.base, NONE);
    cr_assert(ccr_ok(s), "%s", r.c.err.text);
    r.c.out_cap = 12;
    int tries = 0;
    while (ccr_is(s = caller_again(&r.c, r.handle, CCR_METHOD_LEADER_READ), CCR_NOBUF)) {
        cr_assert_lt(tries++, 3);
        r.c.out_cap = r.c.out_len;
    }
    cr_assert(ccr_ok(s), "%s", r.c.err.text);
    Ccr__V1__BatchSummary *m =
        ccr__v1__batch_summary__unpack(NULL, caller_envelope(&r.c).len, caller_envelope(&r.c).data);
    cr_assert_eq(m->from_seq_no, FIRST);
    cr_assert_gt(m->ops, 5);
    cr_assert_leq(m->raw_bytes, 2000);

    struct ccr_wire_header h;
    struct ccr_slice packed;
    assert_ok(ccr_wire_decode(&h, caller_payload(&r.c), &packed, NULL));
    cr_assert_eq(h.ops, m->ops);
    cr_assert_eq(h.state.mapping_version, 3);
    uint32_t ops = m->ops;
    ccr__v1__batch_summary__free_unpacked(m, NULL);

    r.c.out_cap = CALL_ROOM;
    assert_ok(caller_call(&r.c, r.handle, CCR_METHOD_LEADER_STATS, NULL, NONE));
    Ccr__V1__LeaderStats *stats =
        ccr__v1__leader_stats__unpack(NULL, caller_envelope(&r.c).len, caller_envelope(&r.c).data);
    cr_assert_eq(stats->reads, 2);
    cr_assert_eq(stats->operations, 2 * ops);
    ccr__v1__leader_stats__free_unpacked(stats, NULL);
    rig_fini(&r);
}

CCR_TEST(session_leader, what_is_not_there_is_gone_and_what_is_not_yet_is_empty)
{
    struct rig r;
    rig_init(&r, &heap->alloc);
    r.request.from_seq_no = 0;
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_LEADER_READ, &r.read.base, NONE), CCR_GONE);
    r.request.from_seq_no = FIRST + 41;
    assert_ok(caller_call(&r.c, r.handle, CCR_METHOD_LEADER_READ, &r.read.base, NONE));
    struct ccr_wire_header h;
    struct ccr_slice packed;
    assert_ok(ccr_wire_decode(&h, caller_payload(&r.c), &packed, NULL));
    cr_assert_eq(h.ops, 0);
    cr_assert_eq(h.origin, ccr_wire_origin("history", "index/3"));
    static char another[] = "another";
    r.request.history_uuid = another;
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_LEADER_READ, &r.read.base, NONE), CCR_HISTORY);
    rig_fini(&r);
}

CCR_TEST(session_leader, requests_out_of_range_are_refused_by_name)
{
    struct rig r;
    rig_init(&r, &heap->alloc);
    r.request.max_bytes = 0;
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_LEADER_READ, &r.read.base, NONE), CCR_ARG);
    cr_assert_str_eq(r.c.err.text, "max_bytes 0 is not in [1, 1073741828]");
    r.request.max_bytes = 1000;
    r.request.version = 2;
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_LEADER_READ, &r.read.base, NONE), CCR_VERSION);
    r.read.state = NULL;
    assert_status(caller_call(&r.c, r.handle, CCR_METHOD_LEADER_READ, &r.read.base, NONE), CCR_ARG);
    cr_assert(strstr(r.c.err.text, "is no LeaderRead") != NULL, "%s", r.c.err.text);
    rig_fini(&r);
}

CCR_TEST(session_leader, operations_from_lucene_travel_in_the_same_frame)
{
    struct rig r;
    rig_init(&r, &heap->alloc);
    struct plain_ops p = plain_new(FIRST);
    plain_log(&p, 10);
    r.request.max_bytes = 1 << 20;
    assert_ok(caller_call(&r.c, r.handle, CCR_METHOD_LEADER_PACK, &r.read.base, plain_slice(&p)));
    struct ccr_wire_header h;
    struct ccr_slice packed;
    assert_ok(ccr_wire_decode(&h, caller_payload(&r.c), &packed, NULL));
    cr_assert_eq(h.ops, 10);
    cr_assert_eq(h.checksum, plain_checksum(&p));
    plain_free(&p);
    rig_fini(&r);
}

CCR_TEST(session_leader, a_folder_that_cannot_be_opened)
{
    struct rig r;
    rig_init(&r, &heap->alloc);
    int64_t handle;
    assert_status(open_leader(r.rt, "relative/path", &handle, &r.c.err), CCR_ARG);
    assert_status(open_leader(r.rt, "", &handle, &r.c.err), CCR_ARG);
    struct ccr_status s = open_leader(r.rt, CCR_TESTS_DIR "/golden/none", &handle, &r.c.err);
    cr_assert(ccr_is(s, CCR_IO) || ccr_is(s, CCR_GONE), "%s", r.c.err.text);
    rig_fini(&r);
}

CCR_TEST(session_leader, every_refused_allocation_of_an_open_is_nomem)
{
    bool done = false;
    for (size_t n = 0; !done; n++) {
        cr_assert_lt(n, 100);
        heap->requests = 0;
        heap->fail_at = n;
        heap->fail_all_after = 1;
        struct ccr_runtime *rt;
        int64_t handle;
        struct ccr_status s = runtime_of(&rt, &heap->alloc, 4, 2);
        if (ccr_ok(s)) {
            s = open_leader(rt, CCR_TESTS_DIR "/golden/tlog-3.6.0/first-term", &handle, NULL);
            done = ccr_ok(s);
        }
        cr_assert(done || ccr_is(s, CCR_NOMEM), "allocation %zu: %s", n, ccr_status_name(s));
        ccr_runtime_free(rt);
        cr_assert_eq(heap->live_bytes, 0);
    }
    heap->fail_at = SIZE_MAX;
}
