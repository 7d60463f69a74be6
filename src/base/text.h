/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text without a locale, and the one door for text that is not ours.
 *
 * Whatever a server, a file, a keyring or git handed over is shown only after
 * loom_text_add_printable(); nothing else makes it fit for a terminal or a log.
 * The character classes are ASCII whatever the locale says: under a Turkish one
 * strcasecmp() changes its mind about "I".
 */
#ifndef LOOM_BASE_TEXT_H
#define LOOM_BASE_TEXT_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool loom_ascii_is_digit(char c);
bool loom_ascii_is_alnum(char c);
char loom_ascii_lower(char c);
bool loom_ascii_is_equal_nocase(const char *a, const char *b);

/* Are these `len` bytes 1 to `max` printable ASCII characters (0x20-0x7e), not only spaces? */
bool loom_text_is_printable_ascii(const char *text, size_t len, size_t max);

/* Are these `len` bytes well-formed UTF-8 (RFC 3629)? */
bool loom_text_is_utf8(const char *text, size_t len);

/* Is this none of: C0, DEL, C1, bidirectional control, line separator, invisible, of private use?
 */
bool loom_text_is_printable(uint32_t character);

/*
 * Append `len` bytes of untrusted text to `out` in a form that is safe to show: well-formed UTF-8
 * stays, and every character that loom_text_is_printable() refuses and every byte that is not UTF-8
 * becomes \xNN, byte by byte.
 */
LOOM_CHECKED enum loom_err loom_text_add_printable(struct loom_buffer *out, const char *text,
                                                   size_t len);

/* Columns that well-formed UTF-8 text takes on a terminal: combining marks 0, wide ones 2. */
size_t loom_text_columns(const char *text, size_t len);

/*
 * Read a whole string of 1 to 19 decimal digits, at most `max`. Returns false, and leaves
 * *out_number alone, for anything else: signs, blanks, other digits.
 */
bool loom_text_parse_number(const char *text, size_t len, uint64_t max, uint64_t *out_number);

/* Write `len` bytes as lower-case hex, 2 * len characters and a NUL. */
void loom_text_format_hex(const unsigned char *bytes, size_t len, char *out_hex);

enum { LOOM_UTC_SIZE = sizeof "2026-01-31T23:59:59Z" };

/* RFC 3339 in UTC. Times outside the years 0 to 9999 give the nearest of them. */
void loom_text_format_utc(int64_t epoch_s, char out_text[static LOOM_UTC_SIZE]);

#endif
