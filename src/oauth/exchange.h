/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange with JSON on both sides, shared by the dialects.
 *
 *     LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
 *     err = loom_exchange_post(server, "/auth/device/poll", body, &exchange, error);
 *     if (err == LOOM_OK) err = loom_exchange_judge(&exchange, error);
 *     ... exchange.json ...
 */
#ifndef LOOM_OAUTH_EXCHANGE_H
#define LOOM_OAUTH_EXCHANGE_H

#include "http/http.h"
#include "oauth/oauth.h"
#include "json/json.h"

struct loom_exchange {
    struct loom_http_response response;
    struct loom_json *json; /* owned; NULL when the answer is not JSON that the gate lets pass */
};

#define LOOM_EXCHANGE_INIT                                                                         \
    { .response = LOOM_HTTP_RESPONSE_INIT, .json = NULL }

/* Send, and parse the answer if it is JSON. `body` NULL: none. Errors: those of loom_http.send. */
LOOM_CHECKED enum loom_err loom_exchange_post(const struct loom_remote *server, const char *path,
                                              const struct loom_buffer *body,
                                              struct loom_exchange *out_exchange,
                                              struct loom_error *error);

/* A request that a token stands behind. The pointers are borrowed. */
struct loom_authorized {
    enum loom_http_method method;
    const char *path;
    const struct loom_secret *token;
};

/* The same with a bearer token and no body. */
LOOM_CHECKED enum loom_err loom_exchange_authorized(const struct loom_remote *server,
                                                    const struct loom_authorized *call,
                                                    struct loom_exchange *out_exchange,
                                                    struct loom_error *error);

bool loom_exchange_is_success(const struct loom_exchange *exchange); /* 2xx */
bool loom_exchange_is_busy(const struct loom_exchange *exchange);    /* 429 or 5xx, 501 aside */
bool loom_exchange_is_unknown(const struct loom_exchange *exchange); /* 404, 405, 501 */

/* Did the server itself, as JSON, say 401? */
bool loom_exchange_is_rejected(const struct loom_exchange *exchange);

/*
 * Judge an answer that should have been a success with JSON and without `error`: LOOM_OK, or
 * LOOM_ERR_SERVER, LOOM_ERR_NOT_LOOM, LOOM_ERR_BAD_ANSWER with the HTTP status noted.
 */
LOOM_CHECKED enum loom_err loom_exchange_judge(const struct loom_exchange *exchange,
                                               struct loom_error *error);

void loom_exchange_clear(struct loom_exchange *exchange);

#endif
