/* SPDX-License-Identifier: Apache-2.0 */
/* The GIT group of the threat list and its neighbours, as far as pure functions decide them. */
#include "git/git_credential.h"

#include "base/memory.h"
#include "unit/base/heap_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARKER "PLANTED"

/* In a block of exactly its size: a byte read too many is seen. */
static enum loom_err parse_exactly(const char *text, size_t len,
                                   struct loom_git_request *out_request) {
    char *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    if (len > 0)
        memcpy(exact, text, len);
    enum loom_err err = loom_git_parse(exact, len, out_request);
    loom_free_wiped(exact, len);
    return err;
}

static void refuse(const char *text, size_t len) {
    struct loom_git_request request = LOOM_GIT_REQUEST_INIT;
    (void)strcpy(request.username, "untouched");
    if (parse_exactly(text, len, &request) != LOOM_ERR_USAGE)
        fail_msg("not refused: %.200s", text);
    assert_string_equal(request.username, "untouched");
    assert_null(request.password);
}

static struct loom_git_request parse(const char *text) {
    struct loom_git_request request = LOOM_GIT_REQUEST_INIT;
    if (parse_exactly(text, strlen(text), &request) != LOOM_OK)
        fail_msg("refused: %.200s", text);
    return request;
}

static struct loom_origin server_of(const char *url) {
    struct loom_origin server;
    assert_int_equal(loom_origin_parse(url, strlen(url), &server, NULL), LOOM_OK);
    return server;
}

/* 0 also when the request is refused as a whole. */
static size_t match(const char *text, const char *url) {
    LOOM_CLEANUP(loom_git_request_clear) struct loom_git_request request = LOOM_GIT_REQUEST_INIT;
    const struct loom_origin server = server_of(url);
    enum loom_err err = parse_exactly(text, strlen(text), &request);
    assert_true(err == LOOM_OK || err == LOOM_ERR_USAGE);
    return err == LOOM_OK ? loom_git_match(&request, &server) : 0;
}

/* ---- Where a request ends ---- */

/* GIT-11 */
static void is_complete_sees_the_blank_line(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_complete;
    } rows[] = {
        {"", false},
        {"\n", true},
        {"protocol=https", false},
        {"protocol=https\n", false},
        {"protocol=https\n\n", true},
        {"protocol=https\nhost=h\n\nmore", true},
        {"protocol=https\r\n\r\n", false},
        {"a=b\n \n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(loom_git_is_complete(rows[i].text, strlen(rows[i].text)),
                         rows[i].is_complete);
    assert_true(loom_git_is_complete("a=\0b\n\n", 7));
    assert_false(loom_git_is_complete("a\n\n", 2));
}

/* GIT-11 */
static void parse_ends_at_the_blank_line_or_at_the_end(void **state) {
    (void)state;
    static const char *const rows[] = {
        "protocol=https\nhost=h\n\n",
        "protocol=https\nhost=h\n",
        "protocol=https\nhost=h",
        "host=h\nprotocol=https",
        "protocol=https\nhost=h\n\nhost=evil.example\nnonsense\r\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_git_request_clear) struct loom_git_request request = parse(rows[i]);
        assert_string_equal(request.origin.url, "https://h");
        assert_false(request.has_username);
        assert_null(request.password);
    }
}

/* ---- Which server is asked for ---- */

struct asked {
    const char *protocol, *host, *path, *url;
};

/* GIT-03, GIT-12, GIT-13 */
static void parse_gives_the_canonical_origin(void **state) {
    (void)state;
    static const struct asked rows[] = {
        {"https", "loom.example.com", NULL, "https://loom.example.com"},
        {"HTTPS", "LOOM.Example.COM", NULL, "https://loom.example.com"},
        {"https", "loom.example.com:443", NULL, "https://loom.example.com"},
        {"https", "loom.example.com:8443", NULL, "https://loom.example.com:8443"},
        {"https", "[::1]:8443", NULL, "https://[::1]:8443"},
        {"https", "[0:0:0:0:0:0:0:1]", NULL, "https://[::1]"},
        {"https", "[::01]:443", NULL, "https://[::1]"},
        {"http", "localhost:8080", NULL, "http://localhost:8080"},
        {"https", "h", "", "https://h"},
        {"https", "h", "git/ada/loom.git", "https://h/git/ada/loom.git"},
        {"https", "h", "git/ada/loom.git/", "https://h/git/ada/loom.git"},
        {"https", "h:8443", "Team/git/a/b.git", "https://h:8443/Team/git/a/b.git"},
        {"https", "h", "a/b c/d", "https://h/a"},
        {"https", "h", "a/b%20c/d", "https://h/a"},
        {"https", "h", "a/b\xc3\xa9/d", "https://h/a"},
        {"https", "h", "a/b?c/d", "https://h/a"},
        {"https", "h", "a/b#c/d", "https://h/a"},
        {"https", "h", "a//d", "https://h/a"},
        {"https", "h", "/a", "https://h"},
        {"https", "h", "?a", "https://h"},
        {"https", "h", "a/.../b", "https://h/a/.../b"},
        {"https", "h", "a/.b/..c", "https://h/a/.b/..c"},
        {"https", "h", "https://evil.example/", "https://h/https:"},
        {"https", "h", "@evil.example/x", "https://h/@evil.example/x"},
        {"https", "h", "a=b", "https://h/a=b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[300];
        (void)snprintf(
            text, sizeof text, "protocol=%s\nhost=%s\n%s%s\n\n", rows[i].protocol, rows[i].host,
            rows[i].path == NULL ? "x=y" : "path=", rows[i].path == NULL ? "" : rows[i].path);
        LOOM_CLEANUP(loom_git_request_clear) struct loom_git_request request = parse(text);
        assert_string_equal(request.origin.url, rows[i].url);
    }
}

/* GIT-04, GIT-13, URL group */
static void parse_of_an_unusable_server_refuses(void **state) {
    (void)state;
    static const struct asked rows[] = {
        {"http", "loom.example.com", NULL, NULL},
        {"http", "127.1", NULL, NULL},
        {"ssh", "h", NULL, NULL},
        {"https:", "h", NULL, NULL},
        {"https://evil.example/", "h", NULL, NULL},
        {"httpsx", "h", NULL, NULL},
        {"httpx", "h", NULL, NULL},
        {" https", "h", NULL, NULL},
        {"", "h", NULL, NULL},
        {"https", "", NULL, NULL},
        {"https", " ", NULL, NULL},
        {"https", "h:", NULL, NULL},
        {"https", ":", NULL, NULL},
        {"https", ":443", NULL, NULL},
        {"https", "h:0443", NULL, NULL},
        {"https", "h:08443", NULL, NULL},
        {"https", "[::1]:0443", NULL, NULL},
        {"https", "h:0", NULL, NULL},
        {"https", "h:65536", NULL, NULL},
        {"https", "h:443:443", NULL, NULL},
        {"https", "h/", NULL, NULL},
        {"https", "h/path", NULL, NULL},
        {"https", "h?x", NULL, NULL},
        {"https", "h#x", NULL, NULL},
        {"https", "ada@h", NULL, NULL},
        {"https", "h\\x", NULL, NULL},
        {"https", "h%0a", NULL, NULL},
        {"https", "h.", NULL, NULL},
        {"https", "[::1", NULL, NULL},
        {"https", "::1", NULL, NULL},
        {"https", "h x", NULL, NULL},
        {"https", "h\tx", NULL, NULL},
        {"https", "h\xc3\xa9", NULL, NULL},
        {"https", "https://h", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[300];
        int len =
            snprintf(text, sizeof text, "protocol=%s\nhost=%s\n\n", rows[i].protocol, rows[i].host);
        refuse(text, (size_t)len);
    }
}

/* GIT-04 */
static void parse_without_protocol_or_host_refuses(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "\n",
        "protocol=https\n\n",
        "host=h\n\n",
        "path=x\n\n",
        "username=oauth2\n\n",
        "\nprotocol=https\nhost=h\n\n",
        "protocol=https\n\nhost=h\n\n",
        "Protocol=https\nHost=h\n\n",
        " protocol=https\nhost=h\n\n",
        "protocol =https\nhost=h\n",
        "url=https://h\n\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(rows[i], strlen(rows[i]));
}

/* GIT-167, URL-111: dot segments are folded away by whoever sends the request: where it goes is not
 * what git says. */
static void parse_of_a_path_that_leads_elsewhere_refuses(void **state) {
    (void)state;
    static const char *const paths[] = {
        "..",      ".",          "team/..",        "team/../other", "team/./x",
        "../team", "team/x/..",  "team/a b/../..", "team/a b/./x",  "team\\..\\other",
        "a\\b",    "team//../x",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char text[300];
        int len = snprintf(text, sizeof text, "protocol=https\nhost=h\npath=%s\n\n", paths[i]);
        refuse(text, (size_t)len);
    }
}

/* ---- Lines ---- */

/* GIT-10 */
static void parse_passes_over_unknown_keys(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_git_request_clear)
    struct loom_git_request request =
        parse("capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=h\n"
              "wwwauth[]=Basic realm=\"x\"\nwwwauth[]=Negotiate\nstate[]=loom:1\nstate[]=loom:2\n"
              "authtype=Bearer\ncredential=c\noauth_refresh_token=r\npassword_expiry_utc=1\n"
              "url=https://evil.example/x\nurl=https://evil.example/y\nquit=1\n=nothing\n=\n"
              "PROTOCOL=http\nhost[]=evil.example\nhost =evil.example\nephemeral=\n\n");
    assert_string_equal(request.origin.url, "https://h");
    assert_null(request.password);
    assert_false(request.has_username);
}

/* GIT-168 */
static void parse_of_a_known_key_twice_refuses(void **state) {
    (void)state;
    static const char *const keys[] = {"protocol=https", "host=h", "path=x", "username=u",
                                       "password=p"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char text[300];
        int len =
            snprintf(text, sizeof text,
                     "protocol=https\nhost=h\npath=x\nusername=u\npassword=p\n%s\n\n", keys[i]);
        refuse(text, (size_t)len);
        len = snprintf(text, sizeof text, "%.*s=\nprotocol=https\nhost=h\n%s\n\n",
                       (int)strcspn(keys[i], "="), keys[i], i < 2 ? "x=y" : keys[i]);
        refuse(text, (size_t)len);
    }
}

/* GIT-169 */
static void parse_of_a_malformed_line_refuses(void **state) {
    (void)state;
    static const char *const rows[] = {
        "protocol=https\nhost=h\nnonsense\n\n",
        "protocol=https\nhost=h\nnonsense",
        "protocol=https\r\nhost=h\r\n\r\n",
        "protocol=https\nhost=h\r\n\n",
        "protocol=https\nhost=h\npath=a\rb\n\n",
        "protocol=https\nhost=h\nunknown=a\rb\n\n",
        "protocol=https\nhost=h\nun\rknown=a\n\n",
        "protocol=https\nhost=h\n \n",
        "protocol=https\nhost=h\n\r\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(rows[i], strlen(rows[i]));
    static const char nul_in_value[] = "protocol=https\nhost=h\0.evil.example\n\n";
    static const char nul_in_key[] = "protocol=https\nhost\0=h\n\n";
    static const char nul_in_other[] = "protocol=https\nhost=h\nx=\0\n\n";
    refuse(nul_in_value, sizeof nul_in_value - 1);
    refuse(nul_in_key, sizeof nul_in_key - 1);
    refuse(nul_in_other, sizeof nul_in_other - 1);
}

/* "protocol=https\nhost=h\n", then `key` and so many x that the line has `line_len` bytes. */
static size_t make_long_line(const char *key, size_t line_len, char *out_text) {
    size_t head = (size_t)sprintf(out_text, "protocol=https\nhost=h\n%s", key);
    size_t fill = line_len - strlen(key);
    memset(out_text + head, 'x', fill);
    memcpy(out_text + head + fill, "\n\n", 2);
    return head + fill + 2;
}

/* GIT-28 */
static void parse_of_long_input_stops_at_the_caps(void **state) {
    (void)state;
    char *text = calloc(1, LOOM_GIT_INPUT_MAX + 100);
    struct loom_git_request request = LOOM_GIT_REQUEST_INIT;
    assert_non_null(text);
    size_t len = make_long_line("wwwauth[]=", LOOM_GIT_LINE_MAX, text);
    assert_int_equal(parse_exactly(text, len, &request), LOOM_OK);
    refuse(text, make_long_line("wwwauth[]=", LOOM_GIT_LINE_MAX + 1, text));
    refuse(text, make_long_line("path=..", LOOM_GIT_LINE_MAX + 1, text));

    len = (size_t)sprintf(text, "protocol=https\nhost=h\n");
    while (len + 4 <= LOOM_GIT_INPUT_MAX)
        len += (size_t)sprintf(text + len, "a=b\n");
    memset(text + len, '\n', LOOM_GIT_INPUT_MAX + 1 - len);
    assert_int_equal(parse_exactly(text, LOOM_GIT_INPUT_MAX, &request), LOOM_OK);
    refuse(text, LOOM_GIT_INPUT_MAX + 1);
    free(text);
}

/* GIT-170: a path that no origin can hold is cut between two segments, not in the middle of one. */
static void parse_of_a_long_path_cuts_whole_segments(void **state) {
    (void)state;
    char text[3000];
    size_t len = (size_t)sprintf(text, "protocol=https\nhost=h\npath=");
    for (int i = 0; i < 200; i++)
        len += (size_t)sprintf(text + len, "segment%02d/", i % 100);
    LOOM_CLEANUP(loom_git_request_clear) struct loom_git_request request = parse(text);
    assert_int_equal(strlen(request.origin.url), 9 + 101 * 10);
    assert_string_equal(request.origin.url + strlen(request.origin.url) - 10, "/segment00");
}

/* GIT-171 */
static void parse_of_a_long_host_refuses(void **state) {
    (void)state;
    char text[3000] = "protocol=https\nhost=";
    size_t len = strlen(text);
    memset(text + len, 'a', 2000);
    memcpy(text + len + 2000, "\n\n", 3);
    refuse(text, strlen(text));
}

/* ---- User name and password ---- */

/* GIT-15 */
static void parse_tells_an_empty_username_from_none(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_git_request_clear)
    struct loom_git_request none = parse("protocol=https\nhost=h\n\n");
    LOOM_CLEANUP(loom_git_request_clear)
    struct loom_git_request empty = parse("protocol=https\nhost=h\nusername=\n\n");
    LOOM_CLEANUP(loom_git_request_clear)
    struct loom_git_request bob = parse("protocol=https\nhost=h\nusername=bob=1\n\n");
    assert_false(none.has_username);
    assert_string_equal(none.username, "");
    assert_true(empty.has_username);
    assert_string_equal(empty.username, "");
    assert_true(bob.has_username);
    assert_string_equal(bob.username, "bob=1");
}

/* GIT-172 */
static void parse_of_a_long_username_stops_at_the_cap(void **state) {
    (void)state;
    char text[400] = "protocol=https\nhost=h\nusername=";
    size_t len = strlen(text);
    memset(text + len, 'u', LOOM_GIT_USERNAME_MAX + 1);
    refuse(text, len + LOOM_GIT_USERNAME_MAX + 1);
    text[len + LOOM_GIT_USERNAME_MAX] = '\n';
    LOOM_CLEANUP(loom_git_request_clear) struct loom_git_request request = parse(text);
    assert_int_equal(strlen(request.username), LOOM_GIT_USERNAME_MAX);
}

/* GIT-21, GIT-23 */
static void parse_keeps_a_password_that_a_token_can_be(void **state) {
    (void)state;
    static const struct {
        const char *given, *kept;
    } rows[] = {
        {"lt_0f", "lt_0f"}, {"a=b", "a=b"}, {"", NULL},   {"two words", NULL},
        {"\xc3\xa9", NULL}, {"\x7f", NULL}, {"\t", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text, "protocol=https\nhost=h\npassword=%s\n\n", rows[i].given);
        LOOM_CLEANUP(loom_git_request_clear) struct loom_git_request request = parse(text);
        if (rows[i].kept == NULL)
            assert_null(request.password);
        else
            assert_string_equal(loom_secret_bytes(request.password), rows[i].kept);
    }
}

/* GIT-173 */
static void parse_and_clear_leave_no_secret_in_freed_memory(void **state) {
    (void)state;
    heap_watch_start(MARKER);
    struct loom_git_request request = parse("protocol=https\nhost=h\npassword=lt_" MARKER "\n\n");
    loom_git_request_clear(&request);
    assert_null(request.password);
    loom_git_request_clear(&request);
    assert_true(heap_watch_freed() >= 3);
    assert_int_equal(heap_watch_stop(), 0);
}

/* GIT-174 */
static void parse_without_memory_fails_cleanly(void **state) {
    (void)state;
    static const char text[] = "protocol=https\nhost=h\npath=a/b\npassword=lt_" MARKER "\n\n";
    size_t failing = 1;
    heap_watch_start(MARKER);
    for (;; failing++) {
        struct loom_git_request request = LOOM_GIT_REQUEST_INIT;
        heap_fail_at(failing);
        enum loom_err err = loom_git_parse(text, strlen(text), &request);
        bool has_failed = heap_has_failed();
        heap_fail_at(0);
        loom_git_request_clear(&request);
        if (!has_failed)
            break;
        assert_int_equal(err, LOOM_ERR_INTERNAL);
    }
    assert_true(failing > 2);
    assert_int_equal(heap_watch_stop(), 0);
}

/* ---- Matching ---- */

#define ASK(host) "protocol=https\nhost=" host "\n\n"
#define ASK_PATH(host, path) "protocol=https\nhost=" host "\npath=" path "\n\n"

/* GIT-02, GIT-03, GIT-05, GIT-12, GIT-13, URL-05 */
static void match_compares_scheme_host_and_port_whole(void **state) {
    (void)state;
    static const char own[] = "https://loom.example.com";
    static const struct {
        const char *request, *server;
        bool is_match;
    } rows[] = {
        {ASK("loom.example.com"), own, true},
        {ASK("LOOM.Example.COM"), own, true},
        {ASK("loom.example.com:443"), own, true},
        {"protocol=HTTPS\nhost=loom.example.com\n", own, true},
        {ASK("loom.example.com:8443"), own, false},
        {ASK("loom.example.com:0443"), own, false},
        {ASK("loom.example.com:"), own, false},
        {ASK("loom.example.com."), own, false},
        {ASK("loom.example.com"), "https://loom.example.com:8443", false},
        {ASK("loom.example.com:8443"), "https://loom.example.com:8443", true},
        {ASK("loom.example.com:84430"), "https://loom.example.com:8443", false},
        {ASK("loom.example.com.evil.com"), own, false},
        {ASK("evil-loom.example.com"), own, false},
        {ASK("loom.example.com.attacker"), own, false},
        {ASK("xloom.example.com"), own, false},
        {ASK("sub.loom.example.com"), own, false},
        {ASK("example.com"), own, false},
        {ASK("oom.example.com"), own, false},
        {ASK("loom-example.com"), own, false},
        {ASK("loom_example_com"), own, false},
        {"protocol=http\nhost=loom.example.com\n\n", own, false},
        {"protocol=http\nhost=localhost\n\n", "https://localhost", false},
        {"protocol=http\nhost=localhost\n\n", "http://localhost", true},
        {"protocol=https\nhost=localhost\n\n", "http://localhost", false},
        {"protocol=https\nhost=localhost:80\n\n", "http://localhost", false},
        {ASK("127.0.0.1"), "https://localhost", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((match(rows[i].request, rows[i].server) > 0) != rows[i].is_match)
            fail_msg("%s for %s", rows[i].request, rows[i].server);
}

/* GIT-142 */
static void match_of_a_server_under_a_path_needs_a_path_under_it(void **state) {
    (void)state;
    static const struct {
        const char *request, *server;
        bool is_match;
    } rows[] = {
        {ASK("h"), "https://h/team", false},
        {ASK_PATH("h", ""), "https://h/team", false},
        {ASK_PATH("h", "team"), "https://h/team", true},
        {ASK_PATH("h", "team/"), "https://h/team", true},
        {ASK_PATH("h", "team/git/a/b.git"), "https://h/team", true},
        {ASK_PATH("h", "team//x"), "https://h/team", true},
        {ASK_PATH("h", "team/a b"), "https://h/team", true},
        {ASK_PATH("h", "teamwork/git"), "https://h/team", false},
        {ASK_PATH("h", "team.git"), "https://h/team", false},
        {ASK_PATH("h", "team%2fx"), "https://h/team", false},
        {ASK_PATH("h", "team x"), "https://h/team", false},
        {ASK_PATH("h", "tea"), "https://h/team", false},
        {ASK_PATH("h", "Team/x"), "https://h/team", false},
        {ASK_PATH("h", "/team/x"), "https://h/team", false},
        {ASK_PATH("h", "x/team"), "https://h/team", false},
        {ASK_PATH("h", "team/../x"), "https://h/team", false},
        {ASK_PATH("h", "x/../team"), "https://h/team", false},
        {ASK_PATH("h", "team/x"), "https://h/team/x", true},
        {ASK_PATH("h", "team/y"), "https://h/team/x", false},
        {ASK_PATH("h:8443", "team/x"), "https://h/team", false},
        {ASK_PATH("hh", "team/x"), "https://h/team", false},
        {ASK_PATH("h", "git/a/b.git"), "https://h", true},
        {ASK_PATH("h", "any thing"), "https://h", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((match(rows[i].request, rows[i].server) > 0) != rows[i].is_match)
            fail_msg("%s for %s", rows[i].request, rows[i].server);
}

/* GIT-142 */
static void match_of_several_servers_grows_with_the_path(void **state) {
    (void)state;
    static const char request[] = ASK_PATH("h", "a/bb/c/x.git");
    size_t root = match(request, "https://h"), a = match(request, "https://h/a");
    size_t b = match(request, "https://h/a/bb"), c = match(request, "https://h/a/bb/c");
    assert_true(0 < root && root < a && a < b && b < c);
    assert_int_equal(match(request, "https://h/a/b"), 0);
}

/* ---- Answers ---- */

static void check_answer(const struct loom_git_answer *answer, const char *expected) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_GIT_ANSWER_MAX);
    assert_int_equal(loom_git_add_answer(&out, answer), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), expected);
}

/* GIT-01, GIT-10, GIT-19 */
static void add_answer_says_what_the_protocol_asks_and_no_more(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    assert_int_equal(loom_secret_new("lt_0f", 5, &token), LOOM_OK);
    check_answer(&(struct loom_git_answer){.password = token}, "username=oauth2\npassword=lt_0f\n");
    check_answer(&(struct loom_git_answer){.password = token, .expires_at = 1700000000},
                 "username=oauth2\npassword=lt_0f\npassword_expiry_utc=1700000000\n");
    check_answer(&(struct loom_git_answer){.password = token, .expires_at = INT64_MAX},
                 "username=oauth2\npassword=lt_0f\npassword_expiry_utc=9223372036854775807\n");
    check_answer(&(struct loom_git_answer){.password = token, .expires_at = -1},
                 "username=oauth2\npassword=lt_0f\n");
    check_answer(&(struct loom_git_answer){.quit = true}, "quit=1\n");
    check_answer(&(struct loom_git_answer){.password = token, .quit = true}, "quit=1\n");
    check_answer(&(struct loom_git_answer){.password = NULL}, "");
}

/* GIT-175 */
static void add_answer_of_the_longest_token_fits(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_GIT_ANSWER_MAX);
    LOOM_CLEANUP(loom_string_drop) char *bytes = calloc(1, LOOM_TOKEN_MAX + 1);
    assert_non_null(bytes);
    memset(bytes, 't', LOOM_TOKEN_MAX);
    assert_int_equal(loom_secret_new(bytes, LOOM_TOKEN_MAX, &token), LOOM_OK);
    const struct loom_git_answer answer = {.password = token, .expires_at = INT64_MAX};
    assert_int_equal(loom_git_add_answer(&out, &answer), LOOM_OK);
}

/* GIT-176 */
static void add_answer_past_the_ceiling_changes_nothing(void **state) {
    (void)state;
    static const char whole[] = "username=oauth2\npassword=lt_0f\npassword_expiry_utc=17\n";
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    assert_int_equal(loom_secret_new("lt_0f", 5, &token), LOOM_OK);
    const struct loom_git_answer answer = {.password = token, .expires_at = 17};
    for (size_t max = 0; max <= strlen(whole); max++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(max);
        bool is_enough = max == strlen(whole);
        assert_int_equal(loom_git_add_answer(&out, &answer),
                         is_enough ? LOOM_OK : LOOM_ERR_INTERNAL);
        assert_string_equal(loom_buffer_text(&out), is_enough ? whole : "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_complete_sees_the_blank_line),
        cmocka_unit_test(parse_ends_at_the_blank_line_or_at_the_end),
        cmocka_unit_test(parse_gives_the_canonical_origin),
        cmocka_unit_test(parse_of_an_unusable_server_refuses),
        cmocka_unit_test(parse_without_protocol_or_host_refuses),
        cmocka_unit_test(parse_of_a_path_that_leads_elsewhere_refuses),
        cmocka_unit_test(parse_passes_over_unknown_keys),
        cmocka_unit_test(parse_of_a_known_key_twice_refuses),
        cmocka_unit_test(parse_of_a_malformed_line_refuses),
        cmocka_unit_test(parse_of_long_input_stops_at_the_caps),
        cmocka_unit_test(parse_of_a_long_path_cuts_whole_segments),
        cmocka_unit_test(parse_of_a_long_host_refuses),
        cmocka_unit_test(parse_tells_an_empty_username_from_none),
        cmocka_unit_test(parse_of_a_long_username_stops_at_the_cap),
        cmocka_unit_test(parse_keeps_a_password_that_a_token_can_be),
        cmocka_unit_test(parse_and_clear_leave_no_secret_in_freed_memory),
        cmocka_unit_test(parse_without_memory_fails_cleanly),
        cmocka_unit_test(match_compares_scheme_host_and_port_whole),
        cmocka_unit_test(match_of_a_server_under_a_path_needs_a_path_under_it),
        cmocka_unit_test(match_of_several_servers_grows_with_the_path),
        cmocka_unit_test(add_answer_says_what_the_protocol_asks_and_no_more),
        cmocka_unit_test(add_answer_of_the_longest_token_fits),
        cmocka_unit_test(add_answer_past_the_ceiling_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
