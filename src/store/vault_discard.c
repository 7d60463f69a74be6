/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault_priv.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LEN = 64, ASIDE_TRIES = 1000 };

struct inspection {
    struct loom_folder config;
    struct loom_folder data;
    struct loom_lock lock;
    struct loom_vault_key key;
    enum loom_err key_err; /* of the key: fine, none, or damaged */
    bool is_file_bad;
};

static void inspection_clear(struct inspection *inspection) {
    loom_vault_key_wipe(&inspection->key);
    loom_lock_release(&inspection->lock);
    loom_folder_close(&inspection->data);
    loom_folder_close(&inspection->config);
}

static bool is_open(const struct loom_folder *folder) {
    return folder->fd >= 0;
}

/* A missing folder stays missing. */
static enum loom_err open_folder(const char *path, struct loom_folder *out_folder,
                                 struct loom_error *error) {
    enum loom_err err = loom_folder_open(path, LOOM_FOLDER_READ, out_folder, error);
    return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : err;
}

static enum loom_err enter(const struct loom_paths *paths, struct inspection *inspection,
                           struct loom_error *error) {
    enum loom_err err = open_folder(paths->config, &inspection->config, error);
    if (err == LOOM_OK)
        err = open_folder(paths->data, &inspection->data, error);
    if (err == LOOM_OK && is_open(&inspection->config))
        err = loom_lock_take(&inspection->config, LOOM_VAULT_LOCK_NAME, LOOM_LOCK_DEADLINE_MS,
                             &inspection->lock, error);
    return err;
}

static enum loom_err inspect_key(struct inspection *inspection, struct loom_error *error) {
    inspection->key_err = LOOM_ERR_NOT_FOUND;
    if (is_open(&inspection->data))
        inspection->key_err = loom_vault_key_find(&inspection->data, &inspection->key, error);
    bool is_known = inspection->key_err == LOOM_OK || inspection->key_err == LOOM_ERR_NOT_FOUND ||
                    inspection->key_err == LOOM_ERR_DAMAGED;
    return is_known ? LOOM_OK : inspection->key_err;
}

/* Does every record open? Whoever could write one that does not holds the key, but not its sense.
 */
static enum loom_err open_all(const struct loom_vault_file *file,
                              const struct loom_vault_key *key) {
    enum loom_err err = LOOM_OK;
    for (size_t i = 0; i < file->count && err == LOOM_OK; i++) {
        LOOM_CLEANUP(loom_credential_clear)
        struct loom_credential credential = LOOM_CREDENTIAL_INIT;
        err = loom_vault_record_open(file, key, &file->entries[i], &credential);
    }
    return err;
}

static enum loom_err inspect_sealed(struct inspection *inspection,
                                    const struct loom_vault_file *file) {
    if (inspection->key_err != LOOM_OK) {
        inspection->is_file_bad = file->count > 0;
        return LOOM_OK;
    }
    enum loom_err err = loom_vault_file_verify(file, &inspection->key);
    /* Empty and of another key: the next save starts afresh. */
    if (err == LOOM_ERR_NOT_FOUND && file->count == 0)
        return LOOM_OK;
    if (err == LOOM_OK)
        err = open_all(file, &inspection->key);
    inspection->is_file_bad = err == LOOM_ERR_DAMAGED || err == LOOM_ERR_NOT_FOUND;
    return inspection->is_file_bad ? LOOM_OK : err;
}

static enum loom_err inspect_file(struct inspection *inspection, struct loom_error *error) {
    LOOM_CLEANUP(loom_vault_content_clear)
    struct loom_vault_content content = LOOM_VAULT_CONTENT_INIT;
    if (!is_open(&inspection->config))
        return LOOM_OK;
    enum loom_err err =
        loom_vault_load(&inspection->config, inspection->data.path, &content, error);
    if (err == LOOM_ERR_DAMAGED) {
        inspection->is_file_bad = true;
        return LOOM_OK;
    }
    if (err != LOOM_OK || content.form != LOOM_VAULT_SEALED)
        return err;
    return loom_error_set(error, inspect_sealed(inspection, &content.file));
}

/* 20260131T235959Z */
static void format_stamp(int64_t epoch_s, char out_stamp[static LOOM_UTC_SIZE]) {
    char text[LOOM_UTC_SIZE];
    size_t len = 0;
    loom_text_format_utc(epoch_s, text);
    for (const char *at = text; *at != '\0'; at++)
        if (*at != '-' && *at != ':')
            out_stamp[len++] = *at;
    out_stamp[len] = '\0';
}

/* Never over an existing name: what was put aside before stays. */
static enum loom_err move_aside(const struct loom_folder *folder, const char *name,
                                int64_t now_epoch_s, char out_path[static LOOM_STORE_PATH_MAX],
                                struct loom_error *error) {
    char stamp[LOOM_UTC_SIZE], aside[NAME_MAX_LEN], count[16] = "";
    format_stamp(now_epoch_s, stamp);
    enum loom_err err = LOOM_OK;
    for (int i = 2; i < ASIDE_TRIES; i++) {
        mode_t mode;
        (void)snprintf(aside, sizeof aside, "%s.damaged-%s%s", name, stamp, count);
        (void)snprintf(count, sizeof count, "-%d", i);
        if (loom_file_exists(folder, aside, &mode))
            continue;
        err = loom_file_move(folder, name, aside, error);
        if (err == LOOM_OK)
            (void)snprintf(out_path, LOOM_STORE_PATH_MAX, "%s/%s", folder->path, aside);
        return err;
    }
    return loom_error_os(error, LOOM_ERR_STORAGE, EEXIST, folder->path);
}

enum loom_err loom_vault_discard_damaged(const struct loom_paths *paths, int64_t now_epoch_s,
                                         char out_path[static LOOM_STORE_PATH_MAX],
                                         struct loom_error *error) {
    LOOM_CLEANUP(inspection_clear)
    struct inspection inspection = {
        .config = LOOM_FOLDER_INIT, .data = LOOM_FOLDER_INIT, .lock = LOOM_LOCK_INIT};
    enum loom_err err = enter(paths, &inspection, error);
    if (err == LOOM_OK)
        err = inspect_key(&inspection, error);
    if (err == LOOM_OK)
        err = inspect_file(&inspection, error);
    if (err != LOOM_OK)
        return err;
    bool is_key_bad = inspection.key_err == LOOM_ERR_DAMAGED;
    if (!is_key_bad && !inspection.is_file_bad)
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    char path[LOOM_STORE_PATH_MAX];
    if (is_key_bad) {
        mode_t mode;
        bool is_named = loom_file_exists(&inspection.data, LOOM_VAULT_KEY_NAME, &mode);
        err =
            move_aside(&inspection.data, is_named ? LOOM_VAULT_KEY_NAME : LOOM_VAULT_NEXT_KEY_NAME,
                       now_epoch_s, path, error);
    }
    if (err == LOOM_OK && inspection.is_file_bad)
        err = move_aside(&inspection.config, LOOM_VAULT_NAME, now_epoch_s, path, error);
    if (err != LOOM_OK)
        return err;
    memcpy(out_path, path, sizeof path);
    return loom_error_set(error, LOOM_OK);
}
