/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where this program is, under a name that lasts: for what is written into a configuration.
 *
 *     char path[LOOM_PATH_MAX];
 *     if (loom_program_find(argv[0], path) != LOOM_OK) ...
 *
 * Package managers put a program into a folder of its version and a link to it where people find
 * it; the next version moves the link, and the folder goes. So the name that it was called by
 * counts, when it is an absolute one or stands in an absolute element of PATH, and only when there
 * is none the place where the file really lies.
 */
#ifndef LOOM_SYSTEM_PROGRAM_H
#define LOOM_SYSTEM_PROGRAM_H

#include "base/error.h"
#include "system/folder.h"

/* LOOM_ERR_NOT_FOUND: nowhere, because it was deleted or /proc is missing. */
LOOM_CHECKED enum loom_err loom_program_find(const char *called_as,
                                             char out_path[static LOOM_PATH_MAX]);

#endif
