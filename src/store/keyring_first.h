/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy over the stores: the system keyring first, the vault else, and one authoritative copy.
 *
 *     err = loom_keyring_first_open(keyring, vault, LOOM_PLACE_AUTO, &store);
 *
 * find: both are asked; of two credentials the newer (`obtained_at`; a tie goes to the keyring)
 * answers and the older is removed. save: into the place that `place` says, then removed from the
 * other. remove: from both, and looked for again. check: as save would choose. A damaged vault
 * does not stop the keyring from answering or saving, but a question that the keyring cannot answer
 * gets LOOM_ERR_DAMAGED, never LOOM_ERR_NOT_FOUND.
 *
 * A keyring that is absent, locked, hung or failing (store/keyring.h) is bypassed, one in which the
 * credential has no room as well: the file takes it, and describe tells why. Where a person
 * dismissed the question for the password, or a write was not answered, that is the answer and the
 * file takes nothing. What the file does not have either is LOOM_ERR_NOT_FOUND only when no keyring
 * could hold it.
 *
 * parts: both, the keyring first, whatever `place` says.
 *
 * Without a keyring (`keyring` NULL), LOOM_PLACE_KEYRING is LOOM_ERR_KEYRING.
 */
#ifndef LOOM_STORE_KEYRING_FIRST_H
#define LOOM_STORE_KEYRING_FIRST_H

#include "store/store.h"

enum loom_place {
    LOOM_PLACE_AUTO,    /* the keyring, else the file */
    LOOM_PLACE_KEYRING, /* fail rather than fall back; what the file holds is not asked */
    LOOM_PLACE_FILE,    /* the file, and the keyring is not asked but for a copy to remove */
};

/* Takes both stores over, also when it fails; `keyring` may be NULL. */
LOOM_CHECKED enum loom_err loom_keyring_first_open(struct loom_store *keyring,
                                                   struct loom_store *vault, enum loom_place place,
                                                   struct loom_store **out_store);

#endif
