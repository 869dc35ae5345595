/*
 * The one door, from a hostile guest: sessions of every kind opened, called and closed in any order with handles of its
 * own making, methods of other kinds, messages of the right shape and any content, frames that overlap or end early, too
 * little room. The input is a row of commands. A follower that asks is answered with a frame that it can use, so that
 * what follows is reached too.
 */
#include <stdalign.h>

#include "ccr/session.h"
#include "ccr_core.pb-c.h"
#include "frames.h"
#include "fuzz.h"

#define ROOM         (256u << 10)
#define HANDLES      6
#define COMMANDS_MAX 60
#define FETCHES      8

struct asked {
    uint64_t id;
    int64_t from;
};

static struct ccr_runtime *rt;
static struct ccr_workspace *ws;
static uint8_t in[ROOM], out[ROOM];
static int64_t handles[HANDLES];
static struct asked asked[FETCHES];
static unsigned asked_next;
static alignas(max_align_t) uint8_t memory[6][512];

/* ---- messages of any content, by their descriptor */

static void fill(ProtobufCMessage *m, struct draw *d, unsigned depth)
{
    static char uuid[] = "history", folder[] = CCR_TESTS_DIR "/golden/tlog-3.6.0/first-term", nothing[] = "";
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        void *at = (uint8_t *)m + f->offset;
        if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            continue;
        }
        if (f->type == PROTOBUF_C_TYPE_STRING) {
            *(char **)at = strcmp(f->name, "translog_path") == 0 ? folder : draw_u8(d) % 2 ? uuid : nothing;
        } else if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
            unsigned slot = 1 + (depth * 2 + i) % 5;
            ProtobufCMessage *inner = (ProtobufCMessage *)(void *)memory[slot];
            const ProtobufCMessageDescriptor *kind = f->descriptor;
            if (depth < 2 && draw_u8(d) % 8 != 0) {
                kind->message_init(inner);
                fill(inner, d, depth + 1);
                *(ProtobufCMessage **)at = inner;
            }
        } else if (f->type == PROTOBUF_C_TYPE_INT64 || f->type == PROTOBUF_C_TYPE_UINT64 ||
                   f->type == PROTOBUF_C_TYPE_FIXED64 || f->type == PROTOBUF_C_TYPE_DOUBLE) {
            *(uint64_t *)at = draw_number(d);
        } else {
            *(uint32_t *)at = (uint32_t)draw_number(d);
        }
    }
}

static void sane_config(Ccr__V1__FollowerConfig *m, struct draw *d)
{
    m->fetches_max = 1 + draw_u8(d) % 4;
    m->applies_max = 1 + draw_u8(d) % 4;
    m->batch_bytes_max = 1 << 20;
    m->batch_ops_max = 10000;
    m->poll_bytes = 64 << 10;
    m->poll_timeout_ms = 60000;
    m->backoff_min_ms = 50;
    m->backoff_max_ms = 10000;
    m->lease_interval_ms = 30000;
    m->prefix_bytes_max = draw_u8(d) * 16u;
    m->codec = (Ccr__V1__Codec)(draw_u8(d) % 3);
    m->level = 1;
}

static ProtobufCMessage *message(const ProtobufCMessageDescriptor *kind, struct draw *d)
{
    ProtobufCMessage *m = (ProtobufCMessage *)(void *)memory[0];
    kind->message_init(m);
    fill(m, d, 0);
    if (kind == &ccr__v1__follower_config__descriptor && draw_u8(d) % 8 != 0) {
        sane_config((Ccr__V1__FollowerConfig *)(void *)m, d);
    } else if (kind == &ccr__v1__leader_read__descriptor && draw_u8(d) % 4 != 0) {
        Ccr__V1__LeaderRead *r = (Ccr__V1__LeaderRead *)(void *)m;
        if (r->request != NULL) {
            r->request->version = 1;
            r->request->level = 1;
            r->request->codec = (Ccr__V1__Codec)(draw_u8(d) % 3);
            r->request->last_seq_no = -1;
            r->request->wait_ms = 0;
            r->request->max_bytes = 1 + draw_u16(d);
            r->request->max_ops = 1 + draw_u8(d);
            r->request->prefix_bytes = draw_u8(d) % 2 ? 0 : r->request->prefix_bytes;
        }
    }
    return m;
}

/* ---- commands */

static int64_t some_handle(struct draw *d)
{
    uint8_t which = draw_u8(d);
    return which >= 0xE0 ? (int64_t)draw_number(d) : handles[which % HANDLES];
}

static void open_one(struct draw *d)
{
    static const ProtobufCMessageDescriptor *const kinds[] = {
        NULL, &ccr__v1__leader_open__descriptor, &ccr__v1__follower_config__descriptor,
        NULL, &ccr__v1__digest_open__descriptor, &ccr__v1__verify_config__descriptor};
    struct ccr_err err = {.text = ""};
    uint8_t how = draw_u8(d), slot = draw_u8(d) % HANDLES;
    unsigned kind = how % 7;
    size_t len = 0;
    if (how >= 0xE0) {
        struct ccr_slice raw = draw_bytes(d, draw_u8(d));
        memcpy(in, raw.data, raw.len);
        len = raw.len;
    } else if (kind < 6 && kinds[kind] != NULL) {
        len = protobuf_c_message_pack(message(kinds[kind], d), in);
    }
    if (handles[slot] != 0) {
        HOLDS(ccr_ok(ccr_session_close(rt, handles[slot])), "an open session");
        HOLDS(ccr_is(ccr_session_close(rt, handles[slot]), CCR_CLOSED), "a closed session");
    }
    uint8_t *exact = fuzz_copy(ccr_slice_of(in, len));
    struct ccr_status s = ccr_session_open(rt, (enum ccr_session_kind)kind, exact, len, &handles[slot], &err);
    HOLDS(ccr_ok(s) ? handles[slot] > 0 : handles[slot] == 0 && err.text[0] != '\0', "%s", ccr_status_name(s));
    HOLDS(!ccr_is(s, CCR_BROKEN), "%s", err.text);
    free(exact);
}

/* A frame as a leader would answer the fetch, now and then with a bit wrong. */
static size_t answer_of(const struct asked *a, struct draw *d, uint8_t *to, size_t cap)
{
    uint8_t how = draw_u8(d);
    struct plain_ops p = plain_new(a->from);
    plain_log(&p, how % 4);
    struct frame f = frame_of(ws, &p, (enum ccr_codec_id)(how / 4 % 3), ccr_slice_of(NULL, 0));
    size_t len = f.len <= cap ? f.len : 0;
    if (len > 0) {
        memcpy(to, f.data, len);
        if (how >= 0xE0) {
            to[draw_u16(d) % len] ^= 1;
        }
    }
    frame_free(&f);
    plain_free(&p);
    return len;
}

static const ProtobufCMessageDescriptor *envelope_of(unsigned method)
{
    switch (method) {
    case CCR_METHOD_LEADER_READ:
    case CCR_METHOD_LEADER_PACK:
        return &ccr__v1__leader_read__descriptor;
    case CCR_METHOD_FOLLOWER_EVENT:
        return &ccr__v1__follower_event__descriptor;
    case CCR_METHOD_PACK_CHUNK:
        return &ccr__v1__chunk_pack__descriptor;
    case CCR_METHOD_PACK_BATCH:
        return &ccr__v1__batch_pack__descriptor;
    case CCR_METHOD_VERIFY_EVENT:
        return &ccr__v1__verify_event__descriptor;
    case CCR_METHOD_JUDGE_PAUSE:
        return &ccr__v1__pause_facts__descriptor;
    case CCR_METHOD_JUDGE_DISK:
        return &ccr__v1__disk_facts__descriptor;
    default:
        return NULL;
    }
}

static size_t payload_of(unsigned method, struct draw *d, uint8_t *to, size_t cap)
{
    uint8_t how = draw_u8(d);
    if (how >= 0xD0) {
        struct ccr_slice raw = draw_bytes(d, draw_u16(d) % 2048);
        memcpy(to, raw.data, raw.len);
        return raw.len;
    }
    struct asked anything = {0, how % 4};
    if (method == CCR_METHOD_UNPACK_BATCH) {
        return answer_of(&anything, d, to, cap);
    }
    if (method == CCR_METHOD_PACK_BATCH || method == CCR_METHOD_LEADER_PACK || method == CCR_METHOD_DIGEST_ADD) {
        struct plain_ops p = plain_new(how % 16);
        plain_log(&p, how % 5);
        size_t len = p.len <= cap ? p.len : 0;
        memcpy(to, len > 0 ? p.data : to, len);
        plain_free(&p);
        return len;
    }
    return method == CCR_METHOD_UNPACK_CHUNK || method == CCR_METHOD_PACK_CHUNK ? how : 0;
}

/* A call frame of the right shape; its length. */
static size_t frame_call(unsigned method, struct draw *d)
{
    const ProtobufCMessageDescriptor *kind = envelope_of(method);
    size_t envelope = 0, payload = 0, pos;
    if (kind != NULL) {
        ProtobufCMessage *m = message(kind, d);
        Ccr__V1__FollowerEvent *e = (Ccr__V1__FollowerEvent *)(void *)m;
        if (method == CCR_METHOD_FOLLOWER_EVENT && draw_u8(d) % 2) {
            e->kind = (Ccr__V1__EventKind)(draw_u8(d) % 12);
            e->error = (Ccr__V1__ErrorClass)(draw_u8(d) % 13);
            e->now_ms = draw_u16(d);
            const struct asked *a = &asked[draw_u8(d) % FETCHES];
            e->id = a->id;
            if (e->kind == CCR__V1__EVENT_KIND__EVENT_FETCHED) {
                payload = answer_of(a, d, in + 4096, ROOM - 4096);
            }
        }
        envelope = protobuf_c_message_pack(m, in + CCR_CALL_PREAMBLE);
    }
    pos = CCR_CALL_PREAMBLE + envelope;
    if (payload > 0) {
        memmove(in + pos, in + 4096, payload);
    } else {
        payload = payload_of(method, d, in + pos, ROOM - pos);
    }
    uint8_t bent = draw_u8(d); /* now and then one of the three numbers says something else */
    ccr_put_u32le(in, bent == 0xFF ? (uint32_t)draw_number(d) : (uint32_t)envelope);
    ccr_put_u32le(in + 4, bent == 0xFE ? (uint32_t)draw_number(d) : (uint32_t)pos);
    ccr_put_u32le(in + 8, bent == 0xFD ? (uint32_t)draw_number(d) : (uint32_t)payload);
    return pos + payload;
}

static void remember(struct ccr_slice envelope)
{
    Ccr__V1__FollowerEffects *m = ccr__v1__follower_effects__unpack(NULL, envelope.len, envelope.data);
    HOLDS(m != NULL, "%zu bytes are no FollowerEffects", envelope.len);
    for (size_t i = 0; i < m->n_effects; i++) {
        if (m->effects[i]->request != NULL) {
            asked[asked_next++ % FETCHES] = (struct asked){m->effects[i]->id, m->effects[i]->request->from_seq_no};
        }
    }
    ccr__v1__follower_effects__free_unpacked(m, NULL);
}

static void call_one(struct draw *d)
{
    struct ccr_err err = {.text = ""};
    unsigned method = draw_u8(d) % 24;
    int64_t handle = some_handle(d);
    uint8_t room = draw_u8(d);
    size_t cap = room >= 0xE0 ? room % 32 : ROOM, len, needed;
    size_t in_len = room % 32 == 31 ? draw_u8(d) % 32 : frame_call(method, d);
    uint8_t *exact = fuzz_copy(ccr_slice_of(in, in_len));
    struct ccr_status s = ccr_session_call(rt, handle, (enum ccr_method)method, exact, in_len, out, cap, &len, &err);
    HOLDS(!ccr_is(s, CCR_BROKEN) && !ccr_is(s, CCR_NOMEM), "%s", err.text);
    if (ccr_is(s, CCR_NOBUF)) {
        HOLDS(len > cap, "%zu bytes are needed, %zu are there", len, cap);
        needed = len;
        if (needed <= ROOM) {
            s = ccr_session_call(rt, handle, (enum ccr_method)method, exact, in_len, out, needed, &len, &err);
            HOLDS(!ccr_is(s, CCR_NOBUF) || len > needed, "%zu bytes did not do", needed);
            cap = needed;
        }
    }
    if (ccr_ok(s)) {
        uint64_t envelope = ccr_get_u32le(out), pos = ccr_get_u32le(out + 4), payload = ccr_get_u32le(out + 8);
        HOLDS(len <= cap && len >= CCR_CALL_PREAMBLE, "%zu bytes of answer", len);
        HOLDS(CCR_CALL_PREAMBLE + envelope <= pos && pos + payload <= len, "%zu bytes of answer", len);
        if (method == CCR_METHOD_FOLLOWER_EVENT) {
            remember(ccr_slice_of(out + CCR_CALL_PREAMBLE, envelope));
        }
    } else {
        HOLDS(err.text[0] != '\0', "%s without a word", ccr_status_name(s));
    }
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t config[64];
    struct draw d = draw_of(data, size);
    if (rt == NULL) {
        Ccr__V1__RuntimeConfig m = CCR__V1__RUNTIME_CONFIG__INIT;
        m.sessions_max = HANDLES - 1; /* one less than are tried */
        m.workspaces_max = 2;
        m.follower_bytes_max = 4u << 20;
        if (!ccr_ok(
                ccr_runtime_new(&rt, ccr_alloc_system(), config, ccr__v1__runtime_config__pack(&m, config), NULL)) ||
            !ccr_ok(ccr_workspace_new(&ws, ccr_alloc_system()))) {
            abort();
        }
    }
    memset(handles, 0, sizeof handles);
    memset(asked, 0, sizeof asked);
    asked_next = 0;
    for (int i = 0; i < COMMANDS_MAX && draw_left(&d) > 0; i++) {
        if (draw_u8(&d) % 4 == 0) {
            open_one(&d);
        } else {
            call_one(&d);
        }
    }
    for (int i = 0; i < HANDLES; i++) {
        HOLDS(handles[i] == 0 || ccr_ok(ccr_session_close(rt, handles[i])), "session %d", i);
    }
    return 0;
}
