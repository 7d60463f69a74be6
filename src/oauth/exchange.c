/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/exchange.h"

static enum loom_err send_and_parse(const struct loom_remote *server,
                                    struct loom_http_request *request,
                                    struct loom_exchange *out_exchange, struct loom_error *error) {
    request->origin = server->origin;
    request->ca_file = server->ca_file;
    request->timeout_ms = server->timeout_ms;
    struct loom_http_response *response = &out_exchange->response;
    enum loom_err err = server->http->send(server->http->context, request, response, error);
    if (err != LOOM_OK || !response->is_json)
        return err;
    err =
        loom_json_parse(loom_buffer_text(&response->body), response->body.len, &out_exchange->json);
    return err == LOOM_ERR_INTERNAL ? loom_error_set(error, err) : LOOM_OK;
}

enum loom_err loom_exchange_post(const struct loom_remote *server, const char *path,
                                 const struct loom_buffer *body, struct loom_exchange *out_exchange,
                                 struct loom_error *error) {
    struct loom_http_request request = {.method = LOOM_HTTP_POST, .path = path};
    if (body != NULL) {
        request.content_type = "application/json";
        request.body = loom_buffer_text(body);
        request.body_len = body->len;
    }
    return send_and_parse(server, &request, out_exchange, error);
}

enum loom_err loom_exchange_authorized(const struct loom_remote *server,
                                       const struct loom_authorized *call,
                                       struct loom_exchange *out_exchange,
                                       struct loom_error *error) {
    struct loom_http_request request = {
        .method = call->method, .path = call->path, .bearer = call->token};
    return send_and_parse(server, &request, out_exchange, error);
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
