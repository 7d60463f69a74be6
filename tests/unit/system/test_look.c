/* SPDX-License-Identifier: Apache-2.0 */
/* What stands somewhere, seen without touching it. */
#include "system/look.h"
#include "unit/system/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder; /* of the test that runs */

static void path_of(const char *name, char out_path[static 128]) {
    int len = snprintf(out_path, 128, "%s/%s", folder, name);
    assert_in_range(len, 1, 127);
}

static void make_file(const char *path, mode_t mode) {
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void look_at_tells_what_stands_there(void **state) {
    folder = ((const struct scratch *)*state)->path;
    struct loom_look look;
    char file[128], link[128];
    path_of("file", file);
    path_of("link", link);
    make_file(file, 0640);
    assert_int_equal(symlink(file, link), 0);
    loom_look_at(folder, &look);
    assert_int_equal(look.kind, LOOM_LOOK_FOLDER);
    assert_int_equal(look.mode, 0700);
    assert_true(look.is_own);
    loom_look_at(file, &look);
    assert_int_equal(look.kind, LOOM_LOOK_FILE);
    assert_int_equal(look.mode, 0640);
    assert_false(look.is_runnable);
    loom_look_at(link, &look);
    assert_int_equal(look.kind, LOOM_LOOK_LINK);
    loom_look_at("/dev/null", &look);
    assert_int_equal(look.kind, LOOM_LOOK_OTHER);
    loom_look_at("/bin/sh", &look);
    assert_true(look.is_runnable);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(unlink(file), 0);
    loom_look_at(file, &look);
    assert_int_equal(look.kind, LOOM_LOOK_NOTHING);
    assert_int_equal(look.os_error, 0);
    loom_look_at("/dev/null/below", &look);
    assert_int_equal(look.kind, LOOM_LOOK_NOTHING);
    assert_int_equal(look.os_error, ENOTDIR);
}

static void writable_judges_the_nearest_that_is_there(void **state) {
    folder = ((const struct scratch *)*state)->path;
    char below[128], file[128];
    path_of("not/yet/there", below);
    path_of("file", file);
    assert_int_equal(loom_look_writable(folder), 0);
    assert_int_equal(loom_look_writable(below), 0);
    make_file(file, 0600);
    path_of("file/below", below);
    assert_int_equal(loom_look_writable(below), ENOTDIR);
    assert_int_equal(unlink(file), 0);
    if (geteuid() != 0)
        assert_int_equal(loom_look_writable("/not/there"), EACCES);
}

static void forgotten_counts_what_a_sweep_would_take(void **state) {
    folder = ((const struct scratch *)*state)->path;
    static const char *const names[] = {".loom-00000000000000000000000000000000.tmp",
                                        ".loom-11111111111111111111111111111111.tmp", "other"};
    const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char path[128];
    for (size_t i = 0; i < 3; i++) {
        path_of(names[i], path);
        make_file(path, 0600);
        if (i != 1) /* the second one is new */
            assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
    }
    assert_int_equal(loom_look_forgotten(folder), 1);
    assert_int_equal(loom_look_forgotten("/not/there"), 0);
    for (size_t i = 0; i < 3; i++) {
        path_of(names[i], path);
        assert_int_equal(unlink(path), 0);
    }
}

static void own_program_is_this_very_file(void **state) {
    (void)state;
    char path[4096], small[4];
    assert_true(loom_look_own_program(path, sizeof path));
    assert_true(loom_look_is_same(path, "/proc/self/exe"));
    assert_false(loom_look_is_same(path, "/bin/sh"));
    assert_false(loom_look_is_same(path, "/not/there"));
    assert_false(loom_look_own_program(small, sizeof small));
}

static void person_is_who_runs_this(void **state) {
    (void)state;
    struct loom_look_person person;
    const struct passwd *entry = getpwuid(geteuid());
    loom_look_person(&person);
    assert_string_equal(person.name, entry != NULL ? entry->pw_name : "");
    assert_string_equal(person.home, entry != NULL ? entry->pw_dir : "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(look_at_tells_what_stands_there, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(writable_judges_the_nearest_that_is_there, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(forgotten_counts_what_a_sweep_would_take, scratch_make,
                                        scratch_remove),
        cmocka_unit_test(own_program_is_this_very_file),
        cmocka_unit_test(person_is_who_runs_this),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
