/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/qr.h"

#include "base/text.h"
#include "system/stream.h"
#include "terminal/qr_priv.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN "\x1b[0m"

/* Black on white out of the 256 colours, which no theme changes; else of the eight that all have.
 */
#define INK_OF_256 "\x1b[38;5;16;48;5;231m"
#define INK_OF_8 "\x1b[30;47m"

/* ---- The terminal ---- */

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The locale of characters, as setlocale(3) would choose it; NULL: none. */
static const char *locale(void) {
    const char *value = variable("LC_ALL");
    if (value == NULL)
        value = variable("LC_CTYPE");
    return value != NULL ? value : variable("LANG");
}

/*
 * A locale that names a charset knows. One without counts as UTF-8, as everywhere here; where there
 * is none at all, as in a container, the terminal itself may tell.
 */
static bool is_utf8(const struct loom_output *output) {
    const char *name = locale();
    if (name == NULL || strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0)
        return loom_stream_is_utf8(output->fd);
    const char *charset = strchr(name, '.');
    if (charset == NULL)
        return true;
    char word[8] = "";
    for (size_t i = 0; i + 1 < sizeof word && charset[i + 1] != '\0' && charset[i + 1] != '@'; i++)
        word[i] = charset[i + 1];
    return loom_ascii_is_equal_nocase(word, "UTF-8") || loom_ascii_is_equal_nocase(word, "UTF8");
}

static bool has_256_colors(void) {
    const char *term = variable("TERM");
    return variable("COLORTERM") != NULL || (term != NULL && strstr(term, "256color") != NULL);
}

/* COLORFGBG is "foreground;background", perhaps with a word between; 7 and 9 to 15 are light. */
static bool is_light_background(void) {
    const char *colors = variable("COLORFGBG");
    const char *last = colors != NULL ? strrchr(colors, ';') : NULL;
    uint64_t number;
    return last != NULL && loom_text_parse_number(last + 1, strlen(last + 1), 15, &number) &&
           (number == 7 || number > 8);
}

/* ---- The picture ---- */

/* The code with its quiet zone. */
struct square {
    const QRcode *code;
    unsigned side; /* modules */
};

static bool is_dark(const struct square *square, unsigned x, unsigned y) {
    unsigned width = square->side - 2 * LOOM_QR_QUIET;
    if (x < LOOM_QR_QUIET || y < LOOM_QR_QUIET || x - LOOM_QR_QUIET >= width ||
        y - LOOM_QR_QUIET >= width)
        return false;
    return (square->code->data[(y - LOOM_QR_QUIET) * width + (x - LOOM_QR_QUIET)] & 1) != 0;
}

/* Two rows of modules. `ink` says which modules are drawn: the dark ones, or the light ones. */
static enum loom_err add_row(const struct square *square, unsigned y, bool ink,
                             struct loom_buffer *out) {
    static const char *const blocks[2][2] = {{" ", "\u2584"}, {"\u2580", "\u2588"}};
    enum loom_err err = LOOM_OK;
    for (unsigned x = 0; x < square->side && err == LOOM_OK; x++) {
        bool upper = is_dark(square, x, y) == ink;
        bool lower = is_dark(square, x, y + 1) == ink;
        err = loom_buffer_add_text(out, blocks[upper][lower]);
    }
    return err;
}

/* The colours end before the line does, or the terminal would fill what lies behind with them. */
static enum loom_err add_picture(const struct square *square, const struct loom_output *output,
                                 struct loom_buffer *out) {
    const char *ink = !output->has_color ? "" : has_256_colors() ? INK_OF_256 : INK_OF_8;
    const char *end = output->has_color ? PLAIN "\n" : "\n";
    bool draws_dark = output->has_color || is_light_background();
    enum loom_err err = LOOM_OK;
    for (unsigned y = 0; y < square->side && err == LOOM_OK; y += 2) {
        err = loom_buffer_add_text(out, ink);
        if (err == LOOM_OK)
            err = add_row(square, y, draws_dark, out);
        if (err == LOOM_OK)
            err = loom_buffer_add_text(out, end);
    }
    return err;
}

/* One column stays free: a terminal may move on to the next line behind the last one. */
static bool does_fit(const struct loom_output *output, const struct loom_qr *qr) {
    return loom_stream_columns(output->fd) >= qr->columns &&
           loom_stream_rows(output->fd) >= qr->rows;
}

static enum loom_qr_refusal judge(const struct loom_output *output) {
    if (!output->is_terminal)
        return LOOM_QR_NO_TERMINAL;
    if (!output->has_escapes)
        return LOOM_QR_PLAIN;
    return is_utf8(output) ? LOOM_QR_FINE : LOOM_QR_NOT_UTF8;
}

static enum loom_qr_refusal picture(const struct loom_output *output, const QRcode *code,
                                    unsigned rows_beside, struct loom_qr *qr) {
    struct square square = {code, (unsigned)code->width + 2 * LOOM_QR_QUIET};
    qr->columns = square.side + 1;
    qr->rows = (square.side + 1) / 2 + rows_beside;
    if (!does_fit(output, qr))
        return LOOM_QR_TOO_SMALL;
    return add_picture(&square, output, &qr->picture) == LOOM_OK ? LOOM_QR_FINE : LOOM_QR_FAILED;
}

enum loom_qr_refusal loom_qr_prepare(const struct loom_output *output, const char *text,
                                     unsigned rows_beside, struct loom_qr *qr) {
    struct loom_qrencode library;
    enum loom_qr_refusal refusal = judge(output);
    if (refusal != LOOM_QR_FINE)
        return refusal;
    if (loom_qrencode_open(LOOM_QRENCODE_SONAME, &library) != LOOM_OK)
        return LOOM_QR_NO_LIBRARY;
    /* A screen has no dirt on it: the least correction makes the fewest and largest modules. */
    QRcode *code = library.encode_string(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (code == NULL)
        return LOOM_QR_FAILED;
    refusal = picture(output, code, rows_beside, qr);
    library.free(code);
    return refusal;
}

void loom_qr_draw(struct loom_output *output, const struct loom_qr *qr) {
    loom_output_live_end(output);
    loom_output_raw(output, qr->picture.data, qr->picture.len);
}

void loom_qr_clear(struct loom_qr *qr) {
    loom_buffer_clear(&qr->picture);
}
