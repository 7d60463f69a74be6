/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault_priv.h"

#include <string.h>

enum {
    /* Label, four prefixed fields. */
    AAD_MAX = 64 + LOOM_VAULT_FILE_ID_SIZE + LOOM_VAULT_KEY_ID_SIZE + LOOM_STORE_KEY_MAX +
              LOOM_ORIGIN_MAX,
};

/* LP(x): a 32-bit big-endian length and then the bytes. */
static enum loom_err add_prefixed(struct loom_buffer *out, const void *bytes, size_t len) {
    const unsigned char size[] = {(unsigned char)(len >> 24), (unsigned char)(len >> 16),
                                  (unsigned char)(len >> 8), (unsigned char)len};
    enum loom_err err = loom_buffer_add(out, size, sizeof size);
    return err == LOOM_OK ? loom_buffer_add(out, bytes, len) : err;
}

/* What a record is bound to: move, rename, copy or relabel it, and it does not open. */
static enum loom_err add_aad(const struct loom_vault_file *file, const struct loom_vault_key *key,
                             const struct loom_vault_entry *entry, struct loom_buffer *out) {
    static const char label[] = "loom/v1/aad"; /* its NUL belongs to it */
    enum loom_err err = loom_buffer_add(out, label, sizeof label);
    if (err == LOOM_OK)
        err = add_prefixed(out, file->file_id, sizeof file->file_id);
    if (err == LOOM_OK)
        err = add_prefixed(out, key->id, sizeof key->id);
    if (err == LOOM_OK)
        err = add_prefixed(out, entry->key, strlen(entry->key));
    if (err == LOOM_OK)
        err = add_prefixed(out, entry->origin, strlen(entry->origin));
    return err;
}

static enum loom_err derive_key(const struct loom_vault_key *key,
                                const struct loom_vault_entry *entry, struct loom_bytes aad,
                                unsigned char out_key[static LOOM_KEY_SIZE]) {
    static const char label[] = "loom/v1/record";
    enum { LABEL_LEN = sizeof label - 1 };
    unsigned char info[LABEL_LEN + LOOM_HASH_SIZE];
    memcpy(info, label, LABEL_LEN);
    enum loom_err err = loom_sha256(aad, info + LABEL_LEN);
    if (err != LOOM_OK)
        return err;
    return loom_hkdf_sha256(key->root, (struct loom_bytes){entry->salt, sizeof entry->salt},
                            (struct loom_bytes){info, sizeof info}, out_key);
}

/* A multiple of LOOM_VAULT_PAD, so that the length tells nothing. */
static enum loom_err add_padding(struct loom_buffer *plain) {
    enum loom_err err = LOOM_OK;
    while (plain->len % LOOM_VAULT_PAD != 0 && err == LOOM_OK)
        err = loom_buffer_add_text(plain, " ");
    return err;
}

enum loom_err loom_vault_record_seal(const struct loom_vault_file *file,
                                     const struct loom_vault_key *key,
                                     const struct loom_credential *credential,
                                     loom_vault_random *random, struct loom_vault_entry *entry) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer aad = LOOM_BUFFER_INIT(AAD_MAX);
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer plain = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    enum loom_err err = loom_credential_print(credential, &plain);
    if (err == LOOM_OK)
        err = add_padding(&plain);
    if (err == LOOM_OK)
        err = add_aad(file, key, entry, &aad);
    if (err == LOOM_OK)
        err = random(entry->salt, sizeof entry->salt);
    if (err == LOOM_OK)
        err = random(entry->nonce, sizeof entry->nonce);
    if (err != LOOM_OK)
        return err;
    unsigned char record_key[LOOM_KEY_SIZE];
    struct loom_bytes bound = {aad.data, aad.len};
    loom_buffer_reset(&entry->ct);
    err = derive_key(key, entry, bound, record_key);
    if (err == LOOM_OK)
        err = loom_aead_seal(record_key, entry->nonce, bound,
                             (struct loom_bytes){plain.data, plain.len}, &entry->ct);
    loom_wipe(record_key, sizeof record_key);
    return err;
}

/* The entry decides who may ask; so what it holds must say the same. */
static bool is_of(const struct loom_credential *credential, const struct loom_vault_entry *entry) {
    return strcmp(credential->has_origin ? credential->origin.url : "", entry->origin) == 0;
}

enum loom_err loom_vault_record_open(const struct loom_vault_file *file,
                                     const struct loom_vault_key *key,
                                     const struct loom_vault_entry *entry,
                                     struct loom_credential *out_credential) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer aad = LOOM_BUFFER_INIT(AAD_MAX);
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer plain = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    unsigned char record_key[LOOM_KEY_SIZE];
    enum loom_err err = add_aad(file, key, entry, &aad);
    struct loom_bytes bound = {aad.data, aad.len};
    if (err == LOOM_OK)
        err = derive_key(key, entry, bound, record_key);
    if (err == LOOM_OK)
        err = loom_aead_open(record_key, entry->nonce, bound,
                             (struct loom_bytes){entry->ct.data, entry->ct.len}, &plain);
    loom_wipe(record_key, sizeof record_key);
    if (err != LOOM_OK)
        return err;
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    err = loom_credential_parse(plain.data, plain.len, &credential);
    if (err == LOOM_OK && !is_of(&credential, entry))
        err = LOOM_ERR_DAMAGED;
    if (err != LOOM_OK) {
        loom_credential_clear(&credential);
        return err;
    }
    *out_credential = credential;
    return LOOM_OK;
}
