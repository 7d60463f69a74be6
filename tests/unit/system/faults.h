/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults that no file system gives on demand. The linker sends these calls through faults.c
 * (--wrap, in CMakeLists.txt), so that one of them can be made to fail and their order can be read.
 *
 *     faults_arm(FSYNC, 2, EIO);      // the second fsync from now on fails with EIO
 *     ...
 *     faults_reset();                 // nothing fails, nothing was seen
 */
#ifndef LOOM_TESTS_SYSTEM_FAULTS_H
#define LOOM_TESTS_SYSTEM_FAULTS_H

#include <stdbool.h>
#include <sys/types.h>

enum call {
    OPENAT,
    WRITE,
    FSYNC,
    CLOSE,
    FCHMOD,
    RENAMEAT,
    RENAMEAT2,
    LINKAT,
    FLOCK,
    RANDOM,
    CALLS
};

struct faults {
    int fail_nth[CALLS]; /* this one fails, counted from 1; 0: none; -1: every one */
    int error[CALLS];
    int fail_any_nth; /* so does this one of all calls together */
    int any_error;
    bool is_dribbling; /* writes and random bytes come in drops, with EINTR in between */
    int seen[CALLS];
    int seen_all;
    char order[256]; /* a letter a call: o w s c m r R l f g, as above */
    uid_t euid;      /* who we pretend to be; 0: who we are */
    /* A file of this name in this folder is made anew just before the first flock(2). */
    int renewed_in;
    const char *renewed;
    const char *marker; /* what loom_wipe() is watched for, or NULL */
    int wiped;          /* how often it wiped that */
    int squatters;      /* links to lay under so many temporary names before they are opened */
    char last_name[256];
    int last_flags;
    int last_parent;
};

extern struct faults faults;

void faults_reset(void);

/* Forget all others, and let the nth of these calls fail. */
void faults_arm(enum call call, int nth, int error);

#endif
