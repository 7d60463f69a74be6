/* SPDX-License-Identifier: Apache-2.0 */
/* Modes that cannot be set, file systems without locks, and everything being somebody else's. */
#include "scratch.h"

#include "faults.h"
#include "system/file.h"
#include "system/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAME "credentials.json"

static int make(void **state) {
    int failed = scratch_make(state);
    faults_reset();
    return failed;
}

static int unmake(void **state) {
    faults_reset();
    return scratch_remove(state);
}

/* ---- modes that cannot be set ---- */

/* FS-02: refused, when it cannot be tightened. */
static void file_read_loose_file_that_cannot_be_tightened_is_refused(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "f", 0644, "x");
    faults_arm(FCHMOD, -1, EROFS);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(8);
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_file_read(&scratch->folder, "f", LOOM_FILE_TIGHTEN, &out, &error),
                     LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EROFS);
    assert_int_equal(out.len, 0);
}

static void folder_open_loose_folder_that_cannot_be_tightened_is_only_read(void **state) {
    const struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "loom");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, 0755), 0);
    faults_arm(FCHMOD, -1, EROFS);
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_folder_open(path, LOOM_FOLDER_WRITE, &folder, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EROFS);
    assert_int_equal(loom_folder_open(path, LOOM_FOLDER_READ, &folder, &error), LOOM_OK);
}

/* ---- locks ---- */

static void lock_take_without_locks_says_so(void **state) {
    const struct scratch *scratch = *state;
    static const int errors[] = {ENOLCK, ENOTSUP, ENOSYS};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        faults_arm(FLOCK, -1, errors[i]);
        LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
        assert_int_equal(loom_lock_take(&scratch->folder, "l", 1000, &lock, NULL), LOOM_OK);
        assert_true(lock.is_missing);
        assert_int_equal(lock.fd, -1);
    }
}

static void lock_take_failing_is_a_storage_error(void **state) {
    const struct scratch *scratch = *state;
    static const struct {
        enum call call;
        int error;
    } cases[] = {{FLOCK, EIO}, {OPENAT, EROFS}, {OPENAT, ENOENT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        faults_arm(cases[i].call, -1, cases[i].error);
        struct loom_lock lock = LOOM_LOCK_INIT;
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(loom_lock_take(&scratch->folder, "l", 1000, &lock, &error),
                         LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, cases[i].error);
        assert_string_equal(error.detail, scratch_path(scratch, "l"));
        assert_int_equal(lock.fd, -1);
    }
}

static void lock_take_interrupted_tries_again(void **state) {
    const struct scratch *scratch = *state;
    faults_arm(FLOCK, 1, EINTR);
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    assert_int_equal(loom_lock_take(&scratch->folder, "l", 1000, &lock, NULL), LOOM_OK);
    assert_true(lock.fd >= 0);
}

/* A person removed it, and somebody else made a new one: that is the one to hold. */
static void lock_take_file_that_is_no_longer_there_is_no_lock(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "l", 0600, "");
    faults.renewed = "l";
    faults.renewed_in = scratch->folder.fd;
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    assert_int_equal(loom_lock_take(&scratch->folder, "l", 5000, &lock, NULL), LOOM_OK);
    assert_null(faults.renewed);
    struct stat held = {0};
    struct stat there = {0};
    assert_int_equal(fstat(lock.fd, &held), 0);
    assert_int_equal(stat(scratch_path(scratch, "l"), &there), 0);
    assert_int_equal(held.st_ino, there.st_ino);
}

/* ---- secrets ---- */

/* The buffers wipe theirs by themselves; this is the copy on the stack. */
static void file_read_wipes_its_copy(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, NAME, 0600, "a M4RK3R in a file");
    faults.marker = "M4RK3R";
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    assert_int_equal(loom_file_read(&scratch->folder, NAME, LOOM_FILE_STRICT, &out, NULL), LOOM_OK);
    assert_true(faults.wiped >= 1);
    /* Also when it turns out to be too much. */
    faults.wiped = 0;
    out.max = out.len + 1;
    assert_int_equal(loom_file_read(&scratch->folder, NAME, LOOM_FILE_STRICT, &out, NULL),
                     LOOM_ERR_DAMAGED);
    assert_true(faults.wiped >= 1);
}

/* ---- another user, without being root ---- */

/* FS-03, ENV-01: everything that is there turns out to be somebody else's. */
static void check_stranger(void *argument) {
    struct scratch *scratch = argument;
    become_unprivileged(scratch);
    scratch_write(scratch, NAME, 0644, "theirs");
    faults.euid = STRANGER;
    struct loom_error error = LOOM_ERROR_INIT;
    bool is_created = false;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(8);
    for (int mode = LOOM_FILE_TIGHTEN; mode <= LOOM_FILE_STRICT; mode++) {
        CHECK(loom_file_read(&scratch->folder, NAME, (enum loom_file_mode)mode, &out, &error) ==
              LOOM_ERR_STORAGE);
        CHECK(error.os_error == EPERM && out.len == 0);
    }
    CHECK(loom_file_replace(&scratch->folder, NAME, "new", 3, &error) == LOOM_ERR_STORAGE &&
          error.os_error == EPERM);
    CHECK(scratch_create(&scratch->folder, NAME, "new", &is_created, &error) == LOOM_ERR_STORAGE &&
          error.os_error == EPERM);
    struct loom_lock lock = LOOM_LOCK_INIT;
    CHECK(loom_lock_take(&scratch->folder, NAME, 1000, &lock, &error) == LOOM_ERR_STORAGE);
    CHECK(error.os_error == EPERM && lock.fd == -1);
    CHECK(scratch_holds(scratch, NAME, "theirs") && scratch_mode(scratch, NAME) == 0644);

    struct loom_folder folder = LOOM_FOLDER_INIT;
    for (int use = LOOM_FOLDER_READ; use <= LOOM_FOLDER_WRITE; use++) {
        CHECK(loom_folder_open(scratch->path, (enum loom_folder_use)use, &folder, &error) ==
              LOOM_ERR_STORAGE); /* the folder itself; what it is in belongs to root */
        CHECK(error.os_error == EPERM && strcmp(error.detail, scratch->path) == 0);
        CHECK(loom_folder_open(scratch_path(scratch, "loom"), (enum loom_folder_use)use, &folder,
                               &error) == LOOM_ERR_STORAGE); /* the one above */
        CHECK(error.os_error == EPERM && strcmp(error.detail, scratch->path) == 0);
    }
    CHECK(loom_folder_open(scratch_path(scratch, "a/b/loom"), LOOM_FOLDER_WRITE, &folder, &error) ==
          LOOM_ERR_STORAGE); /* one in which another would be made */
    CHECK(error.os_error == EPERM && strcmp(error.detail, scratch->path) == 0);
    CHECK(scratch_count(scratch) == 1);

    CHECK(setenv("HOME", scratch->path, 1) == 0 && unsetenv("XDG_CONFIG_HOME") == 0);
    struct loom_paths paths;
    CHECK(loom_paths_find(&paths, &error) == LOOM_ERR_STORAGE && error.os_error == EPERM);
    CHECK(strcmp(error.detail, scratch->path) == 0);
}

static void everything_of_another_user_is_refused(void **state) {
    assert_child_passes(check_stranger, *state);
}

/* ENV-04: nobody knows this user, and HOME is of no use. */
static void paths_find_without_home_or_entry_is_a_storage_error(void **state) {
    (void)state;
    static const char *const values[] = {NULL, "", "home"};
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(values[i] == NULL ? unsetenv("HOME") : setenv("HOME", values[i], 1), 0);
        faults.euid = STRANGER;
        struct loom_paths paths;
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(loom_paths_find(&paths, &error), LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, ENOENT);
        assert_string_equal(error.detail, "HOME");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(file_read_loose_file_that_cannot_be_tightened_is_refused),
        TEST(folder_open_loose_folder_that_cannot_be_tightened_is_only_read),
        TEST(lock_take_without_locks_says_so),
        TEST(lock_take_failing_is_a_storage_error),
        TEST(lock_take_interrupted_tries_again),
        TEST(lock_take_file_that_is_no_longer_there_is_no_lock),
        TEST(file_read_wipes_its_copy),
        TEST(everything_of_another_user_is_refused),
        TEST(paths_find_without_home_or_entry_is_a_storage_error),
    };
    return cmocka_run_group_tests_name("trust_faults", tests, NULL, NULL);
}
