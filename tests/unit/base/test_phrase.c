/* SPDX-License-Identifier: Apache-2.0 */
#include "base/phrase.h"

#include "base/sentences.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *message, const struct loom_words *words,
                  const struct loom_translator *translator, const char *expected) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    assert_int_equal(loom_phrase_fill(message, words, translator, &out), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), expected);
}

static void fill_puts_values_in_and_leaves_other_braces(void **state) {
    (void)state;
    const struct loom_words words = {.server = "https://a", .name = "Ada"};
    check("{server} knows {name}.", &words, NULL, "https://a knows Ada.");
    check("{serve} {} { {unknown} {path}", &words, NULL, "{serve} {} { {unknown} ");
    check("{server}", NULL, NULL, "");
    check("100 % s %n", &words, NULL, "100 % s %n");
}

/* What a server says cannot act on a terminal, nor can it name another value. */
static void fill_makes_values_harmless(void **state) {
    (void)state;
    check("{name}", &(struct loom_words){.name = "\x1b[2K\n{server}", .server = "x"}, NULL,
          "\\x1b[2K\\x0a{server}");
    check("{text}", &(struct loom_words){.text = "two\nlines\x07"}, NULL, "two\nlines\\x07");
}

static const char *in_capitals(const void *context, const char *message) {
    (void)context;
    return strcmp(message, "yes {text}") == 0 ? "YES {text}"
           : strcmp(message, "no") == 0       ? "NO"
                                              : message;
}

static void fill_translates_messages_and_no_values(void **state) {
    (void)state;
    const struct loom_translator translator = {NULL, in_capitals};
    check("yes {text}", &(struct loom_words){.text = "no"}, &translator, "YES NO");
    check("{name}", &(struct loom_words){.name = "no"}, &translator, "no");
}

static void fill_past_the_ceiling_fails(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(4);
    assert_int_equal(loom_phrase_fill("{name}!", &(struct loom_words){.name = "Ada L"}, NULL, &out),
                     LOOM_ERR_INTERNAL);
}

static void name_len_counts_the_braces(void **state) {
    (void)state;
    assert_int_equal(loom_phrase_name_len("{server} and"), strlen("{server}"));
    assert_int_equal(loom_phrase_name_len(" {server}"), 0);
    assert_int_equal(loom_phrase_name_len("{serverx}"), 0);
    assert_int_equal(loom_phrase_name_len(""), 0);
}

/* ---- base/sentences.h ---- */

static void sentence_of_an_errno_comes_before_that_of_any(void **state) {
    (void)state;
    struct loom_error full = {.code = LOOM_ERR_STORAGE, .os_error = ENOSPC};
    struct loom_error other = {.code = LOOM_ERR_STORAGE, .os_error = ENOTTY};
    struct loom_error unknown = {.code = LOOM_OK};
    assert_non_null(strstr(loom_sentence_of(&full), "The disk is full"));
    assert_non_null(strstr(loom_sentence_of(&other), "cannot be kept in this place"));
    assert_non_null(strstr(loom_sentence_of(&unknown), "Something unexpected"));
}

static void sentence_code_is_that_of_json(void **state) {
    (void)state;
    assert_string_equal(loom_sentence_code(&(struct loom_error){.code = LOOM_ERR_TIMEOUT}),
                        "network");
    assert_string_equal(
        loom_sentence_code(&(struct loom_error){.code = LOOM_ERR_KEYRING, .os_error = ECANCELED}),
        "keyring_locked");
    assert_string_equal(loom_sentence_code(&(struct loom_error){.code = LOOM_OK}), "internal");
}

static void sentence_add_finishes_it(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    struct loom_error error = {.code = LOOM_ERR_SERVER, .http_status = 503};
    assert_int_equal(loom_sentence_add(&error, "https://a", &out), LOOM_OK);
    assert_non_null(strstr(out.data, "https://a has a problem at present (HTTP 503)"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fill_puts_values_in_and_leaves_other_braces),
        cmocka_unit_test(fill_makes_values_harmless),
        cmocka_unit_test(fill_translates_messages_and_no_values),
        cmocka_unit_test(fill_past_the_ceiling_fails),
        cmocka_unit_test(name_len_counts_the_braces),
        cmocka_unit_test(sentence_of_an_errno_comes_before_that_of_any),
        cmocka_unit_test(sentence_code_is_that_of_json),
        cmocka_unit_test(sentence_add_finishes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
