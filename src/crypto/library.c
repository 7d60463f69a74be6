/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A context of our own instead of OpenSSL's default one: what openssl.cnf says of providers and
 * properties then cannot keep a vault from being opened, and nothing is switched off for TLS or
 * for the process that our library lives in. OPENSSL_INIT_NO_LOAD_CONFIG, once given, would make
 * libcurl ignore the system's TLS policy, and saves a tenth of a millisecond.
 */
#include "crypto/crypto_priv.h"

#include <openssl/crypto.h>

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static OSSL_LIB_CTX *context;

static void make_context(void) {
    context = OSSL_LIB_CTX_new();
}

OSSL_LIB_CTX *loom_crypto_context(void) {
    return CRYPTO_THREAD_run_once(&once, make_context) == 1 ? context : NULL;
}
