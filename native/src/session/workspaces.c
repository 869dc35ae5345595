/*
 * The node's workspaces: made when needed, at most `max`, and a caller waits for one when all are in use. Waiting is
 * right here: calls hold a workspace for milliseconds, and the callers' pools are bounded.
 */
#include "session/session_private.h"

struct ccr_status ccri_workspaces_init(struct ccri_workspaces *p, const struct ccr_alloc *alloc, uint32_t max)
{
    p->idle = ccr_alloc_zero(alloc, max * sizeof *p->idle);
    if (p->idle == NULL) {
        return ccr_status_of(CCR_NOMEM);
    }
    if (pthread_mutex_init(&p->lock, NULL) != 0) {
        ccr_alloc_put(alloc, p->idle);
        p->idle = NULL;
        return ccr_status_of(CCR_NOMEM);
    }
    if (pthread_cond_init(&p->returned, NULL) != 0) {
        (void)pthread_mutex_destroy(&p->lock);
        ccr_alloc_put(alloc, p->idle);
        p->idle = NULL;
        return ccr_status_of(CCR_NOMEM);
    }
    p->max = max;
    return ccr_status_of(CCR_OK);
}

void ccri_workspaces_fini(struct ccri_workspaces *p, const struct ccr_alloc *alloc)
{
    if (p->idle == NULL) {
        return;
    }
    for (uint32_t i = 0; i < p->idle_count; i++) {
        ccr_workspace_free(p->idle[i]);
    }
    (void)pthread_cond_destroy(&p->returned);
    (void)pthread_mutex_destroy(&p->lock);
    ccr_alloc_put(alloc, p->idle);
    p->idle = NULL;
}

struct ccr_status ccri_workspaces_take(struct ccri_workspaces *p, const struct ccr_alloc *alloc,
                                       struct ccr_workspace **ws, struct ccr_err *err)
{
    *ws = NULL;
    (void)pthread_mutex_lock(&p->lock);
    while (p->idle_count == 0 && p->made == p->max) {
        (void)pthread_cond_wait(&p->returned, &p->lock);
    }
    if (p->idle_count > 0) {
        *ws = p->idle[--p->idle_count];
    } else {
        p->made++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (*ws != NULL) {
        return ccr_status_of(CCR_OK);
    }
    struct ccr_status s = ccr_workspace_new(ws, alloc);
    if (!ccr_ok(s)) {
        (void)pthread_mutex_lock(&p->lock);
        p->made--;
        (void)pthread_cond_signal(&p->returned); /* somebody may have waited for the place */
        (void)pthread_mutex_unlock(&p->lock);
        return ccr_err_set(err, CCR_NOMEM, "no memory for a compression workspace");
    }
    return s;
}

void ccri_workspaces_give(struct ccri_workspaces *p, struct ccr_workspace *ws)
{
    if (ws == NULL) {
        return;
    }
    ccr_workspace_trim(ws);
    (void)pthread_mutex_lock(&p->lock);
    p->idle[p->idle_count++] = ws;
    (void)pthread_cond_signal(&p->returned);
    (void)pthread_mutex_unlock(&p->lock);
}
