/* SPDX-License-Identifier: Apache-2.0 */
#include "system/file.h"

#include "base/text.h"
#include "system/fd_priv.h"
#include "system/folder_priv.h"
#include "system/temporary_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MODE_FILE = S_IRUSR | S_IWUSR,
    NAME_TRIES = 8,
    ZEROS = 4096,
    OLD_MAX = 16 * 1024 * 1024, /* bytes of an old file that can be put back */
};

/* ---- signals wait ---- */

struct hold {
    sigset_t before;
};

static void hold_take(struct hold *hold) {
    sigset_t held;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)sigaddset(&held, SIGHUP);
    (void)sigaddset(&held, SIGXFSZ);
    (void)sigemptyset(&hold->before);
    (void)pthread_sigmask(SIG_BLOCK, &held, &hold->before);
}

static void hold_release(struct hold *hold) {
    /* A write past the file size limit fails, which is told, and sends SIGXFSZ to this thread as
       well, which must not end a process that did not ask for it. */
    if (sigismember(&hold->before, SIGXFSZ) == 0) {
        const struct timespec at_once = {0, 0};
        sigset_t past_limit;
        (void)sigemptyset(&past_limit);
        (void)sigaddset(&past_limit, SIGXFSZ);
        (void)sigtimedwait(&past_limit, NULL, &at_once);
    }
    (void)pthread_sigmask(SIG_SETMASK, &hold->before, NULL);
}

/* ---- the temporary file ---- */

struct temporary {
    int folder_fd;                          /* borrowed */
    int fd;                                 /* owned; -1 when closed */
    char name[LOOM_TEMPORARY_NAME_LEN + 1]; /* "" when there is none */
};

#define TEMPORARY_INIT                                                                             \
    { .folder_fd = -1, .fd = -1, .name = "" }

static void temporary_drop(struct temporary *temporary) {
    loom_fd_close(&temporary->fd);
    if (temporary->name[0] != '\0')
        (void)unlinkat(temporary->folder_fd, temporary->name, 0);
    temporary->name[0] = '\0';
}

static int random_name(char *out_name, size_t size) {
    unsigned char bytes[LOOM_TEMPORARY_RANDOM_LEN];
    size_t have = 0;
    while (have < sizeof bytes) {
        ssize_t got = getrandom(bytes + have, sizeof bytes - have, 0);
        if (got < 0 && errno != EINTR)
            return errno;
        have += got > 0 ? (size_t)got : 0;
    }
    char hex[LOOM_TEMPORARY_HEX_LEN + 1];
    loom_text_format_hex(bytes, sizeof bytes, hex);
    (void)snprintf(out_name, size, LOOM_TEMPORARY_BEGIN "%s" LOOM_TEMPORARY_END, hex);
    return 0;
}

static int temporary_open(const struct loom_folder *folder, struct temporary *temporary) {
    for (int tries = 0; tries < NAME_TRIES; tries++) {
        char name[sizeof temporary->name];
        int failed = random_name(name, sizeof name);
        if (failed != 0)
            return failed;
        int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        temporary->fd = openat(folder->fd, name, flags, MODE_FILE);
        if (temporary->fd >= 0) {
            temporary->folder_fd = folder->fd;
            memcpy(temporary->name, name, sizeof name);
            /* The umask may have taken our own rights away. */
            return fchmod(temporary->fd, MODE_FILE) == 0 ? 0 : errno;
        }
        if (errno != EEXIST && errno != EINTR)
            return errno;
    }
    return EEXIST;
}

/* What write(2) calls EFBIG is the process's own limit here; callers know that as too large a
   credential. */
static int temporary_add(const struct temporary *temporary, const void *bytes, size_t len) {
    int failed = loom_fd_write(temporary->fd, bytes, len);
    return failed == EFBIG ? E2BIG : failed;
}

/* Everything that can fail late (delayed allocation, quota, network file systems) fails here,
   before any name changes. */
static int temporary_finish(struct temporary *temporary) {
    int failed = loom_fd_sync(temporary->fd);
    int fd = temporary->fd;
    temporary->fd = -1;
    if (close(fd) != 0 && errno != EINTR && failed == 0)
        failed = errno;
    return failed;
}

static int temporary_write(const struct loom_folder *folder, const void *bytes, size_t len,
                           struct temporary *temporary) {
    int failed = temporary_open(folder, temporary);
    if (failed == 0)
        failed = temporary_add(temporary, bytes, len);
    if (failed == 0)
        failed = temporary_finish(temporary);
    return failed;
}

/* ---- names ---- */

/* What stands where the file is to go? Only nothing, or a file of ours, may be replaced. */
static int check_place(const struct loom_folder *folder, const char *name, bool *out_exists) {
    struct stat info;
    if (fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT)
            return errno;
        *out_exists = false;
        return 0;
    }
    if (S_ISLNK(info.st_mode))
        return ELOOP;
    if (!S_ISREG(info.st_mode))
        return EINVAL;
    if (info.st_uid != geteuid())
        return EPERM;
    *out_exists = true;
    return 0;
}

/* Rename, never over something that exists (EEXIST). */
static int rename_new(int folder_fd, const char *name, const char *new_name) {
    if (renameat2(folder_fd, name, folder_fd, new_name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
        return errno;
    /* NFS, old kernels: a second name, then the first one goes. */
    if (linkat(folder_fd, name, folder_fd, new_name, 0) != 0)
        return errno;
    if (unlinkat(folder_fd, name, 0) == 0)
        return 0;
    int failed = errno;
    (void)unlinkat(folder_fd, new_name, 0);
    return failed;
}

/* Make the names durable. Some file systems cannot, and say EINVAL; they have done what they can.
 */
static int sync_names(const struct loom_folder *folder) {
    int failed = loom_fd_sync(folder->fd);
    return failed == EINVAL ? 0 : failed;
}

/*
 * The new file has its name, but whether that lasts is unknown, and the caller will be told that
 * the save failed: so the old content has to be there. `old_fd` is what was replaced, -1: nothing.
 */
static void put_back(const struct loom_folder *folder, const char *name, int old_fd) {
    LOOM_CLEANUP(temporary_drop) struct temporary temporary = TEMPORARY_INIT;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer old = LOOM_BUFFER_INIT(OLD_MAX);
    if (loom_fd_read(old_fd, &old) != 0 || temporary_open(folder, &temporary) != 0 ||
        loom_fd_write(temporary.fd, loom_buffer_text(&old), old.len) != 0)
        return;
    (void)temporary_finish(&temporary);
    if (renameat(folder->fd, temporary.name, folder->fd, name) == 0)
        temporary.name[0] = '\0';
}

static int replace(const struct loom_folder *folder, const char *name,
                   struct temporary *temporary) {
    LOOM_CLEANUP(loom_fd_close)
    int old_fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool is_first = old_fd < 0 && errno == ENOENT;
    if (renameat(folder->fd, temporary->name, folder->fd, name) != 0)
        return errno;
    temporary->name[0] = '\0';
    int failed = sync_names(folder);
    if (failed != 0 && is_first)
        (void)unlinkat(folder->fd, name, 0);
    else if (failed != 0 && old_fd >= 0)
        put_back(folder, name, old_fd);
    return failed;
}

/* ---- the contract ---- */

enum loom_err loom_file_replace(const struct loom_folder *folder, const char *name,
                                const void *bytes, size_t len, struct loom_error *error) {
    LOOM_CLEANUP(hold_release) struct hold hold;
    hold_take(&hold);
    LOOM_CLEANUP(temporary_drop) struct temporary temporary = TEMPORARY_INIT;
    bool exists = false;
    int failed = check_place(folder, name, &exists);
    if (failed == 0)
        failed = temporary_write(folder, bytes, len, &temporary);
    if (failed == 0)
        failed = replace(folder, name, &temporary);
    return failed == 0 ? LOOM_OK : loom_folder_fail(folder, name, LOOM_ERR_STORAGE, failed, error);
}

enum loom_err loom_file_create(const struct loom_folder *folder, const char *name,
                               const struct loom_buffer *content, bool *out_created,
                               struct loom_error *error) {
    LOOM_CLEANUP(hold_release) struct hold hold;
    hold_take(&hold);
    LOOM_CLEANUP(temporary_drop) struct temporary temporary = TEMPORARY_INIT;
    bool exists = false;
    int failed = check_place(folder, name, &exists);
    if (failed == 0 && !exists)
        failed = temporary_write(folder, content->data, content->len, &temporary);
    if (failed == 0 && !exists)
        failed = rename_new(folder->fd, temporary.name, name);
    if (failed == EEXIST && temporary.name[0] != '\0') {
        exists = true; /* somebody was faster */
        failed = 0;
    } else if (failed == 0 && !exists) {
        temporary.name[0] = '\0';
        failed = sync_names(folder); /* should it fail, others may rely on the file already */
    }
    if (failed != 0)
        return loom_folder_fail(folder, name, LOOM_ERR_STORAGE, failed, error);
    *out_created = !exists;
    return LOOM_OK;
}

static int write_zeros(const struct temporary *temporary, size_t len) {
    static const unsigned char zeros[ZEROS];
    int failed = 0;
    while (failed == 0 && len > 0) {
        size_t part = len < sizeof zeros ? len : sizeof zeros;
        failed = temporary_add(temporary, zeros, part);
        len -= part;
    }
    return failed;
}

enum loom_err loom_file_try(const struct loom_folder *folder, size_t len,
                            struct loom_error *error) {
    LOOM_CLEANUP(hold_release) struct hold hold;
    hold_take(&hold);
    LOOM_CLEANUP(temporary_drop) struct temporary temporary = TEMPORARY_INIT;
    int failed = temporary_open(folder, &temporary);
    if (failed == 0)
        failed = write_zeros(&temporary, len);
    /* Between this and the save a server is asked, and the connection to it is still open then. */
    if (failed == 0)
        failed = loom_fd_look_for_spare(temporary.fd);
    if (failed == 0)
        failed = temporary_finish(&temporary);
    return failed == 0 ? LOOM_OK : loom_error_os(error, LOOM_ERR_STORAGE, failed, folder->path);
}

enum loom_err loom_file_move(const struct loom_folder *folder, const char *name,
                             const char *new_name, struct loom_error *error) {
    LOOM_CLEANUP(hold_release) struct hold hold;
    hold_take(&hold);
    int failed = rename_new(folder->fd, name, new_name);
    if (failed == 0)
        failed = sync_names(folder);
    if (failed == 0)
        return LOOM_OK;
    bool is_missing = failed == ENOENT;
    return loom_folder_fail(folder, failed == EEXIST ? new_name : name,
                            is_missing ? LOOM_ERR_NOT_FOUND : LOOM_ERR_STORAGE, failed, error);
}
