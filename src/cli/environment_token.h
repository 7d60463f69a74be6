/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token of LOOM_TOKEN or LOOM_TOKEN_FILE: for exactly the server in LOOM_SERVER, before any
 * stored one, and without a home or a disk that can be written.
 *
 *     switch (loom_environment_token_for(cli, &server, &token)) {
 *     case LOOM_OK:            ... token ...
 *     case LOOM_ERR_NOT_FOUND: ... look into the store ...
 *     default:                 ... it was said what is wrong ...
 */
#ifndef LOOM_CLI_ENVIRONMENT_TOKEN_H
#define LOOM_CLI_ENVIRONMENT_TOKEN_H

#include "cli/cli.h"

/*
 * Is there a token, and for which server? LOOM_ERR_NOT_FOUND: none. LOOM_ERR_USAGE: a token without
 * a server, or a server that is none; LOOM_ERR_INTERNAL: no memory. It was said.
 */
LOOM_CHECKED enum loom_err loom_environment_token_server(struct loom_cli *cli,
                                                         struct loom_origin *out_server);

/*
 * The token itself. LOOM_ERR_USAGE, LOOM_ERR_STORAGE: it is none, or cannot be read;
 * LOOM_ERR_INTERNAL: no memory. It was said.
 */
LOOM_CHECKED enum loom_err loom_environment_token_take(struct loom_cli *cli,
                                                       struct loom_secret **out_token);

/* Both: the token when it is for `server`. Errors as above, and LOOM_ERR_NOT_FOUND. */
LOOM_CHECKED enum loom_err loom_environment_token_for(struct loom_cli *cli,
                                                      const struct loom_origin *server,
                                                      struct loom_secret **out_token);

/* The exit status of an error of these that was said: a variable is wrong, but for
 * LOOM_ERR_INTERNAL. */
int loom_environment_token_status(enum loom_err err);

#endif
