/* Names and texts of statuses. */
#include "ccr/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ccr_status_name(struct ccr_status s)
{
    switch (s.code) {
#define X(code, name, duty)                                                                                            \
    case code:                                                                                                         \
        return #name;
        CCR_STATUS_MAP(X)
#undef X
    default:
        return "UNKNOWN";
    }
}

struct ccr_status ccr_err_set(struct ccr_err *err, enum ccr_code code, const char *format, ...)
{
    struct ccr_status status = ccr_status_of(code);
    if (err != NULL) {
        va_list args;
        err->status = status;
        err->generation = 0;
        err->offset = 0;
        err->os_error = 0;
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return status;
}

struct ccr_status ccr_err_wrap(struct ccr_err *err, struct ccr_status status, const char *format, ...)
{
    if (err != NULL) {
        char whole[CCR_ERR_TEXT_MAX];
        va_list args;
        va_start(args, format);
        int used = vsnprintf(whole, sizeof whole, format, args);
        va_end(args);
        if (used < 0) {
            return status;
        }
        if ((size_t)used < sizeof whole) {
            (void)snprintf(whole + used, sizeof whole - (size_t)used, ": %s", err->text);
        }
        err->status = status;
        memcpy(err->text, whole, sizeof whole);
        err->text[sizeof err->text - 1] = '\0';
    }
    return status;
}
