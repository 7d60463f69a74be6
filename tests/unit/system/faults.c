/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char letters[CALLS + 1] = "owscmrRlfg";

struct faults faults;

void faults_reset(void) {
    memset(&faults, 0, sizeof faults);
}

/* Note the call; errno and true when it has to fail. */
static bool is_failing(enum call call) {
    int nth = ++faults.seen[call];
    size_t len = strlen(faults.order);
    if (len + 1 < sizeof faults.order)
        faults.order[len] = letters[call];
    if (++faults.seen_all == faults.fail_any_nth) {
        errno = faults.any_error;
        return true;
    }
    if (faults.fail_nth[call] != -1 && faults.fail_nth[call] != nth)
        return false;
    errno = faults.error[call];
    return true;
}

void faults_arm(enum call call, int nth, int error) {
    faults_reset();
    faults.fail_nth[call] = nth;
    faults.error[call] = error;
}

/* The names are the linker's. */
int __real_openat(int parent, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_fchmod(int fd, mode_t mode);
int __real_renameat(int from, const char *old, int to, const char *new);
int __real_renameat2(int from, const char *old, int to, const char *new, unsigned flags);
int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __real_flock(int fd, int operation);
ssize_t __real_getrandom(void *bytes, size_t len, unsigned flags);
void __real_loom_wipe(void *memory, size_t len);
uid_t __real_geteuid(void);

int __wrap_openat(int parent, const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_flock(int fd, int operation);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);
void __wrap_loom_wipe(void *memory, size_t len);
uid_t __wrap_geteuid(void);

int __wrap_openat(int parent, const char *path, int flags, ...) {
    if ((flags & O_EXCL) != 0) {
        (void)snprintf(faults.last_name, sizeof faults.last_name, "%s", path);
        faults.last_flags = flags;
        faults.last_parent = parent;
        if (faults.squatters > 0 && faults.squatters--)
            assert_int_equal(symlinkat("target", parent, path), 0);
    }
    return is_failing(OPENAT) ? -1 : __real_openat(parent, path, flags, 0600);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len) {
    if (is_failing(WRITE))
        return faults.error[WRITE] == 0 && faults.any_error == 0 ? 0 : -1;
    if (!faults.is_dribbling)
        return __real_write(fd, bytes, len);
    if (faults.seen[WRITE] % 3 == 0) {
        errno = EINTR;
        return -1;
    }
    return __real_write(fd, bytes, len < 5 ? len : 5);
}

int __wrap_fsync(int fd) {
    return is_failing(FSYNC) ? -1 : __real_fsync(fd);
}

/* A close that fails has closed all the same. */
int __wrap_close(int fd) {
    bool is_failed = is_failing(CLOSE);
    int error = errno;
    int result = __real_close(fd);
    errno = error;
    return is_failed ? -1 : result;
}

int __wrap_fchmod(int fd, mode_t mode) {
    return is_failing(FCHMOD) ? -1 : __real_fchmod(fd, mode);
}

int __wrap_renameat(int from, const char *old, int to, const char *new) {
    return is_failing(RENAMEAT) ? -1 : __real_renameat(from, old, to, new);
}

int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    return is_failing(RENAMEAT2) ? -1 : __real_renameat2(from, old, to, new, flags);
}

int __wrap_linkat(int from, const char *old, int to, const char *new, int flags) {
    return is_failing(LINKAT) ? -1 : __real_linkat(from, old, to, new, flags);
}

int __wrap_flock(int fd, int operation) {
    if (faults.renewed != NULL) {
        CHECK(unlinkat(faults.renewed_in, faults.renewed, 0) == 0);
        int renewed = __real_openat(faults.renewed_in, faults.renewed, O_CREAT | O_EXCL, 0600);
        CHECK(renewed >= 0 && __real_close(renewed) == 0);
        faults.renewed = NULL;
    }
    return is_failing(FLOCK) ? -1 : __real_flock(fd, operation);
}

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags) {
    if (is_failing(RANDOM))
        return -1;
    if (!faults.is_dribbling)
        return __real_getrandom(bytes, len, flags);
    if (faults.seen[RANDOM] % 2 == 0) {
        errno = EINTR;
        return -1;
    }
    return __real_getrandom(bytes, len < 3 ? len : 3, flags);
}

void __wrap_loom_wipe(void *memory, size_t len) {
    if (faults.marker != NULL && memory != NULL &&
        memmem(memory, len, faults.marker, strlen(faults.marker)) != NULL)
        faults.wiped++;
    __real_loom_wipe(memory, len);
}

uid_t __wrap_geteuid(void) {
    return faults.euid != 0 ? faults.euid : __real_geteuid();
}
