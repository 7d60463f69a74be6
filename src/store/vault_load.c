/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault_priv.h"

#include "json/json.h"

#include <errno.h>
#include <stdio.h>

enum loom_err loom_vault_damaged(const struct loom_folder *folder, const char *name, int os_error,
                                 struct loom_error *error) {
    char path[LOOM_PATH_MAX + 32];
    (void)snprintf(path, sizeof path, "%s/%s", folder->path, name);
    return loom_error_os(error, LOOM_ERR_DAMAGED, os_error, path);
}

static enum loom_err read_once(const struct loom_folder *config,
                               struct loom_vault_content *out_content, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_VAULT_FILE_MAX);
    enum loom_err err = loom_file_read(config, LOOM_VAULT_NAME, LOOM_FILE_TIGHTEN, &text, error);
    if (err == LOOM_ERR_NOT_FOUND)
        return LOOM_OK; /* what *out_content says already */
    if (err != LOOM_OK)
        return err;
    err = loom_vault_parse(loom_buffer_text(&text), text.len, out_content);
    if (err == LOOM_ERR_DAMAGED)
        return loom_vault_damaged(
            config, LOOM_VAULT_NAME,
            loom_vault_is_newer(loom_buffer_text(&text), text.len) ? EPROTONOSUPPORT : 0, error);
    return err == LOOM_OK ? LOOM_OK : loom_json_error(error, err);
}

/* Only whether a key is there: an import need not, and a question of plaintext must not, read it.
 */
static enum loom_err look_for_key(const char *data_path, bool *out_is_there,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder data = LOOM_FOLDER_INIT;
    enum loom_err err = loom_folder_open(data_path, LOOM_FOLDER_READ, &data, error);
    mode_t mode;
    if (err == LOOM_OK)
        *out_is_there = loom_file_exists(&data, LOOM_VAULT_KEY_NAME, &mode);
    return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : err;
}

enum loom_err loom_vault_load(const struct loom_folder *config, const char *data_path,
                              struct loom_vault_content *out_content, struct loom_error *error) {
    /* A second look, for an import may have ended between reading the file and seeing the key. */
    for (int looks = 0; looks < 2; looks++) {
        struct loom_vault_content content = LOOM_VAULT_CONTENT_INIT;
        bool has_key = false;
        enum loom_err err = read_once(config, &content, error);
        if (err == LOOM_OK && content.form == LOOM_VAULT_PLAINTEXT)
            err = look_for_key(data_path, &has_key, error);
        if (err == LOOM_OK && !has_key) {
            *out_content = content;
            return LOOM_OK;
        }
        loom_vault_content_clear(&content);
        if (err != LOOM_OK)
            return err;
    }
    return loom_vault_damaged(config, LOOM_VAULT_NAME, EEXIST, error);
}

enum loom_err loom_vault_judge(const struct loom_folder *config, enum loom_err err,
                               struct loom_error *error) {
    if (err == LOOM_ERR_NOT_FOUND)
        return loom_vault_damaged(config, LOOM_VAULT_NAME, ENOENT, error);
    if (err == LOOM_ERR_DAMAGED)
        return loom_vault_damaged(config, LOOM_VAULT_NAME, 0, error);
    return err == LOOM_OK ? LOOM_OK : loom_crypto_error(error, err);
}
