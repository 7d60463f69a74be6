/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libqrencode, opened when it is first needed. Only for qr.c and its tests.
 *
 *     struct loom_qrencode library;
 *     if (loom_qrencode_open(LOOM_QRENCODE_SONAME, &library) != LOOM_OK) ...
 *     QRcode *code = library.encode_string(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
 *     library.free(code);
 *
 * Hardly anybody asks for a QR code, so nothing here links it: a program that does not need it
 * starts without it, and a machine may do without it. Its functions are bound by name, both or
 * none, and a note in the ELF file tells packagers what is going to be opened. It is never closed
 * again.
 */
#ifndef LOOM_TERMINAL_QR_PRIV_H
#define LOOM_TERMINAL_QR_PRIV_H

#include "base/error.h"

#include <qrencode.h>

#define LOOM_QRENCODE_SONAME "libqrencode.so.4"

/* As qrencode.h has them. */
struct loom_qrencode {
    __typeof__(QRcode_encodeString) *encode_string;
    __typeof__(QRcode_free) *free;
};

/* LOOM_ERR_NOT_FOUND: it is missing, or lacks a function. */
LOOM_CHECKED enum loom_err loom_qrencode_open(const char *soname,
                                              struct loom_qrencode *out_library);

#endif
