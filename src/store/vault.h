/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encrypted credentials file, byte for byte as docs/VAULT-FORMAT.md has it.
 *
 *     struct loom_store *vault;
 *     err = loom_vault_open(&paths, &vault);      // touches no file yet
 *
 * Reading takes no lock and sees the old or the new file. Saving is lock, read and verify, change,
 * replace; untouched entries are copied byte for byte. A question that matches no origin in the
 * file is answered with LOOM_ERR_NOT_FOUND before the key is read. A file that does not verify, has
 * another version or has lost its key is LOOM_ERR_DAMAGED, its path in the detail, and left alone;
 * os_error then says ENOENT when its key is missing or another one, EEXIST when it is plaintext
 * beside a key, else 0. A key file that cannot be used is LOOM_ERR_DAMAGED with its own path.
 * A credential or a file beyond its caps is LOOM_ERR_STORAGE with EFBIG.
 *
 * list() reads neither key nor records and verifies nothing; find() verifies what is then asked.
 * remove() takes everything that would answer its question, so that afterwards nothing does.
 *
 * While no vault.key exists, a plaintext file that another Loom client left in the place of
 * credentials.json is taken over: sealed, its origins unknown, its plaintext replaced. With a key
 * there, plaintext is damage. find() and remove() with may_adopt, and save(), take over; find()
 * without does not, nor does check(), nor list(), which shows the entries all the same.
 */
#ifndef LOOM_STORE_VAULT_H
#define LOOM_STORE_VAULT_H

#include "store/store.h"

struct loom_paths; /* system/folder.h */

/* The paths are copied. LOOM_ERR_INTERNAL: no memory. */
LOOM_CHECKED enum loom_err loom_vault_open(const struct loom_paths *paths,
                                           struct loom_store **out_vault);

/*
 * For who has little time: wait for the lock of the file no longer than this, each time it is
 * needed, in place of LOOM_LOCK_DEADLINE_MS.
 */
void loom_vault_set_patience(struct loom_store *vault, int lock_ms);

enum { LOOM_VAULT_ASIDE_MAX = 256 };

/*
 * If the file is damaged, move it aside as credentials.json.damaged-YYYYMMDDTHHMMSSZ (with -2, -3
 * ... when taken), and a key file that cannot be used likewise. LOOM_ERR_NOT_FOUND: nothing is
 * damaged. `out_path` gets the new path of credentials.json (of the key, if that alone was bad).
 */
LOOM_CHECKED enum loom_err loom_vault_discard_damaged(const struct loom_paths *paths,
                                                      int64_t now_epoch_s,
                                                      char out_path[static LOOM_STORE_PATH_MAX],
                                                      struct loom_error *error);

#endif
