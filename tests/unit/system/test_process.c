/* SPDX-License-Identifier: Apache-2.0 */
/* Every test in a child: hardening changes the process for good. */
#include "scratch.h"

#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

static void check_settings(void *argument) {
    (void)argument;
    (void)umask(0);
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR && signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
    CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
    static const char *const names[] = {"SSLKEYLOGFILE", "QLOGDIR", "SSLDEBUGFILE",
                                        "GNUTLS_DEBUG_LEVEL"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK(setenv(names[i], "/tmp/keys", 1) == 0);
    CHECK(setenv("LOOM_SERVER", "kept", 1) == 0);

    CHECK(loom_process_harden() == LOOM_OK);

    CHECK(umask(0) == 077);
    CHECK(signal(SIGPIPE, SIG_DFL) == SIG_IGN && signal(SIGXFSZ, SIG_DFL) == SIG_IGN);
    struct rlimit core;
    CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0);
#ifdef LOOM_SANITIZED
    CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1); /* the leak checker has to look inside */
#else
    CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0); /* MEM-04 */
#endif
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK(getenv(names[i]) == NULL);
    CHECK(strcmp(getenv("LOOM_SERVER"), "kept") == 0);
}

static void process_harden_sets_what_it_promises(void **state) {
    assert_child_passes(check_settings, *state);
}

/* A process of somebody else's is shown and hidden by nobody here. */
static void check_shown(void *argument) {
    (void)argument;
    loom_process_show(false);
    CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1);
    CHECK(loom_process_harden() == LOOM_OK);
    int hidden = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    loom_process_show(true);
    CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1);
    struct rlimit core;
    CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0);
    loom_process_show(false);
    CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == hidden);
}

/* MEM-121. */
static void process_show_lasts_until_it_is_taken_back(void **state) {
    assert_child_passes(check_shown, *state);
}

static void check_closed(void *argument) {
    unsigned closed = *(unsigned *)argument;
    int said =
        fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10); /* CHECK() must not write to a test's fd */
    CHECK(said >= 10);
    for (int fd = 0; fd <= 2; fd++) {
        if ((closed & 1U << fd) != 0)
            CHECK(close(fd) == 0);
    }
    enum loom_err err = loom_process_harden();
    int next = open("/", O_RDONLY | O_CLOEXEC);
    char byte = 'x';
    bool is_right = err == LOOM_OK && next > 2;
    if ((closed & 1U) != 0)
        is_right = is_right && read(0, &byte, 1) == 0 && write(0, &byte, 1) == -1;
    /* What nobody can have received must not look delivered. */
    if ((closed & 2U) != 0)
        is_right = is_right && write(1, &byte, 1) == -1 && errno == EBADF;
    if ((closed & 4U) != 0)
        is_right = is_right && write(2, &byte, 1) == 1;
    _exit(is_right ? 0 : 1);
}

/* Rule 8: no credentials file is ever given the number of stdout. */
static void process_harden_closed_standard_descriptors_are_filled(void **state) {
    (void)state;
    for (unsigned closed = 0; closed < 8; closed++)
        assert_int_equal(child_status(check_closed, &closed), 0);
}

static void check_open_ones_stay(void *argument) {
    (void)argument;
    int ends[2];
    CHECK(pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
    CHECK(loom_process_harden() == LOOM_OK);
    char byte = 0;
    CHECK(write(STDOUT_FILENO, "x", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'x');
}

static void process_harden_open_descriptors_stay(void **state) {
    assert_child_passes(check_open_ones_stay, *state);
}

static void check_cannot_fill(void *argument) {
    (void)argument;
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 0;
    CHECK(close(STDIN_FILENO) == 0 && setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(loom_process_harden() == LOOM_ERR_INTERNAL);
}

static void process_harden_descriptor_that_cannot_be_filled_is_an_error(void **state) {
    assert_child_passes(check_cannot_fill, *state);
}

/* ---- more rights than the caller ---- */

enum { NOT_SECURE = 77 }; /* the mode had no effect here: a file system mounted nosuid */

static const char probe_argument[] = "--probe";

/* Ends here and not by main: the leak checker cannot look into such a process. */
static _Noreturn void probe(void) {
    enum loom_err err = loom_process_harden();
    if (getauxval(AT_SECURE) == 0)
        _exit(NOT_SECURE);
    _exit(err == LOOM_ERR_USAGE ? 0 : 1);
}

/* A copy of this test that belongs to another user or group, and takes over their rights. */
static void make_probe(const struct scratch *scratch, mode_t mode) {
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int to = open(scratch_path(scratch, "probe"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    struct stat info = {0};
    assert_true(from >= 0 && to >= 0 && fstat(from, &info) == 0);
    off_t left = info.st_size;
    while (left > 0) {
        ssize_t sent = sendfile(to, from, NULL, (size_t)left);
        assert_true(sent > 0);
        left -= sent;
    }
    assert_int_equal(fchown(to, STRANGER, STRANGER), 0);
    assert_int_equal(fchmod(to, mode), 0); /* after the owner, who takes these bits away */
    assert_int_equal(close(from), 0);
    assert_int_equal(close(to), 0);
    assert_int_equal(chmod(scratch->path, 0755), 0);
}

static void run_probe(void *argument) {
    const struct scratch *scratch = argument;
    become_unprivileged(scratch);
    (void)execl(scratch_path(scratch, "probe"), "probe", probe_argument, (char *)NULL);
    _exit(99);
}

/* MEM-13. */
static void process_harden_setuid_or_setgid_is_refused(void **state) {
    const struct scratch *scratch = *state;
    if (geteuid() != 0)
        skip(); /* no other user's file can be made; the other half is the test below */
    static const mode_t modes[] = {04755, 02755, 06755};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        make_probe(scratch, modes[i]);
        int status = child_status(run_probe, *state);
        if (status == NOT_SECURE)
            skip();
        assert_int_equal(status, 0);
    }
}

static void check_plain(void *argument) {
    (void)argument;
    (void)execl("/proc/self/exe", "probe", probe_argument, (char *)NULL);
    _exit(99);
}

static void process_harden_plain_start_is_no_privilege(void **state) {
    assert_int_equal(child_status(check_plain, *state), NOT_SECURE);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], probe_argument) == 0)
        probe();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_harden_sets_what_it_promises),
        cmocka_unit_test(process_show_lasts_until_it_is_taken_back),
        cmocka_unit_test(process_harden_closed_standard_descriptors_are_filled),
        cmocka_unit_test(process_harden_open_descriptors_stay),
        cmocka_unit_test(process_harden_descriptor_that_cannot_be_filled_is_an_error),
        cmocka_unit_test_setup_teardown(process_harden_setuid_or_setgid_is_refused, scratch_make,
                                        scratch_remove),
        cmocka_unit_test(process_harden_plain_start_is_no_privilege),
    };
    return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
