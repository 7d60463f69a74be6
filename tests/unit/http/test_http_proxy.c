/* SPDX-License-Identifier: Apache-2.0 */
/* NET-24, NET-25: what a proxy sees, and what its failures become. */
#include "unit/http/fake_names.h"
#include "unit/http/http_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "user:P-MARKER" in base64. */
#define CREDENTIALS "user:P-MARKER"
#define BASIC "dXNlcjpQLU1BUktFUg=="

static struct {
    struct certificate authority, server, expired;
    char folder[64], authority_file[96];
} made;

static const struct raw_step ANSWER[] = {
    {RAW_READ, NULL, 0}, {RAW_SEND, WORLD_OK, 0}, {RAW_END, NULL, 0}};
static const struct raw_step *const SCRIPT[] = {ANSWER, NULL};

static int make_certificates(void **state) {
    (void)world_forget_environment(state);
    world_make_folder(made.folder);
    certificate_make(&(struct certificate_spec){.name = "CA", .is_authority = true, .to_s = 3600},
                     NULL, &made.authority);
    struct certificate_spec spec = {
        .name = "loom.test", .hosts = "DNS:loom.test,IP:127.0.0.1", .from_s = -60, .to_s = 3600};
    certificate_make(&spec, &made.authority, &made.server);
    spec.to_s = -30;
    certificate_make(&spec, &made.authority, &made.expired);
    (void)snprintf(made.authority_file, sizeof made.authority_file, "%sca.pem", made.folder);
    certificate_write(&made.authority, made.authority_file);
    return 0;
}

static int remove_certificates(void **state) {
    (void)state;
    certificate_clear(&made.authority);
    certificate_clear(&made.server);
    certificate_clear(&made.expired);
    world_remove_folder(made.folder);
    return 0;
}

/* A server called loom.test, whose name resolves nowhere. */
static void open_server(struct world *world, const struct certificate *certificate) {
    world_open(world, &(struct raw_config){.scripts = SCRIPT, .certificate = certificate},
               "loom.test");
    assert_int_equal(setenv("LOOM_CA_FILE", made.authority_file, 1), 0);
}

/* A proxy that answers `answer` and then, with a port, passes on what comes. */
static struct raw_server *open_proxy(const char *answer, uint16_t tunnel_port) {
    static struct raw_step steps[4];
    static const struct raw_step *const PROXY_SCRIPT[] = {steps, NULL};
    enum raw_action action = tunnel_port != 0 ? RAW_TUNNEL : RAW_END;
    steps[0] = (struct raw_step){.action = RAW_READ};
    steps[1] = (struct raw_step){.action = RAW_SEND, .text = answer};
    steps[2] = (struct raw_step){.action = action, .number = tunnel_port};
    return raw_server_start(&(struct raw_config){.scripts = PROXY_SCRIPT});
}

/* Set `variable` to the proxy at `port`; `format` takes the port. */
static void use_proxy(const char *variable, const char *scheme, uint16_t port) {
    char value[128];
    (void)snprintf(value, sizeof value, "%s://" CREDENTIALS "@127.0.0.1:%u", scheme, port);
    assert_int_equal(setenv(variable, value, 1), 0);
}

static void send_through_a_proxy_shows_it_the_name_alone(void **state) {
    static const char *const VARIABLES[] = {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"};
    for (size_t i = 0; i < sizeof VARIABLES / sizeof VARIABLES[0]; i++) {
        struct world world;
        char line[128];
        open_server(&world, &made.server);
        struct raw_server *proxy = open_proxy("HTTP/1.1 200 Connection established\r\n"
                                              "Content-Type: text/html\r\nSet-Cookie: a=b\r\n\r\n",
                                              raw_server_port(world.server));
        use_proxy(VARIABLES[i], "http", raw_server_port(proxy));
        int asked = fake_names_asked();
        assert_int_equal(world_post_secrets(&world, "/auth/logout"), LOOM_OK);
        assert_true(world.response.is_json);
        assert_int_equal(fake_names_asked(), asked); /* the proxy looks the name up */
        const char *heard = raw_server_heard(proxy);
        (void)snprintf(line, sizeof line, "CONNECT loom.test:%u HTTP/1.1\r\n",
                       raw_server_port(world.server));
        assert_memory_equal(heard, line, strlen(line));
        assert_non_null(strstr(heard, "\r\nProxy-Authorization: Basic " BASIC "\r\n"));
        assert_null(strstr(heard, "\r\nAuthorization"));
        assert_null(strstr(heard, "/auth/logout"));
        assert_null(strstr(heard, "MARKER"));
        assert_null(strstr(heard, "Accept: application/json"));
        assert_non_null(strstr(raw_server_heard(world.server), "Bearer " WORLD_TOKEN));
        assert_null(strstr(raw_server_heard(world.server), "Proxy-"));
        assert_null(strstr(raw_server_heard(world.server), BASIC));
        raw_server_stop(proxy);
        world_close(&world);
        (void)world_forget_environment(state);
    }
}

static void send_through_a_refusing_proxy_is_told(void **state) {
    static const struct {
        const char *answer;
        long status;
    } CASES[] = {
        {"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n",
         407},
        {"HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n"
         "Content-Length: 0\r\n\r\n",
         407},
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 403},
        {"HTTP/1.1 502 x\r\nContent-Length: 0\r\n\r\n", 502},
        {"HTTP/1.1 302 x\r\nLocation: https://portal.example/\r\nContent-Length: 0\r\n\r\n", 302},
        {"", 0},
        {"SSH-2.0-x\r\n\r\n", 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct world world;
        char site[64];
        open_server(&world, &made.server);
        struct raw_server *proxy = open_proxy(CASES[i].answer, 0);
        use_proxy("https_proxy", "http", raw_server_port(proxy));
        enum loom_err err = world_post_secrets(&world, "/auth/logout");
        if (err != LOOM_ERR_PROXY || world.error.http_status != CASES[i].status)
            fail_msg("%s gave %d, %ld", CASES[i].answer, err, world.error.http_status);
        (void)snprintf(site, sizeof site, "http://127.0.0.1:%u", raw_server_port(proxy));
        assert_string_equal(world.error.detail, site);
        assert_null(strstr(raw_server_heard(proxy), "Bearer"));
        assert_int_equal(raw_server_connections(world.server), 0);
        raw_server_stop(proxy);
        world_close(&world);
        (void)world_forget_environment(state);
    }
}

static void send_through_a_proxy_that_is_not_there_is_told(void **state) {
    struct world world;
    open_server(&world, &made.server);
    struct raw_server *proxy = open_proxy("", 0);
    uint16_t port = raw_server_port(proxy);
    raw_server_stop(proxy);
    static const char *const SCHEMES[] = {"http", "https", "socks5h", "gopher"};
    for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++) {
        char site[64];
        use_proxy("https_proxy", SCHEMES[i], port);
        assert_int_equal(world_get(&world, "/"), LOOM_ERR_PROXY);
        (void)snprintf(site, sizeof site, "%s://127.0.0.1:%u", SCHEMES[i], port);
        assert_string_equal(world.error.detail, site);
    }
    assert_int_equal(setenv("https_proxy", "http://" CREDENTIALS "@nowhere.test:3128", 1), 0);
    assert_int_equal(world_get(&world, "/"), LOOM_ERR_PROXY);
    assert_string_equal(world.error.detail, "http://nowhere.test:3128");
    (void)world_forget_environment(state);
    world_close(&world);
}

static void send_through_a_silent_proxy_is_told(void **state) {
    static const struct raw_step STALL[] = {{RAW_READ, NULL, 0}, {RAW_STALL, NULL, 0}};
    static const struct raw_step *const STALL_SCRIPT[] = {STALL, NULL};
    struct world world;
    open_server(&world, &made.server);
    struct raw_server *proxy = raw_server_start(&(struct raw_config){.scripts = STALL_SCRIPT});
    use_proxy("https_proxy", "http", raw_server_port(proxy));
    assert_int_equal(world_send(&world, (struct loom_http_request){.path = "/", .timeout_ms = 150}),
                     LOOM_ERR_PROXY);
    raw_server_stop(proxy);
    (void)world_forget_environment(state);
    world_close(&world);
}

/* NET-14 for the answer to CONNECT: a 200 whose head never ends opens no way. */
static void send_through_an_endless_proxy_ends(void **state) {
    static const struct raw_step ENDLESS[] = {{RAW_READ, NULL, 0},
                                              {RAW_SEND, "HTTP/1.1 200 x\r\n", 0},
                                              {RAW_REPEAT, "X-Header: 0123456789abcdef\r\n", 0},
                                              {RAW_END, NULL, 0}};
    static const struct raw_step *const ENDLESS_SCRIPT[] = {ENDLESS, NULL};
    struct world world;
    open_server(&world, &made.server);
    struct raw_server *proxy = raw_server_start(&(struct raw_config){.scripts = ENDLESS_SCRIPT});
    use_proxy("https_proxy", "http", raw_server_port(proxy));
    assert_int_equal(
        world_send(&world, (struct loom_http_request){.path = "/", .timeout_ms = 5000}),
        LOOM_ERR_PROXY);
    raw_server_stop(proxy);
    (void)world_forget_environment(state);
    world_close(&world);
}

/* What fails behind the proxy is not the proxy's. */
static void send_through_a_proxy_to_a_bad_server_blames_the_server(void **state) {
    struct world world;
    open_server(&world, &made.expired);
    struct raw_server *proxy = open_proxy("HTTP/1.1 200 x\r\n\r\n", raw_server_port(world.server));
    use_proxy("https_proxy", "http", raw_server_port(proxy));
    assert_int_equal(world_post_secrets(&world, "/"), LOOM_ERR_TLS);
    assert_string_equal(world.error.detail, "certificate expired");
    assert_int_equal(raw_server_requests(world.server), 0);
    raw_server_stop(proxy);
    world_close(&world);
    (void)world_forget_environment(state);
}

/* The proxy itself is reached by TLS, and judged as a server is. */
static void send_through_a_tls_proxy_verifies_it(void **state) {
    static const struct raw_step REFUSE[] = {
        {RAW_READ, NULL, 0},
        {RAW_SEND, "HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n", 0},
        {RAW_END, NULL, 0}};
    static const struct raw_step *const REFUSE_SCRIPT[] = {REFUSE, NULL};
    const struct {
        const struct certificate *certificate;
        long status;
    } CASES[] = {{&made.server, 407}, {&made.expired, 0}};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        open_server(&world, &made.server);
        struct raw_server *proxy = raw_server_start(
            &(struct raw_config){.scripts = REFUSE_SCRIPT, .certificate = CASES[i].certificate});
        use_proxy("https_proxy", "https", raw_server_port(proxy));
        assert_int_equal(world_post_secrets(&world, "/"), LOOM_ERR_PROXY);
        assert_int_equal(world.error.http_status, CASES[i].status);
        assert_int_equal(raw_server_requests(proxy), CASES[i].status != 0 ? 1 : 0);
        assert_null(strstr(raw_server_heard(proxy), "Bearer"));
        raw_server_stop(proxy);
        world_close(&world);
        (void)world_forget_environment(state);
    }
}

/* A SOCKS proxy that takes none of the ways to sign in: GSS-API is not offered either. */
static void send_through_a_refusing_socks_proxy_is_told(void **state) {
    static const struct raw_step REFUSE[] = {{RAW_SEND, "\x05\xff", 0}, {RAW_STALL, NULL, 0}};
    static const struct raw_step *const REFUSE_SCRIPT[] = {REFUSE, NULL};
    struct world world;
    open_server(&world, &made.server);
    struct raw_server *proxy = raw_server_start(&(struct raw_config){.scripts = REFUSE_SCRIPT});
    use_proxy("ALL_PROXY", "socks5h", raw_server_port(proxy));
    assert_int_equal(world_post_secrets(&world, "/"), LOOM_ERR_PROXY);
    /* Version 5, two ways: none, and user with password. */
    assert_string_equal(raw_server_wait_heard(proxy, 4), "\x05\x02?\x02");
    raw_server_stop(proxy);
    world_close(&world);
    (void)world_forget_environment(state);
}

/* NET-25, and: loopback never goes through a proxy. */
static void send_to_loopback_uses_no_proxy(void **state) {
    static const char *const VARIABLES[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                            "HTTPS_PROXY", "all_proxy",  "ALL_PROXY"};
    static const char *const HOSTS[] = {"127.0.0.1", "localhost", "127.9.9.9"};
    struct raw_server *proxy = open_proxy("HTTP/1.1 502 x\r\n\r\n", 0);
    for (size_t i = 0; i < sizeof VARIABLES / sizeof VARIABLES[0]; i++)
        use_proxy(VARIABLES[i], "http", raw_server_port(proxy));
    assert_int_equal(setenv("LOOM_CA_FILE", made.authority_file, 1), 0);
    for (size_t i = 0; i < 4; i++) {
        struct world world;
        bool is_secure = i == 3;
        world_open(
            &world,
            &(struct raw_config){.scripts = SCRIPT, .certificate = is_secure ? &made.server : NULL},
            HOSTS[i % 3]);
        enum loom_err err = world_post_secrets(&world, "/");
        /* 127.9.9.9 is loopback too, but nobody listens there. */
        assert_int_equal(err, i == 2 ? LOOM_ERR_UNREACHABLE : LOOM_OK);
        world_close(&world);
    }
    assert_int_equal(raw_server_connections(proxy), 0);
    raw_server_stop(proxy);
    (void)world_forget_environment(state);
}

static void send_to_a_host_in_no_proxy_goes_straight(void **state) {
    static const char *const VARIABLES[] = {"NO_PROXY", "no_proxy"};
    static const char *const VALUES[] = {"loom.test", ".test", "*", "other.example, loom.test"};
    fake_names_set("loom.test", "127.0.0.1", NULL);
    for (size_t i = 0; i < 8; i++) {
        struct world world;
        open_server(&world, &made.server);
        struct raw_server *proxy = open_proxy("HTTP/1.1 502 x\r\n\r\n", 0);
        use_proxy("https_proxy", "http", raw_server_port(proxy));
        assert_int_equal(setenv(VARIABLES[i % 2], VALUES[i / 2], 1), 0);
        assert_int_equal(world_post_secrets(&world, "/"), LOOM_OK);
        assert_int_equal(raw_server_connections(proxy), 0);
        raw_server_stop(proxy);
        world_close(&world);
        (void)world_forget_environment(state);
    }
    fake_names_set(NULL, NULL, NULL);
}

/* A failure on the straight way is not blamed on the proxy that was not used. */
static void send_straight_to_a_dead_server_blames_the_server(void **state) {
    struct world world;
    open_server(&world, &made.server);
    raw_server_stop(world.server);
    world.server = NULL;
    fake_names_set("loom.test", "127.0.0.1", NULL);
    assert_int_equal(setenv("https_proxy", "http://" CREDENTIALS "@127.0.0.1:9", 1), 0);
    assert_int_equal(setenv("NO_PROXY", "loom.test", 1), 0);
    assert_int_equal(world_post_secrets(&world, "/"), LOOM_ERR_UNREACHABLE);
    assert_string_equal(world.error.detail, "loom.test");
    fake_names_set(NULL, NULL, NULL);
    (void)world_forget_environment(state);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_through_a_proxy_shows_it_the_name_alone),
        cmocka_unit_test(send_through_a_refusing_proxy_is_told),
        cmocka_unit_test(send_through_a_proxy_that_is_not_there_is_told),
        cmocka_unit_test(send_through_a_silent_proxy_is_told),
        cmocka_unit_test(send_through_an_endless_proxy_ends),
        cmocka_unit_test(send_through_a_proxy_to_a_bad_server_blames_the_server),
        cmocka_unit_test(send_through_a_tls_proxy_verifies_it),
        cmocka_unit_test(send_through_a_refusing_socks_proxy_is_told),
        cmocka_unit_test(send_to_loopback_uses_no_proxy),
        cmocka_unit_test(send_to_a_host_in_no_proxy_goes_straight),
        cmocka_unit_test(send_straight_to_a_dead_server_blames_the_server),
    };
    return cmocka_run_group_tests_name("http/proxy", tests, make_certificates, remove_certificates);
}
