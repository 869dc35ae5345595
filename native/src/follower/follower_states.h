/*
 * The states of a follower and the steps between them, as a table that tests compare with its drawing.
 */
#ifndef CCRI_FOLLOWER_STATES_H
#define CCRI_FOLLOWER_STATES_H

#include "ccr/follower.h"

#define CCRI_FOLLOWER_STATES 8u

struct ccri_state_row {
    const char *name;
    uint32_t next;    /* bit n: may become state n */
    bool asks;        /* fetches, applies, renews its lease */
    bool is_terminal; /* no effect comes any more */
};

extern const struct ccri_state_row ccri_states[CCRI_FOLLOWER_STATES];

bool ccri_state_may_become(enum ccr_follower_state from, enum ccr_follower_state to);

#endif
