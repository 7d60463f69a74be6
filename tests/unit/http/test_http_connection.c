/* SPDX-License-Identifier: Apache-2.0 */
/* Which connection a request goes by, and what is carried over to the next: nothing. */
#include "http/http_priv.h"
#include "unit/http/http_world.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

/* NET-27: one connection, and nothing that the server asked to be remembered. */
static void send_twice_reuses_the_connection_and_no_state(void **state) {
    (void)state;
    static const struct raw_step STEPS[] = {
        {RAW_READ, NULL, 0},
        {RAW_SEND,
         WORLD_JSON_HEAD "Set-Cookie: a=COOKIE; Path=/\r\nAlt-Svc: h2=\"127.0.0.1:9\"\r\n"
                         "Strict-Transport-Security: max-age=9\r\nContent-Length: 2\r\n\r\n{}",
         0},
        {RAW_READ, NULL, 0},
        {RAW_SEND, WORLD_OK, 0},
        {RAW_END, NULL, 0},
    };
    static const struct raw_step *const SCRIPT[] = {STEPS, NULL};
    struct world world;
    world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    assert_int_equal(world_post_secrets(&world, "/a"), LOOM_OK);
    assert_int_equal(world_get(&world, "/b"), LOOM_OK);
    assert_int_equal(raw_server_connections(world.server), 1);
    const char *second = strstr(raw_server_heard(world.server), "GET /b");
    assert_non_null(second);
    assert_null(strstr(second, "COOKIE"));
    assert_null(strcasestr(second, "Authorization"));
    assert_null(strcasestr(second, "Content-"));
    world_close(&world);
}

/* A server closes an idle connection while a person thinks. */
static void send_after_the_server_hung_up_connects_again(void **state) {
    (void)state;
    struct world world;
    world_open_answer(&world, WORLD_OK);
    assert_int_equal(world_get(&world, "/a"), LOOM_OK);
    assert_int_equal(world_get(&world, "/b"), LOOM_OK);
    assert_int_equal(raw_server_connections(world.server), 2);
    world_close(&world);
}

/* NET-113: an answer that comes before its question would be taken for the next one's. */
static void send_after_an_answer_nobody_asked_for_connects_again(void **state) {
    (void)state;
    static const struct raw_step STEPS[] = {
        {RAW_READ, NULL, 0},
        {RAW_SEND, WORLD_JSON_HEAD "Content-Length: 2\r\n\r\n{", 0},
        {RAW_DRIP, "}HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", 50},
        {RAW_STALL, NULL, 0},
    };
    static const struct raw_step GOOD[] = {
        {RAW_READ, NULL, 0}, {RAW_SEND, WORLD_OK, 0}, {RAW_STALL, NULL, 0}};
    static const struct raw_step *const SCRIPT[] = {STEPS, GOOD, NULL};
    struct world world;
    world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    assert_int_equal(world_get(&world, "/a"), LOOM_OK);
    assert_true(world.client->kept >= 0);
    struct pollfd look = {.fd = world.client->kept, .events = POLLIN};
    assert_int_equal(poll(&look, 1, 5000), 1);
    assert_int_equal(world_get(&world, "/b"), LOOM_OK);
    assert_int_equal(world.response.status, 200);
    assert_int_equal(raw_server_connections(world.server), 2);
    world_close(&world);
}

/* NET-111: libcurl sends again what went out on a kept connection that then ends without answer. */
static void send_on_a_connection_that_dies_repeats_a_get_alone(void **state) {
    (void)state;
    static const struct raw_step ONCE[] = {
        {RAW_READ, NULL, 0}, {RAW_SEND, WORLD_OK, 0}, {RAW_READ, NULL, 0}, {RAW_END, NULL, 0}};
    static const struct raw_step GOOD[] = {
        {RAW_READ, NULL, 0}, {RAW_SEND, WORLD_OK, 0}, {RAW_STALL, NULL, 0}};
    static const struct raw_step *const SCRIPT[] = {ONCE, GOOD, NULL};
    struct world world;
    world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    assert_int_equal(world_get(&world, "/a"), LOOM_OK);
    assert_int_equal(world_post_secrets(&world, "/b"), LOOM_ERR_UNREACHABLE);
    assert_string_equal(world.error.detail, "127.0.0.1");
    assert_int_equal(raw_server_requests(world.server), 2);
    assert_int_equal(world_get(&world, "/c"), LOOM_OK);
    world_close(&world);
    world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    assert_int_equal(world_get(&world, "/a"), LOOM_OK);
    assert_int_equal(world_get(&world, "/b"), LOOM_OK);
    assert_int_equal(raw_server_requests(world.server), 3);
    world_close(&world);
}

/* NET-26 */
static void send_to_another_server_starts_afresh(void **state) {
    (void)state;
    static const struct raw_step TWICE[] = {{RAW_READ, NULL, 0},
                                            {RAW_SEND, WORLD_OK, 0},
                                            {RAW_READ, NULL, 0},
                                            {RAW_SEND, WORLD_OK, 0},
                                            {RAW_STALL, NULL, 0}};
    static const struct raw_step *const SCRIPT[] = {TWICE, NULL};
    struct world world, other;
    world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    world_open(&other, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    assert_int_equal(world_post_secrets(&world, "/a"), LOOM_OK);
    assert_int_equal(
        world_send(&world, (struct loom_http_request){.origin = &other.origin, .path = "/b"}),
        LOOM_OK);
    assert_int_equal(world_get(&world, "/c"), LOOM_OK);
    assert_int_equal(raw_server_connections(world.server), 2);
    assert_null(strstr(raw_server_heard(other.server), "MARKER"));
    assert_null(strcasestr(raw_server_heard(other.server), "Authorization"));
    world_close(&other);
    world_close(&world);
}

/* A path is part of a server's identity, a CA file part of what it is trusted for. */
static void send_to_another_path_or_ca_file_starts_afresh(void **state) {
    (void)state;
    static const struct raw_step STAY[] = {
        {RAW_READ, NULL, 0}, {RAW_SEND, WORLD_OK, 0}, {RAW_STALL, NULL, 0}};
    static const struct raw_step *const SCRIPT[] = {STAY, NULL};
    struct world world;
    world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    struct loom_origin tenant = world.origin;
    (void)strcat(tenant.url, "/tenant");
    assert_int_equal(world_get(&world, "/a"), LOOM_OK);
    assert_int_equal(world_send(&world, (struct loom_http_request){.origin = &tenant, .path = "/"}),
                     LOOM_OK);
    assert_int_equal(raw_server_connections(world.server), 2);
    assert_int_equal(world_send(&world, (struct loom_http_request){.origin = &tenant,
                                                                   .ca_file = "/nowhere/ca.pem",
                                                                   .path = "/"}),
                     LOOM_OK); /* not read: there is no TLS */
    assert_int_equal(raw_server_connections(world.server), 3);
    world_close(&world);
}

/* MEM-09: a write into a connection that is gone must not raise SIGPIPE, which ends the process. */
static void send_to_a_server_that_resets_is_unreachable(void **state) {
    (void)state;
    static const struct raw_step RESET[] = {{RAW_RESET, NULL, 0}};
    static const struct raw_step *const SCRIPT[] = {RESET, NULL};
    struct world world;
    world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    for (int i = 0; i < 5; i++)
        assert_int_equal(world_post_secrets(&world, "/"), LOOM_ERR_UNREACHABLE);
    assert_string_equal(world.error.detail, "127.0.0.1");
    world_close(&world);
}

static void send_where_nobody_listens_is_unreachable(void **state) {
    (void)state;
    struct world world;
    world_open_answer(&world, WORLD_OK);
    raw_server_stop(world.server);
    world.server = NULL;
    assert_int_equal(world_get(&world, "/"), LOOM_ERR_UNREACHABLE);
    assert_true(world.error.os_error != 0);
    assert_string_equal(world.error.detail, "127.0.0.1");
    world_close(&world);
}

/* NET-06 */
static void send_to_every_loopback_host_is_allowed(void **state) {
    (void)state;
    static const struct raw_step STEPS[] = {
        {RAW_READ, NULL, 0}, {RAW_SEND, WORLD_OK, 0}, {RAW_END, NULL, 0}};
    static const struct raw_step *const SCRIPT[] = {STEPS, NULL};
    static const char *const HOSTS[] = {"127.0.0.1", "localhost", "[::1]"};
    bool has_v6 = access("/proc/net/if_inet6", R_OK) == 0;
    for (size_t i = 0; i < (has_v6 ? 3 : 2); i++) {
        struct world world;
        world_open(&world, &(struct raw_config){.scripts = SCRIPT, .is_v6 = i == 2}, HOSTS[i]);
        assert_int_equal(world_get(&world, "/"), LOOM_OK);
        assert_non_null(strstr(raw_server_heard(world.server), HOSTS[i]));
        world_close(&world);
    }
}

static void client_without_stop_descriptor_works(void **state) {
    (void)state;
    struct world world;
    const int none = -1;
    const int *const stop_fds[] = {NULL, &none};
    world_open_answer(&world, WORLD_OK);
    for (size_t i = 0; i < 2; i++) {
        loom_http_client_free(world.client);
        assert_int_equal(loom_http_client_new(stop_fds[i], &world.client), LOOM_OK);
        world.http = loom_http_client_port(world.client);
        assert_int_equal(world_get(&world, "/"), LOOM_OK);
    }
    world_close(&world);
    loom_http_client_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_twice_reuses_the_connection_and_no_state),
        cmocka_unit_test(send_after_the_server_hung_up_connects_again),
        cmocka_unit_test(send_after_an_answer_nobody_asked_for_connects_again),
        cmocka_unit_test(send_on_a_connection_that_dies_repeats_a_get_alone),
        cmocka_unit_test(send_to_another_server_starts_afresh),
        cmocka_unit_test(send_to_another_path_or_ca_file_starts_afresh),
        cmocka_unit_test(send_to_a_server_that_resets_is_unreachable),
        cmocka_unit_test(send_where_nobody_listens_is_unreachable),
        cmocka_unit_test(send_to_every_loopback_host_is_allowed),
        cmocka_unit_test(client_without_stop_descriptor_works),
    };
    return cmocka_run_group_tests_name("http/connection", tests, world_forget_environment, NULL);
}
