/* SPDX-License-Identifier: Apache-2.0 */
/* The plaintext file of another Loom client: taken over once, whole, or left alone. */
#include "house.h"

#include "store/vault_priv.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define A "https://a.example.com"
#define B "https://b.example.com"
#define NOBODY "https://nobody.example.com"
#define A_KEY "https___a_example_com"
#define B_KEY "https___b_example_com"

static const char plaintext[] = "{\"" A_KEY "\":{\"type\":\"api\",\"key\":\"canary-a\"},\n"
                                " \"" B_KEY "\":{\"type\":\"oauth\",\"refresh\":\"canary-r\","
                                "\"access\":\"canary-b\",\"expires\":1700000000}}\n";

static bool is_plaintext_there(const struct house *house) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    house_read(house, VAULT, &text);
    bool is_there = strcmp(text.data, plaintext) == 0;
    assert_true(is_there || strstr(text.data, "canary") == NULL);
    loom_buffer_clear(&text);
    return is_there;
}

static bool has_imported(const struct house *house) {
    return loom_store_has_imported(house->vault);
}

/* Another process: one that has seen nothing yet. */
static void open_again(struct house *house) {
    loom_store_drop(&house->vault);
    assert_int_equal(loom_vault_open(&house->paths, &house->vault), LOOM_OK);
}

/* Sealed, both of them there and nobody's, no plaintext, one key, no stray file. */
static void assert_taken_over(const struct house *house) {
    assert_false(is_plaintext_there(house));
    assert_int_equal(house_mode(house, VAULT), 0600);
    assert_int_equal(house_mode(house, KEY), 0600);
    assert_int_equal(house_count(house, "config"), 2);
    assert_int_equal(house_count(house, "data"), 1);
}

/* ---- Looking without taking over ---- */

/* The helper without --server: a hostile submodule chooses the host that git asks for. */
static void find_not_named_by_a_person_leaves_it_alone(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(remove_origin(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    struct listed listed = list_of(house->vault);
    assert_int_equal(listed.count, 2);
    assert_int_equal(listed.unknown, 2);
    assert_string_equal(listed.last, B_KEY);
    assert_true(is_plaintext_there(house));
    assert_false(has_imported(house));
    assert_int_equal(house_count(house, "config"), 1);
    assert_int_equal(house_count(house, "data"), 0);
}

/* A check must not make the key: plaintext beside a key is damage. */
static void check_leaves_it_alone_and_makes_no_key(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_OK);
    assert_true(is_plaintext_there(house));
    assert_int_equal(house_count(house, "data"), 0);
    assert_true(adopts_token(house->vault, A, "canary-a"));
}

/* ---- Taking over ---- */

static void find_named_by_a_person_takes_all_over(void **state) {
    struct house *house = *state;
    house_write(house, VAULT, 0644, plaintext, strlen(plaintext));
    assert_true(adopts_token(house->vault, A, "canary-a"));
    assert_true(has_imported(house));
    assert_taken_over(house);
    open_again(house);
    assert_false(has_imported(house));
    assert_true(finds_token(house->vault, A, "canary-a")); /* it is A's for good */
    assert_int_equal(find_error(house->vault, B, false), LOOM_ERR_NOT_FOUND);
    struct listed listed = list_of(house->vault);
    assert_int_equal(listed.count, 2);
    assert_int_equal(listed.unknown, 1);
    assert_true(adopts_token(house->vault, B, "canary-b"));
    assert_true(finds_token(house->vault, B, "canary-b"));
    assert_int_equal(list_of(house->vault).unknown, 0);
    assert_taken_over(house);
}

static void find_imported_carries_what_was_known(void **state) {
    const struct house *house = *state;
    struct loom_origin origin = origin_of(B);
    struct loom_store_question question = {&origin, true};
    struct loom_credential found = LOOM_CREDENTIAL_INIT;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(house->vault->ops->find(house->vault, &question, &found, NULL), LOOM_OK);
    assert_int_equal(found.source, LOOM_SOURCE_IMPORTED);
    assert_int_equal(found.dialect, LOOM_DIALECT_OAUTH);
    assert_string_equal(loom_secret_bytes(found.refresh), "canary-r");
    assert_int_equal(found.expires_at, 1700000000);
    assert_int_equal(found.obtained_at, 0);
    loom_credential_clear(&found);
}

/* What else stands in the plaintext was never authenticated: an origin least of all. */
static void find_imported_believes_no_other_member(void **state) {
    const struct house *house = *state;
    struct loom_origin origin = origin_of(A);
    struct loom_store_question question = {&origin, true};
    struct loom_credential found = LOOM_CREDENTIAL_INIT;
    house_write_text(house, VAULT,
                     "{\"" A_KEY "\":{\"type\":\"api\",\"key\":\"t\",\"server\":\"" NOBODY "\","
                     "\"source\":\"device\",\"ca_file\":\"/tmp/evil.pem\",\"obtained_at\":9,"
                     "\"issuer\":7,\"token_endpoint\":\"https://evil.example.com\"}}");
    assert_int_equal(find_error(house->vault, NOBODY, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(house->vault->ops->find(house->vault, &question, &found, NULL), LOOM_OK);
    assert_int_equal(found.source, LOOM_SOURCE_IMPORTED);
    assert_int_equal(found.obtained_at, 0);
    assert_null(found.ca_file);
    assert_null(found.token_endpoint);
    loom_credential_clear(&found);
}

static void find_of_somebody_else_takes_over_all_the_same(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(find_error(house->vault, NOBODY, true), LOOM_ERR_NOT_FOUND);
    assert_true(has_imported(house));
    assert_taken_over(house);
    assert_int_equal(list_of(house->vault).unknown, 2);
    assert_true(adopts_token(house->vault, A, "canary-a"));
}

static void save_takes_over_and_adds(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(save_token(house->vault, NOBODY, "new"), LOOM_OK);
    assert_true(has_imported(house));
    assert_taken_over(house);
    assert_true(finds_token(house->vault, NOBODY, "new"));
    assert_int_equal(list_of(house->vault).count, 3);
    assert_true(adopts_token(house->vault, A, "canary-a"));
    assert_true(adopts_token(house->vault, B, "canary-b"));
}

static void remove_takes_over_and_removes(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(remove_origin(house->vault, A, true), LOOM_OK);
    assert_taken_over(house);
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(remove_origin(house->vault, A, true), LOOM_ERR_NOT_FOUND);
    assert_true(adopts_token(house->vault, B, "canary-b"));
}

static void remove_of_somebody_else_takes_over_all_the_same(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(remove_origin(house->vault, NOBODY, true), LOOM_ERR_NOT_FOUND);
    assert_taken_over(house);
    assert_int_equal(list_of(house->vault).unknown, 2);
}

static void find_empty_object_is_a_file_without_entries(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, "{}");
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(house->vault).count, 0);
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    assert_true(finds_token(house->vault, A, "t"));
}

/* ---- Whose is it? ---- */

/* Three servers share the key. The first that a person names gets it; the others never do. */
static void find_colliding_servers_adopt_it_once(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT,
                     "{\"https___a_b_example_com\":{\"type\":\"api\",\"key\":\"t\"}}");
    assert_int_equal(find_error(house->vault, "https://a-b.example.com", false),
                     LOOM_ERR_NOT_FOUND);
    assert_true(adopts_token(house->vault, "https://a.b.example.com", "t"));
    assert_int_equal(find_error(house->vault, "https://a-b.example.com", true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(find_error(house->vault, "https://a_b.example.com", true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(find_error(house->vault, "https://a.b.example.com/x", true),
                     LOOM_ERR_NOT_FOUND);
    assert_true(finds_token(house->vault, "https://a.b.example.com", "t"));
}

/* A save beside nobody's entry takes neither its key nor its token. */
static void save_beside_an_import_of_its_key_keeps_both(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(save_token(house->vault, A, "own"), LOOM_OK);
    assert_true(adopts_token(house->vault, A, "own")); /* its own comes first */
    struct listed listed = list_of(house->vault);
    assert_int_equal(listed.count, 3);
    assert_int_equal(listed.unknown, 2);
    /* Signing out means out: what would answer next goes, too. */
    assert_int_equal(remove_origin(house->vault, A, true), LOOM_OK);
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(house->vault).count, 1);
}

static void remove_not_named_leaves_nobodys_entry(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(save_token(house->vault, A, "own"), LOOM_OK);
    assert_int_equal(remove_origin(house->vault, A, false), LOOM_OK);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    assert_true(adopts_token(house->vault, A, "canary-a"));
}

/* ---- What is not that file ---- */

/* An entry that cannot be read makes it damage: nothing is dropped in silence. */
static void find_plaintext_with_an_unreadable_entry_is_damaged(void **state) {
    const struct house *house = *state;
    static const char *const texts[] = {
        "{\"a\":{\"type\":\"api\",\"key\":\"t\"},\"b\":{\"type\":\"api\"}}",
        "{\"a\":{\"type\":\"api\",\"key\":\"t\"},\"b\":{}}",
        "{\"a\":{\"type\":\"api\",\"key\":\"t\"},\"b\":null}",
        "{\"a\":{\"type\":\"api\",\"key\":\"t\"},\"b\":\"t\"}",
        "{\"a\":{\"type\":\"api\",\"key\":\"t\"},\"b\":{\"type\":\"wellknown\",\"key\":\"t\"}}",
        "{\"a\":{\"type\":\"api\",\"key\":\"two words\"}}",
        "{\"a\":{\"type\":\"oauth\",\"access\":\"t\",\"expires\":\"soon\"}}",
        "{\"\":{\"type\":\"api\",\"key\":\"t\"}}",
        "{\"https://a.example.com\":{\"type\":\"api\",\"key\":\"t\"}}",
        "{\"a--0123456789\":{\"type\":\"api\",\"key\":\"t\"}}",
        "{\"a\":{\"type\":\"api\",\"key\":\"t\"},\"a\":{\"type\":\"api\",\"key\":\"u\"}}",
        "{\"a\":{\"type\":\"api\",\"key\":\"t\"}",
        "{\"version\":1}",
        "[{\"type\":\"api\",\"key\":\"t\"}]",
        "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        house_write_text(house, VAULT, texts[i]);
        if (find_error(house->vault, A, true) != LOOM_ERR_DAMAGED ||
            find_error(house->vault, A, false) != LOOM_ERR_DAMAGED ||
            save_token(house->vault, A, "new") != LOOM_ERR_DAMAGED ||
            house->vault->ops->check(house->vault, NULL) != LOOM_ERR_DAMAGED ||
            list_of(house->vault).count != -1)
            fail_msg("not damaged: %s", texts[i]);
        struct loom_buffer is = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
        house_read(house, VAULT, &is);
        assert_string_equal(loom_buffer_text(&is), texts[i]);
        loom_buffer_clear(&is);
        assert_false(house_has(house, KEY));
    }
}

static void write_plaintext_of(const struct house *house, int count) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    char entry[64];
    for (int i = 0; i < count; i++) {
        (void)snprintf(entry, sizeof entry, "%c\"k%d\":{\"type\":\"api\",\"key\":\"t\"}",
                       i == 0 ? '{' : ',', i);
        assert_int_equal(loom_buffer_add_text(&text, entry), LOOM_OK);
    }
    assert_int_equal(loom_buffer_add_text(&text, "}"), LOOM_OK);
    house_write_text(house, VAULT, loom_buffer_text(&text));
}

/* ENC-123. As many as a vault may have: one more is left alone, whole. */
static void find_plaintext_of_too_many_is_damaged(void **state) {
    const struct house *house = *state;
    write_plaintext_of(house, LOOM_VAULT_ENTRIES_MAX + 1);
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_DAMAGED);
    assert_false(house_has(house, KEY));
    write_plaintext_of(house, LOOM_VAULT_ENTRIES_MAX);
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_NOT_FOUND);
    assert_true(house_has(house, KEY));
}

/* Plaintext in the place of a vault that existed: somebody may have put it there. */
static void find_plaintext_beside_a_key_is_damaged(void **state) {
    const struct house *house = *state;
    struct loom_origin origin = origin_of(A);
    struct loom_store_question question = {&origin, true};
    struct loom_credential found = LOOM_CREDENTIAL_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(save_token(house->vault, A, "sealed"), LOOM_OK);
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(house->vault->ops->find(house->vault, &question, &found, &error),
                     LOOM_ERR_DAMAGED);
    assert_string_equal(error.detail, house_path(house, VAULT));
    assert_int_equal(error.os_error, EEXIST);
    assert_int_equal(find_error(house->vault, NOBODY, false), LOOM_ERR_DAMAGED);
    assert_int_equal(save_token(house->vault, A, "new"), LOOM_ERR_DAMAGED);
    assert_int_equal(remove_origin(house->vault, A, true), LOOM_ERR_DAMAGED);
    assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_ERR_DAMAGED);
    assert_int_equal(list_of(house->vault).count, -1);
    assert_true(is_plaintext_there(house));
    house_write_text(house, KEY, "a key that is none counts as well");
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_DAMAGED);
    /* The way to take it over: without the key it is another client's file again. */
    assert_int_equal(unlink(house_path(house, KEY)), 0);
    assert_true(adopts_token(house->vault, A, "canary-a"));
}

/* ---- Failures: nothing is lost, and the next try succeeds ---- */

static void import_limited_to(const struct house *house, rlim_t size) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = size;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(find_error(house->vault, A, true) == LOOM_ERR_STORAGE);
    CHECK(!has_imported(house));
    CHECK(list_of(house->vault).count == 2);
    _exit(0);
}

/* No room for the key; then room for the key, and none for the file. */
static void find_disk_full_keeps_the_plaintext(void **state) {
    const struct house *house = *state;
    static const rlim_t sizes[] = {16, 48, 1000};
    house_write_text(house, VAULT, plaintext);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        pid_t pid = fork();
        if (pid == 0)
            import_limited_to(house, sizes[i]);
        assert_int_equal(child_wait(pid), 0);
        assert_true(is_plaintext_there(house));
        assert_false(house_has(house, KEY));
        assert_int_equal(house_has(house, NEXT_KEY), sizes[i] >= LOOM_VAULT_KEY_FILE_SIZE);
    }
    assert_true(adopts_token(house->vault, A, "canary-a"));
    assert_taken_over(house);
}

/* The three states that an import passes through, as a death between two steps leaves them. */
static void find_import_cut_before_the_file_starts_again(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(find_error(house->vault, NOBODY, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(rename(house_path(house, KEY), house_path(house, NEXT_KEY)), 0);
    house_write_text(house, VAULT, plaintext);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    assert_true(adopts_token(house->vault, A, "canary-a"));
    assert_taken_over(house);
}

static void find_import_cut_before_the_key_got_its_name_answers(void **state) {
    const struct house *house = *state;
    house_write_text(house, VAULT, plaintext);
    assert_true(adopts_token(house->vault, A, "canary-a"));
    assert_int_equal(rename(house_path(house, KEY), house_path(house, NEXT_KEY)), 0);
    assert_true(finds_token(house->vault, A, "canary-a")); /* a reader changes nothing */
    assert_true(house_has(house, NEXT_KEY));
    assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_OK);
    assert_taken_over(house);
    assert_int_equal(rename(house_path(house, KEY), house_path(house, NEXT_KEY)), 0);
    assert_int_equal(save_token(house->vault, B, "new"), LOOM_OK);
    assert_taken_over(house);
    assert_true(finds_token(house->vault, A, "canary-a"));
}

/* A key left over under that name is nobody's key once there is another. */
static void find_key_left_over_from_an_import_is_passed_over(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    house_write_text(house, NEXT_KEY, "no key at all");
    assert_true(finds_token(house->vault, A, "t"));
    assert_int_equal(save_token(house->vault, A, "u"), LOOM_OK);
    assert_true(finds_token(house->vault, A, "u"));
}

static void import_and_wait(const struct house *house) {
    (void)alarm(CHILD_MAX_S);
    (void)find_error(house->vault, NOBODY, true);
    for (;;)
        (void)pause();
}

/* Killed at any moment. */
static void find_killed_while_importing_loses_nothing(void **state) {
    struct house *house = *state;
    for (int round = 0; round < 40; round++) {
        (void)unlink(house_path(house, KEY));
        (void)unlink(house_path(house, NEXT_KEY));
        house_write_text(house, VAULT, plaintext);
        pid_t pid = fork();
        if (pid == 0)
            import_and_wait(house);
        const struct timespec moment = {0, 150000L * round};
        (void)nanosleep(&moment, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(child_wait(pid), 256 + SIGKILL);
        open_again(house);
        assert_true(adopts_token(house->vault, A, "canary-a"));
        assert_true(adopts_token(house->vault, B, "canary-b"));
        assert_false(is_plaintext_there(house));
        assert_false(house_has(house, NEXT_KEY));
    }
}

/* Two at once: one of them takes it over, both find what is in it. */
static void find_from_several_processes_imports_once(void **state) {
    const struct house *house = *state;
    enum { PROCESSES = 6 };
    pid_t pids[PROCESSES];
    house_write_text(house, VAULT, plaintext);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            CHECK(i % 2 == 0 ? adopts_token(house->vault, A, "canary-a")
                             : adopts_token(house->vault, B, "canary-b"));
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++)
        assert_int_equal(child_wait(pids[i]), 0);
    assert_taken_over(house);
    assert_int_equal(list_of(house->vault).count, 2);
    assert_int_equal(list_of(house->vault).unknown, 0);
}

/* A reader meanwhile sees plaintext or sealed, never damage. */
static void find_while_another_imports_is_never_damaged(void **state) {
    const struct house *house = *state;
    for (int round = 0; round < 20; round++) {
        (void)unlink(house_path(house, KEY));
        house_write_text(house, VAULT, plaintext);
        pid_t pid = fork();
        if (pid == 0) {
            CHECK(adopts_token(house->vault, A, "canary-a"));
            _exit(0);
        }
        for (int looks = 0; looks < 100; looks++) {
            enum loom_err err = find_error(house->vault, A, false);
            assert_true(err == LOOM_ERR_NOT_FOUND || err == LOOM_OK);
            assert_int_equal(list_of(house->vault).count, 2);
        }
        assert_int_equal(child_wait(pid), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_make, house_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(find_not_named_by_a_person_leaves_it_alone),
        TEST(check_leaves_it_alone_and_makes_no_key),
        TEST(find_named_by_a_person_takes_all_over),
        TEST(find_imported_carries_what_was_known),
        TEST(find_imported_believes_no_other_member),
        TEST(find_of_somebody_else_takes_over_all_the_same),
        TEST(save_takes_over_and_adds),
        TEST(remove_takes_over_and_removes),
        TEST(remove_of_somebody_else_takes_over_all_the_same),
        TEST(find_empty_object_is_a_file_without_entries),
        TEST(find_colliding_servers_adopt_it_once),
        TEST(save_beside_an_import_of_its_key_keeps_both),
        TEST(remove_not_named_leaves_nobodys_entry),
        TEST(find_plaintext_with_an_unreadable_entry_is_damaged),
        TEST(find_plaintext_of_too_many_is_damaged),
        TEST(find_plaintext_beside_a_key_is_damaged),
        TEST(find_disk_full_keeps_the_plaintext),
        TEST(find_import_cut_before_the_file_starts_again),
        TEST(find_import_cut_before_the_key_got_its_name_answers),
        TEST(find_key_left_over_from_an_import_is_passed_over),
        TEST(find_killed_while_importing_loses_nothing),
        TEST(find_from_several_processes_imports_once),
        TEST(find_while_another_imports_is_never_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
