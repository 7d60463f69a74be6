/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host with functions and data of the names that our rooms use inside, and a JSON reader of its
 * own under cJSON's names, with hooks of its own. All of it is exported, as a plug-in's host would,
 * and none of it may ever be called by the library.
 */
#include <stdio.h>
#include <stdlib.h>

#define TRAP(name)                                                                                 \
    void name(void);                                                                               \
    void name(void) {                                                                              \
        (void)fputs("the library called the host's " #name "\n", stderr);                          \
        abort();                                                                                   \
    }

TRAP(loom_buffer_add)
TRAP(loom_buffer_add_text)
TRAP(loom_buffer_clear)
TRAP(loom_wipe)
TRAP(loom_secret_new)
TRAP(loom_secret_bytes)
TRAP(loom_secret_drop)
TRAP(loom_origin_parse)
TRAP(loom_error_set)
TRAP(loom_error_detail)
TRAP(loom_json_parse)
TRAP(loom_json_drop)
TRAP(loom_access_find)
TRAP(loom_refresh)
TRAP(loom_sign_out)
TRAP(loom_vault_open)
TRAP(loom_keyring_open)
TRAP(loom_keyring_first_open)
TRAP(loom_store_close)
TRAP(loom_http_client_new)
TRAP(loom_lock_take)
TRAP(loom_api_fail)
TRAP(loom_api_call_begin)

/*
 * A sanitizer lets no library look into itself first (RTLD_DEEPBIND), so what cJSON calls of its
 * own would end here: this is for the build that people get.
 */
#ifndef LOOM_SANITIZED
TRAP(cJSON_Parse)
TRAP(cJSON_ParseWithLength)
TRAP(cJSON_ParseWithOpts)
TRAP(cJSON_ParseWithLengthOpts)
TRAP(cJSON_Delete)
TRAP(cJSON_GetObjectItem)
TRAP(cJSON_GetObjectItemCaseSensitive)
TRAP(cJSON_CreateObject)
TRAP(cJSON_CreateArray)
TRAP(cJSON_CreateString)
TRAP(cJSON_CreateNumber)
TRAP(cJSON_CreateBool)
TRAP(cJSON_CreateTrue)
TRAP(cJSON_CreateFalse)
TRAP(cJSON_CreateNull)
TRAP(cJSON_AddItemToObject)
TRAP(cJSON_AddItemToArray)
TRAP(cJSON_InitHooks)
TRAP(cJSON_malloc)
TRAP(cJSON_free)
TRAP(cJSON_Version)
#endif
