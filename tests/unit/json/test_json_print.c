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

/* What is given, read and printed again. */
struct round_trip {
    const char *given;
    const char *printed;
};

static void check_round_trips(const struct round_trip *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
        LOOM_CLEANUP(loom_json_drop) struct loom_json *again = NULL;
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(1000);
        assert_int_equal(loom_json_parse(rows[i].given, strlen(rows[i].given), &tree), LOOM_OK);
        assert_int_equal(loom_json_print(tree, &out), LOOM_OK);
        assert_string_equal(loom_buffer_text(&out), rows[i].printed);
        assert_int_equal(loom_json_parse(out.data, out.len, &again), LOOM_OK);
        loom_buffer_reset(&out);
        assert_int_equal(loom_json_print(again, &out), LOOM_OK);
        assert_string_equal(loom_buffer_text(&out), rows[i].printed);
    }
}

#define CHECK(rows) check_round_trips(rows, sizeof(rows) / sizeof(rows)[0])

static void print_of_any_shape_is_on_one_line(void **state) {
    (void)state;
    static const struct round_trip rows[] = {
        {"{}", "{}"},
        {" { \"b\" : [ ] ,\n\"a\" : { } } ", "{\"b\":[],\"a\":{}}"},
        {"{\"a\":[1,\"x\",null,true,false,[2],{\"b\":3}],\"\":\"\"}",
         "{\"a\":[1,\"x\",null,true,false,[2],{\"b\":3}],\"\":\"\"}"},
    };
    CHECK(rows);
}

/* JS-107, UI-01: the text may end up on a terminal or in a log as it is. */
static void print_of_what_is_not_fit_to_show_escapes_it(void **state) {
    (void)state;
    static const struct round_trip rows[] = {
        {"{\"a\":\"\\\"\\\\\\/\"}", "{\"a\":\"\\\"\\\\/\"}"},
        {"{\"a\":\"\\b\\f\\n\\r\\t\"}", "{\"a\":\"\\u0008\\u000c\\u000a\\u000d\\u0009\"}"},
        {"{\"a\":\"\\u001b[2K\\u0007\"}", "{\"a\":\"\\u001b[2K\\u0007\"}"},
        {"{\"a\":\"\x7f\"}", "{\"a\":\"\\u007f\"}"},
        {"{\"a\":\"\xc2\x9b"
         "2K\"}",
         "{\"a\":\"\\u009b2K\"}"},
        {"{\"a\":\"\xe2\x80\xae\xe2\x80\xa8\"}", "{\"a\":\"\\u202e\\u2028\"}"},
        {"{\"\\u001b\":1}", "{\"\\u001b\":1}"},
        {"{\"a\":\"\\u00e9\xe2\x82\xac\\ud83d\\ude00\"}",
         "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}"},
        {"{\"a\":\"\xf3\xa0\x80\xa0\xf4\x8f\xbf\xbf\"}",
         "{\"a\":\"\\udb40\\udc20\\udbff\\udfff\"}"},
    };
    CHECK(rows);
}

static void print_of_numbers_is_exact(void **state) {
    (void)state;
    static const struct round_trip rows[] = {
        {"{\"n\":0}", "{\"n\":0}"},
        {"{\"n\":-0}", "{\"n\":0}"},
        {"{\"n\":1.0}", "{\"n\":1}"},
        {"{\"n\":1e3}", "{\"n\":1000}"},
        {"{\"n\":1700000000}", "{\"n\":1700000000}"},
        {"{\"n\":4102444800}", "{\"n\":4102444800}"},
        {"{\"n\":999999999999999}", "{\"n\":999999999999999}"},
        {"{\"n\":9007199254740989}", "{\"n\":9007199254740989}"},
        {"{\"n\":9007199254740991}", "{\"n\":9007199254740991}"},
        {"{\"n\":9007199254740992}", "{\"n\":9007199254740992}"},
        {"{\"n\":-9007199254740991}", "{\"n\":-9007199254740991}"},
        {"{\"n\":0.5}", "{\"n\":0.5}"},
        {"{\"n\":-2.25}", "{\"n\":-2.25}"},
        {"{\"n\":0.1}", "{\"n\":0.10000000000000001}"},
        {"{\"n\":1e300}", "{\"n\":1.0000000000000001e+300}"},
        {"{\"n\":1e22}", "{\"n\":1e+22}"},
        {"{\"n\":2.5e-7}", "{\"n\":2.4999999999999999e-07}"},
        {"{\"n\":1e999}", "{\"n\":1e999}"},
        {"{\"n\":-1e999}", "{\"n\":-1e999}"},
    };
    CHECK(rows);
}

static void print_of_added_integers_is_exact(void **state) {
    (void)state;
    static const int64_t numbers[] = {0,
                                      -1,
                                      INT32_MAX,
                                      INT64_C(2147483648),
                                      LOOM_JSON_INTEGER_MAX - 3,
                                      LOOM_JSON_INTEGER_MAX,
                                      -LOOM_JSON_INTEGER_MAX};
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(1000);
    struct loom_json *list;
    assert_int_equal(loom_json_new(&tree), LOOM_OK);
    assert_int_equal(loom_json_add_array(tree, "n", &list), LOOM_OK);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_int_equal(loom_json_add_number(list, NULL, numbers[i]), LOOM_OK);
    assert_int_equal(loom_json_print(tree, &out), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out),
                        "{\"n\":[0,-1,2147483647,2147483648,9007199254740989,9007199254740992,"
                        "-9007199254740992]}");
}

static void print_past_the_ceiling_changes_nothing(void **state) {
    (void)state;
    static const char text[] = "{\"a\":[\"x\\u001b\",1.5,{\"b\":null}],\"c\":true}";
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    assert_int_equal(loom_json_parse(text, strlen(text), &tree), LOOM_OK);
    for (size_t max = 6; max <= 6 + strlen(text); max++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(max);
        assert_int_equal(loom_buffer_add_text(&out, "before"), LOOM_OK);
        bool is_enough = max == 6 + strlen(text);
        assert_int_equal(loom_json_print(tree, &out), is_enough ? LOOM_OK : LOOM_ERR_INTERNAL);
        assert_string_equal(loom_buffer_text(&out) + 6, is_enough ? text : "");
    }
}

/* JS-108 */
static void print_leaves_no_secret_in_freed_memory(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    assert_int_equal(loom_json_new(&tree), LOOM_OK);
    char name[] = "a";
    for (; name[0] <= 'z'; name[0]++)
        assert_int_equal(loom_json_add_text(tree, name, "lt_0123456789abcdef_" MARKER), LOOM_OK);
    struct loom_buffer out = LOOM_BUFFER_INIT(10000);
    heap_watch_start(MARKER);
    assert_int_equal(loom_json_print(tree, &out), LOOM_OK);
    loom_buffer_clear(&out);
    assert_true(heap_watch_freed() > 2);
    assert_int_equal(heap_watch_stop(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print_of_any_shape_is_on_one_line),
        cmocka_unit_test(print_of_what_is_not_fit_to_show_escapes_it),
        cmocka_unit_test(print_of_numbers_is_exact),
        cmocka_unit_test(print_of_added_integers_is_exact),
        cmocka_unit_test(print_past_the_ceiling_changes_nothing),
        cmocka_unit_test(print_leaves_no_secret_in_freed_memory),
    };
    return cmocka_run_group_tests(tests, cjson_heap_setup, NULL);
}
