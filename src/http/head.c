/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include "base/text.h"
#include "http/challenge.h"
#include "http/http.h"

#include <string.h>

enum { RETRY_AFTER_MAX_S = 86400, STATUS_DIGITS = 3, DATE_MAX = 63 };

struct span {
    const char *at;
    size_t len;
};

static struct span span_trim(struct span span) {
    while (span.len > 0 && (span.at[0] == ' ' || span.at[0] == '\t')) {
        span.at++;
        span.len--;
    }
    /* strchr() finds a NUL in every string, and RFC 9110 section 5.5 calls one "dangerous". */
    while (span.len > 0 && span.at[span.len - 1] != '\0' &&
           strchr(" \t\r\n", span.at[span.len - 1]) != NULL)
        span.len--;
    return span;
}

/* `lower` is in lower case. */
static bool span_is(struct span span, const char *lower) {
    if (span.len != strlen(lower))
        return false;
    for (size_t i = 0; i < span.len; i++)
        if (loom_ascii_lower(span.at[i]) != lower[i])
            return false;
    return true;
}

static bool span_ends_in(struct span span, const char *lower) {
    size_t len = strlen(lower);
    return span.len >= len && span_is((struct span){span.at + span.len - len, len}, lower);
}

static void take_type(struct loom_http_head *head, struct span value) {
    const char *end = value.len > 0 ? memchr(value.at, ';', value.len) : NULL;
    if (end != NULL)
        value.len = (size_t)(end - value.at);
    value = span_trim(value);
    bool is_json = span_is(value, "application/json") || span_ends_in(value, "+json");
    head->is_json = is_json && (!head->has_type || head->is_json);
    head->has_type = true;
}

/*
 * RFC 9112 section 6.3: "If a message is received without Transfer-Encoding and with an invalid
 * Content-Length header field, then the message framing is invalid and the recipient MUST treat it
 * as an unrecoverable error".
 */
static void take_length(struct loom_http_head *head, struct span value) {
    uint64_t length;
    if (!loom_text_parse_number(value.at, value.len, INT64_MAX, &length) ||
        (head->has_length && length != head->length)) {
        head->is_unusable = true;
        return;
    }
    head->has_length = true;
    head->length = length;
}

static void take_content_encoding(struct loom_http_head *head, struct span value) {
    if (value.len > 0 && !span_is(value, "identity"))
        head->is_unusable = true;
}

/*
 * No TE was sent. RFC 9112 section 7.4: the transfer codings that a client is willing to accept
 * "besides chunked" are those of its TE field.
 */
static void take_transfer_encoding(struct loom_http_head *head, struct span value) {
    if (head->is_chunked || !span_is(value, "chunked"))
        head->is_unusable = true;
    head->is_chunked = true;
}

static bool is_number(struct span value) {
    for (size_t i = 0; i < value.len; i++)
        if (!loom_ascii_is_digit(value.at[i]))
            return false;
    return value.len > 0;
}

/* A date of RFC 9110 section 5.6.7 begins with the name of a day; curl_getdate takes far more. */
static time_t read_date(const struct loom_http_head *head, struct span value) {
    char text[DATE_MAX + 1];
    char first = value.len > 0 ? loom_ascii_lower(value.at[0]) : '\0';
    if (value.len > DATE_MAX || first < 'a' || first > 'z')
        return -1;
    memcpy(text, value.at, value.len);
    text[value.len] = '\0';
    return head->parse_date(text, NULL);
}

/* Seconds from now to a date; -1: it is none. */
static int64_t seconds_until(const struct loom_http_head *head, struct span value) {
    time_t when = read_date(head, value), now = time(NULL);
    if (when == -1)
        return -1;
    return when > now ? (int64_t)(when - now) : 0;
}

/* RFC 9110 section 10.2.3: a number of seconds, or a date. Of several the longest counts. */
static void take_retry_after(struct loom_http_head *head, struct span value) {
    int64_t wait_s;
    uint64_t number = RETRY_AFTER_MAX_S;
    if (is_number(value)) {
        for (; value.len > 1 && value.at[0] == '0'; value.len--) /* as many as it likes */
            value.at++;
        if (!loom_text_parse_number(value.at, value.len, RETRY_AFTER_MAX_S, &number))
            number = RETRY_AFTER_MAX_S;
        wait_s = (int64_t)number;
    } else {
        wait_s = seconds_until(head, value);
    }
    if (wait_s > RETRY_AFTER_MAX_S)
        wait_s = RETRY_AFTER_MAX_S;
    if (wait_s > head->retry_after_s)
        head->retry_after_s = wait_s;
}

static void take_location(struct loom_http_head *head, struct span value) {
    if (value.len > LOOM_LOCATION_MAX || head->location[0] != '\0')
        return;
    memcpy(head->location, value.at, value.len);
    head->location[value.len] = '\0';
}

/* RFC 9110 section 6.6.1. Of several the first counts. */
static void take_date(struct loom_http_head *head, struct span value) {
    time_t when = read_date(head, value);
    if (when > 0 && head->date_s == 0)
        head->date_s = (int64_t)when;
}

static void take_challenge(struct loom_http_head *head, struct span value) {
    if (loom_challenge_is_token_invalid(value.at, value.len))
        head->is_token_invalid = true;
}

static const struct {
    const char *name; /* lower case */
    void (*take)(struct loom_http_head *head, struct span value);
} FIELDS[] = {
    {"content-type", take_type},
    {"content-length", take_length},
    {"content-encoding", take_content_encoding},
    {"transfer-encoding", take_transfer_encoding},
    {"retry-after", take_retry_after},
    {"location", take_location},
    {"date", take_date},
    {"www-authenticate", take_challenge},
};

/* A folded line (RFC 9112 section 5.2) has no name of ours before its colon: it says nothing. */
static void take_field(struct loom_http_head *head, struct span line) {
    const char *colon = memchr(line.at, ':', line.len);
    if (colon == NULL)
        return;
    struct span name = {line.at, (size_t)(colon - line.at)};
    struct span value = span_trim((struct span){colon + 1, line.len - name.len - 1});
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++)
        if (span_is(name, FIELDS[i].name))
            FIELDS[i].take(head, value);
}

static void start_fields(struct loom_http_head *head) {
    head->status = 0;
    head->has_type = head->is_json = false;
    head->has_length = head->is_chunked = head->is_unusable = false;
    head->length = 0;
    head->retry_after_s = -1;
    head->date_s = 0;
    head->is_token_invalid = false;
    head->location[0] = '\0';
}

/* Behind the three digits a reason phrase may follow, after a blank. */
static bool is_status_end(char c) {
    return c == ' ' || c == '\r' || c == '\n';
}

/* HTTP/1.1 200 OK. libcurl takes HTTP/2 here too, which nobody speaks in lines. */
static void take_status_line(struct loom_http_head *head, struct span line) {
    static const char VERSION[] = "HTTP/1.";
    start_fields(head);
    head->part = LOOM_HEAD_FIELDS;
    const char *blank = memchr(line.at, ' ', line.len);
    uint64_t status;
    if (blank != NULL && line.len > strlen(VERSION) &&
        memcmp(line.at, VERSION, strlen(VERSION)) == 0 &&
        line.len - (size_t)(blank - line.at) > STATUS_DIGITS + 1 &&
        is_status_end(blank[STATUS_DIGITS + 1]) &&
        loom_text_parse_number(blank + 1, STATUS_DIGITS, UINT64_MAX, &status))
        head->status = (long)status;
}

static enum loom_err judge(const struct loom_http_head *head) {
    if (head->status >= 300 && head->status <= 399)
        return LOOM_ERR_REDIRECT;
    if (head->status < 200 || head->status > 599 || head->is_unusable)
        return LOOM_ERR_BAD_ANSWER;
    /* RFC 9110 section 15.3.7: a part of the answer, for which nobody asked. */
    if (head->status == 206)
        return LOOM_ERR_BAD_ANSWER;
    /* RFC 9112 section 6.3: both "might indicate an attempt to perform request smuggling". */
    if (head->is_chunked && head->has_length)
        return LOOM_ERR_BAD_ANSWER;
    if (head->is_secure && !head->is_chunked && !head->has_length && head->status != 204)
        return LOOM_ERR_BAD_ANSWER;
    return head->length > LOOM_HTTP_BODY_MAX ? LOOM_ERR_BAD_ANSWER : LOOM_OK;
}

/* 101 is no interim answer: nobody asked to switch protocols, and libcurl reads no head after it.
 */
static enum loom_err end_fields(struct loom_http_head *head) {
    bool is_interim = head->status >= 100 && head->status <= 199 && head->status != 101;
    head->part = is_interim ? LOOM_HEAD_STATUS_LINE : LOOM_HEAD_DONE;
    return is_interim ? LOOM_OK : judge(head);
}

void loom_head_start(struct loom_http_head *head, bool is_secure, loom_head_date *parse_date) {
    *head = (struct loom_http_head){
        .part = LOOM_HEAD_STATUS_LINE, .is_secure = is_secure, .parse_date = parse_date};
    start_fields(head);
}

enum loom_err loom_head_add_line(struct loom_http_head *head, const char *line, size_t len) {
    if (len > LOOM_HTTP_HEADER_MAX - head->len)
        return LOOM_ERR_BAD_ANSWER;
    head->len += len;
    struct span span = {line, len};
    if (head->part == LOOM_HEAD_DONE)
        return LOOM_OK;
    if (head->part == LOOM_HEAD_STATUS_LINE) {
        take_status_line(head, span);
        return LOOM_OK;
    }
    if (span_trim(span).len == 0 && (line[0] == '\r' || line[0] == '\n'))
        return end_fields(head);
    take_field(head, span);
    return LOOM_OK;
}
