/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hardens the process fails: it does not run half protected, but not at all. The linker leads
 * these calls through here (--wrap). Every test in a child: hardening changes a process for good.
 */
#include "scratch.h"

#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int calls;   /* made while it is hardened */
static int to_fail; /* this one, from 1; 0: none */

static bool fails(void) {
    bool is_due = ++calls == to_fail;
    if (is_due)
        errno = EPERM;
    return is_due;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real___open_2(const char *path, int flags); /* open() of a build that checks */
int __wrap___open_2(const char *path, int flags);
int __real_getrlimit(int which, struct rlimit *out_limit);
int __wrap_getrlimit(int which, struct rlimit *out_limit);
int __real_setrlimit(int which, const struct rlimit *limit);
int __wrap_setrlimit(int which, const struct rlimit *limit);
int __real_unsetenv(const char *name);
int __wrap_unsetenv(const char *name);
int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);
sighandler_t __real_signal(int number, sighandler_t handler);
sighandler_t __wrap_signal(int number, sighandler_t handler);

int __wrap_open(const char *path, int flags, ...) {
    return fails() ? -1 : __real_open(path, flags);
}

int __wrap___open_2(const char *path, int flags) {
    return fails() ? -1 : __real___open_2(path, flags);
}

int __wrap_getrlimit(int which, struct rlimit *out_limit) {
    return fails() ? -1 : __real_getrlimit(which, out_limit);
}

int __wrap_setrlimit(int which, const struct rlimit *limit) {
    return fails() ? -1 : __real_setrlimit(which, limit);
}

int __wrap_unsetenv(const char *name) {
    return fails() ? -1 : __real_unsetenv(name);
}

int __wrap_prctl(int option, ...) {
    va_list words;
    va_start(words, option);
    int word = va_arg(words, int);
    va_end(words);
    return fails() ? -1 : __real_prctl(option, word, 0, 0, 0);
}

sighandler_t __wrap_signal(int number, sighandler_t handler) {
    return fails() ? SIG_ERR : __real_signal(number, handler);
}

/* Stdin is closed, so that one more call is needed. */
static void check_one(void *argument) {
    const int *nth = argument;
    CHECK(close(STDIN_FILENO) == 0);
    calls = 0; /* a sanitizer has made some of its own */
    to_fail = *nth;
    CHECK(loom_process_harden() != LOOM_OK);
    CHECK(calls == to_fail); /* and it went no further */
}

static void count_all(void *unused) {
    (void)unused;
    CHECK(close(STDIN_FILENO) == 0);
    calls = 0;
    CHECK(loom_process_harden() == LOOM_OK);
    _exit(calls);
}

/* MEM-106 */
static void process_harden_that_fails_anywhere_is_told(void **unused) {
    (void)unused;
    int last = child_status(count_all, NULL);
    assert_in_range(last, 6, 40);
    for (int nth = 1; nth <= last; nth++)
        assert_child_passes(check_one, &nth);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_harden_that_fails_anywhere_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
