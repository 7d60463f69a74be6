/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan that stands before cJSON. For the room and its tests.
 *
 * In this room a pointer to a struct loom_json, which is defined nowhere, is a pointer to a cJSON.
 */
#ifndef LOOM_JSON_JSON_PRIV_H
#define LOOM_JSON_JSON_PRIV_H

#include "json/json.h"

/*
 * Would json.h accept this text, equal names aside? Reads exactly `len` bytes, needs no NUL behind
 * them, does not recurse and takes no memory.
 */
bool loom_json_scan(const char *text, size_t len);

#endif
