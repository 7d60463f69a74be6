/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two folders of this program, and the checks that a folder must pass before it is used.
 *
 *     struct loom_paths paths;
 *     if (loom_paths_find(&paths, error) != LOOM_OK) ...          // opens and makes nothing
 *     LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
 *     err = loom_folder_open(paths.config, LOOM_FOLDER_READ, &folder, error);
 *     if (err == LOOM_ERR_NOT_FOUND) ...                          // nothing was ever stored
 *
 * Where: $XDG_CONFIG_HOME/loom and $XDG_DATA_HOME/loom (XDG Base Directory Specification 0.8);
 * a relative value is ignored; else ~/.config/loom and ~/.local/share/loom. HOME counts when it is
 * absolute, else the password database says. Never another place in silence: a folder that
 * belongs to somebody else is LOOM_ERR_STORAGE with EPERM and its path. For root that includes a
 * HOME or XDG folder of another user (sudo that keeps HOME): no root-owned file in somebody's home.
 * HOME is judged by loom_paths_find(), the rest when a folder is opened: what stands above ours,
 * and everything that folders are made in, belongs to us or to root; so does a link that leads to
 * it.
 *
 * A folder handed out is a checked descriptor: a directory, owned by the effective user, 0700
 * (tightened when it was looser; a sticky one behind a link is for others, too: EPERM). Everything
 * below works relative to that descriptor.
 */
#ifndef LOOM_SYSTEM_FOLDER_H
#define LOOM_SYSTEM_FOLDER_H

#include "base/error.h"
#include "base/memory.h"

enum { LOOM_PATH_MAX = 4096 }; /* bytes, the NUL included */

struct loom_paths {
    char config[LOOM_PATH_MAX]; /* credentials.json lives here */
    char data[LOOM_PATH_MAX];   /* vault.key and refused.json live here */
};

/*
 * Decide where the folders are. LOOM_ERR_STORAGE: no home can be found (ENOENT, detail "HOME"), it
 * is somebody else's (EPERM), or too long a path (ENAMETOOLONG).
 */
LOOM_CHECKED enum loom_err loom_paths_find(struct loom_paths *out_paths, struct loom_error *error);

struct loom_folder {
    int fd; /* owned; -1 when closed */
    char path[LOOM_PATH_MAX];
};

#define LOOM_FOLDER_INIT                                                                           \
    { .fd = -1, .path = "" }

enum loom_folder_use {
    LOOM_FOLDER_READ,  /* a missing folder is LOOM_ERR_NOT_FOUND; nothing is made or changed but
                          a loose mode, which is tightened if possible */
    LOOM_FOLDER_WRITE, /* a missing folder is made, 0700, parents too */
};

/*
 * Open a folder by its absolute path. LOOM_ERR_NOT_FOUND: there is none (LOOM_FOLDER_READ alone).
 * LOOM_ERR_STORAGE: EPERM and the path of the folder that is somebody else's, or errno and the path
 * of the one that failed; ENOTDIR: something else stands there, or a link that leads to no folder.
 */
LOOM_CHECKED enum loom_err loom_folder_open(const char *path, enum loom_folder_use use,
                                            struct loom_folder *out_folder,
                                            struct loom_error *error);

void loom_folder_close(struct loom_folder *folder);

#endif
