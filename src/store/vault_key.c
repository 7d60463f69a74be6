/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault_priv.h"

#include "base/log.h"

#include <string.h>

enum { MAGIC_LEN = 8, CHECK_LEN = 8, CHECKED_LEN = MAGIC_LEN + LOOM_KEY_SIZE };

static const char magic[] = "LOOMKEY1";

void loom_vault_key_wipe(struct loom_vault_key *key) {
    loom_wipe(key, sizeof *key);
}

static enum loom_err reckon_id(struct loom_vault_key *key) {
    static const char label[] = "loom/v1/key-id";
    unsigned char mac[LOOM_HASH_SIZE];
    enum loom_err err =
        loom_hmac_sha256(key->root, (struct loom_bytes){label, sizeof label - 1}, mac);
    if (err == LOOM_OK)
        memcpy(key->id, mac, sizeof key->id);
    return err;
}

enum loom_err loom_vault_key_parse(const char *bytes, size_t len, struct loom_vault_key *out_key) {
    static const unsigned char zero[LOOM_KEY_SIZE];
    LOOM_CLEANUP(loom_vault_key_wipe) struct loom_vault_key key;
    unsigned char hash[LOOM_HASH_SIZE];
    if (len != LOOM_VAULT_KEY_FILE_SIZE || memcmp(bytes, magic, MAGIC_LEN) != 0)
        return LOOM_ERR_DAMAGED;
    enum loom_err err = loom_sha256((struct loom_bytes){bytes, CHECKED_LEN}, hash);
    if (err != LOOM_OK)
        return err;
    if (!loom_bytes_is_equal(hash, bytes + CHECKED_LEN, CHECK_LEN))
        return LOOM_ERR_DAMAGED;
    memcpy(key.root, bytes + MAGIC_LEN, LOOM_KEY_SIZE);
    /* A valid check sum over zeros: whoever made that had no random bytes. */
    if (loom_bytes_is_equal(key.root, zero, LOOM_KEY_SIZE))
        return LOOM_ERR_DAMAGED;
    err = reckon_id(&key);
    if (err == LOOM_OK)
        *out_key = key;
    return err;
}

static enum loom_err read_key(const struct loom_folder *data, const char *name,
                              struct loom_vault_key *out_key, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer bytes = LOOM_BUFFER_INIT(LOOM_VAULT_KEY_FILE_SIZE);
    enum loom_err err = loom_file_read(data, name, LOOM_FILE_STRICT, &bytes, error);
    if (err != LOOM_OK)
        return err;
    err = loom_vault_key_parse(loom_buffer_text(&bytes), bytes.len, out_key);
    return err == LOOM_ERR_DAMAGED ? loom_vault_damaged(data, name, 0, error)
                                   : loom_crypto_error(error, err);
}

enum loom_err loom_vault_key_find(const struct loom_folder *data, struct loom_vault_key *out_key,
                                  struct loom_error *error) {
    enum loom_err err = read_key(data, LOOM_VAULT_KEY_NAME, out_key, error);
    if (err == LOOM_ERR_NOT_FOUND)
        err = read_key(data, LOOM_VAULT_NEXT_KEY_NAME, out_key, error);
    /* Between the two looks an import may have given the key its name. */
    if (err == LOOM_ERR_NOT_FOUND)
        err = read_key(data, LOOM_VAULT_KEY_NAME, out_key, error);
    return err == LOOM_OK ? loom_error_set(error, LOOM_OK) : err;
}

enum loom_err loom_vault_key_make(loom_vault_random *random, struct loom_buffer *out) {
    unsigned char root[LOOM_KEY_SIZE], hash[LOOM_HASH_SIZE];
    enum loom_err err = random(root, sizeof root);
    if (err == LOOM_OK)
        err = loom_buffer_add(out, magic, MAGIC_LEN);
    if (err == LOOM_OK)
        err = loom_buffer_add(out, root, sizeof root);
    if (err == LOOM_OK)
        err = loom_sha256((struct loom_bytes){out->data, out->len}, hash);
    if (err == LOOM_OK)
        err = loom_buffer_add(out, hash, CHECK_LEN);
    loom_wipe(root, sizeof root);
    return err;
}

/*
 * Make a key file, never over an existing one, and read back what is there: where a file system has
 * no locks, that may be another process's.
 */
static enum loom_err make_key(const struct loom_folder *data, const char *name,
                              loom_vault_random *random, struct loom_vault_key *out_key,
                              struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer bytes = LOOM_BUFFER_INIT(LOOM_VAULT_KEY_FILE_SIZE);
    bool is_new = false;
    enum loom_err err = loom_vault_key_make(random, &bytes);
    if (err != LOOM_OK)
        return loom_crypto_error(error, err);
    err = loom_file_create(data, name, &bytes, &is_new, error);
    if (err == LOOM_OK)
        loom_log(LOOM_LOG_STEPS, "%s %s/%s", is_new ? "made" : "found", data->path, name);
    return err == LOOM_OK ? read_key(data, name, out_key, error) : err;
}

enum loom_err loom_vault_key_open(const struct loom_folder *data, bool may_make,
                                  loom_vault_random *random, struct loom_vault_key *out_key,
                                  struct loom_error *error) {
    enum loom_err err = read_key(data, LOOM_VAULT_KEY_NAME, out_key, error);
    if (err != LOOM_ERR_NOT_FOUND)
        return err;
    /* An import was cut short when all but the name was done. */
    err = read_key(data, LOOM_VAULT_NEXT_KEY_NAME, out_key, error);
    if (err == LOOM_OK)
        return loom_vault_key_promote(data, error);
    if (err == LOOM_ERR_NOT_FOUND && may_make)
        err = make_key(data, LOOM_VAULT_KEY_NAME, random, out_key, error);
    return err;
}

enum loom_err loom_vault_key_prepare(const struct loom_folder *data, loom_vault_random *random,
                                     struct loom_vault_key *out_key, struct loom_error *error) {
    enum loom_err err = read_key(data, LOOM_VAULT_NEXT_KEY_NAME, out_key, error);
    if (err == LOOM_ERR_NOT_FOUND)
        err = make_key(data, LOOM_VAULT_NEXT_KEY_NAME, random, out_key, error);
    return err;
}

enum loom_err loom_vault_key_promote(const struct loom_folder *data, struct loom_error *error) {
    return loom_file_move(data, LOOM_VAULT_NEXT_KEY_NAME, LOOM_VAULT_KEY_NAME, error);
}
