/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the temporary file of a save is called: by whom it is made, and by whom a forgotten one is
 * known again.
 */
#ifndef LOOM_SYSTEM_TEMPORARY_PRIV_H
#define LOOM_SYSTEM_TEMPORARY_PRIV_H

#define LOOM_TEMPORARY_BEGIN ".loom-"
#define LOOM_TEMPORARY_END ".tmp"

enum {
    LOOM_TEMPORARY_RANDOM_LEN = 16, /* bytes, as hex digits between the two */
    LOOM_TEMPORARY_HEX_LEN = 2 * LOOM_TEMPORARY_RANDOM_LEN,
    LOOM_TEMPORARY_NAME_LEN =
        sizeof LOOM_TEMPORARY_BEGIN - 1 + LOOM_TEMPORARY_HEX_LEN + sizeof LOOM_TEMPORARY_END - 1,
};

#endif
