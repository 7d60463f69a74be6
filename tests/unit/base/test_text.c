/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* ---- Characters ---- */

static void ascii_classes_on_every_byte_are_ascii(void **state) {
    (void)state;
    static const char digits[] = "0123456789";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int byte = 0; byte < 256; byte++) {
        bool is_digit = memchr(digits, byte, strlen(digits)) != NULL;
        bool is_letter = memchr(letters, byte, strlen(letters)) != NULL;
        bool is_upper = byte >= 'A' && byte <= 'Z';
        assert_int_equal(loom_ascii_is_digit((char)byte), is_digit);
        assert_int_equal(loom_ascii_is_alnum((char)byte), is_digit || is_letter);
        assert_int_equal(loom_ascii_lower((char)byte), (char)(is_upper ? byte + 32 : byte));
    }
}

static void is_equal_nocase_folds_ascii_alone(void **state) {
    (void)state;
    assert_true(loom_ascii_is_equal_nocase("", ""));
    assert_true(loom_ascii_is_equal_nocase("BEARER", "bearer"));
    assert_true(loom_ascii_is_equal_nocase("aZ09-_", "Az09-_"));
    assert_false(loom_ascii_is_equal_nocase("bearer", "beare"));
    assert_false(loom_ascii_is_equal_nocase("beare", "bearer"));
    assert_false(loom_ascii_is_equal_nocase("@", "`"));
    assert_false(loom_ascii_is_equal_nocase("[", "{"));
    assert_false(loom_ascii_is_equal_nocase("\xc3\x89", "\xc3\xa9")); /* E and e with an acute */
    assert_false(loom_ascii_is_equal_nocase("i", "\xc4\xb0"));        /* the dotted capital I */
}

/* UI-16: a user code. */
static void is_printable_ascii_judges_content_and_length(void **state) {
    (void)state;
    assert_true(loom_text_is_printable_ascii("123-456-789", 11, 64));
    assert_true(loom_text_is_printable_ascii("a b", 3, 3));
    assert_true(loom_text_is_printable_ascii("~", 1, 64));
    assert_true(loom_text_is_printable_ascii(" x", 2, 64));
    assert_false(loom_text_is_printable_ascii("a b", 3, 2));
    assert_false(loom_text_is_printable_ascii("", 0, 64));
    assert_false(loom_text_is_printable_ascii("   ", 3, 64));
    assert_false(loom_text_is_printable_ascii("a\0b", 3, 64));
    assert_false(loom_text_is_printable_ascii("a\x1f", 2, 64));
    assert_false(loom_text_is_printable_ascii("a\x7f", 2, 64));
    assert_false(loom_text_is_printable_ascii("a\x80", 2, 64));
    assert_false(loom_text_is_printable_ascii("\xc3\xa9", 2, 64));
    assert_false(loom_text_is_printable_ascii("a\n", 2, 64));
}

/* ---- The door ---- */

struct door_row {
    const char *given;
    const char *shown;
};

static void check_door(const struct door_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(1000);
        assert_int_equal(loom_text_add_printable(&out, rows[i].given, strlen(rows[i].given)),
                         LOOM_OK);
        assert_string_equal(loom_buffer_text(&out), rows[i].shown);
    }
}

static void add_printable_of_plain_text_leaves_it(void **state) {
    (void)state;
    static const struct door_row rows[] = {
        {"", ""},
        {"Ada Lovelace <ada@loom.example>", "Ada Lovelace <ada@loom.example>"},
        {"\xc3\x81ngel \xc3\xb1", "\xc3\x81ngel \xc3\xb1"},
        {"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85", "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85"}, /* Arabic */
        {"\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac"},                 /* Japanese */
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},                                 /* an emoji */
        {"e\xcc\x81", "e\xcc\x81"},       /* a combining accent */
        {"\xef\xbf\xbd", "\xef\xbf\xbd"}, /* U+FFFD */
        {"back\\slash x1b", "back\\slash x1b"},
    };
    check_door(rows, sizeof rows / sizeof rows[0]);
}

/* UI-01: what a terminal obeys. */
static void add_printable_of_controls_spells_them(void **state) {
    (void)state;
    static const struct door_row rows[] = {
        {"\x1b[2K\x1b[1A", "\\x1b[2K\\x1b[1A"},
        {"\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
         "\\x1b]8;;https://evil.example\\x1b\\here\\x1b]8;;\\x1b\\"},
        {"\x1b]52;c;cm0gLXJm\x07", "\\x1b]52;c;cm0gLXJm\\x07"},
        {"123\b\b\b456", "123\\x08\\x08\\x08456"},
        {"good\rbad", "good\\x0dbad"},
        {"a\nb\tc\vd\fe", "a\\x0ab\\x09c\\x0bd\\x0ce"},
        {"\x7f", "\\x7f"},
        {"\x01\x1f", "\\x01\\x1f"},
        {"\xc2\x9b"
         "2K",
         "\\xc2\\x9b2K"}, /* C1: CSI, as UTF-8 */
        {"\xc2\x9d"
         "52;c;x\xc2\x9c",
         "\\xc2\\x9d52;c;x\\xc2\\x9c"}, /* C1: OSC and ST */
        {"\xc2\x80\xc2\x9f", "\\xc2\\x80\\xc2\\x9f"},
        {"\x9b"
         "2K",
         "\\x9b2K"}, /* C1: CSI, as a bare byte */
    };
    check_door(rows, sizeof rows / sizeof rows[0]);
}

static void add_printable_of_nul_spells_it(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(100);
    assert_int_equal(loom_text_add_printable(&out, "a\0b", 3), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), "a\\x00b");
}

/* UI-01: what turns a line round, breaks it, or cannot be seen. */
static void add_printable_of_invisible_text_spells_it(void **state) {
    (void)state;
    static const struct door_row rows[] = {
        {"a\xe2\x80\xae"
         "b",
         "a\\xe2\\x80\\xaeb"},                        /* U+202E right-to-left override */
        {"\xe2\x80\xaa", "\\xe2\\x80\\xaa"},          /* U+202A */
        {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},          /* U+2066 left-to-right isolate */
        {"\xe2\x81\xa9", "\\xe2\\x81\\xa9"},          /* U+2069 */
        {"\xe2\x80\x8e", "\\xe2\\x80\\x8e"},          /* U+200E left-to-right mark */
        {"\xd8\x9c", "\\xd8\\x9c"},                   /* U+061C Arabic letter mark */
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},          /* U+2028 line separator */
        {"\xe2\x80\xa9", "\\xe2\\x80\\xa9"},          /* U+2029 paragraph separator */
        {"\xe2\x80\x8b", "\\xe2\\x80\\x8b"},          /* U+200B zero width space */
        {"\xe2\x81\xa0", "\\xe2\\x81\\xa0"},          /* U+2060 word joiner */
        {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},          /* U+FEFF byte order mark */
        {"\xc2\xad", "\\xc2\\xad"},                   /* U+00AD soft hyphen */
        {"\xcd\x8f", "\\xcd\\x8f"},                   /* U+034F combining grapheme joiner */
        {"\xe3\x85\xa4", "\\xe3\\x85\\xa4"},          /* U+3164 Hangul filler */
        {"\xee\x80\x80", "\\xee\\x80\\x80"},          /* U+E000 private use */
        {"\xef\xb7\x90", "\\xef\\xb7\\x90"},          /* U+FDD0 noncharacter */
        {"\xf0\x93\x90\xb0", "\\xf0\\x93\\x90\\xb0"}, /* U+13430 hieroglyph joiner */
        {"\xf3\xa0\x80\xa0", "\\xf3\\xa0\\x80\\xa0"}, /* U+E0020 tag space */
        {"\xf4\x8f\xbf\xbf", "\\xf4\\x8f\\xbf\\xbf"}, /* U+10FFFF */
    };
    check_door(rows, sizeof rows / sizeof rows[0]);
}

/* UI-110 */
static void add_printable_of_malformed_bytes_spells_them(void **state) {
    (void)state;
    static const struct door_row rows[] = {
        {"\xc0\x9b", "\\xc0\\x9b"},          /* ESC, overlong in two */
        {"\xe0\x80\x9b", "\\xe0\\x80\\x9b"}, /* and in three */
        {"\xf0\x80\x80\x9b", "\\xf0\\x80\\x80\\x9b"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
        {"a\xe2\x82", "a\\xe2\\x82"},        /* cut off */
        {"\xff\xfe", "\\xff\\xfe"},
        {"\xc3(\xc3\xa9", "\\xc3(\xc3\xa9"}, /* the next character is not lost */
        {"\xe2\x82\x1b[K", "\\xe2\\x82\\x1b[K"},
    };
    check_door(rows, sizeof rows / sizeof rows[0]);
}

/* UI-111 */
static void add_printable_of_every_character_is_safe(void **state) {
    (void)state;
    size_t printable = 0;
    for (uint32_t character = 0; character <= 0x10ffff; character++)
        printable += loom_text_is_printable(character) ? 1 : 0;
    assert_true(printable > 700000 && printable < 1114112 - 137468); /* private use is none */
    for (uint32_t character = 0; character < 0x20; character++)
        assert_false(loom_text_is_printable(character));
    for (uint32_t character = 0x7f; character <= 0x9f; character++)
        assert_false(loom_text_is_printable(character));
    for (uint32_t character = 0x20; character < 0x7f; character++)
        assert_true(loom_text_is_printable(character));
}

static void add_printable_past_the_ceiling_changes_nothing(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(10);
    assert_int_equal(loom_buffer_add_text(&out, "before"), LOOM_OK);
    assert_int_equal(loom_text_add_printable(&out, "ab\x1b", 3), LOOM_ERR_INTERNAL);
    assert_string_equal(loom_buffer_text(&out), "before");
}

/* ---- Columns, hex ---- */

static void columns_of_ascii_are_its_length(void **state) {
    (void)state;
    assert_int_equal(loom_text_columns("", 0), 0);
    assert_int_equal(loom_text_columns("loom login", 10), 10);
    assert_int_equal(loom_text_columns("a\x80"
                                       "b",
                                       3),
                     3);
    assert_int_equal(loom_text_columns("a\n", 2), 2);
}

static void format_hex_writes_two_digits_a_byte(void **state) {
    (void)state;
    const unsigned char bytes[] = {0x00, 0x0f, 0xa0, 0xff};
    char hex[2 * sizeof bytes + 1];
    loom_text_format_hex(bytes, sizeof bytes, hex);
    assert_string_equal(hex, "000fa0ff");
    loom_text_format_hex(bytes, 0, hex);
    assert_string_equal(hex, "");
}

/* ---- Numbers ---- */

static void parse_number_of_digits_gives_their_value(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t max, number;
    } rows[] = {
        {"0", 0, 0},
        {"00", 9, 0},
        {"007", 9, 7},
        {"65535", 65535, 65535},
        {"18446744073709551", UINT64_MAX, 18446744073709551U},
        {"9999999999999999999", UINT64_MAX, 9999999999999999999U},
        {"0000000000000000001", 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t number = 77;
        assert_true(
            loom_text_parse_number(rows[i].text, strlen(rows[i].text), rows[i].max, &number));
        assert_int_equal(number, rows[i].number);
    }
}

static void parse_number_of_anything_else_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "0x10",
        "1e3",
        "1.0",
        "1,0",
        "\xd9\xa1", /* the Arabic-Indic digit one */
        "65536",    /* above max */
        "18446744073709551616",
        "00000000000000000001",
        "1_000",
        "\xef\xbc\x91",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t number = 77;
        assert_false(loom_text_parse_number(rows[i], strlen(rows[i]), 65535, &number));
        assert_int_equal(number, 77);
    }
    uint64_t number = 77;
    assert_false(loom_text_parse_number("1\0", 2, 65535, &number));
    assert_true(loom_text_parse_number("123x", 3, 65535, &number));
    assert_int_equal(number, 123);
}

/* ---- Times ---- */

static void format_utc_of_known_times_is_rfc_3339(void **state) {
    (void)state;
    static const struct {
        int64_t epoch_s;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {951782399, "2000-02-28T23:59:59Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {1769903999, "2026-01-31T23:59:59Z"},
        {2147483647, "2038-01-19T03:14:07Z"},
        {2147483648, "2038-01-19T03:14:08Z"}, /* TM-13 */
        {4107542399, "2100-02-28T23:59:59Z"},
        {4107542400, "2100-03-01T00:00:00Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {253402300800, "9999-12-31T23:59:59Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},
        {-30610224000, "1000-01-01T00:00:00Z"},
        {-30610224001, "0999-12-31T23:59:59Z"},
        {-62135596800, "0001-01-01T00:00:00Z"},
        {-62167219200, "0000-01-01T00:00:00Z"},
        {-62167219201, "0000-01-01T00:00:00Z"},
        {INT64_MIN, "0000-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[LOOM_UTC_SIZE];
        loom_text_format_utc(rows[i].epoch_s, text);
        assert_string_equal(text, rows[i].text);
    }
}

/* A day and some, so that every day of the year and second of the day comes up sooner or later. */
static void format_utc_of_any_time_agrees_with_the_c_library(void **state) {
    (void)state;
    for (int64_t when = -62167219200; when <= 253402300799; when += 1000003) {
        time_t given = (time_t)when;
        struct tm utc;
        char text[LOOM_UTC_SIZE], expected[64];
        assert_non_null(gmtime_r(&given, &utc));
        (void)snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                       utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                       utc.tm_sec);
        loom_text_format_utc(when, text);
        assert_string_equal(text, expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_classes_on_every_byte_are_ascii),
        cmocka_unit_test(is_equal_nocase_folds_ascii_alone),
        cmocka_unit_test(is_printable_ascii_judges_content_and_length),
        cmocka_unit_test(add_printable_of_plain_text_leaves_it),
        cmocka_unit_test(add_printable_of_controls_spells_them),
        cmocka_unit_test(add_printable_of_nul_spells_it),
        cmocka_unit_test(add_printable_of_invisible_text_spells_it),
        cmocka_unit_test(add_printable_of_malformed_bytes_spells_them),
        cmocka_unit_test(add_printable_of_every_character_is_safe),
        cmocka_unit_test(add_printable_past_the_ceiling_changes_nothing),
        cmocka_unit_test(columns_of_ascii_are_its_length),
        cmocka_unit_test(format_hex_writes_two_digits_a_byte),
        cmocka_unit_test(parse_number_of_digits_gives_their_value),
        cmocka_unit_test(parse_number_of_anything_else_is_refused),
        cmocka_unit_test(format_utc_of_known_times_is_rfc_3339),
        cmocka_unit_test(format_utc_of_any_time_agrees_with_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
