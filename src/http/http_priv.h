/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the files of this room divide the work. Only for the room and its tests.
 *
 *     client.c       the port; one connection cache (CURLM) as long as the server stays the same
 *     authorities.c  whom to trust
 *     exchange.c     what one request hands to libcurl and gets back
 *     options.c      every option of a handle, from an empty one, for each request anew
 *     transfer.c     the loop that waits: for the network, the deadline, the stop descriptor
 *     errors.c       what a failure means
 *     probe.c        what was learned on the way
 *     site.c         scheme and host of a URL, spelled for a person
 */
#ifndef LOOM_HTTP_HTTP_PRIV_H
#define LOOM_HTTP_HTTP_PRIV_H

#include "base/buffer.h"
#include "http/curl_library.h"
#include "http/head.h"
#include "http/http.h"
#include "http/probe.h"

#include <sys/socket.h>

/* ---- authorities.c ---- */

enum { LOOM_AUTHORITIES_MAX = 16 * 1024 * 1024 }; /* bytes, all files together */

/* All empty: libcurl's own defaults, which are the system's. */
struct loom_authorities {
    struct loom_buffer pem;    /* what to trust, all files one after the other */
    struct loom_buffer source; /* path of the most particular of them */
    bool is_instead;           /* of the system's, its folder included */
};

#define LOOM_AUTHORITIES_INIT                                                                      \
    {                                                                                              \
        .pem = LOOM_BUFFER_INIT(LOOM_AUTHORITIES_MAX), .source = LOOM_BUFFER_INIT(4096),           \
        .is_instead = false                                                                        \
    }

/*
 * Read SSL_CERT_FILE or else `system_file` (NULL: none known), LOOM_CA_FILE and the two files of
 * the request. LOOM_ERR_TLS, with path and errno: one that was named cannot be read or holds no
 * certificate (EINVAL). A system file that is missing is passed over.
 */
LOOM_CHECKED enum loom_err loom_authorities_read(const struct loom_http_request *request,
                                                 const char *system_file,
                                                 struct loom_authorities *out_authorities,
                                                 struct loom_error *error);

void loom_authorities_clear(struct loom_authorities *authorities);

/* ---- client.c ---- */

struct loom_http_client {
    const int *stop_fd;
    const struct loom_curl *curl; /* NULL before the first request */
    CURLM *multi;                 /* NULL: none; of `origin` and `ca_file` */
    curl_socket_t kept;           /* the connection in it; CURL_SOCKET_BAD: none */
    struct loom_origin origin;
    char *ca_file;
    struct loom_authorities authorities;
    struct loom_probe *probe; /* borrowed, while one is made; else NULL */
    bool is_looking;          /* at a certificate that was refused: nothing is sent */
};

/* ---- exchange.c ---- */

enum { LOOM_HTTP_LINES_MAX = 4, LOOM_HTTP_PATH_MAX = LOOM_PAGE_MAX };

/* Wipes itself: its lines hold the Authorization, its body an answer with a token. */
struct loom_http_exchange {
    const struct loom_http_client *client;
    const struct loom_http_request *request;
    CURL *easy;
    struct loom_buffer url;
    struct loom_buffer lines[LOOM_HTTP_LINES_MAX]; /* header lines of our own */
    struct curl_slist list[LOOM_HTTP_LINES_MAX];   /* the same, chained for libcurl */
    size_t lines_len;
    struct loom_http_head head;
    struct loom_buffer body;
    enum loom_err refusal; /* why a callback stopped the transfer; LOOM_OK: none did */
    bool has_begun;        /* the request was sent, or is about to be */
    bool has_dialled;      /* a new connection was begun */
    uint16_t dialled_port; /* the port it went to: the server's or a proxy's */
    CURLcode result;       /* how it ended, as libcurl has it */
};

/*
 * Make the request and prepare for its answer. The exchange points into itself and to `request`:
 * neither moves until it is closed. On failure nothing is left to close.
 */
LOOM_CHECKED enum loom_err loom_http_exchange_open(const struct loom_http_client *client,
                                                   const struct loom_http_request *request,
                                                   struct loom_http_exchange *exchange,
                                                   struct loom_error *error);

void loom_http_exchange_close(struct loom_http_exchange *exchange);

/* Callbacks of libcurl; `context` is the exchange. */
size_t loom_http_take_body(char *bytes, size_t size, size_t count, void *context);
size_t loom_http_take_line(char *line, size_t size, size_t count, void *context);
curl_socket_t loom_http_open_socket(void *context, curlsocktype purpose,
                                    struct curl_sockaddr *address);
int loom_http_begin_request(void *context, char *peer, char *own, int peer_port, int own_port);

/* ---- options.c ---- */

/* Set everything on the exchange's handle, which is new. LOOM_ERR_INTERNAL: libcurl cannot. */
LOOM_CHECKED enum loom_err loom_http_set_options(struct loom_http_exchange *exchange,
                                                 struct loom_error *error);

/* request->timeout_ms, or the default. */
int loom_http_timeout_ms(const struct loom_http_request *request);

/* ---- transfer.c ---- */

/*
 * Run the exchange to its end. LOOM_OK: libcurl has finished, *out_result says how (a deadline that
 * passed is CURLE_OPERATION_TIMEDOUT). LOOM_ERR_INTERRUPTED, LOOM_ERR_INTERNAL. Whatever the
 * outcome, *out_kept is the connection that is kept, or CURL_SOCKET_BAD.
 */
LOOM_CHECKED enum loom_err loom_http_transfer(const struct loom_http_exchange *exchange,
                                              CURLcode *out_result, curl_socket_t *out_kept,
                                              struct loom_error *error);

/* ---- errors.c ---- */

/* What the failed `result` of an exchange means. Never LOOM_OK. */
enum loom_err loom_http_explain(const struct loom_http_exchange *exchange, CURLcode result,
                                struct loom_error *error);

/* The variable that names a proxy for this server, unless NO_PROXY says otherwise; NULL: none. */
const char *loom_http_proxy_variable(const struct loom_origin *origin);

/* Did its proxy stand in between? Unknown is no: NO_PROXY is set, one port is both's, no answer. */
bool loom_http_is_proxied(const struct loom_http_exchange *exchange);

/* Why there is no safe connection, where that is why it failed. */
enum loom_tls_fault loom_http_tls_fault(const struct loom_http_exchange *exchange);

/* ---- probe.c ---- */

/* Prepare a handle for what the client's probe wants to know. LOOM_ERR_INTERNAL: libcurl cannot. */
LOOM_CHECKED enum loom_err loom_probe_begin(const struct loom_http_exchange *exchange,
                                            struct loom_error *error);

/* An address is about to be tried. */
void loom_probe_dial(struct loom_probe *probe, const struct sockaddr *address, size_t len);

/* Note what was learned; `err` is what came of it. */
void loom_probe_end(const struct loom_http_exchange *exchange, enum loom_err err);

/* ---- site.c ---- */

/*
 * Write the scheme, host and explicit port of `url`, which may be relative to `base` (NULL: none),
 * and nothing else of it: no user info, no path. Writes nothing when there is no host or when it
 * is not printable ASCII.
 */
void loom_site_spell(const struct loom_curl *curl, const char *base, const char *url,
                     struct loom_buffer *out);

#endif
