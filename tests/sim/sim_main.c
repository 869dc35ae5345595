/*
 * ccr_sim [--seeds FROM COUNT | --seed N]   seeds 1 to 2000 without either
 *         [--without FAULT]... [--only FAULT]... [--chaos MS] [--calm MS] [--ops N]   a smaller run of the seed, as shrinking prints it
 *         [--trace]     print every event as it happens
 *         [--brief]     on failure only the reason and the seed
 *         [--faults]    the kinds of fault and how often each happened
 *         [--all-faults]   fail when one of them never happened
 *
 * A seed that fails is shrunk, and the smallest run found is printed with its log; then how to run it again. The log's
 * columns: virtual milliseconds, who, what. Effects are in capitals.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* After healing: a lost answer is given up after 20 + 60 s, a lost sync after 120 s, one may follow on the other, and the
 * clock may stand still for what it went back. */
#define HEAL_MS     400000
#define STEPS_MAX   2000000u
#define SHRINK_RUNS 300

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
    int64_t end = s->now_ms + SIM_IDLE_MS;
    while (!s->failed && s->queue_len > 0 && s->queue[0]->at_ms <= end) {
        uint64_t steps = s->pump.steps;
        sim_advance(s);
        s->idle_effects += s->pump.steps != steps ? s->pump.effects.count : 0;
    }
    sim_check_quiet(s);
}

static void check_end(struct sim *s)
{
    /* The timer of a sync that was never answered may end at this very moment: it is made up for in the stated time. */
    if (!s->failed) {
        converge(s);
    }
    if (!s->failed && s->failed_sessions > 0 && s->net.corrupted < 5) {
        sim_fail(s, "a session failed, though almost nothing was damaged");
    }
    if (!s->failed && s->bootstraps > 0 && !s->history_lost) {
        sim_fail(s, "bootstrapped, though the lease held the history");
    }
    if (!s->failed) {
        s->over = true;
        sim_pump_event(s, (struct ccr_event){.kind = CCR_EVENT_STOP}, ccr_slice_of(NULL, 0));
        if (s->pump.running) {
            sim_fail(s, "an idle follower does not stop at once");
        }
    }
}

static void run(struct sim *s)
{
    for (int i = 0; i < SIM_STREAMS; i++) {
        s->streams[i] = (s->choice.seed * SIM_STREAMS + (uint64_t)i) * 0x9e3779b97f4a7c15u;
    }
    s->begin_ms = s->now_ms = sim_between(s, SIM_SETUP, -1000000, 1000000);
    s->index.local_checkpoint = s->index.persisted = -1;
    s->index.mapping = s->index.settings = s->index.aliases = 1;
    s->index.history = 1;
    sim_memory_init(&s->memory);
    sim_session_init(s);
    sim_leader_init(s);
    sim_user_init(s);
    int64_t chaos_ms = sim_between(s, SIM_SETUP, 5000, 40000);
    if (s->choice.chaos_ms > 0 && s->choice.chaos_ms < chaos_ms) {
        chaos_ms = s->choice.chaos_ms;
    }
    run_until(s, s->now_ms + chaos_ms);
    if (s->failed) {
        return;
    }
    sim_user_heal(s);
    converge(s);
    stay_idle(s);
    check_end(s);
}

/* Frees everything but s itself, and that is the last check. */
static void tear_down(struct sim *s)
{
    sim_pump_kill(s);
    for (size_t i = 0; i < s->queue_len; i++) {
        free(s->queue[i]->bytes);
        free(s->queue[i]);
    }
    free(s->queue);
    sim_net_fini(s);
    sim_leader_fini(s);
    sim_session_fini(s);
}

/* ---- many of them */

struct totals {
    uint64_t seeds, failures, steps, operations, sessions, bootstraps, failed_sessions, corrupted, translog, lucene;
    uint64_t happened[SIM_FAULTS], in_seeds[SIM_FAULTS];
    double virtual_s;
};

static void count(struct totals *t, const struct sim *s)
{
    t->seeds++;
    t->failures += s->failed;
    t->steps += s->steps;
    t->virtual_s += (double)(s->now_ms - s->begin_ms) / 1000;
    t->operations += (uint64_t)s->leader.count;
    t->sessions += s->sessions;
    t->bootstraps += s->bootstraps + s->stops;
    t->failed_sessions += s->failed_sessions;
    t->corrupted += s->net.corrupted;
    t->translog += s->leader.by_translog;
    t->lucene += s->leader.by_lucene;
    for (int i = 0; i < SIM_FAULTS; i++) {
        t->happened[i] += s->happened[i];
        t->in_seeds[i] += s->happened[i] > 0;
    }
}

enum verbosity { QUIET, KEEP, TRACE };

/* The virtual time at which it failed, from its beginning; -1 when all is well. */
static int64_t run_one(const struct sim_choice *c, enum verbosity v, bool tell, struct totals *t)
{
    struct sim *s = calloc(1, sizeof(*s));
    s->choice = *c;
    s->trace = v == TRACE;
    s->keep = v == KEEP;
    s->kept = s->keep ? calloc(SIM_TRACE_KEEP, sizeof(*s->kept)) : NULL;
    run(s);
    tear_down(s);
    size_t first = s->kept_count > SIM_TRACE_KEEP ? s->kept_count - SIM_TRACE_KEEP : 0;
    for (size_t i = first; s->keep && i < s->kept_count; i++) {
        puts(s->kept[i % SIM_TRACE_KEEP]);
    }
    int64_t failed_after_ms = s->failed ? s->now_ms - s->begin_ms : -1;
    if (s->failed && tell) {
        printf("FAILED at %lld ms: %s\nSEED=%llu\n", (long long)failed_after_ms, s->reason,
               (unsigned long long)c->seed);
    }
    if (t != NULL) {
        count(t, s);
    }
    free(s->kept);
    free(s);
    return failed_after_ms;
}

bool sim_fails(const struct sim_choice *c)
{
    return run_one(c, QUIET, false, NULL) >= 0;
}

static void report(const struct sim_choice *c, int64_t failed_after_ms)
{
    struct sim_choice small = sim_shrink(c, failed_after_ms, SHRINK_RUNS);
    run_one(&small, KEEP, true, NULL);
    printf("the smallest run found: ");
    sim_choice_print(&small);
}

struct arguments {
    struct sim_choice choice;
    uint64_t count;
    bool trace, brief, faults, all_faults, only;
};

static bool fault_of(const char *name, int *fault)
{
    for (*fault = 0; *fault < SIM_FAULTS; ++*fault) {
        if (strcmp(name, sim_fault_names[*fault]) == 0) {
            return true;
        }
    }
    return false;
}

static void only(struct arguments *a, int fault)
{
    for (int i = 0; i < SIM_FAULTS && !a->only; i++) {
        a->choice.without[i] = true;
    }
    a->only = true;
    if (fault >= 0) {
        a->choice.without[fault] = false;
    }
}

static bool parse(struct arguments *a, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        int fault;
        if (strcmp(argv[i], "--trace") == 0) {
            a->trace = true;
        } else if (strcmp(argv[i], "--brief") == 0) {
            a->brief = true;
        } else if (strcmp(argv[i], "--faults") == 0) {
            a->faults = true;
        } else if (strcmp(argv[i], "--all-faults") == 0) {
            a->all_faults = true;
        } else if (strcmp(argv[i], "--seeds") == 0 && i + 2 < argc) {
            a->choice.seed = strtoull(value, NULL, 10);
            a->count = strtoull(argv[i + 2], NULL, 10);
            i += 2;
        } else if (strcmp(argv[i], "--seed") == 0 && i++ + 1 < argc) {
            a->choice.seed = strtoull(value, NULL, 10);
            a->count = 1;
        } else if (strcmp(argv[i], "--without") == 0 && fault_of(value, &fault)) {
            a->choice.without[fault] = true;
            i++;
        } else if (strcmp(argv[i], "--only") == 0 && strcmp(value, "none") == 0) {
            only(a, -1);
            i++;
        } else if (strcmp(argv[i], "--only") == 0 && fault_of(value, &fault)) {
            only(a, fault);
            i++;
        } else if (strcmp(argv[i], "--chaos") == 0 && (a->choice.chaos_ms = strtoll(value, NULL, 10)) > 0) {
            i++;
        } else if (strcmp(argv[i], "--calm") == 0 && (a->choice.calm_ms = strtoll(value, NULL, 10)) > 0) {
            i++;
        } else if (strcmp(argv[i], "--ops") == 0 && (a->choice.ops_max = strtoll(value, NULL, 10)) > 0) {
            i++;
        } else {
            fprintf(stderr, "%s: what is %s %s? See the head of sim_main.c\n", argv[0], argv[i], value);
            return false;
        }
    }
    return true;
}

static void print_totals(const struct totals *t, double seconds, bool faults)
{
    for (int i = 0; faults && i < SIM_FAULTS; i++) {
        printf("%-26s happened %10llu times in %8llu seeds\n", sim_fault_names[i], (unsigned long long)t->happened[i],
               (unsigned long long)t->in_seeds[i]);
    }
    printf("%llu seeds, %llu events, %llu operations, %llu sessions, %llu bootstraps, %llu failed sessions, "
           "%llu damaged answers, %llu reads by translog, %llu by Lucene\n",
           (unsigned long long)t->seeds, (unsigned long long)t->steps, (unsigned long long)t->operations,
           (unsigned long long)t->sessions, (unsigned long long)t->bootstraps, (unsigned long long)t->failed_sessions,
           (unsigned long long)t->corrupted, (unsigned long long)t->translog, (unsigned long long)t->lucene);
    printf("%.0f simulated seconds in %.1f of processor time: %.0f times as fast\n", t->virtual_s, seconds,
           t->virtual_s / (seconds > 0 ? seconds : 1));
}

/* A world in which something never goes wrong proves nothing about it. */
static bool is_missing(const struct totals *t)
{
    bool missing = false;
    for (int i = 0; i < SIM_FAULTS; i++) {
        if (t->happened[i] == 0) {
            printf("FAILED: %s never happened\n", sim_fault_names[i]);
            missing = true;
        }
    }
    return missing;
}

int main(int argc, char **argv)
{
    struct arguments a = {.choice.seed = 1, .count = 2000};
    if (!parse(&a, argc, argv)) {
        return 2;
    }
    struct totals t = {0};
    clock_t begin = clock();
    for (uint64_t n = 0; n < a.count; n++, a.choice.seed++) {
        int64_t failed = run_one(&a.choice, a.trace ? TRACE : QUIET, a.trace || a.brief, &t);
        if (failed >= 0) {
            if (!a.trace && !a.brief) {
                report(&a.choice, failed);
            }
            break;
        }
    }
    print_totals(&t, (double)(clock() - begin) / CLOCKS_PER_SEC, a.faults);
    bool failed = t.failures > 0 || (a.all_faults && is_missing(&t));
    printf("%llu passed, %d failed\n", (unsigned long long)(t.seeds - t.failures), failed);
    return failed;
}
