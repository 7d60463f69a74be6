/* SPDX-License-Identifier: Apache-2.0 */
/* The policy over two stores: which answers, which is written to, and what becomes of the other. */
#include "house.h"

#include "base/log.h"

#include "store/keyring_first.h"
#include "store/memory_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A "https://a.example.com"
#define B "https://b.example.com"
#define A_KEY "https___a_example_com"

/* ---- A memory store whose every call can be made to fail ---- */

struct fake {
    struct loom_store store;
    struct loom_store *inner; /* owned */
    enum loom_err find, list, save, remove, check;
    int os_error; /* of the failures */
    bool keeps;   /* remove says that it removed, and does not */
    bool is_locked;
    int calls;                            /* of all but describe */
    void (*meanwhile)(struct fake *fake); /* before exactly one is removed; NULL: nothing */
    int *closed;
};

static struct fake *fake_of(struct loom_store *store) {
    return (struct fake *)store;
}

static enum loom_err failed(const struct fake *fake, enum loom_err err, struct loom_error *error) {
    return loom_error_os(error, err, fake->os_error, "fake");
}

static enum loom_err fake_find(struct loom_store *store, const struct loom_store_question *question,
                               struct loom_credential *out_credential, struct loom_error *error) {
    struct fake *fake = fake_of(store);
    fake->calls++;
    return fake->find != LOOM_OK
               ? failed(fake, fake->find, error)
               : fake->inner->ops->find(fake->inner, question, out_credential, error);
}

static enum loom_err fake_list(struct loom_store *store, loom_store_visit *visit, void *context,
                               struct loom_error *error) {
    struct fake *fake = fake_of(store);
    fake->calls++;
    return fake->list != LOOM_OK ? failed(fake, fake->list, error)
                                 : fake->inner->ops->list(fake->inner, visit, context, error);
}

static enum loom_err fake_save(struct loom_store *store, const struct loom_credential *credential,
                               struct loom_error *error) {
    struct fake *fake = fake_of(store);
    fake->calls++;
    return fake->save != LOOM_OK ? failed(fake, fake->save, error)
                                 : fake->inner->ops->save(fake->inner, credential, error);
}

static enum loom_err fake_remove(struct loom_store *store,
                                 const struct loom_store_question *question,
                                 struct loom_error *error) {
    struct fake *fake = fake_of(store);
    fake->calls++;
    if (fake->keeps)
        return loom_error_set(error, LOOM_OK);
    return fake->remove != LOOM_OK ? failed(fake, fake->remove, error)
                                   : fake->inner->ops->remove(fake->inner, question, error);
}

static enum loom_err fake_remove_this(struct loom_store *store,
                                      const struct loom_credential *credential,
                                      struct loom_error *error) {
    struct fake *fake = fake_of(store);
    fake->calls++;
    if (fake->meanwhile != NULL)
        fake->meanwhile(fake);
    return fake->remove != LOOM_OK ? failed(fake, fake->remove, error)
                                   : fake->inner->ops->remove_this(fake->inner, credential, error);
}

static enum loom_err fake_replace_this(struct loom_store *store,
                                       const struct loom_credential *older,
                                       const struct loom_credential *newer,
                                       struct loom_error *error) {
    struct fake *fake = fake_of(store);
    fake->calls++;
    return fake->save != LOOM_OK ? failed(fake, fake->save, error)
                                 : fake->inner->ops->replace_this(fake->inner, older, newer, error);
}

static enum loom_err fake_check(struct loom_store *store, struct loom_error *error) {
    struct fake *fake = fake_of(store);
    fake->calls++;
    return fake->check != LOOM_OK ? failed(fake, fake->check, error)
                                  : fake->inner->ops->check(fake->inner, error);
}

static void fake_describe(struct loom_store *store, struct loom_store_info *out_info) {
    const struct fake *fake = fake_of(store);
    fake->inner->ops->describe(fake->inner, out_info);
    out_info->is_locked = fake->is_locked;
    (void)snprintf(out_info->name, sizeof out_info->name, "%p", (const void *)fake);
}

static void fake_close(struct loom_store *store) {
    struct fake *fake = fake_of(store);
    loom_store_close(fake->inner);
    *fake->closed += 1;
    free(fake);
}

static const struct loom_store_ops fake_ops = {
    .find = fake_find,
    .list = fake_list,
    .save = fake_save,
    .remove = fake_remove,
    .remove_this = fake_remove_this,
    .replace_this = fake_replace_this,
    .check = fake_check,
    .describe = fake_describe,
    .close = fake_close,
};

struct pair {
    struct fake *keyring, *vault; /* owned by `store` */
    struct loom_store *store;
    int closed;
};

static struct fake *fake_new(struct pair *pair) {
    struct fake *fake = calloc(1, sizeof *fake);
    assert_non_null(fake);
    fake->store.ops = &fake_ops;
    fake->closed = &pair->closed;
    assert_int_equal(loom_memory_store_open(&fake->inner), LOOM_OK);
    return fake;
}

static void open_as(struct pair *pair, enum loom_place place) {
    pair->keyring = fake_new(pair);
    pair->vault = fake_new(pair);
    assert_int_equal(
        loom_keyring_first_open(&pair->keyring->store, &pair->vault->store, place, &pair->store),
        LOOM_OK);
}

static int pair_make(void **state) {
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    open_as(pair, LOOM_PLACE_AUTO);
    *state = pair;
    return 0;
}

static int pair_remove(void **state) {
    struct pair *pair = *state;
    loom_store_close(pair->store);
    free(pair);
    return 0;
}

static void reopen_as(struct pair *pair, enum loom_place place) {
    loom_store_drop(&pair->store);
    open_as(pair, place);
}

static void save_at(struct fake *fake, const char *url, const char *token, int64_t obtained_at) {
    struct loom_credential credential = credential_of(url, token);
    credential.obtained_at = obtained_at;
    assert_int_equal(fake->inner->ops->save(fake->inner, &credential, NULL), LOOM_OK);
    loom_credential_clear(&credential);
}

static void plant(struct fake *fake, const char *token) {
    struct loom_credential credential = credential_of(A, token);
    assert_int_equal(loom_memory_store_plant(fake->inner, A_KEY, &credential), LOOM_OK);
    loom_credential_clear(&credential);
}

static bool has(const struct fake *fake, const char *url) {
    return find_error(fake->inner, url, false) == LOOM_OK;
}

/* Does the policy say that this is where it is? */
static bool is_in(const struct pair *pair, const struct fake *fake) {
    struct loom_store_info info;
    char name[sizeof info.name];
    pair->store->ops->describe(pair->store, &info);
    (void)snprintf(name, sizeof name, "%p", (const void *)fake);
    return strcmp(info.name, name) == 0;
}

/* ---- find ---- */

static void find_only_one_has_it_answers_from_there(void **state) {
    struct pair *pair = *state;
    save_at(pair->keyring, A, "ring", 1);
    save_at(pair->vault, B, "file", 1);
    assert_true(finds_token(pair->store, A, "ring"));
    assert_true(is_in(pair, pair->keyring));
    assert_true(finds_token(pair->store, B, "file"));
    assert_true(is_in(pair, pair->vault));
    assert_int_equal(find_error(pair->store, "https://c.example.com", true), LOOM_ERR_NOT_FOUND);
}

static void find_both_have_it_newer_answers_and_older_goes(void **state) {
    struct pair *pair = *state;
    save_at(pair->keyring, A, "ring", 2);
    save_at(pair->vault, A, "file", 1);
    save_at(pair->vault, B, "other", 1);
    assert_true(finds_token(pair->store, A, "ring"));
    assert_true(has(pair->keyring, A));
    assert_false(has(pair->vault, A));
    assert_true(has(pair->vault, B));
    save_at(pair->vault, A, "file", 3);
    assert_true(finds_token(pair->store, A, "file"));
    assert_true(is_in(pair, pair->vault));
    assert_false(has(pair->keyring, A));
}

static void find_both_have_it_tie_goes_to_the_keyring(void **state) {
    struct pair *pair = *state;
    save_at(pair->keyring, A, "ring", 5);
    save_at(pair->vault, A, "file", 5);
    assert_true(finds_token(pair->store, A, "ring"));
    assert_false(has(pair->vault, A));
}

static void find_older_copy_that_stays_is_no_failure(void **state) {
    struct pair *pair = *state;
    save_at(pair->keyring, A, "ring", 2);
    save_at(pair->vault, A, "file", 1);
    pair->vault->remove = LOOM_ERR_STORAGE;
    assert_true(finds_token(pair->store, A, "ring"));
    assert_true(finds_token(pair->store, A, "ring"));
}

static void sign_in_again(struct fake *fake) {
    save_at(fake, A, "newest", 9);
}

/* DF-190: between the look and the removal a sign-in ends there; what it saved is not the older
 * copy. */
static void find_older_copy_that_was_replaced_meanwhile_stays(void **state) {
    struct pair *pair = *state;
    save_at(pair->keyring, A, "ring", 1);
    save_at(pair->vault, A, "file", 2);
    pair->keyring->meanwhile = sign_in_again;
    assert_true(finds_token(pair->store, A, "file"));
    pair->keyring->meanwhile = NULL;
    assert_true(finds_token(pair->keyring->inner, A, "newest"));
    assert_true(finds_token(pair->store, A, "newest"));
}

/* What a sign-out has told the server of goes, wherever it is, and nothing else. */
static void remove_this_takes_one_token_from_both(void **state) {
    struct pair *pair = *state;
    struct loom_credential one = credential_of(A, "one"), other = credential_of(A, "other");
    struct loom_store *store = pair->store;
    assert_int_equal(store->ops->remove_this(store, &one, NULL), LOOM_ERR_NOT_FOUND);
    save_at(pair->keyring, A, "one", 1);
    save_at(pair->vault, A, "other", 1);
    assert_int_equal(store->ops->remove_this(store, &one, NULL), LOOM_OK);
    assert_int_equal(find_error(pair->keyring->inner, A, false), LOOM_ERR_NOT_FOUND);
    assert_true(finds_token(pair->vault->inner, A, "other"));
    pair->keyring->remove = LOOM_ERR_KEYRING; /* absent */
    pair->keyring->os_error = ENOENT;
    assert_int_equal(store->ops->remove_this(store, &other, NULL), LOOM_OK);
    pair->keyring->remove = LOOM_ERR_KEYRING_LOCKED;
    assert_int_equal(store->ops->remove_this(store, &other, NULL), LOOM_ERR_KEYRING_LOCKED);
    loom_credential_clear(&one);
    loom_credential_clear(&other);
}

/* What was read in one place is written back there, whatever a sign-in would choose. */
static void replace_this_writes_where_the_answer_came_from(void **state) {
    struct pair *pair = *state;
    struct loom_credential one = credential_of(A, "one"), two = credential_of(A, "two");
    struct loom_store *store = pair->store;
    save_at(pair->vault, A, "one", 1);
    assert_true(finds_token(store, A, "one"));
    assert_ptr_equal(loom_store_home(store), pair->vault);
    assert_int_equal(store->ops->replace_this(store, &one, &two, NULL), LOOM_OK);
    assert_true(finds_token(pair->vault->inner, A, "two"));
    assert_int_equal(find_error(pair->keyring->inner, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(store->ops->replace_this(store, &one, &two, NULL), LOOM_ERR_NOT_FOUND);
    save_at(pair->keyring, A, "one", 1 << 30);
    assert_true(finds_token(store, A, "one"));
    assert_ptr_equal(loom_store_home(store), pair->keyring);
    pair->keyring->save = LOOM_ERR_KEYRING; /* no other place takes it */
    assert_int_equal(store->ops->replace_this(store, &one, &two, NULL), LOOM_ERR_KEYRING);
    assert_int_equal(find_error(pair->vault->inner, A, false), LOOM_ERR_NOT_FOUND);
    loom_credential_clear(&one);
    loom_credential_clear(&two);
}

/* Absent, locked or hung: the file answers. */
static void find_keyring_that_cannot_answer_is_passed_by(void **state) {
    struct pair *pair = *state;
    save_at(pair->vault, A, "file", 1);
    pair->keyring->find = LOOM_ERR_KEYRING;
    assert_true(finds_token(pair->store, A, "file"));
    assert_int_equal(find_error(pair->store, B, false), LOOM_ERR_NOT_FOUND);
}

/* The person dismissed the prompt, or a write is unknown: nothing falls back. */
static void find_keyring_that_fails_is_the_answer(void **state) {
    struct pair *pair = *state;
    static const enum loom_err failures[] = {LOOM_ERR_STORAGE, LOOM_ERR_INTERRUPTED,
                                             LOOM_ERR_INTERNAL, LOOM_ERR_DAMAGED};
    save_at(pair->vault, A, "file", 1);
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        pair->keyring->find = failures[i];
        assert_int_equal(find_error(pair->store, A, false), failures[i]);
    }
}

/* What the file does not have, a keyring that is there and could not be read may hold. */
static void find_keyring_unreadable_is_not_the_same_as_not_found(void **state) {
    struct pair *pair = *state;
    static const struct {
        enum loom_err err;
        int os_error;
        enum loom_err expected;
    } rows[] = {
        {LOOM_ERR_KEYRING, ENOENT, LOOM_ERR_NOT_FOUND},
        {LOOM_ERR_KEYRING, ETIMEDOUT, LOOM_ERR_KEYRING},
        {LOOM_ERR_KEYRING, EIO, LOOM_ERR_KEYRING},
        {LOOM_ERR_KEYRING_LOCKED, 0, LOOM_ERR_KEYRING_LOCKED},
    };
    save_at(pair->vault, A, "file", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pair->keyring->find = rows[i].err;
        pair->keyring->os_error = rows[i].os_error;
        assert_int_equal(find_error(pair->store, B, false), rows[i].expected);
        assert_int_equal(find_error(pair->store, B, true), rows[i].expected);
        assert_true(finds_token(pair->store, A, "file"));
    }
}

/* The person said no, or a write may have been carried out: nothing falls back. */
static void keyring_dismissed_or_unknown_is_the_answer(void **state) {
    struct pair *pair = *state;
    static const int reasons[] = {ECANCELED, EINPROGRESS};
    save_at(pair->vault, A, "file", 1);
    pair->keyring->find = pair->keyring->list = pair->keyring->save = LOOM_ERR_KEYRING;
    pair->keyring->check = LOOM_ERR_KEYRING;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        struct loom_error error = LOOM_ERROR_INIT;
        pair->keyring->os_error = reasons[i];
        assert_int_equal(find_error(pair->store, A, false), LOOM_ERR_KEYRING);
        assert_int_equal(pair->store->ops->check(pair->store, &error), LOOM_ERR_KEYRING);
        assert_int_equal(error.os_error, reasons[i]);
        assert_int_equal(save_token(pair->store, A, "new"), LOOM_ERR_KEYRING);
        assert_true(finds_token(pair->vault->inner, A, "file"));
    }
}

static void find_vault_damaged_keyring_still_answers(void **state) {
    struct pair *pair = *state;
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_origin origin = origin_of(A);
    struct loom_store_question question = {&origin, true};
    struct loom_credential found = LOOM_CREDENTIAL_INIT;
    save_at(pair->keyring, A, "ring", 1);
    pair->vault->find = LOOM_ERR_DAMAGED;
    assert_int_equal(pair->store->ops->find(pair->store, &question, &found, &error), LOOM_OK);
    assert_int_equal(error.code, LOOM_OK);
    loom_credential_clear(&found);
    assert_int_equal(find_error(pair->store, B, false), LOOM_ERR_DAMAGED); /* never "not found" */
    assert_int_equal(find_error(pair->store, B, true), LOOM_ERR_DAMAGED);
    pair->keyring->find = LOOM_ERR_KEYRING;
    assert_int_equal(find_error(pair->store, A, false), LOOM_ERR_DAMAGED);
}

static int lines_logged;

static void count_line(enum loom_log_level level, const char *line) {
    (void)level;
    (void)line;
    lines_logged++;
}

/* Nothing can be left in a keyring that is not there; a locked one may hold a copy. */
static void save_is_silent_about_a_copy_in_an_absent_keyring(void **state) {
    struct pair *pair = *state;
    lines_logged = 0;
    loom_log_open(LOOM_LOG_STEPS, count_line);
    pair->keyring->save = pair->keyring->find = pair->keyring->remove = LOOM_ERR_KEYRING;
    pair->keyring->os_error = ENOENT;
    assert_int_equal(save_token(pair->store, A, "t"), LOOM_OK);
    assert_int_equal(lines_logged, 0);
    pair->keyring->remove = LOOM_ERR_KEYRING_LOCKED;
    assert_int_equal(save_token(pair->store, A, "t"), LOOM_OK);
    assert_int_equal(lines_logged, 1);
    loom_log_open(LOOM_LOG_STEPS, NULL);
}

/* An import of nobody's anywhere comes after a credential of this very server anywhere. */
static void find_own_in_the_file_beats_import_in_the_keyring(void **state) {
    struct pair *pair = *state;
    plant(pair->keyring, "nobodys");
    save_at(pair->vault, A, "own", 1);
    assert_true(adopts_token(pair->store, A, "own"));
    assert_int_equal(list_of(pair->keyring->inner).unknown, 1); /* not adopted, not removed */
    assert_int_equal(remove_origin(pair->vault->inner, A, false), LOOM_OK);
    assert_int_equal(find_error(pair->store, A, false), LOOM_ERR_NOT_FOUND);
    assert_true(adopts_token(pair->store, A, "nobodys"));
    assert_true(has(pair->keyring, A));
}

static void find_imports_in_both_adopts_one(void **state) {
    struct pair *pair = *state;
    plant(pair->keyring, "ring");
    plant(pair->vault, "file");
    assert_true(adopts_token(pair->store, A, "ring"));
    assert_int_equal(list_of(pair->vault->inner).unknown, 1);
    assert_true(adopts_token(pair->store, A, "ring"));
    assert_int_equal(remove_origin(pair->store, A, true), LOOM_OK); /* both go */
    assert_int_equal(list_of(pair->vault->inner).count, 0);
    assert_int_equal(find_error(pair->store, A, true), LOOM_ERR_NOT_FOUND);
}

/* ---- list ---- */

static void list_both_shows_each_once(void **state) {
    struct pair *pair = *state;
    save_at(pair->keyring, A, "ring", 1);
    save_at(pair->vault, A, "file", 1);
    save_at(pair->vault, B, "file", 1);
    assert_int_equal(list_of(pair->store).count, 2);
    plant(pair->vault, "nobodys");
    assert_int_equal(list_of(pair->store).count, 3);
    assert_int_equal(list_of(pair->store).unknown, 1);
    plant(pair->keyring, "nobodys");
    assert_int_equal(list_of(pair->store).count, 3);
}

static void list_many_shows_each_once(void **state) {
    struct pair *pair = *state;
    char url[64];
    for (int i = 0; i < 100; i++) {
        (void)snprintf(url, sizeof url, "https://h%d.example.com", i);
        save_at(pair->keyring, url, "t", 1);
        save_at(pair->vault, url, "t", 1);
    }
    assert_int_equal(list_of(pair->store).count, 100);
}

static void visit_count(void *context, const struct loom_store_entry *entry) {
    (void)entry;
    *(int *)context += 1;
}

static void list_vault_damaged_shows_the_keyring_and_says_so(void **state) {
    struct pair *pair = *state;
    int count = 0;
    save_at(pair->keyring, A, "ring", 1);
    pair->vault->list = LOOM_ERR_DAMAGED;
    assert_int_equal(pair->store->ops->list(pair->store, visit_count, &count, NULL),
                     LOOM_ERR_DAMAGED);
    assert_int_equal(count, 1);
}

static void list_keyring_that_cannot_answer_is_passed_by(void **state) {
    struct pair *pair = *state;
    save_at(pair->vault, A, "file", 1);
    pair->keyring->list = LOOM_ERR_KEYRING;
    assert_int_equal(list_of(pair->store).count, 1);
    pair->keyring->list = LOOM_ERR_STORAGE;
    assert_int_equal(list_of(pair->store).count, -1);
}

/* ---- save ---- */

static void save_auto_goes_to_the_keyring_and_leaves_the_file(void **state) {
    struct pair *pair = *state;
    save_at(pair->vault, A, "old", 1);
    save_at(pair->vault, B, "other", 1);
    assert_int_equal(save_token(pair->store, A, "new"), LOOM_OK);
    assert_true(finds_token(pair->keyring->inner, A, "new"));
    assert_false(has(pair->vault, A));
    assert_true(has(pair->vault, B));
    assert_true(is_in(pair, pair->keyring));
}

/* KR-13, KR-17 */
static void save_keyring_cannot_take_it_goes_to_the_file(void **state) {
    struct pair *pair = *state;
    pair->keyring->save = LOOM_ERR_KEYRING;
    assert_int_equal(save_token(pair->store, A, "t"), LOOM_OK);
    assert_true(finds_token(pair->vault->inner, A, "t"));
    assert_true(is_in(pair, pair->vault));
    pair->keyring->save = LOOM_ERR_STORAGE;
    pair->keyring->os_error = EFBIG; /* too large for it */
    assert_int_equal(save_token(pair->store, B, "t"), LOOM_OK);
    assert_true(has(pair->vault, B));
}

/* A write that is unknown, or a prompt dismissed, does not fall back. */
static void save_keyring_fails_is_the_answer(void **state) {
    struct pair *pair = *state;
    struct loom_credential credential = credential_of(A, "t");
    struct loom_error error = LOOM_ERROR_INIT;
    pair->keyring->save = LOOM_ERR_STORAGE;
    pair->keyring->os_error = ETIMEDOUT;
    save_at(pair->vault, A, "old", 1);
    assert_int_equal(pair->store->ops->save(pair->store, &credential, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, ETIMEDOUT);
    assert_true(finds_token(pair->vault->inner, A, "old"));
    loom_credential_clear(&credential);
}

/* A damaged vault does not stop a sign-in into the keyring; it is kept. */
static void save_vault_damaged_goes_to_the_keyring(void **state) {
    struct pair *pair = *state;
    pair->vault->find = pair->vault->remove = pair->vault->save = LOOM_ERR_DAMAGED;
    assert_int_equal(save_token(pair->store, A, "t"), LOOM_OK);
    assert_true(has(pair->keyring, A));
    pair->keyring->save = LOOM_ERR_KEYRING;
    assert_int_equal(save_token(pair->store, B, "t"), LOOM_ERR_DAMAGED);
}

/* A predecessor elsewhere, from a clock that ran ahead, must not win over what is saved now. */
static void save_is_never_older_than_a_copy_elsewhere(void **state) {
    struct pair *pair = *state;
    save_at(pair->vault, A, "old", 5000);
    pair->vault->remove = LOOM_ERR_STORAGE;                       /* and the copy stays */
    assert_int_equal(save_token(pair->store, A, "new"), LOOM_OK); /* at 1000 */
    assert_true(finds_token(pair->store, A, "new"));
}

static void save_without_origin_is_a_fault(void **state) {
    struct pair *pair = *state;
    struct loom_credential credential = credential_of(A, "t");
    credential.has_origin = false;
    assert_int_equal(pair->store->ops->save(pair->store, &credential, NULL), LOOM_ERR_INTERNAL);
    assert_int_equal(pair->keyring->calls + pair->vault->calls, 0);
    loom_credential_clear(&credential);
}

/* ---- check ---- */

static void check_follows_where_a_save_would_go(void **state) {
    struct pair *pair = *state;
    pair->vault->check = LOOM_ERR_DAMAGED;
    assert_int_equal(pair->store->ops->check(pair->store, NULL), LOOM_OK);
    assert_true(is_in(pair, pair->keyring));
    pair->keyring->check = LOOM_ERR_KEYRING;
    assert_int_equal(pair->store->ops->check(pair->store, NULL), LOOM_ERR_DAMAGED);
    pair->vault->check = LOOM_OK;
    assert_int_equal(pair->store->ops->check(pair->store, NULL), LOOM_OK);
    assert_true(is_in(pair, pair->vault));
    pair->keyring->check = LOOM_ERR_STORAGE;
    pair->keyring->os_error = ETIMEDOUT;
    assert_int_equal(pair->store->ops->check(pair->store, NULL), LOOM_ERR_STORAGE);
}

/* ---- remove ---- */

static void remove_takes_it_from_both(void **state) {
    struct pair *pair = *state;
    save_at(pair->keyring, A, "ring", 1);
    save_at(pair->vault, A, "file", 1);
    save_at(pair->keyring, B, "ring", 1);
    assert_int_equal(remove_origin(pair->store, A, true), LOOM_OK);
    assert_false(has(pair->keyring, A));
    assert_false(has(pair->vault, A));
    assert_true(has(pair->keyring, B));
    assert_int_equal(remove_origin(pair->store, A, true), LOOM_ERR_NOT_FOUND);
}

static void remove_one_fails_still_removes_the_other(void **state) {
    struct pair *pair = *state;
    save_at(pair->keyring, A, "ring", 1);
    save_at(pair->vault, A, "file", 1);
    pair->keyring->remove = LOOM_ERR_STORAGE;
    assert_int_equal(remove_origin(pair->store, A, false), LOOM_ERR_STORAGE);
    assert_false(has(pair->vault, A));
    pair->keyring->remove = LOOM_OK;
    save_at(pair->vault, A, "file", 1);
    pair->vault->remove = LOOM_ERR_DAMAGED;
    assert_int_equal(remove_origin(pair->store, A, false), LOOM_ERR_DAMAGED);
    assert_false(has(pair->keyring, A));
}

/* Where no keyring is, nothing is left in one; a locked one may well hold a copy. */
static void remove_keyring_absent_is_done_and_locked_is_not(void **state) {
    struct pair *pair = *state;
    save_at(pair->vault, A, "file", 1);
    pair->keyring->remove = LOOM_ERR_KEYRING;
    assert_int_equal(remove_origin(pair->store, A, false), LOOM_OK);
    assert_int_equal(remove_origin(pair->store, A, false), LOOM_ERR_NOT_FOUND);
    save_at(pair->vault, A, "file", 1);
    pair->keyring->remove = LOOM_ERR_KEYRING_LOCKED;
    assert_int_equal(remove_origin(pair->store, A, false), LOOM_ERR_KEYRING_LOCKED);
    assert_false(has(pair->vault, A));
    save_at(pair->vault, A, "file", 1);
    pair->keyring->remove = LOOM_ERR_KEYRING;
    pair->keyring->os_error = ETIMEDOUT;
    assert_int_equal(remove_origin(pair->store, A, false), LOOM_ERR_KEYRING);
    assert_false(has(pair->vault, A));
}

static void remove_is_looked_for_again(void **state) {
    struct pair *pair = *state;
    save_at(pair->keyring, A, "ring", 1);
    pair->keyring->keeps = true;
    assert_int_equal(remove_origin(pair->store, A, false), LOOM_ERR_STORAGE);
}

/* ---- The other places ---- */

static void place_file_does_not_ask_the_keyring(void **state) {
    struct pair *pair = *state;
    reopen_as(pair, LOOM_PLACE_FILE);
    save_at(pair->keyring, A, "ring", 9);
    save_at(pair->vault, A, "file", 1);
    assert_true(finds_token(pair->store, A, "file"));
    assert_int_equal(find_error(pair->store, B, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(pair->store).count, 1);
    assert_int_equal(pair->store->ops->check(pair->store, NULL), LOOM_OK);
    assert_true(is_in(pair, pair->vault));
    assert_int_equal(pair->keyring->calls, 0);
    /* One authoritative copy all the same. */
    assert_int_equal(save_token(pair->store, A, "new"), LOOM_OK);
    assert_true(finds_token(pair->vault->inner, A, "new"));
    assert_false(has(pair->keyring, A));
    save_at(pair->keyring, A, "ring", 9);
    assert_int_equal(remove_origin(pair->store, A, false), LOOM_OK);
    assert_false(has(pair->keyring, A));
}

/* Whoever signs out looks into each place, wherever a credential would be kept. */
static void parts_are_both_whatever_the_place(void **state) {
    struct pair *pair = *state;
    static const enum loom_place places[] = {LOOM_PLACE_AUTO, LOOM_PLACE_KEYRING, LOOM_PLACE_FILE};
    struct loom_store *parts[LOOM_STORE_PARTS_MAX];
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        reopen_as(pair, places[i]);
        assert_int_equal(loom_store_parts(pair->store, parts), 2);
        assert_ptr_equal(parts[0], &pair->keyring->store);
        assert_ptr_equal(parts[1], &pair->vault->store);
        assert_int_equal(pair->keyring->calls + pair->vault->calls, 0);
    }
    assert_int_equal(loom_store_parts(&pair->vault->store, parts), 1);
    assert_ptr_equal(parts[0], &pair->vault->store);
}

static void place_keyring_fails_rather_than_fall_back(void **state) {
    struct pair *pair = *state;
    reopen_as(pair, LOOM_PLACE_KEYRING);
    save_at(pair->vault, A, "file", 9);
    assert_int_equal(find_error(pair->store, A, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(pair->store).count, 0);
    assert_int_equal(pair->vault->calls, 0);
    pair->keyring->find = pair->keyring->list = LOOM_ERR_KEYRING;
    pair->keyring->save = pair->keyring->check = LOOM_ERR_KEYRING;
    assert_int_equal(find_error(pair->store, A, true), LOOM_ERR_KEYRING);
    assert_int_equal(list_of(pair->store).count, -1);
    assert_int_equal(save_token(pair->store, A, "t"), LOOM_ERR_KEYRING);
    assert_int_equal(pair->store->ops->check(pair->store, NULL), LOOM_ERR_KEYRING);
    assert_true(finds_token(pair->vault->inner, A, "file"));
    pair->keyring->save = LOOM_OK;
    assert_int_equal(save_token(pair->store, A, "t"), LOOM_OK);
    assert_false(has(pair->vault, A));
}

static void open_without_keyring_uses_the_file(void **state) {
    struct pair *pair = *state;
    static const enum loom_place places[] = {LOOM_PLACE_AUTO, LOOM_PLACE_FILE};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        loom_store_drop(&pair->store);
        pair->vault = fake_new(pair);
        assert_int_equal(
            loom_keyring_first_open(NULL, &pair->vault->store, places[i], &pair->store), LOOM_OK);
        assert_int_equal(pair->store->ops->check(pair->store, NULL), LOOM_OK);
        assert_int_equal(save_token(pair->store, A, "t"), LOOM_OK);
        assert_true(finds_token(pair->store, A, "t"));
        assert_int_equal(list_of(pair->store).count, 1);
        assert_true(is_in(pair, pair->vault));
        assert_int_equal(remove_origin(pair->store, A, false), LOOM_OK);
        assert_int_equal(remove_origin(pair->store, A, false), LOOM_ERR_NOT_FOUND);
    }
}

static void open_keyring_place_without_keyring_fails_and_closes(void **state) {
    struct pair *pair = *state;
    struct loom_store *store = NULL;
    struct fake *vault = fake_new(pair);
    assert_int_equal(loom_keyring_first_open(NULL, &vault->store, LOOM_PLACE_KEYRING, &store),
                     LOOM_ERR_KEYRING);
    assert_null(store);
    assert_int_equal(pair->closed, 1);
    loom_store_drop(&pair->store);
    assert_int_equal(pair->closed, 3); /* and close closes both */
    open_as(pair, LOOM_PLACE_AUTO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_make, pair_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(find_only_one_has_it_answers_from_there),
        TEST(find_both_have_it_newer_answers_and_older_goes),
        TEST(find_both_have_it_tie_goes_to_the_keyring),
        TEST(find_older_copy_that_stays_is_no_failure),
        TEST(find_keyring_that_cannot_answer_is_passed_by),
        TEST(find_keyring_that_fails_is_the_answer),
        TEST(keyring_dismissed_or_unknown_is_the_answer),
        TEST(find_keyring_unreadable_is_not_the_same_as_not_found),
        TEST(find_vault_damaged_keyring_still_answers),
        TEST(save_is_silent_about_a_copy_in_an_absent_keyring),
        TEST(find_own_in_the_file_beats_import_in_the_keyring),
        TEST(find_imports_in_both_adopts_one),
        TEST(list_both_shows_each_once),
        TEST(list_many_shows_each_once),
        TEST(list_vault_damaged_shows_the_keyring_and_says_so),
        TEST(list_keyring_that_cannot_answer_is_passed_by),
        TEST(save_auto_goes_to_the_keyring_and_leaves_the_file),
        TEST(save_keyring_cannot_take_it_goes_to_the_file),
        TEST(save_keyring_fails_is_the_answer),
        TEST(save_vault_damaged_goes_to_the_keyring),
        TEST(save_is_never_older_than_a_copy_elsewhere),
        TEST(save_without_origin_is_a_fault),
        TEST(check_follows_where_a_save_would_go),
        TEST(remove_takes_it_from_both),
        TEST(remove_this_takes_one_token_from_both),
        TEST(replace_this_writes_where_the_answer_came_from),
        TEST(find_older_copy_that_was_replaced_meanwhile_stays),
        TEST(remove_one_fails_still_removes_the_other),
        TEST(remove_keyring_absent_is_done_and_locked_is_not),
        TEST(remove_is_looked_for_again),
        TEST(place_file_does_not_ask_the_keyring),
        TEST(parts_are_both_whatever_the_place),
        TEST(place_keyring_fails_rather_than_fall_back),
        TEST(open_without_keyring_uses_the_file),
        TEST(open_keyring_place_without_keyring_fails_and_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
