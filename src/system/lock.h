/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock between processes: flock on a file that is never unlinked.
 *
 *     LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
 *     if (loom_lock_take(&folder, "credentials.json.lock", LOOM_LOCK_DEADLINE_MS, &lock, error)...
 *
 * Taken with non-blocking tries until the deadline, so that a holder that was stopped costs
 * seconds, never a hang: LOOM_ERR_STORAGE with EWOULDBLOCK; and LOOM_ERR_INTERRUPTED, when somebody
 * else holds it and loom_signals_caught() says that a signal asks to end. A lock that is free is
 * always taken. The file is 0600, opened as suspiciously as any other. On a file system without
 * locks (ENOLCK, ENOTSUP, ENOSYS) the call succeeds and `is_missing` says so. The kernel gives the
 * lock back when the process ends, however it ends; a program started meanwhile does not inherit it
 * (O_CLOEXEC).
 */
#ifndef LOOM_SYSTEM_LOCK_H
#define LOOM_SYSTEM_LOCK_H

#include "base/error.h"
#include "system/folder.h"

#include <stdbool.h>

enum { LOOM_LOCK_DEADLINE_MS = 10000 };

struct loom_lock {
    int fd;          /* owned; -1 when not held */
    bool is_missing; /* the file system has no locks: nothing is held */
};

#define LOOM_LOCK_INIT                                                                             \
    { .fd = -1, .is_missing = false }

LOOM_CHECKED enum loom_err loom_lock_take(const struct loom_folder *folder, const char *name,
                                          int deadline_ms, struct loom_lock *out_lock,
                                          struct loom_error *error);

void loom_lock_release(struct loom_lock *lock);

#endif
