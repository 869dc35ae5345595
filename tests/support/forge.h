/*
 * A translog folder in memory, written as OpenSearch 3.6.0 writes it and then damaged on purpose, seen through a
 * ccr_dir that can fail. A deleted file that somebody has open stays readable. forge_save puts it on a real disk.
 */
#ifndef CCR_TESTS_FORGE_H
#define CCR_TESTS_FORGE_H

#include "ccr/file.h"
#include "ccr/op.h"

#define FORGE_UUID            "forge-uuid-0123456789a"
#define FORGE_HEADER          (37u + 22u - 4u) /* of a file with FORGE_UUID */
#define FORGE_GENERATIONS_MAX 160
#define FORGE_HANDLES_MAX     64

struct forge_file {
    char name[40];
    uint8_t *data;
    size_t len;
    size_t cap;
    int refs;
};

struct forge_generation {
    uint64_t number;
    int64_t term;
    uint32_t ops;
    int64_t min_seq_no;
    int64_t max_seq_no;
    int64_t trimmed_above;
    struct forge_file *log;
    struct forge_file *ckp; /* NULL while current */
};

enum forge_fault { FORGE_NO_FAULT, FORGE_EIO, FORGE_SHORT, FORGE_ENOENT };

struct forge {
    struct forge_generation generation[FORGE_GENERATIONS_MAX];
    size_t generations;
    uint64_t min_generation;
    int64_t global_checkpoint;
    const char *uuid;
    uint32_t ckp_version;
    struct forge_file *ckp;
    struct forge_file *handle[FORGE_HANDLES_MAX];
    size_t open_files;
    size_t open_files_peak;

    size_t calls; /* open, read and size */
    size_t reads;
    uint64_t read_bytes;
    size_t fault_at; /* the call with this number fails; SIZE_MAX for none */
    enum forge_fault fault;
    void (*before)(struct forge *f, size_t call, const char *name_or_null, void *ctx); /* may change the folder */
    void *before_ctx;
};

void forge_init(struct forge *f, int64_t term);
void forge_fini(struct forge *f);
struct ccr_dir forge_dir(struct forge *f);

/* Operations go to the current generation; they are visible after forge_sync. */
void forge_index(struct forge *f, int64_t seq_no, int64_t term, size_t source_len);
void forge_delete(struct forge *f, int64_t seq_no, int64_t term);
void forge_no_op(struct forge *f, int64_t seq_no, int64_t term);
void forge_body(struct forge *f, int64_t seq_no, const void *body, size_t len);
void forge_sync(struct forge *f);
void forge_roll(struct forge *f, int64_t term);
void forge_drop_below(struct forge *f, uint64_t generation);                      /* as trimUnreferencedReaders */
void forge_trim(struct forge *f, int64_t below_term, int64_t above);              /* as trimOperations */
void forge_fill(struct forge *f, int64_t first, int64_t last, size_t source_len); /* index, delete and no-op in turns */

struct forge_file *forge_file(struct forge *f, const char *name); /* NULL when there is none */
void forge_unlink(struct forge *f, const char *name);
void forge_write_ckp(struct forge *f, const struct forge_generation *g, struct forge_file *to);
void forge_seal_ckp(struct forge_file *ckp); /* makes its CRC right after a change */
struct forge_generation *forge_current(struct forge *f);
void forge_put(struct forge_file *file, const void *data, size_t len);

/* Body of an index operation with a source that differs by seq_no; returns its length. */
size_t forge_index_body(uint8_t *to, size_t cap, int64_t seq_no, int64_t term, size_t source_len);

int forge_save(const struct forge *f, const char *folder); /* 0 when all files were written */

#endif
