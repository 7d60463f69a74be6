/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cJSON, opened when JSON is first read or written, where no name of the host can reach it. Only
 * for the room and its tests.
 *
 *     const struct loom_cjson *cjson = loom_cjson();
 *     if (cjson == NULL) ...                             // it is not installed
 *     cJSON *item = cjson->CreateString(text);
 *
 * This room is part of a library in other people's programs, and cJSON is what such a program is
 * likeliest to have in itself already, in whichever version: linked by name, our calls would end
 * there, and so would those that cJSON makes of its own functions. Bound by name in this one
 * library they do not. It is never closed again.
 *
 * What cannot be kept apart: where a program uses the very libcjson.so.1 there is one of it in the
 * process, and cJSON_InitHooks() is for all who use it. We never call it. Hooks of the host then
 * give our blocks and take them back, wiped; include/loom/credentials.h asks that they work in
 * every thread and do not change while a call runs. cJSON also writes down for cJSON_GetErrorPtr()
 * where it last stopped, whoever asked.
 */
#ifndef LOOM_JSON_CJSON_LIBRARY_H
#define LOOM_JSON_CJSON_LIBRARY_H

#include "base/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

struct loom_cjson {
    __typeof__(cJSON_ParseWithLength) *ParseWithLength;
    __typeof__(cJSON_Delete) *Delete;
    __typeof__(cJSON_GetObjectItemCaseSensitive) *GetObjectItemCaseSensitive;
    __typeof__(cJSON_CreateObject) *CreateObject;
    __typeof__(cJSON_CreateArray) *CreateArray;
    __typeof__(cJSON_CreateString) *CreateString;
    __typeof__(cJSON_CreateNumber) *CreateNumber;
    __typeof__(cJSON_CreateBool) *CreateBool;
    __typeof__(cJSON_CreateNull) *CreateNull;
    __typeof__(cJSON_AddItemToObject) *AddItemToObject;
    __typeof__(cJSON_AddItemToArray) *AddItemToArray;
};

/* The process's table, opened by the first caller; NULL, at every later call, too: see below. */
const struct loom_cjson *loom_cjson(void);

/*
 * Bind the library called `soname`. LOOM_ERR_INTERNAL with ENOENT, and a word in the detail: it is
 * missing or lacks a function.
 */
LOOM_CHECKED enum loom_err loom_cjson_open(const char *soname, struct loom_cjson *out_cjson,
                                           struct loom_error *error);

/* Is it one of cJSON's types? Its own functions for that would have to be bound as well. */
static inline bool loom_cjson_is(const cJSON *item, int types) {
    return (item->type & types) != 0;
}

#endif
