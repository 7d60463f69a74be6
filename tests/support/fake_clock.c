/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fake_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

enum { SLEEPS_MAX = 100000 };

void fake_clock_pass(struct fake_clock *clock, int64_t duration_ms) {
    clock->now_ms += duration_ms;
    clock->wall_ms += duration_ms;
}

static int64_t now_ms(void *context) {
    const struct fake_clock *clock = context;
    return clock->now_ms;
}

static int64_t epoch_s(void *context) {
    const struct fake_clock *clock = context;
    return clock->wall_ms / 1000;
}

static enum loom_err sleep_ms(void *context, int64_t duration_ms) {
    struct fake_clock *clock = context;
    if (duration_ms <= 0)
        fail_msg("a sleep of %lld ms", (long long)duration_ms);
    if (++clock->sleeps > SLEEPS_MAX)
        fail_msg("it sleeps for ever");
    if (duration_ms > clock->longest_ms)
        clock->longest_ms = duration_ms;
    if (clock->stop_at_ms > 0 && clock->now_ms + duration_ms >= clock->stop_at_ms) {
        if (clock->now_ms < clock->stop_at_ms)
            fake_clock_pass(clock, clock->stop_at_ms - clock->now_ms);
        return LOOM_ERR_INTERRUPTED;
    }
    if (clock->suspend_ms > 0 && clock->now_ms >= clock->suspend_at_ms) {
        fake_clock_pass(clock, clock->suspend_ms);
        clock->suspend_ms = 0;
    }
    fake_clock_pass(clock, duration_ms);
    if (clock->meanwhile != NULL)
        clock->meanwhile(clock->meanwhile_context);
    return LOOM_OK;
}

struct loom_clock fake_clock_port(struct fake_clock *clock) {
    return (struct loom_clock){clock, now_ms, epoch_s, sleep_ms};
}
