/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in to a server of another dialect than Loom's: which one it is, what is kept and ended.
 */
#include "unit/session/session_world.h"

#include "session/sign_out.h"
#include "support/expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TO_THE_CODE                                                                                \
    "check\nfind\nPOST /auth/device/start\n" METADATA_AT                                           \
    "\ndialect: standard\nPOST /oauth/device\ncode ABCD-EFGH\n"
#define PAIR TOKENS(",\"refresh_token\":\"rt_new\",\"expires_in\":3600")
#define NO_METADATA                                                                                \
    {.to = METADATA_AT, .status = 404, .other = "no"}, {                                           \
        .to = "GET /.well-known/openid-configuration", .status = 404, .other = "no"                \
    }
#define REVOKE_BODY(hint, token) "token_type_hint=" hint "&client_id=loom-cli&token=" token

static int64_t now_s(const struct session_world *world) {
    return world->clock.wall_ms / 1000;
}

static enum loom_err sign_in_with(struct session_world *world, const char *token) {
    struct loom_secret *given = NULL;
    assert_int_equal(loom_secret_new(token, strlen(token), &given), LOOM_OK);
    world->wish.given = given;
    enum loom_err err = world_sign_in(world);
    world->wish.given = NULL;
    loom_secret_free(given);
    return err;
}

/* ---- Which dialect? ---- */

static void sign_in_to_a_server_that_knows_no_loom_call_looks_for_its_metadata(void **state) {
    struct session_world *world = *state;
    static const long statuses[] = {404, 405, 501};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct loom_store_question question = {&world->origin, true};
        struct loom_store *memory = world->watched.memory;
        world_forget(world);
        SCRIPT(world, START_UNKNOWN(statuses[i]), METADATA(ENDPOINTS), DEVICE, PAIR, USERINFO);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_journal(world, TO_THE_CODE "waiting pending\nPOST /oauth/token\nfind\n"
                                          "save lt_new\nGET /oauth/userinfo\n"
                                          "find without adopting\nsave lt_new Ada\n");
        assert_int_equal(memory->ops->remove(memory, &question, NULL), LOOM_OK);
    }
}

/* A captive portal's page must not lead to a search for endpoints. */
static void sign_in_to_whatever_answers_otherwise_looks_for_nothing(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_err err;
    } rows[] = {
        {{.status = 200, .other = "<html>"}, LOOM_ERR_NOT_LOOM},
        {{.status = 200, .json = "{}"}, LOOM_ERR_BAD_ANSWER},
        {{.status = 400, .other = "no"}, LOOM_ERR_NOT_LOOM},
        {{.status = 401, .json = "{}"}, LOOM_ERR_BAD_ANSWER},
        {{.status = 403, .json = "{\"error\":\"x\"}"}, LOOM_ERR_BAD_ANSWER},
        {{.status = 403, .other = "no"}, LOOM_ERR_NOT_LOOM},
        {{.status = 410, .other = "no"}, LOOM_ERR_NOT_LOOM},
        {{.status = 429, .json = "{}"}, LOOM_ERR_SERVER},
        {{.status = 500, .other = "no"}, LOOM_ERR_SERVER},
        {{.status = 503, .other = "no"}, LOOM_ERR_SERVER},
        {{.status = 511, .other = "no"}, LOOM_ERR_SERVER},
        {LOST(NULL, LOOM_ERR_REDIRECT), LOOM_ERR_REDIRECT},
        {LOST(NULL, LOOM_ERR_TLS), LOOM_ERR_TLS},
        {LOST(NULL, LOOM_ERR_BAD_ANSWER), LOOM_ERR_BAD_ANSWER},
        {LOST(NULL, LOOM_ERR_UNREACHABLE), LOOM_ERR_UNREACHABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        SCRIPT(world, rows[i].answer);
        expect_equal(what, world_sign_in(world), rows[i].err);
        expect_equal(what, world->fake.sent, 1);
    }
}

static void sign_in_to_a_server_of_no_dialect_says_so(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START_UNKNOWN(404), NO_METADATA);
    assert_int_equal(world_sign_in(world), LOOM_ERR_NOT_LOOM);
    assert_int_equal(world->error.os_error, 0);
    assert_journal(world, "check\nfind\nPOST /auth/device/start\n" METADATA_AT
                          "\nGET /.well-known/openid-configuration\n");
}

static void sign_in_to_a_standard_server_that_is_refused_asks_for_no_code(void **state) {
    struct session_world *world = *state;
    world->refuses_dialect = true;
    SCRIPT(world, START_UNKNOWN(404), METADATA(ENDPOINTS));
    assert_int_equal(world_sign_in(world), LOOM_ERR_NOT_LOOM);
    assert_int_equal(world->error.os_error, EPROTOTYPE);
    assert_string_equal(world->error.detail, SERVER);
    assert_journal(world,
                   "check\nfind\nPOST /auth/device/start\n" METADATA_AT "\ndialect: standard\n");
}

/* ---- What it was before ---- */

static void sign_in_again_to_a_standard_server_asks_for_no_loom_call(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .refresh = "rt_old", .name = "Ada", STANDARD});
    SCRIPT(world, METADATA(ENDPOINTS), DEVICE, PAIR, USERINFO, REVOKED, REVOKED);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_journal(world, "check\nfind\nalready Ada\n" METADATA_AT
                          "\ndialect: standard\nPOST /oauth/device\ncode ABCD-EFGH\n"
                          "waiting pending\nPOST /oauth/token\nfind\nsave lt_new\n"
                          "GET /oauth/userinfo\nfind without adopting\nsave lt_new Ada\n"
                          "POST /oauth/revoke\nPOST /oauth/revoke\n");
    for (size_t i = 0; i < 6; i++) /* Ctrl-C is heard in each of them */
        assert_false(world->fake.requests[i].must_complete);
    assert_string_equal(world->fake.requests[4].body, REVOKE_BODY("refresh_token", "rt_old"));
    assert_string_equal(world->fake.requests[5].body, REVOKE_BODY("access_token", OLD));
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_REVOKED);
}

/* Another dialect may be another server: somebody has to say so. */
static void sign_in_to_a_loom_server_that_became_a_standard_one_asks_first(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .name = "Ada"});
    world->refuses_dialect = true;
    SCRIPT(world, START_UNKNOWN(404), METADATA(ENDPOINTS));
    assert_int_equal(world_sign_in(world), LOOM_ERR_NOT_LOOM);
    assert_int_equal(world->error.os_error, EPROTOTYPE);
    assert_journal(world, "check\nfind\nalready Ada\nPOST /auth/device/start\n" METADATA_AT
                          "\ndialect: standard, changed\n");
    assert_string_equal(world_kept_token(world), OLD);
    /* agreed to, the old token ends where it came from */
    world_forget(world);
    world->refuses_dialect = false;
    SCRIPT(world, START_UNKNOWN(404), METADATA(ENDPOINTS), DEVICE, PAIR, USERINFO, LOGOUT);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_string_equal(world->fake.requests[5].bearer, OLD);
    assert_int_equal(world->fake.sent, 6);
}

static void sign_in_to_a_standard_server_that_became_a_loom_one_asks_first(void **state) {
    struct session_world *world = *state;
    struct loom_credential kept = LOOM_CREDENTIAL_INIT;
    world_keep(world, &(struct kept){.token = OLD, .refresh = "rt_old", .name = "Ada", STANDARD});
    world->refuses_dialect = true;
    SCRIPT(world, NO_METADATA, START);
    assert_int_equal(world_sign_in(world), LOOM_ERR_NOT_LOOM);
    assert_int_equal(world->error.os_error, EPROTOTYPE);
    assert_journal(world, "check\nfind\nalready Ada\n" METADATA_AT
                          "\nGET /.well-known/openid-configuration\nPOST /auth/device/start\n"
                          "dialect: loom, changed\n");
    world_forget(world);
    world->refuses_dialect = false;
    SCRIPT(world, NO_METADATA, START, COMPLETED, ME, REVOKED, REVOKED);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->fake.sent, 7);
    assert_int_equal(world_kept(world, &kept), LOOM_OK);
    assert_int_equal(kept.dialect, LOOM_DIALECT_LOOM);
    assert_null(kept.refresh);
    assert_null(kept.token_endpoint);
    assert_null(kept.client_id);
    loom_credential_clear(&kept);
}

/* Anything but "nothing is there" is no reason to try the other dialect. */
static void sign_in_to_a_standard_server_that_fails_tries_no_other_dialect(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_err err;
        size_t sent;
    } rows[] = {
        {LOST(METADATA_AT, LOOM_ERR_TIMEOUT), LOOM_ERR_TIMEOUT, 1},
        {LOST(METADATA_AT, LOOM_ERR_TLS), LOOM_ERR_TLS, 1},
        {{.to = METADATA_AT, .status = 503, .other = "no"}, LOOM_ERR_SERVER, 2},
        {{.to = METADATA_AT, .status = 200, .json = "{\"issuer\":\"https://x.example.com\"}"},
         LOOM_ERR_BAD_ANSWER,
         2},
        {{.to = METADATA_AT, .status = 200, .json = "{\"issuer\":\"" SERVER "\"}"},
         LOOM_ERR_NOT_LOOM,
         2},
    };
    world_keep(world, &(struct kept){.token = OLD, STANDARD});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        SCRIPT(world, rows[i].answer,
               {.to = "GET /.well-known/openid-configuration", .status = 404, .other = "no"});
        expect_equal(what, world_sign_in(world), rows[i].err);
        expect_equal(what, world->fake.sent, rows[i].sent);
    }
}

/* ---- What is asked for, kept and remembered ---- */

static void sign_in_to_a_standard_server_keeps_all_that_a_refresh_needs(void **state) {
    struct session_world *world = *state;
    struct loom_credential kept = LOOM_CREDENTIAL_INIT;
    struct fake_answer slow = PAIR;
    int64_t asked_at = now_s(world) + 5; /* the first poll, RFC 8628 section 3.5 */
    world->wish.ca_file = "/etc/company.pem";
    world->wish.client_id = "desk";
    world->wish.scope = "openid read";
    slow.takes_ms = 2000;
    SCRIPT(world, START_UNKNOWN(404), METADATA(ENDPOINTS), DEVICE, slow, USERINFO);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_string_equal(world->fake.requests[2].body, "client_id=desk&scope=openid+read");
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(world->fake.requests[i].ca_file, "/etc/company.pem");
    assert_int_equal(world_kept(world, &kept), LOOM_OK);
    assert_string_equal(loom_secret_bytes(kept.refresh), "rt_new");
    assert_int_equal(kept.dialect, LOOM_DIALECT_OAUTH);
    assert_int_equal(kept.source, LOOM_SOURCE_DEVICE);
    assert_string_equal(kept.token_endpoint, SERVER "/oauth/token");
    assert_string_equal(kept.revocation_endpoint, SERVER "/oauth/revoke");
    assert_string_equal(kept.userinfo_endpoint, SERVER "/oauth/userinfo");
    assert_string_equal(kept.issuer, SERVER);
    assert_string_equal(kept.client_id, "desk");
    assert_string_equal(kept.scope, "openid read");
    assert_string_equal(kept.ca_file, "/etc/company.pem");
    assert_string_equal(kept.account.display_name, "Ada");
    assert_true(kept.expires_at >= asked_at + 3600 && kept.expires_at <= asked_at + 3601);
    assert_int_equal(kept.life_s, 3600);
    assert_int_equal(kept.obtained_at, kept.expires_at - 3600);
    loom_credential_clear(&kept);
}

/* As whom, and for what, is asked again, unless it is said anew or cannot be sent. */
static void sign_in_again_asks_as_it_did_before(void **state) {
    struct session_world *world = *state;
    static const struct {
        const char *what;
        const char *client_id, *scope;           /* stored */
        const char *wish_client_id, *wish_scope; /* said now */
        const char *body;
    } rows[] = {
        {"nothing known", NULL, NULL, NULL, NULL, "client_id=loom-cli&scope=openid+offline_access"},
        {"as before", "desk", "read", NULL, NULL, "client_id=desk&scope=read"},
        {"none, as before", "desk", "", NULL, NULL, "client_id=desk"},
        {"another client", "desk", "read", "lap", NULL, "client_id=lap&scope=read"},
        {"another scope", "desk", "read", NULL, "write", "client_id=desk&scope=write"},
        {"no scope", "desk", "read", NULL, "", "client_id=desk"},
        {"damaged", "a\nb", "a\"b", NULL, NULL, "client_id=loom-cli&scope=openid+offline_access"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD,
                                         .source = LOOM_SOURCE_GIVEN,
                                         .is_standard = true,
                                         .client_id = rows[i].client_id,
                                         .scope = rows[i].scope});
        world->wish.client_id = rows[i].wish_client_id;
        world->wish.scope = rows[i].wish_scope;
        SCRIPT(world, METADATA(""), DEVICE, PAIR);
        expect_equal(rows[i].what, world_sign_in(world), LOOM_OK);
        expect_text(rows[i].what, world->fake.requests[1].body, rows[i].body);
    }
}

static void sign_in_as_a_client_that_cannot_be_sent_is_refused_first(void **state) {
    struct session_world *world = *state;
    world->wish.client_id = "a\nb";
    SCRIPT(world, START_UNKNOWN(404));
    assert_int_equal(world_sign_in(world), LOOM_ERR_USAGE);
    assert_int_equal(world->fake.sent, 1);
}

/* DF-22: a person hears of another scope, not of another order. */
static void sign_in_tells_what_was_granted_instead(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        const char *granted; /* NULL: nothing to tell */
    } rows[] = {
        {TOKENS(""), NULL},
        {TOKENS(",\"scope\":\"openid offline_access\""), NULL},
        {TOKENS(",\"scope\":\"offline_access openid\""), NULL},
        {TOKENS(",\"scope\":\"openid\""), "openid"},
        {TOKENS(",\"scope\":\"openid offline_access admin\""), "openid offline_access admin"},
        {TOKENS(",\"scope\":\"\""), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD, .source = LOOM_SOURCE_GIVEN, STANDARD});
        SCRIPT(world, METADATA(""), DEVICE, rows[i].answer);
        expect_equal(what, world_sign_in(world), LOOM_OK);
        expect_text(what,
                    world->signed_in.granted_scope != NULL ? world->signed_in.granted_scope : "-",
                    rows[i].granted != NULL ? rows[i].granted : "-");
    }
}

static void sign_in_tells_how_far_the_clock_is_off(void **state) {
    struct session_world *world = *state;
    static const struct {
        int64_t ahead_s; /* this clock less the server's */
        int64_t told_s;
    } rows[] = {{0, 0},
                {120, 0},
                {121, 121},
                {-120, 0},
                {-121, -121},
                {86400, 86400},
                {INT32_MIN, INT32_MIN}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_answer answer = PAIR;
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD, .source = LOOM_SOURCE_GIVEN, STANDARD});
        /* the answer comes after the interval of five seconds */
        answer.date_s = now_s(world) + 5 - rows[i].ahead_s;
        SCRIPT(world, METADATA(""), DEVICE, answer);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_int_equal(world->signed_in.clock_ahead_s, rows[i].told_s);
        world->script[2].date_s = 0;
    }
}

/* ---- What is ended ---- */

static void sign_in_that_cannot_be_saved_ends_both_new_tokens(void **state) {
    struct session_world *world = *state;
    world->watched.save_err = LOOM_ERR_STORAGE;
    SCRIPT(world, START_UNKNOWN(404), METADATA(ENDPOINTS), DEVICE, PAIR, REVOKED, REVOKED);
    assert_int_equal(world_sign_in(world), LOOM_ERR_STORAGE);
    assert_int_equal(world->fake.sent, 6);
    assert_string_equal(world->fake.requests[4].body, REVOKE_BODY("refresh_token", "rt_new"));
    assert_string_equal(world->fake.requests[5].body, REVOKE_BODY("access_token", NEW));
    assert_int_equal(world->signed_in.lost_token, LOOM_OLD_TOKEN_REVOKED);
    /* a server that cannot be told is no lie, either */
    world_forget(world);
    SCRIPT(world, START_UNKNOWN(404), METADATA(""), DEVICE, PAIR);
    assert_int_equal(world_sign_in(world), LOOM_ERR_STORAGE);
    assert_int_equal(world->signed_in.lost_token, LOOM_OLD_TOKEN_LEFT);
}

/* Some servers give a refresh token out again: ended with the old one, the new one would be. */
static void sign_in_ends_no_old_token_that_is_the_new_one(void **state) {
    struct session_world *world = *state;
    static const struct {
        const char *token, *refresh;
        size_t revocations;
    } rows[] = {{NEW, "rt_old", 0}, {OLD, "rt_new", 0}, {OLD, "rt_old", 2}, {OLD, NULL, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_forget(world);
        world_keep(world,
                   &(struct kept){.token = rows[i].token, .refresh = rows[i].refresh, STANDARD});
        SCRIPT(world, METADATA(ENDPOINTS), DEVICE, PAIR, USERINFO, REVOKED, REVOKED);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_int_equal(world->fake.sent, 4 + rows[i].revocations);
        assert_int_equal(world->signed_in.old_token,
                         rows[i].revocations > 0 ? LOOM_OLD_TOKEN_REVOKED : LOOM_OLD_TOKEN_NONE);
    }
}

/* What the new metadata says is of the new tokens; the old ones end where they came from. */
static void sign_in_ends_the_old_tokens_with_whoever_gave_them_out(void **state) {
    struct session_world *world = *state;
    struct kept kept = {.token = OLD, STANDARD};
    kept.revocation_endpoint = "https://id.example.net/revoke";
    kept.client_id = "desk";
    world_keep(world, &kept);
    world->wish.client_id = "lap";
    SCRIPT(world, METADATA(ENDPOINTS), DEVICE, PAIR, USERINFO,
           {.to = "POST /revoke", .status = 200});
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_string_equal(world->fake.requests[4].origin, "https://id.example.net");
    assert_string_equal(world->fake.requests[4].body,
                        "token_type_hint=access_token&client_id=desk&token=" OLD);
}

static void sign_in_with_a_new_token_that_is_dead_puts_the_old_one_back(void **state) {
    struct session_world *world = *state;
    struct loom_credential kept = LOOM_CREDENTIAL_INIT;
    world_keep(world, &(struct kept){.token = OLD, .refresh = "rt_old", STANDARD});
    SCRIPT(world, METADATA(ENDPOINTS), DEVICE, PAIR,
           {.to = "GET /oauth/userinfo", .status = 401, .is_token_invalid = true}, REVOKED,
           REVOKED);
    assert_int_equal(world_sign_in(world), LOOM_ERR_REJECTED);
    assert_int_equal(world_kept(world, &kept), LOOM_OK);
    assert_string_equal(loom_secret_bytes(kept.token), OLD);
    assert_string_equal(loom_secret_bytes(kept.refresh), "rt_old");
    loom_credential_clear(&kept);
    /* What came with it may live. */
    assert_int_equal(world->fake.sent, 6);
    assert_string_equal(world->fake.requests[4].body, REVOKE_BODY("refresh_token", "rt_new"));
    assert_string_equal(world->fake.requests[5].body, REVOKE_BODY("access_token", NEW));
}

static void sign_in_with_a_new_token_that_is_dead_ends_nothing_that_is_put_back(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .refresh = "rt_new", STANDARD});
    SCRIPT(world, METADATA(ENDPOINTS), DEVICE, PAIR,
           {.to = "GET /oauth/userinfo", .status = 401, .is_token_invalid = true});
    assert_int_equal(world_sign_in(world), LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 4);
    assert_string_equal(world_kept_token(world), OLD);
}

/* ---- A given token ---- */

static void sign_in_with_a_given_token_finds_the_dialect_as_well(void **state) {
    struct session_world *world = *state;
    struct loom_credential kept = LOOM_CREDENTIAL_INIT;
    SCRIPT(world, {.to = "GET /auth/me", .status = 404, .other = "no"}, METADATA(ENDPOINTS),
           USERINFO);
    assert_int_equal(sign_in_with(world, NEW), LOOM_OK);
    assert_journal(world, "check\nfind\nGET /auth/me\n" METADATA_AT
                          "\ndialect: standard\nGET /oauth/userinfo\nfind\nsave lt_new Ada\n");
    assert_string_equal(world->fake.requests[2].bearer, NEW);
    assert_null(world->fake.requests[1].bearer);
    assert_false(world->signed_in.is_unchecked);
    assert_int_equal(world_kept(world, &kept), LOOM_OK);
    assert_int_equal(kept.source, LOOM_SOURCE_GIVEN);
    assert_int_equal(kept.dialect, LOOM_DIALECT_OAUTH);
    assert_int_equal(kept.expires_at, 0);
    assert_null(kept.refresh);
    loom_credential_clear(&kept);
}

/* oidc-provider knows `GET /auth/ANYTHING`, and answers with a page and 400. */
static void sign_in_with_a_given_token_looks_behind_any_page(void **state) {
    struct session_world *world = *state;
    static const long statuses[] = {200, 400, 403, 404};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        const struct fake_answer page = {
            .to = "GET /auth/me", .status = statuses[i], .other = "<html>"};
        world_forget(world);
        SCRIPT(world, page, NO_METADATA);
        assert_int_equal(sign_in_with(world, NEW), LOOM_ERR_NOT_LOOM);
        assert_string_equal(world_kept_token(world), "");
        world_forget(world);
        SCRIPT(world, page, METADATA(ENDPOINTS),
               {.to = "GET /oauth/userinfo", .status = 401, .is_token_invalid = true});
        assert_int_equal(sign_in_with(world, NEW), LOOM_ERR_REJECTED);
        assert_string_equal(world_kept_token(world), "");
    }
}

static void sign_in_with_a_given_token_that_nobody_can_check_says_so(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, {.to = "GET /auth/me", .status = 404, .other = "no"}, METADATA(""));
    assert_int_equal(sign_in_with(world, NEW), LOOM_OK);
    assert_true(world->signed_in.is_unchecked);
    assert_string_equal(world_kept_token(world), NEW);
}

static void sign_in_with_a_given_token_that_is_dead_keeps_nothing(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, {.to = "GET /auth/me", .status = 404, .other = "no"}, METADATA(ENDPOINTS),
           {.to = "GET /oauth/userinfo", .status = 401, .is_token_invalid = true});
    assert_int_equal(sign_in_with(world, NEW), LOOM_ERR_REJECTED);
    assert_string_equal(world_kept_token(world), "");
}

/* An endpoint elsewhere is shown the token only when somebody agreed to that dialect. */
static void sign_in_with_a_given_token_and_a_refused_dialect_shows_it_nobody(void **state) {
    struct session_world *world = *state;
    world->refuses_dialect = true;
    SCRIPT(world, {.to = "GET /auth/me", .status = 404, .other = "no"},
           METADATA(",\"userinfo_endpoint\":\"https://id.example.net/me\""));
    assert_int_equal(sign_in_with(world, NEW), LOOM_ERR_NOT_LOOM);
    assert_int_equal(world->error.os_error, EPROTOTYPE);
    assert_int_equal(world->fake.sent, 2);
    assert_string_equal(world_kept_token(world), "");
}

/* ---- Signing out ---- */

static enum loom_err sign_out(struct session_world *world, struct loom_signed_out *signed_out) {
    return loom_sign_out(&world->session, &world->origin, NULL, signed_out, &world->error);
}

static void sign_out_of_a_standard_server_ends_both_tokens(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    world_keep(world, &(struct kept){.token = OLD, .refresh = "rt_old", STANDARD});
    SCRIPT(world, REVOKED, REVOKED);
    assert_int_equal(sign_out(world, &signed_out), LOOM_OK);
    assert_int_equal(signed_out.revocation, LOOM_REVOKED);
    assert_string_equal(world->fake.requests[0].body, REVOKE_BODY("refresh_token", "rt_old"));
    assert_string_equal(world->fake.requests[1].body, REVOKE_BODY("access_token", OLD));
    assert_int_equal(world->fake.requests[0].timeout_ms + world->fake.requests[1].timeout_ms,
                     LOOM_SESSION_REVOKE_MS);
    assert_string_equal(world_kept_token(world), "");
}

/* REV-13, and where there is nobody to tell: gone here, and the truth is told. */
static void sign_out_of_a_standard_server_tells_what_it_could_not_do(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    struct kept kept = {.token = OLD, .refresh = "rt_old", STANDARD};
    kept.revocation_endpoint = NULL;
    world_keep(world, &kept);
    assert_int_equal(sign_out(world, &signed_out), LOOM_OK);
    assert_int_equal(signed_out.revocation, LOOM_REVOKE_UNSUPPORTED);
    assert_string_equal(world_kept_token(world), "");
    kept.revocation_endpoint = "http://loom.example.com/revoke";
    world_keep(world, &kept);
    assert_int_equal(sign_out(world, &signed_out), LOOM_OK);
    assert_int_equal(signed_out.revocation, LOOM_REVOKE_FAILED);
    assert_int_equal(signed_out.revoke_error.code, LOOM_ERR_DAMAGED);
    assert_string_equal(world_kept_token(world), "");
    assert_int_equal(world->fake.sent, 0);
    kept.revocation_endpoint = SERVER "/oauth/revoke";
    world_keep(world, &kept);
    SCRIPT(world, REVOKED,
           {.to = "POST /oauth/revoke",
            .status = 400,
            .json = "{\"error\":\"unsupported_token_type\"}"});
    assert_int_equal(sign_out(world, &signed_out), LOOM_OK);
    assert_int_equal(signed_out.revocation, LOOM_REVOKE_UNSUPPORTED);
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sign_in_to_a_server_that_knows_no_loom_call_looks_for_its_metadata),
        WORLD_TEST(sign_in_to_whatever_answers_otherwise_looks_for_nothing),
        WORLD_TEST(sign_in_to_a_server_of_no_dialect_says_so),
        WORLD_TEST(sign_in_to_a_standard_server_that_is_refused_asks_for_no_code),
        WORLD_TEST(sign_in_again_to_a_standard_server_asks_for_no_loom_call),
        WORLD_TEST(sign_in_to_a_loom_server_that_became_a_standard_one_asks_first),
        WORLD_TEST(sign_in_to_a_standard_server_that_became_a_loom_one_asks_first),
        WORLD_TEST(sign_in_to_a_standard_server_that_fails_tries_no_other_dialect),
        WORLD_TEST(sign_in_to_a_standard_server_keeps_all_that_a_refresh_needs),
        WORLD_TEST(sign_in_again_asks_as_it_did_before),
        WORLD_TEST(sign_in_as_a_client_that_cannot_be_sent_is_refused_first),
        WORLD_TEST(sign_in_tells_what_was_granted_instead),
        WORLD_TEST(sign_in_tells_how_far_the_clock_is_off),
        WORLD_TEST(sign_in_that_cannot_be_saved_ends_both_new_tokens),
        WORLD_TEST(sign_in_ends_no_old_token_that_is_the_new_one),
        WORLD_TEST(sign_in_ends_the_old_tokens_with_whoever_gave_them_out),
        WORLD_TEST(sign_in_with_a_new_token_that_is_dead_puts_the_old_one_back),
        WORLD_TEST(sign_in_with_a_new_token_that_is_dead_ends_nothing_that_is_put_back),
        WORLD_TEST(sign_in_with_a_given_token_finds_the_dialect_as_well),
        WORLD_TEST(sign_in_with_a_given_token_looks_behind_any_page),
        WORLD_TEST(sign_in_with_a_given_token_that_nobody_can_check_says_so),
        WORLD_TEST(sign_in_with_a_given_token_that_is_dead_keeps_nothing),
        WORLD_TEST(sign_in_with_a_given_token_and_a_refused_dialect_shows_it_nobody),
        WORLD_TEST(sign_out_of_a_standard_server_ends_both_tokens),
        WORLD_TEST(sign_out_of_a_standard_server_tells_what_it_could_not_do),
    };
    return cmocka_run_group_tests_name("sign_in_standard", tests, NULL, NULL);
}
