/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "http/http_priv.h"
#include "unit/http/http_world.h"

#include <langinfo.h>
#include <string.h>

#define LETTERS_30 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static const struct loom_curl *curl;

static int open_curl(void **state) {
    (void)state;
    return loom_curl_get(&curl, NULL) == LOOM_OK ? 0 : -1;
}

static void site_spell_proxy_leaves_the_password_out(void **state) {
    (void)state;
    static const struct {
        const char *url, *site;
    } CASES[] = {
        {"http://user:MARKER@proxy.example:3128", "http://proxy.example:3128"},
        {"user:MARKER@proxy.example:3128", "http://proxy.example:3128"},
        {"proxy.example", "http://proxy.example"},
        {"socks5h://127.0.0.1:1080/", "socks5h://127.0.0.1:1080"},
        {"http://us er@proxy.example", "http://proxy.example"},
        {"http://:0x/", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer site = LOOM_BUFFER_INIT(256);
        loom_site_spell(curl, NULL, CASES[i].url, &site);
        if (strcmp(loom_buffer_text(&site), CASES[i].site) != 0)
            fail_msg("%s gave %s", CASES[i].url, loom_buffer_text(&site));
    }
}

static void site_spell_without_room_writes_nothing(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer site = LOOM_BUFFER_INIT(5);
    loom_site_spell(curl, NULL, "http://proxy.example", &site);
    assert_int_equal(site.len, 0);
}

static void spell_host_international_name_gives_its_ascii_form(void **state) {
    (void)state;
    static const struct {
        const char *host, *spelled;
    } CASES[] = {
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"B\xc3\x9c"
         "cher.example",
         "xn--bcher-kva.example"},
        {"\xd9\x85\xd8\xab\xd8\xa7\xd9\x84.example", "xn--mgbh0fb.example"},
        {"plain.example", "plain.example"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_HOST_MAX);
        assert_int_equal(loom_http_spell_host(CASES[i].host, &out), LOOM_OK);
        assert_string_equal(loom_buffer_text(&out), CASES[i].spelled);
    }
}

static void spell_host_of_what_is_no_name_is_refused(void **state) {
    (void)state;
    char long_label[] = "b\xc3\xbc" LETTERS_30 LETTERS_30 LETTERS_30 ".example";
    const char *const HOSTS[] = {
        "",         "a b.example", "\xff\xfe.example", "b\xc3\xbc/cher", "b\xc3\xbc@cher",
        "\xc2\xad", long_label};
    for (size_t i = 0; i < sizeof HOSTS / sizeof HOSTS[0]; i++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_HOST_MAX);
        if (loom_http_spell_host(HOSTS[i], &out) != LOOM_ERR_USAGE)
            fail_msg("%s", HOSTS[i]);
        assert_int_equal(out.len, 0);
    }
}

/* libidn2 reads its input in the encoding of the locale, and this process's is another. */
static void spell_host_leaves_the_locale_alone(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_HOST_MAX);
    assert_string_equal(nl_langinfo(CODESET), "ANSI_X3.4-1968");
    assert_int_equal(loom_http_spell_host("b\xc3\xbc"
                                          "cher.example",
                                          &out),
                     LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), "xn--bcher-kva.example");
    assert_string_equal(nl_langinfo(CODESET), "ANSI_X3.4-1968");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(site_spell_proxy_leaves_the_password_out),
        cmocka_unit_test(site_spell_without_room_writes_nothing),
        cmocka_unit_test(spell_host_international_name_gives_its_ascii_form),
        cmocka_unit_test(spell_host_of_what_is_no_name_is_refused),
        cmocka_unit_test(spell_host_leaves_the_locale_alone),
    };
    return cmocka_run_group_tests_name("http/site", tests, open_curl, NULL);
}
