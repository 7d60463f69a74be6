/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key file. After "R" come its bytes; after any other byte come a bit to flip (two bytes) and
 * the first forty bytes, whose check sum is reckoned here, since nobody guesses one. What is
 * accepted is magic, root and check sum and nothing else, and no bit of it can change.
 */
#include "fuzz/fuzz.h"
#include "store/vault_priv.h"

#include <stdlib.h>
#include <string.h>

enum { CHECKED = 40, MAGIC = 8 };

/* By the words of docs/VAULT-FORMAT.md. */
static bool is_key_file(const char *bytes, size_t len) {
    unsigned char hash[LOOM_HASH_SIZE];
    if (len != LOOM_VAULT_KEY_FILE_SIZE || memcmp(bytes, "LOOMKEY1", MAGIC) != 0)
        return false;
    FUZZ_CHECK(loom_sha256((struct loom_bytes){bytes, CHECKED}, hash) == LOOM_OK);
    bool is_zero = true;
    for (size_t i = MAGIC; i < CHECKED; i++)
        is_zero = is_zero && bytes[i] == 0;
    return memcmp(hash, bytes + CHECKED, len - CHECKED) == 0 && !is_zero;
}

static const char *planned; /* the root for plan() */

static enum loom_err plan(unsigned char *out_bytes, size_t len) {
    memcpy(out_bytes, planned, len);
    return LOOM_OK;
}

static void check_again(const char *bytes, const struct loom_vault_key *key) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer again = LOOM_BUFFER_INIT(LOOM_VAULT_KEY_FILE_SIZE);
    FUZZ_CHECK(memcmp(key->root, bytes + MAGIC, sizeof key->root) == 0);
    planned = bytes + MAGIC;
    FUZZ_CHECK(loom_vault_key_make(plan, &again) == LOOM_OK);
    FUZZ_CHECK(again.len == LOOM_VAULT_KEY_FILE_SIZE && memcmp(again.data, bytes, again.len) == 0);
}

static bool check(const char *bytes, size_t len) {
    struct loom_vault_key key;
    FUZZ_MARK(key);
    enum loom_err err = loom_vault_key_parse(bytes, len, &key);
    FUZZ_CHECK((err == LOOM_OK) == is_key_file(bytes, len));
    if (err == LOOM_OK)
        check_again(bytes, &key);
    else
        FUZZ_CHECK(err == LOOM_ERR_DAMAGED && FUZZ_IS_MARKED(key));
    return err == LOOM_OK;
}

static void check_made(struct fuzz_input input) {
    unsigned char hash[LOOM_HASH_SIZE];
    char bytes[LOOM_VAULT_KEY_FILE_SIZE] = "LOOMKEY1";
    size_t bit = fuzz_take_number(&input) % (8 * sizeof bytes);
    memcpy(bytes, input.at, input.len < CHECKED ? input.len : CHECKED);
    FUZZ_CHECK(loom_sha256((struct loom_bytes){bytes, CHECKED}, hash) == LOOM_OK);
    memcpy(bytes + CHECKED, hash, sizeof bytes - CHECKED);
    if (!check(bytes, sizeof bytes))
        return;
    bytes[bit / 8] = (char)((unsigned char)bytes[bit / 8] ^ 1U << bit % 8);
    FUZZ_CHECK(!check(bytes, sizeof bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    if (fuzz_take_byte(&input) != 'R') {
        check_made(input);
        return 0;
    }
    char *raw = fuzz_copy(input);
    (void)check(raw, input.len);
    free(raw);
    return 0;
}
