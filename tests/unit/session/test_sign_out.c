/* SPDX-License-Identifier: Apache-2.0 */
/* The server is asked to end the token, the credential goes whatever it says, and both are told. */
#include "unit/session/session_world.h"

#include "session/sign_out.h"
#include "store/refused.h"
#include "support/expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum loom_err sign_out(struct session_world *world, const char *ca_file,
                              struct loom_signed_out *signed_out) {
    memset(signed_out, 0xa5, sizeof *signed_out); /* it is written whatever the result */
    return loom_sign_out(&world->session, &world->origin, ca_file, signed_out, &world->error);
}

static void sign_out_of_nothing_is_done_without_a_request(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
    assert_int_equal(world->error.code, LOOM_OK);
    assert_journal(world, "find\n");
    assert_false(signed_out.was_signed_in);
    assert_int_equal(signed_out.places_count, 1);
    assert_false(signed_out.places[0].was_there || signed_out.places[0].is_deleted);
    assert_int_equal(signed_out.revoke_error.code, LOOM_OK);
}

/* Remove, and look again: a store may hold several items of one server. */
static void sign_out_tells_the_server_before_it_forgets(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    world_keep(world, &(struct kept){.token = OLD});
    SCRIPT(world, LOGOUT);
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
    assert_journal(world, "find\nPOST /auth/logout\nremove\nfind\n");
    assert_string_equal(world->fake.requests[0].bearer, OLD);
    assert_string_equal(world->fake.requests[0].origin, SERVER);
    assert_int_equal(world->fake.requests[0].timeout_ms, LOOM_SESSION_REVOKE_MS);
    assert_string_equal(world_kept_token(world), "");
    assert_true(signed_out.was_signed_in);
    assert_true(signed_out.places[0].was_there && signed_out.places[0].is_deleted);
    assert_int_equal(signed_out.places[0].kind, LOOM_STORE_MEMORY);
}

/* REV-01 to REV-04: what the server says decides what is told, never what is deleted. */
static void sign_out_deletes_whatever_the_server_says(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_revocation revocation;
        enum loom_err revoke_err;
        long http_status;
    } rows[] = {
        {LOGOUT, LOOM_REVOKED, LOOM_OK, 0},
        {{.status = 204}, LOOM_REVOKED, LOOM_OK, 0},
        {LOGOUT_SAYS(401), LOOM_REVOKED_BEFORE, LOOM_OK, 0},
        {{.status = 401, .other = "<html>"}, LOOM_REVOKE_FAILED, LOOM_ERR_NOT_LOOM, 401},
        {{.status = 200, .other = "<html>"}, LOOM_REVOKE_FAILED, LOOM_ERR_NOT_LOOM, 200},
        {{.status = 200, .json = "{\"error\":\"x\"}"},
         LOOM_REVOKE_FAILED,
         LOOM_ERR_BAD_ANSWER,
         200},
        {LOGOUT_SAYS(403), LOOM_REVOKE_FAILED, LOOM_ERR_BAD_ANSWER, 403},
        {LOGOUT_SAYS(404), LOOM_REVOKE_UNSUPPORTED, LOOM_ERR_NOT_LOOM, 404},
        {LOGOUT_SAYS(405), LOOM_REVOKE_UNSUPPORTED, LOOM_ERR_NOT_LOOM, 405},
        {LOGOUT_SAYS(500), LOOM_REVOKE_FAILED, LOOM_ERR_SERVER, 500},
        {LOGOUT_SAYS(503), LOOM_REVOKE_FAILED, LOOM_ERR_SERVER, 503},
        {LOST(NULL, LOOM_ERR_NO_HOST), LOOM_REVOKE_FAILED, LOOM_ERR_NO_HOST, 0},
        {LOST(NULL, LOOM_ERR_TIMEOUT), LOOM_REVOKE_FAILED, LOOM_ERR_TIMEOUT, 0},
        {LOST(NULL, LOOM_ERR_TLS), LOOM_REVOKE_FAILED, LOOM_ERR_TLS, 0},
        {LOST(NULL, LOOM_ERR_REDIRECT), LOOM_REVOKE_FAILED, LOOM_ERR_REDIRECT, 0},
        /* a signal cuts the request short, not the deletion */
        {LOST(NULL, LOOM_ERR_INTERRUPTED), LOOM_REVOKE_FAILED, LOOM_ERR_INTERRUPTED, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_signed_out signed_out;
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD});
        SCRIPT(world, rows[i].answer);
        expect_equal(what, sign_out(world, NULL, &signed_out), LOOM_OK);
        expect_equal(what, world->error.code, LOOM_OK);
        expect_text(what, world->journal.data, "find\nPOST /auth/logout\nremove\nfind\n");
        expect_text(what, world_kept_token(world), "");
        expect(what, signed_out.was_signed_in && signed_out.places[0].is_deleted);
        expect_equal(what, signed_out.revocation, rows[i].revocation);
        expect_equal(what, signed_out.revoke_error.code, rows[i].revoke_err);
        expect_equal(what, signed_out.revoke_error.http_status, rows[i].http_status);
    }
}

/* The truth about the store, when it does not do what it is told. */
static void sign_out_tells_when_the_store_fails(void **state) {
    struct session_world *world = *state;
    static const struct {
        enum loom_err find_err, remove_err;
        int finds_before_err, removes_in_vain;
        enum loom_err err;
        bool was_signed_in, is_deleted;
    } rows[] = {
        {LOOM_ERR_DAMAGED, LOOM_OK, 0, 0, LOOM_ERR_DAMAGED, false, false},
        {LOOM_ERR_STORAGE, LOOM_OK, 0, 0, LOOM_ERR_STORAGE, false, false},
        {LOOM_ERR_KEYRING_LOCKED, LOOM_OK, 0, 0, LOOM_ERR_KEYRING_LOCKED, false, false},
        {LOOM_OK, LOOM_ERR_STORAGE, 0, 0, LOOM_ERR_STORAGE, true, false},
        {LOOM_OK, LOOM_ERR_DAMAGED, 0, 0, LOOM_ERR_DAMAGED, true, false},
        /* the second look fails */
        {LOOM_ERR_STORAGE, LOOM_OK, 1, 0, LOOM_ERR_STORAGE, true, false},
        /* several items */
        {LOOM_OK, LOOM_OK, 0, 3, LOOM_OK, true, true},
        /* it says that it removes and never does */
        {LOOM_OK, LOOM_OK, 0, 1000, LOOM_ERR_STORAGE, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_signed_out signed_out;
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD});
        SCRIPT(world, LOGOUT);
        world->watched.find_err = rows[i].find_err;
        world->watched.remove_err = rows[i].remove_err;
        world->watched.finds_before_err = rows[i].finds_before_err;
        world->watched.removes_in_vain = rows[i].removes_in_vain;
        expect_equal(what, sign_out(world, NULL, &signed_out), rows[i].err);
        expect_equal(what, world->error.code, rows[i].err);
        expect_equal(what, signed_out.was_signed_in, rows[i].was_signed_in);
        expect_equal(what, signed_out.places[0].is_deleted, rows[i].is_deleted);
        expect_equal(what, world->fake.sent, rows[i].was_signed_in ? 1 : 0);
        if (rows[i].was_signed_in)
            expect_equal(what, signed_out.revocation, LOOM_REVOKED);
    }
}

static void sign_out_trusts_the_named_authorities_else_the_remembered_ones(void **state) {
    struct session_world *world = *state;
    static const struct {
        const char *named, *remembered, *used;
    } rows[] = {
        {NULL, "/etc/old.pem", "/etc/old.pem"},
        {"/etc/new.pem", "/etc/old.pem", "/etc/new.pem"},
        {"/etc/new.pem", NULL, "/etc/new.pem"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_signed_out signed_out;
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD, .ca_file = rows[i].remembered});
        SCRIPT(world, LOGOUT);
        assert_int_equal(sign_out(world, rows[i].named, &signed_out), LOOM_OK);
        assert_string_equal(world->fake.requests[0].ca_file, rows[i].used);
    }
}

/* An import that the person names is revoked and removed as well. */
static void sign_out_of_an_import_adopts_and_ends_it(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    world_plant(world, &(struct kept){.token = OLD, .source = LOOM_SOURCE_IMPORTED});
    SCRIPT(world, LOGOUT);
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
    assert_string_equal(world->fake.requests[0].bearer, OLD);
    assert_true(signed_out.was_signed_in && signed_out.places[0].is_deleted);
    assert_string_equal(world_kept_token(world), "");
}

/* It remembers no endpoints: the server says where its refresh token can be ended. */
static void sign_out_of_a_standard_import_asks_where_to_end_it(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    static const struct fake_answer metadata = {
        .to = "GET /.well-known/oauth-authorization-server",
        .status = 200,
        .json = "{\"issuer\":\"" SERVER "\",\"token_endpoint\":\"" SERVER "/token\","
                "\"device_authorization_endpoint\":\"" SERVER "/device\","
                "\"revocation_endpoint\":\"" SERVER "/revoke\"}"};
    static const struct fake_answer ended = {.to = "POST /revoke", .status = 200, .other = ""};
    world_keep(world, &(struct kept){.token = OLD, .refresh = "rt_old", .is_standard = true});
    SCRIPT(world, metadata, ended, ended);
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
    assert_int_equal(signed_out.revocation, LOOM_REVOKED);
    assert_int_equal(world->fake.sent, 3);
    assert_non_null(strstr(world->fake.requests[1].body, "rt_old"));
    /* one sign-out, all its requests together */
    int together_ms = 0;
    for (size_t i = 0; i < world->fake.sent; i++)
        together_ms += world->fake.requests[i].timeout_ms;
    assert_true(together_ms <= LOOM_SESSION_REVOKE_MS);
    assert_string_equal(world_kept_token(world), "");
}

/* Both are somebody's sign-in to this server: neither may live on untold. */
static void sign_out_tells_of_an_import_under_the_same_key_too(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    world_keep(world, &(struct kept){.token = NEW});
    world_plant(world, &(struct kept){.token = OLD, .source = LOOM_SOURCE_IMPORTED});
    SCRIPT(world, LOGOUT, LOGOUT);
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
    assert_int_equal(world->fake.sent, 2);
    assert_string_equal(world->fake.requests[0].bearer, NEW);
    assert_string_equal(world->fake.requests[1].bearer, OLD);
    assert_string_equal(world_kept_token(world), "");
}

/* REV-05: the servers' keys collide, their credentials do not. */
static void sign_out_leaves_a_server_with_a_colliding_key_alone(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    static const char *const urls[] = {"https://a-b.com", "https://a.b.com"};
    struct loom_origin origins[2];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(loom_origin_parse(urls[i], strlen(urls[i]), &origins[i], NULL), LOOM_OK);
        world->origin = origins[i];
        world_keep(world, &(struct kept){.token = i == 0 ? OLD : NEW});
    }
    for (size_t i = 0; i < 2; i++) {
        world->origin = origins[i];
        SCRIPT(world, LOGOUT);
        assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
        assert_string_equal(world->fake.requests[0].origin, urls[i]);
        assert_string_equal(world->fake.requests[0].bearer, i == 0 ? OLD : NEW);
        world->origin = origins[1];
        assert_string_equal(world_kept_token(world), i == 0 ? NEW : "");
    }
}

static void sign_out_forgets_that_a_token_was_refused(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    struct loom_refused note = {.asked_at = 1, .is_dead = true};
    struct loom_secret *token = NULL;
    assert_int_equal(loom_secret_new(OLD, strlen(OLD), &token), LOOM_OK);
    assert_int_equal(loom_refused_note(&world->paths, &world->origin, token, &note, NULL), LOOM_OK);
    world_keep(world, &(struct kept){.token = OLD});
    SCRIPT(world, LOGOUT_SAYS(401));
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
    assert_int_equal(loom_refused_find(&world->paths, &world->origin, token, &note, NULL),
                     LOOM_ERR_NOT_FOUND);
    loom_secret_free(token);
}

/* ---- Two places: the keyring and the file ---- */

/* Whatever place a credential would be kept in: both tokens end, and both copies go. */
static void sign_out_ends_different_tokens_in_both_places(void **state) {
    struct session_world *world = *state;
    static const enum loom_place places[] = {LOOM_PLACE_AUTO, LOOM_PLACE_KEYRING, LOOM_PLACE_FILE};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct two_places two;
        struct loom_signed_out signed_out;
        two_places_open(world, &two, places[i]);
        two_places_keep(world, &two.keyring, &(struct kept){.token = NEW, .obtained_at = 2});
        two_places_keep(world, &two.vault, &(struct kept){.token = OLD, .obtained_at = 1});
        SCRIPT(world, LOGOUT, LOGOUT);
        assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
        assert_int_equal(world->fake.sent, 2);
        assert_string_equal(world->fake.requests[0].bearer, NEW);
        assert_string_equal(world->fake.requests[1].bearer, OLD);
        assert_int_equal(signed_out.places_count, 2);
        assert_true(signed_out.places[0].is_deleted && signed_out.places[1].is_deleted);
        assert_string_equal(two_places_token(world, &two.keyring), "");
        assert_string_equal(two_places_token(world, &two.vault), "");
        two_places_close(world, &two);
    }
}

static void sign_out_tells_of_the_same_token_in_both_places_once(void **state) {
    struct session_world *world = *state;
    struct two_places two;
    struct loom_signed_out signed_out;
    two_places_open(world, &two, LOOM_PLACE_AUTO);
    two_places_keep(world, &two.keyring, &(struct kept){.token = OLD, .obtained_at = 1});
    two_places_keep(world, &two.vault, &(struct kept){.token = OLD, .obtained_at = 1});
    SCRIPT(world, LOGOUT);
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
    assert_int_equal(world->fake.sent, 1);
    assert_int_equal(signed_out.revocation, LOOM_REVOKED);
    assert_true(signed_out.places[0].is_deleted && signed_out.places[1].is_deleted);
    two_places_close(world, &two);
}

/* What one place hides does not save what the other holds, and is told of that place alone. */
static void sign_out_clears_the_file_beside_a_keyring_that_hides(void **state) {
    struct session_world *world = *state;
    static const struct {
        enum loom_err find_err, err;
    } rows[] = {
        {LOOM_ERR_KEYRING_LOCKED, LOOM_ERR_KEYRING_LOCKED},
        {LOOM_ERR_DAMAGED, LOOM_ERR_DAMAGED},
        {LOOM_ERR_KEYRING, LOOM_OK}, /* absent */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct two_places two;
        struct loom_signed_out signed_out;
        two_places_open(world, &two, LOOM_PLACE_AUTO);
        two_places_keep(world, &two.vault, &(struct kept){.token = OLD, .obtained_at = 1});
        two.keyring.find_err = rows[i].find_err;
        SCRIPT(world, LOGOUT);
        assert_int_equal(sign_out(world, NULL, &signed_out), rows[i].err);
        assert_int_equal(world->error.code, rows[i].err);
        assert_true(signed_out.was_signed_in);
        assert_int_equal(signed_out.revocation, LOOM_REVOKED);
        assert_false(signed_out.places[0].was_there || signed_out.places[0].is_deleted);
        assert_int_equal(signed_out.places[0].error.code, rows[i].err);
        assert_true(signed_out.places[1].was_there && signed_out.places[1].is_deleted);
        assert_int_equal(signed_out.places[1].error.code, LOOM_OK);
        two_places_close(world, &two);
    }
}

static void sign_out_tells_in_which_place_it_is_left(void **state) {
    struct session_world *world = *state;
    struct two_places two;
    struct loom_signed_out signed_out;
    two_places_open(world, &two, LOOM_PLACE_AUTO);
    two_places_keep(world, &two.keyring, &(struct kept){.token = NEW, .obtained_at = 2});
    two_places_keep(world, &two.vault, &(struct kept){.token = OLD, .obtained_at = 1});
    two.vault.remove_err = LOOM_ERR_STORAGE;
    SCRIPT(world, LOGOUT, LOGOUT);
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_ERR_STORAGE);
    assert_true(signed_out.places[0].was_there && signed_out.places[0].is_deleted);
    assert_true(signed_out.places[1].was_there && !signed_out.places[1].is_deleted);
    two_places_close(world, &two);
}

/* "Nothing was changed" would be wrong from here on. */
static void sign_out_interrupted_after_a_change_says_so(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    world_keep(world, &(struct kept){.token = OLD});
    world->watched.remove_err = LOOM_ERR_INTERRUPTED;
    SCRIPT(world, LOST(NULL, LOOM_ERR_INTERRUPTED));
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_ERR_INTERRUPTED);
    assert_int_equal(world->error.os_error, EINTR);
    assert_int_equal(signed_out.revoke_error.os_error, EINTR);
    world_forget(world);
    world->watched.find_err = LOOM_ERR_INTERRUPTED;
    world->watched.finds_before_err = 0;
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_ERR_INTERRUPTED);
    assert_int_equal(world->error.os_error, 0);
}

/* A request would be cut short at once, and the token forgotten untold. */
static void sign_out_interrupted_before_a_change_changes_nothing(void **state) {
    struct session_world *world = *state;
    struct two_places two;
    struct loom_signed_out signed_out;
    two_places_open(world, &two, LOOM_PLACE_AUTO);
    two_places_keep(world, &two.vault, &(struct kept){.token = OLD});
    two.keyring.find_err = LOOM_ERR_INTERRUPTED;
    world_forget(world);
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_ERR_INTERRUPTED);
    assert_int_equal(world->error.os_error, 0);
    assert_int_equal(world->fake.sent, 0);
    assert_false(signed_out.was_signed_in);
    assert_string_equal(two_places_token(world, &two.vault), OLD);
    two_places_close(world, &two);
}

/* The look that a signal cut short comes after the deletion. */
static void sign_out_interrupted_second_look_is_deleted(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    world_keep(world, &(struct kept){.token = OLD});
    world->watched.find_err = LOOM_ERR_INTERRUPTED;
    world->watched.finds_before_err = 1;
    SCRIPT(world, LOGOUT);
    assert_int_equal(sign_out(world, NULL, &signed_out), LOOM_OK);
    assert_true(signed_out.places[0].is_deleted);
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sign_out_of_nothing_is_done_without_a_request),
        WORLD_TEST(sign_out_tells_the_server_before_it_forgets),
        WORLD_TEST(sign_out_deletes_whatever_the_server_says),
        WORLD_TEST(sign_out_tells_when_the_store_fails),
        WORLD_TEST(sign_out_trusts_the_named_authorities_else_the_remembered_ones),
        WORLD_TEST(sign_out_of_an_import_adopts_and_ends_it),
        WORLD_TEST(sign_out_of_a_standard_import_asks_where_to_end_it),
        WORLD_TEST(sign_out_tells_of_an_import_under_the_same_key_too),
        WORLD_TEST(sign_out_leaves_a_server_with_a_colliding_key_alone),
        WORLD_TEST(sign_out_ends_different_tokens_in_both_places),
        WORLD_TEST(sign_out_tells_of_the_same_token_in_both_places_once),
        WORLD_TEST(sign_out_clears_the_file_beside_a_keyring_that_hides),
        WORLD_TEST(sign_out_tells_in_which_place_it_is_left),
        WORLD_TEST(sign_out_interrupted_after_a_change_says_so),
        WORLD_TEST(sign_out_interrupted_before_a_change_changes_nothing),
        WORLD_TEST(sign_out_interrupted_second_look_is_deleted),
        WORLD_TEST(sign_out_forgets_that_a_token_was_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
