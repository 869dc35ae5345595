/*
 * ccr_sim                          seeds 1 to 2000, for ctest
 * ccr_sim --seeds FROM COUNT       other seeds
 * ccr_sim --seed N [--trace]       one seed, with every event printed
 *
 * A seed that fails is run again with its log kept; the last lines, the reason and the seed are printed. The log's
 * columns: virtual milliseconds, who, what. Effects are in capitals.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BUDGET (700u << 10)
/* After healing: a lost answer is given up after 20 + 60 s, a lost sync after 120 s, and one may follow on the other.
 */
#define HEAL_MS   400000
#define IDLE_MS   600000
#define STEPS_MAX 2000000u

static void run_until(struct sim *s, int64_t until_ms)
{
    while (!s->failed && s->queue_len > 0 && s->queue[0]->at_ms <= until_ms) {
        if (s->steps > STEPS_MAX) {
            sim_fail(s, "the world spins");
        }
        sim_advance(s);
    }
    if (!s->failed && s->now_ms < until_ms) {
        s->now_ms = until_ms;
    }
}

static void converge(struct sim *s)
{
    char why[200] = "";
    int64_t end = s->now_ms + HEAL_MS;
    while (!s->failed && s->now_ms < end) {
        run_until(s, s->now_ms + 500);
        if (!s->failed && sim_check_converged(s, why, sizeof(why))) {
            return;
        }
    }
    sim_fail(s, "does not converge: %s", why);
}

static void stay_idle(struct sim *s)
{
    int64_t end = s->now_ms + IDLE_MS;
    while (!s->failed && s->queue_len > 0 && s->queue[0]->at_ms <= end) {
        uint64_t steps = s->pump.steps;
        sim_advance(s);
        s->idle_effects += s->pump.steps != steps ? s->pump.effects.count : 0;
    }
    sim_check_quiet(s);
}

void sim_run(struct sim *s)
{
    char why[200];
    s->random = s->seed * 0x9e3779b97f4a7c15u;
    s->now_ms = sim_between(s, -1000000, 1000000);
    s->index.local_checkpoint = s->index.persisted = -1;
    s->index.mapping = s->index.settings = s->index.aliases = 1;
    ccr_budget_init(&s->budget, sim_chance(s, 500) ? BUDGET : 100u << 10);
    s->by_session = s->seed % 2 == 0;
    sim_session_init(s);
    sim_leader_init(s);
    sim_user_init(s);
    run_until(s, s->now_ms + sim_between(s, 5000, 40000));
    if (s->failed) {
        return;
    }
    sim_user_heal(s);
    converge(s);
    stay_idle(s);
    if (!s->failed && !sim_check_converged(s, why, sizeof(why))) {
        sim_fail(s, "idle, and yet: %s", why);
    }
    if (!s->failed && s->failed_sessions > 0 && s->net.corrupted < 5) {
        sim_fail(s, "a session failed, though almost nothing was damaged");
    }
    if (!s->failed && s->bootstraps > 0 && !s->history_lost) {
        sim_fail(s, "bootstrapped, though the lease held the history");
    }
    if (!s->failed) {
        s->over = true;
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_STOP});
        if (s->pump.running) {
            sim_fail(s, "an idle follower does not stop at once");
        }
    }
}

void sim_fini(struct sim *s)
{
    sim_pump_kill(s);
    for (size_t i = 0; i < s->queue_len; i++) {
        free(s->queue[i]->bytes);
        free(s->queue[i]);
    }
    free(s->queue);
    sim_leader_fini(s);
    sim_session_fini(s);
    free(s->kept);
    free(s);
}

struct totals {
    uint64_t seeds, failures, steps, operations, sessions, bootstraps, failed_sessions, corrupted, translog, lucene;
    int64_t virtual_ms;
};

static void print_kept(const struct sim *s)
{
    size_t first = s->kept_count > SIM_TRACE_KEEP ? s->kept_count - SIM_TRACE_KEEP : 0;
    for (size_t i = first; i < s->kept_count; i++) {
        puts(s->kept[i % SIM_TRACE_KEEP]);
    }
}

static bool run_seed(uint64_t seed, bool trace, bool keep, bool brief, struct totals *t)
{
    struct sim *s = calloc(1, sizeof(*s));
    s->seed = seed;
    s->trace = trace;
    s->keep = keep;
    s->kept = keep ? calloc(SIM_TRACE_KEEP, sizeof(*s->kept)) : NULL;
    sim_run(s);
    bool good = !s->failed;
    if (keep) {
        print_kept(s);
    }
    if (!good && (trace || keep || brief)) {
        printf("FAILED at %lld ms: %s\nSEED=%llu\n", (long long)s->now_ms, s->reason, (unsigned long long)seed);
    }
    t->seeds++;
    t->failures += !good;
    t->steps += s->steps;
    t->virtual_ms += s->now_ms;
    t->operations += (uint64_t)s->leader.count;
    t->sessions += s->sessions;
    t->bootstraps += s->bootstraps;
    t->failed_sessions += s->failed_sessions;
    t->corrupted += s->net.corrupted;
    t->translog += s->leader.by_translog;
    t->lucene += s->leader.by_lucene;
    sim_fini(s);
    return good;
}

int main(int argc, char **argv)
{
    uint64_t from = 1;
    uint64_t count = 2000;
    bool trace = false;
    bool brief = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 2 < argc) {
            from = strtoull(argv[++i], NULL, 10);
            count = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            from = strtoull(argv[++i], NULL, 10);
            count = 1;
        } else if (strcmp(argv[i], "--trace") == 0) {
            trace = true;
        } else if (strcmp(argv[i], "--brief") == 0) {
            brief = true;
        } else {
            fprintf(stderr, "usage: %s [--seeds FROM COUNT | --seed N] [--trace] [--brief]\n", argv[0]);
            return 2;
        }
    }
    struct totals t = {0};
    clock_t begin = clock();
    for (uint64_t seed = from; seed < from + count; seed++) {
        if (!run_seed(seed, trace, false, brief, &t)) {
            if (!trace && !brief) {
                run_seed(seed, false, true, false, &t);
            }
            break;
        }
    }
    printf(
        "%llu seeds, %llu events, %llu operations, %llu sessions, %llu bootstraps, %llu failed sessions, %llu damaged "
        "answers, %llu reads by translog, %llu by Lucene, %.1f s\n",
        (unsigned long long)t.seeds, (unsigned long long)t.steps, (unsigned long long)t.operations,
        (unsigned long long)t.sessions, (unsigned long long)t.bootstraps, (unsigned long long)t.failed_sessions,
        (unsigned long long)t.corrupted, (unsigned long long)t.translog, (unsigned long long)t.lucene,
        (double)(clock() - begin) / CLOCKS_PER_SEC);
    printf("%llu passed, %llu failed\n", (unsigned long long)(t.seeds - t.failures),
           (unsigned long long)(t.failures > 0));
    return t.failures > 0;
}
