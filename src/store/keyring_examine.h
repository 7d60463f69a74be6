/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look at the system keyring as a person who asks why it does not work would, step by step, without
 * a credential and without a store.
 *
 *     struct loom_keyring_findings findings;
 *     err = loom_keyring_examine(&options, &findings);
 *
 * Nothing is ever unlocked and nobody is asked, whatever `options` say. Where the keyring is
 * unlocked, one throw-away item is written, read and deleted again: it holds no secret, says so in
 * its label, and has no attribute that a credential is looked for by. It is deleted on every way
 * out; one that a keyring kept, because it hung or this process was killed, goes with the next
 * examination. Where the keyring would ask its owner before it deletes (KeePassXC), none is made.
 *
 * Every step ends as in store/keyring.h: 2 s for the first answer, 5 s for all of it.
 */
#ifndef LOOM_STORE_KEYRING_EXAMINE_H
#define LOOM_STORE_KEYRING_EXAMINE_H

#include "store/keyring.h"

enum loom_keyring_step {
    LOOM_KEYRING_STEP_BUS,        /* is there a session bus? */
    LOOM_KEYRING_STEP_LIBRARY,    /* is libsecret here? */
    LOOM_KEYRING_STEP_SERVICE,    /* does a keyring answer? */
    LOOM_KEYRING_STEP_COLLECTION, /* does it have a place for new items? */
    LOOM_KEYRING_STEP_LOCK,       /* is that unlocked? */
    LOOM_KEYRING_STEP_WRITE,
    LOOM_KEYRING_STEP_READ, /* what was written comes back */
    LOOM_KEYRING_STEP_DELETE,
    LOOM_KEYRING_STEP_NONE, /* all went well */
};

enum { LOOM_KEYRING_PROGRAM_SIZE = 64 };

struct loom_keyring_findings {
    enum loom_keyring_step failed; /* the first that did not go well; none was made after it */
    int os_error;                  /* why: ENOENT, ETIMEDOUT, EIO, as in store/keyring.h; or 0 */
    /* What the process is called that the keyring is, as it says itself, or "". */
    char program[LOOM_KEYRING_PROGRAM_SIZE];
    bool is_trial_left_out; /* it would have asked its owner */
};

/* LOOM_ERR_INTERRUPTED: a signal asks to end. LOOM_ERR_INTERNAL: no memory. */
LOOM_CHECKED enum loom_err loom_keyring_examine(const struct loom_keyring_options *options,
                                                struct loom_keyring_findings *out_findings);

#endif
