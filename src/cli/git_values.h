/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of one key in the file that `git config --global` changes, and changing them: by git
 * alone, never by editing the file.
 *
 *     LOOM_CLEANUP(loom_git_values_clear) struct loom_git_values values = LOOM_GIT_VALUES_INIT;
 *     err = loom_git_values_read(cli, key, &values, error);
 *     err = loom_git_value_add(cli, key, "", error);
 *
 * LOOM_ERR_DAMAGED: git cannot read the file. LOOM_ERR_STORAGE: git could not write it. Others as
 * in cli/git_command.h. error->detail is what git says.
 */
#ifndef LOOM_CLI_GIT_VALUES_H
#define LOOM_CLI_GIT_VALUES_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/cli.h"

#include <stdbool.h>
#include <stddef.h>

enum { LOOM_GIT_VALUES_MAX = 128 };

struct loom_git_values {
    struct loom_buffer text;
    const char *at[LOOM_GIT_VALUES_MAX]; /* into `text`, in the file's order */
    size_t count;
};

#define LOOM_GIT_VALUES_INIT                                                                       \
    { .text = LOOM_BUFFER_INIT(1024 * 1024), .count = 0 }

LOOM_CHECKED enum loom_err loom_git_values_read(struct loom_cli *cli, const char *key,
                                                struct loom_git_values *out_values,
                                                struct loom_error *error);

void loom_git_values_clear(struct loom_git_values *values);

/* Is it there, once or more often? */
bool loom_git_values_have(const struct loom_git_values *values, const char *value);

/* Add one behind those that are there. */
LOOM_CHECKED enum loom_err loom_git_value_add(struct loom_cli *cli, const char *key,
                                              const char *value, struct loom_error *error);

/* Put this one in the place of all that are there. */
LOOM_CHECKED enum loom_err loom_git_value_set(struct loom_cli *cli, const char *key,
                                              const char *value, struct loom_error *error);

/* Take all out that are exactly this, or simply all (NULL). There has to be one. */
LOOM_CHECKED enum loom_err loom_git_value_remove(struct loom_cli *cli, const char *key,
                                                 const char *value, struct loom_error *error);

#endif
