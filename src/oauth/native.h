/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Loom server's own dialect, call by call (docs/PROTOCOL.md).
 *
 *     struct loom_remote server = {&http, &origin, ca_file, 0};
 *     LOOM_CLEANUP(loom_device_grant_clear) struct loom_device_grant grant =
 * LOOM_DEVICE_GRANT_INIT; err = loom_native_start(&server, &grant, error);        // POST
 * auth/device/start show grant.user_code and grant.page err = loom_native_poll(&server,
 * grant.device_code, &poll, error)   // POST auth/device/poll err = loom_native_whoami(&server,
 * poll.token, &account, error);    // GET auth/me err = loom_native_logout(&server, poll.token,
 * &revocation, error); // POST auth/logout
 *
 * Success is a conjunction: the transfer is complete, the status is 2xx, the media type is JSON,
 * the text passes the JSON gate, the members are what they must be, and no `error` stands beside
 * them. Everything received is validated here; what passes may still be hostile text, never control
 * characters in a code or an address, and never a token that is none.
 *
 * Errors of every call: those of loom_http.send, and LOOM_ERR_SERVER (429, 5xx), LOOM_ERR_NOT_LOOM
 * (404, 405, 501, or not JSON), LOOM_ERR_BAD_ANSWER (JSON that cannot be used).
 */
#ifndef LOOM_OAUTH_NATIVE_H
#define LOOM_OAUTH_NATIVE_H

#include "base/account.h"
#include "base/error.h"
#include "base/origin.h"
#include "base/secret.h"
#include "oauth/device_flow.h"

#include <stdbool.h>

struct loom_http; /* http/http.h */

/* Whom to ask, and how. The pointers are borrowed. */
struct loom_remote {
    const struct loom_http *http;
    const struct loom_origin *origin;
    const char *ca_file; /* more authorities; NULL: none */
    int timeout_ms;      /* of one exchange; 0: the client's default */
};

enum { LOOM_USER_CODE_MAX = 64 }; /* bytes */

/* RFC 8628 section 3.2. */
struct loom_device_grant {
    struct loom_secret *device_code;        /* owned; never shown */
    char user_code[LOOM_USER_CODE_MAX + 1]; /* opaque printable ASCII, for the person */
    struct loom_page page;                  /* where to type it */
    bool has_complete;
    struct loom_page complete; /* the same page with the code in it, same host */
    struct loom_flow_terms terms;
};

#define LOOM_DEVICE_GRANT_INIT                                                                     \
    { .device_code = NULL }

void loom_device_grant_clear(struct loom_device_grant *grant);

/* Ask for a code. Not repeated on failure: each start is a new code. */
LOOM_CHECKED enum loom_err loom_native_start(const struct loom_remote *server,
                                             struct loom_device_grant *out_grant,
                                             struct loom_error *error);

struct loom_poll {
    struct loom_flow_answer answer; /* what the state machine makes of it */
    struct loom_secret *token;      /* owned; set exactly when answer.kind is LOOM_FLOW_APPROVED */
};

/*
 * Ask once whether the code was approved. Every outcome is an answer to the state machine, so there
 * is no other result; `error` explains answer.err.
 */
void loom_native_poll(const struct loom_remote *server, const struct loom_secret *device_code,
                      struct loom_poll *out_poll, struct loom_error *error);

/*
 * Whose token is it? LOOM_ERR_REJECTED: the server itself, as JSON, answered 401; a 401 in any
 * other form came from something in between and says nothing (LOOM_ERR_BAD_ANSWER).
 */
LOOM_CHECKED enum loom_err loom_native_whoami(const struct loom_remote *server,
                                              const struct loom_secret *token,
                                              struct loom_account *out_account,
                                              struct loom_error *error);

enum loom_revocation {
    LOOM_REVOKED,            /* the server says so */
    LOOM_REVOKED_BEFORE,     /* 401 of the server itself: the token was dead already */
    LOOM_REVOKE_UNSUPPORTED, /* the server has no such call */
    LOOM_REVOKE_FAILED,      /* it could not be told: the token may live on */
};

/* End the token at the server. *out_revocation is set whatever the result. */
LOOM_CHECKED enum loom_err loom_native_logout(const struct loom_remote *server,
                                              const struct loom_secret *token,
                                              enum loom_revocation *out_revocation,
                                              struct loom_error *error);

#endif
