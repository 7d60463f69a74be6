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

/* MEM-120: what a library gives back by way of these holds nothing any more. */
static void wiping_allocator_gives_back_nothing(void **state) {
    (void)state;
    heap_watch_start(MARKER);
    char *block = loom_wiping_strdup("x" MARKER);
    assert_string_equal(block, "x" MARKER);
    block = loom_wiping_realloc(block, 4096); /* moved: the first is gone by now */
    assert_int_equal(heap_watch_freed(), 1);
    assert_string_equal(block, "x" MARKER);
    memcpy(block + 4096 - sizeof MARKER, MARKER, sizeof MARKER);
    block = loom_wiping_realloc(block, 3);
    assert_memory_equal(block, "xPL", 3);
    loom_wiping_free(block);
    loom_wiping_free(NULL);
    assert_int_equal(heap_watch_freed(), 3);
    assert_int_equal(heap_watch_stop(), 0);
}

/* MEM-103: asking takes nothing away, for more than one may be asking at the same time. */
static void wiping_failures_counts_each_want(void **state) {
    (void)state;
    unsigned long before = loom_wiping_failures();
    loom_wiping_free(loom_wiping_malloc(8));
    assert_int_equal(loom_wiping_failures(), before);
    heap_fail_at(1);
    assert_null(loom_wiping_calloc(2, 4));
    assert_int_equal(loom_wiping_failures(), before + 1);
    assert_int_equal(loom_wiping_failures(), before + 1);
    heap_fail_at(1);
    assert_null(loom_wiping_strdup("x"));
    assert_int_equal(loom_wiping_failures(), before + 2);
}

static void wiping_allocator_keeps_the_promises_of_malloc(void **state) {
    (void)state;
    for (size_t size = 0; size < 40; size++) {
        unsigned char *block = loom_wiping_calloc(size, 3);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size * 3; i++)
            assert_int_equal(block[i], 0);
        loom_wiping_free(block);
    }
    char *block = loom_wiping_realloc(NULL, 8);
    memcpy(block, "kept...", 8);
    assert_null(loom_wiping_realloc(block, SIZE_MAX - 4));
    assert_string_equal(block, "kept...");
    loom_wiping_free(block);
    assert_null(loom_wiping_malloc(SIZE_MAX));
    assert_null(loom_wiping_calloc(SIZE_MAX / 2, 3));
    heap_fail_at(1);
    assert_null(loom_wiping_strdup("x"));
    heap_fail_at(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipe_some_bytes_leaves_the_others),
        cmocka_unit_test(free_wiped_leaves_nothing),
        cmocka_unit_test(string_drop_wipes_and_forgets),
        cmocka_unit_test(wiping_failures_counts_each_want),
        cmocka_unit_test(wiping_allocator_gives_back_nothing),
        cmocka_unit_test(wiping_allocator_keeps_the_promises_of_malloc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
