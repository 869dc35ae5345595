/*
 * Reading files of one folder: the only door of the core to the operating system, and the seam for tests.
 * Names are plain file names; a name with '/' or a leading '.' is refused. Files are opened read-only, no symlinks.
 */
#ifndef CCR_FILE_H
#define CCR_FILE_H

#include "ccr/alloc.h"
#include "ccr/status.h"

struct ccr_dir {
    /* *file: an id for the other calls. GONE: no such file. IO, ARG. */
    struct ccr_status (*open)(void *ctx, const char *name, int *file, struct ccr_err *err);
    /* Reads len bytes at offset; *got < len only at the end of the file. Retries EINTR. IO. */
    struct ccr_status (*read)(void *ctx, int file, void *data, size_t len, uint64_t offset, size_t *got,
                              struct ccr_err *err);
    struct ccr_status (*size)(void *ctx, int file, uint64_t *size, struct ccr_err *err);
    void (*close)(void *ctx, int file);
    void *ctx;
};

/* A folder of the real file system, held by descriptor. IO when it cannot be opened; ARG when not absolute. */
struct ccr_status ccr_dir_open(struct ccr_dir *out, const struct ccr_alloc *alloc, const char *absolute_path,
                               struct ccr_err *err) CCR_MUST_USE;
void ccr_dir_close(
    struct ccr_dir *dir); /* only for one that ccr_dir_open made; files opened through it are closed before */

#endif
