/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP port and the one client behind it.
 *
 *     int stop_fd = loom_signals_catch();
 *     struct loom_http_client *client;                   // in main.c
 *     err = loom_http_client_new(&stop_fd, &client);
 *     struct loom_http http = loom_http_client_port(client);
 *     ...
 *     struct loom_http_response response = LOOM_HTTP_RESPONSE_INIT;
 *     err = http.send(http.context, &request, &response, error);
 *     ... response.status ...
 *     loom_http_response_clear(&response);
 *
 * What the client does, whatever it is asked: TLS 1.2 or newer, the certificate always verified
 * (http/probe.h looks at one that was refused, and sends nothing); plain http only to a loopback
 * origin, and then connected to loopback addresses only, judged on the address of the socket; no
 * redirects followed, no cookies, no netrc, no authentication of its own, nothing remembered
 * from one origin to the next (a fresh handle for each), one connection kept while the origin
 * stays the same, for two idle seconds, and unless something came on it that nobody asked for; a
 * POST is sent once, whatever happens to its connection. Answers are cut off at
 * LOOM_HTTP_BODY_MAX bytes of body and LOOM_HTTP_HEADER_MAX bytes of header, counted as they
 * arrive. libcurl is opened at the first request (dlopen), and every option that cannot be set
 * means that no request is made.
 *
 * System authorities, or those of SSL_CERT_FILE in their place; those of the request's ca_file and
 * more_ca_file and of LOOM_CA_FILE besides. Proxies from https_proxy, HTTPS_PROXY, all_proxy,
 * ALL_PROXY less no_proxy, NO_PROXY; loopback never goes through one. A proxy sees host and port of
 * the server, and the user and password of its own URL.
 *
 * A client makes one request at a time. It changes nothing of the process: SSLKEYLOGFILE, which
 * libcurl and its TLS library obey, is for the program to forget.
 */
#ifndef LOOM_HTTP_HTTP_H
#define LOOM_HTTP_HTTP_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/origin.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOOM_HTTP_BODY_MAX = 1024 * 1024,  /* bytes */
    LOOM_HTTP_HEADER_MAX = 256 * 1024, /* bytes, all header lines together, 1xx included */
    LOOM_HTTP_CONNECT_MS = 10000,      /* name look-up, TCP and TLS */
    LOOM_HTTP_TOTAL_MS = 30000,        /* the default for a whole exchange */
};

enum loom_http_method { LOOM_HTTP_GET, LOOM_HTTP_POST };

struct loom_http_request {
    const struct loom_origin *origin;
    const char *ca_file;      /* more authorities, absolute path; NULL: none */
    const char *more_ca_file; /* and more, of the process's own choice: the same for a client's
                                 whole life; NULL: none */
    enum loom_http_method method;
    const char *path;         /* appended to the origin's URL: "/auth/me" */
    const char *content_type; /* of the body; NULL: no body */
    const char *body;         /* may hold a secret: wiped by the client where it copies */
    size_t body_len;
    const struct loom_secret *bearer; /* Authorization: Bearer (RFC 6750 section 2.1); NULL: none */
    int timeout_ms;                   /* 0: LOOM_HTTP_TOTAL_MS */
    /*
     * Its answer cannot be had again: once any of it is sent, the stop descriptor is not looked at
     * until it is answered or the time is over. Before that it stops like any other.
     */
    bool must_complete;
};

struct loom_http_response {
    long status;  /* 200 to 599 */
    bool is_json; /* the media type is application/json or ends in +json */
    int64_t
        retry_after_s; /* RFC 9110 section 10.2.3, from a number or a date; -1: none; <= 86400 */
    int64_t date_s;    /* RFC 9110 section 6.6.1, epoch seconds; 0: none or unreadable */
    bool is_token_invalid; /* WWW-Authenticate says `invalid_token` (RFC 6750 section 3) */
    struct loom_buffer body;
};

#define LOOM_HTTP_RESPONSE_INIT                                                                    \
    {                                                                                              \
        .status = 0, .is_json = false, .retry_after_s = -1,                                        \
        .body = LOOM_BUFFER_INIT(LOOM_HTTP_BODY_MAX)                                               \
    }

struct loom_probe; /* http/probe.h */

struct loom_http {
    void *context;
    /*
     * One request, one complete answer, in at most the time-out. *out_response must be initialised
     * and is filled on LOOM_OK alone, which only says that the transfer was complete: status and
     * media type are the caller's to judge.
     *
     * LOOM_ERR_NO_HOST, LOOM_ERR_UNREACHABLE (also: cut off in the middle), LOOM_ERR_TIMEOUT,
     * LOOM_ERR_TLS_AUTHORITY, LOOM_ERR_TLS (detail: a word on why, or the path of a CA file that
     * cannot be read, with errno, or holds no certificate, with EINVAL), LOOM_ERR_PROXY (detail:
     * scheme and host of the proxy; the status it answered, if any); LOOM_ERR_REDIRECT (any 3xx;
     * detail: scheme and host that it points to, or ""); LOOM_ERR_BAD_ANSWER (past a cap, not
     * HTTP/1, contradictory lengths, none over TLS, an encoding that was not asked for);
     * LOOM_ERR_INTERRUPTED, within 200 ms of the stop descriptor becoming readable, in a name
     * look-up and a TLS handshake too; LOOM_ERR_INTERNAL (libcurl missing, too old, without TLS;
     * detail says which).
     */
    LOOM_CHECKED enum loom_err (*send)(void *context, const struct loom_http_request *request,
                                       struct loom_http_response *out_response,
                                       struct loom_error *error);

    /* The same, and tell what was learned on the way: http/probe.h. NULL: this port cannot. */
    LOOM_CHECKED enum loom_err (*probe)(void *context, const struct loom_http_request *request,
                                        struct loom_probe *out_probe,
                                        struct loom_http_response *out_response,
                                        struct loom_error *error);
};

/* Wipe and free the body; the response may be used again. */
void loom_http_response_clear(struct loom_http_response *response);

/*
 * From the first request on, libcurl wipes the memory that it gives back: headers, answers. Only
 * for the program, before any request: it holds for everybody who uses libcurl in this process.
 */
void loom_http_wipe_memory(void);

struct loom_http_client;

/* `stop_fd` as in system/process.h; the int it points to must outlive the client. NULL: none. */
LOOM_CHECKED enum loom_err loom_http_client_new(const int *stop_fd,
                                                struct loom_http_client **out_client);

struct loom_http loom_http_client_port(struct loom_http_client *client);

void loom_http_client_free(struct loom_http_client *client);

/*
 * The xn-- spelling (RFC 5890) of an international host name in UTF-8, to be shown to the person
 * who typed it. LOOM_ERR_USAGE: there is none. LOOM_ERR_INTERNAL: libcurl cannot tell.
 * libidn2 reads the name in the encoding of LC_CTYPE: unless that is UTF-8 there is none either.
 */
LOOM_CHECKED enum loom_err loom_http_spell_host(const char *host, struct loom_buffer *out);

#endif
