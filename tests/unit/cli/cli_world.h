/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line in memory: what it prints can be read back, the environment says nothing, and the
 * store forgets.
 *
 *     struct cli_world world;
 *     cli_world_open(&world);
 *     (void)loom_failure(&world.cli, &error, &server);
 *     assert_string_equal(cli_world_err(&world), "loom: ...\n");
 *     cli_world_close(&world);
 */
#ifndef LOOM_TESTS_CLI_WORLD_H
#define LOOM_TESTS_CLI_WORLD_H

#include "cli/cli.h"

struct cli_world {
    struct loom_cli cli;
    struct loom_ports ports;
    int stop_fd;
};

/*
 * Call it in main(), before anything is said: no variable that the command line reads is set, the
 * language is English, and text is UTF-8.
 */
void cli_world_calm_environment(void);

void cli_world_open(struct cli_world *world);

/* What was printed since the last look; valid until the next call of the same function. */
const char *cli_world_out(struct cli_world *world);
const char *cli_world_err(struct cli_world *world);

/* Put a credential for this server into the store. */
void cli_world_keep(struct cli_world *world, const char *url);

struct loom_origin cli_world_origin(const char *url);

void cli_world_close(struct cli_world *world);

/* Every line of `text` that is not to be copied has at most 79 columns; the rest at most `most`. */
void assert_fits_screen(const char *what, const char *text, size_t most);

#endif
