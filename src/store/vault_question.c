/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault_priv.h"

/* ---- What a question means for a file ---- */

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

static enum loom_err match(const struct loom_vault_file *file,
                           const struct loom_store_question *question,
                           struct loom_vault_match *out_match) {
    out_match->own = loom_vault_file_find(file, question->origin->url);
    out_match->adoptable = NULL;
    if (!question->may_adopt)
        return LOOM_OK;
    return find_adoptable(file, question->origin, &out_match->adoptable);
}

/* Everything that would answer the question, so that afterwards nothing does. */
enum loom_err loom_vault_remove_matches(struct loom_vault_file *file,
                                        const struct loom_store_question *question,
                                        size_t *out_removed) {
    struct loom_vault_match found;
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

/* ---- Looking, without a lock ---- */

void loom_vault_look_clear(struct loom_vault_look *look) {
    loom_vault_content_clear(&look->content);
    loom_file_mark_drop(&look->mark);
    loom_folder_close(&look->config);
}

static enum loom_err look_now(const struct loom_vault *vault, bool is_marked,
                              struct loom_vault_look *look, struct loom_error *error) {
    enum loom_err err =
        loom_folder_open(vault->paths.config, LOOM_FOLDER_READ, &look->config, error);
    if (err == LOOM_ERR_NOT_FOUND) /* an absent folder is an absent file */
        return loom_error_set(error, LOOM_OK);
    if (err != LOOM_OK)
        return err;
    if (is_marked)
        look->mark = loom_file_mark_take(&look->config, LOOM_VAULT_NAME);
    return loom_vault_load(&look->config, vault->paths.data, &look->content, error);
}

enum loom_err loom_vault_look_open(const struct loom_vault *vault, struct loom_vault_look *look,
                                   struct loom_error *error) {
    return look_now(vault, false, look, error);
}

enum loom_err loom_vault_look_again(struct loom_vault *vault, struct loom_error *error) {
    struct loom_vault_look *seen = &vault->seen;
    if (loom_file_mark_is_current(&seen->mark, &seen->config, LOOM_VAULT_NAME))
        return LOOM_OK;
    loom_vault_look_clear(seen);
    enum loom_err err = look_now(vault, true, seen, error);
    if (err != LOOM_OK)
        loom_vault_look_clear(seen);
    return err;
}

enum loom_err loom_vault_look_match(struct loom_vault_look *look,
                                    const struct loom_store_question *question) {
    return match(&look->content.file, question, &look->match);
}

enum loom_err loom_vault_look_at(const struct loom_vault *vault,
                                 const struct loom_store_question *question,
                                 struct loom_vault_look *look, struct loom_error *error) {
    enum loom_err err = loom_vault_look_open(vault, look, error);
    if (err != LOOM_OK)
        return err;
    return loom_error_set(error, loom_vault_look_match(look, question));
}

bool loom_vault_look_has_answer(const struct loom_vault_look *look,
                                const struct loom_store_question *question) {
    bool is_import = question->may_adopt && look->content.form == LOOM_VAULT_PLAINTEXT;
    return look->match.own != NULL || look->match.adoptable != NULL || is_import;
}

/* Only now the key is read and the file believed. */
enum loom_err loom_vault_answer(const struct loom_vault *vault, const struct loom_vault_look *look,
                                struct loom_credential *out_credential, struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder data = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_vault_key_wipe) struct loom_vault_key key = {.root = {0}};
    const struct loom_vault_file *file = &look->content.file;
    enum loom_err err = loom_folder_open(vault->paths.data, LOOM_FOLDER_READ, &data, error);
    if (err == LOOM_OK)
        err = loom_vault_key_find(&data, &key, error);
    if (err == LOOM_ERR_NOT_FOUND)
        return loom_vault_judge(&look->config, err, error);
    if (err != LOOM_OK)
        return err;
    err = loom_vault_file_verify(file, &key);
    if (err == LOOM_OK)
        err = loom_vault_record_open(file, &key, look->match.own, out_credential);
    return loom_vault_judge(&look->config, err, error);
}

/* ---- Adopting: the one way in which a question changes the file ---- */

static enum loom_err open_entry(const struct loom_vault_change *change,
                                const struct loom_vault_entry *entry,
                                struct loom_credential *credential, struct loom_error *error) {
    enum loom_err err =
        loom_vault_record_open(&change->content.file, &change->key, entry, credential);
    return loom_vault_judge(&change->config, err, error);
}

/* File an import, which has got its origin, where that belongs. */
static enum loom_err refile(struct loom_vault *vault, struct loom_vault_change *change,
                            struct loom_vault_entry *entry,
                            const struct loom_credential *credential, struct loom_error *error) {
    loom_vault_file_remove(&change->content.file, entry);
    enum loom_err err = loom_vault_change_put(vault, change, credential, error);
    return err == LOOM_OK ? loom_vault_change_commit(vault, change, error) : err;
}

/* Under the lock everything is looked at anew. */
static enum loom_err adopt(struct loom_vault *vault, const struct loom_store_question *question,
                           struct loom_vault_change *change, struct loom_credential *credential,
                           struct loom_error *error) {
    struct loom_vault_match found;
    enum loom_err err = match(&change->content.file, question, &found);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    if (found.own != NULL) /* somebody was faster */
        return open_entry(change, found.own, credential, error);
    if (found.adoptable != NULL) {
        err = open_entry(change, found.adoptable, credential, error);
        credential->has_origin = true;
        credential->origin = *question->origin;
        return err == LOOM_OK ? refile(vault, change, found.adoptable, credential, error) : err;
    }
    if (change->is_import) /* taken over all the same: plaintext does not stay */
        err = loom_vault_change_commit(vault, change, error);
    return err == LOOM_OK ? loom_error_set(error, LOOM_ERR_NOT_FOUND) : err;
}

enum loom_err loom_vault_adopt(struct loom_vault *vault, const struct loom_store_question *question,
                               struct loom_credential *out_credential, struct loom_error *error) {
    LOOM_CLEANUP(loom_vault_change_clear) struct loom_vault_change change = LOOM_VAULT_CHANGE_INIT;
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = loom_vault_change_lock(vault, &change, error);
    if (err == LOOM_OK)
        err = loom_vault_change_prepare(vault, &change, error);
    if (err == LOOM_OK)
        err = adopt(vault, question, &change, &credential, error);
    if (err != LOOM_OK)
        return err;
    *out_credential = credential;
    credential = (struct loom_credential)LOOM_CREDENTIAL_INIT;
    return LOOM_OK;
}
