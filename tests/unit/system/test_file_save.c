/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include "system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define NAME "credentials.json"

static enum loom_err save(const struct scratch *scratch, const char *text,
                          struct loom_error *error) {
    return loom_file_replace(&scratch->folder, NAME, text, strlen(text), error);
}

static void file_replace_makes_and_replaces(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(save(scratch, "first", NULL), LOOM_OK);
    assert_true(scratch_holds(scratch, NAME, "first"));
    assert_int_equal(save(scratch, "2", NULL), LOOM_OK);
    assert_true(scratch_holds(scratch, NAME, "2"));
    assert_int_equal(save(scratch, "", NULL), LOOM_OK);
    assert_true(scratch_holds(scratch, NAME, ""));
    assert_int_equal(scratch_count(scratch), 1); /* FS-21: no copy, no temporary */
}

static void check_modes(void *argument) {
    const struct scratch *scratch = argument;
    static const mode_t masks[] = {0, 022, 077, 0277, 0777};
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        bool is_created = false;
        char name[16];
        (void)snprintf(name, sizeof name, "new%zu", i);
        (void)umask(masks[i]);
        CHECK(save(scratch, "x", NULL) == LOOM_OK && scratch_mode(scratch, NAME) == 0600);
        CHECK(scratch_create(&scratch->folder, name, "x", &is_created, NULL) == LOOM_OK);
        CHECK(scratch_mode(scratch, name) == 0600);
        CHECK(unlinkat(scratch->folder.fd, NAME, 0) == 0);
    }
}

static void check_modes_unprivileged(void *argument) {
    become_unprivileged(argument);
    check_modes(argument);
}

/* FS-01. */
static void file_replace_gives_0600_whatever_the_umask(void **state) {
    assert_child_passes(check_modes, *state);
}

static void file_replace_unprivileged_gives_0600_whatever_the_umask(void **state) {
    assert_child_passes(check_modes_unprivileged, *state);
}

/* FS-02: the mode of the file that goes is not inherited. */
static void file_replace_loose_file_becomes_0600(void **state) {
    const struct scratch *scratch = *state;
    static const mode_t modes[] = {0644, 0666, 0777, 04755, 0000};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        scratch_write(scratch, NAME, 0600, "old");
        assert_int_equal(chmod(scratch_path(scratch, NAME), modes[i]), 0);
        assert_int_equal(save(scratch, "new", NULL), LOOM_OK);
        assert_int_equal(scratch_mode(scratch, NAME), 0600);
        assert_true(scratch_holds(scratch, NAME, "new"));
    }
}

/* FS-04: the target is neither written, nor replaced, nor made. */
static void file_replace_link_is_refused(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "target", 0644, "target");
    static const char *const targets[] = {"target", "nowhere", NAME, "/dev/null"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        assert_int_equal(symlink(targets[i], scratch_path(scratch, NAME)), 0);
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(save(scratch, "new", &error), LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, ELOOP);
        assert_string_equal(error.detail, scratch_path(scratch, NAME));
        bool is_created = true;
        assert_int_equal(scratch_create(&scratch->folder, NAME, "new", &is_created, &error),
                         LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, ELOOP);
        assert_true(is_created); /* left as it was */
        assert_int_equal(unlink(scratch_path(scratch, NAME)), 0);
    }
    assert_true(scratch_holds(scratch, "target", "target"));
    assert_int_equal(scratch_mode(scratch, "target"), 0644);
    assert_int_equal(scratch_count(scratch), 1);
}

static void assert_both_refused(const struct scratch *scratch, int os_error) {
    unsigned before = scratch_mode(scratch, NAME);
    struct loom_error error = LOOM_ERROR_INIT;
    bool is_created = false;
    assert_int_equal(save(scratch, "new", &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, os_error);
    assert_int_equal(scratch_create(&scratch->folder, NAME, "new", &is_created, &error),
                     LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, os_error);
    assert_int_equal(scratch_mode(scratch, NAME), before);
    assert_int_equal(scratch_count(scratch), 1);
}

static void file_replace_other_kind_in_its_place_is_refused(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(mkfifo(scratch_path(scratch, NAME), 0640), 0);
    assert_both_refused(scratch, EINVAL);
    assert_int_equal(unlink(scratch_path(scratch, NAME)), 0);
    assert_int_equal(mkdir(scratch_path(scratch, NAME), 0750), 0);
    assert_both_refused(scratch, EINVAL);
}

/* FS-03. */
static void file_replace_file_of_another_user_is_refused(void **state) {
    const struct scratch *scratch = *state;
    if (geteuid() != 0)
        skip(); /* trust_faults has this case */
    scratch_write(scratch, NAME, 0666, "theirs");
    assert_int_equal(chown(scratch_path(scratch, NAME), STRANGER, STRANGER), 0);
    assert_both_refused(scratch, EPERM);
    assert_true(scratch_holds(scratch, NAME, "theirs"));
}

static void file_replace_other_hard_links_keep_the_old_content(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, NAME, 0600, "old");
    assert_int_equal(link(scratch_path(scratch, NAME), scratch_path(scratch, "backup")), 0);
    assert_int_equal(save(scratch, "new", NULL), LOOM_OK);
    assert_true(scratch_holds(scratch, NAME, "new"));
    assert_true(scratch_holds(scratch, "backup", "old"));
}

static void file_create_makes_a_file_only_once(void **state) {
    const struct scratch *scratch = *state;
    bool is_created = false;
    assert_int_equal(scratch_create(&scratch->folder, "key", "one", &is_created, NULL), LOOM_OK);
    assert_true(is_created);
    assert_int_equal(scratch_create(&scratch->folder, "key", "two", &is_created, NULL), LOOM_OK);
    assert_false(is_created);
    assert_true(scratch_holds(scratch, "key", "one"));
    assert_int_equal(scratch_count(scratch), 1);
}

struct race {
    const struct scratch *scratch;
    int number;
    int start_fd;
};

static void run_race(void *argument) {
    const struct race *race = argument;
    char text[16];
    char byte;
    (void)snprintf(text, sizeof text, "key %02d", race->number);
    CHECK(read(race->start_fd, &byte, 1) == 0); /* until all are there */
    bool is_created = false;
    CHECK(scratch_create(&race->scratch->folder, "key", text, &is_created, NULL) == LOOM_OK);
    CHECK(!is_created || scratch_holds(race->scratch, "key", text));
    _exit(is_created ? 1 : 0);
}

/* Without any lock: one wins, the others are told so, nothing stays behind. */
static void file_create_of_many_processes_succeeds_once(void **state) {
    const struct scratch *scratch = *state;
    enum { PROCESSES = 12 };
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            (void)close(ends[1]);
            struct race race = {scratch, i, ends[0]};
            run_race(&race);
        }
    }
    (void)close(ends[1]);
    (void)close(ends[0]);
    int winners = 0;
    for (int i = 0; i < PROCESSES; i++) {
        int status = child_wait(pids[i]);
        assert_in_range(status, 0, 1);
        winners += status;
    }
    assert_int_equal(winners, 1);
    assert_int_equal(scratch_count(scratch), 1);
}

static void file_try_leaves_nothing(void **state) {
    const struct scratch *scratch = *state;
    static const size_t lengths[] = {0, 1, 4096, 4097, 300000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_int_equal(loom_file_try(&scratch->folder, lengths[i], NULL), LOOM_OK);
        assert_int_equal(scratch_count(scratch), 0);
    }
}

/* ---- a full disk, a limit, a folder without rights ---- */

static void assert_nothing_happened(const struct scratch *scratch) {
    CHECK(scratch_holds(scratch, NAME, "old"));
    CHECK(scratch_count(scratch) == 1);
}

static void save_too_much(const struct scratch *scratch, const struct loom_folder *folder,
                          int os_error) {
    enum { MUCH = 256 * 1024 };
    static char much[MUCH];
    struct loom_buffer content = {.data = much, .len = MUCH, .capacity = MUCH, .max = MUCH};
    struct loom_error error = LOOM_ERROR_INIT;
    bool is_created = false;
    CHECK(loom_file_replace(folder, NAME, much, MUCH, &error) == LOOM_ERR_STORAGE);
    CHECK(error.os_error == os_error);
    CHECK(strcmp(error.detail, scratch_path(scratch, NAME)) == 0);
    CHECK(loom_file_create(folder, "key", &content, &is_created, &error) == LOOM_ERR_STORAGE);
    CHECK(error.os_error == os_error && !is_created);
    CHECK(loom_file_try(folder, MUCH, &error) == LOOM_ERR_STORAGE);
    CHECK(error.os_error == os_error && strcmp(error.detail, scratch->path) == 0);
    assert_nothing_happened(scratch);
}

/* FS-09. The limit's signal is not ignored here, as it may be in somebody else's process. */
static void check_size_limit(void *argument) {
    const struct scratch *scratch = argument;
    const struct rlimit limit = {.rlim_cur = 4096, .rlim_max = 4096};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
    save_too_much(scratch, &scratch->folder, E2BIG);
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR); /* as main has it */
    save_too_much(scratch, &scratch->folder, E2BIG);
    CHECK(save(scratch, "new", NULL) == LOOM_OK); /* what fits still does */
}

static void file_replace_past_the_file_size_limit_keeps_the_old_file(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, NAME, 0600, "old");
    assert_child_passes(check_size_limit, *state);
}

enum { FREE_FROM = 128 }; /* descriptors: hardly anybody has as many open */

/* FS-180. One short of what a connection may take besides; with that one it would do. */
static void check_descriptors(void *argument) {
    const struct scratch *scratch = argument;
    struct loom_error error = LOOM_ERROR_INIT;
    int next = 0;
    while (next >= 0 && next < FREE_FROM) /* no gap is left below */
        next = dup(scratch->folder.fd);
    CHECK(next == FREE_FROM && close(next) == 0);
    for (int more = 0; more <= 9; more++) {
        const rlim_t most = (rlim_t)(next + more);
        const struct rlimit limit = {.rlim_cur = most, .rlim_max = 1024};
        CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        enum loom_err err = loom_file_try(&scratch->folder, 1, &error);
        CHECK(err == (more == 9 ? LOOM_OK : LOOM_ERR_STORAGE));
        CHECK(more == 9 || error.os_error == EMFILE);
        int now = dup(scratch->folder.fd);
        CHECK(more == 0 ? now < 0 : now == next && close(now) == 0);
    }
    CHECK(scratch_count(scratch) == 0);
}

static void file_try_needs_descriptors_to_spare(void **state) {
    assert_child_passes(check_descriptors, *state);
}

enum { NO_MOUNT = 77 };

static bool put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        (void)close(fd);
    return is_written;
}

/* Mounts that end with this child. Who is not root needs a world of their own first. */
static bool may_mount(void) {
    if (geteuid() == 0)
        return unshare(CLONE_NEWNS) == 0;
    char users[64];
    char groups[64];
    (void)snprintf(users, sizeof users, "%ld %ld 1", (long)geteuid(), (long)geteuid());
    (void)snprintf(groups, sizeof groups, "%ld %ld 1", (long)getegid(), (long)getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && put("/proc/self/uid_map", users) &&
           put("/proc/self/setgroups", "deny") && put("/proc/self/gid_map", groups);
}

static void check_full_disk(void *argument) {
    struct scratch *scratch = argument;
    if (!may_mount() || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", scratch->path, "tmpfs", 0, "size=64k,mode=0700") != 0)
        _exit(NO_MOUNT);
    loom_folder_close(&scratch->folder);
    CHECK(loom_folder_open(scratch->path, LOOM_FOLDER_READ, &scratch->folder, NULL) == LOOM_OK);
    scratch_write(scratch, NAME, 0600, "old");
    save_too_much(scratch, &scratch->folder, ENOSPC);
    CHECK(save(scratch, "new", NULL) == LOOM_OK);
    CHECK(mount("none", scratch->path, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
    struct loom_error error = LOOM_ERROR_INIT;
    CHECK(save(scratch, "newer", &error) == LOOM_ERR_STORAGE && error.os_error == EROFS);
    CHECK(scratch_holds(scratch, NAME, "new"));
}

/* FS-09: a real full disk, and one that is read-only, where we may make one. */
static void file_replace_on_a_full_disk_keeps_the_old_file(void **state) {
    int status = child_status(check_full_disk, *state);
    if (status == NO_MOUNT)
        skip();
    assert_int_equal(status, 0);
}

static void check_read_only_folder(void *argument) {
    const struct scratch *scratch = argument;
    become_unprivileged(scratch);
    CHECK(save(scratch, "old", NULL) == LOOM_OK);
    CHECK(chmod(scratch->path, 0500) == 0);
    save_too_much(scratch, &scratch->folder, EACCES);
    CHECK(chmod(scratch->path, 0700) == 0);
}

static void file_replace_in_a_read_only_folder_keeps_the_old_file(void **state) {
    assert_child_passes(check_read_only_folder, *state);
}

static void file_replace_in_a_folder_that_is_gone_is_a_storage_error(void **state) {
    const struct scratch *scratch = *state;
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    const char *path = scratch_path(scratch, "loom");
    assert_int_equal(loom_folder_open(path, LOOM_FOLDER_WRITE, &folder, NULL), LOOM_OK);
    assert_int_equal(rmdir(path), 0);
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_file_replace(&folder, NAME, "x", 1, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, ENOENT);
}

/* ---- signals ---- */

/* MEM-08: saves old and new in turn until a signal ends it. */
static void save_for_ever(const struct scratch *scratch, const char *old, const char *new) {
    for (;;) {
        CHECK(save(scratch, new, NULL) == LOOM_OK);
        CHECK(save(scratch, old, NULL) == LOOM_OK);
    }
}

static void wait_random_us(unsigned max_us) {
    unsigned random = 0;
    CHECK(getrandom(&random, sizeof random, 0) == (ssize_t)sizeof random);
    const struct timespec moment = {.tv_nsec = 1000L * (long)(random % max_us)};
    (void)nanosleep(&moment, NULL);
}

static void file_replace_signals_leave_old_or_new_and_no_temporary(void **state) {
    const struct scratch *scratch = *state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    enum { ROUNDS = 120, LEN = 20000, MAX_US = 4000 };
    char old[LEN + 1];
    char new[LEN + 1];
    memset(old, 'o', LEN);
    memset(new, 'n', LEN);
    old[LEN] = new[LEN] = '\0';
    for (int round = 0; round < ROUNDS; round++) {
        int number = signals[round % 3];
        assert_int_equal(save(scratch, old, NULL), LOOM_OK);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            (void)signal(number, SIG_DFL);
            save_for_ever(scratch, old, new);
        }
        wait_random_us(MAX_US);
        assert_int_equal(kill(pid, number), 0);
        assert_int_equal(child_wait(pid), 256 + number);
        assert_true(scratch_holds(scratch, NAME, old) || scratch_holds(scratch, NAME, new));
        assert_int_equal(scratch_count(scratch), 1);
    }
}

static void check_mask_restored(void *argument) {
    const struct scratch *scratch = argument;
    sigset_t mask;
    sigset_t after;
    CHECK(sigemptyset(&mask) == 0 && sigaddset(&mask, SIGTERM) == 0);
    CHECK(sigaddset(&mask, SIGUSR1) == 0 && sigprocmask(SIG_SETMASK, &mask, NULL) == 0);
    bool is_created;
    CHECK(save(scratch, "x", NULL) == LOOM_OK);
    CHECK(scratch_create(&scratch->folder, "key", "x", &is_created, NULL) == LOOM_OK);
    CHECK(loom_file_move(&scratch->folder, "key", NAME, NULL) == LOOM_ERR_STORAGE);
    CHECK(loom_file_try(&scratch->folder, 1, NULL) == LOOM_OK);
    CHECK(sigprocmask(SIG_SETMASK, NULL, &after) == 0);
    for (int number = 1; number < SIGRTMIN; number++)
        CHECK(sigismember(&after, number) == sigismember(&mask, number));
}

static void file_replace_restores_the_signal_mask(void **state) {
    assert_child_passes(check_mask_restored, *state);
}

/* A reader takes no lock: what it sees is always one whole file. */
static void file_read_during_saves_sees_old_or_new(void **state) {
    const struct scratch *scratch = *state;
    enum { READS = 300, LEN = 50000 };
    static char old[LEN + 1];
    static char new[LEN + 1];
    memset(old, 'o', LEN);
    memset(new, 'n', LEN);
    old[LEN] = new[LEN] = '\0';
    assert_int_equal(save(scratch, old, NULL), LOOM_OK);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        save_for_ever(scratch, old, new);
    bool is_whole = true;
    for (int i = 0; i < READS && is_whole; i++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LEN);
        is_whole =
            loom_file_read(&scratch->folder, NAME, LOOM_FILE_STRICT, &out, NULL) == LOOM_OK &&
            out.len == LEN && (memcmp(out.data, old, LEN) == 0 || memcmp(out.data, new, LEN) == 0);
    }
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(child_wait(pid), 256 + SIGTERM);
    assert_true(is_whole);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(file_replace_makes_and_replaces),
        TEST(file_replace_gives_0600_whatever_the_umask),
        TEST(file_replace_unprivileged_gives_0600_whatever_the_umask),
        TEST(file_replace_loose_file_becomes_0600),
        TEST(file_replace_link_is_refused),
        TEST(file_replace_other_kind_in_its_place_is_refused),
        TEST(file_replace_file_of_another_user_is_refused),
        TEST(file_replace_other_hard_links_keep_the_old_content),
        TEST(file_create_makes_a_file_only_once),
        TEST(file_create_of_many_processes_succeeds_once),
        TEST(file_try_leaves_nothing),
        TEST(file_try_needs_descriptors_to_spare),
        TEST(file_replace_past_the_file_size_limit_keeps_the_old_file),
        TEST(file_replace_on_a_full_disk_keeps_the_old_file),
        TEST(file_replace_in_a_read_only_folder_keeps_the_old_file),
        TEST(file_replace_in_a_folder_that_is_gone_is_a_storage_error),
        TEST(file_replace_signals_leave_old_or_new_and_no_temporary),
        TEST(file_replace_restores_the_signal_mask),
        TEST(file_read_during_saves_sees_old_or_new),
    };
    return cmocka_run_group_tests_name("file_save", tests, NULL, NULL);
}
