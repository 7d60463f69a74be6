/* SPDX-License-Identifier: Apache-2.0 */
/* A code that expired, and another one for whoever wishes it (RFC 8628 section 3.5, expired_token).
 */
#include "unit/session/session_world.h"

#include "base/memory.h"
#include "support/expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CODE "dc_the_first_of_them"
#define START_WITH(device, user, life)                                                             \
    {                                                                                              \
        .to = "POST /auth/device/start", .status = 200,                                            \
        .json = "{\"device_code\":\"" device "\",\"user_code\":\"" user                            \
                "\",\"verification_url\":\"" SERVER "/device\",\"expires_in\":" life "}"           \
    }
#define FIRST START_WITH(FIRST_CODE, "111-111-111", "600")
#define SECOND START_WITH("dc_the_second", "222-222-222", "300")
#define EXPIRED POLL("{\"status\":\"expired\"}")
#define NO_ANSWER LOST("POST /auth/device/poll", LOOM_ERR_UNREACHABLE)

#define TO_THE_CODE "check\nfind\nPOST /auth/device/start\ncode 111-111-111\nwaiting pending\n"
#define SAVED "find\nsave lt_new\nGET /auth/me\nfind without adopting\nsave lt_new Ada\n"

/* What is wiped goes through this file (--wrap). */
static int wiped_first_codes;

void __real_loom_wipe(void *memory, size_t len);
void __wrap_loom_wipe(void *memory, size_t len);

void __wrap_loom_wipe(void *memory, size_t len) {
    wiped_first_codes +=
        memory != NULL && memmem(memory, len, FIRST_CODE, strlen(FIRST_CODE)) != NULL;
    __real_loom_wipe(memory, len);
}

/* ---- Yes ---- */

/* DF-14, DF-200: by itself it never starts again. */
static void sign_in_with_an_expired_code_asks_and_begins_anew(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, FIRST, EXPIRED, SECOND, PENDING, COMPLETED, ME);
    WISHES(world, LOOM_OK);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_journal(world, TO_THE_CODE "POST /auth/device/poll\n"
                                      "expired\n"
                                      "POST /auth/device/start\n"
                                      "code 222-222-222\n"
                                      "waiting pending\n"
                                      "POST /auth/device/poll\n"
                                      "POST /auth/device/poll\n" SAVED);
    assert_string_equal(world->fake.requests[3].body, "{\"device_code\":\"dc_the_second\"}");
    assert_string_equal(world_kept_token(world), NEW);
}

static void sign_in_asks_after_each_code(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, FIRST, EXPIRED, SECOND, EXPIRED, FIRST, EXPIRED, SECOND, COMPLETED, ME);
    WISHES(world, LOOM_OK, LOOM_OK, LOOM_OK);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->wishes_left, 0);
    assert_int_equal(world->fake.sent, world->fake.count);
}

/* Nobody was asked by the server: the clock said so. */
static void sign_in_past_the_life_of_the_code_asks_too(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START_WITH(FIRST_CODE, "111-111-111", "1"), SECOND, COMPLETED, ME);
    WISHES(world, LOOM_OK);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_journal(world, TO_THE_CODE "expired\n"
                                      "POST /auth/device/start\n"
                                      "code 222-222-222\n"
                                      "waiting pending\n"
                                      "POST /auth/device/poll\n" SAVED);
}

/* However long the person thought about it: a life of its own, a time of its own. */
static void sign_in_with_a_new_code_counts_its_own_life(void **state) {
    struct session_world *world = *state;
    world->wish_takes_ms = 540000;
    SCRIPT(world, START_WITH(FIRST_CODE, "111-111-111", "1"), SECOND, COMPLETED, ME);
    WISHES(world, LOOM_OK);
    int64_t began_s = world->clock.wall_ms / 1000;
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->shown_expires_at, began_s + 1 + 540 + 300);
    assert_true(world->least_left_ms > 290000 && world->least_left_ms <= 300000);
}

static void assert_first_code_is_gone(void) {
    assert_true(wiped_first_codes > 0);
}

/* MEM-170: nothing of the first flow waits with the person. */
static void sign_in_forgets_the_old_code_before_it_asks(void **state) {
    struct session_world *world = *state;
    wiped_first_codes = 0;
    world->on_wish = assert_first_code_is_gone;
    SCRIPT(world, FIRST, EXPIRED, SECOND, COMPLETED, ME);
    WISHES(world, LOOM_OK);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->wishes_left, 0);
}

/* Whom to ask was found out with the first code. */
static void sign_in_at_a_standard_server_begins_anew_where_it_was(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, START_UNKNOWN(404), METADATA(ENDPOINTS), DEVICE,
           TOKEN_SAYS(400, "{\"error\":\"expired_token\"}"), DEVICE, TOKENS(""), USERINFO);
    WISHES(world, LOOM_OK);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_int_equal(world->fake.sent, world->fake.count);
    assert_string_equal(world_kept_token(world), NEW);
}

static void sign_in_with_a_new_code_replaces_what_there_was(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .name = "Grace"});
    SCRIPT(world, FIRST, EXPIRED, SECOND, COMPLETED, ME, LOGOUT);
    WISHES(world, LOOM_OK);
    assert_int_equal(world_sign_in(world), LOOM_OK);
    assert_string_equal(world_kept_token(world), NEW);
    assert_int_equal(world->signed_in.old_token, LOOM_OLD_TOKEN_REVOKED);
}

/* ---- No ---- */

/* DF-201: what comes after the question, and what there was stays in any case. */
static void sign_in_that_is_not_wished_for_again_changes_nothing(void **state) {
    struct session_world *world = *state;
    static const enum loom_err wishes[] = {LOOM_ERR_EXPIRED, LOOM_ERR_INTERRUPTED};
    world_keep(world, &(struct kept){.token = OLD, .obtained_at = 1});
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        world_forget(world);
        SCRIPT(world, FIRST, EXPIRED);
        world_wish(world, &wishes[i], 1);
        assert_int_equal(world_sign_in(world), wishes[i]);
        assert_int_equal(world->wishes_left, 0);
        assert_int_equal(world->fake.sent, world->fake.count);
        assert_null(strstr(world->journal.data, "save"));
        assert_string_equal(world_kept_token(world), OLD);
    }
}

/* The flow of the second code ends as that of the first one would. */
static void sign_in_with_a_new_code_ends_as_the_server_says(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer start, poll; /* no `to` in poll: it does not come to that */
        enum loom_err err;
        long http_status;
    } rows[] = {
        {LOST("POST /auth/device/start", LOOM_ERR_TIMEOUT), {.to = NULL}, LOOM_ERR_TIMEOUT, 0},
        {LOST("POST /auth/device/start", LOOM_ERR_INTERRUPTED),
         {.to = NULL},
         LOOM_ERR_INTERRUPTED,
         0},
        {{.status = 503}, {.to = NULL}, LOOM_ERR_SERVER, 503},
        {START_UNKNOWN(404), {.to = NULL}, LOOM_ERR_NOT_LOOM, 404},
        {{.status = 200, .json = "{}"}, {.to = NULL}, LOOM_ERR_BAD_ANSWER, 200},
        {SECOND, POLL("{\"status\":\"denied\"}"), LOOM_ERR_DENIED, 200},
        {SECOND, LOST("POST /auth/device/poll", LOOM_ERR_TLS), LOOM_ERR_TLS, 0},
        /* over before it came: not shown, so nobody is asked about it */
        {START_WITH("dc", "333-333-333", "0"), {.to = NULL}, LOOM_ERR_EXPIRED, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        if (rows[i].poll.to == NULL)
            SCRIPT(world, FIRST, EXPIRED, rows[i].start);
        else
            SCRIPT(world, FIRST, EXPIRED, rows[i].start, rows[i].poll);
        WISHES(world, LOOM_OK);
        expect_equal(what, world_sign_in(world), rows[i].err);
        if (rows[i].err != LOOM_ERR_EXPIRED)
            expect_equal(what, world->error.http_status, rows[i].http_status);
        expect_equal(what, world->fake.sent, world->fake.count);
        expect_equal(what, world->wishes_left, 0);
        expect_text(what, world_kept_token(world), "");
    }
}

static void sign_in_with_a_new_code_that_cannot_be_shown_ends(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, FIRST);
    WISHES(world, LOOM_OK);
    world->is_blind = true;
    assert_int_equal(world_sign_in(world), LOOM_ERR_INTERNAL);
    assert_int_equal(world->error.os_error, EPIPE);
    assert_int_equal(world->wishes_left, 1);
}

/* ---- Not asked ---- */

/* Only a code that was on the screen, and only because its time was over. */
static void sign_in_that_fails_otherwise_asks_nobody(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer start, poll;
        enum loom_err err;
    } rows[] = {
        {START_WITH("dc", "111-111-111", "0"), {.to = NULL}, LOOM_ERR_EXPIRED},
        {LOST("POST /auth/device/start", LOOM_ERR_TIMEOUT), {.to = NULL}, LOOM_ERR_TIMEOUT},
        {FIRST, POLL("{\"status\":\"denied\"}"), LOOM_ERR_DENIED},
        {FIRST, POLL("{\"status\":\"odd\"}"), LOOM_ERR_BAD_ANSWER},
        {FIRST, NO_ANSWER, LOOM_ERR_UNREACHABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        if (rows[i].poll.to == NULL)
            SCRIPT(world, rows[i].start);
        else
            SCRIPT(world, rows[i].start, rows[i].poll);
        world->fake.is_last_repeated = true;
        WISHES(world, LOOM_OK);
        expect_equal(what, world_sign_in(world), rows[i].err);
        expect_equal(what, world->wishes_left, 1);
    }
}

static void sign_in_with_nobody_to_ask_expires(void **state) {
    struct session_world *world = *state;
    SCRIPT(world, FIRST, EXPIRED);
    assert_int_equal(world_sign_in(world), LOOM_ERR_EXPIRED);
    assert_int_equal(world->fake.sent, world->fake.count);
}

static void sign_in_begun_anew_without_room_for_an_error_works_the_same(void **state) {
    struct session_world *world = *state;
    static const enum loom_err wishes[] = {LOOM_OK, LOOM_ERR_INTERRUPTED};
    for (size_t i = 0; i < 2; i++) {
        world_forget(world);
        SCRIPT(world, FIRST, EXPIRED, SECOND, COMPLETED, ME);
        world_wish(world, &wishes[i], 1);
        assert_int_equal(
            loom_sign_in(&world->session, &world->wish, &world->prompt, &world->signed_in, NULL),
            wishes[i]);
        loom_signed_in_clear(&world->signed_in);
    }
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sign_in_with_an_expired_code_asks_and_begins_anew),
        WORLD_TEST(sign_in_asks_after_each_code),
        WORLD_TEST(sign_in_past_the_life_of_the_code_asks_too),
        WORLD_TEST(sign_in_with_a_new_code_counts_its_own_life),
        WORLD_TEST(sign_in_forgets_the_old_code_before_it_asks),
        WORLD_TEST(sign_in_at_a_standard_server_begins_anew_where_it_was),
        WORLD_TEST(sign_in_with_a_new_code_replaces_what_there_was),
        WORLD_TEST(sign_in_that_is_not_wished_for_again_changes_nothing),
        WORLD_TEST(sign_in_with_a_new_code_ends_as_the_server_says),
        WORLD_TEST(sign_in_with_a_new_code_that_cannot_be_shown_ends),
        WORLD_TEST(sign_in_that_fails_otherwise_asks_nobody),
        WORLD_TEST(sign_in_with_nobody_to_ask_expires),
        WORLD_TEST(sign_in_begun_anew_without_room_for_an_error_works_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
