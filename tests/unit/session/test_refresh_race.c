/* SPDX-License-Identifier: Apache-2.0 */
/* One refresh, however many ask: what other processes do before, beside and behind it. */
#include "unit/session/session_world.h"

#include "session/refresh.h"
#include "store/refused.h"
#include "support/expect.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define REFRESH "rt_old"
#define ROTATED "rt_new"
#define OTHER "lt_other"
#define OTHER_REFRESH "rt_other"

enum { TIMEOUT_MS = 4000 };

#define MEANWHILE(what) .meanwhile = (what), .meanwhile_context = world

static int64_t now_s(const struct session_world *world) {
    return world->clock.wall_ms / 1000;
}

static void keep(struct session_world *world) {
    world_keep(world, &(struct kept){.token = OLD,
                                     .refresh = REFRESH,
                                     .expires_at = now_s(world) + 30,
                                     .life_s = 3600,
                                     STANDARD});
}

/* ---- What others do ---- */

static void put(struct session_world *world, int64_t left_s, const char *refresh) {
    world_keep(world, &(struct kept){.token = OTHER,
                                     .refresh = refresh,
                                     .expires_at = now_s(world) + left_s,
                                     .life_s = left_s > 0 ? left_s : 1,
                                     STANDARD});
}

static void other_refreshes(void *context) {
    put(context, 3600, OTHER_REFRESH);
}

static void other_refreshes_for_a_moment(void *context) {
    put(context, 1, OTHER_REFRESH);
}

static void other_refreshes_in_vain(void *context) {
    put(context, 0, OTHER_REFRESH);
}

static void other_refreshes_in_vain_without_rotation(void *context) {
    put(context, 0, REFRESH);
}

/* A server may give the same access token out again, and rotate the refresh token all the same. */
static void put_same(struct session_world *world, int64_t left_s) {
    world_keep(world, &(struct kept){.token = OLD,
                                     .refresh = OTHER_REFRESH,
                                     .expires_at = now_s(world) + left_s,
                                     .life_s = 3600,
                                     STANDARD});
}

static void other_rotates_the_refresh_token_alone(void *context) {
    put_same(context, 3600);
}

static void other_rotates_in_vain(void *context) {
    put_same(context, 0);
}

static void other_signs_in_to_a_loom_server(void *context) {
    world_keep(context, &(struct kept){.token = OTHER});
}

static void other_signs_out(void *context) {
    struct session_world *world = context;
    struct loom_store *memory = world->watched.memory;
    struct loom_store_question question = {&world->origin, true};
    assert_int_equal(memory->ops->remove(memory, &question, NULL), LOOM_OK);
}

/* ---- One call ---- */

struct outcome {
    enum loom_err err;
    char token[64];
    struct loom_error unsaved;
};

static struct outcome refresh_as(struct session_world *world,
                                 const struct loom_refresh_wish *wish) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct outcome outcome;
    assert_int_equal(world_kept(world, &credential), LOOM_OK);
    outcome.err = loom_refresh(&world->session, wish, &credential, &outcome.unsaved, &world->error);
    assert_int_equal(world->error.code, outcome.err);
    (void)snprintf(outcome.token, sizeof outcome.token, "%s", loom_secret_bytes(credential.token));
    loom_credential_clear(&credential);
    return outcome;
}

static struct outcome refresh(struct session_world *world) {
    return refresh_as(world, &(struct loom_refresh_wish){60, NULL, TIMEOUT_MS});
}

static bool is_noted(struct session_world *world, const char *token, bool *out_is_dead) {
    struct loom_secret *noted = NULL;
    struct loom_refused note = {.asked_at = 0};
    assert_int_equal(loom_secret_new(token, strlen(token), &noted), LOOM_OK);
    enum loom_err err = loom_refused_find(&world->paths, &world->origin, noted, &note, NULL);
    loom_secret_free(noted);
    *out_is_dead = note.is_dead;
    return err == LOOM_OK;
}

/* ---- The lock ---- */

/* Somebody who holds the lock until the clock says so, and does something before. */
struct holder {
    struct session_world *world;
    int fd;
    int64_t until_ms;
    void (*act)(void *context);
};

static void hold(void *context) {
    struct holder *holder = context;
    if (holder->fd < 0 || holder->world->clock.now_ms < holder->until_ms)
        return;
    if (holder->act != NULL)
        holder->act(holder->world);
    (void)close(holder->fd);
    holder->fd = -1;
}

static void be_held(struct session_world *world, struct holder *holder, int64_t for_ms) {
    holder->world = world;
    holder->fd = world_lock(world);
    holder->until_ms = world->clock.now_ms + for_ms;
    world->clock.meanwhile = hold;
    world->clock.meanwhile_context = holder;
}

/* In this process the lock is free again afterwards. */
static void expect_free(struct session_world *world) {
    (void)close(world_lock(world));
}

static void refresh_waits_for_who_is_before_and_takes_what_that_one_stored(void **state) {
    struct session_world *world = *state;
    struct holder holder = {.act = other_refreshes};
    keep(world);
    be_held(world, &holder, 1000);
    struct outcome outcome = refresh(world);
    assert_int_equal(outcome.err, LOOM_OK);
    assert_string_equal(outcome.token, OTHER);
    assert_int_equal(world->fake.sent, 0);
    assert_null(strstr(loom_buffer_text(&world->journal), "check"));
    expect_free(world);
}

/* Whoever held it came to no end: then it is ours to ask, in the time that is left. */
static void refresh_waits_for_who_is_before_and_asks_when_nothing_changed(void **state) {
    struct session_world *world = *state;
    struct holder holder = {.act = NULL};
    keep(world);
    be_held(world, &holder, 1000);
    SCRIPT(world, TOKENS(""));
    assert_string_equal(refresh(world).token, NEW);
    assert_true(world->fake.requests[0].timeout_ms <= TIMEOUT_MS - 1000);
    assert_true(world->fake.requests[0].timeout_ms > TIMEOUT_MS - 1100);
}

/* One who was stopped behind the saving keeps the lock, not what is stored. */
static void act_alone(void *context) {
    struct holder *holder = context;
    if (holder->act == NULL || holder->world->clock.now_ms < holder->until_ms)
        return;
    holder->act(holder->world);
    holder->act = NULL;
}

static void refresh_behind_one_who_stored_and_never_lets_go_takes_it(void **state) {
    struct session_world *world = *state;
    struct holder holder = {.act = other_refreshes};
    keep(world);
    be_held(world, &holder, 1000);
    world->clock.meanwhile = act_alone;
    int64_t began_ms = world->clock.now_ms;
    assert_string_equal(refresh(world).token, OTHER);
    /* seen at a look now and then, not at the end of all patience */
    assert_true(world->clock.now_ms - began_ms < 1600);
    assert_int_equal(world->fake.sent, 0);
    (void)close(holder.fd);
}

static int count_of(const char *text, const char *word) {
    int count = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word))
        count++;
    return count;
}

static void refresh_behind_one_who_never_ends_ends_at_the_deadline(void **state) {
    struct session_world *world = *state;
    struct holder holder = {.act = NULL};
    bool is_dead;
    keep(world);
    be_held(world, &holder, 86400 * 1000);
    int64_t began_ms = world->clock.now_ms;
    struct outcome outcome = refresh(world);
    assert_int_equal(outcome.err, LOOM_ERR_TIMEOUT);
    assert_int_equal(world->error.os_error, 0); /* no word of a lock: the server is too slow */
    assert_string_equal(outcome.token, OLD);
    assert_true(world->clock.now_ms - began_ms >= TIMEOUT_MS);
    assert_true(world->clock.now_ms - began_ms <= TIMEOUT_MS + 50);
    assert_int_equal(world->fake.sent, 0);
    assert_false(is_noted(world, REFRESH, &is_dead)); /* nobody was asked */
    /* a keyring is not asked forty times a second */
    assert_true(count_of(loom_buffer_text(&world->journal), "find") <= TIMEOUT_MS / 500 + 1);
    assert_true(count_of(loom_buffer_text(&world->journal), "find") >= TIMEOUT_MS / 1000);
    (void)close(holder.fd);
}

/* ... where a last look finds what was stored at the last moment. */
static void refresh_behind_one_who_never_ends_looks_a_last_time(void **state) {
    struct session_world *world = *state;
    struct holder holder = {.act = other_refreshes};
    keep(world);
    be_held(world, &holder, 90);
    world->clock.meanwhile = act_alone;
    assert_string_equal(refresh_as(world, &(struct loom_refresh_wish){60, NULL, 100}).token, OTHER);
    (void)close(holder.fd);
}

static void refresh_that_waits_is_ended_by_a_signal(void **state) {
    struct session_world *world = *state;
    struct holder holder = {.act = NULL};
    keep(world);
    be_held(world, &holder, 86400 * 1000);
    world->clock.stop_at_ms = world->clock.now_ms + 300;
    assert_int_equal(refresh(world).err, LOOM_ERR_INTERRUPTED);
    assert_int_equal(world->fake.sent, 0);
    (void)close(holder.fd);
}

static void refresh_that_waits_is_ended_by_a_sign_out(void **state) {
    struct session_world *world = *state;
    struct holder holder = {.act = other_signs_out};
    keep(world);
    be_held(world, &holder, 1000);
    assert_int_equal(refresh(world).err, LOOM_ERR_NOT_FOUND);
    assert_int_equal(world->fake.sent, 0);
}

static void expect_held(void *context) {
    struct session_world *world = context;
    char path[LOOM_PATH_MAX + 64];
    (void)snprintf(path, sizeof path, "%s/lock/" WORLD_LOCK, world->paths.data);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
    (void)close(fd);
}

static void refresh_asks_and_saves_under_the_lock(void **state) {
    struct session_world *world = *state;
    struct fake_answer answer = TOKENS("");
    keep(world);
    answer.meanwhile = expect_held;
    answer.meanwhile_context = world;
    world->watched.meanwhile = expect_held;
    world->watched.meanwhile_context = world;
    SCRIPT(world, answer);
    assert_int_equal(refresh(world).err, LOOM_OK);
    assert_int_equal(world->fake.sent, 1);
    expect_free(world);
}

/* ---- Read again, before anything is asked ---- */

/* What is read under the lock, against what was found before it: one row each. */
static void refresh_takes_what_was_stored_since_it_began(void **state) {
    struct session_world *world = *state;
    static const struct {
        const char *what;
        void (*act)(void *context);
        const char *token;
        size_t sent;
    } rows[] = {
        {"a long life", other_refreshes, OTHER, 0},
        /* as new as a request could make it: 100 processes make one, not 100 */
        {"shorter than was wished", other_refreshes_for_a_moment, OTHER, 0},
        {"of another dialect", other_signs_in_to_a_loom_server, OTHER, 0},
        {"past its time", other_refreshes_in_vain, NEW, 1},
        /* a refresh token that was used before may end the whole grant (RFC 9700, 4.14.2) */
        {"the same for longer", other_rotates_the_refresh_token_alone, OLD, 0},
        {"the same, past its time", other_rotates_in_vain, NEW, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct holder holder = {.act = rows[i].act};
        world_forget(world);
        other_signs_in_to_a_loom_server(world);
        other_signs_out(world);
        keep(world);
        be_held(world, &holder, 100);
        SCRIPT(world, TOKENS(",\"expires_in\":3600"));
        struct outcome outcome = refresh(world);
        expect_equal(rows[i].what, outcome.err, LOOM_OK);
        expect_text(rows[i].what, outcome.token, rows[i].token);
        expect_text(rows[i].what, world_kept_token(world), rows[i].token);
        expect_equal(rows[i].what, world->fake.sent, rows[i].sent);
        if (rows[i].sent == 1)
            assert_non_null(strstr(world->fake.requests[0].body, OTHER_REFRESH));
    }
}

/* The note of the one before, who asked in vain, stands for all that waited behind. */
static void other_notes_a_time_out(void *context) {
    struct session_world *world = context;
    struct loom_refused note = {.asked_at = now_s(world)};
    struct loom_secret *token = NULL;
    assert_int_equal(loom_secret_new(REFRESH, strlen(REFRESH), &token), LOOM_OK);
    assert_int_equal(loom_refused_note(&world->paths, &world->origin, token, &note, NULL), LOOM_OK);
    loom_secret_free(token);
}

static void refresh_behind_one_who_asked_in_vain_does_not_ask(void **state) {
    struct session_world *world = *state;
    struct holder holder = {.act = other_notes_a_time_out};
    keep(world);
    be_held(world, &holder, 500);
    assert_int_equal(refresh(world).err, LOOM_ERR_TIMEOUT);
    assert_int_equal(world->fake.sent, 0);
}

/* ---- While the server is asked ---- */

/* Signed out: nobody wants the new tokens any more, and the old ones were told of already. */
static void refresh_of_what_was_signed_out_meanwhile_ends_its_tokens(void **state) {
    struct session_world *world = *state;
    struct fake_answer rotated = {
        .to = "POST /oauth/token",
        .status = 200,
        .json = "{\"access_token\":\"" NEW
                "\",\"token_type\":\"Bearer\",\"refresh_token\":\"" ROTATED "\"}",
        .takes_ms = 1000,
        MEANWHILE(other_signs_out)};
    keep(world);
    SCRIPT(world, rotated, REVOKED, REVOKED);
    assert_int_equal(refresh(world).err, LOOM_ERR_NOT_FOUND);
    assert_string_equal(world_kept_token(world), "");
    assert_int_equal(world->fake.sent, 3);
    assert_string_equal(world->fake.requests[1].body,
                        "token_type_hint=refresh_token&client_id=loom-cli&token=" ROTATED);
    assert_string_equal(world->fake.requests[2].body,
                        "token_type_hint=access_token&client_id=loom-cli&token=" NEW);
    assert_int_equal(world->fake.requests[1].timeout_ms + world->fake.requests[2].timeout_ms, 2000);
}

/* Without rotation the refresh token is whose the end of the sign-in was. */
static void refresh_of_what_was_replaced_meanwhile_ends_what_is_new_alone(void **state) {
    struct session_world *world = *state;
    struct fake_answer tokens = TOKENS("");
    keep(world);
    tokens.takes_ms = TIMEOUT_MS - 100;
    tokens.meanwhile = other_refreshes;
    tokens.meanwhile_context = world;
    SCRIPT(world, tokens, REVOKED);
    struct outcome outcome = refresh(world);
    assert_int_equal(outcome.err, LOOM_OK);
    assert_string_equal(outcome.token, OTHER);
    assert_int_equal(outcome.unsaved.code, LOOM_OK);
    assert_string_equal(world_kept_token(world), OTHER);
    assert_int_equal(world->fake.sent, 2);
    assert_string_equal(world->fake.requests[1].body,
                        "token_type_hint=access_token&client_id=loom-cli&token=" NEW);
    assert_int_equal(world->fake.requests[1].timeout_ms, 500); /* the rest, or a moment */
}

/* A store that says "not there" and shows the same once more is none to rely on. */
static void refresh_in_a_store_that_contradicts_itself_fails(void **state) {
    struct session_world *world = *state;
    keep(world);
    world->watched.save_err = LOOM_ERR_NOT_FOUND;
    SCRIPT(world, TOKENS(""), REVOKED);
    assert_int_equal(refresh(world).err, LOOM_ERR_STORAGE);
}

/* ---- The server says that the refresh token is dead ---- */

/* Where there are no locks, another process may have used it: that one's is used. */
static void refresh_with_a_token_that_another_used_takes_that_ones(void **state) {
    struct session_world *world = *state;
    bool is_dead;
    struct fake_answer answer = {.to = "POST /oauth/token",
                                 .status = 400,
                                 .json = "{\"error\":\"invalid_grant\"}",
                                 MEANWHILE(other_refreshes)};
    keep(world);
    SCRIPT(world, answer);
    struct outcome outcome = refresh(world);
    assert_int_equal(outcome.err, LOOM_OK);
    assert_string_equal(outcome.token, OTHER);
    assert_int_equal(world->fake.sent, 1);
    assert_false(is_noted(world, REFRESH, &is_dead));
    assert_false(is_noted(world, OTHER_REFRESH, &is_dead));
}

/* ... and where that is past its time already, its own refresh token is asked for. */
static void refresh_with_a_token_that_another_used_asks_with_that_ones(void **state) {
    struct session_world *world = *state;
    struct fake_answer answer = {.to = "POST /oauth/token",
                                 .status = 400,
                                 .json = "{\"error\":\"invalid_grant\"}",
                                 MEANWHILE(other_refreshes_in_vain)};
    keep(world);
    SCRIPT(world, answer, TOKENS(""));
    assert_string_equal(refresh(world).token, NEW);
    assert_int_equal(world->fake.sent, 2);
    assert_non_null(strstr(world->fake.requests[1].body, OTHER_REFRESH));
    assert_string_equal(world_kept_token(world), NEW);
}

static void another_refreshes_in_vain(void *context) {
    struct session_world *world = context;
    world_keep(world, &(struct kept){.token = "lt_third",
                                     .refresh = "rt_third",
                                     .expires_at = now_s(world),
                                     .life_s = 1,
                                     STANDARD});
}

/* Never for ever, and never is another's token noted as dead. */
static void refresh_with_a_token_that_others_use_again_and_again_gives_up(void **state) {
    struct session_world *world = *state;
    bool is_dead;
    struct fake_answer first = INVALID_GRANT, second = INVALID_GRANT;
    first.meanwhile = other_refreshes_in_vain;
    second.meanwhile = another_refreshes_in_vain;
    first.meanwhile_context = second.meanwhile_context = world;
    keep(world);
    SCRIPT(world, first, second);
    struct outcome outcome = refresh(world);
    assert_int_equal(outcome.err, LOOM_ERR_REJECTED);
    assert_string_equal(world->error.oauth_error, "invalid_grant");
    assert_string_equal(outcome.token, "lt_third");
    assert_int_equal(world->fake.sent, 2);
    assert_false(is_noted(world, REFRESH, &is_dead));
    assert_false(is_noted(world, OTHER_REFRESH, &is_dead));
    assert_false(is_noted(world, "rt_third", &is_dead));
}

/* The same refresh token behind another access token is as dead as before. */
static void refresh_with_a_dead_token_that_stays_behind_another_is_dead(void **state) {
    struct session_world *world = *state;
    bool is_dead;
    struct fake_answer first = {.to = "POST /oauth/token",
                                .status = 400,
                                .json = "{\"error\":\"invalid_grant\"}",
                                MEANWHILE(other_refreshes_in_vain_without_rotation)};
    struct fake_answer second = INVALID_GRANT;
    keep(world);
    SCRIPT(world, first, second);
    assert_int_equal(refresh(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 2);
    assert_true(is_noted(world, REFRESH, &is_dead));
    assert_true(is_dead);
}

static void refresh_of_a_dead_token_that_was_signed_out_meanwhile_is_not_found(void **state) {
    struct session_world *world = *state;
    bool is_dead;
    struct fake_answer answer = {.to = "POST /oauth/token",
                                 .status = 400,
                                 .json = "{\"error\":\"invalid_grant\"}",
                                 MEANWHILE(other_signs_out)};
    keep(world);
    SCRIPT(world, answer);
    assert_int_equal(refresh(world).err, LOOM_ERR_NOT_FOUND);
    assert_false(is_noted(world, REFRESH, &is_dead));
}

/* What cannot be read may be another one, which is not dead: the word is told, not noted. */
static void refresh_of_a_dead_token_that_cannot_be_read_again_notes_nothing(void **state) {
    struct session_world *world = *state;
    bool is_dead;
    keep(world);
    world->watched.find_err = LOOM_ERR_KEYRING;
    world->watched.finds_before_err = 1;
    SCRIPT(world, INVALID_GRANT);
    assert_int_equal(refresh(world).err, LOOM_ERR_REJECTED);
    assert_string_equal(world->error.oauth_error, "invalid_grant");
    assert_false(is_noted(world, REFRESH, &is_dead));
}

/* Of a token that was refused another is not: what was taken over is noted by its own name. */
static void refresh_of_a_refused_token_judges_another_by_itself(void **state) {
    struct session_world *world = *state;
    bool is_dead;
    struct loom_secret *refused = NULL;
    struct holder holder = {.act = other_refreshes_in_vain};
    assert_int_equal(loom_secret_new(OLD, strlen(OLD), &refused), LOOM_OK);
    keep(world);
    be_held(world, &holder, 100);
    SCRIPT(world, INVALID_GRANT);
    assert_int_equal(refresh_as(world, &(struct loom_refresh_wish){60, refused, TIMEOUT_MS}).err,
                     LOOM_ERR_REJECTED);
    assert_true(is_noted(world, OTHER_REFRESH, &is_dead) && is_dead);
    assert_false(is_noted(world, OTHER, &is_dead));
    loom_secret_free(refused);
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(refresh_waits_for_who_is_before_and_takes_what_that_one_stored),
        WORLD_TEST(refresh_waits_for_who_is_before_and_asks_when_nothing_changed),
        WORLD_TEST(refresh_behind_one_who_stored_and_never_lets_go_takes_it),
        WORLD_TEST(refresh_behind_one_who_never_ends_ends_at_the_deadline),
        WORLD_TEST(refresh_behind_one_who_never_ends_looks_a_last_time),
        WORLD_TEST(refresh_that_waits_is_ended_by_a_signal),
        WORLD_TEST(refresh_that_waits_is_ended_by_a_sign_out),
        WORLD_TEST(refresh_asks_and_saves_under_the_lock),
        WORLD_TEST(refresh_takes_what_was_stored_since_it_began),
        WORLD_TEST(refresh_behind_one_who_asked_in_vain_does_not_ask),
        WORLD_TEST(refresh_of_what_was_signed_out_meanwhile_ends_its_tokens),
        WORLD_TEST(refresh_of_what_was_replaced_meanwhile_ends_what_is_new_alone),
        WORLD_TEST(refresh_in_a_store_that_contradicts_itself_fails),
        WORLD_TEST(refresh_with_a_token_that_another_used_takes_that_ones),
        WORLD_TEST(refresh_with_a_token_that_another_used_asks_with_that_ones),
        WORLD_TEST(refresh_with_a_token_that_others_use_again_and_again_gives_up),
        WORLD_TEST(refresh_with_a_dead_token_that_stays_behind_another_is_dead),
        WORLD_TEST(refresh_of_a_dead_token_that_was_signed_out_meanwhile_is_not_found),
        WORLD_TEST(refresh_of_a_dead_token_that_cannot_be_read_again_notes_nothing),
        WORLD_TEST(refresh_of_a_refused_token_judges_another_by_itself),
    };
    return cmocka_run_group_tests_name("refresh_race", tests, NULL, NULL);
}
