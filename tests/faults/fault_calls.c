/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the kernel that may fail, and a clock for those who only wait. */
#undef _FORTIFY_SOURCE /* its inline functions have the names that are defined here */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The C library's header declares these with attributes of its own. */
int FAULT_NAME(openat)(int folder, const char *path, int flags, ...);
int FAULT_NAME(open)(const char *path, int flags, ...);
int FAULT_NAME(__openat_2)(int folder, const char *path, int flags);
int FAULT_NAME(__open_2)(const char *path, int flags);
int FAULT_NAME(mkdirat)(int folder, const char *path, mode_t mode);
int FAULT_NAME(fchmod)(int fd, mode_t mode);
int FAULT_NAME(fchmodat)(int folder, const char *path, mode_t mode, int flags);
int FAULT_NAME(fstat)(int fd, struct stat *out_info);
int FAULT_NAME(fstatat)(int folder, const char *path, struct stat *out_info, int flags);
ssize_t FAULT_NAME(read)(int fd, void *bytes, size_t len);
ssize_t FAULT_NAME(write)(int fd, const void *bytes, size_t len);
int FAULT_NAME(fsync)(int fd);
int FAULT_NAME(close)(int fd);
int FAULT_NAME(renameat)(int from, const char *old, int to, const char *new);
int FAULT_NAME(renameat2)(int from, const char *old, int to, const char *new, unsigned flags);
int FAULT_NAME(linkat)(int from, const char *old, int to, const char *new, int flags);
int FAULT_NAME(unlinkat)(int folder, const char *path, int flags);
int FAULT_NAME(flock)(int fd, int operation);
ssize_t FAULT_NAME(getrandom)(void *bytes, size_t len, unsigned flags);
int getentropy(void *bytes, size_t len);
int open64(const char *path, int flags, ...);
int FAULT_NAME(poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
int FAULT_NAME(clock_gettime)(clockid_t clock, struct timespec *out_now);

/* Make the call unless it has to fail. */
#define CALL_NAMED(name, ...)                                                                      \
    do {                                                                                           \
        struct fault fault = fault_call(name, FAULT_CALLER);                                       \
        if (fault.kind == FAULT_FAIL)                                                              \
            return -1;                                                                             \
        return (int)fault_passed(fault, syscall(__VA_ARGS__));                                     \
    } while (0)
#define CALL(name, ...) CALL_NAMED(#name, __VA_ARGS__)
#define OPEN_NAME(flags) (((flags)&O_CREAT) != 0 ? "create" : "openat")

/* The other way to the kernel's random bytes, which OpenSSL goes when the first is closed. */
static bool is_random_device(const char *path) {
    return strncmp(path, "/dev/", 5) == 0 && strstr(path, "random") != NULL;
}

static mode_t mode_in(int flags, va_list rest) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

FAULT_EXPORT int FAULT_NAME(openat)(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_in(flags, rest);
    va_end(rest);
    CALL_NAMED(OPEN_NAME(flags), SYS_openat, folder, path, flags, mode);
}

FAULT_EXPORT int FAULT_NAME(open)(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_in(flags, rest);
    va_end(rest);
    if (is_random_device(path) && fault_random("open"))
        return -1;
    CALL_NAMED(OPEN_NAME(flags), SYS_openat, AT_FDCWD, path, flags, mode);
}

FAULT_EXPORT int FAULT_NAME(__openat_2)(int folder, const char *path, int flags) {
    CALL(openat, SYS_openat, folder, path, flags, 0);
}

FAULT_EXPORT int FAULT_NAME(__open_2)(const char *path, int flags) {
    CALL(openat, SYS_openat, AT_FDCWD, path, flags, 0);
}

FAULT_EXPORT int FAULT_NAME(mkdirat)(int folder, const char *path, mode_t mode) {
    CALL(mkdirat, SYS_mkdirat, folder, path, mode);
}

FAULT_EXPORT int FAULT_NAME(fchmod)(int fd, mode_t mode) {
    CALL(fchmod, SYS_fchmod, fd, mode);
}

FAULT_EXPORT int FAULT_NAME(fchmodat)(int folder, const char *path, mode_t mode, int flags) {
    (void)flags;
    CALL(fchmodat, SYS_fchmodat, folder, path, mode);
}

FAULT_EXPORT int FAULT_NAME(fstat)(int fd, struct stat *out_info) {
    CALL(fstat, SYS_fstat, fd, out_info);
}

FAULT_EXPORT int FAULT_NAME(fstatat)(int folder, const char *path, struct stat *out_info,
                                     int flags) {
    CALL(fstatat, SYS_newfstatat, folder, path, out_info, flags);
}

FAULT_EXPORT int FAULT_NAME(fsync)(int fd) {
    CALL(fsync, SYS_fsync, fd);
}

FAULT_EXPORT int FAULT_NAME(renameat)(int from, const char *old, int to, const char *new) {
    CALL(renameat, SYS_renameat2, from, old, to, new, 0);
}

FAULT_EXPORT int FAULT_NAME(renameat2)(int from, const char *old, int to, const char *new,
                                       unsigned flags) {
    CALL(renameat2, SYS_renameat2, from, old, to, new, flags);
}

FAULT_EXPORT int FAULT_NAME(linkat)(int from, const char *old, int to, const char *new, int flags) {
    CALL(linkat, SYS_linkat, from, old, to, new, flags);
}

FAULT_EXPORT int FAULT_NAME(unlinkat)(int folder, const char *path, int flags) {
    CALL(unlinkat, SYS_unlinkat, folder, path, flags);
}

FAULT_EXPORT int FAULT_NAME(flock)(int fd, int operation) {
    CALL(flock, SYS_flock, fd, operation);
}

/* A close that fails has closed all the same. */
FAULT_EXPORT int FAULT_NAME(close)(int fd) {
    struct fault fault = fault_call("close", FAULT_CALLER);
    int error = errno;
    int result = (int)fault_passed(fault, syscall(SYS_close, fd));
    if (fault.kind != FAULT_FAIL)
        return result;
    errno = error;
    return -1;
}

/* Files alone: what a person or git reads is another matter. */
FAULT_EXPORT ssize_t FAULT_NAME(read)(int fd, void *bytes, size_t len) {
    struct fault fault = {FAULT_PASS};
    if (fd > STDERR_FILENO)
        fault = fault_call("read", FAULT_CALLER);
    if (fault.kind == FAULT_FAIL)
        return -1;
    return fault_passed(fault, syscall(SYS_read, fd, bytes, fault.kind == FAULT_SHORT ? 1 : len));
}

FAULT_EXPORT ssize_t FAULT_NAME(write)(int fd, const void *bytes, size_t len) {
    struct fault fault = {FAULT_PASS};
    if (fd > STDERR_FILENO)
        fault = fault_call("write", FAULT_CALLER);
    if (fault.kind == FAULT_FAIL)
        return -1;
    return fault_passed(fault, syscall(SYS_write, fd, bytes, fault.kind == FAULT_SHORT ? 1 : len));
}

/* ---- Random bytes ---- */

FAULT_EXPORT ssize_t FAULT_NAME(getrandom)(void *bytes, size_t len, unsigned flags) {
    struct fault fault = fault_call("getrandom", FAULT_CALLER);
    if (fault.kind == FAULT_FAIL || fault_random("getrandom"))
        return -1;
    size_t asked = fault.kind == FAULT_SHORT ? 1 : len;
    return fault_passed(fault, syscall(SYS_getrandom, bytes, asked, flags));
}

#ifndef FAULTS_LINKED
FAULT_EXPORT int getentropy(void *bytes, size_t len) {
    if (fault_random("getentropy"))
        return -1;
    return syscall(SYS_getrandom, bytes, len, 0) == (long)len ? 0 : -1;
}

FAULT_EXPORT int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_in(flags, rest);
    va_end(rest);
    if (is_random_device(path) && fault_random("open64"))
        return -1;
    CALL_NAMED(OPEN_NAME(flags), SYS_openat, AT_FDCWD, path, flags, mode);
}
#endif

/* ---- Time ---- */

static atomic_long skipped_ms;

/* One descriptor, which only a signal makes readable, and some time: that is a sleep. */
FAULT_EXPORT int FAULT_NAME(poll)(struct pollfd *fds, nfds_t count, int timeout_ms) {
    struct timespec none = {0, 0}, some = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    bool is_sleep = count == 1 && timeout_ms > 0 && fault_is_own(FAULT_CALLER);
    struct timespec *wait = is_sleep ? &none : timeout_ms < 0 ? NULL : &some;
    int ready = (int)syscall(SYS_ppoll, fds, count, wait, NULL, 0);
    if (is_sleep && ready == 0)
        (void)atomic_fetch_add(&skipped_ms, timeout_ms);
    return ready;
}

/* The clock that the program waits by; the libraries go by CLOCK_MONOTONIC. */
FAULT_EXPORT int FAULT_NAME(clock_gettime)(clockid_t clock, struct timespec *out_now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, out_now);
    if (failed == 0 && clock == CLOCK_BOOTTIME) {
        long ms = atomic_load(&skipped_ms);
        out_now->tv_sec += ms / 1000;
        out_now->tv_nsec += ms % 1000 * 1000000L;
        if (out_now->tv_nsec >= 1000000000L) {
            out_now->tv_nsec -= 1000000000L;
            out_now->tv_sec++;
        }
    }
    return failed;
}
