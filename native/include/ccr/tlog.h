/*
 * Reading the translog of one shard copy while its engine writes it. OpenSearch 3.6.0, verified against
 * TranslogHeader, Checkpoint, TranslogWriter, TranslogReader and MultiSnapshot.
 *
 *   translog-N.tlog   header | operations            one generation
 *   translog-N.ckp    checkpoint of generation N     for every generation but the current one
 *   translog.ckp      checkpoint of the current one  rewritten in place at every sync
 *
 *   header      u32be 0x3FD76C17 | 8 "translog" | u32be version 3 | u32be uuid length | uuid | i64be primary term |
 *               u32be CRC-32 of all before
 *   operation   u32be size = body length + 4 | body | u32be CRC-32 of the body
 *   checkpoint  u32be 0x3FD76C17 | 3 "ckp" | u32be version 4 | eight little-endian fields | footer: u32be 0xC02893E8 |
 *               u32be 0 | u64be CRC-32 of all before; 88 bytes. Version 3 has the same fields big-endian.
 *
 * Rules: only bytes below the checkpoint's offset are read. Of two operations with one seq_no the one of the newer
 * generation wins, in one generation the later. trimmed_above hides the operations of its generation above it. A
 * generation that is open stays readable after it was deleted. All generations carry one uuid.
 *
 * Memory: each open generation has a sparse index of blocks (offset, smallest and largest seq_no); a table remembers
 * where the operations seen last stand. Both are bounded, see the maxima below. No allocation per operation.
 */
#ifndef CCR_TLOG_H
#define CCR_TLOG_H

#include "ccr/file.h"
#include "ccr/op.h"

#define CCR_TLOG_UUID_MAX         64u
#define CCR_TLOG_HEADER_MAX       (33u + CCR_TLOG_UUID_MAX)
#define CCR_TLOG_CHECKPOINT_BYTES 88u
#define CCR_TLOG_GENERATIONS_MAX  128u /* older ones are left to Lucene: at 64 MB each this is past any retention */
#define CCR_TLOG_OPEN_MAX         8u   /* file descriptors (and block indexes) held by one shard */
#define CCR_TLOG_BLOCKS_MAX       64u  /* of one generation; coarsened when full */
#define CCR_TLOG_WINDOW_OPS_MAX   (1u << 15) /* operations one search can cover */
#define CCR_TLOG_FILE_MAX         (UINT64_C(1) << 40)
#define CCR_TLOG_NOT_TRIMMED      (-2)

struct ccr_tlog_checkpoint {
    uint64_t offset; /* end of the operations that are there for sure */
    uint32_t ops;
    uint64_t generation;
    int64_t min_seq_no; /* CCR_SEQ_NO_NONE when there is no operation */
    int64_t max_seq_no;
    int64_t global_checkpoint;
    uint64_t min_generation;
    int64_t trimmed_above; /* CCR_TLOG_NOT_TRIMMED */
};

/* CORRUPT_TLOG: length, magic, codec, footer, CRC, or fields that contradict each other. VERSION: neither 3 nor 4. */
struct ccr_status ccr_tlog_checkpoint_parse(struct ccr_tlog_checkpoint *out, struct ccr_slice bytes,
                                            struct ccr_err *err) CCR_MUST_USE;

/*
 * Reads a checkpoint file that may be rewritten meanwhile: a damaged one is read again. AGAIN: other bytes each time,
 * so the writer is at it. CORRUPT_TLOG: the same damaged bytes twice. GONE, IO, VERSION.
 */
struct ccr_status ccr_tlog_checkpoint_read(struct ccr_tlog_checkpoint *out, const struct ccr_dir *dir, const char *name,
                                           struct ccr_err *err) CCR_MUST_USE;

struct ccr_tlog_header {
    uint32_t length; /* of the header in the file: the offset of the first operation */
    int64_t term;    /* no operation of the file has a higher one */
    char uuid[CCR_TLOG_UUID_MAX + 1];
};

/* bytes: the file's first CCR_TLOG_HEADER_MAX, or all when it is shorter. CORRUPT_TLOG, VERSION. */
struct ccr_status ccr_tlog_header_parse(struct ccr_tlog_header *out, struct ccr_slice bytes,
                                        struct ccr_err *err) CCR_MUST_USE;

struct ccr_tlog; /* opaque; not thread-safe */

/* dir is borrowed and outlives the reader. Opens no file. NOMEM. */
struct ccr_status ccr_tlog_new(struct ccr_tlog **out, const struct ccr_alloc *alloc,
                               const struct ccr_dir *dir) CCR_MUST_USE;
void ccr_tlog_free(struct ccr_tlog *t);

/*
 * Takes the newest checkpoint and learns which generations there are. Call it before ccr_tlog_find to see what was
 * written since. AGAIN: the checkpoint is being rewritten, try again. GONE: no translog here. CORRUPT_TLOG, VERSION,
 * IO, NOMEM. After an error the reader forgets what it knew, so that a later call starts from the files again.
 */
struct ccr_status ccr_tlog_refresh(struct ccr_tlog *t, struct ccr_err *err) CCR_MUST_USE;

/* A gapless run of operations: what is wanted goes in, what is there comes out. */
struct ccr_tlog_run {
    int64_t first_seq_no; /* in, >= 0 */
    int64_t last_seq_no;  /* in, >= first_seq_no */
    uint64_t bytes_max;   /* in: of plain bytes; the first operation may exceed it alone */
    uint32_t ops_max;     /* in, > 0; more than CCR_TLOG_WINDOW_OPS_MAX are never found at once */
    uint32_t ops;         /* out, > 0 */
    uint64_t bytes;       /* out: plain bytes (u32be length + body each) */
};

/*
 * Finds the gapless front of a run without reading bodies. OK. AGAIN: the files end below first_seq_no. GONE:
 * first_seq_no is not in any file. CORRUPT_TLOG with generation and offset, VERSION, IO, NOMEM. ARG: a run that holds nothing.
 */
struct ccr_status ccr_tlog_find(struct ccr_tlog *t, struct ccr_tlog_run *run, struct ccr_err *err) CCR_MUST_USE;

/*
 * Appends the `ops` operations from first_seq_no, which ccr_tlog_find has just found, to `plain`, each CRC checked on
 * the copied bytes. GONE: a generation vanished meanwhile; refresh and find again. CORRUPT_TLOG, IO, NOMEM, LIMIT.
 */
struct ccr_status ccr_tlog_copy(struct ccr_tlog *t, const struct ccr_tlog_run *run, struct ccr_buf *plain,
                                struct ccr_ops_digest *digest, struct ccr_err *err) CCR_MUST_USE;

/* Gives back what only a busy shard needs: the large table, buffers, every file but the current generation's. */
void ccr_tlog_rest(struct ccr_tlog *t);

/* Closes every file and forgets every position. */
void ccr_tlog_reset(struct ccr_tlog *t);

uint64_t ccr_tlog_checked_bytes(const struct ccr_tlog *t); /* bodies whose CRC was computed, ever */
uint64_t ccr_tlog_walked_bytes(const struct ccr_tlog *t);  /* walked over to find operations, ever; only tests ask */
size_t ccr_tlog_memory(const struct ccr_tlog *t);

#endif
