/* SPDX-License-Identifier: Apache-2.0 */
/* Where a person is sent to type the code: UI-04, UI-05, UI-06, UI-14, UI-15, UI-16. */
#include "base/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void refuse_bytes(const char *text, size_t len, bool allow_loopback_http) {
    struct loom_page page = {.url = "untouched"};
    char *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, text, len);
    if (loom_page_parse(exact, len, allow_loopback_http, &page) != LOOM_ERR_BAD_ANSWER)
        fail_msg("not refused: %.200s", text);
    assert_string_equal(page.url, "untouched");
    free(exact);
}

static void refuse(const char *text) {
    refuse_bytes(text, strlen(text), true);
}

/* URL-112, UI-112 */
static void parse_of_a_page_keeps_what_follows_the_host(void **state) {
    (void)state;
    static const struct {
        const char *given, *url, *origin;
    } rows[] = {
        {"https://loom.example.com/device", "https://loom.example.com/device",
         "https://loom.example.com"},
        {"https://loom.example.com", "https://loom.example.com", "https://loom.example.com"},
        {"https://loom.example.com/", "https://loom.example.com/", "https://loom.example.com"},
        {"HTTPS://Loom.Example.COM:443/Device?user_code=123-456-789",
         "https://loom.example.com/Device?user_code=123-456-789", "https://loom.example.com"},
        {"https://h:8443/a/../b//c/./", "https://h:8443/a/../b//c/./", "https://h:8443"},
        {"https://h?x", "https://h?x", "https://h"},
        {"https://h#x", "https://h#x", "https://h"},
        {"https://h/?a=b&c=%20%C3%A9#f?/", "https://h/?a=b&c=%20%C3%A9#f?/", "https://h"},
        {"https://[0:0:0:0:0:0:0:1]:8080/d", "https://[::1]:8080/d", "https://[::1]:8080"},
        {"https://xn--bcher-kva.example/d", "https://xn--bcher-kva.example/d",
         "https://xn--bcher-kva.example"},
        {"https://h/a@b:c", "https://h/a@b:c", "https://h"},
        {"https://h/$(id);&calc*!,=+~", "https://h/$(id);&calc*!,=+~", "https://h"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_page page;
        assert_int_equal(loom_page_parse(rows[i].given, strlen(rows[i].given), false, &page),
                         LOOM_OK);
        assert_string_equal(page.url, rows[i].url);
        assert_string_equal(page.origin.url, rows[i].origin);
        assert_string_equal(loom_origin_path(&page.origin), "");
    }
}

/* UI-05 */
static void parse_of_http_needs_loopback_and_leave(void **state) {
    (void)state;
    struct loom_page page;
    static const char loopback[] = "http://localhost:8080/device";
    assert_int_equal(loom_page_parse(loopback, strlen(loopback), true, &page), LOOM_OK);
    assert_string_equal(page.url, loopback);
    assert_false(page.origin.is_secure);
    refuse_bytes(loopback, strlen(loopback), false);
    refuse("http://loom.example.com/device");
    refuse("http://localhost.example.com/");
    refuse("http://127.1/");
}

/* UI-04 */
static void parse_of_another_scheme_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "javascript:alert(1)",
        "javascript://h/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "smb://h/x",
        "vscode://h",
        "ms-msdt:/id",
        "ssh://h",
        "ftp://h",
        "h/device",
        "loom.example.com",
        "//h/device",
        "/device",
        "https:h",
        "https:/h",
        "https:///h",
        "https",
        "https://",
        "://h",
        "x/https://h",
        "evil/https://h/",
        "evil?https://h",
        "",
        "-https://h",
        "https//h",
        "view-source:https://h",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(rows[i]);
}

/* UI-06, UI-14, UI-15 */
static void parse_of_a_hostile_page_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "https://loom.example.com@evil.com/d",
        "https://@h/",
        "https://h\\@evil.com/",
        "https://h:0/",
        "https://h:65536/",
        "https://h./",
        "https://0x7f000001/",
        "https://[::1%25lo]/",
        "https://[::1/",
        "https://\xc3\xbcx.example/",
        "https://h/\xc3\xbc",
        "https://h/a b",
        "https://h/a\"b",
        "https://h/a'b",
        "https://h/`id`",
        "https://h/a|b",
        "https://h/a^b",
        "https://h/a\\b",
        "https://h/<b>",
        "https://h/{b}",
        "https://h/[b]",
        "https://h/\x1b[2K",
        "https://h/a\nb",
        "https://h/a\rb",
        "https://h/a\tb",
        "https://h/\x7f",
        " https://h/",
        "https://h/ ",
        "https://h/%PATH%",
        "https://h/%",
        "https://h/%4",
        "https://h/%zz",
        "https://h/%4g",
        "https://h/?q=%",
        "https://h/#a#b",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(rows[i]);
    refuse_bytes("https://h/a\0b", 13, true);
    refuse_bytes("https://h\0/", 11, true);
    refuse_bytes("https://h/%4\x31", 12, true); /* the second digit is not ours to read */
}

/* UI-16 */
static void parse_of_a_long_page_is_judged_exactly(void **state) {
    (void)state;
    static char text[100000];
    struct loom_page page;
    memset(text, 'a', sizeof text);
    memcpy(text, "https://h/", 10);
    assert_int_equal(loom_page_parse(text, LOOM_PAGE_MAX, false, &page), LOOM_OK);
    assert_int_equal(strlen(page.url), LOOM_PAGE_MAX);
    refuse_bytes(text, LOOM_PAGE_MAX + 1, true);
    refuse_bytes(text, sizeof text, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_of_a_page_keeps_what_follows_the_host),
        cmocka_unit_test(parse_of_http_needs_loopback_and_leave),
        cmocka_unit_test(parse_of_another_scheme_is_refused),
        cmocka_unit_test(parse_of_a_hostile_page_is_refused),
        cmocka_unit_test(parse_of_a_long_page_is_judged_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
