/* Files of one folder through its descriptor, so that no path and no symlink can lead elsewhere. */
#define _POSIX_C_SOURCE 200809L
#include "ccr/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct posix_dir {
    const struct ccr_alloc *alloc;
    int fd;
};

static struct ccr_status io_error(struct ccr_err *err, const char *what, const char *name)
{
    int saved = errno;
    struct ccr_status s =
        ccr_err_set(err, saved == ENOENT ? CCR_GONE : CCR_IO, "cannot %s [%s]: errno %d", what, name, saved);
    if (err != NULL) {
        err->os_error = saved;
    }
    return s;
}

static int open_retrying(int dir, const char *name)
{
    int fd;
    do {
        fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static struct ccr_status posix_open(void *ctx, const char *name, int *file, struct ccr_err *err)
{
    const struct posix_dir *dir = ctx;
    struct stat st;
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
        return ccr_err_set(err, CCR_ARG, "file name [%s] is not a plain name", name);
    }
    int fd = open_retrying(dir->fd, name);
    if (fd < 0) {
        return io_error(err, "open", name);
    }
    if (fstat(fd, &st) != 0) {
        struct ccr_status s = io_error(err, "stat", name);
        (void)close(fd);
        return s;
    }
    if (!S_ISREG(st.st_mode)) {
        (void)close(fd);
        return ccr_err_set(err, CCR_ARG, "[%s] is not a regular file", name);
    }
    *file = fd;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status posix_read(void *ctx, int file, void *data, size_t len, uint64_t offset, size_t *got,
                                    struct ccr_err *err)
{
    (void)ctx;
    size_t done = 0;
    if (offset > (uint64_t)INT64_MAX - len) {
        return ccr_err_set(err, CCR_ARG, "offset is out of range");
    }
    while (done < len) {
        ssize_t n = pread(file, (uint8_t *)data + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            struct ccr_status s = io_error(err, "read", "file");
            if (err != NULL) {
                err->offset = offset + done;
            }
            return s;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    *got = done;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status posix_size(void *ctx, int file, uint64_t *size, struct ccr_err *err)
{
    (void)ctx;
    struct stat st;
    if (fstat(file, &st) != 0) {
        return io_error(err, "stat", "file");
    }
    *size = (uint64_t)st.st_size;
    return ccr_status_of(CCR_OK);
}

static void posix_close(void *ctx, int file)
{
    (void)ctx;
    (void)close(file);
}

struct ccr_status ccr_dir_open(struct ccr_dir *out, const struct ccr_alloc *alloc, const char *absolute_path,
                               struct ccr_err *err)
{
    if (absolute_path[0] != '/') {
        return ccr_err_set(err, CCR_ARG, "folder [%s] is not an absolute path", absolute_path);
    }
    struct posix_dir *dir = ccr_alloc_get(alloc, sizeof *dir);
    if (dir == NULL) {
        return ccr_err_set(err, CCR_NOMEM, "no memory for a folder handle");
    }
    dir->alloc = alloc;
    do {
        dir->fd = open(absolute_path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    } while (dir->fd < 0 && errno == EINTR);
    if (dir->fd < 0) {
        (void)io_error(err, "open folder", absolute_path);
        ccr_alloc_put(alloc, dir);
        return err == NULL ? ccr_status_of(CCR_IO) : ccr_err_wrap(err, ccr_status_of(CCR_IO), "translog");
    }
    *out = (struct ccr_dir){posix_open, posix_read, posix_size, posix_close, dir};
    return ccr_status_of(CCR_OK);
}

void ccr_dir_close(struct ccr_dir *dir)
{
    struct posix_dir *posix = dir->ctx;
    if (posix != NULL) {
        (void)close(posix->fd);
        ccr_alloc_put(posix->alloc, posix);
        dir->ctx = NULL;
    }
}
