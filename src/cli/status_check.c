/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/status_check.h"

#include "base/clock.h"
#include "cli/environment_token.h"
#include "cli/report.h"
#include "session/authority.h"
#include "session/refresh.h"
#include "store/refused.h"
#include "system/parallel.h"

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

static bool is_known_dead(const struct loom_cli *cli, const struct loom_credential *credential) {
    struct loom_refused note;
    return !loom_refresh_is_possible(credential) &&
           loom_refused_find(&cli->paths, &credential->origin, credential->token, &note, NULL) ==
               LOOM_OK &&
           note.is_dead;
}

void loom_status_check_find(struct loom_cli *cli, struct loom_status_check *check) {
    enum loom_err err = find_in_environment(cli, check);
    check->state = LOOM_STATUS_UNKNOWN;
    if (err == LOOM_ERR_NOT_FOUND)
        err = find_in_store(cli, check);
    if (err == LOOM_ERR_NOT_FOUND) {
        check->state = LOOM_STATUS_NONE;
        check->error = (struct loom_error)LOOM_ERROR_INIT;
        return;
    }
    if (err != LOOM_OK) {
        check->error.code = err;
        return;
    }
    if (loom_account_copy(&check->credential.account, &check->account) != LOOM_OK)
        (void)loom_error_set(&check->error, LOOM_ERR_INTERNAL);
    if (is_known_dead(cli, &check->credential))
        check->state = LOOM_STATUS_REJECTED;
    else if (loom_credential_is_expired(&check->credential, now_s(cli)))
        check->state = LOOM_STATUS_EXPIRED;
}

/* ---- What the server says ---- */

/* Runs beside others of its kind: nothing but `check` is touched. */
static void ask(void *item) {
    struct loom_status_check *check = item;
    struct loom_account account = LOOM_ACCOUNT_INIT;
    if (check->http.send == NULL)
        return;
    int64_t left_ms = check->deadline_ms - check->clock->now_ms(check->clock->context);
    struct loom_remote server = {
        .http = &check->http,
        .origin = check->server,
        .ca_file = check->credential.ca_file,
        .timeout_ms = left_ms > 1 ? (int)left_ms : 1,
    };
    enum loom_err err = loom_authority_whoami(&server, &check->credential, &account, &check->error);
    check->checked_at = check->clock->epoch_s(check->clock->context);
    if (err == LOOM_OK) {
        check->state = LOOM_STATUS_VALID;
        loom_account_clear(&check->account);
        check->account = account;
    } else if (err == LOOM_ERR_REJECTED) {
        check->state = LOOM_STATUS_REJECTED;
    } else if (err == LOOM_ERR_NOT_FOUND) { /* a server that cannot be asked is no fault */
        check->checked_at = 0;
        check->error = (struct loom_error)LOOM_ERROR_INIT;
    }
}

void loom_status_check_ask_all(struct loom_cli *cli, struct loom_status_check *checks,
                               size_t count) {
    const struct loom_clock *clock = &cli->ports->clock;
    int64_t deadline_ms = clock->now_ms(clock->context) + LOOM_STATUS_MS;
    for (size_t i = 0; i < count; i++) {
        bool is_open = checks[i].state == LOOM_STATUS_UNKNOWN && checks[i].error.code == LOOM_OK;
        checks[i].clock = clock;
        checks[i].deadline_ms = deadline_ms;
        if (is_open && cli->ports->open_http(&checks[i].http) != LOOM_OK)
            (void)loom_error_set(&checks[i].error, LOOM_ERR_INTERNAL);
    }
    loom_parallel_run(ask, checks, count, sizeof checks[0]);
    for (size_t i = 0; i < count; i++)
        if (checks[i].http.send != NULL)
            cli->ports->close_http(&checks[i].http);
}

/* ---- What follows ---- */

bool loom_status_check_is_refreshable(const struct loom_status_check *check) {
    return loom_refresh_is_possible(&check->credential);
}

int loom_status_check_status(const struct loom_status_check *check) {
    bool is_dead =
        check->state == LOOM_STATUS_NONE || check->state == LOOM_STATUS_REJECTED ||
        (check->state == LOOM_STATUS_EXPIRED && !loom_status_check_is_refreshable(check));
    if (is_dead)
        return LOOM_EXIT_NOT_SIGNED_IN;
    return check->error.code == LOOM_OK ? LOOM_EXIT_DONE : loom_report_status(&check->error);
}

void loom_status_check_clear(struct loom_status_check *check) {
    loom_credential_clear(&check->credential);
    loom_account_clear(&check->account);
}
