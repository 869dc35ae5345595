/* The table of states against its own drawing, and against what the machine may do. */
#define _POSIX_C_SOURCE 200809L /* strtok_r */

#include "follower_rig.h"

#include <stdio.h>

static int state_by_name(const char *name)
{
    for (unsigned i = 0; i < CCRI_FOLLOWER_STATES; i++) {
        if (strcmp(ccri_states[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* " *   edge A -> B C" */
static void read_edge(char *line, uint32_t next[CCRI_FOLLOWER_STATES], bool seen[CCRI_FOLLOWER_STATES])
{
    char *save = NULL;
    strtok_r(line, " \n", &save); /* the comment's asterisk */
    strtok_r(NULL, " \n", &save); /* edge */
    int from = state_by_name(strtok_r(NULL, " \n", &save));
    cr_assert_geq(from, 0);
    cr_assert_str_eq(strtok_r(NULL, " \n", &save), "->");
    seen[from] = true;
    for (char *to = strtok_r(NULL, " \n", &save); to != NULL; to = strtok_r(NULL, " \n", &save)) {
        cr_assert_geq(state_by_name(to), 0, "%s", to);
        next[from] |= 1u << state_by_name(to);
    }
}

Test(follower_states, drawing_and_table_are_the_same)
{
    FILE *in = fopen(CCR_TESTS_DIR "/../native/src/follower/follower_states.c", "r");
    cr_assert_not_null(in);
    char line[512];
    uint32_t next[CCRI_FOLLOWER_STATES] = {0};
    bool seen[CCRI_FOLLOWER_STATES] = {0};
    bool boxed[CCRI_FOLLOWER_STATES] = {0};
    while (fgets(line, sizeof(line), in) != NULL) {
        for (unsigned i = 0; i < CCRI_FOLLOWER_STATES && strncmp(line, " *", 2) == 0; i++) {
            char box[64];
            snprintf(box, sizeof(box), "[%s]", ccri_states[i].name);
            boxed[i] = boxed[i] || strstr(line, box) != NULL;
        }
        if (strncmp(line, " *   edge ", 10) == 0) {
            read_edge(line, next, seen);
        }
    }
    fclose(in);
    for (unsigned i = 0; i < CCRI_FOLLOWER_STATES; i++) {
        cr_assert(seen[i], "no edge line for %s", ccri_states[i].name);
        cr_assert(boxed[i], "%s is not in the drawing", ccri_states[i].name);
        cr_assert_eq(next[i], ccri_states[i].next, "%s: drawing and table differ", ccri_states[i].name);
    }
}

Test(follower_states, only_the_table_allows_a_move)
{
    cr_assert(ccri_state_may_become(CCR_FOLLOWER_NEW, CCR_FOLLOWER_FOLLOWING));
    cr_assert_not(ccri_state_may_become(CCR_FOLLOWER_NEW, CCR_FOLLOWER_DRAINING));
    cr_assert_not(ccri_state_may_become(CCR_FOLLOWER_STOPPED, CCR_FOLLOWER_FOLLOWING));
    cr_assert_not(ccri_state_may_become((enum ccr_follower_state)8, CCR_FOLLOWER_NEW));
    cr_assert_not(ccri_state_may_become(CCR_FOLLOWER_NEW, (enum ccr_follower_state)8));
    for (unsigned i = 0; i < CCRI_FOLLOWER_STATES; i++) {
        cr_assert(i == CCR_FOLLOWER_BROKEN || ccri_state_may_become(i, CCR_FOLLOWER_BROKEN));
        cr_assert_eq(ccri_states[i].is_terminal, (ccri_states[i].next & ~(1u << CCR_FOLLOWER_BROKEN)) == 0);
    }
}

Test(follower_states, names)
{
    cr_assert_str_eq(ccr_follower_state_name(CCR_FOLLOWER_BOOTSTRAP_NEEDED), "BOOTSTRAP_NEEDED");
    cr_assert_str_eq(ccr_follower_state_name((enum ccr_follower_state)99), "UNKNOWN");
}

Test(follower_states, a_move_off_the_table_breaks_the_machine)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    rig_at_head(r, 9);
    ccri_move(r->f, CCR_FOLLOWER_FAILED);
    struct ccr_event tick = {.kind = CCR_EVENT_TICK, .now_ms = r->now};
    cr_assert(ccr_is(ccr_follower_step(r->f, &tick, &r->out, &r->err), CCR_BROKEN));
    cr_assert_str_eq(r->err.text, "follower: does not hold: state moves along the table");
    cr_assert_eq(rig_status(r).state, CCR_FOLLOWER_BROKEN);
    rig_free(r);
}
