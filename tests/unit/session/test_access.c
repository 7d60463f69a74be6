/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be handed out, and what a refusal leads to: git's `erase` is only a rumour, the server's
 * own 401 is the truth. GIT-19, GIT-23.
 */
#include "unit/session/session_world.h"

#include "session/access.h"
#include "store/refused.h"
#include "support/expect.h"

#include <stdio.h>
#include <string.h>

static struct loom_secret *secret(const char *bytes) {
    struct loom_secret *made = NULL;
    assert_int_equal(loom_secret_new(bytes, strlen(bytes), &made), LOOM_OK);
    return made;
}

/* What is handed out: the token, or "" with the error in world->error. */
static const char *find(struct session_world *world) {
    static char token[64];
    struct loom_store_question question = {&world->origin, false};
    struct loom_access_need need = {.min_valid_s = 60, .timeout_ms = 4000};
    struct loom_access access = LOOM_ACCESS_INIT;
    enum loom_err err = loom_access_find(&world->session, &question, &need, &access, &world->error);
    assert_int_equal(world->error.code, err);
    (void)snprintf(token, sizeof token, "%s",
                   err == LOOM_OK ? loom_secret_bytes(access.credential.token) : "");
    assert_true(err == LOOM_OK || access.credential.token == NULL);
    loom_access_clear(&access);
    return token;
}

static enum loom_err refuse(struct session_world *world, const char *token) {
    struct loom_store_question question = {&world->origin, false};
    struct loom_secret *refused = secret(token);
    enum loom_err err = loom_access_refuse(&world->session, &question, refused, &world->error);
    loom_secret_free(refused);
    return err;
}

/* The note that stands for the token of the store; false: none. */
static bool has_note(struct session_world *world, struct loom_refused *out_note) {
    struct loom_secret *token = secret(OLD);
    enum loom_err err = loom_refused_find(&world->paths, &world->origin, token, out_note, NULL);
    loom_secret_free(token);
    return err == LOOM_OK;
}

static void put_note(struct session_world *world, int64_t asked_at, bool is_dead) {
    struct loom_refused note = {.asked_at = asked_at, .is_dead = is_dead};
    struct loom_secret *token = secret(OLD);
    assert_int_equal(loom_refused_note(&world->paths, &world->origin, token, &note, NULL), LOOM_OK);
    loom_secret_free(token);
}

static int64_t now_s(const struct session_world *world) {
    return world->clock.wall_ms / 1000;
}

/* ---- Without a refusal ---- */

static void find_of_a_credential_hands_it_out_without_a_request(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD});
    assert_string_equal(find(world), OLD);
    assert_journal(world, "find without adopting\n");
    /* and makes no files */
    assert_int_equal(scratch_count(world->scratch), 0);
}

static void find_of_nothing_is_not_found(void **state) {
    struct session_world *world = *state;
    assert_string_equal(find(world), "");
    assert_int_equal(world->error.code, LOOM_ERR_NOT_FOUND);
}

static void find_in_a_store_that_fails_tells_its_error(void **state) {
    struct session_world *world = *state;
    static const enum loom_err errors[] = {LOOM_ERR_STORAGE, LOOM_ERR_DAMAGED, LOOM_ERR_KEYRING};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        world->watched.find_err = errors[i];
        assert_string_equal(find(world), "");
        assert_int_equal(world->error.code, errors[i]);
        assert_string_equal(world->error.detail, "/the/store");
        assert_int_equal(refuse(world, OLD), errors[i]);
    }
}

/* What git asks for never adopts; what the person named does. */
static void find_passes_on_whether_it_may_adopt(void **state) {
    struct session_world *world = *state;
    struct loom_access_need need = {.min_valid_s = 60};
    struct loom_access access = LOOM_ACCESS_INIT;
    struct loom_store_question question = {&world->origin, true};
    world_plant(world, &(struct kept){.token = OLD, .source = LOOM_SOURCE_IMPORTED});
    assert_string_equal(find(world), "");
    assert_int_equal(loom_access_find(&world->session, &question, &need, &access, NULL), LOOM_OK);
    assert_string_equal(loom_secret_bytes(access.credential.token), OLD);
    loom_access_clear(&access);
}

/* GIT-19: an expired one is never handed out in silence. */
static void find_of_an_expired_credential_is_expired(void **state) {
    struct session_world *world = *state;
    static const struct {
        int64_t ahead_s;
        enum loom_err err;
    } rows[] = {{-86400, LOOM_ERR_EXPIRED}, {0, LOOM_ERR_EXPIRED}, {1, LOOM_OK}, {3600, LOOM_OK}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_keep(world,
                   &(struct kept){.token = OLD, .expires_at = now_s(world) + rows[i].ahead_s});
        assert_string_equal(find(world), rows[i].err == LOOM_OK ? OLD : "");
        assert_int_equal(world->error.code, rows[i].err);
    }
    /* a note changes nothing about that, and no server is asked */
    put_note(world, 0, false);
    world_keep(world, &(struct kept){.token = OLD, .expires_at = 1});
    assert_string_equal(find(world), "");
    assert_int_equal(world->error.code, LOOM_ERR_EXPIRED);
}

/* ---- A refusal is noted ---- */

static void refuse_of_the_stored_token_is_noted_and_asks_nobody(void **state) {
    struct session_world *world = *state;
    struct loom_refused note;
    world_keep(world, &(struct kept){.token = OLD});
    assert_int_equal(refuse(world, OLD), LOOM_OK);
    assert_true(has_note(world, &note));
    assert_int_equal(note.asked_at, 0);
    assert_false(note.is_dead);
    assert_journal(world, "find without adopting\n");
    assert_string_equal(world_kept_token(world), OLD);
}

static void refuse_of_another_token_or_of_nothing_changes_nothing(void **state) {
    struct session_world *world = *state;
    struct loom_refused note;
    assert_int_equal(refuse(world, OLD), LOOM_OK);
    world_keep(world, &(struct kept){.token = OLD});
    assert_int_equal(refuse(world, "lt_olD"), LOOM_OK);
    assert_int_equal(refuse(world, "lt_ol"), LOOM_OK);
    assert_int_equal(refuse(world, "lt_old_"), LOOM_OK);
    assert_false(has_note(world, &note));
    assert_int_equal(scratch_count(world->scratch), 0);
}

/* What was learned stays: git says erase again and again. */
static void refuse_again_keeps_what_was_learned(void **state) {
    struct session_world *world = *state;
    struct loom_refused note;
    world_keep(world, &(struct kept){.token = OLD});
    put_note(world, 1234, true);
    assert_int_equal(refuse(world, OLD), LOOM_OK);
    assert_true(has_note(world, &note));
    assert_true(note.is_dead);
    assert_int_equal(note.asked_at, 1234);
}

static void refuse_without_a_place_for_the_note_tells_it(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD});
    scratch_write(world->scratch, "data", 0600, "in the way");
    assert_int_equal(refuse(world, OLD), LOOM_ERR_STORAGE);
    /* and the credential goes on as before */
    assert_string_equal(find(world), OLD);
}

/* ---- What a note leads to ---- */

/* The server is asked once, briefly, as the credential remembers. */
static void find_of_a_refused_token_asks_the_server(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .ca_file = "/etc/company.pem"});
    put_note(world, 0, false);
    SCRIPT(world, ME);
    assert_string_equal(find(world), OLD);
    assert_journal(world, "find without adopting\nGET /auth/me\n");
    assert_string_equal(world->fake.requests[0].bearer, OLD);
    assert_string_equal(world->fake.requests[0].ca_file, "/etc/company.pem");
    assert_int_equal(world->fake.requests[0].timeout_ms, LOOM_ACCESS_ASK_MS);
}

/* A keyring that was slow may have left less time than that. */
static void find_with_little_time_asks_no_longer_than_that(void **state) {
    struct session_world *world = *state;
    struct loom_store_question question = {&world->origin, false};
    struct loom_access_need need = {.min_valid_s = 60, .timeout_ms = 700};
    struct loom_access access = LOOM_ACCESS_INIT;
    world_keep(world, &(struct kept){.token = OLD});
    put_note(world, 0, false);
    SCRIPT(world, ME);
    assert_int_equal(loom_access_find(&world->session, &question, &need, &access, &world->error),
                     LOOM_OK);
    assert_int_equal(world->fake.requests[0].timeout_ms, 700);
    loom_access_clear(&access);
}

/* One row an answer: is it handed out, and what is noted? */
static void find_of_a_refused_token_does_as_the_server_says(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_err err;
        bool has_note, is_dead;
    } rows[] = {
        {ME, LOOM_OK, false, false},
        {ME_SAYS(200, "{}"), LOOM_OK, false, false},
        {ME_SAYS(401, "{}"), LOOM_ERR_REJECTED, true, true},
        /* somebody else's 401, and everything that says nothing */
        {{.status = 401, .other = "<html>"}, LOOM_OK, true, false},
        {{.status = 401, .json = "<html>"}, LOOM_OK, true, false},
        {{.status = 200, .other = "<html>"}, LOOM_OK, true, false},
        {ME_SAYS(200, "{\"error\":\"x\"}"), LOOM_OK, true, false},
        {ME_SAYS(403, "{}"), LOOM_OK, true, false},
        {ME_SAYS(404, "{}"), LOOM_OK, true, false},
        {ME_SAYS(429, "{}"), LOOM_OK, true, false},
        {ME_SAYS(500, "{}"), LOOM_OK, true, false},
        {LOST(NULL, LOOM_ERR_NO_HOST), LOOM_OK, true, false},
        {LOST(NULL, LOOM_ERR_UNREACHABLE), LOOM_OK, true, false},
        {LOST(NULL, LOOM_ERR_TIMEOUT), LOOM_OK, true, false},
        {LOST(NULL, LOOM_ERR_TLS), LOOM_OK, true, false},
        {LOST(NULL, LOOM_ERR_PROXY), LOOM_OK, true, false},
        {LOST(NULL, LOOM_ERR_REDIRECT), LOOM_OK, true, false},
    };
    world_keep(world, &(struct kept){.token = OLD});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_refused note = {.asked_at = -1};
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        put_note(world, 0, false);
        SCRIPT(world, rows[i].answer);
        expect_text(what, find(world), rows[i].err == LOOM_OK ? OLD : "");
        expect_equal(what, world->error.code, rows[i].err);
        expect_equal(what, has_note(world, &note), rows[i].has_note);
        expect_equal(what, note.asked_at, rows[i].has_note ? now_s(world) : -1);
        expect_equal(what, note.is_dead, rows[i].is_dead);
        expect_text(what, world_kept_token(world), OLD); /* forgotten by logout alone */
    }
}

/* Ctrl-C: nothing was learned, and the next question asks. */
static void find_of_a_refused_token_that_is_interrupted_learns_nothing(void **state) {
    struct session_world *world = *state;
    struct loom_refused note = {.asked_at = -1};
    world_keep(world, &(struct kept){.token = OLD});
    put_note(world, 0, false);
    SCRIPT(world, LOST(NULL, LOOM_ERR_INTERRUPTED));
    assert_string_equal(find(world), "");
    assert_int_equal(world->error.code, LOOM_ERR_INTERRUPTED);
    assert_true(has_note(world, &note));
    assert_int_equal(note.asked_at, 0);
}

static void find_of_a_dead_token_asks_nobody_any_more(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD});
    put_note(world, 0, false);
    SCRIPT(world, ME_SAYS(401, "{}"));
    assert_string_equal(find(world), "");
    fake_clock_pass(&world->clock, INT64_C(90) * 86400 * 1000);
    assert_string_equal(find(world), "");
    assert_int_equal(world->error.code, LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 1);
    /* the next sign-in brings another token, which the note does not concern */
    world_keep(world, &(struct kept){.token = NEW});
    assert_string_equal(find(world), NEW);
}

static void find_of_an_accepted_token_is_silent_until_the_next_refusal(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD});
    assert_int_equal(refuse(world, OLD), LOOM_OK);
    SCRIPT(world, ME, ME);
    assert_string_equal(find(world), OLD);
    assert_string_equal(find(world), OLD);
    assert_int_equal(world->fake.sent, 1);
    assert_int_equal(refuse(world, OLD), LOOM_OK);
    assert_string_equal(find(world), OLD);
    assert_int_equal(world->fake.sent, 2);
}

/* Asked again after a minute at the earliest; a note from the future is due as well. */
static void find_asks_again_when_it_is_due(void **state) {
    struct session_world *world = *state;
    static const struct {
        int64_t asked_ago_s;
        bool is_due;
    } rows[] = {{0, false}, {1, false},    {59, false}, {60, true},
                {61, true}, {86400, true}, {-1, true},  {-86400, true}};
    world_keep(world, &(struct kept){.token = OLD});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_refused note;
        char what[32];
        (void)snprintf(what, sizeof what, "%lld s ago", (long long)rows[i].asked_ago_s);
        world_forget(world);
        put_note(world, now_s(world) - rows[i].asked_ago_s, false);
        SCRIPT(world, LOST(NULL, LOOM_ERR_TIMEOUT));
        expect_text(what, find(world), OLD);
        expect_equal(what, world->fake.sent, rows[i].is_due ? 1 : 0);
        expect(what, has_note(world, &note));
        expect_equal(what, note.asked_at,
                     rows[i].is_due ? now_s(world) : now_s(world) - rows[i].asked_ago_s);
    }
}

/* A machine whose clock stands at the epoch asks each time, and works. */
static void find_with_a_clock_that_was_never_set_asks_again(void **state) {
    struct session_world *world = *state;
    world->clock.wall_ms = 0;
    world_keep(world, &(struct kept){.token = OLD});
    put_note(world, 0, false);
    SCRIPT(world, LOST(NULL, LOOM_ERR_TIMEOUT), LOST(NULL, LOOM_ERR_TIMEOUT));
    assert_string_equal(find(world), OLD);
    assert_string_equal(find(world), OLD);
    assert_int_equal(world->fake.sent, 2);
}

/* A note that cannot be written costs one more question next time, no more. */
static void find_with_notes_that_cannot_be_written_still_answers(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_err err;
    } rows[] = {{ME, LOOM_OK},
                {LOST(NULL, LOOM_ERR_TIMEOUT), LOOM_OK},
                {ME_SAYS(401, "{}"), LOOM_ERR_REJECTED}};
    world_keep(world, &(struct kept){.token = OLD});
    put_note(world, 0, false);
    /* no file can take the lock's name any more */
    assert_int_equal(unlink(scratch_path(world->scratch, "data/refused.json.lock")), 0);
    assert_int_equal(symlink("nowhere", scratch_path(world->scratch, "data/refused.json.lock")), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_refused note;
        world_forget(world);
        SCRIPT(world, rows[i].answer);
        assert_string_equal(find(world), rows[i].err == LOOM_OK ? OLD : "");
        assert_int_equal(world->error.code, rows[i].err);
        assert_true(has_note(world, &note));
        assert_int_equal(note.asked_at, 0);
    }
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(find_of_a_credential_hands_it_out_without_a_request),
        WORLD_TEST(find_of_nothing_is_not_found),
        WORLD_TEST(find_in_a_store_that_fails_tells_its_error),
        WORLD_TEST(find_passes_on_whether_it_may_adopt),
        WORLD_TEST(find_of_an_expired_credential_is_expired),
        WORLD_TEST(refuse_of_the_stored_token_is_noted_and_asks_nobody),
        WORLD_TEST(refuse_of_another_token_or_of_nothing_changes_nothing),
        WORLD_TEST(refuse_again_keeps_what_was_learned),
        WORLD_TEST(refuse_without_a_place_for_the_note_tells_it),
        WORLD_TEST(find_of_a_refused_token_asks_the_server),
        WORLD_TEST(find_with_little_time_asks_no_longer_than_that),
        WORLD_TEST(find_of_a_refused_token_does_as_the_server_says),
        WORLD_TEST(find_of_a_refused_token_that_is_interrupted_learns_nothing),
        WORLD_TEST(find_of_a_dead_token_asks_nobody_any_more),
        WORLD_TEST(find_of_an_accepted_token_is_silent_until_the_next_refusal),
        WORLD_TEST(find_asks_again_when_it_is_due),
        WORLD_TEST(find_with_a_clock_that_was_never_set_asks_again),
        WORLD_TEST(find_with_notes_that_cannot_be_written_still_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
