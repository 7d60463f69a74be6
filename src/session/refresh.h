/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new access token for an old one, once, however many processes ask (RFC 6749 section 6).
 *
 *     struct loom_refresh_wish wish = {.min_valid_s = 60, .refused = NULL, .timeout_ms = 4000};
 *     if (loom_refresh_is_possible(&credential) && loom_refresh_is_due(&credential, &wish, now_s))
 *         err = loom_refresh(&session, &wish, &credential, &unsaved, error);
 *
 * A server may see to it that a refresh token works once (RFC 9700 section 4.14.2), so:
 *
 * 1. One process asks at a time, under the lock of the server (store/server_lock.h).
 * 2. Under the lock the store is read again: somebody may have been here.
 * 3. Nothing is asked before it is known that the answer can be stored.
 * 4. One request, which is not cut short by a signal once it is sent.
 * 5. The new tokens take the place of exactly the credential that they came from, where it lay.
 *
 * Who signs out or in meanwhile has the last word: then the new tokens are ended again. What
 * somebody else stored meanwhile is as new as anything that could be asked for: it is taken, unless
 * it is past its time already.
 */
#ifndef LOOM_SESSION_REFRESH_H
#define LOOM_SESSION_REFRESH_H

#include "base/error.h"
#include "base/secret.h"
#include "session/session.h"
#include "store/credential.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LOOM_REFRESH_AGAIN_S = 10, /* after one that was not answered, before the next */
};

struct loom_refresh_wish {
    int64_t min_valid_s;               /* due when less than this is left */
    const struct loom_secret *refused; /* a server refused this access token: due whatever is left;
                                          NULL: none */
    int timeout_ms;                    /* all in all */
};

/* Is there something to refresh it with? */
bool loom_refresh_is_possible(const struct loom_credential *credential);

/*
 * Has it too little time left, or one that cannot be trusted because the clock was set back? Of a
 * token that lives no longer than min_valid_s, half its life is enough.
 */
bool loom_refresh_is_due(const struct loom_credential *credential,
                         const struct loom_refresh_wish *wish, int64_t now_s);

/*
 * `credential` was found in session->store, and is due; on LOOM_OK it is what is to be used
 * instead, on failure what is stored now. *out_unsaved, written in any case, tells why new tokens
 * could not be stored (LOOM_OK: they were); they are handed out all the same, for the old ones are
 * gone.
 *
 * LOOM_ERR_REJECTED: the refresh token is dead; that is noted, of the access token if that was
 * refused, else of the refresh token, and nothing is asked again.
 * LOOM_ERR_NOT_FOUND: signed out meanwhile. LOOM_ERR_TIMEOUT: not answered, or asked in vain less
 * than LOOM_REFRESH_AGAIN_S ago, or somebody else did not come to an end. Else those of
 * loom_oauth_refresh(), of the store and of its check().
 */
LOOM_CHECKED enum loom_err loom_refresh(const struct loom_session *session,
                                        const struct loom_refresh_wish *wish,
                                        struct loom_credential *credential,
                                        struct loom_error *out_unsaved, struct loom_error *error);

#endif
