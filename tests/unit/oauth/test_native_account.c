/* SPDX-License-Identifier: Apache-2.0 */
/* Whose token is it, and the end of a token: whom to believe when the answer is no. */
#include "oauth/native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "unit/oauth/oauth_world.h"

#define SERVER "https://loom.example.com"

static enum loom_err whoami(struct oauth_world *world, const struct fake_answer *answer,
                            struct loom_account *account) {
    struct loom_secret *token = world_secret(TOKEN);
    *account = (struct loom_account)LOOM_ACCOUNT_INIT;
    world_open(world, SERVER, answer, 1);
    enum loom_err err = loom_oauth_whoami(&world->server, token, account, &world->error);
    loom_secret_free(token);
    assert_true(err == LOOM_OK || world->error.code == err);
    return err;
}

static void expect_member(const char *what, const char *value, const char *wanted) {
    expect(what, (value == NULL) == (wanted == NULL));
    if (wanted != NULL)
        expect_text(what, value, wanted);
}

/* ---- Who am I ---- */

static void whoami_sends_a_get_with_the_token(void **unused) {
    (void)unused;
    static const struct fake_answer answer = {.status = 200, .json = "{}"};
    struct oauth_world world;
    struct loom_secret *token = world_secret(TOKEN);
    struct loom_account account = LOOM_ACCOUNT_INIT;
    world_open(&world, SERVER "/base", &answer, 1);
    world.server.ca_file = "/etc/company.pem";
    world.server.timeout_ms = 3000;
    assert_int_equal(loom_oauth_whoami(&world.server, token, &account, NULL), LOOM_OK);
    const struct fake_request *request = &world.fake.requests[0];
    assert_string_equal(request->line, "GET /auth/me");
    assert_string_equal(request->origin, SERVER "/base");
    assert_string_equal(request->bearer, TOKEN);
    assert_null(request->content_type);
    assert_string_equal(request->ca_file, "/etc/company.pem");
    assert_int_equal(request->timeout_ms, 3000);
    loom_secret_free(token);
    loom_account_clear(&account);
    world_close(&world);
}

static void whoami_of_a_good_answer_fills_what_is_known(void **unused) {
    (void)unused;
    static char longest[LOOM_ACCOUNT_FIELD_MAX + 32], longer[LOOM_ACCOUNT_FIELD_MAX + 32];
    (void)snprintf(longest, sizeof longest, "{\"id\":\"%0*d\"}", LOOM_ACCOUNT_FIELD_MAX, 7);
    (void)snprintf(longer, sizeof longer, "{\"id\":\"%0*d\"}", LOOM_ACCOUNT_FIELD_MAX + 1, 7);
    static char long_id[LOOM_ACCOUNT_FIELD_MAX + 1];
    (void)snprintf(long_id, sizeof long_id, "%0*d", LOOM_ACCOUNT_FIELD_MAX, 7);
    const struct {
        const char *json, *id, *username, *display_name, *email;
    } rows[] = {
        {"{\"id\":\"u1\",\"display_name\":\"Ada Lovelace\",\"username\":\"ada\",\"email\":\"a@b\","
         "\"avatar_url\":\"https://h/"
         "\",\"locale\":\"en\",\"global_roles\":[],\"created_at\":\"x\"}",
         "u1", "ada", "Ada Lovelace", "a@b"},
        {"{}", NULL, NULL, NULL, NULL},
        {"{\"id\":null,\"username\":null,\"display_name\":null,\"email\":null}", NULL, NULL, NULL,
         NULL},
        {"{\"id\":42,\"username\":\"\",\"error\":null}", "42", "", NULL, NULL},
        {"{\"id\":9007199254740992,\"username\":-1,\"email\":1e999}", "9007199254740992", NULL,
         NULL, NULL},
        {"{\"id\":true,\"username\":[\"x\"],\"display_name\":{},\"email\":\"x\"}", NULL, NULL, NULL,
         "x"},
        {"{\"display_name\":\"\xd9\x84\xd9\x88\xd9\x85 \\u001b[2K\"}", NULL, NULL,
         "\xd9\x84\xd9\x88\xd9\x85 \x1b[2K", NULL},
        {longest, long_id, NULL, NULL, NULL},
        {longer, NULL, NULL, NULL, NULL},
        /* DF-104: a name is shown, the token is not. */
        {"{\"id\":\"" TOKEN "\",\"username\":\"ada\",\"display_name\":\"<" TOKEN ">\"}", NULL,
         "ada", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_account account;
        const struct fake_answer answer = {.status = 200, .json = rows[i].json};
        expect_equal(rows[i].json, whoami(&world, &answer, &account), LOOM_OK);
        expect_member(rows[i].json, account.id, rows[i].id);
        expect_member(rows[i].json, account.username, rows[i].username);
        expect_member(rows[i].json, account.display_name, rows[i].display_name);
        expect_member(rows[i].json, account.email, rows[i].email);
        loom_account_clear(&account);
        world_close(&world);
    }
}

/* What both calls make of an answer. A 401 counts only when the server itself says so, as JSON. */
static const struct {
    long status;
    const char *json; /* NULL: a page of somebody's */
    enum loom_err whoami;
    enum loom_err logout;
    enum loom_revocation revocation;
} judgements[] = {
    {200, "{\"message\":\"bye\"}", LOOM_OK, LOOM_OK, LOOM_REVOKED},
    {200, "{}", LOOM_OK, LOOM_OK, LOOM_REVOKED},
    {201, "{\"error\":null}", LOOM_OK, LOOM_OK, LOOM_REVOKED},
    {204, NULL, LOOM_ERR_NOT_LOOM, LOOM_OK, LOOM_REVOKED},
    /* NET-20: a captive portal says 200 to everything */
    {200, NULL, LOOM_ERR_NOT_LOOM, LOOM_ERR_NOT_LOOM, LOOM_REVOKE_FAILED},
    {200, "", LOOM_ERR_BAD_ANSWER, LOOM_ERR_BAD_ANSWER, LOOM_REVOKE_FAILED},
    {200, "nonsense", LOOM_ERR_BAD_ANSWER, LOOM_ERR_BAD_ANSWER, LOOM_REVOKE_FAILED},
    {200, "[]", LOOM_ERR_BAD_ANSWER, LOOM_ERR_BAD_ANSWER, LOOM_REVOKE_FAILED},
    /* success is a conjunction: no `error` stands beside it */
    {200, "{\"error\":\"invalid_token\"}", LOOM_ERR_BAD_ANSWER, LOOM_ERR_BAD_ANSWER,
     LOOM_REVOKE_FAILED},
    {200, "{\"id\":\"u1\",\"error\":{}}", LOOM_ERR_BAD_ANSWER, LOOM_ERR_BAD_ANSWER,
     LOOM_REVOKE_FAILED},
    /* REV-03 */
    {401, "{\"error\":\"invalid_token\"}", LOOM_ERR_REJECTED, LOOM_OK, LOOM_REVOKED_BEFORE},
    {401, "{}", LOOM_ERR_REJECTED, LOOM_OK, LOOM_REVOKED_BEFORE},
    {401, NULL, LOOM_ERR_BAD_ANSWER, LOOM_ERR_NOT_LOOM, LOOM_REVOKE_FAILED},
    {401, "", LOOM_ERR_BAD_ANSWER, LOOM_ERR_BAD_ANSWER, LOOM_REVOKE_FAILED},
    {401, "<html>", LOOM_ERR_BAD_ANSWER, LOOM_ERR_BAD_ANSWER, LOOM_REVOKE_FAILED},
    {400, "{}", LOOM_ERR_BAD_ANSWER, LOOM_ERR_BAD_ANSWER, LOOM_REVOKE_FAILED},
    {403, "{}", LOOM_ERR_BAD_ANSWER, LOOM_ERR_BAD_ANSWER, LOOM_REVOKE_FAILED},
    {403, NULL, LOOM_ERR_NOT_LOOM, LOOM_ERR_NOT_LOOM, LOOM_REVOKE_FAILED},
    {407, NULL, LOOM_ERR_NOT_LOOM, LOOM_ERR_NOT_LOOM, LOOM_REVOKE_FAILED},
    {404, "{}", LOOM_ERR_NOT_LOOM, LOOM_ERR_NOT_LOOM, LOOM_REVOKE_UNSUPPORTED},
    {405, NULL, LOOM_ERR_NOT_LOOM, LOOM_ERR_NOT_LOOM, LOOM_REVOKE_UNSUPPORTED},
    {501, "{}", LOOM_ERR_NOT_LOOM, LOOM_ERR_NOT_LOOM, LOOM_REVOKE_UNSUPPORTED},
    /* REV-02 */
    {429, "{}", LOOM_ERR_SERVER, LOOM_ERR_SERVER, LOOM_REVOKE_FAILED},
    {500, "{}", LOOM_ERR_SERVER, LOOM_ERR_SERVER, LOOM_REVOKE_FAILED},
    {503, NULL, LOOM_ERR_SERVER, LOOM_ERR_SERVER, LOOM_REVOKE_FAILED},
};

static void name_row(size_t row, const char *call, char what[static 100]) {
    (void)snprintf(what, 100, "%s: %ld %s", call, judgements[row].status,
                   judgements[row].json != NULL ? judgements[row].json : "a page");
}

/* A page of somebody's may even look like JSON. */
static struct fake_answer answer_of(size_t row) {
    return (struct fake_answer){.status = judgements[row].status,
                                .json = judgements[row].json,
                                .other = judgements[row].status == 204 ? NULL : "{\"id\":\"u1\"}"};
}

static void whoami_of_every_answer_is_judged_as_the_table_says(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof judgements / sizeof judgements[0]; i++) {
        struct oauth_world world;
        struct loom_account account;
        char what[100];
        const struct fake_answer answer = answer_of(i);
        name_row(i, "whoami", what);
        expect_equal(what, whoami(&world, &answer, &account), judgements[i].whoami);
        if (judgements[i].whoami != LOOM_OK)
            expect_equal(what, world.error.http_status, judgements[i].status);
        expect(what, judgements[i].whoami == LOOM_OK || account.id == NULL);
        loom_account_clear(&account);
        world_close(&world);
    }
}

/* ---- Sign out ---- */

static enum loom_err logout(struct oauth_world *world, const struct fake_answer *answer,
                            enum loom_revocation *revocation) {
    struct loom_secret *token = world_secret(TOKEN);
    world_open(world, SERVER, answer, 1);
    const struct loom_tokens tokens = {.access = token};
    enum loom_err err = loom_oauth_revoke(&world->server, &tokens, revocation, &world->error);
    loom_secret_free(token);
    assert_true(err == LOOM_OK || world->error.code == err);
    return err;
}

static void logout_sends_a_post_with_the_token_and_no_body(void **unused) {
    (void)unused;
    static const struct fake_answer answer = {.status = 200, .json = "{\"message\":\"bye\"}"};
    struct oauth_world world;
    enum loom_revocation revocation = LOOM_REVOKE_FAILED;
    assert_int_equal(logout(&world, &answer, &revocation), LOOM_OK);
    const struct fake_request *request = &world.fake.requests[0];
    assert_string_equal(request->line, "POST /auth/logout");
    assert_string_equal(request->origin, SERVER);
    assert_string_equal(request->bearer, TOKEN);
    assert_null(request->content_type);
    world_close(&world);
}

/* REV-01 to REV-03 */
static void logout_of_every_answer_is_judged_as_the_table_says(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof judgements / sizeof judgements[0]; i++) {
        for (int before = LOOM_REVOKED; before <= LOOM_REVOKE_FAILED; before++) {
            struct oauth_world world;
            enum loom_revocation revocation = (enum loom_revocation)before;
            char what[100];
            const struct fake_answer answer = answer_of(i);
            name_row(i, "logout", what);
            expect_equal(what, logout(&world, &answer, &revocation), judgements[i].logout);
            expect_equal(what, revocation, judgements[i].revocation);
            if (judgements[i].logout != LOOM_OK)
                expect_equal(what, world.error.http_status, judgements[i].status);
            world_close(&world);
        }
    }
}

/* REV-02, REV-04: no answer, or one that points elsewhere, ended nothing. */
static void calls_without_an_answer_tell_the_error(void **unused) {
    (void)unused;
    static const enum loom_err errors[] = {
        LOOM_ERR_NO_HOST,     LOOM_ERR_UNREACHABLE, LOOM_ERR_TIMEOUT,  LOOM_ERR_TLS_AUTHORITY,
        LOOM_ERR_TLS,         LOOM_ERR_PROXY,       LOOM_ERR_REDIRECT, LOOM_ERR_BAD_ANSWER,
        LOOM_ERR_INTERRUPTED, LOOM_ERR_INTERNAL,
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct oauth_world world;
        struct loom_account account;
        enum loom_revocation revocation = LOOM_REVOKED;
        const struct fake_answer answer = {.err = errors[i], .detail = "why"};
        assert_int_equal(whoami(&world, &answer, &account), errors[i]);
        assert_string_equal(world.error.detail, "why");
        world_close(&world);
        assert_int_equal(logout(&world, &answer, &revocation), errors[i]);
        assert_int_equal(revocation, LOOM_REVOKE_FAILED);
        assert_string_equal(world.error.detail, "why");
        world_close(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoami_sends_a_get_with_the_token),
        cmocka_unit_test(whoami_of_a_good_answer_fills_what_is_known),
        cmocka_unit_test(whoami_of_every_answer_is_judged_as_the_table_says),
        cmocka_unit_test(logout_sends_a_post_with_the_token_and_no_body),
        cmocka_unit_test(logout_of_every_answer_is_judged_as_the_table_says),
        cmocka_unit_test(calls_without_an_answer_tell_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
