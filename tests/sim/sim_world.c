/* Virtual time, randomness and the log. Events of the same millisecond run in the order in which they were made. */
#include "sim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 */
uint64_t sim_random(struct sim *s)
{
    uint64_t z = (s->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t sim_below(struct sim *s, uint32_t n)
{
    return (uint32_t)(sim_random(s) % n);
}

int64_t sim_between(struct sim *s, int64_t min, int64_t max)
{
    return min + (int64_t)(sim_random(s) % (uint64_t)(max - min + 1));
}

bool sim_chance(struct sim *s, uint32_t per_mille)
{
    return per_mille > 0 && sim_below(s, 1000) < per_mille;
}

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
    int n = snprintf(line, sizeof(line), "%9lld ", (long long)s->now_ms);
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
