/* SPDX-License-Identifier: Apache-2.0 */
/* From argv to an exit status, where no server and no store is needed. */
#include "cli/cli.h"

#include "unit/system/scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "support/expect.h"
#include "system/clock.h"
#include "unit/cli/cli_world.h"

enum { WORDS_MAX = 16, LINE_SIZE = 512, PAPER_SIZE = 65536 };

struct outcome {
    int status;
    char out[PAPER_SIZE];
    char err[PAPER_SIZE];
};

static void read_all(int fd, char text[static PAPER_SIZE]) {
    ssize_t len = pread(fd, text, PAPER_SIZE - 1, 0);
    text[len > 0 ? len : 0] = '\0';
}

/* Run with standard streams that go to `out_fd` and into memory. */
static void run_into(int argc, const char **argv, int out_fd, struct outcome *outcome) {
    int no_stop = -1;
    const struct loom_ports ports = {.clock = loom_clock_system(&no_stop), .stop_fd = &no_stop};
    int err_fd = memfd_create("err", MFD_CLOEXEC),
        null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int saved[] = {dup(0), dup(1), dup(2)};
    assert_true(err_fd >= 0 && null_fd >= 0 && saved[0] >= 0 && saved[1] >= 0 && saved[2] >= 0);
    assert_int_equal(fflush(NULL), 0);
    bool is_set = dup2(null_fd, 0) == 0 && dup2(out_fd, 1) == 1 && dup2(err_fd, 2) == 2;
    outcome->status = loom_cli_run(argc, argv, &ports);
    for (int fd = 0; fd < 3; fd++)
        is_set = dup2(saved[fd], fd) == fd && close(saved[fd]) == 0 && is_set;
    loom_log_open(LOOM_LOG_STEPS, NULL);
    read_all(out_fd, outcome->out);
    read_all(err_fd, outcome->err);
    assert_true(is_set && close(err_fd) == 0 && close(null_fd) == 0);
}

/* `line` is cut at blanks; the first word is the program. */
static void run(const char *line, struct outcome *outcome) {
    char words[LINE_SIZE];
    const char *argv[WORDS_MAX + 1] = {NULL};
    int argc = 0, out_fd = memfd_create("out", MFD_CLOEXEC);
    assert_true(out_fd >= 0 && strlen(line) < sizeof words);
    (void)snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(argc < WORDS_MAX);
        argv[argc++] = word;
    }
    run_into(argc, argv, out_fd, outcome);
    assert_int_equal(close(out_fd), 0);
}

static struct outcome first, second;

/* An empty home and no keyring. */
static void use_home(const struct scratch *scratch) {
    assert_int_equal(setenv("HOME", scratch->path, 1), 0);
    assert_int_equal(setenv("LOOM_STORE", "file", 1), 0);
    assert_int_equal(unsetenv("XDG_CONFIG_HOME") | unsetenv("XDG_DATA_HOME"), 0);
}

static void run_of_a_bare_name_is_help(void **state) {
    (void)state;
    static const char *const lines[] = {"loom help", "loom --help", "loom -h", "loom -v",
                                        "loom --"};
    run("loom", &first);
    assert_int_equal(first.status, 0);
    assert_non_null(strstr(first.out, "    loom help COMMAND\n"));
    assert_string_equal(first.err, "");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        run(lines[i], &second);
        expect_equal(lines[i], second.status, 0);
        expect_text(lines[i], second.out, first.out);
    }
}

/* Even the name may be missing; what stands behind the end of argv is not looked at. */
static void run_without_a_name_is_help(void **state) {
    (void)state;
    const char *argv[] = {NULL, "--version", NULL};
    int out_fd = memfd_create("out", MFD_CLOEXEC);
    assert_true(out_fd >= 0);
    run("loom", &first);
    run_into(0, argv, out_fd, &second);
    assert_int_equal(second.status, 0);
    assert_string_equal(second.out, first.out);
    assert_int_equal(close(out_fd), 0);
}

static void run_of_help_is_the_same_text_in_both_forms(void **state) {
    (void)state;
    static const char *const commands[] = {"login", "logout", "credential-helper", "help"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char line[LINE_SIZE];
        (void)snprintf(line, sizeof line, "loom help %s", commands[i]);
        run(line, &first);
        (void)snprintf(line, sizeof line, "loom %s --help", commands[i]);
        run(line, &second);
        expect_equal(line, first.status, 0);
        expect_text(line, second.out, first.out);
        (void)snprintf(line, sizeof line, "loom -h %s", commands[i]);
        run(line, &second);
        expect_text(line, second.out, first.out);
    }
}

static void run_of_version_prints_it(void **state) {
    (void)state;
    static const char *const lines[] = {"loom --version", "loom -V", "loom login --version",
                                        "loom -V login", "/usr/bin/git-credential-loom -V"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        run(lines[i], &first);
        expect_equal(lines[i], first.status, 0);
        expect_text(lines[i], first.out, "loom " LOOM_VERSION "\n");
        expect_text(lines[i], first.err, "");
    }
}

/* What was typed wrongly is not repeated where it may be a secret. */
static void run_of_what_cannot_be_used_is_a_usage_error(void **state) {
    (void)state;
    static const struct {
        const char *line, *said;
    } rows[] = {
        {"loom PLANTED", "There is no such command"},
        {"loom help PLANTED", "There is no such command"},
        {"loom --token=PLANTED login", "\n    --token\n"},
        {"loom login --token=PLANTED", "\n    --token\n"},
        {"loom login -tPLANTED", "\n    -t\n"},
        {"loom login --server", "\n    --server\n"},
        {"loom login --json=PLANTED", "\n    --json\n"},
        {"loom --store login", "\n    --store\n"}, /* a command's own option stands behind it */
        {"loom login --all", "\n    --all\n"},
        {"loom login a PLANTED", "one argument too many"},
        {"loom logout --color=PLANTED", "--color auto|always|never\n"},
        {"loom --color PLANTED", "--color auto|always|never\n"},
        {"loom logout --all --server https://PLANTED", "not both"},
        {"loom logout --all PLANTED", "not both"},
        {"loom credential-helper", "get, store or erase"},
        {"loom credential-helper --server http://PLANTED.example get", "in the clear"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run(rows[i].line, &first);
        expect_equal(rows[i].line, first.status, 2);
        expect_text(rows[i].line, first.out, "");
        expect(rows[i].line, strncmp(first.err, "loom: ", 6) == 0);
        expect(first.err, strstr(first.err, rows[i].said) != NULL);
        expect(first.err, strstr(first.err, "PLANTED") == NULL);
        assert_fits_screen(rows[i].line, first.err, 79);
    }
}

/* GIT-25: what it does not know it ignores, under both names. */
static void run_of_an_unknown_operation_is_silent(void **state) {
    (void)state;
    static const char *const lines[] = {
        "git-credential-loom fill",    "/usr/lib/git-core/git-credential-loom capability",
        "loom credential-helper list", "loom credential-helper get store",
        "loom credential-helper Get",  "git-credential-loom --server https://h approve",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        run(lines[i], &first);
        expect_equal(lines[i], first.status, 0);
        expect_text(lines[i], first.out, "");
        expect_text(lines[i], first.err, "");
    }
}

static void run_whose_output_is_lost_fails(void **state) {
    (void)state;
    static const char *const commands[] = {"--version", "help", "--help"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const char *argv[] = {"loom", commands[i], NULL};
        int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
        assert_true(full >= 0);
        run_into(2, argv, full, &first);
        expect_equal(commands[i], first.status, 1);
        assert_string_equal(first.err, "loom: Not everything could be printed.\n");
        assert_int_equal(close(full), 0);
    }
}

/* Also what a command prints when all else went well. */
static void run_whose_json_is_lost_fails(void **state) {
    const struct scratch *scratch = *state;
    const char *argv[] = {"loom", "logout", "--json", NULL};
    use_home(scratch);
    run("loom logout --json", &first);
    assert_int_equal(first.status, 0);
    assert_string_equal(first.out, "{\"schema\":1,\"servers\":[]}\n");
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    run_into(3, argv, full, &first);
    assert_int_equal(first.status, 1);
    assert_int_equal(close(full), 0);
}

static void run_takes_the_token_out_of_the_environment(void **state) {
    (void)state;
    assert_int_equal(setenv("LOOM_TOKEN", "lt_PLANTED", 1), 0);
    run("loom -vv help", &first);
    assert_null(getenv("LOOM_TOKEN"));
    assert_null(strstr(first.out, "PLANTED"));
    assert_null(strstr(first.err, "PLANTED"));
}

/* ---- Where to keep it, whom to trust ---- */

static void open_store_knows_three_places(void **state) {
    struct scratch *scratch = *state;
    static const struct {
        const char *option, *variable;
        enum loom_err err;
    } rows[] = {
        {"file", NULL, LOOM_OK},
        {NULL, "file", LOOM_OK},
        {"file", "nonsense", LOOM_OK},
        {"nonsense", "file", LOOM_ERR_USAGE},
        {NULL, "nonsense", LOOM_ERR_USAGE},
        {"FILE", NULL, LOOM_ERR_USAGE},
        {"", NULL, LOOM_ERR_USAGE},
        {"fil", NULL, LOOM_ERR_USAGE},
    };
    use_home(scratch);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cli_world world;
        struct loom_error error = LOOM_ERROR_INIT;
        cli_world_open(&world);
        loom_store_drop(&world.cli.store);
        world.cli.options.store = rows[i].option != NULL ? strdup(rows[i].option) : NULL;
        world.cli.environment.store = rows[i].variable;
        assert_int_equal(loom_cli_open_store(&world.cli, &error), rows[i].err);
        assert_true((rows[i].err == LOOM_OK) == (world.cli.store != NULL));
        if (rows[i].err != LOOM_OK)
            assert_non_null(strstr(error.detail, "auto, keyring or file"));
        cli_world_close(&world);
    }
    assert_int_equal(scratch_count(scratch), 0); /* opening makes nothing */
}

static void ca_file_is_made_absolute_or_refused(void **state) {
    struct scratch *scratch = *state;
    static const struct {
        const char *name;
        bool is_there;
    } rows[] = {{"secret.pem", false}, {"ca.pem", true},   {"./ca.pem", true}, {"link", true},
                {"missing", false},    {"nowhere", false}, {"", false}};
    scratch_write(scratch, "ca.pem", 0644, "");
    scratch_write(scratch, "secret.pem", 0000, "");
    assert_int_equal(symlink("ca.pem", scratch_path(scratch, "link")), 0);
    assert_int_equal(symlink("missing", scratch_path(scratch, "nowhere")), 0);
    bool is_root = geteuid() == 0; /* who may read everything */
    int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(before >= 0);
    assert_int_equal(chdir(scratch->path), 0);
    for (size_t i = is_root ? 1 : 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cli_world world;
        char *path = NULL;
        cli_world_open(&world);
        world.cli.options.cacert = strdup(rows[i].name);
        enum loom_err err = loom_cli_ca_file(&world.cli, &path);
        expect_equal(rows[i].name, err, rows[i].is_there ? LOOM_OK : LOOM_ERR_USAGE);
        if (rows[i].is_there)
            expect_text(rows[i].name, path, scratch_path(scratch, "ca.pem"));
        else
            expect(rows[i].name, strstr(cli_world_err(&world), "cannot be read") != NULL);
        free(path);
        cli_world_close(&world);
    }
    assert_int_equal(fchdir(before), 0);
    assert_int_equal(close(before), 0);
}

static int calm(void **state) {
    cli_world_calm_environment();
    return scratch_make(state);
}

#define CLI_TEST(test) cmocka_unit_test_setup_teardown(test, calm, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CLI_TEST(run_of_a_bare_name_is_help),
        CLI_TEST(run_without_a_name_is_help),
        CLI_TEST(run_of_help_is_the_same_text_in_both_forms),
        CLI_TEST(run_of_version_prints_it),
        CLI_TEST(run_of_what_cannot_be_used_is_a_usage_error),
        CLI_TEST(run_of_an_unknown_operation_is_silent),
        CLI_TEST(run_whose_output_is_lost_fails),
        CLI_TEST(run_whose_json_is_lost_fails),
        CLI_TEST(run_takes_the_token_out_of_the_environment),
        CLI_TEST(open_store_knows_three_places),
        CLI_TEST(ca_file_is_made_absolute_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
