/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault.h"

#include "store/vault_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a save may add to the file, as far as check() can guess: most tokens are far shorter. */
enum { HEADROOM = 8 * 1024 };

static struct loom_vault *vault_of(struct loom_store *store) {
    return (struct loom_vault *)store;
}

/* ---- Reading ---- */

/* An absent folder is an absent file. */
static enum loom_err read_content(const struct loom_vault *vault, struct loom_folder *config,
                                  struct loom_vault_content *content, struct loom_error *error) {
    enum loom_err err = loom_folder_open(vault->paths.config, LOOM_FOLDER_READ, config, error);
    if (err == LOOM_ERR_NOT_FOUND)
        return LOOM_OK;
    return err == LOOM_OK ? loom_vault_load(config, vault->paths.data, content, error) : err;
}

/* An import that belongs to nobody yet and stands where this origin would look for it. */
static enum loom_err find_adoptable(const struct loom_vault_file *file,
                                    const struct loom_origin *origin,
                                    struct loom_vault_entry **out_entry) {
    char key[LOOM_STORE_KEY_MAX];
    enum loom_err err = loom_store_key(origin, false, key);
    if (err != LOOM_OK)
        return err;
    struct loom_vault_entry *entry = loom_vault_file_at(file, key);
    *out_entry = entry != NULL && entry->origin[0] == '\0' ? entry : NULL;
    return LOOM_OK;
}

/* What the question means for this file. */
struct match {
    struct loom_vault_entry *own;       /* of its very origin, or NULL */
    struct loom_vault_entry *adoptable; /* or NULL; only if it may adopt */
};

static enum loom_err match(const struct loom_vault_file *file,
                           const struct loom_store_question *question, struct match *out_match) {
    out_match->own = loom_vault_file_find(file, question->origin->url);
    out_match->adoptable = NULL;
    if (!question->may_adopt)
        return LOOM_OK;
    return find_adoptable(file, question->origin, &out_match->adoptable);
}

/* Only now the key is read and the file believed. */
static enum loom_err answer(const struct loom_vault *vault, const struct loom_folder *config,
                            const struct loom_vault_file *file,
                            const struct loom_vault_entry *entry,
                            struct loom_credential *out_credential, struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder data = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_vault_key_wipe) struct loom_vault_key key = {.root = {0}};
    enum loom_err err = loom_folder_open(vault->paths.data, LOOM_FOLDER_READ, &data, error);
    if (err == LOOM_OK)
        err = loom_vault_key_find(&data, &key, error);
    if (err == LOOM_ERR_NOT_FOUND)
        return loom_vault_judge(config, err, error);
    if (err != LOOM_OK)
        return err;
    err = loom_vault_file_verify(file, &key);
    if (err == LOOM_OK)
        err = loom_vault_record_open(file, &key, entry, out_credential);
    return loom_vault_judge(config, err, error);
}

/* Give an import its origin, and file it where that belongs. */
static enum loom_err adopt_entry(struct loom_vault *vault, struct loom_vault_change *change,
                                 struct loom_vault_entry *entry, const struct loom_origin *origin,
                                 struct loom_credential *credential, struct loom_error *error) {
    struct loom_vault_file *file = &change->content.file;
    enum loom_err err = loom_vault_record_open(file, &change->key, entry, credential);
    if (err != LOOM_OK)
        return loom_vault_judge(&change->config, err, error);
    credential->has_origin = true;
    credential->origin = *origin;
    loom_vault_file_remove(file, entry);
    err = loom_vault_change_put(vault, change, credential, error);
    return err == LOOM_OK ? loom_vault_change_commit(vault, change, error) : err;
}

/* The one way in which a question changes the file. Everything is looked at anew under the lock. */
static enum loom_err adopt(struct loom_vault *vault, const struct loom_store_question *question,
                           struct loom_credential *out_credential, struct loom_error *error) {
    LOOM_CLEANUP(loom_vault_change_clear) struct loom_vault_change change = LOOM_VAULT_CHANGE_INIT;
    enum loom_err err = loom_vault_change_lock(vault, &change, error);
    if (err == LOOM_OK)
        err = loom_vault_change_prepare(vault, &change, error);
    if (err != LOOM_OK)
        return err;
    struct loom_vault_file *file = &change.content.file;
    struct match found;
    err = match(file, question, &found);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    if (found.own != NULL) /* somebody was faster */
        err = loom_vault_judge(&change.config,
                               loom_vault_record_open(file, &change.key, found.own, &credential),
                               error);
    else if (found.adoptable != NULL)
        err = adopt_entry(vault, &change, found.adoptable, question->origin, &credential, error);
    else if (change.is_import) /* taken over all the same: plaintext does not stay */
        err = loom_vault_change_commit(vault, &change, error);
    if (err != LOOM_OK)
        return err;
    if (credential.token == NULL)
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    *out_credential = credential;
    credential = (struct loom_credential)LOOM_CREDENTIAL_INIT;
    return LOOM_OK;
}

static enum loom_err vault_find(struct loom_store *store,
                                const struct loom_store_question *question,
                                struct loom_credential *out_credential, struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder config = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_vault_content_clear)
    struct loom_vault_content content = LOOM_VAULT_CONTENT_INIT;
    struct loom_vault *vault = vault_of(store);
    struct match found = {NULL, NULL};
    enum loom_err err = read_content(vault, &config, &content, error);
    if (err != LOOM_OK)
        return err;
    err = match(&content.file, question, &found);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    if (found.own != NULL)
        return answer(vault, &config, &content.file, found.own, out_credential, error);
    bool is_plaintext = content.form == LOOM_VAULT_PLAINTEXT;
    if (found.adoptable != NULL || (question->may_adopt && is_plaintext))
        return adopt(vault, question, out_credential, error);
    return loom_error_set(error, LOOM_ERR_NOT_FOUND);
}

static enum loom_err visit_entry(const struct loom_vault_entry *from, loom_store_visit *visit,
                                 void *context) {
    struct loom_origin origin;
    struct loom_store_entry entry = {NULL, from->key};
    if (from->origin[0] != '\0') {
        /* Cannot be refused: it was parsed when the file was. */
        enum loom_err err = loom_origin_parse(from->origin, strlen(from->origin), &origin, NULL);
        if (err != LOOM_OK)
            return err;
        entry.origin = &origin;
    }
    visit(context, &entry);
    return LOOM_OK;
}

static enum loom_err vault_list(struct loom_store *store, loom_store_visit *visit, void *context,
                                struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder config = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_vault_content_clear)
    struct loom_vault_content content = LOOM_VAULT_CONTENT_INIT;
    enum loom_err err = read_content(vault_of(store), &config, &content, error);
    if (err != LOOM_OK)
        return err;
    for (size_t i = 0; i < content.file.count && err == LOOM_OK; i++)
        err = visit_entry(&content.file.entries[i], visit, context);
    for (size_t i = 0; i < content.legacy.count && err == LOOM_OK; i++) {
        struct loom_store_entry entry = {NULL, content.legacy.entries[i].key};
        visit(context, &entry);
    }
    return loom_error_set(error, err);
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
    info.has_imported = vault->has_imported;
    *out_info = info;
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

/* Without a look first, removing what is not there would make folders and a key. */
static enum loom_err look_for(const struct loom_vault *vault,
                              const struct loom_store_question *question,
                              struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder config = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_vault_content_clear)
    struct loom_vault_content content = LOOM_VAULT_CONTENT_INIT;
    struct match found;
    enum loom_err err = read_content(vault, &config, &content, error);
    if (err != LOOM_OK)
        return err;
    err = match(&content.file, question, &found);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    bool is_import = question->may_adopt && content.form == LOOM_VAULT_PLAINTEXT;
    if (found.own == NULL && found.adoptable == NULL && !is_import)
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    return LOOM_OK;
}

/* Everything that would answer the question, so that afterwards nothing does. */
static enum loom_err remove_matches(struct loom_vault_file *file,
                                    const struct loom_store_question *question,
                                    size_t *out_removed) {
    struct match found;
    size_t removed = 0;
    enum loom_err err = match(file, question, &found);
    while (err == LOOM_OK && (found.own != NULL || found.adoptable != NULL)) {
        loom_vault_file_remove(file, found.own != NULL ? found.own : found.adoptable);
        removed++;
        err = match(file, question, &found);
    }
    if (err == LOOM_OK)
        *out_removed = removed;
    return err;
}

static enum loom_err vault_remove(struct loom_store *store,
                                  const struct loom_store_question *question,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_vault_change_clear) struct loom_vault_change change = LOOM_VAULT_CHANGE_INIT;
    struct loom_vault *vault = vault_of(store);
    enum loom_err err = look_for(vault, question, error);
    if (err == LOOM_OK)
        err = loom_vault_change_lock(vault, &change, error);
    if (err == LOOM_OK)
        err = loom_vault_change_prepare(vault, &change, error);
    if (err != LOOM_OK)
        return err;
    size_t removed = 0;
    err = remove_matches(&change.content.file, question, &removed);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    if (removed > 0 || change.is_import)
        err = loom_vault_change_commit(vault, &change, error);
    return err == LOOM_OK && removed == 0 ? loom_error_set(error, LOOM_ERR_NOT_FOUND) : err;
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
    free(store);
}

static const struct loom_store_ops vault_ops = {
    .find = vault_find,
    .list = vault_list,
    .save = vault_save,
    .remove = vault_remove,
    .check = vault_check,
    .describe = vault_describe,
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
    *out_vault = &vault->store;
    return LOOM_OK;
}

enum loom_err loom_vault_open(const struct loom_paths *paths, struct loom_store **out_vault) {
    return loom_vault_open_with(paths, loom_random, out_vault);
}
