/* SPDX-License-Identifier: Apache-2.0 */
/* Every test in a child: these calls change the process for good. */
#include "scratch.h"

#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

static const int asking[] = {SIGINT, SIGTERM, SIGHUP};

static bool is_readable(int fd) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLIN) != 0;
}

static int catch_fresh(void) {
    for (size_t i = 0; i < 3; i++)
        CHECK(signal(asking[i], SIG_DFL) != SIG_ERR);
    int fd = loom_signals_catch();
    CHECK(fd >= 0);
    return fd;
}

static void check_stays_readable(void *argument) {
    int number = *(int *)argument;
    int fd = catch_fresh();
    CHECK(!is_readable(fd) && loom_signals_caught() == 0);
    errno = E2BIG;
    CHECK(raise(number) == 0);
    CHECK(errno == E2BIG);
    for (int i = 0; i < 3; i++)
        CHECK(is_readable(fd));
    CHECK(loom_signals_caught() == number);
}

static void signals_catch_descriptor_becomes_and_stays_readable(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int number = asking[i];
        assert_child_passes(check_stays_readable, &number);
    }
}

/* ---- The calls that set it up, led through here (--wrap) ---- */

static int fail_nth; /* this one fails, from 1; 0: none */

static bool fails(void) {
    bool is_due = fail_nth > 0 && --fail_nth == 0;
    if (is_due)
        errno = EMFILE;
    return is_due;
}

int __real_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags);
int __real_sigaction(int number, const struct sigaction *action, struct sigaction *out_before);
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *out_before);

int __wrap_pipe2(int fds[2], int flags) {
    return fails() ? -1 : __real_pipe2(fds, flags);
}

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *out_before) {
    return fails() ? -1 : __real_sigaction(number, action, out_before);
}

/* MEM-107: nothing is caught then, no descriptor stays open, and it can be tried again. */
static void check_no_set_up(void *argument) {
    CHECK(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    int first_free = dup(STDERR_FILENO);
    CHECK(first_free >= 0 && close(first_free) == 0);
    fail_nth = *(int *)argument;
    CHECK(loom_signals_catch() == -1);
    CHECK(fail_nth == 0);
    CHECK(signal(SIGINT, SIG_DFL) == SIG_DFL && signal(SIGTERM, SIG_DFL) == SIG_DFL);
    CHECK(signal(SIGHUP, SIG_IGN) == SIG_IGN);
    CHECK(dup(STDERR_FILENO) == first_free && close(first_free) == 0);
    CHECK(loom_signals_catch() >= 0);
}

static void signals_catch_that_cannot_be_set_up_changes_nothing(void **state) {
    (void)state;
    /* The pipe; to ask and to set for two signals, to ask for the one that is ignored. */
    for (int nth = 1; nth <= 6; nth++)
        assert_child_passes(check_no_set_up, &nth);
}

static void check_second_signal(void *argument) {
    const int *numbers = argument;
    (void)catch_fresh();
    CHECK(raise(numbers[0]) == 0);
    CHECK(usleep((LOOM_SIGNALS_ECHO_MS + 5) * 1000) == 0);
    (void)raise(numbers[1]);
}

/* The same one or another: who asks twice means it. */
static void signals_catch_second_signal_ends_the_program_at_once(void **state) {
    (void)state;
    for (size_t i = 0; i < 9; i++) {
        int numbers[] = {asking[i / 3], asking[i % 3]};
        assert_int_equal(child_status(check_second_signal, numbers), 256 + numbers[1]);
    }
}

static void check_echo(void *argument) {
    int number = *(int *)argument;
    int fd = catch_fresh();
    CHECK(raise(number) == 0 && raise(number) == 0);
    CHECK(raise(number == SIGINT ? SIGTERM : SIGINT) == 0);
    CHECK(is_readable(fd) && loom_signals_caught() == number);
}

/* timeout(1) and sudo(8) pass Ctrl-C on to a program that had it from the terminal already. */
static void signals_catch_signal_that_comes_twice_at_once_is_one(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int number = asking[i];
        assert_child_passes(check_echo, &number);
    }
}

static void check_ignored(void *argument) {
    int ignored = *(int *)argument;
    int other = ignored == SIGTERM ? SIGINT : SIGTERM;
    for (size_t i = 0; i < 3; i++)
        CHECK(signal(asking[i], asking[i] == ignored ? SIG_IGN : SIG_DFL) != SIG_ERR);
    int fd = loom_signals_catch();
    CHECK(fd >= 0);
    CHECK(raise(ignored) == 0);
    CHECK(!is_readable(fd) && loom_signals_caught() == 0);
    CHECK(raise(other) == 0);
    CHECK(is_readable(fd) && loom_signals_caught() == other);
    CHECK(raise(ignored) == 0); /* still, after another one was caught */
}

/* nohup; a job that a shell put into the background. */
static void signals_catch_ignored_signal_stays_ignored(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int number = asking[i];
        assert_child_passes(check_ignored, &number);
    }
}

static void check_descriptor(void *argument) {
    (void)argument;
    int fd = catch_fresh();
    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK(loom_signals_catch() == fd);
}

static void signals_catch_descriptor_is_not_inherited(void **state) {
    assert_child_passes(check_descriptor, *state);
}

static void check_blocking_call(void *argument) {
    (void)argument;
    (void)catch_fresh();
    int ends[2];
    char byte;
    CHECK(pipe(ends) == 0);
    pid_t parent = getpid();
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        (void)usleep(20000);
        _exit(kill(parent, SIGINT) == 0 ? 0 : 1);
    }
    CHECK(read(ends[0], &byte, 1) == -1 && errno == EINTR);
    CHECK(loom_signals_caught() == SIGINT);
    CHECK(child_wait(pid) == 0);
}

static void signals_catch_blocking_call_is_interrupted(void **state) {
    assert_child_passes(check_blocking_call, *state);
}

static void check_no_descriptors(void *argument) {
    (void)argument;
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 0;
    CHECK(signal(SIGTERM, SIG_DFL) != SIG_ERR && setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(loom_signals_catch() == -1);
    CHECK(loom_signals_caught() == 0);
    (void)raise(SIGTERM);
}

static void signals_catch_impossible_leaves_the_default_action(void **state) {
    assert_int_equal(child_status(check_no_descriptors, *state), 256 + SIGTERM);
}

static void check_raise(void *argument) {
    int number = *(int *)argument;
    (void)catch_fresh();
    sigset_t all;
    CHECK(sigfillset(&all) == 0);
    CHECK(raise(number) == 0);
    CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0); /* even so */
    loom_signals_raise();
    CHECK(false);
}

static void signals_raise_ends_the_program_as_the_signal_would_have(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int number = asking[i];
        assert_int_equal(child_status(check_raise, &number), 256 + number);
    }
}

static void check_raise_nothing(void *argument) {
    (void)argument;
    loom_signals_raise();
    (void)catch_fresh();
    loom_signals_raise();
    CHECK(loom_signals_caught() == 0);
}

static void signals_raise_without_a_signal_does_nothing(void **state) {
    assert_child_passes(check_raise_nothing, *state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_catch_descriptor_becomes_and_stays_readable),
        cmocka_unit_test(signals_catch_that_cannot_be_set_up_changes_nothing),
        cmocka_unit_test(signals_catch_second_signal_ends_the_program_at_once),
        cmocka_unit_test(signals_catch_signal_that_comes_twice_at_once_is_one),
        cmocka_unit_test(signals_catch_ignored_signal_stays_ignored),
        cmocka_unit_test(signals_catch_descriptor_is_not_inherited),
        cmocka_unit_test(signals_catch_blocking_call_is_interrupted),
        cmocka_unit_test(signals_catch_impossible_leaves_the_default_action),
        cmocka_unit_test(signals_raise_ends_the_program_as_the_signal_would_have),
        cmocka_unit_test(signals_raise_without_a_signal_does_nothing),
    };
    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
