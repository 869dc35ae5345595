/*
 * Choosing and packing a batch. The plain bytes of the last batch's end are kept: a follower at the head names just
 * those as the prefix of its next request, and they need not be read from the file again.
 */
#include "ccr/leader.h"
#include "ccr/tlog.h"

#include <inttypes.h>
#include <string.h>

/*
 * Above this a prefix gains under 4 % (docs/adr/0002), and a frame without one can go on to the follower's replicas.
 */
#define PREFIX_WORTH_BYTES (64u << 10)

enum { GATHER_TRIES = 3 };

struct ccr_leader {
    const struct ccr_alloc *alloc;
    struct ccr_tlog *tlog;
    struct ccr_tail tail;
    struct ccr_leader_counts counts;
    char history_uuid[64];
    uint64_t origin;
};

struct ccr_status ccr_leader_new(struct ccr_leader **out, const struct ccr_alloc *alloc, const struct ccr_dir *dir,
                                 const char *history_uuid, const char *shard, struct ccr_err *err)
{
    *out = NULL;
    if (strlen(history_uuid) >= sizeof(*out)->history_uuid) {
        return ccr_err_set(err, CCR_ARG, "history_uuid has %zu bytes, at most %zu are allowed", strlen(history_uuid),
                           sizeof(*out)->history_uuid - 1);
    }
    struct ccr_leader *l = ccr_alloc_zero(alloc, sizeof *l);
    if (l == NULL) {
        return ccr_err_set(err, CCR_NOMEM, "no memory for a leader session");
    }
    l->alloc = alloc;
    memcpy(l->history_uuid, history_uuid, strlen(history_uuid) + 1);
    l->origin = ccr_wire_origin(history_uuid, shard);
    ccr_tail_init(&l->tail, alloc, CCR_TAIL_BYTES_MAX / 2);
    if (!ccr_ok(ccr_tlog_new(&l->tlog, alloc, dir))) {
        ccr_leader_free(l);
        return ccr_err_set(err, CCR_NOMEM, "no memory for a translog reader");
    }
    *out = l;
    return ccr_status_of(CCR_OK);
}

void ccr_leader_free(struct ccr_leader *l)
{
    if (l == NULL) {
        return;
    }
    ccr_tlog_free(l->tlog);
    ccr_tail_fini(&l->tail);
    ccr_alloc_put(l->alloc, l);
}

static struct ccr_status need(size_t bytes, size_t cap, struct ccr_err *err)
{
    return ccr_err_set(err, CCR_NOBUF, "the frame may need %zu bytes, %zu are there", bytes, cap);
}

/* GONE when the run's first operation is not in the translog, whatever the reason. */
static struct ccr_status locate(struct ccr_leader *l, struct ccr_tlog_run *run, struct ccr_err *err)
{
    struct ccr_status s = ccr_tlog_refresh(l->tlog, err);
    if (ccr_is(s, CCR_AGAIN)) {
        return ccr_err_wrap(err, ccr_status_of(CCR_IO), "unreadable now"); /* the engine rewrites it: retry */
    }
    CCR_TRY(s);
    s = ccr_tlog_find(l->tlog, run, err);
    return ccr_is(s, CCR_AGAIN) ? ccr_err_wrap(err, ccr_status_of(CCR_GONE), "below the global checkpoint") : s;
}

/*
 * Finds the run and copies it into `plain`; the digest covers what was copied. NOBUF before anything is copied, with
 * the needed capacity in *len.
 */
static struct ccr_status gather(struct ccr_leader *l, struct ccr_tlog_run *run, struct ccr_buf *plain,
                                struct ccr_ops_digest *digest, size_t cap, size_t *len, struct ccr_err *err)
{
    struct ccr_status s = ccr_status_of(CCR_GONE);
    for (int i = 0; i < GATHER_TRIES && ccr_is(s, CCR_GONE); i++) {
        CCR_TRY(locate(l, run, err));
        *len = ccr_wire_bound(run->bytes);
        if (*len == 0 || run->bytes > CCR_WIRE_RAW_MAX) {
            return ccr_err_set(err, CCR_LIMIT, "operations of %" PRIu64 " bytes, at most %u are allowed", run->bytes,
                               CCR_WIRE_RAW_MAX);
        }
        if (cap < *len) {
            return need(*len, cap, err);
        }
        plain->len = 0;
        ccr_ops_digest_init(digest);
        /* GONE: a generation was deleted between finding and copying; another may hold the same operations. */
        s = ccr_tlog_copy(l->tlog, run, plain, digest, err);
    }
    return s;
}

/* The end of the tail from prefix_first on, when it is what the request names. */
static struct ccr_slice prefix_from_tail(const struct ccr_leader *l, const struct ccr_read_request *r)
{
    const struct ccr_buf *kept = &l->tail.bytes;
    if (l->tail.digest.ops == 0 || l->tail.digest.last_seq_no != r->prefix_last_seq_no || kept->len < r->prefix_bytes) {
        return ccr_slice_of(NULL, 0);
    }
    return ccr_slice_of(kept->data + (kept->len - r->prefix_bytes), r->prefix_bytes);
}

static bool is_named(struct ccr_slice plain, const struct ccr_read_request *r)
{
    struct ccr_ops_digest d;
    return plain.len == r->prefix_bytes && ccr_ok(ccr_ops_verify(&d, plain, r->prefix_first_seq_no, NULL)) &&
           d.last_seq_no == r->prefix_last_seq_no && d.checksum == r->prefix_checksum;
}

/* The prefix both sides hold, or nothing. Whatever goes wrong here only costs compression. */
static struct ccr_slice find_prefix(struct ccr_leader *l, struct ccr_workspace *ws, const struct ccr_read_request *r,
                                    size_t plain_len)
{
    if (r->prefix_bytes == 0 || plain_len > PREFIX_WORTH_BYTES || r->codec == CCR_CODEC_NONE) {
        return ccr_slice_of(NULL, 0);
    }
    struct ccr_slice prefix = prefix_from_tail(l, r);
    if (prefix.len == 0 || !is_named(prefix, r)) {
        struct ccr_tlog_run run = {.first_seq_no = r->prefix_first_seq_no,
                                   .last_seq_no = r->prefix_last_seq_no,
                                   .bytes_max = r->prefix_bytes,
                                   .ops_max = CCR_CODEC_PREFIX_MAX / CCR_OP_BYTES_MIN};
        struct ccr_buf *bytes = ccr_workspace_prefix(ws);
        struct ccr_ops_digest d;
        ccr_ops_digest_init(&d);
        bool found = ccr_ok(ccr_tlog_find(l->tlog, &run, NULL)) && run.bytes == r->prefix_bytes &&
                     ccr_ok(ccr_tlog_copy(l->tlog, &run, bytes, &d, NULL));
        prefix = found ? ccr_buf_slice(bytes) : ccr_slice_of(NULL, 0);
        if (!is_named(prefix, r)) {
            prefix = ccr_slice_of(NULL, 0);
        }
    }
    if (prefix.len > 0) {
        l->counts.prefix_hits++;
    } else {
        l->counts.prefix_misses++;
    }
    return prefix;
}

static struct ccr_status check_history(const struct ccr_leader *l, const struct ccr_read_request *r,
                                       struct ccr_err *err)
{
    if (r->history_uuid[0] != '\0' && strcmp(r->history_uuid, l->history_uuid) != 0) {
        return ccr_err_set(err, CCR_HISTORY, "history uuid expected %s, the shard has %s", r->history_uuid,
                           l->history_uuid);
    }
    return ccr_status_of(CCR_OK);
}

/* Packs `plain` and counts it. */
static struct ccr_status answer(struct ccr_leader *l, struct ccr_workspace *ws, const struct ccr_read_request *r,
                                const struct ccr_leader_state *state, struct ccr_slice plain, struct ccr_slice prefix,
                                const struct ccr_ops_digest *digest, uint8_t *dst, size_t cap, size_t *len,
                                struct ccr_wire_header *header, struct ccr_err *err)
{
    *header = (struct ccr_wire_header){.codec = r->codec,
                                       .from_seq_no = r->from_seq_no,
                                       .ops = digest->ops,
                                       .checksum = digest->checksum,
                                       .origin = l->origin,
                                       .state = *state};
    CCR_TRY(ccr_wire_encode(ws, header, r->level, prefix, plain, dst, cap, len, err));
    l->counts.reads++;
    l->counts.operations += header->ops;
    l->counts.raw_bytes += header->raw_bytes;
    l->counts.packed_bytes += header->packed_bytes;
    if (header->ops > 0 && !ccr_ok(ccr_tail_keep(&l->tail, plain, r->from_seq_no))) {
        ccr_tail_clear(&l->tail);
    }
    return ccr_status_of(CCR_OK);
}

static int64_t last_wanted(const struct ccr_read_request *r, const struct ccr_leader_state *state)
{
    return r->last_seq_no >= 0 && r->last_seq_no < state->global_checkpoint ? r->last_seq_no : state->global_checkpoint;
}

struct ccr_status ccr_leader_read(struct ccr_leader *l, struct ccr_workspace *ws, const struct ccr_read_request *r,
                                  const struct ccr_leader_state *state, uint8_t *dst, size_t cap, size_t *len,
                                  struct ccr_wire_header *header, struct ccr_err *err)
{
    struct ccr_buf *plain = ccr_workspace_plain(ws);
    struct ccr_slice prefix = ccr_slice_of(NULL, 0);
    struct ccr_ops_digest digest;
    CCR_TRY(ccr_read_request_check(r, err));
    CCR_TRY(check_history(l, r, err));
    ccr_ops_digest_init(&digest);
    if (r->from_seq_no <= last_wanted(r, state)) {
        struct ccr_tlog_run run = {.first_seq_no = r->from_seq_no,
                                   .last_seq_no = last_wanted(r, state),
                                   .bytes_max = r->max_bytes,
                                   .ops_max = r->max_ops};
        struct ccr_status s = gather(l, &run, plain, &digest, cap, len, err);
        l->counts.scanned_bytes = ccr_tlog_checked_bytes(l->tlog);
        l->counts.gone += ccr_is(s, CCR_GONE) ? 1 : 0;
        CCR_TRY(s);
    } else {
        ccr_tlog_rest(l->tlog); /* a long poll that ended empty: the shard is idle */
        *len = ccr_wire_bound(0);
        if (cap < *len) {
            return need(*len, cap, err);
        }
    }
    if (digest.ops > 0) {
        prefix = find_prefix(l, ws, r, plain->len);
    }
    return answer(l, ws, r, state, ccr_buf_slice(plain), prefix, &digest, dst, cap, len, header, err);
}

/*
 * Length of the front that the request's limits admit, at least one operation. What is malformed stays in, to be
 * found.
 */
static size_t front_within(struct ccr_slice plain, const struct ccr_read_request *r)
{
    struct ccr_cursor c = ccr_cursor_of(plain);
    size_t front = 0;
    for (uint32_t ops = 0; ops < r->max_ops && ccr_cursor_left(&c) > 0; ops++) {
        (void)ccr_cursor_take(&c, ccr_cursor_u32be(&c));
        size_t end = plain.len - ccr_cursor_left(&c);
        if (c.failed) {
            return plain.len;
        }
        if (ops > 0 && end > r->max_bytes) {
            break;
        }
        front = end;
    }
    return front;
}

struct ccr_status ccr_leader_pack(struct ccr_leader *l, struct ccr_workspace *ws, const struct ccr_read_request *r,
                                  const struct ccr_leader_state *state, struct ccr_slice plain, uint8_t *dst,
                                  size_t cap, size_t *len, struct ccr_wire_header *header, struct ccr_err *err)
{
    struct ccr_ops_digest digest;
    CCR_TRY(ccr_read_request_check(r, err));
    CCR_TRY(check_history(l, r, err));
    plain.len = front_within(plain, r);
    if (!ccr_ok(ccr_ops_verify(&digest, plain, r->from_seq_no, err))) {
        return ccr_err_wrap(err, ccr_status_of(CCR_ARG), "operations from Lucene");
    }
    if (digest.ops > 0 && digest.last_seq_no > last_wanted(r, state)) {
        return ccr_err_set(err, CCR_ARG,
                           "operations from Lucene: last seq_no expected at most %" PRId64 ", got %" PRId64,
                           last_wanted(r, state), digest.last_seq_no);
    }
    *len = ccr_wire_bound(plain.len);
    if (cap < *len) {
        return need(*len, cap, err);
    }
    CCR_TRY(answer(l, ws, r, state, plain, ccr_slice_of(NULL, 0), &digest, dst, cap, len, header, err));
    l->counts.operations_lucene += digest.ops;
    return ccr_status_of(CCR_OK);
}

void ccr_leader_counts(const struct ccr_leader *l, struct ccr_leader_counts *out)
{
    *out = l->counts;
}

size_t ccr_leader_memory(const struct ccr_leader *l)
{
    return sizeof *l + l->tail.bytes.cap + ccr_tlog_memory(l->tlog);
}
