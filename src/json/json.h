/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict gate around cJSON: the only way in and out of JSON.
 *
 *     LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
 *     if (loom_json_parse(body.data, body.len, &tree) != LOOM_OK) ... unusable ...
 *     const struct loom_json *root = tree;
 *     const char *status;
 *     if (loom_json_get_text(root, "status", 64, &status) != LOOM_OK) ...
 *
 * A text is refused whole (LOOM_ERR_BAD_ANSWER) unless it is RFC 8259 to the letter, and more:
 * well-formed UTF-8 without NUL (raw or \u0000), no raw control characters, no lone surrogates
 * escaped, no numbers like 0123 or longer than LOOM_JSON_NUMBER_MAX, nesting of at most
 * LOOM_JSON_DEPTH_MAX checked before cJSON recurses, at most LOOM_JSON_VALUES_MAX values, no two
 * equal names in one object, nothing but blanks after the end, and an object at the top. A leading
 * UTF-8 byte order mark is passed over. Names compare case-sensitively.
 *
 * A tree may hold secrets, so dropping it wipes every string in it first. Text handed out by a
 * getter belongs to the tree and dies with it.
 */
#ifndef LOOM_JSON_JSON_H
#define LOOM_JSON_JSON_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOOM_JSON_DEPTH_MAX = 16,
    LOOM_JSON_NUMBER_MAX = 63,     /* characters; cJSON reads no more of a number */
    LOOM_JSON_VALUES_MAX = 100000, /* a vault of 4000 entries has 20 000; each costs 80 bytes */
};

#define LOOM_JSON_INTEGER_MAX INT64_C(9007199254740992) /* 2^53: up to here a double is exact */

struct loom_json; /* an object, an array, or a value in one */

/*
 * As loom_error_set(), for an error of this room: where it is LOOM_ERR_INTERNAL because there is no
 * cJSON on the machine, the detail says so, with ENOENT.
 */
enum loom_err loom_json_error(struct loom_error *error, enum loom_err err);

/* ---- Reading ---- */

/* `text` need not be NUL-terminated. LOOM_ERR_BAD_ANSWER: not acceptable. LOOM_ERR_INTERNAL. */
LOOM_CHECKED enum loom_err loom_json_parse(const char *text, size_t len,
                                           struct loom_json **out_tree);

/*
 * A member that is a string of at most `max` bytes.
 * LOOM_ERR_NOT_FOUND: absent or null. LOOM_ERR_BAD_ANSWER: another type, or too long.
 */
LOOM_CHECKED enum loom_err loom_json_get_text(const struct loom_json *object, const char *name,
                                              size_t max, const char **out_text);

/*
 * A member that is a number from `least` to `most`, a fraction rounded up. A number outside is
 * LOOM_ERR_BAD_ANSWER, as is another type; LOOM_ERR_NOT_FOUND as above. The comparison is made on
 * the double, so 1e999 is only too large. |least|, |most| <= LOOM_JSON_INTEGER_MAX.
 */
LOOM_CHECKED enum loom_err loom_json_get_number(const struct loom_json *object, const char *name,
                                                int64_t least, int64_t most, int64_t *out_number);

/* As loom_json_get_number, but a number outside becomes the nearest bound. */
LOOM_CHECKED enum loom_err loom_json_get_clamped(const struct loom_json *object, const char *name,
                                                 int64_t least, int64_t most, int64_t *out_number);

/* A member that is true or false. */
LOOM_CHECKED enum loom_err loom_json_get_bool(const struct loom_json *object, const char *name,
                                              bool *out_value);

/* A member that is an object. */
LOOM_CHECKED enum loom_err loom_json_get_object(const struct loom_json *object, const char *name,
                                                const struct loom_json **out_member);

/* A member that is an array. */
LOOM_CHECKED enum loom_err loom_json_get_array(const struct loom_json *object, const char *name,
                                               const struct loom_json **out_member);

/* Is there a member of that name, whatever its value (null included)? */
bool loom_json_has(const struct loom_json *object, const char *name);

/*
 * Walk over the members of an object, or the values of an array, in their order:
 *
 *     for (const struct loom_json *m = loom_json_first(object); m != NULL; m = loom_json_next(m))
 *         use(loom_json_name(m), m);
 *
 * A member that is an object itself may be handed to the getters; loom_json_is_object() tells.
 * loom_json_text() reads one that is a string, as loom_json_get_text(); in an array nothing has a
 * name.
 */
const struct loom_json *loom_json_first(const struct loom_json *object);
const struct loom_json *loom_json_next(const struct loom_json *member);
const char *loom_json_name(const struct loom_json *member);
bool loom_json_is_object(const struct loom_json *member);
LOOM_CHECKED enum loom_err loom_json_text(const struct loom_json *member, size_t max,
                                          const char **out_text);

/* ---- Writing ---- */

LOOM_CHECKED enum loom_err loom_json_new(struct loom_json **out_object);

/*
 * Add a member; `text` NULL adds null. Names and text are copied. LOOM_ERR_INTERNAL, with `object`
 * as it was: no memory, text that is not UTF-8, a number beyond +-LOOM_JSON_INTEGER_MAX. Whether
 * the name is there already is not looked at.
 */
LOOM_CHECKED enum loom_err loom_json_add_text(struct loom_json *object, const char *name,
                                              const char *text);
LOOM_CHECKED enum loom_err loom_json_add_number(struct loom_json *object, const char *name,
                                                int64_t number);
LOOM_CHECKED enum loom_err loom_json_add_bool(struct loom_json *object, const char *name,
                                              bool value);
LOOM_CHECKED enum loom_err loom_json_add_null(struct loom_json *object, const char *name);

/*
 * Add an empty object or array as a member and hand it out to be filled. It belongs to `object`.
 * In an array the name is NULL, for these two and for every other add.
 */
LOOM_CHECKED enum loom_err loom_json_add_object(struct loom_json *object, const char *name,
                                                struct loom_json **out_member);
LOOM_CHECKED enum loom_err loom_json_add_array(struct loom_json *object, const char *name,
                                               struct loom_json **out_member);

/* Add a whole tree as a member. It is taken over in every case, and *tree is NULL then. */
LOOM_CHECKED enum loom_err loom_json_add_tree(struct loom_json *object, const char *name,
                                              struct loom_json **tree);

/*
 * Append the text on one line, without a line end. Nothing of it stays elsewhere in memory. What
 * loom_text_is_printable() refuses is escaped, so the text is safe to show. LOOM_ERR_INTERNAL: past
 * the ceiling, or no memory; `out` is as it was.
 */
LOOM_CHECKED enum loom_err loom_json_print(const struct loom_json *tree, struct loom_buffer *out);

/* Wipe every string, free the whole tree, set to NULL. Only for trees, never for members. */
void loom_json_drop(struct loom_json **tree);

#endif
