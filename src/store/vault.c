/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault.h"

#include "store/vault_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a save may add to the file, as far as check() can guess: most tokens are far shorter. */
enum { HEADROOM = 8 * 1024 };

static struct loom_vault *vault_of(struct loom_store *store) {
    return (struct loom_vault *)store;
}

/* ---- Reading ---- */

static enum loom_err vault_find(struct loom_store *store,
                                const struct loom_store_question *question,
                                struct loom_credential *out_credential, struct loom_error *error) {
    struct loom_vault *vault = vault_of(store);
    struct loom_vault_look *look = &vault->seen;
    enum loom_err err = loom_vault_look_again(vault, error);
    if (err == LOOM_OK)
        err = loom_error_set(error, loom_vault_look_match(look, question));
    if (err != LOOM_OK)
        return err;
    if (look->match.own != NULL)
        return loom_vault_answer(vault, look, out_credential, error);
    if (loom_vault_look_has_answer(look, question))
        return loom_vault_adopt(vault, question, out_credential, error);
    return loom_error_set(error, LOOM_ERR_NOT_FOUND);
}

/* The origins of a list are text that nobody has verified: no more is believed than they say. */
static enum loom_err parse_origin(const char *url, struct loom_origin *out_origin) {
    enum loom_err err = loom_origin_parse(url, strlen(url), out_origin, NULL);
    if (err == LOOM_OK && strcmp(url, out_origin->url) != 0)
        err = LOOM_ERR_USAGE;
    return err == LOOM_ERR_USAGE ? LOOM_ERR_DAMAGED : err;
}

static enum loom_err visit_entry(const struct loom_vault_entry *from, loom_store_visit *visit,
                                 void *context) {
    struct loom_origin origin;
    bool is_known = from->origin[0] != '\0';
    enum loom_err err = is_known ? parse_origin(from->origin, &origin) : LOOM_OK;
    if (err != LOOM_OK)
        return err;
    struct loom_store_entry entry = {is_known ? &origin : NULL, from->key};
    visit(context, &entry);
    return LOOM_OK;
}

static enum loom_err vault_list(struct loom_store *store, loom_store_visit *visit, void *context,
                                struct loom_error *error) {
    const struct loom_vault_look *look = &vault_of(store)->seen;
    enum loom_err err = loom_vault_look_again(vault_of(store), error);
    if (err != LOOM_OK)
        return err;
    for (size_t i = 0; i < look->content.file.count && err == LOOM_OK; i++)
        err = visit_entry(&look->content.file.entries[i], visit, context);
    for (size_t i = 0; i < look->content.legacy.count && err == LOOM_OK; i++) {
        struct loom_store_entry entry = {NULL, look->content.legacy.entries[i].key};
        visit(context, &entry);
    }
    return loom_vault_judge(&look->config, err, error);
}

static void vault_describe(struct loom_store *store, struct loom_store_info *out_info) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder config = LOOM_FOLDER_INIT;
    const struct loom_vault *vault = vault_of(store);
    struct loom_store_info info = {.kind = LOOM_STORE_FILE};
    (void)snprintf(info.path, sizeof info.path, "%s/%s", vault->paths.config, LOOM_VAULT_NAME);
    mode_t mode = 0;
    if (loom_folder_open(vault->paths.config, LOOM_FOLDER_READ, &config, NULL) == LOOM_OK &&
        loom_file_exists(&config, LOOM_VAULT_NAME, &mode))
        info.mode = mode;
    info.lacks_locks = vault->lacks_locks;
    *out_info = info;
}

static bool vault_has_imported(const struct loom_store *store) {
    return ((const struct loom_vault *)store)->has_imported;
}

/* ---- Changing ---- */

static enum loom_err vault_save(struct loom_store *store, const struct loom_credential *credential,
                                struct loom_error *error) {
    LOOM_CLEANUP(loom_vault_change_clear) struct loom_vault_change change = LOOM_VAULT_CHANGE_INIT;
    struct loom_vault *vault = vault_of(store);
    if (!credential->has_origin || credential->token == NULL)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    enum loom_err err = loom_vault_change_lock(vault, &change, error);
    if (err == LOOM_OK)
        err = loom_vault_change_prepare(vault, &change, error);
    if (err == LOOM_OK)
        err = loom_vault_change_put(vault, &change, credential, error);
    if (err == LOOM_OK)
        err = loom_vault_change_commit(vault, &change, error);
    return err;
}

static enum loom_err vault_remove(struct loom_store *store,
                                  const struct loom_store_question *question,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_vault_look_clear) struct loom_vault_look look = LOOM_VAULT_LOOK_INIT;
    LOOM_CLEANUP(loom_vault_change_clear) struct loom_vault_change change = LOOM_VAULT_CHANGE_INIT;
    struct loom_vault *vault = vault_of(store);
    /* Without a look first, removing what is not there would make folders and a key. */
    enum loom_err err = loom_vault_look_at(vault, question, &look, error);
    if (err == LOOM_OK && !loom_vault_look_has_answer(&look, question))
        err = loom_error_set(error, LOOM_ERR_NOT_FOUND);
    if (err == LOOM_OK)
        err = loom_vault_change_lock(vault, &change, error);
    if (err == LOOM_OK)
        err = loom_vault_change_prepare(vault, &change, error);
    if (err != LOOM_OK)
        return err;
    size_t removed = 0;
    err = loom_vault_remove_matches(&change.content.file, question, &removed);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    if (removed > 0 || change.is_import)
        err = loom_vault_change_commit(vault, &change, error);
    return err == LOOM_OK && removed == 0 ? loom_error_set(error, LOOM_ERR_NOT_FOUND) : err;
}

/* Its entry under the lock, if that still holds its token. */
static enum loom_err find_this(const struct loom_vault_change *change,
                               const struct loom_credential *credential,
                               struct loom_vault_entry **out_entry, struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential stored = LOOM_CREDENTIAL_INIT;
    const struct loom_vault_file *file = &change->content.file;
    struct loom_vault_entry *entry = loom_vault_file_find(file, credential->origin.url);
    if (entry == NULL)
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    enum loom_err err = loom_vault_record_open(file, &change->key, entry, &stored);
    if (err != LOOM_OK)
        return loom_vault_judge(&change->config, err, error);
    if (!loom_secret_is_equal(stored.token, credential->token))
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    *out_entry = entry;
    return LOOM_OK;
}

/* Put `newer` in the place of `older`; without one, take it away. */
static enum loom_err change_this(struct loom_vault *vault, const struct loom_credential *older,
                                 const struct loom_credential *newer, struct loom_error *error) {
    LOOM_CLEANUP(loom_vault_look_clear) struct loom_vault_look look = LOOM_VAULT_LOOK_INIT;
    LOOM_CLEANUP(loom_vault_change_clear) struct loom_vault_change change = LOOM_VAULT_CHANGE_INIT;
    struct loom_store_question exact = {&older->origin, false};
    struct loom_vault_entry *entry = NULL;
    enum loom_err err = loom_vault_look_at(vault, &exact, &look, error);
    if (err == LOOM_OK && look.match.own == NULL)
        err = loom_error_set(error, LOOM_ERR_NOT_FOUND);
    if (err == LOOM_OK)
        err = loom_vault_change_lock(vault, &change, error);
    if (err == LOOM_OK)
        err = loom_vault_change_prepare(vault, &change, error);
    if (err == LOOM_OK)
        err = find_this(&change, older, &entry, error);
    if (err == LOOM_OK && newer != NULL)
        err = loom_vault_change_put(vault, &change, newer, error);
    if (err != LOOM_OK)
        return err;
    if (newer == NULL)
        loom_vault_file_remove(&change.content.file, entry);
    return loom_vault_change_commit(vault, &change, error);
}

static enum loom_err vault_remove_this(struct loom_store *store,
                                       const struct loom_credential *credential,
                                       struct loom_error *error) {
    return change_this(vault_of(store), credential, NULL, error);
}

static enum loom_err vault_replace_this(struct loom_store *store,
                                        const struct loom_credential *older,
                                        const struct loom_credential *newer,
                                        struct loom_error *error) {
    return change_this(vault_of(store), older, newer, error);
}

static enum loom_err vault_check(struct loom_store *store, struct loom_error *error) {
    LOOM_CLEANUP(loom_vault_change_clear) struct loom_vault_change change = LOOM_VAULT_CHANGE_INIT;
    struct loom_vault *vault = vault_of(store);
    enum loom_err err = loom_vault_change_lock(vault, &change, error);
    if (err != LOOM_OK)
        return err;
    /* Plaintext is taken over when there is something to do; a key beside it would be damage. */
    if (change.content.form == LOOM_VAULT_PLAINTEXT)
        err = loom_file_try(&change.data, LOOM_VAULT_KEY_FILE_SIZE, error);
    else
        err = loom_vault_change_prepare(vault, &change, error);
    return err == LOOM_OK ? loom_file_try(&change.config, change.content.len + HEADROOM, error)
                          : err;
}

static void vault_close(struct loom_store *store) {
    loom_vault_look_clear(&vault_of(store)->seen);
    free(store);
}

static const struct loom_store_ops vault_ops = {
    .find = vault_find,
    .list = vault_list,
    .save = vault_save,
    .remove = vault_remove,
    .remove_this = vault_remove_this,
    .replace_this = vault_replace_this,
    .check = vault_check,
    .describe = vault_describe,
    .has_imported = vault_has_imported,
    .close = vault_close,
};

enum loom_err loom_vault_open_with(const struct loom_paths *paths, loom_vault_random *random,
                                   struct loom_store **out_vault) {
    struct loom_vault *vault = calloc(1, sizeof *vault);
    if (vault == NULL)
        return LOOM_ERR_INTERNAL;
    vault->store.ops = &vault_ops;
    vault->paths = *paths;
    vault->random = random;
    vault->seen = (struct loom_vault_look)LOOM_VAULT_LOOK_INIT;
    vault->lock_ms = LOOM_LOCK_DEADLINE_MS;
    *out_vault = &vault->store;
    return LOOM_OK;
}

enum loom_err loom_vault_open(const struct loom_paths *paths, struct loom_store **out_vault) {
    return loom_vault_open_with(paths, loom_random, out_vault);
}

void loom_vault_set_patience(struct loom_store *vault, int lock_ms) {
    vault_of(vault)->lock_ms = lock_ms;
}
