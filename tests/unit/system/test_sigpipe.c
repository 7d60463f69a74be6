/* SPDX-License-Identifier: Apache-2.0 */
#include "system/sigpipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static volatile sig_atomic_t caught;

static void count(int number) {
    (void)number;
    caught++;
}

static int catch_it(void **state) {
    struct sigaction action = {.sa_handler = count};
    (void)state;
    caught = 0;
    return sigaction(SIGPIPE, &action, NULL);
}

static int mask_of_sigpipe(void) {
    sigset_t mask;
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    return sigismember(&mask, SIGPIPE);
}

static void write_to_nobody(void) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    (void)close(fds[0]);
    assert_int_equal(write(fds[1], "x", 1), -1);
    (void)close(fds[1]);
}

static void hold_takes_what_comes_and_leaves_no_trace(void **state) {
    struct loom_sigpipe sigpipe;
    (void)state;
    loom_sigpipe_hold(&sigpipe);
    write_to_nobody();
    write_to_nobody();
    loom_sigpipe_release(&sigpipe);
    assert_int_equal(caught, 0);
    assert_int_equal(mask_of_sigpipe(), 0);
    write_to_nobody();
    assert_int_equal(caught, 1);
}

static void hold_within_a_hold_leaves_it_held(void **state) {
    struct loom_sigpipe outer, inner;
    (void)state;
    loom_sigpipe_hold(&outer);
    loom_sigpipe_hold(&inner);
    write_to_nobody();
    loom_sigpipe_release(&inner);
    assert_int_equal(mask_of_sigpipe(), 1);
    loom_sigpipe_release(&outer);
    assert_int_equal(caught, 0);
}

/* The caller has blocked it, and one waits: that is the caller's to find. */
static void release_leaves_what_waited_before(void **state) {
    struct loom_sigpipe sigpipe;
    sigset_t set, before;
    (void)state;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
    write_to_nobody();
    loom_sigpipe_hold(&sigpipe);
    write_to_nobody();
    loom_sigpipe_release(&sigpipe);
    assert_int_equal(caught, 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(caught, 1);
}

static void restore_puts_any_action_back(void **state) {
    struct loom_sigpipe_action action;
    struct sigaction now;
    (void)state;
    loom_sigpipe_note_action(&action);
    (void)signal(SIGPIPE, SIG_IGN);
    loom_sigpipe_restore_action(&action);
    assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(hold_takes_what_comes_and_leaves_no_trace, catch_it),
        cmocka_unit_test_setup(hold_within_a_hold_leaves_it_held, catch_it),
        cmocka_unit_test_setup(release_leaves_what_waited_before, catch_it),
        cmocka_unit_test_setup(restore_puts_any_action_back, catch_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
