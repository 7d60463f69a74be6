/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One character of UTF-8 at a time (RFC 3629).
 *
 *     while (left > 0) {
 *         uint32_t character;
 *         size_t used = loom_utf8_next(text, left, &character);
 *         if (used == 0) ...            // the first byte is not the start of a character
 *     }
 *
 * Overlong forms, surrogates and anything above U+10FFFF are not characters.
 */
#ifndef LOOM_BASE_UTF8_H
#define LOOM_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { LOOM_UTF8_MAX = 4 }; /* bytes a character */

/* Read one character from `len` bytes. Returns the bytes used, or 0 when they begin with none. */
size_t loom_utf8_next(const char *text, size_t len, uint32_t *out_character);

#endif
