/*
 * What a follower can be, drawn and in a table. Every move is checked against the table, in release builds too.
 *
 *              START                  an error is waited out
 *     [NEW] ---------> [FOLLOWING] <---------------------> [BACKING_OFF]
 *       |                   |         the next one is good       |
 *       | STOP              | STOP, or an error that waiting     |
 *       |                   | does not cure                      |
 *       |                   +---------------+--------------------+
 *       |                                   v
 *       |                              [DRAINING]   no fetch any more; applies that are under way end
 *       |                                   |
 *       |            +----------------------+-------------------+
 *       v            v                      v                   v
 *     [STOPPED] <----+            [BOOTSTRAP_NEEDED]         [FAILED]
 *
 *     [BROKEN]  from everywhere, when an invariant of ours does not hold
 *
 * The same edges line by line; tests/unit/test_follower_states.c reads them from here and compares:
 *   edge NEW -> FOLLOWING STOPPED BROKEN
 *   edge FOLLOWING -> BACKING_OFF DRAINING BROKEN
 *   edge BACKING_OFF -> FOLLOWING DRAINING BROKEN
 *   edge DRAINING -> STOPPED BOOTSTRAP_NEEDED FAILED BROKEN
 *   edge STOPPED -> BROKEN
 *   edge BOOTSTRAP_NEEDED -> BROKEN
 *   edge FAILED -> BROKEN
 *   edge BROKEN ->
 */
#include "follower/follower_states.h"

#define TO(state) (1u << CCR_FOLLOWER_##state)

const struct ccri_state_row ccri_states[CCRI_FOLLOWER_STATES] = {
    [CCR_FOLLOWER_NEW] = {"NEW", TO(FOLLOWING) | TO(STOPPED) | TO(BROKEN), false, false},
    [CCR_FOLLOWER_FOLLOWING] = {"FOLLOWING", TO(BACKING_OFF) | TO(DRAINING) | TO(BROKEN), true, false},
    [CCR_FOLLOWER_BACKING_OFF] = {"BACKING_OFF", TO(FOLLOWING) | TO(DRAINING) | TO(BROKEN), true, false},
    [CCR_FOLLOWER_DRAINING] = {"DRAINING", TO(STOPPED) | TO(BOOTSTRAP_NEEDED) | TO(FAILED) | TO(BROKEN), false, false},
    [CCR_FOLLOWER_STOPPED] = {"STOPPED", TO(BROKEN), false, true},
    [CCR_FOLLOWER_BOOTSTRAP_NEEDED] = {"BOOTSTRAP_NEEDED", TO(BROKEN), false, true},
    [CCR_FOLLOWER_FAILED] = {"FAILED", TO(BROKEN), false, true},
    [CCR_FOLLOWER_BROKEN] = {"BROKEN", 0, false, true},
};

bool ccri_state_may_become(enum ccr_follower_state from, enum ccr_follower_state to)
{
    if ((unsigned)from >= CCRI_FOLLOWER_STATES || (unsigned)to >= CCRI_FOLLOWER_STATES) {
        return false;
    }
    return (ccri_states[from].next >> to & 1u) != 0;
}

const char *ccr_follower_state_name(enum ccr_follower_state s)
{
    return (unsigned)s < CCRI_FOLLOWER_STATES ? ccri_states[s].name : "UNKNOWN";
}
