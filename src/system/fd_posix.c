/* SPDX-License-Identifier: Apache-2.0 */
#include "system/fd_priv.h"

#include "base/memory.h"
#include "system/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { STALL_MS = 5000, CHUNK = 16 * 1024 };

void loom_fd_close(int *fd) {
    int before = errno;
    if (*fd >= 0)
        (void)close(*fd); /* never again after EINTR: Linux has given the number away */
    *fd = -1;
    errno = before;
}

static int wait_writable(int fd) {
    struct loom_clock clock = loom_clock_system(NULL);
    int64_t deadline = clock.now_ms(clock.context) + STALL_MS;
    for (;;) {
        int64_t left = deadline - clock.now_ms(clock.context);
        struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
        int ready = poll(&poll_fd, 1, left > 0 ? (int)left : 0);
        if (ready > 0)
            return 0; /* writable or broken: the next write(2) says which */
        if (ready == 0)
            return EAGAIN;
        if (errno != EINTR)
            return errno;
    }
}

int loom_fd_write(int fd, const void *bytes, size_t len) {
    const unsigned char *at = bytes;
    while (len > 0) {
        ssize_t written = write(fd, at, len);
        if (written > 0) {
            at += written;
            len -= (size_t)written;
        } else if (written == 0) {
            return EIO;
        } else if (errno == EAGAIN) {
            int failed = wait_writable(fd);
            if (failed != 0)
                return failed;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

static int read_into(int fd, char *chunk, struct loom_buffer *content) {
    for (;;) {
        ssize_t got = read(fd, chunk, CHUNK);
        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return errno;
        if (got > 0 && (size_t)got > content->max - content->len)
            return EFBIG;
        if (got > 0 && loom_buffer_add(content, chunk, (size_t)got) != LOOM_OK)
            return ENOMEM;
    }
}

int loom_fd_read(int fd, struct loom_buffer *out) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer content = LOOM_BUFFER_INIT(out->max - out->len);
    char chunk[CHUNK];
    int failed = read_into(fd, chunk, &content);
    loom_wipe(chunk, sizeof chunk);
    if (failed != 0)
        return failed;
    return loom_buffer_add(out, content.data, content.len) == LOOM_OK ? 0 : ENOMEM;
}

int loom_fd_sync(int fd) {
    while (fsync(fd) != 0) {
        if (errno != EINTR)
            return errno;
    }
    return 0;
}

int loom_fd_look_for_spare(int fd) {
    int spare[LOOM_FD_SPARE], count = 0, failed = 0;
    while (failed == 0 && count < LOOM_FD_SPARE) {
        spare[count] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (spare[count] < 0)
            failed = errno;
        else
            count++;
    }
    while (count > 0)
        loom_fd_close(&spare[--count]);
    return failed;
}
