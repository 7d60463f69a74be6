/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One test of the session room: every port faked, and one journal in which requests, calls of the
 * store and what a person is shown stand in the order in which they happened.
 *
 *     cmocka_unit_test_setup_teardown(test, session_world_make, session_world_remove)
 *     struct session_world *world = *state;
 *     world_keep(world, &(struct kept){.token = "lt_old", .name = "Ada"});
 *     SCRIPT(world, START, PENDING, COMPLETED, ME);
 *     world_sign_in(world);
 *     assert_journal(world, "check\n" "find\n" ...);
 */
#ifndef LOOM_TESTS_SESSION_WORLD_H
#define LOOM_TESTS_SESSION_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

#include "session/session.h"
#include "session/sign_in.h"
#include "store/keyring_first.h"
#include "support/fake_clock.h"
#include "support/fake_http.h"
#include "unit/session/watched_store.h"
#include "unit/system/scratch.h"

#define SERVER "https://loom.example.com"
/* The name of its lock: the first 16 hex digits of SHA-256(SERVER). */
#define WORLD_LOCK "8fa9b5c487c954e0"
#define OLD "lt_old"
#define NEW "lt_new"

/* What a server says, by the name of the call. */
#define START                                                                                      \
    {                                                                                              \
        .to = "POST /auth/device/start", .status = 200,                                            \
        .json = "{\"device_code\":\"dc\",\"user_code\":\"123-456-789\",\"verification_url\":"      \
                "\"" SERVER "/device\",\"expires_in\":600}"                                        \
    }
#define POLL(body)                                                                                 \
    { .to = "POST /auth/device/poll", .status = 200, .json = (body) }
#define PENDING POLL("{\"status\":\"pending\"}")
#define COMPLETED POLL("{\"status\":\"completed\",\"access_token\":\"" NEW "\"}")
#define ME                                                                                         \
    { .to = "GET /auth/me", .status = 200, .json = "{\"id\":\"u1\",\"display_name\":\"Ada\"}" }
#define ME_SAYS(code, body)                                                                        \
    { .to = "GET /auth/me", .status = (code), .json = (body) }
#define LOGOUT                                                                                     \
    { .to = "POST /auth/logout", .status = 200, .json = "{\"message\":\"bye\"}" }
#define LOGOUT_SAYS(code)                                                                          \
    { .to = "POST /auth/logout", .status = (code), .json = "{}" }

/* A standard server's. */
#define METADATA_AT "GET /.well-known/oauth-authorization-server"
#define METADATA(more)                                                                             \
    {                                                                                              \
        .to = METADATA_AT, .status = 200,                                                          \
        .json = "{\"issuer\":\"" SERVER "\",\"device_authorization_endpoint\":\"" SERVER           \
                "/oauth/device\",\"token_endpoint\":\"" SERVER "/oauth/token\"" more "}"           \
    }
#define ENDPOINTS                                                                                  \
    ",\"revocation_endpoint\":\"" SERVER "/oauth/revoke\",\"userinfo_endpoint\":\"" SERVER         \
    "/oauth/userinfo\""
#define START_UNKNOWN(code)                                                                        \
    { .to = "POST /auth/device/start", .status = (code), .other = "no" }
#define DEVICE                                                                                     \
    {                                                                                              \
        .to = "POST /oauth/device", .status = 200,                                                 \
        .json =                                                                                    \
            "{\"device_code\":\"dc\",\"user_code\":\"ABCD-EFGH\",\"verification_uri\":\"" SERVER   \
            "/activate\",\"expires_in\":600}"                                                      \
    }
#define TOKEN_SAYS(code, body)                                                                     \
    { .to = "POST /oauth/token", .status = (code), .json = (body) }
#define TOKENS(more)                                                                               \
    TOKEN_SAYS(200, "{\"access_token\":\"" NEW "\",\"token_type\":\"Bearer\"" more "}")
#define INVALID_GRANT TOKEN_SAYS(400, "{\"error\":\"invalid_grant\"}")
#define REVOKED                                                                                    \
    { .to = "POST /oauth/revoke", .status = 200 }
#define USERINFO                                                                                   \
    { .to = "GET /oauth/userinfo", .status = 200, .json = "{\"sub\":\"u1\",\"name\":\"Ada\"}" }

#define LOST(path, error)                                                                          \
    { .to = (path), .err = (error), .detail = "on the way" }

struct session_world {
    struct scratch *scratch;
    struct loom_paths paths;
    struct loom_buffer journal;
    struct fake_clock clock;
    struct loom_clock clock_port;
    struct fake_answer *script; /* owned */
    struct fake_http fake;
    struct loom_http http;
    struct watched_store watched;
    struct loom_prompt prompt;
    bool refuses_dialect;
    bool is_blind; /* the code cannot be shown */
    /* what the person says to each code that expired; NULL: nobody is asked */
    const enum loom_err *wishes;
    size_t wishes_left;
    int64_t wish_takes_ms;
    void (*on_wish)(void); /* looks at what is left of the code; NULL: nobody does */
    struct loom_session session;
    struct loom_origin origin;
    struct loom_sign_in_wish wish; /* of world_sign_in */
    struct loom_signed_in signed_in;
    struct loom_error error;
    /* what the prompt saw */
    int64_t shown_expires_at;
    int64_t least_left_ms;
    int last_reason; /* of waiting; -1: none yet */
};

int session_world_make(void **state);
int session_world_remove(void **state);

/* Play these answers from now on. */
void world_play(struct session_world *world, const struct fake_answer *script, size_t count);

#define SCRIPT(world, ...)                                                                         \
    do {                                                                                           \
        const struct fake_answer script_[] = {__VA_ARGS__};                                        \
        world_play(world, script_, sizeof script_ / sizeof script_[0]);                            \
    } while (0)

/* Ask the person about codes that expired, who says this in turn. */
#define WISHES(world, ...)                                                                         \
    do {                                                                                           \
        static const enum loom_err wishes_[] = {__VA_ARGS__};                                      \
        world_wish(world, wishes_, sizeof wishes_ / sizeof wishes_[0]);                            \
    } while (0)

void world_wish(struct session_world *world, const enum loom_err *wishes, size_t count);

/* What to put into the store beforehand; members left out are 0 and NULL. */
struct kept {
    const char *token;
    const char *name; /* display name */
    const char *ca_file;
    int64_t obtained_at; /* epoch seconds */
    int64_t expires_at;
    int64_t life_s;
    enum loom_source source;
    bool is_standard; /* of a standard server, as STANDARD says */
    const char *refresh;
    const char *token_endpoint;
    const char *revocation_endpoint;
    const char *userinfo_endpoint;
    const char *client_id;
    const char *scope;
};

/* Of a credential that a standard server gave out. */
#define STANDARD                                                                                   \
    .is_standard = true, .token_endpoint = SERVER "/oauth/token",                                  \
    .revocation_endpoint = SERVER "/oauth/revoke", .userinfo_endpoint = SERVER "/oauth/userinfo",  \
    .client_id = "loom-cli", .scope = "openid offline_access"

/* Keep it for the world's server. Not in the journal. */
void world_keep(struct session_world *world, const struct kept *kept);

/* File it under the server's key without an origin, as an import. */
void world_plant(struct session_world *world, const struct kept *kept);

/* The token that the store holds for the world's server; "" when none. Valid until the next call.
 */
const char *world_kept_token(struct session_world *world);

/* All of it, as a copy to clear; LOOM_ERR_NOT_FOUND: none. */
enum loom_err world_kept(struct session_world *world, struct loom_credential *out_credential);

/*
 * Hold the lock of the world's server, by another descriptor, as another process would. Returns it:
 * closing lets go.
 */
int world_lock(const struct session_world *world);

/* Two places, the keyring and the file, in the place of the world's one; a journal of their own. */
struct two_places {
    struct watched_store keyring, vault;
    struct loom_buffer journal;
    struct loom_store *store; /* owned, and owns both */
};

void two_places_open(struct session_world *world, struct two_places *two, enum loom_place place);
void two_places_close(struct session_world *world, struct two_places *two);

/* As world_keep() and world_kept_token(), in one of them. */
void two_places_keep(struct session_world *world, const struct watched_store *place,
                     const struct kept *kept);
const char *two_places_token(struct session_world *world, const struct watched_store *place);

/* Sign in as world->wish says, into world->signed_in. */
enum loom_err world_sign_in(struct session_world *world);

/* The whole script was played, and the journal says this. */
void assert_journal(struct session_world *world, const char *expected);

/* Forget the journal and the requests. */
void world_forget(struct session_world *world);

#endif
