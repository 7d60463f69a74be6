/* SPDX-License-Identifier: Apache-2.0 */
/* A QR code at a real pseudo-terminal: module by module what libqrencode says, or a reason. */
#include "terminal/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "terminal/qr_priv.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { SIDE_MAX = 192, TEXT_MAX = 4096, BESIDE = 3 };

#define URL "https://loom.example.com/device"
#define INK_256 "\x1b[38;5;16;48;5;231m"
#define INK_8 "\x1b[30;47m"

static struct { int master, slave; } terminal;
static const struct loom_output_style ordinary = {.color = LOOM_COLOR_AUTO};
static const struct loom_output_style colorless = {.color = LOOM_COLOR_NEVER};

static void resize(unsigned columns, unsigned rows) {
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    assert_int_equal(ioctl(terminal.slave, TIOCSWINSZ, &size), 0);
}

static int make_terminal(void **state) {
    (void)state;
    char name[64];
    struct termios raw;
    static const char *const unset[] = {"NO_COLOR", "COLORTERM", "COLORFGBG", "LC_ALL", "LC_CTYPE"};
    terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal.master < 0 || grantpt(terminal.master) != 0 || unlockpt(terminal.master) != 0 ||
        ptsname_r(terminal.master, name, sizeof name) != 0)
        return -1;
    terminal.slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal.slave < 0 || tcgetattr(terminal.slave, &raw) != 0)
        return -1;
    cfmakeraw(&raw);
    if (tcsetattr(terminal.slave, TCSANOW, &raw) != 0)
        return -1;
    resize(80, 24);
    for (size_t i = 0; i < sizeof unset / sizeof unset[0]; i++)
        if (unsetenv(unset[i]) != 0)
            return -1;
    return setenv("TERM", "xterm-256color", 1) | setenv("LANG", "C.UTF-8", 1);
}

static int remove_terminal(void **state) {
    (void)state;
    return close(terminal.slave) | close(terminal.master);
}

/* ---- What was drawn, as modules ---- */

struct drawn {
    bool dark[SIDE_MAX][SIDE_MAX];
    unsigned width, height; /* modules; height is even */
};

static const char *pass_over(const char *text, const char *prefix) {
    size_t len = strlen(prefix);
    if (strncmp(text, prefix, len) != 0)
        fail_msg("no %s at %.20s", prefix, text);
    return text + len;
}

static void take_cell(struct drawn *drawn, unsigned x, unsigned y, const char **at, bool ink) {
    static const struct {
        const char *text;
        bool upper, lower;
    } cells[] = {
        {" ", false, false},
        {"\u2580", true, false},
        {"\u2584", false, true},
        {"\u2588", true, true},
    };
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        size_t len = strlen(cells[i].text);
        if (strncmp(*at, cells[i].text, len) != 0)
            continue;
        drawn->dark[y][x] = cells[i].upper == ink;
        drawn->dark[y + 1][x] = cells[i].lower == ink;
        *at += len;
        return;
    }
    fail_msg("not a block: %.10s", *at);
}

/* `ink`: what is drawn is dark. Every line begins and ends with these bytes. */
static void read_picture(const char *text, const char *begin, const char *end, bool ink,
                         struct drawn *out) {
    memset(out, 0, sizeof *out);
    while (*text != '\0') {
        unsigned x = 0;
        text = pass_over(text, begin);
        while (*text != '\x1b' && *text != '\n') {
            assert_true(x < SIDE_MAX && out->height + 1 < SIDE_MAX);
            take_cell(out, x++, out->height, &text, ink);
        }
        text = pass_over(text, end);
        assert_true(out->width == 0 || out->width == x);
        out->width = x;
        out->height += 2;
    }
}

static void assert_is_code_of(const struct drawn *drawn, const char *text) {
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    assert_non_null(code);
    unsigned side = (unsigned)code->width + 2 * LOOM_QR_QUIET;
    assert_int_equal(drawn->width, side);
    assert_int_equal(drawn->height, side + side % 2);
    for (unsigned y = 0; y < drawn->height; y++) {
        for (unsigned x = 0; x < side; x++) {
            unsigned from = LOOM_QR_QUIET, to = LOOM_QR_QUIET + (unsigned)code->width;
            bool is_inside = x >= from && y >= from && x < to && y < to;
            bool is_dark =
                is_inside && (code->data[(y - from) * (unsigned)code->width + x - from] & 1) != 0;
            assert_int_equal(drawn->dark[y][x], is_dark);
        }
    }
    QRcode_free(code);
}

static enum loom_qr_refusal prepare(const struct loom_output_style *style, const char *text,
                                    unsigned beside, struct loom_qr *qr) {
    struct loom_output output;
    loom_output_open(&output, terminal.slave, style);
    return loom_qr_prepare(&output, text, beside, qr);
}

/* ---- What is drawn ---- */

/* UI-122 */
static void prepare_draws_what_the_library_says(void **state) {
    (void)state;
    static struct drawn drawn;
    static char text[2048 + 1];
    resize(400, 200);
    (void)snprintf(text, sizeof text, "%s", URL);
    for (size_t len = strlen(URL); len < sizeof text; len = len < 64 ? len + 7 : len * 3 / 2) {
        LOOM_CLEANUP(loom_qr_clear) struct loom_qr qr = LOOM_QR_INIT;
        for (size_t i = strlen(URL); i < len; i++)
            text[i] = "aB3-%=&"[i % 7];
        text[len] = '\0';
        assert_int_equal(prepare(&ordinary, text, BESIDE, &qr), LOOM_QR_FINE);
        read_picture(loom_buffer_text(&qr.picture), INK_256, "\x1b[0m\n", true, &drawn);
        assert_is_code_of(&drawn, text);
        assert_int_equal(qr.columns, drawn.width + 1);
        assert_int_equal(qr.rows, drawn.height / 2 + BESIDE);
    }
}

/* UI-126: dark on light, whatever is known of the terminal. */
static void prepare_chooses_colours_that_can_be_scanned(void **state) {
    (void)state;
    static struct drawn drawn;
    static const struct {
        const char *what, *term, *colorterm, *colorfgbg;
        const struct loom_output_style *style;
        const char *begin, *end;
        bool ink;
    } rows[] = {
        {"256", "xterm-256color", NULL, NULL, &ordinary, INK_256, "\x1b[0m\n", true},
        {"COLORTERM", "foot", "truecolor", NULL, &ordinary, INK_256, "\x1b[0m\n", true},
        {"eight", "linux", NULL, NULL, &ordinary, INK_8, "\x1b[0m\n", true},
        {"a light theme", "xterm", NULL, "0;15", &ordinary, INK_8, "\x1b[0m\n", true},
        {"without colour", "xterm", NULL, NULL, &colorless, "", "\n", false},
        {"on dark", "xterm", NULL, "15;0", &colorless, "", "\n", false},
        {"on dark grey", "xterm", NULL, "7;8", &colorless, "", "\n", false},
        {"on light", "xterm", NULL, "0;15", &colorless, "", "\n", true},
        {"on light grey", "xterm", NULL, "0;default;7", &colorless, "", "\n", true},
        {"on whatever is usual", "xterm", NULL, "0;default", &colorless, "", "\n", false},
        {"on what is none", "xterm", NULL, "0;16", &colorless, "", "\n", false},
        {"on nothing", "xterm", NULL, "15", &colorless, "", "\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_qr_clear) struct loom_qr qr = LOOM_QR_INIT;
        (void)make_terminal(NULL);
        assert_int_equal(setenv("TERM", rows[i].term, 1), 0);
        if (rows[i].colorterm != NULL)
            assert_int_equal(setenv("COLORTERM", rows[i].colorterm, 1), 0);
        if (rows[i].colorfgbg != NULL)
            assert_int_equal(setenv("COLORFGBG", rows[i].colorfgbg, 1), 0);
        expect_equal(rows[i].what, prepare(rows[i].style, URL, BESIDE, &qr), LOOM_QR_FINE);
        read_picture(loom_buffer_text(&qr.picture), rows[i].begin, rows[i].end, rows[i].ink,
                     &drawn);
        assert_is_code_of(&drawn, URL);
        (void)remove_terminal(NULL);
    }
    (void)make_terminal(NULL);
}

static void draw_takes_the_live_line_away(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_qr_clear) struct loom_qr qr = LOOM_QR_INIT;
    static const char expected[] = "\r\x1b[K9:58\r\x1b[K" INK_256 "    ";
    char screen[sizeof expected - 1];
    struct loom_output output;
    assert_int_equal(prepare(&ordinary, URL, BESIDE, &qr), LOOM_QR_FINE);
    loom_output_open(&output, terminal.slave, &ordinary);
    loom_output_live(&output, "9:58");
    loom_qr_draw(&output, &qr);
    assert_false(output.has_failed);
    for (size_t len = 0; len < sizeof screen;) {
        ssize_t got = read(terminal.master, screen + len, sizeof screen - len);
        assert_true(got > 0);
        len += (size_t)got;
    }
    assert_memory_equal(screen, expected, sizeof screen);
}

/* ---- What is refused ---- */

/* UI-127: 33 columns and 17 rows, and what stands beside it. */
static void prepare_looks_for_room_for_all_of_it(void **state) {
    (void)state;
    static const struct {
        unsigned columns, rows, beside;
        enum loom_qr_refusal refusal;
    } rows[] = {
        {80, 24, 3, LOOM_QR_FINE},      {34, 20, 3, LOOM_QR_FINE}, {33, 20, 3, LOOM_QR_TOO_SMALL},
        {34, 19, 3, LOOM_QR_TOO_SMALL}, {34, 19, 2, LOOM_QR_FINE}, {1, 1, 0, LOOM_QR_TOO_SMALL},
        {80, 24, 8, LOOM_QR_TOO_SMALL}, {0, 0, 7, LOOM_QR_FINE}, /* 80 and 24 are taken */
        {0, 0, 8, LOOM_QR_TOO_SMALL},   {40, 24, 5, LOOM_QR_FINE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_qr_clear) struct loom_qr qr = LOOM_QR_INIT;
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        resize(rows[i].columns, rows[i].rows);
        expect_equal(what, prepare(&ordinary, URL, rows[i].beside, &qr), rows[i].refusal);
        expect_equal(what, qr.columns, 34);
        expect_equal(what, qr.rows, 17 + rows[i].beside);
        expect_equal(what, qr.picture.len > 0, rows[i].refusal == LOOM_QR_FINE);
    }
}

static void prepare_wants_a_terminal_that_obeys(void **state) {
    (void)state;
    static const struct loom_output_style plain = {.color = LOOM_COLOR_ALWAYS, .is_plain = true};
    static const struct loom_output_style colored = {.color = LOOM_COLOR_ALWAYS};
    LOOM_CLEANUP(loom_qr_clear) struct loom_qr qr = LOOM_QR_INIT;
    struct loom_output file;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    loom_output_open(&file, null, &colored);
    assert_int_equal(loom_qr_prepare(&file, URL, BESIDE, &qr), LOOM_QR_NO_TERMINAL);
    assert_int_equal(close(null), 0);
    assert_int_equal(prepare(&plain, URL, BESIDE, &qr), LOOM_QR_PLAIN);
    assert_int_equal(setenv("TERM", "dumb", 1), 0);
    assert_int_equal(prepare(&colored, URL, BESIDE, &qr), LOOM_QR_PLAIN);
    assert_int_equal(unsetenv("TERM"), 0);
    assert_int_equal(prepare(&ordinary, URL, BESIDE, &qr), LOOM_QR_PLAIN);
    assert_int_equal(qr.picture.len, 0);
}

static void set_utf8(bool is_utf8) {
    struct termios modes;
    assert_int_equal(tcgetattr(terminal.slave, &modes), 0);
    modes.c_iflag = is_utf8 ? modes.c_iflag | IUTF8 : modes.c_iflag & ~(tcflag_t)IUTF8;
    assert_int_equal(tcsetattr(terminal.slave, TCSANOW, &modes), 0);
}

static void put(const char *name, const char *value) {
    assert_int_equal(value != NULL ? setenv(name, value, 1) : unsetenv(name), 0);
}

/* UI-128 */
static void prepare_wants_a_terminal_that_shows_utf8(void **state) {
    (void)state;
    static const struct {
        const char *lc_all, *lc_ctype, *lang;
        bool says_so; /* the terminal */
        enum loom_qr_refusal refusal;
    } rows[] = {
        {NULL, NULL, "C.UTF-8", false, LOOM_QR_FINE},
        {NULL, NULL, "es_ES.utf8", false, LOOM_QR_FINE},
        {NULL, NULL, "ar_EG.UTF-8@x", false, LOOM_QR_FINE},
        {NULL, NULL, "ca_ES.utf-8@valencia", false, LOOM_QR_FINE},
        {NULL, NULL, "es_ES", false, LOOM_QR_FINE},
        {NULL, NULL, "es_ES.ISO-8859-1", true, LOOM_QR_NOT_UTF8},
        {NULL, NULL, "ja_JP.EUC-JP", true, LOOM_QR_NOT_UTF8},
        {NULL, NULL, "x.UTF-80", true, LOOM_QR_NOT_UTF8},
        {NULL, NULL, "x.UTF-8UTF-8", true, LOOM_QR_NOT_UTF8},
        {NULL, NULL, "x.", true, LOOM_QR_NOT_UTF8},
        {NULL, NULL, NULL, false, LOOM_QR_NOT_UTF8},
        {NULL, NULL, NULL, true, LOOM_QR_FINE},
        {NULL, NULL, "", true, LOOM_QR_FINE},
        {NULL, NULL, "C", true, LOOM_QR_FINE},
        {NULL, NULL, "POSIX", false, LOOM_QR_NOT_UTF8},
        {"C", NULL, "C.UTF-8", false, LOOM_QR_NOT_UTF8},
        {"", "en_US.ISO-8859-15", "C.UTF-8", false, LOOM_QR_NOT_UTF8},
        {"", "", "C.UTF-8", false, LOOM_QR_FINE},
        {"C.UTF-8", "en_US.ISO-8859-15", "C", false, LOOM_QR_FINE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_qr_clear) struct loom_qr qr = LOOM_QR_INIT;
        char what[16];
        (void)snprintf(what, sizeof what, "row %zu", i);
        put("LC_ALL", rows[i].lc_all);
        put("LC_CTYPE", rows[i].lc_ctype);
        put("LANG", rows[i].lang);
        set_utf8(rows[i].says_so);
        expect_equal(what, prepare(&ordinary, URL, BESIDE, &qr), rows[i].refusal);
    }
}

/* Longer than the largest code holds: 2953 bytes. */
static void prepare_of_a_text_that_no_code_holds_fails(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_qr_clear) struct loom_qr qr = LOOM_QR_INIT;
    static char text[TEXT_MAX];
    resize(400, 200);
    memset(text, 'a', 2953);
    assert_int_equal(prepare(&ordinary, text, BESIDE, &qr), LOOM_QR_FINE);
    text[2953] = 'a';
    loom_qr_clear(&qr);
    assert_int_equal(prepare(&ordinary, text, BESIDE, &qr), LOOM_QR_FAILED);
    assert_int_equal(prepare(&ordinary, "", BESIDE, &qr), LOOM_QR_FAILED);
    assert_int_equal(qr.picture.len, 0);
}

/* ---- The library ---- */

/* ENV-140 */
static void open_without_the_library_or_a_function_is_refused(void **state) {
    (void)state;
    struct loom_qrencode library = {.free = NULL};
    assert_int_equal(loom_qrencode_open("libqrencode.so.0", &library), LOOM_ERR_NOT_FOUND);
    assert_int_equal(loom_qrencode_open("libc.so.6", &library), LOOM_ERR_NOT_FOUND);
    assert_null(library.free);
    assert_int_equal(loom_qrencode_open(LOOM_QRENCODE_SONAME, &library), LOOM_OK);
    assert_true(library.free != NULL && library.encode_string != NULL);
}

#define TERMINAL_TEST(test) cmocka_unit_test_setup_teardown(test, make_terminal, remove_terminal)

int main(void) {
    const struct CMUnitTest tests[] = {
        TERMINAL_TEST(prepare_draws_what_the_library_says),
        TERMINAL_TEST(prepare_chooses_colours_that_can_be_scanned),
        TERMINAL_TEST(draw_takes_the_live_line_away),
        TERMINAL_TEST(prepare_looks_for_room_for_all_of_it),
        TERMINAL_TEST(prepare_wants_a_terminal_that_obeys),
        TERMINAL_TEST(prepare_wants_a_terminal_that_shows_utf8),
        TERMINAL_TEST(prepare_of_a_text_that_no_code_holds_fails),
        cmocka_unit_test(open_without_the_library_or_a_function_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
