/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include "system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static enum loom_err open_at(const struct scratch *scratch, const char *name,
                             enum loom_folder_use use, struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    return loom_folder_open(scratch_path(scratch, name), use, &folder, error);
}

static void folder_open_missing_for_reading_is_not_found(void **state) {
    const struct scratch *scratch = *state;
    struct loom_folder folder = LOOM_FOLDER_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(
        loom_folder_open(scratch_path(scratch, "a/loom"), LOOM_FOLDER_READ, &folder, &error),
        LOOM_ERR_NOT_FOUND);
    assert_int_equal(folder.fd, -1);
    assert_int_equal(open_at(scratch, "loom", LOOM_FOLDER_READ, NULL), LOOM_ERR_NOT_FOUND);
    assert_int_equal(scratch_count(scratch), 0);
}

/* From the last folder up to the first. `name` is used up. */
static void check_all_0700(const struct scratch *scratch, char *name) {
    for (char *slash = name + strlen(name); slash != NULL; slash = strrchr(name, '/')) {
        *slash = '\0';
        CHECK(scratch_mode(scratch, name) == 0700);
    }
}

static void check_made_tight(void *argument) {
    const struct scratch *scratch = argument;
    static const mode_t masks[] = {0, 022, 077, 0277, 0777};
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "m%zu/b/loom", i);
        (void)umask(masks[i]);
        struct loom_folder folder = LOOM_FOLDER_INIT;
        CHECK(loom_folder_open(scratch_path(scratch, name), LOOM_FOLDER_WRITE, &folder, NULL) ==
              LOOM_OK);
        CHECK(fcntl(folder.fd, F_GETFD) == FD_CLOEXEC);
        CHECK(strcmp(folder.path, scratch_path(scratch, name)) == 0);
        loom_folder_close(&folder);
        CHECK(folder.fd == -1);
        check_all_0700(scratch, name);
    }
}

static void check_made_tight_unprivileged(void *argument) {
    become_unprivileged(argument);
    check_made_tight(argument);
}

/* FS-01: whatever the umask; parents too. Root is not stopped by a mode, so once more without. */
static void folder_open_for_writing_makes_all_0700_whatever_the_umask(void **state) {
    assert_child_passes(check_made_tight, *state);
}

static void folder_open_for_writing_unprivileged_makes_all_0700(void **state) {
    assert_child_passes(check_made_tight_unprivileged, *state);
}

/* FS-02. */
static void folder_open_loose_folder_is_tightened(void **state) {
    const struct scratch *scratch = *state;
    static const mode_t modes[] = {0777, 0755, 0750, 0701, 0710, 02770, 01777};
    const char *path = scratch_path(scratch, "loom");
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < 2 * sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(path, modes[i / 2]), 0);
        assert_int_equal(
            open_at(scratch, "loom", i % 2 ? LOOM_FOLDER_READ : LOOM_FOLDER_WRITE, NULL), LOOM_OK);
        assert_int_equal(scratch_mode(scratch, "loom"), 0700);
    }
}

static void folder_open_tighter_folder_stays(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(mkdir(scratch_path(scratch, "loom"), 0500), 0);
    assert_int_equal(open_at(scratch, "loom", LOOM_FOLDER_WRITE, NULL), LOOM_OK);
    assert_int_equal(scratch_mode(scratch, "loom"), 0500);
}

/* The folders above are not ours to change. */
static void folder_open_loose_base_is_left_alone(void **state) {
    const struct scratch *scratch = *state;
    const char *base = scratch_path(scratch, "base");
    assert_int_equal(mkdir(base, 0700), 0);
    assert_int_equal(chmod(base, 0755), 0);
    assert_int_equal(open_at(scratch, "base/loom", LOOM_FOLDER_WRITE, NULL), LOOM_OK);
    assert_int_equal(scratch_mode(scratch, "base"), 0755);
    assert_int_equal(scratch_mode(scratch, "base/loom"), 0700);
}

static void assert_refused(const struct scratch *scratch, const char *name, const char *culprit) {
    for (int use = LOOM_FOLDER_READ; use <= LOOM_FOLDER_WRITE; use++) {
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(open_at(scratch, name, (enum loom_folder_use)use, &error),
                         LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, EPERM);
        assert_string_equal(error.detail, scratch_path(scratch, culprit));
    }
}

static void give_away(const struct scratch *scratch, const char *name) {
    assert_int_equal(lchown(scratch_path(scratch, name), STRANGER, STRANGER), 0);
}

/* FS-03. */
static void folder_open_of_another_user_is_refused(void **state) {
    const struct scratch *scratch = *state;
    if (geteuid() != 0) {
        /* Nobody can be given a folder; but there are some of root's. */
        struct loom_folder folder = LOOM_FOLDER_INIT;
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(loom_folder_open("/usr", LOOM_FOLDER_READ, &folder, &error),
                         LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, EPERM);
        return;
    }
    assert_int_equal(mkdir(scratch_path(scratch, "loom"), 0777), 0);
    give_away(scratch, "loom");
    unsigned before = scratch_mode(scratch, "loom");
    assert_refused(scratch, "loom", "loom");
    assert_int_equal(scratch_mode(scratch, "loom"), before);
}

/* ENV-01: the XDG folder of somebody else; that ours is in it already is no excuse. */
static void folder_open_base_of_another_user_is_refused(void **state) {
    const struct scratch *scratch = *state;
    if (geteuid() != 0)
        skip(); /* needs a folder of another user who is not root: trust_faults has this case */
    assert_int_equal(mkdir(scratch_path(scratch, "base"), 0755), 0);
    assert_int_equal(mkdir(scratch_path(scratch, "base/loom"), 0700), 0);
    give_away(scratch, "base");
    assert_refused(scratch, "base/loom", "base");
}

/* ENV-01: no root-owned folder in somebody's home, however deep. */
static void folder_open_below_a_folder_of_another_user_makes_nothing(void **state) {
    const struct scratch *scratch = *state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdir(scratch_path(scratch, "alice"), 0755), 0);
    give_away(scratch, "alice");
    static const char *const names[] = {"alice/new/loom", "alice/new/new/loom", "alice//new/loom"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(open_at(scratch, names[i], LOOM_FOLDER_WRITE, &error), LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, EPERM);
        assert_string_equal(error.detail, scratch_path(scratch, "alice"));
        assert_int_equal(scratch_mode(scratch, "alice/new"), 0xFFFF);
    }
}

/* Such as /tmp, for root: others are meant to write there. */
static void folder_open_link_to_a_shared_folder_leaves_it_alone(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(mkdir(scratch_path(scratch, "shared"), 0700), 0);
    assert_int_equal(chmod(scratch_path(scratch, "shared"), 01777), 0);
    assert_int_equal(symlink("shared", scratch_path(scratch, "loom")), 0);
    assert_refused(scratch, "loom", "loom");
    assert_int_equal(scratch_mode(scratch, "shared"), 01777);
}

/* Who manages dotfiles with links keeps the folder elsewhere. */
static void folder_open_link_to_our_own_folder_works(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(mkdir(scratch_path(scratch, "dotfiles"), 0700), 0);
    assert_int_equal(chmod(scratch_path(scratch, "dotfiles"), 0755), 0);
    assert_int_equal(symlink("dotfiles", scratch_path(scratch, "loom")), 0);
    assert_int_equal(open_at(scratch, "loom", LOOM_FOLDER_WRITE, NULL), LOOM_OK);
    assert_int_equal(scratch_mode(scratch, "dotfiles"), 0700);
    assert_int_equal(open_at(scratch, "loom/sub/loom", LOOM_FOLDER_WRITE, NULL), LOOM_OK);
    assert_int_equal(scratch_mode(scratch, "dotfiles/sub/loom"), 0700);
}

static void folder_open_link_to_the_folder_of_another_user_is_refused(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(symlink("/usr", scratch_path(scratch, "loom")), 0);
    if (geteuid() == 0) {
        assert_int_equal(mkdir(scratch_path(scratch, "theirs"), 0700), 0);
        give_away(scratch, "theirs");
        assert_int_equal(unlink(scratch_path(scratch, "loom")), 0);
        assert_int_equal(symlink("theirs", scratch_path(scratch, "loom")), 0);
    }
    assert_refused(scratch, "loom", "loom");
}

/* A neighbour: in a folder like /tmp somebody else lays a link to a folder of ours. */
static void folder_open_link_of_another_user_is_refused(void **state) {
    const struct scratch *scratch = *state;
    if (geteuid() != 0)
        skip(); /* trust_faults has this case */
    assert_int_equal(mkdir(scratch_path(scratch, "public"), 0700), 0);
    assert_int_equal(chmod(scratch_path(scratch, "public"), 0755), 0);
    assert_int_equal(symlink("public", scratch_path(scratch, "loom")), 0);
    give_away(scratch, "loom");
    assert_refused(scratch, "loom", "loom");
    assert_int_equal(scratch_mode(scratch, "public"), 0755);
}

/* FS-144: a disk that is not there just now is not "nothing was ever stored". */
static void folder_open_link_that_leads_nowhere_is_a_storage_error(void **state) {
    const struct scratch *scratch = *state;
    static const char *const targets[] = {"gone", "gone/deeper", "loom", "file"};
    scratch_write(scratch, "file", 0600, "x");
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        assert_int_equal(symlink(targets[i], scratch_path(scratch, "loom")), 0);
        for (int use = LOOM_FOLDER_READ; use <= LOOM_FOLDER_WRITE; use++) {
            static const char *const names[] = {"loom", "loom/loom", "loom/a/loom"};
            for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
                struct loom_error error = LOOM_ERROR_INIT;
                assert_int_equal(open_at(scratch, names[n], (enum loom_folder_use)use, &error),
                                 LOOM_ERR_STORAGE);
                assert_int_equal(error.os_error, ENOTDIR);
                assert_string_equal(error.detail, scratch_path(scratch, "loom"));
            }
        }
        assert_int_equal(unlink(scratch_path(scratch, "loom")), 0);
        assert_int_equal(scratch_count(scratch), 1);
    }
}

static void folder_open_other_kind_in_its_place_is_a_storage_error(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "file", 0600, "x");
    assert_int_equal(mkfifo(scratch_path(scratch, "fifo"), 0600), 0);
    static const char *const names[] = {"file", "fifo", "file/loom", "fifo/loom", "file/a/loom"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int use = LOOM_FOLDER_READ; use <= LOOM_FOLDER_WRITE; use++) {
            struct loom_error error = LOOM_ERROR_INIT;
            assert_int_equal(open_at(scratch, names[i], (enum loom_folder_use)use, &error),
                             LOOM_ERR_STORAGE);
            assert_int_equal(error.os_error, ENOTDIR);
        }
    }
    assert_true(scratch_holds(scratch, "file", "x"));
}

static void folder_open_path_that_is_not_absolute_is_refused(void **state) {
    (void)state;
    static const char *const paths[] = {"", "loom", "./loom", "/", "//"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct loom_folder folder = LOOM_FOLDER_INIT;
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(loom_folder_open(paths[i], LOOM_FOLDER_READ, &folder, &error),
                         LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, EINVAL);
    }
}

static void folder_open_too_long_a_path_or_name_is_a_storage_error(void **state) {
    const struct scratch *scratch = *state;
    char path[LOOM_PATH_MAX + 2];
    memset(path, 'p', sizeof path);
    path[0] = '/';
    path[LOOM_PATH_MAX] = '\0';
    struct loom_folder folder = LOOM_FOLDER_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_folder_open(path, LOOM_FOLDER_WRITE, &folder, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, ENAMETOOLONG);
    path[300] = '\0'; /* one component of more than 255 bytes */
    assert_int_equal(open_at(scratch, path, LOOM_FOLDER_WRITE, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, ENAMETOOLONG);
    assert_int_equal(scratch_count(scratch), 0);
}

/* ENV-07: a path as long as one may be, of odd bytes; and files in it work. */
static void folder_open_longest_path_of_odd_bytes_works(void **state) {
    const struct scratch *scratch = *state;
    char path[LOOM_PATH_MAX];
    size_t len = (size_t)snprintf(path, sizeof path, "%s", scratch->path);
    while (len < sizeof path - 1) {
        size_t part = sizeof path - 1 - len < 200 ? sizeof path - 1 - len : 200;
        memset(path + len, '\xfe', part);
        path[len] = '/';
        if (part > 4)
            memcpy(path + len + 1, " \n'", 3);
        len += part;
    }
    if (path[len - 1] == '/')
        path[len - 1] = 'x';
    path[len] = '\0';
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    assert_int_equal(loom_folder_open(path, LOOM_FOLDER_WRITE, &folder, NULL), LOOM_OK);
    assert_string_equal(folder.path, path);
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_file_replace(&folder, "credentials.json", "new", 3, &error), LOOM_OK);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer content = LOOM_BUFFER_INIT(16);
    assert_int_equal(
        loom_file_read(&folder, "credentials.json", LOOM_FILE_STRICT, &content, &error), LOOM_OK);
    assert_string_equal(loom_buffer_text(&content), "new");
}

static void folder_open_slashes_at_the_end_do_not_matter(void **state) {
    const struct scratch *scratch = *state;
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    assert_int_equal(
        loom_folder_open(scratch_path(scratch, "a//loom//"), LOOM_FOLDER_WRITE, &folder, NULL),
        LOOM_OK);
    assert_string_equal(folder.path, scratch_path(scratch, "a//loom"));
    assert_int_equal(scratch_mode(scratch, "a/loom"), 0700);
}

static void check_read_only_base(void *argument) {
    const struct scratch *scratch = argument;
    CHECK(mkdir(scratch_path(scratch, "base"), 0700) == 0);
    become_unprivileged(scratch);
    if (geteuid() == UNPRIVILEGED)
        CHECK(open_at(scratch, "base/loom", LOOM_FOLDER_READ, NULL) != LOOM_OK);
    CHECK(chmod(scratch->path, 0500) == 0);
    struct loom_error error = LOOM_ERROR_INIT;
    CHECK(open_at(scratch, "new/loom", LOOM_FOLDER_WRITE, &error) == LOOM_ERR_STORAGE);
    CHECK(error.os_error == EACCES);
    CHECK(strcmp(error.detail, scratch_path(scratch, "new")) == 0);
    CHECK(open_at(scratch, "new/loom", LOOM_FOLDER_READ, &error) == LOOM_ERR_NOT_FOUND);
    CHECK(chmod(scratch->path, 0000) == 0);
    CHECK(open_at(scratch, "new/loom", LOOM_FOLDER_READ, &error) == LOOM_ERR_STORAGE);
    CHECK(error.os_error == EACCES);
    CHECK(chmod(scratch->path, 0700) == 0);
}

static void folder_open_read_only_or_closed_base_is_a_storage_error(void **state) {
    assert_child_passes(check_read_only_base, *state);
}

static void check_deleted_cwd(void *argument) {
    const struct scratch *scratch = argument;
    CHECK(mkdir(scratch_path(scratch, "cwd"), 0700) == 0);
    CHECK(chdir(scratch_path(scratch, "cwd")) == 0 && rmdir(scratch_path(scratch, "cwd")) == 0);
    CHECK(setenv("TMPDIR", "/dev/null", 1) == 0);
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    CHECK(loom_folder_open(scratch_path(scratch, "a/loom"), LOOM_FOLDER_WRITE, &folder, NULL) ==
          LOOM_OK);
    CHECK(loom_file_replace(&folder, "credentials.json", "x", 1, NULL) == LOOM_OK);
    CHECK(scratch_holds(scratch, "a/loom/credentials.json", "x"));
}

/* ENV-08. */
static void folder_open_deleted_cwd_and_odd_tmpdir_do_not_matter(void **state) {
    assert_child_passes(check_deleted_cwd, *state);
}

static int open_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void folder_open_leaks_no_descriptor(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "file", 0600, "");
    int before = open_descriptors();
    assert_int_equal(open_at(scratch, "a/b/loom", LOOM_FOLDER_WRITE, NULL), LOOM_OK);
    assert_int_equal(open_at(scratch, "a/c/loom", LOOM_FOLDER_READ, NULL), LOOM_ERR_NOT_FOUND);
    assert_int_equal(open_at(scratch, "a/b/file", LOOM_FOLDER_READ, NULL), LOOM_ERR_NOT_FOUND);
    assert_int_equal(open_at(scratch, "file/loom", LOOM_FOLDER_WRITE, NULL), LOOM_ERR_STORAGE);
    assert_int_equal(open_descriptors(), before);
}

static void check_descriptor_limit(void *argument) {
    const struct scratch *scratch = argument;
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 3;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    struct loom_error error = LOOM_ERROR_INIT;
    CHECK(open_at(scratch, "loom", LOOM_FOLDER_WRITE, &error) == LOOM_ERR_STORAGE);
    CHECK(error.os_error == EMFILE);
}

static void folder_open_without_descriptors_is_a_storage_error(void **state) {
    assert_child_passes(check_descriptor_limit, *state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(folder_open_missing_for_reading_is_not_found),
        TEST(folder_open_for_writing_makes_all_0700_whatever_the_umask),
        TEST(folder_open_for_writing_unprivileged_makes_all_0700),
        TEST(folder_open_loose_folder_is_tightened),
        TEST(folder_open_tighter_folder_stays),
        TEST(folder_open_link_to_a_shared_folder_leaves_it_alone),
        TEST(folder_open_loose_base_is_left_alone),
        TEST(folder_open_of_another_user_is_refused),
        TEST(folder_open_base_of_another_user_is_refused),
        TEST(folder_open_below_a_folder_of_another_user_makes_nothing),
        TEST(folder_open_link_to_our_own_folder_works),
        TEST(folder_open_link_to_the_folder_of_another_user_is_refused),
        TEST(folder_open_link_of_another_user_is_refused),
        TEST(folder_open_link_that_leads_nowhere_is_a_storage_error),
        TEST(folder_open_other_kind_in_its_place_is_a_storage_error),
        TEST(folder_open_path_that_is_not_absolute_is_refused),
        TEST(folder_open_too_long_a_path_or_name_is_a_storage_error),
        TEST(folder_open_longest_path_of_odd_bytes_works),
        TEST(folder_open_slashes_at_the_end_do_not_matter),
        TEST(folder_open_read_only_or_closed_base_is_a_storage_error),
        TEST(folder_open_deleted_cwd_and_odd_tmpdir_do_not_matter),
        TEST(folder_open_leaks_no_descriptor),
        TEST(folder_open_without_descriptors_is_a_storage_error),
    };
    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
