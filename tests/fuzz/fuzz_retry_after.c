/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retry-After, with the reader of dates that libcurl has. Each line is one field of that name;
 * the wait is never longer than a day, exact for a number, and the longest of several.
 */
#include "fuzz/fuzz.h"
#include "http/curl_library.h"
#include "http/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400 };

static void add(struct loom_http_head *head, const char *line, size_t len) {
    FUZZ_CHECK(loom_head_add_line(head, line, len) == LOOM_OK);
}

static void add_value(struct loom_http_head *head, struct fuzz_input value) {
    static const char name[] = "Retry-After: ";
    size_t len = sizeof name - 1 + value.len + 2;
    char *line = malloc(len);
    FUZZ_CHECK(line != NULL);
    memcpy(line, name, sizeof name - 1);
    if (value.len > 0)
        memcpy(line + sizeof name - 1, value.at, value.len);
    memcpy(line + len - 2, "\r\n", 2);
    add(head, line, len);
    free(line);
}

static struct loom_http_head start(void) {
    static const char status[] = "HTTP/1.1 503 Busy\r\n";
    const struct loom_curl *curl;
    struct loom_http_head head;
    FUZZ_CHECK(loom_curl_get(&curl, NULL) == LOOM_OK);
    loom_head_start(&head, false, curl->getdate);
    add(&head, status, sizeof status - 1);
    return head;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static struct fuzz_input trim(struct fuzz_input value) {
    while (value.len > 0 && (value.at[0] == ' ' || value.at[0] == '\t'))
        value = (struct fuzz_input){value.at + 1, value.len - 1};
    while (value.len > 0 && is_blank(value.at[value.len - 1]))
        value.len--;
    return value;
}

static int64_t check_value(struct fuzz_input value) {
    struct loom_http_head head = start();
    add_value(&head, value);
    int64_t wait_s = head.retry_after_s, expected_s = 0;
    FUZZ_CHECK(wait_s >= -1 && wait_s <= DAY_S);
    struct fuzz_input ink = trim(value);
    if (ink.len == 0)
        FUZZ_CHECK(wait_s == -1);
    else if (fuzz_is_within(ink.at, ink.len, '0', '9')) {
        for (size_t i = 0; i < ink.len && expected_s <= DAY_S; i++)
            expected_s = 10 * expected_s + (ink.at[i] - '0');
        FUZZ_CHECK(wait_s == (expected_s < DAY_S ? expected_s : DAY_S));
    } else if (strchr("0123456789+-.", ink.at[0]) != NULL && ink.at[0] != '\0') {
        FUZZ_CHECK(wait_s == -1); /* "-5", "+7", "1.5", "3 days" */
    }
    return wait_s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len < 4096 ? len : 4096);
    struct loom_http_head all = start();
    int64_t longest_s = -1;
    while (input.len > 0) {
        struct fuzz_input value = fuzz_take_line(&input);
        int64_t wait_s = check_value(value);
        longest_s = wait_s > longest_s ? wait_s : longest_s;
        add_value(&all, value);
    }
    /* A date comes closer while this looks at it. */
    FUZZ_CHECK(all.retry_after_s <= longest_s && all.retry_after_s >= longest_s - 5);
    return 0;
}
