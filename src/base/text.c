/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

bool loom_ascii_is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool loom_ascii_is_alnum(char c) {
    char lower = loom_ascii_lower(c);
    return loom_ascii_is_digit(c) || (lower >= 'a' && lower <= 'z');
}

char loom_ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool loom_ascii_is_equal_nocase(const char *a, const char *b) {
    for (; *a != '\0' && loom_ascii_lower(*a) == loom_ascii_lower(*b); a++, b++)
        ;
    return *a == '\0' && *b == '\0';
}

bool loom_text_is_printable_ascii(const char *text, size_t len, size_t max) {
    bool has_ink = false;
    if (len == 0 || len > max)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
        has_ink = has_ink || text[i] != ' ';
    }
    return has_ink;
}

bool loom_text_is_utf8(const char *text, size_t len) {
    while (len > 0) {
        uint32_t character;
        size_t used = loom_utf8_next(text, len, &character);
        if (used == 0)
            return false;
        text += used;
        len -= used;
    }
    return true;
}

/* Characters that are well-formed but move the cursor, turn the line round, or cannot be seen. */
static const struct {
    uint32_t first, last;
} unprintable[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad},   {0x061c, 0x061c},   {0x115f, 0x1160},
    {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164}, {0xd800, 0xf8ff}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

bool loom_text_is_printable(uint32_t character) {
    for (size_t i = 0; i < sizeof unprintable / sizeof unprintable[0]; i++)
        if (character >= unprintable[i].first && character <= unprintable[i].last)
            return false;
    return true;
}

enum loom_err loom_text_add_printable(struct loom_buffer *out, const char *text, size_t len) {
    size_t before = out->len;
    while (len > 0) {
        uint32_t character;
        size_t used = loom_utf8_next(text, len, &character);
        enum loom_err err = LOOM_OK;
        if (used > 0 && loom_text_is_printable(character)) {
            err = loom_buffer_add(out, text, used);
        } else {
            used = used == 0 ? 1 : used;
            for (size_t i = 0; i < used && err == LOOM_OK; i++)
                err = loom_buffer_add_format(out, "\\x%02x", (unsigned char)text[i]);
        }
        if (err != LOOM_OK) {
            loom_buffer_cut(out, before);
            return err;
        }
        text += used;
        len -= used;
    }
    return LOOM_OK;
}

size_t loom_text_columns(const char *text, size_t len) {
    size_t columns = 0;
    while (len > 0) {
        uint32_t character;
        size_t used = loom_utf8_next(text, len, &character);
        /* wcwidth knows only what LC_CTYPE can spell; an unknown character counts as one. */
        int width = used > 0 ? wcwidth((wchar_t)character) : 1;
        columns += width < 0 ? 1 : (size_t)width;
        used = used == 0 ? 1 : used;
        text += used;
        len -= used;
    }
    return columns;
}

bool loom_text_parse_number(const char *text, size_t len, uint64_t max, uint64_t *out_number) {
    uint64_t number = 0;
    if (len == 0 || len > 19)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!loom_ascii_is_digit(text[i]))
            return false;
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    if (number > max)
        return false;
    *out_number = number;
    return true;
}

void loom_text_format_hex(const unsigned char *bytes, size_t len, char *out_hex) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out_hex[2 * i] = digits[bytes[i] >> 4];
        out_hex[2 * i + 1] = digits[bytes[i] & 0x0f];
    }
    out_hex[2 * len] = '\0';
}

void loom_text_format_utc(int64_t epoch_s, char out_text[static LOOM_UTC_SIZE]) {
    static const int64_t least = -62167219200, most = 253402300799;
    time_t when = (time_t)(epoch_s < least ? least : epoch_s > most ? most : epoch_s);
    struct tm utc = {0};
    (void)gmtime_r(&when, &utc);
    (void)strftime(out_text, LOOM_UTC_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (utc.tm_year < -900) /* glibc's %Y does not pad */
        (void)snprintf(out_text, LOOM_UTC_SIZE, "%s", "0000-01-01T00:00:00Z");
}
