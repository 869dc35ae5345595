/* Status names and error texts. */
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

        *err = (struct ccr_err){.status = status};
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return status;
}

struct ccr_status ccr_err_wrap(struct ccr_err *err, struct ccr_status status, const char *format, ...)
{
    if (err != NULL) {
        char inner[CCR_ERR_TEXT_MAX];
        va_list args;
        int used;

        memcpy(inner, err->text, sizeof inner);
        inner[sizeof inner - 1] = '\0';
        va_start(args, format);
        used = vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        if (used >= 0 && (size_t)used < sizeof err->text) {
            (void)snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s", inner);
        }
        err->status = status;
    }
    return status;
}
