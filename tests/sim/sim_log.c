/*
 * The leader's operations as bytes, and the translog folder of each copy in memory, written as OpenSearch 3.6.0 writes
 * it (formats: ccr/op.h and the reader's own header). Deleting a file that somebody has open leaves it readable, as on
 * a real file system.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "ccr/file.h"

#define OPEN_MAX     64
#define HANDLES_MAX  256
#define UUID_LEN     22
#define POOL         (256u << 10)
#define CODEC_MAGIC  0x3fd76c17u
#define FOOTER_MAGIC 0xc02893e8u
#define NO_SEQ_NO    (-1)
#define NO_TRIM      (-2)

struct generation {
    uint64_t number;
    int64_t term;
    int32_t ops;
    size_t header;
    int64_t min_seq_no, max_seq_no, trimmed_above;
    struct sim_file *log;
    struct sim_file *checkpoint; /* NULL while current */
};

struct sim_file {
    char name[32];
    uint8_t *data;
    size_t len, cap;
    int refs; /* the folder and the handles */
};

struct sim_files {
    struct sim *s;
    char uuid[UUID_LEN + 1];
    struct generation generations[OPEN_MAX];
    size_t count;
    int64_t global_checkpoint;
    struct sim_file *current; /* translog.ckp */
    struct sim_file *handles[HANDLES_MAX];
};

/* ---- bytes */

static void put(struct sim_file *f, const void *data, size_t len)
{
    if (f->len + len > f->cap) {
        f->cap = 2 * (f->len + len) + 256;
        f->data = realloc(f->data, f->cap);
    }
    memcpy(f->data + f->len, data, len);
    f->len += len;
}

static void put_u8(struct sim_file *f, uint8_t v)
{
    put(f, &v, 1);
}

static void put_u32(struct sim_file *f, uint32_t v)
{
    uint8_t b[4];
    ccr_put_u32be(b, v);
    put(f, b, 4);
}

static void put_u64(struct sim_file *f, uint64_t v)
{
    put_u32(f, (uint32_t)(v >> 32));
    put_u32(f, (uint32_t)v);
}

static void put_u32le(struct sim_file *f, uint32_t v)
{
    uint8_t b[4];
    ccr_put_u32le(b, v);
    put(f, b, 4);
}

static void put_u64le(struct sim_file *f, int64_t v)
{
    put_u32le(f, (uint32_t)(uint64_t)v);
    put_u32le(f, (uint32_t)((uint64_t)v >> 32));
}

static void put_vint(struct sim_file *f, uint32_t v)
{
    for (; v > 0x7f; v >>= 7) {
        put_u8(f, (uint8_t)(v | 0x80));
    }
    put_u8(f, (uint8_t)v);
}

static void put_string(struct sim_file *f, const char *text)
{
    put_vint(f, (uint32_t)strlen(text));
    put(f, text, strlen(text));
}

/* ---- one operation */

/* Text that packs like documents do, and costs little to make: the same for every run. */
static const uint8_t *pool(void)
{
    static uint8_t text[POOL];
    static const char *const words[] = {"connection", "refused", "by", "peer", "shard", "node-17", "timeout", "retry"};
    if (text[0] == 0) {
        uint64_t z = 1;
        for (size_t len = 0; len < POOL;) {
            z = z * 6364136223846793005u + 1442695040888963407u;
            char word[32];
            int n = snprintf(word, sizeof(word), "%s %x ", words[z >> 61], (unsigned)(z >> 52 & 0xff));
            for (int i = 0; i < n && len < POOL; i++) {
                text[len++] = (uint8_t)word[i];
            }
        }
    }
    return text;
}

static void put_source(struct sim *s, struct sim_file *f, int64_t seq_no, int64_t term, uint32_t len)
{
    char head[96];
    int n = snprintf(head, sizeof(head), "{\"seq\":%lld,\"term\":%lld,\"level\":\"INFO\",\"message\":\"",
                     (long long)seq_no, (long long)term);
    put_vint(f, (uint32_t)n + len);
    put(f, head, (size_t)n);
    put(f, pool() + sim_below(s, SIM_WRITER, POOL - len), len);
}

void sim_op_make(struct sim *s, struct sim_op *op, int64_t seq_no, int64_t term, uint32_t source_len)
{
    struct sim_file f = {0};
    char id[32];
    snprintf(id, sizeof(id), "id-%lld", (long long)(sim_random(s, SIM_WRITER) % 500));
    uint32_t kind = sim_below(s, SIM_WRITER, 10);
    if (kind == 0) {
        put_u8(&f, CCR_OP_NO_OP);
        put_u64(&f, (uint64_t)seq_no);
        put_u64(&f, (uint64_t)term);
        put_string(&f, "filled");
    } else if (kind < 3) {
        put_u8(&f, CCR_OP_DELETE);
        put_vint(&f, 7);
        put_string(&f, id);
        put_u64(&f, 3);
        put_u64(&f, (uint64_t)seq_no);
        put_u64(&f, (uint64_t)term);
    } else {
        put_u8(&f, CCR_OP_INDEX);
        put_vint(&f, 11);
        put_string(&f, id);
        put_source(s, &f, seq_no, term, source_len);
        put_u8(&f, kind == 4);
        if (kind == 4) {
            put_string(&f, "routing");
        }
        put_u64(&f, 1);
        put_u64(&f, (uint64_t)-1);
        put_u64(&f, (uint64_t)seq_no);
        put_u64(&f, (uint64_t)term);
    }
    op->term = term;
    op->body = f.data;
    op->len = (uint32_t)f.len;
    op->crc = ccr_crc32(0, f.data, f.len);
}

/* ---- the folder */

static void let_go(struct sim_file *f)
{
    if (f != NULL && --f->refs == 0) {
        free(f->data);
        free(f);
    }
}

static struct sim_file *file_new(const char *format, uint64_t number)
{
    struct sim_file *f = calloc(1, sizeof(*f));
    snprintf(f->name, sizeof(f->name), format, (unsigned long long)number);
    f->refs = 1;
    return f;
}

static void write_checkpoint(const struct sim_files *fs, const struct generation *g, struct sim_file *f)
{
    f->len = 0;
    put_u32(f, CODEC_MAGIC);
    put_string(f, "ckp");
    put_u32(f, 4);
    put_u64le(f, (int64_t)g->log->len);
    put_u32le(f, (uint32_t)g->ops);
    put_u64le(f, (int64_t)g->number);
    put_u64le(f, g->min_seq_no);
    put_u64le(f, g->max_seq_no);
    put_u64le(f, fs->global_checkpoint);
    put_u64le(f, (int64_t)fs->generations[0].number);
    put_u64le(f, g->trimmed_above);
    put_u32(f, FOOTER_MAGIC);
    put_u32(f, 0);
    put_u64(f, ccr_crc32(0, f->data, f->len));
}

static void open_generation(struct sim_files *fs, uint64_t number, int64_t term)
{
    struct generation *g = &fs->generations[fs->count++];
    *g = (struct generation){.number = number,
                             .term = term,
                             .min_seq_no = NO_SEQ_NO,
                             .max_seq_no = NO_SEQ_NO,
                             .trimmed_above = NO_TRIM,
                             .log = file_new("translog-%llu.tlog", number)};
    put_u32(g->log, CODEC_MAGIC);
    put_string(g->log, "translog");
    put_u32(g->log, 3);
    put_u32(g->log, UUID_LEN);
    put(g->log, fs->uuid, UUID_LEN);
    put_u64(g->log, (uint64_t)term);
    put_u32(g->log, ccr_crc32(0, g->log->data, g->log->len));
    g->header = g->log->len;
    write_checkpoint(fs, g, fs->current);
}

struct sim_files *sim_files_new(struct sim *s, int64_t term)
{
    struct sim_files *fs = calloc(1, sizeof(*fs));
    fs->s = s;
    snprintf(fs->uuid, sizeof(fs->uuid), "translog-%013llx",
             (unsigned long long)(sim_random(s, SIM_LEADER) & 0xfffffffffffff));
    fs->global_checkpoint = -1;
    fs->current = file_new("translog.ckp", 0);
    open_generation(fs, 1, term);
    return fs;
}

static void drop_first(struct sim_files *fs)
{
    let_go(fs->generations[0].log);
    let_go(fs->generations[0].checkpoint);
    fs->count--;
    memmove(&fs->generations[0], &fs->generations[1], fs->count * sizeof(fs->generations[0]));
}

void sim_files_free(struct sim_files *fs)
{
    while (fs->count > 0) {
        drop_first(fs);
    }
    let_go(fs->current);
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        let_go(fs->handles[i]);
    }
    free(fs);
}

void sim_files_append(struct sim_files *fs, int64_t seq_no, const struct sim_op *op)
{
    struct generation *g = &fs->generations[fs->count - 1];
    put_u32(g->log, op->len + 4);
    put(g->log, op->body, op->len);
    put_u32(g->log, op->crc);
    g->ops++;
    g->min_seq_no = g->min_seq_no == NO_SEQ_NO || seq_no < g->min_seq_no ? seq_no : g->min_seq_no;
    g->max_seq_no = seq_no > g->max_seq_no ? seq_no : g->max_seq_no;
}

void sim_files_sync(struct sim_files *fs, int64_t global_checkpoint)
{
    fs->global_checkpoint = global_checkpoint;
    write_checkpoint(fs, &fs->generations[fs->count - 1], fs->current);
}

void sim_files_roll(struct sim_files *fs, int64_t term, int64_t global_checkpoint)
{
    sim_files_sync(fs, global_checkpoint);
    if (fs->count == OPEN_MAX) {
        drop_first(fs);
    }
    struct generation *g = &fs->generations[fs->count - 1];
    g->checkpoint = file_new("translog-%llu.ckp", g->number);
    write_checkpoint(fs, g, g->checkpoint);
    open_generation(fs, g->number + 1, term);
}

void sim_files_trim(struct sim_files *fs, int64_t below_seq_no)
{
    while (fs->count > 1 && fs->generations[0].max_seq_no < below_seq_no) {
        drop_first(fs);
    }
    write_checkpoint(fs, &fs->generations[fs->count - 1], fs->current);
}

void sim_files_rollback(struct sim_files *fs, int64_t above_seq_no, int64_t term)
{
    sim_files_roll(fs, term, above_seq_no);
}

void sim_files_trim_above(struct sim_files *fs, int64_t above_seq_no, int64_t below_term)
{
    for (size_t i = 0; i + 1 < fs->count; i++) {
        struct generation *g = &fs->generations[i];
        bool stale = g->term < below_term && g->max_seq_no > above_seq_no;
        if (stale && (g->trimmed_above == NO_TRIM || g->trimmed_above > above_seq_no)) {
            g->trimmed_above = above_seq_no;
            write_checkpoint(fs, g, g->checkpoint);
        }
    }
}

void sim_files_rot(struct sim_files *fs, uint64_t random)
{
    struct generation *g = &fs->generations[random % fs->count];
    if (g->log->len > g->header) {
        g->log->data[g->header + (random >> 8) % (g->log->len - g->header)] ^= (uint8_t)(1u << (random >> 5 & 7));
    }
}

/* ---- as a ccr_dir: this file's ccr_dir_open stands in the place of platform/file_posix.c, so that the leader's session
 * opens these folders and is none the wiser */

static struct sim_file *by_name(struct sim_files *fs, const char *name)
{
    if (strcmp(name, fs->current->name) == 0) {
        return fs->current;
    }
    for (size_t i = 0; i < fs->count; i++) {
        if (strcmp(name, fs->generations[i].log->name) == 0) {
            return fs->generations[i].log;
        }
        if (fs->generations[i].checkpoint != NULL && strcmp(name, fs->generations[i].checkpoint->name) == 0) {
            return fs->generations[i].checkpoint;
        }
    }
    return NULL;
}

static struct ccr_status dir_open(void *ctx, const char *name, int *file, struct ccr_err *err)
{
    struct sim_files *fs = ctx;
    if (sim_fault(fs->s, SIM_RACE)) {
        sim_leader_flush(fs->s);
    }
    struct sim_file *f = by_name(fs, name);
    if (f == NULL) {
        return ccr_err_set(err, CCR_GONE, "%s: no such file", name);
    }
    for (int i = 0; i < HANDLES_MAX; i++) {
        if (fs->handles[i] == NULL) {
            fs->handles[i] = f;
            f->refs++;
            *file = i;
            return ccr_status_of(CCR_OK);
        }
    }
    return ccr_err_set(err, CCR_IO, "%s: too many open files", name);
}

static struct ccr_status dir_read(void *ctx, int file, void *data, size_t len, uint64_t offset, size_t *got,
                                  struct ccr_err *err)
{
    struct sim_files *fs = ctx;
    struct sim_file *f = fs->handles[file];
    if (sim_fault(fs->s, SIM_LEADER_IO)) {
        *got = 0;
        return ccr_err_set(err, CCR_IO, "%s: simulated I/O error", f->name);
    }
    size_t left = offset < f->len ? f->len - (size_t)offset : 0;
    *got = len < left ? len : left;
    memcpy(data, f->data + (offset < f->len ? offset : 0), *got);
    return ccr_status_of(CCR_OK);
}

static struct ccr_status dir_size(void *ctx, int file, uint64_t *size, struct ccr_err *err)
{
    (void)err;
    *size = ((struct sim_files *)ctx)->handles[file]->len;
    return ccr_status_of(CCR_OK);
}

static void dir_close(void *ctx, int file)
{
    struct sim_files *fs = ctx;
    let_go(fs->handles[file]);
    fs->handles[file] = NULL;
}

void sim_files_path(const struct sim_files *f, char *path, size_t cap)
{
    snprintf(path, cap, "/sim/%p", (const void *)f);
}

struct ccr_status ccr_dir_open(struct ccr_dir *out, const struct ccr_alloc *alloc, const char *absolute_path,
                               struct ccr_err *err)
{
    void *files = NULL;
    (void)alloc;
    if (sscanf(absolute_path, "/sim/%p", &files) != 1) {
        return ccr_err_set(err, CCR_IO, "no such folder: %s", absolute_path);
    }
    *out = (struct ccr_dir){.open = dir_open, .read = dir_read, .size = dir_size, .close = dir_close, .ctx = files};
    return ccr_status_of(CCR_OK);
}

void ccr_dir_close(struct ccr_dir *dir)
{
    dir->ctx = NULL;
}
