/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault_priv.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void loom_vault_change_clear(struct loom_vault_change *change) {
    loom_vault_content_clear(&change->content);
    loom_vault_key_wipe(&change->key);
    loom_lock_release(&change->lock);
    loom_folder_close(&change->data);
    loom_folder_close(&change->config);
}

/* What was refused is the credential or the file, not the disk: errno says why. */
static enum loom_err too_large(const struct loom_vault_change *change, int os_error,
                               struct loom_error *error) {
    char path[LOOM_STORE_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", change->config.path, LOOM_VAULT_NAME);
    return loom_error_os(error, LOOM_ERR_STORAGE, os_error, path);
}

enum loom_err loom_vault_change_lock(struct loom_vault *vault, struct loom_vault_change *change,
                                     struct loom_error *error) {
    loom_vault_look_clear(&vault->seen); /* of no more use, and it holds descriptors */
    enum loom_err err =
        loom_folder_open(vault->paths.config, LOOM_FOLDER_WRITE, &change->config, error);
    if (err == LOOM_OK)
        err = loom_folder_open(vault->paths.data, LOOM_FOLDER_WRITE, &change->data, error);
    if (err == LOOM_OK)
        err = loom_lock_take(&change->config, LOOM_VAULT_LOCK_NAME, vault->lock_ms, &change->lock,
                             error);
    if (err != LOOM_OK)
        return err;
    vault->lacks_locks = vault->lacks_locks || change->lock.is_missing;
    loom_file_sweep(&change->config);
    loom_file_sweep(&change->data);
    return loom_vault_load(&change->config, vault->paths.data, &change->content, error);
}

/* A file that was never there, or of which nothing can be lost. */
static enum loom_err start_afresh(struct loom_vault *vault, struct loom_vault_change *change,
                                  struct loom_error *error) {
    struct loom_vault_file *file = &change->content.file;
    return loom_error_set(error, vault->random(file->file_id, sizeof file->file_id));
}

static enum loom_err prepare_import(struct loom_vault *vault, struct loom_vault_change *change,
                                    struct loom_error *error) {
    enum loom_err err = loom_vault_key_prepare(&change->data, vault->random, &change->key, error);
    if (err == LOOM_OK)
        err = start_afresh(vault, change, error);
    if (err != LOOM_OK)
        return err;
    err = loom_legacy_seal(&change->content.legacy, &change->key, vault->random,
                           &change->content.file);
    if (err == LOOM_ERR_STORAGE)
        return too_large(change, EFBIG, error);
    change->is_import = err == LOOM_OK;
    return loom_error_set(error, err);
}

enum loom_err loom_vault_change_prepare(struct loom_vault *vault, struct loom_vault_change *change,
                                        struct loom_error *error) {
    struct loom_vault_file *file = &change->content.file;
    if (change->content.form == LOOM_VAULT_PLAINTEXT)
        return prepare_import(vault, change, error);
    bool has_records = file->count > 0;
    enum loom_err err =
        loom_vault_key_open(&change->data, !has_records, vault->random, &change->key, error);
    if (err == LOOM_ERR_NOT_FOUND)
        return loom_vault_judge(&change->config, err, error);
    if (err != LOOM_OK)
        return err;
    if (change->content.form == LOOM_VAULT_ABSENT)
        return start_afresh(vault, change, error);
    err = loom_vault_file_verify(file, &change->key);
    if (err == LOOM_ERR_NOT_FOUND && !has_records)
        return start_afresh(vault, change, error);
    return loom_vault_judge(&change->config, err, error);
}

/* Where an origin that has no entry yet is filed: its key, or that with the suffix. */
static enum loom_err add_entry(struct loom_vault_file *file, const struct loom_origin *origin,
                               struct loom_vault_entry **out_entry) {
    char key[LOOM_STORE_KEY_MAX];
    enum loom_err err = loom_store_key(origin, false, key);
    if (err == LOOM_OK && loom_vault_file_at(file, key) != NULL)
        err = loom_store_key(origin, true, key);
    /* Two origins with one suffix, too: 40 bits agree by design only. Nobody is overwritten. */
    if (err == LOOM_OK && loom_vault_file_at(file, key) != NULL)
        err = LOOM_ERR_STORAGE;
    return err == LOOM_OK ? loom_vault_file_add(file, key, origin->url, out_entry) : err;
}

/* `obtained_at` never goes back, or a clock set wrong would make an old copy elsewhere the newer.
 */
static enum loom_err obtained_after(const struct loom_vault_change *change,
                                    const struct loom_vault_entry *entry,
                                    struct loom_credential *stored, struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential before = LOOM_CREDENTIAL_INIT;
    enum loom_err err = loom_vault_record_open(&change->content.file, &change->key, entry, &before);
    if (err != LOOM_OK)
        return loom_vault_judge(&change->config, err, error);
    if (stored->obtained_at < before.obtained_at)
        stored->obtained_at = before.obtained_at;
    return LOOM_OK;
}

enum loom_err loom_vault_change_put(struct loom_vault *vault, struct loom_vault_change *change,
                                    const struct loom_credential *credential,
                                    struct loom_error *error) {
    struct loom_credential stored = *credential; /* borrowed: never cleared */
    struct loom_vault_file *file = &change->content.file;
    struct loom_vault_entry *entry = loom_vault_file_find(file, credential->origin.url);
    enum loom_err err = LOOM_OK;
    if (entry != NULL) {
        err = obtained_after(change, entry, &stored, error);
        if (err != LOOM_OK)
            return err;
    } else {
        err = add_entry(file, &credential->origin, &entry);
    }
    if (err == LOOM_OK)
        err = loom_vault_record_seal(file, &change->key, &stored, vault->random, entry);
    if (err == LOOM_ERR_STORAGE)
        return too_large(change, EFBIG, error);
    return loom_error_set(error, err);
}

enum loom_err loom_vault_change_commit(struct loom_vault *vault, struct loom_vault_change *change,
                                       struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_VAULT_FILE_MAX);
    struct loom_vault_file *file = &change->content.file;
    if (file->generation >= loom_vault_generation_max)
        return too_large(change, EOVERFLOW, error);
    file->generation++;
    enum loom_err err = loom_vault_file_sign(file, &change->key);
    if (err == LOOM_OK)
        err = loom_vault_file_print(file, &text);
    if (err == LOOM_ERR_STORAGE)
        return too_large(change, EFBIG, error);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    err = loom_file_replace(&change->config, LOOM_VAULT_NAME, text.data, text.len, error);
    if (err != LOOM_OK)
        return err;
    loom_log(LOOM_LOG_STEPS, "wrote %s/%s", change->config.path, LOOM_VAULT_NAME);
    if (!change->is_import)
        return LOOM_OK;
    vault->has_imported = true;
    /* Everything is safe whether or not this works; the next change tries again. */
    loom_error_ignore(loom_vault_key_promote(&change->data, NULL));
    return LOOM_OK;
}
