/* SPDX-License-Identifier: Apache-2.0 */
/* LOOM_TOKEN and LOOM_TOKEN_FILE: for exactly one server, and what is said when they are wrong. */
#include "cli/environment_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/cli/cli_world.h"

#include <stdio.h>
#include <unistd.h>

#define SERVER "https://loom.example.com"
#define TOKEN "lt_environment"

struct desk {
    struct cli_world world;
};

static void sit_down(struct desk *desk, const char *server, const char *token, const char *file) {
    cli_world_open(&desk->world);
    assert_int_equal(server == NULL ? unsetenv("LOOM_SERVER") : setenv("LOOM_SERVER", server, 1),
                     0);
    assert_int_equal(token == NULL ? unsetenv("LOOM_TOKEN") : setenv("LOOM_TOKEN", token, 1), 0);
    assert_int_equal(
        file == NULL ? unsetenv("LOOM_TOKEN_FILE") : setenv("LOOM_TOKEN_FILE", file, 1), 0);
    loom_environment_read(&desk->world.cli.environment);
}

static void stand_up(struct desk *desk) {
    cli_world_close(&desk->world);
    cli_world_calm_environment();
}

static void server_without_a_token_is_not_found(void **state) {
    (void)state;
    static const char *const servers[] = {NULL, SERVER, "nonsense of a server"};
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct desk desk;
        struct loom_origin server;
        sit_down(&desk, servers[i], NULL, NULL);
        assert_int_equal(loom_environment_token_server(&desk.world.cli, &server),
                         LOOM_ERR_NOT_FOUND);
        assert_string_equal(cli_world_err(&desk.world), "");
        stand_up(&desk);
    }
}

static void server_of_a_token_is_that_of_the_environment(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {TOKEN, NULL}, {NULL, "/any/file"}, {"not a token", NULL}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct desk desk;
        struct loom_origin server;
        sit_down(&desk, "HTTPS://Loom.Example.com:443/", pairs[i][0], pairs[i][1]);
        assert_int_equal(loom_environment_token_server(&desk.world.cli, &server), LOOM_OK);
        assert_string_equal(server.url, SERVER);
        stand_up(&desk);
    }
}

static void server_that_is_none_is_a_usage_error(void **state) {
    (void)state;
    static const char *const servers[] = {NULL, "", "ftp://loom.example.com", "https://"};
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct desk desk;
        struct loom_origin server;
        sit_down(&desk, servers[i], TOKEN, NULL);
        enum loom_err err = loom_environment_token_server(&desk.world.cli, &server);
        assert_int_equal(err, LOOM_ERR_USAGE);
        assert_int_equal(loom_environment_token_status(err), 2);
        assert_memory_equal(cli_world_err(&desk.world), "loom: ", 6);
        assert_string_equal(cli_world_out(&desk.world), "");
        stand_up(&desk);
    }
}

static void server_is_missing_in_json_too(void **state) {
    (void)state;
    struct desk desk;
    struct loom_origin server;
    sit_down(&desk, NULL, TOKEN, NULL);
    desk.world.cli.options.json = 1;
    assert_int_equal(loom_environment_token_server(&desk.world.cli, &server), LOOM_ERR_USAGE);
    assert_non_null(strstr(cli_world_out(&desk.world), "\"code\":\"usage\""));
    assert_non_null(strstr(cli_world_err(&desk.world), "LOOM_TOKEN is set without LOOM_SERVER"));
    stand_up(&desk);
}

static void expect_token(struct desk *desk, const char *url, const char *expected) {
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    struct loom_origin server = cli_world_origin(url);
    enum loom_err err = loom_environment_token_for(&desk->world.cli, &server, &token);
    assert_int_equal(err, expected != NULL ? LOOM_OK : LOOM_ERR_NOT_FOUND);
    if (expected != NULL)
        assert_string_equal(loom_secret_bytes(token), expected);
    else
        assert_null(token);
}

/* Scheme, host, port and path: nobody else's server gets it. */
static void token_is_for_exactly_that_server(void **state) {
    (void)state;
    static const char *const others[] = {
        "https://loom.example.com:8443", "https://example.com",        "http://localhost",
        "https://loom.example.com/x",    "https://a.loom.example.com", "https://loom.example.org"};
    struct desk desk;
    sit_down(&desk, SERVER, TOKEN, NULL);
    expect_token(&desk, SERVER, TOKEN);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        expect_token(&desk, others[i], NULL);
    assert_string_equal(cli_world_err(&desk.world), "");
    stand_up(&desk);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void token_of_a_file_loses_one_line_end(void **state) {
    (void)state;
    char path[] = "/tmp/loom-test-token-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    static const char *const texts[] = {"lt_filed", "lt_filed\n", "lt_filed\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct desk desk;
        write_file(path, texts[i]);
        sit_down(&desk, SERVER, NULL, path);
        expect_token(&desk, SERVER, "lt_filed");
        stand_up(&desk);
    }
    struct desk desk;
    sit_down(&desk, SERVER, TOKEN, path); /* the variable comes first */
    expect_token(&desk, SERVER, TOKEN);
    stand_up(&desk);
    assert_int_equal(unlink(path), 0);
}

static void token_that_is_none_is_said_without_it(void **state) {
    (void)state;
    char path[] = "/tmp/loom-test-token-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    write_file(path, "lt_two lines\nlt_secret\n");
    const struct {
        const char *token, *file, *said;
    } rows[] = {
        {"lt_secret with blanks", NULL, "There is no token in this:\n\n    LOOM_TOKEN\n"},
        {NULL, path, "There is no token in this:\n\n    /tmp/loom-test-token-"},
        {NULL, "/nonexistent/token",
         "This file of LOOM_TOKEN_FILE cannot be read:\n\n    /nonexistent/token\n"},
        {NULL, "/", "This file of LOOM_TOKEN_FILE cannot be read:\n\n    /\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct desk desk;
        struct loom_secret *token = NULL;
        struct loom_origin server = cli_world_origin(SERVER);
        sit_down(&desk, SERVER, rows[i].token, rows[i].file);
        enum loom_err err = loom_environment_token_for(&desk.world.cli, &server, &token);
        assert_true(err == LOOM_ERR_USAGE || err == LOOM_ERR_STORAGE);
        assert_int_equal(loom_environment_token_status(err), 2);
        assert_null(token);
        const char *said = cli_world_err(&desk.world);
        assert_non_null(strstr(said, rows[i].said));
        assert_null(strstr(said, "lt_"));
        /* for another server it does not matter what stands there */
        struct loom_origin other = cli_world_origin("https://other.example.com");
        assert_int_equal(loom_environment_token_for(&desk.world.cli, &other, &token),
                         LOOM_ERR_NOT_FOUND);
        stand_up(&desk);
    }
    assert_int_equal(unlink(path), 0);
}

static void status_of_no_memory_is_a_failure(void **state) {
    (void)state;
    assert_int_equal(loom_environment_token_status(LOOM_ERR_INTERNAL), 1);
    assert_int_equal(loom_environment_token_status(LOOM_ERR_STORAGE), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_without_a_token_is_not_found),
        cmocka_unit_test(server_of_a_token_is_that_of_the_environment),
        cmocka_unit_test(server_that_is_none_is_a_usage_error),
        cmocka_unit_test(server_is_missing_in_json_too),
        cmocka_unit_test(token_is_for_exactly_that_server),
        cmocka_unit_test(token_of_a_file_loses_one_line_end),
        cmocka_unit_test(token_that_is_none_is_said_without_it),
        cmocka_unit_test(status_of_no_memory_is_a_failure),
    };
    cli_world_calm_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
