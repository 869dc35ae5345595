/*
 * Statuses: what every fallible function of the core returns.
 *
 * A status is a number in a band: the band tells the caller's duty, the number tells which. Detail text goes to a
 * caller-owned `struct ccr_err`, which may be NULL when nobody will read it. Nothing here allocates.
 */
#ifndef CCR_STATUS_H
#define CCR_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CCR_MUST_USE __attribute__((warn_unused_result))

/* code, name, caller's duty. Java's NativeStatus is generated from this list at build time. */
#define CCR_STATUS_MAP(X)                                                                                              \
    X(0x0000, OK, "done")                                                                                              \
    X(0x0001, AGAIN, "nothing there yet; try again when more was written")                                             \
    X(0x0002, NOBUF, "the out buffer is too small; nothing happened; the needed length is returned")                   \
    X(0x0101, ARG, "the caller's mistake: a value is out of its stated range")                                         \
    X(0x0102, BUSY, "the session is in use by another thread")                                                         \
    X(0x0103, CLOSED, "no such session: closed, stale or forged handle")                                               \
    X(0x0201, GONE, "the translog does not hold the wanted operations any more; read them from Lucene")                \
    X(0x0202, HISTORY, "the shard's history is another one than the follower was bootstrapped from")                   \
    X(0x0301, IO, "the operating system refused a read; os_error tells why; retry")                                    \
    X(0x0401, CORRUPT_TLOG, "a translog or checkpoint file is damaged")                                                \
    X(0x0402, CORRUPT_WIRE, "a frame is damaged; fetch it again")                                                      \
    X(0x0403, PREFIX, "the frame needs a prefix that is not held; fetch it again without one")                         \
    X(0x0501, VERSION, "a format is newer than this build reads")                                                      \
    X(0x0601, NOMEM, "memory refused; free some and retry")                                                            \
    X(0x0602, LIMIT, "a declared maximum was exceeded")                                                                \
    X(0x0701, BROKEN, "an invariant of the core did not hold; close the session")

enum ccr_code {
#define X(code, name, duty) CCR_##name = code,
    CCR_STATUS_MAP(X)
#undef X
};

/* A newtype, so that a status cannot be mistaken for a count. */
struct ccr_status {
    int32_t code;
};

static inline struct ccr_status ccr_status_of(enum ccr_code code)
{
    return (struct ccr_status){(int32_t)code};
}

static inline bool ccr_ok(struct ccr_status s)
{
    return s.code == CCR_OK;
}

static inline bool ccr_is(struct ccr_status s, enum ccr_code code)
{
    return s.code == (int32_t)code;
}

/* "CORRUPT_TLOG"; "UNKNOWN" for a code that is not in the map. */
const char *ccr_status_name(struct ccr_status s);

#define CCR_ERR_TEXT_MAX 256

/* Where and why. Filled by the function that failed; wrapped (prefixed) by its callers. */
struct ccr_err {
    struct ccr_status status;
    uint64_t generation; /* translog generation, 0 when it does not apply */
    uint64_t offset;     /* byte offset in the file or frame */
    int32_t os_error;    /* errno of an IO status */
    char text[CCR_ERR_TEXT_MAX];
};

/* Sets code and printf-style text and returns the status. err may be NULL. */
struct ccr_status ccr_err_set(struct ccr_err *err, enum ccr_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "format: " before the text that is there and returns status unchanged. */
struct ccr_status ccr_err_wrap(struct ccr_err *err, struct ccr_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The only macros that may return. */
#define CCR_TRY(expr)                                                                                                  \
    do {                                                                                                               \
        struct ccr_status ccr_try_ = (expr);                                                                           \
        if (!ccr_ok(ccr_try_)) {                                                                                       \
            return ccr_try_;                                                                                           \
        }                                                                                                              \
    } while (0)

#endif
