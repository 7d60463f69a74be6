/* SPDX-License-Identifier: Apache-2.0 */
#include "json/cjson_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#define SONAME "libcjson.so.1"

/* The note of uapi-group.org's "ELF dlopen metadata"; http/curl_library.c says why in assembler. */
__asm__(".pushsection .note.dlopen, \"a\", %note\n"
        ".balign 4\n"
        ".4byte 1f - 0f, 3f - 2f, 0x407c0c0a\n"
        "0: .asciz \"FDO\"\n"
        "1: .balign 4\n"
        "2: .asciz \"[{\\\"feature\\\":\\\"json\\\","
        "\\\"description\\\":\\\"Reads what is stored and what servers say\\\","
        "\\\"priority\\\":\\\"required\\\","
        "\\\"soname\\\":[\\\"" SONAME "\\\"]}]\"\n"
        "3: .balign 4\n"
        ".popsection\n");

#define SYMBOL(name)                                                                               \
    { "cJSON_" #name, offsetof(struct loom_cjson, name) }

static const struct {
    const char *name;
    size_t at; /* of the pointer in struct loom_cjson */
} symbols[] = {
    SYMBOL(ParseWithLength), SYMBOL(Delete),         SYMBOL(GetObjectItemCaseSensitive),
    SYMBOL(CreateObject),    SYMBOL(CreateArray),    SYMBOL(CreateString),
    SYMBOL(CreateNumber),    SYMBOL(CreateBool),     SYMBOL(CreateNull),
    SYMBOL(AddItemToObject), SYMBOL(AddItemToArray),
};

_Static_assert(sizeof symbols / sizeof symbols[0] * sizeof(void *) == sizeof(struct loom_cjson),
               "every pointer of the table is bound");

/* Each of them refuses to go on when a library is opened with RTLD_DEEPBIND. */
static const char *const sanitizers[] = {"__asan_init", "__tsan_init", "__msan_init"};

/*
 * With RTLD_DEEPBIND a library looks into itself before it looks into the program: cJSON's calls of
 * its own functions stay its own. But so do its calls of malloc, which whoever watches a program's
 * memory wants to see; it is asked for only where the program has functions of these names.
 */
static int how_to_open(void) {
    int flags = RTLD_NOW | RTLD_LOCAL;
    if (dlsym(RTLD_DEFAULT, symbols[0].name) == NULL && dlsym(RTLD_DEFAULT, "cJSON_Parse") == NULL)
        return flags;
    for (size_t i = 0; i < sizeof sanitizers / sizeof sanitizers[0]; i++)
        if (dlsym(RTLD_DEFAULT, sanitizers[i]) != NULL)
            return flags;
    return flags | RTLD_DEEPBIND;
}

/* Written once, under `once`. */
static struct {
    pthread_once_t once;
    bool is_open;
    struct loom_cjson cjson;
} process = {.once = PTHREAD_ONCE_INIT};

static void open_once(void) {
    void *library = dlopen(SONAME, how_to_open());
    if (library == NULL)
        return;
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (symbol == NULL)
            return;
        memcpy((char *)&process.cjson + symbols[i].at, &symbol, sizeof symbol);
    }
    process.is_open = true;
}

const struct loom_cjson *loom_cjson(void) {
    (void)pthread_once(&process.once, open_once);
    return process.is_open ? &process.cjson : NULL;
}
