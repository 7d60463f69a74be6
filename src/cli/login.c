/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom login: choose the server, refuse what cannot end well, sign in, tell how it went.
 */
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/login_view.h"
#include "cli/server_choice.h"
#include "oauth/oauth.h"
#include "session/sign_in.h"
#include "store/store.h"
#include "system/stream.h"

#include <unistd.h>

/* In CI without a terminal nobody sees the code, and the job would hang until it expires. */
static bool is_hopeless(const struct loom_cli *cli) {
    return cli->environment.is_ci && !cli->err.is_terminal && cli->options.json == 0 &&
           cli->options.no_browser == 0 && cli->options.with_token == 0;
}

static int refuse_in_ci(struct loom_cli *cli) {
    return loom_failure_usage(
        cli,
        N_("This looks like a CI job without a terminal: nobody can approve a "
           "sign-in here. Give the job a token in these variables instead:"
           "\n\n    LOOM_SERVER\n    LOOM_TOKEN\n\nIf somebody does watch "
           "this output, add one of these options:\n\n    --no-browser\n    --json\n"),
        NULL);
}

static int ask_for_server(struct loom_cli *cli) {
    return loom_failure_usage(cli,
                              N_("Say which server to sign in to, like this:"
                                 "\n\n    loom login --server https://loom.example.com\n\n"
                                 "To name it once and for all, set LOOM_SERVER in your shell's "
                                 "profile."),
                              NULL);
}

/*
 * What no request can carry is refused before one is made: RFC 6749 appendix A.1 and section 3.3.
 * NULL: nothing of that kind.
 */
static const char *find_unsendable(const struct loom_options *wish) {
    if (wish->client_id != NULL && !loom_oauth_is_client_id(wish->client_id))
        return N_("This client ID cannot be sent. It has 1 to 255 letters, digits and signs of "
                  "ASCII, and no blank at its ends:\n\n    --client-id ID\n");
    if (wish->scope != NULL && !loom_oauth_is_scope(wish->scope))
        return N_("This scope cannot be sent. It has words of ASCII letters, digits and signs, and "
                  "one blank between two of them:\n\n    --scope SCOPE\n");
    return NULL;
}

static void ask_for_token(void *context) {
    struct loom_cli *cli = context;
    loom_say_always(&cli->err, N_("Paste the token and press Enter. It is not shown."), NULL);
}

static enum loom_err read_line(struct loom_cli *cli, struct loom_buffer *out,
                               struct loom_error *error) {
    struct loom_hidden_line line = {STDIN_FILENO, *cli->ports->stop_fd, ask_for_token, cli};
    if (!loom_stream_is_terminal(STDIN_FILENO))
        return loom_stream_read(STDIN_FILENO, line.stop_fd, NULL, out, error);
    enum loom_err err = loom_stream_read_hidden(&line, out, error);
    loom_output_raw(&cli->err, "\n", 1); /* the Enter that was not shown */
    return err;
}

static enum loom_err read_given_token(struct loom_cli *cli, struct loom_secret **out_token,
                                      struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer line = LOOM_BUFFER_INIT(LOOM_TOKEN_FILE_MAX);
    /* Nobody pastes what could not be kept; and a keyring is greeted before there is a secret. */
    enum loom_err err = cli->store->ops->check(cli->store, error);
    if (err != LOOM_OK)
        return err;
    err = read_line(cli, &line, error);
    if (err == LOOM_ERR_STORAGE) /* of a stream, not of the place where credentials are kept */
        return loom_error_detail(error, LOOM_ERR_USAGE,
                                 N_("Standard input cannot be read. Give the token like this:\n\n"
                                    "    loom login --with-token < FILE\n"));
    if (err == LOOM_OK)
        err = loom_token_from_line(loom_buffer_text(&line), line.len, out_token);
    if (err == LOOM_ERR_USAGE)
        return loom_error_detail(error, err,
                                 N_("What came on standard input is not a token: one line of "
                                    "letters, digits and signs, without blanks."));
    return err == LOOM_OK || error->code == err ? err : loom_error_set(error, err);
}

static int sign_in(struct loom_cli *cli, const struct loom_origin *server, const char *ca_file) {
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *given = NULL;
    LOOM_CLEANUP(loom_signed_in_clear) struct loom_signed_in signed_in = LOOM_SIGNED_IN_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_login_view view;
    struct loom_session session = loom_cli_session(cli);
    struct loom_prompt prompt = loom_login_view_open(&view, cli, server);
    enum loom_err err = LOOM_OK;
    if (cli->options.with_token > 0)
        err = read_given_token(cli, &given, &error);
    if (err == LOOM_OK) {
        struct loom_sign_in_wish wish = {
            .origin = server,
            .ca_file = cli->options.cacert != NULL ? ca_file : NULL,
            .usual_ca_file = ca_file,
            .given = given,
            .client_id = cli->options.client_id,
            .scope = cli->options.scope,
        };
        err = loom_sign_in(&session, &wish, &prompt, &signed_in, &error);
    }
    return err == LOOM_OK ? loom_login_view_done(&view, &signed_in)
                          : loom_login_view_failed(&view, &signed_in, &error);
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    LOOM_CLEANUP(loom_string_drop) char *ca_file = NULL;
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_origin server;
    int status = LOOM_EXIT_USAGE;
    if (is_hopeless(cli))
        return refuse_in_ci(cli);
    const char *unsendable = find_unsendable(&cli->options);
    if (unsendable != NULL)
        return loom_failure_usage(cli, unsendable, NULL);
    /* Before the keyring is asked which servers there are: that may wait for a person. */
    loom_cli_catch_signals(cli);
    if (loom_cli_open_store(cli, &error) != LOOM_OK)
        return loom_failure(cli, &error, NULL);
    switch (loom_server_choose(cli, argc > 0 ? argv[0] : NULL, &server, &status)) {
    case LOOM_CHOICE_NAMED:
    case LOOM_CHOICE_ONLY:
        break;
    case LOOM_CHOICE_NOTHING:
        return ask_for_server(cli);
    case LOOM_CHOICE_SEVERAL:
    case LOOM_CHOICE_FAILED:
        return status;
    }
    if (loom_cli_ca_file(cli, &ca_file) != LOOM_OK)
        return LOOM_EXIT_USAGE;
    return sign_in(cli, &server, ca_file);
}

static const struct loom_option options[] = {
    {"no-browser", '\0', NULL, N_("do not open a browser"), LOOM_OPTION_AT(no_browser)},
    {"qr", '\0', NULL, N_("draw the address as a QR code, too"), LOOM_OPTION_AT(qr)},
    {"with-token", '\0', NULL, N_("read a token from standard input instead"),
     LOOM_OPTION_AT(with_token)},
    {"store", '\0', "auto|keyring|file", N_("where to keep the sign-in"), LOOM_OPTION_AT(store)},
    {"client-id", '\0', "ID", N_("as whom to sign in to a standard OAuth server"),
     LOOM_OPTION_AT(client_id)},
    {"scope", '\0', "SCOPE", N_("what to ask a standard OAuth server for"), LOOM_OPTION_AT(scope)},
    {"json", '\0', NULL, N_("print what happens as JSON, an object a line"), LOOM_OPTION_AT(json)},
    LOOM_OPTIONS_END,
};

const struct loom_command loom_command_login = {
    .name = "login",
    .arguments = "[URL]",
    .arguments_max = 1,
    .summary = N_("sign in to a server"),
    .description = N_("Shows an address and a code. Open the address on any device, type the code "
                      "and approve; this program waits and then keeps the sign-in, encrypted. The "
                      "server is the URL, else LOOM_SERVER.\n\nAt a terminal, the address is a "
                      "link where that is known to work, --qr draws it for the camera of a phone "
                      "if there is room, and when a code expires, Enter gets another one. In "
                      "pipes, on dumb terminals and with LOOM_PLAIN there is none of this."),
    .options = options,
    .failure_event = "error",
    .run = run,
};
