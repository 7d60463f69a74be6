/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign in: the device flow from the first check to the stored credential.
 *
 * 1. Could a credential be stored? If not, nothing else happens: nobody approves for nothing.
 * 2. An existing credential is shown to the prompt; it stays until a new one is stored. It is
 * looked for in every place, whichever is chosen now; of two the newer is shown.
 * 3. Ask for a code, hand it to the prompt, poll until approved, expired, denied or interrupted;
 * when it expired, the prompt says whether to begin this step anew. RFC 8628 section 3.5 lets a
 * client do that only when the person wishes it. A server that does not know a Loom server's call
 * is asked what it says of itself as a standard one (RFC 8414). At the next sign-in it is asked in
 * the dialect that it spoke before.
 * 4. Store the token at once: from here on the sign-in completes, whatever signal comes.
 * 5. Ask the server whose token it is, and store the name. If the server itself says that the new
 *    token is dead, the old credential is put back.
 * 6. Revoke the replaced token (of two copies both), best effort, if this program got it by a
 * device flow and it is not the new one.
 *
 * A given token (--with-token) is checked with the server instead of steps 3 to 5, and stored only
 * when the server accepts it.
 */
#ifndef LOOM_SESSION_SIGN_IN_H
#define LOOM_SESSION_SIGN_IN_H

#include "base/error.h"
#include "oauth/oauth.h"
#include "session/session.h"
#include "store/credential.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LOOM_SESSION_POLL_MS = 10000,   /* longest wait for the answer to one poll */
    LOOM_SESSION_WHOAMI_MS = 10000, /* longest wait for a name */
    LOOM_SESSION_REVOKE_MS = 10000, /* longest wait for a revocation */
};

/* Why the flow is still waiting, as a person is told. */
enum loom_waiting {
    LOOM_WAITING_PENDING,
    LOOM_WAITING_SLOW_DOWN,
    LOOM_WAITING_NETWORK, /* the last poll got no answer */
    LOOM_WAITING_SERVER,  /* the last poll was answered 429 or 5xx */
};

/* The prompt port: whoever shows a person what happens. No call may block for long. */
struct loom_prompt {
    void *context;
    /* A credential exists and would be replaced. */
    void (*already)(void *context, const struct loom_credential *existing);
    /*
     * The server speaks a standard dialect, or another one than at the last sign-in. false: it is
     * not to go on; LOOM_ERR_NOT_LOOM with EPROTOTYPE.
     */
    bool (*dialect)(void *context, const struct loom_authority *authority, bool is_changed);
    /* Show where to go and the code. `expires_at` is epoch seconds. False: nobody can see it. */
    bool (*code)(void *context, const struct loom_device_grant *grant, int64_t expires_at);
    /* Called before each wait, at least every second. */
    void (*waiting)(void *context, enum loom_waiting reason, int64_t left_ms);
    /*
     * A code that was shown is over, and forgotten here. LOOM_OK: go on with a new one, for which
     * code() is called again; LOOM_ERR_EXPIRED: that was all; LOOM_ERR_INTERRUPTED. It may wait for
     * a person, and sees to it that the wait has an end. NULL: that was all.
     */
    LOOM_CHECKED enum loom_err (*expired)(void *context);
};

struct loom_sign_in_wish {
    const struct loom_origin *origin;
    const char *ca_file;             /* absolute; NULL: what the existing credential remembers */
    const char *usual_ca_file;       /* absolute; where that remembers none; NULL: none */
    const struct loom_secret *given; /* NULL: the device flow */
    /* Of a standard server; NULL: as at the last sign-in there, else the default. */
    const char *client_id;
    const char *scope;
};

/* What became of a token that is not needed any more, or could not be kept. */
enum loom_old_token { LOOM_OLD_TOKEN_NONE, LOOM_OLD_TOKEN_REVOKED, LOOM_OLD_TOKEN_LEFT };

/* Written whatever the result; clear it. */
struct loom_signed_in {
    struct loom_credential credential; /* stored now; empty on failure */
    bool has_replaced;
    struct loom_account replaced;   /* whose credential was replaced */
    enum loom_old_token old_token;  /* the replaced one: NONE when it was not to be revoked */
    enum loom_old_token lost_token; /* a token received that could not be stored */
    char *granted_scope;            /* owned; another scope than was asked for; NULL: none */
    int64_t clock_ahead_s;          /* this clock less the server's, when that is much; else 0 */
    bool is_unchecked;              /* a given token that the server has no way to check */
};

#define LOOM_SIGNED_IN_INIT                                                                        \
    { .credential = LOOM_CREDENTIAL_INIT }

/*
 * LOOM_OK: signed in. Before anything happened: the errors of the store's check(). From the flow:
 * those of oauth.h, LOOM_ERR_EXPIRED, LOOM_ERR_DENIED, LOOM_ERR_INTERRUPTED (nothing was changed),
 * LOOM_ERR_REJECTED (a given token, or the new one, is dead), LOOM_ERR_INTERNAL with EPIPE (the
 * code could not be shown, so nobody was waited for).
 */
LOOM_CHECKED enum loom_err loom_sign_in(const struct loom_session *session,
                                        const struct loom_sign_in_wish *wish,
                                        const struct loom_prompt *prompt,
                                        struct loom_signed_in *out_signed_in,
                                        struct loom_error *error);

void loom_signed_in_clear(struct loom_signed_in *signed_in);

#endif
