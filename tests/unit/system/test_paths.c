/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int make(void **state) {
    (void)unsetenv("XDG_CONFIG_HOME");
    (void)unsetenv("XDG_DATA_HOME");
    return scratch_make(state);
}

static void set(const char *variable, const char *value) {
    assert_int_equal(setenv(variable, value, 1), 0);
}

static void paths_find_home_gives_both_folders(void **state) {
    const struct scratch *scratch = *state;
    set("HOME", scratch->path);
    struct loom_paths paths;
    assert_int_equal(loom_paths_find(&paths, NULL), LOOM_OK);
    assert_string_equal(paths.config, scratch_path(scratch, ".config/loom"));
    assert_string_equal(paths.data, scratch_path(scratch, ".local/share/loom"));
    assert_int_equal(scratch_count(scratch), 0); /* nothing was made */
}

static void paths_find_xdg_beats_home(void **state) {
    const struct scratch *scratch = *state;
    set("HOME", "/nonexistent");
    set("XDG_CONFIG_HOME", scratch_path(scratch, "c"));
    set("XDG_DATA_HOME", scratch_path(scratch, "d//"));
    struct loom_paths paths;
    assert_int_equal(loom_paths_find(&paths, NULL), LOOM_OK);
    assert_string_equal(paths.config, scratch_path(scratch, "c/loom"));
    assert_string_equal(paths.data, scratch_path(scratch, "d/loom"));
}

static void paths_find_relative_or_empty_xdg_is_ignored(void **state) {
    const struct scratch *scratch = *state;
    static const char *const values[] = {"", "c", "./c", "../c", "~/c", " /c"};
    set("HOME", scratch->path);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        set("XDG_CONFIG_HOME", values[i]);
        set("XDG_DATA_HOME", values[i]);
        struct loom_paths paths;
        assert_int_equal(loom_paths_find(&paths, NULL), LOOM_OK);
        assert_string_equal(paths.config, scratch_path(scratch, ".config/loom"));
        assert_string_equal(paths.data, scratch_path(scratch, ".local/share/loom"));
    }
}

/* ENV-04. */
static void paths_find_without_home_asks_the_password_database(void **state) {
    (void)state;
    static const char *const values[] = {NULL, "", "home", "./home"};
    char expected[LOOM_PATH_MAX] = "";
    const struct passwd *entry = getpwuid(geteuid());
    if (entry != NULL)
        (void)snprintf(expected, sizeof expected, "%s/.config/loom", entry->pw_dir);
    else
        skip(); /* then the next test is ours */
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (values[i] == NULL)
            assert_int_equal(unsetenv("HOME"), 0);
        else
            set("HOME", values[i]);
        struct loom_paths paths;
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(loom_paths_find(&paths, &error), LOOM_OK);
        assert_string_equal(paths.config, expected);
    }
}

static void check_nobody_knows_us(void *argument) {
    become_unprivileged(argument); /* no entry has this number */
    static const char *const values[] = {NULL, "", "home"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        CHECK(values[i] == NULL ? unsetenv("HOME") == 0 : setenv("HOME", values[i], 1) == 0);
        struct loom_paths paths;
        memset(&paths, 'x', sizeof paths);
        struct loom_error error = LOOM_ERROR_INIT;
        CHECK(loom_paths_find(&paths, &error) == LOOM_ERR_STORAGE);
        CHECK(error.os_error == ENOENT && strcmp(error.detail, "HOME") == 0);
        CHECK(paths.config[0] == 'x' && paths.data[0] == 'x');
    }
    /* With a place of its own it needs neither. */
    CHECK(setenv("XDG_CONFIG_HOME", "/c", 1) == 0 && setenv("XDG_DATA_HOME", "/d", 1) == 0);
    struct loom_paths paths;
    CHECK(loom_paths_find(&paths, NULL) == LOOM_OK);
    CHECK(strcmp(paths.config, "/c/loom") == 0 && strcmp(paths.data, "/d/loom") == 0);
}

/* ENV-04. */
static void paths_find_without_home_or_entry_is_a_storage_error(void **state) {
    if (geteuid() != 0 && getpwuid(geteuid()) != NULL)
        skip(); /* whoever has an entry finds a home; trust_faults has this case */
    assert_child_passes(check_nobody_knows_us, *state);
}

/* ENV-07: blanks, line ends, bytes that are not UTF-8. */
static void paths_find_odd_home_is_kept_byte_for_byte(void **state) {
    (void)state;
    set("HOME", "/nonexistent/a b\n\xff'\"$(x)");
    struct loom_paths paths;
    assert_int_equal(loom_paths_find(&paths, NULL), LOOM_OK);
    assert_string_equal(paths.config, "/nonexistent/a b\n\xff'\"$(x)/.config/loom");
}

static void paths_find_root_folder_as_home_gives_no_double_slash(void **state) {
    (void)state;
    set("HOME", "///");
    struct loom_paths paths;
    assert_int_equal(loom_paths_find(&paths, NULL), LOOM_OK);
    assert_string_equal(paths.config, "/.config/loom");
}

/* ENV-07: exactly as long as fits, and one byte more. */
static void paths_find_home_too_long_is_a_storage_error(void **state) {
    (void)state;
    static const char tail[] = "/.local/share/loom";
    char home[LOOM_PATH_MAX + 1];
    memset(home, 'h', sizeof home);
    home[0] = '/';
    home[LOOM_PATH_MAX - sizeof tail] = '\0';
    set("HOME", home);
    struct loom_paths paths;
    assert_int_equal(loom_paths_find(&paths, NULL), LOOM_OK);
    assert_int_equal(strlen(paths.data), LOOM_PATH_MAX - 1);

    static const size_t lengths[] = {LOOM_PATH_MAX - sizeof tail + 1, LOOM_PATH_MAX - 1,
                                     LOOM_PATH_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(home + 1, 'h', sizeof home - 1);
        home[lengths[i]] = '\0';
        set("HOME", home);
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(loom_paths_find(&paths, &error), LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, ENAMETOOLONG);
        set("XDG_CONFIG_HOME", home);
        assert_int_equal(loom_paths_find(&paths, &error), LOOM_ERR_STORAGE);
        assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    }
}

/* ENV-01: sudo that keeps HOME; also another user's home for one who is not root. */
static void paths_find_home_of_another_user_is_refused(void **state) {
    const struct scratch *scratch = *state;
    if (geteuid() != 0)
        skip(); /* without root nobody else's folder can be made: trust_faults has this case */
    const char *home = scratch_path(scratch, "alice");
    assert_int_equal(mkdir(home, 0755), 0);
    assert_int_equal(chown(home, STRANGER, STRANGER), 0);
    set("HOME", home);
    struct loom_paths paths;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_paths_find(&paths, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EPERM);
    assert_string_equal(error.detail, home);
    /* One folder elsewhere does not help the other one. */
    set("XDG_CONFIG_HOME", scratch->path);
    assert_int_equal(loom_paths_find(&paths, &error), LOOM_ERR_STORAGE);
    /* Through a link it is the same home. */
    assert_int_equal(symlink(home, scratch_path(scratch, "link")), 0);
    set("HOME", scratch_path(scratch, "link"));
    assert_int_equal(loom_paths_find(&paths, &error), LOOM_ERR_STORAGE);
    set("XDG_DATA_HOME", scratch->path);
    assert_int_equal(loom_paths_find(&paths, &error), LOOM_OK);
}

static void check_home_of_root(void *argument) {
    become_unprivileged(argument);
    CHECK(setenv("HOME", "/", 1) == 0);
    struct loom_paths paths;
    CHECK(loom_paths_find(&paths, NULL) == LOOM_OK);
}

/* A daemon's home often belongs to root. Whether it may write there is another question. */
static void paths_find_home_of_root_is_accepted(void **state) {
    struct stat info;
    if (stat("/", &info) != 0 || info.st_uid != 0)
        skip();
    assert_child_passes(check_home_of_root, *state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(paths_find_home_gives_both_folders),
        TEST(paths_find_xdg_beats_home),
        TEST(paths_find_relative_or_empty_xdg_is_ignored),
        TEST(paths_find_without_home_asks_the_password_database),
        TEST(paths_find_without_home_or_entry_is_a_storage_error),
        TEST(paths_find_odd_home_is_kept_byte_for_byte),
        TEST(paths_find_root_folder_as_home_gives_no_double_slash),
        TEST(paths_find_home_too_long_is_a_storage_error),
        TEST(paths_find_home_of_another_user_is_refused),
        TEST(paths_find_home_of_root_is_accepted),
    };
    return cmocka_run_group_tests_name("paths", tests, NULL, NULL);
}
