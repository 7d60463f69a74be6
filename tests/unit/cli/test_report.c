/* SPDX-License-Identifier: Apache-2.0 */
/* The one table from an error to a sentence, a status and a code: whole, and fit for a screen. */
#include "cli/failure.h"
#include "cli/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "unit/cli/cli_world.h"

#include <errno.h>
#include <stdio.h>

#define SERVER "https://loom.example.com"
#define MORE "To find out more, run:\n\n    loom doctor --server " SERVER "\n"
#define PATH "/home/ada/.config/loom/credentials.json"

struct meaning {
    const char *name; /* NULL: the error does not exist */
    int status;
    const char *code;
};

/* The tables of README.md and docs/JSON.md. A switch, so that a new error does not compile without
 * its row. */
static struct meaning meaning_of(enum loom_err err) {
    switch (err) {
    case LOOM_OK:
        break;
    case LOOM_ERR_INTERNAL:
        return (struct meaning){"INTERNAL", 1, "internal"};
    case LOOM_ERR_USAGE:
        return (struct meaning){"USAGE", 2, "usage"};
    case LOOM_ERR_NOT_FOUND:
        return (struct meaning){"NOT_FOUND", 3, "not_signed_in"};
    case LOOM_ERR_REJECTED:
        return (struct meaning){"REJECTED", 3, "rejected"};
    case LOOM_ERR_DENIED:
        return (struct meaning){"DENIED", 4, "denied"};
    case LOOM_ERR_EXPIRED:
        return (struct meaning){"EXPIRED", 5, "code_expired"};
    case LOOM_ERR_INTERRUPTED:
        return (struct meaning){"INTERRUPTED", LOOM_EXIT_BY_SIGNAL, "interrupted"};
    case LOOM_ERR_NO_HOST:
        return (struct meaning){"NO_HOST", 6, "network"};
    case LOOM_ERR_UNREACHABLE:
        return (struct meaning){"UNREACHABLE", 6, "network"};
    case LOOM_ERR_TIMEOUT:
        return (struct meaning){"TIMEOUT", 6, "network"};
    case LOOM_ERR_TLS_AUTHORITY:
        return (struct meaning){"TLS_AUTHORITY", 6, "tls"};
    case LOOM_ERR_TLS:
        return (struct meaning){"TLS", 6, "tls"};
    case LOOM_ERR_PROXY:
        return (struct meaning){"PROXY", 6, "proxy"};
    case LOOM_ERR_SERVER:
        return (struct meaning){"SERVER", 6, "network"};
    case LOOM_ERR_NOT_LOOM:
        return (struct meaning){"NOT_LOOM", 7, "not_loom"};
    case LOOM_ERR_BAD_ANSWER:
        return (struct meaning){"BAD_ANSWER", 7, "bad_answer"};
    case LOOM_ERR_REDIRECT:
        return (struct meaning){"REDIRECT", 7, "bad_answer"};
    case LOOM_ERR_KEYRING:
        return (struct meaning){"KEYRING", 8, "keyring_unavailable"};
    case LOOM_ERR_KEYRING_LOCKED:
        return (struct meaning){"KEYRING_LOCKED", 8, "keyring_locked"};
    case LOOM_ERR_STORAGE:
        return (struct meaning){"STORAGE", 8, "storage"};
    case LOOM_ERR_DAMAGED:
        return (struct meaning){"DAMAGED", 9, "damaged"};
    }
    return (struct meaning){NULL, 0, NULL};
}

/* Every error there is, and every errno that has a sentence of its own. */
static const int os_errors[] = {
    0,      ENOENT,      EACCES,    EINVAL,    ENOSPC,         EDQUOT,       EROFS,      EPERM,
    ELOOP,  EWOULDBLOCK, ETIMEDOUT, ECANCELED, EINPROGRESS,    EIO,          EFBIG,      ENOTDIR,
    EMFILE, E2BIG,       EPIPE,     ESTALE,    EDESTADDRREQ,   EKEYREJECTED, EOPNOTSUPP, EPROTOTYPE,
    EXDEV,  EEXIST,      EISDIR,    EINTR,     EPROTONOSUPPORT};

typedef void look(const char *what, const struct loom_error *error);

static void for_each_error(look *look_at) {
    int seen = 0;
    for (int code = LOOM_OK + 1; meaning_of((enum loom_err)code).name != NULL; code++) {
        for (size_t i = 0; i < sizeof os_errors / sizeof os_errors[0]; i++) {
            struct loom_error error = {
                .code = (enum loom_err)code, .os_error = os_errors[i], .detail = PATH};
            char what[64];
            (void)snprintf(what, sizeof what, "%s with errno %d", meaning_of(error.code).name,
                           os_errors[i]);
            look_at(what, &error);
        }
        seen++;
    }
    assert_int_equal(seen, LOOM_ERR_DAMAGED);
}

/* ---- Statuses and codes ---- */

static void look_at_meaning(const char *what, const struct loom_error *error) {
    expect_equal(what, loom_report_status(error), meaning_of(error->code).status);
    /* A question for the password that was dismissed leaves it locked. */
    bool is_dismissed = error->code == LOOM_ERR_KEYRING && error->os_error == ECANCELED;
    expect_text(what, loom_report_code(error),
                is_dismissed ? "keyring_locked" : meaning_of(error->code).code);
}

static void status_and_code_of_every_error_are_those_of_the_interface(void **state) {
    (void)state;
    for_each_error(look_at_meaning);
    /* nothing that goes wrong may look like success */
    assert_int_equal(loom_report_status(&(struct loom_error){.code = LOOM_OK}), 1);
}

/* ---- Sentences ---- */

static const char *say(const struct loom_error *error, int *out_status) {
    static char said[8192];
    struct cli_world world;
    struct loom_origin server = cli_world_origin(SERVER);
    cli_world_open(&world);
    *out_status = loom_failure(&world.cli, error, &server);
    (void)snprintf(said, sizeof said, "%s", cli_world_err(&world));
    assert_string_equal(cli_world_out(&world), "");
    cli_world_close(&world);
    return said;
}

static void look_at_sentence(const char *what, const struct loom_error *error) {
    static const char fallback[] = "loom: Something unexpected went wrong.";
    int status = 0;
    const char *said = say(error, &status);
    expect_equal(what, status, meaning_of(error->code).status);
    assert_fits_screen(what, said, 79);
    expect(what, strchr(said, '{') == NULL && strchr(said, '}') == NULL);
    bool is_prefixed = strncmp(said, "loom: ", 6) == 0;
    expect(what, is_prefixed == (error->code != LOOM_ERR_INTERRUPTED));
    expect(what, (strncmp(said, fallback, strlen(fallback)) == 0) ==
                     (error->code == LOOM_ERR_INTERNAL && error->os_error != ENOENT &&
                      error->os_error != EPIPE));
    expect(what, strlen(said) > strlen("loom: \n"));
}

static void say_of_every_error_is_a_sentence_that_fits(void **state) {
    (void)state;
    for_each_error(look_at_sentence);
}

/* Word for word, where a person is told what to do. */
static void say_tells_what_to_do_next(void **state) {
    (void)state;
    static const struct {
        struct loom_error error;
        const char *said;
    } rows[] = {
        {{.code = LOOM_ERR_NOT_FOUND},
         "loom: you are not signed in to https://loom.example.com. Please run:\n\n"
         "    loom login --server https://loom.example.com\n"},
        {{.code = LOOM_ERR_REJECTED},
         "loom: https://loom.example.com no longer accepts your sign-in. Please run:\n\n"
         "    loom login --server https://loom.example.com\n"},
        {{.code = LOOM_ERR_NOT_FOUND, .os_error = ESTALE},
         "loom: Your sign-in to https://loom.example.com has expired. Please run:\n\n"
         "    loom login --server https://loom.example.com\n"},
        {{.code = LOOM_ERR_NOT_FOUND, .os_error = EDESTADDRREQ},
         "loom: You are not signed in to any server. To sign in, run:\n\n"
         "    loom login --server https://loom.example.com\n"},
        {{.code = LOOM_ERR_REJECTED, .os_error = EKEYREJECTED, .detail = "LOOM_TOKEN"},
         "loom: https://loom.example.com does not accept the token of this variable. Give\nit a "
         "new one, or take it away:\n\n    LOOM_TOKEN\n"},
        {{.code = LOOM_ERR_INTERRUPTED}, "Stopped. Nothing was changed.\n"},
        {{.code = LOOM_ERR_STORAGE, .os_error = ENOSPC, .detail = PATH},
         "loom: The disk is full. Nothing was stored:\n\n    " PATH "\n"},
        {{.code = LOOM_ERR_SERVER, .http_status = 503},
         "loom: https://loom.example.com has a problem at present (HTTP 503). Try again\n"
         "later.\n" MORE},
        {{.code = LOOM_ERR_USAGE, .detail = "One:\n\n    two\n"}, "loom: One:\n\n    two\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = 0;
        assert_string_equal(say(&rows[i].error, &status), rows[i].said);
    }
}

/* DF-16, UI-01: what the server said, made harmless; a bare code where there is nothing better. */
static void say_repeats_what_the_server_said(void **state) {
    (void)state;
    static const struct {
        const char *what;
        struct loom_error error;
        const char *end; /* what comes last; NULL: the server is not quoted */
    } rows[] = {
        {"a description",
         {.code = LOOM_ERR_BAD_ANSWER, .oauth_error = "zzz", .detail = "because"},
         "The server says:\nbecause\n" MORE},
        {"a code alone",
         {.code = LOOM_ERR_BAD_ANSWER, .oauth_error = "zzz"},
         "The server says:\nzzz\n" MORE},
        {"a denial with its reason",
         {.code = LOOM_ERR_DENIED, .oauth_error = "access_denied", .detail = "no"},
         "The server says:\nno\n"},
        {"a denial that says all", {.code = LOOM_ERR_DENIED, .oauth_error = "access_denied"}, NULL},
        {"an expiry that says all",
         {.code = LOOM_ERR_EXPIRED, .oauth_error = "expired_token"},
         NULL},
        {"nothing was said", {.code = LOOM_ERR_BAD_ANSWER}, NULL},
        {"a detail of our own", {.code = LOOM_ERR_BAD_ANSWER, .detail = "x"}, NULL},
        {"hostile",
         {.code = LOOM_ERR_BAD_ANSWER, .oauth_error = "zzz", .detail = "\x1b[2K\nloom: fine"},
         "The server says:\n\\x1b[2K\\x0aloom: fine\n" MORE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = 0;
        const char *said = say(&rows[i].error, &status);
        const char *quote = strstr(said, "The server says:");
        expect(rows[i].what, (quote != NULL) == (rows[i].end != NULL));
        if (quote != NULL)
            expect_text(rows[i].what, quote, rows[i].end);
    }
}

/* The server refused this program, not the person: another sentence, the same status. */
static void say_of_a_refused_client_blames_nobody(void **state) {
    (void)state;
    static const char *const codes[] = {"invalid_client", "unauthorized_client"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct loom_error error = {.code = LOOM_ERR_DENIED};
        int status = 0;
        (void)snprintf(error.oauth_error, sizeof error.oauth_error, "%s", codes[i]);
        assert_non_null(strstr(say(&error, &status), "does not let this program sign in"));
        assert_int_equal(status, 4);
    }
}

static void say_in_quiet_still_tells_errors(void **state) {
    (void)state;
    struct cli_world world;
    struct loom_origin server = cli_world_origin(SERVER);
    cli_world_open(&world);
    world.cli.err.is_quiet = true;
    (void)loom_failure(&world.cli, &(struct loom_error){.code = LOOM_ERR_TIMEOUT}, &server);
    assert_non_null(strstr(cli_world_err(&world), "did not answer in time"));
    (void)loom_failure(&world.cli, &(struct loom_error){.code = LOOM_ERR_INTERRUPTED}, &server);
    assert_string_equal(cli_world_err(&world), "");
    cli_world_close(&world);
}

/* ---- JSON ---- */

static void report_with_json_prints_one_line_as_well(void **state) {
    (void)state;
    struct cli_world world;
    struct loom_origin server = cli_world_origin(SERVER);
    static const struct loom_error error = {
        .code = LOOM_ERR_DENIED, .http_status = 400, .oauth_error = "access_denied"};
    cli_world_open(&world);
    world.cli.options.json = 1;
    assert_int_equal(loom_failure(&world.cli, &error, &server), 4);
    assert_string_equal(
        cli_world_out(&world),
        "{\"schema\":1,\"error\":{\"code\":\"denied\",\"exit_status\":4,"
        "\"message\":\"The sign-in was refused in the browser. Nothing was changed. If that was "
        "not what you wanted, run: loom login --server https://loom.example.com\","
        "\"http_status\":400,\"oauth_error\":\"access_denied\"}}\n");
    assert_non_null(strstr(cli_world_err(&world), "loom: The sign-in was refused"));
    assert_int_equal(loom_report_say(&world.cli, &error, &server), 4);
    assert_string_equal(cli_world_out(&world), "");
    cli_world_close(&world);
}

static void report_of_a_usage_error_says_it_in_both_forms(void **state) {
    (void)state;
    struct cli_world world;
    cli_world_open(&world);
    assert_int_equal(loom_failure_usage(&world.cli, "No {option}, run:\n\n    loom help\n",
                                        &(struct loom_words){.option = "--x"}),
                     2);
    assert_string_equal(cli_world_err(&world), "loom: No --x, run:\n\n    loom help\n");
    assert_string_equal(cli_world_out(&world), "");
    world.cli.options.json = 1;
    (void)loom_failure_usage(&world.cli, "No {option}, run:\n\n    loom help\n",
                             &(struct loom_words){.option = "--\x1b"});
    assert_string_equal(cli_world_out(&world),
                        "{\"schema\":1,\"error\":{\"code\":\"usage\",\"exit_status\":2,"
                        "\"message\":\"No --\\\\x1b, run: loom help\",\"http_status\":null,"
                        "\"oauth_error\":null}}\n");
    cli_world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_and_code_of_every_error_are_those_of_the_interface),
        cmocka_unit_test(say_of_every_error_is_a_sentence_that_fits),
        cmocka_unit_test(say_tells_what_to_do_next),
        cmocka_unit_test(say_repeats_what_the_server_said),
        cmocka_unit_test(say_of_a_refused_client_blames_nobody),
        cmocka_unit_test(say_in_quiet_still_tells_errors),
        cmocka_unit_test(report_with_json_prints_one_line_as_well),
        cmocka_unit_test(report_of_a_usage_error_says_it_in_both_forms),
    };
    cli_world_calm_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
