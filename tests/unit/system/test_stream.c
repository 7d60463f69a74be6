/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include "system/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <termios.h>

/* Five seconds without progress take none here: poll(2) goes through this file (--wrap). */
static int stalled_timeout;
static bool is_stalled;

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout) {
    if (!is_stalled)
        return __real_poll(fds, count, timeout);
    stalled_timeout = timeout;
    return 0;
}

/* And so does read(2): somebody else has read it first. */
static int lost_races;

ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len);

ssize_t __wrap_read(int fd, void *bytes, size_t len) {
    if (lost_races == 0)
        return __real_read(fd, bytes, len);
    errno = --lost_races % 2 == 0 ? EAGAIN : EINTR;
    return -1;
}

/* And loom_wipe(): how often did it wipe this? */
static const char marker[] = "M4RK3R";
static int wiped_markers;

void __real_loom_wipe(void *memory, size_t len);
void __wrap_loom_wipe(void *memory, size_t len);

void __wrap_loom_wipe(void *memory, size_t len) {
    wiped_markers += memory != NULL && memmem(memory, len, marker, strlen(marker)) != NULL;
    __real_loom_wipe(memory, len);
}

struct ends {
    int read_fd;
    int write_fd;
};

static struct ends make_pipe(int flags) {
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | flags), 0);
    return (struct ends){fds[0], fds[1]};
}

static void close_pipe(struct ends ends) {
    (void)close(ends.read_fd);
    (void)close(ends.write_fd);
}

/* ---- writing ---- */

static void stream_write_writes_all(void **state) {
    (void)state;
    struct ends ends = make_pipe(0);
    char text[8] = "";
    assert_int_equal(loom_stream_write(ends.write_fd, "", 0, NULL), LOOM_OK);
    assert_int_equal(loom_stream_write(ends.write_fd, "answer", 6, NULL), LOOM_OK);
    assert_int_equal(read(ends.read_fd, text, sizeof text), 6);
    assert_string_equal(text, "answer");
    close_pipe(ends);
}

/* A parent that reads slowly from a pipe that it made non-blocking for both. */
static void stream_write_to_a_full_pipe_waits_for_the_reader(void **state) {
    (void)state;
    enum { LEN = 400000 };
    struct ends ends = make_pipe(O_NONBLOCK);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char *text = malloc(LEN);
        CHECK(text != NULL);
        memset(text, 'x', LEN);
        CHECK(close(ends.read_fd) == 0);
        CHECK(loom_stream_write(ends.write_fd, text, LEN, NULL) == LOOM_OK);
        _exit(0);
    }
    (void)close(ends.write_fd);
    size_t total = 0;
    for (;;) {
        char chunk[7000];
        ssize_t got = read(ends.read_fd, chunk, sizeof chunk);
        if (got == 0)
            break;
        if (got > 0)
            total += (size_t)got;
        else
            (void)usleep(200);
    }
    assert_int_equal(child_wait(pid), 0);
    assert_int_equal(total, LEN);
    (void)close(ends.read_fd);
}

static void stream_write_to_a_reader_that_stopped_ends(void **state) {
    (void)state;
    struct ends ends = make_pipe(O_NONBLOCK);
    char full[65536] = "";
    while (write(ends.write_fd, full, sizeof full) > 0)
        continue;
    struct loom_error error = LOOM_ERROR_INIT;
    is_stalled = true;
    enum loom_err err = loom_stream_write(ends.write_fd, "x", 1, &error);
    is_stalled = false;
    assert_int_equal(err, LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EAGAIN);
    assert_in_range(stalled_timeout, 4000, 5000);
    close_pipe(ends);
}

static void stream_write_failure_is_told(void **state) {
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    struct ends ends = make_pipe(0);
    struct loom_error error = LOOM_ERROR_INIT;
    (void)close(ends.read_fd);
    assert_int_equal(loom_stream_write(ends.write_fd, "x", 1, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EPIPE);
    (void)close(ends.write_fd);
    assert_int_equal(loom_stream_write(ends.write_fd, "x", 1, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EBADF);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_int_equal(loom_stream_write(full, "x", 1, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, ENOSPC);
    (void)close(full);
}

static void on_alarm(int number) {
    (void)number;
}

static void tick(long every_us) {
    struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval often = {.it_interval = {.tv_usec = every_us},
                                    .it_value = {.tv_usec = every_us}};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static void stream_write_and_read_go_on_after_other_signals(void **state) {
    (void)state;
    enum { LEN = 300000 };
    struct ends ends = make_pipe(0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LEN);
        CHECK(close(ends.write_fd) == 0);
        tick(700);
        (void)usleep(20000);
        CHECK(loom_stream_read(ends.read_fd, -1, NULL, &out, NULL) == LOOM_OK);
        CHECK(out.len == LEN);
        loom_buffer_clear(&out);
        _exit(0);
    }
    (void)close(ends.read_fd);
    char *text = calloc(1, LEN);
    assert_non_null(text);
    tick(500);
    enum loom_err err = loom_stream_write(ends.write_fd, text, LEN, NULL);
    tick(0);
    free(text);
    (void)close(ends.write_fd);
    assert_int_equal(child_wait(pid), 0);
    assert_int_equal(err, LOOM_OK);
}

/* ---- reading ---- */

static void put(struct ends ends, const char *text) {
    assert_int_equal(write(ends.write_fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void stream_read_appends_until_the_end(void **state) {
    (void)state;
    struct ends ends = make_pipe(0);
    put(ends, "answer");
    (void)close(ends.write_fd);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    assert_int_equal(loom_buffer_add_text(&out, "the "), LOOM_OK);
    assert_int_equal(loom_stream_read(ends.read_fd, -1, NULL, &out, NULL), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), "the answer");
    /* At the end there is nothing more. */
    assert_int_equal(loom_stream_read(ends.read_fd, -1, NULL, &out, NULL), LOOM_OK);
    assert_int_equal(out.len, 10);
    (void)close(ends.read_fd);
}

/* GIT-28: it stops at the ceiling, however much comes. */
static void stream_read_more_than_the_ceiling_is_refused(void **state) {
    (void)state;
    static const struct {
        size_t max;
        enum loom_err err;
    } cases[] = {{6, LOOM_OK}, {5, LOOM_ERR_USAGE}, {0, LOOM_ERR_USAGE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ends ends = make_pipe(0);
        put(ends, "answer");
        (void)close(ends.write_fd);
        LOOM_CLEANUP(loom_buffer_clear)
        struct loom_buffer out = LOOM_BUFFER_INIT(3 + cases[i].max);
        assert_int_equal(loom_buffer_add_text(&out, "abc"), LOOM_OK);
        assert_int_equal(loom_stream_read(ends.read_fd, -1, NULL, &out, NULL), cases[i].err);
        assert_string_equal(loom_buffer_text(&out), i == 0 ? "abcanswer" : "abc");
        (void)close(ends.read_fd);
    }
}

static void stream_read_endless_input_stops_at_the_ceiling(void **state) {
    (void)state;
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_true(zero >= 0);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(100000);
    assert_int_equal(loom_stream_read(zero, -1, NULL, &out, NULL), LOOM_ERR_USAGE);
    assert_int_equal(out.len, 0);
    (void)close(zero);
}

static bool has_blank_line(const char *bytes, size_t len) {
    return len >= 2 && memcmp(bytes + len - 2, "\n\n", 2) == 0;
}

/* GIT-11: the pipe stays open. */
static void stream_read_stops_when_it_has_enough(void **state) {
    (void)state;
    struct ends ends = make_pipe(0);
    put(ends, "host=x\n\n");
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(8);
    assert_int_equal(loom_stream_read(ends.read_fd, -1, has_blank_line, &out, NULL), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), "host=x\n\n");
    close_pipe(ends);
}

static bool wants_five(const char *bytes, size_t len) {
    assert_true(len < 5 || memcmp(bytes, "abcde", 5) == 0); /* only what this call has read */
    return len >= 5;
}

/* In a child: letter by letter, and the end never comes. */
static _Noreturn void drip(int fd) {
    for (const char *c = "abcde"; *c != '\0'; c++) {
        CHECK(write(fd, c, 1) == 1);
        (void)usleep(3000);
    }
    (void)pause();
    _exit(1);
}

static void stream_read_asks_again_until_it_has_enough(void **state) {
    (void)state;
    struct ends ends = make_pipe(0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        drip(ends.write_fd);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    assert_int_equal(loom_buffer_add_text(&out, "before "), LOOM_OK);
    enum loom_err err = loom_stream_read(ends.read_fd, -1, wants_five, &out, NULL);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(child_wait(pid), 256 + SIGKILL);
    assert_int_equal(err, LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), "before abcde");
    close_pipe(ends);
}

static void stream_read_ends_when_the_stop_descriptor_is_readable(void **state) {
    (void)state;
    struct ends ends = make_pipe(0);
    struct ends stop = make_pipe(0);
    put(stop, "!");
    put(ends, "there is something to read as well");
    (void)close(ends.write_fd); /* and an end */
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_stream_read(ends.read_fd, stop.read_fd, NULL, &out, &error),
                     LOOM_ERR_INTERRUPTED);
    assert_int_equal(error.code, LOOM_ERR_INTERRUPTED);
    assert_int_equal(out.len, 0);
    (void)close(ends.read_fd);
    close_pipe(stop);
}

static void stream_read_is_interrupted_while_it_waits(void **state) {
    (void)state;
    struct ends ends = make_pipe(0);
    struct ends stop = make_pipe(0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)usleep(20000);
        _exit(write(stop.write_fd, "!", 1) == 1 ? 0 : 1);
    }
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    assert_int_equal(loom_stream_read(ends.read_fd, stop.read_fd, NULL, &out, NULL),
                     LOOM_ERR_INTERRUPTED);
    assert_int_equal(child_wait(pid), 0);
    close_pipe(ends);
    close_pipe(stop);
}

static void stream_read_failure_is_told(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    struct loom_error error = LOOM_ERROR_INIT;
    int folder = open("/", O_RDONLY | O_CLOEXEC);
    assert_true(folder >= 0);
    assert_int_equal(loom_stream_read(folder, -1, NULL, &out, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EISDIR);
    (void)close(folder);
    assert_int_equal(loom_stream_read(folder, -1, NULL, &out, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EBADF);
}

/* Somebody else made it non-blocking: still no busy loop, and no failure. */
static void stream_read_from_a_non_blocking_pipe_waits(void **state) {
    (void)state;
    struct ends ends = make_pipe(O_NONBLOCK);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)usleep(20000);
        _exit(write(ends.write_fd, "late", 4) == 4 ? 0 : 1);
    }
    (void)close(ends.write_fd);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    assert_int_equal(loom_stream_read(ends.read_fd, -1, NULL, &out, NULL), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), "late");
    assert_int_equal(child_wait(pid), 0);
    (void)close(ends.read_fd);
}

static void stream_read_that_comes_too_late_waits_again(void **state) {
    (void)state;
    struct ends ends = make_pipe(0);
    put(ends, "x");
    (void)close(ends.write_fd);
    lost_races = 4;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    assert_int_equal(loom_stream_read(ends.read_fd, -1, NULL, &out, NULL), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), "x");
    (void)close(ends.read_fd);
}

/* A token on stdin leaves no copy on the stack. The buffers wipe theirs by themselves. */
static void stream_read_wipes_its_copy(void **state) {
    (void)state;
    struct ends ends = make_pipe(0);
    put(ends, marker);
    (void)close(ends.write_fd);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    wiped_markers = 0;
    assert_int_equal(loom_stream_read(ends.read_fd, -1, NULL, &out, NULL), LOOM_OK);
    assert_true(wiped_markers >= 1);
    (void)close(ends.read_fd);
}

/* ---- terminals ---- */

static void stream_is_terminal_and_columns_tell(void **state) {
    (void)state;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char name[64];
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    assert_int_equal(ptsname_r(master, name, sizeof name), 0);
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0);
    assert_true(loom_stream_is_terminal(slave));
    static const struct {
        unsigned short given;
        unsigned told;
    } cases[] = {{0, 80}, {1, 1}, {132, 132}, {65535, 65535}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct winsize size = {.ws_row = 24, .ws_col = cases[i].given};
        assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
        assert_int_equal(loom_stream_columns(slave), cases[i].told);
    }
    (void)close(slave);
    (void)close(master);
    struct ends ends = make_pipe(0);
    assert_false(loom_stream_is_terminal(ends.read_fd));
    assert_int_equal(loom_stream_columns(ends.read_fd), 80);
    close_pipe(ends);
    assert_false(loom_stream_is_terminal(-1));
    assert_int_equal(loom_stream_columns(-1), 80);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_write_writes_all),
        cmocka_unit_test(stream_write_to_a_full_pipe_waits_for_the_reader),
        cmocka_unit_test(stream_write_to_a_reader_that_stopped_ends),
        cmocka_unit_test(stream_write_failure_is_told),
        cmocka_unit_test(stream_write_and_read_go_on_after_other_signals),
        cmocka_unit_test(stream_read_appends_until_the_end),
        cmocka_unit_test(stream_read_more_than_the_ceiling_is_refused),
        cmocka_unit_test(stream_read_endless_input_stops_at_the_ceiling),
        cmocka_unit_test(stream_read_stops_when_it_has_enough),
        cmocka_unit_test(stream_read_asks_again_until_it_has_enough),
        cmocka_unit_test(stream_read_ends_when_the_stop_descriptor_is_readable),
        cmocka_unit_test(stream_read_is_interrupted_while_it_waits),
        cmocka_unit_test(stream_read_failure_is_told),
        cmocka_unit_test(stream_read_from_a_non_blocking_pipe_waits),
        cmocka_unit_test(stream_read_that_comes_too_late_waits_again),
        cmocka_unit_test(stream_read_wipes_its_copy),
        cmocka_unit_test(stream_is_terminal_and_columns_tell),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
