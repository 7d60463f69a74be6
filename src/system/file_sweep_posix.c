/* SPDX-License-Identifier: Apache-2.0 */
#include "system/file.h"

#include "system/fd_priv.h"
#include "system/temporary_priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool loom_temporary_is_name(const char *name) {
    const size_t begin = sizeof LOOM_TEMPORARY_BEGIN - 1;
    return strlen(name) == LOOM_TEMPORARY_NAME_LEN &&
           strncmp(name, LOOM_TEMPORARY_BEGIN, begin) == 0 &&
           strspn(name + begin, "0123456789abcdef") == LOOM_TEMPORARY_HEX_LEN &&
           strcmp(name + begin + LOOM_TEMPORARY_HEX_LEN, LOOM_TEMPORARY_END) == 0;
}

bool loom_temporary_is_forgotten(const struct stat *info, time_t now) {
    return S_ISREG(info->st_mode) && info->st_uid == geteuid() && info->st_mtime <= now &&
           now - info->st_mtime >= LOOM_FILE_FORGOTTEN_S;
}

void loom_file_sweep(const struct loom_folder *folder) {
    /* A descriptor of its own: reading moves a place that all copies share. */
    LOOM_CLEANUP(loom_fd_close)
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (list == NULL)
        return;
    fd = -1; /* it is the list's now */
    time_t now = time(NULL);
    const struct dirent *entry;
    while ((entry = readdir(list)) != NULL) {
        struct stat info;
        if (loom_temporary_is_name(entry->d_name) &&
            fstatat(folder->fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            loom_temporary_is_forgotten(&info, now))
            (void)unlinkat(folder->fd, entry->d_name, 0);
    }
    (void)closedir(list);
}
