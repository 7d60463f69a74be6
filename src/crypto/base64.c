/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's block functions do the arithmetic, but its decoder takes blanks, missing padding and
 * stray bits. Canonical is what encoding gives: every group is encoded again and compared.
 */
#include "crypto/crypto.h"

#include <openssl/evp.h>
#include <string.h>

enum { PLAIN_SIZE = 48, CODED_SIZE = PLAIN_SIZE / 3 * 4 }; /* one turn of the loops */

enum loom_err loom_base64_add(struct loom_buffer *out, struct loom_bytes bytes) {
    const unsigned char *at = bytes.data;
    size_t left = bytes.len, before = out->len;
    enum loom_err err = LOOM_OK;
    while (left > 0 && err == LOOM_OK) {
        unsigned char coded[CODED_SIZE + 1];
        size_t len = left < PLAIN_SIZE ? left : PLAIN_SIZE;
        int coded_len = EVP_EncodeBlock(coded, at, (int)len);
        err = loom_buffer_add(out, coded, (size_t)coded_len);
        at += len;
        left -= len;
    }
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}

static size_t count_padding(const char *text, size_t len) {
    size_t padding = 0;
    while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
        padding++;
    return padding;
}

static enum loom_err add_decoded(const char *text, size_t len, bool is_last,
                                 struct loom_buffer *out) {
    unsigned char plain[PLAIN_SIZE], again[CODED_SIZE + 1];
    int decoded = EVP_DecodeBlock(plain, (const unsigned char *)text, (int)len);
    /* Padding stands at the end of everything alone; elsewhere the comparison finds it. */
    size_t plain_len = len / 4 * 3 - (is_last ? count_padding(text, len) : 0);
    if (decoded != (int)(len / 4 * 3) ||
        EVP_EncodeBlock(again, plain, (int)plain_len) != (int)len || memcmp(again, text, len) != 0)
        return LOOM_ERR_BAD_ANSWER;
    return loom_buffer_add(out, plain, plain_len);
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
