/* SPDX-License-Identifier: Apache-2.0 */
/* Every command, in the order in which `loom help` lists them. */
#ifndef LOOM_CLI_COMMANDS_H
#define LOOM_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct loom_command loom_command_login;
extern const struct loom_command loom_command_logout;
extern const struct loom_command loom_command_status;
extern const struct loom_command loom_command_token;
extern const struct loom_command loom_command_setup_git;
extern const struct loom_command loom_command_doctor;
extern const struct loom_command loom_command_completion;
extern const struct loom_command loom_command_credential_helper;
extern const struct loom_command loom_command_help;

/* Ends with NULL. */
extern const struct loom_command *const loom_commands[];

/* NULL: there is no such command. */
const struct loom_command *loom_command_find(const char *name);

/* Print the help of one command, or of the program (NULL), on stdout. Returns the exit status. */
int loom_help_print(struct loom_cli *cli, const struct loom_command *command);

#endif
