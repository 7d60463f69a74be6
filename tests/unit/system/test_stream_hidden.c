/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person at a real pseudo-terminal: the test types at its master side, a child reads at the
 * slave side and tells through a pipe what it got.
 */
#include "scratch.h"

#include "system/process.h"
#include "system/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

enum {
    PATIENCE_MS = 10000,
    LINE_MAX_LEN = 48 * 1024,
    MARK = 200, /* exit status of a reader: this plus its enum loom_err */
};

/* The reader says how much it has read: read(2) goes through this file (--wrap). */
static struct {
    int fd; /* the terminal */
    int note_fd;
} noted = {-1, -1};

ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len);

ssize_t __wrap_read(int fd, void *bytes, size_t len) {
    ssize_t got = __real_read(fd, bytes, len);
    for (ssize_t i = 0; i < got && fd == noted.fd; i++)
        CHECK(write(noted.note_fd, "", 1) == 1 || errno == EAGAIN);
    return got;
}

struct desk {
    int master;
    int slave;
    int stop[2];
    int told[2];           /* what the reader got */
    int noted[2];          /* a byte for each that it has read */
    struct termios before; /* the terminal's settings */
    pid_t reader;
    size_t max; /* the reader's ceiling */
};

static int sit_down(void **state) {
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    char name[64];
    desk->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(desk->master >= 0 && grantpt(desk->master) == 0 && unlockpt(desk->master) == 0);
    assert_int_equal(ptsname_r(desk->master, name, sizeof name), 0);
    desk->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(desk->slave >= 0);
    assert_int_equal(pipe2(desk->stop, O_CLOEXEC), 0);
    assert_int_equal(pipe2(desk->told, O_CLOEXEC), 0);
    assert_int_equal(pipe2(desk->noted, O_CLOEXEC), 0);
    assert_int_equal(tcgetattr(desk->slave, &desk->before), 0);
    assert_true((desk->before.c_lflag & (tcflag_t)ECHO) != 0);
    desk->max = LINE_MAX_LEN;
    *state = desk;
    return 0;
}

static int stand_up(void **state) {
    struct desk *desk = *state;
    int fds[] = {desk->master,  desk->slave,   desk->stop[0],  desk->stop[1],
                 desk->told[0], desk->told[1], desk->noted[0], desk->noted[1]};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
    }
    free(desk);
    return 0;
}

/* In the child: read, tell, end. */
static _Noreturn void read_line(const struct desk *desk, int stop_fd) {
    CHECK(fcntl(desk->noted[1], F_SETFL, O_NONBLOCK) == 0); /* a long line is not noted whole */
    noted.fd = desk->slave;
    noted.note_fd = desk->noted[1];
    sigset_t mask_before;
    sigset_t mask_after;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask_before) == 0);
    struct loom_buffer out = LOOM_BUFFER_INIT(4 + desk->max);
    CHECK(loom_buffer_add_text(&out, "got ") == LOOM_OK);
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = loom_stream_read_hidden(desk->slave, stop_fd, &out, &error);
    CHECK(err == LOOM_OK || (out.len == 4 && error.code == err));
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask_after) == 0);
    CHECK(sigismember(&mask_after, SIGTSTP) == sigismember(&mask_before, SIGTSTP));
    CHECK(sigismember(&mask_after, SIGTTOU) == sigismember(&mask_before, SIGTTOU));
    CHECK(loom_stream_write(desk->told[1], out.data, out.len, NULL) == LOOM_OK);
    loom_buffer_clear(&out);
    _exit(MARK + (int)err);
}

static void start(struct desk *desk) {
    desk->reader = fork();
    assert_true(desk->reader >= 0);
    if (desk->reader == 0) {
        (void)close(desk->master);
        read_line(desk, desk->stop[0]);
    }
}

static tcflag_t flags_now(const struct desk *desk) {
    struct termios now;
    assert_int_equal(tcgetattr(desk->master, &now), 0);
    return now.c_lflag;
}

static void wait_echo(const struct desk *desk, bool is_on) {
    int64_t deadline = elapsed_ms() + PATIENCE_MS;
    while (((flags_now(desk) & (tcflag_t)ECHO) != 0) != is_on) {
        assert_true(elapsed_ms() < deadline);
        (void)usleep(500);
    }
}

static void type_bytes(const struct desk *desk, const char *bytes, size_t len) {
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_stream_write(desk->master, bytes, len, &error), LOOM_OK);
}

static void type(const struct desk *desk, const char *text) {
    type_bytes(desk, text, strlen(text));
}

static void wait_until_read(const struct desk *desk, int count) {
    char byte;
    while (count-- > 0)
        assert_int_equal(read(desk->noted[0], &byte, 1), 1);
}

/* Has anything appeared on the screen? */
static bool is_screen_empty(const struct desk *desk) {
    struct pollfd screen = {.fd = desk->master, .events = POLLIN};
    return poll(&screen, 1, 0) == 0;
}

static void assert_terminal_as_before(const struct desk *desk) {
    struct termios now;
    assert_int_equal(tcgetattr(desk->master, &now), 0);
    assert_int_equal(now.c_lflag, desk->before.c_lflag);
    assert_int_equal(now.c_iflag, desk->before.c_iflag);
    assert_int_equal(now.c_oflag, desk->before.c_oflag);
    assert_memory_equal(now.c_cc, desk->before.c_cc, sizeof now.c_cc);
}

static void assert_reader_ends(struct desk *desk, enum loom_err err, const char *told) {
    assert_int_equal(child_wait(desk->reader), MARK + (int)err);
    (void)close(desk->told[1]);
    desk->told[1] = -1;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer got = LOOM_BUFFER_INIT(4 + LINE_MAX_LEN);
    assert_int_equal(loom_stream_read(desk->told[0], -1, NULL, &got, NULL), LOOM_OK);
    assert_int_equal(got.len, 4 + strlen(told));
    assert_string_equal(loom_buffer_text(&got) + 4, told);
    assert_true(is_screen_empty(desk));
    assert_terminal_as_before(desk);
}

static void assert_line(struct desk *desk, const char *typed, enum loom_err err, const char *told) {
    start(desk);
    wait_echo(desk, false);
    type(desk, typed);
    assert_reader_ends(desk, err, told);
}

static void read_hidden_line_is_not_echoed(void **state) {
    assert_line(*state, "s3cret token\n", LOOM_OK, "s3cret token");
}

static void read_hidden_carriage_return_ends_the_line(void **state) {
    assert_line(*state, "s3cret\r", LOOM_OK, "s3cret");
}

static void read_hidden_empty_line_is_an_empty_line(void **state) {
    assert_line(*state, "\n", LOOM_OK, "");
}

static void read_hidden_second_line_is_dropped_unseen(void **state) {
    assert_line(*state, "one\ntwo\n", LOOM_OK, "one");
}

static void read_hidden_erase_takes_one_character(void **state) {
    assert_line(*state,
                "\x7f"
                "ab\x7f"
                "c\b\x7f\x7f\x7f"
                "xyz\x7f\n",
                LOOM_OK, "xy");
}

static void read_hidden_erase_takes_a_character_of_utf8_as_a_whole(void **state) {
    assert_line(*state,
                "a\u00e9\u20ac\x7f\x7f"
                "b\U0001F511\x7f\n",
                LOOM_OK, "ab");
}

static void read_hidden_kill_takes_the_line(void **state) {
    assert_line(*state,
                "wrong one\x15"
                "wrong two\x17right\n",
                LOOM_OK, "right");
}

/* Keys that the person has changed, or switched off. */
static void read_hidden_keys_are_those_of_the_terminal(void **state) {
    struct desk *desk = *state;
    desk->before.c_cc[VKILL] = '@';
    desk->before.c_cc[VWERASE] = _POSIX_VDISABLE;
    desk->before.c_cc[VERASE] = '#';
    assert_int_equal(tcsetattr(desk->slave, TCSANOW, &desk->before), 0);
    assert_line(desk, "wrong@ri#right\x17\x15\n", LOOM_OK, "rright\x17\x15");
}

static void read_hidden_end_of_file_at_once_is_refused(void **state) {
    assert_line(*state, "\x04", LOOM_ERR_USAGE, "");
}

static void read_hidden_end_of_file_after_text_ends_the_line(void **state) {
    assert_line(*state, "s3cret\x04", LOOM_OK, "s3cret");
}

/* KR-13: the terminal's own line is 4095 bytes long. */
static void read_hidden_long_line_comes_whole(void **state) {
    static char line[LINE_MAX_LEN + 2];
    for (size_t i = 0; i < LINE_MAX_LEN; i++)
        line[i] = (char)('!' + i % 90);
    line[LINE_MAX_LEN] = '\0';
    struct desk *desk = *state;
    start(desk);
    wait_echo(desk, false);
    type(desk, line);
    type(desk, "\n");
    assert_reader_ends(desk, LOOM_OK, line);
}

static void read_hidden_line_of_the_ceiling_is_accepted(void **state) {
    struct desk *desk = *state;
    desk->max = 8;
    assert_line(desk, "12345678\n", LOOM_OK, "12345678");
}

static void read_hidden_longer_line_is_refused(void **state) {
    struct desk *desk = *state;
    desk->max = 8;
    assert_line(desk, "123456789\n", LOOM_ERR_USAGE, "");
}

static void read_hidden_longer_line_can_be_killed_and_typed_anew(void **state) {
    struct desk *desk = *state;
    desk->max = 8;
    assert_line(desk,
                "1234567890\x15"
                "ok\n",
                LOOM_OK, "ok");
}

/* What is pasted beyond the ceiling, bit by bit, must not appear when the echo is back. */
static void read_hidden_rest_of_a_longer_line_is_not_shown(void **state) {
    struct desk *desk = *state;
    desk->max = 8;
    start(desk);
    wait_echo(desk, false);
    for (int i = 0; i < 20; i++) {
        type(desk, "0123456789");
        wait_until_read(desk, 10);
    }
    assert_int_equal(waitpid(desk->reader, NULL, WNOHANG), 0);
    type(desk, "\n");
    assert_reader_ends(desk, LOOM_ERR_USAGE, "");
}

/* ENC-19, its half without a program around it. */
static void read_hidden_stop_descriptor_ends_it_with_the_echo_on(void **state) {
    struct desk *desk = *state;
    start(desk);
    wait_echo(desk, false);
    type(desk, "half a sec");
    wait_until_read(desk, 10);
    assert_int_equal(write(desk->stop[1], "!", 1), 1);
    assert_reader_ends(desk, LOOM_ERR_INTERRUPTED, "");
}

static void read_hidden_other_signals_do_not_end_it(void **state) {
    struct desk *desk = *state;
    start(desk);
    wait_echo(desk, false);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(kill(desk->reader, SIGWINCH), 0);
        assert_int_equal(kill(desk->reader, SIGCONT), 0);
        type(desk, "x");
    }
    type(desk, "\n");
    assert_reader_ends(desk, LOOM_OK, "xxxxx");
}

static void read_hidden_hang_up_ends_it(void **state) {
    struct desk *desk = *state;
    start(desk);
    wait_echo(desk, false);
    type(desk, "half");
    (void)close(desk->slave);
    (void)close(desk->master);
    desk->master = desk->slave = -1;
    int status = child_wait(desk->reader);
    assert_true(status == MARK + LOOM_ERR_USAGE || status == MARK + LOOM_ERR_STORAGE);
}

static void read_hidden_without_a_terminal_is_refused(void **state) {
    struct desk *desk = *state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(8);
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_stream_read_hidden(desk->told[0], -1, &out, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, ENOTTY);
    assert_int_equal(loom_stream_read_hidden(-1, -1, &out, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EBADF);
}

/* ---- with job control: the reader as a shell's job ---- */

enum job { FOREGROUND, BACKGROUND };

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
        read_line(desk, loom_signals_catch());
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
    wait_echo(desk, false);
    type(desk, "half\x03");
    assert_reader_ends(desk, LOOM_ERR_INTERRUPTED, "");
}

/* Its default action would end the program with the echo off. */
static void read_hidden_quit_key_does_not_end_it(void **state) {
    struct desk *desk = *state;
    start_job(desk, FOREGROUND, never_stops);
    wait_echo(desk, false);
    type(desk, "a\x1c"
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
    wait_echo(desk, false);
}

static void read_hidden_stop_key_shows_the_echo_until_it_continues(void **state) {
    struct desk *desk = *state;
    start_job(desk, FOREGROUND, check_and_continue);
    wait_echo(desk, false);
    for (int i = 0; i < 3; i++) {
        type(desk, "ab");
        wait_until_read(desk, 2);
        type(desk, "\x1a");
        wait_continued(desk);
    }
    type(desk, "c\n");
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
    wait_echo(desk, false);
    type(desk, "s3cret\n");
    assert_reader_ends(desk, LOOM_OK, "s3cret");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sit_down, stand_up)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(read_hidden_line_is_not_echoed),
        TEST(read_hidden_carriage_return_ends_the_line),
        TEST(read_hidden_empty_line_is_an_empty_line),
        TEST(read_hidden_second_line_is_dropped_unseen),
        TEST(read_hidden_erase_takes_one_character),
        TEST(read_hidden_erase_takes_a_character_of_utf8_as_a_whole),
        TEST(read_hidden_kill_takes_the_line),
        TEST(read_hidden_keys_are_those_of_the_terminal),
        TEST(read_hidden_end_of_file_at_once_is_refused),
        TEST(read_hidden_end_of_file_after_text_ends_the_line),
        TEST(read_hidden_long_line_comes_whole),
        TEST(read_hidden_line_of_the_ceiling_is_accepted),
        TEST(read_hidden_longer_line_is_refused),
        TEST(read_hidden_longer_line_can_be_killed_and_typed_anew),
        TEST(read_hidden_rest_of_a_longer_line_is_not_shown),
        TEST(read_hidden_stop_descriptor_ends_it_with_the_echo_on),
        TEST(read_hidden_other_signals_do_not_end_it),
        TEST(read_hidden_hang_up_ends_it),
        TEST(read_hidden_without_a_terminal_is_refused),
        TEST(read_hidden_interrupt_key_ends_it_with_the_echo_on),
        TEST(read_hidden_quit_key_does_not_end_it),
        TEST(read_hidden_stop_key_shows_the_echo_until_it_continues),
        TEST(read_hidden_in_the_background_ends_by_a_signal),
        TEST(read_hidden_in_the_background_waits_to_be_in_front),
    };
    return cmocka_run_group_tests_name("stream_hidden", tests, NULL, NULL);
}
