/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "scratch.h"

#include "system/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 10000 };

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

int desk_make(void **state) {
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

int desk_remove(void **state) {
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

/* Was it wiped? loom_wipe() goes through this file as well. */
static const char secret[] = "s3cret";
static int wiped_secrets;

void __real_loom_wipe(void *memory, size_t len);
void __wrap_loom_wipe(void *memory, size_t len);

void __wrap_loom_wipe(void *memory, size_t len) {
    wiped_secrets += memory != NULL && memmem(memory, len, secret, strlen(secret)) != NULL;
    __real_loom_wipe(memory, len);
}

/* In the child: read, tell, end. */
_Noreturn void desk_read_and_tell(const struct desk *desk, int stop_fd) {
    CHECK(fcntl(desk->noted[1], F_SETFL, O_NONBLOCK) == 0); /* a long line is not noted whole */
    wiped_secrets = 0;
    noted.fd = desk->slave;
    noted.note_fd = desk->noted[1];
    sigset_t mask_before;
    sigset_t mask_after;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask_before) == 0);
    struct loom_buffer out = LOOM_BUFFER_INIT(4 + desk->max);
    CHECK(loom_buffer_add_text(&out, "got ") == LOOM_OK);
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = loom_stream_read_hidden(
        &(struct loom_hidden_line){.fd = desk->slave, .stop_fd = stop_fd}, &out, &error);
    CHECK(err == LOOM_OK || (out.len == 4 && error.code == err));
    /* The buffers wipe theirs by themselves; this is the copy on the stack. */
    CHECK(strstr(out.data, secret) == NULL || wiped_secrets >= 1);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask_after) == 0);
    CHECK(sigismember(&mask_after, SIGTSTP) == sigismember(&mask_before, SIGTSTP));
    CHECK(sigismember(&mask_after, SIGTTOU) == sigismember(&mask_before, SIGTTOU));
    CHECK(loom_stream_write(desk->told[1], out.data, out.len, NULL) == LOOM_OK);
    loom_buffer_clear(&out);
    _exit(MARK + (int)err);
}

void desk_start(struct desk *desk) {
    desk->reader = fork();
    assert_true(desk->reader >= 0);
    if (desk->reader == 0) {
        (void)close(desk->master);
        desk_read_and_tell(desk, desk->stop[0]);
    }
}

static tcflag_t flags_now(const struct desk *desk) {
    struct termios now;
    assert_int_equal(tcgetattr(desk->master, &now), 0);
    return now.c_lflag;
}

void desk_wait_echo(const struct desk *desk, bool is_on) {
    int64_t deadline = elapsed_ms() + PATIENCE_MS;
    while (((flags_now(desk) & (tcflag_t)ECHO) != 0) != is_on) {
        assert_true(elapsed_ms() < deadline);
        (void)usleep(500);
    }
}

void desk_type(const struct desk *desk, const char *text) {
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_stream_write(desk->master, text, strlen(text), &error), LOOM_OK);
}

void desk_wait_until_read(const struct desk *desk, int count) {
    char byte;
    while (count-- > 0)
        assert_int_equal(read(desk->noted[0], &byte, 1), 1);
}

/* Is anything left for the shell to take for a command? */
static bool is_input_empty(const struct desk *desk) {
    char byte;
    assert_int_equal(fcntl(desk->slave, F_SETFL, O_RDWR | O_NONBLOCK), 0);
    return read(desk->slave, &byte, 1) == -1 && errno == EAGAIN;
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

void assert_reader_ends(struct desk *desk, enum loom_err err, const char *told) {
    assert_int_equal(child_wait(desk->reader), MARK + (int)err);
    (void)close(desk->told[1]);
    desk->told[1] = -1;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer got = LOOM_BUFFER_INIT(4 + LINE_MAX_LEN);
    assert_int_equal(loom_stream_read(desk->told[0], -1, NULL, &got, NULL), LOOM_OK);
    assert_int_equal(got.len, 4 + strlen(told));
    assert_string_equal(loom_buffer_text(&got) + 4, told);
    assert_true(is_screen_empty(desk));
    assert_true(is_input_empty(desk));
    assert_terminal_as_before(desk);
}
