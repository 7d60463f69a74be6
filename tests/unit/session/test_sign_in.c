/* SPDX-License-Identifier: Apache-2.0 */
/* The order of things in a sign-in, and what is kept whatever happens in between. */
#include "unit/session/session_world.h"

#include "store/refused.h"
#include "support/expect.h"

#include <string.h>

/* ---- What happens, in which order ---- */

static void sign_in_for_the_first_time_saves_before_it_asks_for_the_name(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START, PENDING, COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_journal(world, "check\n"
                          "find\n"
                          "POST /auth/device/start\n"
                          "code 123-456-789\n"
                          "waiting pending\n"
                          "POST /auth/device/poll\n"
                          "POST /auth/device/poll\n"
                          "find\nsave lt_new\n"
                          "GET /auth/me\n"
                          "find without adopting\nsave lt_new Ada\n");
    assert_string_equal(world_kept_token(world), NEW);
    assert_false(world->signed_in.has_replaced);
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_NONE);
    assert_int_equal(world->signed_in.lost_token, LOOM_OLD_TOKEN_NONE);
}

static void sign_in_fills_the_credential(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START, COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    const struct loom_credential *credential = &world->signed_in.credential;
    assert_true(credential->has_origin);
    assert_true(loom_origin_is_equal(&credential->origin, &world->origin));
    assert_string_equal(loom_secret_bytes(credential->token), NEW);
    assert_null(credential->refresh);
    assert_int_equal(credential->source, LOOM_SOURCE_DEVICE);
    assert_int_equal(credential->dialect, LOOM_DIALECT_LOOM);
    assert_int_equal(credential->obtained_at, world->clock.wall_ms / 1000);
    assert_int_equal(credential->expires_at, 0);
    assert_null(credential->ca_file);
    assert_string_equal(credential->account.id, "u1");
    assert_string_equal(credential->account.display_name, "Ada");
}

static void sign_in_again_shows_the_old_one_and_revokes_it_last(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .name = "Grace"});
    SCRIPT(world, START, COMPLETED, ME, LOGOUT);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_journal(world, "check\n"
                          "find\n"
                          "already Grace\n"
                          "POST /auth/device/start\n"
                          "code 123-456-789\n"
                          "waiting pending\n"
                          "POST /auth/device/poll\n"
                          "find\nsave lt_new\n"
                          "GET /auth/me\n"
                          "find without adopting\nsave lt_new Ada\n"
                          "POST /auth/logout\n");
    assert_null(world->fake.requests[0].bearer);
    assert_null(world->fake.requests[1].bearer);
    assert_string_equal(world->fake.requests[2].bearer, NEW);
    assert_string_equal(world->fake.requests[3].bearer, OLD);
    assert_string_equal(world_kept_token(world), NEW);
    assert_true(world->signed_in.has_replaced);
    assert_string_equal(world->signed_in.replaced.display_name, "Grace");
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_REVOKED);
}

static void sign_in_waits_for_each_request_as_long_as_it_is_worth(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD});
    SCRIPT(world, START, COMPLETED, ME, LOGOUT);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->fake.requests[0].timeout_ms, 0);
    assert_int_equal(world->fake.requests[1].timeout_ms, LOOM_SESSION_POLL_MS);
    assert_int_equal(world->fake.requests[2].timeout_ms, LOOM_SESSION_WHOAMI_MS);
    assert_int_equal(world->fake.requests[3].timeout_ms, LOOM_SESSION_REVOKE_MS);
}

/* ---- The replaced token ---- */

/* Only a token that this program got by a device flow is its own to end. */
static void sign_in_again_revokes_only_what_a_device_flow_brought(void **state) {
    struct session_world *world = *state;
    static const enum loom_source sources[] = {LOOM_SOURCE_GIVEN, LOOM_SOURCE_IMPORTED};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD, .name = "Grace", .source = sources[i]});
        SCRIPT(world, START, COMPLETED, ME);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_int_equal(world->fake.sent, world->fake.count);
        assert_true(world->signed_in.has_replaced);
        assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_NONE);
    }
}

static void sign_in_that_brings_the_same_token_does_not_revoke_it(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = NEW});
    SCRIPT(world, START, COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->fake.sent, world->fake.count);
    assert_true(world->signed_in.has_replaced);
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_NONE);
    assert_string_equal(world_kept_token(world), NEW);
}

static void sign_in_again_tells_what_became_of_the_old_token(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_old_token old_token;
    } rows[] = {
        {LOGOUT, LOOM_OLD_TOKEN_REVOKED},
        {LOGOUT_SAYS(401), LOOM_OLD_TOKEN_REVOKED},
        {LOGOUT_SAYS(404), LOOM_OLD_TOKEN_LEFT},
        {LOGOUT_SAYS(500), LOOM_OLD_TOKEN_LEFT},
        {{.to = "POST /auth/logout", .status = 401, .other = "<html>"}, LOOM_OLD_TOKEN_LEFT},
        {{.to = "POST /auth/logout", .status = 200, .other = "<html>"}, LOOM_OLD_TOKEN_LEFT},
        {LOST("POST /auth/logout", LOOM_ERR_TIMEOUT), LOOM_OLD_TOKEN_LEFT},
        {LOST("POST /auth/logout", LOOM_ERR_REDIRECT), LOOM_OLD_TOKEN_LEFT},
        {LOST("POST /auth/logout", LOOM_ERR_INTERRUPTED), LOOM_OLD_TOKEN_LEFT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD});
        SCRIPT(world, START, COMPLETED, ME, rows[i].answer);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_int_equal(world->signed_in.old_token, rows[i].old_token);
        assert_string_equal(world_kept_token(world), NEW);
    }
}

/* An import of unknown origin under the server's key is the person's, who named the server. */
static void sign_in_over_an_import_adopts_and_replaces_it(void **state) {
    struct session_world *world = *state;
    world_plant(world,
                &(struct kept){.token = OLD, .name = "Grace", .source = LOOM_SOURCE_IMPORTED});
    SCRIPT(world, START, COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_non_null(strstr(world->journal.data, "already Grace\n"));
    assert_true(world->signed_in.has_replaced);
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_NONE);
    assert_string_equal(world_kept_token(world), NEW);
}

/* ---- When it was obtained, whom to trust ---- */

static void sign_in_is_never_older_than_what_it_replaces(void **state) {
    struct session_world *world = *state;
    int64_t now_s = world->clock.wall_ms / 1000;
    static const int64_t ahead_s[] = {-1000, 0, 86400};
    for (size_t i = 0; i < sizeof ahead_s / sizeof ahead_s[0]; i++) {
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD, .obtained_at = now_s + ahead_s[i]});
        SCRIPT(world, START, COMPLETED, ME, LOGOUT);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_true(world->signed_in.credential.obtained_at >= now_s + ahead_s[i]);
        assert_true(world->signed_in.credential.obtained_at >= now_s);
    }
    assert_int_equal(world->signed_in.credential.obtained_at, now_s + 86400);
}

static void sign_in_trusts_the_authorities_of_the_wish_else_of_the_old_one(void **state) {
    struct session_world *world = *state;
    static const struct {
        const char *wished, *remembered, *used;
    } rows[] = {
        {NULL, NULL, NULL},
        {"/etc/new.pem", NULL, "/etc/new.pem"},
        {NULL, "/etc/old.pem", "/etc/old.pem"},
        {"/etc/new.pem", "/etc/old.pem", "/etc/new.pem"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD, .ca_file = rows[i].remembered});
        world->wish.ca_file = rows[i].wished;
        SCRIPT(world, START, COMPLETED, ME, LOGOUT);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        for (size_t k = 0; k < world->fake.sent; k++) {
            const char *ca_file = world->fake.requests[k].ca_file;
            assert_true((ca_file == NULL) == (rows[i].used == NULL));
            assert_true(ca_file == NULL || strcmp(ca_file, rows[i].used) == 0);
        }
        const char *kept = world->signed_in.credential.ca_file;
        assert_true((kept == NULL) == (rows[i].used == NULL));
        assert_true(kept == NULL || strcmp(kept, rows[i].used) == 0);
    }
}

static void sign_in_forgets_that_a_token_was_refused(void **state) {
    struct session_world *world = *state;
    struct loom_refused note = {.asked_at = 1, .is_dead = true};
    world_keep(world, &(struct kept){.token = NEW, .source = LOOM_SOURCE_GIVEN});
    SCRIPT(world, START, COMPLETED, ME);
    struct loom_secret *token = NULL;
    assert_int_equal(loom_secret_new(NEW, strlen(NEW), &token), LOOM_OK);
    assert_int_equal(loom_refused_note(&world->paths, &world->origin, token, &note, NULL), LOOM_OK);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(loom_refused_find(&world->paths, &world->origin, token, &note, NULL),
                     LOOM_ERR_NOT_FOUND);
    loom_secret_free(token);
}

/* ---- The store fails ---- */

/* Nobody approves for nothing. */
static void sign_in_without_a_place_to_store_asks_nothing(void **state) {
    struct session_world *world = *state;
    static const enum loom_err errors[] = {LOOM_ERR_STORAGE, LOOM_ERR_DAMAGED, LOOM_ERR_KEYRING,
                                           LOOM_ERR_INTERNAL};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        world_forget(world);
        world->watched.check_err = errors[i];
        assert_int_equal(world_sign_in(world), errors[i]);
        assert_string_equal(world->error.detail, "/the/store");
        assert_journal(world, "check!\n");
    }
}

/* A damaged vault beside a keyring that can be written to: nothing to show, and no reason to stop.
 */
static void sign_in_with_an_old_one_that_cannot_be_read_goes_on(void **state) {
    struct session_world *world = *state;
    static const enum loom_err errors[] = {LOOM_ERR_STORAGE, LOOM_ERR_DAMAGED, LOOM_ERR_KEYRING};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        world_forget(world);
        world->watched.find_err = errors[i];
        SCRIPT(world, START, COMPLETED, ME);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_false(world->signed_in.has_replaced);
        assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_NONE);
    }
}

static void sign_in_without_memory_asks_nothing(void **state) {
    struct session_world *world = *state;
    world->watched.find_err = LOOM_ERR_INTERNAL;
    assert_int_equal(world_sign_in(world), LOOM_ERR_INTERNAL);
    assert_journal(world, "check\nfind!\n");
}

/* A token that was received and cannot be kept is ended, and the error is the store's. */
static void sign_in_that_cannot_be_saved_revokes_the_lost_token(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_old_token lost_token;
    } rows[] = {
        {LOGOUT, LOOM_OLD_TOKEN_REVOKED},
        {LOGOUT_SAYS(500), LOOM_OLD_TOKEN_LEFT},
        {LOST("POST /auth/logout", LOOM_ERR_UNREACHABLE), LOOM_OLD_TOKEN_LEFT},
        {LOST("POST /auth/logout", LOOM_ERR_INTERRUPTED), LOOM_OLD_TOKEN_LEFT},
    };
    world->watched.save_err = LOOM_ERR_STORAGE;
    world_keep(world, &(struct kept){.token = OLD});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_forget(world);
        SCRIPT(world, START, COMPLETED, rows[i].answer);
        assert_int_equal(world_sign_in(world), LOOM_ERR_STORAGE);
        assert_string_equal(world->error.detail, "/the/store");
        assert_int_equal(world->signed_in.lost_token, rows[i].lost_token);
        assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_NONE);
        assert_false(world->signed_in.has_replaced);
        assert_string_equal(world->fake.requests[2].bearer, NEW);
        assert_int_equal(world->fake.requests[2].timeout_ms, LOOM_SESSION_REVOKE_MS);
        assert_string_equal(world_kept_token(world), OLD);
    }
}

/* The token is safe; its name is a courtesy. */
static void sign_in_whose_name_cannot_be_saved_is_done(void **state) {
    struct session_world *world = *state;
    world->watched.save_err = LOOM_ERR_STORAGE;
    world->watched.saves_before_err = 1;
    SCRIPT(world, START, COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_non_null(strstr(world->journal.data,
                           "save lt_new\nGET /auth/me\nfind without adopting\nsave lt_new Ada!\n"));
    assert_string_equal(world_kept_token(world), NEW);
    assert_int_equal(world->signed_in.lost_token, LOOM_OLD_TOKEN_NONE);
}

/* ---- The name ---- */

static void sign_in_without_a_name_is_done(void **state) {
    struct session_world *world = *state;
    static const struct fake_answer answers[] = {
        ME_SAYS(200, "{}"),
        ME_SAYS(200, "{\"id\":null,\"display_name\":\"\"}"),
        ME_SAYS(200, "{\"error\":\"zzz\"}"),
        ME_SAYS(403, "{}"),
        ME_SAYS(404, "{}"),
        ME_SAYS(503, "{}"),
        {.to = "GET /auth/me", .status = 401, .other = "<html>"},
        {.to = "GET /auth/me", .status = 401, .json = "<html>"},
        {.to = "GET /auth/me", .status = 200, .other = "<html>"},
        LOST("GET /auth/me", LOOM_ERR_TIMEOUT),
        LOST("GET /auth/me", LOOM_ERR_TLS),
        LOST("GET /auth/me", LOOM_ERR_REDIRECT),
        LOST("GET /auth/me", LOOM_ERR_INTERRUPTED),
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD});
        SCRIPT(world, START, COMPLETED, answers[i], LOGOUT);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_journal(world, "check\n"
                              "find\n"
                              "already somebody\n"
                              "POST /auth/device/start\n"
                              "code 123-456-789\n"
                              "waiting pending\n"
                              "POST /auth/device/poll\n"
                              "find\nsave lt_new\n"
                              "GET /auth/me\n"
                              "POST /auth/logout\n");
        assert_string_equal(world_kept_token(world), NEW);
        assert_string_equal(world->error.detail, "");
    }
}

/* The server itself says that the token which it just gave is dead. */
static void sign_in_with_a_token_dead_at_birth_puts_the_old_one_back(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .name = "Grace"});
    SCRIPT(world, START, COMPLETED, ME_SAYS(401, "{\"error\":\"invalid_token\"}"));
    assert_int_equal(world_sign_in(world), LOOM_ERR_REJECTED);
    assert_int_equal(world->error.http_status, 401);
    assert_non_null(
        strstr(world->journal.data,
               "save lt_new\nGET /auth/me\nfind without adopting\nsave lt_old Grace\n"));
    assert_int_equal(world->fake.sent, world->fake.count);
    assert_string_equal(world_kept_token(world), OLD);
    assert_int_equal(world->signed_in.lost_token, LOOM_OLD_TOKEN_NONE);
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_NONE);
    assert_false(world->signed_in.has_replaced);
}

static void sign_in_with_a_token_dead_at_birth_leaves_nothing(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START, COMPLETED, ME_SAYS(401, "{}"));
    assert_int_equal(world_sign_in(world), LOOM_ERR_REJECTED);
    assert_non_null(
        strstr(world->journal.data, "save lt_new\nGET /auth/me\nfind without adopting\nremove\n"));
    assert_string_equal(world_kept_token(world), "");
}

/* ---- Two places ---- */

#define OLDER "lt_older"

/* What the other place holds is replaced, whichever place is chosen now. */
static void sign_in_into_one_place_replaces_the_copy_in_the_other(void **state) {
    struct session_world *world = *state;
    static const enum loom_place places[] = {LOOM_PLACE_FILE, LOOM_PLACE_KEYRING, LOOM_PLACE_AUTO};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct two_places two;
        two_places_open(world, &two, places[i]);
        bool is_file = places[i] == LOOM_PLACE_FILE;
        struct watched_store *from = is_file ? &two.keyring : &two.vault;
        struct watched_store *to = is_file ? &two.vault : &two.keyring;
        two_places_keep(world, from, &(struct kept){.token = OLD, .name = "Grace"});
        SCRIPT(world, START, COMPLETED, ME, LOGOUT);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_int_equal(world->fake.sent, 4);
        assert_string_equal(world->fake.requests[3].bearer, OLD);
        assert_true(world->signed_in.has_replaced);
        assert_string_equal(world->signed_in.replaced.display_name, "Grace");
        assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_REVOKED);
        assert_string_equal(two_places_token(world, from), "");
        assert_string_equal(two_places_token(world, to), NEW);
        two_places_close(world, &two);
    }
}

static void sign_in_over_two_copies_revokes_each_different_token(void **state) {
    struct session_world *world = *state;
    static const struct {
        const char *older;
        struct fake_answer last;
        int sent;
        enum loom_old_token old_token;
    } rows[] = {
        {OLDER, LOGOUT, 5, LOOM_OLD_TOKEN_REVOKED},
        {OLDER, LOGOUT_SAYS(500), 5, LOOM_OLD_TOKEN_LEFT},
        {OLD, LOGOUT, 4, LOOM_OLD_TOKEN_REVOKED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct two_places two;
        two_places_open(world, &two, LOOM_PLACE_AUTO);
        two_places_keep(world, &two.keyring,
                        &(struct kept){.token = rows[i].older, .obtained_at = 1});
        two_places_keep(world, &two.vault,
                        &(struct kept){.token = OLD, .name = "Grace", .obtained_at = 2});
        SCRIPT(world, START, COMPLETED, ME, LOGOUT, rows[i].last);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_int_equal(world->fake.sent, rows[i].sent);
        assert_string_equal(world->fake.requests[3].bearer, OLD);
        if (rows[i].sent > 4)
            assert_string_equal(world->fake.requests[4].bearer, OLDER);
        assert_string_equal(world->signed_in.replaced.display_name, "Grace");
        assert_int_equal(world->signed_in.old_token, rows[i].old_token);
        assert_string_equal(two_places_token(world, &two.keyring), NEW);
        assert_string_equal(two_places_token(world, &two.vault), "");
        two_places_close(world, &two);
    }
}

/* A place that hides what it holds stops nobody from signing in into the other. */
static void sign_in_beside_a_place_that_hides_goes_on(void **state) {
    struct session_world *world = *state;
    struct two_places two;
    two_places_open(world, &two, LOOM_PLACE_FILE);
    two.keyring.find_err = two.keyring.remove_err = LOOM_ERR_KEYRING_LOCKED;
    SCRIPT(world, START, COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_false(world->signed_in.has_replaced);
    assert_string_equal(two_places_token(world, &two.vault), NEW);
    two_places_close(world, &two);
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sign_in_for_the_first_time_saves_before_it_asks_for_the_name),
        WORLD_TEST(sign_in_fills_the_credential),
        WORLD_TEST(sign_in_again_shows_the_old_one_and_revokes_it_last),
        WORLD_TEST(sign_in_waits_for_each_request_as_long_as_it_is_worth),
        WORLD_TEST(sign_in_again_revokes_only_what_a_device_flow_brought),
        WORLD_TEST(sign_in_that_brings_the_same_token_does_not_revoke_it),
        WORLD_TEST(sign_in_again_tells_what_became_of_the_old_token),
        WORLD_TEST(sign_in_over_an_import_adopts_and_replaces_it),
        WORLD_TEST(sign_in_is_never_older_than_what_it_replaces),
        WORLD_TEST(sign_in_into_one_place_replaces_the_copy_in_the_other),
        WORLD_TEST(sign_in_over_two_copies_revokes_each_different_token),
        WORLD_TEST(sign_in_beside_a_place_that_hides_goes_on),
        WORLD_TEST(sign_in_trusts_the_authorities_of_the_wish_else_of_the_old_one),
        WORLD_TEST(sign_in_forgets_that_a_token_was_refused),
        WORLD_TEST(sign_in_without_a_place_to_store_asks_nothing),
        WORLD_TEST(sign_in_with_an_old_one_that_cannot_be_read_goes_on),
        WORLD_TEST(sign_in_without_memory_asks_nothing),
        WORLD_TEST(sign_in_that_cannot_be_saved_revokes_the_lost_token),
        WORLD_TEST(sign_in_whose_name_cannot_be_saved_is_done),
        WORLD_TEST(sign_in_without_a_name_is_done),
        WORLD_TEST(sign_in_with_a_token_dead_at_birth_puts_the_old_one_back),
        WORLD_TEST(sign_in_with_a_token_dead_at_birth_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
