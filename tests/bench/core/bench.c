/* Clock, turns, rows. */
#define _POSIX_C_SOURCE 200809L

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROWS_MAX     400
#define BYTES_A_TURN 20e6

struct row {
    const char *section;
    char name[96];
    double value;
    char unit[16];
    int way; /* -1 at most, 1 at least, 0 no bound */
    double bound;
};

static struct row rows[ROWS_MAX];
static size_t row_count;
static const char *section = "";

double bench_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

_Noreturn void bench_die(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

void bench_turns(const bench_work *work, size_t count, void *ctx, uint32_t calls, double *best)
{
    for (size_t k = 0; k < count; k++) {
        best[k] = 1e9;
    }
    for (int turn = 0; turn < BENCH_TURNS; turn++) {
        for (size_t k = 0; k < count; k++) {
            double begin = bench_now_s();
            for (uint32_t i = 0; i < calls; i++) {
                work[k](ctx);
            }
            double took = (bench_now_s() - begin) / calls;
            best[k] = took < best[k] ? took : best[k];
        }
    }
}

uint32_t bench_calls(const struct bench_options *o, size_t bytes_a_call)
{
    double calls = o->scale * BYTES_A_TURN / ((double)bytes_a_call + 2000);
    return calls < 1 ? 1 : (uint32_t)calls;
}

void bench_section(const char *title)
{
    section = title;
    printf("%s\n", title);
}

static bool met(const struct row *r)
{
    return r->way == 0 || (r->way > 0 ? r->value >= r->bound : r->value <= r->bound);
}

static void put(const char *name, double value, const char *unit, int way, double bound)
{
    if (row_count == ROWS_MAX) {
        bench_die("rows", "there are more than the table holds");
    }
    struct row *r = &rows[row_count++];
    *r = (struct row){.section = section, .value = value, .way = way, .bound = bound};
    snprintf(r->name, sizeof r->name, "%s", name);
    snprintf(r->unit, sizeof r->unit, "%s", unit);
    printf("  %-58s %10.*f %-8s", r->name, value < 10 ? 3 : (value < 1000 ? 1 : 0), value, r->unit);
    if (way != 0) {
        printf(" %s %g  %s", way > 0 ? ">=" : "<=", bound, met(r) ? "met" : "MISSED");
    }
    putchar('\n');
    fflush(stdout);
}

void bench_row(const char *name, double value, const char *unit)
{
    put(name, value, unit, 0, 0);
}

void bench_at_least(const char *name, double value, const char *unit, double bound)
{
    put(name, value, unit, 1, bound);
}

void bench_at_most(const char *name, double value, const char *unit, double bound)
{
    put(name, value, unit, -1, bound);
}

static void write_json(const char *path)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (out == NULL) {
        bench_die(path, "cannot be written");
    }
    fputs("[\n", out);
    for (size_t i = 0; i < row_count; i++) {
        const struct row *r = &rows[i];
        fprintf(out, "  {\"section\": \"%s\", \"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"", r->section, r->name,
                r->value, r->unit);
        if (r->way != 0) {
            fprintf(out, ", \"%s\": %g, \"met\": %s", r->way > 0 ? "at_least" : "at_most", r->bound,
                    met(r) ? "true" : "false");
        }
        fprintf(out, "}%s\n", i + 1 < row_count ? "," : "");
    }
    fputs("]\n", out);
    if (out != stdout && fclose(out) != 0) {
        bench_die(path, "cannot be written");
    }
}

int bench_end(const struct bench_options *o)
{
    int missed = 0;
    for (size_t i = 0; i < row_count; i++) {
        missed += met(&rows[i]) ? 0 : 1;
    }
    printf("%zu figures, %d bounds missed\n", row_count, missed);
    if (o->json != NULL) {
        write_json(o->json);
    }
    return missed;
}
