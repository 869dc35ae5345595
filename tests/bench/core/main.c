/*
 * The core measured against what it stands on, in one run.
 *
 *   bench_core [--quick] [--strict] [--json FILE] [--translog FOLDER] [--megabytes N] [SUBJECT...]
 *
 * Subjects: scan pack prefix lookup step memory; all when none is named. Translogs are written to a folder of their own
 * under TMPDIR, which goes away in the end. Exit status: 0; 1 when something could not be measured; 2 for arguments that
 * mean nothing; 3 when --strict is given and a bound is missed.
 */
#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static const struct subject {
    const char *name;
    void (*run)(const struct bench_options *o);
} subjects[] = {{"scan", bench_scan},     {"pack", bench_pack}, {"prefix", bench_prefix},
                {"lookup", bench_lookup}, {"step", bench_step}, {"memory", bench_memory}};

#define EXIT_MISSED 3

#define SUBJECTS (sizeof subjects / sizeof *subjects)

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void run_in_own_folder(const struct subject *s, struct bench_options o)
{
    const char *base = getenv("TMPDIR");
    char folder[512];
    snprintf(folder, sizeof folder, "%s/ccr-bench-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(folder) == NULL) {
        bench_die(folder, "cannot be made");
    }
    o.folder = folder;
    s->run(&o);
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
    struct bench_options o = {.scale = 1, .megabytes = 2048};
    bool wanted[SUBJECTS] = {false}, any = false;
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--quick") == 0) {
            o.scale = 0.1;
            o.megabytes = 256;
        } else if (strcmp(argv[i], "--strict") == 0) {
            o.strict = true;
        } else if (strcmp(argv[i], "--json") == 0 && has_value) {
            o.json = argv[++i];
        } else if (strcmp(argv[i], "--translog") == 0 && has_value) {
            o.translog = argv[++i];
        } else if (strcmp(argv[i], "--megabytes") == 0 && has_value) {
            o.megabytes = (uint32_t)strtoul(argv[++i], NULL, 10);
        } else {
            size_t k = 0;
            while (k < SUBJECTS && strcmp(argv[i], subjects[k].name) != 0) {
                k++;
            }
            if (k == SUBJECTS) {
                fputs("bench_core [--quick] [--strict] [--json FILE] [--translog FOLDER] [--megabytes N] "
                      "[scan|pack|prefix|lookup|step|memory...]\n",
                      stderr);
                return 2;
            }
            wanted[k] = any = true;
        }
    }
    if (o.megabytes < 64 || o.megabytes > 8192) {
        bench_die("--megabytes", "is 64 to 8192");
    }
    if (o.translog != NULL) {
        bench_load_translog(o.translog);
    }
    for (size_t k = 0; k < SUBJECTS; k++) {
        if (!any || wanted[k]) {
            run_in_own_folder(&subjects[k], o);
        }
    }
    return bench_end(&o) > 0 && o.strict ? EXIT_MISSED : 0;
}
