/*
 * What the files of tlog share: the set of generations, the index of each open one, the table of places. Only they
 * include it.
 */
#ifndef CCRI_TLOG_PRIVATE_H
#define CCRI_TLOG_PRIVATE_H

#include "ccr/tlog.h"

#include <inttypes.h>

/* Small enough that bytes are still in the L2 cache when they are copied on; measured by tests/bench/core/scan.c. */
#define SCRATCH_BYTES     (64u << 10)
#define BLOCK_BYTES_FIRST (64u << 10)
#define TABLE_FIRST       256u /* 6 KB: what an idle shard keeps */
#define OP_OVERHEAD       8u   /* size and CRC around a body */
#define NOT_OPEN          UINT32_MAX

/* One stretch of a generation; it ends where the next begins. */
struct tlog_block {
    uint64_t offset;
    int64_t min_seq_no;
    int64_t max_seq_no;
};

/* An open generation: its file and its index. Both go when it is closed. */
struct tlog_open {
    uint64_t generation;
    uint64_t used; /* when, in searches; the least goes first */
    uint64_t block_bytes;
    int file;
    uint32_t blocks;
    struct tlog_block block[CCR_TLOG_BLOCKS_MAX];
};

struct tlog_generation {
    uint64_t number;
    uint64_t end;     /* the checkpoint's offset: nothing at or above is read */
    uint64_t walked;  /* everything below is indexed; 0 until it is opened */
    uint64_t checked; /* every CRC below was found right by a check for damage */
    int64_t min_seq_no;
    int64_t max_seq_no;
    int64_t trimmed_above;
    int64_t term; /* of the header; -1 until it was opened once */
    uint32_t ops;
    uint32_t ops_walked;
    uint32_t header_length;
    uint32_t open; /* index into ccr_tlog.open, or NOT_OPEN */
};

/* Where an operation stands. seq_no < 0: nothing. */
struct tlog_place {
    int64_t seq_no;
    uint64_t offset; /* of the size field */
    uint32_t body_length;
    uint32_t generation; /* the low half of its number: only neighbours are known at one time */
};

struct ccr_tlog {
    const struct ccr_alloc *alloc;
    const struct ccr_dir *dir;
    struct tlog_generation *generation; /* consecutive numbers, ascending; the last is the current one */
    uint32_t generations;
    uint32_t generations_cap;
    struct tlog_open *open[CCR_TLOG_OPEN_MAX];
    uint64_t searches;

    /* Direct-mapped by seq_no: the place seen last of each. Takes only what is inside [base, base + places). */
    struct tlog_place *place;
    uint32_t places; /* a power of two, or 0 */
    int64_t base;

    uint8_t *scratch;
    bool vanished; /* a generation was found deleted during this search */
    bool resized;  /* a place was taken by a newer copy of another length: what was counted before is stale */
    uint64_t checked_bytes;
    uint64_t walked_bytes;
    char uuid[CCR_TLOG_UUID_MAX + 1]; /* of the first header read; empty before */
};

/* Adds where the error is. */
struct ccr_status ccri_tlog_at(struct ccr_err *err, struct ccr_status status, uint64_t generation, uint64_t offset);

/* tlog_place.c: the table of places */
struct ccr_status ccri_tlog_places_reserve(struct ccr_tlog *t, uint64_t ops);
void ccri_tlog_places_put(struct ccr_tlog *t, const struct tlog_generation *g, int64_t seq_no, uint64_t offset,
                          uint32_t body_length);
const struct tlog_place *ccri_tlog_places_get(const struct ccr_tlog *t, int64_t seq_no);
struct tlog_generation *ccri_tlog_place_generation(const struct ccr_tlog *t, const struct tlog_place *p);

/* tlog_set.c: which generations there are */
struct tlog_generation *ccri_tlog_generation(const struct ccr_tlog *t, uint64_t number);
void ccri_tlog_drop_to(struct ccr_tlog *t, uint64_t number); /* forgets it and all older ones */
bool ccri_tlog_hides(const struct tlog_generation *g, int64_t seq_no);
/* Reads the generation's own checkpoint again: trimmed_above may have come down. */
struct ccr_status ccri_tlog_reload(struct ccr_tlog *t, struct tlog_generation *g, struct ccr_err *err);

/* tlog_open.c: files of generations */
/* GONE: the file vanished; the caller drops the generation. */
struct ccr_status ccri_tlog_open(struct ccr_tlog *t, struct tlog_generation *g, struct ccr_err *err);
void ccri_tlog_close(struct ccr_tlog *t, uint32_t slot);
/* Reads exactly len bytes. CORRUPT_TLOG when the file ends before, though the checkpoint says otherwise. */
struct ccr_status ccri_tlog_read(struct ccr_tlog *t, struct tlog_generation *g, uint64_t offset, void *data, size_t len,
                                 struct ccr_err *err);
struct ccr_status ccri_tlog_scratch(struct ccr_tlog *t, struct ccr_err *err);

/* tlog_walk.c: from operation to operation */
/* Walks the next chunk that is not indexed yet. g is open and g->walked < g->end. */
struct ccr_status ccri_tlog_extend(struct ccr_tlog *t, struct tlog_generation *g, struct ccr_err *err);
/* Walks an indexed block again, for its places. */
struct ccr_status ccri_tlog_walk_block(struct ccr_tlog *t, struct tlog_generation *g, uint32_t block,
                                       struct ccr_err *err);
/* Computes every CRC of the generation that was not computed yet: tells damage from absence. */
struct ccr_status ccri_tlog_check(struct ccr_tlog *t, struct tlog_generation *g, struct ccr_err *err);
struct ccr_status ccri_tlog_crc_wrong(struct ccr_err *err, const struct tlog_generation *g, uint64_t offset,
                                      uint32_t got, uint32_t expected);

#endif
