/*
 * A set of generations and the sparse index of each. Shared by the files of this module only.
 */
#ifndef CCRI_TLOG_PRIVATE_H
#define CCRI_TLOG_PRIVATE_H

#include "ccr/tlog.h"

#define CCRI_INDEX_BLOCKS      128u
#define CCRI_INDEX_BLOCK_BYTES (64u << 10) /* first size of a block; doubled each time the index is full */
#define CCRI_INDEXES_MAX       6u          /* of a shard: 6 x 3 KB, within the 32 KB an idle shard may hold */

struct ccri_tlog_block {
    uint64_t offset; /* of its first operation; the block ends where the next begins */
    int64_t min_seq_no;
    int64_t max_seq_no;
};

struct ccri_tlog_index {
    uint32_t count;
    uint64_t block_bytes;
    struct ccri_tlog_block blocks[CCRI_INDEX_BLOCKS];
};

void ccri_tlog_index_init(struct ccri_tlog_index *x);
void ccri_tlog_index_add(struct ccri_tlog_index *x, uint64_t offset, int64_t seq_no);

struct ccri_tlog_gen {
    uint64_t generation;
    int64_t term;        /* -1 until the header was read */
    uint32_t data_start; /* 0 until the header was read */
    int file;            /* -1 when closed */
    bool final;          /* described by its own checkpoint file */
    uint64_t limit;
    int64_t min_seq_no;
    int64_t max_seq_no;
    int64_t trimmed_above;
    uint64_t scanned; /* the index covers [data_start, scanned) */
    struct ccri_tlog_index *index;
    uint64_t used; /* tick of the last use, for giving up the index used longest ago */
};

struct ccr_tlog {
    const struct ccr_alloc *alloc;
    const struct ccr_dir *dir;
    struct ccr_buf gens; /* struct ccri_tlog_gen, ascending and without a gap */
    char uuid[CCR_TLOG_UUID_MAX];
    uint64_t tick;
    uint64_t scanned_bytes;
};

size_t ccri_tlog_count(const struct ccr_tlog *t);
struct ccri_tlog_gen *ccri_tlog_at(const struct ccr_tlog *t, size_t i);

/* Brings the list of generations and their limits up to what the checkpoint files say now. */
struct ccr_status ccri_tlog_refresh(struct ccr_tlog *t, struct ccr_err *err) CCR_MUST_USE;

/* Opens the file, reads the header and gives the generation an index. GONE when the file was deleted. */
struct ccr_status ccri_tlog_use(struct ccr_tlog *t, struct ccri_tlog_gen *g, struct ccr_err *err) CCR_MUST_USE;

/* Closes all files but the newest generation's. */
void ccri_tlog_rest(struct ccr_tlog *t);

#endif
