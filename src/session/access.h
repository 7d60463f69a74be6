/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A credential that may be handed out now, and what to do when a server refused it.
 *
 *     struct loom_access_need need = {.min_valid_s = 60, .timeout_ms = 4000};
 *     LOOM_CLEANUP(loom_access_clear) struct loom_access access = LOOM_ACCESS_INIT;
 *     err = loom_access_find(&session, &question, &need, &access, error);
 *     if (err == LOOM_OK) ... access.credential.token ...
 *
 * One that has too little time left is refreshed on the way, if it can be (session/refresh.h). A
 * refresh that fails while the old token lives is no failure: that one is handed out, and
 * `trouble` tells why it is no newer one.
 *
 * git says `erase` after any 401, also one of a proxy. So a refusal is only noted. The next
 * question refreshes what can be refreshed, and else asks the server itself, once: accepted, the
 * note goes; dead, no more requests are made until the next sign-in; unreachable, the credential is
 * handed out as before and the server is asked again after LOOM_ACCESS_ASK_AGAIN_S at the earliest.
 * So is what a server will not refresh for this client any more, in the same time.
 * What can be neither refreshed nor asked for is dead at once.
 */
#ifndef LOOM_SESSION_ACCESS_H
#define LOOM_SESSION_ACCESS_H

#include "base/error.h"
#include "session/session.h"
#include "store/credential.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LOOM_ACCESS_ASK_AGAIN_S = 60,
    LOOM_ACCESS_ASK_MS = 3000, /* longest wait for the server: git is waiting for us */
};

struct loom_access_need {
    int64_t min_valid_s; /* refresh when less than this is left */
    int timeout_ms;      /* for the server: a refresh all in all, or a question */
    int64_t until_ms;    /* but not after this, on the session's clock; 0: no such time */
};

struct loom_access {
    struct loom_credential credential;
    struct loom_error trouble; /* LOOM_OK, or why the credential was not refreshed or not stored */
    bool is_unsaved;           /* not stored: it is new, and the next process will not find it */
};

#define LOOM_ACCESS_INIT                                                                           \
    { .credential = LOOM_CREDENTIAL_INIT, .trouble = LOOM_ERROR_INIT }

/*
 * Find the credential for `question`. LOOM_ERR_NOT_FOUND: none. LOOM_ERR_EXPIRED: there is one,
 * past its time. LOOM_ERR_REJECTED: there is one, and the server said that it is dead. Where one
 * past its time could not be refreshed: why. LOOM_ERR_INTERRUPTED: whatever there is. Else the
 * store's.
 */
LOOM_CHECKED enum loom_err loom_access_find(const struct loom_session *session,
                                            const struct loom_store_question *question,
                                            const struct loom_access_need *need,
                                            struct loom_access *out_access,
                                            struct loom_error *error);

void loom_access_clear(struct loom_access *access);

/*
 * Somebody was refused with `token`. If it is the stored one, that is noted; another token changes
 * nothing (LOOM_OK).
 */
LOOM_CHECKED enum loom_err loom_access_refuse(const struct loom_session *session,
                                              const struct loom_store_question *question,
                                              const struct loom_secret *token,
                                              struct loom_error *error);

#endif
