/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "unit/oauth/oauth_world.h"

static void add_of_any_text_escapes_what_a_form_cannot_hold(void **unused) {
    (void)unused;
    static const struct {
        const char *value, *encoded;
    } rows[] = {
        {"", "n="},
        {"loom-cli", "n=loom-cli"},
        {"openid offline_access", "n=openid+offline_access"},
        {"urn:ietf:params:oauth:grant-type:device_code",
         "n=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"},
        {"a&b=c", "n=a%26b%3Dc"},
        {"+", "n=%2B"},
        {"%", "n=%25"},
        {"\n\x7f\xc3\xa9", "n=%0A%7F%C3%A9"},
        {"AZaz09-._", "n=AZaz09-._"},
        {"~!*'();:@$,/?#[]\\\"<>^`{|}",
         "n=%7E%21%2A%27%28%29%3B%3A%40%24%2C%2F%3F%23%5B%5D%5C%22%3C%3E%5E%60%7B%7C%7D"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(LOOM_FORM_MAX);
        assert_int_equal(loom_form_add(&body, "n", rows[i].value), LOOM_OK);
        expect_text(rows[i].value, loom_buffer_text(&body), rows[i].encoded);
    }
}

static void add_of_a_second_pair_puts_an_ampersand_between(void **unused) {
    (void)unused;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(LOOM_FORM_MAX);
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *secret = world_secret(REFRESH);
    assert_int_equal(loom_form_add(&body, "a b", "1"), LOOM_OK);
    assert_int_equal(loom_form_add_secret(&body, "token", secret), LOOM_OK);
    assert_string_equal(loom_buffer_text(&body), "a+b=1&token=" REFRESH_IN_FORM);
}

static void add_beyond_the_ceiling_is_an_internal_error(void **unused) {
    (void)unused;
    static const char pair[] = "n=%25%25";
    for (size_t max = 0; max <= strlen(pair); max++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(max);
        assert_int_equal(loom_form_add(&body, "n", "%%"),
                         max == strlen(pair) ? LOOM_OK : LOOM_ERR_INTERNAL);
    }
}

static void add_of_the_longest_token_finds_room(void **unused) {
    (void)unused;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(LOOM_FORM_MAX);
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *secret = NULL;
    static char longest[LOOM_TOKEN_MAX], scope[LOOM_SCOPE_MAX + 1];
    memset(longest, '%', sizeof longest);
    memset(scope, '%', LOOM_SCOPE_MAX);
    assert_int_equal(loom_secret_new(longest, sizeof longest, &secret), LOOM_OK);
    assert_int_equal(loom_form_add(&body, "scope", scope), LOOM_OK);
    assert_int_equal(loom_form_add_secret(&body, "token", secret), LOOM_OK);
}

/* DF-10 */
static void has_secret_finds_it_as_it_is_and_as_a_form_has_it(void **unused) {
    (void)unused;
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *secret = world_secret(REFRESH);
    assert_true(loom_form_has_secret("x" REFRESH "y", secret));
    assert_true(loom_form_has_secret("refresh_token=" REFRESH_IN_FORM "&a", secret));
    assert_false(loom_form_has_secret("", secret));
    assert_false(loom_form_has_secret("PLANTED-rt", secret));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_of_any_text_escapes_what_a_form_cannot_hold),
        cmocka_unit_test(add_of_a_second_pair_puts_an_ampersand_between),
        cmocka_unit_test(add_beyond_the_ceiling_is_an_internal_error),
        cmocka_unit_test(add_of_the_longest_token_finds_room),
        cmocka_unit_test(has_secret_finds_it_as_it_is_and_as_a_form_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
