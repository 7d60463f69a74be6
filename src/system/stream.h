/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard streams and the terminal behind them.
 */
#ifndef LOOM_SYSTEM_STREAM_H
#define LOOM_SYSTEM_STREAM_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Write all of it; LOOM_ERR_STORAGE with errno when that fails. EAGAIN is waited for, at most 5 s a
 * time without progress.
 */
LOOM_CHECKED enum loom_err loom_stream_write(int fd, const void *bytes, size_t len,
                                             struct loom_error *error);

/* Says whether what was read so far is all that is needed. */
typedef bool loom_stream_enough(const char *bytes, size_t len);

/*
 * Append what comes until end of file, or until `enough` (may be NULL) says so: it is asked after
 * each read about all that this call has read. LOOM_ERR_USAGE: more than the ceiling of `out`.
 * LOOM_ERR_STORAGE: errno. LOOM_ERR_INTERRUPTED: `stop_fd` (-1: none) became readable.
 */
LOOM_CHECKED enum loom_err loom_stream_read(int fd, int stop_fd, loom_stream_enough *enough,
                                            struct loom_buffer *out, struct loom_error *error);

bool loom_stream_is_terminal(int fd);

/* Columns of the terminal behind `fd`, 80 when there is none or it does not say. */
unsigned loom_stream_columns(int fd);

/* The same of its rows: else 24. */
unsigned loom_stream_rows(int fd);

/* Does the terminal itself say that its text is UTF-8 (IUTF8 of termios(3))? */
bool loom_stream_is_utf8(int fd);

/* Is this process in front at the terminal? One in the background is stopped when it reads. */
bool loom_stream_is_in_front(int fd);

/* A question to which Enter is the answer. */
struct loom_enter {
    int fd;                     /* the terminal */
    int stop_fd;                /* as above */
    int64_t patience_ms;        /* the longest wait, the time that the machine sleeps included */
    void (*ask)(void *context); /* show the question */
    void *context;
};

/*
 * Drop what was typed before, ask, and wait until somebody presses Enter on an empty line. After a
 * line with anything on it, or one of which more comes at once, as of a paste or a key that is held
 * down, the question is asked again as soon as that is over, and all of it is dropped. No setting
 * of the terminal is changed. In the background nothing is read, and nothing asked to begin with.
 * LOOM_ERR_USAGE: no (Ctrl-D, no terminal, hung up, in the background). LOOM_ERR_TIMEOUT: nobody
 * answered in time. LOOM_ERR_INTERRUPTED: `stop_fd` became readable.
 */
LOOM_CHECKED enum loom_err loom_stream_wait_enter(const struct loom_enter *enter);

/* A line that nobody is to see. */
struct loom_hidden_line {
    int fd;                        /* the terminal */
    int stop_fd;                   /* as above */
    void (*prompt)(void *context); /* called once the echo is off; NULL: nobody is to be told */
    void *context;
};

/*
 * Read one line from a terminal without echo; its end is not in `out`. What was typed before the
 * echo was off is dropped, and was seen: so the prompt comes after that. The echo is restored on
 * every way out: by return, and before the program ends by a signal (SIGTSTP restores it while
 * stopped). Not even the line's end is echoed: the caller moves on to the next line. Erase, word
 * erase and kill (both take the whole line) work; the line may be longer than the 4095 bytes that a
 * terminal keeps by itself. LOOM_ERR_USAGE: longer than the ceiling (it is read to its end all the
 * same, so that the rest is not shown), or end of file at once. LOOM_ERR_STORAGE: not a terminal
 * (ENOTTY), or errno.
 */
LOOM_CHECKED enum loom_err loom_stream_read_hidden(const struct loom_hidden_line *hidden_line,
                                                   struct loom_buffer *out,
                                                   struct loom_error *error);

#endif
