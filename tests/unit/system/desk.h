/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person at a real pseudo-terminal: the test types at its master side, a child reads a hidden
 * line at the slave side and tells through a pipe what it got.
 *
 *     cmocka_unit_test_setup_teardown(test, desk_make, desk_remove)
 *     desk_start(desk);
 *     desk_wait_echo(desk, false);
 *     desk_type(desk, "s3cret\n");
 *     assert_reader_ends(desk, LOOM_OK, "s3cret");
 */
#ifndef LOOM_TESTS_SYSTEM_DESK_H
#define LOOM_TESTS_SYSTEM_DESK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

enum {
    LINE_MAX_LEN = 48 * 1024,
    MARK = 200, /* exit status of a reader: this plus its enum loom_err */
};

struct desk {
    int master;
    int slave;
    int stop[2];
    int told[2];           /* what the reader got */
    int noted[2];          /* a byte for each that it has read */
    struct termios before; /* the terminal's settings */
    pid_t reader;
    size_t max; /* the reader's ceiling */
};

int desk_make(void **state);
int desk_remove(void **state);

/* Let a child read, with desk->stop as its stop descriptor. */
void desk_start(struct desk *desk);

/* In a child: read, tell, end. */
_Noreturn void desk_read_and_tell(const struct desk *desk, int stop_fd);

/* Wait until the terminal's echo is on or off. */
void desk_wait_echo(const struct desk *desk, bool is_on);

void desk_type(const struct desk *desk, const char *text);

/* Wait until the reader has taken so many bytes more. */
void desk_wait_until_read(const struct desk *desk, int count);

/* It ends like this, nothing has appeared on the screen, and the terminal is as it was before. */
void assert_reader_ends(struct desk *desk, enum loom_err err, const char *told);

#endif
