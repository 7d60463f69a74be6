/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of this machine: is anybody there? */
#ifndef LOOM_SYSTEM_SOCKET_H
#define LOOM_SYSTEM_SOCKET_H

#include <stdbool.h>

/*
 * Does the local socket called `name` (a path, or a name without a file when `is_abstract`) accept
 * a connection, and does it belong to the effective user? Never waits, and sends nothing.
 * 0, or an errno: EAGAIN when it exists but accepts nobody at present, EPERM when it is somebody
 * else's.
 */
int loom_socket_probe(const char *name, bool is_abstract);

#endif
