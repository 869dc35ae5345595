/* The table of places. A slot is taken by the seq_no seen last, inside the range that the search at hand wants. */
#include "tlog/tlog_private.h"

#include <string.h>

static struct tlog_place *slot(const struct ccr_tlog *t, int64_t seq_no)
{
    return &t->place[(uint64_t)seq_no & (t->places - 1)];
}

struct ccr_status ccri_tlog_places_reserve(struct ccr_tlog *t, uint64_t ops)
{
    struct tlog_place *old = t->place;
    uint32_t old_count = t->places;
    uint32_t want = TABLE_FIRST;

    while (want < ops && want < 2 * CCR_TLOG_WINDOW_OPS_MAX) {
        want *= 2;
    }
    if (want <= old_count) {
        return ccr_status_of(CCR_OK);
    }
    t->place = ccr_alloc_get(t->alloc, want * sizeof *t->place);
    if (t->place == NULL) {
        t->place = old;
        return ccr_status_of(CCR_NOMEM);
    }
    for (uint32_t i = 0; i < want; i++) {
        t->place[i].seq_no = -1;
    }
    t->places = want;
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i].seq_no >= 0) {
            *slot(t, old[i].seq_no) = old[i];
        }
    }
    ccr_alloc_put(t->alloc, old);
    return ccr_status_of(CCR_OK);
}

struct tlog_generation *ccri_tlog_place_generation(const struct ccr_tlog *t, const struct tlog_place *p)
{
    uint32_t i = t->generations == 0 ? 0 : p->generation - (uint32_t)t->generation[0].number;

    return i < t->generations ? &t->generation[i] : NULL;
}

void ccri_tlog_places_put(struct ccr_tlog *t, const struct tlog_generation *g, int64_t seq_no, uint64_t offset,
                          uint32_t body_length)
{
    struct tlog_place *p;
    const struct tlog_generation *known;

    if (t->places == 0 || seq_no < t->base || seq_no - t->base >= t->places || ccri_tlog_hides(g, seq_no)) {
        return;
    }
    p = slot(t, seq_no);
    known = p->seq_no == seq_no ? ccri_tlog_place_generation(t, p) : NULL;
    if (known != NULL && !ccri_tlog_hides(known, seq_no) &&
        (known->number > g->number || (known == g && p->offset > offset))) {
        return; /* the newer one is known already */
    }
    t->resized = t->resized || (known != NULL && p->body_length != body_length);
    *p = (struct tlog_place){seq_no, offset, body_length, (uint32_t)g->number};
}

const struct tlog_place *ccri_tlog_places_get(const struct ccr_tlog *t, int64_t seq_no)
{
    const struct tlog_place *p;
    const struct tlog_generation *g;

    if (t->places == 0) {
        return NULL;
    }
    p = slot(t, seq_no);
    if (p->seq_no != seq_no) {
        return NULL;
    }
    g = ccri_tlog_place_generation(t, p);
    return g == NULL || ccri_tlog_hides(g, seq_no) ? NULL : p;
}
