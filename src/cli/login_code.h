/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where to go and what to type there: the one thing that `loom login` must show, for people on
 * stderr, as JSON on stdout.
 *
 *     loom_login_show_code(cli, &server, &grant, expires_at);
 *
 * Whoever cannot have seen it is not waited for: look at has_failed of the output afterwards.
 */
#ifndef LOOM_CLI_LOGIN_CODE_H
#define LOOM_CLI_LOGIN_CODE_H

#include "cli/cli.h"
#include "oauth/oauth.h"

/* `expires_at` is epoch seconds. */
void loom_login_show_code(struct loom_cli *cli, const struct loom_origin *server,
                          const struct loom_device_grant *grant, int64_t expires_at);

#endif
