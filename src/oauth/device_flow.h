/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to poll, how long to wait and when to stop: the device flow as a pure state machine
 * (RFC 8628 sections 3.3 to 3.5, and a Loom server's own dialect). No clock, no network, no memory.
 *
 *     struct loom_flow flow;
 *     loom_flow_start(&flow, asked_at_ms, now_ms, &terms);
 *     for (;;) {
 *         int64_t wait_ms;
 *         switch (loom_flow_next(&flow, now_ms, &wait_ms)) {
 *         case LOOM_FLOW_WAIT:  sleep wait_ms;                                   break;
 *         case LOOM_FLOW_POLL:  ask; loom_flow_take(&flow, now_ms, &answer);     break;
 *         case LOOM_FLOW_END:   return loom_flow_result(&flow);
 *         }
 *     }
 *
 * All times are milliseconds of one clock that never goes back. A wait is counted from the end of
 * the last exchange, so a slow server is never asked faster than it wished. The code's life counts
 * from before it was asked for, so that this side gives up first.
 */
#ifndef LOOM_OAUTH_DEVICE_FLOW_H
#define LOOM_OAUTH_DEVICE_FLOW_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LOOM_FLOW_INTERVAL_LEAST_S = 1,
    LOOM_FLOW_INTERVAL_MOST_S = 60,
    LOOM_FLOW_SLOW_DOWN_S = 5, /* RFC 8628 section 3.5 */
    LOOM_FLOW_LIFE_MOST_S = 3600,
    LOOM_FLOW_MARGIN_MS = 25, /* on top of each wait: the server's clock is not ours */
};

struct loom_flow_terms {
    int64_t interval_s; /* bounded here to the limits above */
    int64_t life_s;     /* bounded above; 0 and less: the code is expired at once */
};

enum loom_flow_answer_kind {
    LOOM_FLOW_PENDING,
    LOOM_FLOW_SLOW_DOWN, /* 5 s more between polls, for good */
    LOOM_FLOW_APPROVED,
    LOOM_FLOW_BUSY,  /* 429 or 5xx: the server lives, but cannot at present */
    LOOM_FLOW_LOST,  /* no answer arrived: refused, reset, time-out, no name */
    LOOM_FLOW_FATAL, /* `err` ends the flow: expired, denied, an unusable answer, a signal */
};

struct loom_flow_answer {
    enum loom_flow_answer_kind kind;
    int64_t interval_s;    /* the answer's own interval; it only ever slows down. 0: none */
    int64_t retry_after_s; /* Retry-After; 0: none */
    enum loom_err err;     /* with LOST and FATAL */
};

enum loom_flow_step { LOOM_FLOW_WAIT, LOOM_FLOW_POLL, LOOM_FLOW_END };

struct loom_flow {
    int64_t interval_ms;
    int64_t deadline_ms;
    int64_t next_poll_ms;
    unsigned failures; /* polls in a row that brought no usable answer */
    bool was_answered; /* the server answered at least one poll */
    bool has_ended;
    enum loom_err result;
};

/* `asked_at_ms` is when the code was asked for, `now_ms` when it came. */
void loom_flow_start(struct loom_flow *flow, int64_t asked_at_ms, int64_t now_ms,
                     const struct loom_flow_terms *terms);

/* What to do now; *out_wait_ms is set with LOOM_FLOW_WAIT. Never polls at or past the deadline. */
enum loom_flow_step loom_flow_next(struct loom_flow *flow, int64_t now_ms, int64_t *out_wait_ms);

/* What a poll brought. */
void loom_flow_take(struct loom_flow *flow, int64_t now_ms, const struct loom_flow_answer *answer);

/* Milliseconds that the code lives on; 0 when it is over. */
int64_t loom_flow_left_ms(const struct loom_flow *flow, int64_t now_ms);

/*
 * After LOOM_FLOW_END: LOOM_OK (approved), LOOM_ERR_EXPIRED, the error of a fatal answer, or, when
 * no poll was ever answered, the network's.
 */
enum loom_err loom_flow_result(const struct loom_flow *flow);

#endif
