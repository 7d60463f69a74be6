/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "base/memory.h"

#include <nettle/gcm.h>
#include <string.h>

_Static_assert((size_t)AES256_KEY_SIZE == (size_t)LOOM_KEY_SIZE, "a key is a key");
_Static_assert((size_t)GCM_IV_SIZE == (size_t)LOOM_NONCE_SIZE, "SP 800-38D section 5.2.1.1");
_Static_assert((size_t)GCM_DIGEST_SIZE == (size_t)LOOM_TAG_SIZE, "the whole tag");

/* Of several blocks: Nettle takes a part of one only at the end. */
enum { CHUNK_SIZE = 64 * GCM_BLOCK_SIZE };

struct aead {
    struct gcm_aes256_ctx gcm;
    unsigned char chunk[CHUNK_SIZE]; /* what is on its way */
};

typedef void turn(struct gcm_aes256_ctx *gcm, size_t len, uint8_t *to, const uint8_t *from);

static void aead_wipe(struct aead *aead) {
    loom_wipe(aead, sizeof *aead);
}

static void start(struct aead *aead, const unsigned char *key, const unsigned char *nonce,
                  struct loom_bytes aad) {
    gcm_aes256_set_key(&aead->gcm, key);
    gcm_aes256_set_iv(&aead->gcm, LOOM_NONCE_SIZE, nonce);
    if (aad.len > 0)
        gcm_aes256_update(&aead->gcm, aad.len, aad.data);
}

static enum loom_err add_text(struct aead *aead, turn *how, struct loom_bytes text,
                              struct loom_buffer *out) {
    const unsigned char *at = text.data;
    size_t left = text.len;
    enum loom_err err = LOOM_OK;
    while (left > 0 && err == LOOM_OK) {
        size_t len = left < CHUNK_SIZE ? left : CHUNK_SIZE;
        how(&aead->gcm, len, aead->chunk, at);
        err = loom_buffer_add(out, aead->chunk, len);
        at += len;
        left -= len;
    }
    return err;
}

enum loom_err loom_aead_seal(const unsigned char key[static LOOM_KEY_SIZE],
                             const unsigned char nonce[static LOOM_NONCE_SIZE],
                             struct loom_bytes aad, struct loom_bytes plain,
                             struct loom_buffer *out) {
    LOOM_CLEANUP(aead_wipe) struct aead aead;
    unsigned char tag[LOOM_TAG_SIZE];
    size_t before = out->len;
    start(&aead, key, nonce, aad);
    enum loom_err err = add_text(&aead, gcm_aes256_encrypt, plain, out);
    gcm_aes256_digest(&aead.gcm, sizeof tag, tag);
    if (err == LOOM_OK)
        err = loom_buffer_add(out, tag, sizeof tag);
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}

enum loom_err loom_aead_open(const unsigned char key[static LOOM_KEY_SIZE],
                             const unsigned char nonce[static LOOM_NONCE_SIZE],
                             struct loom_bytes aad, struct loom_bytes sealed,
                             struct loom_buffer *out) {
    if (sealed.len < LOOM_TAG_SIZE)
        return LOOM_ERR_DAMAGED;
    LOOM_CLEANUP(aead_wipe) struct aead aead;
    struct loom_bytes text = {sealed.data, sealed.len - LOOM_TAG_SIZE};
    unsigned char tag[LOOM_TAG_SIZE];
    size_t before = out->len;
    start(&aead, key, nonce, aad);
    enum loom_err err = add_text(&aead, gcm_aes256_decrypt, text, out);
    gcm_aes256_digest(&aead.gcm, sizeof tag, tag);
    /* SP 800-38D section 7.2: nothing of the plaintext is given out unless the tag fits. */
    if (err == LOOM_OK &&
        !loom_bytes_is_equal(tag, (const unsigned char *)sealed.data + text.len, sizeof tag))
        err = LOOM_ERR_DAMAGED;
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}
