/* SPDX-License-Identifier: Apache-2.0 */
/* The variables, and the tokens in them. */
#include "cli/environment.h"

#include "unit/system/scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/expect.h"
#include "unit/cli/cli_world.h"

#define TOKEN "lt_0123456789abcdef"

static int calm(void **state) {
    cli_world_calm_environment();
    return scratch_make(state);
}

static void set(const char *name, const char *value) {
    assert_int_equal(setenv(name, value, 1), 0);
}

static const char *text_or_dash(const char *text) {
    return text != NULL ? text : "-";
}

/* ---- Variables ---- */

static void read_of_an_empty_environment_says_nothing(void **state) {
    (void)state;
    static const char *const variables[] = {"LOOM_SERVER",     "LOOM_SERVER_URL", "LOOM_TOKEN",
                                            "LOOM_TOKEN_FILE", "LOOM_STORE",      "LOOM_DEBUG",
                                            "LOOM_PLAIN",      "ACCESSIBLE",      "CI"};
    for (int round = 0; round < 2; round++) {
        struct loom_environment environment;
        loom_environment_read(&environment);
        assert_null(environment.server);
        assert_null(environment.store);
        assert_null(environment.token_file);
        assert_null(environment.token);
        assert_false(environment.has_bad_token);
        assert_false(environment.is_plain);
        assert_false(environment.is_ci);
        assert_int_equal(environment.debug, 0);
        assert_false(loom_environment_has_token(&environment));
        loom_environment_clear(&environment);
        /* set but empty is not set */
        for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
            set(variables[i], "");
    }
}

static void read_takes_each_variable(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
        const char *server, *store, *token_file;
        bool is_plain, is_ci;
        int debug;
    } rows[] = {
        {"LOOM_SERVER", "a", "a", NULL, NULL, false, false, 0},
        {"LOOM_SERVER_URL", "b", "b", NULL, NULL, false, false, 0},
        {"LOOM_STORE", "file", NULL, "file", NULL, false, false, 0},
        {"LOOM_TOKEN_FILE", "/x", NULL, NULL, "/x", false, false, 0},
        {"LOOM_PLAIN", "0", NULL, NULL, NULL, true, false, 0},
        {"ACCESSIBLE", "1", NULL, NULL, NULL, true, false, 0},
        {"CI", "false", NULL, NULL, NULL, false, true, 0},
        {"LOOM_DEBUG", "1", NULL, NULL, NULL, false, false, 1},
        {"LOOM_DEBUG", "2", NULL, NULL, NULL, false, false, 2},
        {"LOOM_DEBUG", "0", NULL, NULL, NULL, false, false, 0},
        {"LOOM_DEBUG", "3", NULL, NULL, NULL, false, false, 0},
        {"LOOM_DEBUG", "12", NULL, NULL, NULL, false, false, 0},
        {"LOOM_DEBUG", "yes", NULL, NULL, NULL, false, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_environment environment;
        set(rows[i].name, rows[i].value);
        loom_environment_read(&environment);
        expect_text(rows[i].name, text_or_dash(environment.server), text_or_dash(rows[i].server));
        expect_text(rows[i].name, text_or_dash(environment.store), text_or_dash(rows[i].store));
        expect_text(rows[i].name, text_or_dash(environment.token_file),
                    text_or_dash(rows[i].token_file));
        expect_equal(rows[i].name, environment.is_plain, rows[i].is_plain);
        expect_equal(rows[i].name, environment.is_ci, rows[i].is_ci);
        expect_equal(rows[i].name, environment.debug, rows[i].debug);
        loom_environment_clear(&environment);
        assert_int_equal(unsetenv(rows[i].name), 0);
    }
}

static void read_prefers_the_newer_name_of_the_server(void **state) {
    (void)state;
    struct loom_environment environment;
    set("LOOM_SERVER_URL", "old");
    set("LOOM_SERVER", "new");
    loom_environment_read(&environment);
    assert_string_equal(environment.server, "new");
    set("LOOM_SERVER", "");
    loom_environment_read(&environment);
    assert_string_equal(environment.server, "old");
}

/* No child inherits it, whether it is one or not. */
static void read_takes_the_token_out_of_the_environment(void **state) {
    (void)state;
    static const char *const values[] = {TOKEN, TOKEN "\n", "not a token", "\xff"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct loom_environment environment;
        struct loom_secret *token = NULL;
        struct loom_error error = LOOM_ERROR_INIT;
        set("LOOM_TOKEN", values[i]);
        loom_environment_read(&environment);
        expect(values[i], getenv("LOOM_TOKEN") == NULL);
        expect(values[i], loom_environment_has_token(&environment));
        expect_equal(values[i], environment.has_bad_token, i >= 2);
        expect_equal(values[i], loom_environment_token(&environment, &token, &error),
                     i < 2 ? LOOM_OK : LOOM_ERR_USAGE);
        if (i < 2)
            expect_text(values[i], loom_secret_bytes(token), TOKEN);
        else
            expect_text(values[i], error.detail, "LOOM_TOKEN");
        loom_secret_free(token);
        loom_environment_clear(&environment);
        assert_null(environment.token);
    }
}

/* ---- One line end ---- */

static void token_of_a_line_loses_one_line_end(void **state) {
    (void)state;
    static const struct {
        const char *line;
        size_t len;
        const char *token; /* NULL: not one */
    } rows[] = {
        {"lt_a", 4, "lt_a"},
        {"lt_a\n", 5, "lt_a"},
        {"lt_a\r\n", 6, "lt_a"},
        {"lt_a\n\n", 6, NULL},
        {"lt_a\r", 5, NULL},
        {"lt_a\n\r", 6, NULL},
        {"lt_a\r\r\n", 7, NULL},
        {"\nlt_a", 5, NULL},
        {" lt_a", 5, NULL},
        {"lt_a ", 5, NULL},
        {"lt a", 4, NULL},
        {"lt_a\t\n", 6, NULL},
        {"", 0, NULL},
        {"\n", 1, NULL},
        {"\r\n", 2, NULL},
        {"lt\0a", 4, NULL},
        {"lt_a\0\n", 6, NULL},
        {"lt_\xc3\xa9", 5, NULL},
        {"\xef\xbb\xbflt", 5, NULL},
        {"lt_a\nlt_b\n", 10, NULL},
        {"!~\"\\", 4, "!~\"\\"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_secret *token = NULL;
        enum loom_err err = loom_token_from_line(rows[i].line, rows[i].len, &token);
        expect_equal(rows[i].line, err, rows[i].token != NULL ? LOOM_OK : LOOM_ERR_USAGE);
        expect_text(rows[i].line, token != NULL ? loom_secret_bytes(token) : "-",
                    text_or_dash(rows[i].token));
        loom_secret_free(token);
    }
}

/* ---- LOOM_TOKEN_FILE ---- */

static enum loom_err read_file(const char *path, struct loom_secret **token,
                               struct loom_error *error) {
    struct loom_environment environment;
    set("LOOM_TOKEN_FILE", path);
    loom_environment_read(&environment);
    assert_true(loom_environment_has_token(&environment));
    *token = NULL;
    *error = (struct loom_error)LOOM_ERROR_INIT;
    enum loom_err err = loom_environment_token(&environment, token, error);
    loom_environment_clear(&environment);
    return err;
}

/* A container's secret may be anyone's, readable by all, and a link. */
static void token_of_a_file_may_be_loose_and_a_link(void **state) {
    struct scratch *scratch = *state;
    static const char *const names[] = {"private", "loose", "link"};
    scratch_write(scratch, "private", 0600, TOKEN "\n");
    scratch_write(scratch, "loose", 0444, TOKEN);
    assert_int_equal(symlink("private", scratch_path(scratch, "link")), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct loom_secret *token;
        struct loom_error error;
        assert_int_equal(read_file(scratch_path(scratch, names[i]), &token, &error), LOOM_OK);
        assert_string_equal(loom_secret_bytes(token), TOKEN);
        loom_secret_free(token);
    }
    assert_int_equal(scratch_mode(scratch, "loose"), 0444); /* and is left as it is */
}

static void token_of_a_file_that_is_none_names_the_file(void **state) {
    struct scratch *scratch = *state;
    static char huge[LOOM_TOKEN_FILE_MAX + 2];
    static const struct {
        const char *name;
        enum loom_err err;
    } rows[] = {
        {"empty", LOOM_ERR_USAGE},    {"blank", LOOM_ERR_USAGE},  {"two lines", LOOM_ERR_USAGE},
        {"longest", LOOM_ERR_USAGE},  {"huge", LOOM_ERR_STORAGE}, {"missing", LOOM_ERR_STORAGE},
        {"folder", LOOM_ERR_STORAGE}, {"fifo", LOOM_ERR_STORAGE}, {"nowhere", LOOM_ERR_STORAGE},
    };
    scratch_write(scratch, "empty", 0600, "");
    scratch_write(scratch, "blank", 0600, "lt a");
    scratch_write(scratch, "two lines", 0600, TOKEN "\n" TOKEN "\n");
    memset(huge, 'x', sizeof huge - 1);
    scratch_write(scratch, "huge", 0600, huge);
    huge[LOOM_TOKEN_FILE_MAX] = '\0'; /* fits the file's limit, not a token's */
    scratch_write(scratch, "longest", 0600, huge);
    assert_int_equal(mkdir(scratch_path(scratch, "folder"), 0700), 0);
    assert_int_equal(mkfifo(scratch_path(scratch, "fifo"), 0600), 0);
    assert_int_equal(symlink("missing", scratch_path(scratch, "nowhere")), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_secret *token;
        struct loom_error error;
        const char *path = scratch_path(scratch, rows[i].name);
        expect_equal(rows[i].name, read_file(path, &token, &error), rows[i].err);
        expect_equal(rows[i].name, error.code, rows[i].err);
        expect_text(rows[i].name, error.detail, path);
        expect(rows[i].name, token == NULL);
    }
}

static void token_of_the_variable_beats_the_file(void **state) {
    struct scratch *scratch = *state;
    struct loom_secret *token;
    struct loom_error error;
    scratch_write(scratch, "file", 0600, "lt_file");
    set("LOOM_TOKEN", TOKEN);
    assert_int_equal(read_file(scratch_path(scratch, "file"), &token, &error), LOOM_OK);
    assert_string_equal(loom_secret_bytes(token), TOKEN);
    loom_secret_free(token);
    /* and does not give way to it when it is none */
    set("LOOM_TOKEN", "not one");
    assert_int_equal(read_file(scratch_path(scratch, "file"), &token, &error), LOOM_ERR_USAGE);
    assert_string_equal(error.detail, "LOOM_TOKEN");
}

static void token_without_a_variable_is_not_found(void **state) {
    (void)state;
    struct loom_environment environment;
    struct loom_secret *token = NULL;
    loom_environment_read(&environment);
    assert_int_equal(loom_environment_token(&environment, &token, NULL), LOOM_ERR_NOT_FOUND);
    assert_null(token);
}

#define ENVIRONMENT_TEST(test) cmocka_unit_test_setup_teardown(test, calm, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        ENVIRONMENT_TEST(read_of_an_empty_environment_says_nothing),
        ENVIRONMENT_TEST(read_takes_each_variable),
        ENVIRONMENT_TEST(read_prefers_the_newer_name_of_the_server),
        ENVIRONMENT_TEST(read_takes_the_token_out_of_the_environment),
        ENVIRONMENT_TEST(token_of_a_line_loses_one_line_end),
        ENVIRONMENT_TEST(token_of_a_file_may_be_loose_and_a_link),
        ENVIRONMENT_TEST(token_of_a_file_that_is_none_names_the_file),
        ENVIRONMENT_TEST(token_of_the_variable_beats_the_file),
        ENVIRONMENT_TEST(token_without_a_variable_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
