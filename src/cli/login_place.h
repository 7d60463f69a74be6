/* SPDX-License-Identifier: Apache-2.0 */
/* Where a new sign-in is kept, said to the person who signed in. */
#ifndef LOOM_CLI_LOGIN_PLACE_H
#define LOOM_CLI_LOGIN_PLACE_H

struct loom_cli;

/* Say where, why not in the keyring, and what is worth knowing about the file. */
void loom_login_say_place(struct loom_cli *cli);

#endif
