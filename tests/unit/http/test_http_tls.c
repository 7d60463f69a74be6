/* SPDX-License-Identifier: Apache-2.0 */
/* NET-08, NET-09, NET-30: which certificates are trusted, and what is sent to those that are not.
 */
#include "unit/http/fake_names.h"
#include "unit/http/http_world.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_S = 3600 };

static struct {
    struct certificate authority, good, expired, not_yet, other_name, foreign_authority, foreign;
    struct certificate self_signed, weak_issuer;
    char folder[64], authority_file[96], foreign_file[96], self_file[96];
} made;

static const struct raw_step ANSWER[] = {{RAW_READ, NULL, 0},
                                         {RAW_SEND, WORLD_OK, 0},
                                         {RAW_READ, NULL, 0},
                                         {RAW_SEND, WORLD_OK, 0},
                                         {RAW_END, NULL, 0}};
static const struct raw_step *const SCRIPT[] = {ANSWER, NULL};

#define HOSTS "DNS:localhost,DNS:loom.test,IP:127.0.0.1,IP:::1"

static void make(const char *name, const char *hosts, const struct certificate *issuer,
                 struct certificate *out_certificate) {
    const struct certificate_spec spec = {.name = name,
                                          .hosts = hosts,
                                          .is_authority = hosts == NULL,
                                          .from_s = -HOUR_S,
                                          .to_s = HOUR_S};
    certificate_make(&spec, issuer, out_certificate);
}

static void write_to(const struct certificate *certificate, const char *name, char path[96]) {
    (void)snprintf(path, 96, "%s%s", made.folder, name);
    certificate_write(certificate, path);
}

static int make_certificates(void **state) {
    (void)world_forget_environment(state);
    world_make_folder(made.folder);
    make("Authority", NULL, NULL, &made.authority);
    make("Foreign authority", NULL, NULL, &made.foreign_authority);
    make("localhost", HOSTS, &made.authority, &made.good);
    make("localhost", HOSTS, &made.foreign_authority, &made.foreign);
    make("localhost", "DNS:other.example,DNS:*.test.localhost", &made.authority, &made.other_name);
    make("localhost", HOSTS, NULL, &made.self_signed);
    make("localhost", HOSTS, &made.good, &made.weak_issuer);
    const struct certificate_spec past = {
        .name = "localhost", .hosts = HOSTS, .from_s = -2 * HOUR_S, .to_s = -HOUR_S};
    const struct certificate_spec future = {
        .name = "localhost", .hosts = HOSTS, .from_s = HOUR_S, .to_s = 2 * HOUR_S};
    certificate_make(&past, &made.authority, &made.expired);
    certificate_make(&future, &made.authority, &made.not_yet);
    write_to(&made.authority, "authority.pem", made.authority_file);
    write_to(&made.foreign_authority, "foreign.pem", made.foreign_file);
    write_to(&made.self_signed, "self.pem", made.self_file);
    return 0;
}

static int remove_certificates(void **state) {
    (void)state;
    struct certificate *const all[] = {
        &made.authority,         &made.good,        &made.expired,
        &made.not_yet,           &made.other_name,  &made.foreign,
        &made.foreign_authority, &made.self_signed, &made.weak_issuer};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        certificate_clear(all[i]);
    world_remove_folder(made.folder);
    return 0;
}

static void open_tls(struct world *world, const struct certificate *certificate, const char *host) {
    world_open(world, &(struct raw_config){.scripts = SCRIPT, .certificate = certificate}, host);
}

/* POST with secrets, trusting `ca_file`. */
static enum loom_err post(struct world *world, const char *ca_file) {
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    assert_int_equal(loom_secret_new(WORLD_TOKEN, strlen(WORLD_TOKEN), &token), LOOM_OK);
    return world_send(world, (struct loom_http_request){.method = LOOM_HTTP_POST,
                                                        .ca_file = ca_file,
                                                        .path = "/auth/logout",
                                                        .content_type = "application/json",
                                                        .body = WORLD_TOKEN,
                                                        .body_len = strlen(WORLD_TOKEN),
                                                        .bearer = token});
}

static void send_with_the_requests_authority_is_trusted(void **state) {
    (void)state;
    static const char *const HOSTS_TO_ASK[] = {"localhost", "127.0.0.1"};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        open_tls(&world, &made.good, HOSTS_TO_ASK[i]);
        assert_int_equal(post(&world, made.authority_file), LOOM_OK);
        assert_int_equal(post(&world, made.authority_file), LOOM_OK);
        assert_int_equal(raw_server_connections(world.server), 1);
        assert_non_null(strstr(raw_server_heard(world.server), "Bearer " WORLD_TOKEN));
        world_close(&world);
    }
}

static void send_with_the_environments_authorities_is_trusted(void **state) {
    (void)state;
    static const char *const VARIABLES[] = {"LOOM_CA_FILE", "SSL_CERT_FILE"};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        open_tls(&world, &made.good, "localhost");
        assert_int_equal(setenv(VARIABLES[i], made.authority_file, 1), 0);
        assert_int_equal(post(&world, NULL), LOOM_OK);
        assert_int_equal(post(&world, made.foreign_file), LOOM_OK); /* adds, replaces nothing */
        (void)world_forget_environment(state);
        world_close(&world);
    }
}

/* A server that signed its certificate itself can be named as its own authority. */
static void send_with_the_certificate_as_authority_is_trusted(void **state) {
    (void)state;
    struct world world;
    open_tls(&world, &made.self_signed, "localhost");
    assert_int_equal(post(&world, made.self_file), LOOM_OK);
    world_close(&world);
}

/* Trust that was given for one server does not stay for the next request. */
static void send_without_the_authority_again_is_refused(void **state) {
    (void)state;
    struct world world;
    open_tls(&world, &made.good, "localhost");
    assert_int_equal(post(&world, made.authority_file), LOOM_OK);
    int requests = raw_server_requests(world.server);
    assert_int_equal(post(&world, NULL), LOOM_ERR_TLS_AUTHORITY);
    assert_int_equal(raw_server_requests(world.server), requests);
    world_close(&world);
}

static void send_to_an_untrusted_certificate_sends_nothing(void **state) {
    (void)state;
    const struct {
        const struct certificate *certificate;
        const char *host, *ca_file;
        enum loom_err err;
        const char *word;
    } CASES[] = {
        {&made.good, "localhost", NULL, LOOM_ERR_TLS_AUTHORITY, NULL},
        {&made.foreign, "localhost", made.authority_file, LOOM_ERR_TLS_AUTHORITY, NULL},
        {&made.self_signed, "localhost", NULL, LOOM_ERR_TLS_AUTHORITY,
         "certificate signed by itself"},
        {&made.self_signed, "localhost", made.authority_file, LOOM_ERR_TLS_AUTHORITY,
         "certificate signed by itself"},
        {&made.weak_issuer, "localhost", made.authority_file, LOOM_ERR_TLS_AUTHORITY, NULL},
        {&made.expired, "localhost", made.authority_file, LOOM_ERR_TLS, "certificate expired"},
        {&made.not_yet, "localhost", made.authority_file, LOOM_ERR_TLS,
         "certificate not yet valid"},
        {&made.other_name, "localhost", made.authority_file, LOOM_ERR_TLS,
         "certificate is for another name"},
        {&made.other_name, "127.0.0.1", made.authority_file, LOOM_ERR_TLS,
         "certificate is for another name"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct world world;
        open_tls(&world, CASES[i].certificate, CASES[i].host);
        enum loom_err err = post(&world, CASES[i].ca_file);
        if (err != CASES[i].err ||
            (CASES[i].word != NULL && strcmp(world.error.detail, CASES[i].word) != 0))
            fail_msg("case %zu gave %d, %s", i, err, world.error.detail);
        assert_int_equal(raw_server_requests(world.server), 0);
        assert_string_equal(raw_server_heard(world.server), "");
        world_close(&world);
    }
}

/* There is no switch in the environment that turns verification off. */
static void send_with_other_programs_switches_is_refused(void **state) {
    (void)state;
    static const char *const VARIABLES[] = {"GIT_SSL_NO_VERIFY", "CURL_INSECURE",
                                            "PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED",
                                            "LOOM_INSECURE"};
    struct world world;
    open_tls(&world, &made.good, "localhost");
    for (size_t i = 0; i < sizeof VARIABLES / sizeof VARIABLES[0]; i++)
        assert_int_equal(setenv(VARIABLES[i], i < 2 ? "1" : "0", 1), 0);
    assert_int_equal(setenv("CURL_CA_BUNDLE", made.authority_file, 1), 0);
    assert_int_equal(post(&world, NULL), LOOM_ERR_TLS_AUTHORITY);
    for (size_t i = 0; i < sizeof VARIABLES / sizeof VARIABLES[0]; i++)
        assert_int_equal(unsetenv(VARIABLES[i]), 0);
    (void)world_forget_environment(state);
    world_close(&world);
}

/* SSL_CERT_FILE stands in the place of the system's authorities, its folder of them included. */
static void send_with_a_replaced_system_trusts_that_alone(void **state) {
    (void)state;
    struct world world;
    open_tls(&world, &made.good, "localhost");
    assert_int_equal(setenv("SSL_CERT_FILE", made.foreign_file, 1), 0);
    assert_int_equal(post(&world, NULL), LOOM_ERR_TLS_AUTHORITY);
    (void)world_forget_environment(state);
    world_close(&world);
}

static void send_with_an_unreadable_authority_connects_nowhere(void **state) {
    (void)state;
    struct world world;
    open_tls(&world, &made.good, "localhost");
    assert_int_equal(post(&world, "/nowhere/ca.pem"), LOOM_ERR_TLS);
    assert_string_equal(world.error.detail, "/nowhere/ca.pem");
    assert_true(world.error.os_error != 0);
    assert_int_equal(raw_server_connections(world.server), 0);
    assert_int_equal(post(&world, made.authority_file), LOOM_OK); /* and recovers */
    world_close(&world);
}

/* It looks like a certificate until OpenSSL reads it. */
static void send_with_a_damaged_authority_names_the_file(void **state) {
    (void)state;
    char path[96];
    (void)snprintf(path, sizeof path, "%sdamaged.pem", made.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", file);
    assert_int_equal(fclose(file), 0);
    struct world world;
    open_tls(&world, &made.good, "localhost");
    assert_int_equal(post(&world, path), LOOM_ERR_TLS);
    assert_string_equal(world.error.detail, path);
    assert_int_equal(raw_server_requests(world.server), 0);
    world_close(&world);
}

/* NET-09 */
static void send_to_an_old_protocol_is_refused(void **state) {
    (void)state;
    static const struct {
        int version;
        enum loom_err err;
    } CASES[] = {{TLS1_VERSION, LOOM_ERR_TLS},
                 {TLS1_1_VERSION, LOOM_ERR_TLS},
                 {TLS1_2_VERSION, LOOM_OK},
                 {TLS1_3_VERSION, LOOM_OK}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct world world;
        world_open(&world,
                   &(struct raw_config){.scripts = SCRIPT,
                                        .certificate = &made.good,
                                        .tls_version_max = CASES[i].version},
                   "localhost");
        assert_int_equal(post(&world, made.authority_file), CASES[i].err);
        assert_int_equal(raw_server_requests(world.server), CASES[i].err == LOOM_OK ? 1 : 0);
        world_close(&world);
    }
}

static void send_tls_to_a_plain_server_is_refused(void **state) {
    (void)state;
    static const struct raw_step PLAIN[] = {{RAW_SEND, "HTTP/1.1 400 Bad Request\r\n\r\n", 0},
                                            {RAW_END, NULL, 0}};
    static const struct raw_step *const PLAIN_SCRIPT[] = {PLAIN, NULL};
    struct world world;
    world_open(&world, &(struct raw_config){.scripts = PLAIN_SCRIPT}, "localhost");
    world.origin = world_origin("https", "localhost", raw_server_port(world.server));
    assert_int_equal(post(&world, made.authority_file), LOOM_ERR_TLS);
    assert_string_equal(world.error.detail, "handshake failed");
    assert_null(strstr(raw_server_heard(world.server), "MARKER"));
    world_close(&world);
}

/*
 * NET-18: libcurl does not tell TLS's farewell from its absence, so that only an answer which says
 * where it ends can be known to be whole.
 */
static void send_to_a_server_that_says_no_length_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *answer;
        enum raw_action end;
        enum loom_err err;
    } CASES[] = {
        {WORLD_JSON_HEAD "\r\n{\"access_tok", RAW_CUT, LOOM_ERR_BAD_ANSWER},
        {WORLD_JSON_HEAD "\r\n{}", RAW_CUT, LOOM_ERR_BAD_ANSWER},
        {WORLD_JSON_HEAD "Connection: close\r\n\r\n{}", RAW_END, LOOM_ERR_BAD_ANSWER},
        {WORLD_JSON_HEAD "Content-Length: 20\r\n\r\n{\"access_tok", RAW_CUT, LOOM_ERR_UNREACHABLE},
        {WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", RAW_CUT,
         LOOM_ERR_UNREACHABLE},
        {WORLD_OK, RAW_CUT, LOOM_OK},
        {WORLD_JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", RAW_CUT,
         LOOM_OK},
        {"HTTP/1.1 204 No Content\r\n\r\n", RAW_END, LOOM_OK},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct raw_step steps[] = {
            {RAW_READ, NULL, 0}, {RAW_SEND, CASES[i].answer, 0}, {CASES[i].end, NULL, 0}};
        const struct raw_step *const script[] = {steps, NULL};
        struct world world;
        world_open(&world, &(struct raw_config){.scripts = script, .certificate = &made.good},
                   "localhost");
        enum loom_err err = post(&world, made.authority_file);
        if (err != CASES[i].err)
            fail_msg("case %zu gave %d, %s", i, err, world.error.detail);
        world_close(&world);
    }
}

/* NET-30: the name decides, wherever its address came from. */
static void send_by_name_is_judged_by_the_certificate(void **state) {
    (void)state;
    struct world world;
    open_tls(&world, &made.good, "loom.test");
    fake_names_set("loom.test", "127.0.0.1", NULL);
    assert_int_equal(post(&world, made.authority_file), LOOM_OK);
    world.origin = world_origin("https", "rebound.test", raw_server_port(world.server));
    fake_names_set("rebound.test", "127.0.0.1", NULL);
    assert_int_equal(post(&world, made.authority_file), LOOM_ERR_TLS);
    assert_string_equal(world.error.detail, "certificate is for another name");
    assert_int_equal(raw_server_requests(world.server), 1);
    world.origin = world_origin("https", "gone.test", raw_server_port(world.server));
    assert_int_equal(post(&world, made.authority_file), LOOM_ERR_NO_HOST);
    assert_string_equal(world.error.detail, "gone.test");
    world_close(&world);
}

/* MEM-09 over TLS: OpenSSL must not write into a closed connection with write(2). */
static void send_to_a_server_that_cuts_is_unreachable(void **state) {
    (void)state;
    static const struct raw_step CUT[] = {{RAW_READ, NULL, 0}, {RAW_RESET, NULL, 0}};
    static const struct raw_step *const CUT_SCRIPT[] = {CUT, NULL};
    struct world world;
    world_open(&world, &(struct raw_config){.scripts = CUT_SCRIPT, .certificate = &made.good},
               "localhost");
    for (int i = 0; i < 5; i++)
        assert_int_equal(post(&world, made.authority_file), LOOM_ERR_UNREACHABLE);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_with_the_requests_authority_is_trusted),
        cmocka_unit_test(send_with_the_environments_authorities_is_trusted),
        cmocka_unit_test(send_with_the_certificate_as_authority_is_trusted),
        cmocka_unit_test(send_without_the_authority_again_is_refused),
        cmocka_unit_test(send_to_an_untrusted_certificate_sends_nothing),
        cmocka_unit_test(send_with_other_programs_switches_is_refused),
        cmocka_unit_test(send_with_a_replaced_system_trusts_that_alone),
        cmocka_unit_test(send_with_an_unreadable_authority_connects_nowhere),
        cmocka_unit_test(send_with_a_damaged_authority_names_the_file),
        cmocka_unit_test(send_to_an_old_protocol_is_refused),
        cmocka_unit_test(send_tls_to_a_plain_server_is_refused),
        cmocka_unit_test(send_to_a_server_that_says_no_length_is_refused),
        cmocka_unit_test(send_by_name_is_judged_by_the_certificate),
        cmocka_unit_test(send_to_a_server_that_cuts_is_unreachable),
    };
    return cmocka_run_group_tests_name("http/tls", tests, make_certificates, remove_certificates);
}
