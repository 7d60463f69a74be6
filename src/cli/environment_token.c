/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/environment_token.h"

#include "base/sentences.h"
#include "cli/failure.h"
#include "cli/server_choice.h"

#include <errno.h>

enum loom_err loom_environment_token_server(struct loom_cli *cli, struct loom_origin *out_server) {
    const struct loom_environment *environment = &cli->environment;
    if (!loom_environment_has_token(environment))
        return LOOM_ERR_NOT_FOUND;
    if (environment->server != NULL) {
        enum loom_err err = loom_server_parse(cli, environment->server, out_server);
        if (err == LOOM_ERR_INTERNAL)
            (void)loom_failure(cli, &(struct loom_error){.code = err}, NULL);
        return err;
    }
    (void)loom_failure_usage(cli, loom_sentence_usage(LOOM_USAGE_LONELY_TOKEN), NULL);
    return LOOM_ERR_USAGE;
}

/*
 * A file that is too large for a token holds none; any other trouble is that of reading it, but for
 * want of memory, which has no detail.
 */
static void say_bad_token(struct loom_cli *cli, const struct loom_error *error) {
    bool is_read = error->code == LOOM_ERR_USAGE || error->os_error == EFBIG;
    if (error->code == LOOM_OK || error->code == LOOM_ERR_INTERNAL) {
        (void)loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
        return;
    }
    (void)loom_failure_usage(
        cli, loom_sentence_usage(is_read ? LOOM_USAGE_NO_TOKEN : LOOM_USAGE_TOKEN_FILE),
        &(struct loom_words){.detail = error->detail});
}

enum loom_err loom_environment_token_take(struct loom_cli *cli, struct loom_secret **out_token) {
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = loom_environment_token(&cli->environment, out_token, &error);
    if (err != LOOM_OK)
        say_bad_token(cli, &error);
    return err;
}

enum loom_err loom_environment_token_for(struct loom_cli *cli, const struct loom_origin *server,
                                         struct loom_secret **out_token) {
    struct loom_origin own;
    enum loom_err err = loom_environment_token_server(cli, &own);
    if (err == LOOM_OK && !loom_origin_is_equal(&own, server))
        err = LOOM_ERR_NOT_FOUND;
    return err == LOOM_OK ? loom_environment_token_take(cli, out_token) : err;
}

int loom_environment_token_status(enum loom_err err) {
    return err == LOOM_ERR_INTERNAL ? LOOM_EXIT_FAILURE : LOOM_EXIT_USAGE;
}
