/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault_priv.h"

#include "base/text.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

enum {
    MEMBERS_TOP = 7, /* format version file_id generation key entries mac */
    MEMBERS_KEY = 2,
    MEMBERS_ENTRY = 4,
    CT_TEXT_MAX = (LOOM_VAULT_CT_MAX + 2) / 3 * 4,
    BYTES_MAX = LOOM_HASH_SIZE, /* the longest of the fixed sizes */
    NUMBER_TEXT_MAX = 64,
};

static enum loom_err as_stored(enum loom_err err) {
    return err == LOOM_OK || err == LOOM_ERR_INTERNAL ? err : LOOM_ERR_DAMAGED;
}

/* The gate refuses equal names; so with every known member there, the number says it all. */
static bool has_members(const struct loom_json *object, size_t count) {
    size_t seen = 0;
    for (const struct loom_json *m = loom_json_first(object); m != NULL; m = loom_json_next(m))
        seen++;
    return seen == count;
}

static const struct loom_json *member_of(const struct loom_json *object, const char *name) {
    const struct loom_json *m = loom_json_first(object);
    while (m != NULL && strcmp(loom_json_name(m), name) != 0)
        m = loom_json_next(m);
    return m;
}

/* A whole number: the getter rounds a fraction up, which the member's own text gives away. */
static enum loom_err read_whole(const struct loom_json *object, const char *name, int64_t most,
                                int64_t *out_number) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer is = LOOM_BUFFER_INIT(NUMBER_TEXT_MAX);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer whole = LOOM_BUFFER_INIT(NUMBER_TEXT_MAX);
    int64_t number = 0;
    enum loom_err err = loom_json_get_number(object, name, 0, most, &number);
    if (err == LOOM_OK)
        err = loom_json_print(member_of(object, name), &is);
    if (err == LOOM_OK)
        err = loom_buffer_add_format(&whole, "%lld", (long long)number);
    if (err == LOOM_OK && strcmp(is.data, whole.data) != 0)
        err = LOOM_ERR_DAMAGED;
    if (err == LOOM_OK)
        *out_number = number;
    return as_stored(err);
}

/* Is a member exactly this text? */
static enum loom_err read_fixed(const struct loom_json *object, const char *name,
                                const char *expected) {
    const char *text = NULL;
    enum loom_err err = loom_json_get_text(object, name, strlen(expected), &text);
    if (err == LOOM_OK && strcmp(text, expected) != 0)
        err = LOOM_ERR_DAMAGED;
    return as_stored(err);
}

static enum loom_err read_bytes(const struct loom_json *object, const char *name, size_t size,
                                unsigned char *out_bytes) {
    /* Two bytes of room, so that a text of the right length decodes whatever it stands for. */
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer bytes = LOOM_BUFFER_INIT(BYTES_MAX + 2);
    const char *text = NULL;
    enum loom_err err = loom_json_get_text(object, name, (size + 2) / 3 * 4, &text);
    if (err == LOOM_OK)
        err = loom_base64_parse(text, &bytes);
    if (err == LOOM_OK && bytes.len != size)
        err = LOOM_ERR_DAMAGED;
    if (err == LOOM_OK)
        memcpy(out_bytes, bytes.data, size);
    return as_stored(err);
}

static enum loom_err read_ct(const struct loom_json *object, struct loom_buffer *out_ct) {
    const char *text = NULL;
    enum loom_err err = loom_json_get_text(object, "ct", CT_TEXT_MAX, &text);
    *out_ct = (struct loom_buffer)LOOM_BUFFER_INIT(LOOM_VAULT_CT_MAX + 2);
    if (err == LOOM_OK)
        err = loom_base64_parse(text, out_ct);
    if (err != LOOM_OK)
        return as_stored(err);
    bool is_whole = out_ct->len >= LOOM_VAULT_PAD + LOOM_TAG_SIZE &&
                    out_ct->len <= LOOM_VAULT_CT_MAX &&
                    (out_ct->len - LOOM_TAG_SIZE) % LOOM_VAULT_PAD == 0;
    return is_whole ? LOOM_OK : LOOM_ERR_DAMAGED;
}

static bool is_key_char_of(char key, char url) {
    return key == (loom_ascii_is_alnum(url) ? url : '_');
}

/*
 * Is this one of the two keys under which this origin may stand? Whether the origin is one at all
 * is not asked here, where git waits: a question is compared with it byte for byte, and whoever
 * lists it parses it.
 */
static enum loom_err check_key(const char *key, const char *url) {
    size_t len = strlen(url);
    if (len == 0)
        return loom_legacy_is_key(key) ? LOOM_OK : LOOM_ERR_DAMAGED;
    for (size_t i = 0; i < len; i++)
        if (!is_key_char_of(key[i], url[i])) /* stops at the end of a shorter key */
            return LOOM_ERR_DAMAGED;
    if (key[len] == '\0')
        return LOOM_OK;
    struct loom_origin origin;
    char expected[LOOM_STORE_KEY_MAX];
    memcpy(origin.url, url, len + 1);
    enum loom_err err = loom_store_key(&origin, true, expected);
    return err == LOOM_OK && strcmp(expected, key) != 0 ? LOOM_ERR_DAMAGED : err;
}

static enum loom_err read_entry(const struct loom_json *member, struct loom_vault_entry *entry) {
    const char *key = loom_json_name(member), *url = NULL;
    if (!loom_json_is_object(member) || !has_members(member, MEMBERS_ENTRY))
        return LOOM_ERR_DAMAGED;
    enum loom_err err = loom_json_get_text(member, "origin", LOOM_ORIGIN_MAX, &url);
    if (err == LOOM_OK)
        err = check_key(key, url);
    if (err != LOOM_OK)
        return as_stored(err);
    entry->key = strdup(key);
    entry->origin = strdup(url);
    if (entry->key == NULL || entry->origin == NULL)
        return LOOM_ERR_INTERNAL;
    err = read_bytes(member, "salt", LOOM_VAULT_SALT_SIZE, entry->salt);
    if (err == LOOM_OK)
        err = read_bytes(member, "nonce", LOOM_NONCE_SIZE, entry->nonce);
    if (err == LOOM_OK)
        err = read_ct(member, &entry->ct);
    return err;
}

static enum loom_err read_entries(const struct loom_json *root, struct loom_vault_file *file) {
    const struct loom_json *entries = NULL;
    enum loom_err err = as_stored(loom_json_get_object(root, "entries", &entries));
    if (err != LOOM_OK)
        return err;
    size_t count = 0;
    for (const struct loom_json *m = loom_json_first(entries); m != NULL; m = loom_json_next(m))
        count++;
    if (count > LOOM_VAULT_ENTRIES_MAX)
        return LOOM_ERR_DAMAGED;
    if (count == 0)
        return LOOM_OK;
    file->entries = calloc(count, sizeof *file->entries);
    if (file->entries == NULL)
        return LOOM_ERR_INTERNAL;
    file->capacity = count;
    for (const struct loom_json *m = loom_json_first(entries); m != NULL; m = loom_json_next(m)) {
        /* Counted before it is read, so that a half-read one is freed, too. */
        err = read_entry(m, &file->entries[file->count++]);
        if (err != LOOM_OK)
            return err;
    }
    return loom_vault_file_order(file);
}

static enum loom_err read_key(const struct loom_json *root, struct loom_vault_file *file) {
    const struct loom_json *key = NULL;
    enum loom_err err = as_stored(loom_json_get_object(root, "key", &key));
    if (err == LOOM_OK && !has_members(key, MEMBERS_KEY))
        err = LOOM_ERR_DAMAGED;
    if (err == LOOM_OK)
        err = read_fixed(key, "kind", "keyfile");
    if (err == LOOM_OK)
        err = read_bytes(key, "id", LOOM_VAULT_KEY_ID_SIZE, file->key_id);
    return err;
}

static enum loom_err read_sealed(const struct loom_json *root, struct loom_vault_file *file) {
    int64_t version = 0;
    enum loom_err err = read_fixed(root, "format", "loom-credentials");
    if (err == LOOM_OK)
        err = read_whole(root, "version", 1, &version);
    if (err == LOOM_OK && (version != 1 || !has_members(root, MEMBERS_TOP)))
        err = LOOM_ERR_DAMAGED;
    if (err == LOOM_OK)
        err = read_bytes(root, "file_id", LOOM_VAULT_FILE_ID_SIZE, file->file_id);
    if (err == LOOM_OK)
        err = read_whole(root, "generation", loom_vault_generation_max, &file->generation);
    if (err == LOOM_OK)
        err = read_key(root, file);
    if (err == LOOM_OK)
        err = read_bytes(root, "mac", LOOM_HASH_SIZE, file->mac);
    if (err == LOOM_OK)
        err = read_entries(root, file);
    return err;
}

enum loom_err loom_vault_parse(const char *text, size_t len,
                               struct loom_vault_content *out_content) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    enum loom_err err = as_stored(loom_json_parse(text, len, &tree));
    if (err != LOOM_OK)
        return err;
    struct loom_vault_content content = {.len = len};
    if (loom_json_has(tree, "format")) {
        content.form = LOOM_VAULT_SEALED;
        err = read_sealed(tree, &content.file);
    } else {
        content.form = LOOM_VAULT_PLAINTEXT;
        err = loom_legacy_parse(tree, &content.legacy);
    }
    if (err != LOOM_OK) {
        loom_vault_content_clear(&content);
        return err;
    }
    *out_content = content;
    return LOOM_OK;
}

bool loom_vault_is_newer(const char *text, size_t len) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    int64_t version = 0;
    return loom_json_parse(text, len, &tree) == LOOM_OK &&
           read_fixed(tree, "format", "loom-credentials") == LOOM_OK &&
           loom_json_get_number(tree, "version", 2, LOOM_JSON_INTEGER_MAX, &version) == LOOM_OK;
}

void loom_vault_content_clear(struct loom_vault_content *content) {
    loom_vault_file_clear(&content->file);
    loom_legacy_clear(&content->legacy);
    *content = (struct loom_vault_content)LOOM_VAULT_CONTENT_INIT;
}
