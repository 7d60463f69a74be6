/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, schema 1: every key is always there, null is unknown, one object a line. */
#include "cli/json_output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "unit/cli/cli_world.h"

#include <stdio.h>

/* What an object prints as; it is dropped. */
static const char *print(struct loom_json *object) {
    static char text[65536];
    struct loom_buffer out = LOOM_BUFFER_INIT(sizeof text - 1);
    assert_int_equal(loom_json_print(object, &out), LOOM_OK);
    (void)snprintf(text, sizeof text, "%s", loom_buffer_text(&out));
    loom_buffer_clear(&out);
    loom_json_drop(&object);
    return text;
}

static struct loom_json *new_object(void) {
    struct loom_json *object = NULL;
    assert_int_equal(loom_json_new(&object), LOOM_OK);
    return object;
}

static void new_has_the_schema_and_the_event(void **state) {
    (void)state;
    struct loom_json *object = NULL;
    assert_int_equal(loom_json_output_new(NULL, &object), LOOM_OK);
    assert_string_equal(print(object), "{\"schema\":1}");
    assert_int_equal(loom_json_output_new("code", &object), LOOM_OK);
    assert_string_equal(print(object), "{\"schema\":1,\"event\":\"code\"}");
}

static void account_has_every_key(void **state) {
    (void)state;
    char id[] = "u1", username[] = "ada", name[] = "Ada \x1b[2K L\xc3\xb3pez", email[] = "a@b";
    const struct {
        const struct loom_account *account;
        const char *printed;
    } rows[] = {
        {NULL, "{\"account\":null}"},
        {&(struct loom_account){NULL, NULL, NULL, NULL},
         "{\"account\":{\"id\":null,\"username\":null,\"display_name\":null,\"email\":null}}"},
        {&(struct loom_account){id, username, name, email},
         "{\"account\":{\"id\":\"u1\",\"username\":\"ada\",\"display_name\":\"Ada \\u001b[2K "
         "L\xc3\xb3pez\",\"email\":\"a@b\"}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_json *object = new_object();
        assert_int_equal(loom_json_output_account(object, "account", rows[i].account), LOOM_OK);
        assert_string_equal(print(object), rows[i].printed);
    }
}

static void store_has_every_key(void **state) {
    (void)state;
    static const struct {
        struct loom_store_info info;
        const char *printed;
    } rows[] = {
        {{.kind = LOOM_STORE_FILE, .path = "/home/ada/.config/loom/credentials.json", .mode = 0600},
         "{\"store\":{\"kind\":\"file\",\"name\":null,\"path\":\"/home/ada/.config/loom/"
         "credentials.json\",\"locked\":null,\"mode\":\"0600\"}}"},
        {{.kind = LOOM_STORE_FILE, .path = "/x", .mode = 0},
         "{\"store\":{\"kind\":\"file\",\"name\":null,\"path\":\"/x\",\"locked\":null,"
         "\"mode\":null}}"},
        {{.kind = LOOM_STORE_KEYRING, .name = "gnome-keyring", .is_locked = true},
         "{\"store\":{\"kind\":\"keyring\",\"name\":\"gnome-keyring\",\"path\":null,"
         "\"locked\":true,\"mode\":null}}"},
        {{.kind = LOOM_STORE_KEYRING},
         "{\"store\":{\"kind\":\"keyring\",\"name\":null,\"path\":null,\"locked\":false,"
         "\"mode\":null}}"},
        /* ENV-07: a home whose name is not UTF-8 */
        {{.kind = LOOM_STORE_FILE, .path = "/h\xff\x01/\xc3\xb3"},
         "{\"store\":{\"kind\":\"file\",\"name\":null,\"path\":\"/h\\\\xff\\\\x01/\xc3\xb3\","
         "\"locked\":null,\"mode\":null}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_json *object = new_object();
        assert_int_equal(loom_json_output_store(object, "store", &rows[i].info), LOOM_OK);
        assert_string_equal(print(object), rows[i].printed);
    }
}

static void error_has_every_key(void **state) {
    (void)state;
    struct loom_origin server = cli_world_origin("https://loom.example.com");
    static const struct {
        struct loom_error error;
        const char *printed;
    } rows[] = {
        {{.code = LOOM_OK}, "{\"error\":null}"},
        {{.code = LOOM_ERR_NOT_FOUND},
         "{\"error\":{\"code\":\"not_signed_in\",\"exit_status\":3,"
         "\"message\":\"you are not signed in to https://loom.example.com. Please run: loom login "
         "--server https://loom.example.com\",\"http_status\":null,\"oauth_error\":null}}"},
        {{.code = LOOM_ERR_SERVER, .http_status = 503, .oauth_error = "server_error"},
         "{\"error\":{\"code\":\"network\",\"exit_status\":6,\"message\":"
         "\"https://loom.example.com has a problem at present (HTTP 503). Try again later.\","
         "\"http_status\":503,\"oauth_error\":\"server_error\"}}"},
        /* a shell shows 128 and the signal; here none was caught */
        {{.code = LOOM_ERR_INTERRUPTED},
         "{\"error\":{\"code\":\"interrupted\",\"exit_status\":128,"
         "\"message\":\"Stopped. Nothing was "
         "changed.\",\"http_status\":null,\"oauth_error\":null}}"},
        {{.code = LOOM_ERR_STORAGE, .detail = "/h\xff\n"},
         "{\"error\":{\"code\":\"storage\",\"exit_status\":8,\"message\":"
         "\"Credentials cannot be kept in this place: "
         "/h\\\\xff\\\\x0a\",\"http_status\":null,\"oauth_error\":null}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_json *object = new_object();
        assert_int_equal(loom_json_output_error(object, "error", &rows[i].error, &server), LOOM_OK);
        assert_string_equal(print(object), rows[i].printed);
    }
    struct loom_json *object = new_object();
    assert_int_equal(loom_json_output_error(object, "error", NULL, NULL), LOOM_OK);
    assert_string_equal(print(object), "{\"error\":null}");
}

static void time_is_rfc_3339_or_unknown(void **state) {
    (void)state;
    static const struct {
        int64_t epoch_s;
        const char *printed;
    } rows[] = {{0, "{\"at\":null}"},
                {1, "{\"at\":\"1970-01-01T00:00:01Z\"}"},
                {1769903999, "{\"at\":\"2026-01-31T23:59:59Z\"}"},
                {INT64_C(4294967296), "{\"at\":\"2106-02-07T06:28:16Z\"}"},
                {INT64_MAX, "{\"at\":\"9999-12-31T23:59:59Z\"}"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_json *object = new_object();
        assert_int_equal(loom_json_output_time(object, "at", rows[i].epoch_s), LOOM_OK);
        assert_string_equal(print(object), rows[i].printed);
    }
}

static void old_token_is_true_false_or_unknown(void **state) {
    (void)state;
    static const struct {
        enum loom_old_token old_token;
        const char *printed;
    } rows[] = {{LOOM_OLD_TOKEN_NONE, "{\"x\":null}"},
                {LOOM_OLD_TOKEN_REVOKED, "{\"x\":true}"},
                {LOOM_OLD_TOKEN_LEFT, "{\"x\":false}"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_json *object = new_object();
        assert_int_equal(loom_json_output_old_token(object, "x", rows[i].old_token), LOOM_OK);
        assert_string_equal(print(object), rows[i].printed);
    }
}

static void line_is_one_line_on_stdout_at_once(void **state) {
    (void)state;
    struct cli_world world;
    struct loom_json *object = new_object();
    cli_world_open(&world);
    world.cli.out.is_quiet = true; /* what a command exists to print is not dropped */
    assert_int_equal(loom_json_add_text(object, "a", "x\ny"), LOOM_OK);
    loom_json_output_line(&world.cli, object);
    loom_json_output_line(&world.cli, object);
    assert_string_equal(cli_world_out(&world), "{\"a\":\"x\\u000ay\"}\n{\"a\":\"x\\u000ay\"}\n");
    assert_string_equal(cli_world_err(&world), "");
    loom_json_drop(&object);
    cli_world_close(&world);
}

static void line_past_the_ceiling_counts_as_lost_output(void **state) {
    (void)state;
    static char huge[2 * 1024 * 1024];
    struct cli_world world;
    struct loom_json *object = new_object();
    memset(huge, 'x', sizeof huge - 1);
    cli_world_open(&world);
    assert_int_equal(loom_json_add_text(object, "a", huge), LOOM_OK);
    loom_json_output_line(&world.cli, object);
    assert_true(world.cli.out.has_failed);
    loom_json_drop(&object);
    cli_world_close(&world);
}

static void failure_is_the_error_alone(void **state) {
    (void)state;
    struct cli_world world;
    cli_world_open(&world);
    loom_json_output_failure(&world.cli, &(struct loom_error){.code = LOOM_ERR_KEYRING}, NULL);
    const char *out = cli_world_out(&world);
    static const char head[] = "{\"schema\":1,\"error\":{\"code\":\"keyring_unavailable\","
                               "\"exit_status\":8,\"message\":\"";
    assert_memory_equal(out, head, strlen(head));
    assert_non_null(strstr(out, "\",\"http_status\":null,\"oauth_error\":null}}\n"));
    cli_world_close(&world);
}

static void kind_of_every_store_is_a_word(void **state) {
    (void)state;
    assert_string_equal(loom_json_output_kind(LOOM_STORE_KEYRING), "keyring");
    assert_string_equal(loom_json_output_kind(LOOM_STORE_FILE), "file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_has_the_schema_and_the_event),
        cmocka_unit_test(account_has_every_key),
        cmocka_unit_test(store_has_every_key),
        cmocka_unit_test(error_has_every_key),
        cmocka_unit_test(time_is_rfc_3339_or_unknown),
        cmocka_unit_test(old_token_is_true_false_or_unknown),
        cmocka_unit_test(line_is_one_line_on_stdout_at_once),
        cmocka_unit_test(line_past_the_ceiling_counts_as_lost_output),
        cmocka_unit_test(failure_is_the_error_alone),
        cmocka_unit_test(kind_of_every_store_is_a_word),
    };
    cli_world_calm_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
