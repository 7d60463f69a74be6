/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run git and take what it says: outside of any repository, without a question to anybody.
 *
 *     const char *const words[] = {"config", "--global", "--get-all", key, NULL};
 *     LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_GIT_OUT_MAX);
 *     int status;
 *     err = loom_git_run(cli, &(struct loom_git_run){.words = words}, &out, &status, &error);
 *
 * git's own variables that choose a configuration (GIT_CONFIG_GLOBAL, GIT_CONFIG_COUNT and their
 * like) count here as they do for git; those that choose a repository do not.
 */
#ifndef LOOM_CLI_GIT_COMMAND_H
#define LOOM_CLI_GIT_COMMAND_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/cli.h"

#include <stdbool.h>

enum {
    LOOM_GIT_OUT_MAX = 1024 * 1024, /* bytes */
    LOOM_GIT_WORDS_MAX = 16,
    LOOM_GIT_CHANGES_MAX = 512,
    LOOM_GIT_MS = 5000,
};

struct loom_git_run {
    const char *const *words;   /* behind "git", NULL-terminated */
    const char *const *changes; /* of the environment, besides; system/child.h; NULL: none */
    const char *input;          /* NULL: none */
    struct loom_buffer *errors; /* what it says on stderr; NULL: dropped, but for a failure's */
    bool is_change;             /* it writes: not to be stopped half-way by a signal */
};

/* Is there a git? */
bool loom_git_is_there(void);

/*
 * Append what it prints to `out`; *out_status is its exit status, whatever that is: LOOM_OK.
 * LOOM_ERR_NOT_FOUND: there is no git. LOOM_ERR_TIMEOUT: not within LOOM_GIT_MS.
 * LOOM_ERR_INTERRUPTED: a signal asks to end. LOOM_ERR_INTERNAL: it ended by a signal, printed more
 * than fits, or could not be run. error->detail is the last line of what it said on stderr, without
 * "fatal: " and the like, also with LOOM_OK.
 */
LOOM_CHECKED enum loom_err loom_git_run(struct loom_cli *cli, const struct loom_git_run *run,
                                        struct loom_buffer *out, int *out_status,
                                        struct loom_error *error);

#endif
