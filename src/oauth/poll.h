/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a poll means to the flow, as far as both dialects agree. Only for the room.
 */
#ifndef LOOM_OAUTH_POLL_H
#define LOOM_OAUTH_POLL_H

#include "oauth/exchange.h"

/* `err` ends the flow. */
struct loom_flow_answer loom_poll_end(enum loom_err err);

/* No answer: lost on the way, which is not the end, or an answer that cannot be trusted. */
struct loom_flow_answer loom_poll_fail(enum loom_err err);

/* 429 or 5xx; `is_for_good`: the server wishes to be asked less from now on. */
struct loom_flow_answer loom_poll_busy(const struct loom_exchange *exchange, bool is_for_good);

/* Whatever else it says, an answer may name another interval, in seconds. 0: it does not. */
int64_t loom_poll_interval(const struct loom_exchange *exchange);

#endif
