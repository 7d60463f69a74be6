/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "base/memory.h"
#include "unit/crypto/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648 section 10, and the two characters behind the alphabet. */
static void add_and_parse_of_published_vectors_agree(void **state) {
    (void)state;
    static const struct {
        const char *plain, *coded;
    } rows[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
        {"\xff\xff", "//8="},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(100);
        assert_int_equal(loom_base64_add(&out, span_of_text(rows[i].plain)), LOOM_OK);
        assert_string_equal(loom_buffer_text(&out), rows[i].coded);
        loom_buffer_reset(&out);
        assert_int_equal(loom_buffer_add_text(&out, "before"), LOOM_OK);
        assert_int_equal(loom_base64_parse(rows[i].coded, &out), LOOM_OK);
        assert_int_equal(out.len, 6 + strlen(rows[i].plain));
        assert_memory_equal(out.data + 6, rows[i].plain, strlen(rows[i].plain));
    }
}

/* Across the pieces in which the work is done. */
static void add_and_parse_of_any_length_give_the_same(void **state) {
    (void)state;
    unsigned char plain[300];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (unsigned char)(i * 7);
    for (size_t len = 0; len <= sizeof plain; len++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer coded = LOOM_BUFFER_INIT(500);
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(500);
        assert_int_equal(loom_base64_add(&coded, (struct loom_bytes){plain, len}), LOOM_OK);
        assert_int_equal(coded.len, (len + 2) / 3 * 4);
        assert_int_equal(loom_base64_parse(loom_buffer_text(&coded), &out), LOOM_OK);
        assert_int_equal(out.len, len);
        if (len > 0)
            assert_memory_equal(out.data, plain, len);
    }
}

static void check_refused(const char *coded) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(500);
    assert_int_equal(loom_buffer_add_text(&out, "before"), LOOM_OK);
    if (loom_base64_parse(coded, &out) != LOOM_ERR_BAD_ANSWER)
        fail_msg("not refused: %s", coded);
    assert_int_equal(out.len, 6);
    assert_string_equal(loom_buffer_text(&out), "before");
}

/* ENC-24 */
static void parse_of_what_is_not_canonical_refuses(void **state) {
    (void)state;
    static const char *const rows[] = {
        "Z",
        "Zg",
        "Zg=",
        "Zg===",
        "Zm8",
        "Zm9vYg",
        "Zm9vYg=",
        "Zh==",
        "Zv==",
        "Zm9=",
        "Zm+=",
        "Z===",
        "====",
        "=",
        "==",
        "Zg==Zg==",
        "Zm8=Zm8=",
        "Z=9v",
        "=m9v",
        "Zm=v",
        "Zm9v=",
        "Zm9v====",
        " Zm9v",
        "Zm9v ",
        "Zm9v\n",
        "Zm 9v",
        "Zm9\nv",
        "    ",
        "Zm9v    ",
        "    Zm9v",
        "\nZm9vYmFy\n\n\n",
        "Zm9-",
        "Zm9_",
        "Zm9.",
        "Zm9\x80",
        "Z\xc3\xa9v",
        "Zg=\n",
        "Zg==\n\n\n\n",
        "-m9v",
        "Zg-=",
        "Zm9v!!!!",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_refused(rows[i]);
}

/* In every place of a text of several pieces, every byte that is not the right one. */
static void parse_of_a_changed_text_refuses_or_differs(void **state) {
    (void)state;
    static const unsigned char plain[49] = {1, 2, 3};
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer coded = LOOM_BUFFER_INIT(500);
    assert_int_equal(loom_base64_add(&coded, (struct loom_bytes){plain, sizeof plain}), LOOM_OK);
    for (size_t at = 0; at < coded.len; at++)
        for (int byte = 1; byte < 256; byte++) {
            LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(500);
            char right = coded.data[at];
            if ((char)byte == right)
                continue;
            coded.data[at] = (char)byte;
            enum loom_err err = loom_base64_parse(coded.data, &out);
            assert_true(err == LOOM_ERR_BAD_ANSWER ||
                        (out.len == sizeof plain && memcmp(out.data, plain, out.len) != 0) ||
                        out.len > sizeof plain);
            coded.data[at] = right;
        }
}

static void add_and_parse_past_the_ceiling_change_nothing(void **state) {
    (void)state;
    static const unsigned char plain[60];
    char coded[81];
    memset(coded, 'A', 80);
    coded[80] = '\0';
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(59);
    assert_int_equal(loom_buffer_add_text(&out, ""), LOOM_OK);
    assert_int_equal(loom_base64_parse(coded, &out), LOOM_ERR_INTERNAL);
    assert_int_equal(out.len, 0);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer tight = LOOM_BUFFER_INIT(79);
    assert_int_equal(loom_base64_add(&tight, (struct loom_bytes){plain, sizeof plain}),
                     LOOM_ERR_INTERNAL);
    assert_int_equal(tight.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_and_parse_of_published_vectors_agree),
        cmocka_unit_test(add_and_parse_of_any_length_give_the_same),
        cmocka_unit_test(parse_of_what_is_not_canonical_refuses),
        cmocka_unit_test(parse_of_a_changed_text_refuses_or_differs),
        cmocka_unit_test(add_and_parse_past_the_ceiling_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
