/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "base/memory.h"
#include "base/text.h"
#include "json/cjson_library.h"

#include <string.h>

static cJSON *item_of(struct loom_json *json) {
    return (cJSON *)json;
}

static void wipe_string(char *string) {
    if (string != NULL)
        loom_wipe(string, strlen(string));
}

static void wipe_tree(cJSON *item) {
    wipe_string(item->valuestring);
    wipe_string(item->string);
    for (cJSON *child = item->child; child != NULL; child = child->next)
        wipe_tree(child);
}

static void drop_item(cJSON *item) {
    if (item == NULL)
        return;
    wipe_tree(item);
    loom_cjson()->Delete(item);
}

void loom_json_drop(struct loom_json **tree) {
    drop_item(item_of(*tree));
    *tree = NULL;
}

enum loom_err loom_json_new(struct loom_json **out_object) {
    const struct loom_cjson *cjson = loom_cjson();
    cJSON *object = cjson != NULL ? cjson->CreateObject() : NULL;
    if (object == NULL)
        return LOOM_ERR_INTERNAL;
    *out_object = (struct loom_json *)object;
    return LOOM_OK;
}

/* Takes `item` in every case; NULL stands for "no memory". */
static enum loom_err add_item(struct loom_json *parent, const char *name, cJSON *item) {
    cJSON *to = item_of(parent);
    bool is_named =
        name != NULL && loom_cjson_is(to, cJSON_Object) && loom_text_is_utf8(name, strlen(name));
    bool is_element = name == NULL && loom_cjson_is(to, cJSON_Array);
    if (item != NULL && ((is_named && loom_cjson()->AddItemToObject(to, name, item)) ||
                         (is_element && loom_cjson()->AddItemToArray(to, item))))
        return LOOM_OK;
    drop_item(item);
    return LOOM_ERR_INTERNAL;
}

enum loom_err loom_json_add_text(struct loom_json *object, const char *name, const char *text) {
    if (text == NULL)
        return loom_json_add_null(object, name);
    if (!loom_text_is_utf8(text, strlen(text)))
        return LOOM_ERR_INTERNAL;
    return add_item(object, name, loom_cjson()->CreateString(text));
}

enum loom_err loom_json_add_number(struct loom_json *object, const char *name, int64_t number) {
    if (number > LOOM_JSON_INTEGER_MAX || number < -LOOM_JSON_INTEGER_MAX)
        return LOOM_ERR_INTERNAL;
    return add_item(object, name, loom_cjson()->CreateNumber((double)number));
}

enum loom_err loom_json_add_bool(struct loom_json *object, const char *name, bool value) {
    return add_item(object, name, loom_cjson()->CreateBool(value));
}

enum loom_err loom_json_add_null(struct loom_json *object, const char *name) {
    return add_item(object, name, loom_cjson()->CreateNull());
}

static enum loom_err add_container(struct loom_json *object, const char *name, cJSON *item,
                                   struct loom_json **out_member) {
    enum loom_err err = add_item(object, name, item);
    if (err == LOOM_OK)
        *out_member = (struct loom_json *)item;
    return err;
}

enum loom_err loom_json_add_object(struct loom_json *object, const char *name,
                                   struct loom_json **out_member) {
    return add_container(object, name, loom_cjson()->CreateObject(), out_member);
}

enum loom_err loom_json_add_array(struct loom_json *object, const char *name,
                                  struct loom_json **out_member) {
    return add_container(object, name, loom_cjson()->CreateArray(), out_member);
}

enum loom_err loom_json_add_tree(struct loom_json *object, const char *name,
                                 struct loom_json **tree) {
    cJSON *item = item_of(*tree);
    *tree = NULL;
    return add_item(object, name, item);
}
