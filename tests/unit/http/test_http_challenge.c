/* SPDX-License-Identifier: Apache-2.0 */
#include "http/challenge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* On the heap to the byte, so that reading behind it is noticed. */
static bool is_invalid(const char *value, size_t len) {
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, value, len);
    bool is = loom_challenge_is_token_invalid(copy, len);
    free(copy);
    return is;
}

static void is_token_invalid_of_a_bearer_challenge_with_the_code_is_true(void **state) {
    (void)state;
    static const char *const VALUES[] = {
        "Bearer error=\"invalid_token\"",
        "Bearer error=invalid_token",
        "bEARER ERROR=\"invalid_token\"",
        "Bearer realm=\"x\", error=\"invalid_token\", error_description=\"The token expired\"",
        "Bearer realm=\"a, Basic b=\\\"c\\\", \",error = \"invalid_token\"",
        "Basic realm=\"x\", Bearer error=\"invalid_token\"",
        "Negotiate YWJj==, Bearer error=\"invalid_token\"",
        "Negotiate, Bearer ,, error=\"invalid_token\"",
        "Bearer scope=\"\\\\\", error=\"invalid_token\"",
        "Bearer error=\"insufficient_scope\", Bearer error=\"invalid_token\"",
        "Bearer error=\"invalid_token\", Basic realm=\"x",
        "Bearer error=\"invalid_token",
    };
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++)
        if (!is_invalid(VALUES[i], strlen(VALUES[i])))
            fail_msg("%s", VALUES[i]);
}

static void is_token_invalid_of_anything_else_is_false(void **state) {
    (void)state;
    static const char *const VALUES[] = {
        "",
        " ",
        ",",
        "=",
        "\"",
        "Bearer",
        "Bearer ",
        "Bearer error",
        "Bearer error=",
        "Bearer error=\"",
        "Bearer error=\"invalid_tokens\"",
        "Bearer error=\"invalid_toke\"",
        "Bearer error=\"Invalid_Token\"",
        "Bearer error=\"insufficient_scope\"",
        "Bearer error_description=\"invalid_token\"",
        "Bearer xerror=\"invalid_token\"",
        "Bearer realm=\"error=invalid_token\"",
        "Bearer realm=\"x\\\", error=invalid_token, y=\\\"\"",
        "Bearer realm=\"x\\",
        "Basic realm=\"Bearer error=\\\"invalid_token\\\"\"",
        "Basic error=\"invalid_token\"",
        "Bearer realm=x, Basic error=\"invalid_token\"",
        "DPoP error=\"invalid_token\"",
        "Bearers error=\"invalid_token\"",
        "error=\"invalid_token\"",
        "invalid_token",
        "Bearer invalid_token",
        "\xff\xfe Bearer",
    };
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++)
        if (is_invalid(VALUES[i], strlen(VALUES[i])))
            fail_msg("%s", VALUES[i]);
    assert_false(is_invalid("Bearer\0error=invalid_token", 6));
    assert_false(is_invalid("\0\0", 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_token_invalid_of_a_bearer_challenge_with_the_code_is_true),
        cmocka_unit_test(is_token_invalid_of_anything_else_is_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
