/* SPDX-License-Identifier: Apache-2.0 */
/* What may be sent as a client_id or scope, and whether two scopes are the same. */
#include "oauth/oauth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"

static void is_client_id_of_each_text_is_as_the_table_says(void **unused) {
    (void)unused;
    static char longest[LOOM_CLIENT_ID_MAX + 2];
    static const char *const good[] = {
        "loom-cli", "a b", "7", "\"\\", "https://client.example/~x", "1234.apps.example.com"};
    static const char *const bad[] = {"",    " ",     " a",          "a ",
                                      "a\n", "a\x7f", "caf\xc3\xa9", "\x1b[2K"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        expect(good[i], loom_oauth_is_client_id(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect(bad[i], !loom_oauth_is_client_id(bad[i]));
    memset(longest, 'x', LOOM_CLIENT_ID_MAX);
    assert_true(loom_oauth_is_client_id(longest));
    longest[LOOM_CLIENT_ID_MAX] = 'x';
    assert_false(loom_oauth_is_client_id(longest));
}

static void is_scope_of_each_text_is_as_the_table_says(void **unused) {
    (void)unused;
    static char longest[LOOM_SCOPE_MAX + 2];
    static const char *const good[] = {"", "a", "openid offline_access", "api://x/.default !#[]~"};
    static const char *const bad[] = {" ",    " a",   "a ",   "a  b",        "a\tb",
                                      "a\"b", "a\\b", "a\nb", "caf\xc3\xa9", "\x7f"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        expect(good[i], loom_oauth_is_scope(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect(bad[i], !loom_oauth_is_scope(bad[i]));
    memset(longest, 'x', LOOM_SCOPE_MAX);
    assert_true(loom_oauth_is_scope(longest));
    longest[LOOM_SCOPE_MAX] = 'x';
    assert_false(loom_oauth_is_scope(longest));
}

/* DF-22 */
static void is_scope_equal_looks_at_the_set_alone(void **unused) {
    (void)unused;
    static const struct {
        const char *a, *b;
        bool is_equal;
    } rows[] = {
        {"", "", true},          {"a", "a", true},     {"a b", "b a", true}, {"a b", "a b b", true},
        {" a  b ", "b a", true}, {"a", "", false},     {"a b", "a", false},  {"ab", "a b", false},
        {"a b", "a c", false},   {"ab", "abc", false}, {"xab", "ab", false}, {"A", "a", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_equal(rows[i].a, loom_oauth_is_scope_equal(rows[i].a, rows[i].b), rows[i].is_equal);
        expect_equal(rows[i].b, loom_oauth_is_scope_equal(rows[i].b, rows[i].a), rows[i].is_equal);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_client_id_of_each_text_is_as_the_table_says),
        cmocka_unit_test(is_scope_of_each_text_is_as_the_table_says),
        cmocka_unit_test(is_scope_equal_looks_at_the_set_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
