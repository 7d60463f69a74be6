/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every reading of the vault decodes all that it holds, and OpenSSL is not opened for that: its
 * decoder takes blanks, missing padding and stray bits besides, which are no canonical base64.
 */
#include "crypto/crypto.h"

#include <string.h>

enum { PLAIN_SIZE = 3 * 256, CODED_SIZE = PLAIN_SIZE / 3 * 4 }; /* one turn of the loops */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- Encoding ---- */

/* One to three bytes to four characters. */
static void encode_group(const unsigned char *bytes, size_t len, char out_text[static 4]) {
    unsigned group = (unsigned)bytes[0] << 16 | (len > 1 ? (unsigned)bytes[1] << 8 : 0U) |
                     (len > 2 ? (unsigned)bytes[2] : 0U);
    for (size_t i = 0; i < 4; i++)
        out_text[i] = i <= len ? alphabet[group >> (18 - 6 * i) & 63] : '=';
}

enum loom_err loom_base64_add(struct loom_buffer *out, struct loom_bytes bytes) {
    const unsigned char *at = bytes.data;
    size_t left = bytes.len, before = out->len;
    enum loom_err err = LOOM_OK;
    while (left > 0 && err == LOOM_OK) {
        char coded[CODED_SIZE];
        size_t len = left < PLAIN_SIZE ? left : PLAIN_SIZE, coded_len = 0;
        for (size_t i = 0; i < len; i += 3, coded_len += 4)
            encode_group(at + i, len - i < 3 ? len - i : 3, coded + coded_len);
        err = loom_buffer_add(out, coded, coded_len);
        at += len;
        left -= len;
    }
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}

/* ---- Decoding ---- */

/* The alphabet the other way round: what each byte stands for, with this bit set; 0: nothing. */
enum { KNOWN = 0x40, VALUE = 0x3f };

#define FROM(first) (KNOWN | (first))
/* clang-format off */
static const unsigned char values[256] = {
    ['A'] = FROM(0), ['B'] = FROM(1), ['C'] = FROM(2), ['D'] = FROM(3), ['E'] = FROM(4),
    ['F'] = FROM(5), ['G'] = FROM(6), ['H'] = FROM(7), ['I'] = FROM(8), ['J'] = FROM(9),
    ['K'] = FROM(10), ['L'] = FROM(11), ['M'] = FROM(12), ['N'] = FROM(13), ['O'] = FROM(14),
    ['P'] = FROM(15), ['Q'] = FROM(16), ['R'] = FROM(17), ['S'] = FROM(18), ['T'] = FROM(19),
    ['U'] = FROM(20), ['V'] = FROM(21), ['W'] = FROM(22), ['X'] = FROM(23), ['Y'] = FROM(24),
    ['Z'] = FROM(25), ['a'] = FROM(26), ['b'] = FROM(27), ['c'] = FROM(28), ['d'] = FROM(29),
    ['e'] = FROM(30), ['f'] = FROM(31), ['g'] = FROM(32), ['h'] = FROM(33), ['i'] = FROM(34),
    ['j'] = FROM(35), ['k'] = FROM(36), ['l'] = FROM(37), ['m'] = FROM(38), ['n'] = FROM(39),
    ['o'] = FROM(40), ['p'] = FROM(41), ['q'] = FROM(42), ['r'] = FROM(43), ['s'] = FROM(44),
    ['t'] = FROM(45), ['u'] = FROM(46), ['v'] = FROM(47), ['w'] = FROM(48), ['x'] = FROM(49),
    ['y'] = FROM(50), ['z'] = FROM(51), ['0'] = FROM(52), ['1'] = FROM(53), ['2'] = FROM(54),
    ['3'] = FROM(55), ['4'] = FROM(56), ['5'] = FROM(57), ['6'] = FROM(58), ['7'] = FROM(59),
    ['8'] = FROM(60), ['9'] = FROM(61), ['+'] = FROM(62), ['/'] = FROM(63),
};
/* clang-format on */
#undef FROM

/* Four characters to three bytes; false: one of them is none of base64's. */
static bool decode_group(const char *text, unsigned char out_bytes[static 3]) {
    unsigned a = values[(unsigned char)text[0]], b = values[(unsigned char)text[1]];
    unsigned c = values[(unsigned char)text[2]], d = values[(unsigned char)text[3]];
    unsigned group = (a & VALUE) << 18 | (b & VALUE) << 12 | (c & VALUE) << 6 | (d & VALUE);
    out_bytes[0] = (unsigned char)(group >> 16);
    out_bytes[1] = (unsigned char)(group >> 8);
    out_bytes[2] = (unsigned char)group;
    return (a & b & c & d & KNOWN) != 0;
}

/*
 * The last four characters may end in one or two "=". RFC 4648 section 3.5: "decoders MAY chose to
 * reject an encoding if the pad bits have not been set to zero". What the bytes encode to again has
 * none of these bits: that is compared.
 */
static size_t decode_last(const char *text, unsigned char out_bytes[static 3]) {
    char filled[4], again[4];
    size_t len = text[3] != '=' ? 3U : text[2] != '=' ? 2U : 1U;
    memcpy(filled, text, sizeof filled);
    memset(filled + len + 1, 'A', 3 - len);
    if (!decode_group(filled, out_bytes))
        return 0;
    encode_group(out_bytes, len, again);
    return memcmp(again, text, sizeof again) == 0 ? len : 0;
}

enum loom_err loom_base64_parse(const char *text, struct loom_buffer *out) {
    size_t left = strlen(text), before = out->len;
    enum loom_err err = left % 4 == 0 ? LOOM_OK : LOOM_ERR_BAD_ANSWER;
    while (left > 0 && err == LOOM_OK) {
        unsigned char plain[PLAIN_SIZE];
        size_t plain_len = 0;
        bool is_good = true;
        for (; left > 4 && plain_len < PLAIN_SIZE && is_good; left -= 4, text += 4, plain_len += 3)
            is_good = decode_group(text, plain + plain_len);
        if (left == 4 && plain_len < PLAIN_SIZE && is_good) {
            size_t last = decode_last(text, plain + plain_len);
            is_good = last > 0;
            plain_len += last;
            left = 0;
        }
        err = is_good ? loom_buffer_add(out, plain, plain_len) : LOOM_ERR_BAD_ANSWER;
    }
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}
