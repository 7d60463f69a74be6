/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This program's own lines in git's configuration, written and taken out.
 *
 *     [credential "https://loom.example.com/git"]
 *         helper =                                  forget the helpers above, for this server
 *         helper = /usr/bin/loom credential-helper --server https://loom.example.com/git
 *         useHttpPath = true                        only where the server lives under a path
 *     [http "https://loom.example.com/git"]
 *         sslCAInfo = /etc/ssl/company.pem          only where a private authority is known
 *
 * They stand behind whatever else would get the token, as far as git can put them there, and in
 * front of the lines for servers under this one's path.
 *
 * Errors as in cli/git_values.h and cli/git_helpers.h.
 */
#ifndef LOOM_CLI_GIT_SETUP_H
#define LOOM_CLI_GIT_SETUP_H

#include "base/error.h"
#include "base/origin.h"
#include "cli/cli.h"

#include <stdbool.h>

struct loom_git_setup {
    const struct loom_origin *server;
    const char *line;    /* the helper's value; git/helper_value.h */
    const char *ca_file; /* NULL: none is known */
    bool is_ca_named;    /* by the person, just now */
};

/* What came of it. */
struct loom_git_setup_outcome {
    bool has_changed;
    bool has_other_ca; /* another file of authorities stands there, and was left alone */
};

LOOM_CHECKED enum loom_err loom_git_setup_write(struct loom_cli *cli,
                                                const struct loom_git_setup *setup,
                                                struct loom_git_setup_outcome *out_outcome,
                                                struct loom_error *error);

/*
 * Take out what loom_git_setup_write() wrote, with this line or an earlier one. What stands beside
 * it stays, also an empty line that does not belong to ours.
 */
LOOM_CHECKED enum loom_err loom_git_setup_remove(struct loom_cli *cli,
                                                 const struct loom_git_setup *setup,
                                                 struct loom_git_setup_outcome *out_outcome,
                                                 struct loom_error *error);

#endif
