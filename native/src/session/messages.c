/*
 * Message to struct and back, field by field.
 */
#include <string.h>

#include "ccr/session.h"
#include "session/messages.h"

static struct ccr_status copy_name(char *dst, size_t cap, const char *name, const char *src, struct ccr_err *err)
{
    size_t len = strlen(src);
    if (len >= cap) {
        return ccr_err_set(err, CCR_ARG, "%s of %zu bytes is longer than %zu", name, len, cap - 1);
    }
    memset(dst, 0, cap);
    memcpy(dst, src, len);
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_request_of(struct ccr_read_request *r, const Ccr__V1__ReadRequest *m, struct ccr_err *err)
{
    *r = (struct ccr_read_request){
        .version = m->version,
        .from_seq_no = m->from_seq_no,
        .last_seq_no = m->last_seq_no,
        .max_bytes = m->max_bytes,
        .max_ops = m->max_ops,
        .wait_ms = m->wait_ms,
        .codec = (enum ccr_codec_id)m->codec,
        .level = m->level,
        .prefix_first_seq_no = m->prefix_first_seq_no,
        .prefix_last_seq_no = m->prefix_last_seq_no,
        .prefix_bytes = m->prefix_bytes,
        .prefix_checksum = m->prefix_checksum,
        .mapping_version = m->mapping_version,
        .settings_version = m->settings_version,
        .aliases_version = m->aliases_version,
    };
    CCR_TRY(copy_name(r->history_uuid, sizeof r->history_uuid, "history_uuid", m->history_uuid, err));
    return ccr_read_request_check(r, err);
}

void ccri_request_message(Ccr__V1__ReadRequest *m, struct ccr_read_request *r)
{
    ccr__v1__read_request__init(m);
    m->version = r->version;
    m->from_seq_no = r->from_seq_no;
    m->last_seq_no = r->last_seq_no;
    m->max_bytes = r->max_bytes;
    m->max_ops = r->max_ops;
    m->wait_ms = r->wait_ms;
    m->codec = (Ccr__V1__Codec)r->codec;
    m->level = r->level;
    m->prefix_first_seq_no = r->prefix_first_seq_no;
    m->prefix_last_seq_no = r->prefix_last_seq_no;
    m->prefix_bytes = r->prefix_bytes;
    m->prefix_checksum = r->prefix_checksum;
    m->history_uuid = r->history_uuid;
    m->mapping_version = r->mapping_version;
    m->settings_version = r->settings_version;
    m->aliases_version = r->aliases_version;
}

struct ccr_status ccri_config_of(struct ccr_follower_config *c, const Ccr__V1__FollowerConfig *m, struct ccr_err *err)
{
    *c = (struct ccr_follower_config){
        .fetches_max = m->fetches_max,
        .applies_max = m->applies_max,
        .batch_bytes_max = m->batch_bytes_max,
        .batch_ops_max = m->batch_ops_max,
        .poll_bytes = m->poll_bytes,
        .poll_timeout_ms = m->poll_timeout_ms,
        .backoff_min_ms = m->backoff_min_ms,
        .backoff_max_ms = m->backoff_max_ms,
        .lease_interval_ms = m->lease_interval_ms,
        .poll_interval_ms = m->poll_interval_ms,
        .lease_patience_ms = m->lease_patience_ms,
        .prefix_bytes_max = m->prefix_bytes_max,
        .codec = (enum ccr_codec_id)m->codec,
        .level = m->level,
        .seed = m->seed,
        .fail_on_wait = m->fail_on_wait != 0,
        .in_order = m->in_order != 0,
    };
    CCR_TRY(copy_name(c->history_uuid, sizeof c->history_uuid, "history_uuid", m->history_uuid, err));
    CCR_TRY(copy_name(c->leader_shard, sizeof c->leader_shard, "leader_shard", m->leader_shard, err));
    return ccr_follower_config_check(c, err);
}

void ccri_summary_message(Ccr__V1__BatchSummary *m, const struct ccr_wire_header *h)
{
    ccr__v1__batch_summary__init(m);
    m->ops = h->ops;
    m->raw_bytes = h->raw_bytes;
    m->packed_bytes = h->packed_bytes;
    m->last_seq_no = ccr_wire_last_seq_no(h);
    m->prefix_bytes = h->prefix_bytes;
    m->from_seq_no = h->from_seq_no;
    m->max_seq_no_of_updates = h->state.max_seq_no_of_updates;
}

size_t ccr_err_pack(const struct ccr_err *err, uint8_t *out, size_t cap)
{
    Ccr__V1__ErrorDetail m;
    ccr__v1__error_detail__init(&m);
    char text[CCR_ERR_TEXT_MAX];
    memcpy(text, err->text, sizeof text);
    text[sizeof text - 1] = 0;
    for (char *p = text; *p != 0; p++) {
        /* A proto3 string is UTF-8, and bytes of foreign input may have got into the text. */
        *p = (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x7f ? *p : '?';
    }
    m.code = err->status.code;
    m.text = text;
    m.generation = err->generation;
    m.offset = err->offset;
    m.os_error = err->os_error;
    if (ccr__v1__error_detail__get_packed_size(&m) > cap) {
        return 0;
    }
    return ccr__v1__error_detail__pack(&m, out);
}
