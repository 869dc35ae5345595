#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "heap.h"

#include "ccr/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static const char *path(const char *name)
{
    static char full[128];

    (void)snprintf(full, sizeof full, "%s/%s", folder, name);
    return full;
}

static void make_folder(void)
{
    FILE *out;

    (void)snprintf(folder, sizeof folder, "%s", "/tmp/ccr-file-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    out = fopen(path("a.txt"), "w");
    cr_assert_not_null(out);
    (void)fputs("0123456789", out);
    (void)fclose(out);
    cr_assert_eq(symlink("a.txt", path("link")), 0);
    cr_assert_eq(mkfifo(path("pipe"), 0600), 0);
    cr_assert_eq(mkdir(path("sub"), 0700), 0);
}

static void remove_folder(void)
{
    const char *names[] = {"a.txt", "link", "pipe"};

    for (size_t i = 0; i < 3; i++) {
        (void)unlink(path(names[i]));
    }
    (void)rmdir(path("sub"));
    (void)rmdir(folder);
}

CCR_TEST(file, readsAtOffsetsAndPastTheEnd)
{
    struct ccr_dir dir;
    struct ccr_err err;
    char data[16];
    size_t got;
    uint64_t size;
    int file;

    make_folder();
    assert_ok(ccr_dir_open(&dir, &heap->alloc, folder, &err));
    assert_ok(dir.open(dir.ctx, "a.txt", &file, &err));
    assert_ok(dir.size(dir.ctx, file, &size, &err));
    cr_assert_eq(size, 10);
    assert_ok(dir.read(dir.ctx, file, data, 4, 3, &got, &err));
    cr_assert(got == 4 && memcmp(data, "3456", 4) == 0);
    assert_ok(dir.read(dir.ctx, file, data, sizeof data, 8, &got, &err));
    cr_assert_eq(got, 2);
    assert_ok(dir.read(dir.ctx, file, data, sizeof data, 100, &got, &err));
    cr_assert_eq(got, 0);
    assert_status(dir.read(dir.ctx, file, data, 1, UINT64_MAX, &got, &err), CCR_ARG);
    (void)unlink(path("a.txt"));
    assert_ok(dir.read(dir.ctx, file, data, 4, 0, &got, &err));
    cr_assert_eq(got, 4, "a deleted file that is open stays readable");
    dir.close(dir.ctx, file);
    ccr_dir_close(&dir);
    remove_folder();
}

CCR_TEST(file, refusesWhatIsNoPlainFile)
{
    struct ccr_dir dir;
    struct ccr_err err;
    int file;
    const char *names[] = {"", ".", "..", ".hidden", "../a.txt", "sub/a", "/etc/passwd"};

    make_folder();
    assert_ok(ccr_dir_open(&dir, &heap->alloc, folder, &err));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_status(dir.open(dir.ctx, names[i], &file, &err), CCR_ARG);
    }
    assert_status(dir.open(dir.ctx, "nothing", &file, &err), CCR_GONE);
    assert_status(dir.open(dir.ctx, "link", &file, &err), CCR_IO);
    cr_assert_neq(err.os_error, 0);
    cr_assert(!ccr_ok(dir.open(dir.ctx, "pipe", &file, &err)), "and does not wait for a writer");
    cr_assert(!ccr_ok(dir.open(dir.ctx, "sub", &file, &err)));
    ccr_dir_close(&dir);
    ccr_dir_close(&dir);
    remove_folder();
}

CCR_TEST(file, foldersMustBeAbsoluteAndThere)
{
    struct ccr_dir dir;
    struct ccr_err err;

    assert_status(ccr_dir_open(&dir, &heap->alloc, "relative", &err), CCR_ARG);
    cr_assert(!ccr_ok(ccr_dir_open(&dir, &heap->alloc, "/nowhere/at/all", &err)));
    cr_assert_eq(err.os_error, 2);
    heap->fail_at = heap->requests;
    assert_status(ccr_dir_open(&dir, &heap->alloc, "/tmp", &err), CCR_NOMEM);
}
