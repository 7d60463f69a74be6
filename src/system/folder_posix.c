/* SPDX-License-Identifier: Apache-2.0 */
#include "system/folder.h"

#include "system/fd_priv.h"
#include "system/folder_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    OPEN_PASSING = O_PATH | O_DIRECTORY | O_CLOEXEC, /* asks for no right but to pass through */
    OPEN_HELD = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
    MODE_OTHERS = S_IRWXG | S_IRWXO,
};

/* Root may own what lies above our folders; root can read everything anyway. */
static bool is_trusted(uid_t owner) {
    return owner == geteuid() || owner == 0;
}

/* 0 when nobody but us or root decides what stands in this folder, else an errno. */
static int check_base(int fd) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return errno;
    return is_trusted(info.st_uid) ? 0 : EPERM;
}

/* What open(2) says of a link that leads to nothing, or round in a ring. */
static bool leads_nowhere(int os_error) {
    return os_error == ENOENT || os_error == ELOOP;
}

/* `os_error` of opening `name`; ENOTDIR for a link that leads nowhere: perhaps to a disk that is
   not there just now, which is not "nothing was ever stored". */
static int judge_failure(int parent, const char *name, int os_error) {
    struct stat info;
    bool is_link = leads_nowhere(os_error) &&
                   fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
    return is_link ? ENOTDIR : os_error;
}

/* Make one folder, 0700 whatever the umask, and open it. */
static int make_folder(int parent, const char *name, int *out_fd) {
    if (mkdirat(parent, name, S_IRWXU) != 0) {
        /* Another process may have been faster, and has made no link. */
        if (errno != EEXIST)
            return errno;
        *out_fd = openat(parent, name, OPEN_HELD | O_NOFOLLOW);
        return *out_fd < 0 ? errno : 0;
    }
    LOOM_CLEANUP(loom_fd_close) int fd = openat(parent, name, OPEN_HELD | O_NOFOLLOW);
    /* A umask that takes our own rights away: give them back by name first. */
    if (fd < 0 && errno == EACCES && fchmodat(parent, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) == 0)
        fd = openat(parent, name, OPEN_HELD | O_NOFOLLOW);
    if (fd < 0 || fchmod(fd, S_IRWXU) != 0)
        return errno;
    *out_fd = fd;
    fd = -1;
    return 0;
}

/* Step into `name`, which begins at its place in `path` and ends with a NUL. On failure `path` is
   cut behind the folder that is to blame. */
static int enter(int parent, char *name, const char *path, enum loom_folder_use use, int *out_fd) {
    int fd = openat(parent, name, OPEN_PASSING);
    if (fd >= 0) {
        *out_fd = fd;
        return 0;
    }
    int failed = judge_failure(parent, name, errno);
    if (failed != ENOENT || use != LOOM_FOLDER_WRITE)
        return failed;
    failed = check_base(parent);
    if (failed == 0)
        return make_folder(parent, name, out_fd);
    while (name > path && name[-1] == '/')
        name--;
    *name = '\0';
    return failed;
}

/* Walk down `path`, all of it. On failure it is cut behind the folder that is to blame. */
static int walk(char *path, enum loom_folder_use use, int *out_fd) {
    LOOM_CLEANUP(loom_fd_close) int fd = open("/", OPEN_PASSING);
    if (fd < 0)
        return errno;
    char *name = path;
    for (;;) {
        name += strspn(name, "/");
        if (*name == '\0')
            break;
        char *end = name + strcspn(name, "/");
        char kept = *end;
        *end = '\0';
        int next = -1;
        int failed = enter(fd, name, path, use, &next);
        if (failed != 0)
            return failed;
        loom_fd_close(&fd);
        fd = next;
        *end = kept;
        name = end;
    }
    *out_fd = fd;
    fd = -1;
    return 0;
}

/* Judge the open folder itself: ours, and nobody else gets in. */
static int check_own(int fd, enum loom_folder_use use) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return errno;
    if (info.st_uid != geteuid())
        return EPERM;
    if ((info.st_mode & MODE_OTHERS) == 0)
        return 0;
    bool is_tight = fchmod(fd, S_IRWXU) == 0 && fstat(fd, &info) == 0;
    if (use == LOOM_FOLDER_READ)
        return 0; /* a read-only file system: what is there is there */
    if (!is_tight)
        return errno;
    return (info.st_mode & MODE_OTHERS) == 0 ? 0 : EPERM; /* a file system without modes */
}

/* One that others are meant to write in, such as root's own /tmp, is not ours to shut. */
static bool is_shared(int fd) {
    struct stat info;
    return fstat(fd, &info) != 0 || (info.st_mode & S_ISVTX) != 0;
}

/* Whoever made a link decides where it leads. Judged and read is the very link that was opened: its
   name may mean another a moment later. */
static int follow_link(int parent, const char *name, int *out_fd) {
    LOOM_CLEANUP(loom_fd_close) int link = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;
    char target[LOOM_PATH_MAX];
    if (link < 0 || fstat(link, &info) != 0)
        return errno;
    if (!S_ISLNK(info.st_mode))
        return ENOTDIR;
    if (!is_trusted(info.st_uid))
        return EPERM;
    ssize_t len = readlinkat(link, "", target, sizeof target);
    if (len < 0 || (size_t)len >= sizeof target)
        return len < 0 ? errno : ENAMETOOLONG;
    target[len] = '\0';
    LOOM_CLEANUP(loom_fd_close) int fd = openat(parent, target, OPEN_HELD);
    if (fd < 0)
        return leads_nowhere(errno) ? ENOTDIR : errno;
    if (is_shared(fd))
        return EPERM;
    *out_fd = fd;
    fd = -1;
    return 0;
}

static int open_held(int parent, const char *name, int *out_fd) {
    int fd = openat(parent, name, OPEN_HELD | O_NOFOLLOW);
    if (fd < 0)
        return errno == ELOOP || errno == ENOTDIR ? follow_link(parent, name, out_fd) : errno;
    *out_fd = fd;
    return 0;
}

static int open_own(int parent, const char *name, enum loom_folder_use use, int *out_fd) {
    LOOM_CLEANUP(loom_fd_close) int fd = -1;
    int failed = open_held(parent, name, &fd);
    if (failed == ENOENT && use == LOOM_FOLDER_WRITE)
        failed = make_folder(parent, name, &fd);
    if (failed != 0)
        return failed;
    failed = check_own(fd, use);
    if (failed != 0)
        return failed;
    *out_fd = fd;
    fd = -1;
    return 0;
}

static enum loom_err fail_open(int os_error, enum loom_folder_use use, const char *path,
                               struct loom_error *error) {
    bool is_missing = os_error == ENOENT && use == LOOM_FOLDER_READ;
    return loom_error_os(error, is_missing ? LOOM_ERR_NOT_FOUND : LOOM_ERR_STORAGE, os_error,
                         *path != '\0' ? path : "/");
}

enum loom_err loom_folder_open(const char *path, enum loom_folder_use use,
                               struct loom_folder *out_folder, struct loom_error *error) {
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len < 2 || path[0] != '/')
        return loom_error_os(error, LOOM_ERR_STORAGE, EINVAL, path);
    if (len >= LOOM_PATH_MAX)
        return loom_error_os(error, LOOM_ERR_STORAGE, ENAMETOOLONG, path);
    struct loom_folder folder = LOOM_FOLDER_INIT;
    memcpy(folder.path, path, len);
    folder.path[len] = '\0';

    char base[LOOM_PATH_MAX];
    memcpy(base, folder.path, len + 1);
    char *slash = strrchr(base, '/');
    *slash = '\0';
    const char *name = slash + 1;
    LOOM_CLEANUP(loom_fd_close) int parent = -1;
    int failed = walk(base, use, &parent);
    if (failed == 0)
        failed = check_base(parent);
    if (failed != 0)
        return fail_open(failed, use, base, error);
    failed = open_own(parent, name, use, &folder.fd);
    if (failed != 0)
        return fail_open(failed, use, folder.path, error);
    *out_folder = folder;
    return LOOM_OK;
}

void loom_folder_close(struct loom_folder *folder) {
    loom_fd_close(&folder->fd);
}

enum loom_err loom_folder_fail(const struct loom_folder *folder, const char *name,
                               enum loom_err code, int os_error, struct loom_error *error) {
    char path[LOOM_PATH_MAX + NAME_MAX + 1];
    (void)snprintf(path, sizeof path, "%s/%.*s", folder->path, NAME_MAX, name);
    return loom_error_os(error, code, os_error, path);
}

static int judge(int fd, struct loom_opened *out_file) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return errno;
    if (!S_ISREG(info.st_mode))
        return EINVAL;
    if (info.st_uid != geteuid())
        return EPERM;
    *out_file = (struct loom_opened){
        .fd = fd, .mode = info.st_mode, .device = info.st_dev, .inode = info.st_ino};
    return 0;
}

enum loom_err loom_folder_open_file(const struct loom_folder *folder, const char *name, int flags,
                                    struct loom_opened *out_file, struct loom_error *error) {
    int safe = flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    LOOM_CLEANUP(loom_fd_close) int fd = -1;
    do
        fd = openat(folder->fd, name, safe, S_IRUSR | S_IWUSR);
    while (fd < 0 && errno == EINTR);
    int failed = fd < 0 ? errno : judge(fd, out_file);
    if (failed == 0) {
        fd = -1; /* it is the caller's now */
        return LOOM_OK;
    }
    if (failed == ENOENT)
        return loom_folder_fail(folder, name, LOOM_ERR_NOT_FOUND, failed, error);
    /* What open(2) says of sockets, and of folders that are to be written. */
    if (fd < 0 && (failed == ENXIO || failed == EISDIR))
        failed = EINVAL;
    return loom_folder_fail(folder, name, LOOM_ERR_STORAGE, failed, error);
}
