/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan that stands before cJSON, and the numbers that pass beside it. For the room and its
 * tests.
 *
 * In this room a pointer to a struct loom_json, which is defined nowhere, is a pointer to a cJSON.
 */
#ifndef LOOM_JSON_JSON_PRIV_H
#define LOOM_JSON_JSON_PRIV_H

#include "json/json.h"

/*
 * Would json.h accept this text, equal names aside? Reads exactly `len` bytes, needs no NUL behind
 * them, does not recurse and takes no memory.
 */
bool loom_json_scan(const char *text, size_t len);

/* Append a text that the scan has let pass, with null for every number. LOOM_ERR_INTERNAL. */
LOOM_CHECKED enum loom_err loom_json_hide_numbers(const char *text, size_t len,
                                                  struct loom_buffer *out);

/* Put the numbers of `text` into the tree that was read from it without them. LOOM_ERR_INTERNAL. */
LOOM_CHECKED enum loom_err loom_json_put_numbers(struct loom_json *tree, const char *text,
                                                 size_t len);

#endif
