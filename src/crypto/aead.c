/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "base/memory.h"
#include "crypto/crypto_priv.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

enum { CHUNK_SIZE = 4096, SEAL = 1, OPEN = 0 };

struct aead {
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *context;
    unsigned char chunk[CHUNK_SIZE]; /* plaintext on its way */
};

static void aead_clear(struct aead *aead) {
    EVP_CIPHER_CTX_free(aead->context);
    EVP_CIPHER_free(aead->cipher);
    loom_wipe(aead->chunk, sizeof aead->chunk);
}

static enum loom_err aead_init(struct aead *aead, int direction, const unsigned char *key,
                               const unsigned char *nonce) {
    OSSL_LIB_CTX *library = loom_crypto_context();
    if (library == NULL)
        return LOOM_ERR_INTERNAL;
    aead->cipher = EVP_CIPHER_fetch(library, "AES-256-GCM", NULL);
    aead->context = EVP_CIPHER_CTX_new();
    /* The fetched cipher's own nonce length is 12 bytes (SP 800-38D section 5.2.1.1 recommends it).
     */
    if (aead->cipher == NULL || aead->context == NULL ||
        EVP_CIPHER_get_key_length(aead->cipher) != LOOM_KEY_SIZE ||
        EVP_CIPHER_get_iv_length(aead->cipher) != LOOM_NONCE_SIZE ||
        EVP_CipherInit_ex2(aead->context, aead->cipher, key, nonce, direction, NULL) != 1)
        return LOOM_ERR_INTERNAL;
    return LOOM_OK;
}

static enum loom_err add_aad(struct aead *aead, struct loom_bytes aad) {
    int done;
    if (aad.len > INT_MAX)
        return LOOM_ERR_INTERNAL;
    if (aad.len > 0 && EVP_CipherUpdate(aead->context, NULL, &done, aad.data, (int)aad.len) != 1)
        return LOOM_ERR_INTERNAL;
    return LOOM_OK;
}

static enum loom_err add_text(struct aead *aead, struct loom_bytes text, struct loom_buffer *out) {
    const unsigned char *at = text.data;
    size_t left = text.len;
    while (left > 0) {
        size_t len = left < CHUNK_SIZE ? left : CHUNK_SIZE;
        int done = 0;
        if (EVP_CipherUpdate(aead->context, aead->chunk, &done, at, (int)len) != 1 ||
            done != (int)len)
            return LOOM_ERR_INTERNAL;
        enum loom_err err = loom_buffer_add(out, aead->chunk, len);
        if (err != LOOM_OK)
            return err;
        at += len;
        left -= len;
    }
    return LOOM_OK;
}

static enum loom_err seal(struct aead *aead, struct loom_bytes aad, struct loom_bytes plain,
                          struct loom_buffer *out) {
    unsigned char tag[LOOM_TAG_SIZE];
    int done;
    enum loom_err err = add_aad(aead, aad);
    if (err == LOOM_OK)
        err = add_text(aead, plain, out);
    if (err != LOOM_OK)
        return err;
    if (EVP_CipherFinal_ex(aead->context, aead->chunk, &done) != 1 ||
        EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) != 1)
        return LOOM_ERR_INTERNAL;
    return loom_buffer_add(out, tag, sizeof tag);
}

enum loom_err loom_aead_seal(const unsigned char key[static LOOM_KEY_SIZE],
                             const unsigned char nonce[static LOOM_NONCE_SIZE],
                             struct loom_bytes aad, struct loom_bytes plain,
                             struct loom_buffer *out) {
    LOOM_CLEANUP(aead_clear) struct aead aead = {.cipher = NULL};
    size_t before = out->len;
    enum loom_err err = aead_init(&aead, SEAL, key, nonce);
    if (err == LOOM_OK)
        err = seal(&aead, aad, plain, out);
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}

static enum loom_err open_sealed(struct aead *aead, struct loom_bytes aad, struct loom_bytes sealed,
                                 struct loom_buffer *out) {
    struct loom_bytes text = {sealed.data, sealed.len - LOOM_TAG_SIZE};
    unsigned char tag[LOOM_TAG_SIZE];
    int done;
    memcpy(tag, (const unsigned char *)sealed.data + text.len, sizeof tag);
    enum loom_err err = add_aad(aead, aad);
    if (err == LOOM_OK)
        err = add_text(aead, text, out);
    if (err != LOOM_OK)
        return err;
    if (EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1)
        return LOOM_ERR_INTERNAL;
    return EVP_CipherFinal_ex(aead->context, aead->chunk, &done) == 1 ? LOOM_OK : LOOM_ERR_DAMAGED;
}

enum loom_err loom_aead_open(const unsigned char key[static LOOM_KEY_SIZE],
                             const unsigned char nonce[static LOOM_NONCE_SIZE],
                             struct loom_bytes aad, struct loom_bytes sealed,
                             struct loom_buffer *out) {
    if (sealed.len < LOOM_TAG_SIZE)
        return LOOM_ERR_DAMAGED;
    LOOM_CLEANUP(aead_clear) struct aead aead = {.cipher = NULL};
    size_t before = out->len;
    enum loom_err err = aead_init(&aead, OPEN, key, nonce);
    if (err == LOOM_OK)
        err = open_sealed(&aead, aad, sealed, out);
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}
