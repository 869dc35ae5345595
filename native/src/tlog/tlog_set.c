/* Which generations there are, kept in step with the engine that rolls, trims and deletes them. */
#include "tlog/tlog_private.h"

#include <stdio.h>
#include <string.h>

struct ccr_status ccr_tlog_new(struct ccr_tlog **out, const struct ccr_alloc *alloc, const struct ccr_dir *dir)
{
    struct ccr_tlog *t = ccr_alloc_zero(alloc, sizeof *t);

    if (t == NULL) {
        return ccr_status_of(CCR_NOMEM);
    }
    t->alloc = alloc;
    t->dir = dir;
    *out = t;
    return ccr_status_of(CCR_OK);
}

void ccr_tlog_free(struct ccr_tlog *t)
{
    const struct ccr_alloc *alloc;

    if (t == NULL) {
        return;
    }
    alloc = t->alloc;
    ccr_tlog_reset(t);
    ccr_alloc_put(alloc, t->generation);
    ccr_alloc_put(alloc, t->place);
    ccr_alloc_put(alloc, t->scratch);
    ccr_alloc_put(alloc, t);
}

void ccr_tlog_reset(struct ccr_tlog *t)
{
    for (uint32_t i = 0; i < CCR_TLOG_OPEN_MAX; i++) {
        ccri_tlog_close(t, i);
    }
    for (uint32_t i = 0; i < t->places; i++) {
        t->place[i].seq_no = -1;
    }
    t->generations = 0;
    t->uuid[0] = '\0';
}

void ccr_tlog_rest(struct ccr_tlog *t)
{
    uint64_t current = t->generations == 0 ? 0 : t->generation[t->generations - 1].number;

    for (uint32_t i = 0; i < CCR_TLOG_OPEN_MAX; i++) {
        if (t->open[i] != NULL && t->open[i]->generation != current) {
            ccri_tlog_close(t, i);
        }
    }
    if (t->places > TABLE_FIRST) {
        ccr_alloc_put(t->alloc, t->place);
        t->place = NULL;
        t->places = 0;
    }
    ccr_alloc_put(t->alloc, t->scratch);
    t->scratch = NULL;
}

uint64_t ccr_tlog_checked_bytes(const struct ccr_tlog *t)
{
    return t->checked_bytes;
}

uint64_t ccr_tlog_walked_bytes(const struct ccr_tlog *t)
{
    return t->walked_bytes;
}

size_t ccr_tlog_memory(const struct ccr_tlog *t)
{
    size_t bytes = sizeof *t + t->generations_cap * sizeof *t->generation + t->places * sizeof *t->place;

    for (uint32_t i = 0; i < CCR_TLOG_OPEN_MAX; i++) {
        bytes += t->open[i] != NULL ? sizeof *t->open[i] : 0;
    }
    return bytes + (t->scratch != NULL ? SCRATCH_BYTES : 0);
}

struct tlog_generation *ccri_tlog_generation(const struct ccr_tlog *t, uint64_t number)
{
    uint64_t first = t->generations == 0 ? 0 : t->generation[0].number;

    return number >= first && number - first < t->generations ? &t->generation[number - first] : NULL;
}

bool ccri_tlog_hides(const struct tlog_generation *g, int64_t seq_no)
{
    return g->trimmed_above != CCR_TLOG_NOT_TRIMMED && seq_no > g->trimmed_above;
}

void ccri_tlog_drop_to(struct ccr_tlog *t, uint64_t number)
{
    uint32_t gone = 0;

    while (gone < t->generations && t->generation[gone].number <= number) {
        if (t->generation[gone].open != NOT_OPEN) {
            ccri_tlog_close(t, t->generation[gone].open);
        }
        gone++;
    }
    if (gone == 0) {
        return;
    }
    t->generations -= gone;
    memmove(t->generation, t->generation + gone, t->generations * sizeof *t->generation);
}

/* Takes over what a checkpoint says of its generation. CORRUPT_TLOG when it went backwards. */
static struct ccr_status take(struct tlog_generation *g, const struct ccr_tlog_checkpoint *c, struct ccr_err *err)
{
    if (c->offset < g->end || c->ops < g->ops) {
        struct ccr_status status = ccr_err_set(
            err, CCR_CORRUPT_TLOG, "checkpoint of generation %" PRIu64 " went back from %" PRIu64 " to %" PRIu64,
            g->number, g->end, c->offset);
        return ccri_tlog_at(err, status, g->number, c->offset);
    }
    g->end = c->offset;
    g->ops = c->ops;
    g->min_seq_no = c->min_seq_no;
    g->max_seq_no = c->max_seq_no;
    g->trimmed_above = c->trimmed_above;
    return ccr_status_of(CCR_OK);
}

static struct ccr_status append(struct ccr_tlog *t, const struct ccr_tlog_checkpoint *c, struct ccr_err *err)
{
    struct tlog_generation *g;

    if (t->generations == CCR_TLOG_GENERATIONS_MAX) {
        ccri_tlog_drop_to(t, t->generation[0].number);
    }
    if (t->generations == t->generations_cap) {
        uint32_t cap = t->generations_cap == 0 ? 4 : 2 * t->generations_cap;
        size_t bytes = cap * sizeof *g;

        g = t->generation == NULL ? t->alloc->alloc(t->alloc->ctx, bytes)
                                  : t->alloc->resize(t->alloc->ctx, t->generation, bytes);
        if (g == NULL) {
            return ccr_err_set(err, CCR_NOMEM, "no memory for translog generations");
        }
        t->generation = g;
        t->generations_cap = cap;
    }
    g = &t->generation[t->generations++];
    *g = (struct tlog_generation){.number = c->generation, .term = -1, .open = NOT_OPEN};
    return take(g, c, err);
}

static struct ccr_status read_own(struct ccr_tlog *t, uint64_t number, struct ccr_tlog_checkpoint *c,
                                  struct ccr_err *err)
{
    char name[40];
    struct ccr_status status;

    (void)snprintf(name, sizeof name, "translog-%" PRIu64 ".ckp", number);
    status = ccr_tlog_checkpoint_read(c, t->dir, name, err);
    if (ccr_ok(status) && c->generation != number) {
        status = ccr_err_set(err, CCR_CORRUPT_TLOG, "%s is of generation %" PRIu64, name, c->generation);
    }
    return ccr_ok(status) ? status : ccri_tlog_at(err, status, number, 0);
}

struct ccr_status ccri_tlog_reload(struct ccr_tlog *t, struct tlog_generation *g, struct ccr_err *err)
{
    struct ccr_tlog_checkpoint c;
    struct ccr_status status = read_own(t, g->number, &c, err);

    if (ccr_is(status, CCR_GONE)) {
        return ccr_status_of(CCR_OK); /* deleted: it cannot be trimmed any more */
    }
    return ccr_ok(status) ? take(g, &c, err) : status;
}

/*
 * Learns the closed generations [from, until). One that is missing hides all older ones: it may have held newer
 * copies.
 */
static struct ccr_status learn_closed(struct ccr_tlog *t, uint64_t from, uint64_t until, struct ccr_err *err)
{
    for (uint64_t n = from; n < until; n++) {
        struct tlog_generation *known = ccri_tlog_generation(t, n);
        struct ccr_tlog_checkpoint c;
        struct ccr_status status = read_own(t, n, &c, err);

        if (ccr_is(status, CCR_GONE)) {
            ccri_tlog_drop_to(t, n);
            continue;
        }
        CCR_TRY(status);
        CCR_TRY(known != NULL ? take(known, &c, err) : append(t, &c, err));
    }
    return ccr_status_of(CCR_OK);
}

static struct ccr_status follow(struct ccr_tlog *t, const struct ccr_tlog_checkpoint *c, struct ccr_err *err)
{
    uint64_t newest = t->generations == 0 ? 0 : t->generation[t->generations - 1].number;
    uint64_t from = newest;

    if (t->generations > 0 && newest == c->generation) {
        struct tlog_generation *g = &t->generation[t->generations - 1];

        return take(g, c, err);
    }
    if (t->generations == 0) {
        from = c->min_generation;
    }
    if (c->generation - from >= CCR_TLOG_GENERATIONS_MAX) {
        ccri_tlog_drop_to(t, c->generation - CCR_TLOG_GENERATIONS_MAX);
        from = c->generation - CCR_TLOG_GENERATIONS_MAX + 1;
    }
    CCR_TRY(learn_closed(t, from, c->generation, err));
    return append(t, c, err);
}

/* What is below the smallest referenced generation is deleted now or soon; what is open of it can still be read. */
static void forget_unreferenced(struct ccr_tlog *t, uint64_t min_generation)
{
    while (t->generations > 1 && t->generation[0].number < min_generation && t->generation[0].open == NOT_OPEN) {
        ccri_tlog_drop_to(t, t->generation[0].number);
    }
}

/* A checkpoint behind what was read already belongs to another translog that was put in this one's place. */
static bool was_replaced(const struct ccr_tlog *t, const struct ccr_tlog_checkpoint *c)
{
    const struct tlog_generation *g;

    if (t->generations == 0) {
        return false;
    }
    g = &t->generation[t->generations - 1];
    return c->generation < g->number || (c->generation == g->number && c->offset < g->end);
}

struct ccr_status ccr_tlog_refresh(struct ccr_tlog *t, struct ccr_err *err)
{
    struct ccr_tlog_checkpoint c;
    struct ccr_status status = ccr_tlog_checkpoint_read(&c, t->dir, "translog.ckp", err);

    if (ccr_ok(status)) {
        if (was_replaced(t, &c)) {
            ccr_tlog_reset(t);
        }
        status = follow(t, &c, err);
    }
    if (ccr_ok(status)) {
        forget_unreferenced(t, c.min_generation);
    } else {
        ccr_tlog_reset(t);
    }
    return status;
}
