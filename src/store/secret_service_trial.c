/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_trial.h"

#include "base/text.h"
#include "crypto/crypto.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NAME "application"
#define VALUE "loom-doctor"
#define LABEL "loom doctor: no secret, may be deleted"

enum { RANDOM_LEN = 8, TEXT_SIZE = 96 };

/* A hash table keeps no copy: what is in it outlives it, and is not changed by it. */
static GHashTable *make_attributes(const struct loom_libsecret *lib) {
    GHashTable *attributes = lib->hash_table_new(lib->str_hash, lib->str_equal);
    (void)lib->hash_table_insert(attributes, (gpointer)(uintptr_t)NAME, (gpointer)(uintptr_t)VALUE);
    return attributes;
}

/* ---- What earlier ones left ---- */

static enum loom_err find_left(struct loom_secret_service *service, char ***out_paths,
                               struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    char **locked = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    GHashTable *attributes = make_attributes(lib);
    lib->service_search_for_dbus_paths(service->proxy, NULL, attributes, call.cancellable,
                                       loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, error);
    if (err == LOOM_OK && !lib->service_search_for_dbus_paths_finish(service->proxy, call.result,
                                                                     out_paths, &locked, &fault))
        err = loom_secret_service_fault(service, fault, error);
    loom_call_end(&call);
    lib->strfreev(locked);
    lib->hash_table_unref(attributes);
    return err;
}

static enum loom_err delete_left(struct loom_secret_service *service, const char *path,
                                 struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    SecretItem *item = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    lib->item_new_for_dbus_path(service->proxy, path, SECRET_ITEM_NONE, call.cancellable,
                                loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, error);
    if (err == LOOM_OK) {
        item = lib->item_new_for_dbus_path_finish(call.result, &fault);
        if (item == NULL)
            err = loom_secret_service_fault(service, fault, error);
    }
    loom_call_end(&call);
    if (item == NULL)
        return err;
    err = loom_secret_service_delete(service, item, error);
    lib->object_unref(item);
    return err;
}

enum loom_err loom_secret_trial_sweep(struct loom_secret_service *service,
                                      struct loom_error *error) {
    char **paths = NULL;
    enum loom_err err = find_left(service, &paths, error);
    for (char **path = paths; err == LOOM_OK && path != NULL && *path != NULL; path++)
        err = delete_left(service, *path, error);
    service->loop.lib->strfreev(paths);
    return err;
}

/* ---- This one ---- */

static enum loom_err make_item(struct loom_secret_service *service, SecretCollection *collection,
                               const char *text, SecretItem **out_item, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    GHashTable *attributes = make_attributes(lib);
    SecretValue *value = lib->value_new(text, (gssize)strlen(text), "text/plain");
    lib->item_create(collection, NULL, attributes, LABEL, value, SECRET_ITEM_CREATE_NONE,
                     call.cancellable, loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_write(service, &call, error);
    if (err == LOOM_OK) {
        *out_item = lib->item_create_finish(call.result, &fault);
        if (*out_item == NULL)
            err = loom_secret_service_fault(service, fault, error);
    }
    loom_call_end(&call);
    lib->value_unref(value);
    lib->hash_table_unref(attributes);
    return err;
}

/* Does the keyring itself give back what it was given? */
static enum loom_err read_item(struct loom_secret_service *service, SecretItem *item,
                               const char *text, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    GList items = {.data = item};
    gsize len = 0;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    lib->item_load_secrets(&items, call.cancellable, loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, error);
    if (err == LOOM_OK && !lib->item_load_secrets_finish(call.result, &fault))
        err = loom_secret_service_fault(service, fault, error);
    loom_call_end(&call);
    if (err != LOOM_OK)
        return err;
    SecretValue *value = lib->item_get_secret(item);
    const char *kept = value != NULL ? lib->value_get(value, &len) : NULL;
    bool is_same = kept != NULL && len == strlen(text) && memcmp(kept, text, len) == 0;
    if (value != NULL)
        lib->value_unref(value);
    return is_same ? LOOM_OK : loom_secret_service_fail(service, EIO, error);
}

/* Another each time: what an earlier one left does not come back as this one's. */
static enum loom_err make_text(char out_text[static TEXT_SIZE]) {
    unsigned char bytes[RANDOM_LEN];
    char hex[2 * RANDOM_LEN + 1];
    enum loom_err err = loom_random(bytes, sizeof bytes);
    if (err != LOOM_OK)
        return err;
    loom_text_format_hex(bytes, sizeof bytes, hex);
    (void)snprintf(out_text, TEXT_SIZE, "no secret: does the keyring keep this? %s", hex);
    return LOOM_OK;
}

enum loom_err loom_secret_trial_run(struct loom_secret_service *service,
                                    SecretCollection *collection,
                                    enum loom_keyring_step *out_failed, struct loom_error *error) {
    char text[TEXT_SIZE];
    SecretItem *item = NULL;
    *out_failed = LOOM_KEYRING_STEP_WRITE;
    enum loom_err err = make_text(text);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    err = make_item(service, collection, text, &item, error);
    if (err != LOOM_OK)
        return err;
    *out_failed = LOOM_KEYRING_STEP_READ;
    err = read_item(service, item, text, error);
    if (err == LOOM_OK)
        *out_failed = LOOM_KEYRING_STEP_DELETE;
    /* Also when it could not be read; why not is what counts then. */
    enum loom_err gone = loom_secret_service_delete(service, item, err == LOOM_OK ? error : NULL);
    service->loop.lib->object_unref(item);
    if (err == LOOM_OK && gone == LOOM_OK)
        *out_failed = LOOM_KEYRING_STEP_NONE;
    return err == LOOM_OK ? gone : err;
}
