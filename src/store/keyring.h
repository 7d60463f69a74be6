/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system keyring as a store (store/store.h). One file a platform implements it; on Linux that
 * is the freedesktop.org Secret Service, spoken by gnome-keyring, KeePassXC and KWallet.
 *
 *     struct loom_keyring_options options = {.clock = &clock, .bus_address = ..., ...};
 *     err = loom_keyring_open(&options, &store);       // asks nobody yet
 *
 * An item has the attributes service=loom, username=KEY (loom_store_key), target=default and
 * application=loom, the label "Loom: ORIGIN" and a credential's JSON form as its secret; so other
 * Loom clients find ours and we find theirs. The origin inside the secret decides. What is not a
 * credential of the asked origin is passed over: never handed out, never changed, never destroyed.
 *
 * Errors, beside the store's common ones:
 *   LOOM_ERR_KEYRING_LOCKED           locked, and nobody could be asked or nobody answered
 *   LOOM_ERR_KEYRING with os_error
 *     ENOENT       absent: no bus, no service, no collection, no library
 *     ETIMEDOUT    hung: no answer in time; it is not asked again by this store
 *     ECANCELED    the person dismissed the question for the password
 *     EINPROGRESS  a write that was not answered: it may or may not have been carried out
 *     EIO          it answered with a failure
 *   LOOM_ERR_STORAGE with EFBIG       the credential is too large for a keyring
 *   LOOM_ERR_INTERRUPTED              the clock says that a signal asks to end
 *
 * Every wait has an end: LOOM_KEYRING_FIRST_MS for the first answer, LOOM_KEYRING_CALL_MS for each
 * operation, LOOM_KEYRING_UNLOCK_MS for a person. A search never unlocks by itself, and nothing is
 * written before a read was answered. Saving is not interrupted.
 */
#ifndef LOOM_STORE_KEYRING_H
#define LOOM_STORE_KEYRING_H

#include "base/clock.h"
#include "store/store.h"

#include <stdbool.h>

enum {
    LOOM_KEYRING_FIRST_MS = 2000,   /* until the first answer */
    LOOM_KEYRING_CALL_MS = 5000,    /* an operation of the store */
    LOOM_KEYRING_UNLOCK_MS = 60000, /* until a person has answered */
    LOOM_KEYRING_PROMPT_MS = 1000,  /* an unlock that fails sooner found nobody to ask */
};

struct loom_keyring_options {
    const struct loom_clock *clock; /* borrowed; its sleep says whether to end */
    const char *bus_address;        /* DBUS_SESSION_BUS_ADDRESS, NULL when not set; borrowed */
    const char *runtime_folder;     /* XDG_RUNTIME_DIR, NULL when not set; borrowed */
    int total_ms;                   /* for all operations together, unlocking aside; 0: no limit */
    bool may_ask;                   /* a person sits here and can be asked to unlock */
    /*
     * For suggestions: list() reads no secret, and tells what the labels of items say, which
     * somebody else may have written.
     */
    bool is_by_label;
    /*
     * What somebody else asks for, borrowed: a listing has a person asked only when something is
     * filed for that server or for one above its path, and may leave out what is of other hosts.
     * NULL: whatever is filed.
     */
    const struct loom_origin *meant;
    void (*waiting)(void *context); /* a question is on the screen: say so; may be NULL */
    /*
     * The keyring hears from this process for the first time on a connection, or has answered. May
     * be NULL. One that asks its owner for consent looks in between which program it is.
     */
    void (*greeting)(void *context, bool is_begun);
    void *context; /* of both */
};

/*
 * What a keyring answers can make GLib complain on standard error; not after this. Only for the
 * program, before any keyring is opened: it holds for everybody who uses GLib in this process.
 */
void loom_keyring_silence(void);

LOOM_CHECKED enum loom_err loom_keyring_open(const struct loom_keyring_options *options,
                                             struct loom_store **out_store);

#endif
