/* SPDX-License-Identifier: Apache-2.0 */
/* The tables are the URL group of the threat list, INTERFACE "Server URL", and their neighbours. */
#include "base/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct loom_origin parse(const char *text) {
    struct loom_origin origin;
    enum loom_origin_fault fault = LOOM_ORIGIN_EMPTY;
    enum loom_err err = loom_origin_parse(text, strlen(text), &origin, &fault);
    if (err != LOOM_OK || fault != LOOM_ORIGIN_FINE)
        fail_msg("refused with fault %d: %s", (int)fault, text);
    return origin;
}

static void refuse_bytes(const char *text, size_t len, enum loom_origin_fault expected) {
    struct loom_origin origin = {.url = "untouched"};
    enum loom_origin_fault fault = LOOM_ORIGIN_FINE;
    char *exact = malloc(len > 0 ? len : 1); /* a byte read too many is seen */
    assert_non_null(exact);
    memcpy(exact, text, len);
    enum loom_err err = loom_origin_parse(exact, len, &origin, &fault);
    if (err != LOOM_ERR_USAGE || fault != expected)
        fail_msg("error %d, fault %d instead of %d: %.200s", (int)err, (int)fault, (int)expected,
                 text);
    assert_string_equal(origin.url, "untouched");
    assert_int_equal(loom_origin_parse(exact, len, &origin, NULL), LOOM_ERR_USAGE);
    free(exact);
}

static void refuse(const char *text, enum loom_origin_fault expected) {
    refuse_bytes(text, strlen(text), expected);
}

/* ---- Accepted ---- */

struct spelling {
    const char *given;
    const char *url;
};

static void check_spellings(const struct spelling *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct loom_origin origin = parse(rows[i].given);
        assert_string_equal(origin.url, rows[i].url);
        /* The canonical spelling is its own, and carries the same facts. */
        struct loom_origin again = parse(origin.url);
        assert_true(loom_origin_is_equal(&origin, &again));
        assert_string_equal(again.host, origin.host);
        assert_int_equal(again.port, origin.port);
        assert_int_equal(again.path_at, origin.path_at);
    }
}

/* URL-01, URL-18 */
static void parse_of_one_server_in_many_spellings_is_one(void **state) {
    (void)state;
    static const struct spelling rows[] = {
        {"https://loom.example.com", "https://loom.example.com"},
        {"https://Loom.Example.com", "https://loom.example.com"},
        {"https://loom.example.com/", "https://loom.example.com"},
        {"https://loom.example.com//", "https://loom.example.com"},
        {"https://loom.example.com:443", "https://loom.example.com"},
        {"https://loom.example.com:0443/", "https://loom.example.com"},
        {"https://loom.example.com:00443", "https://loom.example.com"},
        {"HTTPS://LOOM.EXAMPLE.COM", "https://loom.example.com"},
        {"hTTpS://loom.example.com", "https://loom.example.com"},
        {"loom.example.com", "https://loom.example.com"},
        {"loom.example.com/", "https://loom.example.com"},
        {"LOOM.example.com:443", "https://loom.example.com"},
    };
    check_spellings(rows, sizeof rows / sizeof rows[0]);
}

/* URL-101 */
static void parse_of_hosts_and_ports_keeps_them(void **state) {
    (void)state;
    static const struct spelling rows[] = {
        {"https://h", "https://h"},
        {"h:8443", "https://h:8443"},
        {"localhost:8080", "https://localhost:8080"},
        {"tel:123", "https://tel:123"},
        {"https://h:80", "https://h:80"},
        {"https://h:1", "https://h:1"},
        {"https://h:65535", "https://h:65535"},
        {"https://a_b.example", "https://a_b.example"},
        {"https://_x.example", "https://_x.example"},
        {"https://a--b.example", "https://a--b.example"},
        {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
        {"https://1.example", "https://1.example"},
        {"https://0x7f.example", "https://0x7f.example"},
        {"https://example.c0m", "https://example.c0m"},
        {"https://example.0xg", "https://example.0xg"},
        {"https://192.0.2.7", "https://192.0.2.7"},
        {"https://192.0.2.7:8443/x", "https://192.0.2.7:8443/x"},
        {"https.example.com", "https://https.example.com"},
    };
    check_spellings(rows, sizeof rows / sizeof rows[0]);
}

/* URL-15 */
static void parse_of_an_ipv6_address_gives_its_short_form(void **state) {
    (void)state;
    static const struct spelling rows[] = {
        {"https://[::1]", "https://[::1]"},
        {"https://[0:0:0:0:0:0:0:1]", "https://[::1]"},
        {"https://[0000:0000:0000:0000:0000:0000:0000:0001]:443", "https://[::1]"},
        {"https://[2001:DB8::A]:8443", "https://[2001:db8::a]:8443"},
        {"[::1]", "https://[::1]"},
        {"[::1]:8080/x", "https://[::1]:8080/x"},
        {"https://[::]", "https://[::]"},
        {"https://[::ffff:127.0.0.1]", "https://[::ffff:127.0.0.1]"},
    };
    check_spellings(rows, sizeof rows / sizeof rows[0]);
    assert_string_equal(parse("https://[::1]:9").host, "::1");
}

/* URL-17 */
static void parse_of_a_path_keeps_it_to_the_letter(void **state) {
    (void)state;
    static const struct spelling rows[] = {
        {"https://h/x", "https://h/x"},
        {"https://h/x/", "https://h/x"},
        {"https://h/x//", "https://h/x"},
        {"https://h:443/Team/Loom", "https://h/Team/Loom"},
        {"h/a/b.c/...", "https://h/a/b.c/..."},
        {"https://h/.well-known", "https://h/.well-known"},
        {"https://h/a;b=c,d", "https://h/a;b=c,d"},
        {"https://h/@a:b!$&'()*+~_-", "https://h/@a:b!$&'()*+~_-"},
    };
    check_spellings(rows, sizeof rows / sizeof rows[0]);
    refuse("h/http://x/y", LOOM_ORIGIN_BAD_PATH);
}

/* URL-102, NET-06 */
static void parse_of_http_on_loopback_is_accepted(void **state) {
    (void)state;
    static const struct spelling rows[] = {
        {"http://localhost:8080", "http://localhost:8080"},
        {"HTTP://LocalHost", "http://localhost"},
        {"http://localhost:80", "http://localhost"},
        {"http://localhost:443", "http://localhost:443"},
        {"http://127.0.0.1", "http://127.0.0.1"},
        {"http://127.255.255.254:1/x", "http://127.255.255.254:1/x"},
        {"http://[::1]:8080", "http://[::1]:8080"},
        {"http://[0:0:0:0:0:0:0:1]", "http://[::1]"},
    };
    check_spellings(rows, sizeof rows / sizeof rows[0]);
}

static void parse_fills_in_the_facts(void **state) {
    (void)state;
    struct loom_origin origin = parse("http://LOCALHOST/Team/x/");
    assert_string_equal(origin.host, "localhost");
    assert_int_equal(origin.port, 80);
    assert_false(origin.is_secure);
    assert_true(origin.is_loopback);
    assert_string_equal(loom_origin_path(&origin), "/Team/x");
    origin = parse("https://127.0.0.1:8443");
    assert_int_equal(origin.port, 8443);
    assert_true(origin.is_secure);
    assert_true(origin.is_loopback);
    assert_string_equal(loom_origin_path(&origin), "");
    origin = parse("https://128.0.0.1");
    assert_int_equal(origin.port, 443);
    assert_false(origin.is_loopback);
    assert_false(parse("https://[::2]").is_loopback);
    assert_false(parse("https://localhost.example.com").is_loopback);
    assert_false(parse("https://xlocalhost").is_loopback);
}

/* ---- Refused ---- */

struct refusal {
    const char *given;
    enum loom_origin_fault fault;
};

static void check_refusals(const struct refusal *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        refuse(rows[i].given, rows[i].fault);
}

/* NET-05, URL-05 */
static void parse_of_http_elsewhere_is_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"http://loom.example.com", LOOM_ORIGIN_INSECURE},
        {"http://loom.example.com:443", LOOM_ORIGIN_INSECURE},
        {"http://localhost.example.com", LOOM_ORIGIN_INSECURE},
        {"http://localhost.localdomain", LOOM_ORIGIN_INSECURE},
        {"http://sub.localhost", LOOM_ORIGIN_INSECURE},
        {"http://xlocalhost", LOOM_ORIGIN_INSECURE},
        {"http://128.0.0.1", LOOM_ORIGIN_INSECURE},
        {"http://126.255.255.255", LOOM_ORIGIN_INSECURE},
        {"http://0.0.0.0", LOOM_ORIGIN_INSECURE},
        {"http://[::]", LOOM_ORIGIN_INSECURE},
        {"http://[::2]", LOOM_ORIGIN_INSECURE},
        {"http://[::ffff:127.0.0.1]", LOOM_ORIGIN_INSECURE},
        {"http://127.0.0.1.example.com", LOOM_ORIGIN_INSECURE},
    };
    check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* URL-06 */
static void parse_of_user_info_is_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"https://good.com@evil.com/", LOOM_ORIGIN_USERINFO},
        {"https://@h", LOOM_ORIGIN_USERINFO},
        {"https://:@h", LOOM_ORIGIN_USERINFO},
        {"https://a:b@h:443", LOOM_ORIGIN_USERINFO},
        {"https://h@", LOOM_ORIGIN_USERINFO},
        {"https://good.com:443@evil.com", LOOM_ORIGIN_USERINFO},
        {"https://good.com\\@evil.com", LOOM_ORIGIN_USERINFO},
        {"https://good.com%2f@evil.com", LOOM_ORIGIN_USERINFO},
        {"ada@loom.example.com", LOOM_ORIGIN_USERINFO},
        {"ada:secret@loom.example.com", LOOM_ORIGIN_USERINFO},
        {"http://localhost@evil.com", LOOM_ORIGIN_USERINFO},
    };
    check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* URL-08 */
static void parse_without_a_host_is_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"https:///good.com/", LOOM_ORIGIN_NO_HOST},
        {"https:/good.com", LOOM_ORIGIN_NO_HOST},
        {"https:good.com", LOOM_ORIGIN_NO_HOST},
        {"HTTP:good.com", LOOM_ORIGIN_NO_HOST},
        {"https:", LOOM_ORIGIN_NO_HOST},
        {"https://", LOOM_ORIGIN_NO_HOST},
        {"http://", LOOM_ORIGIN_NO_HOST},
        {"https", LOOM_ORIGIN_NO_HOST},
        {"http", LOOM_ORIGIN_NO_HOST},
        {"https:///", LOOM_ORIGIN_NO_HOST},
        {"https://:443", LOOM_ORIGIN_NO_HOST},
        {":443", LOOM_ORIGIN_NO_HOST},
        {"https://?x", LOOM_ORIGIN_NO_HOST},
        {"//h", LOOM_ORIGIN_NO_HOST},
        {"/", LOOM_ORIGIN_NO_HOST},
        {"/etc/passwd", LOOM_ORIGIN_NO_HOST},
        {"https://https://h", LOOM_ORIGIN_NO_HOST},
        {"https://http:/h", LOOM_ORIGIN_NO_HOST},
        {"http:0443/0", LOOM_ORIGIN_NO_HOST}, /* canonical, it would be https://http/0 */
        {"https://https:8443", LOOM_ORIGIN_NO_HOST},
    };
    check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* URL-19 */
static void parse_of_another_scheme_is_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"ftp://h", LOOM_ORIGIN_BAD_SCHEME},
        {"ftp:", LOOM_ORIGIN_BAD_SCHEME},
        {"file:///etc/passwd", LOOM_ORIGIN_BAD_SCHEME},
        {"file:/etc/passwd", LOOM_ORIGIN_BAD_SCHEME},
        {"javascript:alert(1)", LOOM_ORIGIN_BAD_SCHEME},
        {"javascript://h", LOOM_ORIGIN_BAD_SCHEME},
        {"data:text/html,x", LOOM_ORIGIN_BAD_SCHEME},
        {"mailto:x", LOOM_ORIGIN_BAD_SCHEME},
        {"ws://h", LOOM_ORIGIN_BAD_SCHEME},
        {"wss:h", LOOM_ORIGIN_BAD_SCHEME},
        {"ssh://h/x", LOOM_ORIGIN_BAD_SCHEME},
        {"git:h", LOOM_ORIGIN_BAD_SCHEME},
        {"httpss://h", LOOM_ORIGIN_BAD_SCHEME},
        {"htps://h", LOOM_ORIGIN_BAD_SCHEME},
        {"https+x://h", LOOM_ORIGIN_BAD_SCHEME},
        {"://h", LOOM_ORIGIN_BAD_SCHEME},
        {"1https://h", LOOM_ORIGIN_BAD_SCHEME},
        {"http.://h", LOOM_ORIGIN_BAD_SCHEME},
    };
    check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* URL-10 */
static void parse_of_a_forbidden_byte_is_refused_anywhere(void **state) {
    (void)state;
    for (int byte = 0; byte <= 0x20 || byte == 0x7f; byte = byte == 0x20 ? 0x7f : byte + 1) {
        static const char *const places[] = {"?https://h/x",   "ht?tps://h/x",     "https://?h/x",
                                             "https://h?.x/x", "https://h:4?43/x", "https://h/x?"};
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            char text[32];
            size_t len = strlen(places[i]);
            memcpy(text, places[i], len + 1);
            *strchr(text, '?') = (char)byte;
            refuse_bytes(text, len, LOOM_ORIGIN_BAD_CHARACTER);
        }
    }
}

/* URL-10, UI-15 */
static void parse_of_an_odd_authority_is_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"https://h%00.x", LOOM_ORIGIN_BAD_AUTHORITY},
        {"https://h%0d%0a", LOOM_ORIGIN_BAD_AUTHORITY},
        {"https://%68", LOOM_ORIGIN_BAD_AUTHORITY},
        {"https://h%", LOOM_ORIGIN_BAD_AUTHORITY},
        {"https://h\\evil.com", LOOM_ORIGIN_BAD_AUTHORITY},
        {"https://h\\", LOOM_ORIGIN_BAD_AUTHORITY},
        {"https://[fe80::1%25eth0]", LOOM_ORIGIN_BAD_AUTHORITY},
        {"https://[FE80::1%eth0]", LOOM_ORIGIN_BAD_AUTHORITY},
        {"https://b\xc3\xbc"
         "cher.example",
         LOOM_ORIGIN_NON_ASCII},
        {"https://h/\xc3\xbc", LOOM_ORIGIN_NON_ASCII},
        {"https://\xd0\xb5xample.com", LOOM_ORIGIN_NON_ASCII},
        {"https://h\xff", LOOM_ORIGIN_NON_ASCII},
        {"https://h\xe3\x80\x82x", LOOM_ORIGIN_NON_ASCII}, /* the ideographic full stop */
    };
    check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* URL-14 */
static void parse_of_an_odd_port_is_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"https://h:0", LOOM_ORIGIN_BAD_PORT},
        {"https://h:00", LOOM_ORIGIN_BAD_PORT},
        {"https://h:65536", LOOM_ORIGIN_BAD_PORT},
        {"https://h:99999", LOOM_ORIGIN_BAD_PORT},
        {"https://h:-1", LOOM_ORIGIN_BAD_PORT},
        {"https://h:+443", LOOM_ORIGIN_BAD_PORT},
        {"https://h:443;x", LOOM_ORIGIN_BAD_PORT},
        {"https://h:80:443", LOOM_ORIGIN_BAD_PORT},
        {"https://h:", LOOM_ORIGIN_BAD_PORT},
        {"https://h:/", LOOM_ORIGIN_BAD_PORT},
        {"https://h:x", LOOM_ORIGIN_BAD_PORT},
        {"https://h:0x1bb", LOOM_ORIGIN_BAD_PORT},
        {"https://h:4 43", LOOM_ORIGIN_BAD_CHARACTER},
        {"https://h:000443", LOOM_ORIGIN_BAD_PORT},
        {"https://h:18446744073709551617", LOOM_ORIGIN_BAD_PORT},
        {"localhost:", LOOM_ORIGIN_BAD_PORT},
        {"localhost:x", LOOM_ORIGIN_BAD_PORT},
        {"loom.example.com:", LOOM_ORIGIN_BAD_PORT},
        {"loom.example.com:x", LOOM_ORIGIN_BAD_PORT},
        {"h:80x", LOOM_ORIGIN_BAD_PORT},
        {"https://[::1]:", LOOM_ORIGIN_BAD_PORT},
        {"https://[::1]:0", LOOM_ORIGIN_BAD_PORT},
        {"::1", LOOM_ORIGIN_NO_HOST},
    };
    check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* URL-15, URL-20 */
static void parse_of_an_odd_host_is_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"https://[::1", LOOM_ORIGIN_BAD_HOST},
        {"https://[::1]evil.com", LOOM_ORIGIN_BAD_HOST},
        {"https://[]", LOOM_ORIGIN_BAD_HOST},
        {"https://[::1]]", LOOM_ORIGIN_BAD_HOST},
        {"https://[[::1]]", LOOM_ORIGIN_BAD_HOST},
        {"https://[:::1]", LOOM_ORIGIN_BAD_HOST},
        {"https://[1:2:3]", LOOM_ORIGIN_BAD_HOST},
        {"https://[12345::]", LOOM_ORIGIN_BAD_HOST},
        {"https://[127.0.0.1]", LOOM_ORIGIN_BAD_HOST},
        {"https://[v1.x]", LOOM_ORIGIN_BAD_HOST},
        {"https://[localhost]", LOOM_ORIGIN_BAD_HOST},
        {"https://a[::1]", LOOM_ORIGIN_BAD_PORT},
        {"https://-a.com", LOOM_ORIGIN_BAD_HOST},
        {"-a.com", LOOM_ORIGIN_BAD_HOST},
        {"--help", LOOM_ORIGIN_BAD_HOST},
        {"https://a-.com", LOOM_ORIGIN_BAD_HOST},
        {"https://a.-b", LOOM_ORIGIN_BAD_HOST},
        {"https://a..b", LOOM_ORIGIN_BAD_HOST},
        {"https://.a", LOOM_ORIGIN_BAD_HOST},
        {"https://a,b", LOOM_ORIGIN_BAD_HOST},
        {"https://a;b", LOOM_ORIGIN_BAD_HOST},
        {"https://a~b", LOOM_ORIGIN_BAD_HOST},
        {"https://*.example.com", LOOM_ORIGIN_BAD_HOST},
        {"https://$(id)", LOOM_ORIGIN_BAD_HOST},
        {"https://a|b", LOOM_ORIGIN_BAD_HOST},
        {"https://\"h\"", LOOM_ORIGIN_BAD_HOST},
        {"https://h.", LOOM_ORIGIN_TRAILING_DOT},
        {"https://loom.example.com.", LOOM_ORIGIN_TRAILING_DOT},
        {"https://loom.example.com.:443/x", LOOM_ORIGIN_TRAILING_DOT},
        {"https://127.0.0.1.", LOOM_ORIGIN_TRAILING_DOT},
        {"http://localhost.", LOOM_ORIGIN_TRAILING_DOT},
        {"https://.", LOOM_ORIGIN_TRAILING_DOT},
    };
    check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* URL-100 */
static void parse_of_an_odd_address_is_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"https://127.1", LOOM_ORIGIN_ODD_ADDRESS},
        {"http://127.1", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://127.0.1", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://2130706433", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://0x7f000001", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://0X7F.0.0.1", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://0x7f.1", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://127.0.0.0x1", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://127.0.0.0x", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://0177.0.0.1", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://127.0.0.01", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://127.0.0.256", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://1.2.3.4.5", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://example.1", LOOM_ORIGIN_ODD_ADDRESS},
        {"https://0", LOOM_ORIGIN_ODD_ADDRESS},
        {"8080", LOOM_ORIGIN_ODD_ADDRESS},
        {"0x7f000001:80", LOOM_ORIGIN_ODD_ADDRESS},
    };
    check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* URL-17 */
static void parse_of_what_stands_behind_the_host_is_strict(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"https://h/?", LOOM_ORIGIN_QUERY},
        {"https://h?x=1", LOOM_ORIGIN_QUERY},
        {"https://h/x?", LOOM_ORIGIN_QUERY},
        {"https://h#", LOOM_ORIGIN_FRAGMENT},
        {"https://h/x#y", LOOM_ORIGIN_FRAGMENT},
        {"https://h#@evil.com", LOOM_ORIGIN_FRAGMENT},
        {"https://h/?x#y", LOOM_ORIGIN_FRAGMENT},
        {"https://h/a/../b", LOOM_ORIGIN_BAD_PATH},
        {"https://h/..", LOOM_ORIGIN_BAD_PATH},
        {"https://h/.", LOOM_ORIGIN_BAD_PATH},
        {"https://h/./", LOOM_ORIGIN_BAD_PATH},
        {"https://h/a/./b", LOOM_ORIGIN_BAD_PATH},
        {"https://h/%2e%2e/x", LOOM_ORIGIN_BAD_PATH},
        {"https://h/a%20b", LOOM_ORIGIN_BAD_PATH},
        {"https://h/a%2fb", LOOM_ORIGIN_BAD_PATH},
        {"https://h/a%", LOOM_ORIGIN_BAD_PATH},
        {"https://h/a%zz", LOOM_ORIGIN_BAD_PATH},
        {"https://h//x//", LOOM_ORIGIN_BAD_PATH},
        {"https://h//x", LOOM_ORIGIN_BAD_PATH},
        {"https://h/a//b", LOOM_ORIGIN_BAD_PATH},
        {"https://h/a\\b", LOOM_ORIGIN_BAD_CHARACTER},
        {"https://h/a\"b", LOOM_ORIGIN_BAD_CHARACTER},
        {"https://h/<x>", LOOM_ORIGIN_BAD_CHARACTER},
        {"https://h/[x]", LOOM_ORIGIN_BAD_CHARACTER},
        {"https://h/a|b", LOOM_ORIGIN_BAD_CHARACTER},
        {"https://h/a^b", LOOM_ORIGIN_BAD_CHARACTER},
        {"https://h/`id`", LOOM_ORIGIN_BAD_CHARACTER},
        {"https://h/{x}", LOOM_ORIGIN_BAD_CHARACTER},
        {"", LOOM_ORIGIN_EMPTY},
        {" ", LOOM_ORIGIN_BAD_CHARACTER},
    };
    check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* ---- Lengths (URL-20) ---- */

/* "https://" and `len` characters of host in labels of `label` characters. */
static void make_host(size_t len, size_t label, char *out_text) {
    memcpy(out_text, "https://", 8);
    for (size_t i = 0; i < len; i++)
        out_text[8 + i] = i % (label + 1) == label ? '.' : 'a';
    out_text[8 + len] = '\0';
}

/* URL-20 */
static void parse_of_a_long_host_is_judged_exactly(void **state) {
    (void)state;
    char text[600];
    make_host(63, 63, text);
    assert_int_equal(strlen(parse(text).host), 63);
    make_host(64, 64, text);
    refuse(text, LOOM_ORIGIN_BAD_HOST);
    make_host(253, 63, text);
    assert_int_equal(strlen(parse(text).host), 253);
    make_host(254, 63, text);
    refuse(text, LOOM_ORIGIN_BAD_HOST);
    make_host(500, 63, text);
    refuse(text, LOOM_ORIGIN_BAD_HOST);
}

/* URL-20, URL-104 */
static void parse_of_a_long_url_is_judged_exactly(void **state) {
    (void)state;
    static char text[65536];
    memset(text, 'a', sizeof text);
    memcpy(text, "https://h/", 10);
    struct loom_origin origin;
    enum loom_origin_fault fault;
    assert_int_equal(loom_origin_parse(text, LOOM_ORIGIN_MAX, &origin, &fault), LOOM_OK);
    assert_int_equal(strlen(origin.url), LOOM_ORIGIN_MAX);
    refuse_bytes(text, LOOM_ORIGIN_MAX + 1, LOOM_ORIGIN_TOO_LONG);
    refuse_bytes(text, sizeof text, LOOM_ORIGIN_TOO_LONG);
    /* Without a scheme the canonical spelling is longer than what was given. */
    refuse_bytes(text + 8, LOOM_ORIGIN_MAX, LOOM_ORIGIN_TOO_LONG);
    refuse_bytes(text + 8, LOOM_ORIGIN_MAX - 7, LOOM_ORIGIN_TOO_LONG);
    assert_int_equal(loom_origin_parse(text + 8, LOOM_ORIGIN_MAX - 8, &origin, &fault), LOOM_OK);
    assert_int_equal(strlen(origin.url), LOOM_ORIGIN_MAX);
}

/* ---- Comparing ---- */

/* URL-103 */
static void is_equal_and_is_same_host_tell_servers_apart(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        bool is_equal, is_same_host;
    } rows[] = {
        {"https://h", "https://H:443/", true, true},
        {"https://h/a", "https://h/a/", true, true},
        {"https://h/a", "https://h/b", false, true},
        {"https://h/a", "https://h", false, true},
        {"https://h/a", "https://h/A", false, true},
        {"https://h", "https://h:8443", false, false},
        {"https://localhost", "http://localhost", false, false},
        {"https://localhost:80", "http://localhost", false, false},
        {"https://h", "https://hh", false, false},
        {"https://h/h", "https://hh", false, false},
        {"https://a-b.com", "https://a.b.com", false, false},
        {"https://a.b.com", "https://a_b.com", false, false},
        {"https://[::1]", "https://[0::1]", true, true},
        {"https://127.0.0.1", "https://localhost", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_origin a = parse(rows[i].a), b = parse(rows[i].b);
        assert_int_equal(loom_origin_is_equal(&a, &b), rows[i].is_equal);
        assert_int_equal(loom_origin_is_equal(&b, &a), rows[i].is_equal);
        assert_int_equal(loom_origin_is_same_host(&a, &b), rows[i].is_same_host);
        assert_int_equal(loom_origin_is_same_host(&b, &a), rows[i].is_same_host);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_of_one_server_in_many_spellings_is_one),
        cmocka_unit_test(parse_of_hosts_and_ports_keeps_them),
        cmocka_unit_test(parse_of_an_ipv6_address_gives_its_short_form),
        cmocka_unit_test(parse_of_a_path_keeps_it_to_the_letter),
        cmocka_unit_test(parse_of_http_on_loopback_is_accepted),
        cmocka_unit_test(parse_fills_in_the_facts),
        cmocka_unit_test(parse_of_http_elsewhere_is_refused),
        cmocka_unit_test(parse_of_user_info_is_refused),
        cmocka_unit_test(parse_without_a_host_is_refused),
        cmocka_unit_test(parse_of_another_scheme_is_refused),
        cmocka_unit_test(parse_of_a_forbidden_byte_is_refused_anywhere),
        cmocka_unit_test(parse_of_an_odd_authority_is_refused),
        cmocka_unit_test(parse_of_an_odd_port_is_refused),
        cmocka_unit_test(parse_of_an_odd_host_is_refused),
        cmocka_unit_test(parse_of_an_odd_address_is_refused),
        cmocka_unit_test(parse_of_what_stands_behind_the_host_is_strict),
        cmocka_unit_test(parse_of_a_long_host_is_judged_exactly),
        cmocka_unit_test(parse_of_a_long_url_is_judged_exactly),
        cmocka_unit_test(is_equal_and_is_same_host_tell_servers_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
