/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other helpers to which git hands our token, told to a person: git hands what one helper answered
 * to all that it asks for that address.
 */
#ifndef LOOM_CLI_GIT_KEEPERS_H
#define LOOM_CLI_GIT_KEEPERS_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/origin.h"
#include "cli/cli.h"
#include "cli/git_helpers.h"

/*
 * Append what a helper is called, or the program that it is; never its arguments, which may hold a
 * password. LOOM_ERR_NOT_FOUND: it has no name, as a command of the shell.
 */
LOOM_CHECKED enum loom_err loom_git_keeper_add_name(struct loom_buffer *out, const char *value);

/*
 * Name each of them on stderr, and say how to keep it away. `was_set_up`: `loom setup-git` has just
 * done what it can. Returns how many there are.
 */
size_t loom_git_keepers_say(struct loom_cli *cli, const struct loom_git_helpers *helpers,
                            const struct loom_origin *server, bool was_set_up);

/* The same for a server that git asks this program for; for any other, nothing. */
void loom_git_keepers_look(struct loom_cli *cli, const struct loom_git_settings *settings,
                           const struct loom_origin *server);

#endif
