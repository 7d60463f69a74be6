/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in, whatever dialect the server speaks (docs/PROTOCOL.md): a Loom server's own, or OAuth
 * 2.0 with the device grant (RFC 6749, 6750, 7009, 8414, 8628).
 *
 *     struct loom_remote server = {.http = &http, .origin = &origin, .ca_file = ca_file};
 *     err = loom_oauth_start(&server, &grant, error);              // a Loom server?
 *     if (err == LOOM_ERR_NOT_LOOM) {                              // or a standard one?
 *         struct loom_authority authority;
 *         err = loom_oauth_discover(&server, NULL, NULL, &authority, error);
 *         server.authority = &authority;
 *         err = loom_oauth_start(&server, &grant, error);
 *     }
 *     ... show grant.user_code and grant.page ...
 *     loom_oauth_poll(&server, grant.device_code, &poll, error);   // device_flow.h says when
 *     err = loom_oauth_whoami(&server, poll.tokens.access, &account, error);
 *     err = loom_oauth_refresh(&server, tokens.refresh, &newer, error);
 *     err = loom_oauth_revoke(&server, &tokens, &revocation, error);
 *
 * Success is a conjunction: the transfer is complete, the status is 2xx, the media type is JSON,
 * the text passes the JSON gate, the members are what they must be, and no `error` stands beside
 * them. Everything received is validated here; what passes may still be hostile text, never control
 * characters in a code or an address, and never a token that is none. No secret stands in an error.
 *
 * Errors of every call: those of loom_http.send, and LOOM_ERR_SERVER (429, 5xx), LOOM_ERR_NOT_LOOM
 * (404, 405, 501, or not JSON), LOOM_ERR_BAD_ANSWER (JSON that cannot be used, or any other
 * `error`), LOOM_ERR_DENIED (`access_denied`, `invalid_client`, `unauthorized_client`), with
 * http_status and, where the answer held one, oauth_error.
 */
#ifndef LOOM_OAUTH_OAUTH_H
#define LOOM_OAUTH_OAUTH_H

#include "base/account.h"
#include "base/error.h"
#include "base/origin.h"
#include "base/secret.h"
#include "oauth/device_flow.h"

#include <stdbool.h>
#include <stdint.h>

struct loom_http; /* http/http.h */

#define LOOM_CLIENT_ID "loom-cli" /* unless somebody says otherwise; a public client */
#define LOOM_SCOPE "openid offline_access"

enum {
    LOOM_USER_CODE_MAX = 64,           /* bytes */
    LOOM_CLIENT_ID_MAX = 255,          /* bytes */
    LOOM_SCOPE_MAX = 4096,             /* bytes */
    LOOM_ISSUER_MAX = LOOM_PAGE_MAX,   /* bytes */
    LOOM_FLOW_INTERVAL_STANDARD_S = 5, /* RFC 8628 section 3.2: when the server names none */
};

/* A token's life is bounded to a century: later than any clock of today, and safe to add to one. */
#define LOOM_TOKEN_LIFE_MOST_S INT64_C(3155760000)

/*
 * Who gives the tokens out, and where. A plain value: copied freely, nothing to clear. All zero is
 * a Loom server. An endpoint that is not there has the url "".
 */
struct loom_authority {
    bool is_standard;
    char issuer[LOOM_ISSUER_MAX + 1]; /* as the metadata spells it */
    struct loom_page device_authorization;
    struct loom_page token;
    struct loom_page revocation;
    struct loom_page userinfo;
    char client_id[LOOM_CLIENT_ID_MAX + 1];
    char scope[LOOM_SCOPE_MAX + 1]; /* asked for; "": no scope parameter */
};

/* Whom to ask, and how. The pointers are borrowed. */
struct loom_remote {
    const struct loom_http *http;
    const struct loom_origin *origin;
    const char *ca_file; /* more authorities, for the endpoints too; NULL: none */
    int timeout_ms;      /* of one exchange; 0: the client's default */
    const struct loom_authority *authority; /* NULL: a Loom server */
};

/* ---- Which server is it? ---- */

/*
 * Read what a standard server says about itself: RFC 8414 section 3, then OpenID Connect Discovery
 * section 4. `client_id` NULL is LOOM_CLIENT_ID. `scope` NULL is LOOM_SCOPE less what the server
 * does not know; "" asks for none; with one that lacks `openid`, whoever chose it, there is no
 * userinfo.
 * server->authority is not looked at.
 *
 * LOOM_ERR_USAGE: a client_id or scope that cannot be sent; nothing was asked. LOOM_ERR_NOT_LOOM:
 * no usable metadata at either place; with os_error EOPNOTSUPP: an OAuth server that offers no
 * device sign-in. LOOM_ERR_BAD_ANSWER: an endpoint that may not be asked (detail: its member's
 * name); with os_error EXDEV: another issuer than this server (detail: the one it names, if it can
 * be shown). Any of the network's errors at the first place is final.
 */
LOOM_CHECKED enum loom_err loom_oauth_discover(const struct loom_remote *server,
                                               const char *client_id, const char *scope,
                                               struct loom_authority *out_authority,
                                               struct loom_error *error);

/*
 * May `url` be an endpoint of `server`? https on any host; http on a loopback host only when the
 * server itself is http there; a query is allowed (RFC 6749 section 3.2), a fragment is not.
 * For what was remembered, too. LOOM_ERR_BAD_ANSWER: it may not.
 */
LOOM_CHECKED enum loom_err loom_oauth_endpoint_parse(const struct loom_origin *server,
                                                     const char *url, struct loom_page *out_page);

/* RFC 6749 appendix A.1 and section 3.3, within the caps above. A scope may be "". */
bool loom_oauth_is_client_id(const char *text);
bool loom_oauth_is_scope(const char *text);

/* Do they name the same scopes, in whatever order? */
bool loom_oauth_is_scope_equal(const char *a, const char *b);

/* ---- Sign in ---- */

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
LOOM_CHECKED enum loom_err loom_oauth_start(const struct loom_remote *server,
                                            struct loom_device_grant *out_grant,
                                            struct loom_error *error);

/* RFC 6749 section 5.1. */
struct loom_tokens {
    struct loom_secret *access;  /* owned */
    struct loom_secret *refresh; /* owned; NULL: none, or after a refresh: as before */
    bool has_life;
    int64_t life_s; /* from now on, 0 to LOOM_TOKEN_LIFE_MOST_S; valid if has_life */
    char *scope;    /* owned; what was granted. NULL: what was asked for */
    int64_t date_s; /* the server's clock with the answer, epoch seconds; 0: unknown */
};

#define LOOM_TOKENS_INIT                                                                           \
    { .access = NULL, .refresh = NULL, .scope = NULL }

/* Wipe, free, and make it empty again. */
void loom_tokens_clear(struct loom_tokens *tokens);

struct loom_poll {
    struct loom_flow_answer answer; /* what the state machine makes of it */
    struct loom_tokens tokens; /* owned; filled exactly when the answer is LOOM_FLOW_APPROVED */
};

/*
 * Ask once whether the code was approved. Every outcome is an answer to the state machine, so there
 * is no other result; `error` explains answer.err.
 */
void loom_oauth_poll(const struct loom_remote *server, const struct loom_secret *device_code,
                     struct loom_poll *out_poll, struct loom_error *error);

/* ---- What a token lives through ---- */

/*
 * Get new tokens for `refresh` (RFC 6749 section 6), once: a server may see to it that a refresh
 * token works only once, so a signal does not cut the request short once it is sent.
 * LOOM_ERR_REJECTED: `invalid_grant`, the refresh token is dead. LOOM_ERR_NOT_FOUND: nothing was
 * asked, the server has no such call.
 */
LOOM_CHECKED enum loom_err loom_oauth_refresh(const struct loom_remote *server,
                                              const struct loom_secret *refresh,
                                              struct loom_tokens *out_tokens,
                                              struct loom_error *error);

/*
 * Whose token is it? LOOM_ERR_REJECTED: the server itself answered 401: as JSON, or (a standard
 * one) with a challenge that says `invalid_token` (RFC 6750 section 3.1). A 401 in any other form
 * came from something in between and says nothing (LOOM_ERR_BAD_ANSWER). A standard server without
 * such an endpoint: LOOM_OK and an empty account, with nothing asked; also one that answers 403 and
 * `insufficient_scope`, for the token is no person's.
 */
LOOM_CHECKED enum loom_err loom_oauth_whoami(const struct loom_remote *server,
                                             const struct loom_secret *token,
                                             struct loom_account *out_account,
                                             struct loom_error *error);

/* From best to worst: of several tokens the worst outcome is what is told. */
enum loom_revocation {
    LOOM_REVOKED,            /* the server says so */
    LOOM_REVOKED_BEFORE,     /* 401 of the server itself: the token was dead already */
    LOOM_REVOKE_UNSUPPORTED, /* the server has no such call, or not for such a token */
    LOOM_REVOKE_FAILED,      /* it could not be told: the token may live on */
};

/*
 * End `tokens` at the server: the refresh token first, if there is one, then the access token; of
 * the rest of `tokens` nothing is looked at, and access may be NULL. *out_revocation is set
 * whatever the result, which is LOOM_OK, or the error behind the worst outcome. A standard server
 * without such an endpoint: LOOM_OK and LOOM_REVOKE_UNSUPPORTED, with nothing asked. Both requests
 * together take server->timeout_ms at most.
 */
LOOM_CHECKED enum loom_err loom_oauth_revoke(const struct loom_remote *server,
                                             const struct loom_tokens *tokens,
                                             enum loom_revocation *out_revocation,
                                             struct loom_error *error);

#endif
