/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom logout: the server is asked to end each token, the credential is forgotten here either way,
 * and both are told as they are.
 */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "cli/logout_outcome.h"
#include "cli/report.h"
#include "cli/server_choice.h"
#include "store/vault.h"

#include <stdlib.h>
#include <string.h>

/* One sign-out of the command line: what it works through, and what came of it. */
struct work {
    const struct loom_server_list *list;
    struct loom_logout_outcome *outcomes; /* owned; one for each server of the list */
    size_t done;                          /* the rest was stopped by a signal */
    struct loom_error told;               /* the trouble that was said last */
    const char *moved_to;                 /* of --discard-damaged; NULL: nothing */
};

static void print_json(struct loom_cli *cli, const struct work *work) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    struct loom_json *servers;
    enum loom_err err = loom_json_output_new(NULL, &object);
    if (err == LOOM_OK)
        err = loom_json_add_array(object, "servers", &servers);
    for (size_t i = 0; i < work->list->count && err == LOOM_OK; i++)
        err = loom_logout_outcome_add(servers, &work->outcomes[i]);
    if (err == LOOM_OK && cli->options.discard_damaged > 0)
        err = loom_json_add_text(object, "moved_to", work->moved_to);
    if (err == LOOM_OK)
        loom_json_output_line(cli, object);
    else
        cli->out.has_failed = true;
}

/* What a signal left as it was. */
static void say_skipped(struct loom_cli *cli, struct work *work) {
    if (work->done == work->list->count)
        return;
    loom_say_always(&cli->err, N_("Stopped. You are still signed in to these servers:"), NULL);
    loom_say_always(&cli->err, "\n", NULL);
    for (size_t i = work->done; i < work->list->count; i++) {
        work->outcomes[i].is_skipped = true;
        (void)loom_error_set(&work->outcomes[i].error, LOOM_ERR_INTERRUPTED);
        loom_say_always(&cli->err, "    {server}",
                        &(struct loom_words){.server = work->outcomes[i].server->url});
    }
}

/* The worst of several is the command's. */
static int run_all(struct loom_cli *cli, struct work *work, const char *ca_file) {
    struct loom_session session = loom_cli_session(cli);
    const struct loom_server_list *list = work->list;
    int status = LOOM_EXIT_DONE;
    for (size_t i = 0; i < list->count; i++)
        work->outcomes[i].server = &list->origins[i];
    for (; work->done < list->count && (work->done == 0 || !loom_cli_was_interrupted());
         work->done++) {
        struct loom_logout_outcome *outcome = &work->outcomes[work->done];
        loom_error_ignore(loom_sign_out(&session, outcome->server, ca_file, &outcome->signed_out,
                                        &outcome->error)); /* judged by its status */
        /* Nothing was done about this one: it is among those that are left. */
        if (list->count > 1 && outcome->error.code == LOOM_ERR_INTERRUPTED &&
            !outcome->signed_out.was_signed_in)
            break;
        loom_logout_outcome_say(cli, outcome, &work->told);
        int own = loom_logout_outcome_status(outcome);
        status = own > status ? own : status;
    }
    say_skipped(cli, work);
    return status;
}

static bool was_signed_in_anywhere(const struct work *work) {
    for (size_t i = 0; i < work->done; i++)
        if (work->outcomes[i].signed_out.was_signed_in)
            return true;
    return false;
}

/* What hid a place from the list hides sign-ins that nobody has seen. */
static int judge_blindness(struct loom_cli *cli, struct work *work) {
    const struct loom_error *blind = &work->list->blind;
    if (blind->code == LOOM_OK)
        return LOOM_EXIT_DONE;
    loom_logout_trouble_say(cli, blind, NULL, &work->told);
    return was_signed_in_anywhere(work) ? LOOM_EXIT_PARTIAL : loom_report_status(blind);
}

static int sign_out_of(struct loom_cli *cli, const struct loom_server_list *list,
                       const char *ca_file, const char *moved_to) {
    struct work work = {.list = list, .moved_to = moved_to};
    if (list->count == 0 && list->blind.code != LOOM_OK && moved_to == NULL)
        return loom_failure(cli, &list->blind, NULL);
    work.outcomes = calloc(list->count + 1, sizeof *work.outcomes);
    if (work.outcomes == NULL)
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    int status = run_all(cli, &work, ca_file);
    int blind = judge_blindness(cli, &work);
    if (cli->options.json > 0)
        print_json(cli, &work);
    free(work.outcomes);
    return blind > status ? blind : status;
}

/* Whose servers nobody has named cannot be ended: at which server? */
static int say_unnamed(struct loom_cli *cli, const struct loom_server_list *list) {
    int status = LOOM_EXIT_DONE;
    for (size_t i = 0; i < list->unnamed_count; i++) {
        if (loom_server_list_has_key(list, list->unnamed[i])) /* and so ended with it */
            continue;
        if (status == LOOM_EXIT_DONE) {
            loom_say_always(
                &cli->err,
                N_("Sign-ins of another Loom program are left here. They do not say which "
                   "servers they are for. To end one, name its server yourself:"
                   "\n\n    loom logout --server https://loom.example.com\n"),
                NULL);
            loom_say_always(&cli->err, N_("These are the names that they are kept under:"), NULL);
            loom_say_always(&cli->err, "\n", NULL);
        }
        status = LOOM_EXIT_PARTIAL;
        loom_say_always(&cli->err, "    {detail}",
                        &(struct loom_words){.detail = list->unnamed[i]});
    }
    return status;
}

/* Nobody named one: the only one there is, or with --all each of them. */
static int sign_out_of_stored(struct loom_cli *cli, const char *ca_file, const char *moved_to) {
    LOOM_CLEANUP(loom_server_list_clear) struct loom_server_list list = {.origins = NULL};
    int unnamed = LOOM_EXIT_DONE;
    loom_server_list_read_everywhere(cli, &list);
    if (loom_cli_was_interrupted())
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERRUPTED}, NULL);
    if (list.count > 1 && cli->options.all == 0)
        return loom_server_list_several(cli, &list);
    if (list.count == 0 || cli->options.all > 0)
        unnamed = say_unnamed(cli, &list);
    if (list.count == 0 && list.unnamed_count == 0 && list.blind.code == LOOM_OK)
        loom_say(&cli->err, N_("You are not signed in to any server. There is nothing to do."),
                 NULL);
    int status = sign_out_of(cli, &list, ca_file, moved_to);
    return unnamed > status ? unnamed : status;
}

static int sign_out_of_named(struct loom_cli *cli, const char *argument, const char *ca_file,
                             const char *moved_to) {
    struct loom_origin server;
    int status = LOOM_EXIT_DONE;
    if (loom_server_choose(cli, argument, &server, &status) != LOOM_CHOICE_NAMED)
        return status;
    struct loom_server_list list = {.origins = &server, .count = 1};
    return sign_out_of(cli, &list, ca_file, moved_to);
}

/* The tokens in a damaged file cannot be read, so the servers cannot be told about them. */
static int discard_damaged(struct loom_cli *cli, char out_path[static LOOM_STORE_PATH_MAX]) {
    struct loom_error error = LOOM_ERROR_INIT;
    const struct loom_clock *clock = &cli->ports->clock;
    enum loom_err err =
        loom_vault_discard_damaged(&cli->paths, clock->epoch_s(clock->context), out_path, &error);
    if (err == LOOM_ERR_NOT_FOUND) {
        loom_say(&cli->err, N_("Nothing stored is damaged. Nothing was moved."), NULL);
        return LOOM_EXIT_DONE;
    }
    if (err != LOOM_OK)
        return loom_failure(cli, &error, NULL);
    loom_say_always(&cli->err,
                    N_("The damaged credentials were moved aside:\n\n    {path}\n\nThe servers "
                       "could not be told, so they may still accept the old tokens. To be sure, "
                       "sign in on their web pages and end the sessions there."),
                    &(struct loom_words){.path = out_path});
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
    char path[LOOM_STORE_PATH_MAX] = "";
    bool is_named = argument != NULL || cli->options.server != NULL;
    if (loom_cli_open_store(cli, &error) != LOOM_OK)
        return loom_failure(cli, &error, NULL);
    int status = cli->options.discard_damaged > 0 ? discard_damaged(cli, path) : LOOM_EXIT_DONE;
    const char *moved_to = path[0] != '\0' ? path : NULL;
    if (status != LOOM_EXIT_DONE)
        return status;
    /* It has one job, unless somebody gives it another. */
    if (cli->options.discard_damaged > 0 && !is_named && cli->options.all == 0) {
        struct loom_server_list nothing = {.origins = NULL};
        return sign_out_of(cli, &nothing, ca_file, moved_to);
    }
    is_named = is_named || (cli->environment.server != NULL && cli->options.all == 0);
    status = is_named ? sign_out_of_named(cli, argument, ca_file, moved_to)
                      : sign_out_of_stored(cli, ca_file, moved_to);
    say_environment_token(cli);
    return status;
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    LOOM_CLEANUP(loom_string_drop) char *ca_file = NULL;
    const char *argument = argc > 0 ? argv[0] : NULL;
    if (cli->options.all > 0 && (argument != NULL || cli->options.server != NULL))
        return loom_failure_usage(
            cli, N_("Name a server or use this option, not both:\n\n    --all\n"), NULL);
    /* That of LOOM_CA_FILE is trusted besides what each sign-in remembers, not in its place. */
    if (cli->options.cacert != NULL && loom_cli_ca_file(cli, &ca_file) != LOOM_OK)
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
