/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#include <stdio.h>
#include <string.h>

static void assert_key(const char *url, bool is_suffixed, const char *expected) {
    struct loom_origin origin = origin_of(url);
    char key[LOOM_STORE_KEY_MAX];
    assert_int_equal(loom_store_key(&origin, is_suffixed, key), LOOM_OK);
    assert_string_equal(key, expected);
}

static void key_plain_origin_replaces_all_but_letters_and_digits(void **state) {
    (void)state;
    assert_key("https://loom.example.com", false, "https___loom_example_com");
    assert_key("https://loom.example.com:8080/x", false, "https___loom_example_com_8080_x");
    assert_key("http://[::1]:8080", false, "http______1__8080");
    assert_key("https://h/Path~1", false, "https___h_Path_1");
}

/* REV-05, URL-21: the key is not unique, the suffix is. */
static void key_colliding_origins_differ_in_their_suffix(void **state) {
    (void)state;
    assert_key("https://a-b.com", false, "https___a_b_com");
    assert_key("https://a.b.com", false, "https___a_b_com");
    assert_key("https://a_b.com", false, "https___a_b_com");
    /* the first 10 hex digits of SHA-256 of the URL, as sha256sum says */
    assert_key("https://a-b.com", true, "https___a_b_com--0fcc642cbd");
    assert_key("https://a.b.com", true, "https___a_b_com--71dea47a8a");
    assert_key("https://a_b.com", true, "https___a_b_com--aca77f5cce");
}

static void key_longest_origin_fits(void **state) {
    (void)state;
    char url[LOOM_ORIGIN_MAX + 1] = "https://h/", key[LOOM_STORE_KEY_MAX];
    size_t len = strlen(url);
    memset(url + len, 'x', LOOM_ORIGIN_MAX - len);
    url[LOOM_ORIGIN_MAX] = '\0';
    struct loom_origin origin = origin_of(url);
    assert_int_equal(loom_store_key(&origin, true, key), LOOM_OK);
    assert_int_equal(strlen(key), LOOM_ORIGIN_MAX + strlen("--0123456789"));
}

static void close_nothing_is_fine(void **state) {
    (void)state;
    struct loom_store *store = NULL;
    loom_store_close(NULL);
    loom_store_drop(&store);
    assert_null(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_plain_origin_replaces_all_but_letters_and_digits),
        cmocka_unit_test(key_colliding_origins_differ_in_their_suffix),
        cmocka_unit_test(key_longest_origin_fits),
        cmocka_unit_test(close_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
