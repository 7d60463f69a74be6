/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/vault_world.h"

#include "fuzz/fuzz.h"

#include <string.h>

const struct fuzz_vault_fact fuzz_vault_facts[FUZZ_VAULT_ENTRIES] = {
    {"https___a_example", "https://a.example", "token-of-a"},
    {"https___b_example_base", "https://b.example/base", "token-of-b"},
    {"http___localhost_8080", "http://localhost:8080", "token-of-localhost"},
    {"https___c_example", "", "token-of-nobody"},
};

static uint32_t state;

void fuzz_vault_random_start(void) {
    state = 1;
}

/* The generator of C's own standard: all that matters is that it repeats. */
enum loom_err fuzz_vault_random(unsigned char *out_bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        state = state * 1103515245U + 12345U;
        out_bytes[i] = (unsigned char)(state >> 16);
    }
    return LOOM_OK;
}

static struct loom_vault_key make_key(void) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer bytes = LOOM_BUFFER_INIT(LOOM_VAULT_KEY_FILE_SIZE);
    struct loom_vault_key key;
    fuzz_vault_random_start();
    FUZZ_CHECK(loom_vault_key_make(fuzz_vault_random, &bytes) == LOOM_OK);
    FUZZ_CHECK(loom_vault_key_parse(bytes.data, bytes.len, &key) == LOOM_OK);
    return key;
}

const struct loom_vault_key *fuzz_vault_key(void) {
    static struct loom_vault_key key;
    static bool is_made;
    if (!is_made)
        key = make_key();
    is_made = true;
    return &key;
}

static void add(struct loom_vault_file *file, const struct fuzz_vault_fact *fact) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct loom_vault_entry *entry = NULL;
    credential.has_origin = fact->origin[0] != '\0';
    if (credential.has_origin)
        FUZZ_CHECK(loom_origin_parse(fact->origin, strlen(fact->origin), &credential.origin,
                                     NULL) == LOOM_OK);
    FUZZ_CHECK(loom_secret_new(fact->token, strlen(fact->token), &credential.token) == LOOM_OK);
    FUZZ_CHECK(loom_vault_file_add(file, fact->key, fact->origin, &entry) == LOOM_OK);
    FUZZ_CHECK(loom_vault_record_seal(file, fuzz_vault_key(), &credential, fuzz_vault_random,
                                      entry) == LOOM_OK);
}

static void make_text(struct loom_buffer *out) {
    struct loom_vault_file file = {.generation = 7};
    const struct loom_vault_key *key = fuzz_vault_key();
    fuzz_vault_random_start();
    FUZZ_CHECK(fuzz_vault_random(file.file_id, sizeof file.file_id) == LOOM_OK);
    for (size_t i = 0; i < FUZZ_VAULT_ENTRIES; i++)
        add(&file, &fuzz_vault_facts[i]);
    FUZZ_CHECK(loom_vault_file_sign(&file, key) == LOOM_OK);
    FUZZ_CHECK(loom_vault_file_print(&file, out) == LOOM_OK);
    loom_vault_file_clear(&file);
}

const struct loom_buffer *fuzz_vault_text(void) {
    static struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_VAULT_FILE_MAX);
    if (text.len == 0)
        make_text(&text);
    return &text;
}
