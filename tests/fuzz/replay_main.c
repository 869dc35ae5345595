/*
 * Runs a fuzz target without a fuzzer: every file of the folders or files given, each as it is, cut, and with bytes changed
 * in ways that a fixed seed decides. The corpus thus runs in every build and under every sanitizer.
 *
 *   fuzz_NAME corpus/NAME [more files]
 *
 * With clang: -fsanitize=fuzzer,address in place of this file.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (1u << 20)
#define CHANGES   2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long runs;

static uint32_t next(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

/* The target gets exactly its bytes on the heap, so that a sanitizer sees a read past them. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    if (copy == NULL) {
        exit(1);
    }
    if (len > 0) {
        memcpy(copy, data, len);
    }
    (void)LLVMFuzzerTestOneInput(copy, len);
    free(copy);
    runs++;
}

static void change_and_run(const uint8_t *data, size_t len, uint32_t *seed)
{
    static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    uint8_t *work = malloc(len + 1);
    if (work == NULL) {
        exit(1);
    }
    for (int i = 0; i < CHANGES && len > 0; i++) {
        memcpy(work, data, len);
        size_t cut = next(seed) % 8 == 0 ? next(seed) % (len + 1) : len;
        for (uint32_t k = 1 + next(seed) % 4; k > 0; k--) {
            size_t at = next(seed) % (next(seed) % 2 ? len : (len < 64 ? len : 64)); /* half of them in the head */
            uint32_t how = next(seed);
            work[at] = how % 3 == 0   ? (uint8_t)(how >> 8)
                       : how % 3 == 1 ? edges[(how >> 8) % sizeof edges]
                                      : (uint8_t)(work[at] ^ 1u << (how >> 8 & 7));
        }
        run(work, cut);
    }
    free(work);
}

static int file(const char *path)
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
    for (size_t cut = 0; cut < len && cut < 600; cut++) {
        run(data, cut);
    }
    uint32_t seed = 0x9E3779B9u ^ (uint32_t)len;
    change_and_run(data, len, &seed);
    free(data);
    return 0;
}

static int folder(const char *path)
{
    DIR *d = opendir(path);
    if (d == NULL) {
        return file(path);
    }
    int bad = 0;
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        char name[4096];
        if (e->d_name[0] != '.') {
            (void)snprintf(name, sizeof name, "%s/%s", path, e->d_name);
            bad |= file(name);
        }
    }
    (void)closedir(d);
    return bad;
}

int main(int argc, char **argv)
{
    int bad = 0;
    run(NULL, 0);
    for (int i = 1; i < argc; i++) {
        bad |= folder(argv[i]);
    }
    printf("%lu inputs\n", runs);
    return bad;
}
