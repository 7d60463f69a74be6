/* SPDX-License-Identifier: Apache-2.0 */
/* Moving damaged files aside: only on request, only what is damaged, never over anything. */
#include "house.h"

#include "store/vault.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define A "https://a.example.com"
#define ASIDE ".damaged-20260131T235959Z"

static const int64_t now_s = 1769903999; /* 2026-01-31T23:59:59Z */

static enum loom_err discard(const struct house *house, char out_path[LOOM_STORE_PATH_MAX]) {
    struct loom_error error = LOOM_ERROR_INIT;
    (void)snprintf(out_path, LOOM_STORE_PATH_MAX, "untouched");
    enum loom_err err = loom_vault_discard_damaged(&house->paths, now_s, out_path, &error);
    assert_int_equal(error.code, err);
    if (err != LOOM_OK)
        assert_string_equal(out_path, "untouched");
    return err;
}

static void assert_discards_nothing(const struct house *house) {
    char path[LOOM_STORE_PATH_MAX];
    assert_int_equal(discard(house, path), LOOM_ERR_NOT_FOUND);
}

static void assert_discards(const struct house *house, const char *name) {
    char path[LOOM_STORE_PATH_MAX];
    assert_int_equal(discard(house, path), LOOM_OK);
    assert_string_equal(path, house_path(house, name));
    assert_true(house_has(house, name));
}

static void fill(const struct house *house) {
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
}

static void assert_usable_again(const struct house *house) {
    assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_OK);
    fill(house);
    assert_true(finds_token(house->vault, A, "t"));
}

static void discard_nothing_there_finds_nothing(void **state) {
    const struct house *house = *state;
    assert_discards_nothing(house);
    assert_false(house_has(house, "config"));
    assert_false(house_has(house, "data"));
    house_folders(house);
    assert_discards_nothing(house);
}

static void discard_good_file_leaves_it(void **state) {
    const struct house *house = *state;
    fill(house);
    assert_discards_nothing(house);
    assert_true(finds_token(house->vault, A, "t"));
    assert_int_equal(remove_origin(house->vault, A, false), LOOM_OK);
    assert_discards_nothing(house);
    assert_int_equal(unlink(house_path(house, KEY)), 0); /* no records: no damage */
    assert_discards_nothing(house);
}

static void discard_plaintext_that_can_be_taken_over_leaves_it(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, "{\"a\":{\"type\":\"api\",\"key\":\"t\"}}");
    assert_discards_nothing(house);
    assert_int_equal(list_of(house->vault).unknown, 1);
}

static void discard_damaged_file_keeps_its_content_and_the_key(void **state) {
    const struct house *house = *state;
    struct loom_buffer before = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    fill(house);
    house_edit(house, VAULT, "\"generation\":1", "\"generation\":2");
    house_read(house, VAULT, &before);
    assert_discards(house, VAULT ASIDE);
    assert_true(house_holds(house, VAULT ASIDE, &before));
    assert_int_equal(house_mode(house, VAULT ASIDE), 0600);
    assert_false(house_has(house, VAULT));
    assert_true(house_has(house, KEY));
    assert_discards_nothing(house);
    assert_usable_again(house);
    loom_buffer_clear(&before);
}

static void discard_any_damage_is_moved(void **state) {
    const struct house *house = *state;
    static const char *const texts[] = {"", "x", "{\"format\":\"loom-credentials\",\"version\":2}",
                                        "{\"a\":{\"type\":\"api\",\"key\":\"t\"}}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fill(house);
        house_write_text(house, VAULT, texts[i]); /* the last one: plaintext beside a key */
        assert_discards(house, i == 0   ? VAULT ASIDE
                               : i == 1 ? VAULT ASIDE "-2"
                               : i == 2 ? VAULT ASIDE "-3"
                                        : VAULT ASIDE "-4");
        assert_usable_again(house);
    }
    assert_int_equal(house_count(house, "config"), 2 + 4);
}

static void discard_key_lost_moves_the_file(void **state) {
    const struct house *house = *state;
    fill(house);
    assert_int_equal(unlink(house_path(house, KEY)), 0);
    assert_discards(house, VAULT ASIDE);
    assert_usable_again(house);
}

static void discard_key_of_another_file_moves_the_file_alone(void **state) {
    const struct house *house = *state;
    void *other_state = NULL;
    struct loom_buffer key = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(house_make(&other_state), 0);
    fill(house);
    fill(other_state);
    house_read(other_state, KEY, &key);
    house_write(house, KEY, 0600, key.data, key.len);
    assert_discards(house, VAULT ASIDE);
    assert_true(house_holds(house, KEY, &key));
    assert_usable_again(house);
    loom_buffer_clear(&key);
    assert_int_equal(house_remove(&other_state), 0);
}

static void discard_key_damaged_moves_both(void **state) {
    const struct house *house = *state;
    fill(house);
    house_write_text(house, KEY, "no key");
    assert_discards(house, VAULT ASIDE);
    assert_true(house_has(house, KEY ASIDE));
    assert_false(house_has(house, VAULT));
    assert_false(house_has(house, KEY));
    assert_usable_again(house);
}

static void discard_key_damaged_without_records_moves_the_key_alone(void **state) {
    const struct house *house = *state;
    house_write_text(house, KEY, "no key");
    assert_discards(house, KEY ASIDE);
    assert_usable_again(house);
    assert_int_equal(remove_origin(house->vault, A, false), LOOM_OK);
    assert_int_equal(chmod(house_path(house, KEY), 0644), 0); /* others may have read it */
    assert_discards(house, KEY ASIDE "-2");
    assert_true(house_has(house, VAULT));
    assert_usable_again(house);
}

static void discard_key_of_an_import_damaged_moves_it(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT,
                     "{\""
                     "https___a_example_com"
                     "\":{\"type\":\"api\",\"key\":\"t\"}}");
    house_write_text(house, NEXT_KEY, "no key");
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_DAMAGED);
    assert_discards(house, NEXT_KEY ASIDE);
    assert_true(adopts_token(house->vault, A, "t"));
}

/* What is not damage but in the way is said, and left alone. */
static void discard_link_in_its_place_is_refused(void **state) {
    const struct house *house = *state;
    char path[LOOM_STORE_PATH_MAX];
    fill(house);
    assert_int_equal(rename(house_path(house, VAULT), house_path(house, "target")), 0);
    assert_int_equal(symlink(house_path(house, "target"), house_path(house, VAULT)), 0);
    assert_int_equal(discard(house, path), LOOM_ERR_STORAGE);
    assert_int_equal(house_count(house, "config"), 2);
}

static void discard_never_replaces_what_was_put_aside(void **state) {
    const struct house *house = *state;
    struct loom_buffer kept = LOOM_BUFFER_INIT(64);
    house_write_text(house, VAULT ASIDE, "kept");
    assert_int_equal(symlink("/nonexistent", house_path(house, VAULT ASIDE "-2")), 0);
    house_write_text(house, VAULT, "x");
    assert_discards(house, VAULT ASIDE "-3");
    assert_int_equal(loom_buffer_add_text(&kept, "kept"), LOOM_OK);
    assert_true(house_holds(house, VAULT ASIDE, &kept));
    loom_buffer_clear(&kept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_make, house_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(discard_nothing_there_finds_nothing),
        TEST(discard_good_file_leaves_it),
        TEST(discard_plaintext_that_can_be_taken_over_leaves_it),
        TEST(discard_damaged_file_keeps_its_content_and_the_key),
        TEST(discard_any_damage_is_moved),
        TEST(discard_key_lost_moves_the_file),
        TEST(discard_key_of_another_file_moves_the_file_alone),
        TEST(discard_key_damaged_moves_both),
        TEST(discard_key_damaged_without_records_moves_the_key_alone),
        TEST(discard_key_of_an_import_damaged_moves_it),
        TEST(discard_link_in_its_place_is_refused),
        TEST(discard_never_replaces_what_was_put_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
