/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look at the vault as a person who asks why it does not work would: what stands there, whose it
 * is, and whether it opens. No secret is opened for it.
 *
 *     struct loom_vault_findings findings;
 *     loom_vault_examine(&paths, &findings);
 *
 * Nothing is made and nothing is written; reading tightens what was loose, as every reading of the
 * vault does, and what is told is how it was before.
 */
#ifndef LOOM_STORE_VAULT_EXAMINE_H
#define LOOM_STORE_VAULT_EXAMINE_H

#include "store/store.h"
#include "system/look.h"

#include <stddef.h>

struct loom_paths; /* system/folder.h */

enum loom_vault_shape { LOOM_VAULT_NONE, LOOM_VAULT_ENCRYPTED, LOOM_VAULT_IMPORTABLE };

struct loom_vault_findings {
    char file_path[LOOM_STORE_PATH_MAX]; /* credentials.json */
    char key_path[LOOM_STORE_PATH_MAX];  /* vault.key */
    struct loom_look config, data, file, key;
    enum loom_vault_shape shape;
    size_t entries_len;
    struct loom_error opens;    /* LOOM_OK: whole, or none; else why not, as store/vault.h says */
    struct loom_error writable; /* LOOM_OK: as far as can be seen without writing */
    size_t forgotten_len;       /* temporary files of saves that were cut short */
};

void loom_vault_examine(const struct loom_paths *paths, struct loom_vault_findings *out_findings);

#endif
