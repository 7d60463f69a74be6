/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body of the type application/x-www-form-urlencoded, as RFC 6749 appendix B wants it. Only for
 * the room and its tests.
 *
 *     LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(LOOM_FORM_MAX);
 *     if (loom_form_add(&body, "client_id", "loom-cli") != LOOM_OK) ...
 *     if (loom_form_add_secret(&body, "token", token) != LOOM_OK) ...
 *     err = loom_form_post(server, &authority->revocation, &body, &exchange, error);
 *
 * The buffer wipes itself, and nothing of a value stays elsewhere.
 */
#ifndef LOOM_OAUTH_FORM_H
#define LOOM_OAUTH_FORM_H

#include "base/secret.h"
#include "oauth/exchange.h"

/* One token, of which each byte may take three, and all that stands beside it. */
enum { LOOM_FORM_MAX = 3 * LOOM_TOKEN_MAX + 32 * 1024 };

/* LOOM_ERR_INTERNAL: past the ceiling, or no memory; part of the pair may stand there then. */
LOOM_CHECKED enum loom_err loom_form_add(struct loom_buffer *body, const char *name,
                                         const char *value);

LOOM_CHECKED enum loom_err loom_form_add_secret(struct loom_buffer *body, const char *name,
                                                const struct loom_secret *value);

/* Does `text` repeat the secret, as it is or as a form has it? When in doubt it does. */
bool loom_form_has_secret(const char *text, const struct loom_secret *secret);

/* The call that posts it to an endpoint; it borrows both. */
struct loom_call loom_form_call(const struct loom_page *endpoint, const struct loom_buffer *body);

/* Post it to an endpoint. Errors: those of loom_http.send. */
LOOM_CHECKED enum loom_err loom_form_post(const struct loom_remote *server,
                                          const struct loom_page *endpoint,
                                          const struct loom_buffer *body,
                                          struct loom_exchange *out_exchange,
                                          struct loom_error *error);

#endif
