/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sentences on a terminal of any width: the first byte is the width, then comes the text. No blank
 * apart from those at which a line is broken goes, no line is wider than it must be, and a line to
 * be copied stays in one piece.
 */
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "system/stream.h"
#include "terminal/output.h"

#include <stdlib.h>
#include <string.h>

enum { WRITTEN_MAX = 1024 * 1024 };

/* ---- A terminal that is none ---- */

static unsigned width;
static struct loom_buffer written = LOOM_BUFFER_INIT(WRITTEN_MAX);

enum loom_err loom_stream_write(int fd, const void *bytes, size_t len, struct loom_error *error) {
    (void)fd;
    (void)error;
    return loom_buffer_add(&written, bytes, len);
}

bool loom_stream_is_terminal(int fd) {
    (void)fd;
    return true;
}

unsigned loom_stream_columns(int fd) {
    (void)fd;
    return width;
}

/* ---- What is checked ---- */

static bool is_blank(char c) {
    return c == ' ' || c == '\n';
}

/* Blanks and line ends aside, every byte is there, in its order. */
static void check_ink(const char *text) {
    const char *out = loom_buffer_text(&written);
    for (;;) {
        while (is_blank(*text))
            text++;
        while (is_blank(*out))
            out++;
        FUZZ_CHECK(*text == *out);
        if (*text == '\0')
            return;
        text++;
        out++;
    }
}

static void check_lines(void) {
    struct fuzz_input out = {loom_buffer_text(&written), written.len};
    size_t most = width < LOOM_OUTPUT_COLUMNS ? width : LOOM_OUTPUT_COLUMNS;
    FUZZ_CHECK(out.len == 0 || out.at[out.len - 1] == '\n');
    while (out.len > 0) {
        struct fuzz_input line = fuzz_take_line(&out);
        if (line.len == 0 || line.at[0] == ' ')
            continue;
        FUZZ_CHECK(line.at[line.len - 1] != ' ');
        bool has_blank = memchr(line.at, ' ', line.len) != NULL;
        FUZZ_CHECK(!has_blank || loom_text_columns(line.at, line.len) < most);
    }
}

/* Lines to be copied: each whole, if less the blanks at its end. */
static void check_copies(const char *text) {
    struct fuzz_input in = {text, strlen(text)};
    while (in.len > 0) {
        struct fuzz_input line = fuzz_take_line(&in);
        while (line.len > 0 && line.at[line.len - 1] == ' ')
            line.len--;
        if (line.len == 0 || line.at[0] != ' ')
            continue;
        FUZZ_CHECK(memmem(written.data, written.len, line.at, line.len) != NULL);
    }
}

static void check_live(struct loom_output *output, const char *text) {
    static const char clear[] = "\r\x1b[K";
    loom_buffer_reset(&written);
    loom_output_live(output, text);
    size_t len = written.len - (sizeof clear - 1);
    const char *shown = written.data + sizeof clear - 1;
    FUZZ_CHECK(strncmp(written.data, clear, sizeof clear - 1) == 0);
    FUZZ_CHECK(strncmp(shown, text, len) == 0);
    FUZZ_CHECK(loom_text_columns(shown, len) <= (width > 1 ? width - 1 : 1));
    FUZZ_CHECK(loom_output_fits(output, text) || len < strlen(text) || len == 0 ||
               loom_text_columns(text, len) >= width);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len < 4096 ? len : 4096);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(WRITTEN_MAX);
    struct loom_output output = {.fd = 1, .is_terminal = true, .has_live = true};
    width = fuzz_take_byte(&input) + 1U;
    /* As everywhere, what comes is printable, line by line. */
    while (input.len > 0) {
        struct fuzz_input line = fuzz_take_line(&input);
        FUZZ_CHECK(loom_text_add_printable(&text, line.at, line.len) == LOOM_OK);
        FUZZ_CHECK(input.len == 0 || loom_buffer_add_text(&text, "\n") == LOOM_OK);
    }
    loom_buffer_reset(&written);
    loom_output_text(&output, loom_buffer_text(&text));
    FUZZ_CHECK(!output.has_failed);
    check_ink(loom_buffer_text(&text));
    check_lines();
    check_copies(loom_buffer_text(&text));
    struct fuzz_input whole = {loom_buffer_text(&text), text.len};
    struct fuzz_input first = fuzz_take_line(&whole);
    char *live = fuzz_string(first);
    check_live(&output, live);
    free(live);
    return 0;
}
