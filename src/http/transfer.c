/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_priv.h"

#include <time.h>

enum { SLICE_MS = 1000 };

/* CLOCK_BOOTTIME: the time that a machine sleeps counts, which libcurl's own clock leaves out. */
static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static CURLcode take_result(const struct loom_curl *curl, CURLM *multi) {
    int left;
    for (CURLMsg *message; (message = curl->multi_info_read(multi, &left)) != NULL;)
        if (message->msg == CURLMSG_DONE)
            return message->data.result;
    return CURLE_FAILED_INIT;
}

/* What is said to a proxy counts as sent, too: better once too often than an answer lost. */
static bool is_sent(const struct loom_http_exchange *exchange) {
    long sent_len = 0;
    CURLcode code =
        exchange->client->curl->easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &sent_len);
    return code == CURLE_OK && sent_len > 0;
}

/* -1: nothing stops it (any more). */
static int stop_fd_of(const struct loom_http_exchange *exchange) {
    const int *stop_fd = exchange->client->stop_fd;
    bool is_deaf = exchange->request->must_complete && is_sent(exchange);
    return stop_fd == NULL || is_deaf ? -1 : *stop_fd;
}

/* Wait for the network or the stop descriptor. LOOM_ERR_INTERRUPTED: the latter. */
static enum loom_err wait_for_either(const struct loom_http_exchange *exchange, int64_t wait_ms) {
    const struct loom_http_client *client = exchange->client;
    int stop_fd = stop_fd_of(exchange);
    struct curl_waitfd stop = {.fd = stop_fd, .events = CURL_WAIT_POLLIN, .revents = 0};
    CURLMcode code = client->curl->multi_poll(client->multi, &stop, stop_fd >= 0 ? 1U : 0U,
                                              (int)(wait_ms < SLICE_MS ? wait_ms : SLICE_MS), NULL);
    if (stop.revents != 0)
        return LOOM_ERR_INTERRUPTED;
    return code == CURLM_OK ? LOOM_OK : LOOM_ERR_INTERNAL;
}

static enum loom_err run(const struct loom_http_exchange *exchange, CURLcode *out_result) {
    const struct loom_http_client *client = exchange->client;
    int64_t deadline_ms = now_ms() + loom_http_timeout_ms(exchange->request);
    int64_t wait_ms = 0; /* the first look is only at the stop descriptor */
    int running = 1;
    while (running > 0) {
        enum loom_err err = wait_for_either(exchange, wait_ms);
        if (err != LOOM_OK)
            return err;
        if (client->curl->multi_perform(client->multi, &running) != CURLM_OK)
            return LOOM_ERR_INTERNAL;
        wait_ms = deadline_ms - now_ms();
        if (running > 0 && wait_ms <= 0) {
            *out_result = CURLE_OPERATION_TIMEDOUT;
            return LOOM_OK;
        }
    }
    *out_result = take_result(client->curl, client->multi);
    return LOOM_OK;
}

/* libcurl tells while the handle is still its own. */
static curl_socket_t find_kept(const struct loom_http_exchange *exchange) {
    curl_socket_t kept = CURL_SOCKET_BAD;
    CURLcode code =
        exchange->client->curl->easy_getinfo(exchange->easy, CURLINFO_ACTIVESOCKET, &kept);
    return code == CURLE_OK ? kept : CURL_SOCKET_BAD;
}

enum loom_err loom_http_transfer(const struct loom_http_exchange *exchange, CURLcode *out_result,
                                 curl_socket_t *out_kept, struct loom_error *error) {
    const struct loom_http_client *client = exchange->client;
    enum loom_err err = LOOM_ERR_INTERNAL;
    *out_kept = CURL_SOCKET_BAD;
    if (client->curl->multi_add_handle(client->multi, exchange->easy) == CURLM_OK) {
        err = run(exchange, out_result);
        *out_kept = find_kept(exchange);
        (void)client->curl->multi_remove_handle(client->multi, exchange->easy);
    }
    return err == LOOM_OK ? LOOM_OK : loom_error_set(error, err);
}
