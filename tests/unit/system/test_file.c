/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include "system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static enum loom_err read_one(const struct scratch *scratch, const char *name,
                              enum loom_file_mode mode, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    enum loom_err err = loom_file_read(&scratch->folder, name, mode, &out, error);
    assert_true(err == LOOM_OK || out.len == 0);
    return err;
}

static void make_socket(const struct scratch *scratch, const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%.80s/%.20s", scratch->path, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(close(fd), 0);
}

static void file_read_appends_the_content(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "f", 0600, "credential");
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    assert_int_equal(loom_buffer_add_text(&out, "before "), LOOM_OK);
    assert_int_equal(loom_file_read(&scratch->folder, "f", LOOM_FILE_STRICT, &out, NULL), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), "before credential");
}

static void file_read_empty_file_adds_nothing(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "f", 0600, "");
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(0);
    assert_int_equal(loom_file_read(&scratch->folder, "f", LOOM_FILE_STRICT, &out, NULL), LOOM_OK);
    assert_int_equal(out.len, 0);
}

static void file_read_missing_is_not_found(void **state) {
    const struct scratch *scratch = *state;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(read_one(scratch, "f", LOOM_FILE_TIGHTEN, &error), LOOM_ERR_NOT_FOUND);
    assert_string_equal(error.detail, scratch_path(scratch, "f"));
}

/* The ceiling is a whole file's: one byte more is damage, and nothing of it is handed out. */
static void file_read_larger_than_the_ceiling_is_damaged(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "f", 0600, "0123456789");
    static const struct {
        size_t max;
        enum loom_err err;
    } cases[] = {
        {10, LOOM_OK}, {9, LOOM_ERR_DAMAGED}, {1, LOOM_ERR_DAMAGED}, {0, LOOM_ERR_DAMAGED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        LOOM_CLEANUP(loom_buffer_clear)
        struct loom_buffer out = LOOM_BUFFER_INIT(3 + cases[i].max);
        assert_int_equal(loom_buffer_add_text(&out, "abc"), LOOM_OK);
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(loom_file_read(&scratch->folder, "f", LOOM_FILE_STRICT, &out, &error),
                         cases[i].err);
        assert_int_equal(error.os_error, cases[i].err == LOOM_OK ? 0 : EFBIG);
        assert_string_equal(loom_buffer_text(&out), i == 0 ? "abc0123456789" : "abc");
    }
}

static void file_read_large_file_comes_whole(void **state) {
    const struct scratch *scratch = *state;
    enum { LARGE = 100001 };
    char *text = malloc(LARGE + 1);
    assert_non_null(text);
    for (int i = 0; i < LARGE; i++)
        text[i] = (char)('a' + i % 26);
    text[LARGE] = '\0';
    scratch_write(scratch, "f", 0600, text);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LARGE);
    enum loom_err err = loom_file_read(&scratch->folder, "f", LOOM_FILE_STRICT, &out, NULL);
    bool is_equal = err == LOOM_OK && out.len == LARGE && memcmp(out.data, text, LARGE) == 0;
    free(text);
    assert_true(is_equal);
}

/* FS-02. */
static void file_read_loose_mode_is_tightened(void **state) {
    const struct scratch *scratch = *state;
    static const mode_t modes[] = {0644, 0640, 0604, 0666, 0777, 0620, 0700, 04600, 02600, 0444};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        scratch_write(scratch, "f", modes[i], "x");
        assert_int_equal(read_one(scratch, "f", LOOM_FILE_TIGHTEN, NULL), LOOM_OK);
        assert_int_equal(scratch_mode(scratch, "f"), 0600);
    }
    scratch_write(scratch, "f", 0400, "x");
    assert_int_equal(read_one(scratch, "f", LOOM_FILE_TIGHTEN, NULL), LOOM_OK);
    assert_int_equal(scratch_mode(scratch, "f"), 0400);
}

/* ENC-15, its half that is ours: others may have read the key, so it is refused, not repaired. */
static void file_read_strict_loose_mode_is_damaged(void **state) {
    const struct scratch *scratch = *state;
    static const mode_t loose[] = {0644, 0640, 0604, 0610, 0601, 0602, 0660};
    for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++) {
        scratch_write(scratch, "f", loose[i], "x");
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(read_one(scratch, "f", LOOM_FILE_STRICT, &error), LOOM_ERR_DAMAGED);
        assert_int_equal(error.os_error, EPERM);
        assert_string_equal(error.detail, scratch_path(scratch, "f"));
        assert_int_equal(scratch_mode(scratch, "f"), loose[i]);
    }
    static const mode_t tight[] = {0600, 0400};
    for (size_t i = 0; i < sizeof tight / sizeof tight[0]; i++) {
        scratch_write(scratch, "f", tight[i], "x");
        assert_int_equal(read_one(scratch, "f", LOOM_FILE_STRICT, NULL), LOOM_OK);
    }
}

static void assert_refused(const struct scratch *scratch, const char *name, int os_error) {
    for (int mode = LOOM_FILE_TIGHTEN; mode <= LOOM_FILE_STRICT; mode++) {
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(read_one(scratch, name, (enum loom_file_mode)mode, &error),
                         LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, os_error);
        assert_string_equal(error.detail, scratch_path(scratch, name));
    }
}

/* FS-04. */
static void file_read_link_is_refused(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "target", 0644, "x");
    assert_int_equal(symlink("target", scratch_path(scratch, "f")), 0);
    assert_refused(scratch, "f", ELOOP);
    assert_int_equal(scratch_mode(scratch, "target"), 0644);
    assert_int_equal(symlink("/tmp/nowhere", scratch_path(scratch, "dangling")), 0);
    assert_refused(scratch, "dangling", ELOOP);
}

/* Neighbours of FS-04: whatever else may stand there. None of them may block. */
static void file_read_other_kind_is_refused(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(mkfifo(scratch_path(scratch, "fifo"), 0600), 0);
    assert_int_equal(mkdir(scratch_path(scratch, "folder"), 0700), 0);
    make_socket(scratch, "socket");
    assert_refused(scratch, "fifo", EINVAL);
    assert_refused(scratch, "folder", EINVAL);
    assert_refused(scratch, "socket", EINVAL);
}

/* FS-03. */
static void file_read_of_another_user_is_refused(void **state) {
    const struct scratch *scratch = *state;
    if (geteuid() != 0)
        skip(); /* trust_faults has this case */
    scratch_write(scratch, "f", 0644, "x");
    assert_int_equal(chown(scratch_path(scratch, "f"), STRANGER, STRANGER), 0);
    assert_refused(scratch, "f", EPERM);
    assert_int_equal(scratch_mode(scratch, "f"), 0644);
}

static void file_read_does_not_look_at_the_link_count(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "f", 0600, "x");
    assert_int_equal(link(scratch_path(scratch, "f"), scratch_path(scratch, "backup")), 0);
    assert_int_equal(read_one(scratch, "f", LOOM_FILE_STRICT, NULL), LOOM_OK);
}

static void check_unreadable(void *argument) {
    const struct scratch *scratch = argument;
    become_unprivileged(scratch);
    int fd = openat(scratch->folder.fd, "f", O_WRONLY | O_CREAT, 0);
    CHECK(fd >= 0 && close(fd) == 0);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(64);
    struct loom_error error = LOOM_ERROR_INIT;
    CHECK(loom_file_read(&scratch->folder, "f", LOOM_FILE_TIGHTEN, &out, &error) ==
          LOOM_ERR_STORAGE);
    CHECK(error.os_error == EACCES);
}

static void file_read_without_permission_is_a_storage_error(void **state) {
    assert_child_passes(check_unreadable, *state);
}

static enum loom_err read_any(const char *path, size_t max, int *out_os_error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(max);
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = loom_file_read_any(path, &out, &error);
    *out_os_error = error.os_error;
    assert_true(err == LOOM_OK || (out.len == 0 && strcmp(error.detail, path) == 0));
    return err;
}

/* A container's secret: root's, readable to all, behind two links. */
static void file_read_any_follows_links_and_takes_any_owner(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "data", 0644, "token\n");
    if (geteuid() == 0)
        assert_int_equal(chown(scratch_path(scratch, "data"), STRANGER, STRANGER), 0);
    assert_int_equal(symlink("data", scratch_path(scratch, "now")), 0);
    assert_int_equal(symlink("now", scratch_path(scratch, "token")), 0);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(6);
    assert_int_equal(loom_file_read_any(scratch_path(scratch, "token"), &out, NULL), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), "token\n");
    assert_int_equal(scratch_mode(scratch, "data"), 0644);
}

static void file_read_any_unusable_is_a_storage_error(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "f", 0644, "0123456789");
    assert_int_equal(mkfifo(scratch_path(scratch, "fifo"), 0600), 0);
    make_socket(scratch, "socket");
    static const struct {
        const char *name;
        int os_error;
    } cases[] = {{"f", EFBIG},       {"gone", ENOENT}, {"fifo", EINVAL},
                 {"socket", EINVAL}, {".", EINVAL},    {"f/x", ENOTDIR}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int os_error = 0;
        assert_int_equal(read_any(scratch_path(scratch, cases[i].name), 9, &os_error),
                         LOOM_ERR_STORAGE);
        assert_int_equal(os_error, cases[i].os_error);
    }
    int os_error = 0;
    assert_int_equal(read_any("/dev/zero", 9, &os_error), LOOM_ERR_STORAGE);
    assert_int_equal(os_error, EINVAL);
    assert_int_equal(read_any("", 9, &os_error), LOOM_ERR_STORAGE);
    assert_int_equal(os_error, ENOENT);
}

static void file_exists_tells_of_anything(void **state) {
    const struct scratch *scratch = *state;
    mode_t mode = 07777;
    assert_false(loom_file_exists(&scratch->folder, "f", &mode));
    assert_int_equal(mode, 07777);
    scratch_write(scratch, "f", 0640, "x");
    assert_true(loom_file_exists(&scratch->folder, "f", &mode));
    assert_int_equal(mode, 0640);
    assert_int_equal(symlink("gone", scratch_path(scratch, "dangling")), 0);
    assert_true(loom_file_exists(&scratch->folder, "dangling", NULL));
}

static void file_move_gives_another_name(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "f", 0644, "damaged");
    assert_int_equal(loom_file_move(&scratch->folder, "f", "f.damaged", NULL), LOOM_OK);
    assert_true(scratch_holds(scratch, "f.damaged", "damaged"));
    assert_int_equal(scratch_mode(scratch, "f.damaged"), 0644);
    assert_int_equal(scratch_count(scratch), 1);
}

static void file_move_never_replaces(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "f", 0600, "new");
    scratch_write(scratch, "taken", 0600, "old");
    assert_int_equal(symlink("gone", scratch_path(scratch, "dangling")), 0);
    assert_int_equal(mkdir(scratch_path(scratch, "folder"), 0700), 0);
    static const char *const taken[] = {"taken", "dangling", "folder", "f"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(loom_file_move(&scratch->folder, "f", taken[i], &error), LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, EEXIST);
        assert_string_equal(error.detail, scratch_path(scratch, taken[i]));
    }
    assert_true(scratch_holds(scratch, "f", "new"));
    assert_true(scratch_holds(scratch, "taken", "old"));
}

static void file_move_missing_is_not_found(void **state) {
    const struct scratch *scratch = *state;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_file_move(&scratch->folder, "f", "g", &error), LOOM_ERR_NOT_FOUND);
    assert_string_equal(error.detail, scratch_path(scratch, "f"));
}

/* What stands in the way of credentials.json can be moved aside, whatever it is. */
static void file_move_takes_any_kind(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(symlink("gone", scratch_path(scratch, "link")), 0);
    assert_int_equal(mkdir(scratch_path(scratch, "folder"), 0700), 0);
    assert_int_equal(mkfifo(scratch_path(scratch, "fifo"), 0600), 0);
    static const char *const names[] = {"link", "folder", "fifo"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char aside[32];
        (void)snprintf(aside, sizeof aside, "%s.damaged", names[i]);
        assert_int_equal(loom_file_move(&scratch->folder, names[i], aside, NULL), LOOM_OK);
        assert_int_not_equal(scratch_mode(scratch, aside), 0xFFFF);
    }
}

/* ---- Knowing a file again ---- */

static void change_nothing(const struct scratch *scratch) {
    (void)scratch;
}

static void change_content(const struct scratch *scratch) {
    scratch_write(scratch, "f", 0600, "other"); /* as long as before */
}

static void change_mode(const struct scratch *scratch) {
    assert_int_equal(chmod(scratch_path(scratch, "f"), 0400), 0);
}

static void replace_by_an_equal_one(const struct scratch *scratch) {
    assert_int_equal(loom_file_replace(&scratch->folder, "f", "first", 5, NULL), LOOM_OK);
}

static void replace_twice(const struct scratch *scratch) {
    replace_by_an_equal_one(scratch);
    replace_by_an_equal_one(scratch);
}

static void remove_it(const struct scratch *scratch) {
    assert_int_equal(unlink(scratch_path(scratch, "f")), 0);
}

static void put_a_link_in_its_place(const struct scratch *scratch) {
    assert_int_equal(rename(scratch_path(scratch, "f"), scratch_path(scratch, "g")), 0);
    assert_int_equal(symlink("g", scratch_path(scratch, "f")), 0);
}

static void file_mark_is_current_until_something_happens(void **state) {
    const struct scratch *scratch = *state;
    static const struct {
        void (*change)(const struct scratch *scratch);
        bool is_current;
    } rows[] = {{change_nothing, true},           {change_content, false}, {change_mode, false},
                {replace_by_an_equal_one, false}, {replace_twice, false},  {remove_it, false},
                {put_a_link_in_its_place, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)unlink(scratch_path(scratch, "f"));
        scratch_write(scratch, "f", 0600, "first");
        LOOM_CLEANUP(loom_file_mark_drop)
        struct loom_file_mark mark = loom_file_mark_take(&scratch->folder, "f");
        /* The clock of a file system stands still for some milliseconds. */
        (void)usleep(20 * 1000);
        rows[i].change(scratch);
        bool is_current = loom_file_mark_is_current(&mark, &scratch->folder, "f");
        if (is_current != rows[i].is_current)
            fail_msg("row %zu", i);
    }
}

static void file_mark_of_nothing_is_never_current(void **state) {
    const struct scratch *scratch = *state;
    LOOM_CLEANUP(loom_file_mark_drop)
    struct loom_file_mark mark = loom_file_mark_take(&scratch->folder, "f");
    assert_false(loom_file_mark_is_current(&mark, &scratch->folder, "f"));
    scratch_write(scratch, "f", 0600, "first");
    assert_false(loom_file_mark_is_current(&mark, &scratch->folder, "f"));
}

static void file_lacks_only_what_is_certainly_not_there(void **state) {
    const struct scratch *scratch = *state;
    assert_true(loom_file_lacks(scratch->path, "f"));
    assert_true(loom_file_lacks(scratch_path(scratch, "nowhere"), "f"));
    scratch_write(scratch, "f", 0600, "");
    assert_false(loom_file_lacks(scratch->path, "f"));
    assert_false(loom_file_lacks(scratch_path(scratch, "f"), "f")); /* ENOTDIR: who knows */
    assert_int_equal(symlink("nothing", scratch_path(scratch, "link")), 0);
    assert_false(loom_file_lacks(scratch->path, "link"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(file_read_appends_the_content),
        TEST(file_read_empty_file_adds_nothing),
        TEST(file_read_missing_is_not_found),
        TEST(file_read_larger_than_the_ceiling_is_damaged),
        TEST(file_read_large_file_comes_whole),
        TEST(file_read_loose_mode_is_tightened),
        TEST(file_read_strict_loose_mode_is_damaged),
        TEST(file_read_link_is_refused),
        TEST(file_read_other_kind_is_refused),
        TEST(file_read_of_another_user_is_refused),
        TEST(file_read_does_not_look_at_the_link_count),
        TEST(file_read_without_permission_is_a_storage_error),
        TEST(file_read_any_follows_links_and_takes_any_owner),
        TEST(file_read_any_unusable_is_a_storage_error),
        TEST(file_exists_tells_of_anything),
        TEST(file_move_gives_another_name),
        TEST(file_move_never_replaces),
        TEST(file_move_missing_is_not_found),
        TEST(file_move_takes_any_kind),
        TEST(file_mark_is_current_until_something_happens),
        TEST(file_mark_of_nothing_is_never_current),
        TEST(file_lacks_only_what_is_certainly_not_there),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
