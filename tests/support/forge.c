/* Formats: ccr/tlog.h and ccr/op.h. Nothing here uses the reader's own code but the CRC. */
#include "forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODEC_MAGIC  0x3FD76C17u
#define FOOTER_MAGIC 0xC02893E8u

/* ---- bytes */

void forge_put(struct forge_file *file, const void *data, size_t len)
{
    if (file->len + len > file->cap) {
        file->cap = 2 * (file->len + len) + 256;
        file->data = realloc(file->data, file->cap);
    }
    memcpy(file->data + file->len, data, len);
    file->len += len;
}

static void put_u32be(struct forge_file *file, uint32_t v)
{
    uint8_t b[4];

    ccr_put_u32be(b, v);
    forge_put(file, b, sizeof b);
}

static void put_u64be(struct forge_file *file, uint64_t v)
{
    put_u32be(file, (uint32_t)(v >> 32));
    put_u32be(file, (uint32_t)v);
}

static void put_u32(struct forge_file *file, uint32_t v, bool big_endian)
{
    uint8_t b[4];

    if (big_endian) {
        ccr_put_u32be(b, v);
    } else {
        ccr_put_u32le(b, v);
    }
    forge_put(file, b, sizeof b);
}

static void put_u64(struct forge_file *file, uint64_t v, bool big_endian)
{
    put_u32(file, big_endian ? (uint32_t)(v >> 32) : (uint32_t)v, big_endian);
    put_u32(file, big_endian ? (uint32_t)v : (uint32_t)(v >> 32), big_endian);
}

static size_t vint(uint8_t *to, size_t v)
{
    size_t n = 0;

    for (; v > 0x7F; v >>= 7) {
        to[n++] = (uint8_t)(v | 0x80);
    }
    to[n++] = (uint8_t)v;
    return n;
}

static size_t text(uint8_t *to, const char *s)
{
    size_t len = strlen(s);
    size_t n = vint(to, len);

    memcpy(to + n, s, len);
    return n + len;
}

static size_t i64(uint8_t *to, int64_t v)
{
    ccr_put_u32be(to, (uint32_t)((uint64_t)v >> 32));
    ccr_put_u32be(to + 4, (uint32_t)v);
    return 8;
}

/* ---- files */

static struct forge_file *file_new(const char *name)
{
    struct forge_file *file = calloc(1, sizeof *file);

    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->refs = 1;
    return file;
}

static void let_go(struct forge_file *file)
{
    if (file != NULL && --file->refs == 0) {
        free(file->data);
        free(file);
    }
}

struct forge_generation *forge_current(struct forge *f)
{
    return &f->generation[f->generations - 1];
}

void forge_seal_ckp(struct forge_file *ckp)
{
    uint32_t crc = ccr_crc32(0, ckp->data, ckp->len - 8);

    ccr_put_u32be(ckp->data + ckp->len - 8, 0);
    ccr_put_u32be(ckp->data + ckp->len - 4, crc);
}

void forge_write_ckp(struct forge *f, const struct forge_generation *g, struct forge_file *to)
{
    bool big = f->ckp_version == 3;

    to->len = 0;
    put_u32be(to, CODEC_MAGIC);
    forge_put(to, "\3ckp", 4);
    put_u32be(to, f->ckp_version);
    put_u64(to, g->log->len, big);
    put_u32(to, g->ops, big);
    put_u64(to, g->number, big);
    put_u64(to, (uint64_t)g->min_seq_no, big);
    put_u64(to, (uint64_t)g->max_seq_no, big);
    put_u64(to, (uint64_t)f->global_checkpoint, big);
    put_u64(to, f->min_generation, big);
    put_u64(to, (uint64_t)g->trimmed_above, big);
    put_u32be(to, FOOTER_MAGIC);
    put_u32be(to, 0);
    put_u64be(to, 0);
    forge_seal_ckp(to);
}

static void begin(struct forge *f, uint64_t number, int64_t term)
{
    struct forge_generation *g = &f->generation[f->generations++];
    char name[40];

    (void)snprintf(name, sizeof name, "translog-%llu.tlog", (unsigned long long)number);
    *g = (struct forge_generation){
        .number = number, .term = term, .min_seq_no = -1, .max_seq_no = -1, .trimmed_above = -2, .log = file_new(name)};
    put_u32be(g->log, CODEC_MAGIC);
    forge_put(g->log, "\10translog", 9);
    put_u32be(g->log, 3);
    put_u32be(g->log, (uint32_t)strlen(f->uuid));
    forge_put(g->log, f->uuid, strlen(f->uuid));
    put_u64be(g->log, (uint64_t)term);
    put_u32be(g->log, ccr_crc32(0, g->log->data, g->log->len));
    forge_write_ckp(f, g, f->ckp);
}

void forge_init(struct forge *f, int64_t term)
{
    memset(f, 0, sizeof *f);
    f->uuid = FORGE_UUID;
    f->ckp_version = 4;
    f->min_generation = 1;
    f->global_checkpoint = -1;
    f->fault_at = SIZE_MAX;
    f->ckp = file_new("translog.ckp");
    begin(f, 1, term);
}

void forge_fini(struct forge *f)
{
    for (size_t i = 0; i < f->generations; i++) {
        let_go(f->generation[i].log);
        let_go(f->generation[i].ckp);
    }
    for (size_t i = 0; i < FORGE_HANDLES_MAX; i++) {
        let_go(f->handle[i]);
    }
    let_go(f->ckp);
}

/* ---- the engine's doings */

void forge_body(struct forge *f, int64_t seq_no, const void *body, size_t len)
{
    struct forge_generation *g = forge_current(f);

    put_u32be(g->log, (uint32_t)len + 4);
    forge_put(g->log, body, len);
    put_u32be(g->log, ccr_crc32(0, body, len));
    g->ops++;
    g->min_seq_no = g->min_seq_no < 0 || seq_no < g->min_seq_no ? seq_no : g->min_seq_no;
    g->max_seq_no = seq_no > g->max_seq_no ? seq_no : g->max_seq_no;
}

size_t forge_index_body(uint8_t *to, size_t cap, int64_t seq_no, int64_t term, size_t source_len)
{
    char id[32];
    size_t n = 0;

    if (source_len + 128 > cap) {
        return 0;
    }
    (void)snprintf(id, sizeof id, "doc-%lld", (long long)seq_no);
    to[n++] = CCR_OP_INDEX;
    n += vint(to + n, 11);
    n += text(to + n, id);
    n += vint(to + n, source_len);
    for (size_t i = 0; i < source_len; i++) {
        to[n++] = (uint8_t)("{\"message\":\"quick brown fox\"} "[i % 30] ^ (i % 61 == 0 ? (uint8_t)seq_no & 7 : 0));
    }
    to[n++] = seq_no % 5 == 0;
    if (seq_no % 5 == 0) {
        n += text(to + n, "routing");
    }
    n += i64(to + n, 1);
    n += i64(to + n, -1);
    n += i64(to + n, seq_no);
    n += i64(to + n, term);
    return n;
}

void forge_index(struct forge *f, int64_t seq_no, int64_t term, size_t source_len)
{
    uint8_t *body = malloc(source_len + 256);
    size_t len = forge_index_body(body, source_len + 256, seq_no, term, source_len);

    forge_body(f, seq_no, body, len);
    free(body);
}

void forge_delete(struct forge *f, int64_t seq_no, int64_t term)
{
    uint8_t body[128];
    size_t n = 0;

    body[n++] = CCR_OP_DELETE;
    n += vint(body + n, 7);
    n += text(body + n, "doc-1");
    n += i64(body + n, 2);
    n += i64(body + n, seq_no);
    n += i64(body + n, term);
    forge_body(f, seq_no, body, n);
}

void forge_no_op(struct forge *f, int64_t seq_no, int64_t term)
{
    uint8_t body[128];
    size_t n = 0;

    body[n++] = CCR_OP_NO_OP;
    n += i64(body + n, seq_no);
    n += i64(body + n, term);
    n += text(body + n, "filling gaps");
    forge_body(f, seq_no, body, n);
}

void forge_fill(struct forge *f, int64_t first, int64_t last, size_t source_len)
{
    for (int64_t seq_no = first; seq_no <= last; seq_no++) {
        int64_t term = forge_current(f)->term;

        if (seq_no % 7 == 3) {
            forge_delete(f, seq_no, term);
        } else if (seq_no % 7 == 6) {
            forge_no_op(f, seq_no, term);
        } else {
            forge_index(f, seq_no, term, source_len);
        }
    }
}

void forge_sync(struct forge *f)
{
    forge_write_ckp(f, forge_current(f), f->ckp);
}

void forge_roll(struct forge *f, int64_t term)
{
    struct forge_generation *g = forge_current(f);
    char name[40];

    forge_sync(f);
    (void)snprintf(name, sizeof name, "translog-%llu.ckp", (unsigned long long)g->number);
    g->ckp = file_new(name);
    forge_write_ckp(f, g, g->ckp);
    begin(f, g->number + 1, term);
}

void forge_drop_below(struct forge *f, uint64_t generation)
{
    size_t gone = 0;

    while (gone + 1 < f->generations && f->generation[gone].number < generation) {
        let_go(f->generation[gone].log);
        let_go(f->generation[gone].ckp);
        gone++;
    }
    f->generations -= gone;
    memmove(f->generation, f->generation + gone, f->generations * sizeof f->generation[0]);
    f->min_generation = generation;
    forge_sync(f);
}

void forge_trim(struct forge *f, int64_t below_term, int64_t above)
{
    for (size_t i = 0; i + 1 < f->generations; i++) {
        struct forge_generation *g = &f->generation[i];

        if (g->term < below_term && g->max_seq_no > above && (g->trimmed_above < 0 || g->trimmed_above > above)) {
            g->trimmed_above = above;
            forge_write_ckp(f, g, g->ckp);
        }
    }
}

static struct forge_file **slot_of(struct forge *f, const char *name)
{
    if (f->ckp != NULL && strcmp(name, f->ckp->name) == 0) {
        return &f->ckp;
    }
    for (size_t i = 0; i < f->generations; i++) {
        struct forge_generation *g = &f->generation[i];

        if (g->log != NULL && strcmp(name, g->log->name) == 0) {
            return &g->log;
        }
        if (g->ckp != NULL && strcmp(name, g->ckp->name) == 0) {
            return &g->ckp;
        }
    }
    return NULL;
}

struct forge_file *forge_file(struct forge *f, const char *name)
{
    struct forge_file **slot = slot_of(f, name);

    return slot == NULL ? NULL : *slot;
}

void forge_unlink(struct forge *f, const char *name)
{
    struct forge_file **slot = slot_of(f, name);

    if (slot != NULL) {
        let_go(*slot);
        *slot = NULL;
    }
}

int forge_save(const struct forge *f, const char *folder)
{
    const struct forge_file *files[2 * FORGE_GENERATIONS_MAX + 1];
    size_t n = 0;

    files[n++] = f->ckp;
    for (size_t i = 0; i < f->generations; i++) {
        files[n++] = f->generation[i].log;
        files[n++] = f->generation[i].ckp;
    }
    for (size_t i = 0; i < n; i++) {
        char path[512];
        FILE *out;

        if (files[i] == NULL) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]->name);
        out = fopen(path, "wb");
        if (out == NULL || fwrite(files[i]->data, 1, files[i]->len, out) != files[i]->len || fclose(out) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- as a ccr_dir */

static enum forge_fault next_call(struct forge *f, const char *name)
{
    size_t call = f->calls++;

    if (f->before != NULL) {
        f->before(f, call, name, f->before_ctx);
    }
    return call == f->fault_at ? f->fault : FORGE_NO_FAULT;
}

static struct ccr_status eio(struct ccr_err *err)
{
    struct ccr_status status = ccr_err_set(err, CCR_IO, "forged error");

    if (err != NULL) {
        err->os_error = 5;
    }
    return status;
}

static struct ccr_status dir_open(void *ctx, const char *name, int *file, struct ccr_err *err)
{
    struct forge *f = ctx;
    enum forge_fault fault = next_call(f, name);
    struct forge_file *found = forge_file(f, name);

    if (fault == FORGE_EIO || fault == FORGE_SHORT) {
        return eio(err);
    }
    if (found == NULL || fault == FORGE_ENOENT) {
        return ccr_err_set(err, CCR_GONE, "no file %s", name);
    }
    for (int i = 0; i < FORGE_HANDLES_MAX; i++) {
        if (f->handle[i] == NULL) {
            f->handle[i] = found;
            found->refs++;
            f->open_files++;
            f->open_files_peak = f->open_files > f->open_files_peak ? f->open_files : f->open_files_peak;
            *file = i;
            return ccr_status_of(CCR_OK);
        }
    }
    return ccr_err_set(err, CCR_IO, "too many open files");
}

static struct ccr_status dir_read(void *ctx, int file, void *data, size_t len, uint64_t offset, size_t *got,
                                  struct ccr_err *err)
{
    struct forge *f = ctx;
    enum forge_fault fault = next_call(f, NULL);
    const struct forge_file *from = f->handle[file];
    size_t left = offset < from->len ? from->len - (size_t)offset : 0;

    f->reads++;
    *got = 0;
    if (fault == FORGE_EIO || fault == FORGE_ENOENT) {
        return eio(err);
    }
    *got = len < left ? len : left;
    if (fault == FORGE_SHORT) {
        *got /= 2;
    }
    if (*got > 0) {
        memcpy(data, from->data + offset, *got);
    }
    f->read_bytes += *got;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status dir_size(void *ctx, int file, uint64_t *size, struct ccr_err *err)
{
    struct forge *f = ctx;

    if (next_call(f, NULL) != FORGE_NO_FAULT) {
        return eio(err);
    }
    *size = f->handle[file]->len;
    return ccr_status_of(CCR_OK);
}

static void dir_close(void *ctx, int file)
{
    struct forge *f = ctx;

    let_go(f->handle[file]);
    f->handle[file] = NULL;
    f->open_files--;
}

struct ccr_dir forge_dir(struct forge *f)
{
    return (struct ccr_dir){dir_open, dir_read, dir_size, dir_close, f};
}
