/* Clock, turns, rows. */
#define _POSIX_C_SOURCE 200809L

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROWS_MAX     800
#define BYTES_A_TURN 20e6

struct row {
    const char *section;
    char name[96];
    struct bench_figure figure;
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

static bool met(const struct bench_figure *f)
{
    return f->way == BENCH_NO_BOUND || (f->way == BENCH_AT_LEAST ? f->value >= f->bound : f->value <= f->bound);
}

static int digits(double value)
{
    return value < 10 ? 3 : (value < 1000 ? 1 : 0);
}

void bench_put(struct bench_figure figure)
{
    if (row_count == ROWS_MAX) {
        bench_die("rows", "there are more than the table holds");
    }
    struct row *r = &rows[row_count++];
    *r = (struct row){.section = section, .figure = figure};
    snprintf(r->name, sizeof r->name, "%s", figure.name);
    printf("  %-58s %10.*f %-5s", r->name, digits(figure.value), figure.value, figure.unit);
    if (figure.bare > 0) {
        printf(" bare %10.*f  %5.2f x", digits(figure.bare), figure.bare, figure.value / figure.bare);
    } else if (figure.way != BENCH_NO_BOUND) {
        printf(" %24s", "");
    }
    if (figure.way != BENCH_NO_BOUND) {
        printf(" %s %g  %s", figure.way == BENCH_AT_LEAST ? ">=" : "<=", figure.bound, met(&figure) ? "met" : "MISSED");
    }
    putchar('\n');
    fflush(stdout);
}

void bench_row(const char *name, double value, const char *unit)
{
    bench_put((struct bench_figure){.name = name, .value = value, .unit = unit});
}

void bench_against(const char *name, double value, const char *unit, double bare)
{
    bench_put((struct bench_figure){.name = name, .value = value, .unit = unit, .bare = bare});
}

void bench_at_least(const char *name, double value, const char *unit, double bound)
{
    bench_put((struct bench_figure){.name = name, .value = value, .unit = unit, .way = BENCH_AT_LEAST, .bound = bound});
}

void bench_at_most(const char *name, double value, const char *unit, double bound)
{
    bench_put((struct bench_figure){.name = name, .value = value, .unit = unit, .way = BENCH_AT_MOST, .bound = bound});
}

static void write_json(const char *path)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (out == NULL) {
        bench_die(path, "cannot be written");
    }
    fputs("[\n", out);
    for (size_t i = 0; i < row_count; i++) {
        const struct bench_figure *f = &rows[i].figure;
        fprintf(out, "  {\"section\": \"%s\", \"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"", rows[i].section,
                rows[i].name, f->value, f->unit);
        if (f->bare > 0) {
            fprintf(out, ", \"bare\": %.6g, \"ratio\": %.4g", f->bare, f->value / f->bare);
        }
        if (f->way != BENCH_NO_BOUND) {
            fprintf(out, ", \"%s\": %g, \"met\": %s", f->way == BENCH_AT_LEAST ? "at_least" : "at_most", f->bound,
                    met(f) ? "true" : "false");
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
        missed += met(&rows[i].figure) ? 0 : 1;
    }
    printf("%zu figures, %d bounds missed\n", row_count, missed);
    if (o->json != NULL) {
        write_json(o->json);
    }
    return missed;
}
