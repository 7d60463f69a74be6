/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that plays a script, and the secrets that no error and no log line may hold.
 *
 *     struct oauth_world world;
 *     world_open(&world, "https://loom.example.com", script, 1);
 *     err = loom_oauth_start(&world.server, &grant, &world.error);
 *     world_close(&world);          // the whole script was played, and no secret was told
 */
#ifndef LOOM_TESTS_OAUTH_WORLD_H
#define LOOM_TESTS_OAUTH_WORLD_H

#include "base/origin.h"
#include "oauth/oauth.h"
#include "support/fake_http.h"

#define DEVICE_CODE "PLANTED-device-code"
#define TOKEN "PLANTED-lt_0123456789abcdef"
#define REFRESH "PLANTED-rt/+=~&%"
#define REFRESH_IN_FORM "PLANTED-rt%2F%2B%3D%7E%26%25"

struct oauth_world {
    struct fake_http fake;
    struct loom_http http;
    struct loom_origin origin;
    struct loom_remote server;
    struct loom_authority authority; /* used by the standard dialect */
    struct loom_error error;
};

void world_open(struct oauth_world *world, const char *url, const struct fake_answer *script,
                size_t count);

/*
 * The same with a standard server, "loom-cli" and the scope "openid offline_access". Its endpoints
 * are on another host: the constants below, behind AUTHORITY.
 */
#define AUTHORITY "https://id.example.com"
#define DEVICE_PATH "/device/auth"
#define TOKEN_PATH "//oauth/token?tenant=a"
#define REVOKE_PATH "/revoke"
#define USERINFO_PATH "/me"

void world_open_standard(struct oauth_world *world, const struct fake_answer *script, size_t count);

void world_close(struct oauth_world *world);

/* A secret with these bytes. */
struct loom_secret *world_secret(const char *bytes);

#endif
