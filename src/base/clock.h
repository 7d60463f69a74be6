/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock port: time and waiting, so that tests need neither.
 *
 * `now_ms` never goes back and counts the time that the machine slept (CLOCK_BOOTTIME): every
 * deadline is measured with it. `epoch_s` is the wall clock, for what is stored and shown.
 * `sleep_ms` returns LOOM_ERR_INTERRUPTED as soon as a signal asks the program to end.
 */
#ifndef LOOM_BASE_CLOCK_H
#define LOOM_BASE_CLOCK_H

#include "base/error.h"

#include <stdint.h>

struct loom_clock {
    void *context;
    int64_t (*now_ms)(void *context);
    int64_t (*epoch_s)(void *context);
    LOOM_CHECKED enum loom_err (*sleep_ms)(void *context, int64_t duration_ms);
};

#endif
