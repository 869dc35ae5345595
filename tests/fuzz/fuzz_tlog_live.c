/*
 * A reader while the engine appends, rolls, trims, deletes and rewrites checkpoints between any two of its calls. What
 * is at or below the global checkpoint never changes, so whatever happens meanwhile there is one right answer for each
 * operation; what is not deleted must come, and all of it as soon as the writer rests.
 */
#include <inttypes.h>

#include "ccr/tlog.h"
#include "forge.h"
#include "fuzz.h"

#define SEQ_NOS   400
#define READS_MAX 8
#define BODY_MAX  (80u << 10)
#define ROLLS_MAX 20
#define LARGE     70000u /* longer than what a reader loads at once */
#define CALLS_MAX 3      /* of the writer before one call of the reader */

struct writer {
    struct draw d;
    struct forge f;
    int64_t term;
    int64_t next;   /* seq_no */
    int64_t synced; /* highest seq_no that a checkpoint knows */
    int64_t global_checkpoint;
    int64_t term_of[SEQ_NOS];
    size_t len_of[SEQ_NOS];
    uint64_t in[SEQ_NOS]; /* newest generation that holds it */
    bool torn;            /* translog.ckp is half written now */
    bool deleted;         /* something was, ever */
    bool was_torn;        /* during this read */
    unsigned tears;
    unsigned large; /* operations: they cost time */
};

static uint64_t current(const struct writer *w)
{
    return w->f.generation[w->f.generations - 1].number;
}

static void put(struct writer *w, int64_t seq_no)
{
    forge_index(&w->f, seq_no, w->term_of[seq_no], w->len_of[seq_no]);
    w->in[seq_no] = current(w);
}

static void append(struct writer *w)
{
    for (uint8_t n = draw_u8(&w->d) % 5; n > 0 && w->next < SEQ_NOS; n--) {
        uint8_t len = draw_u8(&w->d);
        w->term_of[w->next] = w->term;
        w->len_of[w->next] = len == 0xFF && w->large++ < 2 ? LARGE : len;
        put(w, w->next++);
    }
}

static void sync(struct writer *w)
{
    forge_sync(&w->f);
    w->synced = w->next - 1;
    w->torn = false;
}

static void roll(struct writer *w, int64_t term)
{
    if (w->f.generations < ROLLS_MAX) {
        w->term = term;
        forge_roll(&w->f, term);
        w->synced = w->next - 1;
        w->torn = false;
    }
}

/* Another copy became the primary; what is above the global checkpoint may be written anew, trimmed before or not. */
static void fail_over(struct writer *w)
{
    uint8_t how = draw_u8(&w->d);
    int64_t keep = w->global_checkpoint + how % 8;
    int64_t term = w->term + 1;
    roll(w, term);
    if (w->term != term) {
        return;
    }
    if (keep < w->next - 1) {
        w->next = keep + 1;
        w->synced = w->synced < keep ? w->synced : keep;
        if (how % 2 == 0) {
            forge_trim(&w->f, term, keep);
        }
    }
}

static void send_again(struct writer *w)
{
    int64_t seq_no = w->next - 1 - draw_u8(&w->d);
    for (int n = 0; n < 4 && seq_no >= 0 && seq_no < w->next; n++) {
        put(w, seq_no++);
    }
}

static void delete_old(struct writer *w)
{
    uint64_t below = current(w) - draw_u8(&w->d) % w->f.generations;
    forge_drop_below(&w->f, below); /* writes the checkpoint */
    w->deleted = true;
    w->synced = w->next - 1;
    w->torn = false;
}

static void tear(struct writer *w)
{
    /* Two halves are never the same: the reader counts on that. */
    ccr_put_u32be(w->f.ckp->data + 12 + draw_u8(&w->d) % 60, 0x7EA20000u + w->tears++);
    w->torn = true;
    w->was_torn = true;
}

static void write_some(struct writer *w)
{
    switch (draw_u8(&w->d) % 12) {
    case 0:
    case 1:
    case 2:
        append(w);
        break;
    case 3:
        append(w);
        sync(w);
        w->global_checkpoint = w->synced;
        break;
    case 4:
        sync(w);
        break;
    case 5:
        roll(w, w->term);
        break;
    case 6:
        fail_over(w);
        break;
    case 7:
        send_again(w);
        break;
    case 8:
        delete_old(w);
        break;
    case 9:
        tear(w);
        break;
    default:
        w->global_checkpoint += w->global_checkpoint < w->synced;
        break;
    }
}

static void before(struct forge *f, size_t call, const char *name, void *ctx)
{
    struct writer *w = ctx;
    (void)f;
    (void)call;
    (void)name;
    if (w->torn) {
        sync(w); /* half a checkpoint is there for the length of a system call */
    }
    for (uint8_t n = draw_u8(&w->d) % (CALLS_MAX + 1); n > 0; n--) {
        write_some(w);
    }
}

/* ---- the reader's side */

static void expect_operations(const struct writer *w, const struct ccr_buf *plain, const struct ccr_tlog_run *run)
{
    static uint8_t body[BODY_MAX];
    size_t at = 0;
    for (uint32_t i = 0; i < run->ops; i++) {
        int64_t seq_no = run->first_seq_no + i;
        size_t len = forge_index_body(body, sizeof body, seq_no, w->term_of[seq_no], w->len_of[seq_no]);
        HOLDS(plain->len - at >= 4 + len && ccr_get_u32be(plain->data + at) == len &&
                  memcmp(plain->data + at + 4, body, len) == 0,
              "seq_no %" PRId64 " is another than the one of term %" PRId64, seq_no, w->term_of[seq_no]);
        at += 4 + len;
    }
    HOLDS(at == plain->len && at == run->bytes, "%zu bytes", plain->len);
}

static bool is_there(const struct writer *w, int64_t seq_no)
{
    return w->in[seq_no] >= w->f.generation[0].number;
}

static struct ccr_status read_once(struct writer *w, struct ccr_tlog *t, struct ccr_tlog_run *run)
{
    struct ccr_buf plain;
    struct ccr_ops_digest digest;
    struct ccr_err err = {.text = ""};
    ccr_buf_init(&plain, ccr_alloc_system(), 64u << 20);
    ccr_ops_digest_init(&digest);
    struct ccr_status s = ccr_tlog_refresh(t, &err);
    if (ccr_ok(s)) {
        s = ccr_tlog_find(t, run, &err);
    }
    if (ccr_ok(s)) {
        HOLDS(run->ops > 0 && run->first_seq_no + run->ops - 1 <= run->last_seq_no && run->ops <= run->ops_max, "%u",
              run->ops);
        HOLDS(run->ops == 1 || run->bytes <= run->bytes_max, "%" PRIu64 " bytes", run->bytes);
        s = ccr_tlog_copy(t, run, &plain, &digest, &err);
    }
    if (ccr_ok(s)) {
        expect_operations(w, &plain, run);
    } else {
        bool torn = w->was_torn && (ccr_is(s, CCR_AGAIN) || ccr_is(s, CCR_IO));
        /* AGAIN: what is left holds nothing at all, so it may still come; a leader knows better and makes it GONE. */
        HOLDS(torn || (w->deleted && (ccr_is(s, CCR_GONE) || ccr_is(s, CCR_AGAIN))), "seq_no %" PRId64 ": %s: %s",
              run->first_seq_no, ccr_status_name(s), err.text);
    }
    ccr_buf_fini(&plain);
    return s;
}

static void read_and_rest(struct writer *w, struct ccr_tlog *t)
{
    uint8_t from = draw_u8(&w->d);
    uint8_t how = draw_u8(&w->d);
    struct ccr_tlog_run run = {.last_seq_no = w->global_checkpoint,
                               .bytes_max = how % 4 == 0 ? 1u << 30 : 300,
                               .ops_max = how % 3 == 0 ? 1000 : 7};
    run.first_seq_no = w->global_checkpoint - from % (w->global_checkpoint + 1);
    w->f.before = before;
    w->was_torn = false;
    (void)!ccr_ok(read_once(w, t, &run));
    w->f.before = NULL;
    sync(w);
    w->was_torn = false;
    if (how >= 0xE0) {
        ccr_tlog_rest(t);
    } else if (how >= 0xC0) {
        ccr_tlog_reset(t);
    }
    /* The writer rests: what is in the folder comes, to the last operation that the limits admit. */
    run.last_seq_no = w->global_checkpoint;
    if (!is_there(w, run.first_seq_no)) {
        return;
    }
    struct ccr_status s = read_once(w, t, &run);
    HOLDS(ccr_ok(s), "seq_no %" PRId64 " is in the folder", run.first_seq_no);
    /* By bytes a run may end early: an older copy of the next operation was longer than the one that counts. */
    int64_t next = run.first_seq_no + run.ops;
    HOLDS(run.bytes_max == 300 || run.ops == run.ops_max || next > run.last_seq_no || !is_there(w, next),
          "%u operations from %" PRId64 ", and the next is in generation %" PRIu64, run.ops, run.first_seq_no,
          w->in[next]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct writer w;
    struct ccr_tlog *t;
    struct ccr_dir dir;
    w.d = draw_of(data, size);
    w.term = 1;
    w.tears = w.large = 0;
    w.next = 0;
    w.synced = w.global_checkpoint = -1;
    w.torn = w.deleted = w.was_torn = false;
    forge_init(&w.f, w.term);
    w.f.before_ctx = &w;
    dir = forge_dir(&w.f);
    if (!ccr_ok(ccr_tlog_new(&t, ccr_alloc_system(), &dir))) {
        abort();
    }
    for (int i = 0; i < READS_MAX && draw_left(&w.d) > 0; i++) {
        for (uint8_t n = 1 + draw_u8(&w.d) % 6; n > 0; n--) {
            write_some(&w);
        }
        if (w.torn) {
            sync(&w);
        }
        if (w.global_checkpoint >= 0) {
            read_and_rest(&w, t);
        }
    }
    ccr_tlog_free(t);
    HOLDS(w.f.open_files == 0, "%zu files are open", w.f.open_files);
    forge_fini(&w.f);
    return 0;
}
