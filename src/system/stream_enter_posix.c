/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wait for Enter, in the terminal's own line editing: no setting of it is changed, so there is
 * none to put back, whatever ends the wait.
 */
#include "system/stream.h"

#include "base/memory.h"
#include "system/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/*
 * Look that often whether we are in front, and at the clock, which goes on while the machine
 * sleeps. An Enter counts when nothing comes QUIET_MS after it: a paste goes on, as does a key that
 * is held down.
 */
enum { SLICE_MS = 1000, QUIET_MS = 100, CHUNK = 256 };

/* What Ctrl-C and Ctrl-D send where the terminal makes nothing of them (a shell left it raw). */
#define STOP_KEYS "\x03\x04"

bool loom_stream_is_in_front(int fd) {
    pid_t front = tcgetpgrp(fd);
    return front < 0 || front == getpgrp(); /* who has no job control is in front */
}

enum mood {
    LISTENING,
    ANSWERED, /* there was an Enter; does it stand alone? */
    NOISY,    /* what comes is no answer, until it is quiet again */
};

struct typed {
    bool has_text; /* the line so far is not blank */
    enum mood mood;
};

/* One key. LOOM_ERR_NOT_FOUND: it is no end. */
static enum loom_err take_key(struct typed *typed, char key) {
    bool is_end = key == '\n' || key == '\r';
    if (key != '\0' && strchr(STOP_KEYS, key) != NULL)
        return LOOM_ERR_USAGE;
    if (typed->mood == ANSWERED || (is_end && typed->has_text))
        typed->mood = NOISY;
    else if (is_end)
        typed->mood = ANSWERED;
    typed->has_text = !is_end && (typed->has_text || key != ' ');
    return LOOM_ERR_NOT_FOUND;
}

/* What is there to be read. LOOM_ERR_NOT_FOUND: no end among it. */
static enum loom_err take_keys(int fd, struct typed *typed) {
    char keys[CHUNK];
    enum loom_err err = LOOM_ERR_NOT_FOUND;
    ssize_t got = read(fd, keys, sizeof keys);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
        return LOOM_ERR_USAGE; /* Ctrl-D, or the terminal is gone */
    for (ssize_t i = 0; i < got && err == LOOM_ERR_NOT_FOUND; i++)
        err = take_key(typed, keys[i]);
    loom_wipe(keys, sizeof keys); /* somebody may have pasted what was meant for another window */
    return err;
}

/* Keys came. Of a paste nothing is looked at but that it goes on. */
static enum loom_err hear(const struct loom_enter *enter, struct typed *typed) {
    if (typed->mood == LISTENING)
        return take_keys(enter->fd, typed);
    *typed = (struct typed){.mood = NOISY};
    return tcflush(enter->fd, TCIFLUSH) == 0 ? LOOM_ERR_NOT_FOUND : LOOM_ERR_USAGE;
}

/* None came for a while. */
static enum loom_err hear_nothing(const struct loom_enter *enter, struct typed *typed) {
    if (typed->mood == ANSWERED)
        return LOOM_OK;
    if (typed->mood == NOISY) {
        *typed = (struct typed){.mood = LISTENING};
        enter->ask(enter->context);
    }
    return LOOM_ERR_NOT_FOUND;
}

/*
 * One look at most SLICE_MS long. A process in the background does not read, for that would stop
 * it: the terminal is somebody else's then.
 */
static enum loom_err look(const struct loom_enter *enter, int64_t left_ms, struct typed *typed) {
    int64_t most_ms = typed->mood == LISTENING ? SLICE_MS : QUIET_MS;
    struct pollfd waits[] = {
        {.fd = enter->stop_fd, .events = POLLIN},
        {.fd = loom_stream_is_in_front(enter->fd) ? enter->fd : -1, .events = POLLIN},
    };
    int ready = poll(waits, 2, (int)(left_ms < most_ms ? left_ms : most_ms));
    if (ready < 0 && errno != EINTR)
        return LOOM_ERR_USAGE;
    if (ready > 0 && waits[0].revents != 0)
        return LOOM_ERR_INTERRUPTED;
    if (ready < 0 || !loom_stream_is_in_front(enter->fd))
        return LOOM_ERR_NOT_FOUND;
    return ready > 0 ? hear(enter, typed) : hear_nothing(enter, typed);
}

enum loom_err loom_stream_wait_enter(const struct loom_enter *enter) {
    const struct loom_clock clock = loom_clock_system(NULL);
    struct typed typed = {.mood = LISTENING};
    enum loom_err err = LOOM_ERR_NOT_FOUND;
    int64_t until_ms = clock.now_ms(clock.context) + enter->patience_ms;
    if (!loom_stream_is_in_front(enter->fd))
        return LOOM_ERR_USAGE;
    /* What was typed before the question is no answer to it. */
    if (tcflush(enter->fd, TCIFLUSH) != 0)
        return LOOM_ERR_USAGE;
    enter->ask(enter->context);
    while (err == LOOM_ERR_NOT_FOUND) {
        int64_t left_ms = until_ms - clock.now_ms(clock.context);
        err = left_ms > 0 ? look(enter, left_ms, &typed) : LOOM_ERR_TIMEOUT;
    }
    return err;
}
