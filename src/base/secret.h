/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token, a refresh token or a device code.
 *
 *     LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
 *     if (loom_secret_new(bytes, len, &token) != LOOM_OK) ...
 *
 * A secret is opaque, crosses rooms only as a const pointer, and no function formats it: whoever
 * wants its bytes says so with loom_secret_bytes(), which makes every such place easy to find.
 * Its only content are the bytes that a token may have (RFC 6750 section 2.1 allows fewer, other
 * servers send more): 0x21 to 0x7e, 1 to LOOM_TOKEN_MAX of them. Refused rather than repaired.
 */
#ifndef LOOM_BASE_SECRET_H
#define LOOM_BASE_SECRET_H

#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    LOOM_TOKEN_MAX = 48 * 1024,      /* bytes */
    LOOM_TOKEN_FILE_MAX = 64 * 1024, /* bytes of a file or a line that holds one */
};

struct loom_secret;

/*
 * Copy `len` bytes into a new secret. The caller still wipes its own copy.
 * LOOM_ERR_BAD_ANSWER: not the bytes of a token. LOOM_ERR_INTERNAL: no memory.
 */
LOOM_CHECKED enum loom_err loom_secret_new(const char *bytes, size_t len,
                                           struct loom_secret **out_secret);

/*
 * A token as people hand it over: `len` bytes, one line end at the end taken off. LOOM_ERR_USAGE:
 * not a token. LOOM_ERR_INTERNAL: no memory.
 */
LOOM_CHECKED enum loom_err loom_token_from_line(const char *bytes, size_t len,
                                                struct loom_secret **out_token);

/* A second secret with the same content. */
LOOM_CHECKED enum loom_err loom_secret_copy(const struct loom_secret *secret,
                                            struct loom_secret **out_secret);

/* The bytes, NUL-terminated, valid while the secret lives. Never print them. */
const char *loom_secret_bytes(const struct loom_secret *secret);

size_t loom_secret_len(const struct loom_secret *secret);

/* Compare in time that does not depend on the content. NULL equals nothing. */
bool loom_secret_is_equal(const struct loom_secret *a, const struct loom_secret *b);

/* Wipe and free. NULL is allowed. */
void loom_secret_free(struct loom_secret *secret);

/*
 * Is any secret alive in this process? Counted over all threads. Buffers in which one arrives or
 * leaves are not: ask where none of them is in use.
 */
bool loom_secret_is_any_held(void);

/* For LOOM_CLEANUP: free and set to NULL. */
void loom_secret_drop(struct loom_secret **secret);

#endif
