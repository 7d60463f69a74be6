/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t encode(uint32_t character, char *out_bytes) {
    static const unsigned char leads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    size_t len = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, character >>= 6)
        out_bytes[i] = (char)(0x80 | (character & 0x3f));
    out_bytes[0] = (char)(leads[len] | character);
    return len;
}

static void next_on_every_scalar_value_reads_it_back(void **state) {
    (void)state;
    for (uint32_t character = 0; character <= 0x10ffff; character++) {
        char bytes[LOOM_UTF8_MAX];
        uint32_t read = UINT32_MAX;
        size_t len = encode(character, bytes);
        bool is_surrogate = character >= 0xd800 && character <= 0xdfff;
        assert_int_equal(loom_utf8_next(bytes, len, &read), is_surrogate ? 0 : len);
        assert_int_equal(read, is_surrogate ? UINT32_MAX : character);
    }
}

static void next_on_malformed_bytes_reads_nothing(void **state) {
    (void)state;
    static const char *const rows[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xc3",
        "\xc3(",
        "\xe2\x82",
        "\xe2(\xa1",
        "\xe2\x82(",
        "\xf0\x9f\x98",
        "\xf0\x9f(\x80",
        "\xf0(\x98\x80",
        "\xc3\xc3",
        "\xf0\x9f\x98(",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t read = 7;
        assert_int_equal(loom_utf8_next(rows[i], strlen(rows[i]), &read), 0);
        assert_int_equal(read, 7);
        assert_false(loom_text_is_utf8(rows[i], strlen(rows[i])));
    }
}

/* In a block of exactly its size: the address sanitizer sees a byte too many. */
static void next_on_a_cut_character_reads_no_further(void **state) {
    (void)state;
    static const char *const rows[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t len = 1; len < strlen(rows[i]); len++) {
            uint32_t read;
            char *exact = malloc(len);
            assert_non_null(exact);
            memcpy(exact, rows[i], len);
            assert_int_equal(loom_utf8_next(exact, len, &read), 0);
            free(exact);
        }
    }
}

static void next_on_no_bytes_reads_nothing(void **state) {
    (void)state;
    uint32_t read;
    assert_int_equal(loom_utf8_next("a", 0, &read), 0);
    assert_true(loom_text_is_utf8("", 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_on_every_scalar_value_reads_it_back),
        cmocka_unit_test(next_on_malformed_bytes_reads_nothing),
        cmocka_unit_test(next_on_a_cut_character_reads_no_further),
        cmocka_unit_test(next_on_no_bytes_reads_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
