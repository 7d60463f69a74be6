/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/poll.h"

struct loom_flow_answer loom_poll_end(enum loom_err err) {
    return (struct loom_flow_answer){.kind = LOOM_FLOW_FATAL, .err = err};
}

struct loom_flow_answer loom_poll_fail(enum loom_err err) {
    static const enum loom_err passing[] = {LOOM_ERR_NO_HOST, LOOM_ERR_UNREACHABLE,
                                            LOOM_ERR_TIMEOUT, LOOM_ERR_PROXY};
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (err == passing[i])
            return (struct loom_flow_answer){.kind = LOOM_FLOW_LOST, .err = err};
    return loom_poll_end(err);
}

struct loom_flow_answer loom_poll_busy(const struct loom_exchange *exchange, bool is_for_good) {
    int64_t retry_after_s = exchange->response.retry_after_s;
    return (struct loom_flow_answer){
        .kind = is_for_good ? LOOM_FLOW_SLOW_DOWN : LOOM_FLOW_BUSY,
        .retry_after_s = retry_after_s > 0 ? retry_after_s : 0,
    };
}

int64_t loom_poll_interval(const struct loom_exchange *exchange) {
    int64_t interval_s = 0;
    if (exchange->json == NULL ||
        loom_json_get_clamped(exchange->json, "interval", 0, LOOM_FLOW_INTERVAL_MOST_S,
                              &interval_s) != LOOM_OK)
        return 0;
    return interval_s;
}
