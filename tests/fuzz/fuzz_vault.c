/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credentials.json, read with a key that the one who wrote the bytes does not have. After "F" comes
 * the whole file; after any other byte come edits of a good one, four bytes each: where (two
 * bytes), how, and with what. Either it is damage, or every server gets its own token.
 */
#include "fuzz/fuzz.h"
#include "fuzz/vault_world.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 16384 };

/* ---- What may be read out of it ---- */

static const struct fuzz_vault_fact *fact_of(const struct loom_vault_entry *entry) {
    for (size_t i = 0; i < FUZZ_VAULT_ENTRIES; i++)
        if (strcmp(fuzz_vault_facts[i].key, entry->key) == 0)
            return &fuzz_vault_facts[i];
    return NULL;
}

/* A record opens only where it was put, whatever the rest of the file says. */
static bool check_record(const struct loom_vault_file *file, const struct loom_vault_entry *entry) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = loom_vault_record_open(file, fuzz_vault_key(), entry, &credential);
    if (err != LOOM_OK) {
        FUZZ_CHECK(err == LOOM_ERR_DAMAGED && credential.token == NULL);
        return false;
    }
    const struct fuzz_vault_fact *fact = fact_of(entry);
    FUZZ_CHECK(fact != NULL && strcmp(fact->origin, entry->origin) == 0);
    FUZZ_CHECK(strcmp(loom_secret_bytes(credential.token), fact->token) == 0);
    FUZZ_CHECK(strcmp(credential.has_origin ? credential.origin.url : "", fact->origin) == 0);
    return true;
}

static void check_entries(const struct loom_vault_file *file) {
    FUZZ_CHECK(file->count <= LOOM_VAULT_ENTRIES_MAX && file->generation >= 0);
    for (size_t i = 0; i < file->count; i++) {
        const struct loom_vault_entry *entry = &file->entries[i];
        FUZZ_CHECK(i == 0 || strcmp(file->entries[i - 1].key, entry->key) < 0);
        FUZZ_CHECK(loom_vault_file_at(file, entry->key) == entry);
        if (entry->origin[0] != '\0')
            FUZZ_CHECK(loom_vault_file_find(file, entry->origin) == entry);
        FUZZ_CHECK(entry->ct.len > LOOM_TAG_SIZE && entry->ct.len <= LOOM_VAULT_CT_MAX);
    }
}

static void check_sealed(const struct loom_vault_file *file) {
    size_t opened = 0;
    check_entries(file);
    enum loom_err err = loom_vault_file_verify(file, fuzz_vault_key());
    for (size_t i = 0; i < file->count; i++)
        opened += check_record(file, &file->entries[i]) ? 1 : 0;
    if (err == LOOM_OK) /* then it is the one file that was ever sealed with this key */
        FUZZ_CHECK(opened == FUZZ_VAULT_ENTRIES && file->count == opened && file->generation == 7);
    else
        FUZZ_CHECK(err == LOOM_ERR_DAMAGED || err == LOOM_ERR_NOT_FOUND);
}

/* Written by us it is the same file. */
static void check_print(const struct loom_vault_file *file) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer first = LOOM_BUFFER_INIT(LOOM_VAULT_FILE_MAX);
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer second = LOOM_BUFFER_INIT(LOOM_VAULT_FILE_MAX);
    struct loom_vault_content again = LOOM_VAULT_CONTENT_INIT;
    FUZZ_CHECK(loom_vault_file_print(file, &first) == LOOM_OK);
    FUZZ_CHECK(loom_vault_parse(first.data, first.len, &again) == LOOM_OK);
    FUZZ_CHECK(again.form == LOOM_VAULT_SEALED);
    FUZZ_CHECK(loom_vault_file_print(&again.file, &second) == LOOM_OK);
    FUZZ_CHECK(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    FUZZ_CHECK(loom_vault_file_verify(file, fuzz_vault_key()) ==
               loom_vault_file_verify(&again.file, fuzz_vault_key()));
    loom_vault_content_clear(&again);
}

static bool check_text(const char *text, size_t len) {
    struct loom_vault_content content;
    FUZZ_MARK(content);
    enum loom_err err = loom_vault_parse(text, len, &content);
    if (err != LOOM_OK) {
        FUZZ_CHECK(err == LOOM_ERR_DAMAGED && FUZZ_IS_MARKED(content));
        return false;
    }
    FUZZ_CHECK(!loom_vault_is_newer(text, len));
    FUZZ_CHECK(content.len == len && content.form != LOOM_VAULT_ABSENT);
    bool is_whole = false;
    if (content.form == LOOM_VAULT_SEALED) {
        check_sealed(&content.file);
        check_print(&content.file);
        is_whole = loom_vault_file_verify(&content.file, fuzz_vault_key()) == LOOM_OK;
    }
    loom_vault_content_clear(&content);
    return is_whole;
}

/* ---- Tampering ---- */

enum edit { FLIP, DELETE, INSERT, COPY, EDITS };

static size_t apply(char *text, size_t len, struct fuzz_input *input) {
    size_t at = fuzz_take_number(input) % (len + 1);
    enum edit how = (enum edit)(fuzz_take_byte(input) % EDITS);
    unsigned char what = fuzz_take_byte(input);
    size_t run = (size_t)what < len - at ? what : len - at;
    if (how == FLIP && at < len)
        text[at] = (char)((unsigned char)text[at] ^ what);
    if (how == DELETE) {
        memmove(text + at, text + at + run, len - at - run);
        return len - run;
    }
    if (how == INSERT && len < TEXT_MAX) {
        memmove(text + at + 1, text + at, len - at);
        text[at] = (char)what;
        return len + 1;
    }
    if (how == COPY) /* a run from its beginning, as of one record over another */
        memmove(text + at, text + (at * 7 + 1) % (len - run + 1), run);
    return len;
}

static void check_tampered(struct fuzz_input input) {
    const struct loom_buffer *good = fuzz_vault_text();
    char *room = malloc(TEXT_MAX + 1);
    size_t len = good->len;
    FUZZ_CHECK(room != NULL && len <= TEXT_MAX);
    memcpy(room, good->data, len);
    while (input.len >= 4)
        len = apply(room, len, &input);
    char *text = fuzz_copy((struct fuzz_input){room, len});
    (void)check_text(text, len);
    free(text);
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static bool is_proven;
    struct fuzz_input input = fuzz_input(bytes, len);
    if (!is_proven) /* else this would say nothing */
        FUZZ_CHECK(check_text(fuzz_vault_text()->data, fuzz_vault_text()->len));
    is_proven = true;
    if (fuzz_take_byte(&input) != 'F') {
        check_tampered(input);
        return 0;
    }
    char *text = fuzz_copy(input);
    (void)check_text(text, input.len);
    free(text);
    return 0;
}
