/* SPDX-License-Identifier: Apache-2.0 */
/* Asking whether the code was approved: what every answer means to the flow. */
#include "oauth/native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "unit/oauth/oauth_world.h"

#define SERVER "https://loom.example.com"
#define COMPLETED "\"status\":\"completed\",\"access_token\":\"" TOKEN "\""

static void poll_once(struct oauth_world *world, const struct fake_answer *answer,
                      struct loom_poll *poll) {
    struct loom_secret *device_code = world_secret(DEVICE_CODE);
    world_open(world, SERVER, answer, 1);
    loom_oauth_poll(&world->server, device_code, poll, &world->error);
    loom_secret_free(device_code);
    /* A token exactly when approved, and a reason exactly when there is no going on. */
    assert_true((poll->answer.kind == LOOM_FLOW_APPROVED) == (poll->tokens.access != NULL));
    bool has_reason = poll->answer.kind == LOOM_FLOW_FATAL || poll->answer.kind == LOOM_FLOW_LOST;
    assert_true(has_reason == (poll->answer.err != LOOM_OK));
    if (has_reason)
        assert_int_equal(world->error.code, poll->answer.err);
}

static void poll_json(struct oauth_world *world, long status, const char *json,
                      struct loom_poll *poll) {
    const struct fake_answer answer = {
        .to = "POST /auth/device/poll", .status = status, .json = json};
    poll_once(world, &answer, poll);
}

/* ---- What is asked ---- */

/* NET-29 */
static void poll_sends_the_code_in_the_body_alone(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_poll poll;
    poll_json(&world, 200, "{\"status\":\"pending\"}", &poll);
    const struct fake_request *request = &world.fake.requests[0];
    assert_string_equal(request->line, "POST /auth/device/poll");
    assert_string_equal(request->origin, SERVER);
    assert_string_equal(request->content_type, "application/json");
    assert_string_equal(request->body, "{\"device_code\":\"" DEVICE_CODE "\"}");
    assert_null(request->bearer);
    world_close(&world);
}

/* DF-120 */
static void poll_with_an_odd_or_long_code_sends_it_escaped(void **unused) {
    (void)unused;
    static char longest[LOOM_TOKEN_MAX + 1];
    memset(longest, '"', LOOM_TOKEN_MAX); /* each becomes two bytes */
    const char *const codes[] = {"a\"b\\c/~!", longest};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        static const struct fake_answer pending = {.status = 200,
                                                   .json = "{\"status\":\"pending\"}"};
        struct oauth_world world;
        struct loom_poll poll;
        struct loom_secret *device_code = world_secret(codes[i]);
        world_open(&world, SERVER, &pending, 1);
        loom_oauth_poll(&world.server, device_code, &poll, &world.error);
        assert_int_equal(poll.answer.kind, LOOM_FLOW_PENDING);
        if (i == 0)
            assert_string_equal(world.fake.requests[0].body,
                                "{\"device_code\":\"a\\\"b\\\\c/~!\"}");
        else
            assert_int_equal(strlen(world.fake.requests[0].body),
                             strlen("{\"device_code\":\"\"}") + 2 * LOOM_TOKEN_MAX);
        loom_secret_free(device_code);
        world_close(&world);
    }
}

/* ---- No answer ---- */

/* TM-08, NET-01 */
static void poll_without_an_answer_is_lost_or_the_end(void **unused) {
    (void)unused;
    static const struct {
        enum loom_err err;
        enum loom_flow_answer_kind kind;
    } rows[] = {
        {LOOM_ERR_NO_HOST, LOOM_FLOW_LOST},        {LOOM_ERR_UNREACHABLE, LOOM_FLOW_LOST},
        {LOOM_ERR_TIMEOUT, LOOM_FLOW_LOST},        {LOOM_ERR_PROXY, LOOM_FLOW_LOST},
        {LOOM_ERR_TLS_AUTHORITY, LOOM_FLOW_FATAL}, {LOOM_ERR_TLS, LOOM_FLOW_FATAL},
        {LOOM_ERR_REDIRECT, LOOM_FLOW_FATAL},      {LOOM_ERR_BAD_ANSWER, LOOM_FLOW_FATAL},
        {LOOM_ERR_INTERRUPTED, LOOM_FLOW_FATAL},   {LOOM_ERR_INTERNAL, LOOM_FLOW_FATAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_poll poll;
        const struct fake_answer answer = {.err = rows[i].err, .detail = "why"};
        poll_once(&world, &answer, &poll);
        assert_int_equal(poll.answer.kind, rows[i].kind);
        assert_int_equal(poll.answer.err, rows[i].err);
        assert_string_equal(world.error.detail, "why");
        world_close(&world);
    }
}

/* ---- Every answer ---- */

/* DF-11 to DF-16, DF-19, DF-21, NET-20, TM-05, TM-07 */
static const struct row {
    long status;
    const char *json;
    enum loom_flow_answer_kind kind;
    enum loom_err err;
    const char *oauth_error;
} rows[] = {
    /* the words of the dialect */
    {200, "{\"status\":\"pending\"}", LOOM_FLOW_PENDING, LOOM_OK, ""},
    {202, "{\"status\":\"pending\"}", LOOM_FLOW_PENDING, LOOM_OK, ""},
    {200, "{\"status\":\"pending\",\"x\":{\"y\":[null]},\"error\":null}", LOOM_FLOW_PENDING,
     LOOM_OK, ""},
    {200, "{\"status\":\"slow_down\"}", LOOM_FLOW_SLOW_DOWN, LOOM_OK, ""},
    {200, "{\"status\":\"expired\"}", LOOM_FLOW_FATAL, LOOM_ERR_EXPIRED, ""},
    {200, "{\"status\":\"denied\"}", LOOM_FLOW_FATAL, LOOM_ERR_DENIED, ""},
    {200, "{" COMPLETED "}", LOOM_FLOW_APPROVED, LOOM_OK, ""},
    /* DF-13: and no others */
    {200, "{\"status\":\"complete\",\"access_token\":\"x\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER,
     ""},
    {200, "{\"status\":\"COMPLETED\",\"access_token\":\"x\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER,
     ""},
    {200, "{\"status\":\"Pending\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":\"pending \"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":\"approved\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":\"authorization_pending\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":\"\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":3}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":null}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":{}}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":[\"pending\"]}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"Status\":\"pending\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"access_token\":\"" TOKEN "\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "[]", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{" COMPLETED, LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{" COMPLETED "}{}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{" COMPLETED ",\"status\":\"completed\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    /* DF-11: a token or nothing */
    {200, "{\"status\":\"completed\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":\"completed\",\"access_token\":\"\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER,
     ""},
    {200, "{\"status\":\"completed\",\"access_token\":null}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER,
     ""},
    {200, "{\"status\":\"completed\",\"access_token\":7}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER,
     ""},
    {200, "{\"status\":\"completed\",\"access_token\":[\"x\"]}", LOOM_FLOW_FATAL,
     LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":\"completed\",\"Access_Token\":\"x\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER,
     ""},
    {200, "{\"status\":\"completed\",\"access_token\":\"a b\"}", LOOM_FLOW_FATAL,
     LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":\"completed\",\"access_token\":\"a\\nusername=x\"}", LOOM_FLOW_FATAL,
     LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":\"completed\",\"access_token\":\"a\\u001b\"}", LOOM_FLOW_FATAL,
     LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"status\":\"completed\",\"access_token\":\"\xc3\xa9\"}", LOOM_FLOW_FATAL,
     LOOM_ERR_BAD_ANSWER, ""},
    /* DF-21: of a kind that we can use */
    {200, "{" COMPLETED ",\"token_type\":\"Bearer\"}", LOOM_FLOW_APPROVED, LOOM_OK, ""},
    {200, "{" COMPLETED ",\"token_type\":\"BEARER\"}", LOOM_FLOW_APPROVED, LOOM_OK, ""},
    {200, "{" COMPLETED ",\"token_type\":null}", LOOM_FLOW_APPROVED, LOOM_OK, ""},
    {200, "{" COMPLETED ",\"token_type\":\"mac\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{" COMPLETED ",\"token_type\":\"DPoP\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{" COMPLETED ",\"token_type\":\"\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{" COMPLETED ",\"token_type\":7}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    /* DF-22, DF-23: what this dialect does not know changes nothing */
    {200, "{" COMPLETED ",\"expires_in\":0}", LOOM_FLOW_APPROVED, LOOM_OK, ""},
    {200, "{" COMPLETED ",\"expires_in\":-1}", LOOM_FLOW_APPROVED, LOOM_OK, ""},
    {200, "{" COMPLETED ",\"expires_in\":1e999}", LOOM_FLOW_APPROVED, LOOM_OK, ""},
    {200, "{" COMPLETED ",\"expires_in\":\"3600\"}", LOOM_FLOW_APPROVED, LOOM_OK, ""},
    {200, "{" COMPLETED ",\"scope\":\"less\",\"user\":{\"id\":1}}", LOOM_FLOW_APPROVED, LOOM_OK,
     ""},
    /* DF-15, DF-16: `error` in a 200, whatever stands beside it */
    {200, "{\"error\":\"authorization_pending\"}", LOOM_FLOW_PENDING, LOOM_OK,
     "authorization_pending"},
    {200, "{\"error\":\"slow_down\"}", LOOM_FLOW_SLOW_DOWN, LOOM_OK, "slow_down"},
    {200, "{\"error\":\"access_denied\"}", LOOM_FLOW_FATAL, LOOM_ERR_DENIED, "access_denied"},
    {200, "{\"error\":\"expired_token\"}", LOOM_FLOW_FATAL, LOOM_ERR_EXPIRED, "expired_token"},
    {200, "{\"error\":\"invalid_client\"}", LOOM_FLOW_FATAL, LOOM_ERR_DENIED, "invalid_client"},
    {200, "{\"error\":\"unauthorized_client\"}", LOOM_FLOW_FATAL, LOOM_ERR_DENIED,
     "unauthorized_client"},
    {200, "{\"error\":\"invalid_grant\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, "invalid_grant"},
    {200, "{\"error\":\"unsupported_grant_type\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER,
     "unsupported_grant_type"},
    {200, "{\"error\":\"server_error\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, "server_error"},
    {200, "{\"error\":\"zzz\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, "zzz"},
    {200, "{\"error\":\"\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"error\":7}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{\"error\":false}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{" COMPLETED ",\"error\":\"zzz\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, "zzz"},
    {200, "{" COMPLETED ",\"error\":{}}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {200, "{" COMPLETED ",\"error\":\"access_denied\"}", LOOM_FLOW_FATAL, LOOM_ERR_DENIED,
     "access_denied"},
    {200, "{\"status\":\"pending\",\"error\":\"expired_token\"}", LOOM_FLOW_FATAL, LOOM_ERR_EXPIRED,
     "expired_token"},
    /* `error` in a 400: why it ends */
    {400, "{\"error\":\"access_denied\"}", LOOM_FLOW_FATAL, LOOM_ERR_DENIED, "access_denied"},
    {400, "{\"error\":\"expired_token\"}", LOOM_FLOW_FATAL, LOOM_ERR_EXPIRED, "expired_token"},
    {400, "{\"error\":\"invalid_client\"}", LOOM_FLOW_FATAL, LOOM_ERR_DENIED, "invalid_client"},
    {401, "{\"error\":\"invalid_client\"}", LOOM_FLOW_FATAL, LOOM_ERR_DENIED, "invalid_client"},
    {400, "{\"error\":\"invalid_request\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER,
     "invalid_request"},
    {400, "{\"error\":\"zzz\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, "zzz"},
    /* any other 4xx ends the flow, whatever it says */
    {400, "{\"error\":\"authorization_pending\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {400, "{\"error\":\"slow_down\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {400, "{\"status\":\"pending\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {302, "{" COMPLETED "}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {400, "{" COMPLETED "}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {400, NULL, LOOM_FLOW_FATAL, LOOM_ERR_NOT_LOOM, ""},
    {401, "{}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {401, NULL, LOOM_FLOW_FATAL, LOOM_ERR_NOT_LOOM, ""},
    {403, NULL, LOOM_FLOW_FATAL, LOOM_ERR_NOT_LOOM, ""},
    {404, "{\"status\":\"pending\"}", LOOM_FLOW_FATAL, LOOM_ERR_NOT_LOOM, ""},
    {405, "{}", LOOM_FLOW_FATAL, LOOM_ERR_NOT_LOOM, ""},
    {408, "{}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {410, "{\"status\":\"expired\"}", LOOM_FLOW_FATAL, LOOM_ERR_BAD_ANSWER, ""},
    {501, "{}", LOOM_FLOW_FATAL, LOOM_ERR_NOT_LOOM, ""},
    /* NET-20, NET-22: not JSON is not ours */
    {200, NULL, LOOM_FLOW_FATAL, LOOM_ERR_NOT_LOOM, ""},
    {204, NULL, LOOM_FLOW_FATAL, LOOM_ERR_NOT_LOOM, ""},
    /* TM-07: it cannot at present */
    {429, NULL, LOOM_FLOW_BUSY, LOOM_OK, ""},
    {429, "{\"status\":\"pending\"}", LOOM_FLOW_BUSY, LOOM_OK, ""},
    {429, "{\"error\":\"access_denied\"}", LOOM_FLOW_BUSY, LOOM_OK, ""},
    {429, "{\"error\":\"slow_down\"}", LOOM_FLOW_SLOW_DOWN, LOOM_OK, ""},
    {429, "{\"status\":\"slow_down\"}", LOOM_FLOW_SLOW_DOWN, LOOM_OK, ""},
    {429, "{" COMPLETED "}", LOOM_FLOW_BUSY, LOOM_OK, ""},
    {500, "{\"error\":\"server_error\"}", LOOM_FLOW_BUSY, LOOM_OK, ""},
    {500, "{" COMPLETED "}", LOOM_FLOW_BUSY, LOOM_OK, ""},
    {502, NULL, LOOM_FLOW_BUSY, LOOM_OK, ""},
    {503, "{\"status\":\"slow_down\"}", LOOM_FLOW_BUSY, LOOM_OK, ""},
    {504, NULL, LOOM_FLOW_BUSY, LOOM_OK, ""},
    {599, "nonsense", LOOM_FLOW_BUSY, LOOM_OK, ""},
};

static void poll_of_every_answer_means_what_the_table_says(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_poll poll;
        char what[160];
        const struct fake_answer answer = {.status = rows[i].status,
                                           .json = rows[i].json,
                                           .other = "{" COMPLETED ",\"error\":\"x\"}"};
        (void)snprintf(what, sizeof what, "%ld %s", rows[i].status,
                       rows[i].json != NULL ? rows[i].json : "text/html");
        poll_once(&world, &answer, &poll);
        expect_equal(what, poll.answer.kind, rows[i].kind);
        expect_equal(what, poll.answer.err, rows[i].err);
        expect_equal(what, poll.answer.interval_s, 0);
        expect_equal(what, poll.answer.retry_after_s, 0);
        expect_text(what, world.error.oauth_error, rows[i].oauth_error);
        expect_text(what, world.error.detail, "");
        if (rows[i].kind == LOOM_FLOW_FATAL)
            expect_equal(what, world.error.http_status, rows[i].status);
        if (poll.tokens.access != NULL)
            expect_text(what, loom_secret_bytes(poll.tokens.access), TOKEN);
        loom_tokens_clear(&poll.tokens);
        world_close(&world);
    }
}

/* DF-117, KR-13: as long as a token may be, and not a byte longer. */
static void poll_of_a_long_token_is_judged_exactly(void **unused) {
    (void)unused;
    static char body[LOOM_TOKEN_MAX + 256];
    for (int extra = 0; extra <= 1; extra++) {
        struct oauth_world world;
        struct loom_poll poll;
        (void)snprintf(body, sizeof body, "{\"status\":\"completed\",\"access_token\":\"%0*d\"}",
                       LOOM_TOKEN_MAX + extra, 7);
        poll_json(&world, 200, body, &poll);
        assert_int_equal(poll.answer.kind, extra == 0 ? LOOM_FLOW_APPROVED : LOOM_FLOW_FATAL);
        if (extra == 0)
            assert_int_equal(loom_secret_len(poll.tokens.access), LOOM_TOKEN_MAX);
        loom_tokens_clear(&poll.tokens);
        world_close(&world);
    }
}

/* DF-19 */
static void poll_takes_the_interval_of_any_answer(void **unused) {
    (void)unused;
    static const struct {
        long status;
        const char *json;
        int64_t interval_s;
    } intervals[] = {
        {200, "{\"status\":\"pending\",\"interval\":30}", 30},
        {200, "{\"status\":\"pending\",\"interval\":1.01}", 2},
        {200, "{\"status\":\"pending\",\"interval\":1e999}", 60},
        {200, "{\"status\":\"pending\",\"interval\":0}", 0},
        {200, "{\"status\":\"pending\",\"interval\":-30}", 0},
        {200, "{\"status\":\"pending\",\"interval\":\"30\"}", 0},
        {200, "{\"status\":\"pending\",\"interval\":null}", 0},
        {200, "{\"status\":\"slow_down\",\"interval\":30}", 30},
        {200, "{\"error\":\"slow_down\",\"interval\":30}", 30},
        {200, "{\"error\":\"authorization_pending\",\"interval\":30}", 30},
        {429, "{\"status\":\"pending\",\"interval\":30}", 30},
        {503, "{\"interval\":30}", 30},
    };
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++) {
        struct oauth_world world;
        struct loom_poll poll;
        poll_json(&world, intervals[i].status, intervals[i].json, &poll);
        expect(intervals[i].json, poll.answer.kind != LOOM_FLOW_FATAL);
        expect_equal(intervals[i].json, poll.answer.interval_s, intervals[i].interval_s);
        world_close(&world);
    }
}

/* TM-05 */
static void poll_takes_retry_after_of_a_busy_server(void **unused) {
    (void)unused;
    static const struct {
        long status;
        const char *json;
        int64_t seen_s;
    } busy[] = {{429, NULL, 7},
                {503, "{}", 7},
                {429, "{\"error\":\"slow_down\"}", 7},
                {200, "{\"status\":\"pending\"}", 0}};
    for (size_t i = 0; i < sizeof busy / sizeof busy[0]; i++) {
        struct oauth_world world;
        struct loom_poll poll;
        const struct fake_answer answer = {
            .status = busy[i].status, .json = busy[i].json, .retry_after_s = 7};
        poll_once(&world, &answer, &poll);
        assert_int_equal(poll.answer.retry_after_s, busy[i].seen_s);
        world_close(&world);
    }
}

/* DF-119, DF-10, DF-16, UI-01, UI-18: what the server says is told, a secret in it is not. */
static void poll_tells_a_description_without_secrets(void **unused) {
    (void)unused;
    static const struct {
        const char *json, *oauth_error, *detail;
    } told[] = {
        {"{\"error\":\"zzz\",\"error_description\":\"because\"}", "zzz", "because"},
        {"{\"error\":\"zzz\",\"error_description\":\"\"}", "zzz", ""},
        {"{\"error\":\"zzz\",\"error_description\":null}", "zzz", ""},
        {"{\"error\":\"zzz\",\"error_description\":[]}", "zzz", ""},
        /* made printable by whoever prints it */
        {"{\"error\":\"zzz\",\"error_description\":\"\\u001b[2K\"}", "zzz", "\x1b[2K"},
        {"{\"error\":\"zzz\",\"error_uri\":\"https://evil.example/\"}", "zzz", ""}, /* UI-18 */
        {"{\"error\":\"zzz\",\"error_description\":\"code " DEVICE_CODE " is bad\"}", "zzz", ""},
        {"{\"error\":\"" DEVICE_CODE "\",\"error_description\":\"x\"}", "", "x"},
        {"{\"error\":\"a-" DEVICE_CODE "-b\"}", "", ""},
        {"{\"error\":\"zzz\",\"access_token\":\"" TOKEN "\",\"error_description\":\"<" TOKEN ">\"}",
         "zzz", ""},
        {"{\"error\":\"" TOKEN "\",\"refresh_token\":\"" TOKEN "\"}", "", ""},
        {"{\"error\":\"zzz\",\"access_token\":\"\",\"error_description\":\"fine\"}", "zzz", "fine"},
        {"{\"error\":\"has blank\",\"error_description\":\"x\"}", "has blank", "x"},
        {"{\"error\":\"caf\xc3\xa9\",\"error_description\":\"caf\xc3\xa9\"}", "", "caf\xc3\xa9"},
        {"{\"error\":\"0123456789012345678901234567890123456789012345678901234567890123\"}", "",
         ""},
        {"{\"error\":\"012345678901234567890123456789012345678901234567890123456789012\"}",
         "012345678901234567890123456789012345678901234567890123456789012", ""},
    };
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct oauth_world world;
        struct loom_poll poll;
        poll_json(&world, 400, told[i].json, &poll);
        expect_equal(told[i].json, poll.answer.err, LOOM_ERR_BAD_ANSWER);
        expect_text(told[i].json, world.error.oauth_error, told[i].oauth_error);
        expect_text(told[i].json, world.error.detail, told[i].detail);
        world_close(&world);
    }
}

/* DF-118 */
static void poll_leaves_out_a_description_too_long_to_tell(void **unused) {
    (void)unused;
    static char body[4096];
    for (int extra = 0; extra <= 1; extra++) {
        struct oauth_world world;
        struct loom_poll poll;
        (void)snprintf(body, sizeof body, "{\"error\":\"zzz\",\"error_description\":\"%0*d\"}",
                       LOOM_ERROR_DETAIL_MAX + extra, 7);
        poll_json(&world, 400, body, &poll);
        assert_int_equal(strlen(world.error.detail), extra == 0 ? LOOM_ERROR_DETAIL_MAX : 0);
        world_close(&world);
    }
}

static void poll_keeps_the_date_of_the_answer_with_the_token(void **unused) {
    (void)unused;
    static const char *const bodies[] = {"{" COMPLETED "}", "{\"status\":\"pending\"}"};
    for (size_t i = 0; i < 2; i++) {
        struct oauth_world world;
        struct loom_poll poll;
        const struct fake_answer answer = {.status = 200, .json = bodies[i], .date_s = 1700000000};
        poll_once(&world, &answer, &poll);
        assert_int_equal(poll.tokens.date_s, i == 0 ? 1700000000 : 0);
        assert_null(poll.tokens.refresh);
        assert_false(poll.tokens.has_life);
        loom_tokens_clear(&poll.tokens);
        world_close(&world);
    }
}

static void poll_without_room_for_an_error_works_the_same(void **unused) {
    (void)unused;
    static const struct fake_answer script[] = {
        {.status = 400, .json = "{\"error\":\"access_denied\",\"error_description\":\"x\"}"},
        {.status = 200, .json = "{\"status\":\"denied\"}"},
        {.err = LOOM_ERR_TIMEOUT},
    };
    static const enum loom_err errors[] = {LOOM_ERR_DENIED, LOOM_ERR_DENIED, LOOM_ERR_TIMEOUT};
    struct oauth_world world;
    struct loom_secret *device_code = world_secret(DEVICE_CODE);
    world_open(&world, SERVER, script, 3);
    for (size_t i = 0; i < 3; i++) {
        struct loom_poll poll;
        loom_oauth_poll(&world.server, device_code, &poll, NULL);
        assert_int_equal(poll.answer.err, errors[i]);
    }
    loom_secret_free(device_code);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poll_sends_the_code_in_the_body_alone),
        cmocka_unit_test(poll_with_an_odd_or_long_code_sends_it_escaped),
        cmocka_unit_test(poll_without_an_answer_is_lost_or_the_end),
        cmocka_unit_test(poll_of_every_answer_means_what_the_table_says),
        cmocka_unit_test(poll_of_a_long_token_is_judged_exactly),
        cmocka_unit_test(poll_takes_the_interval_of_any_answer),
        cmocka_unit_test(poll_takes_retry_after_of_a_busy_server),
        cmocka_unit_test(poll_tells_a_description_without_secrets),
        cmocka_unit_test(poll_leaves_out_a_description_too_long_to_tell),
        cmocka_unit_test(poll_keeps_the_date_of_the_answer_with_the_token),
        cmocka_unit_test(poll_without_room_for_an_error_works_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
