/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other helpers to which git hands our token, told to a person: git hands what one helper answered
 * to all that it asks for that address.
 */
#ifndef LOOM_CLI_GIT_KEEPERS_H
#define LOOM_CLI_GIT_KEEPERS_H

#include "base/origin.h"
#include "cli/cli.h"
#include "cli/git_helpers.h"

/*
 * Name each of them on stderr, and say how to keep it away. `was_set_up`: `loom setup-git` has just
 * done what it can. Returns how many there are.
 */
size_t loom_git_keepers_say(struct loom_cli *cli, const struct loom_git_helpers *helpers,
                            const struct loom_origin *server, bool was_set_up);

#endif
