/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include "system/clock.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

/* Which clock was asked last: clock_gettime(2) goes through this file (--wrap). */
static clockid_t asked;

int __real_clock_gettime(clockid_t clock, struct timespec *out_time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out_time);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out_time) {
    asked = clock;
    return __real_clock_gettime(clock, out_time);
}

static int64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void clock_now_never_goes_back_and_moves_on(void **state) {
    (void)state;
    struct loom_clock clock = loom_clock_system(NULL);
    int64_t first = clock.now_ms(clock.context);
    int64_t before = first;
    assert_true(first > 0);
    while (before < first + 3) {
        int64_t now = clock.now_ms(clock.context);
        assert_true(now >= before);
        before = now;
    }
}

/* Deadlines count the time that the machine slept. */
static void clock_now_is_the_time_since_boot(void **state) {
    (void)state;
    struct loom_clock clock = loom_clock_system(NULL);
    struct timespec boot;
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &boot), 0);
    int64_t now = clock.now_ms(clock.context) - (int64_t)boot.tv_sec * 1000;
    assert_int_equal(asked, CLOCK_BOOTTIME);
    assert_in_range(now, 0, 10000);
}

static void clock_epoch_is_the_wall_clock(void **state) {
    (void)state;
    struct loom_clock clock = loom_clock_system(NULL);
    int64_t now = (int64_t)time(NULL);
    assert_in_range(clock.epoch_s(clock.context) - now, 0, 10);
}

static void assert_sleeps(const struct loom_clock *clock, int64_t duration_ms, int64_t most_ms) {
    int64_t start = now_ns();
    assert_int_equal(clock->sleep_ms(clock->context, duration_ms), LOOM_OK);
    int64_t took = now_ns() - start;
    assert_true(took >= duration_ms * 1000000 && took < most_ms * 1000000);
}

static void clock_sleep_is_never_too_short(void **state) {
    (void)state;
    static const int none = -1;
    const struct loom_clock without = loom_clock_system(NULL);
    const struct loom_clock with_none = loom_clock_system(&none);
    static const int64_t durations[] = {1, 1, 1, 2, 2, 3, 7};
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        assert_sleeps(&without, durations[i], 2000);
        assert_sleeps(&with_none, durations[i], 2000);
    }
    assert_sleeps(&with_none, 1015, 4000); /* more than one look at the clock */
}

static void clock_sleep_of_nothing_returns_at_once(void **state) {
    (void)state;
    struct loom_clock clock = loom_clock_system(NULL);
    static const int64_t durations[] = {0, -1, INT64_MIN};
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        int64_t start = elapsed_ms();
        assert_int_equal(clock.sleep_ms(clock.context, durations[i]), LOOM_OK);
        assert_true(elapsed_ms() - start < 500);
    }
}

static void clock_sleep_ends_when_the_stop_descriptor_is_readable(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct loom_clock clock = loom_clock_system(&ends[0]);
    assert_sleeps(&clock, 5, 2000); /* not yet */
    assert_int_equal(write(ends[1], "", 1), 1);
    static const int64_t durations[] = {0, 1, 60000, INT64_MAX};
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        int64_t start = elapsed_ms();
        assert_int_equal(clock.sleep_ms(clock.context, durations[i]), LOOM_ERR_INTERRUPTED);
        assert_true(elapsed_ms() - start < 500);
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void clock_sleep_ends_as_soon_as_it_becomes_readable(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)usleep(30000);
        _exit(write(ends[1], "", 1) == 1 ? 0 : 1);
    }
    struct loom_clock clock = loom_clock_system(&ends[0]);
    int64_t start = elapsed_ms();
    assert_int_equal(clock.sleep_ms(clock.context, 25000), LOOM_ERR_INTERRUPTED);
    assert_true(elapsed_ms() - start < 5000);
    assert_int_equal(child_wait(pid), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void on_alarm(int number) {
    (void)number;
}

/* Other signals (a child that ended, a window that changed) are no reason to wake up early. */
static void clock_sleep_goes_on_after_other_signals(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval often = {.it_interval = {.tv_usec = 300}, .it_value = {.tv_usec = 1}};
    const struct itimerval never = {.it_value = {0}};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    struct loom_clock clock = loom_clock_system(NULL);
    for (int i = 0; i < 10; i++)
        assert_sleeps(&clock, 5, 5000);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_now_never_goes_back_and_moves_on),
        cmocka_unit_test(clock_now_is_the_time_since_boot),
        cmocka_unit_test(clock_epoch_is_the_wall_clock),
        cmocka_unit_test(clock_sleep_is_never_too_short),
        cmocka_unit_test(clock_sleep_of_nothing_returns_at_once),
        cmocka_unit_test(clock_sleep_ends_when_the_stop_descriptor_is_readable),
        cmocka_unit_test(clock_sleep_ends_as_soon_as_it_becomes_readable),
        cmocka_unit_test(clock_sleep_goes_on_after_other_signals),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
