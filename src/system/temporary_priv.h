/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the temporary file of a save is called: by whom it is made, and by whom a forgotten one is
 * known again.
 */
#ifndef LOOM_SYSTEM_TEMPORARY_PRIV_H
#define LOOM_SYSTEM_TEMPORARY_PRIV_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#define LOOM_TEMPORARY_BEGIN ".loom-"
#define LOOM_TEMPORARY_END ".tmp"

enum {
    LOOM_TEMPORARY_RANDOM_LEN = 16, /* bytes, as hex digits between the two */
    LOOM_TEMPORARY_HEX_LEN = 2 * LOOM_TEMPORARY_RANDOM_LEN,
    LOOM_TEMPORARY_NAME_LEN =
        sizeof LOOM_TEMPORARY_BEGIN - 1 + LOOM_TEMPORARY_HEX_LEN + sizeof LOOM_TEMPORARY_END - 1,
};

bool loom_temporary_is_name(const char *name);

/* Ours, and so old that whoever wrote it is not at it any more. */
bool loom_temporary_is_forgotten(const struct stat *info, time_t now);

#endif
