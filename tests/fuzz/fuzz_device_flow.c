/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device flow under a server that says any numbers: the terms, then seven bytes an answer (its
 * kind, interval, Retry-After, and how long it took). When the input is at its end, the server says
 * "pending" for good. The flow asks no faster than it may, never past the code's life, and ends.
 */
#include "fuzz/fuzz.h"
#include "oauth/device_flow.h"

#include <string.h>

enum { SECOND_MS = 1000, STEPS_MAX = 20000 };

/* A signed number of any size out of two bytes: the first says which power of two, the second adds.
 */
static int64_t take_any(struct fuzz_input *input) {
    unsigned char power = fuzz_take_byte(input), rest = fuzz_take_byte(input);
    int64_t number = (power % 64 == 63 ? INT64_MAX - 255 : (INT64_C(1) << (power % 64)) - 1) + rest;
    return power >= 128 ? -number : number;
}

struct run {
    struct loom_flow flow;
    int64_t now_ms;
    int64_t least_ms;      /* between polls, as it stands */
    int64_t not_before_ms; /* the next poll; 0: any time */
    int64_t polls;
};

static int64_t bounded(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

/* What the answer asks for, reckoned from RFC 8628 and not from the code. */
static void note(struct run *run, const struct loom_flow_answer *answer) {
    int64_t most_ms = LOOM_FLOW_INTERVAL_MOST_S * SECOND_MS;
    int64_t asked_ms = bounded(answer->interval_s, 0, LOOM_FLOW_INTERVAL_MOST_S) * SECOND_MS;
    if (answer->kind == LOOM_FLOW_SLOW_DOWN)
        run->least_ms = bounded(run->least_ms + 5 * SECOND_MS, 0, most_ms);
    if (asked_ms > run->least_ms)
        run->least_ms = asked_ms;
    int64_t retry_ms = bounded(answer->retry_after_s, 0, LOOM_FLOW_LIFE_MOST_S) * SECOND_MS;
    run->not_before_ms = run->now_ms + (retry_ms > run->least_ms ? retry_ms : run->least_ms);
}

static void poll(struct run *run, struct fuzz_input *input) {
    bool is_over = input->len == 0;
    struct loom_flow_answer answer = {
        .kind = (enum loom_flow_answer_kind)(fuzz_take_byte(input) % (LOOM_FLOW_FATAL + 1)),
        .interval_s = take_any(input),
        .retry_after_s = take_any(input),
        .err = LOOM_ERR_UNREACHABLE,
    };
    if (is_over)
        answer = (struct loom_flow_answer){.kind = LOOM_FLOW_PENDING};
    FUZZ_CHECK(run->now_ms >= run->not_before_ms);
    FUZZ_CHECK(loom_flow_left_ms(&run->flow, run->now_ms) > 0);
    run->polls++;
    run->now_ms += fuzz_take_number(input);
    loom_flow_take(&run->flow, run->now_ms, &answer);
    note(run, &answer);
    if (answer.kind != LOOM_FLOW_APPROVED && answer.kind != LOOM_FLOW_FATAL)
        return;
    FUZZ_CHECK(loom_flow_next(&run->flow, run->now_ms, &run->now_ms) == LOOM_FLOW_END);
    FUZZ_CHECK(loom_flow_result(&run->flow) ==
               (answer.kind == LOOM_FLOW_APPROVED ? LOOM_OK : answer.err));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    struct loom_flow_terms terms = {.interval_s = take_any(&input), .life_s = take_any(&input)};
    struct run run = {.now_ms = 1000000 + fuzz_take_number(&input)};
    int64_t asked_at_ms = 1000000, life_s = bounded(terms.life_s, 0, LOOM_FLOW_LIFE_MOST_S);
    int64_t deadline_ms = asked_at_ms + life_s * SECOND_MS;
    loom_flow_start(&run.flow, asked_at_ms, run.now_ms, &terms);
    run.least_ms =
        bounded(terms.interval_s, LOOM_FLOW_INTERVAL_LEAST_S, LOOM_FLOW_INTERVAL_MOST_S) *
        SECOND_MS;
    /* The first poll of a code that lives no longer than one interval may come early. */
    run.not_before_ms = run.now_ms + SECOND_MS;
    enum loom_flow_step step;
    int64_t wait_ms = 0;
    size_t steps = 0;
    while ((step = loom_flow_next(&run.flow, run.now_ms, &wait_ms)) != LOOM_FLOW_END) {
        FUZZ_CHECK(++steps < STEPS_MAX && run.now_ms < deadline_ms);
        if (step == LOOM_FLOW_POLL) {
            poll(&run, &input);
            continue;
        }
        FUZZ_CHECK(wait_ms > 0 && run.now_ms + wait_ms <= deadline_ms);
        run.now_ms += wait_ms;
    }
    FUZZ_CHECK(run.polls <= life_s + 1);
    FUZZ_CHECK(loom_flow_next(&run.flow, run.now_ms, &wait_ms) == LOOM_FLOW_END);
    FUZZ_CHECK(run.polls > 0 || loom_flow_result(&run.flow) == LOOM_ERR_EXPIRED);
    return 0;
}
