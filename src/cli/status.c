/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom status: which servers, as whom, where the sign-in is kept, until when, and whether the
 * server still accepts it. All servers are asked at once.
 */
#include "cli/commands.h"
#include "cli/environment_token.h"
#include "cli/failure.h"
#include "cli/git_keepers.h"
#include "cli/refresh_view.h"
#include "cli/report.h"
#include "cli/server_choice.h"
#include "cli/status_check.h"
#include "cli/status_view.h"

#include <stdlib.h>
#include <string.h>

static void survey_clear(struct loom_survey *survey) {
    for (size_t i = 0; survey->checks != NULL && i < survey->list.count; i++)
        loom_status_check_clear(&survey->checks[i]);
    free(survey->checks);
    loom_server_list_clear(&survey->list);
}

/* LOOM_SERVER, else the only one there is. `stored` is what is stored, as far as it can be seen. */
static void set_default(struct loom_survey *survey, const struct loom_server_list *stored) {
    if (survey->has_default || stored->count != 1)
        return;
    survey->has_default = true;
    survey->usual = stored->origins[0];
}

/* After what a person named was adopted, which is stored from then on. */
static void find_default(struct loom_cli *cli, struct loom_survey *survey) {
    LOOM_CLEANUP(loom_server_list_clear) struct loom_server_list stored = {.origins = NULL};
    if (cli->store == NULL || cli->environment.server != NULL)
        return;
    loom_server_list_read_usual(cli, &stored);
    set_default(survey, &stored);
}

static bool holds(const struct loom_server_list *list, const struct loom_origin *server) {
    for (size_t i = 0; i < list->count; i++)
        if (loom_origin_is_equal(&list->origins[i], server))
            return true;
    return false;
}

/* Dead comes before not asked, and that before anything else; else the first. */
static int rank(int status) {
    return status == LOOM_EXIT_DONE            ? 0
           : status == LOOM_EXIT_NOT_SIGNED_IN ? 3
           : status == LOOM_EXIT_NETWORK       ? 2
                                               : 1;
}

static int judge(struct loom_cli *cli, const struct loom_survey *survey) {
    int worst = LOOM_EXIT_DONE;
    for (size_t i = 0; i < survey->list.count; i++) {
        const struct loom_error *error = &survey->checks[i].error;
        int status = error->code == LOOM_OK ? LOOM_EXIT_DONE : loom_report_status(error);
        worst = rank(status) > rank(worst) ? status : worst;
    }
    /* Whoever hands over a token need not have a place for others. */
    bool is_blind =
        survey->list.blind.code != LOOM_OK && !loom_environment_has_token(&cli->environment);
    return worst == LOOM_EXIT_DONE && is_blind ? loom_report_status(&survey->list.blind) : worst;
}

/* LOOM_ERR_INTERNAL, or what the environment says of a token is wrong: it was said. */
static enum loom_err find_all(struct loom_cli *cli, struct loom_survey *survey, bool is_named) {
    survey->checks = calloc(survey->list.count + 1, sizeof *survey->checks);
    if (survey->checks == NULL) {
        (void)loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
        return LOOM_ERR_INTERNAL;
    }
    for (size_t i = 0; i < survey->list.count; i++) {
        struct loom_status_check *check = &survey->checks[i];
        check->server = &survey->list.origins[i];
        check->may_adopt = is_named || (cli->environment.server != NULL && survey->has_default &&
                                        loom_origin_is_equal(check->server, &survey->usual));
        enum loom_err err = loom_status_check_find(cli, check);
        if (err != LOOM_OK)
            return err;
    }
    return LOOM_OK;
}

/* git may have given what is kept here so carefully to somebody who is less careful. */
static void say_keepers(struct loom_cli *cli, const struct loom_survey *survey) {
    LOOM_CLEANUP(loom_git_settings_clear)
    struct loom_git_settings settings = LOOM_GIT_SETTINGS_INIT;
    bool has_read = false;
    for (size_t i = 0; i < survey->list.count && cli->options.quiet == 0; i++) {
        if (survey->checks[i].credential.token == NULL)
            continue;
        if (!has_read && loom_git_settings_read(cli, &settings, NULL) != LOOM_OK)
            return; /* no git, or none that says anything */
        has_read = true;
        loom_git_keepers_look(cli, &settings, survey->checks[i].server);
    }
}

static int find_out(struct loom_cli *cli, struct loom_survey *survey, bool is_named) {
    enum loom_err err = find_all(cli, survey, is_named);
    if (err != LOOM_OK)
        return loom_environment_token_status(err);
    if (cli->store != NULL)
        (void)loom_server_hidden(cli, &survey->hidden);
    if (cli->options.offline == 0)
        loom_status_check_ask_all(cli, survey->checks, survey->list.count);
    if (loom_cli_was_interrupted())
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERRUPTED}, NULL);
    if (cli->options.json > 0) {
        if (is_named)
            find_default(cli, survey);
        loom_status_view_print(cli, survey);
    } else {
        loom_status_view_say(cli, survey);
    }
    loom_status_view_troubles(cli, survey);
    loom_status_view_unnamed(cli, &survey->list);
    if (cli->options.json == 0)
        say_keepers(cli, survey);
    return judge(cli, survey);
}

/* Nothing is stored, or what is cannot be seen. */
static int say_nothing(struct loom_cli *cli, struct loom_survey *survey) {
    const struct loom_error *blind = &survey->list.blind;
    if (blind->code != LOOM_OK)
        return loom_failure(cli, blind, NULL);
    if (loom_server_hidden(cli, &survey->hidden))
        return loom_failure(cli, &survey->hidden, NULL);
    if (cli->options.json > 0)
        loom_status_view_print(cli, survey);
    loom_refresh_view_say_nowhere(cli);
    loom_status_view_unnamed(cli, &survey->list);
    return LOOM_EXIT_NOT_SIGNED_IN;
}

static int survey_stored(struct loom_cli *cli, struct loom_survey *survey) {
    if (cli->environment.server != NULL) {
        enum loom_err err = loom_server_parse(cli, cli->environment.server, &survey->usual);
        if (err != LOOM_OK)
            return loom_environment_token_status(err);
        survey->has_default = true;
    }
    if (cli->store != NULL)
        loom_server_list_read_usual(cli, &survey->list);
    set_default(survey, &survey->list);
    if (cli->environment.server != NULL && !holds(&survey->list, &survey->usual) &&
        loom_server_list_add(&survey->list, &survey->usual) != LOOM_OK)
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    return survey->list.count == 0 ? say_nothing(cli, survey) : find_out(cli, survey, false);
}

static int survey_named(struct loom_cli *cli, struct loom_survey *survey, const char *argument) {
    struct loom_origin server;
    int status = LOOM_EXIT_USAGE;
    const char *usual = cli->environment.server;
    if (loom_server_choose(cli, argument, &server, &status) != LOOM_CHOICE_NAMED)
        return status;
    if (loom_server_list_add(&survey->list, &server) != LOOM_OK)
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    survey->has_default =
        usual != NULL && loom_origin_parse(usual, strlen(usual), &survey->usual, NULL) == LOOM_OK;
    return find_out(cli, survey, true);
}

/* Is it all about the environment's token, which needs no place? */
static bool needs_store(struct loom_cli *cli, const struct loom_origin *own, const char *argument) {
    struct loom_origin server;
    const char *typed = cli->options.server != NULL ? cli->options.server : argument;
    if (own == NULL || typed == NULL)
        return own == NULL;
    return loom_origin_parse(typed, strlen(typed), &server, NULL) == LOOM_OK &&
           !loom_origin_is_equal(own, &server);
}

static int run_survey(struct loom_cli *cli, struct loom_survey *survey, const char *argument) {
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_origin own;
    enum loom_err err = loom_cli_trust_ca_file(cli);
    if (err == LOOM_OK)
        err = loom_environment_token_server(cli, &own);
    if (err != LOOM_OK && err != LOOM_ERR_NOT_FOUND)
        return loom_environment_token_status(err);
    bool must_open = needs_store(cli, err == LOOM_OK ? &own : NULL, argument);
    if (loom_cli_open_store(cli, &error) != LOOM_OK && must_open)
        return loom_failure(cli, &error, NULL);
    return argument != NULL || cli->options.server != NULL ? survey_named(cli, survey, argument)
                                                           : survey_stored(cli, survey);
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    struct loom_survey survey = {.checks = NULL};
    loom_cli_catch_signals(cli);
    int status = run_survey(cli, &survey, argc > 0 ? argv[0] : NULL);
    survey_clear(&survey);
    return loom_cli_was_interrupted() ? LOOM_EXIT_BY_SIGNAL : status;
}

static const struct loom_option options[] = {
    {"offline", '\0', NULL, N_("do not ask the servers"), LOOM_OPTION_AT(offline)},
    {"json", '\0', NULL, N_("print the outcome as JSON"), LOOM_OPTION_AT(json)},
    LOOM_OPTIONS_END,
};

const struct loom_command loom_command_status = {
    .name = "status",
    .arguments = "[URL]",
    .arguments_max = 1,
    .summary = N_("show where you are signed in"),
    .description = N_(
        "Shows each server that you are signed in to, as whom, where the sign-in is kept and "
        "until when it is good, and asks each whether it still accepts it: all at once, five "
        "seconds at most. Exit status 3 means: one of them does not; 6: one could not be asked."),
    .options = options,
    .run = run,
};
