/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "base/memory.h"
#include "crypto/crypto_priv.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <string.h>

enum { STRENGTH_BITS = 256 };

enum loom_err loom_random(unsigned char *out_bytes, size_t len) {
    OSSL_LIB_CTX *context = loom_crypto_context();
    if (context == NULL || RAND_bytes_ex(context, out_bytes, len, STRENGTH_BITS) != 1)
        return LOOM_ERR_INTERNAL;
    return LOOM_OK;
}

enum loom_err loom_sha256(struct loom_bytes text, unsigned char out_hash[static LOOM_HASH_SIZE]) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    size_t len = 0;
    OSSL_LIB_CTX *context = loom_crypto_context();
    if (context == NULL ||
        EVP_Q_digest(context, "SHA256", NULL, text.data, text.len, hash, &len) != 1 ||
        len != LOOM_HASH_SIZE)
        return LOOM_ERR_INTERNAL;
    memcpy(out_hash, hash, LOOM_HASH_SIZE);
    return LOOM_OK;
}

enum loom_err loom_hmac_sha256(const unsigned char key[static LOOM_KEY_SIZE],
                               struct loom_bytes text,
                               unsigned char out_mac[static LOOM_HASH_SIZE]) {
    unsigned char mac[LOOM_HASH_SIZE];
    size_t len = 0;
    OSSL_LIB_CTX *context = loom_crypto_context();
    if (context == NULL ||
        EVP_Q_mac(context, "HMAC", NULL, "SHA256", NULL, key, LOOM_KEY_SIZE, text.data, text.len,
                  mac, sizeof mac, &len) == NULL ||
        len != LOOM_HASH_SIZE)
        return LOOM_ERR_INTERNAL;
    memcpy(out_mac, mac, LOOM_HASH_SIZE);
    return LOOM_OK;
}

static void drop_kdf(EVP_KDF **kdf) {
    EVP_KDF_free(*kdf);
}

static void drop_kdf_context(EVP_KDF_CTX **kdf_context) {
    EVP_KDF_CTX_free(*kdf_context);
}

/*
 * OSSL_PARAM has no const; a derivation only reads what it points to. NULL would be no value there,
 * while an empty salt or info is one.
 */
static OSSL_PARAM octets(const char *name, const void *data, size_t len) {
    const void *some = data != NULL ? data : "";
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)some, len);
}

enum loom_err loom_hkdf_sha256(const unsigned char key[static LOOM_KEY_SIZE],
                               struct loom_bytes salt, struct loom_bytes info,
                               unsigned char out_key[static LOOM_KEY_SIZE]) {
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, strlen(digest)),
        octets(OSSL_KDF_PARAM_KEY, key, LOOM_KEY_SIZE),
        octets(OSSL_KDF_PARAM_SALT, salt.data, salt.len),
        octets(OSSL_KDF_PARAM_INFO, info.data, info.len),
        OSSL_PARAM_construct_end(),
    };
    OSSL_LIB_CTX *context = loom_crypto_context();
    LOOM_CLEANUP(drop_kdf)
    EVP_KDF *kdf = context == NULL ? NULL : EVP_KDF_fetch(context, OSSL_KDF_NAME_HKDF, NULL);
    LOOM_CLEANUP(drop_kdf_context)
    EVP_KDF_CTX *kdf_context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    if (kdf_context == NULL)
        return LOOM_ERR_INTERNAL;
    unsigned char derived[LOOM_KEY_SIZE];
    bool is_derived = EVP_KDF_derive(kdf_context, derived, sizeof derived, params) == 1;
    if (is_derived)
        memcpy(out_key, derived, sizeof derived);
    loom_wipe(derived, sizeof derived);
    return is_derived ? LOOM_OK : LOOM_ERR_INTERNAL;
}

bool loom_bytes_is_equal(const void *a, const void *b, size_t len) {
    return CRYPTO_memcmp(a, b, len) == 0;
}
