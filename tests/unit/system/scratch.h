/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder for one test, and children for what a test must not do to itself.
 *
 *     cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)
 *     const struct scratch *scratch = *state;
 *
 * Inside a child cmocka's assertions do not work: CHECK() tells and ends it instead, and
 * assert_child_passes() fails the test.
 */
#ifndef LOOM_TESTS_SYSTEM_SCRATCH_H
#define LOOM_TESTS_SYSTEM_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

#include "system/folder.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

enum {
    STRANGER = 54321,     /* a user that nobody is */
    UNPRIVILEGED = 54322, /* who a test of root's becomes */
};

struct scratch {
    char path[256];            /* mode 0700, ours */
    struct loom_folder folder; /* of the same path, open */
};

int scratch_make(void **state);
int scratch_remove(void **state);

/* path/name; valid until the fourth call after this one. */
const char *scratch_path(const struct scratch *scratch, const char *name);

/* Write a file of this mode (whatever the umask) that holds `text`. In a child too. */
void scratch_write(const struct scratch *scratch, const char *name, mode_t mode, const char *text);

/* loom_file_create() with a text. */
enum loom_err scratch_create(const struct loom_folder *folder, const char *name, const char *text,
                             bool *out_created, struct loom_error *error);

/* Does the file hold exactly this? */
bool scratch_holds(const struct scratch *scratch, const char *name, const char *text);

/* Permission bits of what stands there, links not followed; 0xFFFF when nothing does. */
unsigned scratch_mode(const struct scratch *scratch, const char *name);

/* How many entries has the folder? */
int scratch_count(const struct scratch *scratch);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            _exit(99);                                                                             \
        }                                                                                          \
    } while (0)

/* Run `body` in a child; its exit status, or 256 + the signal that ended it. */
int child_status(void (*body)(void *argument), void *argument);

#define assert_child_passes(body, argument) assert_int_equal(child_status(body, argument), 0)

/* Wait for it, at most 30 s; status as above, 999 when it had to be killed. */
int child_wait(pid_t pid);

/* In a child: if root, become a user without rights to whom the scratch folder belongs from now. */
void become_unprivileged(const struct scratch *scratch);

int64_t elapsed_ms(void);

#endif
