/*
 * A bounded allocator for unpacking one protobuf message: a bump pointer over memory of the caller, nothing freed one
 * by one. When it is used up, protobuf-c gives up and the message is refused: the bound on what a message may make us
 * hold.
 */
#ifndef CCRI_ARENA_H
#define CCRI_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

struct ccri_arena {
    ProtobufCAllocator allocator;
    uint8_t *at;
    uint8_t *end;
};

/* memory is borrowed and outlives the arena and every message unpacked with it. */
void ccri_arena_init(struct ccri_arena *a, void *memory, size_t len);

#endif
