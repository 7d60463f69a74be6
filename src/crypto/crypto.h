/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few operations of the vault, over OpenSSL.
 *
 * Algorithms are fixed here and belong to the vault's version (docs/VAULT-FORMAT.md): SHA-256,
 * HMAC-SHA256 (RFC 2104), HKDF-SHA256 (RFC 5869), AES-256-GCM (NIST SP 800-38D), and base64 in its
 * canonical padded form (RFC 4648 section 4). Sizes stand in the types.
 *
 * OpenSSL is opened at the first call but for base64's, in a context of this program's own that is
 * kept: no configuration file changes what these functions do, and they change nothing for TLS or
 * for the process that our library lives in. The first call costs about a millisecond, the next
 * ones microseconds. Where OpenSSL is not installed, each of them is LOOM_ERR_INTERNAL.
 */
#ifndef LOOM_CRYPTO_CRYPTO_H
#define LOOM_CRYPTO_CRYPTO_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    LOOM_HASH_SIZE = 32,
    LOOM_KEY_SIZE = 32,
    LOOM_NONCE_SIZE = 12,
    LOOM_TAG_SIZE = 16,
};

struct loom_bytes {
    const void *data;
    size_t len;
};

/*
 * Note what became of an operation: as loom_error_set(), and why OpenSSL could not be opened where
 * that is the reason (ENOENT).
 */
enum loom_err loom_crypto_error(struct loom_error *error, enum loom_err err);

/* Fill with random bytes. LOOM_ERR_INTERNAL: there are none to be had; nothing may go on then. */
LOOM_CHECKED enum loom_err loom_random(unsigned char *out_bytes, size_t len);

LOOM_CHECKED enum loom_err loom_sha256(struct loom_bytes text,
                                       unsigned char out_hash[static LOOM_HASH_SIZE]);

LOOM_CHECKED enum loom_err loom_hmac_sha256(const unsigned char key[static LOOM_KEY_SIZE],
                                            struct loom_bytes text,
                                            unsigned char out_mac[static LOOM_HASH_SIZE]);

/* HKDF with SHA-256, extract and expand, 32 bytes out. */
LOOM_CHECKED enum loom_err loom_hkdf_sha256(const unsigned char key[static LOOM_KEY_SIZE],
                                            struct loom_bytes salt, struct loom_bytes info,
                                            unsigned char out_key[static LOOM_KEY_SIZE]);

/*
 * Seal `plain` with AES-256-GCM and append ciphertext and tag to `out`.
 * HAZARD: never seal twice with the same key and nonce. The vault derives a new key for every
 * record that it writes.
 */
LOOM_CHECKED enum loom_err loom_aead_seal(const unsigned char key[static LOOM_KEY_SIZE],
                                          const unsigned char nonce[static LOOM_NONCE_SIZE],
                                          struct loom_bytes aad, struct loom_bytes plain,
                                          struct loom_buffer *out);

/*
 * Open what loom_aead_seal made and append the plaintext to `out`.
 * LOOM_ERR_DAMAGED: too short, or the tag does not fit; then `out` is as it was, and what was
 * decrypted meanwhile is wiped.
 */
LOOM_CHECKED enum loom_err loom_aead_open(const unsigned char key[static LOOM_KEY_SIZE],
                                          const unsigned char nonce[static LOOM_NONCE_SIZE],
                                          struct loom_bytes aad, struct loom_bytes sealed,
                                          struct loom_buffer *out);

/* Compare in time that depends on `len` alone. */
bool loom_bytes_is_equal(const void *a, const void *b, size_t len);

/* Append `bytes` as canonical base64. */
LOOM_CHECKED enum loom_err loom_base64_add(struct loom_buffer *out, struct loom_bytes bytes);

/*
 * Append what base64 `text` stands for. LOOM_ERR_BAD_ANSWER: not canonical: blanks, missing or
 * extra padding, other characters, bits set behind the end.
 */
LOOM_CHECKED enum loom_err loom_base64_parse(const char *text, struct loom_buffer *out);

#endif
