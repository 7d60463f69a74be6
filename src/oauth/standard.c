/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/standard.h"

#include "oauth/exchange.h"
#include "oauth/form.h"
#include "oauth/grant.h"
#include "oauth/poll.h"
#include "oauth/tokens.h"

#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:device_code"

/* RFC 8628 section 3.1: client_id is REQUIRED when the client does not authenticate otherwise. */
static enum loom_err print_start(const struct loom_authority *authority, struct loom_buffer *body) {
    enum loom_err err = loom_form_add(body, "client_id", authority->client_id);
    if (err == LOOM_OK && authority->scope[0] != '\0')
        err = loom_form_add(body, "scope", authority->scope);
    return err;
}

enum loom_err loom_standard_start(const struct loom_remote *server,
                                  struct loom_device_grant *out_grant, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(LOOM_FORM_MAX);
    enum loom_err err = print_start(server->authority, &body);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    err = loom_form_post(server, &server->authority->device_authorization, &body, &exchange, error);
    if (err != LOOM_OK)
        return err;
    return loom_grant_take(server, &exchange, LOOM_FLOW_INTERVAL_STANDARD_S, out_grant, error);
}

/*
 * 429 is what some servers answer instead of 400: what RFC 8628 section 3.5 calls the end is the
 * end there too. Any other code with it names a limit, which passes.
 */
static struct loom_flow_answer judge_busy(const struct loom_exchange *exchange,
                                          const struct loom_secret *device_code,
                                          struct loom_error *error) {
    struct loom_flow_answer answer;
    if (exchange->response.status != 429 ||
        !loom_exchange_is_refusal(exchange, device_code, &answer, error))
        return loom_poll_busy(exchange, false);
    if (answer.kind == LOOM_FLOW_FATAL && answer.err != LOOM_ERR_BAD_ANSWER)
        return answer;
    return loom_poll_busy(exchange, answer.kind == LOOM_FLOW_SLOW_DOWN);
}

static struct loom_flow_answer judge_poll(const struct loom_exchange *exchange,
                                          const struct loom_secret *device_code,
                                          struct loom_tokens *out_tokens,
                                          struct loom_error *error) {
    struct loom_flow_answer answer;
    if (loom_exchange_is_busy(exchange))
        return judge_busy(exchange, device_code, error);
    /* RFC 6749 section 5.2 wants 400 for an error; there are servers with 200, 401, 403, 428. */
    if (loom_exchange_is_refusal(exchange, device_code, &answer, error) &&
        (answer.kind == LOOM_FLOW_FATAL || !loom_exchange_is_unknown(exchange)))
        return answer;
    enum loom_err err = loom_exchange_judge(exchange, error);
    if (err != LOOM_OK)
        return loom_poll_end(err);
    err = loom_tokens_read(exchange, out_tokens);
    if (err == LOOM_OK)
        return (struct loom_flow_answer){.kind = LOOM_FLOW_APPROVED};
    return loom_poll_end(loom_error_http(error, err, exchange->response.status));
}

static enum loom_err print_poll(const struct loom_authority *authority,
                                const struct loom_secret *device_code, struct loom_buffer *body) {
    enum loom_err err = loom_form_add(body, "grant_type", GRANT_TYPE);
    if (err == LOOM_OK)
        err = loom_form_add(body, "client_id", authority->client_id);
    return err == LOOM_OK ? loom_form_add_secret(body, "device_code", device_code) : err;
}

void loom_standard_poll(const struct loom_remote *server, const struct loom_secret *device_code,
                        struct loom_poll *out_poll, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(LOOM_FORM_MAX);
    *out_poll = (struct loom_poll){.tokens = LOOM_TOKENS_INIT};
    enum loom_err err = print_poll(server->authority, device_code, &body);
    if (err != LOOM_OK)
        (void)loom_error_set(error, err);
    else
        err = loom_form_post(server, &server->authority->token, &body, &exchange, error);
    if (err != LOOM_OK) {
        out_poll->answer = loom_poll_fail(err);
        return;
    }
    out_poll->answer = judge_poll(&exchange, device_code, &out_poll->tokens, error);
    out_poll->answer.interval_s = loom_poll_interval(&exchange);
}
