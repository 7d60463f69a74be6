/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_priv.h"

#include <stdio.h>

/* What holds for every request, said even where it is libcurl's default: defaults change. */
static const struct {
    CURLoption option;
    long number;
} FIXED[] = {
    {CURLOPT_NOSIGNAL, 1},
    /* Without it, ending a request waits for the thread that looks up the name. */
    {CURLOPT_QUICK_EXIT, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_UNRESTRICTED_AUTH, 0},
    {CURLOPT_AUTOREFERER, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_HTTPAUTH, (long)CURLAUTH_NONE},
    /* A proxy gets the password that its URL carries, in the one form that asks no ticket cache. */
    {CURLOPT_PROXYAUTH, (long)CURLAUTH_BASIC},
    {CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_PROXY_SSL_VERIFYPEER, 1},
    {CURLOPT_PROXY_SSL_VERIFYHOST, 2},
    /* Requests of a kilobyte gain nothing from HTTP/2, and its code has the longer history. */
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_PATH_AS_IS, 1},
    /* Seconds. A server closes what is idle for longer, perhaps in the moment in which we send. */
    {CURLOPT_MAXAGE_CONN, 2},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    /* Our header lines, the Authorization among them, are not for a proxy; nor its for us. */
    {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
};

/* The first failure stays, and nothing is set after it. */
struct setter {
    const struct loom_curl *curl;
    CURL *easy;
    CURLcode code;
};

static void set_number(struct setter *set, CURLoption option, long number) {
    if (set->code == CURLE_OK)
        set->code = set->curl->easy_setopt(set->easy, option, number);
}

static void set_pointer(struct setter *set, CURLoption option, const void *pointer) {
    if (set->code == CURLE_OK)
        set->code = set->curl->easy_setopt(set->easy, option, pointer);
}

static void set_function(struct setter *set, CURLoption option, void (*function)(void)) {
    if (set->code == CURLE_OK)
        set->code = set->curl->easy_setopt(set->easy, option, function);
}

int loom_http_timeout_ms(const struct loom_http_request *request) {
    return request->timeout_ms > 0 ? request->timeout_ms : LOOM_HTTP_TOTAL_MS;
}

static void set_fixed(struct setter *set) {
    for (size_t i = 0; i < sizeof FIXED / sizeof FIXED[0]; i++)
        set_number(set, FIXED[i].option, FIXED[i].number);
    set_pointer(set, CURLOPT_USERAGENT, "loom/" LOOM_VERSION);
}

/* Where to, by which way, how long. */
static void set_route(struct setter *set, const struct loom_http_exchange *exchange) {
    const struct loom_http_request *request = exchange->request;
    int timeout_ms = loom_http_timeout_ms(request);
    set_pointer(set, CURLOPT_PROTOCOLS_STR, request->origin->is_secure ? "https" : "http");
    set_pointer(set, CURLOPT_URL, exchange->url.data);
    /* Not set, libcurl reads the environment; the empty string means none at all. */
    if (request->origin->is_loopback)
        set_pointer(set, CURLOPT_PROXY, "");
    set_number(set, CURLOPT_TIMEOUT_MS, timeout_ms);
    set_number(set, CURLOPT_CONNECTTIMEOUT_MS,
               timeout_ms < LOOM_HTTP_CONNECT_MS ? timeout_ms : LOOM_HTTP_CONNECT_MS);
}

/* A proxy that is reached by TLS is judged as the server is. */
static void set_authorities(struct setter *set, const struct loom_authorities *authorities) {
    if (authorities->pem.len == 0)
        return;
    struct curl_blob blob = {
        .data = authorities->pem.data, .len = authorities->pem.len, .flags = CURL_BLOB_NOCOPY};
    set_pointer(set, CURLOPT_CAINFO_BLOB, &blob);
    set_pointer(set, CURLOPT_PROXY_CAINFO_BLOB, &blob);
    if (authorities->is_instead) {
        set_pointer(set, CURLOPT_CAPATH, NULL);
        set_pointer(set, CURLOPT_PROXY_CAPATH, NULL);
    }
}

/* The body is not copied: POSTFIELDS points to the caller's memory, which the caller wipes. */
static void set_message(struct setter *set, struct loom_http_exchange *exchange) {
    const struct loom_http_request *request = exchange->request;
    if (request->method == LOOM_HTTP_POST) {
        set_number(set, CURLOPT_POST, 1);
        set_number(set, CURLOPT_POSTFIELDSIZE, (long)request->body_len);
        set_pointer(set, CURLOPT_POSTFIELDS, request->body != NULL ? request->body : "");
    } else {
        set_number(set, CURLOPT_HTTPGET, 1);
    }
    set_pointer(set, CURLOPT_HTTPHEADER, &exchange->list[0]);
}

/*
 * SSL_OP_CLEANSE_PLAINTEXT, the same number since OpenSSL 1.1.1: an answer with a token does not
 * stay in the buffer that it was decrypted in.
 */
static CURLcode wipe_plaintext(CURL *easy, void *tls, void *context) {
    const struct loom_curl *curl = context;
    (void)easy;
    (void)curl->set_tls_options(tls, 1U << 1);
    return CURLE_OK;
}

static void set_callbacks(struct setter *set, struct loom_http_exchange *exchange) {
    if (set->curl->set_tls_options != NULL) {
        set_function(set, CURLOPT_SSL_CTX_FUNCTION, (void (*)(void))wipe_plaintext);
        set_pointer(set, CURLOPT_SSL_CTX_DATA, set->curl);
    }
    set_function(set, CURLOPT_WRITEFUNCTION, (void (*)(void))loom_http_take_body);
    set_pointer(set, CURLOPT_WRITEDATA, exchange);
    set_function(set, CURLOPT_HEADERFUNCTION, (void (*)(void))loom_http_take_line);
    set_pointer(set, CURLOPT_HEADERDATA, exchange);
    set_function(set, CURLOPT_OPENSOCKETFUNCTION, (void (*)(void))loom_http_open_socket);
    set_pointer(set, CURLOPT_OPENSOCKETDATA, exchange);
    set_function(set, CURLOPT_PREREQFUNCTION, (void (*)(void))loom_http_begin_request);
    set_pointer(set, CURLOPT_PREREQDATA, exchange);
}

enum loom_err loom_http_set_options(struct loom_http_exchange *exchange, struct loom_error *error) {
    const struct loom_http_client *client = exchange->client;
    struct setter set = {.curl = client->curl, .easy = exchange->easy, .code = CURLE_OK};
    set_fixed(&set);
    set_route(&set, exchange);
    set_authorities(&set, &client->authorities);
    set_message(&set, exchange);
    set_callbacks(&set, exchange);
    if (set.code == CURLE_OK)
        return LOOM_OK;
    return loom_error_detail(error, LOOM_ERR_INTERNAL,
                             N_("libcurl lacks an option that is needed"));
}
