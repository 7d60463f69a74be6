/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/text.h"
#include "http/http_priv.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* ---- One server at a time ---- */

/* Forget connection, server and authorities. */
static void leave(struct loom_http_client *client) {
    if (client->multi != NULL)
        (void)client->curl->multi_cleanup(client->multi);
    client->multi = NULL;
    client->kept = CURL_SOCKET_BAD;
    loom_authorities_clear(&client->authorities);
    free(client->ca_file);
    client->ca_file = NULL;
}

static bool is_same_file(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * What came before the request was sent is no answer to it, and libcurl would take it for one.
 * A server that closed the connection is noticed here as well.
 */
static bool is_quiet(curl_socket_t kept) {
    struct pollfd look = {.fd = kept, .events = POLLIN};
    return kept == CURL_SOCKET_BAD || poll(&look, 1, 0) == 0;
}

static bool is_there(const struct loom_http_client *client,
                     const struct loom_http_request *request) {
    return client->multi != NULL && is_quiet(client->kept) &&
           loom_origin_is_equal(&client->origin, request->origin) &&
           is_same_file(client->ca_file, request->ca_file);
}

static enum loom_err start_cache(struct loom_http_client *client, struct loom_error *error) {
    client->multi = client->curl->multi_init();
    if (client->multi == NULL)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    if (client->curl->multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, 1L) != CURLM_OK)
        return loom_error_detail(error, LOOM_ERR_INTERNAL,
                                 N_("libcurl lacks an option that is needed"));
    return LOOM_OK;
}

/* Turn to the server of the request, with nothing left of the one before. */
static enum loom_err turn_to(struct loom_http_client *client,
                             const struct loom_http_request *request, struct loom_error *error) {
    if (is_there(client, request))
        return LOOM_OK;
    leave(client);
    const char *system_file = client->curl->version_info(CURLVERSION_NOW)->cainfo;
    enum loom_err err = LOOM_OK;
    if (request->origin->is_secure)
        err = loom_authorities_read(request, system_file, &client->authorities, error);
    if (err == LOOM_OK && request->ca_file != NULL &&
        (client->ca_file = strdup(request->ca_file)) == NULL)
        err = loom_error_set(error, LOOM_ERR_INTERNAL);
    if (err == LOOM_OK)
        err = start_cache(client, error);
    if (err != LOOM_OK) {
        leave(client);
        return err;
    }
    client->origin = *request->origin;
    return LOOM_OK;
}

/* ---- One request ---- */

/* A fragment would be dropped in silence, a blank or a control character splits the request. */
static bool is_path(const char *path) {
    if (path == NULL || path[0] != '/' || strlen(path) > LOOM_HTTP_PATH_MAX)
        return false;
    for (const char *c = path; *c != '\0'; c++)
        if (*c < 0x21 || *c > 0x7e || *c == '#')
            return false;
    return true;
}

static bool is_fit(const struct loom_http_request *request) {
    if (request->origin == NULL || !is_path(request->path) || request->timeout_ms < 0)
        return false;
    if (!request->origin->is_secure && !request->origin->is_loopback)
        return false;
    if (request->content_type == NULL)
        return request->body_len == 0;
    return request->method == LOOM_HTTP_POST && (request->body != NULL || request->body_len == 0) &&
           loom_text_is_printable_ascii(request->content_type, strlen(request->content_type), 128);
}

static const char *const METHODS[] = {[LOOM_HTTP_GET] = "GET", [LOOM_HTTP_POST] = "POST"};

/* The path less its query: an address may carry what is nobody's business. */
static void log_request(const struct loom_http_request *request) {
    loom_log(LOOM_LOG_WIRE, "> %s %s%.*s", METHODS[request->method], request->origin->url,
             (int)strcspn(request->path, "?"), request->path);
}

/* Only types that everybody knows are named: the header's text is the server's to choose. */
static const char *media_type(const struct loom_http_exchange *exchange) {
    static const char *const KNOWN[] = {"application/json", "text/html", "text/plain"};
    char *type = NULL;
    (void)exchange->client->curl->easy_getinfo(exchange->easy, CURLINFO_CONTENT_TYPE, &type);
    if (type == NULL)
        return "no media type";
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
        size_t len = strlen(KNOWN[i]);
        if (strncmp(type, KNOWN[i], len) == 0 && strchr("; \t", type[len]) != NULL)
            return KNOWN[i];
    }
    return exchange->head.is_json ? "another JSON type" : "another media type";
}

static void log_answer(const struct loom_http_exchange *exchange, CURLcode result) {
    const struct loom_curl *curl = exchange->client->curl;
    curl_off_t took_us = 0;
    (void)curl->easy_getinfo(exchange->easy, CURLINFO_TOTAL_TIME_T, &took_us);
    if (exchange->head.status != 0)
        loom_log(LOOM_LOG_WIRE, "< %ld %s, %zu bytes, %ld ms", exchange->head.status,
                 media_type(exchange), exchange->body.len, (long)(took_us / 1000));
    if (exchange->refusal != LOOM_OK)
        loom_log(LOOM_LOG_WIRE, "< not taken");
    else if (result != CURLE_OK)
        loom_log(LOOM_LOG_WIRE, "< %s, %ld ms", curl->easy_strerror(result),
                 (long)(took_us / 1000));
}

static enum loom_err run_exchange(struct loom_http_exchange *exchange, curl_socket_t *out_kept,
                                  struct loom_error *error) {
    CURLcode result = CURLE_OK;
    log_request(exchange->request);
    unsigned long failures = loom_wiping_failures();
    enum loom_err err = loom_http_transfer(exchange, &result, out_kept, error);
    if (err != LOOM_OK)
        return err;
    /* A connection that closes within the head is a complete answer to libcurl. */
    if (result == CURLE_OK && exchange->head.part != LOOM_HEAD_DONE)
        result = CURLE_PARTIAL_FILE;
    exchange->result = result;
    log_answer(exchange, result);
    if (result == CURLE_OK)
        return LOOM_OK;
    /* Without memory libcurl finds no host, or no end of a line: nobody else is to blame. */
    if (loom_wiping_failures() != failures)
        return loom_error_detail(error, LOOM_ERR_INTERNAL, N_("There is not enough memory."));
    return loom_http_explain(exchange, result, error);
}

/* Move the answer to the caller. */
static void hand_over(struct loom_http_exchange *exchange, struct loom_http_response *response) {
    loom_buffer_clear(&response->body);
    *response = (struct loom_http_response){
        .status = exchange->head.status,
        .is_json = exchange->head.is_json,
        .retry_after_s = exchange->head.retry_after_s,
        .date_s = exchange->head.date_s,
        .is_token_invalid = exchange->head.is_token_invalid,
        .body = exchange->body,
    };
    exchange->body = (struct loom_buffer)LOOM_BUFFER_INIT(LOOM_HTTP_BODY_MAX);
}

static enum loom_err send_request(void *context, const struct loom_http_request *request,
                                  struct loom_http_response *out_response,
                                  struct loom_error *error) {
    struct loom_http_client *client = context;
    enum loom_err err = LOOM_OK;
    if (!is_fit(request))
        return loom_error_detail(error, LOOM_ERR_INTERNAL, N_("a request that cannot be sent"));
    if (client->curl == NULL)
        err = loom_curl_get(&client->curl, error);
    if (err == LOOM_OK)
        err = turn_to(client, request, error);
    struct loom_http_exchange exchange;
    if (err == LOOM_OK)
        err = loom_http_exchange_open(client, request, &exchange, error);
    if (err != LOOM_OK)
        return err;
    if (client->probe != NULL)
        err = loom_probe_begin(&exchange, error);
    if (err == LOOM_OK)
        err = run_exchange(&exchange, &client->kept, error);
    if (client->probe != NULL)
        loom_probe_end(&exchange, err);
    if (err == LOOM_OK)
        hand_over(&exchange, out_response);
    loom_http_exchange_close(&exchange);
    return err;
}

/*
 * What a refused certificate says, libcurl tells only of one that was not to be judged. So a client
 * of its own opens a connection, looks, and closes it; whatever comes of that is no error.
 */
static void look_at_certificate(const struct loom_http_client *client,
                                const struct loom_http_request *request,
                                struct loom_probe_certificate *out_certificate) {
    LOOM_CLEANUP(loom_http_response_clear)
    struct loom_http_response none = LOOM_HTTP_RESPONSE_INIT;
    struct loom_http_client *other;
    struct loom_probe seen = {.reached = LOOM_PROBE_NOTHING};
    const struct loom_http_request look = {.origin = request->origin,
                                           .ca_file = request->ca_file,
                                           .path = "/",
                                           .timeout_ms = LOOM_PROBE_LOOK_MS};
    if (loom_http_client_new(client->stop_fd, &other) != LOOM_OK)
        return;
    other->probe = &seen;
    other->is_looking = true;
    loom_error_ignore(
        send_request(other, &look, &none, NULL)); /* nothing answers what is not asked */
    loom_http_client_free(other);
    *out_certificate = seen.certificate;
}

static enum loom_err probe_request(void *context, const struct loom_http_request *request,
                                   struct loom_probe *out_probe,
                                   struct loom_http_response *out_response,
                                   struct loom_error *error) {
    struct loom_http_client *client = context;
    *out_probe = (struct loom_probe){.reached = LOOM_PROBE_NOTHING};
    leave(client); /* a kept connection would show nothing of the way to it */
    client->probe = out_probe;
    enum loom_err err = send_request(client, request, out_response, error);
    client->probe = NULL;
    if (out_probe->tls != LOOM_TLS_FINE)
        look_at_certificate(client, request, &out_probe->certificate);
    return err;
}

/* ---- The client ---- */

void loom_http_response_clear(struct loom_http_response *response) {
    loom_buffer_clear(&response->body);
    *response = (struct loom_http_response)LOOM_HTTP_RESPONSE_INIT;
}

enum loom_err loom_http_client_new(const int *stop_fd, struct loom_http_client **out_client) {
    struct loom_http_client *client = malloc(sizeof *client);
    if (client == NULL)
        return LOOM_ERR_INTERNAL;
    *client = (struct loom_http_client){
        .stop_fd = stop_fd,
        .kept = CURL_SOCKET_BAD,
        .authorities = LOOM_AUTHORITIES_INIT,
    };
    *out_client = client;
    return LOOM_OK;
}

struct loom_http loom_http_client_port(struct loom_http_client *client) {
    return (struct loom_http){.context = client, .send = send_request, .probe = probe_request};
}

void loom_http_client_free(struct loom_http_client *client) {
    if (client == NULL)
        return;
    leave(client);
    free(client);
}
