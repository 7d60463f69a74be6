/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are too long, too slow, cut off, or not what they say. */
#include "unit/http/http_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* What a connection of one request plays before it ends. */
static void open_steps(struct world *world, const struct raw_step *steps) {
    static const struct raw_step *script[2];
    script[0] = steps;
    world_open(world, &(struct raw_config){.scripts = script}, "127.0.0.1");
}

static long memory_kib(void) {
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* `len` characters in lines of 64, as text for a script. */
static char *long_text(const char *start, size_t len, const char *end) {
    char *text = malloc(strlen(start) + len + strlen(end) + 1);
    assert_non_null(text);
    (void)memcpy(text, start, strlen(start));
    memset(text + strlen(start), 'x', len);
    (void)memcpy(text + strlen(start) + len, end, strlen(end) + 1);
    return text;
}

/* NET-11: said in advance, in chunks, or until the end of the connection. */
static void send_body_past_the_ceiling_is_refused(void **state) {
    (void)state;
    static const char *const HEADS[] = {
        WORLD_JSON_HEAD "Content-Length: 1073741824\r\n\r\n",
        WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n40000000\r\n",
        WORLD_JSON_HEAD "Connection: close\r\n\r\n",
    };
    char *kib = long_text("", 1024, "");
    long before_kib = memory_kib();
    for (size_t i = 0; i < sizeof HEADS / sizeof HEADS[0]; i++) {
        const struct raw_step steps[] = {
            {RAW_READ, NULL, 0}, {RAW_SEND, HEADS[i], 0}, {RAW_REPEAT, kib, 0}, {RAW_END, NULL, 0}};
        struct world world;
        open_steps(&world, steps);
        assert_int_equal(world_get(&world, "/"), LOOM_ERR_BAD_ANSWER);
        assert_int_equal(world.error.http_status, 200);
        world_close(&world);
    }
    assert_true(memory_kib() - before_kib < 32L * 1024);
    free(kib);
}

static void send_body_of_the_ceiling_is_taken(void **state) {
    (void)state;
    char *text =
        long_text(WORLD_JSON_HEAD "Content-Length: 1048576\r\n\r\n", LOOM_HTTP_BODY_MAX, "");
    struct world world;
    world_open_answer(&world, text);
    assert_int_equal(world_get(&world, "/"), LOOM_OK);
    assert_int_equal(world.response.body.len, LOOM_HTTP_BODY_MAX);
    world_close(&world);
    text = (free(text), long_text(WORLD_JSON_HEAD "\r\n", LOOM_HTTP_BODY_MAX + 1, ""));
    world_open_answer(&world, text);
    assert_int_equal(world_get(&world, "/"), LOOM_ERR_BAD_ANSWER);
    world_close(&world);
    free(text);
}

/* NET-14, and early hints (RFC 8297) or trailers without end. */
static void send_head_past_the_ceiling_is_refused(void **state) {
    (void)state;
    char *line = long_text("X: ", 1000, "\r\n");
    char *huge = long_text("X: ", 10 * 1000 * 1000, "\r\n");
    const struct {
        const char *head, *repeated;
        enum loom_err err;
    } CASES[] = {
        {"HTTP/1.1 200 OK\r\n", line, LOOM_ERR_BAD_ANSWER},
        {"HTTP/1.1 200 OK\r\n", huge, LOOM_ERR_BAD_ANSWER},
        {"", "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {"", "HTTP/1.1 100 Continue\r\n\r\n", LOOM_ERR_BAD_ANSWER},
        {WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", line,
         LOOM_ERR_BAD_ANSWER},
        /* libcurl itself gives up here, and does not tell it from a connection that broke. */
        {WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", huge,
         LOOM_ERR_UNREACHABLE},
    };
    long before_kib = memory_kib();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct raw_step steps[] = {{RAW_READ, NULL, 0},
                                         {RAW_SEND, CASES[i].head, 0},
                                         {RAW_REPEAT, CASES[i].repeated, 0},
                                         {RAW_END, NULL, 0}};
        struct world world;
        open_steps(&world, steps);
        enum loom_err err = world_get(&world, "/");
        if (err != CASES[i].err)
            fail_msg("case %zu gave %d, %s", i, err, world.error.detail);
        world_close(&world);
    }
    assert_true(memory_kib() - before_kib < 32L * 1024);
    free(line);
    free(huge);
}

static void send_head_within_the_ceiling_is_taken(void **state) {
    (void)state;
    char *line = long_text("X: ", 995, "\r\n"); /* 1000 bytes */
    const struct raw_step steps[] = {
        {RAW_READ, NULL, 0},     {RAW_SEND, "HTTP/1.1 200 OK\r\n", 0},
        {RAW_REPEAT, line, 250}, {RAW_SEND, "Content-Length: 0\r\n\r\n", 0},
        {RAW_END, NULL, 0},
    };
    struct world world;
    open_steps(&world, steps);
    assert_int_equal(world_get(&world, "/"), LOOM_OK);
    world_close(&world);
    free(line);
}

/* NET-16, NET-19, codings that were not asked for, and what is no HTTP at all. */
static void send_answer_that_cannot_be_used_is_refused(void **state) {
    (void)state;
    static const char *const ANSWERS[] = {
        "{\"status\":\"completed\"}", /* HTTP/0.9 */
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\x15\x03\x01\x02\x02\x46", /* a TLS alert */
        WORLD_JSON_HEAD "Content-Length: 2\r\nContent-Length: 1\r\n\r\n{}",
        WORLD_JSON_HEAD "Content-Length: 2x\r\n\r\n{}",
        WORLD_JSON_HEAD "Content-Length: -1\r\n\r\n{}",
        WORLD_JSON_HEAD
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        WORLD_JSON_HEAD "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
        WORLD_JSON_HEAD "Transfer-Encoding: gzip\r\n\r\n\x1f\x8b",
        WORLD_JSON_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n\x1f\x8b\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n{}",
        "HTTP/1.1 600 x\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/2 200\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/3.1 200\r\nContent-Length: 2\r\n\r\n{}",
    };
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        struct world world;
        world_open_answer(&world, ANSWERS[i]);
        enum loom_err err = world_get(&world, "/");
        if (err != LOOM_ERR_BAD_ANSWER)
            fail_msg("%s gave %d, %s", ANSWERS[i], err, world.error.detail);
        world_close(&world);
    }
}

/* NET-18: announced and not delivered. */
static void send_answer_that_is_cut_off_is_unreachable(void **state) {
    (void)state;
    static const char *const ANSWERS[] = {
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        WORLD_JSON_HEAD "Content-Length: 30\r\n\r\n{\"access_token\":\"lt_0123",
        WORLD_JSON_HEAD "Content-Length: 3\r\n\r\n{}",
        WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n",
        WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}",
        WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
        WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        struct world world;
        world_open_answer(&world, ANSWERS[i]);
        enum loom_err err = world_get(&world, "/");
        if (err != LOOM_ERR_UNREACHABLE)
            fail_msg("%s gave %d, %s", ANSWERS[i], err, world.error.detail);
        world_close(&world);
    }
}

/* TM-10: each byte comes in good time, the whole does not. */
static void send_dripping_answer_ends_at_the_deadline(void **state) {
    (void)state;
    static const char *const STARTS[] = {"", WORLD_JSON_HEAD "Content-Length: 100000\r\n\r\n",
                                         "HTTP/1.1 103 Early Hints\r\n\r\n"};
    char *slow = long_text("HTTP/1.1 200 OK\r\nX: ", 1000, "");
    for (size_t i = 0; i < sizeof STARTS / sizeof STARTS[0]; i++) {
        const struct raw_step steps[] = {{RAW_READ, NULL, 0},
                                         {RAW_SEND, STARTS[i], 0},
                                         {RAW_DRIP, slow, 20},
                                         {RAW_END, NULL, 0}};
        struct world world;
        open_steps(&world, steps);
        int64_t start_ms = world_now_ms();
        assert_int_equal(
            world_send(&world, (struct loom_http_request){.path = "/", .timeout_ms = 300}),
            LOOM_ERR_TIMEOUT);
        assert_true(world_now_ms() - start_ms >= 290);
        assert_true(world_now_ms() - start_ms < 5000);
        world_close(&world);
    }
    free(slow);
}

/* A name look-up, the connection and TLS have a shorter time of their own; see test_http_tls.c. */
static void send_silent_server_ends_at_the_deadline(void **state) {
    (void)state;
    static const struct raw_step STEPS[] = {{RAW_STALL, NULL, 0}};
    struct world world;
    open_steps(&world, STEPS);
    assert_int_equal(world_send(&world, (struct loom_http_request){.path = "/", .timeout_ms = 100}),
                     LOOM_ERR_TIMEOUT);
    assert_string_equal(world.error.detail, "127.0.0.1");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_body_past_the_ceiling_is_refused),
        cmocka_unit_test(send_body_of_the_ceiling_is_taken),
        cmocka_unit_test(send_head_past_the_ceiling_is_refused),
        cmocka_unit_test(send_head_within_the_ceiling_is_taken),
        cmocka_unit_test(send_answer_that_cannot_be_used_is_refused),
        cmocka_unit_test(send_answer_that_is_cut_off_is_unreachable),
        cmocka_unit_test(send_dripping_answer_ends_at_the_deadline),
        cmocka_unit_test(send_silent_server_ends_at_the_deadline),
    };
    return cmocka_run_group_tests_name("http/caps", tests, world_forget_environment, NULL);
}
