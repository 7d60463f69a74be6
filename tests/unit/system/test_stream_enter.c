/* SPDX-License-Identifier: Apache-2.0 */
/* A question at a real pseudo-terminal: what is an answer to it, and what is not. */
#include "scratch.h"

#include "support/expect.h"
#include "system/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { SOON_MS = 60, PASTE_MS = 800, LATE_MS = 20000 };

struct table {
    int master, slave;
    int stop[2];
    struct termios before;
    const char *answers[4]; /* what the person types when asked, in turn */
    int asked;
    bool hangs_up;
};

static int table_make(void **state) {
    struct table *table = calloc(1, sizeof *table);
    char name[64];
    assert_non_null(table);
    table->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(table->master >= 0 && grantpt(table->master) == 0 && unlockpt(table->master) == 0);
    assert_int_equal(ptsname_r(table->master, name, sizeof name), 0);
    table->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(table->slave >= 0);
    assert_int_equal(pipe2(table->stop, O_CLOEXEC), 0);
    assert_int_equal(tcgetattr(table->slave, &table->before), 0);
    *state = table;
    return 0;
}

static int table_remove(void **state) {
    struct table *table = *state;
    (void)close(table->slave);
    (void)close(table->stop[0]);
    (void)close(table->stop[1]);
    if (table->master >= 0)
        (void)close(table->master);
    free(table);
    return 0;
}

static void type(const struct table *table, const char *text) {
    assert_int_equal(write(table->master, text, strlen(text)), strlen(text));
}

static void ask(void *context) {
    struct table *table = context;
    const char *answer = table->asked < 4 ? table->answers[table->asked] : NULL;
    table->asked++;
    if (answer != NULL)
        type(table, answer);
    if (table->hangs_up) {
        (void)close(table->master);
        table->master = -1;
    }
}

static enum loom_err wait_enter(struct table *table, int64_t patience_ms) {
    return loom_stream_wait_enter(&(struct loom_enter){
        .fd = table->slave,
        .stop_fd = table->stop[0],
        .patience_ms = patience_ms,
        .ask = ask,
        .context = table,
    });
}

static void assert_terminal_as_before(const struct table *table) {
    struct termios now;
    assert_int_equal(tcgetattr(table->slave, &now), 0);
    assert_int_equal(now.c_lflag, table->before.c_lflag);
    assert_int_equal(now.c_iflag, table->before.c_iflag);
    assert_int_equal(now.c_oflag, table->before.c_oflag);
    assert_memory_equal(now.c_cc, table->before.c_cc, sizeof now.c_cc);
}

/* UI-124: what a terminal answers by itself is no Enter, and what came before is no answer. */
static void wait_enter_takes_enter_alone(void **state) {
    struct table *table = *state;
    static const struct {
        const char *what;
        const char *stale; /* typed before the question */
        const char *answers[4];
        enum loom_err err;
        int asked;
    } rows[] = {
        {"Enter", "", {"\n"}, LOOM_OK, 1},
        {"as a keyboard sends it", "", {"\r"}, LOOM_OK, 1},
        {"blanks", "", {"  \n"}, LOOM_OK, 1},
        {"two at once", "", {"\n\n", "\n"}, LOOM_OK, 2},
        {"an Enter of before", "\n", {NULL}, LOOM_ERR_TIMEOUT, 1},
        {"many of before", "\n\n\nabc\n", {NULL}, LOOM_ERR_TIMEOUT, 1},
        {"half a line of before", "no", {"\n"}, LOOM_OK, 1},
        {"an end of file of before", "\x04", {"\n"}, LOOM_OK, 1},
        {"no, then yes", "", {"no\n", "\n"}, LOOM_OK, 2},
        {"twice something else", "", {"no\n", "never\n", "\n"}, LOOM_OK, 3},
        {"both in one go", "", {"no\n\n", " \n"}, LOOM_OK, 2},
        {"a word without its end", "", {"yes"}, LOOM_ERR_TIMEOUT, 1},
        {"taken back", "", {"yes\x7f\x7f\x7f\n"}, LOOM_OK, 1},
        {"where the cursor is", "", {"\x1b[24;80R"}, LOOM_ERR_TIMEOUT, 1},
        {"a colour", "", {"\x1b]11;rgb:0000/0000/0000\x1b\\"}, LOOM_ERR_TIMEOUT, 1},
        {"and then Enter", "", {"\x1b[?62;c\n", "\n"}, LOOM_OK, 2},
        {"end of file", "", {"\x04"}, LOOM_ERR_USAGE, 1},
        {"end of file after a word", "", {"no\x04\x04"}, LOOM_ERR_USAGE, 1},
        {"end of file after a line", "", {"no\n", "\x04"}, LOOM_ERR_USAGE, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_slow = rows[i].err == LOOM_ERR_TIMEOUT;
        memcpy(table->answers, rows[i].answers, sizeof table->answers);
        table->asked = 0;
        type(table, rows[i].stale);
        int64_t began_ms = elapsed_ms();
        expect_equal(rows[i].what, wait_enter(table, is_slow ? SOON_MS : LATE_MS), rows[i].err);
        expect_equal(rows[i].what, table->asked, rows[i].asked);
        expect(rows[i].what, is_slow == (elapsed_ms() - began_ms >= SOON_MS) || !is_slow);
        assert_terminal_as_before(table);
    }
}

/* UI-124, UI-133: a paste has empty lines, too, and a key that is held down is pressed by nobody.
 */
static void wait_enter_of_a_paste_or_a_held_key_is_none(void **state) {
    struct table *table = *state;
    static const char *const pasted[] = {"one\n\nthree\n\n", "\ntwo\n", "\n\n", "\n\n\n\n\n\n"};
    for (size_t i = 0; i < sizeof pasted / sizeof pasted[0]; i++) {
        table->asked = 0;
        memset(table->answers, 0, sizeof table->answers);
        table->answers[0] = pasted[i];
        expect_equal(pasted[i], wait_enter(table, PASTE_MS), LOOM_ERR_TIMEOUT);
        /* asked anew when it is over: not for each line */
        expect_equal(pasted[i], table->asked, 2);
    }
}

/* The terminal's own line ends at 4095 bytes; nothing of it is kept. */
static void wait_enter_after_a_long_line_asks_again(void **state) {
    struct table *table = *state;
    static char line[6000];
    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    table->answers[0] = line;
    table->answers[1] = "\n";
    assert_int_equal(wait_enter(table, LATE_MS), LOOM_OK);
    assert_int_equal(table->asked, 2);
}

/* Left so by another program: keys come one by one, and make no signals. */
static void wait_enter_at_a_raw_terminal_understands_the_keys(void **state) {
    struct table *table = *state;
    static const struct {
        const char *typed;
        enum loom_err err;
    } rows[] = {{"\r", LOOM_OK}, {"\x03", LOOM_ERR_USAGE}, {"\x04", LOOM_ERR_USAGE}};
    cfmakeraw(&table->before);
    assert_int_equal(tcsetattr(table->slave, TCSANOW, &table->before), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        table->asked = 0;
        table->answers[0] = rows[i].typed;
        assert_int_equal(wait_enter(table, LATE_MS), rows[i].err);
        assert_terminal_as_before(table);
    }
}

static void wait_enter_ends_with_the_stop_descriptor(void **state) {
    struct table *table = *state;
    table->answers[0] = "\n"; /* the signal comes first */
    assert_int_equal(write(table->stop[1], "!", 1), 1);
    int64_t began_ms = elapsed_ms();
    assert_int_equal(wait_enter(table, LATE_MS), LOOM_ERR_INTERRUPTED);
    assert_true(elapsed_ms() - began_ms < LATE_MS / 4);
    assert_terminal_as_before(table);
}

static void wait_enter_at_a_terminal_that_hangs_up_ends(void **state) {
    struct table *table = *state;
    table->hangs_up = true;
    assert_int_equal(wait_enter(table, LATE_MS), LOOM_ERR_USAGE);
}

static void wait_enter_without_a_terminal_asks_nobody(void **state) {
    struct table *table = *state;
    int slave = table->slave;
    int others[] = {-1, table->stop[0], open("/dev/null", O_RDWR | O_CLOEXEC)};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        table->slave = others[i];
        assert_int_equal(wait_enter(table, LATE_MS), LOOM_ERR_USAGE);
        assert_int_equal(table->asked, 0);
    }
    assert_int_equal(close(others[2]), 0);
    table->slave = slave;
}

/* In a session of its own on this terminal; `is_in_front`: as a shell's job in front, or behind. */
static int run_as_job(struct table *table, bool is_in_front) {
    pid_t shell = fork();
    assert_true(shell >= 0);
    if (shell != 0)
        return child_wait(shell);
    CHECK(setsid() > 0 && ioctl(table->slave, TIOCSCTTY, 0) == 0);
    CHECK(signal(SIGTTOU, SIG_IGN) != SIG_ERR);
    pid_t job = fork();
    CHECK(job >= 0);
    if (job == 0) {
        CHECK(setpgid(0, 0) == 0);
        CHECK(!is_in_front || tcsetpgrp(table->slave, getpgrp()) == 0);
        CHECK(signal(SIGTTOU, SIG_DFL) != SIG_ERR);
        CHECK(loom_stream_is_in_front(table->slave) == is_in_front);
        table->answers[0] = "\n";
        enum loom_err err = wait_enter(table, LATE_MS);
        _exit(err == LOOM_OK ? 10 : err == LOOM_ERR_USAGE && table->asked == 0 ? 11 : 12);
    }
    int status = 0;
    CHECK(waitpid(job, &status, WUNTRACED) == job);
    if (WIFSTOPPED(status))
        (void)kill(job, SIGKILL);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* TM-111: reading there would stop the process for good. */
static void wait_enter_in_the_background_asks_nobody(void **state) {
    assert_int_equal(run_as_job(*state, true), 10);
    assert_int_equal(run_as_job(*state, false), 11);
}

/* ---- What a terminal says of itself ---- */

static void rows_are_those_of_the_terminal_or_24(void **state) {
    struct table *table = *state;
    struct winsize size = {.ws_row = 50, .ws_col = 132};
    assert_int_equal(ioctl(table->slave, TIOCSWINSZ, &size), 0);
    assert_int_equal(loom_stream_rows(table->slave), 50);
    size.ws_row = 0;
    assert_int_equal(ioctl(table->slave, TIOCSWINSZ, &size), 0);
    assert_int_equal(loom_stream_rows(table->slave), 24);
    assert_int_equal(loom_stream_rows(table->stop[0]), 24);
    assert_int_equal(loom_stream_rows(-1), 24);
}

static void is_utf8_says_what_the_terminal_says(void **state) {
    struct table *table = *state;
    table->before.c_iflag |= IUTF8;
    assert_int_equal(tcsetattr(table->slave, TCSANOW, &table->before), 0);
    assert_true(loom_stream_is_utf8(table->slave));
    table->before.c_iflag &= ~(tcflag_t)IUTF8;
    assert_int_equal(tcsetattr(table->slave, TCSANOW, &table->before), 0);
    assert_false(loom_stream_is_utf8(table->slave));
    assert_false(loom_stream_is_utf8(table->stop[0]));
}

#define TABLE_TEST(test) cmocka_unit_test_setup_teardown(test, table_make, table_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TABLE_TEST(wait_enter_takes_enter_alone),
        TABLE_TEST(wait_enter_of_a_paste_or_a_held_key_is_none),
        TABLE_TEST(wait_enter_after_a_long_line_asks_again),
        TABLE_TEST(wait_enter_at_a_raw_terminal_understands_the_keys),
        TABLE_TEST(wait_enter_ends_with_the_stop_descriptor),
        TABLE_TEST(wait_enter_at_a_terminal_that_hangs_up_ends),
        TABLE_TEST(wait_enter_without_a_terminal_asks_nobody),
        TABLE_TEST(wait_enter_in_the_background_asks_nobody),
        TABLE_TEST(rows_are_those_of_the_terminal_or_24),
        TABLE_TEST(is_utf8_says_what_the_terminal_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
