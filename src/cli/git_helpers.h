/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom git asks for a server's password, and to whom it hands what we answered: gitcredentials(7).
 *
 *     LOOM_CLEANUP(loom_git_settings_clear) struct loom_git_settings settings = ..._INIT;
 *     LOOM_CLEANUP(loom_git_helpers_clear) struct loom_git_helpers helpers = ..._INIT;
 *     err = loom_git_settings_read(cli, &settings, &error);               // runs git once
 *     err = loom_git_helpers_find(cli, &settings, &server, &helpers, &error);   // for each server
 *     for (size_t i = 0; i < helpers.count; i++) ... helpers.rows[i] ...
 *
 * git asks those that apply to the address one after the other, in the order in which they are
 * configured, until one answers; and then it hands the answer to all of them, also to those before.
 * An empty value that applies drops what stands before it. Whether a pattern applies is git's own
 * judgement: it is run with helpers that only say that they were called; none of the configured
 * ones is. What a single repository configures is not seen.
 */
#ifndef LOOM_CLI_GIT_HELPERS_H
#define LOOM_CLI_GIT_HELPERS_H

#include "base/error.h"
#include "base/origin.h"
#include "cli/cli.h"
#include "cli/git_settings.h"
#include "git/helper_value.h"

#include <stdbool.h>
#include <stddef.h>

struct loom_git_helper {
    const struct loom_git_setting *setting; /* borrowed from the settings */
    enum loom_git_helper_kind kind;
    bool is_ours;        /* this program, and for this server */
    bool applies;        /* its pattern fits the server's address */
    bool is_after_reset; /* a reset that applies stands before it */
    bool is_asked;       /* git asks it, and hands it our token */
    bool is_asked_below; /* not for the server's address, but for some repositories under it */
};

struct loom_git_helpers {
    struct loom_git_helper *rows; /* all helpers in git's order, resets too; owned */
    size_t count;
    bool names_path; /* git names the path to helpers, for this address (useHttpPath) */
};

#define LOOM_GIT_HELPERS_INIT                                                                      \
    { .rows = NULL, .count = 0, .names_path = false }

/* LOOM_ERR_DAMAGED: git itself does not get that far with this configuration. Others as above. */
LOOM_CHECKED enum loom_err loom_git_helpers_find(struct loom_cli *cli,
                                                 const struct loom_git_settings *settings,
                                                 const struct loom_origin *server,
                                                 struct loom_git_helpers *out_helpers,
                                                 struct loom_error *error);

/* Does git ask this program for this server at all? */
bool loom_git_helpers_use_us(const struct loom_git_helpers *helpers);

/*
 * The same in one call, as far as it can be found out at once; without a git, or with one that
 * fails, nobody is asked.
 */
bool loom_git_asks_us(struct loom_cli *cli, const struct loom_origin *server);

/* Would git hand our token to this one, which is none of ours? */
bool loom_git_helper_gets_token(const struct loom_git_helper *helper);

void loom_git_helpers_clear(struct loom_git_helpers *helpers);

#endif
