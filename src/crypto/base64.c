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

enum { NONE = 64 }; /* of the values */

/* The alphabet the other way round: what each byte stands for, plus one; 0: it is not in it. */
/* clang-format off */
static const unsigned char values[256] = {
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50,
    51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['+'] = 63, ['/'] = 64,
};
/* clang-format on */

/* Four characters to three bytes; false: one of them is none of base64's. */
static bool decode_group(const char *text, unsigned char out_bytes[static 3]) {
    unsigned group = 0, worst = NONE;
    for (size_t i = 0; i < 4; i++) {
        unsigned value = values[(unsigned char)text[i]];
        worst = value == 0 ? 0 : worst;
        group = group << 6 | ((value - 1U) & 63U);
    }
    out_bytes[0] = (unsigned char)(group >> 16);
    out_bytes[1] = (unsigned char)(group >> 8);
    out_bytes[2] = (unsigned char)group;
    return worst != 0;
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
