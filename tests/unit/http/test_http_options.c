/* SPDX-License-Identifier: Apache-2.0 */
/* What libcurl is told, what happens when it does not take it, and where a socket may lead. */
#include "http/http_priv.h"
#include "unit/http/http_world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPTIONS_MAX = 64, NEVER = -1 };

static const struct raw_step ANSWER[] = {
    {RAW_READ, NULL, 0}, {RAW_SEND, WORLD_OK, 0}, {RAW_END, NULL, 0}};
static const struct raw_step *const SCRIPT[] = {ANSWER, NULL};

/* ---- A libcurl that notes what it is told, and refuses one option ---- */

static struct {
    struct loom_curl curl;
    const struct loom_curl *real;
    int calls, failing_call;
    CURLcode refusal;
    struct {
        CURLoption option;
        long number;  /* of options that take one */
        bool is_null; /* of the others: the null pointer was given */
    } noted[OPTIONS_MAX];
    long connect_timeout_ms; /* 0: as told */
    const char *connect_to;
} fake;

static CURLcode note_option(CURL *easy, CURLoption option, ...) {
    va_list args;
    va_start(args, option);
    bool is_number = option < CURLOPTTYPE_OBJECTPOINT;
    long number = is_number ? va_arg(args, long) : 0;
    void *pointer = is_number ? NULL : va_arg(args, void *);
    va_end(args);
    assert_true(fake.calls < OPTIONS_MAX && option < CURLOPTTYPE_OFF_T + 20000);
    fake.noted[fake.calls].option = option;
    fake.noted[fake.calls].number = number;
    fake.noted[fake.calls].is_null = !is_number && pointer == NULL;
    if (fake.calls++ == fake.failing_call)
        return fake.refusal;
    if (option == CURLOPT_CONNECTTIMEOUT_MS && fake.connect_timeout_ms != 0)
        number = fake.connect_timeout_ms;
    return is_number ? fake.real->easy_setopt(easy, option, number)
                     : fake.real->easy_setopt(easy, option, pointer);
}

static char folder[64], authority_file[96];

static int make_authority(void **state) {
    struct certificate authority;
    world_make_folder(folder);
    (void)snprintf(authority_file, sizeof authority_file, "%sca.pem", folder);
    certificate_make(&(struct certificate_spec){.name = "CA", .is_authority = true, .to_s = 3600},
                     NULL, &authority);
    certificate_write(&authority, authority_file);
    certificate_clear(&authority);
    return world_forget_environment(state);
}

static int remove_authority(void **state) {
    (void)state;
    world_remove_folder(folder);
    return 0;
}

static int make_fake(void **state) {
    (void)world_forget_environment(state);
    memset(&fake, 0, sizeof fake);
    fake.failing_call = NEVER;
    assert_int_equal(loom_curl_get(&fake.real, NULL), LOOM_OK);
    fake.curl = *fake.real;
    fake.curl.easy_setopt = note_option;
    return 0;
}

static void open_world(struct world *world) {
    world_open(world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
    world->client->curl = &fake.curl;
    fake.calls = 0;
}

/* The last value that an option was given; fails when it was not set. */
static long noted_number(CURLoption option) {
    for (int i = fake.calls - 1; i >= 0; i--)
        if (fake.noted[i].option == option)
            return fake.noted[i].number;
    fail_msg("option %d is not set", option);
    return 0;
}

/* ---- Options ---- */

static void send_sets_what_keeps_it_safe(void **state) {
    (void)state;
    static const struct {
        CURLoption option;
        long number;
    } EXPECTED[] = {
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_PROXY_SSL_VERIFYPEER, 1},
        {CURLOPT_PROXY_SSL_VERIFYHOST, 2},
        {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_UNRESTRICTED_AUTH, 0},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_HTTPAUTH, 0},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_QUICK_EXIT, 1},
        {CURLOPT_HTTP09_ALLOWED, 0},
        {CURLOPT_MAXAGE_CONN, 2},
        {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE},
        {CURLOPT_TIMEOUT_MS, LOOM_HTTP_TOTAL_MS},
        {CURLOPT_CONNECTTIMEOUT_MS, LOOM_HTTP_CONNECT_MS},
    };
    struct world world;
    open_world(&world);
    assert_int_equal(world_get(&world, "/"), LOOM_OK);
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++)
        assert_int_equal(noted_number(EXPECTED[i].option), EXPECTED[i].number);
    (void)noted_number(CURLOPT_PROTOCOLS_STR);
    for (int i = 0; i < fake.calls; i++) {
        static const CURLoption NEVER_SET[] = {
            CURLOPT_COOKIEFILE, CURLOPT_COOKIEJAR,      CURLOPT_HSTS,       CURLOPT_ALTSVC,
            CURLOPT_USERPWD,    CURLOPT_COPYPOSTFIELDS, CURLOPT_NETRC_FILE, CURLOPT_ERRORBUFFER,
            CURLOPT_VERBOSE,    CURLOPT_ACCEPT_ENCODING};
        for (size_t j = 0; j < sizeof NEVER_SET / sizeof NEVER_SET[0]; j++)
            assert_int_not_equal(fake.noted[i].option, NEVER_SET[j]);
    }
    world_close(&world);
}

static bool is_nulled(CURLoption option) {
    for (int i = 0; i < fake.calls; i++)
        if (fake.noted[i].option == option && fake.noted[i].is_null)
            return true;
    return false;
}

/* What replaces the system's authorities replaces the folder of them, which libcurl adds itself. */
static void send_with_replaced_authorities_drops_the_folder(void **state) {
    (void)state;
    static const char *const VARIABLES[] = {"SSL_CERT_FILE", "LOOM_CA_FILE"};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        open_world(&world);
        world.origin = world_origin("https", "127.0.0.1", raw_server_port(world.server));
        assert_int_equal(setenv(VARIABLES[i], authority_file, 1), 0);
        assert_int_equal(
            world_send(&world, (struct loom_http_request){.path = "/", .timeout_ms = 50}),
            LOOM_ERR_TIMEOUT);
        (void)noted_number(CURLOPT_CAINFO_BLOB);
        (void)noted_number(CURLOPT_PROXY_CAINFO_BLOB);
        assert_int_equal(is_nulled(CURLOPT_CAPATH), i == 0);
        assert_int_equal(is_nulled(CURLOPT_PROXY_CAPATH), i == 0);
        (void)world_forget_environment(state);
        world_close(&world);
    }
}

static void send_shorter_time_bounds_the_connection_too(void **state) {
    (void)state;
    struct world world;
    open_world(&world);
    assert_int_equal(
        world_send(&world, (struct loom_http_request){.path = "/", .timeout_ms = 5000}), LOOM_OK);
    assert_int_equal(noted_number(CURLOPT_TIMEOUT_MS), 5000);
    assert_int_equal(noted_number(CURLOPT_CONNECTTIMEOUT_MS), 5000);
    world_close(&world);
}

/* Each option fails once; https with all authorities sets the most of them. */
static void fail_each_option(struct world *world, const struct loom_http_request *request) {
    fake.failing_call = NEVER;
    fake.calls = 0;
    enum loom_err err = world_send(world, *request);
    assert_true(err == LOOM_OK || err == LOOM_ERR_TIMEOUT);
    int all = fake.calls, connections = raw_server_connections(world->server);
    assert_true(all > 20);
    /* Too old for it, built without it, and out of memory. */
    static const CURLcode refusals[] = {CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN,
                                        CURLE_OUT_OF_MEMORY};
    for (int i = 0; i < all; i++) {
        fake.failing_call = i;
        fake.refusal = refusals[i % 3];
        fake.calls = 0;
        assert_int_equal(world_send(world, *request), LOOM_ERR_INTERNAL);
        assert_string_equal(world->error.detail, "libcurl lacks an option that is needed");
        assert_int_equal(fake.calls, i + 1); /* nothing is set after it */
    }
    assert_int_equal(raw_server_connections(world->server), connections);
}

/* Rule 2: a failure to set means no request. ENV-11 */
static void send_any_option_refused_sends_nothing(void **state) {
    (void)state;
    assert_int_equal(setenv("SSL_CERT_FILE", authority_file, 1), 0);
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    assert_int_equal(loom_secret_new(WORLD_TOKEN, strlen(WORLD_TOKEN), &token), LOOM_OK);
    struct world world;
    open_world(&world);
    struct loom_origin secure = world_origin("https", "127.0.0.1", raw_server_port(world.server));
    fail_each_option(&world, &(struct loom_http_request){.origin = &secure,
                                                         .ca_file = authority_file,
                                                         .method = LOOM_HTTP_POST,
                                                         .path = "/",
                                                         .content_type = "a/b",
                                                         .body = "x",
                                                         .body_len = 1,
                                                         .bearer = token,
                                                         .timeout_ms = 100});
    fail_each_option(&world, &(struct loom_http_request){.path = "/"});
    world_close(&world);
    (void)world_forget_environment(state);
}

/* ---- Everything else of libcurl that can fail ---- */

static CURL *no_easy(void) {
    return NULL;
}

static CURLM *no_multi(void) {
    return NULL;
}

static CURLMcode refuse_multi_option(CURLM *multi, CURLMoption option, ...) {
    (void)multi;
    (void)option;
    return CURLM_UNKNOWN_OPTION;
}

static CURLMcode refuse_handle(CURLM *multi, CURL *easy) {
    (void)multi;
    (void)easy;
    return CURLM_OUT_OF_MEMORY;
}

static CURLMcode refuse_to_perform(CURLM *multi, int *running) {
    (void)multi;
    (void)running;
    return CURLM_INTERNAL_ERROR;
}

static CURLMcode refuse_to_poll(CURLM *multi, struct curl_waitfd *fds, unsigned count, int wait_ms,
                                int *ready) {
    (void)multi, (void)fds, (void)count, (void)wait_ms, (void)ready;
    return CURLM_UNRECOVERABLE_POLL;
}

static void send_any_failure_of_libcurl_sends_nothing(void **state) {
    for (int i = 0; i < 6; i++) {
        (void)make_fake(state);
        struct world world;
        open_world(&world);
        fake.curl.easy_init = i == 0 ? no_easy : fake.curl.easy_init;
        fake.curl.multi_init = i == 1 ? no_multi : fake.curl.multi_init;
        fake.curl.multi_setopt = i == 2 ? refuse_multi_option : fake.curl.multi_setopt;
        fake.curl.multi_add_handle = i == 3 ? refuse_handle : fake.curl.multi_add_handle;
        fake.curl.multi_perform = i == 4 ? refuse_to_perform : fake.curl.multi_perform;
        fake.curl.multi_poll = i == 5 ? refuse_to_poll : fake.curl.multi_poll;
        assert_int_equal(world_post_secrets(&world, "/"), LOOM_ERR_INTERNAL);
        assert_int_equal(raw_server_connections(world.server), 0);
        fake.curl = *fake.real;
        assert_int_equal(world_post_secrets(&world, "/"), LOOM_OK); /* and recovers */
        world_close(&world);
    }
}

/* ---- Where a socket may lead ---- */

static curl_socket_t dial(const struct loom_origin *origin, int family, const char *text,
                          curlsocktype purpose) {
    struct loom_http_request request = {.origin = origin};
    const struct loom_http_client client = {.probe = NULL};
    struct loom_http_exchange exchange = {.client = &client, .request = &request};
    union {
        struct curl_sockaddr address;
        char room[sizeof(struct curl_sockaddr) + sizeof(struct sockaddr_in6)];
    } to = {.address = {.family = family, .socktype = SOCK_STREAM}};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(443)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
    bool is_v4 = family == AF_INET;
    if (text != NULL)
        assert_int_equal(
            inet_pton(family, text, is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr), 1);
    to.address.addrlen = is_v4 ? sizeof v4 : sizeof v6;
    char *at = to.room + offsetof(struct curl_sockaddr, addr);
    memcpy(at, is_v4 ? (void *)&v4 : (void *)&v6, to.address.addrlen);
    curl_socket_t fd = loom_http_open_socket(&exchange, purpose, &to.address);
    assert_true(exchange.has_dialled);
    assert_int_equal(exchange.dialled_port, 443);
    return fd;
}

/* NET-06, NET-30 */
static void open_socket_of_loopback_leads_to_loopback_alone(void **state) {
    (void)state;
    static const struct {
        int family;
        const char *address;
        bool is_allowed;
    } CASES[] = {
        {AF_INET, "127.0.0.1", true},  {AF_INET, "127.255.255.254", true},
        {AF_INET, "126.0.0.1", false}, {AF_INET, "128.0.0.1", false},
        {AF_INET, "0.0.0.0", false},   {AF_INET, "1.0.0.127", false},
        {AF_INET, "10.0.0.1", false},  {AF_INET, "169.254.169.254", false},
        {AF_INET6, "::1", true},       {AF_INET6, "::", false},
        {AF_INET6, "::2", false},      {AF_INET6, "::ffff:127.0.0.1", false},
        {AF_INET6, "fe80::1", false},  {AF_INET6, "::127.0.0.1", false},
        {AF_INET6, "fd00::1", false},
    };
    struct loom_origin inside = world_origin("https", "localhost", 443);
    struct loom_origin outside = world_origin("https", "loom.example.com", 443);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        curl_socket_t fd = dial(&inside, CASES[i].family, CASES[i].address, CURLSOCKTYPE_IPCXN);
        if ((fd != CURL_SOCKET_BAD) != CASES[i].is_allowed)
            fail_msg("%s", CASES[i].address);
        if (fd != CURL_SOCKET_BAD)
            (void)close(fd);
        fd = dial(&outside, CASES[i].family, CASES[i].address, CURLSOCKTYPE_IPCXN);
        assert_true(fd >= 0);
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        (void)close(fd);
    }
    assert_int_equal(dial(&outside, AF_INET, "127.0.0.1", CURLSOCKTYPE_ACCEPT), CURL_SOCKET_BAD);
}

/* A handle that sends the loopback name elsewhere, as a resolver might. */
static CURL *rerouted_easy(void) {
    static struct curl_slist to = {.data = NULL, .next = NULL};
    static char text[] = "127.0.0.1::192.0.2.1:";
    to.data = text;
    CURL *easy = fake.real->easy_init();
    assert_int_equal(fake.real->easy_setopt(easy, CURLOPT_CONNECT_TO, &to), CURLE_OK);
    return easy;
}

static void send_to_loopback_that_leads_elsewhere_is_unreachable(void **state) {
    (void)state;
    struct world world;
    open_world(&world);
    fake.curl.easy_init = rerouted_easy;
    int64_t start_ms = world_now_ms();
    assert_int_equal(world_post_secrets(&world, "/"), LOOM_ERR_UNREACHABLE);
    assert_true(world_now_ms() - start_ms < 5000); /* 192.0.2.1 answers nobody */
    world_close(&world);
}

/* TM-11: the time for connecting covers TLS; it is set to 150 ms here, the whole stays at 30 s. */
static void send_to_a_server_without_handshake_ends_early(void **state) {
    (void)state;
    static const struct raw_step STALL[] = {{RAW_STALL, NULL, 0}};
    static const struct raw_step *const STALL_SCRIPT[] = {STALL, NULL};
    struct world world;
    world_open(&world, &(struct raw_config){.scripts = STALL_SCRIPT}, "127.0.0.1");
    world.origin = world_origin("https", "127.0.0.1", raw_server_port(world.server));
    world.client->curl = &fake.curl;
    fake.connect_timeout_ms = 150;
    int64_t start_ms = world_now_ms();
    assert_int_equal(world_get(&world, "/"), LOOM_ERR_TIMEOUT);
    assert_true(world_now_ms() - start_ms < 10000);
    assert_int_equal(raw_server_connections(world.server), 1);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(send_sets_what_keeps_it_safe, make_fake),
        cmocka_unit_test_setup(send_with_replaced_authorities_drops_the_folder, make_fake),
        cmocka_unit_test_setup(send_shorter_time_bounds_the_connection_too, make_fake),
        cmocka_unit_test_setup(send_any_option_refused_sends_nothing, make_fake),
        cmocka_unit_test_setup(send_any_failure_of_libcurl_sends_nothing, make_fake),
        cmocka_unit_test(open_socket_of_loopback_leads_to_loopback_alone),
        cmocka_unit_test_setup(send_to_loopback_that_leads_elsewhere_is_unreachable, make_fake),
        cmocka_unit_test_setup(send_to_a_server_without_handshake_ends_early, make_fake),
    };
    return cmocka_run_group_tests_name("http/options", tests, make_authority, remove_authority);
}
