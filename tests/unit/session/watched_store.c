/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/session/watched_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

#include <stdio.h>

#define FAILURE_DETAIL "/the/store"

static struct watched_store *watched_of(struct loom_store *store) {
    return (struct watched_store *)store;
}

static void note(const struct watched_store *watched, const char *what, enum loom_err err) {
    assert_int_equal(
        loom_buffer_add_format(watched->journal, "%s%s\n", what, err != LOOM_OK ? "!" : ""),
        LOOM_OK);
}

/* As a real store would: with a detail of its own. */
static enum loom_err failed(struct loom_error *error, enum loom_err err) {
    return loom_error_detail(error, err, FAILURE_DETAIL);
}

static enum loom_err check(struct loom_store *store, struct loom_error *error) {
    struct watched_store *watched = watched_of(store);
    note(watched, "check", watched->check_err);
    if (watched->check_err != LOOM_OK)
        return failed(error, watched->check_err);
    return watched->memory->ops->check(watched->memory, error);
}

static enum loom_err find(struct loom_store *store, const struct loom_store_question *question,
                          struct loom_credential *out_credential, struct loom_error *error) {
    struct watched_store *watched = watched_of(store);
    enum loom_err err = watched->finds_before_err-- > 0 ? LOOM_OK : watched->find_err;
    note(watched, question->may_adopt ? "find" : "find without adopting", err);
    if (err != LOOM_OK)
        return failed(error, err);
    return watched->memory->ops->find(watched->memory, question, out_credential, error);
}

static enum loom_err list(struct loom_store *store, loom_store_visit *visit, void *context,
                          struct loom_error *error) {
    struct watched_store *watched = watched_of(store);
    return watched->memory->ops->list(watched->memory, visit, context, error);
}

static enum loom_err save(struct loom_store *store, const struct loom_credential *credential,
                          struct loom_error *error) {
    struct watched_store *watched = watched_of(store);
    enum loom_err err = watched->saves_before_err-- > 0 ? LOOM_OK : watched->save_err;
    const char *name = loom_account_name(&credential->account);
    char what[200];
    if (watched->meanwhile != NULL)
        watched->meanwhile(watched->meanwhile_context);
    (void)snprintf(what, sizeof what, "save %s%s%s", loom_secret_bytes(credential->token),
                   name != NULL ? " " : "", name != NULL ? name : "");
    note(watched, what, err);
    if (err != LOOM_OK)
        return failed(error, err);
    return watched->memory->ops->save(watched->memory, credential, error);
}

static enum loom_err remove_it(struct loom_store *store, const struct loom_store_question *question,
                               struct loom_error *error) {
    struct watched_store *watched = watched_of(store);
    note(watched, "remove", watched->remove_err);
    if (watched->remove_err != LOOM_OK)
        return failed(error, watched->remove_err);
    if (watched->removes_in_vain-- > 0)
        return LOOM_OK;
    return watched->memory->ops->remove(watched->memory, question, error);
}

/* Exactly one: in the journal a removal like any other. */
static enum loom_err remove_this(struct loom_store *store, const struct loom_credential *credential,
                                 struct loom_error *error) {
    struct watched_store *watched = watched_of(store);
    note(watched, "remove", watched->remove_err);
    if (watched->remove_err != LOOM_OK)
        return failed(error, watched->remove_err);
    if (watched->removes_in_vain-- > 0)
        return LOOM_OK;
    return watched->memory->ops->remove_this(watched->memory, credential, error);
}

/* In the journal a save like any other. */
static enum loom_err replace_this(struct loom_store *store, const struct loom_credential *older,
                                  const struct loom_credential *newer, struct loom_error *error) {
    struct watched_store *watched = watched_of(store);
    char what[128];
    enum loom_err err = watched->saves_before_err-- > 0 ? LOOM_OK : watched->save_err;
    if (watched->meanwhile != NULL)
        watched->meanwhile(watched->meanwhile_context);
    (void)snprintf(what, sizeof what, "replace %s by %s", loom_secret_bytes(older->token),
                   loom_secret_bytes(newer->token));
    note(watched, what, err);
    if (err != LOOM_OK)
        return failed(error, err);
    return watched->memory->ops->replace_this(watched->memory, older, newer, error);
}

static void describe(struct loom_store *store, struct loom_store_info *out_info) {
    (void)store;
    *out_info = (struct loom_store_info){.kind = LOOM_STORE_MEMORY, .path = WATCHED_PATH};
}

static void close_it(struct loom_store *store) {
    loom_store_close(watched_of(store)->memory);
}

static const struct loom_store_ops ops = {
    .find = find,
    .list = list,
    .save = save,
    .remove = remove_it,
    .remove_this = remove_this,
    .replace_this = replace_this,
    .check = check,
    .describe = describe,
    .close = close_it,
};

void watched_store_open(struct watched_store *watched, struct loom_buffer *journal) {
    *watched = (struct watched_store){.store = {&ops}, .journal = journal};
    assert_int_equal(loom_memory_store_open(&watched->memory), LOOM_OK);
}

void watched_store_close(struct watched_store *watched) {
    loom_store_close(&watched->store);
}
