/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a command fails: one call says it on stderr, prints it with --json, and gives the exit
 * status.
 *
 *     if (loom_cli_open_store(cli, &error) != LOOM_OK)
 *         return loom_failure(cli, &error, NULL);
 *
 * What is said stands in cli/report.h.
 */
#ifndef LOOM_CLI_FAILURE_H
#define LOOM_CLI_FAILURE_H

#include "cli/cli.h"
#include "cli/say.h"

struct loom_origin;

/*
 * Say what happened and what to do next, on stderr, and return the exit status. `server` NULL: no
 * server is concerned. With --json, {"schema":1,"error":...} goes to stdout as well.
 */
int loom_failure(struct loom_cli *cli, const struct loom_error *error,
                 const struct loom_origin *server);

/* Say a usage error of its own words and return LOOM_EXIT_USAGE; with --json as above. */
int loom_failure_usage(struct loom_cli *cli, const char *message, const struct loom_words *words);

#endif
