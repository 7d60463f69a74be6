/* SPDX-License-Identifier: Apache-2.0 */
#include "system/program.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SELF "/proc/self/exe"
#define USUAL_NAME "loom"

/* Is it this very file, by whatever name? */
static bool is_this(const char *path) {
    struct stat own, other;
    return stat(SELF, &own) == 0 && stat(path, &other) == 0 && own.st_dev == other.st_dev &&
           own.st_ino == other.st_ino;
}

/* No "." and ".." in it: those are followed by whoever reads it, through links maybe. */
static bool is_straight(const char *path) {
    return strstr(path, "/./") == NULL && strstr(path, "/../") == NULL;
}

static bool take(const char *path, char out_path[static LOOM_PATH_MAX]) {
    if (path[0] != '/' || strlen(path) >= LOOM_PATH_MAX || !is_straight(path) || !is_this(path))
        return false;
    memcpy(out_path, path, strlen(path) + 1);
    return true;
}

/* Called by a path from the current folder: the folder's name in front makes it absolute. */
static bool take_relative(const char *path, char out_path[static LOOM_PATH_MAX]) {
    char folder[LOOM_PATH_MAX], whole[LOOM_PATH_MAX];
    if (path[0] == '/' || strchr(path, '/') == NULL || getcwd(folder, sizeof folder) == NULL)
        return false;
    while (strncmp(path, "./", 2) == 0)
        path += 2 + strspn(path + 2, "/");
    int len = snprintf(whole, sizeof whole, "%s/%s", folder[1] != '\0' ? folder : "", path);
    return len > 0 && (size_t)len < sizeof whole && take(whole, out_path);
}

static bool take_from_path(const char *name, char out_path[static LOOM_PATH_MAX]) {
    const char *list = name[0] == '\0' || strchr(name, '/') != NULL ? NULL : getenv("PATH");
    while (list != NULL && *list != '\0') {
        char path[LOOM_PATH_MAX];
        size_t len = strcspn(list, ":");
        int written = snprintf(path, sizeof path, "%.*s%s%s", (int)len, list,
                               len > 0 && list[len - 1] == '/' ? "" : "/", name);
        if (list[0] == '/' && written > 0 && (size_t)written < sizeof path && take(path, out_path))
            return true;
        list += list[len] == ':' ? len + 1 : len;
    }
    return false;
}

enum loom_err loom_program_find(const char *called_as, char out_path[static LOOM_PATH_MAX]) {
    char real[LOOM_PATH_MAX];
    if (take(called_as, out_path) || take_relative(called_as, out_path) ||
        take_from_path(called_as, out_path) || take_from_path(USUAL_NAME, out_path))
        return LOOM_OK;
    ssize_t len = readlink(SELF, real, sizeof real - 1);
    if (len <= 0)
        return LOOM_ERR_NOT_FOUND;
    real[len] = '\0'; /* of a file that is gone, " (deleted)" stands behind it */
    return take(real, out_path) ? LOOM_OK : LOOM_ERR_NOT_FOUND;
}
