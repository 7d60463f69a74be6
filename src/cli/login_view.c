/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/login_view.h"

#include "cli/git_helpers.h"
#include "cli/json_output.h"
#include "cli/login_again.h"
#include "cli/login_code.h"
#include "cli/login_place.h"
#include "cli/report.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { SECOND_MS = 1000, MINUTE_S = 60, TIME_MAX = 32 };

/* One row a reason: the word in JSON, the live line, the line where there is none. */
static const struct {
    const char *word;
    const char *live;
    const char *plain;
} waitings[] = {
    [LOOM_WAITING_PENDING] =
        {"pending", N_("Waiting for your approval. The code works for {time} more. Ctrl-C stops."),
         N_("Waiting for your approval. The code works for {time} more.")},
    [LOOM_WAITING_SLOW_DOWN] =
        {"slow_down",
         N_("Waiting for your approval, asking less often. {time} left. Ctrl-C stops."),
         N_("The server asks for patience. Waiting for your approval, asking less often.")},
    [LOOM_WAITING_NETWORK] =
        {"network",
         N_("The server cannot be reached at present, retrying. {time} left. Ctrl-C stops."),
         N_("The server cannot be reached at present. Trying again until the code expires.")},
    [LOOM_WAITING_SERVER] =
        {"server_error",
         N_("The server has a problem at present, retrying. {time} left. Ctrl-C stops."),
         N_("The server has a problem at present. Trying again until the code expires.")},
};

/* For a terminal that is too narrow: how long is what a person wants to know. */
static const char live_short[] = N_("{time} left. Ctrl-C stops.");

static bool wants_json(const struct loom_login_view *view) {
    return view->cli->options.json > 0;
}

static struct loom_words named(const struct loom_login_view *view,
                               const struct loom_account *account) {
    return (struct loom_words){.server = view->server->url, .name = loom_account_name(account)};
}

static void show_already(void *context, const struct loom_credential *existing) {
    struct loom_login_view *view = context;
    struct loom_words words = named(view, &existing->account);
    const char *message =
        words.name != NULL
            ? N_("You are already signed in to {server} as {name}. If you go on, the new sign-in "
                 "replaces this one. Press Ctrl-C to keep it.\n\n")
            : N_("You are already signed in to {server}. If you go on, the new sign-in replaces "
                 "this one. Press Ctrl-C to keep it.\n\n");
    loom_say(&view->cli->err, message, &words);
}

/* Not the server that was named, though that one says so itself. */
static void warn_of_foreign_endpoint(struct loom_output *err, const struct loom_login_view *view,
                                     const struct loom_page *endpoint,
                                     const struct loom_page *shown) {
    bool is_new = shown == NULL || !loom_origin_is_same_host(&endpoint->origin, &shown->origin);
    if (endpoint->url[0] == '\0' || !is_new ||
        loom_origin_is_same_host(&endpoint->origin, view->server))
        return;
    loom_say_always(
        err,
        N_("{server} lets another server give out its tokens. Be sure that you trust "
           "it:\n\n    {detail}\n"),
        &(struct loom_words){.server = view->server->url, .detail = endpoint->origin.url});
}

static bool show_dialect(void *context, const struct loom_authority *authority, bool is_changed) {
    struct loom_login_view *view = context;
    struct loom_output *err = &view->cli->err;
    struct loom_words words = {.server = view->server->url};
    if (is_changed)
        loom_say_always(
            err,
            authority->is_standard
                ? N_("{server} was a Loom server at your last sign-in, and is a standard OAuth "
                     "server now. If you did not expect that, stop and ask whoever runs it.\n")
                : N_("{server} was a standard OAuth server at your last sign-in, and is a Loom "
                     "server now. If you did not expect that, stop and ask whoever runs it.\n"),
            &words);
    if (authority->is_standard) {
        warn_of_foreign_endpoint(err, view, &authority->token, NULL);
        warn_of_foreign_endpoint(err, view, &authority->device_authorization, &authority->token);
    }
    return !is_changed || err->is_terminal || view->cli->options.client_id != NULL;
}

/* A page alone is not enough to open: a person compares the code there with this one. */
static bool show_code(void *context, const struct loom_device_grant *grant, int64_t expires_at) {
    struct loom_login_view *view = context;
    loom_login_show_code(view->cli, view->server, grant, expires_at);
    if (wants_json(view) ? view->cli->out.has_failed : view->cli->err.has_failed)
        return false;
    if (view->has_shown_code)
        loom_login_browser_again(&view->browser);
    else
        loom_login_browser_start(&view->browser, view->cli, grant);
    view->has_shown_code = true;
    return true;
}

static enum loom_err ask_again(void *context) {
    struct loom_login_view *view = context;
    loom_output_live_end(&view->cli->err);
    loom_login_browser_hold(&view->browser);
    view->is_waiting = false;
    return loom_login_ask_again(view->cli);
}

static void print_waiting(const struct loom_login_view *view, enum loom_waiting reason) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    if (loom_json_output_new("waiting", &object) == LOOM_OK &&
        loom_json_add_text(object, "reason", waitings[reason].word) == LOOM_OK)
        loom_json_output_line(view->cli, object);
}

static void show_live(struct loom_output *err, const char *message,
                      const struct loom_words *words) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer line = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    enum loom_err result = loom_phrase(message, words, &line);
    if (result == LOOM_OK && !loom_output_fits(err, loom_buffer_text(&line))) {
        loom_buffer_clear(&line);
        result = loom_phrase(live_short, words, &line);
    }
    if (result == LOOM_OK)
        loom_output_live(err, loom_buffer_text(&line));
}

static void show_waiting(void *context, enum loom_waiting reason, int64_t left_ms) {
    struct loom_login_view *view = context;
    struct loom_output *err = &view->cli->err;
    char time[TIME_MAX];
    int64_t left_s = (left_ms + SECOND_MS - 1) / SECOND_MS;
    bool is_new = !view->is_waiting || view->reason != reason;
    (void)snprintf(time, sizeof time, "%d:%02d", (int)(left_s / MINUTE_S),
                   (int)(left_s % MINUTE_S));
    struct loom_words words = {.time = time};
    loom_login_browser_tick(&view->browser);
    view->is_waiting = true;
    view->reason = reason;
    if (wants_json(view)) {
        if (is_new)
            print_waiting(view, reason);
    } else if (!err->has_live) {
        if (is_new)
            loom_say(err, waitings[reason].plain, &words);
    } else {
        show_live(err, waitings[reason].live, &words);
    }
}

struct loom_prompt loom_login_view_open(struct loom_login_view *out_view, struct loom_cli *cli,
                                        const struct loom_origin *server) {
    *out_view = (struct loom_login_view){.cli = cli, .server = server};
    return (struct loom_prompt){.context = out_view,
                                .already = show_already,
                                .dialect = show_dialect,
                                .code = show_code,
                                .waiting = show_waiting,
                                .expired = ask_again};
}

static enum loom_err add_done(const struct loom_login_view *view,
                              const struct loom_signed_in *signed_in, struct loom_json *object) {
    struct loom_store_info info;
    const struct loom_credential *credential = &signed_in->credential;
    view->cli->store->ops->describe(view->cli->store, &info);
    enum loom_err err = loom_json_add_text(object, "server", view->server->url);
    if (err == LOOM_OK)
        err = loom_json_output_account(object, "account", &credential->account);
    if (err == LOOM_OK)
        err = loom_json_output_store(object, "store", &info);
    if (err == LOOM_OK)
        err = loom_json_output_time(object, "expires_at", credential->expires_at);
    if (err == LOOM_OK)
        err = loom_json_output_account(object, "replaced",
                                       signed_in->has_replaced ? &signed_in->replaced : NULL);
    return err == LOOM_OK
               ? loom_json_output_old_token(object, "old_token_revoked", signed_in->old_token)
               : err;
}

static void print_done(const struct loom_login_view *view, const struct loom_signed_in *signed_in) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    if (loom_json_output_new("done", &object) == LOOM_OK &&
        add_done(view, signed_in, object) == LOOM_OK)
        loom_json_output_line(view->cli, object);
    else
        view->cli->out.has_failed = true;
}

/* Not where git uses it already. */
static void say_next_step(const struct loom_login_view *view) {
    if (!loom_git_asks_us(view->cli, view->server))
        loom_say(&view->cli->err,
                 N_("To let git use it, run:\n\n    loom setup-git --server {server}\n"),
                 &(struct loom_words){.server = view->server->url});
}

static void say_environment_token(const struct loom_login_view *view) {
    if (loom_environment_has_token(&view->cli->environment))
        loom_say_always(&view->cli->err,
                        N_("\nLOOM_TOKEN or LOOM_TOKEN_FILE is set. For the server in LOOM_SERVER "
                           "that token wins over this sign-in."),
                        NULL);
}

/* What the server did otherwise than it was asked, and what the clock may make go wrong. */
static void say_news(const struct loom_login_view *view, const struct loom_signed_in *signed_in) {
    struct loom_output *err = &view->cli->err;
    char minutes[TIME_MAX];
    int64_t ahead_s = signed_in->clock_ahead_s;
    (void)snprintf(minutes, sizeof minutes, "%lld",
                   (long long)((ahead_s < 0 ? -ahead_s : ahead_s) / MINUTE_S));
    struct loom_words words = {.server = view->server->url, .minutes = minutes};
    if (signed_in->granted_scope != NULL)
        loom_say_always(
            err, N_("The server granted another scope than was asked for:\n\n    {detail}\n"),
            &(struct loom_words){.detail = signed_in->granted_scope});
    if (signed_in->is_unchecked)
        loom_say_always(
            err, N_("{server} offers no way to check a token. It was stored unchecked."), &words);
    if (ahead_s != 0)
        loom_say_always(
            err,
            ahead_s > 0 ? N_("This computer's clock is {minutes} minutes ahead of the server's. "
                             "Please set it right.")
                        : N_("This computer's clock is {minutes} minutes behind the server's. "
                             "Please set it right."),
            &words);
}

int loom_login_view_done(struct loom_login_view *view, const struct loom_signed_in *signed_in) {
    struct loom_output *err = &view->cli->err;
    struct loom_words words = named(view, &signed_in->credential.account);
    loom_output_live_end(err);
    loom_login_browser_end(&view->browser);
    if (wants_json(view))
        print_done(view, signed_in);
    else
        loom_say(err,
                 words.name != NULL ? N_("Signed in to {server} as {name}.")
                                    : N_("Signed in to {server}."),
                 &words);
    say_news(view, signed_in);
    if (signed_in->old_token == LOOM_OLD_TOKEN_LEFT)
        loom_say_always(err,
                        N_("The server could not be told that your earlier sign-in is over. To be "
                           "sure, sign in on its web page and end that session there."),
                        &words);
    loom_login_say_place(view->cli);
    if (!wants_json(view))
        say_next_step(view);
    say_environment_token(view);
    return LOOM_EXIT_DONE;
}

static void print_failed(const struct loom_login_view *view, const struct loom_error *error) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    if (loom_json_output_new("error", &object) == LOOM_OK &&
        loom_json_add_text(object, "server", view->server->url) == LOOM_OK &&
        loom_json_output_error(object, "error", error, view->server) == LOOM_OK)
        loom_json_output_line(view->cli, object);
}

/* A token that the person gave was never a sign-in that could be renewed. */
static int report_failure(const struct loom_login_view *view, const struct loom_error *error) {
    if (error->code != LOOM_ERR_REJECTED || view->cli->options.with_token == 0)
        return loom_report_say(view->cli, error, view->server);
    loom_say_error(&view->cli->err, N_("{server} does not accept this token. Nothing was changed."),
                   &(struct loom_words){.server = view->server->url});
    return loom_report_status(error);
}

int loom_login_view_failed(struct loom_login_view *view, const struct loom_signed_in *signed_in,
                           const struct loom_error *error) {
    struct loom_output *err = &view->cli->err;
    struct loom_words words = {.server = view->server->url};
    loom_output_live_end(err);
    loom_login_browser_end(&view->browser);
    if (wants_json(view))
        print_failed(view, error);
    int status = report_failure(view, error);
    if (signed_in->lost_token == LOOM_OLD_TOKEN_REVOKED)
        loom_say_always(
            err, N_("The server had approved the sign-in already. It was ended there again."),
            NULL);
    if (signed_in->lost_token == LOOM_OLD_TOKEN_LEFT)
        loom_say_always(err,
                        N_("{server} had approved the sign-in already, and could not be told that "
                           "it is over. To be sure, sign in on its web page and end the session "
                           "there."),
                        &words);
    return status;
}
