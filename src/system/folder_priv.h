/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside a checked folder: what files and locks share.
 */
#ifndef LOOM_SYSTEM_FOLDER_PRIV_H
#define LOOM_SYSTEM_FOLDER_PRIV_H

#include "system/folder.h"

#include <sys/stat.h>

/* Note `code` and errno with the full path of `name`. Returns `code`. */
enum loom_err loom_folder_fail(const struct loom_folder *folder, const char *name,
                               enum loom_err code, int os_error, struct loom_error *error);

/* An open file, and what it was when it was opened. */
struct loom_opened {
    int fd; /* owned */
    mode_t mode;
    dev_t device;
    ino_t inode;
};

/*
 * Open a file with suspicion: no link is followed, nothing blocks, and the open descriptor has to
 * be a regular file of the effective user. `flags` are O_RDONLY or O_RDWR | O_CREAT (0600).
 * LOOM_ERR_NOT_FOUND: there is none. LOOM_ERR_STORAGE: ELOOP (a link), EINVAL (no regular file),
 * EPERM (somebody else's), or errno.
 */
LOOM_CHECKED enum loom_err loom_folder_open_file(const struct loom_folder *folder, const char *name,
                                                 int flags, struct loom_opened *out_file,
                                                 struct loom_error *error);

#endif
