/*
 * Calls into the core: through the session table, with protobuf messages and call frames. There are two runtimes, as
 * there are two nodes; a copy of the leader that is on another node would have one more, which shares nothing either.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "session/messages.h"
#include "session/session_private.h"

static struct ccr_runtime *runtime_new(struct sim *s, uint64_t follower_bytes)
{
    Ccr__V1__RuntimeConfig m = CCR__V1__RUNTIME_CONFIG__INIT;
    struct ccr_runtime *rt = NULL;
    uint8_t bytes[64];
    struct ccr_err err;
    m.sessions_max = SIM_COPIES;
    m.workspaces_max = 1;
    m.follower_bytes_max = follower_bytes;
    size_t len = ccr__v1__runtime_config__pack(&m, bytes);
    if (!ccr_ok(ccr_runtime_new(&rt, &s->memory.alloc, bytes, len, &err))) {
        sim_fail(s, "runtime: %s", err.text);
    }
    return rt;
}

void sim_session_init(struct sim *s)
{
    s->runtime = runtime_new(s, sim_chance(s, SIM_SETUP, 500) ? 700u << 10 : 100u << 10);
    s->leader.runtime = runtime_new(s, 0);
}

void sim_session_fini(struct sim *s)
{
    ccr_runtime_free(s->runtime);
    ccr_runtime_free(s->leader.runtime);
    free(s->call_in);
    free(s->call_out);
    if (s->memory.live != 0) {
        sim_fail(s, "%lld bytes of the core's memory are left", (long long)s->memory.live);
    }
}

void sim_session_close(struct sim *s, struct ccr_runtime *rt, int64_t session)
{
    if (!ccr_ok(ccr_session_close(rt, session))) {
        sim_fail(s, "a session does not close");
    }
}

/* ---- the budget of the follower's node */

uint64_t sim_budget_taken(const struct sim *s)
{
    return atomic_load(&s->runtime->budget.taken);
}

uint64_t sim_budget_max(const struct sim *s)
{
    return atomic_load(&s->runtime->budget.max);
}

void sim_budget_steal(struct sim *s, uint64_t bytes)
{
    s->stolen += ccr_budget_take(&s->runtime->budget, bytes) ? bytes : 0;
}

void sim_budget_return(struct sim *s)
{
    ccr_budget_give(&s->runtime->budget, s->stolen);
    s->stolen = 0;
}

/* ---- calls: the answer's envelope and payload lie in s->call_out */

static uint8_t *grown(uint8_t *buffer, size_t *cap, size_t need)
{
    if (need > *cap) {
        *cap = need;
        buffer = realloc(buffer, need);
    }
    return buffer;
}

static struct ccr_status call(struct sim *s, struct ccr_runtime *rt, int64_t session, enum ccr_method method,
                              const ProtobufCMessage *m, struct ccr_slice payload, struct ccr_err *err)
{
    size_t envelope = m == NULL ? 0 : protobuf_c_message_get_packed_size(m);
    size_t len = CCR_CALL_PREAMBLE + envelope + payload.len;
    s->call_in = grown(s->call_in, &s->call_in_cap, len);
    s->call_out = grown(s->call_out, &s->call_out_cap, 4096); /* often too small at first, so that NOBUF is ordinary */
    ccr_put_u32le(s->call_in, (uint32_t)envelope);
    ccr_put_u32le(s->call_in + 4, (uint32_t)(CCR_CALL_PREAMBLE + envelope));
    ccr_put_u32le(s->call_in + 8, (uint32_t)payload.len);
    if (m != NULL) {
        protobuf_c_message_pack(m, s->call_in + CCR_CALL_PREAMBLE);
    }
    if (payload.len > 0) {
        memcpy(s->call_in + CCR_CALL_PREAMBLE + envelope, payload.data, payload.len);
    }
    for (int i = 0;; i++) {
        size_t out_len = 0;
        memset(err, 0, sizeof(*err));
        struct ccr_status st =
            ccr_session_call(rt, session, method, s->call_in, len, s->call_out, s->call_out_cap, &out_len, err);
        if (!ccr_is(st, CCR_NOBUF) || i > 2) {
            return st;
        }
        s->call_out = grown(s->call_out, &s->call_out_cap, out_len); /* the event was not consumed */
    }
}

static struct ccr_slice answer_envelope(const struct sim *s)
{
    return ccr_slice_of(s->call_out + CCR_CALL_PREAMBLE, ccr_get_u32le(s->call_out));
}

static struct ccr_slice answer_payload(const struct sim *s)
{
    return ccr_slice_of(s->call_out + ccr_get_u32le(s->call_out + 4), ccr_get_u32le(s->call_out + 8));
}

/* ---- the leader's copies */

struct ccr_status sim_copy_open(struct sim *s, struct sim_copy *c, struct ccr_err *err)
{
    Ccr__V1__LeaderOpen m = CCR__V1__LEADER_OPEN__INIT;
    char path[64];
    char uuid[64];
    static char shard[] = SIM_SHARD;
    uint8_t bytes[256];
    sim_files_path(c->files, path, sizeof(path));
    sim_leader_history(s, uuid);
    m.translog_path = path;
    m.history_uuid = uuid;
    m.shard = shard;
    size_t len = ccr__v1__leader_open__pack(&m, bytes);
    return ccr_session_open(s->leader.runtime, CCR_KIND_LEADER, bytes, len, &c->session, err);
}

struct ccr_status sim_copy_read(struct sim *s, struct sim_copy *c, const struct ccr_read_request *q,
                                const struct ccr_leader_state *state, const struct ccr_slice *plain,
                                struct ccr_slice *frame, struct ccr_err *err)
{
    Ccr__V1__LeaderRead m = CCR__V1__LEADER_READ__INIT;
    Ccr__V1__LeaderState at = CCR__V1__LEADER_STATE__INIT;
    Ccr__V1__ReadRequest request;
    struct ccr_read_request asked = *q;
    ccri_request_message(&request, &asked);
    at.global_checkpoint = state->global_checkpoint;
    at.max_seq_no_of_updates = state->max_seq_no_of_updates;
    at.mapping_version = state->mapping_version;
    at.settings_version = state->settings_version;
    at.aliases_version = state->aliases_version;
    m.request = &request;
    m.state = &at;
    CCR_TRY(call(s, s->leader.runtime, c->session, plain == NULL ? CCR_METHOD_LEADER_READ : CCR_METHOD_LEADER_PACK,
                 &m.base, plain == NULL ? ccr_slice_of(NULL, 0) : *plain, err));
    *frame = answer_payload(s);
    return ccr_status_of(CCR_OK);
}

/* ---- the follower */

static void config_message(Ccr__V1__FollowerConfig *m, struct ccr_follower_config *c)
{
    ccr__v1__follower_config__init(m);
    m->history_uuid = c->history_uuid;
    m->leader_shard = c->leader_shard;
    m->fetches_max = c->fetches_max;
    m->applies_max = c->applies_max;
    m->batch_bytes_max = c->batch_bytes_max;
    m->batch_ops_max = c->batch_ops_max;
    m->poll_bytes = c->poll_bytes;
    m->poll_timeout_ms = c->poll_timeout_ms;
    m->backoff_min_ms = c->backoff_min_ms;
    m->backoff_max_ms = c->backoff_max_ms;
    m->lease_interval_ms = c->lease_interval_ms;
    m->poll_interval_ms = c->poll_interval_ms;
    m->lease_patience_ms = c->lease_patience_ms;
    m->prefix_bytes_max = c->prefix_bytes_max;
    m->codec = (Ccr__V1__Codec)c->codec;
    m->level = c->level;
    m->seed = c->seed;
    m->in_order = c->in_order;
}

struct ccr_status sim_follower_open(struct sim *s, struct ccr_err *err)
{
    Ccr__V1__FollowerConfig m;
    uint8_t bytes[512];
    config_message(&m, &s->pump.config);
    size_t len = ccr__v1__follower_config__pack(&m, bytes);
    return ccr_session_open(s->runtime, CCR_KIND_FOLLOWER, bytes, len, &s->pump.session, err);
}

static struct ccr_status take_effects(struct sim *s, const Ccr__V1__FollowerEffects *m, struct ccr_err *err)
{
    struct ccr_effects *out = &s->pump.effects;
    out->count = m->n_effects;
    out->next_deadline_ms = m->next_deadline_ms;
    out->received_batch_id = m->received_batch_id;
    for (size_t i = 0; i < m->n_effects; i++) {
        const Ccr__V1__FollowerEffect *e = m->effects[i];
        out->items[i] = (struct ccr_effect){.kind = (enum ccr_effect_kind)e->kind,
                                            .id = e->id,
                                            .first_seq_no = e->first_seq_no,
                                            .last_seq_no = e->last_seq_no,
                                            .max_seq_no_of_updates = e->max_seq_no_of_updates,
                                            .mapping_version = e->mapping_version,
                                            .settings_version = e->settings_version,
                                            .aliases_version = e->aliases_version,
                                            .retaining_seq_no = e->retaining_seq_no};
        if (e->request != NULL) {
            CCR_TRY(ccri_request_of(&out->items[i].request, e->request, err));
        }
    }
    return ccr_status_of(CCR_OK);
}

static void take_batch(struct sim *s, const Ccr__V1__FollowerEffects *m)
{
    struct sim_pump *p = &s->pump;
    struct ccr_slice plain = answer_payload(s);
    if (m->received_batch_id == 0) {
        if (m->received != NULL || plain.len > 0) {
            sim_fail(s, "operations come that nobody wants");
        }
        return;
    }
    if (m->received == NULL || m->received->raw_bytes != plain.len) {
        sim_fail(s, "a batch of another length than its summary says");
        return;
    }
    p->answer_header = (struct ccr_wire_header){
        .from_seq_no = m->received->from_seq_no, .ops = m->received->ops, .raw_bytes = m->received->raw_bytes};
    p->answer = malloc(plain.len + 1);
    memcpy(p->answer, plain.data, plain.len);
}

static struct ccr_status take_status(struct sim *s, struct ccr_err *err)
{
    Ccr__V1__FollowerLook look = CCR__V1__FOLLOWER_LOOK__INIT;
    look.now_ms = sim_clock(s);
    CCR_TRY(call(s, s->runtime, s->pump.session, CCR_METHOD_FOLLOWER_STATUS, &look.base, ccr_slice_of(NULL, 0), err));
    struct ccr_slice envelope = answer_envelope(s);
    Ccr__V1__FollowerStatus *m = ccr__v1__follower_status__unpack(NULL, envelope.len, envelope.data);
    if (m == NULL) {
        return ccr_err_set(err, CCR_ARG, "no FollowerStatus");
    }
    s->pump.status = (struct ccr_follower_status){.state = (enum ccr_follower_state)m->state,
                                                  .error = (enum ccr_error_class)m->error,
                                                  .leader_checkpoint = m->leader_checkpoint,
                                                  .received_seq_no = m->received_seq_no,
                                                  .applied_seq_no = m->applied_seq_no,
                                                  .fetches_in_flight = m->fetches_in_flight,
                                                  .applies_in_flight = m->applies_in_flight,
                                                  .bytes_held = m->bytes_held};
    s->pump.lag_ms = m->lag_ms;
    s->pump.lag_operations = m->lag_operations;
    ccr__v1__follower_status__free_unpacked(m, NULL);
    return ccr_status_of(CCR_OK);
}

struct ccr_status sim_follower_step(struct sim *s, const struct ccr_event *e, struct ccr_slice frame,
                                    struct ccr_err *err)
{
    Ccr__V1__FollowerEvent m = CCR__V1__FOLLOWER_EVENT__INIT;
    Ccr__V1__FollowerConfig config;
    struct ccr_follower_config configured;
    m.kind = (Ccr__V1__EventKind)e->kind;
    m.now_ms = e->now_ms;
    m.id = e->id;
    m.error = (Ccr__V1__ErrorClass)e->error;
    m.next_seq_no = e->next_seq_no;
    m.checkpoint = e->checkpoint;
    m.mapping_version = e->mapping_version;
    m.settings_version = e->settings_version;
    m.aliases_version = e->aliases_version;
    if (e->config != NULL) {
        configured = *e->config;
        config_message(&config, &configured);
        m.config = &config;
    }
    CCR_TRY(call(s, s->runtime, s->pump.session, CCR_METHOD_FOLLOWER_EVENT, &m.base, frame, err));
    struct ccr_slice envelope = answer_envelope(s);
    Ccr__V1__FollowerEffects *answer = ccr__v1__follower_effects__unpack(NULL, envelope.len, envelope.data);
    if (answer == NULL) {
        return ccr_err_set(err, CCR_ARG, "no FollowerEffects");
    }
    struct ccr_status st = take_effects(s, answer, err);
    take_batch(s, answer);
    ccr__v1__follower_effects__free_unpacked(answer, NULL);
    CCR_TRY(st);
    return take_status(s, err);
}
