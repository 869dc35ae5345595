/*
 * A follower machine on a test bench: one line per event, one line per expectation. After every event the rig checks
 * that the invariants hold and that a TICK with nothing due emits nothing.
 */
#ifndef FOLLOWER_RIG_H
#define FOLLOWER_RIG_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ccr/follower.h"
#include "follower/follower_private.h"

#define KIB         1024u
#define HISTORY     "qzMkNbTUTZqtGqMEb2m9wg"
#define SHARD       "hK1qv2vFQvq5mYkE2l9e3Q/2"
#define NO_DEADLINE INT64_MAX

struct rig {
    struct ccr_follower_config config;
    struct ccr_budget budget;
    struct ccr_follower *f;
    struct ccr_effects out;
    struct ccr_err err;
    int64_t now;
    uint64_t origin;                /* what answers name */
    struct ccr_leader_state leader; /* what answers say of the leader */
};

static inline struct ccr_follower_config rig_config(void)
{
    struct ccr_follower_config c = {.fetches_max = 4,
                                    .applies_max = 2,
                                    .batch_bytes_max = 1024 * KIB,
                                    .batch_ops_max = 1u << 20,
                                    .poll_bytes = 128 * KIB,
                                    .poll_timeout_ms = 60000,
                                    .backoff_min_ms = 50,
                                    .backoff_max_ms = 10000,
                                    .lease_interval_ms = 30000,
                                    .prefix_bytes_max = 16 * KIB,
                                    .codec = CCR_CODEC_ZSTD,
                                    .level = 1,
                                    .seed = 7};
    strcpy(c.history_uuid, HISTORY);
    strcpy(c.leader_shard, SHARD);
    return c;
}

static inline struct rig *rig_new(const struct ccr_follower_config *config, uint64_t budget)
{
    struct rig *r = calloc(1, sizeof(*r));
    r->config = config != NULL ? *config : rig_config();
    r->now = 1000;
    r->origin = ccr_wire_origin(r->config.history_uuid, r->config.leader_shard);
    r->leader = (struct ccr_leader_state){.mapping_version = 1, .settings_version = 1, .aliases_version = 1};
    ccr_budget_init(&r->budget, budget);
    cr_assert(ccr_ok(ccr_follower_new(&r->f, ccr_alloc_system(), &r->config, &r->budget, &r->err)), "%s", r->err.text);
    return r;
}

static inline void rig_free(struct rig *r)
{
    ccr_follower_free(r->f);
    cr_assert_eq(atomic_load(&r->budget.taken), 0, "credits came back");
    free(r);
}

static inline size_t rig_count(const struct rig *r, enum ccr_effect_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < r->out.count; i++) {
        n += r->out.items[i].kind == kind;
    }
    return n;
}

/* The n-th effect of a kind. */
static inline const struct ccr_effect *rig_nth(const struct rig *r, enum ccr_effect_kind kind, size_t n)
{
    for (size_t i = 0; i < r->out.count; i++) {
        if (r->out.items[i].kind == kind && n-- == 0) {
            return &r->out.items[i];
        }
    }
    cr_assert_fail("no such effect: kind %d", (int)kind);
    return NULL;
}

static inline struct ccr_follower_status rig_status(const struct rig *r)
{
    struct ccr_follower_status s;
    ccr_follower_status(r->f, &s);
    return s;
}

static inline void rig_step(struct rig *r, struct ccr_event event)
{
    event.now_ms = r->now;
    struct ccr_status s = ccr_follower_step(r->f, &event, &r->out, &r->err);
    cr_assert(ccr_ok(s), "step: %s", r->err.text);
    cr_assert(ccr_ok(ccr_follower_check(r->f, &r->err)), "%s", r->err.text);

    static struct ccr_effects idle;
    struct ccr_event tick = {.kind = CCR_EVENT_TICK, .now_ms = r->now};
    cr_assert(ccr_ok(ccr_follower_step(r->f, &tick, &idle, &r->err)));
    cr_assert_eq(idle.count, 0, "a TICK with nothing due emitted effect kind %d", (int)idle.items[0].kind);
    cr_assert_eq(idle.next_deadline_ms, r->out.next_deadline_ms, "a TICK moved the deadline");
}

static inline void rig_tick(struct rig *r, int64_t now)
{
    r->now = now;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_TICK});
}

/* To the deadline, and proves that nothing happens a millisecond earlier. */
static inline void rig_next(struct rig *r)
{
    int64_t due = r->out.next_deadline_ms;
    cr_assert_neq(due, NO_DEADLINE);
    if (due - 1 > r->now) {
        rig_tick(r, due - 1);
        cr_assert_eq(r->out.count, 0, "woke up before the deadline");
    }
    rig_tick(r, due);
}

static inline void rig_start(struct rig *r, int64_t next_seq_no)
{
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_START,
                                   .next_seq_no = next_seq_no,
                                   .checkpoint = next_seq_no - 1,
                                   .mapping_version = 1,
                                   .settings_version = 1,
                                   .aliases_version = 1});
}

static inline void rig_fetched(struct rig *r, uint64_t id, int64_t from, uint32_t ops, uint32_t raw_bytes)
{
    struct ccr_wire_header h = {.version = 1,
                                .codec = CCR_CODEC_ZSTD,
                                .from_seq_no = from,
                                .ops = ops,
                                .raw_bytes = raw_bytes,
                                .packed_bytes = raw_bytes / 5,
                                .origin = r->origin,
                                .state = r->leader};
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_FETCHED, .id = id, .header = &h});
}

static inline void rig_fail(struct rig *r, enum ccr_event_kind kind, uint64_t id, enum ccr_error_class error)
{
    rig_step(r, (struct ccr_event){.kind = kind, .id = id, .error = error});
}

static inline void rig_applied(struct rig *r, uint64_t id, int64_t checkpoint)
{
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_APPLIED, .id = id, .checkpoint = checkpoint});
}

static inline void rig_synced(struct rig *r, uint64_t mapping, uint64_t settings, uint64_t aliases)
{
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_METADATA_SYNCED,
                                   .mapping_version = mapping,
                                   .settings_version = settings,
                                   .aliases_version = aliases});
}

/* A follower that has applied everything up to seq_no and keeps one fetch parked; the answer is that fetch's id. */
static inline uint64_t rig_at_head(struct rig *r, int64_t seq_no)
{
    r->leader.global_checkpoint = seq_no;
    rig_start(r, seq_no + 1);
    rig_fetched(r, 1, seq_no + 1, 0, 0);
    const struct ccr_effect *poll = rig_nth(r, CCR_EFFECT_FETCH, 0);
    cr_assert_eq(poll->request.wait_ms, r->config.poll_timeout_ms);
    uint64_t id = poll->id;
    rig_step(r, (struct ccr_event){.kind = CCR_EVENT_LEASE_RENEWED});
    return id;
}

/* A follower at the head, operation 9, that the leader then answers with operation 10 and these versions; the batch's id. */
static inline struct rig *rig_one_batch(uint64_t *id, uint64_t mapping, uint64_t settings, uint64_t aliases)
{
    struct rig *r = rig_new(NULL, UINT64_MAX);
    *id = rig_at_head(r, 9);
    r->leader = (struct ccr_leader_state){10, 0, mapping, settings, aliases};
    rig_fetched(r, *id, 10, 1, 100);
    return r;
}

/* A follower whose probe brought operations 0..99 of 1000 bytes, with the leader at `checkpoint`; the batch has id 1.
 */
static inline void rig_probed(struct rig *r, int64_t checkpoint)
{
    rig_start(r, 0);
    r->leader.global_checkpoint = checkpoint;
    rig_fetched(r, 1, 0, 100, 100000);
}

#endif
