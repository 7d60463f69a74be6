/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "unit/base/heap_watch.h"
#include "unit/json/cjson_heap.h"
#include "json/json_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARKER "PLANTED"

static enum loom_err parse_exactly(const char *text, size_t len, struct loom_json **out_tree) {
    char *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    if (len > 0)
        memcpy(exact, text, len);
    enum loom_err err = loom_json_parse(exact, len, out_tree);
    free(exact);
    return err;
}

static struct loom_json *parse(const char *text) {
    struct loom_json *tree = NULL;
    if (parse_exactly(text, strlen(text), &tree) != LOOM_OK)
        fail_msg("refused: %s", text);
    return tree;
}

static void refuse(const char *text, size_t len) {
    struct loom_json *tree = NULL;
    if (parse_exactly(text, len, &tree) != LOOM_ERR_BAD_ANSWER)
        fail_msg("not refused: %s", text);
    assert_null(tree);
}

/* ---- Parsing ---- */

/* The scan is tested for itself; here: that it stands before cJSON. JS-04, JS-05, JS-07...JS-12 */
static void parse_of_what_the_scan_refuses_refuses(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "null",
        "[1]",
        "{} trailing",
        "{\"a\":1}{\"a\":2}",
        "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}",
        "{\"a\":0123}",
        "{\"a\":\"\x1b\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"1\":1,",
        "\xef\xbb\xbf",
        "\xef\xbb",
        "\xef\xbb\xbf\xef\xbb\xbf{}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(rows[i], strlen(rows[i]));
    refuse("{\"a\":1}\0", 8);
    struct loom_json *tree = NULL;
    assert_int_equal(loom_json_parse(NULL, 0, &tree), LOOM_ERR_BAD_ANSWER);
}

/* JS-10 */
static void parse_of_a_byte_order_mark_passes_over_it(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = parse("\xef\xbb\xbf{\"a\":\"x\"}");
    const char *text;
    assert_int_equal(loom_json_get_text(tree, "a", 1, &text), LOOM_OK);
}

/* JS-102 */
static void parse_of_equal_names_refuses(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"b\":2,\"a\":null}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"\":1,\"\":2}",
        "{\"x\":{\"a\":1,\"a\":2}}",
        "{\"x\":[1,[{\"b\":{\"a\":1,\"c\":2,\"a\":3}}]]}",
        "{\"\xc3\xa9\":1,\"\\u00e9\":2}",
        "{\"/\":1,\"\\/\":2}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(rows[i], strlen(rows[i]));
}

static void parse_of_names_that_differ_accepts(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{\"a\":1,\"A\":2}",
        "{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
        "{\"a\":[{\"b\":1},{\"b\":1}]}",
        "{\"e\xcc\x81\":1,\"\xc3\xa9\":2}",
        "{\"a\":1,\"a \":2,\"\":3}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = parse(rows[i]);
        assert_non_null(tree);
    }
}

/* JS-103: As many members as may be, each name 40 characters that differ at the end: comparing each
 * with each would outlast the test's deadline by far. */
static void parse_of_many_members_takes_no_quadratic_time(void **state) {
    (void)state;
    enum { COUNT = LOOM_JSON_VALUES_MAX - 1, ROW = 50 };
    char *text = malloc((size_t)COUNT * ROW + 100);
    assert_non_null(text);
    size_t len = 0;
    text[len++] = '{';
    for (int i = 0; i < COUNT; i++)
        len += (size_t)sprintf(text + len, "\"%040d\":1,", i);
    text[len - 1] = '}';
    struct loom_json *tree = NULL;
    assert_int_equal(loom_json_parse(text, len, &tree), LOOM_OK);
    loom_json_drop(&tree);
    memcpy(text + len - 44, text + 2, 40); /* the last name is the first one now */
    assert_int_equal(loom_json_parse(text, len, &tree), LOOM_ERR_BAD_ANSWER);
    free(text);
}

/* JS-106: The scan promises that cJSON reads whatever it lets through: bytes changed at random in
 * texts that reach every branch, always from the same seed. */
static void parse_of_damaged_texts_is_never_a_fault_of_ours(void **state) {
    (void)state;
    static const char *const seeds[] = {
        "{\"a\":[1,-2.5e+10,true,false,null],\"\\u0041\\ud83d\\ude00\\n\":{\"b\":\"\xc3\xa9\"}}",
        "{\"status\":\"completed\",\"access_token\":\"lt_00ff\",\"expires_in\":3600}",
        "{\"x\":{\"y\":[{},[],\"\",{\"z\":[0.1,1E-2,-0]}]},\"\\\\\\/\\b\":\"\\t\\\"\"}",
    };
    static const char alphabet[] = "{}[]\",:\\u0019.eE+-d8aftn \n\x01\xc3\xa9\xef\xff\x80";
    uint32_t random = 20250101;
    size_t accepted = 0;
    for (int round = 0; round < 60000; round++) {
        char text[200];
        size_t len = strlen(seeds[round % 3]);
        memcpy(text, seeds[round % 3], len);
        for (int change = 0; change <= round % 4; change++) {
            random = random * 1664525 + 1013904223;
            text[(random >> 8) % len] = alphabet[(random >> 20) % (sizeof alphabet - 1)];
        }
        struct loom_json *tree = NULL;
        enum loom_err err = parse_exactly(text, len, &tree);
        assert_true(err == LOOM_OK || err == LOOM_ERR_BAD_ANSWER);
        assert_true(err == LOOM_ERR_BAD_ANSWER || loom_json_scan(text, len));
        accepted += err == LOOM_OK ? 1 : 0;
        loom_json_drop(&tree);
    }
    assert_true(accepted > 1000);
}

/* JS-104 */
static void parse_without_memory_fails_and_leaks_nothing(void **state) {
    (void)state;
    static const char text[] = "{\"a\":{\"b\":\"c\",\"d\":[1,\"e\"]},\"f\":null}";
    size_t failing = 1;
    for (;; failing++) {
        struct loom_json *tree = NULL;
        heap_fail_at(failing);
        enum loom_err err = loom_json_parse(text, strlen(text), &tree);
        bool has_failed = heap_has_failed();
        heap_fail_at(0);
        loom_json_drop(&tree);
        if (!has_failed)
            break;
        assert_int_equal(err, LOOM_ERR_INTERNAL);
    }
    assert_true(failing > 10);
}

/* JS-111 */
static void parse_of_equal_names_wipes_the_tree(void **state) {
    (void)state;
    static const char text[] = "{\"token\":\"" MARKER "\",\"b\":{\"" MARKER "\":1},\"token\":1}";
    struct loom_json *tree = NULL;
    heap_watch_start(MARKER);
    assert_int_equal(loom_json_parse(text, strlen(text), &tree), LOOM_ERR_BAD_ANSWER);
    assert_true(heap_watch_freed() > 4);
    assert_int_equal(heap_watch_stop(), 0);
}

/* JS-105 */
static void drop_wipes_every_string(void **state) {
    (void)state;
    struct loom_json *tree = parse("{\"a\":\"" MARKER "\",\"" MARKER "\":[\"x\\n" MARKER
                                   "\",{\"b\":\"\\u0050" MARKER "\"}]}");
    heap_watch_start(MARKER);
    loom_json_drop(&tree);
    assert_true(heap_watch_freed() > 8);
    assert_int_equal(heap_watch_stop(), 0);
    assert_null(tree);
    loom_json_drop(&tree);
}

/* ---- Getting ---- */

/* JS-03 */
static void get_text_of_another_case_finds_nothing(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop)
    struct loom_json *tree = parse("{\"Access_Token\":\"x\",\"STATUS\":\"completed\"}");
    const char *text = "untouched";
    assert_int_equal(loom_json_get_text(tree, "access_token", 9, &text), LOOM_ERR_NOT_FOUND);
    assert_int_equal(loom_json_get_text(tree, "status", 9, &text), LOOM_ERR_NOT_FOUND);
    assert_false(loom_json_has(tree, "status"));
    assert_true(loom_json_has(tree, "STATUS"));
    assert_string_equal(text, "untouched");
}

static void get_text_judges_type_and_length(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop)
    struct loom_json *tree = parse("{\"s\":\"four\",\"empty\":\"\",\"null\":null,\"n\":7,\"o\":{},"
                                   "\"l\":[\"s\"],\"t\":true,\"wide\":\"\xc3\xa9\\u00e9\"}");
    static const struct {
        const char *name;
        size_t max;
        enum loom_err err;
        const char *text;
    } rows[] = {
        {"s", 4, LOOM_OK, "four"},
        {"s", 3, LOOM_ERR_BAD_ANSWER, NULL},
        {"empty", 0, LOOM_OK, ""},
        {"wide", 4, LOOM_OK, "\xc3\xa9\xc3\xa9"},
        {"wide", 3, LOOM_ERR_BAD_ANSWER, NULL},
        {"null", 9, LOOM_ERR_NOT_FOUND, NULL},
        {"absent", 9, LOOM_ERR_NOT_FOUND, NULL},
        {"", 9, LOOM_ERR_NOT_FOUND, NULL},
        {"n", 9, LOOM_ERR_BAD_ANSWER, NULL},
        {"o", 9, LOOM_ERR_BAD_ANSWER, NULL},
        {"l", 9, LOOM_ERR_BAD_ANSWER, NULL},
        {"t", 9, LOOM_ERR_BAD_ANSWER, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = NULL;
        assert_int_equal(loom_json_get_text(tree, rows[i].name, rows[i].max, &text), rows[i].err);
        if (rows[i].text == NULL)
            assert_null(text);
        else
            assert_string_equal(text, rows[i].text);
    }
}

struct number_row {
    const char *number;
    int64_t least, most;
    enum loom_err err;
    int64_t read, clamped;
};

#define TOP LOOM_JSON_INTEGER_MAX

/* JS-07, DF-05, DF-23 */
static const struct number_row number_rows[] = {
    {"5", 1, 60, LOOM_OK, 5, 5},
    {"1", 1, 60, LOOM_OK, 1, 1},
    {"60", 1, 60, LOOM_OK, 60, 60},
    {"0", 1, 60, LOOM_ERR_BAD_ANSWER, 0, 1},
    {"61", 1, 60, LOOM_ERR_BAD_ANSWER, 0, 60},
    {"-1", 1, 60, LOOM_ERR_BAD_ANSWER, 0, 1},
    {"0.1", 1, 60, LOOM_OK, 1, 1},
    {"59.5", 1, 60, LOOM_OK, 60, 60},
    {"60.000001", 1, 60, LOOM_ERR_BAD_ANSWER, 0, 60},
    {"1e1", 1, 60, LOOM_OK, 10, 10},
    {"-0.5", 0, 60, LOOM_OK, 0, 0},
    {"-1.5", -1, 1, LOOM_OK, -1, -1},
    {"-2", -1, 1, LOOM_ERR_BAD_ANSWER, 0, -1},
    {"-0", 0, 0, LOOM_OK, 0, 0},
    {"1e999", 1, 60, LOOM_ERR_BAD_ANSWER, 0, 60},
    {"-1e999", 1, 60, LOOM_ERR_BAD_ANSWER, 0, 1},
    {"1e-999", 0, 60, LOOM_OK, 0, 0},
    {"4294967296", 1, 3600, LOOM_ERR_BAD_ANSWER, 0, 3600},
    {"2147483648", 1, TOP, LOOM_OK, 2147483648, 2147483648},
    {"9e18", 1, 3600, LOOM_ERR_BAD_ANSWER, 0, 3600},
    {"9223372036854775808", 1, TOP, LOOM_ERR_BAD_ANSWER, 0, TOP},
    {"-9223372036854775809", -TOP, TOP, LOOM_ERR_BAD_ANSWER, 0, -TOP},
    {"9007199254740992", -TOP, TOP, LOOM_OK, TOP, TOP},
    {"9007199254740991", -TOP, TOP, LOOM_OK, TOP - 1, TOP - 1},
    {"9007199254740994", -TOP, TOP, LOOM_ERR_BAD_ANSWER, 0, TOP},
    {"-9007199254740992", -TOP, TOP, LOOM_OK, -TOP, -TOP},
    {"-9007199254740994", -TOP, TOP, LOOM_ERR_BAD_ANSWER, 0, -TOP},
    {"999999999999999999999999999999999999999999999999999999999999999", 1, 60, LOOM_ERR_BAD_ANSWER,
     0, 60},
};

static void get_number_judges_range_and_rounds_up(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof number_rows / sizeof number_rows[0]; i++) {
        const struct number_row *row = &number_rows[i];
        char text[100];
        int64_t number = 77;
        (void)snprintf(text, sizeof text, "{\"n\":%s}", row->number);
        LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = parse(text);
        if (loom_json_get_number(tree, "n", row->least, row->most, &number) != row->err ||
            number != (row->err == LOOM_OK ? row->read : 77))
            fail_msg("read as %lld: %s", (long long)number, row->number);
        assert_int_equal(loom_json_get_clamped(tree, "n", row->least, row->most, &number), LOOM_OK);
        if (number != row->clamped)
            fail_msg("clamped to %lld: %s", (long long)number, row->number);
    }
}

static void get_number_of_another_type_refuses(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop)
    struct loom_json *tree =
        parse("{\"s\":\"3600\",\"t\":true,\"o\":{},\"l\":[1],\"null\":null,\"inf\":\"1e999\"}");
    static const struct {
        const char *name;
        enum loom_err err;
    } rows[] = {
        {"s", LOOM_ERR_BAD_ANSWER},     {"t", LOOM_ERR_BAD_ANSWER},   {"o", LOOM_ERR_BAD_ANSWER},
        {"l", LOOM_ERR_BAD_ANSWER},     {"inf", LOOM_ERR_BAD_ANSWER}, {"null", LOOM_ERR_NOT_FOUND},
        {"absent", LOOM_ERR_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t number = 77;
        assert_int_equal(loom_json_get_number(tree, rows[i].name, 0, 9999, &number), rows[i].err);
        assert_int_equal(loom_json_get_clamped(tree, rows[i].name, 0, 9999, &number), rows[i].err);
        assert_int_equal(number, 77);
    }
}

static void get_array_judges_the_type_and_its_values_can_be_walked(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop)
    struct loom_json *tree = parse("{\"l\":[\"a\",7,null,[\"b\"],{},\"cc\"],\"e\":[],\"o\":{\"0\":"
                                   "\"x\"},\"t\":\"[]\",\"null\":null}");
    const struct loom_json *list = NULL;
    const char *text = "before";
    assert_int_equal(loom_json_get_array(tree, "o", &list), LOOM_ERR_BAD_ANSWER);
    assert_int_equal(loom_json_get_array(tree, "t", &list), LOOM_ERR_BAD_ANSWER);
    assert_int_equal(loom_json_get_array(tree, "null", &list), LOOM_ERR_NOT_FOUND);
    assert_int_equal(loom_json_get_array(tree, "absent", &list), LOOM_ERR_NOT_FOUND);
    assert_null(list);
    assert_int_equal(loom_json_get_array(tree, "e", &list), LOOM_OK);
    assert_null(loom_json_first(list));
    assert_int_equal(loom_json_get_array(tree, "l", &list), LOOM_OK);
    const struct loom_json *member = loom_json_first(list);
    assert_int_equal(loom_json_text(member, 1, &text), LOOM_OK);
    assert_string_equal(text, "a");
    for (size_t i = 0; i < 4; i++) {
        member = loom_json_next(member);
        assert_int_equal(loom_json_text(member, 10, &text), LOOM_ERR_BAD_ANSWER);
    }
    member = loom_json_next(member);
    assert_int_equal(loom_json_text(member, 1, &text), LOOM_ERR_BAD_ANSWER);
    assert_string_equal(text, "a");
    assert_int_equal(loom_json_text(member, 2, &text), LOOM_OK);
    assert_string_equal(text, "cc");
    assert_null(loom_json_next(member));
}

static void get_bool_and_get_object_judge_the_type(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop)
    struct loom_json *tree = parse("{\"t\":true,\"f\":false,\"n\":1,\"s\":\"true\",\"null\":null,"
                                   "\"o\":{\"in\":true},\"l\":[{}]}");
    bool value = false;
    const struct loom_json *member = NULL;
    assert_int_equal(loom_json_get_bool(tree, "t", &value), LOOM_OK);
    assert_true(value);
    assert_int_equal(loom_json_get_bool(tree, "f", &value), LOOM_OK);
    assert_false(value);
    assert_int_equal(loom_json_get_bool(tree, "n", &value), LOOM_ERR_BAD_ANSWER);
    assert_int_equal(loom_json_get_bool(tree, "s", &value), LOOM_ERR_BAD_ANSWER);
    assert_int_equal(loom_json_get_bool(tree, "null", &value), LOOM_ERR_NOT_FOUND);
    assert_int_equal(loom_json_get_object(tree, "t", &member), LOOM_ERR_BAD_ANSWER);
    assert_int_equal(loom_json_get_object(tree, "l", &member), LOOM_ERR_BAD_ANSWER);
    assert_int_equal(loom_json_get_object(tree, "null", &member), LOOM_ERR_NOT_FOUND);
    assert_int_equal(loom_json_get_object(tree, "absent", &member), LOOM_ERR_NOT_FOUND);
    assert_null(member);
    assert_int_equal(loom_json_get_object(tree, "o", &member), LOOM_OK);
    assert_int_equal(loom_json_get_bool(member, "in", &value), LOOM_OK);
    assert_true(value);
}

static void has_sees_null_too(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = parse("{\"error\":null}");
    assert_true(loom_json_has(tree, "error"));
    assert_false(loom_json_has(tree, "err"));
    assert_false(loom_json_has(tree, "Error"));
}

/* ---- Walking ---- */

static void walk_visits_members_in_their_order(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop)
    struct loom_json *tree = parse("{\"b\":{\"x\":\"y\"},\"a\":1,\"\":[{}]}");
    const struct loom_json *member = loom_json_first(tree);
    const char *text;
    assert_string_equal(loom_json_name(member), "b");
    assert_true(loom_json_is_object(member));
    assert_int_equal(loom_json_get_text(member, "x", 1, &text), LOOM_OK);
    member = loom_json_next(member);
    assert_string_equal(loom_json_name(member), "a");
    assert_false(loom_json_is_object(member));
    assert_null(loom_json_first(member));
    assert_int_equal(loom_json_get_text(member, "x", 1, &text), LOOM_ERR_NOT_FOUND);
    member = loom_json_next(member);
    assert_string_equal(loom_json_name(member), "");
    assert_false(loom_json_is_object(member));
    assert_null(loom_json_next(member));
    assert_true(loom_json_is_object(tree));
}

static void walk_of_an_empty_object_ends_at_once(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = parse("{}");
    assert_null(loom_json_first(tree));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_of_what_the_scan_refuses_refuses),
        cmocka_unit_test(parse_of_a_byte_order_mark_passes_over_it),
        cmocka_unit_test(parse_of_equal_names_refuses),
        cmocka_unit_test(parse_of_names_that_differ_accepts),
        cmocka_unit_test(parse_of_many_members_takes_no_quadratic_time),
        cmocka_unit_test(parse_of_damaged_texts_is_never_a_fault_of_ours),
        cmocka_unit_test(parse_without_memory_fails_and_leaks_nothing),
        cmocka_unit_test(parse_of_equal_names_wipes_the_tree),
        cmocka_unit_test(drop_wipes_every_string),
        cmocka_unit_test(get_text_of_another_case_finds_nothing),
        cmocka_unit_test(get_text_judges_type_and_length),
        cmocka_unit_test(get_number_judges_range_and_rounds_up),
        cmocka_unit_test(get_number_of_another_type_refuses),
        cmocka_unit_test(get_array_judges_the_type_and_its_values_can_be_walked),
        cmocka_unit_test(get_bool_and_get_object_judge_the_type),
        cmocka_unit_test(has_sees_null_too),
        cmocka_unit_test(walk_visits_members_in_their_order),
        cmocka_unit_test(walk_of_an_empty_object_ends_at_once),
    };
    return cmocka_run_group_tests(tests, cjson_heap_setup, NULL);
}
