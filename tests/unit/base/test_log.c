/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct {
    size_t lines;
    enum loom_log_level level;
    char text[2048];
} heard;

static void hear(enum loom_log_level level, const char *line) {
    heard.lines++;
    heard.level = level;
    (void)snprintf(heard.text, sizeof heard.text, "%s", line);
}

static int stop(void **state) {
    (void)state;
    loom_log_open(LOOM_LOG_STEPS, NULL);
    memset(&heard, 0, sizeof heard);
    return 0;
}

static void log_without_a_sink_is_silent(void **state) {
    (void)state;
    loom_log(LOOM_LOG_STEPS, "asking %s", "nobody");
    assert_int_equal(heard.lines, 0);
}

static void log_up_to_the_level_is_heard(void **state) {
    (void)state;
    loom_log_open(LOOM_LOG_STEPS, hear);
    loom_log(LOOM_LOG_WIRE, "GET /");
    assert_int_equal(heard.lines, 0);
    loom_log(LOOM_LOG_STEPS, "asking %s", "somebody");
    assert_int_equal(heard.lines, 1);
    assert_string_equal(heard.text, "asking somebody");
    loom_log_open(LOOM_LOG_WIRE, hear);
    loom_log(LOOM_LOG_WIRE, "GET /");
    assert_int_equal(heard.lines, 2);
    assert_int_equal(heard.level, LOOM_LOG_WIRE);
}

static void log_too_long_is_cut(void **state) {
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    loom_log_open(LOOM_LOG_STEPS, hear);
    loom_log(LOOM_LOG_STEPS, "%s", text);
    assert_int_equal(strlen(heard.text), 1023);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(log_without_a_sink_is_silent, stop),
        cmocka_unit_test_teardown(log_up_to_the_level_is_heard, stop),
        cmocka_unit_test_teardown(log_too_long_is_cut, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
