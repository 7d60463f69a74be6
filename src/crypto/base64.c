/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nettle does the arithmetic, but its decoder passes over blanks and line ends, and who knows what
 * the next version's does. Canonical is what encoding gives: each group is encoded again and
 * compared.
 */
#include "crypto/crypto.h"

#include <nettle/base64.h>
#include <string.h>

enum { PLAIN_SIZE = 48, CODED_SIZE = PLAIN_SIZE / 3 * 4 }; /* one turn of the loops */

enum loom_err loom_base64_add(struct loom_buffer *out, struct loom_bytes bytes) {
    const unsigned char *at = bytes.data;
    size_t left = bytes.len, before = out->len;
    enum loom_err err = LOOM_OK;
    while (left > 0 && err == LOOM_OK) {
        char coded[CODED_SIZE];
        size_t len = left < PLAIN_SIZE ? left : PLAIN_SIZE;
        base64_encode_raw(coded, len, at);
        err = loom_buffer_add(out, coded, BASE64_ENCODE_RAW_LENGTH(len));
        at += len;
        left -= len;
    }
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}

/* One group of lines of the loops: padding stands at the end of everything alone. */
static enum loom_err add_decoded(const char *text, size_t len, bool is_last,
                                 struct loom_buffer *out) {
    unsigned char plain[BASE64_DECODE_LENGTH(CODED_SIZE)];
    char again[CODED_SIZE];
    struct base64_decode_ctx decoder;
    size_t plain_len = sizeof plain;
    base64_decode_init(&decoder);
    if (base64_decode_update(&decoder, &plain_len, plain, len, text) != 1 ||
        base64_decode_final(&decoder) != 1 || BASE64_ENCODE_RAW_LENGTH(plain_len) != len ||
        (!is_last && plain_len != PLAIN_SIZE))
        return LOOM_ERR_BAD_ANSWER;
    base64_encode_raw(again, plain_len, plain);
    return memcmp(again, text, len) == 0 ? loom_buffer_add(out, plain, plain_len)
                                         : LOOM_ERR_BAD_ANSWER;
}

enum loom_err loom_base64_parse(const char *text, struct loom_buffer *out) {
    size_t left = strlen(text), before = out->len;
    enum loom_err err = left % 4 == 0 ? LOOM_OK : LOOM_ERR_BAD_ANSWER;
    while (left > 0 && err == LOOM_OK) {
        size_t len = left < CODED_SIZE ? left : CODED_SIZE;
        err = add_decoded(text, len, len == left, out);
        text += len;
        left -= len;
    }
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}
