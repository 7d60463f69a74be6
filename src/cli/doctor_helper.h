/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One of git's helpers, run as git runs it: alone, outside any repository, with nobody to ask and
 * five seconds. Only `get` is asked of it. What it answers is compared, and never kept or shown.
 */
#ifndef LOOM_CLI_DOCTOR_HELPER_H
#define LOOM_CLI_DOCTOR_HELPER_H

#include "cli/doctor.h"
#include "cli/git_helpers.h"

enum loom_doctor_answer {
    LOOM_ANSWER_NOTHING,
    LOOM_ANSWER_OURS,    /* the very token of this sign-in */
    LOOM_ANSWER_ANOTHER, /* some other password */
    LOOM_ANSWER_HANGS,
    LOOM_ANSWER_GARBAGE,
    LOOM_ANSWER_MISSING, /* there is no such program */
    LOOM_ANSWER_UNTRIED, /* it was not run */
};

/* `names_path`: git names a path to it. A keyring that is not unlocked is hidden from others. */
enum loom_doctor_answer loom_doctor_helper_run(struct loom_doctor *doctor,
                                               const struct loom_git_helper *helper,
                                               bool names_path);

#endif
