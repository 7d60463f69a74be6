/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "store/secret_service.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define LABEL "Loom: "

/* What one of our items says of itself; a search names as much of it as it knows. */
static const struct {
    const char *name, *value;
} fixed[] = {{"service", "loom"}, {"target", "default"}, {"application", "loom"}};

enum { SEARCHED = 1 };

/* A hash table keeps no copy: what is in it outlives it, and is not changed by it. */
static gpointer unconst(const char *text) {
    return (gpointer)(uintptr_t)text;
}

static GHashTable *make_attributes(const struct loom_libsecret *lib, const char *key,
                                   size_t fixed_count) {
    GHashTable *attributes = lib->hash_table_new(lib->str_hash, lib->str_equal);
    for (size_t i = 0; i < fixed_count; i++)
        (void)lib->hash_table_insert(attributes, unconst(fixed[i].name), unconst(fixed[i].value));
    if (key != NULL)
        (void)lib->hash_table_insert(attributes, unconst("username"), unconst(key));
    return attributes;
}

/* ---- Searching ---- */

/* What a search finds: paths, unlocked and locked. */
struct paths {
    char **lists[2]; /* owned by GLib; NULL-terminated, or NULL */
};

static void paths_free(struct loom_secret_service *service, struct paths *paths) {
    for (size_t i = 0; i < 2; i++)
        service->loop.lib->strfreev(paths->lists[i]);
}

static enum loom_err find_paths(struct loom_secret_service *service, const char *key,
                                struct paths *out_paths, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    GHashTable *attributes = make_attributes(lib, key, SEARCHED);
    lib->service_search_for_dbus_paths(service->proxy, NULL, attributes, call.cancellable,
                                       loom_call_done, call.reply);
    /* Searching a locked KeePassXC makes it ask; it is searched only when it may. */
    int64_t took_ms = 0;
    enum loom_err err = service->is_unlocked
                            ? loom_secret_service_await_read(service, &call, error)
                            : loom_secret_service_await_person(service, &call, &took_ms, error);
    if (err == LOOM_OK && !lib->service_search_for_dbus_paths_finish(service->proxy, call.result,
                                                                     &out_paths->lists[0],
                                                                     &out_paths->lists[1], &fault))
        err = loom_secret_service_fault(service, fault, error);
    loom_call_end(&call);
    lib->hash_table_unref(attributes);
    return err;
}

static bool is_open(const struct loom_libsecret *lib, const GList *items, const char *path) {
    for (; items != NULL; items = items->next)
        if (strcmp(lib->dbus_proxy_get_object_path(items->data), path) == 0)
            return true;
    return false;
}

static enum loom_err open_item(struct loom_secret_service *service, const char *path, GList **items,
                               struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    lib->item_new_for_dbus_path(service->proxy, path, SECRET_ITEM_NONE, call.cancellable,
                                loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, error);
    if (err == LOOM_OK) {
        SecretItem *item = lib->item_new_for_dbus_path_finish(call.result, &fault);
        if (item == NULL)
            err = loom_secret_service_fault(service, fault, error);
        else
            *items = lib->list_prepend(*items, item);
    }
    loom_call_end(&call);
    return err;
}

/* Each once, whatever the keyring lists: libsecret's own search reads freed memory otherwise. */
static enum loom_err open_items(struct loom_secret_service *service, const struct paths *paths,
                                GList **items, struct loom_error *error) {
    enum loom_err err = LOOM_OK;
    for (size_t i = 0; i < 2; i++)
        for (char **path = paths->lists[i]; err == LOOM_OK && path != NULL && *path != NULL; path++)
            if (!is_open(service->loop.lib, *items, *path))
                err = open_item(service, *path, items, error);
    return err;
}

/* Of what is not locked, all at once: LOOM_ERR_KEYRING_LOCKED, it is after all. */
static enum loom_err load_secrets(struct loom_secret_service *service, const GList *items,
                                  struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    GList *unlocked = NULL;
    for (; items != NULL; items = items->next)
        if (!lib->item_get_locked(items->data))
            unlocked = lib->list_prepend(unlocked, lib->object_ref(items->data));
    if (unlocked == NULL)
        return LOOM_OK;
    bool has_begun = loom_call_begin(&service->loop, &call);
    enum loom_err err = has_begun ? LOOM_OK : loom_error_set(error, LOOM_ERR_INTERNAL);
    if (has_begun) {
        lib->item_load_secrets(unlocked, call.cancellable, loom_call_done, call.reply);
        err = loom_secret_service_await_read(service, &call, error);
        if (err == LOOM_OK && !lib->item_load_secrets_finish(call.result, &fault))
            err = loom_secret_service_fault(service, fault, error);
        loom_call_end(&call);
    }
    loom_secret_service_free_list(service, &unlocked);
    return err;
}

/*
 * In one conversation out of some hundred KWallet, before 6.25, has agreed on another key than
 * libsecret (KDE's bug 514194): no secret can be made out in it, and what is written is refused.
 */
static bool is_any_secret_missing(const struct loom_libsecret *lib, const GList *items) {
    for (; items != NULL; items = items->next) {
        SecretValue *value = lib->item_get_secret(items->data);
        if (value == NULL && !lib->item_get_locked(items->data))
            return true;
        if (value != NULL)
            lib->value_unref(value);
    }
    return false;
}

static enum loom_err read_secrets(struct loom_secret_service *service, const GList *items,
                                  struct loom_error *error) {
    enum loom_err err = load_secrets(service, items, error);
    if (err == LOOM_OK && !service->is_renewed && is_any_secret_missing(service->loop.lib, items))
        err = loom_secret_service_fail(service, EIO, error);
    return err;
}

enum loom_err loom_secret_service_search(struct loom_secret_service *service, const char *key,
                                         GList **out_items, struct loom_error *error) {
    struct paths paths = {{NULL, NULL}};
    GList *items = NULL;
    enum loom_err err = find_paths(service, key, &paths, error);
    if (err == LOOM_OK)
        err = open_items(service, &paths, &items, error);
    if (err == LOOM_OK && !service->options.is_by_label)
        err = read_secrets(service, items, error);
    paths_free(service, &paths);
    if (err == LOOM_OK)
        *out_items = items;
    else
        loom_secret_service_free_list(service, &items);
    return err;
}

bool loom_secret_service_read_label(struct loom_secret_service *service, SecretItem *item,
                                    struct loom_origin *out_origin) {
    char *label = service->loop.lib->item_get_label(item);
    const char *url =
        label != NULL && strncmp(label, LABEL, strlen(LABEL)) == 0 ? label + strlen(LABEL) : NULL;
    bool is_read = url != NULL && loom_origin_parse(url, strlen(url), out_origin, NULL) == LOOM_OK;
    service->loop.lib->free(label);
    return is_read;
}

void loom_secret_service_free_list(struct loom_secret_service *service, GList **items) {
    if (*items != NULL)
        service->loop.lib->list_free_full(*items, service->loop.lib->object_unref);
    *items = NULL;
}

/* ---- Writing ---- */

static SecretValue *make_value(const struct loom_libsecret *lib, const struct loom_buffer *secret) {
    return lib->value_new(secret->data, (gssize)secret->len, "text/plain");
}

enum loom_err loom_secret_service_create(struct loom_secret_service *service,
                                         SecretCollection *collection,
                                         const struct loom_secret_draft *draft,
                                         SecretItem **out_item, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer label = LOOM_BUFFER_INIT(2 * LOOM_ORIGIN_MAX);
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (loom_buffer_add_format(&label, LABEL "%s", draft->origin->url) != LOOM_OK ||
        !loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    GHashTable *attributes = make_attributes(lib, draft->key, sizeof fixed / sizeof fixed[0]);
    SecretValue *value = make_value(lib, draft->secret);
    /* Never SECRET_ITEM_CREATE_REPLACE: it would destroy the item of another origin. */
    lib->item_create(collection, NULL, attributes, label.data, value, SECRET_ITEM_CREATE_NONE,
                     call.cancellable, loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_write(service, &call, error);
    if (err == LOOM_OK) {
        SecretItem *item = lib->item_create_finish(call.result, &fault);
        if (item == NULL)
            err = loom_secret_service_fault(service, fault, error);
        else
            *out_item = item;
    }
    loom_call_end(&call);
    lib->value_unref(value);
    lib->hash_table_unref(attributes);
    return err;
}

enum loom_err loom_secret_service_change(struct loom_secret_service *service, SecretItem *item,
                                         const struct loom_buffer *secret,
                                         struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    SecretValue *value = make_value(lib, secret);
    lib->item_set_secret(item, value, call.cancellable, loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_write(service, &call, error);
    if (err == LOOM_OK && !lib->item_set_secret_finish(item, call.result, &fault))
        err = loom_secret_service_fault(service, fault, error);
    loom_call_end(&call);
    lib->value_unref(value);
    return err;
}

enum loom_err loom_secret_service_delete(struct loom_secret_service *service, SecretItem *item,
                                         struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    lib->item_delete(item, call.cancellable, loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_write(service, &call, error);
    if (err == LOOM_OK && !lib->item_delete_finish(item, call.result, &fault))
        err = loom_secret_service_fault(service, fault, error);
    loom_call_end(&call);
    return err;
}
