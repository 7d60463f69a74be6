/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a WWW-Authenticate field says about the token that was sent (RFC 9110 section 11.6.1, RFC
 * 6750 section 3). Only for the room and its tests.
 */
#ifndef LOOM_HTTP_CHALLENGE_H
#define LOOM_HTTP_CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>

/* Is there, among its challenges, one of the scheme Bearer with error="invalid_token"? */
bool loom_challenge_is_token_invalid(const char *value, size_t len);

#endif
