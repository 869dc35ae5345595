/*
 * A translog folder of any bytes, read as a leader reads it. The input: seven bytes that choose what is read, then files,
 * each u8 name, u16le length, bytes.
 *
 * When a straightforward reading of all files finds the folder sound, the reader must bring exactly the operations that
 * reading brings. When it does not, whatever the reader brings stands in one of the files under a right checksum.
 */
#include <inttypes.h>

#include "ccr/tlog.h"
#include "forge.h"
#include "fuzz.h"
#include "reference.h"

#define GENERATIONS 4
#define NAMES       (1 + 2 * GENERATIONS) /* translog.ckp, translog-N.tlog, translog-N.ckp */
#define CHOICES     7
#define FILE_MAX    4096
#define SEQ_NOS     256

struct folder {
    struct ccr_slice file[NAMES]; /* data NULL: there is none */
    size_t open;
};

static int log_of(uint64_t generation)
{
    return (int)generation;
}

static int ckp_of(uint64_t generation)
{
    return (int)generation + GENERATIONS;
}

static void folder_read(struct folder *f, const uint8_t *data, size_t size)
{
    struct draw d = draw_of(data, size);
    memset(f, 0, sizeof *f);
    while (draw_left(&d) > 3) {
        uint8_t name = draw_u8(&d) % NAMES;
        f->file[name] = draw_bytes(&d, draw_u16(&d));
    }
}

/* ---- as a ccr_dir */

static struct ccr_status dir_open(void *ctx, const char *name, int *file, struct ccr_err *err)
{
    struct folder *f = ctx;
    for (int i = 0; i < NAMES; i++) {
        char mine[40] = "translog.ckp";
        if (i > 0) {
            (void)snprintf(mine, sizeof mine, "translog-%d.%s", (i - 1) % GENERATIONS + 1,
                           i <= GENERATIONS ? "tlog" : "ckp");
        }
        if (strcmp(mine, name) == 0 && f->file[i].data != NULL) {
            f->open++;
            *file = i;
            return ccr_status_of(CCR_OK);
        }
    }
    return ccr_err_set(err, CCR_GONE, "no file %s", name);
}

static struct ccr_status dir_read(void *ctx, int file, void *data, size_t len, uint64_t offset, size_t *got,
                                  struct ccr_err *err)
{
    struct ccr_slice s = ((struct folder *)ctx)->file[file];
    size_t left = offset < s.len ? s.len - (size_t)offset : 0;
    (void)err;
    *got = len < left ? len : left;
    if (*got > 0) {
        memcpy(data, s.data + offset, *got);
    }
    return ccr_status_of(CCR_OK);
}

static struct ccr_status dir_size(void *ctx, int file, uint64_t *size, struct ccr_err *err)
{
    (void)err;
    *size = ((struct folder *)ctx)->file[file].len;
    return ccr_status_of(CCR_OK);
}

static void dir_close(void *ctx, int file)
{
    (void)file;
    ((struct folder *)ctx)->open--;
}

/* ---- the straightforward reading */

struct copy {
    uint64_t generation;
    int64_t term; /* of the generation's header */
    struct ccr_slice body;
};

struct reading {
    bool sound;
    int64_t newest; /* seq_no that the checkpoints know */
    struct copy op[SEQ_NOS];
};

static bool read_generation(struct reading *r, struct ccr_slice log, const struct reference_checkpoint *c, char *uuid,
                            int64_t *term)
{
    struct reference_header h;
    bool seen[SEQ_NOS] = {false};
    uint32_t ops = 0;
    if (log.data == NULL || !reference_header(&h, log.data, log.len < 97 ? log.len : 97) || c->offset > log.len ||
        h.length > c->offset || h.term < *term || (uuid[0] != '\0' && strcmp(uuid, h.uuid) != 0)) {
        return false;
    }
    memcpy(uuid, h.uuid, sizeof h.uuid);
    *term = h.term;
    for (size_t at = h.length; at < c->offset; ops++) {
        struct reference_op op;
        uint32_t size = c->offset - at < 4 ? 0 : ccr_get_u32be(log.data + at);
        if (size < 21 || size > c->offset - at - 4 || !reference_op(&op, log.data + at + 4, size - 4) ||
            reference_crc32(log.data + at + 4, size - 4) != ccr_get_u32be(log.data + at + size) ||
            op.seq_no < c->min_seq_no || op.seq_no > c->max_seq_no || op.term > h.term || op.seq_no >= SEQ_NOS ||
            seen[op.seq_no]) {
            return false;
        }
        seen[op.seq_no] = true;
        struct copy mine = {c->generation, h.term, ccr_slice_of(log.data + at + 4, size - 4)};
        struct copy *known = &r->op[op.seq_no];
        at += (size_t)size + 4;
        if (c->trimmed_above != -2 && op.seq_no > c->trimmed_above) {
            continue;
        }
        /* A real engine writes one operation under one term only once, or the very same again. */
        if (known->body.data != NULL && known->term == h.term &&
            (known->body.len != mine.body.len || memcmp(known->body.data, mine.body.data, mine.body.len) != 0)) {
            return false;
        }
        *known = mine;
    }
    return ops == c->ops;
}

static void read_all(struct reading *r, const struct folder *f)
{
    struct reference_checkpoint current, own;
    char uuid[65] = "";
    int64_t term = 0;
    uint64_t first;
    memset(r, 0, sizeof *r);
    r->newest = -1;
    struct ccr_slice ckp = f->file[0];
    if (ckp.data == NULL || !reference_checkpoint(&current, ckp.data, ckp.len) || current.generation > GENERATIONS ||
        current.min_generation == 0) {
        return;
    }
    first = current.min_generation;
    for (uint64_t n = first; n < current.generation; n++) {
        struct ccr_slice mine = f->file[ckp_of(n)];
        if (mine.data == NULL) {
            first = n + 1; /* hides what is older */
        } else if (!reference_checkpoint(&own, mine.data, mine.len) || own.generation != n) {
            return; /* damage is told even of what a missing one hides */
        }
    }
    for (uint64_t n = first; n <= current.generation; n++) {
        struct ccr_slice mine = f->file[ckp_of(n)];
        own = current;
        if (n < current.generation && !reference_checkpoint(&own, mine.data, mine.len)) {
            return;
        }
        if (!read_generation(r, f->file[log_of(n)], &own, uuid, &term)) {
            return;
        }
        r->newest = own.max_seq_no > r->newest ? own.max_seq_no : r->newest;
    }
    r->sound = true;
}

/* ---- the comparison */

static void expect(const struct reading *r, const struct ccr_tlog_run *run, struct ccr_status s,
                   const struct ccr_buf *plain, const struct ccr_err *err)
{
    size_t at = 0;
    uint32_t ops = 0;
    /* By bytes a run may end early: an older copy of the next operation was longer than the one that counts. */
    bool whole = !ccr_ok(s) || run->bytes + (1u << 16) < run->bytes_max;
    while (ops < run->ops_max && (whole || ops < run->ops) && run->first_seq_no + ops <= run->last_seq_no &&
           run->first_seq_no + ops < SEQ_NOS) {
        struct ccr_slice body = r->op[run->first_seq_no + ops].body;
        if (body.data == NULL || (ops > 0 && at + body.len + 4 > run->bytes_max)) {
            break;
        }
        HOLDS(ccr_ok(s), "seq_no %" PRId64 " is there, but %s: %s", run->first_seq_no, ccr_status_name(s), err->text);
        HOLDS(at + 4 + body.len <= plain->len, "operation %u of %u is missing", ops, run->ops);
        HOLDS(ccr_get_u32be(plain->data + at) == body.len && memcmp(plain->data + at + 4, body.data, body.len) == 0,
              "seq_no %" PRId64 " is another", run->first_seq_no + ops);
        at += 4 + body.len;
        ops++;
    }
    if (ops == 0) {
        HOLDS(ccr_is(s, run->first_seq_no > r->newest ? CCR_AGAIN : CCR_GONE), "seq_no %" PRId64 " is not there: %s",
              run->first_seq_no, ccr_status_name(s));
    } else {
        HOLDS(run->ops == ops && run->bytes == at && plain->len == at, "%u operations, expected %u", run->ops, ops);
    }
}

static bool stands_in(struct ccr_slice file, struct ccr_slice body)
{
    for (size_t at = 0; file.data != NULL && at + 8 + body.len <= file.len; at++) {
        if (ccr_get_u32be(file.data + at) == body.len + 4 && memcmp(file.data + at + 4, body.data, body.len) == 0 &&
            ccr_get_u32be(file.data + at + 4 + body.len) == reference_crc32(body.data, body.len)) {
            return true;
        }
    }
    return false;
}

static void expect_in_files(const struct folder *f, const struct ccr_buf *plain)
{
    for (size_t at = 0; at < plain->len;) {
        struct ccr_slice body = ccr_slice_of(plain->data + at + 4, ccr_get_u32be(plain->data + at));
        bool found = false;
        for (int i = 1; i <= GENERATIONS && !found; i++) {
            found = stands_in(f->file[i], body);
        }
        HOLDS(found, "an operation of %zu bytes that no file holds", body.len);
        at += 4 + body.len;
    }
}

static void read_once(struct ccr_tlog *t, const struct folder *f, const struct reading *r, struct ccr_tlog_run run)
{
    struct ccr_buf plain;
    struct ccr_ops_digest digest, check;
    struct ccr_err err = {.text = ""};
    ccr_buf_init(&plain, ccr_alloc_system(), 1u << 20);
    ccr_ops_digest_init(&digest);
    struct ccr_status s = ccr_tlog_refresh(t, &err);
    bool refreshed = ccr_ok(s);
    if (refreshed) {
        s = ccr_tlog_find(t, &run, &err);
    }
    if (ccr_ok(s)) {
        s = ccr_tlog_copy(t, &run, &plain, &digest, &err);
    }
    if (r->sound) {
        HOLDS(refreshed, "%s: %s", ccr_status_name(s), err.text);
        expect(r, &run, s, &plain, &err);
    }
    if (ccr_ok(s)) {
        HOLDS(ccr_ok(ccr_ops_verify(&check, ccr_buf_slice(&plain), run.first_seq_no, &err)), "%s", err.text);
        HOLDS(check.checksum == digest.checksum && check.ops == run.ops && run.ops > 0, "%u operations", run.ops);
        HOLDS(run.ops == 1 || run.bytes <= run.bytes_max, "%" PRIu64 " bytes", run.bytes);
        expect_in_files(f, &plain);
    } else {
        HOLDS(ccr_is(s, CCR_AGAIN) || ccr_is(s, CCR_GONE) || ccr_is(s, CCR_CORRUPT_TLOG) || ccr_is(s, CCR_VERSION),
              "%s: %s", ccr_status_name(s), err.text);
        HOLDS(err.text[0] != '\0', "%s without a word", ccr_status_name(s));
    }
    ccr_buf_fini(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reading r;
    struct folder f;
    struct ccr_dir dir = {dir_open, dir_read, dir_size, dir_close, &f};
    struct ccr_tlog *t;
    if (size < CHOICES || !ccr_ok(ccr_tlog_new(&t, ccr_alloc_system(), &dir))) {
        return 0;
    }
    folder_read(&f, data + CHOICES, size - CHOICES);
    read_all(&r, &f);
    struct ccr_tlog_run run = {.first_seq_no = data[0], .ops_max = 1u + data[2], .bytes_max = 1u + data[3] * 8u};
    run.last_seq_no = run.first_seq_no + data[1];
    read_once(t, &f, &r, run);
    run.first_seq_no = data[4];
    run.last_seq_no = data[4] + data[5];
    read_once(t, &f, &r, run);
    if (data[6] % 2 == 0) {
        ccr_tlog_rest(t);
    }
    run.first_seq_no = data[0];
    run.last_seq_no = INT64_MAX;
    run.ops_max = data[6] % 64 == 1 ? UINT32_MAX : run.ops_max;
    run.bytes_max = data[6] % 8 < 4 ? UINT64_MAX : run.bytes_max;
    read_once(t, &f, &r, run);
    ccr_tlog_free(t);
    HOLDS(f.open == 0, "%zu files are open", f.open);
    return 0;
}

/* ---- what only a writer could put right */

/* Checksums of the header and of every operation; *c gets what a checkpoint should say. */
static void seal_log(uint8_t *log, size_t len, struct forge_generation *c)
{
    *c = (struct forge_generation){.min_seq_no = -1, .max_seq_no = -1};
    if (len < FORGE_HEADER) {
        return;
    }
    ccr_put_u32be(log, 0x3FD76C17u);
    ccr_put_u32be(log + 17, FORGE_HEADER - 33);
    memcpy(log + 21, FORGE_UUID, FORGE_HEADER - 33);
    ccr_put_u32be(log + FORGE_HEADER - 4, ccr_crc32(0, log, FORGE_HEADER - 4));
    c->number = FORGE_HEADER; /* borrowed: the end of what is sound */
    while (len - c->number >= 29) {
        uint8_t *at = log + c->number;
        uint32_t size = ccr_get_u32be(at);
        if (size < 21 || size > len - c->number - 4) {
            return;
        }
        ccr_put_u32be(at + size, ccr_crc32(0, at + 4, size - 4));
        int64_t seq_no = (int64_t)ccr_get_u64be(at[4] == CCR_OP_NO_OP ? at + 5 : at + size - 16);
        c->min_seq_no = c->ops == 0 || seq_no < c->min_seq_no ? seq_no : c->min_seq_no;
        c->max_seq_no = c->ops == 0 || seq_no > c->max_seq_no ? seq_no : c->max_seq_no;
        c->number += (uint64_t)size + 4;
        c->ops++;
    }
}

static void put_u64le(uint8_t *to, uint64_t v)
{
    ccr_put_u32le(to, (uint32_t)v);
    ccr_put_u32le(to + 4, (uint32_t)(v >> 32));
}

static void seal_ckp(uint8_t *ckp, size_t len, const struct forge_generation *says)
{
    if (len != 88) {
        return;
    }
    if (says != NULL) {
        put_u64le(ckp + 12, says->number);
        ccr_put_u32le(ckp + 20, says->ops);
        put_u64le(ckp + 32, (uint64_t)says->min_seq_no);
        put_u64le(ckp + 40, (uint64_t)says->max_seq_no);
    }
    ccr_put_u32be(ckp + 80, 0);
    ccr_put_u32be(ckp + 84, ccr_crc32(0, ckp, 80));
}

static size_t craft(uint8_t *data, size_t max, uint32_t *x)
{
    struct forge f;
    int64_t term = 1;
    int64_t next = fuzz_next(x) % 8;
    size_t at = CHOICES;
    forge_init(&f, term);
    for (uint32_t g = fuzz_next(x) % GENERATIONS;; g--) {
        int64_t last = next + fuzz_next(x) % 4;
        forge_fill(&f, next, last, fuzz_next(x) % 12);
        forge_sync(&f);
        if (g == 0) {
            break;
        }
        term += fuzz_next(x) % 2;
        forge_roll(&f, term);
        next = fuzz_next(x) % 2 ? last + 1 : last - 1;
        next = next < 0 ? 0 : next;
        if (fuzz_next(x) % 4 == 0) {
            forge_trim(&f, term, next - 1);
        }
    }
    for (int i = 0; i < CHOICES; i++) {
        data[i] = (uint8_t)(fuzz_next(x) % (i % 2 ? 64 : 8));
    }
    for (int i = 0; i < NAMES; i++) {
        size_t g = (size_t)(i - 1) % GENERATIONS;
        const struct forge_file *file = i == 0               ? f.ckp
                                        : g >= f.generations ? NULL
                                        : i <= GENERATIONS   ? f.generation[g].log
                                                             : f.generation[g].ckp;
        if (file != NULL && at + 3 + file->len <= max) {
            data[at] = (uint8_t)i;
            data[at + 1] = (uint8_t)file->len;
            data[at + 2] = (uint8_t)(file->len >> 8);
            memcpy(data + at + 3, file->data, file->len);
            at += 3 + file->len;
        }
    }
    forge_fini(&f);
    return at;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct forge_generation says[GENERATIONS + 1] = {{.number = 0}};
    struct folder f;
    uint32_t x = fuzz_seed(seed);
    if (max > 600 && (size < 200 || fuzz_next(&x) % 64 == 0)) {
        return craft(data, max, &x);
    }
    size = LLVMFuzzerMutate(data, size, max);
    uint32_t how = fuzz_next(&x) % 8;
    if (size < CHOICES || how == 0) {
        return size;
    }
    folder_read(&f, data + CHOICES, size - CHOICES);
    for (int i = 1; i <= GENERATIONS; i++) {
        seal_log((uint8_t *)(uintptr_t)f.file[i].data, f.file[i].len, &says[i]);
        seal_ckp((uint8_t *)(uintptr_t)f.file[i + GENERATIONS].data, f.file[i + GENERATIONS].len,
                 how < 6 && says[i].number > 0 ? &says[i] : NULL);
    }
    if (f.file[0].len == 88) {
        uint64_t current = ccr_get_u64le(f.file[0].data + 24);
        bool known = how < 6 && current <= GENERATIONS && says[current].number > 0;
        seal_ckp((uint8_t *)(uintptr_t)f.file[0].data, 88, known ? &says[current] : NULL);
    }
    return size;
}
