/* SPDX-License-Identifier: Apache-2.0 */
/* The system keyring, as the command line opens it: who may be asked, and how long it may take. */
#ifndef LOOM_CLI_OPEN_KEYRING_H
#define LOOM_CLI_OPEN_KEYRING_H

#include "cli/cli.h"
#include "store/keyring.h"

/*
 * Open the keyring, which asks nobody yet. With `is_wanted` a person is asked to unlock it only
 * where a window can appear to the one who sits here: with a display, not in a remote session, and
 * in the helper only when stderr is a terminal and GIT_TERMINAL_PROMPT is not 0; without, never.
 * `cli` must outlive the store.
 */
LOOM_CHECKED enum loom_err loom_cli_open_keyring(struct loom_cli *cli, bool is_wanted,
                                                 struct loom_store **out_keyring);

/* How it is opened, for whoever looks at it without a store. `cli` must outlive them. */
void loom_cli_keyring_options(struct loom_cli *cli, bool is_wanted,
                              struct loom_keyring_options *out_options);

#endif
