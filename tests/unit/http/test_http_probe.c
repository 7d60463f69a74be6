/* SPDX-License-Identifier: Apache-2.0 */
/* What is learned on the way to a server, and that looking at a certificate sends nothing. */
#include "http/probe.h"
#include "unit/http/fake_names.h"
#include "unit/http/http_world.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HOUR_S = 3600 };

#define HOSTS "DNS:localhost,DNS:loom.test,IP:127.0.0.1"

static struct {
    struct certificate authority, good, expired, not_yet, other_name, self_signed;
    char folder[64], authority_file[96];
} made;

static const struct raw_step ANSWER[] = {
    {RAW_READ, NULL, 0}, {RAW_SEND, WORLD_OK, 0}, {RAW_END, NULL, 0}};
static const struct raw_step *const SCRIPT[] = {ANSWER, NULL};

static void make(const char *hosts, long from_s, long to_s, const struct certificate *issuer,
                 struct certificate *out_certificate) {
    certificate_make(
        &(struct certificate_spec){.name = "leaf", .hosts = hosts, .from_s = from_s, .to_s = to_s},
        issuer, out_certificate);
}

static int make_certificates(void **state) {
    (void)world_forget_environment(state);
    world_make_folder(made.folder);
    certificate_make(&(struct certificate_spec){.name = "Authority of the test",
                                                .is_authority = true,
                                                .from_s = -HOUR_S,
                                                .to_s = HOUR_S},
                     NULL, &made.authority);
    make(HOSTS, -HOUR_S, HOUR_S, &made.authority, &made.good);
    make(HOSTS, -2 * HOUR_S, -HOUR_S, &made.authority, &made.expired);
    make(HOSTS, HOUR_S, 2 * HOUR_S, &made.authority, &made.not_yet);
    make("DNS:other.example", -HOUR_S, HOUR_S, &made.authority, &made.other_name);
    make(HOSTS, -HOUR_S, HOUR_S, NULL, &made.self_signed);
    (void)snprintf(made.authority_file, sizeof made.authority_file, "%sca.pem", made.folder);
    certificate_write(&made.authority, made.authority_file);
    return 0;
}

static int remove_certificates(void **state) {
    (void)state;
    struct certificate *const all[] = {&made.authority, &made.good,       &made.expired,
                                       &made.not_yet,   &made.other_name, &made.self_signed};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        certificate_clear(all[i]);
    world_remove_folder(made.folder);
    return 0;
}

static enum loom_err probe(struct world *world, const char *ca_file, struct loom_probe *out_probe) {
    const struct loom_http_request request = {
        .origin = &world->origin, .ca_file = ca_file, .path = "/health", .timeout_ms = 5000};
    return world->http.probe(world->http.context, &request, out_probe, &world->response,
                             &world->error);
}

static void open_tls(struct world *world, const struct certificate *certificate) {
    world_open(world, &(struct raw_config){.scripts = SCRIPT, .certificate = certificate},
               "localhost");
}

static void probe_of_a_good_server_tells_all(void **state) {
    (void)state;
    struct world world;
    struct loom_probe found;
    open_tls(&world, &made.good);
    assert_int_equal(probe(&world, made.authority_file, &found), LOOM_OK);
    assert_int_equal(found.reached, LOOM_PROBE_ANSWERED);
    assert_int_equal(found.tls, LOOM_TLS_FINE);
    assert_int_equal(world.response.status, 200);
    assert_int_equal(found.addresses_len >= 1, 1);
    assert_string_equal(found.addresses[found.addresses_len - 1], "127.0.0.1");
    assert_true(found.certificate.is_known);
    assert_non_null(strstr(found.certificate.names, "DNS:localhost"));
    assert_non_null(strstr(found.certificate.issuer, "Authority of the test"));
    assert_non_null(strstr(found.certificate.subject, "leaf"));
    int64_t now = time(NULL);
    assert_in_range(now - found.certificate.from_s, HOUR_S - 120, HOUR_S + 120);
    assert_in_range(found.certificate.until_s - now, HOUR_S - 120, HOUR_S + 120);
    assert_null(found.proxy_variable);
    assert_false(found.is_proxy_spared);
    world_close(&world);
}

/* One request, whatever was kept before; the next request is an ordinary one again. */
static void probe_twice_shows_the_way_twice(void **state) {
    (void)state;
    struct world world;
    struct loom_probe found;
    open_tls(&world, &made.good);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(probe(&world, made.authority_file, &found), LOOM_OK);
        assert_int_equal(found.addresses_len >= 1, 1);
    }
    assert_int_equal(world_send(&world, (struct loom_http_request){.ca_file = made.authority_file,
                                                                   .path = "/health"}),
                     LOOM_OK);
    world_close(&world);
}

static void probe_of_a_refused_certificate_tells_it_and_sends_nothing(void **state) {
    (void)state;
    const struct {
        const struct certificate *certificate;
        bool is_authority_known;
        enum loom_err err;
        enum loom_tls_fault fault;
        const char *name;
    } CASES[] = {
        {&made.good, false, LOOM_ERR_TLS_AUTHORITY, LOOM_TLS_UNKNOWN_AUTHORITY, "localhost"},
        {&made.self_signed, true, LOOM_ERR_TLS_AUTHORITY, LOOM_TLS_SELF_SIGNED, "localhost"},
        {&made.expired, true, LOOM_ERR_TLS, LOOM_TLS_EXPIRED, "localhost"},
        {&made.not_yet, true, LOOM_ERR_TLS, LOOM_TLS_NOT_YET_VALID, "localhost"},
        {&made.other_name, true, LOOM_ERR_TLS, LOOM_TLS_OTHER_NAME, "other.example"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct world world;
        struct loom_probe found;
        open_tls(&world, CASES[i].certificate);
        enum loom_err err =
            probe(&world, CASES[i].is_authority_known ? made.authority_file : NULL, &found);
        if (err != CASES[i].err || found.tls != CASES[i].fault)
            fail_msg("case %zu gave %d, %d", i, err, found.tls);
        assert_int_equal(found.reached, LOOM_PROBE_CONNECTED);
        assert_true(found.certificate.is_known);
        assert_non_null(strstr(found.certificate.names, CASES[i].name));
        assert_true(found.certificate.from_s < found.certificate.until_s);
        assert_int_equal(raw_server_requests(world.server), 0);
        assert_string_equal(raw_server_heard(world.server), "");
        world_close(&world);
    }
}

/* Who did not take the handshake has no certificate to blame. */
static void probe_of_plain_http_behind_https_is_refused(void **state) {
    (void)state;
    static const struct raw_step BLUNT[] = {
        {RAW_SEND, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 0},
        {RAW_STALL, NULL, 0},
        {RAW_END, NULL, 0}};
    static const struct raw_step *const BLUNT_SCRIPT[] = {BLUNT, NULL};
    struct world world;
    struct loom_probe found;
    world_open(&world, &(struct raw_config){.scripts = BLUNT_SCRIPT}, "127.0.0.1");
    world.origin = world_origin("https", "127.0.0.1", raw_server_port(world.server));
    assert_int_equal(probe(&world, NULL, &found), LOOM_ERR_TLS);
    assert_int_equal(found.tls, LOOM_TLS_REFUSED);
    assert_false(found.certificate.is_known);
    assert_int_equal(found.reached, LOOM_PROBE_CONNECTED);
    world_close(&world);
}

static void probe_of_nobody_tells_how_far_it_came(void **state) {
    (void)state;
    struct world world;
    struct loom_probe found;
    world_open_answer(&world, WORLD_OK);
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound, and nobody listens */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    world.origin = world_origin("https", "127.0.0.1", ntohs(address.sin_port));
    assert_int_equal(probe(&world, NULL, &found), LOOM_ERR_UNREACHABLE);
    assert_int_equal(found.reached, LOOM_PROBE_RESOLVED);
    assert_string_equal(found.addresses[0], "127.0.0.1");
    fake_names_set("loom.test", NULL, NULL);
    world.origin = world_origin("https", "loom.test", 443);
    assert_int_equal(probe(&world, NULL, &found), LOOM_ERR_NO_HOST);
    assert_int_equal(found.reached, LOOM_PROBE_NOTHING);
    assert_int_equal(found.addresses_len, 0);
    assert_int_equal(found.tls, LOOM_TLS_FINE);
    assert_int_equal(close(fd), 0);
    world_close(&world);
}

/* Which variable, what kind; never the name or the password. */
static void probe_through_a_proxy_names_its_variable(void **state) {
    (void)state;
    static const struct raw_step REFUSES[] = {
        {RAW_READ, NULL, 0},
        {RAW_SEND, "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", 0},
        {RAW_END, NULL, 0}};
    static const struct raw_step *const PROXY_SCRIPT[] = {REFUSES, NULL};
    struct world world;
    struct loom_probe found;
    char url[128];
    struct raw_server *proxy = raw_server_start(&(struct raw_config){.scripts = PROXY_SCRIPT});
    world_open_answer(&world, WORLD_OK);
    world.origin = world_origin("https", "loom.test", 443);
    (void)snprintf(url, sizeof url, "http://user:P-MARKER@127.0.0.1:%d", raw_server_port(proxy));
    assert_int_equal(setenv("HTTPS_PROXY", url, 1), 0);
    assert_int_equal(probe(&world, NULL, &found), LOOM_ERR_PROXY);
    assert_string_equal(found.proxy_variable, "HTTPS_PROXY");
    assert_string_equal(found.proxy_scheme, "http");
    assert_int_equal(found.proxy_port, raw_server_port(proxy));
    assert_int_equal(found.proxy_status, 407);
    assert_int_equal(setenv("NO_PROXY", "loom.test", 1), 0);
    fake_names_set("loom.test", NULL, NULL);
    assert_int_equal(probe(&world, NULL, &found), LOOM_ERR_NO_HOST);
    assert_null(found.proxy_variable);
    assert_true(found.is_proxy_spared);
    assert_int_equal(unsetenv("NO_PROXY"), 0);
    /* One that no name leads to is used all the same. */
    fake_names_set("proxy.test", NULL, NULL);
    assert_int_equal(setenv("HTTPS_PROXY", "http://proxy.test:8080", 1), 0);
    assert_int_equal(probe(&world, NULL, &found), LOOM_ERR_PROXY);
    assert_string_equal(found.proxy_variable, "HTTPS_PROXY");
    (void)world_forget_environment(state);
    raw_server_stop(proxy);
    world_close(&world);
}

/* The port does not tell them apart, and the name of the proxy leads to no server. */
static void probe_through_a_proxy_on_the_servers_port_names_its_variable(void **state) {
    static const struct raw_step REFUSES[] = {
        {RAW_READ, NULL, 0},
        {RAW_SEND, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 0},
        {RAW_END, NULL, 0}};
    static const struct raw_step TUNNELS[] = {
        {RAW_READ, NULL, 0}, {RAW_SEND, "HTTP/1.1 200 Yes\r\n\r\n", 0}, {RAW_END, NULL, 0}};
    static const struct raw_step SILENT[] = {{RAW_READ, NULL, 0}, {RAW_END, NULL, 0}};
    static const struct raw_step *const SCRIPTS[][2] = {
        {REFUSES, NULL}, {TUNNELS, NULL}, {SILENT, NULL}};
    for (size_t i = 0; i < sizeof SCRIPTS / sizeof SCRIPTS[0]; i++) {
        struct world world;
        struct loom_probe found;
        char url[128];
        struct raw_server *proxy = raw_server_start(&(struct raw_config){.scripts = SCRIPTS[i]});
        world_open_answer(&world, WORLD_OK);
        world.origin = world_origin("https", "loom.test", raw_server_port(proxy));
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", raw_server_port(proxy));
        assert_int_equal(setenv("HTTPS_PROXY", url, 1), 0);
        assert_int_not_equal(probe(&world, NULL, &found), LOOM_OK);
        assert_false(found.is_proxy_spared);
        assert_string_equal(found.proxy_variable, "HTTPS_PROXY");
        assert_int_equal(found.proxy_port, raw_server_port(proxy));
        /* Without an answer it is not known, but that nothing keeps the server away from it. */
        assert_int_equal(setenv("NO_PROXY", "other.test", 1), 0);
        assert_int_not_equal(probe(&world, NULL, &found), LOOM_OK);
        assert_int_equal(found.proxy_variable != NULL, SCRIPTS[i][0] != SILENT);
        (void)world_forget_environment(state);
        raw_server_stop(proxy);
        world_close(&world);
    }
}

/* Its certificate names it. */
static void probe_through_a_proxy_shows_no_certificate_of_it(void **state) {
    static const struct raw_step REFUSES[] = {
        {RAW_READ, NULL, 0},
        {RAW_SEND, "HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", 0},
        {RAW_END, NULL, 0}};
    static const struct raw_step *const PROXY_SCRIPT[] = {REFUSES, NULL};
    const struct certificate *const certificates[] = {&made.good, &made.other_name};
    for (size_t i = 0; i < sizeof certificates / sizeof certificates[0]; i++) {
        struct world world;
        struct loom_probe found;
        char url[128];
        struct raw_server *proxy = raw_server_start(
            &(struct raw_config){.scripts = PROXY_SCRIPT, .certificate = certificates[i]});
        world_open_answer(&world, WORLD_OK);
        world.origin = world_origin("https", "loom.test", 443);
        (void)snprintf(url, sizeof url, "https://127.0.0.1:%d", raw_server_port(proxy));
        assert_int_equal(setenv("HTTPS_PROXY", url, 1), 0);
        assert_int_equal(probe(&world, made.authority_file, &found), LOOM_ERR_PROXY);
        assert_false(found.certificate.is_known);
        assert_string_equal(found.certificate.names, "");
        (void)world_forget_environment(state);
        raw_server_stop(proxy);
        world_close(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_of_a_good_server_tells_all),
        cmocka_unit_test(probe_twice_shows_the_way_twice),
        cmocka_unit_test(probe_of_a_refused_certificate_tells_it_and_sends_nothing),
        cmocka_unit_test(probe_of_plain_http_behind_https_is_refused),
        cmocka_unit_test(probe_of_nobody_tells_how_far_it_came),
        cmocka_unit_test(probe_through_a_proxy_names_its_variable),
        cmocka_unit_test(probe_through_a_proxy_on_the_servers_port_names_its_variable),
        cmocka_unit_test(probe_through_a_proxy_shows_no_certificate_of_it),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
