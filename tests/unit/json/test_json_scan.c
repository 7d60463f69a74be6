/* SPDX-License-Identifier: Apache-2.0 */
/* The JS group of the threat list and its neighbours, on blocks of exactly their size (JS-12). */
#include "json/json_priv.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool scan_exactly(const char *text, size_t len) {
    char *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    if (len > 0)
        memcpy(exact, text, len);
    bool is_accepted = loom_json_scan(exact, len);
    free(exact);
    return is_accepted;
}

static void accept_all(const char *const *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!scan_exactly(rows[i], strlen(rows[i])))
            fail_msg("refused: %s", rows[i]);
}

static void refuse_all(const char *const *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (scan_exactly(rows[i], strlen(rows[i])))
            fail_msg("accepted: %s", rows[i]);
}

#define ACCEPT(rows) accept_all(rows, sizeof(rows) / sizeof(rows)[0])
#define REFUSE(rows) refuse_all(rows, sizeof(rows) / sizeof(rows)[0])

/* ---- Structure ---- */

static void scan_of_well_formed_texts_accepts(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{}",
        " \t\r\n{ \t\r\n} \t\r\n",
        "{\"a\":1}",
        "{\"a\":null,\"b\":true,\"c\":false,\"d\":\"\",\"e\":[],\"f\":{}}",
        "{ \"a\" : [ 1 , [ ] , { } , \"x\" ] , \"b\" : { \"c\" : -0 } }",
        "{\"\":\"\"}",
        "{\"a\":[[[]],[{}]]}",
    };
    ACCEPT(rows);
}

/* JS-04, JS-11 */
static void scan_of_anything_but_one_object_refuses(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",       " ",          "null",       "\"x\"",          "[1]",         "[]",
        "7",      "true",       "{}x",        "{} {}",          "{},",         "{}]",
        "{}}",    "{}{}",       "x{}",        "[{}]",           "{\"a\":1} x", "{}\n\n//c",
        "{}\v",   "\f{}",       "{}\b",       "/*c*/{}",        "#c\n{}",      "{}\x1a",
        "\xa0{}", "\xc2\xa0{}", "{}\xc2\x85", "\xe2\x80\xa8{}",
    };
    REFUSE(rows);
    assert_false(scan_exactly("{}\0", 3));
    assert_false(scan_exactly("\0{}", 3));
    assert_false(scan_exactly("{\"a\"\0:1}", 8));
}

static void scan_of_broken_structure_refuses(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{",
        "}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{\"a\":1,,\"b\":2}",
        "{\"a\" 1}",
        "{\"a\"::1}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1;\"b\":2}",
        "{null:1}",
        "{\"a\",1}",
        "{\"a\":1:2}",
        "{\"a\":[}",
        "{\"a\":[1}",
        "{\"a\":[1]]",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[,]}",
        "{\"a\":[1 2]}",
        "{\"a\":[1:2]}",
        "{\"a\":{]}",
        "{\"a\":{}",
        "{\"a\":[\"b\":1]}",
        "{{}}",
        "{[]}",
        "{\"a\":[}]",
        "{\"a\":b}",
        "{\"a\":tru}",
        "{\"a\":True}",
        "{\"a\":nul}",
        "{\"a\":nulls}",
        "{\"a\":falsey}",
        "{\"a\":undefined}",
        "{\"a\":NULL}",
        "{\"1\":1,",
        "{\"1\":1,}",
    };
    REFUSE(rows);
}

/* JS-109, JS-12: every beginning of a text, in a block that ends there. */
static void scan_of_every_beginning_refuses(void **state) {
    (void)state;
    static const char whole[] =
        "{\"a\":[1,-2.5e+10,true,false,null],\"\\u0041\\ud83d\\ude00\\n\":{\"b\":\"\xc3\xa9\"},"
        "\"c\":0}";
    assert_true(scan_exactly(whole, strlen(whole)));
    for (size_t len = 0; len < strlen(whole); len++)
        assert_false(scan_exactly(whole, len));
}

/* ---- Depth and number of values ---- */

/* {"a": and then [ or {"a": until there are `depth` levels, and all of them closed. */
static size_t make_nested(size_t depth, bool of_objects, char *out_text) {
    const char *opening = of_objects ? "{\"a\":" : "[";
    size_t len = 0, step = strlen(opening);
    memcpy(out_text, "{\"a\":", 5);
    for (len = 5; len < 5 + (depth - 1) * step; len += step)
        memcpy(out_text + len, opening, step);
    out_text[len++] = '1';
    for (size_t i = 1; i < depth; i++)
        out_text[len++] = of_objects ? '}' : ']';
    out_text[len++] = '}';
    return len;
}

/* JS-05 */
static void scan_of_nested_texts_stops_at_the_cap(void **state) {
    (void)state;
    static const size_t depths[] = {1, 2, 15, 16, 17, 18, 32, 1000, 1001, 1000000};
    char *text = malloc(7 * 1000000);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        bool is_accepted = depths[i] <= LOOM_JSON_DEPTH_MAX;
        assert_int_equal(scan_exactly(text, make_nested(depths[i], false, text)), is_accepted);
        assert_int_equal(scan_exactly(text, make_nested(depths[i], true, text)), is_accepted);
    }
    free(text);
}

/* Levels that were closed again do not count. */
static void scan_of_many_flat_levels_accepts(void **state) {
    (void)state;
    char text[5000] = "{\"a\":[";
    size_t len = strlen(text);
    for (size_t i = 0; i < 1000; i++, len += 3)
        memcpy(text + len, "[],", 3);
    memcpy(text + len - 1, "]}", 2);
    assert_true(scan_exactly(text, len + 1));
}

static void *scan_deep(void *text) {
    static bool is_accepted;
    is_accepted = loom_json_scan(text, strlen(text));
    return &is_accepted;
}

/* JS-05: 1000 levels on a stack of 96 KiB. */
static void scan_on_a_small_stack_does_not_crash(void **state) {
    (void)state;
    char *text = calloc(7, 1001);
    pthread_attr_t small;
    pthread_t thread;
    void *is_accepted;
    assert_non_null(text);
    (void)make_nested(1000, false, text);
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, 96 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &small, scan_deep, text), 0);
    assert_int_equal(pthread_join(thread, &is_accepted), 0);
    assert_false(*(bool *)is_accepted);
    assert_int_equal(pthread_attr_destroy(&small), 0);
    free(text);
}

/* {"a":[1,1,...]} with `count` values, the outer two included. */
static size_t make_flat(size_t count, char *out_text) {
    size_t len = 6;
    memcpy(out_text, "{\"a\":[", len);
    for (size_t i = 2; i < count; i++) {
        out_text[len++] = '1';
        out_text[len++] = ',';
    }
    memcpy(out_text + len - 1, "]}", 2);
    return len + 1;
}

/* JS-06 */
static void scan_of_too_many_values_refuses(void **state) {
    (void)state;
    char *text = malloc(4 * 1024 * 1024 + 100);
    assert_non_null(text);
    assert_true(scan_exactly(text, make_flat(LOOM_JSON_VALUES_MAX, text)));
    assert_false(scan_exactly(text, make_flat(LOOM_JSON_VALUES_MAX + 1, text)));
    assert_false(scan_exactly(text, make_flat(2000000, text)));
    free(text);
}

/* ---- Numbers ---- */

/* JS-07 */
static void scan_of_numbers_follows_the_grammar(void **state) {
    (void)state;
    static const char *const good[] = {
        "{\"a\":0}",
        "{\"a\":-0}",
        "{\"a\":10}",
        "{\"a\":-1}",
        "{\"a\":0.5}",
        "{\"a\":1e999}",
        "{\"a\":-1e999}",
        "{\"a\":1e-999}",
        "{\"a\":1E+5}",
        "{\"a\":1.25e-3}",
        "{\"a\":0e0}",
        "{\"a\":[0,1]}",
        "{\"a\":9007199254740993}",
    };
    static const char *const bad[] = {
        "{\"a\":0123}",  "{\"a\":-01}",  "{\"a\":00}",       "{\"a\":+1}",        "{\"a\":.5}",
        "{\"a\":1.}",    "{\"a\":1.e5}", "{\"a\":1e}",       "{\"a\":1e+}",       "{\"a\":-}",
        "{\"a\":--1}",   "{\"a\":0x10}", "{\"a\":1_000}",    "{\"a\":1,5}",       "{\"a\":1.2.3}",
        "{\"a\":1e5e5}", "{\"a\":NaN}",  "{\"a\":Infinity}", "{\"a\":-Infinity}", "{\"a\":inf}",
        "{\"a\":1f}",    "{\"a\":- 1}",  "{\"a\":1 .5}",     "{\"a\":\xd9\xa1}",  "{\"a\":1e1.5}",
    };
    ACCEPT(good);
    REFUSE(bad);
}

/* JS-07: 95 and 200 digits; cJSON reads 63 characters of a number and no more. */
static void scan_of_long_numbers_stops_at_the_cap(void **state) {
    (void)state;
    static const size_t lengths[] = {62, 63, 64, 65, 95, 200, 5000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        char digits[5001], text[5100];
        memset(digits, '9', lengths[i]);
        digits[lengths[i]] = '\0';
        int len = snprintf(text, sizeof text, "{\"a\":%s}", digits);
        assert_int_equal(scan_exactly(text, (size_t)len), lengths[i] <= LOOM_JSON_NUMBER_MAX);
        digits[0] = '-';
        digits[2] = '.';
        len = snprintf(text, sizeof text, "{\"a\":%s}", digits);
        assert_int_equal(scan_exactly(text, (size_t)len), lengths[i] <= LOOM_JSON_NUMBER_MAX);
    }
}

/* ---- Strings ---- */

/* JS-09 */
static void scan_of_raw_control_characters_refuses(void **state) {
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char inside[] = "{\"a\":\"x?y\"}", in_name[] = "{\"a?\":1}", between[] = "{\"a\":?1}";
        inside[7] = in_name[3] = between[5] = (char)byte;
        bool is_text = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
        bool is_between = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' ||
                          byte == '-' || (byte >= '1' && byte <= '9');
        assert_int_equal(scan_exactly(inside, strlen("{\"a\":\"x?y\"}")), is_text);
        assert_int_equal(scan_exactly(in_name, strlen("{\"a?\":1}")), is_text);
        assert_int_equal(scan_exactly(between, strlen("{\"a\":?1}")), is_between);
    }
}

/* JS-110 */
static void scan_of_escapes_follows_the_grammar(void **state) {
    (void)state;
    static const char *const good[] = {
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
        "{\"a\":\"\\u0001\\u001b\\u007f\\uFFFF\\ufffe\\uabCD\"}",
        "{\"a\":\"\\ud800\\udc00\\uDBFF\\uDFFF\"}",
        "{\"a\":\"\\\\u0000\"}",
        "{\"\\u0061\":1}",
    };
    static const char *const bad[] = {
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"x\\u0000y\"}",
        "{\"\\u0000\":1}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
        "{\"a\":\"\\ud800\\ud800\"}",
        "{\"a\":\"\\ud800x\"}",
        "{\"a\":\"\\ud800\\n\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\\udfff\"}",
        "{\"a\":\"\\ud800\\ue000\"}",
        "{\"a\":\"\\u123\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u 123\"}",
        "{\"a\":\"\\u+123\"}",
        "{\"a\":\"\\U0041\"}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\a\"}",
        "{\"a\":\"\\'\"}",
        "{\"a\":\"\\0\"}",
        "{\"a\":\"\\\"}",
        "{\"a\":\"\\ud800\\\"}",
        "{\"a\":\"\\\xc3\xa9\"}",
        "{\"a\":\"\\ud83d\\u",
        "{\"a\":\"\\u",
        "{\"a\":\"\\",
    };
    ACCEPT(good);
    REFUSE(bad);
    assert_false(scan_exactly("{\"a\":\"\\\0\"}", 10));
}

/* JS-10 */
static void scan_of_text_in_another_encoding_refuses(void **state) {
    (void)state;
    static const char *const good[] = {
        "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\xc2\x9b\"}", "{\"\xc3\xa9\":1}"};
    static const char *const bad[] = {
        "{\"a\":\"\xe9\"}",         "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\xe2\x82\"}",     "{\"a\":\"\xc3",        "{\"a\":\"\xf5\x80\x80\x80\"}",
        "{\"a\":\"\xe0\x80\xa2\"}", "{\"a\":\"\xc0\xa2\"}", "{\"\xff\":1}",
    };
    static const char utf16_little[] = "{\0\"\0a\0\"\0:\0001\0}\0";
    static const char utf16_big[] = "\0{\0\"\0a\0\"\0:\0001\0}";
    static const char utf16_marked[] = "\xff\xfe{\0}\0";
    ACCEPT(good);
    REFUSE(bad);
    assert_false(scan_exactly(utf16_little, sizeof utf16_little - 1));
    assert_false(scan_exactly(utf16_big, sizeof utf16_big - 1));
    assert_false(scan_exactly(utf16_marked, sizeof utf16_marked - 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_of_well_formed_texts_accepts),
        cmocka_unit_test(scan_of_anything_but_one_object_refuses),
        cmocka_unit_test(scan_of_broken_structure_refuses),
        cmocka_unit_test(scan_of_every_beginning_refuses),
        cmocka_unit_test(scan_of_nested_texts_stops_at_the_cap),
        cmocka_unit_test(scan_of_many_flat_levels_accepts),
        cmocka_unit_test(scan_on_a_small_stack_does_not_crash),
        cmocka_unit_test(scan_of_too_many_values_refuses),
        cmocka_unit_test(scan_of_numbers_follows_the_grammar),
        cmocka_unit_test(scan_of_long_numbers_stops_at_the_cap),
        cmocka_unit_test(scan_of_raw_control_characters_refuses),
        cmocka_unit_test(scan_of_escapes_follows_the_grammar),
        cmocka_unit_test(scan_of_text_in_another_encoding_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
