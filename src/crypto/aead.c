/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "base/memory.h"
#include "crypto/openssl_library.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

enum { CHUNK_SIZE = 4096 };

struct aead {
    const struct loom_openssl_cipher *cipher;
    void *context;
    unsigned char chunk[CHUNK_SIZE]; /* plaintext on its way */
};

static void aead_clear(struct aead *aead) {
    if (aead->context != NULL)
        aead->cipher->freectx(aead->context);
    loom_wipe(aead->chunk, sizeof aead->chunk);
}

static enum loom_err aead_init(struct aead *aead, bool is_sealing, const unsigned char *key,
                               const unsigned char *nonce) {
    const struct loom_openssl *openssl = loom_openssl();
    if (openssl == NULL)
        return LOOM_ERR_INTERNAL;
    aead->cipher = &openssl->aes_256_gcm;
    aead->context = aead->cipher->newctx(openssl->provider);
    if (aead->context == NULL)
        return LOOM_ERR_INTERNAL;
    /* A nonce of 12 bytes: SP 800-38D section 5.2.1.1 recommends it, and so does the cipher. */
    int is_ready = is_sealing ? aead->cipher->encrypt_init(aead->context, key, LOOM_KEY_SIZE, nonce,
                                                           LOOM_NONCE_SIZE, NULL)
                              : aead->cipher->decrypt_init(aead->context, key, LOOM_KEY_SIZE, nonce,
                                                           LOOM_NONCE_SIZE, NULL);
    return is_ready == 1 ? LOOM_OK : LOOM_ERR_INTERNAL;
}

/* Without a place for the result it is not text but what the text is bound to. */
static enum loom_err add_aad(struct aead *aead, struct loom_bytes aad) {
    size_t done = 0;
    if (aad.len > 0 &&
        aead->cipher->update(aead->context, NULL, &done, aad.len, aad.data, aad.len) != 1)
        return LOOM_ERR_INTERNAL;
    return LOOM_OK;
}

static enum loom_err add_text(struct aead *aead, struct loom_bytes text, struct loom_buffer *out) {
    const unsigned char *at = text.data;
    size_t left = text.len;
    while (left > 0) {
        size_t len = left < CHUNK_SIZE ? left : CHUNK_SIZE, done = 0;
        if (aead->cipher->update(aead->context, aead->chunk, &done, CHUNK_SIZE, at, len) != 1 ||
            done != len)
            return LOOM_ERR_INTERNAL;
        enum loom_err err = loom_buffer_add(out, aead->chunk, len);
        if (err != LOOM_OK)
            return err;
        at += len;
        left -= len;
    }
    return LOOM_OK;
}

static bool finish(struct aead *aead) {
    size_t done = 0;
    return aead->cipher->final(aead->context, aead->chunk, &done, CHUNK_SIZE) == 1;
}

static enum loom_err seal(struct aead *aead, struct loom_bytes aad, struct loom_bytes plain,
                          struct loom_buffer *out) {
    unsigned char tag[LOOM_TAG_SIZE];
    OSSL_PARAM wanted[] = {
        {OSSL_CIPHER_PARAM_AEAD_TAG, OSSL_PARAM_OCTET_STRING, tag, sizeof tag, 0},
        OSSL_PARAM_END,
    };
    enum loom_err err = add_aad(aead, aad);
    if (err == LOOM_OK)
        err = add_text(aead, plain, out);
    if (err != LOOM_OK)
        return err;
    if (!finish(aead) || aead->cipher->get_ctx_params(aead->context, wanted) != 1)
        return LOOM_ERR_INTERNAL;
    return loom_buffer_add(out, tag, sizeof tag);
}

enum loom_err loom_aead_seal(const unsigned char key[static LOOM_KEY_SIZE],
                             const unsigned char nonce[static LOOM_NONCE_SIZE],
                             struct loom_bytes aad, struct loom_bytes plain,
                             struct loom_buffer *out) {
    LOOM_CLEANUP(aead_clear) struct aead aead = {.context = NULL};
    size_t before = out->len;
    enum loom_err err = aead_init(&aead, true, key, nonce);
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
    const OSSL_PARAM expected[] = {
        {OSSL_CIPHER_PARAM_AEAD_TAG, OSSL_PARAM_OCTET_STRING, tag, sizeof tag, 0},
        OSSL_PARAM_END,
    };
    memcpy(tag, (const unsigned char *)sealed.data + text.len, sizeof tag);
    enum loom_err err = add_aad(aead, aad);
    if (err == LOOM_OK)
        err = add_text(aead, text, out);
    if (err != LOOM_OK)
        return err;
    if (aead->cipher->set_ctx_params(aead->context, expected) != 1)
        return LOOM_ERR_INTERNAL;
    return finish(aead) ? LOOM_OK : LOOM_ERR_DAMAGED;
}

enum loom_err loom_aead_open(const unsigned char key[static LOOM_KEY_SIZE],
                             const unsigned char nonce[static LOOM_NONCE_SIZE],
                             struct loom_bytes aad, struct loom_bytes sealed,
                             struct loom_buffer *out) {
    if (sealed.len < LOOM_TAG_SIZE)
        return LOOM_ERR_DAMAGED;
    LOOM_CLEANUP(aead_clear) struct aead aead = {.context = NULL};
    size_t before = out->len;
    enum loom_err err = aead_init(&aead, false, key, nonce);
    if (err == LOOM_OK)
        err = open_sealed(&aead, aad, sealed, out);
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}
