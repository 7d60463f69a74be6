/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/device_flow.h"

enum { SECOND_MS = 1000, LAST_POLL_MS = 1000 };

static int64_t bounded(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

static int64_t interval_ms(int64_t interval_s) {
    return SECOND_MS * bounded(interval_s, LOOM_FLOW_INTERVAL_LEAST_S, LOOM_FLOW_INTERVAL_MOST_S);
}

static void end(struct loom_flow *flow, enum loom_err result) {
    flow->has_ended = true;
    flow->result = result;
}

void loom_flow_start(struct loom_flow *flow, int64_t asked_at_ms, int64_t now_ms,
                     const struct loom_flow_terms *terms) {
    int64_t life_ms = SECOND_MS * bounded(terms->life_s, 0, LOOM_FLOW_LIFE_MOST_S);
    *flow = (struct loom_flow){
        .interval_ms = interval_ms(terms->interval_s),
        .deadline_ms = asked_at_ms + life_ms,
        .result = LOOM_ERR_EXPIRED,
    };
    flow->next_poll_ms = now_ms + flow->interval_ms + LOOM_FLOW_MARGIN_MS;
    /* An interval as long as the code's life would never ask at all. No poll came before the first
     * one, so that one may come early, shortly before the end. */
    int64_t last_ms = flow->deadline_ms - LAST_POLL_MS;
    if (flow->next_poll_ms > last_ms && last_ms - now_ms >= LOOM_FLOW_INTERVAL_LEAST_S * SECOND_MS)
        flow->next_poll_ms = last_ms;
}

enum loom_flow_step loom_flow_next(struct loom_flow *flow, int64_t now_ms, int64_t *out_wait_ms) {
    if (!flow->has_ended && now_ms >= flow->deadline_ms)
        end(flow, flow->result);
    if (flow->has_ended)
        return LOOM_FLOW_END;
    if (now_ms >= flow->next_poll_ms)
        return LOOM_FLOW_POLL;
    int64_t until_ms =
        flow->next_poll_ms < flow->deadline_ms ? flow->next_poll_ms : flow->deadline_ms;
    *out_wait_ms = until_ms - now_ms;
    return LOOM_FLOW_WAIT;
}

/*
 * RFC 8628 section 3.5: "On encountering a connection timeout, clients MUST unilaterally reduce
 * their polling frequency before retrying. The use of an exponential backoff algorithm to achieve
 * this, such as doubling the polling interval on each such connection timeout, is RECOMMENDED."
 */
static int64_t backed_off_ms(const struct loom_flow *flow) {
    int64_t wait_ms = flow->interval_ms;
    for (unsigned i = 0; i < flow->failures && wait_ms < interval_ms(LOOM_FLOW_INTERVAL_MOST_S);
         i++)
        wait_ms *= 2;
    return bounded(wait_ms, flow->interval_ms, interval_ms(LOOM_FLOW_INTERVAL_MOST_S));
}

void loom_flow_take(struct loom_flow *flow, int64_t now_ms, const struct loom_flow_answer *answer) {
    if (answer->kind == LOOM_FLOW_APPROVED || answer->kind == LOOM_FLOW_FATAL) {
        end(flow, answer->kind == LOOM_FLOW_APPROVED ? LOOM_OK : answer->err);
        return;
    }
    bool is_lost = answer->kind == LOOM_FLOW_LOST;
    flow->was_answered = flow->was_answered || !is_lost;
    flow->result = flow->was_answered ? LOOM_ERR_EXPIRED : answer->err;
    flow->failures = is_lost || answer->kind == LOOM_FLOW_BUSY ? flow->failures + 1 : 0;
    /* "the interval MUST be increased by 5 seconds for this and all subsequent requests" */
    if (answer->kind == LOOM_FLOW_SLOW_DOWN)
        flow->interval_ms = bounded(flow->interval_ms + LOOM_FLOW_SLOW_DOWN_S * SECOND_MS, 0,
                                    interval_ms(LOOM_FLOW_INTERVAL_MOST_S));
    if (answer->interval_s > 0 && interval_ms(answer->interval_s) > flow->interval_ms)
        flow->interval_ms = interval_ms(answer->interval_s);
    int64_t wait_ms = backed_off_ms(flow);
    int64_t retry_ms = SECOND_MS * bounded(answer->retry_after_s, 0, LOOM_FLOW_LIFE_MOST_S);
    if (retry_ms > wait_ms)
        wait_ms = retry_ms;
    flow->next_poll_ms = now_ms + wait_ms + LOOM_FLOW_MARGIN_MS;
}

int64_t loom_flow_left_ms(const struct loom_flow *flow, int64_t now_ms) {
    return now_ms < flow->deadline_ms ? flow->deadline_ms - now_ms : 0;
}

enum loom_err loom_flow_result(const struct loom_flow *flow) {
    return flow->result;
}
