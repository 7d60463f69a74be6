/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static time_t fake_date(const char *text, const time_t *unused) {
    (void)unused;
    if (strcmp(text, "Thu, 01 Jan 1970 00:00:10 GMT") == 0)
        return 10;
    if (strcmp(text, "before") == 0)
        return -86400;
    if (strcmp(text, "in an hour") == 0)
        return time(NULL) + 3600;
    if (strcmp(text, "in a year") == 0)
        return time(NULL) + 366L * 86400;
    return -1;
}

/* Feed lines that end in LF; the result is that of the last. */
static enum loom_err feed(struct loom_http_head *head, const char *lines) {
    enum loom_err err = LOOM_OK;
    for (const char *end; (end = strchr(lines, '\n')) != NULL; lines = end + 1)
        err = loom_head_add_line(head, lines, (size_t)(end - lines) + 1);
    assert_int_equal(*lines, '\0');
    return err;
}

static enum loom_err judge(struct loom_http_head *head, const char *lines) {
    loom_head_start(head, false, fake_date);
    return feed(head, lines);
}

static void add_line_complete_head_is_taken(void **state) {
    (void)state;
    struct loom_http_head head;
    assert_int_equal(judge(&head,
                           "HTTP/1.1 201 Created\r\ncontent-TYPE:application/JSON ; charset=x\r\n"
                           "Content-Length: \t12 \r\n\r\n"),
                     LOOM_OK);
    assert_int_equal(head.status, 201);
    assert_true(head.is_json);
    assert_true(head.has_length);
    assert_int_equal(head.length, 12);
    assert_int_equal(head.retry_after_s, -1);
    assert_int_equal(head.part, LOOM_HEAD_DONE);
}

static void add_line_media_type_says_json_or_not(void **state) {
    (void)state;
    static const struct {
        const char *fields;
        bool is_json;
    } CASES[] = {
        {"Content-Type: application/json\r\n", true},
        {"Content-Type: application/problem+json; charset=utf-8\r\n", true},
        {"Content-Type: APPLICATION/JSON\n", true},
        {"Content-Type: application/json;\r\n charset=utf-8\r\n", true},
        {"Content-Type: text/html\r\n", false}, /* NET-20 */
        {"Content-Type: application/jsonx\r\n", false},
        {"Content-Type: xapplication/json\r\n", false},
        {"Content-Type: text/plain; x=application/json\r\n", false},
        {"Content-Type:\r\n", false},
        {"Content-Type: ;\r\n", false},
        {"Content-Type: application/json\r\nContent-Type: text/html\r\n", false},
        {"Content-Type: text/html\r\nContent-Type: application/json\r\n", false},
        {"Content-Type : application/json\r\n", false},
        {"X-Content-Type: application/json\r\n", false},
        {"Content-Type application/json\r\n", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char lines[256];
        struct loom_http_head head;
        (void)snprintf(lines, sizeof lines, "HTTP/1.1 200 OK\r\n%s\r\n", CASES[i].fields);
        assert_int_equal(judge(&head, lines), LOOM_OK);
        if (head.is_json != CASES[i].is_json)
            fail_msg("%s", CASES[i].fields);
    }
}

/* NET-19 and its neighbours: whatever two readers could understand differently. */
static void add_line_unusable_fields_are_refused(void **state) {
    (void)state;
    static const char *const CASES[] = {
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 5 6\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: 9223372036854775808\r\n",
        "Content-Length: 1048577\r\n", /* NET-11: past the ceiling before a byte of it came */
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Content-Encoding: gzip\r\n",
        "Content-Encoding: br\r\nContent-Encoding: identity\r\n",
        "Content-Encoding: identity, gzip\r\n",
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char lines[256];
        struct loom_http_head head;
        (void)snprintf(lines, sizeof lines, "HTTP/1.1 200 OK\r\n%s\r\n", CASES[i]);
        if (judge(&head, lines) != LOOM_ERR_BAD_ANSWER)
            fail_msg("%s", CASES[i]);
    }
}

static void add_line_usable_fields_are_taken(void **state) {
    (void)state;
    static const char *const CASES[] = {
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: 1048576\r\n",
        "Content-Length: 0005\r\n",
        "Transfer-Encoding: Chunked\r\n",
        "Content-Encoding: Identity\r\n",
        "Content-Encoding:\r\n",
        " Content-Encoding: gzip\r\n",
        "Set-Cookie: a=b\r\nAlt-Svc: h3\r\n",
        ":\r\n",
        "no colon\r\n",
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char lines[256];
        struct loom_http_head head;
        (void)snprintf(lines, sizeof lines, "HTTP/1.1 200 OK\r\n%s\r\n", CASES[i]);
        if (judge(&head, lines) != LOOM_OK)
            fail_msg("%s", CASES[i]);
    }
}

static void add_line_status_outside_200_to_599_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum loom_err err;
    } CASES[] = {
        {"HTTP/1.1 200 OK\r\n\r\n", LOOM_OK},
        {"HTTP/1.1 204\r\n\r\n", LOOM_OK},
        {"HTTP/1.1 599 x\r\n\r\n", LOOM_OK},
        {"HTTP/1.1 600 x\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 999 x\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 099 x\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 206 x\r\n\r\n", LOOM_ERR_BAD_ANSWER}, /* NET-108: nobody asked for a part */
        {"HTTP/1.1 2x0 x\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 2000 OK\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 200OK\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 200\n\r\n", LOOM_OK},
        {"HTTP/2 200\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1 200\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"X 200 OK\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 20\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 \n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 300 x\r\n\r\n", LOOM_ERR_REDIRECT},
        {"HTTP/1.1 304 x\r\n\r\n", LOOM_ERR_REDIRECT},
        {"HTTP/1.1 399 x\r\n\r\n", LOOM_ERR_REDIRECT},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct loom_http_head head;
        if (judge(&head, CASES[i].line) != CASES[i].err)
            fail_msg("%s", CASES[i].line);
    }
}

/* NET-18 */
static void add_line_secure_answer_without_an_end_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *lines;
        enum loom_err err;
    } CASES[] = {
        {"HTTP/1.1 200 OK\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 401 x\r\nConnection: close\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 103 x\r\n\r\nHTTP/1.0 200 OK\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", LOOM_OK},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", LOOM_OK},
        {"HTTP/1.1 204 No Content\r\n\r\n", LOOM_OK},
        {"HTTP/1.1 302 x\r\n\r\n", LOOM_ERR_REDIRECT},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct loom_http_head head;
        loom_head_start(&head, true, fake_date);
        if (feed(&head, CASES[i].lines) != CASES[i].err)
            fail_msg("%s", CASES[i].lines);
    }
}

static void add_line_interim_answer_leaves_nothing(void **state) {
    (void)state;
    struct loom_http_head head;
    assert_int_equal(judge(&head, "HTTP/1.1 103 Early Hints\r\nContent-Type: application/json\r\n"
                                  "Content-Length: 9\r\nContent-Encoding: gzip\r\n"
                                  "Retry-After: 9\r\nLocation: /x\r\n"
                                  "Date: Thu, 01 Jan 1970 00:00:10 GMT\r\n"
                                  "WWW-Authenticate: Bearer error=invalid_token\r\n\r\n"
                                  "HTTP/1.1 200 OK\r\n\r\n"),
                     LOOM_OK);
    assert_int_equal(head.status, 200);
    assert_false(head.is_json);
    assert_false(head.has_length);
    assert_int_equal(head.retry_after_s, -1);
    assert_int_equal(head.date_s, 0);
    assert_false(head.is_token_invalid);
    assert_string_equal(head.location, "");
}

static void add_line_trailers_say_nothing(void **state) {
    (void)state;
    struct loom_http_head head;
    assert_int_equal(judge(&head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "Content-Type: application/json\r\nRetry-After: 5\r\n"
                                  "Content-Length: 3\r\nHTTP/1.1 500 x\r\n"
                                  "Date: Thu, 01 Jan 1970 00:00:10 GMT\r\n"
                                  "WWW-Authenticate: Bearer error=invalid_token\r\n\r\n"),
                     LOOM_OK);
    assert_int_equal(head.date_s, 0);
    assert_false(head.is_token_invalid);
    assert_int_equal(head.status, 200);
    assert_false(head.is_json);
    assert_int_equal(head.retry_after_s, -1);
}

static void add_line_date_is_a_date_or_nothing(void **state) {
    (void)state;
    static const struct {
        const char *fields;
        int64_t date_s;
    } CASES[] = {
        {"", 0},
        {"Date: Thu, 01 Jan 1970 00:00:10 GMT\r\n", 10},
        {"dATE:Thu, 01 Jan 1970 00:00:10 GMT \r\n", 10},
        {"Date: Thu, 01 Jan 1970 00:00:10 GMT\r\nDate: before\r\n", 10},
        {"Date: soon\r\nDate: Thu, 01 Jan 1970 00:00:10 GMT\r\n", 10},
        {"Date: Thu, 01 Jan 1970 00:00:10 GMT\r\nDate: in an hour\r\n", 10},
        {"Date: before\r\n", 0},
        {"Date: soon\r\n", 0},
        {"Date: \r\n", 0},
        {"Date: 10\r\n", 0},
        {"Date\r\n", 0},
        {"X-Date: Thu, 01 Jan 1970 00:00:10 GMT\r\n", 0},
        {"Date: Thu, 01 Jan 1970 00:00:10 GMT, and so on, and so on, and so on, and so on\r\n", 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char lines[256];
        struct loom_http_head head;
        (void)snprintf(lines, sizeof lines, "HTTP/1.1 200 x\r\n%s\r\n", CASES[i].fields);
        assert_int_equal(judge(&head, lines), LOOM_OK);
        if (head.date_s != CASES[i].date_s)
            fail_msg("%s: %ld", CASES[i].fields, (long)head.date_s);
    }
}

/* test_http_challenge.c says what counts as such a word. */
static void add_line_any_challenge_may_say_that_the_token_is_invalid(void **state) {
    (void)state;
    struct loom_http_head head;
    assert_int_equal(judge(&head, "HTTP/1.1 401 x\r\nWWW-Authenticate: Bearer\r\n\r\n"), LOOM_OK);
    assert_false(head.is_token_invalid);
    assert_int_equal(judge(&head, "HTTP/1.1 401 x\r\nWWW-Authenticate:\r\n"
                                  "www-authenticate: Bearer error=\"invalid_token\"\r\n"
                                  "WWW-Authenticate: Basic realm=\"x\"\r\n\r\n"),
                     LOOM_OK);
    assert_true(head.is_token_invalid);
    assert_int_equal(
        judge(&head, "HTTP/1.1 401 x\r\nProxy-Authenticate: Bearer error=invalid_token\r\n\r\n"),
        LOOM_OK);
    assert_false(head.is_token_invalid);
}

static void add_line_retry_after_is_bounded(void **state) {
    (void)state;
    static const struct {
        const char *value;
        int64_t from_s, to_s;
    } CASES[] = {
        {"7", 7, 7},
        {"0", 0, 0},
        {"86400", 86400, 86400},
        {"86401", 86400, 86400},
        {"99999999999999999999999999", 86400, 86400},
        {"0000000000000000000000000000000007", 7, 7},
        {"00000000000000000000000000", 0, 0},
        {"Thu, 01 Jan 1970 00:00:10 GMT", 0, 0},
        {"in an hour", 3590, 3600},
        {"in a year", 86400, 86400},
        {"-5", -1, -1},
        {"7.5", -1, -1},
        {"7 s", -1, -1},
        {"", -1, -1},
        {"soon", -1, -1},
        {"3\r\nRetry-After: 9\r\nRetry-After: 5", 9, 9},
        {"Thu, 01 Jan 1970 00:00:10 GMT, and so on, and so on, and so on, and so on", -1, -1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char lines[256];
        struct loom_http_head head;
        (void)snprintf(lines, sizeof lines, "HTTP/1.1 429 x\r\nRetry-After: %s\r\n\r\n",
                       CASES[i].value);
        assert_int_equal(judge(&head, lines), LOOM_OK);
        if (head.retry_after_s < CASES[i].from_s || head.retry_after_s > CASES[i].to_s)
            fail_msg("%s: %ld", CASES[i].value, (long)head.retry_after_s);
    }
}

static void add_line_nul_behind_a_value_is_no_blank(void **state) {
    (void)state;
    static const char length[] = "Content-Length: 3\0\r\n", end[] = "\r\n";
    struct loom_http_head head;
    loom_head_start(&head, false, fake_date);
    assert_int_equal(feed(&head, "HTTP/1.1 200 OK\r\n"), LOOM_OK);
    assert_int_equal(loom_head_add_line(&head, length, sizeof length - 1), LOOM_OK);
    assert_false(head.has_length);
    assert_int_equal(loom_head_add_line(&head, end, sizeof end - 1), LOOM_ERR_BAD_ANSWER);
}

static void add_line_location_is_kept_up_to_its_ceiling(void **state) {
    (void)state;
    struct loom_http_head head;
    char lines[LOOM_LOCATION_MAX + 100];
    assert_int_equal(judge(&head, "HTTP/1.1 302 x\r\nLocation: /a\r\nLocation: /b\r\n\r\n"),
                     LOOM_ERR_REDIRECT);
    assert_string_equal(head.location, "/a");
    (void)snprintf(lines, sizeof lines, "HTTP/1.1 302 x\r\nLocation: %0*d\r\n\r\n",
                   LOOM_LOCATION_MAX, 0);
    assert_int_equal(judge(&head, lines), LOOM_ERR_REDIRECT);
    assert_int_equal(strlen(head.location), LOOM_LOCATION_MAX);
    (void)snprintf(lines, sizeof lines, "HTTP/1.1 302 x\r\nLocation: %0*d\r\n\r\n",
                   LOOM_LOCATION_MAX + 1, 0);
    assert_int_equal(judge(&head, lines), LOOM_ERR_REDIRECT);
    assert_string_equal(head.location, "");
}

/* NET-14: interim answers and trailers count too. */
static void add_line_past_the_ceiling_is_refused(void **state) {
    (void)state;
    struct loom_http_head head;
    char *line = calloc(1, LOOM_HTTP_HEADER_MAX + 1);
    assert_non_null(line);
    memset(line, 'x', LOOM_HTTP_HEADER_MAX);
    loom_head_start(&head, false, fake_date);
    assert_int_equal(feed(&head, "HTTP/1.1 103 x\r\n"), LOOM_OK);
    size_t left = LOOM_HTTP_HEADER_MAX - strlen("HTTP/1.1 103 x\r\n");
    assert_int_equal(loom_head_add_line(&head, line, left - 2), LOOM_OK);
    assert_int_equal(feed(&head, "\r\n"), LOOM_OK);
    assert_int_equal(loom_head_add_line(&head, line, 1), LOOM_ERR_BAD_ANSWER);
    assert_int_equal(judge(&head, "HTTP/1.1 200 OK\r\n\r\n"), LOOM_OK);
    assert_int_equal(loom_head_add_line(&head, line, LOOM_HTTP_HEADER_MAX), LOOM_ERR_BAD_ANSWER);
    free(line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_line_complete_head_is_taken),
        cmocka_unit_test(add_line_media_type_says_json_or_not),
        cmocka_unit_test(add_line_unusable_fields_are_refused),
        cmocka_unit_test(add_line_usable_fields_are_taken),
        cmocka_unit_test(add_line_status_outside_200_to_599_is_refused),
        cmocka_unit_test(add_line_secure_answer_without_an_end_is_refused),
        cmocka_unit_test(add_line_interim_answer_leaves_nothing),
        cmocka_unit_test(add_line_trailers_say_nothing),
        cmocka_unit_test(add_line_retry_after_is_bounded),
        cmocka_unit_test(add_line_nul_behind_a_value_is_no_blank),
        cmocka_unit_test(add_line_date_is_a_date_or_nothing),
        cmocka_unit_test(add_line_any_challenge_may_say_that_the_token_is_invalid),
        cmocka_unit_test(add_line_location_is_kept_up_to_its_ceiling),
        cmocka_unit_test(add_line_past_the_ceiling_is_refused),
    };
    return cmocka_run_group_tests_name("http/head", tests, NULL, NULL);
}
