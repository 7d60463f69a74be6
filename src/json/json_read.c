/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "base/memory.h"
#include "json/json_priv.h"

#include <stdlib.h>
#include <string.h>

/* ---- Parsing ---- */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t count_members(const struct loom_json *object) {
    size_t count = 0;
    for (const struct loom_json *member = object->first; member != NULL; member = member->next)
        count++;
    return count;
}

/* Sorting, since comparing each name with each other would let a server choose our run time. */
static enum loom_err check_object(const struct loom_json *object) {
    size_t count = count_members(object), i = 0;
    if (count < 2)
        return LOOM_OK;
    const char **names = calloc(count, sizeof *names);
    if (names == NULL)
        return LOOM_ERR_INTERNAL;
    for (const struct loom_json *member = object->first; member != NULL; member = member->next)
        names[i++] = member->name;
    qsort(names, count, sizeof *names, compare_names);
    enum loom_err err = LOOM_OK;
    for (i = 1; i < count && err == LOOM_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            err = LOOM_ERR_BAD_ANSWER;
    free(names);
    return err;
}

/* Recurses LOOM_JSON_DEPTH_MAX levels at most: the scan has counted them. */
static enum loom_err check_names(const struct loom_json *item) {
    enum loom_err err = item->kind == LOOM_JSON_OBJECT ? check_object(item) : LOOM_OK;
    for (const struct loom_json *child = item->first; child != NULL && err == LOOM_OK;
         child = child->next)
        err = check_names(child);
    return err;
}

static void pass_byte_order_mark(const char **text, size_t *len) {
    static const char mark[] = {'\xef', '\xbb', '\xbf'};
    if (*len < sizeof mark || memcmp(*text, mark, sizeof mark) != 0)
        return;
    *text += sizeof mark;
    *len -= sizeof mark;
}

enum loom_err loom_json_parse(const char *text, size_t len, struct loom_json **out_tree) {
    if (len > 0)
        pass_byte_order_mark(&text, &len);
    if (len == 0 || !loom_json_scan(text, len))
        return LOOM_ERR_BAD_ANSWER;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    enum loom_err err = loom_json_build(text, len, &tree);
    if (err == LOOM_OK)
        err = check_names(tree);
    if (err != LOOM_OK)
        return err;
    *out_tree = tree;
    tree = NULL;
    return LOOM_OK;
}

/* ---- Getting ---- */

/* NULL: there is none. */
static const struct loom_json *find_named(const struct loom_json *object, const char *name) {
    const struct loom_json *member = object->first;
    while (member != NULL && (member->name == NULL || strcmp(member->name, name) != 0))
        member = member->next;
    return member;
}

static enum loom_err find_member(const struct loom_json *object, const char *name,
                                 const struct loom_json **out_member) {
    const struct loom_json *member = find_named(object, name);
    if (member == NULL || member->kind == LOOM_JSON_NULL)
        return LOOM_ERR_NOT_FOUND;
    *out_member = member;
    return LOOM_OK;
}

enum loom_err loom_json_get_text(const struct loom_json *object, const char *name, size_t max,
                                 const char **out_text) {
    const struct loom_json *member;
    enum loom_err err = find_member(object, name, &member);
    return err == LOOM_OK ? loom_json_text(member, max, out_text) : err;
}

static enum loom_err get_rounded(const struct loom_json *object, const char *name,
                                 int64_t *out_number) {
    const struct loom_json *member;
    enum loom_err err = find_member(object, name, &member);
    if (err != LOOM_OK)
        return err;
    if (member->kind != LOOM_JSON_NUMBER)
        return LOOM_ERR_BAD_ANSWER;
    *out_number = loom_json_whole(member->text);
    return LOOM_OK;
}

enum loom_err loom_json_get_number(const struct loom_json *object, const char *name, int64_t least,
                                   int64_t most, int64_t *out_number) {
    int64_t number;
    enum loom_err err = get_rounded(object, name, &number);
    if (err != LOOM_OK)
        return err;
    if (number < least || number > most)
        return LOOM_ERR_BAD_ANSWER;
    *out_number = number;
    return LOOM_OK;
}

enum loom_err loom_json_get_clamped(const struct loom_json *object, const char *name, int64_t least,
                                    int64_t most, int64_t *out_number) {
    int64_t number;
    enum loom_err err = get_rounded(object, name, &number);
    if (err != LOOM_OK)
        return err;
    *out_number = number < least ? least : number > most ? most : number;
    return LOOM_OK;
}

enum loom_err loom_json_get_bool(const struct loom_json *object, const char *name,
                                 bool *out_value) {
    const struct loom_json *member;
    enum loom_err err = find_member(object, name, &member);
    if (err != LOOM_OK)
        return err;
    if (member->kind != LOOM_JSON_TRUE && member->kind != LOOM_JSON_FALSE)
        return LOOM_ERR_BAD_ANSWER;
    *out_value = member->kind == LOOM_JSON_TRUE;
    return LOOM_OK;
}

enum loom_err loom_json_get_object(const struct loom_json *object, const char *name,
                                   const struct loom_json **out_member) {
    const struct loom_json *member;
    enum loom_err err = find_member(object, name, &member);
    if (err != LOOM_OK)
        return err;
    if (member->kind != LOOM_JSON_OBJECT)
        return LOOM_ERR_BAD_ANSWER;
    *out_member = member;
    return LOOM_OK;
}

enum loom_err loom_json_get_array(const struct loom_json *object, const char *name,
                                  const struct loom_json **out_member) {
    const struct loom_json *member;
    enum loom_err err = find_member(object, name, &member);
    if (err != LOOM_OK)
        return err;
    if (member->kind != LOOM_JSON_ARRAY)
        return LOOM_ERR_BAD_ANSWER;
    *out_member = member;
    return LOOM_OK;
}

bool loom_json_has(const struct loom_json *object, const char *name) {
    return find_named(object, name) != NULL;
}

/* ---- Walking ---- */

const struct loom_json *loom_json_first(const struct loom_json *object) {
    return object->first;
}

const struct loom_json *loom_json_next(const struct loom_json *member) {
    return member->next;
}

const char *loom_json_name(const struct loom_json *member) {
    return member->name;
}

bool loom_json_is_object(const struct loom_json *member) {
    return member->kind == LOOM_JSON_OBJECT;
}

enum loom_err loom_json_text(const struct loom_json *member, size_t max, const char **out_text) {
    if (member->kind != LOOM_JSON_TEXT || strlen(member->text) > max)
        return LOOM_ERR_BAD_ANSWER;
    *out_text = member->text;
    return LOOM_OK;
}
