/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/json/cjson_heap.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* Called here, in the test, malloc and free are the wrapped ones. */
static void *take(size_t size) {
    return malloc(size);
}

static void give_back(void *block) {
    free(block);
}

int cjson_heap_setup(void **state) {
    (void)state;
    cJSON_Hooks hooks = {.malloc_fn = take, .free_fn = give_back};
    cJSON_InitHooks(&hooks);
    return 0;
}
