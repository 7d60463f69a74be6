/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/status_view.h"

#include "base/text.h"
#include "cli/json_output.h"
#include "cli/report.h"

#include <string.h>

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
    if (check->state == LOOM_STATUS_REJECTED)
        return;
    if (check->is_refreshable)
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
    say_end(cli, check);
    loom_say_always(&cli->out, places[check->place.kind],
                    &(struct loom_words){.path = check->place.path, .name = check->place.name});
}

void loom_status_view_say(struct loom_cli *cli, const struct loom_survey *survey) {
    for (size_t i = 0; i < survey->list.count; i++) {
        if (i > 0)
            loom_say_always(&cli->out, "\n", NULL);
        say_one(cli, &survey->checks[i]);
    }
}

/* Trouble with a place is the same for all that lie there, and told once. */
static bool is_told(const struct loom_error *error, const struct loom_error *told) {
    int status = loom_report_status(error);
    return (status == LOOM_EXIT_STORAGE || status == LOOM_EXIT_DAMAGED) &&
           error->code == told->code && error->os_error == told->os_error &&
           strcmp(error->detail, told->detail) == 0;
}

static void say_trouble(struct loom_cli *cli, const struct loom_error *error,
                        const struct loom_origin *server, struct loom_error *told) {
    if (error->code == LOOM_OK || is_told(error, told))
        return;
    (void)loom_report_say(cli, error, server);
    *told = *error;
}

void loom_status_view_troubles(struct loom_cli *cli, const struct loom_survey *survey) {
    struct loom_error told = LOOM_ERROR_INIT;
    for (size_t i = 0; i < survey->list.count; i++)
        say_trouble(cli, &survey->checks[i].error, survey->checks[i].server, &told);
    say_trouble(cli, &survey->list.blind, NULL, &told);
    say_trouble(cli, &survey->hidden, NULL, &told);
}

/* They answer for a server that a person names, and for nobody else. */
void loom_status_view_unnamed(struct loom_cli *cli, const struct loom_server_list *list) {
    bool has_begun = false;
    for (size_t i = 0; i < list->unnamed_count; i++) {
        if (loom_server_list_has_key(list, list->unnamed[i])) /* and so taken over, or replaced */
            continue;
        if (!has_begun) {
            loom_say_always(
                &cli->err,
                N_("There are sign-ins of another Loom program here. They do not say which "
                   "servers they are for. To take one over, name its server yourself:"
                   "\n\n    loom status --server https://loom.example.com\n"),
                NULL);
            loom_say_always(&cli->err, N_("These are the names that they are kept under:"), NULL);
            loom_say_always(&cli->err, "\n", NULL);
        }
        has_begun = true;
        loom_say_always(&cli->err, "    {detail}",
                        &(struct loom_words){.detail = list->unnamed[i]});
    }
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
    return is_there ? loom_json_add_bool(row, "refreshable", check->is_refreshable)
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

void loom_status_view_print(struct loom_cli *cli, const struct loom_survey *survey) {
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
