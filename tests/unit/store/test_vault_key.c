/* SPDX-License-Identifier: Apache-2.0 */
/* The key file: what is refused, when it is made, and when it never is. ENC-15 and its neighbours.
 */
#include "house.h"

#include "store/vault_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define A "https://a.example.com"
#define NOBODY "https://nobody.example.com"

enum { SIZE = LOOM_VAULT_KEY_FILE_SIZE, STRANGER = 54321 };

struct key_bytes {
    unsigned char at[SIZE];
};

/* The digest of this number from now fails, as for want of memory; 0: none. The names are the
   linker's. */
static int failing_digest;

enum loom_err __real_loom_sha256(struct loom_bytes text,
                                 unsigned char out_hash[static LOOM_HASH_SIZE]);
enum loom_err __wrap_loom_sha256(struct loom_bytes text,
                                 unsigned char out_hash[static LOOM_HASH_SIZE]);

enum loom_err __wrap_loom_sha256(struct loom_bytes text,
                                 unsigned char out_hash[static LOOM_HASH_SIZE]) {
    if (failing_digest > 0 && --failing_digest == 0)
        return LOOM_ERR_INTERNAL;
    return __real_loom_sha256(text, out_hash);
}

static struct key_bytes read_key(const struct house *house) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct key_bytes key;
    house_read(house, KEY, &text);
    assert_int_equal(text.len, SIZE);
    memcpy(key.at, text.data, SIZE);
    loom_buffer_clear(&text);
    return key;
}

/* A key file of this root, valid in every other way. */
static struct key_bytes key_of(const unsigned char root[static LOOM_KEY_SIZE]) {
    unsigned char hash[LOOM_HASH_SIZE];
    struct key_bytes key;
    memcpy(key.at, "LOOMKEY1", 8);
    memcpy(key.at + 8, root, LOOM_KEY_SIZE);
    assert_int_equal(loom_sha256((struct loom_bytes){key.at, 40}, hash), LOOM_OK);
    memcpy(key.at + 40, hash, 8);
    return key;
}

/* Nothing that needs the key works; what does not need it does; key and file stay as they are. */
static void assert_refused(const struct house *house, enum loom_err expected, const char *path) {
    struct loom_buffer file = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_origin origin = origin_of(A);
    struct loom_store_question question = {&origin, true};
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_store *vault = house->vault;
    house_read(house, VAULT, &file);
    assert_int_equal(vault->ops->find(vault, &question, &credential, &error), expected);
    assert_int_equal(error.code, expected);
    assert_string_equal(error.detail, house_path(house, path));
    assert_int_equal(find_error(vault, NOBODY, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(vault).count, 1);
    assert_int_equal(save_token(vault, NOBODY, "new"), expected);
    assert_int_equal(remove_origin(vault, A, false), expected);
    assert_int_equal(vault->ops->check(vault, NULL), expected);
    assert_true(house_holds(house, VAULT, &file));
    loom_buffer_clear(&file);
}

static void fill(const struct house *house) {
    assert_int_equal(save_token(house->vault, A, "token-of-a"), LOOM_OK);
}

/* ---- What is refused ---- */

static void find_key_that_others_may_read_is_damaged(void **state) {
    const struct house *house = *state;
    static const mode_t loose[] = {0644, 0640, 0604, 0620, 0602, 0660, 0610, 0601, 0666, 0777};
    fill(house);
    for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++) {
        assert_int_equal(chmod(house_path(house, KEY), loose[i]), 0);
        assert_refused(house, LOOM_ERR_DAMAGED, KEY);
        assert_int_equal(house_mode(house, KEY), loose[i]); /* refused, not repaired */
    }
    assert_int_equal(chmod(house_path(house, KEY), 0600), 0);
    assert_true(finds_token(house->vault, A, "token-of-a"));
    assert_int_equal(chmod(house_path(house, KEY), 0400), 0);
    assert_true(finds_token(house->vault, A, "token-of-a"));
}

static void find_key_of_another_owner_is_refused(void **state) {
    const struct house *house = *state;
    if (geteuid() != 0)
        skip();
    fill(house);
    assert_int_equal(chown(house_path(house, KEY), STRANGER, STRANGER), 0);
    assert_refused(house, LOOM_ERR_STORAGE, KEY);
}

static void find_key_behind_a_link_is_refused(void **state) {
    const struct house *house = *state;
    fill(house);
    assert_int_equal(rename(house_path(house, KEY), house_path(house, "elsewhere")), 0);
    assert_int_equal(symlink(house_path(house, "elsewhere"), house_path(house, KEY)), 0);
    assert_refused(house, LOOM_ERR_STORAGE, KEY);
    assert_int_equal(unlink(house_path(house, "elsewhere")), 0);
    assert_refused(house, LOOM_ERR_STORAGE, KEY); /* dangling: nothing is made where it points */
    assert_false(house_has(house, "elsewhere"));
}

static void find_key_that_is_no_file_is_refused(void **state) {
    const struct house *house = *state;
    fill(house);
    assert_int_equal(unlink(house_path(house, KEY)), 0);
    assert_int_equal(mkfifo(house_path(house, KEY), 0600), 0);
    assert_refused(house, LOOM_ERR_STORAGE, KEY); /* and at once: nobody writes into it */
    assert_int_equal(unlink(house_path(house, KEY)), 0);
    assert_int_equal(mkdir(house_path(house, KEY), 0700), 0);
    assert_refused(house, LOOM_ERR_STORAGE, KEY);
}

static void find_key_of_another_length_is_damaged(void **state) {
    const struct house *house = *state;
    unsigned char bytes[2 * SIZE] = {0};
    static const size_t lengths[] = {0, 1, 31, 32, 40, SIZE - 1, SIZE + 1, 2 * SIZE};
    fill(house);
    memcpy(bytes, read_key(house).at, SIZE);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        house_write(house, KEY, 0600, bytes, lengths[i]);
        assert_refused(house, LOOM_ERR_DAMAGED, KEY);
    }
    house_write(house, KEY, 0600, bytes, SIZE);
    assert_true(finds_token(house->vault, A, "token-of-a"));
}

static void find_key_of_zeros_is_damaged(void **state) {
    const struct house *house = *state;
    static const unsigned char zeros[SIZE];
    fill(house);
    house_write(house, KEY, 0600, zeros, SIZE);
    assert_refused(house, LOOM_ERR_DAMAGED, KEY);
    struct key_bytes valid = key_of(zeros); /* with a magic and a check sum that are right */
    house_write(house, KEY, 0600, valid.at, SIZE);
    assert_refused(house, LOOM_ERR_DAMAGED, KEY);
}

static void find_key_with_any_bit_flipped_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    struct key_bytes good = read_key(house);
    for (size_t i = 0; i < SIZE; i++) {
        struct key_bytes bad = good;
        bad.at[i] = (unsigned char)(bad.at[i] ^ (1 << (i % 8)));
        house_write(house, KEY, 0600, bad.at, SIZE);
        assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_DAMAGED);
    }
    assert_refused(house, LOOM_ERR_DAMAGED, KEY);
}

/* A key, but not this file's: told from damage by its id. */
static void find_key_of_another_file_is_damaged(void **state) {
    const struct house *house = *state;
    static const unsigned char root[LOOM_KEY_SIZE] = {1};
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct loom_origin origin = origin_of(A);
    struct loom_store_question question = {&origin, false};
    struct loom_error error = LOOM_ERROR_INIT;
    fill(house);
    struct key_bytes other = key_of(root);
    house_write(house, KEY, 0600, other.at, SIZE);
    assert_refused(house, LOOM_ERR_DAMAGED, VAULT);
    assert_int_equal(house->vault->ops->find(house->vault, &question, &credential, &error),
                     LOOM_ERR_DAMAGED);
    assert_int_equal(error.os_error, ENOENT);
}

/* A backup by hard links is no reason to lock the user out. */
static void find_key_with_a_second_link_answers(void **state) {
    const struct house *house = *state;
    fill(house);
    assert_int_equal(link(house_path(house, KEY), house_path(house, "backup")), 0);
    assert_true(finds_token(house->vault, A, "token-of-a"));
    fill(house);
}

/* ---- When it is made ---- */

static void save_first_makes_key_and_folders(void **state) {
    const struct house *house = *state;
    mode_t before = umask(0);
    fill(house);
    (void)umask(before);
    assert_int_equal(house_mode(house, KEY), 0600);
    assert_int_equal(house_mode(house, "data"), 0700);
    assert_int_equal(house_count(house, "data"), 1); /* no temporary file, no second key */
    struct key_bytes key = read_key(house);
    assert_memory_equal(key.at, key_of(key.at + 8).at, SIZE);
}

static void save_again_keeps_the_key(void **state) {
    const struct house *house = *state;
    fill(house);
    struct key_bytes key = read_key(house);
    fill(house);
    assert_int_equal(remove_origin(house->vault, A, false), LOOM_OK);
    fill(house);
    assert_memory_equal(read_key(house).at, key.at, SIZE);
}

static void save_two_homes_have_two_keys(void **state) {
    const struct house *house = *state;
    void *other = NULL;
    assert_int_equal(house_make(&other), 0);
    fill(house);
    fill(other);
    assert_memory_not_equal(read_key(house).at, read_key(other).at, SIZE);
    assert_int_equal(house_remove(&other), 0);
}

/* Records without their key: never made anew, or what they hold would be lost for good. */
static void save_key_lost_with_records_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    struct key_bytes key = read_key(house);
    assert_int_equal(unlink(house_path(house, KEY)), 0);
    assert_refused(house, LOOM_ERR_DAMAGED, VAULT);
    assert_false(house_has(house, KEY));
    assert_int_equal(rmdir(house->paths.data), 0);
    assert_refused(house, LOOM_ERR_DAMAGED, VAULT);
    house_write(house, KEY, 0600, key.at, SIZE); /* it was found again */
    assert_true(finds_token(house->vault, A, "token-of-a"));
}

static void assert_file_id_changes(const struct house *house, bool is_expected) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    char before[64], after[64];
    house_read(house, VAULT, &text);
    (void)memccpy(before, strstr(text.data, "\"file_id\""), ',', sizeof before);
    loom_buffer_reset(&text);
    fill(house);
    assert_true(finds_token(house->vault, A, "token-of-a"));
    house_read(house, VAULT, &text);
    (void)memccpy(after, strstr(text.data, "\"file_id\""), ',', sizeof after);
    assert_int_equal(memcmp(before, after, strlen("\"file_id\":\"................\"")) != 0,
                     is_expected);
    loom_buffer_clear(&text);
}

/* Without records nothing can be lost. */
static void save_key_lost_without_records_begins_anew(void **state) {
    const struct house *house = *state;
    fill(house);
    assert_int_equal(remove_origin(house->vault, A, false), LOOM_OK);
    assert_file_id_changes(house, false);
    assert_int_equal(remove_origin(house->vault, A, false), LOOM_OK);
    struct key_bytes key = read_key(house);
    assert_int_equal(unlink(house_path(house, KEY)), 0);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    assert_file_id_changes(house, true);
    assert_memory_not_equal(read_key(house).at, key.at, SIZE);
}

/* A check makes the key for an empty file and may die before anything is saved. */
static void check_key_lost_without_records_makes_one_that_a_save_uses(void **state) {
    const struct house *house = *state;
    fill(house);
    assert_int_equal(remove_origin(house->vault, A, false), LOOM_OK);
    assert_int_equal(unlink(house_path(house, KEY)), 0);
    assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_OK);
    struct key_bytes key = read_key(house);
    assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_OK);
    assert_file_id_changes(house, true);
    assert_memory_equal(read_key(house).at, key.at, SIZE);
}

static void save_file_lost_keeps_the_key(void **state) {
    const struct house *house = *state;
    fill(house);
    struct key_bytes key = read_key(house);
    assert_int_equal(unlink(house_path(house, VAULT)), 0);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    fill(house);
    assert_true(finds_token(house->vault, A, "token-of-a"));
    assert_memory_equal(read_key(house).at, key.at, SIZE);
}

/* A damaged key is not replaced either: another file may still be under it. */
static void save_key_damaged_without_file_is_damaged(void **state) {
    const struct house *house = *state;
    house_write_text(house, KEY, "no key");
    assert_int_equal(save_token(house->vault, A, "new"), LOOM_ERR_DAMAGED);
    assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_ERR_DAMAGED);
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_NOT_FOUND);
    assert_false(house_has(house, VAULT));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_make, house_remove)

/* MEM-104: that no key was there a moment ago is not what went wrong. */
static void key_open_without_memory_is_told_as_such(void **state) {
    const struct house *house = *state;
    LOOM_CLEANUP(loom_folder_close) struct loom_folder data = LOOM_FOLDER_INIT;
    assert_int_equal(loom_folder_open(house->paths.data, LOOM_FOLDER_WRITE, &data, NULL), LOOM_OK);
    for (int digest = 1; digest <= 2; digest++) { /* of the key made, and of the one read back */
        struct loom_vault_key key;
        struct loom_error error = LOOM_ERROR_INIT;
        failing_digest = digest;
        assert_int_equal(loom_vault_key_open(&data, true, loom_random, &key, &error),
                         LOOM_ERR_INTERNAL);
        assert_int_equal(error.code, LOOM_ERR_INTERNAL);
        assert_int_equal(failing_digest, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(key_open_without_memory_is_told_as_such),
        TEST(find_key_that_others_may_read_is_damaged),
        TEST(find_key_of_another_owner_is_refused),
        TEST(find_key_behind_a_link_is_refused),
        TEST(find_key_that_is_no_file_is_refused),
        TEST(find_key_of_another_length_is_damaged),
        TEST(find_key_of_zeros_is_damaged),
        TEST(find_key_with_any_bit_flipped_is_damaged),
        TEST(find_key_of_another_file_is_damaged),
        TEST(find_key_with_a_second_link_answers),
        TEST(save_first_makes_key_and_folders),
        TEST(save_again_keeps_the_key),
        TEST(save_two_homes_have_two_keys),
        TEST(save_key_lost_with_records_is_damaged),
        TEST(save_key_lost_without_records_begins_anew),
        TEST(check_key_lost_without_records_makes_one_that_a_save_uses),
        TEST(save_file_lost_keeps_the_key),
        TEST(save_key_damaged_without_file_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
