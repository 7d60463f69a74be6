/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sign-in, in two files: sign_in.c (what there was, and what becomes of it) and sign_in_flow.c
 * (which dialect, the code, the tokens). Only for the room and its tests.
 */
#ifndef LOOM_SESSION_SIGN_IN_PRIV_H
#define LOOM_SESSION_SIGN_IN_PRIV_H

#include "session/sign_in.h"

/* Everything that one sign-in works with. */
struct loom_sign_in_run {
    const struct loom_session *session;
    const struct loom_sign_in_wish *wish;
    const struct loom_prompt *prompt;
    struct loom_credential
        previous;                 /* what the store held before; empty when has_previous is not */
    struct loom_credential older; /* another copy beside it, in another place; or empty */
    bool has_previous;
    char *ca_file;                   /* owned: the wish's, else the previous one's */
    struct loom_authority authority; /* who gives the new tokens out, once that is known */
    struct loom_tokens tokens;       /* owned: new, until they are in a credential */
    int64_t asked_at_s;              /* when they were asked for, epoch seconds */
};

/* Whom to ask, with the authority as far as it is known. */
struct loom_remote loom_sign_in_remote(const struct loom_sign_in_run *run, int timeout_ms);

int64_t loom_sign_in_now_s(const struct loom_sign_in_run *run);

/*
 * Find out which dialect the server speaks, show a code, and ask until it is approved: then
 * run->authority and run->tokens are filled. Errors as loom_sign_in() has them.
 */
LOOM_CHECKED enum loom_err loom_sign_in_flow(struct loom_sign_in_run *run,
                                             struct loom_error *error);

/*
 * Ask whose the wish's given token is, in whichever dialect the server speaks; run->authority is
 * filled on the way. Errors: those of loom_oauth_whoami() and of the search for the dialect.
 */
LOOM_CHECKED enum loom_err loom_sign_in_whoami(struct loom_sign_in_run *run,
                                               struct loom_account *out_account,
                                               struct loom_error *error);

#endif
