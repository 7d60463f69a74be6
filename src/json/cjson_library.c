/* SPDX-License-Identifier: Apache-2.0 */
#include "json/cjson_library.h"

#include "base/library.h"
#include "json/json.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#define SONAME "libcjson.so.1"

LOOM_LIBRARY_NOTE("json", "Reads what is stored and what servers say", "required", SONAME);

#define SYMBOL(name)                                                                               \
    { "cJSON_" #name, offsetof(struct loom_cjson, name) }

static const struct loom_library_symbol symbols[] = {
    SYMBOL(ParseWithLength), SYMBOL(Delete),         SYMBOL(GetObjectItemCaseSensitive),
    SYMBOL(CreateObject),    SYMBOL(CreateArray),    SYMBOL(CreateString),
    SYMBOL(CreateNumber),    SYMBOL(CreateBool),     SYMBOL(CreateNull),
    SYMBOL(AddItemToObject), SYMBOL(AddItemToArray),
};

_Static_assert(sizeof symbols / sizeof symbols[0] * sizeof(void *) == sizeof(struct loom_cjson),
               "every pointer of the table is bound");

/* Each of them refuses to go on when a library is opened with RTLD_DEEPBIND. */
static const char *const sanitizers[] = {"__asan_init", "__hwasan_init", "__tsan_init",
                                         "__msan_init"};

static bool is_in_the_program(const char *name) {
    return dlsym(RTLD_DEFAULT, name) != NULL;
}

/*
 * With RTLD_DEEPBIND a library looks into itself before it looks into the program: cJSON's calls of
 * its own functions stay its own. But so do its calls of malloc, which whoever watches a program's
 * memory wants to see; it is asked for only where the program has functions of these names.
 * RTLD_NOW settles it for good, whatever the program opens later.
 */
static int how_to_open(void) {
    bool is_there = is_in_the_program("cJSON_ParseWithLengthOpts");
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++)
        is_there = is_there || is_in_the_program(symbols[i].name);
    for (size_t i = 0; i < sizeof sanitizers / sizeof sanitizers[0]; i++)
        is_there = is_there && !is_in_the_program(sanitizers[i]);
    return RTLD_NOW | RTLD_LOCAL | (is_there ? RTLD_DEEPBIND : 0);
}

static enum loom_err refuse(struct loom_error *error, const char *soname, const char *lacks) {
    char why[128];
    if (lacks == NULL)
        (void)snprintf(why, sizeof why, "%s cannot be opened", soname);
    else
        (void)snprintf(why, sizeof why, "%s lacks %s", soname, lacks);
    return loom_error_os(error, LOOM_ERR_INTERNAL, ENOENT, why);
}

enum loom_err loom_cjson_open(const char *soname, struct loom_cjson *out_cjson,
                              struct loom_error *error) {
    struct loom_cjson cjson;
    void *library = dlopen(soname, how_to_open());
    if (library == NULL)
        return refuse(error, soname, NULL);
    const char *missing =
        loom_library_bind(library, symbols, sizeof symbols / sizeof symbols[0], &cjson);
    if (missing != NULL)
        return refuse(error, soname, missing);
    *out_cjson = cjson;
    return LOOM_OK;
}

/* Written once, under `once`. */
static struct {
    pthread_once_t once;
    struct loom_cjson cjson;
    struct loom_error error;
} process = {.once = PTHREAD_ONCE_INIT};

static void open_once(void) {
    enum loom_err err = loom_cjson_open(SONAME, &process.cjson, &process.error);
    (void)err; /* kept in process.error */
}

const struct loom_cjson *loom_cjson(void) {
    (void)pthread_once(&process.once, open_once);
    return process.error.code == LOOM_OK ? &process.cjson : NULL;
}

enum loom_err loom_json_error(struct loom_error *error, enum loom_err err) {
    if (err == LOOM_ERR_INTERNAL && loom_cjson() == NULL)
        return loom_error_os(error, err, process.error.os_error, process.error.detail);
    return loom_error_set(error, err);
}
