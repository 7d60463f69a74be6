/* SPDX-License-Identifier: Apache-2.0 */
/* What store/store.h promises of every store: test_store_contract KIND */
#include "store_kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A "https://a.example.com"
#define B "https://b.example.com"
#define A_KEY "https___a_example_com"
#define B_KEY "https___b_example_com"

static int subject_make(void **state) {
    struct subject *subject = calloc(1, sizeof *subject);
    void *house = NULL;
    assert_non_null(subject);
    subject->kind = *state;
    if (house_make(&house) != 0)
        return -1;
    subject->house = house;
    subject->kind->open(subject);
    *state = subject;
    return 0;
}

static int subject_remove(void **state) {
    struct subject *subject = *state;
    void *house = subject->house;
    loom_store_close(subject->store);
    free(subject);
    return house_remove(&house);
}

/* What another process would see. */
static void reopen(struct subject *subject) {
    if (!subject->kind->is_lasting)
        return;
    loom_store_drop(&subject->store);
    subject->kind->open(subject);
}

/* ---- Empty ---- */

static void empty_store_has_nothing_and_says_so(void **state) {
    struct subject *subject = *state;
    assert_int_equal(find_error(subject->store, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(find_error(subject->store, A, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(remove_origin(subject->store, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(remove_origin(subject->store, A, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(subject->store).count, 0);
}

static void check_works_before_and_after_a_save_and_stores_nothing(void **state) {
    struct subject *subject = *state;
    struct loom_error error = LOOM_ERROR_INIT;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(subject->store->ops->check(subject->store, &error), LOOM_OK);
        assert_int_equal(list_of(subject->store).count, i == 0 ? 0 : 1);
        assert_int_equal(save_token(subject->store, A, "t"), LOOM_OK);
    }
}

/* ---- Saving and finding ---- */

static struct loom_credential full_credential(void) {
    static const char json[] =
        "{\"type\":\"oauth\",\"access\":\"a\\\"\\\\!~\",\"refresh\":\"r\",\"expires\":"
        "9007199254740992,"
        "\"server\":\"" A "/path\",\"obtained_at\":5,\"source\":\"given\",\"dialect\":\"oauth\","
        "\"token_endpoint\":\"https://h/t\",\"revocation_endpoint\":\"https://h/r\","
        "\"userinfo_endpoint\":\"https://h/u\",\"issuer\":\"https://h\",\"client_id\":\"c\","
        "\"scope\":\"openid\",\"ca_file\":\"/ca\",\"account\":{\"id\":\"1\",\"username\":\"u\","
        "\"display_name\":\"\xd8\xb2\",\"email\":\"e@h\"}}";
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    assert_int_equal(loom_credential_parse(json, strlen(json), &credential), LOOM_OK);
    return credential;
}

static void find_saved_gives_every_member_back(void **state) {
    struct subject *subject = *state;
    struct loom_credential saved = full_credential(), found = LOOM_CREDENTIAL_INIT;
    struct loom_store_question question = {&saved.origin, false};
    struct loom_buffer before = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    struct loom_buffer after = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    assert_int_equal(subject->store->ops->save(subject->store, &saved, NULL), LOOM_OK);
    reopen(subject);
    assert_int_equal(subject->store->ops->find(subject->store, &question, &found, NULL), LOOM_OK);
    assert_int_equal(loom_credential_print(&saved, &before), LOOM_OK);
    assert_int_equal(loom_credential_print(&found, &after), LOOM_OK);
    assert_string_equal(before.data, after.data);
    loom_credential_clear(&saved);
    loom_credential_clear(&found);
    loom_buffer_clear(&before);
    loom_buffer_clear(&after);
}

static void save_again_replaces(void **state) {
    struct subject *subject = *state;
    assert_int_equal(save_token(subject->store, A, "old"), LOOM_OK);
    assert_int_equal(save_token(subject->store, A, "new"), LOOM_OK);
    reopen(subject);
    assert_true(finds_token(subject->store, A, "new"));
    assert_true(adopts_token(subject->store, A, "new"));
    assert_int_equal(list_of(subject->store).count, 1);
    assert_int_equal(list_of(subject->store).unknown, 0);
    assert_string_equal(list_of(subject->store).last, A_KEY);
}

/* A credential handed out is the caller's: what becomes of it changes nothing. */
static void find_hands_out_a_copy(void **state) {
    struct subject *subject = *state;
    struct loom_origin origin = origin_of(A);
    struct loom_store_question question = {&origin, false};
    struct loom_credential first = LOOM_CREDENTIAL_INIT, second = LOOM_CREDENTIAL_INIT;
    assert_int_equal(save_token(subject->store, A, "t"), LOOM_OK);
    assert_int_equal(subject->store->ops->find(subject->store, &question, &first, NULL), LOOM_OK);
    assert_int_equal(subject->store->ops->find(subject->store, &question, &second, NULL), LOOM_OK);
    loom_credential_clear(&first);
    assert_string_equal(loom_secret_bytes(second.token), "t");
    loom_credential_clear(&second);
    assert_true(finds_token(subject->store, A, "t"));
}

/* URL-05: scheme, host, port and path are all part of a server's identity. */
static void find_near_origins_are_other_servers(void **state) {
    struct subject *subject = *state;
    static const char *const others[] = {"https://a.example.com:8443", "https://a.example.com/x",
                                         "https://b.a.example.com",    "https://a.example.co",
                                         "https://a.example.com.org",  "http://localhost",
                                         "https://localhost:8080",     "http://127.0.0.1:8080"};
    assert_int_equal(save_token(subject->store, A, "t"), LOOM_OK);
    assert_int_equal(save_token(subject->store, "http://localhost:8080", "u"), LOOM_OK);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(find_error(subject->store, others[i], false), LOOM_ERR_NOT_FOUND);
        assert_int_equal(find_error(subject->store, others[i], true), LOOM_ERR_NOT_FOUND);
        assert_int_equal(remove_origin(subject->store, others[i], true), LOOM_ERR_NOT_FOUND);
    }
    assert_true(finds_token(subject->store, A, "t"));
    assert_true(finds_token(subject->store, "http://localhost:8080", "u"));
}

/* URL-21, REV-05 */
static void colliding_keys_never_share(void **state) {
    struct subject *subject = *state;
    static const char *const urls[] = {"https://a-b.com", "https://a.b.com", "https://a_b.com"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(find_error(subject->store, urls[i], true), LOOM_ERR_NOT_FOUND);
        assert_int_equal(save_token(subject->store, urls[i], urls[i]), LOOM_OK);
    }
    reopen(subject);
    assert_int_equal(list_of(subject->store).count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(finds_token(subject->store, urls[i], urls[i]));
    assert_int_equal(remove_origin(subject->store, urls[0], true), LOOM_OK);
    assert_int_equal(find_error(subject->store, urls[0], true), LOOM_ERR_NOT_FOUND);
    assert_true(finds_token(subject->store, urls[1], urls[1]));
    assert_int_equal(save_token(subject->store, urls[1], "new"), LOOM_OK);
    assert_int_equal(save_token(subject->store, urls[0], "back"), LOOM_OK);
    assert_true(finds_token(subject->store, urls[0], "back"));
    assert_true(finds_token(subject->store, urls[1], "new"));
    assert_true(finds_token(subject->store, urls[2], urls[2]));
}

/* KR-13: stored whole. */
static void save_largest_token_is_whole(void **state) {
    struct subject *subject = *state;
    char *token = malloc(LOOM_TOKEN_MAX + 1);
    assert_non_null(token);
    memset(token, '~', LOOM_TOKEN_MAX);
    token[LOOM_TOKEN_MAX] = '\0';
    assert_int_equal(save_token(subject->store, A, token), LOOM_OK);
    reopen(subject);
    assert_true(finds_token(subject->store, A, token));
    free(token);
}

static void save_without_origin_or_token_is_a_fault(void **state) {
    struct subject *subject = *state;
    struct loom_credential credential = credential_of(A, "t");
    struct loom_error error = LOOM_ERROR_INIT;
    credential.has_origin = false;
    assert_int_equal(subject->store->ops->save(subject->store, &credential, &error),
                     LOOM_ERR_INTERNAL);
    assert_int_equal(error.code, LOOM_ERR_INTERNAL);
    credential.has_origin = true;
    loom_secret_drop(&credential.token);
    assert_int_equal(subject->store->ops->save(subject->store, &credential, NULL),
                     LOOM_ERR_INTERNAL);
    assert_int_equal(list_of(subject->store).count, 0);
    loom_credential_clear(&credential);
}

static void save_obtained_at_never_goes_back(void **state) {
    struct subject *subject = *state;
    struct loom_credential credential = credential_of(A, "new"), found = LOOM_CREDENTIAL_INIT;
    struct loom_store_question question = {&credential.origin, false};
    assert_int_equal(save_token(subject->store, A, "old"), LOOM_OK); /* at 1000 */
    credential.obtained_at = 10;
    assert_int_equal(subject->store->ops->save(subject->store, &credential, NULL), LOOM_OK);
    assert_int_equal(subject->store->ops->find(subject->store, &question, &found, NULL), LOOM_OK);
    assert_string_equal(loom_secret_bytes(found.token), "new");
    assert_int_equal(found.obtained_at, 1000);
    loom_credential_clear(&found);
    loom_credential_clear(&credential);
}

/* ---- Removing ---- */

static void remove_takes_one_and_leaves_the_others(void **state) {
    struct subject *subject = *state;
    assert_int_equal(save_token(subject->store, A, "t"), LOOM_OK);
    assert_int_equal(save_token(subject->store, B, "u"), LOOM_OK);
    assert_int_equal(remove_origin(subject->store, A, false), LOOM_OK);
    assert_int_equal(remove_origin(subject->store, A, false), LOOM_ERR_NOT_FOUND);
    reopen(subject);
    assert_int_equal(find_error(subject->store, A, true), LOOM_ERR_NOT_FOUND);
    assert_true(finds_token(subject->store, B, "u"));
    assert_int_equal(list_of(subject->store).count, 1);
}

/* What took its place meanwhile, and what others have, stays. */
static void remove_this_takes_exactly_that_token(void **state) {
    struct subject *subject = *state;
    struct loom_store *store = subject->store;
    struct loom_credential first = credential_of(A, "first"), same = credential_of(B, "first");
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(store->ops->remove_this(store, &first, &error), LOOM_ERR_NOT_FOUND);
    assert_int_equal(error.code, LOOM_ERR_NOT_FOUND);
    assert_int_equal(save_token(store, A, "second"), LOOM_OK);
    assert_int_equal(store->ops->remove_this(store, &first, NULL), LOOM_ERR_NOT_FOUND);
    assert_true(finds_token(store, A, "second"));
    assert_int_equal(save_token(store, A, "first"), LOOM_OK);
    assert_int_equal(store->ops->remove_this(store, &same, NULL), LOOM_ERR_NOT_FOUND);
    assert_true(finds_token(store, A, "first"));
    assert_int_equal(save_token(store, B, "first"), LOOM_OK);
    assert_int_equal(store->ops->remove_this(store, &first, &error), LOOM_OK);
    assert_int_equal(error.code, LOOM_OK);
    reopen(subject);
    store = subject->store;
    assert_int_equal(find_error(store, A, false), LOOM_ERR_NOT_FOUND);
    assert_true(finds_token(store, B, "first"));
    assert_int_equal(store->ops->remove_this(store, &first, NULL), LOOM_ERR_NOT_FOUND);
    loom_credential_clear(&first);
    loom_credential_clear(&same);
}

/* As a refresh does it: nothing is written where the old one is not (any more). */
static void replace_this_takes_the_place_of_exactly_that_token(void **state) {
    struct subject *subject = *state;
    struct loom_store *store = subject->store;
    struct loom_credential one = credential_of(A, "one"), two = credential_of(A, "two");
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(find_error(store, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(store->ops->replace_this(store, &one, &two, &error), LOOM_ERR_NOT_FOUND);
    assert_int_equal(error.code, LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(store).count, 0);
    assert_int_equal(save_token(store, B, "one"), LOOM_OK);
    assert_int_equal(save_token(store, A, "another"), LOOM_OK);
    assert_true(finds_token(store, A, "another"));
    assert_int_equal(store->ops->replace_this(store, &one, &two, NULL), LOOM_ERR_NOT_FOUND);
    assert_true(finds_token(store, A, "another"));
    assert_int_equal(save_token(store, A, "one"), LOOM_OK);
    assert_true(finds_token(store, A, "one"));
    assert_int_equal(store->ops->replace_this(store, &one, &two, &error), LOOM_OK);
    assert_int_equal(error.code, LOOM_OK);
    reopen(subject);
    assert_true(finds_token(subject->store, A, "two"));
    assert_true(finds_token(subject->store, B, "one"));
    assert_int_equal(list_of(subject->store).count, 2);
    loom_credential_clear(&one);
    loom_credential_clear(&two);
}

static void replace_this_never_makes_the_time_go_back(void **state) {
    struct subject *subject = *state;
    struct loom_credential one = credential_of(A, "one"), two = credential_of(A, "two");
    struct loom_credential found = LOOM_CREDENTIAL_INIT;
    struct loom_store_question question = {&one.origin, false};
    struct loom_store *store = subject->store;
    one.obtained_at = 1000;
    two.obtained_at = 10;
    assert_int_equal(store->ops->save(store, &one, NULL), LOOM_OK);
    assert_true(finds_token(store, A, "one"));
    assert_int_equal(store->ops->replace_this(store, &one, &two, NULL), LOOM_OK);
    assert_int_equal(store->ops->find(store, &question, &found, NULL), LOOM_OK);
    assert_string_equal(loom_secret_bytes(found.token), "two");
    assert_int_equal(found.obtained_at, 1000);
    loom_credential_clear(&found);
    loom_credential_clear(&one);
    loom_credential_clear(&two);
}

static void remove_last_leaves_a_usable_store(void **state) {
    struct subject *subject = *state;
    assert_int_equal(save_token(subject->store, A, "t"), LOOM_OK);
    assert_int_equal(remove_origin(subject->store, A, true), LOOM_OK);
    reopen(subject);
    assert_int_equal(list_of(subject->store).count, 0);
    assert_int_equal(subject->store->ops->check(subject->store, NULL), LOOM_OK);
    assert_int_equal(save_token(subject->store, A, "u"), LOOM_OK);
    assert_true(finds_token(subject->store, A, "u"));
}

/* ---- Credentials that another client left ---- */

static const char *const planted[] = {A_KEY, B_KEY};

/* A hostile submodule chooses what git asks for. */
static void find_planted_unnamed_is_not_found(void **state) {
    struct subject *subject = *state;
    subject->kind->plant(subject, planted, 2);
    assert_int_equal(find_error(subject->store, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(find_error(subject->store, B, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(remove_origin(subject->store, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(subject->store).count, 2);
    assert_int_equal(list_of(subject->store).unknown, 2);
}

static void find_planted_named_is_adopted_for_good(void **state) {
    struct subject *subject = *state;
    subject->kind->plant(subject, planted, 2);
    assert_true(adopts_token(subject->store, A, A_KEY));
    assert_true(finds_token(subject->store, A, A_KEY));
    assert_int_equal(list_of(subject->store).unknown, 1);
    assert_true(adopts_token(subject->store, B, B_KEY));
    reopen(subject);
    assert_true(finds_token(subject->store, A, A_KEY));
    assert_true(finds_token(subject->store, B, B_KEY));
    assert_int_equal(list_of(subject->store).count, 2);
    assert_int_equal(list_of(subject->store).unknown, 0);
}

static void find_planted_of_colliding_servers_is_adopted_by_one(void **state) {
    struct subject *subject = *state;
    static const char *const keys[] = {"https___a_b_com", "https___c_com"};
    subject->kind->plant(subject, keys, 2);
    assert_true(adopts_token(subject->store, "https://a.b.com", keys[0]));
    assert_int_equal(find_error(subject->store, "https://a-b.com", true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(save_token(subject->store, "https://a-b.com", "own"), LOOM_OK);
    assert_true(finds_token(subject->store, "https://a.b.com", keys[0]));
    assert_true(finds_token(subject->store, "https://a-b.com", "own"));
}

static void remove_planted_named_leaves_none(void **state) {
    struct subject *subject = *state;
    subject->kind->plant(subject, planted, 2);
    assert_int_equal(remove_origin(subject->store, A, true), LOOM_OK);
    assert_int_equal(find_error(subject->store, A, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(subject->store).count, 1);
    assert_true(adopts_token(subject->store, B, B_KEY));
}

/* What is saved without adopting stands beside it; what is removed by name takes both. */
static void save_beside_planted_keeps_both_apart(void **state) {
    struct subject *subject = *state;
    subject->kind->plant(subject, planted, 2);
    assert_int_equal(save_token(subject->store, A, "own"), LOOM_OK);
    assert_true(adopts_token(subject->store, A, "own"));
    assert_int_equal(remove_origin(subject->store, A, true), LOOM_OK);
    assert_int_equal(find_error(subject->store, A, true), LOOM_ERR_NOT_FOUND);
    assert_true(adopts_token(subject->store, B, B_KEY));
}

/* ---- The rest ---- */

static void list_many_visits_each_once(void **state) {
    struct subject *subject = *state;
    char url[64];
    for (int i = 0; i < 30; i++) {
        (void)snprintf(url, sizeof url, "https://h%d.example.com", i);
        assert_int_equal(save_token(subject->store, url, url), LOOM_OK);
    }
    reopen(subject);
    assert_int_equal(list_of(subject->store).count, 30);
    for (int i = 0; i < 30; i++) {
        (void)snprintf(url, sizeof url, "https://h%d.example.com", i);
        assert_true(finds_token(subject->store, url, url));
    }
}

static void describe_says_what_and_where(void **state) {
    struct subject *subject = *state;
    struct loom_store_info info;
    assert_int_equal(save_token(subject->store, A, "t"), LOOM_OK);
    memset(&info, 0xff, sizeof info);
    subject->store->ops->describe(subject->store, &info);
    assert_int_equal(info.kind, subject->kind->described);
    assert_false(info.is_locked);
    assert_false(loom_store_has_imported(subject->store));
    assert_false(info.lacks_locks);
    bool is_file = info.kind == LOOM_STORE_FILE;
    assert_string_equal(info.path, is_file ? house_path(subject->house, VAULT) : "");
    assert_int_equal(info.mode, is_file ? 0600 : 0);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, subject_make, subject_remove, kind)

static int run(void *kind) {
    const struct CMUnitTest tests[] = {
        TEST(empty_store_has_nothing_and_says_so),
        TEST(check_works_before_and_after_a_save_and_stores_nothing),
        TEST(find_saved_gives_every_member_back),
        TEST(save_again_replaces),
        TEST(find_hands_out_a_copy),
        TEST(find_near_origins_are_other_servers),
        TEST(colliding_keys_never_share),
        TEST(save_largest_token_is_whole),
        TEST(save_without_origin_or_token_is_a_fault),
        TEST(save_obtained_at_never_goes_back),
        TEST(remove_takes_one_and_leaves_the_others),
        TEST(remove_last_leaves_a_usable_store),
        TEST(remove_this_takes_exactly_that_token),
        TEST(replace_this_takes_the_place_of_exactly_that_token),
        TEST(replace_this_never_makes_the_time_go_back),
        TEST(find_planted_unnamed_is_not_found),
        TEST(find_planted_named_is_adopted_for_good),
        TEST(find_planted_of_colliding_servers_is_adopted_by_one),
        TEST(remove_planted_named_leaves_none),
        TEST(save_beside_planted_keeps_both_apart),
        TEST(list_many_visits_each_once),
        TEST(describe_says_what_and_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv) {
    const struct store_kind *kind = argc == 2 ? store_kind_of(argv[1]) : NULL;
    if (kind == NULL) {
        (void)fprintf(stderr, "usage: %s KIND\n", argv[0]);
        return 2;
    }
    return run((void *)(uintptr_t)kind);
}
