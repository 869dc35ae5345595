#include "heap.h"

#include "ccr/status.h"

#include <string.h>

CCR_TEST(status, namesAreThoseOfTheMap)
{
    (void)heap;
    cr_assert_str_eq(ccr_status_name(ccr_status_of(CCR_OK)), "OK");
    cr_assert_str_eq(ccr_status_name(ccr_status_of(CCR_CORRUPT_TLOG)), "CORRUPT_TLOG");
    cr_assert_str_eq(ccr_status_name((struct ccr_status){12345}), "UNKNOWN");
}

CCR_TEST(status, setFormatsAndClearsPosition)
{
    struct ccr_err err = {.generation = 7, .offset = 8, .os_error = 9};

    (void)heap;
    assert_status(ccr_err_set(&err, CCR_IO, "reading %s: %d", "it", 3), CCR_IO);
    cr_assert_str_eq(err.text, "reading it: 3");
    cr_assert(err.generation == 0 && err.offset == 0 && err.os_error == 0);
    assert_status(ccr_err_set(NULL, CCR_LIMIT, "nobody reads"), CCR_LIMIT);
}

CCR_TEST(status, wrapPrefixesAndKeepsPosition)
{
    struct ccr_err err;

    (void)heap;
    ccr_err_set(&err, CCR_IO, "inner");
    err.offset = 5;
    assert_status(ccr_err_wrap(&err, ccr_status_of(CCR_GONE), "outer %d", 1), CCR_GONE);
    cr_assert_str_eq(err.text, "outer 1: inner");
    cr_assert_eq(err.offset, 5);
    assert_status(err.status, CCR_GONE);
}

CCR_TEST(status, longTextIsCutAndTerminated)
{
    struct ccr_err err;
    char text[2 * CCR_ERR_TEXT_MAX];

    (void)heap;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ccr_err_set(&err, CCR_IO, "%s", text);
    cr_assert_eq(strlen(err.text), CCR_ERR_TEXT_MAX - 1);
    ccr_err_wrap(&err, err.status, "%s", text);
    cr_assert_eq(strlen(err.text), CCR_ERR_TEXT_MAX - 1);
}
