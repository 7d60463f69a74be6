/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of somebody else's that uses libloom-credentials, and nothing else of ours: its stories
 * tell it on the command line what to do, and read what came of it on its output, a line
 * `name=value` for each thing.
 */
#ifndef LOOM_TESTS_API_HOST_H
#define LOOM_TESTS_API_HOST_H

#include <loom/credentials.h>
#include <stdbool.h>

/* What to do: argv[0] is the name of a command. Prints what came of it unless `is_quiet`. */
enum loom_credentials_result host_do(const struct loom_credentials *credentials,
                                     const char *const *argv, bool is_quiet);

/* Open as HOST_PLACE, HOST_TIMEOUT_MS, HOST_CA, HOST_PROMPT and HOST_ENVIRONMENT say. */
enum loom_credentials_result host_open(struct loom_credentials **out_credentials, bool is_quiet);

/* host_state.c: run a command, and compare all that belongs to the process before and after. */
int host_inspect(const char *const *argv);

/* host_stress.c: many threads on one opened store: SERVERS... */
int host_stress(const char *const *argv);

/* The same file: COUNT SERVER: that many threads ask for its token at the same moment. */
int host_crowd(const char *const *argv);

/* host_faults.c: let each allocation fail in its turn. */
int host_faults(const char *const *argv);

#endif
