/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void set_over_an_older_one_forgets_it(void **state) {
    (void)state;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_error_os(&error, LOOM_ERR_STORAGE, ENOSPC, "/p"), LOOM_ERR_STORAGE);
    assert_int_equal(error.code, LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, ENOSPC);
    assert_string_equal(error.detail, "/p");
    assert_int_equal(loom_error_http(&error, LOOM_ERR_SERVER, 503), LOOM_ERR_SERVER);
    assert_int_equal(error.code, LOOM_ERR_SERVER);
    assert_int_equal(error.http_status, 503);
    assert_int_equal(error.os_error, 0);
    assert_string_equal(error.detail, "");
    assert_int_equal(loom_error_set(&error, LOOM_ERR_TLS), LOOM_ERR_TLS);
    assert_int_equal(error.http_status, 0);
}

static void every_function_without_an_error_returns_the_code(void **state) {
    (void)state;
    assert_int_equal(loom_error_set(NULL, LOOM_ERR_TLS), LOOM_ERR_TLS);
    assert_int_equal(loom_error_detail(NULL, LOOM_ERR_TLS, "x"), LOOM_ERR_TLS);
    assert_int_equal(loom_error_os(NULL, LOOM_ERR_TLS, 1, "x"), LOOM_ERR_TLS);
    assert_int_equal(loom_error_http(NULL, LOOM_ERR_TLS, 1), LOOM_ERR_TLS);
}

static void detail_of_no_text_is_empty(void **state) {
    (void)state;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_error_detail(&error, LOOM_ERR_PROXY, NULL), LOOM_ERR_PROXY);
    assert_string_equal(error.detail, "");
}

static void detail_too_long_is_cut(void **state) {
    (void)state;
    struct loom_error error = LOOM_ERROR_INIT;
    char text[LOOM_ERROR_DETAIL_MAX + 100];
    memset(text, 'd', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(loom_error_detail(&error, LOOM_ERR_PROXY, text), LOOM_ERR_PROXY);
    assert_int_equal(strlen(error.detail), LOOM_ERROR_DETAIL_MAX);
}

static void detail_taken_from_the_error_itself_survives(void **state) {
    (void)state;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_error_detail(&error, LOOM_ERR_PROXY, "over there"), LOOM_ERR_PROXY);
    assert_int_equal(loom_error_os(&error, LOOM_ERR_STORAGE, EIO, error.detail + 5),
                     LOOM_ERR_STORAGE);
    assert_string_equal(error.detail, "there");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_over_an_older_one_forgets_it),
        cmocka_unit_test(every_function_without_an_error_returns_the_code),
        cmocka_unit_test(detail_of_no_text_is_empty),
        cmocka_unit_test(detail_too_long_is_cut),
        cmocka_unit_test(detail_taken_from_the_error_itself_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
