/* SPDX-License-Identifier: Apache-2.0 */
#include "base/locale.h"

#include "base/memory.h"

#include <langinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

static const char plain[] = "ANSI_X3.4-1968"; /* what this process has: nobody chose */

static void enter_and_leave_changes_the_encoding_and_back(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_string_equal(nl_langinfo(CODESET), plain);
        struct loom_locale before = loom_locale_enter_utf8();
        assert_string_equal(nl_langinfo(CODESET), "UTF-8");
        assert_int_equal(wcwidth(0x6f22), 2);
        loom_locale_leave(&before);
        loom_locale_leave(&before); /* the second time nothing */
    }
    assert_string_equal(nl_langinfo(CODESET), plain);
}

static void enter_twice_is_left_twice(void **state) {
    (void)state;
    struct loom_locale outer = loom_locale_enter_utf8();
    struct loom_locale inner = loom_locale_enter_utf8();
    loom_locale_leave(&inner);
    assert_string_equal(nl_langinfo(CODESET), "UTF-8");
    loom_locale_leave(&outer);
    assert_string_equal(nl_langinfo(CODESET), plain);
}

static void *look(void *out_is_plain) {
    *(int *)out_is_plain = strcmp(nl_langinfo(CODESET), plain) == 0;
    return NULL;
}

static void enter_leaves_other_threads_alone(void **state) {
    (void)state;
    pthread_t other;
    int is_plain = 0;
    struct loom_locale before = loom_locale_enter_utf8();
    assert_int_equal(pthread_create(&other, NULL, look, &is_plain), 0);
    assert_int_equal(pthread_join(other, NULL), 0);
    loom_locale_leave(&before);
    assert_true(is_plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enter_and_leave_changes_the_encoding_and_back),
        cmocka_unit_test(enter_twice_is_left_twice),
        cmocka_unit_test(enter_leaves_other_threads_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
