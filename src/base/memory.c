/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void loom_wipe(void *memory, size_t len) {
    if (memory != NULL)
        explicit_bzero(memory, len);
}

void loom_free_wiped(void *memory, size_t len) {
    loom_wipe(memory, len);
    free(memory);
}

void loom_string_drop(char **string) {
    if (*string != NULL)
        loom_free_wiped(*string, strlen(*string));
    *string = NULL;
}
