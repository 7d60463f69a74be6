/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include <string.h>

/* As `loom help` lists them. */
/* clang-format off */
const struct loom_command *const loom_commands[] = {
    &loom_command_login,
    &loom_command_logout,
    &loom_command_status,
    &loom_command_token,
    &loom_command_setup_git,
    &loom_command_doctor,
    &loom_command_completion,
    &loom_command_credential_helper,
    &loom_command_help,
    NULL,
};
/* clang-format on */

const struct loom_command *loom_command_find(const char *name) {
    const struct loom_command *const *row = loom_commands;
    while (*row != NULL && strcmp((*row)->name, name) != 0)
        row++;
    return *row;
}
