/* Virtual time, randomness, memory and the log. Events of the same millisecond run in the order in which they were made. */
#include "sim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 */
uint64_t sim_random(struct sim *s, int stream)
{
    uint64_t z = (s->streams[stream] += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t sim_below(struct sim *s, int stream, uint32_t n)
{
    return (uint32_t)(sim_random(s, stream) % n);
}

int64_t sim_between(struct sim *s, int stream, int64_t min, int64_t max)
{
    return min + (int64_t)(sim_random(s, stream) % (uint64_t)(max - min + 1));
}

bool sim_chance(struct sim *s, int stream, uint32_t per_mille)
{
    return per_mille > 0 && sim_below(s, stream, 1000) < per_mille;
}

bool sim_fault(struct sim *s, enum sim_fault fault)
{
    bool calm = s->healed || s->now_ms < s->begin_ms + s->choice.calm_ms;
    bool happens = sim_below(s, (int)fault, 1000) < s->faults[fault]; /* drawn in any case: see enum sim_stream */
    s->happened[fault] += happens && !calm;
    return happens && !calm;
}

/* ---- memory: the size stands before each block */

#define BLOCK_HEAD 16

static void *counted(struct sim_memory *m, uint8_t *block, size_t size, size_t before)
{
    if (block == NULL) {
        return NULL;
    }
    memcpy(block, &size, sizeof(size));
    m->live += (int64_t)size - (int64_t)before;
    return block + BLOCK_HEAD;
}

static void *memory_alloc(void *ctx, size_t size)
{
    return counted(ctx, malloc(size + BLOCK_HEAD), size, 0);
}

static void memory_release(void *ctx, void *ptr)
{
    if (ptr != NULL) {
        size_t size;
        memcpy(&size, (uint8_t *)ptr - BLOCK_HEAD, sizeof(size));
        ((struct sim_memory *)ctx)->live -= (int64_t)size;
        free((uint8_t *)ptr - BLOCK_HEAD);
    }
}

static void *memory_resize(void *ctx, void *ptr, size_t size)
{
    size_t before;
    if (ptr == NULL) {
        return memory_alloc(ctx, size);
    }
    memcpy(&before, (uint8_t *)ptr - BLOCK_HEAD, sizeof(before));
    return counted(ctx, realloc((uint8_t *)ptr - BLOCK_HEAD, size + BLOCK_HEAD), size, before);
}

void sim_memory_init(struct sim_memory *m)
{
    *m = (struct sim_memory){.alloc = {memory_alloc, memory_resize, memory_release, m}};
}

/* ---- time */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

struct sim_event *sim_at(struct sim *s, int64_t delay_ms, void (*run)(struct sim *, struct sim_event *))
{
    struct sim_event *e = calloc(1, sizeof(*e));
    e->at_ms = s->now_ms + delay_ms;
    e->order = s->order++;
    e->run = run;
    if (s->queue_len == s->queue_cap) {
        s->queue_cap = s->queue_cap == 0 ? 64 : 2 * s->queue_cap;
        s->queue = realloc(s->queue, s->queue_cap * sizeof(*s->queue));
    }
    size_t i = s->queue_len++;
    while (i > 0 && before(e, s->queue[(i - 1) / 2])) {
        s->queue[i] = s->queue[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    s->queue[i] = e;
    return e;
}

static struct sim_event *pop(struct sim *s)
{
    struct sim_event *first = s->queue[0];
    struct sim_event *last = s->queue[--s->queue_len];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s->queue_len) {
            break;
        }
        if (child + 1 < s->queue_len && before(s->queue[child + 1], s->queue[child])) {
            child++;
        }
        if (!before(s->queue[child], last)) {
            break;
        }
        s->queue[i] = s->queue[child];
        i = child;
    }
    s->queue[i] = last;
    return first;
}

bool sim_advance(struct sim *s)
{
    if (s->failed || s->queue_len == 0) {
        return false;
    }
    struct sim_event *e = pop(s);
    s->now_ms = e->at_ms;
    s->steps++;
    e->run(s, e);
    free(e->bytes);
    free(e);
    return !s->failed;
}

static void put_line(struct sim *s, const char *format, va_list args)
{
    char line[200];
    int n = snprintf(line, sizeof(line), "%9lld ", (long long)(s->now_ms - s->begin_ms));
    vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    if (s->trace) {
        puts(line);
    }
    if (s->keep) {
        memcpy(s->kept[s->kept_count++ % SIM_TRACE_KEEP], line, sizeof(line));
    }
}

void sim_log(struct sim *s, const char *format, ...)
{
    if (s->trace || s->keep) {
        va_list args;
        va_start(args, format);
        put_line(s, format, args);
        va_end(args);
    }
}

void sim_fail(struct sim *s, const char *format, ...)
{
    if (!s->failed) {
        va_list args;
        va_start(args, format);
        vsnprintf(s->reason, sizeof(s->reason), format, args);
        va_end(args);
        s->failed = true;
    }
}
