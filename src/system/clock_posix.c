/* SPDX-License-Identifier: Apache-2.0 */
#include "system/clock.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

/* poll(2) does not count the time that the machine slept, the deadline does: look once a second. */
enum { SLICE_MS = 1000 };

static int64_t now_ms(void *context) {
    (void)context;
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0 && clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t epoch_s(void *context) {
    (void)context;
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0 ? (int64_t)now.tv_sec : 0;
}

static int64_t deadline_after(int64_t duration_ms) {
    if (duration_ms <= 0)
        return 0;
    /* now_ms() drops a fraction; one more, so that no sleep is ever shorter than asked for. */
    int64_t now = now_ms(NULL) + 1;
    return duration_ms > INT64_MAX - now ? INT64_MAX : now + duration_ms;
}

static enum loom_err sleep_ms(void *context, int64_t duration_ms) {
    const int *stop_fd = context;
    struct pollfd stop = {.fd = stop_fd != NULL ? *stop_fd : -1, .events = POLLIN};
    int64_t deadline = deadline_after(duration_ms);
    for (;;) {
        int64_t left = deadline - now_ms(NULL);
        int slice = left <= 0 ? 0 : left < SLICE_MS ? (int)left : SLICE_MS;
        int ready = poll(&stop, 1, slice);
        if (ready > 0)
            return LOOM_ERR_INTERRUPTED;
        if (ready < 0 && errno != EINTR)
            return LOOM_ERR_INTERNAL;
        if (ready == 0 && left <= 0)
            return LOOM_OK;
    }
}

struct loom_clock loom_clock_system(const int *stop_fd) {
    /* A port's context is not const for the sake of fakes; this one is only read. */
    return (struct loom_clock){
        .context = (void *)(uintptr_t)stop_fd,
        .now_ms = now_ms,
        .epoch_s = epoch_s,
        .sleep_ms = sleep_ms,
    };
}
