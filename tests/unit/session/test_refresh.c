/* SPDX-License-Identifier: Apache-2.0 */
/* What one refresh asks, keeps and answers, whatever the server says. RFC 6749 section 6. */
#include "unit/session/session_world.h"

#include "session/refresh.h"
#include "store/refused.h"
#include "support/expect.h"

#include <stdio.h>
#include <string.h>

#define REFRESH "rt_old"
#define ROTATED "rt_new"

enum { TIMEOUT_MS = 4000 };

/* What one call led to. */
struct outcome {
    enum loom_err err;
    char token[64];
    char refresh[64];
    struct loom_error unsaved;
    int64_t expires_at, obtained_at, life_s;
};

static int64_t now_s(const struct session_world *world) {
    return world->clock.wall_ms / 1000;
}

static struct loom_secret *secret(const char *bytes) {
    struct loom_secret *made = NULL;
    assert_int_equal(loom_secret_new(bytes, strlen(bytes), &made), LOOM_OK);
    return made;
}

static void keep(struct session_world *world) {
    world_keep(world, &(struct kept){.token = OLD,
                                     .refresh = REFRESH,
                                     .name = "Ada",
                                     .ca_file = "/etc/company.pem",
                                     .obtained_at = now_s(world) - 3600,
                                     .expires_at = now_s(world) + 30,
                                     .life_s = 3630,
                                     STANDARD});
}

static struct outcome refresh_as(struct session_world *world,
                                 const struct loom_refresh_wish *wish) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct outcome outcome = {.token = ""};
    assert_int_equal(world_kept(world, &credential), LOOM_OK);
    memset(&outcome.unsaved, 0xa5, sizeof outcome.unsaved); /* written in any case */
    world->error = (struct loom_error){.code = LOOM_ERR_DAMAGED, .detail = "stale"};
    outcome.err = loom_refresh(&world->session, wish, &credential, &outcome.unsaved, &world->error);
    assert_int_equal(world->error.code, outcome.err);
    assert_non_null(credential.token);
    (void)snprintf(outcome.token, sizeof outcome.token, "%s", loom_secret_bytes(credential.token));
    if (credential.refresh != NULL)
        (void)snprintf(outcome.refresh, sizeof outcome.refresh, "%s",
                       loom_secret_bytes(credential.refresh));
    outcome.expires_at = credential.expires_at;
    outcome.obtained_at = credential.obtained_at;
    outcome.life_s = credential.life_s;
    loom_credential_clear(&credential);
    return outcome;
}

static struct outcome refresh(struct session_world *world) {
    return refresh_as(world, &(struct loom_refresh_wish){60, NULL, TIMEOUT_MS});
}

static struct outcome refresh_refused(struct session_world *world) {
    struct loom_secret *refused = secret(OLD);
    struct outcome outcome =
        refresh_as(world, &(struct loom_refresh_wish){60, refused, TIMEOUT_MS});
    loom_secret_free(refused);
    return outcome;
}

static bool find_note(struct session_world *world, const char *token,
                      struct loom_refused *out_note) {
    struct loom_secret *noted = secret(token);
    enum loom_err err = loom_refused_find(&world->paths, &world->origin, noted, out_note, NULL);
    loom_secret_free(noted);
    return err == LOOM_OK;
}

/* ---- Is it due? ---- */

static void is_possible_only_with_a_refresh_token_of_a_standard_server(void **state) {
    (void)state;
    struct loom_secret *token = secret(REFRESH);
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    credential.dialect = LOOM_DIALECT_OAUTH;
    assert_false(loom_refresh_is_possible(&credential));
    credential.refresh = token;
    assert_true(loom_refresh_is_possible(&credential));
    credential.dialect = LOOM_DIALECT_LOOM;
    assert_false(loom_refresh_is_possible(&credential));
    loom_secret_free(token);
}

static void is_due_when_less_is_left_than_is_wished(void **state) {
    (void)state;
    enum { NOW = 1700000000 };
    static const struct {
        const char *what;
        int64_t expires_at, life_s, min_valid_s;
        bool is_due;
    } rows[] = {
        {"no known end", 0, 0, 60, false},
        {"no known end, a day wished", 0, 0, 86400, false},
        {"all that is wished", NOW + 60, 3600, 60, false},
        {"a second less", NOW + 59, 3600, 60, true},
        {"nothing wished, a second left", NOW + 1, 3600, 0, false},
        {"nothing wished, nothing left", NOW, 3600, 0, true},
        {"nothing wished, over", NOW - 1, 3600, 0, true},
        {"long over", 1, 1, 60, true},
        /* more than there ever is: half of it has to do */
        {"more than its life, half left", NOW + 30, 60, 60, false},
        {"more than its life, less left", NOW + 29, 60, 60, true},
        {"more than its life, all left", NOW + 3600, 3600, 86400, false},
        {"just less than its life", NOW + 3599, 3600, 3599, false},
        {"just less than its life is left", NOW + 3598, 3600, 3599, true},
        {"a life of a second, over", NOW, 1, 60, true},
        {"the clock was set back", NOW + 7200, 3600, 60, true},
        {"a clock that is a little behind", NOW + 3660, 3600, 60, false},
        {"and a second more", NOW + 3661, 3600, 60, true},
        {"an end without a beginning", NOW + 7200, 0, 60, false},
        {"a century", NOW + LOOM_TOKEN_LIFE_MOST_S, LOOM_TOKEN_LIFE_MOST_S, 60, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_credential credential = LOOM_CREDENTIAL_INIT;
        struct loom_refresh_wish wish = {rows[i].min_valid_s, NULL, TIMEOUT_MS};
        credential.expires_at = rows[i].expires_at;
        credential.life_s = rows[i].life_s;
        /* what never goes back says nothing of the clock */
        credential.obtained_at = NOW + 86400;
        expect_equal(rows[i].what, loom_refresh_is_due(&credential, &wish, NOW), rows[i].is_due);
    }
}

static void is_due_when_this_very_token_was_refused(void **state) {
    (void)state;
    struct loom_secret *refused = secret(OLD), *same = secret(OLD), *other = secret(NEW);
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct loom_refresh_wish wish = {0, refused, TIMEOUT_MS};
    credential.token = same;
    assert_true(loom_refresh_is_due(&credential, &wish, 1));
    credential.token = other;
    assert_false(loom_refresh_is_due(&credential, &wish, 1));
    loom_secret_free(refused);
    loom_secret_free(same);
    loom_secret_free(other);
}

/* ---- One request, and what is kept ---- */

static void refresh_sends_one_form_and_nothing_besides(void **state) {
    struct session_world *world = *state;
    keep(world);
    SCRIPT(world, TOKENS(",\"expires_in\":3600"));
    struct outcome outcome = refresh(world);
    assert_int_equal(outcome.err, LOOM_OK);
    const struct fake_request *request = &world->fake.requests[0];
    assert_string_equal(request->origin, SERVER);
    assert_string_equal(request->content_type, "application/x-www-form-urlencoded");
    assert_string_equal(request->body,
                        "grant_type=refresh_token&client_id=loom-cli&refresh_token=" REFRESH);
    assert_null(request->bearer);
    assert_string_equal(request->ca_file, "/etc/company.pem");
    assert_int_equal(request->timeout_ms, TIMEOUT_MS);
    assert_true(request->must_complete);
    assert_journal(world, "find without adopting\ncheck\nPOST /oauth/token\n"
                          "replace " OLD " by " NEW "\n");
}

static void refresh_without_rotation_keeps_the_refresh_token(void **state) {
    struct session_world *world = *state;
    struct loom_credential kept = LOOM_CREDENTIAL_INIT;
    keep(world);
    SCRIPT(world, TOKENS(",\"expires_in\":3600"));
    struct outcome outcome = refresh(world);
    assert_string_equal(outcome.token, NEW);
    assert_string_equal(outcome.refresh, REFRESH);
    assert_int_equal(outcome.unsaved.code, LOOM_OK);
    assert_string_equal(outcome.unsaved.detail, "");
    assert_int_equal(world_kept(world, &kept), LOOM_OK);
    assert_string_equal(loom_secret_bytes(kept.token), NEW);
    assert_string_equal(loom_secret_bytes(kept.refresh), REFRESH);
    /* and all that is no token stays as it was */
    assert_int_equal(kept.dialect, LOOM_DIALECT_OAUTH);
    assert_int_equal(kept.source, LOOM_SOURCE_DEVICE);
    assert_string_equal(kept.token_endpoint, SERVER "/oauth/token");
    assert_string_equal(kept.revocation_endpoint, SERVER "/oauth/revoke");
    assert_string_equal(kept.userinfo_endpoint, SERVER "/oauth/userinfo");
    assert_string_equal(kept.client_id, "loom-cli");
    assert_string_equal(kept.scope, "openid offline_access");
    assert_string_equal(kept.ca_file, "/etc/company.pem");
    assert_string_equal(kept.account.display_name, "Ada");
    assert_int_equal(kept.expires_at, now_s(world) + 3600);
    assert_int_equal(kept.life_s, 3600);
    assert_int_equal(kept.obtained_at, now_s(world));
    loom_credential_clear(&kept);
}

/* RFC 9700 section 4.14.2: the old refresh token is gone. */
static void refresh_with_rotation_keeps_the_new_refresh_token(void **state) {
    struct session_world *world = *state;
    struct loom_credential kept = LOOM_CREDENTIAL_INIT;
    keep(world);
    SCRIPT(world, TOKENS(",\"refresh_token\":\"" ROTATED "\",\"scope\":\"openid\""));
    struct outcome outcome = refresh(world);
    assert_string_equal(outcome.refresh, ROTATED);
    assert_int_equal(world_kept(world, &kept), LOOM_OK);
    assert_string_equal(loom_secret_bytes(kept.refresh), ROTATED);
    assert_string_equal(kept.scope, "openid offline_access"); /* as asked for at the sign-in */
    loom_credential_clear(&kept);
}

/* DF-23, TM-13: the life is counted from before the request, and no number breaks it. */
static void refresh_reads_every_life(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        int64_t life_s; /* -1: no known end */
    } rows[] = {
        {TOKENS(""), -1},
        {TOKENS(",\"expires_in\":null"), -1},
        {TOKENS(",\"expires_in\":{}"), -1},
        {TOKENS(",\"expires_in\":0"), 0},
        {TOKENS(",\"expires_in\":-1"), 0},
        {TOKENS(",\"expires_in\":1"), 1},
        {TOKENS(",\"expires_in\":\"3600\""), 3600},
        {TOKENS(",\"expires_in\":2147483648"), INT64_C(2147483648)},
        {TOKENS(",\"expires_in\":9e18"), LOOM_TOKEN_LIFE_MOST_S},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_credential kept = LOOM_CREDENTIAL_INIT;
        struct fake_answer answer = rows[i].answer;
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        keep(world);
        answer.takes_ms = 2000;
        SCRIPT(world, answer);
        int64_t asked_at = now_s(world);
        struct outcome outcome = refresh(world);
        expect_equal(what, outcome.err, LOOM_OK);
        expect_equal(what, outcome.life_s, rows[i].life_s > 0 ? rows[i].life_s : 0);
        expect_equal(what, outcome.expires_at, rows[i].life_s < 0 ? 0 : asked_at + rows[i].life_s);
        expect_equal(what, world_kept(world, &kept), LOOM_OK);
        expect_equal(what, kept.expires_at, outcome.expires_at);
        loom_credential_clear(&kept);
    }
}

/* The newer of two copies is told by it, whatever the clock did. */
static void refresh_never_sets_obtained_at_back(void **state) {
    struct session_world *world = *state;
    int64_t before = now_s(world) + 86400;
    world_keep(world, &(struct kept){.token = OLD,
                                     .refresh = REFRESH,
                                     .obtained_at = before,
                                     .expires_at = before + 3600,
                                     .life_s = 3600,
                                     STANDARD});
    SCRIPT(world, TOKENS(",\"expires_in\":3600"));
    struct outcome outcome = refresh(world);
    assert_int_equal(outcome.obtained_at, before);
    assert_int_equal(outcome.expires_at, now_s(world) + 3600);
    /* and what is there now is not due again: one request, not one each time */
    struct loom_credential kept = LOOM_CREDENTIAL_INIT;
    struct loom_refresh_wish wish = {60, NULL, TIMEOUT_MS};
    assert_int_equal(world_kept(world, &kept), LOOM_OK);
    assert_false(loom_refresh_is_due(&kept, &wish, now_s(world)));
    loom_credential_clear(&kept);
}

/* ---- Whom it asks ---- */

/* The CA file goes along, no access token does. */
static void refresh_at_an_endpoint_elsewhere_shows_it_no_access_token(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD,
                                     .refresh = REFRESH,
                                     .ca_file = "/etc/company.pem",
                                     .is_standard = true,
                                     .token_endpoint = "https://id.example.net:8443/token?a=b",
                                     .client_id = "desk & co"});
    SCRIPT(world, {.to = "POST /token?a=b",
                   .status = 200,
                   .json = "{\"access_token\":\"" NEW "\",\"token_type\":\"bearer\"}"});
    assert_int_equal(refresh(world).err, LOOM_OK);
    const struct fake_request *request = &world->fake.requests[0];
    assert_string_equal(request->origin, "https://id.example.net:8443");
    assert_string_equal(request->ca_file, "/etc/company.pem");
    assert_null(request->bearer);
    assert_null(strstr(request->body, OLD));
    assert_string_equal(request->body,
                        "grant_type=refresh_token&client_id=desk+%26+co&refresh_token=" REFRESH);
}

/* What another Loom program left: the server says where its endpoints are, and that is kept. */
static void refresh_of_an_import_asks_the_server_for_its_endpoints(void **state) {
    struct session_world *world = *state;
    struct loom_credential kept = LOOM_CREDENTIAL_INIT;
    world_keep(world, &(struct kept){.token = OLD,
                                     .refresh = REFRESH,
                                     .source = LOOM_SOURCE_IMPORTED,
                                     .is_standard = true,
                                     .expires_at = now_s(world) + 30});
    SCRIPT(world, METADATA(ENDPOINTS), TOKENS(",\"expires_in\":3600"), TOKENS(""));
    assert_int_equal(refresh(world).err, LOOM_OK);
    assert_int_equal(world->fake.sent, 2);
    /* both places of the search, and the request, fit into the time */
    assert_int_equal(world->fake.requests[0].timeout_ms, TIMEOUT_MS / 2);
    assert_int_equal(world_kept(world, &kept), LOOM_OK);
    assert_string_equal(kept.token_endpoint, SERVER "/oauth/token");
    assert_string_equal(kept.revocation_endpoint, SERVER "/oauth/revoke");
    assert_string_equal(kept.userinfo_endpoint, SERVER "/oauth/userinfo");
    assert_string_equal(kept.issuer, SERVER);
    assert_string_equal(kept.client_id, "loom-cli");
    assert_int_equal(kept.source, LOOM_SOURCE_IMPORTED);
    loom_credential_clear(&kept);
    /* the next one knows them */
    assert_int_equal(refresh(world).err, LOOM_OK);
    assert_int_equal(world->fake.sent, 3);
}

static void refresh_of_an_import_from_a_server_without_endpoints_fails(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .refresh = REFRESH, .is_standard = true});
    SCRIPT(world, {.to = METADATA_AT, .status = 404, .other = "no"},
           {.to = "GET /.well-known/openid-configuration", .status = 404, .other = "no"});
    assert_int_equal(refresh(world).err, LOOM_ERR_NOT_LOOM);
    assert_string_equal(world_kept_token(world), OLD);
}

/* Whoever could write the store could have it sent anywhere: what is stored is checked as well. */
static void refresh_with_stored_values_that_are_none_sends_nothing(void **state) {
    struct session_world *world = *state;
    static const struct kept rows[] = {
        {.token_endpoint = "http://loom.example.com/token"},
        {.token_endpoint = "http://127.0.0.1/token"},
        {.token_endpoint = SERVER "/token#f"},
        {.token_endpoint = "https://user@loom.example.com/token"},
        {.token_endpoint = "/token"},
        {.token_endpoint = "javascript:1"},
        {.token_endpoint = SERVER "/token", .revocation_endpoint = "nowhere"},
        {.token_endpoint = SERVER "/token", .userinfo_endpoint = "http://loom.example.com/u"},
        {.token_endpoint = SERVER "/token", .client_id = "a\nb"},
        {.token_endpoint = SERVER "/token", .client_id = ""},
        {.token_endpoint = SERVER "/token", .scope = "a\"b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[16];
        struct kept kept = rows[i];
        kept.token = OLD;
        kept.refresh = REFRESH;
        kept.is_standard = true;
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_keep(world, &kept);
        expect_equal(what, refresh(world).err, LOOM_ERR_DAMAGED);
        expect_text(what, world->error.detail, SERVER);
        expect_equal(what, world->fake.sent, 0);
    }
}

/* ---- Before anything is asked ---- */

static void refresh_that_cannot_be_stored_is_not_asked_for(void **state) {
    struct session_world *world = *state;
    static const enum loom_err errors[] = {LOOM_ERR_STORAGE, LOOM_ERR_KEYRING,
                                           LOOM_ERR_KEYRING_LOCKED, LOOM_ERR_DAMAGED};
    keep(world);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        world_forget(world);
        world->watched.check_err = errors[i];
        assert_int_equal(refresh(world).err, errors[i]);
        assert_string_equal(world->error.detail, "/the/store");
        assert_journal(world, "find without adopting\ncheck!\n");
    }
}

static void refresh_with_a_store_that_cannot_be_read_again_asks_nobody(void **state) {
    struct session_world *world = *state;
    keep(world);
    world->watched.find_err = LOOM_ERR_KEYRING;
    assert_int_equal(refresh(world).err, LOOM_ERR_KEYRING);
    assert_int_equal(world->fake.sent, 0);
}

/* A folder that takes no lock is not worth the refresh. */
static void refresh_without_a_place_for_the_lock_goes_on(void **state) {
    struct session_world *world = *state;
    keep(world);
    (void)snprintf(world->paths.data, sizeof world->paths.data, "/dev/null/none");
    SCRIPT(world, TOKENS(""));
    assert_string_equal(refresh(world).token, NEW);
}

/* ---- When the server says no, or nothing ---- */

/* One row an answer: the error, and what is noted of the refresh token. */
static void refresh_does_as_the_server_says(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_err err;
        bool has_note, is_dead;
    } rows[] = {
        {INVALID_GRANT, LOOM_ERR_REJECTED, true, true},
        {TOKEN_SAYS(401, "{\"error\":\"invalid_grant\"}"), LOOM_ERR_REJECTED, true, true},
        {TOKEN_SAYS(400, "{\"error\":\"invalid_client\"}"), LOOM_ERR_DENIED, false, false},
        {TOKEN_SAYS(400, "{\"error\":\"invalid_scope\"}"), LOOM_ERR_BAD_ANSWER, false, false},
        {TOKEN_SAYS(400, "{}"), LOOM_ERR_BAD_ANSWER, false, false},
        {TOKEN_SAYS(401, "{}"), LOOM_ERR_BAD_ANSWER, false, false},
        {{.status = 400, .other = "invalid_grant"}, LOOM_ERR_NOT_LOOM, false, false},
        {{.status = 200, .other = "<html>"}, LOOM_ERR_NOT_LOOM, false, false},
        {TOKEN_SAYS(200, "{}"), LOOM_ERR_BAD_ANSWER, false, false},
        {TOKEN_SAYS(200, "{\"access_token\":\"a\"}"), LOOM_ERR_BAD_ANSWER, false, false},
        {TOKEN_SAYS(404, "{}"), LOOM_ERR_NOT_LOOM, false, false},
        {TOKEN_SAYS(429, "{}"), LOOM_ERR_SERVER, true, false},
        {TOKEN_SAYS(500, "{}"), LOOM_ERR_SERVER, true, false},
        {TOKEN_SAYS(503, "{\"error\":\"invalid_grant\"}"), LOOM_ERR_SERVER, true, false},
        {LOST(NULL, LOOM_ERR_TIMEOUT), LOOM_ERR_TIMEOUT, true, false},
        {LOST(NULL, LOOM_ERR_NO_HOST), LOOM_ERR_NO_HOST, false, false},
        {LOST(NULL, LOOM_ERR_UNREACHABLE), LOOM_ERR_UNREACHABLE, false, false},
        {LOST(NULL, LOOM_ERR_TLS), LOOM_ERR_TLS, false, false},
        {LOST(NULL, LOOM_ERR_PROXY), LOOM_ERR_PROXY, false, false},
        {LOST(NULL, LOOM_ERR_REDIRECT), LOOM_ERR_REDIRECT, false, false},
        {LOST(NULL, LOOM_ERR_INTERRUPTED), LOOM_ERR_INTERRUPTED, false, false},
    };
    keep(world);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_refused note = {.asked_at = -1};
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        assert_int_equal(loom_refused_forget(&world->paths, &world->origin, NULL), LOOM_OK);
        SCRIPT(world, rows[i].answer);
        struct outcome outcome = refresh(world);
        expect_equal(what, outcome.err, rows[i].err);
        expect_text(what, outcome.token, OLD);
        expect_equal(what, outcome.unsaved.code, LOOM_OK);
        expect_text(what, world_kept_token(world), OLD);
        expect_equal(what, find_note(world, REFRESH, &note), rows[i].has_note);
        expect_equal(what, note.is_dead, rows[i].is_dead);
        expect_equal(what, note.asked_at, rows[i].has_note ? now_s(world) : -1);
        assert_false(find_note(world, OLD, &note));
    }
}

static void refresh_with_a_dead_refresh_token_is_never_asked_for_again(void **state) {
    struct session_world *world = *state;
    keep(world);
    SCRIPT(world, INVALID_GRANT);
    assert_int_equal(refresh(world).err, LOOM_ERR_REJECTED);
    assert_string_equal(world->error.oauth_error, "invalid_grant"); /* why, for the person */
    fake_clock_pass(&world->clock, INT64_C(90) * 86400 * 1000);
    assert_int_equal(refresh(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 1);
    /* the next sign-in brings another one */
    world_keep(world, &(struct kept){.token = OLD, .refresh = ROTATED, STANDARD});
    SCRIPT(world, TOKENS(""));
    assert_int_equal(refresh(world).err, LOOM_OK);
}

/* Refused and not to be renewed: then the note stands at the access token, for whoever finds it. */
static void refresh_of_a_refused_token_notes_that_it_is_dead(void **state) {
    struct session_world *world = *state;
    struct loom_refused note;
    keep(world);
    SCRIPT(world, INVALID_GRANT);
    assert_int_equal(refresh_refused(world).err, LOOM_ERR_REJECTED);
    assert_true(find_note(world, OLD, &note));
    assert_true(note.is_dead);
    assert_int_equal(refresh_refused(world).err, LOOM_ERR_REJECTED);
    assert_int_equal(world->fake.sent, 1);
}

/* That it was refused must not be forgotten because the server is slow. */
static void refresh_of_a_refused_token_that_is_not_answered_stays_refused(void **state) {
    struct session_world *world = *state;
    struct loom_refused note;
    keep(world);
    SCRIPT(world, LOST(NULL, LOOM_ERR_TIMEOUT), TOKENS(""));
    assert_int_equal(refresh_refused(world).err, LOOM_ERR_TIMEOUT);
    assert_true(find_note(world, OLD, &note));
    assert_false(note.is_dead);
    assert_int_equal(note.asked_at, now_s(world));
    assert_int_equal(refresh_refused(world).err, LOOM_ERR_TIMEOUT);
    assert_int_equal(world->fake.sent, 1);
    fake_clock_pass(&world->clock, LOOM_REFRESH_AGAIN_S * 1000);
    assert_string_equal(refresh_refused(world).token, NEW);
    /* nor for those who read the old one before it was replaced */
    assert_true(find_note(world, OLD, &note));
}

/* After a time-out or a 5xx those who stand in a queue do not each wait; then it is asked again. */
static void refresh_that_is_not_answered_is_asked_for_again_later(void **state) {
    struct session_world *world = *state;
    static const struct {
        struct fake_answer answer;
        enum loom_err err;
        bool waits;
    } rows[] = {
        {LOST(NULL, LOOM_ERR_TIMEOUT), LOOM_ERR_TIMEOUT, true},
        {TOKEN_SAYS(503, "{}"), LOOM_ERR_SERVER, true},
        {LOST(NULL, LOOM_ERR_UNREACHABLE), LOOM_ERR_UNREACHABLE, false},
        {LOST(NULL, LOOM_ERR_NO_HOST), LOOM_ERR_NO_HOST, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_refused note;
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        keep(world);
        SCRIPT(world, rows[i].answer, TOKENS(""));
        expect_equal(what, refresh(world).err, rows[i].err);
        fake_clock_pass(&world->clock, (LOOM_REFRESH_AGAIN_S - 1) * 1000);
        if (rows[i].waits) {
            expect_equal(what, refresh(world).err, LOOM_ERR_TIMEOUT);
            expect_equal(what, world->fake.sent, 1);
            fake_clock_pass(&world->clock, 1000);
        }
        expect_text(what, refresh(world).token, NEW);
        expect_equal(what, find_note(world, REFRESH, &note), false);
    }
}

/* A note from the future, after the clock was set back, holds nobody up. */
static void refresh_with_a_note_from_the_future_asks(void **state) {
    struct session_world *world = *state;
    keep(world);
    SCRIPT(world, LOST(NULL, LOOM_ERR_TIMEOUT), TOKENS(""));
    assert_int_equal(refresh(world).err, LOOM_ERR_TIMEOUT);
    world->clock.wall_ms -= 5000;
    assert_int_equal(refresh(world).err, LOOM_OK);
}

/* The search for the endpoints may hang as well as the request. */
static void refresh_of_an_import_that_is_not_answered_is_asked_for_again_later(void **state) {
    struct session_world *world = *state;
    world_keep(world, &(struct kept){.token = OLD, .refresh = REFRESH, .is_standard = true});
    SCRIPT(world, LOST(METADATA_AT, LOOM_ERR_TIMEOUT));
    assert_int_equal(refresh(world).err, LOOM_ERR_TIMEOUT);
    assert_int_equal(refresh(world).err, LOOM_ERR_TIMEOUT);
    assert_int_equal(world->fake.sent, 1);
}

/* All in all: what the search took is not there for the request, and too little is not tried. */
static void refresh_takes_no_longer_than_it_may(void **state) {
    struct session_world *world = *state;
    static const struct {
        int64_t first_ms, second_ms;
        enum loom_err err;
        int left_ms;
    } rows[] = {
        {1900, 0, LOOM_OK, TIMEOUT_MS - 1900},
        {1900, 1600, LOOM_OK, 500},
        {1900, 1601, LOOM_ERR_TIMEOUT, 0},
        {2000, 2000, LOOM_ERR_TIMEOUT, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_answer first = METADATA(""), second = METADATA("");
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        world_forget(world);
        assert_int_equal(loom_refused_forget(&world->paths, &world->origin, NULL), LOOM_OK);
        world_keep(world, &(struct kept){.token = OLD, .refresh = REFRESH, .is_standard = true});
        first.takes_ms = rows[i].first_ms;
        if (rows[i].second_ms > 0) {
            first.status = 404;
            second.to = "GET /.well-known/openid-configuration";
            second.takes_ms = rows[i].second_ms;
        }
        if (rows[i].second_ms == 0)
            SCRIPT(world, first, TOKENS(""));
        else
            SCRIPT(world, first, second, TOKENS(""));
        expect_equal(what, refresh(world).err, rows[i].err);
        size_t count = world->fake.sent;
        expect_equal(what, count, world->fake.count - (rows[i].err == LOOM_OK ? 0 : 1));
        expect_equal(what, world->fake.requests[0].timeout_ms, TIMEOUT_MS / 2);
        if (rows[i].err == LOOM_OK)
            expect_equal(what, world->fake.requests[count - 1].timeout_ms, rows[i].left_ms);
    }
}

static void refresh_without_time_for_a_request_makes_none(void **state) {
    struct session_world *world = *state;
    keep(world);
    assert_int_equal(refresh_as(world, &(struct loom_refresh_wish){60, NULL, 499}).err,
                     LOOM_ERR_TIMEOUT);
    assert_int_equal(refresh_as(world, &(struct loom_refresh_wish){60, NULL, 0}).err,
                     LOOM_ERR_TIMEOUT);
    assert_int_equal(world->fake.sent, 0);
}

/* ---- Storing ---- */

/* The old tokens are gone: the new ones are all that there is. */
static void refresh_that_cannot_be_saved_is_handed_out(void **state) {
    struct session_world *world = *state;
    static const enum loom_err errors[] = {LOOM_ERR_STORAGE, LOOM_ERR_KEYRING,
                                           LOOM_ERR_INTERRUPTED};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        world_forget(world);
        keep(world);
        world->watched.save_err = errors[i];
        SCRIPT(world, TOKENS(",\"refresh_token\":\"" ROTATED "\""));
        struct outcome outcome = refresh(world);
        assert_int_equal(outcome.err, LOOM_OK);
        assert_string_equal(outcome.token, NEW);
        assert_string_equal(outcome.refresh, ROTATED);
        assert_int_equal(outcome.unsaved.code, errors[i]);
        assert_string_equal(outcome.unsaved.detail, "/the/store");
        assert_string_equal(world_kept_token(world), OLD);
    }
}

static void refresh_of_one_server_touches_no_other(void **state) {
    struct session_world *world = *state;
    struct loom_origin own = world->origin;
    static const char other[] = "https://loom.example.com:8443";
    keep(world);
    assert_int_equal(loom_origin_parse(other, strlen(other), &world->origin, NULL), LOOM_OK);
    world_keep(world, &(struct kept){.token = "lt_other", .refresh = "rt_other", STANDARD});
    world->origin = own;
    SCRIPT(world, TOKENS(""));
    assert_string_equal(refresh(world).token, NEW);
    assert_string_equal(world_kept_token(world), NEW);
    assert_int_equal(loom_origin_parse(other, strlen(other), &world->origin, NULL), LOOM_OK);
    assert_string_equal(world_kept_token(world), "lt_other");
    world->origin = own;
}

/* It is written back where it was found, and the other place does not hear of it. */
static void refresh_is_stored_where_the_credential_was_found(void **state) {
    struct session_world *world = *state;
    for (int i = 0; i < 2; i++) {
        struct loom_credential found = LOOM_CREDENTIAL_INIT;
        struct loom_error unsaved;
        struct loom_store_question question = {&world->origin, false};
        struct loom_refresh_wish wish = {60, NULL, TIMEOUT_MS};
        struct two_places two;
        world_forget(world);
        two_places_open(world, &two, LOOM_PLACE_AUTO);
        struct watched_store *home = i == 0 ? &two.keyring : &two.vault;
        struct watched_store *other = i == 0 ? &two.vault : &two.keyring;
        two_places_keep(world, home, &(struct kept){.token = OLD, .refresh = REFRESH, STANDARD});
        other->check_err = LOOM_ERR_STORAGE;
        SCRIPT(world, TOKENS(""));
        assert_int_equal(two.store->ops->find(two.store, &question, &found, NULL), LOOM_OK);
        assert_int_equal(loom_refresh(&world->session, &wish, &found, &unsaved, NULL), LOOM_OK);
        assert_string_equal(two_places_token(world, home), NEW);
        assert_string_equal(two_places_token(world, other), "");
        loom_credential_clear(&found);
        two_places_close(world, &two);
    }
}

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_possible_only_with_a_refresh_token_of_a_standard_server),
        cmocka_unit_test(is_due_when_less_is_left_than_is_wished),
        cmocka_unit_test(is_due_when_this_very_token_was_refused),
        WORLD_TEST(refresh_sends_one_form_and_nothing_besides),
        WORLD_TEST(refresh_without_rotation_keeps_the_refresh_token),
        WORLD_TEST(refresh_with_rotation_keeps_the_new_refresh_token),
        WORLD_TEST(refresh_reads_every_life),
        WORLD_TEST(refresh_never_sets_obtained_at_back),
        WORLD_TEST(refresh_at_an_endpoint_elsewhere_shows_it_no_access_token),
        WORLD_TEST(refresh_of_an_import_asks_the_server_for_its_endpoints),
        WORLD_TEST(refresh_of_an_import_from_a_server_without_endpoints_fails),
        WORLD_TEST(refresh_with_stored_values_that_are_none_sends_nothing),
        WORLD_TEST(refresh_that_cannot_be_stored_is_not_asked_for),
        WORLD_TEST(refresh_with_a_store_that_cannot_be_read_again_asks_nobody),
        WORLD_TEST(refresh_without_a_place_for_the_lock_goes_on),
        WORLD_TEST(refresh_does_as_the_server_says),
        WORLD_TEST(refresh_with_a_dead_refresh_token_is_never_asked_for_again),
        WORLD_TEST(refresh_of_a_refused_token_notes_that_it_is_dead),
        WORLD_TEST(refresh_of_a_refused_token_that_is_not_answered_stays_refused),
        WORLD_TEST(refresh_that_is_not_answered_is_asked_for_again_later),
        WORLD_TEST(refresh_with_a_note_from_the_future_asks),
        WORLD_TEST(refresh_of_an_import_that_is_not_answered_is_asked_for_again_later),
        WORLD_TEST(refresh_takes_no_longer_than_it_may),
        WORLD_TEST(refresh_without_time_for_a_request_makes_none),
        WORLD_TEST(refresh_that_cannot_be_saved_is_handed_out),
        WORLD_TEST(refresh_of_one_server_touches_no_other),
        WORLD_TEST(refresh_is_stored_where_the_credential_was_found),
    };
    return cmocka_run_group_tests_name("refresh", tests, NULL, NULL);
}
