/* SPDX-License-Identifier: Apache-2.0 */
/* What status finds out about a server: here, and by asking; many at once, in five seconds. */
#include "cli/status_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/environment_token.h"
#include "store/store.h"
#include "support/expect.h"
#include "support/fake_clock.h"
#include "system/parallel.h"
#include "unit/cli/cli_world.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#define SERVER "https://loom.example.com"
#define ME "{\"id\":\"u1\",\"display_name\":\"Grace\"}"
#define METADATA(userinfo)                                                                         \
    "{\"issuer\":\"" SERVER "\",\"device_authorization_endpoint\":\"" SERVER                       \
    "/device\",\"token_endpoint\":\"" SERVER "/token\",\"userinfo_endpoint\":\"" userinfo "\"}"

enum { NOW_S = 1700000000, MANY = 2 * LOOM_PARALLEL_MAX + 3 };

/* ---- A world whose servers say what they are told to, in whatever thread ---- */

struct reply {
    const char *host, *path; /* NULL: whichever */
    enum loom_err err;
    long status;
    const char *json;
};

static const struct reply *replies;
static size_t replies_count;
static atomic_int opened, closed, sent;
static atomic_int timeouts[MANY]; /* by the number at the end of the server's path */
static bool is_memory_short;

static enum loom_err send_reply(void *context, const struct loom_http_request *request,
                                struct loom_http_response *out_response, struct loom_error *error) {
    (void)context;
    atomic_fetch_add(&sent, 1);
    const char *number = strrchr(request->origin->url, '/') + 1;
    if (strspn(number, "0123456789") == strlen(number))
        atomic_store(&timeouts[strtol(number, NULL, 10)], request->timeout_ms);
    for (size_t i = 0; i < replies_count; i++) {
        const struct reply *reply = &replies[i];
        if ((reply->host != NULL && strstr(request->origin->url, reply->host) == NULL) ||
            (reply->path != NULL && strcmp(request->path, reply->path) != 0))
            continue;
        if (reply->err != LOOM_OK)
            return loom_error_set(error, reply->err);
        *out_response = (struct loom_http_response)LOOM_HTTP_RESPONSE_INIT;
        out_response->status = reply->status;
        out_response->is_json = true;
        return loom_buffer_add_text(&out_response->body, reply->json);
    }
    return loom_error_set(error, LOOM_ERR_UNREACHABLE);
}

static enum loom_err open_http(struct loom_http *out_http) {
    if (is_memory_short)
        return LOOM_ERR_INTERNAL;
    atomic_fetch_add(&opened, 1);
    *out_http = (struct loom_http){.send = send_reply};
    return LOOM_OK;
}

static void close_http(struct loom_http *http) {
    assert_true(http->send == send_reply);
    atomic_fetch_add(&closed, 1);
}

static struct cli_world world;
static struct fake_clock hands;

#define SAYS(rows)                                                                                 \
    do {                                                                                           \
        replies = (rows);                                                                          \
        replies_count = sizeof(rows) / sizeof(rows)[0];                                            \
    } while (0)

static int set_up(void **state) {
    (void)state;
    cli_world_open(&world);
    hands = (struct fake_clock)FAKE_CLOCK_INIT;
    world.ports.clock = fake_clock_port(&hands);
    world.ports.open_http = open_http;
    world.ports.close_http = close_http;
    (void)snprintf(world.cli.paths.data, sizeof world.cli.paths.data, "/nonexistent/loom");
    replies_count = 0;
    is_memory_short = false;
    atomic_store(&opened, 0);
    atomic_store(&closed, 0);
    atomic_store(&sent, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    assert_int_equal(atomic_load(&opened), atomic_load(&closed));
    cli_world_close(&world);
    cli_world_calm_environment();
    return 0;
}

static void keep(int64_t expires_at, bool is_refreshable, const char *userinfo) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    credential.has_origin = true;
    credential.origin = cli_world_origin(SERVER);
    credential.expires_at = expires_at;
    credential.dialect =
        is_refreshable || userinfo != NULL ? LOOM_DIALECT_OAUTH : LOOM_DIALECT_LOOM;
    assert_int_equal(loom_secret_new("lt_x", 4, &credential.token), LOOM_OK);
    if (is_refreshable)
        assert_int_equal(loom_secret_new("rt_x", 4, &credential.refresh), LOOM_OK);
    if (userinfo != NULL)
        assert_non_null(credential.userinfo_endpoint = strdup(userinfo));
    assert_non_null(credential.account.display_name = strdup("Ada"));
    assert_int_equal(world.cli.store->ops->save(world.cli.store, &credential, NULL), LOOM_OK);
}

static const struct loom_origin *server(void) {
    static struct loom_origin origin;
    origin = cli_world_origin(SERVER);
    return &origin;
}

static struct loom_status_check find(void) {
    struct loom_status_check check = {.server = server()};
    assert_int_equal(loom_status_check_find(&world.cli, &check), LOOM_OK);
    return check;
}

static struct loom_status_check find_and_ask(void) {
    struct loom_status_check check = find();
    loom_status_check_ask_all(&world.cli, &check, 1);
    return check;
}

/* ---- What is here ---- */

static void find_of_nothing_is_none(void **state) {
    (void)state;
    struct loom_status_check check = find_and_ask();
    assert_int_equal(check.state, LOOM_STATUS_NONE);
    assert_int_equal(check.error.code, LOOM_ERR_NOT_FOUND);
    assert_int_equal(check.checked_at, 0);
    assert_int_equal(atomic_load(&opened), 0);
    loom_status_check_clear(&check);
}

static void find_judges_by_the_clock(void **state) {
    (void)state;
    static const struct {
        const char *what;
        int64_t expires_at;
        bool is_refreshable;
        enum loom_status_state state;
        int os_error;
    } rows[] = {
        {"no end", 0, false, LOOM_STATUS_UNKNOWN, 0},
        {"an end to come", NOW_S + 1, false, LOOM_STATUS_UNKNOWN, 0},
        {"the end", NOW_S, false, LOOM_STATUS_EXPIRED, ESTALE},
        {"past its end", NOW_S - 1, false, LOOM_STATUS_EXPIRED, ESTALE},
        {"past its end, and renewable", NOW_S - 1, true, LOOM_STATUS_EXPIRED, 0},
        {"renewable", NOW_S + 1, true, LOOM_STATUS_UNKNOWN, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keep(rows[i].expires_at, rows[i].is_refreshable, NULL);
        struct loom_status_check check = find();
        expect_equal(rows[i].what, check.state, rows[i].state);
        expect_equal(rows[i].what, check.error.os_error, rows[i].os_error);
        expect_equal(rows[i].what, check.error.code,
                     rows[i].os_error != 0 ? LOOM_ERR_NOT_FOUND : LOOM_OK);
        expect_equal(rows[i].what, check.is_refreshable, rows[i].is_refreshable);
        expect_text(rows[i].what, check.account.display_name, "Ada");
        expect_equal(rows[i].what, check.place.kind, LOOM_STORE_MEMORY);
        loom_status_check_clear(&check);
    }
}

static void read_environment(const char *token, const char *file) {
    assert_int_equal(setenv("LOOM_SERVER", SERVER, 1), 0);
    if (token != NULL)
        assert_int_equal(setenv("LOOM_TOKEN", token, 1), 0);
    if (file != NULL)
        assert_int_equal(setenv("LOOM_TOKEN_FILE", file, 1), 0);
    loom_environment_clear(&world.cli.environment);
    loom_environment_read(&world.cli.environment);
}

static void find_takes_the_environment_first_and_needs_no_store(void **state) {
    (void)state;
    keep(NOW_S - 1, false, NULL);
    struct loom_store *store = world.cli.store;
    world.cli.store = NULL;
    read_environment("lt_environment", NULL);
    struct loom_status_check check = find();
    assert_int_equal(check.state, LOOM_STATUS_UNKNOWN);
    assert_true(check.is_environment);
    assert_string_equal(loom_secret_bytes(check.credential.token), "lt_environment");
    assert_int_equal(check.place.kind, LOOM_STORE_ENVIRONMENT);
    assert_string_equal(check.place.name, "LOOM_TOKEN");
    assert_string_equal(check.place.path, "");
    loom_status_check_clear(&check);
    world.cli.store = store;
}

static void find_of_a_bad_environment_stops(void **state) {
    (void)state;
    read_environment("two words", NULL);
    struct loom_status_check check = {.server = server()};
    enum loom_err err = loom_status_check_find(&world.cli, &check);
    assert_int_equal(loom_environment_token_status(err), 2);
    assert_non_null(strstr(cli_world_err(&world), "LOOM_TOKEN"));
    loom_status_check_clear(&check);
}

/* ---- What the server says ---- */

static void ask_judges_the_answer(void **state) {
    (void)state;
    static const struct {
        const char *what;
        struct reply reply;
        enum loom_status_state state;
        enum loom_err err;
        const char *name;
    } rows[] = {
        {"valid", {.status = 200, .json = ME}, LOOM_STATUS_VALID, LOOM_OK, "Grace"},
        {"dead", {.status = 401, .json = "{}"}, LOOM_STATUS_REJECTED, LOOM_ERR_REJECTED, "Ada"},
        {"busy", {.status = 503, .json = "{}"}, LOOM_STATUS_UNKNOWN, LOOM_ERR_SERVER, "Ada"},
        {"late", {.err = LOOM_ERR_TIMEOUT}, LOOM_STATUS_UNKNOWN, LOOM_ERR_TIMEOUT, "Ada"},
        {"elsewhere", {.status = 404, .json = "{}"}, LOOM_STATUS_UNKNOWN, LOOM_ERR_NOT_LOOM, "Ada"},
        {"nonsense",
         {.status = 200, .json = "[]"},
         LOOM_STATUS_UNKNOWN,
         LOOM_ERR_BAD_ANSWER,
         "Ada"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keep(0, false, NULL);
        replies = &rows[i].reply;
        replies_count = 1;
        struct loom_status_check check = find_and_ask();
        expect_equal(rows[i].what, check.state, rows[i].state);
        expect_equal(rows[i].what, check.error.code, rows[i].err);
        expect_equal(rows[i].what, check.checked_at, NOW_S);
        expect_text(rows[i].what, check.account.display_name, rows[i].name);
        loom_status_check_clear(&check);
    }
}

static void ask_of_who_cannot_be_asked_is_no_fault(void **state) {
    (void)state;
    keep(0, true, NULL); /* standard, and without a userinfo endpoint */
    struct loom_status_check check = find_and_ask();
    assert_int_equal(check.state, LOOM_STATUS_UNKNOWN);
    assert_int_equal(check.error.code, LOOM_OK);
    assert_int_equal(check.checked_at, 0);
    assert_int_equal(atomic_load(&sent), 0);
    loom_status_check_clear(&check);
}

static void ask_without_memory_is_told(void **state) {
    (void)state;
    keep(0, false, NULL);
    is_memory_short = true;
    struct loom_status_check check = find_and_ask();
    assert_int_equal(check.state, LOOM_STATUS_UNKNOWN);
    assert_int_equal(check.error.code, LOOM_ERR_INTERNAL);
    loom_status_check_clear(&check);
}

static void ask_with_a_token_of_the_environment_blames_the_variable(void **state) {
    (void)state;
    static const struct reply dead[] = {{.status = 401, .json = "{}"}};
    SAYS(dead);
    read_environment("lt_environment", NULL);
    struct loom_status_check check = find_and_ask();
    assert_int_equal(check.state, LOOM_STATUS_REJECTED);
    assert_int_equal(check.error.code, LOOM_ERR_REJECTED);
    assert_int_equal(check.error.os_error, EKEYREJECTED);
    assert_int_equal(check.error.http_status, 401);
    assert_string_equal(check.error.detail, "LOOM_TOKEN");
    loom_status_check_clear(&check);
}

/* Nothing is known of that token but its server; only that one is told. */
static void ask_with_a_token_of_the_environment_finds_a_standard_server(void **state) {
    (void)state;
    static const struct {
        const char *what, *metadata;
        int sent;
        enum loom_status_state state;
    } rows[] = {
        {"its own", METADATA(SERVER "/userinfo"), 3, LOOM_STATUS_VALID},
        {"another host's", METADATA("https://other.example.com/userinfo"), 2, LOOM_STATUS_UNKNOWN},
        {"another port's", METADATA(SERVER ":8443/userinfo"), 2, LOOM_STATUS_UNKNOWN},
        {"a longer name's", METADATA(SERVER ".org/userinfo"), 2, LOOM_STATUS_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct reply said[] = {
            {.path = "/auth/me", .status = 404, .json = "{}"},
            {.path = "/.well-known/oauth-authorization-server",
             .status = 200,
             .json = rows[i].metadata},
            {.path = "/userinfo", .status = 200, .json = "{\"sub\":\"7\",\"name\":\"Grace\"}"},
        };
        SAYS(said);
        read_environment("lt_environment", NULL);
        atomic_store(&sent, 0);
        struct loom_status_check check = find_and_ask();
        expect_equal(rows[i].what, atomic_load(&sent), rows[i].sent);
        expect_equal(rows[i].what, check.state, rows[i].state);
        expect_equal(rows[i].what, check.error.code, LOOM_OK);
        expect_equal(rows[i].what, check.credential.dialect, LOOM_DIALECT_OAUTH);
        loom_status_check_clear(&check);
        replies_count = 0;
    }
}

/* ---- Many ---- */

static void ask_many(size_t count) {
    static struct loom_origin origins[MANY];
    struct loom_status_check checks[MANY];
    memset(checks, 0, sizeof checks);
    for (size_t i = 0; i < count; i++) {
        char url[64];
        (void)snprintf(url, sizeof url, SERVER "/%zu", i);
        origins[i] = cli_world_origin(url);
        cli_world_keep(&world, url);
        checks[i].server = &origins[i];
        assert_int_equal(loom_status_check_find(&world.cli, &checks[i]), LOOM_OK);
    }
    loom_status_check_ask_all(&world.cli, checks, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(checks[i].state, LOOM_STATUS_VALID);
        loom_status_check_clear(&checks[i]);
    }
}

static void ask_gives_each_its_share_of_the_time(void **state) {
    (void)state;
    static const struct reply fine[] = {{.status = 200, .json = ME}};
    SAYS(fine);
    ask_many(LOOM_PARALLEL_MAX); /* all at once: all the time there is */
    for (size_t i = 0; i < LOOM_PARALLEL_MAX; i++)
        assert_int_equal(atomic_load(&timeouts[i]), LOOM_STATUS_MS);
    ask_many(MANY); /* in three rounds */
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(atomic_load(&timeouts[i]),
                         LOOM_STATUS_MS * (int)(i / LOOM_PARALLEL_MAX + 1) / 3);
    assert_int_equal(atomic_load(&opened), LOOM_PARALLEL_MAX + MANY);
}

static void ask_of_nobody_does_nothing(void **state) {
    (void)state;
    loom_status_check_ask_all(&world.cli, NULL, 0);
    assert_int_equal(atomic_load(&opened), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(find_of_nothing_is_none),
        TEST(find_judges_by_the_clock),
        TEST(find_takes_the_environment_first_and_needs_no_store),
        TEST(find_of_a_bad_environment_stops),
        TEST(ask_judges_the_answer),
        TEST(ask_of_who_cannot_be_asked_is_no_fault),
        TEST(ask_without_memory_is_told),
        TEST(ask_with_a_token_of_the_environment_blames_the_variable),
        TEST(ask_with_a_token_of_the_environment_finds_a_standard_server),
        TEST(ask_gives_each_its_share_of_the_time),
        TEST(ask_of_nobody_does_nothing),
    };
    cli_world_calm_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
