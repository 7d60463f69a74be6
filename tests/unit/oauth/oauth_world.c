/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/oauth/oauth_world.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

#include <string.h>

static void refuse_secrets(const char *text) {
    if (strstr(text, "PLANTED") != NULL)
        fail_msg("a secret was told: %s", text);
}

static void look_at_line(enum loom_log_level level, const char *line) {
    (void)level;
    refuse_secrets(line);
}

void world_open(struct oauth_world *world, const char *url, const struct fake_answer *script,
                size_t count) {
    memset(world, 0, sizeof *world);
    world->fake = (struct fake_http){.script = script, .count = count};
    world->http = fake_http_port(&world->fake);
    assert_int_equal(loom_origin_parse(url, strlen(url), &world->origin, NULL), LOOM_OK);
    world->server = (struct loom_remote){.http = &world->http, .origin = &world->origin};
    loom_log_open(LOOM_LOG_WIRE, look_at_line);
}

static void set_endpoint(const char *url, struct loom_page *page) {
    assert_int_equal(loom_page_parse(url, strlen(url), false, page), LOOM_OK);
}

void world_open_standard(struct oauth_world *world, const struct fake_answer *script,
                         size_t count) {
    world_open(world, "https://loom.example.com/base", script, count);
    struct loom_authority *authority = &world->authority;
    *authority = (struct loom_authority){
        .is_standard = true, .client_id = LOOM_CLIENT_ID, .scope = LOOM_SCOPE};
    set_endpoint(AUTHORITY DEVICE_PATH, &authority->device_authorization);
    set_endpoint(AUTHORITY TOKEN_PATH, &authority->token);
    set_endpoint(AUTHORITY REVOKE_PATH, &authority->revocation);
    set_endpoint(AUTHORITY USERINFO_PATH, &authority->userinfo);
    world->server.authority = authority;
}

void world_close(struct oauth_world *world) {
    loom_log_open(LOOM_LOG_WIRE, NULL);
    refuse_secrets(world->error.detail);
    refuse_secrets(world->error.oauth_error);
    fake_http_end(&world->fake);
}

struct loom_secret *world_secret(const char *bytes) {
    struct loom_secret *secret = NULL;
    assert_int_equal(loom_secret_new(bytes, strlen(bytes), &secret), LOOM_OK);
    return secret;
}
