/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include "system/lock.h"
#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NAME "credentials.json.lock"

enum { LONG_MS = 20000 };

static enum loom_err take(const struct scratch *scratch, int deadline_ms, struct loom_lock *lock,
                          struct loom_error *error) {
    return loom_lock_take(&scratch->folder, NAME, deadline_ms, lock, error);
}

static void assert_free(const struct scratch *scratch) {
    struct loom_lock lock = LOOM_LOCK_INIT;
    assert_int_equal(take(scratch, 0, &lock, NULL), LOOM_OK);
    loom_lock_release(&lock);
}

static void lock_take_holds_until_release(void **state) {
    const struct scratch *scratch = *state;
    struct loom_lock lock = LOOM_LOCK_INIT;
    assert_int_equal(take(scratch, 0, &lock, NULL), LOOM_OK);
    assert_true(lock.fd >= 0);
    assert_false(lock.is_missing);
    struct loom_lock second = LOOM_LOCK_INIT;
    assert_int_equal(take(scratch, 0, &second, NULL), LOOM_ERR_STORAGE);
    assert_int_equal(second.fd, -1);
    loom_lock_release(&lock);
    assert_int_equal(lock.fd, -1);
    loom_lock_release(&lock); /* a second time is harmless */
    assert_free(scratch);
    /* Never unlinked: two processes must not lock two files of one name. */
    assert_int_equal(scratch_mode(scratch, NAME), 0600);
}

static void lock_take_other_names_are_other_locks(void **state) {
    const struct scratch *scratch = *state;
    LOOM_CLEANUP(loom_lock_release) struct loom_lock one = LOOM_LOCK_INIT;
    LOOM_CLEANUP(loom_lock_release) struct loom_lock two = LOOM_LOCK_INIT;
    assert_int_equal(take(scratch, 0, &one, NULL), LOOM_OK);
    assert_int_equal(loom_lock_take(&scratch->folder, "other.lock", 0, &two, NULL), LOOM_OK);
}

static void check_mode(void *argument) {
    const struct scratch *scratch = argument;
    become_unprivileged(scratch);
    static const mode_t masks[] = {0, 022, 0777};
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        (void)umask(masks[i]);
        struct loom_lock lock = LOOM_LOCK_INIT;
        CHECK(take(scratch, 0, &lock, NULL) == LOOM_OK);
        loom_lock_release(&lock);
        CHECK(scratch_mode(scratch, NAME) == 0600);
        /* Once more, now that it is there. */
        CHECK(take(scratch, 0, &lock, NULL) == LOOM_OK);
        loom_lock_release(&lock);
        CHECK(unlinkat(scratch->folder.fd, NAME, 0) == 0);
    }
    scratch_write(scratch, NAME, 0666, "");
    struct loom_lock lock = LOOM_LOCK_INIT;
    CHECK(take(scratch, 0, &lock, NULL) == LOOM_OK);
    CHECK(scratch_mode(scratch, NAME) == 0600);
}

/* FS-01, FS-02. */
static void lock_take_file_is_0600_whatever_the_umask(void **state) {
    assert_child_passes(check_mode, *state);
}

/* FS-03, FS-04 and their neighbours. */
static void lock_take_suspicious_file_is_refused(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(symlink("nowhere", scratch_path(scratch, "link")), 0);
    assert_int_equal(mkfifo(scratch_path(scratch, "fifo"), 0600), 0);
    assert_int_equal(mkdir(scratch_path(scratch, "folder"), 0700), 0);
    scratch_write(scratch, "theirs", 0666, "");
    if (geteuid() == 0)
        assert_int_equal(chown(scratch_path(scratch, "theirs"), STRANGER, STRANGER), 0);
    static const struct {
        const char *name;
        int os_error;
    } cases[] = {{"link", ELOOP}, {"fifo", EINVAL}, {"folder", EINVAL}, {"theirs", EPERM}};
    size_t count = geteuid() == 0 ? 4 : 3; /* the last one again in trust_faults */
    for (size_t i = 0; i < count; i++) {
        struct loom_lock lock = LOOM_LOCK_INIT;
        struct loom_error error = LOOM_ERROR_INIT;
        assert_int_equal(loom_lock_take(&scratch->folder, cases[i].name, LONG_MS, &lock, &error),
                         LOOM_ERR_STORAGE);
        assert_int_equal(error.os_error, cases[i].os_error);
        assert_string_equal(error.detail, scratch_path(scratch, cases[i].name));
        assert_int_equal(lock.fd, -1);
    }
    assert_int_equal(scratch_mode(scratch, "nowhere"), 0xFFFF);
}

/* ---- other processes ---- */

struct holder {
    pid_t pid;
    int release_fd; /* close it, and the lock is given back */
};

/* A child that holds the lock. */
static struct holder hold(const struct scratch *scratch) {
    int held[2];
    int release[2];
    assert_int_equal(pipe2(held, O_CLOEXEC), 0);
    assert_int_equal(pipe2(release, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char byte;
        struct loom_lock lock = LOOM_LOCK_INIT;
        (void)close(release[1]);
        CHECK(take(scratch, LONG_MS, &lock, NULL) == LOOM_OK);
        CHECK(write(held[1], "", 1) == 1);
        CHECK(read(release[0], &byte, 1) == 0);
        loom_lock_release(&lock);
        _exit(0);
    }
    char byte;
    (void)close(held[1]);
    (void)close(release[0]);
    assert_int_equal(read(held[0], &byte, 1), 1);
    (void)close(held[0]);
    return (struct holder){pid, release[1]};
}

static void assert_times_out(const struct scratch *scratch) {
    enum { DEADLINE_MS = 120 };
    int64_t start = elapsed_ms();
    struct loom_lock lock = LOOM_LOCK_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(take(scratch, DEADLINE_MS, &lock, &error), LOOM_ERR_STORAGE);
    int64_t took = elapsed_ms() - start;
    assert_int_equal(error.os_error, EWOULDBLOCK);
    assert_string_equal(error.detail, scratch_path(scratch, NAME));
    assert_true(took >= DEADLINE_MS - 2 && took < DEADLINE_MS + 2000);
    assert_int_equal(lock.fd, -1);
    assert_false(lock.is_missing);
}

static void lock_take_held_by_another_process_ends_at_the_deadline(void **state) {
    const struct scratch *scratch = *state;
    struct holder holder = hold(scratch);
    assert_times_out(scratch);
    (void)close(holder.release_fd);
    assert_int_equal(child_wait(holder.pid), 0);
    assert_free(scratch);
}

static void lock_take_held_by_a_stopped_process_ends_at_the_deadline(void **state) {
    const struct scratch *scratch = *state;
    struct holder holder = hold(scratch);
    int status = 0;
    assert_int_equal(kill(holder.pid, SIGSTOP), 0);
    assert_int_equal(waitpid(holder.pid, &status, WUNTRACED), holder.pid);
    assert_true(WIFSTOPPED(status));
    assert_times_out(scratch);
    /* However it ends, the kernel gives the lock back. */
    assert_int_equal(kill(holder.pid, SIGKILL), 0);
    assert_int_equal(child_wait(holder.pid), 256 + SIGKILL);
    assert_free(scratch);
    (void)close(holder.release_fd);
}

static void check_waits(void *argument) {
    struct loom_lock lock = LOOM_LOCK_INIT;
    CHECK(take(argument, LONG_MS, &lock, NULL) == LOOM_OK);
    CHECK(lock.fd >= 0);
}

static void lock_take_waits_for_the_holder(void **state) {
    const struct scratch *scratch = *state;
    struct holder holder = hold(scratch);
    pid_t waiter = fork();
    assert_true(waiter >= 0);
    if (waiter == 0) {
        (void)close(holder.release_fd);
        check_waits(*state);
        _exit(0);
    }
    (void)usleep(30000);
    assert_int_equal(waitpid(waiter, NULL, WNOHANG), 0); /* still waiting */
    (void)close(holder.release_fd);
    assert_int_equal(child_wait(waiter), 0);
    assert_int_equal(child_wait(holder.pid), 0);
}

static void check_child_program_does_not_inherit(void *argument) {
    const struct scratch *scratch = argument;
    struct loom_lock lock = LOOM_LOCK_INIT;
    CHECK(take(scratch, 0, &lock, NULL) == LOOM_OK);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        (void)execlp("sleep", "sleep", "30", (char *)NULL);
        _exit(1);
    }
    (void)close(lock.fd); /* not released: as if the process had ended */
    struct loom_lock again = LOOM_LOCK_INIT;
    enum loom_err err = take(scratch, LONG_MS, &again, NULL);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    CHECK(err == LOOM_OK);
}

static void lock_take_is_not_inherited_by_a_program(void **state) {
    assert_child_passes(check_child_program_does_not_inherit, *state);
}

static void check_forked_copy(void *argument) {
    const struct scratch *scratch = argument;
    struct loom_lock lock = LOOM_LOCK_INIT;
    CHECK(take(scratch, 0, &lock, NULL) == LOOM_OK);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        (void)pause();
        _exit(1);
    }
    loom_lock_release(&lock);
    enum loom_err err = take(scratch, 0, &lock, NULL);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    CHECK(err == LOOM_OK);
}

static void lock_release_frees_it_though_a_child_has_a_copy(void **state) {
    assert_child_passes(check_forked_copy, *state);
}

enum { PROCESSES = 10, ROUNDS = 12 };

/* Without the lock, two of them would read the same number. */
static void count_up(const struct scratch *scratch) {
    for (int i = 0; i < ROUNDS; i++) {
        LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
        CHECK(take(scratch, LONG_MS, &lock, NULL) == LOOM_OK);
        char text[16] = "";
        int fd = open(scratch_path(scratch, "number"), O_RDWR | O_CLOEXEC);
        CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
        int len = snprintf(text, sizeof text, "%ld", strtol(text, NULL, 10) + 1);
        CHECK(pwrite(fd, text, (size_t)len, 0) == len);
        CHECK(close(fd) == 0);
    }
}

/* FS-15. */
static void lock_take_by_many_processes_lets_one_in_at_a_time(void **state) {
    const struct scratch *scratch = *state;
    scratch_write(scratch, "number", 0600, "0");
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            count_up(scratch);
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++)
        assert_int_equal(child_wait(pids[i]), 0);
    assert_true(scratch_holds(scratch, "number", "120"));
}

static void check_interrupted(void *argument) {
    const struct scratch *scratch = argument;
    CHECK(loom_signals_catch() >= 0);
    CHECK(raise(SIGTERM) == 0);
    struct loom_lock lock = LOOM_LOCK_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    int64_t start = elapsed_ms();
    CHECK(take(scratch, LONG_MS, &lock, &error) == LOOM_ERR_INTERRUPTED);
    CHECK(error.code == LOOM_ERR_INTERRUPTED && lock.fd == -1);
    CHECK(elapsed_ms() - start < 2000);
    /* One that is free is taken: a save that has begun completes. */
    CHECK(loom_lock_take(&scratch->folder, "free.lock", 0, &lock, NULL) == LOOM_OK);
}

/* Ctrl-C is not kept waiting by somebody else's lock. */
static void lock_take_that_has_to_wait_is_interrupted_by_a_signal(void **state) {
    const struct scratch *scratch = *state;
    struct holder holder = hold(scratch);
    assert_child_passes(check_interrupted, *state);
    (void)close(holder.release_fd);
    assert_int_equal(child_wait(holder.pid), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(lock_take_holds_until_release),
        TEST(lock_take_other_names_are_other_locks),
        TEST(lock_take_file_is_0600_whatever_the_umask),
        TEST(lock_take_suspicious_file_is_refused),
        TEST(lock_take_held_by_another_process_ends_at_the_deadline),
        TEST(lock_take_held_by_a_stopped_process_ends_at_the_deadline),
        TEST(lock_take_waits_for_the_holder),
        TEST(lock_take_is_not_inherited_by_a_program),
        TEST(lock_release_frees_it_though_a_child_has_a_copy),
        TEST(lock_take_by_many_processes_lets_one_in_at_a_time),
        TEST(lock_take_that_has_to_wait_is_interrupted_by_a_signal),
    };
    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
