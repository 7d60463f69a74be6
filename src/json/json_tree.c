/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json_priv.h"

#include "base/memory.h"

#include <stdlib.h>

struct loom_json *loom_json_node(enum loom_json_kind kind) {
    struct loom_json *node = calloc(1, sizeof *node);
    if (node != NULL)
        node->kind = kind;
    return node;
}

void loom_json_hang(struct loom_json *parent, struct loom_json *member) {
    if (parent->last != NULL)
        parent->last->next = member;
    else
        parent->first = member;
    parent->last = member;
}

/* Recurses LOOM_JSON_DEPTH_MAX levels at most where a text was read; a writer knows its own. */
static void drop_node(struct loom_json *node) {
    while (node->first != NULL) {
        struct loom_json *member = node->first;
        node->first = member->next;
        drop_node(member);
    }
    loom_string_drop(&node->name);
    loom_string_drop(&node->text);
    free(node);
}

void loom_json_drop(struct loom_json **tree) {
    if (*tree != NULL)
        drop_node(*tree);
    *tree = NULL;
}
