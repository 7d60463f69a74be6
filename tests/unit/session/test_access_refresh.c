/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be handed out of a standard server: renewed on the way, as long as it lives when it
 * cannot be, and never in silence when neither is so. GIT-19, GIT-23.
 */
#include "unit/session/session_world.h"

#include "session/access.h"
#include "session/refresh.h"
#include "store/refused.h"
#include "support/expect.h"

#include <stdio.h>
#include <string.h>

#define REFRESH "rt_old"

enum { TIMEOUT_MS = 3500 };

/* What was handed out. */
struct answer {
    enum loom_err err;
    char token[64]; /* "": nothing */
    struct loom_error trouble;
    bool is_unsaved;
    int64_t expires_at;
};

static int64_t now_s(const struct session_world *world) {
    return world->clock.wall_ms / 1000;
}

static struct answer find(struct session_world *world) {
    struct loom_store_question question = {&world->origin, false};
    struct loom_access_need need = {.min_valid_s = 60, .timeout_ms = TIMEOUT_MS};
    struct loom_access access = LOOM_ACCESS_INIT;
    struct answer answer = {.token = ""};
    answer.err = loom_access_find(&world->session, &question, &need, &access, &world->error);
    assert_int_equal(world->error.code, answer.err);
    assert_true((answer.err == LOOM_OK) == (access.credential.token != NULL));
    if (answer.err == LOOM_OK)
        (void)snprintf(answer.token, sizeof answer.token, "%s",
                       loom_secret_bytes(access.credential.token));
    answer.trouble = access.trouble;
    answer.is_unsaved = access.is_unsaved;
    answer.expires_at = access.credential.expires_at;
    loom_access_clear(&access);
    return answer;
}

static void refuse(struct session_world *world, const char *token) {
    struct loom_store_question question = {&world->origin, false};
    struct loom_secret *refused = NULL;
    assert_int_equal(loom_secret_new(token, strlen(token), &refused), LOOM_OK);
    assert_int_equal(loom_access_refuse(&world->session, &question, refused, NULL), LOOM_OK);
    loom_secret_free(refused);
}

static void keep(struct session_world *world, int64_t left_s) {
    world_keep(world, &(struct kept){.token = OLD,
                                     .refresh = REFRESH,
                                     .expires_at = now_s(world) + left_s,
                                     .life_s = 3600,
                                     STANDARD});
}

static void forget(struct session_world *world) {
    world_forget(world);
    assert_int_equal(loom_refused_forget(&world->paths, &world->origin, NULL), LOOM_OK);
}

/* ---- Without a refusal ---- */

static void find_of_what_lives_long_enough_asks_nobody(void **state) {
    struct session_world *world = *state;
    keep(world, 60);
    struct answer answer = find(world);
    assert_string_equal(answer.token, OLD);
    assert_int_equal(answer.trouble.code, LOOM_OK);
    assert_journal(world, "find without adopting\n");
    assert_int_equal(scratch_count(world->scratch), 0);
}

static void find_of_what_is_due_renews_it(void **state) {
    struct session_world *world = *state;
    static const int64_t left_s[] = {59, 1, 0, -1, -86400};
    for (size_t i = 0; i < sizeof left_s / sizeof left_s[0]; i++) {
        forget(world);
        keep(world, left_s[i]);
        SCRIPT(world, TOKENS(",\"expires_in\":3600"));
        struct answer answer = find(world);
        assert_string_equal(answer.token, NEW);
        assert_int_equal(answer.trouble.code, LOOM_OK);
        assert_false(answer.is_unsaved);
        assert_int_equal(answer.expires_at, now_s(world) + 3600);
        assert_int_equal(world->fake.requests[0].timeout_ms, TIMEOUT_MS);
        /* and once */
        assert_string_equal(find(world).token, NEW);
        assert_int_equal(world->fake.sent, 1);
    }
}

/* A failure is none while the old token lives; afterwards it is why there is nothing. */
static void find_of_what_cannot_be_renewed_hands_it_out_while_it_lives(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_err err;
    } rows[] = {
        {INVALID_GRANT, LOOM_ERR_REJECTED},
        {TOKEN_SAYS(400, "{\"error\":\"invalid_client\"}"), LOOM_ERR_DENIED},
        {TOKEN_SAYS(200, "{}"), LOOM_ERR_BAD_ANSWER},
        {TOKEN_SAYS(404, "{}"), LOOM_ERR_NOT_LOOM},
        {TOKEN_SAYS(503, "{}"), LOOM_ERR_SERVER},
        {LOST(NULL, LOOM_ERR_TIMEOUT), LOOM_ERR_TIMEOUT},
        {LOST(NULL, LOOM_ERR_NO_HOST), LOOM_ERR_NO_HOST},
        {LOST(NULL, LOOM_ERR_UNREACHABLE), LOOM_ERR_UNREACHABLE},
        {LOST(NULL, LOOM_ERR_TLS), LOOM_ERR_TLS},
        {LOST(NULL, LOOM_ERR_PROXY), LOOM_ERR_PROXY},
        {LOST(NULL, LOOM_ERR_REDIRECT), LOOM_ERR_REDIRECT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        forget(world);
        keep(world, 1);
        SCRIPT(world, rows[i].answer);
        struct answer answer = find(world);
        expect_text(what, answer.token, OLD);
        expect_equal(what, answer.trouble.code, rows[i].err);
        expect_equal(what, answer.is_unsaved, false);
        forget(world);
        keep(world, 0);
        SCRIPT(world, rows[i].answer);
        answer = find(world);
        expect_equal(what, answer.err, rows[i].err);
        expect_equal(what, world->fake.sent, 1);
    }
}

/* Nor is a failure on this side one; what is stored wrong is told as that. */
static void find_of_what_cannot_be_stored_hands_it_out_while_it_lives(void **state) {
    struct session_world *world = *state;
    keep(world, 30);
    world->watched.check_err = LOOM_ERR_STORAGE;
    struct answer answer = find(world);
    assert_string_equal(answer.token, OLD);
    assert_int_equal(answer.trouble.code, LOOM_ERR_STORAGE);
    assert_string_equal(answer.trouble.detail, "/the/store");
    assert_false(answer.is_unsaved); /* there is nothing new */
    keep(world, 0);
    assert_int_equal(find(world).err, LOOM_ERR_STORAGE);
    assert_int_equal(world->fake.sent, 0);
}

static void find_with_a_stored_endpoint_that_is_none_is_damage(void **state) {
    struct session_world *world = *state;
    struct kept kept = {.token = OLD,
                        .refresh = REFRESH,
                        .is_standard = true,
                        .expires_at = now_s(world) + 30,
                        .token_endpoint = "http://elsewhere.example.com/token"};
    world_keep(world, &kept);
    struct answer answer = find(world);
    assert_string_equal(answer.token, OLD);
    assert_int_equal(answer.trouble.code, LOOM_ERR_DAMAGED);
    kept.expires_at = now_s(world);
    world_keep(world, &kept);
    assert_int_equal(find(world).err, LOOM_ERR_DAMAGED);
    assert_int_equal(world->fake.sent, 0);
}

static void find_of_what_is_renewed_and_not_stored_tells_it(void **state) {
    struct session_world *world = *state;
    keep(world, 30);
    world->watched.save_err = LOOM_ERR_STORAGE;
    SCRIPT(world, TOKENS(",\"refresh_token\":\"rt_new\""));
    struct answer answer = find(world);
    assert_string_equal(answer.token, NEW);
    assert_true(answer.is_unsaved);
    assert_int_equal(answer.trouble.code, LOOM_ERR_STORAGE);
}

/* DF-23: a life of nothing is over, and is not handed out in silence. */
static void find_of_what_is_over_when_it_comes_is_expired(void **state) {
    struct session_world *world = *state;
    keep(world, 0);
    SCRIPT(world, TOKENS(",\"expires_in\":0"));
    assert_int_equal(find(world).err, LOOM_ERR_EXPIRED);
    assert_string_equal(world_kept_token(world), NEW);
}

static void other_signs_out(void *context) {
    struct session_world *world = context;
    struct loom_store *memory = world->watched.memory;
    struct loom_store_question question = {&world->origin, true};
    assert_int_equal(memory->ops->remove(memory, &question, NULL), LOOM_OK);
}

/* Alive or not: who signed out, or pressed Ctrl-C, gets no token; nor does a broken program. */
static void find_of_what_is_signed_out_meanwhile_is_not_found(void **state) {
    struct session_world *world = *state;
    struct fake_answer answer = TOKENS("");
    answer.meanwhile = other_signs_out;
    answer.meanwhile_context = world;
    keep(world, 30);
    SCRIPT(world, answer, REVOKED);
    assert_int_equal(find(world).err, LOOM_ERR_NOT_FOUND);
    assert_int_equal(world->fake.sent, 2);
}

static void find_that_is_interrupted_hands_nothing_out(void **state) {
    struct session_world *world = *state;
    keep(world, 30);
    SCRIPT(world, LOST(NULL, LOOM_ERR_INTERRUPTED), LOST(NULL, LOOM_ERR_INTERNAL));
    assert_int_equal(find(world).err, LOOM_ERR_INTERRUPTED);
    assert_int_equal(find(world).err, LOOM_ERR_INTERNAL);
}

/* ---- With a refusal ---- */

static void find_of_a_refused_token_renews_it_and_asks_nothing_else(void **state) {
    struct session_world *world = *state;
    keep(world, 3600);
    refuse(world, OLD);
    world_forget(world);
    SCRIPT(world, TOKENS(",\"expires_in\":3600"));
    assert_string_equal(find(world).token, NEW);
    assert_journal(world, "find without adopting\nfind without adopting\ncheck\n"
                          "POST /oauth/token\nreplace " OLD " by " NEW "\n");
    /* the new one was not refused */
    assert_string_equal(find(world).token, NEW);
    assert_int_equal(world->fake.sent, 1);
}

static void find_of_a_refused_token_that_cannot_be_renewed_is_rejected_for_good(void **state) {
    struct session_world *world = *state;
    keep(world, 3600);
    refuse(world, OLD);
    SCRIPT(world, INVALID_GRANT);
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    refuse(world, OLD); /* git says it again and again */
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    fake_clock_pass(&world->clock, INT64_C(30) * 86400 * 1000);
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 1);
}

/* The 401 may have been a proxy's: while nobody can tell, it is handed out as before. */
static void find_of_a_refused_token_without_an_answer_hands_it_out(void **state) {
    struct session_world *world = *state;
    keep(world, 3600);
    refuse(world, OLD);
    SCRIPT(world, LOST(NULL, LOOM_ERR_TIMEOUT), LOST(NULL, LOOM_ERR_UNREACHABLE), TOKENS(""));
    struct answer answer = find(world);
    assert_string_equal(answer.token, OLD);
    assert_int_equal(answer.trouble.code, LOOM_ERR_TIMEOUT);
    /* not at once again, whatever git says in between */
    refuse(world, OLD);
    assert_string_equal(find(world).token, OLD);
    assert_int_equal(world->fake.sent, 1);
    fake_clock_pass(&world->clock, LOOM_REFRESH_AGAIN_S * 1000);
    assert_int_equal(find(world).trouble.code, LOOM_ERR_UNREACHABLE);
    /* and that it was refused is not forgotten */
    assert_string_equal(find(world).token, NEW);
    assert_int_equal(world->fake.sent, 3);
}

/* What is known of the refresh token stays known when git refuses the access token behind it. */
static void find_of_a_refused_token_with_a_dead_refresh_token_asks_nobody(void **state) {
    struct session_world *world = *state;
    keep(world, 30);
    SCRIPT(world, INVALID_GRANT);
    assert_int_equal(find(world).trouble.code, LOOM_ERR_REJECTED);
    refuse(world, OLD);
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 1);
}

static void find_of_a_refused_token_after_a_time_out_waits_as_well(void **state) {
    struct session_world *world = *state;
    keep(world, 30);
    SCRIPT(world, LOST(NULL, LOOM_ERR_TIMEOUT));
    assert_int_equal(find(world).trouble.code, LOOM_ERR_TIMEOUT);
    refuse(world, OLD);
    assert_int_equal(find(world).trouble.code, LOOM_ERR_TIMEOUT);
    assert_int_equal(world->fake.sent, 1);
}

#define INVALID_CLIENT TOKEN_SAYS(401, "{\"error\":\"invalid_client\"}")

/* `invalid_client` says nothing about the token, and would be the answer for ever: it is asked
 * about at once, and then no more than once a minute. */
static void find_of_a_refused_token_that_is_not_renewed_for_us_asks_userinfo(void **state) {
    struct session_world *world = *state;
    keep(world, 3600);
    refuse(world, OLD);
    SCRIPT(world, INVALID_CLIENT, USERINFO);
    struct answer answer = find(world);
    assert_string_equal(answer.token, OLD);
    assert_int_equal(answer.trouble.code, LOOM_ERR_DENIED);
    assert_string_equal(world->fake.requests[1].bearer, OLD);
    assert_int_equal(find(world).trouble.code, LOOM_OK); /* it was not the server that refused it */
    assert_int_equal(world->fake.sent, 2);
    refuse(world, OLD);
    SCRIPT(world, INVALID_CLIENT, LOST(NULL, LOOM_ERR_UNREACHABLE), INVALID_CLIENT,
           {.to = "GET /oauth/userinfo", .status = 401, .is_token_invalid = true});
    assert_string_equal(find(world).token, OLD);
    assert_string_equal(find(world).token, OLD);
    assert_int_equal(world->fake.sent, 2);
    fake_clock_pass(&world->clock, LOOM_ACCESS_ASK_AGAIN_S * 1000);
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 4);
}

/* Together they take no longer than a refresh may: git waits. */
static void find_of_a_refused_token_asks_in_what_the_refresh_has_left(void **state) {
    struct session_world *world = *state;
    static const struct {
        int64_t takes_ms;
        int left_ms; /* 0: nobody is asked */
    } rows[] = {{1000, TIMEOUT_MS - 1000}, {TIMEOUT_MS - 100, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keep(world, 3600);
        refuse(world, OLD);
        struct fake_answer late = INVALID_CLIENT;
        late.takes_ms = rows[i].takes_ms;
        SCRIPT(world, late, USERINFO);
        expect("find", strcmp(find(world).token, OLD) == 0);
        assert_int_equal(world->fake.sent, rows[i].left_ms > 0 ? 2 : 1);
        if (rows[i].left_ms > 0)
            assert_int_equal(world->fake.requests[1].timeout_ms, rows[i].left_ms);
        forget(world);
    }
}

/* ---- What cannot be renewed ---- */

static void find_of_a_refused_token_without_a_refresh_token_asks_userinfo(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, STANDARD});
    refuse(world, OLD);
    SCRIPT(world, USERINFO);
    assert_string_equal(find(world).token, OLD);
    assert_string_equal(world->fake.requests[0].bearer, OLD);
    assert_int_equal(world->fake.requests[0].timeout_ms, LOOM_ACCESS_ASK_MS);
    refuse(world, OLD);
    SCRIPT(world, {.to = "GET /oauth/userinfo", .status = 401, .is_token_invalid = true});
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 1);
}

/* A rumour about a token that nobody can be asked about has to be believed. */
static void find_of_a_refused_token_that_nobody_knows_is_rejected_at_once(void **state) {
    struct session_world *world = *state;
    struct kept kept = {.token = OLD, STANDARD};
    kept.userinfo_endpoint = NULL;
    world_keep(world, &kept);
    assert_string_equal(find(world).token, OLD);
    refuse(world, OLD);
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(find(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 0);
}

static void find_of_an_expired_token_without_a_refresh_token_is_expired(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .expires_at = now_s(world), STANDARD});
    assert_int_equal(find(world).err, LOOM_ERR_EXPIRED);
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(find_of_what_lives_long_enough_asks_nobody),
        WORLD_TEST(find_of_what_is_due_renews_it),
        WORLD_TEST(find_of_what_cannot_be_renewed_hands_it_out_while_it_lives),
        WORLD_TEST(find_of_what_cannot_be_stored_hands_it_out_while_it_lives),
        WORLD_TEST(find_with_a_stored_endpoint_that_is_none_is_damage),
        WORLD_TEST(find_of_what_is_renewed_and_not_stored_tells_it),
        WORLD_TEST(find_of_what_is_over_when_it_comes_is_expired),
        WORLD_TEST(find_of_what_is_signed_out_meanwhile_is_not_found),
        WORLD_TEST(find_that_is_interrupted_hands_nothing_out),
        WORLD_TEST(find_of_a_refused_token_renews_it_and_asks_nothing_else),
        WORLD_TEST(find_of_a_refused_token_that_cannot_be_renewed_is_rejected_for_good),
        WORLD_TEST(find_of_a_refused_token_without_an_answer_hands_it_out),
        WORLD_TEST(find_of_a_refused_token_with_a_dead_refresh_token_asks_nobody),
        WORLD_TEST(find_of_a_refused_token_after_a_time_out_waits_as_well),
        WORLD_TEST(find_of_a_refused_token_that_is_not_renewed_for_us_asks_userinfo),
        WORLD_TEST(find_of_a_refused_token_asks_in_what_the_refresh_has_left),
        WORLD_TEST(find_of_a_refused_token_without_a_refresh_token_asks_userinfo),
        WORLD_TEST(find_of_a_refused_token_that_nobody_knows_is_rejected_at_once),
        WORLD_TEST(find_of_an_expired_token_without_a_refresh_token_is_expired),
    };
    return cmocka_run_group_tests_name("access_refresh", tests, NULL, NULL);
}
