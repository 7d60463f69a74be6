/* SPDX-License-Identifier: Apache-2.0 */
#include "server/cgi.h"

#include "base/buffer.h"
#include "server/cgi_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    EARLY_MAX = 16 * 1024 * 1024, /* what git may say before the request is complete */
    HEADER_MAX = 64 * 1024,
    BLOCK_SIZE = 16 * 1024,
    END_WAIT_MS = 2000, /* for git to end after its last word */
    END_STEP_MS = 5,
};

struct dev_cgi {
    pid_t pid;
    int input;  /* we write, git reads; -1: closed */
    int output; /* git writes, we read */
    int stop_fd;
    bool is_over;             /* git said all it had to say */
    struct loom_buffer early; /* header, and body that came with it */
    size_t used;              /* bytes of `early` handed out */
};

enum loom_err dev_cgi_start(const struct dev_cgi_ask *ask, struct dev_cgi **out_cgi) {
    struct dev_cgi *cgi = calloc(1, sizeof *cgi);
    if (cgi == NULL)
        return LOOM_ERR_INTERNAL;
    cgi->early = (struct loom_buffer)LOOM_BUFFER_INIT(EARLY_MAX);
    cgi->stop_fd = ask->stop_fd;
    struct dev_cgi_child child;
    enum loom_err err = dev_cgi_spawn(ask, &child);
    if (err != LOOM_OK) {
        free(cgi);
        return err;
    }
    cgi->pid = child.pid;
    cgi->input = child.input;
    cgi->output = child.output;
    *out_cgi = cgi;
    return LOOM_OK;
}

static void close_input(struct dev_cgi *cgi) {
    if (cgi->input >= 0)
        (void)close(cgi->input);
    cgi->input = -1;
}

/* Read once into `early`; for when there is something to read. */
static enum loom_err read_early(struct dev_cgi *cgi) {
    char block[BLOCK_SIZE];
    ssize_t len = read(cgi->output, block, sizeof block);
    if (len < 0)
        return errno == EINTR ? LOOM_OK : LOOM_ERR_INTERNAL;
    cgi->is_over = len == 0;
    return loom_buffer_add(&cgi->early, block, (size_t)len);
}

/* Write once what fits. EPIPE: git needs no more, which is no error. */
static enum loom_err write_some(struct dev_cgi *cgi, const char **bytes, size_t *len) {
    ssize_t written = write(cgi->input, *bytes, *len);
    if (written < 0 && errno == EPIPE) {
        close_input(cgi);
        return LOOM_OK;
    }
    if (written < 0)
        return errno == EINTR || errno == EAGAIN ? LOOM_OK : LOOM_ERR_INTERNAL;
    *bytes += written;
    *len -= (size_t)written;
    return LOOM_OK;
}

/*
 * Git may speak before it has heard everything. Nobody takes its words yet, so they are kept:
 * waiting with them would leave both sides waiting for each other.
 */
enum loom_err dev_cgi_write(struct dev_cgi *cgi, const char *bytes, size_t len) {
    enum loom_err err = LOOM_OK;
    while (err == LOOM_OK && len > 0 && cgi->input >= 0) {
        struct pollfd fds[] = {
            {.fd = cgi->stop_fd, .events = POLLIN},
            {.fd = cgi->is_over ? -1 : cgi->output, .events = POLLIN},
            {.fd = cgi->input, .events = POLLOUT},
        };
        if (poll(fds, 3, -1) < 0)
            err = errno == EINTR ? LOOM_OK : LOOM_ERR_INTERNAL;
        else if (fds[0].revents != 0)
            err = LOOM_ERR_INTERRUPTED;
        else if (fds[1].revents != 0)
            err = read_early(cgi);
        else if (fds[2].revents != 0)
            err = write_some(cgi, &bytes, &len);
    }
    return err;
}

/* Returns false when the server is to end. */
static bool wait_for_output(const struct dev_cgi *cgi) {
    for (;;) {
        struct pollfd fds[] = {
            {.fd = cgi->stop_fd, .events = POLLIN},
            {.fd = cgi->output, .events = POLLIN},
        };
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents != 0)
            return false;
        if (fds[1].revents != 0)
            return true;
    }
}

enum loom_err dev_cgi_finish(struct dev_cgi *cgi, struct dev_cgi_header *out_header) {
    close_input(cgi);
    size_t header_len = 0;
    while ((header_len = dev_cgi_header_len(cgi->early.data, cgi->early.len)) == 0) {
        if (cgi->is_over || cgi->early.len > HEADER_MAX)
            return LOOM_ERR_BAD_ANSWER;
        if (!wait_for_output(cgi))
            return LOOM_ERR_INTERRUPTED;
        enum loom_err err = read_early(cgi);
        if (err != LOOM_OK)
            return err;
    }
    cgi->used = header_len;
    return dev_cgi_header_parse(cgi->early.data, header_len, out_header);
}

ssize_t dev_cgi_read(struct dev_cgi *cgi, char *out_bytes, size_t max) {
    size_t left = cgi->early.len - cgi->used;
    if (left > 0) {
        size_t len = left < max ? left : max;
        memcpy(out_bytes, cgi->early.data + cgi->used, len);
        cgi->used += len;
        return (ssize_t)len;
    }
    for (;;) {
        if (cgi->is_over)
            return 0;
        if (!wait_for_output(cgi))
            return -1;
        ssize_t len = read(cgi->output, out_bytes, max);
        cgi->is_over = len == 0;
        if (len >= 0 || errno != EINTR)
            return len;
    }
}

static bool has_ended(pid_t pid, int wait_ms) {
    const struct timespec step = {.tv_nsec = END_STEP_MS * 1000L * 1000L};
    for (int waited_ms = 0;; waited_ms += END_STEP_MS) {
        pid_t ended = waitpid(pid, NULL, WNOHANG);
        if (ended == pid || (ended < 0 && errno != EINTR))
            return true;
        if (waited_ms >= wait_ms)
            return false;
        (void)nanosleep(&step, NULL);
    }
}

/* A git whose last word was not heard is not needed any more, nor are its children. */
void dev_cgi_free(struct dev_cgi *cgi) {
    if (cgi == NULL)
        return;
    close_input(cgi);
    (void)close(cgi->output);
    if (!has_ended(cgi->pid, cgi->is_over ? END_WAIT_MS : 0)) {
        (void)kill(-cgi->pid, SIGKILL);
        while (waitpid(cgi->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    loom_buffer_clear(&cgi->early);
    free(cgi);
}
