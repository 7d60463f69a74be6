/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's libcrypto, opened at the first call and asked for three things. Only for the room and
 * its tests.
 *
 *     const struct loom_openssl *openssl = loom_openssl();
 *     if (openssl == NULL) ...                           // it is not installed, or not whole
 *     void *hash = openssl->sha256.newctx(openssl->provider);
 *
 * Loading libcrypto costs a millisecond, and git's question for a server that is none of ours needs
 * nothing of it: so it is not linked. Another millisecond goes into EVP's first fetches, each of
 * which makes objects of all the digests or ciphers that there are, under all their names. The two
 * that the vault needs are taken from where EVP has them: the tables of the default provider
 * (provider-base(7), provider-digest(7), provider-cipher(7)), which are OpenSSL's promise to those
 * who write providers and to those who call them.
 *
 * The provider lives in a context of our own, made once and kept: no configuration file is read,
 * what openssl.cnf says of providers and properties cannot keep a vault from being opened, and
 * nothing is switched on or off for TLS or for the process that our library lives in.
 */
#ifndef LOOM_CRYPTO_OPENSSL_LIBRARY_H
#define LOOM_CRYPTO_OPENSSL_LIBRARY_H

#include "base/error.h"

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

struct loom_openssl_digest {
    OSSL_FUNC_digest_newctx_fn *newctx;
    OSSL_FUNC_digest_freectx_fn *freectx; /* wipes; NULL is allowed */
    OSSL_FUNC_digest_init_fn *init;
    OSSL_FUNC_digest_update_fn *update;
    OSSL_FUNC_digest_final_fn *final;
};

struct loom_openssl_cipher {
    OSSL_FUNC_cipher_newctx_fn *newctx;
    OSSL_FUNC_cipher_freectx_fn *freectx; /* wipes; NULL is not allowed */
    OSSL_FUNC_cipher_encrypt_init_fn *encrypt_init;
    OSSL_FUNC_cipher_decrypt_init_fn *decrypt_init;
    OSSL_FUNC_cipher_update_fn *update;
    OSSL_FUNC_cipher_final_fn *final;
    OSSL_FUNC_cipher_get_ctx_params_fn *get_ctx_params;
    OSSL_FUNC_cipher_set_ctx_params_fn *set_ctx_params;
};

struct loom_openssl {
    OSSL_LIB_CTX *context;
    void *provider; /* what its functions are handed */
    struct loom_openssl_digest sha256;
    struct loom_openssl_cipher aes_256_gcm;
    __typeof__(RAND_bytes_ex) *random;
};

/* The process's, opened by the first caller; NULL, at every later call, too: see below. */
const struct loom_openssl *loom_openssl(void);

/*
 * Open the library called `soname`. LOOM_ERR_INTERNAL, with a word in the detail: with ENOENT it is
 * missing, or lacks a function or an algorithm; else there is no memory.
 */
LOOM_CHECKED enum loom_err loom_openssl_open(const char *soname, struct loom_openssl *out_openssl,
                                             struct loom_error *error);

#endif
