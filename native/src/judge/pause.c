/*
 * How long the leader keeps the history of a paused replication.
 */
#include "ccr/judge.h"

/* Bytes of history that the lease holds on the leader, by the average size of an operation there. */
static double kept_bytes(const struct ccr_pause *p)
{
    if (p->leader_max_seq_no < 0 || p->retaining_seq_no > p->leader_max_seq_no) {
        return 0;
    }
    double all = (double)p->leader_max_seq_no + 1;
    double missing = all - (p->retaining_seq_no < 0 ? 0 : (double)p->retaining_seq_no);
    return (double)p->leader_bytes / all * missing;
}

static enum ccr_pause_verdict lost(enum ccr_error_class error)
{
    if (error == CCR_ERROR_LEADER_MISSING) {
        return CCR_PAUSE_LEADER_MISSING;
    }
    if (error == CCR_ERROR_HISTORY_GONE || error == CCR_ERROR_HISTORY_CHANGED) {
        return CCR_PAUSE_HISTORY_GONE;
    }
    return CCR_PAUSE_NOTHING;
}

enum ccr_pause_verdict ccr_pause_judge(const struct ccr_pause *p)
{
    if (lost(p->cause) != CCR_PAUSE_NOTHING) {
        return CCR_PAUSE_NOTHING; /* nothing is kept for it any more, and that was said already */
    }
    switch (p->stage) {
    case CCR_PAUSE_LOOK:
        return p->paused_ms > p->paused_ms_max ? CCR_PAUSE_TOO_OLD : CCR_PAUSE_MEASURE;
    case CCR_PAUSE_MEASURED:
        return kept_bytes(p) > (double)p->kept_bytes_max ? CCR_PAUSE_TOO_MUCH : CCR_PAUSE_RENEW;
    case CCR_PAUSE_REFUSED:
        return lost(p->error);
    }
    return CCR_PAUSE_NOTHING;
}
