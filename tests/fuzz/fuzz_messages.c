/*
 * Every protobuf message of the project from any bytes: the first byte chooses which. Unpacked within bounded memory as
 * the core does it; what unpacks, packs to bytes that unpack to the same. Where the core turns a message into a struct
 * of its own, that is done too, and its limits hold.
 */
#include <stdalign.h>

#include "ccr_core.pb-c.h"
#include "ccr_wire.pb-c.h"
#include "fuzz.h"
#include "session/messages.h"
#include "wire/arena.h"

#define ARENA (12u << 10)

/* Those of proto/, in the order they stand there: tests/CMakeLists.txt writes them down, so that none is forgotten. */
static const ProtobufCMessageDescriptor *const messages[] = {
#define X(message) &ccr__v1__##message##__descriptor,
#include "all_messages.h"
#undef X
};

#define MESSAGES (sizeof messages / sizeof *messages)

static void convert(const ProtobufCMessage *m)
{
    struct ccr_err err = {.text = ""};
    if (m->descriptor == &ccr__v1__read_request__descriptor) {
        struct ccr_read_request r;
        struct ccr_status s = ccri_request_of(&r, (const Ccr__V1__ReadRequest *)m, &err);
        HOLDS(ccr_ok(s) || ccr_is(s, CCR_ARG) || ccr_is(s, CCR_VERSION), "%s", err.text);
        if (ccr_ok(s)) {
            Ccr__V1__ReadRequest back;
            struct ccr_read_request again;
            ccri_request_message(&back, &r);
            HOLDS(ccr_ok(ccri_request_of(&again, &back, &err)), "%s", err.text);
            HOLDS(again.from_seq_no == r.from_seq_no && again.max_bytes == r.max_bytes && again.max_ops == r.max_ops &&
                      again.prefix_bytes == r.prefix_bytes && strcmp(again.history_uuid, r.history_uuid) == 0,
                  "from %lld", (long long)r.from_seq_no);
        }
    } else if (m->descriptor == &ccr__v1__follower_config__descriptor) {
        struct ccr_follower_config c;
        struct ccr_status s = ccri_config_of(&c, (const Ccr__V1__FollowerConfig *)m, &err);
        HOLDS(ccr_ok(s) || ccr_is(s, CCR_ARG), "%s", err.text);
        HOLDS(!ccr_ok(s) || ccr_ok(ccr_follower_config_check(&c, &err)), "%s", err.text);
    }
}

/* protobuf-c takes an unknown field 0 when its tag is two bytes long, and then does not take what it packs of it. */
static bool has_unknown(const ProtobufCMessage *m)
{
    bool found = m->n_unknown_fields > 0;
    for (unsigned i = 0; i < m->descriptor->n_fields && !found; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        const uint8_t *at = (const uint8_t *)m + f->offset;
        if (f->type != PROTOBUF_C_TYPE_MESSAGE) {
            continue;
        }
        const ProtobufCMessage *const *inner = (const ProtobufCMessage *const *)(const void *)at;
        size_t count = *inner != NULL;
        if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            count = *(const size_t *)(const void *)((const uint8_t *)m + f->quantifier_offset);
            inner = *(const ProtobufCMessage *const *const *)(const void *)at;
        }
        for (size_t k = 0; k < count && !found; k++) {
            found = has_unknown(inner[k]);
        }
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    alignas(max_align_t) uint8_t memory[ARENA], second[4 * ARENA];
    struct ccri_arena arena;
    if (size == 0) {
        return 0;
    }
    const ProtobufCMessageDescriptor *kind = messages[data[0] % MESSAGES];
    ccri_arena_init(&arena, memory, sizeof memory);
    const ProtobufCMessage *m = protobuf_c_message_unpack(kind, &arena.allocator, size - 1, data + 1);
    if (m == NULL) {
        return 0;
    }
    convert(m);
    if (has_unknown(m)) {
        return 0;
    }
    size_t len = protobuf_c_message_get_packed_size(m);
    uint8_t *packed = malloc(len + 1), *again = malloc(len + 1);
    HOLDS(protobuf_c_message_pack(m, packed) == len, "%s of %zu bytes", kind->name, len);
    ccri_arena_init(&arena, second, sizeof second);
    m = protobuf_c_message_unpack(kind, &arena.allocator, len, packed);
    HOLDS(m != NULL && protobuf_c_message_get_packed_size(m) == len, "%s of %zu bytes", kind->name, len);
    HOLDS(protobuf_c_message_pack(m, again) == len && memcmp(packed, again, len) == 0, "%s changes", kind->name);
    free(packed);
    free(again);
    return 0;
}
