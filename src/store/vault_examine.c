/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault_examine.h"

#include "store/vault_priv.h"

#include <errno.h>
#include <stdio.h>

static void look(const struct loom_paths *paths, struct loom_vault_findings *findings) {
    (void)snprintf(findings->file_path, sizeof findings->file_path, "%s/%s", paths->config,
                   LOOM_VAULT_NAME);
    (void)snprintf(findings->key_path, sizeof findings->key_path, "%s/%s", paths->data,
                   LOOM_VAULT_KEY_NAME);
    loom_look_at(paths->config, &findings->config);
    loom_look_at(paths->data, &findings->data);
    loom_look_at(findings->file_path, &findings->file);
    loom_look_at(findings->key_path, &findings->key);
}

static enum loom_err find_key(const struct loom_paths *paths, struct loom_vault_key *out_key,
                              struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder data = LOOM_FOLDER_INIT;
    enum loom_err err = loom_folder_open(paths->data, LOOM_FOLDER_READ, &data, error);
    return err == LOOM_OK ? loom_vault_key_find(&data, out_key, error) : err;
}

/* The same that a sign-in would find when it looks whether there is a place for it. */
static enum loom_err open_all(const struct loom_vault *vault,
                              struct loom_vault_findings *findings) {
    LOOM_CLEANUP(loom_vault_look_clear) struct loom_vault_look seen = LOOM_VAULT_LOOK_INIT;
    LOOM_CLEANUP(loom_vault_key_wipe) struct loom_vault_key key = {.id = {0}};
    struct loom_error *error = &findings->opens;
    enum loom_err err = loom_vault_look_open(vault, &seen, error);
    if (err != LOOM_OK)
        return err;
    bool is_sealed = seen.content.form == LOOM_VAULT_SEALED;
    findings->shape = is_sealed                                   ? LOOM_VAULT_ENCRYPTED
                      : seen.content.form == LOOM_VAULT_PLAINTEXT ? LOOM_VAULT_IMPORTABLE
                                                                  : LOOM_VAULT_NONE;
    findings->entries_len = is_sealed ? seen.content.file.count : seen.content.legacy.count;
    err = find_key(&vault->paths, &key, error);
    if (err == LOOM_ERR_NOT_FOUND)
        return is_sealed ? loom_vault_judge(&seen.config, err, error)
                         : loom_error_set(error, LOOM_OK);
    if (err == LOOM_OK && is_sealed)
        err =
            loom_vault_judge(&seen.config, loom_vault_file_verify(&seen.content.file, &key), error);
    return err;
}

static void try_writing(const struct loom_paths *paths, struct loom_error *error) {
    const char *const folders[] = {paths->config, paths->data};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        int os_error = loom_look_writable(folders[i]);
        if (os_error == 0)
            continue;
        (void)loom_error_os(error, LOOM_ERR_STORAGE, os_error, folders[i]);
        return;
    }
}

void loom_vault_examine(const struct loom_paths *paths, struct loom_vault_findings *out_findings) {
    const struct loom_vault vault = {.paths = *paths};
    *out_findings = (struct loom_vault_findings){.opens = LOOM_ERROR_INIT};
    look(paths, out_findings);
    try_writing(paths, &out_findings->writable);
    out_findings->forgotten_len =
        loom_look_forgotten(paths->config) + loom_look_forgotten(paths->data);
    enum loom_err err = open_all(&vault, out_findings);
    out_findings->opens.code = err;
}
