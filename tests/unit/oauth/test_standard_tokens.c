/* SPDX-License-Identifier: Apache-2.0 */
/* What the tokens of a standard server live through: refresh, userinfo, revocation. */
#include "oauth/oauth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "unit/oauth/oauth_world.h"

#define NEWER "PLANTED-newer"
#define GOOD(more) "{\"access_token\":\"" NEWER "\",\"token_type\":\"bearer\"" more "}"

/* ---- Refresh ---- */

static enum loom_err refresh(struct oauth_world *world, const struct fake_answer *answer,
                             struct loom_tokens *tokens) {
    struct loom_secret *secret = world_secret(REFRESH);
    *tokens = (struct loom_tokens)LOOM_TOKENS_INIT;
    world_open_standard(world, answer, 1);
    enum loom_err err = loom_oauth_refresh(&world->server, secret, tokens, &world->error);
    loom_secret_free(secret);
    assert_true((err == LOOM_OK) == (tokens->access != NULL));
    assert_true(err == LOOM_OK || world->error.code == err);
    return err;
}

static void refresh_posts_the_token_as_a_form(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_tokens tokens;
    static const struct fake_answer answer = {
        .to = "POST " TOKEN_PATH, .status = 200, .json = GOOD("")};
    assert_int_equal(refresh(&world, &answer, &tokens), LOOM_OK);
    const struct fake_request *request = &world.fake.requests[0];
    assert_string_equal(request->origin, AUTHORITY);
    assert_string_equal(request->content_type, "application/x-www-form-urlencoded");
    assert_string_equal(
        request->body,
        "grant_type=refresh_token&client_id=loom-cli&refresh_token=" REFRESH_IN_FORM);
    assert_null(request->bearer);
    loom_tokens_clear(&tokens);
    world_close(&world);
}

/* The token may be rotated (RFC 6749 section 6), or stay as it was. */
static void refresh_of_a_good_answer_fills_the_tokens(void **unused) {
    (void)unused;
    static const struct {
        const char *json, *refresh;
        int64_t life_s;
    } rows[] = {
        {GOOD(""), NULL, -1},
        {GOOD(",\"refresh_token\":\"\",\"expires_in\":0"), NULL, 0},
        {GOOD(",\"refresh_token\":\"PLANTED-rotated\",\"expires_in\":60"), "PLANTED-rotated", 60},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_tokens tokens;
        const struct fake_answer answer = {.status = 200, .json = rows[i].json, .date_s = 1700};
        expect_equal(rows[i].json, refresh(&world, &answer, &tokens), LOOM_OK);
        expect_text(rows[i].json, loom_secret_bytes(tokens.access), NEWER);
        expect(rows[i].json, (tokens.refresh == NULL) == (rows[i].refresh == NULL));
        if (rows[i].refresh != NULL)
            expect_text(rows[i].json, loom_secret_bytes(tokens.refresh), rows[i].refresh);
        expect_equal(rows[i].json, tokens.has_life ? tokens.life_s : -1, rows[i].life_s);
        expect_equal(rows[i].json, tokens.date_s, 1700);
        loom_tokens_clear(&tokens);
        world_close(&world);
    }
}

static void refresh_of_every_other_answer_means_what_the_table_says(void **unused) {
    (void)unused;
    static const struct {
        long status;
        const char *json;
        enum loom_err err;
        const char *oauth_error, *detail;
    } rows[] = {
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"revoked\"}", LOOM_ERR_REJECTED,
         "invalid_grant", "revoked"},
        {401, "{\"error\":\"invalid_grant\"}", LOOM_ERR_REJECTED, "invalid_grant", ""},
        {403, "{\"error\":\"invalid_grant\"}", LOOM_ERR_REJECTED, "invalid_grant", ""},
        {200, "{\"error\":\"invalid_grant\"}", LOOM_ERR_REJECTED, "invalid_grant", ""},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"" REFRESH_IN_FORM " is dead\"}",
         LOOM_ERR_REJECTED, "invalid_grant", ""},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"<PLANTED-rt/+=~&%>\"}",
         LOOM_ERR_REJECTED, "invalid_grant", ""},
        {400, "{\"error\":\"invalid_client\"}", LOOM_ERR_DENIED, "invalid_client", ""},
        {400, "{\"error\":\"unauthorized_client\"}", LOOM_ERR_DENIED, "unauthorized_client", ""},
        {400, "{\"error\":\"access_denied\"}", LOOM_ERR_DENIED, "access_denied", ""},
        /* no word but one says that the token is dead */
        {400, "{\"error\":\"expired_token\"}", LOOM_ERR_BAD_ANSWER, "expired_token", ""},
        {400, "{\"error\":\"invalid_token\"}", LOOM_ERR_BAD_ANSWER, "invalid_token", ""},
        {400, "{\"error\":\"Invalid_Grant\"}", LOOM_ERR_BAD_ANSWER, "Invalid_Grant", ""},
        {400, "{\"error\":\"authorization_pending\"}", LOOM_ERR_BAD_ANSWER, "authorization_pending",
         ""},
        {400, "{\"error\":\"slow_down\"}", LOOM_ERR_BAD_ANSWER, "slow_down", ""},
        {400, "{\"error\":\"invalid_scope\"}", LOOM_ERR_BAD_ANSWER, "invalid_scope", ""},
        {400, "{\"error\":7}", LOOM_ERR_BAD_ANSWER, "", ""},
        {400, "{}", LOOM_ERR_BAD_ANSWER, "", ""},
        {401, "{}", LOOM_ERR_BAD_ANSWER, "", ""},
        {400, NULL, LOOM_ERR_NOT_LOOM, "", ""},
        {401, NULL, LOOM_ERR_NOT_LOOM, "", ""},
        {404, "{}", LOOM_ERR_NOT_LOOM, "", ""},
        {200, NULL, LOOM_ERR_NOT_LOOM, "", ""},
        {429, "{\"error\":\"invalid_grant\"}", LOOM_ERR_SERVER, "", ""},
        {500, "{\"error\":\"invalid_grant\"}", LOOM_ERR_SERVER, "", ""},
        {503, NULL, LOOM_ERR_SERVER, "", ""},
        {200, "{}", LOOM_ERR_BAD_ANSWER, "", ""},
        {200, "{\"access_token\":\"x\"}", LOOM_ERR_BAD_ANSWER, "", ""},
        {200, "{\"access_token\":\"x\",\"token_type\":\"mac\"}", LOOM_ERR_BAD_ANSWER, "", ""},
        {200, "{\"access_token\":\"x y\",\"token_type\":\"bearer\"}", LOOM_ERR_BAD_ANSWER, "", ""},
        {200, GOOD(",\"refresh_token\":\"a b\""), LOOM_ERR_BAD_ANSWER, "", ""},
        {400, GOOD(""), LOOM_ERR_BAD_ANSWER, "", ""},
        {200, GOOD(",\"error\":\"zzz\""), LOOM_ERR_BAD_ANSWER, "zzz", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_tokens tokens;
        const struct fake_answer answer = {
            .status = rows[i].status, .json = rows[i].json, .other = GOOD("")};
        char what[200];
        (void)snprintf(what, sizeof what, "%ld %s", rows[i].status,
                       rows[i].json != NULL ? rows[i].json : "a page");
        expect_equal(what, refresh(&world, &answer, &tokens), rows[i].err);
        expect_equal(what, world.error.http_status, rows[i].status);
        expect_text(what, world.error.oauth_error, rows[i].oauth_error);
        expect_text(what, world.error.detail, rows[i].detail);
        world_close(&world);
    }
}

/* Once: a server may count a second request as theft. */
static void refresh_without_an_answer_is_the_networks_error_and_not_repeated(void **unused) {
    (void)unused;
    static const enum loom_err errors[] = {LOOM_ERR_TIMEOUT, LOOM_ERR_UNREACHABLE,
                                           LOOM_ERR_REDIRECT, LOOM_ERR_INTERRUPTED};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct oauth_world world;
        struct loom_tokens tokens;
        const struct fake_answer answer = {.err = errors[i]};
        assert_int_equal(refresh(&world, &answer, &tokens), errors[i]);
        world_close(&world);
    }
}

static void refresh_without_an_endpoint_asks_nobody(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_tokens tokens = LOOM_TOKENS_INIT;
    struct loom_secret *secret = world_secret(REFRESH);
    for (int native = 0; native <= 1; native++) {
        world_open_standard(&world, NULL, 0);
        world.authority.token.url[0] = '\0';
        if (native == 1)
            world.authority.is_standard = false;
        assert_int_equal(loom_oauth_refresh(&world.server, secret, &tokens, &world.error),
                         LOOM_ERR_NOT_FOUND);
        assert_int_equal(world.error.code, LOOM_ERR_NOT_FOUND);
        assert_null(tokens.access);
        world_close(&world);
    }
    loom_secret_free(secret);
}

/* ---- Who am I ---- */

static enum loom_err whoami(struct oauth_world *world, const struct fake_answer *answer,
                            struct loom_account *account) {
    struct loom_secret *token = world_secret(TOKEN);
    *account = (struct loom_account)LOOM_ACCOUNT_INIT;
    world_open_standard(world, answer, 1);
    enum loom_err err = loom_oauth_whoami(&world->server, token, account, &world->error);
    loom_secret_free(token);
    assert_true(err == LOOM_OK || (world->error.code == err && account->id == NULL));
    return err;
}

static void whoami_asks_the_endpoint_with_the_token(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_account account;
    static const struct fake_answer answer = {
        .to = "GET " USERINFO_PATH,
        .status = 200,
        .json = "{\"sub\":\"248\",\"preferred_username\":\"ada\",\"name\":\"Ada Lovelace\","
                "\"email\":\"ada@example.com\",\"id\":\"no\",\"username\":\"no\"}"};
    assert_int_equal(whoami(&world, &answer, &account), LOOM_OK);
    const struct fake_request *request = &world.fake.requests[0];
    assert_string_equal(request->origin, AUTHORITY);
    assert_string_equal(request->bearer, TOKEN);
    assert_null(request->content_type);
    assert_string_equal(account.id, "248");
    assert_string_equal(account.username, "ada");
    assert_string_equal(account.display_name, "Ada Lovelace");
    assert_string_equal(account.email, "ada@example.com");
    loom_account_clear(&account);
    world_close(&world);
}

static void whoami_of_an_answer_that_says_less_knows_less(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_account account;
    static const struct fake_answer answer = {
        .status = 200, .json = "{\"sub\":7,\"preferred_username\":null,\"name\":[\"x\"]}"};
    assert_int_equal(whoami(&world, &answer, &account), LOOM_OK);
    assert_string_equal(account.id, "7");
    assert_null(account.username);
    assert_null(account.display_name);
    assert_null(account.email);
    loom_account_clear(&account);
    world_close(&world);
}

/* A number that a double holds exactly is as good as its digits. */
static void whoami_of_a_number_takes_it_within_its_bounds(void **unused) {
    (void)unused;
    static const struct {
        const char *json, *id;
    } rows[] = {
        {"{\"sub\":0}", "0"},
        {"{\"sub\":9007199254740992}", "9007199254740992"},
        {"{\"sub\":9007199254740994}", ""},
        {"{\"sub\":-1}", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_account account;
        const struct fake_answer answer = {.status = 200, .json = rows[i].json};
        expect_equal(rows[i].json, whoami(&world, &answer, &account), LOOM_OK);
        expect_text(rows[i].json, account.id != NULL ? account.id : "", rows[i].id);
        loom_account_clear(&account);
        world_close(&world);
    }
}

/* Only the endpoint's own word says that a token is dead. */
static void whoami_of_every_answer_means_what_the_table_says(void **unused) {
    (void)unused;
    static const struct {
        long status;
        const char *json;
        bool is_token_invalid;
        enum loom_err err;
    } rows[] = {
        {401, "{}", false, LOOM_ERR_REJECTED},
        {401, "{\"error\":\"invalid_token\"}", true, LOOM_ERR_REJECTED},
        {401, NULL, true, LOOM_ERR_REJECTED},
        {401, NULL, false, LOOM_ERR_BAD_ANSWER},
        {401, "nonsense", false, LOOM_ERR_BAD_ANSWER},
        {403, NULL, true, LOOM_ERR_NOT_LOOM},
        {403, "{\"error\":\"insufficient_scope\",\"sub\":\"y\"}", false, LOOM_OK},
        {403, "{\"error\":\"insufficient_scope \"}", false, LOOM_ERR_BAD_ANSWER},
        {403, "{\"error\":[\"insufficient_scope\"]}", false, LOOM_ERR_BAD_ANSWER},
        {403, "\"insufficient_scope\"", false, LOOM_ERR_BAD_ANSWER},
        {403, "{}", false, LOOM_ERR_BAD_ANSWER},
        {400, "{\"error\":\"insufficient_scope\"}", false, LOOM_ERR_BAD_ANSWER},
        {401, "{\"error\":\"insufficient_scope\"}", false, LOOM_ERR_REJECTED},
        {200, "{\"error\":\"insufficient_scope\"}", false, LOOM_ERR_BAD_ANSWER},
        {400, "{\"error\":\"invalid_token\"}", true, LOOM_ERR_BAD_ANSWER},
        {407, NULL, true, LOOM_ERR_NOT_LOOM},
        {200, "{\"error\":\"invalid_token\"}", true, LOOM_ERR_BAD_ANSWER},
        {200, NULL, true, LOOM_ERR_NOT_LOOM},
        {404, "{}", false, LOOM_ERR_NOT_LOOM},
        {429, "{}", false, LOOM_ERR_SERVER},
        {503, NULL, true, LOOM_ERR_SERVER},
        {200, "{}", true, LOOM_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_world world;
        struct loom_account account;
        const struct fake_answer answer = {.status = rows[i].status,
                                           .json = rows[i].json,
                                           .other = "{\"sub\":\"x\"}",
                                           .is_token_invalid = rows[i].is_token_invalid};
        char what[120];
        (void)snprintf(what, sizeof what, "%ld %s", rows[i].status,
                       rows[i].json != NULL ? rows[i].json : "a page");
        expect_equal(what, whoami(&world, &answer, &account), rows[i].err);
        expect_equal(what, world.error.http_status, rows[i].err == LOOM_OK ? 0 : rows[i].status);
        if (rows[i].err == LOOM_OK)
            assert_null(account.id);
        world_close(&world);
    }
}

static void whoami_without_an_answer_is_the_networks_error(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_account account;
    static const struct fake_answer answer = {.err = LOOM_ERR_TIMEOUT};
    assert_int_equal(whoami(&world, &answer, &account), LOOM_ERR_TIMEOUT);
    world_close(&world);
}

static void whoami_without_an_endpoint_is_an_empty_account(void **unused) {
    (void)unused;
    struct oauth_world world;
    struct loom_account account;
    struct loom_secret *token = world_secret(TOKEN);
    memset(&account, 0x55, sizeof account);
    world_open_standard(&world, NULL, 0);
    world.authority.userinfo.url[0] = '\0';
    assert_int_equal(loom_oauth_whoami(&world.server, token, &account, &world.error), LOOM_OK);
    assert_null(account.id);
    assert_null(account.username);
    assert_null(account.display_name);
    assert_null(account.email);
    loom_secret_free(token);
    world_close(&world);
}

/* ---- Revocation ---- */

enum { ACCESS_TOO = 1, REFRESH_TOO = 2 };

static enum loom_err revoke(struct oauth_world *world, const struct fake_answer *script,
                            size_t count, int which, enum loom_revocation *revocation) {
    struct loom_tokens tokens = LOOM_TOKENS_INIT;
    if ((which & ACCESS_TOO) != 0)
        tokens.access = world_secret(TOKEN);
    if ((which & REFRESH_TOO) != 0)
        tokens.refresh = world_secret(REFRESH);
    world_open_standard(world, script, count);
    world->server.timeout_ms = 10000;
    enum loom_err err = loom_oauth_revoke(&world->server, &tokens, revocation, &world->error);
    loom_tokens_clear(&tokens);
    assert_int_equal(world->error.code, err);
    return err;
}

static void revoke_tells_of_the_refresh_token_first(void **unused) {
    (void)unused;
    struct oauth_world world;
    enum loom_revocation revocation;
    static const struct fake_answer script[] = {{.to = "POST " REVOKE_PATH, .status = 200},
                                                {.to = "POST " REVOKE_PATH, .status = 200}};
    assert_int_equal(revoke(&world, script, 2, ACCESS_TOO | REFRESH_TOO, &revocation), LOOM_OK);
    assert_int_equal(revocation, LOOM_REVOKED);
    const struct fake_request *requests = world.fake.requests;
    assert_string_equal(requests[0].body,
                        "token_type_hint=refresh_token&client_id=loom-cli&token=" REFRESH_IN_FORM);
    assert_string_equal(requests[1].body,
                        "token_type_hint=access_token&client_id=loom-cli&token=" TOKEN);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(requests[i].origin, AUTHORITY);
        assert_string_equal(requests[i].content_type, "application/x-www-form-urlencoded");
        assert_null(requests[i].bearer);
        assert_int_equal(requests[i].timeout_ms, 5000);
    }
    world_close(&world);
}

static void revoke_of_one_token_takes_the_whole_time(void **unused) {
    (void)unused;
    static const char *const hints[] = {"=access_token&", "=refresh_token&"};
    static const struct fake_answer answer = {.status = 200};
    for (int which = ACCESS_TOO; which <= REFRESH_TOO; which++) {
        struct oauth_world world;
        enum loom_revocation revocation;
        assert_int_equal(revoke(&world, &answer, 1, which, &revocation), LOOM_OK);
        assert_int_equal(revocation, LOOM_REVOKED);
        assert_non_null(strstr(world.fake.requests[0].body, hints[which - 1]));
        assert_int_equal(world.fake.requests[0].timeout_ms, 10000);
        world_close(&world);
    }
}

static void revoke_repeats_neither_token(void **unused) {
    (void)unused;
    static const char *const answers[] = {
        "{\"error\":\"x\",\"error_description\":\"not " TOKEN " here\"}",
        "{\"error\":\"x\",\"error_description\":\"not " REFRESH_IN_FORM " here\"}",
        "{\"error\":\"" TOKEN "\"}",
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct fake_answer bad = {.status = 400, .json = answers[i]};
        const struct fake_answer script[] = {bad, bad};
        struct oauth_world world;
        enum loom_revocation revocation;
        assert_int_equal(revoke(&world, script, 2, ACCESS_TOO | REFRESH_TOO, &revocation),
                         LOOM_ERR_BAD_ANSWER);
        assert_string_equal(world.error.detail, "");
        assert_string_equal(world.error.oauth_error, i < 2 ? "x" : "");
        world_close(&world);
    }
}

/* Each token is said in the answer about the other. */
static void revoke_repeats_no_token_that_it_did_not_ask_about(void **unused) {
    (void)unused;
    static const struct fake_answer fine = {.status = 200};
    static const struct fake_answer says_access = {
        .status = 400, .json = "{\"error\":\"x\",\"error_description\":\"" TOKEN "\"}"};
    static const struct fake_answer says_refresh = {
        .status = 400, .json = "{\"error\":\"x\",\"error_description\":\"a " REFRESH_IN_FORM "\"}"};
    const struct fake_answer scripts[][2] = {{says_access, fine}, {fine, says_refresh}};
    for (size_t i = 0; i < 2; i++) {
        struct oauth_world world;
        enum loom_revocation revocation;
        assert_int_equal(revoke(&world, scripts[i], 2, ACCESS_TOO | REFRESH_TOO, &revocation),
                         LOOM_ERR_BAD_ANSWER);
        assert_string_equal(world.error.oauth_error, "x");
        assert_string_equal(world.error.detail, "");
        world_close(&world);
    }
}

/* What one request may bring. REV-02, REV-03, REV-13 */
static const struct ending {
    const char *what;
    struct fake_answer answer;
    enum loom_revocation revocation;
    enum loom_err err;
    const char *oauth_error;
} endings[] = {
    {"200", {.status = 200}, LOOM_REVOKED, LOOM_OK, ""},
    {"200 with JSON", {.status = 200, .json = "{}"}, LOOM_REVOKED, LOOM_OK, ""},
    {"200 with nonsense", {.status = 200, .json = "x"}, LOOM_REVOKED, LOOM_OK, ""},
    {"200 with a text", {.status = 200, .other = "ok"}, LOOM_REVOKED, LOOM_OK, ""},
    {"204", {.status = 204}, LOOM_REVOKED, LOOM_OK, ""},
    {"299", {.status = 299}, LOOM_REVOKED, LOOM_OK, ""},
    {"REV-13 unsupported",
     {.status = 400, .json = "{\"error\":\"unsupported_token_type\"}"},
     LOOM_REVOKE_UNSUPPORTED,
     LOOM_ERR_BAD_ANSWER,
     "unsupported_token_type"},
    {"404", {.status = 404}, LOOM_REVOKE_UNSUPPORTED, LOOM_ERR_NOT_LOOM, ""},
    {"405", {.status = 405, .json = "{}"}, LOOM_REVOKE_UNSUPPORTED, LOOM_ERR_NOT_LOOM, ""},
    {"501", {.status = 501}, LOOM_REVOKE_UNSUPPORTED, LOOM_ERR_NOT_LOOM, ""},
    {"REV-13 400",
     {.status = 400, .json = "{\"error\":\"invalid_request\"}"},
     LOOM_REVOKE_FAILED,
     LOOM_ERR_BAD_ANSWER,
     "invalid_request"},
    {"an error with 200",
     {.status = 200, .json = "{\"error\":\"zzz\"}"},
     LOOM_REVOKE_FAILED,
     LOOM_ERR_BAD_ANSWER,
     "zzz"},
    {"the client",
     {.status = 401, .json = "{\"error\":\"invalid_client\"}"},
     LOOM_REVOKE_FAILED,
     LOOM_ERR_DENIED,
     "invalid_client"},
    {"pending",
     {.status = 400, .json = "{\"error\":\"authorization_pending\"}"},
     LOOM_REVOKE_FAILED,
     LOOM_ERR_BAD_ANSWER,
     "authorization_pending"},
    {"401", {.status = 401, .json = "{}"}, LOOM_REVOKE_FAILED, LOOM_ERR_BAD_ANSWER, ""},
    {"a page of 403", {.status = 403, .other = "x"}, LOOM_REVOKE_FAILED, LOOM_ERR_NOT_LOOM, ""},
    {"REV-02 500", {.status = 500}, LOOM_REVOKE_FAILED, LOOM_ERR_SERVER, ""},
    {"REV-02 503",
     {.status = 503, .json = "{\"error\":\"unsupported_token_type\"}"},
     LOOM_REVOKE_FAILED,
     LOOM_ERR_SERVER,
     ""},
    {"429", {.status = 429}, LOOM_REVOKE_FAILED, LOOM_ERR_SERVER, ""},
};

enum { ENDINGS = sizeof endings / sizeof endings[0] };

/* The first of the two that are as bad is the one told. */
static void revoke_of_two_tokens_tells_the_worse_outcome(void **unused) {
    (void)unused;
    for (size_t i = 0; i < ENDINGS * ENDINGS; i++) {
        const struct ending *first = &endings[i / ENDINGS], *second = &endings[i % ENDINGS];
        const struct ending *told = second->revocation > first->revocation ? second : first;
        const struct fake_answer script[] = {first->answer, second->answer};
        struct oauth_world world;
        enum loom_revocation revocation = LOOM_REVOKED_BEFORE;
        char what[80];
        (void)snprintf(what, sizeof what, "%s, then %s", first->what, second->what);
        expect_equal(what, revoke(&world, script, 2, ACCESS_TOO | REFRESH_TOO, &revocation),
                     told->err);
        expect_equal(what, revocation, told->revocation);
        expect_text(what, world.error.oauth_error, told->oauth_error);
        expect_equal(what, world.error.http_status, told->err == LOOM_OK ? 0 : told->answer.status);
        world_close(&world);
    }
}

static void revoke_without_an_answer_does_not_ask_again(void **unused) {
    (void)unused;
    static const struct fake_answer lost = {.err = LOOM_ERR_TIMEOUT, .detail = "why"};
    struct oauth_world world;
    enum loom_revocation revocation;
    assert_int_equal(revoke(&world, &lost, 1, ACCESS_TOO | REFRESH_TOO, &revocation),
                     LOOM_ERR_TIMEOUT);
    assert_int_equal(revocation, LOOM_REVOKE_FAILED);
    assert_string_equal(world.error.detail, "why");
    world_close(&world);
    const struct fake_answer script[] = {{.status = 200}, lost};
    assert_int_equal(revoke(&world, script, 2, ACCESS_TOO | REFRESH_TOO, &revocation),
                     LOOM_ERR_TIMEOUT);
    assert_int_equal(revocation, LOOM_REVOKE_FAILED);
    world_close(&world);
}

static void revoke_that_is_refused_does_not_tell_the_token(void **unused) {
    (void)unused;
    static const char *const descriptions[] = {REFRESH, REFRESH_IN_FORM,
                                               ("token=" REFRESH_IN_FORM)};
    for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++) {
        struct oauth_world world;
        enum loom_revocation revocation;
        char json[160];
        const struct fake_answer answer = {.status = 400, .json = json};
        (void)snprintf(json, sizeof json, "{\"error\":\"zzz\",\"error_description\":\"%s\"}",
                       descriptions[i]);
        assert_int_equal(revoke(&world, &answer, 1, REFRESH_TOO, &revocation), LOOM_ERR_BAD_ANSWER);
        assert_string_equal(world.error.detail, "");
        world_close(&world);
    }
}

static void revoke_without_an_endpoint_or_a_token_asks_nobody(void **unused) {
    (void)unused;
    struct oauth_world world;
    enum loom_revocation revocation = LOOM_REVOKE_FAILED;
    assert_int_equal(revoke(&world, NULL, 0, 0, &revocation), LOOM_OK);
    assert_int_equal(revocation, LOOM_REVOKED);
    world_close(&world);
    struct loom_tokens tokens = {.access = world_secret(TOKEN)};
    world_open_standard(&world, NULL, 0);
    world.authority.revocation.url[0] = '\0';
    assert_int_equal(loom_oauth_revoke(&world.server, &tokens, &revocation, &world.error), LOOM_OK);
    assert_int_equal(revocation, LOOM_REVOKE_UNSUPPORTED);
    world_close(&world);
    loom_tokens_clear(&tokens);
    /* and a Loom server */
    world_open(&world, "https://loom.example.com", NULL, 0);
    assert_int_equal(loom_oauth_revoke(&world.server, &tokens, &revocation, &world.error), LOOM_OK);
    assert_int_equal(revocation, LOOM_REVOKED_BEFORE);
    world_close(&world);
}

static void calls_without_room_for_an_error_work_the_same(void **unused) {
    (void)unused;
    static const struct fake_answer script[] = {
        {.status = 400, .json = "{\"error\":\"invalid_grant\",\"error_description\":\"x\"}"},
        {.status = 401, .json = "{}"},
        {.status = 400, .json = "{\"error\":\"unsupported_token_type\"}"},
    };
    struct oauth_world world;
    struct loom_tokens tokens = {.access = world_secret(TOKEN)}, newer = LOOM_TOKENS_INIT;
    struct loom_account account;
    enum loom_revocation revocation;
    world_open_standard(&world, script, 3);
    assert_int_equal(loom_oauth_refresh(&world.server, tokens.access, &newer, NULL),
                     LOOM_ERR_REJECTED);
    assert_int_equal(loom_oauth_whoami(&world.server, tokens.access, &account, NULL),
                     LOOM_ERR_REJECTED);
    assert_int_equal(loom_oauth_revoke(&world.server, &tokens, &revocation, NULL),
                     LOOM_ERR_BAD_ANSWER);
    assert_int_equal(revocation, LOOM_REVOKE_UNSUPPORTED);
    loom_tokens_clear(&tokens);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refresh_posts_the_token_as_a_form),
        cmocka_unit_test(refresh_of_a_good_answer_fills_the_tokens),
        cmocka_unit_test(refresh_of_every_other_answer_means_what_the_table_says),
        cmocka_unit_test(refresh_without_an_answer_is_the_networks_error_and_not_repeated),
        cmocka_unit_test(refresh_without_an_endpoint_asks_nobody),
        cmocka_unit_test(whoami_asks_the_endpoint_with_the_token),
        cmocka_unit_test(whoami_of_an_answer_that_says_less_knows_less),
        cmocka_unit_test(whoami_of_a_number_takes_it_within_its_bounds),
        cmocka_unit_test(whoami_of_every_answer_means_what_the_table_says),
        cmocka_unit_test(whoami_without_an_answer_is_the_networks_error),
        cmocka_unit_test(whoami_without_an_endpoint_is_an_empty_account),
        cmocka_unit_test(revoke_tells_of_the_refresh_token_first),
        cmocka_unit_test(revoke_of_one_token_takes_the_whole_time),
        cmocka_unit_test(revoke_repeats_neither_token),
        cmocka_unit_test(revoke_repeats_no_token_that_it_did_not_ask_about),
        cmocka_unit_test(revoke_of_two_tokens_tells_the_worse_outcome),
        cmocka_unit_test(revoke_without_an_answer_does_not_ask_again),
        cmocka_unit_test(revoke_that_is_refused_does_not_tell_the_token),
        cmocka_unit_test(revoke_without_an_endpoint_or_a_token_asks_nobody),
        cmocka_unit_test(calls_without_room_for_an_error_work_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
