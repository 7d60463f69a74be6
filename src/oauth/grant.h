/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to the first question of the device flow (RFC 8628 section 3.2), in both dialects: a
 * Loom server names its page `verification_url`, as some others do. Only for the room.
 */
#ifndef LOOM_OAUTH_GRANT_H
#define LOOM_OAUTH_GRANT_H

#include "oauth/exchange.h"

/*
 * Judge the whole answer and read the grant out of it. `interval_s` is the dialect's own, when the
 * answer names none. LOOM_ERR_DENIED, LOOM_ERR_EXPIRED, LOOM_ERR_BAD_ANSWER, LOOM_ERR_SERVER,
 * LOOM_ERR_NOT_LOOM.
 */
LOOM_CHECKED enum loom_err loom_grant_take(const struct loom_remote *server,
                                           const struct loom_exchange *exchange, int64_t interval_s,
                                           struct loom_device_grant *out_grant,
                                           struct loom_error *error);

#endif
