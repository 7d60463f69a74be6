/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "http/http_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What every failure of libcurl means; what is not here is a fault of this program. */
static const struct {
    CURLcode result;
    enum loom_err err;
    const char *word; /* public; NULL: the server's host */
} MEANINGS[] = {
    {CURLE_COULDNT_RESOLVE_HOST, LOOM_ERR_NO_HOST, NULL},
    {CURLE_COULDNT_CONNECT, LOOM_ERR_UNREACHABLE, NULL},
    {CURLE_SEND_ERROR, LOOM_ERR_UNREACHABLE, NULL},
    {CURLE_RECV_ERROR, LOOM_ERR_UNREACHABLE, NULL},
    {CURLE_GOT_NOTHING, LOOM_ERR_UNREACHABLE, NULL},
    {CURLE_PARTIAL_FILE, LOOM_ERR_UNREACHABLE, NULL},
    {CURLE_ABORTED_BY_CALLBACK, LOOM_ERR_UNREACHABLE, NULL}, /* it would have been repeated */
    {CURLE_OPERATION_TIMEDOUT, LOOM_ERR_TIMEOUT, NULL},
    {CURLE_SSL_CONNECT_ERROR, LOOM_ERR_TLS, N_("handshake failed")},
    {CURLE_SSL_CIPHER, LOOM_ERR_TLS, N_("no common cipher")},
    {CURLE_SSL_ISSUER_ERROR, LOOM_ERR_TLS, N_("certificate not accepted")},
    {CURLE_SSL_INVALIDCERTSTATUS, LOOM_ERR_TLS, N_("certificate not accepted")},
    {CURLE_SSL_CERTPROBLEM, LOOM_ERR_TLS, N_("certificate not accepted")},
    {CURLE_SSL_CLIENTCERT, LOOM_ERR_TLS, N_("the server asks for a client certificate")},
    {CURLE_COULDNT_RESOLVE_PROXY, LOOM_ERR_PROXY, NULL},
    {CURLE_PROXY, LOOM_ERR_PROXY, NULL},
    {CURLE_UNSUPPORTED_PROTOCOL, LOOM_ERR_BAD_ANSWER, "not HTTP/1"},
    {CURLE_WEIRD_SERVER_REPLY, LOOM_ERR_BAD_ANSWER, "not HTTP"},
    {CURLE_BAD_CONTENT_ENCODING, LOOM_ERR_BAD_ANSWER, "an encoding that was not asked for"},
    {CURLE_WRITE_ERROR, LOOM_ERR_BAD_ANSWER, "not HTTP"},
};

/*
 * Why a certificate was refused: OpenSSL's numbers (X509_V_ERR_...), which it keeps stable;
 * its headers belong to another room. Without a number it was the name that did not fit.
 */
static const struct {
    int verify;
    enum loom_err err;
    enum loom_tls_fault fault;
    const char *word;
} VERDICTS[] = {
    {0, LOOM_ERR_TLS, LOOM_TLS_OTHER_NAME, N_("certificate is for another name")},
    {1, LOOM_ERR_TLS, LOOM_TLS_OTHER_NAME, N_("certificate is for another name")},
    {2, LOOM_ERR_TLS_AUTHORITY, LOOM_TLS_UNKNOWN_AUTHORITY,
     "certificate from an unknown authority"},
    {9, LOOM_ERR_TLS, LOOM_TLS_NOT_YET_VALID, N_("certificate not yet valid")},
    {10, LOOM_ERR_TLS, LOOM_TLS_EXPIRED, N_("certificate expired")},
    {18, LOOM_ERR_TLS_AUTHORITY, LOOM_TLS_SELF_SIGNED, "certificate signed by itself"},
    {19, LOOM_ERR_TLS_AUTHORITY, LOOM_TLS_UNKNOWN_AUTHORITY,
     "certificate from an unknown authority"},
    {20, LOOM_ERR_TLS_AUTHORITY, LOOM_TLS_UNKNOWN_AUTHORITY,
     "certificate from an unknown authority"},
    {21, LOOM_ERR_TLS_AUTHORITY, LOOM_TLS_UNKNOWN_AUTHORITY,
     "certificate from an unknown authority"},
    {23, LOOM_ERR_TLS, LOOM_TLS_REVOKED, N_("certificate revoked")},
    {62, LOOM_ERR_TLS, LOOM_TLS_OTHER_NAME, N_("certificate is for another name")},
    {64, LOOM_ERR_TLS, LOOM_TLS_OTHER_NAME, N_("certificate is for another name")},
    {66, LOOM_ERR_TLS, LOOM_TLS_WEAK, N_("certificate too weak")},
    {67, LOOM_ERR_TLS, LOOM_TLS_WEAK, N_("certificate too weak")},
    {68, LOOM_ERR_TLS, LOOM_TLS_WEAK, N_("certificate too weak")},
};

/* ---- Proxies ---- */

const char *loom_http_proxy_variable(const struct loom_origin *origin) {
    static const char *const NAMES[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    if (origin->is_loopback)
        return NULL;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        const char *value = getenv(NAMES[i]);
        if (value != NULL && value[0] != '\0')
            return NAMES[i];
    }
    return NULL;
}

/* The proxy that libcurl uses for https, unless NO_PROXY says otherwise; NULL: none. */
static const char *find_proxy(const struct loom_http_exchange *exchange) {
    const char *name = loom_http_proxy_variable(exchange->request->origin);
    return name != NULL ? getenv(name) : NULL;
}

static bool is_socks(const char *proxy) {
    static const char SCHEME[] = "socks";
    for (size_t i = 0; i < sizeof SCHEME - 1; i++)
        if (loom_ascii_lower(proxy[i]) != SCHEME[i])
            return false;
    return true;
}

static long connect_status(const struct loom_http_exchange *exchange) {
    long status = 0;
    (void)exchange->client->curl->easy_getinfo(exchange->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return status;
}

/* May NO_PROXY keep a server away from its proxy? */
static bool has_exceptions(void) {
    const char *lower = getenv("no_proxy"), *upper = getenv("NO_PROXY");
    return (lower != NULL && lower[0] != '\0') || (upper != NULL && upper[0] != '\0');
}

/*
 * libcurl tells whether a proxy was used only since 8.7. What it answered tells it too, and that
 * nothing keeps a server away from it, and the port that was dialled, unless both share one.
 */
bool loom_http_is_proxied(const struct loom_http_exchange *exchange) {
    if (find_proxy(exchange) == NULL)
        return false;
    return connect_status(exchange) != 0 || !has_exceptions() ||
           (exchange->has_dialled && exchange->dialled_port != exchange->request->origin->port);
}

/* Did it fail before the way to the server stood? */
static bool is_proxy_fault(const struct loom_http_exchange *exchange, CURLcode result) {
    const char *proxy = find_proxy(exchange);
    if (proxy == NULL)
        return false;
    long status = connect_status(exchange);
    /* A 200 whose head never ends opens no way either; TLS that fails has results of its own. */
    if (status != 0)
        return status < 200 || status > 299 || (result == CURLE_RECV_ERROR && !exchange->has_begun);
    if (!exchange->has_dialled)
        return result == CURLE_COULDNT_CONNECT; /* a kind of proxy that libcurl does not know */
    if (!loom_http_is_proxied(exchange))
        return false;
    return result == CURLE_COULDNT_CONNECT || !is_socks(proxy);
}

/* The detail names the proxy without user and password. */
static enum loom_err explain_proxy(const struct loom_http_exchange *exchange,
                                   struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer site = LOOM_BUFFER_INIT(LOOM_ERROR_DETAIL_MAX);
    const char *proxy = find_proxy(exchange);
    if (proxy != NULL)
        loom_site_spell(exchange->client->curl, NULL, proxy, &site);
    (void)loom_error_detail(error, LOOM_ERR_PROXY, loom_buffer_text(&site));
    if (error != NULL)
        error->http_status = connect_status(exchange);
    return LOOM_ERR_PROXY;
}

/* ---- TLS ---- */

/* Other TLS libraries number their verdicts otherwise, and libcurl hands them on as they are. */
static bool is_openssl(const struct loom_curl *curl) {
    static const char *const NAMES[] = {"OpenSSL/", "LibreSSL/", "BoringSSL", "quictls/"};
    const char *backend = curl->version_info(CURLVERSION_NOW)->ssl_version;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (backend != NULL && strncmp(backend, NAMES[i], strlen(NAMES[i])) == 0)
            return true;
    return false;
}

/* The row of VERDICTS, or their number: the verdict is another one. */
static size_t find_verdict(const struct loom_http_exchange *exchange) {
    const struct loom_curl *curl = exchange->client->curl;
    const size_t count = sizeof VERDICTS / sizeof VERDICTS[0];
    size_t row = 0;
    long verify = -1;
    (void)curl->easy_getinfo(exchange->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
    while (row < count && VERDICTS[row].verify != verify)
        row++;
    return is_openssl(curl) ? row : count;
}

enum loom_tls_fault loom_http_tls_fault(const struct loom_http_exchange *exchange) {
    if (exchange->result != CURLE_PEER_FAILED_VERIFICATION)
        return LOOM_TLS_REFUSED;
    size_t row = find_verdict(exchange);
    return row < sizeof VERDICTS / sizeof VERDICTS[0] ? VERDICTS[row].fault : LOOM_TLS_REFUSED;
}

static enum loom_err explain_certificate(const struct loom_http_exchange *exchange,
                                         struct loom_error *error) {
    size_t row = find_verdict(exchange);
    if (row < sizeof VERDICTS / sizeof VERDICTS[0])
        return loom_error_detail(error, VERDICTS[row].err, VERDICTS[row].word);
    return loom_error_detail(error, LOOM_ERR_TLS, N_("certificate not accepted"));
}

/* libcurl does not say which file it was: the one that was named last, else the system's. */
static enum loom_err explain_authorities(const struct loom_http_exchange *exchange,
                                         struct loom_error *error) {
    const struct loom_http_client *client = exchange->client;
    const char *path = client->curl->version_info(CURLVERSION_NOW)->cainfo;
    if (client->authorities.source.len > 0)
        path = client->authorities.source.data;
    return loom_error_os(error, LOOM_ERR_TLS, EINVAL, path);
}

/* ---- Answers ---- */

static enum loom_err explain_redirect(const struct loom_http_exchange *exchange,
                                      struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer site = LOOM_BUFFER_INIT(LOOM_ERROR_DETAIL_MAX);
    if (exchange->head.location[0] != '\0')
        loom_site_spell(exchange->client->curl, exchange->url.data, exchange->head.location, &site);
    (void)loom_error_detail(error, LOOM_ERR_REDIRECT, loom_buffer_text(&site));
    if (error != NULL)
        error->http_status = exchange->head.status;
    return LOOM_ERR_REDIRECT;
}

/*
 * libcurl calls a header line past its own ceiling "out of memory", and since 8.6 by a number of
 * its own. Once an answer was under way, that is what it was.
 */
static bool is_line_too_long(const struct loom_http_exchange *exchange, CURLcode result) {
    enum { TOO_LARGE = 100 }; /* CURLE_TOO_LARGE, which older headers lack */
    curl_off_t sent_us = 0;
    (void)exchange->client->curl->easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T,
                                               &sent_us);
    return ((int)result == TOO_LARGE || result == CURLE_OUT_OF_MEMORY) && sent_us > 0;
}

static enum loom_err explain_plain(const struct loom_http_exchange *exchange, CURLcode result,
                                   struct loom_error *error) {
    const struct loom_curl *curl = exchange->client->curl;
    long os_error = 0;
    (void)curl->easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &os_error);
    for (size_t i = 0; i < sizeof MEANINGS / sizeof MEANINGS[0]; i++) {
        const char *word = MEANINGS[i].word;
        if (MEANINGS[i].result == result)
            return loom_error_os(error, MEANINGS[i].err, word == NULL ? (int)os_error : 0,
                                 word != NULL ? word : exchange->request->origin->host);
    }
    return loom_error_detail(error, LOOM_ERR_INTERNAL, curl->easy_strerror(result));
}

enum loom_err loom_http_explain(const struct loom_http_exchange *exchange, CURLcode result,
                                struct loom_error *error) {
    if (exchange->refusal == LOOM_ERR_REDIRECT)
        return explain_redirect(exchange, error);
    if (exchange->refusal != LOOM_OK)
        return loom_error_http(error, exchange->refusal, exchange->head.status);
    if (result == CURLE_COULDNT_RESOLVE_PROXY || result == CURLE_PROXY ||
        is_proxy_fault(exchange, result))
        return explain_proxy(exchange, error);
    if (result == CURLE_PEER_FAILED_VERIFICATION)
        return explain_certificate(exchange, error);
    if (result == CURLE_SSL_CACERT_BADFILE)
        return explain_authorities(exchange, error);
    if (is_line_too_long(exchange, result))
        return loom_error_detail(error, LOOM_ERR_BAD_ANSWER, "a header line that is too long");
    return explain_plain(exchange, result, error);
}
