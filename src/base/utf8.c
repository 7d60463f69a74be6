/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/* RFC 3629 section 4, as a table: first byte range, length, and the least legal value. */
static const struct {
    unsigned char first, last;
    unsigned char len;
    unsigned char mask;
    uint32_t least;
} leads[] = {
    {0x00, 0x7f, 1, 0x7f, 0},
    {0xc2, 0xdf, 2, 0x1f, 0x80},
    {0xe0, 0xef, 3, 0x0f, 0x800},
    {0xf0, 0xf4, 4, 0x07, 0x10000},
};

size_t loom_utf8_next(const char *text, size_t len, uint32_t *out_character) {
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t row = 0; row < sizeof leads / sizeof leads[0] && len > 0; row++) {
        if (bytes[0] < leads[row].first || bytes[0] > leads[row].last)
            continue;
        if (len < leads[row].len)
            return 0;
        uint32_t character = bytes[0] & leads[row].mask;
        for (size_t i = 1; i < leads[row].len; i++) {
            if ((bytes[i] & 0xc0) != 0x80)
                return 0;
            character = character << 6 | (bytes[i] & 0x3f);
        }
        if (character < leads[row].least || character > 0x10ffff ||
            (character >= 0xd800 && character <= 0xdfff))
            return 0;
        *out_character = character;
        return leads[row].len;
    }
    return 0;
}
