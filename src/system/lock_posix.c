/* SPDX-License-Identifier: Apache-2.0 */
#include "system/lock.h"

#include "system/clock.h"
#include "system/fd_priv.h"
#include "system/folder_priv.h"
#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAUSE_FIRST_MS = 1, PAUSE_MAX_MS = 25, MODE_FILE = S_IRUSR | S_IWUSR, MODE_BITS = 07777 };

enum outcome { TAKEN, BUSY, UNSUPPORTED, FAILED };

/* We never unlink a lock, but a person may: then others lock another file of the same name. */
static bool is_still_there(const struct loom_folder *folder, const char *name,
                           const struct loom_opened *file) {
    struct stat info;
    return fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           info.st_dev == file->device && info.st_ino == file->inode;
}

static enum outcome lock_fd(int fd, int *out_failed) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return TAKEN;
    *out_failed = errno;
    if (errno == EWOULDBLOCK || errno == EINTR)
        return BUSY;
    return errno == ENOLCK || errno == ENOTSUP || errno == ENOSYS ? UNSUPPORTED : FAILED;
}

static enum loom_err try_once(const struct loom_folder *folder, const char *name,
                              enum outcome *out_outcome, struct loom_lock *out_lock,
                              struct loom_error *error) {
    struct loom_opened file;
    enum loom_err err = loom_folder_open_file(folder, name, O_RDWR | O_CREAT, &file, error);
    if (err != LOOM_OK)
        return err == LOOM_ERR_NOT_FOUND
                   ? loom_folder_fail(folder, name, LOOM_ERR_STORAGE, ENOENT, error)
                   : err;
    LOOM_CLEANUP(loom_fd_close) int fd = file.fd;
    if ((file.mode & MODE_BITS) != MODE_FILE && fchmod(fd, MODE_FILE) != 0)
        return loom_folder_fail(folder, name, LOOM_ERR_STORAGE, errno, error);
    int failed = 0;
    enum outcome outcome = lock_fd(fd, &failed);
    if (outcome == FAILED)
        return loom_folder_fail(folder, name, LOOM_ERR_STORAGE, failed, error);
    if (outcome == TAKEN && !is_still_there(folder, name, &file))
        outcome = BUSY;
    if (outcome == TAKEN) {
        out_lock->fd = fd;
        fd = -1;
    }
    out_lock->is_missing = outcome == UNSUPPORTED;
    *out_outcome = outcome;
    return LOOM_OK;
}

enum loom_err loom_lock_take(const struct loom_folder *folder, const char *name, int deadline_ms,
                             struct loom_lock *out_lock, struct loom_error *error) {
    struct loom_clock clock = loom_clock_system(NULL);
    int64_t deadline = clock.now_ms(clock.context) + deadline_ms;
    int64_t pause = PAUSE_FIRST_MS;
    for (;;) {
        struct loom_lock lock = LOOM_LOCK_INIT;
        enum outcome outcome = BUSY;
        enum loom_err err = try_once(folder, name, &outcome, &lock, error);
        if (err != LOOM_OK)
            return err;
        if (outcome != BUSY) {
            *out_lock = lock;
            return LOOM_OK;
        }
        int64_t left = deadline - clock.now_ms(clock.context);
        if (left <= 0)
            return loom_folder_fail(folder, name, LOOM_ERR_STORAGE, EWOULDBLOCK, error);
        /* Whoever presses Ctrl-C is not kept waiting by somebody else's lock. */
        if (loom_signals_caught() != 0)
            return loom_error_set(error, LOOM_ERR_INTERRUPTED);
        err = clock.sleep_ms(clock.context, left < pause ? left : pause);
        if (err != LOOM_OK)
            return loom_error_set(error, err);
        pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
    }
}

void loom_lock_release(struct loom_lock *lock) {
    /* Told outright: a child that was forked and not replaced would keep the lock by its copy. */
    if (lock->fd >= 0)
        (void)flock(lock->fd, LOCK_UN);
    loom_fd_close(&lock->fd);
}
