/*
 * One number for everything Java and C must agree on. jni-shim/generate.py computes the same from the same headers.
 */
#include <stdio.h>

#include "ccr/session.h"

#define LAYOUT "u32le envelope length|u32le payload position|u32le payload length|envelope"

static uint32_t fnv1a(uint32_t hash, const char *text)
{
    for (; *text != 0; text++) {
        hash = (hash ^ (uint8_t)*text) * 0x01000193u;
    }
    return hash;
}

uint32_t ccr_abi(void)
{
    static const char *const parts[] = {LAYOUT,
#define X(code, name, duty) #code "," #name ";",
                                        CCR_STATUS_MAP(X)
#undef X
#define X(id, name, kind, text) #id "," #name "," #kind ";",
                                            CCR_METHOD_MAP(X)
#undef X
    };
    uint32_t hash = 0x811C9DC5u;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        hash = fnv1a(hash, parts[i]);
    }
    char messages[9];
    (void)snprintf(messages, sizeof messages, "%08x", CCR_MESSAGES_HASH);
    return fnv1a(hash, messages);
}
