/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library to be preloaded into a keyring: appends to EXE_WATCH what /proc/PID/exe says when the
 * keyring asks, a line for each look: the path, a blank, and the program or "-".
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note(const char *path, const char *answer) {
    const char *file = getenv("EXE_WATCH");
    int before = errno;
    if (file == NULL || strncmp(path, "/proc/", 6) != 0 || strstr(path, "/exe") == NULL)
        return;
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)dprintf(fd, "%s %s\n", path, answer != NULL ? answer : "-");
    (void)close(fd);
    errno = before;
}

__attribute__((visibility("default"))) char *realpath(const char *path, char *out) {
    char *(*real)(const char *path, char *out) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "realpath");
    memcpy(&real, &symbol, sizeof symbol);
    char *answer = real(path, out);
    note(path, answer);
    return answer;
}
