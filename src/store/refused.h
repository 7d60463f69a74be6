/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notes of tokens that a server refused: refused.json in the data folder.
 *
 * git says `erase` after a 401, which may have come from a proxy; the note makes the next `get` ask
 * the server itself before the token is believed dead. A note holds hashes alone, never a token:
 * by SHA-256(origin) the first 16 hex digits of SHA-256("loom/v1/refused\0" || token), when the
 * server was last asked, and whether it said that the token is dead.
 *
 *     err = loom_refused_find(&paths, &origin, token, &note, error);
 *     err = loom_refused_note(&paths, &origin, token, &note, error);
 *     err = loom_refused_forget(&paths, &origin, error);     // after a new sign-in
 *
 * A note of another token is none.
 *
 * A file that cannot be read as such is treated as absent: it holds nothing that cannot be found
 * out again. Writes happen under refused.json.lock.
 */
#ifndef LOOM_STORE_REFUSED_H
#define LOOM_STORE_REFUSED_H

#include "base/error.h"
#include "base/origin.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>

struct loom_paths; /* system/folder.h */

struct loom_refused {
    int64_t asked_at; /* epoch seconds; 0: not asked yet */
    bool is_dead;     /* the server itself said so */
};

/* LOOM_ERR_NOT_FOUND: no note for this token. */
LOOM_CHECKED enum loom_err loom_refused_find(const struct loom_paths *paths,
                                             const struct loom_origin *origin,
                                             const struct loom_secret *token,
                                             struct loom_refused *out_note,
                                             struct loom_error *error);

/* Write or replace the note of this server. */
LOOM_CHECKED enum loom_err loom_refused_note(const struct loom_paths *paths,
                                             const struct loom_origin *origin,
                                             const struct loom_secret *token,
                                             const struct loom_refused *note,
                                             struct loom_error *error);

/* Drop the note of this server; none is fine, and makes no file. */
LOOM_CHECKED enum loom_err loom_refused_forget(const struct loom_paths *paths,
                                               const struct loom_origin *origin,
                                               struct loom_error *error);

#endif
