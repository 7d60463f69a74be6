/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that hold credentials: read with suspicion, written whole or not at all.
 *
 * All names are one component, relative to a checked loom_folder. Errors carry errno and the full
 * path.
 *
 * Saving is: random temporary name in the same folder, O_EXCL|O_NOFOLLOW, 0600, write all, fsync,
 * rename, fsync of the folder. SIGINT, SIGTERM, SIGHUP wait in this thread until it is done, so a
 * save is never left half way and no temporary file stays. A reader sees the old or the new file.
 * SIGKILL waits for nobody: the file is whole then, too, and a temporary one may stay, which
 * loom_file_sweep() removes later.
 * A save that fails leaves the old content: should only the last step fail, it is put back. Past
 * the process's limit of file sizes it is E2BIG, for EFBIG is a cap of this program's own.
 */
#ifndef LOOM_SYSTEM_FILE_H
#define LOOM_SYSTEM_FILE_H

#include "base/buffer.h"
#include "base/error.h"
#include "system/folder.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

enum loom_file_mode {
    LOOM_FILE_TIGHTEN, /* a mode looser than 0600 is set right */
    LOOM_FILE_STRICT,  /* a mode looser than 0600 is LOOM_ERR_DAMAGED: others may have read it */
};

/*
 * Append the content of a file to `out`. Opened without following a link and without waiting
 * (a FIFO does not block), then judged by the open descriptor: a regular file, owned by the
 * effective user. The link count is not looked at.
 *
 * LOOM_ERR_NOT_FOUND: there is none. LOOM_ERR_STORAGE: a link (ELOOP), another owner (EPERM), not a
 * regular file (EINVAL), or errno. LOOM_ERR_DAMAGED: larger than the ceiling of `out` (EFBIG), or
 * LOOM_FILE_STRICT is not met (EPERM).
 */
LOOM_CHECKED enum loom_err loom_file_read(const struct loom_folder *folder, const char *name,
                                          enum loom_file_mode mode, struct loom_buffer *out,
                                          struct loom_error *error);

/*
 * Append the content of a file that may be anyone's and a link (a container's secret); at most the
 * ceiling of `out`. LOOM_ERR_STORAGE: errno, or EFBIG when larger, or not a regular file (EINVAL).
 */
LOOM_CHECKED enum loom_err loom_file_read_any(const char *path, struct loom_buffer *out,
                                              struct loom_error *error);

/*
 * Save `len` bytes under `name`, replacing what is there. In its place a link (ELOOP), something
 * that is no regular file (EINVAL) and a file of somebody else (EPERM) are refused.
 */
LOOM_CHECKED enum loom_err loom_file_replace(const struct loom_folder *folder, const char *name,
                                             const void *bytes, size_t len,
                                             struct loom_error *error);

/*
 * The same, but only if there is no such file yet (renameat2 with RENAME_NOREPLACE, or link and
 * unlink where a file system lacks it). *out_created says whether it was made now. Should only the
 * last step fail, the file stays: another process may have begun to use it.
 */
LOOM_CHECKED enum loom_err loom_file_create(const struct loom_folder *folder, const char *name,
                                            const struct loom_buffer *content, bool *out_created,
                                            struct loom_error *error);

/*
 * Could a file of `len` bytes be saved here in a moment, when some more descriptors may be in use?
 * Writes one under a temporary name and removes it. The detail is the folder.
 */
LOOM_CHECKED enum loom_err loom_file_try(const struct loom_folder *folder, size_t len,
                                         struct loom_error *error);

/*
 * Give a file another name in the same folder, never over an existing one (LOOM_ERR_STORAGE with
 * EEXIST). It may be of any kind: what is damaged has to be movable. LOOM_ERR_NOT_FOUND: no `name`.
 */
LOOM_CHECKED enum loom_err loom_file_move(const struct loom_folder *folder, const char *name,
                                          const char *new_name, struct loom_error *error);

enum { LOOM_FILE_FORGOTTEN_S = 60 * 60 };

/*
 * Remove what saves have left here whose process was killed outright, or whose machine stopped:
 * regular files of the effective user that are called like a save's temporary one and that nobody
 * has written to for LOOM_FILE_FORGOTTEN_S, which no save takes. Another process that saves just
 * now loses nothing. What cannot be removed stays until next time; it is no reason to fail.
 */
void loom_file_sweep(const struct loom_folder *folder);

/*
 * A file as it was at a moment, to be known again. It is held, so that its number becomes nobody
 * else's meanwhile; whoever reads it after taking the mark has read that file or a later one.
 */
struct loom_file_mark {
    int fd; /* owned; -1: of no file */
    dev_t device;
    ino_t inode;
    off_t len;
    struct timespec written_at;
    struct timespec changed_at;
};

#define LOOM_FILE_MARK_INIT                                                                        \
    { .fd = -1 }

/* Mark what stands there now, whatever it is; where nothing can be marked, that of no file. */
struct loom_file_mark loom_file_mark_take(const struct loom_folder *folder, const char *name);

/* Is it still there, and unchanged? Looked up anew, by its whole path. That of no file never is. */
bool loom_file_mark_is_current(const struct loom_file_mark *mark, const struct loom_folder *folder,
                               const char *name);

void loom_file_mark_drop(struct loom_file_mark *mark);

/*
 * Is certainly nothing of that name there, a link neither? One look by the whole path, in place of
 * opening the folder: for files that are not there most of the time. What it sees is not believed
 * any further.
 */
bool loom_file_lacks(const char *folder_path, const char *name);

/* Is there anything of that name, a link included, and with which permission bits (or NULL)? */
bool loom_file_exists(const struct loom_folder *folder, const char *name, mode_t *out_mode);

#endif
