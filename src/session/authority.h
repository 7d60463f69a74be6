/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who gave a credential out: what the store remembers of it as text, and what oauth/ works with.
 *
 *     struct loom_authority authority;
 *     err = loom_authority_recall(&credential, &authority);        // before any request for it
 *     struct loom_remote server = {..., .authority = &authority};
 *     ...
 *     err = loom_authority_remember(&authority, &newer);           // before it is saved
 */
#ifndef LOOM_SESSION_AUTHORITY_H
#define LOOM_SESSION_AUTHORITY_H

#include "base/error.h"
#include "oauth/oauth.h"
#include "store/credential.h"

/*
 * What is stored is checked like anything else: LOOM_ERR_DAMAGED, an endpoint, client or scope that
 * would not be accepted from the server itself. A credential of the standard dialect that another
 * program left may have no endpoints: they are "" then.
 */
LOOM_CHECKED enum loom_err loom_authority_recall(const struct loom_credential *credential,
                                                 struct loom_authority *out_authority);

/*
 * The same, and where no endpoints are remembered the server is asked for them, within
 * server->timeout_ms. Else those of loom_oauth_discover().
 */
LOOM_CHECKED enum loom_err loom_authority_find(const struct loom_remote *server,
                                               const struct loom_credential *credential,
                                               struct loom_authority *out_authority,
                                               struct loom_error *error);

/* Write the dialect and, of a standard server, the rest. LOOM_ERR_INTERNAL: no memory. */
LOOM_CHECKED enum loom_err loom_authority_remember(const struct loom_authority *authority,
                                                   struct loom_credential *credential);

/*
 * Set when the credential was obtained and when it ends, for `tokens` that were asked for at
 * `asked_at` (epoch seconds): counted from before the request, so that this side gives up first.
 */
void loom_authority_date(const struct loom_tokens *tokens, int64_t asked_at,
                         struct loom_credential *credential);

/*
 * Ask whether the server still accepts a credential, and whose it is, as loom_oauth_whoami() does.
 * `server` says how to ask; its authority is not looked at. LOOM_ERR_NOT_FOUND: nothing was asked,
 * the server has no call for that.
 */
LOOM_CHECKED enum loom_err loom_authority_whoami(const struct loom_remote *server,
                                                 const struct loom_credential *credential,
                                                 struct loom_account *out_account,
                                                 struct loom_error *error);

/*
 * End the tokens of a credential with whoever gave them out, as loom_oauth_revoke() does; who that
 * is, is found as loom_authority_find() does, all within server->timeout_ms. `server` says how to
 * ask; its authority is not looked at.
 */
LOOM_CHECKED enum loom_err loom_authority_revoke(const struct loom_remote *server,
                                                 const struct loom_credential *credential,
                                                 enum loom_revocation *out_revocation,
                                                 struct loom_error *error);

#endif
