/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How every child of this program is started; system/spawn.h says what it is born with.
 */
#ifndef LOOM_SYSTEM_SPAWN_PRIV_H
#define LOOM_SYSTEM_SPAWN_PRIV_H

#include "base/error.h"
#include "system/spawn.h"

struct loom_spawn_order {
    const char *path;           /* absolute */
    const char *const *argv;    /* NULL-terminated */
    const char *const *changes; /* as in system/child.h; NULL: none */
    const char *folder;         /* absolute */
    int fds[3];                 /* its three streams, each above 2; -1: /dev/null */
};

/*
 * LOOM_ERR_NOT_FOUND: there is no such program, or it is none. LOOM_ERR_INTERNAL: it could not be
 * started for another reason.
 */
LOOM_CHECKED enum loom_err loom_spawn_start(const struct loom_spawn_order *order,
                                            struct loom_child *out_child);

#endif
