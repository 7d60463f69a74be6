/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plaintext file of another Loom client. What is taken over belongs to nobody, holds tokens
 * that are some, and comes out of the vault as it went in, where nobody reads it without the key.
 */
#include "fuzz/fuzz.h"
#include "fuzz/vault_world.h"

#include <stdlib.h>
#include <string.h>

static void check_entry(const struct loom_legacy_entry *entry) {
    const struct loom_credential *credential = &entry->credential;
    FUZZ_CHECK(entry->key[0] != '\0' && strlen(entry->key) <= LOOM_ORIGIN_MAX);
    FUZZ_CHECK(strpbrk(entry->key, "/.: -\"\\\n") == NULL);
    FUZZ_CHECK(!credential->has_origin && credential->source == LOOM_SOURCE_IMPORTED);
    FUZZ_CHECK(credential->token != NULL && credential->expires_at >= 0);
    const char *token = loom_secret_bytes(credential->token);
    FUZZ_CHECK(fuzz_is_within(token, strlen(token), '!', '~') && token[0] != '\0');
    /* Nothing else of a file that was never authenticated. */
    FUZZ_CHECK(credential->ca_file == NULL && credential->revocation_endpoint == NULL &&
               credential->token_endpoint == NULL && credential->account.id == NULL);
}

static bool is_same(const struct loom_secret *a, const struct loom_secret *b) {
    return (a == NULL && b == NULL) || loom_secret_is_equal(a, b);
}

static void check_opened(const struct loom_legacy_entry *was, const struct loom_vault_file *file) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential is = LOOM_CREDENTIAL_INIT;
    const struct loom_vault_entry *entry = loom_vault_file_at(file, was->key);
    FUZZ_CHECK(entry != NULL && entry->origin[0] == '\0');
    FUZZ_CHECK(loom_vault_record_open(file, fuzz_vault_key(), entry, &is) == LOOM_OK);
    FUZZ_CHECK(is_same(is.token, was->credential.token));
    FUZZ_CHECK(is_same(is.refresh, was->credential.refresh));
    FUZZ_CHECK(is.expires_at == was->credential.expires_at || is.refresh == NULL);
    FUZZ_CHECK(!is.has_origin && is.source == LOOM_SOURCE_IMPORTED);
    FUZZ_CHECK(is.dialect == was->credential.dialect);
}

static void check_sealed(const struct loom_legacy *legacy, const struct loom_vault_file *file) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_VAULT_FILE_MAX);
    struct loom_vault_content content = LOOM_VAULT_CONTENT_INIT;
    FUZZ_CHECK(loom_vault_file_print(file, &text) == LOOM_OK);
    FUZZ_CHECK(loom_vault_parse(text.data, text.len, &content) == LOOM_OK);
    FUZZ_CHECK(loom_vault_file_verify(&content.file, fuzz_vault_key()) == LOOM_OK);
    FUZZ_CHECK(content.file.count == legacy->count);
    for (size_t i = 0; i < legacy->count; i++)
        check_opened(&legacy->entries[i], &content.file);
    /* With nothing but the keys taken out, no long token is left to be read. */
    for (size_t i = 0; i < legacy->count; i++) {
        const char *token = loom_secret_bytes(legacy->entries[i].credential.token);
        bool may_be_key = strpbrk(token, "-.:/+=") == NULL || strpbrk(token, "\"") != NULL;
        if (strlen(token) >= 24 && !may_be_key)
            FUZZ_CHECK(!fuzz_has(text.data, text.len, token));
    }
    loom_vault_content_clear(&content);
}

static void check_legacy(const struct loom_legacy *legacy) {
    struct loom_vault_file file = {.generation = 1};
    FUZZ_CHECK(legacy->count <= LOOM_VAULT_ENTRIES_MAX);
    for (size_t i = 0; i < legacy->count; i++)
        check_entry(&legacy->entries[i]);
    fuzz_vault_random_start();
    enum loom_err err = loom_legacy_seal(legacy, fuzz_vault_key(), fuzz_vault_random, &file);
    /* Two long tokens, each with a refresh token, may be larger than a record may be. */
    FUZZ_CHECK(err == LOOM_OK || err == LOOM_ERR_STORAGE);
    if (err == LOOM_OK) {
        FUZZ_CHECK(loom_vault_file_sign(&file, fuzz_vault_key()) == LOOM_OK);
        check_sealed(legacy, &file);
    }
    loom_vault_file_clear(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    struct loom_vault_content content;
    FUZZ_MARK(content);
    enum loom_err err = loom_vault_parse(input.at, input.len, &content);
    if (err != LOOM_OK) {
        FUZZ_CHECK(err == LOOM_ERR_DAMAGED && FUZZ_IS_MARKED(content));
        return 0;
    }
    if (content.form == LOOM_VAULT_PLAINTEXT)
        check_legacy(&content.legacy);
    loom_vault_content_clear(&content);
    return 0;
}
