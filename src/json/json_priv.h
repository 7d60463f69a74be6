/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the files of this room divide the work. Only for the room and its tests.
 *
 *     json_scan.c    may this text pass?
 *     json_build.c   a text that passed becomes a tree
 *     json_tree.c    the tree: nodes that are made, hung up, and wiped when they go
 *     json_number.c  a number, from its digits
 *     json_read.c, json_write.c, json_print.c   what json.h promises
 */
#ifndef LOOM_JSON_JSON_PRIV_H
#define LOOM_JSON_JSON_PRIV_H

#include "json/json.h"

/* ---- json_scan.c ---- */

/*
 * Would json.h accept this text, equal names aside? Reads exactly `len` bytes, needs no NUL behind
 * them, does not recurse and takes no memory.
 */
bool loom_json_scan(const char *text, size_t len);

/* ---- json_tree.c ---- */

enum loom_json_kind {
    LOOM_JSON_NULL,
    LOOM_JSON_FALSE,
    LOOM_JSON_TRUE,
    LOOM_JSON_NUMBER,
    LOOM_JSON_TEXT,
    LOOM_JSON_ARRAY,
    LOOM_JSON_OBJECT,
};

struct loom_json {
    enum loom_json_kind kind;
    char *name;              /* owned; NULL: it has none */
    char *text;              /* owned; a text itself, or a number as it was written; else NULL */
    struct loom_json *next;  /* owned; the member behind this one */
    struct loom_json *first; /* owned; of an object or array */
    struct loom_json *last;  /* in the chain that begins with `first` */
};

/* NULL: no memory. */
struct loom_json *loom_json_node(enum loom_json_kind kind);

/* Hang `member` up as the last of `parent`, which owns it from then on. */
void loom_json_hang(struct loom_json *parent, struct loom_json *member);

/* ---- json_build.c ---- */

/* The tree of a text that the scan has let pass. LOOM_ERR_INTERNAL: no memory. */
LOOM_CHECKED enum loom_err loom_json_build(const char *text, size_t len,
                                           struct loom_json **out_tree);

/* ---- json_number.c ---- */

/*
 * A number as RFC 8259 section 6 writes it, a fraction rounded up. What an int64_t cannot hold is
 * INT64_MAX or INT64_MIN. Exact: there is no floating point in it, and no locale.
 */
int64_t loom_json_whole(const char *number);

#endif
