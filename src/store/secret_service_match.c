/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_match.h"

#include "crypto/crypto.h"
#include "json/json.h"

#include <string.h>

/* ---- One item ---- */

const char *loom_secret_match_key(struct loom_secret_service *service, GHashTable *attributes) {
    const struct loom_libsecret *lib = service->loop.lib;
    const char *target = lib->hash_table_lookup(attributes, "target");
    const char *key = lib->hash_table_lookup(attributes, "username");
    bool is_ours = key != NULL && strlen(key) < LOOM_STORE_KEY_MAX &&
                   (target == NULL || strcmp(target, "default") == 0);
    return is_ours ? key : NULL;
}

static bool has_our_key(struct loom_secret_service *service, SecretItem *item) {
    GHashTable *attributes = service->loop.lib->item_get_attributes(item);
    if (attributes == NULL)
        return false;
    bool has_key = loom_secret_match_key(service, attributes) != NULL;
    service->loop.lib->hash_table_unref(attributes);
    return has_key;
}

enum loom_err loom_secret_match_read(struct loom_secret_service *service, SecretItem *item,
                                     struct loom_credential *out_credential) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    SecretValue *value = lib->item_get_secret(item);
    if (value == NULL || !has_our_key(service, item)) {
        if (value != NULL)
            lib->value_unref(value);
        return LOOM_ERR_DAMAGED;
    }
    gsize len = 0;
    const char *json = lib->value_get(value, &len);
    enum loom_err err = LOOM_ERR_DAMAGED;
    if (json != NULL && len > 0 && len <= LOOM_CREDENTIAL_JSON_MAX)
        err = loom_credential_parse(json, len, &credential);
    lib->value_unref(value);
    if (err != LOOM_OK)
        return err;
    if (credential.obtained_at == 0)
        credential.obtained_at = (int64_t)lib->item_get_modified(item);
    *out_credential = credential;
    return LOOM_OK;
}

/* ---- Choosing ---- */

static bool is_answer(const struct loom_credential *credential, const struct loom_origin *origin,
                      bool is_adopting) {
    return is_adopting
               ? !credential->has_origin
               : credential->has_origin && loom_origin_is_equal(&credential->origin, origin);
}

/* Of two that are equally old the keyring changed one later; then any, but always the same. */
static bool is_newer(const struct loom_secret_match *match, SecretItem *item,
                     const struct loom_credential *credential) {
    const struct loom_libsecret *lib = match->service->loop.lib;
    if (match->best == NULL)
        return true;
    if (credential->obtained_at != match->credential.obtained_at)
        return credential->obtained_at > match->credential.obtained_at;
    guint64 ours = lib->item_get_modified(item), best = lib->item_get_modified(match->best);
    if (ours != best)
        return ours > best;
    return strcmp(lib->dbus_proxy_get_object_path((GDBusProxy *)(void *)item),
                  lib->dbus_proxy_get_object_path((GDBusProxy *)(void *)match->best)) < 0;
}

static enum loom_err consider(struct loom_secret_match *match, SecretItem *item,
                              const struct loom_origin *origin, bool is_adopting) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = loom_secret_match_read(match->service, item, &credential);
    if (err == LOOM_ERR_INTERNAL)
        return err;
    if (err != LOOM_OK || !is_answer(&credential, origin, is_adopting) ||
        !is_newer(match, item, &credential))
        return LOOM_OK;
    loom_credential_clear(&match->credential);
    match->best = item;
    match->is_adoptable = is_adopting;
    match->credential = credential;
    match->credential.has_origin = true;
    match->credential.origin = *origin;
    credential = (struct loom_credential)LOOM_CREDENTIAL_INIT;
    return LOOM_OK;
}

static enum loom_err choose(struct loom_secret_match *match, const struct loom_origin *origin,
                            size_t which, bool is_adopting) {
    enum loom_err err = LOOM_OK;
    for (GList *at = match->items[which]; at != NULL && err == LOOM_OK; at = at->next)
        err = consider(match, at->data, origin, is_adopting);
    return err;
}

static void forget(struct loom_secret_match *match) {
    loom_credential_clear(&match->credential);
    for (size_t i = 0; i < LOOM_SECRET_MATCH_KEYS; i++)
        loom_secret_service_free_list(match->service, &match->items[i]);
    match->best = NULL;
    match->is_adoptable = match->has_locked = false;
}

static enum loom_err search(struct loom_secret_match *match, const struct loom_origin *origin,
                            size_t which, struct loom_error *error) {
    const struct loom_libsecret *lib = match->service->loop.lib;
    enum loom_err err =
        loom_secret_service_search(match->service, match->keys[which], &match->items[which], error);
    if (err != LOOM_OK)
        return err;
    for (GList *at = match->items[which]; at != NULL; at = at->next)
        match->has_locked = match->has_locked || lib->item_get_locked(at->data);
    return loom_json_error(error, choose(match, origin, which, false));
}

static enum loom_err find_under(struct loom_secret_match *match,
                                const struct loom_store_question *question, bool is_complete,
                                struct loom_error *error) {
    enum loom_err err = LOOM_OK;
    forget(match);
    for (size_t i = 0; i < LOOM_SECRET_MATCH_KEYS; i++) {
        if (!is_complete && match->best != NULL)
            break;
        /* The second is made with a hash: not before it is needed. */
        err = loom_store_key(question->origin, i > 0, match->keys[i]);
        if (err != LOOM_OK)
            return loom_crypto_error(error, err);
        err = search(match, question->origin, i, error);
        if (err != LOOM_OK)
            return err;
    }
    if (match->best == NULL && question->may_adopt)
        err = choose(match, question->origin, 0, true);
    return loom_json_error(error, err);
}

/* Of what was listed, what is filed under the plain key. */
static void take_listed(struct loom_secret_match *match, const GList *listed) {
    const struct loom_libsecret *lib = match->service->loop.lib;
    for (; listed != NULL; listed = listed->next) {
        GHashTable *attributes = lib->item_get_attributes(listed->data);
        const char *key =
            attributes != NULL ? loom_secret_match_key(match->service, attributes) : NULL;
        if (key != NULL && strcmp(key, match->keys[0]) == 0)
            match->items[0] = lib->list_prepend(match->items[0], lib->object_ref(listed->data));
        if (attributes != NULL)
            lib->hash_table_unref(attributes);
    }
}

enum loom_err loom_secret_match_find_listed(struct loom_secret_match *match,
                                            const struct loom_store_question *question,
                                            struct loom_error *error) {
    GList *listed = loom_secret_service_take_listed(match->service);
    forget(match);
    enum loom_err err = loom_store_key(question->origin, false, match->keys[0]);
    if (err == LOOM_OK) {
        take_listed(match, listed);
        err = choose(match, question->origin, 0, false);
    }
    loom_secret_service_free_list(match->service, &listed);
    return loom_json_error(error, err);
}

enum loom_err loom_secret_match_find(struct loom_secret_match *match,
                                     const struct loom_store_question *question,
                                     struct loom_error *error) {
    return find_under(match, question, false, error);
}

/* ---- Unlocking ---- */

/* One that is, of what was found; NULL: none. */
static void *find_locked(const struct loom_secret_match *match) {
    void *locked = NULL;
    for (size_t i = 0; i < LOOM_SECRET_MATCH_KEYS; i++)
        for (GList *at = match->items[i]; at != NULL; at = at->next)
            if (match->service->loop.lib->item_get_locked(at->data))
                locked = at->data;
    return locked;
}

enum loom_err loom_secret_match_unlock(struct loom_secret_match *match, struct loom_error *error) {
    GList objects = {.data = find_locked(match)};
    return objects.data != NULL ? loom_secret_service_unlock(match->service, &objects, error)
                                : loom_error_set(error, LOOM_ERR_KEYRING_LOCKED);
}

/*
 * Nothing readable answers. Where something locked may, the person is asked and it is looked for
 * again. A locked keyring that shows none of its items is taken for one that may hold ours.
 */
static enum loom_err unlock_and_find(struct loom_secret_match *match,
                                     const struct loom_store_question *question,
                                     struct loom_error *error) {
    struct loom_secret_service *service = match->service;
    const struct loom_libsecret *lib = service->loop.lib;
    GList objects = {.data = find_locked(match)};
    SecretCollection *collection = NULL;
    enum loom_err err = LOOM_OK;
    if (objects.data == NULL) {
        err = loom_secret_service_collection(service, &collection, error);
        if (err == LOOM_OK && lib->collection_get_locked(collection))
            objects.data = collection;
    }
    bool is_locked = objects.data != NULL;
    if (is_locked)
        err = loom_secret_service_unlock(service, &objects, error);
    if (collection != NULL)
        lib->object_unref(collection);
    return err == LOOM_OK && is_locked ? loom_secret_match_find(match, question, error) : err;
}

enum loom_err loom_secret_match_find_or_unlock(struct loom_secret_match *match,
                                               const struct loom_store_question *question,
                                               struct loom_error *error) {
    enum loom_err err = loom_secret_match_find(match, question, error);
    return err == LOOM_OK && match->best == NULL ? unlock_and_find(match, question, error) : err;
}

/* ---- Deleting ---- */

/* What is to go: of this origin, and with a token only what holds it. */
struct target {
    const struct loom_origin *origin;
    const struct loom_secret *only;
};

/* Delete the item if it is meant. LOOM_ERR_NOT_FOUND: it is not. */
static enum loom_err delete_item(struct loom_secret_match *match, SecretItem *item, bool may_adopt,
                                 const struct target *target, struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = loom_secret_match_read(match->service, item, &credential);
    if (err == LOOM_ERR_INTERNAL)
        return loom_json_error(error, err);
    bool is_meant = err == LOOM_OK &&
                    (is_answer(&credential, target->origin, false) ||
                     (may_adopt && is_answer(&credential, target->origin, true))) &&
                    (target->only == NULL || loom_secret_is_equal(credential.token, target->only));
    return is_meant ? loom_secret_service_delete(match->service, item, error) : LOOM_ERR_NOT_FOUND;
}

enum loom_err loom_secret_match_delete(struct loom_secret_match *match,
                                       const struct loom_store_question *question,
                                       const struct loom_secret *only, struct loom_error *error) {
    const struct target target = {question->origin, only};
    bool is_deleted = false;
    enum loom_err err = find_under(match, question, true, error);
    if (err != LOOM_OK)
        return err;
    for (size_t i = 0; i < LOOM_SECRET_MATCH_KEYS; i++) {
        for (GList *at = match->items[i]; at != NULL; at = at->next) {
            err = delete_item(match, at->data, i == 0 && question->may_adopt, &target, error);
            if (err != LOOM_OK && err != LOOM_ERR_NOT_FOUND)
                return err;
            is_deleted = is_deleted || err == LOOM_OK;
        }
    }
    return loom_error_set(error, is_deleted ? LOOM_OK : LOOM_ERR_NOT_FOUND);
}

void loom_secret_match_clear(struct loom_secret_match *match) {
    if (match->service->loop.lib != NULL)
        forget(match);
}
