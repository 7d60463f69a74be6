/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom status: which servers, as whom, where the sign-in is kept, until when, and whether the
 * server still accepts it. All servers are asked at once.
 */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/environment_token.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "cli/refresh_view.h"
#include "cli/report.h"
#include "cli/server_choice.h"
#include "cli/status_check.h"

#include <stdlib.h>
#include <string.h>

/* The servers of one call, and what was found out. */
struct survey {
    struct loom_server_list list;     /* owned */
    struct loom_status_check *checks; /* owned; one for each of the list */
    bool has_default;
    struct loom_origin usual; /* what a command without a server is about; if has_default */
};

static void survey_clear(struct survey *survey) {
    for (size_t i = 0; survey->checks != NULL && i < survey->list.count; i++)
        loom_status_check_clear(&survey->checks[i]);
    free(survey->checks);
    loom_server_list_clear(&survey->list);
}

/* ---- For people ---- */

static const char *const states[] = {
    [LOOM_STATUS_VALID] = N_("Signed in as {name}."),
    [LOOM_STATUS_REJECTED] = N_("The server no longer accepts the sign-in."),
    [LOOM_STATUS_EXPIRED] = N_("The sign-in has expired."),
    [LOOM_STATUS_UNKNOWN] = N_("Signed in as {name}, as far as is known here."),
    [LOOM_STATUS_NONE] = N_("Not signed in."),
};

/* The same where nobody knows the name. */
static const char *state_without_name(enum loom_status_state state) {
    return state == LOOM_STATUS_VALID     ? N_("Signed in.")
           : state == LOOM_STATUS_UNKNOWN ? N_("Signed in, as far as is known here.")
                                          : states[state];
}

static const char *const places[] = {
    [LOOM_STORE_KEYRING] = N_("Kept in the system keyring."),
    [LOOM_STORE_FILE] = N_("Kept in an encrypted file:\n\n    {path}\n"),
    [LOOM_STORE_MEMORY] = N_("Kept in memory."),
    [LOOM_STORE_ENVIRONMENT] = N_("Taken from this variable:\n\n    {name}\n"),
};

static void say_end(struct loom_cli *cli, const struct loom_status_check *check) {
    char date[LOOM_UTC_SIZE];
    const struct loom_credential *credential = &check->credential;
    loom_text_format_utc(credential->expires_at, date);
    struct loom_words words = {.date = date};
    bool is_over = check->state == LOOM_STATUS_EXPIRED;
    if (loom_status_check_is_refreshable(check))
        loom_say_always(&cli->out,
                        is_over ? N_("It is renewed when it is next needed.")
                                : N_("It is renewed by itself."),
                        NULL);
    else if (credential->expires_at != 0 && !is_over)
        loom_say_always(&cli->out, N_("Good until {date}."), &words);
}

static void say_one(struct loom_cli *cli, const struct loom_status_check *check) {
    struct loom_words words = {.server = check->server->url,
                               .name = loom_account_name(&check->account)};
    loom_output_strong(&cli->out, check->server->url);
    loom_say_always(&cli->out, "\n", NULL);
    loom_say_always(&cli->out,
                    words.name != NULL ? states[check->state] : state_without_name(check->state),
                    &words);
    if (check->credential.token == NULL)
        return;
    loom_say_always(&cli->out, places[check->place.kind],
                    &(struct loom_words){.path = check->place.path, .name = check->place.name});
    say_end(cli, check);
}

/* What to do next goes to stderr, with the reason, as for every other command. */
static void say_trouble(struct loom_cli *cli, const struct loom_status_check *check) {
    struct loom_error error = check->error;
    bool is_expired =
        check->state == LOOM_STATUS_EXPIRED && !loom_status_check_is_refreshable(check);
    if (check->state == LOOM_STATUS_NONE)
        (void)loom_error_set(&error, LOOM_ERR_NOT_FOUND);
    if (check->state == LOOM_STATUS_REJECTED)
        (void)loom_error_set(&error, LOOM_ERR_REJECTED);
    if (is_expired)
        loom_refresh_view_expired_error(&error);
    if (error.code != LOOM_OK)
        (void)loom_report_say(cli, &error, check->server);
}

static void say_all(struct loom_cli *cli, const struct survey *survey) {
    for (size_t i = 0; i < survey->list.count; i++) {
        if (i > 0)
            loom_say_always(&cli->out, "\n", NULL);
        say_one(cli, &survey->checks[i]);
    }
    for (size_t i = 0; i < survey->list.count; i++)
        say_trouble(cli, &survey->checks[i]);
}

/* ---- For programs ---- */

static const char *const state_words[] = {
    [LOOM_STATUS_VALID] = "valid",     [LOOM_STATUS_REJECTED] = "rejected",
    [LOOM_STATUS_EXPIRED] = "expired", [LOOM_STATUS_UNKNOWN] = "unknown",
    [LOOM_STATUS_NONE] = "none",
};

/* How it is kept; all of it null where nothing is. */
static enum loom_err add_credential(struct loom_json *row, const struct loom_status_check *check) {
    const struct loom_credential *credential = &check->credential;
    bool is_there = credential->token != NULL;
    const char *dialect = credential->dialect == LOOM_DIALECT_OAUTH ? "oauth" : "loom";
    enum loom_err err = loom_json_add_text(row, "dialect", is_there ? dialect : NULL);
    if (err == LOOM_OK)
        err = loom_json_output_account(row, "account", is_there ? &check->account : NULL);
    if (err == LOOM_OK)
        err = is_there ? loom_json_output_store(row, "store", &check->place)
                       : loom_json_add_null(row, "store");
    if (err == LOOM_OK)
        err = loom_json_output_path(row, "ca_file", credential->ca_file);
    if (err == LOOM_OK)
        err = loom_json_output_time(row, "obtained_at", credential->obtained_at);
    if (err == LOOM_OK)
        err = loom_json_output_time(row, "expires_at", credential->expires_at);
    if (err != LOOM_OK)
        return err;
    return is_there
               ? loom_json_add_bool(row, "refreshable", loom_status_check_is_refreshable(check))
               : loom_json_add_null(row, "refreshable");
}

static enum loom_err add_row(struct loom_json *servers, const struct loom_status_check *check) {
    struct loom_json *row;
    enum loom_err err = loom_json_add_object(servers, NULL, &row);
    if (err == LOOM_OK)
        err = loom_json_add_text(row, "server", check->server->url);
    if (err == LOOM_OK)
        err = loom_json_add_text(row, "state", state_words[check->state]);
    if (err == LOOM_OK)
        err = loom_json_output_time(row, "checked_at", check->checked_at);
    if (err == LOOM_OK)
        err = add_credential(row, check);
    return err == LOOM_OK ? loom_json_output_error(row, "error", &check->error, check->server)
                          : err;
}

static void print_all(struct loom_cli *cli, const struct survey *survey) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    struct loom_json *servers;
    enum loom_err err = loom_json_output_new(NULL, &object);
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "default_server",
                                 survey->has_default ? survey->usual.url : NULL);
    if (err == LOOM_OK)
        err = loom_json_add_array(object, "servers", &servers);
    for (size_t i = 0; i < survey->list.count && err == LOOM_OK; i++)
        err = add_row(servers, &survey->checks[i]);
    if (err == LOOM_OK)
        loom_json_output_line(cli, object);
    else
        cli->out.has_failed = true;
}

/* ---- Finding out ---- */

/* LOOM_SERVER, else the only one there is. */
static enum loom_err choose_default(struct loom_cli *cli, struct survey *survey) {
    if (cli->environment.server != NULL) {
        survey->has_default = true;
        return loom_server_parse(cli, cli->environment.server, &survey->usual);
    }
    survey->has_default = survey->list.count == 1;
    if (survey->has_default)
        survey->usual = survey->list.origins[0];
    return LOOM_OK;
}

static bool holds(const struct loom_server_list *list, const struct loom_origin *server) {
    for (size_t i = 0; i < list->count; i++)
        if (loom_origin_is_equal(&list->origins[i], server))
            return true;
    return false;
}

/* The worst of several: dead before not asked, and that before anything else. */
static int judge(const struct survey *survey) {
    static const int ranking[] = {LOOM_EXIT_NOT_SIGNED_IN, LOOM_EXIT_NETWORK};
    int status = LOOM_EXIT_DONE;
    for (size_t i = survey->list.count; i-- > 0;) {
        int own = loom_status_check_status(&survey->checks[i]);
        status = own != LOOM_EXIT_DONE ? own : status;
    }
    for (size_t r = 0; r < sizeof ranking / sizeof ranking[0]; r++)
        for (size_t i = 0; i < survey->list.count; i++)
            if (loom_status_check_status(&survey->checks[i]) == ranking[r])
                return ranking[r];
    return status;
}

static int find_out(struct loom_cli *cli, struct survey *survey, bool is_named) {
    size_t count = survey->list.count;
    survey->checks = calloc(count + 1, sizeof *survey->checks);
    if (survey->checks == NULL)
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    for (size_t i = 0; i < count; i++) {
        struct loom_status_check *check = &survey->checks[i];
        check->server = &survey->list.origins[i];
        check->may_adopt = is_named || (cli->environment.server != NULL &&
                                        loom_origin_is_equal(check->server, &survey->usual));
        loom_status_check_find(cli, check);
    }
    if (cli->options.offline == 0)
        loom_status_check_ask_all(cli, survey->checks, count);
    if (loom_cli_was_interrupted())
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERRUPTED}, NULL);
    if (cli->options.json > 0)
        print_all(cli, survey);
    else
        say_all(cli, survey);
    return judge(survey);
}

/* What hid a place from the list hides sign-ins that nobody has seen. */
static int survey_stored(struct loom_cli *cli, struct survey *survey) {
    loom_server_list_read_everywhere(cli, &survey->list);
    if (choose_default(cli, survey) != LOOM_OK)
        return LOOM_EXIT_USAGE;
    if (cli->environment.server != NULL && !holds(&survey->list, &survey->usual) &&
        loom_server_list_add(&survey->list, &survey->usual) != LOOM_OK)
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    const struct loom_error *blind = &survey->list.blind;
    if (survey->list.count == 0 && blind->code != LOOM_OK)
        return loom_failure(cli, blind, NULL);
    if (survey->list.count == 0 && cli->options.json == 0)
        return loom_refresh_view_nowhere(cli);
    int status = find_out(cli, survey, false);
    if (survey->list.count == 0)
        return LOOM_EXIT_NOT_SIGNED_IN;
    if (blind->code == LOOM_OK || status != LOOM_EXIT_DONE)
        return status;
    return loom_report_say(cli, blind, NULL);
}

static int survey_named(struct loom_cli *cli, struct survey *survey, const char *argument) {
    struct loom_origin server;
    int status = LOOM_EXIT_USAGE;
    if (loom_server_choose(cli, argument, &server, &status) != LOOM_CHOICE_NAMED)
        return status;
    if (loom_server_list_add(&survey->list, &server) != LOOM_OK)
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    if (choose_default(cli, survey) != LOOM_OK)
        return LOOM_EXIT_USAGE;
    return find_out(cli, survey, true);
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    LOOM_CLEANUP(survey_clear) struct survey survey = {.checks = NULL};
    struct loom_error error = LOOM_ERROR_INIT;
    const char *argument = argc > 0 ? argv[0] : NULL;
    loom_cli_catch_signals(cli);
    if (loom_cli_open_store(cli, &error) != LOOM_OK)
        return loom_failure(cli, &error, NULL);
    int status = argument != NULL || cli->options.server != NULL
                     ? survey_named(cli, &survey, argument)
                     : survey_stored(cli, &survey);
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
