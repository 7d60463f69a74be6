/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for a code: what is asked, and which answers are believed. */
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
#define PAGE "https://loom.example.com/device"

/* A good answer, member by member; the rows of the tables below replace one of them. */
static const struct {
    const char *name, *value;
} good[] = {
    {"device_code", "\"" DEVICE_CODE "\""},
    {"user_code", "\"123-456-789\""},
    {"verification_url", "\"" PAGE "\""},
    {"expires_in", "600"},
};

enum { BODY_SIZE = 256 * 1024 };

/* `member` replaced by `value` (NULL: left out), or added; `more` behind it all ("" for none). */
static const char *print_body(const char *member, const char *value, const char *more) {
    static char body[BODY_SIZE];
    size_t len = 0;
    bool is_there = member == NULL;
    body[0] = '\0';
    for (size_t i = 0; i <= sizeof good / sizeof good[0]; i++) {
        bool is_end = i == sizeof good / sizeof good[0];
        bool is_it = !is_end && member != NULL && strcmp(good[i].name, member) == 0;
        const char *name = is_end ? member : good[i].name;
        const char *text = is_it || is_end ? value : good[i].value;
        if (!(is_end && is_there) && text != NULL)
            len += (size_t)snprintf(body + len, sizeof body - len, "%s\"%s\":%s",
                                    len == 0 ? "{" : ",", name, text);
        is_there = is_there || is_it;
    }
    (void)snprintf(body + len, sizeof body - len, "%s}", more);
    return body;
}

static enum loom_err start(struct oauth_world *world, const char *url,
                           const struct fake_answer *answer, struct loom_device_grant *grant) {
    static const struct loom_device_grant untouched = LOOM_DEVICE_GRANT_INIT;
    *grant = untouched;
    world_open(world, url, answer, 1);
    enum loom_err err = loom_oauth_start(&world->server, grant, &world->error);
    if (err != LOOM_OK && memcmp(grant, &untouched, sizeof untouched) != 0)
        fail_msg("an output was written in vain");
    return err;
}

static enum loom_err start_json(struct oauth_world *world, const char *url, const char *body,
                                struct loom_device_grant *grant) {
    const struct fake_answer answer = {
        .to = "POST /auth/device/start", .status = 200, .json = body};
    return start(world, url, &answer, grant);
}

/* ---- What is asked ---- */

/* NET-29 */
static void start_sends_a_post_without_body_and_credentials(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_device_grant grant = LOOM_DEVICE_GRANT_INIT;
    const struct fake_answer answer = {.status = 200, .json = print_body(NULL, NULL, "")};
    world_open(&world, SERVER "/base", &answer, 1);
    world.server.ca_file = "/etc/company.pem";
    world.server.timeout_ms = 1234;
    assert_int_equal(loom_oauth_start(&world.server, &grant, &world.error), LOOM_OK);
    const struct fake_request *request = &world.fake.requests[0];
    assert_string_equal(request->line, "POST /auth/device/start");
    assert_string_equal(request->origin, SERVER "/base");
    assert_null(request->bearer);
    assert_null(request->content_type);
    assert_null(request->body);
    assert_string_equal(request->ca_file, "/etc/company.pem");
    assert_int_equal(request->timeout_ms, 1234);
    loom_device_grant_clear(&grant);
    world_close(&world);
}

/* TM-09: each start is a new code, so none is repeated. */
static void start_without_an_answer_tells_the_error_and_is_not_repeated(void **unused) {
    (void)unused;
    static const enum loom_err errors[] = {
        LOOM_ERR_NO_HOST,     LOOM_ERR_UNREACHABLE, LOOM_ERR_TIMEOUT,  LOOM_ERR_TLS_AUTHORITY,
        LOOM_ERR_TLS,         LOOM_ERR_PROXY,       LOOM_ERR_REDIRECT, LOOM_ERR_BAD_ANSWER,
        LOOM_ERR_INTERRUPTED, LOOM_ERR_INTERNAL,
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        const struct fake_answer answer = {.err = errors[i], .detail = "https://elsewhere"};
        assert_int_equal(start(&world, SERVER, &answer, &grant), errors[i]);
        assert_int_equal(world.error.code, errors[i]);
        assert_string_equal(world.error.detail, "https://elsewhere");
        world_close(&world);
    }
}

/* ---- Answers that are believed ---- */

static void start_of_a_good_answer_fills_the_grant(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_device_grant grant;
    const char *body = print_body("interval", "5", ",\"message\":{\"unknown\":[1,2]}");
    assert_int_equal(start_json(&world, SERVER, body, &grant), LOOM_OK);
    assert_string_equal(loom_secret_bytes(grant.device_code), DEVICE_CODE);
    assert_string_equal(grant.user_code, "123-456-789");
    assert_string_equal(grant.page.url, PAGE);
    assert_string_equal(grant.page.origin.url, SERVER);
    assert_false(grant.has_complete);
    assert_int_equal(grant.terms.interval_s, 5);
    assert_int_equal(grant.terms.life_s, 600);
    loom_device_grant_clear(&grant);
    assert_null(grant.device_code);
    assert_string_equal(grant.user_code, "");
    world_close(&world);
}

/* DF-01, DF-02, DF-04, DF-05 */
static void start_bounds_interval_and_life(void **unused) {
    (void)unused;
    static const struct {
        const char *member, *value;
        int64_t interval_s, life_s;
    } rows[] = {
        {"interval", NULL, 1, 600},      {"interval", "null", 1, 600},
        {"interval", "0", 1, 600},       {"interval", "-7", 1, 600},
        {"interval", "0.2", 1, 600},     {"interval", "1.5", 2, 600},
        {"interval", "5", 5, 600},       {"interval", "60", 60, 600},
        {"interval", "61", 60, 600},     {"interval", "1e999", 60, 600},
        {"interval", "-1e999", 1, 600},  {"expires_in", "1", 1, 1},
        {"expires_in", "0", 1, 0},       {"expires_in", "-1", 1, 0},
        {"expires_in", "-1e999", 1, 0},  {"expires_in", "0.001", 1, 1},
        {"expires_in", "299.5", 1, 300}, {"expires_in", "3600", 1, 3600},
        {"expires_in", "3601", 1, 3600}, {"expires_in", "4294967296", 1, 3600},
        {"expires_in", "9e18", 1, 3600}, {"expires_in", "1e999", 1, 3600},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        const char *body = print_body(rows[i].member, rows[i].value, "");
        expect_equal(body, start_json(&world, SERVER, body, &grant), LOOM_OK);
        expect_equal(body, grant.terms.interval_s, rows[i].interval_s);
        expect_equal(body, grant.terms.life_s, rows[i].life_s);
        loom_device_grant_clear(&grant);
        world_close(&world);
    }
}

/* DF-08, DF-09, UI-15 */
static void start_takes_the_page_under_either_name(void **unused) {
    (void)unused;
    static const struct {
        const char *value, *more; /* of verification_url, and behind it */
        const char *page, *complete;
    } rows[] = {
        {NULL, ",\"verification_uri\":\"" PAGE "\"", PAGE, NULL},
        {"null", ",\"verification_uri\":\"" PAGE "\"", PAGE, NULL},
        {"\"" PAGE "\"", ",\"verification_uri\":null", PAGE, NULL},
        {"\"" PAGE "\"", ",\"verification_uri\":\"" PAGE "\"", PAGE, NULL},
        /* two spellings of one page */
        {"\"" PAGE "\"", ",\"verification_uri\":\"HTTPS://LOOM.example.com:443/device\"", PAGE,
         NULL},
        {"\"" PAGE "\"", ",\"verification_uri_complete\":\"" PAGE "?user_code=123-456-789\"", PAGE,
         PAGE "?user_code=123-456-789"},
        {"\"" PAGE "\"", ",\"verification_url_complete\":\"" PAGE "#123\"", PAGE, PAGE "#123"},
        {"\"" PAGE "\"", ",\"verification_url_complete\":null", PAGE, NULL},
        {"\"" PAGE "\"",
         ",\"verification_url_complete\":\"" PAGE "?c\",\"verification_uri_complete\":\"" PAGE
         "?c\"",
         PAGE, PAGE "?c"},
        /* another host is shown as such by whoever shows the page */
        {"\"https://login.example.org/d\"", "", "https://login.example.org/d", NULL},
        {"\"https://login.example.org/d\"",
         ",\"verification_uri_complete\":\"https://login.example.org/e?c\"",
         "https://login.example.org/d", "https://login.example.org/e?c"},
        {"\"https://xn--bcher-kva.example/d\"", "", "https://xn--bcher-kva.example/d", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        const char *body = print_body("verification_url", rows[i].value, rows[i].more);
        expect_equal(body, start_json(&world, SERVER, body, &grant), LOOM_OK);
        expect_text(body, grant.page.url, rows[i].page);
        expect(body, grant.has_complete == (rows[i].complete != NULL));
        if (rows[i].complete != NULL)
            expect_text(body, grant.complete.url, rows[i].complete);
        loom_device_grant_clear(&grant);
        world_close(&world);
    }
}

/* DF-114 */
static void start_takes_any_printable_code(void **unused) {
    (void)unused;
    char longest[LOOM_USER_CODE_MAX + 3];
    (void)snprintf(longest, sizeof longest, "\"%0*d\"", LOOM_USER_CODE_MAX, 7);
    const char *const codes[] = {"\"ABCD-1234\"", "\"7\"", "\"a b\"", "\"<~>'%s%n\"", longest};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        const char *body = print_body("user_code", codes[i], "");
        expect_equal(body, start_json(&world, SERVER, body, &grant), LOOM_OK);
        expect_equal(body, strlen(grant.user_code), strlen(codes[i]) - 2);
        expect(body, strncmp(grant.user_code, codes[i] + 1, strlen(grant.user_code)) == 0);
        loom_device_grant_clear(&grant);
        world_close(&world);
    }
}

/* ---- Answers that are not ---- */

static void refuse(const char *url, const char *body) {
    struct oauth_world world;
    struct loom_device_grant grant;
    expect_equal(body, start_json(&world, url, body, &grant), LOOM_ERR_BAD_ANSWER);
    expect_equal(body, world.error.code, LOOM_ERR_BAD_ANSWER);
    expect_equal(body, world.error.http_status, 200);
    expect_text(body, world.error.detail, "");
    world_close(&world);
}

/* DF-06 */
static void start_without_a_member_is_a_bad_answer(void **unused) {
    (void)unused;
    static const char *const values[] = {NULL, "\"\"", "null", "7", "{}", "[]", "true", "[\"x\"]"};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++)
            refuse(SERVER, print_body(good[i].name, values[k], ""));
}

/* DF-04: RFC 8628 requires it. */
static void start_without_a_usable_life_is_a_bad_answer(void **unused) {
    (void)unused;
    static const char *const values[] = {NULL, "null", "\"600\"", "\"\"", "true", "{}", "[600]"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        refuse(SERVER, print_body("expires_in", values[i], ""));
}

static void start_with_an_interval_that_is_no_number_is_a_bad_answer(void **unused) {
    (void)unused;
    static const char *const values[] = {"\"5\"", "true", "{}", "[]"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        refuse(SERVER, print_body("interval", values[i], ""));
}

/* UI-01, UI-16 */
static void start_with_a_code_that_is_not_to_be_shown_is_a_bad_answer(void **unused) {
    (void)unused;
    static char huge[5 * 1024 + 3];
    char longer[LOOM_USER_CODE_MAX + 4];
    (void)snprintf(longer, sizeof longer, "\"%0*d\"", LOOM_USER_CODE_MAX + 1, 7);
    (void)snprintf(huge, sizeof huge, "\"%0*d\"", 5 * 1024, 7);
    const char *const codes[] = {
        "\" \"",
        "\"    \"",
        "\"\\u001b[2K\"",
        "\"12\\n3\"",
        "\"12\\r3\"",
        "\"12\\t3\"",
        "\"\\b123\"",
        "\"123\\u007f\"",
        "\"123\\u0007\"",
        "\"\\u009b2K\"",
        "\"\\u202e321\"",
        "\"12\xc3\xa9\"",
        "\"\\u200b123\"",
        "\"\\uff11\\u00b2\"",
        "\"\\u001b]52;c;\"",
        longer,
        huge,
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        refuse(SERVER, print_body("user_code", codes[i], ""));
}

static void start_with_a_device_code_that_is_no_token_is_a_bad_answer(void **unused) {
    (void)unused;
    static char huge[LOOM_TOKEN_MAX + 4];
    memset(huge, 'x', sizeof huge - 1);
    huge[0] = huge[sizeof huge - 2] = '"';
    const char *const codes[] = {"\"a b\"", "\"a\\n\"", "\"\\u001b\"", "\"caf\xc3\xa9\"", huge};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        refuse(SERVER, print_body("device_code", codes[i], ""));
}

/* DF-104: what is shown must not tell what is secret. */
static void start_that_would_show_the_device_code_is_a_bad_answer(void **unused) {
    (void)unused;
    static const char *const pages[] = {"verification_url", "verification_url_complete"};
    refuse(SERVER, print_body("user_code", "\"" DEVICE_CODE "\"", ""));
    refuse(SERVER, print_body("user_code", "\"1-" DEVICE_CODE "-2\"", ""));
    for (size_t i = 0; i < 2; i++)
        refuse(SERVER, print_body(pages[i], "\"" PAGE "?code=" DEVICE_CODE "\"", ""));
}

/* UI-01, UI-04, UI-05, UI-14, UI-15, UI-16 */
static void start_with_a_page_that_is_not_to_be_opened_is_a_bad_answer(void **unused) {
    (void)unused;
    static char huge[100 * 1024];
    memset(huge, 'a', sizeof huge - 1);
    memcpy(huge, "\"https://h/", strlen("\"https://h/"));
    huge[sizeof huge - 2] = '"';
    const char *const pages[] = {
        "\"javascript:alert(1)\"",
        "\"data:text/html,x\"",
        "\"file:///etc/passwd\"",
        "\"smb://h/x\"",
        "\"vscode://h\"",
        "\"ms-msdt:/id\"",
        "\"ssh://h\"",
        "\"/device\"",
        "\"loom.example.com/device\"",
        "\"http://loom.example.com/device\"",
        "\"http://localhost:8080/device\"", /* UI-05: the server itself is https */
        "\"https://loom.example.com@evil.com/d\"",
        "\"https://b\xc3\xbc"
        "cher.example/d\"",
        "\"https://h/a\\u001b[2K\"",
        "\"https://h/a\\nb\"",
        "\"https://h/a b\"",
        "\" https://h/\"",
        huge,
    };
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        char *more = NULL;
        refuse(SERVER, print_body("verification_url", pages[i], ""));
        refuse(SERVER, print_body("verification_uri_complete", pages[i], ""));
        assert_true(asprintf(&more, ",\"verification_uri\":%s", pages[i]) > 0);
        refuse(SERVER, print_body("verification_url", NULL, more));
        refuse(SERVER, print_body(NULL, NULL, more));
        free(more);
    }
}

/* DF-08, DF-09 */
static void start_with_pages_that_disagree_is_a_bad_answer(void **unused) {
    (void)unused;
    static const char *const rows[] = {
        ",\"verification_uri\":\"https://evil.example/device\"",
        ",\"verification_uri\":\"" PAGE "/\"",
        ",\"verification_uri\":\"" PAGE "?x\"",
        ",\"verification_uri\":7",
        ",\"verification_uri\":\"\"",
        /* the complete page is the same place with the code in it */
        ",\"verification_uri_complete\":\"https://evil.example/device?c\"",
        ",\"verification_uri_complete\":\"https://loom.example.com:8443/device?c\"",
        ",\"verification_uri_complete\":\"\"",
        ",\"verification_uri_complete\":7",
        ",\"verification_url_complete\":\"" PAGE "?a\",\"verification_uri_complete\":\"" PAGE
        "?b\"",
        ",\"verification_url_complete\":\"" PAGE "?a\",\"verification_uri_complete\":{}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(SERVER, print_body(NULL, NULL, rows[i]));
    refuse(SERVER,
           print_body("verification_url", NULL, ",\"verification_uri_complete\":\"" PAGE "?c\""));
}

/* DF-115, UI-05: a server on this machine may show its page without TLS, and only there. */
static void start_at_a_loopback_server_takes_loopback_pages(void **unused) {
    (void)unused;
    static const char loopback[] = "http://localhost:8080";
    static const char *const pages[] = {"\"http://localhost:8080/device\"",
                                        "\"http://127.0.0.1/device\"", "\"http://[::1]/d\"",
                                        "\"" PAGE "\""};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        const char *body = print_body("verification_url", pages[i], "");
        expect_equal(body, start_json(&world, loopback, body, &grant), LOOM_OK);
        loom_device_grant_clear(&grant);
        world_close(&world);
    }
    refuse(loopback, print_body("verification_url", "\"http://loom.example.com/device\"", ""));
    refuse("https://localhost:8080",
           print_body("verification_url", "\"http://localhost:8080/device\"", ""));
}

/* JS-03, JS-04, JS-11 */
static void start_with_json_that_the_gate_refuses_is_a_bad_answer(void **unused) {
    (void)unused;
    static const char *const bodies[] = {
        "", "null", "\"x\"", "[1]", "7", "{", "{}", "<html>", "{\"device_code\":\"a\"}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        refuse(SERVER, bodies[i]);
    refuse(SERVER, print_body("device_code", NULL, ",\"Device_Code\":\"" DEVICE_CODE "\""));
    refuse(SERVER, print_body(NULL, NULL, ",\"user_code\":\"123-456-789\""));
    refuse(SERVER, print_body(NULL, NULL, "} {"));
    refuse(SERVER, print_body(NULL, NULL, ",\"x\":01"));
}

/* NET-20, NET-22, TM-09 */
static void start_is_judged_by_status_and_media_type(void **unused) {
    (void)unused;
    static const struct {
        long status;
        const char *json, *other;
        enum loom_err err;
    } rows[] = {
        {200, NULL, "<html>Sign in to this network</html>", LOOM_ERR_NOT_LOOM},
        {200, NULL, "", LOOM_ERR_NOT_LOOM},
        {200, NULL, NULL, LOOM_ERR_NOT_LOOM},
        {204, NULL, NULL, LOOM_ERR_NOT_LOOM},
        {400, NULL, "bad request", LOOM_ERR_NOT_LOOM},
        {401, NULL, "<html>", LOOM_ERR_NOT_LOOM},
        {403, NULL, "<html>", LOOM_ERR_NOT_LOOM},
        {400, "{}", NULL, LOOM_ERR_BAD_ANSWER},
        {401, "{}", NULL, LOOM_ERR_BAD_ANSWER},
        {403, "{\"message\":\"no\"}", NULL, LOOM_ERR_BAD_ANSWER},
        {403, "nonsense", NULL, LOOM_ERR_BAD_ANSWER},
        {404, NULL, NULL, LOOM_ERR_NOT_LOOM},
        {404, "{}", NULL, LOOM_ERR_NOT_LOOM},
        {404, "{\"error\":\"not_found\"}", NULL, LOOM_ERR_NOT_LOOM},
        {405, "{}", NULL, LOOM_ERR_NOT_LOOM},
        {501, "{}", NULL, LOOM_ERR_NOT_LOOM},
        {429, "{\"error\":\"slow_down\"}", NULL, LOOM_ERR_SERVER},
        {429, NULL, "later", LOOM_ERR_SERVER},
        {500, "{\"error\":\"server_error\"}", NULL, LOOM_ERR_SERVER},
        {502, NULL, "<html>", LOOM_ERR_SERVER},
        {503, NULL, NULL, LOOM_ERR_SERVER},
        {599, NULL, NULL, LOOM_ERR_SERVER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        char what[80];
        const struct fake_answer answer = {
            .status = rows[i].status, .json = rows[i].json, .other = rows[i].other};
        (void)snprintf(what, sizeof what, "%ld %s", rows[i].status,
                       rows[i].json != NULL ? rows[i].json : "");
        expect_equal(what, start(&world, SERVER, &answer, &grant), rows[i].err);
        expect_equal(what, world.error.code, rows[i].err);
        expect_equal(what, world.error.http_status, rows[i].status);
        expect_text(what, world.error.detail, ""); /* NET-20: the page is not repeated */
        world_close(&world);
    }
}

/* DF-116: A good answer in a media type or with a status that is none. */
static void start_with_a_good_body_alone_is_not_believed(void **unused) {
    (void)unused;
    static const long statuses[] = {400, 401, 403, 404, 500};
    const char *body = print_body(NULL, NULL, "");
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        const struct fake_answer answer = {.status = statuses[i], .json = body};
        assert_int_not_equal(start(&world, SERVER, &answer, &grant), LOOM_OK);
        world_close(&world);
    }
    struct oauth_world world;
    struct loom_device_grant grant;
    const struct fake_answer answer = {.status = 200, .other = body};
    assert_int_equal(start(&world, SERVER, &answer, &grant), LOOM_ERR_NOT_LOOM);
    world_close(&world);
}

/* DF-16: an `error` is told, whatever stands beside it. */
static void start_with_an_error_member_tells_it(void **unused) {
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
        {400, "{\"error\":\"invalid_request\"}", LOOM_ERR_BAD_ANSWER, "invalid_request", ""},
        {400, "{\"error\":\"zzz\",\"error_description\":7}", LOOM_ERR_BAD_ANSWER, "zzz", ""},
        {400, "{\"error\":7}", LOOM_ERR_BAD_ANSWER, "", ""},
        {400, "{\"error\":{}}", LOOM_ERR_BAD_ANSWER, "", ""},
        {400, "{\"error\":\"a\\u001b[2K\"}", LOOM_ERR_BAD_ANSWER, "", ""},
        {400, "{\"error\":null,\"message\":\"x\"}", LOOM_ERR_BAD_ANSWER, "", ""},
        /* not the beginning of anything */
        {400, "{\"error\":\"authorization_pending\"}", LOOM_ERR_BAD_ANSWER, "", ""},
        {200, "{\"error\":\"slow_down\"}", LOOM_ERR_BAD_ANSWER, "", ""},
        /* beside a good answer, with its code in it */
        {200,
         "{\"device_code\":\"" DEVICE_CODE "\",\"user_code\":\"1\",\"verification_url\":\"" PAGE
         "\",\"expires_in\":600,\"error\":\"zzz\",\"error_description\":\"<" DEVICE_CODE ">\"}",
         LOOM_ERR_BAD_ANSWER, "zzz", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_device_grant grant;
        const struct fake_answer answer = {.status = rows[i].status, .json = rows[i].json};
        expect_equal(rows[i].json, start(&world, SERVER, &answer, &grant), rows[i].err);
        expect_equal(rows[i].json, world.error.code, rows[i].err);
        expect_equal(rows[i].json, world.error.http_status, rows[i].status);
        expect_text(rows[i].json, world.error.oauth_error, rows[i].oauth_error);
        expect_text(rows[i].json, world.error.detail, rows[i].detail);
        world_close(&world);
    }
}

/* DF-121 */
static void start_without_room_for_an_error_works_the_same(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_device_grant grant = LOOM_DEVICE_GRANT_INIT;
    static const struct fake_answer script[] = {
        {.status = 400, .json = "{\"error\":\"access_denied\",\"error_description\":\"x\"}"},
        {.status = 200, .json = "{}"},
    };
    world_open(&world, SERVER, script, 2);
    assert_int_equal(loom_oauth_start(&world.server, &grant, NULL), LOOM_ERR_DENIED);
    assert_int_equal(loom_oauth_start(&world.server, &grant, NULL), LOOM_ERR_BAD_ANSWER);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_sends_a_post_without_body_and_credentials),
        cmocka_unit_test(start_without_an_answer_tells_the_error_and_is_not_repeated),
        cmocka_unit_test(start_of_a_good_answer_fills_the_grant),
        cmocka_unit_test(start_bounds_interval_and_life),
        cmocka_unit_test(start_takes_the_page_under_either_name),
        cmocka_unit_test(start_takes_any_printable_code),
        cmocka_unit_test(start_without_a_member_is_a_bad_answer),
        cmocka_unit_test(start_without_a_usable_life_is_a_bad_answer),
        cmocka_unit_test(start_with_an_interval_that_is_no_number_is_a_bad_answer),
        cmocka_unit_test(start_with_a_code_that_is_not_to_be_shown_is_a_bad_answer),
        cmocka_unit_test(start_with_a_device_code_that_is_no_token_is_a_bad_answer),
        cmocka_unit_test(start_that_would_show_the_device_code_is_a_bad_answer),
        cmocka_unit_test(start_with_a_page_that_is_not_to_be_opened_is_a_bad_answer),
        cmocka_unit_test(start_with_pages_that_disagree_is_a_bad_answer),
        cmocka_unit_test(start_at_a_loopback_server_takes_loopback_pages),
        cmocka_unit_test(start_with_json_that_the_gate_refuses_is_a_bad_answer),
        cmocka_unit_test(start_is_judged_by_status_and_media_type),
        cmocka_unit_test(start_with_a_good_body_alone_is_not_believed),
        cmocka_unit_test(start_with_an_error_member_tells_it),
        cmocka_unit_test(start_without_room_for_an_error_works_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
