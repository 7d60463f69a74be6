/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person sees: finished sentences on one stream, wrapped, with one live line at most.
 *
 *     struct loom_output err;
 *     loom_output_open(&err, STDERR_FILENO, &style);
 *     loom_output_text(&err, "Sign in to https://loom.example.com\n\n    loom login\n");
 *     loom_output_live(&err, "Waiting for your approval. 9:58");    // replaces itself
 *     loom_output_live_end(&err);                                  // before the program ends
 *
 * Text comes translated and printable (base/text.h) and goes out in full: lines are wrapped at
 * LOOM_OUTPUT_COLUMNS, sooner on a narrower terminal; a line that begins with a blank is to be
 * copied and stays as it is. Colour is used where `style` and the stream allow it; the text alone
 * says everything.
 *
 * A stream that cannot be written any more is remembered in has_failed: the caller decides whether
 * that matters (it does for what a command exists to print).
 */
#ifndef LOOM_TERMINAL_OUTPUT_H
#define LOOM_TERMINAL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { LOOM_OUTPUT_COLUMNS = 80 };

enum loom_color { LOOM_COLOR_AUTO, LOOM_COLOR_ALWAYS, LOOM_COLOR_NEVER };

struct loom_output_style {
    enum loom_color color; /* AUTO: on a terminal that is not dumb, unless NO_COLOR is set */
    bool is_plain;         /* append-only: no live line, no colour (LOOM_PLAIN, ACCESSIBLE) */
    bool is_quiet;         /* drop what is said with loom_output_notice() and the live line */
};

struct loom_output {
    int fd;
    bool is_terminal;
    bool has_color;
    bool has_escapes; /* a terminal that is not dumb, and nobody asked for plain lines */
    bool has_live;    /* a live line can be shown */
    bool is_quiet;
    bool is_live_open; /* the cursor stands behind a live line */
    bool has_failed;
};

void loom_output_open(struct loom_output *output, int fd, const struct loom_output_style *style);

/* Write text, wrapped, with a line end behind it if it has none. */
void loom_output_text(struct loom_output *output, const char *text);

/* The same, but not when the person asked for quiet. */
void loom_output_notice(struct loom_output *output, const char *text);

/* Write one line to be copied, set in and set off: "   123-456-789" in bold where there is colour.
 */
void loom_output_strong(struct loom_output *output, const char *text);

/* The same of an address, which can be clicked where the terminal is known to handle that. */
void loom_output_address(struct loom_output *output, const char *url);

/* Write bytes as they are: JSON, help, an answer to a program. */
void loom_output_raw(struct loom_output *output, const char *text, size_t len);

/* Has the terminal room for this as its live line? */
bool loom_output_fits(const struct loom_output *output, const char *text);

/* Show or replace the live line; cut to the width of the terminal. Nothing where none can be. */
void loom_output_live(struct loom_output *output, const char *text);

/* Take the live line away; what comes next begins on a fresh line. */
void loom_output_live_end(struct loom_output *output);

#endif
