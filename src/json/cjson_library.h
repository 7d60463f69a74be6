/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cJSON, opened when JSON is first read or written, where no name of the host can reach it. Only
 * for the room.
 *
 *     const struct loom_cjson *cjson = loom_cjson();
 *     if (cjson == NULL) ...                             // it is not installed
 *     cJSON *item = cjson->CreateString(text);
 *
 * This room is part of a library in other people's programs, and cJSON is what such a program is
 * likeliest to have in itself already, in whichever version: linked by name, our calls would end
 * there, and so would those that cJSON makes of its own functions. Bound by name in this one
 * library they do not. Where a program has the very libcjson.so.1 open and sets hooks, they hold
 * for us as well, because there is one of it: they have to work in every thread. We set none.
 */
#ifndef LOOM_JSON_CJSON_LIBRARY_H
#define LOOM_JSON_CJSON_LIBRARY_H

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

/* The process's table; NULL: there is no cJSON, or it lacks a function. */
const struct loom_cjson *loom_cjson(void);

/* Is it one of cJSON's types? Its own functions for that would have to be bound as well. */
static inline bool loom_cjson_is(const cJSON *item, int types) {
    return (item->type & types) != 0;
}

#endif
