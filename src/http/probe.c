/* SPDX-License-Identifier: Apache-2.0 */
#include "http/probe.h"

#include "base/text.h"
#include "http/http_priv.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROXY_PORT = 1080, PROXY_TLS_PORT = 443 }; /* libcurl's, where none is named */

/* ---- Before ---- */

enum loom_err loom_probe_begin(const struct loom_http_exchange *exchange,
                               struct loom_error *error) {
    const struct loom_curl *curl = exchange->client->curl;
    CURLcode code = curl->easy_setopt(exchange->easy, CURLOPT_CERTINFO, 1L);
    if (code == CURLE_OK && exchange->client->is_looking) {
        /* First that nothing is sent, then that nothing is judged. */
        code = curl->easy_setopt(exchange->easy, CURLOPT_CONNECT_ONLY, 1L);
        if (code == CURLE_OK)
            code = curl->easy_setopt(exchange->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        if (code == CURLE_OK)
            code = curl->easy_setopt(exchange->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (code == CURLE_OK)
        return LOOM_OK;
    return loom_error_detail(error, LOOM_ERR_INTERNAL,
                             N_("libcurl lacks an option that is needed"));
}

void loom_probe_dial(struct loom_probe *probe, const struct sockaddr *address, size_t len) {
    if (probe->addresses_len == LOOM_PROBE_ADDRESSES_MAX)
        return;
    if (getnameinfo(address, (socklen_t)len, probe->addresses[probe->addresses_len],
                    LOOM_PROBE_ADDRESS_SIZE, NULL, 0, NI_NUMERICHOST) == 0)
        probe->addresses_len++;
}

/* ---- After ---- */

static bool has_passed(const struct loom_http_exchange *exchange, CURLINFO moment) {
    curl_off_t at_us = 0;
    CURLcode code = exchange->client->curl->easy_getinfo(exchange->easy, moment, &at_us);
    return code == CURLE_OK && at_us > 0;
}

/* The time of it, libcurl tells only once TLS stands as well. */
static bool is_connected(const struct loom_http_exchange *exchange) {
    long port = 0;
    CURLcode code =
        exchange->client->curl->easy_getinfo(exchange->easy, CURLINFO_LOCAL_PORT, &port);
    return code == CURLE_OK && port > 0;
}

static enum loom_probe_stage find_stage(const struct loom_http_exchange *exchange,
                                        enum loom_err err) {
    bool is_secure = exchange->request->origin->is_secure;
    if (err == LOOM_OK || exchange->head.status != 0)
        return LOOM_PROBE_ANSWERED;
    if (has_passed(exchange, is_secure ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T))
        return LOOM_PROBE_SECURED;
    if (is_connected(exchange))
        return LOOM_PROBE_CONNECTED;
    return exchange->has_dialled ? LOOM_PROBE_RESOLVED : LOOM_PROBE_NOTHING;
}

/* Its scheme and port, unless it cannot be read. */
static void read_proxy(const struct loom_curl *curl, const char *proxy, struct loom_probe *probe) {
    char *scheme = NULL, *port = NULL;
    CURLU *url = curl->url();
    if (url == NULL)
        return;
    bool is_read = curl->url_set(url, CURLUPART_URL, proxy,
                                 CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) == CURLUE_OK &&
                   curl->url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
    if (is_read) {
        uint64_t number = strcmp(scheme, "https") == 0 ? PROXY_TLS_PORT : PROXY_PORT;
        (void)snprintf(probe->proxy_scheme, sizeof probe->proxy_scheme, "%s", scheme);
        if (curl->url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK)
            (void)loom_text_parse_number(port, strlen(port), UINT16_MAX, &number);
        probe->proxy_port = (uint16_t)number;
    }
    curl->free(scheme);
    curl->free(port);
    curl->url_cleanup(url);
}

static void find_proxy(const struct loom_http_exchange *exchange, enum loom_err err,
                       struct loom_probe *probe) {
    const char *name = loom_http_proxy_variable(exchange->request->origin);
    if (name == NULL)
        return;
    bool is_used = err == LOOM_ERR_PROXY || loom_http_is_proxied(exchange);
    probe->proxy_variable = is_used ? name : NULL;
    probe->is_proxy_spared = !is_used;
    if (!is_used)
        return;
    read_proxy(exchange->client->curl, getenv(name), probe);
    (void)exchange->client->curl->easy_getinfo(exchange->easy, CURLINFO_HTTP_CONNECTCODE,
                                               &probe->proxy_status);
}

/* What follows "name:" in a line; NULL: it is another one. */
static const char *value_of(const char *line, const char *name) {
    size_t len = strlen(name);
    return strncmp(line, name, len) == 0 && line[len] == ':' ? line + len + 1 : NULL;
}

static void take_text(const char *line, const char *name,
                      char out_text[static LOOM_PROBE_TEXT_SIZE]) {
    const char *value = value_of(line, name);
    if (value != NULL)
        (void)snprintf(out_text, LOOM_PROBE_TEXT_SIZE, "%s", value);
}

static void take_date(const struct loom_curl *curl, const char *line, const char *name,
                      int64_t *out_s) {
    const char *value = value_of(line, name);
    time_t at = value != NULL ? curl->getdate(value, NULL) : -1;
    if (at != -1)
        *out_s = at;
}

/* A proxy that is reached by TLS has shown one as well, and libcurl keeps the last that it saw. */
static bool may_be_of_proxy(const struct loom_http_exchange *exchange, enum loom_err err) {
    return err != LOOM_OK && exchange->client->probe->reached < LOOM_PROBE_SECURED &&
           (err == LOOM_ERR_PROXY || loom_http_is_proxied(exchange));
}

static void find_certificate(const struct loom_http_exchange *exchange,
                             struct loom_probe_certificate *certificate) {
    const struct loom_curl *curl = exchange->client->curl;
    struct curl_certinfo *chain = NULL;
    if (curl->easy_getinfo(exchange->easy, CURLINFO_CERTINFO, &chain) != CURLE_OK ||
        chain == NULL || chain->num_of_certs < 1)
        return;
    certificate->is_known = true;
    for (const struct curl_slist *line = chain->certinfo[0]; line != NULL; line = line->next) {
        take_text(line->data, "Subject", certificate->subject);
        take_text(line->data, "Issuer", certificate->issuer);
        take_text(line->data, "X509v3 Subject Alternative Name", certificate->names);
        take_date(curl, line->data, "Start date", &certificate->from_s);
        take_date(curl, line->data, "Expire date", &certificate->until_s);
    }
}

void loom_probe_end(const struct loom_http_exchange *exchange, enum loom_err err) {
    struct loom_probe *probe = exchange->client->probe;
    const char *file = exchange->client->curl->version_info(CURLVERSION_NOW)->cainfo;
    probe->reached = find_stage(exchange, err);
    find_proxy(exchange, err, probe);
    if (!may_be_of_proxy(exchange, err))
        find_certificate(exchange, &probe->certificate);
    bool is_refused = err == LOOM_ERR_TLS || err == LOOM_ERR_TLS_AUTHORITY;
    if (is_refused && probe->reached < LOOM_PROBE_SECURED)
        probe->tls = loom_http_tls_fault(exchange);
    (void)snprintf(probe->authorities, sizeof probe->authorities, "%s", file != NULL ? file : "");
}
