/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/output.h"

#include "base/buffer.h"
#include "base/text.h"
#include "base/utf8.h"
#include "system/stream.h"
#include "terminal/link.h"

#include <stdlib.h>
#include <string.h>

/* Everything at once: the longest message of all is a help text. */
enum { TEXT_MAX = 256 * 1024 };

#define CLEAR_LINE "\r\x1b[K"
#define BOLD "\x1b[1m"
#define PLAIN "\x1b[0m"
#define MARGIN "   " /* before what is to be copied */

static bool is_set(const char *variable) {
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0';
}

static bool is_dumb(void) {
    const char *term = getenv("TERM");
    return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

void loom_output_open(struct loom_output *output, int fd, const struct loom_output_style *style) {
    bool is_terminal = loom_stream_is_terminal(fd);
    bool can_escape = is_terminal && !is_dumb() && !style->is_plain;
    *output = (struct loom_output){
        .fd = fd,
        .is_terminal = is_terminal,
        .has_color = !style->is_plain &&
                     (style->color == LOOM_COLOR_ALWAYS ||
                      (style->color == LOOM_COLOR_AUTO && can_escape && !is_set("NO_COLOR"))),
        .has_escapes = can_escape,
        .has_live = can_escape && !style->is_quiet,
        .is_quiet = style->is_quiet,
    };
}

void loom_output_raw(struct loom_output *output, const char *text, size_t len) {
    if (!output->has_failed && loom_stream_write(output->fd, text, len, NULL) != LOOM_OK)
        output->has_failed = true;
}

/* Asked each time: a terminal may be resized while we wait. */
static size_t columns_of(const struct loom_output *output) {
    return output->is_terminal ? loom_stream_columns(output->fd) : LOOM_OUTPUT_COLUMNS;
}

/* Long lines are hard to read, so text stays narrow on a wide terminal. */
static size_t width_of(const struct loom_output *output) {
    size_t columns = columns_of(output);
    return columns < LOOM_OUTPUT_COLUMNS ? columns : LOOM_OUTPUT_COLUMNS;
}

/* Where to break `line` (of `len` bytes) so that it fits: behind the last blank that does. */
static size_t break_at(const char *line, size_t len, size_t width) {
    size_t fitting = 0;
    for (size_t i = 0; i < len; i++) {
        if (line[i] != ' ')
            continue;
        if (fitting > 0 && loom_text_columns(line, i) >= width)
            return fitting;
        fitting = i + 1;
    }
    return fitting > 0 && loom_text_columns(line, len) >= width ? fitting : len;
}

/* `len` less the blanks at the end. */
static size_t ink_of(const char *line, size_t len) {
    while (len > 0 && line[len - 1] == ' ')
        len--;
    return len;
}

/* The blanks at which a line is broken go: a part that began with one would look like a copy. */
static enum loom_err add_wrapped_line(struct loom_buffer *out, const char *line, size_t len,
                                      size_t width) {
    bool is_copied = len > 0 && line[0] == ' ';
    enum loom_err err = LOOM_OK;
    while (!is_copied && err == LOOM_OK && len > 0) {
        size_t part = break_at(line, len, width);
        err = loom_buffer_add(out, line, ink_of(line, part));
        part += strspn(line + part, " ");
        line += part;
        len -= part;
        if (err == LOOM_OK && len > 0)
            err = loom_buffer_add_text(out, "\n");
    }
    if (err == LOOM_OK)
        err = loom_buffer_add(out, line, ink_of(line, len));
    return err == LOOM_OK ? loom_buffer_add_text(out, "\n") : err;
}

/* Without memory to break lines: long ones are better than none. */
static void write_as_it_is(struct loom_output *output, const char *text) {
    size_t len = strlen(text);
    loom_output_raw(output, text, len);
    if (len > 0 && text[len - 1] != '\n')
        loom_output_raw(output, "\n", 1);
}

void loom_output_text(struct loom_output *output, const char *text) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(TEXT_MAX);
    size_t width = width_of(output);
    const char *whole = text;
    enum loom_err err = LOOM_OK;
    loom_output_live_end(output);
    while (*text != '\0' && err == LOOM_OK) {
        size_t len = strcspn(text, "\n");
        err = add_wrapped_line(&out, text, len, width);
        text += text[len] == '\n' ? len + 1 : len;
    }
    if (err == LOOM_OK)
        loom_output_raw(output, loom_buffer_text(&out), out.len);
    else
        write_as_it_is(output, whole);
}

void loom_output_notice(struct loom_output *output, const char *text) {
    if (!output->is_quiet)
        loom_output_text(output, text);
}

/* Without memory for more: nobody could do what cannot be seen. */
static void write_unadorned(struct loom_output *output, const char *text) {
    loom_output_raw(output, MARGIN, strlen(MARGIN));
    write_as_it_is(output, text);
}

/* A link leads to its own text. */
static void write_strong(struct loom_output *output, const char *text, bool is_link) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(TEXT_MAX);
    const char *const parts[] = {
        MARGIN,
        output->has_color ? BOLD : "",
        is_link ? LOOM_LINK_BEGIN : "",
        is_link ? text : "",
        is_link ? LOOM_LINK_MIDDLE : "",
        text,
        is_link ? LOOM_LINK_END : "",
        output->has_color ? PLAIN : "",
        "\n",
    };
    loom_output_live_end(output);
    enum loom_err err = LOOM_OK;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && err == LOOM_OK; i++)
        err = loom_buffer_add_text(&out, parts[i]);
    if (err == LOOM_OK)
        loom_output_raw(output, loom_buffer_text(&out), out.len);
    else
        write_unadorned(output, text);
}

void loom_output_strong(struct loom_output *output, const char *text) {
    write_strong(output, text, false);
}

void loom_output_address(struct loom_output *output, const char *url) {
    write_strong(output, url,
                 output->has_escapes && loom_link_is_known() && loom_link_is_safe(url));
}

/* How many bytes of `text` take at most `columns`. */
static size_t bytes_within(const char *text, size_t columns) {
    size_t len = strlen(text), at = 0;
    while (at < len) {
        uint32_t character;
        size_t used = loom_utf8_next(text + at, len - at, &character);
        used = used == 0 ? 1 : used;
        if (loom_text_columns(text, at + used) > columns)
            break;
        at += used;
    }
    return at;
}

bool loom_output_fits(const struct loom_output *output, const char *text) {
    return loom_text_columns(text, strlen(text)) < columns_of(output);
}

void loom_output_live(struct loom_output *output, const char *text) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(TEXT_MAX);
    if (!output->has_live)
        return;
    size_t columns = columns_of(output);
    if (loom_buffer_add_text(&out, CLEAR_LINE) != LOOM_OK ||
        loom_buffer_add(&out, text, bytes_within(text, columns > 1 ? columns - 1 : 1)) != LOOM_OK)
        return;
    output->is_live_open = true;
    loom_output_raw(output, loom_buffer_text(&out), out.len);
}

void loom_output_live_end(struct loom_output *output) {
    if (!output->is_live_open)
        return;
    output->is_live_open = false;
    loom_output_raw(output, CLEAR_LINE, strlen(CLEAR_LINE));
}
