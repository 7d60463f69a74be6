/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom token: a valid token for a program, on stdout.
 *
 * One of the two doors for a token (the other is git's helper): never onto a terminal unless asked
 * to, and nothing else stands beside it.
 */
#include "base/sentences.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/environment_token.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "cli/refresh_view.h"
#include "cli/server_choice.h"
#include "git/git_credential.h"
#include "session/access.h"
#include "system/lock.h"

#include <string.h>

enum { LEAST_LIFE_S = 60, LIFE_MAX_S = 24 * 3600, TEXT_MAX = 64 * 1024 };

/* A sign-in that has been approved waits for the lock of a refresh, but not for longer than this.
 */
enum { REFRESH_MS = LOOM_LOCK_DEADLINE_MS - 1000 };

/* What is printed. The pointers are borrowed. */
struct answer {
    const struct loom_origin *server;
    const struct loom_secret *token;
    int64_t expires_at; /* epoch seconds; 0: unknown */
    const char *source; /* "stored" or "environment" */
};

static enum loom_err add_raw(const struct answer *answer, struct loom_buffer *out) {
    return loom_buffer_add_text(out, loom_secret_bytes(answer->token));
}

/* RFC 6750 section 2.1. */
static enum loom_err add_header(const struct answer *answer, struct loom_buffer *out) {
    enum loom_err err = loom_buffer_add_text(out, "Authorization: Bearer ");
    return err == LOOM_OK ? add_raw(answer, out) : err;
}

static enum loom_err add_json(const struct answer *answer, struct loom_buffer *out) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    enum loom_err err = loom_json_output_new(NULL, &object);
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "server", answer->server->url);
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "token", loom_secret_bytes(answer->token));
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "token_type", "Bearer");
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "git_username", LOOM_GIT_USERNAME);
    if (err == LOOM_OK)
        err = loom_json_output_time(object, "expires_at", answer->expires_at);
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "source", answer->source);
    return err == LOOM_OK ? loom_json_print(object, out) : err;
}

static const struct {
    const char *word;
    enum loom_err (*add)(const struct answer *answer, struct loom_buffer *out);
} formats[] = {{"raw", add_raw}, {"header", add_header}, {"json", add_json}};

/* Not given, it is the first. */
static size_t find_format(const char *word) {
    size_t row = 0;
    for (size_t i = 0; word != NULL && i < sizeof formats / sizeof formats[0]; i++)
        row = strcmp(formats[i].word, word) == 0 ? i : row;
    return row;
}

/* What one call works with. */
struct call {
    struct loom_cli *cli;
    size_t format; /* a row of `formats` */
    int64_t min_valid_s;
};

static int print(const struct call *call, const struct answer *answer) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(2 * TEXT_MAX);
    enum loom_err err = formats[call->format].add(answer, &text);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(&text, "\n");
    if (err != LOOM_OK)
        return loom_failure(call->cli, &(struct loom_error){.code = err}, answer->server);
    loom_output_raw(&call->cli->out, text.data, text.len);
    return call->cli->out.has_failed ? LOOM_EXIT_FAILURE : LOOM_EXIT_DONE;
}

static int print_stored(const struct call *call, const struct loom_store_question *question) {
    LOOM_CLEANUP(loom_access_clear) struct loom_access access = LOOM_ACCESS_INIT;
    const struct loom_access_need need = {.min_valid_s = call->min_valid_s,
                                          .timeout_ms = REFRESH_MS};
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_session session = loom_cli_session(call->cli);
    enum loom_err err = loom_access_find(&session, question, &need, &access, &error);
    if (err == LOOM_ERR_EXPIRED)
        return loom_refresh_view_expired(call->cli, question->origin);
    if (err != LOOM_OK) {
        error.code = err;
        return loom_failure(call->cli, &error, question->origin);
    }
    loom_refresh_view_trouble(call->cli, &access);
    return print(call, &(struct answer){.server = question->origin,
                                        .token = access.credential.token,
                                        .expires_at = access.credential.expires_at,
                                        .source = "stored"});
}

/* Nobody named a server: the only one there is. */
static int print_only(const struct call *call) {
    struct loom_cli *cli = call->cli;
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_origin server;
    int status = LOOM_EXIT_USAGE;
    if (loom_cli_open_store(cli, &error) != LOOM_OK)
        return loom_failure(cli, &error, NULL);
    enum loom_choice choice = loom_server_choose(cli, NULL, &server, &status);
    if (choice == LOOM_CHOICE_NOTHING)
        return loom_refresh_view_nowhere(cli);
    return choice == LOOM_CHOICE_ONLY
               ? print_stored(call, &(struct loom_store_question){&server, false})
               : status;
}

/* The environment's token wins for its server, and needs no store at all. */
static int print_named(const struct call *call, const struct loom_origin *own,
                       const struct loom_origin *server) {
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    struct loom_cli *cli = call->cli;
    struct loom_error error = LOOM_ERROR_INIT;
    if (own != NULL && loom_origin_is_equal(own, server)) {
        enum loom_err err = loom_environment_token_take(cli, &token);
        if (err != LOOM_OK)
            return loom_environment_token_status(err);
        return print(call,
                     &(struct answer){.server = server, .token = token, .source = "environment"});
    }
    if (loom_cli_open_store(cli, &error) != LOOM_OK)
        return loom_failure(cli, &error, NULL);
    return print_stored(call, &(struct loom_store_question){server, true});
}

static int choose_and_print(const struct call *call, const char *argument) {
    struct loom_cli *cli = call->cli;
    struct loom_origin own, server;
    int status = LOOM_EXIT_USAGE;
    enum loom_err err = loom_environment_token_server(cli, &own);
    if (err != LOOM_OK && err != LOOM_ERR_NOT_FOUND)
        return loom_environment_token_status(err);
    if (argument == NULL && cli->options.server == NULL && cli->environment.server == NULL)
        return print_only(call);
    if (loom_server_choose(cli, argument, &server, &status) != LOOM_CHOICE_NAMED)
        return status;
    return print_named(call, err == LOOM_OK ? &own : NULL, &server);
}

static int refuse_terminal(struct loom_cli *cli) {
    return loom_failure_usage(
        cli,
        N_("A token is a secret, and this is a terminal: it would stay on the screen and in its "
           "history. Send it to a program or a file, or show it with this option:"
           "\n\n    --reveal\n"),
        NULL);
}

/* Not given leaves the default. */
static bool read_min_valid(const char *typed, int64_t *min_valid_s) {
    uint64_t seconds = 0;
    if (typed == NULL)
        return true;
    bool is_number = loom_text_parse_number(typed, strlen(typed), LIFE_MAX_S, &seconds);
    if (is_number)
        *min_valid_s = (int64_t)seconds;
    return is_number;
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    struct call call = {.cli = cli, .min_valid_s = LEAST_LIFE_S};
    call.format = find_format(cli->options.format);
    if (!read_min_valid(cli->options.min_valid, &call.min_valid_s))
        return loom_failure_usage(cli, loom_sentence_usage(LOOM_USAGE_MIN_VALID), NULL);
    if (cli->out.is_terminal && cli->options.reveal == 0)
        return refuse_terminal(cli);
    enum loom_err err = loom_cli_trust_ca_file(cli);
    if (err != LOOM_OK)
        return loom_environment_token_status(err);
    loom_cli_catch_signals(cli);
    int status = choose_and_print(&call, argc > 0 ? argv[0] : NULL);
    return loom_cli_was_interrupted() ? LOOM_EXIT_BY_SIGNAL : status;
}

static const struct loom_option options[] = {
    {"min-valid", '\0', "SECONDS", N_("get a new one if it is good for less (60)"),
     LOOM_OPTION_AT(min_valid)},
    {"format", '\0', "raw|header|json", N_("how to print it"), LOOM_OPTION_AT(format)},
    {"reveal", '\0', NULL, N_("print it even to a terminal"), LOOM_OPTION_AT(reveal)},
    LOOM_OPTIONS_END,
};

const struct loom_command loom_command_token = {
    .name = "token",
    .arguments = "[URL]",
    .arguments_max = 1,
    .summary = N_("print a valid token for a program"),
    .description =
        N_("Prints the token of your sign-in, and gets a new one first where the server gives new "
           "ones out. The server itself is not asked whether it still accepts the token. To find "
           "that out, run:\n\n    loom status"),
    .options = options,
    .run = run,
};
