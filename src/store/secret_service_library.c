/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_library.h"

#include "base/library.h"
#include "store/keyring.h"
#include "system/process_id.h"
#include "system/sigpipe.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#define SONAME "libsecret-1.so.0"

LOOM_LIBRARY_NOTE("keyring", "Keeps the sign-in in the system keyring", "recommended", SONAME);

#define GLIB_ROW(name) {"g_" #name, offsetof(struct loom_libsecret, name)},
#define SECRET_ROW(name) {"secret_" #name, offsetof(struct loom_libsecret, name)},

static const struct loom_library_symbol symbols[] = {
    LOOM_LIBSECRET_FUNCTIONS(GLIB_ROW, SECRET_ROW)};

_Static_assert(sizeof symbols / sizeof symbols[0] * sizeof(void *) == sizeof(struct loom_libsecret),
               "every pointer of the table is bound");

static enum loom_err refuse(struct loom_error *error, const char *detail) {
    return loom_error_os(error, LOOM_ERR_KEYRING, ENOENT, detail);
}

enum loom_err loom_libsecret_open(const char *soname, struct loom_libsecret *out_lib,
                                  struct loom_error *error) {
    struct loom_libsecret lib;
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return refuse(error, soname);
    /* GLib's functions are found as well: dlsym also looks through what a library needs. */
    const char *missing =
        loom_library_bind(library, symbols, sizeof symbols / sizeof symbols[0], &lib);
    if (missing != NULL)
        return refuse(error, missing);
    *out_lib = lib;
    return LOOM_OK;
}

/* Written once, under `once`; is_silent before that. */
static struct {
    pthread_once_t once;
    bool is_silent;
    pid_t opened_by;
    struct loom_libsecret lib;
    struct loom_error error;
} process = {.once = PTHREAD_ONCE_INIT};

/* What a keyring answers can make GLib complain, on standard error, to a person or to git. */
static GLogWriterOutput drop_complaint(GLogLevelFlags level, const GLogField *fields, gsize count,
                                       gpointer data) {
    (void)level;
    (void)fields;
    (void)count;
    (void)data;
    return G_LOG_WRITER_HANDLED;
}

/*
 * GLib ignores SIGPIPE in the whole process when it makes its first socket, though it sends in a
 * way that raises none. Here that happens now, and what the process had is put back.
 */
static void keep_sigpipe(const struct loom_libsecret *lib) {
    struct loom_sigpipe_action action;
    loom_sigpipe_note_action(&action);
    (void)lib->type_class_ref(lib->socket_get_type());
    loom_sigpipe_restore_action(&action);
}

static void open_once(void) {
    if (loom_libsecret_open(SONAME, &process.lib, &process.error) != LOOM_OK)
        return; /* kept in process.error */
    process.opened_by = loom_process_id();
    keep_sigpipe(&process.lib);
    if (process.is_silent)
        process.lib.log_set_writer_func(drop_complaint, NULL, NULL);
}

void loom_keyring_silence(void) {
    process.is_silent = true;
}

bool loom_libsecret_is_left_behind(void) {
    (void)pthread_once(&process.once, open_once);
    return process.opened_by != 0 && process.opened_by != loom_process_id();
}

enum loom_err loom_libsecret_get(const struct loom_libsecret **out_lib, struct loom_error *error) {
    (void)pthread_once(&process.once, open_once);
    if (process.error.code != LOOM_OK)
        return refuse(error, process.error.detail);
    *out_lib = &process.lib;
    return LOOM_OK;
}
