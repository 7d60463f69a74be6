/* SPDX-License-Identifier: Apache-2.0 */
/* A token that the person hands over: checked with the server first, stored only when accepted. */
#include "unit/session/session_world.h"

#include "support/expect.h"

#include <stdio.h>
#include <string.h>

/* Sign in with this token; `world->wish.given` is set for the call alone. */
static enum loom_err sign_in_with(struct session_world *world, const char *token) {
    struct loom_secret *given = NULL;
    assert_int_equal(loom_secret_new(token, strlen(token), &given), LOOM_OK);
    world->wish.given = given;
    enum loom_err err = world_sign_in(world);
    world->wish.given = NULL;
    loom_secret_free(given);
    return err;
}

static void sign_in_with_a_given_token_checks_it_before_it_saves(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, ME);
    assert_int_equal(sign_in_with(world, NEW), LOOM_OK);
    assert_journal(world, "check\nfind\nGET /auth/me\nfind\nsave lt_new Ada\n");
    assert_string_equal(world->fake.requests[0].bearer, NEW);
    const struct loom_credential *credential = &world->signed_in.credential;
    assert_int_equal(credential->source, LOOM_SOURCE_GIVEN);
    assert_string_equal(loom_secret_bytes(credential->token), NEW);
    assert_string_equal(credential->account.display_name, "Ada");
    assert_int_equal(credential->obtained_at, world->clock.wall_ms / 1000);
}

static void sign_in_with_a_given_token_without_a_name_is_done(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, ME_SAYS(200, "{}"));
    assert_int_equal(sign_in_with(world, NEW), LOOM_OK);
    assert_journal(world, "check\nfind\nGET /auth/me\nfind\nsave lt_new\n");
}

/* Whatever is not an acceptance: nothing is stored, and the token is not ours to end. */
static void sign_in_with_a_given_token_not_accepted_changes_nothing(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_err err;
    } rows[] = {
        {ME_SAYS(401, "{}"), LOOM_ERR_REJECTED},
        {{.to = "GET /auth/me", .status = 401, .other = "<html>"}, LOOM_ERR_BAD_ANSWER},
        {ME_SAYS(200, "{\"error\":\"invalid_token\"}"), LOOM_ERR_BAD_ANSWER},
        {{.to = "GET /auth/me", .status = 200, .other = "<html>"}, LOOM_ERR_NOT_LOOM},
        {{.to = "GET /auth/me", .status = 204}, LOOM_ERR_NOT_LOOM},
        {ME_SAYS(403, "{}"), LOOM_ERR_BAD_ANSWER},
        {ME_SAYS(503, "{}"), LOOM_ERR_SERVER},
        {LOST("GET /auth/me", LOOM_ERR_NO_HOST), LOOM_ERR_NO_HOST},
        {LOST("GET /auth/me", LOOM_ERR_TLS_AUTHORITY), LOOM_ERR_TLS_AUTHORITY},
        {LOST("GET /auth/me", LOOM_ERR_REDIRECT), LOOM_ERR_REDIRECT},
        {LOST("GET /auth/me", LOOM_ERR_INTERRUPTED), LOOM_ERR_INTERRUPTED},
    };
    world_keep(world, &(struct kept){.token = OLD, .name = "Grace"});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        SCRIPT(world, rows[i].answer);
        expect_equal(what, sign_in_with(world, NEW), rows[i].err);
        expect_text(what, world->journal.data, "check\nfind\nalready Grace\nGET /auth/me\n");
        expect_text(what, world_kept_token(world), OLD);
        expect_equal(what, world->signed_in.lost_token, LOOM_OLD_TOKEN_NONE);
    }
}

static void sign_in_with_a_given_token_that_cannot_be_saved_leaves_it_alive(void **state) {
    struct session_world *world = *state;
    world->watched.save_err = LOOM_ERR_STORAGE;
    SCRIPT(world, ME);
    assert_int_equal(sign_in_with(world, NEW), LOOM_ERR_STORAGE);
    assert_journal(world, "check\nfind\nGET /auth/me\nfind\nsave lt_new Ada!\n");
    assert_int_equal(world->signed_in.lost_token, LOOM_OLD_TOKEN_NONE);
}

static void sign_in_with_a_given_token_without_a_place_asks_nothing(void **state) {
    struct session_world *world = *state;
    world->watched.check_err = LOOM_ERR_KEYRING;
    assert_int_equal(sign_in_with(world, NEW), LOOM_ERR_KEYRING);
    assert_journal(world, "check!\n");
}

static void sign_in_with_a_given_token_revokes_the_old_one_of_a_device_flow(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .name = "Grace"});
    SCRIPT(world, ME, LOGOUT);
    assert_int_equal(sign_in_with(world, NEW), LOOM_OK);
    assert_journal(world, "check\nfind\nalready Grace\nGET /auth/me\nfind\nsave lt_new Ada\n"
                          "POST /auth/logout\n");
    assert_string_equal(world->fake.requests[1].bearer, OLD);
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_REVOKED);
}

static void sign_in_with_the_token_that_is_there_already_does_not_revoke_it(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = NEW, .name = "Ada"});
    SCRIPT(world, ME);
    assert_int_equal(sign_in_with(world, NEW), LOOM_OK);
    assert_journal(world, "check\nfind\nalready Ada\nGET /auth/me\nfind\nsave lt_new Ada\n");
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_NONE);
    assert_string_equal(world_kept_token(world), NEW);
}

static void sign_in_with_a_given_token_is_not_revoked_by_the_next_one(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, ME);
    assert_int_equal(sign_in_with(world, OLD), LOOM_OK);
    world_forget(world);
    SCRIPT(world, START, COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->fake.sent, world->fake.count);
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_NONE);
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sign_in_with_a_given_token_checks_it_before_it_saves),
        WORLD_TEST(sign_in_with_a_given_token_without_a_name_is_done),
        WORLD_TEST(sign_in_with_a_given_token_not_accepted_changes_nothing),
        WORLD_TEST(sign_in_with_a_given_token_that_cannot_be_saved_leaves_it_alive),
        WORLD_TEST(sign_in_with_a_given_token_without_a_place_asks_nothing),
        WORLD_TEST(sign_in_with_a_given_token_revokes_the_old_one_of_a_device_flow),
        WORLD_TEST(sign_in_with_the_token_that_is_there_already_does_not_revoke_it),
        WORLD_TEST(sign_in_with_a_given_token_is_not_revoked_by_the_next_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
