/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a code expired before anybody approved it: another one for whoever sits there and presses
 * Enter.
 *
 *     err = loom_login_ask_again(cli);   // LOOM_OK: begin anew
 *
 * Asked is a person at a terminal, and nobody else: not where standard input or standard error is
 * none, not with --json or -q, at a dumb terminal, with LOOM_PLAIN, in CI or in the background.
 */
#ifndef LOOM_CLI_LOGIN_AGAIN_H
#define LOOM_CLI_LOGIN_AGAIN_H

#include "cli/cli.h"

enum {
    LOOM_LOGIN_PATIENCE_MS = 10 * 60 * 1000
}; /* for an answer; then it is as if there was none */

/*
 * LOOM_OK: a new code is wished for. LOOM_ERR_EXPIRED: it is not, or there is nobody to ask.
 * LOOM_ERR_INTERRUPTED: a signal asks to end.
 */
LOOM_CHECKED enum loom_err loom_login_ask_again(struct loom_cli *cli);

#endif
