/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "json/cjson_library.h"
#include "json/json_priv.h"

#include <stdlib.h>
#include <string.h>

enum { NULL_LEN = 4 }; /* of "null", which may stand for one digit */

static const cJSON *item_of(const struct loom_json *json) {
    return (const cJSON *)json;
}

static const struct loom_json *json_of(const cJSON *item) {
    return (const struct loom_json *)item;
}

/* ---- Parsing ---- */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t count_members(const cJSON *object) {
    size_t count = 0;
    for (const cJSON *member = object->child; member != NULL; member = member->next)
        count++;
    return count;
}

/* Sorting, since comparing each name with each other would let a server choose our run time. */
static enum loom_err check_object(const cJSON *object) {
    size_t count = count_members(object), i = 0;
    if (count < 2)
        return LOOM_OK;
    const char **names = calloc(count, sizeof *names);
    if (names == NULL)
        return LOOM_ERR_INTERNAL;
    for (const cJSON *member = object->child; member != NULL; member = member->next)
        names[i++] = member->string;
    qsort(names, count, sizeof *names, compare_names);
    enum loom_err err = LOOM_OK;
    for (i = 1; i < count && err == LOOM_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            err = LOOM_ERR_BAD_ANSWER;
    free(names);
    return err;
}

/* Recurses LOOM_JSON_DEPTH_MAX levels at most: the scan has counted them. */
static enum loom_err check_names(const cJSON *item) {
    enum loom_err err = loom_cjson_is(item, cJSON_Object) ? check_object(item) : LOOM_OK;
    for (const cJSON *child = item->child; child != NULL && err == LOOM_OK; child = child->next)
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

/* What the scan lets through cJSON reads, unless there is no memory. */
static enum loom_err read_tree(const char *text, size_t len, struct loom_json **out_tree) {
    const struct loom_cjson *cjson = loom_cjson();
    if (cjson == NULL || len > SIZE_MAX / NULL_LEN)
        return LOOM_ERR_INTERNAL;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer plain = LOOM_BUFFER_INIT(NULL_LEN * len);
    enum loom_err err = loom_json_hide_numbers(text, len, &plain);
    if (err != LOOM_OK)
        return err;
    LOOM_CLEANUP(loom_json_drop)
    struct loom_json *tree = (struct loom_json *)cjson->ParseWithLength(plain.data, plain.len);
    if (tree == NULL)
        return LOOM_ERR_INTERNAL;
    err = loom_json_put_numbers(tree, text, len);
    if (err == LOOM_OK) {
        *out_tree = tree;
        tree = NULL;
    }
    return err;
}

enum loom_err loom_json_parse(const char *text, size_t len, struct loom_json **out_tree) {
    if (len > 0)
        pass_byte_order_mark(&text, &len);
    if (len == 0 || !loom_json_scan(text, len))
        return LOOM_ERR_BAD_ANSWER;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    enum loom_err err = read_tree(text, len, &tree);
    if (err == LOOM_OK)
        err = check_names(item_of(tree));
    if (err != LOOM_OK)
        return err;
    *out_tree = tree;
    tree = NULL;
    return LOOM_OK;
}

/* ---- Getting ---- */

/* Where there is a tree, there is cJSON. */
static const cJSON *find_any(const struct loom_json *object, const char *name) {
    return loom_cjson()->GetObjectItemCaseSensitive(item_of(object), name);
}

static enum loom_err find_member(const struct loom_json *object, const char *name,
                                 const cJSON **out_member) {
    const cJSON *member = find_any(object, name);
    if (member == NULL || loom_cjson_is(member, cJSON_NULL))
        return LOOM_ERR_NOT_FOUND;
    *out_member = member;
    return LOOM_OK;
}

enum loom_err loom_json_get_text(const struct loom_json *object, const char *name, size_t max,
                                 const char **out_text) {
    const cJSON *member;
    enum loom_err err = find_member(object, name, &member);
    return err == LOOM_OK ? loom_json_text(json_of(member), max, out_text) : err;
}

/* Compared as doubles first: casting one that an int64_t cannot hold is undefined. */
static int64_t rounded_up(double number) {
    static const double limit = 4611686018427387904.0; /* 2^62, far outside every bound */
    if (number >= limit)
        return INT64_MAX;
    if (number <= -limit)
        return INT64_MIN;
    int64_t whole = (int64_t)number;
    return (double)whole < number ? whole + 1 : whole;
}

static enum loom_err get_rounded(const struct loom_json *object, const char *name,
                                 int64_t *out_number) {
    const cJSON *member;
    enum loom_err err = find_member(object, name, &member);
    if (err != LOOM_OK)
        return err;
    if (!loom_cjson_is(member, cJSON_Number))
        return LOOM_ERR_BAD_ANSWER;
    *out_number = rounded_up(member->valuedouble);
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
    const cJSON *member;
    enum loom_err err = find_member(object, name, &member);
    if (err != LOOM_OK)
        return err;
    if (!loom_cjson_is(member, cJSON_True | cJSON_False))
        return LOOM_ERR_BAD_ANSWER;
    *out_value = loom_cjson_is(member, cJSON_True);
    return LOOM_OK;
}

enum loom_err loom_json_get_object(const struct loom_json *object, const char *name,
                                   const struct loom_json **out_member) {
    const cJSON *member;
    enum loom_err err = find_member(object, name, &member);
    if (err != LOOM_OK)
        return err;
    if (!loom_cjson_is(member, cJSON_Object))
        return LOOM_ERR_BAD_ANSWER;
    *out_member = json_of(member);
    return LOOM_OK;
}

enum loom_err loom_json_get_array(const struct loom_json *object, const char *name,
                                  const struct loom_json **out_member) {
    const cJSON *member;
    enum loom_err err = find_member(object, name, &member);
    if (err != LOOM_OK)
        return err;
    if (!loom_cjson_is(member, cJSON_Array))
        return LOOM_ERR_BAD_ANSWER;
    *out_member = json_of(member);
    return LOOM_OK;
}

bool loom_json_has(const struct loom_json *object, const char *name) {
    return find_any(object, name) != NULL;
}

/* ---- Walking ---- */

const struct loom_json *loom_json_first(const struct loom_json *object) {
    return json_of(item_of(object)->child);
}

const struct loom_json *loom_json_next(const struct loom_json *member) {
    return json_of(item_of(member)->next);
}

const char *loom_json_name(const struct loom_json *member) {
    return item_of(member)->string;
}

bool loom_json_is_object(const struct loom_json *member) {
    return loom_cjson_is(item_of(member), cJSON_Object);
}

enum loom_err loom_json_text(const struct loom_json *member, size_t max, const char **out_text) {
    const cJSON *item = item_of(member);
    if (!loom_cjson_is(item, cJSON_String) || strlen(item->valuestring) > max)
        return LOOM_ERR_BAD_ANSWER;
    *out_text = item->valuestring;
    return LOOM_OK;
}
