/* SPDX-License-Identifier: Apache-2.0 */
/* The wait for a person: how it goes on, how it ends, and what a signal does to it. */
#include "unit/session/session_world.h"

#include "support/expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SAVED "find\nsave lt_new\nGET /auth/me\nfind without adopting\nsave lt_new Ada\n"
#define TO_THE_CODE "check\nfind\nPOST /auth/device/start\ncode 123-456-789\n"
#define START_WITH(members)                                                                        \
    {                                                                                              \
        .to = "POST /auth/device/start", .status = 200,                                            \
        .json = "{\"device_code\":\"dc\",\"user_code\":\"123-456-789\",\"verification_url\":"      \
                "\"" SERVER "/device\"," members "}"                                               \
    }
#define BUSY                                                                                       \
    { .to = "POST /auth/device/poll", .status = 503 }
#define NO_ANSWER LOST("POST /auth/device/poll", LOOM_ERR_UNREACHABLE)

/* ---- While it waits ---- */

/* TM-07, TM-08, DF-17: what a person is told changes with the last answer. */
static void sign_in_tells_why_it_waits(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START, PENDING, POLL("{\"status\":\"slow_down\"}"), BUSY, NO_ANSWER, PENDING,
           COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_journal(world, TO_THE_CODE "waiting pending\n"
                                      "POST /auth/device/poll\n"
                                      "POST /auth/device/poll\n"
                                      "waiting slow_down\n"
                                      "POST /auth/device/poll\n"
                                      "waiting server\n"
                                      "POST /auth/device/poll\n"
                                      "waiting network\n"
                                      "POST /auth/device/poll\n"
                                      "waiting pending\n"
                                      "POST /auth/device/poll\n" SAVED);
}

/* The time left on the screen moves, and Ctrl-C is heard. */
static void sign_in_never_sleeps_longer_than_a_second(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START_WITH("\"expires_in\":600,\"interval\":30"), PENDING, COMPLETED, ME);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_true(world->clock.longest_ms <= 1000);
    assert_true(world->clock.sleeps >= 60);
}

static void sign_in_keeps_to_the_interval(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START_WITH("\"expires_in\":600,\"interval\":5"), PENDING, PENDING, COMPLETED, ME);
    for (size_t i = 0; i < 4; i++)
        world->script[i].takes_ms = 700;
    assert_int_equal(world_sign_in(world), LOOM_OK);
    const struct fake_request *requests = world->fake.requests;
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(requests[i].at_ms - requests[i - 1].at_ms, 700 + 5025);
}

/* The code's life counts from the question, since nobody knows when the server began to count. */
static void sign_in_tells_when_the_code_expires(void **state) {
    struct session_world *world = *state;
    int64_t asked_at_s = world->clock.wall_ms / 1000;
    SCRIPT(world, START, COMPLETED, ME);
    world->script[0].takes_ms = 20000;
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->shown_expires_at, asked_at_s + 600);
    assert_true(world->least_left_ms <= 580000);
}

/* DF-04: a code that is over before it came is not shown. */
static void sign_in_with_a_code_without_life_shows_nothing(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START_WITH("\"expires_in\":0"));
    assert_int_equal(world_sign_in(world), LOOM_ERR_EXPIRED);
    assert_journal(world, "check\nfind\nPOST /auth/device/start\n");
}

/* ENV-110: nobody is waited for who cannot have seen the code. */
static void sign_in_with_a_code_that_cannot_be_shown_ends(void **state) {
    struct session_world *world = *state;
    world->is_blind = true;
    SCRIPT(world, START);
    assert_int_equal(world_sign_in(world), LOOM_ERR_INTERNAL);
    assert_int_equal(world->error.os_error, EPIPE);
    assert_journal(world, TO_THE_CODE);
}

/* ---- How it ends without a token ---- */

/* DF-06, DF-14 to DF-16, DF-26, TM-09: the old credential stays as it is. */
static void sign_in_that_fails_changes_nothing(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer start, poll; /* no `to` in poll: it does not come to that */
        enum loom_err err;
        long http_status;
    } rows[] = {
        {LOST("POST /auth/device/start", LOOM_ERR_TIMEOUT), {.to = NULL}, LOOM_ERR_TIMEOUT, 0},
        {LOST("POST /auth/device/start", LOOM_ERR_REDIRECT), {.to = NULL}, LOOM_ERR_REDIRECT, 0},
        {LOST("POST /auth/device/start", LOOM_ERR_INTERRUPTED),
         {.to = NULL},
         LOOM_ERR_INTERRUPTED,
         0},
        {{.status = 503}, {.to = NULL}, LOOM_ERR_SERVER, 503},
        {{.status = 200, .json = "{}"}, {.to = NULL}, LOOM_ERR_BAD_ANSWER, 200},
        {START, POLL("{\"status\":\"denied\"}"), LOOM_ERR_DENIED, 200},
        {START, POLL("{\"status\":\"expired\"}"), LOOM_ERR_EXPIRED, 200},
        {START, POLL("{\"status\":\"approved\"}"), LOOM_ERR_BAD_ANSWER, 200},
        {START, POLL("{\"status\":\"completed\"}"), LOOM_ERR_BAD_ANSWER, 200},
        {START, POLL("{\"error\":\"access_denied\"}"), LOOM_ERR_DENIED, 200},
        {START, {.to = "POST /auth/device/poll", .status = 404}, LOOM_ERR_NOT_LOOM, 404},
        {START, LOST("POST /auth/device/poll", LOOM_ERR_TLS), LOOM_ERR_TLS, 0},
        {START, LOST("POST /auth/device/poll", LOOM_ERR_REDIRECT), LOOM_ERR_REDIRECT, 0},
    };
    world_keep(world, &(struct kept){.token = OLD, .obtained_at = 1});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        if (rows[i].poll.to == NULL)
            SCRIPT(world, rows[i].start);
        else
            SCRIPT(world, rows[i].start, PENDING, rows[i].poll);
        expect_equal(what, world_sign_in(world), rows[i].err);
        expect_equal(what, world->error.http_status, rows[i].http_status);
        expect_equal(what, world->fake.sent, world->fake.count);
        expect(what, strstr(world->journal.data, "save") == NULL);
        expect(what, strstr(world->journal.data, "remove") == NULL);
        expect_text(what, world_kept_token(world), OLD);
        expect(what, !world->signed_in.has_replaced);
    }
}

static size_t polls(const struct session_world *world) {
    return world->fake.sent - 1;
}

/* Play `answer` to every poll until the code expires. */
static enum loom_err wait_to_the_end(struct session_world *world, const struct fake_answer *first,
                                     const struct fake_answer *others) {
    world_forget(world);
    SCRIPT(world, START_WITH("\"expires_in\":60,\"interval\":5"), *first, *others);
    world->fake.is_last_repeated = true;
    int64_t began_ms = world->clock.now_ms;
    enum loom_err err = world_sign_in(world);
    assert_int_equal(world->clock.now_ms, began_ms + 60000);
    return err;
}

/* TM-03, TM-08: whoever never got an answer has no network; anything else is an expired code. */
static void sign_in_past_the_life_of_the_code_says_why(void **state) {
    struct session_world *world = *state;
    static const struct fake_answer pending = PENDING, busy = BUSY, lost = NO_ANSWER;
    assert_int_equal(wait_to_the_end(world, &pending, &pending), LOOM_ERR_EXPIRED);
    assert_int_equal(polls(world), 11);
    assert_int_equal(wait_to_the_end(world, &busy, &busy), LOOM_ERR_EXPIRED);
    assert_int_equal(polls(world), 3);
    assert_int_equal(wait_to_the_end(world, &lost, &lost), LOOM_ERR_UNREACHABLE);
    assert_string_equal(world->error.detail, "on the way");
    assert_int_equal(polls(world), 3);
    /* what the last poll noted is not why */
    assert_int_equal(wait_to_the_end(world, &pending, &lost), LOOM_ERR_EXPIRED);
    assert_string_equal(world->error.detail, "");
    assert_int_equal(wait_to_the_end(world, &lost, &pending), LOOM_ERR_EXPIRED);
    assert_string_equal(world->error.detail, "");
    assert_string_equal(world_kept_token(world), "");
}

static void sign_in_after_a_long_suspend_is_expired(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START, PENDING);
    world->clock.suspend_at_ms = world->clock.now_ms + 1500;
    world->clock.suspend_ms = 3600000;
    assert_int_equal(world_sign_in(world), LOOM_ERR_EXPIRED);
    assert_int_equal(world->fake.sent, 2);
}

static void sign_in_after_a_short_suspend_goes_on(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START, PENDING, COMPLETED, ME);
    world->clock.suspend_at_ms = world->clock.now_ms + 1500;
    world->clock.suspend_ms = 300000;
    assert_int_equal(world_sign_in(world), LOOM_OK);
}

/* ---- Signals ---- */

/* In every second of the wait: nothing is stored, and the old one stays. */
static void sign_in_interrupted_while_it_waits_changes_nothing(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD});
    for (int64_t after_ms = 0; after_ms < 12000; after_ms += 500) {
        world_forget(world);
        SCRIPT(world, START_WITH("\"expires_in\":600,\"interval\":4"), PENDING, PENDING, PENDING);
        world->clock.stop_at_ms = world->clock.now_ms + after_ms;
        assert_int_equal(world_sign_in(world), LOOM_ERR_INTERRUPTED);
        assert_int_equal(world->clock.now_ms, world->clock.stop_at_ms);
        assert_null(strstr(world->journal.data, "save"));
        assert_string_equal(world_kept_token(world), OLD);
        assert_int_equal(world->signed_in.lost_token, LOOM_OLD_TOKEN_NONE);
    }
}

/* In every request: before the token came nothing is stored; after that the sign-in completes. */
static void sign_in_interrupted_in_a_request_is_undone_or_complete(void **state) {
    struct session_world *world = *state;
    static const struct fake_answer flow[] = {START, PENDING, COMPLETED, ME, LOGOUT};
    static const struct {
        enum loom_err err;
        const char *kept;
        enum loom_old_token old_token;
    } rows[] = {
        {LOOM_ERR_INTERRUPTED, OLD, LOOM_OLD_TOKEN_NONE}, /* asking for a code */
        {LOOM_ERR_INTERRUPTED, OLD, LOOM_OLD_TOKEN_NONE}, /* the first poll */
        {LOOM_ERR_INTERRUPTED, OLD, LOOM_OLD_TOKEN_NONE}, /* the poll that would have brought it */
        {LOOM_OK, NEW, LOOM_OLD_TOKEN_LEFT},              /* the name */
        {LOOM_OK, NEW, LOOM_OLD_TOKEN_LEFT},              /* the revocation */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_forget(world);
        world_keep(world, &(struct kept){.token = OLD});
        world_play(world, flow, sizeof flow / sizeof flow[0]);
        /* once caught, a signal ends every request that follows */
        for (size_t k = i; k < world->fake.count; k++) {
            world->script[k].err = LOOM_ERR_INTERRUPTED;
            world->script[k].to = NULL;
        }
        assert_int_equal(world_sign_in(world), rows[i].err);
        assert_string_equal(world_kept_token(world), rows[i].kept);
        assert_int_equal(world->signed_in.old_token, rows[i].old_token);
    }
}

static void sign_in_without_room_for_an_error_works_the_same(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START, NO_ANSWER, POLL("{\"status\":\"denied\"}"));
    assert_int_equal(
        loom_sign_in(&world->session, &world->wish, &world->prompt, &world->signed_in, NULL),
        LOOM_ERR_DENIED);
    SCRIPT(world, START, COMPLETED, ME);
    assert_int_equal(
        loom_sign_in(&world->session, &world->wish, &world->prompt, &world->signed_in, NULL),
        LOOM_OK);
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sign_in_tells_why_it_waits),
        WORLD_TEST(sign_in_never_sleeps_longer_than_a_second),
        WORLD_TEST(sign_in_keeps_to_the_interval),
        WORLD_TEST(sign_in_tells_when_the_code_expires),
        WORLD_TEST(sign_in_with_a_code_without_life_shows_nothing),
        WORLD_TEST(sign_in_with_a_code_that_cannot_be_shown_ends),
        WORLD_TEST(sign_in_that_fails_changes_nothing),
        WORLD_TEST(sign_in_past_the_life_of_the_code_says_why),
        WORLD_TEST(sign_in_after_a_long_suspend_is_expired),
        WORLD_TEST(sign_in_after_a_short_suspend_goes_on),
        WORLD_TEST(sign_in_interrupted_while_it_waits_changes_nothing),
        WORLD_TEST(sign_in_interrupted_in_a_request_is_undone_or_complete),
        WORLD_TEST(sign_in_without_room_for_an_error_works_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
