/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands at a path, for a person who asks: nothing is opened for writing, made, followed or
 * changed. What is going to be used is judged again, on the open descriptor (system/folder.h).
 */
#ifndef LOOM_SYSTEM_LOOK_H
#define LOOM_SYSTEM_LOOK_H

#include "system/folder.h"

#include <stdbool.h>
#include <stddef.h>

enum loom_look_kind {
    LOOM_LOOK_NOTHING,
    LOOM_LOOK_FOLDER,
    LOOM_LOOK_FILE,
    LOOM_LOOK_LINK,
    LOOM_LOOK_OTHER,
};

struct loom_look {
    enum loom_look_kind kind;
    int os_error;     /* why it cannot be seen; else 0 */
    unsigned mode;    /* permission bits */
    bool is_own;      /* of the effective user */
    bool is_runnable; /* this user may execute it; a link counts as what it leads to */
};

void loom_look_at(const char *path, struct loom_look *out_look);

/*
 * Could something be made or changed in the folder at `path`? Where it is not there yet, the
 * nearest one above it is judged. 0, or an errno: EROFS, EACCES, ENOSPC (no room for anybody but
 * root) and others.
 */
int loom_look_writable(const char *path);

/* How many temporary files there lie forgotten, as loom_file_sweep() would judge them. */
size_t loom_look_forgotten(const char *path);

/* The path of the program that runs. Returns false when it cannot be found out or is too long. */
bool loom_look_own_program(char *out_path, size_t size);

/* Who runs this, as the user database has it; "" where it does not say, or it is too long. */
struct loom_look_person {
    char name[64], home[LOOM_PATH_MAX];
};

void loom_look_person(struct loom_look_person *out_person);

/* Do both lead to one and the same file? */
bool loom_look_is_same(const char *a, const char *b);

#endif
