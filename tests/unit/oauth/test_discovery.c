/* SPDX-License-Identifier: Apache-2.0 */
/* What a server says about itself: where it is looked for, and what of it is believed. */
#include "oauth/oauth.h"

#include <errno.h>
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

#define SERVER "https://id.example.com"
#define OAUTH "GET /.well-known/oauth-authorization-server"
#define OPENID "GET /.well-known/openid-configuration"
#define DEVICE "\"device_authorization_endpoint\":\"" SERVER "/device\""
#define TOKENS "\"token_endpoint\":\"" SERVER "/token\""
#define ISSUER "\"issuer\":\"" SERVER "\""
#define METADATA(more) "{" ISSUER "," DEVICE "," TOKENS more "}"

static enum loom_err discover(struct oauth_world *world, const char *url,
                              const struct fake_answer *script, size_t count,
                              struct loom_authority *authority) {
    memset(authority, 0x55, sizeof *authority);
    world_open(world, url, script, count);
    enum loom_err err = loom_oauth_discover(&world->server, NULL, NULL, authority, &world->error);
    if (err != LOOM_OK) {
        struct loom_authority untouched;
        memset(&untouched, 0x55, sizeof untouched);
        assert_memory_equal(authority, &untouched, sizeof untouched);
        assert_int_equal(world->error.code, err);
    }
    return err;
}

/* The first place answers this, and nobody is asked again. */
static enum loom_err discover_in(const char *metadata, struct loom_authority *authority) {
    struct oauth_world world;
    const struct fake_answer script[] = {{.status = 200, .json = metadata}};
    enum loom_err err = discover(&world, SERVER, script, 1, authority);
    world_close(&world);
    return err;
}

/* ---- Where ---- */

static void discover_of_good_metadata_fills_the_authority(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_authority authority;
    static const struct fake_answer script[] = {
        {.to = OAUTH,
         .status = 200,
         .json =
             METADATA(",\"revocation_endpoint\":\"https://revoke.example.net:8443//x/?y=z\","
                      "\"userinfo_endpoint\":\"https://ID.example.com:443/me\",\"other\":[1]")}};
    world_open(&world, SERVER, script, 1);
    world.server.ca_file = "/etc/company.pem";
    world.server.timeout_ms = 3000;
    assert_int_equal(loom_oauth_discover(&world.server, NULL, NULL, &authority, NULL), LOOM_OK);
    assert_true(authority.is_standard);
    assert_string_equal(authority.issuer, SERVER);
    assert_string_equal(authority.device_authorization.url, SERVER "/device");
    assert_string_equal(authority.token.url, SERVER "/token");
    assert_string_equal(authority.revocation.url, "https://revoke.example.net:8443//x/?y=z");
    assert_string_equal(authority.revocation.origin.url, "https://revoke.example.net:8443");
    assert_string_equal(authority.userinfo.url, SERVER "/me");
    assert_string_equal(authority.client_id, "loom-cli");
    assert_string_equal(authority.scope, "openid offline_access");
    const struct fake_request *request = &world.fake.requests[0];
    assert_string_equal(request->origin, SERVER);
    assert_null(request->bearer);
    assert_null(request->content_type);
    assert_string_equal(request->ca_file, "/etc/company.pem");
    assert_int_equal(request->timeout_ms, 3000);
    world_close(&world);
}

/* REV-11: inserted between host and path, then appended to the path. */
static void discover_of_an_issuer_with_a_path_looks_where_the_standards_say(void **unused) {
    (void)unused;
    static const struct {
        const char *server, *first, *first_at, *second;
    } rows[] = {
        {"https://id.example.com/realms/a", OAUTH "/realms/a", "https://id.example.com", OPENID},
        {"https://id.example.com:8443/a/", OAUTH "/a", "https://id.example.com:8443", OPENID},
        {"https://id.example.com/", OAUTH, "https://id.example.com", OPENID},
        {"http://[::1]:80/a", OAUTH "/a", "http://[::1]", OPENID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_authority authority;
        char metadata[512];
        const struct fake_answer script[] = {
            {.to = rows[i].first, .status = 404, .other = "<html>"},
            {.to = rows[i].second, .status = 200, .json = metadata},
        };
        (void)snprintf(metadata, sizeof metadata, "{\"issuer\":\"%s\"," DEVICE "," TOKENS "}",
                       rows[i].server);
        expect_equal(rows[i].server, discover(&world, rows[i].server, script, 2, &authority),
                     LOOM_OK);
        expect_text(rows[i].server, authority.issuer, rows[i].server);
        expect_text(rows[i].server, world.fake.requests[0].origin, rows[i].first_at);
        expect_text(rows[i].server, world.fake.requests[1].origin, world.origin.url);
        world_close(&world);
    }
}

/* What one place may answer that is no metadata, and what that is called when neither has any. */
static const struct useless {
    const char *what;
    struct fake_answer answer;
    enum loom_err err;
    int os_error;
    const char *detail;
} useless[] = {
    {"404", {.status = 404, .json = "{}"}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"404 with metadata", {.status = 404, .json = METADATA("")}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"a page", {.status = 200, .other = METADATA("")}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"nothing", {.status = 200}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"204", {.status = 204}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"401", {.status = 401, .json = "{\"error\":\"x\"}"}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"no JSON", {.status = 200, .json = "nonsense"}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"an array", {.status = 200, .json = "[" METADATA("") "]"}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"something else", {.status = 200, .json = "{\"a\":1}"}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"no issuer", {.status = 200, .json = "{" DEVICE "," TOKENS "}"}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"a duplicate", {.status = 200, .json = METADATA("," ISSUER)}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"past a cap", {.err = LOOM_ERR_BAD_ANSWER}, LOOM_ERR_NOT_LOOM, 0, ""},
    {"busy", {.status = 503}, LOOM_ERR_SERVER, 0, ""},
    {"too often", {.status = 429, .json = METADATA("")}, LOOM_ERR_SERVER, 0, ""},
    {"elsewhere",
     {.err = LOOM_ERR_REDIRECT, .detail = "https://evil.example"},
     LOOM_ERR_REDIRECT,
     0,
     "https://evil.example"},
    {"another's",
     {.status = 200, .json = "{\"issuer\":\"https://evil.example\"," DEVICE "," TOKENS "}"},
     LOOM_ERR_BAD_ANSWER,
     EXDEV,
     "https://evil.example"},
    {"no device sign-in",
     {.status = 200, .json = "{" ISSUER "," TOKENS "}"},
     LOOM_ERR_NOT_LOOM,
     EOPNOTSUPP,
     ""},
    {"no tokens",
     {.status = 200, .json = "{" ISSUER "," DEVICE "}"},
     LOOM_ERR_NOT_LOOM,
     EOPNOTSUPP,
     ""},
    {"an empty endpoint",
     {.status = 200, .json = "{" ISSUER "," DEVICE ",\"token_endpoint\":\"\"}"},
     LOOM_ERR_NOT_LOOM,
     EOPNOTSUPP,
     ""},
    {"a bad endpoint",
     {.status = 200, .json = METADATA(",\"userinfo_endpoint\":\"http://id.example.com/\"")},
     LOOM_ERR_BAD_ANSWER,
     0,
     "userinfo_endpoint"},
};

enum { USELESS = sizeof useless / sizeof useless[0] };

/* REV-12: nothing else is asked, here or elsewhere; the script has two rows. */
static void discover_without_metadata_in_both_places_tells_what_says_most(void **unused) {
    (void)unused;
    for (size_t i = 0; i < USELESS * USELESS; i++) {
        const struct useless *first = &useless[i / USELESS], *second = &useless[i % USELESS];
        const struct useless *told =
            first->err != LOOM_ERR_NOT_LOOM || first->os_error != 0 ? first : second;
        struct fake_answer script[] = {first->answer, second->answer};
        struct oauth_world world;
        struct loom_authority authority;
        char what[80];
        (void)snprintf(what, sizeof what, "%s, then %s", first->what, second->what);
        script[0].to = OAUTH;
        script[1].to = OPENID;
        expect_equal(what, discover(&world, SERVER, script, 2, &authority), told->err);
        expect_equal(what, world.error.os_error, told->os_error);
        expect_text(what, world.error.detail, told->detail);
        expect_text(what, world.fake.requests[0].origin, SERVER);
        expect_text(what, world.fake.requests[1].origin, SERVER);
        world_close(&world);
    }
}

static void discover_takes_the_second_place_whatever_the_first_has(void **unused) {
    (void)unused;
    for (size_t i = 0; i < USELESS; i++) {
        const struct fake_answer script[] = {useless[i].answer,
                                             {.to = OPENID, .status = 200, .json = METADATA("")}};
        struct oauth_world world;
        struct loom_authority authority;
        expect_equal(useless[i].what, discover(&world, SERVER, script, 2, &authority), LOOM_OK);
        expect_text(useless[i].what, authority.token.url, SERVER "/token");
        expect_text(useless[i].what, authority.userinfo.url, "");
        world_close(&world);
    }
}

/* `at` is the row of what the first place answers; USELESS: nothing either. */
static void lose(enum loom_err err, size_t at) {
    const struct fake_answer lost = {.err = err, .detail = "why"};
    const struct fake_answer script[] = {at < USELESS ? useless[at].answer : lost, lost};
    const char *what = at < USELESS ? useless[at].what : "at once";
    struct oauth_world world;
    struct loom_authority authority;
    expect_equal(what, discover(&world, SERVER, script, at < USELESS ? 2 : 1, &authority), err);
    expect_text(what, world.error.detail, "why");
    world_close(&world);
}

static void discover_without_an_answer_is_the_networks_error(void **unused) {
    (void)unused;
    static const enum loom_err errors[] = {
        LOOM_ERR_NO_HOST, LOOM_ERR_UNREACHABLE, LOOM_ERR_TIMEOUT,     LOOM_ERR_TLS,
        LOOM_ERR_PROXY,   LOOM_ERR_INTERNAL,    LOOM_ERR_INTERRUPTED, LOOM_ERR_TLS_AUTHORITY};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        for (size_t at = 0; at <= USELESS; at++)
            lose(errors[i], at);
}

/* ---- Whose ---- */

static void discover_takes_any_spelling_of_the_issuer_and_no_other_issuer(void **unused) {
    (void)unused;
    static const struct {
        const char *server, *issuer;
        enum loom_err err;
    } rows[] = {
        {"https://id.example.com", "https://id.example.com", LOOM_OK},
        {"https://id.example.com", "https://id.example.com/", LOOM_OK},
        {"https://id.example.com", "HTTPS://ID.Example.COM:443", LOOM_OK},
        {"https://id.example.com/a", "https://id.example.com:443/a/", LOOM_OK},
        {"https://id.example.com:8443", "https://id.example.com:8443/", LOOM_OK},
        {"http://localhost:8080", "http://localhost:8080/", LOOM_OK},
        {"https://id.example.com", "id.example.com", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "//id.example.com", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "http://id.example.com", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "https://id.example.com/a", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com/a", "https://id.example.com", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com/a", "https://id.example.com/A", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com/a", "https://id.example.com/a/b", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "https://id.example.com:8443", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "https://id.example.com.evil.example", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "https://id.example.com@evil.example", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "https://id.example.com?x", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "https://id.example.com#x", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "https://id.example.com.", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", " https://id.example.com", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "https://id.example.com/%2e", LOOM_ERR_BAD_ANSWER},
        {"https://id.example.com", "", LOOM_ERR_BAD_ANSWER},
        {"http://localhost:8080", "http://127.0.0.1:8080", LOOM_ERR_BAD_ANSWER},
        {"http://localhost:8080", "https://localhost:8080", LOOM_ERR_BAD_ANSWER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_authority authority;
        char metadata[512];
        const struct fake_answer script[] = {{.status = 200, .json = metadata},
                                             {.status = 200, .json = metadata}};
        (void)snprintf(metadata, sizeof metadata, "{\"issuer\":\"%s\"," DEVICE "," TOKENS "}",
                       rows[i].issuer);
        enum loom_err err =
            discover(&world, rows[i].server, script, rows[i].err == LOOM_OK ? 1 : 2, &authority);
        expect_equal(rows[i].issuer, err, rows[i].err);
        expect_equal(rows[i].issuer, world.error.os_error, err == LOOM_OK ? 0 : EXDEV);
        expect_text(rows[i].issuer, world.error.detail, err == LOOM_OK ? "" : rows[i].issuer);
        world_close(&world);
    }
}

static void discover_with_an_issuer_that_cannot_be_shown_does_not_tell_it(void **unused) {
    (void)unused;
    static char longest[LOOM_ERROR_DETAIL_MAX + 2], metadata[LOOM_ISSUER_MAX + 512];
    memset(longest, 'x', LOOM_ERROR_DETAIL_MAX + 1);
    const struct {
        const char *issuer;
        int extra; /* less of it */
        size_t told_len;
    } rows[] = {
        {"https://\\u001b[2K/", 0, 0},
        {"https://caf\xc3\xa9.example", 0, 0},
        {longest, 0, 0},
        {longest, 1, LOOM_ERROR_DETAIL_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_authority authority;
        const struct fake_answer script[] = {{.status = 200, .json = metadata}, {.status = 404}};
        (void)snprintf(metadata, sizeof metadata, "{\"issuer\":\"%s\"," DEVICE "," TOKENS "}",
                       rows[i].issuer + rows[i].extra);
        assert_int_equal(discover(&world, SERVER, script, 2, &authority), LOOM_ERR_BAD_ANSWER);
        assert_int_equal(world.error.os_error, EXDEV);
        assert_int_equal(strlen(world.error.detail), rows[i].told_len);
        world_close(&world);
    }
}

static void discover_with_an_issuer_of_another_type_knows_no_such_server(void **unused) {
    (void)unused;
    static const char *const issuers[] = {"null", "7", ("[\"" SERVER "\"]"), "{}", "true"};
    for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++) {
        struct oauth_world world;
        struct loom_authority authority;
        char metadata[512];
        const struct fake_answer script[] = {{.status = 200, .json = metadata},
                                             {.status = 200, .json = metadata}};
        (void)snprintf(metadata, sizeof metadata, "{\"issuer\":%s," DEVICE "," TOKENS "}",
                       issuers[i]);
        expect_equal(issuers[i], discover(&world, SERVER, script, 2, &authority),
                     LOOM_ERR_NOT_LOOM);
        expect_equal(issuers[i], world.error.os_error, 0);
        world_close(&world);
    }
}

/* ---- Endpoints ---- */

static void endpoint_parse_takes_only_what_may_be_asked(void **unused) {
    (void)unused;
    static const struct {
        const char *server, *url, *taken; /* NULL: refused */
    } rows[] = {
        {SERVER, "https://id.example.com/token", "https://id.example.com/token"},
        {SERVER, "https://other.example/token", "https://other.example/token"},
        {SERVER, "https://id.example.com:8443//a//b/", "https://id.example.com:8443//a//b/"},
        {SERVER, "https://ID.example.com:443", "https://id.example.com"},
        {SERVER, "https://id.example.com/t?a=b&c=%20", "https://id.example.com/t?a=b&c=%20"},
        {SERVER, "https://id.example.com?a=b", "https://id.example.com?a=b"},
        {SERVER, "https://id.example.com/%7Ea/../b", "https://id.example.com/%7Ea/../b"},
        {"http://127.0.0.1:9", "http://localhost:8/t", "http://localhost:8/t"},
        {"http://127.0.0.1:9", "https://id.example.com/t", "https://id.example.com/t"},
        {SERVER, "http://id.example.com/token", NULL},
        {SERVER, "http://localhost/token", NULL},
        {"https://localhost", "http://localhost/token", NULL},
        {"http://127.0.0.1:9", "http://id.example.com/t", NULL},
        {"http://127.0.0.1:9", "http://127.0.0.1.evil.example/t", NULL},
        {SERVER, "https://id.example.com/token#", NULL},
        {SERVER, "https://id.example.com/token#a", NULL},
        {SERVER, "/token", NULL},
        {SERVER, "//id.example.com/token", NULL},
        {SERVER, "id.example.com/token", NULL},
        {SERVER, "https://user@id.example.com/token", NULL},
        {SERVER, "https://u:p@id.example.com/token", NULL},
        {SERVER, "https://id.example.com\\@evil.example/", NULL},
        {SERVER, "https://id.example.com/a b", NULL},
        {SERVER, "https://id.example.com/a\r\nX: y", NULL},
        {SERVER, "https://id.example.com/caf\xc3\xa9", NULL},
        {SERVER, "https://id.example.com/%zz", NULL},
        {SERVER, "https://id.example.com:0/", NULL},
        {SERVER, "https:///token", NULL},
        {SERVER, "file:///etc/passwd", NULL},
        {SERVER, "javascript:alert(1)", NULL},
        {SERVER, "", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_origin server;
        static struct loom_page page;
        (void)snprintf(page.url, sizeof page.url, "before");
        assert_int_equal(loom_origin_parse(rows[i].server, strlen(rows[i].server), &server, NULL),
                         LOOM_OK);
        enum loom_err err = loom_oauth_endpoint_parse(&server, rows[i].url, &page);
        expect_equal(rows[i].url, err, rows[i].taken != NULL ? LOOM_OK : LOOM_ERR_BAD_ANSWER);
        expect_text(rows[i].url, page.url, rows[i].taken != NULL ? rows[i].taken : "before");
    }
}

/* Each of the four, by its name; what is absent is absent. */
static void discover_with_an_endpoint_that_may_not_be_asked_names_it(void **unused) {
    (void)unused;
    static const char *const names[] = {"device_authorization_endpoint", "token_endpoint",
                                        "revocation_endpoint", "userinfo_endpoint"};
    static const char *const values[] = {"\"http://id.example.com/x\"", "7", "[]", "\" \"",
                                         "\"https://id.example.com/x#y\""};
    for (size_t i = 0; i < 4 * sizeof values / sizeof values[0]; i++) {
        const char *name = names[i % 4], *value = values[i / 4];
        struct oauth_world world;
        struct loom_authority authority;
        char metadata[512];
        int len = snprintf(metadata, sizeof metadata, "{" ISSUER);
        for (size_t n = 0; n < 4; n++)
            len += snprintf(metadata + len, sizeof metadata - (size_t)len, ",\"%s\":%s", names[n],
                            names[n] == name ? value : "\"" SERVER "/fine\"");
        (void)snprintf(metadata + len, sizeof metadata - (size_t)len, "}");
        const struct fake_answer script[] = {{.status = 200, .json = metadata}, {.status = 404}};
        expect_equal(metadata, discover(&world, SERVER, script, 2, &authority),
                     LOOM_ERR_BAD_ANSWER);
        expect_text(metadata, world.error.detail, name);
        expect_equal(metadata, world.error.os_error, 0);
        world_close(&world);
    }
}

static void discover_with_optional_endpoints_that_are_empty_has_none(void **unused) {
    (void)unused;
    struct loom_authority authority;
    assert_int_equal(
        discover_in(METADATA(",\"revocation_endpoint\":null,\"userinfo_endpoint\":\"\""),
                    &authority),
        LOOM_OK);
    assert_string_equal(authority.revocation.url, "");
    assert_string_equal(authority.userinfo.url, "");
}

/* ---- What is asked for ---- */

static void discover_asks_for_the_usual_scope_less_what_is_unknown(void **unused) {
    (void)unused;
    static const struct {
        const char *metadata, *scope;
    } rows[] = {
        {METADATA(""), "openid offline_access"},
        {METADATA(",\"scopes_supported\":null"), "openid offline_access"},
        {METADATA(",\"scopes_supported\":\"openid\""), "openid offline_access"},
        {METADATA(",\"scopes_supported\":[\"offline_access\",\"openid\",\"x\"]"),
         "openid offline_access"},
        {METADATA(",\"scopes_supported\":[\"email\",\"openid\"]"), "openid"},
        {METADATA(",\"scopes_supported\":[7,{},\"offline_access\"]"), "offline_access"},
        {METADATA(",\"scopes_supported\":[]"), ""},
        {METADATA(",\"scopes_supported\":[\"OpenID\",\"openid2\",\"openid offline_access\"]"), ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_authority authority;
        expect_equal(rows[i].metadata, discover_in(rows[i].metadata, &authority), LOOM_OK);
        expect_text(rows[i].metadata, authority.scope, rows[i].scope);
    }
}

static void discover_takes_the_client_and_scope_that_were_wished(void **unused) {
    (void)unused;
    static const char *const scopes[] = {"", "repo", "a b c"};
    static const struct fake_answer script[] = {
        {.status = 200, .json = METADATA(",\"scopes_supported\":[\"openid\"]")}};
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
        struct oauth_world world;
        struct loom_authority authority;
        world_open(&world, SERVER, script, 1);
        assert_int_equal(
            loom_oauth_discover(&world.server, "my app", scopes[i], &authority, &world.error),
            LOOM_OK);
        assert_string_equal(authority.client_id, "my app");
        assert_string_equal(authority.scope, scopes[i]);
        world_close(&world);
    }
}

/* The next sign-in asks for the scope of this one, and must not find another server there. */
static void discover_without_openid_among_the_scopes_leaves_userinfo_out(void **unused) {
    (void)unused;
    struct loom_authority authority;
    assert_int_equal(discover_in(METADATA(",\"scopes_supported\":[\"offline_access\"],"
                                          "\"userinfo_endpoint\":\"https://loom.example.com/me\""),
                                 &authority),
                     LOOM_OK);
    assert_string_equal(authority.scope, "offline_access");
    assert_string_equal(authority.userinfo.url, "");
}

static void discover_of_a_scope_for_no_person_leaves_userinfo_out(void **unused) {
    (void)unused;
    static const struct {
        const char *scope;
        bool has_userinfo;
    } rows[] = {
        {NULL, true},           {"", true},
        {"openid", true},       {"a openid", true},
        {"openid email", true}, {"repo", false},
        {"open", false},        {"openid2", false},
        {"myopenid", false},    {"open id", false},
        {"OpenID", false},      {"offline_access email openid.x", false},
    };
    static const struct fake_answer script[] = {
        {.status = 200,
         .json = METADATA(",\"userinfo_endpoint\":\"https://loom.example.com/me\"")}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_authority authority;
        world_open(&world, SERVER, script, 1);
        assert_int_equal(
            loom_oauth_discover(&world.server, NULL, rows[i].scope, &authority, &world.error),
            LOOM_OK);
        assert_string_equal(authority.userinfo.url,
                            rows[i].has_userinfo ? "https://loom.example.com/me" : "");
        world_close(&world);
    }
}

static void discover_with_a_wish_that_cannot_be_sent_asks_nobody(void **unused) {
    (void)unused;
    static const struct {
        const char *client_id, *scope;
    } rows[] = {{"", NULL}, {"a\n", NULL}, {NULL, "a\"b"}, {NULL, " "}, {"caf\xc3\xa9", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_authority authority;
        world_open(&world, SERVER, NULL, 0);
        assert_int_equal(loom_oauth_discover(&world.server, rows[i].client_id, rows[i].scope,
                                             &authority, &world.error),
                         LOOM_ERR_USAGE);
        assert_int_equal(world.error.code, LOOM_ERR_USAGE);
        world_close(&world);
    }
}

static void discover_without_room_for_an_error_works_the_same(void **unused) {
    (void)unused;
    struct loom_authority authority;
    for (size_t i = 0; i < USELESS; i++) {
        struct oauth_world world;
        const struct fake_answer script[] = {useless[i].answer, {.status = 404}};
        world_open(&world, SERVER, script, 2);
        expect_equal(useless[i].what,
                     loom_oauth_discover(&world.server, NULL, NULL, &authority, NULL),
                     useless[i].err);
        world_close(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discover_of_good_metadata_fills_the_authority),
        cmocka_unit_test(discover_of_an_issuer_with_a_path_looks_where_the_standards_say),
        cmocka_unit_test(discover_without_metadata_in_both_places_tells_what_says_most),
        cmocka_unit_test(discover_takes_the_second_place_whatever_the_first_has),
        cmocka_unit_test(discover_without_an_answer_is_the_networks_error),
        cmocka_unit_test(discover_takes_any_spelling_of_the_issuer_and_no_other_issuer),
        cmocka_unit_test(discover_with_an_issuer_that_cannot_be_shown_does_not_tell_it),
        cmocka_unit_test(discover_with_an_issuer_of_another_type_knows_no_such_server),
        cmocka_unit_test(endpoint_parse_takes_only_what_may_be_asked),
        cmocka_unit_test(discover_with_an_endpoint_that_may_not_be_asked_names_it),
        cmocka_unit_test(discover_with_optional_endpoints_that_are_empty_has_none),
        cmocka_unit_test(discover_asks_for_the_usual_scope_less_what_is_unknown),
        cmocka_unit_test(discover_takes_the_client_and_scope_that_were_wished),
        cmocka_unit_test(discover_of_a_scope_for_no_person_leaves_userinfo_out),
        cmocka_unit_test(discover_without_openid_among_the_scopes_leaves_userinfo_out),
        cmocka_unit_test(discover_with_a_wish_that_cannot_be_sent_asks_nobody),
        cmocka_unit_test(discover_without_room_for_an_error_works_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
