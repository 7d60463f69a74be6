/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line that nobody sees.
 *
 * The terminal's own line editing keeps 4095 bytes of a line and drops the rest in silence, and a
 * token may have 48 KiB: so it is switched off together with the echo, and the few keys that a
 * person needs are read here. Keys that make signals still do, but for the one of SIGQUIT, which
 * would end the program with the echo off.
 */
#include "system/stream.h"

#include "system/clock.h"
#include "system/fd_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* A paste comes in pieces: it is over when nothing comes for QUIET_MS. A key that is held down
   never ends, so REST_MS is the most that is waited for. */
enum { CHUNK = 1024, QUIET_MS = 50, REST_MS = 1000 };

struct hidden {
    int fd;      /* borrowed: the terminal */
    int stop_fd; /* borrowed, or -1 */
    int tstp_fd; /* owned: readable when SIGTSTP waits */
    bool is_hidden;
    struct termios before;
    sigset_t mask_before;
};

/* Keeps errno. SIGTTOU is blocked: from the background this would stop us instead of ending. */
static void show(struct hidden *hidden) {
    if (!hidden->is_hidden)
        return;
    int error_before = errno;
    sigset_t output;
    sigset_t mask;
    (void)sigemptyset(&output);
    (void)sigaddset(&output, SIGTTOU);
    (void)pthread_sigmask(SIG_BLOCK, &output, &mask);
    /* TCSAFLUSH: what was typed or pasted behind the line is not shown either. */
    while (tcsetattr(hidden->fd, TCSAFLUSH, &hidden->before) != 0 && errno == EINTR)
        continue;
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
    hidden->is_hidden = false;
    errno = error_before;
}

static bool is_stopping(const struct hidden *hidden) {
    struct pollfd stop = {.fd = hidden->stop_fd, .events = POLLIN};
    return poll(&stop, 1, 0) > 0;
}

/* From the background this stops the process until it is in front again (SIGTTOU). EINTR: a signal
   that asks to end got us out of there. */
static int hide(struct hidden *hidden) {
    struct termios quiet = hidden->before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ICANON);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    quiet.c_cc[VQUIT] = _POSIX_VDISABLE;
    while (tcsetattr(hidden->fd, TCSAFLUSH, &quiet) != 0) {
        if (errno != EINTR || is_stopping(hidden))
            return errno;
    }
    hidden->is_hidden = true;
    return 0;
}

static int begin(struct hidden *hidden) {
    if (tcgetattr(hidden->fd, &hidden->before) != 0)
        return errno;
    sigset_t stop_key;
    (void)sigemptyset(&stop_key);
    (void)sigaddset(&stop_key, SIGTSTP);
    hidden->tstp_fd = signalfd(-1, &stop_key, SFD_NONBLOCK | SFD_CLOEXEC);
    if (hidden->tstp_fd < 0)
        return errno;
    (void)pthread_sigmask(SIG_BLOCK, &stop_key, NULL);
    return hide(hidden);
}

static void end(struct hidden *hidden) {
    show(hidden);
    loom_fd_close(&hidden->tstp_fd);
    (void)pthread_sigmask(SIG_SETMASK, &hidden->mask_before, NULL);
}

/* SIGTSTP waits: let it have its way with the echo on, and hide again when we go on. */
static int suspend(struct hidden *hidden) {
    show(hidden);
    sigset_t stop_key;
    (void)sigemptyset(&stop_key);
    (void)sigaddset(&stop_key, SIGTSTP);
    (void)pthread_sigmask(SIG_UNBLOCK, &stop_key, NULL); /* stops here */
    (void)pthread_sigmask(SIG_BLOCK, &stop_key, NULL);
    return hide(hidden);
}

static enum loom_err fail(int failed, struct loom_error *error) {
    if (failed == EINTR)
        return loom_error_set(error, LOOM_ERR_INTERRUPTED);
    return loom_error_os(error, LOOM_ERR_STORAGE, failed, NULL);
}

/* Wait for a key. */
static enum loom_err wait_key(struct hidden *hidden, struct loom_error *error) {
    for (;;) {
        struct pollfd waits[] = {
            {.fd = hidden->stop_fd, .events = POLLIN},
            {.fd = hidden->tstp_fd, .events = POLLIN},
            {.fd = hidden->fd, .events = POLLIN},
        };
        int ready = poll(waits, 3, -1);
        int failed = ready < 0 && errno != EINTR ? errno : 0;
        if (ready > 0 && waits[0].revents != 0)
            return loom_error_set(error, LOOM_ERR_INTERRUPTED);
        if (ready > 0 && waits[1].revents != 0)
            failed = suspend(hidden);
        else if (ready > 0)
            return LOOM_OK;
        if (failed != 0)
            return fail(failed, error);
    }
}

struct line {
    struct loom_buffer text;
    bool is_too_long;
    bool is_end;
};

static void cut(struct line *line, size_t len) {
    if (line->text.len > len)
        loom_wipe(line->text.data + len, line->text.len - len);
    line->text.len = len;
}

static void erase(struct line *line) {
    size_t len = line->text.len;
    /* A character of UTF-8 goes as a whole. */
    while (len > 0 && ((unsigned char)line->text.data[len - 1] & 0xC0) == 0x80)
        len--;
    cut(line, len > 0 ? len - 1 : 0);
}

static bool is_key(const struct hidden *hidden, size_t which, char c) {
    cc_t key = hidden->before.c_cc[which];
    return key != _POSIX_VDISABLE && key == (unsigned char)c;
}

/* Take one key. LOOM_ERR_USAGE: end of file at once, or the line that ends here is too long. */
static enum loom_err take_key(const struct hidden *hidden, char c, struct line *line) {
    bool is_eof = is_key(hidden, VEOF, c);
    if (c == '\n' || c == '\r' || is_eof) {
        line->is_end = true;
        return line->is_too_long || (is_eof && line->text.len == 0) ? LOOM_ERR_USAGE : LOOM_OK;
    }
    if (is_key(hidden, VKILL, c) || is_key(hidden, VWERASE, c)) {
        cut(line, 0);
        line->is_too_long = false;
    } else if (is_key(hidden, VERASE, c) || c == '\b' || c == 0x7F) {
        erase(line);
    } else if (line->text.len == line->text.max) {
        /* Read to its end all the same: the rest must not be shown when the echo is back. */
        line->is_too_long = true;
    } else if (!line->is_too_long) {
        return loom_buffer_add(&line->text, &c, 1);
    }
    return LOOM_OK;
}

static enum loom_err take_keys(struct hidden *hidden, struct line *line, struct loom_error *error) {
    char keys[CHUNK];
    ssize_t got = read(hidden->fd, keys, sizeof keys);
    enum loom_err err = LOOM_OK;
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        err = loom_error_os(error, LOOM_ERR_STORAGE, errno, NULL);
    else if (got == 0)
        err = loom_error_set(error, LOOM_ERR_USAGE); /* hung up */
    for (ssize_t i = 0; i < got && err == LOOM_OK && !line->is_end; i++) {
        err = take_key(hidden, keys[i], line);
        if (err != LOOM_OK)
            (void)loom_error_set(error, err);
    }
    loom_wipe(keys, sizeof keys);
    return err;
}

/* The line is whole. What comes behind it is dropped while nobody sees it; a signal ends the wait.
 */
static void drop_rest(const struct hidden *hidden) {
    const struct loom_clock clock = loom_clock_system(NULL);
    int64_t until_ms = clock.now_ms(clock.context) + REST_MS;
    struct pollfd waits[] = {
        {.fd = hidden->stop_fd, .events = POLLIN},
        {.fd = hidden->fd, .events = POLLIN},
    };
    while (poll(waits, 2, QUIET_MS) == 1 && waits[1].revents == POLLIN &&
           tcflush(hidden->fd, TCIFLUSH) == 0 && clock.now_ms(clock.context) < until_ms)
        continue;
}

static void line_clear(struct line *line) {
    loom_buffer_clear(&line->text);
}

enum loom_err loom_stream_read_hidden(const struct loom_hidden_line *hidden_line,
                                      struct loom_buffer *out, struct loom_error *error) {
    struct hidden fresh = {.fd = hidden_line->fd, .stop_fd = hidden_line->stop_fd, .tstp_fd = -1};
    (void)pthread_sigmask(SIG_SETMASK, NULL, &fresh.mask_before);
    LOOM_CLEANUP(end) struct hidden hidden = fresh;
    LOOM_CLEANUP(line_clear)
    struct line line = {.text = LOOM_BUFFER_INIT(out->max - out->len)};
    int failed = begin(&hidden);
    if (failed != 0)
        return fail(failed, error);
    if (hidden_line->prompt != NULL)
        hidden_line->prompt(hidden_line->context);
    while (!line.is_end) {
        enum loom_err err = wait_key(&hidden, error);
        if (err == LOOM_OK)
            err = take_keys(&hidden, &line, error);
        if (err != LOOM_OK)
            return err;
    }
    drop_rest(&hidden);
    if (loom_buffer_add(out, line.text.data, line.text.len) != LOOM_OK)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    return LOOM_OK;
}
