/* SPDX-License-Identifier: Apache-2.0 */
#include "system/folder.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PASSWD_SIZE = 16 * 1024 };

static bool is_absolute(const char *path) {
    return path != NULL && path[0] == '/';
}

static enum loom_err join(const char *base, const char *rest, char out_path[static LOOM_PATH_MAX],
                          struct loom_error *error) {
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    if (len + strlen(rest) >= LOOM_PATH_MAX)
        return loom_error_os(error, LOOM_ERR_STORAGE, ENAMETOOLONG, base);
    memcpy(out_path, base, len);
    memcpy(out_path + len, rest, strlen(rest) + 1);
    return LOOM_OK;
}

/* The home that the password database has for the effective user. */
static enum loom_err home_from_database(char out_home[static LOOM_PATH_MAX],
                                        struct loom_error *error) {
    char text[PASSWD_SIZE];
    struct passwd entry;
    struct passwd *found = NULL;
    int failed;
    do {
        failed = getpwuid_r(geteuid(), &entry, text, sizeof text, &found);
    } while (failed == EINTR);
    if (failed != 0 || found == NULL || !is_absolute(found->pw_dir))
        return loom_error_os(error, LOOM_ERR_STORAGE, ENOENT, "HOME");
    return join(found->pw_dir, "", out_home, error);
}

static enum loom_err find_home(char out_home[static LOOM_PATH_MAX], struct loom_error *error) {
    const char *home = getenv("HOME");
    enum loom_err err =
        is_absolute(home) ? join(home, "", out_home, error) : home_from_database(out_home, error);
    if (err != LOOM_OK)
        return err;
    /* sudo may keep the caller's HOME: nothing of ours goes into somebody else's home. */
    struct stat info;
    const char *shown = out_home[0] != '\0' ? out_home : "/";
    if (stat(shown, &info) == 0 && info.st_uid != geteuid() && info.st_uid != 0)
        return loom_error_os(error, LOOM_ERR_STORAGE, EPERM, shown);
    return LOOM_OK;
}

/* XDG Base Directory Specification 0.8: "All paths set in these environment variables must be
   absolute. If an implementation encounters a relative path in any of these variables it should
   consider the path invalid and ignore it." */
static enum loom_err find_folder(const char *variable, const char *under_home,
                                 char out_path[static LOOM_PATH_MAX], struct loom_error *error) {
    const char *base = getenv(variable);
    if (is_absolute(base))
        return join(base, "/loom", out_path, error);
    char home[LOOM_PATH_MAX] = "";
    enum loom_err err = find_home(home, error);
    return err != LOOM_OK ? err : join(home, under_home, out_path, error);
}

enum loom_err loom_paths_find(struct loom_paths *out_paths, struct loom_error *error) {
    struct loom_paths paths;
    enum loom_err err = find_folder("XDG_CONFIG_HOME", "/.config/loom", paths.config, error);
    if (err == LOOM_OK)
        err = find_folder("XDG_DATA_HOME", "/.local/share/loom", paths.data, error);
    if (err != LOOM_OK)
        return err;
    *out_paths = paths;
    return LOOM_OK;
}
