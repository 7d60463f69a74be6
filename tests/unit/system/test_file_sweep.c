/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of saves that were killed goes, and nothing else does (FS-100 to FS-102). */
#include "scratch.h"

#include "system/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEX "0123456789abcdef0123456789abcdef"
#define TEMPORARY ".loom-" HEX ".tmp"

static void age(const struct scratch *scratch, const char *name, time_t seconds) {
    const struct timespec then = {time(NULL) - seconds, 0};
    const struct timespec times[] = {then, then};
    assert_int_equal(utimensat(scratch->folder.fd, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void make(const struct scratch *scratch, const char *name, time_t seconds) {
    scratch_write(scratch, name, 0600, "x");
    age(scratch, name, seconds);
}

static bool is_there(const struct scratch *scratch, const char *name) {
    return loom_file_exists(&scratch->folder, name, NULL);
}

/* FS-100 */
static void file_sweep_removes_forgotten_temporaries(void **state) {
    const struct scratch *scratch = *state;
    make(scratch, TEMPORARY, LOOM_FILE_FORGOTTEN_S + 1);
    make(scratch, ".loom-ffffffffffffffffffffffffffffffff.tmp", 400L * 24 * 3600);
    scratch_write(scratch, "credentials.json", 0600, "kept");
    loom_file_sweep(&scratch->folder);
    loom_file_sweep(&scratch->folder); /* the folder's own place was not moved */
    assert_int_equal(scratch_count(scratch), 1);
    assert_true(scratch_holds(scratch, "credentials.json", "kept"));
}

/* FS-101: it may be another process's, which is at it now; or a clock was wrong. */
static void file_sweep_keeps_what_is_not_old(void **state) {
    const struct scratch *scratch = *state;
    static const time_t ages[] = {0, 60, LOOM_FILE_FORGOTTEN_S - 60, -60, -365L * 24 * 3600};
    for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
        make(scratch, TEMPORARY, ages[i]);
        loom_file_sweep(&scratch->folder);
        assert_true(is_there(scratch, TEMPORARY));
    }
}

/* FS-102 */
static void file_sweep_keeps_what_is_called_otherwise(void **state) {
    const struct scratch *scratch = *state;
    static const char *const names[] = {
        "credentials.json",
        "vault.key",
        ".loom-.tmp",
        ".loom-" HEX,
        HEX ".tmp",
        ".loom-" HEX "0.tmp",
        ".loom-0123456789abcdef0123456789abcde.tmp",
        ".loom-0123456789ABCDEF0123456789ABCDEF.tmp",
        ".loom-0123456789abcdef0123456789abcdeg.tmp",
        "xloom-" HEX ".tmp",
        ".loom-" HEX ".tmp~",
        ".loom-" HEX ".bak",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        make(scratch, names[i], 2 * LOOM_FILE_FORGOTTEN_S);
    loom_file_sweep(&scratch->folder);
    assert_int_equal(scratch_count(scratch), sizeof names / sizeof names[0]);
}

/* FS-102: only what a save makes is a regular file of ours. */
static void file_sweep_keeps_what_is_no_file_of_ours(void **state) {
    const struct scratch *scratch = *state;
    int folder = scratch->folder.fd;
    scratch_write(scratch, "target", 0600, "precious");
    assert_int_equal(symlinkat("target", folder, TEMPORARY), 0);
    assert_int_equal(mkdirat(folder, ".loom-11111111111111111111111111111111.tmp", 0700), 0);
    assert_int_equal(mkfifoat(folder, ".loom-22222222222222222222222222222222.tmp", 0600), 0);
    age(scratch, TEMPORARY, 2 * LOOM_FILE_FORGOTTEN_S);
    age(scratch, ".loom-11111111111111111111111111111111.tmp", 2 * LOOM_FILE_FORGOTTEN_S);
    age(scratch, ".loom-22222222222222222222222222222222.tmp", 2 * LOOM_FILE_FORGOTTEN_S);
    int all = scratch_count(scratch);
    if (geteuid() == 0) {
        make(scratch, ".loom-33333333333333333333333333333333.tmp", 2 * LOOM_FILE_FORGOTTEN_S);
        assert_int_equal(fchownat(folder, ".loom-33333333333333333333333333333333.tmp", STRANGER,
                                  STRANGER, AT_SYMLINK_NOFOLLOW),
                         0);
        all++;
    }
    loom_file_sweep(&scratch->folder);
    assert_int_equal(scratch_count(scratch), all);
    assert_true(scratch_holds(scratch, "target", "precious"));
}

/* It is no reason to fail, and nothing is told. */
static void file_sweep_of_a_folder_that_is_gone_does_nothing(void **state) {
    (void)state;
    struct loom_folder closed = LOOM_FOLDER_INIT;
    loom_file_sweep(&closed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(file_sweep_removes_forgotten_temporaries),
        TEST(file_sweep_keeps_what_is_not_old),
        TEST(file_sweep_keeps_what_is_called_otherwise),
        TEST(file_sweep_keeps_what_is_no_file_of_ours),
        cmocka_unit_test(file_sweep_of_a_folder_that_is_gone_does_nothing),
    };
    return cmocka_run_group_tests_name("file_sweep", tests, NULL, NULL);
}
