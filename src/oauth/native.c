/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/native.h"

#include "oauth/exchange.h"
#include "oauth/grant.h"
#include "oauth/poll.h"
#include "oauth/profile.h"
#include "oauth/tokens.h"

#include <string.h>

#define SLOW_DOWN "slow_down"

enum loom_err loom_native_start(const struct loom_remote *server,
                                struct loom_device_grant *out_grant, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    const struct loom_call call = {.method = LOOM_HTTP_POST, .path = "/auth/device/start"};
    enum loom_err err = loom_exchange_send(server, &call, &exchange, error);
    if (err != LOOM_OK)
        return err;
    return loom_grant_take(server, &exchange, LOOM_FLOW_INTERVAL_LEAST_S, out_grant, error);
}

static const struct {
    const char *status;
    struct loom_flow_answer answer;
} statuses[] = {
    {"pending", {.kind = LOOM_FLOW_PENDING}},
    {SLOW_DOWN, {.kind = LOOM_FLOW_SLOW_DOWN}},
    {"completed", {.kind = LOOM_FLOW_APPROVED}},
    {"expired", {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_EXPIRED}},
    {"denied", {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_DENIED}},
};

static struct loom_flow_answer read_status(const struct loom_json *answer,
                                           struct loom_secret **out_token) {
    const char *status;
    if (loom_json_get_text(answer, "status", 32, &status) != LOOM_OK)
        return loom_poll_end(LOOM_ERR_BAD_ANSWER);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (strcmp(statuses[i].status, status) != 0)
            continue;
        if (statuses[i].answer.kind != LOOM_FLOW_APPROVED)
            return statuses[i].answer;
        enum loom_err err = loom_tokens_read_access(answer, false, out_token);
        return err == LOOM_OK ? statuses[i].answer : loom_poll_end(err);
    }
    return loom_poll_end(LOOM_ERR_BAD_ANSWER);
}

static bool has_word(const struct loom_json *answer, const char *name, const char *word) {
    const char *text;
    return loom_json_get_text(answer, name, LOOM_OAUTH_ERROR_MAX, &text) == LOOM_OK &&
           strcmp(text, word) == 0;
}

/* A 429 that says slow_down means it for good, as it would in a 200. */
static struct loom_flow_answer judge_busy(const struct loom_exchange *exchange) {
    bool is_for_good = exchange->response.status == 429 && exchange->json != NULL &&
                       (has_word(exchange->json, "error", SLOW_DOWN) ||
                        has_word(exchange->json, "status", SLOW_DOWN));
    return loom_poll_busy(exchange, is_for_good);
}

static struct loom_flow_answer judge_poll(const struct loom_exchange *exchange,
                                          const struct loom_secret *device_code,
                                          struct loom_secret **out_token,
                                          struct loom_error *error) {
    struct loom_flow_answer answer;
    if (loom_exchange_is_busy(exchange))
        return judge_busy(exchange);
    /* "Any other 4xx ends the flow", whatever it says; what it says is why. */
    if (loom_exchange_is_refusal(exchange, device_code, &answer, error) &&
        (answer.kind == LOOM_FLOW_FATAL || loom_exchange_is_success(exchange)))
        return answer;
    enum loom_err err = loom_exchange_judge(exchange, error);
    if (err != LOOM_OK)
        return loom_poll_end(err);
    answer = read_status(exchange->json, out_token);
    if (answer.kind == LOOM_FLOW_FATAL)
        (void)loom_error_http(error, answer.err, exchange->response.status);
    return answer;
}

static enum loom_err print_poll_body(const struct loom_secret *device_code,
                                     struct loom_buffer *out) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *body = NULL;
    enum loom_err err = loom_json_new(&body);
    if (err == LOOM_OK)
        err = loom_json_add_text(body, "device_code", loom_secret_bytes(device_code));
    return err == LOOM_OK ? loom_json_print(body, out) : err;
}

void loom_native_poll(const struct loom_remote *server, const struct loom_secret *device_code,
                      struct loom_poll *out_poll, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer body = LOOM_BUFFER_INIT(2 * LOOM_TOKEN_MAX + 64);
    const struct loom_call call = {
        .method = LOOM_HTTP_POST,
        .path = "/auth/device/poll",
        .content_type = "application/json",
        .body = &body,
    };
    *out_poll = (struct loom_poll){.tokens = LOOM_TOKENS_INIT};
    enum loom_err err = print_poll_body(device_code, &body);
    if (err != LOOM_OK)
        (void)loom_error_set(error, err);
    else
        err = loom_exchange_send(server, &call, &exchange, error);
    if (err != LOOM_OK) {
        out_poll->answer = loom_poll_fail(err);
        return;
    }
    out_poll->answer = judge_poll(&exchange, device_code, &out_poll->tokens.access, error);
    out_poll->answer.interval_s = loom_poll_interval(&exchange);
    if (out_poll->tokens.access != NULL)
        out_poll->tokens.date_s = exchange.response.date_s;
}

enum loom_err loom_native_whoami(const struct loom_remote *server, const struct loom_secret *token,
                                 struct loom_account *out_account, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    const struct loom_call call = {.method = LOOM_HTTP_GET, .path = "/auth/me", .bearer = token};
    static const struct loom_profile_names names = {"id", "username", "display_name", "email"};
    enum loom_err err = loom_exchange_send(server, &call, &exchange, error);
    if (err != LOOM_OK)
        return err;
    if (loom_exchange_is_rejected(&exchange))
        return loom_error_http(error, LOOM_ERR_REJECTED, exchange.response.status);
    if (exchange.response.status == 401)
        return loom_error_http(error, LOOM_ERR_BAD_ANSWER, exchange.response.status);
    err = loom_exchange_judge(&exchange, error);
    if (err != LOOM_OK)
        return err;
    loom_profile_read(exchange.json, &names, token, out_account);
    return LOOM_OK;
}

enum loom_err loom_native_refresh(const struct loom_remote *server,
                                  const struct loom_secret *refresh, struct loom_tokens *out_tokens,
                                  struct loom_error *error) {
    (void)server;
    (void)refresh;
    (void)out_tokens;
    return loom_error_set(error, LOOM_ERR_NOT_FOUND);
}

enum loom_err loom_native_revoke(const struct loom_remote *server, const struct loom_tokens *tokens,
                                 enum loom_revocation *out_revocation, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    const struct loom_call call = {
        .method = LOOM_HTTP_POST, .path = "/auth/logout", .bearer = tokens->access};
    *out_revocation = tokens->access == NULL ? LOOM_REVOKED_BEFORE : LOOM_REVOKE_FAILED;
    if (tokens->access == NULL)
        return LOOM_OK;
    enum loom_err err = loom_exchange_send(server, &call, &exchange, error);
    if (err != LOOM_OK)
        return err;
    if (loom_exchange_is_rejected(&exchange)) {
        *out_revocation = LOOM_REVOKED_BEFORE;
        return LOOM_OK;
    }
    /* A 200 that is not JSON may be anybody's page, and would make "signed out" a lie. */
    err = exchange.response.status == 204 ? LOOM_OK : loom_exchange_judge(&exchange, error);
    if (err == LOOM_OK)
        *out_revocation = LOOM_REVOKED;
    else if (loom_exchange_is_unknown(&exchange))
        *out_revocation = LOOM_REVOKE_UNSUPPORTED;
    return err;
}
