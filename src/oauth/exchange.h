/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange whose answer is JSON, and what its status says; shared by the dialects. Only for the
 * room.
 *
 *     LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
 *     const struct loom_call call = {.method = LOOM_HTTP_GET, .path = "/auth/me", .bearer = token};
 *     err = loom_exchange_send(server, &call, &exchange, error);
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

/* What is asked. The pointers are borrowed. */
struct loom_call {
    enum loom_http_method method;
    const struct loom_origin *origin; /* NULL: the server itself */
    const char *path;                 /* with its query */
    const char *content_type;         /* of the body */
    const struct loom_buffer *body;   /* NULL: none */
    const struct loom_secret *bearer; /* NULL: none */
    bool must_complete;               /* as in http/http.h */
};

/* A call of an endpoint: the page's origin and what stands behind it. */
struct loom_call loom_call_of(enum loom_http_method method, const struct loom_page *endpoint);

/* Send, and parse the answer if it is JSON. Errors: those of loom_http.send. */
LOOM_CHECKED enum loom_err loom_exchange_send(const struct loom_remote *server,
                                              const struct loom_call *call,
                                              struct loom_exchange *out_exchange,
                                              struct loom_error *error);

bool loom_exchange_is_success(const struct loom_exchange *exchange); /* 2xx */
bool loom_exchange_is_busy(const struct loom_exchange *exchange);    /* 429 or 5xx, 501 aside */
bool loom_exchange_is_unknown(const struct loom_exchange *exchange); /* 404, 405, 501 */

/* Did the server itself, as JSON, say 401? */
bool loom_exchange_is_rejected(const struct loom_exchange *exchange);

/*
 * Does the answer hold an `error`? Then `error` tells it (never `secret`, which may be NULL), and
 * *out_answer what it means to the flow.
 */
bool loom_exchange_is_refusal(const struct loom_exchange *exchange,
                              const struct loom_secret *secret, struct loom_flow_answer *out_answer,
                              struct loom_error *error);

/*
 * Judge an answer that should have been a success with JSON and without `error`: LOOM_OK, or
 * LOOM_ERR_SERVER, LOOM_ERR_NOT_LOOM, LOOM_ERR_BAD_ANSWER with the HTTP status noted.
 */
LOOM_CHECKED enum loom_err loom_exchange_judge(const struct loom_exchange *exchange,
                                               struct loom_error *error);

void loom_exchange_clear(struct loom_exchange *exchange);

#endif
