/* SPDX-License-Identifier: Apache-2.0 */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

const char *loom_library_bind(void *library, const struct loom_library_symbol *symbols,
                              size_t count, void *out_table) {
    for (size_t i = 0; i < count; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (symbol == NULL)
            return symbols[i].name;
        /* Copied: C has no cast from a pointer to data to one to a function. */
        memcpy((char *)out_table + symbols[i].at, &symbol, sizeof symbol);
    }
    return NULL;
}
