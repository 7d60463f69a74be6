/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people where there is no terminal: a file, a pipe, a log. */
#include "terminal/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "support/expect.h"
#include "unit/base/heap_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAPER_SIZE = 512 * 1024 };

#define TEN "1234567 9 "
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static const struct loom_output_style ordinary = {.color = LOOM_COLOR_AUTO};

/* An output over a file in memory. */
static struct loom_output open_paper(const struct loom_output_style *style) {
    struct loom_output output;
    int fd = memfd_create("paper", MFD_CLOEXEC);
    assert_true(fd >= 0);
    loom_output_open(&output, fd, style);
    return output;
}

/* What stands on it; it is gone afterwards. */
static const char *read_paper(const struct loom_output *output) {
    static char paper[PAPER_SIZE];
    ssize_t len = pread(output->fd, paper, sizeof paper - 1, 0);
    assert_true(len >= 0);
    assert_int_equal(close(output->fd), 0);
    paper[len] = '\0';
    return paper;
}

static const char *print_text(const char *text) {
    struct loom_output output = open_paper(&ordinary);
    loom_output_text(&output, text);
    assert_false(output.has_failed);
    return read_paper(&output);
}

/* ---- Text ---- */

static void text_is_broken_at_blanks_within_80_columns(void **unused) {
    (void)unused;
    static const struct {
        const char *what, *text, *printed;
    } rows[] = {
        {"nothing", "", ""},
        {"a line end alone", "\n", "\n"},
        {"a short line gets its end", "Done.", "Done.\n"},
        {"a line end is not doubled", "Done.\n", "Done.\n"},
        {"empty lines stay", "a\n\nb\n\n", "a\n\nb\n\n"},
        {"79 columns stay whole", SEVENTY "123456789", SEVENTY "123456789\n"},
        {"80 columns do not", SEVENTY "1234567890",
         TEN TEN TEN TEN TEN TEN "1234567 9\n1234567890\n"},
        {"nor when more follows", SEVENTY "1234567890 more",
         TEN TEN TEN TEN TEN TEN "1234567 9\n1234567890 more\n"},
        {"the blank at the break goes", SEVENTY "123456789 more", SEVENTY "123456789\nmore\n"},
        {"three lines", SEVENTY SEVENTY SEVENTY "end",
         SEVENTY "1234567 9\n" SEVENTY "1234567 9\n" TEN TEN TEN TEN TEN "end\n"},
        {"a long word is not cut",
         "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456",
         "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456"
         "\n"},
        {"a long word stands alone",
         "to "
         "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456"
         " go",
         "to\n"
         "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456"
         "\ngo\n"},
        {"each line for itself", "a\n" SEVENTY "1234567890\nb",
         "a\n" TEN TEN TEN TEN TEN TEN "1234567 9\n1234567890\nb\n"},
        {"blanks inside stay", "a  b   c", "a  b   c\n"},
        {"many blanks at the break all go", SEVENTY "123456789    more",
         SEVENTY "123456789\nmore\n"},
        {"and what follows is still broken", SEVENTY "123456789  " SEVENTY "1234567890",
         SEVENTY "123456789\n" TEN TEN TEN TEN TEN TEN "1234567 9\n1234567890\n"},
        {"a blank at the end goes", "Done. ", "Done.\n"},
        {"blanks at the end of a long line go", SEVENTY "12345678    ", SEVENTY "12345678\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_text(rows[i].what, print_text(rows[i].text), rows[i].printed);
}

/* What a person is to copy: commands, paths, addresses. */
static void text_that_begins_with_a_blank_stays_as_it_is(void **unused) {
    (void)unused;
    static const char *const rows[] = {
        "    loom login --server https://loom.example.com\n",
        "    git config --global credential.https://a-very-long-name.loom.example.com/under/a/path"
        ".helper loom  and more\n",
        " " SEVENTY SEVENTY SEVENTY "end\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(print_text(rows[i]), rows[i]);
    assert_string_equal(print_text("Run:\n\n    loom help\n"), "Run:\n\n    loom help\n");
    /* less the blanks that nobody sees */
    assert_string_equal(print_text("    loom help  \n    \n"), "    loom help\n\n");
}

/* Columns, not bytes. */
static void text_in_other_scripts_is_measured_in_columns(void **unused) {
    (void)unused;
    /* ten columns each or eleven, in many more bytes */
#define SPANISH "sesi\xc3\xb3n \xc2\xa1s\xc3\xad "
#define ARABIC "\xd8\xb9\xd9\x86\xd9\x88\xd8\xa7\xd9\x86 \xd9\x84\xd9\x88\xd9\x85 "
#define CHINESE "\xe4\xbd\xa0\xe5\xa5\xbd \xe4\xb8\xad\xe6\x96\x87 "
#define COMBINED                                                                                   \
    "e\xcc\x81"                                                                                    \
    "a\xcc\x80o\xcc\x82 12345 "
    static const struct {
        const char *what, *part;
    } rows[] = {
        {"Spanish", SPANISH},
        {"Arabic", ARABIC},
        {"wide", CHINESE},
        {"combining", COMBINED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum { PARTS = 24 };
        char text[PARTS * 64] = "";
        size_t used = 0, lines = 0;
        for (size_t k = 0; k < PARTS; k++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", rows[i].part);
        /* No line is too long, and none but the last has room for one part more. */
        for (const char *line = print_text(text); *line != '\0'; lines++) {
            size_t len = strcspn(line, "\n");
            expect(rows[i].what, loom_text_columns(line, len) < 80);
            line += len + 1;
            expect(rows[i].what, *line == '\0' || loom_text_columns(line - len - 1, len) >= 70);
        }
        expect(rows[i].what, lines == 3 || lines == 4);
    }
}

/* A hostile or broken text is printed all the same, and to the end. */
static void text_with_anything_in_it_is_printed_whole(void **unused) {
    (void)unused;
    static char text[200 * 1024];
    uint32_t seed = 7;
    for (size_t len = 1; len < 2000; len += 37) {
        size_t ink = 0, printed_ink = 0;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525U + 1013904223U;
            text[i] = "ab\xc3\xa9 \xff  c\n"[(seed >> 8) % 10];
            ink += text[i] != ' ' && text[i] != '\n' ? 1 : 0;
        }
        text[len] = '\0';
        for (const char *c = print_text(text); *c != '\0'; c++)
            printed_ink += *c != ' ' && *c != '\n' ? 1 : 0;
        assert_int_equal(printed_ink, ink);
    }
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(strlen(print_text(text)), sizeof text);
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        text[i] = ' ';
    text[0] = 'x';
    assert_true(strlen(print_text(text)) >= sizeof text - 1);
}

/* ---- The rest ---- */

static void notice_is_text_that_quiet_drops(void **unused) {
    (void)unused;
    static const struct loom_output_style quiet = {.is_quiet = true};
    struct loom_output output = open_paper(&ordinary);
    loom_output_notice(&output, "Signed in.");
    assert_string_equal(read_paper(&output), "Signed in.\n");
    output = open_paper(&quiet);
    loom_output_notice(&output, "Signed in.");
    loom_output_text(&output, "loom: failed");
    loom_output_strong(&output, "123-456-789");
    loom_output_raw(&output, "{}", 2);
    assert_string_equal(read_paper(&output), "loom: failed\n   123-456-789\n{}");
}

static void strong_is_set_in_and_bold_only_in_colour(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        struct loom_output_style style;
        const char *printed;
    } rows[] = {
        {"auto", {.color = LOOM_COLOR_AUTO}, "   123-456-789\n"},
        {"never", {.color = LOOM_COLOR_NEVER}, "   123-456-789\n"},
        {"always", {.color = LOOM_COLOR_ALWAYS}, "   \x1b[1m123-456-789\x1b[0m\n"},
        {"plain", {.is_plain = true}, "   123-456-789\n"},
        {"plain beats always", {.color = LOOM_COLOR_ALWAYS, .is_plain = true}, "   123-456-789\n"},
        {"quiet", {.color = LOOM_COLOR_ALWAYS, .is_quiet = true}, "   \x1b[1m123-456-789\x1b[0m\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_output output = open_paper(&rows[i].style);
        assert_false(output.is_terminal);
        assert_false(output.has_live);
        loom_output_strong(&output, "123-456-789");
        expect_text(rows[i].what, read_paper(&output), rows[i].printed);
    }
}

/* However long: an address is copied whole. */
/* What a person waits for is shown in any case: nobody could approve a code that was not. */
static void strong_without_memory_is_plain(void **unused) {
    (void)unused;
    const struct loom_output_style colored = {.color = LOOM_COLOR_ALWAYS};
    struct loom_output output = open_paper(&colored);
    heap_fail_at(1);
    loom_output_strong(&output, "123-456-789");
    bool has_failed = heap_has_failed();
    heap_fail_at(0);
    assert_true(has_failed);
    assert_string_equal(read_paper(&output), "   123-456-789\n");
}

static void strong_is_never_broken(void **unused) {
    (void)unused;
    struct loom_output output = open_paper(&ordinary);
    loom_output_strong(&output, SEVENTY SEVENTY);
    assert_string_equal(read_paper(&output), "   " SEVENTY SEVENTY "\n");
}

static void raw_is_written_byte_by_byte(void **unused) {
    (void)unused;
    struct loom_output output = open_paper(&ordinary);
    loom_output_raw(&output, "a\0b\x1b\n", 5);
    loom_output_raw(&output, "", 0);
    assert_memory_equal(read_paper(&output), "a\0b\x1b\n", 6);
}

static void live_is_nothing_without_a_terminal(void **unused) {
    (void)unused;
    static const struct loom_output_style colored = {.color = LOOM_COLOR_ALWAYS};
    struct loom_output output = open_paper(&colored);
    loom_output_live(&output, "9:58");
    loom_output_live_end(&output);
    loom_output_text(&output, "Done.");
    assert_string_equal(read_paper(&output), "Done.\n");
}

/* ---- A stream that cannot be written ---- */

static void write_that_fails_is_remembered_and_not_repeated(void **unused) {
    (void)unused;
    struct loom_output output = open_paper(&ordinary);
    int paper = output.fd;
    output.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(output.fd >= 0);
    loom_output_text(&output, "lost");
    assert_true(output.has_failed);
    assert_int_equal(close(output.fd), 0);
    output.fd = paper; /* it would work again, but something is missing already */
    loom_output_text(&output, "late");
    loom_output_raw(&output, "late", 4);
    loom_output_strong(&output, "late");
    assert_string_equal(read_paper(&output), "");
    assert_true(output.has_failed);
}

static void write_to_what_is_closed_fails(void **unused) {
    (void)unused;
    struct loom_output output = open_paper(&ordinary);
    (void)read_paper(&output);
    output.fd = -1;
    assert_false(output.has_failed);
    loom_output_text(&output, "lost");
    assert_true(output.has_failed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_broken_at_blanks_within_80_columns),
        cmocka_unit_test(text_that_begins_with_a_blank_stays_as_it_is),
        cmocka_unit_test(text_in_other_scripts_is_measured_in_columns),
        cmocka_unit_test(text_with_anything_in_it_is_printed_whole),
        cmocka_unit_test(notice_is_text_that_quiet_drops),
        cmocka_unit_test(strong_is_set_in_and_bold_only_in_colour),
        cmocka_unit_test(strong_without_memory_is_plain),
        cmocka_unit_test(strong_is_never_broken),
        cmocka_unit_test(raw_is_written_byte_by_byte),
        cmocka_unit_test(live_is_nothing_without_a_terminal),
        cmocka_unit_test(write_that_fails_is_remembered_and_not_repeated),
        cmocka_unit_test(write_to_what_is_closed_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
