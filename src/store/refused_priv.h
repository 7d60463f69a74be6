/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notes of refused.json in memory, and their text, for refused.c and its tests.
 */
#ifndef LOOM_STORE_REFUSED_PRIV_H
#define LOOM_STORE_REFUSED_PRIV_H

#include "base/buffer.h"
#include "crypto/crypto.h"
#include "store/refused.h"

#include <stddef.h>

enum {
    LOOM_REFUSED_TOKEN_BYTES = 8, /* of the hash */
    LOOM_REFUSED_TOKEN_SIZE = 2 * LOOM_REFUSED_TOKEN_BYTES + 1,
    LOOM_REFUSED_ORIGIN_SIZE = 2 * LOOM_HASH_SIZE + 1,
    LOOM_REFUSED_NOTES_MAX = 256, /* the oldest goes: it can be found out again */
    LOOM_REFUSED_FILE_MAX = 64 * 1024,
};

struct loom_refused_note {
    char origin[LOOM_REFUSED_ORIGIN_SIZE]; /* lower-case hex */
    char token[LOOM_REFUSED_TOKEN_SIZE];   /* lower-case hex */
    struct loom_refused refused;
};

struct loom_refused_notes {
    struct loom_refused_note at[LOOM_REFUSED_NOTES_MAX]; /* the newest last */
    size_t count;
};

/* All of a file or nothing: one that cannot be read as such is empty. */
void loom_refused_notes_parse(const char *text, size_t len, struct loom_refused_notes *out_notes);

/* Append the text of the file, its line end included. */
LOOM_CHECKED enum loom_err loom_refused_notes_print(const struct loom_refused_notes *notes,
                                                    struct loom_buffer *out);

/* The note of this origin, or NULL. */
struct loom_refused_note *loom_refused_notes_find(struct loom_refused_notes *notes,
                                                  const char *origin_hex);

/* Add or replace the note of its origin. */
void loom_refused_notes_put(struct loom_refused_notes *notes,
                            const struct loom_refused_note *fresh);

void loom_refused_notes_remove(struct loom_refused_notes *notes, struct loom_refused_note *note);

#endif
