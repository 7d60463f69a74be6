/* SPDX-License-Identifier: Apache-2.0 */
/* What a request looks like on the wire, what an answer becomes, and what is carried over: nothing.
 */
#include "base/log.h"
#include "unit/http/http_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_line(const char *heard, const char *line) {
    char whole[256];
    (void)snprintf(whole, sizeof whole, "\r\n%s\r\n", line);
    return strstr(heard, whole) != NULL;
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* NET-29 */
static void send_get_has_the_promised_shape(void **state) {
    (void)state;
    struct world world;
    world_open_answer(&world, WORLD_OK);
    assert_int_equal(world_get(&world, "/auth/me?x=1"), LOOM_OK);
    assert_int_equal(world.response.status, 200);
    assert_true(world.response.is_json);
    assert_string_equal(loom_buffer_text(&world.response.body), "{}");
    const char *heard = raw_server_heard(world.server);
    assert_true(starts_with(heard, "GET /auth/me?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
    assert_true(has_line(heard, "Accept: application/json"));
    assert_true(has_line(heard, "User-Agent: loom/" LOOM_VERSION));
    static const char *const ABSENT[] = {
        "Authorization", "Cookie",  "Referer", "Content-", "Accept-Encoding",
        "TE:",           "Upgrade", "Origin",  "Expect"};
    for (size_t i = 0; i < sizeof ABSENT / sizeof ABSENT[0]; i++)
        assert_null(strcasestr(heard, ABSENT[i]));
    world_close(&world);
}

/* NET-29 */
static void send_post_has_the_promised_shape(void **state) {
    (void)state;
    struct world world;
    world_open_answer(&world, WORLD_OK);
    assert_int_equal(world_post_secrets(&world, "/auth/device/poll"), LOOM_OK);
    const char *heard = raw_server_heard(world.server);
    assert_true(starts_with(heard, "POST /auth/device/poll HTTP/1.1\r\n"));
    assert_true(has_line(heard, "Content-Type: application/json"));
    assert_true(has_line(heard, "Authorization: Bearer " WORLD_TOKEN));
    assert_non_null(strstr(heard, "\r\n\r\n{\"device_code\":\"" WORLD_TOKEN "\"}"));
    assert_null(strcasestr(heard, "Expect"));
    assert_null(strcasestr(heard, "Referer"));
    world_close(&world);
}

static void send_post_without_body_says_so(void **state) {
    (void)state;
    struct world world;
    world_open_answer(&world, WORLD_OK);
    assert_int_equal(world_send(&world, (struct loom_http_request){.method = LOOM_HTTP_POST,
                                                                   .path = "/auth/device/start"}),
                     LOOM_OK);
    const char *heard = raw_server_heard(world.server);
    assert_true(has_line(heard, "Content-Length: 0"));
    assert_null(strcasestr(heard, "Content-Type"));
    world_close(&world);
}

/* Past 1 MiB libcurl would ask first, with Expect: 100-continue. */
static void send_long_token_and_body_arrive_whole(void **state) {
    (void)state;
    enum { BODY_LEN = 1024 * 1024 + 1 };
    struct world world;
    char token[LOOM_TOKEN_MAX], *body = malloc(BODY_LEN);
    assert_non_null(body);
    memset(token, 't', sizeof token);
    memset(body, 'b', BODY_LEN);
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *secret = NULL;
    assert_int_equal(loom_secret_new(token, sizeof token, &secret), LOOM_OK);
    world_open_answer(&world, WORLD_OK);
    assert_int_equal(
        world_send(&world,
                   (struct loom_http_request){.method = LOOM_HTTP_POST,
                                              .path = "/x",
                                              .content_type = "application/x-www-form-urlencoded",
                                              .body = body,
                                              .body_len = BODY_LEN,
                                              .bearer = secret}),
        LOOM_OK);
    free(body);
    const char *heard = raw_server_heard(world.server);
    assert_null(strstr(heard, "Expect"));
    const char *value = strstr(heard, "Bearer ");
    assert_non_null(value);
    assert_int_equal(strspn(value + strlen("Bearer "), "t"), sizeof token);
    const char *end = strstr(heard, "\r\n\r\n");
    assert_non_null(end);
    assert_int_equal(strspn(end + 4, "b"), BODY_LEN);
    world_close(&world);
}

static void send_path_of_the_server_comes_first(void **state) {
    (void)state;
    struct world world;
    char url[64];
    world_open_answer(&world, WORLD_OK);
    struct loom_origin origin;
    (void)snprintf(url, sizeof url, "http://localhost:%u/loom/x", raw_server_port(world.server));
    assert_int_equal(loom_origin_parse(url, strlen(url), &origin, NULL), LOOM_OK);
    assert_int_equal(world_send(&world, (struct loom_http_request){.origin = &origin,
                                                                   .method = LOOM_HTTP_GET,
                                                                   .path = "/a/../b"}),
                     LOOM_OK);
    assert_true(starts_with(raw_server_heard(world.server), "GET /loom/x/a/../b HTTP/1.1\r\n"));
    world_close(&world);
}

static void send_unfit_request_is_not_sent(void **state) {
    (void)state;
    struct world world;
    world_open_answer(&world, WORLD_OK);
    struct loom_origin insecure = world.origin;
    insecure.is_loopback = false;
    const struct loom_http_request requests[] = {
        {.path = NULL},
        {.path = ""},
        {.path = "@evil.example/"},
        {.path = "/a b"},
        {.path = "/a\r\nX: y"},
        {.path = "/\xc3\xa9"},
        {.path = "/a#b"},
        {.path = "/", .timeout_ms = -1},
        {.path = "/", .body = "x", .body_len = 1},
        {.path = "/", .body = "x", .body_len = 1, .content_type = "text/plain"},
        {.path = "/", .method = LOOM_HTTP_POST, .body = "x", .body_len = 1},
        {.path = "/", .method = LOOM_HTTP_POST, .body_len = 1, .content_type = "a/b"},
        {.path = "/", .method = LOOM_HTTP_POST, .content_type = "a/b\r\nX: y"},
        {.path = "/", .method = LOOM_HTTP_POST, .content_type = ""},
        {.path = "/", .origin = &insecure}, /* NET-05 */
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        assert_int_equal(world_send(&world, requests[i]), LOOM_ERR_INTERNAL);
    assert_int_equal(raw_server_connections(world.server), 0);
    world_close(&world);
}

/* NET-22, NET-28: a status is not judged here, and no password is offered. */
static void send_any_final_status_is_handed_over(void **state) {
    (void)state;
    static const struct {
        const char *answer;
        long status;
        int64_t retry_after_s;
    } CASES[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, -1},
        {"HTTP/1.1 204 No Content\r\n\r\n", 204, -1},
        {"HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=\"a\"\r\nWWW-Authenticate: Negotiate\r\n"
         "WWW-Authenticate: NTLM\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n"
         "Content-Length: 0\r\n\r\n",
         401, -1},
        {"HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n", 403, -1},
        {"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", 404, -1},
        {"HTTP/1.1 405 x\r\nContent-Length: 0\r\n\r\n", 405, -1},
        {"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n",
         407, -1},
        {"HTTP/1.1 429 x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 429, 7},
        {"HTTP/1.1 503 x\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: "
         "0\r\n\r\n",
         503, 0},
        {"HTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, -1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct world world;
        world_open_answer(&world, CASES[i].answer);
        assert_int_equal(world_get(&world, "/"), LOOM_OK);
        assert_int_equal(world.response.status, CASES[i].status);
        assert_int_equal(world.response.retry_after_s, CASES[i].retry_after_s);
        assert_int_equal(world.response.body.len, 0);
        assert_string_equal(loom_buffer_text(&world.response.body), "");
        assert_int_equal(raw_server_requests(world.server), 1);
        assert_null(strcasestr(raw_server_heard(world.server), "Authorization"));
        world_close(&world);
    }
}

/* NET-20: what it means is the caller's business, but it is not JSON. */
static void send_page_is_reported_as_no_json(void **state) {
    (void)state;
    struct world world;
    world_open_answer(&world,
                      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(world_get(&world, "/"), LOOM_OK);
    assert_false(world.response.is_json);
    world_close(&world);
}

static void send_chunked_body_is_joined(void **state) {
    (void)state;
    struct world world;
    world_open_answer(&world,
                      WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n"
                                      "1\r\n{\r\n1;x=y\r\n}\r\n0\r\nRetry-After: 5\r\n\r\n");
    assert_int_equal(world_get(&world, "/"), LOOM_OK);
    assert_string_equal(loom_buffer_text(&world.response.body), "{}");
    assert_int_equal(world.response.retry_after_s, -1);
    world_close(&world);
}

static void send_failure_leaves_the_response_alone(void **state) {
    (void)state;
    struct world world;
    world_open_answer(&world, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
    struct loom_http_response response = LOOM_HTTP_RESPONSE_INIT;
    response.status = 42;
    assert_int_equal(loom_buffer_add_text(&response.body, "before"), LOOM_OK);
    struct loom_http_request request = {.origin = &world.origin, .path = "/"};
    assert_int_equal(world.http.send(world.http.context, &request, &response, NULL),
                     LOOM_ERR_UNREACHABLE);
    assert_int_equal(response.status, 42);
    assert_string_equal(loom_buffer_text(&response.body), "before");
    loom_http_response_clear(&response);
    assert_int_equal(response.status, 0);
    assert_int_equal(response.retry_after_s, -1);
    assert_null(response.body.data);
    world_close(&world);
}

static char logged[4096];

static void keep_line(enum loom_log_level level, const char *line) {
    assert_int_equal(level, LOOM_LOG_WIRE);
    (void)snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s\n", line);
}

static void send_logs_the_shape_and_no_secret(void **state) {
    (void)state;
    struct world world;
    logged[0] = '\0';
    world_open_answer(&world, WORLD_JSON_HEAD "X: HEADER-MARKER\r\nContent-Length: 13\r\n\r\n"
                                              "{\"a\":\"MARKER\"}");
    loom_log_open(LOOM_LOG_WIRE, keep_line);
    assert_int_equal(world_post_secrets(&world, "/auth/device/poll?code=MARKER"), LOOM_OK);
    loom_log_open(LOOM_LOG_WIRE, NULL);
    assert_non_null(strstr(logged, "POST http://127.0.0.1:"));
    assert_non_null(strstr(logged, "/auth/device/poll\n"));
    assert_non_null(strstr(logged, "200 application/json, 13 bytes, "));
    assert_null(strstr(logged, "MARKER"));
    world_close(&world);
}

static void send_logs_a_failure_too(void **state) {
    (void)state;
    static const struct {
        const char *answer, *line;
    } CASES[] = {
        {"HTTP/1.1 302 x\r\nLocation: /MARKER\r\n\r\n", "< 302 no media type, 0 bytes, "},
        {"HTTP/1.1 302 x\r\nLocation: /MARKER\r\n\r\n", "< not taken\n"},
        {WORLD_JSON_HEAD "Content-Length: 9\r\n\r\nMARKER", "< 200 application/json, 6 bytes, "},
        {"HTTP/1.1 302 x\r\nContent-Type: text/html;a=MARKER\r\n\r\n", "< 302 text/html, 0 bytes"},
        {"HTTP/1.1 302 x\r\nContent-Type: MARKER/x\r\n\r\n", "< 302 another media type, 0 bytes"},
        {"HTTP/1.1 302 x\r\nContent-Type: text/htmlMARKER\r\n\r\n", "< 302 another media type"},
        {"HTTP/1.1 302 x\r\nContent-Type: MARKER+json\r\n\r\n", "< 302 another JSON type"},
        {"", "< Server returned nothing"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct world world;
        logged[0] = '\0';
        world_open_answer(&world, CASES[i].answer);
        loom_log_open(LOOM_LOG_WIRE, keep_line);
        assert_int_not_equal(world_post_secrets(&world, "/x"), LOOM_OK);
        loom_log_open(LOOM_LOG_WIRE, NULL);
        if (strstr(logged, CASES[i].line) == NULL || strstr(logged, "MARKER") != NULL)
            fail_msg("%s", logged);
        world_close(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_get_has_the_promised_shape),
        cmocka_unit_test(send_post_has_the_promised_shape),
        cmocka_unit_test(send_post_without_body_says_so),
        cmocka_unit_test(send_long_token_and_body_arrive_whole),
        cmocka_unit_test(send_path_of_the_server_comes_first),
        cmocka_unit_test(send_unfit_request_is_not_sent),
        cmocka_unit_test(send_any_final_status_is_handed_over),
        cmocka_unit_test(send_page_is_reported_as_no_json),
        cmocka_unit_test(send_chunked_body_is_joined),
        cmocka_unit_test(send_failure_leaves_the_response_alone),
        cmocka_unit_test(send_logs_the_shape_and_no_secret),
        cmocka_unit_test(send_logs_a_failure_too),
    };
    return cmocka_run_group_tests_name("http/client", tests, world_forget_environment, NULL);
}
