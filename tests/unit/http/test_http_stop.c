/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C ends a request within 200 ms wherever it is; a name look-up that hangs holds nobody up. */
#include "unit/http/fake_names.h"
#include "unit/http/http_world.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STOP_MS = 200, ATTEMPTS = 6 };

/* A pipe whose far end is the stop descriptor is told by the server, at the step where it is. */
static struct raw_step steps[4];
static const struct raw_step *const SCRIPT[] = {steps, NULL};

static void play(struct raw_step first, struct raw_step second, struct raw_step third) {
    steps[0] = first;
    steps[1] = second;
    steps[2] = third;
    steps[3] = (struct raw_step){.action = RAW_STALL};
}

static void forget_stop(const struct world *world) {
    char byte;
    struct pollfd fd = {.fd = world->stop_fds[0], .events = POLLIN};
    while (poll(&fd, 1, 0) == 1)
        assert_int_equal(read(world->stop_fds[0], &byte, 1), 1);
}

/* The machine may be busy: the best of some attempts counts. */
static void check_stopped(struct world *world) {
    int64_t best_ms = INT64_MAX;
    for (int i = 0; i < ATTEMPTS && best_ms > STOP_MS; i++) {
        int64_t start_ms = world_now_ms();
        assert_int_equal(world_get(world, "/"), LOOM_ERR_INTERRUPTED);
        int64_t took_ms = world_now_ms() - start_ms;
        best_ms = took_ms < best_ms ? took_ms : best_ms;
        assert_true(took_ms < 10000);
        forget_stop(world);
    }
    assert_true(best_ms <= STOP_MS);
}

/* Reading the system's many certificates would be most of what is measured: one will do. */
static char folder[64];

static int make_authority(void **state) {
    struct certificate authority;
    char path[96];
    (void)world_forget_environment(state);
    world_make_folder(folder);
    (void)snprintf(path, sizeof path, "%sca.pem", folder);
    certificate_make(&(struct certificate_spec){.name = "CA", .is_authority = true, .to_s = 3600},
                     NULL, &authority);
    certificate_write(&authority, path);
    certificate_clear(&authority);
    return setenv("SSL_CERT_FILE", path, 1);
}

static int remove_authority(void **state) {
    world_remove_folder(folder);
    return world_forget_environment(state);
}

static void open_world(struct world *world) {
    world_open(world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    for (size_t i = 0; i < 4; i++)
        if (steps[i].action == RAW_TELL)
            steps[i].number = world->stop_fds[1];
}

static const struct raw_step READ = {.action = RAW_READ};
static const struct raw_step TELL = {.action = RAW_TELL};
static const struct raw_step STALL = {.action = RAW_STALL};

static void send_stopped_before_it_begins_connects_nowhere(void **state) {
    (void)state;
    struct world world;
    play(READ, STALL, STALL);
    open_world(&world);
    assert_int_equal(write(world.stop_fds[1], "!", 1), 1);
    assert_int_equal(world_get(&world, "/"), LOOM_ERR_INTERRUPTED);
    assert_int_equal(world_get(&world, "/"), LOOM_ERR_INTERRUPTED); /* it stays so */
    assert_int_equal(raw_server_connections(world.server), 0);
    world_close(&world);
}

static void send_stopped_waiting_for_the_answer_ends_at_once(void **state) {
    (void)state;
    struct world world;
    play(READ, TELL, STALL);
    open_world(&world);
    check_stopped(&world);
    world_close(&world);
}

static void send_stopped_in_the_body_ends_at_once(void **state) {
    (void)state;
    struct world world;
    play(READ, (struct raw_step){RAW_SEND, WORLD_JSON_HEAD "Content-Length: 99\r\n\r\n{", 0}, TELL);
    open_world(&world);
    check_stopped(&world);
    world_close(&world);
}

/* ---- What must complete ---- */

static struct loom_http_request must_complete(void) {
    return (struct loom_http_request){.method = LOOM_HTTP_POST,
                                      .path = "/",
                                      .content_type = "text/plain",
                                      .body = "b",
                                      .body_len = 1,
                                      .timeout_ms = 5000,
                                      .must_complete = true};
}

/* Its answer cannot be had again: it is waited for, and the next request stops as ever. */
static void send_of_what_must_complete_is_not_stopped_once_it_is_sent(void **state) {
    (void)state;
    struct world world;
    play(READ, TELL, (struct raw_step){RAW_SEND, WORLD_OK, 0});
    open_world(&world);
    assert_int_equal(world_send(&world, must_complete()), LOOM_OK);
    assert_int_equal(world.response.status, 200);
    assert_int_equal(world_get(&world, "/"), LOOM_ERR_INTERRUPTED);
    world_close(&world);
}

static void send_of_what_must_complete_still_ends_at_its_deadline(void **state) {
    (void)state;
    struct world world;
    struct loom_http_request request = must_complete();
    request.timeout_ms = 300;
    play(READ, TELL, STALL);
    open_world(&world);
    int64_t start_ms = world_now_ms();
    assert_int_equal(world_send(&world, request), LOOM_ERR_TIMEOUT);
    assert_true(world_now_ms() - start_ms >= 290);
    world_close(&world);
}

/* Nothing is lost where nothing was sent. */
static void send_of_what_must_complete_is_stopped_before_it_is_sent(void **state) {
    (void)state;
    struct world world;
    play(READ, STALL, STALL);
    open_world(&world);
    assert_int_equal(write(world.stop_fds[1], "!", 1), 1);
    assert_int_equal(world_send(&world, must_complete()), LOOM_ERR_INTERRUPTED);
    assert_int_equal(raw_server_connections(world.server), 0);
    world_close(&world);
    play(TELL, STALL, STALL);
    open_world(&world);
    world.origin = world_origin("https", "127.0.0.1", raw_server_port(world.server));
    assert_int_equal(world_send(&world, must_complete()), LOOM_ERR_INTERRUPTED);
    world_close(&world);
}

static void send_stopped_in_the_handshake_ends_at_once(void **state) {
    (void)state;
    struct world world;
    play(TELL, STALL, STALL);
    open_world(&world);
    world.origin = world_origin("https", "127.0.0.1", raw_server_port(world.server));
    check_stopped(&world);
    world_close(&world);
}

/* The look-up itself asks to stop, and then never answers. */
static void send_stopped_in_a_look_up_ends_at_once(void **state) {
    (void)state;
    struct world world;
    play(READ, STALL, STALL);
    open_world(&world);
    world.origin = world_origin("https", "hanging.test", 443);
    fake_names_hang(world.stop_fds[1]);
    check_stopped(&world);
    int64_t start_ms = world_now_ms();
    loom_http_client_free(world.client); /* does not wait for the look-up either */
    world.client = NULL;
    assert_true(world_now_ms() - start_ms < 10000);
    fake_names_release();
    world_close(&world);
}

/* TM-110 */
static void send_with_a_look_up_that_hangs_ends_at_the_deadline(void **state) {
    (void)state;
    struct world world;
    play(READ, STALL, STALL);
    open_world(&world);
    world.origin = world_origin("https", "hanging.test", 443);
    fake_names_hang(-1);
    int64_t start_ms = world_now_ms();
    assert_int_equal(world_send(&world, (struct loom_http_request){.path = "/", .timeout_ms = 200}),
                     LOOM_ERR_TIMEOUT);
    assert_true(world_now_ms() - start_ms >= 190);
    assert_true(world_now_ms() - start_ms < 10000);
    assert_string_equal(world.error.detail, "hanging.test");
    fake_names_release();
    world_close(&world);
}

static void send_through_a_silent_proxy_stopped_ends_at_once(void **state) {
    (void)state;
    (void)state;
    struct world world;
    char proxy[64];
    play(READ, TELL, STALL);
    open_world(&world);
    (void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", raw_server_port(world.server));
    assert_int_equal(setenv("https_proxy", proxy, 1), 0);
    world.origin = world_origin("https", "loom.test", 443);
    check_stopped(&world);
    assert_int_equal(unsetenv("https_proxy"), 0);
    world_close(&world);
}

/* ---- A port that answers nothing: its queue of connections is full ---- */

enum { FILLERS_MAX = 16 };

struct hole {
    int listen_fd;
    int fillers[FILLERS_MAX];
    int count;
    uint16_t port;
};

/* True: the connection stood within 100 ms. */
static bool fill(struct hole *hole, const struct sockaddr *address, socklen_t len) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    hole->fillers[hole->count++] = fd;
    (void)connect(fd, address, len);
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    return poll(&writable, 1, 100) == 1;
}

/* False: this machine has no such address. */
static bool hole_open(struct hole *hole, int family) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    memset(&address, 0, sizeof address);
    *hole = (struct hole){.listen_fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (family == AF_INET)
        address.v4 =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    else
        address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    socklen_t len = family == AF_INET ? sizeof address.v4 : sizeof address.v6;
    if (hole->listen_fd < 0 || bind(hole->listen_fd, &address.any, len) != 0)
        return false;
    assert_int_equal(listen(hole->listen_fd, 0), 0);
    assert_int_equal(getsockname(hole->listen_fd, &address.any, &len), 0);
    hole->port = ntohs(family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    while (hole->count < FILLERS_MAX && fill(hole, &address.any, len))
        continue;
    assert_true(hole->count < FILLERS_MAX);
    return true;
}

static void hole_close(struct hole *hole) {
    for (int i = 0; i < hole->count; i++)
        (void)close(hole->fillers[i]);
    if (hole->listen_fd >= 0)
        (void)close(hole->listen_fd);
}

static void *stop_soon(void *context) {
    const struct world *world = context;
    (void)nanosleep(&(struct timespec){.tv_nsec = 50L * 1000 * 1000}, NULL);
    return write(world->stop_fds[1], "!", 1) == 1 ? NULL : context;
}

static void send_stopped_while_connecting_ends_at_once(void **state) {
    (void)state;
    struct world world;
    struct hole hole;
    play(READ, STALL, STALL);
    open_world(&world);
    assert_true(hole_open(&hole, AF_INET));
    world.origin = world_origin("http", "127.0.0.1", hole.port);
    int64_t best_ms = INT64_MAX;
    for (int i = 0; i < ATTEMPTS && best_ms > STOP_MS; i++) {
        pthread_t thread;
        int64_t start_ms = world_now_ms();
        assert_int_equal(pthread_create(&thread, NULL, stop_soon, &world), 0);
        assert_int_equal(world_get(&world, "/"), LOOM_ERR_INTERRUPTED);
        int64_t took_ms = world_now_ms() - start_ms;
        best_ms = took_ms < best_ms ? took_ms : best_ms;
        assert_int_equal(pthread_join(thread, NULL), 0);
        forget_stop(&world);
    }
    assert_true(best_ms <= STOP_MS);
    hole_close(&hole);
    world_close(&world);
}

static void send_to_a_port_that_answers_nothing_times_out(void **state) {
    (void)state;
    struct world world;
    struct hole hole;
    play(READ, STALL, STALL);
    open_world(&world);
    assert_true(hole_open(&hole, AF_INET));
    world.origin = world_origin("http", "127.0.0.1", hole.port);
    assert_int_equal(world_send(&world, (struct loom_http_request){.path = "/", .timeout_ms = 200}),
                     LOOM_ERR_TIMEOUT);
    hole_close(&hole);
    world_close(&world);
}

/* NET-31: the first of two addresses answers nothing, the second is tried in time. */
static void send_with_a_dead_first_address_takes_the_second(void **state) {
    (void)state;
    struct world world;
    struct hole hole;
    if (!hole_open(&hole, AF_INET6)) {
        hole_close(&hole);
        skip();
    }
    play(READ, (struct raw_step){RAW_SEND, WORLD_OK, 0}, STALL);
    world_open(&world, &(struct raw_config){.scripts = SCRIPT, .port = hole.port}, "localhost");
    int64_t start_ms = world_now_ms();
    assert_int_equal(world_get(&world, "/"), LOOM_OK);
    assert_true(world_now_ms() - start_ms < LOOM_HTTP_CONNECT_MS);
    hole_close(&hole);
    world_close(&world);
}

static void send_with_a_refusing_first_address_takes_the_second(void **state) {
    (void)state;
    struct world world;
    play(READ, (struct raw_step){RAW_SEND, WORLD_OK, 0}, STALL);
    world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "localhost");
    assert_int_equal(world_get(&world, "/"), LOOM_OK);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_stopped_before_it_begins_connects_nowhere),
        cmocka_unit_test(send_stopped_waiting_for_the_answer_ends_at_once),
        cmocka_unit_test(send_stopped_in_the_body_ends_at_once),
        cmocka_unit_test(send_of_what_must_complete_is_not_stopped_once_it_is_sent),
        cmocka_unit_test(send_of_what_must_complete_still_ends_at_its_deadline),
        cmocka_unit_test(send_of_what_must_complete_is_stopped_before_it_is_sent),
        cmocka_unit_test(send_stopped_in_the_handshake_ends_at_once),
        cmocka_unit_test(send_stopped_in_a_look_up_ends_at_once),
        cmocka_unit_test(send_with_a_look_up_that_hangs_ends_at_the_deadline),
        cmocka_unit_test(send_through_a_silent_proxy_stopped_ends_at_once),
        cmocka_unit_test(send_stopped_while_connecting_ends_at_once),
        cmocka_unit_test(send_to_a_port_that_answers_nothing_times_out),
        cmocka_unit_test(send_with_a_dead_first_address_takes_the_second),
        cmocka_unit_test(send_with_a_refusing_first_address_takes_the_second),
    };
    return cmocka_run_group_tests_name("http/stop", tests, make_authority, remove_authority);
}
