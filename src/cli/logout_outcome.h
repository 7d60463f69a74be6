/* SPDX-License-Identifier: Apache-2.0 */
/* What became of each server that was signed out of: as a person reads it, and as JSON. */
#ifndef LOOM_CLI_LOGOUT_OUTCOME_H
#define LOOM_CLI_LOGOUT_OUTCOME_H

#include "cli/cli.h"
#include "session/sign_out.h"
#include "json/json.h"

struct loom_logout_outcome {
    const struct loom_origin *server;
    struct loom_signed_out signed_out;
    struct loom_error error; /* of the store; LOOM_OK when it worked */
    bool is_skipped;         /* a signal came before: it is as it was */
};

/* Say it. `told` is what hid a place from earlier ones: one trouble is told once. */
void loom_logout_outcome_say(struct loom_cli *cli, const struct loom_logout_outcome *outcome,
                             struct loom_error *told);

/* Say `error` unless it is the one that was told; then it is. */
void loom_logout_trouble_say(struct loom_cli *cli, const struct loom_error *error,
                             const struct loom_origin *server, struct loom_error *told);

int loom_logout_outcome_status(const struct loom_logout_outcome *outcome);

LOOM_CHECKED enum loom_err loom_logout_outcome_add(struct loom_json *array,
                                                   const struct loom_logout_outcome *outcome);

#endif
