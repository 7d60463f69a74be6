/* SPDX-License-Identifier: Apache-2.0 */
#include "system/stream.h"

#include "system/fd_priv.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { CHUNK = 4096, COLUMNS = 80, ROWS = 24 };

enum loom_err loom_stream_write(int fd, const void *bytes, size_t len, struct loom_error *error) {
    int failed = loom_fd_write(fd, bytes, len);
    return failed == 0 ? LOOM_OK : loom_error_os(error, LOOM_ERR_STORAGE, failed, NULL);
}

/* Wait until there is something to read, an end included, or `stop_fd` is readable. */
static enum loom_err wait_input(int fd, int stop_fd, struct loom_error *error) {
    for (;;) {
        struct pollfd waits[] = {{.fd = fd, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
        int ready = poll(waits, 2, -1);
        if (ready > 0 && waits[1].revents != 0)
            return loom_error_set(error, LOOM_ERR_INTERRUPTED);
        if (ready > 0)
            return LOOM_OK;
        if (ready < 0 && errno != EINTR)
            return loom_error_os(error, LOOM_ERR_STORAGE, errno, NULL);
    }
}

/* Append one read to `content`; *out_end says that there is no more. */
static enum loom_err read_once(int fd, struct loom_buffer *content, bool *out_end,
                               struct loom_error *error) {
    char chunk[CHUNK];
    ssize_t got = read(fd, chunk, sizeof chunk);
    enum loom_err err = LOOM_OK;
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        err = loom_error_os(error, LOOM_ERR_STORAGE, errno, NULL);
    else if (got > 0 && (size_t)got > content->max - content->len)
        err = loom_error_set(error, LOOM_ERR_USAGE);
    else if (got > 0 && loom_buffer_add(content, chunk, (size_t)got) != LOOM_OK)
        err = loom_error_set(error, LOOM_ERR_INTERNAL);
    else
        *out_end = got == 0;
    loom_wipe(chunk, sizeof chunk);
    return err;
}

enum loom_err loom_stream_read(int fd, int stop_fd, loom_stream_enough *enough,
                               struct loom_buffer *out, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer content = LOOM_BUFFER_INIT(out->max - out->len);
    bool is_end = false;
    while (!is_end) {
        enum loom_err err = wait_input(fd, stop_fd, error);
        if (err == LOOM_OK)
            err = read_once(fd, &content, &is_end, error);
        if (err != LOOM_OK)
            return err;
        if (enough != NULL && enough(loom_buffer_text(&content), content.len))
            break;
    }
    if (loom_buffer_add(out, content.data, content.len) != LOOM_OK)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    return LOOM_OK;
}

bool loom_stream_is_terminal(int fd) {
    return isatty(fd) == 1;
}

unsigned loom_stream_columns(int fd) {
    struct winsize size = {0};
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS;
    return size.ws_col;
}

unsigned loom_stream_rows(int fd) {
    struct winsize size = {0};
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        return ROWS;
    return size.ws_row;
}

bool loom_stream_is_utf8(int fd) {
    struct termios modes;
    return tcgetattr(fd, &modes) == 0 && (modes.c_iflag & IUTF8) != 0;
}
