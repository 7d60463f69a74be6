/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of a credential that was to be handed out: by `token`, `status` and git's helper.
 *
 *     err = loom_access_find(&session, &question, &need, &access, &error);
 *     if (err == LOOM_ERR_EXPIRED) return loom_refresh_view_expired(cli, &server);
 *     loom_refresh_view_trouble(cli, &access);      // handed out all the same
 */
#ifndef LOOM_CLI_REFRESH_VIEW_H
#define LOOM_CLI_REFRESH_VIEW_H

#include "cli/cli.h"
#include "session/access.h"

/* A line on stderr when it was not refreshed or not stored; nothing when all is well. */
void loom_refresh_view_trouble(struct loom_cli *cli, const struct loom_access *access);

/* It is past its time, and nothing can renew it. Returns the exit status; says it in JSON too. */
int loom_refresh_view_expired(struct loom_cli *cli, const struct loom_origin *server);

/* The same as an error, for who says it otherwise. */
void loom_refresh_view_expired_error(struct loom_error *out_error);

/*
 * No server was named, and none is stored: or none can be seen, because the keyring does not show
 * what it holds. As above.
 */
int loom_refresh_view_nowhere(struct loom_cli *cli);

/* That none is stored, in words alone. */
void loom_refresh_view_say_nowhere(struct loom_cli *cli);

#endif
