/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What git's configuration says of credentials, outside of any repository, as git itself lists it.
 * The calling sequence is in cli/git_helpers.h.
 */
#ifndef LOOM_CLI_GIT_SETTINGS_H
#define LOOM_CLI_GIT_SETTINGS_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/cli.h"

#include <stdbool.h>
#include <stddef.h>

enum { LOOM_GIT_SETTINGS_MAX = 200 };

/* One `credential.PATTERN.helper` or `.useHttpPath`, as git lists it. */
struct loom_git_setting {
    const char *scope;   /* git's word: "system", "global", "command" and so on */
    const char *file;    /* the file it stands in; NULL: the environment or a command line */
    const char *pattern; /* NULL: for every address */
    const char *value;
    bool is_helper;
};

struct loom_git_settings {
    struct loom_buffer text; /* what all these point into */
    struct loom_git_setting *rows;
    size_t count;
};

#define LOOM_GIT_SETTINGS_INIT                                                                     \
    { .text = LOOM_BUFFER_INIT(1024 * 1024), .rows = NULL, .count = 0 }

/*
 * LOOM_ERR_NOT_FOUND: there is no git. LOOM_ERR_DAMAGED: git cannot read its configuration.
 * LOOM_ERR_BAD_ANSWER: this git is too old to be asked. LOOM_ERR_INTERNAL, LOOM_ERR_TIMEOUT,
 * LOOM_ERR_INTERRUPTED: as loom_git_run(); E2BIG: more than LOOM_GIT_SETTINGS_MAX of them.
 * error->detail is what git says.
 */
LOOM_CHECKED enum loom_err loom_git_settings_read(struct loom_cli *cli,
                                                  struct loom_git_settings *out_settings,
                                                  struct loom_error *error);

void loom_git_settings_clear(struct loom_git_settings *settings);

/* Are they the same, in the same order? */
bool loom_git_settings_is_equal(const struct loom_git_settings *a,
                                const struct loom_git_settings *b);

#endif
