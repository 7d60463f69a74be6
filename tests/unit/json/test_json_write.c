/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "unit/base/heap_watch.h"
#include "unit/json/cjson_heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MARKER "PLANTED"

static void check_print(const struct loom_json *tree, const char *expected) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(1000);
    assert_int_equal(loom_json_print(tree, &out), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), expected);
}

static enum loom_err fill(struct loom_json *object) {
    struct loom_json *inner, *list;
    if (loom_json_add_text(object, "token", "lt_" MARKER) != LOOM_OK ||
        loom_json_add_text(object, "nobody", NULL) != LOOM_OK ||
        loom_json_add_number(object, "schema", 1) != LOOM_OK ||
        loom_json_add_bool(object, "ok", true) != LOOM_OK ||
        loom_json_add_null(object, "error") != LOOM_OK ||
        loom_json_add_object(object, "inner", &inner) != LOOM_OK ||
        loom_json_add_bool(inner, "deep", false) != LOOM_OK ||
        loom_json_add_array(object, "list", &list) != LOOM_OK ||
        loom_json_add_text(list, NULL, MARKER) != LOOM_OK ||
        loom_json_add_number(list, NULL, -7) != LOOM_OK ||
        loom_json_add_array(list, NULL, &inner) != LOOM_OK ||
        loom_json_add_object(list, NULL, &inner) != LOOM_OK)
        return LOOM_ERR_INTERNAL;
    return loom_json_add_text(inner, "x", "");
}

static void add_of_every_kind_keeps_the_order(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    assert_int_equal(loom_json_new(&tree), LOOM_OK);
    check_print(tree, "{}");
    assert_int_equal(fill(tree), LOOM_OK);
    check_print(tree, "{\"token\":\"lt_PLANTED\",\"nobody\":null,\"schema\":1,\"ok\":true,"
                      "\"error\":null,\"inner\":{\"deep\":false},"
                      "\"list\":[\"PLANTED\",-7,[],{\"x\":\"\"}]}");
}

static void add_copies_name_and_text(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    char name[] = "name", text[] = "text";
    assert_int_equal(loom_json_new(&tree), LOOM_OK);
    assert_int_equal(loom_json_add_text(tree, name, text), LOOM_OK);
    name[0] = text[0] = '!';
    check_print(tree, "{\"name\":\"text\"}");
}

static void add_of_what_json_cannot_say_fails(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    assert_int_equal(loom_json_new(&tree), LOOM_OK);
    assert_int_equal(loom_json_add_text(tree, "a", "\xff"), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_json_add_text(tree, "a", "\xc0\x80"), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_json_add_text(tree, "\xe9", "a"), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_json_add_number(tree, "a", LOOM_JSON_INTEGER_MAX + 1), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_json_add_number(tree, "a", -LOOM_JSON_INTEGER_MAX - 1),
                     LOOM_ERR_INTERNAL);
    assert_int_equal(loom_json_add_number(tree, "a", INT64_MIN), LOOM_ERR_INTERNAL);
    check_print(tree, "{}");
}

static void add_where_a_name_does_not_belong_fails(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    struct loom_json *list, *inner;
    assert_int_equal(loom_json_new(&tree), LOOM_OK);
    assert_int_equal(loom_json_add_array(tree, "l", &list), LOOM_OK);
    assert_int_equal(loom_json_add_text(tree, NULL, "x"), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_json_add_text(list, "x", "x"), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_json_add_object(list, "x", &inner), LOOM_ERR_INTERNAL);
    check_print(tree, "{\"l\":[]}");
}

static void add_and_drop_leave_no_secret_in_freed_memory(void **state) {
    (void)state;
    struct loom_json *tree = NULL;
    assert_int_equal(loom_json_new(&tree), LOOM_OK);
    heap_watch_start(MARKER);
    assert_int_equal(fill(tree), LOOM_OK);
    loom_json_drop(&tree);
    assert_true(heap_watch_freed() > 12);
    assert_int_equal(heap_watch_stop(), 0);
}

static void add_without_memory_fails_and_leaves_no_secret(void **state) {
    (void)state;
    size_t failing = 1;
    for (;; failing++) {
        struct loom_json *tree = NULL;
        heap_watch_start(MARKER);
        heap_fail_at(failing);
        enum loom_err err = loom_json_new(&tree);
        if (err == LOOM_OK)
            err = fill(tree);
        bool has_failed = heap_has_failed();
        heap_fail_at(0);
        loom_json_drop(&tree);
        assert_int_equal(heap_watch_stop(), 0);
        if (!has_failed)
            break;
        assert_int_equal(err, LOOM_ERR_INTERNAL);
    }
    assert_true(failing > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_of_every_kind_keeps_the_order),
        cmocka_unit_test(add_copies_name_and_text),
        cmocka_unit_test(add_of_what_json_cannot_say_fails),
        cmocka_unit_test(add_where_a_name_does_not_belong_fails),
        cmocka_unit_test(add_and_drop_leave_no_secret_in_freed_memory),
        cmocka_unit_test(add_without_memory_fails_and_leaves_no_secret),
    };
    return cmocka_run_group_tests(tests, cjson_heap_setup, NULL);
}
