/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault_priv.h"

#include "json/json.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Room for a valid file and one more record, so that only too large a file hits the cap. */
    PRINTED_MAX = 2 * LOOM_VAULT_FILE_MAX,
    TEXT_MAX = (LOOM_VAULT_CT_MAX + 2) / 3 * 4,
};

static const char mac_label[] = "loom/v1/mac-input"; /* its NUL belongs to the input */

/* ---- Entries ---- */

static int compare_entries(const void *a, const void *b) {
    const struct loom_vault_entry *left = a, *right = b;
    return strcmp(left->key, right->key);
}

/* Where an entry of this key is or would be. */
static size_t position_of(const struct loom_vault_file *file, const char *key) {
    size_t low = 0, high = file->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(file->entries[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct loom_vault_entry *loom_vault_file_at(const struct loom_vault_file *file, const char *key) {
    size_t i = position_of(file, key);
    bool is_there = i < file->count && strcmp(file->entries[i].key, key) == 0;
    return is_there ? &file->entries[i] : NULL;
}

struct loom_vault_entry *loom_vault_file_find(const struct loom_vault_file *file,
                                              const char *origin) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->entries[i].origin, origin) == 0)
            return &file->entries[i];
    return NULL;
}

enum loom_err loom_vault_file_order(struct loom_vault_file *file) {
    if (file->count > 1)
        qsort(file->entries, file->count, sizeof *file->entries, compare_entries);
    /* An origin stands under one of two keys; only where both exist can it be there twice. */
    for (size_t i = 0; i < file->count; i++) {
        const struct loom_vault_entry *entry = &file->entries[i];
        const char *suffix = strstr(entry->key, "--");
        if (suffix == NULL)
            continue;
        char plain[LOOM_STORE_KEY_MAX];
        size_t len = (size_t)(suffix - entry->key);
        memcpy(plain, entry->key, len);
        plain[len] = '\0';
        const struct loom_vault_entry *other = loom_vault_file_at(file, plain);
        if (other != NULL && strcmp(other->origin, entry->origin) == 0)
            return LOOM_ERR_DAMAGED;
    }
    return LOOM_OK;
}

static enum loom_err grow(struct loom_vault_file *file) {
    if (file->count < file->capacity)
        return LOOM_OK;
    size_t capacity = file->capacity + file->capacity / 2 + 8;
    struct loom_vault_entry *entries = calloc(capacity, sizeof *entries);
    if (entries == NULL)
        return LOOM_ERR_INTERNAL;
    if (file->count > 0)
        memcpy(entries, file->entries, file->count * sizeof *entries);
    free(file->entries);
    file->entries = entries;
    file->capacity = capacity;
    return LOOM_OK;
}

static void clear_entry(struct loom_vault_entry *entry) {
    free(entry->key);
    free(entry->origin);
    loom_buffer_clear(&entry->ct);
    *entry = (struct loom_vault_entry){.key = NULL};
}

enum loom_err loom_vault_file_add(struct loom_vault_file *file, const char *key, const char *origin,
                                  struct loom_vault_entry **out_entry) {
    if (file->count >= LOOM_VAULT_ENTRIES_MAX)
        return LOOM_ERR_STORAGE;
    struct loom_vault_entry fresh = {.key = strdup(key), .origin = strdup(origin)};
    fresh.ct = (struct loom_buffer)LOOM_BUFFER_INIT(LOOM_VAULT_CT_MAX);
    if (fresh.key == NULL || fresh.origin == NULL || grow(file) != LOOM_OK) {
        clear_entry(&fresh);
        return LOOM_ERR_INTERNAL;
    }
    size_t i = position_of(file, key);
    memmove(&file->entries[i + 1], &file->entries[i], (file->count - i) * sizeof fresh);
    file->entries[i] = fresh;
    file->count++;
    *out_entry = &file->entries[i];
    return LOOM_OK;
}

void loom_vault_file_remove(struct loom_vault_file *file, struct loom_vault_entry *entry) {
    size_t i = (size_t)(entry - file->entries);
    clear_entry(entry);
    memmove(entry, entry + 1, (file->count - i - 1) * sizeof *entry);
    file->count--;
}

void loom_vault_file_clear(struct loom_vault_file *file) {
    for (size_t i = 0; i < file->count; i++)
        clear_entry(&file->entries[i]);
    free(file->entries);
    *file = (struct loom_vault_file){.entries = NULL};
}

/* ---- The MAC of the file ---- */

static enum loom_err add_number(struct loom_buffer *out, uint64_t number, size_t size) {
    unsigned char bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(number >> (8 * (size - 1 - i)));
    return loom_buffer_add(out, bytes, size);
}

/* LP(x) */
static enum loom_err add_prefixed(struct loom_buffer *out, const void *bytes, size_t len) {
    enum loom_err err = add_number(out, len, 4);
    return err == LOOM_OK ? loom_buffer_add(out, bytes, len) : err;
}

static enum loom_err add_header(struct loom_buffer *out, const struct loom_vault_file *file) {
    enum loom_err err = loom_buffer_add(out, mac_label, sizeof mac_label);
    if (err == LOOM_OK)
        err = add_number(out, 1, 4);
    if (err == LOOM_OK)
        err = add_number(out, (uint64_t)file->generation, 8);
    if (err == LOOM_OK)
        err = add_prefixed(out, file->file_id, sizeof file->file_id);
    if (err == LOOM_OK)
        err = add_prefixed(out, "keyfile", strlen("keyfile"));
    if (err == LOOM_OK)
        err = add_prefixed(out, file->key_id, sizeof file->key_id);
    if (err == LOOM_OK)
        err = add_number(out, file->count, 4);
    return err;
}

static enum loom_err add_entry(struct loom_buffer *out, const struct loom_vault_entry *entry) {
    enum loom_err err = add_prefixed(out, entry->key, strlen(entry->key));
    if (err == LOOM_OK)
        err = add_prefixed(out, entry->origin, strlen(entry->origin));
    if (err == LOOM_OK)
        err = add_prefixed(out, entry->salt, sizeof entry->salt);
    if (err == LOOM_OK)
        err = add_prefixed(out, entry->nonce, sizeof entry->nonce);
    if (err == LOOM_OK)
        err = add_prefixed(out, entry->ct.data, entry->ct.len);
    return err;
}

static enum loom_err reckon(const struct loom_vault_file *file, const struct loom_vault_key *key,
                            unsigned char out_mac[static LOOM_HASH_SIZE]) {
    static const char info[] = "loom/v1/mac";
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer input = LOOM_BUFFER_INIT(PRINTED_MAX);
    enum loom_err err = add_header(&input, file);
    for (size_t i = 0; i < file->count && err == LOOM_OK; i++)
        err = add_entry(&input, &file->entries[i]);
    if (err != LOOM_OK)
        return err;
    unsigned char mac_key[LOOM_KEY_SIZE];
    err = loom_hkdf_sha256(key->root, (struct loom_bytes){file->file_id, sizeof file->file_id},
                           (struct loom_bytes){info, sizeof info - 1}, mac_key);
    if (err == LOOM_OK)
        err = loom_hmac_sha256(mac_key, (struct loom_bytes){input.data, input.len}, out_mac);
    loom_wipe(mac_key, sizeof mac_key);
    return err;
}

enum loom_err loom_vault_file_sign(struct loom_vault_file *file, const struct loom_vault_key *key) {
    memcpy(file->key_id, key->id, sizeof file->key_id);
    return reckon(file, key, file->mac);
}

enum loom_err loom_vault_file_verify(const struct loom_vault_file *file,
                                     const struct loom_vault_key *key) {
    if (!loom_bytes_is_equal(file->key_id, key->id, sizeof file->key_id))
        return LOOM_ERR_NOT_FOUND;
    unsigned char mac[LOOM_HASH_SIZE];
    enum loom_err err = reckon(file, key, mac);
    if (err == LOOM_OK && !loom_bytes_is_equal(mac, file->mac, sizeof mac))
        err = LOOM_ERR_DAMAGED;
    return err;
}

/* ---- The document ---- */

static enum loom_err put_bytes(struct loom_json *object, const char *name, const void *bytes,
                               size_t len) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(TEXT_MAX);
    enum loom_err err = loom_base64_add(&text, (struct loom_bytes){bytes, len});
    return err == LOOM_OK ? loom_json_add_text(object, name, loom_buffer_text(&text)) : err;
}

static enum loom_err put_entry(struct loom_json *entries, const struct loom_vault_entry *entry) {
    struct loom_json *member = NULL;
    enum loom_err err = loom_json_add_object(entries, entry->key, &member);
    if (err == LOOM_OK)
        err = loom_json_add_text(member, "origin", entry->origin);
    if (err == LOOM_OK)
        err = put_bytes(member, "salt", entry->salt, sizeof entry->salt);
    if (err == LOOM_OK)
        err = put_bytes(member, "nonce", entry->nonce, sizeof entry->nonce);
    if (err == LOOM_OK)
        err = put_bytes(member, "ct", entry->ct.data, entry->ct.len);
    return err;
}

static enum loom_err put_header(struct loom_json *root, const struct loom_vault_file *file) {
    struct loom_json *key = NULL;
    enum loom_err err = loom_json_add_text(root, "format", "loom-credentials");
    if (err == LOOM_OK)
        err = loom_json_add_number(root, "version", 1);
    if (err == LOOM_OK)
        err = put_bytes(root, "file_id", file->file_id, sizeof file->file_id);
    if (err == LOOM_OK)
        err = loom_json_add_number(root, "generation", file->generation);
    if (err == LOOM_OK)
        err = loom_json_add_object(root, "key", &key);
    if (err == LOOM_OK)
        err = loom_json_add_text(key, "kind", "keyfile");
    if (err == LOOM_OK)
        err = put_bytes(key, "id", file->key_id, sizeof file->key_id);
    return err;
}

enum loom_err loom_vault_file_print(const struct loom_vault_file *file, struct loom_buffer *out) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *root = NULL;
    struct loom_json *entries = NULL;
    enum loom_err err = loom_json_new(&root);
    if (err == LOOM_OK)
        err = put_header(root, file);
    if (err == LOOM_OK)
        err = loom_json_add_object(root, "entries", &entries);
    for (size_t i = 0; i < file->count && err == LOOM_OK; i++)
        err = put_entry(entries, &file->entries[i]);
    if (err == LOOM_OK)
        err = put_bytes(root, "mac", file->mac, sizeof file->mac);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(PRINTED_MAX);
    if (err == LOOM_OK)
        err = loom_json_print(root, &text);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(&text, "\n");
    if (err == LOOM_OK && text.len > LOOM_VAULT_FILE_MAX)
        err = LOOM_ERR_STORAGE;
    return err == LOOM_OK ? loom_buffer_add(out, text.data, text.len) : err;
}
