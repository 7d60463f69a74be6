/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a standard server for a code. What both dialects share stands in test_native_start.c. */
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

#define PAGE "https://id.example.com/device"
#define CODES "\"device_code\":\"" DEVICE_CODE "\",\"user_code\":\"ABCD-EFGH\""
#define GRANT(more) "{" CODES ",\"verification_uri\":\"" PAGE "\",\"expires_in\":600" more "}"

static enum loom_err start(struct oauth_world *world, const struct fake_answer *answer,
                           struct loom_device_grant *grant) {
    *grant = (struct loom_device_grant)LOOM_DEVICE_GRANT_INIT;
    world_open_standard(world, answer, 1);
    enum loom_err err = loom_oauth_start(&world->server, grant, &world->error);
    assert_true((err == LOOM_OK) == (grant->device_code != NULL));
    assert_true(err == LOOM_OK || world->error.code == err);
    return err;
}

static enum loom_err start_json(const char *json, struct loom_device_grant *grant) {
    struct oauth_world world;
    const struct fake_answer answer = {.status = 200, .json = json};
    enum loom_err err = start(&world, &answer, grant);
    world_close(&world);
    return err;
}

static void start_posts_client_and_scope_as_a_form(void **unused) {
    (void)unused;
    static const struct {
        const char *client_id, *scope, *body;
    } rows[] = {
        {"loom-cli", "openid offline_access", "client_id=loom-cli&scope=openid+offline_access"},
        {"loom-cli", "", "client_id=loom-cli"},
        {"a&b=c %", "api://x/.default", "client_id=a%26b%3Dc+%25&scope=api%3A%2F%2Fx%2F.default"},
    };
    static const struct fake_answer answer = {
        .to = "POST " DEVICE_PATH, .status = 200, .json = GRANT("")};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        LOOM_CLEANUP(loom_device_grant_clear)
        struct loom_device_grant grant = LOOM_DEVICE_GRANT_INIT;
        world_open_standard(&world, &answer, 1);
        (void)snprintf(world.authority.client_id, sizeof world.authority.client_id, "%s",
                       rows[i].client_id);
        (void)snprintf(world.authority.scope, sizeof world.authority.scope, "%s", rows[i].scope);
        world.server.ca_file = "/etc/company.pem";
        world.server.timeout_ms = 3000;
        assert_int_equal(loom_oauth_start(&world.server, &grant, &world.error), LOOM_OK);
        const struct fake_request *request = &world.fake.requests[0];
        assert_string_equal(request->origin, AUTHORITY);
        assert_string_equal(request->content_type, "application/x-www-form-urlencoded");
        assert_string_equal(request->body, rows[i].body);
        assert_null(request->bearer);
        assert_string_equal(request->ca_file, "/etc/company.pem");
        assert_int_equal(request->timeout_ms, 3000);
        world_close(&world);
    }
}

/* DF-01, DF-09 */
static void start_of_a_good_answer_fills_the_grant(void **unused) {
    (void)unused;
    LOOM_CLEANUP(loom_device_grant_clear) struct loom_device_grant grant;
    assert_int_equal(start_json(GRANT(",\"verification_uri_complete\":\"" PAGE
                                      "?user_code=ABCD-EFGH\",\"x\":[]"),
                                &grant),
                     LOOM_OK);
    assert_string_equal(loom_secret_bytes(grant.device_code), DEVICE_CODE);
    assert_string_equal(grant.user_code, "ABCD-EFGH");
    assert_string_equal(grant.page.url, PAGE);
    assert_true(grant.has_complete);
    assert_string_equal(grant.complete.url, PAGE "?user_code=ABCD-EFGH");
    assert_int_equal(grant.terms.life_s, 600);
    assert_int_equal(grant.terms.interval_s, 5);
}

/* DF-01, DF-02, DF-04, DF-05 */
static void start_bounds_interval_and_life(void **unused) {
    (void)unused;
    static const struct {
        const char *json;
        int64_t interval_s, life_s;
    } rows[] = {
        {GRANT(""), 5, 600},
        {GRANT(",\"interval\":null"), 5, 600},
        {GRANT(",\"interval\":1"), 1, 600},
        {GRANT(",\"interval\":0"), 1, 600},
        {GRANT(",\"interval\":-5"), 1, 600},
        {GRANT(",\"interval\":6.2"), 7, 600},
        {GRANT(",\"interval\":1e999"), 60, 600},
        {"{" CODES ",\"verification_uri\":\"" PAGE "\",\"expires_in\":0}", 5, 0},
        {"{" CODES ",\"verification_uri\":\"" PAGE "\",\"expires_in\":-1}", 5, 0},
        {"{" CODES ",\"verification_uri\":\"" PAGE "\",\"expires_in\":1e999}", 5, 3600},
        {"{" CODES ",\"verification_uri\":\"" PAGE "\",\"expires_in\":4294967296}", 5, 3600},
        {"{" CODES ",\"verification_uri\":\"" PAGE "\",\"expires_in\":9e18}", 5, 3600},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_device_grant_clear) struct loom_device_grant grant;
        expect_equal(rows[i].json, start_json(rows[i].json, &grant), LOOM_OK);
        expect_equal(rows[i].json, grant.terms.interval_s, rows[i].interval_s);
        expect_equal(rows[i].json, grant.terms.life_s, rows[i].life_s);
    }
}

/* DF-04, DF-06: REQUIRED members, and what none of them may be. */
static void start_with_a_member_that_cannot_be_used_is_a_bad_answer(void **unused) {
    (void)unused;
    static const char *const members[] = {"device_code", "user_code", "verification_uri",
                                          "expires_in"};
    static const char *const fine[] = {"\"" DEVICE_CODE "\"", "\"A\"", "\"" PAGE "\"", "600"};
    static const char *const bad[] = {NULL, "null", "\"\"", "{}", "[]", "true", "\"\\u0000\""};
    for (size_t i = 0; i < 4 * sizeof bad / sizeof bad[0]; i++) {
        struct loom_device_grant grant;
        char json[512];
        int len = snprintf(json, sizeof json, "{\"x\":1");
        for (size_t m = 0; m < 4; m++) {
            const char *value = m == i % 4 ? bad[i / 4] : fine[m];
            if (value != NULL)
                len += snprintf(json + len, sizeof json - (size_t)len, ",\"%s\":%s", members[m],
                                value);
        }
        (void)snprintf(json + len, sizeof json - (size_t)len, "}");
        expect_equal(json, start_json(json, &grant), LOOM_ERR_BAD_ANSWER);
    }
}

/* DF-08: some servers use the other name; pages are those that may be opened. */
static void start_takes_only_pages_that_may_be_opened(void **unused) {
    (void)unused;
    static const struct {
        const char *pages, *page, *complete; /* page NULL: a bad answer */
    } rows[] = {
        {"\"verification_url\":\"" PAGE "\"", PAGE, NULL},
        {"\"verification_url\":\"" PAGE "\",\"verification_uri\":\"" PAGE "\"", PAGE, NULL},
        {"\"verification_uri\":\"https://other.example/d\"", "https://other.example/d", NULL},
        {"\"verification_url\":\"" PAGE "\",\"verification_uri\":\"" PAGE "/\"", NULL, NULL},
        {"\"verification_uri\":\"http://id.example.com/device\"", NULL, NULL},
        {"\"verification_uri\":\"http://localhost/device\"", NULL, NULL},
        {"\"verification_uri\":\"javascript:x\"", NULL, NULL},
        {"\"verification_uri\":\"" PAGE "\",\"verification_uri_complete\":null", PAGE, NULL},
        {"\"verification_uri\":\"" PAGE "\",\"verification_uri_complete\":\"" PAGE "/ABCD\"", PAGE,
         PAGE "/ABCD"},
        {"\"verification_uri\":\"" PAGE
         "\",\"verification_uri_complete\":\"https://evil.example/device\"",
         NULL, NULL},
        {"\"verification_uri\":\"" PAGE "\",\"verification_uri_complete\":7", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_device_grant_clear) struct loom_device_grant grant;
        char json[512];
        (void)snprintf(json, sizeof json, "{" CODES ",%s,\"expires_in\":600}", rows[i].pages);
        enum loom_err err = start_json(json, &grant);
        expect_equal(json, err, rows[i].page != NULL ? LOOM_OK : LOOM_ERR_BAD_ANSWER);
        if (err != LOOM_OK || rows[i].page == NULL)
            continue;
        expect_text(json, grant.page.url, rows[i].page);
        expect_equal(json, grant.has_complete, rows[i].complete != NULL);
        if (rows[i].complete != NULL)
            expect_text(json, grant.complete.url, rows[i].complete);
    }
}

/* DF-16, TM-09 */
static void start_that_is_refused_tells_why(void **unused) {
    (void)unused;
    static const struct {
        long status;
        const char *json;
        enum loom_err err;
        const char *oauth_error, *detail;
    } rows[] = {
        {400, "{\"error\":\"invalid_client\",\"error_description\":\"who?\"}", LOOM_ERR_DENIED,
         "invalid_client", "who?"},
        {401, "{\"error\":\"unauthorized_client\"}", LOOM_ERR_DENIED, "unauthorized_client", ""},
        {403, "{\"error\":\"access_denied\"}", LOOM_ERR_DENIED, "access_denied", ""},
        {400, "{\"error\":\"invalid_scope\",\"error_description\":\"not repo\"}",
         LOOM_ERR_BAD_ANSWER, "invalid_scope", "not repo"},
        {400, "{\"error\":\"invalid_request\"}", LOOM_ERR_BAD_ANSWER, "invalid_request", ""},
        {200, "{\"error\":\"zzz\"}", LOOM_ERR_BAD_ANSWER, "zzz", ""},
        {400, "{\"error\":\"slow_down\"}", LOOM_ERR_BAD_ANSWER, "", ""},
        {400, "{}", LOOM_ERR_BAD_ANSWER, "", ""},
        {400, NULL, LOOM_ERR_NOT_LOOM, "", ""},
        {200, NULL, LOOM_ERR_NOT_LOOM, "", ""},
        {404, "{\"error\":\"invalid_request\"}", LOOM_ERR_NOT_LOOM, "", ""},
        {429, "{\"error\":\"slow_down\"}", LOOM_ERR_SERVER, "", ""},
        {500, "{\"error\":\"server_error\"}", LOOM_ERR_SERVER, "", ""},
        {400, GRANT(""), LOOM_ERR_BAD_ANSWER, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        const struct fake_answer answer = {
            .status = rows[i].status, .json = rows[i].json, .other = GRANT("")};
        char what[160];
        (void)snprintf(what, sizeof what, "%ld %s", rows[i].status,
                       rows[i].json != NULL ? rows[i].json : "a page");
        expect_equal(what, start(&world, &answer, &grant), rows[i].err);
        expect_equal(what, world.error.http_status, rows[i].status);
        expect_text(what, world.error.oauth_error, rows[i].oauth_error);
        expect_text(what, world.error.detail, rows[i].detail);
        world_close(&world);
    }
}

/* TM-09: once, since each start is a new code. */
static void start_without_an_answer_is_the_networks_error_and_not_repeated(void **unused) {
    (void)unused;
    static const enum loom_err errors[] = {LOOM_ERR_NO_HOST, LOOM_ERR_TIMEOUT, LOOM_ERR_REDIRECT,
                                           LOOM_ERR_INTERRUPTED};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        const struct fake_answer answer = {.err = errors[i], .detail = "why"};
        assert_int_equal(start(&world, &answer, &grant), errors[i]);
        assert_string_equal(world.error.detail, "why");
        world_close(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_posts_client_and_scope_as_a_form),
        cmocka_unit_test(start_of_a_good_answer_fills_the_grant),
        cmocka_unit_test(start_bounds_interval_and_life),
        cmocka_unit_test(start_with_a_member_that_cannot_be_used_is_a_bad_answer),
        cmocka_unit_test(start_takes_only_pages_that_may_be_opened),
        cmocka_unit_test(start_that_is_refused_tells_why),
        cmocka_unit_test(start_without_an_answer_is_the_networks_error_and_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
