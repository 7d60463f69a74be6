/* SPDX-License-Identifier: Apache-2.0 */
/* Who gave a credential out: what the store remembers is checked, used and written back. */
#include "unit/session/session_world.h"

#include "session/authority.h"
#include "support/expect.h"

#include <stdio.h>
#include <string.h>

static struct loom_credential keep(struct session_world *world, const struct kept *kept) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    world_keep(world, kept);
    assert_int_equal(world_kept(world, &credential), LOOM_OK);
    return credential;
}

/* ---- Recall and remember ---- */

static void recall_of_a_loom_server_is_all_zero(void **state) {
    struct session_world *world = *state;
    /* endpoints that stand there all the same are not looked at */
    struct kept kept = {.token = OLD, .token_endpoint = "nonsense", .client_id = ""};
    struct loom_credential credential = keep(world, &kept);
    struct loom_authority authority;
    memset(&authority, 0xa5, sizeof authority);
    assert_int_equal(loom_authority_recall(&credential, &authority), LOOM_OK);
    assert_false(authority.is_standard);
    assert_string_equal(authority.token.url, "");
    assert_string_equal(authority.client_id, "");
    loom_credential_clear(&credential);
}

static void recall_of_a_standard_server_is_what_was_remembered(void **state) {
    struct session_world *world = *state;
    struct loom_credential credential = keep(world, &(struct kept){.token = OLD, STANDARD});
    struct loom_credential again = LOOM_CREDENTIAL_INIT;
    struct loom_authority authority;
    credential.issuer = strdup("https://LOOM.example.com/");
    assert_int_equal(loom_authority_recall(&credential, &authority), LOOM_OK);
    assert_true(authority.is_standard);
    assert_string_equal(authority.token.url, SERVER "/oauth/token");
    assert_string_equal(authority.token.origin.url, SERVER);
    assert_string_equal(authority.revocation.url, SERVER "/oauth/revoke");
    assert_string_equal(authority.userinfo.url, SERVER "/oauth/userinfo");
    assert_string_equal(authority.device_authorization.url, "");
    assert_string_equal(authority.client_id, "loom-cli");
    assert_string_equal(authority.scope, "openid offline_access");
    assert_string_equal(authority.issuer, "https://LOOM.example.com/");
    assert_int_equal(loom_authority_remember(&authority, &again), LOOM_OK);
    assert_int_equal(again.dialect, LOOM_DIALECT_OAUTH);
    assert_string_equal(again.token_endpoint, credential.token_endpoint);
    assert_string_equal(again.revocation_endpoint, credential.revocation_endpoint);
    assert_string_equal(again.userinfo_endpoint, credential.userinfo_endpoint);
    assert_string_equal(again.client_id, credential.client_id);
    assert_string_equal(again.scope, credential.scope);
    assert_string_equal(again.issuer, credential.issuer);
    loom_credential_clear(&again);
    loom_credential_clear(&credential);
}

static void recall_of_an_import_has_the_usual_client_and_no_endpoints(void **state) {
    struct session_world *world = *state;
    struct loom_credential credential =
        keep(world, &(struct kept){.token = OLD, .is_standard = true});
    struct loom_authority authority;
    assert_int_equal(loom_authority_recall(&credential, &authority), LOOM_OK);
    assert_true(authority.is_standard);
    assert_string_equal(authority.token.url, "");
    assert_string_equal(authority.revocation.url, "");
    assert_string_equal(authority.userinfo.url, "");
    assert_string_equal(authority.client_id, "loom-cli");
    assert_string_equal(authority.scope, "");
    loom_credential_clear(&credential);
}

static void recall_of_what_no_server_may_say_is_damage(void **state) {
    struct session_world *world = *state;
    static char long_client[LOOM_CLIENT_ID_MAX + 2], long_issuer[LOOM_ISSUER_MAX + 2];
    memset(long_client, 'a', sizeof long_client - 1);
    memset(long_issuer, 'a', sizeof long_issuer - 1);
    const struct {
        const char *what;
        struct kept kept;
        const char *issuer;
    } rows[] = {
        {"plain http", {.token_endpoint = "http://loom.example.com/token"}, NULL},
        {"a loopback", {.userinfo_endpoint = "http://localhost/me"}, NULL},
        {"a fragment", {.revocation_endpoint = SERVER "/r#x"}, NULL},
        {"no address", {.revocation_endpoint = ""}, NULL},
        {"a client with a line end", {.client_id = "a\n"}, NULL},
        {"no client", {.client_id = ""}, NULL},
        {"a long client", {.client_id = long_client}, NULL},
        {"a scope with two blanks", {.scope = "a  b"}, NULL},
        {"a long issuer", {.scope = "a"}, long_issuer},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kept kept = rows[i].kept;
        struct loom_authority authority = {.is_standard = false, .client_id = "untouched"};
        kept.token = OLD;
        kept.is_standard = true;
        struct loom_credential credential = keep(world, &kept);
        credential.issuer = rows[i].issuer != NULL ? strdup(rows[i].issuer) : NULL;
        expect_equal(rows[i].what, loom_authority_recall(&credential, &authority),
                     LOOM_ERR_DAMAGED);
        expect_text(rows[i].what, authority.client_id, "untouched");
        loom_credential_clear(&credential);
    }
}

/* A server on this machine may have its endpoints there. */
static void recall_of_a_server_on_this_machine_takes_endpoints_there(void **state) {
    struct session_world *world = *state;
    static const char url[] = "http://localhost:8080";
    struct loom_authority authority;
    struct loom_credential credential =
        keep(world, &(struct kept){.token = OLD,
                                   .is_standard = true,
                                   .token_endpoint = "http://127.0.0.1:9090/token"});
    assert_int_equal(loom_origin_parse(url, strlen(url), &credential.origin, NULL), LOOM_OK);
    assert_int_equal(loom_authority_recall(&credential, &authority), LOOM_OK);
    assert_string_equal(authority.token.url, "http://127.0.0.1:9090/token");
    loom_credential_clear(&credential);
}

/* What the new server does not have is not the old one's any more. */
static void remember_of_another_dialect_leaves_nothing_of_the_one_before(void **state) {
    struct session_world *world = *state;
    struct loom_credential credential = keep(world, &(struct kept){.token = OLD, STANDARD});
    struct loom_authority authority = {.is_standard = false};
    assert_int_equal(loom_authority_remember(&authority, &credential), LOOM_OK);
    assert_int_equal(credential.dialect, LOOM_DIALECT_LOOM);
    assert_null(credential.token_endpoint);
    assert_null(credential.revocation_endpoint);
    assert_null(credential.userinfo_endpoint);
    assert_null(credential.issuer);
    assert_null(credential.client_id);
    assert_null(credential.scope);
    loom_credential_clear(&credential);
}

/* That it was asked for none is an answer, too: the next sign-in asks for none again. */
static void remember_of_no_scope_is_not_the_same_as_nothing_known(void **state) {
    struct session_world *world = *state;
    struct loom_credential credential = keep(world, &(struct kept){.token = OLD, STANDARD});
    struct loom_authority authority = {.is_standard = true, .client_id = "loom-cli"};
    assert_int_equal(loom_authority_remember(&authority, &credential), LOOM_OK);
    assert_non_null(credential.scope);
    assert_string_equal(credential.scope, "");
    assert_null(credential.token_endpoint);
    loom_credential_clear(&credential);
}

/* ---- The dates ---- */

static void date_counts_from_before_the_request(void **state) {
    (void)state;
    static const struct {
        const char *what;
        bool has_life;
        int64_t life_s, obtained_at, expires_at;
    } rows[] = {
        {"an hour", true, 3600, 1000, 4600},
        {"none known", false, 77, 1000, 0},
        {"none at all", true, 0, 1000, 1000},
        {"a century", true, LOOM_TOKEN_LIFE_MOST_S, 1000, 1000 + LOOM_TOKEN_LIFE_MOST_S},
        {"an older predecessor", true, 3600, 999, 4600},
        {"a newer predecessor", true, 3600, 5000, 4600},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_credential credential = LOOM_CREDENTIAL_INIT;
        struct loom_tokens tokens = LOOM_TOKENS_INIT;
        credential.expires_at = 7;
        credential.life_s = 7;
        credential.obtained_at = rows[i].obtained_at;
        tokens.has_life = rows[i].has_life;
        tokens.life_s = rows[i].life_s;
        loom_authority_date(&tokens, 1000, &credential);
        expect_equal(rows[i].what, credential.expires_at, rows[i].expires_at);
        expect_equal(rows[i].what, credential.life_s, rows[i].has_life ? rows[i].life_s : 0);
        expect_equal(rows[i].what, credential.obtained_at,
                     rows[i].obtained_at > 1000 ? rows[i].obtained_at : 1000);
    }
}

/* ---- Asking ---- */

static struct loom_remote remote(const struct session_world *world) {
    static const struct loom_authority other = {.is_standard = false};
    return (struct loom_remote){.http = &world->http,
                                .origin = &world->origin,
                                .ca_file = "/etc/company.pem",
                                .timeout_ms = 3000,
                                .authority = &other};
}

static void whoami_asks_whoever_gave_it_out(void **state) {
    struct session_world *world = *state;
    struct loom_remote server = remote(world);
    struct loom_account account = LOOM_ACCOUNT_INIT;
    struct loom_credential credential = keep(world, &(struct kept){.token = OLD, STANDARD});
    SCRIPT(world, USERINFO, {.to = "GET /oauth/userinfo", .status = 401, .is_token_invalid = true});
    assert_int_equal(loom_authority_whoami(&server, &credential, &account, &world->error), LOOM_OK);
    assert_string_equal(account.display_name, "Ada");
    assert_string_equal(world->fake.requests[0].bearer, OLD);
    assert_string_equal(world->fake.requests[0].ca_file, "/etc/company.pem");
    loom_account_clear(&account);
    assert_int_equal(loom_authority_whoami(&server, &credential, &account, &world->error),
                     LOOM_ERR_REJECTED);
    loom_credential_clear(&credential);
    credential = keep(world, &(struct kept){.token = OLD});
    SCRIPT(world, ME);
    assert_int_equal(loom_authority_whoami(&server, &credential, &account, &world->error), LOOM_OK);
    loom_account_clear(&account);
    loom_credential_clear(&credential);
}

static void whoami_of_a_server_without_such_a_call_is_not_found(void **state) {
    struct session_world *world = *state;
    struct loom_remote server = remote(world);
    struct loom_account account = LOOM_ACCOUNT_INIT;
    struct loom_credential credential =
        keep(world, &(struct kept){.token = OLD, .is_standard = true});
    assert_int_equal(loom_authority_whoami(&server, &credential, &account, &world->error),
                     LOOM_ERR_NOT_FOUND);
    assert_int_equal(world->error.code, LOOM_ERR_NOT_FOUND);
    loom_credential_clear(&credential);
}

static void whoami_and_revoke_of_damage_ask_nobody(void **state) {
    struct session_world *world = *state;
    struct loom_remote server = remote(world);
    struct loom_account account = LOOM_ACCOUNT_INIT;
    enum loom_revocation revocation = LOOM_REVOKED;
    struct loom_credential credential =
        keep(world, &(struct kept){.token = OLD, .is_standard = true, .revocation_endpoint = "x"});
    assert_int_equal(loom_authority_whoami(&server, &credential, &account, &world->error),
                     LOOM_ERR_DAMAGED);
    assert_string_equal(world->error.detail, SERVER);
    assert_int_equal(loom_authority_revoke(&server, &credential, &revocation, &world->error),
                     LOOM_ERR_DAMAGED);
    assert_int_equal(revocation, LOOM_REVOKE_FAILED);
    assert_int_equal(world->fake.sent, 0);
    loom_credential_clear(&credential);
}

static void revoke_ends_both_tokens_with_whoever_gave_them_out(void **state) {
    struct session_world *world = *state;
    struct loom_remote server = remote(world);
    enum loom_revocation revocation = LOOM_REVOKE_FAILED;
    struct loom_credential credential =
        keep(world, &(struct kept){.token = OLD, .refresh = "rt", STANDARD});
    SCRIPT(world, REVOKED, REVOKED);
    assert_int_equal(loom_authority_revoke(&server, &credential, &revocation, NULL), LOOM_OK);
    assert_int_equal(revocation, LOOM_REVOKED);
    assert_string_equal(world->fake.requests[0].body,
                        "token_type_hint=refresh_token&client_id=loom-cli&token=rt");
    assert_string_equal(world->fake.requests[1].body,
                        "token_type_hint=access_token&client_id=loom-cli&token=" OLD);
    assert_null(world->fake.requests[0].bearer);
    loom_credential_clear(&credential);
    credential = keep(world, &(struct kept){.token = OLD, .refresh = "rt"});
    SCRIPT(world, LOGOUT);
    assert_int_equal(loom_authority_revoke(&server, &credential, &revocation, NULL), LOOM_OK);
    assert_string_equal(world->fake.requests[0].bearer, OLD);
    loom_credential_clear(&credential);
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(recall_of_a_loom_server_is_all_zero),
        WORLD_TEST(recall_of_a_standard_server_is_what_was_remembered),
        WORLD_TEST(recall_of_an_import_has_the_usual_client_and_no_endpoints),
        WORLD_TEST(recall_of_what_no_server_may_say_is_damage),
        WORLD_TEST(recall_of_a_server_on_this_machine_takes_endpoints_there),
        WORLD_TEST(remember_of_another_dialect_leaves_nothing_of_the_one_before),
        WORLD_TEST(remember_of_no_scope_is_not_the_same_as_nothing_known),
        cmocka_unit_test(date_counts_from_before_the_request),
        WORLD_TEST(whoami_asks_whoever_gave_it_out),
        WORLD_TEST(whoami_of_a_server_without_such_a_call_is_not_found),
        WORLD_TEST(whoami_and_revoke_of_damage_ask_nobody),
        WORLD_TEST(revoke_ends_both_tokens_with_whoever_gave_them_out),
    };
    return cmocka_run_group_tests_name("authority", tests, NULL, NULL);
}
