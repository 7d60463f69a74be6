/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant.h"

#include "base/text.h"
#include "oauth/form.h"

#include <stdio.h>
#include <string.h>

static bool may_be_plain(const struct loom_remote *server) {
    return !server->origin->is_secure;
}

static enum loom_err read_page(const struct loom_remote *server, const struct loom_json *answer,
                               const char *name, struct loom_page *out_page) {
    const char *url;
    enum loom_err err = loom_json_get_text(answer, name, LOOM_PAGE_MAX, &url);
    return err != LOOM_OK ? err : loom_page_parse(url, strlen(url), may_be_plain(server), out_page);
}

/*
 * One member under one of its two names: ours, and the one of RFC 8628. When both are there they
 * must agree, or the page shown would not be the page opened.
 */
static enum loom_err read_page_named(const struct loom_remote *server,
                                     const struct loom_json *answer, const char *const names[2],
                                     struct loom_page *out_page) {
    struct loom_page pages[2];
    enum loom_err first = read_page(server, answer, names[0], &pages[0]);
    enum loom_err second = read_page(server, answer, names[1], &pages[1]);
    bool is_first_absent = first == LOOM_ERR_NOT_FOUND;
    if (first == LOOM_OK && second == LOOM_OK && strcmp(pages[0].url, pages[1].url) != 0)
        return LOOM_ERR_BAD_ANSWER;
    if (!is_first_absent && second != LOOM_OK && second != LOOM_ERR_NOT_FOUND)
        return second;
    enum loom_err err = is_first_absent ? second : first;
    if (err == LOOM_OK)
        *out_page = pages[is_first_absent ? 1 : 0];
    return err;
}

static enum loom_err read_pages(const struct loom_remote *server, const struct loom_json *answer,
                                struct loom_device_grant *grant) {
    static const char *const plain[2] = {"verification_url", "verification_uri"};
    static const char *const complete[2] = {"verification_url_complete",
                                            "verification_uri_complete"};
    enum loom_err err = read_page_named(server, answer, plain, &grant->page);
    if (err != LOOM_OK)
        return err;
    err = read_page_named(server, answer, complete, &grant->complete);
    if (err == LOOM_ERR_NOT_FOUND)
        return LOOM_OK;
    if (err == LOOM_OK && !loom_origin_is_equal(&grant->page.origin, &grant->complete.origin))
        return LOOM_ERR_BAD_ANSWER;
    grant->has_complete = err == LOOM_OK;
    return err;
}

static enum loom_err read_codes(const struct loom_json *answer, struct loom_device_grant *grant) {
    const char *user_code, *device_code;
    enum loom_err err = loom_json_get_text(answer, "user_code", LOOM_USER_CODE_MAX, &user_code);
    if (err != LOOM_OK)
        return err;
    if (!loom_text_is_printable_ascii(user_code, strlen(user_code), LOOM_USER_CODE_MAX))
        return LOOM_ERR_BAD_ANSWER;
    err = loom_json_get_text(answer, "device_code", LOOM_TOKEN_MAX, &device_code);
    if (err != LOOM_OK)
        return err;
    (void)snprintf(grant->user_code, sizeof grant->user_code, "%s", user_code);
    return loom_secret_new(device_code, strlen(device_code), &grant->device_code);
}

static enum loom_err read_terms(const struct loom_json *answer, int64_t interval_s,
                                struct loom_flow_terms *terms) {
    /* RFC 8628 section 3.2: expires_in is REQUIRED. */
    enum loom_err err =
        loom_json_get_clamped(answer, "expires_in", 0, LOOM_FLOW_LIFE_MOST_S, &terms->life_s);
    if (err != LOOM_OK)
        return err;
    terms->interval_s = interval_s;
    err = loom_json_get_clamped(answer, "interval", LOOM_FLOW_INTERVAL_LEAST_S,
                                LOOM_FLOW_INTERVAL_MOST_S, &terms->interval_s);
    return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : err;
}

/*
 * RFC 8628 section 3.3: the device code "is not intended for the end user directly; thus, it should
 * not be displayed during the interaction". A server that puts it where it would be is refused.
 */
static bool is_code_shown(const struct loom_device_grant *grant) {
    return loom_form_has_secret(grant->user_code, grant->device_code) ||
           loom_form_has_secret(grant->page.url, grant->device_code) ||
           (grant->has_complete && loom_form_has_secret(grant->complete.url, grant->device_code));
}

static enum loom_err read_grant(const struct loom_remote *server, const struct loom_json *answer,
                                int64_t interval_s, struct loom_device_grant *grant) {
    enum loom_err err = read_codes(answer, grant);
    if (err == LOOM_OK)
        err = read_pages(server, answer, grant);
    if (err == LOOM_OK && is_code_shown(grant))
        err = LOOM_ERR_BAD_ANSWER;
    if (err == LOOM_OK)
        err = read_terms(answer, interval_s, &grant->terms);
    return err == LOOM_ERR_NOT_FOUND ? LOOM_ERR_BAD_ANSWER : err;
}

/* An answer without `error`, or with one that is not for the beginning of a flow. */
static enum loom_err judge(const struct loom_exchange *exchange, struct loom_error *error) {
    struct loom_flow_answer refusal;
    if (loom_exchange_is_busy(exchange) || loom_exchange_is_unknown(exchange) ||
        !loom_exchange_is_refusal(exchange, NULL, &refusal, error))
        return loom_exchange_judge(exchange, error);
    return refusal.kind == LOOM_FLOW_FATAL
               ? refusal.err
               : loom_error_http(error, LOOM_ERR_BAD_ANSWER, exchange->response.status);
}

enum loom_err loom_grant_take(const struct loom_remote *server,
                              const struct loom_exchange *exchange, int64_t interval_s,
                              struct loom_device_grant *out_grant, struct loom_error *error) {
    enum loom_err err = judge(exchange, error);
    if (err != LOOM_OK)
        return err;
    struct loom_device_grant grant = LOOM_DEVICE_GRANT_INIT;
    err = read_grant(server, exchange->json, interval_s, &grant);
    if (err != LOOM_OK) {
        loom_device_grant_clear(&grant);
        return loom_error_http(error, err, exchange->response.status);
    }
    *out_grant = grant;
    return LOOM_OK;
}
