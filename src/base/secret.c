/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct loom_secret {
    size_t len;
    char bytes[]; /* len of them and a NUL */
};

/* How many are alive. */
static atomic_size_t held;

static bool is_token(const char *bytes, size_t len) {
    if (len == 0 || len > LOOM_TOKEN_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] < 0x21 || bytes[i] > 0x7e)
            return false;
    return true;
}

enum loom_err loom_secret_new(const char *bytes, size_t len, struct loom_secret **out_secret) {
    if (!is_token(bytes, len))
        return LOOM_ERR_BAD_ANSWER;
    struct loom_secret *secret = malloc(sizeof *secret + len + 1);
    if (secret == NULL)
        return LOOM_ERR_INTERNAL;
    secret->len = len;
    memcpy(secret->bytes, bytes, len);
    secret->bytes[len] = '\0';
    atomic_fetch_add(&held, 1);
    *out_secret = secret;
    return LOOM_OK;
}

enum loom_err loom_token_from_line(const char *bytes, size_t len, struct loom_secret **out_token) {
    if (len > 0 && bytes[len - 1] == '\n')
        len -= len > 1 && bytes[len - 2] == '\r' ? 2 : 1;
    enum loom_err err = loom_secret_new(bytes, len, out_token);
    return err == LOOM_ERR_BAD_ANSWER ? LOOM_ERR_USAGE : err;
}

enum loom_err loom_secret_copy(const struct loom_secret *secret, struct loom_secret **out_secret) {
    return loom_secret_new(secret->bytes, secret->len, out_secret);
}

const char *loom_secret_bytes(const struct loom_secret *secret) {
    return secret->bytes;
}

size_t loom_secret_len(const struct loom_secret *secret) {
    return secret->len;
}

bool loom_secret_is_equal(const struct loom_secret *a, const struct loom_secret *b) {
    if (a == NULL || b == NULL || a->len != b->len)
        return false;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < a->len; i++)
        difference = (unsigned char)(difference | (a->bytes[i] ^ b->bytes[i]));
    return difference == 0;
}

bool loom_secret_is_any_held(void) {
    return atomic_load(&held) > 0;
}

void loom_secret_free(struct loom_secret *secret) {
    if (secret == NULL)
        return;
    loom_free_wiped(secret, sizeof *secret + secret->len + 1);
    atomic_fetch_sub(&held, 1);
}

void loom_secret_drop(struct loom_secret **secret) {
    loom_secret_free(*secret);
    *secret = NULL;
}
