/* SPDX-License-Identifier: Apache-2.0 */
/* A program that is run to its end: what it gets, what comes back, and that it always ends. */
#include "scratch.h"

#include "system/child.h"
#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { LONG_MS = 30000, SHORT_MS = 150, CEILING = 4096, BIG = 4 * 1024 * 1024 };

struct seen {
    enum loom_err err;
    struct loom_child_outcome outcome;
    struct loom_buffer out;
    struct loom_buffer errors;
};

static struct seen run_order(struct loom_child_order order) {
    struct seen seen = {.outcome = {.status = 4711, .signal = 4711},
                        .out = LOOM_BUFFER_INIT(CEILING),
                        .errors = LOOM_BUFFER_INIT(CEILING)};
    if (order.deadline_ms == 0)
        order.deadline_ms = LONG_MS;
    if (order.stop_fd == 0)
        order.stop_fd = -1;
    seen.err = loom_child_run(&order, &seen.out, &seen.errors, &seen.outcome);
    return seen;
}

static void forget(struct seen *seen) {
    loom_buffer_clear(&seen->out);
    loom_buffer_clear(&seen->errors);
}

#define RUN_WITH(script_, ...)                                                                     \
    run_order((struct loom_child_order){                                                           \
        .path = "/bin/sh", .argv = (const char *const[]){"sh", "-c", script_, NULL}, __VA_ARGS__})

#define RUN(script_) RUN_WITH(script_, .input = NULL)

/* Nothing of this test's is left, neither running nor dead. */
static void assert_no_children(void) {
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void assert_seen(struct seen seen, int status, const char *out, const char *errors) {
    assert_int_equal(seen.err, LOOM_OK);
    assert_int_equal(seen.outcome.status, status);
    assert_int_equal(seen.outcome.signal, 0);
    assert_false(seen.outcome.is_errors_cut);
    assert_string_equal(loom_buffer_text(&seen.out), out);
    assert_string_equal(loom_buffer_text(&seen.errors), errors);
    forget(&seen);
    assert_no_children();
}

static void child_run_gives_bytes_and_takes_them(void **state) {
    (void)state;
    assert_seen(RUN_WITH("cat; echo trouble >&2; exit 3", .input = "a\0b\n", .input_len = 4), 3,
                "a", "trouble\n");
    struct seen seen = RUN_WITH("cat", .input = "a\0b\n", .input_len = 4);
    assert_int_equal(seen.out.len, 4);
    assert_memory_equal(seen.out.data, "a\0b\n", 4);
    forget(&seen);
    assert_seen(RUN("exit 0"), 0, "", "");
    assert_seen(RUN_WITH("cat", .input = "", .input_len = 0), 0, "", "");
}

static void child_run_without_input_reads_nothing(void **state) {
    (void)state;
    assert_seen(RUN("readlink /proc/self/fd/0; cat"), 0, "/dev/null\n", "");
}

static void child_run_appends_to_what_is_there(void **state) {
    (void)state;
    const struct loom_child_order order = {
        .path = "/bin/sh",
        .argv = (const char *const[]){"sh", "-c", "echo two; echo lost >&2", NULL},
        .deadline_ms = LONG_MS,
        .stop_fd = -1};
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(CEILING);
    struct loom_child_outcome outcome;
    assert_int_equal(loom_buffer_add_text(&out, "one\n"), LOOM_OK);
    assert_int_equal(loom_child_run(&order, &out, NULL, &outcome), LOOM_OK);
    assert_string_equal(out.data, "one\ntwo\n");
    assert_int_equal(loom_child_run(&order, NULL, NULL, &outcome), LOOM_OK);
}

static void child_run_tells_the_signal_that_ended_it(void **state) {
    (void)state;
    struct seen seen = RUN("echo before; kill -USR1 $$");
    assert_int_equal(seen.err, LOOM_OK);
    assert_int_equal(seen.outcome.status, -1);
    assert_int_equal(seen.outcome.signal, SIGUSR1);
    assert_string_equal(loom_buffer_text(&seen.out), "before\n");
    forget(&seen);
    assert_no_children();
}

static void child_run_of_a_missing_program_is_not_found(void **state) {
    const struct scratch *scratch = *state;
    static const char *const names[] = {"nowhere", "text", "folder", "broken", "text/below"};
    scratch_write(scratch, "text", 0644, "#!/bin/sh\n");
    scratch_write(scratch, "broken", 0755, "#!/nonexistent/interpreter\n");
    assert_int_equal(mkdir(scratch_path(scratch, "folder"), 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct seen seen =
            run_order((struct loom_child_order){.path = scratch_path(scratch, names[i]),
                                                .argv = (const char *const[]){"it", NULL},
                                                .stop_fd = -1});
        assert_int_equal(seen.err, LOOM_ERR_NOT_FOUND);
        assert_int_equal(seen.outcome.status, 4711);
        forget(&seen);
    }
    assert_no_children();
}

static void child_run_past_the_deadline_ends_it(void **state) {
    (void)state;
    int64_t began = elapsed_ms();
    struct seen seen = RUN_WITH("exec sleep 300", .deadline_ms = SHORT_MS);
    assert_int_equal(seen.err, LOOM_ERR_TIMEOUT);
    assert_in_range(elapsed_ms() - began, SHORT_MS, LONG_MS - 1);
    assert_int_equal(seen.outcome.status, 4711);
    forget(&seen);
    assert_no_children();
}

static void child_run_that_will_not_end_is_killed(void **state) {
    (void)state;
    int64_t began = elapsed_ms();
    struct seen seen =
        RUN_WITH("trap '' TERM HUP INT; while :; do sleep 300; done", .deadline_ms = SHORT_MS);
    assert_int_equal(seen.err, LOOM_ERR_TIMEOUT);
    assert_in_range(elapsed_ms() - began, SHORT_MS, LONG_MS - 1);
    forget(&seen);
    assert_no_children();
}

/* Runs a script that says itself, through the pipe of that name, when it is to be ended. */
static void end_when_ready(const struct scratch *scratch, const char *script) {
    assert_int_equal(mkfifo(scratch_path(scratch, "ready"), 0600), 0);
    int fd = open(scratch_path(scratch, "ready"), O_RDWR | O_CLOEXEC);
    assert_true(fd > 0);
    struct seen seen = RUN_WITH(script, .folder = scratch->path, .stop_fd = fd);
    assert_int_equal(seen.err, LOOM_ERR_INTERRUPTED);
    assert_int_equal(seen.outcome.status, 4711);
    assert_int_equal(close(fd), 0);
    forget(&seen);
    assert_no_children();
}

/* The number that a script left in the file "pid". */
static pid_t left_pid(const struct scratch *scratch) {
    char line[32] = "";
    int fd = open(scratch_path(scratch, "pid"), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && read(fd, line, sizeof line - 1) > 1);
    assert_int_equal(close(fd), 0);
    return (pid_t)strtol(line, NULL, 10);
}

/* Gone, or dead and not yet waited for by init? */
static bool is_dead(pid_t pid) {
    char path[64], stat[256] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true;
    ssize_t len = read(fd, stat, sizeof stat - 1);
    (void)close(fd);
    return len <= 0 || strstr(stat, ") Z ") != NULL;
}

static void child_run_that_is_ended_takes_its_group_along(void **state) {
    const struct scratch *scratch = *state;
    end_when_ready(scratch, "trap '' TERM; sleep 300 & echo $! >pid; "
                            "echo >ready; exec sleep 300");
    pid_t other = left_pid(scratch);
    for (int64_t began = elapsed_ms(); !is_dead(other); (void)usleep(1000))
        assert_in_range(elapsed_ms() - began, 0, LONG_MS);
}

/* git takes its lock files away when it is asked to end, and cannot when it is killed. */
static void child_run_that_is_ended_may_tidy_up(void **state) {
    const struct scratch *scratch = *state;
    end_when_ready(scratch, "trap 'echo tidy >done; exit 0' TERM; "
                            "sleep 300 & echo >ready; wait");
    assert_true(scratch_holds(scratch, "done", "tidy\n"));
}

static void child_run_that_closes_its_streams_is_waited_for(void **state) {
    (void)state;
    assert_seen(RUN_WITH("exec <&- >&- 2>&-; sleep 0.1; exit 5", .input = "x", .input_len = 1), 5,
                "", "");
    struct seen seen = RUN_WITH("exec <&- >&- 2>&-; exec sleep 300", .deadline_ms = SHORT_MS);
    assert_int_equal(seen.err, LOOM_ERR_TIMEOUT);
    forget(&seen);
    assert_no_children();
}

static void child_run_output_above_the_ceiling_is_refused(void **state) {
    (void)state;
    char exact[CEILING + 1];
    memset(exact, 'x', CEILING);
    exact[CEILING] = '\0';
    assert_seen(RUN("printf '%4096s' | tr ' ' x"), 0, exact, "");
    struct seen seen = RUN("printf '%4097s' | tr ' ' x");
    assert_int_equal(seen.err, LOOM_ERR_BAD_ANSWER);
    forget(&seen);
    seen = RUN("while :; do echo more; done");
    assert_int_equal(seen.err, LOOM_ERR_BAD_ANSWER);
    assert_in_range(seen.out.len, 0, CEILING);
    forget(&seen);
    assert_no_children();
}

static void child_run_errors_above_the_ceiling_are_dropped(void **state) {
    (void)state;
    struct seen seen = RUN("printf '%70000s' >&2; echo out; exit 4");
    assert_int_equal(seen.err, LOOM_OK);
    assert_int_equal(seen.outcome.status, 4);
    assert_true(seen.outcome.is_errors_cut);
    assert_int_equal(seen.errors.len, CEILING);
    assert_string_equal(loom_buffer_text(&seen.out), "out\n");
    forget(&seen);
    seen = RUN_WITH("while :; do echo more >&2; done", .deadline_ms = SHORT_MS);
    assert_int_equal(seen.err, LOOM_ERR_TIMEOUT);
    assert_int_equal(seen.errors.len, CEILING);
    forget(&seen);
    assert_no_children();
}

/* It lives on, with the pipes open: a daemon that a helper starts does. */
static void child_run_does_not_wait_for_whom_it_leaves_behind(void **state) {
    const struct scratch *scratch = *state;
    char line[512];
    (void)snprintf(line, sizeof line, "sleep 300 & echo $! >'%s'; echo mine; exit 6",
                   scratch_path(scratch, "pid"));
    int64_t began = elapsed_ms();
    assert_seen(RUN(line), 6, "mine\n", "");
    assert_in_range(elapsed_ms() - began, 0, LONG_MS - 1);
    assert_int_equal(kill(left_pid(scratch), SIGKILL), 0);
}

static void child_run_big_input_that_nobody_reads_is_dropped(void **state) {
    (void)state;
    char *big = calloc(1, BIG);
    assert_non_null(big);
    assert_seen(RUN_WITH("exit 0", .input = big, .input_len = BIG), 0, "", "");
    assert_seen(RUN_WITH("exec <&-; sleep 0.05; echo fine", .input = big, .input_len = BIG), 0,
                "fine\n", "");
    assert_seen(RUN_WITH("head -c 5 | wc -c; exit 7", .input = big, .input_len = BIG), 7, "5\n",
                "");
    assert_seen(RUN_WITH("wc -c", .input = big, .input_len = BIG), 0, "4194304\n", "");
    struct seen seen =
        RUN_WITH("exec sleep 300", .input = big, .input_len = BIG, .deadline_ms = SHORT_MS);
    assert_int_equal(seen.err, LOOM_ERR_TIMEOUT);
    forget(&seen);
    free(big);
    assert_no_children();
}

static void check_pipe_signal(void *argument) {
    static char big[BIG];
    sigset_t pending, blocked;
    (void)argument;
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    struct seen seen = RUN_WITH("exit 0", .input = big, .input_len = BIG);
    CHECK(seen.err == LOOM_OK);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 0);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0 && sigismember(&blocked, SIGPIPE) == 0);
    forget(&seen);
}

static void child_run_in_a_process_that_minds_broken_pipes_goes_on(void **state) {
    (void)state;
    assert_child_passes(check_pipe_signal, NULL);
}

static void check_birth(void *argument) {
    sigset_t all;
    CHECK(setenv("LOOM_TOKEN", "lt_marker", 1) == 0);
    CHECK(setenv("CHANGED", "before", 1) == 0);
    CHECK(setenv("CHANGED_TOO", "kept", 1) == 0);
    CHECK(setenv("REMOVED", "before", 1) == 0);
    (void)umask(027);
    CHECK(loom_process_harden() == LOOM_OK);
    CHECK(open("/dev/null", O_RDONLY) >= 3); /* NOLINT(android-cloexec-open) */
    CHECK(signal(SIGTERM, SIG_IGN) != SIG_ERR);
    CHECK(sigfillset(&all) == 0 && sigprocmask(SIG_BLOCK, &all, NULL) == 0);
    struct seen seen = RUN_WITH(
        "echo \"$LOOM_TOKEN,$CHANGED,$CHANGED_TOO,$REMOVED,${REMOVED-none},$ADDED,$EMPTY.\"\n"
        "pwd; umask; ls /proc/$$/fd | tr '\\n' ' '\n"
        "grep -E 'SigBlk|SigIgn' /proc/self/status; test -t 0 || tty -s </dev/tty || echo alone",
        .changes = (const char *const[]){"CHANGED=a=b", "REMOVED", "ADDED=new",
                                         "EMPTY=", "NEVER_THERE", NULL},
        .folder = argument, .input = "x", .input_len = 1);
    char expected[1024];
    (void)snprintf(expected, sizeof expected, ",a=b,kept,,none,new,.\n%s\n0027\n0 1 2 ",
                   (const char *)(argument != NULL ? argument : "/"));
    CHECK(seen.err == LOOM_OK);
    CHECK(strncmp(seen.out.data, expected, strlen(expected)) == 0);
    CHECK(strstr(seen.out.data, "SigBlk:\t0000000000000000\n") != NULL);
    const char *ignored = strstr(seen.out.data, "SigIgn:");
    CHECK((strtoull(ignored + strlen("SigIgn:"), NULL, 16) & ~0x180000000ULL) == 0);
    CHECK(strstr(seen.out.data, "\nalone\n") != NULL);
    forget(&seen);
}

/* UI-09 */
static void child_run_is_born_with_nothing_of_ours(void **state) {
    const struct scratch *scratch = *state;
    assert_child_passes(check_birth, NULL);
    assert_child_passes(check_birth, (void *)(uintptr_t)scratch->path);
}

static void child_run_in_a_missing_folder_is_an_error(void **state) {
    const struct scratch *scratch = *state;
    struct seen seen = RUN_WITH("echo here", .folder = scratch_path(scratch, "nowhere"));
    assert_int_not_equal(seen.err, LOOM_OK);
    assert_string_equal(loom_buffer_text(&seen.out), "");
    forget(&seen);
    assert_no_children();
}

static void check_no_pipe(void *argument) {
    const struct rlimit *none = argument;
    CHECK(setrlimit(RLIMIT_NOFILE, none) == 0);
    struct seen seen = RUN_WITH("exit 0", .input = "x", .input_len = 1);
    CHECK(seen.err == LOOM_ERR_INTERNAL && seen.outcome.status == 4711);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1);
}

static void child_run_without_pipes_is_an_error(void **state) {
    (void)state;
    for (rlim_t count = 3; count < 9; count++)
        assert_child_passes(check_no_pipe, &((struct rlimit){.rlim_cur = count, .rlim_max = 1024}));
}

#define in_scratch(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_run_gives_bytes_and_takes_them),
        cmocka_unit_test(child_run_without_input_reads_nothing),
        cmocka_unit_test(child_run_appends_to_what_is_there),
        cmocka_unit_test(child_run_tells_the_signal_that_ended_it),
        in_scratch(child_run_of_a_missing_program_is_not_found),
        cmocka_unit_test(child_run_past_the_deadline_ends_it),
        cmocka_unit_test(child_run_that_will_not_end_is_killed),
        in_scratch(child_run_that_is_ended_takes_its_group_along),
        in_scratch(child_run_that_is_ended_may_tidy_up),
        cmocka_unit_test(child_run_that_closes_its_streams_is_waited_for),
        cmocka_unit_test(child_run_output_above_the_ceiling_is_refused),
        cmocka_unit_test(child_run_errors_above_the_ceiling_are_dropped),
        in_scratch(child_run_does_not_wait_for_whom_it_leaves_behind),
        cmocka_unit_test(child_run_big_input_that_nobody_reads_is_dropped),
        cmocka_unit_test(child_run_in_a_process_that_minds_broken_pipes_goes_on),
        in_scratch(child_run_is_born_with_nothing_of_ours),
        in_scratch(child_run_in_a_missing_folder_is_an_error),
        cmocka_unit_test(child_run_without_pipes_is_an_error),
    };
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
