/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL fails, at each call that sealing and opening make: nothing is sealed by halves, and not a
 * byte of what was sealed comes out (ENC-122). The linker leads these calls through here (--wrap).
 */
#include "crypto/crypto.h"

#include "base/memory.h"
#include "crypto/openssl_library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int calls;   /* made since the last reset */
static int to_fail; /* this one, from 1; 0: none */

static bool fails(void) {
    return ++calls == to_fail;
}

/* The functions of the process's table, each counted, and the table that stands in for it. */
static struct loom_openssl real, faulty;

const struct loom_openssl *__real_loom_openssl(void);
const struct loom_openssl *__wrap_loom_openssl(void);

static void *newctx(void *provider) {
    return fails() ? NULL : real.aes_256_gcm.newctx(provider);
}

static int encrypt_init(void *context, const unsigned char *init_key, size_t key_len,
                        const unsigned char *init_nonce, size_t nonce_len,
                        const OSSL_PARAM params[]) {
    return fails() ? 0
                   : real.aes_256_gcm.encrypt_init(context, init_key, key_len, init_nonce,
                                                   nonce_len, params);
}

static int decrypt_init(void *context, const unsigned char *init_key, size_t key_len,
                        const unsigned char *init_nonce, size_t nonce_len,
                        const OSSL_PARAM params[]) {
    return fails() ? 0
                   : real.aes_256_gcm.decrypt_init(context, init_key, key_len, init_nonce,
                                                   nonce_len, params);
}

/* The work is done and the failure told afterwards: the bytes are there, to be kept back. */
static int update(void *context, unsigned char *out, size_t *out_len, size_t size,
                  const unsigned char *in, size_t len) {
    int done = real.aes_256_gcm.update(context, out, out_len, size, in, len);
    return fails() ? 0 : done;
}

static int final(void *context, unsigned char *out, size_t *out_len, size_t size) {
    return fails() ? 0 : real.aes_256_gcm.final(context, out, out_len, size);
}

static int get_ctx_params(void *context, OSSL_PARAM params[]) {
    return fails() ? 0 : real.aes_256_gcm.get_ctx_params(context, params);
}

static int set_ctx_params(void *context, const OSSL_PARAM params[]) {
    return fails() ? 0 : real.aes_256_gcm.set_ctx_params(context, params);
}

/* That the library cannot be opened at all is the first of the failures. */
const struct loom_openssl *__wrap_loom_openssl(void) {
    real = faulty = *__real_loom_openssl();
    faulty.aes_256_gcm = (struct loom_openssl_cipher){
        .newctx = newctx,
        .freectx = real.aes_256_gcm.freectx,
        .encrypt_init = encrypt_init,
        .decrypt_init = decrypt_init,
        .update = update,
        .final = final,
        .get_ctx_params = get_ctx_params,
        .set_ctx_params = set_ctx_params,
    };
    return fails() ? NULL : &faulty;
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
