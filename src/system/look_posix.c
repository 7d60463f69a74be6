/* SPDX-License-Identifier: Apache-2.0 */
#include "system/look.h"

#include "system/fd_priv.h"
#include "system/temporary_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { MODE_BITS = 07777, PASSWD_SIZE = 16 * 1024 };

static enum loom_look_kind kind_of(mode_t mode) {
    return S_ISDIR(mode)   ? LOOM_LOOK_FOLDER
           : S_ISREG(mode) ? LOOM_LOOK_FILE
           : S_ISLNK(mode) ? LOOM_LOOK_LINK
                           : LOOM_LOOK_OTHER;
}

void loom_look_at(const char *path, struct loom_look *out_look) {
    struct stat info;
    *out_look = (struct loom_look){.kind = LOOM_LOOK_NOTHING};
    if (fstatat(AT_FDCWD, path, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        out_look->os_error = errno == ENOENT ? 0 : errno;
        return;
    }
    *out_look = (struct loom_look){
        .kind = kind_of(info.st_mode),
        .mode = info.st_mode & MODE_BITS,
        .is_own = info.st_uid == geteuid(),
        .is_runnable = faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0,
    };
}

/* Take the last part off; false: there is none. */
static bool go_up(char *path) {
    char *slash = strrchr(path, '/');
    if (slash == NULL || path[1] == '\0')
        return false;
    slash[slash == path ? 1 : 0] = '\0';
    return true;
}

int loom_look_writable(const char *path) {
    char at[LOOM_PATH_MAX];
    struct statvfs disk;
    int len = snprintf(at, sizeof at, "%s", path);
    if (len < 0 || (size_t)len >= sizeof at)
        return ENAMETOOLONG;
    int found;
    do
        found = faccessat(AT_FDCWD, at, W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
    while (found == ENOENT && go_up(at));
    if (found != 0)
        return found;
    if (statvfs(at, &disk) == 0 && (disk.f_bavail == 0 && disk.f_blocks > 0))
        return ENOSPC;
    return 0;
}

size_t loom_look_forgotten(const char *path) {
    LOOM_CLEANUP(loom_fd_close)
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    size_t count = 0;
    if (list == NULL)
        return 0;
    int folder = fd;
    fd = -1; /* it is the list's now */
    time_t now = time(NULL);
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;) {
        struct stat info;
        if (loom_temporary_is_name(entry->d_name) &&
            fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            loom_temporary_is_forgotten(&info, now))
            count++;
    }
    (void)closedir(list);
    return count;
}

bool loom_look_own_program(char *out_path, size_t size) {
    ssize_t len = readlink("/proc/self/exe", out_path, size);
    if (len <= 0 || (size_t)len >= size)
        return false;
    out_path[len] = '\0';
    return true;
}

static void take(const char *text, char *out_text, size_t size) {
    if (strlen(text) < size)
        memcpy(out_text, text, strlen(text) + 1);
}

void loom_look_person(struct loom_look_person *out_person) {
    char text[PASSWD_SIZE];
    struct passwd entry, *found = NULL;
    *out_person = (struct loom_look_person){.name = ""};
    if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) != 0 || found == NULL)
        return;
    take(found->pw_name, out_person->name, sizeof out_person->name);
    take(found->pw_dir, out_person->home, sizeof out_person->home);
}

bool loom_look_is_same(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}
