/* SPDX-License-Identifier: Apache-2.0 */
/* What a save does when a call fails (FS-11), and in which order it does things (FS-13). */
#include "scratch.h"

#include "faults.h"
#include "system/file.h"

#include <errno.h>
#include <fcntl.h>
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

/* ---- saving ---- */

static bool is_created;

static enum loom_err do_replace(const struct scratch *scratch, struct loom_error *error) {
    return loom_file_replace(&scratch->folder, NAME, "new", 3, error);
}

static enum loom_err do_create(const struct scratch *scratch, struct loom_error *error) {
    return scratch_create(&scratch->folder, NAME, "new", &is_created, error);
}

static enum loom_err do_try(const struct scratch *scratch, struct loom_error *error) {
    return loom_file_try(&scratch->folder, 3, error);
}

typedef enum loom_err operation(const struct scratch *scratch, struct loom_error *error);

static void assert_state(const struct scratch *scratch, const char *content) {
    if (content == NULL) {
        assert_int_equal(scratch_count(scratch), 0);
        return;
    }
    assert_int_equal(scratch_count(scratch), 1);
    assert_true(scratch_holds(scratch, NAME, content));
    assert_int_equal(scratch_mode(scratch, NAME), 0600);
}

/* FS-11: every call of the save fails once, each in its turn, until a run goes through. */
static void torture(const struct scratch *scratch, operation *save, const char *old,
                    const char *new) {
    static const int errors[] = {EIO, ENOSPC, EDQUOT, ENOMEM, EINTR};
    int failures = 0;
    for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++) {
        for (int nth = 1;; nth++) {
            (void)unlink(scratch_path(scratch, NAME));
            if (old != NULL)
                scratch_write(scratch, NAME, 0600, old);
            faults_reset();
            faults.fail_any_nth = nth;
            faults.any_error = errors[e];
            struct loom_error error = LOOM_ERROR_INIT;
            enum loom_err err = save(scratch, &error);
            int seen = faults.seen_all;
            faults_reset();
            assert_true(err == LOOM_OK || err == LOOM_ERR_STORAGE);
            if (err == LOOM_ERR_STORAGE)
                assert_int_equal(error.os_error, errors[e]);
            bool is_kept = save == do_create && loom_file_exists(&scratch->folder, NAME, NULL);
            assert_state(scratch, err == LOOM_OK || is_kept ? new : old);
            failures += err != LOOM_OK;
            if (seen < nth) {
                assert_int_equal(err, LOOM_OK);
                break;
            }
        }
    }
    assert_true(failures >= 20);
}

static void file_replace_any_call_failing_keeps_the_old_file(void **state) {
    torture(*state, do_replace, "old", "new");
}

static void file_replace_of_none_any_call_failing_leaves_none(void **state) {
    torture(*state, do_replace, NULL, "new");
}

static void file_create_any_call_failing_leaves_a_whole_file_or_none(void **state) {
    torture(*state, do_create, NULL, "new");
}

static void file_try_any_call_failing_leaves_nothing(void **state) {
    torture(*state, do_try, "old", "old");
}

/* By then another process may have read the key that it made, and sealed something with it. */
static void file_create_failing_at_the_last_step_keeps_the_file(void **state) {
    const struct scratch *scratch = *state;
    faults_arm(FSYNC, 2, EIO);
    is_created = true;
    assert_int_equal(do_create(scratch, NULL), LOOM_ERR_STORAGE);
    assert_true(is_created);
    faults_reset();
    assert_state(scratch, "new");
}

/* FS-11, by name: each of these is an error of its own, with its errno. */
static void file_replace_fault_is_told_with_its_errno(void **state) {
    const struct scratch *scratch = *state;
    static const struct {
        enum call call;
        int nth;
        int error;
    } cases[] = {
        {RANDOM, 1, ENOSYS}, {OPENAT, 1, EDQUOT}, {FCHMOD, 1, EPERM},   {WRITE, 1, ENOSPC},
        {WRITE, 1, EIO},     {FSYNC, 1, EIO},     {FSYNC, 1, EDQUOT},   {CLOSE, 1, EIO},
        {CLOSE, 1, EDQUOT},  {RENAMEAT, 1, EIO},  {RENAMEAT, 1, EROFS}, {FSYNC, 2, EIO},
    };
    scratch_write(scratch, NAME, 0600, "old");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        faults_arm(cases[i].call, cases[i].nth, cases[i].error);
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(do_replace(scratch, &error), LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, cases[i].error);
        assert_string_equal(error.detail, scratch_path(scratch, NAME));
        faults_reset();
        assert_state(scratch, "old");
    }
}

/* FS-13. */
static void file_replace_syncs_the_file_before_and_the_folder_after_the_rename(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(do_replace(scratch, NULL), LOOM_OK);
    /* random name, open, mode, write, sync, close; the old file; rename, sync of the folder */
    assert_string_equal(faults.order, "gomwscors");
    faults_reset();
    assert_int_equal(unlink(scratch_path(scratch, NAME)), 0);
    assert_int_equal(do_create(scratch, NULL), LOOM_OK);
    assert_string_equal(faults.order, "gomwscRs");
}

static void file_replace_short_writes_and_interruptions_are_continued(void **state) {
    const struct scratch *scratch = *state;
    static const char text[] = "a text that goes out five bytes at a time, with pauses";
    faults.is_dribbling = true;
    assert_int_equal(loom_file_replace(&scratch->folder, NAME, text, sizeof text - 1, NULL),
                     LOOM_OK);
    assert_true(faults.seen[WRITE] > 10 && faults.seen[RANDOM] > 5);
    faults_reset();
    assert_state(scratch, text);
}

/* A disk that fills up half way. */
static void file_replace_failing_after_a_short_write_keeps_the_old_file(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, NAME, 0600, "old");
    faults_arm(WRITE, 4, ENOSPC);
    faults.is_dribbling = true;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_file_replace(&scratch->folder, NAME, "0123456789abcdef", 16, &error),
                     LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, ENOSPC);
    faults_reset();
    assert_state(scratch, "old");
}

static void file_replace_write_of_nothing_is_an_error_not_a_loop(void **state) {
    const struct scratch *scratch = *state;
    faults_arm(WRITE, -1, 0);
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(do_replace(scratch, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EIO);
    faults_reset();
    assert_state(scratch, NULL);
}

static void file_replace_interrupted_close_and_sync_are_no_failure(void **state) {
    const struct scratch *scratch = *state;
    faults_arm(FSYNC, 1, EINTR);
    assert_int_equal(do_replace(scratch, NULL), LOOM_OK);
    assert_int_equal(faults.seen[FSYNC], 3);
    faults_arm(CLOSE, 1, EINTR);
    assert_int_equal(do_replace(scratch, NULL), LOOM_OK);
    faults_reset();
    assert_state(scratch, "new");
}

/* Some file systems cannot sync a folder and say so; the file is saved. */
static void file_replace_folder_that_cannot_be_synced_is_no_failure(void **state) {
    const struct scratch *scratch = *state;
    faults_arm(FSYNC, 2, EINVAL);
    assert_int_equal(do_replace(scratch, NULL), LOOM_OK);
    faults_reset();
    assert_state(scratch, "new");
}

/* The last step fails, and so does what is done about it: an error, and one whole file. */
static void file_replace_failing_twice_leaves_one_whole_file(void **state) {
    const struct scratch *scratch = *state;
    static const enum call second[] = {OPENAT, RENAMEAT};
    for (size_t i = 0; i < 2; i++) {
        scratch_write(scratch, NAME, 0600, "old");
        faults_arm(FSYNC, 2, EIO);
        faults.fail_nth[second[i]] = second[i] == OPENAT ? 3 : 2;
        faults.error[second[i]] = EIO;
        assert_int_equal(do_replace(scratch, NULL), LOOM_ERR_STORAGE);
        faults_reset();
        assert_state(scratch, "new");
    }
}

/* ---- temporary names (FS-08) ---- */

static void file_replace_temporary_is_opened_with_suspicion(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(setenv("TMPDIR", "/var/tmp", 1), 0);
    assert_int_equal(do_replace(scratch, NULL), LOOM_OK);
    assert_int_equal(faults.last_parent, scratch->folder.fd);
    assert_null(strchr(faults.last_name, '/'));
    int wanted = O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    assert_int_equal(faults.last_flags & wanted, wanted);
}

static void file_replace_temporary_names_never_repeat(void **state) {
    const struct scratch *scratch = *state;
    enum { NAMES = 64 };
    static char names[NAMES][sizeof faults.last_name];
    for (int i = 0; i < NAMES; i++) {
        assert_int_equal(do_replace(scratch, NULL), LOOM_OK);
        memcpy(names[i], faults.last_name, sizeof names[i]);
        assert_true(strlen(names[i]) >= 32);
        for (int before = 0; before < i; before++)
            assert_string_not_equal(names[i], names[before]);
    }
}

static void file_replace_link_under_the_temporary_name_is_not_followed(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "target", 0644, "target");
    faults.squatters = 3;
    assert_int_equal(do_replace(scratch, NULL), LOOM_OK);
    assert_int_equal(faults.squatters, 0);
    assert_true(scratch_holds(scratch, NAME, "new"));
    assert_true(scratch_holds(scratch, "target", "target"));
    assert_int_equal(scratch_mode(scratch, "target"), 0644);
    assert_int_equal(scratch_count(scratch), 2 + 3); /* not ours, not removed */
}

static void file_replace_all_temporary_names_taken_is_a_storage_error(void **state) {
    const struct scratch *scratch = *state;
    faults_arm(OPENAT, -1, EEXIST);
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(do_replace(scratch, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EEXIST);
    assert_true(faults.seen[OPENAT] < 100);
    is_created = true;
    assert_int_equal(do_create(scratch, &error), LOOM_ERR_STORAGE);
    assert_true(is_created);
    faults_reset();
    assert_state(scratch, NULL);
}

/* ---- file systems without RENAME_NOREPLACE ---- */

static const int not_known[] = {EINVAL, ENOSYS, ENOTSUP};

static void file_create_without_noreplace_links(void **state) {
    const struct scratch *scratch = *state;
    for (size_t i = 0; i < sizeof not_known / sizeof not_known[0]; i++) {
        faults_arm(RENAMEAT2, -1, not_known[i]);
        is_created = false;
        assert_int_equal(do_create(scratch, NULL), LOOM_OK);
        assert_true(is_created);
        assert_int_equal(faults.seen[LINKAT], 1);
        faults_reset();
        assert_state(scratch, "new");
        assert_int_equal(unlink(scratch_path(scratch, NAME)), 0);
    }
}

/* Somebody else was faster, between the first look and the link. */
static void file_create_without_noreplace_never_replaces(void **state) {
    const struct scratch *scratch = *state;
    faults_arm(RENAMEAT2, -1, EINVAL);
    faults.fail_nth[LINKAT] = 1;
    faults.error[LINKAT] = EEXIST;
    is_created = true;
    assert_int_equal(do_create(scratch, NULL), LOOM_OK);
    assert_false(is_created);
    faults_reset();
    assert_state(scratch, NULL);
}

static void file_create_without_noreplace_and_links_is_a_storage_error(void **state) {
    const struct scratch *scratch = *state;
    faults_arm(RENAMEAT2, -1, EINVAL);
    faults.fail_nth[LINKAT] = 1;
    faults.error[LINKAT] = EPERM;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(do_create(scratch, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EPERM);
    faults_reset();
    assert_state(scratch, NULL);
}

static void file_move_without_noreplace_links_and_never_replaces(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "f", 0600, "damaged");
    faults_arm(RENAMEAT2, -1, EINVAL);
    assert_int_equal(loom_file_move(&scratch->folder, "f", "aside", NULL), LOOM_OK);
    assert_true(scratch_holds(scratch, "aside", "damaged"));
    assert_int_equal(scratch_count(scratch), 1);
    scratch_write(scratch, "f", 0600, "again");
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_file_move(&scratch->folder, "f", "aside", &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EEXIST);
    assert_true(scratch_holds(scratch, "aside", "damaged"));
    assert_true(scratch_holds(scratch, "f", "again"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(file_replace_any_call_failing_keeps_the_old_file),
        TEST(file_replace_of_none_any_call_failing_leaves_none),
        TEST(file_create_any_call_failing_leaves_a_whole_file_or_none),
        TEST(file_try_any_call_failing_leaves_nothing),
        TEST(file_create_failing_at_the_last_step_keeps_the_file),
        TEST(file_replace_fault_is_told_with_its_errno),
        TEST(file_replace_syncs_the_file_before_and_the_folder_after_the_rename),
        TEST(file_replace_short_writes_and_interruptions_are_continued),
        TEST(file_replace_failing_after_a_short_write_keeps_the_old_file),
        TEST(file_replace_write_of_nothing_is_an_error_not_a_loop),
        TEST(file_replace_interrupted_close_and_sync_are_no_failure),
        TEST(file_replace_folder_that_cannot_be_synced_is_no_failure),
        TEST(file_replace_failing_twice_leaves_one_whole_file),
        TEST(file_replace_temporary_is_opened_with_suspicion),
        TEST(file_replace_temporary_names_never_repeat),
        TEST(file_replace_link_under_the_temporary_name_is_not_followed),
        TEST(file_replace_all_temporary_names_taken_is_a_storage_error),
        TEST(file_create_without_noreplace_links),
        TEST(file_create_without_noreplace_never_replaces),
        TEST(file_create_without_noreplace_and_links_is_a_storage_error),
        TEST(file_move_without_noreplace_links_and_never_replaces),
    };
    return cmocka_run_group_tests_name("file_faults", tests, NULL, NULL);
}
