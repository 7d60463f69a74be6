/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One vault, always the same byte for byte: a fixed key, and "random" bytes that begin anew with
 * each vault. Three servers, and one import that belongs to none.
 */
#ifndef LOOM_TESTS_FUZZ_VAULT_WORLD_H
#define LOOM_TESTS_FUZZ_VAULT_WORLD_H

#include "base/buffer.h"
#include "store/vault_priv.h"

enum { FUZZ_VAULT_ENTRIES = 4 };

struct fuzz_vault_fact {
    const char *key;
    const char *origin; /* "" for the import */
    const char *token;
};

extern const struct fuzz_vault_fact fuzz_vault_facts[FUZZ_VAULT_ENTRIES];

/* The key that sealed it. */
const struct loom_vault_key *fuzz_vault_key(void);

/* Its text. */
const struct loom_buffer *fuzz_vault_text(void);

/* The source of "random" bytes, and its beginning. */
enum loom_err fuzz_vault_random(unsigned char *out_bytes, size_t len);
void fuzz_vault_random_start(void);

#endif
