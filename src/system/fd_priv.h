/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors: the few loops that the files of this room share.
 *
 * These return 0 or an errno; the caller knows the path that belongs to it and makes a loom_error.
 */
#ifndef LOOM_SYSTEM_FD_PRIV_H
#define LOOM_SYSTEM_FD_PRIV_H

#include "base/buffer.h"

#include <stddef.h>

enum { LOOM_FD_SPARE = 8 }; /* what a connection to a server may hold, and some */

/* For LOOM_CLEANUP: close and set to -1; -1 is allowed. Keeps errno. */
void loom_fd_close(int *fd);

/* Write all of it, through EINTR and short writes. EAGAIN: 5 s without progress. */
int loom_fd_write(int fd, const void *bytes, size_t len);

/* Append everything up to the end of file. EFBIG: more than the ceiling of `out`. On failure `out`
   is as before. */
int loom_fd_read(int fd, struct loom_buffer *out);

/* fsync, through EINTR. */
int loom_fd_sync(int fd);

/* Can LOOM_FD_SPARE more descriptors be had, beside all that are open? None of them stays. */
int loom_fd_look_for_spare(int fd);

#endif
