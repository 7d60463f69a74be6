/* SPDX-License-Identifier: Apache-2.0 */
/* NET-01, NET-02, NET-04: no redirect is followed; the error names where it points to. */
#include "unit/http/http_world.h"

#include <stdio.h>
#include <string.h>

/* The answer of a server that points to `location`, with a body nobody reads. */
static const char *redirect(char text[static 512], int status, const char *location) {
    (void)snprintf(text, 512,
                   "HTTP/1.1 %d Elsewhere\r\nLocation: %s\r\nContent-Length: 5\r\n\r\nthere",
                   status, location);
    return text;
}

static void send_redirected_to_another_server_stops(void **state) {
    (void)state;
    static const int STATUSES[] = {300, 301, 302, 303, 304, 305, 307, 308, 399};
    char text[512], location[64];
    struct world target;
    world_open_answer(&target, WORLD_OK);
    (void)snprintf(location, sizeof location, "http://127.0.0.1:%u/auth/device/poll",
                   raw_server_port(target.server));
    for (size_t i = 0; i < sizeof STATUSES / sizeof STATUSES[0]; i++) {
        struct raw_step steps[] = {{RAW_READ, NULL, 0},
                                   {RAW_SEND, redirect(text, STATUSES[i], location), 0},
                                   {RAW_END, NULL, 0}};
        const struct raw_step *const script[] = {steps, NULL};
        struct world world;
        world_open(&world, &(struct raw_config){.scripts = script}, "127.0.0.1");
        assert_int_equal(world_post_secrets(&world, "/auth/device/poll"), LOOM_ERR_REDIRECT);
        assert_int_equal(world.error.http_status, STATUSES[i]);
        assert_string_equal(world.error.detail, target.origin.url);
        world_close(&world);
    }
    assert_int_equal(raw_server_connections(target.server), 0);
    world_close(&target);
}

static void send_redirected_to_the_same_server_stops(void **state) {
    (void)state;
    char text[512];
    struct world world;
    world_open_answer(&world, redirect(text, 302, "/login"));
    assert_int_equal(world_post_secrets(&world, "/auth/device/poll"), LOOM_ERR_REDIRECT);
    assert_string_equal(world.error.detail, world.origin.url);
    assert_int_equal(raw_server_requests(world.server), 1);
    world_close(&world);
}

static void send_redirected_names_scheme_and_host_alone(void **state) {
    (void)state;
    static const struct {
        const char *location, *detail;
    } CASES[] = {
        {"https://sso.example.com/login?token=MARKER#MARKER", "https://sso.example.com"},
        {"HTTPS://SSO.example.com:8443", "https://SSO.example.com:8443"},
        {"//cdn.example.com/x", "http://cdn.example.com"},
        {"https://user:MARKER@evil.example/", "https://evil.example"},
        {"https://loom.example.com@evil.example/", "https://evil.example"},
        {"imap://mail.example.com/", "imap://mail.example.com"},
        {"ldap://ldap.example.com/", "ldap://ldap.example.com"},
        {"smb://files.example.com/share", "smb://files.example.com"},
        {"https://[::1]:8443/", "https://[::1]:8443"},
        {"https://a b/", ""},
        {"https://\x1b[2K.example/", ""},
        {"https://b\xc3\xbc"
         "cher.example/",
         ""},
        {"https://evil.example/a b", "https://evil.example"},
        {"file:///etc/passwd", ""},
        {"javascript:alert(1)", NULL}, /* anything but an error */
        {"https://", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[512];
        struct world world;
        world_open_answer(&world, redirect(text, 302, CASES[i].location));
        assert_int_equal(world_get(&world, "/"), LOOM_ERR_REDIRECT);
        if (CASES[i].detail != NULL && strcmp(world.error.detail, CASES[i].detail) != 0)
            fail_msg("%s gave %s", CASES[i].location, world.error.detail);
        world_close(&world);
    }
}

/* The body of a redirect is not waited for. */
static void send_redirected_without_end_stops_at_once(void **state) {
    (void)state;
    static const struct raw_step STEPS[] = {
        {RAW_READ, NULL, 0},
        {RAW_SEND, "HTTP/1.1 302 x\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n", 0},
        {RAW_STALL, NULL, 0}};
    static const struct raw_step *const SCRIPT[] = {STEPS, NULL};
    struct world world;
    world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    assert_int_equal(world_get(&world, "/"), LOOM_ERR_REDIRECT);
    assert_string_equal(world.error.detail, "");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_redirected_to_another_server_stops),
        cmocka_unit_test(send_redirected_to_the_same_server_stops),
        cmocka_unit_test(send_redirected_names_scheme_and_host_alone),
        cmocka_unit_test(send_redirected_without_end_stops_at_once),
    };
    return cmocka_run_group_tests_name("http/redirect", tests, world_forget_environment, NULL);
}
