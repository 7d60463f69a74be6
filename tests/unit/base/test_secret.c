/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include "unit/base/heap_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARKER "PLANTED"

static struct loom_secret *make(const char *text) {
    struct loom_secret *secret = NULL;
    assert_int_equal(loom_secret_new(text, strlen(text), &secret), LOOM_OK);
    return secret;
}

static void new_with_every_allowed_byte_keeps_them(void **state) {
    (void)state;
    char all[0x7e - 0x21 + 2] = "";
    for (char c = 0x21; c <= 0x7e; c++)
        all[c - 0x21] = c;
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *secret = make(all);
    assert_string_equal(loom_secret_bytes(secret), all);
    assert_int_equal(loom_secret_len(secret), strlen(all));
}

static void new_with_any_other_byte_is_refused(void **state) {
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        if (byte >= 0x21 && byte <= 0x7e)
            continue;
        for (size_t at = 0; at < 3; at++) {
            char text[] = {'a', 'b', 'c'};
            struct loom_secret *secret = NULL;
            text[at] = (char)byte;
            assert_int_equal(loom_secret_new(text, sizeof text, &secret), LOOM_ERR_BAD_ANSWER);
            assert_null(secret);
        }
    }
}

static void new_at_its_limits_is_judged_exactly(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_string_drop) char *text = malloc(LOOM_TOKEN_MAX + 2);
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *secret = NULL;
    assert_non_null(text);
    memset(text, 't', LOOM_TOKEN_MAX + 1);
    text[LOOM_TOKEN_MAX + 1] = '\0';
    assert_int_equal(loom_secret_new(text, 0, &secret), LOOM_ERR_BAD_ANSWER);
    assert_int_equal(loom_secret_new(text, LOOM_TOKEN_MAX + 1, &secret), LOOM_ERR_BAD_ANSWER);
    assert_null(secret);
    assert_int_equal(loom_secret_new(text, LOOM_TOKEN_MAX, &secret), LOOM_OK);
    assert_int_equal(strlen(loom_secret_bytes(secret)), LOOM_TOKEN_MAX);
}

static void new_without_memory_fails(void **state) {
    (void)state;
    struct loom_secret *secret = NULL;
    heap_fail_at(1);
    assert_int_equal(loom_secret_new("token", 5, &secret), LOOM_ERR_INTERNAL);
    assert_null(secret);
}

static void new_with_a_part_of_a_text_takes_no_more(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *secret = NULL;
    assert_int_equal(loom_secret_new("token\n", 5, &secret), LOOM_OK);
    assert_string_equal(loom_secret_bytes(secret), "token");
}

static void copy_outlives_its_source(void **state) {
    (void)state;
    struct loom_secret *source = make("source");
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *copy = NULL;
    assert_int_equal(loom_secret_copy(source, &copy), LOOM_OK);
    loom_secret_free(source);
    assert_string_equal(loom_secret_bytes(copy), "source");
}

static void is_equal_tells_content_apart(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        bool is_equal;
    } rows[] = {
        {"token", "token", true}, {"token", "Token", false},  {"token", "tokeN", false},
        {"token", "toke", false}, {"token", "tokens", false}, {"a", "a", true},
        {"a", "\x21", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_secret_drop) struct loom_secret *a = make(rows[i].a);
        LOOM_CLEANUP(loom_secret_drop) struct loom_secret *b = make(rows[i].b);
        assert_int_equal(loom_secret_is_equal(a, b), rows[i].is_equal);
        assert_int_equal(loom_secret_is_equal(b, a), rows[i].is_equal);
        assert_false(loom_secret_is_equal(a, NULL));
        assert_false(loom_secret_is_equal(NULL, a));
    }
    assert_false(loom_secret_is_equal(NULL, NULL));
}

static void drop_wipes_and_forgets(void **state) {
    (void)state;
    struct loom_secret *secret = make("lt_" MARKER);
    heap_watch_start(MARKER);
    loom_secret_drop(&secret);
    assert_int_equal(heap_watch_freed(), 1);
    assert_int_equal(heap_watch_stop(), 0);
    assert_null(secret);
    loom_secret_drop(&secret);
    loom_secret_free(NULL);
}

/* MEM-121: whoever shows the process to others asks this first. */
static void is_any_held_counts_every_secret(void **state) {
    (void)state;
    assert_false(loom_secret_is_any_held());
    struct loom_secret *first = make("a"), *second = NULL, *none = NULL;
    assert_true(loom_secret_is_any_held());
    assert_int_equal(loom_secret_copy(first, &second), LOOM_OK);
    assert_int_equal(loom_secret_new(" ", 1, &none), LOOM_ERR_BAD_ANSWER);
    loom_secret_drop(&first);
    loom_secret_drop(&first);
    assert_true(loom_secret_is_any_held());
    loom_secret_free(second);
    loom_secret_free(NULL);
    assert_false(loom_secret_is_any_held());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_with_every_allowed_byte_keeps_them),
        cmocka_unit_test(new_with_any_other_byte_is_refused),
        cmocka_unit_test(new_at_its_limits_is_judged_exactly),
        cmocka_unit_test(new_without_memory_fails),
        cmocka_unit_test(new_with_a_part_of_a_text_takes_no_more),
        cmocka_unit_test(copy_outlives_its_source),
        cmocka_unit_test(is_equal_tells_content_apart),
        cmocka_unit_test(drop_wipes_and_forgets),
        cmocka_unit_test(is_any_held_counts_every_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
