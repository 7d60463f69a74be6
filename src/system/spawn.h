/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start another program and leave it alone: the one door for children.
 *
 *     char path[LOOM_PATH_MAX];
 *     if (loom_spawn_find("xdg-open", path) != LOOM_OK) ... not there ...
 *     struct loom_child child = LOOM_CHILD_INIT;
 *     err = loom_spawn(path, argv, &child);
 *     ... loom_spawn_poll(&child) now and then, which also keeps it from staying a zombie ...
 *
 * Never through a shell, and never a program that the current folder or a relative element of PATH
 * would choose. The child has a session of its own, "/" as its folder, /dev/null for its three
 * streams, no other descriptor, the default action for every signal, an empty signal mask, umask
 * and core limit as they were before loom_process_harden(), and an environment without our tokens.
 */
#ifndef LOOM_SYSTEM_SPAWN_H
#define LOOM_SYSTEM_SPAWN_H

#include "base/error.h"
#include "system/folder.h"

#include <stdbool.h>
#include <sys/types.h>

struct loom_child {
    pid_t pid; /* 0: none, or it has ended and was waited for */
};

#define LOOM_CHILD_INIT                                                                            \
    { .pid = 0 }

/*
 * Where `name` is: an absolute path as it stands, else the first absolute element of PATH that has
 * such a program. LOOM_ERR_NOT_FOUND: nowhere, or a relative path.
 */
LOOM_CHECKED enum loom_err loom_spawn_find(const char *name, char out_path[static LOOM_PATH_MAX]);

/* Start `path` with `argv`, NULL-terminated. LOOM_ERR_INTERNAL: it could not be started. */
LOOM_CHECKED enum loom_err loom_spawn(const char *path, char *const argv[],
                                      struct loom_child *out_child);

enum loom_child_state {
    LOOM_CHILD_RUNNING,
    LOOM_CHILD_SUCCEEDED, /* ended with status 0 */
    LOOM_CHILD_FAILED,    /* ended otherwise, or there is none */
};

/* How is it? Does not wait. Once it has ended, it is waited for and forgotten. */
enum loom_child_state loom_spawn_poll(struct loom_child *child);

/* Is this a Linux inside of Windows (WSL)? Then its programs can be started, too. */
bool loom_spawn_is_inside_windows(void);

#endif
