/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same work for several things at once, for work that mostly waits.
 *
 *     struct check checks[3] = {...};
 *     loom_parallel_run(ask, checks, 3, sizeof checks[0]);     // all are done now
 *
 * Each task runs in a thread of its own, LOOM_PARALLEL_MAX at a time, with every signal blocked:
 * they are the first thread's. Where no thread can be had, the work is done one after the other.
 */
#ifndef LOOM_SYSTEM_PARALLEL_H
#define LOOM_SYSTEM_PARALLEL_H

#include <stddef.h>

enum { LOOM_PARALLEL_MAX = 16 };

typedef void loom_parallel_task(void *item);

/* Call `task` once with each of `count` items of `size` bytes, and return when all have ended. */
void loom_parallel_run(loom_parallel_task *task, void *items, size_t count, size_t size);

/* What stands between these two is done by one task at a time: for what all of them share. */
void loom_parallel_lock(void);
void loom_parallel_unlock(void);

#endif
