/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/native.h"

#include "base/text.h"
#include "oauth/exchange.h"
#include "oauth/oauth_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOW_DOWN "slow_down"

static bool may_be_plain(const struct loom_remote *server) {
    return !server->origin->is_secure;
}

static enum loom_err read_page(const struct loom_remote *server, const struct loom_json *answer,
                               const char *name, struct loom_page *out_page) {
    const char *url;
    enum loom_err err = loom_json_get_text(answer, name, LOOM_PAGE_MAX, &url);
    return err != LOOM_OK ? err : loom_page_parse(url, strlen(url), may_be_plain(server), out_page);
}

/*
 * One member under one of its two names: ours, and the one of RFC 8628. When both are there they
 * must agree, or the page shown would not be the page opened.
 */
static enum loom_err read_page_named(const struct loom_remote *server,
                                     const struct loom_json *answer, const char *const names[2],
                                     struct loom_page *out_page) {
    struct loom_page pages[2];
    enum loom_err first = read_page(server, answer, names[0], &pages[0]);
    enum loom_err second = read_page(server, answer, names[1], &pages[1]);
    bool is_first_absent = first == LOOM_ERR_NOT_FOUND;
    if (first == LOOM_OK && second == LOOM_OK && strcmp(pages[0].url, pages[1].url) != 0)
        return LOOM_ERR_BAD_ANSWER;
    if (!is_first_absent && second != LOOM_OK && second != LOOM_ERR_NOT_FOUND)
        return second;
    enum loom_err err = is_first_absent ? second : first;
    if (err == LOOM_OK)
        *out_page = pages[is_first_absent ? 1 : 0];
    return err;
}

static enum loom_err read_pages(const struct loom_remote *server, const struct loom_json *answer,
                                struct loom_device_grant *grant) {
    static const char *const plain[2] = {"verification_url", "verification_uri"};
    static const char *const complete[2] = {"verification_url_complete",
                                            "verification_uri_complete"};
    enum loom_err err = read_page_named(server, answer, plain, &grant->page);
    if (err != LOOM_OK)
        return err;
    err = read_page_named(server, answer, complete, &grant->complete);
    if (err == LOOM_ERR_NOT_FOUND)
        return LOOM_OK;
    if (err == LOOM_OK && !loom_origin_is_equal(&grant->page.origin, &grant->complete.origin))
        return LOOM_ERR_BAD_ANSWER;
    grant->has_complete = err == LOOM_OK;
    return err;
}

static enum loom_err read_codes(const struct loom_json *answer, struct loom_device_grant *grant) {
    const char *user_code, *device_code;
    enum loom_err err = loom_json_get_text(answer, "user_code", LOOM_USER_CODE_MAX, &user_code);
    if (err != LOOM_OK)
        return err;
    if (!loom_text_is_printable_ascii(user_code, strlen(user_code), LOOM_USER_CODE_MAX))
        return LOOM_ERR_BAD_ANSWER;
    err = loom_json_get_text(answer, "device_code", LOOM_TOKEN_MAX, &device_code);
    if (err != LOOM_OK)
        return err;
    (void)snprintf(grant->user_code, sizeof grant->user_code, "%s", user_code);
    return loom_secret_new(device_code, strlen(device_code), &grant->device_code);
}

static enum loom_err read_terms(const struct loom_json *answer, struct loom_flow_terms *terms) {
    /* RFC 8628 section 3.2: expires_in is REQUIRED. */
    enum loom_err err =
        loom_json_get_clamped(answer, "expires_in", 0, LOOM_FLOW_LIFE_MOST_S, &terms->life_s);
    if (err != LOOM_OK)
        return err;
    terms->interval_s = LOOM_FLOW_INTERVAL_LEAST_S;
    err = loom_json_get_clamped(answer, "interval", LOOM_FLOW_INTERVAL_LEAST_S,
                                LOOM_FLOW_INTERVAL_MOST_S, &terms->interval_s);
    return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : err;
}

static enum loom_err read_grant(const struct loom_remote *server, const struct loom_json *answer,
                                struct loom_device_grant *grant) {
    enum loom_err err = read_codes(answer, grant);
    if (err == LOOM_OK)
        err = read_pages(server, answer, grant);
    if (err == LOOM_OK)
        err = read_terms(answer, &grant->terms);
    return err == LOOM_ERR_NOT_FOUND ? LOOM_ERR_BAD_ANSWER : err;
}

/* Does the answer hold an `error`? Then `error` tells it, and *out_answer what it means. */
static bool has_refusal(const struct loom_exchange *exchange, const struct loom_secret *secret,
                        struct loom_flow_answer *out_answer, struct loom_error *error) {
    if (exchange->json == NULL ||
        loom_oauth_error_read(exchange->json, secret, out_answer, error) != LOOM_OK)
        return false;
    if (error != NULL)
        error->http_status = exchange->response.status;
    return true;
}

enum loom_err loom_native_start(const struct loom_remote *server,
                                struct loom_device_grant *out_grant, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    enum loom_err err = loom_exchange_post(server, "/auth/device/start", NULL, &exchange, error);
    if (err != LOOM_OK)
        return err;
    struct loom_flow_answer refusal;
    if (!loom_exchange_is_busy(&exchange) && !loom_exchange_is_unknown(&exchange) &&
        has_refusal(&exchange, NULL, &refusal, error))
        return refusal.kind == LOOM_FLOW_FATAL
                   ? refusal.err
                   : loom_error_http(error, LOOM_ERR_BAD_ANSWER, exchange.response.status);
    err = loom_exchange_judge(&exchange, error);
    if (err != LOOM_OK)
        return err;
    struct loom_device_grant grant = LOOM_DEVICE_GRANT_INIT;
    err = read_grant(server, exchange.json, &grant);
    if (err != LOOM_OK) {
        loom_device_grant_clear(&grant);
        return loom_error_http(error, err, exchange.response.status);
    }
    *out_grant = grant;
    return LOOM_OK;
}

static struct loom_flow_answer fatal(enum loom_err err) {
    return (struct loom_flow_answer){.kind = LOOM_FLOW_FATAL, .err = err};
}

/* Lost on the way is not the end; an answer that cannot be trusted is. */
static struct loom_flow_answer judge_failure(enum loom_err err) {
    static const enum loom_err passing[] = {LOOM_ERR_NO_HOST, LOOM_ERR_UNREACHABLE,
                                            LOOM_ERR_TIMEOUT, LOOM_ERR_PROXY};
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (err == passing[i])
            return (struct loom_flow_answer){.kind = LOOM_FLOW_LOST, .err = err};
    return fatal(err);
}

/* RFC 6749 section 5.1: token_type is case-insensitive; a Loom server may leave it out. */
static bool is_bearer(const struct loom_json *answer) {
    const char *type;
    enum loom_err err = loom_json_get_text(answer, "token_type", 32, &type);
    return err == LOOM_ERR_NOT_FOUND ||
           (err == LOOM_OK && loom_ascii_is_equal_nocase(type, "bearer"));
}

static enum loom_err read_token(const struct loom_json *answer, struct loom_secret **out_token) {
    const char *token;
    enum loom_err err = loom_json_get_text(answer, "access_token", LOOM_TOKEN_MAX, &token);
    if (err != LOOM_OK || !is_bearer(answer))
        return LOOM_ERR_BAD_ANSWER;
    return loom_secret_new(token, strlen(token), out_token);
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
        return fatal(LOOM_ERR_BAD_ANSWER);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (strcmp(statuses[i].status, status) != 0)
            continue;
        if (statuses[i].answer.kind != LOOM_FLOW_APPROVED)
            return statuses[i].answer;
        enum loom_err err = read_token(answer, out_token);
        return err == LOOM_OK ? statuses[i].answer : fatal(err);
    }
    return fatal(LOOM_ERR_BAD_ANSWER);
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
    return (struct loom_flow_answer){
        .kind = is_for_good ? LOOM_FLOW_SLOW_DOWN : LOOM_FLOW_BUSY,
        .retry_after_s =
            exchange->response.retry_after_s > 0 ? exchange->response.retry_after_s : 0,
    };
}

static struct loom_flow_answer judge_poll(const struct loom_exchange *exchange,
                                          const struct loom_secret *device_code,
                                          struct loom_secret **out_token,
                                          struct loom_error *error) {
    struct loom_flow_answer answer;
    if (loom_exchange_is_busy(exchange))
        return judge_busy(exchange);
    /* "Any other 4xx ends the flow", whatever it says; what it says is why. */
    if (has_refusal(exchange, device_code, &answer, error) &&
        (answer.kind == LOOM_FLOW_FATAL || loom_exchange_is_success(exchange)))
        return answer;
    enum loom_err err = loom_exchange_judge(exchange, error);
    if (err != LOOM_OK)
        return fatal(err);
    answer = read_status(exchange->json, out_token);
    if (answer.kind == LOOM_FLOW_FATAL)
        (void)loom_error_http(error, answer.err, exchange->response.status);
    return answer;
}

/* Whatever else it says, an answer may name another interval. */
static int64_t interval_of(const struct loom_exchange *exchange) {
    int64_t interval_s = 0;
    if (exchange->json == NULL ||
        loom_json_get_clamped(exchange->json, "interval", 0, LOOM_FLOW_INTERVAL_MOST_S,
                              &interval_s) != LOOM_OK)
        return 0;
    return interval_s;
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
    *out_poll = (struct loom_poll){.tokens = LOOM_TOKENS_INIT};
    enum loom_err err = print_poll_body(device_code, &body);
    if (err != LOOM_OK)
        (void)loom_error_set(error, err);
    else
        err = loom_exchange_post(server, "/auth/device/poll", &body, &exchange, error);
    if (err != LOOM_OK) {
        out_poll->answer = judge_failure(err);
        return;
    }
    out_poll->answer = judge_poll(&exchange, device_code, &out_poll->tokens.access, error);
    out_poll->answer.interval_s = interval_of(&exchange);
}

/* A member that is absent, null or of another kind is unknown; who signed in is a courtesy. */
static char *copy_member(const struct loom_json *answer, const char *name) {
    const char *text;
    if (loom_json_get_text(answer, name, LOOM_ACCOUNT_FIELD_MAX, &text) == LOOM_OK)
        return strdup(text);
    int64_t number;
    char digits[24];
    if (loom_json_get_number(answer, name, 0, INT64_C(1) << 53, &number) != LOOM_OK)
        return NULL;
    (void)snprintf(digits, sizeof digits, "%lld", (long long)number);
    return strdup(digits);
}

enum loom_err loom_native_whoami(const struct loom_remote *server, const struct loom_secret *token,
                                 struct loom_account *out_account, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    const struct loom_authorized call = {LOOM_HTTP_GET, "/auth/me", token};
    enum loom_err err = loom_exchange_authorized(server, &call, &exchange, error);
    if (err != LOOM_OK)
        return err;
    if (loom_exchange_is_rejected(&exchange))
        return loom_error_http(error, LOOM_ERR_REJECTED, exchange.response.status);
    if (exchange.response.status == 401)
        return loom_error_http(error, LOOM_ERR_BAD_ANSWER, exchange.response.status);
    err = loom_exchange_judge(&exchange, error);
    if (err != LOOM_OK)
        return err;
    *out_account = (struct loom_account){
        .id = copy_member(exchange.json, "id"),
        .username = copy_member(exchange.json, "username"),
        .display_name = copy_member(exchange.json, "display_name"),
        .email = copy_member(exchange.json, "email"),
    };
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
    *out_revocation = LOOM_REVOKE_FAILED;
    const struct loom_authorized call = {LOOM_HTTP_POST, "/auth/logout", tokens->access};
    enum loom_err err = loom_exchange_authorized(server, &call, &exchange, error);
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
