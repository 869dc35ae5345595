/* Files of generations: at most CCR_TLOG_OPEN_MAX of them, the one used longest ago goes first. */
#include "tlog/tlog_private.h"

#include <stdio.h>
#include <string.h>

struct ccr_status ccri_tlog_at(struct ccr_err *err, struct ccr_status status, uint64_t generation, uint64_t offset)
{
    if (err != NULL) {
        err->generation = generation;
        err->offset = offset;
    }
    return status;
}

struct ccr_status ccri_tlog_scratch(struct ccr_tlog *t, struct ccr_err *err)
{
    if (t->scratch == NULL) {
        t->scratch = ccr_alloc_get(t->alloc, SCRATCH_BYTES);
        if (t->scratch == NULL) {
            return ccr_err_set(err, CCR_NOMEM, "no memory to read a translog");
        }
    }
    return ccr_status_of(CCR_OK);
}

void ccri_tlog_close(struct ccr_tlog *t, uint32_t slot)
{
    struct tlog_open *o = t->open[slot];
    struct tlog_generation *g;

    if (o == NULL) {
        return;
    }
    g = ccri_tlog_generation(t, o->generation);
    if (g != NULL && g->open == slot) {
        g->open = NOT_OPEN;
        g->walked = 0;
        g->ops_walked = 0;
    }
    t->dir->close(t->dir->ctx, o->file);
    ccr_alloc_put(t->alloc, o);
    t->open[slot] = NULL;
}

static uint32_t free_slot(struct ccr_tlog *t)
{
    uint64_t current = t->generation[t->generations - 1].number;
    uint32_t oldest = NOT_OPEN;

    for (uint32_t i = 0; i < CCR_TLOG_OPEN_MAX; i++) {
        if (t->open[i] == NULL) {
            return i;
        }
        if (t->open[i]->generation != current && (oldest == NOT_OPEN || t->open[i]->used < t->open[oldest]->used)) {
            oldest = i;
        }
    }
    ccri_tlog_close(t, oldest);
    return oldest;
}

static struct ccr_status read_header(struct ccr_tlog *t, struct tlog_generation *g, int file, struct ccr_err *err)
{
    uint8_t bytes[CCR_TLOG_HEADER_MAX];
    struct ccr_tlog_header header;
    struct ccr_status status;
    size_t got = 0;

    status = t->dir->read(t->dir->ctx, file, bytes, sizeof bytes, 0, &got, err);
    if (ccr_ok(status)) {
        status = ccr_tlog_header_parse(&header, ccr_slice_of(bytes, got), err);
    }
    if (!ccr_ok(status)) {
        ccr_err_wrap(err, status, "translog-%" PRIu64 ".tlog", g->number);
        return ccri_tlog_at(err, status, g->number, 0);
    }
    if (t->uuid[0] == '\0') {
        memcpy(t->uuid, header.uuid, sizeof t->uuid);
    }
    if (strcmp(t->uuid, header.uuid) != 0) {
        status = ccr_err_set(err, CCR_CORRUPT_TLOG, "translog-%" PRIu64 ".tlog: uuid %s, expected %s", g->number,
                             header.uuid, t->uuid);
        return ccri_tlog_at(err, status, g->number, 0);
    }
    if (header.length > g->end) {
        status = ccr_err_set(err, CCR_CORRUPT_TLOG,
                             "translog-%" PRIu64 ".tlog: header of %" PRIu32 " bytes, its checkpoint ends at %" PRIu64,
                             g->number, header.length, g->end);
        return ccri_tlog_at(err, status, g->number, g->end);
    }
    g->term = header.term;
    g->header_length = header.length;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_tlog_open(struct ccr_tlog *t, struct tlog_generation *g, struct ccr_err *err)
{
    char name[40];
    struct tlog_open *o;
    struct ccr_status status;
    uint32_t slot;
    int file;

    if (g->open != NOT_OPEN) {
        t->open[g->open]->used = ++t->searches;
        return ccr_status_of(CCR_OK);
    }
    (void)snprintf(name, sizeof name, "translog-%" PRIu64 ".tlog", g->number);
    status = t->dir->open(t->dir->ctx, name, &file, err);
    if (!ccr_ok(status)) {
        return ccri_tlog_at(err, status, g->number, 0);
    }
    status = read_header(t, g, file, err);
    o = ccr_ok(status) ? ccr_alloc_zero(t->alloc, sizeof *o) : NULL;
    if (o == NULL) {
        t->dir->close(t->dir->ctx, file);
        return ccr_ok(status) ? ccr_err_set(err, CCR_NOMEM, "no memory to open a translog") : status;
    }
    slot = free_slot(t);
    *o = (struct tlog_open){
        .generation = g->number, .used = ++t->searches, .block_bytes = BLOCK_BYTES_FIRST, .file = file};
    t->open[slot] = o;
    g->open = slot;
    g->walked = g->header_length;
    g->ops_walked = 0;
    return ccr_status_of(CCR_OK);
}

struct ccr_status ccri_tlog_read(struct ccr_tlog *t, struct tlog_generation *g, uint64_t offset, void *data, size_t len,
                                 struct ccr_err *err)
{
    size_t got = 0;
    struct ccr_status status = t->dir->read(t->dir->ctx, t->open[g->open]->file, data, len, offset, &got, err);

    if (ccr_ok(status) && got < len) {
        status = ccr_err_set(err, CCR_CORRUPT_TLOG,
                             "translog-%" PRIu64 ".tlog ends at %" PRIu64 ", its checkpoint says %" PRIu64, g->number,
                             offset + got, g->end);
    }
    return ccr_ok(status) ? status : ccri_tlog_at(err, status, g->number, offset + got);
}
