/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an answer, line by line as libcurl hands it over. "s" before it means that it came
 * over TLS. What is accepted says its length in one way alone, and is no redirect.
 */
#include "fuzz/fuzz.h"
#include "http/head.h"
#include "http/http.h"

#include <stdlib.h>
#include <string.h>

/* A date for whatever begins with an "M", far ahead; the real ones are fuzz_retry_after's. */
static time_t parse_date(const char *text, const time_t *unused) {
    (void)unused;
    return text[0] == 'M' ? (time_t)INT32_MAX : -1;
}

static void check_always(const struct loom_http_head *head, size_t len) {
    FUZZ_CHECK(head->len == len && len <= LOOM_HTTP_HEADER_MAX);
    FUZZ_CHECK(head->retry_after_s >= -1 && head->retry_after_s <= 86400);
    FUZZ_CHECK(strnlen(head->location, sizeof head->location) <= LOOM_LOCATION_MAX);
    FUZZ_CHECK(head->status >= 0 && head->status <= 999);
    FUZZ_CHECK(!head->is_json || head->has_type);
    FUZZ_CHECK(head->length <= INT64_MAX);
}

static void check_accepted(const struct loom_http_head *head) {
    FUZZ_CHECK((head->status >= 200 && head->status <= 299) ||
               (head->status >= 400 && head->status <= 599));
    FUZZ_CHECK(!head->is_unusable && !(head->is_chunked && head->has_length));
    FUZZ_CHECK(head->length <= LOOM_HTTP_BODY_MAX);
    FUZZ_CHECK(!head->is_secure || head->is_chunked || head->has_length || head->status == 204);
}

/* Trailers count, and say nothing. */
static void check_trailer(const struct loom_http_head *head) {
    static const char line[] = "Content-Type: application/json\r\n";
    struct loom_http_head after = *head;
    if (loom_head_add_line(&after, line, sizeof line - 1) != LOOM_OK)
        return;
    FUZZ_CHECK(after.len == head->len + sizeof line - 1);
    after.len = head->len;
    FUZZ_CHECK(memcmp(&after, head, sizeof after) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    struct loom_http_head head;
    size_t used = 0;
    memset(&head, 0, sizeof head); /* padding, too: it is compared */
    loom_head_start(&head, fuzz_take_byte(&input) == 's', parse_date);
    while (input.len > 0) {
        const char *start = input.at;
        (void)fuzz_take_line(&input);
        struct fuzz_input line = {start, (size_t)(input.at - start)};
        char *copy = fuzz_copy(line);
        enum loom_err err = loom_head_add_line(&head, copy, line.len);
        free(copy);
        used += line.len;
        if (err != LOOM_OK) {
            FUZZ_CHECK(err == LOOM_ERR_REDIRECT || err == LOOM_ERR_BAD_ANSWER);
            FUZZ_CHECK((err == LOOM_ERR_REDIRECT) == (head.status >= 300 && head.status <= 399) ||
                       used > LOOM_HTTP_HEADER_MAX);
            return 0;
        }
        check_always(&head, used);
        if (head.part == LOOM_HEAD_DONE) {
            check_accepted(&head);
            check_trailer(&head);
        }
    }
    return 0;
}
