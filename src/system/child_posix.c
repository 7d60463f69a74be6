/* SPDX-License-Identifier: Apache-2.0 */
#include "system/child.h"

#include "base/memory.h"
#include "system/clock.h"
#include "system/fd_priv.h"
#include "system/sigpipe.h"
#include "system/spawn_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHUNK = 16 * 1024,
    TICK_MS = 20, /* how soon its end is seen while somebody holds its pipes */
    SOON_MS = 1,  /* and at first when nobody does: then it ends any moment */
    KILL_MS = 1000,
};

enum { IN, OUT, ERRORS, STREAMS };

struct run {
    const struct loom_child_order *order;
    struct loom_child child;
    int fds[STREAMS]; /* our ends; -1: done with */
    size_t written;
    struct loom_buffer *buffers[STREAMS];
    bool is_errors_cut;
    int64_t deadline;
    int64_t tick_ms; /* how soon its end is looked for once its pipes are closed */
};

static int64_t now_ms(void) {
    struct loom_clock clock = loom_clock_system(NULL);
    return clock.now_ms(clock.context);
}

static void close_all(int fds[static STREAMS]) {
    for (int i = IN; i < STREAMS; i++)
        loom_fd_close(&fds[i]);
}

/* ---- Bytes in, bytes out ---- */

/* Who reads no more is no reason for SIGPIPE, also in a process that does not ignore it. */
static ssize_t write_quietly(int fd, const void *bytes, size_t len) {
    struct loom_sigpipe sigpipe;
    loom_sigpipe_hold(&sigpipe);
    ssize_t written = write(fd, bytes, len);
    int failed = errno;
    loom_sigpipe_release(&sigpipe);
    errno = failed;
    return written;
}

static void feed(struct run *run) {
    const char *bytes = run->order->input;
    size_t left = run->order->input_len - run->written;
    ssize_t written = left > 0 ? write_quietly(run->fds[IN], bytes + run->written, left) : 0;
    if (written > 0)
        run->written += (size_t)written;
    bool is_over = written < 0 && errno != EAGAIN && errno != EINTR;
    if (is_over || run->written == run->order->input_len)
        loom_fd_close(&run->fds[IN]);
}

static enum loom_err keep(struct run *run, int stream, const char *bytes, size_t len) {
    struct loom_buffer *buffer = run->buffers[stream];
    if (buffer == NULL)
        return LOOM_OK;
    size_t room = buffer->max - buffer->len;
    if (len > room && stream == OUT)
        return LOOM_ERR_BAD_ANSWER;
    run->is_errors_cut = run->is_errors_cut || len > room;
    return loom_buffer_add(buffer, bytes, len < room ? len : room);
}

static enum loom_err take(struct run *run, int stream) {
    char chunk[CHUNK];
    ssize_t got = read(run->fds[stream], chunk, sizeof chunk);
    bool has_failed = got < 0 && errno != EAGAIN && errno != EINTR;
    enum loom_err err = got > 0      ? keep(run, stream, chunk, (size_t)got)
                        : has_failed ? LOOM_ERR_INTERNAL /* half of it is no answer */
                                     : LOOM_OK;
    if (got == 0)
        loom_fd_close(&run->fds[stream]);
    loom_wipe(chunk, got > 0 ? (size_t)got : 0);
    return err;
}

/*
 * Wait until something can be moved, and move it; *out_is_quiet: there was nothing. Input that
 * nobody takes is no reason to go on, for whoever would is gone.
 */
static enum loom_err move(struct run *run, int64_t patience_ms, bool *out_is_quiet) {
    struct pollfd fds[STREAMS + 1] = {{.fd = run->fds[IN], .events = POLLOUT},
                                      {.fd = run->fds[OUT], .events = POLLIN},
                                      {.fd = run->fds[ERRORS], .events = POLLIN},
                                      {.fd = run->order->stop_fd, .events = POLLIN}};
    *out_is_quiet = true;
    int ready = poll(fds, STREAMS + 1, (int)patience_ms);
    if (ready < 0 && errno != EINTR)
        return LOOM_ERR_INTERNAL;
    if (ready <= 0)
        return LOOM_OK;
    if (fds[STREAMS].revents != 0)
        return LOOM_ERR_INTERRUPTED;
    if (fds[IN].revents != 0)
        feed(run);
    for (int i = OUT; i <= ERRORS; i++) {
        enum loom_err err = fds[i].revents != 0 ? take(run, i) : LOOM_OK;
        if (err != LOOM_OK)
            return err;
        *out_is_quiet = *out_is_quiet && fds[i].revents == 0;
    }
    return LOOM_OK;
}

/* ---- Its end ---- */

/* It stays to be waited for: its number, and its group's, are nobody else's until then. */
static bool has_ended(const struct run *run) {
    siginfo_t info = {.si_pid = 0};
    int failed = waitid(P_PID, (id_t)run->child.pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return failed != 0 ? errno != EINTR : info.si_pid != 0;
}

static void wait_for_end(const struct run *run, int64_t patience_ms) {
    int64_t deadline = now_ms() + patience_ms;
    while (!has_ended(run) && now_ms() < deadline)
        (void)poll(NULL, 0, SOON_MS);
}

static void end_group(struct run *run) {
    close_all(run->fds);
    (void)kill(-run->child.pid, SIGTERM);
    wait_for_end(run, LOOM_CHILD_GRACE_MS);
    (void)kill(-run->child.pid, SIGKILL);
    wait_for_end(run, KILL_MS);
    (void)waitpid(run->child.pid, NULL, WNOHANG);
}

static enum loom_err note_end(const struct run *run, struct loom_child_outcome *out_outcome) {
    int status = 0;
    if (waitpid(run->child.pid, &status, WNOHANG) != run->child.pid)
        return LOOM_ERR_INTERNAL;
    out_outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    out_outcome->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    out_outcome->is_errors_cut = run->is_errors_cut;
    return LOOM_OK;
}

static int64_t next_tick(struct run *run) {
    if (run->fds[OUT] >= 0 || run->fds[ERRORS] >= 0)
        return TICK_MS;
    int64_t tick = run->tick_ms;
    run->tick_ms = tick < TICK_MS ? 2 * tick : tick;
    return tick;
}

/* Until it has ended, and what it had written by then is here. */
static enum loom_err accompany(struct run *run) {
    for (;;) {
        bool is_quiet, is_over = has_ended(run);
        int64_t left = run->deadline - now_ms();
        int64_t tick = next_tick(run);
        if (left <= 0 && !is_over)
            return LOOM_ERR_TIMEOUT;
        enum loom_err err = move(run, is_over ? 0 : left < tick ? left : tick, &is_quiet);
        if (err != LOOM_OK || (is_over && (is_quiet || left <= 0)))
            return err;
    }
}

/* ---- Its birth ---- */

static enum loom_err make_pipes(struct run *run, int theirs[static STREAMS]) {
    for (int i = IN; i < STREAMS; i++) {
        int ends[2];
        if (i == IN && run->order->input == NULL)
            continue;
        if (pipe2(ends, O_CLOEXEC) != 0)
            return LOOM_ERR_INTERNAL;
        theirs[i] = ends[i == IN ? 0 : 1];
        run->fds[i] = ends[i == IN ? 1 : 0];
        if (fcntl(run->fds[i], F_SETFL, O_NONBLOCK) != 0)
            return LOOM_ERR_INTERNAL;
    }
    return LOOM_OK;
}

static enum loom_err start(struct run *run) {
    struct loom_spawn_order order = {
        .path = run->order->path,
        .argv = run->order->argv,
        .changes = run->order->changes,
        .folder = run->order->folder != NULL ? run->order->folder : "/",
        .fds = {-1, -1, -1},
    };
    enum loom_err err = make_pipes(run, order.fds);
    if (err == LOOM_OK)
        err = loom_spawn_start(&order, &run->child);
    close_all(order.fds);
    return err;
}

enum loom_err loom_child_run(const struct loom_child_order *order, struct loom_buffer *out,
                             struct loom_buffer *errors, struct loom_child_outcome *out_outcome) {
    struct run run = {.order = order,
                      .child = LOOM_CHILD_INIT,
                      .fds = {-1, -1, -1},
                      .buffers = {[OUT] = out, [ERRORS] = errors},
                      .deadline = now_ms() + order->deadline_ms,
                      .tick_ms = SOON_MS};
    enum loom_err err = start(&run);
    if (err == LOOM_OK) {
        err = accompany(&run);
        if (err == LOOM_OK)
            err = note_end(&run, out_outcome);
        else
            end_group(&run);
    }
    close_all(run.fds);
    return err;
}
