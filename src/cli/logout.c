/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom logout: the server is asked to end each token, the credential is forgotten here either way,
 * and both are told as they are.
 */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/report.h"
#include "cli/server_choice.h"
#include "session/sign_out.h"
#include "store/vault.h"

#include <errno.h>
#include <stdlib.h>

/* One server's part of the answer; the worst status of several is the command's. */
struct outcome {
    const struct loom_origin *server;
    struct loom_signed_out signed_out;
    struct loom_error error; /* of the store; LOOM_OK when it worked */
};

static const char *const revocations[] = {
    [LOOM_REVOKED] = "yes",
    [LOOM_REVOKED_BEFORE] = "already_dead",
    [LOOM_REVOKE_UNSUPPORTED] = "unsupported",
    [LOOM_REVOKE_FAILED] = "no",
};

static bool knows_server(const struct loom_signed_out *signed_out) {
    return signed_out->revocation == LOOM_REVOKED || signed_out->revocation == LOOM_REVOKED_BEFORE;
}

static int status_of(const struct outcome *outcome) {
    if (outcome->error.code != LOOM_OK)
        return outcome->signed_out.was_signed_in ? LOOM_EXIT_PARTIAL
                                                 : loom_report_status(&outcome->error);
    return !outcome->signed_out.was_signed_in || knows_server(&outcome->signed_out)
               ? LOOM_EXIT_DONE
               : LOOM_EXIT_PARTIAL;
}

static void say_outcome(struct loom_cli *cli, const struct outcome *outcome) {
    struct loom_words words = {.server = outcome->server->url};
    const struct loom_signed_out *signed_out = &outcome->signed_out;
    if (outcome->error.code != LOOM_OK) {
        (void)loom_report_say(cli, &outcome->error, outcome->server);
        return;
    }
    if (!signed_out->was_signed_in)
        loom_say(&cli->err, N_("You were not signed in to {server}. There is nothing to do."),
                 &words);
    else if (knows_server(signed_out))
        loom_say(&cli->err, N_("Signed out of {server}."), &words);
    else
        loom_say_always(&cli->err,
                        N_("Signed out of {server} on this computer. The server could not be "
                           "told, so it may still accept the old token. To be sure, sign in on "
                           "its web page and end the session there."),
                        &words);
}

/* deleted_from and left_in: the place, in the one list where it belongs. */
static enum loom_err add_place(struct loom_json *object, const char *name,
                               const struct outcome *outcome, bool is_deleted) {
    struct loom_json *array;
    const struct loom_signed_out *signed_out = &outcome->signed_out;
    enum loom_err err = loom_json_add_array(object, name, &array);
    if (err != LOOM_OK || !signed_out->was_signed_in || signed_out->is_deleted != is_deleted)
        return err;
    return loom_json_add_text(array, NULL, loom_json_output_kind(signed_out->place.kind));
}

static enum loom_err add_outcome(struct loom_json *array, const struct outcome *outcome) {
    struct loom_json *row;
    const struct loom_signed_out *signed_out = &outcome->signed_out;
    bool has_asked = signed_out->was_signed_in;
    const struct loom_error *error =
        outcome->error.code != LOOM_OK ? &outcome->error : &signed_out->revoke_error;
    enum loom_err err = loom_json_add_object(array, NULL, &row);
    if (err == LOOM_OK)
        err = loom_json_add_text(row, "server", outcome->server->url);
    if (err == LOOM_OK)
        err = loom_json_add_bool(row, "was_signed_in", signed_out->was_signed_in);
    if (err == LOOM_OK)
        err = add_place(row, "deleted_from", outcome, true);
    if (err == LOOM_OK)
        err = add_place(row, "left_in", outcome, false);
    if (err == LOOM_OK)
        err = loom_json_add_text(row, "revoked",
                                 has_asked ? revocations[signed_out->revocation] : NULL);
    return err == LOOM_OK ? loom_json_output_error(row, "error", error, outcome->server) : err;
}

static void print_json(struct loom_cli *cli, const struct outcome *outcomes, size_t count) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    struct loom_json *servers;
    enum loom_err err = loom_json_output_new(NULL, &object);
    if (err == LOOM_OK)
        err = loom_json_add_array(object, "servers", &servers);
    for (size_t i = 0; i < count && err == LOOM_OK; i++)
        err = add_outcome(servers, &outcomes[i]);
    if (err == LOOM_OK)
        loom_json_output_line(cli, object);
    else
        cli->out.has_failed = true;
}

static int sign_out_of(struct loom_cli *cli, const struct loom_origin *servers, size_t count,
                       const char *ca_file) {
    struct loom_session session = loom_cli_session(cli);
    int status = LOOM_EXIT_DONE;
    struct outcome *outcomes = calloc(count == 0 ? 1 : count, sizeof *outcomes);
    if (outcomes == NULL)
        return loom_report(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    for (size_t i = 0; i < count; i++) {
        outcomes[i].server = &servers[i];
        loom_error_ignore(loom_sign_out(&session, &servers[i], ca_file, &outcomes[i].signed_out,
                                        &outcomes[i].error)); /* judged by status_of */
        say_outcome(cli, &outcomes[i]);
        int own = status_of(&outcomes[i]);
        status = own > status ? own : status;
    }
    if (cli->options.json > 0)
        print_json(cli, outcomes, count);
    free(outcomes);
    return status;
}

/* In a keyring that could not be read there may be sign-ins that nobody saw. */
static enum loom_err judge_keyring(const struct loom_cli *cli, struct loom_error *error) {
    static const struct {
        enum loom_keyring_state state;
        enum loom_err err;
        int os_error;
    } unread[] = {{LOOM_KEYRING_LOCKED, LOOM_ERR_KEYRING_LOCKED, 0},
                  {LOOM_KEYRING_HUNG, LOOM_ERR_KEYRING, ETIMEDOUT},
                  {LOOM_KEYRING_FAILING, LOOM_ERR_KEYRING, EIO}};
    struct loom_store_info info;
    cli->store->ops->describe(cli->store, &info);
    for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++)
        if (unread[i].state == info.keyring)
            return loom_error_os(error, unread[i].err, unread[i].os_error, NULL);
    return LOOM_OK;
}

static int sign_out_of_all(struct loom_cli *cli, const char *ca_file) {
    struct loom_error error = LOOM_ERROR_INIT;
    LOOM_CLEANUP(loom_server_list_clear) struct loom_server_list list = {.origins = NULL};
    if (loom_server_list_read(cli, &list, &error) != LOOM_OK)
        return loom_report(cli, &error, NULL);
    if (list.count == 0 && !list.has_unnamed && judge_keyring(cli, &error) != LOOM_OK)
        return loom_report(cli, &error, NULL);
    if (list.has_unnamed)
        loom_say_always(&cli->err,
                        N_("Sign-ins of another Loom program are left here. They do not say which "
                           "servers they are for. To end one, name its server yourself:"
                           "\n\n    loom logout --server https://loom.example.com\n"),
                        NULL);
    else if (list.count == 0)
        loom_say(&cli->err, N_("You are not signed in to any server. There is nothing to do."),
                 NULL);
    return sign_out_of(cli, list.origins, list.count, ca_file);
}

static int sign_out_of_one(struct loom_cli *cli, const char *argument, const char *ca_file) {
    struct loom_origin server;
    int status = LOOM_EXIT_DONE;
    switch (loom_server_choose(cli, argument, &server, &status)) {
    case LOOM_CHOICE_NAMED:
    case LOOM_CHOICE_ONLY:
        return sign_out_of(cli, &server, 1, ca_file);
    case LOOM_CHOICE_NOTHING:
        return sign_out_of_all(cli, ca_file);
    case LOOM_CHOICE_SEVERAL:
    case LOOM_CHOICE_FAILED:
        break;
    }
    return status;
}

/* The tokens in a damaged file cannot be read, so the servers cannot be told about them. */
static int discard_damaged(struct loom_cli *cli) {
    struct loom_error error = LOOM_ERROR_INIT;
    char path[LOOM_STORE_PATH_MAX];
    const struct loom_clock *clock = &cli->ports->clock;
    enum loom_err err =
        loom_vault_discard_damaged(&cli->paths, clock->epoch_s(clock->context), path, &error);
    if (err == LOOM_ERR_NOT_FOUND) {
        loom_say(&cli->err, N_("Nothing stored is damaged. Nothing was moved."), NULL);
        return LOOM_EXIT_DONE;
    }
    if (err != LOOM_OK)
        return loom_report(cli, &error, NULL);
    loom_say_always(&cli->err,
                    N_("The damaged credentials were moved aside:\n\n    {path}\n\nThe servers "
                       "could not be told, so they may still accept the old tokens. To be sure, "
                       "sign in on their web pages and end the sessions there."),
                    &(struct loom_words){.path = path});
    return LOOM_EXIT_DONE;
}

static void say_environment_token(struct loom_cli *cli) {
    if (loom_environment_has_token(&cli->environment))
        loom_say_always(&cli->err,
                        N_("LOOM_TOKEN or LOOM_TOKEN_FILE is still set, and git still gets that "
                           "token. It was not ended at the server."),
                        NULL);
}

static int run_with_store(struct loom_cli *cli, const char *argument, const char *ca_file) {
    struct loom_error error = LOOM_ERROR_INIT;
    if (loom_cli_open_store(cli, &error) != LOOM_OK)
        return loom_report(cli, &error, NULL);
    int status = LOOM_EXIT_DONE;
    if (cli->options.discard_damaged > 0)
        status = discard_damaged(cli);
    if (status == LOOM_EXIT_DONE)
        status = cli->options.all > 0 ? sign_out_of_all(cli, ca_file)
                                      : sign_out_of_one(cli, argument, ca_file);
    say_environment_token(cli);
    return status;
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    LOOM_CLEANUP(loom_string_drop) char *ca_file = NULL;
    const char *argument = argc > 0 ? argv[0] : NULL;
    if (cli->options.all > 0 && (argument != NULL || cli->options.server != NULL))
        return loom_report_usage(
            cli, N_("Name a server or use this option, not both:\n\n    --all\n"), NULL);
    if (loom_cli_ca_file(cli, &ca_file) != LOOM_OK)
        return LOOM_EXIT_USAGE;
    loom_cli_catch_signals(cli);
    int status = run_with_store(cli, argument, ca_file);
    return loom_cli_was_interrupted() ? LOOM_EXIT_BY_SIGNAL : status;
}

static const struct loom_option options[] = {
    {"all", '\0', NULL, N_("sign out of every server"), LOOM_OPTION_AT(all)},
    {"discard-damaged", '\0', NULL, N_("move a damaged credentials file aside"),
     LOOM_OPTION_AT(discard_damaged)},
    {"json", '\0', NULL, N_("print the outcome as JSON"), LOOM_OPTION_AT(json)},
    LOOM_OPTIONS_END,
};

const struct loom_command loom_command_logout = {
    .name = "logout",
    .arguments = "[URL]",
    .arguments_max = 1,
    .summary = N_("sign out of a server"),
    .description =
        N_("Asks the server to end your sign-in, and forgets it on this computer whatever "
           "the server answers. Exit status 10 means: signed out here, but the server "
           "could not be told."),
    .options = options,
    .run = run,
};
