/*
 * The set of generations of one shard, kept in line with the checkpoint files.
 *
 * The engine rolls by closing generation N into translog-N.ckp, opening N+1 and only then writing translog.ckp, so
 * whatever translog.ckp names is there. It deletes from the oldest on; a file that is open stays readable. A generation
 * that went away, a number that went backwards or another uuid mean that the translog was made anew: everything
 * remembered is dropped.
 */
#include "tlog/tlog_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CHECKPOINT_TRIES = 5, NAME_BYTES = 48 };

size_t ccri_tlog_count(const struct ccr_tlog *t)
{
    return t->gens.len / sizeof(struct ccri_tlog_gen);
}

struct ccri_tlog_gen *ccri_tlog_at(const struct ccr_tlog *t, size_t i)
{
    return (struct ccri_tlog_gen *)(void *)t->gens.data + i;
}

struct ccr_status ccr_tlog_new(struct ccr_tlog **out, const struct ccr_alloc *alloc, const struct ccr_dir *dir)
{
    *out = NULL;
    struct ccr_tlog *t = ccr_alloc_zero(alloc, sizeof *t);
    if (t == NULL) {
        return ccr_status_of(CCR_NOMEM);
    }
    t->alloc = alloc;
    t->dir = dir;
    ccr_buf_init(&t->gens, alloc, CCR_TLOG_GENERATIONS_MAX * sizeof(struct ccri_tlog_gen));
    *out = t;
    return ccr_status_of(CCR_OK);
}

static void gen_close(struct ccr_tlog *t, struct ccri_tlog_gen *g)
{
    if (g->file >= 0) {
        t->dir->close(t->dir->ctx, g->file);
        g->file = -1;
    }
}

static void gen_forget_index(struct ccr_tlog *t, struct ccri_tlog_gen *g)
{
    ccr_alloc_put(t->alloc, g->index);
    g->index = NULL;
    g->scanned = g->data_start;
}

static void drop_oldest(struct ccr_tlog *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gen_close(t, ccri_tlog_at(t, i));
        gen_forget_index(t, ccri_tlog_at(t, i));
    }
    t->gens.len -= n * sizeof(struct ccri_tlog_gen);
    if (t->gens.len > 0) {
        memmove(t->gens.data, t->gens.data + n * sizeof(struct ccri_tlog_gen), t->gens.len);
    }
}

static void forget_all(struct ccr_tlog *t)
{
    drop_oldest(t, ccri_tlog_count(t));
    t->uuid[0] = '\0';
}

void ccr_tlog_free(struct ccr_tlog *t)
{
    if (t == NULL) {
        return;
    }
    forget_all(t);
    ccr_buf_fini(&t->gens);
    ccr_alloc_put(t->alloc, t);
}

static struct ccr_status read_checkpoint_once(struct ccr_tlog *t, const char *name, struct ccr_tlog_checkpoint *c,
                                              struct ccr_err *err)
{
    uint8_t bytes[CCR_TLOG_CHECKPOINT_BYTES + 1];
    size_t got = 0;
    int file = -1;
    CCR_TRY(t->dir->open(t->dir->ctx, name, &file, err));
    struct ccr_status s = t->dir->read(t->dir->ctx, file, bytes, sizeof bytes, 0, &got, err);
    t->dir->close(t->dir->ctx, file);
    CCR_TRY(s);
    return ccr_tlog_checkpoint_parse(c, ccr_slice_of(bytes, got), err);
}

/* The engine overwrites translog.ckp in place; a read in between has a wrong CRC and is repeated. */
static struct ccr_status read_checkpoint(struct ccr_tlog *t, const char *name, struct ccr_tlog_checkpoint *c,
                                         struct ccr_err *err)
{
    struct ccr_status s = ccr_status_of(CCR_OK);
    for (int i = 0; i < CHECKPOINT_TRIES; i++) {
        s = read_checkpoint_once(t, name, c, err);
        if (!ccr_is(s, CCR_CORRUPT_TLOG)) {
            break;
        }
    }
    return ccr_ok(s) ? s : ccr_err_wrap(err, s, "%s", name);
}

static void describe(struct ccri_tlog_gen *g, const struct ccr_tlog_checkpoint *c, bool final)
{
    g->limit = c->offset;
    g->min_seq_no = c->min_seq_no;
    g->max_seq_no = c->max_seq_no;
    g->trimmed_above = c->trimmed_above;
    g->final = final;
}

static struct ccr_status read_own_checkpoint(struct ccr_tlog *t, struct ccri_tlog_gen *g, struct ccr_err *err)
{
    char name[NAME_BYTES];
    struct ccr_tlog_checkpoint c;
    (void)snprintf(name, sizeof name, "translog-%" PRIu64 ".ckp", g->generation);
    struct ccr_status s = read_checkpoint(t, name, &c, err);
    if (ccr_ok(s) && c.generation != g->generation) {
        s = ccr_err_set(err, CCR_CORRUPT_TLOG, "%s: generation expected %" PRIu64 ", got %" PRIu64, name, g->generation,
                        c.generation);
    }
    if (ccr_ok(s)) {
        describe(g, &c, true);
    } else if (err != NULL) {
        err->generation = g->generation;
    }
    return s;
}

static struct ccr_status add_newest(struct ccr_tlog *t, uint64_t generation)
{
    struct ccri_tlog_gen g = {.generation = generation, .term = -1, .file = -1};
    return ccr_buf_put(&t->gens, &g, sizeof g);
}

/*
 * An older generation is read again when a newer term exists: only then may the engine trim operations from it. One
 * that was deleted meanwhile ends what can be served: it and all before it are dropped.
 */
static struct ccr_status refresh_older(struct ccr_tlog *t, struct ccr_err *err)
{
    size_t n = ccri_tlog_count(t);
    int64_t newest_term = ccri_tlog_at(t, n - 1)->term;
    for (size_t i = n - 1; i-- > 0;) {
        struct ccri_tlog_gen *g = ccri_tlog_at(t, i);
        if (g->final && g->term >= 0 && newest_term >= 0 && g->term >= newest_term) {
            continue;
        }
        struct ccr_status s = read_own_checkpoint(t, g, err);
        if (ccr_is(s, CCR_GONE)) {
            drop_oldest(t, i + 1);
            break;
        }
        CCR_TRY(s);
    }
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_tlog_refresh(struct ccr_tlog *t, struct ccr_err *err)
{
    struct ccr_tlog_checkpoint c;
    CCR_TRY(read_checkpoint(t, "translog.ckp", &c, err));
    size_t n = ccri_tlog_count(t);
    if (n > 0) {
        const struct ccri_tlog_gen *newest = ccri_tlog_at(t, n - 1);
        if (c.generation < newest->generation || c.min_generation > newest->generation ||
            (c.generation == newest->generation && c.offset < newest->limit)) {
            forget_all(t);
            n = 0;
        }
    }
    while (n > 0 && ccri_tlog_at(t, 0)->generation < c.min_generation) {
        drop_oldest(t, 1);
        n--;
    }
    uint64_t next = n == 0 ? c.min_generation : ccri_tlog_at(t, n - 1)->generation + 1;
    for (; next <= c.generation; next++) {
        if (!ccr_ok(add_newest(t, next))) {
            return ccr_err_set(err, CCR_NOMEM, "no memory for generation %" PRIu64, next);
        }
    }
    describe(ccri_tlog_at(t, ccri_tlog_count(t) - 1), &c, false);
    return refresh_older(t, err);
}

static struct ccr_status read_header(struct ccr_tlog *t, struct ccri_tlog_gen *g, struct ccr_err *err)
{
    uint8_t bytes[CCR_TLOG_HEADER_BYTES_MAX];
    struct ccr_tlog_header h;
    size_t got = 0;
    CCR_TRY(t->dir->read(t->dir->ctx, g->file, bytes, sizeof bytes, 0, &got, err));
    CCR_TRY(ccr_tlog_header_parse(&h, ccr_slice_of(bytes, got), err));
    if (t->uuid[0] == '\0') {
        memcpy(t->uuid, h.uuid, sizeof t->uuid);
    } else if (strcmp(t->uuid, h.uuid) != 0) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "translog uuid expected %s, got %s", t->uuid, h.uuid);
    }
    if (g->limit < h.length) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG,
                           "checkpoint ends at %" PRIu64 ", inside the header of %" PRIu32 " bytes", g->limit,
                           h.length);
    }
    g->term = h.term;
    g->data_start = h.length;
    if (g->scanned < h.length) {
        g->scanned = h.length;
    }
    return ccr_status_of(CCR_OK);
}

static struct ccr_status check_length(struct ccr_tlog *t, const struct ccri_tlog_gen *g, struct ccr_err *err)
{
    uint64_t size = 0;
    CCR_TRY(t->dir->size(t->dir->ctx, g->file, &size, err));
    if (size < g->limit) {
        return ccr_err_set(err, CCR_CORRUPT_TLOG, "checkpoint ends at %" PRIu64 ", the file at %" PRIu64, g->limit,
                           size);
    }
    return ccr_status_of(CCR_OK);
}

/* Gives up the index used longest ago, so that a shard never holds more than CCRI_INDEXES_MAX. */
static void make_room_for_index(struct ccr_tlog *t)
{
    size_t held = 0;
    struct ccri_tlog_gen *oldest = NULL;
    for (size_t i = 0; i < ccri_tlog_count(t); i++) {
        struct ccri_tlog_gen *g = ccri_tlog_at(t, i);
        if (g->index != NULL) {
            held++;
            oldest = oldest == NULL || g->used < oldest->used ? g : oldest;
        }
    }
    if (held >= CCRI_INDEXES_MAX) {
        gen_forget_index(t, oldest);
    }
}

static struct ccr_status of_generation(const struct ccri_tlog_gen *g, struct ccr_status s, struct ccr_err *err)
{
    if (!ccr_ok(s)) {
        (void)ccr_err_wrap(err, s, "translog-%" PRIu64 ".tlog", g->generation);
        if (err != NULL) {
            err->generation = g->generation;
        }
    }
    return s;
}

struct ccr_status ccri_tlog_use(struct ccr_tlog *t, struct ccri_tlog_gen *g, struct ccr_err *err)
{
    g->used = ++t->tick;
    if (g->file < 0) {
        char name[NAME_BYTES];
        (void)snprintf(name, sizeof name, "translog-%" PRIu64 ".tlog", g->generation);
        CCR_TRY(t->dir->open(t->dir->ctx, name, &g->file, err));
        struct ccr_status s = read_header(t, g, err);
        if (!ccr_ok(s)) {
            gen_close(t, g);
            return of_generation(g, s, err);
        }
    }
    CCR_TRY(of_generation(g, check_length(t, g, err), err));
    if (g->index == NULL) {
        make_room_for_index(t);
        g->index = ccr_alloc_get(t->alloc, sizeof *g->index);
        if (g->index == NULL) {
            return ccr_err_set(err, CCR_NOMEM, "no memory for the index of generation %" PRIu64, g->generation);
        }
        ccri_tlog_index_init(g->index);
        g->scanned = g->data_start;
    }
    return ccr_status_of(CCR_OK);
}

void ccri_tlog_rest(struct ccr_tlog *t)
{
    for (size_t i = 0; i + 1 < ccri_tlog_count(t); i++) {
        gen_close(t, ccri_tlog_at(t, i));
    }
}

uint64_t ccr_tlog_scanned_bytes(const struct ccr_tlog *t)
{
    return t->scanned_bytes;
}

size_t ccr_tlog_memory(const struct ccr_tlog *t)
{
    size_t bytes = sizeof *t + t->gens.cap;
    for (size_t i = 0; i < ccri_tlog_count(t); i++) {
        bytes += ccri_tlog_at(t, i)->index == NULL ? 0 : sizeof(struct ccri_tlog_index);
    }
    return bytes;
}
