/* SPDX-License-Identifier: Apache-2.0 */
/* The hidden prompt as a shell's job: stopped, continued, interrupted, in the background. */
#include "scratch.h"

#include "desk.h"
#include "system/process.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

enum job { FOREGROUND, BACKGROUND, PUT_BACK };

/* The child becomes a session with this terminal, as a shell is; the reader is its job. The child
   ends as the job ends, and answers a stopped job with what `on_stop` does. */
static void start_job(struct desk *desk, enum job job, void (*on_stop)(struct desk *, pid_t)) {
    desk->reader = fork();
    assert_true(desk->reader >= 0);
    if (desk->reader != 0)
        return;
    CHECK(setsid() > 0 && ioctl(desk->slave, TIOCSCTTY, 0) == 0);
    CHECK(signal(SIGTTOU, SIG_IGN) != SIG_ERR);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(setpgid(0, 0) == 0);
        CHECK(job == BACKGROUND || tcsetpgrp(desk->slave, getpgrp()) == 0);
        CHECK(signal(SIGTTOU, SIG_DFL) != SIG_ERR && signal(SIGTSTP, SIG_DFL) != SIG_ERR);
        CHECK(signal(SIGINT, SIG_DFL) != SIG_ERR && signal(SIGTERM, SIG_DFL) != SIG_ERR);
        desk_read_and_tell(desk, loom_signals_catch());
    }
    if (job == PUT_BACK) {
        char byte;
        CHECK(read(desk->stop[0], &byte, 1) == 1); /* the test says when */
        CHECK(tcsetpgrp(desk->slave, getpgrp()) == 0 && kill(pid, SIGTERM) == 0);
    }
    int status = 0;
    for (;;) {
        CHECK(waitpid(pid, &status, WUNTRACED) == pid);
        if (!WIFSTOPPED(status))
            break;
        on_stop(desk, pid);
    }
    (void)tcsetpgrp(desk->slave, getpgrp());
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void never_stops(struct desk *desk, pid_t pid) {
    (void)desk;
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK(false);
}

/* ENC-19. */
static void read_hidden_interrupt_key_ends_it_with_the_echo_on(void **state) {
    struct desk *desk = *state;
    start_job(desk, FOREGROUND, never_stops);
    desk_wait_echo(desk, false);
    desk_type(desk, "half\x03");
    assert_reader_ends(desk, LOOM_ERR_INTERRUPTED, "");
}

/* Its default action would end the program with the echo off. */
static void read_hidden_quit_key_does_not_end_it(void **state) {
    struct desk *desk = *state;
    start_job(desk, FOREGROUND, never_stops);
    desk_wait_echo(desk, false);
    desk_type(desk, "a\x1c"
                    "b\n");
    assert_reader_ends(desk, LOOM_OK,
                       "a\x1c"
                       "b");
}

/* While it is stopped the terminal is as it was; then it goes on, hidden again. */
static void check_and_continue(struct desk *desk, pid_t pid) {
    struct termios now;
    CHECK(tcgetattr(desk->slave, &now) == 0);
    CHECK(now.c_lflag == desk->before.c_lflag);
    CHECK(now.c_cc[VQUIT] == desk->before.c_cc[VQUIT]);
    CHECK(tcsetpgrp(desk->slave, pid) == 0);
    CHECK(kill(pid, SIGCONT) == 0);
    CHECK(write(desk->stop[1], "c", 1) == 1); /* tell the test */
}

static void wait_continued(const struct desk *desk) {
    char byte;
    assert_int_equal(read(desk->stop[0], &byte, 1), 1);
    desk_wait_echo(desk, false);
}

static void read_hidden_stop_key_shows_the_echo_until_it_continues(void **state) {
    struct desk *desk = *state;
    start_job(desk, FOREGROUND, check_and_continue);
    desk_wait_echo(desk, false);
    for (int i = 0; i < 3; i++) {
        desk_type(desk, "ab");
        desk_wait_until_read(desk, 2);
        desk_type(desk, "\x1a");
        wait_continued(desk);
    }
    desk_type(desk, "c\n");
    assert_reader_ends(desk, LOOM_OK, "abababc");
}

/* Stopped for touching the terminal from the background; asked to end, it ends, and leaves the
   terminal of whoever is in front alone. */
static void terminate(struct desk *desk, pid_t pid) {
    struct termios now;
    CHECK(tcgetattr(desk->slave, &now) == 0 && now.c_lflag == desk->before.c_lflag);
    CHECK(kill(pid, SIGTERM) == 0 && kill(pid, SIGCONT) == 0);
}

static void read_hidden_in_the_background_ends_by_a_signal(void **state) {
    struct desk *desk = *state;
    start_job(desk, BACKGROUND, terminate);
    assert_reader_ends(desk, LOOM_ERR_INTERRUPTED, "");
}

static void put_in_front(struct desk *desk, pid_t pid) {
    CHECK(tcsetpgrp(desk->slave, pid) == 0 && kill(pid, SIGCONT) == 0);
}

static void read_hidden_in_the_background_waits_to_be_in_front(void **state) {
    struct desk *desk = *state;
    start_job(desk, BACKGROUND, put_in_front);
    desk_wait_echo(desk, false);
    desk_type(desk, "s3cret\n");
    assert_reader_ends(desk, LOOM_OK, "s3cret");
}

/* The echo is off and it is not in front any more: it must not be stopped for setting it right. */
static void read_hidden_put_back_while_it_waits_ends_by_a_signal(void **state) {
    struct desk *desk = *state;
    start_job(desk, PUT_BACK, never_stops);
    desk_wait_echo(desk, false);
    assert_int_equal(write(desk->stop[1], "b", 1), 1);
    assert_reader_ends(desk, LOOM_ERR_INTERRUPTED, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_make, desk_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(read_hidden_interrupt_key_ends_it_with_the_echo_on),
        TEST(read_hidden_quit_key_does_not_end_it),
        TEST(read_hidden_stop_key_shows_the_echo_until_it_continues),
        TEST(read_hidden_in_the_background_ends_by_a_signal),
        TEST(read_hidden_in_the_background_waits_to_be_in_front),
        TEST(read_hidden_put_back_while_it_waits_ends_by_a_signal),
    };
    return cmocka_run_group_tests_name("stream_hidden_job", tests, NULL, NULL);
}
