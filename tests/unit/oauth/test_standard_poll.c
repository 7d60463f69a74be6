/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a standard server for the tokens. What every answer does to a flow: test_device_flow.c. */
#include "oauth/oauth.h"

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

#define ACCESS "\"access_token\":\"" TOKEN "\""
#define GOOD(more) "{" ACCESS ",\"token_type\":\"Bearer\"" more "}"

static void poll_once(struct oauth_world *world, const struct fake_answer *answer,
                      struct loom_poll *poll) {
    struct loom_secret *device_code = world_secret(DEVICE_CODE);
    memset(poll, 0x55, sizeof *poll);
    world_open_standard(world, answer, 1);
    loom_oauth_poll(&world->server, device_code, poll, &world->error);
    loom_secret_free(device_code);
    bool is_approved = poll->answer.kind == LOOM_FLOW_APPROVED;
    assert_true(is_approved == (poll->tokens.access != NULL));
    assert_true(is_approved || (poll->tokens.refresh == NULL && poll->tokens.scope == NULL &&
                                !poll->tokens.has_life && poll->tokens.date_s == 0));
    assert_true(poll->answer.kind != LOOM_FLOW_FATAL || world->error.code == poll->answer.err);
}

static void poll_json(const char *json, struct loom_poll *poll) {
    struct oauth_world world;
    const struct fake_answer answer = {.status = 200, .json = json, .date_s = 1700000000};
    poll_once(&world, &answer, poll);
    world_close(&world);
}

/* DF-10: the code is in the body alone. */
static void poll_posts_grant_type_client_and_code_as_a_form(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_poll poll;
    static const struct fake_answer answer = {
        .to = "POST " TOKEN_PATH, .status = 400, .json = "{\"error\":\"authorization_pending\"}"};
    poll_once(&world, &answer, &poll);
    const struct fake_request *request = &world.fake.requests[0];
    assert_string_equal(request->origin, AUTHORITY);
    assert_string_equal(request->content_type, "application/x-www-form-urlencoded");
    assert_string_equal(request->body,
                        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
                        "&client_id=loom-cli&device_code=" DEVICE_CODE);
    assert_null(request->bearer);
    world_close(&world);
}

/* DF-11, DF-21: one member that is not what it must be, and nothing is taken. */
static void poll_of_tokens_that_cannot_be_used_is_a_bad_answer(void **unused) {
    (void)unused;
    static const char *const bodies[] = {
        "{\"token_type\":\"Bearer\"}",
        "{\"token_type\":\"Bearer\",\"access_token\":null}",
        "{\"token_type\":\"Bearer\",\"access_token\":\"\"}",
        "{\"token_type\":\"Bearer\",\"access_token\":7}",
        "{\"token_type\":\"Bearer\",\"access_token\":[\"x\"]}",
        "{\"token_type\":\"Bearer\",\"access_token\":\"a b\"}",
        "{\"token_type\":\"Bearer\",\"access_token\":\"a\\nb\"}",
        "{\"token_type\":\"Bearer\",\"access_token\":\"\xc3\xa9\"}",
        "{\"token_type\":\"Bearer\",\"Access_Token\":\"x\"}",
        "{" ACCESS "}",
        "{" ACCESS ",\"token_type\":null}",
        "{" ACCESS ",\"token_type\":\"\"}",
        "{" ACCESS ",\"token_type\":\"mac\"}",
        "{" ACCESS ",\"token_type\":\"DPoP\"}",
        "{" ACCESS ",\"token_type\":\"Bearer \"}",
        "{" ACCESS ",\"token_type\":\"bearerr\"}",
        "{" ACCESS ",\"token_type\":7}",
        "{" ACCESS ",\"token_type\":[\"Bearer\"]}",
        GOOD(",\"refresh_token\":7"),
        GOOD(",\"refresh_token\":\"a b\""),
        GOOD(",\"refresh_token\":{}"),
        GOOD(",\"refresh_token\":\"\\u001b\""),
        "{\"status\":\"completed\"," ACCESS "}", /* the other dialect */
        "{\"status\":\"pending\"}",
        "{}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct loom_poll poll;
        poll_json(bodies[i], &poll);
        expect_equal(bodies[i], poll.answer.kind, LOOM_FLOW_FATAL);
        expect_equal(bodies[i], poll.answer.err, LOOM_ERR_BAD_ANSWER);
    }
}

/* DF-21 */
static void poll_takes_a_bearer_token_in_any_case(void **unused) {
    (void)unused;
    static const char *const types[] = {"Bearer", "bearer", "BEARER", "bEaReR"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct loom_poll poll;
        char json[160];
        (void)snprintf(json, sizeof json, "{" ACCESS ",\"token_type\":\"%s\"}", types[i]);
        poll_json(json, &poll);
        expect_equal(json, poll.answer.kind, LOOM_FLOW_APPROVED);
        expect_text(json, loom_secret_bytes(poll.tokens.access), TOKEN);
        loom_tokens_clear(&poll.tokens);
    }
}

static void poll_of_a_good_answer_fills_the_tokens(void **unused) {
    (void)unused;
    struct loom_poll poll;
    poll_json(GOOD(",\"refresh_token\":\"" REFRESH "\",\"expires_in\":3600,"
                   "\"scope\":\"openid\",\"id_token\":\"x.y.z\",\"other\":{}"),
              &poll);
    assert_int_equal(poll.answer.kind, LOOM_FLOW_APPROVED);
    assert_string_equal(loom_secret_bytes(poll.tokens.access), TOKEN);
    assert_string_equal(loom_secret_bytes(poll.tokens.refresh), REFRESH);
    assert_true(poll.tokens.has_life);
    assert_int_equal(poll.tokens.life_s, 3600);
    assert_string_equal(poll.tokens.scope, "openid");
    assert_int_equal(poll.tokens.date_s, 1700000000);
    loom_tokens_clear(&poll.tokens);
    assert_null(poll.tokens.access);
    assert_null(poll.tokens.refresh);
    assert_null(poll.tokens.scope);
    loom_tokens_clear(&poll.tokens);
}

static void poll_without_a_refresh_token_has_none(void **unused) {
    (void)unused;
    static const char *const bodies[] = {GOOD(""), GOOD(",\"refresh_token\":null"),
                                         GOOD(",\"refresh_token\":\"\"")};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct loom_poll poll;
        poll_json(bodies[i], &poll);
        expect_equal(bodies[i], poll.answer.kind, LOOM_FLOW_APPROVED);
        expect(bodies[i], poll.tokens.refresh == NULL);
        loom_tokens_clear(&poll.tokens);
    }
}

/* DF-23, TM-13 */
static void poll_bounds_the_life_of_a_token(void **unused) {
    (void)unused;
    static const struct {
        const char *json;
        int64_t life_s; /* -1: unknown */
    } rows[] = {
        {GOOD(""), -1},
        {GOOD(",\"expires_in\":null"), -1},
        {GOOD(",\"expires_in\":0"), 0},
        {GOOD(",\"expires_in\":-1"), 0},
        {GOOD(",\"expires_in\":-1e999"), 0},
        {GOOD(",\"expires_in\":1"), 1},
        {GOOD(",\"expires_in\":0.5"), 1},
        {GOOD(",\"expires_in\":2147483648"), INT64_C(2147483648)},
        {GOOD(",\"expires_in\":3155760000"), LOOM_TOKEN_LIFE_MOST_S},
        {GOOD(",\"expires_in\":3155760001"), LOOM_TOKEN_LIFE_MOST_S},
        {GOOD(",\"expires_in\":1e999"), LOOM_TOKEN_LIFE_MOST_S},
        {GOOD(",\"expires_in\":\"3600\""), 3600},
        {GOOD(",\"expires_in\":\"0\""), 0},
        {GOOD(",\"expires_in\":\"3155760001\""), LOOM_TOKEN_LIFE_MOST_S},
        {GOOD(",\"expires_in\":\"9999999999999999999\""), -1},
        {GOOD(",\"expires_in\":\"-1\""), -1},
        {GOOD(",\"expires_in\":\" 1\""), -1},
        {GOOD(",\"expires_in\":\"1h\""), -1},
        {GOOD(",\"expires_in\":\"\""), -1},
        {GOOD(",\"expires_in\":true"), -1},
        {GOOD(",\"expires_in\":[1]"), -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_poll poll;
        poll_json(rows[i].json, &poll);
        expect_equal(rows[i].json, poll.answer.kind, LOOM_FLOW_APPROVED);
        expect_equal(rows[i].json, poll.tokens.has_life, rows[i].life_s >= 0);
        if (poll.tokens.has_life)
            expect_equal(rows[i].json, poll.tokens.life_s, rows[i].life_s);
        loom_tokens_clear(&poll.tokens);
    }
}

/* DF-22: told by whoever compares them; a scope that cannot be shown is not known. */
static void poll_takes_a_granted_scope_that_can_be_shown(void **unused) {
    (void)unused;
    static const struct {
        const char *json, *scope; /* NULL: as asked for */
    } rows[] = {
        {GOOD(""), NULL},
        {GOOD(",\"scope\":null"), NULL},
        {GOOD(",\"scope\":\"\""), NULL},
        {GOOD(",\"scope\":\"less\""), "less"},
        {GOOD(",\"scope\":\"a  b \""), "a  b "},
        {GOOD(",\"scope\":[\"a\"]"), NULL},
        {GOOD(",\"scope\":\"a\\u001b[2K\""), NULL},
        {GOOD(",\"scope\":\"caf\xc3\xa9\""), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_poll poll;
        poll_json(rows[i].json, &poll);
        expect_equal(rows[i].json, poll.answer.kind, LOOM_FLOW_APPROVED);
        expect(rows[i].json, (poll.tokens.scope != NULL) == (rows[i].scope != NULL));
        if (rows[i].scope != NULL)
            expect_text(rows[i].json, poll.tokens.scope, rows[i].scope);
        loom_tokens_clear(&poll.tokens);
    }
}

static void poll_of_a_long_scope_is_judged_exactly(void **unused) {
    (void)unused;
    static char json[LOOM_SCOPE_MAX + 256];
    for (int extra = 0; extra <= 1; extra++) {
        struct loom_poll poll;
        (void)snprintf(json, sizeof json, GOOD(",\"scope\":\"%0*d\""), LOOM_SCOPE_MAX + extra, 7);
        poll_json(json, &poll);
        assert_int_equal(poll.answer.kind, LOOM_FLOW_APPROVED);
        assert_true((poll.tokens.scope != NULL) == (extra == 0));
        loom_tokens_clear(&poll.tokens);
    }
}

/* DF-10, DF-16: what the server says is told, a secret in it is not, in whatever form. */
static void poll_that_ends_tells_why_without_secrets(void **unused) {
    (void)unused;
    static const struct {
        long status;
        const char *json;
        enum loom_err err;
        const char *oauth_error, *detail;
    } rows[] = {
        {400, "{\"error\":\"access_denied\",\"error_description\":\"no\"}", LOOM_ERR_DENIED,
         "access_denied", "no"},
        {400, "{\"error\":\"expired_token\"}", LOOM_ERR_EXPIRED, "expired_token", ""},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"used\"}", LOOM_ERR_BAD_ANSWER,
         "invalid_grant", "used"},
        {401, "{\"error\":\"invalid_client\"}", LOOM_ERR_DENIED, "invalid_client", ""},
        {429, "{\"error\":\"access_denied\",\"error_description\":\"no\"}", LOOM_ERR_DENIED,
         "access_denied", "no"},
        {400, "{\"error\":\"zzz\",\"error_description\":\"code " DEVICE_CODE " is bad\"}",
         LOOM_ERR_BAD_ANSWER, "zzz", ""},
        {400, "{\"error\":\"" DEVICE_CODE "\"}", LOOM_ERR_BAD_ANSWER, "", ""},
        {200, "{\"error\":\"zzz\"," ACCESS ",\"error_description\":\"<" TOKEN ">\"}",
         LOOM_ERR_BAD_ANSWER, "zzz", ""},
        {200, GOOD(",\"error\":\"zzz\",\"error_description\":\"x\""), LOOM_ERR_BAD_ANSWER, "zzz",
         "x"},
        {404, "{\"error\":\"authorization_pending\"}", LOOM_ERR_NOT_LOOM, "", ""},
        {501, "{\"error\":\"slow_down\"}", LOOM_ERR_NOT_LOOM, "", ""},
        {400, "{}", LOOM_ERR_BAD_ANSWER, "", ""},
        {400, NULL, LOOM_ERR_NOT_LOOM, "", ""},
        {200, NULL, LOOM_ERR_NOT_LOOM, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_poll poll;
        const struct fake_answer answer = {
            .status = rows[i].status, .json = rows[i].json, .other = GOOD("")};
        char what[200];
        (void)snprintf(what, sizeof what, "%ld %s", rows[i].status,
                       rows[i].json != NULL ? rows[i].json : "a page");
        poll_once(&world, &answer, &poll);
        expect_equal(what, poll.answer.kind, LOOM_FLOW_FATAL);
        expect_equal(what, poll.answer.err, rows[i].err);
        expect_equal(what, world.error.http_status, rows[i].status);
        expect_text(what, world.error.oauth_error, rows[i].oauth_error);
        expect_text(what, world.error.detail, rows[i].detail);
        world_close(&world);
    }
}

static void poll_with_an_odd_code_does_not_tell_it_as_a_form_has_it(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_poll poll;
    struct loom_secret *device_code = world_secret(REFRESH);
    static const struct fake_answer script[] = {
        {.status = 400,
         .json = "{\"error\":\"zzz\",\"error_description\":\"device_code=" REFRESH_IN_FORM "\"}"}};
    world_open_standard(&world, script, 1);
    loom_oauth_poll(&world.server, device_code, &poll, &world.error);
    assert_non_null(strstr(world.fake.requests[0].body, "&device_code=" REFRESH_IN_FORM));
    assert_string_equal(world.error.oauth_error, "zzz");
    assert_string_equal(world.error.detail, "");
    loom_secret_free(device_code);
    world_close(&world);
}

static void poll_without_room_for_an_error_works_the_same(void **unused) {
    (void)unused;
    static const struct fake_answer script[] = {
        {.status = 400, .json = "{\"error\":\"access_denied\",\"error_description\":\"x\"}"},
        {.status = 200, .json = "{}"},
        {.err = LOOM_ERR_TIMEOUT},
    };
    static const enum loom_err errors[] = {LOOM_ERR_DENIED, LOOM_ERR_BAD_ANSWER, LOOM_ERR_TIMEOUT};
    struct oauth_world world;
    struct loom_secret *device_code = world_secret(DEVICE_CODE);
    world_open_standard(&world, script, 3);
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
        cmocka_unit_test(poll_posts_grant_type_client_and_code_as_a_form),
        cmocka_unit_test(poll_of_tokens_that_cannot_be_used_is_a_bad_answer),
        cmocka_unit_test(poll_takes_a_bearer_token_in_any_case),
        cmocka_unit_test(poll_of_a_good_answer_fills_the_tokens),
        cmocka_unit_test(poll_without_a_refresh_token_has_none),
        cmocka_unit_test(poll_bounds_the_life_of_a_token),
        cmocka_unit_test(poll_takes_a_granted_scope_that_can_be_shown),
        cmocka_unit_test(poll_of_a_long_scope_is_judged_exactly),
        cmocka_unit_test(poll_that_ends_tells_why_without_secrets),
        cmocka_unit_test(poll_with_an_odd_code_does_not_tell_it_as_a_form_has_it),
        cmocka_unit_test(poll_without_room_for_an_error_works_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
