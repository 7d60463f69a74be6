/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people at a real pseudo-terminal: colour, the live line, and who does not want them. */
#include "terminal/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { SCREEN_SIZE = 8192, PATIENCE_MS = 10000 };

#define CLEAR "\r\x1b[K"

static struct { int master, slave; } terminal;

static void resize(unsigned short columns) {
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    assert_int_equal(ioctl(terminal.slave, TIOCSWINSZ, &size), 0);
}

static int make_terminal(void **state) {
    (void)state;
    char name[64];
    struct termios raw;
    terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal.master < 0 || grantpt(terminal.master) != 0 || unlockpt(terminal.master) != 0 ||
        ptsname_r(terminal.master, name, sizeof name) != 0)
        return -1;
    terminal.slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal.slave < 0 || tcgetattr(terminal.slave, &raw) != 0)
        return -1;
    cfmakeraw(&raw); /* what is written is what arrives */
    if (tcsetattr(terminal.slave, TCSANOW, &raw) != 0)
        return -1;
    resize(80);
    return setenv("TERM", "xterm-256color", 1) | unsetenv("NO_COLOR");
}

static int remove_terminal(void **state) {
    (void)state;
    return close(terminal.slave) | close(terminal.master);
}

static struct loom_output open_screen(const struct loom_output_style *style) {
    struct loom_output output;
    loom_output_open(&output, terminal.slave, style);
    assert_true(output.is_terminal);
    return output;
}

/* What has arrived since the last look. */
static const char *look(struct loom_output *output) {
    static const char end[] = "<end>";
    static char screen[SCREEN_SIZE];
    size_t len = 0;
    loom_output_raw(output, end, strlen(end));
    do {
        struct pollfd wait = {.fd = terminal.master, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
        ssize_t got = read(terminal.master, screen + len, sizeof screen - 1 - len);
        assert_true(got > 0);
        len += (size_t)got;
        screen[len] = '\0';
    } while (len < strlen(end) || strcmp(screen + len - strlen(end), end) != 0);
    screen[len - strlen(end)] = '\0';
    return screen;
}

static const struct loom_output_style ordinary = {.color = LOOM_COLOR_AUTO};

/* ---- Who gets what ---- */

/* UI-21 */
static void open_judges_the_terminal_the_environment_and_the_style(void **state) {
    (void)state;
    static const struct {
        const char *what;
        const char *term, *no_color; /* NULL: not set */
        struct loom_output_style style;
        bool has_color, has_live;
    } rows[] = {
        {"a terminal", "xterm", NULL, {.color = LOOM_COLOR_AUTO}, true, true},
        {"dumb", "dumb", NULL, {.color = LOOM_COLOR_AUTO}, false, false},
        {"without TERM", NULL, NULL, {.color = LOOM_COLOR_AUTO}, false, false},
        {"with an empty TERM", "", NULL, {.color = LOOM_COLOR_AUTO}, false, false},
        {"dumber", "dumber", NULL, {.color = LOOM_COLOR_AUTO}, true, true},
        {"NO_COLOR", "xterm", "1", {.color = LOOM_COLOR_AUTO}, false, true},
        {"an empty NO_COLOR", "xterm", "", {.color = LOOM_COLOR_AUTO}, true, true},
        {"always beats NO_COLOR", "xterm", "1", {.color = LOOM_COLOR_ALWAYS}, true, true},
        {"always beats dumb", "dumb", NULL, {.color = LOOM_COLOR_ALWAYS}, true, false},
        {"never", "xterm", NULL, {.color = LOOM_COLOR_NEVER}, false, true},
        {"plain", "xterm", NULL, {.is_plain = true}, false, false},
        {"plain beats always",
         "xterm",
         NULL,
         {.color = LOOM_COLOR_ALWAYS, .is_plain = true},
         false,
         false},
        {"quiet", "xterm", NULL, {.is_quiet = true}, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].term != NULL)
            assert_int_equal(setenv("TERM", rows[i].term, 1), 0);
        else
            assert_int_equal(unsetenv("TERM"), 0);
        if (rows[i].no_color != NULL)
            assert_int_equal(setenv("NO_COLOR", rows[i].no_color, 1), 0);
        else
            assert_int_equal(unsetenv("NO_COLOR"), 0);
        struct loom_output output = open_screen(&rows[i].style);
        expect_equal(rows[i].what, output.has_color, rows[i].has_color);
        expect_equal(rows[i].what, output.has_live, rows[i].has_live);
        loom_output_live(&output, "9:58");
        expect_text(rows[i].what, look(&output), rows[i].has_live ? CLEAR "9:58" : "");
        loom_output_live_end(&output);
        loom_output_strong(&output, "code");
        expect_text(rows[i].what, look(&output) + (rows[i].has_live ? strlen(CLEAR) : 0),
                    rows[i].has_color ? "   \x1b[1mcode\x1b[0m\n" : "   code\n");
    }
}

#define PAGE "https://loom.example.com/device"
#define LINKED "\x1b]8;;" PAGE "\x1b\\" PAGE "\x1b]8;;\x1b\\"

/* UI-123, UI-125 */
static void address_is_a_link_where_the_terminal_is_known(void **state) {
    (void)state;
    static const struct {
        const char *what, *term, *vte, *url;
        struct loom_output_style style;
        const char *shown;
    } rows[] = {
        {"known", "xterm", "7600", PAGE, {.color = LOOM_COLOR_NEVER}, "   " LINKED "\n"},
        {"in bold",
         "xterm",
         "7600",
         PAGE,
         {.color = LOOM_COLOR_AUTO},
         "   \x1b[1m" LINKED "\x1b[0m\n"},
        {"in quiet", "xterm", "7600", PAGE, {LOOM_COLOR_NEVER, false, true}, "   " LINKED "\n"},
        {"unknown", "xterm", "", PAGE, {.color = LOOM_COLOR_NEVER}, "   " PAGE "\n"},
        {"dumb", "dumb", "7600", PAGE, {.color = LOOM_COLOR_AUTO}, "   " PAGE "\n"},
        {"plain", "xterm", "7600", PAGE, {.is_plain = true}, "   " PAGE "\n"},
        {"a semicolon", "xterm", "7600", PAGE ";a", {.color = LOOM_COLOR_NEVER}, "   " PAGE ";a\n"},
    };
    static const char *const others[] = {"CI",
                                         "TMUX",
                                         "STY",
                                         "ZELLIJ",
                                         "INSIDE_EMACS",
                                         "TERM_PROGRAM",
                                         "KONSOLE_VERSION",
                                         "WT_SESSION",
                                         "KITTY_WINDOW_ID"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(unsetenv(others[i]), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(setenv("TERM", rows[i].term, 1) | setenv("VTE_VERSION", rows[i].vte, 1),
                         0);
        struct loom_output output = open_screen(&rows[i].style);
        loom_output_address(&output, rows[i].url);
        expect_text(rows[i].what, look(&output), rows[i].shown);
    }
    assert_int_equal(unsetenv("VTE_VERSION"), 0);
}

/* ---- The live line ---- */

static void live_replaces_itself_and_goes_away_before_text(void **state) {
    (void)state;
    struct loom_output output = open_screen(&ordinary);
    loom_output_live(&output, "9:58");
    loom_output_live(&output, "9:57");
    assert_string_equal(look(&output), CLEAR "9:58" CLEAR "9:57");
    loom_output_text(&output, "Done.");
    assert_string_equal(look(&output), CLEAR "Done.\n");
    loom_output_live_end(&output);
    assert_string_equal(look(&output), "");
    loom_output_live(&output, "9:56");
    loom_output_strong(&output, "code");
    assert_string_equal(look(&output), CLEAR "9:56" CLEAR "   \x1b[1mcode\x1b[0m\n");
    loom_output_live(&output, "9:55");
    loom_output_live_end(&output);
    loom_output_live_end(&output);
    assert_string_equal(look(&output), CLEAR "9:55" CLEAR);
}

/* UI-116: one column less than there are: a full line would move on to the next. */
static void live_is_cut_to_the_width_of_the_terminal(void **state) {
    (void)state;
    static const struct {
        const char *what;
        unsigned short columns;
        const char *text, *shown;
    } rows[] = {
        {"it fits", 20, "Waiting for you.", "Waiting for you."},
        {"it just fits", 17, "Waiting for you.", "Waiting for you."},
        {"one too many", 16, "Waiting for you.", "Waiting for you"},
        {"narrow", 5, "Waiting for you.", "Wait"},
        {"two columns", 2, "Waiting for you.", "W"},
        {"one column", 1, "Waiting for you.", "W"},
        {"Spanish", 8, "sesi\xc3\xb3n \xc2\xa1s\xc3\xad!", "sesi\xc3\xb3n "},
        {"Arabic", 4, "\xd8\xb9\xd9\x86\xd9\x88\xd8\xa7\xd9\x86", "\xd8\xb9\xd9\x86\xd9\x88"},
        {"wide", 6, "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\xad", "\xe4\xbd\xa0\xe5\xa5\xbd"},
        {"half of a wide one", 4, "\xe4\xbd\xa0\xe5\xa5\xbd", "\xe4\xbd\xa0"},
        {"marks belong to their letter", 3, "ae\xcc\x81\xcc\xa3o", "ae\xcc\x81\xcc\xa3"},
        {"what is no UTF-8 has one column each", 4, "\xff\xfe\xff\xfe", "\xff\xfe\xff"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_output output = open_screen(&ordinary);
        resize(rows[i].columns);
        loom_output_live(&output, rows[i].text);
        const char *screen = look(&output);
        expect(rows[i].what, strncmp(screen, CLEAR, strlen(CLEAR)) == 0);
        expect_text(rows[i].what, screen + strlen(CLEAR), rows[i].shown);
    }
}

static void live_follows_a_terminal_that_is_resized(void **state) {
    (void)state;
    struct loom_output output = open_screen(&ordinary);
    resize(40);
    loom_output_live(&output, "Waiting for you.");
    resize(8);
    loom_output_live(&output, "Waiting for you.");
    resize(40);
    loom_output_live(&output, "Waiting for you.");
    assert_string_equal(look(&output),
                        CLEAR "Waiting for you." CLEAR "Waiting" CLEAR "Waiting for you.");
}

/* A serial line that does not know its width: 80 are taken. */
static void live_on_a_terminal_without_a_width_is_cut_at_79(void **state) {
    (void)state;
    static const char line[] = "12345678901234567890123456789012345678901234567890"
                               "12345678901234567890123456789012345678901234567890";
    struct loom_output output = open_screen(&ordinary);
    resize(0);
    loom_output_live(&output, line);
    const char *screen = look(&output) + strlen(CLEAR);
    assert_int_equal(strlen(screen), 79);
    assert_memory_equal(screen, line, 79);
}

/* The widest line ends one column before the edge: a terminal may break behind the last one. */
static void text_is_wrapped_sooner_on_a_narrow_terminal_and_never_later(void **state) {
    (void)state;
    static const char words[] = "123456789 123456789 123456789 123456789 123456789 123456789 "
                                "123456789 123456789 123456789";
    struct loom_output output = open_screen(&ordinary);
    resize(40);
    loom_output_text(&output, words);
    assert_string_equal(look(&output), "123456789 123456789 123456789 123456789\n"
                                       "123456789 123456789 123456789 123456789\n123456789\n");
    resize(39);
    loom_output_text(&output, "123456789 123456789 123456789 123456789");
    assert_string_equal(look(&output), "123456789 123456789 123456789\n123456789\n");
    loom_output_text(&output, "    what is to be copied is never broken, however long it is\n");
    assert_string_equal(look(&output),
                        "    what is to be copied is never broken, however long it is\n");
    resize(200);
    loom_output_text(&output, words);
    assert_string_equal(look(&output), "123456789 123456789 123456789 123456789 123456789 "
                                       "123456789 123456789 123456789\n123456789\n");
    resize(1);
    loom_output_text(&output, "one two");
    assert_string_equal(look(&output), "one\ntwo\n");
}

static void fits_says_whether_the_live_line_would_be_whole(void **state) {
    (void)state;
    struct loom_output output = open_screen(&ordinary);
    resize(5);
    assert_true(loom_output_fits(&output, "1234"));
    assert_false(loom_output_fits(&output, "12345"));
    resize(6);
    assert_true(loom_output_fits(&output, "\xd8\xa8\xd9\x82\xd9\x8a 9")); /* columns, not bytes */
}

static void notice_in_quiet_leaves_the_screen_alone(void **state) {
    (void)state;
    static const struct loom_output_style quiet = {.is_quiet = true};
    struct loom_output output = open_screen(&quiet);
    loom_output_notice(&output, "Signed in.");
    loom_output_live(&output, "9:58");
    loom_output_live_end(&output);
    assert_string_equal(look(&output), "");
}

#define TERMINAL_TEST(test) cmocka_unit_test_setup_teardown(test, make_terminal, remove_terminal)

int main(void) {
    const struct CMUnitTest tests[] = {
        TERMINAL_TEST(open_judges_the_terminal_the_environment_and_the_style),
        TERMINAL_TEST(address_is_a_link_where_the_terminal_is_known),
        TERMINAL_TEST(live_replaces_itself_and_goes_away_before_text),
        TERMINAL_TEST(live_is_cut_to_the_width_of_the_terminal),
        TERMINAL_TEST(live_follows_a_terminal_that_is_resized),
        TERMINAL_TEST(live_on_a_terminal_without_a_width_is_cut_at_79),
        TERMINAL_TEST(text_is_wrapped_sooner_on_a_narrow_terminal_and_never_later),
        TERMINAL_TEST(fits_says_whether_the_live_line_would_be_whole),
        TERMINAL_TEST(notice_in_quiet_leaves_the_screen_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
