/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/oauth.h"

#include "oauth/native.h"
#include "oauth/standard.h"

#include <stdlib.h>

struct dialect {
    enum loom_err (*start)(const struct loom_remote *server, struct loom_device_grant *out_grant,
                           struct loom_error *error);
    void (*poll)(const struct loom_remote *server, const struct loom_secret *device_code,
                 struct loom_poll *out_poll, struct loom_error *error);
    enum loom_err (*refresh)(const struct loom_remote *server, const struct loom_secret *refresh,
                             struct loom_tokens *out_tokens, struct loom_error *error);
    enum loom_err (*whoami)(const struct loom_remote *server, const struct loom_secret *token,
                            struct loom_account *out_account, struct loom_error *error);
    enum loom_err (*revoke)(const struct loom_remote *server, const struct loom_tokens *tokens,
                            enum loom_revocation *out_revocation, struct loom_error *error);
};

static const struct dialect native = {loom_native_start, loom_native_poll, loom_native_refresh,
                                      loom_native_whoami, loom_native_revoke};

static const struct dialect standard = {loom_standard_start, loom_standard_poll,
                                        loom_standard_refresh, loom_standard_whoami,
                                        loom_standard_revoke};

static const struct dialect *dialect_of(const struct loom_remote *server) {
    return server->authority != NULL && server->authority->is_standard ? &standard : &native;
}

void loom_device_grant_clear(struct loom_device_grant *grant) {
    loom_secret_drop(&grant->device_code);
    *grant = (struct loom_device_grant)LOOM_DEVICE_GRANT_INIT;
}

void loom_tokens_clear(struct loom_tokens *tokens) {
    loom_secret_free(tokens->access);
    loom_secret_free(tokens->refresh);
    free(tokens->scope);
    *tokens = (struct loom_tokens)LOOM_TOKENS_INIT;
}

enum loom_err loom_oauth_start(const struct loom_remote *server,
                               struct loom_device_grant *out_grant, struct loom_error *error) {
    return dialect_of(server)->start(server, out_grant, error);
}

void loom_oauth_poll(const struct loom_remote *server, const struct loom_secret *device_code,
                     struct loom_poll *out_poll, struct loom_error *error) {
    dialect_of(server)->poll(server, device_code, out_poll, error);
}

enum loom_err loom_oauth_refresh(const struct loom_remote *server,
                                 const struct loom_secret *refresh, struct loom_tokens *out_tokens,
                                 struct loom_error *error) {
    return dialect_of(server)->refresh(server, refresh, out_tokens, error);
}

enum loom_err loom_oauth_whoami(const struct loom_remote *server, const struct loom_secret *token,
                                struct loom_account *out_account, struct loom_error *error) {
    return dialect_of(server)->whoami(server, token, out_account, error);
}

enum loom_err loom_oauth_revoke(const struct loom_remote *server, const struct loom_tokens *tokens,
                                enum loom_revocation *out_revocation, struct loom_error *error) {
    return dialect_of(server)->revoke(server, tokens, out_revocation, error);
}
