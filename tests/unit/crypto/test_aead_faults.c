/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL fails, at each call that sealing and opening make: nothing is sealed by halves, and not a
 * byte of what was sealed comes out (ENC-122). The linker leads these calls through here (--wrap).
 */
#include "crypto/crypto.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#include <cmocka.h>

static int calls;   /* made since the last reset */
static int to_fail; /* this one, from 1; 0: none */

static bool fails(void) {
    return ++calls == to_fail;
}

EVP_CIPHER *__real_EVP_CIPHER_fetch(OSSL_LIB_CTX *library, const char *name, const char *wish);
EVP_CIPHER *__wrap_EVP_CIPHER_fetch(OSSL_LIB_CTX *library, const char *name, const char *wish);
EVP_CIPHER_CTX *__real_EVP_CIPHER_CTX_new(void);
EVP_CIPHER_CTX *__wrap_EVP_CIPHER_CTX_new(void);
int __real_EVP_CIPHER_get_iv_length(const EVP_CIPHER *cipher);
int __wrap_EVP_CIPHER_get_iv_length(const EVP_CIPHER *cipher);
int __real_EVP_CipherInit_ex2(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher,
                              const unsigned char *key, const unsigned char *nonce, int direction,
                              const OSSL_PARAM *params);
int __wrap_EVP_CipherInit_ex2(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher,
                              const unsigned char *key, const unsigned char *nonce, int direction,
                              const OSSL_PARAM *params);
int __real_EVP_CipherUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *out_len,
                            const unsigned char *in, int len);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *out_len,
                            const unsigned char *in, int len);
int __real_EVP_CipherFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *out_len);
int __wrap_EVP_CipherFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *out_len);
int __real_EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int type, int number, void *pointer);
int __wrap_EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int type, int number, void *pointer);

EVP_CIPHER *__wrap_EVP_CIPHER_fetch(OSSL_LIB_CTX *library, const char *name, const char *wish) {
    return fails() ? NULL : __real_EVP_CIPHER_fetch(library, name, wish);
}

EVP_CIPHER_CTX *__wrap_EVP_CIPHER_CTX_new(void) {
    return fails() ? NULL : __real_EVP_CIPHER_CTX_new();
}

/* A provider whose cipher of that name wants another nonce. */
int __wrap_EVP_CIPHER_get_iv_length(const EVP_CIPHER *cipher) {
    return fails() ? LOOM_NONCE_SIZE + 4 : __real_EVP_CIPHER_get_iv_length(cipher);
}

int __wrap_EVP_CipherInit_ex2(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher,
                              const unsigned char *key, const unsigned char *nonce, int direction,
                              const OSSL_PARAM *params) {
    return fails() ? 0 : __real_EVP_CipherInit_ex2(context, cipher, key, nonce, direction, params);
}

/* The work is done and the failure told afterwards: the bytes are there, to be kept back. */
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *out_len,
                            const unsigned char *in, int len) {
    int done = __real_EVP_CipherUpdate(context, out, out_len, in, len);
    return fails() ? 0 : done;
}

int __wrap_EVP_CipherFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *out_len) {
    return fails() ? 0 : __real_EVP_CipherFinal_ex(context, out, out_len);
}

int __wrap_EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int type, int number, void *pointer) {
    return fails() ? 0 : __real_EVP_CIPHER_CTX_ctrl(context, type, number, pointer);
}

static const unsigned char key[LOOM_KEY_SIZE] = {1}, nonce[LOOM_NONCE_SIZE] = {2};
static const struct loom_bytes aad = {"bound", 5};
static char secret[20000]; /* several pieces, so that a later one can fail */

static enum loom_err seal(struct loom_buffer *out) {
    memset(secret, 's', sizeof secret);
    return loom_aead_seal(key, nonce, aad, (struct loom_bytes){secret, sizeof secret}, out);
}

/* Calls `run` with each of its calls to OpenSSL failing; returns how many there are. */
static int fail_each(enum loom_err (*run)(const struct loom_buffer *in, struct loom_buffer *out),
                     const struct loom_buffer *in) {
    enum { MOST = 100 };
    for (to_fail = 1; to_fail <= MOST; to_fail++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(40000);
        assert_int_equal(loom_buffer_add_text(&out, "before"), LOOM_OK);
        calls = 0;
        enum loom_err err = run(in, &out);
        if (calls < to_fail) {
            assert_int_equal(err, LOOM_OK);
            int made = calls;
            to_fail = 0;
            return made;
        }
        assert_true(err == LOOM_ERR_INTERNAL || err == LOOM_ERR_DAMAGED);
        assert_int_equal(out.len, strlen("before"));
        assert_null(memchr(out.data, 's', out.len));
    }
    fail_msg("more calls than there can be");
    return 0;
}

static enum loom_err seal_run(const struct loom_buffer *in, struct loom_buffer *out) {
    (void)in;
    enum loom_err err = seal(out);
    assert_int_not_equal(err, LOOM_ERR_DAMAGED); /* nothing was read that could be */
    return err;
}

static enum loom_err open_run(const struct loom_buffer *in, struct loom_buffer *out) {
    return loom_aead_open(key, nonce, aad, (struct loom_bytes){in->data, in->len}, out);
}

static void seal_without_openssl_writes_nothing(void **state) {
    (void)state;
    assert_in_range(fail_each(seal_run, NULL), 7, 50);
}

static void open_without_openssl_gives_nothing_away(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer sealed = LOOM_BUFFER_INIT(40000);
    assert_int_equal(seal(&sealed), LOOM_OK);
    assert_in_range(fail_each(open_run, &sealed), 7, 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_without_openssl_writes_nothing),
        cmocka_unit_test(open_without_openssl_gives_nothing_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
