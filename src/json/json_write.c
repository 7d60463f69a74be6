/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "base/memory.h"
#include "base/text.h"
#include "json/json_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_SIZE = 24 };

enum loom_err loom_json_new(struct loom_json **out_object) {
    struct loom_json *object = loom_json_node(LOOM_JSON_OBJECT);
    if (object == NULL)
        return LOOM_ERR_INTERNAL;
    *out_object = object;
    return LOOM_OK;
}

/* A name in an object, and none in an array. */
static bool is_place(const struct loom_json *parent, const char *name) {
    if (name == NULL)
        return parent->kind == LOOM_JSON_ARRAY;
    return parent->kind == LOOM_JSON_OBJECT && loom_text_is_utf8(name, strlen(name));
}

/* `text` NULL: it has none. `out_member` NULL: nobody wants it. */
static enum loom_err add(struct loom_json *parent, const char *name, enum loom_json_kind kind,
                         const char *text, struct loom_json **out_member) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *member = NULL;
    if (!is_place(parent, name) || (member = loom_json_node(kind)) == NULL)
        return LOOM_ERR_INTERNAL;
    if (name != NULL && (member->name = strdup(name)) == NULL)
        return LOOM_ERR_INTERNAL;
    if (text != NULL && (member->text = strdup(text)) == NULL)
        return LOOM_ERR_INTERNAL;
    loom_json_hang(parent, member);
    if (out_member != NULL)
        *out_member = member;
    member = NULL;
    return LOOM_OK;
}

enum loom_err loom_json_add_text(struct loom_json *object, const char *name, const char *text) {
    if (text == NULL)
        return loom_json_add_null(object, name);
    if (!loom_text_is_utf8(text, strlen(text)))
        return LOOM_ERR_INTERNAL;
    return add(object, name, LOOM_JSON_TEXT, text, NULL);
}

enum loom_err loom_json_add_number(struct loom_json *object, const char *name, int64_t number) {
    char digits[NUMBER_SIZE];
    if (number > LOOM_JSON_INTEGER_MAX || number < -LOOM_JSON_INTEGER_MAX)
        return LOOM_ERR_INTERNAL;
    (void)snprintf(digits, sizeof digits, "%" PRId64, number);
    return add(object, name, LOOM_JSON_NUMBER, digits, NULL);
}

enum loom_err loom_json_add_bool(struct loom_json *object, const char *name, bool value) {
    return add(object, name, value ? LOOM_JSON_TRUE : LOOM_JSON_FALSE, NULL, NULL);
}

enum loom_err loom_json_add_null(struct loom_json *object, const char *name) {
    return add(object, name, LOOM_JSON_NULL, NULL, NULL);
}

enum loom_err loom_json_add_object(struct loom_json *object, const char *name,
                                   struct loom_json **out_member) {
    return add(object, name, LOOM_JSON_OBJECT, NULL, out_member);
}

enum loom_err loom_json_add_array(struct loom_json *object, const char *name,
                                  struct loom_json **out_member) {
    return add(object, name, LOOM_JSON_ARRAY, NULL, out_member);
}

enum loom_err loom_json_add_tree(struct loom_json *object, const char *name,
                                 struct loom_json **tree) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *member = *tree;
    *tree = NULL;
    if (!is_place(object, name))
        return LOOM_ERR_INTERNAL;
    if (name != NULL && (member->name = strdup(name)) == NULL)
        return LOOM_ERR_INTERNAL;
    loom_json_hang(object, member);
    member = NULL;
    return LOOM_OK;
}
