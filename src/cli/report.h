/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an error to what a person is told, in their language, and to an exit status. The sentences
 * and the codes stand in base/sentences.h.
 */
#ifndef LOOM_CLI_REPORT_H
#define LOOM_CLI_REPORT_H

#include "cli/cli.h"
#include "cli/say.h"

struct loom_origin;

/*
 * Say what happened and what to do next, on stderr, and return the exit status. `server` NULL: no
 * server is concerned. A command that can print JSON calls loom_failure() instead.
 */
int loom_report_say(struct loom_cli *cli, const struct loom_error *error,
                    const struct loom_origin *server);

/* The sentence, for cli/say.h: {detail} and {text} are the error's detail, {status} the HTTP one.
 */
const char *loom_report_sentence(const struct loom_error *error);

/* The exit status of an error. */
int loom_report_status(const struct loom_error *error);

/* Append the sentence, the command to run included, in English: for "message" in JSON. */
LOOM_CHECKED enum loom_err loom_report_message(const struct loom_error *error,
                                               const struct loom_origin *server,
                                               struct loom_buffer *out);

/* The word for "code" in JSON. */
const char *loom_report_code(const struct loom_error *error);

#endif
