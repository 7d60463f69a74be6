/* SPDX-License-Identifier: Apache-2.0 */
#include "system/file.h"

#include "system/fd_priv.h"
#include "system/folder_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MODE_FILE = S_IRUSR | S_IWUSR,
    MODE_OTHERS = S_IRWXG | S_IRWXO,
    MODE_BITS = 07777,
};

static enum loom_err check_mode(const struct loom_folder *folder, const char *name,
                                enum loom_file_mode mode, const struct loom_opened *file,
                                struct loom_error *error) {
    if (mode == LOOM_FILE_STRICT) {
        if ((file->mode & MODE_OTHERS) == 0)
            return LOOM_OK;
        return loom_folder_fail(folder, name, LOOM_ERR_DAMAGED, EPERM, error);
    }
    if ((file->mode & (mode_t)(MODE_BITS & ~MODE_FILE)) == 0 || fchmod(file->fd, MODE_FILE) == 0)
        return LOOM_OK;
    return loom_folder_fail(folder, name, LOOM_ERR_STORAGE, errno, error);
}

enum loom_err loom_file_read(const struct loom_folder *folder, const char *name,
                             enum loom_file_mode mode, struct loom_buffer *out,
                             struct loom_error *error) {
    struct loom_opened file;
    enum loom_err err = loom_folder_open_file(folder, name, O_RDONLY, &file, error);
    if (err != LOOM_OK)
        return err;
    LOOM_CLEANUP(loom_fd_close) int fd = file.fd;
    err = check_mode(folder, name, mode, &file, error);
    if (err != LOOM_OK)
        return err;
    int failed = loom_fd_read(fd, out);
    if (failed == 0)
        return LOOM_OK;
    enum loom_err code = failed == EFBIG    ? LOOM_ERR_DAMAGED
                         : failed == ENOMEM ? LOOM_ERR_INTERNAL
                                            : LOOM_ERR_STORAGE;
    return loom_folder_fail(folder, name, code, failed, error);
}

enum loom_err loom_file_read_any(const char *path, struct loom_buffer *out,
                                 struct loom_error *error) {
    LOOM_CLEANUP(loom_fd_close)
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat info;
    int failed = 0;
    if (fd < 0 || fstat(fd, &info) != 0)
        failed = errno == ENXIO ? EINVAL : errno; /* ENXIO: a socket */
    else if (!S_ISREG(info.st_mode))
        failed = EINVAL;
    else
        failed = loom_fd_read(fd, out);
    if (failed == 0)
        return LOOM_OK;
    return loom_error_os(error, failed == ENOMEM ? LOOM_ERR_INTERNAL : LOOM_ERR_STORAGE, failed,
                         path);
}

static struct loom_file_mark mark_of(int fd, const struct stat *info) {
    return (struct loom_file_mark){
        .fd = fd,
        .device = info->st_dev,
        .inode = info->st_ino,
        .len = info->st_size,
        .written_at = info->st_mtim,
        .changed_at = info->st_ctim,
    };
}

struct loom_file_mark loom_file_mark_take(const struct loom_folder *folder, const char *name) {
    struct loom_file_mark none = LOOM_FILE_MARK_INIT;
    LOOM_CLEANUP(loom_fd_close)
    int fd = openat(folder->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0)
        return none;
    struct loom_file_mark mark = mark_of(fd, &info);
    fd = -1; /* it is the caller's now */
    return mark;
}

static bool is_same_time(struct timespec a, struct timespec b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool loom_file_mark_is_current(const struct loom_file_mark *mark, const struct loom_folder *folder,
                               const char *name) {
    char path[LOOM_PATH_MAX + NAME_MAX + 1];
    struct stat info;
    int len = snprintf(path, sizeof path, "%s/%s", folder->path, name);
    if (mark->fd < 0 || len < 0 || (size_t)len >= sizeof path || lstat(path, &info) != 0)
        return false;
    return info.st_dev == mark->device && info.st_ino == mark->inode && info.st_size == mark->len &&
           is_same_time(info.st_mtim, mark->written_at) &&
           is_same_time(info.st_ctim, mark->changed_at);
}

void loom_file_mark_drop(struct loom_file_mark *mark) {
    loom_fd_close(&mark->fd);
}

bool loom_file_lacks(const char *folder_path, const char *name) {
    char path[LOOM_PATH_MAX + NAME_MAX + 1];
    struct stat info;
    int len = snprintf(path, sizeof path, "%s/%s", folder_path, name);
    return len > 0 && (size_t)len < sizeof path && lstat(path, &info) != 0 && errno == ENOENT;
}

bool loom_file_exists(const struct loom_folder *folder, const char *name, mode_t *out_mode) {
    struct stat info;
    if (fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (out_mode != NULL)
        *out_mode = info.st_mode & MODE_BITS;
    return true;
}
