/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_save.h"

#include "store/secret_service_match.h"

#include <errno.h>
#include <string.h>

static enum loom_err print(const struct loom_credential *credential, int64_t obtained_at,
                           struct loom_buffer *out_json, struct loom_error *error) {
    struct loom_credential stored = *credential; /* borrowed: never cleared */
    if (stored.obtained_at < obtained_at)
        stored.obtained_at = obtained_at;
    if (loom_credential_print(&stored, out_json) == LOOM_OK)
        return LOOM_OK;
    /* The buffer's ceiling is the only one that a credential can reach. */
    return loom_error_os(error, LOOM_ERR_STORAGE, EFBIG, NULL);
}

/* An unlocked place for a new item. The caller's to unref. */
static enum loom_err open_collection(struct loom_secret_service *service,
                                     SecretCollection **out_collection, struct loom_error *error) {
    SecretCollection *collection = NULL;
    enum loom_err err = loom_secret_service_collection(service, &collection, error);
    if (err != LOOM_OK)
        return err;
    if (service->loop.lib->collection_get_locked(collection)) {
        GList objects = {.data = collection};
        err = loom_secret_service_unlock(service, &objects, error);
    }
    if (err == LOOM_OK)
        *out_collection = collection;
    else
        service->loop.lib->object_unref(collection);
    return err;
}

/* Did one of the items come back with a part of what it was given? */
static bool is_cut(const struct loom_secret_match *match, const struct loom_buffer *json) {
    const struct loom_libsecret *lib = match->service->loop.lib;
    for (size_t i = 0; i < LOOM_SECRET_MATCH_KEYS; i++) {
        for (GList *at = match->items[i]; at != NULL; at = at->next) {
            SecretValue *value = lib->item_get_secret(at->data);
            gsize len = 0;
            const char *kept = value != NULL ? lib->value_get(value, &len) : NULL;
            bool is_part = kept != NULL && len > 0 && len < json->len &&
                           memcmp(kept, loom_buffer_text(json), len) == 0;
            if (value != NULL)
                lib->value_unref(value);
            if (is_part)
                return true;
        }
    }
    return false;
}

/*
 * What was written is what a read gives back, or it is not stored: LOOM_ERR_STORAGE when it was cut
 * short, LOOM_ERR_KEYRING_LOCKED when it cannot be read any more, else a failure.
 */
static enum loom_err read_back(struct loom_secret_service *service, struct loom_secret_match *match,
                               const struct loom_credential *credential,
                               const struct loom_buffer *json, struct loom_error *error) {
    struct loom_store_question question = {&credential->origin, false};
    enum loom_err err = loom_secret_match_find(match, &question, error);
    if (err != LOOM_OK)
        return err == LOOM_ERR_KEYRING && service->dead_errno == ETIMEDOUT
                   ? loom_secret_service_fail(service, EINPROGRESS, error)
                   : err;
    if (match->best != NULL && loom_secret_is_equal(match->credential.token, credential->token))
        return LOOM_OK;
    if (is_cut(match, json))
        return loom_error_os(error, LOOM_ERR_STORAGE, EFBIG, NULL);
    if (match->best == NULL && match->has_locked)
        return loom_error_set(error, LOOM_ERR_KEYRING_LOCKED);
    return loom_secret_service_fail(service, EIO, error);
}

/* A new one, or one of ours that is empty. The caller's to unref. */
static enum loom_err make_item(const struct loom_secret_match *match,
                               const struct loom_credential *credential,
                               const struct loom_buffer *json, SecretItem **out_item,
                               struct loom_error *error) {
    struct loom_secret_service *service = match->service;
    const struct loom_libsecret *lib = service->loop.lib;
    SecretCollection *collection = NULL;
    if (match->empty != NULL) {
        *out_item = lib->object_ref(match->empty);
        return loom_secret_service_change(service, match->empty, json, error);
    }
    /* Whatever it is that lies under the plain key, it is not ours to change. */
    struct loom_secret_draft draft = {&credential->origin,
                                      match->keys[match->items[0] != NULL ? 1 : 0], json};
    enum loom_err err = open_collection(service, &collection, error);
    if (err != LOOM_OK)
        return err;
    err = loom_secret_service_create(service, collection, &draft, out_item, error);
    lib->object_unref(collection);
    return err;
}

/* An item that was kept otherwise than it was given is of use to nobody. */
static enum loom_err create(struct loom_secret_service *service, struct loom_secret_match *match,
                            const struct loom_credential *credential,
                            const struct loom_buffer *json, struct loom_error *error) {
    SecretItem *item = NULL;
    enum loom_err err = make_item(match, credential, json, &item, error);
    if (err == LOOM_OK) {
        err = read_back(service, match, credential, json, error);
        if (err == LOOM_ERR_STORAGE || (err == LOOM_ERR_KEYRING && service->dead_errno == 0))
            loom_error_ignore(loom_secret_service_delete(service, item, NULL)); /* or it is odd */
    }
    if (item != NULL)
        service->loop.lib->object_unref(item);
    return err;
}

static enum loom_err change(struct loom_secret_service *service, struct loom_secret_match *match,
                            const struct loom_credential *credential,
                            const struct loom_buffer *json, struct loom_error *error) {
    enum loom_err err = loom_secret_service_change(service, match->best, json, error);
    return err == LOOM_OK ? read_back(service, match, credential, json, error) : err;
}

enum loom_err loom_secret_save(struct loom_secret_service *service,
                               const struct loom_credential *credential,
                               const struct loom_secret *only, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer json = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    LOOM_CLEANUP(loom_secret_match_clear)
    struct loom_secret_match match = {.service = service};
    struct loom_store_question question = {&credential->origin, false};
    enum loom_err err = loom_secret_match_find(&match, &question, error);
    if (err == LOOM_OK && match.best == NULL && match.has_locked)
        err = loom_secret_match_find_or_unlock(&match, &question, error);
    if (err == LOOM_OK && only != NULL && !loom_secret_is_equal(match.credential.token, only))
        err = loom_error_set(error, LOOM_ERR_NOT_FOUND);
    if (err == LOOM_OK)
        err = print(credential, match.credential.obtained_at, &json, error);
    if (err != LOOM_OK)
        return err;
    return match.best != NULL ? change(service, &match, credential, &json, error)
                              : create(service, &match, credential, &json, error);
}

enum loom_err loom_secret_save_check(struct loom_secret_service *service,
                                     struct loom_error *error) {
    SecretCollection *collection = NULL;
    enum loom_err err = open_collection(service, &collection, error);
    if (err != LOOM_OK)
        return err;
    service->loop.lib->object_unref(collection);
    return loom_error_set(error, LOOM_OK);
}
