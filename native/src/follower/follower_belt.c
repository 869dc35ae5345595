/*
 * The belt: the sorted array of pieces (drawing in follower_private.h). Only this file writes its counters, so that
 * sums and pieces cannot drift apart; ccr_follower_check adds them up after every step all the same.
 *
 * There are a handful of pieces, 80 at the very most, so a linear walk and a memmove beat anything cleverer.
 */
#include "follower/follower_private.h"

#include <string.h>

struct ccri_piece *ccri_belt_find(struct ccr_follower *f, uint64_t id, enum ccri_piece_state state)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->pieces[i].id == id) {
            return f->pieces[i].state == state ? &f->pieces[i] : NULL;
        }
    }
    return NULL;
}

struct ccri_piece *ccri_belt_ask(struct ccr_follower *f, size_t at, int64_t first, int64_t last, uint32_t max_bytes,
                                 uint64_t credit)
{
    if (f->count >= CCRI_PIECES_MAX || at > f->count) {
        ccri_broken(f, "belt has room");
        return &f->pieces[CCRI_PIECES_MAX - 1];
    }
    memmove(&f->pieces[at + 1], &f->pieces[at], (f->count - at) * sizeof(f->pieces[0]));
    struct ccri_piece *p = &f->pieces[at];
    *p = (struct ccri_piece){.id = f->next_id++,
                             .first_seq_no = first,
                             .last_seq_no = last,
                             .state = CCRI_ASKED,
                             .max_bytes = max_bytes,
                             .credit = credit,
                             .sent_ms = f->now_ms};
    f->count++;
    f->asked++;
    f->bytes_asked += max_bytes;
    f->credits += credit;
    return p;
}

static void give_credit(struct ccr_follower *f, struct ccri_piece *p, uint64_t keep)
{
    if (p->credit <= keep) {
        return;
    }
    uint64_t surplus = p->credit - keep;
    if (f->budget != NULL) {
        ccr_budget_give(f->budget, surplus);
    }
    p->credit = keep;
    f->credits -= surplus;
}

static void leave_state(struct ccr_follower *f, const struct ccri_piece *p)
{
    switch (p->state) {
    case CCRI_ASKED:
        f->asked--;
        f->bytes_asked -= p->max_bytes;
        break;
    case CCRI_APPLYING:
        f->applying--;
        break;
    case CCRI_WAITING:
    case CCRI_APPLIED:
        break;
    }
}

void ccri_belt_remove(struct ccr_follower *f, struct ccri_piece *p)
{
    leave_state(f, p);
    f->bytes_held -= p->raw_bytes;
    give_credit(f, p, 0);
    size_t at = (size_t)(p - f->pieces);
    f->count--;
    memmove(p, p + 1, (f->count - at) * sizeof(*p));
}

void ccri_belt_received(struct ccr_follower *f, struct ccri_piece *p, int64_t last, uint32_t raw_bytes)
{
    leave_state(f, p);
    p->state = CCRI_WAITING;
    p->last_seq_no = last;
    p->raw_bytes = raw_bytes;
    f->bytes_held += raw_bytes;
    if (p->credit == 0) {
        return; /* granted without the budget, accounted without it */
    }
    if (p->credit > raw_bytes) {
        give_credit(f, p, raw_bytes);
    } else if (p->credit < raw_bytes && f->budget != NULL && ccr_budget_take(f->budget, raw_bytes - p->credit)) {
        /* One oversized operation: the bytes are here already, so a refusal changes nothing but the books. */
        f->credits += raw_bytes - p->credit;
        p->credit = raw_bytes;
    }
}

void ccri_belt_applying(struct ccr_follower *f, struct ccri_piece *p)
{
    leave_state(f, p);
    p->state = CCRI_APPLYING;
    f->applying++;
}

void ccri_belt_waiting(struct ccr_follower *f, struct ccri_piece *p)
{
    leave_state(f, p);
    p->state = CCRI_WAITING;
}

void ccri_belt_applied(struct ccr_follower *f, struct ccri_piece *p)
{
    leave_state(f, p);
    p->state = CCRI_APPLIED;
    f->bytes_held -= p->raw_bytes;
    p->raw_bytes = 0;
    give_credit(f, p, 0);

    size_t n = 0;
    while (n < f->count && f->pieces[n].state == CCRI_APPLIED && f->pieces[n].first_seq_no == f->applied_seq_no + 1) {
        f->applied_seq_no = f->pieces[n].last_seq_no;
        n++;
    }
    if (n > 0) {
        f->count -= n;
        memmove(&f->pieces[0], &f->pieces[n], f->count * sizeof(f->pieces[0]));
    }
}

int64_t ccri_belt_received_seq_no(const struct ccr_follower *f)
{
    int64_t received = f->applied_seq_no;
    for (size_t i = 0; i < f->count; i++) {
        const struct ccri_piece *p = &f->pieces[i];
        if (p->state == CCRI_ASKED || p->first_seq_no != received + 1) {
            break;
        }
        received = p->last_seq_no;
    }
    return received;
}
