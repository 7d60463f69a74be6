/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one clock of the server: CLOCK_MONOTONIC in milliseconds, the same that Python's
 * time.monotonic() reads, so that a test may compare its own times with those of the log.
 */
#ifndef SERVER_CLOCK_H
#define SERVER_CLOCK_H

#include <stdint.h>

int64_t dev_clock_now_ms(void);

#endif
