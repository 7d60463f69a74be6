/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include "unit/base/heap_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARKER "PLANTED"

static void wipe_some_bytes_leaves_the_others(void **state) {
    (void)state;
    char text[] = "abcdef";
    loom_wipe(text + 1, 3);
    assert_memory_equal(text, "a\0\0\0ef", 7);
    loom_wipe(NULL, 3);
}

static void free_wiped_leaves_nothing(void **state) {
    (void)state;
    char *block = malloc(64);
    assert_non_null(block);
    memcpy(block + 20, MARKER, sizeof MARKER);
    heap_watch_start(MARKER);
    loom_free_wiped(block, 64);
    loom_free_wiped(NULL, 64);
    assert_int_equal(heap_watch_freed(), 1);
    assert_int_equal(heap_watch_stop(), 0);
}

static void string_drop_wipes_and_forgets(void **state) {
    (void)state;
    char *string = strdup("x" MARKER);
    char *none = NULL;
    assert_non_null(string);
    heap_watch_start(MARKER);
    loom_string_drop(&string);
    loom_string_drop(&none);
    assert_int_equal(heap_watch_freed(), 1);
    assert_int_equal(heap_watch_stop(), 0);
    assert_null(string);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipe_some_bytes_leaves_the_others),
        cmocka_unit_test(free_wiped_leaves_nothing),
        cmocka_unit_test(string_drop_wipes_and_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
