/* SPDX-License-Identifier: Apache-2.0 */
/* UI-09 and its neighbours: what a child of ours is born with, and how it is found. */
#include "scratch.h"

#include "system/process.h"
#include "system/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { CORE = 1 << 20, TEXT_MAX = 8192, PATIENCE_MS = 30000 };

/* ---- Where a program is ---- */

static void write_program(const struct scratch *scratch, const char *name, mode_t mode) {
    scratch_write(scratch, name, mode, "#!/bin/sh\nexit 0\n");
}

static void set_path(const char *first, const char *second) {
    char path[2 * LOOM_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s:%s", first, second);
    assert_int_equal(setenv("PATH", path, 1), 0);
}

static void assert_found(const char *name, const char *expected) {
    char path[LOOM_PATH_MAX];
    assert_int_equal(loom_spawn_find(name, path), LOOM_OK);
    assert_string_equal(path, expected);
}

static void assert_nowhere(const char *name) {
    char path[LOOM_PATH_MAX] = "untouched";
    assert_int_equal(loom_spawn_find(name, path), LOOM_ERR_NOT_FOUND);
    assert_string_equal(path, "untouched");
}

static void spawn_find_name_is_looked_up_in_the_elements_of_path(void **state) {
    const struct scratch *scratch = *state;
    write_program(scratch, "opener", 0755);
    set_path("/nonexistent", scratch->path);
    assert_found("opener", scratch_path(scratch, "opener"));
    assert_nowhere("another");
}

static void spawn_find_absolute_path_stands_for_itself(void **state) {
    const struct scratch *scratch = *state;
    write_program(scratch, "opener", 0755);
    assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
    assert_found(scratch_path(scratch, "opener"), scratch_path(scratch, "opener"));
    assert_nowhere(scratch_path(scratch, "another"));
}

/* UI-117: a folder with a hostile program in it may well be the current one. */
static void spawn_find_relative_is_never_found(void **state) {
    const struct scratch *scratch = *state;
    char before[LOOM_PATH_MAX];
    static const char *const paths[] = {".", "", ":", "./", "..", ".:", ":.:", "bin"};
    static const char *const names[] = {"./opener", "../opener", "bin/opener", "", "/", "//"};
    write_program(scratch, "opener", 0755);
    assert_int_equal(mkdir(scratch_path(scratch, "bin"), 0700), 0);
    write_program(scratch, "bin/opener", 0755);
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch->path), 0);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(setenv("PATH", paths[i], 1), 0);
        assert_nowhere("opener");
    }
    set_path(scratch->path, ".");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_nowhere(names[i]);
    assert_int_equal(chdir(before), 0);
}

static void spawn_find_what_is_no_program_is_passed_over(void **state) {
    const struct scratch *scratch = *state;
    char second[LOOM_PATH_MAX], expected[2 * LOOM_PATH_MAX];
    (void)snprintf(second, sizeof second, "%s", scratch_path(scratch, "second"));
    (void)snprintf(expected, sizeof expected, "%s/opener", second);
    assert_int_equal(mkdir(second, 0700), 0);
    write_program(scratch, "second/opener", 0755);
    set_path(scratch->path, second);
    write_program(scratch, "opener", 0644);
    assert_found("opener", expected);
    assert_nowhere(scratch_path(scratch, "opener"));
    assert_int_equal(unlink(scratch_path(scratch, "opener")), 0);
    assert_int_equal(mkdir(scratch_path(scratch, "opener"), 0700), 0);
    assert_found("opener", expected);
    assert_nowhere(scratch_path(scratch, "opener"));
}

static void spawn_find_without_a_path_or_too_long_is_nowhere(void **state) {
    (void)state;
    static char name[2 * LOOM_PATH_MAX];
    memset(name, 'x', sizeof name - 1);
    assert_int_equal(setenv("PATH", "/bin:/usr/bin", 1), 0);
    assert_nowhere(name);
    name[0] = '/';
    assert_nowhere(name);
    assert_int_equal(unsetenv("PATH"), 0);
    assert_nowhere("sh");
}

/* ---- What it is born with ---- */

/* Each fact comes from a subshell, so that nothing is redirected in the shell that is asked. */
static const char facts[] = "(ls /proc/$$/fd >\"$0/fds\")\n"
                            "(readlink /proc/$$/fd/[012] >\"$0/streams\")\n"
                            "(cat /proc/$$/stat >\"$0/stat\")\n"
                            "(cat /proc/$$/status >\"$0/status\")\n"
                            "(cat /proc/$$/limits >\"$0/limits\")\n"
                            "(readlink /proc/$$/cwd >\"$0/folder\")\n"
                            "(tr '\\0' '\\n' </proc/$$/environ >\"$0/environment\")\n"
                            "(umask >\"$0/umask\")\n"
                            "(printf '<%s>' \"$@\" >\"$0/words\")\n";

/* The words of a program are never written to, whatever posix_spawn(3) declares. */
static enum loom_err start(const char *path, const char *const *words,
                           struct loom_child *out_child) {
    return loom_spawn(path, (char *const *)(uintptr_t)words, out_child);
}

static void wait_until_ended(struct loom_child *child, enum loom_child_state expected) {
    enum loom_child_state state = LOOM_CHILD_RUNNING;
    int64_t began = elapsed_ms();
    while ((state = loom_spawn_poll(child)) == LOOM_CHILD_RUNNING &&
           elapsed_ms() - began < PATIENCE_MS)
        CHECK(usleep(1000) == 0);
    CHECK(state == expected && child->pid == 0);
}

static void collect(const struct scratch *scratch) {
    const char *const words[] = {"sh", "-c", facts, scratch->path, "a b;$c", "`d` & \"e\"", NULL};
    struct loom_child child = LOOM_CHILD_INIT;
    CHECK(setenv("PATH", "/usr/bin:/bin", 1) == 0);
    CHECK(start("/bin/sh", words, &child) == LOOM_OK && child.pid > 0);
    pid_t pid = child.pid;
    wait_until_ended(&child, LOOM_CHILD_SUCCEEDED);
    CHECK(waitpid(pid, NULL, WNOHANG) == -1 && errno == ECHILD); /* no zombie */
}

static const char *fact(const struct scratch *scratch, const char *name) {
    static char text[TEXT_MAX];
    int fd = open(scratch_path(scratch, name), O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    ssize_t len = read(fd, text, sizeof text - 1);
    CHECK(len >= 0 && close(fd) == 0);
    text[len] = '\0';
    return text;
}

/* All that a program changes or is given and a browser must not have. */
static void spoil_and_harden(void) {
    struct rlimit core;
    sigset_t all;
    CHECK(setenv("LOOM_TOKEN", "lt_marker", 1) == 0);
    CHECK(setenv("LOOM_TOKEN_FILE", "/run/secrets/marker", 1) == 0);
    CHECK(setenv("LOOM_PASSPHRASE", "lp_marker", 1) == 0);
    CHECK(setenv("LOOM_TOKENS", "kept", 1) == 0);
    CHECK(getrlimit(RLIMIT_CORE, &core) == 0);
    core.rlim_cur = core.rlim_max < CORE ? core.rlim_max : CORE;
    CHECK(setrlimit(RLIMIT_CORE, &core) == 0);
    (void)umask(027);
    CHECK(loom_process_harden() == LOOM_OK);
    CHECK(open("/dev/null", O_RDONLY) >= 3); /* NOLINT(android-cloexec-open) */
    CHECK(dup2(STDOUT_FILENO, 77) == 77);
    for (int number = SIGHUP; number <= SIGTERM; number++)
        if (number != SIGKILL && number != SIGSEGV && number != SIGABRT)
            CHECK(signal(number, SIG_IGN) != SIG_ERR);
    CHECK(sigfillset(&all) == 0 && sigprocmask(SIG_BLOCK, &all, NULL) == 0);
}

static void check_birth(void *argument) {
    const struct scratch *scratch = argument;
    struct rlimit core;
    long pid = 0, group = 0, session = 0, terminal = -1;
    spoil_and_harden();
    collect(scratch);
    CHECK(strcmp(fact(scratch, "fds"), "0\n1\n2\n") == 0);
    CHECK(strcmp(fact(scratch, "streams"), "/dev/null\n/dev/null\n/dev/null\n") == 0);
    CHECK(sscanf(fact(scratch, "stat"), "%ld (sh) %*c %*d %ld %ld %ld", &pid, &group, &session,
                 &terminal) == 4);
    CHECK(pid == group && pid == session && terminal == 0);
    CHECK(strstr(fact(scratch, "status"), "SigBlk:\t0000000000000000\n") != NULL);
    /* The C library's posix_spawn(3) ignores the two signals that it keeps for itself. */
    const char *ignored = strstr(fact(scratch, "status"), "SigIgn:");
    CHECK(ignored != NULL);
    CHECK((strtoull(ignored + strlen("SigIgn:"), NULL, 16) & ~0x180000000ULL) == 0);
    CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0);
    const char *limit = strstr(fact(scratch, "limits"), "Max core file size");
    CHECK(limit != NULL);
    CHECK(strtoul(limit + strlen("Max core file size"), NULL, 10) ==
          (core.rlim_max < CORE ? core.rlim_max : CORE));
    CHECK(strcmp(fact(scratch, "folder"), "/\n") == 0);
    CHECK(strcmp(fact(scratch, "umask"), "0027\n") == 0);
    CHECK(umask(0) == 077); /* ours is ours again */
}

/* UI-09 */
static void spawn_child_is_born_with_nothing_of_ours(void **state) {
    assert_child_passes(check_birth, *state);
}

/* ENC-20 */
static void check_environment(void *argument) {
    const struct scratch *scratch = argument;
    spoil_and_harden();
    collect(scratch);
    const char *environment = fact(scratch, "environment");
    CHECK(strstr(environment, "marker") == NULL);
    CHECK(strstr(environment, "LOOM_TOKEN=") == NULL);
    CHECK(strstr(environment, "LOOM_PASSPHRASE=") == NULL);
    CHECK(strstr(environment, "LOOM_TOKENS=kept\n") != NULL);
    CHECK(getenv("LOOM_TOKEN_FILE") != NULL); /* we still have it */
}

/* UI-09, UI-118 */
static void spawn_child_knows_no_token(void **state) {
    assert_child_passes(check_environment, *state);
}

static void check_words(void *argument) {
    collect(argument);
    CHECK(strcmp(fact(argument, "words"), "<a b;$c><`d` & \"e\">") == 0);
}

/* UI-06: no shell takes a word apart. Also in a process that was not hardened. */
static void spawn_words_arrive_as_they_are(void **state) {
    assert_child_passes(check_words, *state);
}

/* ---- How it ends ---- */

static void start_sh(const char *script, struct loom_child *out_child) {
    const char *const words[] = {"sh", "-c", script, NULL};
    CHECK(start("/bin/sh", words, out_child) == LOOM_OK);
}

static void check_ends(void *argument) {
    struct loom_child child = LOOM_CHILD_INIT;
    (void)argument;
    CHECK(loom_spawn_poll(&child) == LOOM_CHILD_FAILED); /* none was started */
    start_sh("exit 0", &child);
    wait_until_ended(&child, LOOM_CHILD_SUCCEEDED);
    CHECK(loom_spawn_poll(&child) == LOOM_CHILD_FAILED); /* and it is forgotten */
    start_sh("exit 3", &child);
    wait_until_ended(&child, LOOM_CHILD_FAILED);
    start_sh("kill -KILL $$", &child);
    wait_until_ended(&child, LOOM_CHILD_FAILED);
    start_sh("exec sleep 60", &child);
    pid_t pid = child.pid;
    CHECK(loom_spawn_poll(&child) == LOOM_CHILD_RUNNING && child.pid == pid);
    CHECK(kill(pid, SIGTERM) == 0);
    wait_until_ended(&child, LOOM_CHILD_FAILED);
}

static void spawn_poll_tells_how_it_ended(void **state) {
    assert_child_passes(check_ends, *state);
}

static void check_ignored_children(void *argument) {
    struct loom_child child = LOOM_CHILD_INIT;
    (void)argument;
    CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    CHECK(loom_process_harden() == LOOM_OK);
    start_sh("exit 0", &child);
    wait_until_ended(&child, LOOM_CHILD_SUCCEEDED);
}

/* Whoever started us may have ignored SIGCHLD, and then no one would learn how a child ended. */
static void spawn_poll_where_children_were_ignored_still_tells(void **state) {
    assert_child_passes(check_ignored_children, *state);
}

static void spawn_what_cannot_be_started_is_an_error(void **state) {
    const struct scratch *scratch = *state;
    struct loom_child child = {.pid = 4711};
    const char *const words[] = {"opener", NULL};
    scratch_write(scratch, "opener", 0755, "#!/nonexistent/interpreter\n");
    assert_int_equal(start(scratch_path(scratch, "opener"), words, &child), LOOM_ERR_INTERNAL);
    scratch_write(scratch, "opener", 0755,
                  "\x7f"
                  "ELF");
    assert_int_equal(start(scratch_path(scratch, "opener"), words, &child), LOOM_ERR_INTERNAL);
    assert_int_equal(start("/nonexistent/opener", words, &child), LOOM_ERR_INTERNAL);
    assert_int_equal(child.pid, 4711);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

#define in_scratch(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        in_scratch(spawn_child_is_born_with_nothing_of_ours),
        in_scratch(spawn_child_knows_no_token),
        in_scratch(spawn_words_arrive_as_they_are),
        in_scratch(spawn_poll_tells_how_it_ended),
        in_scratch(spawn_poll_where_children_were_ignored_still_tells),
        in_scratch(spawn_what_cannot_be_started_is_an_error),
        in_scratch(spawn_find_name_is_looked_up_in_the_elements_of_path),
        in_scratch(spawn_find_absolute_path_stands_for_itself),
        in_scratch(spawn_find_relative_is_never_found),
        in_scratch(spawn_find_what_is_no_program_is_passed_over),
        in_scratch(spawn_find_without_a_path_or_too_long_is_nowhere),
    };
    return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
