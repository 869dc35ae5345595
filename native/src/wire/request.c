/*
 * Limits of a read request. It comes from the other cluster, so every field that counts or addresses something is
 * checked.
 */
#include <inttypes.h>
#include <string.h>

#include "ccr/wire.h"

#define WAIT_MS_MAX 600000u

static struct ccr_status range(const char *field, int64_t value, int64_t min, int64_t max, struct ccr_err *err)
{
    if (value < min || value > max) {
        return ccr_err_set(err, CCR_ARG, "%s %" PRId64 " is not in [%" PRId64 ", %" PRId64 "]", field, value, min, max);
    }
    return ccr_status_of(CCR_OK);
}

static struct ccr_status prefix_check(const struct ccr_read_request *r, struct ccr_err *err)
{
    if (r->prefix_bytes == 0) {
        return ccr_status_of(CCR_OK);
    }
    CCR_TRY(range("prefix_bytes", r->prefix_bytes, 0, CCR_CODEC_PREFIX_MAX, err));
    CCR_TRY(range("prefix_last_seq_no", r->prefix_last_seq_no, 0, r->from_seq_no - 1, err));
    /* An operation takes at least 21 bytes: a range that cannot fit would be a long walk for nothing. */
    int64_t most = r->prefix_bytes / (CCR_OPS_RECORD_OVERHEAD + CCR_OP_BYTES_MIN);
    int64_t least_first = r->prefix_last_seq_no - most + 1;
    return range("prefix_first_seq_no", r->prefix_first_seq_no, least_first < 0 ? 0 : least_first,
                 r->prefix_last_seq_no, err);
}

struct ccr_status ccr_read_request_check(const struct ccr_read_request *r, struct ccr_err *err)
{
    if (r->version > CCR_WIRE_VERSION) {
        return ccr_err_set(err, CCR_VERSION,
                           "request version %" PRIu32 " is newer than %u, the newest this node answers", r->version,
                           CCR_WIRE_VERSION);
    }
    CCR_TRY(range("version", r->version, 1, CCR_WIRE_VERSION, err));
    CCR_TRY(range("from_seq_no", r->from_seq_no, 0, INT64_MAX - CCR_WIRE_OPS_MAX, err));
    if (r->last_seq_no != -1) {
        CCR_TRY(range("last_seq_no", r->last_seq_no, r->from_seq_no, INT64_MAX, err));
    }
    CCR_TRY(range("max_bytes", r->max_bytes, 1, CCR_WIRE_RAW_MAX, err));
    CCR_TRY(range("max_ops", r->max_ops, 1, CCR_WIRE_OPS_MAX, err));
    CCR_TRY(range("wait_ms", r->wait_ms, 0, WAIT_MS_MAX, err));
    CCR_TRY(range("codec", (int64_t)r->codec, CCR_CODEC_NONE, CCR_CODEC_ZSTD, err));
    if (r->codec == CCR_CODEC_ZSTD) {
        CCR_TRY(range("level", r->level, CCR_CODEC_ZSTD_LEVEL_MIN, CCR_CODEC_ZSTD_LEVEL_MAX, err));
    } else if (r->codec == CCR_CODEC_LZ4) {
        CCR_TRY(range("level", r->level, CCR_CODEC_LZ4_LEVEL_MIN, CCR_CODEC_LZ4_LEVEL_MAX, err));
    }
    if (memchr(r->history_uuid, 0, sizeof r->history_uuid) == NULL) {
        return ccr_err_set(err, CCR_ARG, "history_uuid is longer than %zu bytes", sizeof r->history_uuid - 1);
    }
    return prefix_check(r, err);
}
