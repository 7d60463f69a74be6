/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server gives out (RFC 6749 section 5.1). Only for the room and its tests.
 */
#ifndef LOOM_OAUTH_TOKENS_H
#define LOOM_OAUTH_TOKENS_H

#include "oauth/exchange.h"

/* The access token alone; a Loom server may leave its type out. LOOM_ERR_BAD_ANSWER. */
LOOM_CHECKED enum loom_err loom_tokens_read_access(const struct loom_json *answer,
                                                   bool is_type_required,
                                                   struct loom_secret **out_access);

/*
 * All of it. The access token and its type must be what they have to be, and a refresh token, if
 * there is one, must be a token; a life or scope that cannot be read is unknown.
 */
LOOM_CHECKED enum loom_err loom_tokens_read(const struct loom_exchange *exchange,
                                            struct loom_tokens *out_tokens);

#endif
