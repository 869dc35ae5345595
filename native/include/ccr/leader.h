/*
 * The leader side: chooses operations of one shard copy from its translog files and packs them.
 *
 * One object per shard copy, shared by all followers of it: it holds positions, never a follower's state. Not thread-safe;
 * the session table admits one call at a time. It reads only files of the folder it was given.
 */
#ifndef CCR_LEADER_H
#define CCR_LEADER_H

#include "ccr/file.h"
#include "ccr/wire.h"

struct ccr_leader; /* opaque */

struct ccr_leader_counts {
    uint64_t reads;
    uint64_t operations;
    uint64_t raw_bytes;
    uint64_t packed_bytes;
    uint64_t scanned_bytes;
    uint64_t gone;
    uint64_t prefix_hits;
    uint64_t prefix_misses;
    uint64_t operations_lucene;
};

/*
 * dir is borrowed and outlives the leader (ccr/file.h: open, pread, size, close; the platform's or a test's). Every frame
 * names ccr_wire_origin(history_uuid, shard). NOMEM, ARG.
 */
struct ccr_status ccr_leader_new(struct ccr_leader **out, const struct ccr_alloc *alloc, const struct ccr_dir *dir,
                                 const char *history_uuid, const char *shard, struct ccr_err *err) CCR_MUST_USE;
void ccr_leader_free(struct ccr_leader *l);

/*
 * Packs [from, min(last, global checkpoint)] bounded by max_bytes and max_ops (at least one operation) as a frame into dst.
 * An empty frame when the global checkpoint is below from. Only the gapless front is sent: a hole ends the batch.
 * GONE: `from` itself is not in the translog. HISTORY: r->history_uuid is another. VERSION: of the request, or of the
 * translog's files. LIMIT: one operation beyond CCR_WIRE_RAW_MAX. CORRUPT_TLOG, IO, NOMEM, ARG.
 * NOBUF: *len is the needed capacity; nothing was counted; calling again with it succeeds.
 */
struct ccr_status ccr_leader_read(struct ccr_leader *l, struct ccr_workspace *ws, const struct ccr_read_request *r,
                                  const struct ccr_leader_state *state, uint8_t *dst, size_t cap, size_t *len,
                                  struct ccr_wire_header *header, struct ccr_err *err) CCR_MUST_USE;

/*
 * The same frame from plain operations that Java read from Lucene. They must begin at r->from_seq_no without a gap and
 * end at or below the global checkpoint; ARG names the first that does not. HISTORY, VERSION, NOBUF, NOMEM as above.
 */
struct ccr_status ccr_leader_pack(struct ccr_leader *l, struct ccr_workspace *ws, const struct ccr_read_request *r,
                                  const struct ccr_leader_state *state, struct ccr_slice plain, uint8_t *dst,
                                  size_t cap, size_t *len, struct ccr_wire_header *header,
                                  struct ccr_err *err) CCR_MUST_USE;

void ccr_leader_counts(const struct ccr_leader *l, struct ccr_leader_counts *out);

/* Bytes of memory held; only tests and the benchmark ask, for the bound of 32 KB an idle shard. */
size_t ccr_leader_memory(const struct ccr_leader *l);

#endif
