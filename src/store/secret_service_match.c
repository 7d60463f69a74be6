/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_match.h"

#include "crypto/crypto.h"
#include "json/json.h"

#include <string.h>

/* ---- One item ---- */

/* An item as the keyring tells it, and what that points into. */
struct view {
    struct loom_secret_item item;
    GHashTable *attributes; /* owned, or NULL; so is the value */
    SecretValue *value;
};

static struct view view_of(const struct loom_libsecret *lib, SecretItem *item) {
    struct view view = {.attributes = lib->item_get_attributes(item),
                        .value = lib->item_get_secret(item)};
    gsize len = 0;
    view.item.path = lib->dbus_proxy_get_object_path((GDBusProxy *)(void *)item);
    view.item.modified = lib->item_get_modified(item);
    if (view.attributes != NULL) {
        view.item.service = lib->hash_table_lookup(view.attributes, "service");
        view.item.username = lib->hash_table_lookup(view.attributes, "username");
        view.item.target = lib->hash_table_lookup(view.attributes, "target");
    }
    if (view.value != NULL)
        view.item.json = lib->value_get(view.value, &len);
    view.item.len = len;
    return view;
}

static void view_end(const struct loom_libsecret *lib, const struct view *view) {
    if (view->attributes != NULL)
        lib->hash_table_unref(view->attributes);
    if (view->value != NULL)
        lib->value_unref(view->value);
}

enum loom_err loom_secret_match_note(struct loom_secret_service *service, SecretItem *item,
                                     struct loom_secret_records *records) {
    struct view view = view_of(service->loop.lib, item);
    enum loom_err err = loom_secret_records_add(records, &view.item);
    view_end(service->loop.lib, &view);
    return err;
}

/* Of what was found under the key of that number. */
static enum loom_err read_item(const struct loom_secret_match *match, SecretItem *item,
                               size_t which, struct loom_credential *out_credential) {
    const struct loom_libsecret *lib = match->service->loop.lib;
    struct view view = view_of(lib, item);
    enum loom_err err = loom_secret_item_read(&view.item, match->keys[which], out_credential);
    view_end(lib, &view);
    return err;
}

/* Filed as ours, and holds nothing: what a write that was refused left behind. */
static bool is_empty(const struct loom_secret_match *match, SecretItem *item, size_t which) {
    const struct loom_libsecret *lib = match->service->loop.lib;
    struct view view = view_of(lib, item);
    bool is_found = view.value != NULL && view.item.len == 0 &&
                    loom_secret_item_is_ours(&view.item, match->keys[which]);
    view_end(lib, &view);
    return is_found;
}

/* ---- Choosing ---- */

static bool is_answer(const struct loom_credential *credential, const struct loom_origin *origin,
                      bool is_adopting) {
    return is_adopting
               ? !credential->has_origin
               : credential->has_origin && loom_origin_is_equal(&credential->origin, origin);
}

static struct loom_secret_rank rank_of(const struct loom_libsecret *lib, SecretItem *item,
                                       const struct loom_credential *credential) {
    struct loom_secret_rank rank = {.obtained_at = credential->obtained_at};
    if (item != NULL) {
        rank.modified = lib->item_get_modified(item);
        rank.path = lib->dbus_proxy_get_object_path((GDBusProxy *)(void *)item);
    }
    return rank;
}

static bool is_newer(const struct loom_secret_match *match, SecretItem *item,
                     const struct loom_credential *credential) {
    const struct loom_libsecret *lib = match->service->loop.lib;
    const struct loom_secret_rank rank = rank_of(lib, item, credential);
    const struct loom_secret_rank best = rank_of(lib, match->best, &match->credential);
    return loom_secret_rank_is_above(&rank, &best);
}

static enum loom_err consider(struct loom_secret_match *match, SecretItem *item,
                              const struct loom_origin *origin, size_t which, bool is_adopting) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = read_item(match, item, which, &credential);
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
        err = consider(match, at->data, origin, which, is_adopting);
    return err;
}

static void forget(struct loom_secret_match *match) {
    loom_credential_clear(&match->credential);
    for (size_t i = 0; i < LOOM_SECRET_MATCH_KEYS; i++)
        loom_secret_service_free_list(match->service, &match->items[i]);
    match->best = match->empty = NULL;
    match->is_adoptable = match->has_locked = false;
}

static enum loom_err search(struct loom_secret_match *match, const struct loom_origin *origin,
                            size_t which, struct loom_error *error) {
    const struct loom_libsecret *lib = match->service->loop.lib;
    enum loom_err err =
        loom_secret_service_search(match->service, match->keys[which], &match->items[which], error);
    if (err != LOOM_OK)
        return err;
    for (GList *at = match->items[which]; at != NULL; at = at->next) {
        match->has_locked = match->has_locked || lib->item_get_locked(at->data);
        if (match->empty == NULL && is_empty(match, at->data, which))
            match->empty = at->data;
    }
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
    size_t which; /* key */
    bool may_adopt;
};

/* Delete the item if it is meant. LOOM_ERR_NOT_FOUND: it is not. */
static enum loom_err delete_item(struct loom_secret_match *match, SecretItem *item,
                                 const struct target *target, struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = read_item(match, item, target->which, &credential);
    if (err == LOOM_ERR_INTERNAL)
        return loom_json_error(error, err);
    bool is_meant = err == LOOM_OK &&
                    (is_answer(&credential, target->origin, false) ||
                     (target->may_adopt && is_answer(&credential, target->origin, true))) &&
                    (target->only == NULL || loom_secret_is_equal(credential.token, target->only));
    return is_meant ? loom_secret_service_delete(match->service, item, error) : LOOM_ERR_NOT_FOUND;
}

enum loom_err loom_secret_match_delete(struct loom_secret_match *match,
                                       const struct loom_store_question *question,
                                       const struct loom_secret *only, struct loom_error *error) {
    bool is_deleted = false;
    enum loom_err err = find_under(match, question, true, error);
    if (err != LOOM_OK)
        return err;
    for (size_t i = 0; i < LOOM_SECRET_MATCH_KEYS; i++) {
        const struct target target = {question->origin, only, i, i == 0 && question->may_adopt};
        for (GList *at = match->items[i]; at != NULL; at = at->next) {
            err = delete_item(match, at->data, &target, error);
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
