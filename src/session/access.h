/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A credential that may be handed out now, and what to do when a server refused it.
 *
 * git says `erase` after any 401, also one of a proxy. So a refusal is only noted, and the next
 * question asks the server itself, once: accepted, the note goes; dead, no more requests are made
 * until the next sign-in; unreachable, the credential is handed out as before and the server is
 * asked again after LOOM_ACCESS_ASK_AGAIN_S at the earliest.
 */
#ifndef LOOM_SESSION_ACCESS_H
#define LOOM_SESSION_ACCESS_H

#include "base/error.h"
#include "session/session.h"
#include "store/credential.h"
#include "store/store.h"

enum {
    LOOM_ACCESS_ASK_AGAIN_S = 60,
    LOOM_ACCESS_ASK_MS = 3000, /* longest wait for the server: git is waiting for us */
};

/*
 * Find the credential for `question`. LOOM_ERR_NOT_FOUND: none. LOOM_ERR_EXPIRED: there is one,
 * past its time. LOOM_ERR_REJECTED: there is one, and the server said that it is dead. Else the
 * store's.
 */
LOOM_CHECKED enum loom_err loom_access_find(const struct loom_session *session,
                                            const struct loom_store_question *question,
                                            struct loom_credential *out_credential,
                                            struct loom_error *error);

/*
 * Somebody was refused with `token`. If it is the stored one, that is noted; another token changes
 * nothing (LOOM_OK).
 */
LOOM_CHECKED enum loom_err loom_access_refuse(const struct loom_session *session,
                                              const struct loom_store_question *question,
                                              const struct loom_secret *token,
                                              struct loom_error *error);

#endif
