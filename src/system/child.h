/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run another program to its end: bytes in, bytes out, and never longer than it may take.
 *
 *     char path[LOOM_PATH_MAX];
 *     if (loom_spawn_find("git", path) != LOOM_OK) ... not there ...
 *     const struct loom_child_order order = {
 *         .path = path, .argv = (const char *const[]){"git", "--version", NULL},
 *         .deadline_ms = 5000, .stop_fd = -1};
 *     LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(4096);
 *     LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer errors = LOOM_BUFFER_INIT(4096);
 *     struct loom_child_outcome outcome;
 *     err = loom_child_run(&order, &out, &errors, &outcome);
 *
 * It is born as system/spawn.h says (a session of its own, so it has no terminal to ask at; no
 * descriptor of ours, no token in its environment), but for its streams, which are pipes, and what
 * the order changes. One thread at a time may be in here, as with loom_spawn().
 *
 * The run ends when the program has ended, whoever else still holds its pipes: what they write
 * later is not waited for, and they live on. When it must not go on, the program and all of its
 * process group are asked to end (SIGTERM: git takes its lock files away), and after
 * LOOM_CHILD_GRACE_MS ended (SIGKILL). It is always waited for: no zombie stays.
 */
#ifndef LOOM_SYSTEM_CHILD_H
#define LOOM_SYSTEM_CHILD_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOOM_CHILD_GRACE_MS = 500 };

struct loom_child_order {
    const char *path;           /* absolute, as loom_spawn_find() gives it */
    const char *const *argv;    /* NULL-terminated */
    const char *const *changes; /* of the environment, NULL-terminated: "NAME=value" sets it, "NAME"
                                   takes it away; each name once; NULL: none */
    const char *folder;         /* absolute; NULL: "/" */
    const void *input;          /* what it can read; NULL: nothing. It need not read it */
    size_t input_len;
    int64_t deadline_ms; /* from now on */
    int stop_fd;         /* what loom_signals_catch() returned, or -1 */
};

struct loom_child_outcome {
    int status;         /* its exit status, or -1 */
    int signal;         /* the one that ended it, or 0 */
    bool is_errors_cut; /* there was more than the ceiling of `errors`; that was dropped */
};

/*
 * Append what it writes to `out` and `errors` (either NULL: dropped). LOOM_OK says that it ended by
 * itself, however it did. LOOM_ERR_NOT_FOUND: no such program. LOOM_ERR_TIMEOUT: the deadline.
 * LOOM_ERR_BAD_ANSWER: more than the ceiling of `out`. LOOM_ERR_INTERRUPTED: `stop_fd` became
 * readable. LOOM_ERR_INTERNAL: no memory, no pipe, a read that failed, or nobody can say how it
 * ended. On failure `out` and `errors` hold what came until then.
 */
LOOM_CHECKED enum loom_err loom_child_run(const struct loom_child_order *order,
                                          struct loom_buffer *out, struct loom_buffer *errors,
                                          struct loom_child_outcome *out_outcome);

#endif
