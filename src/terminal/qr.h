/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address as a QR code (ISO/IEC 18004), for the camera of a phone, drawn with half blocks: two
 * modules to a character, with the quiet zone of four modules that the standard asks for.
 *
 *     struct loom_qr qr = LOOM_QR_INIT;
 *     enum loom_qr_refusal why = loom_qr_prepare(&cli->err, page_url, 3, &qr);
 *     if (why == LOOM_QR_FINE)
 *         loom_qr_draw(&cli->err, &qr);
 *     loom_qr_clear(&qr);
 *
 * Drawn is only what can be scanned: at a terminal that obeys escape sequences, says that its text
 * is UTF-8, and has room for the whole of it. Where colour is allowed it is black on white,
 * whatever the colours of the terminal are. Without, the blocks are the light modules, for most
 * terminals are dark, and the dark ones where COLORFGBG says that the background is light; where
 * that guess is wrong the colours are exchanged, which phones read as well.
 *
 * The lines hold blanks and blocks alone, which have no direction of their own: a terminal that
 * orders text in right-to-left scripts leaves them as they are.
 */
#ifndef LOOM_TERMINAL_QR_H
#define LOOM_TERMINAL_QR_H

#include "base/buffer.h"
#include "terminal/output.h"

enum {
    LOOM_QR_QUIET = 4,                /* light modules around it */
    LOOM_QR_PICTURE_MAX = 256 * 1024, /* bytes: the largest code has 177 modules each way */
};

/* Why there is none. */
enum loom_qr_refusal {
    LOOM_QR_FINE,
    LOOM_QR_NO_TERMINAL,
    LOOM_QR_PLAIN, /* a dumb terminal, or plain lines were asked for */
    LOOM_QR_NOT_UTF8,
    LOOM_QR_NO_LIBRARY,
    LOOM_QR_TOO_SMALL, /* the terminal; `columns` and `rows` would do */
    LOOM_QR_FAILED,    /* no memory, or the text is too long for any */
};

struct loom_qr {
    struct loom_buffer picture; /* finished lines */
    unsigned columns, rows;     /* what the terminal needs, with the rows beside it */
};

#define LOOM_QR_INIT                                                                               \
    { .picture = LOOM_BUFFER_INIT(LOOM_QR_PICTURE_MAX) }

/*
 * Make the picture of `text`. `rows_beside` are to stay on the screen together with it. With
 * LOOM_QR_TOO_SMALL the measures are set all the same.
 */
enum loom_qr_refusal loom_qr_prepare(const struct loom_output *output, const char *text,
                                     unsigned rows_beside, struct loom_qr *qr);

void loom_qr_draw(struct loom_output *output, const struct loom_qr *qr);

void loom_qr_clear(struct loom_qr *qr);

#endif
