/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL hashes; what HMAC and HKDF make of a hash is a few lines each, and its own HMAC and HKDF
 * would fetch all digests that there are.
 */
#include "crypto/crypto.h"

#include "base/memory.h"
#include "crypto/openssl_library.h"

#include <stdint.h>
#include <string.h>

enum { STRENGTH_BITS = 256, BLOCK_SIZE = 64, PARTS_MAX = 3 };

enum loom_err loom_random(unsigned char *out_bytes, size_t len) {
    const struct loom_openssl *openssl = loom_openssl();
    if (openssl == NULL || openssl->random(openssl->context, out_bytes, len, STRENGTH_BITS) != 1)
        return LOOM_ERR_INTERNAL;
    return LOOM_OK;
}

/* ---- SHA-256 ---- */

/* SHA-256 of the parts in a row; one without bytes ends them. */
static enum loom_err hash(const struct loom_bytes parts[static PARTS_MAX],
                          unsigned char out_hash[static LOOM_HASH_SIZE]) {
    const struct loom_openssl *openssl = loom_openssl();
    unsigned char made[LOOM_HASH_SIZE];
    size_t made_len = 0;
    if (openssl == NULL)
        return LOOM_ERR_INTERNAL;
    const struct loom_openssl_digest *sha256 = &openssl->sha256;
    void *context = sha256->newctx(openssl->provider);
    if (context == NULL)
        return LOOM_ERR_INTERNAL;
    bool is_fine = sha256->init(context, NULL) == 1;
    for (size_t i = 0; i < PARTS_MAX && parts[i].len > 0; i++)
        is_fine = is_fine && sha256->update(context, parts[i].data, parts[i].len) == 1;
    is_fine = is_fine && sha256->final(context, made, &made_len, sizeof made) == 1 &&
              made_len == sizeof made;
    sha256->freectx(context);
    if (!is_fine)
        return LOOM_ERR_INTERNAL;
    memcpy(out_hash, made, sizeof made);
    loom_wipe(made, sizeof made);
    return LOOM_OK;
}

enum loom_err loom_sha256(struct loom_bytes text, unsigned char out_hash[static LOOM_HASH_SIZE]) {
    const struct loom_bytes parts[PARTS_MAX] = {text};
    return hash(parts, out_hash);
}

/* ---- HMAC ---- */

struct pad {
    unsigned char block[BLOCK_SIZE];
};

static void wipe_pad(struct pad *pad) {
    loom_wipe(pad, sizeof *pad);
}

/* RFC 2104 section 2: "Applications that use keys longer than B bytes will first hash the key using
 * H"; a shorter one is followed by zeros. */
static enum loom_err set_key(struct pad *pad, struct loom_bytes key) {
    memset(pad, 0, sizeof *pad);
    if (key.len > sizeof pad->block)
        return loom_sha256(key, pad->block);
    if (key.len > 0)
        memcpy(pad->block, key.data, key.len);
    return LOOM_OK;
}

static void mask(struct pad *pad, unsigned char with) {
    for (size_t i = 0; i < sizeof pad->block; i++)
        pad->block[i] ^= with;
}

/* RFC 2104 section 2: "H(K XOR opad, H(K XOR ipad, text))". The text is `first` and `second`. */
static enum loom_err hmac(struct loom_bytes key, struct loom_bytes first, struct loom_bytes second,
                          unsigned char out_mac[static LOOM_HASH_SIZE]) {
    enum { IPAD = 0x36, OPAD = 0x5c };
    LOOM_CLEANUP(wipe_pad) struct pad pad;
    const struct loom_bytes block = {pad.block, sizeof pad.block};
    const struct loom_bytes inner[PARTS_MAX] = {block, first.len > 0 ? first : second,
                                                first.len > 0 ? second : first};
    const struct loom_bytes outer[PARTS_MAX] = {block, {out_mac, LOOM_HASH_SIZE}};
    enum loom_err err = set_key(&pad, key);
    if (err != LOOM_OK)
        return err;
    mask(&pad, IPAD);
    err = hash(inner, out_mac);
    if (err != LOOM_OK)
        return err;
    mask(&pad, IPAD ^ OPAD);
    return hash(outer, out_mac);
}

enum loom_err loom_hmac_sha256(const unsigned char key[static LOOM_KEY_SIZE],
                               struct loom_bytes text,
                               unsigned char out_mac[static LOOM_HASH_SIZE]) {
    unsigned char mac[LOOM_HASH_SIZE];
    enum loom_err err =
        hmac((struct loom_bytes){key, LOOM_KEY_SIZE}, text, (struct loom_bytes){NULL, 0}, mac);
    if (err == LOOM_OK)
        memcpy(out_mac, mac, sizeof mac);
    loom_wipe(mac, sizeof mac);
    return err;
}

/* ---- HKDF ---- */

/*
 * RFC 5869 section 2.2: "PRK = HMAC-Hash(salt, IKM)"; section 2.3: "T(1) = HMAC-Hash(PRK, T(0) |
 * info | 0x01)" with an empty T(0), which is all that is needed of 32 bytes. No salt is a key of
 * zeros, and so is an empty one.
 */
enum loom_err loom_hkdf_sha256(const unsigned char key[static LOOM_KEY_SIZE],
                               struct loom_bytes salt, struct loom_bytes info,
                               unsigned char out_key[static LOOM_KEY_SIZE]) {
    static const unsigned char first[] = {0x01};
    unsigned char prk[LOOM_HASH_SIZE], derived[LOOM_KEY_SIZE];
    enum loom_err err =
        hmac(salt, (struct loom_bytes){key, LOOM_KEY_SIZE}, (struct loom_bytes){NULL, 0}, prk);
    if (err == LOOM_OK)
        err = hmac((struct loom_bytes){prk, sizeof prk}, info,
                   (struct loom_bytes){first, sizeof first}, derived);
    if (err == LOOM_OK)
        memcpy(out_key, derived, sizeof derived);
    loom_wipe(prk, sizeof prk);
    loom_wipe(derived, sizeof derived);
    return err;
}

bool loom_bytes_is_equal(const void *a, const void *b, size_t len) {
    const unsigned char *left = a, *right = b;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < len; i++)
        difference = (unsigned char)(difference | (left[i] ^ right[i]));
    return difference == 0;
}
