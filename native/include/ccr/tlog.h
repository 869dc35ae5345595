/*
 * Reading the translog of an OpenSearch 3.6.0 shard while the engine writes it.
 *
 *   translog.ckp      88 bytes, describes the current generation; overwritten at each sync
 *   translog-N.tlog   header, then operations: u32be size (body + 4), body, u32be CRC-32 of the body
 *   translog-N.ckp    88 bytes, the final description of an older generation
 *
 * Only bytes below a checkpoint's offset are read: they are whole operations and on disk. Rules of the core's MultiSnapshot:
 * the newest generation wins for a sequence number, and operations above trimmed_above of their generation do not exist.
 *
 * A `ccr_tlog` remembers which block of which generation holds which sequence numbers, in a bounded index, so that a
 * range is found without scanning from the start and each byte is scanned once. Sequence numbers in a file are only nearly
 * ordered, because several threads write. Not thread-safe.
 */
#ifndef CCR_TLOG_H
#define CCR_TLOG_H

#include "ccr/file.h"
#include "ccr/op.h"

#define CCR_TLOG_CHECKPOINT_BYTES 88u
#define CCR_TLOG_HEADER_BYTES_MAX 128u
#define CCR_TLOG_UUID_MAX 64u
#define CCR_TLOG_GENERATIONS_MAX 4096u /* more than retention by count ever keeps */

struct ccr_tlog_header {
    char uuid[CCR_TLOG_UUID_MAX];
    int64_t term;    /* primary term the generation was opened with */
    uint32_t length; /* operations begin here */
};

/* CORRUPT_TLOG names the field, expected and got; VERSION for a newer codec version. */
struct ccr_status ccr_tlog_header_parse(struct ccr_tlog_header *h, struct ccr_slice bytes, struct ccr_err *err) CCR_MUST_USE;

struct ccr_tlog_checkpoint {
    uint64_t offset; /* end of the last whole operation */
    uint32_t ops;
    uint64_t generation;
    int64_t min_seq_no; /* CCR_SEQ_NO_NONE when there is no operation */
    int64_t max_seq_no;
    int64_t global_checkpoint;
    uint64_t min_generation; /* oldest generation that exists */
    int64_t trimmed_above;   /* CCR_SEQ_NO_UNASSIGNED: nothing trimmed */
};

/* CORRUPT_TLOG also for a checkpoint that is being overwritten at this moment: read it again. VERSION. */
struct ccr_status ccr_tlog_checkpoint_parse(struct ccr_tlog_checkpoint *c, struct ccr_slice bytes,
                                            struct ccr_err *err) CCR_MUST_USE;

struct ccr_tlog; /* opaque */

/* dir is borrowed and outlives the reader. Reads nothing yet. NOMEM. */
struct ccr_status ccr_tlog_new(struct ccr_tlog **out, const struct ccr_alloc *alloc, const struct ccr_dir *dir) CCR_MUST_USE;
void ccr_tlog_free(struct ccr_tlog *t);

/* Where an operation's body lies. len 0: not found. */
struct ccr_tlog_ref {
    uint64_t at;         /* in the staging buffer */
    uint64_t offset;     /* of the operation in its file */
    uint64_t generation;
    uint32_t len;
    uint32_t crc;        /* as it stands in the file; not yet compared */
};

struct ccr_tlog_window {
    int64_t from; /* inclusive */
    int64_t last; /* inclusive, >= from */
    uint32_t max_ops;
    uint64_t max_bytes; /* of bodies with their length words; one operation may exceed it alone */
};

/*
 * Finds the gapless front of the window. Bodies lie in `staging`; `refs` holds `*count` struct ccr_tlog_ref in ascending
 * order, the first for window.from. Both buffers are reset; the refs are valid until staging changes.
 * GONE: window.from is in no generation (pruned, or not yet written here). AGAIN: files changed under every attempt.
 * CORRUPT_TLOG, IO, NOMEM, LIMIT.
 */
struct ccr_status ccr_tlog_collect(struct ccr_tlog *t, const struct ccr_tlog_window *w, struct ccr_buf *staging,
                                   struct ccr_buf *refs, uint32_t *count, struct ccr_err *err) CCR_MUST_USE;

/*
 * Appends the collected operation to `plain` as u32be length and body, and compares the CRC of the copied bytes with the
 * file's. CORRUPT_TLOG names generation and offset.
 */
struct ccr_status ccr_tlog_copy(const struct ccr_tlog_ref *ref, int64_t seq_no, const struct ccr_buf *staging,
                                struct ccr_buf *plain, struct ccr_ops_digest *digest, struct ccr_err *err) CCR_MUST_USE;

uint64_t ccr_tlog_scanned_bytes(const struct ccr_tlog *t);
size_t ccr_tlog_memory(const struct ccr_tlog *t);

#endif
