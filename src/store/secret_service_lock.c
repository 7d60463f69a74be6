/* SPDX-License-Identifier: Apache-2.0 */
/* Collections, and unlocking them. */
#include "store/secret_service.h"

#include <errno.h>
#include <string.h>

/* ---- Where new items go ---- */

/* None is NULL. A service that answers with a failure has no such collection either: gnome-keyring
 * without a keyring has an alias for one that does not exist. */
static enum loom_err find_alias(struct loom_secret_service *service, const char *alias,
                                SecretCollection **out_collection, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    lib->collection_for_alias(service->proxy, alias, SECRET_COLLECTION_NONE, call.cancellable,
                              loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, error);
    if (err == LOOM_OK) {
        *out_collection = lib->collection_for_alias_finish(call.result, &fault);
        if (fault != NULL)
            lib->error_free(fault);
    }
    loom_call_end(&call);
    return err;
}

static enum loom_err open_path(struct loom_secret_service *service, const char *path,
                               SecretCollection **out_collection, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    lib->collection_new_for_dbus_path(service->proxy, path, SECRET_COLLECTION_NONE,
                                      call.cancellable, loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, error);
    if (err == LOOM_OK) {
        *out_collection = lib->collection_new_for_dbus_path_finish(call.result, &fault);
        if (fault != NULL)
            lib->error_free(fault);
    }
    loom_call_end(&call);
    return err;
}

/* What is in the session's collection is gone with the session. */
static enum loom_err find_session_path(struct loom_secret_service *service, char *out_path,
                                       size_t size, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    SecretCollection *session = NULL;
    enum loom_err err = find_alias(service, "session", &session, error);
    if (session == NULL)
        return err;
    const char *path = lib->dbus_proxy_get_object_path((GDBusProxy *)(void *)session);
    if (strlen(path) < size)
        memcpy(out_path, path, strlen(path) + 1);
    lib->object_unref(session);
    return err;
}

/* The first that is unlocked, else the first that is not: it may become so. */
static enum loom_err choose(struct loom_secret_service *service, const char *const *paths,
                            SecretCollection **out_collection, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    char session[256] = "";
    SecretCollection *locked = NULL, *unlocked = NULL;
    enum loom_err err = find_session_path(service, session, sizeof session, error);
    for (; err == LOOM_OK && *paths != NULL && unlocked == NULL; paths++) {
        SecretCollection *collection = NULL;
        if (strcmp(*paths, session) == 0)
            continue;
        err = open_path(service, *paths, &collection, error);
        if (collection == NULL)
            continue;
        if (!lib->collection_get_locked(collection))
            unlocked = collection;
        else if (locked == NULL)
            locked = collection;
        else
            lib->object_unref(collection);
    }
    if (locked != NULL && (unlocked != NULL || err != LOOM_OK))
        lib->object_unref(locked);
    if (err == LOOM_OK)
        *out_collection = unlocked != NULL ? unlocked : locked;
    return err;
}

static enum loom_err find_any(struct loom_secret_service *service,
                              SecretCollection **out_collection, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    GVariant *property =
        lib->dbus_proxy_get_cached_property((GDBusProxy *)(void *)service->proxy, "Collections");
    if (property == NULL)
        return LOOM_OK;
    const char **paths = lib->variant_get_objv(property, NULL);
    enum loom_err err = choose(service, paths, out_collection, error);
    lib->free(paths);
    lib->variant_unref(property);
    return err;
}

enum loom_err loom_secret_service_collection(struct loom_secret_service *service,
                                             SecretCollection **out_collection,
                                             struct loom_error *error) {
    static const char *const aliases[] = {"default", "login"};
    SecretCollection *collection = NULL;
    enum loom_err err = LOOM_OK;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0] && collection == NULL; i++) {
        err = find_alias(service, aliases[i], &collection, error);
        if (err != LOOM_OK)
            return err;
    }
    if (collection == NULL)
        err = find_any(service, &collection, error);
    if (err != LOOM_OK)
        return err;
    if (collection == NULL)
        return loom_error_os(error, LOOM_ERR_KEYRING, ENOENT, NULL);
    *out_collection = collection;
    return LOOM_OK;
}

enum loom_err loom_secret_service_is_locked(struct loom_secret_service *service,
                                            bool *out_is_locked, struct loom_error *error) {
    SecretCollection *collection = NULL;
    enum loom_err err = loom_secret_service_collection(service, &collection, error);
    if (err != LOOM_OK)
        return err;
    *out_is_locked = service->loop.lib->collection_get_locked(collection) != 0;
    service->loop.lib->object_unref(collection);
    return LOOM_OK;
}

/* ---- A quick look ---- */

#define BUS_NAME "org.freedesktop.secrets"

/* Where to ask what, and the form of the answer. */
struct ask {
    const char *path, *interface, *method;
    GVariant *arguments; /* floating */
    const char *form;
};

/* LOOM_ERR_KEYRING_LOCKED: it has no such answer. */
static enum loom_err ask(struct loom_secret_service *service, const struct ask *ask,
                         GVariant **out_answer, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    lib->dbus_connection_call(service->bus, BUS_NAME, ask->path, ask->interface, ask->method,
                              ask->arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
                              call.cancellable, loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, error);
    if (err == LOOM_OK) {
        GVariant *answer = lib->dbus_connection_call_finish(service->bus, call.result, &fault);
        bool is_fit = answer != NULL && lib->variant_check_format_string(answer, ask->form, 0);
        if (is_fit)
            *out_answer = answer;
        else if (answer != NULL)
            lib->variant_unref(answer);
        if (fault != NULL)
            lib->error_free(fault);
        err = is_fit ? LOOM_OK : LOOM_ERR_KEYRING_LOCKED;
    }
    loom_call_end(&call);
    return err;
}

/*
 * Is the collection `default` there and unlocked? Two questions; libsecret's objects, with which
 * everything else is asked, take eight messages for that. Whatever is not a plain yes is no, and
 * is asked again in full.
 */
static enum loom_err look_unlocked(struct loom_secret_service *service, bool *out_is_unlocked,
                                   struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    GVariant *alias = NULL, *property = NULL, *value = NULL;
    const char *path = NULL;
    gboolean is_locked = 1;
    const struct ask where = {"/org/freedesktop/secrets", "org.freedesktop.Secret.Service",
                              "ReadAlias", lib->variant_new("(s)", "default"), "(&o)"};
    enum loom_err err = ask(service, &where, &alias, error);
    if (err != LOOM_OK)
        return err == LOOM_ERR_KEYRING_LOCKED ? LOOM_OK : err;
    lib->variant_get(alias, "(&o)", &path);
    const struct ask what = {
        path, "org.freedesktop.DBus.Properties", "Get",
        lib->variant_new("(ss)", "org.freedesktop.Secret.Collection", "Locked"), "(v)"};
    err = ask(service, &what, &property, error);
    if (err == LOOM_OK) {
        lib->variant_get(property, "(v)", &value);
        if (lib->variant_check_format_string(value, "b", 0))
            lib->variant_get(value, "b", &is_locked);
        lib->variant_unref(value);
        lib->variant_unref(property);
    }
    lib->variant_unref(alias);
    *out_is_unlocked = !is_locked;
    return err == LOOM_ERR_KEYRING_LOCKED ? LOOM_OK : err;
}

/* Can a person still be asked? Once is enough. */
static bool may_ask(const struct loom_secret_service *service) {
    return service->options.may_ask && !service->has_asked;
}

enum loom_err loom_secret_service_prepare(struct loom_secret_service *service,
                                          struct loom_error *error) {
    bool is_locked = false;
    if (service->is_unlocked)
        return LOOM_OK;
    enum loom_err err = look_unlocked(service, &service->is_unlocked, error);
    if (err != LOOM_OK || service->is_unlocked)
        return err;
    err = loom_secret_service_is_locked(service, &is_locked, error);
    if (err != LOOM_OK)
        return err;
    service->is_unlocked = !is_locked;
    return is_locked && !may_ask(service) ? loom_error_set(error, LOOM_ERR_KEYRING_LOCKED)
                                          : LOOM_OK;
}

/* ---- Unlocking ---- */

static int64_t now_ms(const struct loom_secret_service *service) {
    const struct loom_clock *clock = service->options.clock;
    return clock->now_ms(clock->context);
}

/* Nothing was unlocked. Too soon for a person: nobody was there to ask. */
static enum loom_err judge_refusal(struct loom_secret_service *service, int64_t took_ms,
                                   struct loom_error *error) {
    if (took_ms >= LOOM_KEYRING_PROMPT_MS)
        return loom_secret_service_fail(service, ECANCELED, error);
    return loom_error_set(error, LOOM_ERR_KEYRING_LOCKED);
}

enum loom_err loom_secret_service_await_person(struct loom_secret_service *service,
                                               struct loom_call *call, int64_t *out_took_ms,
                                               struct loom_error *error) {
    const struct loom_keyring_options *options = &service->options;
    int64_t began_ms = now_ms(service);
    struct loom_call_wait wait = {
        .until_ms = began_ms + LOOM_KEYRING_UNLOCK_MS,
        .is_stoppable = true,
        .notice_ms = began_ms + LOOM_KEYRING_PROMPT_MS,
        .notice = options->waiting,
        .notice_context = options->context,
    };
    enum loom_call_outcome outcome = loom_call_wait(call, &wait);
    /* What a person took is not the keyring's time. */
    int64_t took_ms = now_ms(service) - began_ms;
    service->entered_ms += took_ms;
    service->until_ms += took_ms;
    *out_took_ms = took_ms;
    if (outcome == LOOM_CALL_ANSWERED)
        return LOOM_OK;
    service->has_asked = true;
    return loom_error_set(error, outcome == LOOM_CALL_STOPPED ? LOOM_ERR_INTERRUPTED
                                                              : LOOM_ERR_KEYRING_LOCKED);
}

static enum loom_err finish_unlock(struct loom_secret_service *service, struct loom_call *call,
                                   int64_t took_ms, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    GList *unlocked = NULL;
    GError *fault = NULL;
    int count = lib->service_unlock_finish(service->proxy, call->result, &unlocked, &fault);
    loom_secret_service_free_list(service, &unlocked);
    if (fault != NULL)
        lib->error_free(fault);
    return count > 0 ? LOOM_OK : judge_refusal(service, took_ms, error);
}

enum loom_err loom_secret_service_unlock(struct loom_secret_service *service, GList *objects,
                                         struct loom_error *error) {
    struct loom_call call;
    int64_t took_ms = 0;
    if (!may_ask(service))
        return loom_error_set(error, LOOM_ERR_KEYRING_LOCKED);
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    service->has_asked = true;
    service->loop.lib->service_unlock(service->proxy, objects, call.cancellable, loom_call_done,
                                      call.reply);
    enum loom_err err = loom_secret_service_await_person(service, &call, &took_ms, error);
    if (err == LOOM_OK)
        err = finish_unlock(service, &call, took_ms, error);
    loom_call_end(&call);
    service->is_unlocked = err == LOOM_OK;
    return err;
}
