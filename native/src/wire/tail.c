/*
 * The tail: the last operations a follower received, kept to be the prefix of what comes next.
 */
#include <string.h>

#include "ccr/wire.h"

void ccr_tail_init(struct ccr_tail *t, const struct ccr_alloc *alloc, size_t want)
{
    ccr_buf_init(&t->bytes, alloc, CCR_TAIL_BYTES_MAX);
    ccr_ops_digest_init(&t->digest);
    t->want = want > CCR_TAIL_BYTES_MAX ? CCR_TAIL_BYTES_MAX : want;
}

void ccr_tail_fini(struct ccr_tail *t)
{
    ccr_buf_fini(&t->bytes);
}

void ccr_tail_clear(struct ccr_tail *t)
{
    t->bytes.len = 0;
    ccr_ops_digest_init(&t->digest);
}

/* Length of the record at `at`, which lies wholly in plain: the caller verified that. */
static size_t record_len(struct ccr_slice plain, size_t at)
{
    return CCR_OPS_RECORD_OVERHEAD + (size_t)ccr_get_u32be(plain.data + at);
}

/* Drops whole operations from the front until what is left fits; one that does not fit alone is kept when `last` asks.
 */
static struct ccr_slice suffix(struct ccr_slice plain, size_t fit, bool last, int64_t *first_seq_no)
{
    size_t at = 0;
    while (plain.len - at > fit) {
        size_t len = record_len(plain, at);
        if (last && at + len == plain.len) {
            break;
        }
        at += len;
        (*first_seq_no)++;
    }
    return ccr_slice_of(plain.data + at, plain.len - at);
}

struct ccr_status ccr_tail_keep(struct ccr_tail *t, struct ccr_slice plain, int64_t first_seq_no)
{
    if (plain.len == 0) {
        return ccr_status_of(CCR_OK);
    }
    bool follows = t->digest.ops > 0 && t->digest.last_seq_no + 1 == first_seq_no;
    int64_t new_first = first_seq_no;
    int64_t old_first = t->digest.first_seq_no;
    struct ccr_slice fresh = suffix(plain, t->want, true, &new_first);
    struct ccr_slice old = {t->bytes.data, 0};
    if (follows && fresh.len == plain.len && fresh.len < t->want) {
        old = suffix(ccr_buf_slice(&t->bytes), t->want - fresh.len, false, &old_first);
    }
    if (t->want == 0 || old.len + fresh.len > CCR_TAIL_BYTES_MAX) {
        ccr_tail_clear(t);
        return ccr_status_of(CCR_OK);
    }
    if (old.len > 0) {
        memmove(t->bytes.data, old.data, old.len);
    }
    t->bytes.len = old.len;
    struct ccr_status s = ccr_buf_put(&t->bytes, fresh.data, fresh.len);
    if (!ccr_ok(s)) {
        ccr_tail_clear(t);
        return s;
    }
    ccr_ops_digest_init(&t->digest);
    s = ccr_ops_verify(&t->digest, ccr_buf_slice(&t->bytes), old.len > 0 ? old_first : new_first, NULL);
    if (!ccr_ok(s)) {
        ccr_tail_clear(t);
    }
    return s;
}

void ccr_tail_name(const struct ccr_tail *t, struct ccr_read_request *r)
{
    r->prefix_bytes = 0;
    r->prefix_checksum = 0;
    r->prefix_first_seq_no = 0;
    r->prefix_last_seq_no = 0;
    if (t->digest.ops == 0 || t->digest.last_seq_no + 1 != r->from_seq_no) {
        return;
    }
    r->prefix_bytes = (uint32_t)t->bytes.len;
    r->prefix_checksum = t->digest.checksum;
    r->prefix_first_seq_no = t->digest.first_seq_no;
    r->prefix_last_seq_no = t->digest.last_seq_no;
}
