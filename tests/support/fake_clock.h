/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock port without time: a sleep only moves the hands.
 *
 *     struct fake_clock clock = FAKE_CLOCK_INIT;
 *     struct loom_clock port = fake_clock_port(&clock);
 *     clock.stop_at_ms = clock.now_ms + 2500;      // Ctrl-C, two and a half seconds from now
 *
 * Both clocks run together until a test sets one of them. A test that would sleep for ever fails.
 */
#ifndef LOOM_TESTS_FAKE_CLOCK_H
#define LOOM_TESTS_FAKE_CLOCK_H

#include "base/clock.h"

#include <stddef.h>
#include <stdint.h>

struct fake_clock {
    int64_t now_ms;                   /* the one that never goes back */
    int64_t wall_ms;                  /* the one on the wall, since the epoch */
    int64_t stop_at_ms;               /* from this `now_ms` on a sleep is interrupted; 0: never */
    int64_t suspend_at_ms;            /* the sleep that begins at this `now_ms` or later ... */
    int64_t suspend_ms;               /* ... takes so much longer, once; 0: none */
    void (*meanwhile)(void *context); /* what others do in each sleep; NULL: nothing */
    void *meanwhile_context;
    size_t sleeps;
    int64_t longest_ms; /* the longest sleep that was asked for */
};

#define FAKE_CLOCK_INIT                                                                            \
    { .now_ms = INT64_C(5000000), .wall_ms = INT64_C(1700000000000) }

struct loom_clock fake_clock_port(struct fake_clock *clock);

/* Let time go by. */
void fake_clock_pass(struct fake_clock *clock, int64_t duration_ms);

#endif
