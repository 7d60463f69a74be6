/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plaintext file of another Loom client: {"KEY":{"type":"api","key":"..."}, ...}. It names no
 * origin, and its key is not unique; so what is in it belongs to nobody until a person says to
 * whom. Whatever else an entry holds was never authenticated, and is not taken over.
 */
#include "store/vault_priv.h"

#include "base/text.h"
#include "store/credential_priv.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

bool loom_legacy_is_key(const char *key) {
    size_t len = strlen(key);
    if (len == 0 || len > LOOM_ORIGIN_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!loom_ascii_is_alnum(key[i]) && key[i] != '_')
            return false;
    return true;
}

static enum loom_err read_entry(const struct loom_json *member, struct loom_legacy_entry *entry) {
    const char *key = loom_json_name(member);
    if (!loom_legacy_is_key(key) || !loom_json_is_object(member))
        return LOOM_ERR_DAMAGED;
    entry->key = strdup(key);
    if (entry->key == NULL)
        return LOOM_ERR_INTERNAL;
    entry->credential.source = LOOM_SOURCE_IMPORTED;
    return loom_credential_read_tokens(member, &entry->credential);
}

enum loom_err loom_legacy_parse(const struct loom_json *tree, struct loom_legacy *out_legacy) {
    size_t count = 0;
    for (const struct loom_json *m = loom_json_first(tree); m != NULL; m = loom_json_next(m))
        count++;
    if (count > LOOM_VAULT_ENTRIES_MAX)
        return LOOM_ERR_DAMAGED;
    /* One more, so that there is always something to own. */
    struct loom_legacy legacy = {.entries = calloc(count + 1, sizeof *legacy.entries)};
    if (legacy.entries == NULL)
        return LOOM_ERR_INTERNAL;
    enum loom_err err = LOOM_OK;
    for (const struct loom_json *m = loom_json_first(tree); m != NULL && err == LOOM_OK;
         m = loom_json_next(m))
        err = read_entry(m, &legacy.entries[legacy.count++]);
    if (err != LOOM_OK) {
        loom_legacy_clear(&legacy);
        return err;
    }
    *out_legacy = legacy;
    return LOOM_OK;
}

enum loom_err loom_legacy_seal(const struct loom_legacy *legacy, const struct loom_vault_key *key,
                               loom_vault_random *random, struct loom_vault_file *file) {
    enum loom_err err = LOOM_OK;
    for (size_t i = 0; i < legacy->count && err == LOOM_OK; i++) {
        const struct loom_legacy_entry *from = &legacy->entries[i];
        struct loom_vault_entry *entry = NULL;
        err = loom_vault_file_add(file, from->key, "", &entry);
        if (err == LOOM_OK)
            err = loom_vault_record_seal(file, key, &from->credential, random, entry);
    }
    return err;
}

void loom_legacy_clear(struct loom_legacy *legacy) {
    for (size_t i = 0; i < legacy->count; i++) {
        free(legacy->entries[i].key);
        loom_credential_clear(&legacy->entries[i].credential);
    }
    free(legacy->entries);
    *legacy = (struct loom_legacy){.entries = NULL};
}
