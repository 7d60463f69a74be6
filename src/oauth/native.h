/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Loom server's own dialect, call by call (docs/PROTOCOL.md). Only for the room and its tests;
 * oauth.h says what each call promises.
 *
 *     loom_native_start     POST auth/device/start
 *     loom_native_poll      POST auth/device/poll
 *     loom_native_whoami    GET auth/me
 *     loom_native_revoke    POST auth/logout
 *
 * There are no refresh tokens: a token lives until it was not used for long, and only a 401 says
 * so.
 */
#ifndef LOOM_OAUTH_NATIVE_H
#define LOOM_OAUTH_NATIVE_H

#include "oauth/oauth.h"

LOOM_CHECKED enum loom_err loom_native_start(const struct loom_remote *server,
                                             struct loom_device_grant *out_grant,
                                             struct loom_error *error);

void loom_native_poll(const struct loom_remote *server, const struct loom_secret *device_code,
                      struct loom_poll *out_poll, struct loom_error *error);

/* LOOM_ERR_NOT_FOUND, always: there is no such call. */
LOOM_CHECKED enum loom_err loom_native_refresh(const struct loom_remote *server,
                                               const struct loom_secret *refresh,
                                               struct loom_tokens *out_tokens,
                                               struct loom_error *error);

LOOM_CHECKED enum loom_err loom_native_whoami(const struct loom_remote *server,
                                              const struct loom_secret *token,
                                              struct loom_account *out_account,
                                              struct loom_error *error);

LOOM_CHECKED enum loom_err loom_native_revoke(const struct loom_remote *server,
                                              const struct loom_tokens *tokens,
                                              enum loom_revocation *out_revocation,
                                              struct loom_error *error);

#endif
