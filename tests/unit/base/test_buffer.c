/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include "unit/base/heap_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARKER "PLANTED"

static void add_nothing_to_new_gives_empty_text(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer buffer = LOOM_BUFFER_INIT(10);
    assert_string_equal(loom_buffer_text(&buffer), "");
    assert_null(buffer.data);
    assert_int_equal(loom_buffer_add(&buffer, NULL, 0), LOOM_OK);
    assert_string_equal(loom_buffer_text(&buffer), "");
    assert_int_equal(buffer.len, 0);
}

static void add_several_pieces_keeps_order_and_nul(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer buffer = LOOM_BUFFER_INIT(100);
    assert_int_equal(loom_buffer_add(&buffer, "ab\0c", 4), LOOM_OK);
    assert_int_equal(loom_buffer_add_text(&buffer, "de"), LOOM_OK);
    assert_int_equal(loom_buffer_add_format(&buffer, "%d-%s", 7, "f"), LOOM_OK);
    assert_int_equal(buffer.len, 9);
    assert_memory_equal(buffer.data, "ab\0cde7-f", 10); /* the NUL behind it, too */
}

static void add_exactly_the_ceiling_fits(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer buffer = LOOM_BUFFER_INIT(5);
    assert_int_equal(loom_buffer_add_text(&buffer, "12345"), LOOM_OK);
    assert_string_equal(loom_buffer_text(&buffer), "12345");
    assert_true(buffer.capacity <= 6);
}

static void add_past_the_ceiling_fails_and_changes_nothing(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer buffer = LOOM_BUFFER_INIT(5);
    assert_int_equal(loom_buffer_add_text(&buffer, "123"), LOOM_OK);
    assert_int_equal(loom_buffer_add_text(&buffer, "456"), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_buffer_add_format(&buffer, "%d", 456), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_buffer_add(&buffer, "x", SIZE_MAX), LOOM_ERR_INTERNAL);
    assert_string_equal(loom_buffer_text(&buffer), "123");
    assert_int_equal(loom_buffer_add_text(&buffer, "45"), LOOM_OK);
}

static void add_with_an_absurd_ceiling_still_fails_cleanly(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer buffer = LOOM_BUFFER_INIT(SIZE_MAX);
    assert_int_equal(loom_buffer_add_text(&buffer, "123"), LOOM_OK);
    assert_int_equal(loom_buffer_add(&buffer, "x", SIZE_MAX - 3), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_buffer_add(&buffer, "x", SIZE_MAX / 2 + 1), LOOM_ERR_INTERNAL);
    assert_string_equal(loom_buffer_text(&buffer), "123");
}

static void add_without_memory_fails_and_changes_nothing(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer buffer = LOOM_BUFFER_INIT(10000);
    char big[1000];
    memset(big, 'b', sizeof big);
    assert_int_equal(loom_buffer_add_text(&buffer, "kept"), LOOM_OK);
    heap_fail_at(1);
    assert_int_equal(loom_buffer_add(&buffer, big, sizeof big), LOOM_ERR_INTERNAL);
    assert_true(heap_has_failed());
    assert_string_equal(loom_buffer_text(&buffer), "kept");
}

static void add_growing_wipes_every_block_it_leaves(void **state) {
    (void)state;
    struct loom_buffer buffer = LOOM_BUFFER_INIT(100000);
    heap_watch_start(MARKER);
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(loom_buffer_add_text(&buffer, MARKER), LOOM_OK);
    assert_true(heap_watch_freed() > 5);
    loom_buffer_clear(&buffer);
    assert_int_equal(heap_watch_stop(), 0);
    assert_null(buffer.data);
}

static void watch_itself_sees_what_is_not_wiped(void **state) {
    (void)state;
    char *block = malloc(100);
    assert_non_null(block);
    memcpy(block, MARKER, sizeof MARKER);
    heap_watch_start(MARKER);
    free(block);
    assert_int_equal(heap_watch_stop(), 1);
}

static void reset_wipes_and_keeps_the_memory(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer buffer = LOOM_BUFFER_INIT(100);
    loom_buffer_reset(&buffer);
    assert_int_equal(loom_buffer_add_text(&buffer, MARKER), LOOM_OK);
    const char *block = buffer.data;
    size_t capacity = buffer.capacity;
    loom_buffer_reset(&buffer);
    assert_ptr_equal(buffer.data, block);
    assert_int_equal(buffer.len, 0);
    for (size_t i = 0; i < capacity; i++)
        assert_int_equal(block[i], 0);
    assert_int_equal(loom_buffer_add_text(&buffer, "again"), LOOM_OK);
    assert_string_equal(loom_buffer_text(&buffer), "again");
}

static void cut_wipes_what_stands_behind(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer buffer = LOOM_BUFFER_INIT(100);
    loom_buffer_cut(&buffer, 0);
    assert_int_equal(loom_buffer_add_text(&buffer, "kept" MARKER), LOOM_OK);
    loom_buffer_cut(&buffer, 50);
    assert_string_equal(loom_buffer_text(&buffer), "kept" MARKER);
    loom_buffer_cut(&buffer, 4);
    assert_int_equal(buffer.len, 4);
    for (size_t i = 4; i < buffer.capacity && i < 4 + sizeof MARKER; i++)
        assert_int_equal(buffer.data[i], 0);
    assert_string_equal(loom_buffer_text(&buffer), "kept");
}

static void clear_of_a_cleared_one_is_harmless(void **state) {
    (void)state;
    struct loom_buffer buffer = LOOM_BUFFER_INIT(100);
    loom_buffer_clear(&buffer);
    assert_int_equal(loom_buffer_add_text(&buffer, "x"), LOOM_OK);
    loom_buffer_clear(&buffer);
    loom_buffer_clear(&buffer);
    assert_int_equal(buffer.len, 0);
    assert_int_equal(buffer.capacity, 0);
    assert_int_equal(buffer.max, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_nothing_to_new_gives_empty_text),
        cmocka_unit_test(add_several_pieces_keeps_order_and_nul),
        cmocka_unit_test(add_exactly_the_ceiling_fits),
        cmocka_unit_test(add_past_the_ceiling_fails_and_changes_nothing),
        cmocka_unit_test(add_with_an_absurd_ceiling_still_fails_cleanly),
        cmocka_unit_test(add_without_memory_fails_and_changes_nothing),
        cmocka_unit_test(add_growing_wipes_every_block_it_leaves),
        cmocka_unit_test(watch_itself_sees_what_is_not_wiped),
        cmocka_unit_test(reset_wipes_and_keeps_the_memory),
        cmocka_unit_test(cut_wipes_what_stands_behind),
        cmocka_unit_test(clear_of_a_cleared_one_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
