/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/locale.h"
#include "base/utf8.h"

#include <string.h>
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
    {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},    {0x034f, 0x034f},
    {0x061c, 0x061c},   {0x115f, 0x1160},   {0x17b4, 0x17b5},    {0x180b, 0x180f},
    {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},    {0x3164, 0x3164},
    {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},    {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},    {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
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

/* wcwidth knows only what LC_CTYPE can spell; an unknown character counts as one. */
static size_t width_of(uint32_t character) {
    if (character < 0x80)
        return 1;
    struct loom_locale before = loom_locale_enter_utf8();
    int width = wcwidth((wchar_t)character);
    loom_locale_leave(&before);
    return width < 0 ? 1 : (size_t)width;
}

size_t loom_text_columns(const char *text, size_t len) {
    size_t columns = 0;
    while (len > 0) {
        uint32_t character;
        size_t used = loom_utf8_next(text, len, &character);
        columns += used > 0 ? width_of(character) : 1;
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

static void put_digits(int64_t number, size_t count, char *out_digits) {
    for (size_t i = count; i > 0; i--, number /= 10)
        out_digits[i - 1] = (char)('0' + number % 10);
}

/*
 * The Gregorian calendar by arithmetic, since a time_t may have 32 bits. The year is taken to begin
 * in March, which puts the leap day at its end; 146097 days are 400 years.
 */
static void format_day(int64_t epoch_day, char out_day[static sizeof "2026-01-31"]) {
    int64_t day = epoch_day + 719468; /* since 0000-03-01 */
    int64_t era = (day >= 0 ? day : day - 146096) / 146097;
    int64_t of_era = day - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * of_year + 2) / 153;
    int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
    int64_t of_month = of_year - (153 * march_month + 2) / 5 + 1;
    put_digits(year, 4, out_day);
    put_digits(month, 2, out_day + 5);
    put_digits(of_month, 2, out_day + 8);
}

void loom_text_format_utc(int64_t epoch_s, char out_text[static LOOM_UTC_SIZE]) {
    static const int64_t least = -62167219200, most = 253402300799, a_day = 86400;
    int64_t when = epoch_s < least ? least : epoch_s > most ? most : epoch_s;
    int64_t of_day = ((when % a_day) + a_day) % a_day;
    memcpy(out_text, "0000-00-00T00:00:00Z", LOOM_UTC_SIZE);
    format_day((when - of_day) / a_day, out_text);
    put_digits(of_day / 3600, 2, out_text + strlen("0000-00-00T"));
    put_digits(of_day / 60 % 60, 2, out_text + strlen("0000-00-00T00:"));
    put_digits(of_day % 60, 2, out_text + strlen("0000-00-00T00:00:"));
}
