/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/second_json.h"

#include "json/json_priv.h"

#include <cjson/cJSON.h>
#include <string.h>

/* Doubles are exact so far; a fraction that is too small for one is none to them. */
static const double exact = 4503599627370496.0;

static bool is_same_number(const cJSON *theirs, const struct loom_json *ours) {
    double number = theirs->valuedouble;
    int64_t whole = loom_json_whole(ours->text);
    if (number > exact)
        return whole >= (int64_t)exact;
    if (number < -exact)
        return whole <= -(int64_t)exact;
    double less = (double)whole - number;
    return less >= 0 && (less < 1 || (less <= 1 && number >= 0));
}

static bool is_same(const cJSON *theirs, const struct loom_json *ours);

static bool are_same_members(const cJSON *theirs, const struct loom_json *ours) {
    const cJSON *left = theirs->child;
    const struct loom_json *right = loom_json_first(ours);
    for (; left != NULL && right != NULL; left = left->next, right = loom_json_next(right)) {
        const char *name = loom_json_name(right);
        bool is_named = left->string != NULL && name != NULL && strcmp(left->string, name) == 0;
        if (!is_named && (left->string != NULL || name != NULL))
            return false;
        if (!is_same(left, right))
            return false;
    }
    return left == NULL && right == NULL;
}

static bool is_same(const cJSON *theirs, const struct loom_json *ours) {
    switch (ours->kind) {
    case LOOM_JSON_NULL:
        return cJSON_IsNull(theirs);
    case LOOM_JSON_FALSE:
        return cJSON_IsFalse(theirs);
    case LOOM_JSON_TRUE:
        return cJSON_IsTrue(theirs);
    case LOOM_JSON_NUMBER:
        return cJSON_IsNumber(theirs) && is_same_number(theirs, ours);
    case LOOM_JSON_TEXT:
        return cJSON_IsString(theirs) && strcmp(theirs->valuestring, ours->text) == 0;
    case LOOM_JSON_ARRAY:
        return cJSON_IsArray(theirs) && are_same_members(theirs, ours);
    case LOOM_JSON_OBJECT:
        return cJSON_IsObject(theirs) && are_same_members(theirs, ours);
    }
    return false;
}

bool fuzz_reads_same_json(const char *text, size_t len, const struct loom_json *tree) {
    cJSON *theirs = cJSON_ParseWithLength(text, len);
    bool is_fine = theirs != NULL && is_same(theirs, tree);
    cJSON_Delete(theirs);
    return is_fine;
}
