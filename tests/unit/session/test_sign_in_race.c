/* SPDX-License-Identifier: Apache-2.0 */
/* What other processes do in the middle of a sign-in and of a sign-out. */
#include "unit/session/session_world.h"

#include "session/sign_out.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define OTHER "lt_other"

/* ---- What others do ---- */

static void other_signs_in(void *context) {
    world_keep(context, &(struct kept){.token = OTHER});
}

static void other_signs_out(void *context) {
    struct session_world *world = context;
    struct loom_store *memory = world->watched.memory;
    struct loom_store_question question = {&world->origin, true};
    assert_int_equal(memory->ops->remove(memory, &question, NULL), LOOM_OK);
}

/* By another descriptor, as another process would. */
static bool is_locked(const struct session_world *world) {
    char path[LOOM_PATH_MAX + 64];
    (void)snprintf(path, sizeof path, "%s/lock/" WORLD_LOCK, world->paths.data);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    bool is_free = flock(fd, LOCK_EX | LOCK_NB) == 0;
    (void)close(fd);
    return !is_free;
}

static void expect_locked(void *context) {
    assert_true(is_locked(context));
}

static void expect_free(void *context) {
    assert_false(is_locked(context));
}

#define MEANWHILE(what) .meanwhile = (what), .meanwhile_context = world

/* ---- Signing in ---- */

/* DF-27: the one that ended later has replaced ours, and ends it. */
static void sign_in_that_is_replaced_before_it_has_its_name_leaves_the_other(void **state) {
    struct session_world *world = *state;
    struct fake_answer answers[] = {
        {.to = "GET /auth/me",
         .status = 200,
         .json = "{\"display_name\":\"Ada\"}",
         MEANWHILE(other_signs_in)},
        {.to = "GET /auth/me", .status = 401, .json = "{}", MEANWHILE(other_signs_in)},
        {.to = "GET /auth/me", .status = 503, .json = "{}", MEANWHILE(other_signs_in)},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        SCRIPT(world, START, COMPLETED, answers[i]);
        assert_int_equal(world_sign_in(world), LOOM_OK);
        assert_string_equal(world_kept_token(world), OTHER);
        other_signs_out(world);
    }
}

/* DF-191 */
static void sign_in_that_is_signed_out_before_it_has_its_name_stays_so(void **state) {
    struct session_world *world = *state;
    struct fake_answer named = {.to = "GET /auth/me",
                                .status = 200,
                                .json = "{\"display_name\":\"Ada\"}",
                                MEANWHILE(other_signs_out)};
    struct fake_answer dead = {
        .to = "GET /auth/me", .status = 401, .json = "{}", MEANWHILE(other_signs_out)};
    SCRIPT(world, START, COMPLETED, named);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_string_equal(world_kept_token(world), "");
    world_keep(world, &(struct kept){.token = OLD});
    SCRIPT(world, START, COMPLETED, dead);
    assert_int_equal(world_sign_in(world), LOOM_ERR_REJECTED);
    assert_string_equal(world_kept_token(world), ""); /* the old one is not put back */
}

/* DF-192: whoever saves holds the server's lock, and never while a server is asked. */
static void sign_in_saves_under_the_lock_and_asks_without_it(void **state) {
    struct session_world *world = *state;
    struct fake_answer me = {.to = "GET /auth/me",
                             .status = 200,
                             .json = "{\"display_name\":\"Ada\"}",
                             MEANWHILE(expect_free)};
    struct fake_answer logout = {
        .to = "POST /auth/logout", .status = 200, .json = "{}", MEANWHILE(expect_free)};
    world_keep(world, &(struct kept){.token = OLD});
    world->watched.meanwhile = expect_locked;
    world->watched.meanwhile_context = world;
    SCRIPT(world, START, COMPLETED, me, logout);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->fake.sent, 4);
}

/* DF-193: a data folder that cannot be had costs the lock, not the sign-in. */
static void sign_in_without_a_place_for_the_lock_goes_on(void **state) {
    struct session_world *world = *state;
    (void)snprintf(world->paths.data, sizeof world->paths.data, "/dev/null/none");
    SCRIPT(world, START, COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_string_equal(world_kept_token(world), NEW);
}

/* ---- Signing out ---- */

static enum loom_err sign_out(struct session_world *world, struct loom_signed_out *signed_out) {
    return loom_sign_out(&world->session, &world->origin, NULL, signed_out, &world->error);
}

/* DF-194: what was stored while the server was told is told, too, and goes. */
static void sign_out_beside_a_sign_in_ends_both_tokens(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    struct fake_answer first = {
        .to = "POST /auth/logout", .status = 200, .json = "{}", MEANWHILE(other_signs_in)};
    world_keep(world, &(struct kept){.token = OLD});
    SCRIPT(world, first, LOGOUT);
    assert_int_equal(sign_out(world, &signed_out), LOOM_OK);
    assert_journal(world,
                   "find\nPOST /auth/logout\nremove\nfind\nPOST /auth/logout\nremove\nfind\n");
    assert_string_equal(world->fake.requests[0].bearer, OLD);
    assert_string_equal(world->fake.requests[1].bearer, OTHER);
    assert_string_equal(world_kept_token(world), "");
    assert_true(signed_out.places[0].is_deleted);
}

/* DF-195: two at once; both have done it. */
static void sign_out_beside_a_sign_out_is_done(void **state) {
    struct session_world *world = *state;
    struct loom_signed_out signed_out;
    struct fake_answer answer = {
        .to = "POST /auth/logout", .status = 401, .json = "{}", MEANWHILE(other_signs_out)};
    world_keep(world, &(struct kept){.token = OLD});
    SCRIPT(world, answer);
    assert_int_equal(sign_out(world, &signed_out), LOOM_OK);
    assert_true(signed_out.was_signed_in);
    assert_true(signed_out.places[0].was_there && signed_out.places[0].is_deleted);
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sign_in_that_is_replaced_before_it_has_its_name_leaves_the_other),
        WORLD_TEST(sign_in_that_is_signed_out_before_it_has_its_name_stays_so),
        WORLD_TEST(sign_in_saves_under_the_lock_and_asks_without_it),
        WORLD_TEST(sign_in_without_a_place_for_the_lock_goes_on),
        WORLD_TEST(sign_out_beside_a_sign_in_ends_both_tokens),
        WORLD_TEST(sign_out_beside_a_sign_out_is_done),
    };
    return cmocka_run_group_tests_name("sign_in_race", tests, NULL, NULL);
}
