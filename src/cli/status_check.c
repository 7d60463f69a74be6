/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/status_check.h"

#include "base/clock.h"
#include "cli/environment_token.h"
#include "cli/refresh_view.h"
#include "oauth/oauth.h"
#include "session/authority.h"
#include "session/refresh.h"
#include "store/refused.h"
#include "system/parallel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int64_t now_s(const struct loom_cli *cli) {
    const struct loom_clock *clock = &cli->ports->clock;
    return clock->epoch_s(clock->context);
}

/* ---- What is here ---- */

static void describe_environment(const struct loom_cli *cli, struct loom_store_info *out_place) {
    const char *file = cli->environment.token_file;
    bool is_file = file != NULL && cli->environment.token == NULL;
    *out_place = (struct loom_store_info){.kind = LOOM_STORE_ENVIRONMENT};
    (void)snprintf(out_place->name, sizeof out_place->name, "%s",
                   is_file ? "LOOM_TOKEN_FILE" : "LOOM_TOKEN");
    (void)snprintf(out_place->path, sizeof out_place->path, "%s", is_file ? file : "");
}

static enum loom_err find_in_environment(struct loom_cli *cli, struct loom_status_check *check) {
    enum loom_err err = loom_environment_token_for(cli, check->server, &check->credential.token);
    if (err != LOOM_OK)
        return err;
    check->is_environment = true;
    check->credential.has_origin = true;
    check->credential.origin = *check->server;
    describe_environment(cli, &check->place);
    return LOOM_OK;
}

static enum loom_err find_in_store(struct loom_cli *cli, struct loom_status_check *check) {
    struct loom_store_question question = {check->server, check->may_adopt};
    enum loom_err err =
        cli->store->ops->find(cli->store, &question, &check->credential, &check->error);
    if (err == LOOM_OK)
        cli->store->ops->describe(cli->store, &check->place);
    return err;
}

/* What was learned about one of its tokens before. */
static bool is_noted_dead(const struct loom_cli *cli, const struct loom_credential *credential,
                          const struct loom_secret *token, struct loom_refused *out_note) {
    return token != NULL &&
           loom_refused_find(&cli->paths, &credential->origin, token, out_note, NULL) == LOOM_OK &&
           out_note->is_dead;
}

/* In the order in which session/access.h judges it. */
static void judge_stored(const struct loom_cli *cli, struct loom_status_check *check) {
    const struct loom_credential *credential = &check->credential;
    struct loom_refused note = {.asked_at = 0};
    bool is_expired = loom_credential_is_expired(credential, now_s(cli));
    bool is_dead = is_noted_dead(cli, credential, credential->token, &note);
    check->is_refreshable = !is_dead && loom_refresh_is_possible(credential) &&
                            !is_noted_dead(cli, credential, credential->refresh, &note);
    if (is_dead || (is_expired && note.is_dead)) {
        check->state = LOOM_STATUS_REJECTED;
        check->checked_at = note.asked_at;
        (void)loom_error_set(&check->error, LOOM_ERR_REJECTED);
    } else if (is_expired) {
        check->state = LOOM_STATUS_EXPIRED;
        if (!check->is_refreshable)
            loom_refresh_view_expired_error(&check->error);
    }
}

static void take_stored(struct loom_cli *cli, struct loom_status_check *check) {
    enum loom_err err = find_in_store(cli, check);
    if (err == LOOM_ERR_NOT_FOUND) {
        check->state = LOOM_STATUS_NONE;
        check->error = (struct loom_error){.code = LOOM_ERR_NOT_FOUND};
        return;
    }
    check->error.code = err;
    if (err == LOOM_OK)
        judge_stored(cli, check);
}

enum loom_err loom_status_check_find(struct loom_cli *cli, struct loom_status_check *check) {
    enum loom_err err = find_in_environment(cli, check);
    check->state = LOOM_STATUS_UNKNOWN;
    if (err == LOOM_ERR_NOT_FOUND)
        take_stored(cli, check);
    else if (err != LOOM_OK)
        return err;
    if (loom_account_copy(&check->credential.account, &check->account) != LOOM_OK)
        (void)loom_error_set(&check->error, LOOM_ERR_INTERNAL);
    return LOOM_OK;
}

/* ---- What the server says ---- */

static int left_ms(const struct loom_status_check *check) {
    const struct loom_clock *clock = &check->ports->clock;
    int64_t left = check->deadline_ms - clock->now_ms(clock->context);
    return left > 1 ? (int)left : 1;
}

static bool is_at(const struct loom_origin *server, const struct loom_page *page) {
    return strlen(page->origin.url) == server->path_at &&
           strncmp(page->origin.url, server->url, server->path_at) == 0;
}

/*
 * Of the environment's token nothing is known, so the server may be a standard one after all. The
 * token is for exactly that server: no other host gets it.
 */
static enum loom_err ask_standard(const struct loom_remote *asked, struct loom_status_check *check,
                                  struct loom_account *out_account) {
    struct loom_authority authority;
    struct loom_remote server = *asked;
    server.timeout_ms = left_ms(check) / 2; /* there are two places to look at */
    enum loom_err err = loom_oauth_discover(&server, NULL, NULL, &authority, &check->error);
    if (err != LOOM_OK)
        return err;
    check->credential.dialect = LOOM_DIALECT_OAUTH;
    if (!is_at(check->server, &authority.userinfo))
        return LOOM_ERR_NOT_FOUND;
    server.authority = &authority;
    server.timeout_ms = left_ms(check);
    return loom_oauth_whoami(&server, check->credential.token, out_account, &check->error);
}

static enum loom_err ask_with(const struct loom_http *http, struct loom_status_check *check,
                              struct loom_account *out_account) {
    struct loom_remote server = {
        .http = http,
        .origin = check->server,
        .ca_file = check->credential.ca_file,
        .timeout_ms = left_ms(check),
    };
    enum loom_err err =
        loom_authority_whoami(&server, &check->credential, out_account, &check->error);
    return err == LOOM_ERR_NOT_LOOM && check->is_environment
               ? ask_standard(&server, check, out_account)
               : err;
}

static void blame_variable(struct loom_status_check *check) {
    long http_status = check->error.http_status;
    (void)loom_error_os(&check->error, LOOM_ERR_REJECTED, EKEYREJECTED, check->place.name);
    check->error.http_status = http_status;
}

static void judge_answer(struct loom_status_check *check, enum loom_err err,
                         struct loom_account *account) {
    const struct loom_clock *clock = &check->ports->clock;
    check->error.code = err;
    check->checked_at = clock->epoch_s(clock->context);
    if (err == LOOM_OK) {
        check->state = LOOM_STATUS_VALID;
        loom_account_clear(&check->account);
        check->account = *account;
    } else if (err == LOOM_ERR_REJECTED) {
        check->state = LOOM_STATUS_REJECTED;
        if (check->is_environment) /* no sign-in would help: the variable wins */
            blame_variable(check);
    } else if (err == LOOM_ERR_NOT_FOUND) { /* a server that cannot be asked is no fault */
        check->checked_at = 0;
        check->error = (struct loom_error)LOOM_ERROR_INIT;
    }
}

/* Runs beside others of its kind: nothing but `check` is touched. */
static void ask(void *item) {
    struct loom_status_check *check = item;
    struct loom_account account = LOOM_ACCOUNT_INIT;
    struct loom_http http;
    if (check->state != LOOM_STATUS_UNKNOWN || check->error.code != LOOM_OK)
        return;
    enum loom_err err = check->ports->open_http(&http);
    if (err == LOOM_OK) {
        err = ask_with(&http, check, &account);
        check->ports->close_http(&http);
    }
    judge_answer(check, err, &account);
}

/* Where there are too many to be asked at once, those before leave each its share of the time. */
void loom_status_check_ask_all(struct loom_cli *cli, struct loom_status_check *checks,
                               size_t count) {
    const struct loom_clock *clock = &cli->ports->clock;
    int64_t now_ms = clock->now_ms(clock->context);
    int64_t rounds = (int64_t)(count + LOOM_PARALLEL_MAX - 1) / LOOM_PARALLEL_MAX;
    for (size_t i = 0; i < count; i++) {
        int64_t round = (int64_t)(i / LOOM_PARALLEL_MAX) + 1;
        checks[i].ports = cli->ports;
        checks[i].deadline_ms = now_ms + LOOM_STATUS_MS * round / rounds;
    }
    loom_parallel_run(ask, checks, count, sizeof checks[0]);
}

void loom_status_check_clear(struct loom_status_check *check) {
    loom_credential_clear(&check->credential);
    loom_account_clear(&check->account);
}
