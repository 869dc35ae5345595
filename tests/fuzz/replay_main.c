/*
 * Runs a fuzz target without a fuzzer: every file of the folders or files given, each as it is, cut, and with bytes changed
 * in ways that a fixed seed decides; through the target's own mutator too, when it has one. The corpus thus runs in every
 * build and under every sanitizer. --exact: only as they are, to measure what a corpus reaches.
 *
 *   fuzz_NAME [--exact] corpus/NAME [more files]
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_MAX   (1u << 20)
#define CHANGES_ALL 10000u /* of a whole corpus: a second or two for the slowest target */
#define CHANGES_MIN 100u
#define CUTS_MAX    200u

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) __attribute__((weak));

static unsigned long runs;
static uint32_t state = 0x9E3779B9u;
static bool exact;

/* The target gets exactly its bytes on the heap, so that a sanitizer sees a read past them. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = fuzz_copy(ccr_slice_of(data, len));
    (void)LLVMFuzzerTestOneInput(copy, len);
    free(copy);
    runs++;
}

/* What a custom mutator calls for the plain part of its work. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
    static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    if (size == 0) {
        return 0;
    }
    if (fuzz_next(&state) % 8 == 0) {
        size = fuzz_next(&state) % (size + 1);
    } else if (fuzz_next(&state) % 8 == 0 && size < max) {
        size_t at = fuzz_next(&state) % size;
        memmove(data + at + 1, data + at, size - at);
        size++;
    }
    for (uint32_t k = 1 + fuzz_next(&state) % 4; k > 0 && size > 0; k--) {
        size_t at = fuzz_next(&state) % (fuzz_next(&state) % 2 ? size : (size < 64 ? size : 64)); /* half in the head */
        uint32_t how = fuzz_next(&state);
        data[at] = how % 3 == 0   ? (uint8_t)(how >> 8)
                   : how % 3 == 1 ? edges[(how >> 8) % sizeof edges]
                                  : (uint8_t)(data[at] ^ 1u << (how >> 8 & 7));
    }
    return size;
}

static void change_and_run(const uint8_t *data, size_t len, uint32_t changes)
{
    size_t max = len + 64;
    uint8_t *work = malloc(max);
    if (work == NULL) {
        exit(1);
    }
    for (uint32_t i = 0; i < changes; i++) {
        memcpy(work, data, len);
        size_t size = LLVMFuzzerCustomMutator != NULL && i % 2 == 0
                          ? LLVMFuzzerCustomMutator(work, len, max, fuzz_next(&state))
                          : LLVMFuzzerMutate(work, len, max);
        run(work, size);
    }
    free(work);
}

static int file(const char *path, uint32_t changes)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX);
    if (f == NULL || data == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return 1;
    }
    size_t len = fread(data, 1, INPUT_MAX, f);
    (void)fclose(f);
    run(data, len);
    if (!exact) {
        for (size_t cut = 0; cut < len && cut < CUTS_MAX; cut++) {
            run(data, cut);
        }
        state = 0x9E3779B9u ^ (uint32_t)len;
        change_and_run(data, len, changes);
    }
    free(data);
    return 0;
}

static int folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort); /* in one order everywhere */
    if (count < 0) {
        return file(path, CHANGES_MIN);
    }
    int bad = 0;
    uint32_t changes = CHANGES_ALL / (uint32_t)(count + 1);
    for (int i = 0; i < count; i++) {
        char name[4096];
        if (entries[i]->d_name[0] != '.') {
            (void)snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
            bad |= file(name, changes > CHANGES_MIN ? changes : CHANGES_MIN);
        }
        free(entries[i]);
    }
    free(entries);
    return bad;
}

int main(int argc, char **argv)
{
    int bad = 0;
    run(NULL, 0);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--exact") == 0) {
            exact = true;
        } else {
            bad |= folder(argv[i]);
        }
    }
    printf("%lu inputs\n", runs);
    return bad;
}
