/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sdbus_library.h"

#include "base/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#define SONAME "libsystemd.so.0"

LOOM_LIBRARY_NOTE("sd-bus", "Reads the system keyring sooner", "suggested", SONAME);

#define SYMBOL(name)                                                                               \
    { "sd_bus_" #name, offsetof(struct loom_sdbus, name) }

static const struct loom_library_symbol symbols[] = {
    SYMBOL(open_user),
    SYMBOL(close),
    SYMBOL(unref),
    SYMBOL(call_async),
    SYMBOL(process),
    SYMBOL(wait),
    SYMBOL(message_new_method_call),
    SYMBOL(message_appendv),
    SYMBOL(message_is_method_error),
    SYMBOL(message_get_error),
    SYMBOL(message_enter_container),
    SYMBOL(message_exit_container),
    SYMBOL(message_read),
    SYMBOL(message_read_array),
    SYMBOL(message_skip),
    SYMBOL(message_rewind),
    SYMBOL(message_ref),
    SYMBOL(message_unref),
};

_Static_assert(sizeof symbols / sizeof symbols[0] * sizeof(void *) == sizeof(struct loom_sdbus),
               "every pointer of the table is bound");

enum loom_err loom_sdbus_open(const char *soname, struct loom_sdbus *out_lib) {
    struct loom_sdbus lib;
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL ||
        loom_library_bind(library, symbols, sizeof symbols / sizeof symbols[0], &lib) != NULL)
        return LOOM_ERR_NOT_FOUND;
    *out_lib = lib;
    return LOOM_OK;
}

/* Written once, under `once`. */
static struct {
    pthread_once_t once;
    struct loom_sdbus lib;
    enum loom_err err;
} process = {.once = PTHREAD_ONCE_INIT};

static void open_once(void) {
    process.err = loom_sdbus_open(SONAME, &process.lib);
}

const struct loom_sdbus *loom_sdbus(void) {
    (void)pthread_once(&process.once, open_once);
    return process.err == LOOM_OK ? &process.lib : NULL;
}
