/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of a standard OAuth 2.0 server, at the endpoints of server->authority. Only for the
 * room and its tests; oauth.h says what each call promises.
 *
 *     loom_standard_start      RFC 8628 section 3.1
 *     loom_standard_poll       RFC 8628 section 3.4
 *     loom_standard_refresh    RFC 6749 section 6
 *     loom_standard_whoami     OpenID Connect Core section 5.3
 *     loom_standard_revoke     RFC 7009 section 2
 */
#ifndef LOOM_OAUTH_STANDARD_H
#define LOOM_OAUTH_STANDARD_H

#include "oauth/oauth.h"

LOOM_CHECKED enum loom_err loom_standard_start(const struct loom_remote *server,
                                               struct loom_device_grant *out_grant,
                                               struct loom_error *error);

void loom_standard_poll(const struct loom_remote *server, const struct loom_secret *device_code,
                        struct loom_poll *out_poll, struct loom_error *error);

LOOM_CHECKED enum loom_err loom_standard_refresh(const struct loom_remote *server,
                                                 const struct loom_secret *refresh,
                                                 struct loom_tokens *out_tokens,
                                                 struct loom_error *error);

LOOM_CHECKED enum loom_err loom_standard_whoami(const struct loom_remote *server,
                                                const struct loom_secret *token,
                                                struct loom_account *out_account,
                                                struct loom_error *error);

LOOM_CHECKED enum loom_err loom_standard_revoke(const struct loom_remote *server,
                                                const struct loom_tokens *tokens,
                                                enum loom_revocation *out_revocation,
                                                struct loom_error *error);

#endif
