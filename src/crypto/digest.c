/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "base/memory.h"

#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <sys/random.h>

_Static_assert((size_t)SHA256_DIGEST_SIZE == (size_t)LOOM_HASH_SIZE, "one hash, two names");

/* getentropy(3): "The maximum permitted value for the length argument is 256." */
enum { RANDOM_MOST = 256 };

enum loom_err loom_random(unsigned char *out_bytes, size_t len) {
    while (len > 0) {
        size_t part = len < RANDOM_MOST ? len : RANDOM_MOST;
        if (getentropy(out_bytes, part) != 0)
            return LOOM_ERR_INTERNAL;
        out_bytes += part;
        len -= part;
    }
    return LOOM_OK;
}

static void wipe_sha256(struct sha256_ctx *hash) {
    loom_wipe(hash, sizeof *hash);
}

static void wipe_hmac(struct hmac_sha256_ctx *mac) {
    loom_wipe(mac, sizeof *mac);
}

/* Where there is nothing, the library is still handed an address. */
static const unsigned char *data_of(struct loom_bytes bytes) {
    static const unsigned char nothing[1];
    return bytes.len > 0 ? bytes.data : nothing;
}

enum loom_err loom_sha256(struct loom_bytes text, unsigned char out_hash[static LOOM_HASH_SIZE]) {
    LOOM_CLEANUP(wipe_sha256) struct sha256_ctx hash;
    sha256_init(&hash);
    sha256_update(&hash, text.len, data_of(text));
    sha256_digest(&hash, LOOM_HASH_SIZE, out_hash);
    return LOOM_OK;
}

static void start_hmac(struct hmac_sha256_ctx *mac, struct loom_bytes key) {
    hmac_sha256_set_key(mac, key.len, data_of(key));
}

enum loom_err loom_hmac_sha256(const unsigned char key[static LOOM_KEY_SIZE],
                               struct loom_bytes text,
                               unsigned char out_mac[static LOOM_HASH_SIZE]) {
    LOOM_CLEANUP(wipe_hmac) struct hmac_sha256_ctx mac;
    start_hmac(&mac, (struct loom_bytes){key, LOOM_KEY_SIZE});
    hmac_sha256_update(&mac, text.len, data_of(text));
    hmac_sha256_digest(&mac, LOOM_HASH_SIZE, out_mac);
    return LOOM_OK;
}

/* Nettle's HKDF takes any HMAC, by functions that do not know its type. */
static void add_text(void *mac, size_t len, const uint8_t *text) {
    hmac_sha256_update(mac, len, text);
}

static void take_code(void *mac, size_t len, uint8_t *out_code) {
    hmac_sha256_digest(mac, len, out_code);
}

enum loom_err loom_hkdf_sha256(const unsigned char key[static LOOM_KEY_SIZE],
                               struct loom_bytes salt, struct loom_bytes info,
                               unsigned char out_key[static LOOM_KEY_SIZE]) {
    LOOM_CLEANUP(wipe_hmac) struct hmac_sha256_ctx mac;
    unsigned char extracted[LOOM_HASH_SIZE];
    start_hmac(&mac, salt);
    hkdf_extract(&mac, add_text, take_code, LOOM_HASH_SIZE, LOOM_KEY_SIZE, key, extracted);
    start_hmac(&mac, (struct loom_bytes){extracted, sizeof extracted});
    loom_wipe(extracted, sizeof extracted);
    hkdf_expand(&mac, add_text, take_code, LOOM_HASH_SIZE, info.len, data_of(info), LOOM_KEY_SIZE,
                out_key);
    return LOOM_OK;
}

bool loom_bytes_is_equal(const void *a, const void *b, size_t len) {
    return memeql_sec(a, b, len) != 0;
}
