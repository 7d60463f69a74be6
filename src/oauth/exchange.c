/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/exchange.h"

#include "oauth/oauth_error.h"

#include <string.h>

struct loom_call loom_call_of(enum loom_http_method method, const struct loom_page *endpoint) {
    return (struct loom_call){
        .method = method,
        .origin = &endpoint->origin,
        /* A page is spelled as its origin and what stands behind it. */
        .path = endpoint->url + strlen(endpoint->origin.url),
    };
}

enum loom_err loom_exchange_send(const struct loom_remote *server, const struct loom_call *call,
                                 struct loom_exchange *out_exchange, struct loom_error *error) {
    struct loom_http_request request = {
        .origin = call->origin != NULL ? call->origin : server->origin,
        .ca_file = server->ca_file,
        .method = call->method,
        .path = call->path,
        .bearer = call->bearer,
        .timeout_ms = server->timeout_ms,
        .must_complete = call->must_complete,
    };
    if (call->body != NULL) {
        request.content_type = call->content_type;
        request.body = loom_buffer_text(call->body);
        request.body_len = call->body->len;
    }
    struct loom_http_response *response = &out_exchange->response;
    enum loom_err err = server->http->send(server->http->context, &request, response, error);
    if (err != LOOM_OK || !response->is_json)
        return err;
    err =
        loom_json_parse(loom_buffer_text(&response->body), response->body.len, &out_exchange->json);
    return err == LOOM_ERR_INTERNAL ? loom_json_error(error, err) : LOOM_OK;
}

bool loom_exchange_is_success(const struct loom_exchange *exchange) {
    return exchange->response.status >= 200 && exchange->response.status <= 299;
}

bool loom_exchange_is_busy(const struct loom_exchange *exchange) {
    long status = exchange->response.status;
    return status == 429 || (status >= 500 && status != 501);
}

bool loom_exchange_is_unknown(const struct loom_exchange *exchange) {
    long status = exchange->response.status;
    return status == 404 || status == 405 || status == 501;
}

bool loom_exchange_is_rejected(const struct loom_exchange *exchange) {
    return exchange->response.status == 401 && exchange->json != NULL;
}

bool loom_exchange_is_refusal(const struct loom_exchange *exchange,
                              const struct loom_secret *secret, struct loom_flow_answer *out_answer,
                              struct loom_error *error) {
    if (exchange->json == NULL ||
        loom_oauth_error_read(exchange->json, secret, out_answer, error) != LOOM_OK)
        return false;
    if (error != NULL)
        error->http_status = exchange->response.status;
    return true;
}

static bool has_error(const struct loom_json *object) {
    const char *code;
    return loom_json_get_text(object, "error", LOOM_OAUTH_ERROR_MAX, &code) != LOOM_ERR_NOT_FOUND;
}

enum loom_err loom_exchange_judge(const struct loom_exchange *exchange, struct loom_error *error) {
    long status = exchange->response.status;
    if (loom_exchange_is_busy(exchange))
        return loom_error_http(error, LOOM_ERR_SERVER, status);
    if (loom_exchange_is_unknown(exchange) || !exchange->response.is_json)
        return loom_error_http(error, LOOM_ERR_NOT_LOOM, status);
    if (!loom_exchange_is_success(exchange) || exchange->json == NULL || has_error(exchange->json))
        return loom_error_http(error, LOOM_ERR_BAD_ANSWER, status);
    return LOOM_OK;
}

void loom_exchange_clear(struct loom_exchange *exchange) {
    loom_http_response_clear(&exchange->response);
    loom_json_drop(&exchange->json);
}
