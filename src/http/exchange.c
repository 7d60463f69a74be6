/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_priv.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { LINE_MAX_BYTES = LOOM_TOKEN_MAX + 256, URL_MAX = LOOM_ORIGIN_MAX + LOOM_HTTP_PATH_MAX };

size_t loom_http_take_body(char *bytes, size_t size, size_t count, void *context) {
    struct loom_http_exchange *exchange = context;
    size_t len = size * count;
    if (len > exchange->body.max - exchange->body.len)
        exchange->refusal = LOOM_ERR_BAD_ANSWER;
    else
        exchange->refusal = loom_buffer_add(&exchange->body, bytes, len);
    return exchange->refusal == LOOM_OK ? len : 0;
}

size_t loom_http_take_line(char *line, size_t size, size_t count, void *context) {
    struct loom_http_exchange *exchange = context;
    size_t len = size * count;
    exchange->refusal = loom_head_add_line(&exchange->head, line, len);
    return exchange->refusal == LOOM_OK ? len : 0;
}

static bool is_loopback(const struct sockaddr *address, size_t len) {
    if (address->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (address->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return memcmp(&v6.sin6_addr, &in6addr_loopback, sizeof v6.sin6_addr) == 0;
    }
    return false;
}

static uint16_t port_of(const struct sockaddr *address, size_t len) {
    struct sockaddr_in any; /* the port stands at the same place in both families */
    if (len < sizeof any)
        return 0;
    memcpy(&any, address, sizeof any);
    return ntohs(any.sin_port);
}

/*
 * The address that is connected to is judged here, after the look-up: a name that resolves to
 * something else the second time gains nothing.
 */
curl_socket_t loom_http_open_socket(void *context, curlsocktype purpose,
                                    struct curl_sockaddr *address) {
    struct loom_http_exchange *exchange = context;
    exchange->has_dialled = true;
    exchange->dialled_port = port_of(&address->addr, address->addrlen);
    if (exchange->client->probe != NULL)
        loom_probe_dial(exchange->client->probe, &address->addr, address->addrlen);
    if (purpose != CURLSOCKTYPE_IPCXN ||
        (exchange->request->origin->is_loopback && !is_loopback(&address->addr, address->addrlen)))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/*
 * RFC 9110 section 9.2.2: "A client SHOULD NOT automatically retry a request with a non-idempotent
 * method unless it has some means to know that the request semantics are actually idempotent".
 * libcurl does, on a new connection, when one that was kept ends without an answer: a poll would
 * come before its time, and a refresh token that rotates would be spent twice.
 */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's. */
int loom_http_begin_request(void *context, char *peer, char *own, int peer_port, int own_port) {
    struct loom_http_exchange *exchange = context;
    (void)peer, (void)own, (void)peer_port, (void)own_port;
    bool is_repeated = exchange->has_begun;
    exchange->has_begun = true;
    return is_repeated && exchange->request->method != LOOM_HTTP_GET ? CURL_PREREQFUNC_ABORT
                                                                     : CURL_PREREQFUNC_OK;
}

/*
 * The nodes are ours: libcurl only reads the list, and curl_slist_append would make a copy of the
 * token that has to be found again to be wiped.
 */
static enum loom_err add_line(struct loom_http_exchange *exchange, const char *name,
                              const char *value, size_t value_len) {
    size_t at = exchange->lines_len;
    struct loom_buffer *line = &exchange->lines[at];
    enum loom_err err = loom_buffer_add_text(line, name);
    if (err == LOOM_OK)
        err = loom_buffer_add(line, value, value_len);
    if (err != LOOM_OK)
        return err;
    exchange->list[at] = (struct curl_slist){.data = line->data, .next = NULL};
    if (at > 0)
        exchange->list[at - 1].next = &exchange->list[at];
    exchange->lines_len++;
    return LOOM_OK;
}

/* "Name:" without a value keeps libcurl from sending a line of its own. */
static enum loom_err add_lines(struct loom_http_exchange *exchange) {
    const struct loom_http_request *request = exchange->request;
    enum loom_err err = add_line(exchange, "Accept: ", "application/json", 16);
    if (err == LOOM_OK)
        err = add_line(exchange, "Expect:", "", 0);
    if (err == LOOM_OK && request->content_type != NULL)
        err = add_line(exchange, "Content-Type: ", request->content_type,
                       strlen(request->content_type));
    else if (err == LOOM_OK)
        err = add_line(exchange, "Content-Type:", "", 0);
    if (err == LOOM_OK && request->bearer != NULL)
        err = add_line(exchange, "Authorization: Bearer ", loom_secret_bytes(request->bearer),
                       loom_secret_len(request->bearer));
    return err;
}

static enum loom_err write_url(struct loom_http_exchange *exchange) {
    enum loom_err err = loom_buffer_add_text(&exchange->url, exchange->request->origin->url);
    return err == LOOM_OK ? loom_buffer_add_text(&exchange->url, exchange->request->path) : err;
}

static void prepare(const struct loom_http_client *client, const struct loom_http_request *request,
                    struct loom_http_exchange *exchange) {
    *exchange = (struct loom_http_exchange){
        .client = client,
        .request = request,
        .url = LOOM_BUFFER_INIT(URL_MAX),
        .body = LOOM_BUFFER_INIT(LOOM_HTTP_BODY_MAX),
    };
    for (size_t i = 0; i < LOOM_HTTP_LINES_MAX; i++)
        exchange->lines[i] = (struct loom_buffer)LOOM_BUFFER_INIT(LINE_MAX_BYTES);
    loom_head_start(&exchange->head, request->origin->is_secure, client->curl->getdate);
}

enum loom_err loom_http_exchange_open(const struct loom_http_client *client,
                                      const struct loom_http_request *request,
                                      struct loom_http_exchange *exchange,
                                      struct loom_error *error) {
    prepare(client, request, exchange);
    enum loom_err err = add_lines(exchange);
    if (err == LOOM_OK)
        err = write_url(exchange);
    if (err == LOOM_OK && (exchange->easy = client->curl->easy_init()) == NULL)
        err = LOOM_ERR_INTERNAL;
    if (err != LOOM_OK)
        (void)loom_error_set(error, err);
    else
        err = loom_http_set_options(exchange, error);
    if (err != LOOM_OK)
        loom_http_exchange_close(exchange);
    return err;
}

void loom_http_exchange_close(struct loom_http_exchange *exchange) {
    if (exchange->easy != NULL)
        exchange->client->curl->easy_cleanup(exchange->easy);
    exchange->easy = NULL;
    for (size_t i = 0; i < LOOM_HTTP_LINES_MAX; i++)
        loom_buffer_clear(&exchange->lines[i]);
    loom_buffer_clear(&exchange->url);
    loom_buffer_clear(&exchange->body);
}
