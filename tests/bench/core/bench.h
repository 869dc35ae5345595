/*
 * The frame of the core's benchmark: each subject is a file with one function, and all of them print rows through here.
 *
 * Things that are compared run in turns, and the best turn of each counts: a slow moment of the machine meets all of them,
 * and noise only ever adds. Time is the thread's CPU time. A row has beside it, where there is such a thing, what the library
 * or the memory beneath does with the same bytes in the same run: the ratio is what tells of the code, the rest tells of the
 * machine. A row with a bound says whether it is met; nothing fails for it, since a busy machine is no defect of the code,
 * unless --strict asks for that.
 */
#ifndef CCR_BENCH_H
#define CCR_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "ccr/buf.h"
#include "plain_ops.h"

#define BENCH_TURNS 7

struct bench_options {
    const char *folder;   /* empty folder on the disk to write translogs to */
    const char *translog; /* folder of a real translog to take operations from; NULL for made ones */
    const char *json;     /* file for the rows; NULL for none */
    double scale;         /* work per turn; 1 for a judgement, less for a glance */
    uint32_t megabytes;   /* size of the translog that is searched */
    bool strict;          /* a bound that is missed is a failure */
};

typedef void (*bench_work)(void *ctx);

double bench_now_s(void);

/* best[i]: seconds of one call of work[i](ctx), `calls` calls a turn. */
void bench_turns(const bench_work *work, size_t count, void *ctx, uint32_t calls, double *best);

/* So many calls that a turn handles about 20 MB, times the scale. */
uint32_t bench_calls(const struct bench_options *o, size_t bytes_a_call);

enum bench_way { BENCH_NO_BOUND, BENCH_AT_LEAST, BENCH_AT_MOST };

struct bench_figure {
    const char *name; /* copied */
    double value;
    const char *unit;
    double bare; /* what the core stands on, in the same unit; 0 when there is nothing to compare with */
    enum bench_way way;
    double bound;
};

void bench_section(const char *title); /* not copied */
void bench_put(struct bench_figure figure);
void bench_row(const char *name, double value, const char *unit);
void bench_against(const char *name, double value, const char *unit, double bare);
void bench_at_least(const char *name, double value, const char *unit, double bound);
void bench_at_most(const char *name, double value, const char *unit, double bound);

/* Writes the rows as JSON when a file was asked for; how many bounds were missed. */
int bench_end(const struct bench_options *o);

/* Prints and exits: a benchmark of something that failed is none. */
_Noreturn void bench_die(const char *what, const char *why);

/* What the operations look like; see operations.c. */
enum bench_kind { BENCH_LOG, BENCH_SMALL, BENCH_LARGE, BENCH_HUGE, BENCH_REAL };

/*
 * At least `bytes` of plain operations from first_seq_no on, one operation at least. A real translog that has not got so many
 * there gives its first ones, all it has at most.
 */
struct plain_ops bench_operations(enum bench_kind kind, int64_t first_seq_no, size_t bytes);

/* Loads the operations of a real translog, which BENCH_LOG then takes. */
void bench_load_translog(const char *folder);

/*
 * Writes a translog of about `bytes`, of documents of source_bytes, in generations of 64 MB to an empty folder; the last
 * sequence number. swapped: neighbours change places now and then, as concurrent writers make them.
 */
int64_t bench_write_translog(const char *folder, size_t bytes, size_t source_bytes, bool swapped);

#define BENCH_LOG_SOURCE 430 /* bytes of a document that is nothing special */

void bench_scan(const struct bench_options *o);
void bench_pack(const struct bench_options *o);
void bench_prefix(const struct bench_options *o);
void bench_lookup(const struct bench_options *o);
void bench_step(const struct bench_options *o);
void bench_memory(const struct bench_options *o);

#endif
