/* SPDX-License-Identifier: Apache-2.0 */
#include "system/socket.h"

#include "base/memory.h"
#include "system/fd_priv.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Whose process listens; a bus that systemd listens for is the user's as well. */
static int judge_owner(int fd) {
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return errno;
    return peer.uid == geteuid() ? 0 : EPERM;
}

int loom_socket_probe(const char *name, bool is_abstract) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name), before = is_abstract ? 1 : 0;
    if (len == 0)
        return ENOENT;
    if (before + len >= sizeof address.sun_path)
        return ENAMETOOLONG;
    memcpy(address.sun_path + before, name, len);
    LOOM_CLEANUP(loom_fd_close) int fd = -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    /* The name of an abstract socket ends where the address does, a path at its NUL. */
    size_t used = offsetof(struct sockaddr_un, sun_path) + before + len + (is_abstract ? 0 : 1);
    if (connect(fd, (const struct sockaddr *)&address, (socklen_t)used) != 0)
        return errno;
    return judge_owner(fd);
}
