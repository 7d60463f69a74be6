/* SPDX-License-Identifier: Apache-2.0 */
/* The clock port over CLOCK_BOOTTIME and CLOCK_REALTIME; see base/clock.h. */
#ifndef LOOM_SYSTEM_CLOCK_H
#define LOOM_SYSTEM_CLOCK_H

#include "base/clock.h"

/*
 * `stop_fd` is what loom_signals_catch() returned: a sleep ends with LOOM_ERR_INTERRUPTED as soon
 * as it is readable. -1: sleeps are not interrupted. The pointed-to int must outlive the clock.
 */
struct loom_clock loom_clock_system(const int *stop_fd);

#endif
