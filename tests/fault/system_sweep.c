/*
 * The calls to the operating system, each failing once in every way it can while a leader reads real files: interrupted,
 * short, an error of the device, no descriptor left, gone. This file's functions stand before those of libc. After each:
 * the right status and errno, no descriptor left open, and the same read then succeeds.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "heap.h"

#define FIRST 20 /* golden/tlog-3.6.0/first-term begins with this seq_no */
#define SHORT (-1)
#define END   (-2)

enum system_call { OPEN, OPENAT, FSTAT, PREAD, CALLS };

static struct {
    bool armed;
    size_t count[CALLS];
    enum system_call call;
    size_t at;
    int how; /* errno, SHORT or END */
} fault;

static bool fails(enum system_call call)
{
    return fault.armed && fault.count[call]++ == fault.at && fault.call == call;
}

int open(const char *path, int flags, ...)
{
    if (fails(OPEN)) {
        errno = fault.how;
        return -1;
    }
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *name, int flags, ...)
{
    if (fails(OPENAT)) {
        errno = fault.how;
        return -1;
    }
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return (int)syscall(SYS_openat, folder, name, flags, mode);
}

int fstat(int fd, struct stat *st)
{
    if (fails(FSTAT)) {
        errno = fault.how;
        return -1;
    }
    return fstatat(fd, "", st, AT_EMPTY_PATH);
}

ssize_t pread(int fd, void *data, size_t len, off_t offset)
{
    if (fails(PREAD)) {
        if (fault.how == SHORT || fault.how == END) {
            return fault.how == END ? 0 : syscall(SYS_pread64, fd, data, len > 1 ? len / 2 : len, offset);
        }
        errno = fault.how;
        return -1;
    }
    return syscall(SYS_pread64, fd, data, len, offset);
}

static size_t descriptors(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        n++;
    }
    (void)closedir(d);
    return n;
}

struct rig {
    struct ccr_runtime *rt;
    struct caller c;
    int64_t handle;
};

static struct ccr_status open_leader(struct rig *r)
{
    static char folder[] = CCR_TESTS_DIR "/golden/tlog-3.6.0/first-term", history[] = "history";
    Ccr__V1__LeaderOpen m = CCR__V1__LEADER_OPEN__INIT;
    m.translog_path = folder;
    m.history_uuid = history;
    return open_with(r->rt, CCR_KIND_LEADER, &m.base, &r->handle, &r->c.err);
}

static struct ccr_status read_all(struct rig *r)
{
    Ccr__V1__LeaderRead m = CCR__V1__LEADER_READ__INIT;
    Ccr__V1__ReadRequest request = CCR__V1__READ_REQUEST__INIT;
    Ccr__V1__LeaderState state = CCR__V1__LEADER_STATE__INIT;
    request.version = 1;
    request.from_seq_no = FIRST;
    request.last_seq_no = -1;
    request.max_bytes = 1 << 20;
    request.max_ops = 1000;
    request.codec = CCR__V1__CODEC__CODEC_LZ4;
    request.level = 1;
    state.global_checkpoint = FIRST + 80;
    m.request = &request;
    m.state = &state;
    return caller_call(&r->c, r->handle, CCR_METHOD_LEADER_READ, &m.base, ccr_slice_of(NULL, 0));
}

static void whole(struct rig *r)
{
    struct ccr_status s = read_all(r);
    cr_assert(ccr_ok(s), "%s: %s", ccr_status_name(s), r->c.err.text);
    Ccr__V1__BatchSummary *m =
        ccr__v1__batch_summary__unpack(NULL, caller_envelope(&r->c).len, caller_envelope(&r->c).data);
    cr_assert_eq(m->ops, 81);
    ccr__v1__batch_summary__free_unpacked(m, NULL);
}

/* Opens and reads with the n-th call of a kind failing. False: there is no n-th. */
static bool one(struct heap *heap, enum system_call call, size_t n, int how, enum ccr_code expected)
{
    struct rig r = {.handle = 0};
    size_t before = descriptors();
    assert_ok(runtime_of(&r.rt, &heap->alloc, 2, 1));
    r.c = caller_new(r.rt);
    memset(&fault, 0, sizeof fault);
    fault.call = call;
    fault.at = n;
    fault.how = how;
    fault.armed = true;
    struct ccr_status s = open_leader(&r);
    bool opened = ccr_ok(s);
    s = opened ? read_all(&r) : s;
    bool met = fault.count[call] > n;
    fault.armed = false;
    cr_assert(!met || ccr_is(s, expected) || ((expected == CCR_GONE || expected == CCR_CORRUPT_TLOG) && ccr_ok(s)),
              "call %d, %zu, errno %d: %s: %s", (int)call, n, how, ccr_status_name(s), r.c.err.text);
    if (ccr_is(s, CCR_IO)) {
        cr_assert_eq(r.c.err.os_error, how, "os_error %d", r.c.err.os_error);
    }
    if (!opened) {
        assert_ok(open_leader(&r));
    } else if (ccr_is(s, CCR_GONE) || expected == CCR_GONE) { /* what was found missing stays forgotten */
        assert_ok(ccr_session_close(r.rt, r.handle));
        assert_ok(open_leader(&r));
    }
    whole(&r);
    assert_ok(ccr_session_close(r.rt, r.handle));
    ccr_runtime_free(r.rt);
    caller_free(&r.c);
    cr_assert_eq(descriptors(), before, "a descriptor is left open");
    cr_assert_eq(heap->live_bytes, 0);
    return met;
}

static void sweep(struct heap *heap, enum system_call call, int how, enum ccr_code expected, size_t least)
{
    size_t n = 0;
    while (one(heap, call, n, how, expected)) {
        n++;
    }
    cr_assert_geq(n, least, "%zu calls only", n);
}

CCR_TEST(systemSweep, everyReadIsInterrupted)
{
    sweep(heap, PREAD, EINTR, CCR_OK, 8);
}

CCR_TEST(systemSweep, everyReadIsShort)
{
    sweep(heap, PREAD, SHORT, CCR_OK, 8);
}

/* The file is shorter than its checkpoint says; a checkpoint itself is read again, as one that is being rewritten. */
CCR_TEST(systemSweep, everyReadFindsTheFileTruncated)
{
    sweep(heap, PREAD, END, CCR_CORRUPT_TLOG, 8);
}

CCR_TEST(systemSweep, everyReadFails)
{
    sweep(heap, PREAD, EIO, CCR_IO, 8);
}

CCR_TEST(systemSweep, everyOpenIsInterrupted)
{
    sweep(heap, OPENAT, EINTR, CCR_OK, 4);
    sweep(heap, OPEN, EINTR, CCR_OK, 1);
}

CCR_TEST(systemSweep, everyOpenFindsNoDescriptorLeft)
{
    sweep(heap, OPENAT, EMFILE, CCR_IO, 4);
    sweep(heap, OPEN, EMFILE, CCR_IO, 1);
}

CCR_TEST(systemSweep, everyFileIsGoneBetweenListingAndOpening)
{
    sweep(heap, OPENAT, ENOENT, CCR_GONE, 4);
}

CCR_TEST(systemSweep, everyStatFails)
{
    sweep(heap, FSTAT, EIO, CCR_IO, 4);
}
